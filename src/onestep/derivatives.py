"""Derivatives by differences: to check one that was given, and to make one that was not."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]
_REACH, _COUNT = 5.0, 60  # where a derivative is compared, at how many points
_STEPS = (1e-2, 1e-3, 1e-4, 1e-5)
_AGREE = 1e-4  # relative; a derivative with constants in single precision passes
_WIDTH = 1e-3  # of the steps of a numerical derivative, whose error is of the order of its fourth power
_CENTRAL = np.array([1, -8, 0, 8, -1]) / 12, np.arange(-2, 3)
_FORWARD = np.array([-25, 48, -36, 16, -3]) / 12, np.arange(5)


def points(kinks: tuple[float, ...] = ()) -> np.ndarray:
    """Where derivatives are compared: irregular places in [-5, 5], none within two steps of a kink."""
    z = _REACH * (2 * ((np.arange(1, _COUNT + 1) * (math.sqrt(5) - 1) / 2) % 1) - 1)
    near = np.abs(z[:, None] - np.array([*kinks, math.inf])).min(axis=1) < 2 * _STEPS[0]
    return z[~near]


def disagreement(function: Function, derivative: Function, kinks: tuple[float, ...]) -> tuple[float, ...] | None:
    """The point at which `derivative` is most wrong, its value there, and what differences of `function` give.

    Each point is tried with four steps. Where the differences converge for three of them, and `derivative` agrees with
    none, it is wrong. A function that oscillates too fast for every step says nothing, nor does one that fails.

    Parameters
    ----------
    function, derivative : callable
        From an array to one of its shape.
    kinks : tuple of float
        Points that are left out, with their surroundings.

    Returns
    -------
    tuple of float or None
        Point, given and expected value; None if nothing is wrong, or nothing can be told.
    """
    z = points(kinks)
    try:
        with np.errstate(all="ignore"):
            given, value = (_values(f, z) for f in (derivative, function))
            steps = [_differences(function, z, h) for h in _STEPS]
    except Exception:  # whatever a function of somebody else raises; who uses the link says so
        return None
    with np.errstate(all="ignore"):
        converged, agrees, errors = [], [], []
        for coarse, fine in steps:
            scale = np.max(np.abs(fine[np.isfinite(fine)]), initial=0.0)
            doubt, noise = np.abs(fine - coarse), _AGREE * np.abs(value) + 1e-2 * _AGREE * scale
            converged.append(doubt <= 0.1 * np.abs(fine) + noise)
            agrees.append(np.abs(given - fine) <= doubt + _AGREE * np.abs(fine) + noise)
            errors.append(np.where(np.isfinite(fine), np.abs(given - fine), 0.0))
        wrong = (np.sum(converged, axis=0) >= 3) & ~np.any(agrees, axis=0)
    if not np.any(wrong):
        return None
    worst = int(np.argmax(np.where(wrong, np.nan_to_num(np.min(errors, axis=0), nan=np.inf), -1.0)))
    return float(z[worst]), float(given[worst]), float(steps[1][1][worst])


@dataclass(frozen=True)
class Differences:
    """The derivative of `function`: differences of fourth order, on one side where a kink is near; at a kink, above it.

    Attributes
    ----------
    function : callable
        From an array to one of its shape, smooth between the kinks. It is evaluated at five points for each.
    kinks : tuple of float
        Where it or a low derivative jumps.
    """

    function: Function
    kinks: tuple[float, ...] = ()

    def __call__(self, z):
        z = np.asarray(z)
        x = z.astype(float)
        kinks = np.sort(np.array(self.kinks, dtype=float))
        gap = np.min(np.diff(kinks), initial=math.inf)
        h = min(_WIDTH, float(gap) / 8) if gap > 0 else _WIDTH
        edges = np.array([-math.inf, *kinks, math.inf])
        place = np.searchsorted(kinks, x, "right")
        weights, offsets = _CENTRAL
        central = sum(w * self.function(x + k * h) for w, k in zip(weights, offsets, strict=True) if w)
        slope = np.asarray(central, dtype=float) / h
        for sign, near in ((1, x - edges[place] < 2 * h), (-1, edges[place + 1] - x < 2 * h)):
            if np.any(near):
                weights, offsets = _FORWARD
                inside = x[near] if sign > 0 else np.minimum(x[near], np.nextafter(edges[place + 1][near], -math.inf))
                beside = sum(w * self.function(inside + sign * k * h) for w, k in zip(weights, offsets, strict=True))
                slope[near] = sign * np.asarray(beside, dtype=float) / h
        return slope.astype(np.result_type(z, np.float32))


def _differences(function: Function, z: np.ndarray, h: float) -> tuple[np.ndarray, np.ndarray]:
    """Central differences with the steps 2h and h."""
    wide, narrow = ((_values(function, z + s) - _values(function, z - s)) / (2 * s) for s in (2 * h, h))
    return wide, narrow


def _values(function: Function, z: np.ndarray) -> np.ndarray:
    values = np.asarray(function(z), dtype=float)
    if values.shape != z.shape:
        raise ValueError(f"{values.shape} is not {z.shape}")
    return values
