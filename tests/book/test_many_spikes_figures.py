"""The figures of the chapter on many spikes: what they are given is what they show."""

import numpy as np
import pytest

from onestep import InputError
from onestep.book.figures import curves, spikes
from onestep.book.statistics import over_seeds


def tracks(**changes):
    a = np.linspace(0, 0.4, 9)
    empty = (np.array([]), np.array([]))
    parts = [
        spikes.Track("eigenvalue 1", (a, np.exp(9 * a) + 8, 0.1 + a), {"full": (a, np.exp(9 * a) + 8), "part": empty}),
        spikes.Track("eigenvalue 2", (a, 6 + a, 0.1 + a), {"full": empty, "part": (a[4:], 6 + a[4:])}),
    ]
    return spikes.tracks(parts, "step", "eigenvalue", **{"edge": 7.0, "marks": {"here": 0.25}, **changes})


def by_size():
    pair = [curves.Curve(label, ([100, 400], [2.0, 1.0]), ([100, 400], [2.1, 0.9], [0.1, 0.1])) for label in "ab"]
    return spikes.by_size({"first": pair, "second": pair}, "error", [100, 400])


def decades():
    return spikes.decades([curves.Curve("angle", (np.geomspace(1e2, 1e12, 9), np.linspace(40, 1, 9)))], "$n$", "angle")


FIGURES = pytest.mark.parametrize("figure", [tracks, by_size, decades])


def legends(figure):
    return [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]


@pytest.mark.slow
@FIGURES
def test_the_same_arrays_give_the_same_small_picture(figure):
    assert figure().svg() == figure().svg()
    assert len(figure().svg()) < 200_000


@FIGURES
def test_every_entry_of_a_legend_appears_once(figure):
    (legend,) = legends(figure())
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels and len(labels) == len(set(labels))


def test_tracks_write_plain_numbers_on_the_logarithmic_axis():
    ax = tracks().axes[0]
    assert ax.yaxis.get_major_formatter()(20.0) == "20"
    assert ax.xaxis.get_scale() == "linear"


def test_tracks_skip_empty_predictions_and_shade_up_to_the_edge():
    ax = tracks().axes[0]
    lengths = sorted(len(line.get_xdata()) for line in ax.lines if line.get_linestyle() != "None")
    assert lengths.count(9) == 1 and 5 in lengths
    assert ax.get_ylim()[0] < 7.0 < ax.get_ylim()[1]
    assert max(patch.get_extents().y1 for patch in ax.patches) == pytest.approx(ax.transData.transform((0, 7.0))[1])


def test_numbers_on_the_axes_of_sizes_are_written_out():
    for ax in by_size().axes:
        assert [label.get_text() for label in ax.get_xticklabels()] == ["100", "400"]
        assert not any("10^" in label.get_text() for label in ax.get_yticklabels())


def test_tracks_by_rank_are_the_columns_of_the_tables():
    x, grid = np.array([0.0, 0.1]), np.array([0.0, 0.05, 0.1])
    average, table = over_seeds(np.arange(12.0).reshape(3, 2, 2)), np.array([[0.0, np.nan], [2.0, 3.0], [4.0, 5.0]])
    first, second = spikes.by_rank((x, average), {"law": (grid, table)})
    assert (first.label, second.label) == ("eigenvalue 1", "eigenvalue 2")
    np.testing.assert_array_equal(second.measured[1], average.mean[:, 1])
    np.testing.assert_array_equal(first.predicted["law"], (grid, table[:, 0]))
    np.testing.assert_array_equal(second.predicted["law"], (grid[1:], [3.0, 5.0]))
    for wrong in ((x, table), (grid, table[:, :1])):
        with pytest.raises(InputError, match="law"):
            spikes.by_rank((x, average), {"law": wrong})
