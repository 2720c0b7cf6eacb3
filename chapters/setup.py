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
# **The result of this chapter.**
# An untrained wide network is a linear map plus noise, and its first gradient is one outer product plus noise: every hidden unit is pushed in the same direction, a blurred copy of the teacher's.
#
# ```{strip}
# :level: graduate course; singular values, Gaussian vectors, the law of large numbers
# :needs: [In ten minutes](ten_minutes) for the idea, [Random matrices](random_matrices) for the resolvent
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 20]
N = 1500  # hidden units [>= 20]
activation = "tanh"  # of the network that takes the gradient step
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
odd = "tanh"  # spectrum experiment: odd [tanh | erf | sin | sigmoid]
non_odd = "relu"  # spectrum experiment: not odd [relu | softplus]
ridge = 0.1  # penalty at which the resolvent is compared [> 0]
sizes = [150, 300, 600, 1200]  # gradient experiment: values of n [>= 50]
ratios = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0]  # direction experiment: values of d/n [> 0]
direction_seeds = 24  # direction experiment: draws that are averaged [>= 2]
seeds = 16  # draws averaged in the other experiments [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
from scipy.linalg import svdvals

from onestep import Problem
from onestep.book import claims, glue, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures import curves
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.hermite import basis
from onestep.simulation import OneStep, network, sample
from onestep.simulation.spectrum import operator_norm
from onestep.theory import limit_geometry
from onestep.theory.resolvent import Bulk, density, raw_traces, traces

draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)


# %% tags=["hide-input"]
def singular_values(size, seed):
    """Of one gradient: the eight largest, and the norm of its rest beyond rank one."""
    step = OneStep.draw(problem.resized(size), seed)
    return np.append(svdvals(step.G)[:8], operator_norm(step.G - step.rank_one))


ends = sizes[0], sizes[-1]
found = np.array([[singular_values(size, s) for size in ends] for s in draws])
push = abs(problem.student[1]) * limit_geometry(problem).beta_norm
fall = over_seeds(
    np.log(found[:, 1, 8] / found[:, 0, 8]) / np.log(sizes[-1] / sizes[0])
)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The eight largest singular values of one gradient, for few and for many rows at the same ratios of rows, inputs and units. The first one stays. All others shrink. Points are simulated, the line is the limit of $|c_1|\\,\\|a\\|\\,\\|\\beta\\|$.", "name": "fig-gradient"}, "image": {"alt": "Singular values against their number. The first stands on the predicted line for both sizes. The seven others lie far below it, and lower for more rows."}}
curves.comparison(
    [
        curves.Curve(
            f"$n$ = {size}",
            ([1, 8], [push, push]) if k else None,
            (range(1, 9), over_seeds(found[:, k, :8])),
        )
        for k, size in enumerate(ends)
    ],
    "number of the singular value",
    "singular values of $G$",
    ylim=(0, None),
)

# %% [markdown]
# ## The model
#
# A **teacher** makes the data.
# A **student** network learns from them.
#
# ````{prf:definition} Teacher and student
# :label: def-model
#
# The label of a Gaussian input depends on one direction of it:
#
# ```{math}
# :label: eq-teacher
# \begin{gathered}
# y_i = \sigma_\star(\beta_\star^\top x_i) + \varepsilon_i, \qquad \|\beta_\star\| = 1, \\
# x_i \sim \mathcal N(0, I_d), \qquad \varepsilon_i \sim \mathcal N(0, \sigma_\varepsilon^2).
# \end{gathered}
# ```
#
# The student has one hidden layer of $N$ units,
#
# ```{math}
# :label: eq-network
# f(x) = a^\top \sigma(W x), \quad W \in \mathbb R^{N \times d},\; a \in \mathbb R^N .
# ```
#
# It starts from $a_j \sim \mathcal N(0, 1/N)$ and from a first layer $W_0$ whose rows are independent and uniform on the unit sphere.
# ````
#
# Training has two stages, each with a batch of $n$ rows of its own {cite}`Ba2022,Moniri2024`.
#
# **Stage one: one step on the first layer.**
# Let $X \in \mathbb R^{n\times d}$ and $y \in \mathbb R^n$ be the first batch, and $r = y - f_0(X)$ what the untrained network $f_0$ leaves unexplained.
# The step for the squared loss is
#
# ```{math}
# :label: eq-gradient
# W = W_0 + \eta\, G, \qquad G = \tfrac1n \big[ (a\, r^\top) \circ \sigma'(W_0 X^\top) \big] X ,
# ```
#
# where $\circ$ multiplies entry by entry.
# ($-G$ is the gradient of $\frac1{2n}\|y - f(X)\|^2$ in $W$; a factor $\sqrt N$ of the output's scale is counted as part of $\eta$.)
# The step size grows with the data, $\eta = n^{\alpha}$ with $0 \le \alpha \le \frac12$.
# The book is about what changes as $\alpha$ does.
#
# **Stage two: ridge regression on the new features.**
# A fresh batch $(\tilde X, \tilde y)$ goes through the hidden layer:
#
# ```{math}
# :label: eq-features
# \begin{gathered}
# F = \sigma(\tilde X W^\top) \in \mathbb R^{n \times N}, \\
# \hat a = \operatorname*{argmin}_{a} \; \tfrac1n \|\tilde y - F a\|^2 + \lambda \|a\|^2 .
# \end{gathered}
# ```
#
# What the network learned in stage one must show in $F$.
# We compare it with the untrained features $F_0 = \sigma(\tilde X W_0^\top)$.
#
# *Lazy* training means in this book: a step so small that $F$ stays linear in the change of the weights {cite}`Chizat2019`.
# The network then regresses with a kernel that its start has fixed, the neural tangent kernel {cite}`Jacot2018`, and learns no features.
# The constant step, $\alpha = 0$, is the smallest that changes the features by a matrix of their own size.
#
# In code, `Problem` holds the sizes, the activation, the teacher and the noise, and every function of the library takes one.
# It subtracts the mean of the activation, and it refuses what the theory cannot treat, such as an activation with $c_1 = 0$.
# The table says why.
#
# | Condition | What it is for | Without it |
# |---|---|---|
# | $n, d, N \to \infty$ with $d/n \to \phi$, $d/N \to \psi$ | spectra have limits | other limits apply |
# | Gaussian inputs | Hermite polynomials are the natural basis | other bases, other proofs |
# | rows of $W_0$ on the unit sphere | $w_j^\top x \sim \mathcal N(0,1)$, so one expansion of $\sigma$ serves all units | each unit has its own coefficients |
# | $\mathbb E\,\sigma(Z) = 0$ | removes the matrix $c_0 1_n 1_N^\top$, which would dwarf all else | one more spike, which knows the mean of the labels at most |
# | $c_1 = \mathbb E\,[\sigma(Z) Z] \ne 0$ | the size of the rank-one part of the gradient | a small step moves nothing coherently |
# | first output small, $f_0 = a^\top\sigma(W_0x)/\sqrt N$ | the residual $r$ is the label $y$, up to a vanishing part | the direction is wrong by a term that stays, [see below](sec-rank-one) |
# | a fresh batch in stage two | $\tilde X$ is independent of $W$ | stage one overfits $\tilde X$ |
# | smooth $\sigma$ | the proofs | ReLU is outside the proofs; the experiments try it |
# | $\eta = n^\alpha$, $\alpha < \frac12$ | a row changes little against its length | another theory, [From lazy to maximal](lazy_to_maximal) |
#
# ## A function as a Gaussian sees it
#
# Feed a Gaussian variable $Z$ into an activation.
# The Hermite polynomials $He_0 = 1$, $He_1 = z$, $He_2 = z^2 - 1$, $He_3 = z^3 - 3z, \dots$ are $1, z, z^2, \dots$ made orthogonal under the Gaussian, with $\mathbb E[He_j(Z) He_k(Z)] = k!\,1\{j = k\}$.
#
# *By hand.*
# The square is $z^2 = He_2(z) + 1$: a part of degree two and a constant.
# The cube is $z^3 = He_3(z) + 3z$: most of a cube is linear to a Gaussian.
# In general
#
# ```{math}
# :label: eq-hermite
# \begin{gathered}
# \sigma(z) = \sum_{k \ge 0} c_k\, He_k(z), \qquad \mathbb E\,\sigma(Z)^2 = \sum_{k\ge0} k!\, c_k^2 , \\
# c_k = \frac{1}{k!}\,\mathbb E\,[\sigma(Z) He_k(Z)] .
# \end{gathered}
# ```
#
# We write $c_>^2 = \mathbb E\,\sigma(Z)^2 - c_0^2 - c_1^2$ for the variance that no affine function explains.
# The teacher has the coefficients $c_{\star,k}$ and $c_\star^2 = \mathbb E\,\sigma_\star(Z)^2$.
#
# ````{prf:lemma} Stein, and correlated Gaussians
# :label: lem-hermite
#
# 1. If $\sigma$ has no jumps and a derivative almost everywhere, $c_1 = \mathbb E\,\sigma'(Z)$.
# 2. If $u, v$ are unit vectors and $x \sim \mathcal N(0, I_d)$, then $\mathbb E\,[He_j(u^\top x)\, He_k(v^\top x)] = k!\, (u^\top v)^k\, 1\{j = k\}$.
# ````
#
# ````{dropdown} Proof
# *1.*
# Integrate by parts: the Gaussian density $g$ has $g' = -z g$, so $\mathbb E[\sigma(Z) Z] = -\int \sigma g' = \int \sigma' g$.
#
# *2.*
# The generating function is $e^{pz - p^2/2} = \sum_k He_k(z) p^k/k!$.
# Hence
#
# $$
# \mathbb E\Big[e^{p u^\top x - p^2/2}\, e^{q v^\top x - q^2/2}\Big] = e^{\frac12 \|p u + q v\|^2 - \frac12 p^2 - \frac12 q^2} = e^{p q\, u^\top v} .
# $$
#
# Compare the coefficients of $p^j q^k$ on both sides.
# $\square$
# ````
#
# The second fact runs through the whole book.
# A random row $w_j$ overlaps with a fixed direction by about $1/\sqrt d$.
# So the linear part of a unit correlates with a function of that direction at order $d^{-1/2}$, its quadratic part at order $d^{-1}$, its cubic part at order $d^{-3/2}$.
# With $n$ and $N$ proportional to $d$, only the linear part can be used: **without training, the non-linear parts of the activation are noise.**

# %%
# (eq-hermite), as averages over a hundred blocks
names = ("tanh", "erf", "sigmoid", "relu", "softplus", "sin")
degrees = np.arange(1, 8)
z = np.random.default_rng(seed).standard_normal((100, 4000))
scale = np.sqrt(np.cumprod(degrees, dtype=float))  # sqrt(k!): shares add up to one
predicted, blocks = {}, {}
for name in names:
    student = Problem(activation=name)
    size = np.sqrt(student.student.second_moment)
    products = basis(z, degrees[-1])[1:] * student.sigma(z)
    blocks[name] = products.mean(axis=-1).T / size
    predicted[name] = [student.student[k] for k in degrees] * scale / size

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Hermite coefficients of six activations, scaled so that their squares add up to one. Stems are quadrature, points are averages over Gaussian draws. Odd activations have odd degrees only. ReLU and softplus are $z/2$ plus an even function.", "name": "fig-hermite"}, "image": {"alt": "Six small panels, one per activation, with a stem for each Hermite degree from one to seven. The linear coefficient is the largest everywhere. tanh, erf, sigmoid and sin show only odd degrees; relu and softplus show degree two as well and no degree three."}}
curves.coefficients(
    predicted,
    {name: over_seeds(values) for name, values in blocks.items()},
    r"$c_k\,\sqrt{k!}\,/\,\sqrt{\mathrm{E}\,\sigma^2}$",
)

# %% tags=["remove-input"]
check_curve(
    f"Hermite coefficients of {len(names)} activations: averages against quadrature",
    np.stack(list(blocks.values()), axis=1),
    list(predicted.values()),
    control=(
        "the neighbour in the list",
        [predicted[k] for k in names[1:] + names[:1]],
    ),
    source="Setup, Hermite expansions",
)


# %% [markdown]
# ## The untrained features: a linear map plus noise
#
# Fix the weights $W_0$.
# The rows of $F_0$ are then independent, and {prf:ref}`lem-hermite` gives their covariance:
#
# ```{math}
# :label: eq-covariance
# \begin{aligned}
# \mathbb E\,[\sigma(w_i^\top x)\,\sigma(w_j^\top x)] &= \sum_{k\ge1} k!\,c_k^2\, (w_i^\top w_j)^k \\
# &\approx \big[\, c_1^2\, W_0 W_0^\top + c_>^2\, I_N \,\big]_{ij} .
# \end{aligned}
# ```
#
# The left-out terms are small: off the diagonal $w_i^\top w_j$ is of order $1/\sqrt d$, and its square of order $1/d$.
# The covariance in brackets is that of a much simpler matrix.
#
# ````{prf:theorem} Gaussian equivalence
# :label: thm-equivalence
#
# Let $Z \in \mathbb R^{n\times N}$ have independent standard Gaussian entries, independent of $\tilde X$ and $W_0$.
# In the proportional limit the eigenvalues of $F_0 F_0^\top / n$ have the same limiting distribution as those of $F_{\rm lin} F_{\rm lin}^\top / n$, where
#
# ```{math}
# :label: eq-equivalent
# F_{\rm lin} = c_1\, \tilde X W_0^\top + c_>\, Z ,
# ```
#
# and ridge regression on $F_0$ and on $F_{\rm lin}$ has the same training and test error.
# ````
#
# For the spectrum this is due to {cite:t}`PenningtonWorah2017`.
# {cite:t}`MeiMontanari2022` computed the errors of ridge regression, and {cite:t}`HuLu2022` prove the equivalence for many losses, under conditions on the activation.
# Two uses of the law of {cite:t}`MarchenkoPastur1967` now give the spectrum.
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
# Continued to $\lambda = -x - i0$, $\operatorname{Im} m_1/\pi$ is the density of the eigenvalues of $K$ at $x$, next to an atom of mass $\max(0, 1 - \phi/\psi)$ at zero.
# ````
#
# ````{dropdown} Where the equations come from
# Given $W_0$, the rows of $F_{\rm lin}$ are Gaussian with covariance $\Sigma = c_1^2 W_0W_0^\top + c_>^2 I$.
# The law of Marchenko and Pastur for sample covariance matrices says that $(F_{\rm lin}^\top F_{\rm lin}/n + \lambda)^{-1}$ behaves like $\lambda^{-1}(I + m_1\Sigma)^{-1}$, and that $\lambda m_1 = 1 - \frac1n\operatorname{tr}\, m_1\Sigma (I + m_1\Sigma)^{-1}$.
# The trace on the right is over $N = n\phi/\psi$ units, so $q = \tfrac1n \operatorname{tr} ( 1 + m_1 c_>^2 + m_1 c_1^2\, W_0 W_0^\top )^{-1}$.
#
# Now $W_0W_0^\top$ is itself a Marchenko–Pastur matrix: $N$ rows in dimension $d$.
# The same law, applied to it, reads
#
# $$
# \frac{\phi}{\psi q} = 1 + m_1 c_>^2 + \frac{m_1 c_1^2}{1 + m_1 c_1^2\, q/\phi} .
# $$
#
# The last fraction is $c_1^2 m_2$ with $m_2$ as in {eq}`eq-traces`, and multiplying by $q$ gives the second equation there.
#
# That this $m_2$ is the third trace one sees from the side of the data.
# Given $\tilde X$, the columns of $F_{\rm lin}$ are (nearly) Gaussian with covariance $\Sigma' = c_1^2\tilde X\tilde X^\top/d + c_>^2 I$, and by the same law $(K+\lambda)^{-1}$ behaves like $(\lambda + q\Sigma')^{-1}$.
# So the two traces of $\tilde X$ satisfy the second equation once more, and the law for $\tilde X\tilde X^\top/d$, $n$ rows in dimension $d$, says $1/m_1 = \lambda + q c_>^2 + q c_1^2/(1 + q c_1^2 m_1/\phi)$.
# Together they give the first equation.
# The equations are those of {cite:t}`AdlamPennington2020` in the notation of {cite:t}`Moniri2024`.
# ````

# %% tags=["hide-input"]
def untrained(problem):
    """A problem, and the eigenvalues of F0 F0'/n for every draw."""
    return problem, np.array([OneStep.draw(problem, s).spectrum(0.0) for s in draws])


def relative_error(problem, eigenvalues):
    """m1 of every draw over its prediction, minus one."""
    zeros = problem.n - eigenvalues.shape[1]
    total = np.sum(1 / (eigenvalues + ridge), axis=1) + zeros / ridge
    return total / problem.n / traces(problem, ridge).m1 - 1


cases = {name: replace(problem, activation=name) for name in (odd, non_odd)}
spectra = {
    name: (untrained(case), untrained(case.resized(n // 2)))
    for name, case in cases.items()
}

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Squared singular values of $F_0/\\sqrt n$ for an activation that is odd and for one that is not. Bars and points are simulated, lines are {eq}`eq-traces`, the triangle is the mean largest value.", "name": "fig-untrained"}, "image": {"alt": "Two histograms, each followed closely by a theoretical curve with a sharp left and right edge. The largest eigenvalue sits at the right edge of the bulk."}}
picture(
    *(
        Spectrum.of(
            eigenvalues, lambda x, case=case: density(case, x), order=n, title=name
        )
        for name, ((case, eigenvalues), _) in spectra.items()
    )
)

# %% [markdown]
# {numref}`fig-untrained` shows the agreement.
# A sharper test needs a correction: at finite size the mean of a trace is off by a relative $O(1/n)$.
# If a difference from the limit is $v(n) = v_\infty + b/n$, then $2v(n) - v(n/2) = v_\infty$, and this must vanish.

# %% tags=["remove-input"]
for name, case in cases.items():
    line = Bulk(case.phi, case.psi, case.student[1] ** 2, 0.0)
    here, there = (relative_error(*pair) for pair in spectra[name])
    claims.check(
        f"Untrained spectrum, {name}: relative error of m₁, extrapolated in 1/n",
        measured=over_seeds(2 * here - there),
        predicted=0.0,
        source="Setup, theorem of the three traces",
        control=(
            "the linear part alone, no noise",
            raw_traces(line, ridge).m1 / traces(case, ridge).m1 - 1,
        ),
    )

# %% [markdown]
# One term of {eq}`eq-covariance` is not small as a matrix.
# All squares $(w_i^\top w_j)^2$ are positive, and together they form a matrix of rank one.
# It says that longer inputs excite all units at once.
# It carries no information about $y$, and for ReLU and softplus the bulk hides it.
# [The appendix](setup_details) has the threshold, and an activation that shows it.
#
# (sec-rank-one)=
# ## The gradient: one outer product
#
# Look again at the gradient {eq}`eq-gradient`.
# By Stein's lemma the mean of $\sigma'$ is $c_1$.
# Replace the matrix $\sigma'(W_0X^\top)$ by its mean.
# What is left is an outer product, $c_1\, a\, (X^\top r/n)^\top$: *all units are pushed in the same direction*, each in proportion to its weight $a_j$ in the second layer.
#
# ````{prf:theorem} The gradient is rank one
# :label: thm-rank-one
#
# Let $\beta_r = X^\top r/n$.
# In the proportional limit, with overwhelming probability,
#
# ```{math}
# :label: eq-rank-one
# \| G - c_1\, a\, \beta_r^\top \|_{\rm op} = O\!\left(\frac{\operatorname{polylog} n}{\sqrt n}\right),
# ```
#
# while $\|c_1\, a\, \beta_r^\top\|_{\rm op} \approx |c_1|\, \|\beta_r\|$ does not decay.
# If the first output is small, $f_0 = a^\top\sigma(W_0 x)/\sqrt N$, the same holds with $\beta = X^\top y/n$ in the place of $\beta_r$.
# ````
#
# ````{dropdown} Sketch of the proof
# Write $\sigma' = c_1 + \sigma'_\perp$.
# The difference $\Delta = G - c_1 a\beta_r^\top$ has the rows
#
# $$
# \Delta_j = a_j v_j, \qquad v_j = \tfrac1n X^\top \big( r \circ \sigma'_\perp(X w_j) \big).
# $$
#
# Given the data, the $v_j$ are (nearly) independent, and by {prf:ref}`lem-hermite` the vectors $\sigma'_\perp(Xw_j)$ have a covariance of bounded norm: $\operatorname{Var}\sigma'(Z)$ on the diagonal, and off it, where $c_2 \ne 0$, a part close to $4c_2^2\, XX^\top\!/d$.
# So the matrix $(v_j)$ of these rows behaves like a Gaussian matrix whose rows have a covariance of norm at most a constant times that of $\frac1n \cdot \frac1n X^\top \operatorname{diag}(r^2) X$, and
#
# $$
# \|\Delta\|_{\rm op} \le \max_j |a_j| \cdot \|(v_j)\|_{\rm op}, \qquad \|(v_j)\|_{\rm op} = O(1) \cdot \max_i |r_i| .
# $$
#
# With $a_j$ of order $1/\sqrt N$ that is the claimed rate.
# The two maxima are where the logarithms come from.
# {cite:t}`Ba2022` and {cite:t}`Moniri2024` have the details.
# $\square$
# ````

# %%
# (eq-gradient) and (eq-rank-one) by hand, on one small draw
small = OneStep.draw(problem.resized(sizes[0]), seed)
X, y = small.gradient_batch.X, small.gradient_batch.y
r = y - small.problem.sigma(X @ small.W0.T) @ small.a / np.sqrt(len(small.a))
slopes = small.problem.sigma.derivative(small.W0 @ X.T)
G = (np.outer(small.a, r) * slopes) @ X / len(y)

# %% [markdown]
# **Why the size of the first output matters.**
# It is tempting to forget the difference between $r = y - f_0(X)$ and $y$.
# The untrained network knows nothing, after all; but knowing nothing is not the same as being small.
# With $a_j \sim \mathcal N(0, 1/N)$ the output $a^\top\sigma(W_0x)$ is of order one, and it has a direction of its own.
#
# ````{prf:lemma} What a weighted mean of inputs looks like
# :label: lem-weighted-mean
#
# Let $v_i = v(x_i)$ be values with linear part $c_v\, b^\top x$, $\|b\| = 1$, and second moment $\mathbb E v^2$.
# In the proportional limit
#
# ```{math}
# :label: eq-weighted-mean
# \big\|\tfrac1n X^\top v\big\|^2 \to c_v^2 + \phi\, \mathbb E v^2, \qquad b^\top \tfrac1n X^\top v \to c_v .
# ```
# ````
#
# ````{dropdown} Proof, for values that depend on one direction
# Along $b$ the vector $X^\top v/n$ is an average of $n$ independent terms $v_i\, b^\top x_i$ with mean $c_v$.
# Orthogonal to $b$ the inputs are independent of the $v_i$: given these, the vector is Gaussian with covariance $\frac{\|v\|^2}{n^2} I_{d-1}$, and its squared norm tends to $\frac dn\, \mathbb E v^2$.
# Noise that is added to the values changes nothing but $\mathbb E v^2$.
# For values that depend on many directions, such as $f_0$, the parts of higher degree are uncorrelated with $x$ and act like noise.
# $\square$
# ````
#
# The untrained output has the linear part $c_1 (W_0^\top a)^\top x$, of size $|c_1|$, and the second moment $\mathbb E\sigma^2$.
# Hence
#
# ```{math}
# :label: eq-order-one
# \begin{aligned}
# \| G - c_1\, a\, \beta^\top \|_{\rm op} &\approx |c_1|\, \|a\| \, \big\| \tfrac1n X^\top f_0(X) \big\| \\
# &\to |c_1| \sqrt{c_1^2 + \phi\, \mathbb E\,\sigma(Z)^2} ,
# \end{aligned}
# ```
#
# a constant: the step also *un-learns* the random function that the network started with.
# Dividing the first output by $\sqrt N$, the *mean-field* scaling, makes this term vanish like the rest.
# It is the default of the book.

# %% tags=["remove-input"]
claims.check(
    "The gradient by hand is the library's (largest difference of an entry)",
    measured=np.max(np.abs(G - small.G)),
    predicted=0.0,
    tolerance=1e-13,
    kind="at most",
    source="Setup, equation of the gradient",
)

# %% tags=["remove-cell"]
glue(fall=fall)


# %% [markdown]
# The norm of the rest falls like $n$ to the power {glue:text}`fall:.2f` ± {glue:text}`fall_standard_error:.2f`, a little more slowly than $n^{-1/2}$: logarithms are not a detail at these sizes.
# [The appendix](setup_details) finds out where they come from, and measures the constant {eq}`eq-order-one`.
#
# ## The gradient: noise that lengthens the rows
#
# The rest $\Delta$ of the gradient is small as a matrix, because its rows point in unrelated directions.
# Each *single* row of it is not small.
# It is as long as the push itself, up to a constant.
#
# *By hand.*
# Row $j$ of $\Delta$ is $a_j v_j$ with $v_j = \frac1n X^\top (r \circ \sigma'_\perp(Xw_j))$.
# The weights $r_i\,\sigma'_\perp(x_i^\top w_j)$ have mean zero and second moment $\mathbb E y^2 \operatorname{Var}\sigma'(Z)$, and {prf:ref}`lem-weighted-mean` with $c_v = 0$ gives $\|v_j\|^2 \to \phi\,\mathbb E y^2 \operatorname{Var}\sigma'(Z)$.
# The push has the squared length $c_1^2 \|\beta\|^2 a_j^2$.
# The ratio of the two is the same for all units:
#
# ```{math}
# :label: eq-kappa
# \kappa = \frac{\phi\,(c_\star^2 + \sigma_\varepsilon^2)\operatorname{Var}\sigma'(Z)}{c_1^2\,\|\beta\|^2} .
# ```
#
# ````{prf:result} What a unit sees after the step (ours)
# :label: prop-longer-rows
#
# Let $c_{\star,0} = 0$.
# Write $t = \beta^\top x/\|\beta\|$, and $s_j = \eta\, c_1 \|\beta\|\, a_j$ for the *tilt* of unit $j$.
# In the proportional limit, for a fresh input, row $j$ of $W$ sees
#
# ```{math}
# :label: eq-longer-rows
# w_j^\top x \;\longrightarrow\; \sqrt{1 + \kappa s_j^2}\; Z + s_j\, t , \qquad Z \sim \mathcal N(0, 1) \text{ independent of } t .
# ```
# ````
#
# ````{dropdown} Derivation
# $W$'s row $j$ is $w_{0,j} + \eta c_1 a_j\beta + \eta a_j v_j$.
# Its part orthogonal to $\beta$ has the squared length $1 + \eta^2a_j^2\|v_j\|^2 + 2\eta a_j\, w_{0,j}^\top v_j$.
# The second term is $\kappa s_j^2$.
# The third has the mean $2\eta a_j\,\mathbb E[y\,\sigma'_\perp(Z)Z] $, where $y$ and $Z = w_{0,j}^\top x$ are nearly independent: $2\eta a_j\, c_{\star,0}\cdot 2c_2$, which vanishes for $c_{\star,0} = 0$.
# Given the row, a fresh input makes of it a Gaussian of that length, independent of $t$.
# The derivation is ours; it neglects the correlations between the $v_j$ of different units, which matter only at $\alpha = \frac12$ ([Large steps](large_steps)).
# $\square$
# ````
#
# So the step does two things to unit $j$.
# It *tilts* the unit along $t$, the same variable for all units.
# And it *lengthens* its row, by noise that no other unit shares.
# For an odd activation the second does not matter to the spikes of the next chapters.
# For others it changes every even power of $t$, however large $n$ is.

# %%
# (eq-kappa)
def kappa(problem):
    labels = problem.target.second_moment + problem.noise_variance
    noise = problem.phi_gradient * labels * problem.student.slope_variance
    squared = problem.target[1] ** 2 + problem.phi_gradient * labels
    return noise / (problem.student[1] ** 2 * squared)


# %% tags=["hide-input"]
def growth_of_rows(problem, eta, seed):
    """Squared tilt of every unit, and by how much its row grows across beta."""
    step = OneStep.draw(problem, seed)
    before, after = (
        np.sum(W**2, axis=1) - (W @ step.beta / step.beta_norm) ** 2
        for W in (step.W0, step.weights(eta))
    )
    tilt = eta * problem.student[1] * step.beta_norm * step.a
    return tilt**2, after - before


# %% tags=["hide-input"]
longer, growth = {}, {}
for name, case in cases.items():
    drawn = np.array([growth_of_rows(case, problem.step(0.5), s) for s in draws])
    squared, grown = np.take_along_axis(drawn, drawn[:, :1].argsort(), 2).swapaxes(0, 1)
    parts = [np.array_split(each[:, :-3], 6, axis=1) for each in (squared, grown)]
    x, y = (np.array([part.mean(axis=1) for part in each]).T for each in parts)
    longer[name] = x.mean(axis=0), over_seeds(y)
    growth[name] = over_seeds(np.sum(squared * grown, 1) / np.sum(squared**2, 1))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Growth of the squared length of the rows of $W$ across $\\beta$ against their squared tilt, after a step $\\eta = \\sqrt n$. Lines are $\\kappa s_j^2$ of {eq}`eq-longer-rows`, points are averages over sixths of the units, sorted by tilt.", "name": "fig-longer-rows"}, "image": {"alt": "Two rising straight lines from zero, with simulated points on them. The line of the activation that is not odd is the steeper one."}}
curves.comparison(
    [
        curves.Curve(
            name, (longer[name][0], kappa(case) * longer[name][0]), longer[name]
        )
        for name, case in cases.items()
    ],
    "squared tilt $s_j^2$",
    "growth of the squared length",
)

# %% tags=["remove-input"]
for name, case in cases.items():
    claims.check(
        f"{name}: the rows grow by kappa times the squared tilt",
        measured=growth[name],
        predicted=kappa(case),
        source="Setup, result: what a unit sees after the step",
        control=(
            "the whole slope is noise",
            kappa(case) * (1 + case.student[1] ** 2 / case.student.slope_variance),
        ),
    )


# %% [markdown]
# ## The direction of the step
#
# All units are pushed along $\beta = X^\top y/n$.
# Is that the teacher's direction?
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
# {prf:ref}`lem-weighted-mean` with $v = y$: the linear part of $y$ is $c_{\star,1}\beta_\star^\top x$, and $\mathbb E y^2 = c_\star^2 + \sigma_\varepsilon^2$.
# $\square$
# ````
#
# The step sees the teacher through its linear coefficient $c_{\star,1}$ alone.
# The rest of the labels, non-linear parts and noise together, blurs the direction.
# More rows per dimension, a smaller $\phi = d/n$, average it out.
# A teacher with $c_{\star,1} = 0$ is invisible to this step ({ref}`ex-information`): its *information exponent* {cite}`BenArous2021` is two or more.
# {cite:t}`Damian2022` take many more rows, $n$ of order $d^2$, to find such directions through the quadratic part.

# %% tags=["hide-input"]
def direction_of_step(problem, seed):
    """|beta|^2 and cos(beta, beta_star) of one gradient batch."""
    batch = sample.batch(problem, seed, "gradient", problem.n)
    beta = network.direction(batch.X, batch.y)
    along = beta @ sample.teacher_direction(problem, seed)
    return beta @ beta, along / np.linalg.norm(beta)


def direction_predicted(problem, phi):
    """The limits of |beta|^2 and cos(beta, beta_star)."""
    target = problem.target
    squared = target[1] ** 2 + phi * (target.second_moment + problem.noise_variance)
    return np.array([squared, target[1] / np.sqrt(squared)])


def direction_measured(problem):
    """Both at every ratio, on seeds of its own: (2, draws, ratios)."""
    shapes = [replace(problem, d=round(phi * problem.n)) for phi in ratios]
    seeds_of = (
        seed + np.arange(len(ratios) * direction_seeds).reshape(len(ratios), -1).T
    )
    found = [
        [direction_of_step(shape, int(s)) for shape, s in zip(shapes, row, strict=True)]
        for row in seeds_of
    ]
    return np.moveaxis(found, -1, 0)


teachers = {
    "linear teacher, no noise": replace(problem, teacher=(0.0, 1.0), noise_std=0.0),
    "the teacher of this page": problem,
    "mostly quadratic teacher": replace(problem, teacher=(0.0, 0.5, 0.8)),
}
steps = {name: direction_measured(case) for name, case in teachers.items()}
grid = np.geomspace(min(ratios), max(ratios), 200)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Alignment of the step with the teacher against $d/n$ for three teachers. Lines are {eq}`eq-direction`, points are simulated.", "name": "fig-direction"}, "image": {"alt": "Three falling curves of the cosine between the step and the teacher's direction against the ratio of dimension to rows. The linear teacher is highest, the mostly quadratic one lowest; the simulated points lie on the predicted curves."}}
curves.comparison(
    [
        curves.Curve(
            name,
            (grid, direction_predicted(teachers[name], grid)[1]),
            (ratios, over_seeds(values[1])),
        )
        for name, values in steps.items()
    ],
    "$d/n$",
    r"$\cos(\beta, \beta_\star)$",
    xscale="log",
    xticks=ratios,
    ylim=(0, 1.02),
)

# %% tags=["remove-input"]
at = np.array([round(phi * n) / n for phi in ratios])
for k, quantity in enumerate(("Squared length of β", "Cosine of β with β★")):
    check_curve(
        f"{quantity} against d/n, {len(teachers)} teachers",
        np.stack([values[k] for values in steps.values()], axis=1),
        [direction_predicted(case, at)[k] for case in teachers.values()],
        control=(
            "nothing blurs the direction",
            [np.full(at.size, (c.target[1] ** 2, 1.0)[k]) for c in teachers.values()],
        ),
        source="Setup, proposition of length and alignment",
    )
record(cosines=over_seeds(steps["the teacher of this page"][1]))

# %% [markdown]
# ## Where it breaks
#
# * *A constant in the teacher* adds a part along each row itself to the gradient, of the order of $\eta a_j c_2 c_{\star,0}$.
#   Subtract the mean of the labels first.
# * *A first output of order one* spoils the direction, {eq}`eq-order-one`.
# * *No linear part in the labels*: the direction is noise.
# * *Inputs that are not isotropic Gaussian* change the basis, the bulk and the direction.
#
# ```{admonition} Recap
# :class: recap
# * The untrained network is linear plus noise, {eq}`eq-equivalent`; three traces give its spectrum, {eq}`eq-traces`.
# * The step adds $\eta\, c_1\, a\, \beta^\top$ to the first layer: one direction for all units, {eq}`eq-rank-one`.
# * It also lengthens each row by noise of its own, $\kappa s_j^2$ in squares, {eq}`eq-longer-rows`.
# * The direction is the teacher's, blurred by noise, {eq}`eq-direction`.
# ```
#
# After the step unit $j$ sees $\sqrt{1 + \kappa s_j^2}\,Z + s_j t$.
# What the activation makes of the tilt, and which of its powers become visible as $\eta$ grows, is where feature learning begins.
#
# ## Exercises
#
# ````{exercise-start} A cube (warm-up)
# :label: ex-cube
# ````
#
# What are the Hermite coefficients of $\sigma(z) = z^3$?
# Which share of its variance is linear?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-cube
# :class: dropdown
# ````
#
# $z^3 = He_3(z) + 3 He_1(z)$, so $c_1 = 3$ and $c_3 = 1$.
# The variance is $9 + 3! = 15$, and nine fifteenths of it are linear.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} As many rows as dimensions (warm-up)
# :label: ex-square
# ````
#
# The teacher is linear, without noise, and $d = n$.
# What is the angle between the step and the teacher's direction?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-square
# :class: dropdown
# ````
#
# $c_{\star,1} = c_\star = 1$ and $\phi = 1$ in {eq}`eq-direction`: the cosine is $1/\sqrt2$, the angle 45 degrees.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The coefficients of ReLU
# :label: ex-relu
# ````
#
# Show that for $\sigma(z) = \max(z, 0)$ one has $c_1 = \frac12$, $c_2 = \frac{1}{2\sqrt{2\pi}}$ and $c_3 = 0$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-relu
# :class: dropdown
# ````
#
# By Stein's lemma $c_1 = \mathbb P(Z > 0) = \frac12$.
# Integrating by parts twice, $2 c_2 = \mathbb E\,\sigma''(Z)$, and $\sigma''$ is a unit mass at $0$, so $2c_2 = g(0) = 1/\sqrt{2\pi}$ with $g$ the Gaussian density.
# Once more: $6 c_3 = -g'(0) = 0$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} How much longer do ReLU's rows get?
# :label: ex-relu-rows
# ````
#
# Show that for ReLU $\kappa = 1 - \rho^2$: what the direction misses of the teacher, the rows gain in length.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-relu-rows
# :class: dropdown
# ````
#
# The slope of ReLU is zero or one with equal probability, so $\operatorname{Var}\sigma'(Z) = \frac14 = c_1^2$, and {eq}`eq-kappa` becomes $\phi\,(c_\star^2 + \sigma_\varepsilon^2)/\|\beta\|^2$.
# By {eq}`eq-direction` this is $(\|\beta\|^2 - c_{\star,1}^2)/\|\beta\|^2 = 1 - \rho^2$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A teacher without a linear part
# :label: ex-information
# ````
#
# Let the teacher be $\sigma_\star = He_2$.
# What are the limits of $\|\beta\|^2$ and $\cos(\beta, \beta_\star)$?
# At which rate does the cosine go to its limit?
# Check both by simulation.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-information
# :class: dropdown
# ````
#
# $c_{\star,1} = 0$ and $c_\star^2 = 2$, so the cosine tends to $0$ and $\|\beta\|^2$ to $\phi(2 + \sigma_\varepsilon^2)$: the step follows noise.
# $\beta_\star^\top\beta$ is an average of $n$ independent terms of mean zero, each with the variance $\mathbb E[y^2 (\beta_\star^\top x)^2] = 10 + \sigma_\varepsilon^2$.
# Hence $\mathbb E\|\beta\|^2 = \frac1n\big((d-1)(2 + \sigma_\varepsilon^2) + 10 + \sigma_\varepsilon^2\big)$ at every size, and the cosine falls like $1/\sqrt n$.

# %% tags=["remove-input"]
blind = replace(problem, teacher=(0.0, 0.0, 1.0))
seen = np.array([direction_of_step(blind, seed + 1000 + s) for s in range(96)])
claims.check(
    "Teacher without linear part: mean squared length of the direction",
    measured=over_seeds(seen[:, 0]),
    predicted=(d * (2 + blind.noise_variance) + 8) / n,
    source="Setup, exercise on a teacher without a linear part",
    control=(
        "the linear teacher of the same variance",
        2 + d / n * (2 + blind.noise_variance),
    ),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Between order one and mean field (open)
# :label: ex-between
# ````
#
# Divide the first output by $N^{p}$ with $0 < p < \frac12$.
# At which rate does $\|G - c_1 a\beta^\top\|$ fall?
# How large may $p$ be before the error of the direction is seen in the test error of stage two, at the sizes that you use?
#
# ````{exercise-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
