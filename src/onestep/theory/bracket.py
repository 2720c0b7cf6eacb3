"""Minima of functions of a positive number, each between two neighbours that are higher; never the end of a grid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from onestep.checks import InputError, OneStepError, integer, reals


class NotBracketed(OneStepError, RuntimeError):
    """A function whose smallest value lies at the end of the range that was searched.

    Attributes
    ----------
    name : of the variable.
    limit, value : the end of the range, and the function there.
    inside : the function at the neighbour of that end, not smaller.
    """

    def __init__(self, name: str, limit: float, value: float, inside: float):
        self.name, self.limit, self.value, self.inside = name, limit, value, inside
        super().__init__(
            f"no minimum inside the range of {name}: at its end {limit:.3g} the function is {value:.8g}, "
            f"at the point before {inside:.8g}; a wider range may contain one"
        )

    def __reduce__(self):
        return type(self), (self.name, self.limit, self.value, self.inside)


@dataclass(frozen=True, eq=False)
class Minimum:
    """A minimum and the two places that enclose it.

    Attributes
    ----------
    place, value : where the function is smallest among all points that were evaluated, and its value there.
    low, high : the neighbours of `place` among these points; the function is not smaller there.
    points, values : (P,) arrays, ascending in `points`: everything that was evaluated.
    """

    place: float
    value: float
    low: float
    high: float
    points: np.ndarray
    values: np.ndarray

    @property
    def at_zero(self) -> bool:
        """True if `place` is 0, an end that nothing lies below."""
        return self.place == 0.0

    def within(self, share: float) -> tuple[float, float]:
        """(low, high): the places around the minimum where the function is (1 + `share`) times as large.

        Between points the function is taken for a parabola in the logarithm. 0 or infinity where the function stays
        below that level up to the end of what was evaluated.
        """
        level = self.value * (1 + share)
        k = int(np.argmin(self.values))
        return self._crossing(level, range(k, 0, -1), -1, 0.0), self._crossing(
            level, range(k, self.points.size - 1), 1, np.inf
        )

    def _crossing(self, level: float, start: range, side: int, beyond: float) -> float:
        for k in start:
            inner, outer = self.values[k], self.values[k + side]
            if outer >= level:
                inner, outer, aim = np.sqrt(np.array([inner, outer, level]) - self.value)
                part = (aim - inner) / (outer - inner)
                x, y = self.points[k], self.points[k + side]
                return float(x * (y / x) ** part if min(x, y) > 0 else x + part * (y - x))
        return beyond


def bracketed(
    function: Callable[[np.ndarray], Any],
    grid,
    limits: tuple[float, float],
    *,
    name: str = "x",
    zero: float | None = None,
    rounds: int = 2,
) -> Minimum:
    """The smallest value of `function`, enclosed by two higher ones.

    A scan of `grid` finds the valley; the grid is extended until the lowest point is not its end. Then the vertex of
    the parabola through the lowest three points, in the logarithm, is added `rounds` times, and two neighbours of it
    with all but the last.

    Parameters
    ----------
    function : from an array of positive numbers to an array of values.
    grid : (G,) ascending positive numbers, at least three, about evenly spaced in the logarithm.
    limits : the range that the grid may be extended to.
    name : of the variable, for messages.
    zero : the value of the function at 0, where it may be smallest; None if 0 is not allowed.
    rounds : how often the valley is refined.

    Returns
    -------
    Minimum
        With `place` and `low` 0 if no positive point is lower than `zero`.

    Raises
    ------
    InputError
        A grid that is too short, not ascending or beyond the limits.
    NotBracketed
        The lowest point is still the end after the grid has reached a limit.
    """
    x = reals("grid", grid, 0.0, open_below=True)
    low, high = limits
    if x.ndim != 1 or x.size < 3 or np.any(np.diff(x) <= 0) or x[0] < low or x[-1] > high:
        raise InputError("grid", grid, f"at least three ascending numbers from {low:g} to {high:g}")
    rounds = integer("rounds", rounds, 0)
    ratio = float((x[-1] / x[0]) ** (1 / (x.size - 1)))
    values = np.asarray(function(x), dtype=float)
    while (k := int(np.argmin(values))) in (0, x.size - 1):
        outwards = ratio if k else 1 / ratio
        more = x[k] * outwards ** np.arange(1, 3)
        more = more[(more >= low) & (more <= high)]
        if more.size == 0:
            break
        x, values = _joined(x, values, more, function)
    if zero is not None:
        x, values = np.concatenate([[0.0], x]), np.concatenate([[zero], values])
    k = int(np.argmin(values))
    if k == x.size - 1 or (k == 0 and zero is None):
        raise NotBracketed(name, float(x[k]), float(values[k]), float(values[1 if k == 0 else -2]))
    for left in reversed(range(rounds)):
        if x[max(k - 1, 0)] == 0:
            break
        ratio = ratio**0.4
        aside = np.array([1 / ratio, 1.0, ratio]) if left else np.ones(1)
        x, values = _joined(x, values, _vertex(x, values, k) * aside, function)
        k = int(np.argmin(values))
    return Minimum(float(x[k]), float(values[k]), float(x[max(k - 1, 0)]), float(x[k + 1]), x, values)


def _vertex(x: np.ndarray, values: np.ndarray, k: int) -> float:
    """Lowest point of the parabola through points k - 1, k, k + 1, in the logarithm."""
    left, right = np.log(x[k - 1] / x[k]), np.log(x[k + 1] / x[k])
    up, down = (values[k + 1] - values[k]) / right, (values[k - 1] - values[k]) / left
    bend = (up - down) / (right - left)
    if not bend > 0:
        return float(x[k])
    return float(x[k] * np.exp(np.clip((down * right - up * left) / (left - right) / bend / 2, left, right)))


def _joined(x: np.ndarray, values: np.ndarray, more: np.ndarray, function) -> tuple[np.ndarray, np.ndarray]:
    """Points and values with those of `more`, in ascending order, each point once."""
    more = np.setdiff1d(more, x)
    x, values = np.concatenate([x, more]), np.concatenate([values, np.asarray(function(more), dtype=float)])
    order = np.argsort(x)
    return x[order], values[order]
