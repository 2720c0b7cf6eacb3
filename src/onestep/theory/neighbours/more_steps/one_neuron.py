"""Two steps of a few neurons in high dimension, on one batch twice or on two batches.

A step of size eta moves the pre-activation of its own row i by eta (d/n) D_i, where D_i is the row's error times the
slope. So on the same batch the label enters the second slope. Two steps on one batch are the subject of Dandi et al.
(arXiv:2402.03220); the formula is in the form derived for this book.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats.qmc import Sobol

from onestep.checks import InputError, real, reals
from onestep.problem import Problem
from onestep.teachers import MultiIndex

_GRID = ((8.0, 161), (7.0, 81), (6.0, 41))  # reach and points: the teacher's direction, the neuron, the noise
_LOG_POINTS = 16  # of the low-discrepancy points, where the grid would have more than three dimensions


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Weights of p neurons after two steps, seen from the k directions of the teacher.

    Attributes
    ----------
    first, second : (p, k), w . beta_star after one step and after two.
    cosine : (p, k), `second` over the length of w after two steps.
    residual : by how much `second` moves when the quadrature has half of the points.
    """

    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray
    residual: float


def two_steps(problem: Problem, eta: float, readout=(1.0,), same: bool = True) -> Overlaps:
    """Overlaps with the teacher after two steps of size `eta`, n and d -> infinity, for a few neurons.

    w_j starts as orthonormal rows orthogonal to the teacher's directions; f = sum_j b_j sigma(w_j . x) with the
    `readout` b; each step adds (eta/n) X'D_j, D_j = b_j (y - f) sigma'(w_j . x). With z, l, q independent standard
    normal (k, p and p numbers), y = sigma_star(z) + noise, phi = d/n and D^0, D^1 the D of both steps,

        l^1 = l + eta (E[D^0 z'] z + E[D^0 l'] l + (phi E[D^0 D^0'])^(1/2) q + [same batch] phi D^0),
        first = eta E[D^0 z'],   second = first + eta E[D^1 z'].

    Parameters
    ----------
    problem : Problem
        Its activation, teacher (also of several directions), noise and d/n_gradient.
    eta : float
    readout : (p,) numbers, 1 <= p <= 3
    same : bool
        Whether the second step uses the first batch again.

    Returns
    -------
    Overlaps

    Raises
    ------
    InputError
        An argument outside of what is said above, or inputs with a covariance.
    """
    if not isinstance(problem, Problem):
        raise InputError("problem", problem, "a Problem")
    problem.need_isotropic_inputs()
    eta, b = real("eta", eta), reals("readout", readout)
    if abs(eta) > 1e6:
        raise InputError("eta", eta, "a number of at most 1e6 in size")
    if b.ndim != 1 or not 1 <= b.size <= 3 or np.max(np.abs(b)) > 1e6:
        raise InputError("readout", readout, "one to three numbers of at most 1e6 in size")
    fine, coarse = (_two_steps(problem, eta, b, bool(same), finer) for finer in (True, False))
    first, second, cosine = fine
    return Overlaps(first, second, cosine, float(np.max(np.abs(second - coarse[1]))))


def _two_steps(problem: Problem, eta: float, b: np.ndarray, same: bool, finer: bool):
    k, p, phi = problem.directions, b.size, problem.phi_gradient
    points, weight = _points(k, p, bool(problem.noise_std), finer)
    z, l, q = points[:k], points[k : k + p], points[k + p : k + 2 * p]
    y = problem.teacher(*z) if isinstance(problem.teacher, MultiIndex) else problem.sigma_star(z[0])
    if problem.noise_std:
        y = y + problem.noise_std * points[-1]

    def pushes(u):
        return b[:, None] * (y - b @ problem.sigma(u)) * problem.sigma.derivative(u)

    def mean(A, B):
        return (A * weight) @ B.T

    D0 = pushes(l)
    first, own, noise = mean(D0, z), mean(D0, l), phi * mean(D0, D0)
    root = np.linalg.cholesky(noise + 1e-300 * np.eye(p))
    D1 = pushes(l + eta * (first @ z + own @ l + root @ q + (phi * D0 if same else 0.0)))
    second = eta * (first + mean(D1, z))
    along = np.eye(p) + eta * (own + mean(D1, l))
    shared = np.linalg.solve(root, phi * mean(D0, D1)).T if same else np.zeros((p, p))
    through = eta * (root + shared + mean(D1, q))
    rest = eta**2 * (phi * mean(D1, D1) - shared @ shared.T)
    square = np.sum(second**2, 1) + np.sum(along**2, 1) + np.sum(through**2, 1) + np.diag(rest)
    return eta * first, second, second / np.sqrt(square)[:, None]


def _points(k: int, p: int, noisy: bool, finer: bool) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (dimension, points) of k + 2p standard normals, and one more for the noise; and their weights."""
    dimension = k + 2 * p + noisy
    if dimension == 3:
        axes = [np.linspace(-reach, reach, count if finer else (count + 1) // 2) for reach, count in _GRID]
        points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")])
        weight = np.exp(-np.sum(points**2, axis=0) / 2)
        return points, weight / weight.sum()
    log = _LOG_POINTS + (4 if dimension < 6 else 2) * finer - (not finer)
    uniform = Sobol(dimension, scramble=False).random_base2(log) + 0.5 ** (log + 1)
    return ndtri(uniform).T, np.full(1 << log, 0.5**log)
