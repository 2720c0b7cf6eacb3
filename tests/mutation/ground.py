"""Wrong formulas on the ground floor, and in the one step that the simulation takes."""

from mutant import mutants

HERMITE = mutants(
    "hermite.py",
    (
        "self.second_moment - self[0] ** 2 - self[1] ** 2",
        "self.second_moment - self[1] ** 2",
        "mean counted as variance",
    ),
    (
        "self.second_moment - self[0] ** 2 - self[1] ** 2",
        "self.second_moment - self[0] ** 2",
        "linear part counted as non-linear",
    ),
    ("self.slope_second_moment - self[1] ** 2", "self.slope_second_moment - self[1]", "c_1 for c_1^2"),
    ("self.second_moment - self[0] ** 2, self", "self.second_moment, self", "second moment not centred"),
    ("np.exp(-np.square(nodes) / 2)", "np.exp(-np.square(nodes))", "1/2 lost in the Gaussian"),
    ("math.sqrt(2 * math.pi)", "math.sqrt(math.pi)", "2 lost in the Gaussian"),
    ("0.0, projected) / _factorial_roots(order)", "0.0, projected)", "k! lost"),
    ("0.0, projected) / _factorial_roots(order)", "0.0, projected) / _factorial_roots(order) ** 2", "k! for its root"),
    ("weight = _factorial_roots(c.size - 1) ** 2", "weight = _factorial_roots(c.size - 1)", "root of k! for k!"),
    ("square = weight * c**2", "square = weight * c", "c_k for its square"),
    ("weights = (half * w)", "weights = (w + 0 * half)", "width of the panels lost"),
)

LINKS = mutants(
    "links.py",
    ("lambda z: function(z) - offset", "lambda z: function(z) + offset", "sign of the centring"),
    ("slope(s + offset)", "slope(s - offset)", "slope at a value centred twice"),
    ("(2 / math.sqrt(math.pi))", "(1 / math.sqrt(math.pi))", "2 lost in erf'"),
    ("return s * (1 - s)", "return s * (1 + s)", "sign in the sigmoid's slope"),
    ("lambda z: 1 - np.square(np.tanh(z))", "lambda z: 1 - np.tanh(z)", "square lost in tanh'"),
    (
        "derivative_from_value=lambda s: 1 - np.square(s)",
        "derivative_from_value=lambda s: 1 + np.square(s)",
        "sign in tanh'",
    ),
    ("-np.expm1(-s)", "np.expm1(-s)", "sign of softplus'"),
    ("hermite_e.hermeder(c)", "hermite_e.hermeder(c) * 2", "slope of a polynomial doubled"),
    ("size = 1 / (frequency * math.cos(phase))", "size = 1 / math.cos(phase)", "frequency lost in the size of a sine"),
    ("size * frequency * np.cos", "size * np.cos", "chain rule forgotten"),
)

PROBLEM = mutants(
    "problem.py",
    ("return self.d / self.n\n", "return self.n / self.d\n", "n/d for d/n"),
    ("return self.d / self.N\n", "return self.d / self.n\n", "phi for psi"),
    ("return self.d / self.rows_gradient", "return self.d / self.n", "n for n_gradient"),
    ("return self.noise_std**2", "return self.noise_std", "standard deviation for variance"),
    ("return float(self.n ** real", "return float(self.N ** real", "N for n in the step"),
    ("link_of(self.activation).shifted(self.centring)", "link_of(self.activation)", "activation not centred"),
    ("expansion_of(self.activation).centred()", "expansion_of(self.activation)", "expansion not centred"),
)

NETWORK = mutants(
    "simulation/network.py",
    ("1 / math.sqrt(problem.N)", "1 / problem.N", "root lost in the mean-field output"),
    ("1 / math.sqrt(problem.N)", "1 / math.sqrt(problem.n)", "n for N in the mean-field output"),
    (
        'if problem.first_output == "mean_field" else 1.0',
        'if problem.first_output != "mean_field" else 1.0',
        "the two scalings exchanged",
    ),
    ("batch.y[rows] - S @", "batch.y[rows] + S @", "sign of the residual"),
    ("r[rows] = batch.y[rows] - S @ (a * scale)", "r[rows] = batch.y[rows]", "first output forgotten"),
    ("slope *= (r[rows] / len(r))", "slope *= (r[rows] / problem.n)", "n for n_gradient"),
    ("slope *= (r[rows] / len(r))", "slope *= (batch.y[rows] / len(r))", "labels for residual"),
    ("gemm(1.0, X.T", "gemm(2.0, X.T", "factor 2 of the squared loss"),
    ("    G *= a[:, None]\n", "    G *= a[:, None] ** 2\n", "a^2 for a"),
    ("    G *= a[:, None]\n", "", "a lost"),
    ("return X.T @ y / len(y)", "return X.T @ y", "1/n lost in beta"),
    ("direction(batch.X, r))", "direction(batch.X, batch.y))", "labels for residual in beta"),
    ("W0[units] + W0.dtype", "W0[units] - W0.dtype", "step uphill"),
    ("beta=1.0, c=G.T", "beta=0.0, c=G.T", "only the last block of rows"),
)

EQUIVALENT = mutants(
    "simulation/equivalent.py",
    ("F *= problem.student[1]", "F *= problem.student[1] ** 2", "c_1^2 for c_1"),
    ("np.sqrt(problem.student.nonlinear_variance)", "problem.student.nonlinear_variance", "c_>^2 for c_>"),
    ("problem.student[1] ** j * problem", "problem", "c_1^k lost"),
    ("(eta * length) ** j for", "(eta * length) for", "eta for eta^k"),
    ("a[:, None] ** k", "a[:, None] + 0 * k", "a for a^k"),
)

LISTS = [HERMITE, LINKS, PROBLEM, NETWORK, EQUIVALENT]
