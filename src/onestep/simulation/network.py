"""The network f(x) = a' sigma(W x): its features, and one gradient step on W.

W = W0 + eta G with G = (1/n) [(a r') o sigma'(W0 X')] X and r = y - f0(X): the step of Moniri et al.
(arXiv:2310.07891), squared loss, `a` fixed. f0(X) = sigma(X W0') a, divided by sqrt(N) in the mean-field scaling.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_blas_funcs

from onestep.checks import InputError
from onestep.problem import Problem
from onestep.simulation.sample import Batch

# Rows of a matrix product that runs at full speed, and entries of a piece on which sigma works inside the cache.
_ROWS = 1024
_ENTRIES = 1 << 16


@dataclass(frozen=True, eq=False)
class Gradient:
    """The gradient step at the untrained weights.

    Attributes
    ----------
    matrix : (N, d), G; the trained weights are W0 + eta G.
    residual : (rows,), r = y - f0(X).
    direction : (d,), beta = X'r/n; the leading part of G is c_1 a beta'.
    """

    matrix: np.ndarray
    residual: np.ndarray
    direction: np.ndarray


def slices(size: int, step: int) -> Iterator[slice]:
    """Cut rows into blocks, the last one shorter.

    Parameters
    ----------
    size : int
        How many rows.
    step : int
        Rows of a block; below 1 counts as 1.

    Returns
    -------
    iterator of slice
    """
    return (slice(start, min(start + step, size)) for start in range(0, size, max(step, 1)))


def direction(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """beta = X'y/n, the direction of the step.

    Parameters
    ----------
    X : (rows, d) array
    y : (rows,) array
        Labels; or the residual, when the first output is not small.

    Returns
    -------
    (d,) array
    """
    return X.T @ y / len(y)


def gradient(problem: Problem, W0: np.ndarray, a: np.ndarray, batch: Batch) -> Gradient:
    """One pass over the batch, in blocks of rows: G = (1/n) [(a r') o sigma'(W0 X')] X, and r, and X'r/n.

    No matrix of the size of the features is ever held: two products of 2 n N d flops each, and one block.
    Source: Moniri et al. (arXiv:2310.07891).

    Parameters
    ----------
    problem : Problem
    W0 : (N, d) array
        Untrained weights.
    a : (N,) array
        Readout.
    batch : Batch
        Of the gradient.

    Returns
    -------
    Gradient
    """
    sigma = problem.sigma
    scale = 1 / math.sqrt(problem.N) if problem.first_output == "mean_field" else 1.0
    G = np.zeros_like(W0)
    r = np.empty_like(batch.y)
    (gemm,) = get_blas_funcs(["gemm"], [G])
    for rows in slices(len(r), min(_ROWS, max(64, 16 * _ENTRIES // len(W0)))):
        X = batch.X[rows]
        Z = X @ W0.T
        S = sigma(Z)
        r[rows] = batch.y[rows] - S @ (a * scale)
        slope = sigma.derivative(Z) if sigma.derivative_from_value is None else sigma.derivative_from_value(S)
        slope *= (r[rows] / len(r))[:, None]
        # G += slope' X inside the product: transposed, because BLAS counts columns first.
        gemm(1.0, X.T, slope.T, beta=1.0, c=G.T, trans_b=True, overwrite_c=True)
    G *= a[:, None]
    return Gradient(G, r, direction(batch.X, r))


def weights(W0: np.ndarray, G: np.ndarray | None, eta: float, units: slice = slice(None)) -> np.ndarray:
    """W = W0 + eta G, all units or some.

    Parameters
    ----------
    W0 : (N, d) array
    G : (N, d) array or None
        None is allowed for eta = 0.
    eta : float
        Step size.
    units : slice
        Which rows.

    Returns
    -------
    (units, d) array
        For eta = 0 a view of W0.
    """
    if eta == 0.0:
        return W0[units]
    if G is None:
        raise InputError("G", G, "a matrix (N, d) for a step that is not 0")
    return W0[units] + W0.dtype.type(eta) * G[units]


def features(
    problem: Problem, X: np.ndarray, W0: np.ndarray, G: np.ndarray | None = None, eta: float = 0.0
) -> np.ndarray:
    """F = sigma(X (W0 + eta G)').

    Neither the updated weights nor the pre-activations are held: a block of units at a time.

    Parameters
    ----------
    problem : Problem
    X : (rows, d) array
    W0 : (N, d) array
        Any weights W can be given as W0.
    G : (N, d) array or None
    eta : float
        Step size.

    Returns
    -------
    (rows, N) array
        Not divided by sqrt(N); in Fortran order.
    """
    Ft = np.empty((len(W0), len(X)), W0.dtype)
    for units in slices(len(W0), _ROWS):
        _hidden(problem, weights(W0, G, eta, units), X, Ft[units])
    return Ft.T


def predict(
    problem: Problem, X: np.ndarray, W0: np.ndarray, G: np.ndarray | None, eta: float, coefficients: np.ndarray
) -> np.ndarray:
    """features(...) @ coefficients, without ever holding the features.

    Parameters
    ----------
    problem, X, W0, G, eta
        As in `features`.
    coefficients : (N,) or (N, R) array
        One second layer, or R of them.

    Returns
    -------
    (rows,) or (rows, R) array
    """
    columns = coefficients.reshape(len(W0), -1)
    total = np.zeros((columns.shape[1], len(X)), W0.dtype)
    block = np.empty((min(_ROWS, len(W0)), len(X)), W0.dtype)
    for units in slices(len(W0), _ROWS):
        W = weights(W0, G, eta, units)
        total += columns[units].T @ _hidden(problem, W, X, block[: len(W)])
    return total.T.reshape(len(X), *coefficients.shape[1:])


def _hidden(problem: Problem, W: np.ndarray, X: np.ndarray, out: np.ndarray) -> np.ndarray:
    """sigma(W X') into `out`: (units, rows)."""
    np.matmul(W, X.T, out=out)
    for piece in slices(len(W), _ENTRIES // len(X)):
        out[piece] = problem.sigma(out[piece])
    return out
