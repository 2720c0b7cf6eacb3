"""The one equation under the bulk theory, and its root: for positive, complex and negative ridge.

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
_ACCEPTED = 1e-9  # relative residual of a root of the quartic; the right root is far below it
_ENOUGH = 1e-13  # what rounding may leave of a Newton step that never gets below _TOLERANCE
_TOLERANCE = 4 * np.finfo(float).eps
_RATIOS, _SIZES = (1e-20, 1e20), (1e-120, 1e120)  # within them no product of the equations overflows


def _within(name: str, values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    size = np.abs(values)
    if np.any((size < limits[0]) | (size > limits[1])):
        raise InputError(name, values, f"numbers between {limits[0]:g} and {limits[1]:g}")
    return values


def checked_ridge(ridge: np.ndarray) -> np.ndarray:
    """`ridge`, if products with it neither vanish nor overflow."""
    return _within("ridge", ridge, _SIZES)


@dataclass(frozen=True)
class Bulk:
    """The four numbers that decide the untrained spectrum; scalars, or arrays that broadcast.

    Attributes
    ----------
    phi, psi : d/n and d/N.
    linear, nonlinear : c_1^2 and c_>^2.

    Raises
    ------
    InputError : phi or psi not positive, linear or nonlinear negative; or any of them beyond all reason, so that
        their products are no numbers.
    """

    phi: np.ndarray
    psi: np.ndarray
    linear: np.ndarray
    nonlinear: np.ndarray

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
        problem.need_isotropic_inputs()
        student = problem.student
        return cls(problem.phi, problem.psi, student[1] ** 2, student.nonlinear_variance)

    @property
    def ratio(self) -> np.ndarray:
        """phi/psi = N/n."""
        return self.phi / self.psi

    @property
    def excess(self) -> np.ndarray:
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
    ridge : where.
    u : q m1.
    p : ridge m1, the share of the n directions that ridge regression does not fit.
    q : the same for the N hidden units: ridge tr (F0'F0/n + ridge)^-1 / n.
    projection : m2/m1.
    """

    ridge: np.ndarray
    u: np.ndarray
    p: np.ndarray
    q: np.ndarray
    projection: np.ndarray


def solve(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at positive real `ridge` (array, broadcasts against `bulk`)."""
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
    """u, p and q at positive ridges. `linear_part(u)` is the part of df from c_1, less `least`, and its derivative.

    With s the smaller of p and q, m = min(1, phi/psi) and M = |phi/psi - 1|, the equation is s(u) + df(u) = m with
    s (s + M) = ridge u. The left side is concave and increasing, so that Newton's method from below climbs to the
    only root without a safeguard.
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


def solve_complex(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at complex `ridge`: the root of the quartic in u with Im m1, Im m2, Im q/ridge > 0 for Im ridge < 0.

    On the negative axis (Im ridge = 0) this is the limit from below, so that Im m1 is pi times the density.
    """
    checked_ridge(ridge)
    ridge, phi, psi, linear, nonlinear = np.broadcast_arrays(
        np.asarray(ridge, complex), bulk.phi, bulk.psi, bulk.linear, bulk.nonlinear
    )
    upper = np.where(ridge.imag > 0, ridge.conj(), ridge)
    local = Bulk(phi, psi, linear, nonlinear)
    branches = _branches(local, upper)
    imaginary = _signs(branches)
    # Off the axis one root has all three positive; the largest minimum picks it even where rounding makes them tiny.
    best = np.argmax(np.min(imaginary, axis=0), axis=-1)[..., None]
    picked = (np.take_along_axis(value, best, -1)[..., 0] for value in (branches.u, branches.p, branches.q))
    u, p, q = (np.where(ridge.imag > 0, value.conj(), value) for value in picked)
    off = ridge.imag != 0
    worst = np.take_along_axis(np.min(imaginary, axis=0), best, -1)[..., 0]
    if np.any(off & ~(worst > 0)):
        raise NotConverged("a root of the quartic with the signs of a resolvent", float(-np.min(worst[off])))
    return BulkSolution(ridge, u, p, q, local.projection(u))


def solve_outside(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at real negative `ridge` with z = -ridge outside the bulk.

    There m1, m2 and q/ridge are real and, being Stieltjes transforms, increase with z; one root of the quartic does.
    """
    checked_ridge(ridge)
    ridge, phi, psi, linear, nonlinear = np.broadcast_arrays(ridge, bulk.phi, bulk.psi, bulk.linear, bulk.nonlinear)
    local = Bulk(phi, psi, linear, nonlinear)
    branches = _branches(local, ridge.astype(complex))
    wide = Bulk(*(value[..., None] for value in (phi, psi, linear, nonlinear)))
    u, z = branches.u.real, -ridge[..., None]
    df, slope = wide.degrees_of_freedom(u), wide.degrees_of_freedom_slope(u)
    p, q = 1 - df, wide.ratio - df
    with np.errstate(all="ignore"):
        du = 1 / (slope * (p + q) / u + p * q / u**2)  # du/dz
        m1 = du * (q + u * slope) / q**2
        ratio = wide.projection(u)
        m2 = m1 * ratio - u / q * wide.linear * ratio**2 / wide.phi * du
        companion = (slope * du + q / z) / z
        rising = np.min([m1, m2, companion], axis=0)
    real = np.abs(branches.u.imag) <= 1e-7 * np.abs(branches.u)
    rising = np.where(real & np.isfinite(rising), rising, -np.inf)
    best = np.argmax(rising, axis=-1)[..., None]
    if np.any(np.take_along_axis(rising, best, -1) <= 0):
        raise InputError("ridge", ridge, "positive, or minus a number outside the bulk, or complex")
    u = np.take_along_axis(u, best, -1)[..., 0]
    p, q = _pair(local, ridge, u)
    return BulkSolution(ridge, u, p, q, local.projection(u))


def _signs(branches: BulkSolution) -> np.ndarray:
    """Im of m1, m2 and q/ridge relative to their size: shape (3, ..., 4); -inf where there is no root."""
    with np.errstate(all="ignore"):
        m1 = branches.p / branches.ridge
        values = np.stack([m1, m1 * branches.projection, branches.q / branches.ridge])
        signs = values.imag / np.abs(values)
    return np.where(np.isfinite(signs) & np.isfinite(branches.u), signs, -np.inf)


def _branches(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """All four roots at complex `ridge`, along a last axis; nan where the degree is lower or a root was not found."""
    scale = bulk.linear + bulk.nonlinear
    scale = np.where(scale > 0, scale, 1.0)
    a, b, phi, ratio, x = bulk.linear / scale, bulk.nonlinear / scale, bulk.phi, bulk.ratio, ridge / scale
    # (phi + a u)(1 - b u) - a phi u and (phi + a u)(ratio - b u) - a phi u, highest power last
    rows = (phi, a - b * phi - a * phi, -a * b)
    units = (phi * ratio, a * ratio - b * phi - a * phi, -a * b)
    square = (phi**2, 2 * a * phi, a**2)
    coefficients = [sum(rows[i] * units[k - i] for i in range(3) if 0 <= k - i < 3) for k in range(5)]
    coefficients = [c - (x * square[k - 1] if 1 <= k <= 3 else 0) for k, c in enumerate(coefficients)]
    # As a polynomial in 1/u it is of full degree even when c_1 or c_> is zero; absent roots come out as 1/u = 0.
    companion = np.zeros((*ridge.shape, 4, 4), complex)
    companion[..., 1:, :-1] = np.eye(3)
    for k in range(4):
        companion[..., 0, k] = -coefficients[k + 1] / coefficients[0]
    inverse = np.linalg.eigvals(companion)
    wide = Bulk(*(value[..., None] for value in (phi, bulk.psi, a, b)))
    x = x[..., None]
    with np.errstate(all="ignore"):
        u = 1 / inverse
        for _ in range(6):  # the eigenvalues have absolute, Newton's method relative accuracy
            u = _polished(wide, x, u)
        p, q = _pair(wide, x, u)
        df = wide.degrees_of_freedom(u)
        u = np.where(np.abs(p - 1 + df) <= _ACCEPTED * (1 + np.abs(p) + np.abs(df)), u, np.nan)
        return BulkSolution(ridge[..., None], u / scale[..., None], p, q, wide.projection(u))


def _polished(bulk: Bulk, ridge, u):
    """One Newton step for ridge u = p q, kept only where it makes the residual smaller."""

    def residual(u):
        p, q = _pair(bulk, ridge, u)
        return p - 1 + bulk.degrees_of_freedom(u), p, q

    value, p, q = residual(u)
    new = u - value / (ridge / (p + q) + bulk.degrees_of_freedom_slope(u))
    return np.where(np.abs(residual(new)[0]) < np.abs(value), new, u)


def _pair(bulk: Bulk, ridge, u):
    """p = 1 - df(u) and q = phi/psi - df(u), the smaller of them from p q = ridge u and not by subtraction."""
    p, q = 1 - bulk.degrees_of_freedom(u), bulk.ratio - bulk.degrees_of_freedom(u)
    root = np.sqrt(bulk.excess**2 + 4 * ridge * u + 0j)
    total = np.where(((p + q) / root).real < 0, -root, root)  # p + q
    larger_p = np.abs(total - bulk.excess) > np.abs(total + bulk.excess)
    large = np.where(larger_p, total - bulk.excess, total + bulk.excess) / 2
    small = ridge * u / large
    p, q = np.where(larger_p, large, small), np.where(larger_p, small, large)
    return (p, q) if np.iscomplexobj(u) else (p.real, q.real)
