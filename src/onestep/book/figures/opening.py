"""The opening picture: the spectrum as the step grows, frame by frame."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist

from onestep.book.figures.style import (
    BLUE,
    FAINT,
    INK,
    VERMILLION,
    WIDTH,
    BookFigure,
    plain_ticks,
    styled,
    theory,
)
from onestep.checks import InputError, real

_HEAD = 0.72  # share of the height that the bulk takes; outliers and words have the rest


@dataclass(frozen=True, eq=False)
class Frame:
    """The spectrum after one step.

    Attributes
    ----------
    title : what the step is.
    height : simulated histogram, one entry per bin.
    density : predicted, on the grid of the figure.
    measured, predicted : the outliers.
    """

    title: str
    height: np.ndarray
    density: np.ndarray
    measured: Sequence[float]
    predicted: Sequence[float]


@dataclass(frozen=True, eq=False)
class Film:
    """A figure whose SVG shows its frames one after the other, once, and then rests on the last.

    The last frame alone is what every other format shows, and FILE.svg#still: browsers do not tell a picture inside a
    page that it is printed, or that its reader asked for less motion; `build.sphinx_extension` asks for that one then.
    Not a `Figure` itself, because a notebook draws every `Figure` without asking for its `_repr_svg_`.

    Attributes
    ----------
    figure : with the last frame visible.
    frames : the artists of each.
    seconds : of the whole; what moves by itself for longer than five would need a button to stop it (WCAG 2.2.2).
    """

    figure: BookFigure
    frames: Sequence[Sequence[Artist]]
    seconds: float

    def svg(self) -> str:
        """The film as an SVG document."""
        self._show(range(len(self.frames)))
        try:
            still = self.figure.svg()
        finally:
            self._show([len(self.frames) - 1])
        return still.replace("<defs>", f'<style>{self._motion()}</style>\n <g id="still"/>\n <defs>', 1)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_png_(self) -> bytes:
        return self._drawn("png")

    def _repr_pdf_(self) -> bytes:
        return self._drawn("pdf")

    def _drawn(self, image: str) -> bytes:
        self.figure.savefig(buffer := io.BytesIO(), format=image)
        return buffer.getvalue()

    def _show(self, chosen: Sequence[int]) -> None:
        for k, artists in enumerate(self.frames):
            for artist in artists:
                artist.set_visible(k in chosen)

    def _motion(self) -> str:
        last = len(self.frames) - 1
        each = self.seconds / max(last, 1)
        rules = [
            '[id^="frame-"] { visibility: hidden }',
            f'[id^="frame-{last}-"] {{ visibility: visible }}',
            "@media screen and (prefers-reduced-motion: no-preference) {",
            "@keyframes once { from, to { visibility: visible } }",
            "@keyframes not-yet { from, to { visibility: hidden } }",
            *(f'[id^="frame-{k}-"] {{ animation: once {each:.3f}s {k * each:.3f}s step-end }}' for k in range(last)),
            f'[id^="frame-{last}-"] {{ animation: not-yet {last * each:.3f}s step-end }}',
            "}",
            '#still:target ~ g [id^="frame-"] { animation: none }',
        ]
        return "\n".join(rules)


@styled
def growing(x, bins, frames: Sequence[Frame], xlabel: str, *, seconds: float = 5.0) -> Film:
    """One spectrum per frame over a logarithmic axis, with its outliers.

    Parameters
    ----------
    x : grid of the predicted densities.
    bins : edges of the histograms' bins; heights and densities are per unit of ln x.

    Raises
    ------
    InputError : no frame, or `seconds` is not positive.
    """
    if not frames:
        raise InputError("frames", frames, "at least one frame")
    seconds = real("seconds", seconds, 0.0, open_below=True)
    figure = BookFigure(figsize=(WIDTH, 3.3), layout="constrained")
    ax = figure.subplots()
    top = max(np.max(f.density) for f in frames) / _HEAD
    ax.set(xscale="log", xlim=(bins[0], bins[-1]), ylim=(0, top), xlabel=xlabel, ylabel="density per unit of $\\ln x$")
    ax.grid(True, axis="x", color=FAINT, linewidth=0.6)
    plain_ticks(ax)
    drawn = [_draw(ax, x, bins, frame, top) for frame in frames]
    for k, artists in enumerate(drawn):
        for j, artist in enumerate(artists):
            artist.set(gid=f"frame-{k}-{j}", in_layout=False)
    named = {
        "simulated bulk": mpl.patches.Patch(color=FAINT),
        "predicted bulk and outliers": mpl.lines.Line2D([], [], color=BLUE),
        "simulated outliers": mpl.lines.Line2D([], [], color=VERMILLION, marker="v", linestyle="none"),
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3)
    film = Film(figure, drawn, seconds)
    film._show([len(frames) - 1])
    return film


def _draw(ax, x, bins, frame: Frame, top: float) -> list[Artist]:
    bars = ax.stairs(frame.height, bins, fill=True, color=FAINT)
    before = set(ax.lines)
    theory(ax, x, frame.density)
    for position in frame.predicted:
        ax.plot([position] * 2, [0, 0.42 * top], color=BLUE, linewidth=2.6, solid_capstyle="butt")
    ax.plot(
        frame.measured, [0.06 * top] * len(frame.measured), "v", color=VERMILLION, markersize=8, clip_on=False, zorder=4
    )
    words = ax.text(0.985, 0.97, frame.title, transform=ax.transAxes, ha="right", va="top", fontsize=13, color=INK)
    return [bars, *(line for line in ax.lines if line not in before), words]
