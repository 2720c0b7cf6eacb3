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
# (many-spikes)=
# # Growing step: many spikes
#
# **The result of this chapter.**
# Let the step grow with the data, $\eta = n^\alpha$.
# At each of the exponents $\alpha_k = \frac{k-1}{2k} = 0, \frac14, \frac13, \frac38, \dots$ one more singular value leaves the bulk, and the network gains one more polynomial of the direction in which it was pushed.
#
# ```{strip}
# :level: graduate course; Hermite polynomials, outer products, determinants
# :needs: [Setup](setup) for the tilt and the longer rows, [One spike](one_spike) for the transition
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 200]
d = 500  # input dimension [>= 50]
N = 750  # hidden units [>= 50]
frequency = 0.3  # omega of the sine activation [>= 0.05, <= 2]
phase = 0.785  # its phase; 0 makes it odd [>= 0, <= 1.5]
teacher = [0.0, 2.5, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
exponents = [0.15, 0.29, 0.35]  # alphas studied closely, eta = n**alpha [> 0, < 0.42]
largest = 0.42  # end of the path of step exponents [> 0.1, < 0.45]
points = 13  # step exponents on that path [>= 3]
small = 400  # smaller n of the critical experiment [>= 60]
seeds = 8  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]
# condition: small < n

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from scipy.special import factorial2

from onestep import Problem, theory
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures import curves, side_by_side, spectrum, spikes, vectors
from onestep.book.statistics import count_beyond
from onestep.hermite import basis, monomials_in_hermite
from onestep.links import sine
from onestep.simulation import OneStep
from onestep.simulation.equivalent import powers
from onestep.simulation.spectrum import squared_singular_values
from onestep.theory.terms import kept_orders

problem = Problem(
    n, d, N, activation=sine(frequency, phase), teacher=teacher, noise_std=noise_std
)
geometry = theory.limit_geometry(problem)
kappa, bulk = geometry.lengthening, theory.edges(problem)
steps = [OneStep.draw(problem, s) for s in range(seed, seed + seeds)]
active = [k for k in range(1, 9) if problem.student[k]]
threshold = {k: (k - 1) / (2 * k) for k in active}
series_end = math.sqrt(N) / (2 * frequency * problem.student[1] * geometry.beta_norm)
end_of_series = math.log(series_end) / math.log(n)

# %% tags=["hide-input"]
path, ranks = np.linspace(0.0, largest, points), 3
walked = over_seeds(
    [[step.outliers(problem.step(a), ranks).values for a in path] for step in steps]
)


def positions(law, grid):
    """Predicted positions of the first outliers, nan where there is none."""
    found = [law(problem, problem.step(a)) for a in grid]
    rows = [[one.position for one in each] + ranks * [np.nan] for each in found]
    return grid, np.array([row[:ranks] for row in rows])


lines = {
    "any step size": positions(theory.any_step.outliers, np.linspace(0.0, largest, 16)),
    "sum of spikes": positions(theory.outliers, np.linspace(0.0, end_of_series, 80)),
}

# %% tags=["remove-input"] mystnb={"figure": {"caption": "The three largest eigenvalues of $FF^\\top/n$ against the step exponent. Points are simulated, lines are theory. Vertical lines are the exponents $\\alpha_k$.", "name": "fig-path"}, "image": {"alt": "On a logarithmic axis, three sequences of points leave the shaded bulk one after the other, each near one of the vertical lines, and then rise steeply. Solid lines follow them to the end, dashed lines until an exponent of about 0.38, where these end."}}
marks = {rf"$\alpha_{k}$": a for k, a in threshold.items() if k < 5 and a <= largest}
labels = r"$\alpha = \log\eta\,/\log n$", r"eigenvalue of $FF^\top/n$"
spikes.tracks(
    spikes.by_rank((path, walked), lines), *labels, edge=bulk[-1, 1], marks=marks
)


# %% [markdown]
# After this chapter you can
#
# * derive the spikes from one identity for Hermite polynomials;
# * tell from an activation's Hermite coefficients which spikes a step can make;
# * predict where the outliers are and which polynomial each singular vector carries;
# * judge what the exponents $\alpha_k$ mean at the sizes of a real experiment.
#
# ## What a unit does with its tilt
#
# [Setup](setup) ended with two facts about unit $j$ after the step.
# It is *tilted* by $s_j = \eta\, c_1 \|\beta\|\, a_j$ along $t = \beta^\top x/\|\beta\|$, and the noise of the gradient makes its row longer.
# By {prf:ref}`prop-longer-rows` a fresh input $x$ reaches the activation as
#
# ```{math}
# :label: eq-tilt
# \sqrt{1 + \kappa s_j^2}\; Z + s_j\, t , \qquad Z,\, t \sim \mathcal N(0, 1) \text{ independent},
# ```
#
# with $\kappa$ of {eq}`eq-kappa`.
# All units share the same $t$.
# Each has its own tilt, of order $n^{\alpha - 1/2}$.
# The activation bends the tilt.
#
# *By hand.*
# Take $\sigma(z) = He_2(z) = z^2 - 1$, and average over $Z$, which is different for every unit:
#
# $$
# \mathbb E_Z\big[(\sqrt{1 + \kappa s^2}\,Z + s t)^2 - 1\big] = (1 + \kappa s^2) + s^2t^2 - 1 = s^2\,(t^2 + \kappa) .
# $$
#
# The linear tilt has become a quadratic function of $t$.
# The longer row adds a constant to it.
# The same happens in every degree.
#
# ````{prf:lemma} The mean response to a tilt (ours)
# :label: lem-spike-powers
#
# For independent standard Gaussians $Z$ and $g$, and fixed $t$ and $s$,
#
# ```{math}
# :label: eq-spike-powers
# \mathbb E_Z\, He_k\big(\sqrt{1 + \kappa s^2}\; Z + s\,t\big) = s^k\, P_k(t), \qquad P_k(t) = \mathbb E_g\,\big(t + \sqrt\kappa\, g\big)^k .
# ```
#
# In Hermite polynomials $P_k = \sum_{j \le k} T_{kj}\, He_j$ with
#
# ```{math}
# :label: eq-spike-coordinates
# T_{kj} = \binom kj\, (1+\kappa)^{(k-j)/2}\; \mathbb E\, g^{k-j} .
# ```
# ````
#
# ````{dropdown} Proof
# Multiply by $x^k/k!$ and sum: $\sum_k He_k(z)\,x^k/k! = e^{xz - x^2/2}$.
# The left side becomes $e^{xst + x^2(1+\kappa s^2)/2 - x^2/2} = e^{xst + \kappa s^2x^2/2}$.
# This is $\mathbb E_g\, e^{xs(t + \sqrt\kappa g)} = \sum_k s^k P_k(t)\,x^k/k!$.
# For the coordinates write $e^{xt + \kappa x^2/2} = e^{xt - x^2/2}\, e^{(1+\kappa)x^2/2}$: the first factor generates the $He_j(t)$, the second the moments of $\sqrt{1+\kappa}\,g$.
# $\square$
# ````
#
# The first ones are $P_1 = t$, $P_2 = t^2 + \kappa$ and $P_3 = t^3 + 3\kappa t$.
# For $\kappa = 0$ they are the powers $t^k$, and the lemma is Taylor's formula for Hermite polynomials.
# Now expand any activation:
#
# ```{math}
# :label: eq-shift
# \mathbb E_Z\,\sigma\big(\sqrt{1 + \kappa s_j^2}\,Z + s_j t\big) = \sum_k c_k\, s_j^k\, P_k(t) .
# ```
#
# The Hermite coefficients are the *Taylor coefficients of the mean response to a tilt*.
# As a matrix over inputs $i$ and units $j$, term $k$ is an outer product: of the vector with entries $P_k(t_i)$ and the vector with entries $s_j^k$.
#
# ## The statement
#
# Write $s = \eta\,c_1\|\beta\|\,a$ for the vector of tilts, $t = \tilde X\beta/\|\beta\|$ for the projections of the ridge batch, and $v^{\circ k}$ for entry-wise powers.
#
# ````{prf:result} The spiked approximation
# :label: thm-spiked
#
# Let $\eta = n^\alpha$ with $\frac{l-1}{2l} < \alpha < \frac{l}{2l+2}$.
# Let $\sigma$ have bounded derivatives, $c_{\star,0} = 0$, and let {eq}`eq-longer-rows` hold with parts $Z$ that behave like independent ones across units.
# In the proportional limit, in probability,
#
# ```{math}
# :label: eq-spiked
# \frac1{\sqrt n}\,\Big\| F - F_0 - \sum_{k=1}^{l} c_k\, P_k(t)\, (s^{\circ k})^\top \Big\|_{\rm op} \longrightarrow 0 .
# ```
# ````
#
# For $\kappa = 0$ the sum is $\sum_k c_1^k c_k\,\eta^k (\tilde X\beta)^{\circ k}(a^{\circ k})^\top$, and this is the theorem of {cite:t}`Moniri2024`.
# [Improvement](improvement) has teachers with a mean, $c_{\star,0} \ne 0$.
# Why does the sum end at $l$?
# Because of the size of its terms.
#
# ````{prf:proposition} The size of spike k
# :label: prop-size
#
# For $\kappa = 0$ the $k$-th term of {eq}`eq-spiked` has the norm
#
# ```{math}
# :label: eq-size
# \begin{aligned}
# \frac1{\sqrt n}\,\big\|c_k\, t^{\circ k}(s^{\circ k})^\top\big\|_{\rm op}
# &\approx (2k-1)!!\; |c_k|\, \bar s^{\,k} \sqrt N , \qquad \bar s = \frac{\eta\, c_1 \|\beta\|}{\sqrt N} , \\
# &\asymp\; n^{k\alpha - (k-1)/2} .
# \end{aligned}
# ```
#
# It grows with $n$ if and only if $c_k \neq 0$ and $\alpha > \alpha_k = \frac{k-1}{2k}$.
# A positive $\kappa$ changes the constant from $k = 2$ on, and no exponent.
# ````
#
# Here $\bar s$ is the root mean square of the tilts.
#
# ````{dropdown} Proof
# An outer product has the norm $\|t^{\circ k}\|\,\|s^{\circ k}\|$.
# The entries of $t$ are $\mathcal N(0, 1)$, those of $s$ are $\mathcal N(0, \bar s^2)$, and the $2k$-th moment of a standard Gaussian is $(2k-1)!!$.
# By the law of large numbers $\|t^{\circ k}\|^2 \approx n\,(2k-1)!!$ and $\|s^{\circ k}\|^2 \approx N \bar s^{2k} (2k-1)!!$.
# For $\kappa > 0$ replace $(2k-1)!!$ in the first one by $\mathbb E P_k(t)^2$.
# $\square$
# ````
#
# ````{dropdown} Sketch of the derivation
# Four things are left out of {eq}`eq-spiked`.
#
# 1. *The next spike* has the norm $n^{(l+1)\alpha - l/2}$, which tends to zero exactly because $\alpha < \frac l{2l+2}$.
# 2. *The scatter of the response about its mean.*
#    To first order the tilt adds $\sigma'(w_j^\top x_i)\, s_j t_i$ to entry $(i,j)$, and only its mean $c_1 s_j t_i$ is in the sum.
#    The rest is a matrix of nearly independent entries of size $n^{\alpha-1/2}$.
#    Its norm over $\sqrt n$ is $n^{\alpha-1/2}$, up to logarithms.
# 3. *The longer rows, to first order.*
#    The rest $\Delta$ of the gradient adds $c_1 \eta\,\tilde X\Delta^\top$.
#    Its norm over $\sqrt n$ is that of $\eta\Delta$, or $n^{\alpha - 1/2}$ up to logarithms.
# 4. *The longer rows, to second order.*
#    They change the mean response by {prf:ref}`lem-spike-powers`, which is in the sum.
#    This is the step at the level of physics: we take the $Z$ of different units as independent when we average.
#
# [The appendix](many_spikes_details) turns this into a rate and measures it: the approximation converges as slowly as its first forgotten spike.
# $\square$
# ````
#
# The exponents $\alpha_k$ accumulate at $\frac12$, where a tilt is no longer small.
#
# ### Which version of the paper is corrected
#
# The theorem with $t^k$ in the place of $P_k(t)$ is that of the ICML 2024 text of {cite:t}`Moniri2024`.
# A later arXiv version of April 2025 was not at hand; it may say something else.
# For $l \ge 2$ the two statements differ by a matrix of the size of spike 2, at every $n$, and one average decides between them.
# Take a step with the true gradient, and on the same draw one with its leading part $c_1 a\beta^\top$ only.
# Average each unit over the inputs, and fit the difference by $c_2 s_j^2$, here for ReLU:

# %%
# (eq-spike-powers) in the mean over inputs: kappa if spike 2 is t^2 + kappa
def excess(problem, eta, seed):
    step = OneStep.draw(problem, seed)
    squares = (eta * problem.student[1] * step.beta_norm * step.a) ** 2
    bare = step.with_gradient(step.rank_one)
    means = [one.features(eta).mean(axis=0) for one in (step, bare)]
    return squares @ (means[0] - means[1]) / (problem.student[2] * squares @ squares)


# %% tags=["remove-cell"]
longer, eta = replace(problem, activation="relu"), 1.0
there = theory.limit_geometry(longer).lengthening
many = range(seed, seed + 2 * seeds)
measured_kappa = over_seeds([excess(longer, eta, s) for s in many])

# %% tags=["remove-input"]
claims.check(
    "ReLU: the constant of spike 2, from the units' means",
    measured=measured_kappa,
    predicted=there,
    source="Many spikes, lemma: the mean response to a tilt",
    control=("powers of t, as published", 0.0),
)


# %% [markdown]
# After a small step ($\eta = 1$, so that higher orders do not matter) the fit should give $\kappa$ = {glue:text}`kappa_there:.3f` for this network.
# It gives {glue:text}`excess:.3f` ± {glue:text}`excess_standard_error:.3f`, where the published spikes give zero.
#
# What stays of the published statement: the exponents, the number of outliers, and the space of the odd spikes, because $P_1, P_3, \dots$ span the same polynomials as $t, t^3, \dots$.
# What changes: the strength of spike $k$ from $k = 2$ on, and the space of the even ones, which contains $t^2 + \kappa$ instead of $t^2$.
#
# ## Where the outliers are
#
# The norm {eq}`eq-size` grows, but does spike $l$ really show as outlier $l$?
# Spikes of different orders are not orthogonal: $t^3$ has a large component along $t$.
# What spike $k$ *adds* to the lower ones is smaller than its norm.
#
# ````{prf:result} Outliers at finite strength (ours)
# :label: prop-outliers
#
# Let the $k$ below run over the orders with $c_k \ne 0$, $T$ as in {eq}`eq-spike-coordinates`, $\theta_k = c_k (\eta c_1\|\beta\|)^k$, $\Theta = \operatorname{diag}(\theta_k)$, and
#
# ```{math}
# :label: eq-outliers
# \begin{gathered}
# D_1 = m_2,\quad D_j = j!\, m_1 \;(j \ne 1), \qquad V_{jk} = N^{1-(j+k)/2}\, \mathbb E\, g^{j+k}, \\
# M(\lambda) = T D T^\top + \frac{\phi}{\psi q}\, \Theta^{-1} V^{-1} \Theta^{-1},
# \end{gathered}
# ```
#
# with $m_1, m_2, q$ of {eq}`eq-traces` and $g \sim \mathcal N(0,1)$.
# With $F$ as approximated in {eq}`eq-spiked`, the outliers of $FF^\top/n$ are the $z$ above the bulk with $\det M(-z) = 0$.
# If $p$ is the null vector there, the left singular vector $\hat u$ of the outlier has
#
# ```{math}
# :label: eq-cosines
# \Big\langle \hat u, \frac{He_j(t)}{\sqrt{n\,j!}}\Big\rangle^2 = \frac{\big(D_j\, (T^\top p)_j\big)^2}{j!\; p^\top M'(-z)\, p} , \qquad ' = \frac{\mathrm d}{\mathrm dz} .
# ```
# ````
#
# ````{dropdown} Derivation
# Write $F/\sqrt n = B + L\Theta R^\top$ with the bulk $B = F_0/\sqrt n$, $L = n^{-1/2}[P_k(t)]_k$ and $R = [a^{\circ k}]_k$.
# By the determinant lemma, a real $z$ above the bulk is a squared singular value of $F/\sqrt n$ when a determinant vanishes that is made of three kinds of quadratic forms in the resolvents of $BB^\top$ and $B^\top B$.
# *Cross terms* $L^\top (z-BB^\top)^{-1} B R$ vanish: $a$ is independent of $B$, and the odd and even parts of $R$ average out.
# *On the side of the units*, $R$ is independent of $B$, so that with $\lambda = -z$ we have $R^\top(B^\top B + \lambda)^{-1}R \approx V \cdot \frac1N\operatorname{tr}(B^\top B+\lambda)^{-1} = V\,\frac{\psi q}{\phi\lambda}$.
# *On the side of the rows*, $t$ is not independent of $B$, because both are made of $\tilde X$.
# But $B$ sees only the linear part of $t$, as the Gaussian equivalent {eq}`eq-equivalent` is linear in $\tilde X$.
# Hence $\frac1n He_j(t)^\top (BB^\top+\lambda)^{-1} He_k(t) \to D_j\,1\{j=k\}$, and $L^\top(BB^\top+\lambda)^{-1}L \to TDT^\top$.
# What remains of the determinant is
#
# $$
# \det\big( I + \Theta\, V\tfrac{\psi q}{\phi\lambda}\,\Theta \cdot \lambda\, T D T^\top \big) = 0 ,
# $$
#
# which is $\det M(-z) = 0$.
# The overlaps follow from the residue of $L^\top (z - FF^\top/n)^{-1} L$ at the pole.
# For the method see {cite:t}`BenaychGeorges2012`.
# $\square$
# ````
#
# In words: $TDT^\top$ measures how long the polynomials are, seen through the bulk, and the second term how weak the spikes are.
# An outlier is where the two balance.
# Here is {eq}`eq-outliers` in code:

# %%
# (eq-outliers): its determinant vanishes at the outliers
def outlier_matrix(problem, eta, z, k, kappa):
    k, j, c = np.array(k), np.arange(max(k) + 1), problem.student
    trace, norm = theory.traces(problem, -z), theory.limit_geometry(problem).beta_norm
    T = monomials_in_hermite(max(k))[k] * (1 + kappa) ** ((k[:, None] - j) / 2)
    D = trace.m1 * np.array([math.factorial(i) for i in j], dtype=float)
    D[1] = trace.m2
    theta = np.array([c[i] * (eta * c[1] * norm) ** i for i in k])
    power = np.add.outer(k, k)
    V = problem.N ** (1 - power / 2) * factorial2(power - 1) * (power % 2 == 0)
    weakness = np.linalg.inv(np.outer(theta, theta) * V)
    return T * D @ T.T + problem.phi / (problem.psi * trace.q) * weakness


# %% tags=["remove-input"]
alpha = exponents[-1]
eta, orders = problem.step(alpha), kept_orders(problem, geometry)
places = [one.position for one in theory.outliers(problem, eta)]


def signs(factor, kappa):
    beside = [outlier_matrix(problem, eta, z * factor, orders, kappa) for z in places]
    return np.array([np.linalg.slogdet(matrix)[0] for matrix in beside])


zeros = [np.mean(signs(1 - 1e-7, x) != signs(1 + 1e-7, x)) for x in (kappa, 0.0)]
claims.check(
    f"α = {alpha:g}: share of the library's positions where the determinant vanishes",
    measured=zeros[0],
    predicted=1.0,
    tolerance=0.0,
    evidence=claims.IDENTITY,
    source="Many spikes, outliers at finite strength",
    control=("rows are not lengthened", zeros[1]),
)


# %% [markdown]
# As $n \to \infty$ at fixed $\alpha$, not one of the $\alpha_k$, every strength tends to zero or to infinity, and {prf:ref}`prop-outliers` counts one outlier for each order $k \le l$ with $c_k \ne 0$.
# At *finite* strength it also says where.
# At $\alpha = \alpha_k$ precisely, where $\theta_k$ stays finite, it gives a constant: spike $k$ leaves the bulk at $\eta = C_k\, n^{\alpha_k}$.
#
# ### A network that shows its spikes
#
# At $n$ of a thousand the powers of $n$ that separate one regime from the next are small numbers, so the constants $c_1^k c_k \|\beta\|^k$ decide what one sees.
# Two choices make the picture clear.
# The activation is a sine wave, slow and shifted, as in {cite:t}`RahimiRecht2007`:
#
# ```{math}
# :label: eq-sine
# \begin{aligned}
# \sigma(z) &= \frac{\sin(\omega z + b)}{\omega \cos b} - \text{its mean}, \\
# k!\, c_k &= \frac{\omega^{k-1}}{\cos b}\, \sin\!\big(b + \tfrac{k\pi}2\big)\; e^{-\omega^2/2} .
# \end{aligned}
# ```
#
# The phase $b$ turns the even coefficients on.
# And the teacher's linear part is stronger than elsewhere in this book, which makes $\|\beta\|$, and with it every tilt, larger.
# The constants are then of order one, $C_1, \dots, C_4$ = {glue:text}`constants_0:.2f`, {glue:text}`constants_1:.2f`, {glue:text}`constants_2:.2f`, {glue:text}`constants_3:.2f`, and $\kappa$ = {glue:text}`kappa:.3f`.
#
# ### Three regimes, three spectra
#
# We take one step exponent from each of the first three regimes.
# To see that outlier $l$ is spike $l$, we subtract from the real $F$ all spikes from order $l$ on, and nothing else.
# One outlier must disappear.

# %%
# (eq-spiked): the spikes of these orders
def spike_sum(step, eta, orders, kappa):
    c, P = step.problem.student, powers(step.t, max(orders), kappa)
    s = eta * c[1] * step.beta_norm * step.a
    return sum(c[k] * np.outer(P[:, k - 1], s**k) for k in orders)


# %% tags=["hide-input"]
def without_last(step, alpha):
    later = range(theory.regime(problem, alpha).active[-1], 13)
    eta = problem.step(alpha)
    kept = step.features(eta) - spike_sum(step, eta, later, kappa)
    return squared_singular_values(kept)


untrained = [step.spectrum(0.0) for step in steps]
trained = {a: [step.spectrum(problem.step(a)) for step in steps] for a in exponents}
fewer = {a: [without_last(step, a) for step in steps] for a in exponents}
count = {a: theory.regime(problem, a).outliers for a in exponents}
x = np.geomspace(0.9 * bulk[0, 0], 1.02 * bulk[-1, 1], 120)
spectra = []
for a in exponents:
    found = [one.position for one in theory.outliers(problem, problem.step(a))]
    line = x, theory.any_step.density(problem, x, problem.step(a))
    title = f"α = {a:g}: {count[a]} outlier{'s' * (count[a] != 1)}"
    options = {"before": (x, theory.density(problem, x)), "order": n, "title": title}
    spectra.append(
        spectrum.Spectrum.of(trained[a], line, outliers=found[: count[a]], **options)
    )

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Squared singular values of $F/\\sqrt n$ in three regimes. Bars and points are simulated. Vertical bars are outliers predicted by {prf:ref}`prop-outliers`. The dashed line is the untrained bulk, the solid line the any-step theory.", "name": "fig-regimes"}, "image": {"alt": "Three stacked histograms on a logarithmic axis. The upper end of the bulk is the same in all, its lower end changes from the first to the third as the any-step line does. The first has one simulated outlier, the second two, the third three, each near a predicted bar."}}
spectrum.picture(*spectra, xlabel=r"squared singular value $x$ of $F/\sqrt{n}$")

# %% tags=["remove-input"]
for a in exponents:
    claims.check(
        f"α = {a:g}: number of outliers, median over draws",
        measured=count_beyond(untrained, trained[a]),
        predicted=count[a],
        tolerance=0.0,
        source="Moniri et al. 2024, number of spikes in regime l",
        control=("spikes from l on removed", count_beyond(untrained, fewer[a])),
    )

# %% [markdown]
# Look at the *bulk* in {numref}`fig-regimes`, too.
# Its upper end hardly moves, but small singular values grow.
# That is the scatter of the response, which vanishes slowly, like $n^{\alpha - 1/2}$.
# The solid line is the theory of [From lazy to maximal](lazy_to_maximal), which does not expand in powers of the tilt.
#
# ### The path of the outliers
#
# {numref}`fig-path` walks along the whole path of exponents with the same draws.
# The dashed lines are {prf:ref}`prop-outliers` with twelve orders, the solid lines the any-step theory.
# Above its threshold outlier $k$ rises like $\eta^{2k} = n^{2k\alpha}$, until higher orders bend it.
# The dashed lines follow the solid ones until the series of spikes stops converging, at $\alpha$ = {glue:text}`end_of_series:.3f`.
# [The appendix](many_spikes_positions_details) compares both theories with the simulation to a per cent, and shows what is lost without $\kappa$.
#
# ## What the singular vectors carry
#
# An outlier is of use to the network only through its left singular vector: the function of the inputs that it adds to the linear span of the features.
# By {eq}`eq-cosines` this function is a polynomial in $t$.

# %% tags=["hide-input"]
step = steps[0]
found = theory.outliers(problem, eta, replace(step.geometry, projection=None))
grid, clouds = np.linspace(step.t.min(), step.t.max(), 200), []
for u, outlier in zip(step.outliers(eta, count[alpha]).left.T, found, strict=False):
    title = f"singular vector {len(clouds) + 1}"
    entries = math.sqrt(n) * u * np.sign(u @ outlier.entries(step.t))
    clouds.append(vectors.Cloud(title, step.t, entries, (grid, outlier.entries(grid))))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Entries of the leading left singular vectors of one draw against $t_i$, at the last of the three step exponents. Dots are simulated, lines are the polynomials of {eq}`eq-cosines`.", "name": "fig-vectors"}, "image": {"alt": "Three scatter plots. The first cloud is a line that bends at its ends, the second a parabola, the third a cubic; each cloud follows the predicted curve, the third with visible scatter."}}
vectors.clouds(clouds, "$t$", r"$\sqrt{n}\,$ entry")

# %% [markdown]
# The first vector in {numref}`fig-vectors` is not a straight line but bends.
# The spikes are not orthogonal, so their singular vectors mix the powers, odd with odd and even with even.
# The second carries a constant, $t^2 + \kappa$ and not $He_2$: with the quadratic function the network gains the intercept that its centred activation lacks.
# What is learned is the *space*.
#
# In the limit the leading $l$ left singular vectors span $P_1(t), \dots, P_l(t)$.
# [The appendix](many_spikes_details) measures how far they are from it, and from which $n$ on the angle is below ten degrees.
#
# ## At a critical exponent, the constant decides
#
# At $\alpha = \alpha_k$ exactly, spike $k$ neither grows nor vanishes.
# With $\eta = C\,n^{\alpha_k}$ it has a finite strength, while all lower spikes are infinitely strong.
# Below $C_k$ it is lost in the bulk.
# Above $C_k$ its singular vector aligns with what $P_k$ has beyond the lower ones.
# This is the transition of {cite:t}`BaikBenArousPeche2005`, once for every order.

# %% tags=["hide-input"]
factors, dense = np.linspace(0.5, 1.4, 5), np.linspace(0.5, 1.4, 13)
*_, last = tested = [k for k in active if k > 1][:2]
sample = {small: [OneStep.draw(problem.resized(small), s) for s in many], n: steps}


def share(k, overlaps):
    """Squared cosine of the vector of spike k with degrees k, k - 2, ...; 0 without it."""
    rank = active.index(k)
    return overlaps[rank][k::-2].sum() if len(overlaps) > rank else 0.0


def transition(k, rows, geometries, factors):
    """The share by the sum of spikes: (geometries, factors)."""
    p = problem.resized(rows)
    etas = factors * theory.critical_constant(problem, k) * rows ** threshold[k]
    found = [[theory.outliers(p, eta, each) for eta in etas] for each in geometries]
    return np.array([[share(k, [o.overlaps for o in f]) for f in row] for row in found])


def exact(k, step):
    """The share at the last factor by the any-step theory, given the draw's numbers."""
    eta = (
        factors[-1]
        * theory.critical_constant(problem, k)
        * step.problem.n ** threshold[k]
    )
    found = theory.any_step.outliers(step.problem, eta, step.geometry, order=k)
    length = np.mean(basis(step.t, k) ** 2, axis=1)  # of He_j(t), not 1 in a draw
    return share(k, [one.overlaps / length for one in found])


# %% tags=["hide-input"]
measured, gaps, panels = {}, {}, []
for k in tested:
    drawn = []
    for rows, draws in sample.items():
        etas = factors * theory.critical_constant(problem, k) * rows ** threshold[k]
        values = [[share(k, step.overlaps(e, k)) for e in etas] for step in draws]
        measured[k, rows] = np.array(values)
        if (
            rows == n or k == tested[-1]
        ):  # the any-step theory takes half a second a draw
            gaps[k, rows] = values - np.array([[exact(k, step)] for step in draws])
        line = transition(k, rows, [step.geometry for step in draws], dense).mean(
            axis=0
        )
        marks = factors, over_seeds(values)
        drawn.append(curves.Curve(f"n = {rows}", (dense, line), marks))
    limit = transition(k, 10**12, [None], dense)[0]
    drawn.append(curves.Curve("limit", (dense, limit)))
    labels = "squared cosine", drawn, f"spike {k}, α = {threshold[k]:.3g}"
    panels.append(side_by_side.CurvePanel(*labels, ylim=(0, 1), legend="upper left"))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Transitions at critical exponents. Squared cosine between the singular vector of spike $k$ and the polynomials of degrees $k, k-2, \\dots$ at $\\eta = C\\, n^{\\alpha_k}$. Points are simulated; lines are {prf:ref}`prop-outliers`, averaged over the numbers of the same draws.", "name": "fig-critical"}, "image": {"alt": "Two panels. In each the squared cosine is near zero below the threshold and rises steeply above it, later and less steeply at smaller n. For spike two the three lines nearly coincide; for spike three the lines for finite n lie well to the right of the limit."}}
side_by_side.side_by_side(panels, r"constant $C / C_k$", marks={"threshold": 1.0})

# %% tags=["remove-cell"]
fixed = transition(last, small, [None], factors[-1:])[0, 0]
final = {key: over_seeds(values[:, -1]) for key, values in measured.items()}
gap = {key: over_seeds(values[:, -1]) for key, values in gaps.items()}
constants = [theory.critical_constant(problem, k) for k in active[:4]]
glue(measured_small=final[last, small], gap_small=gap[last, small], fixed=fixed)
glue(kappa=kappa, constants=constants, end_of_series=end_of_series)
glue(kappa_there=there, excess=measured_kappa, gap_here=gap[last, n])

# %% tags=["remove-input"]
top, source = f"C = {factors[-1]:g} C_k", "Many spikes, at a critical exponent"
wrong = {key: (f"C = {factors[-2]:g} C_k", x[:, -2].mean()) for key, x in gaps.items()}
wrong[last, small] = "the limit's numbers", final[last, small].mean - fixed
for (k, rows), control in wrong.items():
    claims.check(
        f"Spike {k}, {top}, n = {rows}: squared cosine of its vector minus predicted",
        measured=gap[k, rows],
        predicted=0.0,
        source=source,
        control=control,
    )
low, high = (sum(measured[k, m][:seeds, 0] for k in tested) for m in (small, n))
claims.check(
    f"C = {factors[0]:g} C_k: squared cosines, their sum extrapolated in n",
    measured=over_seeds((n * high - small * low) / (n - small)),
    predicted=0.0,
    source=source,
    control=(top, sum(final[k, n].mean for k in tested)),
)


# %% [markdown]
# *Why the limit misses at $n = 400$.*
# At $C = 1.4\,C_3$ and $n = 400$ the formula with the limits of $\|\beta\|$ and of the moments of $a$ and $t$ promises {glue:text}`fixed:.2f`, and the simulation gives {glue:text}`measured_small:.2f` ± {glue:text}`measured_small_standard_error:.2f`.
# The reason is not the approximation but the numbers that go into it.
# The strength of spike 3 contains $\|\beta\|^3$ and the sixth moment of only 300 entries of $a$, which varies by half of itself from draw to draw.
# Near a threshold the alignment is a concave function of the strength: a weak draw loses more than a strong one gains.
# Give the any-step theory $\|\beta\|$, $a$ and $t$ of *each draw*, and it predicts each draw: the mean difference is {glue:text}`gap_small:.3f` ± {glue:text}`gap_small_standard_error:.3f` at $n = 400$, and {glue:text}`gap_here:.3f` ± {glue:text}`gap_here_standard_error:.3f` at $n = 1000$.
#
# The critical exponents are a statement about $n \to \infty$ in which $n^{\alpha_k - 1/2} = n^{-1/(2k)}$ counts as small.
# The higher the order, the later the limit begins.
#
# ## Which activation makes which spike
#
# A spike needs $c_k \ne 0$.
# Odd activations, such as tanh and erf, learn no even degree.
# ReLU and softplus have $c_3 = 0$ and learn no cubic one.
# What is present need not be large. tanh and erf have the cubic coefficient, and in the limit a cubic outlier.
# At a finite size it may only bend the first singular vector a little, because these functions *saturate*: when the tilt of many units is large, a bounded response has left the range where a cubic describes it.
# [The appendix](many_spikes_positions_details) measures how much of each degree the singular vectors of five activations span, and lists their constants $C_k$ with the book's usual teacher.
#
# ## Where it breaks
#
# * *Exponents without constants.*
#   From $\alpha_2$ to $\alpha_3$ the step $n^\alpha$ grows by the factor $n^{1/12}$, which is hardly large at any $n$.
#   Constants like $\|\beta\|$ decide which regime a *finite* network is in.
# * *The series.*
#   The factor $(2k-1)!!$ in {eq}`eq-size` makes the sum over $k$ diverge: for the sine once $\bar s > \frac1{2\omega}$ ({ref}`ex-series`), for tanh or ReLU at every $\bar s$, so that only its first terms are of use.
#   Nothing happens to the network there.
# * *Polynomials.*
#   If $\sigma$ is a polynomial, the response to a tilt is unbounded and its scatter is heavy-tailed.
#   At $n$ of a thousand the spectrum then has more outliers than {prf:ref}`thm-spiked` allows.
#   Try it: give `Problem` the coefficients `[0, 1, 0.2, 0.1]`.
# * *The second layer.*
#   $V$ in {eq}`eq-outliers` has to be invertible.
#   With all $a_j$ equal it is not, and there is one outlier at all $\alpha$ ({ref}`ex-constant`).
# * *The labels.*
#   If $y$ has heavy tails, single training rows make outliers of their own ({ref}`ex-heavy`).
# * *At $\alpha = \frac12$* all orders are equally strong, and the any-step theory takes over.
#
# ```{admonition} Recap
# :class: recap
# * The mean response of a tilted unit has the Taylor coefficients $c_k$ and the polynomials $P_k(t) = \mathbb E(t + \sqrt\kappa\,g)^k$, {eq}`eq-shift`.
# * Each term is a spike of norm $n^{k\alpha - (k-1)/2}$, so spike $k$ leaves the bulk at $\alpha_k = \frac{k-1}{2k}$, {eq}`eq-size`.
# * A small determinant says where the outliers are and what their vectors carry, at finite size, {eq}`eq-outliers`.
# * At $\alpha_k$ the constant decides, and at finite $n$ it varies from draw to draw.
# ```
#
# The network now has new functions of the data.
# What they are worth to a ridge regression is the subject of [Errors](errors).
#
# ## Exercises
#
# ````{exercise-start} Odd activations (warm-up)
# :label: ex-odd
# ````
#
# Set the phase of the sine to zero.
# How many outliers are there in the third regime, and which degrees do they carry?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-odd
# :class: dropdown
# ````
#
# $c_k = 0$ for even $k$, {eq}`eq-sine`: two outliers, of degrees one and three.

# %% tags=["remove-input"]
def count_outliers(problem, eta):
    drawn = [OneStep.draw(problem, s) for s in range(seed, seed + seeds)]
    values = [[step.outliers(e, 8).values for step in drawn] for e in (0.0, eta)]
    return count_beyond(*values)


odd = replace(problem, activation=sine(frequency, 0.0))
counted = [("with its phase", count_beyond(untrained, trained[alpha]))]
for name, case in (
    ("odd sine", odd),
    ("all a equal", replace(odd, readout="constant")),
):
    counted.append((name, count_outliers(case, eta)))
    claims.check(
        f"α = {alpha:g}: number of outliers, {name}",
        measured=counted[-1][1],
        predicted=theory.regime(case, alpha).outliers,
        tolerance=0.0,
        source="Many spikes, exercises",
        control=counted[-2],
    )

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} The cubic spike by hand (warm-up)
# :label: ex-cubic
# ````
#
# Compute $\mathbb E_Z He_3(\sqrt{1+\kappa s^2}\,Z + st)$ without the lemma.
# Why do $P_1$ and $P_3$ span the same functions as $t$ and $t^3$, but $P_2$ and $t^2$ do not?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-cubic
# :class: dropdown
# ````
#
# $He_3(z) = z^3 - 3z$.
# The mean of the cube is $s^3t^3 + 3st(1+\kappa s^2)$; subtract $3st$.
# What remains is $s^3(t^3 + 3\kappa t)$.
# The additional term $3\kappa t$ lies in the span of $P_1 = t$.
# The additional constant of $P_2$ has no spike of order zero to lie in.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A constant second layer
# :label: ex-constant
# ````
#
# Take the odd sine of the first exercise and let all $a_j = 1/\sqrt N$.
# How many outliers are there, and what does the left singular vector look like?
# (Odd, because with $c_2 \ne 0$ *and* equal $a_j$ the gradient's rest turns all rows alike, and changes the bulk.)
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-constant
# :class: dropdown
# ````
#
# All vectors $s^{\circ k}$ are proportional to $1_N$.
# The sum of the spikes is *one* outer product with $1_N$: one outlier at all $\alpha$, whose left singular vector is the mean response {eq}`eq-shift`, all powers at once and with fixed weights.
# Diversity in the second layer lets a network learn the powers *separately*.
#
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Where the series ends
# :label: ex-series
# ````
#
# For the sine wave, for which $\bar s$ does the sum of the norms {eq}`eq-size` over all $k$ converge?
# Compare with the dashed lines of {numref}`fig-path`.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-series
# :class: dropdown
# ````
#
# By {eq}`eq-sine` $|c_k| \asymp \omega^{k}/k!$ and $(2k-1)!!/k! = 2^{-k}\binom{2k}{k} \asymp 2^k/\sqrt k$, so the terms behave like $(2\omega\bar s)^k/\sqrt k$: convergence for $\bar s < \frac1{2\omega}$.
# On this page that is $\alpha$ = {glue:text}`end_of_series:.3f`, where the dashed lines end.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Heavy labels
# :label: ex-heavy
# ````
#
# Give the teacher a large quadratic part, $2.5\,He_1 + 4\,He_2$, in the second regime.
# Are there still two outliers?
# Find out where the additional one comes from.
# *Hint*: expand $\sigma'$ in the gradient to the next order.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-heavy
# :class: dropdown
# ````
#
# With $\sigma'(z) = c_1 + 2c_2 z + \dots$ the gradient {eq}`eq-gradient` has the second term $2c_2\, a_j\, w_j^\top A$, $A = \frac1n X^\top \operatorname{diag}(y)\, X$: unit $j$ sees $w_j^\top(I + 2c_2\eta a_j A)\,x$.
# If the labels are heavy-tailed, one row with a very large $y_i$ gives $A$ an eigenvector $v \approx x_i/\|x_i\|$ with a large eigenvalue, about $y_i\,d/n$, and the feature matrix an outlier along $\tilde X v$.
# The table has the median number of outliers, and squared cosines in the first draw.
# The largest label grows like a power of $\log n$ while $\eta/\sqrt N$ falls like a power of $n$, so the effect vanishes as $n \to \infty$.

# %% tags=["hide-input"]
heavy = replace(problem, teacher=(0.0, 2.5, 4.0))
middle = problem.step(exponents[min(1, len(exponents) - 1)])
step = OneStep.draw(heavy, seed)
X, y = step.gradient_batch.X, step.gradient_batch.y
v = np.linalg.eigh((X * y[:, None]).T @ X / n)[1][:, -1]
row, extra = X[np.argmax(y)], step.X @ v
cosines = np.square(extra @ step.outliers(middle, 4).left) / (extra @ extra)
markdown_table(
    [(count_outliers(heavy, middle), (row @ v) ** 2 / (row @ row), *cosines)],
    head=("outliers", "v and heavy row", *(f"X̃v and vector {k}" for k in range(1, 5))),
    number=".2f",
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} How many outliers at most? (open)
# :label: ex-most
# ````
#
# At fixed $n$ let the step grow towards $\alpha = \frac12$.
# The exponents $\alpha_k$ accumulate there, but the number of outliers stays finite, because spike $k$ needs a strength that the shrinking $c_k$ do not give it.
# How does the largest number of outliers grow with $n$, and how does it depend on the decay of $c_k$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-most
# :class: dropdown
# ````
#
# We do not know.
# A start: at $\bar s$ of order one the response $\mathbb E\,\sigma(\tau Z + st)$ is a smooth function of $(s, t)$, a kernel with singular values that fall geometrically for an analytic $\sigma$.
# If they fall like $r^k$, about $\frac12\log N/\log\frac1r$ of them exceed the bulk: a logarithm of the size.
# The any-step theory can test this at any $n$; a proof would need the kernel's singular values and the bulk at $\alpha = \frac12$.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
record(
    positions=walked[-1], kappa=kappa, constants=constants, kappa_relu=measured_kappa
)
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
