"""The staircase as a cartoon: every stair where it belongs, its name on the side that the curve leaves free."""

import pytest

from onestep.book.figures import staircase
from onestep.book.figures.style import BLUE
from onestep.checks import InputError

EDGES, LEVELS, NAMES = [-0.1, 0.0, 0.25, 0.4], [3.0, 2.0, 1.0], ["none", "one", "two"]
CURVE = [-0.1, 0.1, 0.4], [2.9, 2.1, 1.5]


def stairs(**changes):
    given = {"edges": EDGES, "levels": LEVELS, "names": NAMES, "curve": CURVE} | changes
    return staircase.stairs(**given, curve_name="n = 1000", xlabel="exponent", ylabel="error")


def test_every_level_ends_where_the_next_begins():
    (axes,) = stairs().axes
    drawn = [line.get_xydata().tolist() for line in axes.lines if line.get_color() == BLUE]
    assert drawn == [[[-0.1, 3.0], [0.0, 3.0]], [[0.0, 2.0], [0.25, 2.0]], [[0.25, 1.0], [0.4, 1.0]]]


def test_names_stand_on_the_side_that_the_curve_leaves_free():
    (axes,) = stairs().axes
    sides = {text.get_text(): text.get_verticalalignment() for text in axes.texts}
    assert [sides[name] for name in NAMES] == ["bottom", "top", "top"]


def test_it_is_the_same_every_time():
    assert stairs().svg() == stairs().svg()
    assert stairs().svg() != stairs(levels=[3.0, 2.0, 1.5]).svg()


@pytest.mark.parametrize("changes", [{"edges": EDGES[:-1]}, {"names": NAMES[:-1]}, {"levels": [*LEVELS, 0.0]}])
def test_lengths_that_do_not_fit_are_refused(changes):
    with pytest.raises(InputError):
        stairs(**changes)
