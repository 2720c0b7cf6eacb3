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
# (one-spike)=
# # Constant step: one spike
#
# **The result of this chapter.** A gradient step of constant size changes the features by a single rank-one term. Below a critical step size the spectrum does not
# show it at all. Above it one singular value leaves the bulk, and its left singular vector is a noisy copy of $\tilde X\beta$, a *linear* function of the data.
# The errors fall, from the smallest step on, but only the linear part of the teacher is learned: to this network the rest is noise.
#
# After reading it you will be able to
#
# * predict where the outlier of *your* network is, how well its singular vector is aligned, and from which step size on;
# * derive the Baik–Ben Arous–Péché transition from a determinant of size two;
# * say what is left of the alignment below the transition, down to the constant in front of $1/n$;
# * compute the whole curve of training and test error against the step size, and the best that a constant step can do;
# * explain why a quadratic teacher and a noisier linear teacher are the same thing to a network after one constant step.
#
# You need the chapter [Setup](setup): the model, the three traces $m_1, m_2, q$, and the gradient, which is rank one. Symbols are on the page [Notation](notation).

# %% tags=["parameters"]
n = 1000                    # rows of each batch [>= 200]
d = 500                     # input dimension [>= 20]
N = 750                     # hidden units [>= 20]
activation = "tanh"         # of the network
teacher = [0.0, 1.0, 0.5]   # Hermite coefficients of the teacher
noise_std = 0.5             # standard deviation of the label noise [>= 0]
ridge = 0.1                 # ridge penalty of the second layer [> 0]
multiples = [0.25, 0.75, 0.9, 1.0, 1.25, 1.5, 2.5, 3.5]  # simulated: 0, 0.5, 2 and these times the critical step [> 0]
contrast = "relu"           # a second activation, one with a quadratic part
growing = 0.4               # exponent of a growing step, for comparison [>= 0.3, < 0.5]
seeds = 16                  # draws that are averaged [>= 2]
seed = 0                    # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
from IPython.display import Markdown

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.figures import side_by_side, spectrum, vectors
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import Panel
from onestep.book.statistics import chance, over_seeds
from onestep.simulation import network, run_many, sample
from onestep.simulation.spectrum import squared_singular_values, top
from onestep.theory import (
    best_ridge,
    errors,
    improvement,
    plateau,
    spikes,
    test_error,
    train_error,
)
from onestep.theory.baselines import best_linear, linear_errors, unexplained
from onestep.theory.geometry import limit_geometry
from onestep.theory.resolvent import Bulk, density, edges, raw_traces, traces
from onestep.theory.ridge_errors import minimum
from onestep.theory.terms import HIGHEST

draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
problem

# %% [markdown]
# ## What one constant step does to the features
#
# [Setup](setup) ended with one formula. After a step of size $\eta$ the weights of unit $j$ are $w_j + \eta\, c_1 a_j\, \beta$, up to a small error, with $\beta = X^\top y/n$ the same direction for all
# units. On a fresh input the unit therefore sees $w_j^\top \tilde x$ plus a shift that is proportional to $a_j = O(1/\sqrt N)$. A small shift, so expand:
#
# $$
# \sigma\big(w_j^\top\tilde x + \eta c_1 a_j\,\beta^\top\tilde x\big) = \sigma(w_j^\top\tilde x) + \eta c_1 a_j\,(\beta^\top\tilde x)\,\sigma'(w_j^\top\tilde x) + \cdots
# $$
#
# ````{prf:theorem} One constant step adds one rank-one term
# :label: thm-os-one-term
#
# Let $\eta$ be constant. In the proportional limit, with $\theta = c_1^2\,\eta\,\|\beta\|$ and $t = \tilde X\beta/\|\beta\|$,
#
# ```{math}
# :label: eq-os-one-term
# F = F_0 + \theta\; t\, a^\top + \Delta, \qquad \|\Delta\|_{\rm op} = o(\sqrt n),
# ```
# where $\|F_0\|_{\rm op} = O(\sqrt n)$ and $\|\theta\, t\,a^\top\|_{\rm op} = \theta\sqrt n\,(1 + o(1))$.
# ````
#
# ````{dropdown} Sketch of the proof
# By Stein's lemma $\sigma'$ has mean $c_1$. Its mean gives the term $\eta c_1\cdot c_1\,(\tilde X\beta)\,a^\top = \theta\,t\,a^\top$. What is left of the first-order term is the matrix
# $\eta c_1\|\beta\|\operatorname{diag}(t)\,[\sigma'(\tilde X W_0^\top) - c_1]\operatorname{diag}(a)$: a matrix of norm $O(\sqrt n)$ between two diagonal matrices, of which the second has entries of size $1/\sqrt N$. So its norm is $O(\operatorname{polylog} n)$.
# The term of order $k \ge 2$ has the leading part $\eta^k c_1^k c_k\,(\tilde X\beta)^{\circ k}(a^{\circ k})^\top$, of norm $O(\sqrt n\cdot n^{-(k-1)/2})$ at constant $\eta$. {cite:t}`Ba2022` and {cite:t}`Moniri2024` give the proof. $\square$
# ````
#
# The new term and the old matrix are of the *same* size, $\sqrt n$. That makes the constant step the interesting boundary case. {cite:t}`Moniri2024` let $\eta = n^\alpha$ with $0 < \alpha < \frac14$, where the
# new term dominates and one spike certainly leaves the bulk. At $\alpha = 0$ it is a fair fight, and the constant in front decides.
#
# ## A weak signal in strong noise
#
# Forget networks for a moment. Somebody adds a rank-one matrix of size $\theta$, the signal, to a large noise matrix. Can we see it in the singular values?
# The noise has singular values of its own, a continuous *bulk* that ends at a sharp edge. {cite:t}`BaikBenArousPeche2005` found that the answer has a threshold:
#
# * **weak signal:** nothing happens. The largest singular value stays at the edge, and its singular vector knows (almost) nothing of the signal;
# * **strong signal:** exactly one singular value separates from the bulk, an *outlier*, and its singular vectors make a definite angle with the signal's.
#
# The angle is not zero, for any finite strength, and it opens continuously from $90°$ at the threshold. {cite:t}`BenaychGeorges2012` computed positions and angles for general noise. Here is their
# answer for our noise, $F_0$, and our signal. It involves the traces of [Setup](setup) only, continued to a negative ridge $\lambda = -z$ to the right of the bulk, where $m_1, m_2 < 0 < q$.
#
# ````{prf:proposition} The outlier of a constant step (ours)
# :label: prop-os-outlier
#
# Put $s(\lambda) = \frac{\psi}{\phi}\,\theta^2\, q\, m_2$, evaluated at the ridge $\lambda$, and let $z_+$ be the upper edge of the bulk of $F_0F_0^\top/n$.
#
# 1. **Threshold.** An outlier exists (next to the norm spike, {prf:ref}`prop-norm-spike`, of an activation that has one) if and only if $s(-z_+) < -1$, that is for $\eta > \eta_c$ with
#    ```{math}
#    :label: eq-os-critical-step
#    \eta_c = \frac{1}{c_1^2\,\|\beta\|}\,\sqrt{\frac{-\phi}{\psi\, q\, m_2}\,\bigg|_{\lambda = -z_+}} \;.
#    ```
# 2. **Position.** The outlier of $FF^\top/n$ is the only $z > z_+$ with
#    ```{math}
#    :label: eq-os-position
#    1 + s(-z) = 0 .
#    ```
# 3. **Alignment.** The squared cosine between its left singular vector $\hat u$ and $t$ is
#    ```{math}
#    :label: eq-os-alignment
#    \frac{\langle \hat u, t\rangle^2}{\|t\|^2} \to \frac{m_2^2}{\mathrm dM/\mathrm dz}\bigg|_{\lambda=-z},
#    ```
#    where $M = m_2 + \phi/(\psi q\,\theta^2)$,
#    and its squared cosine with any $He_k(t)$, $k \ne 1$, tends to $0$.
# ````
#
# ````{dropdown} Proof idea: a determinant of size two
# Let $A = F_0/\sqrt n$, $u = t/\sqrt n$ and $v = a$, which are unit vectors in the limit. We look for a singular value $\sqrt z$ of $A + \theta u v^\top$ that is none of $A$. Singular values are the positive
# eigenvalues of a symmetric matrix twice as large, and there the perturbation has rank two:
#
# $$
# \begin{pmatrix} 0 & A + \theta uv^\top\\ (A + \theta uv^\top)^\top & 0\end{pmatrix}
# = \begin{pmatrix} 0 & A\\ A^\top & 0\end{pmatrix} + U \begin{pmatrix} 0&\theta\\ \theta&0\end{pmatrix} U^\top, \qquad U = \begin{pmatrix} u & 0\\ 0 & v\end{pmatrix}.
# $$
#
# With $R$ the resolvent at $\sqrt z$ of the first matrix on the right, the identity $\det(I + PQ) = \det(I + QP)$ turns a determinant of size $n + N$ into one of size two: $\sqrt z$ is an eigenvalue when
# $\det\big(I - \big(\begin{smallmatrix}0&\theta\\ \theta&0\end{smallmatrix}\big)\,U^\top R\,U\big) = 0$. Written out with $R$ in blocks,
#
# $$
# U^\top R\, U = \begin{pmatrix} \sqrt z\; u^\top(z - AA^\top)^{-1}u & u^\top(z-AA^\top)^{-1}A\,v\\ \cdot & \sqrt z\; v^\top(z - A^\top A)^{-1}v\end{pmatrix}.
# $$
#
# Now three limits. (i) $u$ is linear in $\tilde X$ and $\beta$ is independent of $\tilde X$, so $u^\top(z - AA^\top)^{-1}u \to \frac1{nd}\operatorname{tr}\tilde X^\top(z - K)^{-1}\tilde X = -m_2$. (ii) $v$ is
# independent of $A$, so $v^\top(z - A^\top A)^{-1}v \to \frac1N\operatorname{tr}(z - A^\top A)^{-1} = \frac{\psi}{\phi}\,\frac qz$. (iii) For the same reason the off-diagonal entry vanishes: $v = a$ has a random sign.
# The determinant becomes $1 - \theta^2 z\,(-m_2)\,\frac{\psi}{\phi}\frac qz = 1 + s(-z)$, which is {eq}`eq-os-position`. Going to the right from $z_+$, both $q$ and $-m_2$ fall, and $m_2$ tends to $0$, so that $s$ increases from its value at the edge to $0$: there is one root if
# $s(-z_+) < -1$, and none otherwise. That is {eq}`eq-os-critical-step`.
#
# For the vector, eliminate $v$ by Woodbury's identity. The resolvent of the *trained* features in the direction of $u$ is, at any ridge,
#
# ```{math}
# :label: eq-os-resolvent-u
# u^\top\Big(\tfrac{FF^\top}n + \lambda\Big)^{-1}u \to \frac{m_2}{1 + s} = m_2 - \frac{m_2^2}{M} .
# ```
#
# An eigenvalue $z$ with eigenvector $\hat u$ contributes $\langle\hat u,u\rangle^2/(z + \lambda)$ to the left side. On the right $M$ vanishes at the outlier; comparing the residues gives {eq}`eq-os-alignment`. Replace $u$ by
# $He_k(t)/\sqrt{n\,k!}$, $k \ne 1$: it is uncorrelated with $\tilde X$ and with $u$, nothing has a pole there, and the overlap is zero. $\square$
# ````
#
# Both pieces of $s$ have a meaning. $\theta^2 = c_1^4\eta^2\|\beta\|^2$ is the strength of the signal; $\frac{\psi}{\phi}q\,m_2$ is what the noise makes of it: $m_2$ on the side of the data, $q$ on the side of the units.
# The same combination $s$ will govern the errors.

# %%
critical = spikes.critical_step(problem)
edge = edges(problem)[-1, 1]
weak, strong = 0.5 * critical, 2.0 * critical
steps = critical * np.unique([0.0, 0.5, 2.0, *multiples])


def s(problem, ridge, eta):
    """s = (psi/phi) theta^2 q m2: the strength of the signal, as the noise lets it pass."""
    theta = problem.student[1] ** 2 * eta * limit_geometry(problem).beta_norm
    t = traces(problem, ridge)
    return problem.psi / problem.phi * theta**2 * t.q * t.m2


def largest(problem, eta, geometry=None, highest=HIGHEST):
    """Position of the largest eigenvalue and squared alignment: of the outlier, or of the edge if there is none."""
    found = spikes.outliers(problem, eta, geometry, highest)
    return (
        (found[0].position, found[0].overlaps[1])
        if found
        else (edges(problem)[-1, 1], 0.0)
    )


position_at_strong, omega_at_strong = largest(problem, strong)

# %% tags=["remove-input"]
Markdown(
    f"For the network of this page the bulk ends at {edge:.3f} and the critical step is $\\eta_c$ = {critical:.3f}; there $s$ = "
    f"{s(problem, -edge * (1 + 1e-9), critical):.4f}. At twice the critical step the outlier should be at {position_at_strong:.3f}, with a squared alignment of {omega_at_strong:.3f}."
)


# %% [markdown]
# ## Before and after
#
# The first look: all squared singular values of $F/\sqrt n$, before the step, after a step of half the critical size, and after one of twice that size.

# %%
def trained(problem, seed, etas):
    """One draw: t, and the trained features for each step size, one matrix at a time."""
    W0, a = sample.weights(problem, seed), sample.readout(problem, seed)
    first = sample.batch(problem, seed, "gradient", problem.n)
    step = network.gradient(problem, W0, a, first)
    X = sample.batch(problem, seed, "ridge", problem.n).X
    t = X @ step.direction / np.linalg.norm(step.direction)
    return t, (network.features(problem, X, W0, step.matrix, eta) for eta in etas)


three = (0.0, weak, strong)
eigenvalues = np.array(
    [[squared_singular_values(F) for F in trained(problem, k, three)[1]] for k in draws[:6]]
)

# %% tags=["hide-input"]


def histogram(values, eta, title):
    """Histogram over seeds and predicted density per unit of ln x, with the predicted outlier."""
    low, high = max(edges(problem)[0, 0], 1e-3), eigenvalues.max()
    bins = np.geomspace(0.8 * low, 1.15 * high, 70)
    width = np.diff(np.log(bins))
    heights = over_seeds([np.histogram(v, bins)[0] / (problem.n * width) for v in values])
    x = np.geomspace(bins[0], bins[-1], 800)
    last = over_seeds(values[:, -1])
    return spectrum.Spectrum(
        title, bins, heights.mean, heights.standard_error, x, x * density(problem, x),
        last.mean, last.standard_error, [o.position for o in spikes.outliers(problem, eta)],
    )


titles = (
    "before the step",
    f"after the step, η = {weak:.2f} (half the critical step)",
    f"after the step, η = {strong:.2f} (twice the critical step)",
)
spectra = [histogram(eigenvalues[:, i], three[i], titles[i]) for i in range(3)]

# %% mystnb={"figure": {"caption": "Squared singular values of $F/\\sqrt n$ before the step and after two constant steps. Bars and points: simulation, mean over seeds with standard errors. Lines: the density of the untrained bulk, the same in all panels. Triangle: largest simulated value. The vertical bar is the outlier predicted by {eq}`eq-os-position` with the corrections of {numref}`fig-lag`.", "name": "fig-before-after"}, "image": {"alt": "Three stacked histograms on a logarithmic axis with the same theoretical bulk curve. In the first two the largest eigenvalue sits at the right edge of the bulk. In the third it stands apart, on the predicted mark."}}
spectrum.histograms(
    spectra,
    r"squared singular value of $F/\sqrt{n}$",
    r"density per unit of $\ln x$",
    xscale="log",
)

# %% [markdown]
# The bulk is the same three times: rank one cannot move a continuum of eigenvalues. The step of half the critical size is invisible, although it changes $F$ by a matrix of the same
# order as $F$ itself. At twice the critical step, one eigenvalue stands alone, where the theory says.
#
# ## Position and alignment against the step size
#
# Now the whole transition. `run_many` repeats the experiment over seeds; each draw is used for all steps, so that differences between steps are paired. We run it at $n$ and at $n/2$ (with $d$ and $N$ in proportion), to tell limits from finite-size corrections.

# %%
half = problem.resized(n // 2)
ridges = np.geomspace(1e-3, 10, 9)
full_runs = run_many(problem, steps, [ridge, *ridges], draws, top=8)
half_runs = run_many(half, steps, ridge, draws, top=8)

position = over_seeds(full_runs.values("top_values")[:, :, 0])
alignment = over_seeds(full_runs.values("overlaps")[:, :, 0, 1])

grid = np.linspace(0, steps[-1], 301)
position_line, alignment_line = np.transpose([largest(problem, eta) for eta in grid])


def curve(line, average):
    """A prediction on the grid of step sizes, and a measurement at the simulated ones."""
    return [Curve("", (grid, line), (steps, average.mean, average.standard_error))]


transition = [
    Panel("largest squared singular value", curve(position_line, position), "Position",
          levels={"edge of the bulk": edge}, legend=None),
    Panel("squared cosine with $t$", curve(alignment_line, alignment), "Alignment",
          ylim=(-0.02, 1.02), legend=None),
]

# %% mystnb={"figure": {"caption": "Largest squared singular value of $F/\\sqrt n$ (left) and squared cosine of its left singular vector with $t = \\tilde X\\beta/\\|\\beta\\|$ (right) against the step size. Lines: {prf:ref}`prop-os-outlier` with the corrections of {numref}`fig-lag`. Points: simulation, mean over seeds with standard errors. The vertical line is the critical step {eq}`eq-os-critical-step`.", "name": "fig-transition"}, "image": {"alt": "Two panels over the step size. On the left the largest eigenvalue is flat up to the critical step and then rises. On the right the squared alignment is zero up to the critical step and then rises steeply towards one. Simulated points follow both curves, a little rounded at the transition."}}
side_by_side.side_by_side(transition, r"step size $\eta$", marks={r"$\eta_c$": critical})


# %% [markdown]
# The lines have no free parameter. `spikes.outliers`, which draws them, adds to the rank-one term of {eq}`eq-os-one-term` those of higher order, which vanish in the limit but pull the strongest outliers a little to the left at this size; [a section below](sec-os-breaks) singles them out. The lines contain the limits of $\|\beta\|$, $\|t\|$ and $\|a\|$. In a draw of finite size these differ a little, and each draw's outlier follows its own. To test the formula and not the luck of
# the draw we insert the measured norms (*plug-in*, `Measurement.geometry`), and look at the difference seed by seed. What remains is a bias of order $1/n$. If $v(n) = v_\infty + b/n$, then
# $2v(n) - v(n/2) = v_\infty$: this combination must vanish.

# %%
def against_plug_in(runs, i):
    """Relative error of the position, and error of the alignment, at step number i, by seed."""
    rows = []
    for m in runs.measurements:
        where, omega = largest(m.problem, steps[i], m.geometry)
        rows.append((m.top_values[i, 0] / where - 1, m.overlaps[i, 0, 1] - omega))
    return np.array(rows)


def extrapolated(i):
    """Both errors with a correction of order 1/n removed."""
    return over_seeds(2 * against_plug_in(full_runs, i) - against_plug_in(half_runs, i))


def textbook(theta_squared, variance=1.0):
    """Outlier of a rank-one signal in noise with independent entries of this variance."""
    return (variance + theta_squared) * (variance * problem.phi / problem.psi + theta_squared) / theta_squared


two = int(np.searchsorted(steps, strong))
at_two = extrapolated(two)
theta = problem.student[1] ** 2 * strong * limit_geometry(problem).beta_norm
independent = textbook(theta**2, problem.student.second_moment)
for k, name, control in (
    (0, "Position of the outlier (relative)", ("noise with independent entries", independent / position_at_strong - 1)),
    (1, "Alignment of the outlier", ("a perfect copy of t, as after a growing step", 1 - omega_at_strong)),
):
    claims.check(
        f"{name} at twice the critical step, minus its plug-in prediction, extrapolated in 1/n",
        measured=at_two.mean[k],
        predicted=0.0,
        standard_error=at_two.standard_error[k],
        tolerance=chance(seeds) * at_two.standard_error[k],
        source="One spike, proposition of the outlier",
        control=control,
    )

# %% tags=["remove-input"]
rows = []
for i in np.flatnonzero(steps >= 1.5 * critical):  # nearer to the threshold a draw may have no outlier yet
    error = extrapolated(i)
    where, omega = largest(problem, steps[i])
    rows.append(
        f"| {steps[i]:.2f} | {steps[i] / critical:.2g} | {where:.3f} | {position.mean[i]:.3f} ± {position.standard_error[i]:.3f} "
        f"| {omega:.3f} | {alignment.mean[i]:.3f} ± {alignment.standard_error[i]:.3f} "
        f"| {100 * error.mean[0]:+.1f} ± {100 * error.standard_error[0]:.1f} % |"
    )
head = "| $\\eta$ | $\\eta/\\eta_c$ | position, predicted | measured | alignment, predicted | measured | position minus plug-in, extrapolated |"
Markdown("\n".join([head, "|---:|---:|---:|---:|---:|---:|---:|", *rows]))


# %% [markdown]
# ## Below the threshold: almost nothing, exactly
#
# "Below it nothing" cannot be meant literally. A random unit vector in $n$ dimensions has a squared cosine of about $1/n$ with any fixed one. How much more is there? The resolvent identity {eq}`eq-os-resolvent-u` knows that too.
# Left and right are averages over *all* eigenvectors, weighted by how near their eigenvalues are to $z$. Just inside the bulk, divide the spectral density that $u$ sees by the density of eigenvalues:
#
# ````{prf:proposition} What is left below the threshold (ours)
# :label: prop-os-below
#
# For $\eta < \eta_c$ the squared cosine $\omega$ with $t$, averaged over the left singular vectors next to the upper edge of the bulk, has
# ```{math}
# :label: eq-os-below
# n\,\mathbb E\,\omega \to \lim_{x \uparrow z_+} \frac{\operatorname{Im}\big[m_2/(1+s)\big]}{\operatorname{Im} m_1}\bigg|_{\lambda = -x - i0}\,,
# ```
# and so, we conjecture, has the top vector on its own. The limit is a constant that grows like $(1 - \eta^2/\eta_c^2)^{-2}$ as the threshold comes near.
# ````
#
# ````{dropdown} Derivation
# The imaginary part of $u^\top(FF^\top/n + \lambda)^{-1}u$ at $\lambda = -x - i0$ is $\pi\sum_i\langle\hat u_i,u\rangle^2\,\delta(x - \lambda_i)$, smoothed; that of $m_1$ is $\pi\,\frac1n\sum_i\delta(x-\lambda_i)$. Their ratio is $n$ times the mean of
# $\langle\hat u_i,u\rangle^2$ over the eigenvectors at $x$. The first is given by {eq}`eq-os-resolvent-u`, the second is the bulk's. Near the edge, $m_2$ and $q$ approach their edge values like the square root of the distance, $m_2 \approx m_2(z_+) + i\epsilon\, m_2'$ and likewise for $q$,
# so the ratio has a limit; the factor $(1+s)^{-2}$ comes from differentiating $m_2/(1+s)$, and $s(-z_+) = -\eta^2/\eta_c^2$ by {eq}`eq-os-critical-step`. That single eigenvectors at the edge scatter around this mean like squares of Gaussians is
# a theorem for related models {cite}`Bloemendal2016`; for ours it is a conjecture that the experiment supports. $\square$
# ````
#
# The same ratio at any $x$ inside the bulk describes the vectors there; the claims below compare each of the top eight with the ratio at its own place. Even without any step the constant is not $1$: the top singular vectors of $F_0$ prefer the column space of $\tilde X$, where $t$ lies. The step multiplies a residual alignment that is there anyway.

# %%
def below(problem, eta, x=np.inf):
    """n times the mean squared cosine with t of left singular vectors at x in the bulk, or at its edge."""
    inside = -np.minimum(x, edges(problem)[-1, 1] * (1 - 1e-6)) - 1e-13j
    t = traces(problem, inside)
    return (t.m2 / (1 + s(problem, inside, eta))).imag / t.m1.imag


sub = steps < 0.95 * critical
sub_grid = np.linspace(0, 0.95 * critical, 200)
left = [Curve("predicted", (sub_grid / critical, [below(problem, eta) for eta in sub_grid]))]
for size, runs in ((problem, full_runs), (half, half_runs)):
    average = over_seeds(size.n * runs.values("overlaps")[:, sub, 0, 1])
    points = (steps[sub] / critical, average.mean, average.standard_error)
    left.append(Curve(f"simulated, n = {size.n}", None, points))

# %% mystnb={"figure": {"caption": "What is left of the alignment below the critical step: squared cosine of the top left singular vector with $t$, times $n$. Line: {eq}`eq-os-below`. Points: simulation at two sizes, mean over seeds with standard errors. The two sizes agree: the alignment itself vanishes like $1/n$.", "name": "fig-below"}, "image": {"alt": "n times the squared alignment over the ratio of step to critical step, on a logarithmic axis. The predicted curve starts at a finite value and diverges at the critical step; simulated points for two sizes follow it and stay below it close to the threshold."}}
side_by_side.side_by_side(
    [Panel(r"$n\,\times$ squared cosine with $t$", left, yscale="log")], r"$\eta/\eta_c$", columns=1, height=3.2
)


# %%
def residual(m, eta):
    """n times the squared cosines of the top vectors of one draw."""
    return m.problem.n * m.overlaps[int(np.searchsorted(steps, eta)), :, 1]


def relative(values, eta):
    """Mean over the top vectors, two sizes and all seeds of values(m) over the prediction at each vector's place."""
    pairs = zip(full_runs.measurements, half_runs.measurements, strict=True)
    i = int(np.searchsorted(steps, eta))
    return over_seeds([np.mean([values(m) / below(m.problem, eta, m.top_values[i]) for m in pair]) for pair in pairs])


for name, eta, law, wrong in (
    ("without a step", 0.0, "a random direction", lambda m: 1.0),
    ("at half the critical step", weak, "no step", lambda m: below(m.problem, 0.0, m.top_values[0])),
):
    ratio = relative(lambda m, eta=eta: residual(m, eta), eta)
    claims.check(
        f"Residual alignment {name}: squared cosine of the top eight vectors over its prediction",
        measured=ratio.mean,
        predicted=1.0,
        standard_error=ratio.standard_error,
        tolerance=chance(seeds) * ratio.standard_error,
        source="One spike, proposition on what is left below the threshold",
        control=(law, relative(wrong, eta).mean),
    )

# %% [markdown]
# Close to the threshold the formula cannot be right at finite $n$: it diverges, and a squared cosine is at most $1$. The two limits $n \to \infty$ and $\eta \to \eta_c$ do not commute. The transition is smeared over a window of relative width $n^{-1/3}$, in which
# the top eigenvalue and the bulk repel each other. The rounding of both curves in {numref}`fig-transition` is the same effect.
#
# ## What the singular vector carries
#
# The outlier's left singular vector has one entry per row of the batch. {prf:ref}`prop-os-outlier` says that $\sqrt n\,\hat u_i$ is a multiple of $t_i$, plus noise: a *linear* function of $\tilde x_i$. No parabola, no cubic.

# %%
t, after = trained(problem, seed, (weak, strong))
tops = [top(F, 1).left[:, 0] for F in after]
ends = np.array([t.min(), t.max()])
panels = [
    vectors.Cloud(title, t, np.sqrt(n) * np.sign(t @ u) * u, (ends, slope * ends))
    for title, u, slope in zip(
        ("half the critical step", "twice the critical step"),
        tops,
        (0.0, np.sqrt(omega_at_strong)),
        strict=True,
    )
]

# %% mystnb={"figure": {"caption": "Entries of the top left singular vector $\\hat u$ against $t = \\tilde X\\beta/\\|\\beta\\|$, one draw, one point per row of the batch. Lines: predicted mean, of slope $0$ below the threshold and of slope $\\langle\\hat u, t\\rangle/\\|t\\|$ from {eq}`eq-os-alignment` above it.", "name": "fig-vector"}, "image": {"alt": "Two scatter plots of the entries of the top singular vector against t. On the left a shapeless cloud around zero, on the right a narrow band around a straight line through the origin."}}
vectors.clouds(panels, r"$t_i$", r"$\sqrt{n}\,\hat u_i$")

# %% [markdown]
# How straight is the line? Measure the squared cosine of $\hat u$ with $He_k(t)$ for every degree. There is a subtlety in what to compare it with. On a finite sample the vectors $He_1(t)$ and $He_k(t)$ are not orthogonal, so even a perfect copy of
# $t$ seems to contain some $He_k$:
#
# ````{prf:lemma} The sampling level
# :label: lem-os-level
#
# If $\hat u$ has squared cosine $\omega$ with $t$ and is otherwise in general position, then for $k \ge 2$
# ```{math}
# :label: eq-os-level
# n\,\mathbb E\cos^2\!\big(\hat u, He_k(t)\big) \approx 1 + 2k\,\omega .
# ```
# ````
#
# ````{dropdown} Proof
# Normalise $He_k$ by $\sqrt{k!}$. The part of $\hat u$ in general position contributes $(1-\omega)/n$. The part along $t$ contributes $\omega$ times the square of $\frac1n\sum_i t_i He_k(t_i)/\sqrt{k!}$, a mean of independent terms of mean zero and variance
# $\mathbb E[t^2He_k^2]/k!$. With $t He_k = He_{k+1} + k He_{k-1}$ that variance is $((k+1)! + k^2(k-1)!)/k! = 2k+1$. Together $1 - \omega + (2k+1)\,\omega$. $\square$
# ````
#
# We ask it of two networks. For an odd activation the quadratic degree could be absent by symmetry alone. The second network has $c_2 \ne 0$, and its teacher a quadratic part (all that is not linear in the teacher of this page, made quadratic).

# %%
linear_part = problem.target[1] or 1.0  # a teacher without one gains nothing: nothing to compare
rest = problem.target.nonlinear_variance
quadratic = (0.0, linear_part, float(np.sqrt(rest / 2)))
other = replace(problem, activation=contrast, teacher=quadratic)
other_critical, last_step = spikes.critical_step(other), n**growing
between = np.sqrt(2 * other_critical * last_step)
other_steps = np.array([0.0, *(other_critical * np.array([0.5, 1.0, 2.0])), between, last_step])
other_runs = run_many(other, other_steps, ridge, draws, top=2)

degrees = np.arange(1, 6)
names = str(activation), contrast
omega = dict(zip(names, (omega_at_strong, largest(other, other_steps[3])[1]), strict=True))
aligned = {
    names[0]: over_seeds(full_runs.values("overlaps")[:, two, 0, degrees]),
    contrast: over_seeds(other_runs.values("overlaps")[:, 3, 0, degrees]),
}
levels = {k: np.where(degrees == 1, w, (1 + 2 * degrees * w) / n) for k, w in omega.items()}

# %% mystnb={"figure": {"caption": "Squared cosine of the outlier's left singular vector with $He_k(t)$ at twice the critical step, for two activations. Bars: for $k = 1$ the alignment {eq}`eq-os-alignment`, for $k \\ge 2$ the sampling level {eq}`eq-os-level`, which is what a pure copy of $t$ would show at this $n$. Points: simulation, mean over seeds with standard errors.", "name": "fig-degrees"}, "image": {"alt": "Squared alignment over the Hermite degree on a logarithmic axis. For degree one it is near one. For degrees two to five it is smaller by about two orders of magnitude, and points and predicted sampling levels agree for both activations."}}
vectors.alignments(
    levels,
    {k: (v.mean, v.standard_error) for k, v in aligned.items()},
    r"squared cosine with $He_k(t)$",
)

# %%
again = range(seed, seed + 4 * seeds)  # a squared cosine scatters by more than its mean: many draws, of half the size
for name, case, eta in zip(names, (problem, other), (strong, other_steps[3]), strict=True):
    runs, level = run_many(case.resized(half.n), eta, ridge, again, top=1), 1 + 2 * np.array([2, 3]) * omega[name]
    in_levels = over_seeds(np.mean(half.n * runs.values("overlaps")[:, 0, 0, 2:4] / level, axis=1))
    claims.check(
        f"{name}: alignment of the spike with He_2(t) and He_3(t), in units of the sampling level",
        measured=in_levels.mean,
        predicted=1.0,
        standard_error=in_levels.standard_error,
        tolerance=chance(len(again)) * in_levels.standard_error,
        source="One spike, lemma on the sampling level",
        control=("1/n, as for any vector that knows nothing of t", np.mean(1 / level)),
    )
second = over_seeds(n * other_runs.values("overlaps")[:, :, 1, 2] / 5)  # 5 is the level of a copy of t
claims.check(
    f"After a growing step the second singular vector of the {contrast} network does contain He_2(t) (in sampling levels)",
    measured=second.mean[-1],
    standard_error=second.standard_error[-1],
    predicted=1 + chance(seeds) * second.standard_error[-1],
    tolerance=0.0,
    kind="at least",
    source="Moniri et al. 2024; the next chapter",
    explain="The contrast must have a quadratic part, and n**growing must lift the quadratic spike out of the bulk.",
    control=("after twice the critical step", second.mean[3]),
)

# %% [markdown]
# What is beyond degree one is at the sampling level, for both networks: the spike of a constant step carries no curvature. After a growing step, the same measurement finds it. For the highest degrees points may lie below the level: the high moments of a Gaussian are carried by rare large values, of which a batch of this size has few.
#
# ## Training and test error
#
# An aligned feature is worth having if regression can use it. The errors follow from the same resolvent.
#
# ````{prf:proposition} Errors after a constant step (limit of large steps: Moniri et al.; finite strength: ours)
# :label: prop-os-errors
#
# Let $L_{\rm tr}(\eta)$ be the training error (penalty included) and $L_{\rm te}(\eta)$ the test error at ridge $\lambda$. In the proportional limit
# ```{math}
# :label: eq-os-gain
# L_{\rm tr}(0) - L_{\rm tr}(\eta) \to \frac{\lambda\,c_{\star,1}^4\, m_2}{\|\beta\|^2}\,\frac{s}{1+s}\,,
# ```
# ```{math}
# :label: eq-os-test
# L_{\rm te}(\eta) \to -\frac{1}{m_1^2}\,\frac{\mathrm d}{\mathrm d\lambda}\Big[\frac{L_{\rm tr}(\eta)}{\lambda}\Big] .
# ```
# Here $s = \frac\psi\phi\theta^2 q\,m_2$ as in {prf:ref}`prop-os-outlier`, now at the ridge $\lambda > 0$ itself. The factor $s/(1+s)$ rises from $0$ to $1$. Its limit $1$ is the **degree-1 plateau**.
# ````
#
# ````{dropdown} Proof idea
# The training error is $\lambda\,\tilde y^\top(FF^\top/n+\lambda)^{-1}\tilde y/n$: the same resolvent, now in the direction of the labels. Its correction by the spike is, as in {eq}`eq-os-resolvent-u`, minus the squared pairing of $\tilde y/\sqrt n$ with $u$ through the untrained resolvent, divided by $M = m_2 + \phi/(\psi q\theta^2)$.
# That pairing is $\frac1n\tilde y^\top(K+\lambda)^{-1}t \to c_{\star,1}\rho\,m_2$: only the linear part of the labels, $c_{\star,1}\tilde X\beta_\star$, correlates with $t$ *and* goes through the resolvent as $m_2$; higher degrees are orthogonal to the linear function $t$, and the noise is independent of it. So the
# gain is $\lambda\,(c_{\star,1}\rho\, m_2)^2/M = \lambda\,c_{\star,1}^2\rho^2 m_2\,\frac{s}{1+s}$, and $\rho = c_{\star,1}/\|\beta\|$. For the test error, leave-one-out: the residual of a row that was left out is the residual of the fit divided by the diagonal entry $\lambda m_1$ of $\lambda(FF^\top/n+\lambda)^{-1}$, and the mean square
# of the residuals of the fit is $-\lambda^2\frac{\mathrm d}{\mathrm d\lambda}[L_{\rm tr}/\lambda]$. The chapter on the errors has it all. $\square$
# ````
#
# Three things to read off before we look.
#
# * **No threshold.** $s(\lambda)$ is positive for every $\eta > 0$, and for $c_{\star,1} \ne 0$ the gain starts at once, like $\eta^2$. The spectrum hides a signal that regression, which knows the labels, already uses. Seeing needs $s(-z_+) < -1$; gaining needs nothing.
# * **Saturation.** More than everything along $\beta$ cannot be learned: $s/(1+s) \le 1$. Half of the gain is reached at $s(\lambda) = 1$.
# * **A floor.** Whatever the constant, the predictor is a linear function plus noise. No constant step can bring the test error below $c_\star^2 - c_{\star,1}^2 + \sigma_\varepsilon^2$, the error of the best linear function (without intercept) {cite}`Ba2022`.

# %%
train_line, test_line = errors(problem, ridge, grid)
train_plateau, test_plateau = plateau(problem, ridge, 1)
floor = unexplained(problem, intercept=False)
fields = {"train_error": "training", "test_error": "test"}


def gains(runs, field):
    """How much lower the error is than without a step: (seeds, steps)."""
    values = runs.values(field)[:, :, 0]
    return values[:, :1] - values


gain = {name: over_seeds(gains(full_runs, name)) for name in fields}
gain_limit = {
    "train_error": train_line[0] - train_error(problem, ridge, steps),
    "test_error": test_line[0] - test_error(problem, ridge, steps),
}


def gain_panel(word, name, line, plateau):
    """Gain over the step size, with room above the plateau for its name."""
    whole, highest = line[0] - plateau, gain[name].mean.max()
    return Panel(f"gain in {word} error", curve(line[0] - line, gain[name]), word.capitalize(),
                 levels={"degree-1 plateau": whole}, ylim=(None, max(1.15 * whole, 1.1 * highest)), legend=None)


gain_panels = [
    gain_panel("training", "train_error", train_line, train_plateau),
    gain_panel("test", "test_error", test_line, test_plateau),
]

# %% mystnb={"figure": {"caption": "Gain of a constant step: training (left) and test error (right) without a step minus the error with it. Lines: {eq}`eq-os-gain` and {eq}`eq-os-test` with the terms of higher order. Points: simulation, paired differences, mean over seeds with standard errors. Upper horizontal line: the degree-1 plateau. Vertical line: the critical step, where the spectrum changes and the errors do not notice.", "name": "fig-gain"}, "image": {"alt": "Two rising curves of the gain in training and test error over the step size. They start quadratically at zero, pass the critical step smoothly and bend towards the horizontal line of the degree-one plateau."}}
side_by_side.side_by_side(gain_panels, r"step size $\eta$", marks={r"$\eta_c$": critical}, mark_height=0.12)

# %%
ridge_grid = np.geomspace(ridges[0], ridges[-1], 200)
test_errors = over_seeds(full_runs.values("test_error")[:, :, 1:])
by_ridge = []
for label, eta in (("no step", 0.0), ("half the critical step", weak), ("twice the critical step", strong)):
    i = int(np.searchsorted(steps, eta))
    measured = (ridges, test_errors.mean[i], test_errors.standard_error[i])
    by_ridge.append(Curve(label, (ridge_grid, test_error(problem, ridge_grid, eta)), measured))
by_ridge += [
    Curve("degree-1 plateau", (ridge_grid, plateau(problem, ridge_grid, 1)[1])),
    Curve("ridge regression on x", (ridge_grid, linear_errors(problem, ridge_grid, intercept=False)[1])),
]
highest = max(by_ridge[0].predicted[1].max(), test_errors.mean[0].max())
ridge_panel = Panel("test error", by_ridge, levels={"best linear function": floor}, ylim=(0.9 * floor, 1.15 * highest))

# %% mystnb={"figure": {"caption": "The test error itself, against the ridge penalty: without a step, at half and at twice the critical step, on the degree-1 plateau, and for ridge regression on the inputs $x$ themselves. The horizontal line is the floor of all linear predictors. Lines: theory. Points: simulation, mean over seeds with standard errors.", "name": "fig-ridge"}, "image": {"alt": "Test error over the ridge penalty on a logarithmic axis. Each curve has a minimum; the curves are lower for larger steps, and the plateau of degree one is the lowest of the networks, above the floor of linear predictors."}}
side_by_side.side_by_side([ridge_panel], r"ridge penalty $\lambda$", xscale="log", columns=1, height=3.6)

# %%
i_weak = int(np.searchsorted(steps, weak))
small = strong / 100
unsaturated = (test_line[0] - test_error(problem, ridge, small)) * (strong / small) ** 2
at_twice = {  # the test errors of these draws scatter too much to tell twice the critical step from the plateau
    "train_error": ("the degree-1 plateau is reached", train_line[0] - train_plateau),
    "test_error": ("a gain that grows like η², as for small steps", unsaturated),
}
for name, control_at_twice in at_twice.items():
    for i, size, control in ((i_weak, "half", ("no outlier, no gain", 0.0)), (two, "twice", control_at_twice)):
        claims.check(
            f"Gain in {fields[name]} error at {size} the critical step (paired)",
            measured=gain[name].mean[i],
            predicted=gain_limit[name][i],
            standard_error=gain[name].standard_error[i],
            tolerance=chance(seeds) * gain[name].standard_error[i],
            source="One spike, proposition of the errors",
            control=control,
        )
step_at, ridge_at = np.unravel_index(test_errors.mean.argmin(), test_errors.mean.shape)
claims.check(
    "No constant step and no ridge beats the best linear function (smallest simulated test error)",
    measured=test_errors.mean[step_at, ridge_at],
    standard_error=test_errors.standard_error[step_at, ridge_at],
    predicted=floor,
    tolerance=0.0,
    kind="at least",
    source="Ba et al. 2022",
    control=("the training error, which knows no floor", full_runs.values("train_error")[:, :, 1:].mean(axis=0).min()),
    explain="At large multiples of the critical step and small n the step is no longer a constant one: the quadratic part may be learned.",
)

# %% tags=["remove-input"]
best = {
    "without a step": best_ridge(problem),
    "after twice the critical step": best_ridge(problem, strong),
    "on the degree-1 plateau": minimum(lambda r: plateau(problem, r, 1)[1]),
    "for ridge regression on $x$ (second batch)": best_linear(problem, intercept=False),
    "for ridge regression on $x$ (both batches)": best_linear(
        replace(problem, n=2 * n), intercept=False
    ),
}
whole = test_line[0] - test_plateau
Markdown(
    "The smallest test error over all ridge penalties, in theory: "
    + "; ".join(
        f"{label} **{error:.3f}** (λ = {at:.2g})" for label, (at, error) in best.items()
    )
    + f". No linear function is below {floor:.3f}. At half the critical step, invisible in the spectrum, the network at λ = {ridge:g} has {gain_limit['test_error'][i_weak]:.4f} of the plateau's gain "
    f"of {whole:.4f} in test error; measured: {gain['test_error'].mean[i_weak]:.4f} ± {gain['test_error'].standard_error[i_weak]:.4f}."
)

# %% [markdown]
# The baseline puts the step into perspective. The trained network may beat regression on the inputs of the second batch, but it has seen the first batch too: $\beta$ is what it remembers of it. Regression on both batches is the fair opponent. All that a constant step can give is a
# better *linear* predictor, and for that no hidden units are needed. What makes them worth their cost is the non-linear part, and a constant step does not deliver it.
#
# ## What the constant step is blind to
#
# Look at {eq}`eq-os-gain` again. Which properties of the teacher does it contain?
#
# ````{prf:corollary} Two teachers that the constant step cannot tell apart
# :label: cor-os-twins
#
# After a constant step, both errors, and the outlier, depend on teacher and noise only through $c_{\star,1}$ and $c_\star^2 + \sigma_\varepsilon^2 = \mathbb E y^2$. In particular: take any teacher, remove its non-linear part, and add noise of the same second moment. Nothing changes, neither the errors nor the gains.
# ````
#
# ````{dropdown} Proof
# The bulk and its traces do not know the labels. $\|\beta\|^2 = c_{\star,1}^2 + \phi\,\mathbb E y^2$ determines $\theta$, $s$ and the outlier, and with $c_{\star,1}$ the gain {eq}`eq-os-gain`. The training error without a step is $\lambda\,[c_{\star,1}^2 m_2 + (\mathbb E y^2 - c_{\star,1}^2)\,m_1]$, and the test error follows from the training error by {eq}`eq-os-test`. $\square$
# ````
#
# The words matter. *"Two teachers with the same linear part gain the same"* is **not** true as it stands. A teacher with a larger non-linear part makes a noisier $\beta$: $\|\beta\|^2$ grows, $\rho$ falls, and the plateau's gain $\lambda c_{\star,1}^4 m_2/\|\beta\|^2$ falls with it.
# The linear part alone is learned, and the rest is worse than ignored: it is noise in the direction of the step. For a fair comparison the rest must be *exchanged* for noise.
#
# We do that with three teachers: one with a quadratic part; one with a cubic part of the same variance; and a linear one whose noise is topped up by that variance. The network is the one with $c_2 \ne 0$, which has every means to represent a parabola. Weights,
# inputs and noise come from the same seeds, so that differences are paired.

# %%
cubic = (0.0, linear_part, 0.0, float(np.sqrt(rest / 6)))
topped_up = float(np.sqrt(problem.noise_variance + rest))
variants = {
    "quadratic rest": other,
    "cubic rest": replace(other, teacher=cubic),
    "noise instead": replace(other, teacher=(0.0, linear_part), noise_std=topped_up),
}
twin_runs = {"quadratic rest": other_runs} | {
    name: run_many(variants[name], other_steps, ridge, draws) for name in ("cubic rest", "noise instead")
}


def predicted_gain(case, field, eta):
    """The same from the finite-strength theory, all orders."""
    k = list(fields).index(field)
    return errors(case, ridge)[k] - errors(case, ridge, eta)[k]


# %% tags=["hide-input"]
eta_grid = np.geomspace(0.7 * other_steps[1:].min(), 1.2 * other_steps.max(), 120)


def twin_curve(name, field, shift):
    """Gain over the step size for one teacher; the points are moved sideways to be readable."""
    average = over_seeds(gains(twin_runs[name], field)[:, 1:])
    points = (other_steps[1:] * shift, average.mean, average.standard_error)
    return Curve(name, (eta_grid, predicted_gain(variants[name], field, eta_grid)), points)


shifts = dict(zip(variants, (0.93, 1.0, 1.07), strict=True))
twin_panels = [
    Panel(f"gain in {word} error", [twin_curve(name, field, shift) for name, shift in shifts.items()],
          title=word.capitalize(), legend="lower right")
    for field, word in fields.items()
]

# %% mystnb={"figure": {"caption": "Gain in training and test error for three teachers with the same linear part and the same $\\mathbb E y^2$, against the step size. Lines: finite-strength theory with all orders (where the activation has no odd part beyond the linear one, as ReLU, it is the same line for the last two teachers). Points: simulation, mean over seeds with standard errors, moved sideways a little. Left vertical line: the critical step. Right one: $n^{1/4}$, where the next chapter begins.", "name": "fig-twins"}, "image": {"alt": "Gain over the step size on a logarithmic axis in two panels. Up to the critical step the three teachers gain the same; for the largest step the teacher with the quadratic part gains clearly more than the other two."}}
side_by_side.side_by_side(
    twin_panels,
    r"step size $\eta$",
    xscale="log",
    marks={r"$\eta_c$": other_critical, r"$n^{1/4}$": n**0.25},
)


# %%
def more_than_noise(name, field):
    """The teacher's gain minus that of the teacher with noise instead: (seeds, steps), paired."""
    return gains(twin_runs[name], field) - gains(twin_runs["noise instead"], field)


learned = {field: over_seeds(more_than_noise("quadratic rest", field)) for field in fields}
for name in ("quadratic rest", "cubic rest"):
    for field, word in fields.items():
        difference = over_seeds(more_than_noise(name, field)[:, 2])  # at the critical step
        expected = [predicted_gain(variants[k], field, other_critical) for k in (name, "noise instead")]
        claims.check(
            f"{name.capitalize()} against noise of the same variance: the critical step gains the same "
            f"in {word} error (paired)",
            measured=difference.mean,
            predicted=expected[0] - expected[1],
            standard_error=difference.standard_error,
            tolerance=chance(seeds) * difference.standard_error,
            source="One spike, corollary on two teachers",
            control=("the rest is learned, as the quadratic one by a growing step", learned[field].mean[-1]),
        )
more = learned["train_error"]
claims.check(
    "The growing step gains more from the quadratic teacher, beyond chance (training error, paired)",
    measured=more.mean[-1],
    predicted=chance(seeds) * more.standard_error[-1],
    standard_error=more.standard_error[-1],
    tolerance=0.0,
    kind="at least",
    source="Moniri et al. 2024; the next chapter",
    explain="Contrast and teacher must have a non-linear part, and n**growing must lift the quadratic spike.",
    control=("at the critical step", more.mean[2]),
)

# %% tags=["remove-input"]
leak = predicted_gain(
    variants["quadratic rest"], "test_error", other_critical
) - predicted_gain(variants["noise instead"], "test_error", other_critical)
without = replace(variants["noise instead"], noise_std=problem.noise_std)
apart = predicted_gain(without, "test_error", other_critical) - predicted_gain(variants["noise instead"], "test_error", other_critical)
resolved = chance(seeds) * learned["test_error"].standard_error[2]
in_training, in_test = (v[-1] for v in learned.values())
Markdown(
    f"At the critical step the lines of the first and the last teacher differ by {leak:.4f} in test error: what a second spike, of strength $O(n^{{-1/2}})$, can do at this $n$. "
    f"With the growing step, $n^{{{growing:g}}}$ = {other_steps[-1]:.1f}, the quadratic teacher gains {in_training:.3f} more in training error, and in test error "
    f"{in_test:.3f} more. And this is what the non-linear rest costs: on the plateau the gain in test error is "
    f"{improvement(variants['noise instead'], ridge, 1).test[0]:.3f} with it, and {improvement(without, ridge, 1).test[0]:.3f} for a teacher without it at equal noise. "
    f"(At the critical step these gains differ by {apart:.4f} in theory; the draws of this page resolve {resolved:.4f}.)"
)


# %% [markdown]
# At the largest steps the points may leave the lines. These are asymptotic, and the terms that they neglect are felt there at this $n$; a later chapter has a theory for every step size. The verdict does not depend on it: it compares simulations with each other.
#
# The same network, the same data, the same fit. At a constant step the parabola of the teacher might as well be noise; the growing step finds it. The next chapter shows how.
#
# (sec-os-breaks)=
# ## Where it breaks
#
# **A constant is not a small number.** The theory takes $n$ to infinity at fixed $\eta$. At finite $n$ the next terms are of relative order $\eta^2/N$, and that is not always negligible. The leading one can be computed.
#
# ````{prf:proposition} The first correction to the strength (ours)
# :label: prop-os-correction
#
# Let $\kappa = \phi\,\mathbb E y^2\operatorname{Var}\sigma'(Z)/(c_1\|\beta\|)^2$ be the relative lengthening of the rows by the noise of the gradient. For a Gaussian second layer, the part of $F$ that is linear in $t$ has, at finite $N$, the strength $\theta_{\rm eff}$ with
# ```{math}
# :label: eq-os-correction
# \theta^2_{\rm eff} = \theta^2\Big[1 + 18\,\frac{c_3}{c_1}\,(1+\kappa)\,\frac{(\eta\, c_1\|\beta\|)^2}{N} + O\Big(\frac{\eta^4}{N^2}\Big)\Big].
# ```
# ````
#
# ````{dropdown} Derivation
# Unit $j$ sees $\tau_j Z + s_j t$ with $s_j = \eta c_1\|\beta\|a_j$ and $\tau_j^2 = 1 + \kappa s_j^2$, where $Z$ and $t$ are independent standard Gaussians. By Stein's lemma its linear dependence on $t$ is
# $\mathbb E[t\,\sigma(\tau_j Z + s_jt)] = s_j\,\mathbb E\,\sigma'\big(\sqrt{\tau_j^2 + s_j^2}\;G\big) \approx s_j\big[c_1 + \tfrac12(1+\kappa)s_j^2\,\mathbb E\,\sigma^{(3)}(G)\big]$, and $\mathbb E\,\sigma^{(3)} = 6c_3$. Square, and sum over the units with $\mathbb E a_j^2 = 1/N$ and $\mathbb E a_j^4 = 3/N^2$. $\square$
# ````
#
# An activation that saturates, such as tanh, has $c_3/c_1 < 0$: the units with the largest $a_j$ do less than their share, and the outlier lags behind. For ReLU $c_3 = 0$, and the term is absent. To see it, compare the simulated position with the plug-in prediction of the rank-one term
# *alone*, at both sizes.

# %%
def first_correction(problem, eta):
    """The relative change of theta^2 at first order in eta^2/N."""
    student, target = problem.student, problem.target
    step = student[1] * limit_geometry(problem).beta_norm
    kappa = (
        problem.phi
        * (target.second_moment + problem.noise_variance)
        * student.slope_variance
        / step**2
    )
    return 18 * student[3] / student[1] * (1 + kappa) * (eta * step) ** 2 / problem.N


def lag(problem, eta):
    """Relative shift of the outlier that the first correction of theta^2 makes: theta is proportional to eta."""
    factor = np.sqrt(1 + first_correction(problem, eta))
    corrected, plain = (
        largest(problem, e, highest=1)[0] for e in (eta * factor, eta)
    )
    return corrected / plain - 1


def single_deviation(m, eta):
    """Relative deviation of the simulated outlier from the plug-in prediction of one spike alone."""
    i = int(np.searchsorted(steps, eta))
    alone, _ = largest(m.problem, eta, m.geometry, highest=1)
    return m.top_values[i, 0] / alone - 1


far = steps[steps >= 1.9 * critical]
far_grid = np.linspace(far[0], far[-1], 60)
lags = []
for size, runs in ((problem, full_runs), (half, half_runs)):
    average = over_seeds([[100 * single_deviation(m, eta) for eta in far] for m in runs.measurements])
    line = (far_grid, [100 * lag(size, eta) for eta in far_grid])
    lags.append(Curve(f"n = {size.n}, N = {size.N}", line, (far, average.mean, average.standard_error)))

# %% mystnb={"figure": {"caption": "Relative deviation of the outlier from the prediction of a single spike, at two sizes. Lines: the first correction {eq}`eq-os-correction`. Points: simulation with plug-in geometry, mean over seeds with standard errors.", "name": "fig-lag"}, "image": {"alt": "Deviation in per cent over the step size. Two curves for two sizes fall with the step; the one for the smaller size falls about twice as fast, and simulated points follow both."}}
side_by_side.side_by_side(
    [Panel("deviation of the position [%]", lags, levels={"single spike": 0.0})],
    r"step size $\eta$", columns=1, height=3.1,
)

# %%
at_n, at_half = (
    np.array([single_deviation(m, far[-1]) for m in runs.measurements]) for runs in (full_runs, half_runs)
)
last = over_seeds(2 * at_n - at_half)
claims.check(
    "The deviation from a single spike at the largest step is a finite-size effect: it vanishes when extrapolated in 1/n",
    measured=last.mean,
    predicted=0.0,
    standard_error=last.standard_error,
    tolerance=chance(seeds) * last.standard_error,
    source="One spike, proposition on the first correction",
    control=("it is the same at every size", np.mean([at_n, at_half])),
    explain="At large multiples of the critical step or small N the next order, eta**4/N**2, is felt.",
)

# %% [markdown]
# The correction explains the trend, and the more of it the stronger the spike. Nearer to the threshold there are other corrections of the same order, from the bulk, and the points may lie below the line.
#
# The function `spikes.outliers`, which drew the lines of {numref}`fig-transition`, keeps spikes of higher order and with the third one this correction; what it lacks is $\kappa$. A theory with all of it, for steps up to $\sqrt n$, is the subject of a later chapter.
#
# **The first output.** With an output of order one the gradient is not rank one along $X^\top y$, as [Setup](setup) shows: part of the step un-learns the function that the network started with, and $\|\beta\|$ and $\rho$ are no longer those of {eq}`eq-direction`.
#
# **No linear part.** With $c_{\star,1} = 0$ the outlier is there all the same: $\|\beta\|^2 = \phi\,\mathbb E y^2$ is not zero. But the direction is pure noise, $\rho = 0$, and the gain {eq}`eq-os-gain` vanishes. *An outlier is no proof of learning.* {ref}`ex-os-blind` shows it.

# %% tags=["remove-input"]
record(
    critical_step=critical,
    steps=steps,
    position=position.mean,
    position_standard_error=position.standard_error,
    alignment=alignment.mean,
    alignment_standard_error=alignment.standard_error,
    train_gain=gain["train_error"].mean,
    test_gain=gain["test_error"].mean,
    test_gain_standard_error=gain["test_error"].standard_error,
)

# %% [markdown]
# ## What to take along
#
# * A constant step is one rank-one term of strength $\theta = c_1^2\eta\|\beta\|$, the same order as the noise $F_0$, {eq}`eq-os-one-term`.
# * An outlier appears at $\eta_c$, {eq}`eq-os-critical-step`; its vector is linear in the data, and no more than that. Below $\eta_c$ the alignment is a known constant over $n$, {eq}`eq-os-below`.
# * The errors have no threshold, {eq}`eq-os-gain`. They saturate at the degree-1 plateau.
# * The non-linear part of the teacher is noise to a constant step ({prf:ref}`cor-os-twins`). To learn it, the step must grow.
#
# ## Exercises
#
# ````{exercise-start} The textbook case
# :label: ex-os-textbook
# ````
#
# Let the noise matrix be purely Gaussian, that is $c_1^2 \to 0$ in the *bulk* and $c_> = 1$ (the strength $\theta$ is kept). Show that then $m_2 = m_1$, that the outlier is at
#
# $$
# z = \frac{(1+\theta^2)(\gamma + \theta^2)}{\theta^2}, \qquad \gamma = \frac Nn,
# $$
#
# and that the threshold is $\theta^4 = \gamma$. Check the formula against {eq}`eq-os-position`.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-textbook
# :class: dropdown
# ````
#
# With $c_1 = 0$ the first equation of the three traces is $m_2 = m_1$; the second, $(\lambda + q)\,m_1 = 1$, is Marchenko and Pastur's. Put $g = q m_1$, so that $\lambda m_1 = 1 - g$, $q = \gamma - g$ and $\lambda = (1-g)(\gamma-g)/g$. The condition $1 + \theta^2 q\,m_1/\gamma = 0$ says $g = -\gamma/\theta^2$.
# Insert: $z = -\lambda = (1 + \gamma/\theta^2)(\gamma + \gamma/\theta^2)\,\theta^2/\gamma = (\theta^2 + \gamma)(1 + \theta^2)/\theta^2$. The position must increase with $\theta$: $\frac{\mathrm d}{\mathrm d\theta^2}(\theta^2 + \gamma/\theta^2) > 0$ if and only if $\theta^4 > \gamma$.

# %%
pure = Bulk(problem.phi, problem.psi, 0.0, 1.0)
gamma = problem.phi / problem.psi
theta_squared = 3 * np.sqrt(gamma)
at_z = raw_traces(pure, -textbook(theta_squared))
claims.check(
    "Pure noise: the textbook position of the outlier solves 1 + s = 0",
    measured=1 + theta_squared / gamma * at_z.q * at_z.m2,
    predicted=0.0,
    tolerance=1e-10,
    source="Benaych-Georges and Nadakuditi 2012",
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} An outlier without learning
# :label: ex-os-blind
# ````
#
# Take a teacher without linear part, $\sigma_\star = He_2$. Predict the critical step, the outlier at twice that step, and the gain. Check by simulation.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-blind
# :class: dropdown
# ````
#
# $c_{\star,1} = 0$: $\|\beta\|^2 = \phi\,(2 + \sigma_\varepsilon^2)$ is positive, so there is an outlier, aligned with $\tilde X\beta$. But $\rho = 0$: $\beta$ has nothing to do with $\beta_\star$, and the gain is zero.

# %%
blind = replace(problem, teacher=(0.0, 0.0, 1.0))
blind_step = 2 * spikes.critical_step(blind)
blind_runs = run_many(blind, [0.0, blind_step], ridge, draws, top=1)
blind_gain = over_seeds(gains(blind_runs, "test_error")[:, 1])
seen = replace(blind, teacher=(0.0, np.sqrt(2)))
claims.check(
    "A teacher without linear part: twice the critical step gains nothing in test error (paired)",
    measured=blind_gain.mean,
    predicted=0.0,
    standard_error=blind_gain.standard_error,
    tolerance=chance(seeds) * blind_gain.standard_error,
    source="One spike, proposition of the errors",
    control=("a linear teacher with labels of the same variance", predicted_gain(seen, "test_error", blind_step)),
    explain="At small n the gradient's noise is not isotropic, and rho scatters around zero by 1/sqrt(n).",
)

# %%
blind_position, blind_omega = largest(blind, blind_step)
Markdown(
    f"Predicted outlier {blind_position:.3f} with alignment {blind_omega:.3f}; measured {over_seeds(blind_runs.values('top_values')[:, 1, 0]):.3f} and "
    f"{over_seeds(blind_runs.values('overlaps')[:, 1, 0, 1]):.3f}. Gain in test error: {blind_gain:.4f}."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Seeing and gaining
# :label: ex-os-seeing
# ````
#
# Half of the plateau's gain in training error is reached at the step $\eta_{1/2}$ where $s(\lambda) = 1$. Express $\eta_{1/2}/\eta_c$ by the traces at $\lambda$ and at the edge. Is there a ridge penalty at which half of the gain is in hand before the outlier shows?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-seeing
# :class: dropdown
# ````
#
# $s$ is proportional to $\eta^2 q\,m_2$, so $\eta_{1/2}^2/\eta_c^2 = -(q\,m_2)(-z_+)\,/\,(q\,m_2)(\lambda)$. The denominator is $s$ up to a constant, falls with $\lambda$ and has a finite limit at $\lambda \to 0$. We look at many values of $\lambda$.

# %%
at_edge, many = traces(problem, -edge * (1 + 1e-9)), np.geomspace(1e-6, 10, 400)
ratio = np.sqrt(
    -at_edge.q * at_edge.m2 / (traces(problem, many).q * traces(problem, many).m2)
)
Markdown(
    f"The ratio η½/η_c rises from {ratio[0]:.3f} at λ = {many[0]:.0e} to {ratio[-1]:.3f} at λ = {many[-1]:g}; at the λ = {ridge:g} of this page it is {np.interp(ridge, many, ratio):.3f}. "
    + (
        f"Half of the gain comes before the outlier for λ < {many[ratio < 1][-1]:.3g}."
        if ratio[0] < 1
        else "The outlier always comes first."
    )
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} More data for the step
# :label: ex-os-batch
# ````
#
# Let the gradient use a batch of its own size, `Problem(n_gradient=...)`. With more rows $\|\beta\|$ shrinks, so the critical step *grows*. Does a larger batch hurt?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-batch
# :class: dropdown
# ````
#
# No. $\|\beta\|^2 = c_{\star,1}^2 + \frac d{n_{\rm grad}}\mathbb E y^2$ loses its noise part only. The spike is weaker, but it points in a better direction, and the plateau's gain $\lambda c_{\star,1}^4m_2/\|\beta\|^2$ grows. The outlier measures the length of $\beta$; the gain measures its direction.

# %%
factors = (0.5, 1, 2, 8)
rows = []
for factor in factors:
    case = replace(problem, n_gradient=round(factor * n))
    rows.append(
        (
            factor,
            limit_geometry(case).cosine,
            spikes.critical_step(case),
            improvement(case, ridge, 1).test[0],
        )
    )
Markdown(
    "| rows of the gradient batch over n | ρ | critical step | gain in test error on the plateau |\n|---:|---:|---:|---:|\n"
    + "\n".join("| {:g} | {:.3f} | {:.3f} | {:.4f} |".format(*row) for row in rows)
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
