"""Two numbers for features before and after a change."""

import numpy as np

from onestep.checks import InputError, reals


def sensitivity(before: np.ndarray, after: np.ndarray) -> float:
    """|after - before|/|before|, for two arrays of one shape."""
    before, after = _pair(before, after)
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))


def transfer(before: np.ndarray, after: np.ndarray) -> float:
    """before . after/|before|^2: the output at `after`, of the least-norm fit of the output 1 at `before`."""
    before, after = _pair(before, after)
    return float(np.vdot(before, after) / np.vdot(before, before))


def _pair(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    before, after = reals("before", before), reals("after", after)
    if before.shape != after.shape or not np.any(before):
        raise InputError("before, after", (before.shape, after.shape), "two arrays of one shape, the first not zero")
    return before, after
