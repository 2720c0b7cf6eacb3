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
# (random-matrices)=
# # Random matrices, as far as we need them
#
# **The result of this chapter.**
# The eigenvalues of a large matrix of noise fill a fixed interval, and a signal of rank one shows as an eigenvalue of its own only if it is stronger than a threshold.
#
# ```{strip}
# :level: first year of a graduate course
# :needs: eigenvectors, the inverse of a matrix, the law of large numbers
# ```
#
# Nothing about neural networks is used here.
# Symbols are on the page [Notation](notation).

# %% tags=["parameters", "remove-input"]
n = 600  # rows [>= 100, <= 4000]
N = 450  # columns [>= 50]
d = 300  # input dimension of the correlated bulk [>= 50]
linear = 0.8  # c_1 of the correlated bulk, of unit variance [> 0, < 1]
ridge = 0.1  # where the trace of the resolvent is compared [> 0]
multiples = [0.5, 0.75, 0.9, 1.1, 1.3, 1.6, 2, 2.5]  # over the threshold [> 0]
seeds = 16  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["remove-input"]
from functools import partial

import numpy as np
from scipy.optimize import brentq

from onestep.book import claims, over_seeds, provenance
from onestep.book.figures import opening
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.simulation.spectrum import squared_singular_values, top
from onestep.theory.resolvent import Bulk, raw_edges, raw_traces

gamma, draws = N / n, range(seed, seed + seeds)
z_plus, critical = (1 + gamma**0.5) ** 2, gamma**0.25


def law(x):
    """Marchenko and Pastur's density for this page's gamma."""
    low = (1 - gamma**0.5) ** 2
    return np.sqrt(np.maximum((x - low) * (z_plus - x), 0)) / (2 * np.pi * x)


def noise(k, rows=n, columns=N):
    """Independent standard Gaussian entries."""
    return np.random.default_rng(k).standard_normal((rows, columns))


def vector(k, size):
    """A random unit vector, independent of the noise."""
    v = np.random.default_rng([k, size]).standard_normal(size)
    return v / np.linalg.norm(v)


def signal(k, rows=n, columns=N):
    """t a' with |t|^2 = rows and |a| = 1."""
    return np.outer(rows**0.5 * vector(k, rows), vector(k, columns))


# %% tags=["remove-input"]
strengths = critical * np.linspace(0, 2.5, 21)
spectra = [squared_singular_values(noise(seed) + v * signal(seed)) for v in strengths]
bins = np.geomspace(0.9 * spectra[0][0], 1.5 * spectra[-1][-1], 50)
x = np.geomspace(bins[0], 1.1 * z_plus, 300)


def frame(theta, values):
    """One spectrum with what this chapter derives for it."""
    bulk, own = np.split(values, [len(values) - (theta > critical)])
    height = np.histogram(bulk, bins)[0] / n / np.diff(np.log(bins))
    title = rf"signal $\theta = {theta:.2f}$, threshold ${critical:.2f}$"
    place = (1 + theta**2) * (1 + gamma / theta**2) if len(own) else 0.0
    return opening.Frame(title, height, x * law(x), own, [place] * len(own))


film = [frame(*pair) for pair in zip(strengths, spectra, strict=True)]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "A signal of rank one is added to noise and grows. At first the spectrum does not notice. From the threshold on, one eigenvalue leaves the bulk. Grey and triangle: one simulated matrix. Blue: the two laws of this chapter, by Marchenko and Pastur and by Baik, Ben Arous and P\u00e9ch\u00e9.", "name": "fig-rm-film"}, "image": {"classes": "onestep-film", "alt": "A grey histogram under a blue curve, the bulk, which does not change. When the signal passes the threshold, one eigenvalue with its prediction leaves the bulk and runs to the right."}}
opening.growing(x, bins, film, r"eigenvalue of $FF^\top/n$")


# %% [markdown]
# ## Two questions
#
# A matrix $F$ has $n$ rows and $N$ columns.
# In this book a row belongs to a data point and a column to a hidden unit.
# We study its Gram matrix $K = FF^\top/n$ through its eigenvalues, which are the squared singular values of $F/\sqrt n$.
#
# *What does noise look like?*
# Let all entries be independent standard Gaussians.
# The average of the $N$ columns' outer products $z_j z_j^\top$ is the identity, and $K = \frac1n \sum_j z_j z_j^\top$ is $N/n$ times an average.
# With very many columns all eigenvalues of $K$ would be close to $\gamma = N/n$.
# But we want $N$ in proportion to $n$.
# Then a sum of $N$ terms is too short to estimate the $n^2$ entries of a matrix, and the eigenvalues spread.

# %% tags=["remove-input"]
def spread(rows, columns):
    """The spectrum of one draw beside the law of this chapter."""
    values = squared_singular_values(noise(seed, rows, columns))
    return Spectrum.of(values, law, order=rows, title=f"$n = {rows}$", bins=30)


# %% tags=["remove-input"] mystnb={"figure": {"caption": "Eigenvalues of two matrices of noise, a small one and a large one with the same $N/n$. Bars: one draw each. Line: Marchenko and Pastur's law, the same in both panels.", "name": "fig-rm-noise"}, "image": {"alt": "Two histograms over the eigenvalue. The one of the small matrix is ragged and the one of the large matrix follows the line closely. Both end at the same place on the right."}}
picture(spread(n // 10, N // 10), spread(n, N), xlabel="eigenvalue $x$ of $K$")


# %% [markdown]
# The larger the matrix, the less its histogram depends on chance.
# One large matrix has a *deterministic* spectrum with sharp ends, and it depends on $\gamma$ only.
#
# *When is a signal seen?*
# Now add a matrix of rank one,
#
# ```{math}
# :label: eq-rm-model
# F = Z + \theta\, t\, a^\top, \qquad \|t\|^2 = n, \quad \|a\| = 1 .
# ```
#
# Here $t$ says how strongly the signal is present in each row, $a$ how strongly each column feels it, and $\theta$ is its strength.
# The signal's singular value in $F/\sqrt n$ is $\theta$ and that of the noise is between $|1-\sqrt\gamma|$ and $1 + \sqrt\gamma$.
# Is $\theta > 1 + \sqrt\gamma$ needed to see it?
# The film says that much less will do, and that there is a sharp threshold.
#
# ## Two by two, by hand
#
# Everything below can be seen in a matrix of size two.
# Take the "noise" $A = \operatorname{diag}(0, 1)$ with eigenvalues 0 and 1, and a "signal" of strength $\frac34$ along $v = (1, 1)/\sqrt2$:
#
# $$
# A + \tfrac34\, v v^\top = \begin{pmatrix} 3/8 & 3/8 \\ 3/8 & 11/8 \end{pmatrix}.
# $$
#
# A number $z$ that is no eigenvalue of $A$ is an eigenvalue of the sum if $(z - A)\,w = \frac34\, v\,(v^\top w)$ for some $w \ne 0$.
# Solve for $w$, multiply by $v^\top$, and divide by $v^\top w$:
#
# ```{math}
# :label: eq-rm-secular
# 1 = \tfrac34\; v^\top (z - A)^{-1} v = \tfrac34 \cdot \tfrac12 \Big( \frac1z + \frac1{z-1} \Big).
# ```
#
# This is $z^2 - \frac74 z + \frac38 = 0$, with the solutions $z = \frac14$ and $z = \frac32$.
# Three things are worth keeping.
#
# * **The matrix $(z - A)^{-1}$ decides.**
#   It becomes infinite at the eigenvalues of $A$, and {eq}`eq-rm-secular` finds the new ones from it.
# * **The old eigenvalues are fences.**
#   The right side of {eq}`eq-rm-secular` falls from $+\infty$ to $-\infty$ between two of them.
#   So each gap holds exactly one new eigenvalue: $\frac14$ cannot get past 1.
# * **Only the last one is free.**
#   To the right of the largest old eigenvalue there is one new one, and nothing stops it.
#
# In a matrix of size $n$ the fences are of order $1/n$ apart.
# No eigenvalue but the last can move further than to the next fence, and so the bulk does not change.
# The last one can leave.
#
# ## The resolvent, and why its trace is enough
#
# For a number $\lambda > 0$ the **resolvent** of $K$ is $(K + \lambda)^{-1}$.
# It is also what ridge regression with penalty $\lambda$ inverts.
# Its normalised trace is
#
# ```{math}
# :label: eq-rm-trace
# m_1(\lambda) = \tfrac1n \operatorname{tr} (K + \lambda)^{-1} = \frac1n \sum_{i=1}^n \frac1{\lambda_i + \lambda},
# ```
#
# with $\lambda_i$ the eigenvalues of $K$.
# One function of one number has all that we need, for three reasons.
#
# 1. **It contains the eigenvalues.**
#    As a function of a complex $\lambda$ it becomes infinite at $-\lambda_i$.
#    Just below the negative axis, the imaginary part of $1/(\lambda_i - x - i\epsilon)$ is a peak at $x = \lambda_i$ with area $\pi$.
#    Hence $\operatorname{Im} m_1(-x - i0)/\pi$ is the density of the eigenvalues at $x$.
# 2. **It is what an independent vector sees.**
#    Let $v$ be a unit vector that is independent of $K$.
#    Each eigenvector has a share of about $1/n$ in it, so that $v^\top (K + \lambda)^{-1} v \approx m_1(\lambda)$, up to an error of order $1/\sqrt n$.
# 3. **It contains the other side.**
#    $Z^\top Z/n$ has the same eigenvalues as $ZZ^\top/n$, up to zeros.
#    Its trace follows by counting them: $\frac1n \operatorname{tr}(Z^\top Z/n + \lambda)^{-1} = q/\lambda$ with $q = \gamma - 1 + \lambda m_1$.
#
# ## Marchenko and Pastur's law
#
# ````{prf:theorem} Marchenko and Pastur
# :label: thm-rm-mp
#
# Let $n, N \to \infty$ with $N/n \to \gamma$, and let the entries of $Z$ be independent with mean zero and variance one.
# Then $m_1(\lambda)$ of $K = ZZ^\top/n$ converges to the positive solution of
#
# ```{math}
# :label: eq-rm-quadratic
# (\lambda + q)\, m_1 = 1, \qquad q = \gamma - 1 + \lambda m_1 .
# ```
#
# The eigenvalues of $K$ fill the interval between $z_\pm = (1 \pm \sqrt\gamma)^2$ with the density
#
# ```{math}
# :label: eq-rm-density
# \frac{\sqrt{(x - z_-)(z_+ - x)}}{2\pi x},
# ```
#
# next to a share $\max(0, 1 - \gamma)$ of zeros.
# ````
#
# This is due to {cite:t}`MarchenkoPastur1967`.
# Here is where it comes from.
#
# **Take one column out.**
# Write $R = (K + \lambda)^{-1}$, and $R_{(j)}$ for the same matrix without column $z_j$.
# The two differ by rank one.
# As in {eq}`eq-rm-secular` one finds
#
# $$
# R\, z_j = \frac{R_{(j)}\, z_j}{1 + \tfrac1n z_j^\top R_{(j)} z_j} .
# $$
#
# The column $z_j$ is independent of $R_{(j)}$.
# By reason 2 above the denominator is $1 + m_1$, whichever column we took.
# Multiply by $z_j^\top/n$ and sum over the $N$ columns, which makes $\operatorname{tr} R K$ on the left:
#
# $$
# \tfrac1n \operatorname{tr} RK = \gamma\, \frac{m_1}{1 + m_1} .
# $$
#
# On the other hand $RK = I - \lambda R$, whose normalised trace is $1 - \lambda m_1$.
# So $1 - \lambda m_1 = \gamma m_1/(1 + m_1)$.
# This is a quadratic equation for one number, and the same as {eq}`eq-rm-quadratic`.
#
# **Read off the density.**
# The solution is $2\lambda m_1 = \sqrt{(\lambda + \gamma - 1)^2 + 4\lambda} - (\lambda + \gamma - 1)$.
# At $\lambda = -x$ the root is that of $(x - z_-)(x - z_+)$.
# It is imaginary between $z_-$ and $z_+$, and reason 1 turns it into {eq}`eq-rm-density`.
#
# ````{dropdown} What "about" means here
# *The denominators agree.*
# For a Gaussian $z$ that is independent of a symmetric matrix $R_{(j)}$, the number $z^\top R_{(j)} z/n$ has mean $\operatorname{tr} R_{(j)}/n$ and variance $2\operatorname{tr} R_{(j)}^2/n^2 \le 2/(n\lambda^2)$.
#
# *One column does not matter.*
# $R_{(j)} - R$ is a positive matrix of rank one with norm at most $1/\lambda$, so that $0 \le \frac1n\operatorname{tr} R_{(j)} - \frac1n\operatorname{tr} R \le 1/(n\lambda)$.
#
# *The trace does not fluctuate.*
# Changing one column changes $\frac1n \operatorname{tr} R$ by at most $2/(n\lambda)$, so its variance is at most of order $N/(n\lambda)^2$ (the inequality of Efron and Stein), which vanishes.
#
# Together the equation for $m_1$ holds up to an error that vanishes for every $\lambda > 0$, and by analyticity for every complex $\lambda$ off the negative axis.
# A limit of $m_1$ for all such $\lambda$ is a limit of the spectrum.
# $\square$
# ````

# %%
def trace(ridge, gamma):
    """m_1 of pure noise: the positive root of the quadratic equation."""
    b = ridge + gamma - 1
    return (np.sqrt(b**2 + 4 * ridge) - b) / (2 * ridge)


# %% [markdown]
# At size $n$ a mean deviates from its limit by a number of order $1/n$, and that is not a failure of the law.
# To remove it we measure at $n$ and at $n/2$.
# If $v(n) = v_\infty + b/n$, then $2 v(n) - v(n/2) = v_\infty$.
# For the trace this gives:

# %% tags=["remove-input"]
def extrapolated(measure, theta=0.0):
    """2 v(n) - v(n/2) over draws; of +theta and -theta, in which chance cancels."""

    def mean(k, *shape):
        return (measure(k, *shape, theta) + measure(k, *shape, -theta)) / 2

    return over_seeds(
        [2 * mean(k, n, N) - mean(k + 10**6, n // 2, N // 2) for k in draws]
    )


def measured_trace(k, rows, columns, theta):
    """m_1 of one draw at the ridge of this page; a signal would not change it."""
    values = squared_singular_values(noise(k, rows, columns))
    return (np.sum(1 / (values + ridge)) + max(rows - columns, 0) / ridge) / rows


claims.check(
    f"Pure noise: the trace of the resolvent at ridge {ridge:g} solves the quadratic equation (extrapolated in 1/n)",
    measured=extrapolated(measured_trace),
    predicted=trace(ridge, gamma),
    source="Marchenko and Pastur 1967",
    control=("rows and columns exchanged", trace(ridge, 1 / gamma)),
)


# %% [markdown]
# ## A signal in noise
#
# {cite:t}`BaikBenArousPeche2005` found the threshold for sample covariance matrices with complex Gaussian entries; {cite:t}`BenaychGeorges2012` gave positions and angles for rectangular matrices with signals.
# For our model {eq}`eq-rm-model` the result can be written down.
#
# ````{prf:proposition} The transition for independent noise
# :label: prop-rm-bbp
#
# Let $t$ and $a$ be independent of the Gaussian matrix $Z$, and $N/n \to \gamma$.
#
# * If $\theta^4 \le \gamma$, the largest eigenvalue of $FF^\top/n$ converges to the edge $z_+$, and the squared cosine between its eigenvector and $t$ to zero.
# * If $\theta^4 > \gamma$, one eigenvalue leaves the bulk.
#   Its position and the squared cosine between its eigenvector $\hat u$ and $t$ converge to
#
# ```{math}
# :label: eq-rm-outlier
# z = \frac{(1 + \theta^2)(\gamma + \theta^2)}{\theta^2}, \qquad
# \frac{\langle \hat u, t\rangle^2}{n} = \frac{\theta^4 - \gamma}{\theta^2\,(1 + \theta^2)} .
# ```
# ````
#
# **The idea: the two-by-two computation again.**
# A signal of rank one is a perturbation from two sides, $t$ on the left and $a$ on the right.
# The condition {eq}`eq-rm-secular` becomes a product of two factors, one for each side:
#
# ```{math}
# :label: eq-rm-condition
# 1 = \theta^2 z \cdot \tfrac1n\, t^\top \big(z - \tfrac1n ZZ^\top\big)^{-1} t \cdot a^\top \big(z - \tfrac1n Z^\top Z\big)^{-1} a .
# ```
#
# Both vectors are independent of $Z$, so each factor is a trace (reasons 2 and 3).
# At $\lambda = -z$ the first is $-m_1$ and the second is $q/(\gamma z)$.
# The condition is
#
# ```{math}
# :label: eq-rm-short
# 1 + \frac{\theta^2}{\gamma}\; q\, m_1 = 0 \qquad\text{at } \lambda = -z .
# ```
#
# By {eq}`eq-rm-quadratic` $\lambda m_1 = 1 - q m_1$ and $q = \gamma - q m_1$.
# Multiply the two:
#
# ```{math}
# :label: eq-rm-product
# \lambda\, q m_1 = (1 - q m_1)(\gamma - q m_1) .
# ```
#
# Insert $q m_1 = -\gamma/\theta^2$ and $\lambda = -z$.
# This is the position in {eq}`eq-rm-outlier`.
#
# **The threshold.**
# As $z$ goes from the edge to infinity, $-q m_1$ falls from $\sqrt\gamma$ to $0$.
# (By {eq}`eq-rm-product` $z$ is a function of $-q m_1$, with its minimum $z_+$ at $\sqrt\gamma$.)
# The condition asks for $-q m_1 = \gamma/\theta^2$.
# There is such a $z$ only if $\gamma/\theta^2 < \sqrt\gamma$, which is $\theta^4 > \gamma$.
#
# ````{dropdown} Full proof: the condition, and the squared cosine
# *The condition.*
# Singular values of $A + \theta\, u a^\top$, with $A = Z/\sqrt n$ and $u = t/\sqrt n$, are the positive eigenvalues of the symmetric matrix
#
# $$
# \begin{pmatrix} 0 & A \\ A^\top & 0 \end{pmatrix} + \begin{pmatrix} u & 0 \\ 0 & a \end{pmatrix} \begin{pmatrix} 0 & \theta \\ \theta & 0 \end{pmatrix} \begin{pmatrix} u & 0 \\ 0 & a \end{pmatrix}^{\!\top} .
# $$
#
# The perturbation has rank two.
# The identity $\det(I + PQ) = \det(I + QP)$ turns the determinant of size $n + N$ into one of size two.
# With the resolvent of the first matrix at $\sqrt z$ in blocks,
#
# $$
# \det \begin{pmatrix} 1 - \theta\, u^\top (z - AA^\top)^{-1} A a & -\theta\sqrt z\; u^\top (z - AA^\top)^{-1} u \\ -\theta\sqrt z\; a^\top (z - A^\top A)^{-1} a & 1 - \theta\, u^\top (z - AA^\top)^{-1} A a \end{pmatrix} = 0 .
# $$
#
# The diagonal tends to 1, because $u$ and $a$ are independent of each other.
# That is {eq}`eq-rm-condition`.
#
# *The cosine.*
# The same elimination, at any $\lambda$ off the spectrum, gives
#
# $$
# \tfrac1n\, t^\top \big(\tfrac1n FF^\top + \lambda\big)^{-1} t \to \frac{m_1}{1 + \tfrac{\theta^2}{\gamma}\, q m_1} .
# $$
#
# An eigenvalue $z$ with eigenvector $\hat u$ contributes $\frac1n\langle \hat u, t\rangle^2/(z + \lambda)$ to the left side.
# So the squared cosine is $m_1$ divided by the slope of the denominator in $\lambda$, both at $\lambda = -z$.
# From {eq}`eq-rm-product`, $\lambda = \gamma/(q m_1) - 1 - \gamma + q m_1$, so that $\mathrm d\lambda/\mathrm d(q m_1) = 1 - \gamma/(q m_1)^2 = 1 - \theta^4/\gamma$.
# The slope of the denominator is $\frac{\theta^2}{\gamma}\big/\big(1 - \frac{\theta^4}\gamma\big) = \theta^2/(\gamma - \theta^4)$.
# And $m_1 = (1 - q m_1)/\lambda = -1/(1 + \theta^2)$.
# Divide.
# $\square$
# ````

# %%
def outlier(theta, gamma):
    """Position of the largest eigenvalue, and squared cosine with t."""
    if theta**4 <= gamma:
        return (1 + gamma**0.5) ** 2, 0.0
    position = (1 + theta**2) * (gamma + theta**2) / theta**2
    return position, (theta**4 - gamma) / (theta**2 * (1 + theta**2))


# %% tags=["remove-input"]
def largest(k, rows, columns, theta):
    """Largest eigenvalue and squared cosine with t in one draw."""
    found = top(noise(k, rows, columns) + theta * signal(k, rows, columns), 1)
    return np.array([found.values[0], (found.left[:, 0] @ vector(k, rows)) ** 2])


thetas = critical * np.array(multiples)
runs = over_seeds([[largest(k, n, N, theta) for theta in thetas] for k in draws])
fine = np.linspace(0, thetas[-1], 400)
place, angle = np.transpose([outlier(theta, gamma) for theta in fine])
transition = [
    CurvePanel(
        "largest eigenvalue",
        [Curve("", (fine, place), (thetas, runs[:, 0]))],
        levels={"edge $z_+$": z_plus},
        legend=None,
    ),
    CurvePanel(
        "squared cosine with $t$",
        [Curve("", (fine, angle), (thetas, runs[:, 1]))],
        legend=None,
    ),
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The transition. Largest eigenvalue of $FF^\\top/n$ (left) and squared cosine of its eigenvector with $t$ (right) against the strength of the signal. Lines: {eq}`eq-rm-outlier`. Points: simulation, mean over draws with standard errors. The vertical line is the threshold $\\theta = \\gamma^{1/4}$.", "name": "fig-rm-transition"}, "image": {"alt": "Left, the largest eigenvalue is flat up to the threshold and then rises. Right, the squared cosine is zero up to the threshold and then rises steeply towards one. Points follow both lines."}}
side_by_side(transition, r"strength $\theta$", marks={r"$\gamma^{1/4}$": critical})

# %% [markdown]
# We check three numbers: position and squared cosine at twice the threshold, and how far a signal of half the threshold moves the largest eigenvalue.

# %% tags=["remove-input"]
strong = 2 * critical
position, cosine = outlier(strong, gamma)
both = extrapolated(largest, strong)
claims.check(
    "Signal of twice the threshold: position of the outlier (extrapolated in 1/n)",
    measured=both[0],
    predicted=position,
    source="Random matrices, proposition: the transition",
    control=("the signal's own square beside the edge", z_plus + strong**2),
)
claims.check(
    "Signal of twice the threshold: squared cosine with t (extrapolated in 1/n)",
    measured=both[1],
    predicted=cosine,
    source="Random matrices, proposition: the transition",
    control=(
        "the law of the right vector",
        (strong**4 - gamma) / (strong**4 + gamma * strong**2),
    ),
)
weak = 0.5 * critical
claims.check(
    "Signal of half the threshold: how far it moves the largest eigenvalue (paired difference)",
    measured=over_seeds(
        [(largest(k, n, N, weak) - largest(k, n, N, 0.0))[0] for k in draws]
    ),
    predicted=0.0,
    allowed=n ** (-2 / 3) * (1 + gamma**0.5) ** (4 / 3) * gamma ** (-1 / 6),
    source="Random matrices, proposition: the transition",
    control=(
        "the outlier's formula, had it no threshold",
        (1 + weak**2) * (gamma + weak**2) / weak**2 - z_plus,
    ),
)

# %% [markdown]
# Look at the eigenvector, too.
# Just above the threshold the eigenvalue is out, and yet the eigenvector is still almost orthogonal to $t$.
# Below the threshold the features contain a signal of the same order as the noise, and the largest eigenvector shows nothing of it.
#
# ## What correlated bulks add
#
# The untrained features of a network are not independent noise.
# [Setup](setup) will show that they behave like
#
# ```{math}
# :label: eq-rm-correlated
# F_0 = c_1\, X W^\top + c_>\, Z ,
# ```
#
# with inputs $X$ ($n$ rows in dimension $d$), random unit vectors as the rows of $W$, and independent noise $Z$.
# A gradient step adds a signal $\theta\, t\, a^\top$ with $t = X\beta$ for a unit vector $\beta$.
# Three things change.
#
# * **The bulk has another shape.**
#   Its law has one more equation, because $XW^\top$ is itself a product of random matrices.
#   Two applications of {prf:ref}`thm-rm-mp` give it.
# * **The signal depends on the bulk.**
#   $t$ is a combination of the columns of $X$, and $F_0$ contains them.
#   Reason 2 fails for $t$.
#   A *second trace* takes its place,
#
#   ```{math}
#   :label: eq-rm-second
#   m_2 = \tfrac1{nd} \operatorname{tr} X^\top (K + \lambda)^{-1} X .
#   ```
#
#   It is what a vector sees that is linear in the inputs.
# * **The thresholds move.**
#   The edge of this bulk is further out than that of independent noise of the same variance, so that every signal needs more strength.
#   A signal that is linear in the inputs needs less than others: along $t$ the noise is louder than elsewhere, and lifts the eigenvalue.
#
# The argument stays the same.
# In {eq}`eq-rm-short` replace $m_1$, for the side of $t$, by $m_2$:
#
# ```{math}
# :label: eq-rm-condition-two
# 1 + \frac{\theta^2}{\gamma}\; q\, m_2 = 0 \qquad\text{at } \lambda = -z .
# ```

# %%
bulk = Bulk(d / n, d / N, linear**2, 1 - linear**2)
edge = raw_edges(bulk)[-1, 1]


def root(theta, which):
    """Largest eigenvalue with t seen through the trace `which`, "m1" or "m2"."""

    def condition(z):
        traces = raw_traces(bulk, -z)
        return 1 + theta**2 / gamma * traces.q * getattr(traces, which)

    start = edge * (1 + 1e-9)
    return edge if condition(start) >= 0 else brentq(condition, start, 1e3)


# %% [markdown]
# To see each of these we simulate three kinds of noise, all with entries of variance one, under the same signal.

# %% tags=["remove-input"]
def correlated(k, rows, columns, theta, linear_signal=True):
    """Largest eigenvalue with the correlated bulk; t is X beta, or a vector independent of X."""
    inputs = round(rows * d / n)
    X, W = noise([k, 1], rows, inputs), noise([k, 2], columns, inputs)
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    F = linear * X @ W.T + (1 - linear**2) ** 0.5 * noise(k, rows, columns)
    t = X @ vector(k, inputs) if linear_signal else vector(k, rows)
    t *= rows**0.5 / np.linalg.norm(t)
    return top(F + theta * np.outer(t, vector(k, columns)), 1).values[0]


at = critical * np.array([0.5, 1.0, 1.5, 2.0, 2.5])
wide, smaller = np.linspace(0, at[-1], 100), (2 * n // 3, 2 * N // 3)
cases = (
    (
        "independent noise",
        lambda *known: largest(*known)[0],
        lambda theta: outlier(theta, gamma)[0],
    ),
    (
        "correlated, any $t$",
        partial(correlated, linear_signal=False),
        partial(root, which="m1"),
    ),
    (r"correlated, $t = X\beta$", correlated, partial(root, which="m2")),
)
three = [
    Curve(
        name,
        (wide, [law(theta) for theta in wide]),
        (
            at,
            over_seeds([[draw(k, *smaller, theta) for theta in at] for k in draws[:8]]),
        ),
    )
    for name, draw, law in cases
]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The same signal in three kinds of noise of equal variance. Largest eigenvalue against the strength $\\theta$. Lines: {eq}`eq-rm-outlier`, {eq}`eq-rm-short` and {eq}`eq-rm-condition-two`, the last two with the traces of the correlated bulk. Points: simulation, mean over draws with standard errors. Each line is flat up to a threshold of its own; there the largest eigenvalue of a matrix of this size is a little below the limit.", "name": "fig-rm-correlated"}, "image": {"alt": "Three curves over the strength of the signal. Each starts flat at the edge of its bulk and rises from a threshold on. The correlated bulk has a higher edge and higher thresholds; of its two the one of a signal that is linear in the inputs is lower."}}
side_by_side(
    [CurvePanel("largest eigenvalue", three)],
    r"strength $\theta$",
    columns=1,
    height=3.4,
)

# %% [markdown]
# We check the last position of both dashed lines, first for $t = X\beta$.

# %% tags=["remove-input"]
loud = 2.5 * critical
claims.check(
    "Correlated bulk, signal linear in the inputs: position of the outlier at 2.5 gamma^(1/4) (extrapolated in 1/n)",
    measured=extrapolated(correlated, loud),
    predicted=root(loud, "m2"),
    source="Random matrices, what correlated bulks add",
    control=("a signal that is independent of the inputs", root(loud, "m1")),
)
claims.check(
    "Correlated bulk, signal independent of the inputs: position at 2.5 gamma^(1/4) (extrapolated in 1/n)",
    measured=extrapolated(partial(correlated, linear_signal=False), loud),
    predicted=root(loud, "m1"),
    source="Random matrices, what correlated bulks add",
    control=("independent noise of the same variance", outlier(loud, gamma)[0]),
)


# %% [markdown]
# ## Where it breaks
#
# * **At finite $n$ the threshold is blurred.**
#   The largest eigenvalue of noise fluctuates by an amount of order $n^{-2/3}$, and an outlier that is nearer to the edge than that cannot be told from it.
# * **Heavy tails.**
#   If entries have no fourth moment, single large entries make eigenvalues of their own.
#   The bulk stays, but an eigenvalue outside of it is then no sign of a signal.
# * **A signal that depends on the noise.**
#   Reason 2 asks for independence.
#   The last section is one exception that can be computed.
#   In the network $a$ is independent of the features and $t$ is linear in them, and this is all that the next chapters use.
#
# For the second point, here is the share of matrices with an eigenvalue a tenth beyond the edge, under a law without fourth moment.

# %% tags=["remove-input"]
def beyond(entries):
    """Whether the largest eigenvalue lies a tenth beyond the edge."""
    return float(top(entries, 1).values[0] > 1.1 * z_plus)


heavy = [np.random.default_rng([k, 3]).standard_t(3, (n, N)) / 3**0.5 for k in draws]
claims.check(
    "Heavy tails (Student's t with 3 degrees of freedom, variance one): share of draws with an eigenvalue a tenth beyond the edge",
    measured=over_seeds([beyond(entries) for entries in heavy]),
    predicted=0.5,
    kind="at least",
    source="Random matrices, where it breaks",
    control=("Gaussian entries, simulated", np.mean([beyond(noise(k)) for k in draws])),
)


# %% [markdown]
# ````{admonition} Recap
# :class: recap
#
# * The eigenvalues of $n \times N$ noise fill the interval $(1 \pm \sqrt\gamma)^2$, $\gamma = N/n$, {eq}`eq-rm-density`.
# * The trace $m_1$ of the resolvent contains the spectrum, and it is what every vector sees that is independent of the noise.
# * A signal of rank one is visible if and only if $\theta^4 > \gamma$.
#   Then {eq}`eq-rm-outlier` tells where its eigenvalue is and how well the eigenvector is aligned with $t$.
# * In a network the bulk is correlated and the signal is linear in the inputs.
#   The same argument holds with a second trace $m_2$, {eq}`eq-rm-condition-two`.
# ````
#
# ## Exercises
#
# ````{exercise-start} A square matrix (warm-up)
# :label: ex-rm-square
# ````
#
# Let $N = n$.
# Where does the bulk end, and how does the density behave at zero?
# From which strength on is a signal visible?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-rm-square
# :class: dropdown
# ````
#
# $\gamma = 1$: the bulk is $[0, 4]$.
# Near zero the density is $\sqrt{4x}/(2\pi x) = 1/(\pi\sqrt x)$: it is infinite, but has a finite area.
# The threshold is $\theta = 1$, half of the largest singular value of the noise, which is 2.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The mean eigenvalue (warm-up)
# :label: ex-rm-mean
# ````
#
# What is the mean of all $n$ eigenvalues of $ZZ^\top/n$?
# Read it off the trace of $ZZ^\top$.
# Then find it in {eq}`eq-rm-quadratic`, from the first terms of $m_1$ at large $\lambda$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-rm-mean
# :class: dropdown
# ````
#
# $\frac1n\operatorname{tr} ZZ^\top/n = \frac1{n^2}\sum_{ij} Z_{ij}^2 \to N/n = \gamma$.
# For large $\lambda$, $m_1 = \frac1\lambda - \frac{\text{mean}}{\lambda^2} + \cdots$.
# In {eq}`eq-rm-quadratic`, $q \to \gamma$, so that $m_1 \approx 1/(\lambda + \gamma) = \frac1\lambda - \frac\gamma{\lambda^2} + \cdots$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} How well does noise fit noise?
# :label: ex-rm-fit
# ````
#
# Regress labels $y \sim \mathcal N(0, I_n)$ on pure noise features $Z$ with ridge penalty $\lambda$.
# The training error is $\min_b \frac1n\|y - Zb\|^2 + \lambda\|b\|^2$.
# Show that it tends to $\lambda m_1$.
# What is left of it as $\lambda \to 0$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-rm-fit
# :class: dropdown
# ````
#
# The minimum is $\frac\lambda n\, y^\top(ZZ^\top/n + \lambda)^{-1}y$, and $y$ is independent of $Z$: reason 2 gives $\lambda m_1$.
# As $\lambda \to 0$ this is the share of zero eigenvalues, $\max(0, 1 - \gamma)$.
# With as many columns as rows noise fits noise perfectly.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The other side
# :label: ex-rm-right
# ````
#
# Find the squared cosine between the right singular vector of the outlier and $a$.
# No computation is needed if you exchange the roles of rows and columns.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-rm-right
# :class: dropdown
# ````
#
# $F^\top$ has $N$ rows and $n$ columns.
# Scale it so that its entries belong to a matrix with $N$ rows: $F^\top/\sqrt N = F^\top/\sqrt n \cdot \gamma^{-1/2}$.
# The signal is then $\theta\gamma^{-1/2}$ and the ratio $1/\gamma$.
# Insert both in {eq}`eq-rm-outlier`: $\frac{\theta^4/\gamma^2 - 1/\gamma}{(\theta^2/\gamma)(1 + \theta^2/\gamma)} = \frac{\theta^4 - \gamma}{\theta^2(\gamma + \theta^2)}$.

# %%
def right(k, rows, columns, theta):
    """Squared cosine of the right vector with a."""
    found = top(noise(k, rows, columns) + theta * signal(k, rows, columns), 1)
    return (found.right[:, 0] @ vector(k, columns)) ** 2


# %% tags=["remove-input"]
claims.check(
    "Signal of twice the threshold: squared cosine of the right vector with a (extrapolated in 1/n)",
    measured=extrapolated(right, strong),
    predicted=(strong**4 - gamma) / (strong**2 * (gamma + strong**2)),
    source="Random matrices, exercise: the other side",
    control=("the law of the left vector", cosine),
)


# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Two signals
# :label: ex-rm-two
# ````
#
# Add a second signal of strength $\theta'$ with vectors orthogonal to the first.
# How many outliers are there, and where?
# What changes if both signals share the vector $a$, as all spikes of a network with a constant second layer do?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-rm-two
# :class: dropdown
# ````
#
# The small determinant has size four and falls into two blocks of size two: each signal has its own condition {eq}`eq-rm-short`.
# If they share $a$, the sum $\theta\, t a^\top + \theta' t' a^\top$ is a single matrix of rank one, of strength $\sqrt{\theta^2 + \theta'^2}$: one outlier, and its vector is a mixture of $t$ and $t'$.

# %%
def shared(k, rows, columns, theta):
    """Largest eigenvalue with two signals that share a."""
    left = np.linalg.qr(noise([k, 5], rows, 2))[0].sum(axis=1) * rows**0.5
    F = noise(k, rows, columns) + theta * np.outer(left, vector(k, columns))
    return top(F, 1).values[0]


# %% tags=["remove-input"]
claims.check(
    "Two signals that share a: position of the largest eigenvalue (extrapolated in 1/n)",
    measured=extrapolated(shared, strong),
    predicted=outlier(2**0.5 * strong, gamma)[0],
    source="Random matrices, exercise: two signals",
    control=("each signal by itself", position),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} The width of the transition (open)
# :label: ex-rm-width
# ````
#
# At finite $n$ the squared cosine in {numref}`fig-rm-transition` is rounded near the threshold.
# Over which range of $\theta$?
# Equate the distance between outlier and edge with the fluctuation $n^{-2/3}$ of the largest eigenvalue to get a power of $n$, and test it.
# Then try the correlated bulk: does the power stay the same, and does the constant?
#
# ````{exercise-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
