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

from onestep.theory.any_step.noise import Noise

_EXACT = 1e-10  # of the eigenvectors' product; beyond, the functions of X are summed node by node


class Means:
    """E[f y/(y X - 1)] for f = y^i u_j u_l, given as (i, j, l), and its slopes in X, from one decomposition of X."""

    def __init__(self, noise: Noise, X: np.ndarray):
        self.noise, self.real = noise, np.isrealobj(X)
        self.found: dict[tuple[int, ...], np.ndarray] = {}
        self.weights: dict[tuple[int, ...], np.ndarray] = {}
        self.V: np.ndarray | None
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

    def __call__(self, f: tuple[int, ...]) -> np.ndarray:
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
        return np.linalg.inv(self.L0 + self.means((0,)) @ self.W)

    def along(self, dE: np.ndarray, dT: np.ndarray) -> "Along":
        dW = self._w(dE, 0.0)
        dX = self.noise.phi * (dW @ self.T + self.W @ dT) + self._rest(dE)
        return Along(dE, dT, dW, self.means.turned(dX))

    def slope_of_sum(self, f, along: "Along") -> np.ndarray:
        """dS_f."""
        return self.means.slope(f, along.turned) @ self.W + self.means(f) @ along.dW

    def slope_of_next(self, along: "Along") -> np.ndarray:
        dL = self.slope_of_sum((0,), along)
        dL[..., : self.k, : self.k] += along.dE[..., 0, :, :]
        return -self.T @ dL @ self.T

    def inverses(self) -> np.ndarray:
        """The normalised traces of N^-1, N^-1 2 c A and N^-1 (c^2 A^2 + v B), (3, k, k)."""
        noise, k, T = self.noise, self.k, self.T
        removed_y, removed_yy = (self._removed((power,)) for power in (1, 2))
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
        removed_y, removed_yy = (self._slope_of_removed((power,), along) for power in (1, 2))
        second = noise.c**2 / noise.size * removed_y[..., k:, :k] + noise.v * removed_yy[..., :k, :k]
        return np.stack([dT[..., :k, :k], 2 * noise.c / noise.size * dT[..., k:, :k], second], axis=-3)

    def in_plane(self) -> np.ndarray:
        """N^-1 between beta/|beta|, the unit vector beside it towards beta_star, and the other directions of y.

        These are special because y depends on them, beta because it is made of the rows of A and B. Both follow by
        leaving one row out: (1/m) x' L^-1 x -> phi T, L^-1 x_i = L_(i)^-1 x_i (1 + phi Q_i T)^-1. Shape
        ((D + 1) k, (D + 1) k).
        """
        star, left, right = self._plane()
        beside = self.noise.phi * self._removed((2,)) + right @ star @ left
        return self._turn(star, star @ left, right @ star, beside)

    def _directions(self, block) -> np.ndarray:
        """The matrix of `block(i, j)` for pairs of the D directions."""
        D = range(len(self.noise.u))
        return np.concatenate([np.concatenate([block(min(i, j), max(i, j)) for j in D], -1) for i in D], -2)

    def _plane(self):
        phi, D = self.noise.phi, range(len(self.noise.u))
        own = np.kron(np.eye(len(D)), self.L0)
        star = np.linalg.inv(own + self._directions(lambda i, j: self.means((0, i, j)) @ self.W))
        S = [phi * self.means((1, i)) @ self.W for i in D]
        return star, np.concatenate([one @ self.T for one in S], -2), np.concatenate([self.T @ one for one in S], -1)

    def _turn(self, star, star_left, right_star, beside) -> np.ndarray:
        k, across, D = self.k, self.noise.across, len(self.noise.u)
        upper = np.concatenate([star, -star_left / across], -1)
        lower = np.concatenate([-right_star / across, beside / across**2], -1)
        whole = np.concatenate([upper, lower], -2)
        blocks = whole.reshape(*whole.shape[:-2], D + 1, 2 * k, D + 1, 2 * k)[..., :k, :, :k]
        cosine, sine = self.noise.cosine, math.sqrt(max(1 - self.noise.cosine**2, 0.0))
        turn = np.zeros(
            (D + 1, D + 1)
        )  # beta/|beta|, its neighbour, and the others, in beta_star, the others and across
        turn[0, 0], turn[0, D], turn[1, 0], turn[1, D] = cosine, sine, sine, -cosine
        turn[2:, 1:D] = np.eye(D - 1)
        turned = np.einsum("ai,...irjs,bj->...arbs", turn, blocks, turn)
        return turned.reshape(*turned.shape[:-4], (D + 1) * k, (D + 1) * k)

    def slope_in_plane(self, along: "Along") -> np.ndarray:
        phi, T, dT, D = self.noise.phi, self.T, along.dT, range(len(self.noise.u))
        star, left, right = self._plane()
        dL = self._directions(lambda i, j: self.slope_of_sum((0, i, j), along))
        for i in D:
            here = slice(2 * self.k * i, 2 * self.k * i + self.k)
            dL[..., here, here] += along.dE[..., 0, :, :]
        dstar = -star @ dL @ star
        S, dS = (
            [phi * one for one in ones]
            for ones in ([self.means((1, i)) @ self.W for i in D], [self.slope_of_sum((1, i), along) for i in D])
        )
        dleft = np.concatenate([b @ T + a @ dT for a, b in zip(S, dS, strict=True)], -2)
        dright = np.concatenate([dT @ a + T @ b for a, b in zip(S, dS, strict=True)], -1)
        beside = phi * self._slope_of_removed((2,), along)
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
