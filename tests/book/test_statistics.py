"""Averages: their arithmetic, and what they refuse."""

import numpy as np
import pytest

from onestep import InputError
from onestep.book.figures.curves import Curve
from onestep.book.statistics import Average, count_beyond, over_seeds

VALUES = np.random.default_rng(0).normal(2.0, 1.0, (7, 3))
PREDICTED = np.array([1.0, 2.0, -4.0])


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v - PREDICTED,
        lambda v: PREDICTED - v,
        lambda v: v + 1,
        lambda v: 1 + v,
        lambda v: 100 * v,
        lambda v: v * PREDICTED,
        lambda v: PREDICTED * v,
        lambda v: v / PREDICTED,
        lambda v: -v,
    ],
)
def test_arithmetic_is_that_of_the_draws(change):
    by_draws, by_average = over_seeds(change(VALUES)), change(over_seeds(VALUES))
    np.testing.assert_allclose(by_average.mean, by_draws.mean, rtol=1e-12)
    np.testing.assert_allclose(by_average.standard_error, by_draws.standard_error, rtol=1e-12)
    assert by_average.draws == 7


def test_points_are_picked_by_index():
    average = over_seeds(VALUES)
    assert f"{average[1]:.3f}" == f"{over_seeds(VALUES[:, 1]):.3f}" and average[1].draws == 7
    assert [f"{point}" for point in average] == [f"{average[k]}" for k in range(3)]
    assert average[0], "one number has no length, and is no empty list"
    with pytest.raises(TypeError):
        list(average[0])


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("standard_error", lambda: Average([1.0, 2.0], 0.1, 5)),
        ("standard_error", lambda: Average(1.0, -0.1, 5)),
        ("mean", lambda: Average(np.nan, 0.1, 5)),
        ("draws", lambda: Average(1.0, 0.1, 1)),
        ("number", lambda: over_seeds(VALUES) - over_seeds(VALUES)),
        ("number", lambda: over_seeds(VALUES) / 0),
        ("number", lambda: over_seeds(VALUES) * "2"),
    ],
)
def test_bad_averages_are_refused(name, make):
    with pytest.raises(InputError, match=name):
        make()


def test_curves_take_averages_and_draw_the_same_points():
    average, x = over_seeds(VALUES), [1.0, 2.0, 3.0]
    assert Curve("a", None, (x, average)) == Curve("a", None, (x, average.mean, average.standard_error))
    with pytest.raises(InputError, match="measured"):
        Curve("a", None, (x, average.mean))


def test_what_no_reference_draw_reaches_is_counted():
    rng = np.random.default_rng(1)
    reference = rng.normal(size=(20, 50))
    three = np.c_[rng.normal(size=(9, 50)), np.full((9, 3), 7.0)]
    assert count_beyond(reference, reference) == 0
    assert count_beyond(reference, three) == 3
    assert count_beyond(reference, three[:, :51]) == 1
    assert count_beyond(reference, three, probability=1e-12) < 3, "a larger reach counts fewer"


@pytest.mark.parametrize("given", [np.ones(3), np.ones((3, 0)), np.full((3, 2), np.nan)])
def test_counting_needs_draws_in_rows(given):
    for arguments in ((given, np.ones((3, 2))), (np.ones((3, 2)), given)):
        with pytest.raises(InputError):
            count_beyond(*arguments)
