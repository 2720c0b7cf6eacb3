"""The largest eigenvalue over noise whose variance depends on the entry."""

import math

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, NotConverged, integer
from onestep.hermite import gaussian_rule
from onestep.specifications import LinkSpec, checked_link, link_of
from onestep.theory.neighbours.spiked_functions.signal import HIGHEST, Signal, expansion, law, scale, sizes

_ATOMS = 200
_ROUNDING = 1e-14


def profile_outlier(activation: LinkSpec, signal: Signal, strength: float, n: int) -> float:
    """The place of the largest eigenvalue of Y when the variance of the noise depends on the entry.

    V(u) = Var f(Z + u) is not flat: entry (i, j) has variance V(s g_i g_j). The diagonal m of the resolvent solves
    m(g) = -1/(z + E_h V(s g h) m(h)), and an outlier stands at the z where the signal meets it. Without one, the place
    is the upper edge of the bulk.

    Parameters
    ----------
    activation, signal, strength, n
        As in `outliers`; the law of g with at most 200 values.

    Returns
    -------
    float

    Raises
    ------
    InputError
        As `outliers`.
    NotConverged
        The equation for m was not solved beside the edge.
    """
    f, (g, p), n = expansion(activation), law(signal), integer("n", n, 2)
    if g.size > _ATOMS:
        raise InputError("signal", f"{g.size} values", f"at most {_ATOMS}: the equation has one unknown for each")
    s = scale(strength, n)
    V = _variance(activation, s * np.outer(g, g))
    powers = g[:, None] ** np.arange(1, HIGHEST + 1)
    signs = np.sign(sizes(f, s))
    factor = n**0.25 * np.sqrt(np.abs(sizes(f, s))) * powers * np.sqrt(p)[:, None]

    def excess(z: float) -> float:
        m = _diagonal(z, V, p)
        met = (factor * signs) @ factor.T * np.sqrt(np.outer(-m, -m))
        return float(np.linalg.eigvalsh(met)[-1]) - 1

    high = 2 * math.sqrt(V.max()) + float(np.linalg.norm((factor * signs) @ factor.T, 2))
    low = _edge(V, p)
    inside = low * (1 + 1e-7)
    return float(brentq(excess, inside, high, xtol=1e-12)) if excess(inside) > 0 else low


def _variance(activation: LinkSpec, u: np.ndarray) -> np.ndarray:
    """Var f(Z + u), with the quadrature where f has its kinks: E f(Z + u) = E f(Z) exp(u Z - u^2/2)."""
    link = link_of(checked_link("activation", activation))
    z, w = gaussian_rule(link.kinks)
    value = np.asarray(link.function(z), dtype=float)
    different, back = np.unique(u, return_inverse=True)
    weight = w * np.exp(np.outer(different, z) - different[:, None] ** 2 / 2)
    return (weight @ value**2 - (weight @ value) ** 2)[back].reshape(u.shape)


def _diagonal(z: float, V: np.ndarray, p: np.ndarray) -> np.ndarray:
    """m(g) < 0 at real z above the bulk, by Newton's method from the solution at infinity."""
    m = np.full(len(p), -1 / z)
    iterations = 0
    while iterations < 60:
        iterations += 1
        wrong = m * (z + V @ (p * m)) + 1
        if np.max(np.abs(wrong)) < _ROUNDING:
            return m
        m = m - np.linalg.solve(np.diag(z + V @ (p * m)) + m[:, None] * V * p, wrong)
        if np.any(m >= 0):  # from -1/z Newton's method rises to the solution; past zero there is none
            break
    raise NotConverged(f"the diagonal of the resolvent at z = {z:g}", float(np.max(np.abs(wrong))), iterations)


def _edge(V: np.ndarray, p: np.ndarray) -> float:
    """The upper edge: the z at which the equation for m turns singular, 1 = largest eigenvalue of m_i^2 V_ij p_j."""

    def margin(z: float) -> float:
        try:
            m = _diagonal(z, V, p)
        except (NotConverged, np.linalg.LinAlgError):
            return -1.0
        root = np.sqrt(p) * np.abs(m)
        return 1 - float(np.linalg.eigvalsh(root[:, None] * V * root)[-1])

    low, high = math.sqrt(V.min()), 2 * math.sqrt(V.max()) * (1 + 1e-12)
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (low, middle) if margin(middle) > 0 else (middle, high)
    return high
