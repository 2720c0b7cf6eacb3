"""Maps: prediction and spots share one colour scale, contours lie where the prediction has their value."""

import numpy as np
import pytest

from onestep.book.figures.maps import Map, maps
from onestep.checks import InputError

X, Y = np.linspace(0.1, 1, 7), np.linspace(1, 3, 5)
VALUES = X[None, :] * Y[:, None]


def panel(**changed):
    return Map(**{"title": "gain", "xlabel": "x", "ylabel": "y", "x": X, "y": Y, "values": VALUES, **changed})


def test_spots_have_the_colours_of_their_values():
    figure = maps([panel(spots=([0.5, 0.8], [1.5, 2.0], [0.75, 4.0]))], "relative gain")
    mesh, spots = figure.axes[0].collections[0], figure.axes[0].collections[-1]
    assert spots.norm.vmin == mesh.norm.vmin == 0.1
    assert spots.norm.vmax == mesh.norm.vmax == 4.0  # a measurement beyond the predicted range widens the scale of all
    np.testing.assert_array_equal(spots.get_array(), [0.75, 4.0])
    assert figure.axes[-1].get_ylabel() == "relative gain"


def test_contours_lie_where_the_prediction_has_their_value():
    figure = maps([panel()], "gain", levels=[1.0, 99.0])  # the second is not on the map
    (contours,) = [c for c in figure.axes[0].collections if hasattr(c, "levels")]
    x, y = contours.get_paths()[0].vertices.T
    np.testing.assert_allclose(x * y, 1.0, rtol=0.02)
    assert list(contours.levels) == [1.0]


def test_a_map_without_spots():
    assert maps([panel(), panel(title="another")], "gain").axes[1].get_title(loc="left") == "another"


@pytest.mark.parametrize(
    "changed", [{"values": VALUES.T}, {"values": VALUES * np.nan}, {"spots": ([0.5], [1.5], [np.nan])}]
)
def test_what_cannot_be_drawn_is_refused(changed):
    with pytest.raises(InputError):
        panel(**changed)
