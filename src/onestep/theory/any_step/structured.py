"""The errors with the noise of the gradient as it is: correlated between units, and not isotropic.

Given the gradient batch (X, y) of m rows, unit j with readout a/sqrt(N) has, beside s_j beta/|beta|, the row

    (1 + c a A) w_j + sqrt(v B) a xi_j,   xi_j ~ N(0, 1/d)

with the same A and B for all units (`pencil` has A, B, c and v); isotropic noise keeps the trace of its covariance H/d.
Here Gamma becomes the operator Gamma_r H_r/tau_r^2. The fixed point needs the trace of P = Gamma (1 + Kappa Gamma)^-1,
and Q its elements in the plane of beta and beta_star. With k functions b(t) that span the linear parts,
mu1(r, t)/tau_r = C_r' b(t) and G = E_t[b b'/den], both follow from the k x k matrices of `pencil` with

    E_i = G F_i,   F_i = sum_r Gamma_r a_r^i C_r C_r',   H_r = 1 + a_r H^(1) + a_r^2 H^(2),
    mu1' P mu1 = b' (sum_i F_i tr N^-1 H^(i)) b,   [Kappa P]_rr/Gamma_r = C_r' (sum_i a_r^i tr N^-1 H^(i)) G C_r,

and the prior R of the slopes in the plane from N^-1 in the plane = (1 + G R)^-1. Derived for the book, chapter "From
lazy to maximal". The normal equations in `_value` lose digits as n grows: six are left at n = 10^12, where the
structure has long ceased to matter. `ridge_errors._fit` keeps them.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from onestep.checks import NotConverged
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.accelerated import accelerate
from onestep.theory.any_step.features import FeatureLaw, feature_law
from onestep.theory.any_step.fixed_point import gamma
from onestep.theory.any_step.noise import Step, noise_of
from onestep.theory.any_step.pencil import Pencil, without_noise
from onestep.theory.geometry import chosen

_REACH, _SPACING = 4.5, 0.45  # of the second layer's nodes
_FLOOR = 1e-14  # of E_2, relative: classes near a_r = 0 alone leave directions in which X has no eigenvectors
_WHAT = "the fixed point with structured noise at ridge = {:g}"
_TOLERANCE, _MOST = 1e-10, 200
_ENOUGH = 1e-9  # where rounding stops the iteration earlier


class Point(NamedTuple):
    """A fixed point: den (T,), g (p,), and the pencil's T, (2k, 2k)."""

    den: np.ndarray
    g: np.ndarray
    T: np.ndarray


def at(problem: Problem, eta: float, ridge: np.ndarray, geometry: Geometry | None) -> np.ndarray:
    """The fields of `ridge_errors.Prediction`, (fields, B), for one step and ridges (B,).

    The largest ridge comes first; each solution, in terms of that of isotropic noise, is the start of the next.
    """
    problem.need_isotropic_inputs()
    geometry = chosen(problem, geometry)
    features = feature_law(problem, eta, geometry, _REACH, _SPACING)
    step = Step(features, noise_of(problem, eta, geometry))
    plain = fixed_point.solve(features, ridge)
    found, relative = np.empty((7, ridge.size)), Point(np.ones(1), np.ones(1), np.eye(2 * len(step.basis.b)))
    for k in np.argsort(-ridge):
        plain_k = _untouched(step, plain.den[k], plain.g[k])
        start = Point(plain_k.den * relative.den, plain_k.g * relative.g, plain_k.T @ relative.T)
        point, residual, steps = solve(step, ridge[k], start)
        relative = Point(point.den / plain_k.den, point.g / plain_k.g, np.linalg.solve(plain_k.T, point.T))
        found[:, k] = *_errors(step, ridge[k], point), residual, steps
    return found


def _untouched(step: Step, den: np.ndarray, g: np.ndarray) -> Point:
    """The point with the T of no noise."""
    G, F = _matrices(step, den, g)
    return Point(den, g, without_noise(G @ F))


class Here(NamedTuple):
    """What the equations need at a point: G, F (3, k, k), the pencil, and the traces of N^-1 H^(i), (3, k, k)."""

    G: np.ndarray
    F: np.ndarray
    pencil: Pencil
    traces: np.ndarray


def _matrices(step: Step, den: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    features, (C, b, powers) = step.features, step.basis
    G = (b * (features.weight / den)) @ b.T
    F = np.swapaxes(C * (powers * gamma(features, g))[..., None], 1, 2) @ C
    F[2] += _FLOOR * np.trace(F[2]) * np.eye(len(G))
    return G, F


def _here(step: Step, point: Point) -> Here:
    G, F = _matrices(step, point.den, point.g)
    pencil = Pencil(step.noise, G @ F, point.T)
    return Here(G, F, pencil, pencil.inverses())


def _shown(step: Step, matrices: np.ndarray) -> np.ndarray:
    """b(t)' (sum_i matrices_i) b(t), (..., T)."""
    b = step.basis.b
    return np.einsum("kt,...kt->...t", b, matrices.sum(axis=-3) @ b)


def _pinned(step: Step, matrices: np.ndarray) -> np.ndarray:
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
        point = _point(x, sizes, k)
        here = _here(step, point)
        den, g = _right_hand_side(step, ridge, point, here)
        with np.errstate(invalid="ignore"):  # too long a step may change a sign; it is taken back
            R = np.log(np.concatenate([den / point.den, g / point.g]))
        turn = here.pencil.next() - point.T
        residual = float(np.max(np.abs(np.concatenate([R, turn.ravel()]))))
        return np.concatenate([lu_solve(jacobian, R), turn.ravel()]), residual

    x, residual, steps = accelerate(move, x, _TOLERANCE, _MOST)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    return _point(x, sizes, k), residual, steps


def _point(x: np.ndarray, sizes: tuple[int, int], k: int) -> Point:
    T, p = sizes
    return Point(np.exp(x[:T]), np.exp(x[T : T + p]), x[T + p :].reshape(2 * k, 2 * k))


def _right_hand_side(step: Step, ridge, point: Point, here: Here) -> tuple[np.ndarray, np.ndarray]:
    features, (den, g, _) = step.features, point
    chi = (features.N / features.n) * (features.share * g) @ features.mu2
    chi = chi + (features.d / features.n) * _shown(step, here.F @ here.traces)
    nu = features.mu2 @ (features.weight / den)
    return ridge + chi, 1 / (1 + nu + _pinned(step, here.traces @ here.G))


def _response(step: Step, ridge, point: Point, here: Here, direction: np.ndarray):
    """d log den (D, T), d log g (D, p), dG and the pencil's direction when the ridge moves along `direction` (D, T)."""
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
        chi = chi + (features.d / features.n) * _shown(step, dF @ here.traces + here.F @ traces)
        nu = -(inverse * log_den) @ features.mu2.T
        pinned = _pinned(step, traces @ here.G + here.traces @ dG[:, None])
        R = np.concatenate([(direction + chi) / den - log_den, -g * (nu + pinned) - log_g], axis=1)
        turn = here.pencil.slope_of_next(line) - dT
        moves = np.concatenate([lu_solve(jacobian, R.T).T, turn.reshape(len(direction), -1)], axis=1)
        return moves.ravel(), float(max(np.max(np.abs(R)), np.max(np.abs(turn))) / size)

    size = np.max(np.abs(direction / den))
    nothing = np.zeros(len(direction) * (sum(sizes) + 4 * k * k), dtype=np.result_type(den, direction))
    x, residual, steps = accelerate(move, nothing, _TOLERANCE, _MOST)
    if not residual < _ENOUGH:
        raise NotConverged(_WHAT.format(np.ravel(ridge)[0]), residual, steps)
    log_den, log_g, dT = split(x)
    dG, _, line = along(log_den, log_g, dT)
    return log_den, log_g, dG, line


class Fit(NamedTuple):
    """Ridge regression on what features show of x: v, M, the prior R of the slopes, the coefficients c, fits."""

    here: Here
    G: np.ndarray
    Z: np.ndarray
    R: np.ndarray
    v: np.ndarray
    M: np.ndarray
    c: np.ndarray
    along: np.ndarray  # (T,), of g0
    across: np.ndarray  # (k, T), of g1


def _fit(step: Step, point: Point) -> Fit:
    """D is the prior of the coefficients of mu0, of t b and of u_j b; in all but the first it is R."""
    features, b, (den, g, _) = step.features, step.basis.b, point
    here = _here(step, point)
    p, k, inverse, across = g.size, len(b), features.weight / den, len(features.g1)
    G, Z = np.kron(np.eye(1 + across), here.G), np.linalg.inv(here.pencil.in_plane())
    R = np.linalg.solve(G, Z - np.eye(len(G)))
    along = np.concatenate([np.sqrt(features.N * features.share * g)[:, None] * features.mu0, features.t * b])
    M, D = np.zeros((2, p + len(G), p + len(G)))
    M[: p + k, : p + k], M[p + k :, p + k :] = (along * inverse) @ along.T, np.kron(np.eye(across), here.G)
    D[:p, :p], D[p:, p:] = np.eye(p), R
    v = np.concatenate([along @ (inverse * features.g0), *(b @ (inverse * g1) for g1 in features.g1)])
    c = np.linalg.solve(np.eye(len(D)) + D @ M, D @ v)
    return Fit(here, G, Z, R, v, M, c, c[: p + k] @ along, c[p + k :].reshape(across, k) @ b)


def fits(problem: Problem, eta: float, ridge: float, geometry: Geometry | None) -> tuple[FeatureLaw, Fit]:
    """The law of the features and labels, and the fit, for one step and one ridge."""
    geometry = chosen(problem, geometry)
    step = Step(feature_law(problem, eta, geometry, _REACH, _SPACING), noise_of(problem, eta, geometry))
    plain = fixed_point.solve(step.features, np.array([ridge]))
    return step.features, _fit(step, solve(step, ridge, _untouched(step, plain.den[0], plain.g[0]))[0])


def _errors(step: Step, ridge: float, point: Point) -> tuple[float, ...]:
    """Q = E_t[y2/den] - v' (D^-1 + M)^-1 v and its derivatives along den^2 and 1, as in `ridge_errors._at`."""
    features, (den, g, _) = step.features, point
    here, G, Z, R, v, M, c, along, across = _fit(step, point)
    p, inverse = g.size, features.weight / den
    Q = inverse @ features.y2 - v @ c
    left = features.y2 - features.g0**2 - np.sum(features.g1**2, axis=0)
    left = left + (features.g0 - along) ** 2 + np.sum((features.g1 - across) ** 2, axis=0)
    open_ = (v - M @ c)[p:]

    log_den, log_g, dG, line = _response(step, ridge, point, here, np.stack([den**2, np.ones_like(den)]))
    dR = np.kron(np.eye(1 + len(across)), dG) @ R + Z @ here.pencil.slope_in_plane(line) @ Z
    fallen = log_den @ (inverse * left) + log_g @ c[:p] ** 2 - np.linalg.solve(G.T, open_) @ dR @ open_
    test_error, along_ridge = fallen[0], -fallen[1]
    freedom = features.n * (1 - ridge * inverse.sum())
    return ridge * Q, test_error, -(ridge**2) * along_ridge, Q + ridge * along_ridge, freedom
