"""Deep structured networks: the law of their weights, what a seed fixes, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep.checks import InputError
from onestep.simulation.neighbours.deep_features import DeepNetwork

BAD = pytest.mark.parametrize("bad", [math.nan, -1.0, "1", [1], *OBJECTS], ids=lambda value: type(value).__name__)


def test_weights_have_their_covariances():
    network = DeepNetwork.draw("tanh", (0, 1), (40, 6000, 20), 1.0, 0)
    W1 = network.weights[0]
    shape = np.arange(1, 41) ** -1.0
    assert 40 * np.mean(W1**2, axis=0) == pytest.approx(shape / shape.mean(), rel=0.1)
    assert np.linalg.norm(network.direction) == pytest.approx(1.0)
    # rows of the second layer avoid what the first layer makes large
    small = DeepNetwork.draw("tanh", (0, 1), (40, 30, 6000), 1.0, 0)
    W1, W2 = small.weights
    inverse = np.linalg.inv(W1 @ W1.T + 0.5 * np.eye(30))
    expected = inverse / np.trace(inverse) * 30
    found = 30 * W2.T @ W2 / 6000
    assert found == pytest.approx(expected, abs=0.15)
    assert np.abs(found - np.eye(30)).max() > 0.3  # what a layer without structure would have


def test_a_seed_fixes_everything_and_rows_are_the_first_of_one_draw():
    a, b = (DeepNetwork.draw("tanh", (0, 1, 0.5), (30, 25, 20), 0.5, 4) for _ in range(2))
    assert np.array_equal(a.weights[1], b.weights[1])
    train, test = a.errors(0.1, (50, 90), 0.3)
    assert train[0] == b.errors(0.1, (50, 90), 0.3)[0][0]
    assert test.shape == (2,) and np.all(train < test)


def test_the_distance_of_covariances_has_no_bias():
    """Zero on average for the right matrix: that of a linear network; the matrix with 10 % more is noticed."""
    network = DeepNetwork.draw((0, 1), (0, 1), (30, 25, 20), 0.5, 1)
    through = network.weights[1] @ network.weights[0]
    right = through @ through.T
    assert abs(network.covariance_distance(right, 4000)) < 2e-3
    assert network.covariance_distance(1.1 * right, 4000) == pytest.approx((0.1 / 1.1) ** 2, rel=0.3)


@BAD
def test_hostile_numbers(bad):
    for call in (
        lambda: DeepNetwork.draw("tanh", (0, 1), (10, 8, 6), bad, 0),
        lambda: DeepNetwork.draw("tanh", (0, 1), bad, 0.5, 0),
        lambda: DeepNetwork.draw("tanh", (0, 1), (10, 8, 6), 0.5, 0).errors(bad, (10,)),
        lambda: DeepNetwork.draw("tanh", (0, 1), (10, 8, 6), 0.5, 0).errors(0.1, (10,), bad),
    ):
        with pytest.raises(InputError):
            call()


def test_what_does_not_fit_is_refused():
    network = DeepNetwork.draw("tanh", (0, 1), (10, 8, 6), 0.5, 0)
    for call in (
        lambda: network.errors(0.1, ()),
        lambda: network.errors(0.1, (0,)),
        lambda: network.covariance_distance(np.eye(5)),
        lambda: network.covariance_distance(np.eye(6), 1),
    ):
        with pytest.raises(InputError):
            call()
