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
# # Appendix: more steps
#
# **The result of this page.**
# With the squared loss a batch stops replacing steps when the step turns the weights over, and the correlation loss has no such limit; and the edge of the bulk after a step, with the rows that stand out of it, follows from one function.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [More steps](more_steps)
# ```

# %% tags=["parameters"]
d = 128  # dimension of an input in the experiments with batches [>= 32]
n = 1000  # rows of each batch of the wide network [>= 200]
seeds = 20  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import NotConverged, Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.links import polynomial, sine
from onestep.simulation.neighbours import more_steps as draws
from onestep.theory.neighbours.more_steps import batch_size, counting, rows, wide

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
# ## The bulk with its rows
#
# After the steps the weights are
#
# ```{math}
# :label: eq-more-weights
# W = W_0 + \sum_k \Theta_k u_kv_k^\top + \sum_i \varrho_i\,\hat a_i\hat x_i^\top ,
# ```
#
# with $\hat a_i$ the unit vector along $a\circ(\sigma'(W_0x_i) - c_1)$ and $\hat x_i$ the one along $x_i$.
# We take the vectors of different rows as independent and $W_0$ as Gaussian.
#
# ````{prf:proposition} The bulk of the weights (in the form derived here)
# :label: prop-more-bulk
#
# Let $p_j = a_j^2/\lVert a\rVert^2$, $T(s) = \sum_i\varrho_i^2/(1 - \varrho_i^2 s)$, and let $Y(s)$ be the largest root of $\sum_j p_j/(Y - p_jT) = s$.
# The upper edge of the singular values is the minimum over $0 < s < 1/\max\varrho_i^2$ of
#
# ```{math}
# :label: eq-more-edge
# w(s)^2 = (1 + Y)\Big(1 + \frac1d\sum_j\frac{1}{Y - p_jT} + \frac{sT}{d}\Big).
# ```
#
# A further row of size $\varrho$ stands out, at $w(\varrho^{-2})$, if $\varrho^{-2}$ lies before the minimum; a term $\Theta u v^\top$ with independent $u, v$ stands out at $w(s)$ with $\Theta^2\sum_j u_j^2/(Y - p_jT) = 1$.
# ````
#
# ````{dropdown} Where it comes from
# Write the rows' part as $BX$ and linearise: the resolvent of the block matrix with the blocks $W_0$, $B$, $X$ and $-I$ between the two copies of the rows has $(WW^\top - w^2)^{-1}$ in its corner.
# For independent Gaussian blocks its diagonal means solve a Dyson equation: with $g_j$ for unit $j$ and $m$ for the columns, all taken positive for $w$ above the edge,
#
# $$g_j^{-1} = w - m - m\,p_jT, \qquad m^{-1} = w - \tfrac1d\sum_j g_j - \tfrac{sT}{dm}, \qquad s = m\sum_jp_jg_j .$$
#
# Put $Y = (w - m)/m$; then $g_j = 1/(m(Y - p_jT))$, and the second equation is $m^2(1 + Y) = 1 + \frac1d\sum_j(Y - p_jT)^{-1} + sT/d$, with $w = (1 + Y)m$.
# Row $i$ makes a pole where $\varrho_i^2 s = 1$.
# This is a derivation and not a proof.
# ````
#
# Without rows $T = 0$, $Y = 1/s$, and {eq}`eq-more-edge` is the map $w^2 = (1 + \Theta^2)(N/d + \Theta^2)/\Theta^2$ of the transition for independent noise.
# With many weak rows of the same size it is the bulk of noise with a larger variance.
# A test of the library holds it against matrices that come from no network.

# %%
# equation 3 for one draw: edge, and places of the rows that stand out
problem = Problem(
    n=n, d=n // 2, N=3 * n // 4, activation=sine(0.7, -np.pi / 4),
    teacher=(0.0, 0.0, 0.4, 0.3), noise_std=0.3,
)  # fmt: skip
step = problem.step(0.35)
drawn = draws.TwoSteps.draw(problem, seed, step, step)
sizes = rows.row_strengths(problem, step, step, drawn.batches[0].y)
bulk = counting.bulk(drawn.a**2, sizes, problem.d)

# %% tags=["hide-input"]
BOUND = 2.0  # rows with a larger |y| are left out


def compared(s):
    """Strengths: predicted over measured. Largest bulk value less edge. Counts."""
    whole = draws.TwoSteps.draw(problem, s, step, step)
    cut = draws.TwoSteps.draw(problem, s, step, step, largest=BOUND)
    edges, counts = [], []
    for one in (whole, cut):
        strengths = rows.row_strengths(problem, step, step, one.batches[0].y)
        law = counting.bulk(one.a**2, strengths, problem.d)
        values = np.linalg.svd(one.W2, compute_uv=False)
        edges.append(values[values < law.edge + 0.1][0] - law.edge)
        counts.append(np.sum(values > law.edge + 0.1))
    strengths = rows.row_strengths(problem, step, step, whole.batches[0].y)
    ratio = np.sum(strengths**2) / np.sum(whole.row_strengths() ** 2)
    return ratio, *edges, *counts, np.mean(np.abs(whole.batches[0].y) > BOUND)


table = over_seeds([compared(s) for s in range(seed, seed + seeds)])
lifted = (
    rows.typical_bulk(problem, step, step).edge - 1 - np.sqrt(problem.N / problem.d)
)

# %% tags=["remove-input"]
claims.check(
    "Sum of the squared sizes of the rows, predicted over measured",
    measured=table[0],
    predicted=1.0,
    allowed=0.1,
    source="this page",
    control=("one step in the place of two", 0.25),
)
for k, name in ((1, "all rows"), (2, "without the large rows")):
    claims.check(
        f"Largest singular value within 0.1 of the edge, less the edge: {name}",
        measured=table[k],
        predicted=0.0,
        allowed=5 * problem.n ** (-2 / 3),
        source="this page, equation 3",
        control=("the untrained edge", -float(lifted)),
    )
claims.check(
    "Outliers with all rows, less those without the large rows",
    measured=table[3] - table[4].mean,
    predicted=0.0,
    kind="more than",
    source="this page",
    control=("no effect of the large rows", 0.0),
)

# %% [markdown]
# Leave out the rows with $\lvert y\rvert > 2$, {glue:text}`share:.1f` percent of them, from both steps: of {glue:text}`many:.1f` ± {glue:text}`many_standard_error:.1f` outliers {glue:text}`rest:.1f` ± {glue:text}`rest_standard_error:.1f` are left, fewer than the two that theory gives for the whole batch, because the second term lives on large labels, too.

# %% tags=["remove-cell"]
glue(share=100 * table[5].mean, many=table[3], rest=table[4])
record(outside=table[3], without_large_rows=table[4])

# %% [markdown]
# ## Where it breaks
#
# The rows are not independent of the terms.
# A row with a large label has a large part in $\beta_1$ and $b_1$, too, so that a very large one moves $\Theta_0 u_0v_0^\top$ and its own outlier together, and the two places are then off while their number is not.
# Fluctuations of the edge, of relative order $n^{-2/3}$, are not described; this is why values are counted from 0.1 beyond the edge.
# For a readout with a mean, or an activation with a large $c_2$ and a teacher with a large $c_{\star,2}$, there is one more term, $2c_2\eta\,(a\circ W_0\beta_\star)\,2c_{\star,2}\beta_\star^\top$, of the size of a typical row's noise; it is below the threshold here.
#
# ```{admonition} Recap
# :class: recap
# * The squared loss adds $-3w$ to the mean gradient, which limits the step and so the batch.
# * Edge and outliers of the weights follow from $a$ and the sizes $\varrho_i$ alone, {eq}`eq-more-edge`.
# * Without the rows with large labels their outliers are gone.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
