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
# # Large steps and the structure of noise
#
# **The result of this chapter.**
# A large step lengthens the rows of the first layer with noise, and this noise has a structure that all units share; both show in the errors, and theory predicts both.
#
# You need the equations for [every step size](lazy_to_maximal).
# What is not credited to others here was derived for this book.

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 100]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activations = ["tanh", "erf", "relu"]  # of the networks that are compared
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
ridge = 0.1  # ridge penalty where one is kept fixed [> 0]
ridges = [0.03, 0.056, 0.1, 0.18, 0.32, 0.56, 1.0, 1.8, 3.2]  # a choice [> 0]
alphas = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]  # step exponents [>= 0, <= 0.6]
long_steps = [0.5, 1.0, 2.0, 4.0]  # eta / sqrt(N), row lengthening [> 0, <= 8]
pieces_n = 500  # rows, experiment on the structure of the noise [>= 50]
pieces_draws = 20  # and its draws [>= 2]
pieces_step = 2.0  # and its step, eta / sqrt(n) [> 0, <= 8]
noises = [0.0, 0.5, 2.0]  # label noise in the table of best steps [>= 0]
cui_sizes = [200, 400]  # input dimensions, setting of Cui et al. [>= 50]
cui_steps = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]  # eta / sqrt(N) there [>= 0, <= 8]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 6  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from IPython.display import Markdown

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures import side_by_side, vectors
from onestep.book.figures.curves import Curve
from onestep.book.figures.errors import Panel, against
from onestep.book.statistics import chance, over_seeds
from onestep.simulation import network, run_many, sample
from onestep.simulation.ridge import path
from onestep.theory import (
    any_step,
    best_linear,
    errors,
    limit_geometry,
    plateau,
    published_geometry,
)

alphas, ridges, long_steps, cui_steps, cui_sizes = map(
    sorted, (alphas, ridges, long_steps, cui_steps, cui_sizes)
)
draws = range(seed, seed + seeds)


def network_of(activation, **changes):
    """The problem of this page, with one of its activations."""
    about = {"teacher": teacher, "noise_std": noise_std}
    return Problem(n, d, N, activation, **{**about, **changes})


problems = {name: network_of(name) for name in activations}
first, last = problems[activations[0]], problems[activations[-1]]


# %% tags=["remove-input"]
def tilt(problem, eta):
    """delta, the root mean square of the s_j."""
    return (
        eta
        * problem.student[1]
        * limit_geometry(problem).beta_norm
        / math.sqrt(problem.N)
    )


# %% [markdown]
# ## What a large step does to a unit
#
# Fix a unit and look at its pre-activation on a fresh input, $w_j^\top x + \eta\, G_j^\top x$.
# By {eq}`eq-rank-one` row $j$ of the gradient is $c_1 a_j \beta$ plus a rest $\Delta_j$, which looks random to a fresh input.
# Split $x$ into its coordinate $t = \beta^\top x/\|\beta\|$ and what is orthogonal to it.
# All of $w_j + \eta\Delta_j$ is random with respect to $\beta$, so that
#
# ```{math}
# :label: eq-any-unit
# \begin{gathered}
# \text{pre-activation of unit } j \;=\; \tau_j\, Z_j + s_j\, t, \\
# s_j = \eta\, c_1 \|\beta\|\, a_j, \qquad \tau_j = \|w_j + \eta \Delta_j\|,
# \end{gathered}
# ```
#
# with $Z_j \sim \mathcal N(0,1)$ independent of $t$.
# The step does two things to a unit: it **tilts** it by $s_j$, and it **lengthens** it from $1$ to $\tau_j$.
#
# ````{prf:proposition} Row lengthening
# :label: prop-lengthening
#
# Let $c_{\star,0} = 0$.
# In the proportional limit, with $\phi_g$ the ratio of $d$ to the rows of the gradient batch,
#
# ```{math}
# :label: eq-lengthening
# \tau_j^2 = 1 + \kappa\, s_j^2, \qquad \kappa = \frac{\phi_g\,(c_\star^2 + \sigma_\varepsilon^2)\,\operatorname{Var}\sigma'(Z)}{c_1^2\,\|\beta\|^2} .
# ```
# ````
#
# ````{dropdown} Proof
# $\Delta_j = a_j v_j$ with $v_j = \frac1m \sum_i y_i\,(\sigma'(w_j^\top x_i) - c_1)\, x_i$ over the $m$ rows of the gradient batch.
# The terms with $i = i'$ of $\|v_j\|^2$ add up to $\frac1m \cdot d \cdot \mathbb E y^2 \operatorname{Var}\sigma'$; those with $i \ne i'$ have mean zero up to terms of order $1/d$, because $\sigma' - c_1$ has mean zero.
# So $\eta^2\|\Delta_j\|^2 \to \eta^2 a_j^2\, \phi_g\, \mathbb E y^2 \operatorname{Var}\sigma' = \kappa s_j^2$, and $w_j^\top\Delta_j$ has mean zero.
# If $c_{\star,0} \ne 0$, it has the mean $2c_2c_{\star,0}a_j$, and the $1$ becomes $(1 + 2 c_2 c_{\star,0}\, \eta a_j)^2$.
# $\square$
# ````
#
# The number $\kappa$ says how much length a unit gains for the tilt that it gets.
# It grows with $d/n$, with the noise in the labels, and with the *variance of the slope* of the activation: zero for a linear network, largest for a kink.

# %%
def kappa(problem, labels=None, norm=None):
    """kappa of tau_j^2 = 1 + kappa s_j^2; a draw's own E y^2 and |beta| if given."""
    labels = (
        problem.target.second_moment + problem.noise_variance
        if labels is None
        else labels
    )
    slope = problem.student[1] * (
        limit_geometry(problem).beta_norm if norm is None else norm
    )
    return problem.phi_gradient * labels * problem.student.slope_variance / slope**2


def rows_after(problem, seed, eta):
    """s_j and |w_j|^2 less its part along beta, for all units; the draw's kappa."""
    draw = sample.draw(problem, seed, 1)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    W = network.weights(draw.W0, step.matrix, eta)
    length = np.linalg.norm(step.direction)
    square = np.sum(W**2, axis=1) - (W @ step.direction / length) ** 2
    tilts = eta * problem.student[1] * length * draw.a
    return tilts, square, kappa(problem, np.mean(step.residual**2), length)


# %% tags=["hide-input"]
widest = math.sqrt(N)
clouds, slopes = [], {}
for name, problem in problems.items():
    rows = [rows_after(problem, s, widest) for s in draws]
    slopes[name] = over_seeds(
        [s**2 @ (square - 1) / np.sum(s**4) / own for s, square, own in rows]
    )
    s, square, own = rows[0]
    grid = np.linspace(min(s), max(s), 60)
    clouds.append(vectors.Cloud(name, s, square, (grid, 1 + own * grid**2)))

# %% mystnb={"figure": {"caption": "Squared length $\\tau_j^2$ of the rows of the first layer (without the part along $\\beta$) after the step $\\eta = \\sqrt N$, against their tilt. Points: the units of one network. Line: {eq}`eq-lengthening`.", "name": "fig-any-lengthening"}, "image": {"alt": "One panel for each activation. The units lie on parabolas with their minimum at one, flat for tanh and erf and steep for ReLU, where they scatter most."}}
vectors.clouds(
    clouds[::-1], "tilt $s_j$", r"squared length $\tau_j^2$", legend="upper center"
)

# %% tags=["remove-input"]
for name, slope in slopes.items():
    claims.check(
        f"{name}: squared row length grows like kappa times the squared tilt (coefficient over the draw's kappa)",
        measured=slope.mean,
        predicted=1.0,
        standard_error=slope.standard_error,
        tolerance=chance(seeds) * slope.standard_error,
        source="From lazy to maximal, proposition: row lengthening",
        control=(
            "E sigma'^2 in place of Var sigma'",
            problems[name].student.slope_second_moment
            / problems[name].student.slope_variance,
        ),
    )
Markdown(
    "| activation | $\\kappa$ | measured over predicted |\n|---|---|---|\n"
    + "\n".join(
        f"| {name} | {kappa(problems[name]):.3f} | {slope:.3f} |"
        for name, slope in slopes.items()
    )
)

# %% [markdown]
# {numref}`fig-any-lengthening` shows what will matter at the end of this chapter.
# A tilted ReLU unit grows long.
# A tilted tanh unit hardly does.

# %%
penalties = sorted({ridge, *ridges})
at = penalties.index(ridge)


def at_every_step(problem):
    """All steps n**alpha, and no step, at every penalty, on several draws."""
    steps = [0.0, *(problem.step(a) for a in alphas)]
    return run_many(problem, steps, penalties, draws, n_test=n_test, top=2)


runs = {name: at_every_step(problem) for name, problem in problems.items()}

# %% tags=["hide-input"]
KINDS = ("train_error", "test_error")
fine = np.linspace(alphas[0], alphas[-1], 41)


def relative(name):
    """Errors over those of the untrained network of the same draw: for (training, test) an average over draws."""
    values = [runs[name].values(kind)[:, :, at] for kind in KINDS]
    return [over_seeds(v[:, 1:] / v[:, :1]) for v in values]


def limit_theory(problem, penalty, etas):
    """The theorems of the chapter Errors, with the rows as long as the noise makes them."""
    return errors(problem, penalty, etas)


def predicted(theory, problem, exponents, penalty=ridge):
    """The same quotients by a theory, (2, exponents)."""
    etas = np.concatenate([[0.0], problem.n ** np.asarray(exponents)])
    both = np.array(theory(problem, penalty, etas))
    return both[:, 1:] / both[:, :1]


@cache
def with_structure(problem, penalty, eta):
    return any_step.errors(problem, penalty, eta, noise="structured")


def as_it_is(problem, penalty, etas):
    """Errors with the noise as it is: a second per point, so only where it shows."""
    both = np.array(any_step.errors(problem, penalty, etas))
    for k, eta in enumerate(etas):
        if problem.student[2] != 0 and eta > 0.4 * math.sqrt(problem.N):
            both[:, k] = with_structure(problem, penalty, float(eta))
    return both


best_theory = {
    name: predicted(as_it_is, problem, alphas) for name, problem in problems.items()
}

# %% [markdown]
# (sec-any-grid)=
# ## Up to four thousand rows, three teachers
#
# How good is the equivalent, and does it get better with $n$?
# That takes many draws of large networks, more than half an hour of them, which a page cannot spend.
# So **the simulated errors of this section are read from a file**, `chapters/data/agreement.csv`; the theory beside them is computed here and now.
# The file holds single draws of tanh, erf and ReLU networks with $d = n/2$, $N = 3n/4$, label noise 0.5 and penalty 0.1, for teachers of degree 1, 2 and 3.
# To make it again, delete it and run
#
#     python -m experiments.agreement
#
# in the folder of the book.
# It goes on where it was stopped, and uses `onestep.simulation` alone.

# %%
TEACHERS = {1: (0.0, 1.0), 2: (0.0, 1.0, 0.5), 3: (0.0, 1.0, 0.5, 0.3)}  # by degree
file = pd.read_csv("data/agreement.csv", comment="#", dtype={"step": str}).dropna()
by_draw = file.pivot(
    index=["activation", "degree", "n", "seed"], columns="step", values=list(KINDS)
).dropna()
far_alphas = [float(step) for step in by_draw["train_error"].drop(columns="none")]
levels = {
    key: np.stack([draws_[kind].to_numpy() for kind in KINDS], axis=1)
    for key, draws_ in by_draw.groupby(level=["activation", "degree", "n"], sort=False)
    if len(draws_) > 1
}  # (draws, 2, steps), the last of the steps is none
shares = {key: v[..., :-1] / v[..., -1:] for key, v in levels.items()}


def in_file(name, degree, rows):
    """The problem that was simulated."""
    return Problem(rows, rows // 2, 3 * rows // 4, name, TEACHERS[degree], 0.5)


def law_of_file(theory):
    """Errors over those of no step by a theory, like `shares`: (2, steps)."""
    return {key: predicted(theory, in_file(*key), far_alphas, 0.1) for key in shares}


limit_law, isotropic_law, best_law = map(
    law_of_file, (limit_theory, any_step.errors, as_it_is)
)

# %% tags=["hide-input"]
names = list(dict.fromkeys(file["activation"]))
file_sizes = sorted({rows for _, _, rows in shares})
file_draws = {
    rows: min(len(v) for key, v in shares.items() if key[2] == rows)
    for rows in file_sizes
}


def excess_over(laws, key, e):
    """By how many percent a law exceeds the simulation; the standard error."""
    average = over_seeds(shares[key][:, e])
    ratio = 100 * laws[key][e] / average.mean
    return ratio - 100, ratio * average.standard_error / average.mean


def cloud(name, e, rows):
    """Points of the figure for one n: degrees side by side."""
    columns = []
    for key in (key for key in shares if key[0] == name and key[2] == rows):
        aside = 0.022 * (key[1] - 2) + 0.006 * (file_sizes.index(rows) - 1)
        columns.append((np.array(far_alphas) + aside, *excess_over(best_law, key, e)))
    return tuple(np.concatenate(column) for column in zip(*columns, strict=True))


def common_line(laws, name, e, rows):
    """Mean of a law's excess over the degrees."""
    return np.mean(
        [
            excess_over(laws, key, e)[0]
            for key in shares
            if key[0] == name and key[2] == rows
        ],
        axis=0,
    )


deviation_panels = [
    Panel(
        f"{name}: {title} error",
        [
            Curve(
                f"n = {rows}",
                (far_alphas, common_line(limit_law, name, e, rows)),
                cloud(name, e, rows),
            )
            for rows in file_sizes
        ],
        {
            "2 % too much": ([-0.03, 0.53], [2.0, 2.0]),
            "2 % too little": ([-0.03, 0.53], [-2.0, -2.0]),
        },
        "theory above simulation, %",
        ylim=(-7, 7),
    )
    for name in names
    for e, title in enumerate(("training", "test"))
]

# %% mystnb={"figure": {"caption": "By how many percent theory exceeds the simulated errors, relative to the untrained network, against the step exponent. Points: {prf:ref}`thm-any-step`, for ReLU with the noise as it is ({prf:ref}`prop-any-structured`), with paired standard errors; in each group of three from left to right teachers of degree 1, 2, 3. Lines: {prf:ref}`thm-err-train` and {prf:ref}`thm-err-test`, the limit theory, mean over the teachers; they leave the panels.", "name": "fig-any-grid"}, "image": {"alt": "Six panels, training and test error for tanh, erf and ReLU. The points for all sizes and teachers stay around zero at every exponent. The lines of the limit theory leave the band of two percent beyond exponent 0.3, downwards for tanh and erf, upwards for the training error of ReLU."}}
against(deviation_panels, r"$\alpha = \log\eta\,/\log n$", xscale="linear", height=2.6)


# %% [markdown]
# At $\alpha = 0$ the lines run through the points: there the two theories are one.
# To the right the limit theory leaves, at every $n$, and the equivalent stays.

# %% tags=["remove-input"]
def row_of_file(key, k):
    """One row of the table."""
    name, degree, rows = key
    cells = []
    for e in range(2):
        level = over_seeds(levels[key][:, e, k])
        lazy = excess_over(limit_law, key, e)[0][k]
        every, error = (column[k] for column in excess_over(best_law, key, e))
        cells += [
            f"{level.mean:.3f} ± {level.standard_error:.3f}",
            f"{lazy:+.1f}",
            f"{every:+.1f} ± {error:.1f}",
        ]
    return (
        f"| {name} | {degree} | {far_alphas[k]:g} | {rows} | "
        + " | ".join(cells)
        + " |"
    )


table_of_file = (
    "| activation | degree | $\\alpha$ | $n$ | training | limit, % | every step, % | test | limit, % | every step, % |\n|---|---|---|---|---|---|---|---|---|---|\n"
    + "\n".join(
        row_of_file(key, k)
        for name in names
        for degree in TEACHERS
        for k in range(len(far_alphas))
        for key in ((name, degree, rows) for rows in file_sizes)
        if key in shares
    )
)
Markdown(
    "````{dropdown} All numbers: activation, degree of the teacher, step, n\n"
    "Simulated errors with standard errors over "
    + ", ".join(f"{count} draws at n = {rows}" for rows, count in file_draws.items())
    + ", and by how many percent the limit theory and the equivalent exceed them, relative to the untrained network on the same draws.\n\n"
    + table_of_file.replace(" ± ", "&nbsp;±&nbsp;")  # one line a row
    + "\n````"
)


# %% [markdown]
# For odd activations both errors should be right to 2 % or two standard errors, at every step, for every teacher and every $n$.
# For ReLU we ask the same of the theory with the noise as it is, beyond the smallest $n$.
# The limit theory, and for ReLU's training error isotropic noise, must fail.

# %%
def units(laws, name, e, sizes_=tuple(file_sizes)):
    """Largest deviation, in units of 2 % or two standard errors."""
    found = [
        np.abs(off) / np.maximum(2.0, 2 * error)
        for key in shares
        if key[0] == name and key[2] in sizes_
        for off, error in [excess_over(laws, key, e)]
    ]
    return float(np.max(found))


for name in names:
    even = in_file(name, 1, 1000).student[2] != 0
    for e, title in enumerate(("training", "test")):
        there = tuple((even and not e and file_sizes[1:]) or file_sizes)
        wrong = (
            ("isotropic noise", isotropic_law)
            if even and not e
            else ("the limit theory", limit_law)
        )
        claims.check(
            f"{name}, all teachers and steps, n = {', '.join(map(str, there))}: {title} error over that of no step, to 2 % or two standard errors (largest deviation in these units)",
            measured=units(best_law, name, e, there),
            predicted=1.0,
            tolerance=0.0,
            source="From lazy to maximal, theorem: every step size",
            kind="at most",
            control=(wrong[0], units(wrong[1], name, e, there)),
        )


# %% [markdown]
# Where does ReLU depart?
# In the training error at the largest step.
# All teachers share their draws, so we average over them, draw by draw.

# %%
def at_the_end(laws, name, e, rows):
    """Simulated over predicted at the largest step, averaged over the teachers: (draws,)."""
    found = [
        pd.Series(shares[key][:, e, -1] / laws[key][e, -1], by_draw.loc[key].index)
        for key in shares
        if key[0] == name and key[2] == rows
    ]
    return pd.concat(found, axis=1).dropna().mean(axis=1).to_numpy()


ends_of = {
    kind: [over_seeds(at_the_end(laws, "relu", 0, rows)) for rows in file_sizes]
    for kind, laws in (("as it is", best_law), ("isotropic", isotropic_law))
}
pooled, isotropic_pooled = (
    np.mean([a.mean for a in found]) for found in ends_of.values()
)
pooled_error = math.hypot(*(a.standard_error for a in ends_of["as it is"])) / len(
    file_sizes
)
claims.check(
    f"relu, alpha = {far_alphas[-1]:g}: training error over that of no step, simulated over predicted with the noise as it is (mean over teachers and n)",
    measured=pooled,
    predicted=1.0,
    standard_error=pooled_error,
    tolerance=chance(min(file_draws.values())) * pooled_error,
    source="From lazy to maximal, proposition: the noise as it is",
    control=("isotropic noise", 1 + pooled - isotropic_pooled),
)


# %% tags=["remove-input"]
def scatter(rows):
    """Root mean squares in percent at one n: of the deviations, of their errors."""
    pairs = [
        excess_over(best_law, key, e)
        for key in shares
        if key[2] == rows
        for e in range(2)
    ]
    return [
        float(np.sqrt(np.mean(np.square(column))))
        for column in zip(*pairs, strict=True)
    ]


left_out = max((a for a in far_alphas if a < 0.35), default=far_alphas[0])
smallest = in_file("relu", 2, file_sizes[0])
plain_there, full_there = (
    np.array(any_step.errors(smallest, 0.1, smallest.step(left_out), noise=kind))
    for kind in ("isotropic", "structured")
)
Markdown(
    f"ReLU's training error at $\\alpha = {far_alphas[-1]:g}$, simulated over predicted, minus one, in percent: "
    + "; ".join(
        f"noise {kind}: "
        + ", ".join(
            f"{100 * (a.mean - 1):+.1f} ± {100 * a.standard_error:.1f} at n = {rows}"
            for a, rows in zip(found, file_sizes, strict=True)
        )
        for kind, found in ends_of.items()
    )
    + f". In units of 2 % or two standard errors its largest deviation at the smallest n is {units(best_law, 'relu', 0, (file_sizes[0],)):.1f}. "
    f"(Where $\\eta < 0.4\\sqrt N$ the page takes isotropic noise for ReLU, too; at $\\alpha = {left_out:g}$, n = {file_sizes[0]} and degree 2 the two kinds of noise differ by {100 * np.max(np.abs(full_there / plain_there - 1)):.2f} %.)\n\n"
    "| $n$ | draws | rms deviation of all errors from the equivalent, % | standard error, % |\n|---|---|---|---|\n"
    + "\n".join(
        f"| {rows} | {file_draws[rows]} | {off:.2f} | {error:.2f} |"
        for rows in file_sizes
        for off, error in [scatter(rows)]
    )
)

# %% [markdown]
# How to read the last table: chance alone leaves deviations about as large as the standard errors.
# Where the third column is clearly larger than the fourth, the limit is not yet reached; where it is not, these draws cannot tell the difference.
# Activations, teachers and steps share their draws, so that all numbers of one $n$ err together.
#
# ## The lazy end
#
# Let $\eta^2/N \to 0$.
# Then the equivalent has to become the theory of [Errors](errors), and at a fixed exponent it has to reach the plateau of its regime.
# No simulation can go there.
# Theory can.

# %%
many = np.array([10**k for k in range(3, 13)])
exponents = {
    0.12: 1,
    0.32: 2,
}  # from the first two regimes, with the degree of each


def at_large_n(theory, name, alpha):
    """(training, test) error at every n of `many`."""
    return np.array(
        [
            theory(p, ridge, p.step(alpha))
            for p in (problems[name].resized(int(m)) for m in many)
        ]
    ).T


reached = {
    (name, a): at_large_n(any_step.errors, name, a)
    for name in (activations[0], activations[-1])
    for a in exponents
}
tiny = {
    name: any_step.errors(problems[name].resized(10**12), ridge, 10.0)
    for name in activations
}
claims.check(
    "n = 10^12, step 10: the equivalent is the theory of Errors (largest relative difference)",
    measured=max(
        np.max(
            np.abs(
                np.array(both) / errors(problems[name].resized(10**12), ridge, 10.0) - 1
            )
        )
        for name, both in tiny.items()
    ),
    predicted=0.0,
    tolerance=1e-6,
    source="From lazy to maximal, theorem: every step size",
    kind="at most",
    control=(
        f"at n = {n} they are not the same",
        np.max(
            np.abs(
                np.divide(
                    any_step.errors(first, ridge, 10.0), errors(first, ridge, 10.0)
                )
                - 1
            )
        ),
    ),
)


# %% tags=["hide-input"]
def lazy_panel(name):
    """Test error against n at both exponents, with the plateaus."""
    levels = [
        plateau(problems[name], ridge, degree)[1] for degree in (0, *exponents.values())
    ]
    labels = {
        f"plateau of degree {k}": level
        for k, level in enumerate(levels)
        if k == 0 or abs(level - levels[k - 1]) > 1e-6
    }
    lines = [
        Curve(rf"$\alpha = {a:g}$", (many, reached[name, a][1])) for a in exponents
    ]
    return side_by_side.CurvePanel(
        "test error", lines, title=name, levels=labels, legend="center right"
    )


lazy_panels = [
    lazy_panel(name) for name in dict.fromkeys((activations[0], activations[-1]))
]

# %% mystnb={"figure": {"caption": "Test error against $n$ at two fixed exponents, one from each of the first two regimes, by {prf:ref}`thm-any-step`. Horizontal lines: plateaus of degree 0, 1, 2 (where they differ), with lengthened rows.", "name": "fig-any-plateaus"}, "image": {"alt": "Test error against n from a thousand to ten to the twelve. Each curve falls slowly to the plateau of its regime. For tanh both go to the plateau of degree one, for ReLU the larger exponent goes on to the plateau of degree two."}}
side_by_side.side_by_side(lazy_panels, "$n$", xscale="log", height=3.2)

# %% tags=["hide-input"]
for (name, alpha), both in reached.items():
    end = plateau(problems[name], ridge, exponents[alpha])[1]
    left = np.abs(both[1] - end) / (plateau(problems[name], ridge, 0)[1] - end)
    claims.check(
        f"{name}, alpha = {alpha:g}: from n = 10^3 to 10^12 the test error covers its way to the plateau of degree {exponents[alpha]} (share that is left)",
        measured=left[-1],
        predicted=0.05,
        tolerance=0.0,
        source="Moniri et al. 2024, limits of the errors, with lengthened rows",
        kind="at most",
        explain="The step may be weak (small c_1, c_2 or |beta|): then even 10^12 rows are few.",
    )

# %% [markdown]
# Two lessons.
# First, the plateaus of the staircase are real, and far away: the distance to them falls like $n^{-2(k\alpha - (k-1)/2)}$, a small power of $n$.
# Second, one trace of the noise survives *all the way down*.
# The mean response of a lengthened unit is, to second order,
#
# $$
# \mu_0 \approx c_1 s\, t + c_2\big( s^2 t^2 + \tau^2 - 1 \big) = c_1 s\,t + c_2\, s^2 (t^2 + \kappa) ,
# $$
#
# by {prf:ref}`lem-spike-powers`: row lengthening is as large as the quadratic spike itself, at every step.
# What the network learns in the second regime is therefore not $t^2$ but $t^2 + \kappa$, and the plateau of degree two has to be computed with it.
# ([Improvement](improvement) shows it in a simulation.)
# For odd activations nothing changes.

# %% tags=["remove-input"]
ends = {
    name: [
        float(
            plateau(problems[name], ridge, max(exponents.values()), g(problems[name]))[
                1
            ]
        )
        for g in (published_geometry, limit_geometry)
    ]
    for name in dict.fromkeys((activations[0], activations[-1]))
}
Markdown(
    "Plateau of the test error in the second regime with the spike $t^2$, with $t^2 + \\kappa$, and the equivalent at $n = 10^{12}$: "
    + "; ".join(
        f"{name}: {plain:.4f}, **{long:.4f}**, **{reached[name, max(exponents)][1, -1]:.4f}**"
        for name, (plain, long) in ends.items()
    )
    + "."
)

# %% [markdown]
# (sec-any-rise)=
# ## Why ReLU's test error rises again
#
# A larger step makes the spikes stronger, and for an activation that does not saturate nothing is lost in the mean response $\mu_0$.
# What is it that turns the test error around?
# {numref}`fig-any-lengthening` suggests an answer: the rows grow long.
# Theory lets us test it by taking it away: with an infinite gradient batch $\phi_g = 0$ and $\kappa = 0$, while we keep $\|\beta\|$ and $\rho$ as they are.
# The simulation can do the same: it replaces $W_0 + \eta G$ by $W_0 + \eta\, c_1 a\beta^\top$.

# %%
probe = last
etas = np.array(long_steps) * math.sqrt(N)


def without_noise(problem, ridge, eta):
    """The equivalent with kappa = 0 and everything else the same."""
    return any_step.errors(problem, ridge, eta, published_geometry(problem))


def fitted(problem, draw, W):
    """Training and test error of ridge regression on sigma(X W')."""
    fit = path(network.features(problem, draw.ridge.X, W), draw.ridge.y, ridge)
    prediction = network.predict(
        problem, draw.test.X, W, None, 0.0, fit.coefficients[:, 0]
    )
    return fit.train_error[0], np.mean((draw.test.y - prediction) ** 2)


def noisy_and_clean(problem, seed):
    """Errors with the gradient and with its rank-one part: (2, steps, 2)."""
    draw = sample.draw(problem, seed, n_test)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    rank_one = problem.student[1] * np.outer(draw.a, step.direction)
    return [
        [fitted(problem, draw, draw.W0 + eta * G) for eta in etas]
        for G in (step.matrix, rank_one)
    ]


twice = range(seed, seed + 2 * seeds)  # long steps scatter
drawn = np.array([noisy_and_clean(probe, s) for s in twice])
cleaned = over_seeds(drawn)

# %% tags=["hide-input"]
far = np.geomspace(min(long_steps) / 5, max(long_steps), 24)
full = np.array(any_step.errors(probe, ridge, far * math.sqrt(N)))
clean = np.array(without_noise(probe, ridge, far * math.sqrt(N)))
retuned = any_step.errors(probe, np.array(ridges)[:, None], far * math.sqrt(N))[1]
linear_test = best_linear(probe)[1]
rise = [
    Panel(
        f"{title} error",
        [
            Curve(
                "true gradient",
                (far, full[e]),
                (
                    long_steps,
                    cleaned.mean[0, :, e],
                    cleaned.standard_error[0, :, e],
                ),
            ),
            Curve(
                r"noise removed, $\kappa = 0$",
                (far, clean[e]),
                (
                    long_steps,
                    cleaned.mean[1, :, e],
                    cleaned.standard_error[1, :, e],
                ),
            ),
            *(
                [Curve("true gradient, best penalty", (far, retuned.min(0)))]
                if e
                else []
            ),
        ],
        {"best linear model": (far, np.full(far.size, linear_test))} if e else {},
    )
    for e, title in enumerate(("Training", "Test"))
]

# %% mystnb={"figure": {"caption": "Errors at large steps, in units of $\\sqrt N$, for the last of the activations: with the gradient as it is, and with its rank-one part alone. Lines: {prf:ref}`thm-any-step`, with isotropic noise and with $\\kappa = 0$. Points: simulation, mean over draws with standard errors. Dotted, right: the penalty chosen anew for each step.", "name": "fig-any-rise"}, "image": {"alt": "Two panels against the step in units of the square root of N. The training errors fall, lower with the true gradient. The test error with the true gradient has a minimum and rises; without the noise of the gradient it falls all the way; with the penalty chosen anew it stays low."}}
against(rise, r"$\eta/\sqrt{N}$")

# %% [markdown]
# Two mechanisms are at work, and both are row lengthening.
#
# * **The penalty shrinks.**
#   ReLU is homogeneous: $\sigma(\tau z) = \tau\,\sigma(z)$.
#   A network with rows twice as long is the same network with features twice as large, that is, with a penalty four times smaller.
#   A smaller penalty always lowers the training error, and below the best penalty it raises the test error.
#   Choosing the penalty anew (dotted) repairs this.
# * **The tilt saturates.**
#   A unit sees $\tau_j(Z + \frac{s_j}{\tau_j}t)$, and $\big|\frac{s_j}{\tau_j}\big| = \big(s_j^{-2} + \kappa\big)^{-1/2}$ never exceeds $\kappa^{-1/2}$.
#   Beyond that a larger step adds noise as fast as signal; the rows forget $W_0$ and become $a_j$ times one and the same kind of vector.
#   No penalty repairs this.
#   It is why the dotted line stays above what $\kappa = 0$ could have with its own best penalty.

# %% tags=["remove-input"]
no_noise_best = np.min(
    without_noise(probe, np.array(ridges)[:, None], far * math.sqrt(N))[1], axis=0
)
Markdown(
    f"For {activations[-1]}, $\\kappa^{{-1/2}} = {kappa(probe) ** -0.5:.2f}$. From its minimum to $\\eta = {far[-1]:g}\\sqrt N$ the test error rises by **{full[1, -1] - full[1].min():.3f}** at the fixed penalty and by "
    f"**{retuned.min(0)[-1] - retuned.min(0).min():.3f}** with the penalty chosen anew; without the noise and with the penalty chosen anew it would be {no_noise_best[-1]:.3f} instead of {retuned.min(0)[-1]:.3f} there."
)

# %% tags=["hide-input"]
laws = (
    any_step.errors(probe, ridge, etas)[1],
    without_noise(probe, ridge, etas)[1],
)
lowest = int(np.argmin(laws[0]))
change = over_seeds(drawn[:, :, -1, 1] - drawn[:, :, lowest, 1])
expected = [law_[-1] - law_[lowest] for law_ in laws]
parts = ("the true gradient", "the noise of the gradient removed")
for k, name in enumerate(parts):
    claims.check(
        f"{activations[-1]}, {name}: change of the test error from step {long_steps[lowest]:g} sqrt(N) to {long_steps[-1]:g} sqrt(N), paired",
        measured=change.mean[k],
        predicted=expected[k],
        standard_error=change.standard_error[k],
        tolerance=chance(len(twice)) * change.standard_error[k],
        source="From lazy to maximal, theorem: every step size",
        control=(parts[1 - k], expected[1 - k]),
    )
cost = over_seeds(drawn[:, 0, -1, 1] - drawn[:, 1, -1, 1])
claims.check(
    f"{activations[-1]}, step {long_steps[-1]:g} sqrt(N): what the noise of the gradient adds to the test error, paired",
    measured=cost.mean,
    predicted=laws[0][-1] - laws[1][-1],
    standard_error=cost.standard_error,
    tolerance=chance(len(twice)) * cost.standard_error,
    source="From lazy to maximal, proposition: row lengthening",
    control=("nothing", 0.0),
)


# %% [markdown]
# (sec-any-structured)=
# ## The noise of the gradient is not isotropic
#
# One assumption of {prf:ref}`thm-any-step` is not right: that the rest $\Delta$ of the gradient is an isotropic random vector of its own for every unit.
# For ReLU's training error at the largest steps that is too little, as {ref}`sec-any-grid` shows, where what follows here was already put in its place.
# A paired experiment takes the noise apart.
# Expand the slope, $\sigma'(z) = c_1 + 2c_2 z + \dots$:
#
# ```{math}
# :label: eq-any-noise
# \begin{gathered}
# \Delta_j = \underbrace{2 c_2\, a_j\, A\, w_j}_{\text{the same } A \text{ for all units}} + \; a_j \cdot \frac1m \sum_i y_i\, h(w_j^\top x_i)\, x_i , \\
# A = \frac1m X^\top \operatorname{diag}(y)\, X ,
# \end{gathered}
# ```
#
# where $h$ contains the Hermite polynomials of degree two and more.
# The first part stretches *the same* eigendirections of $A$ in all units at once: then the directions that stick out in one unit stick out in all, and the network sees less of the others.
# It is absent when $c_2 = 0$.
# The second part is nearly independent between units, but its covariance is proportional to $B = \frac1m X^\top\operatorname{diag}(y^2) X$, not to the identity; with a gradient batch of fewer than $d$ rows it misses whole directions.
# We replace $\Delta$ piece by piece, and keep everything else on the draw.

# %%
def gradients(problem, draw, seed):
    """Name -> gradient with its noise replaced piece by piece."""
    step, rng = (
        network.gradient(problem, draw.W0, draw.a, draw.gradient),
        np.random.default_rng([seed, 1]),
    )
    X, r, m = draw.gradient.X, step.residual, len(step.residual)
    c1, c2, a = problem.student[1], problem.student[2], draw.a[:, None]
    total, rest = (
        problem.student.slope_variance,
        problem.student.slope_variance - 4 * c2**2,
    )
    common = 2 * c2 * (draw.W0 @ X.T * (r / m)) @ X
    white = rng.standard_normal(draw.W0.shape) * math.sqrt(r @ r / m**2)
    shaped = (rng.standard_normal((len(a), m)) * (r / m)) @ X
    rank_one = c1 * a * step.direction
    return {
        "independent and isotropic": rank_one + a * math.sqrt(total) * white,
        "common part $A w_j$, rest isotropic": rank_one
        + a * (common + math.sqrt(rest) * white),
        "common part $A w_j$, rest with covariance $B$": rank_one
        + a * (common + math.sqrt(rest) * shaped),
        "the true gradient": step.matrix,
    }


def piecewise(problem, seed, eta):
    """(training, test) error for each of them."""
    draw = sample.draw(problem, seed, n_test)
    return [
        fitted(problem, draw, draw.W0 + eta * G)
        for G in gradients(problem, draw, seed).values()
    ]


halved = last.resized(pieces_n)
eta = pieces_step * math.sqrt(pieces_n)
pieces = np.array([piecewise(halved, s, eta) for s in range(seed, seed + pieces_draws)])
kinds = list(gradients(halved, sample.draw(halved, seed, 1), seed))

# %% tags=["remove-input"]
isotropic, full_noise = (
    np.array(any_step.errors(halved, ridge, eta, noise=kind))
    for kind in ("isotropic", "structured")
)
gap = [over_seeds(pieces[:, k] - pieces[:, 0]) for k in range(len(kinds))]
level = over_seeds(pieces)
rows = [
    f"| {kind} | {level.mean[k, 0]:.4f} | "
    + (f"{gap[k].mean[0]:+.4f} ± {gap[k].standard_error[0]:.4f}" if k else "")
    + f" | {level.mean[k, 1]:.4f} | "
    + (f"{gap[k].mean[1]:+.4f} ± {gap[k].standard_error[1]:.4f}" if k else "")
    + " |"
    for k, kind in enumerate(kinds)
]
Markdown(
    f"{activations[-1]}, $\\eta = {pieces_step:g}\\sqrt n$, $n = {pieces_n}$, {pieces_draws} draws: errors with parts of the noise replaced, and paired differences to the first row. Below, the theory with both kinds of noise.\n\n"
    "| noise of the gradient | training | difference | test | difference |\n|---|---|---|---|---|\n"
    + "\n".join(rows)
    + f"\n| *theory, isotropic* | {isotropic[0]:.4f} | | {isotropic[1]:.4f} | |"
    + f"\n| *theory, as it is* | {full_noise[0]:.4f} | {full_noise[0] - isotropic[0]:+.4f} | {full_noise[1]:.4f} | {full_noise[1] - isotropic[1]:+.4f} |"
)

# %% [markdown]
# Nothing else is missing: with both pieces replaced by random matrices of the right structure, the errors are those of the true gradient.
# And the structure can be put into the theory.
#
# ````{prf:proposition} The noise as it is (ours)
# :label: prop-any-structured
#
# Replace in {prf:ref}`thm-any-step` the matrix $\Gamma$ by an operator that acts on input directions as well, with the blocks
#
# ```{math}
# :label: eq-any-structured
# \begin{gathered}
# \Gamma_r\, \frac{H_r}{\tau_r^2}, \qquad H_r = (1 + c\, a_r A)^2 + v\, a_r^2 B, \\
# c = \frac{2c_2\eta}{\sqrt N}, \qquad v = \frac{\phi_g\eta^2}{N}\big(\operatorname{Var}\sigma' - 4c_2^2\big),
# \end{gathered}
# ```
#
# where $a_r$ is the class's value of $\sqrt N a_j$, and average the two expressions that contain it, $\Gamma(I + \Lambda\Gamma)^{-1}$ and its quadratic form along $\beta_\star$, over the joint law of $A$, $B$, $\beta$ and $\beta_\star$.
# ````
#
# $A$ and $B$ are made of the same rows and do not commute, so the average is not one over eigenvalues.
# It is a linear pencil in the rows, whose deterministic equivalent follows by leaving one row out.
# The library solves it with `noise="structured"`, in some hundredths of a second for each penalty.
# The claims for ReLU in {ref}`sec-any-grid` use it.

# %% tags=["hide-input"]
statement = f"{activations[-1]}, step {pieces_step:g} sqrt(n), training error, paired"
rest = over_seeds(pieces[:, -1, 0] - pieces[:, -2, 0])
claims.check(
    f"{statement}: what the structure of the noise adds (true gradient minus isotropic noise)",
    measured=gap[-1].mean[0],
    predicted=full_noise[0] - isotropic[0],
    standard_error=gap[-1].standard_error[0],
    tolerance=chance(pieces_draws) * gap[-1].standard_error[0],
    source="From lazy to maximal, proposition: the noise as it is",
    control=("isotropic noise", 0.0),
    explain="For an activation with c_2 = 0 and a large gradient batch there is nothing to see.",
)
claims.check(
    f"{statement}: common part and covariance are all of it (true gradient minus both pieces)",
    measured=rest.mean,
    predicted=0.0,
    standard_error=rest.standard_error,
    tolerance=chance(pieces_draws) * rest.standard_error,
    source="From lazy to maximal, equation: noise of the gradient",
    control=("isotropic noise is all of it", gap[-1].mean[0]),
)


# %% [markdown]
# The test error scatters more, and what the structure adds to it drowns in that (see the table): nothing is claimed of it.
#
# ## The maximal step of Cui et al.
#
# {cite:t}`Cui2024` were the first to describe the maximal step, for a second layer of equal entries, by a theory with the same ingredients: conditioning on $t$, and a fixed point of a few functions of it.
# Their setting is one choice of ours.
#
# | | Cui et al. | here |
# |---|---|---|
# | rows of the ridge batch | $n = \alpha\, d$ | $\phi = 1/\alpha$ |
# | rows of the gradient batch | $n_0 = \alpha_0\, d$ | `n_gradient`, $\phi_g = 1/\alpha_0$ |
# | hidden units | $p = d$ | $\psi = 1$ |
# | second layer during the step | constant | `readout="constant"`: $a_j = 1/\sqrt N$ |
# | step | of order $\sqrt N$ | $\eta = \eta_t\sqrt N$, tilt $s = \eta_t\, c_1\|\beta\|$ of every unit |
# | ridge objective | $\lVert \tilde y - F b/\sqrt d\rVert^2 + \lambda \lVert b\rVert^2$ | $a = b/\sqrt d$: penalty $\lambda d/n = \lambda/\alpha$ on the mean over rows |
# | labels | without noise | `noise_std=0` |
# | training error | mean square, no penalty | `train_mse` |
#
# Their public notebook contains a simulation at $d = 2000$ with three draws: tanh as teacher and student, $\alpha_0 = \frac12$, $\eta_t = 1$, $\lambda = 0.01$.
# We put it on one figure with our own simulation, at smaller $d$, and with theory: theirs (their equations, solved to high accuracy), and ours with isotropic noise and with the noise as it is.

# %%
def cui_problem(ratio, dimension, teacher, gradient_ratio):
    """Their setting at one sample ratio."""
    rows = {
        "n": round(ratio * dimension),
        "n_gradient": round(gradient_ratio * dimension),
    }
    fixed = {"activation": "tanh", "noise_std": 0.0, "readout": "constant"}
    return Problem(**rows, d=dimension, N=dimension, teacher=teacher, **fixed)


table = pd.read_csv("data/cui2024_simulations.csv", comment="#")
theirs = {key: column.to_numpy() for key, column in table.items()}
ratios = theirs["alpha"]


def cui_errors(dimension, ratio):
    """(test, training) mean squared error of every draw."""
    problem = cui_problem(ratio, dimension, "tanh", 0.5)
    drawn = run_many(problem, math.sqrt(dimension), 0.01 / ratio, draws, n_test=n_test)
    return np.stack(
        [
            drawn.values("test_error")[:, 0, 0],
            drawn.values("residual_norm")[:, 0, 0] ** 2,
        ]
    )


cui_by_draw = {
    size: np.array([cui_errors(size, r) for r in ratios]) for size in cui_sizes
}
ours = {size: over_seeds(values, axis=2) for size, values in cui_by_draw.items()}


def cui_theory(ratios, noise):
    """(test, training) mean squared error."""
    found = [
        any_step.solve(
            cui_problem(r, 2000, "tanh", 0.5),
            0.01 / r,
            math.sqrt(2000),
            noise=noise,
        )
        for r in ratios
    ]
    return np.array([[s.test_error for s in found], [s.train_mse for s in found]])


kinds_of_noise = {
    "isotropic": cui_theory(ratios, "isotropic"),
    "structured": cui_theory(ratios, "structured"),
}

# %% tags=["hide-input"]
dense = np.linspace(ratios[0], ratios[-1], 30)
smooth = {noise: cui_theory(dense, noise) for noise in kinds_of_noise}
cui_panels = []
for e, (title, key) in enumerate((("Test error", "test"), ("Training error", "train"))):
    own = ours[cui_sizes[-1]]
    lines = [
        Curve(
            "noise as it is, and our simulation",
            (dense, smooth["structured"][e]),
            (ratios, own.mean[:, e], own.standard_error[:, e]),
        ),
        Curve(
            "Cui et al., simulation",
            None,
            (ratios, theirs[f"{key}_mean"], theirs[f"{key}_sd"] / math.sqrt(3)),
        ),
        Curve("isotropic noise", (dense, smooth["isotropic"][e])),
    ]
    if e == 0:
        lines.append(Curve("Cui et al., theory", (ratios, theirs["theory_test"])))
    cui_panels.append(Panel(title, lines))

# %% mystnb={"figure": {"caption": "The setting of Cui et al. (2024): mean squared errors against the sample ratio $n/d$. Points: our simulation and theirs ($d = 2000$), with standard errors. Lines: {prf:ref}`thm-any-step` with the noise as it is and with isotropic noise; their theory, for the test error.", "name": "fig-any-cui"}, "image": {"alt": "Test error rises to a maximum near ratio 0.7 and falls; training error rises from zero. Their simulation lies on the line with the noise as it is; the other two lines coincide just below it; our simulation at smaller dimension lies slightly above."}}
against(cui_panels, "sample ratio $n/d$", xscale="linear", height=3.2)

# %% tags=["hide-input"]
deviation = {
    noise: np.sqrt(np.mean((both[0] / theirs["test_mean"] - 1) ** 2))
    for noise, both in kinds_of_noise.items()
}
claims.check(
    "Cui et al.: with isotropic noise the equivalent is their theory, to 1 % (largest relative difference of the test error)",
    measured=np.max(np.abs(kinds_of_noise["isotropic"][0] / theirs["theory_test"] - 1)),
    predicted=0.0,
    tolerance=0.01,
    source="Cui et al. 2024, theory",
    control=(
        "the noise as it is",
        np.max(np.abs(kinds_of_noise["structured"][0] / theirs["theory_test"] - 1)),
    ),
)
claims.check(
    "Cui et al.: with the noise as it is the equivalent is nearer to their simulation than with isotropic noise (rms relative deviation of the test error)",
    measured=deviation["structured"],
    predicted=deviation["isotropic"],
    tolerance=0.0,
    source="Cui et al. 2024, simulation",
    kind="at most",
    control=(
        "their theory",
        np.sqrt(np.mean((theirs["theory_test"] / theirs["test_mean"] - 1) ** 2)),
    ),
)
untrained_cui = [
    any_step.solve(cui_problem(r, 2000, "tanh", 0.5), 0.01 / r, 0.0) for r in ratios
]
for e, (title, key, without) in enumerate(
    (
        ("test", "test", [u.test_error for u in untrained_cui]),
        ("training", "train", [u.train_mse for u in untrained_cui]),
    )
):
    allowed = 0.02 * theirs[f"{key}_mean"] + chance(3, 0.05) * theirs[
        f"{key}_sd"
    ] / math.sqrt(3)
    of_theory, of_no_step = (
        np.max(np.abs(theory_ - theirs[f"{key}_mean"]) / allowed)
        for theory_ in (kinds_of_noise["structured"][e], without)
    )
    claims.check(
        f"Cui et al.: their simulated {title} error, to 2 % and the 95 % interval of their three draws, at every sample ratio (largest deviation in these units)",
        measured=of_theory,
        predicted=1.0,
        tolerance=0.0,
        source="Cui et al. 2024, simulation",
        kind="at most",
        control=("no step", of_no_step),
    )


# %% tags=["remove-input"]
def excess(size):
    """Simulated over predicted test error, minus one, averaged over the sample ratios."""
    predicted_ = kinds_of_noise["structured"][0][:, None]
    return over_seeds(np.mean(cui_by_draw[size][:, 0] / predicted_ - 1, axis=0))


Markdown(
    f"Root mean square deviation of the theories from their simulated test error: **{100 * deviation['isotropic']:.1f} %** with isotropic noise, **{100 * deviation['structured']:.1f} %** with the noise as it is. "
    "Our own simulated test error exceeds the latter by "
    + ", ".join(
        f"{100 * excess(size).mean:.1f} ± {100 * excess(size).standard_error:.1f} % at d = {size}"
        for size in cui_sizes
    )
    + ", on average over the sample ratios."
)

# %% [markdown]
# Their gradient batch has $d/2$ rows, so the noise of the gradient lives in half of the directions.
# That is the structure $B$ of {eq}`eq-any-structured`; it matters here although $c_2 = 0$.
#
# ### From no step to eight times the square root of N
#
# Now a teacher that tanh does not contain, $\sigma_\star = \sin$, a gradient batch of $d$ rows, and the whole range of steps.

# %%
sweep_ratios = (1.5, 3.0)
reach = np.linspace(0.0, max(cui_steps), 27)


def sweep(ratio, dimension):
    """Simulated test errors at all steps of one draw."""
    problem, steps = (
        cui_problem(ratio, dimension, "sin", 1.0),
        np.array(cui_steps) * math.sqrt(dimension),
    )
    return run_many(problem, steps, 0.01 / ratio, draws, n_test=n_test).values(
        "test_error"
    )[:, :, 0]


swept = {r: sweep(r, cui_sizes[-1]) for r in sweep_ratios}


def sweep_theory(ratio, steps, noise):
    problem = cui_problem(ratio, cui_sizes[-1], "sin", 1.0)
    return any_step.errors(
        problem, 0.01 / ratio, np.array(steps) * math.sqrt(problem.N), noise=noise
    )[1]


# %% tags=["hide-input"]
sweep_panels = []
for ratio in sweep_ratios:
    average = over_seeds(swept[ratio])
    lines = [
        Curve(
            "noise as it is, and simulation",
            (reach, sweep_theory(ratio, reach, "structured")),
            (cui_steps, average.mean, average.standard_error),
        ),
        Curve("isotropic noise", (reach, sweep_theory(ratio, reach, "isotropic"))),
    ]
    level = best_linear(cui_problem(ratio, cui_sizes[-1], "sin", 1.0))[1]
    sweep_panels.append(
        Panel(
            f"$n/d = {ratio:g}$",
            lines,
            {"best linear model": (reach, np.full(reach.size, level))},
            "test error",
        )
    )

# %% mystnb={"figure": {"caption": "Test error against the step in units of $\\sqrt N$, at two sample ratios: sine as teacher, tanh as student, gradient batch of $d$ rows, constant second layer. Points: simulation with standard errors. Lines: {prf:ref}`thm-any-step`.", "name": "fig-any-sweep"}, "image": {"alt": "Two panels. The test error drops steeply at small steps, is flat to about two and then rises slowly with the step. The points follow the line."}}
against(sweep_panels, r"$\eta_t = \eta/\sqrt{N}$", xscale="linear", height=3.0)

# %% [markdown]
# One solver covers the whole range, the untrained network included.
# The steep fall at the left end is the lazy regime, squeezed into the first pixels of this axis.
# And the best linear model is far better than any of these networks: the penalty is much too small for the task.

# %% tags=["remove-input"]
tuned_sweep = {
    ratio: any_step.errors(
        cui_problem(ratio, cui_sizes[-1], "sin", 1.0),
        np.array(ridges)[:, None],
        np.linspace(0.1, 2, 12) * math.sqrt(cui_sizes[-1]),
    )[1].min()
    for ratio in sweep_ratios
}
Markdown(
    "With step and penalty chosen freely the equivalent gives "
    + ", ".join(
        f"{value:.3f} at n/d = {ratio:g} (best linear model {best_linear(cui_problem(ratio, cui_sizes[-1], 'sin', 1.0))[1]:.3f})"
        for ratio, value in tuned_sweep.items()
    )
    + "."
)

# %% tags=["hide-input"]
for ratio in sweep_ratios:
    theory_ = sweep_theory(ratio, cui_steps, "structured")
    check_curve(
        f"Sweep of the step at n/d = {ratio:g}: test error over its mean along the sweep",
        swept[ratio] / swept[ratio].mean(axis=1, keepdims=True),
        theory_ / theory_.mean(),
        control=("a step changes nothing", np.ones(len(cui_steps))),
        source="From lazy to maximal, proposition: the noise as it is",
    )

# %% [markdown]
# ## Which step is best?
#
# Theory at hand, we can ask.
# For each step we choose the penalty anew; otherwise a step that happens to suit the penalty wins.

# %%
scales = np.geomspace(0.03, 4.0, 20)  # eta / sqrt(N)
grown = (n, 10 * n, 1000 * n)


@cache
def best_penalty(name, rows, noise=noise_std):
    """Test error at the steps scales * sqrt(N), each with the best of the penalties."""
    problem = network_of(name, noise_std=noise).resized(rows)
    return any_step.errors(
        problem, np.array(ridges)[:, None], scales * math.sqrt(problem.N)
    )[1].min(axis=0)


def minimum(values):
    """(scale, test error) at the lowest point of a parabola in log(scale) through the lowest three."""
    k = min(max(int(values.argmin()), 1), scales.size - 2)
    a, b, c = np.polyfit(np.log(scales[k - 1 : k + 2]), values[k - 1 : k + 2], 2)
    place = (
        np.clip(-b / (2 * a), *np.log(scales[[k - 1, k + 1]]))
        if a > 0
        else np.log(scales[values.argmin()])
    )
    return math.exp(place), min(a * place**2 + b * place + c, values.min())


def simulated_best(name):
    """The same from the simulation, at the penalty that theory chooses: (eta/sqrt(N), average)."""
    etas_ = np.array([problems[name].step(a) for a in alphas])
    choice = any_step.errors(problems[name], np.array(penalties)[:, None], etas_)[
        1
    ].argmin(axis=0)
    values = runs[name].values("test_error")[:, np.arange(1, len(alphas) + 1), choice]
    return etas_ / math.sqrt(N), over_seeds(values)


# %% tags=["hide-input"]
best_panels = []
for name in dict.fromkeys((activations[0], activations[-1])):
    place, average = simulated_best(name)
    lines = []
    for k, rows in enumerate(grown):
        measured = (place, average.mean, average.standard_error) if k == 0 else None
        lines.append(
            Curve(
                f"n = {rows:,}".replace(",", " "),
                (scales, best_penalty(name, rows)),
                measured,
            )
        )
    level = best_linear(problems[name])[1]
    best_panels.append(
        Panel(
            name,
            lines,
            {"best linear model": (scales, np.full(scales.size, level))},
            "test error",
        )
    )

# %% mystnb={"figure": {"caption": "Test error at the best penalty against the step in units of $\\sqrt N$, for three sizes at fixed aspect ratios. Lines: {prf:ref}`thm-any-step`. Points: simulation at the smallest of the sizes, mean over draws with standard errors.", "name": "fig-any-best"}, "image": {"alt": "Two panels with three curves each. The larger n, the sooner the curve falls; all have their minimum at nearly the same step in units of the square root of N, for tanh a shallow one at about 0.4 and for ReLU an even flatter one above one."}}
against(best_panels, r"$\eta/\sqrt{N}$", height=3.0)

# %% [markdown]
# The more data, the earlier the curve falls, and the flatter it is: for tanh at the largest $n$ two decades of step sizes are as good as one another.
# On the axis $\eta/\sqrt N$ the best step moves, and how it moves depends on the activation: the line below the table has the numbers.
# It stays of the order of $\sqrt N$ at these sizes.

# %% tags=["remove-input"]
best_rows, best_tilt, costs = [], {}, {}
for name in activations:
    for noise in noises:
        problem, values = (
            network_of(name, noise_std=noise).resized(10 * n),
            best_penalty(name, 10 * n, noise),
        )
        scale, value = minimum(values)
        eta_star = scale * math.sqrt(problem.N)
        best_tilt[name, noise] = tilt(problem, eta_star)
        half, twice = (
            np.interp(math.log(scale * f), np.log(scales), values) / value - 1
            for f in (0.5, 2.0)
        )
        costs[name, noise] = max(half, twice)
        best_rows.append(
            f"| {name} | {noise:g} | {scale:.2f} | {best_tilt[name, noise]:.2f} | {math.log(eta_star) / math.log(problem.n):.2f} | "
            f"{value:.3f} | {100 * half:.1f} % | {100 * twice:.1f} % |"
        )
creep = {
    name: ", ".join(f"{minimum(best_penalty(name, rows))[0]:.2f}" for rows in grown)
    for name in dict.fromkeys((activations[0], activations[-1]))
}
Markdown(
    "At n = "
    + ", ".join(f"{rows:,}".replace(",", " ") for rows in grown)
    + " the best step over $\\sqrt N$ is "
    + "; ".join(f"{values} for {name}" for name, values in creep.items())
    + f".\n\nBest steps at $n = {10 * n}$, and what half and twice the best step cost:\n\n"
    "| activation | $\\sigma_\\varepsilon$ | $\\eta_\\star/\\sqrt N$ | tilt $\\delta_\\star$ | $\\log\\eta_\\star/\\log n$ | test error | half the step | twice the step |\n|---|---|---|---|---|---|---|---|\n"
    + "\n".join(best_rows)
)


# %% [markdown]
# ````{admonition} Recommendation
# Measure $\|\beta\| = \|X^\top y\|/n$ on the gradient batch, and choose the step by its tilt, not by an exponent:
#
# $$
# \eta = \delta\,\frac{\sqrt N}{c_1 \|\beta\|} .
# $$
#
# Take $\delta$ from the table.
# Then choose the penalty again.
# The minimum is flat: the step has to be right to a factor of two, the penalty is worth more care.
# ````

# %% tags=["remove-input"]
def forgotten(name):
    """Relative cost at the best step of the penalty that was best without a step."""
    eta_star = minimum(best_penalty(name, n))[0] * math.sqrt(N)
    without, with_step = any_step.errors(
        problems[name], np.array(ridges)[:, None], [0.0, eta_star]
    )[1].T
    return with_step[without.argmin()] / with_step.min() - 1


def span(name):
    """The range of the best tilt over the noises."""
    values = [best_tilt[name, noise] for noise in noises]
    return f"{name}: {min(values):.2f} to {max(values):.2f}"


Markdown(
    f"The best tilt over all noises of the table: **{'; '.join(map(span, activations))}**. A step wrong by a factor of two costs at most {100 * max(costs.values()):.1f} % of the test error. "
    f"For comparison, keeping the penalty of the untrained network's best fit would cost "
    + ", ".join(f"{100 * forgotten(name):.1f} % ({name})" for name in activations)
    + " at the best step."
)

# %% tags=["hide-input"]
for name in dict.fromkeys((activations[0], activations[-1])):
    at_10n, at_1000n = (minimum(best_penalty(name, rows))[0] for rows in grown[1:])
    claims.check(
        f"{name}: from n = {grown[1]} to {grown[2]} the best step grows like sqrt(N), but for a factor of two (exponent of eta in N)",
        measured=0.5 + math.log(at_1000n / at_10n) / math.log(grown[2] / grown[1]),
        predicted=0.5,
        tolerance=math.log(2) / math.log(grown[2] / grown[1]),
        source="From lazy to maximal, theorem: every step size",
        control=("where the third spike appears, n^(1/3)", 1 / 3),
    )
    etas_ = [problems[name].step(a) for a in alphas]
    theory_ = any_step.errors(problems[name], np.array(penalties)[:, None], etas_)[1]
    k, choice = int(theory_.min(axis=0).argmin()), theory_.argmin(axis=0)
    tuned = runs[name].values("test_error")[:, np.arange(1, len(alphas) + 1), choice]
    saved = over_seeds(tuned[:, 0] - tuned[:, k])
    claims.check(
        f"{name}: what the step n^{alphas[k]:g} saves in test error over n^{alphas[0]:g}, each at its best penalty (paired)",
        measured=saved.mean,
        predicted=theory_.min(axis=0)[0] - theory_.min(axis=0)[k],
        standard_error=saved.standard_error,
        tolerance=chance(seeds) * saved.standard_error,
        source="From lazy to maximal, theorem: every step size",
        control=("nothing", 0.0),
    )

# %% [markdown]
# ## Where it breaks
#
# * *Few rows.*
#   The equivalent is a limit $n, d, N \to \infty$ at fixed $\eta/\sqrt N$.
#   At $n$ of some hundred expect corrections of a few percent; {ref}`sec-any-grid` says what was seen from a thousand on.
# * *Structured noise.*
#   For $c_2 \ne 0$, or a gradient batch that is not much larger than $d$, isotropic noise is an approximation ({ref}`sec-any-structured`).
#   The spectrum and the outliers are computed with isotropic noise only.
# * *A step far beyond $\sqrt n$.*
#   The equivalent itself does not mind; the library's quadratures are tested for steps of up to a few $\sqrt N$.
# * *An order-one first output* ([Setup](setup)).
#   The direction of the step is then not $\beta$, and the formulas for $\kappa$ and $\rho$ do not apply.
# * *Heavy-tailed labels.*
#   A few rows dominate $A$ and $B$, and row lengthening differs from its mean.

# %% tags=["remove-input"]
ends = {name: relative(name) for name in activations}
record(
    kappa=[kappa(p) for p in problems.values()],
    relative_train_error=[ends[name][0].mean[-1] for name in activations],
    relative_train_error_standard_error=[
        ends[name][0].standard_error[-1] for name in activations
    ],
    relative_train_error_predicted=[best_theory[name][0, -1] for name in activations],
    relative_test_error=[ends[name][1].mean[-1] for name in activations],
    relative_test_error_standard_error=[
        ends[name][1].standard_error[-1] for name in activations
    ],
    relative_test_error_predicted=[best_theory[name][1, -1] for name in activations],
    structure_adds=gap[-1].mean[0],
    structure_adds_standard_error=gap[-1].standard_error[0],
    structure_adds_predicted=full_noise[0] - isotropic[0],
    cui_deviation_isotropic=deviation["isotropic"],
    cui_deviation_structured=deviation["structured"],
    best_tilt=list(best_tilt.values()),
)

# %% [markdown]
# ## What to take along
#
# * Condition on $t$.
#   Then a step of any size is a change of four functions, $\mu_0$, $\mu_1$, $\mu_2$ and $\tau$, {eq}`eq-any-split`, and one fixed point gives the rest.
# * Rows are no longer alike: the test error is a derivative in a ridge that depends on $t$, {eq}`eq-any-errors`.
# * Large steps lengthen the rows, {eq}`eq-lengthening`: that shrinks the penalty, and it drowns the tilt in noise.
# * The noise of the gradient has a structure that all units share, {eq}`eq-any-noise`; it is visible at the maximal step.
# * At the sizes of this page the best step is of the order of $\sqrt N$; measure it by its tilt.
#
# ## Exercises
#
# ````{exercise-start} No signal left
# :label: ex-any-infinite
# ````
#
# Let $\eta \to \infty$ for ReLU, at a penalty that grows in proportion to $\eta^2$.
# What does a unit see?
# Find the limit of the test error with the library, and compare it with the best step.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-infinite
# :class: dropdown
# ````
#
# With $s = \pm\infty$ and $\tau/|s| \to \sqrt\kappa$, unit $j$ is $|s_j|\,\sigma(\sqrt\kappa\, Z \pm t)$: only the sign of $a_j$ counts for its shape, and its size is a scale that ridge regression sees as a prior.
# The network has become one with two kinds of units and a noisy first layer of length $\sqrt\kappa$ in units of the signal.

# %%
huge = np.array([4.0, 8.0, 16.0])
limits = [
    any_step.errors(probe, np.geomspace(0.1, 10, 15) * scale**2, scale * math.sqrt(N))[
        1
    ].min()
    for scale in huge
]
Markdown(
    "Best test error at $\\eta/\\sqrt N$ = "
    + ", ".join(f"{s:g}: {value:.3f}" for s, value in zip(huge, limits, strict=True))
    + f"; at the best step {best_penalty(activations[-1], n).min():.3f}; untrained {any_step.errors(probe, np.array(ridges), 0.0)[1].min():.3f}."
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} More data for the step
# :label: ex-any-batch
# ````
#
# You have $3n$ rows.
# Is it better to spend two thirds of them on the gradient batch or on the ridge batch?
# Use the equivalent, with the best step and penalty for each.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-batch
# :class: dropdown
# ````

# %%
splits = {"two thirds on the step": (n, 2 * n), "two thirds on the fit": (2 * n, n)}
for name in activations:
    values = {
        label: any_step.errors(
            replace(problems[name], n=fit_rows, n_gradient=step_rows),
            np.array(ridges)[:, None],
            scales * math.sqrt(N),
        )[1].min()
        for label, (fit_rows, step_rows) in splits.items()
    }
    print(name, ", ".join(f"{label}: {value:.3f}" for label, value in values.items()))


# %% [markdown]
# A larger gradient batch improves $\rho$ and lowers $\kappa$; a larger ridge batch lowers the error at given features.
# Where $\kappa$ is small the two are worth about the same.
# Where it is large the step should get more.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Which share is structure?
# :label: ex-any-share
# ````
#
# With $c_2 = 0$ the common part vanishes, but the covariance $B$ stays.
# For which size of the gradient batch does it change the training error of a tanh network by more than one percent at $\eta = \sqrt N$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-any-share
# :class: dropdown
# ````

# %%
def change_by_structure(rows):
    """Relative change of the training error, with a constant readout."""
    problem = replace(network_of("tanh", readout="constant"), n_gradient=rows)
    plain, full_ = (
        any_step.errors(problem, ridge, math.sqrt(N), noise=kind)[0]
        for kind in ("isotropic", "structured")
    )
    return full_ / plain - 1


batches = [d // 4, d // 2, d, 2 * d, 4 * d]
Markdown(
    "| rows of the gradient batch over $d$ | change of the training error |\n|---|---|\n"
    + "\n".join(
        f"| {b / d:g} | {100 * change_by_structure(b):+.2f} % |" for b in batches
    )
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
