"""Wrong formulas for the theory of the limit: the bulk, spikes, errors, baselines."""

from mutant import mutants

EQUATION = mutants(
    "theory/equation.py",
    ("student[1] ** 2, student.nonlinear_variance", "student[1], student.nonlinear_variance", "c_1 for c_1^2"),
    ("student[1] ** 2, student.nonlinear_variance", "student[1] ** 2, student.second_moment", "c_1^2 counted twice"),
    ("problem.phi, problem.psi, student[1]", "problem.psi, problem.phi, student[1]", "phi and psi exchanged"),
    ("return self.phi / self.psi", "return self.psi / self.phi", "psi/phi for phi/psi"),
    ("(self.phi - self.psi) / self.psi", "(self.phi - self.psi) / self.phi", "phi/psi - 1 over the wrong one"),
    (
        "self.nonlinear * u + self.linear * self.phi * u",
        "self.nonlinear * u - self.linear * self.phi * u",
        "sign in df",
    ),
    ("self.linear * self.phi * u / (self.phi", "self.linear * u / (self.phi", "phi dropped in df"),
    ("return self.nonlinear * u + ", "return self.linear * u + ", "c_1^2 for c_>^2 in df"),
    ("(self.phi + self.linear * u)) ** 2", "(self.phi + self.linear * u))", "square dropped in df'"),
    ("return self.nonlinear + self.linear", "return self.linear", "c_>^2 dropped in df'"),
    (
        "return self.phi / (self.phi + self.linear * u)",
        "return self.phi / (self.phi - self.linear * u)",
        "sign in m2/m1",
    ),
    ("return self.phi / (self.phi + self.l", "return self.psi / (self.psi + self.l", "psi for phi in m2/m1"),
    ("return -(1 - df) * (self.ratio - df) / u", "return (1 - df) * (self.ratio - df) / u", "sign of z(u)"),
    ("(1 - df) * (self.ratio - df) / u", "(1 - df) * (self.excess - df) / u", "phi/psi - 1 for phi/psi in z(u)"),
    ("bulk.phi * (bulk.psi - 1) / bulk.psi", "bulk.phi * (bulk.psi - 1) / bulk.phi", "phi - m over the wrong one"),
    ("saturated = linear * u > phi", "saturated = linear * u < phi", "the two branches exchanged"),
    ("surplus - phi * rest, linear", "surplus + phi * rest, linear", "sign in the saturated branch"),
    (
        "np.where(wide, s, s + gap), np.where(wide, s + gap, s)",
        "np.where(wide, s + gap, s), np.where(wide, s, s + gap)",
        "p and q exchanged",
    ),
    ("return 2 * product / (gap", "return product / (gap", "factor 2 of the quadratic formula"),
    ("np.sqrt(gap**2 + 4 * product)", "np.sqrt(gap**2 + 2 * product)", "4 of the discriminant"),
    ("p, q, phi / (phi + linear * u))", "p, q, phi / (phi + nonlinear * u))", "c_>^2 for c_1^2 in m2/m1"),
)

# Not listed, as no test notices: that m1 and q/ridge are asked for their signs, or to rise, when m2 is. By signs, 1 of
# 20,000 random bulks had another root without q/ridge, none without m1: they are safeguards against rounding.
QUARTIC = mutants(
    "theory/quartic.py",
    ("upper = np.where(ridge.imag > 0,", "upper = np.where(ridge.imag < 0,", "the other half plane"),
    ("np.where(ridge.imag > 0, value.conj(), value)", "value", "not conjugated back"),
    (
        "best = np.argmax(np.min(imaginary, axis=0), axis=-1)",
        "best = np.argmin(np.min(imaginary, axis=0), axis=-1)",
        "wrong root",
    ),
    ("np.stack([m1, m1 * branches.projection, branches.q", "np.stack([m1, m1, branches.q", "sign of m2 not asked for"),
    ("du = 1 / (slope * (p + q) / u + p * q / u**2)", "du = 1 / (slope * (p + q) / u - p * q / u**2)", "sign in dz/du"),
    ("m1 = du * (q + u * slope) / q**2", "m1 = du * (q - u * slope) / q**2", "sign in dm1/dz"),
    ("- u / q * wide.linear * ratio**2", "+ u / q * wide.linear * ratio**2", "sign in dm2/dz"),
    ("companion = (slope * du + q / z) / z", "companion = (slope * du - q / z) / z", "sign in d(q/ridge)/dz"),
    (
        "rising = np.min([m1, m2, companion], axis=0)",
        "rising = np.min([m1, companion], axis=0)",
        "m2 not asked to rise",
    ),
    (
        "rows = (phi, a - b * phi - a * phi, -a * b)",
        "rows = (phi, a - b * phi + a * phi, -a * b)",
        "sign in the quartic",
    ),
    ("units = (phi * ratio, a * ratio -", "units = (phi * ratio, a -", "phi/psi dropped in the quartic"),
    ("square = (phi**2, 2 * a * phi, a**2)", "square = (phi**2, a * phi, a**2)", "2 dropped in the quartic"),
    ("u / scale[..., None], p, q", "u * scale[..., None], p, q", "scaled back the wrong way"),
    (
        "ridge / (p + q) + bulk.degrees_of_freedom_slope(u))",
        "ridge / (p + q) - bulk.degrees_of_freedom_slope(u))",
        "sign in the slope of Newton",
    ),
    ("bulk.excess**2 + 4 * ridge * u + 0j", "bulk.excess**2 + 2 * ridge * u + 0j", "4 of the discriminant"),
    ("(p + q) / root).real < 0", "(p + q) / root).real > 0", "the other root"),
    ("small = ridge * u / large", "small = u / large", "ridge dropped in p q = ridge u"),
)

RESOLVENT = mutants(
    "theory/resolvent.py",
    ("traces_of(solve_complex(bulk, -x)).m1.imag / np.pi", "traces_of(solve_complex(bulk, -x)).m1.imag", "1/pi lost"),
    ("traces_of(solve_complex(bulk, -x)).m1", "traces_of(solve_complex(bulk, -x)).m2", "m2 for m1 in the density"),
    ("(anisotropic.solve_complex(bulk, -x)).m1", "(anisotropic.solve_complex(bulk, -x)).m2", "m2 for m1 with levels"),
    ("out[(x == low) & (low == 0)] = np.inf", "pass", "hard edge at 0 forgotten"),
    ("rank = min(1.0, float(bulk.ratio))", "rank = min(1.0, 1 / float(bulk.ratio))", "n/N for N/n in the atom"),
    ("min(rank, float(bulk.phi)) if", "min(rank, float(bulk.psi)) if", "d/N for d/n in the atom"),
    ("if bulk.linear > 0 else 0.0", "if bulk.linear > 0 else 1.0", "no features, full rank"),
    ("return float(-np.max(u[u < 0]))", "return float(-np.min(u[u < 0]))", "another edge than the upper one"),
    ("1e-7\n    pieces", "1e7\n    pieces", "no interval is dense"),
)

TRACES = mutants(
    "theory/bulk_traces.py",
    ("m1 = found.p / found.ridge", "m1 = found.q / found.ridge", "q for p in m1"),
    ("Traces(m1, m1 * found.projection, found.q)", "Traces(m1, m1 / found.projection, found.q)", "m1/m2 for m2/m1"),
    ("Traces(m1, m1 * found.projection, found.q)", "Traces(m1 * found.projection, m1, found.q)", "m1 and m2 exchanged"),
    ("found.projection, found.q)", "found.projection, found.p)", "p for q"),
    (
        "((ridge > 0, solve), (ridge < 0, solve_outside))",
        "((ridge > 0, solve_outside), (ridge < 0, solve))",
        "wrong branch",
    ),
)

STATIONARY = mutants(
    "theory/stationary.py",
    ("rows = pole * Polynomial([1, -b]) - ", "rows = pole * Polynomial([1, -b]) + ", "sign in 1 - df"),
    ("units = pole * Polynomial([ratio, -b])", "units = pole * Polynomial([1, -b])", "phi/psi dropped"),
    ("- product * (pole + 2 * a * u)", "- product * (pole + a * u)", "2 dropped in dz/du"),
    ("stationary = 2 * rows.deriv() * u", "stationary = rows.deriv() * u", "2 dropped at phi = psi"),
    ("bend = -2 * (a * phi) ** 2", "bend = 2 * (a * phi) ** 2", "sign of df''"),
    ("value = 1 / real + slope * (1 / p + 1 / q)", "value = 1 / real - slope * (1 / p + 1 / q)", "sign in d log z/du"),
    ("return real / scale", "return real * scale", "scaled back the wrong way"),
)

GROUND = mutants(
    "geometry.py",
    ("math.sqrt(a.size) * a", "a", "root of N lost in the measured readout"),
    ("math.sqrt(weights @ nodes**2)", "float(weights @ nodes**2)", "root lost in |t|"),
    ("new = samples * basis[k]", "new = samples**2 * basis[k]", "Lanczos on the squares"),
    ("vectors[0] ** 2", "np.abs(vectors[0]) / np.abs(vectors[0]).sum()", "square of the weights lost"),
    ("np.diag(off[: nodes - 1], 1)", "np.diag(off[1:nodes], 1)", "off-diagonal off by one"),
)

GEOMETRY = mutants(
    "theory/geometry.py",
    ("math.sqrt(first**2 + problem.phi_gradient", "math.sqrt(first**2 + problem.phi", "n for n_gradient in |beta|"),
    ("math.sqrt(first**2 + problem", "math.sqrt(first + problem", "c_{*,1} for its square"),
    (
        "first, labels = problem.target[1], problem.target.second_moment + problem.noise_variance",
        "first, labels = problem.target[1], problem.target.second_moment",
        "label noise lost in |beta|",
    ),
    ("Geometry(norm, first / norm)", "Geometry(norm, abs(first) / norm)", "sign of rho lost"),
    ("Geometry(norm, first / norm)", "Geometry(norm, (first / norm) ** 2)", "rho^2 for rho"),
    ("lengthening=0.0, drift=0.0", "lengthening=0.0", "published spikes that drift"),
    (
        "    labels = problem.target.second_moment + problem.noise_variance\n",
        "    labels = 1.0\n",
        "E y^2 lost in kappa",
    ),
    ("(problem.student[1] * beta_norm) ** 2", "beta_norm**2", "c_1^2 lost in kappa"),
    ("noise = problem.phi_gradient * labels", "noise = problem.phi * labels", "n for n_gradient in kappa"),
    (
        "labels * problem.student.slope_variance",
        "labels * problem.student.slope_second_moment",
        "E sigma'^2 for Var sigma'",
    ),
    ("zeta = 2 * problem.student[2]", "zeta = problem.student[2]", "2 lost in the drift"),
    ("zeta = 2 * problem.student[2]", "zeta = -2 * problem.student[2]", "sign of the drift"),
    ("2 * problem.student[2] * problem.target[0]", "2 * problem.student[2] * problem.target[1]", "c_{*,1} for c_{*,0}"),
    ("target[0] / (problem.student[1] * beta_norm)", "target[0] / beta_norm", "c_1 lost in the drift"),
)

RESPONSES = mutants(
    "theory/responses.py",
    ("last = problem.student.coefficients, 2 if drift", "last = problem.student.coefficients, 1 if drift", "c_2k lost"),
    ("for k in range(1, highest + 1) if any", "for k in range(1, highest) if any", "last order forgotten"),
    (
        "weight = np.sqrt([float(math.factorial(j))",
        "weight = np.sqrt([float(math.factorial(j)) ** 2",
        "j! for its root",
    ),
    ("** (np.maximum(k - j, 0) / 2) * weight", "** np.maximum(k - j, 0) * weight", "1/2 lost in the lengthening"),
    ("(1 + lengthening) **", "(1 + 0 * lengthening) **", "kappa lost"),
    ("geometry.lengthening / length**2", "geometry.lengthening * length**2", "|t|^2 the wrong way up in kappa"),
    ("geometry.drift / length", "geometry.drift * length", "|t| the wrong way up in the drift"),
    ("pure = monomials(orders, kappa + zeta**2)", "pure = monomials(orders, zeta**2)", "kappa lost without drift"),
    ("1)), kappa + zeta**2)", "1)), kappa)", "square of the drift lost"),
    ("* zeta**m * factorial(k + m)", "* factorial(k + m)", "zeta^m lost"),
    ("problem.student[k + m] *", "problem.student[k] *", "c_k for c_{k+m}"),
    ("factorial(k + m) / (factorial(m)", "factorial(k) / (factorial(m)", "k! for (k + m)!"),
    ("(factorial(m) * factorial(k - m))", "factorial(k - m)", "m! lost"),
    ("powers[:, k::-1] @ weights", "powers[:, : k + 1] @ weights", "order of the powers"),
    ("scales = np.linalg.norm(mixed", "scales = -np.linalg.norm(mixed", "sign of the spikes with drift"),
    ("np.arange(1, HIGHEST + 1)[:, None] * np.sqrt(weights)", "np.arange(1, HIGHEST + 1)[:, None]", "shares lost"),
    ("monomials_in_hermite(HIGHEST)[1:]", "monomials_in_hermite(HIGHEST)[:-1]", "orders off by one"),
    (
        "[1:] * np.sqrt([float(math.factorial(j))",
        "[1:] * np.sqrt([1.0 + 0 * math.factorial(j)",
        "j! lost in the readout's moments",
    ),
    ("rest = vector - columns @", "rest = vector - 0 * columns @", "lower spikes forgotten"),
    ("> 0 and distance(rows", "> 0 or distance(rows", "spikes hidden on one side counted"),
)

TERMS = mutants(
    "theory/terms.py",
    ("self.sign * self.size)[:, :, None]", "self.size)[:, :, None]", "signs of the spikes lost"),
    ("step = problem.student[1] * geometry.beta_norm", "step = geometry.beta_norm", "c_1^k lost"),
    ("step = problem.student[1] * geometry.beta_norm", "step = problem.student[1]", "|beta|^k lost"),
    ("geometry.beta_norm * geometry.projection_norm", "geometry.beta_norm", "|t| lost"),
    ("return k * growth[:, None]", "return 2 * k * growth[:, None]", "eta^2 for eta"),
    ("return k * growth[:, None]", "return growth[:, None]", "k-th power lost"),
    ("(1 - k) / 2 * math.log(problem.N)", "(1 - k) / 2 * math.log(problem.n)", "n for N"),
    ("(1 - k) / 2 * math.log(problem.N)", "(1 - k) * math.log(problem.N)", "root of N lost"),
    ("np.log(np.abs(scales) * readout)", "np.log(np.square(scales) * readout)", "c_k^2 for c_k"),
    ("np.log(np.abs(scales) * readout)", "np.log(np.abs(scales))", "norm of the readout's power lost"),
    (
        "np.log(bulk.ratio / edge_point(bulk)) / 2 - logs",
        "np.log(bulk.ratio / edge_point(bulk)) / 2 + logs",
        "sign in the threshold",
    ),
    (
        "np.log(bulk.ratio / edge_point(bulk)) / 2 - logs",
        "np.log(bulk.ratio / edge_point(bulk)) - logs",
        "root lost in the threshold",
    ),
    ("np.log(bulk.ratio / edge_point(bulk)) / 2 - logs", "-logs", "bulk edge lost in the threshold"),
    ("/ 2 - logs) / np.array(orders)", "/ 2 - logs)", "k-th root lost in the threshold"),
    ("in orders[: own[count - 1] + 1]", "in orders[: own[count - 1] + 2]", "kept orders off by one"),
    ("order = np.argsort(-logs", "order = np.argsort(logs", "weakest first"),
    ("np.sign(scales) * np.sign(problem.student[1]) ** np.array(orders)", "np.sign(scales)", "sign of c_1^k lost"),
    (
        "np.sign(scales) * np.sign(problem.student[1]) ** np.array(orders)",
        "np.sign(problem.student[1]) ** np.array(orders)",
        "sign of c_k lost",
    ),
    (
        "rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)",
        "rows = rows / 1.0",
        "norm of the readout's power counted twice",
    ),
)

REGIMES = mutants(
    "theory/regimes.py",
    ("return (k - 1) / (2 * k)", "return k / (2 * k + 2)", "exponents off by one"),
    ("level = 1 / (1 - 2 * alpha)", "level = 1 / (1 - alpha)", "2 lost in the regime"),
    ("degree = nearest - 1 if exact", "degree = nearest if exact", "regime off by one at a critical exponent"),
    ("max(math.ceil(level) - 1, 0)", "max(math.ceil(level), 0)", "regime off by one"),
    ("exact and nearest in active_orders", "exact or nearest in active_orders", "an absent order called critical"),
    ("count = len(independent(", "count = len(low) or len(independent(", "constant readout forgotten"),
    ("columns[1] *= math.sqrt(along_step(bulk, geometry, -v)[0])", "pass", "m1 for m2 at the threshold"),
    ("* distance(rows[lower].T, rows[-1])", "* np.linalg.norm(rows[-1])", "readout's lower powers forgotten"),
    (
        "beyond = distance(columns[:, lower], columns[:, -1])",
        "beyond = np.linalg.norm(columns[:, -1])",
        "lower forgotten",
    ),
    ("theta = math.sqrt(bulk.ratio / v)", "theta = bulk.ratio / v", "root lost at the threshold"),
    ("theta = math.sqrt(bulk.ratio / v)", "theta = math.sqrt(1 / v)", "phi/psi lost at the threshold"),
    ("problem.student[1] ** order * scales[-1]", "scales[-1]", "c_1^k lost at the threshold"),
    ("problem.student[1] ** order * scales[-1]", "problem.student[1] ** (order + 1)", "c_1 for c_k at the threshold"),
    ("float(bulk.ratio) ** ((1 - order) / 2)", "float(bulk.ratio) ** ((order - 1) / 2)", "n/N the wrong way up"),
    ("(theta / size) ** (1 / order) /", "(theta / size) /", "k-th root lost"),
    ("/ (geometry.beta_norm * geometry.projection_norm)", "/ geometry.projection_norm", "|beta| lost at the threshold"),
    ("/ (geometry.beta_norm * geometry.projection_norm)", "/ geometry.beta_norm", "|t| lost at the threshold"),
)

SPIKES = mutants(
    "theory/spikes.py",
    ("weight[1] = math.sqrt(along", "weight[1] = (along", "root of m2/m1 lost"),
    ("weight[1] = math.sqrt(along_step(bulk, geometry, -v)[0])", "weight[1] = 1.0", "m1 for m2 in D_1"),
    ("weight[1] = math.sqrt(along", "weight[1:] = math.sqrt(along", "m2 for every D_j"),
    ("math.sqrt(v / bulk.ratio))", "math.sqrt(v))", "phi/psi lost in S"),
    ("math.sqrt(v / bulk.ratio))", "math.sqrt(v * bulk.ratio))", "psi/phi for phi/psi in S"),
    ("        if value > 1:", "        if value > 1.05:", "an outlier near its threshold overlooked"),
    ("return Outlier(float(p * q / v)", "return Outlier(float(p * p / v)", "p for q in the position"),
    ("fall = max(p * q - slope * (p + q) * v", "fall = max(p * q - slope * p * v", "q lost in dz/dv"),
    ("fall = max(p * q - slope", "fall = max(p * q + slope", "sign in dz/dv"),
    ("weight[1], growth[1] = along", "weight[1], _ = along", "m2's own derivative forgotten"),
    ("weight[1], growth[1] = along", "_, growth[1] = along", "m1 for m2 in the overlap"),
    ("weight * fall / (q * (growth", "weight * fall / (p * (growth", "p for q in the overlap"),
    ("weight * fall / (q * (growth", "weight / (q * (growth", "dz/dv lost in the overlap"),
    ("cosines * np.sign(cosines[np.argmax(np.abs(cosines))])", "cosines", "sign left to chance"),
    ("+ np.log(np.linalg.norm(columns, axis=0))", "+ 0.0", "norm of t^k lost in the strengths"),
)

ERRORS = mutants(
    "theory/ridge_errors.py",
    (
        "rest = problem.target.second_moment - first + problem.noise_variance",
        "rest = problem.target.second_moment - first",
        "label noise lost",
    ),
    (
        "rest = problem.target.second_moment - first + problem.noise_variance",
        "rest = problem.target.second_moment + problem.noise_variance",
        "c_{*,1}^2 counted twice",
    ),
    ("first = problem.target[1] ** 2\n", "first = problem.target[1]\n", "c_{*,1} for its square"),
    ("found, first * left + rest,", "found, first + rest,", "m1 for m2 in the training error"),
    ("first * squared + rest)", "first * left + rest)", "m2 for its square in the test error"),
    ("np.sqrt(bulk.ratio / found.u)[:, None]", "(bulk.ratio / found.u)[:, None]", "S for its root"),
    ("np.sqrt(bulk.ratio / found.u)[:, None]", "np.sqrt(1 / found.u)[:, None]", "phi/psi lost in S"),
    ("np.sqrt(bulk.ratio / found.u)[:, None]", "np.sqrt(bulk.ratio / found.q)[:, None]", "m1 lost in S"),
    (
        "target = np.array([problem.target[int(k)] for k in j]) * ",
        "target = np.array([problem.target[int(k)] for k in j]) + 0 * ",
        "k! lost for the teacher",
    ),
    ("kappa = target * geometry.cosine**j", "kappa = target * geometry.cosine", "rho for rho^k"),
    ("kappa = target * geometry.cosine**j", "kappa = target * abs(geometry.cosine) ** j", "sign of rho lost"),
    ("weight[:, 1] = np.sqrt(seen.along)", "weight[:, 1] = seen.along", "root of m2/m1 lost"),
    ("weight[:, 1] = np.sqrt(seen.along)", "weight[:, 1] = 1.0", "m1 for m2 in D_1"),
    ("stacked / np.linalg.norm(stacked, axis=1, keepdims=True)", "stacked[:, :count] * 1.0", "S forgotten"),
    ("aim[:, 1] = first * seen.cosine", "aim[:, 1] = first", "rho lost in the linear part"),
    ("problem.noise_variance - first**2", "problem.noise_variance", "c_{*,1}^2 counted twice"),
    ("problem.target.second_moment + problem.noise_variance - ", "problem.target.second_moment - ", "label noise lost"),
    ("(kappa @ kappa - kappa[1] ** 2)", "kappa @ kappa", "the linear part subtracted twice"),
    ("value = first**2 * seen.across + rest", "value = first**2 + rest", "m1 for m2 across beta"),
    ("right[:, 1] / weight[:, 1])", "right[:, 1])", "D_1 left in the residual"),
    ("- residual[:, 1] + squared", "+ squared", "linear residual counted twice"),
    ("rest + residual.sum(axis=1) -", "rest + np.sum(right**2, axis=1) -", "derivative of S forgotten"),
    ("return found.p * value, (found.q", "return found.ridge * value, (found.q", "ridge for ridge m1"),
    ("found.q * slope + slope_of_freedom * found.u * value", "found.q * slope", "derivative of q forgotten"),
    ("freedom * (found.p + found.q) + found.ridge", "freedom * (found.p + found.q)", "ridge lost in du/dridge"),
    ("freedom * (found.p + found.q) + found.ridge", "freedom * (found.p - found.q) + found.ridge", "sign in du/dridge"),
    ("geometry) - problem.noise_variance", "geometry) - problem.noise_std", "standard deviation for variance"),
    (
        "first, last = np.log(RIDGES)",
        "first, last = np.log((1e-2, 1e4))",
        "best ridge sought in too small a range",
    ),
    ("best = int(np.argmin(error", "best = int(np.argmax(error", "worst ridge"),
    ("moved = step > 0", "moved = step > 1", "small steps taken for none"),
    ("columns[which], penalty)", "columns[which[::-1]], penalty)", "steps exchanged"),
)

PLATEAUS = mutants(
    "theory/plateaus.py",
    (
        "columns = columns[:, independent(",
        "columns = columns[:, [*range(len(orders))] or independent(",
        "hidden spikes counted",
    ),
    ("else active_orders(problem, degree,", "else active_orders(problem, degree + 1,", "plateaus off by one"),
    ("levels[:-1] - levels[1:]", "levels[1:] - levels[:-1]", "sign of the improvement"),
)

BASELINES = mutants(
    "theory/baselines.py",
    ("Bulk(problem.phi, 1.0, 0.0, 1.0)", "Bulk(problem.psi, 1.0, 0.0, 1.0)", "d/N for d/n"),
    ("Bulk(problem.phi, 1.0, 0.0, 1.0)", "Bulk(problem.phi, 1.0, 1.0, 0.0)", "c_1 and c_> exchanged"),
    ("first = problem.target[1] ** 2", "first = problem.target[1]", "c_{*,1} for its square"),
    ("train = found.p * (first * found.q / problem.phi", "train = found.p * (first * found.q", "1/phi lost in train"),
    ("found.q / problem.phi + noise)", "found.q / problem.phi)", "noise lost in train"),
    ("(first * found.q**2 / problem.phi", "(first * found.q / problem.phi", "square lost in test"),
    ("noise * problem.phi)", "noise)", "phi lost in test"),
    ("(found.p + found.q + ridge)", "(found.p + found.q)", "ridge lost in test"),
    ("constant = problem.target[0] ** 2 if", "constant = problem.target[0] if", "c_{*,0} for its square"),
    ("- constant + problem.noise_variance", "- constant", "label noise lost"),
    ("- problem.target[1] ** 2 - constant", "- constant", "the linear part not explained"),
    ("return problem.noise_variance", "return problem.noise_std", "standard deviation for variance"),
    ("intercept=intercept)[1])", "intercept=intercept)[0])", "best for the training error"),
)

LEARNED = mutants(
    "theory/learned_degrees.py",
    ("(1 - of_teacher(bulk, u)[0])", "(1 - of_teacher(bulk, u)[1])", "m2 for its square without a step"),
    ("* size * geometry.cosine**k", "* size", "rho^k lost in the target"),
    ("weight = np.where(k == 1, np.sqrt(seen", "weight = np.where(k == 1, (seen", "root of m2/m1 lost"),
    ("problem.phi / (problem.psi * trace.q * trace.m1)", "problem.phi / (problem.psi * trace.q)", "m1 lost in S"),
    ("found = geometry.cosine**k * (columns", "found = (columns", "rho^k lost in what is found"),
    ("(columns @ w) / size", "(columns @ w) / size**2", "k! for its root"),
    ("first - seen.teacher * first + seen", "seen", "what W0 knows by itself forgotten"),
)

COVARIANCE = mutants(
    "theory/covariance.py",
    ("return tau / (levels.values + tau)", "return levels.values / (levels.values + tau)", "fitted for left"),
    ("* (1 - aspect * freedom(levels, tau))", "* (1 - freedom(levels, tau))", "d/n lost in the ridge line"),
    ("(rest @ signal + noise) / tau", "(rest**2 @ signal + noise) / tau", "bias squared in the training error"),
    ("(rest**2 @ signal + noise) / (1", "(rest @ signal + noise) / (1", "square lost in the test error"),
    ("signal = cosine / (levels.signal @ values)", "signal = cosine", "the mean eigenvalue of the teacher lost"),
    (
        "(levels.signal @ values**2)) / levels.second",
        "(levels.signal @ values)) / levels.second",
        "lambda for lambda^2",
    ),
    ("+ noise * levels.second))", "+ noise))", "tr Sigma^2/d lost in the noise"),
    (
        "norm = float(np.sqrt(first**2 * (levels.signal @ levels.values**2)",
        "norm = float(np.sqrt(first**2 * (1.0)",
        "no w",
    ),
)

ANISOTROPIC = mutants(
    "theory/anisotropic.py",
    ("self.phi * (size / (self.phi + size))", "(size / (self.phi + size))", "phi lost in df"),
    ("self.linear * self.left(values) ** 2 @", "self.linear * self.left(values) @", "square lost in df'"),
    (
        "return self.left(u) @ (self.levels.share * self.levels.values)",
        "return self.left(u) @ self.levels.share",
        "Sigma",
    ),
    ("return -(1 - df) * (self.ratio - df) / u", "return (1 - df) * (self.ratio - df) / u", "sign of z(u)"),
    ("surplus - bulk.phi * (rest @ levels.share)", "surplus + bulk.phi * (rest @ levels.share)", "saturated branch"),
)

PROJECTIONS = mutants(
    "theory/projections.py",
    ("squares = (1 - rho**2) * number**2", "squares = (1 - rho) * number**2", "rho for rho^2"),
    ("np.zeros(u.shape), number**2", "np.zeros(u.shape), number", "m2 for its square"),
    ("np.sum(left**2 * own, axis=-1)", "np.sum(left * own, axis=-1)", "P for its square"),
    ("star, axis=-1) / along", "star, axis=-1)", "P_bb lost"),
    ("left**2 @ weight / (left @ weight))", "left @ weight)", "derivative of u P_bb"),
    ("(1 - rho**2) * number, squares", "(1 - rho) * number, squares", "rho for rho^2 across"),
    ("found = left @ bulk.levels.signal", "found = left @ bulk.levels.share", "a teacher without preference"),
)

LISTS = [
    EQUATION,
    QUARTIC,
    COVARIANCE,
    ANISOTROPIC,
    PROJECTIONS,
    RESOLVENT,
    TRACES,
    STATIONARY,
    GROUND,
    GEOMETRY,
    RESPONSES,
    TERMS,
    REGIMES,
    SPIKES,
    ERRORS,
    PLATEAUS,
    BASELINES,
    LEARNED,
]
