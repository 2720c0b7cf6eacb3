"""The intervals of the bulk, and the eigenvalues outside it, for a resolvent: `Isotropic` or `Structured`."""

import itertools

import numpy as np
from scipy.optimize import brentq

from onestep.checks import NotConverged
from onestep.theory.any_step.isotropic import DARK, Isotropic, mean_eigenvalue
from onestep.theory.any_step.structured_resolvent import Structured

_SCAN, _RESOLUTION = 170, 1e-3
_NEAR = 1e-4  # an outlier nearer to the bulk than this, relatively, counts as part of it
_STATES = 12  # in a gap


def position(state) -> float:
    """z = -ridge of a state that has one ridge."""
    return -float(state.ridge[0])


def descend(resolvent: Isotropic | Structured) -> list:
    """States from a z above every outlier down to the top of the bulk, each the start of the next.

    The last is within about 1e-4 of the upper edge, relatively.
    """
    features = resolvent.features
    z = 8 * mean_eigenvalue(features) * (1 + features.n / features.d)  # few directions carry the upper of two bands
    while (first := _if_outside(resolvent, z, None)) is None or _above(resolvent, first) > 0:
        z *= 2
    states, factor = [first], 0.93
    while factor < 1 - _NEAR:
        state = _if_outside(resolvent, factor * position(states[-1]), states[-1])
        if state is None:
            factor = factor**0.5
        else:
            states.append(state)
    return states


def _if_outside(resolvent, z: float, near):
    """The real fixed point at z, or None where z is in the bulk."""
    try:
        state = resolvent.outside(z, near)
    except NotConverged:
        return None
    return state if resolvent.falls(state) else None


def _above(resolvent, state) -> int:
    """How many eigenvalues are above a state that is above the bulk."""
    found = resolvent.form(state)
    return found.negative - len(found.vectors)


def zeros(resolvent, path: list, at) -> list[tuple]:
    """(state, k) where eigenvalue k of the form is zero, along states that descend outside the bulk.

    at : (z, the state above) -> the state at z.
    """
    found = []
    for high, low in itertools.pairwise(path):
        ends = resolvent.form(high).negative, resolvent.form(low).negative
        for k in range(min(ends), max(ends)):
            place = brentq(
                lambda z, k=k, near=high: resolvent.form(at(z, near)).values[k],
                position(low),
                position(high),
                xtol=1e-13 * position(high),
            )
            found.append((at(place, high), k))
    return found


def in_gaps(resolvent) -> list[tuple]:
    """As `zeros`, between the bands of the bulk and below the lowest."""
    found, low = [], 0.0
    for first, last in bands(resolvent):
        width = min(_NEAR * first, (first - low) / 4)
        if width > 0:
            z = np.geomspace(first - width, max(low + width, first * 1e-3), _STATES)
            path = [resolvent.in_gap(one) for one in z]
            # den changes its sign in a gap, through a pole: no state there leads to all others.
            found += zeros(resolvent, path, lambda z, _: resolvent.in_gap(z))
        low = last
    return found


def bands(resolvent: Isotropic | Structured) -> np.ndarray:
    """The intervals that carry the density, (bands, 2), ascending."""
    top = 1.05 * max(position(descend(resolvent)[-1]), mean_eigenvalue(resolvent.features))
    x = top * np.geomspace(1e-7, 1, _SCAN)
    while resolvent.density(x[-1:])[0] * x[-1] > DARK:
        x = 2 * x
    height = resolvent.density(x) * x
    dips = 1 + np.flatnonzero((height[1:-1] < height[:-2]) & (height[1:-1] <= height[2:]) & (height[1:-1] > DARK))
    darkest = [_darkest(resolvent, x[k - 1], x[k + 1]) for k in dips]
    x, height = np.append(x, [place for place, _ in darkest]), np.append(height, [value for _, value in darkest])
    x, lit = x[np.argsort(x)], height[np.argsort(x)] > DARK
    change = np.flatnonzero(lit[1:] != lit[:-1])
    found = [_edge(resolvent, *((x[i + 1], x[i]) if lit[i + 1] else (x[i], x[i + 1]))) for i in change]
    return np.reshape([0.0] * bool(lit[0]) + found, (-1, 2))


def _darkest(resolvent, low: float, high: float) -> tuple[float, float]:
    """Where x density(x) is least between two points, and what it is there; the first dark point if there is one."""
    while True:
        x = np.linspace(low, high, 9)[1:-1]
        height = resolvent.density(x) * x
        k = int(np.argmin(height))
        if height[k] <= DARK or high - low < _RESOLUTION * high:
            return x[k], height[k]
        low, high = x[k] - (x[1] - x[0]), x[k] + (x[1] - x[0])


def _edge(resolvent, inside: float, outside: float) -> float:
    """The zero of the density between two points, of which it is positive at `inside`."""
    for _ in range(10):  # until closer than the narrowest gap is wide
        middle = (inside + outside) / 2
        if resolvent.density(np.array([middle]))[0] * middle > DARK:
            inside = middle
        else:
            outside = middle
    for _ in range(resolvent.nearer):
        # density^2 vanishes linearly: extrapolate from two points inside, then from two points twenty times nearer.
        near, far = np.square(resolvent.density(inside - np.array([0.0, (outside - inside) / 2])))
        outside = inside + near / (far - near) * (outside - inside) / 2
        edge, inside = outside, outside + (inside - outside) / 20
    return float(edge)
