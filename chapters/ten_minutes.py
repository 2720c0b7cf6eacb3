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
# (ten-minutes)=
# # In ten minutes
#
# **The result of this page.**
# One gradient step on the first layer gives a network new features: polynomials of one direction in the data, of higher degree the larger the step is.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: linear algebra, and a little regression
# ```
#
# This page shows the whole idea once, in twenty lines of NumPy and six pictures, without a theorem.
# If you stop at its end, you have understood the result of {cite:t}`Moniri2024`.

# %% tags=["parameters", "remove-input"]
n = 1200  # rows of each of the two batches [>= 400, <= 4000]
d = 200  # input dimension [>= 20]
N = 500  # hidden units [>= 20]
eta = 20.0  # size of the gradient step [> 0]
small = 800  # rows where an average over draws is shown [>= 200]
ridge = 0.1  # penalty of the ridge regression [> 0]
alphas = [-0.2, 0.0, 0.1, 0.2, 0.3, 0.4]  # step exponents [>= -0.5, <= 0.45]
shown = [0.15, 0.4]  # two of them whose fitted function is drawn [>= -0.5, <= 0.45]
frames = 15  # of the film [>= 2, <= 60]
seeds = 10  # draws that are averaged [>= 2]
seed = 0  # of the first draw [>= 0]

# %% tags=["remove-input"]
import math

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, over_seeds, provenance
from onestep.book.figures import opening, staircase, vectors
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.errors import Panel, against
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.hermite import basis
from onestep.links import sine
from onestep.simulation import OneStep
from onestep.simulation.spectrum import squared_singular_values
from onestep.theory import (
    any_step,
    critical_exponents,
    density,
    errors,
    learned,
    limit_geometry,
    plateau,
    traces,
)

teacher, noise = (0.0, 1.0, 0.5), 0.5
problem = Problem(n, d, N, activation="relu", teacher=teacher, noise_std=noise)
half = problem.resized(small)

# %% tags=["remove-input"]
one = OneStep.draw(half, seed)
path = [half.step(alpha) for alpha in np.linspace(0, 0.5, frames)]
spectra = {step: one.spectrum(step) for step in path}
bins = np.geomspace(0.01, 2 * spectra[path[-1]][-1], 55)
x = np.geomspace(0.01, 6, 32)


def frame(step):
    """What theory says and what the draw shows after a step of this size."""
    predicted = [outlier.position for outlier in any_step.outliers(half, step)]
    bulk, own = np.split(spectra[step], [half.N - len(predicted)])
    return opening.Frame(
        rf"step $\eta = {step:.1f}$",
        np.histogram(bulk, bins)[0] / half.n / np.diff(np.log(bins)),
        x * any_step.density(half, x, step),
        own,
        predicted,
    )


film = [frame(step) for step in path]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The result as a film of five seconds. A network takes one gradient step, from a small one to a large one, and we watch the eigenvalues of its feature matrix. Most of them stay together in the bulk. First one leaves, then a second. Grey and triangles: one simulated network. Blue: theory.", "name": "fig-ten-film"}, "image": {"classes": "onestep-film", "alt": "A spectrum on a logarithmic axis. A grey histogram with a blue line on it hardly moves. As the step grows, a blue spike with an orange triangle at its foot leaves it to the right, and later a second one follows."}}
opening.growing(x, bins, film, r"eigenvalue of $FF^\top/n$")

# %% [markdown]
# ## The question
#
# A network with one hidden layer computes $f(x) = a^\top\sigma(Wx)$.
# The $N$ rows of $W$ are the hidden units, and $\sigma$ is a fixed function such as ReLU.
#
# Leave $W$ as it was drawn at random, and fit only $a$ by ridge regression.
# This is a *random feature model*.
# It has a weakness when the data have many dimensions $d$, and there are as many units and rows of data as dimensions, up to a factor.
# Then it learns nothing but a **linear** function of $x$, whatever $\sigma$ is.
# A quadratic function of $d$ variables has about $d^2/2$ coefficients, and a few times $d$ random units and rows cannot find them.
#
# Now use half of the data for **one** gradient step on $W$, and the other half to fit $a$.
# What can the network learn now?
#
# ## Twenty lines
#
# We need data with something to find.
# The label depends on one direction $\beta_\star$ of the input, through a linear part and a quadratic part, and has noise:
#
# $$
# y = x_\star + \tfrac12 (x_\star^2 - 1) + \text{noise}, \qquad x_\star = \beta_\star^\top x .
# $$

# %%
rng = np.random.default_rng(seed)
beta_star = rng.standard_normal(d) / np.sqrt(d)


def batch():
    X = rng.standard_normal((n, d))
    x_star = X @ beta_star
    return X, x_star + (x_star**2 - 1) / 2 + rng.standard_normal(n) / 2


def relu(v):
    return np.maximum(v, 0) - 1 / np.sqrt(2 * np.pi)  # minus its mean


# %% [markdown]
# Draw the network, take the step, compute the features of *new* data, and look at their eigenvalues.
# At the start the network answers almost zero, so that the error it wants to correct is the label itself.

# %%
W = rng.standard_normal((N, d))
W /= np.linalg.norm(W, axis=1, keepdims=True)
a = rng.standard_normal(N) / np.sqrt(N)

X, y = batch()
slope = X @ W.T > 0  # the derivative of ReLU
G = (np.outer(y, a) * slope).T @ X / n  # descent direction of the squared loss

X_new, y_new = batch()
F = relu(X_new @ (W + eta * G).T)
eigenvalues, U = np.linalg.eigh(F @ F.T / n)
print(eigenvalues[-4:].round(2))

# %% [markdown]
# Of these four eigenvalues two are close together, and two are far away.
# Here is the whole spectrum, beside that of the same network before its step.

# %% tags=["remove-input"]
before = squared_singular_values(relu(X_new @ W.T))
expected = any_step.outliers(problem, eta, order=8)
after = eigenvalues[max(n - N, 0) :]
x_after = np.geomspace(0.8 * before[0], 4, 80)
parts = [
    Spectrum.of(
        before, lambda x: density(problem, x), order=n, title="before the step"
    ),
    Spectrum.of(
        after,
        (x_after, any_step.density(problem, x_after, eta)),
        outliers=[outlier.position for outlier in expected],
        order=n,
        title=rf"after the step, $\eta = {eta:g}$",
    ),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "All eigenvalues of $FF^\\top/n$ that the twenty lines compute, before and after the step. Bars, points and triangles: this one simulation. Lines: theory. The bulk hardly changes, and two eigenvalues leave it. (Where they go depends on the draw, by a fifth or so at this size.)", "name": "fig-ten-eigenvalues"}, "image": {"alt": "Two histograms on a logarithmic axis, each under a line. In the first all eigenvalues lie in one block. In the second the same block is there, and two single eigenvalues stand to the right of it, near two predicted bars."}}
picture(*parts, xlabel=r"eigenvalue $x$ of $FF^\top/n$")

# %% [markdown]
# ## What the two eigenvalues know
#
# Each eigenvalue of $FF^\top/n$ has an eigenvector with one entry for each row of data.
# Such a vector is a function on the data.
# If its eigenvalue is large, a fit can produce this function with small coefficients $a$, which a ridge penalty likes.
# Which functions belong to our two eigenvalues?
#
# Let $\beta = X^\top y/n$ be the direction in which the first batch shows a trend, and $t$ the coordinate of each *new* input along it.
# We plot the entries of the two eigenvectors against $t$.

# %% tags=["remove-input"]
beta = X.T @ y / n
t = X_new @ beta / np.linalg.norm(beta)
grid = np.linspace(t.min(), t.max(), 200)


def cloud(k, outlier):
    """The entries of eigenvector number k against t, with the predicted mean."""
    entries = math.sqrt(n) * U[:, -k]
    sign = np.sign(entries @ (outlier.cosines @ basis(t, 8)))
    line = grid, outlier.cosines @ basis(grid, 8)
    return vectors.Cloud(f"eigenvector {k}", t, sign * entries, line)


clouds = [cloud(k, outlier) for k, outlier in enumerate(expected[:2], start=1)]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The eigenvectors of the two outliers, entry by entry, against the coordinate $t$ of each input along $\\beta$. Dots: simulation. Lines: theory.", "name": "fig-ten-vectors"}, "image": {"alt": "Two clouds of points. The first lies along a straight line, the second along a parabola, both as predicted."}}
vectors.clouds(clouds, "$t$", r"$\sqrt{n}$ times entry", legend="upper center")

# %% [markdown]
# The first is the straight line $t$, the second a parabola in $t$.
# The network has made the *square* of a direction into a feature, and it has found the direction itself.
#
# Why does this happen?
#
# 1. **The step pushes all units the same way.**
#    Up to noise the gradient is an outer product: unit $j$ moves from $w_j$ to $w_j + \eta\, c_1 a_j\, \beta$, where $c_1$ is the average slope of $\sigma$.
# 2. **The activation bends the push.**
#    The argument of unit $j$ is shifted by an amount in proportion to $a_j t$.
#    On average over its random weights the unit answers with a power series: $c_1$ times the shift, plus $c_2$ times its square, and so on.
#    The numbers $c_k$ are the Hermite coefficients of $\sigma$.
# 3. **Each power adds a matrix of rank one to the features.**
#    Its entry for input $i$ and unit $j$ is in proportion to $t_i^k\, a_j^k$.
#    Compared with the features before the step, its size is of order $\eta^k / n^{(k-1)/2}$.
#    If it is strong enough, it takes one eigenvalue out of the bulk.
#
# Now write the step as $\eta = n^\alpha$.
# The size in point 3 grows with $n$ if $\alpha$ is above $\frac{k-1}{2k}$.
# These are the thresholds $0, \frac14, \frac13, \frac38, \dots$ of the powers $1, 2, 3, 4, \dots$ In our example we see two outliers only: ReLU has $c_3 = 0$, and its fourth power is still too weak at this size.
#
# ## The picture to remember
#
# > One gradient step adds the regressors $P_1(t), P_2(t), \dots$ to a ridge regression.
# > It charges a price for each, and the price falls as the step grows.
#
# Here $P_1 = t$ and $P_2 = t^2 + \kappa$.
# The number $\kappa$ = {glue:text}`kappa:.2f` comes from the noise in the gradient: besides the common push, each unit moves a little in a direction of its own.
#
# We can test this sentence.
# Take the *untrained* features and append two columns, $t$ and $t^2 + \kappa$.
# Divide each by the square root of its price, which theory gives, and fit all columns by ridge regression.
# The ordinary penalty then charges that price for the new columns.
# Compare with the network after its step, on the same data.

# %% tags=["remove-input"]
limit, trace = limit_geometry(half), traces(half, ridge)
kappa = limit.lengthening
places = np.linspace(-2.4, 2.4, 9)


def price(k, step, length, power_sum):
    """What the ridge penalty charges per squared unit of P_k; power_sum is that of a_j^(2k)."""
    strength = half.student[1] ** k * half.student[k] * (step * length) ** k
    return half.phi / (half.psi * trace.q * strength**2 * power_sum)


def fit(F, one):
    """Ridge regression: training error, test error, and outputs averaged by x_star."""
    first, y, last = F[: half.n], one.y, F[half.n :]
    gram = first.T @ first / half.n + ridge * np.eye(F.shape[1])
    b = np.linalg.solve(gram, first.T @ y / half.n)
    train = np.mean((y - first @ b) ** 2) + ridge * b @ b
    output, place = last @ b, np.digitize(one.test.X @ one.beta_star, places)
    means = [output[place == k].mean() for k in range(1, len(places))]
    return [train, np.mean((one.test.y - output) ** 2), *means]


def models(seed):
    """`fit` for every step, of the trained network and of the extended regression."""
    one = OneStep.draw(half, seed, n_test=3000)
    both = np.vstack([one.X, one.test.X])
    t, plain = both @ one.beta / one.beta_norm, one.features(0.0, both)
    found = []
    for step in steps:
        sums = [np.sum(one.a ** (2 * k)) for k in (1, 2)]
        first, second = (price(k, step, one.beta_norm, sums[k - 1]) for k in (1, 2))
        new = np.column_stack([t / first**0.5, (t**2 + kappa) / second**0.5])
        found.append(
            [fit(one.features(step, both), one), fit(np.hstack([plain, new]), one)]
        )
    return found


steps = [half.step(alpha) for alpha in [*alphas, *shown]]
found = np.array([models(k) for k in range(seed, seed + seeds)])

# %% tags=["remove-input"]
worth = (trace.m2, (2 + (1 + kappa) ** 2) * trace.m1)
sums = (1.0, 3.0 / half.N)  # of a_j^2 and a_j^4
count, measured = len(alphas), over_seeds(found)
both = found[:, :count, :, :2].transpose(2, 0, 3, 1).reshape(2, seeds, -1)
fine = np.geomspace(min(steps), max(steps), 60)
prices = [price(k, fine, limit.beta_norm, sums[k - 1]) / worth[k - 1] for k in (1, 2)]
panels = [
    CurvePanel(
        "price over worth",
        [
            Curve("$P_1(t)$", (fine, prices[0])),
            Curve("$P_2(t)$", (fine, prices[1])),
            Curve("what it is worth", level(fine, 1.0)),
        ],
        "The price falls",
        yscale="log",
    ),
    CurvePanel(
        "error",
        [
            Curve("trained network", None, (steps[:count] * 2, over_seeds(both[0]))),
            Curve(
                "regressors at a price", None, (steps[:count] * 2, over_seeds(both[1]))
            ),
        ],
        "Test error above, training below",
        ylim=(0.3, None),
        legend="lower left",
    ),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left: the price of each regressor against the step, over what it is worth to the fit (theory). Far above one it is too dear to use, far below one it is almost free. Right: errors of the trained network, and of ridge regression on untrained features with the two regressors at this price. Simulation, mean over draws with standard errors.", "name": "fig-ten-price"}, "image": {"alt": "Left, two falling straight lines on logarithmic axes; the first regressor is cheap from a smaller step on than the second. Right, two sets of points that fall together as the step grows."}}
side_by_side(panels, r"step size $\eta$", xscale="log")

# %% tags=["remove-input"]
at = count - 2
whole = any_step.errors(half, ridge, steps[at])[0]
written = errors(half, ridge, steps[at])[0]
claims.check(
    "Training error of the trained network minus that of untrained features with two "
    f"regressors at their price, at alpha = {alphas[at]:g} (paired)",
    measured=over_seeds(found[:, at, 0, 0] - found[:, at, 1, 0]),
    predicted=whole - written,
    source="Errors, theorem: training error; what it drops, by the theory of every step",
    control=("no regressors", whole - errors(half, ridge, 0.0)[0]),
)

# %% tags=["remove-cell"]
apart = over_seeds(found[:, :count, 0, 1] - found[:, :count, 1, 1])
worst = int(np.argmax(np.abs(apart.mean)))
glue(kappa=kappa, at_worst=steps[worst], most=apart[worst], last=apart[count - 1])

# %% [markdown]
# In training error the two models agree, up to what the price formula drops.
# In test error the network pays a little more: {glue:text}`most:.3f` ± {glue:text}`most_standard_error:.3f` at the worst step, and {glue:text}`last:.3f` ± {glue:text}`last_standard_error:.3f` at the largest.
# [Errors](errors) computes both.
#
# What does the fit do with its new regressors?
# The next figure shows the output of the network, averaged over all inputs with the same $x_\star$, after no step, a small one and a large one.
# With no step it is a line, and too flat.
# The small step makes the line steeper: it can afford $t$, not yet $t^2$.
# The large step affords both, and the output bends like the teacher.
# It does not bend far enough, because $t^2 + \kappa$ brings a constant that the teacher does not have.

# %% tags=["remove-input"]
z, centres = np.linspace(places[0], places[-1], 100), (places[:-1] + places[1:]) / 2


def along(step):
    """Theory's mean output of the fitted network at a given x_star."""
    c = learned(half, ridge, step, 6)
    mean = (1 + kappa) * c[1] / limit.cosine**2  # P_2 is He_2 plus this constant
    return np.append(mean, c) @ basis(z, 6)


functions = [Curve("no step", (z, along(0.0)))] + [
    Curve(f"step {steps[k]:.1f}", (z, along(steps[k])), (centres, measured[k, 0, 2:]))
    for k in range(count, len(steps))
]
truth = {"teacher": (z, half.sigma_star(z))}

# %% tags=["remove-input"] mystnb={"figure": {"caption": "What the network has learned, as a function of $x_\\star = \\beta_\\star^\\top x$. Lines: theory. Points: simulation, mean over draws with standard errors. Grey: the teacher.", "name": "fig-ten-learned"}, "image": {"alt": "Functions of the coordinate that the teacher uses. The teacher is a parabola with a slope. Without a step the network is a straight line that is too flat; after a small step the line is steeper; after a large step the curve bends like the teacher."}}
against(
    [Panel("", functions, truth, ylabel="mean output")],
    "coordinate along the teacher's direction",
    xscale="linear",
    columns=1,
    height=3.6,
)

# %% [markdown]
# ## The staircase
#
# How much does each degree take off the test error?
# As $n \to \infty$ each price tends to zero or to infinity.
# A regressor is then either free or not there, and the error is a staircase in the exponent $\alpha$.

# %% tags=["remove-input"]
teacher = (0.0, 1.0, 0.5, 0.2, 0.05)
many = Problem(
    1000, 250, 750, activation=sine(0.7, 0.785), teacher=teacher, noise_std=noise
)
levels = [float(plateau(many, ridge, degree)[1]) for degree in range(5)]
thresholds = [-0.12, *critical_exponents(4), 0.4]
smooth = np.linspace(thresholds[0], thresholds[-1], 60)
at_thousand = any_step.errors(many, ridge, [many.step(value) for value in smooth])[1]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "A cartoon. Solid: the limit $n \\to \\infty$ of the test error, for a teacher with parts of degree one to four and an activation with all Hermite coefficients. Dashed: theory for the same network at $n = 1000$, where the stairs are rounded off.", "name": "fig-ten-staircase"}, "image": {"alt": "A descending staircase. The error falls at the exponents 0, 1/4, 1/3 and 3/8 and is constant between them. A dashed smooth curve follows it from afar."}}
staircase.stairs(
    thresholds,
    levels,
    ["untrained", "degree 1", "2", "3", "4"],
    (smooth, at_thousand),
    "$n = 1000$",
    r"exponent $\alpha$ of the step $\eta = n^\alpha$",
    "test error",
)

# %% [markdown]
# Three things to keep in mind.
#
# * **It is a limit.**
#   At the size of an experiment the stairs overlap, and each step size buys a part of several degrees.
# * **The direction is a noisy copy.**
#   The step goes along $\beta$ and not along $\beta_\star$.
#   A polynomial of degree $k$ feels the angle between them $k$ times, so higher degrees gain less.
#   And even degrees are learned only in part, as we saw.
# * **The teacher must have a linear part.**
#   Without it the first gradient does not show the direction.
#   The outliers are there, but they know nothing about the label.
#
# ````{admonition} Recap
# :class: recap
#
# * Without a step, random features learn a linear function only.
# * One step pushes all units along one direction $\beta$ of the data.
#   The activation turns the push into powers of $t$, the coordinate along $\beta$.
# * Power $k$ is visible, as an outlier and as a free regressor, if the step $n^\alpha$ has $\alpha > \frac{k-1}{2k}$.
# * So the error falls in stairs as $\alpha$ grows, one for each degree.
# ````
#
# ## Where to go on
#
# | You want to | Go to |
# |---|---|
# | know where a bulk and its outliers come from | [Random matrices](random_matrices) |
# | see the model and its assumptions | [Setup](setup) |
# | derive the outliers and their functions | [One spike](one_spike), [Many spikes](many_spikes) |
# | compute training and test errors | [Errors](errors), [Improvement](improvement) |
# | try other numbers | [Run it with your own numbers](rerun) |
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
