"""Quadrature for this theory: the laws of the second layer and of t, and Gaussian moments of links with kinks."""

import itertools
import math
from functools import lru_cache

import numpy as np

from onestep.links import Link

REACH = 7.0
STEEP = 4.0  # of the grid for t when it is chosen before the step is known
_SPACING, _WIDTH, _WIDEST = 0.25, 0.5, 2.0  # of the second layer's nodes
_TAIL = 8.5  # exp(-8.5^2 / 2) = 2e-16
_COARSEST, _FINEST = 0.4, 0.03  # spacing of the nodes t
_PANELS = 12  # of 16 nodes, over a row of length one
_DENSITY = 8  # nodes per unit, over a row of length one: tanh(5 z) to 1e-6, as good as the panels


def readout(law: str, tilt: float, reach: float = REACH, spacing: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for sqrt(N) a_j, when a unit with sqrt(N) a_j = 1 tilts by `tilt`.

    Large tilts saturate: what a unit sees changes over |a| ~ 1/tilt and hardly beyond, where Gauss-Hermite nodes lie
    (96 of them are not enough at 4 sqrt(N)). The trapezoidal rule in u, a = width sinh(u), puts nodes where it changes.
    """
    if law == "constant":
        return np.ones(1), np.ones(1)
    width = min(_WIDEST, _WIDTH / max(tilt, np.finfo(float).tiny))
    half = math.ceil(math.asinh(reach / width) / (spacing or _SPACING))
    u = math.asinh(reach / width) / half * np.arange(-half, half + 1)
    a = width * np.sinh(u)
    weight = np.exp(-np.square(a) / 2) * np.cosh(u)
    return a, weight / weight.sum()


def trapezoid(steepest: float) -> tuple[np.ndarray, np.ndarray]:
    """A grid for E f(t), t ~ N(0, 1), when f is a function smoothed by a Gaussian of width w = 1/`steepest`.

    For analytic integrands the trapezoidal rule converges exponentially, and faster than Gauss-Hermite, which
    spends nodes on tails (Trefethen & Weideman 2014). exp(-2 pi^2 (w/spacing)^2) is its error.
    """
    spacing = max(_FINEST, 1 / max(1 / _COARSEST, steepest / 0.9))
    half = math.ceil(_TAIL / spacing)
    t = spacing * np.arange(-half, half + 1)
    weight = np.exp(-np.square(t) / 2)
    return t, weight / weight.sum()


def moments(link: Link, scale: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """E f, E Z f and E f^2 of f = link(scale Z + mean), for scale (p,) and mean (p, T); each (p, T)."""
    row = _kinked if link.kinks else _smooth
    return tuple(np.stack([row(link, *one) for one in zip(scale, mean, strict=True)], axis=1))


def _smooth(link: Link, scale: float, mean: np.ndarray) -> np.ndarray:
    """(3, T) moments by the trapezoidal rule, which for analytic integrands needs fewer nodes than any panels."""
    half = math.ceil(_TAIL * _DENSITY * max(scale, 1.0))
    z = _TAIL / half * np.arange(-half, half + 1)
    weight = np.exp(-np.square(z) / 2) * (_TAIL / half / math.sqrt(2 * math.pi))
    value = link(scale * z + mean[:, None])
    return np.stack([value @ weight, value @ (weight * z), np.square(value) @ weight])


def _kinked(link: Link, scale: float, mean: np.ndarray) -> np.ndarray:
    """(3, T) moments by Gauss-Legendre panels between -8.5, the points where the argument crosses a kink, and 8.5."""
    x, w = _panels(math.ceil(_PANELS * max(scale, 1.0) / (1 + len(link.kinks))), 16)
    crossings = [(kink - mean) / max(scale, np.finfo(float).tiny) for kink in sorted(link.kinks)]
    edges = [np.array([-_TAIL]), *(np.clip(crossing, -_TAIL, _TAIL) for crossing in crossings), np.array([_TAIL])]
    moments = np.zeros((3, mean.size))
    for low, high in itertools.pairwise(edges):
        z = low[:, None] + (high - low)[:, None] * x
        value = link(scale * z + mean[:, None])
        weighted = value * (np.exp(-np.square(z) / 2) * w * ((high - low) / math.sqrt(2 * math.pi))[:, None])
        moments += weighted.sum(1), (weighted * z).sum(1), np.einsum("tq,tq->t", weighted, value)
    return moments


@lru_cache(maxsize=64)
def _panels(count: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Composite Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(order)
    nodes = (np.arange(count)[:, None] + (1 + x) / 2) / count
    return nodes.ravel(), np.tile(w / (2 * count), count)
