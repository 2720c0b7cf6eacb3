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
# **The result of this chapter.**
# A gradient step of constant size adds one rank-one term to the features: above a critical step one singular value leaves the bulk, and the network learns the linear part of the teacher, and no more.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: [Random matrices](random_matrices), and the model, the traces and the gradient of [Setup](setup)
# ```
#
# Symbols are on the page [Notation](notation).

# %% tags=["parameters", "remove-input"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activation = "tanh"  # of the network
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
ridge = 0.1  # ridge penalty of the second layer [> 0]
multiples = [0.75, 1.0, 1.5, 2.5, 3.5]  # of the critical step, with 0, 0.5, 2 [> 0]
contrast = "relu"  # a second activation, one with a quadratic part
growing = 0.4  # exponent of a growing step, for comparison [>= 0.3, < 0.5]
smaller = 600  # rows where three teachers are compared [>= 100]
seeds = 16  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["remove-input"]
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures import opening, vectors
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.simulation import OneStep, run_many
from onestep.theory import (
    critical_step,
    errors,
    improvement,
    limit_geometry,
    plateau,
    spikes,
)
from onestep.theory.resolvent import density, edges, traces

draws = range(seed, seed + seeds)
problem = Problem(n, d, N, activation, teacher=teacher, noise_std=noise_std)
critical, edge = critical_step(problem), edges(problem)[-1, 1]
steps = critical * np.unique([0.0, 0.5, 2.0, *multiples])
weak, strong = 0.5 * critical, 2.0 * critical
at_weak, at_strong = np.searchsorted(steps, (weak, strong))
c1, beta_norm = problem.student[1], limit_geometry(problem).beta_norm
gamma = problem.phi / problem.psi

# %% tags=["remove-input"]
one = OneStep.draw(problem, seed)
path = critical * np.linspace(0, 3, 13)
spectra = [one.spectrum(eta) for eta in path]
bins = np.geomspace(max(0.9 * spectra[0][0], 1e-3), 1.6 * spectra[-1][-1], 55)
x = np.geomspace(bins[0], 1.1 * edge, 300)


def frame(eta, values):
    """One spectrum with its bulk, and the outlier if theory has one."""
    places = [outlier.position for outlier in spikes.outliers(problem, eta)]
    bulk, own = np.split(values, [len(values) - len(places)])
    height = np.histogram(bulk, bins)[0] / n / np.diff(np.log(bins))
    title = rf"step $\eta = {eta / critical:.1f}\,\eta_c$"
    return opening.Frame(title, height, x * density(problem, x), own, places)


film = [frame(*pair) for pair in zip(path, spectra, strict=True)]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The squared singular values of the features of one network, as its one gradient step grows from zero to three times the critical step $\\eta_c$. The bulk stays. From $\\eta_c$ on one value leaves it. Grey and triangle: one simulated network. Blue: theory.", "name": "fig-os-film"}, "image": {"classes": "onestep-film", "alt": "A grey histogram under a blue curve, the bulk, which does not change. When the step passes the critical one, one value with its prediction leaves the bulk and runs to the right."}}
opening.growing(x, bins, film, r"squared singular value of $F/\sqrt{n}$")


# %% [markdown]
# ## A shift that is small for each unit and common to all
#
# [Setup](setup) has shown what the step does to the weights.
# A step of size $\eta$ adds $\eta\, c_1 a_j\, \beta$ to the weights of unit $j$, up to a small error.
# The direction $\beta = X^\top y/n$ is the same for all units.
#
# *By hand.*
# Take $n = N = 10\,000$, so that a typical $a_j$ is $\frac1{100}$, and $c_1 = 0.6$, $\|\beta\| = 1.2$, $\eta = 2$.
# The input of a unit is a number of size one, and the step shifts it by $2 \cdot 0.6 \cdot 1.2/100 \approx 1.4\,\%$ of that.
# Its output moves by $c_1$ times this, about $0.9\,\%$.
# If the entries of $F$ moved by so much in unrelated ways, the change would be a noise matrix of norm $0.0086\,(\sqrt n + \sqrt N) \approx 1.7$.
# But they move together: entry $(i, j)$ by a multiple of $t_i\, a_j$, where $t = \tilde X\beta/\|\beta\|$.
# That is a matrix of rank one and of norm $0.0086\,\sqrt{nN} \approx 86$.
# The norm of $F_0$ itself is of the order of $\sqrt n = 100$.
# A change of one per cent in each entry is as large as the whole matrix, because it has a direction.
#
# ````{prf:theorem} One constant step adds one rank-one term
# :label: thm-os-one-term
#
# Let $\eta$ be constant.
# In the proportional limit, with $\theta = c_1^2\,\eta\,\|\beta\|$ and $t = \tilde X\beta/\|\beta\|$,
#
# ```{math}
# :label: eq-os-one-term
# \frac1{\sqrt n}\,\big\|\, F - F_0 - \theta\; t\, a^\top \big\|_{\rm op} \to 0 ,
# ```
#
# where $\|F_0\|_{\rm op} = O(\sqrt n)$ and $\|\theta\, t\,a^\top\|_{\rm op} = \theta\sqrt n\,(1 + o(1))$.
# ````
#
# *Idea.*
# Expand in the small shift $\eta c_1 a_j\,\beta^\top\tilde x$.
# The first-order term is the shift times $\sigma'(w_j^\top\tilde x)$.
# By Stein's lemma $\sigma'$ has the mean $c_1$, which gives $\theta\, t\, a^\top$.
# The rest of it is noise, and the higher orders have small readouts $a_j^k$.
#
# ````{dropdown} Sketch of the proof
# The mean $c_1$ of $\sigma'$ gives the term $\eta c_1\cdot c_1\,(\tilde X\beta)\,a^\top = \theta\,t\,a^\top$.
# What is left of the first-order term is $\eta c_1\|\beta\|\operatorname{diag}(t)\,[\sigma'(\tilde X W_0^\top) - c_1]\operatorname{diag}(a)$.
# This is a matrix of norm $O(\sqrt n)$ between two diagonal matrices, and the second of them has entries of size $1/\sqrt N$.
# So its norm is $O(\operatorname{polylog} n)$.
# The term of order $k \ge 2$ has the leading part $\eta^k c_1^k c_k\,(\tilde X\beta)^{\circ k}(a^{\circ k})^\top$, of norm $O(\sqrt n\cdot n^{-(k-1)/2})$ at constant $\eta$.
# {cite:t}`Ba2022` and {cite:t}`Moniri2024` give the proof.
# $\square$
# ````
#
# To leading order $F$ is linear in the change of the weights, as in *lazy* training ([Setup](setup)).
# But the change is a matrix of the size of $F_0$ itself, and both the spectrum and the errors show it.
# {cite:t}`Moniri2024` let $\eta = n^\alpha$ with $0 < \alpha < \frac14$.
# There the new term dominates, and one spike certainly leaves the bulk.
# At $\alpha = 0$ signal and noise are of equal order, and the constant in front decides.
#
# ## When the spike shows
#
# [Random matrices](random_matrices) answered this for a signal $\theta\,t\,a^\top$ in independent noise, by hand: it shows if $\theta^4 > \gamma$, {prf:ref}`prop-rm-bbp`.
# Here the noise is $F_0$, which is correlated, and the signal is linear in the inputs that $F_0$ contains.
# The same argument holds with the trace $m_2$ for the side of the data.
# Let $\gamma = N/n$ and
#
# ```{math}
# :label: eq-os-nu
# \nu(\lambda) = \frac{\theta^2}{\gamma}\; q\, m_2 ,
# ```
#
# with the traces of {prf:ref}`thm-traces` at the ridge $\lambda$.
# We call $\nu$ the *visible strength*.
# Here $\theta^2$ is the strength of the signal, and $q\,m_2/\gamma$ is what the noise lets through, $m_2$ on the side of the data and $q$ on the side of the units.
# Continue it to a negative ridge $\lambda = -z$ to the right of the bulk, where $m_2 < 0 < q$.
#
# ````{prf:proposition} The outlier of a constant step (ours)
# :label: prop-os-outlier
#
# Let $z_+$ be the upper edge of the bulk of $F_0F_0^\top/n$, and take the proportional limit.
#
# 1. **Threshold.**
#    Besides the norm spike that some activations have ({prf:ref}`prop-norm-spike`), an outlier exists if and only if $\nu(-z_+) < -1$, that is for $\eta > \eta_c$ with
#    ```{math}
#    :label: eq-os-critical-step
#    \eta_c = \frac{1}{c_1^2\,\|\beta\|}\,\sqrt{\frac{-\gamma}{q\, m_2}\,\bigg|_{\lambda = -z_+}} \;.
#    ```
# 2. **Position.**
#    The outlier of $FF^\top/n$ is the only $z > z_+$ with
#    ```{math}
#    :label: eq-os-position
#    1 + \nu(-z) = 0 .
#    ```
# 3. **Alignment.**
#    The squared cosine between its left singular vector $\hat u$ and $t$ is
#    ```{math}
#    :label: eq-os-alignment
#    \cos^2(\hat u, t) \to \frac{m_2}{\mathrm d\nu/\mathrm d\lambda}\bigg|_{\lambda=-z},
#    ```
#    and its squared cosine with any $He_k(t)$, $k \ne 1$, tends to $0$.
# ````
#
# {cite:t}`BaikBenArousPeche2005` found such a threshold for covariance matrices, and {cite:t}`BenaychGeorges2012` have the method for general noise.
#
# *Idea.*
# A signal of rank one in a rectangular matrix gives a determinant of size two.
# One factor in it is what $t$ sees of the noise, which is $-m_2$, and the other is what $a$ sees, which is $q/(\gamma z)$.
# The determinant is $1 - \theta^2 z\,(-m_2)\,q/(\gamma z) = 1 + \nu(-z)$.
# Going to the right from $z_+$, both $q$ and $-m_2$ fall, and $m_2$ tends to $0$.
# So $\nu(-z)$ rises from its value at the edge to $0$, and there is one root if that value is below $-1$.
#
# ````{dropdown} Full proof: the determinant, and the alignment
# We look for a singular value $\sqrt z$ of $(F_0 + \theta\, t\,a^\top)/\sqrt n$ that $F_0/\sqrt n$ does not have.
# Write $A = F_0/\sqrt n$ and $v = t/\sqrt n$, so that $v$ and $a$ have unit length in the limit.
# The determinant is that of {prf:ref}`prop-rm-bbp`, with $A$ in the place of the independent noise:
#
# $$
# \det \begin{pmatrix} 1 - \theta\, v^\top (z - AA^\top)^{-1} A a & -\theta\sqrt z\; v^\top (z - AA^\top)^{-1} v \\ -\theta\sqrt z\; a^\top (z - A^\top A)^{-1} a & 1 - \theta\, v^\top (z - AA^\top)^{-1} A a \end{pmatrix} = 0 .
# $$
#
# There are three limits. (i) $t$ is linear in $\tilde X$ and $\beta$ is independent of $\tilde X$, so $v^\top(z - AA^\top)^{-1}v \to \frac1{nd}\operatorname{tr}\tilde X^\top(z - K)^{-1}\tilde X = -m_2$. (ii) $a$ is independent of $A$, so $a^\top(z - A^\top A)^{-1}a \to \frac1N\operatorname{tr}(z - A^\top A)^{-1} = \frac{q}{\gamma z}$. (iii) For the same reason $v^\top (z - AA^\top)^{-1} A a$ vanishes: the entries of $a$ have random signs.
# The determinant becomes $1 - \theta^2 z\,(-m_2)\,\frac{q}{\gamma z} = 1 + \nu(-z)$.
#
# For the vector, eliminate $a$ by Woodbury's identity.
# The resolvent of the *trained* features in the direction of $t$ is, at any ridge,
#
# ```{math}
# :label: eq-os-resolvent-t
# \tfrac1n\, t^\top\Big(\tfrac{FF^\top}n + \lambda\Big)^{-1}t \to \frac{m_2}{1 + \nu} .
# ```
#
# An eigenvalue $z$ with eigenvector $\hat u$ contributes $\cos^2(\hat u, t)/(z + \lambda)$ to the left side.
# On the right the denominator vanishes at the outlier.
# Comparing the residues gives {eq}`eq-os-alignment`.
# Replace $t$ by $He_k(t)/\sqrt{k!}$, $k \ne 1$: it is uncorrelated with $\tilde X$ and with $t$, nothing has a pole there, and the overlap is zero.
# $\square$
# ````

# %%
# (eq-os-nu), (eq-os-position) and (eq-os-alignment)
def nu(eta, ridge):
    theta, trace = c1**2 * eta * beta_norm, traces(problem, ridge)
    return theta**2 / gamma * trace.q * trace.m2


def outlier(eta):
    z = brentq(lambda z: 1 + nu(eta, -z), edge * (1 + 1e-9), 1e6)
    slope = (nu(eta, -z + 1e-5) - nu(eta, -z - 1e-5)) / 2e-5
    return z, traces(problem, -z).m2 / slope


# %% tags=["remove-input"]
limit_position, limit_cosine = outlier(strong)
library = spikes.outliers(problem, strong, highest=1)[0]
claims.check(
    "Outlier at twice the critical step: squared cosine by this page's formulas and by the library",
    measured=limit_cosine,
    predicted=library.overlaps[1],
    tolerance=1e-6,
    source="One spike, proposition of the outlier",
    control=("a perfect copy of t", 1.0),
)


# %% [markdown]
# For this page's network the bulk ends at {glue:text}`edge:.2f` and $\eta_c$ = {glue:text}`critical:.2f`.
# At $2\eta_c$ the outlier should be at {glue:text}`limit_position:.2f`, with a squared cosine of {glue:text}`limit_cosine:.2f`.
#
# We simulate the whole transition.
# Each draw is used for all step sizes.

# %% tags=["remove-input"]
def largest(problem, eta, geometry=None):
    """Largest eigenvalue and squared cosine with t: of the outlier, or of the edge."""
    found = spikes.outliers(problem, eta, geometry)
    if not found:
        return edges(problem)[-1, 1], 0.0
    return found[0].position, found[0].overlaps[1]


def panel(ylabel, line, points, title, **more):
    """One quantity over the step size."""
    one_curve = [Curve("", (grid, line), (steps, points))]
    return CurvePanel(ylabel, one_curve, title, legend=None, **more)


runs = run_many(problem, steps, ridge, draws, top=1)
half_runs = run_many(problem.resized(n // 2), strong, ridge, draws, top=1)
position = over_seeds(runs.values("top_values")[:, :, 0])
cosine = over_seeds(runs.values("overlaps")[:, :, 0, 1])
grid = np.linspace(0, steps[-1], 101)
lines = np.transpose([largest(problem, eta) for eta in grid])
levels, place = {"edge of the bulk": edge}, "largest squared singular value"
transition = [
    panel(place, lines[0], position, "Position", levels=levels),
    panel("squared cosine with $t$", lines[1], cosine, "Alignment"),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Largest squared singular value of $F/\\sqrt n$ (left) and squared cosine of its left singular vector with $t$ (right) against the step size. Lines: {prf:ref}`prop-os-outlier` with the terms of higher order. Points: simulation, mean over seeds with standard errors. The vertical line is the critical step {eq}`eq-os-critical-step`.", "name": "fig-transition"}, "image": {"alt": "Two panels over the step size. On the left the largest value is flat up to the critical step and then rises. On the right the squared cosine is zero up to the critical step and then rises steeply towards one. Points follow both curves, a little rounded at the transition."}}
side_by_side(transition, r"step size $\eta$", marks={r"$\eta_c$": critical})


# %% [markdown]
# The lines have no free parameter.
# They contain the terms of higher order too, which vanish in the limit but pull strong outliers a little to the left at this size ([below](sec-os-breaks)).
#
# A test needs more care, because $\|\beta\|$, $\|t\|$ and $\|a\|$ differ a little from draw to draw, and each outlier follows its own.
# We insert the measured norms of each draw and look at the difference seed by seed.
# A bias of order $1/n$ remains, and we remove it as in [Random matrices](random_matrices): $2v(n) - v(n/2)$ has none.

# %% tags=["remove-input"]
def miss(runs, i):
    """Position (relative) and squared cosine minus prediction, by seed, at step i."""
    rows = []
    for m in runs.measurements:
        where, aligned = largest(m.problem, m.eta[i], m.geometry)
        rows.append((m.top_values[i, 0] / where - 1, m.overlaps[i, 0, 1] - aligned))
    return np.array(rows)


both = over_seeds(2 * miss(runs, at_strong) - miss(half_runs, 0))
strength, variance = (c1**2 * strong * beta_norm) ** 2, problem.student.second_moment
independent = (variance + strength) * (gamma * variance + strength) / strength
expected_position, expected_cosine = largest(problem, strong)
wrong = "noise with independent entries", independent / expected_position - 1
copy = "a perfect copy of t, as after a growing step", 1 - expected_cosine
for k, name, control in ((0, "Position (relative)", wrong), (1, "Alignment", copy)):
    claims.check(
        f"{name} of the outlier at twice the critical step, minus its plug-in prediction, extrapolated in 1/n",
        measured=both[k],
        predicted=0.0,
        source="One spike, proposition of the outlier",
        control=control,
    )

# %% [markdown]
# **Below the threshold** the cosine is not exactly zero.
# A random vector has a squared cosine of about $\frac1n$ with $t$.
# The top singular vector has a multiple of that, and the factor grows as $\eta_c$ comes near.
# [The appendix](sec-os-below) computes it, {prf:ref}`prop-os-below`.
#
# ## What the singular vector carries
#
# The vector $\hat u$ has one entry per row of the batch.
# {prf:ref}`prop-os-outlier` says that $\sqrt n\,\hat u_i$ is a multiple of $t_i$, plus noise.
# It is a *linear* function of $\tilde x_i$, without a parabola or a cubic.

# %% tags=["remove-input"]
ends = np.array([one.t.min(), one.t.max()])
clouds = []
for title, eta, slope in (
    (r"step $0.5\,\eta_c$", weak, 0.0),
    (r"step $2\,\eta_c$", strong, np.sqrt(expected_cosine)),
):
    vector = one.outliers(eta, 1).left[:, 0]
    entries = np.sqrt(n) * np.sign(one.t @ vector) * vector
    clouds.append(vectors.Cloud(title, one.t, entries, (ends, slope * ends)))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Entries of the top left singular vector against $t$, one draw, one point per row of the batch. Lines: predicted mean, of slope $0$ below the threshold and of slope $|\\cos(\\hat u, t)|$ from {eq}`eq-os-alignment` above it.", "name": "fig-vector"}, "image": {"alt": "Two scatter plots of the entries of the top singular vector against t. On the left a shapeless cloud around zero, on the right a narrow band around a straight line through the origin."}}
vectors.clouds(clouds, r"$t_i$", r"$\sqrt{n}\,\hat u_i$")


# %% [markdown]
# How straight is the band?
# [The appendix](sec-os-degrees) measures the cosine with $He_2(t)$, $He_3(t)$ and so on, for an odd activation and for ReLU.
# Overlaps with degrees $\ge 2$ are sampling noise in both.
#
# ## Training and test error
#
# Regression can use an aligned feature.
# The errors follow from the same resolvent, with the same $\nu$, now at the ridge $\lambda > 0$ itself.
#
# ````{prf:proposition} Errors after a constant step (limit of large steps: Moniri et al.; finite strength: ours)
# :label: prop-os-errors
#
# Let $L_{\rm tr}(\eta)$ be the training error (penalty included) and $L_{\rm te}(\eta)$ the test error at ridge $\lambda$.
# In the proportional limit
#
# ```{math}
# :label: eq-os-gain
# L_{\rm tr}(0) - L_{\rm tr}(\eta) \to \frac{\lambda\,c_{\star,1}^4\, m_2}{\|\beta\|^2}\,\frac{\nu}{1+\nu}\,,
# ```
#
# ```{math}
# :label: eq-os-test
# L_{\rm te}(\eta) \to -\frac{1}{m_1^2}\,\frac{\mathrm d}{\mathrm d\lambda}\Big[\frac{L_{\rm tr}(\eta)}{\lambda}\Big] .
# ```
#
# The factor $\nu/(1+\nu)$ rises with $\eta$ from $0$ to $1$.
# Its limit $1$ is the **degree-1 plateau**.
# ````
#
# *Idea.*
# The training error is $\lambda\,\tilde y^\top(FF^\top/n+\lambda)^{-1}\tilde y/n$.
# The spike changes it by the square of what the labels and $t$ have in common, and only the linear part of the labels has something in common with $t$.
#
# ````{dropdown} Proof, training and test error
# As in {eq}`eq-os-resolvent-t`, the spike subtracts from the resolvent in the direction of the labels the squared pairing of $\tilde y/\sqrt n$ with $t/\sqrt n$ through the untrained resolvent, times $\nu/\big((1+\nu)\,m_2\big)$.
# That pairing is $\frac1n\tilde y^\top(K+\lambda)^{-1}t \to c_{\star,1}\rho\,m_2$.
# The linear part of the labels, $c_{\star,1}\tilde X\beta_\star$, correlates with $t$ and goes through the resolvent as $m_2$.
# Higher degrees are orthogonal to the linear function $t$, and the noise is independent of it.
# So the gain is $\lambda\,c_{\star,1}^2\rho^2 m_2\,\frac{\nu}{1+\nu}$, and $\rho = c_{\star,1}/\|\beta\|$.
#
# For the test error, leave one row out.
# Its residual is the residual of the fit divided by the diagonal entry $\lambda m_1$ of $\lambda(FF^\top/n+\lambda)^{-1}$.
# The mean square of the residuals of the fit is $-\lambda^2\frac{\mathrm d}{\mathrm d\lambda}[L_{\rm tr}/\lambda]$.
# The chapter [Errors](errors) has the details.
# $\square$
# ````

# %%
# (eq-os-gain): training error before the step minus after it
def train_gain(eta):
    share = nu(eta, ridge) / (1 + nu(eta, ridge))
    linear, m2 = problem.target[1], traces(problem, ridge).m2
    return ridge * linear**4 * m2 / beta_norm**2 * share


# %% [markdown]
# Three things can be read off.
#
# * **No threshold.**
#   $\nu(\lambda)$ is positive for every $\eta > 0$, and for $c_{\star,1} \ne 0$ the gain starts at once, like $\eta^2$.
#   The spectrum hides a signal that regression already uses, because regression knows the labels.
# * **Saturation.**
#   $\nu/(1+\nu) \le 1$, and half of the gain is reached at $\nu(\lambda) = 1$.
# * **A floor.**
#   Whatever the constant, the predictor is a linear function plus noise.
#   No constant step can bring the test error below $c_\star^2 - c_{\star,1}^2 + \sigma_\varepsilon^2$, the error of the best linear function without intercept {cite}`Ba2022`.

# %% tags=["remove-input"]
def gains(runs, field):
    """How much lower the error is than without a step: (seeds, steps)."""
    values = runs.values(field)[:, :, 0]
    return values[:, :1] - values


def predicted_gain(case, field, eta):
    """The same in theory, with the terms of all orders."""
    k = list(words).index(field)
    return errors(case, ridge)[k] - errors(case, ridge, eta)[k]


words = {"train_error": "training", "test_error": "test"}
gain, whole, predicted, gain_panels = {}, {}, {}, []
for k, (field, word) in enumerate(words.items()):
    gain[field] = over_seeds(gains(runs, field))
    predicted[field] = predicted_gain(problem, field, steps)
    whole[field] = errors(problem, ridge)[k] - plateau(problem, ridge, 1)[k]
    curve = predicted_gain(problem, field, grid), gain[field], word.capitalize()
    more = {"levels": {"plateau": whole[field]}, "ylim": (None, 1.25 * whole[field])}
    gain_panels.append(panel(f"gain in {word} error", *curve, **more))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain of a constant step: training (left) and test error (right) without a step minus the error with it. Lines: {eq}`eq-os-gain` and {eq}`eq-os-test` with the terms of higher order. Points: simulation, paired differences, mean over seeds with standard errors. Vertical line: the critical step.", "name": "fig-gain"}, "image": {"alt": "Two rising curves of the gain in training and test error over the step size. They start quadratically at zero, pass the critical step smoothly and bend towards the horizontal line of the degree-one plateau."}}
side_by_side(gain_panels, r"step size $\eta$", marks={r"$\eta_c$": critical})

# %% tags=["remove-input"]
claims.check(
    "The gain in training error after a huge constant step is that of the degree-1 plateau",
    measured=train_gain(1e8),
    predicted=whole["train_error"],
    tolerance=1e-8,
    source="One spike, proposition of the errors",
    control=("half of it, as at the step with nu = 1", whole["train_error"] / 2),
)
square = (strong / weak) ** 2 * predicted["test_error"][at_weak]
for field, i, size, control in (
    ("train_error", at_weak, "half", ("no outlier, no gain", 0.0)),
    ("train_error", at_strong, "twice", ("the plateau", whole["train_error"])),
    ("test_error", at_weak, "half", ("no outlier, no gain", 0.0)),
    ("test_error", at_strong, "twice", ("growth like the square", square)),
):
    claims.check(
        f"Gain in {words[field]} error at {size} the critical step (paired)",
        measured=gain[field][i],
        predicted=predicted[field][i],
        source="One spike, proposition of the errors",
        control=control,
    )

# %% tags=["remove-cell"]
glue(edge=edge, critical=critical, weak_gain=gain["test_error"][at_weak])
glue(limit_position=limit_position, limit_cosine=limit_cosine)
glue(weak_predicted=predicted["test_error"][at_weak], whole=whole["test_error"])
record(critical_step=critical, steps=steps, position=position, alignment=cosine)
record(train_gain=gain["train_error"], test_gain=gain["test_error"])

# %% [markdown]
# At half the critical step nothing shows in the spectrum, and the test error is lower by {glue:text}`weak_gain:.3f` ± {glue:text}`weak_gain_standard_error:.3f`.
# Theory says {glue:text}`weak_predicted:.3f`, and the plateau's gain is {glue:text}`whole:.3f`.
# [The appendix](sec-os-ridge) compares the best errors over all ridges, and ridge regression on the inputs themselves.
# That regression is the fair opponent: all that a constant step can give is a better *linear* predictor, and for that no hidden units are needed.
#
# ## What the constant step is blind to
#
# Which properties of the teacher does {eq}`eq-os-gain` contain?
#
# ````{prf:corollary} Two teachers that the constant step cannot tell apart
# :label: cor-os-twins
#
# After a constant step, both errors and the outlier depend on teacher and noise only through $c_{\star,1}$ and $c_\star^2 + \sigma_\varepsilon^2 = \mathbb E y^2$.
# In particular: take any teacher, remove its non-linear part, and add noise of the same second moment.
# In the limit neither the errors nor the gains change.
# ````
#
# ````{dropdown} Proof
# The bulk and its traces do not know the labels.
# $\|\beta\|^2 = c_{\star,1}^2 + \phi\,\mathbb E y^2$ determines $\theta$, $\nu$ and the outlier, and with $c_{\star,1}$ the gain {eq}`eq-os-gain`.
# The training error without a step is $\lambda\,[c_{\star,1}^2 m_2 + (\mathbb E y^2 - c_{\star,1}^2)\,m_1]$, and the test error follows from the training error by {eq}`eq-os-test`.
# $\square$
# ````
#
# *"Two teachers with the same linear part gain the same"* is **not** true.
# A teacher with a larger non-linear part makes a noisier $\beta$.
# Then $\|\beta\|^2$ grows, $\rho$ falls, and the plateau's gain $\lambda c_{\star,1}^4 m_2/\|\beta\|^2$ falls with it.
# The non-linear part is worse than ignored: it is noise in the direction of the step.
# For a fair comparison it must be *exchanged* for noise.
#
# We do that with three teachers.
# One has a quadratic part, one a cubic part of the same variance, and one is linear with noise added in place of that variance.
# The network has $c_2 \ne 0$, so that it could represent a parabola.
# Weights, inputs and noise come from the same seeds, and differences are paired.

# %% tags=["remove-input"]
linear = problem.target[1] or 1.0  # a teacher without one gains nothing
rest = problem.target.nonlinear_variance
base = replace(problem.resized(smaller), activation=contrast)
twin_critical = critical_step(base)
twin_steps = np.array([0.0, 0.5 * twin_critical, twin_critical, smaller**growing])
loud = np.sqrt(problem.noise_variance + rest)
variants = {
    "quadratic rest": replace(base, teacher=(0.0, linear, (rest / 2) ** 0.5)),
    "cubic rest": replace(base, teacher=(0.0, linear, 0.0, (rest / 6) ** 0.5)),
    "noise instead": replace(base, teacher=(0.0, linear), noise_std=loud),
}
many = range(seed, seed + 2 * seeds)
twins = {k: run_many(v, twin_steps, ridge, many) for k, v in variants.items()}
wide = np.geomspace(0.7 * twin_steps[1], 1.2 * twin_steps[-1], 80)


def twin_curve(name, field, shift):
    """Gain over the step size; points are moved sideways to be readable."""
    points = twin_steps[1:] * shift, over_seeds(gains(twins[name], field))[1:]
    return Curve(name, (wide, predicted_gain(variants[name], field, wide)), points)


shifts = dict(zip(variants, (0.93, 1.0, 1.07), strict=True))
twin_panels = []
for field, word in words.items():
    three = [twin_curve(name, field, shift) for name, shift in shifts.items()]
    more = {"title": word.capitalize(), "legend": "lower right"}
    twin_panels.append(CurvePanel(f"gain in {word} error", three, **more))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain in training and test error for three teachers with the same linear part and the same $\\mathbb E y^2$. Lines: theory with the terms of all orders. Points: simulation, mean over seeds with standard errors, moved sideways a little. Vertical lines: the critical step, and $n^{1/4}$, where the next chapter begins.", "name": "fig-twins"}, "image": {"alt": "Gain over the step size on a logarithmic axis in two panels. Up to the critical step the three teachers gain the same; for the largest step the teacher with the quadratic part gains clearly more than the other two."}}
marks = {r"$\eta_c$": twin_critical, r"$n^{1/4}$": smaller**0.25}
side_by_side(twin_panels, r"step size $\eta$", xscale="log", marks=marks)


# %% tags=["remove-input"]
def beyond(name, field):
    """What the teacher gains beyond the one with noise instead, by step."""
    with_noise = gains(twins["noise instead"], field)
    return over_seeds(gains(twins[name], field) - with_noise)


for name in ("quadratic rest", "cubic rest"):
    for field, word in words.items():
        pair = variants[name], variants["noise instead"]
        first, second = (predicted_gain(case, field, twin_critical) for case in pair)
        claims.check(
            f"{name.capitalize()} against noise of the same variance: the critical step gains the same in {word} error (paired)",
            measured=beyond(name, field)[2],
            predicted=first - second,
            source="One spike, corollary on two teachers",
            control=("as by a growing step", beyond("quadratic rest", field).mean[-1]),
        )
grown = beyond("quadratic rest", "train_error")
claims.check(
    "The growing step gains more from the quadratic teacher (training error, paired)",
    measured=grown[-1],
    predicted=0.0,
    kind="more than",
    source="Moniri et al. 2024; the next chapter",
    control=("at half the critical step", grown.mean[1]),
    explain="Contrast and teacher need a non-linear part, and n**growing a spike of it.",
)

# %% [markdown]
# The network, the data and the fit are the same.
# At a constant step the parabola of the teacher acts as noise.
# The growing step learns it, and the next chapter shows how.
#
# (sec-os-breaks)=
# ## Where it breaks
#
# **At finite $n$ a constant is not small.**
# The next terms are of relative order $\eta^2/N$.
# For tanh they pull the outlier back, because the units with the largest $a_j$ saturate.
# [The appendix](sec-os-correction) computes this shift and shows that it vanishes like $1/n$.
#
# **Near the threshold.**
# The two limits $n \to \infty$ and $\eta \to \eta_c$ do not commute.
# The transition is smeared over a window of relative width $n^{-1/3}$, in which the top eigenvalue and the bulk repel each other.
# This rounds both curves in {numref}`fig-transition`.
#
# **The first output.**
# With an output of order one, part of the step un-learns the function that the network started with ([Setup](setup)).
# Then $\|\beta\|$ and $\rho$ are no longer those of {eq}`eq-direction`.
#
# **No linear part.**
# With $c_{\star,1} = 0$ the outlier is there all the same, since $\|\beta\|^2 = \phi\,\mathbb E y^2$ is not zero.
# But the direction is pure noise, $\rho = 0$, and the gain {eq}`eq-os-gain` vanishes.
# *An outlier is no proof of learning*: see {ref}`ex-os-blind`.
#
# ````{admonition} Recap
# :class: recap
#
# * A constant step adds one rank-one term of strength $\theta = c_1^2\eta\|\beta\|$, of the same order as the noise $F_0$, {eq}`eq-os-one-term`.
# * An outlier appears at $\eta_c$, {eq}`eq-os-critical-step`.
#   Its vector is linear in the data.
# * The errors have no threshold, {eq}`eq-os-gain`.
#   They saturate at the degree-1 plateau.
# * The non-linear part of the teacher is noise to a constant step, {prf:ref}`cor-os-twins`.
#   To learn it, the step must grow.
# ````
#
# ## Exercises
#
# The transition for independent noise, by hand, is in [Random matrices](random_matrices), {prf:ref}`prop-rm-bbp`.
#
# ````{exercise-start} Twice the step (warm-up)
# :label: ex-os-twice
# ````
#
# At some step $\nu(\lambda) = 1$.
# Which share of the plateau's gain in training error has the network there, and which at twice that step?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-twice
# :class: dropdown
# ````
#
# $\nu/(1+\nu) = \frac12$.
# $\nu$ is proportional to $\eta^2$, so at twice the step $\nu = 4$ and the share is $\frac45$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Signs of the second layer (warm-up)
# :label: ex-os-signs
# ````
#
# Flip the signs of half of the $a_j$ before the step.
# What happens to the outlier?
# And what if all $a_j$ have the same absolute value $1/\sqrt N$, with random signs?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-signs
# :class: dropdown
# ````
#
# Nothing, in both cases.
# {eq}`eq-os-position` uses only that $\|a\| \to 1$ and that $a$ is independent of $F_0$.
# The distribution of the $a_j$ matters first for the terms of higher order.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} An outlier without learning
# :label: ex-os-blind
# ````
#
# Take a teacher without linear part, $\sigma_\star = He_2$.
# Predict the critical step, the outlier at twice that step, and the gain.
# Check by simulation.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-blind
# :class: dropdown
# ````
#
# $\|\beta\|^2 = \phi\,(2 + \sigma_\varepsilon^2)$ is positive, so there is an outlier, aligned with $t$.
# But $\rho = 0$: $\beta$ has nothing to do with $\beta_\star$, and the gain is zero.

# %%
blind = replace(problem.resized(smaller), teacher=(0.0, 0.0, 1.0))
blind_step = 2 * critical_step(blind)
seen = predicted_gain(replace(blind, teacher=(0.0, 2**0.5)), "test_error", blind_step)
blind_runs = run_many(blind, [0.0, blind_step], ridge, draws, top=1)

# %% tags=["remove-input"]
claims.check(
    "A teacher without linear part: twice the critical step gains nothing in test error (paired)",
    measured=over_seeds(gains(blind_runs, "test_error"))[1],
    predicted=0.0,
    source="One spike, proposition of the errors",
    control=("a linear teacher with labels of the same variance", seen),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Seeing and gaining
# :label: ex-os-seeing
# ````
#
# Half of the plateau's gain in training error is reached at the step $\eta_{1/2}$ where $\nu(\lambda) = 1$.
# Express $\eta_{1/2}/\eta_c$ by the traces at $\lambda$ and at the edge.
# Is there a ridge penalty at which half of the gain comes before the outlier?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-seeing
# :class: dropdown
# ````
#
# $\nu$ is proportional to $\eta^2 q\,m_2$, so $\eta_{1/2}^2/\eta_c^2 = -(q\,m_2)(-z_+)\,/\,(q\,m_2)(\lambda)$.
# The denominator falls with $\lambda$ and has a finite limit at $\lambda \to 0$.
# So the ratio is smallest for small ridges.

# %%
ridges = np.array([1e-6, 1e-3, 1e-2, 1e-1, 1.0, 10.0])
ratio = np.sqrt(-nu(1.0, -edge * (1 + 1e-9)) / nu(1.0, ridges))
head = ("ridge $\\lambda$", "$\\eta_{1/2}/\\eta_c$")
markdown_table(zip(ridges.tolist(), ratio.tolist(), strict=True), head)

# %% [markdown]
# Half of the gain comes first where the ratio is below one.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} More data for the step
# :label: ex-os-batch
# ````
#
# Let the gradient use a batch of its own size, `Problem(n_gradient=...)`.
# With more rows $\|\beta\|$ shrinks, so the critical step *grows*.
# Does a larger batch hurt?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-os-batch
# :class: dropdown
# ````
#
# No.
# $\|\beta\|^2 = c_{\star,1}^2 + \frac d{n_{\rm grad}}\mathbb E y^2$ loses its noise part only.
# The spike is weaker, but it points in a better direction, and the plateau's gain $\lambda c_{\star,1}^4m_2/\|\beta\|^2$ grows.
# The outlier measures the length of $\beta$; the gain measures its direction.

# %%
rows = []
for factor in (0.5, 1, 2, 8):
    case = replace(problem, n_gradient=round(factor * n))
    best = improvement(case, ridge, 1).test[0]
    rows.append((factor, limit_geometry(case).cosine, critical_step(case), best))
markdown_table(
    rows, ("rows over n", "$\\rho$", "$\\eta_c$", "plateau's gain in test error")
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Seeing below the threshold (open)
# :label: ex-os-detect
# ````
#
# Below $\eta_c$ the largest singular value does not tell a trained network from an untrained one.
# Can another function of the spectrum of $F$ do so, with a probability of error that vanishes as $n \to \infty$?
# Try $\operatorname{tr} FF^\top$ and $\log\det(FF^\top/n + \lambda)$.
# Measure by how many of their standard deviations the step shifts them, at several $n$.
#
# ````{exercise-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
