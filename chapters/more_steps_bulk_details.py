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
# # Appendix: what stands out of the weights
#
# **The result of this page.**
# The edge of the bulk of the weights after a step, and the rows that stand out of it, follow from the second layer and the labels alone; without the rows that have large labels their outliers are gone.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [More steps](more_steps)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 200]
seeds = 16  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.links import sine
from onestep.simulation.neighbours import more_steps as draws
from onestep.theory.neighbours.more_steps import counting, rows, wide

BEYOND = 0.1  # a singular value counts if it is so far out of the bulk
BOUND = 2.0  # in the last experiment rows with a larger |y| are left out

# %% [markdown]
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
# equation 2 for one draw: edge, and places of the rows that stand out
problem = Problem(
    n=n, d=n // 2, N=3 * n // 4, activation=sine(0.7, -np.pi / 4),
    teacher=(0.0, 0.0, 0.4, 0.3), noise_std=0.3,
)  # fmt: skip
step = problem.step(0.35)
drawn = draws.TwoSteps.draw(problem, seed, step, step)
sizes = rows.row_strengths(problem, step, step, drawn.batches[0].y)
bulk = counting.bulk(drawn.a**2, sizes, problem.d)

# %% tags=["hide-input"]
law = wide.added(problem, step, step)
before = wide.added(problem, step, 0.0)


def outside(values, bulk):
    return np.sum(np.asarray(values) > bulk.edge + BEYOND)


def predicted(one, second, terms):
    """Bulk, and places of all that stands out, from a and the labels of a draw."""
    sizes = rows.row_strengths(problem, step, second, one.batches[0].y)
    bulk = counting.bulk(one.a**2, sizes, problem.d)
    at = np.sqrt(problem.N) * one.a
    places = [
        bulk.place(size, np.interp(at, terms.nodes, profile) ** 2)
        for size, profile in zip(terms.strengths[:3], terms.profiles, strict=False)
    ]
    return bulk, [*bulk.rows, *(place or 0.0 for place in places)], sizes


# %% tags=["hide-input"]
def compared(s):
    """Counts and predicted counts after two steps and one; sizes; edges; rows."""
    one = draws.TwoSteps.draw(problem, s, step, step)
    cut = draws.TwoSteps.draw(problem, s, step, step, largest=BOUND)
    values, pointing = one.top(60)
    bulk, places, sizes = predicted(one, step, law)
    early, first, _ = predicted(one, 0.0, before)
    once = np.linalg.svd(one.W1, compute_uv=False)
    rest, _, _ = predicted(cut, step, law)
    short = np.linalg.svd(cut.W2, compute_uv=False)
    return (
        outside(values, bulk),
        outside(places, bulk),
        outside(once, early),
        outside(first, early),
        np.sum(sizes**2) / np.sum(one.row_strengths() ** 2),
        values[values < bulk.edge + BEYOND][0] - bulk.edge,
        short[short < rest.edge + BEYOND][0] - rest.edge,
        pointing[1:4].mean(),
        outside(short, rest),
        np.mean(np.abs(one.batches[0].y) > BOUND),
    )


runs = np.array([compared(s) for s in range(seed, seed + seeds)])
table = over_seeds(runs)
untrained = 1 + np.sqrt(problem.N / problem.d)
lifted = rows.typical_bulk(problem, step, step).edge - untrained

# %% tags=["remove-input"]
for k, steps in ((0, "two steps"), (2, "one step")):
    claims.check(
        f"Outliers after {steps}: counted less predicted, draw by draw",
        measured=over_seeds(runs[:, k] - runs[:, k + 1]),
        predicted=0.0,
        allowed=0.3,
        source="this page, equation 2",
        control=("no rows", float(np.mean(2 - k / 2 - runs[:, k + 1]))),
    )
claims.check(
    "Sum of the squared sizes of the rows, predicted over measured",
    measured=table[4],
    predicted=1.0,
    allowed=0.1,
    source="this page",
    control=("one step in the place of two", 0.25),
)
for k, name in ((5, "all rows"), (6, "without the large rows")):
    claims.check(
        f"Largest singular value within 0.1 of the edge, less the edge: {name}",
        measured=table[k],
        predicted=0.0,
        allowed=5 * problem.n ** (-2 / 3),
        source="this page, equation 2",
        control=("the untrained edge", -float(lifted)),
    )

# %% tags=["remove-input"]
claims.check(
    "Second to fourth singular vector: largest squared cosine with a row",
    measured=table[7],
    predicted=10 * np.log(n) / problem.d,
    kind="more than",
    source="this page",
    control=("vectors that know no row", 2 * np.log(n) / problem.d),
)
claims.check(
    "Outliers with all rows, less those without the large rows",
    measured=over_seeds(runs[:, 0] - runs[:, 8]),
    predicted=0.0,
    kind="more than",
    source="this page",
    control=("no effect of the large rows", 0.0),
)

# %% tags=["remove-input"]
markdown_table(
    [
        ("one step", table[3], table[2]),
        ("two steps on one batch", table[1], table[0]),
        ("two steps, large rows left out", None, float(table[8].mean)),
    ],
    head=("Singular values outside", "predicted from $a$ and $y$", "counted"),
    number=".2f",
)

# %% [markdown]
# The singular vectors say which rows they are: vectors 2 to 4 have a squared cosine of {glue:text}`pointing:.2f` with the row that they fit best.
# For vectors that know no row it would be about $2\log n/d$, {glue:text}`unaware:.3f`.
#
# Leave out the rows with $\lvert y\rvert > 2$, {glue:text}`share:.1f` percent of them, from both steps: then {glue:text}`rest:.1f` of {glue:text}`many:.1f` ± {glue:text}`many_standard_error:.1f` outliers are left.
# These are fewer than the two terms that show for the whole batch, because the second term lives on large labels, too.

# %% tags=["remove-cell"]
glue(share=100 * float(table[9].mean), many=table[0], rest=float(table[8].mean))
glue(pointing=float(table[7].mean), unaware=2 * np.log(n) / problem.d)
record(outside=table[0], without_large_rows=table[8])

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
# * Edge and outliers of the weights follow from $a$ and the sizes $\varrho_i$ alone, {eq}`eq-more-edge`.
# * The extra outliers point at single rows, after one step already.
# * Without the rows with large labels their outliers are gone.
# ```
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
