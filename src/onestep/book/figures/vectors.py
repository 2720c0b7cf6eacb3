"""Singular vectors: their entries against the function they should carry, and their alignment with every degree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onestep.book.figures.style import BLUE, PALETTE, VERMILLION, BookFigure, panels, simulation, styled, theory
from onestep.checks import InputError, reals


@dataclass(frozen=True)
class Cloud:
    """The entries of one vector, and what they should follow.

    Attributes
    ----------
    title : of the panel.
    x, entries : (n,) the variable, and the vector's entries.
    line : (x, y), the predicted mean of an entry given x.
    """

    title: str
    x: np.ndarray
    entries: np.ndarray
    line: tuple[np.ndarray, np.ndarray]


@styled
def clouds(
    parts: Sequence[Cloud], xlabel: str, ylabel: str, *, legend: str = "lower right", height: float = 2.9
) -> BookFigure:
    """One panel per vector, axes shared: dots are entries, the line is the prediction.

    Parameters
    ----------
    legend : where in the last panel the legend goes, as in `Axes.legend`.
    """
    figure, axes = panels(len(parts), height=height, sharex=True, sharey=True)
    for ax, part in zip(axes, parts, strict=True):
        if np.shape(reals("x", part.x)) != np.shape(reals("entries", part.entries)):
            raise InputError("entries", np.shape(part.entries), f"one for each x, shape {np.shape(part.x)}")
        ax.plot(part.x, part.entries, ".", color=VERMILLION, markersize=2.5, alpha=0.55, label="simulated entry")
        theory(ax, *part.line, color=BLUE, linewidth=2.2, label="predicted mean")
        ax.set(title=part.title, xlabel=xlabel)
    axes[0].set_ylabel(ylabel)
    axes[-1].legend(loc=legend, markerscale=3)
    return figure


@styled
def alignments(
    predicted: Mapping[str, Sequence[float]],
    measured: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    ylabel: str,
    *,
    first: int = 1,
    height: float = 3.2,
) -> BookFigure:
    """Alignment with He_k for k = `first`, `first` + 1, ... on a logarithmic axis, one colour per name.

    Parameters
    ----------
    predicted : name -> values, drawn as short bars.
    measured : name -> (means, standard errors), the same names and lengths.
    """
    figure, (ax,) = panels(height=height)
    ax.set_yscale("log")
    offsets = np.linspace(-0.2, 0.2, len(predicted)) if len(predicted) > 1 else [0.0]
    for k, (offset, (name, values)) in enumerate(zip(offsets, predicted.items(), strict=True)):
        degree = np.arange(first, first + len(values)) + offset
        half = 0.4 / (len(predicted) + 1)
        ax.hlines(values, degree - half, degree + half, color=PALETTE[k % 5], linewidth=4, alpha=0.45)
        simulation(ax, degree, *measured[name], k=k, label=name)
    ax.set(xlabel="degree $k$", ylabel=ylabel)
    ax.set_xticks(np.arange(first, first + len(values)))
    ax.grid(False, axis="x")
    ax.legend()
    return figure
