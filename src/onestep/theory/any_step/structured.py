"""The fixed point with the noise of the gradient as it is: correlated between units, and not isotropic.

Given the gradient batch (X, y) of m rows, unit j with readout a/sqrt(N) has, beside s_j beta/|beta|, the row

    (1 + c a A) w_j + sqrt(v B) a xi_j,   xi_j ~ N(0, 1/d)

with the same A and B for all units (`pencil` has A, B, c and v); isotropic noise keeps the trace of its covariance H/d.
Here Gamma becomes the operator Gamma_r H_r/tau_r^2. The fixed point needs the trace of P = Gamma (1 + Kappa Gamma)^-1,
and Q its elements in the plane of beta and beta_star. With k functions b(t) that span the linear parts,
mu1(r, t)/tau_r = C_r' b(t) and G = E_t[b b'/den], both follow from the k x k matrices of `pencil` with

    E_i = G F_i,   F_i = sum_r Gamma_r a_r^i C_r C_r',   H_r = 1 + a_r H^(1) + a_r^2 H^(2),
    mu1' P mu1 = b' (sum_i F_i tr N^-1 H^(i)) b,   [Kappa P]_rr/Gamma_r = C_r' (sum_i a_r^i tr N^-1 H^(i)) G C_r,

and the prior R of the slopes in the plane from N^-1 in the plane = (1 + G R)^-1. Derived for the book, chapter "From
lazy to maximal".
"""

import math
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from onestep.checks import NotConverged
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.accelerated import accelerate
from onestep.theory.any_step.fixed_point import gamma
from onestep.theory.any_step.noise import Step
from onestep.theory.any_step.pencil import Along, Pencil, without_noise

_FLOOR = 1e-14  # of E_2, relative: classes near a_r = 0 alone leave directions in which X has no eigenvectors
_WHAT = "the fixed point with structured noise at ridge = {:g}"
_TOLERANCE, _MOST = 1e-10, 200
_LONGEST, _SHORTEST = 2.0, 1e-3  # of Newton's steps
_ENOUGH = 1e-9  # where rounding stops the iteration earlier


class Point(NamedTuple):
    """A fixed point: den (T,), g (p,), and the pencil's T, (2k, 2k)."""

    den: np.ndarray
    g: np.ndarray
    T: np.ndarray


def untouched(step: Step, den: np.ndarray, g: np.ndarray) -> Point:
    """The point with the T of no noise."""
    G, F = matrices(step, den, g)
    return Point(den, g, without_noise(G @ F))


class Here(NamedTuple):
    """What the equations need at a point: G, F (3, k, k), the pencil, and the traces of N^-1 H^(i), (3, k, k)."""

    G: np.ndarray
    F: np.ndarray
    pencil: Pencil
    traces: np.ndarray


def matrices(step: Step, den: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    features, (C, b, powers) = step.features, step.basis
    G = (b * (features.weight / den)) @ b.T
    F = np.swapaxes(C * (powers * gamma(features, g))[..., None], 1, 2) @ C
    F[2] += _FLOOR * np.trace(F[2]) * np.eye(len(G))
    return G, F


def here_at(step: Step, point: Point) -> Here:
    G, F = matrices(step, point.den, point.g)
    pencil = Pencil(step.noise, G @ F, point.T)
    return Here(G, F, pencil, pencil.inverses())


def at_data(step: Step, matrices: np.ndarray) -> np.ndarray:
    """b(t)' (sum_i matrices_i) b(t), (..., T)."""
    b = step.basis.b
    return np.einsum("kt,...kt->...t", b, matrices.sum(axis=-3) @ b)


def at_units(step: Step, matrices: np.ndarray) -> np.ndarray:
    """C_r' (sum_i a_r^i matrices_i) C_r, (..., p)."""
    C, powers = step.basis.C, step.basis.powers
    return np.einsum("ip,...ip->...p", powers, np.einsum("pk,...ipk->...ip", C, C @ np.swapaxes(matrices, -1, -2)))


def solve(step: Step, ridge: complex, start: Point) -> tuple[Point, float, int]:
    """The fixed point for a ridge, real of either sign or complex: accelerated Newton steps of isotropic noise."""
    features = step.features
    kind = np.result_type(ridge, start.den)
    start = Point(*(part.astype(kind) for part in start))
    sizes, k = (features.t.size, features.share.size), step.basis.C.shape[1]
    jacobian = lu_factor(fixed_point.jacobian(features, np.ravel(ridge)[:1], start.den[None], start.g[None])[0])

    def point_of(x):
        found = as_point(x, sizes, k)
        return Point(start.den * found.den, start.g * found.g, found.T)

    def move(x):
        try:
            R = _residual(step, ridge, point_of(x))[1]
        except np.linalg.LinAlgError:  # not a number: too long a step, to be taken back
            return np.zeros_like(x), math.inf
        first = lu_solve(jacobian, R[: sum(sizes)], check_finite=False)
        return np.concatenate([first, R[sum(sizes) :]]), float(np.max(np.abs(R)))

    x = np.concatenate([np.zeros(sum(sizes), kind), start.T.ravel()])
    x, residual, steps = accelerate(move, x, _TOLERANCE, _MOST)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    return point_of(x), residual, steps


def as_point(x: np.ndarray, sizes: tuple[int, int], k: int) -> Point:
    """The point with the logarithms of den and g, and the elements of T, in one row."""
    T, p = sizes
    return Point(np.exp(x[:T]), np.exp(x[T : T + p]), x[T + p :].reshape(2 * k, 2 * k))


def _right_hand_side(step: Step, ridge, point: Point, here: Here) -> tuple[np.ndarray, np.ndarray]:
    features, (den, g, _) = step.features, point
    chi = (features.N / features.n) * (features.share * g) @ features.mu2
    chi = chi + (features.d / features.n) * at_data(step, here.F @ here.traces)
    nu = features.mu2 @ (features.weight / den)
    return ridge + chi, 1 / (1 + nu + at_units(step, here.traces @ here.G))


class Linearised:
    """The derivative of the equations at a point, for D directions at once: rows of (d log den, d log g, dT)."""

    def __init__(self, step: Step, ridge: complex, point: Point, here: Here):
        self.step, self.point, self.here = step, point, here
        self.sizes, self.k = (point.den.size, point.g.size), step.basis.C.shape[1]
        found = fixed_point.jacobian(step.features, np.ravel(ridge)[:1], point.den[None], point.g[None])[0]
        self.jacobian = lu_factor(found)

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """d log den (D, T), d log g (D, p) and dT (D, 2k, 2k)."""
        T, p = self.sizes
        return x[:, :T], x[:, T : T + p], x[:, T + p :].reshape(-1, 2 * self.k, 2 * self.k)

    def along(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, Along]:
        """dG, dF, and the pencil's direction."""
        (C, b, powers), here, (log_den, log_g, dT) = self.step.basis, self.here, self.split(x)
        inverse, Gamma = self.step.features.weight / self.point.den, gamma(self.step.features, self.point.g)
        dG = -(b * (inverse * log_den)[:, None, :]) @ b.T
        dF = np.swapaxes(C * (powers * Gamma * log_g[:, None, :])[..., None], -1, -2) @ C
        return dG, dF, here.pencil.along(dG[:, None] @ here.F + here.G @ dF, dT)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """What the right-hand sides of the equations change, less what their left-hand sides do."""
        step, features, here, (den, g, _) = self.step, self.step.features, self.here, self.point
        log_den, log_g, dT = self.split(x)
        dG, dF, line = self.along(x)
        traces = here.pencil.slope_of_inverses(line)
        chi = (features.N / features.n) * (features.share * g * log_g) @ features.mu2
        chi = chi + (features.d / features.n) * at_data(step, dF @ here.traces + here.F @ traces)
        nu = -(features.weight / den * log_den) @ features.mu2.T
        linear = at_units(step, traces @ here.G + here.traces @ dG[:, None])
        turn = here.pencil.slope_of_next(line) - dT
        moved = chi / den - log_den, -g * (nu + linear) - log_g, turn.reshape(len(x), -1)
        return np.concatenate(moved, axis=1)

    def solve(self, push: np.ndarray, start: np.ndarray | None = None) -> tuple[np.ndarray, float, int]:
        """The x (D, ...) at which `self(x) + push` vanishes, the residual, and the steps."""
        size = sum(self.sizes)

        def move(x):
            R = self(x.reshape(push.shape)) + push
            moves = np.concatenate([lu_solve(self.jacobian, R[:, :size].T, check_finite=False).T, R[:, size:]], axis=1)
            return moves.ravel(), float(np.max(np.abs(R)))

        start = np.zeros_like(push) if start is None else start
        x, residual, steps = accelerate(move, start.ravel(), _TOLERANCE, _MOST, math.inf)
        return x.reshape(push.shape), residual, steps


def response(step: Step, ridge, point: Point, here: Here, direction: np.ndarray, start: np.ndarray | None = None):
    """d log den (D, T), d log g (D, p), dG and the pencil's direction when the ridge moves along `direction` (D, T).

    The last that it returns is where a search near by may start.
    """
    linear = Linearised(step, ridge, point, here)
    push = direction / point.den
    size = np.max(np.abs(push), axis=1)[:, None]  # each direction has its own: they may differ by orders of magnitude
    push = np.concatenate([push / size, np.zeros((len(push), point.g.size + point.T.size))], axis=1)
    x, residual, steps = linear.solve(push, start)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    log_den, log_g, _ = linear.split(x * size)
    dG, _, line = linear.along(x * size)
    return log_den, log_g, dG, line, x


def newton(step: Step, ridge: complex, start: Point) -> Point:
    """The fixed point by Newton's method with its own Jacobian: slower than `solve`, and surer near an edge."""
    kind = np.result_type(ridge, start.den)
    point = Point(*(part.astype(kind) for part in start))
    here, R = _residual(step, ridge, point)
    for _ in range(_MOST):
        size = float(np.max(np.abs(R)))
        if size < _ENOUGH / 10:
            return point
        linear = Linearised(step, ridge, point, here)
        log_den, log_g, dT = (part[0] for part in linear.split(linear.solve(R[None] / size)[0] * size))
        share = min(1.0, _LONGEST / float(max(np.max(np.abs(log_den)), np.max(np.abs(log_g)))))
        while share > _SHORTEST:
            trial = Point(point.den * np.exp(share * log_den), point.g * np.exp(share * log_g), point.T + share * dT)
            with suppress(np.linalg.LinAlgError):
                there, moved = _residual(step, ridge, trial)
                if np.linalg.norm(moved) < np.linalg.norm(R):
                    break
            share /= 2
        else:
            break
        point, here, R = trial, there, moved
    raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), size)


def _residual(step: Step, ridge: complex, point: Point) -> tuple[Here, np.ndarray]:
    """What the equations miss, in the logarithms of den and g, and in T."""
    here = here_at(step, point)
    den, g = _right_hand_side(step, ridge, point, here)
    with np.errstate(invalid="ignore"):  # too long a step may change a sign; it is taken back
        R = np.log(np.concatenate([den / point.den, g / point.g]))
    return here, np.concatenate([R, (here.pencil.next() - point.T).ravel()])
