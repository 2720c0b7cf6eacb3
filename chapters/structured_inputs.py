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
# # Inputs with structure
#
# **The result of this chapter.**
# When some directions of the input vary more than others, the formulas of this book stay, and one number in them becomes one number for every direction; theory that ignores this is wrong by a quarter.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: the equations for [errors](errors), and those for [every step size](lazy_to_maximal)
# ```

# %% tags=["parameters"]
n = 600  # rows of each batch [>= 200]
d = 384  # dimension of an input [>= 128]
N = 528  # hidden units [>= 100]
ridge = 0.1  # penalty of the second layer [> 0]
seeds = 14  # draws that are averaged [>= 6]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.inputs import Covariance
from onestep.simulation import OneStep, network, sample
from onestep.simulation.experiment import measured_geometry
from onestep.theory import any_step, limit_geometry
from onestep.theory.resolvent import density, traces

draws = range(seed, seed + seeds)
etas = np.array([0.0, 2.0, 4.0])

# %% tags=["hide-input"]
first, last = 0.8 / 16, 0.2 / 48
spectra = {
    "two levels": Covariance((2.8, 0.4), (0.25, 0.75), (0.6, 0.4)),
    "power law": Covariance.power_law(
        0.6, 64, tuple(np.repeat([first, last], [16, 48]))
    ),
}
students = {"tanh": "tanh", "polynomial": (0, 1, 0.5, 0.2)}


def plain(problem):
    """The same problem with isotropic inputs: the negative control."""
    return replace(problem, inputs=None)


problems, errors, steps = {}, {}, {}
for key in ((s, i) for s in students for i in spectra):
    problem = Problem(n, d, N, students[key[0]], (0, 1, 0.5), inputs=spectra[key[1]])
    steps[key] = [OneStep.draw(problem, s, n_test=3000) for s in draws]
    errors[key] = over_seeds([[s.errors(ridge, e) for e in etas] for s in steps[key]])
    problems[key] = problem

# %% tags=["hide-input"]
eta = etas[-1]
shown = problems["tanh", "two levels"]
before = [step.spectrum(0.0) for step in steps["tanh", "two levels"]]
after = [step.spectrum(eta) for step in steps["tanh", "two levels"]]
places = [outlier.position for outlier in any_step.outliers(shown, eta)]
flat_places = [outlier.position for outlier in any_step.outliers(plain(shown), eta)]
relative = [
    values[-1] / any_step.outliers(shown, eta, step.geometry)[-1].position
    for values, step in zip(after, steps["tanh", "two levels"], strict=True)
]

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-structured-spectrum", "caption": "Squared singular values of the features of inputs with two variances, before and after the step. Bars are simulated, lines are theory."}, "image": {"alt": "Two histograms with two humps each, one for each variance of the inputs, and the predicted density on top. After the step one value stands far to the right."}}
x = np.geomspace(3e-4, 1.3 * places[-1], 300)
picture(
    Spectrum.of(before, (x, density(shown, x)), order=n, title="before the step"),
    Spectrum.of(
        after,
        (x, any_step.density(shown, x, eta)),
        order=n,
        outliers=places,
        title="after the step",
    ),
)


# %% [markdown]
# ## What changes, in words
#
# Until now every direction of the input had variance one.
# Real inputs are not like this: a few directions carry most of the variance.
# Let $x \sim \mathcal N(0, \Sigma)$, and let $\Sigma_1, \dots, \Sigma_d$ be the eigenvalues of $\Sigma$, with mean one.
# The rows of $W_0$ have no preference among directions, so only the $\Sigma_i$ matter, and how much of the teacher lies along each of them.
#
# Three things happen.
# *The step prefers strong directions.*
# It goes along $\beta = X^\top y/n$, whose mean is proportional to $\Sigma\beta_\star$: every direction of the teacher counts in proportion to its variance.
# *The fit prefers them, too.*
# Random features see a strong direction well and a weak one badly, as ridge regression does.
# *The noise of the gradient is not isotropic.*
# It has the covariance $\Sigma$, like the inputs.
#
# Weak directions lose twice, once in the step and once in the fit.
# This is good news where the teacher lies in the strong ones, and bad news elsewhere.
#
# ## By hand: two levels
#
# A quarter of the directions has $\Sigma_i = 2.8$, the others have $\Sigma_i = 0.4$.
# Of the squared length of $\beta_\star$, 0.6 lies in the strong quarter.
# What counts is the variance of $\beta_\star^\top x$, of which the strong quarter has
#
# ```{math}
# \omega = \frac{0.6 \cdot 2.8}{0.6 \cdot 2.8 + 0.4 \cdot 0.4} = 0.91 .
# ```
#
# Take many rows, so that the noise is gone.
# Then $\beta \propto \Sigma\beta_\star$, and the correlation between $\beta^\top x$ and $\beta_\star^\top x$ is
#
# ```{math}
# \rho = \frac{\omega \cdot 2.8 + (1-\omega) \cdot 0.4}{\sqrt{\omega \cdot 2.8^2 + (1-\omega) \cdot 0.4^2}} = 0.97 .
# ```
#
# Even a perfect gradient has not the teacher's direction.
# With isotropic inputs it would have.
# With few rows it is the other way round: the strong quarter also has most of the signal, which stands out of the noise, and $\rho$ is above its isotropic value.
#
# ## Statement
#
# Write $\omega_i = \beta_{\star,i}^2 \Sigma_i / \sum_j \beta_{\star,j}^2 \Sigma_j$ for the share of direction $i$ in the variance of $\beta_\star^\top x$, and scale the teacher so that this variance is one.
# The labels then have the same law as before.
# Let $\langle\cdot\rangle$ be the mean over directions, $E_2 = c_\star^2 + \sigma_\varepsilon^2$, and $\phi_{\rm grad} = d/n_{\rm grad}$.
#
# ````{prf:proposition} Anisotropic inputs (ours)
# :label: prop-structured
#
# *Direction.*
# The standard deviation $\lVert\beta\rVert_\Sigma = (\beta^\top\Sigma\beta)^{1/2}$ of $\beta^\top x$, and the correlation $\rho$ of $\beta^\top x$ with $\beta_\star^\top x$, converge to
#
# ```{math}
# :label: eq-structured-direction
# \lVert\beta\rVert_\Sigma^2 = c_{\star,1}^2 \sum_i \omega_i \Sigma_i^2 + \phi_{\rm grad} E_2 \langle \Sigma^2\rangle, \qquad \rho = \frac{c_{\star,1}}{\lVert\beta\rVert_\Sigma} \sum_i \omega_i \Sigma_i .
# ```
#
# *Bulk.*
# With $u = q\,m_1$ and $R_i = \phi/(\phi + c_1^2 u\, \Sigma_i)$, the degrees of freedom of a row are
#
# ```{math}
# :label: eq-structured-freedom
# e(u) = c_>^2 u + \phi\,\langle 1 - R\rangle ,
# ```
#
# and $\lambda m_1 = 1 - e$, $q = \phi/\psi - e$, $\lambda u = (1 - e)(\phi/\psi - e)$ as before.
#
# *Spikes and errors.*
# The formulas of [Many spikes](many_spikes) and [Errors](errors) hold with $\lVert\beta\rVert_\Sigma$ in place of $\lVert\beta\rVert$ and $t = \beta^\top x/\lVert\beta\rVert_\Sigma$, with $\kappa = \phi_{\rm grad}E_2\langle \Sigma^2\rangle \operatorname{Var}\sigma'(Z)/(c_1 \lVert\beta\rVert_\Sigma)^2$ for centred labels, and with the number $m_2/m_1$ replaced by
#
# ```{math}
# :label: eq-structured-left
# \begin{aligned}
# R_{\beta\beta} &= \frac{c_{\star,1}^2 \sum_i \omega_i \Sigma_i^2 R_i + \phi_{\rm grad}E_2\langle \Sigma^2R\rangle}{\lVert\beta\rVert_\Sigma^2}, \\
# R_{\beta\star} &= \frac{c_{\star,1}}{\lVert\beta\rVert_\Sigma}\sum_i \omega_i \Sigma_i R_i, \qquad R_{\star\star} = \sum_i \omega_i R_i .
# \end{aligned}
# ```
# ````
#
# $R_i$ is the part of direction $i$ that the fit leaves over.
# The isotropic theory has one such number.
# Here every direction has its own, and the three means in {eq}`eq-structured-left` say how much is left of the step, of the teacher, and of what they have in common.
# The test error follows from the training error by leave-one-out, as in [Errors](errors).
#
# ````{dropdown} Where it comes from
# Write $x = \Sigma^{1/2}z$ with $z \sim \mathcal N(0, I)$.
# In these coordinates teacher and step are the vectors $\Sigma^{1/2}\beta_\star$, of length one, and $\Sigma^{1/2}\beta$, of length $\lVert\beta\rVert_\Sigma$.
# The step's direction is
#
# $$\beta = c_{\star,1}\,\Sigma\beta_\star + \Big(\frac{E_2}{n_{\rm grad}}\Big)^{1/2} \Sigma^{1/2} g ,$$
#
# with $g$ standard normal, up to terms that vanish.
# Its squared length in the coordinates of $z$ is $\beta^\top\Sigma\beta$, and $\Sigma$ acts as a cube on the signal and as a square on the noise: this is {eq}`eq-structured-direction`, since $\beta_\star^\top\Sigma^3\beta_\star = \sum\omega_i \Sigma_i^2$.
#
# A unit sees $w_j^\top x$ of variance $w_j^\top\Sigma w_j \to \langle \Sigma\rangle = 1$, so that the Hermite coefficients of $\sigma$ stay as they are, and $F_0 \approx c_1 z\,\Sigma^{1/2}W_0^\top + c_> Z$ with independent $Z$.
# Given $W_0$, the mean over the rows of $z$ is that of linear regression with the covariance $c_1^2\Sigma^{1/2}W_0^\top W_0\Sigma^{1/2}$; given $z$, the rows of $W_0$ enter in the same way.
# Solving both for one direction at a time leaves $R_i$ along direction $i$, {eq}`eq-structured-freedom`, which is how ridge regression treats inputs of covariance $\Sigma$ {cite}`DobribanWager2018`.
#
# The spikes are functions of $t$, as before.
# Only their linear parts meet the bulk's linear part.
# That part is seen through the resolvent along $\Sigma^{1/2}\beta$ and $\Sigma^{1/2}\beta_\star$, and this gives {eq}`eq-structured-left`.
# The gradient's noise has rows of squared length proportional to $\langle \Sigma\rangle = 1$, and its preactivations have variance proportional to $\langle \Sigma^2\rangle$, hence $\kappa$.
# This is a derivation, and not a proof.
# ````

# %%
def direction(problem):
    """The standard deviation of the step, and rho: equation 1."""
    levels, first = problem.levels, problem.target[1]
    labels = problem.target.second_moment + problem.noise_variance
    v, omega = levels.values, levels.signal
    signal = first**2 * (omega @ v**2)
    deviation = np.sqrt(signal + problem.phi_gradient * labels * (levels.share @ v**2))
    return deviation, first * (omega @ v) / deviation


# %%
def freedom(problem, u):
    """e(u), equation 2."""
    levels, c = problem.levels, problem.student
    left = problem.phi / (problem.phi + c[1] ** 2 * u * levels.values)
    return c.nonlinear_variance * u + problem.phi * (levels.share @ (1 - left))


# %% [markdown]
# The library takes a covariance as a part of the problem, and all its functions then use it:

# %%
# equations 1 to 3; any step size
structured = Problem(n, d, N, inputs=Covariance((2.8, 0.4), (0.25, 0.75), (0.6, 0.4)))
train_law, test_law = any_step.errors(structured, ridge, etas)

# %% [markdown]
# ## Experiment: direction, bulk, outlier
#
# Two spectra: the two levels of above, and a power law $\Sigma_i \propto (i/d)^{-0.6}$ whose first quarter holds four fifths of the teacher.
# We compare with the isotropic law every time.
# It is the theory of somebody who normalises the inputs and forgets their covariance.

# %% tags=["hide-input"]
rows = 4 * n  # more than elsewhere: nothing but X'y is needed


def directions(inputs):
    """Equation 1, measured on many gradient batches."""
    problem = Problem(20, 4 * d, 20, n_gradient=rows, inputs=inputs)
    found = []
    for s in draws:
        batch = sample.batch(problem, s, "gradient", rows)
        beta, teacher = (
            network.direction(batch.X, batch.y),
            sample.teacher_direction(problem, s),
        )
        a = sample.readout(problem, s)
        seen = measured_geometry(beta, a, teacher, batch.X[:20], problem.levels)
        found.append((seen.beta_norm, seen.cosine))
    flat = limit_geometry(plain(problem))
    return over_seeds(found), direction(problem), (flat.beta_norm, flat.cosine)


found = {name: directions(inputs) for name, inputs in spectra.items()}
inverse = {
    name: over_seeds(
        [
            np.mean(1 / (s.spectrum(0.0) + ridge)) * min(n, N) / n
            for s in steps["tanh", name]
        ]
    )
    + max(n - N, 0) / n / ridge
    for name in spectra
}

# %% tags=["remove-input"]
for name, (measured, predicted, control) in found.items():
    for k, what in enumerate(("standard deviation of the step", "correlation rho")):
        claims.check(
            f"{name}: {what}",
            measured=measured[k],
            predicted=float(predicted[k]),
            source="this page, equation 1",
            control=("isotropic inputs", control[k]),
        )
for name, measured in inverse.items():
    problem = problems["tanh", name]
    law = traces(problem, ridge)
    claims.check(
        f"{name}: the trace m1 before the step",
        measured=measured,
        predicted=float(law.m1),
        source="this page, equation 2",
        control=("isotropic inputs", float(traces(plain(problem), ridge).m1)),
    )
    claims.check(
        f"{name}: ridge m1 + e(q m1)",
        measured=float(ridge * law.m1 + freedom(problem, law.q * law.m1)),
        predicted=1.0,
        tolerance=1e-10,
        source="this page, equation 2",
        control=("one number for all", float(ridge * law.m1 + freedom(problem, 0.0))),
    )
claims.check(
    "The outlier over its predicted place",
    measured=over_seeds(relative),
    predicted=1.0,
    allowed=0.02,
    source="this page, equation 3",
    control=("isotropic inputs", flat_places[-1] / places[-1]),
)

# %% tags=["remove-input"]
markdown_table(
    [
        (f"{name}: {what}", float(predicted[k]), measured[k], control[k])
        for name, (measured, predicted, control) in found.items()
        for k, what in enumerate((r"$\lVert\beta\rVert_\Sigma$", r"$\rho$"))
    ],
    head=("Direction", "predicted", "measured", "isotropic law"),
    number=".3f",
)

# %% [markdown]
# The bulk in {numref}`fig-structured-spectrum` has two humps, one for each variance.
# After the step its outlier stands at {glue:text}`place:.1f`, where the isotropic law expects {glue:text}`flat:.1f`.
# The reason is $\lVert\beta\rVert_\Sigma$: the tilts $s_j = \eta\, c_1 \lVert\beta\rVert_\Sigma\, a_j$ are twice as large as with isotropic inputs, for the same step size.
# So a step size means little as long as the inputs' covariance is not stated; the tilt is what counts.

# %% tags=["remove-cell"]
glue(place=places[-1], flat=flat_places[-1])
record(outlier=over_seeds(relative), **{f"m1_{k[:3]}": v for k, v in inverse.items()})

# %% [markdown]
# ## Experiment: errors

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-structured-errors", "caption": "Test error against the step size for two spectra of the inputs. Points are simulated, lines are theory. The third line is the isotropic law."}, "image": {"alt": "Two panels, tanh and a polynomial. In each the points of both spectra lie on their lines, and the isotropic line is far above."}}
fine = np.linspace(0, etas[-1], 21)
panels = []
for student in students:
    curves = [
        Curve(
            name,
            (fine, any_step.errors(problems[student, name], ridge, fine)[1]),
            (etas, errors[student, name][:, 1]),
        )
        for name in spectra
    ]
    flat = plain(problems[student, "two levels"])
    curves.append(Curve("isotropic law", (fine, any_step.errors(flat, ridge, fine)[1])))
    panels.append(CurvePanel("test error", curves, title=student))
side_by_side(panels, r"step $\eta$")

# %% tags=["remove-input"]
table = []
for (student, name), problem in problems.items():
    law = np.transpose(any_step.errors(problem, ridge, etas))
    wrong = np.transpose(any_step.errors(plain(problem), ridge, etas))
    for k, which, what in ((0, 1, "test"), (1, 1, "test"), (2, 0, "training")):
        seen = errors[student, name][k, which]
        case = f"{student}, {name}, step {etas[k]:g}: {what} error"
        table.append((case, float(law[k, which]), seen, float(wrong[k, which])))
        if what == "test" or student == "polynomial":
            claims.check(
                case,
                measured=seen,
                predicted=float(law[k, which]),
                allowed=0.02 * float(law[k, which]),
                source="this page, equation 3",
                control=("isotropic inputs", float(wrong[k, which])),
            )

# %% tags=["remove-input"]
markdown_table(
    table, head=("Case", "predicted", "measured", "isotropic law"), number=".3f"
)

# %% [markdown]
# {numref}`fig-structured-errors` shows both spectra *below* the isotropic law.
# Our teachers lie where the inputs vary most, and structure helps them.
# We allow two per cent for the finite size, beside the error of the mean.
# Both spectra and all steps of one panel share their random numbers, so that points may lie on the same side of their lines.
# With *tanh* a training error at these sizes tells the two laws apart less well than the test error, and the table has it without a claim.
#
# The gain of the step is another matter.
# The polynomial profits from the step at first and loses after: its error is lowest near a step of two.
# With the power law the step is too large sooner, since $\lVert\beta\rVert_\Sigma$ is larger.
#
# ## Where it breaks
#
# *Few strong directions.*
# The law counts on $w_j^\top\Sigma w_j \to 1$ for all units and on a number of rows far below the square of $d$.
# What matters here is the *effective* dimension $d/\langle \Sigma^2\rangle$.
# When it is small, $n$ rows resolve functions that are quadratic in the strong directions, and an activation with $c_2 \ne 0$ learns them without any step.
# Below we let the power fall faster: for ReLU the test error drops below the law; tanh, which has $c_2 = 0$, stays nearer to it.

# %% tags=["hide-input"]
parts = {}
for activation in ("relu", "tanh"):
    problem = Problem(n, d, N, activation, inputs=Covariance.power_law(0.9, 64))
    law = any_step.errors(problem, ridge, 0.0)[1]
    drawn = [OneStep.draw(problem, s, n_test=3000) for s in draws]
    parts[activation] = np.array([s.errors(ridge, 0.0)[1] / law for s in drawn])
parts["tanh - relu"] = parts["tanh"] - parts["relu"]
steep = {name: over_seeds(values) for name, values in parts.items()}
size = d / problem.levels.second

# %% tags=["remove-input"]
claims.check(
    "ReLU on a steep power law: test error over the law",
    measured=steep["relu"],
    predicted=1.0,
    kind="less than",
    source="this page",
    control=("the law", 1.0),
)
claims.check(
    "Steep power law: what tanh has of its predicted error, less what ReLU has",
    measured=steep["tanh - relu"],
    predicted=0.0,
    kind="more than",
    source="this page",
    control=("the same part", 0.0),
)

# %% tags=["remove-cell"]
glue(relu=steep["relu"], tanh=steep["tanh"], size=float(size))
record(relu=steep["relu"], tanh=steep["tanh"])

# %% [markdown]
# At an effective dimension of {glue:text}`size:.0f` ReLU has {glue:text}`relu:.3f` ± {glue:text}`relu_standard_error:.3f` of the predicted error, and tanh {glue:text}`tanh:.3f` ± {glue:text}`tanh_standard_error:.3f`.
# Handwritten digits have an effective dimension of 22.
#
# *Steps of the order of $\sqrt n$* need the equations for every step size; our figures use them.
# Only isotropic noise of the gradient is derived for a covariance, not structured noise.
#
# *Inputs that are not Gaussian* have third and higher moments of their own.
#
# ```{admonition} Recap
# :class: recap
# * The step goes along $\Sigma\beta_\star$ plus noise of covariance $\Sigma$, {eq}`eq-structured-direction`.
# * The fit leaves the part $R_i$ of direction $i$; the degrees of freedom are {eq}`eq-structured-freedom`.
# * Everything else keeps its form, with three means of $R$ in place of one number, {eq}`eq-structured-left`.
# * The same step size means a larger tilt: $\lVert\beta\rVert_\Sigma$ grows with the spread of the variances.
# * The law needs a large effective dimension $d/\langle \Sigma^2\rangle$.
# ```
#
# ## Exercises
#
# ````{exercise-start} The identity (warm-up)
# :label: ex-structured-identity
# ````
#
# Put all $\Sigma_i = 1$ into {eq}`eq-structured-direction` and {eq}`eq-structured-left`.
# What comes out?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-identity
# :class: dropdown
# ````
#
# $\lVert\beta\rVert_\Sigma^2 = c_{\star,1}^2 + \phi_{\rm grad}E_2 = \lVert\beta\rVert^2$ and $\rho = c_{\star,1}/\lVert\beta\rVert$, as in [Setup](setup).
# All $R_i$ are the same number $R$, so $R_{\beta\beta} = R_{\star\star} = R$ and $R_{\beta\star} = \rho R$.
# The number is $m_2/m_1$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Effective dimension (warm-up)
# :label: ex-structured-dimension
# ````
#
# One tenth of the directions has $\Sigma_i = 10 - 9\epsilon$, the others have $\Sigma_i = \epsilon$.
# What is the effective dimension for small $\epsilon$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-dimension
# :class: dropdown
# ````
#
# $\langle \Sigma\rangle = 1 - 0.9\epsilon + 0.9\epsilon = 1$, as it must be.
# $\langle \Sigma^2\rangle \to 10$, and $d/\langle \Sigma^2\rangle \to d/10$: the number of strong directions.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A perfect gradient
# :label: ex-structured-perfect
# ````
#
# Show that without noise, $\phi_{\rm grad} \to 0$, $\rho \le 1$, with equality only if all directions that the teacher uses have the same variance.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-perfect
# :class: dropdown
# ````
#
# $\rho = \sum\omega_i \Sigma_i/(\sum\omega_i \Sigma_i^2)^{1/2}$.
# The $\omega_i$ are a probability, so that this is Jensen's inequality, with equality only if $\Sigma_i$ is constant where $\omega_i > 0$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} When the covariance helps the direction
# :label: ex-structured-helps
# ````
#
# Let the teacher have no preference, $\beta_{\star,i}^2 = 1/d$.
# Compare $\rho^2$ with its isotropic value when the noise is large.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-helps
# :class: dropdown
# ````
#
# Then $\omega_i = \Sigma_i/d$, $\sum\omega_i \Sigma_i = \langle \Sigma^2\rangle$.
# For large noise $\rho^2 \approx c_{\star,1}^2\langle \Sigma^2\rangle^2/(\phi_{\rm grad}E_2\langle \Sigma^2\rangle)$, which is $\langle \Sigma^2\rangle \ge 1$ times the isotropic value.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Whitening
# :label: ex-structured-white
# ````
#
# Somebody divides every coordinate by its standard deviation before training.
# When does this help the untrained network, and when does it hurt?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-white
# :class: dropdown
# ````
#
# The inputs are then isotropic, and the law of the labels stays.
# By $R_{\star\star} = \sum\omega_iR_i$ the covariance helps if the teacher's variance lies in directions with small $R_i$, those with large $\Sigma_i$.
# A teacher in the weak directions gains from whitening.
# {numref}`fig-structured-errors` has the first case.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Noise with structure (open)
# :label: ex-structured-open
# ````
#
# The gradient also contains $2c_2a_j A w_j$ with $A = X^\top\operatorname{diag}(y)X/n$.
# For isotropic inputs [From lazy to maximal](lazy_to_maximal) keeps it.
# What is its law for $x \sim \mathcal N(0,\Sigma)$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-structured-open
# :class: dropdown
# ````
#
# The mean of $A$ is $c_{\star,0}\Sigma + 2c_{\star,2}\,\Sigma\beta_\star\beta_\star^\top\Sigma$, which turns a row towards the strong directions.
# Its random part has the covariance of a Wishart matrix with weights $y_i$ and is no longer free of $\Sigma$.
# We do not have the law of the errors.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
