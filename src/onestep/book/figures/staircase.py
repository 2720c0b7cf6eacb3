"""The staircase as a cartoon: what every degree takes off an error in the limit, each stair with its name."""

from collections.abc import Sequence

import numpy as np

from onestep.book.figures.style import BLUE, NEUTRAL, BookFigure, panels, styled, theory
from onestep.checks import InputError


@styled
def stairs(
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
