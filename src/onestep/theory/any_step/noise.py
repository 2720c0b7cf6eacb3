"""The law of one step's noise, with what a step needs of the features beside it."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.teachers import MultiIndex
from onestep.theory.any_step.features import FeatureLaw

_NODES = (16, 6)  # for every direction that y depends on, and for the label noise
_SPACINGS = (0.1, 0.4)  # of the nodes for one direction on which y depends, and for more
_RANK = 1e-10  # of the functions that span the linear parts; it is the square that counts


@dataclass(frozen=True, eq=False)
class Noise:
    """The law of the gradient's noise: c and v of `pencil`, phi = d/m, cos(beta, beta_star), and nodes for (u, y).

    u (D, nodes) are the D directions of x on which y depends; the first is along E[y u], beta_star . x.
    """

    c: float
    v: float
    phi: float
    cosine: float
    u: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    _means: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> float:
        """s, which balances the two blocks of L; any number will do where there is no noise."""
        return math.hypot(self.c, math.sqrt(self.v)) or 1.0

    @property
    def across(self) -> float:
        """sqrt(phi E y^2), the length of beta's part across beta_star: beta = c_{*,1} beta_star + across (a unit)."""
        return math.sqrt(self.phi * (self.weight @ self.y**2))

    def mean(self, f: tuple[int, ...]) -> np.ndarray:
        """The weights of E y^i u_j u_l ... (...), for f = (i, j, l, ...)."""
        if f not in self._means:
            self._means[f] = self.weight * self.y ** f[0] * np.prod(self.u[list(f[1:])], axis=0)
        return self._means[f]


def noise_of(problem: Problem, eta: float, geometry: Geometry, reach: float | None = None) -> Noise:
    """The noise of a step.

    reach : where the directions on which y depends, and the label noise, are cut, with a fine grid up to there; None
        for Gauss-Hermite nodes, which give averages their digits but the tail of y^2 gaps that it does not have.
    """
    unit = eta / math.sqrt(problem.N)
    second = problem.student[2]
    rest = max(problem.student.slope_variance - 4 * second**2, 0.0)
    if reach is None:
        (x, wx), (e, we) = (_hermite(nodes) for nodes in _NODES)
    else:
        spacings = _SPACINGS[min(problem.directions, 2) - 1], _SPACINGS[1]
        (x, wx), (e, we) = (_cut(reach, spacing) for spacing in spacings)
    u, weight = (np.array(np.meshgrid(*[one] * problem.directions, indexing="ij")) for one in (x, wx))
    u, weight = u.reshape(len(u), -1), weight.reshape(len(u), -1).prod(axis=0)
    if isinstance(problem.teacher, MultiIndex):
        labels = problem.teacher(*(problem.teacher.frame.T @ u))
    else:
        labels = problem.sigma_star(u[0])
    y = labels[:, None] + problem.noise_std * e
    weight = np.outer(weight, we)
    return Noise(
        2 * second * unit,
        problem.phi_gradient * rest * unit**2,
        problem.phi_gradient,
        geometry.cosine,
        np.repeat(u, e.size, axis=1),
        y.ravel(),
        weight.ravel(),
    )


def _hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return x, w / w.sum()


def _cut(reach: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """N(0, 1) cut at `reach`, scaled to variance one again."""
    half = math.ceil(reach / spacing)
    x = reach / half * np.arange(-half, half + 1)
    w = np.exp(-(x**2) / 2)
    w = w / w.sum()
    return x / math.sqrt(w @ x**2), w


class Basis(NamedTuple):
    """mu1(r, t)/tau_r = C b(t): C (p, k), b (k, T); and the powers 1, a_r, a_r^2 of the second layer, (3, p)."""

    C: np.ndarray
    b: np.ndarray
    powers: np.ndarray


class Step:
    """One step's law, its noise and the functions of t that it needs; all that does not depend on the ridge."""

    def __init__(self, features: FeatureLaw, noise: Noise):
        self.features, self.noise = features, noise
        rows = features.mu1 / features.tau[:, None]
        U, S, _ = np.linalg.svd(rows * np.sqrt(features.weight), full_matrices=False)
        k = int(np.count_nonzero(S / S[0] > _RANK))
        self.basis = Basis(U[:, :k] * S[:k], (U[:, :k] / S[:k]).T @ rows, features.a ** np.arange(3)[:, None])
