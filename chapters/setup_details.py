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
# # Appendix to Setup: the norm spike, and rates
#
# **What this page adds.**
# An even activation makes one spike that knows nothing of the labels.
# A first output of order one spoils the step, by a constant that we can predict.
# The logarithms in the rate of the rank-one theorem come from two tails.
#
# ```{strip}
# :level: as Setup
# :needs: [Setup](setup)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 20]
N = 1500  # hidden units [>= 20]
activation = "tanh"  # of the network that takes the gradient step
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
quadratic = [0.0, 0.3, 0.6]  # a mostly quadratic activation, by coefficients
sizes = [150, 300, 600, 1200]  # values of n for the rates [>= 50]
seeds = 16  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, markdown_table, over_seeds, provenance, record
from onestep.book.figures import curves
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.simulation import OneStep, network
from onestep.simulation.spectrum import operator_norm
from onestep.theory.resolvent import Bulk, density, edges, raw_edges

draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)


# %% [markdown]
# ## The norm spike of activations that are not odd
#
# The squares $(w_i^\top w_j)^2$ in {eq}`eq-covariance` are all positive, with mean $1/d$.
# Together they form the matrix $\frac{2c_2^2}{d}\, 1_N 1_N^\top$, whose eigenvalue $2c_2^2 N/d = 2c_2^2/\psi$ is as large as those of the bulk.
# In the feature matrix the term has a simple meaning.
# A Gaussian input is not exactly of length $\sqrt d$, and a longer input excites all units alike:
#
# ```{math}
# :label: eq-norm-term
# \begin{gathered}
# \mathbb E_w\,\sigma(w^\top x_i) \approx c_2\, h_i, \qquad h_i = \frac{\|x_i\|^2}{d} - 1, \\
# F_0 \approx F_{\rm lin} + c_2\, h\, 1_N^\top, \qquad \|h\|^2 \approx \frac{2n}{d} .
# \end{gathered}
# ```
#
# Does it stick out of the spectrum?
# A rank-one term in noise is visible beyond a sharp threshold {cite}`BaikBenArousPeche2005,BenaychGeorges2012`.
#
# ````{prf:proposition} The norm spike
# :label: prop-norm-spike
#
# Let $\theta = c_2^2 \|h\|^2 d/n \to 2c_2^2$.
# If $\theta > c_1^2$, put $A = c_>^2 + \dfrac{c_1^2\,\theta}{\theta - c_1^2}$ and
#
# ```{math}
# :label: eq-norm-spike
# x(\theta) = \frac{(\theta + \phi A)\,(\theta + \psi A)}{\psi\,\theta} .
# ```
#
# An eigenvalue of $F_0F_0^\top/n$ leaves the bulk if and only if $x(\theta)$ increases, and then it converges to $x(\theta)$.
# If $\theta \le c_1^2$ there is no outlier, for any sizes.
# ````
#
# ````{dropdown} Proof
# Write $F_0/\sqrt n = B/\sqrt n + \sqrt{\theta/\psi}\; \hat h \hat e^\top$ with unit vectors $\hat h \propto h$, $\hat e = 1_N/\sqrt N$ and the bulk $B = F_{\rm lin}$.
# A real $x$ beyond the bulk is an eigenvalue when a $2\times2$ determinant vanishes.
# Since $\hat h$ and $\hat e$ are independent of each other and in general position to $B$, that is
#
# $$
# \begin{aligned}
# 1 &= \tfrac\theta\psi\, x \cdot \hat h^\top (x - \tfrac1n BB^\top)^{-1} \hat h \cdot \hat e^\top (x - \tfrac1n B^\top B)^{-1} \hat e \\
# &\approx \tfrac\theta\psi\, x \cdot \tfrac1n\operatorname{tr}(x - \tfrac1n BB^\top)^{-1} \cdot \tfrac1N\operatorname{tr}(x - \tfrac1n B^\top B)^{-1} .
# \end{aligned}
# $$
#
# At $\lambda = -x$ the two traces are $-m_1$ and $\frac{\psi}{\phi}\,q/x$, so the condition reads $\theta\, q\, m_1 = -\phi$.
# Put $p = q m_1 = -\phi/\theta$.
# In the variable $p$ the equations {eq}`eq-traces` are explicit: with $\mathrm{df} = c_>^2 p + c_1^2\phi\,p/(\phi + c_1^2 p)$ they say $\lambda m_1 = 1 - \mathrm{df}$ and $q = \phi/\psi - \mathrm{df}$, hence $x = -\lambda = -(1 - \mathrm{df})(\phi/\psi - \mathrm{df})/p$.
#
# At $p = -\phi/\theta$ one finds $\mathrm{df} = -\phi A/\theta$, which gives {eq}`eq-norm-spike`.
# To the right of the bulk $p$ increases from its value at the edge, where $\mathrm dx/\mathrm dp = 0$, to $0$ at infinity, without meeting the pole $p = -\phi/c_1^2$; so $\theta > c_1^2$, and $x$ increases with $\theta$.
# Between pole and $0$, $x$ is a convex function of $p$: put $v = -p$ and $g = -\mathrm{df}/v$, which is positive, increasing and convex in $v$; then $x = \frac{\phi}{\psi v} + (1 + \frac\phi\psi)\, g + v g^2$.
# So the edge is the only place where it turns, and $\theta$ lies beyond it exactly when $x(\theta)$ increases.
# $\square$
# ````
#
# ReLU and softplus have the term, but $2c_2^2 < c_1^2$ for both: the linear part hides it at all sizes.
# A mostly quadratic activation shows it.
# The finite-size correction of a quadratic feature is of the order $N/d^2$, because it lives in the space of the $d^2/2$ products of two coordinates.

# %%
# (eq-norm-spike)
def norm_spike(problem, theta):
    """The position x(theta), or None where the bulk hides it."""
    linear, rest = problem.student[1] ** 2, problem.student.nonlinear_variance

    def place(theta):
        A = rest + linear * theta / (theta - linear)
        return (
            (theta + problem.phi * A)
            * (theta + problem.psi * A)
            / (problem.psi * theta)
        )

    visible = theta > linear and place(theta * (1 + 1e-6)) > place(theta)
    return place(theta) if visible else None


# %% tags=["hide-input"]
def largest(problem, theta):
    """The largest eigenvalue in theory: the norm spike, or else the bulk's edge."""
    spike = norm_spike(problem, theta)
    return edges(problem)[-1, 1] if spike is None else spike


def study(problem):
    """Eigenvalues of every draw, and the largest minus its prediction from the draw's h."""
    values, gaps = [], []
    for s in draws:
        step = OneStep.draw(problem, s)
        h = np.sum(step.X**2, axis=1) / problem.d - 1
        values.append(step.spectrum(0.0))
        theta = problem.student[2] ** 2 * (h @ h) * problem.phi
        gaps.append(values[-1][-1] - largest(problem, theta))
    return np.array(values), np.array(gaps)


even = replace(problem, activation=quadratic)
values, gaps = study(even)
_, half_gaps = study(even.resized(n // 2))
position = largest(even, 2 * even.student[2] ** 2)
spike = norm_spike(even, 2 * even.student[2] ** 2)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Squared singular values of $F_0/\\sqrt n$ for a mostly quadratic activation. Bars and points are simulated, the line is theory. The bar at the right is the norm spike {eq}`eq-norm-spike`.", "name": "fig-norm-spike"}, "image": {"alt": "A histogram followed by a theoretical curve. One more value sits apart from the bulk, at the predicted mark."}}
picture(
    Spectrum.of(
        values,
        lambda x: density(even, x),
        order=n,
        outliers=() if spike is None else (spike,),
    )
)

# %% tags=["remove-input"]
claims.check(
    "Mostly quadratic activation: largest eigenvalue minus its prediction, extrapolated",
    measured=over_seeds(2 * gaps - half_gaps),
    predicted=0.0,
    source="Appendix to Setup, proposition of the norm spike",
    explain="Near its threshold the spike and the edge repel each other, and the "
    "extrapolation needs larger n.",
    control=("the spike is hidden", edges(even)[-1, 1] - position),
)
for name in ("tanh", "relu"):
    case = replace(problem, activation=name)
    top = over_seeds([OneStep.draw(case, s).spectrum(0.0)[-1] for s in draws])
    pure = Bulk(case.phi, case.psi, 0.0, case.student.second_moment)
    claims.check(
        f"Untrained spectrum, {name}: nothing beyond the bulk",
        measured=top - edges(case)[-1, 1],
        predicted=0.0,
        kind="at most",
        source="Setup, theorem of the three traces",
        control=(
            "the edge for independent entries of the same variance",
            top.mean - raw_edges(pure)[-1, 1],
        ),
    )


# %% [markdown]
# *How quadratic must an activation be?*
# Take $\sigma = c_1 He_1 + c_2 He_2$.
# For $c_1 = 0$, $A = c_>^2$ does not depend on $\theta$, and $\psi x = \theta + (\phi+\psi)A + \phi\psi A^2/\theta$ increases at $\theta$ if and only if $\theta^2 > \phi\psi A^2$.
# With $\theta = 2c_2^2 = c_>^2 = A$ this is $\phi\psi < 1$, that is $d^2 < nN$.
#
# ## A first output of order one, and logarithms
#
# Setup predicts what a first output of order one leaves: the constant {eq}`eq-order-one`.
# And its rate has logarithms, from $\max_j |a_j|$ and from the largest labels.
# Four versions tell these apart: the mean-field scaling; the order-one scaling with $\beta$ and with $\beta_r$; and a tame case without tails, where $a_j = 1/\sqrt N$ and the labels are bounded.

# %% tags=["hide-input"]
def distances(problem, seed):
    """|G - c_1 a beta'| in operator norm, for the beta of the labels and of the residuals."""
    step = OneStep.draw(problem, seed)
    batch = step.gradient_batch
    beta = network.direction(batch.X, batch.y)
    labels = problem.student[1] * np.outer(step.a, beta)
    return operator_norm(step.G - labels), operator_norm(step.G - step.rank_one)


def by_size(problem):
    """Both distances for every draw and size: (2, seeds, sizes)."""
    scaled = [problem.resized(size) for size in sizes]
    found = [[distances(case, s) for case in scaled] for s in draws]
    return np.moveaxis(found, -1, 0)


def exponent(errors):
    """The slope of log error against log n, fitted on each seed."""
    return over_seeds(np.polyfit(np.log(sizes), np.log(errors.T), 1)[0])


tame = replace(problem, readout="constant", teacher="tanh", noise_std=0.0)
order_one, residual = by_size(replace(problem, first_output="order_one"))
mean_field, bounded = by_size(problem)[0], by_size(tame)[0]
student = problem.student
constant = abs(student[1]) * np.sqrt(
    student[1] ** 2 + problem.phi * student.second_moment
)
errors = {
    "order-one output, β": (order_one, np.full(len(sizes), constant)),
    "mean-field output, β": (mean_field, None),
    "mean-field output, β, no tails": (bounded, None),
}

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Distance of the gradient from $c_1 a\\beta^\\top$, in operator norm, against the number of rows. Points are simulated. Lines are the constant {eq}`eq-order-one` and the rate $1/\\sqrt n$ through the last point.", "name": "fig-rank-one"}, "image": {"alt": "Log-log plot of three error curves against the number of rows. The upper one stays at the predicted constant. Of the two others the one without tails falls exactly along its line, the other a little more slowly."}}
root = np.sqrt(sizes[-1] / np.array(sizes))
curves.comparison(
    [
        curves.Curve(
            name,
            (sizes, values[:, -1].mean() * root if line is None else line),
            (sizes, over_seeds(values)),
        )
        for name, (values, line) in errors.items()
    ],
    "$n$",
    r"$\|G - c_1 a \beta^\top\|_{\mathrm{op}}$",
    xscale="log",
    yscale="log",
    xticks=sizes,
)

# %% tags=["remove-input"]
source = "Setup, theorem: the gradient is rank one"
claims.check(
    "Gradient minus rank one, no tails: slope against n",
    measured=exponent(bounded),
    predicted=-0.5,
    source=source,
    control=(
        "the rate √(log n / n)",
        np.polyfit(np.log(sizes), np.log(np.sqrt(np.log(sizes) / sizes)), 1)[0],
    ),
)
claims.check(
    "Gradient minus rank one, mean-field output: slope",
    measured=exponent(mean_field),
    predicted=0.0,
    kind="less than",
    source=source,
)
claims.check(
    "Gradient minus rank one: slope for order-one output and β_r, minus slope for "
    "mean-field output and β",
    measured=exponent(residual / mean_field),
    predicted=0.0,
    source=source,
    control=("β in the place of β_r", exponent(order_one / mean_field).mean),
)
claims.check(
    "Gradient minus rank one, order-one output and β: the constant that is left",
    measured=over_seeds(order_one[:, -1]),
    predicted=constant,
    source="Setup, the size of the first output",
    control=(
        "the untrained output has no linear part",
        abs(student[1]) * np.sqrt(problem.phi * student.second_moment),
    ),
)

# %% tags=["remove-input"]
tamed = {
    "Gaussian second layer, labels as in Setup": mean_field,
    "constant second layer, labels as in Setup": by_size(
        replace(problem, readout="constant")
    )[0],
    "Gaussian second layer, bounded labels": by_size(replace(tame, readout="gaussian"))[
        0
    ],
    "constant second layer, bounded labels": bounded,
}
record(rank_one_slopes=[exponent(each).mean for each in tamed.values()])
markdown_table(
    [(name, exponent(each)) for name, each in tamed.items()],
    ("Network and labels", "slope of the error"),
)

# %% [markdown]
# The table tames one tail at a time.
# The slope nearer to $-\frac12$ belongs to the version that lost the more harmful tail.
# The proof tells why labels can do so much: they enter through the largest eigenvalue of $\frac1nX^\top\operatorname{diag}(r^2)X$, where they are squared.
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
