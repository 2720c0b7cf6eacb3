"""Ridge regression by Golub-Kahan bidiagonalisation: the cost grows like n N, and no Gram matrix is formed.

One Krylov space, started from y, holds good solutions for every ridge value at once (Bjorck, *Numerical Methods for
Least Squares Problems*, chapter 7); the smallest ridge value takes longest. Started from random signs, the same
recurrence gives the degrees of freedom by stochastic Lanczos quadrature (Ubaru, Chen, Saad, SIAM J. Matrix Anal.
Appl. 38, 2017).
"""

import numpy as np

from onestep.checks import InputError, NotConverged, integer, real
from onestep.simulation.gram import solve_tridiagonal
from onestep.simulation.ridge import Path, checked, row, summary

_STRIDE = 10  # convergence is looked at every so many steps
_SETTLED = 1e-3  # relative change of the degrees of freedom between two looks
_PROBES = 15  # sixteen vectors cost little more than one: a product with F is the price of reading F


def path(F: np.ndarray, y: np.ndarray, ridge: np.ndarray, *, tolerance: float | None = None, steps: int = 2000) -> Path:
    """The ridge path to relative gradient `tolerance`, and the degrees of freedom with their standard error.

    The training error exceeds its minimum by at most |gradient|^2 / lambda: it is right to the tolerance squared.

    Parameters
    ----------
    F, y, ridge : as in `onestep.simulation.ridge.path`, but every ridge value must be positive.
    tolerance : 1e-7 in float64 and 1e-4 in float32 if None.
    steps : largest dimension of the Krylov space.

    Raises
    ------
    InputError : an argument that cannot be used.
    NotConverged : the tolerance was not reached; carries the gradient reached.
    """
    y, ridge = checked(F, y, ridge)
    ridge = row("ridge", ridge, 0.0, open_below=True)
    if np.max(ridge) > 1e290:
        raise InputError("ridge", float(np.max(ridge)), "at most 1e290: it is multiplied by n")
    tolerance = (1e-7 if F.dtype == np.float64 else 1e-4) if tolerance is None else real("tolerance", tolerance, 0.0)
    n, N = F.shape
    steps = min(integer("steps", steps), N)

    # Row 0 starts from u = y and the probes from v = random signs. From there one recurrence serves all,
    # up u' = F v - down u, down' v' = F'u' - up v, and so does one product with F.
    U = np.zeros((1 + _PROBES, n), F.dtype)
    U[:1], length = _normalised(y[None])
    signs = 2 * np.random.default_rng(0).integers(0, 2, (_PROBES, N)) - 1
    V, down = _normalised(np.vstack([U[:1] @ F, signs.astype(F.dtype)]))
    start, down[1:] = down[0] * length, 0
    right = np.empty((steps, N), F.dtype)  # pages of it exist only once they are written
    ups, downs, freedom = [], [down], np.inf
    for step in range(1, steps + 1):
        right[step - 1] = V[0]
        U, up = _normalised(V @ F.T - U * down[:, None])
        V = U @ F - V * up[:, None]
        V[0] -= (right[:step] @ V[0]) @ right[:step]  # else copies of the spikes return and fill the space
        V, down = _normalised(V)
        ups.append(up)
        downs.append(down)
        if step % _STRIDE == 0 or step == steps:
            x = _first_columns(np.array(ups, float), np.array(downs, float), n * ridge)
            optimality = float(down[0]) * float(up[0]) * np.abs(x[0, -1])
            traces = N * (1 - n * ridge * x[1:, 0])
            previous, freedom = freedom, traces.mean(axis=0)
            error = traces.std(axis=0, ddof=1) / np.sqrt(_PROBES)
            settled = step == N or np.all(np.abs(freedom - previous) <= _SETTLED * freedom)
            if settled and optimality.max() <= tolerance:
                return summary(F, y, ridge, right[:step].T @ (start * x[0]).astype(F.dtype), freedom, error)
    advice = 'allow more steps, raise the ridge, or choose solver="exact"'
    raise NotConverged("the gradient of ridge regression", float(optimality.max()), steps, advice)


def _first_columns(ups: np.ndarray, downs: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(T + weight)^-1 e1 for the tridiagonal T = V'F'F V of each recurrence and each weight: (1 + probes, k, R).

    For y it gives the coefficients, a = V (T + n lambda)^-1 e1 |F'y|, and by its last entry how far they are from the
    minimum. For random signs, 1 - n lambda e1'(T + n lambda)^-1 e1 is Gauss quadrature for the degrees of freedom.
    """
    diagonal, off_diagonal = ups**2 + downs[:-1] ** 2, ups[:-1] * downs[1:-1]
    e1 = np.zeros(len(ups))
    e1[0] = 1.0
    try:
        x = [[solve_tridiagonal(d + w, o, e1) for w in weight] for d, o in zip(diagonal.T, off_diagonal.T, strict=True)]
    except np.linalg.LinAlgError as failure:
        allowed = "values that are not lost in rounding beside the largest squared singular value of F"
        raise InputError("ridge", weight.min() / len(weight), allowed) from failure
    return np.swapaxes(x, 1, 2)


def _normalised(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(rows, axis=1)
    return rows / np.where(length > 0, length, 1)[:, None], length
