"""Several quantities over the same variable, one panel each, with thresholds and limits marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes

from onestep.book.figures.curves import Curve, draw
from onestep.book.figures.style import NEUTRAL, BookFigure, note, panels, styled


@dataclass(frozen=True)
class CurvePanel:
    """One panel of curves.

    Attributes
    ----------
    ylabel : str
        Of the vertical axis.
    curves : sequence of Curve
        Drawn number 0, 1, 2, ... in the colours of the book.
    title : str
        Above the panel.
    yscale : str
        As in `Axes.set_yscale`.
    ylim : tuple
        Of the vertical axis; (None, top) or (bottom, None) leave one end free.
    levels : mapping of str to float
        Text -> height: horizontal lines, for limits and baselines, with the text at their right end.
    legend : str or None
        Where the legend goes, as in `Axes.legend`; None for no legend.

    Examples
    --------
    >>> from onestep.book.figures.curves import Curve
    >>> from onestep.book.figures.side_by_side import CurvePanel, side_by_side
    >>> figure = side_by_side([CurvePanel("error", [Curve("test", ([1, 2], [0.5, 0.4]))])], "$n$", columns=1)
    >>> figure.svg()[:5]
    '<?xml'
    """

    ylabel: str
    curves: Sequence[Curve]
    title: str = ""
    yscale: str = "linear"
    ylim: tuple[float | None, float | None] = (None, None)
    levels: Mapping[str, float] = field(default_factory=dict)
    legend: str | None = "best"


@styled
def side_by_side(
    parts: Sequence[CurvePanel],
    xlabel: str,
    *,
    xscale: str = "linear",
    xlim: tuple[float | None, float | None] = (None, None),
    marks: Mapping[str, float] | None = None,
    mark_height: float = 0.96,
    columns: int = 2,
    height: float = 2.9,
) -> BookFigure:
    """`parts` over one variable, row by row.

    Parameters
    ----------
    parts : sequence of CurvePanel
        The panels.
    xlabel : str
        Of the common horizontal axis.
    xscale, xlim : str, tuple
        Of the common horizontal axis.
    marks : mapping of str to float, optional
        Text -> place: vertical lines in every panel, for thresholds; the text is written in the first panel, at the
        fraction `mark_height` of its height.
    mark_height : float
        See `marks`.
    columns : int
        Panels in a row.
    height : float
        Of a row, in inches.

    Returns
    -------
    BookFigure
        Which a notebook shows as SVG.

    Examples
    --------
    >>> from onestep.book.figures.curves import Curve
    >>> from onestep.book.figures.side_by_side import CurvePanel, side_by_side
    >>> panels = [CurvePanel(name, [Curve("law", ([1, 2], [0.5, 0.4]))]) for name in ("train", "test")]
    >>> len(side_by_side(panels, "$n$", marks={"N = n": 1.5}).axes)
    2
    """
    figure, axes = panels(columns, -(-len(parts) // columns), height=height)
    for number, (ax, part) in enumerate(zip(axes, parts, strict=False)):
        ax.set(xscale=xscale, yscale=part.yscale, title=part.title, xlabel=xlabel, ylabel=part.ylabel)
        draw(ax, part.curves)
        for text, place in (marks or {}).items():
            note(ax, place, text if number == 0 else "", y=mark_height)
        for text, level in part.levels.items():
            _level(ax, text, level)
        ax.set(xlim=xlim, ylim=part.ylim)
        if part.legend is not None:
            ax.legend(loc=part.legend)
    for ax in axes[len(parts) :]:
        ax.set_visible(False)
    return figure


def _level(ax: Axes, text: str, level: float) -> None:
    ax.axhline(level, color=NEUTRAL, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        text,
        (1, level),
        xycoords=("axes fraction", "data"),
        xytext=(-3, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8.5,
        color=NEUTRAL,
    )
