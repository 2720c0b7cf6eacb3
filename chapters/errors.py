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
# **The result of this chapter.**
# One step adds the regressors $P_1(t), P_2(t), \dots$ to a ridge regression and charges a price for each, which falls as the step grows; leaving one row out turns the training error into the test error.
#
# ```{strip}
# :level: graduate course
# :needs: the three traces of [Setup](setup), {prf:ref}`thm-traces`, and what a spike is, [Growing step](many_spikes)
# ```

# %% tags=["parameters"]
n = 1000  # rows of each batch [>= 100]
d = 500  # input dimension [>= 20]
N = 750  # hidden units [>= 20]
activation = "softplus"  # of the network
teacher = [0.0, 1.0, 0.5]  # Hermite coefficients of the teacher
noise_std = 0.5  # standard deviation of the label noise [>= 0]
alpha = 0.29  # step exponent: eta = n**alpha [> 0, <= 0.4]
ridge = 0.1  # ridge penalty where a figure uses one [> 0]
small_ridge = 0.0003  # ridge penalty at the interpolation threshold [> 0]
ridges = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]  # penalties of the ridge curves [> 0]
widths = [0.1, 0.3, 0.6, 0.8, 1.0, 1.25, 2.0, 4.0]  # N/n in the double descent [> 0]
n_test = 2000  # rows of the test batch [>= 100]
seeds = 10  # draws that are averaged [>= 2]
seed = 0  # the first of them [>= 0]

# %% tags=["hide-input"]
import math
from dataclasses import replace

import numpy as np

from onestep import Problem, theory
from onestep.book import claims, glue, markdown_table, over_seeds, provenance, record
from onestep.book.curve_claims import check_errors
from onestep.book.figures.curves import Curve, level
from onestep.book.figures.errors import Panel, against, baselines, both_errors
from onestep.hermite import monomials_in_hermite
from onestep.simulation import OneStep, equivalent, run_many
from onestep.simulation.ridge import path

ridges, widths = sorted(ridges), sorted(widths)
draws = range(seed, seed + seeds)
problem = Problem(
    n=n, d=d, N=N, activation=activation, teacher=teacher, noise_std=noise_std
)
eta = problem.step(alpha)
active = theory.regime(problem, alpha).active
kappa = theory.limit_geometry(problem).lengthening
half = problem.resized(n // 2)
linear_ridge, linear_test = theory.best_linear(problem)


# %% tags=["hide-input"]
def spike_terms(problem, ridge, eta, orders, geometry=None):
    """T, D, theta, V of the spikes of these orders, and the teacher along t."""
    trace, shape = (
        theory.traces(problem, ridge),
        geometry or theory.limit_geometry(problem),
    )
    k, j = np.array(orders, dtype=int), np.arange(max(orders, default=0) + 2)
    longer = 1 + theory.limit_geometry(problem).lengthening
    T = monomials_in_hermite(len(j) - 1)[k] * longer ** (
        np.maximum(k[:, None] - j, 0) / 2
    )
    D = trace.m1 * np.array([float(math.factorial(i)) for i in j])
    D[1] = trace.m2
    student = np.array([problem.student[i] for i in orders])
    theta = problem.student[1] ** k * student * (eta * shape.beta_norm) ** k
    root = theory.responses.readout_factor(problem, shape)[k - 1] * problem.N ** (
        (1 - k[:, None]) / 2
    )
    target = np.array([problem.target[i] for i in j]) * shape.cosine**j
    return T, D, theta, root @ root.T, target


def relative_price(order, size):
    """S_kk over the worth (T D T')_kk of the regressor: 1 halves its coefficient."""
    T, D, theta, V, _ = spike_terms(problem, ridge, size, (order,))
    scale = problem.phi / (problem.psi * theory.traces(problem, ridge).q)
    return (scale / (theta**2 * V[0]) / (T**2 @ D))[0]


# %% tags=["remove-input"] mystnb={"figure": {"caption": "Left: the price of each regressor, relative to its worth; at price 1 the regression uses half of it. Right: the test error falls as the prices fall. Lines: theory at the sizes of this page.", "name": "fig-err-prices"}, "image": {"alt": "Left, two falling straight lines on a logarithmic axis, the price of P_1 and the higher price of P_2, which both cross the level 1. Right, the test error against the step exponent falls from above the best linear model to below it."}}
exponents = np.linspace(0, 0.45, 46)
test = theory.errors(problem, ridge, n**exponents)[1]
prices = [[relative_price(k, n**x) for x in exponents] for k in active]
curves = [
    Curve(f"$P_{k}(t)$", (exponents, price))
    for k, price in zip(active, prices, strict=True)
]
curves.append(Curve("half used", level(exponents, 1.0)))
lines = baselines(exponents, linear_test, problem.noise_variance)
left = Panel("Price of a regressor", curves, ylabel="price / worth", yscale="log")
test_curve = [*map(Curve, "_" * len(curves)), Curve("test error", (exponents, test))]
right = Panel("Test error", test_curve, lines)
against([left, right], r"step exponent $\alpha = \log\eta/\log n$", xscale="linear")

# %% [markdown]
# After this chapter you can
#
# * predict training and test error of a network before and after the step, for *your* sizes, ridge and activation;
# * derive both formulas in a few lines, and say which line is exact and which is a limit;
# * explain why the test error peaks where $N = n$, and what the step can do about it;
# * say when a network beats the best linear model.
#
# ## The regressor picture
#
# After the step the first layer is frozen.
# Ridge regression fits the second layer on a fresh batch.
# Everything about the step is therefore in the features that it offers to this regression.
#
# All units were pushed along one direction $\beta$.
# So the new features contain functions of one variable, the projection $t = \beta^\top x/\|\beta\|$.
# For each active order $k$ there is one such function, a polynomial $P_k(t)$ of degree $k$.
# The untrained features contain $t$ itself only weakly, and its higher powers only as noise.
#
# Ridge regression may use $P_k(t)$ with any coefficient $w_k$, but it has to pay for it.
# To produce $w_k P_k(t)$ the second layer must move along one direction, and the penalty charges for the move.
# A spike of strength $\theta_k$ needs a move of length $\propto |w_k|/\theta_k$, hence a price $\propto w_k^2/\theta_k^2$.
# Strong spikes are nearly free, and weak spikes are too expensive to use.
# {numref}`fig-err-prices` shows both facts for the network of this page.
#
# *By hand.*
# Fit labels $y = c\,t + \text{noise}$ by $w\,t$, with a price $S w^2$ and with $t$ of worth $D$.
# We minimise $D\,(c - w)^2 + S\,w^2$ and find
#
# $$
# w = \frac{D}{D + S}\; c, \qquad \text{gain} = D c^2 - \frac{DS}{D+S}\,c^2 = \frac{D^2c^2}{D + S} .
# $$
#
# At $S = D$ half of the gain is left.
# {prf:ref}`thm-err-train` says the same with matrices in place of numbers.
#
# ## What is measured, and against what
#
# The fresh batch $(\tilde X, \tilde y)$ of $n$ rows has the features $F = \sigma(\tilde X W^\top)$, {eq}`eq-features`.
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
# the expectation over a fresh pair $(x, y)$.
# The training error includes the penalty, the test error the label noise.
# ````
#
# An error says little without a comparison.
# Every figure therefore shows two baselines.
#
# * The **Bayes error** $\sigma_\varepsilon^2$ is what the teacher itself would leave.
#   Nothing can be better.
# * The **best linear model** is ridge regression of $\tilde y$ on the inputs (with an intercept), at its own best penalty.
#   To it everything in the teacher beyond the linear part is noise, of variance $\sigma_{\rm lin}^2 = c_\star^2 - c_{\star,0}^2 - c_{\star,1}^2 + \sigma_\varepsilon^2$, so {cite:t}`DobribanWager2018` give its errors.
#
# Here the Bayes error is {glue:text}`bayes:.3f` and the best linear model reaches {glue:text}`linear:.3f` (with unlimited data {glue:text}`unexplained:.3f`).
# The step is $\eta = n^\alpha$ = {glue:text}`eta:.2f`.

# %% tags=["remove-cell"]
glue(bayes=problem.noise_variance, linear=linear_test)
glue(unexplained=theory.baselines.unexplained(problem), eta=eta, kappa=kappa)
glue(second=3 / (2 + (1 + kappa) ** 2))


# %% [markdown]
# ## Network, spikes, Gaussian noise: the same errors
#
# [Growing step](many_spikes) writes the features after the step as the untrained ones plus one term of rank one for each active order $k$:
#
# ```{math}
# :label: eq-err-spiked
# F \approx F_0 + \sum_{k=1}^{l} \theta_k\, P_k(t) \big(a^{\circ k}\big)^{\!\top}, \qquad F_0 = \sigma(\tilde X W_0^\top), \qquad
# \theta_k = c_1^k c_k\, \eta^k \|\beta\|^k .
# ```
#
# There are $l$ terms when $\frac{l-1}{2l} < \alpha < \frac{l}{2l+2}$.
# The polynomials are powers of $t$, averaged over the noise of the gradient.
# That noise lengthens the rows of $W$ ({prf:ref}`prop-longer-rows`) by an amount that {eq}`eq-kappa` calls $\kappa$:
#
# ```{math}
# :label: eq-err-powers
# \begin{gathered}
# P_k(t) = \mathbb E_g\,\big(t + \sqrt\kappa\, g\big)^k, \quad g \sim \mathcal N(0,1): \\
# P_1 = t, \quad P_2 = t^2 + \kappa, \quad P_3 = t^3 + 3\kappa t, \;\dots
# \end{gathered}
# ```
#
# On this page $\kappa$ = {glue:text}`kappa:.3f`.
# {cite:t}`Moniri2024` (the ICML text) state the equivalence below with $t^k$, the case $\kappa = 0$.
# With $P_2$ in place of $t^2$ a strong second spike keeps {glue:text}`second:.1%` of its gain.
#
# ````{prf:result} Equivalence of errors
# :label: thm-err-equivalence
#
# Assume the model of [Setup](setup) with $c_{\star,0} = 0$ or an odd activation, $c_1 \ne 0$, an activation with bounded derivatives, and a step on a batch of its own with $\eta = n^\alpha$, $\alpha < \frac12$ strictly inside the regime of $l$ spikes.
# In the proportional limit ridge regression at fixed $\lambda > 0$ then has the same limiting training and test errors on
#
# 1. the network's features $F$;
# 2. the spiked approximation {eq}`eq-err-spiked`;
# 3. its Gaussian equivalent, with $c_1 \tilde X W_0^\top + c_> Z$ in place of $F_0$ ({prf:ref}`thm-equivalence`).
# ````
#
# The theory works with the third model, and the reader cares about the first.
# [An appendix](errors_details) fits all three on the same draws at four sizes: they agree up to terms of relative order $\delta^2 \propto n^{2\alpha-1}$, {eq}`eq-err-tilt`, and a model with one spike less does not.
#
# ## The training error
#
# Some notation for the spikes, with $\rho = \cos(\beta, \beta_\star)$ as in {eq}`eq-direction` and $k$ over the orders with $c_k \ne 0$:
#
# * $T$ writes the spikes in Hermite polynomials, $P_k(t) = \sum_j T_{kj} He_j(t)$;
# * $D = \operatorname{diag}(D_0, D_1, \dots)$ says what a Hermite polynomial is worth after the untrained features have done their part: $D_1 = m_2$, and $D_j = j!\, m_1$ for $j \ne 1$;
# * $\Theta = \operatorname{diag}(\theta_k)$, and $V_{jk} = \sum_i a_i^{j+k}$ with the limit $N^{1-(j+k)/2}\, \mathbb E\, g^{j+k}$, $g \sim \mathcal N(0,1)$.
#
# ````{prf:result} Training error at finite strength (ours)
# :label: thm-err-train
#
# Assume that $F$ is the spiked approximation {eq}`eq-err-spiked`, that $F_0$ is Gaussian as in model 3 above, and that quadratic forms of its resolvent in vectors independent of it have their limits, {prf:ref}`thm-traces`.
# Then
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
# and $v_k = \sum_j T_{kj}\, D_j\, c_{\star,j}\, \rho^j$.
# Infinitely strong spikes, $S = 0$, and $\kappa = 0$ give the limits of {cite:t}`Moniri2024`.
# ````
#
# *Idea of the derivation.*
# The second layer $\mathsf a$ enters the spikes only through the few numbers $w = \Theta A^\top \mathsf a$, where $A$ has the columns $a^{\circ k}$.
# So minimise twice: first over $\mathsf a$ at fixed $w$, which is a ridge regression of $\tilde y - \sum_k w_k P_k(t)$ on the untrained features, then over $w$.
# The second minimisation is the example by hand, with matrices.
#
# ````{dropdown} The two minimisations
# The spikes are $F = F_0 + [P_k(t)]_k\, \Theta A^\top$, with the columns $P_k(t)$, and
#
# $$
# F \mathsf a = F_0 \mathsf a + \sum_k w_k\, P_k(t) .
# $$
#
# *First over $\mathsf a$, with $w$ fixed.*
# Without the constraint this is ridge regression of $\tilde y_w = \tilde y - \sum_k w_k P_k(t)$ on the untrained features, which leaves $\frac{\lambda}{n}\, \tilde y_w^\top R\, \tilde y_w$ with the resolvent $R = (F_0F_0^\top/n + \lambda)^{-1}$.
# Its minimiser does not know the vectors $a^{\circ k}$, which are independent of $F_0$, so $A^\top \mathsf a \approx 0$.
# Moving it to $A^\top \mathsf a = \Theta^{-1} w$ costs a quadratic form in what is moved,
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
# *Then over $w$.*
# Condition on $t$.
# Along $t$ the teacher is $\sum_j c_{\star,j} \rho^j He_j(t)$ plus what is uncorrelated with every function of $t$.
# The vectors $He_j(t)$ with $j \ne 1$ are asymptotically independent of $R$, so $\frac1n He_i(t)^\top R\, He_j(t) \to j!\, m_1\, 1\{i = j\}$.
# For $j = 1$, $t$ is a column of inputs, which $F_0$ contains linearly, and the limit is $m_2$: this is the definition of $m_2$.
# Hence
#
# $$
# \mathcal L_{\rm tr} = \lambda \min_w \big[\, b - 2 v^\top w + w^\top T D T^\top w + w^\top S\, w \,\big] = \lambda \big[\, b - v^\top M^{-1} v \,\big]. \qquad\square
# $$
#
# The derivation uses Gaussian equivalence for $F_0$, and that quadratic forms in independent vectors concentrate.
# We take both as given.
# What is dropped, in passing from the network to its spikes, is the change of $F_0$ itself, of relative order $\eta^2/N$, which [an appendix](errors_details) measures.
# ````
#
# The step size $\eta$ moves the price $S$ and nothing else.
# Regressor $k$ costs in proportion to $\eta^{-2k} N^{k-1}$.
# At $\eta = n^\alpha$ this vanishes in the limit exactly when $\alpha > (k-1)/(2k)$, the threshold of spike $k$.
# So the thresholds of the spectrum are those of the errors.
#
# Here is {eq}`eq-err-train`, matrix by matrix.

# %%
def training_error(problem, ridge, eta, orders):
    """(eq-err-train): lambda (b - v' M^-1 v), with M = T D T' + S."""
    trace = theory.traces(problem, ridge)
    T, D, theta, V, target = spike_terms(problem, ridge, eta, orders)
    S = np.linalg.inv(np.outer(theta, theta) * V)
    S *= problem.phi / (problem.psi * trace.q)
    M = T @ np.diag(D) @ T.T + S
    v = T @ (D * target)
    linear = problem.target[1] ** 2
    rest = problem.target.second_moment - linear + problem.noise_variance
    b = linear * trace.m2 + rest * trace.m1
    return ridge * (b - v @ np.linalg.solve(M, v))


# %% [markdown]
# ## From training to test error
#
# The test error asks about rows that were not used in the fit.
# Leave one row out, fit on the others, and predict it: that *is* a test.
# Linear models need not be fitted again for it.
#
# ````{prf:lemma} Leave one out
# :label: lem-err-loo
#
# Let $R = (FF^\top/n + \lambda)^{-1}$.
# Fit ridge regression with the penalty $n\lambda\|a\|^2$ on all rows but row $i$.
# Its error on row $i$ is
#
# ```{math}
# :label: eq-err-loo
# \tilde y_i - f_i^\top \hat a_{(i)} = \frac{(R \tilde y)_i}{R_{ii}} .
# ```
# ````
#
# ````{prf:proof}
# The fit on all rows has residual $\tilde y - F\hat a = \lambda R \tilde y$, because $F\hat a = FF^\top (FF^\top + n\lambda)^{-1}\tilde y = (I - \lambda R)\tilde y$.
# Now change $\tilde y_i$ to the value $\hat y = f_i^\top \hat a_{(i)}$ that the fit without row $i$ predicts.
# With this label row $i$ costs $\hat a_{(i)}$ nothing, so $\hat a_{(i)}$ is also the fit on all rows, and its residual at row $i$ is zero: $(R\,[\tilde y + (\hat y - \tilde y_i) e_i])_i = 0$.
# Solve for $\tilde y_i - \hat y$.
# ````
#
# The lemma is exact, at every size.
# We fit again for each row, at a small size, and compare with {eq}`eq-err-loo`.

# %%
def left_out(F, y, ridge):
    """(eq-err-loo): the error on each row of a fit without it, by one inverse."""
    R = np.linalg.inv(F @ F.T / len(y) + ridge * np.eye(len(y)))
    return R @ y / np.diag(R)


def refitted(F, y, ridge, i):
    """The same for row i, by leaving it out."""
    others, penalty = np.delete(F, i, axis=0), len(y) * ridge * np.eye(F.shape[1])
    a = np.linalg.solve(others.T @ others + penalty, others.T @ np.delete(y, i))
    return y[i] - F[i] @ a


# %% tags=["remove-input"]
small = OneStep.draw(problem.resized(max(n // 8, 20)), seed)
F, y = small.features(small.problem.step(alpha)), small.y
again = np.array([refitted(F, y, ridge, i) for i in range(len(y))])
own = y - F @ path(F, y, ridge).coefficients[:, 0]
off = [np.max(np.abs(again - x)) for x in (left_out(F, y, ridge), own)]
claims.check(
    f"Leave one out: {len(y)} refits and the identity give the same residuals "
    "(largest difference over the largest residual)",
    measured=off[0] / np.max(np.abs(again)),
    predicted=0.0,
    tolerance=1e-8,
    source="Errors, lemma: leave one out",
    kind="at most",
    control=("the fit's own residuals", off[1] / np.max(np.abs(again))),
)


# %% [markdown]
# Now let $n$ grow.
# The average of the squared residuals {eq}`eq-err-loo` tends to the test error.
# The diagonal entries $R_{ii}$ all tend to their mean $m_1$, since no row is special.
# The numerators are a derivative, because $\mathrm dR/\mathrm d\lambda = -R^2$ and $\mathcal L_{\rm tr} = \frac{\lambda}{n}\tilde y^\top R \tilde y$:
#
# $$
# \frac1n \|R\tilde y\|^2 = - \frac{\mathrm d}{\mathrm d\lambda}\, \frac1n \tilde y^\top R \tilde y = -\frac{\mathrm d}{\mathrm d\lambda}\, \frac{\mathcal L_{\rm tr}(\lambda)}{\lambda} .
# $$
#
# ````{prf:result} Test error (ours)
# :label: thm-err-test
#
# Assume what {prf:ref}`thm-err-train` assumes, that the diagonal entries $R_{ii}$ concentrate, and that limit and derivative in $\lambda$ may be exchanged.
# Then
#
# ```{math}
# :label: eq-err-test
# \mathcal L_{\rm te}(\lambda) = - \frac{1}{m_1^2}\, \frac{\mathrm d}{\mathrm d\lambda} \bigg[ \frac{\mathcal L_{\rm tr}(\lambda)}{\lambda} \bigg] .
# ```
# ````
#
# Whoever knows the training error for all $\lambda$ knows the test error.
# Statisticians know the right-hand side as *generalised cross-validation* {cite}`GolubHeathWahba1979`: with $\mathrm{df} = \operatorname{tr} F(F^\top F + n\lambda)^{-1}F^\top$ it is $\frac1n\|\tilde y - F\hat a\|^2 / (1 - \mathrm{df}/n)^2$, since $\lambda m_1 = 1 - \mathrm{df}/n$.
# The *training* batch alone gives this number.
# The spikes have finite rank, so $m_1$ is that of the untrained features.
# [An appendix](errors_estimates) measures how fast the $R_{ii}$ concentrate, and compares three estimates of the test error.
#
# The library differentiates {eq}`eq-err-train` analytically.
# By hand a difference quotient will do.

# %%
def test_error(problem, ridge, eta, orders, h=1e-4):
    """(eq-err-test): the derivative as a difference quotient."""
    above, below = (
        training_error(problem, value, eta, orders) / value
        for value in (ridge * (1 + h), ridge * (1 - h))
    )
    slope = (above - below) / (2 * h * ridge)
    return -slope / theory.traces(problem, ridge).m1 ** 2


# %% tags=["remove-input"]
kept = theory.terms.kept_orders(problem, theory.limit_geometry(problem))
library = theory.errors(problem, ridge, eta)
for e, law in enumerate((training_error, test_error)):
    name = ("training", "test")[e]
    claims.check(
        f"The formula for the {name} error by hand, over the library's",
        measured=law(problem, ridge, eta, kept) / library[e],
        predicted=1.0,
        tolerance=1e-5,
        source=f"Errors, result: {name} error",
        control=("without spikes", law(problem, ridge, eta, ()) / library[e]),
    )

# %% [markdown]
# ## Both errors against the ridge
#
# How much should one regularise, and does the step change the answer?
# We compare the step of this page with no step, on the same draws.

# %% tags=["hide-input"]
names, steps = ("train_error", "test_error"), np.array([[0.0], [eta]])
best = {"without a step": theory.best_ridge(problem)}
best["with the step"] = theory.best_ridge(problem, eta)
all_ridges = [*ridges, *(value for value, _ in best.values())]
ensemble = run_many(problem, [0.0, eta], all_ridges, draws, n_test=n_test)
by_ridge = [ensemble.values(name)[:, :, : len(ridges)] for name in names]
grid = np.geomspace(min(ridges), max(ridges), 120)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Training error (penalty included) and test error against the ridge penalty. Lines: {eq}`eq-err-train`, {eq}`eq-err-test`. Points: simulation, mean over seeds with standard errors.", "name": "fig-err-ridge"}, "image": {"alt": "Two log-log panels. Training errors rise with the penalty, test errors fall and rise again. With the step both are lower than without at every penalty. The untrained network stays above the best linear model at every penalty. All points lie on their curves."}}
seen = [over_seeds(values) for values in by_ridge]
lines = theory.errors(problem, grid, steps)
baseline = theory.linear_errors(problem, linear_ridge), problem.noise_variance
against(
    both_errors(ridges, grid, lines, seen, [*best], *baseline),
    r"ridge penalty $\lambda$",
)

# %% [markdown]
# {numref}`fig-err-ridge` shows three things.
# The step lowers both errors, whatever the penalty.
# It moves the best penalty, so a network that has learned features should be regularised anew.
# The untrained network does not beat the linear model: by {prf:ref}`thm-equivalence` it *is* a linear model, of noisy inputs.

# %% tags=["remove-input"]
tests = ensemble.values("test_error")
rows = [("linear model", linear_ridge, linear_test, None)]
for s, (name, (value, found)) in enumerate(best.items()):
    rows.append((name, value, found, over_seeds(tests[:, s, len(ridges) + s])))
markdown_table(rows, ("", "best penalty", "test error, predicted", "measured"))


# %% tags=["remove-input"]
def laws(problems, penalty):
    """The formula, what it drops, a linear activation: (2, steps, problems, ...)."""
    flat = [replace(p, activation=(0.0, p.student[1])) for p in problems]
    law, full, linear = (
        np.stack([rule(p, penalty, steps) for p in given], axis=2)
        for rule, given in (
            (theory.errors, problems),
            (theory.any_step.errors, problems),
            (theory.errors, flat),
        )
    )
    return {"law": law, "allowed": np.abs(full - law), "untrained": linear}


whole = [values[:, :, None] for values in by_ridge]
check_errors(f"{len(ridges)} penalties", whole, **laws([problem], ridges))

# %% [markdown]
# The checks allow for what the formula drops after a step, as the theory for every step size computes it ([From lazy to maximal](lazy_to_maximal)).
# [An appendix](errors_estimates) fits the linear model on the same batches, and the networks at penalties around their best.
#
# ## Double descent
#
# What happens as the network grows at fixed data?
# The interesting place is $N = n$, where the features first suffice to fit any labels, and where the test error has its famous peak {cite}`Belkin2019`.
# Put $p = \lambda m_1$, the share of the $n$ directions of label space that the fit leaves alone.
# Likewise $q$ is the share of the $N$ directions of the second layer that the data leave undetermined, in units of $n$.
# As $\lambda \to 0$, $p \to (1 - N/n)_+$ and $q \to (N/n - 1)_+$.
# At $N = n$ both vanish, and the fit has to use every small singular value.
#
# ````{prf:proposition} The peak (ours in this form)
# :label: prop-err-peak
#
# Assume {eq}`eq-err-train` and {eq}`eq-err-test`, $N = n$ and $c_> \ne 0$, and put $u = q m_1$.
# As $\lambda \to 0$, $p = q = \sqrt{\lambda u}\,(1 + o(1))$ where $u$ solves $c_>^2 u + \dfrac{c_1^2\, \phi\, u}{\phi + c_1^2 u} = 1$, and
#
# ```{math}
# :label: eq-err-peak
# \mathcal L_{\rm te} \;\sim\; \frac{1}{2\sqrt{\lambda u}} \cdot \frac{\mathcal L_{\rm tr}}{\lambda m_1} .
# ```
# ````
#
# ````{dropdown} Proof
# With $e(u) = c_>^2 u + c_1^2\phi u/(\phi + c_1^2 u)$, the effective degrees of freedom per row, the equations {eq}`eq-traces` read $p = 1 - e(u)$, $q = \phi/\psi - e(u)$ and $\lambda u = p\,q$.
# At $\phi/\psi = N/n = 1$, $p = q = \sqrt{\lambda u}$, which vanishes with $\lambda$, so $e(u) \to 1$.
# The bracket $Q = \mathcal L_{\rm tr}/\lambda$ of {eq}`eq-err-train` is $m_1$ times a function $B$ of $u$ alone: $m_2/m_1 = \phi/(\phi + c_1^2 u)$, and $S$ is $m_1$ times $\phi/(\psi u)$ times a constant matrix.
# Since $B$ has a derivative in $u$ and $u$ has one in $\sqrt\lambda$, the singular part of $\mathcal L_{\rm te} = -Q'/m_1^2$ comes from $m_1 = p/\lambda = \sqrt{u/\lambda}$ alone: $-m_1'/m_1^2 = (1/m_1)' = \frac12 (\lambda u)^{-1/2}(1 + o(1))$.
# $\square$
# ````
#
# The factor $\mathcal L_{\rm tr}/(\lambda m_1)$ is bounded, and it is *the only place where the step enters*.
# The step lowers the peak by what it explains, and cannot remove it.
# A penalty can {cite}`Nakkiran2021`.

# %% tags=["hide-input"]
penalties = [small_ridge, ridge]


def wide(ratio):
    return replace(half, N=max(round(ratio * half.n), 2))


runs = [run_many(wide(r), [0.0, eta], penalties, draws, n_test=n_test) for r in widths]
by_width = [np.stack([r.values(x) for r in runs], axis=2) for x in names]
dense = np.geomspace(min(widths), max(widths), 150)
dense = np.unique(np.round(half.n * np.append(dense, np.linspace(0.9, 1.1, 41))))
dense = dense / half.n
on_lines = np.stack([theory.errors(wide(r), penalties, steps) for r in dense], axis=2)

# %% tags=["remove-input"] mystnb={"figure": {"caption": "Double descent: errors against the number of hidden units per row, at a small penalty (top) and a moderate one (bottom). Lines: {eq}`eq-err-train` and {eq}`eq-err-test`. Points: simulation at half the sizes of the page.", "name": "fig-err-width"}, "image": {"alt": "Four log-log panels against N over n. At the small penalty the training error falls steeply towards N equal to n and the test error has a sharp peak there, with the step as without, but lower with it. At the moderate penalty the peak is gone. The step's advantage shrinks for very wide networks. Points lie on the curves."}}
baseline = theory.linear_errors(half, theory.best_linear(half)[0])
rows = []
for k, value in enumerate(penalties):
    seen = [over_seeds(values[..., k]) for values in by_width]
    ends = baseline, problem.noise_variance, f", λ = {value:g}"
    rows += both_errors(widths, dense, on_lines[..., k], seen, [*best], *ends)
against(rows, "$N/n$", marks={"$N = n$": 1.0})

# %% tags=["remove-input"]
check_errors(
    f"{len(widths)} widths, two penalties",
    by_width,
    **laws([wide(r) for r in widths], penalties),
)

# %% [markdown]
# To the right of the peak the step's advantage fades: a wider network needs a larger step.
# [Another appendix](errors_sizes) shows why, checks the constant in {eq}`eq-err-peak`, and looks at the other axis, more data at a fixed network.
#
# ## What is left when everything abounds
#
# Let first $n \gg N, d$, then $N \gg d$.
# What is left is what the features cannot express.
#
# ````{prf:proposition} Floors (ours)
# :label: prop-err-floors
#
# Assume {eq}`eq-err-train` and {eq}`eq-err-test`, $c_{\star,1} \ne 0$, and let $g \sim \mathcal N(0,1)$ and $\lambda \to 0$.
# For $n \gg N \gg d$ the test error tends to
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
# With $n \gg d$, in the batch of the step too, and $c_{\star,1} \ne 0$ the direction is exact, $\rho \to 1$, and $t$ is the teacher's own variable.
# The rows are not lengthened, as $\kappa \to 0$ by {eq}`eq-kappa`.
# With $n \gg N \gg d$, $\lambda \to 0$: $\lambda m_1 \to 1$, $u = q m_1 \to \infty$ relative to $\phi$, hence $m_2/m_1 = \phi/(\phi + c_1^2u) \to 0$: linear functions are free.
# Then {eq}`eq-err-train` with $S = 0$ is least squares of $\sigma_\star(g)$ on the $g^k$ in the inner product in which $He_j$ has square norm $j!$, that is in $L^2$ of the Gaussian, with $He_1$ projected out.
# $\square$
# ````
#
# Without a step, unlimited data and unlimited width buy the best *linear* predictor and not more.
# The step lowers this wall: each active order adds one polynomial.
# The function $h$ has no constant term: the even spike $g^2$ has to spend some of itself on its own mean, so a part of $c_{\star,2} He_2$ remains.
#
# ## Where it breaks
#
# * *Large steps.*
#   {eq}`eq-err-train` drops terms of relative order $\delta^2 \propto n^{2\alpha-1}$.
#   They vanish for every $\alpha < \frac12$, but at $n = 1000$ and large $\alpha$ they can be seen, and at $\alpha = \frac12$ they stay ([Errors on the same draw](errors_details)).
# * *Polynomial activations* obey the limits, but their derivatives are unbounded and the corrections at these sizes are large.
# * *Correlated batches.*
#   If the batch of the step is used again for the fit, $t$ and $\tilde y$ are correlated beyond the teacher, and the training error promises too much.
# * *An order-one first output* changes the direction of the step ([Setup](setup)): $\beta$ then contains $W_0^\top a$, so $t$ depends on the untrained features.
#   The library refuses this case.
# * *A teacher without a linear part* has $\rho = 0$: $v$ keeps nothing but the teacher's constant, and without one the step gains nothing in the limit.

# %% tags=["remove-cell"]
record(eta=eta, kappa=kappa, best_linear=linear_test)
record(
    test_error_with=over_seeds(tests[:, 1, -1]),
    test_error_with_predicted=best["with the step"][1],
)

# %% [markdown]
# ```{admonition} Recap
# :class: recap
# * The step adds the regressors $P_1(t), P_2(t), \dots$ to random features and charges a price that falls with $\eta$, {eq}`eq-err-train`.
# * The training error for all penalties contains the test error, {eq}`eq-err-test`.
# * At $N = n$ the test error grows like $\lambda^{-1/2}$, with the step as without, {eq}`eq-err-peak`; the right penalty removes the peak.
# * Without the step, no amount of data or width beats the best linear model, {eq}`eq-err-floor`.
# ```
#
# ## Exercises
#
# ````{exercise-start} All penalty (warm-up)
# :label: ex-err-heavy
# ````
#
# What do $\mathcal L_{\rm tr}$ and $\mathcal L_{\rm te}$ become as $\lambda \to \infty$?
# Answer from the definition, then from {eq}`eq-err-train` and {eq}`eq-err-test`.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-heavy
# :class: dropdown
# ````
#
# By definition: the penalty forces $\hat a \to 0$, and predicting zero costs $\mathbb E y^2 = c_\star^2 + \sigma_\varepsilon^2$ in training as in test.
# From the formulas: $\lambda m_1 \to 1$ and $\lambda m_2 \to 1$, so $\lambda b \to c_\star^2 + \sigma_\varepsilon^2$; $TDT^\top$ vanishes like $1/\lambda$ while $S$ does not, so $\lambda v^\top M^{-1}v$ vanishes like $1/\lambda$ as well.
# With $\mathcal L_{\rm tr}/\lambda \approx (c_\star^2 + \sigma_\varepsilon^2)/\lambda$ the derivative in {eq}`eq-err-test` gives the same number.

# %% tags=["remove-input"]
square = problem.target.second_moment + problem.noise_variance
for e, name in enumerate(("training", "test")):
    claims.check(
        f"A penalty of 10^4: the {name} error over the mean square of the labels",
        measured=theory.errors(problem, 1e4, eta)[e] / square,
        predicted=1.0,
        tolerance=1e-4 * (1 + problem.target.second_moment * eta**2),
        source="Errors, exercise: all penalty",
        control=("the Bayes error", problem.noise_variance / square),
    )


# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} Half the price (warm-up)
# :label: ex-err-half
# ````
#
# A network has one active spike, $k = 1$, and uses half of its regressor.
# By what factor must the step grow for the network to use nine tenths of it?
# And if the only regressor were $P_2$?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-half
# :class: dropdown
# ````
#
# The share that is used is $1/(1 + x)$ with the relative price $x$, by the example by hand.
# It has to fall from $x = 1$ to $x = \frac19$.
# The price of regressor $k$ is proportional to $\eta^{-2k}$, so the step grows by $9^{1/2} = 3$ for $P_1$ and by $9^{1/4} \approx 1.7$ for $P_2$.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} Features by hand
# :label: ex-err-regressors
# ````
#
# Take the regressor picture literally, without any step.
# Append to the *untrained* features the columns $P_k(t)$ for the active orders, mixed and scaled so that the ordinary penalty $\lambda\|a\|^2$ charges $\lambda w^\top S w$ for them, and fit.
# Compare both errors with the trained network's on the same draw.
# For which of the two does the derivation promise agreement, and why not for the other?
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
def engineered(seed):
    """Network, and untrained features with the regressors appended: errors."""
    step = OneStep.draw(half, seed, n_test)
    k, size = np.array(active), half.step(alpha)
    _, _, theta, V, _ = spike_terms(half, ridge, size, active, step.geometry)
    inverse = np.outer(theta, theta) * V * half.psi * theory.traces(half, ridge).q
    X = np.vstack([step.X, step.test.X])
    P = equivalent.powers(X @ step.beta / step.beta_norm, active[-1], kappa)[:, k - 1]
    columns = P @ np.linalg.cholesky(inverse / half.phi)
    F = np.hstack([step.features(0.0, X), columns])
    fit = path(F[: half.n], step.y, ridge)
    rest = step.test.y - F[half.n :] @ fit.coefficients[:, 0]
    return np.subtract(step.errors(ridge, size), (fit.train_error[0], np.mean(rest**2)))


between = over_seeds([engineered(s) for s in draws])

# %% tags=["remove-input"]
written = theory.errors(half, ridge, [0.0, half.step(alpha)])[0]
every = theory.any_step.errors(half, ridge, half.step(alpha))[0]
claims.check(
    "Untrained features with the regressors appended have the trained network's "
    "training error, up to what the formula drops (paired difference)",
    measured=between[0],
    predicted=0.0,
    allowed=abs(every - written[1]),
    source="Errors, result: training error",
    control=("nothing appended", written[1] - written[0]),
)

# %% tags=["remove-cell"]
glue(between=between)

# %% [markdown]
# Network minus engineered features: training error {glue:text}`between_0:+.4f`, test error {glue:text}`between_1:+.4f`.
# The derivation promises the training error.
# In the *test* error the network may pay more: to realise $w$ it has to move its second layer by an amount of order $\sqrt{w^\top S w}$ in directions fixed by $a^{\circ k}$, and on fresh inputs the untrained features answer to this move with noise.
# In the formula it is the derivative of $S$, which depends on $\lambda$ through $q$; the engineered regression has a constant price.
# For infinitely strong spikes, $S = 0$, the difference vanishes.
#
# ````{solution-end}
# ````
#
# ````{exercise-start} A teacher with a constant
# :label: ex-err-constant
# ````
#
# Take the teacher $He_1 + \frac12 He_2$ and add a constant, $c_{\star,0} = 1$.
# The network has no bias in its second layer.
# Which spikes can carry the constant: those of tanh, those of softplus?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-constant
# :class: dropdown
# ````
#
# The constant is $He_0$.
# The untrained features are centred and see it as noise.
# Among the $P_k(t)$ only the even ones contain $He_0$, and tanh has no even spikes.
# So the constant is noise to tanh: it costs more than its square, because the fit follows part of it, and it enters $\|\beta\|$ as well.
# For softplus $P_2 = He_2 + (1 + \kappa)$ carries a constant, in a fixed proportion to $He_2$.
# The spike of order one helps, too: with $c_2$ and $c_{\star,0}$ both different from zero the step also stretches unit $j$ along its own $w_j$, by $2c_2c_{\star,0}\,\eta a_j$, which gives that spike a constant of its own ([Improvement](improvement)).
#
# ````{solution-end}
# ````
#
# ````{exercise-start} The best penalty of the linear model
# :label: ex-err-linear
# ````
#
# For ridge regression on $x$, minimise the limiting test error over the penalty.
# Show that the best one is $\lambda = \phi\, \sigma_{\rm lin}^2/c_{\star,1}^2$, with $\sigma_{\rm lin}^2$ as in the list of baselines, and check it.
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-linear
# :class: dropdown
# ````
#
# Ridge regression with penalty $n\lambda\|h\|^2$ is the Bayes estimate for a Gaussian prior $h \sim \mathcal N(0, \nu I)$ and noise variance $\sigma_{\rm lin}^2$ when $n\lambda = \sigma_{\rm lin}^2/\nu$.
# The true coefficient vector $c_{\star,1}\beta_\star$ looks like such a draw with $\nu = c_{\star,1}^2/d$, by rotation invariance.
# So $\lambda = \sigma_{\rm lin}^2 d/(n\, c_{\star,1}^2)$ {cite}`DobribanWager2018`.
# The same argument gives the training error at this penalty: $\tilde y \sim \mathcal N\big(0, \tfrac{\sigma_{\rm lin}^2}{\lambda}(\tilde X\tilde X^\top/n + \lambda)\big)$, so $\mathcal L_{\rm tr} = \frac\lambda n \tilde y^\top(\tilde X\tilde X^\top/n + \lambda)^{-1}\tilde y \to \sigma_{\rm lin}^2$ for any number of rows.

# %% tags=["remove-input"]
spread = theory.baselines.unexplained(problem)
form = problem.phi * spread / max(problem.target[1] ** 2, 1e-12)
found, twice = theory.linear_errors(problem, np.array([form, 2 * form]))[1]
claims.check(
    "Linear model: its test error at phi s^2 / c_{*,1}^2 over that at its best penalty",
    measured=found / linear_test,
    predicted=1.0,
    tolerance=1e-6,
    source="Dobriban and Wager 2018, ridge regression",
    control=("twice that penalty", twice / linear_test),
)

# %% [markdown]
# ````{solution-end}
# ````
#
# ````{exercise-start} A price for the whole function (open)
# :label: ex-err-open
# ````
#
# The price $S$ comes from one step with one direction.
# Suppose that the first layer takes two steps, and that the second one moves the units along $\beta' \ne \beta$.
# Which regressors does the pair of steps add, in the two variables $t$ and $t'$?
# What is the price of the product $t\,t'$, and is there a splitting of a total step $\eta + \eta'$ for which it is cheapest?
#
# ````{exercise-end}
# ````
#
# ````{solution-start} ex-err-open
# :class: dropdown
# ````
#
# We know only the beginning.
# A unit with the tilts $s_j$ and $s_j'$ along the two directions responds with $\sum_k c_k\, \mathbb E\,(s_j t + s_j' t' + \dots)^k$, whose mixed term of second order is $2c_2 s_js_j'\, t\,t'$.
# If the second layer is the same in both steps then $s_js_j' \propto \eta\eta' a_j^2$, the vector of the *same* direction as those of $t^2$ and $t'^2$: the three functions come as one regressor, $(\eta t + \eta' t')^2$ up to constants.
# The product is then never available alone.
# What happens when the gradients of both steps see a second layer that has been fitted in between we do not know.
#
# ````{solution-end}
# ````
#
# ## Claims of this chapter

# %% tags=["remove-input"]
claims.table()

# %% tags=["remove-input"]
provenance.stamp()
