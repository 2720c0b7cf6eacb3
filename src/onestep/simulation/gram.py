"""The smaller Gram matrix of F/sqrt(n), reduced once to a tridiagonal matrix: K = Q T Q'.

Everything exact in this wing is read off T: all eigenvalues, the top eigenvectors, and the ridge solution for any
number of ridge values. The reduction costs 4/3 m^3 flops, m = min(n, N), a quarter of an SVD and less than half of
all eigenvectors; Q is never formed but stays in its Householder reflectors, in the memory of the Gram matrix.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal, eigvalsh_tridiagonal, get_blas_funcs, get_lapack_funcs, solveh_banded

from onestep.checks import InputError

_BLOCK = 64


@dataclass(frozen=True, eq=False)
class Tridiagonal:
    """K = Q T Q' of order m.

    Attributes
    ----------
    diagonal, off_diagonal : (m,) and (m - 1,), float64: T.
    reflectors, scales : (m, m) and (m - 1,), LAPACK's storage of Q (`sytrd`, lower).
    """

    diagonal: np.ndarray
    off_diagonal: np.ndarray
    reflectors: np.ndarray
    scales: np.ndarray


def feature_matrix(F: np.ndarray) -> np.ndarray:
    """F itself, if it is a finite floating-point matrix.

    Parameters
    ----------
    F : (n, N) array, float32 or float64

    Returns
    -------
    (n, N) array
        The same object.

    Raises
    ------
    InputError
        It is of another type or shape, it is empty, or an entry is not finite.
    """
    if not isinstance(F, np.ndarray) or F.ndim != 2 or F.size == 0 or F.dtype not in (np.float32, np.float64):
        raise InputError("F", getattr(F, "shape", F), "a float32 or float64 matrix of shape (n, N)")
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(F.sum(dtype=np.float64))  # a sum spares the mask of the size of F
    if not finite:
        raise InputError("F", "entries that are not finite", "a finite matrix")
    return F


def gram(F: np.ndarray) -> np.ndarray:
    """The smaller of F'F/n and FF'/n.

    Parameters
    ----------
    F : (n, N) array, float32 or float64

    Returns
    -------
    (m, m) array, m = min(n, N)
        In its lower triangle, in Fortran order; the upper triangle is not filled.
    """
    n, N = F.shape
    (syrk,) = get_blas_funcs(["syrk"], [F])
    # BLAS reads columns: the transpose of a C-ordered array is one it can take without a copy.
    A, columns_are_units = (F, True) if F.flags.f_contiguous else (F.T, False)
    return syrk(1 / n, A, trans=(n >= N) == columns_are_units, lower=True)


def tridiagonalise(F: np.ndarray) -> Tridiagonal:
    """The tridiagonal form of the smaller Gram matrix of F/sqrt(n).

    Parameters
    ----------
    F : (n, N) array, float32 or float64

    Returns
    -------
    Tridiagonal
        Of order m = min(n, N).

    Raises
    ------
    RuntimeError
        LAPACK reports an error.
    """
    K = gram(F)
    sytrd, sytrd_lwork = get_lapack_funcs(["sytrd", "sytrd_lwork"], [K])
    if len(K) == 1:
        return Tridiagonal(K[0].astype(float), np.empty(0), K, np.empty(0, K.dtype))
    work, _ = sytrd_lwork(len(K), lower=1)
    reflectors, diagonal, off_diagonal, scales, info = sytrd(K, lower=1, overwrite_a=1, lwork=int(work))
    if info != 0:
        raise RuntimeError(f"LAPACK sytrd returned {info}")
    return Tridiagonal(diagonal.astype(float), off_diagonal.astype(float), reflectors, scales)


def rotate(K: Tridiagonal, columns: np.ndarray, *, back: bool = False) -> np.ndarray:
    """Q' times columns, or Q times columns.

    Parameters
    ----------
    K : Tridiagonal
        Of order m.
    columns : (m, k) array
    back : bool
        Q and not Q'.

    Returns
    -------
    (m, k) array
        A new one, in the precision of `K`.

    Raises
    ------
    RuntimeError
        LAPACK reports an error.
    """
    m = len(K.diagonal)
    out = np.array(columns, K.reflectors.dtype, order="F")
    if m == 1:
        return out
    # SciPy has no ormtr. Q = diag(1, Q1), and Q1's reflectors start at entry (1, 0): seen from there with m rows per
    # column, the array is what ormqr expects, but for a last row that it never reads.
    tail = K.reflectors.T.ravel()[1 : 1 + m * (m - 1)].reshape(m - 1, m).T
    (ormqr,) = get_lapack_funcs(["ormqr"], [tail])
    side = "N" if back else "T"
    turned, _, info = ormqr("L", side, tail, K.scales, np.asfortranarray(out[1:]), _BLOCK * (out.shape[1] + _BLOCK + 1))
    if info != 0:
        raise RuntimeError(f"LAPACK ormqr returned {info}")
    out[1:] = turned
    return out


def eigenvalues(K: Tridiagonal) -> np.ndarray:
    """All eigenvalues of K.

    Parameters
    ----------
    K : Tridiagonal
        Of order m.

    Returns
    -------
    (m,) array
        Ascending, float64.
    """
    return eigvalsh_tridiagonal(K.diagonal, K.off_diagonal, lapack_driver="sterf")


def top_eigenvectors(K: Tridiagonal, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues of K and their eigenvectors.

    Parameters
    ----------
    K : Tridiagonal
        Of order m.
    k : int
        How many, between 1 and m.

    Returns
    -------
    values : (k,) array
        Descending.
    vectors : (m, k) array
        Of length 1, one in each column.
    """
    m = len(K.diagonal)
    values, vectors = eigh_tridiagonal(K.diagonal, K.off_diagonal, select="i", select_range=(m - k, m - 1))
    return values[::-1], rotate(K, vectors[:, ::-1], back=True)


def solve_tridiagonal(diagonal: np.ndarray, off_diagonal: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """x with T x = columns, for a symmetric positive definite tridiagonal T.

    Parameters
    ----------
    diagonal, off_diagonal : (m,) and (m - 1,) array, float64
        T.
    columns : (m,) or (m, k) array

    Returns
    -------
    array of the shape of `columns`

    Raises
    ------
    numpy.linalg.LinAlgError
        T is not positive definite.
    """
    if len(diagonal) == 1:  # LAPACK's wrapper does not take an empty off-diagonal
        return columns / diagonal[0]
    band = np.array([np.append(0.0, off_diagonal), diagonal])
    return solveh_banded(band, columns, overwrite_ab=True, check_finite=False)
