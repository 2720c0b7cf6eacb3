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
# # Spiked matrices seen through a function
#
# **The result of this chapter.**
# Hide a signal in a matrix of noise and apply a function to every entry: a function without a linear part still shows the signal, but the signal must be stronger, by the same powers $n^{(k-1)/(2k)}$ as the step of this book.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: the transition for a spike in independent noise, from [Random matrices](random_matrices)
# ```

# %% tags=["parameters"]
n = 1000  # order of the matrices [>= 300]
larger = 1500  # order for the function with two powers [>= 300]
seeds = 8  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from functools import cache
from math import exp, sqrt

import numpy as np

from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison
from onestep.links import Link
from onestep.simulation.neighbours import spiked_functions as draws
from onestep.theory.neighbours import spiked_functions as law

uniform = law.uniform_signal()
linear = Link("sin z", np.sin, np.cos)
even = Link(
    "-cos 2z", lambda z: -sqrt(2) * np.cos(2 * z), lambda z: sqrt(8) * np.sin(2 * z)
)
mix = 2 * exp(-1.5)  # takes the linear part off
cubic = Link(
    "cubic",
    lambda z: mix * np.sin(z) - np.sin(2 * z),
    lambda z: mix * np.cos(z) - 2 * np.cos(2 * z),
)
functions = {1: linear, 2: even, 3: cubic}
seen = range(seed, seed + seeds)


# %% tags=["hide-input"]
@cache
def edge(activation):
    return law.profile_outlier(activation, uniform, 0.0, n)


def measure(activation, strength, power, order=n, seeds=seen):
    """The draws, and for each the prediction for the signal that was drawn."""
    found = draws.tops(activation, strength, order, seeds, power)
    predicted = [
        law.rightmost(activation, law.measured_signal(g), strength, order)
        for g in found.g
    ]
    return found, predicted


def places(predicted):
    return np.array([outlier.position for outlier in predicted])


# %% tags=["hide-input"]
exponents = np.linspace(-0.1, 0.48, 30)
marked = {1: (-0.05, 0.1, 0.2), 2: (0.2, 0.28, 0.35), 3: (0.28, 0.35, 0.42)}
labels = ("sin, degree 1 first", "cos, degree 2 first", "sines, degree 3 first")
curves = []
for (k, function), label in zip(functions.items(), labels, strict=True):
    found = [
        draws.tops(function, n**x, n, (seed, seed + 1), k).values[:, 0]
        for x in marked[k]
    ]
    line = [law.profile_outlier(function, uniform, n**x, n) for x in exponents]
    line = np.array(line) / edge(function)
    points = over_seeds(np.transpose(found) / edge(function))
    near = exponents[line < 3.5], line[line < 3.5]
    curves.append(Curve(label, near, (marked[k], points)))

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-spiked-opening", "caption": "The largest eigenvalue over the edge of the bulk. Lines are theory, points are simulated. The lower the first degree of the function, the weaker the signal that it shows."}, "image": {"alt": "Three curves against the exponent of the signal. Each is flat at one and then rises; the one of degree one rises first, degree three last."}}
comparison(
    curves,
    xlabel=r"exponent $\alpha$ of the signal, $\Lambda = n^\alpha$",
    ylabel="largest eigenvalue over edge",
)

# %% [markdown]
# ## The question without a network
#
# In [Many spikes](many_spikes) the step must grow like $n^{(k-1)/(2k)}$ before spike $k$ appears.
# Where does this exponent come from: from the gradient, from ridge regression, or from the data?
# From none of them.
# Take a symmetric matrix of independent noise $\Xi_{ij} \sim \mathcal N(0,1)$, add a matrix of rank one, and apply a function to every entry:
#
# ```{math}
# :label: eq-spiked-model
# Y_{ij} = \frac{1}{\sqrt n}\,\sigma\big(\Xi_{ij} + s\, v_i v_j\big), \qquad s = \frac{\Lambda}{\sqrt n}, \quad \lVert v\rVert^2 = n .
# ```
#
# There are no data and no training here.
# {cite:t}`MoniriHassani2024` study this matrix.
# In {numref}`fig-spiked-opening` the signal appears at $\alpha = 0$ for a function with a linear part, near $\frac14$ for one that starts with degree 2, and near $\frac13$ for one that starts with degree 3.
# At $n = 1000$ constants move these places to the right; they matter less as $n$ grows.
#
# ## By hand: the square
#
# Take $\sigma(x) = x^2 - 1$ and multiply out:
#
# ```{math}
# :label: eq-spiked-square
# \sigma(\Xi_{ij} + s v_i v_j) = (\Xi_{ij}^2 - 1) + 2 s\, v_i v_j\, \Xi_{ij} + s^2\, v_i^2 v_j^2 .
# ```
#
# The first term is independent noise of variance 2.
# The second has mean zero and is smaller by the factor $s$: more noise.
# The third is the signal, and it has rank one: the vector with the entries $v_i^2$ times itself.
# Divided by $\sqrt n$, its eigenvalue is $s^2 \sum_i v_i^4/\sqrt n = \Lambda^2\, m_4/\sqrt n$, where $m_4$ is the mean of $v_i^4$.
# The noise has eigenvalues of order one.
# So the signal shows when $\Lambda^2$ is of the order of $\sqrt n$, that is for $\Lambda \sim n^{1/4}$.
#
# Degree $k$ works in the same way.
# Its signal is $c_k s^k\, (v^{\circ k})(v^{\circ k})^\top/\sqrt n$, of size $c_k \Lambda^k\, m_{2k}\, n^{-(k-1)/2}$.
# It is of order one for $\Lambda \sim n^{(k-1)/(2k)}$: the exponents of the book.
#
# ## Statement
#
# Write $b^2 = \mathbb E\,\sigma(Z)^2$ and let $\mathbb E\,\sigma(Z) = 0$.
# The mean of an entry is exactly $\mathbb E\,\sigma(Z + u) = \sum_k c_k u^k$ at $u = s v_i v_j$.
# The powers $v, v^{\circ 2}, v^{\circ 3}, \dots$ are not orthogonal.
# So the signal's eigenvalues are not those of its terms.
#
# ````{prf:proposition} The signal, all powers together (in the form derived here)
# :label: prop-spiked
#
# Let $V$ have the columns $v, v^{\circ 2}, \dots, v^{\circ K}$, and let $V = \sqrt n\, Q R$ with orthonormal columns of $Q$.
# The signal has the eigenvalues $\theta$ of
#
# ```{math}
# :label: eq-spiked-strengths
# \sqrt n\; R\, \operatorname{diag}(c_1 s, \dots, c_K s^K)\, R^\top .
# ```
#
# The bulk of $Y$ is $[-2b, 2b]$ for $s \to 0$.
# A signal shows where $|\theta| > b$.
# It then has an eigenvalue and an eigenvector with
#
# ```{math}
# :label: eq-spiked-position
# \theta + \frac{b^2}{\theta}, \qquad \cos^2 = 1 - \frac{b^2}{\theta^2} .
# ```
# ````
#
# ````{dropdown} Where it comes from
# Subtract from every entry its mean.
# What remains is noise: independent, centred, of variance $\mathbb E\,\sigma(Z+u)^2 - (\mathbb E\,\sigma(Z+u))^2$, which tends to $b^2$ for $u \to 0$.
# The means form the matrix $\frac{1}{\sqrt n}\sum_k c_k s^k\, v^{\circ k} (v^{\circ k})^\top = \frac{1}{\sqrt n} V \operatorname{diag}(c_k s^k) V^\top$.
# With $V = \sqrt n\, QR$ it is $Q$ times {eq}`eq-spiked-strengths` times $Q^\top$.
# The position {eq}`eq-spiked-position` is that of a spike in independent noise {cite}`BenaychGeorges2012`.
# [Random matrices](random_matrices) derives its rectangular form by hand.
# Terms beyond the $k$ for which $s^k \sqrt n \to 0$ vanish in the limit; at finite $n$ they count, and the computation keeps twelve.
# ````
#
# At $\Lambda = C\, n^{(k-1)/(2k)}$, with $k$ the first degree of the function, one number remains: $\theta = c_k\, C^k\, m_{2k}$.
# The signal shows for $C > C_c = (b/(|c_k|\, m_{2k}))^{1/k}$.

# %%
# equations 3 and 4, for the even function 1.6 times above its critical constant
k, constant = law.critical_constant(even, uniform)
strength = 1.6 * constant * n ** ((k - 1) / (2 * k))
first, *rest = law.outliers(even, uniform, strength, n)

# %% [markdown]
# ## Experiment: above and below
#
# The entries $v_i$ are uniform on $[-\sqrt 3, \sqrt 3]$, so that $m_4 = 1.8$.
# We take the even function at $0.7$, $1.3$ and $1.6$ times the critical constant.
# A law that forgets $m_4$, and takes the signal as $c_2\, C^2$, serves as the control.

# %% tags=["hide-input"]
ratios = (0.7, 1.3, 1.6)
b = edge(even) / 2
strengths = {r: r * constant * n**0.25 for r in ratios}
measured = {r: measure(even, strengths[r], 2) for r in ratios}
rows = {}
for r, (found, predicted) in measured.items():
    theta = law.naive_strengths(even, uniform, strengths[r], n)[1] / 1.8
    rows[r] = (
        float(places(predicted).mean()),
        over_seeds(found.values[:, 0]),
        theta + b**2 / theta if theta > b else 2 * b,
        float(np.mean([o.squared_cosine for o in predicted])),
        over_seeds(found.powers),
    )

# %% tags=["remove-input"]
for r in ratios[1:]:
    found, predicted = measured[r]
    claims.check(
        f"The largest eigenvalue less its prediction, draw by draw, at {r} C_c",
        measured=over_seeds(found.values[:, 0] - places(predicted)),
        predicted=0.0,
        source="this page, equations 3 and 4",
        control=("the law without the fourth moment", rows[r][2] - rows[r][0]),
    )
    claims.check(
        f"The squared cosine with the entries' squares, at {r} C_c",
        measured=rows[r][4],
        predicted=rows[r][3],
        source="this page, equation 4",
        control=("no overlap", 0.0),
    )
claims.check(
    "The squared cosine with the entries' squares, below the transition",
    measured=rows[0.7][4],
    predicted=0.02,
    kind="at most",
    source="this page, the proposition",
    control=("the overlap at 1.3 C_c", rows[1.3][3]),
)

# %% tags=["remove-input"]
markdown_table(
    [(f"{r} $C_c$", *row) for r, row in rows.items()],
    head=("signal", "eigenvalue", "measured", "no $m_4$", "$\\cos^2$", "measured"),
    number=".3f",
)

# %% [markdown]
# The columns are the predicted largest eigenvalue, the measured one, the control, and the squared cosine with $v^{\circ 2}$, predicted and measured.
# Below the transition the largest eigenvalue stands a little below the edge: the edge of a finite matrix fluctuates inwards.

# %% tags=["remove-cell"]
limit = law.rightmost(even, uniform, 1.6 * constant * 10**3, 10**12)
glue(limit=limit.position, here=first.position)

# %% [markdown]
# In the limit $n \to \infty$ the eigenvalue of the last row is {glue:text}`limit:.2f`, and the law with all powers at this $n$ gives {glue:text}`here:.2f`.
# What the limit misses is of the order of $s^2 = \Lambda^2/n \sim n^{-1/2}$, and therefore large at all sizes that fit a computer.
#
# ## Two powers, one direction
#
# A function with degrees 1 and 3 has, term by term, two signals.
# At $\Lambda \sim n^{1/3}$ the first is huge, and the third is of order one: one expects a second outlier.
# But $v$ and $v^{\circ 3}$ point almost the same way.
# The part of $v^{\circ 3}$ across $v$ has the squared length $m_6 - m_4^2/m_2$ in the place of $m_6$, and it is what is left for a second outlier.

# %% tags=["hide-input"]
jumps = Link(
    "sign z sign(|z| - .9)",
    lambda z: np.sign(z) * np.sign(np.abs(z) - 0.9),
    lambda z: 0 * z,
    kinks=(-0.9, 0.0, 0.9),
)
strong = 2 * larger ** (1 / 3)
third = law.naive_strengths(jumps, uniform, strong, larger)[2]
naive = third + 1 / third
kept = [o for o in law.outliers(jumps, uniform, strong, larger) if o.position > 0]
few = range(seed, seed + max(4, seeds // 2))
second = over_seeds(draws.tops(jumps, strong, larger, few, 1).values[:, 1])

# %% tags=["remove-input"]
claims.check(
    "Outliers to the right that the law with orthogonal powers leaves",
    measured=float(len(kept)),
    predicted=1.0,
    tolerance=0.5,
    source="this page, equation 3",
    control=("one for each power", 2.0),
)
claims.check(
    "The second largest eigenvalue stays within 5 % of the edge",
    measured=second,
    predicted=1.05 * edge(jumps),
    kind="at most",
    source="this page, equation 3",
    control=("each power by itself", naive),
)

# %% [markdown]
# For a function that takes only the values $\pm 1$ the powers by themselves predict a second outlier at {glue:text}`naive:.2f`.
# {eq}`eq-spiked-strengths` predicts none, and the second eigenvalue is {glue:text}`second:.3f` ± {glue:text}`second_standard_error:.3f`, at the edge {glue:text}`edge:.2f`.

# %% tags=["remove-cell"]
glue(naive=float(naive), second=second, edge=edge(jumps))

# %% [markdown]
# The chapter on [many spikes](many_spikes) meets the same: its $P_k(t)$ are not orthogonal either, and spike $k$ carries what is new in $P_k$.
#
# ## Even functions lose the sign
#
# Suppose $v$ is the split of a network into two groups and we want it back.
# The top eigenvector approaches $v^{\circ k}$.
# For odd $k$ this has the signs of $v$.
# For $k = 2$ all signs are lost, at every strength: the eigenvector has nothing in common with $v$.

# %% tags=["hide-input"]
cubic_constant = law.critical_constant(cubic, uniform)[1]
strong_cubic = 1.5 * cubic_constant * n ** (1 / 3)
recovered = draws.tops(cubic, strong_cubic, n, seen, 3)

# %% tags=["remove-input"]
claims.check(
    "Even function at 1.6 C_c: the squared cosine of the eigenvector with the signal",
    measured=over_seeds(measured[1.6][0].signals),
    predicted=0.02,
    kind="at most",
    source="this page: only even powers of the signal are seen",
    control=("the odd function's", float(recovered.signals.mean())),
)

# %% [markdown]
# The function of degree 3 gives {glue:text}`sign:.3f` ± {glue:text}`sign_standard_error:.3f` at $1.5\, C_c$.
# More than $m_4^2/m_6 =$ {glue:text}`ceiling:.2f`, the squared cosine of $v^{\circ 3}$ with $v$, is out of reach for its eigenvector.

# %% tags=["remove-cell"]
glue(sign=over_seeds(recovered.signals), ceiling=1.8**2 / (27 / 7))
record(sign=over_seeds(recovered.signals))

# %% [markdown]
# ## Where it breaks: noise that is not flat
#
# For the cubic function {eq}`eq-spiked-position` is off, and by more than chance.
# The noise in entry $(i,j)$ has the variance
#
# ```{math}
# :label: eq-spiked-profile
# V(u) = \mathbb E\,\sigma(Z+u)^2 - \big(\mathbb E\,\sigma(Z + u)\big)^2 \quad\text{at } u = s\, v_i v_j ,
# ```
#
# and for this function $V$ is far from constant.
# Large $|v_i|$ make noisier entries.
# The diagonal of the resolvent then depends on $v_i$.
# It solves $m(v) = -1/(z + \mathbb E_w\, V(s v w)\, m(w))$, and the signal is measured with it.

# %%
# equation 5 for the cubic function, and the law of flat noise
near = 1.2 * cubic_constant * n ** (1 / 3)
profile = law.profile_outlier(cubic, uniform, near, n)
flat = law.rightmost(cubic, uniform, near, n).position

# %% tags=["remove-input"]
found, own = measure(cubic, near, 3, seeds=range(seed, seed + 2 * seeds))
moved = places(own) - flat  # by the signal that was drawn
missed = over_seeds(found.values[:, 0] - moved - profile)
claims.check(
    "Cubic function at 1.2 C_c: the largest eigenvalue less that of the profile",
    measured=missed,
    predicted=0.0,
    source="this page, equation 5",
    control=("flat noise", flat - profile),
)

# %% [markdown]
# The profile predicts the largest eigenvalue at {glue:text}`profile:.3f`, flat noise at {glue:text}`flat:.3f`, and the draws differ from the first by {glue:text}`missed:.3f` ± {glue:text}`missed_standard_error:.3f`.

# %% tags=["remove-cell"]
glue(profile=profile, flat=flat, missed=missed)
record(missed=missed)

# %% [markdown]
# ## The bridge to the step
#
# Features after a step are $\sigma(\tilde X W_0^\top + s\, t\, \hat a^\top)$, up to the noise in the gradient: a rectangular matrix with one signal vector on each side, where $\hat a_j = \sqrt N a_j$ and $s = \eta\, c_1 \lVert\beta\rVert/\sqrt N$.
# If $\tilde X W_0^\top$ were independent noise, {eq}`eq-spiked-strengths` with one $R$ for each side would give its singular values.

# %% tags=["hide-input"]
shape = n, 2 * n // 3
scales = (0.32, 0.37, 0.42)
sides = {}
for scale in scales:
    rows = []
    for s in seen:
        Y, g, h = draws.rectangular(even, scale, *shape, s)
        signals = law.measured_signal(g), law.measured_signal(h)
        shown = law.rectangular_outliers(even, *signals, scale, *shape)
        rows.append([np.linalg.svd(Y, compute_uv=False)[0], shown[0].position])
    sides[scale] = np.array(rows).T

# %% tags=["remove-input"]
for scale, found in sides.items():
    claims.check(
        f"Rectangular matrix at s = {scale}: largest singular value less its prediction",
        measured=over_seeds(found[0] - found[1]),
        predicted=0.0,
        source="this page, equation 3 with two sides",
        control=("no signal", float((1 + sqrt(2 / 3)) * b - found[1].mean())),
    )

# %% tags=["remove-input"]
markdown_table(
    [
        (f"$s = {scale:g}$", float(found[1].mean()), over_seeds(found[0]))
        for scale, found in sides.items()
    ],
    head=("signal", "largest singular value, predicted", "measured"),
    number=".3f",
)

# %% [markdown]
# The noise of a network is not independent: rows of $\tilde X W_0^\top$ have $d$ degrees of freedom, not $N$.
# Its linear part makes a bulk of another shape, and the transition moves ([One spike](one_spike) has the place).
# What carries over is everything that counts powers of $n$: the exponents, the powers of $t$, and the fact that they are not orthogonal.
#
# ## How it is related to the one step
#
# {cite:t}`MoniriHassani2024` are two of the authors of the one step.
# Their theorem, as the abstract states it: $Y$ is a matrix of noise plus $\ell$ spikes up to a vanishing error, and $\ell$ grows as the signal passes thresholds; noise need not be Gaussian or identically distributed.
# They apply it to recover signs and communities.
# *Theirs*: the decomposition, the thresholds, the applications.
# *Ours*: the law with all powers at finite $n$, the critical constant with its moment $m_{2k}$, the profile of the noise, and the experiments.
# *Not checked*: we did not have the text of their theorem, so we could not compare constants and assumptions.
# {cite:t}`Feldman2023` finds the same phenomenon, for functions with jumps, too.
#
# ```{admonition} Recap
# :class: recap
# * A function applied to noise plus signal shows powers of the signal, $c_k s^k$ times $v^{\circ k}(v^{\circ k})^\top$.
# * The first degree $k$ of the function decides: the signal must be of the order $n^{(k-1)/(2k)}$.
# * Powers are not orthogonal: {eq}`eq-spiked-strengths` first makes them so, and spikes can vanish.
# * An even function never shows the signs of the signal.
# ```
#
# ## Exercises
#
# ````{exercise-start} The fourth degree (warm-up)
# :label: ex-spiked-fourth
# ````
#
# How does the signal have to grow for a function whose first degree is 4?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-fourth
# :class: dropdown
# ````
#
# Like $n^{(4-1)/8} = n^{3/8}$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Signs (warm-up)
# :label: ex-spiked-signs
# ````
#
# Let $v_i = \pm 1$ with equal shares.
# How many outliers can $Y$ have at most, for any function?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-signs
# :class: dropdown
# ````
#
# Two.
# All odd powers equal $v$ and all even ones are the vector of ones, so $V$ has rank two.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A constant left in
# :label: ex-spiked-constant
# ````
#
# What happens to the spectrum if $\mathbb E\,\sigma(Z) = c_0 \ne 0$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-constant
# :class: dropdown
# ````
#
# Every entry has the mean $c_0/\sqrt n$: a matrix of rank one with the eigenvalue $c_0\sqrt n$ along the vector of ones.
# It is an outlier at every signal, of a size that hides the others in a picture.
# If $m_{2}$ or $m_4$ make $v^{\circ k}$ point along the ones, it also mixes with them.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The critical constant by hand
# :label: ex-spiked-constant-by-hand
# ````
#
# Compute $C_c$ for $\sigma(x) = (x^2-1)/\sqrt2$ and uniform entries, and for entries $\pm 1$.
# Which signal is easier to see?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-constant-by-hand
# :class: dropdown
# ````
#
# $b = 1$ and $c_2 = 1/\sqrt 2$, hence $C_c = (\sqrt 2/m_4)^{1/2}$.
# With $m_4 = 1.8$ that is $0.886$, and with $m_4 = 1$ it is $1.189$.
# Entries that spread are easier to see, since the largest ones are squared.

# %%
square = (0, 0, 1 / sqrt(2))
(
    law.critical_constant(square, uniform),
    law.critical_constant(square, ([-1, 1], [0.5, 0.5])),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Weak signals below the transition
# :label: ex-spiked-below
# ````
#
# Below $C_c$ the top eigenvector knows nothing of $v$.
# Name a statistic of $Y$ that still tells the signal from pure noise, for the even function and bounded $v_i$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-below
# :class: dropdown
# ````
#
# The sum of all entries.
# With noise alone it has mean zero and standard deviation $b\sqrt{2n}\cdot\sqrt n/\sqrt n \sim b \sqrt{2 n}$.
# The signal adds $c_2 s^2 (\sum_i v_i^2)^2/\sqrt n = c_2 C^2 n$ at $\Lambda = C n^{1/4}$, which is larger by $\sqrt n$.
# It works because $\mathbb E\,v_i^2$ is known: $v^{\circ 2}$ has a known mean, and only its rest is hidden.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The best function (open)
# :label: ex-spiked-best
# ````
#
# Given $m_4$, which even function has the smallest critical constant, and what if the noise is not Gaussian?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-spiked-best
# :class: dropdown
# ````
#
# For Gaussian noise $C_c^2 = b/(|c_2|\, m_4)$, and $b^2 \ge 2 c_2^2$ with equality for $x^2 - 1$ alone: the square is best among functions of first degree 2.
# A function with a linear part is better still.
# For other noise the Hermite polynomials have to be replaced, by the derivatives of the noise's density over the density; we do not have the law with all powers for it.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
