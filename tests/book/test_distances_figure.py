"""The histogram of distances: its bars and its line are the numbers that it was given."""

import numpy as np
import pytest

from onestep.book.figures import distances
from onestep.book.figures.style import BLUE
from onestep.checks import InputError

EDGES, DENSITY = [-2.0, -1.0, 0.0, 1.0, 2.0], [0.1, 0.5, 0.3, 0.1]
LAW = [-2.0, 0.0, 1.0, 2.0], [0.05, 0.4, 0.24, 0.05]


def histogram(**changes):
    given = {"edges": EDGES, "density": DENSITY, "law": LAW} | changes
    return distances.histogram(**given, names=("measured", "chance"), xlabel="distance")


def test_bars_and_line_are_what_was_given():
    (axes,) = histogram().axes
    (bars,) = axes.patches
    assert np.array_equal(bars.get_data().values, DENSITY) and np.array_equal(bars.get_data().edges, EDGES)
    (line,) = axes.lines
    assert line.get_xydata().tolist() == np.transpose(LAW).tolist() and line.get_color() == BLUE
    assert [text.get_text() for text in axes.texts] == ["chance", "measured"]


def test_it_is_the_same_every_time():
    assert histogram().svg() == histogram().svg()
    assert histogram().svg() != histogram(density=[0.1, 0.4, 0.3, 0.2]).svg()


@pytest.mark.parametrize("changes", [{"edges": EDGES[:-1]}, {"density": [-0.1, 0.5, 0.3, 0.3]}, {"law": LAW[0]}])
def test_what_does_not_fit_is_refused(changes):
    with pytest.raises((InputError, TypeError)):
        histogram(**changes)
