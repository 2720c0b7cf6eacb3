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
# (many-spikes-positions-details)=
# # Appendix: many spikes, positions and activations
#
# **The result of this page.**
# The any-step theory, given the numbers of a draw, predicts positions and vectors of the outliers up to a bias of order $1/n$.
# Which degrees an activation learns follows from its Hermite coefficients, how early from a constant.
#
# ```{strip}
# :level: for readers of [Many spikes](many_spikes) who want the numbers
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
exponents = [0.29, 0.35]  # alphas studied closely, eta = n**alpha [> 0.25, < 0.42]
sizes = [800, 1600]  # two values of n, for extrapolation [>= 60]
activations = ["tanh", "erf", "relu", "softplus", "sin"]  # of the tables
seeds = 8  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]
# condition: len(sizes) == 2

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np

from onestep import Problem, theory
from onestep.book import claims, markdown_table, over_seeds, provenance, record
from onestep.book.statistics import chance
from onestep.hermite import basis
from onestep.links import sine
from onestep.simulation import OneStep

problem = Problem(
    n, d, N, activation=sine(frequency, phase), teacher=teacher, noise_std=noise_std
)
kappa = theory.limit_geometry(problem).lengthening
used = {a: theory.regime(problem, a).active for a in exponents}
draws = {
    rows: [OneStep.draw(problem.resized(rows), s) for s in range(seed, seed + seeds)]
    for rows in sizes
}


# %% [markdown]
# ## Two theories, and what is lost without longer rows
#
# Two theories predict the outliers: {prf:ref}`prop-outliers`, and the any-step theory of [From lazy to maximal](lazy_to_maximal).
# They differ by the scatter of the response, of relative order $\bar s^2 \asymp n^{2\alpha - 1}$, which must vanish as $n$ grows.
# Formulas can be evaluated at $n = 10^{12}$.
# There the published spikes, $\kappa = 0$, must be wrong by a constant: the second position is proportional to the squared norm of $P_2$, so leaving out $\kappa$ costs the factor $3/(2 + (1+\kappa)^2)$.

# %% tags=["hide-input"]
def apart(problem, alpha):
    """Sum of spikes over any step, minus one, of each outlier: with kappa, without."""
    eta = problem.step(alpha)
    exact = theory.any_step.outliers(problem, eta)
    return np.array(
        [
            [
                one.position / two.position - 1
                for one, two in zip(found, exact, strict=False)
            ]
            for geometry in (None, theory.published_geometry(problem))
            for found in [theory.outliers(problem, eta, geometry)]
        ]
    )


later = [a for a in exponents if used[a][1:2] == (2,)]
here = {a: apart(problem, a) for a in later}

# %% tags=["remove-input"]
for a in later:
    far, allowed = apart(problem.resized(10**12), a)[:, 1], abs(here[a][0, 1])
    claims.check(
        f"α = {a:g}, outlier 2 of the two theories, n = 10¹²: relative difference",
        measured=abs(far[0]),
        predicted=0.0,
        tolerance=allowed,
        kind="at most",
        source="Many spikes, outliers at finite strength",
        control=("rows are not lengthened", abs(far[1])),
    )
    claims.check(
        f"α = {a:g}, outlier 2, n = 10¹²: position without κ over any-step position",
        measured=1 + far[1],
        predicted=3 / (2 + (1 + kappa) ** 2),
        tolerance=allowed,
        source="Many spikes, lemma: the mean response to a tilt",
        control=("rows are not lengthened", 1.0),
    )

# %% [markdown]
# ## The simulation, draw by draw
#
# We give the any-step theory $\|\beta\|$, $t$ and $a$ as they came out in each draw.
# What remains is the rest of the noise, and a bias of order $1/n$.
# With $v(m) = v_\infty + b/m$ at the two largest sizes $m < n$, $(n\,v(n) - m\,v(m))/(n - m) = v_\infty$, which must vanish.
# We ask the same of the singular vectors, for the cosine with the nearest degree that is not their own.

# %% tags=["hide-input"]
m, M = pair = sizes[-2:]


def against_any_step(step, a):
    """For each outlier of the regime: measured position over predicted, minus one; the
    spike alone; cosine with the nearest degree, measured and predicted."""
    problem, found, H = step.problem, [], basis(step.t, 8) / math.sqrt(step.problem.n)
    eta = problem.step(a)
    exact = theory.any_step.outliers(problem, eta, step.geometry, order=8)
    alone, measured = theory.strengths(problem, eta), step.outliers(eta, len(used[a]))
    for k, value, u, one in zip(
        used[a], measured.values, measured.left.T, exact, strict=False
    ):
        near = k - 2 if k >= 2 else 3
        cosines = H @ u * np.sign(one.cosines @ H @ u)
        ratios = np.array([value, alone[k] ** 2]) / one.position - 1
        found.append([*ratios, cosines[near], one.cosines[near]])
    return found


compared = {
    a: np.array([[against_any_step(step, a) for step in draws[r]] for r in pair])
    for a in later
}

# %% tags=["remove-input"]
for a, table in compared.items():
    limit = (M * table[1] - m * table[0]) / (M - m)  # (seeds, outliers, 4)
    for i, k in enumerate(used[a]):
        claims.check(
            f"α = {a:g}, outlier of spike {k}: measured over any-step position, minus one, extrapolated",
            measured=over_seeds(limit[:, i, 0]),
            predicted=0.0,
            source="From lazy to maximal, any-step theory",
            control=("squared norm of its spike alone", table[1, :, i, 1].mean()),
        )
        if a == exponents[-1]:
            near = k - 2 if k >= 2 else 3
            claims.check(
                f"α = {a:g}, vector of spike {k}: cosine with He_{near}, measured minus predicted, extrapolated",
                measured=over_seeds(limit[:, i, 2] - limit[:, i, 3]),
                predicted=0.0,
                source="From lazy to maximal, any-step theory",
                control=(f"He_{k} without He_{near}", -table[1, :, i, 3].mean()),
            )

# %% tags=["remove-input"]
markdown_table(
    [
        (f"{a:g}", k, 100 * here[a][1, i], 100 * here[a][0, i], over_seeds(100 * found))
        for a in later
        for i, k in enumerate(used[a])
        for found in [compared[a][1, :, i, 0]]
    ],
    head=("α", "spike", "sum of spikes, κ = 0", "sum of spikes", "simulation"),
    number=".2f",
)


# %% [markdown]
# The table has positions over those of the any-step theory, minus one, in per cent: the sum of spikes at $n = 1000$ in the limit geometry, the simulation at the largest size with the numbers of each draw.
#
# ## Which activation makes which spike
#
# A spike needs $c_k \ne 0$.
# To see degree $k$ on its own, we orthogonalise $t, t^2, t^3, t^4$ on the sample, and ask how much of the $k$-th direction the four leading left singular vectors span.
# By chance they would span $4/n$ of it.

# %% tags=["hide-input"]
def degree_shares(problem, seed):
    """Share of each degree 1, ..., 4 that the four leading singular vectors span."""
    step = OneStep.draw(problem, seed)
    Q = np.linalg.qr(step.t[:, None] ** np.arange(1, 5))[0]
    left = step.outliers(problem.step(exponents[-1]), 4).left
    return np.sum(np.square(Q.T @ left), axis=1)


cases = {"this page's sine": problem} | {
    name: replace(problem, activation=name) for name in activations
}
shares = {
    name: np.array([degree_shares(p, s) for s in range(seed, seed + seeds)])
    for name, p in cases.items()
}

# %% tags=["remove-input"]
markdown_table(
    [
        (name, *(f"{p.student[k]:.3g}" for k in (2, 3)), *over_seeds(shares[name]))
        for name, p in cases.items()
    ],
    head=("activation", "$c_2$", "$c_3$", *(f"degree {k}" for k in range(1, 5))),
    number=".3f",
)

# %% tags=["remove-input"]
present, lacking = [], []
for name, p in cases.items():
    for k in (2, 3):
        log = over_seeds(np.log(shares[name][:, k - 1] * n / 4))
        where = present if p.student[k] else lacking
        where.append(log.mean / log.standard_error)
if lacking:
    claims.check(
        "Degrees 2 and 3 that an activation has: least log of the share over chance (standard errors)",
        measured=min(present),
        predicted=chance(seeds, 0.001 / len(present)),
        tolerance=0.0,
        kind="at least",
        evidence=claims.ONE_SIDED,
        draws=seeds,
        source="Many spikes, size of spike k",
        control=("degrees that it lacks, largest", max(lacking)),
    )
    claims.check(
        "Degrees 2 and 3 that an activation lacks: largest log of the share over chance (standard errors)",
        measured=max(lacking),
        predicted=0.0,
        tolerance=chance(seeds, 0.001 / len(lacking)),
        kind="at most",
        evidence=claims.ONE_SIDED,
        draws=seeds,
        source="Many spikes, size of spike k",
        control=("degrees that it has, least", min(present)),
    )
record(shares=shares["this page's sine"].mean(axis=0))


# %% [markdown]
# The zeros belong to the coefficients that vanish.
# What is present need not be large.
#
# How early a spike comes is a matter of its constant $C_k$.
# If $C_k$ is near one, the exponent $\alpha_k$ holds at all $n$.
# If it is far from one, the finite-size exponent $\log(C_k n^{\alpha_k})/\log n = \alpha_k + \log C_k/\log n$ is off by something that decays like $1/\log n$.
# The table has $C_k$, and this exponent at $n = 1000$ in brackets; the usual activations have the teacher $He_1 + \frac12 He_2$.

# %% tags=["remove-input"]
def constant(p, k):
    """C_k with its exponent at this n, or a dash."""
    if not p.student[k]:
        return None
    C = theory.critical_constant(p, k)
    return f"{C:.2f} ({(k - 1) / (2 * k) + math.log(C) / math.log(n):.2f})"


usual = {name: replace(p, teacher=(0.0, 1.0, 0.5)) for name, p in cases.items()}
compared = usual | {"this page's sine": problem}
markdown_table(
    [(name, *(constant(p, k) for k in range(1, 5))) for name, p in compared.items()],
    head=("network", *(f"spike {k}" for k in range(1, 5))),
)

# %% [markdown]
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
