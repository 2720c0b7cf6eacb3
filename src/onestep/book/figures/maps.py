"""Maps: one prediction over two variables as colour, with measured spots in the same colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import Normalize

from onestep.book.figures.style import PAPER, BookFigure, panels, plain_ticks, styled
from onestep.checks import InputError, reals

_COLOURS = "cividis"  # even in lightness, and the same for every common colour blindness


@dataclass(frozen=True)
class Map:
    """One panel.

    Attributes
    ----------
    title, xlabel, ylabel : of the panel.
    x, y : (X,) and (Y,) the grid.
    values : (Y, X) the prediction.
    spots : (x, y, measured value), columns of equal length; drawn as discs in the colour of what was measured.
    xscale, yscale : "linear" or "log".
    """

    title: str
    xlabel: str
    ylabel: str
    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    spots: tuple = ((), (), ())
    xscale: str = "linear"
    yscale: str = "linear"

    def __post_init__(self):
        shape = (np.size(self.y), np.size(self.x))
        if reals("values", self.values).shape != shape:
            raise InputError("values", np.shape(self.values), f"a value for every y and x, shape {shape}")
        for name in ("x", "y"):
            if np.ndim(reals(name, getattr(self, name))) != 1:
                raise InputError(name, np.shape(getattr(self, name)), "a vector")
        for spot in self.spots:
            reals("spots", spot)


@styled
def maps(parts: Sequence[Map], label: str, *, levels: Sequence[float] = (), height: float = 3.1) -> BookFigure:
    """`parts` side by side on one colour scale, which `label` names.

    Parameters
    ----------
    levels : values whose contour lines are drawn and written.
    """
    figure, axes = panels(len(parts), height=height)
    everything = np.concatenate([np.ravel(array) for part in parts for array in (part.values, part.spots[2])])
    norm = Normalize(everything.min(), everything.max())
    for ax, part in zip(axes, parts, strict=True):
        ax.grid(False)
        ax.set(title=part.title, xlabel=part.xlabel, ylabel=part.ylabel, xscale=part.xscale, yscale=part.yscale)
        image = ax.pcolormesh(part.x, part.y, part.values, cmap=_COLOURS, norm=norm, shading="gouraud", rasterized=True)
        inside = [level for level in levels if np.min(part.values) < level < np.max(part.values)]
        if inside:
            lines = ax.contour(part.x, part.y, part.values, levels=sorted(inside), colors=PAPER, linewidths=0.8)
            ax.clabel(lines, fmt="%g", fontsize=8.5)
        ax.scatter(
            *part.spots[:2], c=part.spots[2], cmap=_COLOURS, norm=norm, s=75, edgecolors=PAPER, linewidths=1.6, zorder=3
        )
        plain_ticks(ax)
    figure.colorbar(image, ax=list(axes), label=label, shrink=0.95)
    return figure
