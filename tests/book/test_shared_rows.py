"""Means over draws that share the rows of one table: their standard error, and hostile rows."""

import numpy as np
import pytest

from onestep.book.statistics import over_seeds, over_shared_rows
from onestep.checks import InputError


def test_shared_rows_leave_an_error_that_no_draw_removes():
    """The mean over the same rows again and again has the error of these rows; distinct rows have only little more."""
    rng = np.random.default_rng(0)
    own, everything = rng.standard_normal(400), np.arange(400)
    again = over_shared_rows([everything] * 6, [own + 0.01 * rng.standard_normal(400) for _ in range(6)], 400)
    assert again.standard_error == pytest.approx(own.std(ddof=1) / 20, rel=0.05)
    naive = over_seeds([own.mean() + 0.01 * rng.standard_normal() / 20 for _ in range(6)])
    assert naive.standard_error < again.standard_error / 20  # what the scatter of the draws alone would say


def test_the_error_of_shared_rows_is_that_of_new_tables():
    rng, ends, errors = np.random.default_rng(1), [], []
    for _ in range(300):
        table = rng.standard_normal(60)
        parts = np.array_split(rng.permutation(60), 4)
        rows = [np.setdiff1d(np.arange(60), part) for part in parts]
        found = over_shared_rows(rows, [table[r] + 0.3 * rng.standard_normal() for r in rows], 60)
        ends.append(found.mean)
        errors.append(found.standard_error)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(ends), rel=0.15)


def test_a_second_round_on_the_same_rows_lowers_no_error():
    rng = np.random.default_rng(2)
    rows, values = [np.arange(50)] * 4, [rng.standard_normal() + rng.standard_normal(50) for _ in range(4)]
    one = over_shared_rows(rows, values, 50)
    two = over_shared_rows(rows * 2, values * 2, 50, rounds=2)
    assert two.standard_error == pytest.approx(one.standard_error, rel=1e-12)
    assert (one.draws, two.draws) == (4, 7)
    forgotten = over_shared_rows(rows * 2, values * 2, 50)  # the control
    assert forgotten.standard_error < 0.9 * one.standard_error
    for rounds in (0, 3, 4):
        with pytest.raises(InputError):
            over_shared_rows(rows, values, 50, rounds)


@pytest.mark.parametrize(
    ("rows", "values", "total"),
    [
        ([[0, 1]], [[1.0, 2.0]], 2),
        ([[0, 1], [0, 5]], [[1.0, 2.0], [1.0, 2.0]], 3),
        ([[0, 1], [0, -1]], [[1.0, 2.0], [1.0, 2.0]], 3),
        ([[0.0, 1.0], [0, 1]], [[1.0, 2.0], [1.0, 2.0]], 3),
        ([[0, 1], [0]], [[1.0, 2.0], [1.0, 2.0]], 3),
        ([[0, 1], [0, 1]], [[1.0, 2.0]], 3),
        ([[0, 1], [0, 1]], [[1.0, np.nan], [1.0, 2.0]], 3),
    ],
)
def test_hostile_rows_are_refused(rows, values, total):
    with pytest.raises(InputError):
        over_shared_rows(rows, values, total)
