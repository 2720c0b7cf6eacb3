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
# # Improvement
#
# **The result of this chapter.** What a gradient step of size $\eta = n^\alpha$ takes off the errors is a staircase in $\alpha$. Between the exponents $\frac{k-1}{2k}$ and $\frac{k}{2k+2}$ it is constant, and at each exponent the network learns one more degree of the teacher.
# We write all stairs in closed form, look at them at sizes where they are sharp, and measure them at sizes that one can simulate.
#
# After reading it you will be able to
#
# * compute what one step can gain, degree by degree, before you take it;
# * say how many rows it takes to see the stairs, and why they are blurred at $n = 1000$;
# * explain why even degrees are learned incompletely, and what the *noise* of the gradient has to do with it;
# * judge when a step is worth it, how large it should be, and when it hurts.
#
# You need the two formulas of [Errors](errors), {prf:ref}`thm-err-train` and {prf:ref}`thm-err-test`, and the thresholds of [Growing step](many_spikes).
#
# Every number and every figure below was computed by the run that made this page, from the following parameters.

# %% tags=["parameters"]
n = 1000                    # rows of each batch [>= 100]
d = 250                     # input dimension [>= 20]
N = 750                     # hidden units [>= 20]
frequency = 0.7             # the activation of this page is sin(frequency z + phase) [> 0, <= 2]
phase = 0.785               # of it; strictly between 0 and pi/2 all orders have a spike [>= 0, <= 1.5]
teacher = [0.0, 1.0, 0.5, 0.2, 0.05]                  # Hermite coefficients of the teacher
noise_std = 0.5             # standard deviation of the label noise [>= 0]
ridge = 0.1                 # ridge penalty where a figure uses one [> 0]
alphas = [-0.1, 0.0, 0.1, 0.2, 0.29, 0.35, 0.4, 0.45, 0.5]  # simulated step exponents [>= -0.5, <= 0.5]
decades = [3, 6, 9, 12]     # log10 of n in the figure of the sharp staircase [>= 2, <= 15]
alpha = 0.35                # step exponent where only one is shown [> 0, < 0.5]
contrast = "relu"           # activation of the experiment on the noise of the gradient
tilts = [0.1, 0.3, 0.8, 1.6, 3.2]                     # relative change of the weights in the comparison of activations [> 0, <= 4]
activations = ["tanh", "relu", "softplus"]            # compared
n_test = 3000               # rows of the test batch [>= 100]
seeds = 12                  # draws that are averaged [>= 2]
seed = 0                    # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from IPython.display import Markdown

from onestep import Geometry, Problem
from onestep.book import claims, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.errors import Panel, against, baselines
from onestep.book.figures.maps import Map, maps
from onestep.book.figures.side_by_side import Panel as Plain
from onestep.book.figures.side_by_side import side_by_side
from onestep.book.statistics import chance, over_seeds
from onestep.hermite import basis
from onestep.links import sine
from onestep.simulation import network, run_many, sample
from onestep.simulation.ridge import path
from onestep.theory import (
    any_step,
    best_linear,
    best_ridge,
    critical_exponents,
    errors,
    learned,
    limit_geometry,
    plateau,
    published_geometry,
    traces,
)

alphas, decades, tilts = sorted(alphas), sorted(decades), sorted(tilts)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n,
    d=d,
    N=N,
    activation=sine(frequency, phase),
    teacher=teacher,
    noise_std=noise_std,
)
steps = np.array([problem.step(value) for value in alphas])


# %% [markdown]
# The activation is the sine wave of [Growing step](many_spikes), with a phase, so that no Hermite coefficient vanishes: the stairs are all there. The usual activations have some stairs missing, and are compared further below.
#
# ## All the stairs
#
# Take the training error {eq}`eq-err-train` and let the first $l$ spikes be infinitely strong, the others infinitely weak. The paper does this for one and two spikes.
#
# ````{prf:theorem} The first two stairs
# :label: thm-imp-stairs
#
# Let $c_{\star,0} = 0$. In the proportional limit, with $\eta = n^\alpha$, the step lowers the training error by
#
# ```{math}
# :label: eq-imp-one
# \mathcal L_{\rm tr}(F_0) - \mathcal L_{\rm tr}(F) \;\to\; \lambda\, \frac{c_{\star,1}^4}{\|\beta\|^2}\; m_2 \qquad (0 < \alpha < \tfrac14),
# ```
#
# and for $\frac14 < \alpha < \frac13$, when $c_2 \ne 0$, by a further
#
# ```{math}
# :label: eq-imp-two
# \lambda\,\frac{4\,c_{\star,1}^4\, c_{\star,2}^2}{3\,\|\beta\|^4}\; m_1 .
# ```
# ````
#
# Both formulas are those of {cite:t}`Moniri2024`. In the second one the gradient's noise is neglected; what it changes follows in a moment. First, see what the formulas say. With $\rho = c_{\star,1}/\|\beta\|$, the cosine between the step's direction and the teacher's,
#
# $$
# \text{first stair: } \lambda m_2\; c_{\star,1}^2 \rho^2, \qquad \text{second stair: } \lambda m_1 \cdot \tfrac23 \cdot 2\,c_{\star,2}^2\rho^4 .
# $$
#
# The teacher's linear part has variance $c_{\star,1}^2$, and its share along $\beta$ is $\rho^2$. *All* of it is learned. The quadratic part has variance $2c_{\star,2}^2$, its share that depends on $\beta^\top x$ alone is $\rho^4$. Of this, two thirds are learned. Why not all? The network
# can use $t^2 = He_2(t) + 1$ and nothing else of even degree. The teacher has no constant, so the unwanted $1$ has to be paid for.
#
# ### The gradient's noise on the stairs
#
# [Setup](setup) wrote the gradient as $G = c_1 a\beta^\top + \Delta$ with $\|\Delta\|_{\rm op} \to 0$. One is tempted to forget $\Delta$. But its rows are not short: row $j$ has a length proportional to $|a_j|$, like the row $c_1 a_j \beta$ itself,
#
# ```{math}
# :label: eq-imp-kappa
# \frac{\|\Delta_j\|^2}{\|c_1 a_j\beta\|^2} \;\to\; \kappa = \frac{d}{n_{\rm grad}}\cdot\frac{(c_\star^2 + \sigma_\varepsilon^2)\operatorname{Var}\sigma'(Z)}{c_1^2\,\|\beta\|^2} .
# ```
#
# Its operator norm is small only because the rows point everywhere. What does unit $j$ see of it? On a fresh input, $\eta\Delta_j^\top\tilde x$ is one more Gaussian of variance $\kappa s_j^2$, where $s_j = \eta c_1 a_j\|\beta\|$ is the tilt. The unit's argument is $\sqrt{1 + \kappa s_j^2}\,Z + s_j t$ instead of $Z + s_jt$.
#
# ````{prf:lemma} Powers in noise (ours)
# :label: lem-imp-powers
#
# For independent standard Gaussians $Z$, $g$ and fixed $t$, $s$,
#
# ```{math}
# :label: eq-imp-powers
# \mathbb E_Z\, He_k\big(\sqrt{1 + \kappa s^2}\; Z + s\,t\big) = s^k\, P_k(t), \qquad P_k(t) = \mathbb E_g\,\big(t + \sqrt\kappa\, g\big)^k .
# ```
# ````
#
# ````{dropdown} Proof
# Multiply by $x^k/k!$ and sum: $\sum_k He_k(z)\,x^k/k! = e^{xz - x^2/2}$. The left side becomes $e^{xst + x^2(1+\kappa s^2)/2 - x^2/2} = e^{xst + \kappa s^2x^2/2}$, which is $\mathbb E_g\, e^{xs(t + \sqrt\kappa g)} = \sum_k s^k P_k(t)\,x^k/k!$. $\square$
# ````
#
# So spike $k$ carries $P_k(t)$ instead of $t^k$. The first ones are $P_1 = t$, $P_2 = t^2 + \kappa$, $P_3 = t^3 + 3\kappa t$. For odd orders nothing changes: $P_1, P_3, \dots$ span the same polynomials as $t, t^3, \dots$. **The even spikes change, however large $n$ is**: their unwanted constant grows from $1$ to $1 + \kappa$. In {prf:ref}`thm-err-train` it is
# the factor $(1+\kappa)^{(k-j)/2}$ in $T_{kj}$. The library's formulas contain it; `published_geometry` leaves it out.
#
# ````{prf:remark} Teachers with a mean (ours)
# :label: rem-imp-drift
#
# If $c_2 \ne 0$ and $c_{\star,0} \ne 0$, the gradient also turns unit $j$ a little towards its own $w_j$: the mean of $2c_2\,\eta a_j\,(\frac1n X^\top\operatorname{diag}(y) X)\, w_j$ is $2c_2c_{\star,0}\,\eta a_j\, w_j = \zeta s_j w_j$ with $\zeta = 2c_2c_{\star,0}/(c_1\|\beta\|)$.
# The unit's argument is then $\tau_j Z + s_j t$ with $\tau_j^2 = (1 + \zeta s_j)^2 + \kappa s_j^2$, and the same generating function gives the mean response $\sum_k s_j^k\, Q_k(t)$,
#
# ```{math}
# :label: eq-imp-drift
# Q_k(t) = \sum_{m=0}^{k} c_{k+m}\, \frac{(k+m)!}{m!\,(k-m)!}\; \zeta^m P_{k-m}(t), \qquad P_k(t) = \mathbb E_g\big(t + \sqrt{\kappa + \zeta^2}\; g\big)^k .
# ```
#
# So spike $k$ mixes the coefficients $c_k, \dots, c_{2k}$, at every $n$. The first one, $Q_1 = c_1 t + 2c_2\zeta$, already offers a constant. The exponents $\frac{k-1}{2k}$ stay; a spike of an order with $c_k = 0$ may appear.
# The library computes with $Q_k$; the theorems of this book are printed for $c_{\star,0} = 0$, where $Q_k = c_k P_k$.
# ````
#
# Now the staircase of every degree.
#
# ````{prf:theorem} Every stair (ours)
# :label: thm-imp-all
#
# Let $c_{\star,0} = 0$, let $c_1, \dots, c_l \ne 0$, and let the second layer be Gaussian. For $\frac{l-1}{2l} < \alpha < \frac{l}{2l+2}$
#
# ```{math}
# :label: eq-imp-all
# \mathcal L_{\rm tr}(F_0) - \mathcal L_{\rm tr}(F) \;\to\; \lambda m_2\, c_{\star,1}^2\rho^2 + \lambda m_1 \bigg[\, \sum_{k=2}^{l} k!\, c_{\star,k}^2\rho^{2k} - \frac{h_{\lfloor l/2\rfloor}^2}{w_{\lfloor l/2\rfloor}} \bigg],
# ```
# ```{math}
# :label: eq-imp-hw
# h_m = \sum_{i=1}^m \frac{(2i)!}{i!}\Big(\!-\frac{1+\kappa}{2}\Big)^{i} c_{\star,2i}\,\rho^{2i}, \qquad w_m = \sum_{i=0}^m \binom{2i}{i}\Big(\frac{1+\kappa}{2}\Big)^{2i} .
# ```
#
# The test error falls by the same expression with $\lambda m_1$ and $\lambda m_2$ replaced by $-m_1'/m_1^2$ and $-m_2'/m_1^2$, where $' = \mathrm d/\mathrm d\lambda$.
# ````
#
# ````{dropdown} Proof
# At $S = 0$, {eq}`eq-err-train` is least squares: the gain is the squared length of the projection of $\sum_j c_{\star,j}\rho^j He_j$ on the span of $P_1, \dots, P_l$, in the inner product in which $He_j$ has square length $D_j$. Odd and even polynomials are orthogonal.
#
# *Odd.* The $P_k$, $k \le l$ odd, span all odd polynomials of degree up to $l$. The projection keeps everything: $D_1 c_{\star,1}^2\rho^2 + \sum_{k \ge 3} D_k\, c_{\star,k}^2\rho^{2k}$.
#
# *Even.* The $P_k$, $2 \le k \le 2m$ even, span a space that lacks one dimension of the even polynomials of degree up to $2m$. Which one? Let $L$ be the linear functional $L p = \mathbb E\, p(i\sqrt\kappa\, g)$. By the generating function $L e^{xt} = e^{-\kappa x^2/2}$, so $L\,\mathbb E_g e^{x(t + \sqrt\kappa g)} = 1$:
# $L P_k = 0$ for $k \ge 1$. The span is the kernel of $L$. The squared distance of a function from the kernel of a functional is $(Lf)^2/\|L\|^2$. From $L e^{xt - x^2/2} = e^{-(1+\kappa)x^2/2}$ one reads off $L He_{2i} = \frac{(2i)!}{i!}\big(-\frac{1+\kappa}2\big)^i$, so that
# $Lf = h_m$ and $\|L\|^2 = \sum_i (L He_{2i})^2/D_{2i} = w_m/m_1$.
#
# *Test error.* By {eq}`eq-err-test`, divide by $\lambda$, differentiate and multiply by $-1/m_1^2$; the coefficients of $m_1$ and $m_2$ do not depend on $\lambda$. $\square$
# ````
#
# ````{prf:corollary} What two spikes learn
# :label: cor-imp-two
#
# The second stair is $\lambda m_1\,\dfrac{4\,c_{\star,2}^2\rho^4}{2 + (1+\kappa)^2}$: {eq}`eq-imp-two` when $\kappa = 0$, and less otherwise. Odd stairs from the third on are $\lambda m_1\, k!\,c_{\star,k}^2\rho^{2k}$, without loss and for every $\kappa$. On the plateaus the step *never* hurts: each further degree lowers both errors, or leaves them as they are.
# ````
#
# The last sentence holds because more regressors only enlarge the projection, and because $m_1$ and $m_2$ decrease in $\lambda$. Here is the theorem as a function.

# %%
def gain(problem, ridge, degree, kappa, h=1e-5):
    """(training, test) gain on the plateau of `degree`: linear part times m2 plus the bracket times m1."""
    rho, c = (
        limit_geometry(problem).cosine,
        np.pad([problem.target[k] for k in range(degree + 1)], (0, 2)),
    )
    i = np.arange(1, degree // 2 + 1)
    fall = [
        math.factorial(2 * j) / math.factorial(j) * (-(1 + kappa) / 2) ** j for j in i
    ]
    lost = np.dot(fall, c[2 * i] * rho ** (2 * i)) ** 2
    lost /= sum(
        math.comb(2 * j, j) * ((1 + kappa) / 2) ** (2 * j)
        for j in range(degree // 2 + 1)
    )
    bracket = (
        sum(
            math.factorial(k) * c[k] ** 2 * rho ** (2 * k) for k in range(2, degree + 1)
        )
        - lost
    )
    linear = c[1] ** 2 * rho**2 if degree else 0.0
    low, mid, high = (traces(problem, ridge * factor) for factor in (1 - h, 1, 1 + h))
    fall1, fall2 = (low.m1 - high.m1, low.m2 - high.m2) / (2 * h * ridge * mid.m1**2)
    return np.array(
        [ridge * (linear * mid.m2 + bracket * mid.m1), linear * fall2 + bracket * fall1]
    )


geometry = limit_geometry(problem)
kappa, rho = geometry.lengthening, geometry.cosine
closed, without_noise = (
    np.array([gain(problem, ridge, degree, value) for degree in range(5)])
    for value in (kappa, 0.0)
)
levels = np.array([plateau(problem, ridge, degree) for degree in range(5)])

# %%
trace, squared = traces(problem, ridge), geometry.beta_norm**2
quiet = [
    plateau(problem, ridge, degree, published_geometry(problem))[0]
    for degree in range(3)
]
paper = (
    ridge * problem.target[1] ** 4 * trace.m2 / squared,
    ridge
    * 4
    * problem.target[1] ** 4
    * problem.target[2] ** 2
    * trace.m1
    / (3 * squared**2),
)
for degree, name in ((1, "first"), (2, "second")):
    claims.check(
        f"Without noise in the gradient, the {name} stair in the training error is the paper's",
        measured=quiet[degree - 1] - quiet[degree],
        predicted=paper[degree - 1],
        tolerance=1e-9 * quiet[0],
        source=f"Moniri et al. 2024, improvement for l = {degree}",
        explain="The formula is for a teacher without a constant and an activation with the coefficients c_1 to c_l.",
    )
differences = [
    np.max(np.abs(form[1:] / (levels[0] - levels[1:]) - 1))
    for form in (closed, without_noise)
]
claims.check(
    "The closed form for every stair agrees with the library (largest relative difference of the gain, degrees 1 to 4, both errors)",
    measured=differences[0],
    predicted=0.0,
    tolerance=1e-6,
    source="Improvement, theorem: every stair",
    kind="at most",
    explain="The formula is for a teacher without a constant and an activation with the coefficients c_1 to c_4.",
    control=("no noise in the gradient", differences[1]),
)

# %% tags=["remove-input"]
shares = [math.factorial(k) * problem.target[k] ** 2 for k in range(1, 5)]
stairs = closed[1:] - closed[:-1]
rows = "\n".join(
    f"| {k} | {shares[k - 1]:.3f} | {shares[k - 1] * rho ** (2 * k):.3f} | {stairs[k - 1, 0]:.4f} | {stairs[k - 1, 1]:.4f} | {stairs[k - 1, 1] / levels[0, 1]:.1%} |"
    for k in range(1, 5)
)
Markdown(
    f"On this page $\\rho^2$ = {rho**2:.3f} and $\\kappa$ = {kappa:.3f}; the second stair is {3 / (2 + (1 + kappa) ** 2):.0%} of what it would be without noise in the gradient.\n\n"
    "| degree $k$ | teacher's variance $k!\\,c_{\\star,k}^2$ | of it along $\\beta$: times $\\rho^{2k}$ | stair, training error | stair, test error | of the test error |\n"
    f"|---:|---:|---:|---:|---:|---:|\n{rows}"
)

# %% [markdown]
# The share $\rho^{2k}$ falls geometrically with the degree. High stairs are low, not because the network could not express them, but because one gradient step finds the direction only up to the angle $\arccos\rho$, and a polynomial of degree $k$ feels this error $k$ times.
#
# ## The stairs where they are sharp
#
# In the theorem $n$ is infinite. How large is that? The any-step theory, `any_step`, predicts errors for every $\eta$ at every finite $n$, and costs the same at $n = 10^{12}$ as at $n = 1000$.

# %%
dense = np.linspace(min(alphas[0], -0.1), 0.45, 100)
sharp = {
    power: np.array(
        any_step.errors(problem.resized(10**power), ridge, 10.0 ** (power * dense))
    )
    for power in decades
}

# %% tags=["hide-input"]
infinite = [
    Plain(
        f"{title} error",
        [
            Curve(f"$n = 10^{{{power}}}$", (dense, values[e]))
            for power, values in sharp.items()
        ],
        levels={f"degree {k}": level for k, level in enumerate(levels[:, e])},
        legend="lower left" if e else None,
    )
    for e, title in enumerate(("training", "test"))
]
thresholds = dict(zip(("0", "1/4", "1/3", ""), critical_exponents(4), strict=True))

# %% mystnb={"figure": {"caption": "The staircase at growing $n$: training and test error against $\\alpha = \\log\\eta/\\log n$. Curves: the any-step theory. Horizontal lines: the plateaus of {prf:ref}`thm-imp-all` for degrees 0 to 4. Vertical lines: the exponents $0, \\frac14, \\frac13, \\frac38$. There is no simulation in this figure: nobody can draw such matrices.", "name": "fig-imp-sharp"}, "image": {"alt": "Two panels with four falling curves each. At n of a thousand the curve is a smooth slope. At a million it has bends. At ten to the twelve it is a staircase with flat treads on the horizontal lines of degree 0, 1, 2 and 3, and drops at the marked exponents 0, one quarter, one third and three eighths."}}
side_by_side(
    infinite,
    r"$\alpha = \log\eta/\log n$",
    marks=thresholds,
    mark_height=0.07,
    height=3.6,
)

# %% [markdown]
# The stairs are there, but it takes many decades to see them. Here is why.
#
# ````{prf:proposition} Rounding of the stairs (ours)
# :label: prop-imp-rounding
#
# Between the exponents at which spike $k$ has realised a tenth and nine tenths of its gain, $\alpha$ moves by about $\log 81/(2k\log n)$. The tread of degree $k$ is $\frac{1}{2k(k+1)}$ wide. So the stair is sharper than its tread only for $n \gtrsim 81^{\,k+1}$. In the middle of the tread the errors miss their plateau by $O\big(n^{-1/(2k+2)}\big)$ from the spike itself and $O\big(n^{-1/(2k)}\big)$ from the next one.
# ````
#
# ````{dropdown} Proof
# At the price $S$ the gain of a single spike is $v^2/(D + S) = (v^2/D)\cdot\frac{x}{1+x}$ with $x = D/S \propto \eta^{2k} N^{1-k}$. From a tenth to nine tenths $x$ grows by a factor of $81$; with $\eta = n^\alpha$ that is $2k\,\Delta\alpha\log n = \log 81$. Equate with $\frac{k}{2k+2} - \frac{k-1}{2k} = \frac1{2k(k+1)}$. In the middle of the tread $\alpha$ is $\frac1{4k(k+1)}$ above the threshold, where $1/x \propto n^{-2k/(4k(k+1))}$; the next spike's foot, $n^{-1/(2k)}$, is smaller. $\square$
# ````

# %% tags=["remove-input"]
Markdown(
    "So the first tread becomes visible at about n = "
    + f"{81.0**2:,.0f}"
    + ", the second at "
    + f"{81.0**3:,.0f}"
    + f", the third at {81.0**4:.1g}. At $n$ = {n} the rise of one stair covers the next ones."
)

# %%
far = 10.0 ** np.array([8, 11, 14])
exponents = critical_exponents(5)


def extrapolated(values, powers):
    """Limit of a constant plus these powers of n, through as many of the last values."""
    count = len(powers) + 1
    columns = far[-count:, None] ** np.array([0.0, *powers])
    return np.linalg.solve(columns, values[-count:])[0]


for degree in (1, 2, 3):
    where = (exponents[degree - 1] + exponents[degree]) / 2  # the middle of the tread
    values = [
        any_step.errors(problem.resized(int(rows)), ridge, rows**where)[0]
        for rows in far
    ]
    own, next_foot = -1 / (2 * degree + 2), -1 / (2 * degree)
    limits = [extrapolated(values, powers) for powers in ((own,), (own, next_foot))]
    claims.check(
        f"On tread {degree} the training error of the any-step theory tends to the plateau (extrapolated from n = 10^8, 10^11, 10^14 by the two powers of the proposition; tolerance: what the second one changed)",
        measured=limits[1],
        predicted=levels[degree, 0],
        tolerance=abs(limits[1] - limits[0]),
        source="Improvement, rounding of the stairs",
        explain="The teacher or the activation may lack the degree.",
        control=("the plateau of degree 2", levels[2, 0])
        if degree == 1
        else ("no noise in the gradient", plateau(problem, ridge, degree, published_geometry(problem))[0]),
    )

# %% [markdown]
# The test is sharper than it looks: the any-step theory knows nothing of plateaus, of $He_k$ or of $\kappa$ in the even spikes. It would miss the second and third plateau by a constant if {prf:ref}`lem-imp-powers` were wrong: that is the negative control of these claims.
#
# ## The staircase in simulation
#
# Now networks that one can draw. `run_many` takes every step on the same draws, so gains are paired: the scatter from draw to draw, which is large for a teacher of degree four, cancels.

# %%
best = [best_ridge(problem, eta) for eta in (0.0, *steps)]
penalties = np.array([ridge, *(value for value, _ in best)])
runs = run_many(problem, [0.0, *steps], penalties, draws, n_test=n_test)
levels_seen = [
    over_seeds(runs.values(name)[:, :, 0]) for name in ("train_error", "test_error")
]
gains = [
    runs.values(name)[:, :1, 0] - runs.values(name)[:, 1:, 0]
    for name in ("train_error", "test_error")
]
paired = [over_seeds(values) for values in gains]

fine = np.linspace(alphas[0], alphas[-1], 61)
finite_strength = np.array(errors(problem, ridge, n**fine))
every_step = np.array(any_step.errors(problem, ridge, n**fine))
untrained = np.array(errors(problem, ridge, 0.0))
at_alphas = np.array(any_step.errors(problem, ridge, steps))

# %% tags=["hide-input"]
linear_ridge, linear_test = best_linear(problem)


curves_level = [
    Panel(
        f"{title} error",
        [
            Curve("any-step theory", (fine, every_step[e])),
            Curve("finite strength", (fine, finite_strength[e])),
            Curve(
                "simulated",
                None,
                (alphas, levels_seen[e].mean[1:], levels_seen[e].standard_error[1:]),
            ),
        ],
        baselines(fine, linear_test, problem.noise_variance) if e else {},
    )
    for e, title in enumerate(("Training", "Test"))
]
curves_gain = [
    Panel(
        f"Gain in {title} error, paired",
        [
            Curve("any-step theory", (fine, untrained[e] - every_step[e])),
            Curve("finite strength", (fine, untrained[e] - finite_strength[e])),
            Curve(
                "simulated", None, (alphas, paired[e].mean, paired[e].standard_error)
            ),
        ],
        {},
        ylabel="lower by",
    )
    for e, title in enumerate(("training", "test"))
]

# %% mystnb={"figure": {"caption": "The simulated staircase. Top: errors against $\\alpha = \\log\\eta/\\log n$, with the best linear model and the Bayes error. Bottom: the gain over the untrained network on the same draw. Solid: the any-step theory; dashed: finite strength. Points: simulation, mean over seeds with standard errors. Vertical lines: the exponents $0, \\frac14, \\frac13, \\frac38$.", "name": "fig-imp-simulated"}, "image": {"alt": "Four panels against alpha. Training and test error fall smoothly; the error bars of the levels are wide. In the lower panels the paired gains rise smoothly from zero through all marked exponents, with narrow error bars, along the any-step curve. No flat tread is visible."}}
against(
    [*curves_level, *curves_gain],
    r"$\alpha = \log\eta/\log n$",
    xscale="linear",
    marks=thresholds,
)

# %%
line_only = np.zeros((2, len(steps)))
if problem.target[1] != 0:  # all of the teacher but its linear part becomes noise
    labels = problem.target.second_moment + problem.noise_variance
    line = replace(
        problem,
        teacher=(0.0, problem.target[1]),
        noise_std=math.sqrt(max(labels - problem.target[1] ** 2, 0.0)),
    )
    line_only = np.subtract(
        np.array(errors(line, ridge, 0.0))[:, None], any_step.errors(line, ridge, steps)
    )
for e, (title, control) in enumerate(
    (
        ("training", ("nothing", 0.0)),
        ("test", ("only the linear part is learned", line_only[1])),
    )
):
    check_curve(
        f"The simulated staircase: paired gains in {title} error at {len(alphas)} steps",
        gains[e],
        untrained[e] - at_alphas[e],
        control=control,
        source="Improvement, the staircase in simulation",
        explain="With a linear teacher there is only one stair to see.",
    )


# %% [markdown]
# Claims about curves are those of [Errors](errors): the worst point and the average, where a measured 1 is what chance alone exceeds once in a thousand runs.
#
# The levels scatter widely: teachers of high degree have heavy tails. The gains do not. They grow smoothly from stair to stair, as {prf:ref}`prop-imp-rounding` says they must at this $n$, and the any-step theory follows them to the end. The finite-strength formula drops terms of relative order $\delta^2$, where
#
# ```{math}
# :label: eq-imp-tilt
# \delta = \frac{\eta\,|c_1|\,\|\beta\|}{\sqrt N} \;\to\; \frac{\|\eta\, c_1 a\beta^\top\|_F}{\|W_0\|_F}
# ```
#
# is the relative change of the first layer, {eq}`eq-err-tilt`. Towards $\alpha = \frac12$ these terms are what one sees.
#
# ## What is learned, degree by degree
#
# Errors are one number. What has the network *learned*? Measure the Hermite coefficients of its output along the teacher's own direction, $\hat c_k = \frac{1}{k!}\,\mathbb E\,[f(x)\, He_k(\beta_\star^\top x)]$, and compare them with the teacher's.
#
# ````{prf:proposition} Learned coefficients (ours)
# :label: prop-imp-learned
#
# Let $w = M^{-1}v$ as in {prf:ref}`thm-err-train`. Then
#
# ```{math}
# :label: eq-imp-learned
# \hat c_1 \to c_{\star,1} - \frac{m_2}{m_1}\big(c_{\star,1} - \rho\,(T^\top w)_1\big), \qquad \hat c_k \to \rho^k\,(T^\top w)_k \quad (k \ge 2).
# ```
# ````
#
# ````{dropdown} Proof
# By {prf:ref}`lem-err-loo` the prediction of row $i$ by the fit on all others is $\tilde y_i - (R\tilde y)_i/R_{ii}$, with $R_{ii} \to m_1$. Hence $\hat c_k = c_{\star,k} - \frac{1}{n\,k!\,m_1} He_k(\tilde X\beta_\star)^\top R\,\tilde y$. By Woodbury's identity $R\,\tilde y = R_0\,(\tilde y - \sum_j w_j P_j(t))$, with $R_0$ the resolvent of the
# untrained features. As $He_k(\tilde X\beta_\star)$ has inner product $k!\,\rho^k$ with $He_k(t)$ and none with other degrees, the quadratic form is $D_k\,(c_{\star,k} - \rho^k (T^\top w)_k)$, and $D_k = k!\,m_1$ except $D_1 = m_2$. $\square$
# ````

# %%
def learned_by(problem, seed, etas):
    """The same measured on one draw, for every step: (steps, 4)."""
    draw = sample.draw(problem, seed, n_test)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    H = (
        basis(draw.test.X @ draw.beta_star, 4)
        * np.sqrt([math.factorial(k) for k in range(5)])[:, None]
    )
    found = []
    for eta in etas:
        fit = path(
            network.features(problem, draw.ridge.X, draw.W0, step.matrix, eta),
            draw.ridge.y,
            ridge,
        )
        output = network.predict(
            problem, draw.test.X, draw.W0, step.matrix, eta, fit.coefficients[:, 0]
        )
        found.append(
            np.linalg.lstsq(H.T, output)[0][1:]
        )  # a regression has less scatter than n_test^-1 H output
    return found


shown = np.array(alphas)[::2]
known = np.array([learned_by(problem, s, [0.0, *n**shown]) for s in draws])
coefficients, untaught = over_seeds(known[:, 1:]), over_seeds(known[:, 0])
share = np.array([learned(problem, ridge, n**value, 4) for value in fine])

# %% tags=["hide-input"]
there = [k for k in range(1, 5) if problem.target[k] != 0]
by_degree = Plain(
    r"learned share $\hat c_k/c_{\star,k}$",
    [
        Curve(
            f"degree {k}",
            (fine, share[:, k - 1] / problem.target[k]),
            (
                shown,
                coefficients.mean[:, k - 1] / problem.target[k],
                coefficients.standard_error[:, k - 1] / abs(problem.target[k]),
            ),
        )
        for k in there
    ],
    legend="center left",
)

# %% mystnb={"figure": {"caption": "What the network has learned of each degree of the teacher, against $\\alpha$. Lines: {eq}`eq-imp-learned` at finite strength. Points: simulation, mean over seeds with standard errors. Vertical lines: the exponents $0, \\frac14, \\frac13, \\frac38$.", "name": "fig-imp-degrees"}, "image": {"alt": "Share of each Hermite coefficient learned, against alpha. Degree 1 starts well above zero and rises early. Degrees 2, 3 and 4 start at zero and rise one after the other, each to a lower height. Simulated points lie near the lines."}}
side_by_side(
    [by_degree],
    r"$\alpha = \log\eta/\log n$",
    marks=thresholds,
    mark_height=0.6,
    columns=1,
    height=3.4,
)

# %% tags=["remove-input"]
final = learned(problem, ridge, n ** shown[-1], 4)
rows = "\n".join(
    f"| {k} | {problem.target[k]:.2f} | {untaught.mean[k - 1]:.3f} ± {untaught.standard_error[k - 1]:.3f} | {coefficients.mean[-1, k - 1]:.3f} ± {coefficients.standard_error[-1, k - 1]:.3f} | {final[k - 1]:.3f} | {problem.target[k] * rho ** (2 * k):.3f} |"
    for k in range(1, 5)
)
Markdown(
    f"| degree $k$ | teacher's $c_{{\\star,k}}$ | learned without a step | learned at $\\alpha$ = {shown[-1]:g} | finite strength | $c_{{\\star,k}}\\,\\rho^{{2k}}$ |\n|---:|---:|---:|---:|---:|---:|\n{rows}"
)

# %% [markdown]
# The degrees wake up one after the other. Degree one is learned in part by the untrained network: that is all *it* can do. The last column of the table is what a perfect fit along $\beta$ would have. To the right of the figure, where $\delta$ is no longer small, finite strength is not exact: on the published page degrees three and four wake later than it says, and the network gives up a little of degree one.
# The claims are about the steps with $\delta^2 \le \frac1{10}$, take differences to the untrained network on the same draw, and allow for a share $\delta^2$ of the teacher's coefficient, the order of what is dropped.

# %%
check_curve(
    "The untrained network has learned nothing of the degrees 2 to 4",
    known[:, 0, 1:],
    0.0,
    control=("all of them", [problem.target[k] for k in (2, 3, 4)]),
    source="Improvement, proposition: learned coefficients",
)
dropped = (n**shown * problem.student[1] * geometry.beta_norm) ** 2 / N
small = np.flatnonzero(dropped <= 0.1)
for k in there if small.size else ():
    wrong = (
        ("nothing", 0.0)
        if k == 1
        else ("all that lies along beta", problem.target[k] * rho ** (2 * k))
    )
    new = [learned(problem, ridge, n ** shown[i], 4)[k - 1] for i in small]
    check_curve(
        f"Learned of degree {k} at {small.size} small steps, beyond what the untrained network knows",
        known[:, 1 + small, k - 1] - known[:, :1, k - 1],
        np.array(new) - learned(problem, ridge, 0.0, 4)[k - 1],
        allowed=dropped[small] * abs(problem.target[k]),
        control=wrong,
        source="Improvement, proposition: learned coefficients",
    )

# %% [markdown]
# ## Is the noise of the gradient really there?
#
# {prf:ref}`lem-imp-powers` changes a published formula, so it deserves an experiment of its own. Take a step with the true gradient $G$ and, on the same draw, one with its leading part $c_1 a\beta^\top$ only. A unit's mean over fresh inputs is $c_2 s_j^2(1 + \kappa)$ plus terms of higher order after the first step,
# $c_2 s_j^2$ after the second. So regress the units' means on $a_j^2$, in units of what the leading part should give. A moderate step, $\eta = n^{0.2}$, keeps the higher orders away.

# %%
loud = replace(problem, activation=contrast, d=2 * d)
predicted_kappa = limit_geometry(loud).lengthening


def slopes(problem, seed, eta):
    """Slope of the units' mean features against a^2, over c_2 (eta c_1 |beta|)^2: true step, leading part; row lengths."""
    draw = sample.draw(problem, seed, 1)
    step, square = network.gradient(problem, draw.W0, draw.a, draw.gradient), draw.a**2
    leading = problem.student[1] * np.outer(draw.a, step.direction)
    unit = (
        (eta * problem.student[1] * np.linalg.norm(step.direction)) ** 2
        * problem.student[2]
        * (square @ square)
    )
    mean = [
        network.features(problem, draw.ridge.X, draw.W0, G, eta).mean(axis=0)
        for G in (0 * leading, leading, step.matrix)
    ]
    return (
        (mean[2] - mean[0]) @ square / unit,
        (mean[1] - mean[0]) @ square / unit,
        np.sum((step.matrix - leading) ** 2) / np.sum(leading**2),
    )


if loud.student[2] != 0:
    true, rank_one, lengths = np.transpose(
        [slopes(loud, s, loud.step(0.2)) for s in draws]
    )
    mean_square = 1 + loud.student[1] ** 2 / loud.student.slope_variance
    for name, values, control in (
        (
            "The noise of the gradient lengthens its rows by kappa",
            lengths,
            ("the slope's mean square for its variance", predicted_kappa * mean_square),
        ),
        (
            "The noise of the gradient adds kappa to the even spike (paired difference of slopes)",
            true - rank_one,
            ("the spike is t^2", 0.0),
        ),
    ):
        average = over_seeds(values)
        claims.check(
            name,
            measured=average.mean,
            predicted=predicted_kappa,
            standard_error=average.standard_error,
            tolerance=chance(seeds) * average.standard_error,
            source="Improvement, lemma: powers in noise",
            control=control,
        )

# %% tags=["remove-input"]
Markdown(
    f"With {contrast} and {loud.d} inputs the slope is {over_seeds(rank_one):.3f} after the rank-one step and **{over_seeds(true):.3f}** after the true one; predicted are 1 and $1 + \\kappa$ = {1 + predicted_kappa:.3f}. "
    f"For this network the second stair is {3 / (2 + (1 + predicted_kappa) ** 2):.0%} of the one for $\\kappa = 0$."
    if loud.student[2] != 0
    else f"{contrast} has no even part of degree two, and nothing to compare."
)

# %% [markdown]
# A larger gradient batch makes $\kappa$ small, {eq}`eq-imp-kappa`, and $\rho$ large at the same time.
#
# ## Where a step is worth it
#
# Now the map. A fair comparison gives each network its own best penalty, and counts the *relative* gain
#
# $$
# g = 1 - \frac{\min_\lambda \mathcal L_{\rm te}(F)}{\min_\lambda \mathcal L_{\rm te}(F_0)} .
# $$
#
# We vary the shape of the data and the network, $\phi = d/n$ and $\psi = d/N$, and then the label noise and the quadratic part of the teacher. The discs are simulations, in the colour of what was measured.

# %%
half = problem.resized(n // 2)  # these experiments are many
grid = np.geomspace(1e-4, 30, 25)


def finite(problem, ridge, eta):
    """Errors at finite strength, the noise of the gradient included."""
    return errors(problem, ridge, eta)


def tuned(problem, etas, theory=any_step.errors):
    """The best penalty on the grid for every step, and the test error there: (penalties, errors)."""
    table = theory(problem, grid[:, None], np.asarray(etas))[1]
    return grid[np.argmin(table, axis=0)], np.min(table, axis=0)


def predicted_gain(problem, theory=any_step.errors):
    without, after = tuned(problem, [0.0, problem.step(alpha)], theory)[1]
    return 1 - after / without


def structured(problem, ridge, etas, geometry=None):
    """Test errors with the noise of the gradient as it is, correlated between units; the same as isotropic if c_2 = 0."""
    kinds = [
        "structured" if problem.student[2] != 0 and eta > 0 else "isotropic"
        for eta in etas
    ]
    return np.array(
        [
            any_step.errors(problem, *point, geometry, noise=kind)[1]
            for *point, kind in zip(ridge, etas, kinds, strict=True)
        ]
    )


def simulated_gain(problem):
    """Relative gain, every draw's and from the structured equivalent, each network at the penalty that theory calls best."""
    etas = [0.0, problem.step(alpha)]
    chosen = tuned(problem, etas)[0]
    test = run_many(problem, etas, chosen, draws, n_test=n_test).values("test_error")
    without, after = structured(problem, chosen, etas)
    return 1 - test[:, 1, 1] / test[:, 0, 0], 1 - after / without


def shaped(phi, psi):
    return replace(half, d=round(phi * half.n), N=round(phi * half.n / psi))


def taught(noise, second):
    return replace(half, noise_std=noise, teacher=(0.0, 1.0, second))


phis, psis = np.geomspace(0.1, 1.0, 13), np.geomspace(0.2, 1.5, 13)
noises, seconds = np.linspace(0.25, 2.0, 13), np.linspace(0.0, 1.5, 13)
cuts = {
    r"$\phi = d/n$": (
        lambda x: shaped(x, problem.psi),
        np.geomspace(0.1, 1.0, 7),
        [0.1, 0.25, 0.5, 1.0],
    ),
    r"$\psi = d/N$": (
        lambda x: shaped(problem.phi, x),
        np.geomspace(0.2, 1.5, 7),
        [0.2, 0.4, 0.75, 1.5],
    ),
    r"label noise $\sigma_\varepsilon$": (
        lambda x: taught(x, 0.5),
        np.linspace(0.25, 2, 7),
        [0.25, 0.5, 1.0, 2.0],
    ),
    r"quadratic part $c_{\star,2}$": (
        lambda x: taught(noise_std, x),
        np.linspace(0, 1.5, 7),
        [0.0, 0.5, 1.0, 1.5],
    ),
}
by_shape = np.array(
    [[predicted_gain(shaped(phi, psi), finite) for phi in phis] for psi in psis]
)
by_teacher = np.array(
    [
        [predicted_gain(taught(noise, second), finite) for noise in noises]
        for second in seconds
    ]
)
at_spots = {
    name: [simulated_gain(make(x)) for x in places]
    for name, (make, _, places) in cuts.items()
}
drawn_gains = {
    name: np.transpose([values for values, _ in found])
    for name, found in at_spots.items()
}
spots = {name: over_seeds(values) for name, values in drawn_gains.items()}
along_cut = {
    name: [predicted_gain(make(x)) for x in xs] for name, (make, xs, _) in cuts.items()
}

# %% tags=["hide-input"]
names = list(cuts)


def discs(first, second, fixed):
    """Two cuts as spots on one map: the first runs along x at y = fixed[1], the second along y at x = fixed[0]."""
    x = [*cuts[first][2], *(fixed[0] for _ in cuts[second][2])]
    y = [*(fixed[1] for _ in cuts[first][2]), *cuts[second][2]]
    return x, y, [*spots[first].mean, *spots[second].mean]


both_maps = [
    Map(
        "Shape",
        names[0],
        names[1],
        phis,
        psis,
        by_shape,
        discs(names[0], names[1], (problem.phi, problem.psi)),
        "log",
        "log",
    ),
    Map(
        "Labels",
        names[2],
        names[3],
        noises,
        seconds,
        by_teacher,
        discs(names[2], names[3], (noise_std, 0.5)),
    ),
]
panels_of_cuts = [
    Plain(
        "relative gain $g$" if k % 2 == 0 else "",
        [
            Curve("isotropic noise", (xs, along_cut[name])),
            Curve("structured noise", (places, [value for _, value in at_spots[name]])),
            Curve(
                "simulated",
                None,
                (places, spots[name].mean, spots[name].standard_error),
            ),
        ],
        title=name,
        legend="best" if k == 0 else None,
    )
    for k, (name, (_, xs, places)) in enumerate(cuts.items())
]

# %% mystnb={"figure": {"caption": "Relative test improvement $g$ of one step, each network at its own best penalty. Left: over $d/n$ and $d/N$, for the teacher of this page. Right: over the label noise and the quadratic part of a teacher $He_1 + c_{\\star,2}He_2$. Colour: finite strength. Discs: simulation at half the sizes of the page, mean over seeds.", "name": "fig-imp-maps"}, "image": {"alt": "Two colour maps with contour lines. On the left the gain is largest for small d over n and falls towards large d over n. On the right it falls with the label noise and changes with the quadratic part. Simulated discs have nearly the colour of the map around them."}}
maps(both_maps, "relative gain $g$", levels=np.arange(0.0, 0.6, 0.05))

# %% mystnb={"figure": {"caption": "The cuts through {numref}`fig-imp-maps` on which the discs lie. Solid: the any-step theory with isotropic noise in the gradient; dashed: with the noise as it is, computed at the points. Points: simulation, mean over seeds with standard errors.", "name": "fig-imp-cuts"}, "image": {"alt": "Four panels of the relative gain, against d over n, d over N, the label noise and the quadratic coefficient, each with a line and four simulated points with error bars near it."}}
side_by_side(panels_of_cuts, "", height=2.5)

# %%
for name, values in drawn_gains.items():
    plain = name.replace("$", "").replace("\\", "")
    check_curve(
        f"Relative test improvement at {len(at_spots[name])} spots along {plain}",
        values,
        [predicted for _, predicted in at_spots[name]],
        control=("no improvement", 0.0),
        source="Improvement, maps",
    )

# %% [markdown]
# Three things to read off. Data matter most: with few dimensions per row the direction is good, $\rho \to 1$, and the gain is large. Label noise costs twice, in $\rho$ and because it cannot be learned away. And a *smaller* network gains more: a wide one has more random features, and a step of the same size weighs less against them.

# %% tags=["remove-input"]
quadratic_part = names[3]
Markdown(
    "The last panel has two theories. At $c_{\\star,2}$ = "
    f"{cuts[quadratic_part][2][-1]:g} isotropic noise "
    f"in the gradient predicts a gain of {along_cut[quadratic_part][-1]:.3f}, the noise as it is "
    f"{at_spots[quadratic_part][-1][1]:.3f}; measured is "
    f"{spots[quadratic_part].mean[-1]:.3f} ± {spots[quadratic_part].standard_error[-1]:.3f}."
)

# %% [markdown]
# Why should they differ? The noise is not isotropic when $c_2 \ne 0$: row $j$ contains $2c_2 a_j\, \big(\frac1n\sum_i y_i x_ix_i^\top\big) w_j$, the same matrix for all units, whose mean is $2c_{\star,2}\,\beta_\star\beta_\star^\top$ for
# a centred teacher: *the noise points at the teacher*. In the proportional limit below $\sqrt n$ this is forgotten. The any-step theory with `noise="structured"` keeps it. The difference is of the size of this page's error bars, and its claims do not decide; [From lazy to maximal](lazy_to_maximal) does, at larger steps.
#
# ## A penalty for each step
#
# A network that has learned features needs another penalty. The runs of {numref}`fig-imp-simulated` were fitted with the penalty that theory calls best at their step, too.

# %%
retuned = runs.values("test_error")[
    :, np.arange(len(steps) + 1), np.arange(1, len(steps) + 2)
]
at_best = over_seeds(retuned)
fair, unfair = (
    over_seeds(retuned[:, :1] - retuned),
    over_seeds(
        runs.values("test_error")[:, :1, 0] - runs.values("test_error")[:, :, 0]
    ),
)
tuned_error = tuned(problem, [0.0, *n ** fine[::3]])[1]
best_predicted = np.array(
    [
        any_step.errors(problem, value, eta)[1]
        for (value, _), eta in zip(best, (0.0, *steps), strict=True)
    ]
)

# %% tags=["hide-input"]
penalty_panels = [
    Plain(
        "best penalty",
        [
            Curve("with the step", (alphas, penalties[2:])),
            Curve("without a step", level(fine, penalties[1])),
        ],
        ylim=(0.0, None),
        title="Penalty",
        legend="best",
    ),
    Plain(
        "test error",
        [
            Curve(
                "best penalty",
                (fine[::3], tuned_error[1:]),
                (alphas, at_best.mean[1:], at_best.standard_error[1:]),
            ),
            Curve(
                f"λ = {ridge:g}",
                (fine, every_step[1]),
                (alphas, levels_seen[1].mean[1:], levels_seen[1].standard_error[1:]),
            ),
            Curve("no step, best penalty", level(fine, tuned_error[0])),
            Curve("best linear model", level(fine, linear_test)),
        ],
        title="Test error",
        ylim=(0.55 * tuned_error.min(), None),
        legend="lower left",
    ),
]

# %% mystnb={"figure": {"caption": "Left: the best penalty against $\\alpha$, at finite strength. Right: test error at the best penalty and at a fixed one. Lines: the any-step theory. Points: simulation, mean over seeds with standard errors.", "name": "fig-imp-penalty"}, "image": {"alt": "Left, the best penalty with the step changes with alpha and differs from the constant best penalty without. Right, two falling curves of test error, the one at the best penalty below the one at a fixed penalty, with simulated points."}}
side_by_side(penalty_panels, r"$\alpha = \log\eta/\log n$", height=3.3)

# %%
check_curve(
    f"Gain in test error at {len(alphas)} steps, each at its own best penalty",
    retuned[:, :1] - retuned[:, 1:],
    best_predicted[0] - best_predicted[1:],
    control=("nothing", 0.0),
    source="Improvement, a penalty for each step",
)
excess = over_seeds(
    (
        runs.values("test_error")[:, :1, 0]
        - runs.values("test_error")[:, 1:, 0]
        - (retuned[:, :1] - retuned[:, 1:])
    )[:, -1]
)
Markdown(
    f"At the largest step the test error falls by {unfair.mean[-1]:.3f} at the fixed penalty, and by {fair.mean[-1]:.3f} when both networks have their best one. The first number minus the second, {excess:.3f}, is not learning but tuning. "
    f"The best penalty itself goes from {penalties[1]:.3g} without a step to {penalties[-1]:.3g}."
)


# %% [markdown]
# ## Activations, and how large a step
#
# Activations differ in scale, so comparing them at equal $\eta$ or $\alpha$ means little. The relative change of the weights, $\delta$ of {eq}`eq-imp-tilt`, is a fair unit: at $\delta = 1$ the step moves a typical weight vector by its own length. The teacher of this comparison is $He_1 + \frac12 He_2$, whose labels scatter less.

# %%
def by_tilt(problem, tilts):
    """The steps that change the first layer by the given relative amounts."""
    return (
        np.asarray(tilts)
        * math.sqrt(problem.N)
        / (abs(problem.student[1]) * limit_geometry(problem).beta_norm)
    )


simple = taught(noise_std, 0.5)
compared = {name: replace(simple, activation=name) for name in activations}
smooth = np.geomspace(tilts[0] / 2, tilts[-1], 11)
theory_by_name, simulated_by_name = {}, {}
for name, each in compared.items():
    etas = [0.0, *by_tilt(each, tilts)]
    chosen = tuned(each, etas)[0]
    test = run_many(each, etas, chosen, draws, n_test=n_test).values("test_error")
    at_tilts = structured(each, chosen, etas)
    simulated_by_name[name] = (
        test[:, np.arange(len(etas)), np.arange(len(etas))],
        at_tilts,
    )
    # structured noise takes its time: where it matters, the line is drawn through the simulated steps
    isotropic = each.student[2] == 0
    line = tuned(each, [0.0, *by_tilt(each, smooth)])[1] if isotropic else at_tilts
    theory_by_name[name] = smooth if isotropic else np.array(tilts), line


# %% tags=["hide-input"]
def gain_by_tilt(name):
    """Predicted and measured gain of one activation over its own untrained network."""
    (x, line), (values, _) = theory_by_name[name], simulated_by_name[name]
    average = over_seeds(values[:, :1] - values[:, 1:])
    return Curve(
        name, (x, line[0] - line[1:]), (tilts, average.mean, average.standard_error)
    )


gains_by_tilt = [
    Plain(
        "gain in test error",
        [gain_by_tilt(name) for name in activations],
        legend="upper left",
    )
]

# %% mystnb={"figure": {"caption": "Gain in test error over the untrained network of the same activation, for the teacher $He_1 + \\frac12 He_2$, each at its best penalty, against the relative change $\\delta$ of the first layer. Lines: the any-step theory, with structured noise where $c_2 \\ne 0$ (computed at the points). Points: simulation at half the sizes of the page, mean of paired differences with standard errors.", "name": "fig-imp-activations"}, "image": {"alt": "Gain in test error against the relative change of the weights on a logarithmic axis, one curve per activation. All rise from zero, reach a maximum or level off when the change is of order one, and some fall beyond it."}}
side_by_side(
    gains_by_tilt,
    r"$\delta$, relative change of the first layer",
    xscale="log",
    columns=1,
    height=3.9,
)

# %% tags=["remove-input"]
rows = []
for name in activations:
    each, (values, _) = compared[name], simulated_by_name[name]
    x, curve = theory_by_name[name]
    top = int(np.argmin(curve[1:]))
    orders = ", ".join(str(k) for k in range(1, 5) if each.student[k] != 0)
    simulated_best = int(np.argmin(values.mean(axis=0)[1:]))
    rows.append(
        f"| {name} | {orders} | {curve[0]:.3f} | {curve[1 + top]:.3f} | {x[top]:.2g} | {math.log(by_tilt(each, x[top])) / math.log(each.n):.2f} | {tilts[simulated_best]:g} | {over_seeds(values[:, 1 + simulated_best]):.3f} |"
    )
Markdown(
    "| activation | orders up to 4 | test error, no step | best step | at $\\delta$ | that is $\\alpha$ | simulated: best $\\delta$ | test error there |\n|---|---|---:|---:|---:|---:|---:|---:|\n"
    + "\n".join(rows)
    + f"\n\nFor these sizes the best linear model has {best_linear(simple)[1]:.3f} and the Bayes error is {simple.noise_variance:.3f}."
)

# %%
for name in activations:
    values, predicted = simulated_by_name[name]
    check_curve(
        f"Gain of {name} at {len(tilts)} values of delta, each at its best penalty",
        values[:, :1] - values[:, 1:],
        predicted[0] - predicted[1:],
        control=("nothing", 0.0),
        source="Improvement, activations",
    )

# %% [markdown]
# ## Teachers that one step cannot see
#
# The first nonzero degree of the teacher is its *information exponent* {cite}`BenArous2021`. All gains carry a power of $\rho = c_{\star,1}/\|\beta\|$. If the exponent is two or more, $c_{\star,1} = 0$ and **every stair has height zero**, for every step below $\sqrt n$: the gradient points nowhere. What is left is the damage that a tilt in
# a random direction does.

# %%
blind = {
    "exponent 2": replace(half, teacher=(0.0, 0.0, 1.0)),
    "exponent 3": replace(half, teacher=(0.0, 0.0, 0.0, 0.5)),
    "exponent 1, for comparison": replace(half, teacher=(0.0, 1.0, 0.5)),
}
some = np.array([value for value in alphas if value >= 0])[::2]
blind_gain, cosines = {}, {}
for name, each in blind.items():
    etas = [0.0, *each.n**some]
    seen = run_many(each, etas, ridge, draws, n_test=n_test)
    label = each.target.second_moment + each.noise_variance
    cosines[name] = over_seeds(seen.values("cosine") ** 2)
    # at these sizes rho is not the zero of the limit
    geometry_seen = Geometry(
        limit_geometry(each).beta_norm, math.sqrt(cosines[name].mean)
    )
    test = seen.values("test_error")[:, :, 0] / label
    line = structured(each, [ridge] * len(etas), etas, geometry_seen) / label
    blind_gain[name] = test[:, :1] - test[:, 1:], line[0] - line[1:]

# %% tags=["hide-input"]
blind_panel = Plain(
    r"gain in test error, over $\mathbb{E}y^2$",
    [
        Curve(
            name,
            (some, line),
            (some, over_seeds(values).mean, over_seeds(values).standard_error),
        )
        for name, (values, line) in blind_gain.items()
    ],
    legend="upper left",
)

# %% mystnb={"figure": {"caption": "Gain in test error for teachers whose lowest degree is two or three, and for one with a linear part, in units of the labels' mean square. Lines: the any-step theory with structured noise, computed at the points, with the $\\rho$ of the draws. Points: simulation at half the sizes of the page, mean of paired differences with standard errors.", "name": "fig-imp-blind"}, "image": {"alt": "Gain against alpha. The teacher with a linear part gains more and more. The gains of the teachers with exponents two and three stay near zero and go slightly below it for large alpha."}}
side_by_side([blind_panel], r"$\alpha = \log\eta/\log n$", columns=1, height=3.2)

# %%
seeing = [*blind][-1]
best_seen = over_seeds(blind_gain[seeing][0])
for name in [*blind][:-1]:
    values, predicted = blind_gain[name]
    check_curve(
        f"A teacher with information {name}: what {len(some)} steps change, with the rho of the draws",
        values,
        predicted,
        control=("a linear part", blind_gain[seeing][1]),
        source="Improvement, teachers that one step cannot see",
    )
    average = over_seeds(values)
    claims.check(
        f"A teacher with information {name}: the largest gain is no gain (in standard errors)",
        measured=np.max(average.mean / average.standard_error),
        predicted=0.0,
        tolerance=chance(seeds, 0.001 / len(some)),
        source="Improvement, theorem: every stair",
        kind="at most",
        control=(
            "a linear part",
            np.max(best_seen.mean / best_seen.standard_error),
        ),
    )

# %% tags=["remove-input"]
Markdown(
    "The direction is not quite random at these sizes: $\\rho^2$ is "
    + ", ".join(
        f"{value:.3f} (information {name})" for name, value in list(cosines.items())[:2]
    )
    + " in these draws, where the limit is 0. The lines of the figure use it."
)

# %% [markdown]
# One exception: a *constant*. If $c_{\star,0} \ne 0$ and $c_2 \ne 0$, the spikes offer the constant that the network otherwise lacks ({prf:ref}`rem-imp-drift`), and the error falls although nothing of the teacher's shape was learned. Subtract the mean of the labels before you judge a step.
#
# ## Advice
#
# For someone who would like to take one large step:
#
# * **Is it worth it?** The gain is governed by $\rho^2 = c_{\star,1}^2/\big(c_{\star,1}^2 + \frac{d}{n_{\rm grad}}\,\mathbb E y^2\big)$. If the labels have no linear part, do not bother. If $d/n$ or the noise is large, spend data on the gradient first: degree $k$ gains like $\rho^{2k}$.
# * **How large?** Exponents are for infinite $n$. At a given size choose $\eta$ by the relative change of the first layer, {eq}`eq-imp-tilt`: $\delta$ near one, or somewhat less for odd activations: the region of the flat tops of {numref}`fig-imp-activations`. The axis there is logarithmic, so a factor of two either way matters little.
# * **When does it hurt?** On the plateaus, that is for $\eta = n^\alpha$ with $\alpha < \frac12$ and $n \to \infty$, never ({prf:ref}`cor-imp-two`). At finite sizes when $\delta > 1$ and the direction is poor: the tilt then costs random features and buys little.
# * **Tune the penalty again** after the step, {numref}`fig-imp-penalty`; and judge the step against a tuned network without it. At one fixed penalty, learning and tuning are mixed.
# * **Activations**: choose one with an even part if the teacher may have one. Odd activations have no even stairs at all.
#
# ## Where it breaks
#
# * *Finite $n$.* The stairs are a statement about $n \to \infty$, and {prf:ref}`prop-imp-rounding` says how far away that is. Use the any-step theory for predictions at your size.
# * *A constant in the teacher* together with $c_2 \ne 0$ changes the rows of $W$ by a part along themselves, of the order of $\eta$: {prf:ref}`lem-imp-powers` does not contain it.
# * *A constant second layer.* All spikes share one right singular vector then, and {prf:ref}`thm-imp-all` does not apply: there is one stair only.
# * *Activations that lack a coefficient.* A missing odd order breaks the assumption $c_1, \dots, c_l \ne 0$ of the closed form; `plateau` handles it.

# %% tags=["remove-input"]
record(
    kappa=kappa,
    rho=rho,
    stairs_test=[float(value) for value in stairs[:, 1]],
    gain_test=paired[1].mean[-1],
    gain_test_standard_error=paired[1].standard_error[-1],
    gain_at_best_penalty=fair.mean[-1],
    slope_with_noise=over_seeds(true).mean if loud.student[2] != 0 else None,
)


# %% [markdown]
# ## Exercises
#
# ````{exercise-start} How much of the quadratic part?
# :label: ex-imp-two-thirds
# ````
#
# With two spikes and no noise in the gradient, the network learns two thirds of the quadratic part along $\beta$. How much with four spikes, six, and all? Where does the rest go?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-two-thirds
# :class: dropdown
# ````
#
# For a quadratic teacher $h_m = -c_{\star,2}\rho^2$ for every $m \ge 1$, and at $\kappa = 0$ the sum in {eq}`eq-imp-hw` is $w_m = (2m+1)\binom{2m}{m}4^{-m}$. The learned share is $1 - \frac{1}{2w_m}$. As $w_m \sim 2\sqrt{m/\pi}$ the loss goes to zero, slowly: higher even powers help to write the missing constant.

# %%
def loss(m):
    """The share of the quadratic part that 2m spikes leave."""
    return 4**m / (2 * (2 * m + 1) * math.comb(2 * m, m))


quadratic = replace(problem, teacher=(0.0, 1.0, 0.5))
still = published_geometry(quadratic)
full = 2 * quadratic.target[2] ** 2 * still.cosine**4 * ridge * traces(quadratic, ridge).m1
for m in (1, 2, 3):
    claims.check(
        f"Share of the quadratic part that {2 * m} spikes leave, without noise in the gradient",
        measured=1
        - (
            plateau(quadratic, ridge, 1, still)[0]
            - plateau(quadratic, ridge, 2 * m, still)[0]
        )
        / full,
        predicted=loss(m),
        tolerance=1e-8,
        control=(f"{2 * m + 2} spikes", loss(m + 1)),
        source="Improvement, exercise: how much of the quadratic part",
        explain="Needs an activation whose coefficients up to this order are not zero.",
    )
Markdown(
    "Left over: "
    + ", ".join(f"{loss(m):.3f} with {2 * m} spikes" for m in (1, 2, 3, 10))
    + "."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Rows for the gradient
# :label: ex-imp-rows
# ````
#
# You have $2n$ rows. How should you divide them between the gradient and the ridge regression?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-rows
# :class: dropdown
# ````
#
# Predict the test error for each split. The rows of the gradient improve $\rho$ and lower $\kappa$; those of the regression lower everything else.

# %%
splits = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
split_errors = []
for part in splits:
    share_of = replace(
        problem, n=round(2 * n * (1 - part)), n_gradient=round(2 * n * part)
    )
    split_errors.append(tuned(share_of, [problem.step(alpha)])[1][0])
best_split = splits[int(np.argmin(split_errors))]
Markdown(
    ", ".join(
        f"{part:.0%} for the gradient: {value:.3f}"
        for part, value in zip(splits, split_errors, strict=True)
    )
    + f". Best of these: {best_split:.0%}."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
