"""Models of the feature matrix that the theory reasons with, realised on the same draw as the network itself.

Gaussian equivalence: F0 behaves like c_1 Xt W0' + c_> Z with Z independent standard normal. Spiked model (Moniri et
al., arXiv:2310.07891): F = F0 + sum_k c_1^k c_k eta^k (Xt beta)^{o k} (a^{o k})' + smaller terms. Both can be laid
beside the real F in operator norm, or through their spectra and ridge errors.
"""

import numpy as np

from onestep.checks import integer
from onestep.problem import Problem
from onestep.simulation.streams import generator, normal


def gaussian(problem: Problem, X: np.ndarray, W0: np.ndarray, seed: int) -> np.ndarray:
    """The Gaussian equivalent of the untrained features, c_1 X W0' + c_> Z: (rows, N)."""
    F = X @ W0.T
    F *= problem.student[1]
    noise = normal(generator(seed, "equivalent"), F.shape, F.dtype)
    noise *= np.sqrt(problem.student.nonlinear_variance)
    F += noise
    return F


def spikes(
    problem: Problem,
    X: np.ndarray,
    direction: np.ndarray,
    a: np.ndarray,
    eta: float,
    orders: int,
    lengthening: float = 0.0,
) -> np.ndarray:
    """What the step adds, sum_{k=1}^orders c_1^k c_k eta^k (X beta)^{o k} (a^{o k})': (rows, N), of rank <= orders.

    Parameters
    ----------
    X, direction : (rows, d) and (d,), the inputs and beta.
    a : (N,), the readout.
    orders : how many spikes; (l - 1)/(2 l) < alpha < l/(2 l + 2) calls for l of them.
    lengthening : kappa, by which the gradient's noise lengthens the rows of W; it puts E (t + sqrt(kappa) g)^k in the
        place of the powers of t = X beta/|beta| (the book's chapter "Improvement"). 0 is Moniri et al.
    """
    k = np.arange(1, integer("orders", orders) + 1)
    length = np.linalg.norm(direction)
    strength = np.array([problem.student[1] ** j * problem.student[j] * (eta * length) ** j for j in k])
    left, right = powers(X @ direction / length, orders, lengthening) * strength, a[:, None] ** k
    return left.astype(X.dtype) @ right.T.astype(X.dtype)


def powers(t: np.ndarray, orders: int, lengthening: float = 0.0) -> np.ndarray:
    """E (t + sqrt(lengthening) g)^k, g ~ N(0, 1), for k = 1, ..., orders: (rows, orders); t^k without lengthening.

    By P_{k+1} = t P_k + k lengthening P_{k-1} (integration by parts).
    """
    found = [np.ones_like(t), t]
    for k in range(1, orders):
        found.append(t * found[k] + k * lengthening * found[k - 1])
    return np.stack(found[1:], axis=1)
