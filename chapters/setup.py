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
# # Setup
#
# **The result of this chapter.** Before anything is learned, a wide two-layer network is a linear map plus noise, and its
# spectrum is a deterministic curve. The first gradient of its first layer is, up to an error that vanishes like
# $1/\sqrt n$ (and logarithms), a single outer product: every hidden unit is pushed in the *same* direction, and that direction is a noisy
# copy of the one the teacher uses.
#
# After reading it you will be able to
#
# * say which problem the book is about, and what each of its assumptions is for;
# * read the Hermite coefficients of an activation, and tell from them what a network can and cannot represent;
# * predict the singular values of the random feature matrix of *your* sizes and activation, outliers included;
# * explain why one gradient step changes the network by a rank-one matrix, when it does not, and how well the step is aligned with the teacher.
#
# You need linear algebra (singular values, operator norm) and probability (Gaussian vectors, laws of large numbers).
# Random matrix theory is introduced where it is used. Symbols are collected on the page [Notation](notation).
#
# Every number and every figure below was computed by the run that made this page, from the following parameters.

# %% tags=["parameters"]
n = 1000                   # rows of each batch [>= 200]
d = 500                    # input dimension [>= 20]
N = 1500                   # hidden units [>= 20]
activation = "tanh"        # of the network that takes the gradient step
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5            # standard deviation of the label noise [>= 0]
odd = "tanh"               # spectrum experiment: odd [tanh | erf | sin | sigmoid]
non_odd = "relu"           # spectrum experiment: not odd [relu | softplus]
quadratic = [0.0, 0.3, 0.6]  # spectrum experiment: mostly quadratic, by coefficients
ridge = 0.1                # penalty at which the resolvent is compared [> 0]
sizes = [150, 300, 600, 1200]  # gradient experiment: values of n [>= 50]
ratios = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0]  # direction experiment: values of d/n [> 0]
direction_seeds = 24       # direction experiment: draws that are averaged [>= 2]
samples = 400000           # Gaussian draws for the Hermite coefficients [>= 1000]
seeds = 16                 # draws averaged in the other experiments [>= 2]
seed = 0                   # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
from IPython.display import Markdown, display

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures import curves, spectrum
from onestep.book.statistics import chance, over_seeds, share_of_chance
from onestep.hermite import basis
from onestep.simulation import network, sample
from onestep.simulation.spectrum import operator_norm, squared_singular_values
from onestep.theory.resolvent import (
    Bulk,
    density,
    edges,
    raw_edges,
    raw_traces,
    traces,
)

draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
Markdown(
    rf"Aspect ratios: $d/n = {problem.phi:.3g}$ and $d/N = {problem.psi:.3g}$."
)

# %% [markdown]
# ## The model
#
# A **teacher** produces the data and a **student** network has to learn from it.
#
# ````{prf:definition} Teacher and student
# :label: def-model
#
# Inputs are standard Gaussian, and the label of an input depends on one direction of it:
#
# ```{math}
# :label: eq-teacher
# \begin{gathered}
# y_i = \sigma_\star(\beta_\star^\top x_i) + \varepsilon_i, \qquad \|\beta_\star\| = 1, \\
# x_i \sim \mathcal N(0, I_d), \qquad \varepsilon_i \sim \mathcal N(0, \sigma_\varepsilon^2).
# \end{gathered}
# ```
#
# The student is a network with one hidden layer of $N$ units,
#
# ```{math}
# :label: eq-network
# f(x) = a^\top \sigma(W x), \quad W \in \mathbb R^{N \times d},\; a \in \mathbb R^N,
# ```
#
# which starts from $a_j \sim \mathcal N(0, 1/N)$ and from a first layer $W_0$ whose rows are independent and uniform on the unit sphere.
# ````
#
# Training has two stages, each with its own batch of $n$ rows {cite}`Ba2022,Moniri2024`.
#
# **Stage one: one step on the first layer.** With $X \in \mathbb R^{n\times d}$, $y \in \mathbb R^n$ the first batch and
# $r = y - f_0(X)$ what the untrained network $f_0$ leaves to be explained, the step for the squared loss is
#
# ```{math}
# :label: eq-gradient
# \begin{gathered}
# W = W_0 + \eta\, G, \\
# G = \tfrac1n \big[ (a\, r^\top) \circ \sigma'(W_0 X^\top) \big] X ,
# \end{gathered}
# ```
#
# where $\circ$ multiplies entry by entry. ($-G$ is the gradient of $\frac1{2n}\|y - f(X)\|^2$ with respect to $W$. Where the first output is scaled down
# by $\sqrt N$, as in the table below, the gradient is too, and that factor is counted as part of $\eta$.) The step size
# grows with the data, $\eta = n^{\alpha}$ with $0 \le \alpha \le \frac12$, and the whole book is about what changes as $\alpha$ does.
# A first layer that moves so little that the network stays linear in the change of its weights is trained *lazily* {cite}`Chizat2019`: it regresses with a kernel that the initialisation has fixed, the neural tangent kernel {cite}`Jacot2018`,
# and learns no features. The constant step, $\alpha = 0$, is the smallest that changes the features by a matrix of their own size.
#
# **Stage two: ridge regression on the new features.** A fresh batch $(\tilde X, \tilde y)$ is sent through the hidden layer,
#
# ```{math}
# :label: eq-features
# \begin{gathered}
# F = \sigma(\tilde X W^\top) \in \mathbb R^{n \times N}, \\
# \hat a = \operatorname*{argmin}_{a} \; \tfrac1n \|\tilde y - F a\|^2 + \lambda \|a\|^2 .
# \end{gathered}
# ```
#
# Everything that the network learned in stage one must show in the matrix $F$. The untrained features
# $F_0 = \sigma(\tilde X W_0^\top)$ are the point of comparison, and the subject of the first half of this chapter.
#
# ### What each condition is for
#
# | Condition | What it is for | Without it |
# |---|---|---|
# | $n, d, N \to \infty$ with $d/n \to \phi$, $d/N \to \psi$ | numbers of data, inputs and units are comparable, as in many networks that are in use, and spectra have limits | one of the three is as good as infinite, and other limits apply |
# | Gaussian inputs | Hermite polynomials become the natural basis {eq}`eq-hermite` | another basis is needed, and the theorems below are not proved |
# | rows of $W_0$ on the unit sphere | $w_j^\top x \sim \mathcal N(0,1)$ exactly, so one expansion of $\sigma$ serves all units | each unit has its own coefficients |
# | $\mathbb E\,\sigma(Z) = 0$ | removes the constant matrix $c_0 1_n 1_N^\top$ from $F_0$, whose norm $c_0\sqrt{nN}$ would dwarf everything else | one more spike, along the constant vector $1_n$, which knows the mean of the labels at most; `Problem` subtracts the mean and reports it |
# | $c_1 = \mathbb E\,[\sigma(Z) Z] \ne 0$ | it is the size of the rank-one part of the gradient | one small step moves nothing coherently; `Problem` refuses such an activation |
# | first output small, $f_0 = a^\top\sigma(W_0x)/\sqrt N$ | the residual $r$ is then the label $y$, up to a vanishing part | the direction of the step is wrong by a term that does *not* vanish; see [below](sec-rank-one) |
# | a fresh batch in stage two | $\tilde X$ is independent of $W$ | $F$ and the step are correlated, overfitting of stage one enters |
# | $\sigma$ smooth, with bounded derivatives | the proofs; the Hermite coefficients then decay fast | an activation with a kink, such as ReLU, is not covered by the proofs; the experiments try one all the same |
# | $\eta = n^\alpha$, $\alpha < \frac12$ | the change of each row of $W_0$ stays small against its length | at $\alpha = \frac12$ row and change are comparable, and a different theory is needed |
#
# ## Hermite expansions: a function as a Gaussian sees it
#
# Feed a Gaussian variable $Z$ into an activation. The probabilists' Hermite polynomials $He_0 = 1$, $He_1 = z$, $He_2 = z^2 - 1$, $He_3 = z^3 - 3z, \dots$
# are what orthogonalising $1, z, z^2, \dots$ under the Gaussian gives, with $\mathbb E[He_j(Z) He_k(Z)] = k!\,1\{j = k\}$. In this basis
#
# ```{math}
# :label: eq-hermite
# \begin{gathered}
# \sigma(z) = \sum_{k \ge 0} c_k\, He_k(z), \qquad \mathbb E\,\sigma(Z)^2 = \sum_{k\ge0} k!\, c_k^2 , \\
# c_k = \frac{1}{k!}\,\mathbb E\,[\sigma(Z) He_k(Z)] .
# \end{gathered}
# ```
#
# We write $c_>^2 = \mathbb E\,\sigma(Z)^2 - c_0^2 - c_1^2$ for the variance that no affine function explains, and $c_{\star,k}$ for the
# coefficients of the teacher, with $c_\star^2 = \mathbb E\,\sigma_\star(Z)^2$. Two facts make the basis the right one here {cite}`ODonnell2014`.
#
# ````{prf:lemma} Stein, and correlated Gaussians
# :label: lem-hermite
#
# 1. If $\sigma$ has no jumps and a derivative almost everywhere, $c_1 = \mathbb E\,\sigma'(Z)$.
# 2. If $u, v$ are unit vectors and $x \sim \mathcal N(0, I_d)$, then $\mathbb E\,[He_j(u^\top x)\, He_k(v^\top x)] = k!\, (u^\top v)^k\, 1\{j = k\}$.
# ````
#
# ````{dropdown} Proof
# *1.* Integrate by parts: the Gaussian density $g$ has $g' = -z g$, so $\mathbb E[\sigma(Z) Z] = -\int \sigma g' = \int \sigma' g$.
#
# *2.* The generating function is $e^{sz - s^2/2} = \sum_k He_k(z) s^k/k!$. Hence
#
# $$
# \begin{aligned}
# \mathbb E\Big[e^{s u^\top x - s^2/2}\, e^{t v^\top x - t^2/2}\Big]
# &= e^{\frac12 \|s u + t v\|^2 - \frac12 s^2 - \frac12 t^2} \\
# &= e^{s t\, u^\top v} = \sum_k \frac{(s t\, u^\top v)^k}{k!} .
# \end{aligned}
# $$
#
# Compare the coefficients of $s^j t^k$ on both sides. $\square$
# ````
#
# The second fact has a consequence that runs through the whole book. The overlap between a random row $w_j$ and any fixed direction is of order $1/\sqrt d$.
# Hence a unit's *linear* part correlates with a function of that direction at order $d^{-1/2}$, its quadratic part at order $d^{-1}$, its
# cubic part at order $d^{-3/2}$: with $N$ and $n$ proportional to $d$ only the linear part can be used. **Without training, the non-linear parts of the
# activation are noise.** How a gradient step turns them into features is the story of the chapters that follow.

# %%
names = ("tanh", "erf", "sigmoid", "relu", "softplus", "sin")
degrees = np.arange(1, 8)
students = {name: Problem(activation=name) for name in names}


def shares_predicted(student):
    """c_k sqrt(k!) / sqrt(E sigma^2): coefficients whose squares add up to one."""
    factorial = np.cumprod(degrees, dtype=float)
    return np.array([student.student[k] for k in degrees]) * np.sqrt(
        factorial / student.student.second_moment
    )


def shares_measured(student, z):
    """The same from averages of sigma(Z) He_k(Z), one for each row of z."""
    products = basis(z, degrees[-1])[1:] * student.sigma(z)
    return products.mean(axis=-1).T / np.sqrt(student.student.second_moment)


# In a hundred blocks, as if there were so many seeds: their scatter is the error.
z = np.random.default_rng(seed).standard_normal((100, samples // 100))
predicted = {name: shares_predicted(students[name]) for name in names}
blocks = {name: shares_measured(students[name], z) for name in names}
measured = {name: over_seeds(values) for name, values in blocks.items()}

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Hermite coefficients of six activations, normalised so that the squares of all of them add up to one. Stems: quadrature. Points: averages over Gaussian draws, with standard errors. Odd activations (and the sigmoid, odd after centring) have no even part; ReLU and softplus are $z/2$ plus an even function, so that beyond degree one they have even parts only.", "name": "fig-hermite"}, "image": {"alt": "Six small panels, one per activation, with a stem for each Hermite degree from one to seven. The linear coefficient is the largest everywhere. tanh, erf, sigmoid and sin show only odd degrees; relu and softplus show degree two as well and no degree three."}}
curves.coefficients(
    predicted,
    {
        name: (average.mean, average.standard_error)
        for name, average in measured.items()
    },
    r"$c_k\,\sqrt{k!}\,/\,\sqrt{\mathrm{E}\,\sigma^2}$",
)

# %% tags=["hide-input"]
display(
    claims.check(
        f"Hermite coefficients of {len(names)} activations: sample averages agree with "
        "quadrature (largest deviation; 1 is what chance explains)",
        measured=share_of_chance(
            np.stack(list(blocks.values()), axis=1), list(predicted.values())
        ),
        predicted=1.0,
        tolerance=0.0,
        source="Setup, Hermite expansions",
        kind="at most",
        control=(
            "the activation's nearest neighbour in this list",
            min(
                share_of_chance(blocks[name], predicted[other])
                for name in names
                for other in names
                if other != name
            ),
        ),
    )
)
slope = over_seeds(problem.sigma.derivative(z).mean(axis=1))
display(
    claims.check(
        f"Stein's lemma: the mean slope of {activation} is its first coefficient",
        measured=slope.mean,
        predicted=problem.student[1],
        standard_error=slope.standard_error,
        tolerance=chance(len(z)) * slope.standard_error,
        source="Setup, Hermite expansions",
        control=(
            "the root mean square of the slope",
            np.sqrt(problem.student[1] ** 2 + problem.student.slope_variance),
        ),
    )
)


# %% [markdown]
# ## The untrained features: a linear map plus noise
#
# Fix the weights $W_0$. The rows of $F_0$ are then independent, and {prf:ref}`lem-hermite` gives their covariance:
#
# ```{math}
# :label: eq-covariance
# \begin{aligned}
# \mathbb E\,[\sigma(w_i^\top x)\,\sigma(w_j^\top x)] &= \sum_{k\ge1} k!\,c_k^2\, (w_i^\top w_j)^k \\
# &= \big[\, c_1^2\, W_0 W_0^\top + c_>^2\, I_N \,\big]_{ij} \\
# &\quad + 2 c_2^2\,(w_i^\top w_j)^2\, 1\{i \ne j\} + \cdots
# \end{aligned}
# ```
#
# Off the diagonal $w_i^\top w_j$ is of order $1/\sqrt d$, so that the terms with $k \ge 2$ have small entries; as *matrices* they are small too, but for
# one direction to which we return in a moment. The covariance in brackets is that of a much simpler matrix.
#
# ````{prf:theorem} Gaussian equivalence
# :label: thm-equivalence
#
# Let $Z \in \mathbb R^{n\times N}$ have independent standard Gaussian entries, independent of $\tilde X$ and $W_0$. In the proportional limit
# the eigenvalues of $F_0 F_0^\top / n$ have the same limiting distribution as those of $F_{\rm lin} F_{\rm lin}^\top / n$, where
#
# ```{math}
# :label: eq-equivalent
# F_{\rm lin} = c_1\, \tilde X W_0^\top + c_>\, Z ,
# ```
#
# and ridge regression on $F_0$ and on $F_{\rm lin}$ has the same training and test error.
# ````
#
# For the spectrum this is due to {cite:t}`PenningtonWorah2017`; the errors of ridge regression were computed by {cite:t}`MeiMontanari2022`, and
# {cite:t}`HuLu2022` prove the equivalence for a wide class of losses, under conditions on the activation. Two applications of the law of {cite:t}`MarchenkoPastur1967` now give the spectrum.
#
# ````{prf:theorem} Three traces
# :label: thm-traces
#
# Let $K = F_0 F_0^\top/n$ and, for $\lambda > 0$,
#
# $$
# \begin{gathered}
# m_1 = \tfrac1n \operatorname{tr}(K+\lambda)^{-1}, \qquad q = \tfrac{\phi}{\psi} - 1 + \lambda m_1, \\
# m_2 = \tfrac1{nd} \operatorname{tr} \tilde X^\top (K+\lambda)^{-1} \tilde X .
# \end{gathered}
# $$
#
# In the proportional limit they converge to the only solution with $m_1 > 0$ and $q > 0$ of
#
# ```{math}
# :label: eq-traces
# \begin{gathered}
# m_2 = \frac{\phi\, m_1}{\phi + q\, c_1^2 m_1}, \\
# (\lambda + q\, c_>^2)\, m_1 + q\, c_1^2\, m_2 = 1 .
# \end{gathered}
# ```
#
# Continued to $\lambda = -x - i0$, $\operatorname{Im} m_1/\pi$ is the density of the eigenvalues of $K$ at $x$, next to an atom of mass
# $\max(0, 1 - \phi/\psi)$ at zero.
# ````
#
# ````{dropdown} Where the equations come from
# Given $W_0$, the rows of $F_{\rm lin}$ are Gaussian with covariance $\Sigma = c_1^2 W_0W_0^\top + c_>^2 I$. Marchenko and Pastur's law for sample covariance
# matrices says that $(F_{\rm lin}^\top F_{\rm lin}/n + \lambda)^{-1}$ behaves like $\lambda^{-1}(I + m_1\Sigma)^{-1}$, and that
# $\lambda m_1 = 1 - \frac1n\operatorname{tr}\, m_1\Sigma (I + m_1\Sigma)^{-1}$. The trace on the right is over $N = n\phi/\psi$ units, so
#
# $$
# q = \tfrac1n \operatorname{tr} \big( 1 + m_1 c_>^2 + m_1 c_1^2\, W_0 W_0^\top \big)^{-1} .
# $$
#
# Now $W_0W_0^\top$ is itself a Marchenko–Pastur matrix: $N$ rows in dimension $d$. The same law, applied to it, reads
#
# $$
# \frac{\phi}{\psi q} = 1 + m_1 c_>^2 + \frac{m_1 c_1^2}{1 + m_1 c_1^2\, q/\phi} .
# $$
#
# The last fraction is $c_1^2 m_2$ with $m_2$ as in {eq}`eq-traces`, and multiplying by $q$ gives the second equation there.
#
# That this $m_2$ is the third trace one sees from the side of the data. Given $\tilde X$, the columns of $F_{\rm lin}$ are (nearly) Gaussian with covariance $\Sigma' = c_1^2\tilde X\tilde X^\top/d + c_>^2 I$, and by the same law
# $(K+\lambda)^{-1}$ behaves like $(\lambda + q\Sigma')^{-1}$. So the two traces of $\tilde X$ satisfy $(\lambda + q c_>^2)\,m_1 + q c_1^2\,m_2 = 1$, the second equation once more, and the law for $\tilde X\tilde X^\top/d$, $n$ rows in dimension $d$, says
# $1/m_1 = \lambda + q c_>^2 + q c_1^2/(1 + q c_1^2 m_1/\phi)$. Together they give $m_2 = m_1/(1 + q c_1^2 m_1/\phi)$, the first. These equations are those of {cite:t}`AdlamPennington2020`
# in the notation of {cite:t}`Moniri2024`.
# ````
#
# ### The extra direction of activations that are not odd
#
# One term of {eq}`eq-covariance` is not small. The squares $(w_i^\top w_j)^2$ all have the *same sign*, with mean $1/d$: together they form the
# matrix $\frac{2c_2^2}{d}\, 1_N 1_N^\top$, whose only non-zero eigenvalue $2c_2^2 N/d = 2c_2^2/\psi$ is as large as those of the bulk. In the feature matrix itself the term
# has a simple meaning. A Gaussian input is not exactly of length $\sqrt d$, and a longer input stretches the pre-activations of all units alike:
#
# ```{math}
# :label: eq-norm-term
# \begin{gathered}
# \mathbb E_w\,\sigma(w^\top x_i) \approx c_2\, u_i, \qquad u_i = \frac{\|x_i\|^2}{d} - 1, \\
# F_0 \approx F_{\rm lin} + c_2\, u\, 1_N^\top, \qquad \|u\|^2 \approx \frac{2n}{d} .
# \end{gathered}
# ```
#
# It is a feature, in a way (the network can tell long inputs from short ones), but one that carries no information about $y$. Does it stick out of the
# spectrum? The question whether a rank-one term is visible in noise has a sharp answer, the transition of {cite:t}`BaikBenArousPeche2005`; for
# rectangular matrices see {cite:t}`BenaychGeorges2012`.
#
# ````{prf:proposition} The norm spike
# :label: prop-norm-spike
#
# Let $\tau = c_2^2 \|u\|^2 d/n \to 2c_2^2$. If $\tau > c_1^2$, put $A = c_>^2 + \dfrac{c_1^2\,\tau}{\tau - c_1^2}$ and
#
# ```{math}
# :label: eq-norm-spike
# z(\tau) = \frac{(\tau + \phi A)\,(\tau + \psi A)}{\psi\,\tau} .
# ```
#
# An eigenvalue of $F_0F_0^\top/n$ leaves the bulk if and only if $z$ increases at $\tau$, and then it converges to $z(\tau)$. If $\tau \le c_1^2$ there is no outlier, for any sizes.
# ````
#
# ````{dropdown} Proof
# Write $F_0/\sqrt n = B/\sqrt n + \theta\, \hat u \hat e^\top$ with unit vectors $\hat u \propto u$, $\hat e = 1_N/\sqrt N$, bulk $B = F_{\rm lin}$, and
# $\theta^2 = c_2^2\|u\|^2 N/n = \tau/\psi$. A real $x$ beyond the bulk is an eigenvalue of $F_0F_0^\top/n$ when a $2\times2$ determinant vanishes. Since $\hat u$ and $\hat e$ are independent
# of each other and in general position to $B$, that is
#
# $$
# \begin{aligned}
# 1 &= \theta^2 x \cdot \hat u^\top (x - \tfrac1n BB^\top)^{-1} \hat u \cdot \hat e^\top (x - \tfrac1n B^\top B)^{-1} \hat e \\
# &\approx \theta^2 x \cdot \tfrac1n\operatorname{tr}(x - \tfrac1n BB^\top)^{-1} \cdot \tfrac1N\operatorname{tr}(x - \tfrac1n B^\top B)^{-1} .
# \end{aligned}
# $$
#
# At $\lambda = -x$ the two traces are $-m_1$ and $\frac{\psi}{\phi}\,q/x$, so the condition reads $\tau\, q\, m_1 = -\phi$. Put $\mathsf u = q m_1 = -\phi/\tau$. In the variable $\mathsf u$ the equations {eq}`eq-traces`
# are explicit: with $\mathrm{df} = c_>^2 \mathsf u + c_1^2\phi\,\mathsf u/(\phi + c_1^2 \mathsf u)$ they say $\lambda m_1 = 1 - \mathrm{df}$ and $q = \phi/\psi - \mathrm{df}$, hence
#
# $$
# x = -\lambda = -\frac{(1 - \mathrm{df})(\phi/\psi - \mathrm{df})}{\mathsf u} .
# $$
#
# At $\mathsf u = -\phi/\tau$ one finds $\mathrm{df} = -\phi A/\tau$, which gives {eq}`eq-norm-spike`. To the right of the bulk $\mathsf u$ increases from its value at the edge, where $\mathrm dx/\mathrm d\mathsf u = 0$, to $0$ at infinity, without meeting the pole $\mathsf u = -\phi/c_1^2$;
# so $\tau > c_1^2$, and $x$ increases with $\tau$. Between pole and $0$, $x$ is a convex function of $\mathsf u$ (put $v = -\mathsf u$ and $g = -\mathrm{df}/v$, which is positive, increasing and convex in $v$: then $x = \frac{\phi}{\psi v} + (1 + \frac\phi\psi)\, g + v g^2$), so that
# the edge is the only place where it turns, and $\tau$ lies beyond it exactly when $z$ increases. $\square$
# ````
#
# The proposition settles the matter for the usual activations. ReLU and softplus have the term, but $2c_2^2 < c_1^2$ for both: the linear part hides it at all sizes. A mostly
# quadratic activation can show it.

# %%
def norm_spike(problem, tau):
    """The position z(tau) of the norm spike, or None where the bulk hides it."""
    linear, nonlinear = problem.student[1] ** 2, problem.student.nonlinear_variance

    def position(tau):
        A = nonlinear + linear * tau / (tau - linear)
        return (
            (tau + problem.phi * A) * (tau + problem.psi * A) / (problem.psi * tau)
        )

    visible = tau > linear and position(tau * (1 + 1e-6)) > position(tau)
    return position(tau) if visible else None


def largest_predicted(problem, tau):
    """The largest eigenvalue in theory: the norm spike, or else the bulk's edge."""
    spike = norm_spike(problem, tau)
    return edges(problem)[-1, 1] if spike is None else spike


def untrained(problem):
    """Eigenvalues of F0 F0'/n and the norm spike's strength tau, for every draw."""
    values, strengths = [], []
    for s in draws:
        X = sample.batch(problem, s, "ridge", problem.n).X
        F0 = network.features(problem, X, sample.weights(problem, s))
        u = np.sum(X**2, axis=1) / problem.d - 1
        values.append(squared_singular_values(F0))
        strengths.append(problem.student[2] ** 2 * (u @ u) * problem.phi)
    return np.array(values), np.array(strengths)


cases = [
    replace(problem, activation=choice) for choice in (odd, non_odd, quadratic)
]
full = [untrained(case) for case in cases]
values = [eigenvalues for eigenvalues, _ in full]

# %% [markdown]
# At finite size the mean of a trace, or of the position of an outlier, differs from its limit by a relative $O(1/n)$. To test a limit, we measure at $n$ and at $n/2$, with $d$ and $N$ in proportion, and look at the differences $v$ from
# the prediction for each size's own $d/n$ and $d/N$: if $v(n) = v_\infty + b/n$, then $2v(n) - v(n/2) = v_\infty$, and this must vanish.

# %%
half_cases = [case.resized(n // 2) for case in cases]
half = [untrained(case) for case in half_cases]


def resolvent_error(problem, eigenvalues, strengths):
    """m1 of every draw over its prediction, minus one."""
    # The n - N eigenvalues that N < n leaves out are zero.
    missing = problem.n - eigenvalues.shape[1]
    total = np.sum(1 / (eigenvalues + ridge), axis=1) + missing / ridge
    return total / problem.n / traces(problem, ridge).m1 - 1


def gap(problem, eigenvalues, strengths):
    """The largest eigenvalue minus its prediction from the draw's own tau."""
    return eigenvalues[:, -1] - [
        largest_predicted(problem, tau) for tau in strengths
    ]


def extrapolated(error, k):
    """2 v(n) - v(n/2) for activation number k: without the correction of order 1/n."""
    return over_seeds(
        2 * error(cases[k], *full[k]) - error(half_cases[k], *half[k])
    )


resolvent_errors = [extrapolated(resolvent_error, k) for k in range(3)]
spike_gap = extrapolated(gap, 2)

# %% tags=["hide-input"]
terms = [(f"{c:g}", k) for k, c in enumerate(quadratic) if c]
labels = (
    odd,
    non_odd,
    "mostly quadratic, " + " + ".join(f"{c} He{k}" for c, k in terms),
)
titles = (
    f"{odd} (odd)",
    f"{non_odd} (not odd)",
    "mostly quadratic, $" + " + ".join(rf"{c}\,He_{k}" for c, k in terms) + "$",
)


def spectrum_of(problem, eigenvalues, title):
    """Histogram over seeds and predicted density, both per unit of ln x."""
    low, high = edges(problem)[0, 0], max(eigenvalues.max(), edges(problem)[-1, 1])
    bins = np.geomspace(0.9 * low, 1.04 * high, 60)
    width = np.diff(np.log(bins))
    heights = over_seeds(
        [np.histogram(v, bins)[0] / (problem.n * width) for v in eigenvalues]
    )
    x = np.geomspace(bins[0], bins[-1], 800)
    top = over_seeds(eigenvalues[:, -1])
    spike = norm_spike(problem, 2 * problem.student[2] ** 2)
    return spectrum.Spectrum(
        title,
        bins,
        heights.mean,
        heights.standard_error,
        x,
        x * density(problem, x),
        top.mean,
        top.standard_error,
        () if spike is None else (spike,),
    )


spectra = [spectrum_of(*case) for case in zip(cases, values, titles, strict=True)]

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Squared singular values of $F_0/\\sqrt n$ for three activations. Bars and points: simulation, mean over seeds with standard errors. Lines: density from {eq}`eq-traces`. Triangle: mean largest value. The vertical bar marks the norm spike predicted by {eq}`eq-norm-spike`; odd activations have none, and that of the second activation is hidden by the bulk.", "name": "fig-untrained"}, "image": {"alt": "Three stacked histograms on a logarithmic axis, each followed closely by a theoretical curve with a sharp left and right edge. In the first two the largest eigenvalue sits at the right edge of the bulk; in the third it sits apart from the bulk, at the predicted mark."}}
spectrum.histograms(
    spectra,
    r"squared singular value $x$ of $F_0/\sqrt{n}$",
    r"density per unit of $\ln x$",
    xscale="log",
)

# %% tags=["hide-input"]
for label, case, error in zip(labels, cases, resolvent_errors, strict=True):
    linear = Bulk(case.phi, case.psi, case.student[1] ** 2, 0.0)
    display(
        claims.check(
            f"Untrained spectrum, {label}: relative error of m₁ at ridge {ridge:g}, "
            "extrapolated",
            measured=error.mean,
            predicted=0.0,
            standard_error=error.standard_error,
            tolerance=chance(seeds) * error.standard_error,
            source="Setup, theorem of the three traces",
            control=(
                "the linear part alone, no noise",
                raw_traces(linear, ridge).m1 / traces(case, ridge).m1 - 1,
            ),
        )
    )
for label, case, eigenvalues in zip(labels[:2], cases[:2], values[:2], strict=True):
    top, edge = over_seeds(eigenvalues[:, -1]), edges(case)[-1, 1]
    pure = Bulk(case.phi, case.psi, 0.0, case.student.second_moment)
    display(
        claims.check(
            f"Untrained spectrum, {label}: nothing beyond the bulk (largest eigenvalue "
            "minus the edge)",
            measured=top.mean - edge,
            predicted=0.0,
            standard_error=top.standard_error,
            tolerance=chance(seeds) * top.standard_error,
            source="Setup, theorem of the three traces",
            kind="at most",
            control=(
                "the edge for independent entries of the same variance",
                top.mean - raw_edges(pure)[-1, 1],
            ),
        )
    )
position = largest_predicted(cases[2], 2 * cases[2].student[2] ** 2)
display(
    claims.check(
        f"Untrained spectrum, {labels[2]}: largest eigenvalue minus its prediction, "
        "extrapolated",
        measured=spike_gap.mean,
        predicted=0.0,
        standard_error=spike_gap.standard_error,
        tolerance=chance(seeds) * spike_gap.standard_error,
        source="Setup, proposition of the norm spike",
        explain="Near its threshold the spike and the edge repel each other, and the "
        "extrapolation needs larger n.",
        control=("the spike is hidden", edges(cases[2])[-1, 1] - position),
    )
)

# %% tags=["remove-input"]
spike = norm_spike(cases[2], 2 * cases[2].student[2] ** 2)
where = (
    "no norm spike is predicted"
    if spike is None
    else f"the norm spike is predicted at {spike:.3f}"
)
Markdown(
    f"For the mostly quadratic activation {where}; the bulk ends at "
    f"{edges(cases[2])[-1, 1]:.3f}, and the largest eigenvalue of {seeds} draws is "
    f"{over_seeds(values[2][:, -1]):.3f}. Part of that scatter is the scatter of $\\|u\\|$ "
    "itself. With the measured $\\|u\\|$ in the place of its limit, and extrapolated in "
    f"1/n, the difference between measured and predicted position is {spike_gap:.3f}."
)


# %% [markdown]
# The finite-size correction is not the same for all activations. A quadratic feature lives in the space of the $d^2/2$ products of two coordinates, a space that is large compared with $N$,
# but not infinitely so: the relative correction is of the order $N/d^2$ times the quadratic share of the variance. It is one reason to expect larger corrections for polynomial activations.
#
# (sec-rank-one)=
# ## The gradient is a single outer product
#
# Look again at the gradient {eq}`eq-gradient`. By Stein's lemma the mean of $\sigma'$ is $c_1$. Replace the matrix $\sigma'(W_0X^\top)$ by its mean, and what is left is
# an outer product: *every hidden unit is pushed in the same direction $X^\top r/n$*, each in proportion to its weight $a_j$ in the second layer.
#
# ````{prf:theorem} The gradient is rank one
# :label: thm-rank-one
#
# Let $\beta_r = X^\top r/n$. In the proportional limit, with overwhelming probability,
#
# ```{math}
# :label: eq-rank-one
# \| G - c_1\, a\, \beta_r^\top \|_{\rm op} = O\!\left(\frac{\operatorname{polylog} n}{\sqrt n}\right),
# ```
#
# while $\|c_1\, a\, \beta_r^\top\|_{\rm op} \approx |c_1|\, \|\beta_r\|$ does not decay. If the first output is small, $f_0 = a^\top\sigma(W_0 x)/\sqrt N$, the same holds with $\beta = X^\top y/n$ in the place of $\beta_r$.
# ````
#
# ````{dropdown} Sketch of the proof
# Write $\sigma' = c_1 + \sigma'_\perp$. The difference $\Delta = G - c_1 a\beta_r^\top$ has the rows
#
# $$
# \Delta_j = a_j v_j^\top, \qquad v_j = \tfrac1n X^\top \big( r \circ \sigma'_\perp(X w_j) \big).
# $$
#
# Given the data, the $v_j$ are (nearly) independent, and by {prf:ref}`lem-hermite` the vectors $\sigma'_\perp(Xw_j)$ have a covariance of bounded norm: $\operatorname{Var}\sigma'(Z)$ on the diagonal, and off it, where $c_2 \ne 0$, a part close to $4c_2^2\, XX^\top\!/d$.
# So $V = (v_j)$ behaves like a Gaussian matrix whose rows have a covariance of norm at most a constant times that of $\frac1n \cdot \frac1n X^\top \operatorname{diag}(r^2) X$, and
#
# $$
# \|\Delta\|_{\rm op} \le \max_j |a_j| \cdot \|V\|_{\rm op}, \qquad \|V\|_{\rm op} = O(1) \cdot \max_i |r_i| .
# $$
#
# With $a_j$ of order $1/\sqrt N$ that is the claimed rate. The two maxima, over a Gaussian second layer and over the labels, are where the logarithms come from. {cite:t}`Ba2022` and {cite:t}`Moniri2024` have the details. $\square$
# ````
#
# **Why the size of the first output matters.** In the theorem, $\beta_r$ contains the residual, and it is tempting to forget the difference between
# $r = y - f_0(X)$ and $y$: the untrained network knows nothing, after all. But knowing nothing is not the same as being small. With $a_j \sim \mathcal N(0, 1/N)$ the untrained output $f_0 = a^\top\sigma(W_0x)$ is of order one, and it has a direction of its own:
#
# ````{prf:lemma} What a weighted mean of inputs looks like
# :label: lem-weighted-mean
#
# Let $s_i = s(x_i)$ be values with linear part $\ell\, b^\top x$, $\|b\| = 1$, and second moment $\mathbb E s^2$. In the proportional limit
#
# ```{math}
# :label: eq-weighted-mean
# \big\|\tfrac1n X^\top s\big\|^2 \to \ell^2 + \phi\, \mathbb E s^2, \qquad b^\top \tfrac1n X^\top s \to \ell .
# ```
# ````
#
# ````{dropdown} Proof, for values that depend on one direction
# Along $b$ the vector $X^\top s/n$ is an average of $n$ independent terms $s_i\, b^\top x_i$ with mean $\ell$. Orthogonal to $b$ the inputs are independent of the $s_i$: given these, the vector
# is Gaussian with covariance $\frac{\|s\|^2}{n^2} I_{d-1}$, and its squared norm tends to $\frac dn\, \mathbb E s^2$. Noise that is added to the values changes nothing but $\mathbb E s^2$. For values
# that depend on many directions, such as $f_0$, the parts of higher degree are uncorrelated with $x$ and act like noise. $\square$
# ````
#
# The untrained output has the linear part $c_1 (W_0^\top a)^\top x$, of size $|c_1|$, and the second moment $\mathbb E\sigma^2$. Hence
#
# ```{math}
# :label: eq-order-one
# \begin{aligned}
# \| G - c_1\, a\, \beta^\top \|_{\rm op} &\approx |c_1|\, \|a\| \, \big\| \tfrac1n X^\top f_0(X) \big\| \\
# &\to |c_1| \sqrt{c_1^2 + \phi\, \mathbb E\,\sigma(Z)^2} ,
# \end{aligned}
# ```
#
# a constant: with a first output of order one, the gradient step also *un-learns* the random function that the network happened to start with. Dividing the output by $\sqrt N$ makes this term vanish at the same
# rate as the rest. This is the *mean-field* scaling, the default of the book. {eq}`eq-order-one` and the rate are put to the test in four versions:
# the mean-field scaling; the order-one scaling with $\beta$ and with $\beta_r$; and a tame case with no tails to make logarithms, where $a_j = 1/\sqrt N$ and the labels are bounded.

# %%
def rank_one_errors(problem, seed):
    """|G - c_1 a beta'| in operator norm for beta and for beta_r; |c_1 a (beta - beta_r)'|."""
    W0, a = sample.weights(problem, seed), sample.readout(problem, seed)
    batch = sample.batch(problem, seed, "gradient", problem.n)
    step = network.gradient(problem, W0, a, batch)
    directions = network.direction(batch.X, batch.y), step.direction
    c1 = problem.student[1]
    errors = [operator_norm(step.matrix - c1 * np.outer(a, beta)) for beta in directions]
    unlearned = np.subtract(*directions)
    return *errors, abs(c1) * np.linalg.norm(a) * np.linalg.norm(unlearned)


def errors_by_size(problem):
    """The three numbers, each of shape (seeds, sizes), at fixed ratios."""
    scaled = [problem.resized(size) for size in sizes]
    errors = [[rank_one_errors(case, s) for case in scaled] for s in draws]
    return np.moveaxis(np.array(errors), -1, 0)


def fitted_slope(errors):
    """The slope of log error against log n, fitted on each seed."""
    return over_seeds(np.polyfit(np.log(sizes), np.log(errors.T), 1)[0])


order_one = replace(problem, first_output="order_one")
tame = replace(problem, readout="constant", teacher="tanh", noise_std=0.0)
labels_only, residual, unlearned = errors_by_size(order_one)
errors = {
    "order-one output, β": labels_only,
    "order-one output, β_r": residual,
    "mean-field output, β": errors_by_size(problem)[0],
    "mean-field output, β, no tails": errors_by_size(tame)[0],
}
slopes = {name: fitted_slope(values) for name, values in errors.items()}
last = over_seeds(labels_only[:, -1])
apart = np.max(np.abs(labels_only[:, -1] / unlearned[:, -1] - 1))
student = problem.student
constant = abs(student[1]) * np.sqrt(
    student[1] ** 2 + problem.phi * student.second_moment
)


# %% tags=["hide-input"]
def law(name):
    """The constant, or C / sqrt(n) through the measured error at the largest size."""
    if name == "order-one output, β":
        return np.full(len(sizes), constant)
    return errors[name][:, -1].mean() * np.sqrt(sizes[-1] / np.array(sizes))


drawn = []
for name, values_by_seed in errors.items():
    average = over_seeds(values_by_seed)
    label = f"{name}: slope {slopes[name]:.2f}"
    drawn.append(
        curves.Curve(
            label, (sizes, law(name)), (sizes, average.mean, average.standard_error)
        )
    )

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Distance of the gradient from a rank-one matrix, in operator norm, against $n$ at fixed aspect ratios. Points: simulation, mean over seeds with standard errors. Lines: the constant {eq}`eq-order-one`, and the rate $1/\\sqrt n$ drawn through the last point. The legend gives the slope fitted to the points.", "name": "fig-rank-one"}, "image": {"alt": "Log-log plot of four error curves against the number of rows. The points for the order-one output with beta scatter around a horizontal line, the predicted constant, and do not fall. The two curves with logarithms fall a little more slowly than the square-root lines, and the one without tails falls exactly along its line."}}
curves.comparison(
    drawn,
    "$n$",
    r"$\|G - c_1 a \beta^\top\|_{\mathrm{op}}$",
    xscale="log",
    yscale="log",
    xticks=sizes,
)

# %% tags=["remove-input"]
Markdown(
    f"Fitted slopes of log error against log n, standard errors over {seeds} seeds: "
    + "; ".join(f"{name}: **{slope:.3f}**" for name, slope in slopes.items())
    + f". In the limit the error for the order-one output and β is {constant:.3f} at every "
    f"size; at n = {sizes[-1]} it is {last:.3f}. It scatters because each draw un-learns a "
    "random function of its own: in every draw of that size the error is "
    f"$|c_1|\\,\\|a\\|\\,\\|X^\\top f_0(X)/n\\|$ to within {100 * apart:.1f} %."
)

# %% [markdown]
# Without tails the slope is $-\frac12$. With a Gaussian second layer and unbounded labels the points fall less steeply, and the reason is in the proof: $\max_j|a_j|$ and the
# largest labels still grow, logarithmically, with $n$. This is what *polylog* means in practice: at these sizes it is not a detail.

# %% tags=["hide-input"]
constant_slope, _, default, bounded = slopes.values()
same_rate = fitted_slope(residual / errors["mean-field output, β"])
wrong_rate = fitted_slope(labels_only / errors["mean-field output, β"])
with_logarithm = np.sqrt(np.log(sizes) / np.array(sizes))
noise_only = abs(student[1]) * np.sqrt(problem.phi * student.second_moment)
source = "Setup, theorem: the gradient is rank one"
display(
    claims.check(
        "Gradient minus rank one, no tails: slope against n",
        measured=bounded.mean,
        predicted=-0.5,
        standard_error=bounded.standard_error,
        tolerance=chance(seeds) * bounded.standard_error,
        source=source,
        control=(
            "the rate √(log n / n)",
            np.polyfit(np.log(sizes), np.log(with_logarithm), 1)[0],
        ),
    ),
    claims.check(
        "Gradient minus rank one, mean-field output: slope below zero by more than chance",
        measured=default.mean,
        predicted=-chance(seeds) * default.standard_error,
        standard_error=default.standard_error,
        tolerance=0.0,
        source=source,
        kind="at most",
        control=("order-one output and β", constant_slope.mean),
    ),
    claims.check(
        "Gradient minus rank one: slope for order-one output and β_r, minus slope for "
        "mean-field output and β",
        measured=same_rate.mean,
        predicted=0.0,
        standard_error=same_rate.standard_error,
        tolerance=chance(seeds) * same_rate.standard_error,
        source=source,
        control=("β in the place of β_r", wrong_rate.mean),
    ),
    claims.check(
        "Gradient minus rank one, order-one output and β: the constant that is left",
        measured=last.mean,
        predicted=constant,
        standard_error=last.standard_error,
        tolerance=chance(seeds) * last.standard_error,
        source="Setup, the size of the first output",
        control=("the untrained output has no linear part", noise_only),
    ),
)


# %% [markdown]
# ## The direction of the step
#
# All units are pushed along $\beta = X^\top y/n$. Is that the teacher's direction?
#
# ````{prf:proposition} Length and alignment
# :label: prop-direction
#
# In the proportional limit
#
# ```{math}
# :label: eq-direction
# \begin{gathered}
# \|\beta\|^2 \to c_{\star,1}^2 + \phi\,(c_\star^2 + \sigma_\varepsilon^2), \\
# \cos(\beta, \beta_\star) \to \rho = \frac{c_{\star,1}}{\sqrt{c_{\star,1}^2 + \phi\,(c_\star^2 + \sigma_\varepsilon^2)}} .
# \end{gathered}
# ```
# ````
#
# ````{dropdown} Proof
# {prf:ref}`lem-weighted-mean` with $s = y$: the linear part of $y$ is $c_{\star,1}\beta_\star^\top x$, and $\mathbb E y^2 = c_\star^2 + \sigma_\varepsilon^2$. $\square$
# ````
#
# The step sees the teacher through its *linear* coefficient $c_{\star,1}$ alone; everything else about the labels, non-linear parts and noise together, only adds to the
# random part of $\beta$. With more data per dimension, that is smaller $\phi = d/n$, that part averages out. A teacher with $c_{\star,1} = 0$ is invisible to this rank-one step ({ref}`ex-information`): this is the *information exponent*
# of {cite:t}`BenArous2021` at work, and {cite:t}`Damian2022` take many more rows, $n$ of order $d^2$, to find such directions through the quadratic part.

# %%
def direction_of_step(problem, seed):
    """|beta|^2 and cos(beta, beta_star) of one gradient batch."""
    batch = sample.batch(problem, seed, "gradient", problem.n)
    beta, beta_star = (
        network.direction(batch.X, batch.y),
        sample.teacher_direction(problem, seed),
    )
    return beta @ beta, beta @ beta_star / np.linalg.norm(beta)


def direction_predicted(problem, phi):
    """The limits of |beta|^2 and cos(beta, beta_star)."""
    target = problem.target
    squared = target[1] ** 2 + phi * (target.second_moment + problem.noise_variance)
    return squared, target[1] / np.sqrt(squared)


def direction_measured(problem):
    """The two numbers of every draw at every ratio d/n: two arrays (draws, ratios)."""
    cases = [replace(problem, d=round(phi * problem.n)) for phi in ratios]
    # No ratio shares a seed with another, so that their errors are independent.
    values = [
        [
            direction_of_step(case, seed + k * direction_seeds + s)
            for k, case in enumerate(cases)
        ]
        for s in range(direction_seeds)
    ]
    return np.moveaxis(np.array(values), -1, 0)


teachers = {
    "linear teacher, no noise": replace(problem, teacher=(0.0, 1.0), noise_std=0.0),
    "the teacher of this page": problem,
    "mostly quadratic teacher": replace(problem, teacher=(0.0, 0.5, 0.8)),
}
steps = {name: direction_measured(case) for name, case in teachers.items()}
cosines = {name: over_seeds(values[1]) for name, values in steps.items()}
grid = np.geomspace(min(ratios), max(ratios), 200)

# %% tags=["hide-input"] mystnb={"figure": {"caption": "Alignment of the step with the teacher against the aspect ratio $d/n$, for three teachers. Lines: {eq}`eq-direction`. Points: simulation, mean over seeds with standard errors.", "name": "fig-direction"}, "image": {"alt": "Three falling curves of the cosine between the step and the teacher's direction against the ratio of dimension to rows. The linear teacher is highest, the mostly quadratic one lowest; the simulated points lie on the predicted curves."}}
curves.comparison(
    [
        curves.Curve(
            name,
            (grid, direction_predicted(teachers[name], grid)[1]),
            (ratios, cosine.mean, cosine.standard_error),
        )
        for name, cosine in cosines.items()
    ],
    "$d/n$",
    r"$\cos(\beta, \beta_\star)$",
    xscale="log",
    xticks=ratios,
    ylim=(0, 1.02),
)

# %% tags=["hide-input"]
measured_ratios = np.array([round(phi * n) / n for phi in ratios])


def limits(case):
    """Both limits at every measured ratio: (2, ratios)."""
    return np.array(direction_predicted(case, measured_ratios))


def linear_part(case):
    """The same with all but the linear part of its teacher removed."""
    return replace(case, teacher=(0.0, case.target[1] or 1.0))


expected = np.array([limits(case) for case in teachers.values()])
wrong = np.array([limits(linear_part(case)) for case in teachers.values()])
by_teacher = np.stack(list(steps.values()), axis=2)  # (2, draws, teachers, ratios)
for k, quantity in enumerate(("Squared length of β", "Cosine of β with β★")):
    display(
        check_curve(
            f"{quantity} against d/n, {len(teachers)} teachers",
            by_teacher[k],
            expected[:, k],
            control=("the non-linear part of the labels blurs nothing", wrong[:, k]),
            source="Setup, proposition of length and alignment",
        )
    )

# %% tags=["remove-input"]
cosine = cosines["the teacher of this page"]
rows = "\n".join(
    f"| {phi:g} | {p:.4f} | {m:.4f} ± {e:.4f} |"
    for phi, p, m, e in zip(
        ratios,
        limits(problem)[1],
        cosine.mean,
        cosine.standard_error,
        strict=True,
    )
)
Markdown(f"| d/n | cos(β, β★), predicted | measured |\n|---:|---:|---:|\n{rows}")

# %% tags=["remove-input"]
record(
    rank_one_slopes=[slope.mean for slope in slopes.values()],
    rank_one_slopes_standard_error=[slope.standard_error for slope in slopes.values()],
    cosines=cosine.mean,
    cosines_standard_error=cosine.standard_error,
    norm_spike_gap=spike_gap.mean,
)

# %% [markdown]
# ## What to take along
#
# * The untrained network is linear plus noise, {eq}`eq-equivalent`; three numbers $m_1, m_2, q$ determine its spectrum, {eq}`eq-traces`.
# * The step adds $\eta\, c_1\, a\, \beta^\top$ to the first layer: one direction, with the weights of the second layer, {eq}`eq-rank-one`.
# * That direction is the teacher's, blurred by noise, {eq}`eq-direction`.
#
# Put together: after the step, unit $j$ sees $w_j^\top x + \eta c_1 a_j\, \beta^\top x$. What the activation makes of the second term, and which of its powers become visible in $F$ as $\eta$ grows, is
# where feature learning begins.
#
# ## Exercises
#
# ````{exercise-start} The coefficients of ReLU
# :label: ex-relu
# ````
#
# Show that for $\sigma(z) = \max(z, 0)$ one has $c_1 = \frac12$, $c_2 = \frac{1}{2\sqrt{2\pi}}$ and $c_3 = 0$, and that $2c_2^2 < c_1^2$: the norm spike of ReLU is hidden at all sizes.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-relu
# :class: dropdown
# ````
#
# By Stein's lemma $c_1 = \mathbb P(Z > 0) = \frac12$. Integrating by parts twice, $2 c_2 = \mathbb E\,\sigma''(Z)$, and $\sigma''$ is a unit mass at $0$, so $2c_2 = g(0) = 1/\sqrt{2\pi}$ with $g$ the Gaussian density. Once more: $6 c_3 = -g'(0) = 0$.
# Finally $2c_2^2 = \frac{1}{4\pi} < \frac14 = c_1^2$. The library agrees:

# %%
relu = Problem(activation="relu").student
exact = np.array([0.5, 1 / (2 * np.sqrt(2 * np.pi)), 0.0])
claims.check(
    "ReLU: first three Hermite coefficients minus closed forms (largest)",
    measured=np.max(np.abs([relu[k] for k in (1, 2, 3)] - exact)),
    predicted=0.0,
    tolerance=1e-10,
    source="Setup, exercise on ReLU",
    kind="at most",
)


# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} How quadratic must an activation be?
# :label: ex-threshold
# ````
#
# Take $\sigma = c_1 He_1 + c_2 He_2$ with $c_2$ fixed. How small must $c_1/c_2$ be for the norm spike to leave the bulk, at the aspect ratios of this page? Show that for $c_1 \to 0$ the condition becomes $\phi\psi < 1$, that is $d^2 < nN$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-threshold
# :class: dropdown
# ````
#
# For $c_1 = 0$, $A = c_>^2$ does not depend on $\tau$, and $\psi z = \tau + (\phi+\psi)A + \phi\psi A^2/\tau$ increases at $\tau$ if and only if $\tau^2 > \phi\psi A^2$. With $\tau = 2c_2^2 = c_>^2 = A$, this is $\phi\psi < 1$.
# In general we look for the ratio at which `norm_spike` stops giving an answer, by bisection.

# %%
def visible(ratio):
    case = replace(problem, activation=(0.0, ratio, 1.0))
    return norm_spike(case, 2 * case.student[2] ** 2) is not None


low, high = 1e-3, np.sqrt(2)  # at c_1^2 = 2 c_2^2 the spike is hidden for certain
while visible(low) and high - low > 1e-6:
    middle = (low + high) / 2
    low, high = (middle, high) if visible(middle) else (low, middle)

where = f"At d/n = {problem.phi:g} and d/N = {problem.psi:.3g}"
Markdown(
    f"{where} the norm spike is visible for c₁/c₂ < {low:.4f}."
    if visible(low)
    else f"{where} it never is."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} A teacher without a linear part
# :label: ex-information
# ````
#
# Let the teacher be $\sigma_\star = He_2$. What are the limits of $\|\beta\|^2$ and $\cos(\beta, \beta_\star)$? Check by simulation, and find out at which rate the cosine goes to its limit.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-information
# :class: dropdown
# ````
#
# $c_{\star,1} = 0$ and $c_\star^2 = 2$, so the cosine tends to $0$ and $\|\beta\|^2 \to \phi(2 + \sigma_\varepsilon^2)$: the step follows pure noise. $\beta_\star^\top\beta$ is an average of $n$ independent terms of mean zero, of order $1/\sqrt n$, and this is the rate.

# %%
blind = replace(problem, teacher=(0.0, 0.0, 1.0))
lengths, own_lengths, blind_cosines = [], [], []
for s in range(seed, seed + direction_seeds):
    squared, cosine = direction_of_step(blind, s)
    labels = sample.batch(blind, s, "gradient", blind.n).y
    lengths.append(squared)
    own_lengths.append(squared / (blind.phi * np.mean(labels**2)))
    blind_cosines.append(cosine)
mean_cosine = over_seeds(blind_cosines)
spread = np.std(blind_cosines, ddof=1)
claims.check(
    "Teacher without linear part: mean cosine of the step with its direction",
    measured=mean_cosine.mean,
    predicted=0.0,
    standard_error=mean_cosine.standard_error,
    tolerance=chance(direction_seeds) * mean_cosine.standard_error,
    source="Setup, proposition of length and alignment",
    control=(
        "a linear teacher with labels of the same variance",
        direction_predicted(replace(blind, teacher=(0.0, np.sqrt(2))), blind.phi)[1],
    ),
)

# %%
Markdown(
    f"The squared length is {over_seeds(lengths):.3f}, its limit "
    f"{direction_predicted(blind, blind.phi)[0]:.3f}. Most of the scatter is that of the "
    "labels, which have a heavy tail: relative to $\\phi\\,\\|y\\|^2/n$, the same formula "
    f"with each draw's own labels, it is {over_seeds(own_lengths):.3f}. The cosines have "
    f"a standard deviation of {spread:.3f} over draws, which is "
    f"{spread * np.sqrt(n):.1f}/√n."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Where the logarithms come from
# :label: ex-logarithms
# ````
#
# The tame case of {numref}`fig-rank-one` removed two sources of logarithms at once: the Gaussian second layer and the unbounded labels. Which of the two matters more at these sizes?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-logarithms
# :class: dropdown
# ````
#
# Tame one at a time and compare the slopes.

# %%
one_at_a_time = {
    "constant second layer, labels as in the default": replace(
        problem, readout="constant"
    ),
    "Gaussian second layer, bounded labels": replace(tame, readout="gaussian"),
}
Markdown(
    "\n".join(
        f"* {name}: slope {fitted_slope(errors_by_size(p)[0]):.3f}"
        for name, p in one_at_a_time.items()
    )
)

# %% [markdown]
# The slope nearer to $-\frac12$ belongs to the version that lost the more harmful tail. The proof tells why labels can do so much: they enter through the largest eigenvalue of $\frac1nX^\top\operatorname{diag}(r^2)X$, where they are squared.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
