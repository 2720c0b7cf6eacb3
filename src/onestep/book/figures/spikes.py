"""Several outliers at once: spectra on a logarithmic axis, and the largest eigenvalues along a path of step sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from onestep.book.figures.curves import Curve, draw
from onestep.book.figures.style import (
    BLUE,
    FAINT,
    NEUTRAL,
    VERMILLION,
    BookFigure,
    note,
    panels,
    plain_ticks,
    simulation,
    styled,
    theory,
)


@dataclass(frozen=True)
class Regime:
    """One spectrum with any number of outliers, simulated over several seeds, with its prediction.

    Attributes
    ----------
    title : of the panel.
    bins : edges of the histogram's bins, (B + 1,).
    height, height_error : (B,) mean over seeds and standard error of the histogram, per unit of ln x.
    densities : name of a prediction -> (x, density per unit of ln x); the last is drawn solid, others dashed.
    top, top_error : (m,) the largest eigenvalues that are drawn as marks, means over seeds and standard errors.
    outliers : predicted positions outside the bulk, any number.
    """

    title: str
    bins: np.ndarray
    height: np.ndarray
    height_error: np.ndarray
    densities: Mapping[str, tuple[np.ndarray, np.ndarray]]
    top: np.ndarray
    top_error: np.ndarray
    outliers: Sequence[float]


@styled
def regimes(spectra: Sequence[Regime], xlabel: str) -> BookFigure:
    """One panel per spectrum, one below the other, the horizontal axis logarithmic and common to all."""
    figure, axes = panels(1, len(spectra), height=1.75, sharex=True)
    for ax, part in zip(axes, spectra, strict=True):
        ax.set_xscale("log")
        centres = np.sqrt(part.bins[1:] * part.bins[:-1])
        ax.stairs(part.height, part.bins, fill=True, color=FAINT)
        for k, (name, line) in enumerate(part.densities.items(), start=1):
            last = k == len(part.densities)
            theory(ax, *line, linestyle="-" if last else (0, (4, 2)), color=BLUE if last else NEUTRAL, label=name)
        simulation(
            ax, centres, part.height, part.height_error, k=1, markersize=2.2, capsize=0, label="simulated density"
        )
        ax.set(title=part.title, ylim=(0, None))
        ax.vlines(part.outliers, 0, 0.5 * ax.get_ylim()[1], color=BLUE, linewidth=2.2, label="predicted outlier")
        low = np.full(len(part.top), 0.08 * ax.get_ylim()[1])
        marks = {"color": VERMILLION, "marker": "v", "markersize": 6, "linestyle": "none", "capsize": 2.5}
        ax.errorbar(part.top, low, xerr=part.top_error, **marks, zorder=4, label="simulated outlier")
    axes[-1].set_xlabel(xlabel)
    figure.supylabel(r"density per unit of $\ln x$", fontsize=9.5)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


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
    plain = FuncFormatter(lambda value, _: f"{value:g}")
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
