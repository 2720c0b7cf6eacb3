"""The iteration behind the state evolution of one neuron, whatever its loss. The equations are in `overlaps`."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from onestep.checks import NotConverged

_DAMPING = 0.7
_MOST = 5000
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Overlaps:
    """What the state evolution says of the fit.

    Attributes
    ----------
    m : float
        beta_star . theta.
    q : float
        |theta|^2.
    V : float
        How far a row moves its own prediction, over the derivative of its loss.
    residual : float
        Largest change by one more iteration, relative to the numbers themselves.
    iterations : int
        0 for a closed form.
    """

    m: float
    q: float
    V: float
    residual: float
    iterations: int

    @property
    def cosine(self) -> float:
        """m/sqrt(q), the cosine of theta and beta_star."""
        return self.m / math.sqrt(self.q)


def following(signal: float, chi: float, square: float, m: float, phi: float, ridge: float) -> np.ndarray:
    """(m, q, V) after one iteration, from E[z g] = `signal`, chi, E g^2 = `square` and the old m."""
    pull = (signal + m * chi) / (ridge + chi)
    return np.array([pull, pull**2 + phi * square / (ridge + chi) ** 2, phi / (ridge + chi)])


def residual(old: np.ndarray, new: np.ndarray) -> float:
    """Largest change from `old` to `new`, relative to the latter."""
    return float(np.max(np.abs(new - old) / np.maximum(np.abs(new), 1e-300)))


def iterated(
    moments: Callable[[float, float, float], tuple[float, float, float]],
    start: tuple[float, float, float],
    phi: float,
    ridge: float,
    what: str,
) -> Overlaps:
    """The fixed point of `following`, by damped iteration.

    Parameters
    ----------
    moments : callable
        E[z g], chi and E g^2 at given m, q and V.
    start : (m, q, V)
    phi, ridge : float
    what : str
        Of the loss, for the message.

    Raises
    ------
    NotConverged
        Numbers that still move after 5000 iterations, or that are not finite.
    """
    state, left, iterations = np.array(start), np.inf, 0
    while iterations < _MOST:
        later = following(*moments(*state), float(state[0]), phi, ridge)
        left = residual(state, later)
        if left < _TOLERANCE:
            m, q, V = map(float, later)
            return Overlaps(m, q, V, left, iterations)
        if not np.all(np.isfinite(later)):
            break
        iterations += 1
        state = _DAMPING * later + (1 - _DAMPING) * state
    raise NotConverged(f"the state evolution of {what}", left, iterations, "a larger ridge may help")
