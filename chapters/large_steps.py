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
# # Large steps and the structure of noise
#
# **The result of this chapter.**
# At a large step the noise of the gradient decides what a network gains: it lengthens the rows, which limits every tilt, and it has a structure that all units share.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: the equations for [every step size](lazy_to_maximal), and the noise of the gradient, {prf:ref}`prop-longer-rows` of [Setup](setup)
# ```

# %% tags=["parameters"]
n = 600  # rows of the ridge batch [>= 100]
d = 300  # input dimension, and rows of the gradient batch [>= 50]
N = 450  # hidden units [>= 50]
ridge = 0.1  # penalty of the ReLU network [> 0]
scales = [0.5, 1.0, 2.0, 4.0]  # its steps, eta / sqrt(N) [> 0, <= 8]
draws = 24  # of the ReLU network [>= 8]
cui_d = 300  # dimension of our simulation of Cui et al. [>= 50]
cui_steps = [0.0, 1.0, 4.0, 8.0]  # its steps, eta / sqrt(N) [>= 0, <= 8]
seeds = 12  # draws of the other networks [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
import pandas as pd

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.book.figures.vectors import Cloud, clouds
from onestep.simulation import OneStep
from onestep.simulation.noise import NOISES, with_noise
from onestep.theory import any_step, limit_geometry, published_geometry
from onestep.theory.neighbours import deep_features

relu = Problem(n, d, N, "relu", (0.0, 1.0, 0.5), 0.5, n_gradient=d)
etas = np.sort(scales) * np.sqrt(N)
drawn = [OneStep.draw(relu, s, n_test=2000) for s in range(seed, seed + draws)]
clean = [with_noise(step, "none") for step in drawn]
found = [[[s.errors(ridge, e) for e in etas] for s in each] for each in (drawn, clean)]
found = np.array(found)  # (true or clean, draws, steps, training or test)


def laws(ridge, etas):
    """Both errors with the noise as it is, and without: (2, 2, ...)."""
    true = any_step.errors(relu, ridge, etas, noise="structured")
    without = any_step.errors(relu, ridge, etas, published_geometry(relu))
    return np.array([true, without])


# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-rise", "caption": "Test error of a ReLU network against the step, in units of $\\sqrt N$. Lines are theory, points are simulated. The third line has the penalty chosen anew for each step."}, "image": {"alt": "The test error with the true gradient has a minimum and rises steeply. With the noise of the gradient removed it falls all the way. With the penalty chosen anew the true gradient's line stays low and rises slightly."}}
fine = np.geomspace(scales[0] / 4, scales[-1], 24)
line = laws(ridge, fine * np.sqrt(N))[:, 1]
penalties = np.geomspace(0.02, 60, 25)[:, None]
tuned, ideal = laws(penalties, fine * np.sqrt(N))[:, 1].min(axis=1)
names = "true gradient", "its noise removed"
points = over_seeds(found[..., 1], axis=1)
curves = [Curve(names[k], (fine, line[k]), (scales, points[k])) for k in (0, 1)]
curves += [Curve("true gradient, best penalty", (fine, tuned))]
comparison(curves, r"$\eta/\sqrt{N}$", "test error", xscale="log")


# %% [markdown]
# ## What a large step does to a unit
#
# A larger step makes every spike stronger.
# Why does the test error in {numref}`fig-any-rise` turn around and rise?
# The second line says who is to blame: without the noise of the gradient it never rises.
#
# After the step unit $j$ sees $\tau_j Z + s_j t$, with $\tau_j^2 = 1 + \kappa s_j^2$, {eq}`eq-longer-rows`.
# The step tilts the unit by $s_j$ along $t$, and it lengthens its row to $\tau_j$.
# Divide by the length:
#
# ```{math}
# :label: eq-large-saturation
# \sigma(\tau_j Z + s_j t) = \sigma\Big(\tau_j\Big(Z + \frac{s_j}{\tau_j}\, t\Big)\Big), \qquad
# \Big|\frac{s_j}{\tau_j}\Big| = \frac{1}{\sqrt{s_j^{-2} + \kappa}} \;<\; \frac1{\sqrt\kappa} .
# ```
#
# So there are two effects, and they need different cures.
#
# * **The row gets longer.**
#   ReLU is homogeneous: $\sigma(\tau z) = \tau\,\sigma(z)$.
#   A network with rows twice as long is the same network with features twice as large, that is, with a penalty four times smaller.
#   Below the best penalty this lowers the training error and raises the test error.
#   Choosing the penalty anew repairs it.
# * **The tilt saturates.**
#   The *effective tilt* $s_j/\tau_j$ never exceeds $\kappa^{-1/2}$.
#   Beyond that a larger step adds noise as fast as signal.
#   The rows forget $W_0$ and become multiples of one kind of vector, signal plus noise.
#   No penalty repairs this.
#
# **By hand.**
# Let $\kappa = \frac14$, so that no unit tilts by more than 2.
# A unit with $s = 1$ has $\tau = \sqrt{1.25} = 1.12$ and the effective tilt $0.89$.
# Four times the step gives $s = 4$, $\tau = \sqrt5 = 2.24$ and the effective tilt $1.79$.
# Sixteen times the step gives $s = 16$, $\tau = 8.06$ and $1.98$: the row is eight times as long, and hardly anything was won.
#
# For ReLU $\kappa = 1 - \rho^2$ ({ref}`ex-relu-rows`), which is large when the direction is noisy.
# For tanh and erf $\kappa$ is several times smaller, because their slope varies less.
# And a tanh unit cannot grow loud: its output is bounded.
# This is why ReLU's errors are special.

# %%
# (eq-large-saturation)
def effective_tilts(step, eta):
    """Tilts s_j, and s_j / tau_j measured on the rows after the step."""
    W, direction = step.weights(eta), step.beta / step.beta_norm
    along = (W - step.W0) @ direction
    across = np.linalg.norm(W - np.outer(W @ direction, direction), axis=1)
    return along, along / across


# %% tags=["hide-input"]
tanh = replace(relu, activation="tanh")
steps = {"relu": drawn[:seeds]}
steps["tanh"] = [OneStep.draw(tanh, seed + k, 1) for k in range(seeds)]
pictures, saturation = [], {}
for name, several in steps.items():
    kappa = limit_geometry(several[0].problem).lengthening
    tilts = np.array([effective_tilts(step, etas[-1]) for step in several])
    law = tilts[:, 0] / np.sqrt(1 + kappa * tilts[:, 0] ** 2)
    sizes = np.mean(np.abs(law), axis=1)
    saturation[name] = over_seeds(np.mean(np.abs(tilts), axis=2) / sizes[:, None])
    order = np.argsort(tilts[0, 0])
    pictures.append(Cloud(name, *tilts[0], (tilts[0, 0][order], law[0][order])))

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-large-saturation", "caption": "Effective tilt of the units of one network after the largest step of {numref}`fig-any-rise`, against their tilt. Lines are {eq}`eq-large-saturation`."}, "image": {"alt": "Two panels. The points lie on curves through zero that bend and become flat. ReLU's curve flattens early, at about one, that of tanh later."}}
clouds(pictures, "tilt $s_j$", r"effective tilt $s_j/\tau_j$", legend="lower right")

# %% tags=["remove-input"]
for name, ratio in saturation.items():
    claims.check(
        f"{name}: mean effective tilt over that of equation 1",
        measured=ratio[1],
        predicted=1.0,
        allowed=0.01,
        source="this page, equation 1",
        control=("rows that do not grow", float(ratio.mean[0])),
    )

# %% [markdown]
# ## Why ReLU's test error rises
#
# We can take the noise away and keep everything else: in theory with $\kappa = 0$, in the simulation with $W_0 + \eta\, c_1 a\beta^\top$ in the place of $W_0 + \eta G$.
# {numref}`fig-any-rise` does both.
# The checks compare errors of the same draw.

# %% tags=["remove-input"]
both = laws(ridge, etas)
low = int(np.argmin(both[0, 1]))
rises = over_seeds(found[:, :, -1, 1] - found[:, :, low, 1], axis=1)
expected = both[:, 1, -1] - both[:, 1, low]
for k in (0, 1):
    claims.check(
        f"ReLU, {names[k]}: rise of the test error from {scales[low]:g} to "
        f"{scales[-1]:g} sqrt(N)",
        measured=rises[k],
        predicted=float(expected[k]),
        source="From lazy to maximal, theorem; this page, proposition",
        control=(names[1 - k], float(expected[1 - k])),
    )

# %% tags=["remove-cell"]
glue(
    fixed=float(line[0, -1] - line[0].min()),
    retuned=float(tuned[-1] - tuned.min()),
    ideal=float(ideal[-1]),
    reached=float(tuned[-1]),
    cost=over_seeds(found[0, :, -1, 1] - found[1, :, -1, 1]),
    limit=float(limit_geometry(relu).lengthening ** -0.5),
)

# %% [markdown]
# At $\eta$ = 4 $\sqrt N$ the noise of the gradient costs {glue:text}`cost:.2f` ± {glue:text}`cost_standard_error:.2f` in test error.
# From its minimum to there the error rises by {glue:text}`fixed:.2f` at the fixed penalty, and by {glue:text}`retuned:.3f` with the penalty chosen anew: most of the rise is the first effect.
# The second shows in the level: with the best penalty the network reaches {glue:text}`reached:.2f`, and without the noise it would reach {glue:text}`ideal:.2f`.
# No unit of this network can tilt beyond {glue:text}`limit:.2f`.
#
# (sec-any-structured)=
# ## The noise of the gradient has a structure
#
# So far the noise was a random vector of its own for every unit, the same in all directions of the input.
# Both are not quite true.
# Expand the slope, $\sigma'(z) = c_1 + 2c_2 z + \sigma'_>(z)$.
# With $m$ rows in the gradient batch, row $j$ of $G - c_1a\beta^\top$ is
#
# ```{math}
# :label: eq-any-noise
# \begin{gathered}
# a_j\,\Big( 2 c_2\, S_1\, w_j + \frac1m \sum_i y_i\, \sigma'_>(w_j^\top x_i)\, x_i \Big) , \\
# S_1 = \frac1m X^\top \operatorname{diag}(y)\, X, \qquad S_2 = \frac1m X^\top \operatorname{diag}(y^2)\, X .
# \end{gathered}
# ```
#
# The first part stretches the *same* eigendirections of $S_1$ in all units.
# What sticks out in one unit then sticks out in all, and the network sees less of the other directions.
# It is absent when $c_2 = 0$.
# The second part is nearly independent between units, but its covariance is proportional to $S_2$ and not to the identity.
# With a gradient batch of fewer than $d$ rows it misses whole directions.
#
# To see that this is all, we replace the noise of ReLU by random matrices of three kinds, and keep everything else of the draw.

# %% tags=["hide-input"]
middle = int(np.argmin(np.abs(np.array(scales) - 2)))
others = [
    [with_noise(s, k).errors(ridge, etas[middle])[0] for k in NOISES[1:]] for s in drawn
]
training = np.column_stack([others, found[0, :, middle, 0]])
ratios = over_seeds(training / training[:, :1])
structure = over_seeds(training[:, 3] / training[:, 2])
expected = float(both[0, 0, middle] / any_step.errors(relu, ridge, etas[middle])[0])

# %% tags=["remove-input"]
rows = (
    ("isotropic", None, 1.0),
    ("$S_1$ shared, rest isotropic", ratios[1], None),
    ("$S_1$ shared, rest with $S_2$", ratios[2], None),
    ("true gradient", ratios[3], expected),
)
head = "noise of the gradient", "training error over isotropic", "theory"
markdown_table(rows, head, number=".3f")

# %% tags=["remove-input"]
claims.check(
    "ReLU: training error over that with isotropic noise",
    measured=ratios[3],
    predicted=expected,
    source="this page, the proposition",
    control=("isotropic noise", 1.0),
)
claims.check(
    "ReLU: training error over that with noise replaced by both pieces",
    measured=structure,
    predicted=1.0,
    source="this page, equation 2",
    control=("over that with isotropic noise", float(ratios.mean[3])),
)

# %% [markdown]
# Nothing else is missing: with both pieces in place, the errors are those of the true gradient.
# And the structure can be put into the theory.
#
# ````{prf:result} The noise as it is (ours)
# :label: prop-any-structured
#
# Replace in {prf:ref}`thm-any-step` the matrix $\Gamma$ by an operator that acts on input directions as well, with the blocks
#
# ```{math}
# :label: eq-any-structured
# \begin{gathered}
# \Gamma_r\, \frac{H_r}{\tau_r^2}, \qquad
# H_r = \Big(1 + \frac{2c_2\eta}{\sqrt N}\, a_r S_1\Big)^2 + \frac{\phi_g\,\eta^2}{N}\big(\operatorname{Var}\sigma' - 4c_2^2\big)\, a_r^2 S_2 ,
# \end{gathered}
# ```
#
# where $a_r$ is the class's value of $\sqrt N a_j$ and $\phi_g = d/m$.
# Average the two expressions that contain it, $\Gamma(I + \Lambda\Gamma)^{-1}$ and its quadratic form along $\beta_\star$, over the joint law of $S_1$, $S_2$, $\beta$ and $\beta_\star$.
# ````
#
# $S_1$ and $S_2$ are made of the same rows and do not commute, so this is not an average over eigenvalues.
# But $H_r$ is a quadratic in $a_r$, so all classes act through three matrices.
# The inverse that is needed is a block of the inverse of a larger matrix that is *linear* in the terms $x_ix_i^\top$, and leaving one row out gives its average.
# [The appendix](large_steps_details) has the equations.
# The library solves them with `noise="structured"`.
#
# ### Where it matters

# %% tags=["remove-input"]
rows = []
for name, m in ((name, m) for name in ("relu", "tanh") for m in (d // 2, d, 4 * d)):
    problem, eta = replace(relu, activation=name, n_gradient=m), np.sqrt(N)
    plain = np.array(any_step.errors(problem, ridge, eta))
    changed = np.array(any_step.errors(problem, ridge, eta, noise="structured"))
    rows.append((name, f"{m / d:g}", *map(float, 100 * (changed / plain - 1))))
head = "activation", "rows over $d$", "training error, %", "test error, %"
markdown_table(rows, head, number="+.1f")


# %% [markdown]
# The table is theory: by how many percent the structure of the noise changes the errors at $\eta = \sqrt N$.
# It counts for activations with $c_2 \ne 0$, and for small gradient batches.
# With four times as many rows as dimensions you may forget it.
#
# ## The maximal step of Cui et al.
#
# {cite:t}`Cui2024` were the first to describe the maximal step, for a second layer of equal entries, by a theory with the same ingredients: conditioning on $t$, and a fixed point of a few functions of it.
# Their setting is one choice of ours.
#
# | | Cui et al. | here |
# |---|---|---|
# | rows of the ridge batch | $n = \alpha\, d$ | $\phi = 1/\alpha$ |
# | rows of the gradient batch | $n_0 = \alpha_0\, d$ | `n_gradient`, $\phi_g = 1/\alpha_0$ |
# | hidden units | $p = d$ | $\psi = 1$ |
# | second layer during the step | constant | `readout="constant"`: $a_j = 1/\sqrt N$ |
# | step | of order $\sqrt N$ | $\eta = \eta_t\sqrt N$, tilt $s = \eta_t\, c_1\|\beta\|$ of every unit |
# | penalty | $\lambda$, $a = b/\sqrt d$ | $\lambda d/n$ on the mean over rows |
# | labels | without noise | `noise_std=0` |
#
# Their public notebook contains a simulation at $d = 2000$ with three draws: tanh as teacher and student, $\alpha_0 = \frac12$, $\eta_t = 1$, $\lambda = 0.01$.
# Those numbers, and their theory, are read from a file; all others are computed here.

# %% tags=["hide-input"]
def cui(ratio, d, teacher, share):
    """Their setting at n = ratio d, with share d rows in the gradient batch."""
    fixed = {"noise_std": 0.0, "readout": "constant", "n_gradient": round(share * d)}
    return Problem(round(ratio * d), d, d, "tanh", teacher, **fixed)


def cui_law(kind, ratios):
    """Test errors at d = 2000."""
    problems = [cui(r, 2000, "tanh", 0.5) for r in ratios]
    pairs = zip(problems, 0.01 / ratios, strict=True)
    return np.array([any_step.errors(p, r, 2000**0.5, noise=kind)[1] for p, r in pairs])


theirs = pd.read_csv("data/cui2024_simulations.csv", comment="#")
ratio, seen = theirs["alpha"].to_numpy(), theirs["test_mean"].to_numpy()
dense = np.linspace(ratio[0], ratio[-1], 30)
noises = {"structured": "noise as it is", "isotropic": "isotropic noise"}
at_theirs = {kind: cui_law(kind, ratio) for kind in noises}
away = {kind: np.sqrt(np.mean((v / seen - 1) ** 2)) for kind, v in at_theirs.items()}
of_theory = {
    k: np.max(np.abs(v / theirs["theory_test"] - 1)) for k, v in at_theirs.items()
}

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-cui", "caption": "Test error in the setting of Cui et al. (2024) against $n/d$. Lines are this book's theory; points are their simulation, with standard errors, and their theory."}, "image": {"alt": "The test error rises to a maximum near ratio 0.7 and falls. Their simulated points lie on the line with the noise as it is. The points of their theory lie on the line with isotropic noise, slightly below."}}
points = ratio, seen, theirs["test_sd"] / np.sqrt(3)
lines = [
    Curve(
        "noise as it is; their simulation",
        (dense, cui_law("structured", dense)),
        points,
    ),
    Curve("isotropic noise", (dense, cui_law("isotropic", dense))),
    Curve("their theory", None, (ratio, theirs["theory_test"], 0 * ratio)),
]
comparison(lines, "sample ratio $n/d$", "test error")

# %% tags=["remove-input"]
claims.check(
    "Cui et al.: isotropic noise gives their theory (largest relative difference)",
    measured=of_theory["isotropic"],
    predicted=0.0,
    tolerance=0.01,
    source="Cui et al. 2024, theory",
    control=("the noise as it is", of_theory["structured"]),
)
claims.check(
    "Cui et al., simulation: rms relative deviation of the law, noise as it is",
    measured=away["structured"],
    predicted=away["isotropic"],
    tolerance=0.0,
    kind="at most",
    source="this page, the proposition",
    control=("their theory", np.sqrt(np.mean((theirs["theory_test"] / seen - 1) ** 2))),
)


# %% [markdown]
# With isotropic noise our equations give their theory, to one percent.
# Their simulation lies above both, by {glue:text}`away_0:.1f` % (root mean square).
# With the noise as it is {glue:text}`away_1:.1f` % are left.
# Their gradient batch has $d/2$ rows, so that the noise of the gradient lives in half of the directions.
# This is the matrix $S_2$ of {eq}`eq-any-structured`; it matters here although $c_2 = 0$.
#
# ### At four times the square root of N
#
# The larger the step, the larger the difference.
# Now take a teacher that tanh does not contain, $\sigma_\star = \sin$, and $d$ rows in the gradient batch, at $n = 3d$.
# For $\eta = 4\sqrt N$ Cui et al. publish a simulated test error of {glue:text}`published_0:.4f` ± {glue:text}`published_1:.4f`, and their theory says {glue:text}`published_2:.4f`.

# %% tags=["hide-input"]
def sine_law(kind, steps):
    return any_step.errors(sine, 0.01 / 3, np.sqrt(cui_d) * steps, noise=kind)[1]


far = pd.read_csv("data/cui2024_large_step.csv", comment="#").iloc[0]
sine, cui_steps = cui(3, cui_d, "sin", 1.0), np.sort(cui_steps)
samples = [OneStep.draw(sine, s, n_test=2000) for s in range(seed, seed + seeds)]
sizes = cui_steps * np.sqrt(cui_d)
swept = np.array([[step.errors(0.01 / 3, e)[1] for e in sizes] for step in samples])
at_far = {kind: float(sine_law(kind, far["step"])) for kind in noises}
grown = [float(np.diff(sine_law(kind, cui_steps[[1, -1]]))[0]) for kind in noises]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-large-sweep", "caption": "Test error against the step, setting of Cui et al. with a sine as teacher. Lines are theory, points are simulated."}, "image": {"alt": "The error falls steeply for small steps and then rises. The line with the noise as it is rises faster than that with isotropic noise. Our points and the published one follow the first."}}
reach = np.linspace(0.0, max(cui_steps), 30)
structured, isotropic = ((reach, sine_law(kind, reach)) for kind in noises)
published = [far["step"]], [far["test_mean"]], [far["test_error"]]
lines = [
    Curve("noise as it is; our simulation", structured, (cui_steps, over_seeds(swept))),
    Curve("isotropic noise", isotropic),
    Curve("Cui et al., simulation", None, published),
]
comparison(lines, r"$\eta/\sqrt{N}$", "test error")

# %% tags=["remove-input"]
claims.check(
    "Sine teacher, 4 sqrt(N): the published simulation",
    measured=far["test_mean"],
    predicted=at_far["structured"],
    tolerance=2 * far["test_error"],
    source="this page, the proposition",
    control=("isotropic noise", at_far["isotropic"]),
)
claims.check(
    "Sine teacher: our test error at the last step less that at the second",
    measured=over_seeds(swept[:, -1] - swept[:, 1]),
    predicted=grown[0],
    source="this page, the proposition",
    control=("isotropic noise", grown[1]),
)

# %% tags=["remove-cell"]
glue(
    away=[100 * away["isotropic"], 100 * away["structured"]],
    published=[float(far[k]) for k in ("test_mean", "test_error", "theory_test")],
    far=[at_far["isotropic"], at_far["structured"]],
)

# %% [markdown]
# Isotropic noise gives {glue:text}`far_0:.4f`, their theory; the noise as it is gives {glue:text}`far_1:.4f`, their simulation.
# The structure of the noise is no fine detail at such a step.
#
# ## Second layers of few values
#
# {cite:t}`Dandi2024` study the maximal step with a second layer that takes $K$ values $\zeta_1, \dots, \zeta_K$, and with a gradient batch so large that its noise vanishes.
# They show that the features then behave like those of a random network with a spike in its weights, row $j$ being $w_j + s_{r(j)}\,\beta_\star$ with one of $K$ tilts.
# We have not seen the wording of their theorems; in the form derived here it is {prf:ref}`thm-any-step` with $\kappa = 0$, $\rho = 1$ and $K$ classes.
# We draw this model, with $s_r = 3\,\zeta_r$.
#
# One of its lessons is easy to miss.
# [Deep features](deep_features) says that ridge regression sees features through their covariance $\Omega$ and their correlation $\chi$ with the labels.
# Is that enough after a maximal step?
# Write $\langle\cdot\rangle$ for the mean over $t$, $r$ and $r'$ for the classes of the units $i$ and $j$, and $\upsilon_j = w_j^\top\beta_\star$.
# By {eq}`eq-any-split`
#
# ```{math}
# :label: eq-large-covariance
# \begin{gathered}
# \Omega_{ij} = \langle M_i M_j\rangle + \langle \mu_1(r,\cdot)\,\mu_1(r',\cdot)\rangle\,\big(w_i^\top w_j - \upsilon_i\upsilon_j\big) + 1\{i=j\}\,\langle\mu_2(r,\cdot)\rangle, \\
# \chi_j = \langle M_j\, g_0\rangle, \qquad M_j(t) = \mu_0(r', t) + \upsilon_j\, t\, \mu_1(r', t) .
# \end{gathered}
# ```
#
# These are averages over $t$.
# They forget that all features of a row are louder or fainter *together*, by its $t$; and the fit treats such rows differently, $\mathrm{den}(t)$ of {eq}`eq-any-fixed-point`.

# %% tags=["hide-input"]
few = 0.03  # penalty here


def few_values(name, *values):
    """The model, with a gradient batch so large that its noise vanishes."""
    readout = values, (1 / len(values),) * len(values)
    return Problem(n, d, N, name, noise_std=0.3, readout=readout, n_gradient=10**12)


def test_errors_of(problem):
    """Test errors by the law given t, simulated, and by Omega and chi."""
    tilt, simulated, wrong = 3 * np.sqrt(N), [], []
    eta = tilt / problem.student[1]
    for s in range(seed, seed + draws):
        step = OneStep.draw(replace(problem, n_gradient=1), s, n_test=2000)
        step = step.with_gradient(np.outer(step.a, step.beta_star))
        simulated.append(step.errors(few, tilt)[1])
        if s < seed + 4:
            args = problem, eta, step.W0, step.a, step.beta_star
            known = deep_features.after_step(*args)
            wrong.append(deep_features.errors(known, few, n, problem.noise_std)[1])
    law = any_step.errors(problem, few, eta)[1]
    return float(law), over_seeds(simulated), float(np.mean(wrong))


values = {
    r"ReLU, $\{1\}$": test_errors_of(few_values("relu", 1.0)),
    r"ReLU, $\{0.4,\ 1.356\}$": test_errors_of(few_values("relu", 0.4, 1.356)),
    r"tanh, $\{0.4,\ 1.356\}$": test_errors_of(few_values("tanh", 0.4, 1.356)),
}

# %% tags=["remove-input"]
head = "test error, penalty 0.03", "given $t$", "simulated", r"by $\Omega$ and $\chi$"
markdown_table([(title, *row) for title, row in values.items()], head, number=".3f")

# %% tags=["remove-input"]
for title, (law, simulated, wrong) in values.items():
    claims.check(
        f"{title}: test error after the maximal step",
        measured=simulated,
        predicted=law,
        source="From lazy to maximal, theorem: every step size",
        control=("by covariance and correlation", wrong),
    )
record(rise=rises, structure=ratios[3], far=list(at_far.values()))

# %% [markdown]
# The law that knows $\Omega$ and $\chi$ only is wrong: too hopeful for ReLU, too pessimistic for tanh.
# The law given $t$ is right.
# It is right for the spectrum, too: [the appendix](large_steps_details) has the bulk, which a law of $\Omega$ misses, and both of its edges.
#
# How many values should a second layer have?
# The mean responses of the network are combinations of the $K$ functions $\mu_0(1, \cdot), \dots, \mu_0(K, \cdot)$, so more values can say more about $t$ ({ref}`ex-large-values` and the appendix).
# A sign costs nothing, and for an odd activation it gains nothing: $\{1\}$ and $\{-1, 1\}$ give the same error.
# For ReLU they do not.
# The appendix checks both.
#
#
# ## Where it breaks
#
# * *The batch must be large.*
#   The model of the last section needs a gradient batch without noise.
#   Thirty times as many rows as dimensions are not enough; the equations with $\kappa$ and $\rho$ of the true batch describe it ([the appendix](large_steps_details)).
# * *Heavy tails.*
#   A Gaussian second layer has no largest tilt, and for ReLU the bulk then has no upper edge in the limit.
#   The library cuts the law where one half of a unit is left.
# * *An order-one first output.*
#   The direction of the step is then not $\beta$, and the formulas for $\kappa$ and $\rho$ do not apply ([Setup](setup)).
# * *More than one such step.*
#   The second gradient sees units that already look along $t$.
# * *Advice.*
#   This page explains errors of large steps; how large a step should be is the question of [Which step?](which_step)
#
# ```{admonition} Recap
# :class: recap
# * Rows grow with their tilt, so that no unit tilts by more than $\kappa^{-1/2}$, {eq}`eq-large-saturation`.
# * For ReLU a longer row is a smaller penalty: choose the penalty again after a large step.
# * The noise of the gradient is shared between units through $S_1$ and not isotropic through $S_2$, {eq}`eq-any-noise`; theory contains both, and meets the simulations of Cui et al.
# * After a maximal step the covariance of the features is not enough: rows at different $t$ are fitted differently.
# ```
#
# ## Exercises
#
# ````{exercise-start} How far can a unit tilt? (warm-up)
# :label: ex-large-limit
# ````
#
# Let $\kappa = 1$.
# What is the largest effective tilt, and at which tilt $s$ has a unit reached nine tenths of it?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-large-limit
# :class: dropdown
# ````
#
# The largest is $\kappa^{-1/2} = 1$.
# $s/\sqrt{1+s^2} = 0.9$ gives $s = 0.9/\sqrt{0.19} \approx 2.06$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Twice as long (warm-up)
# :label: ex-large-twice
# ````
#
# All rows of a ReLU network become three times as long.
# With which penalty is the fit the same as before?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-large-twice
# :class: dropdown
# ````
#
# All features become three times as large.
# A third of the coefficients gives the same output, and $\lambda\|a\|^2$ stays the same if $\lambda$ becomes nine times as large.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Odd activations
# :label: ex-large-odd
# ````
#
# Show that for an odd activation the readouts $\{1\}$ and $\{-1, 1\}$ give the same law of the test error after a step along a given direction, when the rows of $W_0$ have a symmetric law.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-large-odd
# :class: dropdown
# ````
#
# Multiply row $j$ of $W_0 + s\,\zeta\beta_\star^\top$ by $\zeta_j = \pm1$.
# The features change to $F\operatorname{diag}(\zeta)$, because $\sigma$ is odd, and ridge regression does not see the signs.
# The new rows are $\zeta_jw_j + s\beta_\star$, and $\zeta_jw_j$ has the law of $w_j$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} No signal left
# :label: ex-any-infinite
# ````
#
# Let $\eta \to \infty$ for ReLU, at a penalty that grows in proportion to $\eta^2$.
# What does a unit see?
# Find the limit of the test error with the library, and compare it with the best step.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-infinite
# :class: dropdown
# ````
#
# By {eq}`eq-large-saturation` unit $j$ becomes $|s_j|\,\sigma(\sqrt\kappa\, Z \pm t)$: only the sign of $a_j$ counts for its shape, and its size is a scale that ridge regression sees as a prior.
# The network has two kinds of units and a noisy first layer of length $\sqrt\kappa$ in units of the signal.
#
#
# ````{solution-end}
# ````
#
# ````{exercise-start} More values
# :label: ex-large-values
# ````
#
# The error of a network with $K$ values cannot be lower than what its $K$ mean responses leave of the teacher, if nothing else of it depends on $t$.
# What else does?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-large-values
# :class: dropdown
# ````
#
# By {eq}`eq-any-split` also $\mu_1(r, t)$, which multiplies the linear part.
# Together the units know $\beta_\star^\top x = t$ from it as well, at some price: the functions $t\,\mu_1(r, t)$ are partly usable.
# And $\mu_2(r,t)$ only adds noise.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Where does the covariance stop being enough? (open)
# :label: ex-large-open
# ````
#
# At $\alpha = \frac12$ the law of $\Omega$ and $\chi$ fails.
# At $\alpha = 0$ it holds.
# Where in between does it begin to fail, and how does its error grow?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-large-open
# :class: dropdown
# ````
#
# The functions $\mu_1^2$ and $\mu_2$ vary with $t$ by a relative amount of order $\bar s^2$, or $\bar s$ if $\sigma$ is not odd, and $\bar s \sim n^{\alpha - 1/2}$.
# So we expect the law to hold in the limit for every $\alpha < \frac12$.
# We have not proved it.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
