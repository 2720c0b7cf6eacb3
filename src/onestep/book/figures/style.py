"""How every figure of the book looks: colours, sizes, fonts and the two marks. Lines are theory, points simulation.

A figure is a function of arrays decorated with `styled`; it makes its panels with `panels` and draws with `theory` and
`simulation`, so that one reading rule holds on every page. Figures are built without pyplot: nothing global is changed,
no window is opened and no figure stays behind in memory.
"""

import base64
import io
import pickle
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from onestep.checks import InputError, integer, reals

# Okabe and Ito's colours (jfly.uni-koeln.de/color), the ones with a contrast above 3:1 on the paper: they stay
# apart in every common colour blindness and still count as graphics under WCAG 2.1.
BLUE, VERMILLION, GREEN, PURPLE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
PALETTE = (BLUE, VERMILLION, GREEN, PURPLE, BLACK)
INK, NEUTRAL, FAINT, PAPER = "#1F2328", "#6B7178", "#D9DDE1", "#FFFFFF"
MARKERS = ("o", "s", "D", "^", "v")
DASHES = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)))

LARGEST = 1e100
WIDTH = 7.6  # inches: the text column of the page, so that figure text and body text come out alike
NARROW = 4.4  # on a phone, where panels stand one below the other
PANEL_HEIGHT = 3.3

_RC: dict[Any, Any] = {  # matplotlib's stubs want its own literal names here
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.dpi": 144,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "text.color": INK,
    "axes.labelcolor": INK,
    "figure.labelsize": 11,
    "axes.edgecolor": NEUTRAL,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": NEUTRAL,
    "ytick.color": NEUTRAL,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.2,
    "svg.fonttype": "path",
    "svg.hashsalt": "onestep",  # the same arrays give the same file
}
_P = ParamSpec("_P")
_Picture = TypeVar("_Picture")


class BookFigure(Figure):
    """A matplotlib figure that a notebook shows as SVG: sharp at every zoom, and small."""

    def svg(self) -> str:
        """The figure as an SVG document, byte for byte the same for the same arrays."""
        buffer = io.StringIO()
        with mpl.rc_context(_RC):
            self.savefig(buffer, format="svg", metadata={"Date": None})
        return buffer.getvalue()

    def narrow_svg(self) -> str:
        """The same panels one below the other, as wide as a phone."""
        copy = pickle.loads(pickle.dumps(self))  # a figure whose layout changed would not draw the same file again
        axes = [ax for ax in copy.axes if ax.get_visible() and ax.get_subplotspec() is not None]
        height = self.get_figheight() / axes[0].get_subplotspec().get_gridspec().nrows
        places = GridSpec(len(axes), 1, figure=copy)
        for row, ax in enumerate(axes):
            ax.set_subplotspec(places[row])
        for legend in copy.legends:  # those of `legend_below`
            names = [text.get_text() for text in legend.get_texts()]
            legend.remove()
            found = {
                label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
            }
            with mpl.rc_context(_RC):
                copy.legend([found[name] for name in names], names, loc="outside lower center", ncols=1)
        copy.set_size_inches(NARROW, max(height, 0.62 * NARROW) * len(axes))
        return copy.svg()

    def _repr_svg_(self) -> str:
        """The figure, and in its metadata the narrow one, which pages show on phones."""
        narrow = base64.b64encode(self.narrow_svg().encode()).decode()
        return self.svg().replace("<metadata>", f'<metadata>\n  <desc id="narrow">{narrow}</desc>', 1)


def styled(draw: Callable[_P, _Picture]) -> Callable[_P, _Picture]:
    """The figure function `draw`, drawn in the style of the book whatever the caller's matplotlib settings are."""

    @wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> _Picture:
        with mpl.rc_context({**mpl.rcParamsDefault, **_RC}):
            return draw(*args, **kwargs)

    return drawn


def panels(
    columns: int = 1, rows: int = 1, *, height: float = PANEL_HEIGHT, **subplots
) -> tuple[BookFigure, np.ndarray]:
    """A figure as wide as the page's text with `rows` x `columns` empty axes; `height` is that of one row, in inches.

    Returns the figure and its axes as a flat array, row by row. `subplots` goes to `Figure.subplots` (sharex, sharey).

    Raises
    ------
    InputError : `rows` or `columns` is not a positive integer.
    """
    rows, columns = integer("rows", rows), integer("columns", columns)
    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.06)
    figure = BookFigure(figsize=(WIDTH, rows * height), layout=layout)
    axes = figure.subplots(rows, columns, squeeze=False, **subplots).ravel()
    for ax in axes:
        ax.grid(True, color=FAINT, linewidth=0.6)
    return figure, axes


def line_style(k: int) -> dict:
    """Colour and dash of prediction number `k`, as arguments of `Axes.plot`."""
    return {"color": PALETTE[k % 5], "linestyle": DASHES[k % 5]}


def mark_style(k: int) -> dict:
    """The mark of measurement number `k`, as arguments of `Axes.plot`; hollow, so that the line shows behind it."""
    return {"marker": MARKERS[k % 5], "markerfacecolor": PAPER, "markeredgewidth": 1.3}


def theory(ax: Axes, x, y, k: int = 0, label: str | None = None, **line) -> None:
    """Draw a prediction: the line through (x, y), in colour and dash number `k`; `line` overrides `Axes.plot`.

    Raises
    ------
    InputError : `x` and `y` differ in length or hold a value that is not finite.
    """
    x, y = _columns(x=x, y=y)
    ax.plot(x, y, **{**line_style(k), "label": label, **line})


def simulation(ax: Axes, x, mean, standard_error, k: int = 0, label: str | None = None, **marks) -> None:
    """Draw a measurement: points at (x, mean) with bars of one `standard_error` over seeds, in colour number `k`.

    Raises
    ------
    InputError : the arrays differ in length or hold a value that is not finite, or a standard error is negative.
    """
    x, mean, standard_error = _columns(x=x, mean=mean, standard_error=standard_error)
    reals("standard_error", standard_error, minimum=0.0)
    bars = {"color": PALETTE[k % 5], "linestyle": "none", "elinewidth": 1.3, "capsize": 2.5, "zorder": 3}
    ax.errorbar(x, mean, yerr=standard_error, **{**bars, **mark_style(k), "label": label, **marks})


def note(ax: Axes, x: float, text: str, y: float = 0.96, **line) -> None:
    """Mark the place `x` by a thin vertical line with `text` beside it, at the fraction `y` of the height."""
    ax.axvline(x, **{"color": NEUTRAL, "linewidth": 1.0, "linestyle": (0, (4, 3)), "zorder": 1, **line})
    ax.annotate(
        text,
        (x, y),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
        va="top",
        fontsize=10,
        color=line.get("color", NEUTRAL),
    )


def plain_ticks(ax: Axes) -> None:
    """Logarithmic axes with ticks at 1, 2 and 5 times powers of ten, written as plain numbers.

    Over more than four decades only at powers of ten: labels of the others would touch.
    """
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        if axis.get_scale() == "log":
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 1e4 * low else (1.0,)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_locator(NullLocator())


def legend_below(figure: Figure, ax: Axes, columns: int = 2) -> None:
    """The legend of `ax` under the figure, where it can cover nothing."""
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


def _columns(**arrays) -> list[np.ndarray]:
    """The named arrays as finite float vectors of one common length."""
    columns = [np.atleast_1d(reals(name, values)) for name, values in arrays.items()]
    for name, column in zip(arrays, columns, strict=True):
        if column.ndim != 1 or column.shape != columns[0].shape:
            raise InputError(name, column.shape, f"a vector as long as {next(iter(arrays))}, {columns[0].shape}")
        if np.max(np.abs(column), initial=0.0) > LARGEST:
            raise InputError(name, column, f"numbers of at most {LARGEST:g} in size: no axis holds others")
    return columns
