"""Tables of real inputs: preparation, disjoint batches, one step that is that of the network, hostile tables."""

from pathlib import Path

import numpy as np
import pytest

from nasty import OBJECTS
from onestep.checks import InputError
from onestep.problem import Problem
from onestep.simulation import network, ridge
from onestep.simulation.sample import Batch
from onestep.simulation.table import Table

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((400, 12)) @ np.diag(np.linspace(1, 3, 12)) @ RNG.standard_normal((12, 12)) + 5
TABLE = Table.prepare(ROWS, 0.0)
FILE = Path(__file__).parents[2] / "chapters" / "data" / "mnist14.npz"


def test_columns_are_uncorrelated_and_have_the_stated_variances():
    covariance = TABLE.X.T @ TABLE.X / 400
    np.testing.assert_allclose(covariance, np.diag(TABLE.variances), atol=1e-12)
    np.testing.assert_allclose([TABLE.X.mean(), TABLE.variances.mean()], [0, 1], atol=1e-12)
    assert np.all(np.diff(TABLE.variances) <= 0) and TABLE.dropped == 0


def test_a_rotation_and_a_shift_change_nothing_but_signs():
    turned = Table.prepare(ROWS @ np.linalg.qr(RNG.standard_normal((12, 12)))[0] - 3, 0.0)
    np.testing.assert_allclose(turned.variances, TABLE.variances, rtol=1e-9)
    np.testing.assert_allclose(np.abs(turned.X), np.abs(TABLE.X), atol=1e-8)


def test_dim_directions_are_dropped():
    dim = np.concatenate([TABLE.X, 1e-3 * RNG.standard_normal((400, 2)), np.ones((400, 1))], axis=1)
    found = Table.prepare(dim, 1e-4)
    assert found.dropped == 3 and found.X.shape == (400, 12)
    np.testing.assert_allclose(found.variances, TABLE.variances, rtol=1e-4)


def test_scaled_rows_have_nearly_one_length_and_a_new_covariance():
    scaled = Table.prepare(ROWS, 0.0, scale_rows=True)
    length = np.sum(scaled.X**2, axis=1)
    assert length.std() / length.mean() < 0.2 * np.std(np.sum(TABLE.X**2, axis=1)) / 12
    np.testing.assert_allclose(scaled.X.T @ scaled.X / 400, np.diag(scaled.variances), atol=1e-12)


def test_gaussian_rows_have_exactly_the_covariance_and_no_other_moment():
    table = Table.prepare(RNG.exponential(size=(3000, 6)) * np.arange(1, 7), 0.0)
    twin = table.gaussian(1)
    np.testing.assert_allclose(twin.X.T @ twin.X / 3000, np.diag(table.variances), atol=1e-12)
    np.testing.assert_allclose(twin.X.mean(axis=0), 0, atol=1e-12)
    assert abs(twin.kurtosis() - 3).max() < 0.6 < 4 < table.kurtosis().min()
    assert not np.array_equal(twin.X, table.gaussian(2).X)


def test_the_linear_part_of_a_label():
    """Corrected for the rows, it has the variance that was put in; without the correction it would have more."""
    rng, found, naive = np.random.default_rng(4), [], []
    along = np.linspace(-1, 1, 12)
    for _ in range(200):
        y = TABLE.X / np.sqrt(TABLE.variances) @ along + 3 * rng.standard_normal(400)
        part, rest = TABLE.linear(y)
        found.append((part @ part, rest))
        naive.append(np.sum((TABLE.X.T @ y / 400) ** 2 / TABLE.variances))
    error = np.std(found, axis=0, ddof=1) / 200**0.5
    assert np.all(abs(np.mean(found, axis=0) - [along @ along, 9]) < 3.5 * error)
    assert np.mean(naive) > along @ along + 3.5 * error[0]
    assert np.corrcoef(part, along)[0, 1] > 0.9
    for bad in (np.zeros(400), np.ones(3), "y"):
        with pytest.raises(InputError, match="y"):
            TABLE.linear(bad)


def test_batches_are_disjoint_and_parts_share_no_training_row():
    parts = [TABLE.split(3, 50, 40, part=part) for part in range(4)]
    for sets in parts:
        assert sorted(np.concatenate(sets).tolist()) == list(range(400))
    used = np.concatenate([np.concatenate(sets[:2]) for sets in parts])
    assert len(set(used.tolist())) == used.size == 360
    assert not np.array_equal(TABLE.split(4, 50)[0], TABLE.split(3, 50)[0])


def test_a_step_is_that_of_the_network_on_these_rows():
    problem, y = Problem(50, 12, 30, "tanh", n_gradient=60), TABLE.X @ np.ones(12)
    step = TABLE.step(problem, y, 5)
    first, second, others = TABLE.split(5, 60, 50)
    assert np.array_equal(step.fitted, second) and np.array_equal(step.others, others)
    gradient = network.gradient(problem, step.W0, step.a, Batch(TABLE.X[first], y[first]))
    np.testing.assert_allclose(step.gradient.matrix, gradient.matrix)
    W = step.W0 + 2.0 * gradient.matrix
    F, other = (problem.sigma(TABLE.X[rows] @ W.T) for rows in (second, others))
    a = ridge.path(F, y[second], 0.1).coefficients
    np.testing.assert_allclose(step.squares(0.1, 2.0)[0], (y[others] - other @ a[:, 0]) ** 2, rtol=1e-8)
    spread = (TABLE.X @ gradient.direction).std() * abs(problem.student[1]) / 30**0.5
    np.testing.assert_allclose(step.tilt, spread, rtol=1e-10)


def test_a_teacher_has_labels_of_variance_one_and_no_preference_in_whitened_coordinates():
    teacher = TABLE.teacher(1)
    np.testing.assert_allclose((TABLE.X @ teacher).std(), 1, rtol=1e-10)
    signal = np.mean([TABLE.covariance(TABLE.teacher(s)).levels(12).signal for s in range(300)], axis=0)
    np.testing.assert_allclose(signal, 1 / 12, rtol=0.35)
    np.testing.assert_allclose(TABLE.covariance().levels(12).values, TABLE.variances)


def test_the_digits_are_those_that_the_page_describes():
    with np.load(FILE) as data:
        rows, digits = data["X"], data["y"]
    assert rows.shape == (4000, 196) and rows.dtype == digits.dtype == np.uint8
    assert np.bincount(digits).min() > 300 and np.unique(rows, axis=0).shape == rows.shape
    table = Table.prepare(rows)
    assert table.X.shape == (4000, 97) and table.effective_dimension == pytest.approx(21.9, abs=0.1)
    assert np.median(table.kurtosis()) < 4 < 20 < Table.prepare(rows, 0.001).kurtosis().max()


@pytest.mark.parametrize(
    "rows",
    [ROWS[0], ROWS[:12], np.ones((50, 3)), np.full((50, 3), np.nan), [[1, 2], [3]], np.ones((50, 0)), *OBJECTS],
    ids=lambda value: type(value).__name__,
)
def test_hostile_tables(rows):
    with pytest.raises(InputError, match="rows"):
        Table.prepare(rows)


@pytest.mark.parametrize("cut_off", [-0.1, 1.1, np.nan, "0.1", None])
def test_hostile_cut_offs(cut_off):
    with pytest.raises(InputError, match="cut_off"):
        Table.prepare(ROWS, cut_off)


def test_a_row_at_the_mean_cannot_be_scaled():
    rows = np.concatenate([ROWS - ROWS.mean(axis=0), np.zeros((1, 12))])
    with pytest.raises(InputError, match="rows"):
        Table.prepare(rows, 0.0, scale_rows=True)


@pytest.mark.parametrize("sizes", [(0,), (400,), (300, 200), (-1,), (1.5,)])
def test_hostile_sizes(sizes):
    with pytest.raises(InputError, match="sizes"):
        TABLE.split(0, *sizes)


def test_hostile_steps():
    problem, y = Problem(50, 12, 30), np.ones(400)
    for bad in (Problem(50, 13, 30), Problem(50, 12, 30, precision="float32"), None):
        with pytest.raises(InputError, match="problem"):
            TABLE.step(bad, y, 0)
    for bad in (y[:-1], np.full(400, np.inf), "y"):
        with pytest.raises(InputError, match="y"):
            TABLE.step(problem, bad, 0)
    for bad in (np.zeros(12), np.ones(11)):
        with pytest.raises(InputError, match="teacher"):
            TABLE.covariance(bad)
    with pytest.raises(InputError, match="sizes"):
        TABLE.step(problem, y, 0, part=4)
