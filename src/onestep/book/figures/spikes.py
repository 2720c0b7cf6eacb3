"""Several outliers at once: along a path of step sizes, and as sizes grow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, StrMethodFormatter

from onestep.book.average import Average
from onestep.book.figures.curves import Curve, draw
from onestep.book.figures.style import (
    FAINT,
    NEUTRAL,
    BookFigure,
    note,
    panels,
    plain_ticks,
    simulation,
    styled,
    theory,
)
from onestep.checks import InputError


@dataclass(frozen=True)
class Track:
    """The k-th largest eigenvalue along a path of step sizes.

    Attributes
    ----------
    label : in the legend.
    measured : (x, mean, standard error).
    predicted : name of a theory -> (x, y), only where the theory has this outlier; empty arrays are skipped.
    """

    label: str
    measured: tuple[np.ndarray, np.ndarray, np.ndarray]
    predicted: Mapping[str, tuple[np.ndarray, np.ndarray]]


def by_rank(
    measured: tuple[np.ndarray, Average], predicted: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> list[Track]:
    """One track per rank, from tables with a column for each.

    Parameters
    ----------
    measured : (x, average), x (P,) and an average of shape (P, ranks).
    predicted : name of a theory -> (x, positions), (G,) and (G, ranks); nan where the theory has no such outlier.

    Raises
    ------
    InputError : the tables have other shapes.
    """
    x, average = measured
    tables = {"measured": (x, average.mean), **predicted}
    for name, (places, table) in tables.items():
        if np.ndim(table) != 2 or np.shape(table) != (len(places), average.mean.shape[-1]):
            raise InputError(name, np.shape(table), f"a table with {len(places)} rows and a column for each rank")
    return [
        Track(
            f"eigenvalue {rank + 1}",
            (x, average.mean[:, rank], average.standard_error[:, rank]),
            {
                name: (grid[there], table[there, rank])
                for name, (grid, table) in predicted.items()
                for there in [np.isfinite(table[:, rank])]
            },
        )
        for rank in range(average.mean.shape[1])
    ]


_STYLES = ("-", (0, (4, 2)), (0, (1.5, 1.5)))  # one per theory, so that colour can tell the outliers apart


@styled
def tracks(
    parts: Sequence[Track], xlabel: str, ylabel: str, *, edge: float, marks: Mapping[str, float], height: float = 4.0
) -> BookFigure:
    """The largest eigenvalues against the step on a logarithmic axis: colour tells the rank, the dash the theory.

    Parameters
    ----------
    edge : upper edge of the bulk; what lies below is shaded.
    marks : text -> place of the vertical lines.
    """
    figure, (ax,) = panels(height=height)
    ax.set_yscale("log")
    names = list(dict.fromkeys(name for part in parts for name in part.predicted))
    for k, part in enumerate(parts):
        for name, (x, y) in part.predicted.items():
            if len(x):
                theory(ax, x, y, k=k, linestyle=_STYLES[names.index(name) % len(_STYLES)])
        simulation(ax, *part.measured, k=k, label=part.label)
    for name, style in zip(names, _STYLES, strict=False):
        ax.plot([], [], color=NEUTRAL, linestyle=style, label=name)
    bottom = min(float(np.min(part.measured[1])) for part in parts) * 0.8
    ax.axhspan(bottom, edge, color=FAINT, alpha=0.6, linewidth=0, zorder=0, label="bulk")
    for text, place in marks.items():
        note(ax, place, text)
    plain_ticks(ax)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(bottom, None))
    ax.margins(x=0.02)
    ax.legend(loc="upper left", bbox_to_anchor=(0.03, 0.92))
    return figure


@styled
def by_size(
    parts: Mapping[str, Sequence[Curve]],
    ylabel: str,
    xticks: Sequence[float],
    *,
    xlabel: str = "$n$",
    yscale: str = "log",
    height: float = 2.8,
) -> BookFigure:
    """One panel per title with its curves, over a logarithmic axis of sizes, numbers on both axes written out.

    Parameters
    ----------
    parts : title -> curves.
    xticks : the sizes that are labelled.
    """
    figure, axes = panels(len(parts), height=height, sharey=True)
    plain = StrMethodFormatter("{x:g}")
    for ax, (title, curves) in zip(axes, parts.items(), strict=True):
        ax.set(xscale="log", yscale=yscale, title=title, xlabel=xlabel)
        draw(ax, curves)
        ax.xaxis.set_major_locator(FixedLocator(list(xticks)))
        ax.xaxis.set_major_formatter(plain)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.tick_params(axis="x", which="minor", length=0)
        if yscale == "log":
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter(plain)
            ax.yaxis.set_minor_formatter(NullFormatter())
            ax.tick_params(axis="y", which="minor", length=0)
    axes[0].set_ylabel(ylabel)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


@styled
def decades(curves: Sequence[Curve], xlabel: str, ylabel: str, *, height: float = 3.2) -> BookFigure:
    """`curves` over an axis of many decades, labelled in powers of ten, from zero upwards."""
    figure, (ax,) = panels(height=height)
    ax.set_xscale("log")
    draw(ax, curves)
    ax.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    ax.legend()
    return figure
