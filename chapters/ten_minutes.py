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
# **The result of this page.** One gradient step on the first layer gives a network new features.
# They are polynomials of one direction that the step has found in the data, and the larger the step, the higher the degree.
#
# This page shows the whole idea once, with twenty lines of NumPy and without a theorem.
# You need linear algebra and a little regression.
# A reader who stops at its end has understood the result of {cite:t}`Moniri2024`.

# %% tags=["parameters", "remove-input"]
n = 1200                # rows of each of the two batches [>= 400, <= 4000]
d = 300                 # input dimension [>= 20]
N = 900                 # hidden units [>= 20]
eta = 20.0              # size of the gradient step [> 0]
small = 600             # rows where an average over draws is shown [>= 200]
ridge = 0.1             # penalty of the ridge regression [> 0]
alphas = [-0.2, 0.0, 0.1, 0.2, 0.3, 0.4]  # step exponents of the comparison [>= -0.5, <= 0.45]
shown = [0.15, 0.4]     # two of them whose fitted function is drawn [>= -0.5, <= 0.45]
frames = 21             # of the film [>= 2, <= 60]
seeds = 10              # draws that are averaged [>= 2]
seed = 0                # of the first draw [>= 0]

# %% tags=["remove-input"]
import math

from onestep import Problem
from onestep.book import claims, provenance
from onestep.book.figures import curves, errors, first_look, opening, side_by_side, vectors
from onestep.book.statistics import chance, over_seeds
from onestep.hermite import basis
from onestep.links import sine
from onestep.simulation import network, sample
from onestep.simulation.spectrum import squared_singular_values
from onestep.theory import Geometry, any_step, critical_exponents, plateau, traces
from onestep.theory.errors import errors as finite_strength
from onestep.theory.learned import learned

problem = Problem(
    n=n, d=d, N=N, activation="relu", teacher=[0.0, 1.0, 0.5], noise_std=0.5
)
half = problem.resized(small)
draws = range(seed, seed + seeds)

# %% tags=["remove-input"]
import numpy as np

draw = sample.draw(half, seed)
gradient = network.gradient(half, draw.W0, draw.a, draw.gradient).matrix
path = np.linspace(0, 0.5, frames)


def spectrum(alpha):
    """Eigenvalues of F F'/n after the step n**alpha, without the zeros that F has by its shape."""
    F = network.features(half, draw.ridge.X, draw.W0, gradient, half.step(alpha))
    return squared_singular_values(F)


values = {alpha: spectrum(alpha) for alpha in path}
bins = np.geomspace(0.01, 2 * max(v[-1] for v in values.values()), 55)
x = np.geomspace(0.01, 6, 60)


def frame(alpha):
    """What theory says and what the draw shows after the step n**alpha."""
    step = half.step(alpha)
    predicted = [outlier.position for outlier in any_step.outliers(half, step)]
    bulk, own = np.split(values[alpha], [len(values[alpha]) - len(predicted)])
    return opening.Frame(
        rf"step $\eta = {step:.1f}$",
        np.histogram(bulk, bins)[0] / half.n / np.diff(np.log(bins)),
        x * any_step.density(half, x, step),
        own,
        predicted,
    )


film = [frame(alpha) for alpha in path]

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
# When the input has many dimensions it has a famous weakness: whatever $\sigma$ is, it learns nothing but a **linear** function of $x$.
# There are about $d^2/2$ quadratic functions of $d$ inputs, and a number of random units in proportion to $d$ is lost among them.
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
# y = z + \tfrac12 (z^2 - 1) + \text{noise}, \qquad z = \beta_\star^\top x .
# $$

# %%
rng = np.random.default_rng(seed)
beta_star = rng.standard_normal(d) / np.sqrt(d)


def batch():
    X = rng.standard_normal((n, d))
    z = X @ beta_star
    return X, z + (z**2 - 1) / 2 + rng.standard_normal(n) / 2


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
# Without the step the largest eigenvalues would be close together.
# With it, two have left.

# %% tags=["remove-input"]
before = squared_singular_values(relu(X_new @ W.T))
expected = any_step.outliers(problem, eta, order=8)
count = len(expected)
edges = np.geomspace(0.02, 2 * eigenvalues[-1], 60)
parts = [
    first_look.OneDraw(
        "before the step",
        edges,
        np.histogram(before, edges)[0],
    ),
    first_look.OneDraw(
        rf"after the step, $\eta = {eta:g}$",
        edges,
        np.histogram(eigenvalues, edges)[0],
        measured=eigenvalues[n - count :],
    ),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The eigenvalues of $FF^\\top/n$ that the twenty lines compute, before and after the step. The step leaves the bulk as it was and takes two eigenvalues out of it.", "name": "fig-ten-eigenvalues"}, "image": {"alt": "Two histograms on a logarithmic axis. In the first all eigenvalues lie in one block. In the second the same block is there, and two single eigenvalues stand to the right of it, marked by triangles with their values."}}
first_look.one_draw(
    parts, r"eigenvalue of $FF^\top/n$", "number of eigenvalues", xscale="log"
)

# %% [markdown]
# ## What the two eigenvalues know
#
# An eigenvalue of $FF^\top/n$ has an eigenvector with one entry per row of data.
# It is a function on the data that the features can now express with ease.
# Which function?
# Plot its entries against $t$, the coordinate of each new input along $\beta = X^\top y/n$.
# This $\beta$ is the direction that the first batch points to.

# %% tags=["remove-input"]
beta = X.T @ y / n
t = X_new @ beta / np.linalg.norm(beta)
grid = np.linspace(t.min(), t.max(), 200)


def cloud(k, outlier):
    """The entries of eigenvector number k against t, with the predicted mean."""
    entries = math.sqrt(n) * U[:, -k]
    sign = np.sign(entries @ (basis(t, 8).T @ outlier.cosines))
    return vectors.Cloud(
        f"eigenvector {k}",
        t,
        sign * entries,
        (grid, basis(grid, 8).T @ outlier.cosines),
    )


clouds = [cloud(k, outlier) for k, outlier in enumerate(expected[:2], start=1)]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The eigenvectors of the two outliers, entry by entry, against the coordinate $t$ of each input along $\\beta$. Dots: simulation. Lines: theory.", "name": "fig-ten-vectors"}, "image": {"alt": "Two clouds of points. The first lies along a straight line, the second along a parabola, both as predicted."}}
vectors.clouds(clouds, "$t$", r"$\sqrt{n}$ times entry", legend="upper center")

# %% [markdown]
# The first is the straight line $t$, the second is a parabola in $t$.
# The network has made the *square* of a direction in the data into a feature, and nobody told it the direction.
#
# Three remarks explain it.
#
# 1. **The step pushes all units the same way.**
#    The gradient is, up to noise, an outer product: unit $j$ moves from $w_j$ to $w_j + \eta\, c_1 a_j\, \beta$, where $c_1$ is the average slope of $\sigma$.
# 2. **The activation bends the push.**
#    On a new input the argument of unit $j$ is shifted by an amount in proportion to $a_j t$.
#    On average over the units' random weights $\sigma$ answers with a power series: $c_1$ times the shift, plus $c_2$ times its square, and so on.
#    The $c_k$ are the Hermite coefficients of $\sigma$.
# 3. **Power $k$ is a matrix of rank one**, with $t_i^k$ for input $i$ and $a_j^k$ for unit $j$.
#    Beside the old features its size is of order $\eta^k / n^{(k-1)/2}$.
#    It takes an eigenvalue out of the bulk when it is stronger than the bulk.
#
# Write the step as $\eta = n^\alpha$.
# Then power $k$ grows with $n$ as soon as $\alpha$ is above $\frac{k-1}{2k}$.
# These are the thresholds $0, \frac14, \frac13, \frac38, \dots$
# ReLU has $c_3 = 0$, and its fourth power is too weak at this size, so two outliers are all that we see.
#
# ## The picture to remember
#
# > One gradient step adds the regressors $P_1(t), P_2(t), \dots$ to a ridge regression.
# > It charges a price for each, and the price falls as the step grows.
#
# Here $P_1 = t$ and $P_2 = t^2 + \kappa$.
# The number $\kappa$ comes from the noise in the gradient: each unit also moves a little in a direction of its own.
#
# This can be tried.
# Take the *untrained* features, append two columns, $t$ and $t^2 + \kappa$, and divide each by the square root of its price.
# The ordinary ridge penalty then charges just that price.
# We never train this second model, and theory tells its prices.

# %% tags=["remove-input"]
limit = Geometry.lengthened(half)
kappa, q = limit.lengthening, traces(half, ridge).q
rows = 3000  # of the test batch
bins_of_z = np.linspace(-2.4, 2.4, 9)


def price(k, step, length, power_sum):
    """What the fit pays per squared unit of P_k, over the ridge penalty."""
    strength = half.student[1] ** k * half.student[k] * (step * length) ** k
    return half.phi / (half.psi * q * strength**2 * power_sum)


def fit(F, drawn):
    """Ridge regression: training error, test error, predictions on the test batch."""
    (first, last), y = np.split(F, [half.n]), drawn.ridge.y
    b = np.linalg.solve(
        first.T @ first / half.n + ridge * np.eye(F.shape[1]), first.T @ y / half.n
    )
    train = np.mean((y - first @ b) ** 2) + ridge * b @ b
    return train, np.mean((drawn.test.y - last @ b) ** 2), last @ b


def models(k):
    """Errors (step, model, error) and mean outputs (step, bin) of draw number k."""
    drawn = sample.draw(half, k, rows)
    step = network.gradient(half, drawn.W0, drawn.a, drawn.gradient)
    both, length = np.vstack([drawn.ridge.X, drawn.test.X]), np.linalg.norm(step.direction)
    t = both @ step.direction / length
    plain = network.features(half, both, drawn.W0)
    place = np.digitize(drawn.test.X @ drawn.beta_star, bins_of_z)
    found, outputs = [], []
    for alpha in [*alphas, *shown]:
        eta = half.step(alpha)
        size = [price(p, eta, length, np.sum(drawn.a ** (2 * p))) ** -0.5 for p in (1, 2)]
        extended = np.column_stack([plain, size[0] * t, size[1] * (t**2 + kappa)])
        trained = fit(network.features(half, both, drawn.W0, step.matrix, eta), drawn)
        found.append([trained[:2], fit(extended, drawn)[:2]])
        outputs.append([trained[2][place == b].mean() for b in range(1, len(bins_of_z))])
    return found[: len(alphas)], outputs[len(alphas) :]


found, outputs = (np.array(part) for part in zip(*map(models, draws), strict=True))
steps = np.array([half.step(alpha) for alpha in alphas])
fine = np.geomspace(steps[0], steps[-1], 60)

# %% tags=["remove-input"]
trace = traces(half, ridge)
worth = (trace.m2, (2 + (1 + kappa) ** 2) * trace.m1)
double = (1.0, 3.0 / half.N)  # the sums of a^2 and a^4
prices = [
    curves.Curve(
        f"$P_{k}(t)$",
        (fine, price(k, fine, limit.beta_norm, double[k - 1]) / worth[k - 1]),
    )
    for k in (1, 2)
]
measured = over_seeds(found)
same = [
    curves.Curve(
        name,
        None,
        (steps, measured.mean[:, m, 1], measured.standard_error[:, m, 1]),
    )
    for m, name in enumerate(("trained network", "regressors at a price"))
]
panels = [
    side_by_side.Panel(
        "price over worth", prices, "The price falls", yscale="log", levels={"as dear as it is worth": 1.0}
    ),
    side_by_side.Panel("test error", same, "Two models, one error"),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left: the price of each regressor against the step, over what the regressor is worth to the fit (theory). Far above one it is too dear to use, far below one it is free. Right: test error of the trained network, and of ridge regression on untrained features with the two regressors at this price. Simulation, mean over draws with standard errors.", "name": "fig-ten-price"}, "image": {"alt": "Left, two falling straight lines on logarithmic axes; the first regressor is cheap from a smaller step on than the second. Right, two sets of points that fall together as the step grows."}}
side_by_side.side_by_side(panels, r"step size $\eta$", xscale="log")

# %% tags=["remove-input"]
at = len(alphas) - 2
whole, written, nothing = (
    law(half, ridge, step)[0]
    for law, step in (
        (any_step.errors, steps[at]),
        (lambda *known: finite_strength(*known, limit), steps[at]),
        (finite_strength, 0.0),
    )
)
between = over_seeds(found[:, at, 0, 0] - found[:, at, 1, 0])
claims.check(
    f"The trained network and untrained features with two regressors at their price have the same training error at alpha = {alphas[at]:g} (paired difference)",
    measured=between.mean,
    predicted=0.0,
    standard_error=between.standard_error,
    tolerance=chance(seeds) * between.standard_error + abs(whole - written),
    source="Errors, theorem: training error",
    control=("no regressors", written - nothing),
    explain="The tolerance contains what the price formula drops; at large steps and small sizes more is dropped.",
)

# %% [markdown]
# What does the fit do with its new regressors?
# Here is the output of the network, averaged over all inputs with the same $z$, after no step, a small one and a large one.

# %% tags=["remove-input"]
z = np.linspace(bins_of_z[0], bins_of_z[-1], 100)
centres = (bins_of_z[:-1] + bins_of_z[1:]) / 2
fitted = over_seeds(outputs)


def along(step):
    """Theory's mean output of the fitted network at a given z."""
    coefficients = learned(half, ridge, step, 6, limit)
    return np.append(0.0, coefficients) @ basis(z, 6)


functions = [
    curves.Curve(
        f"step of size {half.step(alpha):.1f}",
        (z, along(half.step(alpha))),
        (centres, fitted.mean[k], fitted.standard_error[k]),
    )
    for k, alpha in enumerate(shown)
]
functions.insert(0, curves.Curve("no step", (z, along(0.0))))
truth = errors.Panel(
    "", functions, {"teacher": (z, half.sigma_star(z))}, ylabel="mean output"
)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "What the network has learned, as a function of $z = \\beta_\\star^\\top x$. Lines: theory. Points: simulation, mean over draws with standard errors. Grey: the teacher.", "name": "fig-ten-learned"}, "image": {"alt": "Functions of z. The teacher is a parabola with a slope. Without a step the network is a straight line that is too flat; after a small step the line is steeper; after a large step the curve bends like the teacher."}}
errors.against([truth], "$z$", xscale="linear", columns=1, height=3.6)

# %% [markdown]
# ## The staircase
#
# How much does each degree take off the test error?
# In the limit $n \to \infty$ a regressor is either free or too dear.
# The error is then a staircase in the exponent $\alpha$.

# %% tags=["remove-input"]
many = Problem(
    n=1000,
    d=250,
    N=750,
    activation=sine(0.7, 0.785),
    teacher=[0.0, 1.0, 0.5, 0.2, 0.05],
    noise_std=0.5,
)
still = Geometry.lengthened(many)
levels = [float(plateau(many, ridge, degree, still)[1]) for degree in range(5)]
thresholds = [-0.12, *critical_exponents(4), 0.4]
smooth = np.linspace(thresholds[0], thresholds[-1], 60)
at_thousand = any_step.errors(many, ridge, np.array([many.step(v) for v in smooth]))[1]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "A cartoon. Solid: the limit $n \\to \\infty$ of the test error, for a teacher with parts of degree one to four and an activation with all Hermite coefficients. Dashed: theory for the same network at $n = 1000$, where the stairs are rounded off.", "name": "fig-ten-staircase"}, "image": {"alt": "A descending staircase. The error falls at the exponents 0, 1/4, 1/3 and 3/8 and is constant between them. A dashed smooth curve follows it from afar."}}
first_look.staircase(
    thresholds,
    levels,
    ["untrained", "degree 1", "2", "3", "4"],
    (smooth, at_thousand),
    "$n = 1000$",
    r"exponent $\alpha$ of the step $\eta = n^\alpha$",
    "test error",
)

# %% [markdown]
# Three things keep the picture honest.
#
# * **It is a limit.** At the sizes of an experiment the stairs overlap, and one step size buys a part of several degrees.
# * **The direction is a noisy copy.** One step sees $\beta$ and not $\beta_\star$. A polynomial of degree $k$ feels the angle between them $k$ times, so that higher degrees gain less.
# * **The teacher must have a linear part.** Without one the first gradient does not show the direction, and the outliers are there but know nothing of the label.
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
