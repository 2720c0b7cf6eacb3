"""Ridge regression of the second layer, for many ridge values at once.

    a(lambda) = argmin (1/n) |y - F a|^2 + lambda |a|^2,    L_tr(lambda) = that minimum, penalty included.

`path` is exact: one tridiagonal reduction of the smaller Gram matrix serves every ridge value. `krylov.path` is the
solver for sizes where that reduction, which grows like n^3, is too much.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, reals
from onestep.simulation.gram import Tridiagonal, eigenvalues, feature_matrix, rotate, solve_tridiagonal, tridiagonalise


@dataclass(frozen=True, eq=False)
class Path:
    """Ridge solutions for R ridge values.

    Attributes
    ----------
    ridge : (R,).
    coefficients : (N, R), the second layers a(lambda).
    train_error : (R,), (1/n) |y - F a|^2 + lambda |a|^2.
    residual_norm : (R,), |y - F a| / sqrt(n).
    degrees_of_freedom : (R,), tr F (F'F + n lambda)^-1 F', between 0 and min(n, N).
    degrees_of_freedom_error : (R,), its standard error, zero from the exact solver.
    optimality : (R,), |F'(y - F a)/n - lambda a| / |F'y/n|, zero for the exact minimiser.
    """

    ridge: np.ndarray
    coefficients: np.ndarray
    train_error: np.ndarray
    residual_norm: np.ndarray
    degrees_of_freedom: np.ndarray
    degrees_of_freedom_error: np.ndarray
    optimality: np.ndarray


def path(F: np.ndarray, y: np.ndarray, ridge: np.ndarray | float, reduced: Tridiagonal | None = None) -> Path:
    """The exact ridge path.

    The solution through the Gram matrix is corrected once by its own residual ("corrected seminormal equations",
    Bjorck 1987), which wins back most of the digits that squaring the condition number costs.

    Parameters
    ----------
    F : (n, N) array, float32 or float64
        Features; n below, at or above N.
    y : (n,) array
        Labels.
    ridge : float or (R,) array
        Penalties, not negative. Zero is allowed where F has full column rank.
    reduced : Tridiagonal or None
        The tridiagonal form of F's Gram matrix, if it is there already.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        F or y is not finite, a ridge value is negative, or so small that the problem is singular.
    """
    y, ridge = checked(F, y, ridge)
    n, N = F.shape
    reduced = tridiagonalise(F) if reduced is None else reduced
    spectrum = eigenvalues(reduced)
    _refuse_singular(ridge, spectrum, F)
    weight = ridge.astype(F.dtype)
    if n >= N:  # (F'F/n + lambda) a = F'y/n
        a = _solve(reduced, ridge, _columns(F.T @ y / n, ridge))
        a += _solve(reduced, ridge, F.T @ (y[:, None] - F @ a) / n - weight * a)
    else:  # a = F'b with (FF'/n + lambda) b = y/n
        b = _solve(reduced, ridge, _columns(y / n, ridge))
        b += _solve(reduced, ridge, (y[:, None] - F @ (F.T @ b)) / n - weight * b)
        a = F.T @ b
    return summary(
        F, y, ridge, a, np.sum(spectrum[:, None] / (spectrum[:, None] + ridge), axis=0), np.zeros(len(ridge))
    )


def checked(F: np.ndarray, y: np.ndarray, ridge: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and ridge values of a path, if they and F are what `path` allows.

    Parameters
    ----------
    F, y, ridge
        As in `path`.

    Returns
    -------
    y : (n,) array
        In the precision of F.
    ridge : (R,) array

    Raises
    ------
    InputError
        One of them is not.
    """
    feature_matrix(F)
    y = reals("y", y).astype(F.dtype)
    if y.shape != (len(F),):
        raise InputError("y", y.shape, f"one label per row of F, shape ({len(F)},)")
    return y, row("ridge", ridge, 0.0)


def row(name: str, values: object, minimum: float = -np.inf, *, open_below: bool = False) -> np.ndarray:
    """One number, or a one-dimensional array of at least one, as an array.

    Parameters
    ----------
    name : str
        Of the argument, for the message.
    values : float or (R,) array
    minimum : float
        The least value that is allowed.
    open_below : bool
        `minimum` itself is not allowed.

    Returns
    -------
    (R,) array

    Raises
    ------
    InputError
        `values` has another shape, or a value that is not allowed.
    """
    array = np.atleast_1d(reals(name, values, minimum, open_below=open_below))
    if array.ndim != 1 or array.size == 0:
        raise InputError(name, values, "one number or a one-dimensional array of them")
    return array


def summary(
    F: np.ndarray, y: np.ndarray, ridge: np.ndarray, a: np.ndarray, freedom: np.ndarray, freedom_error: np.ndarray
) -> Path:
    """A path with the errors of given coefficients.

    They are measured on the residual itself: y'y - b'a would cancel when the fit is good.

    Parameters
    ----------
    F : (n, N) array
    y : (n,) array
    ridge : (R,) array
    a : (N, R) array
        The second layers.
    freedom, freedom_error : (R,) array
        Degrees of freedom, and their standard error.

    Returns
    -------
    Path
    """
    n = len(y)
    residual = y[:, None] - F @ a
    mean_square = np.sum(np.square(residual, dtype=float), axis=0) / n
    penalty = ridge * np.sum(np.square(a, dtype=float), axis=0)
    slope = F.T @ residual / n - ridge.astype(F.dtype) * a
    start = np.linalg.norm(F.T @ y / n)
    optimality = np.linalg.norm(slope, axis=0) / (start if start > 0 else 1)
    return Path(ridge, a, mean_square + penalty, np.sqrt(mean_square), freedom, freedom_error, optimality.astype(float))


def _columns(column: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    return np.repeat(column[:, None], len(ridge), axis=1)


def _solve(reduced: Tridiagonal, ridge: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(K + ridge_j)^-1 column_j for every j."""
    turned = rotate(reduced, columns)
    for j, value in enumerate(ridge):
        turned[:, j] = solve_tridiagonal(reduced.diagonal + value, reduced.off_diagonal, turned[:, j])
    return rotate(reduced, turned, back=True)


def _refuse_singular(ridge: np.ndarray, spectrum: np.ndarray, F: np.ndarray) -> None:
    rounding = max(F.shape) ** 0.5 * np.finfo(F.dtype).eps * spectrum[-1]
    lowest = max(rounding - spectrum[0], 0.0)
    if np.any(ridge < lowest):
        raise InputError(
            "ridge",
            float(ridge.min()),
            f"at least {lowest:.3g}: below it the smallest singular value of F is lost in rounding ({F.dtype}); "
            "float64 or a larger ridge helps",
        )
