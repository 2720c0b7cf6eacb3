"""Anderson's acceleration of a fixed-point iteration; for a linear one it is GMRES."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import lstsq

_MEMORY = 12
_PATIENCE = 20  # steps without a smaller residual
_WORSE = 100.0
_DEPENDENT = 1e-12  # moves that differ by less, relatively, count as the same


def accelerate(
    step: Callable[[np.ndarray], tuple[np.ndarray, float]],
    x: np.ndarray,
    tolerance: float,
    most: int,
    worse: float = _WORSE,
) -> tuple[np.ndarray, float, int]:
    """The best x found, the residual there, and how many steps it took.

    step : x -> the move that plain iteration would make, and the size of the equations' residual at x.
    tolerance : where it stops. It also stops after `most` steps, or when rounding leaves nothing to gain; the caller
        judges the residual.
    worse : how many times larger than the least a residual may be; inf for linear equations.

    Each new iterate combines the last ones so that the combination of their moves is least (Walker & Ni 2011). One that
    is much worse than the best is taken back: from the best it goes on with a shorter move.
    """
    best, forward, least, found, share = x, np.zeros_like(x), np.inf, 0, 1.0
    moves: list[np.ndarray] = []
    places: list[np.ndarray] = []
    for count in range(most + 1):
        move, residual = step(x)
        if residual < least:
            best, forward, least, found, share = x, move, residual, count, 1.0
        if least < tolerance or count - found >= _PATIENCE:
            break
        if not residual < worse * least:
            moves, places, share = [], [], share / 2
            x = best + share * forward
            continue
        moves, places = [*moves[-_MEMORY:], move], [*places[-_MEMORY:], x]
        x = x + move
        if len(moves) > 1:
            change = np.diff(moves, axis=0).T
            part = lstsq(change, move, cond=_DEPENDENT, lapack_driver="gelsy", check_finite=False)[0]
            x = x - (np.diff(places, axis=0).T + change) @ part
    return best, least, count
