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
# # Appendix: errors on the same draw
#
# **The result of this page.**
# On the same draw the network, its spikes and the Gaussian equivalent have the same errors, up to terms of relative order $n^{2\alpha-1}$ that the any-step theory predicts.
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
sizes = [125, 250, 500, 1000]  # n in the comparison of the models [>= 50]
alphas = [0.1, 0.2, 0.3, 0.4, 0.5]  # step exponents of the last figure [>= 0, <= 0.5]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 10  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem, theory
from onestep.book import claims, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.errors import Panel, against, baselines
from onestep.simulation import OneStep, equivalent, run_many
from onestep.simulation.ridge import path

sizes, alphas = sorted(sizes), sorted(alphas)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
active = theory.regime(problem, alpha).active
kappa = theory.limit_geometry(problem).lengthening
linear_ridge, linear_test = theory.best_linear(problem)
names, titles = ("train_error", "test_error"), ("training", "test")


# %% [markdown]
# ## The three models
#
# {prf:ref}`thm-err-equivalence` says that network, spiked approximation and Gaussian equivalent have the same errors.
# We fit all three with the same weights, the same data and the same step.
# A fourth model leaves out the last spike.
# It is the negative control: a sharp comparison must notice it.
#
# A fair comparison of test errors needs test features in each model.
# In the spiked approximation they are what {eq}`eq-err-spiked` gives for the rows of the test batch.
# In the Gaussian equivalent a test row keeps $W_0$, $\beta$ and $a$ but gets a *fresh* row of $Z$: in the network the non-linear part of a new input's features is new, too.
# With the rows of $Z$ used again, test rows would have the noise of training rows, to which the fit has adapted.

# %% tags=["hide-input"]
def fitted(F, step):
    """Both errors of ridge regression; F has the ridge batch above the test batch."""
    fit = path(F[: len(step.y)], step.y, ridge)
    rest = step.test.y - F[len(step.y) :] @ fit.coefficients[:, 0]
    return fit.train_error[0], np.mean(rest**2)


def four_models(problem, seed):
    """Network, spiked approximation, Gaussian equivalent, control: errors (4, 2)."""
    step, size = OneStep.draw(problem, seed), problem.step(alpha)
    X = np.vstack([step.X, step.test.X])
    untrained = step.features(0.0, X)
    gaussian = equivalent.gaussian(problem, X, step.W0, seed)
    spikes, fewer = (
        equivalent.spikes(problem, X, step.beta, step.a, size, k, kappa) if k else 0.0
        for k in (active[-1], active[-2] if len(active) > 1 else 0)
    )
    models = untrained + spikes, gaussian + spikes, untrained + fewer
    return [fitted(F, step) for F in (step.features(size, X), *models)]


# small sizes scatter more and cost less: there several draws are averaged into one
drawn = []
for size in sizes:
    several = max(1, round(min(max(sizes) / size, 4)))
    seeds_here = range(seed, seed + seeds * several)
    found = [four_models(problem.resized(size), s) for s in seeds_here]
    drawn.append(np.reshape(found, (seeds, several, 4, 2)).mean(axis=1))
drawn = np.moveaxis(drawn, 0, 3)  # (seeds, models, errors, sizes)
gaps = drawn - drawn[:, [1]]  # to the spiked approximation, on the same draw

# %% [markdown]
# The spiked approximation drops terms of relative order
#
# ```{math}
# :label: eq-err-tilt
# \delta^2 = \frac{(\eta\, c_1 \|\beta\|)^2}{N} \;\propto\; n^{2\alpha - 1},
# ```
#
# the mean square of the coefficient $\eta c_1 a_j\|\beta\|$ with which $t$ enters a unit's argument.
# It is the second-order term of an expansion in that coefficient.
# The *any-step theory* of [From lazy to maximal](lazy_to_maximal) keeps all orders.
# It says how large the difference is, and of which sign.

# %% tags=["hide-input"]
resized = [problem.resized(size) for size in sizes]


def over_sizes(rule, moved=1.0, **options):
    """Both errors by a rule, at the step of the page times `moved`: (2, sizes)."""
    found = [rule(p, ridge, moved * p.step(alpha), **options) for p in resized]
    return np.transpose(found)


predicted = over_sizes(theory.errors, highest=active[-1])
surplus = over_sizes(theory.any_step.errors) - predicted
none = over_sizes(theory.errors, moved=0.0) - predicted
missed = none
if len(active) > 1:
    missed = over_sizes(theory.errors, highest=active[-2]) - predicted

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Differences to the spiked approximation on the same draw, against $n$. Lines: theory; what the any-step theory adds, zero, and the cost of the spike. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-equivalence"}, "image": {"alt": "Two panels against the number of rows. The differences of network and Gaussian equivalent are small and lie on their lines, which are at or near zero. The model without the last spike stays far above."}}
parts = []
for e, title in enumerate(titles):
    points = over_seeds(gaps[:, :, e])
    curves = [
        Curve("network", (sizes, surplus[e]), (sizes, points[0])),
        Curve("Gaussian equivalent", level(sizes, 0.0), (sizes, points[2])),
        Curve("last spike left out", (sizes, missed[e]), (sizes, points[3])),
    ]
    name = f"{title.capitalize()} error, paired"
    parts.append(Panel(name, curves, ylabel="difference to spiked"))
against(parts, "$n$", xticks=sizes)

# %% tags=["remove-input"]
source = "Moniri et al. 2024, equivalence of errors"
for e, title in enumerate(titles):
    check_curve(
        f"Network minus spiked approximation on the same draw, {title} error: what the "
        "any-step theory adds",
        gaps[:, 0, e],
        surplus[e],
        control=("the last spike left out", surplus[e] - missed[e]),
        source=source,
    )
    check_curve(
        f"Gaussian equivalent minus spiked approximation, {title} error: nothing",
        gaps[:, 2, e],
        0.0,
        control=("the spikes left out", -none[e]),
        source=source,
    )
    check_curve(
        f"Leaving out the last spike costs in {title} error what the formula says",
        gaps[:, 3, e],
        missed[e],
        control=("it costs nothing", 0.0),
        source=f"Errors, theorem: {title} error",
        explain="The last spike may be weak here.",
    )

# %% [markdown]
# What the approximation drops has to vanish at the rate of {eq}`eq-err-tilt`.
# At sizes that one can draw this is lost in the noise.
# Between two theories it is not.

# %% tags=["remove-input"]
growing = [problem.resized(10**power) for power in (6, 8, 10)]
left = [
    theory.any_step.errors(p, ridge, p.step(alpha))[0]
    - theory.errors(p, ridge, p.step(alpha))[0]
    for p in growing
]
rate = np.diff(np.log(np.abs(left))) / np.log(100)
claims.check(
    "What the formula drops of the training error: its power of n, from 10^8 to 10^10 "
    "(tolerance: what the power still changed)",
    measured=rate[1],
    predicted=2 * alpha - 1,
    tolerance=abs(rate[1] - rate[0]),
    source="Errors, equation for delta",
    control=("first order in delta", alpha - 0.5),
)

# %% [markdown]
# ## Where the formula breaks
#
# Terms of relative order $\delta^2$, {eq}`eq-err-tilt`, vanish as $n \to \infty$ for every $\alpha < \frac12$.
# At $\alpha = \frac12$ they do not.
# The any-step theory keeps them.

# %% tags=["hide-input"]
fine = np.linspace(min(alphas), max(alphas), 41)
taken = np.array([problem.step(value) for value in alphas])
by_alpha = run_many(problem, [0.0, *taken], ridge, draws, n_test=n_test)
laws = theory.errors, theory.any_step.errors

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Errors against the step exponent, in the formula of the chapter and in the any-step theory. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-breaks"}, "image": {"alt": "Training and test error fall with the step exponent. The two theoretical curves coincide for small exponents and separate towards one half, where the simulated points follow the any-step theory."}}
short, every = (law(problem, ridge, n**fine) for law in laws)
parts = []
for e, title in enumerate(titles):
    points = over_seeds(by_alpha.values(names[e])[:, 1:, 0])
    curves = [
        Curve("finite strength", (fine, short[e])),
        Curve("any-step theory", (fine, every[e])),
        Curve("simulated", None, (alphas, points)),
    ]
    ends = theory.linear_errors(problem, linear_ridge)[e], problem.noise_variance
    parts.append(Panel(f"{title.capitalize()} error", curves, baselines(fine, *ends)))
against(parts, r"$\alpha = \log\eta/\log n$", xscale="linear")

# %% [markdown]
# To tell the two theories apart we take many more draws of the largest step, at half the sizes: at $\alpha = \frac12$, $\delta$ does not depend on $n$.

# %% tags=["remove-input"]
for e, title in enumerate(titles):
    values = by_alpha.values(names[e])[:, :, 0]
    found = theory.any_step.errors(problem, ridge, [0.0, *taken])[e]
    check_curve(
        f"What steps up to alpha = {alphas[-1]:g} take off the {title} error, paired: "
        "the any-step theory",
        values[:, :1] - values[:, 1:],
        found[0] - found[1:],
        control=("nothing", 0.0),
        source="Errors, where it breaks",
    )
half = problem.resized(n // 2)
last = [0.0, half.step(alphas[-1])]
many = range(seed + seeds, seed + 7 * seeds)
drawn_last = run_many(half, last, ridge, many, n_test=100).values(names[0])[:, :, 0]
(before, short), (_, after) = (law(half, ridge, last)[0] for law in laws)
# what a draw's labels do to both errors cancels in this difference
claims.check(
    f"After a step of alpha = {alphas[-1]:g} the training error is the any-step theory's "
    f"share of the untrained network's (difference, {len(many)} draws at half the sizes)",
    measured=over_seeds(drawn_last[:, 1] - after / before * drawn_last[:, 0]),
    predicted=0.0,
    source="Errors, where it breaks",
    explain="At smaller steps the two theories hardly differ.",
    control=("finite strength", short - after),
)

# %% tags=["remove-cell"]
record(
    gap_network=over_seeds(gaps[:, 0, :, -1]),
    gap_gaussian=over_seeds(gaps[:, 2, :, -1]),
)

# %% [markdown]
# ```{admonition} Recap
# :class: recap
# * The three models have the same errors on the same draw; leaving out a spike is seen at once.
# * What the spiked approximation drops is of relative order $n^{2\alpha-1}$, and the any-step theory predicts it.
# * At $\alpha = \frac12$ only the any-step theory fits.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
