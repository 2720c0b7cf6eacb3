"""The real fixed points above the bulk of F F'/n, where outliers are sought: from infinity down to the upper edge."""

import numpy as np

from onestep.checks import NotConverged
from onestep.theory.any_step import coupled, fixed_point
from onestep.theory.any_step.features import FeatureLaw
from onestep.theory.any_step.fixed_point import State
from onestep.theory.any_step.ridge_errors import blocks

_NEAR = 1e-4  # an outlier nearer to the bulk than this, relatively, counts as part of it


def mean_eigenvalue(features: FeatureLaw) -> float:
    """tr F F'/n^2, the mean eigenvalue of the bulk.

    Parameters
    ----------
    features : FeatureLaw

    Returns
    -------
    float
    """
    return float(features.share @ (features.mu2 + features.mu1**2) @ features.weight) * features.N / features.n


def position(state: State) -> float:
    """z = -ridge of a state that has one ridge.

    Parameters
    ----------
    state : State

    Returns
    -------
    float
    """
    return -float(state.ridge[0])


def outside(features: FeatureLaw, z: float, near: State | None) -> State:
    """The real fixed point at ridge = -z above the bulk.

    Parameters
    ----------
    features : FeatureLaw
    z : float
    near : State or None
        Where the iteration starts: a neighbouring state, or, if None, that of z -> infinity.

    Returns
    -------
    State

    Raises
    ------
    NotConverged
        With residual and iterations.
    """
    ridge = np.array([-z])
    start = (ridge[:, None], np.ones((1, features.share.size))) if near is None else (near.den, near.g)
    return fixed_point.solve(features, ridge, start)


def along_eigenvalues(features: FeatureLaw, state: State) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors of D^-1/2 M_A D^-1/2 at a real state outside the bulk.

    Parameters
    ----------
    features : FeatureLaw
    state : State

    Returns
    -------
    values : (k,) array
        Ascending.
    vectors : (k, k) array
        One in each column.
    """
    if features.rows is not None:
        return coupled.pencil(features, state)[:2]
    along, _ = blocks(features, state.g)
    U = along.U[0] * np.sqrt(features.weight / -state.den[0])
    return np.linalg.eigh(np.eye(len(U)) - U @ U.T)


def negative_eigenvalues(features: FeatureLaw, state: State) -> int:
    """How many of `along_eigenvalues` are negative: as many outliers are above the state's z.

    Parameters
    ----------
    features : FeatureLaw
    state : State

    Returns
    -------
    int
    """
    return int(np.sum(along_eigenvalues(features, state)[0] < 0))


def descend(features: FeatureLaw) -> list[State]:
    """States from a z above every outlier down to the top of the bulk, each the start of the next.

    Parameters
    ----------
    features : FeatureLaw

    Returns
    -------
    list of State
        Descending in z; the last is within about 1e-4 of the upper edge, relatively.
    """
    z = 8 * mean_eigenvalue(features) * (1 + features.n / features.d)  # few directions carry the upper of two bands
    while (first := _if_outside(features, z, None)) is None or negative_eigenvalues(features, first) > 0:
        z *= 2
    states, factor = [first], 0.93
    while factor < 1 - _NEAR:
        state = _if_outside(features, factor * position(states[-1]), states[-1])
        if state is None:
            factor = factor**0.5
        else:
            states.append(state)
    return states


def _if_outside(features: FeatureLaw, z: float, near: State | None) -> State | None:
    """The real fixed point at z, or None where z is in the bulk: there is none there, or m1 does not fall with z.

    That m1 falls is the test of Silverstein & Choi (1995): below the edge a real solution is not a resolvent's.
    """
    try:
        state = outside(features, z, near)
    except NotConverged:
        return None
    log_den, _ = fixed_point.response(features, state, -np.ones_like(state.den))
    return state if (log_den / state.den @ features.weight)[0] < 0 else None
