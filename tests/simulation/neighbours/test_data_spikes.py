"""Draws of inputs with signals: exactness of the errors, what a seed fixes, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep import Problem
from onestep.checks import InputError
from onestep.simulation.neighbours import data_spikes as draws

SMALL = Problem(n=120, d=40, N=60, teacher=(0, 1, 0.4), noise_std=0.3)
BAD = pytest.mark.parametrize("bad", [math.nan, -1.0, "1", True, [1], *OBJECTS], ids=lambda value: type(value).__name__)


def test_a_seed_fixes_the_draw_and_one_penalty_does_not_change_another():
    both = draws.spiked_errors(SMALL, 5.0, 0.5, ((0.1, 1.0), (0.2,)), 3, n_test=500)
    one = draws.spiked_errors(SMALL, 5.0, 0.5, ((1.0,), (0.2,)), 3, n_test=500)
    assert both[0][1] == pytest.approx(one[0][0], rel=1e-10) and both[1] == pytest.approx(one[1], rel=1e-10)
    assert draws.spiked_errors(SMALL, 5.0, 0.5, ((1.0,), (0.2,)), 4, n_test=500)[0] != one[0]


def test_without_noise_and_many_rows_the_linear_label_is_found():
    clean = Problem(n=400, d=40, N=60, teacher=(0, 1.0), noise_std=0.0)
    linear = draws.spiked_errors(clean, 5.0, 0.5, ((0.1,), (1e-10,)), 0, n_test=500)[1]
    assert linear[0] < 1e-12


@pytest.mark.parametrize("label", ["input", "spike"])
def test_least_squares_errors_are_exact_for_the_draw(label):
    """Against the error on a million fresh rows, from the same fit: here with n >= d, where the fit is unique."""
    d, n, spike, alignment, noise = 6, 9, 4.0, 0.8, 0.5
    found = draws.least_squares(d, n, spike, alignment, noise, 0, label)
    rng = draws.generator(0, "ridge")
    z, v = rng.standard_normal((n, d)), rng.standard_normal(n)
    X = z + math.sqrt(spike) * np.outer(v, np.eye(d)[0])
    beta = alignment * np.eye(d)[0] + math.sqrt(1 - alignment**2) * np.eye(d)[1]
    y = X @ beta if label == "input" else alignment * math.sqrt(spike) * v
    b = np.linalg.solve(X.T @ X, X.T @ (y + noise * rng.standard_normal(n)))
    fresh = np.random.default_rng(1)
    z, v = fresh.standard_normal((200_000, d)), fresh.standard_normal(200_000)
    X = z + math.sqrt(spike) * np.outer(v, np.eye(d)[0])
    y = X @ beta if label == "input" else alignment * math.sqrt(spike) * v
    squares = (y - X @ b) ** 2
    assert abs(squares.mean() - found) < 4 * squares.std() / math.sqrt(len(squares))


def test_spurious_covariance_by_stein_is_that_of_fresh_rows():
    D = np.diag([1.5, 1.0, 0.5])
    Sigma = np.block([[D, 0.6 * D], [0.6 * D, D]])
    theta = np.array([0.8, 0.0, 0.6])
    found = draws.spurious_features(Sigma, theta, 0.2, "tanh", (50, 30), 0.01, 2)
    W = draws.generator(2, "weights").standard_normal((30, 6))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    rng = draws.generator(2, "ridge")
    Z = rng.standard_normal((50, 6)) @ np.linalg.cholesky(Sigma).T
    y = Z[:, :3] @ theta + 0.2 * rng.standard_normal(50)
    F = np.tanh(Z @ W.T)
    b = np.linalg.solve(F.T @ F / 50 + 0.01 * np.eye(30), F.T @ y / 50)
    fresh = np.random.default_rng(3).standard_normal((2, 400_000, 6)) @ np.linalg.cholesky(Sigma).T
    mixed = np.hstack([fresh[1][:, :3], fresh[0][:, 3:]])
    products = np.tanh(mixed @ W.T) @ b * (fresh[0][:, :3] @ theta)
    assert abs(products.mean() - found) < 4 * products.std() / math.sqrt(len(products))


def test_no_correlation_no_shortcut():
    Sigma = np.eye(8)
    owed, test = draws.spurious(Sigma, np.ones(4) / 2, 0.1, 100, (0.1, 1.0), 0)
    assert np.all(owed == 0.0) and np.all(test > 0.01)


@BAD
def test_hostile_numbers(bad):
    for call in (
        lambda: draws.spiked_errors(SMALL, bad, 0.5, ((0.1,), (0.1,)), 0),
        lambda: draws.spiked_errors(SMALL, 1.0, 1.5, ((0.1,), (0.1,)), 0),
        lambda: draws.spiked_errors(SMALL, 1.0, 0.5, ((-0.1,), (0.1,)), 0),
        lambda: draws.least_squares(10, 20, bad, 0.5, 0.1, 0),
        lambda: draws.spurious(np.eye(4), np.ones(2), 0.1, bad, (0.1,), 0),
        lambda: draws.spurious_features(np.eye(4), np.ones(2), bad, "tanh", (10, 10), 0.1, 0),
    ):
        with pytest.raises(InputError):
            call()
