"""Kernel ridge regression with the kernel of infinitely many untrained ReLU units, in closed form."""

import math

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from onestep.checks import InputError, reals
from onestep.simulation.ridge import row

_CENTRE = 1 / math.sqrt(2 * math.pi)  # E relu(Z)


def relu_kernel(X: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """E sigma(w . x) sigma(w . z) for w uniform on the unit sphere, sigma(x) = relu(x) - E relu(g), g ~ N(0, 1).

    Parameters
    ----------
    X, Z : (n, d) and (m, d) arrays
        Inputs, d >= 2.

    Returns
    -------
    (n, m) array

    Raises
    ------
    InputError
        An input is not finite, zero, or the dimensions differ.

    Notes
    -----
    The kernel without the centre is that of Cho and Saul (2009), |x||z| (sin a + (pi - a) cos a) / (2 pi d) at the
    angle a: relu is homogeneous and d E w w' = I, so that w on the sphere and w ~ N(0, I/d) agree.
    """
    X, Z = reals("X", X), reals("Z", Z)
    if X.ndim != 2 or Z.ndim != 2 or X.shape[1] != Z.shape[1] or X.shape[1] < 2:
        raise InputError("X, Z", (X.shape, Z.shape), "two matrices with the same number of columns, at least 2")
    d = X.shape[1]
    long, short = np.linalg.norm(X, axis=1), np.linalg.norm(Z, axis=1)
    if not (np.all(long > 0) and np.all(short > 0)):
        raise InputError("X, Z", "a row of zeros", "inputs that are not zero")
    cosine = np.clip((X @ Z.T) / np.outer(long, short), -1.0, 1.0)
    angle = np.arccos(cosine)
    plain = np.outer(long, short) * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi * d)
    mean = math.exp(math.lgamma(d / 2) - math.lgamma((d + 1) / 2)) / (2 * math.sqrt(math.pi))  # E relu(w_1)
    return plain - _CENTRE * mean * (long[:, None] + short) + _CENTRE**2


def kernel_errors(X: np.ndarray, y: np.ndarray, fresh: np.ndarray, labels: np.ndarray, ridge) -> np.ndarray:
    """Test error of min_f (1/n)|y - f(X)|^2 + (ridge/d)|f|^2 in the space of `relu_kernel`, for R penalties.

    Parameters
    ----------
    X, y : (n, d) and (n,) arrays
        What is fitted.
    fresh, labels : (m, d) and (m,) arrays
        The test rows.
    ridge : float or (R,) array, > 0
        In units of 1/d, the size of the kernel's eigenvalues over n.

    Returns
    -------
    (R,) array

    Raises
    ------
    InputError
        A penalty is not positive; as `relu_kernel`.
    """
    penalties = row("ridge", ridge, 0.0, open_below=True)
    K, seen = relu_kernel(X, X), relu_kernel(fresh, X)
    n, d = X.shape
    fits = [seen @ cho_solve(cho_factor(K + n * value / d * np.eye(n)), y) for value in penalties]
    return np.array([np.mean((labels - fit) ** 2) for fit in fits])
