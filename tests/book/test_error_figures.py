"""The figure of errors against one variable: every curve, every baseline, one legend, readable ticks."""

import numpy as np
import pytest

from onestep.book.figures.curves import Curve
from onestep.book.figures.errors import Panel, against, baselines, both_errors
from onestep.book.statistics import over_seeds
from onestep.checks import InputError

X = np.geomspace(0.1, 10, 7)
LINE = Curve("with the step", (X, 1 / X), (X[::2], 1 / X[::2], 0.1 / X[::2]))
BASELINES = {"best linear model": (X, np.full(7, 1.1)), "Bayes error": (X, np.full(7, 0.25))}


def shown(axis):
    """The texts of an axis' ticks inside its range."""
    low, high = axis.get_view_interval()
    return [
        t.get_text()
        for t, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)
        if low <= place <= high
    ]


def test_every_panel_has_its_baselines_behind_the_curves():
    figure = against([Panel("Training error", [LINE], BASELINES), Panel("Test error", [LINE], BASELINES)], "$N/n$")
    for ax in figure.axes:
        heights = {
            line.get_label(): (line.get_ydata()[0], line.get_zorder()) for line in ax.lines if len(line.get_ydata())
        }
        assert heights["best linear model"][0] == 1.1
        assert heights["Bayes error"][0] == 0.25
        curve = next(line for line in ax.lines if list(line.get_ydata()[:1]) == [10])
        assert curve.get_zorder() > heights["Bayes error"][1]


def test_one_legend_names_everything_once():
    figure = against([Panel("left", [LINE], BASELINES), Panel("right", [LINE], BASELINES)], "$N/n$")
    (legend,) = figure.legends
    assert sorted(text.get_text() for text in legend.get_texts()) == [
        "Bayes error",
        "best linear model",
        "with the step",
    ]
    assert all(ax.get_legend() is None for ax in figure.axes)


def test_short_logarithmic_axes_are_labelled_in_plain_numbers():
    figure = against([Panel("left", [LINE], yscale="log")], "$N/n$", columns=1)
    figure.canvas.draw()
    assert shown(figure.axes[0].xaxis) == ["0.1", "0.3", "1", "3", "10"]
    assert not any(text.get_text() for text in figure.axes[0].get_xticklabels(minor=True))


def test_given_ticks_replace_them():
    figure = against([Panel("left", [LINE])], "$n$", columns=1, xticks=[0.5, 5])
    figure.canvas.draw()
    assert shown(figure.axes[0].xaxis) == ["0.5", "5"]


def test_marks_are_in_every_panel_and_written_once():
    figure = against([Panel("left", [LINE]), Panel("right", [LINE])], "$N/n$", marks={"$N = n$": 1.0})
    for ax in figure.axes:
        assert any(set(line.get_xdata()) == {1.0} for line in ax.lines)
    assert [text.get_text() for ax in figure.axes for text in ax.texts if text.get_text()] == ["$N = n$"]


def test_a_third_baseline_is_refused():
    with pytest.raises(InputError, match="baselines"):
        Panel("left", [LINE], BASELINES | {"oracle": (X, X)})


def test_what_is_not_finite_is_refused():
    with pytest.raises(InputError):
        against([Panel("left", [Curve("network", (X, X * np.nan))])], "$n$")


def test_baselines_are_lines_of_one_height_or_of_one_for_each_x():
    lines = baselines(X, 2 * X, 0.25)
    assert list(lines) == ["best linear model", "Bayes error"]
    np.testing.assert_array_equal(lines["best linear model"][1], 2 * X)
    np.testing.assert_array_equal(lines["Bayes error"][1], np.full(len(X), 0.25))


def test_both_errors_have_a_panel_each_with_every_group_where_it_belongs():
    lines = np.arange(4.0).reshape(2, 2, 1) + np.ones(7)
    points = [over_seeds(np.array([line[:, ::2], 1.1 * line[:, ::2]])) for line in lines]
    train, test = both_errors(X[::2], X, lines, points, ["without", "with"], (1.1, X), 0.25, ", N = n")
    assert (train.title, test.title) == ("Training error, N = n", "Test error, N = n")
    for e, panel in enumerate((train, test)):
        assert [curve.label for curve in panel.curves] == ["without", "with"]
        for g, curve in enumerate(panel.curves):
            np.testing.assert_array_equal(curve.predicted[1], lines[e, g])
            np.testing.assert_allclose(curve.measured[1], 1.05 * lines[e, g, ::2])
    assert train.baselines["best linear model"][1][3] == 1.1
    np.testing.assert_array_equal(test.baselines["best linear model"][1], X)
    with pytest.raises(InputError):
        both_errors(X[::2], X, lines[:1], points, ["without", "with"], (1.1, X), 0.25)
