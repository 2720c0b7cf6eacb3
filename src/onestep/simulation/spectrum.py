"""Singular values of the feature matrix, through the smaller Gram matrix and never an SVD of F.

Squared singular values of F/sqrt(n) are the eigenvalues of F'F/n or FF'/n. Squaring costs accuracy at the small end
only: the error of each squared value is a few units of rounding times the largest one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from onestep.checks import InputError, integer, real
from onestep.simulation.gram import Tridiagonal, eigenvalues, feature_matrix, top_eigenvectors, tridiagonalise


@dataclass(frozen=True, eq=False)
class Top:
    """The largest singular triplets of F/sqrt(n).

    Attributes
    ----------
    values : (k,), squared singular values, descending.
    left, right : (n, k) and (N, k), orthonormal columns.
    """

    values: np.ndarray
    left: np.ndarray
    right: np.ndarray


def squared_singular_values(F: np.ndarray, reduced: Tridiagonal | None = None) -> np.ndarray:
    """All min(n, N) squared singular values of F/sqrt(n), ascending.

    Parameters
    ----------
    F : (n, N) feature matrix.
    reduced : the tridiagonal form of its Gram matrix, if it is there already.

    Raises
    ------
    InputError : F is not a finite floating-point matrix.
    """
    reduced = tridiagonalise(feature_matrix(F)) if reduced is None else reduced
    return np.maximum(eigenvalues(reduced), 0.0)  # rounding puts the zeros of a singular F on either side of 0


def top(F: np.ndarray, k: int, reduced: Tridiagonal | None = None) -> Top:
    """The k largest singular triplets of F/sqrt(n), exactly, from the tridiagonal form of the Gram matrix.

    Raises
    ------
    InputError : F is not a finite matrix, or k is larger than its rank.
    """
    k = _count(k, feature_matrix(F).shape)
    if k == 0:
        return _none(F)
    values, vectors = top_eigenvectors(tridiagonalise(F) if reduced is None else reduced, k)
    return _triplets(F, values, vectors)


def top_krylov(F: np.ndarray, k: int, tolerance: float = 1e-6) -> Top:
    """The k largest singular triplets of F/sqrt(n) by Lanczos iteration (ARPACK), without a Gram matrix.

    `tolerance` is relative, for the squared singular values. Left vectors of outliers are as accurate as
    sqrt(tolerance) over their relative gap; inside the bulk, where the gaps are 1/n, only the values mean anything.

    Raises
    ------
    InputError : F is not a finite matrix, or k is not below min(n, N) or is larger than the rank.
    scipy.sparse.linalg.ArpackNoConvergence : carries the eigenvalues that did converge.
    """
    n, N = feature_matrix(F).shape
    k, tolerance = _count(k, (n, N)), real("tolerance", tolerance, 0.0)
    if k == 0:
        return _none(F)
    if k >= min(n, N):
        raise InputError("k", k, f"fewer than min(n, N) = {min(n, N)} for the Krylov solver")
    product = (lambda v: F.T @ (F @ v) / n) if n >= N else (lambda v: F @ (F.T @ v) / n)
    m = min(n, N)
    operator = LinearOperator((m, m), matvec=product, dtype=F.dtype)
    start = np.random.default_rng(0).standard_normal(m)  # ARPACK's own start is not reproducible
    values, vectors = eigsh(operator, k, which="LA", v0=start.astype(F.dtype), tol=tolerance)
    return _triplets(F, values[::-1].astype(float), vectors[:, ::-1])


def operator_norm(A: np.ndarray, tolerance: float = 1e-4) -> float:
    """The largest singular value of any matrix, to relative accuracy `tolerance`, in a few dozen products with it."""
    if min(feature_matrix(A).shape) <= 32:
        return float(np.linalg.norm(A, 2))
    return float(np.sqrt(len(A) * top_krylov(A, 1, tolerance).values[0]))


def _none(F: np.ndarray) -> Top:
    n, N = F.shape
    return Top(np.empty(0), np.empty((n, 0), F.dtype), np.empty((N, 0), F.dtype))


def _count(k: int, shape: tuple[int, int]) -> int:
    k = integer("k", k, 0)
    if k > min(shape):
        raise InputError("k", k, f"at most min(n, N) = {min(shape)}")
    return k


def _triplets(F: np.ndarray, values: np.ndarray, vectors: np.ndarray) -> Top:
    n, N = F.shape
    floor = 10 * max(n, N) * np.finfo(F.dtype).eps * values[0]
    if values[-1] <= floor:
        rank = int(np.sum(values > floor))
        raise InputError("k", len(values), f"at most the numerical rank of F, which is {rank}")
    other = (F @ vectors if n >= N else F.T @ vectors) / np.sqrt(n * values).astype(F.dtype)
    left, right = (other, vectors) if n >= N else (vectors, other)
    return Top(values, left, right)
