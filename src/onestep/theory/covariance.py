"""The linear room: what ridge regression sees of inputs x ~ N(0, Sigma), with Sigma known by its levels.

Everything passes through one number tau, the ridge that an infinite batch would need for the same shrinkage, and

    P = tau (Sigma + tau)^-1,   df1 = tr Sigma (Sigma + tau)^-1 / d,   df2 = tr (Sigma (Sigma + tau)^-1)^2 / d.

P is the part of each eigendirection that the fit leaves. Linear regression with the ridge lambda on n rows has
tau (1 - (d/n) df1(tau)) = lambda; random features have tau = phi/(c_1^2 u) (`anisotropic`), and all else is the same.
Source: for linear regression Dobriban & Wager 2018 (arXiv:1507.03003), in the form derived here.
"""

import math

import numpy as np

from onestep.checks import InputError, NotConverged, real, reals
from onestep.inputs import Levels

_STEPS = 200
_CHANCE = 4.0  # over sqrt(d): by how much the squared cosine of a draw may exceed the largest of the limit
_TOLERANCE = 8 * np.finfo(float).eps


def left(levels: Levels, tau) -> np.ndarray:
    """P = tau/(lambda + tau) at every level: the shape of `tau`, with the levels as last axis."""
    tau = np.asarray(tau)[..., None]
    return tau / (levels.values + tau)


def freedom(levels: Levels, tau) -> np.ndarray:
    """df1(tau), the degrees of freedom of the fit over d."""
    return (levels.values / (levels.values + np.asarray(tau)[..., None])) @ levels.share


def freedom_squared(levels: Levels, tau) -> np.ndarray:
    """df2(tau)."""
    return (levels.values / (levels.values + np.asarray(tau)[..., None])) ** 2 @ levels.share


def ridge_of(levels: Levels, tau, aspect: float) -> np.ndarray:
    """The ridge line: lambda = tau (1 - aspect df1(tau)), aspect = d/n."""
    return np.asarray(tau) * (1 - aspect * freedom(levels, tau))


def tau_of(levels: Levels, ridge, aspect: float) -> np.ndarray:
    """tau at `ridge` > 0: the root of the ridge line, which is convex, by Newton's method from above.

    Parameters
    ----------
    ridge : positive, of any shape.
    aspect : d/n > 0.

    Raises
    ------
    InputError : a ridge or the aspect ratio is not positive.
    NotConverged : Newton's method stopped short of rounding.
    """
    ridge, aspect = reals("ridge", ridge, 0.0, open_below=True), real("aspect", aspect, 0.0, open_below=True)
    tau = ridge + aspect * (levels.share @ levels.values)
    for _ in range(_STEPS):
        slope = 1 - aspect * freedom_squared(levels, tau)
        step = (ridge_of(levels, tau, aspect) - ridge) / slope
        tau = tau - step
        if np.all(np.abs(step) <= _TOLERANCE * tau):
            return tau
    worst = float(np.max(np.abs(step / tau)))
    if worst > 1e-9:
        raise NotConverged("the shrinkage tau of ridge regression", worst)
    return tau


def linear_errors(levels: Levels, ridge, aspect: float, signal, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of min_b (1/n)|y - X b|^2 + ridge |b|^2; the penalty is part of `train`.

        train = ridge (sum signal P + noise)/tau,   test = (sum signal P^2 + noise)/(1 - (d/n) df2)

    Parameters
    ----------
    ridge : > 0, of any shape.
    aspect : d/n.
    signal : (L,), not negative: the variance of the label's linear part from each eigenspace.
    noise : >= 0, the variance of all else in the label.

    Raises
    ------
    InputError, NotConverged : as `tau_of`; or `signal` is not one number >= 0 for each level.
    """
    signal, noise = reals("signal", signal, 0.0), real("noise", noise, 0.0)
    if signal.shape != levels.values.shape:
        raise InputError("signal", signal, f"one number for each of the {levels.values.size} levels")
    tau = tau_of(levels, ridge, aspect)
    rest = left(levels, tau)
    train = np.asarray(ridge) * (rest @ signal + noise) / tau
    return train, (rest**2 @ signal + noise) / (1 - aspect * freedom_squared(levels, tau))


def direction(levels: Levels, cosine: float) -> np.ndarray:
    """Where the step's direction beta and beta_star lie among the levels, as unit vectors in the coordinates of z.

    With x = Sigma^(1/2) z these are Sigma^(1/2) beta/B and Sigma^(1/2) beta_star. The first is a multiple of Sigma
    times the second, plus Sigma times a vector without preference, the noise of the gradient batch. `cosine` decides
    how much of each.

    Returns
    -------
    (L, 2, 2) : [:, 0] for beta and [:, 1] for beta_star; the last axis is the part along the teacher's coordinates of
        the eigenspace, and across them. The products, summed over the levels, are 1, `cosine`, 1.

    Raises
    ------
    InputError : a cosine larger than without any noise, by more than chance brings into a draw of d directions.
    """
    root, values = np.sqrt(levels.signal), levels.values
    signal = cosine / (levels.signal @ values)
    noise = (1 - signal**2 * (levels.signal @ values**2)) / levels.second
    if noise * levels.second < -_CHANCE / math.sqrt(levels.counts.sum()):
        most = (levels.signal @ values) / (levels.signal @ values**2) ** 0.5
        raise InputError("cosine", cosine, f"at most {most:.6g} in size, that of a gradient without noise")
    beta = np.stack([signal * values * root, np.sqrt(max(noise, 0.0) * levels.share) * values], axis=-1)
    return np.stack([beta, np.stack([root, np.zeros_like(root)], axis=-1)], axis=1)


def limit_direction(levels: Levels, first: float, noise: float) -> tuple[float, float]:
    """(B, cosine) of the step as n -> infinity: B^2 = beta' Sigma beta, the variance of beta . x.

        B^2 = c_{*,1}^2 sum w lambda^2 + noise tr Sigma^2/d,   cosine = c_{*,1} sum w lambda / B

    with w = `levels.signal`. Sigma acts as its cube on the signal of the gradient and as its square on its noise.

    Parameters
    ----------
    first : c_{*,1}.
    noise : (d / rows of the gradient batch) E y^2.
    """
    norm = float(np.sqrt(first**2 * (levels.signal @ levels.values**2) + noise * levels.second))
    return norm, first * float(levels.signal @ levels.values) / norm
