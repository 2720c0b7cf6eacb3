"""The style of the book's figures, and the figures that chapters share."""

import ast
import itertools
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import onestep.book.figures
from onestep.book.figures import curves, spectrum, style
from onestep.book.statistics import Average, chance, over_seeds
from onestep.checks import InputError

x = np.linspace(1, 5, 9)


def one_spectrum(**changes):
    bins = np.geomspace(0.01, 10, 60)
    heights = np.exp(-np.square(np.log(bins[1:])))
    grid = np.geomspace(0.01, 10, 800)
    values = {
        "title": "tanh",
        "bins": bins,
        "height": heights,
        "height_error": 0.1 * heights,
        "x": grid,
        "density": np.exp(-np.square(np.log(grid))),
        "top": 8.0,
        "top_error": 0.1,
        "outliers": (9.0,),
    }
    return spectrum.Spectrum(**{**values, **changes})


def comparison():
    curve = curves.Curve("error", (x, 1 / x), (x, 1 / x, 0.1 / x))
    return curves.comparison([curve, curve], "$n$", "error", xscale="log", yscale="log", xticks=x)


def coefficients():
    names = [f"activation {k}" for k in range(6)]
    return curves.coefficients(dict.fromkeys(names, x), dict.fromkeys(names, (x, 0.1 * x)), "$c_k$")


def histograms():
    return spectrum.histograms([one_spectrum()] * 3, "$x$", xscale="log")


FIGURES = pytest.mark.parametrize("figure", [comparison, coefficients, histograms])


@pytest.mark.slow
@FIGURES
def test_a_figure_is_small_and_the_same_every_time(figure):
    first, second = figure().svg(), figure().svg()
    assert first == second
    assert len(first.encode()) < 200_000


@FIGURES
def test_every_word_of_a_figure_is_legible(figure):
    drawn = figure()
    drawn.draw_without_rendering()
    words = [text for text in drawn.findobj(Text) if text.get_text().strip() and text.get_visible()]
    assert len(words) > 5
    assert min(text.get_fontsize() for text in words) >= 9.5


def test_a_notebook_shows_a_figure_as_svg():
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(comparison())
    assert shown["image/svg+xml"].startswith("<?xml")


def test_the_caller_s_settings_neither_matter_nor_change():
    plain = comparison().svg()
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "black", "svg.fonttype": "none"}):
        before = dict(mpl.rcParams)
        assert comparison().svg() == plain
        assert dict(mpl.rcParams) == before


def test_lines_are_theory_and_points_are_simulation():
    figure = curves.comparison([curves.Curve("error", (x, 1 / x), (x, 2 / x, 0.1 / x))], "n", "error")
    (ax,) = figure.axes
    (bars,) = ax.containers
    line = next(line for line in ax.lines if line.get_linestyle() == "-" and len(line.get_xdata()))
    np.testing.assert_array_equal(line.get_xydata(), np.c_[x, 1 / x])
    points, _, (segments,) = bars.lines
    np.testing.assert_array_equal(points.get_xydata(), np.c_[x, 2 / x])
    assert points.get_linestyle() == "None"
    np.testing.assert_allclose([np.ptp(s[:, 1]) for s in segments.get_segments()], 0.2 / x)


def places(ax, label):
    """Where the marks of this label stand, bars from the axis upwards or markers."""
    bars = [bar for bar in ax.collections if bar.get_label() == label]
    marks = [marks.lines[0] for marks in ax.containers if marks.get_label() == label]
    return [x for bar in bars for (x, _), _ in bar.get_segments()] + [x for mark in marks for x in mark.get_xdata()]


@pytest.mark.parametrize("outliers", [(), (9.0,), (9.5, 9.0)])
def test_an_outlier_is_drawn_where_it_is_predicted_and_nowhere_else(outliers):
    (ax,) = spectrum.histograms([one_spectrum(outliers=outliers)], "x").axes
    assert places(ax, "predicted outlier") == list(outliers)


@pytest.mark.parametrize("largest", [[], [8.0], [8.5, 8.0]])
def test_as_many_of_the_largest_eigenvalues_are_drawn_as_are_given(largest):
    given = {"top": np.array(largest), "top_error": np.full(len(largest), 0.1)}
    (ax,) = spectrum.histograms([one_spectrum(**given)], "x", xscale="log").axes
    assert places(ax, "largest simulated eigenvalue" + "s" * (len(largest) > 1)) == largest


def test_the_density_before_the_step_is_another_line():
    before = 0.9 * one_spectrum().density
    without, with_it = spectrum.histograms([one_spectrum(), one_spectrum(before=before)], "x").axes
    lines = {line.get_label(): line for line in with_it.lines}
    np.testing.assert_array_equal(lines["before the step"].get_ydata(), before)
    assert lines["before the step"].get_linestyle() != lines["predicted density"].get_linestyle() == "-"
    assert "before the step" not in {line.get_label() for line in without.lines}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda ax: style.theory(ax, [1, 2], [1, np.nan]),
        lambda ax: style.theory(ax, [1, 2], [1, 2, 3]),
        lambda ax: style.simulation(ax, [1], [1], [-0.1]),
        lambda ax: style.simulation(ax, [1], [np.inf], [0.1]),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong):
    _, (ax,) = style.panels()
    with pytest.raises(InputError):
        wrong(ax)
    assert not ax.lines


@pytest.mark.parametrize(("largest", "ticks"), [(8.0, [0.1, 0.2, 0.5]), (900.0, [0.1, 1.0, 10.0])])
def test_a_wide_logarithmic_axis_has_fewer_ticks(largest, ticks):
    (ax,) = spectrum.histograms([one_spectrum(top=largest, outliers=())], "x", xscale="log").axes
    assert [float(tick) for tick in ax.get_xticks() if tick > 0.09][:3] == pytest.approx(ticks)


def test_figures_only_draw():
    """They import no theory, no simulation, no numerical routines, and not pyplot with its global state."""
    allowed = {
        "__future__",
        "collections",
        "dataclasses",
        "functools",
        "io",
        "itertools",
        "math",
        "matplotlib",
        "numpy",
        "typing",
        "base64",
        "pickle",
    }
    for path in Path(onestep.book.figures.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                ours = name in ("onestep.checks", "onestep.book.average") or name.startswith("onestep.book.figures")
                assert ours or name.split(".")[0] in allowed, (path.name, name)
                assert name not in ("matplotlib.pyplot", "numpy.linalg"), path.name


# What eyes without one kind of cone see, in linear RGB (Machado, Oliveira, Fernandes 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "no long": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no middle": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no short": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    f = XYZ @ np.clip(rgb, 0, 1) / (XYZ @ np.ones(3))
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colours, eyes):
    """The smallest CIELAB distance between two of the colours, as these eyes see them; 2.3 is just noticeable."""
    seen = [lab(np.array(EYES[eyes]) @ linear(colour)) for colour in colours]
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))


def contrast(colour, ground):
    lights = sorted(XYZ[1] @ linear(c) + 0.05 for c in (colour, ground))
    return lights[1] / lights[0]


@pytest.mark.parametrize("eyes", EYES)
def test_the_palette_stays_apart_for_all_eyes(eyes):
    assert nearest(style.PALETTE, eyes) > 15


def test_the_measure_knows_a_bad_palette():
    assert nearest(("#FF0000", "#A86400"), "all cones") > 15
    assert nearest(("#D55E00", "#8C6D00"), "no long") < 5


@pytest.mark.parametrize("colour", style.PALETTE)
def test_every_colour_stands_out_from_the_paper(colour):
    assert contrast(colour, style.PAPER) >= 3  # WCAG 2.1, 1.4.11: graphics


@pytest.mark.parametrize("colour", [style.INK, style.NEUTRAL])
def test_words_stand_out_from_the_paper(colour):
    assert contrast(colour, style.PAPER) >= 4.5  # WCAG 2.1, 1.4.3: text


def test_chance_is_the_two_sided_quantile_of_students_t():
    draws = np.random.default_rng(0).standard_normal((200_000, 4))
    averages = over_seeds(draws, axis=1)
    beyond = np.mean(np.abs(averages.mean) > chance(4, 0.01) * averages.standard_error)
    assert abs(beyond - 0.01) < 4 * np.sqrt(0.01 / 200_000)
    assert chance(4) > chance(100) > 3.29, "few draws: their standard error is uncertain itself"
    for arguments in ((1,), (5, 0.0), (5, 1.0), (5, np.nan)):
        with pytest.raises(InputError):
            chance(*arguments)


def test_averages_over_seeds():
    values = np.random.default_rng(0).standard_normal((400, 3)) * [1.0, 2.0, 4.0] + 7
    average = over_seeds(values)
    np.testing.assert_allclose(average.standard_error, [0.05, 0.1, 0.2], rtol=0.15)
    assert np.all(np.abs(average.mean - 7) < 4 * average.standard_error)
    assert f"{Average(0.456, 0.0123, 5):.2f}" == "0.46 ± 0.01"


@pytest.mark.parametrize("values", [[1.0], 1.0, [], [1.0, np.nan]])
def test_one_draw_has_no_standard_error(values):
    with pytest.raises(InputError):
        over_seeds(values)
