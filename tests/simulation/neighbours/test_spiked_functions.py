"""Draws of spiked matrices: what a seed fixes, moments of the entries, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep.checks import InputError
from onestep.simulation.neighbours.spiked_functions import (
    LAWS,
    SpikedMatrix,
    entries,
    rectangular,
    squared_cosine,
    tops,
)


def test_a_seed_fixes_the_noise_at_every_strength():
    weak, strong = (SpikedMatrix.draw((0, 1), strength, 50, 7) for strength in (0.0, 2.0))
    assert np.array_equal(weak.g, strong.g)
    added = (strong.Y - weak.Y) * math.sqrt(50)
    assert added == pytest.approx(2.0 / math.sqrt(50) * np.outer(weak.g, weak.g), abs=1e-12)
    assert not np.allclose(weak.Y, SpikedMatrix.draw((0, 1), 0.0, 50, 8).Y)


def test_the_matrix_is_symmetric_and_its_entries_are_those_of_the_function():
    matrix = SpikedMatrix.draw("relu", 0.0, 400, 1)
    assert np.array_equal(matrix.Y, matrix.Y.T)
    above = np.array([SpikedMatrix.draw("relu", 0.0, 400, seed).Y[np.triu_indices(400)] for seed in range(8)])
    above *= math.sqrt(400)
    for power, expected in ((1, 0.0), (2, 0.5 - 1 / (2 * math.pi))):
        error = np.std(above**power) / math.sqrt(above.size)
        assert abs(np.mean(above**power) - expected) < 4 * error
    assert above.min() == pytest.approx(-1 / math.sqrt(2 * math.pi), abs=1e-12)


def test_largest_are_the_largest():
    matrix = SpikedMatrix.draw("tanh", 3.0, 80, 0)
    values, vectors = matrix.largest(3)
    assert values == pytest.approx(np.linalg.eigvalsh(matrix.Y)[::-1][:3], abs=1e-12)
    assert matrix.Y @ vectors == pytest.approx(vectors * values, abs=1e-10)


@pytest.mark.parametrize("law", LAWS)
def test_entries_have_mean_square_one(law):
    g = entries(1000, 0, law, "teacher")
    assert g @ g == pytest.approx(1000, rel=1e-12)
    expected = {"uniform": 1.8, "gaussian": 3.0, "signs": 1.0}[law]
    assert np.mean(g**4) == pytest.approx(expected, rel=0.15)


def test_tops_are_those_of_the_draws():
    found = tops("tanh", 4.0, 60, (3, 5), 2)
    matrix = SpikedMatrix.draw("tanh", 4.0, 60, 5)
    values, vectors = matrix.largest(2)
    assert np.array_equal(found.values[1], values) and np.array_equal(found.g[1], matrix.g)
    assert found.powers[1] == squared_cosine(vectors[:, 0], matrix.g**2)
    assert found.signals[1] == squared_cosine(vectors[:, 0], matrix.g)
    for seeds, power in (((), 1), ((0,), 0)):
        with pytest.raises(InputError):
            tops("tanh", 1.0, 60, seeds, power)


def test_rectangular_has_its_shape_and_signal():
    weak, g, h = rectangular((0, 1), 0.0, 30, 20, 3)
    strong, *_ = rectangular((0, 1), 0.4, 30, 20, 3)
    assert (strong - weak) * math.sqrt(30) == pytest.approx(0.4 * np.outer(g, h), abs=1e-12)


def test_squared_cosine():
    assert squared_cosine(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(0.5)
    for a, b in (([1.0], [1.0, 2.0]), ([0.0, 0.0], [1.0, 2.0])):
        with pytest.raises(InputError):
            squared_cosine(np.array(a), np.array(b))


@pytest.mark.parametrize("bad", [math.nan, -1.0, "1", True, [1], *OBJECTS], ids=lambda value: type(value).__name__)
def test_hostile_numbers(bad):
    for call in (
        lambda: SpikedMatrix.draw("tanh", bad, 10, 0),
        lambda: SpikedMatrix.draw("tanh", 1.0, bad, 0),
        lambda: rectangular("tanh", bad, 10, 10, 0),
        lambda: SpikedMatrix.draw("tanh", 1.0, 10, 0, law="cauchy"),
    ):
        with pytest.raises(InputError):
            call()
