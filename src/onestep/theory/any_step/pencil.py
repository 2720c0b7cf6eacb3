"""What the shared noise of the gradient does to ridge regression along the input directions.

With the gradient batch (X, y) of m rows, A = X' diag(y) X/m and B = X' diag(y)^2 X/m, class r meets each input through

    H_r = (1 + c a_r A)^2 + v a_r^2 B,   c = 2 c_2 eta/sqrt(N),   v = phi (Var sigma' - 4 c_2^2) eta^2/N.

H_r is a quadratic in a_r. So all classes together act through three k x k matrices E_0, E_1, E_2 only, on the k
functions of t that span the linear parts mu1(r, t), and what is needed is the average of the inverse of

    N = 1 + E_0 + 2 c E_1 A + E_2 (c^2 A^2 + v B).

N is a block of a matrix that is linear in x_i x_i'/m: with b = s A f, s = sqrt(c^2 + v),

    L = L_0 + (1/m) sum_i Q(y_i) x_i x_i',   L_0 = [[1 + E_0, 0], [0, 1]],
    Q(y) = [[2 c y E_1 + v y^2 E_2, (c^2/s) y E_2], [-s y, 0]],

and by leaving one row out L^-1 has the equivalent T = (L_0 + S_1)^-1, S_f = E[f(y) Q(y) (1 + phi T Q(y))^-1]. As
Q(y)^-1 = (1/y) W^-1 + const, every such mean is a function of one matrix, X = phi W T + [[0, -(v/s) E_2], [0, 0]]:

    S_f = h_f(X) W,   h_f(z) = E[f(y) y/(y z - 1)],   W = [[-2 c E_1, -(c^2/s) E_2], [s, 0]].

Derived for the book, chapter "From lazy to maximal".
"""

import math
from typing import NamedTuple

import numpy as np

from onestep.geometry import Geometry
from onestep.problem import Problem

_NODES = (16, 6)  # for beta_star . x and for the label noise
_EXACT = 1e-10  # of the eigenvectors' product; beyond, the functions of X are summed node by node


class Noise(NamedTuple):
    """The law of the gradient's noise: c and v above, phi = d/m, the cosine of beta and beta_star, and a quadrature
    for (u, y), u = beta_star . x.
    """

    c: float
    v: float
    phi: float
    cosine: float
    u: np.ndarray
    y: np.ndarray
    weight: np.ndarray

    @property
    def size(self) -> float:
        """s, which balances the two blocks of L; any number will do where there is no noise."""
        return math.hypot(self.c, math.sqrt(self.v)) or 1.0

    @property
    def across(self) -> float:
        """sqrt(phi E y^2), the length of beta's part across beta_star: beta = c_{*,1} beta_star + across (a unit)."""
        return math.sqrt(self.phi * (self.weight @ self.y**2))

    def mean(self, f: tuple[int, int]) -> np.ndarray:
        """The weights of E y^i u^j (...), for f = (i, j)."""
        return self.weight * self.y ** f[0] * self.u ** f[1]


def noise_of(problem: Problem, eta: float, geometry: Geometry) -> Noise:
    unit = eta / math.sqrt(problem.N)
    second = problem.student[2]
    rest = max(problem.student.slope_variance - 4 * second**2, 0.0)
    (u, wu), (e, we) = (_hermite(nodes) for nodes in _NODES)
    y = problem.sigma_star(u)[:, None] + problem.noise_std * e
    weight = np.outer(wu, we)
    return Noise(
        2 * second * unit,
        problem.phi_gradient * rest * unit**2,
        problem.phi_gradient,
        geometry.cosine,
        np.broadcast_to(u[:, None], y.shape).ravel(),
        y.ravel(),
        weight.ravel(),
    )


def _hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return x, w / w.sum()


class Means:
    """E[f(y) y/(y X - 1)] for f = y^i u^j, given as (i, j), and its derivative in X, from one decomposition of X."""

    def __init__(self, noise: Noise, X: np.ndarray):
        self.noise, self.real = noise, np.isrealobj(X)
        self.found, self.weights = {}, {}
        values, V = np.linalg.eig(X)
        try:
            inverse = np.linalg.inv(V)
        except np.linalg.LinAlgError:
            inverse = np.full_like(V, np.inf)
        with np.errstate(invalid="ignore"):
            error = np.max(np.abs((V * values) @ inverse - X))
        if error <= _EXACT * np.max(np.abs(X)):
            self.V, self.inverse, self.nodes = V, inverse, 1 / (noise.y * values[:, None] - 1)
        else:
            self.V, self.nodes = None, np.linalg.inv(noise.y[:, None, None] * X - np.eye(len(X)))

    def __call__(self, f: tuple[int, int]) -> np.ndarray:
        if f not in self.found:
            weight = self.noise.mean(f) * self.noise.y
            if self.V is None:
                self.found[f] = np.tensordot(weight, self.nodes, 1)
            else:
                self.found[f] = self._kind((self.V * (self.nodes @ weight)) @ self.inverse)
        return self.found[f]

    def turned(self, dX: np.ndarray) -> np.ndarray:
        """A direction (..., q, q) as `slope` wants it."""
        if self.V is None:
            return self.nodes @ dX[..., None, :, :] @ self.nodes
        return self.inverse @ dX @ self.V

    def slope(self, f: tuple[int, int], turned: np.ndarray) -> np.ndarray:
        """The derivative of `self(f)` along a direction that was `turned`."""
        if f not in self.weights:
            weight = -self.noise.mean(f) * self.noise.y**2
            self.weights[f] = weight if self.V is None else (self.nodes * weight) @ self.nodes.T
        if self.V is None:
            return np.einsum("n,...nij->...ij", self.weights[f], turned)
        return self._kind(self.V @ (self.weights[f] * turned) @ self.inverse)

    def _kind(self, matrix: np.ndarray) -> np.ndarray:
        return matrix.real if self.real else matrix


class Pencil:
    """The matrices of the equation for T, for given E = (E_0, E_1, E_2), (3, k, k), and T (2k, 2k).

    The derivative of anything here is along (dE, dT), which may have leading axes.
    """

    def __init__(self, noise: Noise, E: np.ndarray, T: np.ndarray):
        self.noise, self.T, self.k = noise, T, E.shape[-1]
        self.W = self._w(E)
        self.L0 = np.eye(2 * self.k, dtype=E.dtype)
        self.L0[: self.k, : self.k] += E[0]
        self.means = Means(noise, noise.phi * self.W @ T + self._rest(E))

    def _w(self, dE: np.ndarray, identity: float = 1.0) -> np.ndarray:
        k, (c, s) = self.k, (self.noise.c, self.noise.size)
        W = np.zeros((*dE.shape[:-3], 2 * k, 2 * k), dtype=dE.dtype)
        W[..., :k, :k], W[..., :k, k:] = -2 * c * dE[..., 1, :, :], -(c**2 / s) * dE[..., 2, :, :]
        W[..., k:, :k] = identity * s * np.eye(k)
        return W

    def _rest(self, dE: np.ndarray) -> np.ndarray:
        k = self.k
        rest = np.zeros((*dE.shape[:-3], 2 * k, 2 * k), dtype=dE.dtype)
        rest[..., :k, k:] = -(self.noise.v / self.noise.size) * dE[..., 2, :, :]
        return rest

    def next(self) -> np.ndarray:
        """The right-hand side of the equation for T."""
        return np.linalg.inv(self.L0 + self.means((0, 0)) @ self.W)

    def along(self, dE: np.ndarray, dT: np.ndarray) -> "Along":
        dW = self._w(dE, 0.0)
        dX = self.noise.phi * (dW @ self.T + self.W @ dT) + self._rest(dE)
        return Along(dE, dT, dW, self.means.turned(dX))

    def slope_of_sum(self, f, along: "Along") -> np.ndarray:
        """dS_f."""
        return self.means.slope(f, along.turned) @ self.W + self.means(f) @ along.dW

    def slope_of_next(self, along: "Along") -> np.ndarray:
        dL = self.slope_of_sum((0, 0), along)
        dL[..., : self.k, : self.k] += along.dE[..., 0, :, :]
        return -self.T @ dL @ self.T

    def inverses(self) -> np.ndarray:
        """The normalised traces of N^-1, N^-1 2 c A and N^-1 (c^2 A^2 + v B), (3, k, k)."""
        noise, k, T = self.noise, self.k, self.T
        removed_y, removed_yy = (self._removed((power, 0)) for power in (1, 2))
        second = noise.c**2 / noise.size * removed_y[k:, :k] + noise.v * removed_yy[:k, :k]
        return np.stack([T[:k, :k], 2 * noise.c / noise.size * T[k:, :k], second])

    def _removed(self, f) -> np.ndarray:
        """E[f(y) T (1 + phi Q T)^-1]."""
        return self.noise.mean(f).sum() * self.T - self.noise.phi * self.T @ self.means(f) @ self.W @ self.T

    def _slope_of_removed(self, f, along: "Along") -> np.ndarray:
        phi, T, dT = self.noise.phi, self.T, along.dT
        S = self.means(f) @ self.W
        changed = dT @ S @ T + T @ self.slope_of_sum(f, along) @ T + T @ S @ dT
        return self.noise.mean(f).sum() * dT - phi * changed

    def slope_of_inverses(self, along: "Along") -> np.ndarray:
        noise, k, dT = self.noise, self.k, along.dT
        removed_y, removed_yy = (self._slope_of_removed((power, 0), along) for power in (1, 2))
        second = noise.c**2 / noise.size * removed_y[..., k:, :k] + noise.v * removed_yy[..., :k, :k]
        return np.stack([dT[..., :k, :k], 2 * noise.c / noise.size * dT[..., k:, :k], second], axis=-3)

    def in_plane(self) -> np.ndarray:
        """N^-1 between beta/|beta| and the unit vector beside it towards beta_star: (2 k, 2 k).

        beta_star is special because y depends on u = beta_star . x, beta because it is made of the rows of A and B.
        Both follow by leaving one row out: (1/m) x' L^-1 x -> phi T, L^-1 x_i = L_(i)^-1 x_i (1 + phi Q_i T)^-1.
        """
        star, left, right = self._plane()
        beside = self.noise.phi * self._removed((2, 0)) + right @ star @ left
        return self._turn(star, star @ left, right @ star, beside)

    def _plane(self):
        phi = self.noise.phi
        star = np.linalg.inv(self.L0 + self.means((0, 2)) @ self.W)
        S = phi * self.means((1, 1)) @ self.W
        return star, S @ self.T, self.T @ S

    def _turn(self, star, star_left, right_star, beside) -> np.ndarray:
        k, across = self.k, self.noise.across
        cosine, sine = self.noise.cosine, math.sqrt(max(1 - self.noise.cosine**2, 0.0))
        rows = [np.stack([star, -star_left / across], -3), np.stack([-right_star / across, beside / across**2], -3)]
        blocks = np.stack(rows, -4)[..., :k, :k]
        turn = np.array([[cosine, sine], [sine, -cosine]])  # beta/|beta| and its neighbour in beta_star and across
        turned = np.einsum("ai,...ijrs,bj->...arbs", turn, blocks, turn)
        return turned.reshape(*turned.shape[:-4], 2 * k, 2 * k)

    def slope_in_plane(self, along: "Along") -> np.ndarray:
        phi, T, dT = self.noise.phi, self.T, along.dT
        star, left, right = self._plane()
        dL = self.slope_of_sum((0, 2), along)
        dL[..., : self.k, : self.k] += along.dE[..., 0, :, :]
        dstar = -star @ dL @ star
        S, dS = phi * self.means((1, 1)) @ self.W, phi * self.slope_of_sum((1, 1), along)
        dleft, dright = dS @ T + S @ dT, dT @ S + T @ dS
        beside = phi * self._slope_of_removed((2, 0), along)
        beside = beside + dright @ star @ left + right @ dstar @ left + right @ star @ dleft
        return self._turn(dstar, dstar @ left + star @ dleft, dright @ star + right @ dstar, beside)


def without_noise(E: np.ndarray) -> np.ndarray:
    """The T of no noise, where the iteration starts."""
    k = E.shape[-1]
    T = np.eye(2 * k, dtype=E.dtype)
    T[:k, :k] = np.linalg.inv(np.eye(k) + E[0])
    return T


class Along(NamedTuple):
    """A direction of (E, T) and what follows from it."""

    dE: np.ndarray
    dT: np.ndarray
    dW: np.ndarray
    turned: np.ndarray
