"""Every step for inputs with a covariance: against the identity, against itself, and against simulation."""

import dataclasses

import numpy as np
import pytest

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.simulation import run
from onestep.theory import any_step, limit_geometry
from onestep.theory.any_step import rows

FLAT = Covariance((1.0, 1.0), (0.3, 0.7))
TWO = Covariance((2.8, 0.4), (0.25, 0.75))
POWER = Covariance.power_law(0.6, 64, tuple(np.repeat([1.5 / 64, 0.5 / 64], 32)))
# The teacher lies mostly where the inputs vary most: far from the law of the identity.
ALIGNED = [
    Covariance((2.8, 0.4), (0.25, 0.75), (0.6, 0.4)),
    Covariance.power_law(0.6, 64, tuple(np.repeat([0.8 / 16, 0.2 / 48], [16, 48]))),
]
POLYNOMIAL = (0.0, 1.0, 0.5, 0.2)
FIELDS = ("train_error", "test_error", "train_mse", "coefficient_norm", "degrees_of_freedom")
RIDGES = np.geomspace(1e-4, 10, 7)


def plain(problem):
    return dataclasses.replace(problem, inputs=None)


def agree(one, two, rtol):
    for name in FIELDS:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=rtol)


@pytest.mark.parametrize(
    ("activation", "teacher", "eta", "rows_gradient"),
    [
        ("tanh", (0.0, 1.0, 0.5), 0.0, None),
        ("tanh", (0.0, 1.0, 0.5), 3.0, None),
        ("relu", (0.0, 1.0, 0.5), 20.0, None),
        ("relu", (0.5, 1.0, 0.5), 5.0, 300),
        (POLYNOMIAL, (0.0, 1.0, 0.5), 4.0, 10**9),
    ],
)
def test_two_equal_levels_are_the_identity(activation, teacher, eta, rows_gradient):
    problem = Problem(900, 600, 800, activation, teacher, n_gradient=rows_gradient, inputs=FLAT)
    agree(any_step.solve(problem, RIDGES, eta), any_step.solve(plain(problem), RIDGES, eta), 1e-12)


def test_two_equal_levels_have_the_spectrum_of_the_identity():
    problem, eta = Problem(900, 600, 800, "relu", inputs=FLAT), 20.0
    x = np.linspace(0.05, 3, 9)
    np.testing.assert_allclose(any_step.density(problem, x, eta), any_step.density(plain(problem), x, eta), rtol=1e-10)
    np.testing.assert_allclose(any_step.edges(problem, eta), any_step.edges(plain(problem), eta), rtol=1e-9)
    one, two = any_step.outliers(problem, eta), any_step.outliers(plain(problem), eta)
    assert len(one) == len(two) == 2
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(first.position, second.position, rtol=1e-11)
        np.testing.assert_allclose(first.cosines, second.cosines, atol=1e-11)


def test_huge_sizes_keep_their_digits():
    problem = Problem(10**12, 6 * 10**11, 8 * 10**11, "relu", inputs=FLAT)
    agree(any_step.solve(problem, RIDGES, 1e3), any_step.solve(plain(problem), RIDGES, 1e3), 1e-9)


@pytest.mark.parametrize("inputs", [TWO, POWER, Covariance((2.8, 2.8, 0.4), (0.05, 0.2, 0.75), (0.05, 0.2, 0.75))])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_mean_square_is_the_derivative_in_the_ridge(inputs, activation):
    problem = Problem(900, 600, 800, activation, inputs=inputs, n_gradient=500)
    step = 1e-4
    ridge = 0.1 * np.array([1 - step, 1.0, 1 + step])
    found = any_step.solve(problem, ridge, 10.0)
    low, _, high = found.train_error / ridge
    np.testing.assert_allclose(found.train_mse[1], -0.01 * (high - low) / (0.2 * step), rtol=1e-6)


def test_what_the_network_knows_given_t_is_that_of_the_identity():
    problem = Problem(900, 600, 800, "relu", (0.3, 1.0, 0.5), inputs=FLAT)
    one, two = any_step.fits(problem, 0.1, 5.0), any_step.fits(plain(problem), 0.1, 5.0)
    root = np.sqrt(one.weight)  # the rank of mu1 counts with these weights
    for name in ("t", "weight", "along", "across", "labels_along", "labels_across"):
        np.testing.assert_allclose(getattr(one, name) * root, getattr(two, name) * root, atol=1e-12)


def test_a_level_cut_in_two_changes_nothing():
    cut = Covariance((2.8, 2.8, 0.4), (0.05, 0.2, 0.75), (0.05, 0.2, 0.75))
    pair = [any_step.solve(Problem(1000, 600, 800, "relu", inputs=inputs), RIDGES, 10.0) for inputs in (TWO, cut)]
    agree(*pair, 1e-12)


@pytest.mark.parametrize("exponent", [0.6, 1.5])
@pytest.mark.parametrize(("activation", "eta"), [("tanh", 3.0), ("relu", 20.0)])
def test_a_few_nodes_stand_for_many_levels(monkeypatch, exponent, activation, eta):
    problem = Problem(900, 640, 800, activation, inputs=Covariance.power_law(exponent), n_gradient=500)
    few = any_step.solve(problem, RIDGES, eta)
    monkeypatch.setattr(rows, "_count", lambda levels: 1000)
    agree(few, any_step.solve(problem, RIDGES, eta), 1e-8)


@pytest.mark.parametrize("inputs", [TWO, POWER])
def test_the_direction_of_the_step_is_that_of_simulation(inputs):
    # N is large because the first residual holds the output of the untrained network, of variance 1/N.
    problem = Problem(n=20, d=320, N=600, inputs=inputs, n_gradient=500)
    found = [run(problem, 0.0, 0.1, seed).geometry for seed in range(24)]
    expected, control = limit_geometry(problem), limit_geometry(plain(problem))
    for value in (lambda geometry: geometry.beta_norm, lambda geometry: geometry.beta_norm * geometry.cosine):
        values = np.array([value(geometry) for geometry in found])
        error = values.std(ddof=1) / len(values) ** 0.5
        assert abs(values.mean() - value(expected)) < 3 * error + 0.01 * values.mean()
        assert abs(values.mean() - value(control)) > 6 * error


def _distances(problem, ridge, eta, seeds):
    """Of the mean ratio of simulation to theory from one, less two per cent, in standard errors; and of the control."""
    draws = [run(problem, eta, ridge, seed) for seed in seeds]
    theory = np.array([any_step.errors(problem, ridge, eta, draw.geometry) for draw in draws])
    measured = np.array([(draw.train_error[:, 0], draw.test_error[:, 0]) for draw in draws])
    control = np.array(any_step.errors(plain(problem), ridge, eta))  # the law of the identity
    for law in (theory, control):
        ratio = measured / law
        yield (np.abs(ratio.mean(axis=0) - 1) - 0.02) / ratio.std(axis=0, ddof=1) * len(ratio) ** 0.5


@pytest.mark.parametrize("inputs", ALIGNED)
@pytest.mark.parametrize("activation", [POLYNOMIAL, "tanh", "relu"])
def test_errors_agree_with_simulation_where_small_steps_do_not_suffice(inputs, activation):
    problem = Problem(600, 384, 528, activation, (0.0, 1.0, 0.3), inputs=inputs)
    theory, control = _distances(problem, 0.05, np.array([0.0, 4.0]), range(70, 78))
    assert np.all(theory < 3.5) and np.any(control > 5)


@pytest.mark.long
@pytest.mark.parametrize(
    ("n", "inputs", "activation", "ridge", "first"),  # every case has its own seeds, from `first` on
    [
        (1000, TWO, POLYNOMIAL, 0.1, 1000),
        (1000, TWO, "tanh", 0.1, 11_000),
        (1000, TWO, "relu", 0.1, 21_000),
        (1000, POWER, POLYNOMIAL, 0.1, 101_000),
        (2000, TWO, "tanh", 0.05, 50_000),
    ],
)
def test_errors_agree_with_simulation_at_large_sizes(n, inputs, activation, ridge, first):
    problem = Problem(n, n * 16 // 25, n * 22 // 25, activation, inputs=inputs)
    theory, control = _distances(problem, ridge, np.array([0.0, 4.0]), range(first, first + 8))
    assert np.all(theory < 3.5) and np.any(control > 3)


def test_outliers_agree_with_simulation():
    problem = Problem(n=600, d=384, N=528, activation="relu", inputs=TWO)
    places, overlaps = [], []
    for seed in range(6):
        draw = run(problem, 10.0, 0.1, seed, top=2)
        found = any_step.outliers(problem, 10.0, draw.geometry)
        assert len(found) == 2
        places.append(draw.top_values[0] / [outlier.position for outlier in found])
        overlaps.append(draw.overlaps[0, 0, 1] - found[0].overlaps[1])
    error = np.std(places, axis=0, ddof=1) / 6**0.5
    assert np.all(np.abs(np.mean(places, axis=0) - 1) < 3.5 * error + 0.03)
    assert abs(np.mean(overlaps)) < 3.5 * np.std(overlaps, ddof=1) / 6**0.5 + 0.01
    assert found[0].position > 2 * any_step.outliers(plain(problem), 10.0)[0].position


def test_what_is_not_derived_for_a_covariance_is_refused():
    problem = Problem(inputs=TWO)
    with pytest.raises(InputError, match="inputs"):
        any_step.solve(problem, 0.1, 1.0, noise="structured")
    with pytest.raises(InputError, match="cosine"):
        any_step.solve(problem, 0.1, 1.0, Geometry(1.0, 1.0))
