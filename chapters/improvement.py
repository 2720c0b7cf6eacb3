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
# **The result of this chapter.**
# Plotted against the exponent $\alpha$ of the step $\eta = n^\alpha$, the gain in error is a staircase, and every stair has a closed form.
#
# ```{strip}
# :level: graduate course
# :needs: the two formulas of [Errors](errors), the thresholds of [Growing step](many_spikes), and $\kappa$ of [Setup](setup)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 100]
d = 250  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
frequency = 0.7  # the activation is sin(frequency z + phase) [> 0, <= 2]
phase = 0.785  # strictly between 0 and pi/2 all orders have a spike [>= 0, <= 1.5]
teacher = [0.0, 1.0, 0.5, 0.2, 0.05]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
ridge = 0.1  # ridge penalty where it is not tuned [> 0]
alphas = [0.0, 0.1, 0.2, 0.29, 0.35, 0.4, 0.45, 0.5]  # step exponents [>= -0.5, <= 0.5]
decades = [3, 6, 12]  # log10 of n in the first figure [>= 2, <= 15]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 12  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from scipy.special import comb, factorial

from onestep import Problem, theory
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.hermite import basis
from onestep.links import sine
from onestep.simulation import OneStep
from onestep.theory import any_step, learned, plateau, traces

alphas, decades = sorted(alphas), sorted(decades)
network = {"activation": sine(frequency, phase), "noise_std": noise_std}
problem = Problem(n=n, d=d, N=N, teacher=teacher, **network)
steps = np.array([problem.step(alpha) for alpha in alphas])
geometry = theory.limit_geometry(problem)
kappa, rho = geometry.lengthening, geometry.cosine
c = np.array([problem.target[k] for k in range(5)])
levels = np.array([plateau(problem, ridge, degree) for degree in range(5)])
sides = (0, "training"), (1, "test")
along = r"$\alpha = \log\eta/\log n$"
names = "0", "1/4", "1/3", ""
thresholds = dict(zip(names, theory.critical_exponents(4), strict=True))

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Both errors against $\\alpha$ for growing $n$. Curves: the theory for every step size. Horizontal lines: the plateaus of {prf:ref}`thm-imp-all`. Vertical lines: the exponents $0, \\frac14, \\frac13, \\frac38$. Theory only: nobody can draw matrices of $10^{12}$ rows.", "name": "fig-imp-sharp"}, "image": {"alt": "Two panels with three falling curves each. At n of a thousand the curve is a smooth slope, at a million it has bends, and at ten to the twelve it is a staircase with flat treads on the dashed lines."}}
dense = np.linspace(-0.1, 0.45, 80)
sharp = {
    f"$n = 10^{{{k}}}$": any_step.errors(
        problem.resized(10**k), ridge, 10.0 ** (k * dense)
    )
    for k in decades
}
parts = []
for e, title in sides:
    lines = [Curve(name, (dense, errors[e])) for name, errors in sharp.items()]
    heights = dict(zip(("degree 0", "1", "2", "3", "4"), levels[:, e], strict=True))
    parts.append(
        CurvePanel(f"{title} error", lines, levels=heights, legend="center left")
    )
side_by_side(parts, along, marks=thresholds, mark_height=0.03, height=3.6)


# %% [markdown]
# In {numref}`fig-imp-sharp` the network learns one more degree of the teacher at each of the exponents $\frac{k-1}{2k}$.
# Between them nothing happens.
# This chapter computes the height of every stair.
# It says what each stair is made of, which is not always the degree that gives it its name.
# Then it measures the stairs at sizes that one can simulate, where they are a slope.
#
# ## Regressors for free, along a direction that is nearly right
#
# [Errors](errors) showed that a step adds the regressors $P_1(t), P_2(t), \dots$ to the ridge regression.
# Here $t = \beta^\top x/\|\beta\|$ is the input along the direction that the step has found.
# Each regressor has a price, and the price of $P_k$ falls to zero as $\alpha$ passes $\frac{k-1}{2k}$.
# So on the $l$-th tread of the staircase the first $l$ regressors are free and all others are still too expensive.
# What the network gains there is what $l$ free regressors explain.
#
# Two things limit that gain.
#
# * *The direction is not exact.*
#   It has the cosine $\rho = c_{\star,1}/\|\beta\|$ with the teacher's direction.
#   Of the degree-$k$ part of the teacher, the share $\rho^{2k}$ of the variance depends on $t$ alone; the rest is out of reach.
# * *There is no free constant.*
#   The even regressors are $P_2 = t^2 + \kappa$ and so on.
#   Each of them brings a constant that the teacher does not have.
#   Something has to be paid for it.
#
# The second limit makes the even stairs interesting.
#
# ### By hand: a quadratic teacher
#
# Let the part of the teacher along $\beta$ be $b\,He_2(t) = b\,(t^2 - 1)$, and let $P_2 = t^2 + \kappa$ be free.
# In Hermite polynomials $P_2 = He_2(t) + (1 + \kappa)$.
# How much of $b\,He_2$ can a multiple of $P_2$ explain?
# The inner product of the two functions is $2b$, and $P_2$ has the squared length $2 + (1+\kappa)^2$.
# The projection has the squared length
#
# ```{math}
# :label: eq-imp-hand
# \frac{(2b)^2}{2 + (1+\kappa)^2} = 2b^2 \cdot \frac{2}{2 + (1+\kappa)^2} .
# ```
#
# For $\kappa = 0$ that is two thirds of the variance $2b^2$.
# For $\kappa = 1$ it is one third.
# The missing part is the price of the constant.
#
# Now let $P_4$ be free as well.
# The teacher has no degree four, yet $P_4$ helps: a combination of $P_2$ and $P_4$ has a smaller constant for the same amount of $He_2$.
# So the step at $\alpha = \frac38$ *finishes degree two*, a little further.
# {prf:ref}`thm-imp-all` below contains this effect.
#
# ## Every stair
#
# The paper has the first two stairs.
#
# ````{prf:theorem} The first two stairs
# :label: thm-imp-stairs
#
# Let $c_{\star,0} = 0$.
# In the proportional limit, with $\eta = n^\alpha$, the step lowers the training error by
#
# ```{math}
# :label: eq-imp-one
# \mathcal L_{\rm tr}(F_0) - \mathcal L_{\rm tr}(F) \;\to\; \lambda\, \frac{c_{\star,1}^4}{\|\beta\|^2}\; m_2 \qquad (0 < \alpha < \tfrac14),
# ```
#
# and for $\frac14 < \alpha < \frac13$, when $c_2 \ne 0$ and the noise of the gradient is neglected, by a further
#
# ```{math}
# :label: eq-imp-two
# \lambda\,\frac{4\,c_{\star,1}^4\, c_{\star,2}^2}{3\,\|\beta\|^4}\; m_1 .
# ```
# ````
#
# Both formulas are those of {cite:t}`Moniri2024`, in the version of ICML 2024.
# In terms of $\rho$ they are $\lambda m_2\, c_{\star,1}^2\rho^2$, all of the linear part along $\beta$, and $\lambda m_1 \cdot \frac23 \cdot 2c_{\star,2}^2\rho^4$: the two thirds of {eq}`eq-imp-hand` at $\kappa = 0$.
# But {prf:ref}`prop-longer-rows` says that the gradient's noise lengthens the rows, so $\kappa$ of {eq}`eq-kappa` is not zero, however large $n$ is.
# The odd regressors do not care: $P_1, P_3, \dots$ span the same polynomials as $t, t^3, \dots$.
# The even ones do.
#
# ````{prf:result} Every stair (ours)
# :label: thm-imp-all
#
# Let $c_{\star,0} = 0$, let $c_1, \dots, c_l \ne 0$, let the second layer be Gaussian, and let the equivalent of [Errors](errors) hold.
# For $\frac{l-1}{2l} < \alpha < \frac{l}{2l+2}$
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
# *Idea of the proof.*
# Free regressors make {eq}`eq-err-train` a least-squares problem: project the teacher on $P_1, \dots, P_l$.
# Odd polynomials are all there, so nothing is lost.
# The even regressors $P_2, \dots, P_{2m}$ span all even polynomials of degree up to $2m$ but one dimension.
# That dimension is the constant that nobody pays for, and $h^2/w$ is what it costs.
#
# ````{dropdown} Proof
# At zero prices the gain is the squared length of the projection of $\sum_j c_{\star,j}\rho^j He_j$ on the span of $P_1, \dots, P_l$, in the inner product in which $He_j$ has square length $D_j$ ($D_1 = m_2$, and $D_j = j!\,m_1$ otherwise).
# Odd and even polynomials are orthogonal.
#
# *Odd.*
# The $P_k$, $k \le l$ odd, span all odd polynomials of degree up to $l$.
# The projection keeps everything: $D_1 c_{\star,1}^2\rho^2 + \sum_{k \ge 3} D_k\, c_{\star,k}^2\rho^{2k}$.
#
# *Even.*
# Let $L$ be the linear functional $L p = \mathbb E\, p(i\sqrt\kappa\, g)$, $g \sim \mathcal N(0,1)$.
# As $L e^{xt} = e^{-\kappa x^2/2}$, we have $L\,\mathbb E_g e^{x(t + \sqrt\kappa g)} = 1$, that is $L P_k = 0$ for $k \ge 1$.
# By dimension the span of $P_2, \dots, P_{2m}$ is the kernel of $L$ among the even polynomials of degree up to $2m$.
# The squared distance of a function $f$ from the kernel of a functional is $(Lf)^2/\|L\|^2$.
# From $L e^{xt - x^2/2} = e^{-(1+\kappa)x^2/2}$ one reads off $L He_{2i} = \frac{(2i)!}{i!}\big(-\frac{1+\kappa}2\big)^i$.
# Hence $Lf = h_m$ and $\|L\|^2 = \sum_i (L He_{2i})^2/D_{2i} = w_m/m_1$.
#
# *Test error.*
# By {eq}`eq-err-test`, divide by $\lambda$, differentiate and multiply by $-1/m_1^2$; the coefficients of $m_1$ and $m_2$ do not depend on $\lambda$.
# $\square$
# ````
#
# ````{prf:corollary} Stairs one by one
# :label: cor-imp-two
#
# The second stair is $\lambda m_1\,\dfrac{4\,c_{\star,2}^2\rho^4}{2 + (1+\kappa)^2}$.
# The third, and every odd one after it, is $\lambda m_1\, k!\,c_{\star,k}^2\rho^{2k}$: nothing is lost, for every $\kappa$.
# The fourth is
#
# ```{math}
# :label: eq-imp-four
# \begin{gathered}
# \lambda m_1\,\frac{24\, w_1}{w_2}\Big(c_{\star,4}\,\rho^4 + \frac{(1+\kappa)^3}{8\,w_1}\, c_{\star,2}\,\rho^2\Big)^2, \\
# w_1 = 1 + \tfrac12 (1+\kappa)^2, \quad w_2 = w_1 + \tfrac38 (1+\kappa)^4 .
# \end{gathered}
# ```
#
# On the plateaus the step never hurts: each further stair lowers both errors, or leaves them as they are.
# ````
#
# The last sentence holds because more free regressors only enlarge the projection, and because $m_1$ and $m_2$ decrease in $\lambda$.
# An exercise derives {eq}`eq-imp-four`.
# Here is the bracket of {prf:ref}`thm-imp-all` as a function.

# %%
# (eq-imp-all), the bracket, with h and w of (eq-imp-hw)
def bracket(c, rho, kappa, degree):
    k, i = np.arange(2, degree + 1), np.arange(1, degree // 2 + 1)
    lost = factorial(2 * i) / factorial(i) * (-(1 + kappa) / 2) ** i
    h = np.sum(lost * c[2 * i] * rho ** (2 * i))
    w = 1 + np.sum(comb(2 * i, i) * ((1 + kappa) / 2) ** (2 * i))
    return np.sum(factorial(k) * c[k] ** 2 * rho ** (2 * k)) - h**2 / w


# %% tags=["hide-input"]
low, mid, high = (traces(problem, ridge * x) for x in (1 - 1e-5, 1, 1 + 1e-5))
falls = np.array([low.m1 - high.m1, low.m2 - high.m2]) / (2e-5 * ridge)
scale = np.array([[ridge * mid.m1, ridge * mid.m2], falls / mid.m1**2])


def gains(kappa):
    """Training and test gain of the degrees one to four, (4, 2)."""
    rest = [bracket(c, rho, kappa, degree) for degree in range(1, 5)]
    return np.outer(rest, scale[:, 0]) + c[1] ** 2 * rho**2 * scale[:, 1]


def stairs(*teacher):
    """Stairs of another teacher, (4, 2), at the kappa and rho of this page."""
    taught = replace(problem, teacher=teacher)
    return -np.diff([plateau(taught, ridge, k, geometry) for k in range(5)], axis=0)


# %% tags=["remove-input"]
needed = "For a teacher without a constant and an activation with c_1, ..., c_4."
off, off_silent = (
    np.max(np.abs(gains(k) / (levels[0] - levels[1:]) - 1)) for k in (kappa, 0.0)
)
claims.check(
    "The closed form for every stair agrees with the library (largest relative difference of the gain, degrees 1 to 4, both errors)",
    measured=off,
    predicted=0.0,
    tolerance=1e-6,
    source="Improvement, result: every stair",
    kind="at most",
    explain=needed,
    control=("no noise in the gradient", off_silent),
)

# %% [markdown]
# The closed form agrees with the library, which computes the projections numerically.
# With $\kappa = 0$ it would not.
# [The appendix](improvement_details) has the stairs of teachers with a mean, and checks the plateaus with a theory that knows nothing of them.
#
# ## What each stair is made of
#
# On this page $\rho^2$ = {glue:text}`cosine:.3f` and $\kappa$ = {glue:text}`lengthening:.3f`.
# These are the stairs for the teacher of this page, $He_1 + 0.5\,He_2 + 0.2\,He_3 + 0.05\,He_4$ at the default parameters.

# %% tags=["remove-input"]
whole = stairs(*c)
variance = factorial(np.arange(5)) * c**2
markdown_table(
    [
        (str(k), variance[k], variance[k] * rho ** (2 * k), *whole[k - 1])
        for k in range(1, 5)
    ],
    head=(
        "Stair $k$",
        "variance $k!\\,c_{\\star,k}^2$",
        "of it along $\\beta$",
        "training",
        "test",
    ),
    number=".3f",
)

# %% [markdown]
# Read the table in two directions.
#
# *Down the third column.*
# The share $\rho^{2k}$ falls geometrically with the degree.
# Higher degrees gain less *of what the teacher has*, because a polynomial of degree $k$ feels the angle between $\beta$ and $\beta_\star$ $k$ times.
#
# *Down the test column.*
# The stairs themselves do not fall steadily.
# The second one is higher than the first in the test error.
# The fourth is about as high as the third, though the teacher has hardly any degree four.
# By {eq}`eq-imp-four` the fourth stair is a square of a sum, so it has three parts in the test error.
# Degree four alone would make {glue:text}`alone:.3f`.
# Finishing degree two would make {glue:text}`finishing:.3f`, even for a teacher that has no degree four.
# The mixed term adds {glue:text}`mixed:.3f`.

# %% tags=["remove-cell"]
p = (1 + kappa) ** 2
w1, w2 = 1 + p / 2, 1 + p / 2 + 3 * p**2 / 8
pull = (1 + kappa) ** 3 / (8 * w1) * c[2] * rho**2
unit = 24 * w1 / w2 * scale[1, 0]  # of the fourth stair, test error
one, two, three, four = whole[:, 1]
finish, alone = stairs(*c[:4], 0.0)[3, 1], stairs(0.0, c[1], 0.0, *c[3:])[3, 1]
facts = (
    (
        "Fourth stair, test error",
        four,
        unit * (c[4] * rho**4 + pull) ** 2,
        "close",
        alone,
    ),
    ("Fourth stair without degree four", finish, unit * pull**2, "close", 0.0),
    ("Finishing degree two, over degree four alone", finish, alone, "at least", 0.0),
    ("Second stair, over the first, test error", two, one, "at least", three),
)
glue(alone=alone, finishing=finish, mixed=four - alone - finish)
glue(cosine=rho**2, lengthening=kappa, second=1.5 / w1, kept=1 / w1)

# %% tags=["remove-input"]
for statement, measured, height, kind, wrong in facts:
    claims.check(
        statement,
        measured=measured,
        predicted=height,
        tolerance=1e-5 * levels[0, 1],
        kind=kind,
        source="Improvement, what each stair is made of",
        explain=needed + " Which stair is higher depends on the teacher.",
        control=("a stair that lacks a part", wrong),
    )


# %% [markdown]
# The noise of the gradient makes the second stair smaller: it is {glue:text}`second:.0%` of what it would be at $\kappa = 0$.
# A larger gradient batch helps twice, because $\kappa$ falls and $\rho$ grows.
#
# ## The stairs at sizes that one can draw
#
# In {prf:ref}`thm-imp-all` $n$ is infinite.
# How large is that?
#
# ````{prf:proposition} Rounding of the stairs (ours)
# :label: prop-imp-rounding
#
# Between the exponents at which spike $k$ has realised a tenth and nine tenths of its gain, $\alpha$ moves by about $\log 81/(2k\log n)$.
# The tread of degree $k$ is $\frac{1}{2k(k+1)}$ wide.
# So the stair is sharper than its tread only for $n \gtrsim 81^{\,k+1}$.
# In the middle of the tread the errors miss their plateau by $O\big(n^{-1/(2k+2)}\big)$ from the spike itself and $O\big(n^{-1/(2k)}\big)$ from the next one.
# ````
#
# ````{dropdown} Proof
# At the price $S$ the gain of a single spike is $v^2/(D + S) = (v^2/D)\cdot\frac{x}{1+x}$ with $x = D/S \propto \eta^{2k} N^{1-k}$.
# From a tenth to nine tenths $x$ grows by a factor of $81$; with $\eta = n^\alpha$ that is $2k\,\Delta\alpha\log n = \log 81$.
# Equate with $\frac{k}{2k+2} - \frac{k-1}{2k} = \frac1{2k(k+1)}$.
# In the middle of the tread $\alpha$ is $\frac1{4k(k+1)}$ above the threshold, where $1/x \propto n^{-2k/(4k(k+1))}$; the next spike's foot, $n^{-1/(2k)}$, is smaller.
# $\square$
# ````
#
# The first tread needs $81^2 \approx 6{,}600$ rows, the second half a million, the third 43 million.
# At $n = 1000$ the rise of one stair covers the next ones, and the staircase is a slope.
#
# We draw networks of that size.
# All steps are taken on the same draw, so that gains are paired: the scatter from draw to draw, large for a teacher of degree four, cancels.

# %% tags=["hide-input"]
def experiment(seed):
    """Errors (steps, 2) and learned coefficients (steps, 4) of one draw."""
    step = OneStep.draw(problem, seed, n_test=n_test)
    H = basis(step.test.X @ step.beta_star, 4).T  # orthonormal
    scales, errors, coefficients = np.sqrt(factorial(np.arange(1, 5))), [], []
    for eta in (0.0, *steps):
        fit = step.fit(ridge, eta)
        output = step.predict(eta, fit.coefficients)[:, 0]
        errors.append((fit.train_error[0], np.mean((step.test.y - output) ** 2)))
        # a regression scatters less than H output/n_test
        coefficients.append(np.linalg.lstsq(H, output)[0][1:] / scales)
    return errors, coefficients


found = [experiment(seed + k) for k in range(seeds)]
errors, known = (np.array(values) for values in zip(*found, strict=True))
gained = errors[:, :1] - errors[:, 1:]  # (seeds, steps, error)
fine = np.linspace(alphas[0], alphas[-1], 50)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain over the untrained network on the same draw, against $\\alpha$. Lines: the theory for every step size. Points: simulation, mean with standard errors. Dashed: the plateaus of the limit, degrees up to 1, 2, 3, 4.", "name": "fig-imp-simulated"}, "image": {"alt": "Two panels. The gains in training and test error rise smoothly from zero through all marked exponents. Points with short error bars lie on the lines. No flat tread is visible."}}
predicted = [
    levels[0][:, None] - any_step.errors(problem, ridge, etas)
    for etas in (n**fine, steps)
]
parts = []
for e, title in sides:
    points = alphas, over_seeds(gained[:, :, e])
    heights = dict(
        zip(("degree 1", "2", "3", "4"), levels[0, e] - levels[1:, e], strict=True)
    )
    curve = Curve(f"$n = {n}$", (fine, predicted[0][e]), points)
    parts.append(
        CurvePanel(f"gain in {title} error", [curve], levels=heights, legend=None)
    )
side_by_side(parts, along, marks=thresholds, mark_height=0.03, height=3.2)

# %% tags=["remove-input"]
noise = math.sqrt(problem.target.second_moment + noise_std**2 - c[1] ** 2)
line = replace(problem, teacher=(0.0, c[1]), noise_std=noise)
linear_only = plateau(line, ridge, 0)[1] - any_step.errors(line, ridge, steps)[1]
for e, title in sides:
    check_curve(
        f"The simulated staircase: paired gains in {title} error at {len(alphas)} steps",
        gained[:, :, e],
        predicted[1][e],
        control=(("nothing", 0.0), ("only the linear part is learned", linear_only))[e],
        source="Improvement, the stairs at sizes that one can draw",
        explain="With a linear teacher there is only one stair to see.",
    )

# %% [markdown]
# The gains grow smoothly from stair to stair, and the theory for every step size of [From lazy to maximal](lazy_to_maximal) follows them to the end.
# The formulas of [Errors](errors) drop terms of relative order $\delta^2$, where
#
# ```{math}
# :label: eq-imp-tilt
# \delta = \frac{\eta\,|c_1|\,\|\beta\|}{\sqrt N} \;\to\; \frac{\|\eta\, c_1 a\beta^\top\|_F}{\|W_0\|_F}
# ```
#
# is the relative change of the first layer.
# Towards $\alpha = \frac12$ those terms are what one sees.
#
# ## What is learned, degree by degree
#
# Errors are one number.
# What has the network *learned*?
# Measure the Hermite coefficients of its output along the teacher's own direction, $\hat c_k = \frac{1}{k!}\,\mathbb E\,[f(x)\, He_k(\beta_\star^\top x)]$, and compare them with the teacher's.
#
# ````{prf:proposition} Learned coefficients (ours)
# :label: prop-imp-learned
#
# Let $w = M^{-1}v$ as in {prf:ref}`thm-err-train`.
# Then
#
# ```{math}
# :label: eq-imp-learned
# \hat c_1 \to c_{\star,1} - \frac{m_2}{m_1}\big(c_{\star,1} - \rho\,(T^\top w)_1\big), \qquad \hat c_k \to \rho^k\,(T^\top w)_k \quad (k \ge 2).
# ```
# ````
#
# ````{dropdown} Proof
# By {prf:ref}`lem-err-loo` the prediction of row $i$ by the fit on all others is $\tilde y_i - (R\tilde y)_i/R_{ii}$, with $R_{ii} \to m_1$.
# Hence $\hat c_k = c_{\star,k} - \frac{1}{n\,k!\,m_1} He_k(\tilde X\beta_\star)^\top R\,\tilde y$.
# By Woodbury's identity $R\,\tilde y = R_0\,(\tilde y - \sum_j w_j P_j(t))$, with $R_0$ the resolvent of the untrained features.
# As $He_k(\tilde X\beta_\star)$ has inner product $k!\,\rho^k$ with $He_k(t)$ and none with other degrees, the quadratic form is $D_k\,(c_{\star,k} - \rho^k (T^\top w)_k)$, and $D_k = k!\,m_1$ except $D_1 = m_2$.
# $\square$
# ````

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Share $\\hat c_k/c_{\\star,k}$ that the network has learned of each degree. Lines: {eq}`eq-imp-learned` at finite strength. Points: simulation, mean with standard errors.", "name": "fig-imp-degrees"}, "image": {"alt": "Two panels of learned shares against alpha. Left, degree one starts well above zero and rises early, degree three rises late. Right, degrees two and four rise from zero, one after the other. Points lie near the lines but for the largest steps."}}
share = np.array([learned(problem, ridge, n**value, 4) for value in fine])
by_degree = {
    k: Curve(
        f"degree {k}",
        (fine, share[:, k - 1] / c[k]),
        (alphas, over_seeds(known[:, 1:, k - 1]) / c[k]),
    )
    for k in np.flatnonzero(c[1:]) + 1
}
parts = []
for odd, title in ((1, "odd degrees"), (0, "even degrees")):
    chosen = [curve for k, curve in by_degree.items() if k % 2 == odd]
    parts.append(CurvePanel("learned share", chosen, title=title, legend="center left"))
side_by_side(parts, along, height=3.2)

# %% [markdown]
# The degrees wake up one after the other.
# Degree one is learned in part by the untrained network, which can do no more.
# Even degrees stay incomplete: on the tread of degree two the network has {glue:text}`kept:.0%` of the quadratic part along $\beta$.
# Near $\alpha = \frac12$ the change $\delta$ of the first layer is no longer small, and formula {eq}`eq-imp-learned` is not exact: degrees three and four wake later than it says, and degree two is learned further.
# So the claims are about the steps with $\delta^2 \le \frac1{10}$.
# We subtract the untrained value; the tolerance contains $\delta^2$ times the coefficient.

# %% tags=["remove-input"]
dropped = (steps * problem.student[1] * geometry.beta_norm) ** 2 / N
few = np.flatnonzero(dropped <= 0.1)
new = [
    learned(problem, ridge, eta, 4) - learned(problem, ridge, 0.0, 4)
    for eta in steps[few]
]
source = "Improvement, proposition: learned coefficients"
check_curve(
    "The untrained network has learned nothing of the degrees 2 to 4",
    known[:, 0, 1:],
    0.0,
    control=("all of them", c[2:]),
    source=source,
)
for k in by_degree if few.size else ():
    wrong = ("all that lies along beta", c[k] * rho ** (2 * k))
    check_curve(
        f"Learned of degree {k} at {few.size} small steps, beyond what the untrained network knows",
        known[:, 1 + few, k - 1] - known[:, :1, k - 1],
        np.array(new)[:, k - 1],
        allowed=dropped[few] * abs(c[k]),
        control=("nothing", 0.0) if k == 1 else wrong,
        source=source,
    )

# %% [markdown]
# ## When is a step worth it?
#
# By {eq}`eq-imp-all` the gain is governed by
#
# $$
# \rho^2 = \frac{c_{\star,1}^2}{c_{\star,1}^2 + \frac{d}{n_{\rm grad}}\,\mathbb E y^2} .
# $$
#
# Few dimensions per row and little label noise make the direction good.
# [The appendix](improvement_details) has maps of the gain over the shape of the data and the network, over the label noise and the teacher, with simulations on them, and compares activations.
# It also tunes the penalty: a network that has learned features needs another one, and a comparison at one fixed penalty mixes learning with tuning ({numref}`fig-imp-penalty`).
# How large the step should be is the subject of [Which step?](which_step); this page gives no second advice.
#
# **Teachers that one step cannot see.**
# The first nonzero degree of the teacher is its *information exponent* {cite}`BenArous2021`.
# If it is two or more, $c_{\star,1} = 0$ and $\rho = 0$, and every stair has height zero for every step below $\sqrt n$.
# At finite size two small effects remain.
# The tilt in a random direction costs a little.
# For exponent two there is also a gain, and it can hide the cost: the matrix $X^\top\operatorname{diag}(y)X/n$ in the gradient points at the teacher, and makes a weak spike of $He_2(\beta_\star^\top x)$.
# Its strength is of order $\sqrt N/d$, so it vanishes in the limit.
# [A page of its own](exponent_two_details) finds the cause by control experiments and measures how the gain decays.
#
# ## Where it breaks
#
# * *Finite $n$.*
#   The stairs are a statement about $n \to \infty$, and {prf:ref}`prop-imp-rounding` says how far away that is.
#   For predictions at your size use the theory for every step size.
# * *A mean in the labels.*
#   With $c_{\star,0} \ne 0$ and $c_2 \ne 0$ the step stretches each row along itself ({prf:ref}`rem-imp-drift`).
#   The exponents stay, the heights change.
#   Subtract the mean of the labels before you judge a step.
# * *A constant second layer.*
#   All spikes share one right singular vector then.
#   There is one stair only.
# * *Activations that lack a coefficient.*
#   A missing odd order breaks the assumption $c_1, \dots, c_l \ne 0$ of the closed form; `plateau` handles it.
#
# ```{admonition} Recap
# :class: recap
# * On the tread between $\frac{l-1}{2l}$ and $\frac{l}{2l+2}$ the first $l$ regressors are free, and the gain is the projection of the teacher on them, {eq}`eq-imp-all`.
# * Of degree $k$ only the share $\rho^{2k}$ can be reached.
# * Odd degrees are learned completely along $\beta$; even degrees in part, because no constant is free.
#   Later even stairs finish earlier even degrees, {eq}`eq-imp-four`.
# * At $n = 1000$ the staircase is a slope; a tread of degree $k$ needs $81^{k+1}$ rows.
# * Compare networks at their own best penalties.
# ```
#
# ## Exercises
#
# ````{exercise-start} One minute with the cosine (warm-up)
# :label: ex-imp-cosine
# ````
#
# The direction has $\rho^2 = 0.5$.
# Which share of the variance of degrees one, two and three lies along $\beta$?
# How many times more rows does the gradient batch need for $\rho^2 = 0.9$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-cosine
# :class: dropdown
# ````
#
# One half, one quarter, one eighth.
# The odds $\rho^2/(1-\rho^2) = c_{\star,1}^2\, n_{\rm grad}/(d\,\mathbb E y^2)$ are proportional to the rows, and go from 1 to 9: nine times more.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} An odd activation (warm-up)
# :label: ex-imp-odd
# ````
#
# The activation is odd.
# Which stairs are there, and which of them lose something to the missing constant?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-odd
# :class: dropdown
# ````
#
# An odd activation has only odd $c_k$, so only the odd regressors appear: stairs one, three, five.
# Odd polynomials have no constant, so nothing is lost.
# The even degrees of the teacher are never learned.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} How much of the quadratic part?
# :label: ex-imp-two-thirds
# ````
#
# With two spikes and $\kappa = 0$, the network learns two thirds of the quadratic part along $\beta$.
# How much with four spikes, six, and all?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-two-thirds
# :class: dropdown
# ````
#
# For a quadratic teacher $h_m = -c_{\star,2}\rho^2$ for every $m \ge 1$, and at $\kappa = 0$ the sum in {eq}`eq-imp-hw` is $w_m = (2m+1)\binom{2m}{m}4^{-m}$.
# The learned share is $1 - \frac{1}{2w_m}$.
# As $w_m \sim 2\sqrt{m/\pi}$ the loss goes to zero, slowly: higher even powers help to write the missing constant.

# %% tags=["remove-input"]
quadratic = replace(problem, teacher=(0.0, 1.0, 0.5))
still = theory.published_geometry(quadratic)
full = still.cosine**4 / 2 * ridge * traces(quadratic, ridge).m1
at = [plateau(quadratic, ridge, k, still)[0] for k in range(7)]
left = [4**m / (2 * (2 * m + 1) * math.comb(2 * m, m)) for m in range(5)]
for m in (1, 2, 3):
    claims.check(
        f"Share of the quadratic part that {2 * m} spikes leave, without noise in the gradient",
        measured=1 - (at[1] - at[2 * m]) / full,
        predicted=left[m],
        tolerance=1e-8,
        control=(f"{2 * m + 2} spikes", left[m + 1]),
        source="Improvement, exercise: how much of the quadratic part",
        explain="Needs an activation whose coefficients up to this order are not zero.",
    )

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} The fourth stair
# :label: ex-imp-four
# ````
#
# Derive {eq}`eq-imp-four` from {eq}`eq-imp-all`.
# For which $c_{\star,4}$ is there no fourth stair?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-four
# :class: dropdown
# ````
#
# The stair is the squared projection on *one* new function, the part of $P_4$ orthogonal to $P_2$.
# So it is the square of a linear form in $c_{\star,2}\rho^2$ and $c_{\star,4}\rho^4$, and two coefficients of the bracket suffice.
# The coefficient of $c_{\star,4}^2\rho^8$ is $24 - 9(1+\kappa)^4/w_2 = 24w_1/w_2$.
# That of $c_{\star,2}^2\rho^4$ is $(1+\kappa)^2(1/w_1 - 1/w_2) = \frac38(1+\kappa)^6/(w_1w_2)$.
# The mixed term is positive, which fixes the sign.
# The stair vanishes at $c_{\star,4} = -\frac{(1+\kappa)^3}{8w_1}\,c_{\star,2}/\rho^2$.

# %% tags=["remove-input"]
none = -pull / rho**4
claims.check(
    "A degree four of the right size and the wrong sign removes the fourth stair",
    measured=stairs(*c[:4], none)[3, 0],
    predicted=0.0,
    tolerance=1e-8 * levels[0, 0],
    source="Improvement, exercise: the fourth stair",
    explain=needed,
    control=("the right sign", stairs(*c[:4], -none)[3, 0]),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Rows for the gradient
# :label: ex-imp-rows
# ````
#
# You have $2n$ rows.
# How should you divide them between the gradient and the ridge regression?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-rows
# :class: dropdown
# ````
#
# Predict the test error for each split, here at $\alpha = 0.35$.
# The rows of the gradient improve $\rho$ and lower $\kappa$; those of the regression lower everything else.
# The optimum is flat, and on this page it lies well inside: neither batch should starve.

# %% tags=["remove-input"]
rows = []
for part in (0.1, 0.25, 0.4, 0.55, 0.7, 0.85):
    first = round(2 * n * part)
    split = replace(problem, n=2 * n - first, n_gradient=first)
    rows.append((f"{part:.0%}", theory.best_ridge(split, problem.step(0.35))[1]))
markdown_table(rows, head=("Share for the gradient", "test error"), number=".3f")

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} The next order (open)
# :label: ex-imp-next
# ````
#
# For a teacher of exponent two the finite-size gain is of order $1/n$ in the leading order, and [its page](exponent_two_details) finds corrections of relative order $n^{-1/2}$.
# Where do they come from?
# Can the weak spike of $He_2(\beta_\star^\top x)$ be written to the next order?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-imp-next
# :class: dropdown
# ````
#
# We do not know.
# A first step would be to keep the fluctuations of $\|\beta_\star^\top W_0\|^2$, which are of relative order $N^{-1/2}$, and to test the result with the isolated check of that page, where no gradient is involved.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
record(kappa=kappa, rho=rho, stairs_test=whole[:, 1].tolist())
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
