"""Spectra of feature matrices: the histogram of the eigenvalues against the predicted density, with its outliers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from onestep.book.figures.style import (
    BLUE,
    FAINT,
    LARGEST,
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
from onestep.checks import InputError, integer, reals

Density = Callable[[np.ndarray], np.ndarray] | tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Spectrum:
    """One spectrum, simulated over several seeds, with its prediction.

    Attributes
    ----------
    title : str
        Of the panel.
    bins : (B + 1,) array
        Edges of the histogram's bins.
    height, height_error : (B,) array
        Mean over seeds and standard error of the histogram, as a density.
    x, density : array
        The predicted density on a grid.
    top, top_error : float or array
        The largest eigenvalue, or several, or none: means over seeds and standard errors.
    outliers : sequence of float
        Predicted positions outside the bulk; empty when none is predicted.
    before : array or None
        The density on the same grid before the step, drawn dashed; None draws none.

    See Also
    --------
    Spectrum.of : fills all of this from eigenvalues.

    Examples
    --------
    >>> import numpy as np
    >>> from onestep.book.figures.spectrum import Spectrum
    >>> eigenvalues = np.random.default_rng(0).uniform(1, 2, (4, 100))
    >>> found = Spectrum.of(eigenvalues, lambda x: 1.0 * (x > 1) * (x < 2), title="uniform")
    >>> found.height.shape
    (50,)
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

    @classmethod
    def of(
        cls,
        eigenvalues,
        density: Density,
        *,
        outliers: Sequence[float] = (),
        title: str = "",
        before: Density | None = None,
        order: int | None = None,
        bins: int = 50,
        points: int = 300,
    ) -> "Spectrum":
        """The spectrum of `eigenvalues` beside a density that the caller has computed, both per unit of ln x.

        Parameters
        ----------
        eigenvalues : (S, m) or (m,) array
            Of S draws; or of one draw, which then has no error bars.
        density : callable or (x, values)
            Of one eigenvalue, per unit of x: a function of an array of x > 0, or the pair.
        outliers : sequence of float
            Predicted positions. As many of the largest eigenvalues of each draw are marked by their mean and
            standard error and left out of the histogram; with none, the largest is marked and stays in.
        title : str
            Of the panel.
        before : callable, (x, values) or None
            Another density, drawn dashed; on the same x.
        order : int, optional
            Of the matrix, the eigenvalue zero that it has by its shape included; m if None.
        bins, points : int
            Of the histogram and of the lines.

        Returns
        -------
        Spectrum
            Heights and densities per unit of ln x.

        Raises
        ------
        InputError
            Eigenvalues of another shape, fewer than there are outliers, not finite, or all zero.
        """
        values, places = np.atleast_2d(reals("eigenvalues", eigenvalues, 0.0)), reals("outliers", outliers, 0.0)
        if places.ndim != 1 or max(np.max(values, initial=0.0), np.max(places, initial=0.0)) > LARGEST:
            raise InputError("outliers", places, f"positions in one dimension, and no number above {LARGEST:g}")
        if values.ndim != 2 or values.shape[1] <= len(places) or np.max(values, initial=0.0) < 1 / LARGEST:
            raise InputError("eigenvalues", values.shape, f"(draws, more than {len(places)}), not all zero")
        values = np.sort(values, axis=1)
        x = _grid(values, places, points) if callable(density) else reals("x", density[0], 0.0, open_below=True)
        smallest = _smallest(values)
        edges = np.geomspace(min(x[0], smallest), max(x[-1], 1.001 * values.max()), integer("bins", bins) + 1)
        bulk, top = np.split(values, [values.shape[1] - len(places)], axis=1)
        per_log = (order or values.shape[1]) * np.diff(np.log(edges))
        heights = np.array([np.histogram(draw, edges)[0] / per_log for draw in bulk])
        marked = top[:, ::-1] if len(places) else values[:, -1:]
        own = None if before is None else x * _on(before, x)
        line = x * _on(density, x)
        return cls(title, edges, *_averaged(heights), x, line, *_averaged(marked), tuple(places.tolist()), own)


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
    if len(spectrum.outliers):
        ax.vlines(spectrum.outliers, 0, 0.45 * top, color=BLUE, linewidth=2.6, label="predicted outlier")
    largest = np.atleast_1d(spectrum.top)
    mark: dict[str, Any] = {"color": VERMILLION, "marker": "v", "markersize": 7, "linestyle": "none"}
    name = "largest simulated eigenvalue" + "s" * (largest.size > 1)
    ax.errorbar(
        largest, np.full(largest.shape, 0.07 * top), xerr=spectrum.top_error, **mark, capsize=2.5, zorder=4, label=name
    )


@styled
def picture(*spectra: Spectrum, xlabel: str = "squared singular value $x$") -> BookFigure:
    """One panel per spectrum of `Spectrum.of`, one below the other, on a logarithmic axis."""
    return histograms(spectra, xlabel, "density per unit of $\\ln x$", xscale="log")


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


def _smallest(values: np.ndarray) -> float:
    """The smallest eigenvalue that is not zero but for rounding."""
    return values[values > 1e-14 * values.max()].min()


def _grid(values: np.ndarray, outliers: np.ndarray, points: int) -> np.ndarray:
    """x from a little below the smallest positive eigenvalue to a little above the largest."""
    low, high = _smallest(values), max(values.max(), *outliers, 0.0)
    return np.geomspace(0.8 * max(low, 1e-4 * high), 1.2 * high, integer("points", points, 2))


def _on(density: Density, x: np.ndarray) -> np.ndarray:
    return reals("density", density(x) if callable(density) else density[1], 0.0)


def _averaged(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over draws and standard error; zero, which draws no bar, for one draw."""
    draws = len(values)
    error = values.std(axis=0, ddof=1) / np.sqrt(draws) if draws > 1 else np.zeros(values.shape[1:])
    return values.mean(axis=0), error
