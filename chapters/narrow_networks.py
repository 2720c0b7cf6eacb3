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
# # Narrow networks, and features that stand an attack
#
# **The result of this chapter.**
# One gradient step finds a direction less well than a neuron that is trained to the end, because it does not subtract its own interference; and the direction is also the right place to look for a function that stands an adversary.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Setup](setup) with the cosine $\rho$ of the step
# ```

# %% tags=["parameters"]
d = 400  # dimension of an input [>= 100]
seeds = 16  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison, level
from onestep.simulation import sample
from onestep.simulation.neighbours import narrow_networks as draws
from onestep.simulation.sample import Batch
from onestep.theory import limit_geometry
from onestep.theory.neighbours import alignment
from onestep.theory.neighbours import narrow_networks as law


def of_ratio(phi, dim=d, **teacher):
    """The problem with d/n = phi."""
    return Problem(n=int(dim / phi), d=dim, N=10, **teacher)


def averaged(place, measure):
    """Average of `measure(seed)` over seeds that no other place of the page uses."""
    first = seed + 1000 * place
    return over_seeds([measure(s) for s in range(first, first + seeds)])


def batches(problem, s, **rows):
    """The named batches of a draw, and the teacher's direction."""
    found = [sample.batch(problem, s, *given) for given in rows.items()]
    return *found, sample.teacher_direction(problem, s)


TEACHER = {"teacher": (0, 1, 0.5), "noise_std": 0.5}
problem = of_ratio(0.5, **TEACHER)

# %% tags=["hide-input"]
penalties = (0.03, 0.3, 3.0, 100.0)
mu = np.geomspace(0.01, 300, 60)


def overlaps(problem, s, fits):
    """M, Q and the cosine of each fit (penalty, loss), one after the other."""
    batch, truth = batches(problem, s, ridge=problem.n)
    found = [draws.fit(batch, *given) for given in fits]
    M, Q = np.transpose([[truth @ fit, fit @ fit] for fit in found])
    return np.transpose([M, Q, M / np.sqrt(Q)])


fits = [(p, "square") for p in penalties] + [(p, "huber") for p in penalties]
drawn = averaged(0, lambda s: overlaps(problem, s, fits))
ridge_line = [law.square(problem, m).cosine for m in mu]
huber_line = [law.huber(problem, m).cosine for m in mu]
rho = limit_geometry(problem).cosine

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-narrow-penalty", "caption": "Cosine with the teacher of a neuron that is trained to the end, against its penalty, two rows per dimension. Lines are theory, points are simulated; the level is the gradient step."}, "image": {"alt": "Two curves with a flat top near a penalty of one third. For large penalties both fall. Ridge regression falls to the level of the gradient step."}}
comparison(
    [
        Curve("ridge", (mu, ridge_line), (penalties, drawn[:4, 2])),
        Curve("Huber", (mu, huber_line), (penalties, drawn[4:, 2])),
        Curve("gradient step", level(mu, rho)),
    ],
    xlabel=r"penalty $\mu$",
    ylabel="cosine with the teacher",
    xscale="log",
)

# %% [markdown]
# ## One neuron, trained to the end
#
# One step moves every unit along one direction, $\beta = X^\top y/n$.
# How good would that direction be if we did not stop after a step?
# Take the narrowest network, one linear neuron, and train it to the end with a loss $L$ and a penalty:
#
# ```{math}
# :label: eq-narrow-fit
# \hat\beta = \operatorname*{arg\,min}_\beta\; \frac1n\sum_i L(y_i, \beta^\top x_i) + \frac\mu2\lVert\beta\rVert^2 .
# ```
#
# {cite:t}`Cui2025` treats many such fits at once: few units, inputs of one or several tokens, any convex loss.
# A few numbers describe all of them.
# Here these are
#
# $$
# M = \beta_\star^\top\hat\beta, \qquad Q = \lVert\hat\beta\rVert^2, \qquad \cos(\hat\beta, \beta_\star) = M/\sqrt Q .
# $$
#
# ## By hand: the step is ridge at an infinite penalty
#
# For the square loss the fit is $\hat\beta = (X^\top X/n + \mu)^{-1}X^\top y/n$.
# A huge penalty drowns $X^\top X/n$, and $\hat\beta \approx \frac1\mu X^\top y/n$: the direction of the gradient step.
# So everything on this page contains the step, as the right end of {numref}`fig-narrow-penalty`.
#
# Its cosine is $\rho$, with $\rho^2 = c_{\star,1}^2/(c_{\star,1}^2 + \phi\,\mathbb E\,y^2)$.
# The noise $\phi\,\mathbb E\,y^2$ contains the label's *own signal*: row $i$ of the sum adds $y_ix_i$, and its part away from $\beta_\star$ is as large as the whole label, signal included.
# A fit that knows the signal can subtract it.
#
# ## What describes the fit
#
# ````{prf:result} State evolution of one neuron (in the form derived here)
# :label: res-narrow-evolution
#
# Let $\omega \sim \mathcal N(0, Q)$ have the covariance $M$ with $z = \beta_\star^\top x$: it is what the fit without a row predicts for this row.
# With the row, the prediction is $p = \omega + Vg$ with $g = -L'(y, p)$.
# In the proportional limit, with $\phi = d/n$,
#
# ```{math}
# :label: eq-narrow-evolution
# \begin{gathered}
# V = \frac{\phi}{\mu + H}, \qquad H = \mathbb E\,\frac{L''(p)}{1 + V L''(p)}, \\
# M = \frac{\mathbb E[z\,g]}{\mu}, \qquad Q = M^2 + \frac{\phi\,\mathbb E\,g^2}{(\mu + H)^2} .
# \end{gathered}
# ```
# ````
#
# ````{dropdown} Where it comes from
# Add row $i$ to a fit of the others.
# The fit moves by $\frac1n(\text{curvature})^{-1}x_i g_i$, so the prediction of row $i$ moves by $V g_i$, with $V$ the normalised trace of the inverse curvature.
# The curvature is $\mu$ plus $\frac1n\sum L''_i x_ix_i^\top$, and each row counts as $L''/(1 + VL'')$, since it is weakened by itself: hence $H$ and $V$.
# The gradient vanishes at the minimum, $\mu\hat\beta = \frac1n\sum g_ix_i$.
# Its product with $\beta_\star$ is the equation for $M$.
# Away from $\beta_\star$, $(\mu + H)\hat\beta_\perp$ is a sum of independent terms $\frac1n g_i x_{i\perp}$, of variance $\frac1n\mathbb E\,g^2$ in each of $d$ directions.
# This is a derivation and not a proof.
# ````
#
# For the square loss all of this is closed.
# The best penalty is $\mu = \phi\,s/c_{\star,1}^2$ with $s = \mathbb E\,y^2 - c_{\star,1}^2$, and its squared cosine $r$ solves
#
# ```{math}
# :label: eq-narrow-best
# r = \frac{1}{1 + \phi\,(s/c_{\star,1}^2 + 1 - r)}, \qquad
# \rho^2 = \frac{1}{1 + \phi\,(s/c_{\star,1}^2 + 1)} .
# ```
#
# The step has $1$ where the best ridge has $1 - r$: the interference of the signal with itself, of which the fit has removed the part that it knows.

# %%
# equations 2 and 3
ridge = law.square(problem, alignment.best_penalty(problem))
best_ridge = law.best_cosine(problem)  # the same number
step = law.square(problem, 1e10).cosine  # rho
huber = law.huber(problem, 0.3)
signs = law.logistic(0.5, 0.01, slope=3.0)


# %% [markdown]
# ## Experiment

# %% tags=["hide-input"]
def compared(other, s):
    """Cosines of step and best ridge, and their difference."""
    step, best = overlaps(other, s, ((1e10,), (alignment.best_penalty(other),)))[:, 2]
    return step, best, best - step


problems = {phi: of_ratio(phi, **TEACHER) for phi in (1.0, 0.5, 0.25)}
pairs = {
    phi: averaged(1 + k, lambda s, other=other: compared(other, s))
    for k, (phi, other) in enumerate(problems.items())
}


def of_signs(s):
    batch, truth = draws.sign_batch(2 * d, d, 3.0, s)
    theta = draws.fit(batch, 0.01, "logistic")
    return [truth @ theta, theta @ theta]


logistic = averaged(5, of_signs)

# %% tags=["remove-input"]
claims.check(
    "Ridge at the penalty 10^10: its cosine is that of the step",
    measured=step,
    predicted=rho,
    tolerance=1e-8,
    source="this page, equation 3",
    control=("the best ridge", best_ridge),
)
for phi, other in problems.items():
    claims.check(
        f"phi = {phi:g}: cosine of the best ridge less that of the step, draw by draw",
        measured=pairs[phi][2],
        predicted=law.best_cosine(other) - limit_geometry(other).cosine,
        source="this page, equation 3",
        control=("no difference", 0.0),
    )
exact = law.square(problem, 0.3)
for k, own, wrong in ((0, huber.m, exact.m), (1, huber.q, exact.q)):
    claims.check(
        f"Huber regression, penalty 0.3: {'MQ'[k]}",
        measured=drawn[5, k],
        predicted=own,
        source="this page, equation 2",
        control=("ridge regression", wrong),
    )
claims.check(
    "Logistic regression, penalty 0.01: Q",
    measured=logistic[1],
    predicted=signs.q,
    source="this page, equation 2",
    control=("the penalty 0.1", law.logistic(0.5, 0.1, slope=3.0).q),
)

# %% tags=["remove-input"]
markdown_table(
    [
        (f"{phi:g}", limit_geometry(p).cosine, f[0], law.best_cosine(p), f[1])
        for (phi, p), f in zip(problems.items(), pairs.values(), strict=True)
    ],
    head=("$\\phi$", "step", "simulated", "best ridge", "simulated"),
    number=".3f",
)

# %% [markdown]
# Huber's loss does slightly better than the square here: the quadratic part of the teacher makes large residuals, and it gives less weight to them.
# For large penalties it falls below the step: it becomes a step on the labels cut at $\pm1$, one of the functions of [What can be learned at all](limits_of_learning), and not a good one here.
#
# *A trap.*
# In logistic regression $p = \omega + Vg$ has to be solved for each $\omega$.
# Newton's method, started at $\omega$, runs in a cycle when $V$ is large; here $V$ = {glue:text}`V:.1f`.
# Started at $p = 0$, where the loss changes its bend, it is monotone.
# Every solver of this page returns what is left of its equations and how many iterations it took, and raises an error if they do not settle: {glue:text}`left:.0e` after {glue:text}`steps:d` iterations here.

# %% tags=["remove-cell"]
glue(V=signs.V, left=signs.residual, steps=signs.iterations)
record(best_ridge=best_ridge)

# %% [markdown]
# ## An adversary
#
# Now somebody moves every input, after having seen it and its label, by a distance of at most $\mathcal R$.
# The error under attack of a function $f$ is
#
# ```{math}
# :label: eq-narrow-attack
# \mathrm{AR}(f) = \mathbb E\,\max_{\lVert\delta\rVert \le \mathcal R}\big(f(x + \delta) - y\big)^2 .
# ```
#
# Is the direction of the teacher still the right feature?
# {cite:t}`MousaviHosseini2024` say yes.
#
# ````{prf:proposition} Projection (their result; the proof is ours)
# :label: prop-narrow-projection
#
# Let $y$ depend on $x$ through $z = Bx$ only, up to independent noise, and let the other coordinates $w$ of $x$ be independent of $z$.
# For any $f$ let $h(z) = \mathbb E\,[f(x)\mid z]$.
# Then $\mathrm{AR}(h(Bx)) \le \mathrm{AR}(f)$.
# ````
#
# ````{prf:proof}
# A move $\delta$ of $x$ moves $z$ by $v = B\delta$ with $\lVert v\rVert \le \mathcal R$.
# For each such $v$, by Jensen,
#
# $$
# \begin{aligned}
# \big(h(z+v) - y\big)^2 &= \big(\mathbb E_w f(z+v, w) - y\big)^2 \\
# &\le \mathbb E_w\big(f(z+v, w) - y\big)^2 \le \mathbb E_w \max_{\lVert\delta\rVert\le\mathcal R}\big(f(x+\delta) - y\big)^2 .
# \end{aligned}
# $$
#
# The first step needs that $w$ has the same law for $z$ and for $z + v$, which is independence.
# The right-hand side does not depend on $v$.
# Take the maximum over $v$ on the left, and then the expectation over $z$ and $y$.
# ````
#
# For a linear function the worst move is along its own vector, so that with the residual $r = y - \hat\beta^\top x$
#
# ```{math}
# :label: eq-narrow-linear
# \mathrm{AR} = \mathbb E\,\big(|r| + \mathcal R\sqrt Q\big)^2 = \mathbb E\,r^2 + 2\mathcal R\sqrt Q\;\mathbb E|r| + \mathcal R^2 Q .
# ```
#
# The projection keeps $M$ and has $Q = M^2$.

# %%
# equation 5 for ridge regression and for its projection
linear = of_ratio(0.5, dim=300, teacher=(0, 1), noise_std=0.5)
fit = law.square(linear, 0.3)
full = law.linear_risk(linear, fit.m, fit.q, eps=0.5)
projected = law.linear_risk(linear, fit.m, fit.m**2, eps=0.5)

# %% tags=["hide-input"]
weights = (0.01, 0.3, 2.0)


def attacks(s):
    """Errors under attack of fit and projection, and their difference, per penalty."""
    batch, test, truth = batches(linear, s, ridge=600, test=4000)
    fits = [draws.fit(batch, penalty) for penalty in weights]
    full = np.array([draws.attacked(test, f, 0.5) for f in fits])
    less = np.array([draws.attacked(test, (f @ truth) * truth, 0.5) for f in fits])
    return np.transpose([full, less, full - less])


attacked = averaged(7, attacks)

# %% tags=["remove-input"]
rows = []
for k, penalty in enumerate(weights):
    o = law.square(linear, penalty)
    known = ((o.m, o.q), (o.m, o.m**2))
    both = [[law.linear_risk(linear, *p, 0.5, cross=c) for p in known] for c in (1, 0)]
    gain, without = (pair[0] - pair[1] for pair in both)
    rows.append((f"{penalty:g}", *both[0], attacked[k, 0], attacked[k, 1]))
    claims.check(
        f"Penalty {penalty:g}: error under attack, ridge less its projection",
        measured=attacked[k, 2],
        predicted=gain,
        source="this page, equation 5",
        control=("as if moves and residuals were independent", without),
    )

# %% tags=["remove-input"]
markdown_table(
    rows,
    head=("$\\mu$", "ridge", "projected", "ridge, simulated", "projected, simulated"),
    number=".3f",
)

# %% [markdown]
# *So robust learning can have two parts*: find the direction as usual, then tune a readout $a + bt$ of $t = \hat\beta^\top x/\lVert\hat\beta\rVert$ against the adversary.
# The second part has two numbers to learn, whatever $d$ is.
# We take one gradient step on $4d$ rows of a ReLU teacher, tune $a$ and $b$ on 300 further rows, and compare with adversarial training of all $d$ weights on these 300 rows.

# %% tags=["hide-input"]
sizes = (50, 200, 800)


def two_parts(dim, s):
    """Attacked error: robust readout, readout of least squares, and training in R^d."""
    p = of_ratio(0.25, dim, teacher="relu", noise_std=0.3)
    step, rows, test, _ = batches(p, s, gradient=4 * dim, ridge=300, test=4000)
    v = step.X.T @ step.y
    v /= np.linalg.norm(v)
    seen = Batch((rows.X @ v)[:, None], rows.y)
    readouts = [draws.robust_fit(seen, eps) for eps in (0.5, 0.0)]
    vectors = [(a, b[0] * v) for a, b in readouts] + [draws.robust_fit(rows, 0.5)]
    errors = [draws.attacked(test, theta, 0.5, a) for a, theta in vectors]
    return [*errors, errors[0] - errors[2]]


def over_sizes(s):
    rows = np.array([two_parts(dim, s) for dim in sizes])
    return np.vstack([rows, rows[-1] - rows[0]])


flat = averaged(10, over_sizes)
relu = of_ratio(0.25, 100, teacher="relu", noise_std=0.3)
angle = limit_geometry(relu).cosine
optimum = law.best_readout(relu, angle, 0.5)[2]
plain = law.standard_readout(relu, angle, 0.5)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-narrow-dimension", "caption": "Error under attack against the dimension, 300 rows for the robust part. Points are simulated, the line is the best readout of the step's direction in theory."}, "image": {"alt": "With a robust readout of one direction the error stays at 0.41. With all weights trained it rises from 0.38 to 0.72."}}
comparison(
    [
        Curve("one direction", level(sizes, optimum), (sizes, flat[:3, 0])),
        Curve("all weights", None, (sizes, flat[:3, 2])),
    ],
    xlabel="dimension $d$",
    ylabel="error under attack",
    xscale="log",
    xticks=sizes,
)

# %% tags=["remove-input"]
claims.check(
    "Step and robust readout: error under attack at d = 800 less that at d = 50",
    measured=flat[3, 0],
    predicted=0.0,
    source="this page",
    control=("all weights trained", float(flat[3, 2].mean)),
)
in_theory = (optimum, plain)
for k, name in enumerate(("robust readout", "least squares")):
    claims.check(
        f"Direction by one step, d = 800, {name}: error under attack",
        measured=flat[2, k],
        predicted=in_theory[k],
        source="this page, equation 4",
        control=("the other readout", in_theory[1 - k]),
    )
claims.check(
    "d = 50: error of the two parts less that of training all weights",
    measured=flat[0, 3],
    predicted=0.0,
    kind="more than",
    source="this page: 300 rows are six per dimension",
    control=("d = 800", float(flat[2, 3].mean)),
)

# %% [markdown]
# In small dimension, $d = 50$, training all weights is better: 300 rows are six per dimension, and the step had four.
# From there on it gets worse with $d$, and the two parts do not.
#
# ## Where it breaks
#
# *The projection needs the true direction.*
# For an estimated one $w$ is not independent of the label, and $\mathbb E\,[f \mid t]$ need not win.
#
# *One direction, one layer.*
# The state evolution holds for one linear neuron.
# Hidden units give matrices in the place of $M$, $Q$ and $V$, and the fit has many minima.
#
# *The attack must be exact.*
# For linear functions the worst move is known.
# A search by signs of gradients with a later projection on the ball stays inside of it: a function can look more robust than any function is.
#
# ## How it is related to the one step
#
# The step is the crudest fit of one neuron, and [Alignment](alignment) meets the same fact for feature machines, {eq}`eq-alignment-ridge`.
# *Theirs*: the closed equations for a large family of narrow networks, as fixed points of message passing {cite}`Cui2025`; the projection theorem and the two parts of robust learning, with rates {cite}`MousaviHosseini2024`.
# *Ours*: {eq}`eq-narrow-evolution` in this form, {eq}`eq-narrow-best` and its reading, the proof of {prf:ref}`prop-narrow-projection`, {eq}`eq-narrow-linear` from $M$ and $Q$, and all experiments.
# *Not checked*: several units or tokens, the rates, and the paper's experiments.
#
# ```{admonition} Recap
# :class: recap
# * The gradient step is ridge regression at an infinite penalty; the best ridge subtracts the part of the signal that it knows, {eq}`eq-narrow-best`.
# * Three numbers describe a neuron that is trained to the end, for any convex loss, {eq}`eq-narrow-evolution`.
# * Projecting a function on the teacher's directions never makes it less robust.
# * A direction by a plain step and a robust readout do not depend on $d$; robust training of all weights does.
# ```
#
# ## Exercises
#
# ````{exercise-start} Infinitely many rows (warm-up)
# :label: ex-narrow-rows
# ````
#
# What do both equations {eq}`eq-narrow-best` give for $\phi \to 0$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-rows
# :class: dropdown
# ````
#
# One: with enough rows per dimension the step finds the direction as well as the best fit.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} No attack (warm-up)
# :label: ex-narrow-none
# ````
#
# Which of the three terms of {eq}`eq-narrow-linear` is left for $\mathcal R = 0$, and which grows fastest with $\mathcal R$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-none
# :class: dropdown
# ````
#
# The first, the test error; the last, $\mathcal R^2Q$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Ridge from the three numbers
# :label: ex-narrow-ridge
# ````
#
# For the square loss, show from {eq}`eq-narrow-evolution` that $H = 1/(1+V)$ and $M = c_{\star,1}H/(\mu + H)$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-ridge
# :class: dropdown
# ````
#
# $L'' = 1$ gives $H$, and $p = \omega + V(y - p)$ gives $g = (y - \omega)/(1+V) = H(y - \omega)$.
# So $\mu M = H(c_{\star,1} - M)$, because $\mathbb E[z\omega] = M$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Solve for the best cosine
# :label: ex-narrow-quadratic
# ````
#
# Solve the first equation of {eq}`eq-narrow-best` for a teacher without noise, $y = z$.
# What happens at $\phi = 1$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-quadratic
# :class: dropdown
# ````
#
# $s = 0$, so $r\,(1 + \phi(1-r)) = 1$, or $(1-r)(1 - \phi r) = 0$: $r = 1$ for $\phi \le 1$, and $r = 1/\phi$ beyond.
# With at least as many rows as dimensions, linear equations determine the teacher exactly; the step never does.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A huge adversary
# :label: ex-narrow-huge
# ````
#
# For which $\mathcal R$ is the constant the best robust readout of $t$, for a teacher $y = z$ without noise and $\rho = 1$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-huge
# :class: dropdown
# ````
#
# The error is $(1-b)^2 + 2\mathcal R b(1-b)\sqrt{2/\pi} + \mathcal R^2b^2$ for $0 \le b \le 1$, with the slope $-2 + 2\mathcal R\sqrt{2/\pi}$ at $b = 0$.
# So from $\mathcal R = \sqrt{\pi/2} \approx 1.25$ on.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A robust step (open)
# :label: ex-narrow-open
# ````
#
# Take the gradient step on the error under attack instead of the plain one.
# Is its direction better, for the adversary or without one?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-narrow-open
# :class: dropdown
# ````
#
# At small weights the gradient of {eq}`eq-narrow-attack` is that of $\mathbb E\,y^2$ plus a term along the weights themselves.
# So the first step hardly changes; we have not carried later ones through.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
