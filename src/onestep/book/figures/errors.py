"""Training and test errors over one variable, never without their baselines: the best linear model, the Bayes error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from onestep.book.average import Average
from onestep.book.figures.curves import Curve, draw, level
from onestep.book.figures.style import INK, NEUTRAL, BookFigure, note, panels, styled, theory
from onestep.checks import InputError

_BASELINES: tuple[dict[str, Any], ...] = (
    {"color": NEUTRAL, "linestyle": (0, (7, 2))},
    {"color": INK, "linestyle": (0, (1, 2))},
)


@dataclass(frozen=True)
class Panel:
    """One panel of errors.

    Attributes
    ----------
    title : above the panel.
    curves : drawn number 0, 1, 2, ... in the colours of the book.
    baselines : label -> (x, y), at most two, drawn in grey so that they stay behind.
    ylabel, yscale, ylim : of the vertical axis; (None, top) or (bottom, None) leave one end of `ylim` free.
    """

    title: str
    curves: Sequence[Curve]
    baselines: Mapping[str, tuple] = field(default_factory=dict)
    ylabel: str = "error"
    yscale: str = "linear"
    ylim: tuple[float | None, float | None] = (None, None)

    def __post_init__(self):
        if len(self.baselines) > len(_BASELINES):
            raise InputError("baselines", list(self.baselines), f"at most {len(_BASELINES)}")


def baselines(x: Sequence[float], linear: float | Sequence[float], bayes: float) -> dict[str, tuple]:
    """The two lines that every figure of errors shows over the values x."""
    return {"best linear model": level(x, linear), "Bayes error": level(x, bayes)}


def both_errors(
    x: Sequence[float],
    dense: Sequence[float],
    lines: Sequence,
    measured: Sequence[Average],
    groups: Sequence[str],
    linear: Sequence,
    bayes: float,
    where: str = "",
) -> list[Panel]:
    """The panels of training and test error, with a curve and points for each group and the two baselines.

    Parameters
    ----------
    x, dense : places of the points, and of the lines.
    lines : (2, groups, dense), predicted training and test error.
    measured : two averages (groups, x), of training and of test error.
    groups : their names; "without a step" and "with the step", say.
    linear : two values or rows over `dense`, both errors of the best linear model.
    bayes : the Bayes error.
    where : the end of both titles.
    """
    if len(lines) != 2 or len(measured) != 2 or len(linear) != 2:
        raise InputError("lines, measured, linear", (len(lines), len(measured), len(linear)), "two of each")
    return [
        Panel(
            f"{title} error{where}",
            [Curve(name, (dense, lines[e][g]), (x, measured[e][g])) for g, name in enumerate(groups)],
            baselines(dense, linear[e], bayes),
            yscale="log",
        )
        for e, title in enumerate(("Training", "Test"))
    ]


@styled
def against(
    parts: Sequence[Panel],
    xlabel: str,
    *,
    xscale: str = "log",
    xticks: Sequence[float] | None = None,
    marks: Mapping[str, float] | None = None,
    columns: int = 2,
    height: float = 2.9,
) -> BookFigure:
    """`parts` over one variable, row by row, under one legend that covers no data.

    Parameters
    ----------
    xscale : of the common horizontal axis. `xticks` replaces its ticks, written out in full (no powers of ten).
    marks : text -> place: vertical lines in every panel; the text is written in the first panel.
    columns, height : panels in a row, and the height of a row in inches.
    """
    figure, axes = panels(columns, -(-len(parts) // columns), height=height)
    entries: dict[str, Artist] = {}
    for number, (ax, part) in enumerate(zip(axes, parts, strict=False)):
        ax.set(xscale=xscale, yscale=part.yscale, title=part.title, xlabel=xlabel, ylabel=part.ylabel)
        for (label, (x, y)), style in zip(part.baselines.items(), _BASELINES, strict=False):
            theory(ax, x, y, label=label, linewidth=1.4, zorder=1, **style)
        draw(ax, part.curves)
        for text, place in (marks or {}).items():
            note(ax, place, text if number == 0 else "", y=0.14)
        ax.set_ylim(*part.ylim)
        for axis in (ax.xaxis, ax.yaxis):
            if axis.get_scale() == "log":
                _plain(axis)
        if xticks is not None:
            ax.set_xticks(xticks, [f"{tick:g}" for tick in xticks])
            ax.minorticks_off()
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    for ax in axes[len(parts) :]:
        ax.set_visible(False)
    figure.legend(list(entries.values()), list(entries), loc="outside upper left", ncols=min(len(entries), 3))
    return figure


def _plain(axis: Axis) -> None:
    """Ticks of a short logarithmic axis as plain numbers: 0.2 and not 2 x 10^-1, none of them on top of another."""
    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    axis.set_minor_formatter(NullFormatter())
    if decades <= 4:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades <= 1.5 else (1, 3) if decades <= 2.5 else (1,)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
