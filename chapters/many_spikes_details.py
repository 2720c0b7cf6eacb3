# ---
# jupyter:
#   jupytext:
#     default_lexer: ipython3
#     formats: md:myst,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (many-spikes-details)=
# # Appendix: many spikes, how fast the limit comes
#
# **The result of this page.**
# The spiked approximation of [Many spikes](many_spikes) converges as slowly as its first forgotten spike, and so do the spaces that the singular vectors span.
#
# ```{strip}
# :level: for readers of [Many spikes](many_spikes) who want the rates
# :needs: the statements of that chapter
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch where one size is shown [>= 200]
d = 500  # input dimension [>= 50]
N = 750  # hidden units [>= 50]
frequency = 0.3  # omega of the sine activation [>= 0.05, <= 2]
phase = 0.785  # its phase; 0 makes it odd [>= 0, <= 1.5]
teacher = [0.0, 2.5, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
exponents = [0.15, 0.29, 0.35]  # alphas studied closely, eta = n**alpha [> 0, < 0.42]
sizes = [200, 400, 800, 1600]  # values of n for convergence [>= 60]
seeds = 8  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]
# condition: len(sizes) >= 2
# condition: len(exponents) == 3

# %% tags=["hide-input"]
import math

import numpy as np
from scipy.linalg import subspace_angles

from onestep import Problem, theory
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures import curves, spikes
from onestep.hermite import monomials_in_hermite
from onestep.links import sine
from onestep.simulation import OneStep, equivalent
from onestep.simulation.spectrum import operator_norm

problem = Problem(
    n, d, N, activation=sine(frequency, phase), teacher=teacher, noise_std=noise_std
)
kappa, highest = theory.limit_geometry(problem).lengthening, 12
used = {a: theory.regime(problem, a).active for a in exponents}
following = {
    a: next(k for k in range(orders[-1] + 1, 24) if problem.student[k])
    for a, orders in used.items()
}


# %% [markdown]
# ## How good is the approximation?
#
# Three sources of error are left in {eq}`eq-spiked`: the next spike, of norm $n^{(l+1)\alpha - l/2}$, and two kinds of scatter, of norm $n^{\alpha-1/2}$ up to logarithms.
# So the error is, up to logarithms, $n^{-r}$ with
#
# $$
# -r = \max\big( (l+1)\alpha - \tfrac l2,\;\; \alpha - \tfrac12 \big) ,
# $$
#
# and in regime $l$ the first is the larger one: *the theorem converges as slowly as its first forgotten spike*.
# If $c_{l+1} = 0$ the next order with $c_k\ne0$ takes its place.
#
# On each draw we subtract the first $l-1$ or the first $l$ spikes, with the measured $t$ and $a$, and take the operator norm of what is left.

# %% tags=["hide-input"]
def study(step, alpha):
    """Errors of the approximation on one draw, and angles to the polynomials."""
    problem, orders, extra = step.problem, used[alpha], following[alpha]
    eta, a = problem.step(alpha), step.a.astype(float)
    grown = step.features(eta) - step.features(0.0)
    kept = (orders[-2] if len(orders) > 1 else 0, orders[-1], extra, highest)
    drawn = problem, step.X, step.beta, step.a, eta
    sums = [equivalent.spikes(*drawn, k, kappa) if k else 0 * grown for k in kept]
    P = equivalent.powers(step.t, extra, kappa)

    def norm(matrix):
        return operator_norm(matrix, tolerance=1e-3) / math.sqrt(problem.n)

    def along(matrix):
        return P[:, extra - 1] @ (matrix @ a**extra)

    expected, left = along(sums[3] - sums[1]), step.outliers(eta, len(orders)).left
    wrong = (*orders[:-1], extra)
    return {
        "fewer": norm(grown - sums[0]),
        "error": norm(grown - sums[1]),
        "beyond_fewer": norm(sums[3] - sums[0]),
        "beyond_error": norm(sums[3] - sums[1]),
        "along": along(grown - sums[1]) / expected,
        "one_more": along(grown - sums[2]) / expected,
        "angle": math.degrees(subspace_angles(left, P[:, np.array(orders) - 1]).max()),
        "wrong": math.degrees(subspace_angles(left, P[:, np.array(wrong) - 1]).max()),
    }


draws = {
    rows: [OneStep.draw(problem.resized(rows), s) for s in range(seed, seed + seeds)]
    for rows in sizes
}
studied = {
    a: [[study(step, a) for step in draws[rows]] for rows in sizes] for a in exponents
}


def values(name, alpha):
    """One number of the study: (seeds, sizes)."""
    return np.array([[one[name] for one in row] for row in studied[alpha]]).T


def slope(table):
    """The slope of its logarithm against log n, fitted on each seed."""
    return over_seeds(np.polyfit(np.log(sizes), np.log(table.T), 1)[0])


# %% tags=["remove-input"] mystnb={"figure": {"caption": "Operator norm of $F - F_0$ minus its first spikes, over $\\sqrt n$. Points are simulated. Lines are the norm of the sum of all later spikes.", "name": "fig-approximation"}, "image": {"alt": "Three log-log panels. In each the error with one spike too few rises with n along its predicted line, and the error with all spikes of the regime falls, a little above its own predicted line. The fall is steep in the first panel and slow in the third."}}
parts = {}
for a in exponents:
    parts[f"α = {a:g}, l = {used[a][-1]}"] = [
        curves.Curve(
            label,
            (sizes, values(f"beyond_{name}", a).mean(axis=0)),
            (sizes, over_seeds(values(name, a))),
        )
        for label, name in (("$l - 1$ spikes", "fewer"), ("$l$ spikes", "error"))
    ]
spikes.by_size(parts, r"error / $\sqrt{n}$", sizes)

# %% tags=["remove-input"]
for a in exponents:
    beyond, last = values("beyond_error", a), used[a][-1]
    claims.check(
        f"α = {a:g}: slope in n of the error with orders up to {last}, over the norm of all later spikes",
        measured=slope(values("error", a) / beyond),
        predicted=0.0,
        kind="at most",
        source="Moniri et al. 2024, spiked approximation; Many spikes, rates",
        control=("one spike fewer subtracted", slope(values("fewer", a) / beyond).mean),
    )
    claims.check(
        f"α = {a:g}, n = {sizes[-1]}: this error along spike {following[a]}, over what all later spikes predict",
        measured=over_seeds(values("along", a)[:, -1]),
        predicted=1.0,
        source="Many spikes, the spiked approximation",
        control=("one spike more subtracted", values("one_more", a)[:, -1].mean()),
    )

# %% [markdown]
# One spike more or less decides whether the error decays or grows, and the lines of {numref}`fig-approximation`, which have no free parameter, say how.
# The points with $l$ spikes lie above their line by the scatter, which adds to the spikes in squares, and by a share that vanishes: its norm over that of the next spike is a negative power of $n$ exactly when $\alpha > \alpha_l$.
# Along the next spike's own two vectors the scatter averages out, so the second claim can ask for equality.

# %% tags=["remove-input"]
rows = []
for a in exponents:
    limit = max(following[a] * a - (following[a] - 1) / 2, a - 0.5)
    fitted = [slope(values(name, a)) for name in ("error", "beyond_error")]
    rows.append((f"{a:g}", *fitted, limit, 10**-limit))
markdown_table(
    rows,
    head=("α", "slope of the error", "of all later spikes", "limit", "gain at 10 n"),
)


# %% [markdown]
# The further up the regime, the more slowly the error falls.
# The theorem is true, and close to $\alpha_l$ the sum of the first $l$ spikes is a rough approximation at every $n$ that one can simulate.
# There the orders beyond $l$ are nearly as strong as each other.
# For a sine wave those of the same parity alternate in sign and cancel in part, so the next spike on its own can exceed what is left.
#
# ## How far is the limit?
#
# In the limit the leading $l$ left singular vectors span $P_1(t), \dots, P_l(t)$.
# The largest principal angle between the two spaces measures what is missing.
# {eq}`eq-cosines` gives the cosines of every singular vector with every $He_k$, and with them the angle, at any $n$.

# %% tags=["hide-input"]
def predicted_angle(rows, a, lengthening):
    """Largest angle, in degrees, between outliers' vectors and polynomials; 90 without."""
    p, orders = problem.resized(int(rows)), used[a]
    found = theory.outliers(p, p.step(a))[: len(orders)]
    if len(found) < len(orders):
        return 90.0
    vectors = np.array([one.cosines for one in found])
    degree = np.arange(vectors.shape[1])
    scale = np.sqrt([float(math.factorial(k)) for k in degree])
    growth = (1 + lengthening) ** ((np.array(orders)[:, None] - degree) / 2)
    P = monomials_in_hermite(degree[-1])[list(orders)] * growth * scale
    overlap = np.linalg.svd(vectors @ np.linalg.qr(P.T)[0], compute_uv=False)
    return math.degrees(math.acos(min(overlap.min(), 1.0)))


reach = np.unique(np.geomspace(min(sizes), 1e12, 50).round().astype(int))
angles = {a: [predicted_angle(rows, a, kappa) for rows in reach] for a in exponents}

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Largest principal angle between the leading $l$ left singular vectors and the span of $P_1(t), \\dots, P_l(t)$. Points are simulated, lines are {eq}`eq-cosines`.", "name": "fig-angles"}, "image": {"alt": "Three falling curves on a logarithmic axis of n from hundreds to a million millions. Simulated points at the left end lie on them, or above them at the smallest sizes. The curve of regime three is the highest."}}
spikes.decades(
    [
        curves.Curve(
            f"α = {a:g}", (reach, angles[a]), (sizes, over_seeds(values("angle", a)))
        )
        for a in exponents
    ],
    "$n$",
    "largest principal angle (degrees)",
)

# %% tags=["remove-input"]
for a in exponents:
    claims.check(
        f"α = {a:g}: slope in n of the angle, n = {sizes[0]} to {sizes[-1]}",
        measured=slope(values("angle", a)),
        predicted=0.0,
        kind="less than",
        source="Moniri et al. 2024, left singular space in regime l",
        control=("the next polynomial for the last", slope(values("wrong", a)).mean),
    )

# %% tags=["remove-cell"]
below = [
    next(
        (rows for rows, angle in zip(reach, angles[a], strict=True) if angle < 10),
        np.inf,
    )
    for a in exponents
]
glue(
    ten=[float(f"{rows:.1g}") for rows in below], end=[angles[a][-1] for a in exponents]
)
glue(published=predicted_angle(10**12, exponents[min(1, len(exponents) - 1)], 0.0))
record(angles=[values("angle", a)[:, -1].mean() for a in exponents])

# %% [markdown]
# For an angle below ten degrees one needs about $n$ = {glue:text}`ten_0:,.0f`, {glue:text}`ten_1:,.0f` and {glue:text}`ten_2:,.0f` at the three exponents.
# At $n = 10^{12}$ the angles are {glue:text}`end_0:.2g`, {glue:text}`end_1:.2g` and {glue:text}`end_2:.2g` degrees.
# With the published powers $t, t^2$ in the place of $P_1, P_2$ the second would be {glue:text}`published:.2f` degrees, and stay there: the space of $t$ and $t^2 + \kappa$ has with that of $t$ and $t^2$ an angle with the sine $\sqrt2\,\kappa/\sqrt{3(2 + (1+\kappa)^2)}$.
#
# Well inside a regime, convergence is fast.
# Near the lower end of a regime the last spike is hardly stronger than the bulk, and its strength grows like $n^{l\alpha - (l-1)/2}$, a power close to zero.
# Nobody will see that limit.
# But the formula at finite strength gives the angle.
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
