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
# # More steps
#
# **The result of this chapter.**
# On a batch that is used again the label enters the slope of the activation, so the second step sees directions that the first one cannot see; and the rows with the largest labels leave outliers of their own in the weights, up to millions of rows more of them the larger the network.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Setup](setup), and [Growing step](many_spikes) for the last two sections
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch of the wide network [>= 200]
d = 500  # dimension of an input in the experiments with one neuron [>= 50]
seeds = 20  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np
import pandas as pd

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison, level
from onestep.links import Link, sine
from onestep.simulation.neighbours import more_steps as draws
from onestep.theory.neighbours.more_steps import one_neuron, repetition, rows, wide

draw_seeds = range(seed, seed + seeds)
third = (0.0, 0.0, 0.0, 6**-0.5)  # He_3/sqrt(6): c_{*,1} = c_{*,2} = 0
neuron = Problem(n=3 * d // 2, d=d, N=d, activation="tanh", teacher=third, noise_std=0)
eta = 2.0
groups, slopes = [], []
for s in draw_seeds:
    used = draws.shifts(neuron, eta, s)
    for y, shift in (used[:2], used[2:]):
        parts = np.array_split(np.argsort(y), 9)
        groups.append([[v[part].mean() for part in parts] for v in (y, shift)])
        slopes.append(y @ shift / (y @ y))
groups = over_seeds(np.reshape(groups, (seeds, 2, 2, 9)))
slopes = over_seeds(np.reshape(slopes, (seeds, 2)))
law_slope = eta * neuron.phi * neuron.student[1]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-more-shift", "caption": "By how much one step moves what a neuron computes on a row, against the label of that row. Line is theory, points are simulated, in nine groups of rows by label."}, "image": {"alt": "For the rows of the batch the shift rises along a straight line with the label. For fresh rows it is zero for all labels."}}
marks = groups.mean[0, 0]
comparison(
    [
        Curve("rows of the batch", (marks, law_slope * marks), (marks, groups[0, 1])),
        Curve("fresh rows", level(marks, 0.0), (groups.mean[1, 0], groups[1, 1])),
    ],
    xlabel="label $y$ of the row",
    ylabel=r"shift of $w^\top x$",
)

# %% [markdown]
# ## The label enters the slope
#
# A neuron $\sigma(w^\top x)$ takes one step on $n$ rows:
#
# ```{math}
# :label: eq-more-step
# w_1 = w_0 + \frac{\eta}{n}\sum_i D_i\,x_i, \qquad D_i = \big(y_i - \sigma(w_0^\top x_i)\big)\,\sigma'(w_0^\top x_i).
# ```
#
# What does the new neuron compute on row $i$?
# The sum contains row $i$ itself, and $\lVert x_i\rVert^2 \approx d$.
# So the row moves its own pre-activation, with $\phi = d/n$:
#
# ```{math}
# :label: eq-more-shift
# w_1^\top x_i = w_0^\top x_i + \eta\phi\, D_i + \text{what a fresh row would see}.
# ```
#
# {numref}`fig-more-shift` shows it for a teacher that one step cannot see at all, $\sigma_\star = He_3/\sqrt6$.
# In a large batch each row moves the weights little, but it moves them along itself.

# %% tags=["remove-input"]
claims.check(
    "Slope of the shift in the label, rows of the batch",
    measured=slopes[0],
    predicted=law_slope,
    source="this page, equation 2",
    control=("fresh rows", float(slopes.mean[1])),
)

# %% [markdown]
# Now take a second gradient on the same rows.
# Its slope is $\sigma'(w_0^\top x_i + \eta\phi D_i + \dots)$, and $D_i$ contains $y_i$:
#
# ```{math}
# :label: eq-more-powers
# y_i\,\sigma'(w_1^\top x_i) = y_i\sigma' + \eta\phi\, y_i^2\,\sigma'\sigma'' + \tfrac12(\eta\phi)^2\, y_i^3\,(\sigma')^2\sigma''' + \cdots
# ```
#
# The first gradient finds $\mathbb E[x_\star y]$, with $x_\star = \beta_\star^\top x$.
# The second finds $\mathbb E[x_\star y^2]$ and $\mathbb E[x_\star y^3]$, too.
#
# **By hand.**
# For $y = He_3(x_\star)/\sqrt6$ the first is zero, and the second because $y^2$ is even.
# The third is not: by Stein's lemma $\mathbb E[x_\star He_3^3] = 9\,\mathbb E[He_3^2He_2] = 9\cdot 18\cdot 2 = 324$.
# An even teacher has only even powers, and $\mathbb E[x_\star y^k] = 0$ for all of them.
#
# ## Two steps of one neuron
#
# ````{prf:proposition} Two steps on one batch (in the form derived here)
# :label: prop-more-neuron
#
# Let $n, d \to \infty$ with $d/n \to \phi$, $\lVert w_0\rVert = 1$, $w_0 \perp \beta_\star$.
# Let $x_\star, u, g$ be independent standard normal, $D^0 = (y - \sigma(u))\sigma'(u)$, and
#
# ```{math}
# :label: eq-more-neuron
# \begin{gathered}
# u_1 = u + \eta\big(\mathbb E[x_\star D^0]\,x_\star + \mathbb E[uD^0]\,u + (\phi\,\mathbb E (D^0)^2)^{1/2} g + \phi D^0\big), \\
# D^1 = (y - \sigma(u_1))\,\sigma'(u_1).
# \end{gathered}
# ```
#
# Then $w_2^\top\beta_\star \to \eta\,\mathbb E[x_\star D^0] + \eta\,\mathbb E[x_\star D^1]$.
# With a fresh batch for the second step the term $\phi D^0$ is absent.
# ````
#
# ````{dropdown} Where it comes from
# Write $X = (x_\star, u, \text{rest})$.
# The batch enters $w_1$ through $X^\top D^0/n$, whose rest is a Gaussian vector of squared length $\phi\,\mathbb E(D^0)^2$ to a fresh row, which gives $g$.
# A row of the batch sees in addition its own $D_i x_i$, which gives $\phi D^0$.
# The second overlap is then a mean over rows.
# This is a derivation and not a proof.
# ````

# %%
# equation 4, for the same batch, a fresh one, and an even teacher
even = replace(neuron, teacher=(0.0, 0.0, 2**-0.5))
same = one_neuron.two_steps(neuron, eta)
fresh = one_neuron.two_steps(neuron, eta, same=False)
of_even = one_neuron.two_steps(even, eta)

# %% tags=["hide-input"]
cases = (neuron, True, same), (neuron, False, fresh), (even, True, of_even)
added = []
for problem, again, _ in cases:
    found = [
        draws.few_neurons(problem, eta, s, same=again)[0][:, 0, 0]
        for s in range(seed, seed + 6 * seeds)
    ]
    added.append(over_seeds(np.diff(found)[:, 0]))

# %% tags=["remove-input"]
controls = ("a fresh batch", 0.0), ("the same batch", float(same.second[0, 0]))
names = "the same batch", "a fresh batch", "an even teacher, the same batch"
for k, (_, _, law) in enumerate(cases):
    claims.check(
        f"What the second step adds to the overlap: {names[k]}",
        measured=added[k],
        predicted=float((law.second - law.first)[0, 0]),
        allowed=0.1 * abs(float(law.second[0, 0])),
        source="this page, equation 4",
        control=controls[min(k, 1)],
    )

# %% [markdown]
# The second step adds {glue:text}`again:.3f` ± {glue:text}`again_standard_error:.3f` on the same batch, predicted {glue:text}`again_law:.4f`, and {glue:text}`anew:.3f` ± {glue:text}`anew_standard_error:.3f` on a fresh one, predicted zero.
# The simulated overlap falls short by several per cent at these sizes, and the check allows for a tenth.
# The sign is negative for $\tanh$; it depends on the activation.
#
# {cite:t}`DandiTroiani2024` show with a full dynamical theory that two steps on one batch suffice for most teachers, and store runs at $d = 5000$.
# [The appendix](more_steps_details) holds {eq}`eq-more-neuron` against these runs: it agrees to one per cent, where the law of a fresh batch is 24 standard errors off.
#
# ## Every sample twice
#
# Online steps use a row once.
# {cite:t}`ArnaboldiRepetita2024` use it twice: a look-ahead of size $\eta_0/d$, then the step of size $\eta/d$ with the slope found there, on the unit sphere, with the correlation loss $-yf$.
# By {eq}`eq-more-shift` the slope becomes $D = y\,\sigma'\big(u + \eta_0\, y\,\sigma'(u)\big)$.
# The overlap $M = w^\top\beta_\star$ then follows, per $d$ steps,
#
# ```{math}
# :label: eq-more-repetition
# \dot M = \eta\big(\mathbb E[x_\star D] - M\,\mathbb E[uD]\big) - \tfrac{\eta^2}{2} M\,\mathbb E D^2 ,
# ```
#
# where $x_\star$ and $u$ have correlation $M$.
# For $\eta_0 = 0$ and our teacher everything vanishes at $M = 0$, and a chance overlap of order $1/\sqrt d$ must grow from itself.
# With the look-ahead the neuron leaves at once.

# %% tags=["hide-input"]
times, fine = np.array([0.6, 1.2, 1.8, 2.4, 3.0]), np.linspace(0.02, 3, 60)
online = replace(neuron, d=8 * d // 5)
curves, ends = [], []
for look_ahead in (1.0, 0.0):
    line = repetition.path(online, look_ahead, 1.0, fine).overlap
    found = draws.repeated_samples(online, look_ahead, 1.0, times, seed, 3 * seeds)
    ends.append((over_seeds(found), np.interp(times, fine, line)))
    curves.append(
        Curve(f"look-ahead {look_ahead:g}", (fine, line), (times, ends[-1][0]))
    )

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-more-repetition", "caption": "Overlap of one neuron with the teacher in online steps, with and without a look-ahead on the same sample. Lines are theory, points are simulated."}, "image": {"alt": "With a look-ahead the overlap falls steadily from zero to about minus 0.28. Without it the overlap stays near zero."}}
comparison(curves, xlabel="steps over $d$", ylabel=r"overlap $w^\top\beta_\star$")

# %% tags=["remove-input"]
claims.check(
    "Each sample twice: overlap after 1.8 d steps",
    measured=ends[0][0][2],
    predicted=float(ends[0][1][2]),
    source="this page, equation 5",
    control=("each sample once", 0.0),
)
claims.check(
    "Each sample once: overlap after 1.8 d steps",
    measured=ends[1][0][2],
    predicted=0.0,
    source="this page, equation 5",
    control=("each sample twice", float(ends[0][1][2])),
)

# %% [markdown]
# A larger batch is not the same as more steps: with the squared loss it stops helping at a size that {cite:t}`ArnaboldiBatch2024` find, because the network's own output turns the weights over.
# [The appendix](more_steps_details) has the recursion and both losses.
#
# ## Two steps of the wide network
#
# The wide network moves unit $j$ by $\tau_j = \eta_1 a_j$ times a number that depends on the row, so the small factor $a_j \sim N^{-1/2}$ comes with every power of the label.
# Two steps of sizes $\eta_i = n^{\alpha_i}$ give
#
# ```{math}
# :label: eq-more-wide
# W_2 = W_0 + c_1 a\,(\eta_1\beta_1 + \eta_2 b_0)^\top + \eta_1\eta_2\, a^{\circ 2} b_1^\top + \eta_1^2\eta_2\, a^{\circ 3} b_2^\top + \dots + \text{noise},
# ```
#
# and term $k \ge 1$ grows like $n^{\alpha_2 - k(1/2 - \alpha_1)}$.
# What does $b_1$ know?
# For a teacher with $c_{\star,1} = 0$, to leading order,
#
# ```{math}
# :label: eq-more-signal
# \beta_\star^\top b_1 = \begin{cases} \phi\;\mathbb E[\sigma'\sigma'']\;\mathbb E[x_\star y^2] & \text{on the same batch},\\ 0 & \text{on a fresh one}.\end{cases}
# ```
#
# The factor is $\mathbb E[\sigma'\sigma'']$ and not $2c_1c_2$, which a first step of rank one would give: the unit's own slope is remembered.
# At sizes that one can simulate $\tau_j$ is not small, so the library sums all powers.

# %%
# equations 7 and 8, all powers: same batch, fresh batch, first step of rank one
network = Problem(
    n=n, d=n // 2, N=3 * n // 4, activation=sine(0.7, -np.pi / 4),
    teacher=(0.0, 0.0, 0.4, 0.3), noise_std=0.3,
)  # fmt: skip
step = network.step(0.35)
law = {kind: wide.added(network, step, step, kind) for kind in wide.KINDS}


# %% tags=["hide-input"]
def measured(kind, s):
    """Signal, size of the first term, squared cosine of the second direction."""
    drawn = draws.TwoSteps.draw(network, s, step, step, kind)
    strengths, squares, _ = drawn.along_powers(4)
    chance = drawn.gradients[0].direction @ drawn.beta_star  # zero on average
    return drawn.signal() - 0.14 * chance, strengths[0], squares[1]


seen = {k: over_seeds([measured(k, s) for s in draw_seeds]) for k in ("same", "fresh")}
alone = float(wide.added(network, step, 0.0).strengths[0])

# %% tags=["remove-input"]
laws = {k: (a.signal, a.strengths[0], a.cosines[1] ** 2) for k, a in law.items()}
cases = (
    ("signal along the squares of a, same batch", "same", 0, laws["rank one"], 8),
    ("signal along the squares of a, fresh batch", "fresh", 0, laws["same"], 8),
    ("size of the first term, same batch", "same", 1, (0, alone), 7),
    ("size of the first term, fresh batch", "fresh", 1, (0, alone), 7),
    ("squared cosine of the second direction", "same", 2, laws["fresh"], 7),
)
for name, kind, k, wrong, equation in cases:
    claims.check(
        f"Two steps of the wide network: {name}",
        measured=seen[kind][k],
        predicted=float(laws[kind][k]),
        allowed=0.03 * float(laws[kind][k]),
        source=f"this page, equation {equation}",
        control=("the other batch, step or number of steps", float(wrong[k])),
    )

# %% tags=["remove-input"]
names = ("signal along $a^{\\circ 2}$", "$\\Theta_0$", "$\\cos^2$, second direction")
markdown_table(
    [
        (name, laws["same"][k], seen["same"][k], laws["fresh"][k], seen["fresh"][k])
        for k, name in enumerate(names)
    ],
    head=("", "same batch", "simulated", "fresh batch", "simulated"),
    number=".4f",
)

# %% [markdown]
# Here $\Theta_k$ is the size of term $k$ of {eq}`eq-more-wide`.
# The second direction knows the teacher on the same batch and does not on a fresh one; the small remainder there falls with $n$.
#
# ## Where it breaks: counting what stands out
#
# How many singular values of $W_2$ stand out of the bulk?
# The exponents say one for $k = 0$ and one for every $k \ge 1$ with $\alpha_2 > k(\frac12 - \alpha_1)$: here three, of which the third is too weak to show at this size.
# [The appendix](more_steps_bulk_details) counts more, about four.
# What are the others?
#
# A gradient is a sum over rows.
# What is not along a function of $a$ is noise, and row $i$ brings a matrix of rank one, $a\circ(\sigma'(W_0x_i) - c_1)$ times $x_i^\top$.
# Its size is
#
# ```{math}
# :label: eq-more-row
# \varrho_i = \eta\,\lvert y_i\rvert \sqrt{\phi \operatorname{Var}\sigma' / n}
# ```
#
# for one step, and about twice as much for two steps on the same batch.
# It is a spike like any other: if $\varrho_i > (N/d)^{1/4}$ it makes an outlier, and the singular vector points at row $i$.
# The other rows together lift the edge of the bulk.
# Both can be computed from $a$ and the labels alone, and then the count is right, draw by draw ([appendix](more_steps_bulk_details)).
# After one step there are such outliers already.
#
# Does a larger network help?
# For a label of bounded size, yes.
# For Gaussian inputs and a cubic teacher the largest of $n$ labels grows like $(\log n)^{3/2}$, and {eq}`eq-more-row` falls like $n^{-(1/2-\alpha)}$ only, while there are more and more rows.

# %% tags=["hide-input"]
BEYOND = 0.1  # a singular value counts if it is so far out of the bulk
table = pd.read_csv("data/two_steps.csv")
bounded = Link.of(
    lambda z: (
        np.sin(2 * z) - 2 * np.exp(-2) * z + (np.cos(1.5 * z) - np.exp(-1.125)) / 2
    )
)
sizes, far = (1000, 2000, 4000, 8000), np.geomspace(1e3, 1e13, 21)
large = replace(
    network, n=1000, d=500, N=750, readout=((-1, 0, 1), (1 / 6, 2 / 3, 1 / 6))
)
lines, points, edges, third_values = {}, {}, {}, {}
for name, target, constant in ("cubic", network.teacher, 1), ("bounded", bounded, 1.5):
    for m in (*sizes, *far):
        big = replace(large.resized(int(m)), teacher=target)
        push = constant * big.step(0.35)
        lines[name, m] = 2 + rows.expected_rows(big, push, push, beyond=BEYOND)
        if m in sizes:
            edges[name, m] = rows.typical_bulk(big, push, push).edge
            stored = table[(table.n == m) & (table.teacher == name)]
            values = stored.iloc[:, 3:].to_numpy()
            points[name, m] = over_seeds((values > edges[name, m] + BEYOND).sum(axis=1))
            third_values[name, m] = over_seeds(values[:, 2])

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-more-count", "caption": "How many singular values lie more than 0.1 beyond the bulk of the weights after two steps on one batch. Lines are theory; points are networks of up to 8000 rows, read from a file."}, "image": {"alt": "For bounded labels the count is two at every size. For the cubic teacher it grows from four at a thousand rows to about thirty at ten million, and is back at two from a trillion rows on."}}
curves = []
for name in ("cubic", "bounded"):
    found = [points[name, m] for m in sizes]
    marks = sizes, [p.mean for p in found], [p.standard_error for p in found]
    line = far, [lines[name, m] for m in far]
    curves.append(Curve(f"{name} teacher", line, marks))
comparison(
    curves,
    xlabel="rows $n$",
    ylabel="singular values outside",
    xscale="log",
    yscale="log",
)

# %% tags=["remove-input"]
for m in sizes[:3]:
    claims.check(
        f"Cubic teacher, stored networks of {m} rows: singular values outside",
        measured=points["cubic", m],
        predicted=lines["cubic", m],
        allowed=0.3,
        source="this page, equation 9, and data/two_steps.csv",
        control=("no rows", 2.0),
    )
    claims.check(
        f"Bounded teacher, {m} rows: the third singular value is at the edge",
        measured=third_values["bounded", m],
        predicted=edges["bounded", m],
        allowed=5 * m ** (-2 / 3),
        source="this page, equation 9, and data/two_steps.csv",
        control=("the untrained edge", 1 + np.sqrt(1.5)),
    )

# %% [markdown]
# In {numref}`fig-more-count` the number of extra outliers *grows* with $n$ first: about {glue:text}`at_million:.0f` at a million rows and {glue:text}`at_most:.0f` at ten million.
# Only from about $10^{12}$ rows on are there none.
# That is why larger simulations do not confirm the count of the theorem for this teacher.
# For the bounded teacher and a readout with values $-1$, 0, 1, whose powers span two directions, two values stand out, and the third sits within 0.04 of the lifted edge, a little above it.

# %% tags=["remove-cell"]
extra = [lines["cubic", m] - 2 for m in far]
at = np.interp(np.log([1e6, 1e7]), np.log(far), extra)
glue(at_million=at[0], at_most=at[1])
glue(again=added[0], again_law=float(same.second[0, 0]), anew=added[1])
record(again=added[0], signal=seen["same"][0], outside=points["cubic", 4000])

# %% [markdown]
# ## How it is related to the one step
#
# One big step finds the direction $\mathbb E[x_\star y]\,\beta_\star$ and functions of it.
# {cite:t}`DandiTroiani2024`, {cite:t}`ArnaboldiRepetita2024` and {cite:t}`ArnaboldiBatch2024` ask what more steps, or the same data again, can find beyond it; {cite:t}`MoniriHassani2026` take two steps of the network of this book.
# *Theirs*: that reused batches lift the limits of one pass; the exponents that govern it; the spikes of two steps, whose number, as the abstract says, is determined through $\lfloor\alpha_2/(\frac12 - \alpha_1)\rfloor$; the stored runs.
# *Ours*: {eq}`eq-more-neuron`, {eq}`eq-more-repetition`, {eq}`eq-more-signal` and all powers of it, and the account of the rows in {eq}`eq-more-row`.
# *Not checked*: their theorems, whose wording was not at hand, so that we do not know whether their count includes the term $k = 0$; the law $d\log d$ for repeated samples; terms $k \ge 2$.
#
# ```{admonition} Recap
# :class: recap
# * A row of the batch moves its own pre-activation by $\eta\phi D_i$, {eq}`eq-more-shift`, so the second slope contains the label.
# * The second step on the same batch sees $\mathbb E[x_\star y^2]$ and higher powers; on a fresh batch it does not.
# * In the wide network these powers come with $a^{\circ 2}, a^{\circ 3}, \dots$, {eq}`eq-more-wide`.
# * At a finite size rows with large labels make outliers as well, {eq}`eq-more-row`, and for an unbounded label more of them as $n$ grows, up to sizes that nobody simulates.
# ```
#
# ## Exercises
#
# ````{exercise-start} A fresh row (warm-up)
# :label: ex-more-fresh
# ````
#
# Why is there no term $\eta\phi D$ in {eq}`eq-more-shift` for a row that the step did not use?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-fresh
# :class: dropdown
# ````
#
# The term is $\frac\eta n D_i\lVert x_i\rVert^2$, row $i$ times itself.
# A fresh row $x$ has $x^\top x_i \approx \sqrt d$ for every $i$, with both signs, and the sum is noise.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Sparse readouts (warm-up)
# :label: ex-more-readout
# ````
#
# How many terms of {eq}`eq-more-wide` are there for a readout with $a_j = \pm N^{-1/2}$, and how many if all $a_j$ are equal?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-readout
# :class: dropdown
# ````
#
# Two: odd powers of $a$ are parallel to $a$, even ones to the vector of ones.
# One, if all are equal.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Least squares
# :label: ex-more-linear
# ````
#
# For $\sigma(u) = u$ and $y = x_\star$ compute $w_2^\top\beta_\star$ from {eq}`eq-more-neuron`, for the same batch and a fresh one.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-linear
# :class: dropdown
# ````
#
# $D^0 = x_\star - u$, so $\mathbb E[x_\star D^0] = 1$ and $\mathbb E[uD^0] = -1$.
# Then $D^1 = x_\star - u_1$ and $\mathbb E[x_\star D^1] = 1 - \eta - \eta\phi$.
# The overlap is $\eta(2 - \eta(1+\phi))$, and $\eta(2 - \eta)$ with a fresh batch: the first is $\eta\,\beta_\star^\top(2S - \eta S^2)\beta_\star$ with $S = X^\top X/n$, and $1 + \phi$ is the second moment of Marchenko and Pastur's law.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Which sign?
# :label: ex-more-sign
# ````
#
# For $\tanh$ and an even teacher, which sign of the look-ahead makes a chance overlap grow?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-sign
# :class: dropdown
# ````
#
# The negative one, a step *up* the loss first.

# %%
for look_ahead in (-0.5, 0.5):
    pull, growth, noise = repetition.start(even, look_ahead)
    print(f"{look_ahead:+.1f}: pull {pull:+.3f}, growth {growth:+.3f}")

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} The largest row
# :label: ex-more-row
# ````
#
# Labels are standard normal.
# For $\eta = n^\alpha$ with $\alpha < \frac12$, show that for large $n$ no row stands out, and estimate when, for $\alpha = 0.45$, $\phi\operatorname{Var}\sigma' = 0.2$ and $N = d$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-row
# :class: dropdown
# ````
#
# The largest label is about $\sqrt{2\log n}$, so {eq}`eq-more-row` gives $n^{-0.05}\sqrt{0.4\log n}$, which must be below one.
# At $n = 10^6$ it is 1.18, at $10^9$ 1.02, at $10^{10}$ 0.96: a few times $10^9$ rows.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A step that forgets its rows (open)
# :label: ex-more-forget
# ````
#
# Change the first step so that the weights after it carry the same $\beta_1$ but no row stands out, and find out what the second step on the same batch then learns.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-more-forget
# :class: dropdown
# ````
#
# Clipping the residual at a constant is one such change: {eq}`eq-more-row` is then bounded, and $\mathbb E[x_\star y^2]$ becomes the same mean of a clipped label.
# The step of rank one is another; it keeps the memory along $a$ and replaces $\mathbb E[\sigma'\sigma'']$ by $2c_1c_2$.
# Which of them generalises best is not known to us.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
