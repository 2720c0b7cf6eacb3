"""Neural feature matrices and average gradient outer products of drawn networks, and recursive feature machines.

The objects are those of Beaglehole, Mitliagkas and Agarwala (arXiv:2402.05271) and, for kernels, of Radhakrishnan,
Beaglehole, Pandit and Belkin (arXiv:2212.13881).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh

from onestep.checks import InputError, reals
from onestep.links import Link
from onestep.problem import Problem
from onestep.simulation import network
from onestep.simulation.one_step import OneStep
from onestep.simulation.sample import Batch


@dataclass(frozen=True, eq=False)
class Seen:
    """Alignment after steps of several sizes, and what the outer product sees. Arrays (E,), one entry per step.

    Attributes
    ----------
    correlation : of W'W and the average gradient outer product W'KW.
    squared_cosine : of the latter's top eigenvector and beta_star.
    share : of the top eigenvalue in the trace.
    """

    correlation: np.ndarray
    squared_cosine: np.ndarray
    share: np.ndarray


def correlation(A: np.ndarray, B: np.ndarray) -> float:
    """tr(A'B) / (|A| |B|), Frobenius norms, of two matrices of one shape.

    Raises
    ------
    InputError
        Two shapes, or a matrix of zeros.
    """
    A, B = reals("A", A), reals("B", B)
    if A.shape != B.shape:
        raise InputError("B", B.shape, f"the shape of A, {A.shape}")
    sizes = np.linalg.norm(A), np.linalg.norm(B)
    if not min(sizes) > 0:
        raise InputError("A, B", sizes, "matrices that are not zero")
    return float(np.vdot(A, B) / sizes[0] / sizes[1])


def tangents(problem: Problem, X: np.ndarray, W: np.ndarray, a: np.ndarray) -> np.ndarray:
    """(rows, N): a_j sigma'(w_j . x_i), the derivative of f(x) = a' sigma(Wx) by the pre-activation of unit j."""
    return problem.sigma.derivative(X @ W.T) * a


def outer_product(problem: Problem, X: np.ndarray, W: np.ndarray, a: np.ndarray, inner: np.ndarray | None = None):
    """(d, d): the average gradient outer product V'KV, K = A'A/rows with A = `tangents(problem, X, W, a)`.

    Parameters
    ----------
    problem : Problem
    X : (rows, d) array
        Over these inputs the average is taken.
    W : (N, d) array
    a : (N,) array
    inner : (N, d) array or None
        V; None for W, which gives the mean of grad f grad f'.
    """
    slopes = tangents(problem, X, W, a) @ (W if inner is None else inner)
    return slopes.T @ slopes / len(X)


def centred(step: OneStep) -> float:
    """Correlation of G'G and G'KG, with the untrained K on the ridge batch. The step size drops out of it."""
    return correlation(step.G.T @ step.G, outer_product(step.problem, step.X, step.W0, step.a, step.G))


def uncentred(step: OneStep, etas: Iterable[float]) -> Seen:
    """Alignment and leading direction after steps of the sizes `etas`, averages over the ridge batch."""
    rows = []
    for eta in etas:
        W = step.weights(eta)
        M = outer_product(step.problem, step.X, W, step.a)
        vector, share = _top(M)
        cosine = vector @ step.beta_star / np.linalg.norm(step.beta_star)
        rows.append((correlation(W.T @ W, M), cosine**2, share))
    if not rows:
        raise InputError("etas", rows, "at least one step size")
    return Seen(*np.array(rows).T)


def through_rows(step: OneStep) -> tuple[np.ndarray, np.ndarray]:
    """G'G and G'KG, K on the gradient batch, written with its rows: two (d, d) matrices.

    X'LTLX/n^2 and X'LT^2LX/n^3 with L = diag(r) and T = AA', A the `tangents`: the second is the first with one more T.
    """
    X, n = step.gradient_batch.X, step.problem.rows_gradient
    A = tangents(step.problem, X, step.W0, step.a)
    T, weighted = A @ A.T, step.gradient.residual[:, None] * X
    once = T @ weighted
    return weighted.T @ once / n**2, once.T @ once / n**3


def with_shifted_labels(step: OneStep) -> OneStep:
    """The same draw, with the labels of the gradient batch moved on by one row, so that they say nothing about X."""
    batch = Batch(step.gradient_batch.X, np.roll(step.gradient_batch.y, 1))
    return replace(step, gradient=network.gradient(step.problem, step.W0, step.a, batch))


def lengthening(step: OneStep) -> float:
    """kappa of a draw: |G - c_1 a beta'|^2 / |c_1 a beta'|^2, Frobenius norms."""
    return float((np.linalg.norm(step.G - step.rank_one) / np.linalg.norm(step.rank_one)) ** 2)


def kurtosis(values: np.ndarray) -> float:
    """Mean of the fourth powers over the squared mean of the squares, at least 1.

    Raises
    ------
    InputError
        No values, or only zeros.
    """
    square = np.square(reals("values", values))
    if not np.max(square, initial=0.0) > 0:
        raise InputError("values", values, "at least one number that is not zero")
    return float(np.mean(square**2) / np.mean(square) ** 2)


def feature_machine(batch: Batch, kernel: Link, penalties: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    """One round of a recursive feature machine: kernel ridge regression, then the average gradient outer product.

    The kernel matrix is h(x_i . x_j/d), with each of the P `penalties` >= 0 added to its diagonal. The outer product is
    the average over the same rows.

    Returns
    -------
    (P, d) top eigenvectors, of unit length, and (P,) shares of the top eigenvalue in the trace

    Raises
    ------
    InputError
        No penalty, a negative one, or one for which the kernel matrix is singular.
    """
    penalties = np.atleast_1d(reals("penalties", list(penalties), 0.0))
    if not penalties.size:
        raise InputError("penalties", penalties, "at least one number >= 0")
    n, d = batch.X.shape
    products = batch.X @ batch.X.T / d
    values, basis = eigh(kernel(products), driver="evd")
    if values[0] + penalties.min() <= 1e-10 * values[-1]:
        raise InputError("penalties", penalties.min(), f"numbers above {1e-10 * values[-1] - values[0]:.3g}")
    projected, slopes, found = basis.T @ batch.y, kernel.derivative(products), []
    for penalty in penalties:
        coefficients = basis @ (projected / (values + penalty))
        gradients = slopes @ (coefficients[:, None] * batch.X) / d
        found.append(_top(gradients.T @ gradients / n))
    vectors, shares = zip(*found, strict=True)
    return np.array(vectors), np.array(shares)


def _top(M: np.ndarray) -> tuple[np.ndarray, float]:
    """Top eigenvector of a positive matrix, and its eigenvalue's share of the trace."""
    value, vector = eigh(M, subset_by_index=[len(M) - 1] * 2)
    return vector[:, 0], float(value[0] / np.trace(M))
