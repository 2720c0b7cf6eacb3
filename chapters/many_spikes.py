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
# **The result of this chapter.** Let the step grow with the data, $\eta = n^\alpha$. At $\alpha = 0, \frac14, \frac13, \frac38, \dots, \frac{k-1}{2k}, \dots$ one more singular value leaves
# the bulk of the feature matrix, and with it the network gains one more power of the direction that it was pushed in. Between the exponents number $l$ and $l+1$ there are exactly $l$ outliers, if no Hermite coefficient $c_1, \dots, c_l$ of the activation vanishes, and their
# left singular vectors span $l$ polynomials: the powers $(\tilde X\beta)^{\circ 1}, \dots, (\tilde X\beta)^{\circ l}$, the even ones up to what the noise of the gradient adds to them.
#
# After reading it you will be able to
#
# * derive the spikes $c_1^k c_k\,\eta^k (\tilde X\beta)^{\circ k} (a^{\circ k})^\top$ from one identity for Hermite polynomials, and say how fast what is left out decays;
# * tell from an activation's Hermite coefficients which spikes a step of given size can make;
# * predict where the outliers are and which polynomial each singular vector carries, at the sizes you have and not only in the limit;
# * judge what the exponents $\frac{k-1}{2k}$ mean at the sizes of a real experiment, and what they do not.
#
# You need the chapter [Setup](setup): the step is rank one, and a rank-one term is visible when it is stronger than the bulk.

# %% tags=["parameters"]
n = 1000                        # rows of each batch [>= 200]
d = 500                         # input dimension [>= 50]
N = 750                         # hidden units [>= 50]
frequency = 0.3                 # omega of the sine activation [>= 0.05, <= 2]
phase = 0.785                   # its phase; 0 makes it odd [>= 0, <= 1.5]
teacher = [0.0, 2.5, 0.5]       # Hermite coefficients of the teacher
noise_std = 0.5                 # standard deviation of the label noise [>= 0]
exponents = [0.15, 0.29, 0.35]  # alphas studied closely, eta = n**alpha [> 0, < 0.42]
largest = 0.42                  # end of the path of step exponents [> 0.1, < 0.45]
points = 15                     # step exponents on that path [>= 3]
sizes = [200, 400, 800, 1600]   # values of n for convergence [>= 60]
small = 400                     # smaller n of the critical experiment [>= 60]
activations = ["tanh", "erf", "relu", "softplus", "sin"]  # of the table
seeds = 8                       # draws that are averaged [>= 2]
seed = 0                        # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from IPython.display import Markdown
from scipy.linalg import subspace_angles

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.averages import over_seeds
from onestep.book.figures import curves, side_by_side, spikes, vectors
from onestep.hermite import basis, monomials_in_hermite
from onestep.links import sine
from onestep.simulation import equivalent, network, sample
from onestep.simulation.experiment import geometry
from onestep.simulation.spectrum import operator_norm, squared_singular_values, top
from onestep.theory import any_step
from onestep.theory.geometry import Geometry
from onestep.theory.resolvent import density, edges
from onestep.theory.spikes import (
    critical_constant,
    critical_exponents,
    outliers,
    regime,
    strengths,
)

draws = range(seed, seed + seeds)

# %% [markdown]
# ## What a unit does with its tilt
#
# After the step, {eq}`eq-rank-one`, unit $j$ no longer sees $w_j^\top x$ but
#
# ```{math}
# :label: eq-tilt
# w_j^\top x + s_j\, t, \qquad t = \frac{\beta^\top x}{\|\beta\|} \sim \mathcal N(0, 1), \qquad s_j = \eta\, c_1 \|\beta\|\, a_j ,
# ```
#
# plus a small random rest. Every unit is *tilted* in the same direction, each by its own amount $s_j$, of order $n^{\alpha - 1/2}$. The activation then bends the tilt. How, is one identity.
#
# ````{prf:lemma} Taylor's formula for Hermite polynomials
# :label: lem-shift
#
# $He_k(z + u) = \sum_{j=0}^k \binom kj\, u^{k-j} He_j(z)$. Hence, for $Z \sim \mathcal N(0,1)$ and any activation that grows like a polynomial,
#
# ```{math}
# :label: eq-shift
# \mathbb E\,\sigma(Z + u) = \sum_{k} c_k\, u^k .
# ```
# ````
#
# ````{dropdown} Proof
# The derivative of $He_k$ is $k\,He_{k-1}$, so the first formula is Taylor's. Take expectations: all $He_j$ with $j \ge 1$ vanish, and $\mathbb E\,He_k(Z+u) = u^k$. Sum over $k$ with weights $c_k$. (For $\sigma$ of polynomial growth,
# $\mathbb E\,\sigma(Z+u) = \mathbb E[\sigma(Z)\, e^{uZ - u^2/2}]$ and $e^{uz-u^2/2} = \sum_k He_k(z)u^k/k!$ converges in mean square.) $\square$
# ````
#
# The Hermite coefficients are therefore the *Taylor coefficients of the mean response to a tilt*. Put $u = s_j t_i$: as a matrix over inputs $i$ and units $j$, the $k$-th term is an outer product, of the vector with entries $t_i^k$ and the vector with entries $s_j^k$.
#
# ````{prf:theorem} The spiked approximation
# :label: thm-spiked
#
# Let $\eta = n^\alpha$ with $\frac{l-1}{2l} < \alpha < \frac{l}{2l+2}$. In the proportional limit, with the lengthening of the rows neglected (the remark below), in probability,
#
# ```{math}
# :label: eq-spiked
# \frac1{\sqrt n}\,\Big\| F - F_0 - \sum_{k=1}^{l} c_1^k c_k\, \eta^k\, (\tilde X\beta)^{\circ k} (a^{\circ k})^\top \Big\|_{\rm op} \longrightarrow 0 ,
# ```
#
# where $v^{\circ k}$ is the entry-wise power.
# ````
#
# ````{prf:remark} Longer rows, and the even spikes
# :label: rem-spikes-noise
#
# The theorem is due to {cite:t}`Moniri2024`, who state it without the proviso. The rest of the gradient is small in operator norm; yet it lengthens row $j$ by $\kappa s_j^2$, in squares, with $\kappa$ of {eq}`eq-imp-kappa`. Unit $j$ then sees $\sqrt{1 + \kappa s_j^2}\,Z + s_j t$, and its mean response is
# $\sum_k c_k s_j^k P_k(t)$ with $P_k(t) = \mathbb E_g(t + \sqrt\kappa\,g)^k$, $g \sim \mathcal N(0,1)$ ({prf:ref}`lem-imp-powers`, for $c_{\star,0} = 0$). So spike $k$ carries $P_k$ and not $t^k$: $P_2 = t^2 + \kappa$, $P_3 = t^3 + 3\kappa t$. For $l \ge 2$ the difference is of the order of the spikes themselves and does not vanish as $n$ grows. It vanishes when the gradient batch has many more rows than $d$, which makes $\kappa \to 0$.
#
# *What stays*: the powers of $n$, the thresholds $\alpha_k$, the number of outliers, and the space of the odd spikes, because $P_1, P_3, \dots$ span the same polynomials as $t, t^3, \dots$. *What changes*: the constant in the norm {eq}`eq-size` from $k = 2$ on and, for the even spikes, the critical constants and the space they span. For $l = 2$ the limiting space is that of $t$ and $t^2 + \kappa$, whose largest angle to that of $t$ and $t^2$ has the sine
# $\sqrt2\,\kappa/\sqrt{3(2 + (1+\kappa)^2)}$. [Improvement](improvement) derives this and measures it. A slow sine has a small $\kappa$, and this chapter writes its finite-strength formulas for $t^k$; reading $T_{kj}(1+\kappa)^{(k-j)/2}$ for $T_{kj}$ restores $\kappa$ (`Geometry.lengthened`). The any-step theory contains it.
# ````
#
# Why does the sum end at $l$? Because of the size of its terms.
#
# ````{prf:proposition} The size of spike k
# :label: prop-size
#
# The $k$-th term of {eq}`eq-spiked` has the norm
#
# ```{math}
# :label: eq-size
# \begin{aligned}
# \frac1{\sqrt n}\,\big\|\,c_1^k c_k\, \eta^k\, (\tilde X\beta)^{\circ k}(a^{\circ k})^\top\big\|_{\rm op}
# &\approx (2k-1)!!\;\, |c_1^k c_k|\, \|\beta\|^k\, \eta^k\, N^{(1-k)/2} \\
# &\asymp\; n^{k\alpha - (k-1)/2} .
# \end{aligned}
# ```
#
# It grows with $n$ if and only if $c_k \neq 0$ and $\alpha > \alpha_k := \frac{k-1}{2k}$.
# ````
#
# ````{dropdown} Proof
# An outer product has the norm $\|(\tilde X\beta)^{\circ k}\|\,\|a^{\circ k}\|$. The entries of $\tilde X\beta$ are $\mathcal N(0, \|\beta\|^2)$, those of $a$ are $\mathcal N(0, 1/N)$, and the $2k$-th moment of a standard Gaussian is $(2k-1)!!$. By the law of large numbers
# $\|(\tilde X\beta)^{\circ k}\|^2 \approx n \|\beta\|^{2k} (2k-1)!!$ and $\|a^{\circ k}\|^2 \approx N\cdot N^{-k} (2k-1)!!$. $\square$
# ````
#
# ````{dropdown} Sketch of the proof of the theorem, with rates
# Three things are left out of {eq}`eq-spiked`.
#
# 1. *The next spike.* If $c_{l+1} \ne 0$ it has the norm $n^{(l+1)\alpha - l/2}$, which tends to zero exactly because $\alpha < \frac l{2l+2}$.
# 2. *The scatter of the response about its mean.* To first order the tilt adds $\sigma'(w_j^\top x_i)\, s_j t_i$ to entry $(i,j)$, and only its mean $c_1 s_j t_i$ is in the sum. The rest, $(\sigma' - c_1) s_j t_i$, is a matrix of nearly independent entries of size $n^{\alpha-1/2}$:
#    its operator norm over $\sqrt n$ is $n^{\alpha-1/2}$, up to logarithms from the largest $|s_j|$ and $|t_i|$.
# 3. *The gradient is not exactly rank one.* The rest $\Delta$ of {eq}`eq-rank-one` has norm $n^{-1/2}$ up to logarithms, and $\|\eta\Delta\| \approx n^{\alpha - 1/2}$: it turns each row of $W_0$ a little, and makes it longer, {prf:ref}`rem-spikes-noise`.
#
# So, longer rows aside, the error in {eq}`eq-spiked` is, up to logarithms,
#
# $$
# n^{-r}, \qquad -r = \max\big( (l+1)\alpha - \tfrac l2,\;\; \alpha - \tfrac12 \big) ,
# $$
#
# and in regime $l$ the first is the larger one: *the theorem converges as slowly as its first forgotten spike*. If $c_{l+1} = 0$ the next order with $c_k\ne0$ takes its place. $\square$
# ````
#
# The exponents $\alpha_k = 0, \frac14, \frac13, \frac38, \frac25, \dots$ accumulate at $\frac12$, where a tilt is no longer small.
#
# ## A network that shows its spikes
#
# The norm {eq}`eq-size` contains more than $n^{k\alpha - (k-1)/2}$: it contains $c_1^kc_k\|\beta\|^k$. At $n$ of a thousand the powers of $n$ that separate one regime from the next are small numbers, so these constants decide what one sees. Two choices make the
# picture clear. The activation is a sine wave, slow and shifted,
#
# ```{math}
# :label: eq-sine
# \sigma(z) = \frac{\sin(\omega z + b)}{\omega \cos b} - \text{its mean}, \qquad
# k!\, c_k = \frac{\omega^{k-1}}{\cos b}\, \sin\!\big(b + \tfrac{k\pi}2\big)\; e^{-\omega^2/2} .
# ```
#
# Sine features are those of {cite:t}`RahimiRecht2007`. All derivatives are bounded, as the theory asks for; the phase $b$ turns the even coefficients on, and $b = 0$ turns them off. And the teacher's linear part is stronger than elsewhere in this book, which makes $\|\beta\|$, and with it every tilt, larger.

# %%
problem = Problem(
    n, d, N, activation=sine(frequency, phase), teacher=teacher, noise_std=noise_std
)
orders = np.arange(1, 7)
factorials = np.array([math.factorial(k) for k in orders])
closed_form = (
    frequency ** (orders - 1)
    / math.cos(phase)
    * np.sin(phase + orders * np.pi / 2)
    * math.exp(-(frequency**2) / 2)
)
claims.check(
    "Sine wave: k! c_k by quadrature minus closed form, k = 1 to 6 (largest)",
    measured=np.max(
        np.abs(
            factorials * np.array([problem.student[k] for k in orders]) - closed_form
        )
    ),
    predicted=0.0,
    tolerance=1e-9,
    source="Many spikes, equation for the sine wave",
    kind="at most",
)


# %% [markdown]
# How well chosen are the constants? In the limit spike $k$ leaves the bulk at $\eta = C_k\, n^{\alpha_k}$, with a constant $C_k$ that {prf:ref}`prop-outliers` below provides. If $C_k$ is near one, the exponent tells the truth at all $n$. If it is far from one, the finite-size exponent
# $\log(C_k n^{\alpha_k})/\log n = \alpha_k + \log C_k/\log n$ is off by something that decays like $1/\log n$, that is to say never.

# %% tags=["hide-input"]
def constants(problem):
    """C_k for the first four orders; None where c_k = 0."""
    return [
        critical_constant(problem, k) if problem.student[k] else None
        for k in range(1, 5)
    ]


compared = {"this chapter's sine": problem} | {
    f"{name}, teacher He₁ + He₂/2": replace(
        problem, activation=name, teacher=(0.0, 1.0, 0.5)
    )
    for name in activations
}
lines = [
    f"| {name} | "
    + " | ".join(
        "—" if c is None else f"{c:.2f} ({a + math.log(c) / math.log(n):.2f})"
        for c, a in zip(constants(p), critical_exponents(4))
    )
    + " |"
    for name, p in compared.items()
]
Markdown(
    f"Constants Cₖ, and in brackets the exponent αₖ + log Cₖ / log n that they amount to at n = {n}.\n\n"
    "| Network | spike 1 (0) | spike 2 (1/4) | spike 3 (1/3) | spike 4 (3/8) |\n|---|---:|---:|---:|---:|\n"
    + "\n".join(lines)
)


# %% [markdown]
# ## How good is the approximation?
#
# One draw consists of weights, a gradient batch and a ridge batch; one step then gives $F$ for every $\eta$. We subtract the first few spikes, with the measured $\tilde X\beta$ and $a$, and take the operator norm of what is left.

# %%
def stepped(problem, seed):
    """One draw, and the gradient step on it."""
    draw = sample.draw(problem, seed, 1)
    return draw, network.gradient(problem, draw.W0, draw.a, draw.gradient)


def features(problem, draw, step, eta):
    """The features of the ridge batch after a step of size eta."""
    return network.features(problem, draw.ridge.X, draw.W0, step.matrix, eta)


def projection(draw, step):
    """t = X beta / |beta| on the ridge batch."""
    return draw.ridge.X @ step.direction / np.linalg.norm(step.direction)


def next_order(problem, degree):
    """The first order beyond `degree` that makes a spike."""
    return next(k for k in range(degree + 1, 24) if problem.student[k])


def at_size(problem, rows):
    """The same problem with `rows` rows and the same aspect ratios."""
    return replace(
        problem,
        n=rows,
        d=round(problem.phi * rows),
        N=round(problem.phi / problem.psi * rows),
    )


# %% [markdown]
# The study of convergence makes one pass over sizes and seeds, and measures on every draw everything that the rest of the chapter will ask for: the errors with $l-1$ and with $l$ spikes, the norm of the first spike that is left out, the outliers, and the angle between the singular vectors and the polynomials.

# %%
def finite_strength(problem, draw, step):
    """What the finite-strength theory needs of a draw: |beta|, |X beta|, moments of a."""
    measured = geometry(step.direction, draw.a, draw.beta_star, draw.ridge.X)
    return Geometry.plug_in(problem, **vars(measured))


def errors_of_approximation(problem, draw, step, eta, F, F0, degrees):
    """|F - F0 - spikes up to degree| / sqrt(n) in operator norm."""
    rest, X, beta = F - F0, draw.ridge.X, step.direction
    models = [
        equivalent.spikes(problem, X, beta, draw.a, eta, degree) if degree else 0.0
        for degree in degrees
    ]
    return [
        operator_norm(rest - model, tolerance=1e-3) / math.sqrt(problem.n)
        for model in models
    ]


def study(problem, seed):
    """One draw at every exponent: name -> list as long as `exponents`."""
    draw, step = stepped(problem, seed)
    t, F0 = projection(draw, step), features(problem, draw, step, 0.0)
    found = {
        name: [] for name in ("fewer", "error", "beyond_fewer", "beyond_error", "angle")
    }
    for alpha in exponents:
        here, eta = regime(problem, alpha), problem.step(alpha)
        F = features(problem, draw, step, eta)
        fewer, error = errors_of_approximation(
            problem, draw, step, eta, F, F0, (here.degree - 1, here.degree)
        )
        strength = strengths(problem, eta, finite_strength(problem, draw, step))
        space, powers = (
            top(F, len(here.active)).left,
            t[:, None] ** np.array(here.active),
        )
        found["fewer"].append(fewer)
        found["error"].append(error)
        found["beyond_fewer"].append(strength[next_order(problem, here.degree - 1)])
        found["beyond_error"].append(strength[next_order(problem, here.degree)])
        found["angle"].append(math.degrees(np.max(subspace_angles(space, powers))))
    return found


studied = [[study(at_size(problem, rows), s) for rows in sizes] for s in draws]
convergence = {
    name: np.array([[one[name] for one in row] for row in studied])
    for name in studied[0][0]
}


# %% tags=["hide-input"]
def approximation_panel(number):
    """The errors with l - 1 and l spikes; lines: norm of the first spike left out."""
    drawn = []
    for label, name in (
        ("$l - 1$ spikes subtracted", "fewer"),
        ("$l$ spikes subtracted", "error"),
    ):
        average = over_seeds(convergence[name][:, :, number])
        line = convergence[f"beyond_{name}"][:, :, number].mean(axis=0)
        drawn.append(
            curves.Curve(
                label, (sizes, line), (sizes, average.mean, average.standard_error)
            )
        )
    return drawn


parts = {
    f"α = {a:g}, l = {regime(problem, a).degree}": approximation_panel(k)
    for k, a in enumerate(exponents)
}

# %% mystnb={"figure": {"caption": "Operator norm of $F - F_0$ minus its first spikes, over $\\sqrt n$, against $n$ at fixed aspect ratios; each panel is one step exponent in regime $l$. Circles: $l-1$ spikes subtracted. Squares: $l$ spikes subtracted. Points: simulation, mean over seeds with standard errors. Lines: the norm {eq}`eq-size` of the first spike that was not subtracted, with the measured norms of $\\tilde X\\beta$ and $a^{\\circ k}$, mean over the same seeds.", "name": "fig-approximation"}, "image": {"alt": "Three log-log panels. In each the error with one spike too few rises with n along its predicted line, and the error with all spikes of the regime falls, close to its own predicted line. The fall is steep in the first panel and very slow in the third."}}
spikes.by_size(parts, r"error / $\sqrt{n}$", sizes)


# %%
def fitted_slope(values):
    """The slope of log value against log n, fitted on each seed."""
    return over_seeds(np.polyfit(np.log(sizes), np.log(values.T), 1)[0])


def predicted_slope(order, alpha):
    """The larger of the exponents of the next spike and of the noise."""
    return max(order * alpha - (order - 1) / 2, alpha - 0.5)


for number, alpha in enumerate(exponents):
    degree = regime(problem, alpha).degree
    order = next_order(problem, degree)
    slope = fitted_slope(convergence["error"][:, :, number])
    claims.check(
        f"α = {alpha:g}: slope in n of the error with orders up to {degree}",
        measured=slope.mean,
        predicted=predicted_slope(order, alpha),
        standard_error=slope.standard_error,
        tolerance=3 * slope.standard_error,
        source="Moniri et al. 2024, spiked approximation; Many spikes, rates",
    )
    ratio = over_seeds(
        (convergence["error"] / convergence["beyond_error"])[:, -1, number]
    )
    largest_problem = at_size(problem, sizes[-1])
    limit = strengths(largest_problem, largest_problem.step(alpha))
    claims.check(
        f"α = {alpha:g}: error over the norm of spike {order}, n = {sizes[-1]}",
        measured=ratio.mean,
        predicted=1.0,
        standard_error=ratio.standard_error,
        tolerance=3 * ratio.standard_error
        + limit[next_order(problem, order)] / limit[order],
        source="Many spikes, size of spike k",
        explain="Where c_k = 0 for the next order, noise may be larger than the next spike.",
    )

# %% tags=["remove-input"]
lines = []
for number, alpha in enumerate(exponents):
    order = next_order(problem, regime(problem, alpha).degree)
    slope = fitted_slope(convergence["error"][:, :, number])
    ratio = over_seeds(
        (convergence["error"] / convergence["beyond_error"])[:, -1, number]
    )
    lines.append(
        f"* α = {alpha:g}: slope {slope:.3f}, predicted {predicted_slope(order, alpha):.3f}; "
        f"at n = {sizes[-1]} the error is {ratio:.3f} times the norm of spike {order}."
    )
Markdown("\n".join(lines))

# %% [markdown]
# In every panel of {numref}`fig-approximation` one spike makes the difference between an error that grows and one that decays, and the predicted lines say how. But look at the slopes. In the third regime the error falls so slowly that a ten times larger $n$ hardly helps: the theorem is true, and at these sizes
# the sum of the first $l$ spikes is still a rough approximation.
#
# The tolerance of the second claim is the standard error plus what the spike *after* that one can add or take away. It is not small. At $\alpha$ close to $\alpha_l$ the orders beyond $l$ are all nearly as strong as each other, and for a sine wave those of the same parity alternate in sign: they cancel in part,
# which is why the squares of the third panel lie below their line. What is exact is the exponent.
#
# ## Three regimes, three spectra
#
# Now the spectrum. Does the $l$-th spike, whose norm grows, really show as the $l$-th outlier? Spikes of different orders are not orthogonal: $t^3$ has a large component along $t$. What spike $k$ *adds* to the lower ones is smaller than its norm.
#
# ````{prf:proposition} Outliers at finite strength (ours)
# :label: prop-outliers
#
# Let $K = \{k : c_k \ne 0\}$, $T$ the matrix that writes powers in Hermite polynomials, $t^k = \sum_j T_{kj} He_j(t)$, $\theta_k = c_1^k c_k\,\eta^k\|\beta\|^k$ and
#
# ```{math}
# :label: eq-outliers
# \begin{gathered}
# D_1 = m_2,\quad D_j = j!\, m_1 \;(j \ne 1), \qquad V_{jk} = N^{1-(j+k)/2}\, \mathbb E\, g^{j+k}, \\
# M(\lambda) = T D T^\top + \frac{\phi}{\psi q}\, \Theta^{-1} V^{-1} \Theta^{-1},
# \end{gathered}
# ```
#
# with $m_1, m_2, q$ of {eq}`eq-traces` and $g \sim \mathcal N(0,1)$. With $F$ as approximated in {eq}`eq-spiked`, the outliers of $FF^\top/n$ are the $z$ above the bulk with $\det M(-z) = 0$. If $w$ is the null vector there, the unit left singular vector $u$ of the outlier has
#
# ```{math}
# :label: eq-cosines
# \Big\langle u, \frac{He_k(t)}{\sqrt{n\,k!}}\Big\rangle^2 = \frac{\big(D_k\, (T^\top w)_k\big)^2}{k!\; w^\top M'(-z)\, w} , \qquad ' = \frac{\mathrm d}{\mathrm dz} .
# ```
# ````
#
# ````{dropdown} Proof
# Write $F/\sqrt n = B + L\Theta R^\top$ with the bulk $B = F_0/\sqrt n$, $L = n^{-1/2}[t^{\circ k}]_{k\in K}$ and $R = [a^{\circ k}]_{k \in K}$. By the determinant lemma, a real $z$ above the bulk is a squared singular value of $F/\sqrt n$ when a determinant of size $2|K|$ vanishes
# that is made of three kinds of quadratic forms in the resolvents of $BB^\top$ and $B^\top B$. *Cross terms* $L^\top (z-BB^\top)^{-1} B R$ vanish: $a$ is independent of $B$ and the odd and even parts of $R$ average out. *On the side of the units*, $R$ is independent of $B$, so that with $\lambda = -z$
# $R^\top(B^\top B + \lambda)^{-1}R \approx V \cdot \frac1N\operatorname{tr}(B^\top B+\lambda)^{-1} = V\,\frac{\psi q}{\phi\lambda}$. *On the side of the rows*, $t$ is not independent of $B$, because both are made of $\tilde X$; but only its linear part is seen by $B$
# (the Gaussian equivalent {eq}`eq-equivalent` is linear in $\tilde X$). Hence $\frac1n He_j(t)^\top (BB^\top+\lambda)^{-1} He_k(t) \to D_j\,1\{j=k\}$ with $D_1 = m_2$ and $D_j = j!\,m_1$ otherwise, and $L^\top(BB^\top+\lambda)^{-1}L \to TDT^\top$. What remains of the determinant is
#
# $$
# \det\big( I + \Theta\, V\tfrac{\psi q}{\phi\lambda}\,\Theta \cdot \lambda\, T D T^\top \big) = 0 ,
# $$
#
# which is $\det M(-z) = 0$. The overlaps follow from the residue of $L^\top (z - FF^\top/n)^{-1} L$ at the pole. For the method see {cite:t}`BenaychGeorges2012`. $\square$
# ````
#
# As $n \to \infty$ at fixed $\alpha$, not one of the $\alpha_k$, every strength goes to zero or to infinity, and the proposition counts: one outlier for each active order $k \le l$. At *finite* strength it also says where. And at $\alpha = \alpha_k$ precisely, where $\theta_k$ stays finite, it gives the constant $C_k$ of the table above.

# %%
margin = 1.1  # an outlier is this factor above all untrained eigenvalues
everything = [
    [
        squared_singular_values(features(problem, *stepped(problem, s), eta))
        for s in draws
    ]
    for eta in (0.0, *(problem.step(a) for a in exponents))
]
everything = np.array(everything)
cutoff = margin * everything[0].max()
counts = np.sum(everything[1:] > cutoff, axis=2)

for alpha, count in zip(exponents, counts, strict=True):
    here = regime(problem, alpha)
    claims.check(
        f"α = {alpha:g}: number of outliers, mean over draws",
        measured=count.mean(),
        predicted=here.outliers,
        tolerance=0.0,
        source="Moniri et al. 2024, number of spikes in regime l",
        explain="The count is asymptotic; see the table of constants.",
    )


# %% tags=["hide-input"]
def regime_spectrum(alpha, eigenvalues):
    """Histogram over seeds, predicted bulks per unit of log x, and all outliers."""
    shown = regime(problem, alpha).outliers
    bulk = edges(problem)
    bins = np.geomspace(
        max(0.9 * bulk[0, 0], 1e-3 * bulk[-1, 1]), 1.05 * bulk[-1, 1], 60
    )
    heights = over_seeds(
        [
            np.histogram(v, bins)[0] / (problem.n * np.diff(np.log(bins)))
            for v in eigenvalues
        ]
    )
    largest_values = over_seeds(eigenvalues[:, ::-1][:, :shown])
    x = np.geomspace(bins[0], 1.02 * bulk[-1, 1], 160)
    bulks = {
        "bulk without a step": (x, x * density(problem, x)),
        "bulk, any-step theory": (
            x,
            x * any_step.density(problem, x, problem.step(alpha)),
        ),
    }
    found = [outlier.position for outlier in outliers(problem, problem.step(alpha))]
    return spikes.Regime(
        f"α = {alpha:g}: {shown} outlier{'s' * (shown != 1)}",
        bins,
        heights.mean,
        heights.standard_error,
        bulks,
        largest_values.mean,
        largest_values.standard_error,
        found,
    )


# %% mystnb={"figure": {"caption": "Squared singular values of $F/\\sqrt n$ in three regimes. Bars and points: simulation, mean over seeds with standard errors. Dashed line: bulk of the untrained features, {eq}`eq-traces`; solid line: bulk after the step, by the any-step theory. Vertical bars: outliers predicted by {prf:ref}`prop-outliers`. Triangles: mean positions of the largest eigenvalues.", "name": "fig-regimes"}, "image": {"alt": "Three stacked histograms on a logarithmic axis. The upper end of the bulk is the same in all, its lower end changes from the first to the third as the any-step line does. The first has one simulated outlier, the second two, the third three, each near a predicted bar."}}
spikes.regimes(
    [regime_spectrum(*pair) for pair in zip(exponents, everything[1:], strict=True)],
    r"squared singular value of $F/\sqrt{n}$",
)

# %% [markdown]
# Two things deserve a second look. The outliers are as many as the theorem says, and close to where the finite-strength formula puts them. And the *bulk* is not that of the untrained features: its upper end, from which the outliers escape, stays, but small singular values grow.
# That is the scatter of the response, item 2 of the sketch: $n^{\alpha - 1/2}$ is not small at these sizes. The solid line is the *any-step* theory of a later chapter, *From lazy to maximal*. It does not expand in powers of the tilt at all, and it keeps what the sum of spikes forgets: the scatter, and the longer rows.
#
# ## The path of the outliers
#
# Walk along the whole path of exponents, with the same draws at every step, and compare with both theories: {prf:ref}`prop-outliers` with all orders, at most twelve, that these sizes let one use, and the any-step theory.

# %%
path = np.linspace(0.0, largest, points)
ranks = 4


def walk(problem, seed, steps):
    """Largest eigenvalues of one draw, and squared cosines of their vectors with He_k."""
    draw, step = stepped(problem, seed)
    H = basis(projection(draw, step), 8)
    H /= np.linalg.norm(H, axis=1)[:, None]
    found = [top(features(problem, draw, step, eta), ranks) for eta in steps]
    return np.array([one.values for one in found]), np.array(
        [np.square(H @ one.left).T for one in found]
    )


walked = [walk(problem, s, [problem.step(a) for a in path]) for s in draws]
positions = over_seeds([values for values, _ in walked])
fine = {
    "any step": np.linspace(0.0, largest, 22),
    "finite strength": np.linspace(0.0, largest, 85),
}
theories = {"any step": any_step.outliers, "finite strength": outliers}
predicted = {
    name: [theories[name](problem, problem.step(a)) for a in grid]
    for name, grid in fine.items()
}


# %% tags=["hide-input"]
def position(found, rank):
    """The position of outlier number `rank`; nan if a theory found fewer."""
    return found[rank].position if len(found) > rank else math.nan


def track(rank):
    """Outlier number `rank`: measured, and predicted where a theory has it."""
    lines = {}
    for name, grid in fine.items():
        line = np.array([position(one, rank) for one in predicted[name]])
        shown = (
            line < 3 * positions.mean.max()
        )  # where the series diverges it leaves the picture
        lines[name] = (grid[shown], line[shown])
    return spikes.Track(
        f"eigenvalue {rank + 1}",
        (path, positions.mean[:, rank], positions.standard_error[:, rank]),
        lines,
    )


marks = {
    rf"$\alpha_{k}$": a
    for k, a in enumerate(critical_exponents(8), start=1)
    if problem.student[k] and a <= largest
}
marks = dict(list(marks.items())[:ranks])

# %% mystnb={"figure": {"caption": "The four largest eigenvalues of $FF^\\top/n$ against the step exponent. Points: simulation, mean over seeds with standard errors. Colours tell the rank. Solid lines: the any-step theory; dashed lines: {prf:ref}`prop-outliers`. Shaded: the bulk. Vertical lines: the first thresholds $\\alpha_k = \\frac{k-1}{2k}$ of active orders.", "name": "fig-path"}, "image": {"alt": "On a logarithmic axis, four sequences of points leave the shaded bulk one after the other, each near one of the vertical lines, and then rise steeply, following the solid lines to the end and the dashed lines until an exponent of about 0.38, where these shoot up."}}
spikes.tracks(
    [track(k) for k in range(ranks)],
    r"$\alpha = \log\eta\,/\log n$",
    r"eigenvalue of $FF^\top/n$",
    edge=edges(problem)[-1, 1],
    marks=marks,
)

# %% tags=["remove-input"]
tilt_per_step = problem.student[1] * Geometry.limit(problem).beta_norm / math.sqrt(N)
edge_of_series = 1 / (2 * frequency * tilt_per_step)
leave = [
    next(
        (g for g, one in zip(fine["any step"], predicted["any step"]) if len(one) > k),
        math.nan,
    )
    for k in range(ranks)
]
Markdown(
    "By the any-step theory the outliers appear at about α = "
    + ", ".join(f"{a:.2f}" for a in leave if not math.isnan(a))
    + f" (on a grid of {fine['any step'][1]:.3f}), at n = {n}; the asymptotic thresholds are "
    + ", ".join(
        f"{a:.3f}"
        for a, k in zip(critical_exponents(8), range(1, 9))
        if problem.student[k] and a <= largest
    )
    + f". The series of spikes diverges from α = {math.log(edge_of_series) / math.log(n):.3f} on."
)


# %% [markdown]
# The first outlier rises like $\eta^2 = n^{2\alpha}$, the second like $\eta^4$, the third like $\eta^6$, from thresholds close to the $\alpha_k$. The dashed lines are good as long as they are anything: then the series of spikes stops converging, and adding more orders makes matters worse.
# The solid lines follow the points to the end.
#
# To see how good the theories are, remove the largest source of scatter: give them $\|\beta\|$, $\tilde X\beta$ and $a$ as they came out in *this* draw. Any-step positions should then agree to within what is left of the noise, and corrections of order $1/n$, for which the claims allow $4/n$.

# %%
def all_orders(problem, draw, step):
    """What the any-step theory needs of a draw: |beta|, its angle, a and X beta."""
    measured = geometry(step.direction, draw.a, draw.beta_star, draw.ridge.X)
    return any_step.plug_in(
        problem, measured.beta_norm, measured.rho, draw.a, projection(draw, step)
    )


def gaps(seed):
    """(exponent, outlier) -> measured over predicted position, minus one, per theory."""
    draw, step = stepped(problem, seed)
    series, full, found = (
        finite_strength(problem, draw, step),
        all_orders(problem, draw, step),
        {},
    )
    for alpha in exponents:
        eta, count = problem.step(alpha), len(regime(problem, alpha).active)
        values = top(features(problem, draw, step, eta), count).values
        one, two = outliers(problem, eta, series), any_step.outliers(problem, eta, full)
        for k in range(min(count, len(one), len(two))):
            found[alpha, k] = [
                values[k] / one[k].position - 1,
                values[k] / two[k].position - 1,
            ]
    return found


by_draw = [gaps(s) for s in draws]
compared = {
    key: over_seeds([one[key] for one in by_draw])
    for key in by_draw[0]
    if all(key in one for one in by_draw)
}
for (alpha, k), gap in compared.items():
    claims.check(
        f"α = {alpha:g}, outlier {k + 1}: measured over any-step position, minus one",
        measured=gap.mean[1],
        predicted=0.0,
        standard_error=gap.standard_error[1],
        tolerance=3 * gap.standard_error[1] + 4 / n,
        source="From lazy to maximal, any-step theory",
    )

# %% tags=["hide-input"]
rows = [
    f"| {alpha:g} | {k + 1} | {100 * g.mean[0]:.2f} ± {100 * g.standard_error[0]:.2f} | {100 * g.mean[1]:.2f} ± {100 * g.standard_error[1]:.2f} |"
    for (alpha, k), g in compared.items()
]
Markdown(
    f"Measured over predicted position, minus one, in per cent, at n = {n}; mean over {seeds} draws. Both theories know ‖β‖, X̃β and a of the draw.\n\n"
    "| α | outlier | finite strength | any step |\n|---:|---:|---:|---:|\n"
    + "\n".join(rows)
)

# %% [markdown]
# The finite-strength theory is good to a few per cent, and worst for the weakest outlier of each regime. Its corrections are of relative order $s^2 \sim \eta^2/N \asymp n^{2\alpha - 1}$: at $\alpha = 0.35$, $n$ has to grow a hundredfold for them to become four times smaller. The any-step theory has no such correction to make.
#
# ## What the singular vectors carry
#
# An outlier is of use to the network only through its left singular vector: the function of the inputs that it adds to the linear span of the features. The any-step theory knows that function, and so does {eq}`eq-cosines`: a polynomial in $t$.

# %%
alpha = exponents[-1]
eta, active, order = problem.step(alpha), regime(problem, alpha).active, 10


def polynomial(outlier, t):
    """Predicted mean of sqrt(n) times an entry of the singular vector, given t."""
    return outlier.cosines @ basis(t, order)


def vectors_of(seed):
    """Of one draw: t, the leading left singular vectors, and their predictions."""
    draw, step = stepped(problem, seed)
    known = replace(all_orders(problem, draw, step), projection=None)
    left = top(features(problem, draw, step, eta), len(active)).left
    return (
        projection(draw, step),
        left,
        any_step.outliers(problem, eta, known, order=order)[: len(active)],
    )


t, left, predicted_vectors = vectors_of(seed)
curve = np.linspace(t.min(), t.max(), 200)
clouds = []
for k, outlier in enumerate(predicted_vectors):
    entries = math.sqrt(n) * left[:, k] * np.sign(left[:, k] @ polynomial(outlier, t))
    clouds.append(
        vectors.Cloud(
            f"singular vector {k + 1}", t, entries, (curve, polynomial(outlier, curve))
        )
    )

# %% mystnb={"figure": {"caption": "Entries of the leading left singular vectors of one draw against $t_i = \\beta^\\top \\tilde x_i/\\|\\beta\\|$, at the last of the step exponents. Dots: simulation. Lines: the predicted polynomial $\\sum_k \\langle u, He_k/\\sqrt{k!}\\rangle\\, He_k(t)/\\sqrt{k!}$.", "name": "fig-vectors"}, "image": {"alt": "Three scatter plots. The first cloud is a line that bends at its ends, the second a parabola, the third a cubic; each cloud follows the predicted curve, the third with visible scatter."}}
vectors.clouds(clouds, "$t$", r"$\sqrt{n}\,$ entry")


# %%
def explained(seed):
    """Share of each vector on its predicted polynomial: (measured, predicted)."""
    t, left, found = vectors_of(seed)
    shapes = [polynomial(outlier, t) for outlier in found]
    return [
        ((u @ p) ** 2 / (p @ p), outlier.overlaps.sum())
        for u, p, outlier in zip(left.T, shapes, found)
    ]


shares = [explained(s) for s in draws]
for k in range(min(map(len, shares))):
    measured, theory = np.array([one[k] for one in shares]).T
    gap = over_seeds(measured - theory)
    claims.check(
        f"α = {alpha:g}, singular vector {k + 1}: squared cosine with its predicted polynomial",
        measured=measured.mean(),
        predicted=theory.mean(),
        standard_error=gap.standard_error,
        tolerance=3 * gap.standard_error + 4 / n,
        source="From lazy to maximal, any-step theory",
    )


# %% [markdown]
# Look at the second vector. It is not $He_2(t)$ but nearly $t^2$ (more precisely $t^2 + \kappa$, {prf:ref}`rem-spikes-noise`): an even spike carries a constant along, and the network gains, with the quadratic function, the intercept that its centred activation lacks. And the first is not a straight line but bends: the singular vectors
# of a sum of spikes that are not orthogonal mix the powers, odd with odd and even with even. What is learned is the *space*.
#
# ## How far is the limit?
#
# In the limit, and up to the $\kappa$ of {prf:ref}`rem-spikes-noise` in the even ones, the leading $l$ left singular vectors span $\{t, t^2, \dots, t^l\}$ exactly. The principal angles between the two spaces measure what is missing. {eq}`eq-cosines` gives the cosines of every singular vector with every $He_k$, and with them the angles; and a formula can be evaluated at sizes that nobody will ever simulate.

# %%
def predicted_angle(problem, alpha):
    """Largest principal angle, in degrees, from the cosines; 90 without an outlier."""
    active = regime(problem, alpha).active
    found = outliers(problem, problem.step(alpha))[: len(active)]
    if len(found) < len(active):
        return 90.0
    size = max(active[-1] + 1, *(len(outlier.cosines) for outlier in found))
    singular = np.array(
        [np.pad(outlier.cosines, (0, size - len(outlier.cosines))) for outlier in found]
    )
    powers = monomials_in_hermite(size - 1)[list(active)] * np.sqrt(
        [float(math.factorial(k)) for k in range(size)]
    )
    overlap = np.linalg.svd(singular @ np.linalg.qr(powers.T)[0], compute_uv=False)
    return math.degrees(math.acos(min(overlap.min(), 1.0)))


reach = np.unique(np.geomspace(min(sizes), 1e12, 60).round().astype(int))
angles = {a: over_seeds(convergence["angle"][:, :, k]) for k, a in enumerate(exponents)}
predicted_angles = {
    a: np.array([predicted_angle(at_size(problem, int(rows)), a) for rows in reach])
    for a in exponents
}

# %% mystnb={"figure": {"caption": "Largest principal angle between the leading $l$ left singular vectors and the polynomials $\\{(\\tilde X\\beta)^{\\circ k} : k \\le l\\}$ against $n$, at three step exponents. Points: simulation, mean over seeds with standard errors. Lines: prediction from {eq}`eq-cosines`, continued to sizes that cannot be simulated.", "name": "fig-angles"}, "image": {"alt": "Three falling curves on a logarithmic axis of n from hundreds to a million millions. Simulated points at the left end lie on them, or above them at the smallest sizes. The curve of regime three is the highest."}}
spikes.decades(
    [
        curves.Curve(
            f"α = {a:g}",
            (reach, predicted_angles[a]),
            (sizes, angles[a].mean, angles[a].standard_error),
        )
        for a in exponents
    ],
    "$n$",
    "largest principal angle (degrees)",
)


# %% tags=["remove-input"]
def size_for(angle, alpha):
    """The n of the grid from which on the predicted angle stays below `angle`."""
    above = np.flatnonzero(predicted_angles[alpha] > angle)
    last = above[-1] if len(above) else -1
    return (
        f"n ≈ {reach[last + 1]:.0e}"
        if last + 1 < len(reach)
        else f"more than n = {reach[-1]:.0e}"
    )


Markdown(
    "For an angle below ten degrees one needs "
    + "; ".join(f"{size_for(10, a)} at α = {a:g}" for a in exponents)
    + "."
)

# %%
for number, a in enumerate(exponents):
    closer = over_seeds(
        convergence["angle"][:, 0, number] - convergence["angle"][:, -1, number]
    )
    claims.check(
        f"α = {a:g}: loss of angle from n = {sizes[0]} to {sizes[-1]} (degrees)",
        measured=closer.mean,
        predicted=3 * closer.standard_error,
        standard_error=closer.standard_error,
        tolerance=0.0,
        source="Moniri et al. 2024, left singular space in regime l",
        kind="at least",
    )

# %% [markdown]
# Where the step exponent is well inside its regime, convergence is fast. Near the lower end of the regime, the last spike is hardly stronger than the bulk, and its strength grows like $n^{l\alpha - (l-1)/2}$, that is $n^{0.05}$ for $l = 3$ and $\alpha = 0.35$. Nobody will see that limit.
# But the *reason* for the angle is understood, and the formula at finite strength gives it.
#
# ## At a critical exponent, the constant decides
#
# At $\alpha = \alpha_k$ exactly, spike $k$ neither grows nor vanishes: with $\eta = C\,n^{\alpha_k}$ it has a finite strength, while all lower spikes are infinitely strong. {prf:ref}`prop-outliers` then describes a transition in the constant: below $C_k$ spike $k$ is lost in the bulk, above $C_k$ its singular vector aligns with $t^k$ (with what $t^k$ has beyond the lower powers).
# It is the transition of {cite:t}`BaikBenArousPeche2005`, once for every order.

# %%
factors = np.linspace(0.5, 1.4, 7)
tested = [k for k in range(2, 9) if problem.student[k]][:2]
index = {k: sum(1 for j in range(1, k) if problem.student[j]) for k in tested}


def critical_steps(k, rows, factors):
    """eta = factor * C_k n^((k-1)/(2k))."""
    return (
        np.asarray(factors)
        * critical_constant(problem, k)
        * rows ** critical_exponents(k)[-1]
    )


def own_degrees(k):
    """The degrees of t^k: k, k - 2, ..."""
    return np.arange(k, -1, -2)


def share_measured(k, rows):
    """Squared cosine of the vector of spike k with degrees k, k - 2, ...: over seeds."""
    walks = [
        walk(at_size(problem, rows), s, critical_steps(k, rows, factors))[1]
        for s in draws
    ]
    return over_seeds(
        [shares[:, index[k], own_degrees(k)].sum(axis=1) for shares in walks]
    )


def share_predicted(k, rows, factors):
    """The same by the finite-strength theory; zero without such an outlier."""
    scaled, shares = at_size(problem, rows), []
    for eta in critical_steps(k, rows, factors):
        found = outliers(scaled, eta)
        shares.append(
            found[index[k]].overlaps[own_degrees(k)].sum()
            if len(found) > index[k]
            else 0.0
        )
    return np.array(shares)


critical = {(k, rows): share_measured(k, rows) for k in tested for rows in (small, n)}

# %% tags=["hide-input"]
dense = np.linspace(factors[0], factors[-1], 60)


def critical_panel(k):
    """Limit and two finite sizes for one order."""
    drawn = []
    for rows in (small, n):
        average, line = critical[k, rows], share_predicted(k, rows, dense)
        drawn.append(
            curves.Curve(
                f"n = {rows}",
                (dense, line),
                (factors, average.mean, average.standard_error),
            )
        )
    drawn.append(curves.Curve("limit", (dense, share_predicted(k, 10**12, dense))))
    label = "squared cosine" if k == tested[0] else ""
    return side_by_side.Panel(
        label,
        drawn,
        f"spike {k}, α = {critical_exponents(k)[-1]:.3g}",
        ylim=(0, 1),
        legend="upper left",
    )


# %% mystnb={"figure": {"caption": "Transitions at critical exponents: squared cosine between the singular vector of spike $k$ and the polynomials of degrees $k, k-2, \\dots$ in $t$ at $\\eta = C\\, n^{\\alpha_k}$, against $C/C_k$. Points: simulation at two sizes, mean over seeds with standard errors. Lines: finite-strength theory at these sizes and in the limit.", "name": "fig-critical"}, "image": {"alt": "Two panels. In each the squared cosine is near zero below the threshold and rises steeply above it, later and less steeply at smaller n. For spike two the three lines nearly coincide; for spike three the lines for finite n lie well to the right of the limit."}}
side_by_side.side_by_side(
    [critical_panel(k) for k in tested], r"constant $C / C_k$", marks={"threshold": 1.0}
)

# %%
for k in tested:
    average = critical[k, n]
    found = any_step.outliers(problem, critical_steps(k, n, factors)[-1], order=8)
    share = (
        found[index[k]].overlaps[own_degrees(k)].sum() if len(found) > index[k] else 0.0
    )
    claims.check(
        f"Spike {k} at α = {critical_exponents(k)[-1]:.3g}, C = {factors[0]:g} C_{k}: squared cosine of its vector",
        measured=average.mean[0],
        predicted=0.0,
        standard_error=average.standard_error[0],
        tolerance=3 * average.standard_error[0] + 4 * len(own_degrees(k)) / n,
        source="Many spikes, outliers at finite strength",
        kind="at most",
    )
    claims.check(
        f"Spike {k} at α = {critical_exponents(k)[-1]:.3g}, C = {factors[-1]:g} C_{k}: squared cosine of its vector",
        measured=average.mean[-1],
        predicted=share,
        standard_error=average.standard_error[-1],
        tolerance=3 * average.standard_error[-1] + 4 / n,
        source="From lazy to maximal, any-step theory",
    )


# %% [markdown]
# Spike 2 does as the limit says. For spike 3 the limit is a poor guide at these sizes, while the finite-strength theory *at the same size* is a good one, and better at the larger: the critical exponents are a statement about $n \to \infty$ in which $n^{\alpha - 1/2}$ counts as small.
#
# ## Which activation makes which spike
#
# A spike needs $c_k \ne 0$. To see degree $k$ by itself, orthogonalise $t, t^2, t^3, t^4$ on the sample, and ask how much of the $k$-th direction the four leading left singular vectors span. By chance they would span $4/n$ of it.

# %%
def degree_shares(problem, seed):
    """Share of each degree 1, ..., 4 that the four leading singular vectors span."""
    draw, step = stepped(problem, seed)
    powers = projection(draw, step)[:, None] ** np.arange(1, 5)
    left = top(features(problem, draw, step, eta), ranks).left
    return np.sum(np.square(np.linalg.qr(powers)[0].T @ left), axis=1)


by_activation = {"this chapter's sine": problem} | {
    name: replace(problem, activation=name) for name in activations
}
learned = {
    name: over_seeds([degree_shares(p, s) for s in draws])
    for name, p in by_activation.items()
}
chance = ranks / n

# %% tags=["hide-input"]
rows = [
    f"| {name} | "
    + " | ".join(f"{p.student[k]:.3g}" for k in (2, 3, 4))
    + " | "
    + " | ".join(
        f"{m:.3f} ± {e:.3f}"
        for m, e in zip(learned[name].mean, learned[name].standard_error)
    )
    + " |"
    for name, p in by_activation.items()
]
Markdown(
    f"Hermite coefficients, and the share of each degree in the four leading singular vectors at α = {alpha:g}, mean over {seeds} draws. Chance: {chance:.3f}.\n\n"
    "| activation | c₂ | c₃ | c₄ | degree 1 | degree 2 | degree 3 | degree 4 |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
    + "\n".join(rows)
)

# %%
cells = [
    (p.student[k], learned[name].mean[k - 1], learned[name].standard_error[k - 1])
    for name, p in by_activation.items()
    for k in (2, 3)
]
absent, present = [c for c in cells if c[0] == 0], [c for c in cells if c[0] != 0]
if absent:
    claims.check(
        "Degrees 2 and 3 that an activation lacks: largest share",
        measured=max(m for _, m, _ in absent),
        predicted=chance,
        tolerance=4 * max(e for *_, e in absent),
        source="Many spikes, size of spike k",
        kind="at most",
    )
if present:
    claims.check(
        "Degrees 2 and 3 that it has: least excess over chance (standard errors)",
        measured=min((m - chance) / e for _, m, e in present),
        predicted=4.0,
        tolerance=0.0,
        source="Many spikes, size of spike k",
        kind="at least",
    )


# %% [markdown]
# The zeros are where they should be: odd activations learn no even degree, ReLU and softplus learn no cubic one. What is present need not be large. tanh and erf have the cubic coefficient, and in the limit a cubic outlier of their own; here they only bend the first singular vector a little. They *saturate*: at this step the tilt of many units is so large that
# a bounded response has left the range where a cubic describes it.
#
# ## Where it breaks
#
# * **Exponents without constants.** The thresholds $\alpha_k$ are $0.25, 0.333, 0.375, 0.4, \dots$; from $\alpha_2$ to $\alpha_3$ the step $n^\alpha$ grows by the factor $n^{1/12}$, which hardly deserves to be called large at any $n$. Constants like $\|\beta\|$ decide which regime a *finite* network is in. In the table of constants, the usual activations with the book's usual teacher are late by up to a regime.
# * **The series.** Spike $k$ over $\sqrt n$ has the norm $(2k-1)!!\,|c_k|\,s^k\sqrt N$ with $s = \eta c_1\|\beta\|/\sqrt N$. The double factorial makes the sum over $k$ diverge: for the sine once $s$ exceeds $\frac1{2\omega}$ ({ref}`ex-series`), for activations like tanh or ReLU, whose $c_k$ fall more slowly, at every $s$, so that only its first terms are of use. Nothing happens to the network there.
# * **Polynomials.** With $\sigma$ a polynomial the response to a tilt is unbounded and the scatter of the response heavy-tailed: at $n$ of a thousand the spectrum has more outliers than the theorem allows. Try it: give `Problem` the coefficients `[0, 1, 0.2, 0.1]`.
# * **The second layer.** $V$ in {eq}`eq-outliers` has to be invertible. With all $a_j$ equal it is not, and there is one outlier for all $\alpha$ ({ref}`ex-constant`).
# * **The labels.** If $y$ has heavy tails, single training rows leave their own mark in the gradient, and make outliers that the theorem does not know ({ref}`ex-heavy`).
# * **$\alpha = \frac12$.** All orders are equally strong, tilt and row are comparable, and the any-step theory takes over.
#
# ## Exercises
#
# ````{exercise-start} Odd activations
# :label: ex-odd
# ````
#
# Set the phase of the sine to zero. How many outliers are there in the third regime, and which degrees do they carry?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-odd
# :class: dropdown
# ````
#
# $c_k = 0$ for even $k$, {eq}`eq-sine`: two outliers, of degrees one and three.

# %%
def count_outliers(problem, eta):
    """Per draw, how many eigenvalues exceed all untrained ones by the margin."""
    values = []
    for s in draws:
        draw, step = stepped(problem, s)
        values.append(
            [top(features(problem, draw, step, e), 8).values for e in (0.0, eta)]
        )
    values = np.array(values)
    return np.sum(values[:, 1] > margin * values[:, 0].max(), axis=1)


odd = replace(problem, activation=sine(frequency, 0.0))
odd_count, odd_shares = (
    count_outliers(odd, eta).mean(),
    over_seeds([degree_shares(odd, s) for s in draws]),
)
claims.check(
    f"α = {alpha:g}: number of outliers of the odd sine",
    measured=odd_count,
    predicted=regime(odd, alpha).outliers,
    tolerance=0.0,
    source="Moniri et al. 2024, number of spikes in regime l",
    explain="The count is asymptotic; see the table of constants.",
)
Markdown(
    "Shares of degrees 1 to 4: "
    + ", ".join(
        f"{m:.3f} ± {e:.3f}" for m, e in zip(odd_shares.mean, odd_shares.standard_error)
    )
    + "."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} A constant second layer
# :label: ex-constant
# ````
#
# Take the odd sine of the last exercise and let all $a_j = 1/\sqrt N$. How many outliers are there, and what does the left singular vector look like? (Odd, because with $c_2 \ne 0$ *and* equal $a_j$ the gradient's rest turns all rows alike, and changes the bulk.)
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-constant
# :class: dropdown
# ````
#
# All vectors $a^{\circ k}$ are proportional to $1_N$. The sum of the spikes is *one* outer product, $\big[\sum_k c_k s^k t_i^k\big]_i\, 1_N^\top$ with the common tilt $s = \eta c_1\|\beta\|/\sqrt N$: one outlier at all $\alpha$, whose left singular vector is the mean response
# $t \mapsto \mathbb E\,\sigma(Z + st)$ of {eq}`eq-shift`, all powers at once and with fixed weights. Diversity in the second layer is what lets a network learn the powers *separately*.

# %%
constant = replace(odd, readout="constant")
claims.check(
    f"α = {alpha:g}: number of outliers with a constant second layer",
    measured=count_outliers(constant, eta).mean(),
    predicted=regime(constant, alpha).outliers,
    tolerance=0.0,
    source="Many spikes, exercise on the constant second layer",
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Where the series ends
# :label: ex-series
# ````
#
# For the sine wave, for which $s$ does the sum of the norms {eq}`eq-size` over all $k$ converge? Compare with the dashed lines of {numref}`fig-path`, and with the sentence under it.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-series
# :class: dropdown
# ````
#
# By {eq}`eq-sine` $|c_k| \asymp \omega^{k}/k!$ and $(2k-1)!!/k! = 2^{-k}\binom{2k}{k} \asymp 2^k/\sqrt k$, so the terms behave like $(2\omega s)^k/\sqrt k$: convergence for $s < \frac1{2\omega}$. The strengths as the library computes them:

# %%
ratios = {}
for factor in (0.8, 1.0, 1.25):
    norms = list(strengths(problem, factor * edge_of_series).values())
    ratios[factor] = norms[-1] / norms[-2]
Markdown(
    f"The series converges for η < {edge_of_series:.2f}, that is α < {math.log(edge_of_series) / math.log(n):.3f}. "
    + "; ".join(
        f"at {factor:g} times this step the ratio of the last two spikes of twelve is {ratio:.2f}"
        for factor, ratio in ratios.items()
    )
    + "."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Heavy labels
# :label: ex-heavy
# ````
#
# Give the teacher a large quadratic part, $2.5\,He_1 + 4\,He_2$, in the second regime. Are there still two outliers? Find out where the additional one comes from. *Hint*: expand $\sigma'$ in the gradient to the next order.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-heavy
# :class: dropdown
# ````
#
# With $\sigma'(z) = c_1 + 2c_2 z + \dots$ the gradient {eq}`eq-gradient` has the second term $2c_2\, a_j\, w_j^\top A$, $A = \frac1n X^\top \operatorname{diag}(y)\, X$: unit $j$ sees $w_j^\top(I + 2c_2\eta a_j A)\,x$. If the labels are heavy-tailed, one row with a very large $y_i$ gives $A$ an eigenvector
# $v \approx x_i/\|x_i\|$ with a large eigenvalue, about $y_i\,d/n$, and the feature matrix an outlier along $\tilde X v$. The largest label grows like a power of $\log n$ while $\eta/\sqrt N$ falls like a power of $n$, so the effect vanishes as $n \to \infty$.

# %%
heavy = replace(problem, teacher=(0.0, 2.5, 4.0))
middle = problem.step(exponents[min(1, len(exponents) - 1)])
draw, step = stepped(heavy, seed)
A = (draw.gradient.X * draw.gradient.y[:, None]).T @ draw.gradient.X / n
values, directions = np.linalg.eigh(A)
extra = draw.ridge.X @ directions[:, -1]
left = top(features(heavy, draw, step, middle), 6)
alignment = np.square(extra @ left.left) / (extra @ extra)
row = draw.gradient.X[np.argmax(draw.gradient.y)]
Markdown(
    f"Outliers per draw: {', '.join(map(str, count_outliers(heavy, middle)))}. In the first draw, the leading eigenvector of A has the squared cosine {(row @ directions[:, -1]) ** 2 / (row @ row):.2f} with the row of the largest label, "
    f"and X̃v has the squared cosines {', '.join(f'{c:.2f}' for c in alignment)} with the six leading singular vectors."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
record(
    outlier_positions=positions.mean[-1],
    constants=[critical_constant(problem, k) for k in tested],
    angles=[float(angles[a].mean[-1]) for a in exponents],
    shares=learned["this chapter's sine"].mean,
)
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
