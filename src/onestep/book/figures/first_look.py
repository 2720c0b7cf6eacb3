"""Pictures for a first look: the eigenvalues of single draws, and the staircase with its stairs named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onestep.book.figures.style import (
    BLUE,
    FAINT,
    INK,
    NEUTRAL,
    VERMILLION,
    BookFigure,
    legend_below,
    panels,
    plain_ticks,
    styled,
    theory,
)
from onestep.checks import InputError


@dataclass(frozen=True, eq=False)
class OneDraw:
    """The spectrum of one matrix.

    Attributes
    ----------
    title : of the panel.
    bins : (B + 1,) edges of the bins.
    height : (B,) the histogram, as counts or as a density.
    bulk : (x, y), the predicted density; None draws none.
    predicted : positions of the predicted outliers.
    measured : the simulated eigenvalues that are marked one by one, each with its value beside it.
    """

    title: str
    bins: np.ndarray
    height: np.ndarray
    bulk: tuple[np.ndarray, np.ndarray] | None = None
    predicted: Sequence[float] = ()
    measured: Sequence[float] = ()


@styled
def one_draw(
    parts: Sequence[OneDraw], xlabel: str, ylabel: str, *, xscale: str = "linear", height: float = 2.0
) -> BookFigure:
    """One panel for each of `parts`, one below the other over a common axis.

    Parameters
    ----------
    xscale : "linear" or "log".
    height : of a panel, in inches.
    """
    figure, axes = panels(1, len(parts), height=height, sharex=True, sharey=True)
    for ax, part in zip(axes, parts, strict=True):
        ax.set(xscale=xscale, title=part.title)
        ax.stairs(part.height, part.bins, fill=True, color=FAINT, label="simulated")
        if part.bulk is not None:
            theory(ax, *part.bulk, label="predicted")
    top = axes[0].get_ylim()[1]
    for ax, part in zip(axes, parts, strict=True):
        if len(part.predicted):
            ax.vlines(part.predicted, 0, 0.42 * top, color=BLUE, linewidth=2.6, label="predicted outlier")
        if len(part.measured):
            foot = np.full(len(part.measured), 0.06 * top)
            ax.plot(part.measured, foot, "v", color=VERMILLION, markersize=8, zorder=4, label="simulated outlier")
        for value in part.measured:
            ax.annotate(
                f"{value:.3g}",
                (value, (0.44 if len(part.predicted) else 0.13) * top),
                ha="center",
                va="bottom",
                color=INK,
                fontsize=10,
            )
        ax.set_ylim(0, top)
        plain_ticks(ax)
    axes[-1].set_xlabel(xlabel)
    figure.supylabel(ylabel)
    legend_below(figure, axes[-1], columns=4)
    return figure


@styled
def staircase(
    edges: Sequence[float],
    levels: Sequence[float],
    names: Sequence[str],
    curve: tuple[Sequence[float], Sequence[float]],
    curve_name: str,
    xlabel: str,
    ylabel: str,
    *,
    height: float = 3.9,
) -> BookFigure:
    """Levels that are constant between `edges`, each with its name, and one smooth curve to compare them with.

    Parameters
    ----------
    edges : (L + 1,) where one level ends and the next begins, ascending.
    levels, names : (L,) heights, and what is written at the left end of each, on the side that `curve` leaves free.
    curve, curve_name : (x, y), and the words above its middle.

    Raises
    ------
    InputError : the lengths do not fit.
    """
    if not len(edges) - 1 == len(levels) == len(names):
        raise InputError("edges", len(edges), f"one more than the {len(levels)} levels, each with a name")
    figure, (ax,) = panels(height=height)
    for low, high, level, name in zip(edges[:-1], edges[1:], levels, names, strict=True):
        theory(ax, [low, high], [level, level], linewidth=3.2, solid_capstyle="butt")
        above = np.interp(low, *curve) <= level
        place = {"xytext": (3, 4 if above else -4), "textcoords": "offset points", "va": "bottom" if above else "top"}
        ax.annotate(name, (low, level), color=BLUE, **place)
    ax.vlines(edges[1:-1], levels[1:], levels[:-1], color=BLUE, linewidth=1.0, linestyle=(0, (2, 2)))
    theory(ax, *curve, color=NEUTRAL, linestyle=(0, (6, 2)), linewidth=1.6)
    middle = len(curve[0]) // 2
    ax.annotate(curve_name, (curve[0][middle], curve[1][middle]), (5, 4), textcoords="offset points", color=NEUTRAL)
    ax.margins(y=0.1)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(edges[0], edges[-1]))
    return figure
