"""Many draws from one table: labels taken apart, errors of all draws, penalties chosen on other rows."""

import numpy as np
import pytest

from onestep.checks import InputError
from onestep.problem import Problem
from onestep.simulation import table_draws
from onestep.simulation.table import Table

RNG = np.random.default_rng(0)
TABLE = Table.prepare(RNG.exponential(size=(600, 8)) * np.arange(1, 9), 0.0)
PROBLEM = Problem(60, 8, 30, "tanh")
RIDGES, ETAS = (0.01, 0.1, 1.0), (0.0, 2.0)
Y = TABLE.X @ TABLE.teacher(0)


def test_draws_are_those_of_the_table():
    found = table_draws.draws(TABLE, PROBLEM, Y, RIDGES, ETAS, 3, rounds=2)
    assert found.squares.shape == (8, 2, 3, 480) and len(found.steps) == 8
    step = TABLE.step(PROBLEM, Y, 4, part=1)
    assert np.array_equal(found.rows[5], step.others)
    np.testing.assert_allclose(found.squares[5, 1], step.squares(np.array(RIDGES), 2.0))
    other = table_draws.draws(TABLE, PROBLEM, [Y, -2 * Y], RIDGES, ETAS, 3, rounds=2)
    np.testing.assert_allclose(other.squares[:4], found.squares[:4])
    np.testing.assert_allclose(other.squares[4:, 0], 4 * found.squares[4:, 0], rtol=1e-6)


def test_a_chosen_ridge_is_measured_on_other_rows():
    found = table_draws.draws(TABLE, PROBLEM, Y, RIDGES, ETAS, 0)
    chosen = found.chosen()
    assert chosen.squares.shape == (4, 2, 1, 240)
    for draw in range(4):
        for step in range(2):
            best = found.squares[draw, step, :, :240].mean(axis=1).argmin()
            assert np.array_equal(chosen.squares[draw, step, 0], found.squares[draw, step, best, 240:])
        assert np.array_equal(chosen.rows[draw], found.rows[draw][240:])


def test_a_label_is_the_sum_of_its_parts():
    linear, quadratic, rest = table_draws.parts(TABLE, Y + TABLE.X[:, 0] * TABLE.X[:, 1], 3)
    np.testing.assert_allclose(linear + quadratic + rest, Y + TABLE.X[:, 0] * TABLE.X[:, 1], atol=1e-10)
    assert abs(rest).max() < 1e-8 < quadratic.std()  # a sum of a linear function and one product
    np.testing.assert_allclose([TABLE.X.T @ quadratic, TABLE.X.T @ rest], 0, atol=1e-8)
    assert table_draws.parts(TABLE, TABLE.X[:, 0] * TABLE.X[:, 7], 3)[2].std() > 0.1  # the control: not among the 3


def test_variants_keep_what_they_say():
    y = table_draws.polynomial(TABLE, TABLE.teacher(1), 1)
    linear, quadratic, rest = table_draws.parts(TABLE, y, 4)
    found = table_draws.variants(TABLE, y, 5, 4)
    assert found["real"][1] is y and [len(v) for _, v in found.values()] == [600] * 4
    kept = found["quadratic part kept"][1] - linear - quadratic
    np.testing.assert_allclose(np.sort(kept), np.sort(rest), atol=1e-10)
    assert abs(np.corrcoef(kept, rest)[0, 1]) < 0.2
    shuffled = found["rest shuffled"][1] - linear
    np.testing.assert_allclose(np.sort(shuffled), np.sort(quadratic + rest), atol=1e-10)
    mirrored, labels = found["rows with random signs"]
    sign = np.round(mirrored.X[:, 0] / TABLE.X[:, 0])
    assert set(sign) == {-1.0, 1.0}
    np.testing.assert_allclose(labels - sign * linear - quadratic, kept, atol=1e-10)
    np.testing.assert_allclose(mirrored.X.T @ mirrored.X / 600, np.diag(TABLE.variances), atol=1e-10)


def test_the_direction_of_batches():
    teacher = TABLE.teacher(2)
    found = table_draws.direction(TABLE, Y, teacher, 100, 7)
    betas = [TABLE.X[r].T @ Y[r] / 100 for r in (TABLE.split(7, 100, part=p)[0] for p in range(4))]
    expected = np.mean([[b @ np.diag(TABLE.variances) @ b, teacher @ np.diag(TABLE.variances) @ b] for b in betas], 0)
    np.testing.assert_allclose(found, expected)


def test_what_makes_no_sense_is_refused():
    for y, rounds in ((Y, 0), ([Y, Y], 3), (Y[:-1], 1), ("y", 1)):
        with pytest.raises(InputError):
            table_draws.draws(TABLE, PROBLEM, y, RIDGES, ETAS, 0, rounds=rounds)
    for y, strongest in ((Y, 0), (Y, 9), (Y[:-1], 2)):
        with pytest.raises(InputError):
            table_draws.parts(TABLE, y, strongest)
    with pytest.raises(InputError):
        table_draws.polynomial(TABLE, "x", 0)
