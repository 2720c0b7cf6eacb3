"""The opening picture: a film in SVG, its last frame everywhere else."""

import re

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure

from onestep.book.figures.opening import Frame, growing
from onestep.build.sphinx_extension import _FILM, _PICTURE
from onestep.checks import InputError

X = np.geomspace(0.1, 10, 20)
BINS = np.geomspace(0.1, 100, 11)
FRAMES = [Frame(f"step {k}", np.full(10, 0.1), np.full(20, 0.1), [20.0 + k] * k, [21.0 + k] * k) for k in range(3)]


def film():
    return growing(X, BINS, FRAMES, "eigenvalue")


def test_every_frame_is_in_the_film_and_only_one_is_shown_at_rest():
    svg = film().svg()
    assert {int(k) for k in re.findall(r'<g id="frame-(\d+)-', svg)} == {0, 1, 2}
    assert '[id^="frame-2-"] { visibility: visible }' in svg
    assert svg == film().svg()


def test_it_ends_within_five_seconds():
    lengths = [float(a) + float(b) for a, b in re.findall(r"once ([\d.]+)s ([\d.]+)s", film().svg())]
    assert len(lengths) == 2 and max(lengths) == pytest.approx(5.0, abs=0.01)


def test_other_formats_show_the_last_frame_alone():
    shown = film()
    shown.svg()
    assert [{a.get_visible() for a in artists} for artists in shown.frames] == [{False}, {False}, {True}]
    picture = shown._repr_png_()
    assert picture.startswith(b"\x89PNG")
    assert picture != growing(X, BINS, FRAMES[:1], "eigenvalue")._repr_png_()


def test_a_notebook_shows_the_film():
    formatter = DisplayFormatter()
    select_figure_formats_of(formatter)
    data, _ = formatter.format(film())
    assert 'id="still"' in data["image/svg+xml"]


def select_figure_formats_of(formatter):
    """What matplotlib's inline backend does: every Figure is drawn by itself."""
    formatter.formatters["image/svg+xml"].for_type(Figure, lambda figure: "<svg/>")


def test_the_page_asks_for_the_still_one_in_print():
    page = '<img alt="a" class="onestep-film align" src="../_images/a.svg" /><img alt="b" src="../_images/b.svg" />'
    changed = re.sub(_FILM, _PICTURE, page)
    assert changed.count("<picture>") == 1 and 'srcset="../_images/a.svg#still"' in changed
    assert '<img alt="b" src="../_images/b.svg" />' in changed


def test_no_frame_is_refused():
    with pytest.raises(InputError, match="frames"):
        growing(X, BINS, [], "eigenvalue")
