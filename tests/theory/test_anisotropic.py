"""The untrained spectrum of inputs with a covariance: against the isotropic theory, and against matrices."""

import dataclasses
import itertools

import numpy as np
import pytest

from onestep.checks import InputError
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.theory import atom, covariance, density, edges, linear_errors, traces
from onestep.theory.anisotropic import bulk_of, edge_point
from onestep.theory.equation import Bulk
from onestep.theory.resolvent import edge_point as isotropic_edge_point

SIZES = [(900, 600, 800), (400, 600, 900), (1000, 500, 500), (300, 300, 300)]
LINKS = ["tanh", "relu", (0.0, 1.0), (0.0, 1.0, 0.5, 0.2)]
FLAT = Covariance((1.0, 1.0), (0.3, 0.7))
TWO, POWER = Covariance((2.8, 0.4), (0.25, 0.75)), Covariance.power_law(0.6, 32)


def pair(sizes, activation):
    plain = Problem(*sizes, activation=activation)
    return plain, dataclasses.replace(plain, inputs=FLAT)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("activation", LINKS)
def test_two_equal_levels_are_the_identity(sizes, activation):
    plain, flat = pair(sizes, activation)
    for ridge in (np.geomspace(1e-8, 1e4, 13), -30.0, 0.3 - 0.2j, np.array([-20 + 1j, -0.5 - 0.01j])):
        for name in ("m1", "m2", "q"):
            one, two = getattr(traces(plain, ridge), name), getattr(traces(flat, ridge), name)
            np.testing.assert_allclose(two, one, rtol=1e-12)
    np.testing.assert_allclose(edges(flat), edges(plain), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(edge_point(bulk_of(flat)), isotropic_edge_point(Bulk.of(plain)), rtol=1e-9)
    x = np.linspace(*edges(plain)[-1], 40)[1:-1]
    np.testing.assert_allclose(density(flat, x), density(plain, x), rtol=1e-6)
    assert atom(flat) == atom(plain)
    for one, two in zip(linear_errors(plain, [0.01, 1.0]), linear_errors(flat, [0.01, 1.0]), strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-12)


def drawn(problem, seed):
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((problem.N, problem.d))
    W /= np.linalg.norm(W, axis=1)[:, None]
    X = rng.standard_normal((problem.n, problem.d)) * np.sqrt(problem.levels.spread())
    F = problem.sigma(X @ W.T)
    return X, np.linalg.eigh(F @ F.T / problem.n)


@pytest.mark.parametrize("inputs", [TWO, POWER, Covariance((10.0, 0.6), (0.05, 0.95))])
@pytest.mark.parametrize("activation", ["tanh", (0.0, 1.0, 0.2)])
def test_traces_and_density_are_those_of_random_features(inputs, activation):
    problem = Problem(n=600, d=400, N=500, activation=activation, inputs=inputs)
    plain = dataclasses.replace(problem, inputs=None)
    found = [drawn(problem, seed) for seed in range(3)]
    ridge = np.array([0.1, 1.0])

    def average(value):
        return np.mean([value(X, *pair) for X, pair in found], axis=0)

    m1 = average(lambda X, w, V: [np.mean(1 / (w + r)) for r in ridge])
    m2 = average(lambda X, w, V: [np.sum((V.T @ X) ** 2 / (w + r)[:, None]) / X.size for r in ridge])
    np.testing.assert_allclose(traces(problem, ridge).m1, m1, rtol=0.006)
    np.testing.assert_allclose(traces(problem, ridge).m2, m2, rtol=0.012)
    assert np.all(np.abs(traces(plain, ridge).m2 / m2 - 1) > 0.05)  # the control: the law of the identity
    bands = edges(problem)
    low, high = bands[0, 0], bands[-1, 1]
    everywhere = np.concatenate([w for _, (w, _) in found])
    assert np.mean((everywhere > 1e-9) & (everywhere < 0.5 * low)) < 0.01 and np.mean(everywhere > 1.1 * high) < 0.01
    cuts = np.quantile(everywhere, [0.4, 0.7, 0.9])
    share = [np.mean((everywhere > a) & (everywhere <= b)) for a, b in itertools.pairwise(cuts)]
    mass = []
    for a, b in itertools.pairwise(cuts):
        x = np.linspace(a, b, 801)
        mass.append(np.trapezoid(density(problem, x), x))
    np.testing.assert_allclose(mass, share, atol=0.008)


def test_a_strong_level_has_a_band_of_its_own():
    bands = edges(Problem(n=3000, d=2000, N=2500, inputs=Covariance((8.0, 0.5), (0.05, 0.95))))
    assert len(bands) == 2 and bands[0, 1] < bands[1, 0]


def test_the_density_of_many_levels_has_the_mass_that_the_atom_leaves():
    problem = Problem(n=900, d=600, N=800, inputs=POWER)
    mass = 0.0
    for low, high in edges(problem):
        angle = np.linspace(0, np.pi, 1501)  # the square roots at the edges become smooth
        x = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
        mass += np.trapezoid(density(problem, x[1:-1]) * (high - low) / 2 * np.sin(angle[1:-1]), angle[1:-1])
    np.testing.assert_allclose(mass, 1 - atom(problem), rtol=1e-3)


def test_a_ridge_in_the_bulk_is_refused():
    low, high = edges(Problem(inputs=TWO))[-1]
    with pytest.raises(InputError, match="ridge"):
        traces(Problem(inputs=TWO), -(low + high) / 2)


@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.5])
def test_the_ridge_line_is_inverted(aspect):
    levels, ridge = POWER.levels(400), np.geomspace(1e-8, 1e3, 30)
    tau = covariance.tau_of(levels, ridge, aspect)
    np.testing.assert_allclose(covariance.ridge_of(levels, tau, aspect), ridge, rtol=1e-6)
    assert np.all(np.diff(tau) > 0)


def test_linear_regression_is_that_of_random_data():
    problem = Problem(n=600, d=400, teacher=(0.0, 1.0), inputs=Covariance((4.0, 0.5), None, (0.2, 0.8)))
    levels, ridge = problem.levels, 0.2
    beta = np.sqrt(np.repeat(levels.signal / levels.counts / levels.values, levels.counts))
    results = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((600, 400)) * np.sqrt(levels.spread())
        y = X @ beta + 0.5 * rng.standard_normal(600)
        b = np.linalg.solve(X.T @ X / 600 + ridge * np.eye(400), X.T @ y / 600)
        train = np.mean((y - X @ b) ** 2) + ridge * b @ b
        results.append((train, levels.spread() @ (b - beta) ** 2 + 0.25))
    mean, error = np.mean(results, axis=0), np.std(results, axis=0, ddof=1) / 12**0.5
    assert np.all(np.abs(mean - linear_errors(problem, ridge)) < 3 * error + 0.002)
    assert np.any(np.abs(mean - linear_errors(dataclasses.replace(problem, inputs=None), ridge)) > 10 * error)
