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
# # Appendix: a smooth label on digits
#
# **The result of this page.**
# A polynomial label along one direction is learned on digits as the law of inputs says: within 3 % for tanh, and with about the gain of the step.
# What the law misses for ReLU it misses on Gaussian rows, too, and quadratic modes explain it.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Real data](real_data)
# ```

# %% tags=["parameters"]
n = 500  # rows of each batch [>= 100, <= 500]
N = 400  # hidden units [>= 100]
teachers = 32  # directions of the label [>= 6]
seed = 0  # the first seed [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.inputs import Covariance
from onestep.simulation import table_draws
from onestep.simulation.table import Table
from onestep.theory import any_step, quadratic_modes
from onestep.theory import errors as law

with np.load("data/mnist14.npz") as file:
    scaled = Table.prepare(file["X"], scale_rows=True)
d = scaled.variances.size


# %% [markdown]
# ## The experiment
#
# The inputs are the digits of [Real data](real_data), with all rows scaled to one length.
# The label is $y = z_\star + \frac12 He_2(z_\star) + \varepsilon$, with $z_\star = \beta_\star^\top x$ and noise of standard deviation $\frac12$.
# The direction $\beta_\star$ is random in whitened coordinates, and every draw has its own.
# Each is also drawn on Gaussian rows with the same covariance.
#
# From the table and the label the law of inputs takes what {eq}`eq-real-law` names.
# Digits have third and fourth moments, so this is not quite what Gaussian inputs would have.

# %% tags=["hide-input"]
# equation 2 of the chapter: all that the law of inputs takes from a table and its labels
def as_seen(table, y, activation):
    part, rest = table.linear(y)  # E z y, and the variance of all else
    along = part**2 / table.variances
    spectrum, along = tuple(table.variances), tuple(along / along.sum())
    first, noise = float(np.sqrt(part @ part)), rest**0.5
    inputs = Covariance(spectrum, None, along)
    return Problem(n, d, N, activation, (0, first), noise, inputs=inputs)


# %% tags=["hide-input"]
smooth = Problem(n, d, N, "tanh", (0, 1, 0.5), 0.5)


def smooth_errors(activation):
    """(teacher, rows, step, penalty) of digits and of Gaussian rows; theories likewise."""
    measured, theory = [], []
    for k in range(seed, seed + teachers):
        teacher = scaled.teacher(k)
        inputs = scaled.covariance(teacher)
        problem = replace(smooth, activation=activation, inputs=inputs)
        pair = []
        for rows in (scaled, twin):
            y = table_draws.polynomial(rows, teacher, k)
            step = rows.step(problem, y, k)
            pair.append([step.squares(two, e).mean(axis=1) for e in places])
        measured.append(pair)
        exact = as_seen(scaled, table_draws.polynomial(scaled, teacher, k), activation)
        modes = quadratic_modes.errors(problem, two)[1]
        lines = any_step.errors(problem, two[1], places[1:])[1]
        theory.append((law(problem, two)[1], law(exact, two)[1], modes, lines))
    return np.array(measured), np.array(theory)


twin, places = scaled.gaussian(seed), np.array([0.0, 2.0, 5.0])
two = np.array([0.05, 0.3])
errors, theory, flat = {}, {}, {}
for activation in ("tanh", "relu"):
    errors[activation], theory[activation] = smooth_errors(activation)
    plain = replace(smooth, activation=activation)
    flat[activation] = any_step.errors(plain, two, places[:, None])[1]

# %% tags=["remove-input"]
markdown_table(
    [
        (
            f"{name}, penalty {two[k]:g}",
            float(flat[a][0, k]),
            float(theory[a][:, 0, k].mean()),
            float(theory[a][:, 2, k].mean()),
            over_seeds(errors[a][:, 1, 0, k]),
            over_seeds(errors[a][:, 0, 0, k]),
        )
        for name, a in (("tanh", "tanh"), ("ReLU", "relu"))
        for k in (0, 1)
    ],
    head=("No step", "isotropic", "law", "with modes", "Gaussian rows", "digits"),
    number=".3f",
)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-real-smooth", "caption": "Test error of a polynomial label on digits at penalty 0.3. Points are simulated, lines are theory."}, "image": {"alt": "Two panels, tanh and ReLU. The points of digits lie close to the upper line and far above the line of isotropic inputs."}}
panels = []
for activation, title in (("tanh", "tanh"), ("relu", "ReLU")):
    mean = theory[activation].mean(axis=0)
    line = [mean[0, 1], *mean[3]]
    digits = over_seeds(errors[activation][:, 0, :, 1])
    curves = [
        Curve("digits", (places, line), (places, digits)),
        Curve("isotropic law", (places, flat[activation][:, 1])),
    ]
    panels.append(CurvePanel("test error", curves, title=title))
side_by_side(panels, r"step $\eta$")

# %% [markdown]
# *Level.*
# For tanh the law of inputs is right within 3 %, and {numref}`fig-real-smooth` shows it with the step.
# The isotropic law is a sixth too low.
#
# *Gain.*
# A step of 5 gains what the law says, or a little more: for tanh we measure a third more, and this many draws cannot tell whether that is chance.
# The isotropic law promises twice as much as this law.
# The law takes the coefficients of the label for Gaussian inputs here.
#
# *Spectrum.*
# For ReLU at a small penalty the law is too high, and not because the rows are real.
# Gaussian rows with the same covariance miss it as well.
# The quadratic modes {eq}`eq-real-modes` mend that.
# Digits lie a little lower still.

# %% tags=["remove-input"]
exact = theory["tanh"][:, 1, 1]
claims.check(
    "tanh, penalty 0.3, no step: digits less the law of inputs, paired",
    measured=over_seeds(errors["tanh"][:, 0, 0, 1] - exact),
    predicted=0.0,
    allowed=0.01,
    source="Real data, equation 2",
    control=("isotropic", float(flat["tanh"][0, 1] - exact.mean())),
)
for activation, values in errors.items():
    gains = values[:, 0, 0, 1] - values[:, 0, 2, 1]
    lines = theory[activation][:, 0, 1] - theory[activation][:, 3, 1]
    claims.check(
        f"{activation}, penalty 0.3: gain of a step of 5 on digits",
        measured=over_seeds(gains - lines) + float(lines.mean()),
        predicted=float(lines.mean()),
        allowed=0.3 * float(lines.mean()),
        source="Inputs with structure",
        control=("isotropic", float(flat[activation][0, 1] - flat[activation][2, 1])),
    )
    record(**{f"gain_{activation}": over_seeds(gains)})
modes = theory["relu"][:, 2, 0]
claims.check(
    "ReLU, penalty 0.05, Gaussian rows: measured less the theory with modes, paired",
    measured=over_seeds(errors["relu"][:, 1, 0, 0] - modes),
    predicted=0.0,
    allowed=0.013,
    source="Real data, equation 3",
    control=("without modes", float((theory["relu"][:, 0, 0] - modes).mean())),
)

# %% [markdown]
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
