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
# # Appendix: errors estimated
#
# **The result of this page.**
# The training batch alone tells the test error, and so the best penalty and whether the network beats the best linear model.
#
# ```{strip}
# :level: graduate course
# :needs: [Errors](errors)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 100]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activation = "softplus"  # of the network
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
alpha = 0.29  # step exponent: eta = n**alpha [> 0, <= 0.4]
ridge = 0.1  # ridge penalty [> 0]
ridges = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]  # penalties of the ridge curves [> 0]
sizes = [125, 250, 500, 1000]  # n in the concentration [>= 50]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 10  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem, theory
from onestep.book import claims, markdown_table, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve
from onestep.book.figures.errors import Panel, against, baselines
from onestep.book.statistics import chance
from onestep.simulation import OneStep, run_many, sample
from onestep.simulation.ridge import path

sizes, ridges = sorted(sizes), sorted(ridges)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
eta = problem.step(alpha)
linear_ridge, linear_test = theory.best_linear(problem)
titles = ("training", "test")

# %% [markdown]
# ## Three estimates of the test error
#
# The derivation of {prf:ref}`thm-err-test` needs that the diagonal entries $R_{ii}$ of the resolvent concentrate.
# If they do, three numbers agree: the error on a test batch, the exact leave-one-out error {eq}`eq-err-loo`, and generalised cross-validation, which replaces each $R_{ii}$ by their mean.
# The last two come from the training batch alone.

# %% tags=["hide-input"]
best = [theory.best_ridge(problem), theory.best_ridge(problem, eta)]
all_ridges = np.array([*ridges, *(value for value, _ in best)])
ensemble = run_many(problem, [0.0, eta], all_ridges, draws, n_test=n_test)
tests = ensemble.values("test_error")
residual = ensemble.values("residual_norm")[:, 1]
share = 1 - ensemble.values("degrees_of_freedom")[:, 1] / n
validated = (residual / share) ** 2


def resolvents(problem, seed, penalties):
    """Diagonal of R and R y, for each penalty: two arrays (n, penalties)."""
    step = OneStep.draw(problem, seed)
    F = step.features(problem.step(alpha))
    values, vectors = np.linalg.eigh(F @ F.T / len(F))
    inverse = 1 / (values[:, None] + np.array(penalties))
    return vectors**2 @ inverse, vectors @ (inverse * (vectors.T @ step.y)[:, None])


spreads, left_out = np.empty((seeds, len(sizes))), []
for s, size in np.ndindex(spreads.shape):
    diagonal, _ = resolvents(problem.resized(sizes[size]), draws[s], [ridge])
    spreads[s, size] = diagonal.std() / diagonal.mean()
for s in draws:
    diagonal, solved = resolvents(problem, s, ridges)
    left_out.append(np.mean((solved / diagonal) ** 2, axis=0))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Three estimates of the test error after the step. Line: {eq}`eq-err-test`. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-loo"}, "image": {"alt": "Test error against the ridge penalty on logarithmic axes. Three sets of points, from a test batch, from leaving one out and from cross-validation, lie on each other and on the theoretical curve, which falls to a minimum and rises again; the best linear model and the Bayes error are horizontal lines."}}
grid = np.geomspace(min(ridges), max(ridges), 120)
line = grid, theory.errors(problem, grid, eta)[1]
columns = {
    "test batch": tests[:, 1, : len(ridges)],
    "leave one out": left_out,
    "cross-validation": validated[:, : len(ridges)],
}
curves = [
    Curve(name, line if k == 0 else None, (ridges, over_seeds(values)))
    for k, (name, values) in enumerate(columns.items())
]
lines = baselines(grid, linear_test, problem.noise_variance)
panel = Panel("Test error after the step", curves, lines, yscale="log")
against([panel], r"ridge penalty $\lambda$", columns=1, height=3.2)

# %% tags=["remove-input"]
at = int(np.argmin(np.abs(np.array(ridges) - ridge)))
claims.check(
    "Generalised cross-validation, computed on the training batch, estimates the "
    f"test error without bias (paired difference at ridge {ridges[at]:g})",
    measured=over_seeds(validated[:, at] - tests[:, 1, at]),
    predicted=0.0,
    source="Errors, theorem: test error",
    control=(
        "residuals not divided by 1 - df/n",
        np.mean(residual[:, at] ** 2 - tests[:, 1, at]),
    ),
)
growth = np.log(sizes[-1] / sizes[0])
claims.check(
    "Diagonal entries of the resolvent concentrate: the exponent of their spread "
    f"from n = {sizes[0]} to {sizes[-1]}",
    measured=over_seeds(np.log(spreads[:, -1] / spreads[:, 0]) / growth),
    predicted=-0.5,
    source="Errors, theorem: test error",
    control=("they do not settle", 0.0),
)

# %% [markdown]
# The relative spread of the diagonal entries falls as the mean of independent rows fluctuates, with the exponent $-\frac12$.

# %% tags=["remove-input"]
spread = over_seeds(spreads)
rows = [(f"$n = {size}$", spread[k]) for k, size in enumerate(sizes)]
markdown_table(rows, ("", "spread of $R_{ii}$ over their mean"))


# %% [markdown]
# ## Networks at their best penalties, against the linear model
#
# The baseline of all figures is a theory, too.
# Here the linear model is fitted on the same batches as the networks, each at its own best penalty.

# %% tags=["hide-input"]
def linear_model(seed):
    """Errors of ridge regression on the inputs, with an intercept: (2, penalties)."""
    batch = sample.batch(problem, seed, "ridge", n)
    test = sample.batch(problem, seed, "test", n_test)
    middle, mean = batch.X.mean(axis=0), batch.y.mean()
    fit = path(batch.X - middle, batch.y - mean, [*ridges, linear_ridge])
    rest = test.y[:, None] - mean - (test.X - middle) @ fit.coefficients
    return fit.train_error, np.mean(rest**2, axis=0)


line_errors = np.array([linear_model(s) for s in draws])

# %% tags=["remove-input"]
by_law = theory.linear_errors(problem, np.array(ridges))
for e, title in enumerate(titles):
    check_curve(
        f"{title.capitalize()} error of the linear model, {len(ridges)} penalties",
        line_errors[:, e, :-1] / by_law[e],
        1.0,
        control=(
            "the untrained network",
            theory.errors(problem, ridges)[e] / by_law[e],
        ),
        source="Dobriban and Wager 2018, ridge regression",
    )
for s, name in enumerate(("without a step", "with the step")):
    value, found = best[s]
    own, other = tests[:, s, len(ridges) + s], best[1 - s][1]
    every = theory.any_step.errors(problem, value, (0.0, eta)[s])[1]
    claims.check(
        f"Network {name} against the linear model, each at its best penalty: test "
        "error saved (paired difference)",
        measured=over_seeds(line_errors[:, 1, -1] - own),
        predicted=linear_test - found,
        allowed=abs(every - found),
        source="Errors, theorem: test error",
        control=("the other network", linear_test - other),
    )


# %% tags=["remove-input"]
def ahead_of_all(k):
    """The smallest lead of penalty number k over the others, in standard errors."""
    others = np.delete(tests[:, 1], k, axis=1) - tests[:, 1, [k]]
    lead = over_seeds(others)
    return np.min(lead.mean / lead.standard_error)


claims.check(
    "The best ridge penalty predicted for the trained network is not beaten by "
    f"any of {len(ridges) + 1} others (smallest paired lead in standard errors)",
    measured=ahead_of_all(len(ridges) + 1),
    predicted=-chance(seeds, 0.001 / (len(ridges) + 1)),
    tolerance=0.0,
    source="Errors, theorem: test error",
    kind="at least",
    evidence=claims.ONE_SIDED,
    draws=seeds,
    control=(f"the penalty {ridges[at]:g}", ahead_of_all(at)),
)

# %% tags=["remove-cell"]
record(
    best_ridge_without=best[0][0],
    best_ridge_with=best[1][0],
    saved=over_seeds(line_errors[:, 1, -1] - tests[:, 1, -1]),
)

# %% [markdown]
# ```{admonition} Recap
# :class: recap
# * Leaving one out, cross-validation and a test batch agree.
# * The diagonal of the resolvent concentrates like the mean of independent rows.
# * With the step, and at the penalty that theory recommends, the network of this page beats the best linear model; without the step it does not.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
