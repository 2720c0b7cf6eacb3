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
# (one-spike-details)=
# # Appendix to One spike: below the threshold, higher degrees, finite size
#
# **What this page adds.**
# Below the critical step the alignment is a known constant over $n$.
# Above it the singular vector contains no degree beyond the first.
# At the best ridge a constant step does not beat a linear function.
# And the outlier lags behind the limit by an amount of relative order $\eta^2/N$, which can be computed.
#
# ```{strip}
# :level: as One spike
# :needs: [Constant step: one spike](one_spike)
# ```

# %% tags=["parameters", "remove-input"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activation = "tanh"  # of the network
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
below = [
    0.25,
    0.75,
]  # simulated: 0, 0.5 and these times the critical step [> 0, < 0.95]
above = [2.5, 3.5]  # and 2 and these [>= 2]
contrast = "relu"  # a second activation, one with a quadratic part
growing = 0.4  # exponent of a growing step, for comparison [>= 0.3, < 0.5]
seeds = 16  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["remove-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, markdown_table, over_seeds, provenance
from onestep.book.figures import vectors
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.simulation import run_many
from onestep.theory import (
    best_ridge,
    critical_step,
    limit_geometry,
    plateau,
    spikes,
    test_error,
)
from onestep.theory.baselines import best_linear, linear_errors, unexplained
from onestep.theory.resolvent import edges, traces
from onestep.theory.ridge_errors import minimum
from onestep.theory.terms import HIGHEST

draws = range(seed, seed + seeds)
problem = Problem(n, d, N, activation, teacher=teacher, noise_std=noise_std)
half = problem.resized(n // 2)
critical, edge = critical_step(problem), edges(problem)[-1, 1]
steps = critical * np.unique([0.0, 0.5, 2.0, *below, *above])
weak, strong = np.searchsorted(steps, (0.5 * critical, 2 * critical))
ridges = np.geomspace(1e-3, 10, 9)
sizes = (problem, half)
full_runs, half_runs = (run_many(p, steps, ridges, draws, top=8) for p in sizes)


def largest(problem, eta, geometry=None, highest=HIGHEST):
    """Position and squared cosine with t of the outlier; of the edge without one."""
    found = spikes.outliers(problem, eta, geometry, highest)
    return (found[0].position, found[0].overlaps[1]) if found else (edge, 0.0)


# %% [markdown]
# (sec-os-below)=
# ## Below the threshold
#
# A random unit vector in $n$ dimensions has a squared cosine of about $1/n$ with any fixed one.
# How much more does a top singular vector have?
# The identity {eq}`eq-os-resolvent-t` answers this too.
# Both sides are averages over *all* singular vectors, weighted by how near their eigenvalues are to $z$.
# Just inside the bulk, divide the spectral density that $t$ sees by the density of eigenvalues:
#
# ````{prf:proposition} What is left below the threshold (ours)
# :label: prop-os-below
#
# For $\eta < \eta_c$ the squared cosine with $t$, averaged over the left singular vectors next to the upper edge of the bulk, has
#
# ```{math}
# :label: eq-os-below
# n\,\mathbb E\cos^2(\hat u, t) \to \lim_{x \uparrow z_+} \frac{\operatorname{Im}\big[m_2/(1+\nu)\big]}{\operatorname{Im} m_1}\bigg|_{\lambda = -x - i0}\,.
# ```
#
# We conjecture the same for the top vector alone.
# The limit is a constant that grows like $(1 - \eta^2/\eta_c^2)^{-2}$ as the threshold comes near.
# ````
#
# ````{dropdown} Derivation
# The imaginary part of $\frac1n t^\top(FF^\top/n + \lambda)^{-1}t$ at $\lambda = -x - i0$ is $\pi\sum_i\cos^2(\hat u_i, t)\,\delta(x - \lambda_i)$, smoothed.
# That of $m_1$ is $\pi\,\frac1n\sum_i\delta(x-\lambda_i)$.
# Their ratio is $n$ times the mean of $\cos^2(\hat u_i, t)$ over the vectors at $x$.
# The first is given by {eq}`eq-os-resolvent-t`, the second is the bulk's.
# Near the edge, $m_2$ and $q$ approach their edge values like the square root of the distance, $m_2 \approx m_2(z_+) + i\epsilon\, m_2'$ and likewise for $q$, so the ratio has a limit.
# The factor $(1+\nu)^{-2}$ comes from differentiating $m_2/(1+\nu)$, and $\nu(-z_+) = -\eta^2/\eta_c^2$ by {eq}`eq-os-critical-step`.
# Single vectors at the edge scatter around this mean like squares of Gaussians.
# That is a theorem for related models {cite}`Bloemendal2016`; for ours it is a conjecture that the experiment supports.
# $\square$
# ````
#
# The same ratio at any $x$ inside the bulk describes the vectors there.
# Even without a step the constant is not $1$.
# The top singular vectors of $F_0$ prefer the column space of $\tilde X$, where $t$ lies.
# The step multiplies this residual alignment.

# %%
# (eq-os-below): n times the mean squared cosine with t of vectors at x in the bulk
def residual(problem, eta, x=np.inf):
    inside = -np.minimum(x, edge * (1 - 1e-6)) - 1e-13j
    trace, ratio = traces(problem, inside), problem.phi / problem.psi
    theta = problem.student[1] ** 2 * eta * limit_geometry(problem).beta_norm
    seen = trace.m2 / (1 + theta**2 / ratio * trace.q * trace.m2)
    return seen.imag / trace.m1.imag


# %% tags=["remove-input"]
hidden = steps < 0.95 * critical
fine = np.linspace(0, 0.95 * critical, 200)
left = [Curve("predicted", (fine / critical, [residual(problem, e) for e in fine]))]
for size, runs in zip(sizes, (full_runs, half_runs), strict=True):
    average = over_seeds(size.n * runs.values("overlaps")[:, hidden, 0, 1])
    points = (steps[hidden] / critical, average)
    left.append(Curve(f"simulated, n = {size.n}", None, points))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Squared cosine of the top left singular vector with $t$, times $n$, below the critical step. Line: {eq}`eq-os-below`. Points: simulation at two sizes, mean over seeds with standard errors.", "name": "fig-below"}, "image": {"alt": "n times the squared cosine over the ratio of step to critical step, on a logarithmic axis. The predicted curve starts at a finite value and diverges at the critical step; simulated points for two sizes follow it."}}
panel = CurvePanel(r"$n\,\times$ squared cosine with $t$", left, yscale="log")
side_by_side([panel], r"$\eta/\eta_c$", columns=1, height=3.2)


# %% [markdown]
# The two sizes agree: the squared cosine itself vanishes like $1/n$.
# We compare each of the top eight vectors with the prediction at its own place.

# %% tags=["remove-input"]
def relative(i, values):
    """Mean of values(m) over the prediction at each vector's place: top 8, two sizes."""
    pairs = zip(full_runs.measurements, half_runs.measurements, strict=True)

    def ratio(m):
        return np.mean(values(m) / residual(m.problem, steps[i], m.top_values[i]))

    return over_seeds([np.mean([ratio(m) for m in pair]) for pair in pairs])


def no_step(m):
    return residual(m.problem, 0.0, m.top_values[0])


for name, i, law, wrong in (
    ("without a step", 0, "a random direction", lambda m: 1.0),
    ("at half the critical step", weak, "no step", no_step),
):
    claims.check(
        f"Residual alignment {name}: squared cosine of the top eight vectors over its prediction",
        measured=relative(i, lambda m, i=i: m.problem.n * m.overlaps[i, :, 1]),
        predicted=1.0,
        source="One spike, proposition on what is left below the threshold",
        control=(law, relative(i, wrong).mean),
    )

# %% [markdown]
# Close to the threshold the formula cannot be right at finite $n$: it diverges, and a squared cosine is at most $1$.
#
# (sec-os-degrees)=
# ## Degrees beyond the first
#
# Does the outlier's vector contain $He_2(t)$?
# Measure the squared cosine with $He_k(t)$ for every degree.
# On a finite sample the vectors $He_1(t)$ and $He_k(t)$ are not orthogonal.
# So even a perfect copy of $t$ seems to contain some $He_k$:
#
# ````{prf:lemma} The sampling level
# :label: lem-os-level
#
# If $\hat u$ is otherwise in general position, then for $k \ge 2$
#
# ```{math}
# :label: eq-os-level
# n\,\mathbb E\cos^2\!\big(\hat u, He_k(t)\big) \approx 1 + 2k\,\cos^2(\hat u, t) .
# ```
# ````
#
# ````{dropdown} Proof
# Normalise $He_k$ by $\sqrt{k!}$ and write $C = \cos^2(\hat u, t)$.
# The part of $\hat u$ in general position contributes $(1-C)/n$.
# The part along $t$ contributes $C$ times the square of $\frac1n\sum_i t_i He_k(t_i)/\sqrt{k!}$, a mean of independent terms of mean zero and variance $\mathbb E[t^2He_k^2]/k!$.
# With $t He_k = He_{k+1} + k He_{k-1}$ that variance is $((k+1)! + k^2(k-1)!)/k! = 2k+1$.
# Together $1 - C + (2k+1)\,C$.
# $\square$
# ````
#
# For an odd activation the quadratic degree could be absent by symmetry alone.
# So we ask two networks.
# The second has $c_2 \ne 0$, and its teacher has a quadratic part (the non-linear part replaced by a quadratic of equal variance).

# %% tags=["remove-input"]
linear, rest = problem.target[1] or 1.0, problem.target.nonlinear_variance
quadratic = (0.0, linear, float(np.sqrt(rest / 2)))
other = replace(problem, activation=contrast, teacher=quadratic)
twice = 2 * critical_step(other)
other_runs = run_many(other, [twice, n**growing], ridges[4], draws, top=2)
degrees, cases = np.arange(1, 6), {activation: problem, contrast: other}
at_twice = {
    activation: (steps[strong], strong, full_runs),
    contrast: (twice, 0, other_runs),
}
cosine, aligned, levels = {}, {}, {}
for name, (eta, i, runs) in at_twice.items():
    cosine[name] = value = largest(cases[name], eta)[1]
    aligned[name] = over_seeds(runs.values("overlaps")[:, i, 0, degrees])
    levels[name] = np.where(degrees == 1, value, (1 + 2 * degrees * value) / n)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Squared cosine of the outlier's left singular vector with $He_k(t)$ at twice the critical step, for two activations. Bars: {eq}`eq-os-alignment` for $k = 1$, and the sampling level {eq}`eq-os-level` of a pure copy of $t$ for $k \\ge 2$. Points: simulation, mean over seeds with standard errors.", "name": "fig-degrees"}, "image": {"alt": "Squared cosine over the Hermite degree on a logarithmic axis. For degree one it is near one. For degrees two to five it is smaller by about two orders of magnitude, and points and predicted sampling levels agree for both activations."}}
points = {name: (v.mean, v.standard_error) for name, v in aligned.items()}
vectors.alignments(levels, points, r"squared cosine with $He_k(t)$")

# %% tags=["remove-input"]
again = range(seed, seed + 4 * seeds)  # such squares scatter by more than their mean
for name, (eta, *_) in at_twice.items():
    runs = run_many(cases[name].resized(half.n), eta, ridges[4], again, top=1)
    level = 1 + 2 * np.array([2, 3]) * cosine[name]
    overlaps = half.n * runs.values("overlaps")[:, 0, 0, 2:4]
    claims.check(
        f"{name}: alignment of the spike with He_2(t) and He_3(t), in units of the sampling level",
        measured=over_seeds(np.mean(overlaps / level, axis=1)),
        predicted=1.0,
        source="One spike, lemma on the sampling level",
        control=("1/n, as for any vector that knows nothing of t", np.mean(1 / level)),
    )
second = over_seeds(n * other_runs.values("overlaps")[:, :, 1, 2] / 5)  # 5: a copy of t
claims.check(
    f"After a growing step the second singular vector of the {contrast} network contains He_2(t) (in sampling levels)",
    measured=second[1],
    predicted=1.0,
    kind="more than",
    source="Moniri et al. 2024; the next chapter",
    explain="The contrast must have a quadratic part, and n**growing must lift the quadratic spike out of the bulk.",
    control=("after twice the critical step", second.mean[0]),
)

# %% [markdown]
# Overlaps with degrees $\ge 2$ are sampling noise for both networks.
# After a growing step the same measurement finds the quadratic degree.
# For the highest degrees points may lie below the level, because the high moments of a Gaussian come from rare large values.
#
# (sec-os-ridge)=
# ## Every ridge, and the linear opponent

# %% tags=["remove-input"]
wide = np.geomspace(ridges[0], ridges[-1], 100)
tests = over_seeds(full_runs.values("test_error"))
floor = unexplained(problem, intercept=False)
named = {"no step": 0, r"$0.5\,\eta_c$": weak, r"$2\,\eta_c$": strong}
networks = [
    Curve(name, (wide, test_error(problem, wide, steps[i])), (ridges, tests[i]))
    for name, i in named.items()
]
regression = linear_errors(problem, wide, intercept=False)[1]
limits = [
    Curve("degree-1 plateau", (wide, plateau(problem, wide, 1)[1])),
    Curve("regression on $x$", (wide, regression)),
]
ylim = (0.9 * floor, 1.15 * max(networks[0].predicted[1].max(), tests.mean[0].max()))
panels = [
    CurvePanel("test error", curves, title, levels={"best linear": floor}, ylim=ylim)
    for curves, title in (
        (networks, "Networks"),
        (limits, "Plateau, and no network"),
    )
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Test error against the ridge penalty. Left: without a step and after two constant steps; lines are theory, points simulation, mean over seeds with standard errors. Right, theory: the degree-1 plateau, and ridge regression on the inputs of the second batch.", "name": "fig-ridge"}, "image": {"alt": "Two panels of the test error over the ridge penalty on a logarithmic axis. Each curve has a minimum; curves are lower for larger steps, and all stay above the horizontal line of the best linear function."}}
side_by_side(panels, r"ridge penalty $\lambda$", xscale="log")

# %% tags=["remove-input"]
place = np.unravel_index(tests.mean.argmin(), tests.mean.shape)
training = full_runs.values("train_error").mean(axis=0).min()
claims.check(
    "No constant step and no ridge beats the best linear function (smallest simulated test error)",
    measured=tests[place],
    predicted=floor,
    kind="at least",
    source="Ba et al. 2022",
    control=("the training error, which knows no floor", training),
    explain="At large multiples of the critical step and small n the quadratic part may be learned.",
)

# %% tags=["remove-input"]
double = replace(problem, n=2 * n)
best = {
    "without a step": best_ridge(problem),
    "after twice the critical step": best_ridge(problem, steps[strong]),
    "degree-1 plateau": minimum(lambda r: plateau(problem, r, 1)[1]),
    "regression on $x$, second batch": best_linear(problem, intercept=False),
    "regression on $x$, both batches": best_linear(double, intercept=False),
    "best linear function": (None, floor),
}
markdown_table(
    [(name, error, at) for name, (at, error) in best.items()],
    head=("", "smallest test error, in theory", "at $\\lambda$"),
)


# %% [markdown]
# The trained network may beat regression on the second batch, but it has seen the first batch too: $\beta$ is what it remembers of it.
# Regression on both batches is the fair opponent.
#
# (sec-os-correction)=
# ## The first correction at finite size
#
# At finite $n$ the next terms are of relative order $\eta^2/N$.
# The leading one can be computed.
#
# ````{prf:proposition} The first correction to the strength (ours)
# :label: prop-os-correction
#
# Let $\kappa$ be the relative lengthening of the rows, {eq}`eq-kappa`, and $\theta_{\rm eff}$ the strength, at finite $N$, of the part of $F$ that is linear in $t$.
# For a Gaussian second layer
#
# ```{math}
# :label: eq-os-correction
# \theta^2_{\rm eff} = \theta^2\Big[1 + 18\,\frac{c_3}{c_1}\,(1+\kappa)\,\frac{(\eta\, c_1\|\beta\|)^2}{N} + O\Big(\frac{\eta^4}{N^2}\Big)\Big].
# ```
# ````
#
# ````{dropdown} Derivation
# By {prf:ref}`prop-longer-rows` unit $j$ sees $\sqrt{1 + \kappa s_j^2}\; Z + s_j t$ with the tilt $s_j = \eta c_1\|\beta\|a_j$, where $Z$ and $t$ are independent standard Gaussians.
# By Stein's lemma its linear dependence on $t$ is the mean of $t\,\sigma(\sqrt{1 + \kappa s_j^2}\, Z + s_jt)$, which is $s_j\,\mathbb E\,\sigma'\big(\sqrt{1 + (1 + \kappa) s_j^2}\;Z\big) \approx s_j\big[c_1 + \tfrac12(1+\kappa)s_j^2\,\mathbb E\,\sigma^{(3)}(Z)\big]$.
# And $\mathbb E\,\sigma^{(3)} = 6c_3$.
# Square, and sum over the units with $\mathbb E a_j^2 = 1/N$ and $\mathbb E a_j^4 = 3/N^2$.
# $\square$
# ````
#
# An activation that saturates, such as tanh, has $c_3/c_1 < 0$.
# The units with the largest $a_j$ do less than their share, and the outlier lags behind.
# For ReLU $c_3 = 0$, and the term is absent.
# To see it, compare the simulated position with the plug-in prediction of the rank-one term *alone*, at both sizes.

# %% tags=["remove-input"]
def alone(problem, eta, geometry=None):
    """Position of the outlier of the first spike alone."""
    return largest(problem, eta, geometry, highest=1)[0]


def lag(problem, eta):
    """Relative shift of the outlier that the first correction makes, in per cent."""
    geometry, student = limit_geometry(problem), problem.student
    square = (eta * student[1] * geometry.beta_norm) ** 2 / problem.N
    gain = 18 * student[3] / student[1] * (1 + geometry.lengthening) * square
    return 100 * (alone(problem, eta * (1 + gain) ** 0.5) / alone(problem, eta) - 1)


def deviation(m):
    """Simulated position over that of one spike alone, minus 1, in per cent, by step."""
    predicted = [alone(m.problem, eta, m.geometry) for eta in m.eta[strong:]]
    return 100 * (m.top_values[strong:, 0] / predicted - 1)


far, at, lags = np.linspace(steps[strong], steps[-1], 60), {}, []
for size, runs in zip(sizes, (full_runs, half_runs), strict=True):
    at[size.n] = np.array([deviation(m) for m in runs.measurements])
    points = steps[strong:], over_seeds(at[size.n])
    line = far, [lag(size, eta) for eta in far]
    lags.append(Curve(f"n = {size.n}, N = {size.N}", line, points))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Relative deviation of the outlier from the prediction of a single spike, at two sizes. Lines: the first correction {eq}`eq-os-correction`. Points: simulation with plug-in geometry, mean over seeds with standard errors.", "name": "fig-lag"}, "image": {"alt": "Deviation in per cent over the step size. Two curves for two sizes fall with the step; the one for the smaller size falls about twice as fast, and simulated points follow both."}}
panel = CurvePanel("deviation of the position [%]", lags, levels={"single spike": 0.0})
side_by_side([panel], r"step size $\eta$", columns=1, height=3.1)

# %% tags=["remove-input"]
whole, halved = at[n][:, -1], at[half.n][:, -1]
claims.check(
    "The deviation from a single spike at the largest step is a finite-size effect: it vanishes when extrapolated in 1/n (in per cent)",
    measured=over_seeds(2 * whole - halved),
    predicted=0.0,
    source="One spike, proposition on the first correction",
    control=("it is the same at every size", np.mean([whole, halved])),
    explain="At large multiples of the critical step or small N the next order, eta**4/N**2, is felt.",
)

# %% [markdown]
# The correction explains the trend.
# Nearer to the threshold the bulk gives other corrections of the same order, and the points may lie below the line.
# The lines of {numref}`fig-transition` contain this correction: the library's spike of third order has it.
# [From lazy to maximal](lazy_to_maximal) has a theory for steps up to $\sqrt n$.
#
# ```{admonition} Recap
# :class: recap
# * Below $\eta_c$ the alignment is a known constant over $n$, {eq}`eq-os-below`.
# * Overlaps of the outlier's vector with degrees $\ge 2$ are at the sampling level, {eq}`eq-os-level`.
# * No constant step beats the best linear function.
# * The outlier's shift at finite size is of relative order $\eta^2/N$, {eq}`eq-os-correction`.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
