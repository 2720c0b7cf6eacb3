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
# # From lazy to maximal
#
# **The result of this chapter.**
# One set of equations predicts the spectrum, the outliers and both errors after a step of *any* size, from no step at all to the maximal step $\eta \sim \sqrt n$.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: what a unit sees after the step, {prf:ref}`prop-longer-rows` of [Setup](setup), and leaving one row out, {prf:ref}`lem-err-loo` of [Errors](errors)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 100]
d = 500  # input dimension [>= 50]
N = 750  # hidden units [>= 50]
ridge = 0.1  # penalty of the second layer [> 0]
alphas = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]  # step exponents [>= 0, <= 0.6]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 8  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve
from onestep.book.figures.errors import Panel, against
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.book.figures.vectors import Cloud, clouds
from onestep.simulation import OneStep
from onestep.theory import any_step, limit_geometry, outliers
from onestep.theory import errors as limit_errors
from onestep.theory.any_step.features import feature_law

alphas = np.sort(alphas)
problems = {
    name: Problem(n, d, N, name, teacher=(0.0, 1.0, 0.5), noise_std=0.5)
    for name in ("tanh", "relu")
}
etas = np.append(0.0, n**alphas)
drawn = {
    name: [OneStep.draw(p, s, n_test) for s in range(seed, seed + seeds)]
    for name, p in problems.items()
}


# %% tags=["hide-input"]
def relative(both):
    """Errors (2, steps) over those of no step, which stands first."""
    both = np.asarray(both)
    return both[:, 1:] / both[:, :1]


measured, predicted, limit = {}, {}, {}
for name, p in problems.items():
    errors = [np.transpose([s.errors(ridge, e) for e in etas]) for s in drawn[name]]
    measured[name] = np.array([relative(both) for both in errors])
    predicted[name] = relative(any_step.errors(p, ridge, etas))
    limit[name] = relative(limit_errors(p, ridge, etas))

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-axis", "caption": "Test error against the step exponent $\\alpha$, relative to the untrained network on the same draw. Lines are theory, points are simulated."}, "image": {"alt": "Two panels, tanh and ReLU. Two lines agree for small exponents. Near the maximal step the line for every step size turns upwards, and the limit theory goes on falling. The points turn upwards, too."}}
fine = np.linspace(alphas[0], alphas[-1], 41)
panels = []
for name, p in problems.items():
    steps = np.append(0.0, n**fine)
    laws = [relative(law(p, ridge, steps)) for law in (any_step.errors, limit_errors)]
    points = alphas, over_seeds(measured[name])[1]
    curves = [
        Curve("every step size", (fine, laws[0][1]), points),
        Curve("theory of growing steps", (fine, laws[1][1])),
    ]
    panels.append(Panel(name, curves, ylabel="relative to no step"))
against(panels, r"$\alpha = \log\eta\,/\log n$", xscale="linear")

# %% [markdown]
# ## Three regimes that do not meet
#
# One gradient step has been studied at three scales.
#
# | | constant step | growing step | maximal step |
# |---|---|---|---|
# | size | $\eta \asymp 1$ | $\eta = n^\alpha$, $0 < \alpha < \frac12$ | $\eta \asymp \sqrt n$ |
# | tilt $s_j$ of a unit | $n^{-1/2}$ | $n^{\alpha - 1/2}$ | of order one |
# | features | bulk and one spike | bulk and $\ell$ spikes | the bulk itself depends on $t$ |
# | what is learned | the linear part | polynomials in $t$ up to degree $\ell$ | functions of $t$ of any degree |
# | who | {cite:t}`Ba2022` | {cite:t}`Moniri2024` | {cite:t}`Cui2024`, {cite:t}`Dandi2024` |
#
# At a given $n$ there is only a number $\eta$, and nothing says in which column it stands.
# The limits of the middle column drop terms of relative order $\bar s^2$, where
#
# ```{math}
# :label: eq-any-tilt
# \bar s = \frac{\eta\, c_1 \|\beta\|}{\sqrt N}
# ```
#
# is the root mean square of the tilts.
# For the tanh network of this page $\bar s$ = {glue:text}`tilt_0:.2f` at $\alpha = 0.3$, and {glue:text}`tilt_1:.2f` at $\alpha = \frac12$.
# No limit in $n$ makes that small on the computer in front of you.
# We now keep all powers of $\bar s$.

# %% tags=["remove-cell"]
geometry = limit_geometry(problems["tanh"])
per_eta = problems["tanh"].student[1] * geometry.beta_norm / np.sqrt(N)
glue(tilt=[float(per_eta * n**alpha) for alpha in (0.3, 0.5)])


# %% [markdown]
# The idea is to hold $t = \beta^\top x/\|\beta\|$ fixed.
# By {eq}`eq-longer-rows` unit $j$ then sees $\tau_j Z + s_j t$, with $Z$ independent of $t$ and $\tau_j^2 = 1 + \kappa s_j^2$.
# Given $t$, a feature is a function of one Gaussian, and we split it into its mean, its linear part and the rest:
#
# ```{math}
# :label: eq-any-split
# \begin{gathered}
# \sigma(\tau Z + s t) = \mu_0(t) + \mu_1(t)\, Z + \text{rest of variance } \mu_2(t), \\
# \mu_0 = \mathbb E\,\sigma(\tau Z + st), \quad \mu_1 = \mathbb E\,Z\sigma(\tau Z + st), \quad \mu_2 = \mathbb E\,\sigma(\tau Z + st)^2 - \mu_0^2 - \mu_1^2 .
# \end{gathered}
# ```
#
# Without a step these are $0$, $c_1$ and $c_>^2$, and the split is {prf:ref}`thm-equivalence`.
# After a step it is the same split *at every $t$*.
# The mean $\mu_0$ is a function of $t$ that the network can use, and it contains all spikes at once.
# The linear part is still linear in the input.
# The rest still acts like independent noise.
# What is new: both of them are now louder for some inputs than for others.
#
# ## By hand: all units alike
#
# Let the second layer be constant, $a_j = 1/\sqrt N$, as in {cite:t}`Cui2024`.
# Then all units have the same tilt $s = \bar s$ and the same length $\tau$, and {eq}`eq-any-split` is three functions of $t$.
# Let $R = (FF^\top/n + \lambda)^{-1}$.
# We look for its diagonal, because $\lambda R_{ii}$ is the share of a label that the fit leaves alone: change $y_i$ by one, and the residual of row $i$ changes by $\lambda R_{ii}$.
#
# Write $R_{ii} = 1/\mathrm{den}(t_i)$, and give names to two more shares:
#
# * $\omega$ is the share of a *unit's* coefficient that the data leave undetermined;
# * $k$ is the share of a *direction* of the input that they leave undetermined, when all units look at it together.
#
# Each of the three numbers answers a question about the others.
#
# *How much of a row is explained?*
# Leave row $i$ out.
# What the units can explain of it is their noise $\mu_2(t_i)$ and their linear part $\mu_1(t_i)^2$.
# Each counts as far as the other rows have left it free: $\omega$ for the noise, which every unit has for itself, and $\omega k$ for the linear part.
#
# *How well is a unit known?*
# Leave it out.
# The rows that are still unexplained, with weights $1/\mathrm{den}(t_i)$, see its noise and its linear part.
#
# *How well is a direction known?*
# There are $N/d$ units for every direction of the input.
# They share what the rows see of it.
#
# ```{math}
# :label: eq-any-one-class
# \begin{gathered}
# \mathrm{den}(t) = \lambda + \frac Nn\,\omega\,\big(\mu_2(t) + k\,\mu_1(t)^2\big), \\
# \frac1\omega = 1 + \mathbb E_t \frac{\mu_2}{\mathrm{den}} + k\, \mathbb E_t \frac{\mu_1^2}{\mathrm{den}}, \qquad
# \frac1k = 1 + \frac Nd\,\omega\, \mathbb E_t\frac{\mu_1^2}{\mathrm{den}} .
# \end{gathered}
# ```
#
# The unknown function $\mathrm{den}(t)$ is known up to two numbers.
# Without a step it is a constant, $1/m_1$, and {eq}`eq-any-one-class` is {eq}`eq-traces` again.
# In code, by plain iteration:

# %%
# (eq-any-one-class)
def one_class(f, ridge, rounds=200):
    """den(t) and the two shares, for the functions f of one class of units."""
    omega = k = 1.0
    for _ in range(rounds):
        den = ridge + f.N / f.n * omega * (f.mu2[0] + k * f.mu1[0] ** 2)
        noise, linear = f.weight @ np.transpose([f.mu2[0] / den, f.mu1[0] ** 2 / den])
        k = 1 / (1 + f.N / f.d * omega * linear)
        omega = (omega + 1 / (1 + noise + k * linear)) / 2
    return den, omega, k


# %% tags=["remove-input"]
alike = replace(problems["tanh"], readout="constant")
f = feature_law(alike, np.sqrt(N))
den, omega, k = one_class(f, ridge)
without = one_class(feature_law(alike, 0.0), ridge)[1]
df = float(any_step.solve(alike, ridge, np.sqrt(N)).degrees_of_freedom)
claims.check(
    "One class: degrees of freedom by units, over the library's, counted by rows",
    measured=float(N * (1 - omega) / df),
    predicted=1.0,
    tolerance=1e-9,
    source="this page, equation 3",
    control=("no step", float(N * (1 - without) / df)),
)

# %% [markdown]
# For tanh and $\eta = \sqrt N$ it gives $\omega$ = {glue:text}`omega:.3f`, $k$ = {glue:text}`share:.3f` and this table.

# %% tags=["remove-input"]
parts = {r"$|\mu_0|$": f.mu0[0], r"$\mu_1$": f.mu1[0], r"$\mu_2$": f.mu2[0]}
parts |= {r"$\mathrm{den}$": den, "share left alone": ridge / den}
rows = [
    (f"$|t| = {t}$", *(abs(float(np.interp(t, f.t, v))) for v in parts.values()))
    for t in range(4)
]
markdown_table(rows, head=("row at", *parts), number=".3f")

# %% tags=["remove-cell"]
glue(omega=float(omega), share=float(k))


# %% [markdown]
# At $t = 0$ the units are in their steep part and say much about the input.
# At $|t| = 3$ they are on their plateaus: nearly all say the same, whatever the rest of $x$ is.
# The fit then leaves such a row alone.
#
# ## Statement
#
# Other second layers need more classes.
# Let class $r$ hold a share $\pi_r$ of the units, all with the readout $a_r$ (a Gaussian law is cut into some dozens of classes).
# Then $\mu_0, \mu_1, \mu_2$ and $\omega$ carry an index $r$, and $k$ becomes a matrix, because the classes look at the same directions of the input.
# Write $\langle f, h\rangle = \mathbb E_t[f h/\mathrm{den}]$.
#
# ````{prf:result} Every step size (ours)
# :label: thm-any-step
#
# For a ridge $\lambda(t) > 0$ put $\Gamma = \operatorname{diag}(\pi_r \frac Nd\, \omega_r)$ and $\Lambda_{rs} = \langle \mu_1(r,\cdot), \mu_1(s,\cdot)\rangle$, and let $\mathrm{den}(t)$ and $\omega_r$ solve
#
# ```{math}
# :label: eq-any-fixed-point
# \begin{gathered}
# \mathrm{den}(t) = \lambda(t) + \frac Nn \sum_r \pi_r \omega_r\, \mu_2(r,t) + \frac dn\, \mu_1(\cdot,t)^\top\, \Gamma (I + \Lambda\Gamma)^{-1} \mu_1(\cdot,t), \\
# \frac1{\omega_r} = 1 + \mathbb E_t\frac{\mu_2(r,t)}{\mathrm{den}(t)} + \big[\Lambda (I + \Gamma \Lambda)^{-1}\big]_{rr} .
# \end{gathered}
# ```
#
# Let $u$ be the coordinate of $x$ that lies across $\beta$ in the plane of $\beta$ and $\beta_\star$, and
#
# $$
# \begin{gathered}
# g_0(t) = \mathbb E\,[y \mid t], \quad g_1(t) = \mathbb E\,[y\,u \mid t], \quad y_2(t) = \mathbb E\,[y^2 \mid t], \\
# U = \begin{pmatrix} \mu_0 \\ t\,\mu_1 \end{pmatrix}, \quad M_A = \langle U, U\rangle + \operatorname{diag}\Big(\frac1{N\pi_r \omega_r}, \frac1{\Gamma_{rr}}\Big), \quad M_B = \Lambda + \Gamma^{-1} .
# \end{gathered}
# $$
#
# Then
#
# ```{math}
# :label: eq-any-quotient
# Q[\lambda] = \mathbb E_t \frac{y_2}{\mathrm{den}} - \langle U, g_0\rangle^\top M_A^{-1} \langle U, g_0\rangle - \langle \mu_1, g_1\rangle^\top M_B^{-1} \langle \mu_1, g_1\rangle
# ```
#
# gives the errors for a constant $\lambda$:
#
# ```{math}
# :label: eq-any-errors
# L_{\rm tr} = \lambda\, Q[\lambda], \qquad
# L_{\rm te} = - \frac{\mathrm d}{\mathrm d\epsilon}\, Q\big[\lambda + \epsilon\, \mathrm{den}^2\big]\Big|_{\epsilon = 0} .
# ```
# ````
#
# This is a derivation at the level of rigour of theoretical physics, tested below; we know of no proof.
# It takes the noise of the gradient as isotropic and independent between units; [Large steps](large_steps) looks behind that.
#
# ```{prf:algorithm} Both errors after a step of any size
# :label: alg-any-step
#
# **Input** Sizes $n, d, N$, activation, teacher, label noise, penalty $\lambda$, step $\eta$, law of the second layer.
#
# **Output** Training and test error.
#
# 1. Take $\|\beta\|$, $\rho$ and $\kappa$ from [Setup](setup).
# 2. Cut the law of the second layer into classes, and take nodes $t$ with Gaussian weights.
# 3. For every class and node compute $\mu_0, \mu_1, \mu_2$ of {eq}`eq-any-split`, and $g_0, g_1, y_2$ from the teacher: integrals over one Gaussian.
# 4. Solve {eq}`eq-any-fixed-point` for $\mathrm{den}$ and $\omega$.
# 5. Put them into {eq}`eq-any-quotient`.
#    The training error is $\lambda Q$.
# 6. Repeat 4 and 5 with the ridge $\lambda \pm \epsilon\,\mathrm{den}(t)^2$.
#    The difference quotient of $Q$ is minus the test error.
# ```
#
# ### Why it holds
#
# *The fixed point.*
# It is the argument above, with a $p \times p$ matrix for $k$.
#
# *The quotient.*
# $Q = \frac1n\tilde y^\top R\,\tilde y$ is the minimum of the ridge objective over $\lambda$.
# Most of $\tilde y$ is noise to the features and gives the first term.
# Three things are not: what is a function of $t$ can be fitted by the mean responses $\mu_0$; $t$ itself also by the small overlaps of the rows of $W_0$ with $\beta$; and what is linear in $u$ by the linear parts.
# Each block of {eq}`eq-any-quotient` is such a fit, with the price of its coefficients on the diagonal.
#
# *The test error.*
# By {prf:ref}`lem-err-loo` the error on a row left out is $(R\tilde y)_i/R_{ii}$, so that the test error is $\frac1n\sum_i \mathrm{den}(t_i)^2 (R\tilde y)_i^2$.
# That is a derivative of $Q$: give row $i$ a ridge of its own.
# In [Errors](errors) all rows are alike, $\mathrm{den}$ is a constant, and the derivative is one in $\lambda$.
#
# ````{dropdown} The derivation in full
# *The fixed point.*
# Fix $t_1, \dots, t_n$.
# By {eq}`eq-any-split` the features are $F_{ij} = \mu_0(j,t_i) + \mu_1(j,t_i)\, e_j^\top x_i^\perp + \sqrt{\mu_2(j,t_i)}\,\xi_{ij}$ with unit vectors $e_j$ that are independent of each other.
# Leave out row $i$.
# Its diagonal entry of $R$ is $1/(\lambda + \text{what the other rows' fit can explain of it})$, by Schur's complement.
# The noise $\xi_{ij}$ is new to every unit, and contributes $\frac1n\sum_j \mu_2(j,t_i)\, \omega_j$.
# The linear part is a random vector $x_i^\perp$ seen through all units together.
# Ridge regression on it has $d$ directions.
# In each of them the classes form a $p \times p$ problem with prior precision $\Gamma^{-1}$ and information $\Lambda$, whence $\Gamma(I + \Lambda\Gamma)^{-1} = (\Gamma^{-1} + \Lambda)^{-1}$.
# Leaving out unit $j$ gives the equation for $\omega_r$ in the same way.
#
# *The quotient.*
# Everything in $\tilde y$ that is not a function of $t$, or linear in $u$ at given $t$, is noise to the features, and gives the first term.
# The mean $\mu_0$ is a function of $t$ that class $r$ can add to the prediction.
# So is $t\mu_1$: $w_j$ has a small overlap of its own with $\beta$, of order $d^{-1/2}$, and all units together can use it.
# Their coefficients cost $1/(N\pi_r \omega_r)$ and $1/\Gamma_{rr}$; completing the square gives $M_A$, exactly as in the proof of {prf:ref}`thm-err-train`.
# In the direction $u$ the features are linear with slopes $\mu_1(r,t)$: $M_B$.
#
# *The test error.*
# Give row $i$ the ridge $\lambda + \epsilon\,\mathrm{den}(t_i)^2$.
# Since $\mathrm dR = -R\,\operatorname{diag}(\mathrm{den}^2)\,R\;\mathrm d\epsilon$, the derivative of $Q$ at $\epsilon = 0$ is $-\frac1n \sum_i \mathrm{den}(t_i)^2 (R\tilde y)_i^2$.
# This is why {prf:ref}`thm-any-step` is stated for a ridge that depends on $t$.
#
# *Small steps.*
# As $s \to 0$: $\mu_1 \to c_1$, $\mu_2 \to c_>^2$, $\mathrm{den} \to 1/m_1$ and $\frac Nn \omega \to q$, and {eq}`eq-any-fixed-point` becomes {eq}`eq-traces`.
# $\square$
# ````
#
# Step 4 of {prf:ref}`alg-any-step`, by plain iteration:

# %%
# (eq-any-fixed-point); the ridge may depend on t
def fixed_point(f, ridge, rounds=150):
    """den(t), and omega_r for every class."""
    omega, den = np.ones(f.share.size), ridge + np.ones(f.t.size)
    for _ in range(rounds):
        Gamma = f.share * f.N / f.d * omega
        Lambda = (f.mu1 * f.weight / den) @ f.mu1.T
        P = Gamma[:, None] * np.linalg.inv(np.eye(omega.size) + Lambda * Gamma)
        noise, linear = f.mu2 @ (f.weight / den), np.diag(Lambda - Lambda @ P @ Lambda)
        right = ridge + f.N / f.n * (f.share * omega) @ f.mu2
        right = right + f.d / f.n * np.einsum("rt,rs,st->t", f.mu1, P, f.mu1)
        omega, den = (omega + 1 / (1 + noise + linear)) / 2, (den + right) / 2
    return den, omega


# %% [markdown]
# Steps 5 and 6:

# %%
# (eq-any-quotient), and (eq-any-errors) for the ridge den^2
def quotient(f, ridge):
    den, omega = fixed_point(f, ridge)
    w, row = f.weight / den, f.d / (f.share * f.N * omega)
    U = np.concatenate([f.mu0, f.t * f.mu1])
    M_A = (U * w) @ U.T + np.diag(np.concatenate([row / f.d, row]))
    M_B = (f.mu1 * w) @ f.mu1.T + np.diag(row)
    v_A, v_B = U @ (w * f.g0), f.mu1 @ (w * f.g1[0])
    fitted = v_A @ np.linalg.solve(M_A, v_A) + v_B @ np.linalg.solve(M_B, v_B)
    return w @ f.y2 - fitted, den


# %% [markdown]
# The library takes Newton steps instead, in the logarithms of $\mathrm{den}$ and $\omega$, and differentiates {eq}`eq-any-errors` exactly.

# %% tags=["remove-input"]
largest = n ** alphas[-1]
f = feature_law(problems["relu"], largest)
Q, den = quotient(f, ridge)
up, down = (quotient(f, ridge + h * den**2)[0] for h in (1e-4, -1e-4))
library = any_step.errors(problems["relu"], ridge, largest)[1]
before = any_step.errors(problems["relu"], ridge, 0.0)[1]
claims.check(
    "The test error of the two cells above over the library's, for ReLU",
    measured=float((down - up) / 2e-4 / library),
    predicted=1.0,
    tolerance=1e-5,
    source="this page, the result",
    control=("no step", float(before / library)),
)


# %% [markdown]
# ## Experiment: rows, errors, spectrum
#
# **Rows.**
# Diagonal entries of the resolvent can be looked at directly.
# {numref}`fig-any-diagonal` has them after the largest step.
# For tanh they grow with $|t|$, as in the table.
# ReLU units are loud where $|t|$ is large, and the fit follows such rows closely.

# %% tags=["hide-input"]
def resolvent_diagonal(step, eta):
    F = step.features(eta)
    return np.diag(np.linalg.inv(F @ F.T / n + ridge * np.eye(n)))


def contrast(t, value, weight=None):
    """Mean value where |t| > 1.5 over that where |t| < 0.5."""
    parts = np.abs(t) > 1.5, np.abs(t) < 0.5
    weight = np.ones(t.size) if weight is None else weight
    far, near = (np.average(value[part], weights=weight[part]) for part in parts)
    return far / near


pictures, contrasts = [], {}
for name, p in problems.items():
    diagonals = [resolvent_diagonal(step, largest) for step in drawn[name]]
    f = feature_law(p, largest)
    den, inside = fixed_point(f, ridge)[0], np.abs(f.t) < 3.3
    ratios = [contrast(s.t, v) for s, v in zip(drawn[name], diagonals, strict=True)]
    contrasts[name] = over_seeds(ratios), contrast(f.t, 1 / den, f.weight)
    line = f.t[inside], 1 / den[inside]
    pictures.append(Cloud(name, drawn[name][0].t, diagonals[0], line))

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-diagonal", "caption": "Diagonal entries of the resolvent after the largest step, against the coordinate of the row. Points are one draw, the line is $1/\\mathrm{den}(t)$. Without a step it would be flat."}, "image": {"alt": "Two panels. For tanh the entries grow with the distance of t from zero, for ReLU they fall. The line passes through the middle of each cloud."}}
clouds(pictures, "coordinate $t_i$", "$R_{ii}$", legend="upper center")

# %% tags=["remove-input"]
for name, (ratio, expected) in contrasts.items():
    claims.check(
        f"{name}: diagonal of the resolvent where |t| > 1.5 over that where |t| < 0.5",
        measured=ratio,
        predicted=float(expected),
        source="this page, the result",
        control=("all rows alike, as without a step", 1.0),
    )

# %% [markdown]
# **Errors.**
# At these sizes most of the scatter of an error comes from the labels, which all steps of a draw share.
# So we look at the error relative to the untrained network on the same draw.
# For small steps the theory of growing steps and the new one agree, {numref}`fig-any-axis`.
# Then they part.
# The theory of growing steps promises that larger steps can only help, and the simulation does not keep the promise.
# At the largest step ReLU's training error shows that the gradient's noise is not isotropic; there the checks use the law with the noise as it is, {prf:ref}`prop-any-structured`.

# %% tags=["hide-input"]
best = {name: predicted[name].copy() for name in problems}
untrained = np.array(any_step.errors(problems["relu"], ridge, 0.0))
for k in np.flatnonzero(etas[1:] > 0.4 * np.sqrt(N)):
    true = any_step.errors(problems["relu"], ridge, etas[k + 1], noise="structured")
    best["relu"][:, k] = np.array(true) / untrained
turn = int(np.argmin(np.abs(alphas - 0.3)))
rise = {
    name: [v[..., -1] - v[..., turn] for v in (measured[name], best[name], limit[name])]
    for name in problems
}

# %% tags=["remove-input"]
for name in problems:
    for e, kind in enumerate(("training", "test")):
        check_curve(
            f"{name}: {kind} error over that of no step, at every exponent",
            measured[name][:, e],
            best[name][e],
            control=("a step changes nothing", np.ones(len(alphas))),
            source="this page, the result",
        )
    found, law, wrong = rise[name]
    claims.check(
        f"{name}: training error at n^{alphas[-1]:g} less that at n^{alphas[turn]:g}",
        measured=over_seeds(found[:, 0]),
        predicted=float(law[0]),
        source="this page, the result",
        control=("theory of growing steps", float(wrong[0])),
    )

# %% [markdown]
# These few draws cannot tell the two theories apart in the test error.
# [The appendix](lazy_to_maximal_details) has up to four thousand rows and three teachers: the equations are right to two percent or two standard errors at every step, and the theory of growing steps is not.
#
# **Spectrum and outliers.**
# The same fixed point at $\lambda = -x - i0$ gives the spectrum.
#
# ````{prf:proposition} Bulk and outliers at every step (ours)
# :label: prop-any-spectrum
#
# The density of the bulk of $FF^\top/n$ at $x$ is $\frac1\pi \operatorname{Im} \mathbb E_t \frac1{\mathrm{den}(t)}$ at $\lambda = -x - i0$.
# Its outliers are the real $z$ above the bulk at which $\det M_A = 0$ at $\lambda = -z$.
# ````
#
# Before, the bulk stayed and spikes left it.
# Now the bulk moves, too, because $\mu_1$ and $\mu_2$ change, {numref}`fig-any-spectrum`.

# %% tags=["hide-input"]
relu, shown = problems["relu"], (0.3, 0.5)
spectra = {a: [s.spectrum(n**a) for s in drawn["relu"]] for a in (0.0, *shown)}
x = np.geomspace(1e-2, 1.1 * any_step.edges(relu, n ** shown[-1])[-1, 1], 90)
bins = np.geomspace(x[0], x[-1], 36)
density = {
    a: any_step.density(relu, x, e)
    for a, e in zip((0.0, *shown), (0, *(n ** np.array(shown))), strict=True)
}
places = {a: [o.position for o in any_step.outliers(relu, n**a)] for a in shown}


def distance(values, law):
    """L1 distance between a histogram and a density, both per unit of ln x."""
    width, middle = np.diff(np.log(bins)), np.sqrt(bins[1:] * bins[:-1])
    height = np.histogram(values, bins)[0] / (n * width)
    return np.sum(np.abs(height - np.interp(middle, x, x * law)) * width)


def nearer(alpha):
    """By how much less spectra are away from the law after the step than before."""
    laws = density[0.0], density[shown[-1]]
    away = [[distance(v, law) for law in laws] for v in spectra[alpha]]
    return over_seeds([old - new for old, new in away])


# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-spectrum", "caption": "Spectrum of $FF^\\top/n$ for ReLU after a growing and a maximal step. Bars and points are simulated, lines and stems are theory; dashed is the untrained bulk."}, "image": {"alt": "Two spectra on a logarithmic axis. After the growing step the bulk is that of the untrained network. After the maximal step it has spread, and the solid line has spread with it. One outlier stands to the right in the first panel, two in the second."}}
picture(
    *(
        Spectrum.of(
            spectra[a],
            (x, density[a]),
            before=(x, density[0.0]),
            outliers=places[a],
            order=n,
            title=rf"$\eta = n^{{{a:g}}}$",
        )
        for a in shown
    )
)

# %% tags=["hide-input"]
top, ratios = n ** shown[-1], []
for step in drawn["relu"]:
    own = replace(step.geometry, projection=step.geometry.projection_norm)
    law = [o.position for o in any_step.outliers(relu, top, own)[:2]]
    ratios.append(step.outliers(top, 2).values / law)
ratios = over_seeds(ratios)
every, finite = (
    [o.position for o in f(relu, top)] for f in (any_step.outliers, outliers)
)

# %% tags=["remove-input"]
claims.check(
    "ReLU, maximal step: the bulk is nearer to its own law than to that of no step",
    measured=nearer(shown[-1]),
    predicted=0.0,
    kind="more than",
    source="this page, the proposition",
    control=("spectra after a constant step", float(nearer(0.0).mean)),
)
for rank, one in enumerate(ratios):
    claims.check(
        f"ReLU, maximal step: place of outlier {rank + 1} over its prediction",
        measured=one,
        predicted=1.0,
        source="this page, the proposition",
        control=("spikes of finite strength", float(finite[rank] / every[rank])),
    )

# %% tags=["remove-input"]
record(train_rise=over_seeds(rise["tanh"][0][:, 0]), outlier_ratio=ratios)


# %% [markdown]
# ## The lazy end
#
# Let $\bar s \to 0$.
# Then the equations must become those of [Errors](errors).
# No simulation can go there, and theory can: at $n = 10^{12}$ and $\eta = 10$ both give the same numbers.

# %% tags=["remove-input"]
def apart(p):
    laws = [np.array(law(p, ridge, 10.0)) for law in (any_step.errors, limit_errors)]
    return float(np.max(np.abs(laws[0] / laws[1] - 1)))


claims.check(
    "ReLU: the equations less the theory of growing steps at n = 10^12, step 10",
    measured=apart(relu.resized(10**12)),
    predicted=0.0,
    tolerance=1e-6,
    source="this page, the result",
    control=(f"n = {n}", apart(relu)),
)

# %% [markdown]
# One trace of the noise survives all the way down.
# By {prf:ref}`lem-spike-powers` the mean response of a lengthened unit is
#
# $$
# \mu_0 \approx c_1 s\, t + c_2\big( s^2 t^2 + \tau^2 - 1 \big) = c_1 s\,t + c_2\, s^2 (t^2 + \kappa)
# $$
#
# to second order: row lengthening is as large as the quadratic spike itself, at every step.
# [The appendix](lazy_to_maximal_details) follows the test error down to the plateaus of [Improvement](improvement), which are real and far away.
#
# ## Where it breaks
#
# *Few rows.*
# The equations are a limit $n, d, N \to \infty$ at fixed $\eta/\sqrt N$.
# At some hundred rows expect corrections of a few percent.
#
# *Noise with structure.*
# For $c_2 \ne 0$, or a gradient batch that is not much larger than $d$, isotropic noise is an approximation.
# [Large steps](large_steps) does better.
#
# *A second layer of few values.*
# The gradient also has a part of degree three, $\eta a_j c_3 (w_j^\top\beta)\,w_j$ up to a number: it lengthens a row by how the row already lies to $\beta$.
# The equations leave it out.
# Under a Gaussian second layer it hardly matters: less than 0.001 of the test error in the case that we tried.
# For tanh and $a_j = 1/\sqrt N$ or $\pm1/\sqrt N$, at $\eta = 6\sqrt N$ and a small ridge, it lowers the test error by about a tenth.
#
# *A step far beyond $\sqrt n$.*
# The equations do not mind.
# The library refuses steps that make a row longer than 300, because its grids would become too large.
#
# *An order-one first output.*
# The step then does not go along $\beta$, and the formulas for $\kappa$ and $\rho$ do not apply ([Setup](setup)).
#
# *Heavy-tailed labels.*
# A few rows then dominate the gradient, and row lengthening differs from its mean.
#
# ```{admonition} Recap
# :class: recap
# * Hold $t$ fixed.
#   Then a step of any size is a change of three functions, $\mu_0$, $\mu_1$ and $\mu_2$, {eq}`eq-any-split`.
# * With all units alike one function and two numbers describe the fit, {eq}`eq-any-one-class`; other second layers need a number for each class.
# * Rows are no longer alike: the test error is a derivative in a ridge that depends on $t$, {eq}`eq-any-errors`.
# * The bulk moves with the step, and so do the outliers ({prf:ref}`prop-any-spectrum`).
# * Small steps give back the theory of growing steps.
# ```
#
# ## Exercises
#
# ````{exercise-start} Which column? (warm-up)
# :label: ex-any-column
# ````
#
# You train with $N = 10^4$, $\eta = 20$ and $c_1\|\beta\| = 1$.
# What is $\bar s$?
# By how many percent, roughly, can the theory of growing steps be off?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-column
# :class: dropdown
# ````
#
# $\bar s = 20/100 = 0.2$.
# What is dropped is of relative order $\bar s^2 = 0.04$: some percent.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} All on the plateau (warm-up)
# :label: ex-any-plateau
# ````
#
# Let $\sigma$ be bounded and $|st|$ so large that $\mu_1 = \mu_2 = 0$ at this $t$.
# What is $\mathrm{den}(t)$, and how much of the row's label does the fit leave alone?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-plateau
# :class: dropdown
# ````
#
# $\mathrm{den} = \lambda$, so that $\lambda/\mathrm{den} = 1$.
# The units can no longer tell this row from other rows with the same sign of $t$.
# Only the common mean $\mu_0$ still says something about it, and that costs no degrees of freedom of the bulk.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} No step
# :label: ex-any-no-step
# ````
#
# Put $\mu_1 = c_1$ and $\mu_2 = c_>^2$ into {eq}`eq-any-one-class`, and eliminate $k$.
# Which two equations of [Random matrices](random_matrices) do you find, with $q = \frac Nn\omega$ and $m_1 = 1/\mathrm{den}$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-no-step
# :class: dropdown
# ````
#
# $k = 1/(1 + \frac Nd\,\omega\, c_1^2 m_1) = 1/(1 + c_1^2\, q\, m_1/\phi)$.
# With $m_2 = m_1 k$ the first line is $1/m_1 = \lambda + q\,(c_>^2 + c_1^2\, m_2/m_1)$, that is $q\,(c_>^2 m_1 + c_1^2 m_2) = 1 - \lambda m_1$.
# The second is $\frac{N}{n}\frac1q = 1 + c_>^2 m_1 + c_1^2 m_2$, so that $q = \frac Nn - (1 - \lambda m_1) = \frac\phi\psi - 1 + \lambda m_1$.
# These are {eq}`eq-traces`.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Counting twice
# :label: ex-any-counting
# ````
#
# The degrees of freedom of the fit are $\operatorname{tr} K(K+\lambda)^{-1}$ with $K = FF^\top/n$.
# Count them by rows and by units, and find a relation between $\mathrm{den}$ and $\omega$ that every solution of {eq}`eq-any-one-class` fulfils.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-counting
# :class: dropdown
# ````
#
# By rows: $n\,(1 - \lambda\,\mathbb E_t\, 1/\mathrm{den})$.
# By units: $N(1 - \omega)$, because $\omega = \lambda\,[(F^\top F/n + \lambda)^{-1}]_{jj}$.
# From the equations: multiply the second line by $\omega$ to get $1 - \omega = \omega\,\mathbb E_t\,(\mu_2 + k\mu_1^2)/\mathrm{den}$, and the first line says that this is $\frac nN\,\mathbb E_t\,(\mathrm{den} - \lambda)/\mathrm{den}$.
# A claim above checks it.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A linear network
# :label: ex-any-linear
# ````
#
# Let $\sigma(x) = x$ and all units be alike.
# Show that $\mathrm{den}$ does not depend on $t$ at any step.
# Does the step help?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-linear
# :class: dropdown
# ````
#
# $\kappa = 0$, because $\operatorname{Var}\sigma' = 0$; so $\tau = 1$, $\mu_0 = st$, $\mu_1 = 1$ and $\mu_2 = 0$ at every step, and {eq}`eq-any-one-class` contains no $t$.
# The bulk is that of no step.
# The step adds $st$ to the means, and $M_A$ can then fit the part of the labels that is linear in $t$ at a lower price: the network becomes ridge regression on $x$ with a smaller penalty along $\beta$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A proof (open)
# :label: ex-any-proof
# ````
#
# For the model $F_{ij} = \mu_0(t_i) + \mu_1(t_i)\, e_j^\top x_i^\perp + \sqrt{\mu_2(t_i)}\,\xi_{ij}$ with Gaussian $\xi$, prove {eq}`eq-any-one-class`, with a rate.
# What has to be shown in addition for the network itself?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-proof
# :class: dropdown
# ````
#
# For the model, leave-one-out and concentration of quadratic forms should do: it is a separable covariance with one extra random matrix.
# For the network one needs Gaussian equivalence *conditionally on $t$*, uniformly in $t$ on the bulk of its law, for weights that depend on another batch.
# We have no proof.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
