"""How far claims are from their predictions: a histogram beside the law that chance would give."""

import numpy as np

from onestep.book.figures.style import BLUE, FAINT, NEUTRAL, BookFigure, panels, styled, theory
from onestep.checks import InputError, reals


@styled
def histogram(edges, density, law, names: tuple[str, str], xlabel: str, *, height: float = 3.6) -> BookFigure:
    """Bars of a measured density, and one curve over them.

    Parameters
    ----------
    edges, density : (B + 1,), ascending, and (B,), per unit of the horizontal axis.
    law : (x, y), the curve.
    names : of the bars and of the curve, written beside them.

    Raises
    ------
    InputError : the lengths do not fit, or a number is not finite.
    """
    edges, density = reals("edges", edges), reals("density", density, minimum=0.0)
    if edges.ndim != 1 or density.shape != (len(edges) - 1,):
        raise InputError("density", density.shape, f"a number for each of the {len(edges) - 1} bars")
    figure, (ax,) = panels(height=height)
    ax.stairs(density, edges, fill=True, facecolor=FAINT, edgecolor=NEUTRAL, linewidth=1.0)
    theory(ax, *law)
    x, y = (np.asarray(values, float) for values in law)
    right, top = np.argmin(np.abs(x - 1.0)), int(np.argmax(density))
    ax.annotate(names[1], (x[right], y[right]), (8, 4), textcoords="offset points", color=BLUE)
    ax.annotate(names[0], (edges[top], density[top]), (-8, -2), textcoords="offset points", color=NEUTRAL, ha="right")
    ax.set(xlabel=xlabel, ylabel="density", xlim=(edges[0], edges[-1]), ylim=(0, None))
    return figure
