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
# # What can be learned at all
#
# **The result of this chapter.**
# A direction that one step on the labels cannot see may show in a step on a *function* of the labels, or in the top eigenvector of a matrix; what the label says of the input decides which, and from how many rows on.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Setup](setup), and the transition of [Random matrices](random_matrices)
# ```

# %% tags=["parameters"]
d = 500  # dimension of an input [>= 100]
seeds = 16  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.simulation.neighbours import limits_of_learning as draws
from onestep.theory.neighbours import limits_of_learning as law


def averaged(place, rows, label, measure, directions=1, dim=d, times=seeds):
    """Average of `measure(data)` over draws with seeds that no other place of the page uses."""
    own = range(seed + 1000 * place, seed + 1000 * place + times)
    return over_seeds(
        [measure(draws.draw(rows, dim, label, s, directions)) for s in own]
    )


# %% tags=["hide-input"]
square = law.power(1, breaks=(3,))
best = law.best(square)
cut = law.Spectral(square, np.minimum(square.labels, 3))
ratios = (0.4, 1.0, 1.5, 2.0, 3.0)


def both(data):
    """Largest eigenvalue and squared overlap, for the best function and for min(y, 3)."""
    pairs = [
        draws.spectral(data, f) for f in (lambda y: 1 - 1 / y, lambda y: y.clip(max=3))
    ]
    return [number for value, inside in pairs for number in (value, inside[0] ** 2)]


found = [averaged(k, int(r * d), np.square, both) for k, r in enumerate(ratios)]
means = np.array([f.mean for f in found]).T
errors = np.array([f.standard_error for f in found]).T
fine = np.linspace(0.3, 3.2, 88)
lines = [[m.outlier(1 / r).overlap for r in fine] for m in (best, cut)]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-limits-retrieval", "caption": "Labels $z^2$, the square of one coordinate. How much of it a top eigenvector knows, for two functions of the labels. Lines are theory, points are simulated."}, "image": {"alt": "Two curves that are zero up to a threshold and then rise. The one for the best function leaves zero at one half, the other at four fifths. Points lie on them, slightly above near the thresholds."}}
comparison(
    [
        Curve("best function", (fine, lines[0]), (ratios, means[1], errors[1])),
        Curve("labels, cut at 3", (fine, lines[1]), (ratios, means[3], errors[3])),
    ],
    xlabel="rows per dimension $n/d$",
    ylabel="squared cosine with the teacher",
)

# %% [markdown]
# ## What a label says
#
# The step of this book goes along $X^\top y/n$.
# Its mean is $\mathbb E[z\,y]$ for labels that depend on $z = Bx$, one coordinate or several.
# If $\mathbb E[z\,y] = 0$, the step finds nothing.
# [Improvement](improvement) calls this a teacher of information exponent above one.
#
# But why multiply by $y$?
# One may take any function $\mathcal T(y)$ of the label first.
# What counts then is not $\mathbb E[z\,y]$ but what the label *says* of $z$,
#
# ```{math}
# :label: eq-limits-says
# \bar z(y) = \mathbb E[z \mid y], \qquad
# \Gamma(y) = \mathbb E[zz^\top - I \mid y], \qquad
# \mathbb E[He_k(z) \mid y] .
# ```
#
# The *information exponent* is the least $k$ with $\mathbb E[y\,He_k(z)] \ne 0$.
# The *generative exponent* is the least $k$ for which $\mathbb E[He_k(z)\mid y]$ is not zero for all $y$ {cite}`Damian2024`.
# It is never the larger of the two.
#
# **By hand.**
# Take $y = He_3(z) = z^3 - 3z$.
# The third Hermite polynomial is orthogonal to $z$, so the step on $y$ is blind.
# Now take the *sign* of the label.
# It is positive for $z > \sqrt3$ and for $-\sqrt3 < z < 0$.
# With the density $\varphi$ of $z$ and $\int_a^b z\varphi = \varphi(a) - \varphi(b)$,
#
# $$
# \mathbb E[z\,\operatorname{sign} y] = 2\big(2\varphi(\sqrt3) - \varphi(0)\big) = \sqrt{2/\pi}\,(2e^{-3/2} - 1) = -0.44 .
# $$
#
# A step on the signs finds the direction, pointing backwards: $z$ is more often below zero when $He_3(z)$ is positive.
#
# ## A step on transformed labels
#
# ````{prf:result} The step on a function of the labels (in the form derived here)
# :label: res-limits-step
#
# For labels that depend on one coordinate, $\phi = d/n$, the cosine of $X^\top\mathcal T(y)/n$ with the teacher's direction tends to
#
# ```{math}
# :label: eq-limits-step
# \frac{\mathbb E[z\,\mathcal T]}{\sqrt{\mathbb E[z\,\mathcal T]^2 + \phi\,\mathbb E\,\mathcal T^2}} .
# ```
#
# Its square is largest for $\mathcal T = \bar z$, where it is $\mathcal I/(\mathcal I + \phi)$ with $\mathcal I = \mathbb E\,\bar z(y)^2$.
# ````
#
# The first part is the computation of $\rho$ in [Setup](setup) with $\mathcal T(y)$ in the place of $y$.
# The second is Cauchy and Schwarz: $\mathbb E[z\,\mathcal T] = \mathbb E[\bar z\,\mathcal T]$, and $\mathbb E[\bar z\,\mathcal T]^2 \le \mathcal I\,\mathbb E\,\mathcal T^2$.

# %%
# equation 2 for the third Hermite polynomial
third = law.polynomial([0, 0, 0, 1], breaks=(0,))
T_best = law.best_transform(third)
by_signs = law.transformed_step(third, 0.5, np.sign(third.labels))
by_best = law.transformed_step(third, 0.5, T_best)

# %% tags=["hide-input"]
order = np.argsort(third.labels)
known = third.labels[order], T_best[order]


def cosines(data):
    """Cosines of three steps: on signs, on the best function, on the labels."""
    return draws.step_cosines(
        data, np.sign, lambda y: np.interp(y, *known), lambda y: y
    )


def polynomial(z):
    return z**3 - 3 * z


steps = {
    phi: averaged(10 + k, int(d / phi), polynomial, cosines, times=2 * seeds)
    for k, phi in enumerate((2.0, 0.5))
}
raw = averaged(
    13, 400, polynomial, lambda data: cosines(data)[2] ** 2, dim=200, times=8 * seeds
)

# %% tags=["remove-input"]
rows = []
for phi, cosine in steps.items():
    for k, (name, T) in enumerate((("signs", np.sign(third.labels)), ("best", T_best))):
        predicted = law.transformed_step(third, phi, T)
        rows.append((f"{name}, $\\phi = {phi:g}$", predicted, cosine[k]))
        claims.check(
            f"Third Hermite polynomial, step on {name}, phi = {phi:g}: cosine",
            measured=cosine[k],
            predicted=predicted,
            source="this page, equation 2",
            control=("the step on the labels", 0.0),
        )
claims.check(
    "Third Hermite polynomial, step on the labels: d times the squared cosine",
    measured=200 * raw,
    predicted=200 * law.raw_floor(3, 200),
    source="this page, exercise on the floor",
    control=("a direction drawn at random", 1.0),
)

# %% tags=["remove-input"]
markdown_table(rows, head=("Step on", "predicted", "cosine"), number=".3f")

# %% [markdown]
# ## The map
#
# What if $\bar z(y) = 0$, as for an even teacher?
# Then no function of the labels helps a single step, and the second moment $\Gamma$ takes over.
# {cite:t}`Troiani2024` ask what the best method of first order, approximate message passing, finds from $n$ of the order of $d$ rows.
# Their answer has three classes.
#
# * *Trivial*: the span of $\bar z(y)$.
#   It is found from any number of rows per dimension, in one iteration.
# * *Easy*: otherwise, a direction is found for $n/d$ above a threshold, {eq}`eq-limits-threshold`.
# * *Hard*: $\Gamma = 0$.
#   No number of rows per dimension is enough.
#
# The threshold of the easy class is
#
# ```{math}
# :label: eq-limits-threshold
# \frac nd = \frac{1}{\text{spectral radius of } M \mapsto \mathbb E\,[\Gamma(y) M\, \Gamma(y)]} ,
# ```
#
# and $1/\mathbb E\,\Gamma(y)^2$ for one coordinate.

# %% tags=["hide-input"]
teachers = (
    ("$He_3(z)$", third, "0"),
    ("$z^2$, phase retrieval", square, "$1/2$"),
    ("$\\lVert z\\rVert^2/3$, three coordinates", law.power(3), "$3/2$"),
    ("$z_1z_2$", law.product(), None),
    ("sign $(z_1z_2)$", law.parity(2), "$\\pi^2/4$"),
    ("$z_1^2 + {}$sign $(z_1z_2z_3)$", law.square_and_parity(), None),
    ("sign $(z_1z_2z_3)$", law.parity(3), "$\\infty$"),
)
map_rows = [
    (
        name,
        f"{law.information_exponent(channel):d}",
        f"{law.generative_exponent(channel):d}",
        f"{law.weak_threshold(channel):.4f}".replace("inf", "$\\infty$"),
        closed,
    )
    for name, channel, closed in teachers
]

# %% tags=["remove-input"]
markdown_table(
    map_rows,
    head=("Teacher", "information", "generative", "threshold of $n/d$", "by hand"),
)

# %% [markdown]
# Exponent 1 is trivial, 2 is easy, and 3 or more is hard: it takes $n \gg d$ rows {cite}`Damian2024`.
# The sixth teacher is a staircase of another kind.
# At first only $z_1$ is found.
# Once it is known, the label is known to be $\pm\operatorname{sign}(z_2z_3)$, a parity of two, with the threshold $\pi^2/4$.
# Without $z_1$ the last two coordinates are part of a parity of three, and hard.
#
# ## A matrix in place of a step
#
# What finds $z$ in the easy class?
# For one coordinate, a matrix does {cite}`LuLi2020,MondelliMontanari2019`:
#
# ```{math}
# :label: eq-limits-matrix
# D = \frac1n \sum_i \mathcal T(y_i)\, x_i x_i^\top .
# ```
#
# Rows with a large $z^2$ should get a large weight.
# Then $D$ is longer along the teacher's direction than elsewhere, and its top eigenvector tilts towards it.
# Without a signal $D$ has a bulk; the signal must push an eigenvalue out of it, as in [Random matrices](random_matrices).
#
# ````{prf:result} The top eigenvector (in the form derived here)
# :label: res-limits-spectral
#
# Let $\mathcal T$ be bounded above, and let $l > \sup\mathcal T$ be the largest solution of the first equation:
#
# ```{math}
# :label: eq-limits-outlier
# \begin{gathered}
# \mathbb E\left[\frac{\mathcal T\,\Gamma}{l - \mathcal T}\right] = \phi, \qquad
# \text{eigenvalue} = l\left(\phi + \mathbb E\left[\frac{\mathcal T}{l - \mathcal T}\right]\right), \\
# \text{squared cosine} = \frac{\phi - \mathbb E[\mathcal T^2/(l-\mathcal T)^2]}{\phi + \mathbb E[\Gamma\,\mathcal T^2/(l-\mathcal T)^2]} .
# \end{gathered}
# ```
#
# This holds where the last numerator is positive.
# Otherwise the top eigenvector knows nothing.
# ````
#
# ````{dropdown} Where it comes from
# Split $x = z\beta_\star + x_\perp$.
# In this basis $D$ has one entry $\mathbb E[z^2\mathcal T]$, a row $\frac1n\sum z_i\mathcal T_i x_{i\perp}$, and a block $D_\perp$ that does not depend on the signal.
# A number $x$ outside of the spectrum of $D_\perp$ is an eigenvalue of $D$ if it equals the entry plus the row times $(x - D_\perp)^{-1}$ times the row.
# The two factors depend on each other through each $x_{i\perp}$ in a rank-one way.
# Removing it turns the sum into $\frac1n\sum z_i^2\mathcal T_i\, l/(l - \mathcal T_i)$, with $1/l = \frac1n\operatorname{tr}(x - D_\perp)^{-1}$.
# The same removal gives this trace, $x = l(\phi + \mathbb E[\mathcal T/(l-\mathcal T)])$.
# The two equations together are {eq}`eq-limits-outlier`, and the derivative of the first one at the eigenvalue gives the squared cosine.
# This is a derivation and not a proof.
# ````
#
# The best function is $\mathcal T = \Gamma/(1+\Gamma)$ for every $\phi$ {cite}`LuoAlghamdiLu2019`.
# For phase retrieval it is $1 - 1/y$, which is negative for small labels: a row with $z \approx 0$ speaks *against* its own direction.
# Its outlier obeys a rule that needs no computation.
#
# ````{prf:proposition} The outlier of the best function (ours)
# :label: prop-limits-place
#
# For $\mathcal T = \Gamma/(1+\Gamma)$ the outlier is at $\phi$ exactly, for every $n/d$ above the threshold $1/\mathbb E\,\Gamma^2$ at which it appears.
# ````
#
# ````{prf:proof}
# $\mathcal T/(l - \mathcal T) = \Gamma/w$ with $w = l + (l-1)\Gamma$.
# The mean of $\Gamma$ is zero, so $0 = \mathbb E[\Gamma w/w] = l\,\mathbb E[\Gamma/w] + (l-1)\,\mathbb E[\Gamma^2/w]$.
# The first equation of {eq}`eq-limits-outlier` says $\mathbb E[\Gamma^2/w] = \phi$, hence $l\,\mathbb E[\Gamma/w] = -(l-1)\phi$.
# So the eigenvalue is $l\phi - (l-1)\phi = \phi$.
# The numerator of the squared cosine is $\mathbb E[\Gamma^2/w] - \mathbb E[\Gamma^2/w^2]$.
# It vanishes for $l = 1$, where $w = 1$ and $\phi = \mathbb E\,\Gamma^2$.
# ````

# %%
# equation 5 for labels z^2: the best function, and min(y, 3)
thresholds = best.threshold(), cut.threshold()
outlier = best.outlier(1 / 1.5)  # at n/d = 1.5

# %% tags=["remove-cell"]
glue(half=thresholds[0], later=thresholds[1], floor=found[0][1])
glue(place=1.5 * outlier.position, edge=1.5 * outlier.edge)
record(floor=found[0][1])

# %% [markdown]
# The best function reaches the threshold {eq}`eq-limits-threshold`, $n/d$ = {glue:text}`half:.3f`.
# Labels that are cut at 3 need {glue:text}`later:.3f`.
# The two curves of {numref}`fig-limits-retrieval` are each other's control.

# %% tags=["remove-input"]
for k, r in tuple(enumerate(ratios))[1:]:
    predicted = [m.outlier(1 / r) for m in (best, cut)]
    claims.check(
        f"Phase retrieval, n/d = {r:g}: squared cosine, best function",
        measured=found[k][1],
        predicted=predicted[0].overlap,
        source="this page, equation 5",
        control=("the curve for min(y, 3)", predicted[1].overlap),
    )
    if r > 1:
        claims.check(
            f"Phase retrieval, n/d = {r:g}: squared cosine, min(y, 3)",
            measured=found[k][3],
            predicted=predicted[1].overlap,
            source="this page, equation 5",
            control=("the curve for the best function", predicted[0].overlap),
        )
for k in (2, 4):
    claims.check(
        f"n/d = {ratios[k]:g}: the best function's largest eigenvalue over phi",
        measured=ratios[k] * found[k][0],
        predicted=1.0,
        source="this page, proposition on the outlier",
        control=("the edge", ratios[k] * best.outlier(1 / ratios[k]).edge),
    )

# %% [markdown]
# ## Parities
#
# The label $\operatorname{sign}(z_1z_2)$ has $\Gamma = \frac2\pi y$ along the diagonal, $v = (1,1)/\sqrt2$, and $-\frac2\pi y$ along $(1,-1)/\sqrt2$.
# So $\mathcal T = y$ has one direction at the top of the spectrum and the other at the bottom.
# A parity of three has $\Gamma = 0$: the same functions find nothing.

# %% tags=["hide-input"]
pair, diagonal = law.parity(2), np.array([1, 1]) / np.sqrt(2)
methods = law.best(pair, diagonal), law.Spectral(pair, pair.labels, diagonal)


def eigenvectors(data):
    """Squared cosines: best function, T = y, its bottom; and all of the plane, d times."""
    top = draws.spectral(data, lambda y: y / (np.pi / 2 + y))[1]
    raw, bottom = (
        draws.spectral(data, lambda y: y, end)[1] for end in ("top", "bottom")
    )
    flipped = bottom * (-1) ** np.arange(len(top))
    squares = [(e[:2] @ diagonal) ** 2 for e in (top, raw, flipped)]
    return [*squares, 300 * top @ top]


pairs = {
    r: averaged(20 + r, 300 * r, lambda z, w: np.sign(z * w), eigenvectors, 2, 300)
    for r in (6, 10)
}
triple = averaged(32, 3000, lambda *z: np.sign(np.prod(z, 0)), eigenvectors, 3, 300)

# %% tags=["remove-input"]
for r, measured in pairs.items():
    for k, name in enumerate(("best function", "T = y", "T = y, bottom")):
        predicted = methods[min(k, 1)].outlier(1 / r).overlap
        claims.check(
            f"Parity of two, n/d = {r}: squared cosine, {name}",
            measured=measured[k],
            predicted=predicted,
            source="this page, equation 5",
            control=(
                "the other function",
                methods[1 - min(k, 1)].outlier(1 / r).overlap,
            ),
        )
claims.check(
    "Parity of three, n/d = 10: d times the squared cosine with the three directions",
    measured=triple[3],
    predicted=9.0,
    kind="at most",
    source="this page: a plane drawn at random has 3",
    control=("the parity of two", float(pairs[10].mean[3])),
)

# %% [markdown]
# ## Message passing
#
# A spectral method looks once.
# *Approximate message passing* goes on: it takes a guess of $z$, improves it by the label, averages over rows, and corrects for having used the same rows before.
# For $y = |z|$ the label says everything but the sign, and the guess supplies it.
# In the limit one iteration is a map of one number, the squared cosine $\rho_k^2$ of the guess with the teacher:
#
# ```{math}
# :label: eq-limits-evolution
# \rho_{k+1}^2 = \frac{h}{1+h}, \qquad
# h = \frac nd\cdot\frac{\mathbb E\big[z^2\tanh^2\!\big(z\,\omega/(1-\rho_k^2)\big)\big] - \rho_k^2}{(1-\rho_k^2)^2},
# ```
#
# with $\omega \sim \mathcal N(0, \rho_k^2)$ the guess and $z = \omega + {}$noise of variance $1 - \rho_k^2$.
# Near zero it is $\rho_{k+1}^2 \approx 2\frac nd\rho_k^2$: the same threshold, $n/d = \frac12$.

# %%
# equation 6: one trajectory, and where it ends from almost nothing
path = law.trajectory(1.5, 0.1, 8)
ends = {r: law.fixed_point(r) for r in (0.45, 0.75, 1.0, 1.12, 1.13)}


# %% tags=["hide-input"]
def run(s):
    return draws.message_passing(draws.draw(2250, 1500, np.abs, s), 0.1, 8, s)


own = range(seed + 40_000, seed + 40_000 + seeds)
runs = over_seeds([run(s) for s in own])
fewer = law.trajectory(0.8, 0.1, 8)

# %% tags=["remove-input"]
for k in (2, 5, 8):
    claims.check(
        f"Message passing, n/d = 1.5: squared cosine after {k} iterations",
        measured=runs[k],
        predicted=path[k],
        source="this page, equation 6",
        control=("n/d = 0.8", fewer[k]),
    )

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-limits-path", "caption": "Message passing from a guess of squared cosine 0.1. Lines are the state evolution, points are runs in dimension 1500."}, "image": {"alt": "A rising curve from one tenth to four fifths in eight iterations, with points on it. A second curve for fewer rows rises only slowly."}}
comparison(
    [
        Curve("$n/d = 1.5$", (range(9), path), (range(9), runs)),
        Curve("$n/d = 0.8$", (range(9), fewer)),
    ],
    xlabel="iteration",
    ylabel="squared cosine with the teacher",
)

# %% tags=["remove-input"]
markdown_table(
    [(f"{r:g}", e.overlap, f"{e.residual:.0e}", e.iterations) for r, e in ends.items()],
    head=("$n/d$", "end, from $10^{-5}$", "residual", "iterations"),
    number=".3f",
)

# %% [markdown]
# Between 1.12 and 1.13 rows per dimension the end jumps to one: the teacher is found exactly.
#
# ## Where it breaks
#
# *Near the threshold*, finite matrices have a rounded transition.
# At $n/d = 0.4$, below it, the squared cosine is {glue:text}`floor:.3f` ± {glue:text}`floor_standard_error:.3f` and not zero.
#
# *The function must be bounded above.*
# For $\mathcal T = y = z^2$ the largest label decides the top eigenvector, and there is no limit curve.
# In simulations of this size it may still have an overlap with the teacher; that is not evidence.
#
# *Below the edge one cannot look.*
# At $n/d = 1.5$ outlier and edge of the best function are at {glue:text}`place:.2f` and {glue:text}`edge:.2f` times $\phi$; near the threshold they are too close to tell.
#
# *Message passing fails in small dimensions near full recovery*: the variance that it believes in falls below the true one.
#
# ## How it is related to the one step
#
# The gradient of this book holds a matrix {eq}`eq-limits-matrix` already.
# Row $j$ of the first layer moves by $c_1\eta a_j\beta$, and also by $2c_2\eta a_j\, D w_j$ with $\mathcal T = y$.
# It is applied *once*, to a random $w_j$, so in the limit it finds nothing; the [appendix on exponent two](exponent_two_details) measures what is left at finite size.
# Many steps on a bounded function of the labels would be a power iteration.
#
# *Theirs* {cite}`Troiani2024`: the three classes, the thresholds and the staircase, for any number of coordinates; that message passing is the best first-order method is a conjecture.
# *Ours*: {eq}`eq-limits-step` and the signs of $He_3$, the formulas in our normalisation, the closed forms in the table, {prf:ref}`prop-limits-place`, and all experiments.
# *Not checked*: the paper's exact assumptions, noise, and message passing for several coordinates.
#
# ```{admonition} Recap
# :class: recap
# * What counts is $\mathbb E[He_k(z)\mid y]$, not $\mathbb E[y\,He_k(z)]$, {eq}`eq-limits-says`.
# * Exponent 1: a step on $\mathbb E[z\mid y]$ finds the direction, {eq}`eq-limits-step`.
# * Exponent 2: a top eigenvector finds it, from $n/d = 1/\mathbb E\,\Gamma^2$ on, {eq}`eq-limits-threshold`; its eigenvalue is at $\phi$.
# * Exponent 3 or more: not from $n$ of the order of $d$ rows.
# ```
#
# ## Exercises
#
# ````{exercise-start} Two exponents (warm-up)
# :label: ex-limits-exponents
# ````
#
# What are the two exponents of $y = z$ and of $y = z^4$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-exponents
# :class: dropdown
# ````
#
# One and one; two and two, since $z^4$ tells $z^2$ and not the sign.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Many coordinates (warm-up)
# :label: ex-limits-many
# ````
#
# For $y = \lVert z\rVert^2/p$ with $p$ coordinates, what is the threshold?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-many
# :class: dropdown
# ````
#
# $\Gamma = (y-1)I$, so $M \mapsto \operatorname{Var}(y)\,M = \frac2p M$: the threshold is $p/2$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The floor of a blind step
# :label: ex-limits-floor
# ````
#
# For $y = He_k(z)$ with $k > 1$, show that the mean squared cosine of $X^\top y/n$ with the teacher is about $(2k+1)/d$, and not $1/d$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-floor
# :class: dropdown
# ````
#
# Along the teacher the variance is $\mathbb E[z^2y^2]/n$, along any other direction $\mathbb E\,y^2/n$.
# From $z\,He_k = He_{k+1} + k\,He_{k-1}$ follows $\mathbb E[z^2y^2] = (k+1)! + k^2(k-1)! = (2k+1)\,k!$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Parity of two
# :label: ex-limits-parity
# ````
#
# Derive the threshold $\pi^2/4$ of $\operatorname{sign}(z_1z_2)$ from {eq}`eq-limits-threshold`.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-parity
# :class: dropdown
# ````
#
# Given $y$, $|z_1|$ and $|z_2|$ are independent, so $\mathbb E[z_1z_2\mid y] = y\,(\mathbb E|z|)^2 = \frac2\pi y$, and $\mathbb E[z_1^2\mid y] = 1$.
# $\Gamma$ is $\frac2\pi y$ times the matrix that swaps the coordinates, and $\Gamma M\Gamma$ is $\frac4{\pi^2}$ times $M$ with both swapped: the radius is $\frac4{\pi^2}$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The first iteration
# :label: ex-limits-first
# ````
#
# Show that {eq}`eq-limits-evolution` has the slope $2\frac nd$ at zero.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-first
# :class: dropdown
# ````
#
# To first order in $\rho^2$, $\tanh^2(z\omega) \approx z^2\omega^2$, with $z$ and $\omega$ independent to leading order: $\mathbb E[z^4\omega^2] = 3\rho^2$.
# So $h \approx \frac nd(3\rho^2 - \rho^2)$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} An unknown teacher (open)
# :label: ex-limits-open
# ````
#
# The best functions need the law of $z$ given $y$.
# How would you choose $\mathcal T$ from data alone, and what does the choice cost?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-limits-open
# :class: dropdown
# ````
#
# One can try several functions and look for an outlier, which needs no knowledge of the teacher.
# Each further function raises the chance that an edge passes for an outlier.
# We know of no sharp answer.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
