"""The waterfall: bars between levels, a line for a prediction, a point for a measurement."""

import numpy as np
import pytest

from onestep.book.average import Average
from onestep.book.figures.style import BLUE, VERMILLION
from onestep.book.figures.waterfall import waterfall
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
