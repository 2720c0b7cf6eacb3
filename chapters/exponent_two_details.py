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
# # Appendix to Improvement: a teacher that one step should not see
#
# **What this page adds.**
# For a teacher of information exponent two a network of finite size gains something from one step.
# The gain comes from a weak spike of $He_2(\beta_\star^\top x)$, and it vanishes as $n$ grows.
#
# ```{strip}
# :level: as Improvement
# :needs: [Improvement](improvement), and the gradient of [Setup](setup)
# ```

# %% tags=["parameters"]
sizes = [250, 500, 1000]  # values of n, with d = n/4 and N = 3n/4 [>= 100]
frequency = 0.7  # the activation is sin(frequency z + phase) [> 0, <= 2]
phase = 0.785  # of it; an even part is needed [>= 0.1, <= 1.5]
noise_std = 0.5  # standard deviation of the label noise [>= 0]
ridge = 0.1  # ridge penalty [> 0]
alphas = [0.3, 0.4, 0.5]  # step exponents [>= 0, <= 0.5]
strength = 2.0  # factor of the squared components in the isolated check [> 1]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 16  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Geometry, Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.links import sine
from onestep.simulation import OneStep, network
from onestep.simulation.sample import Batch
from onestep.theory import any_step, limit_geometry

sizes, alphas = sorted(sizes), sorted(alphas)
draws = range(seed, seed + seeds)


def problem(n, *teacher):
    sigma = sine(frequency, phase)
    shape = {"n": n, "d": n // 4, "N": 3 * n // 4, "activation": sigma}
    return Problem(**shape, teacher=teacher, noise_std=noise_std)


def label_square(problem):
    return problem.target.second_moment + noise_std**2  # E y^2


quadratic = [problem(n, 0.0, 0.0, 1.0) for n in sizes]
cases = [*quadratic[:2], problem(sizes[1], 0.0, 0.0, 0.0, 0.5)]  # the last one is cubic


# %% [markdown]
# ## The puzzle
#
# The teacher is $He_2(\beta_\star^\top x)$.
# It has no linear part, so $c_{\star,1} = 0$: the direction $\beta$ of the step is pure noise, $\rho = 0$, and every stair of {prf:ref}`thm-imp-all` has height zero.
# All that a step should do is harm.
# It tilts the units along a random direction, which makes the random features a little worse.
#
# We take steps and measure the gain in test error, in units of $\mathbb E y^2$.
# On the same draws we take three more gradients.
#
# * *Without the teacher's component*: from the true gradient $G$ we remove $G\beta_\star\beta_\star^\top$, one direction out of $d$.
# * *Another direction*: the labels of the gradient batch come from another teacher direction.
# * *Permuted labels*: those labels are shuffled over the rows.

# %% tags=["hide-input"]
def gradients(step):
    """The true gradient of a draw and three controls, each (N, d)."""
    problem, batch, u = step.problem, step.gradient_batch, step.beta_star
    stream = np.random.default_rng([step.seed, 1])
    other = stream.standard_normal(problem.d)
    noise = noise_std * stream.standard_normal(problem.n)
    labels = {
        "another direction": problem.sigma_star(batch.X @ other / np.linalg.norm(other))
        + noise,
        "permuted labels": stream.permutation(batch.y),
    }
    controls = {
        name: network.gradient(problem, step.W0, step.a, Batch(batch.X, y)).matrix
        for name, y in labels.items()
    }
    removed = step.G - np.outer(step.G @ u, u)
    return {"true gradient": step.G, "component removed": removed} | controls


def gains(problem, seed):
    """Gain in test error over E y^2, (gradients, alphas)."""
    step = OneStep.draw(problem, seed, n_test=n_test)
    before = step.errors(ridge, 0.0)[1]
    after = [
        [
            step.with_gradient(G).errors(ridge, problem.step(alpha))[1]
            for alpha in alphas
        ]
        for G in gradients(step).values()
    ]
    return (before - np.array(after)) / label_square(problem)


names = "true gradient", "component removed", "another direction", "permuted labels"
measured = np.array([[gains(case, s) for s in draws] for case in cases])


def predicted_cost(problem):
    """The same in theory, for a direction that knows nothing of the teacher."""
    blind = Geometry(limit_geometry(problem).beta_norm, 0.0)
    etas = [0.0, *(problem.step(alpha) for alpha in alphas)]
    test = any_step.errors(problem, ridge, np.array(etas), blind)[1]
    return (test[0] - test[1:]) / label_square(problem)


costs = [predicted_cost(case) for case in cases]

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain in test error over $\\mathbb E y^2$ for the quadratic teacher. Line: theory for a direction that knows nothing of the teacher. Points: simulation, mean with standard errors, with the true gradient and with the teacher's component removed from it.", "name": "fig-imp-blind"}, "image": {"alt": "Two panels, for two sizes. The points without the teacher's component follow the falling line of theory. Those of the true gradient lie clearly above it."}}
side_by_side(
    [
        CurvePanel(
            r"gain in test error, over $\mathbb{E}y^2$",
            [
                Curve(names[1], (alphas, cost), (alphas, over_seeds(values[:, 1]))),
                Curve(names[0], None, (alphas, over_seeds(values[:, 0]))),
            ],
            title=f"n = {case.n}",
            legend="lower left",
        )
        for case, cost, values in zip(quadratic[:2], costs, measured, strict=False)
    ],
    r"$\alpha = \log\eta/\log n$",
    height=3.2,
)

# %% [markdown]
# In {numref}`fig-imp-blind` the network without the teacher's component behaves as theory says.
# With the true gradient it does better.
# So the puzzle sits in one direction out of $d$.

# %% tags=["remove-input"]
markdown_table(
    [
        (f"{case.n}", name, *over_seeds(values[:, k]))
        for case, values in zip(quadratic[:2], measured, strict=False)
        for k, name in enumerate(names)
    ],
    head=("$n$", "gradient", *(f"gain at $\\alpha$ = {alpha:g}" for alpha in alphas)),
)

# %% tags=["remove-input"]
curves = {
    f"n = {case.n}, {name}": (values[:, k], cost)
    for case, cost, values in zip(quadratic[:2], costs, measured, strict=False)
    for k, name in enumerate(names[1:], start=1)
} | {"A cubic teacher, the true gradient": (measured[2][:, 0], costs[2])}
for name, (values, cost) in curves.items():
    check_curve(
        f"{name}: what {len(alphas)} steps change is what theory says",
        values,
        cost,
        control=("a step that costs nothing", 0.0),
        source="Appendix to Improvement, the puzzle",
    )
for case, values in zip(quadratic[:2], measured[..., -2], strict=False):
    claims.check(
        f"n = {case.n}: the true gradient gains over the one without the teacher's component (last alpha but one)",
        measured=over_seeds(values[:, 0] - values[:, 1]),
        predicted=0.0,
        kind="more than",
        source="Appendix to Improvement, the puzzle",
        control=("another direction instead", np.mean(values[:, 2] - values[:, 1])),
    )


# %% [markdown]
# All three controls behave alike, and theory with $\rho = 0$ describes them.
# So the gain is neither a property of the step's size nor of the labels' distribution.
# It needs labels that *match* the teacher, and it acts through $\beta_\star$ only.
# A cubic teacher, of exponent three, shows no such gain: its step costs what theory says, with the true gradient.
#
# ## The cause
#
# Look at what the gradient does to the component of row $j$ along $\beta_\star$.
# Besides its tilt it contains
#
# ```{math}
# :label: eq-imp-structured
# 2c_2\,\eta a_j\; M w_j, \qquad M = \tfrac1n X^\top\operatorname{diag}(y)\,X .
# ```
#
# The matrix $M$ is the same for all units.
# For a quadratic teacher it points at $\beta_\star$: its mean is $2c_{\star,2}\,\beta_\star\beta_\star^\top$.
# Its fluctuations are of order $\sqrt{d/n}$ in every direction, and larger along $\beta_\star$, because $y$ and $x_\star$ are large on the same rows.
#
# *By hand.*
# Write $x_\star = \beta_\star^\top x$ and $e_j = 2c_2\eta a_j$, and let $b_j$ be the component of row $j$ along $\beta_\star$ after the step, its tilt subtracted.
# Before the step $d\,\mathbb E\, b_j^2 = 1$.
# After it
#
# ```{math}
# :label: eq-imp-growth
# \begin{aligned}
# d\;\mathbb E\,[b_j^2 \mid a_j] = A(a_j) = (1 + e_j m)^2 &+ e_j^2\,\tfrac dn\,\mathbb E\,y^2x_\star^2 \\
# &+ (\eta a_j)^2\,\tfrac dn\,\mathbb E\,y^2x_\star^2\,\big(\operatorname{Var}\sigma'(Z) - 4c_2^2\big),
# \end{aligned}
# ```
#
# with $m = \mathbb E\,y(x_\star^2 - 1) = 2c_{\star,2}$.
# The first term is the mean of $M$, the second its fluctuation, the third the noise of the gradient that units do not share.
#
# Why does a longer component help?
# Unit $j$ computes $\sigma(w_j^\top x)$, and its second-order term along $\beta_\star$ is $c_2\, b_j^2\, He_2(x_\star)$.
# Over rows and units that is an outer product: of the vector with entries $He_2(\beta_\star^\top x_i)$, which is exactly the teacher, and the vector with entries $b_j^2$.
# The squares are positive, so they add up coherently.
# This is a *spike*, and it is there before any step, with all $b_j^2 \approx 1/d$.
# Its right vector has the squared length
#
# ```{math}
# :label: eq-imp-weak
# \sum_j b_j^4 = \frac{3N}{d^2}\,\mathbb E A^2 ,
# ```
#
# so the spike is of order $\sqrt N/d$, which tends to zero.
# The step multiplies the square of its strength by $\mathbb E A^2$.

# %%
# (eq-imp-growth), for a purely quadratic teacher: E y^2 x_star^2 = 10 c^2 + noise^2
def growth(problem, eta, a):
    c, c2 = problem.target[2], problem.student[2]
    e = 2 * c2 * eta * a
    spread = problem.phi_gradient * (10 * c**2 + problem.noise_variance)
    shared, alone = e**2 * spread, (eta * a) ** 2 * spread
    rest = problem.student.slope_variance - 4 * c2**2
    return (1 + 2 * c * e) ** 2 + shared + alone * rest


# %% tags=["hide-input"]
def strengths(problem, seed, eta):
    """Means over units of A and of A^2: from the weights, and by (eq-imp-growth)."""
    step = OneStep.draw(problem, seed)
    b = (step.weights(eta) - eta * step.rank_one) @ step.beta_star
    grown, A = problem.d * b**2, growth(problem, eta, step.a)
    return np.mean([(grown, A), (grown**2 / 3, A**2)], axis=-1)


middle = alphas[-2]
grown = np.array(
    [[strengths(case, s, case.step(middle)) for s in draws] for case in quadratic]
)
seen, expected = over_seeds(grown[:, :, 1, 0], axis=1), grown[..., 1].mean(axis=1)

# %% tags=["remove-input"]
for k, case in enumerate(quadratic):
    claims.check(
        f"n = {case.n}: by how much a step multiplies the squared components along the teacher",
        measured=over_seeds(grown[k, :, 0, 0] - grown[k, :, 0, 1]) + expected[k, 0],
        predicted=expected[k, 0],
        source="Appendix to Improvement, growth of the components",
        control=("a step that leaves them as they are", 1.0),
    )

# %% tags=["remove-cell"]
glue(middle=middle, seen=seen[-1], expected=expected[-1, 1], mean=expected[-1, 0])


# %% [markdown]
# The claims are about $\mathbb E A$, which at $\alpha$ = {glue:text}`middle:.1f` and the largest size is {glue:text}`mean:.2f`.
# The factor $\mathbb E A^2$ of the spike is larger, because a few units grow most: {glue:text}`seen:.1f` ± {glue:text}`seen_standard_error:.1f`, and {glue:text}`expected:.1f` by {eq}`eq-imp-growth`.
#
# ## The weak spike alone
#
# Is this spike enough to lower the error?
# We test it without any gradient: multiply the component $\beta_\star^\top w_j$ of every untrained row by $\sqrt A$, the same factor for all units.
# Nothing else changes.

# %% tags=["hide-input"]
def isolated(problem, seed):
    """Gain over E y^2 of stretched components along beta_star, and of another direction."""
    step = OneStep.draw(problem, seed, n_test=n_test)
    u = step.beta_star
    other = np.random.default_rng([step.seed, 2]).standard_normal(problem.d)
    other -= (other @ u) * u
    other /= np.linalg.norm(other)
    found = [step.errors(ridge, 0.0)[1]]
    for v in (u, other):
        stretched = step.with_gradient(np.outer(step.W0 @ v, v))
        found.append(stretched.errors(ridge, np.sqrt(strength) - 1)[1])
    return (found[0] - np.array(found[1:])) / label_square(problem)


alone = np.array([[isolated(case, s) for s in draws] for case in quadratic])
weak, elsewhere = (over_seeds(alone[..., k], axis=1) for k in (0, 1))
excess = over_seeds(measured[:2, :, 0] - measured[:2, :, 1], axis=1)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Gain of the weak spike alone, when every squared component along $\\beta_\\star$ is multiplied, and along another direction. Mean with standard errors.", "name": "fig-imp-weak"}, "image": {"alt": "Gain against n on a logarithmic axis. The gain along the teacher's direction is large and falls with n. Along another direction it is zero."}}
side_by_side(
    [
        CurvePanel(
            r"gain in test error, over $\mathbb{E}y^2$",
            [
                Curve("along the teacher", None, (sizes, weak)),
                Curve("along another direction", None, (sizes, elsewhere)),
            ],
        )
    ],
    "$n$",
    xscale="log",
    columns=1,
    height=3.0,
)

# %% tags=["remove-input"]
for k, case in enumerate(quadratic):
    claims.check(
        f"n = {case.n}: longer components along the teacher lower the test error",
        measured=over_seeds(alone[k, :, 0]),
        predicted=0.0,
        kind="more than",
        source="Appendix to Improvement, the weak spike alone",
        control=("another direction", float(elsewhere.mean[k])),
    )
times = sizes[-1] / sizes[0]
claims.check(
    f"The gain of the weak spike falls faster than n^(-1/2), from n = {sizes[0]} to {sizes[-1]}",
    measured=over_seeds(alone[0, :, 0] / np.sqrt(times) - alone[-1, :, 0]),
    predicted=0.0,
    kind="more than",
    source="Appendix to Improvement, the weak spike alone",
    control=("a gain that stays", float(weak.mean[0] * (1 / np.sqrt(times) - 1))),
)

# %% tags=["remove-cell"]
glue(power=np.polyfit(np.log(sizes), np.log(weak.mean), 1)[0], times=strength)
record(weak_spike=weak, with_the_step=excess[1], strength_of_the_spike=seen)

# %% [markdown]
# With all squared components multiplied by {glue:text}`times:g` the gain falls like $n$ to the power {glue:text}`power:.2f` ({numref}`fig-imp-weak`).
# The power counting says $-1$: the spike's squared strength is $\frac{3N}{d^2}\,\mathbb E A^2$, of order $1/n$ in the proportional limit, and a weak spike lowers the error in proportion to it.
# The same stretch along another direction does nothing.
#
# ## What is explained, and what is not
#
# * *Cause*: one direction out of $d$ carries the gain, and it needs matching labels.
#   Established by the controls.
# * *Mechanism*: the components along $\beta_\star$ grow by {eq}`eq-imp-growth`, and longer components alone lower the error.
#   Both are measured without each other.
# * *Order*: $\sqrt N/d$ for the spike and $1/n$ for the gain at a fixed $\mathbb E A^2$.
#   So {prf:ref}`thm-imp-all` is right in the limit: every stair has height zero.
# * *Not explained*: the size of the gain after a real step, to a few percent.
#   Power counting leaves corrections of relative order $n^{-1/2}$, which are large at these sizes: at $\alpha = \frac12$ some units have an $A(a_j)$ of ten and more, and their spike is not weak.
#   The mean of the $b_j^2$ is also common to all directions, so the coherent part of the spike carries the length of $x$ with it.
#
# No theory of this book contains the weak spike, because it tends to zero.
# The theory with structured noise of [From lazy to maximal](lazy_to_maximal) contains the matrix $M$, but only its effect on linear functions of $x$.
#
# ## Claims of this page

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
