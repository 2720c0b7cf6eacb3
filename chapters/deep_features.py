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
# # Deep features
#
# **The result of this chapter.**
# For ridge regression on the features of a deep random network it is enough to know two things about the features: their covariance and their correlation with the teacher; a network after one large step is where this stops.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Errors](errors), and the any-step equations of [From lazy to maximal](lazy_to_maximal) for the last section
# ```

# %% tags=["parameters"]
d = 300  # dimension of an input [>= 60]
p1 = 300  # units of the first layer [>= 60]
p2 = 240  # units of the second layer [>= 60]
decay = 0.8  # how fast the first layer's covariance falls [>= 0]
ridge = 0.01  # penalty of the deep network's second moment [> 0]
networks = 24  # deep networks that are averaged [>= 4]
seeds = 12  # draws of the network after one step [>= 4]
seed = 0  # the first of all of them [>= 0]
n = 800  # rows for the network after one step [>= 200]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.simulation import OneStep
from onestep.simulation.neighbours.deep_features import DeepNetwork
from onestep.theory import any_step
from onestep.theory.neighbours import deep_features as law

draws = range(seed, seed + seeds)
teacher, noise = (0, 1, 0.2), 0.3
rows = (p2 // 4, p2 // 2, 2 * p2)


# %% tags=["hide-input"]
def flat(features):
    """Features without structure: the same trace, the same share of the teacher."""
    p = len(features.eigenvalues)
    size = features.eigenvalues.mean()
    seen = np.sum(features.along**2 / features.eigenvalues)
    along = np.full(p, np.sqrt(size * seen / p))
    return law.Features(size * np.eye(p), along, features.teacher_second_moment)


def test_errors(features, rows):
    return [law.errors(features, ridge, m, noise)[1] for m in rows]


fine = np.unique(np.geomspace(p2 / 6, 4 * p2, 30).astype(int))
measured, predicted, wrong, lines = [], [], [], []
for s in range(seed, seed + networks):
    network = DeepNetwork.draw("tanh", teacher, (d, p1, p2), decay, s)
    features = law.linearised(network.weights, "tanh", teacher, network.direction)
    measured.append(network.errors(ridge, rows, noise)[1])
    predicted.append(test_errors(features, rows))
    wrong.append(test_errors(flat(features), rows))
    if s < seed + 4:
        lines.append([test_errors(f, fine) for f in (features, flat(features))])
right, control = np.mean(lines, axis=0)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-deep-curve", "caption": "Test error of ridge regression on a network with two hidden layers of random weights with structure. Lines are theory, points are simulated."}, "image": {"alt": "Test error against the number of rows. It has a peak where rows and features are equally many. Points lie on the line of the law and off that of flat features."}}
comparison(
    [
        Curve("law of the covariance", (fine, right), (rows, over_seeds(measured))),
        Curve("flat covariance", (fine, control)),
    ],
    xlabel="rows $n$",
    ylabel="test error",
    xscale="log",
)

# %% [markdown]
# ## The idea
#
# Take any features $\Phi(x) \in \mathbb R^p$ of an input: those of a random network, of two random layers, or of something else.
# Fit a ridge regression on $n$ rows.
# What must we know about $\Phi$ to predict the test error?
# For Gaussian features the answer is classical: the second moment $\Omega$ of the features, and their correlation $\chi$ with the teacher,
#
# ```{math}
# :label: eq-deep-population
# \Omega = \mathbb E\,\Phi(x)\Phi(x)^\top, \qquad \chi = \mathbb E\,\Phi(x)\, f(x) .
# ```
#
# {cite:t}`Schroder2024` show that it is the answer for random networks of any depth, too, with weights that have structure and even depend on the layer before.
# Two networks with the same $\Omega$ and $\chi$ have the same errors.
#
# ## By hand: flat features
#
# Let $\Omega = I_p$ and let the teacher be a combination of the features, $f = \chi^\top \Phi$ with $\lVert\chi\rVert = 1$, without label noise.
# With infinitely many rows the fit is $\chi/(1 + \lambda)$, and the error $\lambda^2/(1+\lambda)^2$.
# With $n$ rows it is as if the penalty were larger, $\tilde\lambda > \lambda$, where
#
# ```{math}
# :label: eq-deep-effective
# \lambda = \tilde\lambda\,\Big(1 - \frac{p/n}{1 + \tilde\lambda}\Big) .
# ```
#
# For $n = 2p$ and $\lambda \to 0$ we get $1 + \tilde\lambda = 1/2$, which is impossible, or $\tilde\lambda = 0$: with twice as many rows as features the fit is exact.
# For $n = p/2$ we get $\tilde\lambda = 1$: half the features' number of rows acts like a penalty as large as the features themselves.
#
# ## Statement
#
# ````{prf:proposition} Ridge regression on features of known covariance (in the form derived here)
# :label: prop-deep-ridge
#
# Let the penalty be that of $\frac1n\lVert y - \Phi b\rVert^2 + \lambda\lVert b\rVert^2$, and let $\tilde\lambda > 0$ solve $\lambda = \tilde\lambda\,\big(1 - \frac1n\operatorname{tr}\Omega(\Omega+\tilde\lambda)^{-1}\big)$.
# If the features concentrate like Gaussian ones, then
#
# ```{math}
# :label: eq-deep-test
# L_{\rm te} \simeq \frac{\mathbb E f^2 - \chi^\top(\Omega + 2\tilde\lambda)(\Omega+\tilde\lambda)^{-2}\chi + \sigma_\varepsilon^2}{1 - \frac1n\operatorname{tr}\Omega^2(\Omega+\tilde\lambda)^{-2}},
# ```
#
# and the mean squared residual of the training rows is $(\lambda/\tilde\lambda)^2$ times as large.
# ````
#
# The numerator is the error that a fit with penalty $\tilde\lambda$ has on infinitely many rows, plus label noise.
# The denominator multiplies it by the cost of finitely many rows.
#
# The second half is a way to find $\Omega$.
# Row $j$ of a layer sees a number that is nearly Gaussian, of variance $\tau_j^2 = w_j^\top\Omega_{l-1} w_j$.
# A function of a Gaussian is a linear part plus a rest, and rests of different rows are nearly uncorrelated:
#
# ```{math}
# :label: eq-deep-recursion
# \begin{gathered}
# \Omega_l = D\, W_l\,\Omega_{l-1} W_l^\top D + \operatorname{diag}(\mu_2), \qquad \chi_l = D\, W_l\, \chi_{l-1}, \\
# D = \operatorname{diag}(\mu_1), \qquad \mu_1 = \frac{\mathbb E\,Z\sigma(\tau_j Z)}{\tau_j}, \qquad \mu_2 = \operatorname{Var}\sigma(\tau_j Z) - \tau_j^2\mu_1^2 .
# \end{gathered}
# ```
#
# It starts with $\Omega_0 = I$ and $\chi_0 = \mathbb E\,x f(x)$, and goes through any number of layers.

# %%
# equation 4 through both layers, then equation 3
network = DeepNetwork.draw("tanh", teacher, (d, p1, p2), decay, seed)
features = law.linearised(network.weights, "tanh", teacher, network.direction)
train, test = law.errors(features, ridge, 2 * p2, noise)

# %% [markdown]
# ````{dropdown} Where it comes from
# *The ridge formula.*
# Let $G = (\Phi^\top\Phi/n + \lambda)^{-1}$ with rows $\Phi_i = \Omega^{1/2} g_i$.
# Leaving out one row changes $G$ by a matrix of rank one, and the row it misses is independent of the rest, as in [Errors](errors).
# This gives $\lambda G \simeq \tilde\lambda(\Omega + \tilde\lambda)^{-1}$ with the equation for $\tilde\lambda$.
# The residual of a row that is in the fit is the one it would have outside, times $\lambda/\tilde\lambda$; hence the ratio of the two errors.
# The test error is the bias of the population fit, $\mathbb E f^2 - \chi^\top(\Omega + 2\tilde\lambda)(\Omega+\tilde\lambda)^{-2}\chi$, plus label noise plus a part of itself: rows that are noisy shake the fit in the directions that $\frac1n\operatorname{tr}\Omega^2(\Omega+\tilde\lambda)^{-2}$ counts.
# Solving for it gives {eq}`eq-deep-test`.
#
# *The recursion.*
# For two rows with correlation $r$ of their inputs, Hermite expansion gives $\mathbb E\,\sigma(u)\sigma(v) = \sum_k k!\, c_k c_k' r^k$.
# The term $k = 1$ is what {eq}`eq-deep-recursion` keeps between different rows.
# For an odd activation the next one has $r^3 \sim d^{-3/2}$.
# ````
#
# ## Experiment: two layers with structure
#
# The first layer of {numref}`fig-deep-curve` has rows with covariance $C_1 \propto \operatorname{diag}(k^{-0.8})$; the teacher looks along the directions that are large.
# The second layer has $C_2 \propto (W_1W_1^\top + \frac12)^{-1}$, which avoids what the first layer makes large.
# The control has flat features: same trace of $\Omega$, and the same share of the teacher in reach.

# %% tags=["remove-input"]
simulated = np.array(measured)
for k, m in enumerate(rows[:2]):
    claims.check(
        f"Two layers, {m} rows: the test error less that of the law, network by network",
        measured=over_seeds(simulated[:, k] - np.array(predicted)[:, k]),
        predicted=0.0,
        source="this page, equations 3 and 4",
        control=(
            "flat covariance",
            float(np.mean(np.array(wrong)[:, k] - np.array(predicted)[:, k])),
        ),
    )

# %% tags=["remove-input"]
markdown_table(
    [
        (
            f"{m}",
            float(np.mean(predicted, axis=0)[k]),
            over_seeds(measured)[k],
            float(np.mean(wrong, axis=0)[k]),
        )
        for k, m in enumerate(rows)
    ],
    head=("rows", "test error, law", "simulated", "flat covariance"),
    number=".3f",
)

# %% [markdown]
# With many rows the structure of the features matters less, and the two laws meet.
#
# ## How good is the covariance?
#
# We can compare $\Omega_2$ with the second moment of many samples.
# To see an error of a few percent through the noise of sampling, we multiply the differences of two independent halves.
# A law for *random* weights would take one variance for all rows of a layer, the mean of the $\tau_j^2$.
# Its error falls like $d^{-1/2}$, because $\tau_j^2$ fluctuates by that much.
# With each row's own variance little is left.

# %% tags=["hide-input"]
widths = (200, 400)
squared = []
few = draws[:10]
for s in few:
    for width in widths:
        sizes = width, width, 4 * width // 5
        network = DeepNetwork.draw("tanh", (0, 1), sizes, 0.3, s)
        args = network.weights, "tanh", (0, 1), network.direction
        laws = [law.linearised(*args, common_variance=c) for c in (True, False)]
        squared += [network.covariance_distance(f.second_moment, 16_000) for f in laws]
# draws, widths, (one variance a layer, each row its own)
squared = np.reshape(squared, (len(few), 2, 2)) * np.array(widths)[:, None]
common, own = over_seeds(squared[:, :, 0]), over_seeds(squared[:, :, 1])

# %% tags=["remove-input"]
claims.check(
    "d times the squared error of the covariance, one variance a layer, 400 less 200",
    measured=over_seeds(squared[:, 1, 0] - squared[:, 0, 0]),
    predicted=0.0,
    source="this page: an error of the order of the square root of 1/d",
    control=("an error of order 1/d", -float(common[0].mean) / 2),
)
claims.check(
    "The same at d = 400, each row's own variance",
    measured=own[1],
    predicted=float(common[1].mean) / 4,
    kind="at most",
    source="this page, equation 4",
    control=("one variance a layer", float(common[1].mean)),
)

# %% tags=["remove-input"]
markdown_table(
    [(f"{w}", common[k], own[k]) for k, w in enumerate(widths)],
    head=(
        "$d$",
        "$d\\,\\times$ squared error, one variance a layer",
        "each row its own",
    ),
)

# %% [markdown]
# ## Where it breaks: one large step
#
# A network after one step is a layer with structure, too: its rows are $w_j + s_j\hat\beta$.
# Up to steps of order one everything above applies.
# For $\eta = n^\alpha$ the tilts $s_j$ grow, and the quadratic part of unit $j$ contains $c_2\, s_j^2\, He_2(t)$ with the *same* $t = x^\top\hat\beta$ for all units.
# {eq}`eq-deep-recursion` calls this part a rest, uncorrelated between rows.
# It is the second spike of [Many spikes](many_spikes), and from $\alpha = \frac14$ on it is as large as the noise.
# So the linearised law must fail there, for an activation with $c_2 \ne 0$.

# %% tags=["hide-input"]
problem = Problem(
    n=n,
    d=n // 2,
    N=3 * n // 4,
    activation="relu",
    teacher=(0, 1, 0.5),
    noise_std=0.5,
)
alphas = (0.0, 0.25, 0.35, 0.5)
etas = [problem.step(a) if a else 0.0 for a in alphas]


def after(problem, s):
    """Test errors at each step: simulated, and by the linearised law of these rows."""
    step = OneStep.draw(problem, s, n_test=6000)
    found = [step.errors(0.1, eta)[1] for eta in etas]
    args = problem.activation, problem.teacher, step.beta_star
    features = [law.linearised([step.weights(eta)], *args) for eta in etas]
    linear = [law.errors(f, 0.1, problem.n, problem.noise_std)[1] for f in features]
    return found, linear


found, linear = np.array([after(problem, s) for s in draws]).transpose(1, 0, 2)
gains = over_seeds(found[:, :1] - found)
linear_gains = np.mean(linear[:, :1] - linear, axis=0)
every = any_step.errors(problem, 0.1, np.array(etas))[1]
every_gains = every[0] - every

# %% tags=["remove-input"]
claims.check(
    "Without a step: test error less that of the linearised law, draw by draw",
    measured=over_seeds(found[:, 0] - linear[:, 0]),
    predicted=0.0,
    source="this page, equations 3 and 4",
    control=(
        "what it misses at the step n^0.35",
        float(every_gains[2] - linear_gains[2]),
    ),
)
for k in (2, 3):
    claims.check(
        f"ReLU: what the step n^{alphas[k]} takes off the test error",
        measured=gains[k],
        predicted=float(every_gains[k]),
        source="From lazy to maximal, the equations for every step",
        control=("the linearised law", float(linear_gains[k])),
    )

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-deep-step", "caption": "What one step takes off the test error of a ReLU network. Lines are theory, points are simulated."}, "image": {"alt": "Gain against the exponent of the step. The points follow the equations for every step. The linearised law stays below from one quarter on."}}
grid = np.linspace(0.05, 0.5, 10)
line = every[0] - any_step.errors(problem, 0.1, problem.n**grid)[1]
comparison(
    [
        Curve("every step", (grid, line), (alphas[1:], gains[1:])),
        Curve("linearised, this page", (alphas[1:], linear_gains[1:])),
    ],
    xlabel=r"exponent $\alpha$ of the step",
    ylabel="gain in test error",
)

# %% [markdown]
# At $\alpha = 0.35$ the linearised law predicts a gain of {glue:text}`short:.3f`; the simulation has {glue:text}`gain:.3f` ± {glue:text}`gain_standard_error:.3f`.

# %% tags=["remove-cell"]
glue(short=float(linear_gains[2]), gain=gains[2])
record(gain=gains[2], linearised=float(linear_gains[2]))

# %% [markdown]
# Below the maximal step we expect that the *true* $\Omega$, with its spikes, would still do.
# At the maximal step it does not: [From lazy to maximal](lazy_to_maximal) needs the law of the features at every $t$.
#
# ## How it is related to the one step
#
# {cite:t}`Schroder2024` study networks whose weights are random with structure; a step of gradient descent makes such weights.
# *Theirs*: the equivalence for deep networks with weights that depend on earlier layers, the linearisation layer by layer, and its test on data.
# *Ours*: the form of the recursion with each row's own variance, the comparison of the two variants, and the point at which it fails for one step.
# *Not checked*: their error bounds, and networks with more than two hidden layers.
#
# ```{admonition} Recap
# :class: recap
# * Ridge regression sees features through their covariance and their correlation with the teacher, {eq}`eq-deep-test`.
# * Finitely many rows act like a larger penalty $\tilde\lambda$, and like a factor on the error.
# * The covariance of a deep random network is found layer by layer, from linear parts and noise, {eq}`eq-deep-recursion`.
# * After a step of $n^{1/4}$ or more the rests of all units have something in common, and this fails.
# ```
#
# ## Exercises
#
# ````{exercise-start} As many rows as you like (warm-up)
# :label: ex-deep-many
# ````
#
# What do {eq}`eq-deep-test` and the equation for $\tilde\lambda$ become for $n \to \infty$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-many
# :class: dropdown
# ````
#
# $\tilde\lambda = \lambda$, and the test error is the error of the best fit with that penalty, plus label noise.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A linear network (warm-up)
# :label: ex-deep-linear
# ````
#
# Which matrix is $\Omega_2$ for $\sigma(x) = x$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-linear
# :class: dropdown
# ````
#
# $W_2 W_1 W_1^\top W_2^\top$: here $\mu_1 = 1$ and $\mu_2 = 0$, and the recursion is exact.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The peak
# :label: ex-deep-peak
# ````
#
# Why has {numref}`fig-deep-curve` its peak at $n = p$ when $\lambda$ is small?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-peak
# :class: dropdown
# ````
#
# For $\lambda \to 0$ and $n \le p$ the equation demands $\operatorname{tr}\Omega(\Omega+\tilde\lambda)^{-1} = n$.
# At $n = p$ that forces $\tilde\lambda = 0$, and then $\frac1n\operatorname{tr}\Omega^2(\Omega + \tilde\lambda)^{-2} = 1$: the denominator of {eq}`eq-deep-test` vanishes.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The book's two traces
# :label: ex-deep-traces
# ````
#
# Take one layer of unit rows.
# Express $\Omega$ by $W_0$, $c_1$ and $c_>^2$, and find the term of [Errors](errors) that is $\tilde\lambda$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-traces
# :class: dropdown
# ````
#
# $\Omega = c_1^2 W_0W_0^\top + c_>^2 I$, since $\tau_j = 1$.
# The residual of a training row is $\lambda/\tilde\lambda$ times that of a fresh one; in [Errors](errors) leave-one-out gives the factor $\lambda m_1$.
# So $\tilde\lambda = 1/m_1$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The price of one variance for all
# :label: ex-deep-price
# ````
#
# Let rows of $W$ be $\mathcal N(0, I/d)$.
# By how much does $\tau_j^2$ fluctuate, and what does this do to the diagonal of $\Omega$ for $\sigma(x) = x$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-price
# :class: dropdown
# ````
#
# $\tau_j^2 = \lVert w_j\rVert^2$ has the standard deviation $\sqrt{2/d}$.
# The diagonal is wrong by as much, relative to its size: the squared error of the matrix is $2/d$ of the diagonal's share.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The true covariance (open)
# :label: ex-deep-true
# ````
#
# Replace the linearised $\Omega$ after a step by the true one, from many samples.
# Up to which step does {eq}`eq-deep-test` hold then?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-deep-true
# :class: dropdown
# ````
#
# At the maximal step it fails, as we know from simulations.
# For $\alpha < \frac12$ the features given $t$ differ from one another only by small amounts, and we expect it to hold.
# We have neither a proof nor a simulation.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
