"""The bulk of the weights after a step or two, and the singular values that stand out of it, at a finite size.

The weights are W0, plus terms theta_k u_k v_k' that are wanted, plus noise from every row of the batch (`rows`), a
matrix of rank one each. Derived for this book.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, NotConverged, integer, real, reals


@dataclass(frozen=True, eq=False)
class Bulk:
    """The bulk of W0 + sum_i theta_i u_i v_i', with random unit vectors u_i = (a o s_i)/|a o s_i| and v_i.

    Attributes
    ----------
    edge : its largest singular value.
    visible : the strength above which one more row or a step shows.
    rows : (R,), descending, places of the rows that stand out.
    residual, iterations : of the edge: the derivative that vanishes there, relative; and how many bulks were tried.
    shares, strengths, d : (N',), (n',), what is left in the bulk: a_j^2/|a|^2 and theta_i; columns.
    unit_counts, row_counts : (N',), (n',), how many units and rows share each number.
    """

    edge: float
    visible: float
    rows: np.ndarray
    residual: float
    iterations: int
    shares: np.ndarray
    strengths: np.ndarray
    d: int
    unit_counts: np.ndarray
    row_counts: np.ndarray

    def place(self, strength: float, profile: np.ndarray | None = None) -> float | None:
        """Where a term strength u v' stands outside of the bulk; None if it does not show.

        Parameters
        ----------
        strength : float >= 0
        profile : (N',) array or None
            N u_j^2, or numbers that are proportional to it, for the units of `shares`; None for u = a o s.

        Raises
        ------
        InputError
            A profile of another shape, or of zeros; an argument that is negative or not finite.
        """
        weight = self.shares if profile is None else reals("profile", profile, 0.0)
        if weight.shape != self.shares.shape or not 0 < weight.sum() < 1e100:
            raise InputError("profile", weight, f"{self.shares.shape} numbers >= 0, not all 0")
        weight = weight * self.unit_counts / np.sum(weight * self.unit_counts)
        size, law = real("strength", strength, 0.0), _Law(self)
        if size > 1e6:
            raise InputError("strength", strength, "a number from 0 to 1e6")

        def over(q: float) -> float:
            y, T = law.resolve(q)
            return size**2 * float(np.sum(weight / (y - self.shares * T))) - 1

        top = self.visible**-2
        if over(top) <= 0:
            return None
        low = top
        while over(low) > 0:
            low /= 4
        return law.place(brentq(over, low, top, xtol=1e-300, rtol=1e-12))


def bulk(shares, strengths, d: int, unit_counts=None, row_counts=None) -> Bulk:
    """Edge of the bulk and outliers of single rows.

    With p_j = `shares`, T = sum_i theta_i^2/(1 - theta_i^2 q) and y the largest root of sum_j p_j/(y - p_j T) = q,

        w(q)^2 = (1 + y) (1 + (1/d) sum_j 1/(y - p_j T) + q T/d);

    the edge is the minimum of w over 0 < q < 1/theta_max^2, row i stands out at w(1/theta_i^2) if that lies before the
    minimum. Without rows this is the map (1 + y)(1 + N/(d y)), y = theta^2, of Benaych-Georges and Nadakuditi.

    Parameters
    ----------
    shares : (N',) array >= 0, not all 0
        a_j^2 of the units; the scale drops out.
    strengths : (n',) array >= 0
        theta_i of the rows.
    d : int >= 1
    unit_counts, row_counts : (N',), (n',) arrays > 0, or None for ones
        How many units or rows have each number. Several rows in one number do not stand out of the bulk one by one.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    NotConverged
        The edge is not found.
    """
    p, theta, d = reals("shares", shares, 0.0), reals("strengths", strengths, 0.0), integer("d", d, 1, 10**18)
    if p.ndim != 1 or not 0 < p.sum() < 1e100:
        raise InputError("shares", shares, "a row of numbers >= 0, not all 0")
    if theta.ndim != 1 or np.max(theta, initial=0.0) > 1e6:
        raise InputError("strengths", strengths, "a row of numbers from 0 to 1e6")
    units_of, rows_of = _counts("unit_counts", unit_counts, p), _counts("row_counts", row_counts, theta)
    order = np.argsort(-theta)
    theta, rows_of = theta[order], rows_of[order]
    p, square = p / np.sum(p * units_of), theta**2

    def without(out: int) -> tuple[Bulk, bool]:
        """The bulk when the largest `out` rows are taken out of it, and whether they all stand out of it."""
        found = Bulk(0.0, 1.0, theta[:0], 0.0, 0, p, theta[out:], d, units_of, rows_of[out:])
        law = _Law(found)
        q, residual = law.edge()
        apart = bool(np.all(square[:out] * q > 1))
        places = np.array([law.place(1 / s) for s in square[:out]]) if apart else theta[:0]
        return replace(found, edge=law.place(q), visible=q**-0.5, rows=places, residual=residual), apart

    # Taken out are the largest rows, as many as stand out of the bulk of the others: found by halving.
    low, high = 0, int(np.sum((square > math.sqrt(units_of.sum() / d)) & (rows_of == 1)))
    best, iterations, trial = None, 0, high
    while best is None or high > low:
        found, apart = without(trial)
        iterations += 1
        if apart:
            best, low = found, trial
        else:
            high = trial - 1
        trial = (low + high + 1) // 2
    return replace(best, iterations=iterations)


class _Law:
    """The functions T, y and w of `bulk`."""

    def __init__(self, parts: Bulk):
        self.p, self.units, self.rows, self.d = parts.shares, parts.unit_counts, parts.row_counts, parts.d
        self.square = parts.strengths**2

    def resolve(self, q: float) -> tuple[float, float]:
        """(y, T) at q."""
        T = float(np.sum(self.rows * self.square / (1 - self.square * q)))
        low = self.p.max() * T
        gap, weight = low - self.p * T, self.units * self.p
        high = 2 / q
        root = brentq(lambda e: float(np.sum(weight / (e + gap))) - q, 1e-15 * (high + low), high, xtol=1e-300)
        return low + root, T

    def place(self, q: float) -> float:
        """w(q)."""
        y, T = self.resolve(q)
        return math.sqrt((1 + y) * (1 + float(np.sum(self.units / (y - self.p * T))) / self.d + q * T / self.d))

    def slope(self, q: float) -> float:
        """d log w^2/d log q."""
        p, units_of, square, d = self.p, self.units, self.square, self.d
        y, T = self.resolve(q)
        g, dT = 1 / (y - p * T), float(np.sum(self.rows * (square / (1 - square * q)) ** 2))
        dy = (dT * float(np.sum(units_of * p**2 * g**2)) - 1) / float(np.sum(units_of * p * g**2))
        inner = 1 + float(np.sum(units_of * g)) / d + q * T / d
        return q * (dy / (1 + y) + (-float(np.sum(units_of * (dy - p * dT) * g**2)) / d + (T + q * dT) / d) / inner)

    def edge(self) -> tuple[float, float]:
        """q where w is smallest, and the slope that is left."""
        largest = np.max(self.square, initial=0.0)
        top = 2 * math.sqrt(self.d / self.units.sum())  # twice the edge's q without rows, which only lower it
        top = min(0.999999 / largest, top) if largest else top
        if (left := self.slope(top)) <= 0:
            raise NotConverged("the edge of the bulk", abs(left), 0, "w has no minimum for these strengths")
        q = brentq(self.slope, 1e-7 * top, top, xtol=1e-300, rtol=1e-13)
        return q, abs(self.slope(q))


def _counts(name: str, counts, values: np.ndarray) -> np.ndarray:
    if counts is None:
        return np.ones(values.size)
    array = reals(name, counts, 0.0, open_below=True)
    if array.shape != values.shape or np.max(array, initial=0.0) > 1e18:
        raise InputError(name, counts, f"{values.shape} numbers > 0, at most 1e18")
    return array
