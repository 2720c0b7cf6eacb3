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
# # Appendix: large steps
#
# **The result of this page.**
# The equations for structured noise; bulk and edges after a maximal step with few readout values; and a third kind of structure, between the noise and the direction of the step.
#
# ```{strip}
# :level: graduate course
# :needs: [Large steps](large_steps)
# ```

# %% tags=["parameters"]
n = 600  # rows of the ridge batch [>= 100]
d = 300  # input dimension [>= 50]
N = 450  # hidden units [>= 50]
seeds = 12  # draws of each network [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.simulation import OneStep
from onestep.simulation.noise import with_noise
from onestep.theory import any_step
from onestep.theory.any_step.features import feature_law
from onestep.theory.neighbours import deep_features

draws = range(seed, seed + seeds)
sizes = {"n": n, "d": d, "N": N, "noise_std": 0.3}
endless = 10**12  # rows of a gradient batch without noise


def few_values(name, values, rows=endless):
    law = values, (1 / len(values),) * len(values)
    return Problem(activation=name, readout=law, n_gradient=rows, **sizes)


def model(problem, s):
    """A draw whose step goes along the teacher's direction, without noise."""
    step = OneStep.draw(replace(problem, n_gradient=1), s, n_test=2000)
    return step.with_gradient(problem.student[1] * np.outer(step.a, step.beta_star))


def step_of(problem, tilt=3.0):
    return tilt * np.sqrt(N) / problem.student[1]


# %% [markdown]
# ## The equations for structured noise
#
# {prf:ref}`prop-any-structured` asks for averages of $\Gamma(I+\Lambda\Gamma)^{-1}$ with $\Gamma_r$ replaced by $\Gamma_rH_r/\tau_r^2$, where $H_r$ is a quadratic in $a_r$.
# We sketch how the library finds them.
#
# *Three matrices.*
# Let $b(t)$ be $k$ functions that span the linear parts, $\mu_1(r,t)/\tau_r = C_r^\top b(t)$, and $\Lambda_b = \mathbb E_t[b\,b^\top/\mathrm{den}]$.
# With $E_i = \Lambda_b \sum_r \Gamma_r\, a_r^i\, C_rC_r^\top$, $i = 0, 1, 2$, all classes act together through
#
# ```{math}
# :label: eq-large-pencil
# \begin{gathered}
# M = 1 + E_0 + 2c\,E_1 S_1 + E_2\,(c^2S_1^2 + v\,S_2), \\
# c = \frac{2c_2\eta}{\sqrt N}, \qquad v = \frac{\phi_g\eta^2}{N}\big(\operatorname{Var}\sigma' - 4c_2^2\big) ,
# \end{gathered}
# ```
#
# and what is needed is the average of $M^{-1}$.
#
# *Linear in the rows.*
# $M$ is not linear in the rows $x_i$, but it is a block of a matrix that is:
#
# $$
# L = \begin{pmatrix} 1 + E_0 & 0 \\ 0 & 1\end{pmatrix} + \frac1m\sum_i Q(y_i)\, x_ix_i^\top, \qquad
# Q(y) = \begin{pmatrix} 2c\,y\,E_1 + v\,y^2E_2 & \frac{c^2}{\omega_0}\, y\, E_2 \\ -\omega_0\, y & 0 \end{pmatrix},
# $$
#
# with any number $\omega_0 > 0$.
#
# *One row out.*
# The row enters with a matrix of rank $2k$, so that the inverse of $L$ becomes $(L_0 + S)^{-1}$ with $S = \mathbb E\big[Q(y)\,(1 + \phi_g\, T\, Q(y))^{-1}\big]$ and $T = (L_0 + S)^{-1}$ again.
# This is one more fixed point, for a $2k \times 2k$ matrix; it is solved together with {eq}`eq-any-fixed-point`.
# Expectations along $\beta_\star$ follow from the joint law of $y$ and $\beta_\star^\top x$.
#
# ## Bulk and edges after a maximal step
#
# Here is the model of the last section of [Large steps](large_steps), $W_0$ plus a spike along $\beta_\star$ with tilts $3\,\zeta$, for the two values $\zeta \in \{0.4,\ 1.356\}$.

# %% tags=["hide-input"]
pair = (0.4, 1.356)
spectra = {}
for name in ("relu", "tanh"):
    problem = few_values(name, pair)
    eta = step_of(problem)
    drawn = [model(problem, s) for s in draws]
    args = [(s.W0, s.a, s.beta_star) for s in drawn]
    known = [deep_features.after_step(problem, eta, *arg) for arg in args]
    gauss = []
    for s, features in zip(draws, known, strict=True):
        rows = np.random.default_rng([s, 2]).standard_normal((n, N))
        rows *= np.sqrt(features.eigenvalues / n)
        gauss.append(np.linalg.svd(rows, compute_uv=False)[::-1] ** 2)
    spectra[name] = {
        "problem": problem,
        "eta": eta,
        "true": [step.spectrum(eta) for step in drawn],
        "gauss": gauss,
        "places": [o.position for o in any_step.outliers(problem, eta)],
        "edges": any_step.edges(problem, eta)[[0, -1], [0, 1]],
        "before": any_step.edges(problem, 0.0)[[0, -1], [0, 1]],
    }

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-large-values", "caption": "Spectrum after a maximal step with a second layer of two values. Bars and points are simulated, lines and stems are theory; dashed is the untrained bulk."}, "image": {"alt": "Two spectra on a logarithmic axis. The bulk of ReLU has spread to both sides, that of tanh has moved to smaller values. Two outliers stand to the right of each."}}
panels, density = [], {}
for name, found in spectra.items():
    low, high = min(found["edges"][0], found["before"][0]), max(found["before"][1], 4)
    x = np.geomspace(0.7 * low, 1.2 * high, 100)
    before, after = (
        (x, any_step.density(found["problem"], x, eta)) for eta in (0.0, found["eta"])
    )
    density[name] = after
    options = {"order": n, "outliers": found["places"], "title": name}
    panels.append(Spectrum.of(found["true"], after, before=before, **options))
picture(*panels)

# %% [markdown]
# The bulk has changed its shape and both of its edges, and in different ways: ReLU's upper edge rises, that of tanh falls.
# The dashed line would still be right at every step $n^\alpha$ with $\alpha < \frac12$.
#
# Does the covariance $\Omega$ of {eq}`eq-large-covariance` give this bulk?
# We draw *Gaussian* rows with exactly this covariance, and compare histograms.
# The distance of two histograms is the sum of the absolute differences of their bars.

# %% tags=["hide-input"]
bins = np.geomspace(2e-4, 8, 40)


def histogram(values):
    return np.histogram(values, bins)[0] / n


def nearer(found, name, kind):
    """By how much spectra are nearer to the law given t than to that of Omega."""
    x, law = density[name]
    middle, width = np.sqrt(bins[1:] * bins[:-1]), np.diff(np.log(bins))
    given_t = np.interp(middle, x, x * law, 0, 0) * width
    omega = np.mean([histogram(v) for v in found["gauss"][1::2]], axis=0)
    bars = np.array([histogram(v) for v in found[kind][::2]])
    return over_seeds(np.sum(np.abs(bars - omega) - np.abs(bars - given_t), axis=1))


extremes = {}
for name, found in spectra.items():
    ends = [(v[0], v[-1 - len(found["places"])]) for v in found["true"]]
    extremes[name] = over_seeds(np.array(ends) / found["edges"])

# %% tags=["remove-input"]
for name, found in spectra.items():
    claims.check(
        f"{name}: by how much spectra are nearer to the law given t than to that of the "
        "covariance",
        measured=nearer(found, name, "true"),
        predicted=0.0,
        kind="more than",
        source="From lazy to maximal, proposition: bulk and outliers",
        control=("Gaussian rows", float(nearer(found, name, "gauss").mean)),
    )
    for k, side in enumerate(("lower", "upper")):
        claims.check(
            f"{name}: the extreme value of the bulk over its {side} edge",
            measured=extremes[name][k],
            predicted=1.0,
            allowed=0.08,  # extreme values stay inside by about n^(-2/3)
            source="From lazy to maximal, proposition: bulk and outliers",
            control=("no step", float(found["before"][k] / found["edges"][k])),
        )


# %% [markdown]
# Extreme values stay inside of an edge, by a share of about $n^{-2/3}$; the checks allow 8 %.
#
# ## How many values?
#
# The mean response of a network with $K$ values is a combination of $K$ functions of $t$, $\mu_0(1,\cdot), \dots, \mu_0(K,\cdot)$.
# Let there be very many rows, and compare the test error with what these functions leave of the teacher.

# %% tags=["hide-input"]
def left_over(law):
    """What the mean responses leave of the labels, noise included."""
    root = np.sqrt(law.weight)
    fit = np.linalg.lstsq((law.mu0 * root).T, law.g0 * root, rcond=1e-10)[0]
    return float(law.weight @ (law.y2 - law.g0**2 + (law.g0 - fit @ law.mu0) ** 2))


readouts = {
    r"$\{1\}$": (1.0,),
    r"$\{-1, 1\}$": (-1.0, 1.0),
    r"$\{\pm 0.45, \pm 1.34\}$": (-1.34, -0.45, 0.45, 1.34),
}
rows, few = [], {}
for name in ("relu", "tanh"):
    for title, values in readouts.items():
        rich = replace(few_values(name, values), n=1000 * d)
        eta = step_of(rich, 1.5)
        error = any_step.errors(rich, np.geomspace(1e-6, 1e-2, 9), eta)[1].min()
        rows.append((name, title, float(error), left_over(feature_law(rich, eta))))
        few[name, title] = any_step.errors(few_values(name, values), 0.03, eta)[1]
odd, even = (
    float(abs(few[name, r"$\{1\}$"] / few[name, r"$\{-1, 1\}$"] - 1))
    for name in ("tanh", "relu")
)

# %% tags=["remove-input"]
head = "activation", "values", "test error, $n = 1000\\,d$", "left by the responses"
markdown_table(rows, head, number=".3f")

# %% [markdown]
# More values fit more functions.
# The two columns differ because the functions $t\,\mu_1(r,t)$ are partly usable as well, and because the noise of the bulk costs.
# For an odd activation a sign gains nothing.

# %% tags=["remove-input"]
claims.check(
    "tanh: test errors with the readouts {1} and {-1, 1}, relative difference",
    measured=odd,
    predicted=0.0,
    tolerance=1e-9,
    source="Large steps, exercise: odd activations",
    control=("ReLU", even),
)


# %% [markdown]
# ## Thirty times as many rows as dimensions
#
# How large must the gradient batch be for the model without noise?
# We take the true gradient of a ReLU network on $30\,d$ rows.

# %% tags=["hide-input"]
def errors_of(step, tilt):
    return step.errors(0.03, tilt * np.sqrt(N) / step.problem.student[1])[1]


finite = few_values("relu", pair, 30 * d)
true = [OneStep.draw(finite, s, n_test=2000) for s in draws]
batch = over_seeds([errors_of(step, 3.0) for step in true])
with_noise_law, without_noise_law = (
    float(any_step.errors(p, 0.03, step_of(p), noise="structured")[1])
    for p in (finite, few_values("relu", pair))
)

# %% tags=["remove-input"]
claims.check(
    "ReLU, two values, 30 d rows in the gradient batch: test error",
    measured=batch,
    predicted=with_noise_law,
    source="From lazy to maximal, theorem: every step size",
    control=("a batch without noise", without_noise_law),
)

# %% [markdown]
# The batch is not yet large, and the equations with $\kappa$ and $\rho$ of the true batch are right.
#
# (sec-large-aligned)=
# ## The noise knows the direction
#
# {eq}`eq-any-noise` calls the noise beyond $S_1$ nearly independent between units.
# That is not all.
# The next term of the slope is $3c_3He_2(z)$, and
#
# ```{math}
# :label: eq-large-aligned
# \frac1m\sum_i y_i\, He_2(w_j^\top x_i)\, x_i \;=\; 2\,(w_j^\top\beta)\, w_j + \text{noise} .
# ```
#
# So the step also stretches row $j$ along itself, by the share $6\,c_3\,\eta\, a_j\, w_j^\top\beta$.
# This is small, of order $d^{-1/2}$ at the maximal step.
# But the same small number $w_j^\top\beta$ is how all units together know $t$ from $W_0$, and such small numbers add up over units.
# In the experiment a tanh network with the readout $\{1\}$ makes the step with the true gradient on $30\,d$ rows, with its part of rank one, and with this part plus the stretching.

# %% tags=["hide-input"]
single = few_values("tanh", (1.0,), 30 * d)
found = []
for s in draws:
    step = OneStep.draw(single, s, n_test=2000)
    sizes_of = 6 * single.student[3] * step.a * (step.W0 @ step.beta)
    stretched = step.rank_one + sizes_of[:, None] * step.W0
    kinds = step, with_noise(step, "none"), step.with_gradient(stretched)
    found.append([errors_of(kind, 3.0) for kind in kinds])
true, plain, aligned = np.transpose(found)
gain, rest = over_seeds(true - plain), over_seeds(true - aligned)

# %% tags=["remove-input"]
claims.check(
    "tanh, readout {1}: test error of the true gradient less that of the rank-one part",
    measured=gain,
    predicted=0.0,
    kind="less than",
    source="this page, equation 3",
    control=("the stretched rows against themselves", 0.0),
)
claims.check(
    "tanh, readout {1}: the same, with rows stretched by equation 3",
    measured=rest,
    predicted=0.0,
    allowed=0.02,
    source="this page, equation 3",
    control=("the rank-one part", float(gain.mean)),
)

# %% [markdown]
# The true gradient is *better* than its part of rank one, by {glue:text}`gain:.3f` ± {glue:text}`gain_standard_error:.3f` in test error, and nearly all of it comes back with the stretching.
# It matters for few-valued readouts and large steps.
# In all other experiments of this book we have found it too small to see.

# %% tags=["remove-cell"]
glue(gain=-1 * gain)
record(gain=gain, rest=rest, batch=batch)

# %% [markdown]
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
