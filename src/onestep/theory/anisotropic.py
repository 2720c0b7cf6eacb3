"""The bulk of untrained features of inputs x ~ N(0, Sigma): the counterpart of `equation` for more than one level.

In F0 = sigma(X W0') ~ c_1 X W0' + c_> Z only the degrees of freedom change,

    df(u) = c_>^2 u + phi tr(1 - P)/d,   P = (1 + c_1^2 u Sigma/phi)^-1 = tau (Sigma + tau)^-1,   tau = phi/(c_1^2 u);

ridge m1 = 1 - df, q = phi/psi - df and ridge u = (1 - df)(phi/psi - df) stay. Where the isotropic theory has the number
m2/m1, here stands the matrix P: it is seen through its mean with weights, m2/m1 = tr Sigma P/d among them. Derived for
the book.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, NotConverged
from onestep.inputs import Levels
from onestep.problem import Problem
from onestep.theory import equation
from onestep.theory.equation import Bulk, BulkSolution, checked_ridge, climb

_CLOSE = 1e-12  # relative; of Newton's method in the complex plane
_NEWTON = 60
_LEVELS, _MOST_LEVELS = 12, 400  # of the way down from the upper half plane
_HEIGHT = 1e-12  # above the axis, in units of |ridge|
_SCAN = 120  # points between two poles, where stationary values of z are sought


@dataclass(frozen=True, eq=False)
class AnisotropicBulk:
    """What decides the untrained spectrum: phi = d/n, psi = d/N, c_1^2, c_>^2 and the levels of Sigma."""

    phi: float
    psi: float
    linear: float
    nonlinear: float
    levels: Levels

    @property
    def ratio(self) -> float:
        """phi/psi = N/n."""
        return self.phi / self.psi

    @property
    def excess(self) -> float:
        """phi/psi - 1, without the cancellation of that formula near the interpolation threshold."""
        return (self.phi - self.psi) / self.psi

    def left(self, u) -> np.ndarray:
        """P at every level: the shape of `u`, with the levels as last axis."""
        return self.phi / (self.phi + self.linear * np.asarray(u)[..., None] * self.levels.values)

    def degrees_of_freedom(self, u):
        """df(u)."""
        size = self.linear * np.asarray(u)[..., None] * self.levels.values
        return self.nonlinear * u + self.phi * (size / (self.phi + size)) @ self.levels.share

    def degrees_of_freedom_slope(self, u):
        """df'(u)."""
        values, where = np.unique(u, return_inverse=True)  # one for each ridge, however many steps there are
        slope = self.nonlinear + self.linear * self.left(values) ** 2 @ (self.levels.share * self.levels.values)
        return slope[where].reshape(np.shape(u))[()]

    def projection(self, u):
        """m2/m1 = tr Sigma P/d."""
        return self.left(u) @ (self.levels.share * self.levels.values)

    def position(self, u):
        """The z = -ridge at which q m1 = u."""
        df = self.degrees_of_freedom(u)
        return -(1 - df) * (self.ratio - df) / u


def bulk_of(problem: Problem) -> Bulk | AnisotropicBulk:
    """The numbers that decide the untrained spectrum of `problem`, for one level or for more."""
    if (levels := problem.levels) is None:
        return Bulk.of(problem)
    student = problem.student
    return AnisotropicBulk(problem.phi, problem.psi, student[1] ** 2, student.nonlinear_variance, levels)


def solve(bulk: Bulk | AnisotropicBulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at positive `ridge`, an array: Newton's method from below."""
    if isinstance(bulk, Bulk):
        return equation.solve(bulk, ridge)
    every, where = np.unique(checked_ridge(ridge), return_inverse=True)
    found = _solve(bulk, every)
    return BulkSolution(*(getattr(found, name)[where].reshape(ridge.shape) for name in found.__dataclass_fields__))


def _solve(bulk: AnisotropicBulk, ridge: np.ndarray) -> BulkSolution:
    levels, least = bulk.levels, min(1.0, bulk.ratio)
    surplus = bulk.phi * (bulk.psi - 1) / bulk.psi if bulk.ratio < 1 else bulk.phi - 1  # phi - least

    def linear_part(u):
        rest = bulk.left(u)
        above = np.where(
            rest @ levels.share < 0.5,  # near its limit phi only what is missing from it has digits
            surplus - bulk.phi * (rest @ levels.share),
            bulk.linear * u * (rest @ (levels.share * levels.values)) - least,
        )
        return above, bulk.linear * rest**2 @ (levels.share * levels.values)

    u, p, q = climb(ridge, bulk.excess, least, bulk.linear, bulk.nonlinear, linear_part)
    return BulkSolution(ridge, u, p, q, bulk.projection(u))


def solve_complex(bulk: AnisotropicBulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at complex `ridge`; on the negative axis its limit from below, so that Im m1 is pi x the density.

    It is continued from far away in the half plane Im ridge < 0, where it is unique, down to `ridge`.
    """
    ridge = checked_ridge(np.asarray(ridge, complex))
    upper = np.where(ridge.imag > 0, ridge.conj(), ridge)
    flat = upper.ravel()
    mean = bulk.ratio * (bulk.linear + bulk.nonlinear)
    top = 3 * np.maximum(np.abs(flat), mean)
    bottom = np.maximum(-flat.imag, _HEIGHT * np.abs(flat))
    levels = _LEVELS
    while True:
        u, worst = bulk.ratio / (flat.real - 1j * top), 0.0
        for share in np.linspace(0, 1, levels):
            u, worst = _newton(bulk, flat.real - 1j * top ** (1 - share) * bottom**share, u)
            if not worst <= _CLOSE:
                break
        if worst <= _CLOSE and np.min(_signs(bulk, flat.real - 1j * bottom, u), initial=1.0) > -1e-7:
            break
        levels *= 2
        if levels > _MOST_LEVELS:
            raise NotConverged("the traces at a complex ridge, continued from afar", float(worst))
    u = np.where(ridge.imag > 0, u.reshape(ridge.shape).conj(), u.reshape(ridge.shape))
    df = bulk.degrees_of_freedom(u)
    return BulkSolution(ridge, u, 1 - df, bulk.ratio - df, bulk.projection(u))


def solve_outside(bulk: AnisotropicBulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at real negative `ridge` with -ridge outside the bulk, where all traces increase with z.

    Raises
    ------
    InputError : -ridge lies in the bulk.
    """
    ridge = np.asarray(ridge, float)
    start = solve_complex(bulk, ridge).u.real.ravel()
    found, worst = _newton(bulk, ridge.ravel(), start)
    u = found.reshape(ridge.shape)
    df, slope = bulk.degrees_of_freedom(u), bulk.degrees_of_freedom_slope(u)
    p, q, z = 1 - df, bulk.ratio - df, -ridge
    with np.errstate(all="ignore"):
        du = 1 / (slope * (p + q) / u + p * q / u**2)  # du/dz
        m1 = du * (q + u * slope) / q**2
        companion = (slope * du + q / z) / z
    if not (worst <= 1e-9 and np.all(m1 > 0) and np.all(companion > 0)):
        raise InputError("ridge", ridge, "positive, or minus a number outside the bulk, or complex")
    return BulkSolution(ridge, u, p, q, bulk.projection(u))


def _newton(bulk: AnisotropicBulk, ridge, u) -> tuple[np.ndarray, float]:
    """Newton's method for log(p q/(ridge u)) = 0 in log u; the largest last step tells whether it arrived."""
    for _ in range(_NEWTON):
        df, slope = bulk.degrees_of_freedom(u), bulk.degrees_of_freedom_slope(u)
        p, q = 1 - df, bulk.ratio - df
        with np.errstate(all="ignore"):
            step = (p * q - ridge * u) / (p * q + u * slope * (p + q))
        step = step / np.maximum(1, 2 * np.abs(step))
        u = u * (1 + step)
        worst = float(np.max(np.abs(step), initial=0.0))
        if worst <= _CLOSE or not np.isfinite(worst):
            break
    return u, worst


def _signs(bulk: AnisotropicBulk, ridge, u) -> np.ndarray:
    """Im of m1, m2 and q/ridge relative to their size: positive on the right branch."""
    df = bulk.degrees_of_freedom(u)
    m1 = (1 - df) / ridge
    values = np.stack([m1, m1 * bulk.projection(u), (bulk.ratio - df) / ridge])
    return values.imag / np.abs(values)


def edge_point(bulk: AnisotropicBulk) -> float:
    """v = -q m1 > 0 at the upper edge, between 0 and the first pole: there z is convex in v, and stationary once."""
    if bulk.linear == 0:
        return bulk.ratio**0.5 / bulk.nonlinear
    pole = bulk.phi / (bulk.linear * bulk.levels.values.max())
    return pole * float(brentq(lambda x: _stationarity(bulk, -pole * x), 1e-18, 1 - 1e-15, xtol=1e-300, rtol=1e-15))


def _stationarity(bulk: AnisotropicBulk, u):
    """d log z/d log(1/u), whose zeros are the stationary values of z."""
    df, slope = bulk.degrees_of_freedom(u), bulk.degrees_of_freedom_slope(u)
    return 1 + u * slope * (1 / (1 - df) + 1 / (bulk.ratio - df))


def stationary(bulk: AnisotropicBulk) -> np.ndarray:
    """The real u with dz/du = 0: sought by sign on a grid between the poles of df and outside them, then located.

    Two of them nearer to each other than a hundredth of the distance of two poles may be missed: a gap of the bulk
    that is next to nothing.
    """
    scales = [1.0, bulk.ratio] if bulk.nonlinear == 0 else [1 / bulk.nonlinear, bulk.ratio / bulk.nonlinear]
    poles = np.empty(0)
    if bulk.linear > 0:
        poles = np.unique(-bulk.phi / (bulk.linear * bulk.levels.values))
        scales += [bulk.phi / bulk.linear / bulk.levels.values.max(), bulk.phi / bulk.linear / bulk.levels.values.min()]
    far = np.geomspace(1e-6 * min(scales), 1e6 * max(scales), 40 * _SCAN)
    inside = (1 - np.cos(np.linspace(0, np.pi, _SCAN))[1:-1]) / 2
    grid = [-far, far, *(low + (high - low) * inside for low, high in itertools.pairwise(poles))]
    u = np.unique(np.concatenate(grid))
    u = np.sort(np.concatenate([u, poles * (1 - 1e-9), poles * (1 + 1e-9)]))

    def product(u):  # without the poles at p = 0 and q = 0
        df, slope = bulk.degrees_of_freedom(u), bulk.degrees_of_freedom_slope(u)
        if bulk.excess == 0:  # p = q divides it, whose zero z = 0 belongs to the hard edge
            return 1 - df + 2 * u * slope
        return (1 - df) * (bulk.ratio - df) + u * slope * (1 - df + bulk.ratio - df)

    value = product(u)
    signs = np.flatnonzero((value[1:] > 0) != (value[:-1] > 0))
    change = [k for k in signs if not np.any((poles > u[k]) & (poles < u[k + 1]))]
    found = np.array([brentq(product, u[k], u[k + 1], xtol=1e-300, rtol=1e-14) for k in change])
    df = bulk.degrees_of_freedom(found)
    return found[np.abs((1 - df) * (bulk.ratio - df)) > 1e-20 * bulk.ratio]  # the others are hard edges
