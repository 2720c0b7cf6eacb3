"""Best steps and penalties: enclosed, the right ones, and refused where there are none."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.theory import any_step, limit_geometry, ridge_errors
from onestep.theory.baselines import best_kernel, best_linear, kernel_errors
from onestep.theory.best_fit import best_fit, best_penalty, step_of_tilt
from onestep.theory.bracket import NotBracketed, bracketed

GRID = np.geomspace(0.1, 1.6, 5)


def valley(x):
    """Lowest, with value 2, at x = 3.4."""
    return 2 + np.log(np.asarray(x) / 3.4) ** 2


def test_a_minimum_beyond_the_grid_is_found_and_enclosed():
    found = bracketed(valley, GRID, (1e-3, 1e3))
    assert found.place == pytest.approx(3.4, rel=1e-6)
    assert found.low < 3.4 * (1 + 1e-6) < found.high * (1 + 1e-6)
    assert min(valley(found.low), valley(found.high)) >= found.value
    low, high = found.within(0.02)
    assert (low, high) == pytest.approx((3.4 * np.exp(-0.2), 3.4 * np.exp(0.2)), rel=0.05)


def test_a_minimum_at_the_end_is_refused_with_the_evidence():
    with pytest.raises(NotBracketed, match="the tilt") as refused:
        bracketed(valley, GRID, (0.1, 2.0), name="the tilt")
    error = pickle.loads(pickle.dumps(refused.value))
    assert error.limit <= 2.0
    assert error.value == valley(error.limit) < error.inside


def test_zero_may_be_best():
    found = bracketed(lambda x: 1 + np.asarray(x), GRID, (0.05, 2.0), zero=1.0)
    assert found.at_zero
    assert found.value == 1.0 < 1 + found.high
    with pytest.raises(NotBracketed):
        bracketed(lambda x: 1 + np.asarray(x), GRID, (0.05, 2.0))


@pytest.mark.parametrize("grid", [[1.0, 2.0], [1.0, 3.0, 2.0], [1.0, 2.0, 2000.0], [-1.0, 1.0, 2.0]])
def test_grids_that_are_refused(grid):
    with pytest.raises(InputError, match="grid"):
        bracketed(valley, grid, (1e-3, 1e3))


def test_step_and_penalty_are_better_than_their_neighbours():
    problem = Problem(1000, 500, 750, "tanh", (0.0, 1.0, 0.5), 0.5)
    best = best_fit(problem)
    etas = step_of_tilt(problem, np.array([best.tilt.low, best.tilt.place, best.tilt.high]))
    ridges = best.ridge * np.geomspace(0.5, 2, 41)[:, None]
    values = any_step.errors(problem, ridges, etas)[1].min(axis=0)
    assert values[1] < min(values[0], values[2])
    assert best.test_error == pytest.approx(values[1], rel=2e-4)
    assert best.untrained.value == pytest.approx(ridge_errors.best_ridge(problem)[1], rel=2e-4)
    assert best.gain > 0.1


def test_a_step_at_a_tilt_shifts_the_units_by_it():
    problem = Problem(1000, 500, 750, "relu")
    eta = step_of_tilt(problem, 0.7)
    assert pytest.approx(eta * problem.student[1] * limit_geometry(problem).beta_norm / problem.N**0.5) == 0.7
    with pytest.raises(InputError, match="tilt"):
        step_of_tilt(problem, -0.1)


def test_nothing_can_be_learned_without_a_linear_part_and_no_penalty_is_large_enough():
    with pytest.raises(NotBracketed, match="the ridge penalty"):
        best_fit(Problem(1000, 500, 750, "tanh", (0.0, 0.0, 1.0), 0.5), rounds=0)


def test_the_limit_theory_has_no_best_step_for_a_linear_teacher():
    with pytest.raises(NotBracketed, match="the tilt"):
        best_fit(Problem(10**6, 5 * 10**5, 75 * 10**4, "tanh", (0.0, 1.0), 0.5), "limit", rounds=0)


def test_an_unknown_theory_is_refused():
    with pytest.raises(InputError, match="theory"):
        best_penalty(Problem(), 1.0, "guess")


def test_kernel_ridge_regression_is_a_network_of_infinite_width():
    problem = Problem(600, 300, 450, "relu")
    wide = replace(problem, N=10**9)
    for ridge in (0.05, 0.3, 1.0):
        exact = ridge_errors.test_error(wide, ridge * wide.N / wide.d)
        assert kernel_errors(problem, ridge) == pytest.approx(exact, rel=1e-5)
    ridge, value = best_kernel(problem)
    assert value <= kernel_errors(problem, ridge * np.array([0.5, 0.9, 1.1, 2.0])).min()
    assert value == pytest.approx(best_linear(problem)[1], rel=1e-6)
    assert best_kernel(replace(problem, teacher=(0.0, 1.0), noise_std=0.0))[0] == 0.0
    with pytest.raises(InputError, match="teacher"):
        kernel_errors(replace(problem, teacher=(0.3, 1.0)), 0.1)
    with pytest.raises(InputError, match="teacher"):
        best_kernel(replace(problem, teacher=(0.0, 0.0, 1.0)))
