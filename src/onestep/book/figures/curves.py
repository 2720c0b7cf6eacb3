"""Curves against one variable: predictions as lines, measurements as points with error bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from onestep.book.average import Average
from onestep.book.figures.style import (
    NEUTRAL,
    BookFigure,
    legend_below,
    line_style,
    mark_style,
    panels,
    plain_ticks,
    simulation,
    styled,
    theory,
)
from onestep.checks import InputError

Columns = tuple  # of equally long sequences of numbers


@dataclass(frozen=True)
class Curve:
    """One quantity: its prediction, its measurement, or both.

    Attributes
    ----------
    label : str
        In the legend.
    predicted : tuple or None
        (x, y).
    measured : tuple or None
        (x, Average), or (x, mean, standard error).

    Examples
    --------
    >>> from onestep.book import over_seeds
    >>> from onestep.book.figures.curves import Curve
    >>> measured = over_seeds([[0.5, 0.4], [0.6, 0.3]])
    >>> curve = Curve("test error", predicted=([1, 2], [0.5, 0.4]), measured=([1, 2], measured))
    >>> curve.measured[1].tolist()
    [0.55, 0.35]
    """

    label: str
    predicted: Columns | None = None
    measured: Columns | None = None

    def __post_init__(self):
        if isinstance(self.measured, tuple | list) and len(self.measured) == 2:
            x, average = self.measured
            if isinstance(average, Average):
                object.__setattr__(self, "measured", (x, average.mean, average.standard_error))
        for name, names in (("predicted", "(x, y)"), ("measured", "(x, mean, standard error)")):
            columns = getattr(self, name)
            if columns is not None and (not isinstance(columns, tuple | list) or len(columns) != names.count(",") + 1):
                raise InputError(name, columns, f"columns {names}, or None")


def level(x: Sequence[float], height: float | Sequence[float]) -> Columns:
    """(x, y) of a horizontal line, or of one with a height for each x."""
    return x, np.broadcast_to(height, len(x))


def draw(ax: Axes, curves: Sequence[Curve]) -> None:
    """Draw `curves` into `ax`, number k in colour, dash and marker k, each with one entry in the legend."""
    for k, curve in enumerate(curves):
        label: str | None = curve.label
        if curve.predicted is not None and curve.measured is not None:
            ax.plot([], [], label=label, **line_style(k), **mark_style(k))  # the entry shows line and mark together
            label = None
        if curve.predicted is not None:
            x, y = curve.predicted
            theory(ax, x, y, k=k, label=label)
        if curve.measured is not None:
            x, mean, error = curve.measured
            simulation(ax, x, mean, error, k=k, label=label)


@styled
def comparison(
    curves: Sequence[Curve],
    xlabel: str,
    ylabel: str,
    *,
    xscale: str = "linear",
    yscale: str = "linear",
    xticks: Sequence[float] | None = None,
    ylim: tuple[float, float] | None = None,
    height: float = 3.9,
) -> BookFigure:
    """One panel with `curves` over a common axis.

    Parameters
    ----------
    xscale, yscale : "linear" or "log".
    xticks : replaces the ticks of the x axis.
    """
    figure, (ax,) = panels(height=height)
    ax.set(xscale=xscale, yscale=yscale)
    draw(ax, curves)
    plain_ticks(ax)
    if xticks is not None:
        ax.set_xticks(xticks, [f"{tick:g}" for tick in xticks])
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if ylim is not None:
        ax.set_ylim(*ylim)
    if len(curves) > 1:
        legend_below(figure, ax)
    return figure


@styled
def coefficients(
    predicted: Mapping[str, Sequence[float]],
    measured: Mapping[str, Average | tuple[Sequence[float], Sequence[float]]],
    ylabel: str,
    *,
    columns: int = 3,
) -> BookFigure:
    """One panel per name: stems for the predicted coefficients of degree 1, 2, ..., points for the measured ones.

    Parameters
    ----------
    predicted : name -> coefficients, of degree 1 first.
    measured : name -> Average, or (means, standard errors), the same names and lengths.
    """
    rows = -(-len(predicted) // columns)
    figure, axes = panels(columns, rows, height=2.2, sharex=True, sharey=True)
    for ax, (name, heights) in zip(axes, predicted.items(), strict=False):
        degree = np.arange(1, len(heights) + 1)
        for k, height in zip(degree, heights, strict=True):
            theory(ax, [k, k], [0.0, height], linewidth=5, alpha=0.45, solid_capstyle="butt")
        points = measured[name]
        mean, error = (points.mean, points.standard_error) if isinstance(points, Average) else points
        simulation(ax, degree, mean, error, k=1, markersize=4)
        ax.axhline(0, color=NEUTRAL, linewidth=0.8)
        ax.set(title=name)
        ax.set_xticks(degree)
        ax.grid(False, axis="x")
    for ax in axes[len(predicted) :]:
        ax.set_visible(False)
    figure.supxlabel("degree $k$")
    figure.supylabel(ylabel)
    return figure
