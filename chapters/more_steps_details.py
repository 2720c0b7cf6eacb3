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
# # Appendix: batches and stored runs
#
# **The result of this page.**
# With the squared loss a larger batch stops replacing steps when the step turns the weights over, and the correlation loss has no such limit; and the formula for two steps agrees with runs that others have stored.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [More steps](more_steps)
# ```

# %% tags=["parameters"]
d = 128  # dimension of an input in the experiments with batches [>= 32]
seeds = 20  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from onestep import NotConverged, Problem
from onestep.book import claims, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.links import polynomial
from onestep.simulation.neighbours import more_steps as draws
from onestep.teachers import MultiIndex
from onestep.theory.neighbours.more_steps import batch_size, one_neuron

link = polynomial((0.0, 0.0, 0.0, 6**-0.5))  # He_3/sqrt(6)


def setting(size, power, factor=0.06):
    """Student, teacher, dimension, batch, step and start for batches of d^power rows."""
    batch = round(size**power)
    return link, link, size, batch, factor * batch * size**-1.5, 2 * size**-0.5


# %% [markdown]
# ## Larger batches
#
# Can a larger batch replace more steps?
# Take a student $\sigma = \sigma_\star = He_3/\sqrt6$ on the sphere, a fresh batch of $n_b$ rows at every step, and a start with $M = 2/\sqrt d$.
# With the correlation loss $-yf$ the push of a row is $D = y\,\sigma'(u)$; with the squared loss it is $D = (y - \sigma(u))\,\sigma'(u)$.
# The overlap after a step is
#
# ```{math}
# :label: eq-more-batch
# M^+ = \frac{M + \eta\,\mathbb E[x_\star D]}{\sqrt{(M + \eta\,\mathbb E[x_\star D])^2 + (\sqrt{1-M^2} + \eta\,\mathbb E[gD])^2 + \eta^2 V/n_b}} ,
# ```
#
# with $u = Mx_\star + \sqrt{1-M^2}\,g$ and $V = (d-2)\,\mathbb ED^2 + \operatorname{Var}(x_\star D) + \operatorname{Var}(gD)$.
#
# **By hand.**
# By Stein's lemma the mean gradient of the correlation loss is $\mathbb E[\sigma_\star'\sigma']\beta_\star = 3M^2\beta_\star$.
# The squared loss adds the network's own output, and with it $-3w$.
# A small step $-3\eta w$ only changes the length of $w$, which is normalised.
# For $\eta > \frac13$ it turns $w$ over at every step, and the growth of $M$ cancels.
# At $M = 0$ also the noise is larger, $\mathbb ED^2 = 96$ and not 3.

# %%
# equation 1: six steps on d^2 rows each, both losses
steps = 6
both = setting(d, 2)
recursion = {loss: batch_size.overlaps(*both, steps, loss) for loss in draws.LOSSES}

# %% tags=["hide-input"]
found = {
    loss: over_seeds(
        [draws.one_pass(*both, steps, loss, s) for s in range(seed, seed + seeds)]
    )
    for loss in draws.LOSSES
}
middle, few = setting(d, 1.5), 18
smaller = {
    loss: over_seeds(
        [draws.one_pass(*middle, few, loss, s) for s in range(seed, seed + 2 * seeds)]
    )[few]
    for loss in draws.LOSSES
}
least = {loss: batch_size.overlaps(*middle, few, loss)[few] for loss in draws.LOSSES}

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-more-batch", "caption": "Overlap of one neuron with the teacher, in steps on fresh batches of $d^2$ rows. Lines are theory, points are simulated."}, "image": {"alt": "With the correlation loss the overlap rises to almost one within six steps. With the squared loss it jumps between the two signs and shrinks."}}
comparison(
    [
        Curve(
            f"{loss} loss",
            (range(steps + 1), recursion[loss]),
            (range(steps + 1), found[loss]),
        )
        for loss in draws.LOSSES
    ],
    xlabel="step",
    ylabel=r"overlap $w^\top\beta_\star$",
)

# %% tags=["remove-input"]
for loss, other in (draws.LOSSES, draws.LOSSES[::-1]):
    claims.check(
        f"Overlap after three steps on d^2 rows each, {loss} loss",
        measured=found[loss][3],
        predicted=float(recursion[loss][3]),
        source="this page, equation 1",
        control=(f"the {other} loss", float(recursion[other][3])),
    )
claims.check(
    f"Overlap after {few} steps on d^1.5 rows each, correlation loss",
    measured=smaller["correlation"],
    predicted=float(least["correlation"]),
    allowed=0.03,
    source="this page, equation 1",
    control=("as at the start", middle[-1]),
)
claims.check(
    f"Overlap after {few} steps on d^1.5 rows each, squared loss",
    measured=smaller["squared"],
    predicted=middle[-1],
    kind="at least",
    source="this page, equation 1",
    control=("batches of d^2 rows", float(abs(recursion["squared"][-1]))),
)


# %% [markdown]
# On $d^{3/2}$ rows both losses learn, and the recursion, which keeps no fluctuations, is a little low: $M^2$ is convex.
# On $d^2$ rows the squared loss does not learn at all.
#
# How many steps does {eq}`eq-more-batch` need until $M > \frac12$?
# The table has the recursion alone; the step is $0.06\,n_bd^{-3/2}$.

# %% tags=["hide-input"]
def needed(size, power, loss):
    """Steps until the overlap is above 1/2, or None."""
    try:
        return batch_size.steps_to(0.5, *setting(size, power), loss, most=8000)
    except NotConverged:
        return None


grid = {
    (power, loss): [needed(size, power, loss) for size in (128, 512, 2048)]
    for power in (1.0, 1.5, 2.0)
    for loss in draws.LOSSES
}
ratio = grid[1.0, "correlation"][2] / grid[1.0, "correlation"][1]

# %% tags=["remove-input"]
markdown_table(
    [(f"$d^{{{power:g}}}$", loss, *counts) for (power, loss), counts in grid.items()],
    head=("$n_b$", "loss", "$d = 128$", "$d = 512$", "$d = 2048$"),
    number="d",
)

# %% tags=["remove-input"]
claims.check(
    "Batches of d rows, correlation loss: steps at d = 2048 over steps at d = 512",
    measured=ratio,
    predicted=4.0,
    tolerance=0.4,
    source="Arnaboldi et al. 2024, arXiv:2406.02157",
    control=("sqrt(d) steps", 2.0),
)

# %% [markdown]
# The total $n_b \times$ steps is of order $d^2$, whatever the batch, as {cite:t}`ArnaboldiBatch2024` state for information exponent 3.
# A dash means that the overlap comes to rest or vanishes below $\frac12$.
#
# ## The stored runs of others
#
# The repository of {cite:t}`DandiTroiani2024` has 32 runs at $d = 5000$, $n = 3d$, with two ReLU neurons and the teacher $\tanh(z_1 + He_3(z_2))$ of two directions, and a solution of their dynamical equations.
# We read both from a file; no run of theirs is made here.
# The formula of [More steps](more_steps) holds for several neurons with vectors and matrices in the place of numbers.
# This teacher has information exponent 1: it tests the formula, and not the escape.

# %% tags=["hide-input"]
stored = pd.read_csv("data/dandi2024_runs.csv", comment="#").set_index("run")
solved = stored.loc["dmft"]
theirs = over_seeds(stored.drop("dmft").to_numpy())
teacher = MultiIndex("tanh(z1 + He3(z2))", lambda u, v: np.tanh(u + v**3 - 3 * v), 2)
pair = Problem(n=15000, d=5000, N=2, activation="relu", teacher=teacher, noise_std=0)
readout = 2**-0.5, -(2**-0.5)
ours, other = (
    one_neuron.two_steps(pair, 0.6, readout, batch).second[0] for batch in (True, False)
)

# %% tags=["remove-input"]
for k, name in enumerate(("first", "second")):
    claims.check(
        f"Stored runs of Dandi et al.: overlap with the {name} direction",
        measured=theirs[k],
        predicted=float(ours[k]),
        allowed=5e-4,
        source="More steps, equation 4, and data/dandi2024_runs.csv",
        control=("a fresh batch", float(other[k])),
    )
markdown_table(
    [(k + 1, theirs[k], solved.iloc[k], ours[k], other[k]) for k in (0, 1)],
    head=("Direction", "stored runs", "stored DMFT", "formula", "fresh batch"),
    number=".4f",
)

# %% [markdown]
# ```{admonition} Recap
# :class: recap
# * The squared loss adds $-3w$ to the mean gradient, which limits the step and so the batch.
# * The recursion {eq}`eq-more-batch` gives both losses, up to fluctuations of order $1/\sqrt d$.
# * The formula for two steps of a few neurons agrees with runs that others have stored.
# ```

# %% tags=["remove-cell"]
record(correlation=found["correlation"][3], squared=found["squared"][3])

# %% [markdown]
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
