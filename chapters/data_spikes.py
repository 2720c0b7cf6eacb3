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
# # Signals in data
#
# **The result of this chapter.**
# A long direction in the inputs does to a random network what a gradient step does: the same equations predict both, and the gain depends on whether that direction points at the label.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Errors](errors), and for the first section [From lazy to maximal](lazy_to_maximal)
# ```

# %% tags=["parameters"]
n = 800  # rows of the ridge batch [>= 200]
d = 500  # dimension of an input [>= 100]
N = 700  # random features [>= 100]
seeds = 10  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.simulation.neighbours import data_spikes as draws
from onestep.theory import any_step
from onestep.theory import errors as limit_errors
from onestep.theory.neighbours import data_spikes as law

problem = Problem(n=n, d=d, N=N, activation="relu", teacher=(0, 1, 0.4), noise_std=0.3)


def fresh(place, make, *given, times=seeds):
    """`make(*given, seed)` for seeds that no other place of the chapter uses."""
    return [make(*given, seed + 1000 * place + j) for j in range(times)]


# %% tags=["hide-input"]
spikes = np.geomspace(1, 300, 9)
aligned = [law.best(problem, s, 1.0)[1] for s in spikes]
linear = [law.best_linear(problem, s, 1.0)[1] for s in spikes]
marked = (6.0, 42.0, 197.0)
best = {s: law.best(problem, s, 1.0) for s in marked}
best_linear = {s: law.best_linear(problem, s, 1.0) for s in marked}
at_best = {}
for k, s in enumerate(marked):
    ridges = (best[s][0],), (best_linear[s][0],)
    found = fresh(k, draws.spiked_errors, problem, s, 1.0, ridges)
    at_best[s] = np.array(found)[:, :, 0]
points = over_seeds(np.transpose([at_best[s] for s in marked], (1, 0, 2)))

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-spikes-best", "caption": "Test errors at the best penalty, when the long direction of the inputs is the one that the label uses. Lines are theory, points are simulated."}, "image": {"alt": "Two falling curves against the size of the spike. Random features start above the linear model and end far below it."}}
comparison(
    [
        Curve(
            "random features",
            (spikes, aligned),
            (marked, points[:, 0]),
        ),
        Curve(
            "linear model",
            (spikes, linear),
            (marked, points[:, 1]),
        ),
    ],
    xlabel=r"spike $\vartheta$ in the covariance of the inputs",
    ylabel="best test error",
    xscale="log",
)

# %% [markdown]
# ## A spike in the data is a step on the weights
#
# Give the inputs one long direction $h$, of variance $1 + \vartheta$:
#
# ```{math}
# :label: eq-data-inputs
# x = z + \sqrt{\vartheta}\, c\,h, \qquad z \sim \mathcal N(0, I_d),\; c \sim \mathcal N(0,1),\; \lVert h\rVert = 1 .
# ```
#
# The network is untrained.
# Look at what unit $j$ sees: $w_j^\top x = w_j^\top z + \sqrt{\vartheta}\,(w_j^\top h)\, c$.
# This is noise, plus a number for each unit times a number for each row.
# After a gradient step unit $j$ sees $w_j^\top x + s_j t$, which has the same form.
# So the whole theory of the step applies, with a dictionary:
#
# ```{math}
# :label: eq-data-dictionary
# s_j = \sqrt{\vartheta}\, w_j^\top h \sim \mathcal N(0, \vartheta/d), \qquad
# \eta = \frac{\sqrt{\vartheta N/d}}{|c_1|}, \qquad
# \rho = \frac{\upsilon\sqrt{1+\vartheta}}{\sqrt{1 + \vartheta\upsilon^2}} .
# ```
#
# Here $\upsilon = \beta_\star^\top h$ is the cosine between $h$ and the direction $\beta_\star$ that the label uses.
# The cosine $\rho$ is not $\upsilon$: one has to measure in coordinates in which the inputs have covariance $I$.
# There is no noise of a gradient, so $\kappa = 0$.
# A spike $\vartheta = n^{2\alpha}$ stands for a step $n^\alpha$, and order $k$ appears for $\vartheta$ above $n^{(k-1)/k}$.

# %%
# equation 2, then the book's equations for every step
eta, geometry = law.equivalent_step(problem, spike=42.0, alignment=0.3)
exact = replace(problem, n_gradient=10**15)  # a direction without noise
train, test = any_step.errors(exact, 0.05, eta, geometry)

# %% [markdown]
# {cite:t}`DemirDogan2024` compare random features with linear models on such data: features win when spike and alignment are large.
# We compare each model at *its* best penalty.

# %% tags=["remove-input"]
for s in marked:
    found = at_best[s]
    claims.check(
        f"Aligned spike {s:g}: best linear less best random features, draw by draw",
        measured=over_seeds(found[:, 1] - found[:, 0]),
        predicted=best_linear[s][1] - best[s][1],
        source="this page, equation 2",
        control=(
            "no spike",
            best_linear[6.0][1] - float(law.best(problem, 0.0, 0.0)[1]),
        ),
    )

# %% tags=["remove-input"]
markdown_table(
    [
        (
            f"{s:g}",
            best[s][1],
            over_seeds(at_best[s][:, 0]),
            best_linear[s][1],
            over_seeds(at_best[s][:, 1]),
        )
        for s in marked
    ],
    head=("$\\vartheta$", "features", "simulated", "linear", "simulated"),
    number=".3f",
)

# %% [markdown]
# With a small spike the linear model is better; with a large one the features learn the quadratic part of the label.
# An alignment of zero takes the gain away: the features then fit a direction that the label does not use.

# %% tags=["hide-input"]
cases = ((197.0, 1.0), (197.0, 0.3), (197.0, 0.0))
rows = []
for k, (s, zeta) in enumerate(cases):
    found = fresh(k + 5, draws.spiked_errors, problem, s, zeta, ((0.05,), (0.3,)))
    step, own = law.equivalent_step(problem, s, zeta)
    small = float(limit_errors(problem, 0.05, step, own)[1])
    predicted = float(law.errors(problem, s, zeta, 0.05)[1])
    rows.append((s, zeta, predicted, over_seeds([f[0][0] for f in found]), small))

# %% tags=["remove-input"]
for s, zeta, predicted, found, small in rows[:2]:
    claims.check(
        f"Test error at spike {s:g}, alignment {zeta}, penalty 0.05",
        measured=found,
        predicted=predicted,
        source="this page, equation 2",
        control=("the law of small tilts", small),
    )
claims.check(
    "Test error at spike 197 without alignment",
    measured=rows[2][3],
    predicted=rows[2][2],
    source="this page, equation 2",
    control=("the same spike with alignment 0.3", rows[1][2]),
)

# %% [markdown]
# ## Least squares: when a long direction harms
#
# The simplest model with a spike is least squares without a penalty, $\lVert\beta\rVert = 1$, $y = \beta^\top x + \varepsilon$, on inputs {eq}`eq-data-inputs`.
# With more rows than dimensions the spike does not matter at all: least squares does not care about the scale of a coordinate.
# With fewer rows, $\phi = d/n > 1$, it does.
# For $A = (\beta^\top h)^2$ the test error above the noise is
#
# ```{math}
# :label: eq-data-least-squares
# \frac{\sigma_\varepsilon^2}{\phi-1} + \Big(1 - \frac1\phi\Big)(1 - A) + A\,\frac{\phi(\phi-1)(1+\vartheta)}{(\phi+\vartheta)^2} .
# ```
#
# The last term is the signal along the spike that the fit misses.
# By hand, for $A = 1$: it is $1 - 1/\phi$ at $\vartheta = 0$, *rises* to $\phi/4$ at $\vartheta = \phi - 2$, and is back at $1 - 1/\phi$ at $\vartheta = \phi(\phi-2)$.
# So an aligned spike harms for $0 < \vartheta < \phi(\phi-2)$, and helps beyond.
# A signal that grows makes the problem harder at first: its direction is not yet found, and it is large.
# {cite:t}`LiSonthalia2024` study two such models.

# %% tags=["hide-input"]
sizes = 800, 200
fine = np.linspace(0, 30, 61)
line = [law.least_squares(4.0, s, 1.0, 0.5) for s in fine]
tried = (0.0, 2.0, 20.0)
fits = {}
for k, s in enumerate(tried):
    found = fresh(k + 9, draws.least_squares, *sizes, s, 1.0, 0.5, times=3 * seeds)
    fits[s] = over_seeds(found)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-spikes-least-squares", "caption": "Least squares with four times as many dimensions as rows, signal along the spike. Line is theory, points are simulated; dashed is the error without a spike."}, "image": {"alt": "The excess error rises from a spike of zero to a peak at two and falls below its start after eight."}}
means = [fit.mean for fit in fits.values()]
errors = [fit.standard_error for fit in fits.values()]
comparison(
    [
        Curve("with the spike", (fine, line), (tried, means, errors)),
        Curve("without", (fine, np.full(len(fine), line[0]))),
    ],
    xlabel=r"spike $\vartheta$",
    ylabel="test error less the noise",
)

# %% tags=["remove-input"]
for s in tried[1:]:
    claims.check(
        f"Least squares, four dimensions a row, spike {s:g}",
        measured=fits[s],
        predicted=law.least_squares(4.0, s, 1.0, 0.5),
        source="this page, equation 3",
        control=("no spike", law.least_squares(4.0, 0.0, 1.0, 0.5)),
    )

# %% [markdown]
# ## Shortcuts
#
# Now the inputs have two parts, $[x; v]$: the label depends on $x$ alone, and $v$ is correlated with $x$.
# A fit will put some weight on $v$, a *shortcut*.
# Measure it as {cite:t}`BombariMondelli2025` do: replace $x$ by an independent copy $x'$, and ask for the covariance of the label with the fit on $[x'; v]$:
#
# ```{math}
# :label: eq-data-shortcut
# \mathcal C = \operatorname{Cov}\big(\hat f(x', v),\; \theta^\top x\big)
# = \tilde\lambda\,\theta^\top\Sigma_{xv}\, S^{-1}\,\Sigma_{vx}\,(\Sigma_{xx} + \tilde\lambda)^{-1}\theta,
# ```
#
# with $S = \Sigma_{vv} + \tilde\lambda - \Sigma_{vx}(\Sigma_{xx}+\tilde\lambda)^{-1}\Sigma_{xv}$, and $\tilde\lambda$ the penalty that finitely many rows act like, $\tilde\lambda(1 - \frac1n\operatorname{tr}\Sigma(\Sigma+\tilde\lambda)^{-1}) = \lambda$.
# Without a penalty on infinitely many rows there is no shortcut: the fit knows that $x$ explains everything.
# With a huge penalty there is no fit.
# In between, the penalty makes the fit spread its weight over all that correlates with the label.

# %%
# equation 4: two blocks with correlation 0.6, 400 rows
D = np.diag(np.arange(1, 151) ** -0.5)
Sigma = np.block([[D, 0.6 * D], [0.6 * D, D]])
Sigma *= len(Sigma) / np.trace(Sigma)
theta = np.ones(150) / np.sqrt(150)
tau = law.shrinkage(Sigma, 0.1, 400)
shortcut, bias = law.spurious(Sigma, theta, tau)

# %% tags=["hide-input"]
penalties = np.geomspace(0.02, 30, 40)
taus = [law.shrinkage(Sigma, p, 400) for p in penalties]
owed, biases = np.array([law.spurious(Sigma, theta, t) for t in taus]).T
factors = np.array([law.variance_factor(Sigma, t, 400) for t in taus])
losses = (biases + 0.25) * factors
at = (0.1, 1.0, 10.0)
measured = []
for k, p in enumerate(at):
    given = Sigma, theta, 0.5, 400, (p,)
    found = fresh(k + 13, draws.spurious, *given, times=3 * seeds)
    measured.append([f[0][0] for f in found])
measured = over_seeds(np.transpose(measured))
best_penalty = float(penalties[np.argmin(losses)])
worst_penalty = float(penalties[np.argmax(owed)])

# %% tags=["remove-input"]
claims.check(
    "The shortcut at the penalty 0.1",
    measured=measured[0],
    predicted=shortcut,
    source="this page, equation 4",
    control=("as if rows were infinitely many", law.spurious(Sigma, theta, 0.1)[0]),
)
claims.check(
    "The penalty of the smallest test error, over that of the largest shortcut",
    measured=best_penalty / worst_penalty,
    predicted=0.8,
    kind="at most",
    tolerance=0.1,
    source="this page, equation 4",
    control=("both at the same penalty", 1.0),
)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-spikes-shortcut", "caption": "The shortcut of ridge regression against its penalty. Line is theory, points are simulated."}, "image": {"alt": "A hump. It starts low for small penalties, has its top near one and falls for large ones."}}
comparison(
    [Curve("shortcut", (penalties, owed), (at, measured))],
    xlabel=r"penalty $\lambda$",
    ylabel=r"$\mathcal{C}$",
    xscale="log",
)

# %% [markdown]
# The penalty with the smallest test error, {glue:text}`best:.2f`, lies where the shortcut still grows: its top is at {glue:text}`worst:.2f`.
# A larger penalty than the best one buys robustness only after it has made the shortcut worse.

# %% tags=["remove-cell"]
glue(best=best_penalty, worst=worst_penalty)
record(best_penalty=best_penalty, worst_penalty=worst_penalty)

# %% [markdown]
# *Random features are ridge regression with a larger penalty.*
# The same {eq}`eq-data-shortcut` holds for random features, with $\tilde\lambda = \dim/(n c_1^2 u)$ and $u$ from the equation for the untrained network.
# The non-linear part of the features acts like an additional penalty, and so does a small width.

# %% tags=["hide-input"]
strong = np.block([[D, 1.2 * D], [1.2 * D, 4 * D]])
strong *= len(strong) / np.trace(strong)
widths = {}
for width, penalty in ((300, 0.015), (10**6, 0.015 * 10**6 / 300)):
    tau = law.feature_shrinkage(strong, "tanh", penalty, 400, width)
    widths[width] = law.spurious(strong, theta, tau)[0]
given = strong, theta, 0.5, "tanh", (400, 300), 0.015
by_features = over_seeds(fresh(20, draws.spurious_features, *given, times=6 * seeds))

# %% tags=["remove-input"]
claims.check(
    "The shortcut of 300 random features",
    measured=by_features,
    predicted=widths[300],
    source="this page, equation 4 with the features' shrinkage",
    control=("infinitely many features", widths[10**6]),
)

# %% [markdown]
# ## Where it breaks
#
# *Small tilts are not enough.*
# The control of the first section is the theory for steps below $\sqrt n$, at the same tilt: it errs by several percent as soon as $\vartheta/d$ is not small.
#
# *One spike, Gaussian inputs.*
# {eq}`eq-data-dictionary` needs a Gaussian $c$.
# A mixture of two groups has $c = \pm 1$ instead, and other equations.
# {cite:t}`DemirDogan2025` study mixtures after a step.
# We have no page on them yet.
#
# *Which feature does a step learn?*
# The step goes along $\Sigma\beta_\star$ and not along $\beta_\star$.
# So it turns towards what is correlated with the label, shortcuts included.
#
# ## How it is related to the one step
#
# The three papers ask what structure in the inputs does to models that do not learn features.
# *Theirs*: random features as noisy polynomial models on spiked inputs, of a degree that grows with the alignment {cite}`DemirDogan2024`; least squares in two models with spiked covariance {cite}`LiSonthalia2024`; the covariance $\mathcal C$, its limit, and the fact that the best penalty lies where it grows {cite}`BombariMondelli2025`.
# *Ours*: the dictionary {eq}`eq-data-dictionary`, the closed forms in our normalisation, the comparison at best penalties, and the law of random features of any width.
# *Not checked*: the papers' exact assumptions, and their experiments with images.
#
# ```{admonition} Recap
# :class: recap
# * A long direction in the inputs tilts all units, as a step does, {eq}`eq-data-dictionary`.
# * It helps if it points at the label; features then beat the linear model.
# * For least squares with fewer rows than dimensions, an aligned spike first harms and then helps.
# * Penalties create shortcuts; the penalty of least error is on their rising side.
# ```
#
# ## Exercises
#
# ````{exercise-start} Which step? (warm-up)
# :label: ex-data-step
# ````
#
# Which spike $\vartheta$ stands for a step at the threshold $n^{1/4}$ of the second spike?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-step
# :class: dropdown
# ````
#
# $\vartheta \sim \eta^2 \sim n^{1/2}$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Whitening (warm-up)
# :label: ex-data-whitening
# ````
#
# Let $\upsilon = 0.1$ and $\vartheta = 99$.
# How large is $\rho$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-whitening
# :class: dropdown
# ````
#
# $\rho = 0.1 \cdot 10/\sqrt{1.99} \approx 0.71$: most of the label's variance comes from the long direction.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The worst spike
# :label: ex-data-worst
# ````
#
# Show that the last term of {eq}`eq-data-least-squares` is largest at $\vartheta = \phi - 2$, where it is $A\phi/4$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-worst
# :class: dropdown
# ````
#
# The derivative of $(1+\vartheta)/(\phi+\vartheta)^2$ has the sign of $(\phi + \vartheta) - 2(1 + \vartheta) = \phi - 2 - \vartheta$.
# At $\vartheta = \phi - 2$ the term is $A\phi(\phi-1)(\phi-1)/(2\phi-2)^2 = A\phi/4$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} More rows than dimensions
# :label: ex-data-rows
# ````
#
# Why does {eq}`eq-data-least-squares` for $\phi < 1$ not depend on $\vartheta$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-rows
# :class: dropdown
# ````
#
# The least-squares fit is unique, and it commutes with invertible maps of the inputs.
# So is the prediction error: the inputs can be whitened.
# It is $\sigma_\varepsilon^2\phi/(1-\phi)$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Two identical halves
# :label: ex-data-halves
# ````
#
# Let $v$ be a copy of $x$ up to independent noise that vanishes.
# What is $\mathcal C$ for $\Sigma_{xx} = \Sigma_{vv} = \Sigma_{xv} = I$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-halves
# :class: dropdown
# ````
#
# $S = 1 + \tilde\lambda - 1/(1+\tilde\lambda) = \tilde\lambda(2+\tilde\lambda)/(1+\tilde\lambda)$, so $\mathcal C = \lVert\theta\rVert^2/(2+\tilde\lambda)$.
# For $\tilde\lambda \to 0$ it is one half: nothing tells the two parts apart, and the fit shares its weight.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A step on data with a shortcut (open)
# :label: ex-data-open
# ````
#
# Take a step on inputs $[x; v]$.
# Is the shortcut after the step larger than that of the untrained network at the same test error?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-data-open
# :class: dropdown
# ````
#
# The direction of the step contains $\Sigma_{vx}\theta$.
# The equations for inputs with a covariance give the fit's part along it; we have not carried it through.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
