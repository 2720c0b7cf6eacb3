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
# # Many directions
#
# **The result of this chapter.**
# One step moves the first layer along one direction only, however many directions the labels depend on; and yet, after a large step, the network fits products of that direction with the others.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: the equations for [every step size](lazy_to_maximal)
# ```

# %% tags=["parameters"]
n = 800  # rows of the ridge batch [>= 200]
d = 400  # dimension of an input [>= 100]
N = 530  # hidden units [>= 100]
n_gradient = 4000  # rows of the gradient batch [>= 200]
ridge = 0.1  # penalty of the second layer [> 0]
seeds = 12  # draws that are averaged [>= 6]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.links import sine
from onestep.simulation import OneStep, sample
from onestep.teachers import MultiIndex, hermite_tensor
from onestep.theory import any_step, limit_geometry, test_error

draws = range(seed, seed + seeds)
tilts = np.array([0.0, 0.25, 0.5, 1.0])

# %% tags=["hide-input"]
product = hermite_tensor({(1, 0): 1, (1, 1): 1})
problem = Problem(
    n=n,
    d=d,
    N=N,
    n_gradient=n_gradient,
    activation=sine(0.7, 0.785),
    teacher=product,
    noise_std=0.3,
)
edges = np.array([-2.5, -1.5, -0.75, 0.0, 0.75, 1.5, 2.5])


def measure(problem, seed, steps):
    """Test error, E[t z_2 f], and E[f z_2 | t] in bins of t, a row for each step."""
    step = OneStep.draw(problem, seed, n_test=6000)
    axes = problem.teacher.frame @ sample.teacher_directions(problem, seed)
    t, z = step.test.X @ step.beta / step.beta_norm, step.test.X @ axes[1]
    inside, rows = np.digitize(t, edges) - 1, []
    for eta in steps:
        f = step.predict(eta, step.fit(ridge, eta).coefficients.ravel())
        error = np.mean((step.test.y - f) ** 2)
        binned = [np.mean((f * z)[inside == k]) for k in range(len(edges) - 1)]
        rows.append([error, np.mean(t * z * f), *binned])
    return np.array(rows), (axes @ step.beta / step.beta_norm) ** 2


def average(problem, steps, draws):
    """Gains over no step, E[t z_2 f], slopes in bins, squared cosines of beta."""
    found, cosines = zip(*(measure(problem, s, steps) for s in draws), strict=True)
    found = np.array(found)
    gains = over_seeds(found[:, :1, 0] - found[:, :, 0])
    return (
        gains,
        over_seeds(found[:, :, 1]),
        over_seeds(found[:, :, 2:]),
        over_seeds(cosines),
    )


# %% tags=["hide-input"]
def predicted_gains(problem, steps, noise="structured"):
    test = any_step.errors(problem, ridge, steps, noise=noise)[1]
    return test[0] - test


def predicted_product(problem, eta, noise="structured"):
    seen = any_step.fits(problem, ridge, eta, noise=noise)
    return float(seen.weight @ (seen.t * seen.across[1]))


steps = tilts * np.sqrt(N)
gains, products, slopes, cosines = average(problem, steps, draws)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-slopes", "caption": "What the fitted network knows of $z_2$ at a given $t$. The labels have the slope $\\rho t$. Lines are theory, points are simulated."}, "image": {"alt": "Slope along the second direction against t. Without a step it is zero. The larger the step, the steeper the curve through the origin, and the closer to the straight line of the labels."}}
middle = (edges[1:] + edges[:-1]) / 2
curves = []
for k in (0, 2, 3):
    seen = any_step.fits(problem, ridge, steps[k], noise="structured")
    near = np.abs(seen.t) < 2.5
    line = seen.t[near], seen.across[1][near]
    label = "no step" if k == 0 else rf"$\eta = {tilts[k]:g}\sqrt{{N}}$"
    curves.append(Curve(label, line, (middle, slopes[k])))
curves.append(Curve("the labels", (seen.t[near], seen.labels_across[1][near])))
comparison(curves, xlabel="$t$", ylabel="slope along $z_2$", ylim=(-0.6, 0.6))

# %% [markdown]
# ## One direction in, two directions out
#
# So far the labels depended on one projection of the input.
# Now they depend on two or three: $y = g(z) + \varepsilon$ with $z = Bx$, where $B$ has orthonormal rows.
# Our example is
#
# ```{math}
# :label: eq-directions-product
# y = z_1 + z_1 z_2 + \varepsilon .
# ```
#
# The step goes along $\beta = X^\top y/n$, and $\mathbb E\,[y\,x] = B^\top\,\mathbb E\,[y\,z]$.
# For {eq}`eq-directions-product` that is the first row of $B$: the product $z_1 z_2$ has no correlation with any coordinate.
# So the first layer learns about $z_1$, and nothing about $z_2$.
# This is what {cite:t}`Dandi2023` state for one step with a batch of order $d$: a single direction can be learned.

# %% tags=["remove-input"]
cosine = limit_geometry(problem).cosine
claims.check(
    "The squared cosine of beta with the first direction",
    measured=cosines[0],
    predicted=cosine**2,
    source="this page, the proposition",
    control=("beta finds both directions equally well", cosine**2 / 2),
)
claims.check(
    "The squared cosine of beta with the second direction",
    measured=cosines[1],
    predicted=0.02,
    kind="at most",
    source="this page",
    control=("beta finds both directions equally well", cosine**2 / 2),
)

# %% [markdown]
# One might conclude that the network cannot learn $z_1 z_2$, and that to the network this term is label noise.
# {numref}`fig-slopes` shows that this is wrong.
# The network knows $z_1$ through $t = x^\top\beta/\lVert\beta\rVert$.
# At a given $t$ the term $z_1 z_2$ is *linear* in $z_2$, with a slope that depends on $t$.
# Every network of random features can fit something linear.
# It needs units whose linear response depends on $t$, and these a large step makes.
#
# ## By hand: two kinds of units
#
# Take $\sigma(x) = x + c_2(x^2 - 1)$.
# After the step unit $j$ sees $\tau_j Z + s_j t$, where $s_j$ is its tilt along $\beta$ and $Z$ is independent of $t$.
# Its linear response at a given $t$ is
#
# ```{math}
# :label: eq-directions-slope
# \mu_1(j, t) = \mathbb E\,[Z\,\sigma(\tau_j Z + s_j t)] = \tau_j\,(1 + 2 c_2 s_j t) .
# ```
#
# Take one unit with tilt $s$ and one with tilt $-s$, both with a small weight $w$ on $z_2$.
# Their sum responds to $z_2$ with $2 \tau w$, at every $t$.
# Their difference responds with $4 \tau w c_2\, s\, t$: it contains the product $t\, z_2$.
#
# Two things follow at once.
# Without $c_2$ there is no product: an odd activation gives a $\mu_1$ that is even in $t$.
# And the product is there in proportion to $s$, which is of order $\eta/\sqrt N$.
# It needs a step of the order of $\sqrt N$.

# %% tags=["remove-input"]
from onestep.theory.any_step.features import feature_law

law = feature_law(replace(problem, activation=(0, 1, 0.3)), steps[2])
tilted = law.a * steps[2] * limit_geometry(problem).beta_norm / np.sqrt(N)
by_hand = law.tau[:, None] * (1 + 2 * 0.3 * np.outer(tilted, law.t))
claims.check(
    "The linear response of every unit, largest difference",
    measured=float(np.max(np.abs(law.mu1 - by_hand))),
    predicted=0.0,
    tolerance=1e-9,
    source="this page, equation 2",
    control=("no tilt", float(np.max(np.abs(law.mu1 - law.tau[:, None])))),
)

# %% [markdown]
# ## Statement
#
# Turn the axes of $z$ so that the first is along $\mathbb E\,[y z]$, and put $u_1 = \sqrt{1-\rho^2}\, z_1 - \rho\,\xi$ for the coordinate beside $t = \rho z_1 + \sqrt{1-\rho^2}\,\xi$, and $u_j = z_j$ for the others.
# Given $t$, all $u_j$ are independent and Gaussian.
#
# ````{prf:proposition} Several directions (ours)
# :label: prop-directions
#
# Take the gradient's noise as isotropic.
# Let $|\mathbb E\,[yz]|^2 + \frac{d}{n_{\rm grad}} \mathbb E\,y^2 = \lVert\beta\rVert^2$ and $\rho = |\mathbb E\,[yz]|/\lVert\beta\rVert$.
# The equations of {prf:ref}`thm-any-step` then hold with
#
# ```{math}
# :label: eq-directions-law
# g_0(t) = \mathbb E\,[y \mid t], \qquad g_{1j}(t) = \mathbb E\,[y\, u_j \mid t], \qquad y_2(t) = \mathbb E\,[y^2 \mid t],
# ```
#
# ```{math}
# :label: eq-directions-quotient
# Q = \mathbb E_t \frac{y_2}{\mathrm{den}} - \langle U, g_0\rangle^\top M_A^{-1} \langle U, g_0\rangle - \sum_j \langle \mu_1, g_{1j}\rangle^\top M_B^{-1} \langle \mu_1, g_{1j}\rangle .
# ```
# ````
#
# The features do not know what the labels depend on.
# So the fixed point stays, and so do $M_A$ and $M_B$.
# Only the law of the labels at a given $t$ changes, and the last term appears once for every direction.
#
# The word *isotropic* hides something: it takes a row's overlaps with the $z_j$ as the step found them.
# The gradient also contains $2 c_2 a_j A\, w_j$ with $A = X^\top \operatorname{diag}(y) X/n_{\rm grad}$, and in the plane of $B$ the mean of $A$ is $\mathbb E\,[y\,zz^\top]$.
# For {eq}`eq-directions-product` it exchanges $z_1$ and $z_2$: the overlap of a row with $z_1$ leaks into its overlap with $z_2$, in proportion to $c_2\,\eta\, a_j$.
# Units that carry $z_1$ then carry some of $t\,z_2$ for free.
# The equations with *structured* noise contain this, once the plane of $\beta$ and $\beta_\star$ is replaced by the space of $\beta$ and all rows of $B$.
# We use them below, and measure what isotropic noise would miss.
#
# ````{dropdown} Where it comes from
# The features given $t$ are linear in the part of $x$ across $\beta$, with slopes $\mu_1(r,t)$, up to terms that act as noise.
# The rows of $W_0$ are uniform, and thus the same in every direction across $\beta$.
# The labels at given $t$ have a mean $g_0$, a linear part $\sum_j g_{1j} u_j$, and a rest that is uncorrelated with both.
# The quadratic form in the ridge objective is a sum over orthogonal directions: along $\beta$ it is $M_A$, in every direction across it is $M_B$.
# A direction in which the labels have no linear part contributes nothing.
# The directions $u_j$ contribute one term each, with the same matrix $M_B$.
# The rest of the labels meets the features as label noise does, and is in $y_2$.
# The same argument for the residual that leave-one-out predicts gives $\mathbb E\,[f(x) u_j \mid t]$ of the fitted network: it is the fit of $g_{1j}$ on the slopes $\mu_1(r, \cdot)$, which {numref}`fig-slopes` shows.
# This is a derivation, and not a proof: it inherits what {prf:ref}`thm-any-step` assumes.
# ````
#
# For our example everything is explicit: $g_0 = \rho t$, $g_{11} = \sqrt{1-\rho^2}$, $g_{12} = \rho t$, and $y_2 = 2(\rho^2 t^2 + 1 - \rho^2) + \sigma_\varepsilon^2$.
# In code, a teacher is an object, and the theory takes it like any other:

# %%
# equation 1, and equations 3 and 4 for three steps
teacher = hermite_tensor({(1, 0): 1, (1, 1): 1})  # He_1(z_1) + He_1(z_1) He_1(z_2)
given = replace(problem, teacher=teacher)
isotropic = any_step.errors(given, ridge, steps)
structured = any_step.errors(given, ridge, steps, noise="structured")

# %% [markdown]
# ## Experiment: two laws that are wrong, and when one of them is right
#
# Two simpler laws suggest themselves.
# *All is noise*: everything but $z_1$ counts as label noise of the same variance (dotted in {numref}`fig-directions-gains`).
# *No $z_2$*: the size of the rest depends on $t$, as it should, but there is no block for $z_2$.
# By {eq}`eq-directions-law` the second is the *right* law for another teacher, one with the same $g_0$ and $y_2$ and nothing linear in $z_2$:
#
# ```{math}
# :label: eq-directions-silent
# y = z_1 + z_1\,\frac{z_2^2 - 1}{\sqrt 2} + \varepsilon .
# ```
#
# So each teacher controls the other: the law of the one must fail for the other.

# %% tags=["hide-input"]
silent = hermite_tensor({(1, 0): 1, (1, 2): np.sqrt(0.5)})
other = replace(problem, teacher=silent)
other_gains, *_ = average(other, steps, draws)
as_noise = replace(problem, teacher=(0, 1), noise_std=np.sqrt(1 + 0.3**2))
laws = [predicted_gains(p, steps) for p in (problem, other, as_noise)]

# %% tags=["remove-input"]
for name, found, right, wrong, law in (
    ("z1 + z1 z2", gains, laws[0], laws[1], "no block for z2"),
    ("z1 + z1 z2", gains, laws[0], laws[2], "all but z1 is noise"),
    ("z1 + z1 He2(z2)", other_gains, laws[1], laws[0], "the law of z1 z2"),
):
    for k in (2, 3):
        claims.check(
            f"Gain of {name} at a step of {tilts[k]:g} sqrt(N), against: {law}",
            measured=found[k],
            predicted=float(right[k]),
            source="this page, equations 3 and 4",
            control=(law, float(wrong[k])),
        )

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-directions-gains", "caption": "Gain in test error over no step. Lines are theory, points are simulated. The dotted law serves the second teacher and fails the first."}, "image": {"alt": "Gain against step size for two teachers. The product's gain keeps rising, the other's rises and falls. Points lie on their own lines."}}
fine = np.linspace(0, 1.0, 21) * np.sqrt(N)
lines = [predicted_gains(p, fine) for p in (problem, other, as_noise)]
comparison(
    [
        Curve("$z_1 + z_1 z_2$", (fine, lines[0]), (steps, gains)),
        Curve(
            r"$z_1 + z_1 He_2(z_2)/\sqrt{2}$", (fine, lines[1]), (steps, other_gains)
        ),
        Curve("all but $z_1$ is noise", (fine, lines[2])),
    ],
    xlabel=r"step $\eta$",
    ylabel="gain in test error",
)

# %% [markdown]
# At the largest step the product gains {glue:text}`gain:.3f` ± {glue:text}`gain_standard_error:.3f`, where theory says {glue:text}`gain_law:.3f`, and without the block for $z_2$ it would be {glue:text}`gain_wrong:.3f`.

# %% tags=["remove-cell"]
glue(gain=gains[3], gain_law=float(laws[0][3]), gain_wrong=float(laws[1][3]))
record(gain=gains[3], gain_law=float(laws[0][3]), other_gain=other_gains[3])


# %% [markdown]
# ## Two ReLU neurons
#
# A teacher that is itself a small network is the usual test: $y = \mathrm{relu}(z_1) + \mathrm{relu}(z_2) + \varepsilon$, seen by ReLU units.
# {cite:t}`Dandi2023` ask when a step can tell the neurons of such teachers apart; our sizes are chosen to be fast.
# The two neurons enter alike, so the step finds the diagonal $(z_1 + z_2)/\sqrt 2$.
# The difference $z_1 - z_2$ enters the labels as an even function at every $t$, so that $g_{12} = 0$.
# The network learns the best function of the diagonal, and never tells the two neurons apart.
#
# The kinks lie on the planes $z_1 = 0$ and $z_2 = 0$, both oblique to the diagonal.
# The library declares them, and integrates between them.

# %%
def relus(x, y):
    return np.maximum(x, 0) + np.maximum(y, 0)


# the function g, its two directions, and the planes where it has kinks
axes = (((1, 0), 0.0), ((0, 1), 0.0))
pair = MultiIndex("two ReLU neurons", relus, 2, kinks=axes)
small = Problem(n=512, d=128, N=256, n_gradient=1280, activation="relu", teacher=pair)

# %% tags=["hide-input"]
small = replace(small, noise_std=0.3)
small_steps = tilts * np.sqrt(small.N)
pair_gains, pair_products, _, _ = average(small, small_steps, draws)
pair_law = predicted_gains(small, small_steps)
x, weight = np.polynomial.hermite_e.hermegauss(80)
seen = pair.marginals
floor = 0.3**2 + weight @ (seen.square(x) - seen.mean(x) ** 2) / weight.sum()
untrained = any_step.errors(small, ridge, 0.0)[1]

# %% tags=["remove-input"]
for k in (2, 3):
    claims.check(
        f"Two ReLU neurons: gain at a step of {tilts[k]:g} sqrt(N)",
        measured=pair_gains[k],
        predicted=float(pair_law[k]),
        source="this page, equations 3 and 4",
        control=("a gain down to the noise", float(untrained - 0.09)),
    )
claims.check(
    "Two ReLU neurons: E[t z f] for the difference z of the two",
    measured=pair_products[3],
    predicted=0.0,
    source="this page: the labels are even in it",
    control=("as much as the product has", float(products[3].mean)),
)

# %% tags=["remove-input"]
markdown_table(
    [
        (f"gain at ${tilts[k]:g}\\sqrt N$", float(pair_law[k]), pair_gains[k])
        for k in (1, 2, 3)
    ],
    head=("Two ReLU neurons", "predicted", "measured"),
    number=".3f",
)

# %% [markdown]
# No function of the diagonal alone can have a test error below {glue:text}`floor:.3f`, of which the label noise is 0.09.
# The network after the largest step is predicted to have {glue:text}`after:.3f`.

# %% tags=["remove-cell"]
glue(floor=float(floor), after=float(untrained - pair_law[3]))

# %% [markdown]
# ## Where it breaks
#
# *Odd activations learn no product.*
# By {eq}`eq-directions-slope` their $\mu_1$ is even in $t$, and the slope $\rho t$ is odd: the term for $z_2$ in {eq}`eq-directions-quotient` is zero.
#
# *Without a linear part nothing is found.*
# For $y = z_1 z_2$ the direction $\beta$ is noise, and no step helps; [Improvement](improvement) has the same for teachers of one direction.
#
# *Below the square root the other directions are noise.*
# For steps $n^\alpha$ with $\alpha < 1/2$ tilts vanish.
# The limit theory of [Errors](errors) then holds with the Hermite coefficients of $\mathbb E\,[y \mid z_1]$ in place of the teacher's.
# What it misses shrinks like $\eta^2/N$.

# %% tags=["remove-input"]
tanh = [replace(p, activation="tanh") for p in (problem, other)]
odd = [predicted_gains(p, steps, "isotropic")[3] for p in tanh]
claims.check(
    "With tanh both teachers have the same gain",
    measured=float(odd[0]),
    predicted=float(odd[1]),
    tolerance=1e-8,
    source="this page, equation 2",
    control=("with the sine they differ by", float(odd[1] + laws[0][3] - laws[1][3])),
)
missed = []
for rows in (10**6, 10**8):
    large = problem.resized(rows)
    eta = large.step(0.2)
    every = any_step.errors(large, ridge, eta)[1]
    missed.append((test_error(large, ridge, eta) / every - 1) * large.N / eta**2)
claims.check(
    "What the limit theory misses at n^0.2, in units of eta^2/N, at two sizes",
    measured=float(missed[1]),
    predicted=float(missed[0]),
    tolerance=0.02,
    source="this page",
    control=("it stays as it is", float(missed[0] * 10**2.4)),
)

# %% [markdown]
# *Isotropic noise forgets that the step mixes directions.*
# At half the present size, and at a step of $\sqrt N$, the coefficient $\mathbb E\,[t\, z_2 f]$ is {glue:text}`half:.3f` ± {glue:text}`half_standard_error:.3f`.
# Structured noise says {glue:text}`half_law:.3f`, isotropic noise {glue:text}`half_isotropic:.3f`, and the difference does not vanish as $n$ grows.
# For {eq}`eq-directions-silent`, where $\mathbb E\,[y\,zz^\top] = 0$, both give nearly the same.

# %% tags=["hide-input"]
half = problem.resized(n // 2)
half_steps = tilts[[0, 3]] * np.sqrt(half.N)
_, half_products, _, _ = average(half, half_steps, range(seed, seed + 4 * seeds))
half_laws = [
    predicted_product(half, half_steps[1], noise)
    for noise in ("structured", "isotropic")
]

# %% tags=["remove-input"]
claims.check(
    "The product that is learned at a step of sqrt(N), E[t z2 f]",
    measured=half_products[1],
    predicted=half_laws[0],
    source="this page",
    control=("isotropic noise", half_laws[1]),
)

# %% tags=["remove-cell"]
glue(half=half_products[1], half_law=half_laws[0], half_isotropic=half_laws[1])
record(half=half_products[1], half_law=half_laws[0], half_isotropic=half_laws[1])

# %% [markdown]
# *At finite size* features that are quadratic in $x$ see $z_1 z_2$ without any step, in proportion to $n/d^2$.
# Test errors without a step therefore lie a little below the law, and gains are the better test.
#
# ```{admonition} Recap
# :class: recap
# * The step goes along $B^\top\mathbb E\,[yz]$: one direction, whatever the teacher.
# * Only the law of the labels at a given $t$ changes, {eq}`eq-directions-law`, with one term for every direction, {eq}`eq-directions-quotient`.
# * A large step makes units whose linear response depends on $t$.
#   They fit products of $t$ with other directions, unless the activation is odd.
# * The step also mixes a row's overlaps with the $z_j$, by $\mathbb E\,[y\,zz^\top]$, and this adds to what is learned.
# * What is not linear in the other directions at a given $t$ is label noise.
# ```
#
# ## Exercises
#
# ````{exercise-start} The direction (warm-up)
# :label: ex-directions-direction
# ````
#
# Along which direction does one step go for $y = 3 z_1 - 4 z_2 + z_1 z_2$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-direction
# :class: dropdown
# ````
#
# Along $\mathbb E\,[yz] = (3, -4)$, that is $(0.6, -0.8)$ in units of its length.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Silence (warm-up)
# :label: ex-directions-silence
# ````
#
# Which of $z_1 z_2$, $z_1 z_2^2$, $z_1 z_2 z_3$, $z_1^2 z_2$ can be partly learned, when the step goes along $z_1$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-silence
# :class: dropdown
# ````
#
# At a given $t$ the labels must have a part linear in one other direction.
# $z_1 z_2$ and $z_1^2 z_2$ have one.
# $z_1 z_2^2 = z_1 + z_1(z_2^2 - 1)$ gives its mean $z_1$ and no more, and $z_1 z_2 z_3$ gives nothing.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} One block for all
# :label: ex-directions-block
# ````
#
# Show that $y = z_1 + z_1(0.8\, z_2 + 0.6\, z_3)$ has the same errors as {eq}`eq-directions-product`, in two ways.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-block
# :class: dropdown
# ````
#
# Turn the axes: $0.8\, z_2 + 0.6\, z_3$ is a unit direction.
# Or use {eq}`eq-directions-quotient`: the last term is quadratic in $g_{1j}$, and $0.8^2 + 0.6^2 = 1$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The activation that learns it best
# :label: ex-directions-phase
# ````
#
# For $\sin(0.7 x + p)$, between which phases $p$ should the gain from the product be largest?
# What happens at $p = 0$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-phase
# :class: dropdown
# ````
#
# At $p = 0$ the activation is odd, and the product is not learned.
# The ratio $c_2/c_1$ is proportional to $\tan p$, so it grows with $p$.
# But $c_1$ falls, and with it the tilt: $p = \pi/2$ gives an even activation, which has no step direction at all.
# The best phase lies between.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A second moment that depends on t
# :label: ex-directions-second
# ````
#
# Compute $y_2(t)$ for {eq}`eq-directions-silent`, and explain why the two wrong laws differ.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-second
# :class: dropdown
# ````
#
# $\mathbb E\,[y^2 \mid z_1] = z_1^2 + z_1^2 + \sigma_\varepsilon^2$, and $\mathbb E\,[z_1^2 \mid t] = \rho^2 t^2 + 1 - \rho^2$.
# "All is noise" spreads the same variance evenly over $t$.
# Large tilts see large $|t|$ differently from small $|t|$, and rows with large $|t|$ carry more noise.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Two steps (open)
# :label: ex-directions-two
# ````
#
# After the first step the residual contains $z_1 z_2$ less what was fitted.
# For which second step does the first layer find $z_2$, and how many rows does it take?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-directions-two
# :class: dropdown
# ````
#
# Weight the second batch's labels with $t$: $\mathbb E\,[t\,y\,z_2] = \rho$, so that a direction along $z_2$ appears.
# The gradient of a network whose units are tilted contains such a weight.
# We do not have its law.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
