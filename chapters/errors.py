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
# # Errors
#
# **The result of this chapter.** Training and test error of the fitted network have limits, and three numbers of the *untrained* features, $m_1$, $m_2$ and $q$, give both. A gradient step enters
# as a least-squares fit of the teacher on a few powers of one variable, at a price that falls with the step size. One identity turns the training error into the test error.
#
# After reading it you will be able to
#
# * predict training and test error of a network before and after the step, for *your* sizes, ridge and activation;
# * derive both formulas in a few lines, and say which step of the derivation is exact and which is a limit;
# * explain why the test error peaks where $N = n$, and what the step can and cannot do about it;
# * say when a network beats the best linear model, and what is left when data and units abound.
#
# You need the three traces of [Setup](setup) ({prf:ref}`thm-traces`) and its picture of the step: all units are pushed along one direction $\beta$.
#
# Every number and every figure below was computed by the run that made this page, from the following parameters.

# %% tags=["parameters"]
n = 1000                    # rows of each batch [>= 100]
d = 500                     # input dimension [>= 20]
N = 750                     # hidden units [>= 20]
activation = "softplus"     # of the network
teacher = [0.0, 1.0, 0.5]   # Hermite coefficients of the teacher
noise_std = 0.5             # standard deviation of the label noise [>= 0]
alpha = 0.29                # step exponent: eta = n**alpha [> 0, <= 0.4]
ridge = 0.1                 # ridge penalty where a figure uses one [> 0]
small_ridge = 0.0003        # ridge penalty at the interpolation threshold [> 0]
ridges = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]  # penalties of the ridge curves [> 0]
sizes = [125, 250, 500, 1000]  # n in the comparison of the models [>= 50]
widths = [0.1, 0.3, 0.6, 0.8, 1.0, 1.25, 2.0, 4.0]  # N/n in the double descent [> 0]
samples = [0.2, 0.5, 0.8, 1.0, 1.25, 1.8, 3.0, 6.0]  # n/N with more data [> 0]
alphas = [0.1, 0.2, 0.3, 0.4, 0.5]  # step exponents of the last figure [>= 0, <= 0.5]
n_test = 2000               # rows of the test batch [>= 100]
seeds = 10                  # draws that are averaged [>= 2]
seed = 0                    # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np
from IPython.display import Markdown

from onestep import Problem
from onestep.book import claims, provenance, record
from onestep.book.curve_claims import check_curve
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.errors import Panel, against, baselines
from onestep.book.statistics import chance, over_seeds
from onestep.hermite import gaussian_rule, monomials_in_hermite
from onestep.simulation import equivalent, network, run_many, sample
from onestep.simulation.ridge import path
from onestep.theory import (
    any_step,
    best_linear,
    best_ridge,
    critical_step,
    errors,
    limit_geometry,
    linear_errors,
    plateau,
    regime,
    traces,
)
from onestep.theory.baselines import unexplained
from onestep.theory.terms import kept_orders, readout_factor

sizes, ridges, widths, samples, alphas = map(
    sorted, (sizes, ridges, widths, samples, alphas)
)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
eta = problem.step(alpha)
active = regime(problem, alpha).active
kappa = limit_geometry(problem).lengthening
problem

# %% [markdown]
# ## What is measured, and against what
#
# After the step the hidden layer is frozen. A fresh batch $(\tilde X, \tilde y)$ of $n$ rows gives the features $F = \sigma(\tilde X W^\top)$, and ridge regression fits the second layer, {eq}`eq-features`.
#
# ````{prf:definition} Training and test error
# :label: def-err-errors
#
# For a ridge penalty $\lambda > 0$,
#
# ```{math}
# :label: eq-err-definition
# \mathcal L_{\rm tr}(\lambda) = \min_{a} \; \tfrac1n \|\tilde y - F a\|^2 + \lambda \|a\|^2, \qquad
# \mathcal L_{\rm te}(\lambda) = \mathbb E\,\big(y - \sigma(W x)^\top \hat a\big)^2 ,
# ```
#
# the expectation over a fresh pair $(x, y)$. The training error includes the penalty, the test error the label noise.
# ````
#
# An error says little until one knows what could be had without a network. Every figure of this chapter therefore shows two baselines.
#
# * The **Bayes error** $\sigma_\varepsilon^2$: what the teacher itself would leave. Nothing can be better.
# * The **best linear model**: ridge regression of $\tilde y$ on the inputs $\tilde X$ themselves (with an intercept), at its own best penalty. A network that cannot beat it has wasted its hidden layer. To a linear model
#   everything in the teacher beyond its linear part is noise, of variance
#
#   $$ s^2 = c_\star^2 - c_{\star,0}^2 - c_{\star,1}^2 + \sigma_\varepsilon^2 , $$
#
#   so its errors are those of a linear model with noise $s^2$, which {cite:t}`DobribanWager2018` computed.

# %% tags=["remove-input"]
linear_ridge, linear_test = best_linear(problem)
Markdown(
    f"On this page the Bayes error is **{problem.noise_variance:.3f}**, the best "
    f"linear model reaches **{linear_test:.3f}** (at penalty {linear_ridge:.3f}; "
    "with unlimited data "
    f"{unexplained(problem):.3f}), and predicting the mean costs "
    f"{problem.target.second_moment - problem.target[0] ** 2 + problem.noise_variance:.3f}. "
    f"The step is $\\eta = n^{{{alpha:g}}} = {eta:.2f}$; "
    f"in this regime the spikes of order {', '.join(map(str, active))} leave the bulk."
)

# %% [markdown]
# ## Three models with the same errors
#
# The features after the step are an untrained matrix plus a few rank-one terms, one for each power of the projection $\tilde X\beta$ that the step makes strong enough {cite}`Moniri2024`:
#
# ```{math}
# :label: eq-err-spiked
# F \approx F_0 + \sum_{k=1}^{l} c_1^k c_k\, \eta^k\, (\tilde X\beta)^{\circ k} \big(a^{\circ k}\big)^{\!\top}, \qquad F_0 = \sigma(\tilde X W_0^\top), \qquad
# \frac{l-1}{2l} < \alpha < \frac{l}{2l+2} .
# ```
#
# By {prf:ref}`thm-equivalence` the untrained part may be replaced once more, by $c_1 \tilde X W_0^\top + c_> Z$ with an independent Gaussian matrix $Z$.
#
# ````{prf:theorem} Equivalence of errors
# :label: thm-err-equivalence
#
# In the proportional limit, with $\eta = n^\alpha$ and $\alpha$ in the regime of $l$ spikes, ridge regression has the same limiting training error, and the same limiting test error, on
#
# 1. the network's features $F$;
# 2. the spiked approximation {eq}`eq-err-spiked`, with $P_k$ of {eq}`eq-err-powers` in the place of the $k$-th power;
# 3. its Gaussian equivalent, in which $c_1 \tilde X W_0^\top + c_> Z$ takes the place of $F_0$.
# ````
#
# {cite:t}`Moniri2024` state this with the powers themselves. That is true with a single spike, or with an odd activation. For even spikes there is one thing more to keep, which [Improvement](improvement) derives and measures. The noise of the gradient lengthens the rows of $W$, by a share $\kappa$ of their squared shift along $\beta$, {eq}`eq-imp-kappa`. With $t = \tilde X\beta/\|\beta\|$ and $g \sim \mathcal N(0,1)$, spike $k$ of the network carries
#
# ```{math}
# :label: eq-err-powers
# P_k(t) = \mathbb E_g\,\big(t + \sqrt\kappa\, g\big)^k, \qquad P_1 = t, \quad P_2 = t^2 + \kappa, \quad P_3 = t^3 + 3\kappa t, \;\dots
# ```
#
# in the place of $t^k$ ({prf:ref}`lem-imp-powers`, for teachers with $c_{\star,0} = 0$; {prf:ref}`rem-imp-drift` for others), and $\kappa$ does not vanish as $n$ grows at fixed $d/n$. Read $t^k$ for $P_k$ to have the published statement.

# %% tags=["remove-input"]
Markdown(
    f"On this page $\\kappa$ = **{kappa:.3f}**. Of what a strong second spike adds, it "
    f"leaves the share $3/(2 + (1+\\kappa)^2)$ = {3 / (2 + (1 + kappa) ** 2):.1%}."
    if problem.student[2] != 0
    else f"On this page $\\kappa$ = {kappa:.3f}, and there is no second spike to notice it."
)


# %% [markdown]
# The theory works with the third model; the reader cares about the first. So the first question to a simulation is whether they agree *on the same draw*: same weights, same data, same step.
#
# A fair comparison of test errors needs test features in each model. In the second they are what {eq}`eq-err-spiked` gives for the rows of the test batch. In the third, a test row keeps $W_0$, $\beta$ and $a$ but
# gets a *fresh* row of $Z$: in the network the non-linear part of a new input's features is new, too. (Re-using the rows of $Z$ would give test rows the noise of training rows, to which the fit has adapted.)
#
# Before we look ({numref}`fig-err-equivalence`), let us find out where theory puts the level of both errors.
#
# ## The training error
#
# All of the theory is one short calculation: minimise over the second layer in two stages. It needs the notation of the spikes. Let $t = \tilde X \beta/\|\beta\|$ be the normalised projection of the inputs, $\rho = \cos(\beta, \beta_\star)$ as
# in {eq}`eq-direction`, $k$ run over the orders with $c_k \ne 0$, and
#
# * $T$ be the matrix that writes the spikes in Hermite polynomials, $P_k(t) = \sum_j T_{kj} He_j(t)$: the coefficient of $He_j$ in $t^k$, times $(1+\kappa)^{(k-j)/2}$;
# * $D = \operatorname{diag}(D_0, D_1, \dots)$ with $D_1 = m_2$ and $D_j = j!\, m_1$ for $j \ne 1$;
# * $\theta_k = c_1^k c_k\, \eta^k \|\beta\|^k$ the strength of spike $k$, $\Theta = \operatorname{diag}(\theta_k)$, and $V_{jk} = \sum_i a_i^{j+k}$ the Gram matrix of the vectors $a^{\circ k}$, in the limit $N^{1-(j+k)/2}\, \mathbb E\, g^{j+k}$ with $g \sim \mathcal N(0,1)$.
#
# ````{prf:theorem} Training error at finite strength (ours)
# :label: thm-err-train
#
# In the proportional limit, for the spiked approximation,
#
# ```{math}
# :label: eq-err-train
# \mathcal L_{\rm tr} = \lambda\,\big[\, b - v^\top M^{-1} v \,\big], \qquad
# M = T D T^\top + S, \qquad S = \frac{\phi}{\psi\, q}\; \Theta^{-1} V^{-1} \Theta^{-1},
# ```
#
# with the error of the untrained network in
#
# ```{math}
# :label: eq-err-base
# b = c_{\star,1}^2\, m_2 + (c_\star^2 - c_{\star,1}^2 + \sigma_\varepsilon^2)\, m_1
# ```
#
# and $v_k = \sum_j T_{kj}\, D_j\, c_{\star,j}\, \rho^j$. Infinitely strong spikes, $S = 0$, and $\kappa = 0$ give the limits of {cite:t}`Moniri2024`.
# ````
#
# ````{dropdown} Proof idea: two minimisations
# Write $F/\sqrt n = F_0/\sqrt n + U \Theta A^\top$, where $U$ has the columns $P_k(t)/\sqrt n$ and $A$ the columns $a^{\circ k}$. The second layer $\mathsf a$ enters the spikes only through the few numbers $w = \Theta A^\top \mathsf a$:
#
# $$
# F \mathsf a = F_0 \mathsf a + \sum_k w_k\, P_k(t) .
# $$
#
# *First minimise over $\mathsf a$ with $w$ held fixed.* Without the constraint this is ridge regression of $\tilde y_w = \tilde y - \sum_k w_k P_k(t)$ on the untrained features, which leaves
# $\frac{\lambda}{n}\, \tilde y_w^\top R\, \tilde y_w$ with the resolvent $R = (F_0F_0^\top/n + \lambda)^{-1}$. Its minimiser
# does not know the vectors $a^{\circ k}$, which are independent of $F_0$: it has $A^\top \mathsf a \approx 0$. Moving it to $A^\top \mathsf a = \Theta^{-1} w$ costs a quadratic form in what is moved,
#
# $$
# (\Theta^{-1} w)^\top \Big[ A^\top \big(\tfrac1n F_0^\top F_0 + \lambda\big)^{-1} A \Big]^{-1} \Theta^{-1} w
# \;\to\; \lambda\, w^\top S\, w,
# $$
#
# because
#
# $$
# A^\top \big(\tfrac1n F_0^\top F_0 + \lambda\big)^{-1} A \to V \cdot \tfrac1N \operatorname{tr} \big(\tfrac1n F_0^\top F_0 + \lambda\big)^{-1} = \frac{\psi\, q}{\phi\,\lambda}\, V .
# $$
#
# *Then minimise over $w$.* Condition on $t$. Along $t$ the teacher is $\sum_j c_{\star,j} \rho^j He_j(t)$ plus what is uncorrelated with every function of $t$. The vectors $He_j(t)$ with $j \ne 1$ are asymptotically independent of $R$, so that
# $\frac1n He_i(t)^\top R\, He_j(t) \to j!\, m_1\, 1\{i = j\}$. For $j = 1$, $t$ is a column of inputs, which $F_0$ contains linearly, and the limit is $m_2$: this is the definition of $m_2$. Hence
#
# $$
# \mathcal L_{\rm tr} = \lambda \min_w \big[\, b - 2 v^\top w + w^\top T D T^\top w + w^\top S\, w \,\big] = \lambda \big[\, b - v^\top M^{-1} v \,\big]. \qquad\square
# $$
#
# What was used: Gaussian equivalence for $F_0$, and that quadratic forms in independent vectors concentrate. Both become exact as $n \to \infty$. What was dropped, in passing from the network to its spikes, is the change of $F_0$ itself, of relative order $\eta^2/N$, which {ref}`a later section <sec-err-breaks>` measures.
# ````
#
# Read the proof's last line as a recipe. **One gradient step adds the regressors $P_1(t), P_2(t), P_3(t), \dots$ to the untrained random features**, one for each active order, and charges $\lambda w^\top S w$ for using them. A strong spike is
# a free regressor. A weak spike is too expensive to use. The step size $\eta$ moves the price and nothing else.
#
# The diagonal of $S$ makes it concrete: regressor $k$ costs in proportion to $\eta^{-2k} N^{k-1}$. At $\eta = n^\alpha$ this vanishes exactly when $\alpha > (k-1)/(2k)$, the threshold of spike $k$.
#
# Here is {eq}`eq-err-train`, matrix by matrix.

# %%
def train_by_hand(problem, ridge, eta, orders):
    """Training error at finite strength, from the spikes of the given orders."""
    trace, limit = traces(problem, ridge), limit_geometry(problem)
    k, j = np.array(orders, dtype=int), np.arange(max(orders, default=0) + 2)
    target = np.array([problem.target[i] for i in j])
    D = trace.m1 * np.array([float(math.factorial(i)) for i in j])
    D[1] = trace.m2
    longer = (1 + limit.lengthening) ** (np.maximum(k[:, None] - j, 0) / 2)
    T = monomials_in_hermite(len(target) - 1)[k] * longer
    student = np.array([problem.student[i] for i in orders])
    theta = problem.student[1] ** k * student * (eta * limit.beta_norm) ** k
    root = readout_factor(problem, limit)[k - 1] * problem.N ** ((1 - k[:, None]) / 2)
    price = problem.phi / (problem.psi * trace.q)
    S = price * np.linalg.inv(np.outer(theta, theta) * (root @ root.T))
    v = T @ (D * target * limit.cosine**j)
    rest = problem.target.second_moment - target[1] ** 2 + problem.noise_variance
    b = target[1] ** 2 * trace.m2 + rest * trace.m1
    return ridge * (b - v @ np.linalg.solve(T @ np.diag(D) @ T.T + S, v))


# %% [markdown]
# ## From training to test error
#
# The test error asks about rows that were not used in the fit. Leave one row out, fit on the others, and predict it: that *is* a test. The miracle of linear models is that one need not fit again.
#
# ````{prf:lemma} Leave one out
# :label: lem-err-loo
#
# Let $R = (FF^\top/n + \lambda)^{-1}$. Fit ridge regression with the penalty $n\lambda\|a\|^2$ on all rows but row $i$. Its error on row $i$ is
#
# ```{math}
# :label: eq-err-loo
# \tilde y_i - f_i^\top \hat a_{(i)} = \frac{(R \tilde y)_i}{R_{ii}} .
# ```
# ````
#
# ````{dropdown} Proof
# The fit on all rows has residual $\tilde y - F\hat a = \lambda R \tilde y$, because $F\hat a = FF^\top (FF^\top + n\lambda)^{-1}\tilde y = (I - \lambda R)\tilde y$. Now change $\tilde y_i$ to the value $\hat y = f_i^\top \hat a_{(i)}$ that the fit without row $i$ predicts.
# With this label row $i$ costs $\hat a_{(i)}$ nothing, so $\hat a_{(i)}$ is also the fit on all rows, and its residual at row $i$ is zero: $(R\,[\tilde y + (\hat y - \tilde y_i) e_i])_i = 0$. Solve for $\tilde y_i - \hat y$. $\square$
# ````
#
# The lemma is exact, at every size. Let us see it: fit again for each row, at a small size, and compare with {eq}`eq-err-loo`.

# %%
def trained_features(problem, seed):
    """One draw: features of the ridge batch after the step, and its labels."""
    draw = sample.draw(problem, seed, 1)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    size, X = problem.step(alpha), draw.ridge.X
    return network.features(problem, X, draw.W0, step.matrix, size), draw.ridge.y


def residual_without(F, y, i):
    """Fit without row i, predict row i."""
    others, penalty = np.delete(F, i, axis=0), len(y) * ridge * np.eye(F.shape[1])
    a = np.linalg.solve(others.T @ others + penalty, others.T @ np.delete(y, i))
    return y[i] - F[i] @ a


F, y = trained_features(problem.resized(min(sizes)), seed)
R = np.linalg.inv(F @ F.T / len(y) + ridge * np.eye(len(y)))
refitted = np.array([residual_without(F, y, i) for i in range(len(y))])
deviations = np.abs(refitted - [R @ y / np.diag(R), ridge * R @ y]).max(axis=1)
claims.check(
    f"Leave one out: {len(y)} refits and the identity give the same residuals "
    "(largest difference over the largest residual)",
    measured=deviations[0] / np.max(np.abs(refitted)),
    predicted=0.0,
    tolerance=1e-8,
    source="Errors, lemma: leave one out",
    kind="at most",
    control=("the fit's own residuals", deviations[1] / np.max(np.abs(refitted))),
)


# %% [markdown]
# Now let $n$ grow. The average of the squared residuals {eq}`eq-err-loo` tends to the test error. In the denominators the diagonal entries $R_{ii}$ all tend to their mean $m_1$, since no row is special. And the
# numerators are a derivative, because $\mathrm dR/\mathrm d\lambda = -R^2$ and $\mathcal L_{\rm tr} = \frac{\lambda}{n}\tilde y^\top R \tilde y$:
#
# ```{math}
# \frac1n \|R\tilde y\|^2 = - \frac{\mathrm d}{\mathrm d\lambda}\, \frac1n \tilde y^\top R \tilde y = -\frac{\mathrm d}{\mathrm d\lambda}\, \frac{\mathcal L_{\rm tr}(\lambda)}{\lambda} .
# ```
#
# ````{prf:theorem} Test error (ours)
# :label: thm-err-test
#
# In the proportional limit
#
# ```{math}
# :label: eq-err-test
# \mathcal L_{\rm te}(\lambda) = - \frac{1}{m_1^2}\, \frac{\mathrm d}{\mathrm d\lambda} \bigg[ \frac{\mathcal L_{\rm tr}(\lambda)}{\lambda} \bigg] .
# ```
# ````
#
# So whoever knows the training error for all $\lambda$ knows the test error. The statistician's name for the right-hand side is *generalised cross-validation* {cite}`GolubHeathWahba1979`: with $\mathrm{df} = \operatorname{tr} F(F^\top F + n\lambda)^{-1}F^\top$ the effective degrees of freedom
# of the fit, $\lambda m_1 = 1 - \mathrm{df}/n$ and {eq}`eq-err-test` is $\frac1n\|\tilde y - F\hat a\|^2 / (1 - \mathrm{df}/n)^2$, a quantity one can compute from the *training* batch alone. The spikes have finite rank, so $m_1$ is that of the untrained features. They enter
# through $\mathcal L_{\rm tr}$.
#
# The library differentiates {eq}`eq-err-train` analytically. By hand a difference quotient will do. (The sum over spikes is cut where, at these sizes, the terms no longer leave the bulk one after the other; `kept_orders` says where.)

# %%
def by_hand(problem, ridge, eta, orders, h=1e-4):
    """(training, test) error, the second by a difference quotient of the first."""
    quotient = [
        train_by_hand(problem, value, eta, orders) / value
        for value in (ridge * (1 - h), ridge * (1 + h))
    ]
    slope = (quotient[1] - quotient[0]) / (2 * h * ridge)
    return train_by_hand(problem, ridge, eta, orders), -slope / traces(
        problem, ridge
    ).m1 ** 2


def formula(problem, ridge, eta):
    """(training, test) error at finite strength, from the library."""
    return np.array(errors(problem, ridge, eta))


kept = kept_orders(problem, limit_geometry(problem))
for name, hand, library in zip(
    ("training", "test"),
    by_hand(problem, ridge, eta, kept),
    formula(problem, ridge, eta),
    strict=True,
):
    claims.check(
        f"The formula for the {name} error written out by hand agrees with the "
        "library (relative difference)",
        measured=abs(hand / library - 1),
        predicted=0.0,
        tolerance=1e-5,
        source=f"Errors, theorem: {name} error",
        kind="at most",
    )


# %% [markdown]
# How fast do the diagonal entries settle, and how good are the estimates? On each draw we compare the exact leave-one-out error, generalised cross-validation, and the error on a test batch.

# %%
def diagonal_spread(problem, seed):
    """Standard deviation of the R_ii over their mean."""
    F, y = trained_features(problem, seed)
    diagonal = np.diag(np.linalg.inv(F @ F.T / len(y) + ridge * np.eye(len(y))))
    return diagonal.std() / diagonal.mean()


def leave_one_out(problem, seed):
    """The leave-one-out error for every ridge, from the eigenvectors of F F'."""
    F, y = trained_features(problem, seed)
    values, vectors = np.linalg.eigh(F @ F.T / len(y))
    resolvent = 1 / (values[:, None] + np.array(ridges))
    residual = (
        vectors @ (resolvent * (vectors.T @ y)[:, None]) / (vectors**2 @ resolvent)
    )
    return np.mean(residual**2, axis=0)


spreads = np.array(
    [[diagonal_spread(problem.resized(size), s) for size in sizes] for s in draws]
)
spread = over_seeds(spreads)

# %%
best = {
    "without a step": best_ridge(problem),
    "with the step": best_ridge(problem, eta),
}
best_ridges = [value for value, _ in best.values()]
all_ridges = np.array([*ridges, *best_ridges])
ensemble = run_many(problem, [0.0, eta], all_ridges, draws, n_test=n_test)
tested = over_seeds(ensemble.values("test_error")[:, 1, : len(ridges)])
share = 1 - ensemble.values("degrees_of_freedom") / n
cross_validated = (ensemble.values("residual_norm") / share) ** 2
validated = over_seeds(cross_validated[:, 1, : len(ridges)])
left_out = over_seeds([leave_one_out(problem, s) for s in draws])
grid = np.geomspace(min(ridges), max(ridges), 120)

# %% tags=["hide-input"]
estimates = Panel(
    "Three estimates of the test error",
    [
        Curve(
            "test batch",
            (grid, formula(problem, grid, eta)[1]),
            (ridges, tested.mean, tested.standard_error),
        ),
        Curve("leave one out", None, (ridges, left_out.mean, left_out.standard_error)),
        Curve(
            "cross-validation", None, (ridges, validated.mean, validated.standard_error)
        ),
    ],
    baselines(grid, linear_test, problem.noise_variance),
    yscale="log",
)

# %% mystnb={"figure": {"caption": "Test error after the step against the ridge penalty, estimated in three ways: on a test batch, by leaving one out {eq}`eq-err-loo` and by generalised cross-validation, the last two from the training batch alone. Points: simulation, mean over seeds with standard errors. Line: {eq}`eq-err-test`.", "name": "fig-err-loo"}, "image": {"alt": "Test error against the ridge penalty on logarithmic axes. Three sets of points, from a test batch, from leaving one out and from cross-validation, lie on each other and on the theoretical curve, which falls to a minimum and rises again; the best linear model and the Bayes error are horizontal lines."}}
against([estimates], r"ridge penalty $\lambda$", columns=1, height=3.2)

# %% tags=["remove-input"]
fall = np.diff(np.log(spreads[:, [0, -1]]))[:, 0] / np.log(max(sizes) / min(sizes))
fall = over_seeds(fall) if len(sizes) > 1 else None
Markdown(
    "The relative spread of the diagonal entries is "
    + ", ".join(
        f"{m:.4f} at n = {size}" for m, size in zip(spread.mean, sizes, strict=True)
    )
    + (f": it falls with the exponent {fall:.3f}." if fall is not None else ".")
    + " A mean over independent rows fluctuates with $-\\frac12$."
)

# %% tags=["hide-input"]
at = int(np.argmin(np.abs(np.array(ridges) - ridge)))
tests = ensemble.values("test_error")[:, 1, at]
difference = over_seeds(cross_validated[:, 1, at] - tests)
fit = over_seeds(ensemble.values("residual_norm")[:, 1, at] ** 2 - tests)
claims.check(
    "Generalised cross-validation, computed on the training batch, estimates the "
    f"test error without bias (paired difference at ridge {ridges[at]:g})",
    measured=difference.mean,
    predicted=0.0,
    standard_error=difference.standard_error,
    tolerance=chance(seeds) * difference.standard_error,
    source="Errors, theorem: test error",
    control=("residuals not divided by 1 - df/n", fit.mean),
)
if fall is not None:
    claims.check(
        "Diagonal entries of the resolvent concentrate: the exponent of their spread "
        f"from n = {min(sizes)} to {max(sizes)}",
        measured=fall.mean,
        predicted=-0.5,
        standard_error=fall.standard_error,
        tolerance=chance(seeds) * fall.standard_error,
        source="Errors, theorem: test error",
        control=("they do not settle", 0.0),
    )


# %% [markdown]
# ## The three models on one draw
#
# With both formulas in hand we return to {prf:ref}`thm-err-equivalence`, and to the question whether network, spiked approximation and Gaussian equivalent agree on the same draw. As a negative control a fourth model leaves out the last of the spikes. If the comparison is sharp, it must notice.

# %%
def fitted(F, draw):
    """Both errors of ridge regression; F has the ridge batch above the test batch."""
    rows = len(draw.ridge.y)
    fit = path(F[:rows], draw.ridge.y, ridge)
    square = (draw.test.y - F[rows:] @ fit.coefficients[:, 0]) ** 2
    return fit.train_error[0], np.mean(square)


def four_models(problem, seed):
    """Network, spiked approximation, Gaussian equivalent, control: errors (4, 2)."""
    draw, size = sample.draw(problem, seed, problem.n), problem.step(alpha)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    X = np.vstack([draw.ridge.X, draw.test.X])
    added = problem, X, step.direction, draw.a, size
    trained = network.features(problem, X, draw.W0, step.matrix, size)
    untrained = network.features(problem, X, draw.W0)
    # one call for both batches, so that the test rows get noise of their own
    gaussian = equivalent.gaussian(problem, X, draw.W0, seed)
    spikes = equivalent.spikes(*added, active[-1], kappa)
    fewer = equivalent.spikes(*added, active[-2], kappa) if len(active) > 1 else 0.0
    models = (trained, untrained + spikes, gaussian + spikes, untrained + fewer)
    return [fitted(F, draw) for F in models]


# small sizes scatter more and cost less: there several draws are averaged into one
drawn = []
for size in sizes:
    several = max(1, round(min(max(sizes) / size, 4)))
    found = [
        four_models(problem.resized(size), s)
        for s in range(seed, seed + seeds * several)
    ]
    drawn.append(np.reshape(found, (seeds, several, 4, 2)).mean(axis=1))
drawn = np.moveaxis(drawn, 0, 3)  # (seeds, models, errors, sizes)
gaps = drawn - drawn[:, [1]]  # to the spiked approximation, on the same draw

# %% tags=["hide-input"]
resized = [problem.resized(size) for size in sizes]


def spiked(orders):
    """The formula with the spikes of the given orders alone: (errors, sizes)."""
    return np.transpose([by_hand(p, ridge, p.step(alpha), orders) for p in resized])


every_step = [any_step.errors(p, ridge, p.step(alpha)) for p in resized]
predicted = spiked(active)
surplus = np.transpose(every_step) - predicted  # what the spiked approximation drops
missed = spiked(active[:-1]) - predicted  # what leaving out the last spike costs
best_lines = np.transpose([linear_errors(p, best_linear(p)[0]) for p in resized])


def over_sizes(values, *index):
    """The columns (sizes, mean, standard error) of one model and error."""
    average = over_seeds(values[:, *index])
    return sizes, average.mean, average.standard_error


names = (
    "network",
    "spiked approximation",
    "Gaussian equivalent",
    "last spike left out",
)
levels_of_models = [
    Panel(
        f"{title} error",
        [
            Curve(
                name,
                (sizes, predicted[e]) if m == 0 else None,
                over_sizes(drawn, m, e),
            )
            for m, name in enumerate(names[:3])
        ],
        baselines(sizes, best_lines[e], problem.noise_variance),
    )
    for e, title in enumerate(("Training", "Test"))
]
gaps_of_models = [
    Panel(
        f"{title} error, paired",
        [
            Curve(names[0], (sizes, surplus[e]), over_sizes(gaps, 0, e)),
            Curve(names[1]),
            Curve(names[2], level(sizes, 0.0), over_sizes(gaps, 2, e)),
            Curve(names[3], (sizes, missed[e]), over_sizes(gaps, 3, e)),
        ],
        ylabel="difference to spiked",
    )
    for e, title in enumerate(("Training", "Test"))
]

# %% mystnb={"figure": {"caption": "Errors of the network and of the models that stand for it, against $n$ at fixed aspect ratios and fixed exponent $\\alpha$. Top: levels, with the prediction {eq}`eq-err-train`, {eq}`eq-err-test` as a line. Bottom: differences to the spiked approximation on the same draw. Lines: zero, as in {prf:ref}`thm-err-equivalence`, for the Gaussian equivalent; what the any-step theory adds, for the network; what leaving out the last spike should cost. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-equivalence"}, "image": {"alt": "Four panels against the number of rows. In the upper two, training and test error of network, spiked approximation and Gaussian equivalent coincide with each other and with the predicted curve, far above the Bayes error. In the lower two, network and Gaussian equivalent differ little from the spiked approximation, the network along a line that tends to zero, while the model with one spike less stays above, on its predicted line."}}
against([*levels_of_models, *gaps_of_models], "$n$", xticks=sizes)

# %% [markdown]
# The differences on one draw are much smaller than the scatter from draw to draw, which is why they have panels of their own. What replacing the network by {eq}`eq-err-spiked` drops is of relative order
#
# ```{math}
# :label: eq-err-tilt
# \delta^2 = \frac{(\eta\, c_1 \|\beta\|)^2}{N} \;\propto\; n^{2\alpha - 1},
# ```
#
# the mean square of the coefficient $\eta c_1 a_j\|\beta\|$ with which $t$ enters a unit's argument. It is the second-order term of an expansion in that coefficient. How large it is, and of which sign, the *any-step theory* says, which keeps all orders and which [From lazy to maximal](lazy_to_maximal) derives. Its difference to {eq}`eq-err-train` and {eq}`eq-err-test` is the network's line in the lower panels.
# So the network has to differ from its spiked approximation by this much, and not by nothing.
#
# Claims about curves compare every point, and the average over all points, with the prediction, in standard errors over seeds. A measured 1 is what chance alone exceeds once in a thousand runs, by Student's distribution and however the points share their draws. Under each claim stands what a wrong law would have measured.

# %% tags=["hide-input"]
source = "Moniri et al. 2024, equivalence of errors"
for e, title in enumerate(("training", "test")):
    check_curve(
        f"Network minus spiked approximation on the same draw, {title} error: what the "
        "any-step theory adds",
        gaps[:, 0, e],
        surplus[e],
        control=("the last spike left out", surplus[e] - missed[e]),
        source=source,
    )
    check_curve(
        f"Gaussian equivalent minus spiked approximation, {title} error: nothing",
        gaps[:, 2, e],
        0.0,
        control=("the spikes left out", predicted[e] - spiked([])[e]),
        source=source,
    )
    check_curve(
        f"Leaving out the last spike costs in {title} error what the formula says",
        gaps[:, 3, e],
        missed[e],
        control=("it costs nothing", 0.0),
        source=f"Errors, theorem: {title} error",
        explain="The last spike may be weak here, or the teacher may hold nothing for it.",
    )

# %% [markdown]
# What the approximation drops has to vanish at the rate of {eq}`eq-err-tilt`. At sizes that one can draw this is lost in the noise. Between two theories it is not.

# %% tags=["hide-input"]
growing = [problem.resized(10**power) for power in (6, 8, 10)]
left = [
    any_step.errors(p, ridge, p.step(alpha))[0] - formula(p, ridge, p.step(alpha))[0]
    for p in growing
]
rate = np.diff(np.log(np.abs(left))) / np.log(100)
claims.check(
    "What the formula drops of the training error: its power of n, from 10^8 to 10^10 "
    "(tolerance: what the power still changed)",
    measured=rate[1],
    predicted=2 * alpha - 1,
    tolerance=abs(rate[1] - rate[0]),
    source="Errors, equation for delta",
    control=("first order in delta", alpha - 0.5),
)


# %% [markdown]
# ## Both errors against the ridge
#
# How much should one regularise, and does the step change the answer? We compare the step of this page with no step, on the same draws, along the whole range of penalties.

# %%
def linear_model(problem, seed):
    """Errors of ridge regression on the inputs, with an intercept: (2, ridges)."""
    batch = sample.batch(problem, seed, "ridge", problem.n)
    test = sample.batch(problem, seed, "test", n_test)
    middle, mean = batch.X.mean(axis=0), batch.y.mean()
    fit = path(batch.X - middle, batch.y - mean, [*ridges, linear_ridge])
    square = (test.y[:, None] - mean - (test.X - middle) @ fit.coefficients) ** 2
    return fit.train_error, np.mean(square, axis=0)


linear_by_seed = np.array([linear_model(problem, s) for s in draws])
linear = over_seeds(linear_by_seed[:, :, :-1])  # the last is the best penalty
linear_predicted = np.array(linear_errors(problem, grid))
against_ridge = formula(problem, grid, [[0.0], [eta]])  # (error, step, ridge)
measured = [
    over_seeds(ensemble.values(name)[:, :, : len(ridges)])
    for name in ("train_error", "test_error")
]

# %% tags=["hide-input"]
curves_by_ridge = [
    Panel(
        f"{title} error",
        [
            *(
                Curve(
                    name,
                    (grid, against_ridge[e, s]),
                    (ridges, measured[e].mean[s], measured[e].standard_error[s]),
                )
                for s, name in enumerate(best)
            ),
            Curve(
                "linear model",
                (grid, linear_predicted[e]),
                (ridges, linear.mean[e], linear.standard_error[e]),
            ),
        ],
        baselines(
            grid, linear_errors(problem, linear_ridge)[e], problem.noise_variance
        ),
        yscale="log",
    )
    for e, title in enumerate(("Training", "Test"))
]

# %% mystnb={"figure": {"caption": "Training error (penalty included) and test error against the ridge penalty, without a step and with one, and for the linear model at the same penalty. Lines: {eq}`eq-err-train`, {eq}`eq-err-test` and {cite:t}`DobribanWager2018`. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-ridge"}, "image": {"alt": "Two log-log panels. Training errors rise with the penalty, test errors fall and rise again. With the step both are lower than without at every penalty. The untrained network stays above the best linear model at every penalty. All points lie on their curves."}}
against(curves_by_ridge, r"ridge penalty $\lambda$")

# %% tags=["remove-input"]
rows = "\n".join(
    f"| {name} | {value:.3g} | {predicted_test:.3f} | "
    f"{over_seeds(ensemble.values('test_error')[:, k, len(ridges) + k]):.3f} | "
    f"{predicted_test / linear_test - 1:+.1%} |"
    for k, (name, (value, predicted_test)) in enumerate(best.items())
)
Markdown(
    f"| | best penalty | test error, predicted | measured | against the best linear model |\n|---|---:|---:|---:|---:|\n{rows}"
)


# %% [markdown]
# Three things to look for in {numref}`fig-err-ridge`. The step lowers both errors, whatever the penalty. It also moves the best penalty, which is worth knowing in practice: a network that has learned features should be regularised anew. And the untrained network does not beat the linear model: by {prf:ref}`thm-equivalence` it *is*
# a linear model, of noisy inputs.
#
# The claims take the untrained network's errors, and then what the step takes off them, on the same draw. For the step they allow for what the formula drops, as the any-step theory computes it.

# %% tags=["hide-input"]
def laws(problem, ridge):
    """(3, errors, steps, ...): the formula, what it drops, and a linear activation's untrained network."""
    steps = np.array([[0.0], [eta]])
    written = formula(problem, ridge, steps)
    dropped = np.abs(any_step.errors(problem, ridge, steps) - written)
    linear = replace(problem, activation=(0.0, problem.student[1]))
    return written, dropped, formula(linear, ridge, 0 * steps)


def check_step(where, values, found):
    """Claims on errors (S, steps, ...) without the step, and on what the step takes off, both relative to the first."""
    for e, title in enumerate(("training", "test")):
        law, dropped, linear = np.array(found)[:, e] / found[0][e][0]
        drawn, source = values[e] / found[0][e][0], f"Errors, theorem: {title} error"
        check_curve(
            f"{title.capitalize()} error without a step, {where}",
            drawn[:, 0],
            law[0],
            control=("a linear activation", linear[0]),
            source=source,
        )
        check_curve(
            f"What the step takes off the {title} error, {where}",
            drawn[:, 0] - drawn[:, 1],
            law[0] - law[1],
            allowed=dropped[1],
            control=("nothing", 0.0),
            source=source,
        )


by_ridge = [
    ensemble.values(name)[:, :, : len(ridges)] for name in ("train_error", "test_error")
]
check_step(f"{len(ridges)} penalties", by_ridge, laws(problem, ridges))
for e, title in enumerate(("training", "test")):
    check_curve(
        f"{title.capitalize()} error of the linear model, {len(ridges)} penalties",
        linear_by_seed[:, e, :-1] / linear_errors(problem, ridges)[e],
        1.0,
        control=(
            "the untrained network",
            formula(problem, ridges, 0.0)[e] / linear_errors(problem, ridges)[e],
        ),
        source="Dobriban and Wager 2018, ridge regression",
    )

# %% tags=["hide-input"]
for k, (name, (value, expected)) in enumerate(best.items()):
    ahead = over_seeds(
        linear_by_seed[:, 1, -1] - ensemble.values("test_error")[:, k, len(ridges) + k]
    )
    dropped = abs(any_step.errors(problem, value, (0.0, eta)[k])[1] - expected)
    claims.check(
        f"Network {name} against the linear model, each at its best penalty: test "
        "error saved (paired difference)",
        measured=ahead.mean,
        predicted=linear_test - expected,
        standard_error=ahead.standard_error,
        tolerance=chance(seeds) * ahead.standard_error + dropped,
        source="Errors, theorem: test error",
        control=(
            f"the network {[*best][1 - k]}",
            linear_test - [*best.values()][1 - k][1],
        ),
    )


# %% tags=["hide-input"]
def ahead_of_all(k):
    """The smallest lead of penalty number k over the others that were fitted, in standard errors."""
    tests = ensemble.values("test_error")[:, 1]
    lead = over_seeds(np.delete(tests, k, axis=1) - tests[:, [k]])
    return np.min(lead.mean / lead.standard_error)


claims.check(
    "The best ridge penalty predicted for the trained network is not beaten by "
    f"any of {len(ridges) + 1} others (smallest paired lead in standard errors)",
    measured=ahead_of_all(len(ridges) + 1),
    predicted=-chance(seeds, 0.001 / (len(ridges) + 1)),
    tolerance=0.0,
    source="Errors, theorem: test error",
    kind="at least",
    control=(f"the penalty {ridges[at]:g}", ahead_of_all(at)),
)

# %% [markdown]
# ## Double descent
#
# What happens as the network grows at fixed data? We vary $N$ and keep $n$, $d$ and the step. The interesting place is $N = n$, where the features first suffice to fit any labels, and where the test error has its famous peak {cite}`Belkin2019`. Put $p = \lambda m_1$: the share of the $n$ directions of label space that the fit leaves alone. Likewise $q$ is
# the share of the $N$ directions of the second layer that the data leave undetermined, in units of $n$. As $\lambda \to 0$, $p \to (1 - N/n)_+$ and $q \to (N/n - 1)_+$. At $N = n$ both vanish, and a fit with nothing to spare in either space has to use every small singular value.
#
# ````{prf:proposition} The peak (ours in this form)
# :label: prop-err-peak
#
# Let $N = n$, $c_> \ne 0$ and $u = q m_1$. As $\lambda \to 0$, $p = q = \sqrt{\lambda u}\,(1 + o(1))$ where $u$ solves $c_>^2 u + \dfrac{c_1^2\, \phi\, u}{\phi + c_1^2 u} = 1$, and
#
# ```{math}
# :label: eq-err-peak
# \mathcal L_{\rm te} \;\sim\; \frac{1}{2\sqrt{\lambda u}} \cdot \frac{\mathcal L_{\rm tr}}{\lambda m_1} .
# ```
# ````
#
# ````{dropdown} Proof
# With $e(u) = c_>^2 u + c_1^2\phi u/(\phi + c_1^2 u)$, the effective degrees of freedom per row, the equations {eq}`eq-traces` read $p = 1 - e(u)$, $q = \phi/\psi - e(u)$ and $\lambda u = p\,q$. At $\phi/\psi = N/n = 1$, $p = q = \sqrt{\lambda u}$, which vanishes with $\lambda$, so $e(u) \to 1$.
# The bracket $Q = \mathcal L_{\rm tr}/\lambda$ of {eq}`eq-err-train` is $m_1$ times a function $B$ that depends on $u$ alone: $m_2/m_1 = \phi/(\phi + c_1^2 u)$, and $S$ is $m_1$ times $\phi/(\psi u)$ times a constant matrix. Since $B$ has a derivative in $u$ and $u$ has one in $\sqrt\lambda$, the singular part of
# $\mathcal L_{\rm te} = -Q'/m_1^2$ comes from $m_1 = p/\lambda = \sqrt{u/\lambda}$ alone: $-m_1'/m_1^2 = (1/m_1)' = \frac12 (\lambda u)^{-1/2}(1 + o(1))$. $\square$
# ````
#
# The factor $\mathcal L_{\rm tr}/(\lambda m_1)$ is bounded, and it is *the only place where the step enters*: it lowers the peak by what it explains, and cannot remove it. A penalty can {cite}`Nakkiran2021`.

# %%
half = problem.resized(n // 2)
penalties = [small_ridge, ridge]


def sweep(problems):
    """Both errors of each problem: (errors, draws, steps, problems, penalties)."""
    runs = [run_many(p, [0.0, eta], penalties, draws, n_test=n_test) for p in problems]
    return [
        np.moveaxis([r.values(name) for r in runs], 0, 2)
        for name in ("train_error", "test_error")
    ]


def formulas(problems):
    """The same from the formulas: (errors, steps, problems, penalties)."""
    found = [formula(p, penalties, [[0.0], [eta]]) for p in problems]
    return np.moveaxis(found, 0, 2)


def laws_of(problems):
    """All three laws: (laws, errors, steps, problems, penalties)."""
    return np.moveaxis([laws(p, penalties) for p in problems], 0, 3)


def wide(ratio):
    return replace(half, N=max(round(ratio * half.n), 2))


def fine(ratios, unit):
    """A grid for the curves, of ratios that whole numbers of units or rows can have."""
    coarse, peak = np.geomspace(min(ratios), max(ratios), 150), np.linspace(0.9, 1.1, 41)
    counts = np.round(unit * np.concatenate([coarse, peak]))
    return np.unique(counts[counts >= 10]) / unit


widths_fine = fine(widths, half.n)
widths_predicted = formulas([wide(r) for r in widths_fine])
widths_measured = sweep([wide(r) for r in widths])


# %% tags=["hide-input"]
def double_descent(ratios, dense, predicted, measured, linear):
    """Both errors (columns) at both penalties (rows) against a ratio of sizes."""
    averages = [over_seeds(values) for values in measured]
    return [
        Panel(
            f"{title} error, λ = {penalty:g}",
            [
                Curve(
                    name,
                    (dense, predicted[e, s, :, k]),
                    (
                        ratios,
                        averages[e].mean[s, :, k],
                        averages[e].standard_error[s, :, k],
                    ),
                )
                for s, name in enumerate(best)
            ],
            baselines(dense, linear[e], problem.noise_variance),
            yscale="log",
        )
        for k, penalty in enumerate(penalties)
        for e, title in enumerate(("Training", "Test"))
    ]


linear_here = linear_errors(half, best_linear(half)[0])

# %% mystnb={"figure": {"caption": "Double descent: errors against the number of hidden units per row, at a small penalty (top) and a moderate one (bottom), with and without the step. Lines: {eq}`eq-err-train` and {eq}`eq-err-test`. Points: simulation at half the sizes of the page, mean over seeds with standard errors.", "name": "fig-err-width"}, "image": {"alt": "Four log-log panels against N over n. At the small penalty the training error falls steeply towards N equal to n and the test error has a sharp peak there, with the step as without, but lower with it. At the moderate penalty the peak is gone. The step's advantage shrinks for very wide networks. Points lie on the curves."}}
against(
    double_descent(widths, widths_fine, widths_predicted, widths_measured, linear_here),
    "$N/n$",
    marks={"$N = n$": 1.0},
)

# %% tags=["hide-input"]
square = replace(half, N=half.n)
tiny = np.array([1e-10, 1e-8])
for name, size in zip(best, (0.0, eta), strict=True):
    theory = np.array(errors(square, tiny, size))
    trace = traces(square, tiny)
    slope = 1 / (2 * np.sqrt(tiny * trace.q * trace.m1))
    ratio, other = (
        theory[1] / (np.array(errors(square, tiny, e)[0]) / (tiny * trace.m1) * slope)
        for e in (size, eta - size)
    )
    claims.check(
        f"At N = n, {name}, the test error grows like the inverse square root of "
        f"the ridge, with the predicted constant (ratio at ridge {tiny[0]:g}; tolerance: "
        f"what it changed from {tiny[1]:g})",
        measured=ratio[0],
        predicted=1.0,
        tolerance=abs(ratio[1] - ratio[0]),
        source="Errors, proposition: the peak",
        control=("the constant of the other network", other[0]),
    )

# %% tags=["hide-input"]
check_step(
    f"{len(widths)} widths, two penalties",
    widths_measured,
    laws_of([wide(r) for r in widths]),
)

# %% [markdown]
# ### Wide networks, $N \gg n, d$
#
# To the right of the peak the curves flatten. Where to? With many units the noise in {eq}`eq-equivalent` averages out: $F_0F_0^\top/N \to c_1^2\, \tilde X\tilde X^\top/d + c_>^2 I$. So the untrained network becomes ridge regression on $\tilde X$, and its non-linearity becomes a penalty.
#
# ````{prf:proposition} Infinitely wide, untrained
# :label: prop-err-wide
#
# As $\psi \to 0$ at fixed $\phi$ and $\psi\lambda$, the predictions of the untrained network, and with them its test error, are those of ridge regression on $\tilde X$ (without intercept) at the penalty
#
# ```{math}
# :label: eq-err-implicit
# \lambda_{\rm lin} = \frac{\phi\, c_>^2 + \psi\, \lambda}{c_1^2} .
# ```
# ````
#
# On new inputs, that is. On the training rows the two differ: $\mathcal L_{\rm tr}$ of the network is the share $\psi\lambda/(\phi c_>^2 + \psi\lambda)$ of the linear model's, because the non-linear part can also fit what the linear part leaves.
#
# Even without any penalty, $\lambda \to 0$, the wide network is regularised, by its own non-linear part. This *implicit* ridge is why there is no second catastrophe to the right of the peak. Whether it is a good penalty is a matter of luck: $\phi c_>^2/c_1^2$ knows nothing of the teacher.

# %%
wider = [replace(problem, N=n * ratio) for ratio in (10**4, 10**6)]
explicit = wider[-1].psi * ridge / problem.student[1] ** 2
implicit = explicit + (
    problem.phi * problem.student.nonlinear_variance / problem.student[1] ** 2
)
test_wide = [errors(p, ridge)[1] for p in wider]
test_explicit, test_implicit = (
    linear_errors(problem, value, intercept=False)[1] for value in (explicit, implicit)
)
claims.check(
    "Infinitely wide untrained network: test error of ridge regression on the "
    "inputs at the implicit penalty (N/n = 10^6; tolerance: what it changed from 10^4)",
    measured=test_wide[1],
    predicted=test_implicit,
    tolerance=abs(test_wide[1] - test_wide[0]),
    source="Errors, proposition: infinitely wide, untrained",
    control=("the explicit penalty alone", test_explicit),
)
Markdown(
    f"The implicit penalty here is {implicit:.3g}, the best one for the linear "
    f"model {linear_ridge:.3g}: test error {test_implicit:.3f} against "
    f"{linear_test:.3f}."
)

# %% [markdown]
# The step's advantage fades to the right as well. The bulk of $F$ grows like $\sqrt{N}$ while a spike's strength, for given $\eta$, does not grow with $N$: in {eq}`eq-err-train` the regressors keep their price $S$, but there is less and less left to gain from paying it, $D \sim m_1 \sim \psi/\phi$.
# **A wider network needs a larger step**, $\eta^2 \gtrsim N/n$, for the same effect. The exponent $\alpha$ of the theory hides this, because there $N$ and $n$ grow together. The smallest step that makes an outlier shows the rule:

# %%
wide_steps = [critical_step(replace(problem, N=n * 10**k)) for k in (2, 4, 6)]
powers_of_width = np.diff(np.log10(wide_steps)) / 2
claims.check(
    "Wide networks: the smallest step that makes an outlier grows like a power of N/n "
    "(from N/n = 10^4 to 10^6; tolerance: what the power still changed)",
    measured=powers_of_width[1],
    predicted=0.5,
    tolerance=abs(powers_of_width[1] - powers_of_width[0]),
    source="Errors, wide networks",
    control=("one step for every width", 0.0),
)


# %% [markdown]
# ## More data
#
# Now we fix the network and give it more rows, in both batches. The same peak appears at $n = N$, this time as something paradoxical: near it, *more data make the test error worse*. With the right penalty they do not {cite}`Nakkiran2021`.

# %%
def long(ratio):
    return replace(half, n=max(round(ratio * half.N), 10))


samples_fine = fine(samples, half.N)
samples_predicted = formulas([long(r) for r in samples_fine])
samples_measured = sweep([long(r) for r in samples])
best_lines = [linear_errors(p, best_linear(p)[0]) for p in map(long, samples_fine)]
linear_samples = np.transpose(best_lines)

# %% mystnb={"figure": {"caption": "Errors against the number of rows per hidden unit, at a small penalty (top) and a moderate one (bottom), with and without the step. The best linear model sees the same rows. Lines: {eq}`eq-err-train` and {eq}`eq-err-test`. Points: simulation at half the sizes of the page, mean over seeds with standard errors.", "name": "fig-err-samples"}, "image": {"alt": "Four log-log panels against n over N. At the small penalty the test error rises to a peak at n equal to N and falls beyond it; at the moderate penalty it falls throughout. With many rows the untrained network ends above the best linear model and the network with the step below it. Points lie on the curves."}}
against(
    double_descent(
        samples, samples_fine, samples_predicted, samples_measured, linear_samples
    ),
    "$n/N$",
    marks={"$n = N$": 1.0},
)

# %% tags=["hide-input"]
found = laws_of([long(r) for r in samples])
check_step(f"{len(samples)} numbers of rows, two penalties", samples_measured, found)
for s, (name, size) in enumerate(zip(best, (0.0, eta), strict=True)):
    tuned = [
        best_ridge(p, size)[1] for p in map(long, samples)
    ]
    claims.check(
        f"More data never make the test error worse at the best penalty, {name} "
        f"(largest rise along {len(samples)} numbers of rows, predicted)",
        measured=max(np.diff(tuned), default=0.0),
        predicted=0.0,
        tolerance=0.0,
        source="Nakkiran et al. 2021, optimal regularization",
        kind="at most",
        control=(
            f"the fixed penalty {small_ridge:g}",
            max(np.diff(found[0, 1, s, :, 0]), default=0.0),
        ),
    )


# %% [markdown]
# ### What is left when everything abounds
#
# Let first $n \gg N, d$, then $N \gg d$. All that is left is what the features cannot express.
#
# ````{prf:proposition} Floors
# :label: prop-err-floors
#
# Let $c_{\star,1} \ne 0$, $g \sim \mathcal N(0,1)$ and $\lambda \to 0$. For $n \gg N \gg d$ the test error tends to
#
# ```{math}
# :label: eq-err-floor
# \sigma_\varepsilon^2 + \min_{h} \; \mathbb E\,\big(\sigma_\star(g) - h(g)\big)^2 ,
# ```
#
# where $h$ runs over $\operatorname{span}\{g\}$ for the untrained network, and over $\operatorname{span}\{g,\, g^k : k \in K\}$ when the spikes of the orders $K$ are infinitely strong.
# ````
#
# ````{dropdown} Proof
# With $n \gg d$, in the batch of the step too, and $c_{\star,1} \ne 0$ the direction is exact, $\rho \to 1$, and $t$ is the teacher's own variable; the rows are not lengthened, as $\kappa \to 0$ by {eq}`eq-imp-kappa`. With $n \gg N \gg d$, $\lambda \to 0$: $\lambda m_1 \to 1$, $u = q m_1 \to \infty$ relative to $\phi$, hence $m_2/m_1 = \phi/(\phi + c_1^2u) \to 0$: linear functions are free. Then {eq}`eq-err-train` with $S = 0$ is least squares of
# $\sigma_\star(g)$ on the $g^k$ in the inner product in which $He_j$ has square norm $j!$, that is in $L^2$ of the Gaussian, with $He_1$ projected out. $\square$
# ````
#
# Without a step, then, unlimited data and unlimited width buy the best *linear* predictor and not more. This is the wall that one gradient step takes down, one power after the other. Note that $h$ has no constant term: the even spike $g^2$ has to spend some of itself on its own mean, so that of
# $c_{\star,2} He_2$ a part remains.

# %% tags=["hide-input"]
def floor(problem, orders):
    """Bayes error plus the distance of the teacher from the span of the powers."""
    z, w = gaussian_rule(problem.sigma_star.kinks)
    powers = z[:, None] ** np.array(orders) * np.sqrt(w)[:, None]
    target = problem.sigma_star(z) * np.sqrt(w)
    rest = target - powers @ np.linalg.lstsq(powers, target, rcond=None)[0]
    return problem.noise_variance + rest @ rest


def abundant(degree):
    """Test error on a plateau, with plenty of data and width, and with a hundred times more of both."""
    sizes = [replace(problem, N=d * 10**k, n=d * 10 ** (2 * k)) for k in (3, 5)]
    return [plateau(p, 10.0 ** -(k + 4), degree)[1] for p, k in zip(sizes, (3, 5), strict=False)]


for name, degree, orders, wrong in (
    ("without a step", 0, (1,), ("the Bayes error", problem.noise_variance)),
    (
        f"with spikes of order {', '.join(map(str, active))}",
        active[-1],
        active,
        ("the best line", floor(problem, (1,))),
    ),
):
    floors = abundant(degree)
    claims.check(
        f"Unlimited data, then unlimited width, {name}: the test error ends at the "
        "best polynomial in the active powers (tolerance: what a hundredfold width "
        "still changed)",
        measured=floors[1],
        predicted=floor(problem, orders),
        tolerance=abs(floors[1] - floors[0]),
        source="Errors, proposition: floors",
        explain="A teacher without a linear part does not show the step its direction.",
        control=wrong,
    )

# %% tags=["remove-input"]
Markdown(
    f"Here the floors are **{floor(problem, (1,)):.3f}** without a step and "
    f"**{floor(problem, active):.3f}** with the spikes of order "
    f"{', '.join(map(str, active))}, above a Bayes error of "
    f"{problem.noise_variance:.3f}."
)

# %% [markdown]
# (sec-err-breaks)=
# ## Where it breaks
#
# Equation {eq}`eq-err-train` drops terms of relative order $\delta^2$, {eq}`eq-err-tilt`. They vanish as $n \to \infty$ for every $\alpha < \frac12$, but at $n$ of a thousand and large $\alpha$ they can be seen. At $\alpha = \frac12$ they do not vanish at all. The any-step theory keeps them. To tell the two theories apart we take many more draws of the largest step, at half the sizes: at $\alpha = \frac12$, $\delta$ does not depend on $n$.

# %%
steps = np.array([problem.step(value) for value in alphas])
alphas_fine = np.linspace(min(alphas), max(alphas), 41)
steps_fine = n**alphas_fine
by_alpha = run_many(problem, [0.0, *steps], ridge, draws, n_test=n_test)
many = range(seed + seeds, seed + 7 * seeds)
at_last = run_many(
    half, [0.0, half.step(alphas[-1])], ridge, many, n_test=100
).values("train_error")[:, :, 0]
names_of_errors = ("train_error", "test_error")
measured_alpha = [
    over_seeds(by_alpha.values(name)[:, 1:, 0]) for name in names_of_errors
]
finite_strength, every_step = (
    formula(problem, ridge, steps_fine),
    any_step.errors(problem, ridge, steps_fine),
)

# %% tags=["hide-input"]
breaking = [
    Panel(
        f"{title} error",
        [
            Curve("finite strength", (alphas_fine, finite_strength[e])),
            Curve("any-step theory", (alphas_fine, every_step[e])),
            Curve(
                "simulated",
                None,
                (alphas, measured_alpha[e].mean, measured_alpha[e].standard_error),
            ),
        ],
        baselines(
            alphas_fine,
            linear_errors(problem, linear_ridge)[e],
            problem.noise_variance,
        ),
    )
    for e, title in enumerate(("Training", "Test"))
]

# %% mystnb={"figure": {"caption": "Errors against the step exponent. Solid: finite strength, {eq}`eq-err-train` and {eq}`eq-err-test`. Dashed: the any-step theory. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-breaks"}, "image": {"alt": "Training and test error fall with the step exponent. The two theoretical curves coincide for small exponents and separate towards one half, where the simulated points follow the any-step theory."}}
against(breaking, r"$\alpha = \log\eta/\log n$", xscale="linear")

# %% tags=["hide-input"]
at_alphas = [np.array(law(problem, ridge, steps)) for law in (formula, any_step.errors)]
untrained = formula(problem, ridge, 0.0)
off_by = [untrained[:, None] - values for values in at_alphas]  # what a step takes off
for e, (title, name) in enumerate(zip(("training", "test"), names_of_errors, strict=False)):
    values = by_alpha.values(name)[:, :, 0]
    check_curve(
        f"What steps up to alpha = {alphas[-1]:g} take off the {title} error, paired: "
        "the any-step theory",
        values[:, :1] - values[:, 1:],
        off_by[1][e],
        control=("nothing", 0.0),
        source="Errors, where it breaks",
    )
before, after, shortened = (
    law(half, ridge, half.step(alphas[-1]) * moved)[0]
    for law, moved in ((formula, 0), (any_step.errors, 1), (formula, 1))
)
# what a draw's labels do to both errors cancels in this difference, whose mean stays what it is
left = over_seeds(at_last[:, 1] - after / before * at_last[:, 0])
claims.check(
    f"After a step of alpha = {alphas[-1]:g} the training error is the any-step theory's "
    f"share of the untrained network's (difference, {len(many)} draws at half the sizes)",
    measured=left.mean,
    predicted=0.0,
    standard_error=left.standard_error,
    tolerance=chance(len(many)) * left.standard_error,
    source="Errors, where it breaks",
    explain="At smaller steps the two theories hardly differ.",
    control=("finite strength", shortened - after),
)

# %% [markdown]
# Other ways to leave the theory's ground:
#
# * *Polynomial activations* obey the limits, but their derivatives are unbounded and the corrections at these sizes are large.
# * *Correlated batches.* If the batch of the step is used again for the fit, $t$ and $\tilde y$ are correlated beyond the teacher, and the training error promises too much.
# * *An order-one first output* changes the direction of the step ([Setup](setup)): $\beta$ then contains $W_0^\top a$, so $t$ is no longer independent of the untrained features. The library refuses this case.
# * *A teacher without a linear part* has $\rho = 0$: $v$ keeps nothing but the teacher's constant, and without one the step gains nothing.

# %% tags=["remove-input"]
record(
    eta=eta,
    best_ridge_without=best["without a step"][0],
    best_ridge_with=best["with the step"][0],
    test_error_without=measured[1].mean[0, at],
    test_error_with=measured[1].mean[1, at],
    test_error_with_predicted=formula(problem, ridges[at], eta)[1],
    test_error_with_standard_error=measured[1].standard_error[1, at],
    best_linear=linear_test,
    bayes=problem.noise_variance,
    kappa=kappa,
    gap_network=gaps[:, 0, :, -1].mean(axis=0),
    gap_gaussian=gaps[:, 2, :, -1].mean(axis=0),
)

# %% [markdown]
# ## What to take along
#
# * The step adds regressors $P_1(t) = t$, $P_2(t) = t^2 + \kappa$, … to random features and charges a price that falls with $\eta$, {eq}`eq-err-train`.
# * The training error for all penalties contains the test error, {eq}`eq-err-test`.
# * At $N = n$ the test error grows like $\lambda^{-1/2}$, with the step as without, {eq}`eq-err-peak`; the right penalty removes the peak.
# * Without the step, no amount of data or width beats the best linear model, {eq}`eq-err-floor`.
#
# ## Exercises
#
# ````{exercise-start} All penalty
# :label: ex-err-heavy
# ````
#
# What do $\mathcal L_{\rm tr}$ and $\mathcal L_{\rm te}$ become as $\lambda \to \infty$? Answer from the definition, then from {eq}`eq-err-train` and {eq}`eq-err-test`.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-heavy
# :class: dropdown
# ````
#
# By definition: the penalty forces $\hat a \to 0$, and predicting zero costs $\mathbb E y^2 = c_\star^2 + \sigma_\varepsilon^2$ in training as in test. From the formulas: $\lambda m_1 \to 1$ and $\lambda m_2 \to 1$, so $\lambda b \to c_\star^2 + \sigma_\varepsilon^2$; $TDT^\top$ vanishes like $1/\lambda$ while $S$ does not,
# so that $\lambda v^\top M^{-1}v$ vanishes like $1/\lambda$ as well. With $\mathcal L_{\rm tr}/\lambda \approx (c_\star^2 + \sigma_\varepsilon^2)/\lambda$ the derivative in {eq}`eq-err-test` gives the same number.

# %%
heavy = formula(problem, 1e4, eta)
claims.check(
    "A penalty of 10^4: both errors are the mean square of the labels (larger of "
    "the two relative deviations)",
    measured=np.max(
        np.abs(heavy / (problem.target.second_moment + problem.noise_variance) - 1)
    ),
    predicted=0.0,
    tolerance=1e-4 * (1 + problem.target.second_moment * eta**2),
    source="Errors, exercise: all penalty",
    kind="at most",
)


# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Features by hand
# :label: ex-err-regressors
# ````
#
# The proof of {prf:ref}`thm-err-train` says that the step adds regressors. Do it without any step: take the *untrained* features, append the columns $P_k(t)$ for the active orders, mixed and scaled so that the ordinary penalty $\lambda\|a\|^2$ charges $\lambda w^\top S w$ for them, and fit. Compare
# both errors with the trained network's on the same draw. For which of the two does the proof promise agreement, and why not for the other?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-regressors
# :class: dropdown
# ````
#
# If $S^{-1} = LL^\top$ and the new columns are $[\,P_k(t)\,]L$, then coefficients $b$ on them amount to $w = Lb$ and cost $\lambda\|b\|^2 = \lambda w^\top S w$.

# %%
def engineered(problem, seed):
    """Trained network, untrained features with powers of t appended: errors (2, 2)."""
    draw, size = sample.draw(problem, seed, problem.n), problem.step(alpha)
    step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    X, length = np.vstack([draw.ridge.X, draw.test.X]), np.linalg.norm(step.direction)
    k, student = np.array(active), np.array([problem.student[j] for j in active])
    theta = problem.student[1] ** k * student * (size * length) ** k
    V = np.sum(draw.a[:, None, None] ** (k[:, None] + k), axis=0)
    price = problem.phi / (problem.psi * traces(problem, ridge).q)
    L = np.linalg.cholesky(np.outer(theta, theta) * V / price)
    powers = equivalent.powers(X @ step.direction / length, active[-1], kappa)
    powers = powers[:, k - 1] @ L
    untrained = network.features(problem, X, draw.W0)
    trained = network.features(problem, X, draw.W0, step.matrix, size)
    return [fitted(trained, draw), fitted(np.hstack([untrained, powers]), draw)]


pairs = np.array([engineered(half, s) for s in draws])
between = over_seeds(pairs[:, 0] - pairs[:, 1])
whole, written, nothing = (
    law(half, ridge, size)[0]
    for law, size in (
        (any_step.errors, half.step(alpha)),
        (formula, half.step(alpha)),
        (formula, 0.0),
    )
)
claims.check(
    "Untrained features with powers of t appended have the trained network's "
    "training error, up to what the formula drops (paired difference)",
    measured=between.mean[0],
    predicted=0.0,
    standard_error=between.standard_error[0],
    tolerance=chance(seeds) * between.standard_error[0] + abs(whole - written),
    source="Errors, theorem: training error",
    control=("nothing appended", written - nothing),
)
Markdown(
    f"Network minus engineered features: training error {between.mean[0]:+.4f} ± "
    f"{between.standard_error[0]:.4f}, test error {between.mean[1]:+.4f} ± "
    f"{between.standard_error[1]:.4f}."
)


# %% [markdown]
# Claimed is the training error. In the *test* error the network may pay more: to realise $w$ it has to move its second layer by an amount of order $\sqrt{w^\top S w}$ in directions fixed by $a^{\circ k}$, and on fresh inputs the untrained features answer to this move with noise. In the formula it is the derivative of $S$, which
# depends on $\lambda$ through $q$; the engineered regression has a constant price. For infinitely strong spikes, $S = 0$, the difference vanishes.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A teacher with a constant
# :label: ex-err-constant
# ````
#
# Take the teacher $He_1 + \frac12 He_2$ and add a constant, $c_{\star,0} = 1$. The network has no bias in its second layer. Who pays for the constant: the untrained network, a trained tanh network, a trained softplus network?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-constant
# :class: dropdown
# ````
#
# The constant is $He_0$. The untrained features are centred and see it as noise. Among the powers of $t$ only the even ones contain $He_0$, and tanh has no even spikes. So compare the plateaus of two spikes, with and without the constant.

# %%
def price_of_constant(name, degree):
    """What a constant of 1 in the teacher adds to the test error."""
    raised = replace(problem, activation=name, teacher=(1.0, 1.0, 0.5))
    return (
        plateau(raised, ridge, degree)[1]
        - plateau(replace(raised, teacher=(0.0, 1.0, 0.5)), ridge, degree)[1]
    )


Markdown(
    "\n".join(
        f"* {name}, {'untrained' if degree == 0 else 'with two spikes'}: "
        f"{price_of_constant(name, degree):+.3f}"
        for name, degree in (("tanh", 0), ("tanh", 2), ("softplus", 0), ("softplus", 2))
    )
)

# %% [markdown]
# A positive number is a price. Softplus takes part of it back. With an odd activation the constant is noise: it costs more than its square, because the fit follows part of it, and it enters $\|\beta\|$ as well. For softplus both spikes help. The even one carries a constant, as always. And with $c_2$ and $c_{\star,0}$ both different from zero the step also stretches unit $j$ along its own $w_j$, by $2c_2c_{\star,0}\,\eta a_j$, which gives the first spike a constant of its own ({prf:ref}`rem-imp-drift`).
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The best penalty of the linear model
# :label: ex-err-linear
# ````
#
# For ridge regression on $x$, minimise the limiting test error over the penalty. Show that the best one is $\lambda = \phi\, s^2/c_{\star,1}^2$, with $s^2$ as in the list of baselines, and check it.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-linear
# :class: dropdown
# ````
#
# Ridge regression with penalty $n\lambda\|b\|^2$ is the Bayes estimate for a Gaussian prior $b \sim \mathcal N(0, \omega^2 I)$ and noise variance $s^2$ when $n\lambda = s^2/\omega^2$. The true coefficient vector $c_{\star,1}\beta_\star$ looks like such a draw with $\omega^2 = c_{\star,1}^2/d$, by rotation invariance. So
# $\lambda = s^2 d/(n\, c_{\star,1}^2)$ {cite}`DobribanWager2018`. The same argument explains why the training baseline of {numref}`fig-err-samples` is flat: at the best penalty $\tilde y \sim \mathcal N\big(0, \tfrac{s^2}{\lambda}(\tilde X\tilde X^\top/n + \lambda)\big)$, so that
# $\mathcal L_{\rm tr} = \frac\lambda n \tilde y^\top(\tilde X\tilde X^\top/n + \lambda)^{-1}\tilde y \to s^2$ for any number of rows.

# %%
closed_form = np.clip(
    problem.phi * unexplained(problem) / max(problem.target[1] ** 2, 1e-12), 1e-8, 1e4
)
claims.check(
    "Linear model: the best ridge penalty is phi s^2 / c_{*,1}^2 (ratio of the "
    "two test errors)",
    measured=linear_errors(problem, closed_form)[1] / linear_test,
    predicted=1.0,
    tolerance=1e-6,
    source="Dobriban and Wager 2018, ridge regression",
)
claims.check(
    "Linear model at its best penalty: the training error is s^2, whatever the "
    "number of rows",
    measured=linear_errors(
        replace(problem, n=7 * n), best_linear(replace(problem, n=7 * n))[0]
    )[0],
    predicted=unexplained(problem),
    tolerance=1e-4 * unexplained(problem),
    source="Errors, exercise: the best penalty of the linear model",
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
