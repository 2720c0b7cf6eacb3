"""Hermite expansions: sigma(z) = sum_k c_k He_k(z), with c_k = E[sigma(Z) He_k(Z)] / k! and Z ~ N(0, 1).

He_k are the probabilists' Hermite polynomials, E[He_j He_k] = k! 1{j = k}. O'Donnell, *Analysis of Boolean
Functions*, chapter 11, has the background; the book's chapter "Setup" tells what the coefficients mean here.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import SupportsIndex

import numpy as np
from numpy.polynomial import hermite_e

from onestep.checks import InputError, integer, real, reals
from onestep.links import Link

ORDER = 24  # c_k beyond it are never needed: spike k appears only for eta > n^((k-1)/(2k))
_HIGHEST = 150  # 170! is the last factorial that a double holds
_REACH = 14.0  # exp(-14^2 / 2) < 1e-42: the Gaussian tail beyond is nothing, for any link that grows like a polynomial
# Widths of the quadrature panels, finer until two agree. Their breaks differ, but for 0: a kink that nobody declared
# either lies where it does no harm, or is found out.
_PANELS = (0.5, 0.23, 0.11, 0.047)
_ZERO = 1e-12
_AGREE = 1e-11


@dataclass(frozen=True)
class Expansion:
    """A link seen through the Gaussian: its Hermite coefficients and second moments.

    Attributes
    ----------
    coefficients : (c_0, ..., c_ORDER); a coefficient that quadrature cannot tell from zero is exactly 0.0.
    second_moment : E sigma(Z)^2.
    slope_second_moment : E sigma'(Z)^2.
    """

    coefficients: tuple[float, ...]
    second_moment: float
    slope_second_moment: float

    def __getitem__(self, k: SupportsIndex) -> float:
        return self.coefficients[k]

    @property
    def nonlinear_variance(self) -> float:
        """c_>^2 = E sigma^2 - c_0^2 - c_1^2, the variance that no affine function explains."""
        # A linear link leaves rounding dust here; the theory branches on whether it is exactly zero.
        rest = self.second_moment - self[0] ** 2 - self[1] ** 2
        return rest if rest > _ZERO * self.second_moment else 0.0

    @property
    def slope_variance(self) -> float:
        """Var sigma'(Z) = E sigma'^2 - c_1^2 (by Stein's lemma c_1 = E sigma')."""
        rest = self.slope_second_moment - self[1] ** 2
        return rest if rest > _ZERO * self.slope_second_moment else 0.0

    def centred(self) -> "Expansion":
        """The expansion of sigma - c_0."""
        return Expansion((0.0, *self.coefficients[1:]), self.second_moment - self[0] ** 2, self.slope_second_moment)


def gaussian_rule(kinks: tuple[float, ...] = (), panel: float = _PANELS[0]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights with sum_i w_i f(x_i) = E f(Z), to 1e-14 for f smooth between the `kinks`.

    Gauss-Legendre panels of width `panel` with a break at every kink. A Gauss-Hermite rule has no break, so that for
    ReLU it converges like 1/nodes only; and with a hundred nodes it is still off by 1e-4 for tanh(3x)^2.

    Raises
    ------
    InputError : a kink is not a finite number, or the panels are so narrow that nodes coincide.
    """
    panel, places = real("panel", panel, 1e-4), reals("kinks", kinks).ravel()
    inside = [kink for kink in places if abs(kink) < _REACH]
    breaks = np.unique([*np.linspace(-_REACH, _REACH, math.ceil(2 * _REACH / panel) + 1), *inside])
    x, w = np.polynomial.legendre.leggauss(20)
    half = np.diff(breaks)[:, None] / 2
    nodes = (breaks[:-1, None] + half * (1 + x)).ravel()
    weights = (half * w).ravel() * np.exp(-np.square(nodes) / 2) / math.sqrt(2 * math.pi)
    return nodes, weights


def basis(z: np.ndarray, order: int) -> np.ndarray:
    """He_k(z) / sqrt(k!) for k = 0, ..., `order`, orthonormal under the Gaussian.

    Parameters
    ----------
    z : float or array
        Where.
    order : int
        The highest order.

    Returns
    -------
    (order + 1, *z.shape) array
        One row for each order.

    Raises
    ------
    InputError
        `z` is not finite, or so large that a power of it is not.

    Examples
    --------
    >>> from onestep.hermite import basis
    >>> basis([0.0, 2.0], 2).round(4)
    array([[ 1.    ,  1.    ],
           [ 0.    ,  2.    ],
           [-0.7071,  2.1213]])
    """
    z, order = reals("z", z), integer("order", order, 0, _HIGHEST)
    if np.max(np.abs(z), initial=0.0) ** min(order, 1) > 1e300 ** (1 / max(order, 1)):
        raise InputError("z", z, f"numbers whose power {order} is below 1e300")
    rows = np.empty((order + 1, *z.shape))
    rows[0] = 1.0
    if order > 0:
        rows[1] = z
    for k in range(1, order):
        rows[k + 1] = (z * rows[k] - math.sqrt(k) * rows[k - 1]) / math.sqrt(k + 1)
    return rows


def _factorial_roots(order: int) -> np.ndarray:
    return np.sqrt(np.array([math.factorial(k) for k in range(order + 1)], dtype=float))


def expand(link: Link, order: int = ORDER) -> Expansion:
    """The Hermite expansion of `link`, coefficients c_0, ..., c_`order` with absolute error below 1e-10.

    Parameters
    ----------
    link : Link
        The function.
    order : int, optional
        The highest order.

    Returns
    -------
    Expansion
        Its coefficients and second moments.

    Raises
    ------
    InputError
        The link gives values that are not finite, grows too fast, does not map an array to one of the same
        shape, or has kinks that it does not declare.

    Examples
    --------
    >>> from onestep.hermite import expand
    >>> from onestep.links import NAMES
    >>> [round(c, 6) for c in expand(NAMES["relu"]).coefficients[:3]]
    [0.398942, 0.5, 0.199471]
    """
    if not isinstance(link, Link):
        raise InputError("link", link, "a Link")
    return _expanded(link, integer("order", order, 1, _HIGHEST))


@lru_cache(maxsize=256)
def _expanded(link: Link, order: int) -> Expansion:
    coarse = _projections(link, order, _PANELS[0])
    for panel in _PANELS[1:]:
        fine = _projections(link, order, panel)
        difference = np.max(np.abs(fine - coarse)) / max(np.max(np.abs(fine)), np.finfo(float).tiny)
        if difference < _AGREE:
            break
        coarse = fine
    else:
        allowed = f"all points where {link.name} or a low derivative jumps: quadrature still moves by {difference:.1e}"
        raise InputError("kinks", link.kinks, allowed)
    *projected, second_moment, slope_second_moment = fine.tolist()
    # Parity makes every other coefficient of an odd link vanish; only an exact zero says "this spike is absent".
    floor = _ZERO * math.sqrt(second_moment)
    coefficients = np.where(np.abs(projected) < floor, 0.0, projected) / _factorial_roots(order)
    return Expansion(tuple(coefficients.tolist()), second_moment, slope_second_moment)


def _projections(link: Link, order: int, panel: float) -> np.ndarray:
    """E sigma He_k / sqrt(k!) for k = 0, ..., `order`, then E sigma^2 and E sigma'^2."""
    z, w = gaussian_rule(link.kinks, panel)
    value, slope = _values(link.name, link.function, z), _values(link.name, link.derivative, z)
    moments = w @ np.square([value, slope]).T
    ends = w[[0, -1]] @ np.square([value, slope]).T[[0, -1]]
    if np.any(ends > _ZERO * moments):
        raise InputError(link.name, "a function of too fast growth", "one whose square the Gaussian density tames")
    return np.array([*(basis(z, order) @ (w * value)), *moments])


def expand_polynomial(coefficients: tuple[float, ...], order: int = ORDER) -> Expansion:
    """The expansion of sum_k c_k He_k, exact: no quadrature.

    Raises
    ------
    InputError : `coefficients` are not a row of at most `order` + 1 finite numbers, or their moments are not finite.
    """
    c, order = reals("coefficients", coefficients), integer("order", order, 1, _HIGHEST)
    if c.ndim != 1 or not 1 <= c.size <= order + 1:
        raise InputError("coefficients", coefficients, f"between 1 and {order + 1} Hermite coefficients")
    k = np.arange(c.size)
    weight = _factorial_roots(c.size - 1) ** 2
    padded = np.zeros(order + 1)
    padded[: c.size] = c
    with np.errstate(over="ignore"):
        square = weight * c**2
        # He_k' = k He_{k-1}, so E sigma'^2 = sum_k k k! c_k^2.
        second_moment, slope_second_moment = float(square.sum()), float((k[1:] * square[1:]).sum())
    if not math.isfinite(second_moment + slope_second_moment):
        raise InputError("coefficients", coefficients, "Hermite coefficients whose second moment is a finite number")
    return Expansion(tuple(padded.tolist()), second_moment, slope_second_moment)


def _values(name: str, function, z: np.ndarray) -> np.ndarray:
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(function(z), dtype=float)
    except Exception as error:  # math.tanh, say, which takes one number only
        allowed = "a function that maps an array of numbers to one of the same shape"
        raise InputError(name, f"{type(error).__name__}: {error}", allowed) from error
    if value.shape != z.shape:
        raise InputError(name, value.shape, f"a function that returns an array of the shape it was given, {z.shape}")
    if not np.all(np.abs(value) < 1e150):
        allowed = f"a function finite, and below 1e150, on [-{_REACH:g}, {_REACH:g}]"
        raise InputError(name, "a value that is not finite, or enormous", allowed)
    return value


def monomials_in_hermite(order: int) -> np.ndarray:
    """T with t^k = sum_j T[k, j] He_j(t), for k, j = 0, ..., `order`; T[k, j] = k! / (2^m m! j!), m = (k - j)/2."""
    order = integer("order", order, 0, _HIGHEST)
    T = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        monomial = np.zeros(k + 1)
        monomial[k] = 1.0
        T[k, : k + 1] = hermite_e.poly2herme(monomial)
    return T


def hermite_in_monomials(order: int) -> np.ndarray:
    """The inverse of `monomials_in_hermite`: He_k(t) = sum_j A[k, j] t^j."""
    order = integer("order", order, 0, _HIGHEST)
    A = np.zeros((order + 1, order + 1))
    for k in range(order + 1):
        series = np.zeros(k + 1)
        series[k] = 1.0
        A[k, : k + 1] = hermite_e.herme2poly(series)
    return A
