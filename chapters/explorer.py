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
# # Explorer
#
# **Turn the knob yourself.** The slider sets the exponent $\alpha$ of the step $\eta = n^\alpha$; the spectrum of the features, what its outliers know, and the errors of the network
# follow. Nothing is running behind this page: every number was computed by the library when the book was built, with the theory of the chapter [From lazy to maximal](lazy_to_maximal), and is only looked up.
#
# With the slider in focus, the arrow keys move it; Home and End lead to the smallest and to the largest step.

# %% tags=["parameters", "hide-input"]
n = 2000                   # rows of each batch [>= 200]
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5            # standard deviation of the label noise [>= 0]
activations = ["tanh", "relu", "softplus"]  # to choose from
inputs = [1000, 3000]  # values of d to choose from [>= 20]
units = [1500, 3000]    # values of N that belong to them [>= 20]
ridges = [0.01, 0.1, 1.0]    # penalties to choose from [> 0]
stops = 21                 # of the slider, from alpha = 0 to 1/2 [>= 3, <= 101]
bulks = [0.0, 0.25, 0.375, 0.45, 0.5]  # exponents at which the bulk is computed [>= 0, <= 0.5]
# condition: len(inputs) == len(units)

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import provenance
from onestep.book.explorer import Explorer, grid

found = grid(
    Problem(n=n, teacher=teacher, noise_std=noise_std),
    activations=activations,
    sizes=list(zip(inputs, units, strict=True)),
    ridges=ridges,
    alphas=np.linspace(0, 0.5, stops),
    bulk_alphas=bulks,
)

# %% tags=["remove-input"]
Explorer(found)

# %% [markdown]
# ## What to look for
#
# * **The first spike.** At $\alpha = 0$ the step is of order one. Move right: one eigenvalue leaves the bulk, and almost all of its singular vector is the linear function of $t$, the direction that the step has found.
#   The test error falls to the first plateau of the staircase.
# * **The second spike** is due when $\alpha$ passes $\frac14$, a dashed line in the plot of the errors, provided that $c_2 \ne 0$. ReLU and softplus have it. tanh is odd and has not: its next spike is the third, due at $\frac13$.
#   At $n$ = a few thousand the spikes come later than the thresholds say, because $n^{\alpha - 1/4}$ is still close to one there.
# * **A step too large** for the network: towards $\alpha = \frac12$ the bulk itself moves, and the errors may rise again: the step has become as long as the weights that it moves.
# * **The linear model** is ridge regression on the inputs themselves with the same penalty. An untrained network does not do better than the best such model; a trained one may.
#
# The plots' data are those of the parameters above; with others,
#
# ```bash
# onestep run explorer -p teacher "[0, 1, 0, 0.4]" -p activations "[erf, sigmoid]"
# ```
#
# makes an explorer of your own, in one file.

# %% tags=["remove-input"]
provenance.stamp()
