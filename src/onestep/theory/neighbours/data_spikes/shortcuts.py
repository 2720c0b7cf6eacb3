"""Features that are correlated with the label by accident, and what ridge regression makes of them."""

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, integer, real, reals
from onestep.specifications import LinkSpec, checked_link, expansion_of
from onestep.theory import population


def spurious(Sigma: np.ndarray, theta: np.ndarray, shrinkage: float) -> tuple[float, float]:
    """What a ridge fit owes to features that only correlate with the label: C, and the fit's error without variance.

    z = [x; y] ~ N(0, Sigma), the label is theta . x + noise. C is the covariance of the label with the fit on [x'; y],
    where x' is an independent copy of x: y alone can carry it. With tau = `shrinkage`,

        C = tau theta' S_xy (S_yy + tau - S_yx (S_xx + tau)^-1 S_xy)^-1 S_yx (S_xx + tau)^-1 theta.

    Parameters
    ----------
    Sigma : (p + q, p + q)
        Symmetric and positive semidefinite.
    theta : (p,)
    shrinkage : float
        tau > 0, from `shrinkage` or `feature_shrinkage`.

    Returns
    -------
    (C, bias)
        bias = tau^2 theta' (Sigma + tau)^-1 Sigma (Sigma + tau)^-1 theta, theta padded with zeros.

    Raises
    ------
    InputError
        Shapes that do not fit, or a shrinkage that is not positive.
    """
    Sigma, theta = _matrix(Sigma), reals("theta", theta)
    tau = real("shrinkage", shrinkage, 0.0, open_below=True)
    p = theta.size
    if theta.ndim != 1 or not 0 < p < len(Sigma):
        raise InputError("theta", theta.shape, f"fewer numbers in a row than the {len(Sigma)} inputs")
    padded = np.concatenate([theta, np.zeros(len(Sigma) - p)])
    left = np.linalg.solve(Sigma + tau * np.eye(len(Sigma)), padded)
    fitted = padded - tau * left
    return float(fitted[p:] @ Sigma[p:, :p] @ theta), float(tau**2 * left @ Sigma @ left)


def shrinkage(Sigma: np.ndarray, ridge: float, n: int) -> float:
    """tau of ridge regression on z ~ N(0, Sigma): tau (1 - tr Sigma (Sigma + tau)^-1 / n) = ridge.

    Raises
    ------
    InputError
        A matrix that is no covariance, a ridge or n that is not positive.
    """
    return population.effective_ridge(np.linalg.eigvalsh(_matrix(Sigma)), ridge, n)


def variance_factor(Sigma: np.ndarray, tau: float, n: int) -> float:
    """1/(1 - tr (Sigma (Sigma + tau)^-1)^2 / n): the test error is (bias + noise^2) times it."""
    values, n = np.linalg.eigvalsh(_matrix(Sigma)), integer("n", n)
    tau = real("tau", tau, 0.0, open_below=True)
    return float(1 / (1 - np.sum((values / (values + tau)) ** 2) / n))


def feature_shrinkage(Sigma: np.ndarray, activation: LinkSpec, ridge: float, n: int, N: int) -> float:
    """tau of ridge regression on N random features of z, unit rows and tr Sigma = dimension.

    tau = dimension/(n c_1^2 u), where ridge u = (1 - df)(N/n - df), df = c_>^2 u + tr Sigma (Sigma + tau)^-1 / n.

    Raises
    ------
    InputError
        As `shrinkage`; an activation with c_1 = 0; or a trace that is not the dimension.
    """
    Sigma, n, N = _matrix(Sigma), integer("n", n), integer("N", N)
    ridge = real("ridge", ridge, 0.0, open_below=True)
    f = expansion_of(checked_link("activation", activation)).centred()
    if f[1] == 0.0:
        raise InputError("activation", activation, "a function with a linear part")
    size = len(Sigma)
    if abs(np.trace(Sigma) / size - 1) > 1e-6:
        raise InputError("Sigma", float(np.trace(Sigma)), f"a trace equal to the dimension, {size}")
    values = np.linalg.eigvalsh(Sigma)

    def tau(u: float) -> float:
        return size / (n * f[1] ** 2 * u)

    def used(u: float) -> float:
        return f.nonlinear_variance * u + np.sum(values / (values + tau(u))) / n

    smaller, larger = min(1.0, N / n), max(1.0, N / n)

    def excess(u: float) -> float:  # falls from N/n at u = 0; df stays below both 1 and N/n at the root
        df = used(u)
        return max(smaller - df, 0.0) * (larger - df) - ridge * u

    top = 1.0
    while excess(top) > 0:
        top *= 2
    u = brentq(excess, 1e-300, top, xtol=1e-300, rtol=1e-14)
    return float(tau(u))


def _matrix(Sigma: np.ndarray) -> np.ndarray:
    Sigma = reals("Sigma", Sigma)
    if Sigma.ndim != 2 or Sigma.shape[0] != Sigma.shape[1] or not Sigma.size:
        raise InputError("Sigma", Sigma.shape, "a square matrix")
    if not np.allclose(Sigma, Sigma.T) or np.linalg.eigvalsh(Sigma)[0] < -1e-9 * np.abs(Sigma).max():
        raise InputError("Sigma", "a matrix that is no covariance", "a symmetric one with eigenvalues >= 0")
    return Sigma
