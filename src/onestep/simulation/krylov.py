"""Ridge regression by Golub-Kahan bidiagonalisation: the cost grows like n N, and no Gram matrix is formed.

One Krylov space, started from y, holds good solutions for every ridge value at once (Bjorck, *Numerical Methods for
Least Squares Problems*, chapter 7); the smallest ridge value takes longest. Started from random signs, the same
recurrence gives the degrees of freedom by stochastic Lanczos quadrature (Ubaru, Chen, Saad, SIAM J. Matrix Anal.
Appl. 38, 2017).
"""

import numpy as np

from onestep.checks import integer, real
from onestep.simulation.ridge import Path, checked, row, summary

_STRIDE = 10  # convergence is looked at every so many steps
_PROBES = 8  # about as many columns as a product with F takes for the price of reading F


class NotConverged(RuntimeError):
    """The Krylov space was too small.

    Attributes
    ----------
    optimality : the largest relative gradient |F'(y - F a)/n - lambda a| / |F'y/n| over the ridge values.
    steps : dimension of the Krylov space.
    """

    def __init__(self, optimality: float, steps: int):
        self.optimality, self.steps = optimality, steps
        super().__init__(
            f"after {steps} steps the relative gradient is still {optimality:.2e}; "
            'allow more steps, raise the ridge, or choose solver="exact"'
        )

    def __reduce__(self):
        return type(self), (self.optimality, self.steps)


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
    tolerance = (1e-7 if F.dtype == np.float64 else 1e-4) if tolerance is None else real("tolerance", tolerance, 0.0)
    n, N = F.shape
    steps = min(integer("steps", steps), N)

    # Column 0 starts from u = y and the probes from v = random signs. From there one recurrence serves all,
    # up u' = F v - down u, down' v' = F'u' - up v, and so does one product with F.
    U = np.zeros((n, 1 + _PROBES), F.dtype)
    U[:, 0], length = _normalised(y)
    signs = 2 * np.random.default_rng(0).integers(0, 2, (N, _PROBES)) - 1
    V, down = _normalised(np.column_stack([F.T @ U[:, 0], signs.astype(F.dtype)]))
    down[1:] = 0
    right = np.empty((steps, N), F.dtype)  # pages of it exist only once they are written
    ups, downs = [], [down]
    for step in range(1, steps + 1):
        right[step - 1] = V[:, 0]
        U, up = _normalised(F @ V - U * down)
        V = F.T @ U - V * up
        past = right[:step]
        V[:, 0] -= (past @ V[:, 0]) @ past  # lost orthogonality would let copies of the spikes fill the space
        V, down = _normalised(V)
        ups.append(up)
        downs.append(down)
        if step % _STRIDE == 0 or step == steps or down[0] == 0:
            c, gradient = _least_squares(np.array(downs)[:, 0], np.array(ups)[:, 0], length, n * ridge)
            if gradient.max() <= tolerance or down[0] == 0:
                break
    else:
        raise NotConverged(float(gradient.max()), steps)
    traces = np.array(
        [_quadrature(np.array(ups)[:, j], np.array(downs)[1:-1, j], n * ridge) for j in range(1, 1 + _PROBES)]
    )
    error = N * traces.std(axis=0, ddof=1) / np.sqrt(_PROBES)
    return summary(F, y, ridge, past.T @ c.astype(F.dtype), N * traces.mean(axis=0), error)


def _least_squares(
    down: np.ndarray, up: np.ndarray, length: float, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """argmin |length e1 - B c|^2 + weight |c|^2 for each weight, and the relative gradient of the full problem.

    B is (k + 1, k), `down[:k]` on its diagonal and `up` below. F'(y - F a) - weight a = down_k+1 xi_k+1 v_k+1, with
    xi the residual of the small problem: the last entry of xi says how far the large one is from its minimum.
    """
    k = len(up)
    B = np.zeros((k + 1, k))
    B[np.arange(k), np.arange(k)] = down[:k]
    B[np.arange(1, k + 1), np.arange(k)] = up
    P, s, Qt = np.linalg.svd(B, full_matrices=False)
    c = Qt.T @ (length * P[0][:, None] * s[:, None] / (s[:, None] ** 2 + weight))
    last = -(B @ c)[-1]
    scale = down[0] * length
    return c, down[k] * np.abs(last) / scale if scale > 0 else np.zeros(len(weight))


def _quadrature(diagonal: np.ndarray, above: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """e1' B'B (B'B + weight)^-1 e1, B upper bidiagonal: Gauss quadrature for the spectral measure of the start."""
    _, s, Qt = np.linalg.svd(np.diag(diagonal) + np.diag(above, 1))
    return np.sum(Qt[:, 0, None] ** 2 * s[:, None] ** 2 / (s[:, None] ** 2 + weight), axis=0)


def _normalised(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = np.linalg.norm(columns, axis=0)
    return columns / np.where(length > 0, length, 1), length
