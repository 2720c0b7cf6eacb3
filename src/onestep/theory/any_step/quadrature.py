"""Quadrature for this theory: the laws of the second layer and of t, and Gaussian moments of links with kinks."""

import itertools
import math
from functools import lru_cache

import numpy as np

from onestep.links import Link

REACH = 7.0
_SPACING, _WIDTH, _WIDEST = 0.25, 0.5, 2.0  # of the second layer's nodes
_TAIL = 8.5  # exp(-8.5^2 / 2) = 2e-16
_COARSEST, _FINEST = 0.4, 0.03  # spacing of the nodes t
_LAYER, _ORDER = 7.0, 12  # widths around a kink, and nodes in a panel
_SHARP = 8.0  # a kink smoothed over less than 1/8 gets panels of its own
_AGREE = 1e-10  # of means on a grid and on one twice as fine
_PANELS = 12  # of 16 nodes, over a row of length one
_DENSITY = 8  # nodes per unit, over a row of length one: tanh(5 z) to 1e-6, as good as the panels


def gaussian_readout(tilt: float, reach: float = REACH, spacing: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for a Gaussian sqrt(N) a_j, when a unit with sqrt(N) a_j = 1 tilts by `tilt`.

    Large tilts saturate: what a unit sees changes over |a| ~ 1/tilt and hardly beyond, where Gauss-Hermite nodes lie
    (96 of them are not enough at 4 sqrt(N)). The trapezoidal rule in u, a = width sinh(u), puts nodes where it changes.
    """
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


def label_grid(
    labels: tuple[Link, ...], cosine: float, steepest: float, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for t ~ N(0, `scale`^2): fine enough for features of slope `steepest`, and for the labels.

    labels : functions f of which E f(cosine t + sine u), u ~ N(0, 1), and that of f^2 and f u, are seen. How fine a
        grid they need does not depend on the sine where f is smooth; a kink is smoothed over sine/cosine, and panels
        end there once that is little.
    """
    sine = math.sqrt(max(1 - cosine**2, 0.0))
    steepest = scale * steepest
    kinks = {kink for label in labels for kink in label.kinks}
    if not kinks:
        nodes, weight = trapezoid(max(steepest, *(_slope_needed(label, cosine, scale) for label in labels)))
    elif scale * abs(cosine) <= _SHARP * sine:
        nodes, weight = trapezoid(max(steepest, scale * abs(cosine) / sine))
    else:
        width = sine / (scale * abs(cosine))
        nodes, weight = _split([kink / (scale * cosine) for kink in kinks], width, steepest)
    return scale * nodes, weight


@lru_cache(maxsize=256)
def _slope_needed(label: Link, cosine: float, scale: float) -> float:
    """The least of some slopes whose grid gives the label's second moments as a grid twice as fine does."""
    sine = np.array([math.sqrt(max(1 - cosine**2, 0.0))])

    def means(slope):
        nodes, weight = trapezoid(slope)
        g0, g1, square = moments(label, sine, cosine * scale * nodes[None])
        return np.array([g0[0] ** 2, g0[0] * nodes, g1[0] ** 2, square[0]]) @ weight

    slope = 0.9 / _COARSEST
    known = means(slope)
    while 0.9 / slope > _FINEST:
        finer = means(2 * slope)
        if np.max(np.abs(finer - known)) <= _AGREE * finer[-1]:
            break
        slope, known = 2 * slope, finer
    return slope


def _split(kinks: list[float], width: float, steepest: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre panels for N(0, 1), as long as functions of this slope allow, and narrow ones around the kinks."""
    longest = 2.0 / max(1.0, steepest / 2)
    places = {-_TAIL, _TAIL, *(kink + side * _LAYER * width for kink in kinks for side in (-1, 0, 1))}
    ends = np.array(sorted(place for place in places if abs(place) <= _TAIL))
    ends = ends[np.append(True, np.diff(ends) > 1e-9)]
    nodes, weights = [], []
    for low, high in itertools.pairwise(ends):
        x, w = _panels(math.ceil((high - low) / longest), _ORDER)
        nodes.append(low + (high - low) * x)
        weights.append((high - low) * w)
    t = np.concatenate(nodes)
    weight = np.concatenate(weights) * np.exp(-np.square(t) / 2)
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
    with np.errstate(over="ignore"):  # without any spread a kink is left or right of everything
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
