"""The figures of the chapter on one spike draw what they are given, and say no to what they cannot draw."""

import numpy as np
import pytest

from onestep.book.figures.curves import Curve
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.book.figures.vectors import Cloud, alignments, clouds
from onestep.checks import InputError

X = np.linspace(0, 4, 5)
LINE = Curve("gain", (X, X**2), (X[::2], X[::2] ** 2, np.full(3, 0.1)))


def texts(figure):
    return {text.get_text() for ax in figure.axes for text in ax.texts if text.get_text()}


def test_every_panel_has_the_marks_and_its_own_levels():
    figure = side_by_side(
        [CurvePanel("left", [LINE], levels={"limit": 3.0}), CurvePanel("right", [LINE])],
        "step",
        marks={"threshold": 2.0},
    )
    left, right = figure.axes
    assert texts(figure) == {"limit", "threshold"}
    assert [line.get_xdata()[0] for line in right.lines if line.get_linestyle() == "--"] == [2.0]
    assert 3.0 in [line.get_ydata()[0] for line in left.lines if len(set(line.get_ydata())) == 1]
    assert (left.get_ylabel(), right.get_ylabel()) == ("left", "right")


def test_an_odd_number_of_panels_leaves_the_last_place_empty():
    figure = side_by_side([CurvePanel(str(k), [LINE]) for k in range(3)], "step")
    assert [ax.get_visible() for ax in figure.axes] == [True, True, True, False]


def test_a_cloud_shows_every_entry_and_the_line():
    entries = np.random.default_rng(0).standard_normal(X.size)
    figure = clouds([Cloud("one", X, entries, (X, 2 * X))], "t", "u")
    dots, line = figure.axes[0].lines
    np.testing.assert_array_equal(dots.get_ydata(), entries)
    np.testing.assert_array_equal(line.get_ydata(), 2 * X)


def test_the_legend_of_clouds_goes_where_it_covers_nothing():
    parts = [Cloud(name, X, X, (X, X)) for name in ("one", "two")]
    above = clouds(parts, "t", "u", legend="upper center").axes
    assert above[0].get_legend() is None
    assert above[1].get_legend()._loc != clouds(parts, "t", "u").axes[1].get_legend()._loc


def test_alignments_sit_at_their_degrees():
    values, errors = np.array([0.8, 0.01, 0.02]), np.full(3, 0.005)
    figure = alignments({"tanh": values, "relu": values}, {"tanh": (values, errors), "relu": (values, errors)}, "y")
    ax = figure.axes[0]
    np.testing.assert_array_equal(ax.get_xticks(), [1, 2, 3])
    assert ax.get_yscale() == "log"
    points = [container.lines[0].get_xdata() for container in ax.containers]
    np.testing.assert_allclose(np.mean(points, axis=0), [1, 2, 3])


def test_what_is_not_finite_is_refused():
    with pytest.raises(InputError):
        side_by_side([CurvePanel("left", [Curve("gain", (X, X * np.nan))])], "step")
