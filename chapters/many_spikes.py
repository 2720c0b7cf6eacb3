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
# condition: len(sizes) >= 2
# condition: small < n

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from IPython.display import Markdown
from scipy.linalg import subspace_angles

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.figures import curves, side_by_side, spectrum, spikes, vectors
from onestep.book.statistics import chance, over_seeds
from onestep.hermite import basis, monomials_in_hermite
from onestep.links import sine
from onestep.simulation import equivalent, network, sample
from onestep.simulation.experiment import measured_geometry
from onestep.simulation.spectrum import operator_norm, squared_singular_values, top
from onestep.theory import any_step
from onestep.theory.geometry import limit_geometry, published_geometry
from onestep.theory.resolvent import density, edges
from onestep.theory.spikes import (
    critical_constant,
    critical_exponents,
    outliers,
    regime,
    strengths,
)
from onestep.theory.terms import HIGHEST

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
# $\sum_k c_k s_j^k P_k(t)$ with $P_k(t) = \mathbb E_g(t + \sqrt\kappa\,g)^k$, $g \sim \mathcal N(0,1)$ ({prf:ref}`lem-imp-powers`, for $c_{\star,0} = 0$; {prf:ref}`rem-imp-drift` has the general case). So spike $k$ carries $P_k$ and not $t^k$: $P_2 = t^2 + \kappa$, $P_3 = t^3 + 3\kappa t$. For $l \ge 2$ the difference is of the order of the spikes themselves and does not vanish as $n$ grows. It vanishes when the gradient batch has many more rows than $d$, which makes $\kappa \to 0$.
#
# *What stays*: the powers of $n$, the thresholds $\alpha_k$, the number of outliers, and the space of the odd spikes, because $P_1, P_3, \dots$ span the same polynomials as $t, t^3, \dots$. *What changes*: the constant in the norm {eq}`eq-size` from $k = 2$ on and, for the even spikes, the critical constants and the space they span. For $l = 2$ the limiting space is that of $t$ and $t^2 + \kappa$, whose largest angle to that of $t$ and $t^2$ has the sine
# $\sqrt2\,\kappa/\sqrt{3(2 + (1+\kappa)^2)}$. [Improvement](improvement) derives this and measures it. The predictions of this chapter contain $\kappa$, and [a table below](sec-path) shows what is lost without it.
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
closed_form = (
    frequency ** (orders - 1)
    / math.cos(phase)
    * np.sin(phase + orders * np.pi / 2)
    * math.exp(-(frequency**2) / 2)
)
by_quadrature = [math.factorial(k) * problem.student[k] for k in orders]
claims.check(
    "Sine wave: k! c_k by quadrature minus closed form, k = 1 to 6 (largest)",
    measured=np.max(np.abs(by_quadrature - closed_form)),
    predicted=0.0,
    tolerance=1e-9,
    source="Many spikes, equation for the sine wave",
    kind="at most",
)

# %% tags=["remove-input"]
kappa = limit_geometry(problem).lengthening
space_angle = math.degrees(
    math.asin(math.sqrt(2 / 3) * kappa / math.sqrt(2 + (1 + kappa) ** 2))
)
Markdown(
    f"For this network $\\kappa$ = {kappa:.3f}: spike 2 carries $t^2 + {kappa:.3f}$, its norm is {math.sqrt((2 + (1 + kappa) ** 2) / 3):.3f} times that of $t^2$, "
    f"and in the second regime the space of the two outliers stays {space_angle:.2f} degrees away from that of $t$ and $t^2$."
)


# %% [markdown]
# How well chosen are the constants? In the limit spike $k$ leaves the bulk at $\eta = C_k\, n^{\alpha_k}$, with a constant $C_k$ that {prf:ref}`prop-outliers` below provides. If $C_k$ is near one, the exponent tells the truth at all $n$. If it is far from one, the finite-size exponent
# $\log(C_k n^{\alpha_k})/\log n = \alpha_k + \log C_k/\log n$ is off by something that decays like $1/\log n$, that is to say never.

# %% tags=["hide-input"]
def constants(problem):
    """C_k for the first four orders; None where c_k = 0."""
    return [
        critical_constant(problem, k)
        if problem.student[k]
        else None
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
        for c, a in zip(constants(p), critical_exponents(4), strict=False)
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
# One draw consists of weights, a gradient batch and a ridge batch; one step then gives $F$ for every $\eta$. We subtract the first few spikes, with the measured $\tilde X\beta$ and $a$ and with $P_k$ in the place of $t^k$, and take the operator norm of what is left.

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


# %% [markdown]
# The study of convergence makes one pass over sizes and seeds, and keeps of every draw what the rest of the chapter will ask for: the errors with $l-1$ and with $l$ spikes, what the spikes that were left out amount to, the outliers with their singular vectors, and the angle between these vectors and the polynomials.

# %%
def approximation(problem, draw, step, eta, grown, active):
    """What is left of F - F0 after the active spikes, and what all later spikes predict."""
    last, order = active[-1], next_order(problem, active[-1])
    known = problem, draw.ridge.X, step.direction, draw.a, eta
    sums = {k: equivalent.spikes(*known, k, kappa) for k in (last, order, HIGHEST)}
    fewer = equivalent.spikes(*known, active[-2], kappa) if len(active) > 1 else 0.0

    def norm(matrix):
        return operator_norm(matrix, tolerance=1e-3) / math.sqrt(problem.n)

    def along(matrix):
        return left[:, -1] @ (matrix @ draw.a**order)

    left = equivalent.powers(projection(draw, step), order, kappa)
    expected = along(sums[HIGHEST] - sums[last])
    return {
        "fewer": norm(grown - fewer),
        "error": norm(grown - sums[last]),
        "beyond_fewer": norm(sums[HIGHEST] - fewer),
        "beyond_error": norm(sums[HIGHEST] - sums[last]),
        "along": along(grown - sums[last]) / expected,
        "along_one_more": along(grown - sums[order]) / expected,
        "next_alone": along(sums[order] - sums[last]) / expected,
    }


def angle(left, t, orders):
    """Largest principal angle between singular vectors and powers of t, in degrees."""
    return math.degrees(np.max(subspace_angles(left, t[:, None] ** np.array(orders))))


def study(problem, seed):
    """One draw: its t, what is known of it, and for each exponent outliers and errors."""
    draw, step = stepped(problem, seed)
    t, F0 = projection(draw, step), features(problem, draw, step, 0.0)
    # |beta|, its angle, a, and the law of t: what the any-step theory needs of a draw
    drawn = measured_geometry(step.direction, draw.a, draw.beta_star, draw.ridge.X)
    tops, errors = [], []
    for alpha in exponents:
        active, eta = regime(problem, alpha).active, problem.step(alpha)
        F = features(problem, draw, step, eta)
        tops.append(top(F, len(active)))
        wrong = (*active[:-1], next_order(problem, active[-1]))
        errors.append(
            approximation(problem, draw, step, eta, F - F0, active)
            | {
                "angle": angle(tops[-1].left, t, active),
                "wrong_angle": angle(tops[-1].left, t, wrong),
            }
        )
    return {
        "t": t,
        "as drawn": drawn,
        "Gaussian t": replace(drawn, projection=1.0),  # He_k orthogonal
        "tops": tops,
        "errors": errors,
    }


# small sizes scatter more and cost less: there several draws are averaged into one
several = {rows: max(1, round(min(sizes[-1] / rows / 2, 4))) for rows in sizes}
studied = {
    rows: [
        study(problem.resized(rows), s)
        for s in range(seed, seed + seeds * several[rows])
    ]
    for rows in sizes
}


def averaged(name):
    """One number of the study: (seeds, sizes, exponents)."""
    values = [
        np.reshape(
            [[e[name] for e in one["errors"]] for one in studied[rows]],
            (seeds, several[rows], len(exponents)),
        )
        for rows in sizes
    ]
    return np.stack([each.mean(axis=1) for each in values], axis=1)


convergence = {name: averaged(name) for name in studied[sizes[0]][0]["errors"][0]}


# %% tags=["hide-input"]
def approximation_panel(number):
    """The errors with l - 1 and l spikes; lines: norm of all that were left out."""
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

# %% mystnb={"figure": {"caption": "Operator norm of $F - F_0$ minus its first spikes, over $\\sqrt n$, against $n$ at fixed aspect ratios; each panel is one step exponent in regime $l$. Circles: $l-1$ spikes subtracted. Squares: $l$ spikes subtracted. Points: simulation, mean over seeds with standard errors. Lines: the norm of the sum of all later spikes, up to order twelve, with the measured $\\tilde X\\beta$ and $a$, mean over the same seeds.", "name": "fig-approximation"}, "image": {"alt": "Three log-log panels. In each the error with one spike too few rises with n along its predicted line, and the error with all spikes of the regime falls, a little above its own predicted line. The fall is steep in the first panel and slow in the third."}}
spikes.by_size(parts, r"error / $\sqrt{n}$", sizes)


# %%
def fitted_slope(values):
    """The slope of log value against log n, fitted on each seed."""
    return over_seeds(np.polyfit(np.log(sizes), np.log(values.T), 1)[0])


beyond = convergence["beyond_error"]
for number, alpha in enumerate(exponents):
    last = regime(problem, alpha).active[-1]
    order = next_order(problem, last)
    error, fewer = (
        fitted_slope((convergence[name] / beyond)[:, :, number])
        for name in ("error", "fewer")
    )
    claims.check(
        f"α = {alpha:g}: slope in n of the error with orders up to {last}, over the norm of all later spikes",
        measured=error.mean,
        predicted=0.0,
        standard_error=error.standard_error,
        tolerance=chance(seeds, 0.002) * error.standard_error,  # one-sided
        source="Moniri et al. 2024, spiked approximation; Many spikes, rates",
        kind="at most",
        control=("one spike fewer subtracted", fewer.mean),
    )
    along, more = (
        over_seeds(convergence[name][:, -1, number])
        for name in ("along", "along_one_more")
    )
    claims.check(
        f"α = {alpha:g}, n = {sizes[-1]}: this error along spike {order}, over what all later spikes predict",
        measured=along.mean,
        predicted=1.0,
        standard_error=along.standard_error,
        tolerance=chance(seeds) * along.standard_error,
        source="Many spikes, the spiked approximation with longer rows",
        control=("one spike more subtracted", more.mean),
    )

# %% tags=["remove-input"]
lines = []
for number, alpha in enumerate(exponents):
    last = regime(problem, alpha).active[-1]
    order = next_order(problem, last)
    slope = fitted_slope(convergence["error"][:, :, number])
    finite = fitted_slope(beyond[:, :, number])
    limit = max(order * alpha - (order - 1) / 2, alpha - 0.5)
    lines.append(
        f"* α = {alpha:g}: slope {slope:.3f} of the error, {finite:.3f} of the norm of all later spikes, and {limit:.3f} in the limit, which for a ten times larger n means an error {10**-limit:.2g} times smaller. "
        f"At n = {sizes[-1]} spike {order} alone would be {over_seeds(convergence['next_alone'][:, -1, number]):.3f} times what is left along it."
    )
Markdown("\n".join(lines))


# %% [markdown]
# In {numref}`fig-approximation` one spike more or less decides whether the error decays or grows, and the lines, which have no free parameter, say how. The squares lie above their line by what the sum of spikes does not contain: the scatter, item 2 of the sketch. In operator norm it adds to the spikes in squares, and by a share that vanishes:
# its norm over that of the next spike is $n^{\alpha - 1/2 - (l+1)\alpha + l/2}$, a negative power exactly when $\alpha > \alpha_l$. This is the first claim, with the last spike of the regime kept as its control. Along the next spike's own two vectors the scatter averages out, and the second claim can ask for equality.
#
# Look at the slopes. The further up the regime, the more slowly the error falls: the theorem is true, and close to $\alpha_l$ the sum of the first $l$ spikes is a rough approximation at every $n$ that one can simulate. There the orders beyond $l$ are nearly as strong as each other, and for a sine wave those of the same parity alternate in sign: they cancel in part, so that the next spike by itself can exceed what is left.
#
# ## Three regimes, three spectra
#
# Now the spectrum. Does the $l$-th spike, whose norm grows, really show as the $l$-th outlier? Spikes of different orders are not orthogonal: $t^3$ has a large component along $t$. What spike $k$ *adds* to the lower ones is smaller than its norm.
#
# ````{prf:proposition} Outliers at finite strength (ours)
# :label: prop-outliers
#
# Let $K = \{k : c_k \ne 0\}$, $T$ the matrix that writes the functions of {prf:ref}`rem-spikes-noise` in Hermite polynomials, $P_k = \sum_j T_{kj} He_j$ (for $\kappa = 0$ these are the powers, and in general $T_{kj}$ is that of the powers times $(1+\kappa)^{(k-j)/2}$), $\theta_k = c_1^k c_k\,\eta^k\|\beta\|^k$ and
#
# ```{math}
# :label: eq-outliers
# \begin{gathered}
# D_1 = m_2,\quad D_j = j!\, m_1 \;(j \ne 1), \qquad V_{jk} = N^{1-(j+k)/2}\, \mathbb E\, g^{j+k}, \\
# M(\lambda) = T D T^\top + \frac{\phi}{\psi q}\, \Theta^{-1} V^{-1} \Theta^{-1},
# \end{gathered}
# ```
#
# with $m_1, m_2, q$ of {eq}`eq-traces` and $g \sim \mathcal N(0,1)$. With $F$ as approximated in {eq}`eq-spiked`, $P_k(t)$ in the place of $t^k$, the outliers of $FF^\top/n$ are the $z$ above the bulk with $\det M(-z) = 0$. If $w$ is the null vector there, the unit left singular vector $u$ of the outlier has
#
# ```{math}
# :label: eq-cosines
# \Big\langle u, \frac{He_k(t)}{\sqrt{n\,k!}}\Big\rangle^2 = \frac{\big(D_k\, (T^\top w)_k\big)^2}{k!\; w^\top M'(-z)\, w} , \qquad ' = \frac{\mathrm d}{\mathrm dz} .
# ```
# ````
#
# ````{dropdown} Proof
# Write $F/\sqrt n = B + L\Theta R^\top$ with the bulk $B = F_0/\sqrt n$, $L = n^{-1/2}[P_k(t)]_{k\in K}$ and $R = [a^{\circ k}]_{k \in K}$. By the determinant lemma, a real $z$ above the bulk is a squared singular value of $F/\sqrt n$ when a determinant of size $2|K|$ vanishes
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
def spectra(problem, seed):
    """Eigenvalues of a draw: untrained, after each step, and without its spikes from l on."""
    draw, step = stepped(problem, seed)
    trained, fewer = [features(problem, draw, step, 0.0)], []
    for alpha in exponents:
        eta, active = problem.step(alpha), (0, *regime(problem, alpha).active)
        known = problem, draw.ridge.X, step.direction, draw.a, eta
        kept = equivalent.spikes(*known, active[-2], kappa) if active[-2] else 0.0
        trained.append(features(problem, draw, step, eta))
        fewer.append(trained[-1] - equivalent.spikes(*known, HIGHEST, kappa) + kept)
    return [squared_singular_values(F) for F in (*trained, *fewer)]


def usual_count(untrained, values):
    """Median over draws of how many eigenvalues exceed what untrained ones reach by chance.

    By chance: as far above their mean as the largest of one more draw is once in 2000.
    """
    largest = np.max(untrained, axis=-1)
    reach = chance(seeds) * largest.std(ddof=1) * math.sqrt(1 + 1 / seeds)
    return np.median(np.sum(values > largest.mean() + reach, axis=-1))


everything = np.moveaxis([spectra(problem, s) for s in draws], 0, 1)
untrained, trained, fewer = np.split(everything, [1, 1 + len(exponents)])
for alpha, values, without in zip(exponents, trained, fewer, strict=True):
    claims.check(
        f"α = {alpha:g}: number of outliers, median over draws",
        measured=usual_count(untrained[0], values),
        predicted=regime(problem, alpha).outliers,
        tolerance=0.0,
        source="Moniri et al. 2024, number of spikes in regime l",
        explain="The count is asymptotic; see the table of constants. And a few draws do not tell what chance can do.",
        control=("spikes from l on removed", usual_count(untrained[0], without)),
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
    found = [
        outlier.position
        for outlier in outliers(
            problem, problem.step(alpha)
        )
    ]
    return spectrum.Spectrum(
        f"α = {alpha:g}: {shown} outlier{'s' * (shown != 1)}",
        bins,
        heights.mean,
        heights.standard_error,
        x,
        x * any_step.density(problem, x, problem.step(alpha)),
        largest_values.mean,
        largest_values.standard_error,
        found,
        before=x * density(problem, x),
    )


# %% mystnb={"figure": {"caption": "Squared singular values of $F/\\sqrt n$ in three regimes. Bars and points: simulation, mean over seeds with standard errors. Dashed line: bulk of the untrained features, {eq}`eq-traces`; solid line: bulk after the step, by the any-step theory. Vertical bars: outliers predicted by {prf:ref}`prop-outliers`. Triangles: mean positions of the largest eigenvalues.", "name": "fig-regimes"}, "image": {"alt": "Three stacked histograms on a logarithmic axis. The upper end of the bulk is the same in all, its lower end changes from the first to the third as the any-step line does. The first has one simulated outlier, the second two, the third three, each near a predicted bar."}}
spectrum.histograms(
    [regime_spectrum(*pair) for pair in zip(exponents, trained, strict=True)],
    r"squared singular value of $F/\sqrt{n}$",
    r"density per unit of $\ln x$",
    xscale="log",
)

# %% [markdown]
# Two things deserve a second look. First the count: the control of its claims removes from the real $F$ the spikes from the last one of the regime on, and nothing else, and with them an outlier goes. Then the *bulk*, which is not that of the untrained features: its upper end, from which the outliers escape, hardly moves, but small singular values grow.
# That is the scatter of the response, item 2 of the sketch: at $n^{\alpha - 1/2}$ it vanishes slowly. The solid line is the *any-step* theory of a later chapter, *From lazy to maximal*. It does not expand in powers of the tilt at all, and it keeps what the sum of spikes forgets: the scatter, and the longer rows.
#
# (sec-path)=
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
predicted = {
    "any step": [
        any_step.outliers(problem, problem.step(a)) for a in fine["any step"]
    ],
    "finite strength": [
        outliers(problem, problem.step(a))
        for a in fine["finite strength"]
    ],
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
tilt_per_step = problem.student[1] * limit_geometry(problem).beta_norm / math.sqrt(N)
edge_of_series = 1 / (2 * frequency * tilt_per_step)
leave = [
    next(
        (g for g, one in zip(fine["any step"], predicted["any step"], strict=False) if len(one) > k),
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
        for a, k in zip(critical_exponents(8), range(1, 9), strict=False)
        if problem.student[k] and a <= largest
    )
    + f". The series of spikes diverges from α = {math.log(edge_of_series) / math.log(n):.3f} on."
)


# %% [markdown]
# Above its threshold outlier $k$ rises like $\eta^{2k} = n^{2k\alpha}$, until higher orders bend it. The dashed lines follow the solid ones until the series of spikes stops converging; from there on more orders make matters worse.
# The solid lines know no such limit.
#
# What separates the two theories is of relative order $s^2 \sim \eta^2/N \asymp n^{2\alpha - 1}$, the scatter of the response, and so must vanish as $n$ grows. This tests $\kappa$ of {prf:ref}`rem-spikes-noise`, which does not vanish: a formula needs no computer that holds its matrices, and we may ask both theories about $n = 10^{12}$. For the second outlier, whose position is proportional to
# the squared norm of $P_2$, leaving $\kappa$ out must cost the factor $3/(2 + (1+\kappa)^2)$.

# %%
def apart(problem, alpha):
    """Finite strength over any step, minus one, of each outlier: with kappa, and without."""
    eta, count = problem.step(alpha), len(regime(problem, alpha).active)
    full = any_step.outliers(problem, eta)[:count]
    with_kappa = outliers(problem, eta)
    without = outliers(problem, eta, published_geometry(problem))
    return np.array(
        [
            (one.position / exact.position - 1, two.position / exact.position - 1)
            for one, two, exact in zip(with_kappa, without, full, strict=False)
        ]
    )


later = [a for a in exponents if len(regime(problem, a).active) > 1]
here = {alpha: apart(problem, alpha) for alpha in later}
for alpha in later:
    if regime(problem, alpha).active[1] == 2 and len(here[alpha]) > 1:
        far = apart(problem.resized(10**12), alpha)[1]
        claims.check(
            f"α = {alpha:g}, outlier 2 of the two theories, n = {n} to 10¹²: relative difference",
            measured=abs(far[0]),
            predicted=0.0,
            tolerance=abs(here[alpha][1, 0]),
            source="Many spikes, outliers at finite strength",
            kind="at most",
            control=("rows are not lengthened", abs(far[1])),
        )
        claims.check(
            f"α = {alpha:g}, outlier 2, n = 10¹²: position without κ over any-step position",
            measured=1 + far[1],
            predicted=3 / (2 + (1 + kappa) ** 2),
            tolerance=abs(here[alpha][1, 0]),
            source="Many spikes, longer rows and the even spikes",
            control=("rows are not lengthened", 1.0),
        )

# %% [markdown]
# Now the simulation. To see how good the any-step theory is, remove the largest source of scatter: give it $\|\beta\|$, $\tilde X\beta$ and $a$ as they came out in *this* draw. What remains is the rest of the noise, and a bias of order $1/n$: with $v(m) = v_\infty + b/m$ at the two largest sizes $m < n$ of the study, $(n\,v(n) - m\,v(m))/(n - m) = v_\infty$, and that has to vanish.

# %%
pair = sizes[-2:]


def extrapolated(values, pair):
    """Over seeds: the limit of v + b/n from (sizes, seeds) at two sizes."""
    (m, n), (small, large) = pair, np.asarray(values)
    return over_seeds((n * large - m * small) / (n - m))


def nearest(k):
    """The degree next to k that a vector of spike k carries along."""
    return k - 2 if k >= 2 else 3


def against_any_step(problem, one):
    """(exponent, outlier) -> over its any-step position, minus one: measured; a spike alone.
    Cosine with the nearest degree: measured; predicted."""
    found, H = {}, basis(one["t"], 8) / math.sqrt(problem.n)
    for alpha, triplets in zip(exponents, one["tops"], strict=False):
        if alpha not in later:
            continue
        eta, active = problem.step(alpha), regime(problem, alpha).active
        alone = strengths(problem, eta)
        exact = any_step.outliers(problem, eta, one["as drawn"], order=8)
        for order, u, value, outlier in zip(
            active, triplets.left.T, triplets.values, exact, strict=False
        ):
            both = np.array([value, alone[order] ** 2]) / outlier.position - 1
            cosines = H @ u * np.sign(outlier.cosines @ H @ u)
            j = nearest(order)
            found[alpha, order] = [*both, cosines[j], outlier.cosines[j]]
    return found


gaps = [
    [against_any_step(problem.resized(m), one) for one in studied[m][:seeds]]
    for m in pair
]
compared = {
    key: np.array([[one[key] for one in row] for row in gaps])
    for key in gaps[1][0]
    if all(key in one for row in gaps for one in row)
}
for (alpha, order), values in compared.items():
    gap = extrapolated(values[:, :, 0], pair)
    claims.check(
        f"α = {alpha:g}, outlier of spike {order}: measured over any-step position, minus one, extrapolated",
        measured=gap.mean,
        predicted=0.0,
        standard_error=gap.standard_error,
        tolerance=chance(seeds) * gap.standard_error,
        source="From lazy to maximal, any-step theory",
        control=("squared norm of its spike alone", values[1, :, 1].mean()),
    )

# %% tags=["hide-input"]
rows = [
    f"| {alpha:g} | {order} | {100 * without:.2f} | {100 * with_kappa:.2f} | {over_seeds(100 * compared[alpha, order][1, :, 0]):.2f} |"
    for alpha in later
    for order, (with_kappa, without) in zip(regime(problem, alpha).active, here[alpha], strict=False)
    if (alpha, order) in compared
]
Markdown(
    f"Positions over those of the any-step theory, minus one, in per cent. Finite strength: in the limit geometry, n = {n}. Simulation: n = {sizes[-1]}, mean over {seeds} draws, the theory with ‖β‖, X̃β and a of each draw.\n\n"
    "| α | spike | finite strength, κ = 0 | finite strength | simulation |\n|---:|---:|---:|---:|---:|\n"
    + "\n".join(rows)
)

# %% [markdown]
# ## What the singular vectors carry
#
# An outlier is of use to the network only through its left singular vector: the function of the inputs that it adds to the linear span of the features. The any-step theory knows that function, and so does {eq}`eq-cosines`: a polynomial in $t$.

# %%
alpha = exponents[-1]
eta, active = problem.step(alpha), regime(problem, alpha).active
drawn, shown = studied[pair[0]][0], problem.resized(pair[0])  # the first draw
predicted_vectors = any_step.outliers(
    shown, shown.step(alpha), drawn["Gaussian t"], order=10
)
t = drawn["t"]
curve = np.linspace(t.min(), t.max(), 200)


def polynomial(outlier, t):
    """Predicted mean of sqrt(n) times an entry of the singular vector, given t."""
    return outlier.cosines @ basis(t, 10)


def cloud(k, u, outlier):
    """Entries of one singular vector, with the sign of its prediction."""
    entries = math.sqrt(len(t)) * u * np.sign(u @ polynomial(outlier, t))
    line = curve, polynomial(outlier, curve)
    return vectors.Cloud(f"singular vector {k}", t, entries, line)


clouds = [
    cloud(k, u, outlier)
    for k, (u, outlier) in enumerate(
        zip(drawn["tops"][-1].left.T, predicted_vectors, strict=False), start=1
    )
]

# %% mystnb={"figure": {"caption": "Entries of the leading left singular vectors of one draw against $t_i = \\beta^\\top \\tilde x_i/\\|\\beta\\|$, at the last of the step exponents. Dots: simulation. Lines: the predicted polynomial $\\sum_k \\langle u, He_k/\\sqrt{k!}\\rangle\\, He_k(t)/\\sqrt{k!}$.", "name": "fig-vectors"}, "image": {"alt": "Three scatter plots. The first cloud is a line that bends at its ends, the second a parabola, the third a cubic; each cloud follows the predicted curve, the third with visible scatter."}}
vectors.clouds(clouds, "$t$", r"$\sqrt{n}\,$ entry")

# %%
for (a, order), values in compared.items():
    if a != alpha:
        continue
    gap = extrapolated(values[:, :, 2] - values[:, :, 3], pair)
    claims.check(
        f"α = {alpha:g}, vector of spike {order}: cosine with He_{nearest(order)}, measured minus predicted, extrapolated",
        measured=gap.mean,
        predicted=0.0,
        standard_error=gap.standard_error,
        tolerance=chance(seeds) * gap.standard_error,
        source="From lazy to maximal, any-step theory",
        control=(f"He_{order} without He_{nearest(order)}", -values[1, :, 3].mean()),
    )


# %% [markdown]
# The singular vectors of a sum of spikes that are not orthogonal mix the powers, odd with odd and even with even; the claims ask each vector for its cosine with the nearest degree that is not its own, $He_{k-2}$, or $He_3$ for $k = 1$. The theory knows the $t_i$ of the draw, on which Hermite polynomials are not quite orthogonal. The first is not a straight line but bends. An even spike carries a constant along, $t^2 + \kappa$ and not $He_2$, and the network gains, with the quadratic function, the intercept that its centred activation lacks. What is learned is the *space*.
#
# ## How far is the limit?
#
# In the limit, and up to the $\kappa$ of {prf:ref}`rem-spikes-noise` in the even ones, the leading $l$ left singular vectors span $\{t, t^2, \dots, t^l\}$. The principal angles between the two spaces measure what is missing. {eq}`eq-cosines` gives the cosines of every singular vector with every $He_k$, and with them the angles; and a formula can be evaluated at sizes that nobody will ever simulate. There it shows what $\kappa$ leaves.

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
    a: np.array([predicted_angle(problem.resized(int(rows)), a) for rows in reach])
    for a in exponents
}

# %% mystnb={"figure": {"caption": "Largest principal angle between the leading $l$ left singular vectors and the polynomials $\\{(\\tilde X\\beta)^{\\circ k} : k \\le l\\}$ against $n$, at three step exponents. Points: simulation, mean over seeds with standard errors. Lines: prediction from {eq}`eq-cosines`, continued to sizes that cannot be simulated.", "name": "fig-angles"}, "image": {"alt": "Three falling curves on a logarithmic axis of n from hundreds to a million millions. Simulated points at the left end lie on them, or above them at the smallest sizes. The curve of regime three is the highest; that of regime two levels off above zero."}}
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
    + f". At n = {reach[-1]:.0e} the angles are "
    + ", ".join(f"{predicted_angles[a][-1]:.2g}" for a in exponents)
    + f" degrees; κ alone leaves {space_angle:.2g} in the second regime."
)

# %%
for number, a in enumerate(exponents):
    slope = fitted_slope(convergence["angle"][:, :, number])
    claims.check(
        f"α = {a:g}: slope in n of the angle, n = {sizes[0]} to {sizes[-1]}",
        measured=slope.mean,
        predicted=-chance(seeds, 0.002) * slope.standard_error,  # one-sided
        standard_error=slope.standard_error,
        tolerance=0.0,
        source="Moniri et al. 2024, left singular space in regime l",
        kind="at most",
        control=(
            "the next power in the place of the last",
            fitted_slope(convergence["wrong_angle"][:, :, number]).mean,
        ),
    )

# %% [markdown]
# Where the step exponent is well inside its regime, convergence is fast, and ends at the angle that $\kappa$ leaves. Near the lower end of the regime, the last spike is hardly stronger than the bulk, and its strength grows like $n^{l\alpha - (l-1)/2}$, a power close to zero. Nobody will see that limit.
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
    """Squared cosine of the vector of spike k with degrees k, k - 2, ...: (seeds, factors)."""
    walks = [
        walk(problem.resized(rows), s, critical_steps(k, rows, factors))[1]
        for s in draws
    ]
    return np.array(
        [shares[:, index[k], own_degrees(k)].sum(axis=1) for shares in walks]
    )


def own_share(found, k):
    """The same by a theory that found these outliers; zero if spike k is not among them."""
    return (
        found[index[k]].overlaps[own_degrees(k)].sum() if len(found) > index[k] else 0.0
    )


def share_predicted(k, rows, factors):
    """The same by the finite-strength theory."""
    p = problem.resized(rows)
    etas = critical_steps(k, rows, factors)
    return np.array([own_share(outliers(p, eta), k) for eta in etas])


critical = {(k, rows): share_measured(k, rows) for k in tested for rows in (small, n)}

# %% tags=["hide-input"]
dense = np.linspace(factors[0], factors[-1], 60)


def critical_panel(k):
    """Limit and two finite sizes for one order."""
    drawn = []
    for rows in (small, n):
        average = over_seeds(critical[k, rows])
        line = share_predicted(k, rows, dense)
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
def beyond_prediction(k, factor):
    """Squared cosine minus that of the any-step theory, at both sizes: (2, seeds, factors)."""
    gap = []
    for rows in (small, n):
        p, eta = problem.resized(rows), critical_steps(k, rows, factor)
        gap.append(
            critical[k, rows] - own_share(any_step.outliers(p, eta, order=8), k)
        )
    return np.array(gap)


for k in tested:
    name = f"Spike {k} at α = {critical_exponents(k)[-1]:.3g}, squared cosine of its vector"
    values = np.array([critical[k, rows] for rows in (small, n)])
    below, above = (extrapolated(values[:, :, i], (small, n)) for i in (0, -1))
    claims.check(
        f"{name}: C = {factors[0]:g} C_{k}, extrapolated",
        measured=below.mean,
        predicted=0.0,
        standard_error=below.standard_error,
        tolerance=chance(seeds) * below.standard_error,
        source="Many spikes, outliers at finite strength",
        control=(f"C = {factors[-1]:g} C_{k}", above.mean),
    )
    bias, gap = (over_seeds(off) for off in beyond_prediction(k, factors[-1]))
    claims.check(
        f"{name}: C = {factors[-1]:g} C_{k}, n = {n}, measured minus predicted",
        measured=gap.mean[-1],
        predicted=0.0,
        standard_error=gap.standard_error[-1],
        tolerance=chance(seeds) * gap.standard_error[-1]
        + small / n * abs(bias.mean[-1]),
        source="From lazy to maximal, any-step theory",
        control=(f"C = {factors[-3]:g} C_{k}", gap.mean[-3]),
    )

# %% tags=["remove-input"]
far = {
    k: np.max(
        np.abs(share_predicted(k, n, dense) - share_predicted(k, 10**12, dense))
    )
    for k in tested
}
Markdown(
    f"Largest distance of the lines for n = {n} from the limit: "
    + ", ".join(f"{share:.2f} for spike {k}" for k, share in far.items())
    + "."
)


# %% [markdown]
# Below the threshold the claims extrapolate from the two sizes, as above. Above it, near the threshold, a draw that happens to be weak has no outlier, and the deviation is not yet a multiple of $1/n$: there we ask that it fall from the smaller size to the larger at least like $1/n$, up to chance. The critical exponents are a statement about $n \to \infty$ in which $n^{\alpha_k - 1/2} = n^{-1/(2k)}$ counts as small; the higher the order, the worse. Where the limit is a poor guide, the theory *at the same size* is a good one, and better at the larger.
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
shares = {
    name: np.array([degree_shares(p, s) for s in draws])
    for name, p in by_activation.items()
}
learned = {name: over_seeds(each) for name, each in shares.items()}
by_chance = ranks / n

# %% tags=["hide-input"]
rows = [
    f"| {name} | "
    + " | ".join(f"{p.student[k]:.3g}" for k in (2, 3, 4))
    + " | "
    + " | ".join(
        f"{m:.3f} ± {e:.3f}"
        for m, e in zip(learned[name].mean, learned[name].standard_error, strict=False)
    )
    + " |"
    for name, p in by_activation.items()
]
Markdown(
    f"Hermite coefficients, and the share of each degree in the four leading singular vectors at α = {alpha:g}, mean over {seeds} draws. Chance: {by_chance:.3f}.\n\n"
    "| activation | c₂ | c₃ | c₄ | degree 1 | degree 2 | degree 3 | degree 4 |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
    + "\n".join(rows)
)


# %%
def excess(present):
    """Log of share over chance in standard errors, of degrees 2 and 3 that are there or lacking."""
    logs = [
        over_seeds(np.log(shares[name][:, k - 1] / by_chance))
        for name, p in by_activation.items()
        for k in (2, 3)
        if (p.student[k] != 0) == present
    ]
    return [one.mean / one.standard_error for one in logs]


there, lacking = excess(True), excess(False)
claims.check(
    "Degrees 2 and 3 that an activation has: least log of the share over chance (standard errors)",
    measured=min(there),
    predicted=chance(seeds, 0.001 / len(there)),
    tolerance=0.0,
    source="Many spikes, size of spike k",
    kind="at least",
    control=("degrees that it lacks, largest", max(lacking)) if lacking else None,
)
if lacking:
    claims.check(
        "Degrees 2 and 3 that an activation lacks: largest log of the share over chance (standard errors)",
        measured=max(lacking),
        predicted=0.0,
        tolerance=chance(seeds, 0.001 / len(lacking)),
        source="Many spikes, size of spike k",
        kind="at most",
        control=("degrees that it has, least", min(there)),
    )


# %% [markdown]
# The zeros belong to the coefficients that vanish: odd activations learn no even degree, ReLU and softplus learn no cubic one. What is present need not be large. tanh and erf have the cubic coefficient, and in the limit a cubic outlier; at a finite size it may only bend the first singular vector a little. They *saturate*: when the tilt of many units is large,
# a bounded response has left the range where a cubic describes it.
#
# ## Where it breaks
#
# * **Exponents without constants.** The thresholds $\alpha_k$ are $0.25, 0.333, 0.375, 0.4, \dots$; from $\alpha_2$ to $\alpha_3$ the step $n^\alpha$ grows by the factor $n^{1/12}$, which hardly deserves to be called large at any $n$. Constants like $\|\beta\|$ decide which regime a *finite* network is in. The table of constants says how early or late the usual activations are with the book's usual teacher.
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
    """What `usual_count` makes of the largest eigenvalues of all draws."""
    values = []
    for s in draws:
        draw, step = stepped(problem, s)
        values.append(
            [top(features(problem, draw, step, e), 8).values for e in (0.0, eta)]
        )
    return usual_count(*np.moveaxis(values, 1, 0))


odd = replace(problem, activation=sine(frequency, 0.0))
odd_count = count_outliers(odd, eta)
odd_shares = over_seeds([degree_shares(odd, s) for s in draws])
claims.check(
    f"α = {alpha:g}: number of outliers of the odd sine",
    measured=odd_count,
    predicted=regime(odd, alpha).outliers,
    tolerance=0.0,
    source="Moniri et al. 2024, number of spikes in regime l",
    explain="The count is asymptotic; see the table of constants.",
    control=("with its phase", usual_count(untrained[0], trained[-1]))
    if phase
    else None,
)
Markdown(
    "Shares of degrees 1 to 4: "
    + ", ".join(
        f"{m:.3f} ± {e:.3f}" for m, e in zip(odd_shares.mean, odd_shares.standard_error, strict=False)
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
    measured=count_outliers(constant, eta),
    predicted=regime(constant, alpha).outliers,
    tolerance=0.0,
    source="Many spikes, exercise on the constant second layer",
    control=("with a Gaussian second layer", odd_count),
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
    f"Outliers, median over draws: {count_outliers(heavy, middle):g}. In the first draw, the leading eigenvector of A has the squared cosine {(row @ directions[:, -1]) ** 2 / (row @ row):.2f} with the row of the largest label, "
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
    kappa=kappa,
    constants=[
        critical_constant(problem, k) for k in tested
    ],
    angles=[float(angles[a].mean[-1]) for a in exponents],
    shares=learned["this chapter's sine"].mean,
)
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
