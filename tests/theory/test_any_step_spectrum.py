"""The spectrum of the any-step theory: the untrained bulk, sum rules, and outliers of drawn networks."""

import math

import numpy as np
import pytest
from scipy.sparse.linalg import eigsh
from scipy.stats import norm

from onestep import Geometry, InputError, NotConverged, Problem
from onestep.geometry import gauss_quadrature
from onestep.theory import any_step, limit_geometry, resolvent, spikes
from onestep.theory.any_step import fixed_point

SHAPES = [(2000, 1000, 1500), (1000, 1000, 2500)]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_without_a_step_it_is_the_untrained_bulk(shape):
    problem = Problem(*shape, activation="tanh")
    edges = any_step.edges(problem, 0.0)
    np.testing.assert_allclose(edges, resolvent.edges(problem), rtol=1e-6)
    x = np.linspace(*edges[-1], 12)[1:-1]
    np.testing.assert_allclose(any_step.density(problem, x, 0.0), resolvent.density(problem, x), rtol=1e-6)
    assert any_step.outliers(problem, 0.0) == []


@pytest.mark.slow
@pytest.mark.parametrize("c2", [0.9, 0.96, 1.0])
def test_gaps_narrower_than_the_grid_are_found(c2):
    """At c_2 = 0.96 the gap is 0.3 % wide, at 1.0 it has closed: the untrained theory knows both in closed form."""
    problem = Problem(n=2000, d=200, N=1500, activation=(0.0, 1.0, c2))
    np.testing.assert_allclose(any_step.edges(problem, 0.0), resolvent.edges(problem), rtol=1e-6)


@pytest.mark.parametrize("sizes", [(2000, 100, 1500), (1000, 20, 750)])
def test_a_small_band_far_above_the_others_is_found(sizes):
    """d directions of n carry it. With a huge gradient batch beta is beta_star, and the grid of t has no more nodes."""
    problem = Problem(*sizes, activation="erf", n_gradient=10**12)
    bands = resolvent.edges(problem)
    assert len(bands) == 2 and bands[1, 0] > 15 * bands[0, 1]
    np.testing.assert_allclose(any_step.edges(problem, 0.0), bands, rtol=1e-6)
    assert any_step.outliers(problem, 0.0) == []


def test_a_band_that_reaches_zero_starts_there():
    problem = Problem(n=400, d=200, N=400, readout="constant")
    np.testing.assert_allclose(any_step.edges(problem, 0.0), resolvent.edges(problem), rtol=1e-6)  # of 0: exactly


def test_small_steps_have_the_outliers_of_the_paper():
    problem = Problem(n=10**8, d=10**8 // 2, N=3 * 10**8 // 4, activation="relu")
    for step in (1.0, 3.0):
        ours, theirs = any_step.outliers(problem, step), spikes.outliers(problem, step)
        assert len(ours) == len(theirs) == (step > 1)
        for one, other in zip(ours, theirs, strict=True):
            assert one.position == pytest.approx(other.position, rel=1e-6)
            np.testing.assert_allclose(one.cosines[:3], other.cosines[:3], atol=1e-6)
            assert one.cosines[np.argmax(one.overlaps)] > 0


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_sum_rules_at_the_maximal_step(activation):
    """The density and the atom have mass one, and their Stieltjes transform is m1 at a real ridge."""
    problem = Problem(activation=activation)
    eta, ridge = math.sqrt(problem.N), 0.2
    bands = any_step.edges(problem, eta)
    atom = 1 - problem.N / problem.n
    u, weight = np.polynomial.legendre.leggauss(60)
    mass, transform = atom, atom / ridge
    for low, high in bands:
        # x = low + (high - low) sin^2(angle) takes the square roots off both ends.
        angle = (u + 1) * math.pi / 4
        x = low + (high - low) * np.sin(angle) ** 2
        rho = any_step.density(problem, x, eta) * weight * math.pi / 4 * (high - low) * np.sin(2 * angle)
        mass, transform = mass + rho.sum(), transform + np.sum(rho / (x + ridge))
    freedom = any_step.solve(problem, ridge, eta).degrees_of_freedom
    assert mass == pytest.approx(1, abs=1e-3)
    assert transform == pytest.approx((1 - freedom / problem.n) / ridge, rel=1e-3)


def test_density_has_the_shape_of_x_and_vanishes_outside():
    problem = Problem(n=200, d=100, N=150)
    top = any_step.edges(problem, 5.0)[-1, 1]
    rho = any_step.density(problem, [[0.5 * top, 0.9 * top], [1.1 * top, 3 * top]], 5.0)
    assert rho.shape == (2, 2) and np.all(rho[0] > 1e-2) and np.all(rho[1] < 1e-6)


def trained(problem, eta, generator):
    """F on a fresh batch after one true gradient step, and the plug-in geometry of the draw."""
    n, d, N = problem.n, problem.d, problem.N
    W = generator.standard_normal((N, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    a = generator.standard_normal(N) / math.sqrt(N)
    X, X_new = generator.standard_normal((2, n, d))
    Z = X @ W.T
    y = problem.sigma_star(X[:, 0]) + problem.noise_std * generator.standard_normal(n)
    residual = y - problem.sigma(Z) @ a / math.sqrt(N)
    W = W + eta / n * (residual[:, None] * a * problem.sigma.derivative(Z)).T @ X
    beta = X.T @ y / n
    length = np.linalg.norm(beta)
    geometry = Geometry.measured(length, beta[0] / length, a, X_new @ beta / length)
    return problem.sigma(X_new @ W.T), geometry


@pytest.mark.slow
@pytest.mark.parametrize(
    ("activation", "eta", "tolerance"),
    [
        ("tanh", 12.0, [0.02]),
        # c_2 != 0: the noise of the gradient has a structure that the theory leaves out
        ("relu", 20.0, [0.04, 0.08]),
    ],
)
def test_outliers_of_drawn_networks(activation, eta, tolerance):
    count = len(tolerance)
    problem = Problem(n=600, d=300, N=450, activation=activation)
    ratios, draws = [], []
    for seed in range(6):
        F, geometry = trained(problem, eta, np.random.default_rng([3, seed]))
        top = np.sort(eigsh(F.T @ F / problem.n, count, return_eigenvectors=False))[::-1]
        predicted = [outlier.position for outlier in any_step.outliers(problem, eta, geometry)]
        assert len(predicted) == count
        ratios.append(top / predicted)
        draws.append(top)
    limit, longer = ([outlier.position for outlier in any_step.outliers(problem, step)] for step in (eta, 1.1 * eta))
    ratios, limits = np.array(ratios), draws / np.array(limit)
    error = ratios.std(axis=0, ddof=1) / math.sqrt(len(ratios))
    assert np.all(np.abs(ratios.mean(axis=0) - 1) < np.maximum(tolerance, 2 * error))
    # the controls: what plugging in takes away, and a step wrong by a tenth
    assert np.all(ratios.std(axis=0) < limits.std(axis=0) / 2)
    assert np.all(np.abs(ratios.mean(axis=0) * limit / longer - 1) > np.maximum(tolerance, 2 * error))


def test_plug_in_of_the_limits_is_the_limit():
    problem = Problem(activation="relu")
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    known = limit_geometry(problem)
    geometry = Geometry.measured(known.beta_norm, known.cosine, quantiles / math.sqrt(quantiles.size), 1.0)
    np.testing.assert_allclose(
        any_step.errors(problem, 0.1, [3.0, 30.0], geometry), any_step.errors(problem, 0.1, [3.0, 30.0]), rtol=1e-3
    )


def test_plugging_in_the_length_of_t_is_plugging_in_a_gaussian_t_of_that_length():
    problem = Problem(n=200, d=100, N=150)
    t, a = 1.3 * norm.ppf((np.arange(4000) + 0.5) / 4000), math.sqrt(75) * np.array([0.1, -0.05])
    drawn, length, unit = (
        any_step.errors(problem, 0.1, 8.0, Geometry.measured(1.2, 0.7, a, projection)) for projection in (t, 1.3, 1.0)
    )
    np.testing.assert_allclose(length, drawn, rtol=2e-3)
    assert np.all(np.abs(np.divide(unit, drawn) - 1) > 2e-2)  # the control


def test_compressed_laws_share_the_moments_of_the_sample():
    sample = np.random.default_rng(0).standard_normal(500) ** 3
    nodes, weights = gauss_quadrature(sample, 6)
    for k in range(12):
        assert weights @ nodes**k == pytest.approx(np.mean(sample**k), rel=1e-9)
    assert weights @ nodes**12 != pytest.approx(np.mean(sample**12), rel=1e-9)
    assert gauss_quadrature(np.full(9, 2.0), 1)[0] == pytest.approx(2.0)


def test_bad_input_is_named():
    problem = Problem(n=20, d=10, N=15)
    for call, name in [
        (lambda: any_step.density(problem, 0.0, 1.0), "x"),
        (lambda: any_step.density(problem, 1.0, -1.0), "eta"),
        (lambda: any_step.edges(problem, "big"), "eta"),
        (lambda: any_step.outliers(problem, 1.0, order=-1), "order"),
        (lambda: Geometry.measured(0.0, 0.5, [1.0], [1.0]), "beta_norm"),
        (lambda: Geometry.measured(1.0, 1.5, [1.0], [1.0]), "cosine"),
        (lambda: Geometry.measured(1.0, 0.5, [], [1.0]), "a"),
        (lambda: Geometry.measured(1.0, 0.5, [1.0], 0.0), "t"),
    ]:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.name == name


def test_a_wrong_branch_is_not_returned(monkeypatch):
    """The conjugate solution solves the equations too; its signs betray it."""
    problem, solve = Problem(n=200, d=100, N=150), fixed_point.solve

    def conjugate(law, ridge, start=None):
        state = solve(law, ridge.conj(), start)
        return fixed_point.State(ridge, state.den, state.g, state.residual, state.iterations)

    monkeypatch.setattr(fixed_point, "solve", conjugate)
    with pytest.raises(NotConverged):
        any_step.density(problem, 0.5, 3.0)
