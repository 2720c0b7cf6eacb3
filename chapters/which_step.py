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
# (which-step)=
# # Which step?
#
# **The result of this chapter.**
# Tilt the units by $\rho^2$, the share of the step's direction that is signal, or by twice that for an activation that is not odd, and choose the penalty again: on most problems this is within a few percent of the best.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: the [theory for every step size](lazy_to_maximal)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch in the first figure [>= 100]
problems = 100  # on which the rule is tried [>= 10]
rows = 500  # rows of each batch in the simulation [>= 100]
seeds = 8  # draws of each simulated problem [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.simulation import OneStep
from onestep.theory import best_linear, limit_geometry
from onestep.theory.best_fit import best_fit, best_penalty, step_of_tilt


def theory_for(problem):
    """Noise as it is where c_2 is not 0; elsewhere isotropic noise is the same."""
    return "structured" if abs(problem.student[2]) > 1e-9 else "every step"


def best(problem, **options):
    return best_fit(problem, theory_for(problem), **options)


first = [Problem(n, n // 2, 3 * n // 4, name) for name in ("tanh", "relu")]
shown = [best(problem) for problem in first]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-which-valley", "caption": "Test error by theory at the best penalty of each tilt, over that of no step."}, "image": {"alt": "Two valleys. Both fall steeply from a small tilt, are flat around one third to one half, and rise slowly towards large tilts."}}
curves = []
for problem, found in zip(first, shown, strict=True):
    ratio = found.tilt.values[1:] / found.untrained.value
    curves.append(Curve(problem.activation, (found.tilt.points[1:], ratio)))
comparison(curves, r"tilt $\delta$", "test error, relative to no step", xscale="log")

# %% [markdown]
# ## Measure the step by its tilt
#
# A step of size $\eta$ shifts unit $j$ along $\beta$ by $s_j = \eta\, c_1\lVert\beta\rVert\, a_j$.
# The root mean square of these shifts is the *tilt*
#
# ```{math}
# :label: eq-which-tilt
# \delta = \frac{\eta\,|c_1|\,\lVert\beta\rVert}{\sqrt N} .
# ```
#
# The tilt does not change when labels are measured in other units.
# We always choose the penalty anew for each tilt.
# Otherwise a step that happens to suit the penalty would win.
#
# Every best value on this page is enclosed: the library evaluates a lower and a higher tilt, and a lower and a higher penalty, and all of them are worse.
# Where there is no such pair it raises `NotBracketed`.
# For activations that are not odd, such as ReLU and softplus, the theory takes the noise of the gradient as it is.
# With isotropic noise it would recommend steps for ReLU that are too large.
#
# ## By hand: why the valley is where it is
#
# Take a linear teacher and a large network.
# The first regressor, $t$, has a price of order $1/(N\delta^2)$: it falls as the tilt grows.
# A tilt also costs something, because tilted units saturate and rows grow longer: in leading order $b\,\delta^2$.
# So
#
# ```{math}
# :label: eq-which-balance
# \text{error} \approx \text{const} + \frac{a}{N\delta^2} + b\,\delta^2,
# \qquad
# \delta_\star = \Big(\frac{a}{bN}\Big)^{1/4} .
# ```
#
# The best step is then $\eta_\star \sim N^{1/4}$, and *not* $\sqrt N$.
# With a quadratic part in the teacher there is more to gain: a tilted unit has a linear response that depends on $t$, and fits products of $t$ with the rest of the input ([Many directions](many_directions)).
# That gain does not need $N$, and it keeps the best tilt at a number of order one.

# %% tags=["remove-input"]
sizes = (10**3, 10**4, 10**6, 10**8)
cases = {
    "tanh, linear teacher": ("tanh", (0.0, 1.0)),
    "tanh, quadratic part 0.5": ("tanh", (0.0, 1.0, 0.5)),
    "ReLU, quadratic part 0.5": ("relu", (0.0, 1.0, 0.5)),
}
grown = {}
for name, (activation, teacher) in cases.items():
    found = [best(Problem(m, m // 2, 3 * m // 4, activation, teacher)) for m in sizes]
    grown[name] = [value.eta / value.problem.N**0.5 for value in found]
markdown_table(
    [(name, *values) for name, values in grown.items()],
    (r"best $\eta/\sqrt N$", *(f"$n = 10^{round(np.log10(m))}$" for m in sizes)),
    number=".2f",
)

# %% tags=["remove-input"]
last = grown["tanh, linear teacher"][2:]
claims.check(
    "Linear teacher: exponent of n in the best eta over sqrt(N), from 10^6 to 10^8",
    measured=float(np.log(last[1] / last[0]) / np.log(sizes[3] / sizes[2])),
    predicted=-0.25,
    tolerance=0.02,
    source="this page, equation 2",
    control=("the best step grows like sqrt(N)", 0.0),
)


# %% [markdown]
# ## The rule
#
# Split the direction of the step into signal and noise: $\lVert\beta\rVert^2 = c_{\star,1}^2 + \frac dm\,\mathbb E\,y^2$ for a gradient batch of $m$ rows.
# Both parts can be measured, so the share of the signal can be, too:
#
# ```{math}
# :label: eq-which-rule
# \hat\rho^2 = 1 - \frac{d}{m}\,\frac{\overline{y^2}}{\lVert\beta\rVert^2},
# \qquad
# \delta = \hat\rho^2 \;\text{ (odd } \sigma),
# \qquad
# \delta = 2\hat\rho^2 \;\text{ (other } \sigma).
# ```
#
# Then choose the penalty again, by cross-validation.
# The rule is ours, and it is a fit, not a theorem: on 120 other random problems the best power of $\rho^2$ was between 0.90 and 1.06, and the best factor for activations that are not odd between 2.1 and 2.9.
# It says that a direction deserves as much tilt as trust.

# %%
def step_by_rule(X, y, N, c1, odd=True):
    """Equation 3, from the gradient batch: centred labels y, inputs of variance 1."""
    beta = X.T @ y / len(y)
    square = beta @ beta
    signal = 1 - X.shape[1] / len(y) * np.mean(y**2) / square
    tilt = (1 if odd else 2) * max(signal, 0.0)
    return tilt * np.sqrt(N / square) / abs(c1)


# %% [markdown]
# ## A hundred problems
#
# We draw problems at random: $n$ from 500 to 20,000, $d/n$ from 0.1 to 1, $N/n$ from 0.25 to 2, gradient batches of $n/2$ to $2n$ rows, label noise from 0 to 1.5, quadratic and cubic parts of the teacher.
# Each fifth has ReLU or softplus, the others an odd activation.
# The *regret* of a rule is the test error at its step over the best one, minus one, each at its best penalty.
# The two controls are the exponent $\eta = n^{1/3}$ and the maximal step $\eta = \sqrt N$.

# %% tags=["hide-input"]
ODD, OTHER = ("tanh", "erf", "sin", "sigmoid"), ("relu", "softplus")


def drawn(k):
    """Problem k of the page."""
    rng = np.random.default_rng([seed, 2026, k])
    size = round(500 * 40 ** rng.uniform())
    d, N = round(size * 0.1 * 10 ** rng.uniform()), size * 0.25 * 8 ** rng.uniform()
    name = rng.choice(OTHER if k % 5 == 4 else ODD)
    teacher = (0.0, 1.0, rng.uniform(-1, 1), rng.uniform(-0.4, 0.4))
    batch = round(size * 0.5 * 4 ** rng.uniform())
    noise = rng.uniform(0, 1.5)
    return Problem(size, d, round(N), str(name), teacher, noise, n_gradient=batch)


def rule(problem):
    odd = theory_for(problem) == "every step"
    return (1 if odd else 2) * limit_geometry(problem).cosine ** 2


def compared(problem):
    """Best value; then the test errors of the rule and of two naive steps."""
    tilts = rule(problem) * 2.0 ** np.arange(-1, 2)
    found = best(problem, tilts=tilts, rounds=1)
    steps = step_of_tilt(problem, rule(problem)), problem.n ** (1 / 3), problem.N**0.5
    kind, start = theory_for(problem), found.ridge
    return found, [best_penalty(problem, float(e), kind, start).value for e in steps]


tried = [compared(drawn(k)) for k in range(problems)]
regret = np.array([[v / found.test_error - 1 for v in vs] for found, vs in tried])
wide = np.array([found.tilt.within(0.01) for found, _ in tried])
saved = np.array([found.gain / found.untrained.value for found, _ in tried])
linear = [best_linear(found.problem)[1] / found.test_error - 1 for found, _ in tried]
beats = np.mean(np.array(linear) > 0)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-which-regret", "caption": "Share of the problems whose regret is below the value on the axis."}, "image": {"alt": "Three rising curves. The curve of the exponent one third lies to the right of the others, with the longest tail."}}
height = (np.arange(problems) + 1) / problems
names = ("the rule", r"$\eta = n^{1/3}$", r"$\eta = \sqrt{N}$")
lines = [
    Curve(name, (100 * np.sort(np.maximum(column, 1e-4)), height))
    for name, column in zip(names, regret.T, strict=True)
]
comparison(lines, "regret, % of the best test error", "share", xscale="log")

# %% tags=["remove-input"]
quantiles = 100 * np.quantile(regret, [0.5, 0.9, 1.0], axis=0)
markdown_table(
    [
        (name, 100 * over_seeds(column), *q)
        for name, column, q in zip(names, regret.T, quantiles.T, strict=True)
    ],
    ("regret in %", "mean", "median", "nine tenths below", "worst"),
    number=".2f",
)

# %% tags=["remove-input"]
excess = over_seeds(regret[:, 1:] - regret[:, :1])
claims.check(
    f"By how much the regret of n^(1/3) exceeds the rule's, mean over {problems} "
    "problems",
    measured=excess[0],
    predicted=0.0,
    kind="more than",
    source="this page, equation 3",
    control=("the rule against itself", 0.0),
)

# %% tags=["remove-cell"]
glue(
    saved=float(100 * np.median(saved)),
    beats=float(100 * beats),
    flat=float(np.median(wide[:, 1] / np.maximum(wide[:, 0], 1e-3))),
    ninety=float(quantiles[1, 0]),
    maximal=100 * excess[1],
)
record(regret=over_seeds(regret[:, 0]), beats_linear=float(beats))


# %% [markdown]
# The rule's regret is below {glue:text}`ninety:.1f` % on nine problems of ten.
# The maximal step $\eta = \sqrt N$ is a strong rival: its regret exceeds the rule's by {glue:text}`maximal:.2f` ± {glue:text}`maximal_standard_error:.2f` % of the best test error.
# So many problems cannot tell these two apart beyond doubt, and we claim nothing of the difference.
#
# The best step lowers the test error by {glue:text}`saved:.0f` % in the median.
# The valley is flat: between the lowest and the highest tilt that cost one percent lies a factor of {glue:text}`flat:.0f` in the median.
#
# ## For whom a step does not pay
#
# Against the untrained network a step always pays here, because $c_{\star,1} \ne 0$.
# Against the best *linear* model it pays in {glue:text}`beats:.0f` % of the problems.
# Kernel ridge regression with the kernel of infinitely many untrained units is no third competitor: when $n$ and $d$ are of the same order it is a linear model ({cite:t}`ElKaroui2010`), and the library's `best_kernel` has its value.
# Where $\rho^2$ is small, fit a linear model and stop.
#
# ## A simulation
#
# We take three of the problems' activations at a size that can be drawn.
# The rule now measures $\hat\rho^2$ on each draw.
# The penalty at each step is the one that theory chooses.

# %% tags=["hide-input"]
def simulated(name):
    """Test error of n^(1/3) minus the rule's, for each draw; and what theory says."""
    problem = Problem(rows, rows // 4, rows // 2, name, noise_std=0.3)
    kind, c1 = theory_for(problem), problem.student[1]
    naive = rows ** (1 / 3)
    limit = float(step_of_tilt(problem, rule(problem)))
    fits = [best_penalty(problem, e, kind) for e in (limit, naive)]
    differences = []
    for s in range(seed, seed + seeds):
        step = OneStep.draw(problem, s, n_test=4000)
        X, y = step.gradient_batch.X, step.gradient_batch.y
        mine = step_by_rule(X, y, problem.N, c1, kind == "every step")
        pair = zip((mine, naive), fits, strict=True)
        errors = [step.errors(fit.place, e)[1] for e, fit in pair]
        differences.append(errors[1] - errors[0])
    return differences, fits[1].value - fits[0].value


measured, predicted = zip(*map(simulated, ("tanh", "relu", "softplus")), strict=True)
together = over_seeds(np.mean(measured, axis=0))

# %% tags=["remove-input"]
claims.check(
    "What the rule saves over a step of n^(1/3), mean over three activations, paired",
    measured=together,
    predicted=float(np.mean(predicted)),
    source="this page, equation 3, and the theory for every step size",
    control=("both steps are as good", 0.0),
)

# %% [markdown]
# ## Where it breaks
#
# * *Labels with a mean.*
#   Subtract it first.
# * *Inputs that are not white.*
#   Then $\hat\rho^2$ in {eq}`eq-which-rule` has another form ([Setup](setup) assumes $x \sim \mathcal N(0, I_d)$).
# * *No linear part.*
#   With $c_{\star,1} = 0$ nothing can be learned at these sizes, no penalty is large enough, and the rule says $\delta = 0$.
# * *Cubic parts with the sign of the activation's own.*
#   They profit from a larger tilt than the rule's; try twice the step, too.
#
# ```{admonition} Recap
# :class: recap
# * Measure a step by its tilt {eq}`eq-which-tilt`, and choose the penalty anew.
# * Take $\delta = \hat\rho^2$, or twice that if $\sigma$ is not odd, {eq}`eq-which-rule`.
# * The valley is flat: a factor of two hardly matters.
# * The best step grows like $N^{1/4}$ for a linear teacher, {eq}`eq-which-balance`, and like $\sqrt N$ when there are products to fit.
# ```
#
# ## Exercises
#
# ````{exercise-start} The rule by hand (warm-up)
# :label: ex-which-hand
# ````
#
# Let $d/m = \frac12$, $c_{\star,1} = 1$ and $\mathbb E\,y^2 = 2$.
# Which tilt does the rule choose for tanh, and for ReLU?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-hand
# :class: dropdown
# ````
#
# $\lVert\beta\rVert^2 = c_{\star,1}^2 + \frac dm\,\mathbb E\,y^2 = 1 + 1 = 2$, so that $\hat\rho^2 = 1 - \frac12\cdot\frac22 = \frac12$.
# The rule takes $\delta = \frac12$ for tanh and $\delta = 1$ for ReLU.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Other units (warm-up)
# :label: ex-which-units
# ````
#
# Multiply all labels by ten.
# What happens to $\lVert\beta\rVert$, to the step of the rule, and to the weights after the step?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-units
# :class: dropdown
# ````
#
# $\lVert\beta\rVert$ grows by ten, and so the step of the rule shrinks by ten: $\delta$ does not depend on the units.
# The gradient grows by ten, and the weights after the step are the same.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The exponent of a cubic spike
# :label: ex-which-cubic
# ````
#
# Replace the price in {eq}`eq-which-balance` by $a/(N\delta^6)$, that of the third regressor.
# How does the best step grow now?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-cubic
# :class: dropdown
# ````
#
# The derivative of $a/(N\delta^6) + b\delta^2$ vanishes at $\delta^8 = 3a/(bN)$, so $\delta_\star \sim N^{-1/8}$ and $\eta_\star \sim N^{3/8}$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The flat valley
# :label: ex-which-flat
# ````
#
# In {eq}`eq-which-balance`, what does a tilt of twice the best one cost, as a multiple of $\sqrt{ab/N}$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-flat
# :class: dropdown
# ````
#
# At the best tilt the two terms are equal, $\sqrt{ab/N}$ each.
# At twice the tilt they are a quarter and four times as large: $4\frac14$ in the place of 2.
# In between, a factor $\sqrt2$ costs only $\frac12 + 2 - 2 = \frac12$ of that unit.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} More rows for the step
# :label: ex-which-rows
# ````
#
# The gradient batch grows from $m$ to $4m$ rows.
# When does the rule's tilt grow most, and what is its limit?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-rows
# :class: dropdown
# ````
#
# $1 - \hat\rho^2 = \frac dm\,\mathbb E\,y^2/\lVert\beta\rVert^2$ falls, most when the noise is larger than the signal.
# For $m \to \infty$ the direction is exact, $\hat\rho^2 \to 1$, and the tilt tends to 1 for odd activations and to 2 for others.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A better rule (open)
# :label: ex-which-open
# ````
#
# Estimate the cubic coefficient of the labels along $t$, and improve the rule with it.
# How much regret is left on a hundred new problems?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-which-open
# :class: dropdown
# ````
#
# The coefficient of $He_3(t)$ in the labels is their mean product with it on a second batch.
# We have not tried it.
# The regret that is left is at most that of the rule, {eq}`eq-which-rule`, about one percent on average.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
