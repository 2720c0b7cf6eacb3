"""From one number to another in steps: what each of several causes takes off."""

from collections.abc import Mapping, Sequence

import numpy as np

from onestep.book.average import Average
from onestep.book.figures.style import BLUE, FAINT, NEUTRAL, VERMILLION, BookFigure, panels, styled
from onestep.checks import InputError, reals


@styled
def waterfall(
    columns: Mapping[str, Sequence[float | Average]], names: Sequence[str], xlabel: str, *, height: float = 3.4
) -> BookFigure:
    """One panel for each column: a mark for every level, and a bar from each level to the next.

    Parameters
    ----------
    columns : title -> levels from top to bottom. Numbers are predictions, drawn as lines; an `Average` is a
        measurement, drawn as a point with its standard error.
    names : of the levels, the same in all panels.

    Raises
    ------
    InputError : no column, fewer than two levels, or not one level for each name.
    """
    if not columns or len(names) < 2:
        raise InputError("columns", len(names), "at least one column, of at least two levels")
    figure, axes = panels(len(columns), height=height, sharey=True)
    places = np.arange(len(names))
    for ax, (title, levels) in zip(axes, columns.items(), strict=True):
        if len(levels) != len(names):
            raise InputError("columns", len(levels), f"{len(names)} levels in {title!r}, one for each name")
        values = reals("levels", [level.mean if isinstance(level, Average) else level for level in levels])
        if values.ndim != 1:
            raise InputError("columns", values.shape, "one number for each level")
        ax.barh(
            places[1:], np.diff(values), left=values[:-1], height=0.62, color=FAINT, edgecolor=NEUTRAL, linewidth=0.6
        )
        for place, level, value in zip(places, levels, values, strict=True):
            if isinstance(level, Average):
                ax.errorbar(
                    value, place, xerr=level.standard_error, color=VERMILLION, marker="o", markersize=5, capsize=3
                )
            else:
                ax.vlines(value, place - 0.36, place + 0.36, color=BLUE, linewidth=2.4)
            ax.annotate(f"{value:.3f}", (value, place), (7, 5), textcoords="offset points", fontsize="small")
        low, high = values.min(), values.max()
        room = max(high - low, 1e-12)
        ax.set(title=title, xlabel=xlabel, xlim=(low - 0.1 * room, high + 0.3 * room), ylim=(len(names) - 0.4, -0.6))
        ax.set_yticks(places, names)
        ax.grid(False, axis="y")
    return figure
