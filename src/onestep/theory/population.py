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
