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
# # Appendix: errors at extreme sizes
#
# **The result of this page.**
# A very wide untrained network is a linear model with a penalty of its own, more data help at the right penalty only, and the floors of [Errors](errors) are reached.
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
ridge = 0.1  # ridge penalty where a figure uses one [> 0]
small_ridge = 0.0003  # ridge penalty at the interpolation threshold [> 0]
samples = [0.2, 0.5, 0.8, 1.0, 1.25, 1.8, 3.0, 6.0]  # n/N with more data [> 0]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 10  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem, theory
from onestep.book import claims, glue, over_seeds, provenance, record
from onestep.book.curve_claims import check_errors
from onestep.book.figures.errors import against, both_errors
from onestep.hermite import gaussian_rule
from onestep.simulation import run_many

samples = sorted(samples)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
half = problem.resized(n // 2)
eta = problem.step(alpha)
active = theory.regime(problem, alpha).active
linear_ridge, linear_test = theory.best_linear(problem)
groups, steps = ["without a step", "with the step"], np.array([[0.0], [eta]])

# %% [markdown]
# ## The peak
#
# {prf:ref}`prop-err-peak` gives the test error at $N = n$ for small penalties, with its constant.
# The step changes the constant and not the power.

# %% tags=["remove-input"]
square = replace(half, N=half.n)
tiny = np.array([1e-10, 1e-8])
train, test = theory.errors(square, tiny, steps)
trace = theory.traces(square, tiny)
growth = 1 / (2 * np.sqrt(tiny * trace.q * trace.m1) * tiny * trace.m1)
ratio, crossed = test / (train * growth), test / (train[::-1] * growth)
for s, name in enumerate(groups):
    claims.check(
        f"At N = n, {name}, the test error grows like the inverse square root of "
        f"the ridge, with the predicted constant (ratio at ridge {tiny[0]:g}; tolerance: "
        f"what it changed from {tiny[1]:g})",
        measured=ratio[s, 0],
        predicted=1.0,
        tolerance=abs(ratio[s, 1] - ratio[s, 0]),
        source="Errors, proposition: the peak",
        control=("the constant of the other network", crossed[s, 0]),
    )

# %% [markdown]
# ## Wide networks, $N \gg n, d$
#
# To the right of the peak the curves of {numref}`fig-err-width` flatten.
# With many units the noise in {eq}`eq-equivalent` averages out: $F_0F_0^\top/N \to c_1^2\, \tilde X\tilde X^\top/d + c_>^2 I$.
# So the untrained network becomes ridge regression on $\tilde X$, and its non-linearity becomes a penalty.
#
# ````{prf:proposition} Infinitely wide, untrained (in the form derived here)
# :label: prop-err-wide
#
# Let $F_0$ be the Gaussian equivalent.
# As $\psi \to 0$ at fixed $\phi$ and $\psi\lambda$, the predictions of the untrained network, and with them its test error, are those of ridge regression on $\tilde X$ (without intercept) at the penalty
#
# ```{math}
# :label: eq-err-implicit
# \lambda_{\rm lin} = \frac{\phi\, c_>^2 + \psi\, \lambda}{c_1^2} .
# ```
# ````
#
# This holds on new inputs.
# On the training rows the two differ: $\mathcal L_{\rm tr}$ of the network is the share $\psi\lambda/(\phi c_>^2 + \psi\lambda)$ of the linear model's, because the non-linear part can also fit what the linear part leaves.
#
# Even without any penalty, $\lambda \to 0$, the wide network is regularised by its own non-linear part.
# This *implicit* ridge is why there is no second peak to the right of the first.
# Whether it is a good penalty is a matter of luck: $\phi c_>^2/c_1^2$ knows nothing of the teacher.
# Here it is {glue:text}`implicit:.3g`, where the best penalty of the linear model is {glue:text}`best:.3g`: test error {glue:text}`wide:.3f` against {glue:text}`linear:.3f`.

# %% tags=["remove-input"]
wider = [replace(problem, N=n * ratio) for ratio in (10**4, 10**6)]
first = problem.student[1] ** 2
explicit = wider[-1].psi * ridge / first
implicit = explicit + problem.phi * problem.student.nonlinear_variance / first
at_wide = [theory.errors(p, ridge)[1] for p in wider]
wrong, right = theory.linear_errors(
    problem, np.array([explicit, implicit]), intercept=False
)[1]
claims.check(
    "Infinitely wide untrained network: test error of ridge regression on the "
    "inputs at the implicit penalty (N/n = 10^6; tolerance: what it changed from 10^4)",
    measured=at_wide[1],
    predicted=right,
    tolerance=abs(at_wide[1] - at_wide[0]),
    source="Errors, proposition: infinitely wide, untrained",
    control=("the explicit penalty alone", wrong),
)

# %% tags=["remove-cell"]
glue(implicit=implicit, best=linear_ridge, wide=right, linear=linear_test)

# %% [markdown]
# The step's advantage fades to the right as well.
# The bulk of $F$ grows like $\sqrt{N}$ while a spike's strength, for given $\eta$, does not grow with $N$.
# In {eq}`eq-err-train` the regressors keep their price $S$, but less is left to gain from paying it, $D \sim m_1 \sim \psi/\phi$.
# **A wider network needs a larger step**, $\eta^2 \gtrsim N/n$, for the same effect.
# The exponent $\alpha$ of the theory hides this, because there $N$ and $n$ grow together.
# The smallest step that makes an outlier shows the rule.

# %% tags=["remove-input"]
smallest = [theory.critical_step(replace(problem, N=n * 10**k)) for k in (2, 4, 6)]
powers = np.diff(np.log10(smallest)) / 2
claims.check(
    "Wide networks: the smallest step that makes an outlier grows like a power of N/n "
    "(from N/n = 10^4 to 10^6; tolerance: what the power still changed)",
    measured=powers[1],
    predicted=0.5,
    tolerance=abs(powers[1] - powers[0]),
    source="Errors, wide networks",
    control=("one step for every width", 0.0),
)


# %% [markdown]
# ## More data
#
# Now we fix the network and give it more rows, in both batches.
# The same peak appears at $n = N$, this time as a paradox: near it, *more data make the test error worse*.
# With the right penalty they do not {cite}`Nakkiran2021`.

# %% tags=["hide-input"]
def long(ratio):
    return replace(half, n=max(round(ratio * half.N), 10))


def laws(problems):
    """The formula, what it drops, a linear activation: (2, steps, problems, ridges)."""
    flat = [replace(p, activation=(0.0, p.student[1])) for p in problems]
    law, full, linear = (
        np.stack([rule(p, penalties, steps) for p in given], axis=2)
        for rule, given in (
            (theory.errors, problems),
            (theory.any_step.errors, problems),
            (theory.errors, flat),
        )
    )
    return {"law": law, "allowed": np.abs(full - law), "untrained": linear}


penalties = [small_ridge, ridge]
problems = [long(r) for r in samples]
runs = [run_many(p, [0.0, eta], penalties, draws, n_test=n_test) for p in problems]
names = ("train_error", "test_error")
measured = [np.stack([run.values(x) for run in runs], axis=2) for x in names]
dense = np.geomspace(min(samples), max(samples), 150)
dense = np.unique(np.round(half.N * np.append(dense, np.linspace(0.9, 1.1, 41))))
longer = [long(rows / half.N) for rows in dense]
lines = np.stack([theory.errors(p, penalties, steps) for p in longer], axis=2)
linear = [theory.linear_errors(p, theory.best_linear(p)[0]) for p in longer]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Errors against the number of rows per hidden unit, at a small penalty (top) and a moderate one (bottom). The best linear model sees the same rows. Lines: {eq}`eq-err-train` and {eq}`eq-err-test`. Points: simulation at half the sizes of the page.", "name": "fig-err-samples"}, "image": {"alt": "Four log-log panels against n over N. At the small penalty the test error rises to a peak at n equal to N and falls beyond it; at the moderate penalty it falls throughout. With many rows the untrained network ends above the best linear model and the network with the step below it. Points lie on the curves."}}
rows = []
for k, value in enumerate(penalties):
    seen = [over_seeds(values[..., k]) for values in measured]
    ends = np.transpose(linear), problem.noise_variance, f", λ = {value:g}"
    rows += both_errors(samples, dense / half.N, lines[..., k], seen, groups, *ends)
against(rows, "$n/N$", marks={"$n = N$": 1.0})

# %% tags=["remove-input"]
found = laws(problems)
check_errors(f"{len(samples)} numbers of rows, two penalties", measured, **found)
for s, name in enumerate(groups):
    tuned = [theory.best_ridge(p, float(steps[s, 0]))[1] for p in problems]
    claims.check(
        f"More data never make the test error worse at the best penalty, {name} "
        f"(largest rise along {len(samples)} numbers of rows, predicted)",
        measured=max(np.diff(tuned), default=0.0),
        predicted=0.0,
        tolerance=0.0,
        source="Nakkiran et al. 2021, optimal regularization",
        kind="at most",
        control=(
            f"the fixed penalty {small_ridge:g}",
            max(np.diff(found["law"][1, s, :, 0]), default=0.0),
        ),
    )

# %% [markdown]
# The training baseline in {numref}`fig-err-samples` is flat, as {ref}`ex-err-linear` explains.

# %% tags=["remove-input"]
left = theory.baselines.unexplained(problem)
seven = replace(problem, n=7 * n)
at_best = theory.best_linear(seven)[0]
train = theory.linear_errors(seven, np.array([at_best, 2 * at_best]))[0]
claims.check(
    "Linear model at its best penalty: the training error is s^2, with seven times "
    "the rows",
    measured=train[0],
    predicted=left,
    tolerance=1e-4 * left,
    source="Errors, exercise: the best penalty of the linear model",
    control=("twice that penalty", train[1]),
)


# %% [markdown]
# ## The floors
#
# {prf:ref}`prop-err-floors` says what is left when data and then units abound.
# We evaluate the formulas there, at sizes that no computer could hold, and project the teacher on the active powers by quadrature.

# %% tags=["hide-input"]
def floor(orders):
    """Bayes error plus the distance of the teacher from the span of the powers."""
    z, w = gaussian_rule(problem.sigma_star.kinks)
    powers = z[:, None] ** np.array(orders) * np.sqrt(w)[:, None]
    target = problem.sigma_star(z) * np.sqrt(w)
    rest = target - powers @ np.linalg.lstsq(powers, target, rcond=None)[0]
    return problem.noise_variance + rest @ rest


def abundant(degree):
    """Test error on a plateau with much data and width, then with far more of both."""
    return [
        theory.plateau(
            replace(problem, N=d * 10**k, n=d * 10 ** (2 * k)), 10.0 ** -(k + 4), degree
        )[1]
        for k in (3, 5)
    ]


# %% tags=["remove-input"]
spiked = f"with spikes of order {', '.join(map(str, active))}"
for name, degree, orders, wrong in (
    ("without a step", 0, (1,), ("the Bayes error", problem.noise_variance)),
    (spiked, active[-1], active, ("the best line", floor((1,)))),
):
    floors = abundant(degree)
    claims.check(
        f"Unlimited data, then unlimited width, {name}: the test error ends at the "
        "best polynomial in the active powers (tolerance: what a hundredfold width "
        "still changed)",
        measured=floors[1],
        predicted=floor(orders),
        tolerance=abs(floors[1] - floors[0]),
        source="Errors, proposition: floors",
        explain="A teacher without a linear part does not show the step its direction.",
        control=wrong,
    )

# %% tags=["remove-cell"]
glue(floor_line=floor((1,)), floor_spiked=floor(active), bayes=problem.noise_variance)
record(floor_line=floor((1,)), floor_spiked=floor(active), implicit=implicit)

# %% [markdown]
# Here the floors are {glue:text}`floor_line:.3f` without a step and {glue:text}`floor_spiked:.3f` with the active spikes, above a Bayes error of {glue:text}`bayes:.3f`.
#
# ```{admonition} Recap
# :class: recap
# * A very wide untrained network is ridge regression on the inputs, at a penalty that its non-linearity sets.
# * A wider network needs a larger step, $\eta^2 \gtrsim N/n$.
# * More data never hurt at the best penalty; at a fixed small one they do, near $n = N$.
# * Without a step the floor is the best line; each active order adds its power.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
