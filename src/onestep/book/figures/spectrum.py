"""Spectra of feature matrices: the histogram of the eigenvalues against the predicted density, with its outliers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from onestep.book.figures.style import (
    BLUE,
    FAINT,
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
    top, top_error : the largest eigenvalue, mean over seeds and standard error.
    outliers : predicted positions outside the bulk; empty when none is predicted.
    """

    title: str
    bins: np.ndarray
    height: np.ndarray
    height_error: np.ndarray
    x: np.ndarray
    density: np.ndarray
    top: float
    top_error: float
    outliers: Sequence[float] = ()


def draw(ax: Axes, spectrum: Spectrum) -> None:
    """Draw one spectrum into `ax`: bars and points simulated, line predicted; outliers stand on the axis."""
    centres = (spectrum.bins[1:] + spectrum.bins[:-1]) / 2
    ax.stairs(spectrum.height, spectrum.bins, fill=True, color=FAINT)
    theory(ax, spectrum.x, spectrum.density, label="predicted density")
    simulation(
        ax, centres, spectrum.height, spectrum.height_error, k=1, markersize=2.6, capsize=0, label="simulated density"
    )
    ax.set(title=spectrum.title, ylim=(0, None))
    for position in spectrum.outliers:
        ax.axvline(position, 0, 0.45, color=BLUE, linewidth=2.6, label="predicted outlier")
    bar = {"xerr": spectrum.top_error, "color": VERMILLION, "marker": "v", "markersize": 7, "linestyle": "none"}
    low = 0.07 * ax.get_ylim()[1]
    ax.errorbar(spectrum.top, low, **bar, capsize=2.5, zorder=4, label="largest simulated eigenvalue")


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
