"""Approximate message passing for phase retrieval, y = |z|: its state evolution, in the form derived here.

An estimate of overlap q with the teacher gives every row a guess omega ~ N(0, q), z = omega + sqrt(1 - q) u. The label
improves it to m = E[z | y, omega] = y tanh(y omega/(1 - q)), and one iteration maps

    q -> h/(1 + h),   h = (n/d) (E m^2 - q)/(1 - q)^2.

The slope at q = 0 is 2 n/d, so that nothing is found from nothing below n/d = 1/2.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, NotConverged, integer, real

_REACH = 8.5  # standard deviations
_u = np.linspace(-_REACH, _REACH, 100)
_WEIGHTS_U = np.exp(-(_u**2) / 2) / np.exp(-(_u**2) / 2).sum()
_PERFECT = 1e-9  # 1 - q below it counts as full recovery


@dataclass(frozen=True)
class FixedPoint:
    """Where the state evolution ends.

    Attributes
    ----------
    overlap : float
        q, the squared cosine with the teacher; 1 stands for full recovery.
    residual : float
        |q after one more iteration - q|; 1 - q for full recovery.
    iterations : int
    """

    overlap: float
    residual: float
    iterations: int


def iterate(ratio: float, q: float) -> float:
    """q after one iteration.

    Parameters
    ----------
    ratio : float
        n/d > 0.
    q : float
        Overlap before it, 0 <= q < 1.

    Raises
    ------
    InputError
        One of them is not such a number.
    """
    ratio, q = real("ratio", ratio, 0.0, open_below=True), real("q", q, 0.0)
    if q >= 1 - _PERFECT / 10:
        raise InputError("q", q, f"a number from 0 to 1 - {_PERFECT / 10:g}")
    if q == 0:
        return 0.0
    rest = np.sqrt(1 - q)
    # In omega the integrand has the width sqrt(q), and near q = 1 also 1 - q: steps that grow like sinh see both.
    reach = float(np.arcsinh(_REACH * np.sqrt(q) / rest))
    s = np.linspace(-reach, reach, 201)
    omega = rest * np.sinh(s)
    weights = np.cosh(s) * np.exp(-(omega**2) / (2 * q))
    z = omega[:, None] + rest * _u
    better = np.square(z * np.tanh(np.clip(z * omega[:, None] / (1 - q), -350, 350))) - omega[:, None] ** 2
    gain = float(weights @ better @ _WEIGHTS_U / weights.sum())
    h = ratio * max(gain, 0.0) / (1 - q) ** 2
    return h / (1 + h)


def trajectory(ratio: float, q: float, steps: int) -> np.ndarray:
    """(steps + 1,): q, and the overlap after each of `steps` iterations; otherwise as `iterate`."""
    path = [real("q", q, 0.0)]
    for _ in range(integer("steps", steps, 0, 10**4)):
        path.append(1.0 if path[-1] >= 1 - _PERFECT else iterate(ratio, path[-1]))
    return np.array(path)


def fixed_point(ratio: float, q: float = 1e-5, tolerance: float = 1e-8, most: int = 5000) -> FixedPoint:
    """Where the iterations end that start at the overlap q.

    Parameters
    ----------
    ratio, q
        As in `iterate`.
    tolerance : float
        Of the residual, relative to the smaller one of q and 1 - q.
    most : int
        Iterations.

    Returns
    -------
    FixedPoint

    Raises
    ------
    InputError
        As `iterate`.
    NotConverged
        After `most` iterations q still moves.
    """
    q, tolerance, move = real("q", q, 0.0, open_below=True), real("tolerance", tolerance, 0.0, open_below=True), np.inf
    for iterations in range(integer("most", most)):
        if q >= 1 - _PERFECT:
            return FixedPoint(1.0, 1 - q, iterations)
        following = iterate(ratio, q)
        move = abs(following - q)
        if move <= tolerance * min(max(q, 1e-4), 1 - q):
            return FixedPoint(q, move, iterations)
        q = following
    raise NotConverged(
        "state evolution of phase retrieval", float(move), most, "more iterations, away from a threshold"
    )
