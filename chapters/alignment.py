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
# # Alignment
#
# **The result of this chapter.**
# In the limit, the weights of a network are aligned with its gradients after one step larger than $n^{1/4}$, and not after a smaller one; but they are aligned whether or not the labels mean anything.
#
# ```{strip}
# :level: second year of a graduate course
# :needs: [Setup](setup) with the gradient's noise $\kappa$
# ```

# %% tags=["parameters"]
n = 400  # rows of each batch [>= 100]
d = 200  # dimension of an input [>= 50]
N = 300  # hidden units [>= 50]
seeds = 20  # draws that are averaged [>= 4]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
from dataclasses import replace

import numpy as np

from onestep import Problem
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.figures.curves import Curve, comparison, level
from onestep.links import Link
from onestep.simulation import OneStep
from onestep.simulation.neighbours import alignment as seen
from onestep.theory.neighbours import alignment as law

problem = Problem(n=n, d=d, N=N)
draws = range(seed, seed + seeds)
scaled = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.5])
etas = law.step_at(problem, scaled)
steps = [OneStep.draw(problem, s) for s in draws]
shifted = [seen.with_shifted_labels(step) for step in steps]

# %% tags=["hide-input"]
found = [seen.uncentred(step, etas) for step in steps]
predicted = np.array([law.uncentred(problem, etas, s.geometry) for s in steps])
correlations = np.array([f.correlation for f in found])
fine = np.linspace(0, 2.7, 55)
exact = law.uncentred(problem, law.step_at(problem, fine))
no_bulk = fine**2 / np.sqrt(1 + fine**4)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-alignment-curve", "caption": "How alike the weights' matrix and that of the gradients are, against the size of the step. Lines are theory, points are simulated."}, "image": {"alt": "A curve that rises from a small value to almost one. The points lie on it. A second line, without the bulk, lies higher."}}
comparison(
    [
        Curve("this chapter", (fine, exact), (scaled, over_seeds(correlations))),
        Curve("without the untrained weights' size", (fine, no_bulk)),
    ],
    xlabel=r"push of the step over $N^{1/4}$",
    ylabel="correlation",
)

# %% [markdown]
# ## Two matrices
#
# How can one see that a network has learned features?
# {cite:t}`Beaglehole2024` compare two $d \times d$ matrices.
# The first is made of the weights, $W^\top W$: it says which directions of the input the first layer looks at.
# The second is made of the function, the *average gradient outer product*
#
# ```{math}
# :label: eq-alignment-agop
# \mathcal A = \mathbb E\,\nabla f(x)\,\nabla f(x)^\top = W^\top \mathcal K\, W, \qquad
# \mathcal K = \mathbb E\,\big(a\circ\sigma'(Wx)\big)\big(a\circ\sigma'(Wx)\big)^\top .
# ```
#
# It says along which directions the output changes.
# The *feature ansatz* is that after training $W^\top W$ is proportional to a power of $\mathcal A$.
# The power is often one half; this page is about the first power.
# Their likeness is measured by a correlation, $\operatorname{tr}(W^\top W \mathcal A)/(\lVert W^\top W\rVert\,\lVert\mathcal A\rVert)$, with the norms of the matrices' entries.
# One step is enough to see where this comes from, and it can be computed.
#
# ## By hand: a linear network
#
# Take $\sigma(x) = x$, so that $f(x) = a^\top W x$.
# The gradient of the output is $W^\top a$ for every $x$, and $\mathcal A = W^\top a\, a^\top W$ has rank one.
# One step gives $W = W_0 + \eta\, a\beta^\top$, and $W^\top a = W_0^\top a + \eta\lVert a\rVert^2\beta$.
#
# For a huge step $W^\top W \approx \eta^2 \lVert a\rVert^2\beta\beta^\top$ and $\mathcal A \approx \eta^2\lVert a\rVert^4\beta\beta^\top$: the correlation is 1.
# For no step $W_0^\top W_0$ has $d$ directions of about the same size, and $\mathcal A$ has one of them: the correlation is about $1/\sqrt d$.
# When does it change?
# When the square of the new direction, $\eta^2\lVert a\rVert^2\lVert\beta\rVert^2$, is as large as the norm of all of $W_0^\top W_0$, which is of the order of $\sqrt N$.
# With $\lVert a\rVert = 1$ and $\lVert\beta\rVert$ of order one this means $\eta \sim N^{1/4}$.
#
# ## Statement
#
# Call $\Pi = \eta\,|c_1|\,\lVert\beta\rVert\,\lVert a\rVert$ the *push* of the step: the norm of what it adds to $W_0$ along $\beta$.
#
# ````{prf:proposition} The feature ansatz after one step (in the form derived here)
# :label: prop-alignment
#
# For a readout of mean zero, up to relative corrections of order $1/n$, the correlation of $W^\top W$ and $\mathcal A$ after one step is
#
# ```{math}
# :label: eq-alignment-law
# \frac{(1 + \psi^{-1})(1 + \operatorname{Var}\sigma'/c_1^2) + (2+\psi^{-1})\,\Pi^2 + \Pi^4}
# {(1+\Pi^2)\sqrt{N(1+\psi^{-1}) + 2(1+\psi^{-1})(1+\kappa)\Pi^2 + \Pi^4}} .
# ```
#
# For $n \to \infty$ at a fixed $\Pi/N^{1/4}$ it tends to $(\Pi/N^{1/4})^2\big/\sqrt{1 + \psi^{-1} + (\Pi/N^{1/4})^4}$.
# So for steps $n^\alpha$ the correlation tends to one if $\alpha > \frac14$, and to zero if $\alpha < \frac14$.
# ````
#
# What the exponent $\frac14$ is: a limit of {eq}`eq-alignment-law`, for the first power of $\mathcal A$, the weights right after the step and the readout before its fit.
# It is not measured as a jump.
# At any size the correlation rises smoothly with $\Pi/N^{1/4}$, as in {numref}`fig-alignment-curve`, and for $\alpha$ near $\frac14$ it tends to its limit slowly, like a power $n^{2\alpha - 1/2}$.

# %%
# equation 2, and its limit, when the push is N^(1/4)
eta = law.step_at(problem, 1.0)
at_n = law.uncentred(problem, eta)
limit = law.uncentred_limit(problem, 1.0)

# %% [markdown]
# The exponent $\frac14$ is that of the second spike, but the event is another one.
# The second spike needs $c_2 \ne 0$; here $\tanh$ will do, whose $c_2$ is zero.
#
# ````{dropdown} Where it comes from
# To leading order $\mathcal K = c_1^2\, aa^\top + \operatorname{Var}\sigma' \operatorname{diag}(a^2)$, and $W = W_0 + \eta c_1 a\beta^\top + {}$noise of relative size $\kappa$.
# Write $g = W_0^\top a + \eta c_1\lVert a\rVert^2\beta$.
# Then $\mathcal A = c_1^2\, gg^\top$ plus a part that is spread over $d$ directions, whose norm is smaller by $\sqrt d$ but whose product with $W_0^\top W_0$ counts.
# $\lVert g\rVert^2 = 1 + \Pi^2$ for $\lVert a\rVert = 1$, $\lVert W_0^\top W_0\rVert^2 = N(1+\psi^{-1})$, and the mixed terms give the rest.
# This is a derivation and not a proof.
# ````
#
# ## Experiment

# %% tags=["remove-input"]
for k in (1, 3, 5):
    claims.check(
        f"Correlation less its prediction, draw by draw, at a push of {scaled[k]} N^(1/4)",
        measured=over_seeds(correlations[:, k] - predicted[:, k]),
        predicted=0.0,
        source="this page, equation 2",
        control=(
            "without the untrained weights' size",
            float(
                scaled[k] ** 2 / np.sqrt(1 + scaled[k] ** 4) - predicted[:, k].mean()
            ),
        ),
    )

# %% [markdown]
# At a push of $N^{1/4}$ the correlation is {glue:text}`middle:.3f` ± {glue:text}`middle_standard_error:.3f`, predicted {glue:text}`middle_law:.3f`; the limit is {glue:text}`limit:.3f`.

# %% tags=["remove-cell"]
middle = over_seeds(correlations[:, 3])
glue(middle=middle, middle_law=float(predicted[:, 3].mean()), limit=float(limit))
record(middle=middle)

# %% [markdown]
# ## The gradient alone
#
# Instead of $W$ one can take what training has added, here $\eta G$.
# The matrices are then $G^\top G$ and $G^\top\mathcal K G$, and the step size drops out.
# With the rows of the gradient batch, $R = \operatorname{diag}$ of their residuals, and $T$ the $n \times n$ matrix with $T_{ij} = \sum_k a_k^2\, \sigma'(w_k^\top x_i)\,\sigma'(w_k^\top x_j)$, and with $\mathcal K$ averaged over the same rows, there is an identity without any limit:
#
# ```{math}
# :label: eq-alignment-identity
# G^\top G = \tfrac{1}{n^2} X^\top R\, T\, R X, \qquad G^\top \mathcal K\, G = \tfrac{1}{n^3} X^\top R\, T^2 R X .
# ```
#
# The two differ by one factor of $T$, which is nearly of rank one.
# So they are almost proportional, with a defect of order $1/n$ that has three parts:
#
# ```{math}
# :label: eq-alignment-defect
# 1 - \operatorname{corr} \simeq \frac{\kappa^2}{2}\left[\frac1d\Big(1 + \frac{(2c_2)^4}{(\operatorname{Var}\sigma')^2}\Big) + \frac{k_a}{N} + \frac{k_y}{n}\right],
# ```
#
# where $k_a$ and $k_y$ are the kurtoses of readout and residuals.

# %%
# equations 3 and 4 for one draw
step = steps[0]
once, twice = seen.through_rows(step)
direct = step.G.T @ step.G
same_rows, fresh_rows = (
    seen.outer_product(problem, X, step.W0, step.a, step.G)
    for X in (step.gradient_batch.X, step.X)
)
defect = law.centred_defect(problem)


# %% tags=["hide-input"]
def defects(problem, seeds):
    """n (1 - correlation) of G'G and G'KG: measured, by equation 4, and without k_y."""
    rows = []
    for s in seeds:
        step = OneStep.draw(problem, s)
        own = replace(step.geometry, lengthening=seen.lengthening(step))
        kurtosis = seen.kurtosis(step.gradient.residual)
        exact = law.centred_defect(problem, own, kurtosis)
        less = own.lengthening**2 / 2 * kurtosis / problem.rows_gradient
        rows.append([1 - seen.centred(step), exact, exact - less])
    return problem.n * np.array(rows).T


sizes = (200, 400, 800)
relu = {
    m: defects(
        Problem(n=m, d=m // 2, N=3 * m // 4, activation="relu"),
        range(seed + m, seed + m + max(6, seeds // 2)),
    )
    for m in sizes
}
tanh = defects(
    Problem(n=2 * n, d=2 * d, N=2 * N), range(seed + 5, seed + 5 + max(6, seeds // 2))
)


# %% tags=["remove-input"]
def apart(A, B):
    """The largest difference of two matrices, relative to the largest entry."""
    return float(np.abs(A - B).max() / np.abs(B).max())


for name, rows, matrix, control in (
    ("G'G", once, direct, ("one more T", apart(twice, direct))),
    ("G'KG", twice, same_rows, ("K of other rows", apart(twice, fresh_rows))),
):
    claims.check(
        f"{name} through the rows of the batch, largest relative difference",
        measured=apart(rows, matrix),
        predicted=0.0,
        tolerance=1e-12,
        source="this page, equation 3",
        control=control,
    )
claims.check(
    "tanh: n times the defect, less its prediction draw by draw",
    measured=over_seeds(tanh[0] - tanh[1]),
    predicted=0.0,
    source="this page, equation 4",
    control=("without the residuals' kurtosis", float((tanh[2] - tanh[1]).mean())),
)
differences = {m: over_seeds(r[0] - r[1]) for m, r in relu.items()}
claims.check(
    "ReLU: the difference to the prediction at n = 800 over that at n = 200",
    measured=over_seeds((relu[800][0] - relu[800][1]) / float(differences[200].mean)),
    predicted=0.6,
    kind="at most",
    source="this page: a finite-size effect",
    control=("one that stays", 1.0),
)

# %% tags=["remove-input"]
markdown_table(
    [
        (f"{m}", over_seeds(r[0]), float(r[1].mean()), differences[m])
        for m, r in relu.items()
    ],
    head=("$n$, ReLU", "$n$ times the defect", "predicted", "difference"),
    number=".3f",
)

# %% [markdown]
# For ReLU the prediction misses at these sizes, by an amount that shrinks like $1/n$.
#
# ## Where it breaks: alignment is not learning
#
# Give the rows of the gradient batch each other's labels.
# Nothing can be learned.
# The direction $\beta$ is noise, but it is still *one* direction, and a large step along it aligns $W^\top W$ with $\mathcal A$ as before.

# %% tags=["hide-input"]
blank = [seen.uncentred(step, etas) for step in shifted]
knows = over_seeds([f.squared_cosine for f in found])
knows_blank = over_seeds([f.squared_cosine for f in blank])
line = law.leading(problem, law.step_at(problem, fine))[0]
own = np.array([law.leading(problem, etas, s.geometry)[0] for s in steps])
again = over_seeds([f.correlation[-1] for f in blank])

# %% tags=["remove-input"]
claims.check(
    "Labels in another order: the correlation at the largest step",
    measured=again,
    predicted=0.8,
    kind="at least",
    source="this page",
    control=("no step at all", float(correlations[:, 0].mean())),
)
claims.check(
    "Labels in another order: squared cosine of the leading direction with the teacher",
    measured=knows_blank[-1],
    predicted=5 / d,
    kind="at most",
    source="this page",
    control=("the labels in their order", float(knows.mean[-1])),
)
claims.check(
    "Squared cosine of the leading direction with the teacher, less its prediction",
    measured=over_seeds(
        np.array([f.squared_cosine for f in found])[:, -1] - own[:, -1]
    ),
    predicted=0.0,
    source="this page, equation 5",
    control=("no labels", float(knows_blank.mean[-1] - own[:, -1].mean())),
)

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-alignment-cosine", "caption": "What the leading direction of the gradients knows of the teacher. Line is theory, points are simulated."}, "image": {"alt": "With the true labels the squared cosine rises with the step. With labels in another order it stays near zero."}}
comparison(
    [
        Curve("true labels", (fine, line), (scaled, knows)),
        Curve("labels in another order", level(fine, 1 / d), (scaled, knows_blank)),
    ],
    xlabel=r"push of the step over $N^{1/4}$",
    ylabel="squared cosine with the teacher",
)

# %% [markdown]
# What the gradients know is a different number.
# The leading direction of $\mathcal A$ is $W_0^\top a + \eta c_1\lVert a\rVert^2\beta$, and
#
# ```{math}
# :label: eq-alignment-cosine
# \cos^2 = \rho^2\,\frac{\Pi^2}{1 + \Pi^2} .
# ```
#
# It is large as soon as the push is larger than one, long before the two matrices are alike.
#
# ## Recursive feature machines
#
# {cite:t}`Radhakrishnan2024` turn the ansatz into an algorithm without a network: fit a kernel ridge regression, take its $\mathcal A$, use it to change the kernel, repeat.
# In high dimension the gradient of the first fit is nearly the same vector everywhere, the *ridge* estimate of the direction.
# The gradient step finds $X^\top y/n$, which is the ridge estimate with an infinite penalty:
#
# ```{math}
# :label: eq-alignment-ridge
# \hat\beta_\mu = \Big(\tfrac1n X^\top X + \mu\Big)^{-1}\tfrac1n X^\top y \;\longrightarrow\; \frac{1}{\mu}\cdot\frac{X^\top y}{n} \qquad (\mu \to \infty).
# ```
#
# So one gradient step is one round of a feature machine with an infinite penalty, and not the best one: the best is $\mu = \frac dn(\mathbb E y^2 - c_{\star,1}^2)/c_{\star,1}^2$.

# %% tags=["hide-input"]
kernel = Link("exp", np.exp, np.exp)
penalties = np.array([0.0, 1.0, 10.0, 1000.0])
ridge = law.linear_penalty(problem, (1.0, 1.0, np.e), penalties)
machine = []
for step in steps:
    vectors, _ = seen.feature_machine(step.gradient_batch, kernel, penalties)
    machine.append(np.abs(vectors @ step.beta_star))
machine = over_seeds(machine)
mu = np.geomspace(0.1, 1000, 40)

# %% tags=["remove-input"]
for k in (1, 3):
    claims.check(
        f"Feature machine with the penalty {penalties[k]:g}: cosine with the teacher",
        measured=machine[k],
        predicted=float(law.ridge_cosine(problem, ridge[k])),
        source="this page, equation 6",
        control=("no labels", 1 / np.sqrt(d)),
    )

# %% tags=["remove-input"] mystnb={"figure": {"name": "fig-alignment-machine", "caption": "Cosine with the teacher of the direction that one round of a feature machine finds. Line is theory, points are simulated; dashed is the gradient step."}, "image": {"alt": "The cosine against the penalty has a broad top, clearly below one, and falls to the level of the gradient step for large penalties."}}
comparison(
    [
        Curve("feature machine", (mu, law.ridge_cosine(problem, mu)), (ridge, machine)),
        Curve("gradient step", level(mu, float(law.ridge_cosine(problem, 1e12)))),
    ],
    xlabel=r"penalty $\mu$",
    ylabel="cosine with the teacher",
    xscale="log",
)

# %% [markdown]
# ## How it is related to the one step
#
# {cite:t}`Beaglehole2024` state the ansatz, introduce the correlation of what training adds, and show that it drives the alignment early in training.
# *Theirs*: the two matrices, the two correlations, that early in training the second is a function of inputs, labels and tangent kernel, and the claim that it tends to one in high dimension.
# *Ours*: the identity in the form {eq}`eq-alignment-identity`, which is algebra and holds for one full step, the laws {eq}`eq-alignment-law`, {eq}`eq-alignment-defect` and {eq}`eq-alignment-cosine`, the exponent $\frac14$ in the sense above, and the control with labels in another order.
# *Not checked*: the assumptions of their theorems, powers of $\mathcal A$ other than the first, deeper networks, and many steps.
#
# ```{admonition} Recap
# :class: recap
# * In the limit, weights and gradients are aligned after a step $n^\alpha$ with $\alpha > \frac14$, {eq}`eq-alignment-law`.
# * What the step adds is aligned from the start, up to $1/n$, {eq}`eq-alignment-defect`.
# * Labels without meaning align as well: alignment shows a large step, not learning.
# * One gradient step is a feature machine with an infinite penalty.
# ```
#
# ## Exercises
#
# ````{exercise-start} No step (warm-up)
# :label: ex-alignment-none
# ````
#
# What does {eq}`eq-alignment-law` give for $\eta = 0$, and how does it fall with $N$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-none
# :class: dropdown
# ````
#
# $(1 + \operatorname{Var}\sigma'/c_1^2)\sqrt{(1+\psi^{-1})/N}$: like $N^{-1/2}$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} One half (warm-up)
# :label: ex-alignment-half
# ````
#
# At which push is the limit of the correlation $1/\sqrt 2$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-half
# :class: dropdown
# ````
#
# At $\Pi^4 = N(1 + \psi^{-1})$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The norm of the untrained matrix
# :label: ex-alignment-norm
# ````
#
# Show that $\lVert W_0^\top W_0\rVert^2 \simeq N(1 + N/d)$ for rows on the unit sphere.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-norm
# :class: dropdown
# ````
#
# It is $\sum_{ij}(w_i^\top w_j)^2$: the diagonal gives $N$, and the $N(N-1)$ other terms have mean $1/d$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The best penalty
# :label: ex-alignment-penalty
# ````
#
# For $n \gg d$, where $X^\top X/n \approx I$, what is the cosine of $\hat\beta_\mu$ with the teacher?
# Why does the penalty not matter then?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-penalty
# :class: dropdown
# ````
#
# $\hat\beta_\mu \approx \frac{1}{1+\mu}X^\top y/n$: the penalty only scales it.
# The cosine is $\rho$ for all $\mu$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Kurtosis by hand
# :label: ex-alignment-kurtosis
# ````
#
# Compute $k_a$ for a Gaussian readout and for one with values $\pm 1$.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-kurtosis
# :class: dropdown
# ````
#
# 3 and 1.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A test for learning (open)
# :label: ex-alignment-test
# ````
#
# Propose a number that is computed from $W$ and the training data only, and that tells true labels from labels in another order.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-alignment-test
# :class: dropdown
# ````
#
# The leading direction of $\mathcal A$ against the direction $X^\top y$ of a *second* batch: their cosine is of order one for true labels, and $1/\sqrt d$ otherwise.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
