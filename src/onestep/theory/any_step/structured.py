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

from typing import NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from onestep.checks import NotConverged
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.accelerated import accelerate
from onestep.theory.any_step.fixed_point import gamma
from onestep.theory.any_step.noise import Step
from onestep.theory.any_step.pencil import Pencil, without_noise

_FLOOR = 1e-14  # of E_2, relative: classes near a_r = 0 alone leave directions in which X has no eigenvectors
_WHAT = "the fixed point with structured noise at ridge = {:g}"
_TOLERANCE, _MOST = 1e-10, 200
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
    """The fixed point for a ridge, real or complex: Newton steps with the Jacobian of isotropic noise, accelerated."""
    features = step.features
    kind = np.result_type(ridge, start.den)
    sizes, k = (features.t.size, features.share.size), step.basis.C.shape[1]
    jacobian = lu_factor(fixed_point.jacobian(features, np.ravel(ridge)[:1], start.den[None], start.g[None])[0])
    x = np.concatenate([np.log(start.den.astype(kind)), np.log(start.g.astype(kind)), start.T.ravel()])

    def move(x):
        point = as_point(x, sizes, k)
        here = here_at(step, point)
        den, g = _right_hand_side(step, ridge, point, here)
        with np.errstate(invalid="ignore"):  # too long a step may change a sign; it is taken back
            R = np.log(np.concatenate([den / point.den, g / point.g]))
        turn = here.pencil.next() - point.T
        residual = float(np.max(np.abs(np.concatenate([R, turn.ravel()]))))
        return np.concatenate([lu_solve(jacobian, R), turn.ravel()]), residual

    x, residual, steps = accelerate(move, x, _TOLERANCE, _MOST)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    return as_point(x, sizes, k), residual, steps


def as_point(x: np.ndarray, sizes: tuple[int, int], k: int) -> Point:
    T, p = sizes
    return Point(np.exp(x[:T]), np.exp(x[T : T + p]), x[T + p :].reshape(2 * k, 2 * k))


def _right_hand_side(step: Step, ridge, point: Point, here: Here) -> tuple[np.ndarray, np.ndarray]:
    features, (den, g, _) = step.features, point
    chi = (features.N / features.n) * (features.share * g) @ features.mu2
    chi = chi + (features.d / features.n) * at_data(step, here.F @ here.traces)
    nu = features.mu2 @ (features.weight / den)
    return ridge + chi, 1 / (1 + nu + at_units(step, here.traces @ here.G))


def response(step: Step, ridge, point: Point, here: Here, direction: np.ndarray, start: np.ndarray | None = None):
    """d log den (D, T), d log g (D, p), dG and the pencil's direction when the ridge moves along `direction` (D, T).

    The last that it returns is where a search near by may start.
    """
    features, (C, b, powers) = step.features, step.basis
    den, g = point.den, point.g
    sizes, k = (features.t.size, features.share.size), C.shape[1]
    jacobian = lu_factor(fixed_point.jacobian(features, np.ravel(ridge)[:1], den[None], g[None])[0])
    inverse, Gamma = features.weight / den, gamma(features, g)

    def along(log_den, log_g, dT):
        dG = -(b * (inverse * log_den)[:, None, :]) @ b.T
        dF = np.swapaxes(C * (powers * Gamma * log_g[:, None, :])[..., None], -1, -2) @ C
        return dG, dF, here.pencil.along(dG[:, None] @ here.F + here.G @ dF, dT)

    def split(x):
        x = x.reshape(len(direction), -1)
        return x[:, : sizes[0]], x[:, sizes[0] : sum(sizes)], x[:, sum(sizes) :].reshape(-1, 2 * k, 2 * k)

    def move(x):
        log_den, log_g, dT = split(x)
        dG, dF, line = along(log_den, log_g, dT)
        traces = here.pencil.slope_of_inverses(line)
        chi = (features.N / features.n) * (features.share * g * log_g) @ features.mu2
        chi = chi + (features.d / features.n) * at_data(step, dF @ here.traces + here.F @ traces)
        nu = -(inverse * log_den) @ features.mu2.T
        pinned = at_units(step, traces @ here.G + here.traces @ dG[:, None])
        R = np.concatenate([(direction + chi) / den - log_den, -g * (nu + pinned) - log_g], axis=1)
        turn = here.pencil.slope_of_next(line) - dT
        moves = np.concatenate([lu_solve(jacobian, R.T).T, turn.reshape(len(direction), -1)], axis=1)
        return moves.ravel(), float(max(np.max(np.abs(R)), np.max(np.abs(turn))))

    size = np.max(np.abs(direction / den), axis=1)  # each direction has its own: they may differ by orders of magnitude
    direction = direction / size[:, None]
    if start is None:
        start = np.zeros(len(direction) * (sum(sizes) + 4 * k * k), dtype=np.result_type(den, direction))
    x, residual, steps = accelerate(move, start, _TOLERANCE, _MOST)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    log_den, log_g, dT = split((x.reshape(len(size), -1) * size[:, None]).ravel())
    dG, _, line = along(log_den, log_g, dT)
    return log_den, log_g, dG, line, x
