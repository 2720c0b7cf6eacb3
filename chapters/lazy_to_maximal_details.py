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
# # Appendix: from lazy to maximal, up to four thousand rows
#
# **The result of this page.**
# The equations for [every step size](lazy_to_maximal) are right to two percent or two standard errors at every step, size and teacher tried, and far down they reach the plateaus of the staircase.
#
# ```{strip}
# :level: graduate course
# :needs: [From lazy to maximal](lazy_to_maximal), and the plateaus of [Improvement](improvement)
# ```

# %% tags=["parameters"]
sizes = [1000, 2000, 4000]  # rows, of those in the file
penalty = 0.1  # ridge penalty of the second half of the page [> 0]
first = 0.12  # a step exponent of the first regime [> 0, < 0.25]
second = 0.32  # one of the second [> 0.25, < 0.34]

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures import side_by_side
from onestep.book.figures.curves import Curve
from onestep.book.figures.errors import Panel, against
from onestep.theory import any_step, limit_geometry, plateau, published_geometry
from onestep.theory import errors as limit_errors

# %% [markdown]
# (sec-any-grid)=
# ## Up to four thousand rows, three teachers
#
# How good are the equations, and do they get better with $n$?
# That takes many draws of large networks, more than half an hour of them, which a page cannot spend.
# So **the simulated errors of this section are read from a file**, `chapters/data/agreement.csv`; the theory beside them is computed here and now.
# The file holds single draws of tanh, erf and ReLU networks with $d = n/2$, $N = 3n/4$, label noise 0.5 and penalty 0.1, for teachers of degree 1, 2 and 3.
# To make it again, delete it and run
#
#     python -m experiments.agreement
#
# in the folder of the book.
# It goes on where it was stopped, and uses `onestep.simulation` alone.

# %% tags=["hide-input"]
TEACHERS = {1: (0.0, 1.0), 2: (0.0, 1.0, 0.5), 3: (0.0, 1.0, 0.5, 0.3)}  # by degree
ERRORS = ("train_error", "test_error")
file = pd.read_csv("data/agreement.csv", comment="#", dtype={"step": str}).dropna()
file = file[file["n"].isin(sizes)]
by_draw = file.pivot(
    index=["activation", "degree", "n", "seed"], columns="step", values=list(ERRORS)
).dropna()
alphas = [float(step) for step in by_draw["train_error"].drop(columns="none")]
shares = {}  # (activation, degree, n): errors over those of no step, (draws, 2, steps)
for key, rows in by_draw.groupby(level=["activation", "degree", "n"], sort=False):
    both = np.stack([rows[error].to_numpy() for error in ERRORS], axis=1)
    shares[key] = both[..., :-1] / both[..., -1:]
names, sizes = (list(dict.fromkeys(key[k] for key in shares)) for k in (0, 2))


# %% tags=["hide-input"]
def relative(key, law):
    """Errors over those of no step by a theory: (2, steps)."""
    name, degree, n = key
    problem = Problem(n, n // 2, 3 * n // 4, name, TEACHERS[degree], 0.5)
    both = np.array(law(problem, 0.1, np.append(0.0, n ** np.array(alphas))))
    return both[:, 1:] / both[:, :1]


def as_it_is(problem, ridge, etas):
    """The equations with the noise as it is; for odd activations it does not matter."""
    kind = "structured" if abs(problem.student[2]) > 1e-9 else "isotropic"
    return any_step.errors(problem, ridge, etas, noise=kind)


laws = {"as it is": as_it_is, "isotropic": any_step.errors, "limit": limit_errors}
predicted = {kind: {k: relative(k, law) for k in shares} for kind, law in laws.items()}


def excess(kind, key, e):
    """By how many percent a theory exceeds the simulation, and the standard error."""
    average = over_seeds(shares[key][:, e])
    ratio = 100 * predicted[kind][key][e] / average.mean
    return ratio - 100, ratio * average.standard_error / average.mean


# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-grid", "caption": "By how many percent theory exceeds the simulated errors, relative to the untrained network, against the step exponent, for the teacher of degree 2. Points are the equations for every step, with standard errors. Lines are the theory of growing steps; they leave the panels."}, "image": {"alt": "Four panels, training and test error of tanh and ReLU. The points for all sizes stay around zero at every exponent. The lines leave the band of two percent beyond exponent 0.3."}}
panels = []
for name in ("tanh", "relu"):
    for e, title in enumerate(("training", "test")):
        curves = []
        for k, n in enumerate(sizes):
            aside = np.array(alphas) + 0.012 * (k - 1)
            line = excess("limit", (name, 2, n), e)[0]
            points = aside, *excess("as it is", (name, 2, n), e)
            curves.append(Curve(f"n = {n}", (alphas, line), points))
        band = {f"{v:+d} %": ([-0.03, 0.53], [v, v]) for v in (2, -2)}
        options = {"ylabel": "theory above simulation, %", "ylim": (-7, 7)}
        panels.append(Panel(f"{name}: {title} error", curves, band, **options))
against(panels, r"$\alpha = \log\eta\,/\log n$", xscale="linear", height=2.6)


# %% [markdown]
# At $\alpha = 0$ the lines run through the points: there the two theories are one.
# To the right the theory of growing steps leaves, at every $n$, and the equations for every step stay.
#
# For odd activations both errors should be right to 2 % or two standard errors, at every step, for every teacher and every $n$.
# For ReLU we ask the same, beyond the smallest $n$ for the training error.
# The theory of growing steps, and for ReLU's training error isotropic noise, must fail.

# %% tags=["remove-input"]
def units(kind, name, e, sizes):
    """Largest deviation, in units of 2 % or two standard errors."""
    found = [excess(kind, k, e) for k in shares if k[0] == name and k[2] in sizes]
    return max(float(np.max(np.abs(v) / np.maximum(2, 2 * se))) for v, se in found)


for name in names:
    for e, title in enumerate(("training", "test")):
        special = name == "relu" and e == 0
        where = (sizes[1:] or sizes) if special else sizes
        wrong = "isotropic" if special else "limit"
        claims.check(
            f"{name}, {title} error at every step, teacher and n of {where}: largest "
            "deviation, in units of 2 % or two standard errors",
            measured=units("as it is", name, e, where),
            predicted=1.0,
            tolerance=0.0,
            kind="at most",
            source="From lazy to maximal, theorem: every step size",
            control=(
                "isotropic noise" if special else "theory of growing steps",
                units(wrong, name, e, where),
            ),
        )


# %% [markdown]
# Where does ReLU depart?
# In the training error at the largest step.
# All teachers share their draws, so we average over them, draw by draw.

# %% tags=["remove-input"]
def at_the_end(kind, n):
    """ReLU: simulated over predicted training error at the last step, all teachers."""
    found = [
        shares[key][:, 0, -1] / predicted[kind][key][0, -1]
        for key in shares
        if key[0] == "relu" and key[2] == n
    ]
    draws = min(map(len, found))
    return over_seeds(np.mean([column[:draws] for column in found], axis=0))


def root_mean_square(k, n):
    found = [
        excess("as it is", key, e)[k] for key in shares for e in (0, 1) if key[2] == n
    ]
    return float(np.sqrt(np.mean(np.square(found))))


ends = {
    kind: [at_the_end(kind, n) for n in sizes] for kind in ("as it is", "isotropic")
}

# %% tags=["remove-input"]
claims.check(
    f"ReLU, n = {sizes[-1]}: training error at n^{alphas[-1]:g}, simulated over predicted",
    measured=ends["as it is"][-1],
    predicted=1.0,
    source="Large steps, proposition: the noise as it is",
    control=("isotropic noise", float(ends["isotropic"][-1].mean)),
)

# %% tags=["remove-input"]
markdown_table(
    [
        (
            f"{n}",
            *(ends[kind][k] for kind in ends),
            *(root_mean_square(j, n) for j in (0, 1)),
        )
        for k, n in enumerate(sizes)
    ],
    (
        "$n$",
        "ReLU, noise as it is",
        "isotropic noise",
        "rms deviation of all errors, %",
        "standard error, %",
    ),
    number=".3f",
)

# %% [markdown]
# How to read the last two columns: chance alone leaves deviations about as large as the standard errors.
# Where the fourth column is clearly larger than the fifth, the limit is not yet reached.
# Activations, teachers and steps share their draws, so that all numbers of one $n$ err together.
#
# ## The lazy end
#
# Let $\eta^2/N \to 0$.
# Then the equations become those of [Errors](errors), and at a fixed exponent they must reach the plateau of its regime.
# No simulation can go there.
# Theory can.

# %% tags=["hide-input"]
many = np.array([10**k for k in range(3, 13)])
exponents = {first: 1, second: 2}  # with the degree of each regime
problems = {
    name: Problem(1000, 500, 750, name, (0.0, 1.0, 0.5), 0.5)
    for name in ("tanh", "relu")
}


def test_error(problem, n, alpha):
    p = problem.resized(int(n))
    return any_step.errors(p, penalty, p.step(alpha))[1]


reached = {
    (name, alpha): np.array([test_error(p, n, alpha) for n in many])
    for name, p in problems.items()
    for alpha in exponents
}
levels = {
    name: [plateau(p, penalty, k)[1] for k in range(3)] for name, p in problems.items()
}

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-any-plateaus", "caption": "Test error against $n$ at two fixed exponents, one from each of the first two regimes, by {prf:ref}`thm-any-step`. Horizontal lines are plateaus, with lengthened rows."}, "image": {"alt": "Test error against n from a thousand to ten to the twelve. Each curve falls slowly to the plateau of its regime. For tanh both go to the plateau of degree one, for ReLU the larger exponent goes on to the plateau of degree two."}}
panels = []
for name, level in levels.items():
    lines = [Curve(rf"$\alpha = {a:g}$", (many, reached[name, a])) for a in exponents]
    marks = {
        f"plateau of degree {k}": v
        for k, v in enumerate(level)
        if k == 0 or abs(v - level[k - 1]) > 1e-6
    }
    options = {"title": name, "levels": marks, "legend": "center right"}
    panels.append(side_by_side.CurvePanel("test error", lines, **options))
side_by_side.side_by_side(panels, "$n$", xscale="log", height=3.2)

# %% tags=["remove-input"]
for (name, alpha), values in reached.items():
    start, end = levels[name][0], levels[name][exponents[alpha]]
    claims.check(
        f"{name}, alpha = {alpha:g}: share of the way to the plateau of degree "
        f"{exponents[alpha]} that is left at n = 10^12",
        measured=float(abs(values[-1] - end) / (start - end)),
        predicted=0.02,
        tolerance=0.0,
        kind="at most",
        source="Moniri et al. 2024, limits of the errors, with lengthened rows",
        control=("at n = 1000", float(abs(values[0] - end) / (start - end))),
    )

# %% [markdown]
# Two lessons.
# First, the plateaus of the staircase are real, and far away: the distance to them falls like $n^{-2(k\alpha - (k-1)/2)}$, a small power of $n$.
# Second, row lengthening survives all the way down.
# The quadratic spike carries $t^2 + \kappa$ and not $t^2$, {prf:ref}`lem-spike-powers`, at every step.
# For ReLU the plateau of degree two is {glue:text}`plain:.4f` with $t^2$ and {glue:text}`long:.4f` with $t^2 + \kappa$; at $n = 10^{12}$ the equations give {glue:text}`there:.4f`.
# For odd activations nothing changes.

# %% tags=["remove-cell"]
relu = problems["relu"]
glue(
    plain=float(plateau(relu, penalty, 2, published_geometry(relu))[1]),
    long=float(plateau(relu, penalty, 2, limit_geometry(relu))[1]),
    there=float(reached["relu", second][-1]),
)
record(relu_training=ends["as it is"][-1], relu_isotropic=ends["isotropic"][-1])

# %% [markdown]
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
