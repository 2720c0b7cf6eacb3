"""The roots of the bulk's equation where the ridge is complex or negative: those of a quartic in u.

`equation` has the equation, ridge u = (1 - df(u)) (phi/psi - df(u)), and its root at a positive ridge. Elsewhere all
four roots are computed, and the one that belongs to a resolvent is picked.
"""

import numpy as np

from onestep.checks import InputError, NotConverged
from onestep.theory.equation import Bulk, BulkSolution, checked_ridge

_ACCEPTED = 1e-9  # relative residual of a root of the quartic; the right root is far below it


def solve_complex(bulk: Bulk, ridge: np.ndarray) -> BulkSolution:
    """The solution at a complex ridge: the root u with Im m1, Im m2, Im q/ridge > 0 for Im ridge < 0.

    Parameters
    ----------
    bulk : Bulk
    ridge : complex or array
        Broadcasts against the fields of `bulk`. On the negative axis (Im ridge = 0) the solution is the limit from
        below, so that Im m1 is pi times the density.

    Returns
    -------
    BulkSolution
        Its fields are complex and have the broadcast shape.

    Raises
    ------
    InputError
        As `checked_ridge`.
    NotConverged
        Off the axis no root of the quartic has the three signs.
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
    """The solution at a real negative ridge with z = -ridge outside the bulk.

    There m1, m2 and q/ridge are real and, being Stieltjes transforms, increase with z; one root of the quartic does.

    Parameters
    ----------
    bulk : Bulk
    ridge : float or array
        Real and negative; broadcasts against the fields of `bulk`.

    Returns
    -------
    BulkSolution
        Its fields are real and have the broadcast shape.

    Raises
    ------
    InputError
        A z is in the bulk, or as `checked_ridge`.
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
    wide = Bulk(*(np.asarray(value)[..., None] for value in (phi, bulk.psi, a, b)))
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
