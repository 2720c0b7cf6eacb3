"""Ridge regression on n rows as ridge regression on the whole population, with a larger penalty."""

import numpy as np
from scipy.optimize import brentq

from onestep.checks import integer, real


def effective_ridge(eigenvalues: np.ndarray, ridge: float, n: int) -> float:
    """kappa > 0 with ridge = kappa (1 - sum lambda/(lambda + kappa) / n), lambda the (p,) `eigenvalues` >= 0.

    `onestep.theory.covariance.tau_of` is the same equation for the levels of inputs.

    Raises
    ------
    InputError
        `ridge` or `n` is not positive.
    """
    ridge, n = real("ridge", ridge, 0.0, open_below=True), integer("n", n)

    def excess(kappa: float) -> float:
        return kappa * (1 - np.sum(eigenvalues / (eigenvalues + kappa)) / n) - ridge

    # kappa <= ridge + sum lambda / n, since each of the terms kappa lambda/(lambda + kappa) is at most lambda
    return float(brentq(excess, ridge, (ridge + eigenvalues.sum() / n) * (1 + 1e-12), xtol=1e-300, rtol=1e-14))


def sampled_ridge(eigenvalues: np.ndarray, ridge: float, n: int, rows: int) -> tuple[float, float, float]:
    """The effective ridge for a population that is known from a sample only.

    A penalty h on the sample acts as the penalty kappa = h/(1 - D/rows) on the population, with the same degrees of
    freedom D = sum lambda/(lambda + h). The slope of D in kappa gives the trace of the square.

    Parameters
    ----------
    eigenvalues : (p,) array, >= 0
        Of second moments that are means over `rows` rows.
    ridge : float, > 0
    n : int
        Rows of the fit.
    rows : int
        More than n.

    Returns
    -------
    h, kappa : float
        The penalty on the sample, and `effective_ridge` of the population.
    squares : float
        sum (lambda/(lambda + kappa))^2 of the population.

    Raises
    ------
    InputError
        `ridge` or `n` is not positive, or `rows` is not larger than n.
    """
    ridge, n = real("ridge", ridge, 0.0, open_below=True), integer("n", n)
    rows = integer("rows", rows, n + 1)

    def freedom(h: float) -> float:
        return float(np.sum(eigenvalues / (eigenvalues + h)))

    def excess(h: float) -> float:
        return h * (1 - freedom(h) / n) / (1 - freedom(h) / rows) - ridge

    top = 2 * ridge + float(eigenvalues.sum()) / n
    while excess(top) <= 0:
        top *= 2
    h = float(brentq(excess, ridge, top, xtol=1e-300, rtol=1e-14))
    seen, slope = 1 - freedom(h) / rows, -float(np.sum(eigenvalues / (eigenvalues + h) ** 2))
    kappa = h / seen
    return h, kappa, freedom(h) + kappa * slope * seen**2 / (seen + h * slope / rows)
