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
# # Appendix to Improvement: treads, maps and activations
#
# **What this page adds.**
# The treads of the staircase from a theory that knows nothing of them, the stairs of teachers with a mean, the best penalty, maps of the gain, and activations compared.
#
# ```{strip}
# :level: as Improvement
# :needs: [Improvement](improvement)
# ```

# %% tags=["parameters"]
n = 500  # rows of each batch [>= 100]
d = 125  # input dimension [>= 20]
N = 375  # hidden units [>= 20]
frequency = 0.7  # the activation is sin(frequency z + phase) [> 0, <= 2]
phase = 0.785  # strictly between 0 and pi/2 all orders have a spike [>= 0, <= 1.5]
teacher = [0.0, 1.0, 0.5, 0.2, 0.05]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
ridge = 0.1  # ridge penalty where it is not tuned [> 0]
alphas = [0.1, 0.2, 0.29, 0.35, 0.4, 0.45, 0.5]  # step exponents [>= -0.5, <= 0.5]
alpha = 0.35  # step exponent of the maps [> 0, < 0.5]
tilts = [0.1, 0.3, 0.8, 1.6]  # relative changes of the weights [> 0, <= 4]
activations = ["tanh", "relu", "softplus"]  # compared
n_test = 2000  # rows of the test batch [>= 100]
seeds = 12  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np

from onestep import Problem, theory
from onestep.book import claims, glue, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.maps import Map, maps
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.links import sine
from onestep.simulation import run_many
from onestep.theory import any_step, plateau

alphas, tilts = sorted(alphas), sorted(tilts)
draws = range(seed, seed + seeds)
network = {"activation": sine(frequency, phase), "noise_std": noise_std}
problem = Problem(n=n, d=d, N=N, teacher=teacher, **network)
steps = np.array([problem.step(value) for value in alphas])
published = theory.published_geometry(problem)
levels = [plateau(problem, ridge, degree)[0] for degree in range(5)]

# %% [markdown]
# ## The treads
#
# The theory for every step size, [From lazy to maximal](lazy_to_maximal), knows nothing of plateaus, of Hermite polynomials or of $\kappa$ in the even spikes.
# So it is a test of {prf:ref}`thm-imp-all`.
# We evaluate it in the middle of each tread at $n = 10^8$, $10^{11}$ and $10^{14}$, and extrapolate with the two powers of $n$ in {prf:ref}`prop-imp-rounding`.
# The tolerance is what the second power changed.

# %% tags=["hide-input"]
far, exponents = 10.0 ** np.array([8, 11, 14]), theory.critical_exponents(5)


def extrapolated(values, *powers):
    """Limit of a constant plus these powers of n, through as many of the last values."""
    columns = far[-len(powers) - 1 :, None] ** np.array([0.0, *powers])
    return np.linalg.solve(columns, values[-len(powers) - 1 :])[0]


def on_tread(degree):
    """The training error on a tread, extrapolated with one power and with two."""
    where = (exponents[degree - 1] + exponents[degree]) / 2
    sizes = [problem.resized(int(rows)) for rows in far]
    values = [any_step.errors(p, ridge, p.n**where)[0] for p in sizes]
    powers = -1 / (2 * degree + 2), -1 / (2 * degree)
    return extrapolated(values, powers[0]), extrapolated(values, *powers)


# %% tags=["remove-input"]
for degree in (1, 2, 3):
    first, second = on_tread(degree)
    other = plateau(problem, ridge, degree, published)[0]
    claims.check(
        f"On tread {degree} the theory for every step tends to the plateau (training error)",
        measured=second,
        predicted=levels[degree],
        tolerance=abs(second - first),
        source="Improvement, rounding of the stairs",
        explain="The teacher or the activation may lack the degree.",
        control=("no noise in the gradient", other)
        if degree > 1
        else ("the plateau of degree 2", levels[2]),
    )
    if degree < 3:
        paper = plateau(problem, ridge, degree - 1, published)[0] - other
        beta2, target = published.beta_norm**2, problem.target
        m = theory.traces(problem, ridge)
        stair = ridge * target[1] ** 4 / beta2
        stair *= m.m2 if degree == 1 else 4 * target[2] ** 2 * m.m1 / (3 * beta2)
        claims.check(
            f"Without noise in the gradient, stair {degree} in the training error is the paper's",
            measured=paper,
            predicted=stair,
            tolerance=1e-9 * levels[0],
            source=f"Moniri et al. 2024, improvement for l = {degree}",
            explain="For a teacher without a constant, and c_1, c_2 not zero.",
            control=("with its noise", levels[degree - 1] - levels[degree])
            if degree == 2
            else ("twice as high", 2 * stair),
        )

# %% [markdown]
# ## Teachers with a mean
#
# For $c_{\star,0} = 0$ the mean response of a unit is $\sum_k c_k s_j^k P_k(t)$, {prf:ref}`lem-spike-powers`.
# A mean of the labels changes it.
#
# ````{prf:remark} Teachers with a mean (ours)
# :label: rem-imp-drift
#
# If $c_2 \ne 0$ and $c_{\star,0} \ne 0$, the gradient also turns unit $j$ a little towards its own $w_j$.
# The mean of $2c_2\,\eta a_j\,(\frac1n X^\top\operatorname{diag}(y) X)\, w_j$ is $2c_2c_{\star,0}\,\eta a_j\, w_j = \zeta s_j w_j$ with $\zeta = 2c_2c_{\star,0}/(c_1\|\beta\|)$.
# The unit's argument is then $\tau_j Z + s_j t$ with $\tau_j^2 = (1 + \zeta s_j)^2 + \kappa s_j^2$, and the same generating function gives the mean response $\sum_k s_j^k\, Q_k(t)$,
#
# ```{math}
# :label: eq-imp-drift
# \begin{gathered}
# Q_k(t) = \sum_{m=0}^{k} c_{k+m}\, \frac{(k+m)!}{m!\,(k-m)!}\; \zeta^m P_{k-m}(t), \\
# P_k(t) = \mathbb E_g\big(t + \sqrt{\kappa + \zeta^2}\; g\big)^k .
# \end{gathered}
# ```
#
# So spike $k$ mixes the coefficients $c_k, \dots, c_{2k}$, at every $n$.
# The first one, $Q_1 = c_1 t + 2c_2\zeta$, already offers a constant.
# The exponents $\frac{k-1}{2k}$ stay; a spike of an order with $c_k = 0$ may appear.
# The library computes with $Q_k$; the theorems of this book are printed for $c_{\star,0} = 0$, where $Q_k = c_k P_k$.
# ````
#
# If the teacher has a mean but no linear part, the error falls although nothing of the teacher's shape was learned: the spikes offer the constant that the network otherwise lacks.
#
# ## A penalty for each step
#
# A network that has learned features needs another penalty.
# We fit the same draws with one fixed penalty, and with the one that theory calls best at each step.

# %% tags=["hide-input"]
chosen = [theory.best_ridge(problem, eta) for eta in (0.0, *steps)]
penalties = np.array([ridge, *(value for value, _ in chosen)])
runs = run_many(problem, [0.0, *steps], penalties, draws, n_test=n_test)
tests = runs.values("test_error")
each = np.arange(len(steps) + 1)
retuned, fixed = tests[:, each, each + 1], tests[:, :, 0]
fair, unfair = (over_seeds(x[:, :1] - x[:, 1:]) for x in (retuned, fixed))
best_predicted, fixed_predicted = (
    np.array(
        [
            any_step.errors(problem, *pair)[1]
            for pair in zip(x, (0.0, *steps), strict=True)
        ]
    )
    for x in (penalties[1:], [ridge] * len(each))
)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left: the best penalty against $\\alpha$, by the formulas of [Errors](errors). Right: test error at the best penalty and at a fixed one. Lines: theory. Points: simulation, mean with standard errors.", "name": "fig-imp-penalty"}, "image": {"alt": "Left, the best penalty with the step changes with alpha and differs from the constant best penalty without. Right, two falling curves of test error, the one at the best penalty below the one at a fixed penalty, with simulated points."}}
best = [
    Curve("with the step", (alphas, penalties[2:])),
    Curve("without a step", level(alphas, penalties[1])),
]
curves = [
    Curve(name, (alphas, line[1:]), (alphas, over_seeds(values[:, 1:])))
    for name, line, values in (
        ("best penalty", best_predicted, retuned),
        (f"λ = {ridge:g}", fixed_predicted, fixed),
    )
]
parts = [
    CurvePanel("best penalty", best, ylim=(0.0, None)),
    CurvePanel("test error", curves, legend="lower left"),
]
side_by_side(parts, r"$\alpha = \log\eta/\log n$", height=3.3)

# %% tags=["remove-input"]
check_curve(
    f"Gain in test error at {len(alphas)} steps, each at its own best penalty",
    retuned[:, :1] - retuned[:, 1:],
    best_predicted[0] - best_predicted[1:],
    control=("nothing", 0.0),
    source="Improvement, a penalty for each step",
)

# %% tags=["remove-cell"]
glue(unfair=unfair[-1], fair=fair[-1], before=penalties[1], after=penalties[-1])
record(gain_at_best_penalty=fair[-1], gain_at_fixed_penalty=unfair[-1])

# %% [markdown]
# At the largest step of the figure the test error falls by {glue:text}`unfair:.3f` at the fixed penalty, and by {glue:text}`fair:.3f` ± {glue:text}`fair_standard_error:.3f` when both networks have their best one.
# The difference is tuning, not learning.
# The best penalty itself goes from {glue:text}`before:.2g` without a step to {glue:text}`after:.2g`.
#
# ## Where a step is worth it
#
# The relative gain of one step, each network at its own best penalty, is
#
# $$
# 1 - \frac{\min_\lambda \mathcal L_{\rm te}(F)}{\min_\lambda \mathcal L_{\rm te}(F_0)} .
# $$
#
# We vary the shape of the data and the network, and then the label noise and the quadratic part of the teacher.

# %% tags=["hide-input"]
grid = np.geomspace(1e-4, 30, 25)


def tuned(problem, etas, formula=any_step.errors):
    """The best penalty on the grid for every step, and the test error there."""
    table = formula(problem, grid[:, None], np.asarray(etas))[1]
    return grid[np.argmin(table, axis=0)], np.min(table, axis=0)


def relative(problem):
    before, after = tuned(problem, [0.0, problem.step(alpha)], theory.errors)[1]
    return 1 - after / before


def compared(problem, etas):
    """Test errors at the best penalties, of every draw and with the noise as it is."""
    chosen = tuned(problem, etas)[0]
    test = run_many(problem, etas, chosen, draws, n_test=n_test).values("test_error")
    law = "isotropic" if problem.student[2] == 0 else "structured"
    pairs = zip(chosen, etas, ["isotropic", *[law] * (len(etas) - 1)], strict=True)
    line = [any_step.errors(problem, x, eta, noise=kind)[1] for x, eta, kind in pairs]
    return np.diagonal(test, axis1=1, axis2=2), np.array(line)


def shaped(phi, psi):
    return replace(problem, d=round(phi * n), N=round(phi * n / psi))


def taught(noise, second):
    return replace(problem, noise_std=noise, teacher=(0.0, 1.0, second))


phi, psi = problem.phi, problem.psi
spots = {
    "d/n": (shaped, [(0.2, psi), (0.4, psi), (0.85, psi)]),
    "d/N": (shaped, [(phi, 0.23), (phi, 0.6), (phi, 1.3)]),
    "label noise": (taught, [(0.3, 0.5), (0.9, 0.5), (1.9, 0.5)]),
    "quadratic part": (taught, [(0.5, 0.05), (0.5, 0.85), (0.5, 1.4)]),
}
gains = {}
for name, (make, places) in spots.items():
    found = [compared(p, [0.0, p.step(alpha)]) for p in (make(*x) for x in places)]
    drawn = np.transpose([1 - test[:, 1] / test[:, 0] for test, _ in found])
    gains[name] = drawn, [1 - line[1] / line[0] for _, line in found]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Relative gain in test error of one step, each network at its own best penalty. Left: for the teacher of this page. Right: for $He_1 + c_{\\star,2}He_2$. Colour: the formulas of [Errors](errors). Discs: simulation, mean over draws.", "name": "fig-imp-maps"}, "image": {"alt": "Two colour maps with contour lines. On the left the gain is largest for small d over n and falls towards large d over n. On the right it falls with the label noise and changes with the quadratic part. Simulated discs have nearly the colour of the map around them."}}
sides = {
    "Shape": (shaped, np.geomspace(0.1, 1, 9), np.geomspace(0.2, 1.5, 9), "log"),
    "Labels": (taught, np.linspace(0.25, 2, 9), np.linspace(0, 1.5, 9), "linear"),
}
axes = {
    "Shape": (r"$\phi = d/n$", r"$\psi = d/N$"),
    "Labels": (r"label noise $\sigma_\varepsilon$", r"quadratic part $c_{\star,2}$"),
}
parts = []
for title, (make, xs, ys, kind) in sides.items():
    values = np.array([[relative(make(x, y)) for x in xs] for y in ys])
    mine = [name for name in spots if spots[name][0] is make]
    places = np.array([place for name in mine for place in spots[name][1]])
    means = np.concatenate([gains[name][0].mean(axis=0) for name in mine])
    discs = (*places.T, means)
    parts.append(Map(title, *axes[title], xs, ys, values, discs, kind, kind))
maps(parts, "relative gain", levels=np.arange(0.0, 0.6, 0.05))

# %% tags=["remove-input"]
for name, (values, predicted) in gains.items():
    check_curve(
        f"Relative gain at {len(predicted)} spots along the {name}",
        values,
        predicted,
        control=("no gain", 0.0),
        source="Improvement, where a step is worth it",
    )

# %% [markdown]
# Three things to read off.
# Data matter most: with few dimensions per row the direction is good, $\rho \to 1$, and the gain is large.
# Label noise costs twice, in $\rho$ and because it cannot be learned away.
# A *smaller* network gains more: a wide one has more random features, and a step of the same size weighs less against them.
#
# The claims compare the discs with the theory for every step size.
# It treats the noise of the gradient as it is, with the matrix $\frac1n X^\top\operatorname{diag}(y) X$ that all units share, which points at the teacher when $c_2 \ne 0$.
# At the steps of this map our error bars cannot separate it from independent noise; [Large steps](large_steps) can, at larger steps.
#
# ## Activations
#
# Activations differ in scale, so comparing them at equal $\eta$ means little.
# The relative change $\delta$ of the weights, {eq}`eq-imp-tilt`, is a fair unit: at $\delta = 1$ the step moves a typical row by its own length.
# The teacher is $He_1 + \frac12 He_2$.

# %% tags=["hide-input"]
by_name = {}
for name in activations:
    case = replace(taught(noise_std, 0.5), activation=name)
    unit = abs(case.student[1]) * theory.limit_geometry(case).beta_norm
    test, line = compared(case, [0.0, *(np.array(tilts) * math.sqrt(N) / unit)])
    by_name[name] = test[:, :1] - test[:, 1:], line[0] - line[1:]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain in test error over the untrained network of the same activation, each at its best penalty, against the relative change of the first layer. Lines: the theory for every step size, computed at the points. Points: simulation, mean with standard errors.", "name": "fig-imp-activations"}, "image": {"alt": "Gain in test error against the relative change of the weights on a logarithmic axis, one curve per activation. ReLU and softplus rise up to the largest change, tanh stays low and flat."}}
curves = [
    Curve(name, (tilts, line), (tilts, over_seeds(drawn)))
    for name, (drawn, line) in by_name.items()
]
panel = CurvePanel("gain in test error", curves, legend="upper left")
xlabel = r"$\delta$, relative change of the first layer"
side_by_side([panel], xlabel, xscale="log", columns=1, height=3.4)

# %% tags=["remove-input"]
for name, (drawn, line) in by_name.items():
    check_curve(
        f"Gain of {name} at {len(tilts)} values of delta, each at its best penalty",
        drawn,
        line,
        control=("nothing", 0.0),
        source="Improvement, activations",
    )

# %% [markdown]
# Activations with an even part gain more here, because the teacher has an even part.
# Tanh has gained all it can at a small $\delta$; ReLU and softplus still gain at the largest steps of the figure.
# There is no common place in $\alpha$ where gains flatten: the same $\delta$ is another multiple of $\sqrt n$ for every activation and every shape.
# Which step is *best*, and how that changes with $n$, is the subject of [Which step?](which_step).
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
