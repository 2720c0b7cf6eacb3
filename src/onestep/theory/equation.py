"""The one equation under the bulk theory, and its root at a positive ridge; `quartic` has the other ridges.

With df(u) = c_>^2 u + c_1^2 phi u/(phi + c_1^2 u), the degrees of freedom tr K (K + ridge)^-1 / n of the untrained
features as a function of u = q m1 (`resolvent` defines m1, m2, q and K), the equations of the bulk become

    ridge m1 = 1 - df(u),   q = phi/psi - df(u),   ridge u = (1 - df(u)) (phi/psi - df(u)).

The last one determines u; it is symmetric between rows and hidden units, and no step of its solution below
subtracts nearly equal numbers, whether phi/psi is below, above or exactly 1 and however small the ridge.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, NotConverged, reals
from onestep.problem import Problem

_STEPS = 200
_ENOUGH = 1e-13  # what rounding may leave of a Newton step that never gets below _TOLERANCE
_TOLERANCE = 4 * np.finfo(float).eps
_RATIOS, _SIZES = (1e-20, 1e20), (1e-120, 1e120)  # within them no product of the equations overflows


def _within(name: str, values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    size = np.abs(values)
    if np.any((size < limits[0]) | (size > limits[1])):
        raise InputError(name, values, f"numbers between {limits[0]:g} and {limits[1]:g}")
    return values


def checked_ridge(ridge: np.ndarray) -> np.ndarray:
    """`ridge`, if products with it neither vanish nor overflow.

    Parameters
    ----------
    ridge : float, complex or array

    Returns
    -------
    same as `ridge`

    Raises
    ------
    InputError
        One of them is below 1e-120 or above 1e120 in size.
    """
    return _within("ridge", ridge, _SIZES)


@dataclass(frozen=True)
class Bulk:
    """The four numbers that decide the untrained spectrum.

    Parameters
    ----------
    phi, psi : float or array
        d/n and d/N, positive. Arrays broadcast.
    linear, nonlinear : float or array
        c_1^2 and c_>^2, not negative.

    Raises
    ------
    InputError
        phi or psi is not positive, linear or nonlinear is negative; or one of them is so large or small that
        products of them would overflow or vanish.

    Examples
    --------
    >>> from onestep.theory import Bulk
    >>> from onestep.theory.resolvent import raw_edges
    >>> raw_edges(Bulk(phi=0.5, psi=0.7, linear=1.0, nonlinear=0.5)).round(4)
    array([[0.0199, 8.2225]])
    """

    phi: np.ndarray | float
    psi: np.ndarray | float
    linear: np.ndarray | float
    nonlinear: np.ndarray | float

    def __post_init__(self):
        for name in ("phi", "psi"):
            object.__setattr__(
                self, name, _within(name, reals(name, getattr(self, name), 0.0, open_below=True), _RATIOS)
            )
        for name in ("linear", "nonlinear"):
            values = reals(name, getattr(self, name), minimum=0.0)
            _within(name, values[values > 0], _SIZES)
            object.__setattr__(self, name, values)

    @classmethod
    def of(cls, problem: Problem) -> "Bulk":
        """The bulk of a problem.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        Bulk
            Its fields are scalars.

        Raises
        ------
        InputError
            The problem has a covariance of its inputs: its bulk is an `AnisotropicBulk`.
        """
        problem.need_isotropic_inputs()
        student = problem.student
        return cls(problem.phi, problem.psi, student[1] ** 2, student.nonlinear_variance)

    @property
    def ratio(self) -> np.ndarray | float:
        """phi/psi = N/n."""
        return self.phi / self.psi

    @property
    def excess(self) -> np.ndarray | float:
        """phi/psi - 1, without the cancellation of that formula near the interpolation threshold."""
        return (self.phi - self.psi) / self.psi

    def degrees_of_freedom(self, u):
        """df(u) = c_>^2 u + c_1^2 phi u / (phi + c_1^2 u)."""
        return self.nonlinear * u + self.linear * self.phi * u / (self.phi + self.linear * u)

    def degrees_of_freedom_slope(self, u):
        """df'(u)."""
        return self.nonlinear + self.linear * (self.phi / (self.phi + self.linear * u)) ** 2

    def projection(self, u):
        """m2/m1 = phi / (phi + c_1^2 u)."""
        return self.phi / (self.phi + self.linear * u)

    def position(self, u):
        """The real z = -ridge at which q m1 = u."""
        df = self.degrees_of_freedom(u)
        return -(1 - df) * (self.ratio - df) / u


@dataclass(frozen=True)
class BulkSolution:
    """The solution in the variable u, from which all traces and their derivatives follow.

    Attributes
    ----------
    ridge : array
        Where.
    u : array
        q m1.
    p : array
        ridge m1, the share of the n directions that ridge regression does not fit.
    q : array
        The same for the N hidden units: ridge tr (F0'F0/n + ridge)^-1 / n.
    projection : array
        m2/m1.
    """

    ridge: np.ndarray
    u: np.ndarray
    p: np.ndarray
    q: np.ndarray
    projection: np.ndarray


def solve(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at a positive ridge.

    Parameters
    ----------
    bulk : Bulk
    ridge : float or array
        Real and positive; broadcasts against the fields of `bulk`.

    Returns
    -------
    BulkSolution
        Its fields have the broadcast shape.

    Raises
    ------
    InputError
        As `checked_ridge`.
    NotConverged
        With the relative size of the last step, if Newton's method did not come to rest.
    """
    checked_ridge(ridge)
    ridge, phi, linear, nonlinear = np.broadcast_arrays(ridge, bulk.phi, bulk.linear, bulk.nonlinear)
    least = np.minimum(1.0, bulk.ratio)
    # phi - least, computed as a product where phi/psi < 1 so that phi near it keeps its digits
    surplus = np.where(bulk.ratio < 1, bulk.phi * (bulk.psi - 1) / bulk.psi, bulk.phi - 1)

    def linear_part(u):
        rest = phi / (phi + linear * u)
        saturated = linear * u > phi  # then df is near its limit and only what is missing from the limit has digits
        return np.where(saturated, surplus - phi * rest, linear * u * rest - least), linear * rest**2

    u, p, q = climb(ridge, bulk.excess, least, linear, nonlinear, linear_part)
    return BulkSolution(ridge, u, p, q, phi / (phi + linear * u))


def climb(ridge, excess, least, linear, nonlinear, linear_part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The root of ridge u = (1 - df(u)) (phi/psi - df(u)) at positive ridges, by Newton's method from below.

    With s the smaller of p and q, m = min(1, phi/psi) and M = |phi/psi - 1|, the equation is s(u) + df(u) = m with
    s (s + M) = ridge u. The left side is concave and increasing, so that Newton's method from below climbs to the
    only root without a safeguard.

    Parameters
    ----------
    ridge, excess, least, linear, nonlinear : float or array, of shapes that broadcast
        The ridge, phi/psi - 1, m, c_1^2 and c_>^2.
    linear_part : callable
        From u to the part of df that stems from c_1, less `least`, and to the derivative of that part.

    Returns
    -------
    u, p, q : array of the broadcast shape
        As in `BulkSolution`.

    Raises
    ------
    NotConverged
        With the relative size of the last step.
    """
    gap = np.abs(excess)
    with np.errstate(divide="ignore"):
        third = least / 3
        u = np.minimum(np.minimum(np.divide(third, nonlinear), np.divide(third, linear)), third * (third + gap) / ridge)
    for _ in range(_STEPS):
        s = _smaller(ridge * u, gap)
        df_minus_least, slope = linear_part(u)
        step = -(s + nonlinear * u + df_minus_least) / (ridge / (2 * s + gap) + nonlinear + slope)
        u = u + step
        if np.all(np.abs(step) <= _TOLERANCE * u):
            break
    else:
        left = float(np.max(np.abs(step / u)))
        if left > _ENOUGH:
            raise NotConverged("the traces at a positive ridge", left, _STEPS)
    s = _smaller(ridge * u, gap)
    wide = excess >= 0
    return u, np.where(wide, s, s + gap), np.where(wide, s + gap, s)


def _smaller(product, gap):
    """The positive root s of s (s + gap) = product."""
    return 2 * product / (gap + np.sqrt(gap**2 + 4 * product))
