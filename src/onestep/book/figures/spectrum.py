"""Spectra of feature matrices: the histogram of the eigenvalues against the predicted density, with its outliers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from onestep.book.figures.style import (
    BLUE,
    FAINT,
    NEUTRAL,
    VERMILLION,
    BookFigure,
    legend_below,
    panels,
    plain_ticks,
    simulation,
    styled,
    theory,
)


@dataclass(frozen=True)
class Spectrum:
    """One spectrum, simulated over several seeds, with its prediction.

    Attributes
    ----------
    title : of the panel.
    bins : edges of the histogram's bins, length B + 1.
    height, height_error : mean over seeds and standard error of the histogram, as a density, length B.
    x, density : the predicted density on a grid.
    top, top_error : the largest eigenvalue, or several, or none: means over seeds and standard errors.
    outliers : predicted positions outside the bulk; empty when none is predicted.
    before : the density on the same grid before the step, drawn dashed; None draws none.
    """

    title: str
    bins: np.ndarray
    height: np.ndarray
    height_error: np.ndarray
    x: np.ndarray
    density: np.ndarray
    top: float | np.ndarray
    top_error: float | np.ndarray
    outliers: Sequence[float] = ()
    before: np.ndarray | None = None


def draw(ax: Axes, spectrum: Spectrum) -> None:
    """Draw one spectrum into `ax`: bars and points simulated, line predicted; outliers stand on the axis."""
    low, high = spectrum.bins[:-1], spectrum.bins[1:]
    centres = np.sqrt(low * high) if ax.get_xscale() == "log" else (low + high) / 2
    ax.stairs(spectrum.height, spectrum.bins, fill=True, color=FAINT)
    if spectrum.before is not None:
        theory(ax, spectrum.x, spectrum.before, color=NEUTRAL, linestyle=(0, (4, 2)), label="before the step")
    theory(ax, spectrum.x, spectrum.density, label="predicted density")
    simulation(
        ax, centres, spectrum.height, spectrum.height_error, k=1, markersize=2.6, capsize=0, label="simulated density"
    )
    ax.set(title=spectrum.title, ylim=(0, None))
    top = ax.get_ylim()[1]
    ax.vlines(spectrum.outliers, 0, 0.45 * top, color=BLUE, linewidth=2.6, label="predicted outlier")
    largest = np.atleast_1d(spectrum.top)
    bar = {"xerr": spectrum.top_error, "color": VERMILLION, "marker": "v", "markersize": 7, "linestyle": "none"}
    name = "largest simulated eigenvalue" + "s" * (largest.size > 1)
    ax.errorbar(largest, np.full(largest.shape, 0.07 * top), **bar, capsize=2.5, zorder=4, label=name)


@styled
def histograms(
    spectra: Sequence[Spectrum], xlabel: str, ylabel: str = "density", *, xscale: str = "linear"
) -> BookFigure:
    """One panel per spectrum, one below the other over a common axis.

    Parameters
    ----------
    xscale : "linear" or "log"; with "log" the heights and densities are per unit of ln x.
    """
    figure, axes = panels(1, len(spectra), height=2.2, sharex=True)
    for ax, spectrum in zip(axes, spectra, strict=True):
        ax.set_xscale(xscale)
        draw(ax, spectrum)
        plain_ticks(ax)
    axes[-1].set_xlabel(xlabel)
    figure.supylabel(ylabel)
    legend_below(figure, axes[-1])
    return figure
