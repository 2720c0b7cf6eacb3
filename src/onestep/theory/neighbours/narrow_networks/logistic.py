"""Logistic regression of one neuron: its state evolution, and the map that moves a prediction to its fit."""

import math

import numpy as np
from scipy import special

from onestep.checks import NotConverged, real, reals
from onestep.theory.neighbours.narrow_networks.evolution import Overlaps, iterated


def logistic(phi: float, ridge: float, slope: float) -> Overlaps:
    """Logistic regression, l = log(1 + exp(-y p)), of labels +-1 with P(y = 1 | z) = 1/(1 + exp(-slope z)).

    Parameters
    ----------
    phi : float
        d/n > 0.
    ridge : float
        > 0.
    slope : float
        > 0.

    Raises
    ------
    InputError
        A number that is not positive.
    NotConverged
        The iteration does not settle.
    """
    phi, ridge = real("phi", phi, 0.0, open_below=True), real("ridge", ridge, 0.0, open_below=True)
    slope = real("slope", slope, 0.0, open_below=True)
    nodes = np.linspace(-8.0, 8.0, 129)
    weights = np.exp(-(nodes**2) / 2) / np.exp(-(nodes**2) / 2).sum()

    def moments(m: float, q: float, V: float) -> tuple[float, float, float]:
        """By symmetry y = 1 is enough, with twice its probability; omega and z given omega are Gaussian."""
        omega = math.sqrt(q) * nodes
        cosine = min(m / math.sqrt(q), 1.0)
        z = cosine * nodes[:, None] + math.sqrt(1 - cosine**2) * nodes
        likely = 2 * special.expit(slope * z)
        s = logistic_proximal(omega, V)
        g, bend = special.expit(-s), special.expit(s) * special.expit(-s)
        seen = weights * (likely @ weights)
        return float((weights * g) @ (likely * z) @ weights), float(seen @ (bend / (1 + V * bend))), float(seen @ g**2)

    return iterated(moments, (0.5, 1.0, 1.0), phi, ridge, "logistic regression")


def logistic_proximal(omega: np.ndarray, V: float) -> np.ndarray:
    """s with s = omega + V/(1 + exp(s)), where a row with y = 1 is fitted that was predicted omega.

    Newton's iteration from s = 0, the point of inflection, is monotone. Started at omega it cycles for large V.

    Raises
    ------
    InputError
        omega is not finite, or V is negative.
    NotConverged
        The iteration does not settle.
    """
    omega, V = reals("omega", omega), real("V", V, 0.0)
    s, move = np.zeros_like(omega), np.inf
    for _ in range(100):
        low = special.expit(-s)
        change = (s - omega - V * low) / (1 + V * low * (1 - low))
        s = s - change
        move = float(np.max(np.abs(change) / (1 + np.abs(s)), initial=0.0))
        if move < 1e-14:
            return s
    if move > 1e-11:
        raise NotConverged("the proximal map of the logistic loss", move, 100)
    return s
