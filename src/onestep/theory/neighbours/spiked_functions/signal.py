"""The signal of a spiked matrix: the law of its entries, its powers, and the function's Hermite coefficients."""

import math
from collections.abc import Sequence

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.hermite import Expansion
from onestep.specifications import LinkSpec, checked_link, expansion_of

Signal = tuple[Sequence[float], Sequence[float]]
Law = tuple[np.ndarray, np.ndarray]
HIGHEST = 12  # power of the signal; c_k s^k of later ones is below rounding for s < 1/10


def measured_signal(g: np.ndarray) -> Signal:
    """(values, shares) of the entries of one drawn g: the theory for this draw.

    Raises
    ------
    InputError
        g is not a row of finite numbers.
    """
    g = reals("g", g)
    if g.ndim != 1 or not g.size:
        raise InputError("g", g.shape, "numbers in a row")
    return tuple(g.tolist()), (1 / g.size,) * g.size


def uniform_signal(nodes: int = 16) -> Signal:
    """(values, shares) of the uniform law on [-sqrt 3, sqrt 3], with exact moments up to order 2 `nodes` - 1."""
    x, w = np.polynomial.legendre.leggauss(integer("nodes", nodes, 1, 200))
    return tuple((math.sqrt(3) * x).tolist()), tuple((w / 2).tolist())


def law(signal: Signal) -> Law:
    """`signal` as arrays, checked, and scaled to mean square 1."""
    allowed = "(values, shares): as many numbers as shares > 0, which sum to 1; not all values zero, none above 1e6"
    try:
        values, shares = (reals("signal", row) for row in signal)
    except (TypeError, ValueError) as error:
        raise InputError("signal", signal, allowed) from error
    if values.ndim != 1 or values.shape != shares.shape or not values.size or np.any(shares <= 0):
        raise InputError("signal", signal, allowed)
    if abs(shares.sum() - 1) > 1e-9 or not 1e-6 < np.max(np.abs(values)) < 1e6:
        raise InputError("signal", signal, allowed)
    return values / math.sqrt(shares @ values**2), shares


def scale(strength: float, n: int) -> float:
    """s = lambda/sqrt(n), at most 1: the sum over powers is for signals smaller than the noise of an entry."""
    strength = real("strength", strength, 0.0)
    if strength > math.sqrt(n):
        raise InputError("strength", strength, f"at most sqrt(n) = {math.sqrt(n):g}")
    return strength / math.sqrt(n)


def expansion(activation: LinkSpec) -> Expansion:
    """Hermite coefficients of the function less its mean."""
    f = expansion_of(checked_link("activation", activation)).centred()
    if f.second_moment <= 0.0:
        raise InputError("activation", activation, "a function that is not constant")
    return f


def sizes(f: Expansion, s: float) -> np.ndarray:
    """c_k s^k for k = 1, ..., 12."""
    k = np.arange(1, HIGHEST + 1)
    return np.array(f.coefficients[1 : HIGHEST + 1]) * s**k


def root(of: Law) -> np.ndarray:
    """R with R'R = E v v' for v = (g, g^2, ..., g^12), from the QR of the powers at the law's atoms; 12 rows."""
    g, p = of
    R = np.linalg.qr(np.sqrt(p)[:, None] * g[:, None] ** np.arange(1, HIGHEST + 1), mode="r")
    return np.vstack([R, np.zeros((HIGHEST - len(R), HIGHEST))])
