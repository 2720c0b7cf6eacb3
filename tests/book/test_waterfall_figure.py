"""The waterfall: bars between levels, a line for a prediction, a point for a measurement."""

import numpy as np
import pytest

from onestep.book.average import Average
from onestep.book.figures.style import BLUE, VERMILLION
from onestep.book.figures.waterfall import waterfall
from onestep.book.statistics import over_seeds, over_shared_rows
from onestep.checks import InputError

LEVELS = (0.5, 0.4, Average(0.3, 0.02, 8))


def test_bars_lead_from_level_to_level():
    (axes,) = waterfall({"one": LEVELS}, ("a", "b", "c"), "error").axes
    edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches]
    np.testing.assert_allclose(edges, [(0.5, 0.4), (0.4, 0.3)])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b", "c"]
    colours = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    assert colours == [VERMILLION]
    assert len(axes.collections) == 3 and BLUE not in colours  # two predictions and one error bar


@pytest.mark.parametrize(
    ("columns", "names"), [({}, ("a", "b")), ({"one": (1.0,)}, ("a",)), ({"one": (1.0, 2.0)}, ("a", "b", "c"))]
)
def test_what_does_not_fit_is_refused(columns, names):
    with pytest.raises(InputError):
        waterfall(columns, names, "error")


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
