"""Figures for phones: panels one below the other, in a file of their own; and spectra from eigenvalues."""

import base64
import re

import numpy as np
import pytest

from onestep import InputError
from onestep.book.figures.curves import Curve, comparison
from onestep.book.figures.side_by_side import CurvePanel, side_by_side
from onestep.book.figures.spectrum import Spectrum, picture
from onestep.build import phone_figures

X = np.linspace(0.1, 1.0, 8)
CURVES = [Curve(f"power {k}", (X, X**k), (X, X**k, 0.1 * X)) for k in (1, 2)]
EIGENVALUES = np.random.default_rng(0).gamma(2.0, 1.0, (5, 400))


def gamma(x):
    return x * np.exp(-x)


def figure():
    return side_by_side([CurvePanel("y", CURVES, f"panel {k}") for k in range(3)], "x")


def size(svg: str) -> tuple[float, float]:
    return tuple(float(value) for value in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())


def test_a_figure_carries_its_narrow_self():
    shown = figure()._repr_svg_()
    wide, narrow = phone_figures.parts(shown)
    assert wide == figure().svg(), "the narrow one changes nothing in the wide one"
    assert size(wide)[0] > size(wide)[1] and size(narrow)[1] > 1.9 * size(narrow)[0]
    assert wide.count('id="axes_') == narrow.count('id="axes_') == 3
    assert figure()._repr_svg_() == shown, "the same arrays give the same file"


def test_a_legend_under_the_figure_comes_along():
    _, narrow = phone_figures.parts(comparison(CURVES, "x", "y")._repr_svg_())
    assert narrow.count('id="legend_1"') == 1 and size(narrow)[0] < 330


def test_pages_get_a_narrow_picture_beside_the_wide_one(tmp_path):
    (tmp_path / "a.svg").write_text(figure()._repr_svg_(), encoding="utf-8")
    (tmp_path / "b.svg").write_text("<svg/>", encoding="utf-8")
    page = '<img alt="x" src="../_images/a.svg"><img src="../_images/b.svg"><img src="c.svg">'
    sources = {name: tmp_path / name for name in ("a.svg", "b.svg")}
    new = phone_figures.with_sources(page, sources.get)
    assert new.count("<picture>") == 1 and 'srcset="../_images/a-narrow.svg"' in new and page[:36] in new
    phone_figures.split(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-narrow.svg", "a.svg", "b.svg"]
    assert (tmp_path / "a.svg").read_text() == figure().svg()


def test_what_is_no_base64_is_left_alone():
    assert phone_figures.parts('<svg><desc id="narrow"><b>x</b></desc></svg>')[1] is None
    text = base64.b64encode(b"<svg/>").decode()
    assert phone_figures.parts(f'<svg><desc id="narrow">{text}</desc></svg>') == ("<svg></svg>", "<svg/>")


def test_a_spectrum_is_made_of_eigenvalues():
    spectrum = Spectrum.of(EIGENVALUES, gamma, title="a")
    area = np.sum(spectrum.height * np.diff(np.log(spectrum.bins)))
    assert area == pytest.approx(1.0), "every eigenvalue is in the histogram"
    np.testing.assert_allclose(spectrum.density, spectrum.x * gamma(spectrum.x))
    middle = np.sqrt(spectrum.bins[1:] * spectrum.bins[:-1])
    off = (spectrum.height - middle * gamma(middle))[spectrum.height_error > 0]
    assert np.median(np.abs(off) / spectrum.height_error[spectrum.height_error > 0]) < 2
    assert spectrum.top == pytest.approx([EIGENVALUES.max(axis=1).mean()])


def test_outliers_are_marked_and_leave_the_histogram():
    spectrum = Spectrum.of(EIGENVALUES, (X, gamma(X)), outliers=(12.0, 15.0), order=800, before=(X, X))
    area = np.sum(spectrum.height * np.diff(np.log(spectrum.bins)))
    assert area == pytest.approx(398 / 800) and spectrum.top.shape == (2,)
    assert spectrum.top[0] > spectrum.top[1] and np.all(spectrum.top_error > 0)
    np.testing.assert_allclose(spectrum.before, X**2)
    one = Spectrum.of(EIGENVALUES[0], gamma)
    assert not one.height_error.any() and not one.top_error.any()
    assert picture(spectrum, one).svg().count('id="axes_') == 2


@pytest.mark.parametrize(
    ("name", "values", "more"),
    [
        ("eigenvalues", np.ones((2, 3, 4)), {}),
        ("eigenvalues", [1.0, np.nan], {}),
        ("eigenvalues", [1.0, -1.0], {}),
        ("eigenvalues", np.zeros((2, 5)), {}),
        ("eigenvalues", np.ones((2, 1)), {"outliers": (1.0,)}),
        ("bins", np.ones((2, 5)), {"bins": 0}),
        ("density", np.ones((2, 5)), {"density": lambda x: -x}),
    ],
)
def test_bad_eigenvalues_are_refused(name, values, more):
    with pytest.raises(InputError, match=name):
        Spectrum.of(values, **({"density": gamma} | more))
