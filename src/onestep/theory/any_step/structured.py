"""The errors with the noise of the gradient as it is: correlated between units, and not isotropic.

Given the gradient batch (X, y) of m rows, unit j with readout a/sqrt(N) has, beside s_j beta/|beta|, the row

    (1 + c a A) w_j + sqrt(v B) a xi_j,   A = X' diag(y) X/m,   B = X' diag(y)^2 X/m,   xi_j ~ N(0, 1/d),
                                          c = 2 c_2 eta/sqrt(N),   v = phi (Var sigma' - 4 c_2^2) eta^2/N

with the same A and B for all units; isotropic noise keeps the trace of its covariance H/d, H = (1 + c a A)^2 + a^2 v B.
Here Gamma becomes the operator Gamma_r H_r/tau_r^2, and the fixed point needs the trace of
P = Gamma (I + Kappa Gamma)^-1 and, for Q, its elements in the plane of beta and beta_star. With
f = (I + Kappa Gamma)^-1 h and psi = (1 + c a A) f, P h is a block of L^-1 h for a pencil
L = E_0 + (1/m) sum_i Q(y_i) x_i x_i' of q = 3 p blocks. Its deterministic equivalent, by leaving one row out, is

    T = ( E_0 + E_y[ Q(y) (I + phi T Q(y))^-1 ] )^-1,   phi = d/m.

Derived for the book, chapter "From lazy to maximal". The normal equations in `_value` lose digits as n grows: six are
left at n = 10^12, where the structure has long ceased to matter. `ridge_errors._fit` keeps them.
"""

import math
from typing import NamedTuple

import numpy as np

from onestep.checks import NotConverged
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.features import FeatureLaw, feature_law
from onestep.theory.any_step.fixed_point import gamma
from onestep.theory.geometry import chosen

_REACH, _SPACING = 4.5, 0.45  # of the second layer's nodes: q^3 is what one point costs
_NODES = (16, 6)  # for beta_star . x and for the label noise
_INNER, _OUTER = 400, 60
_TOLERANCE = 1e-10
_STEP = 1e-3  # of the complex step, relative; its error is the square
_TOLERANCE_COMPLEX = 1e-11  # to be compared with the imaginary parts, which are of the order of the step


class Noise(NamedTuple):
    """The law of the gradient's noise: c and v above, phi = d/m, the plane, and a quadrature for (u, y)."""

    c: float
    v: float
    phi: float
    cosine: float
    across: float  # |beta| sqrt(1 - rho^2): beta = c_{*,1} beta_star + across * (unit, orthogonal)
    u: np.ndarray
    y: np.ndarray
    weight: np.ndarray


class Point(NamedTuple):
    """Iterate of the fixed point: den (T,), g (p,), and the q x q solution of the pencil's equation."""

    den: np.ndarray
    g: np.ndarray
    T: np.ndarray


def noise_of(problem: Problem, eta: float, geometry: Geometry) -> Noise:
    unit = eta / math.sqrt(problem.N)
    second = problem.student[2]
    rest = max(problem.student.slope_variance - 4 * second**2, 0.0)
    (u, wu), (e, we) = (_hermite(nodes) for nodes in _NODES)
    y = problem.sigma_star(u)[:, None] + problem.noise_std * e
    weight = np.outer(wu, we)
    across = geometry.beta_norm * math.sqrt(max(1 - geometry.cosine**2, 0.0))
    return Noise(
        2 * second * unit,
        problem.phi_gradient * rest * unit**2,
        problem.phi_gradient,
        geometry.cosine,
        across,
        np.broadcast_to(u[:, None], y.shape).ravel(),
        y.ravel(),
        weight.ravel(),
    )


def _hermite(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    return x, w / w.sum()


def at(problem: Problem, eta: float, ridge: np.ndarray, geometry: Geometry | None) -> np.ndarray:
    """The fields of `ridge_errors.Prediction`, (fields, B), for one step and ridges (B,).

    The derivatives of Q are taken by a complex step, Im Q(lambda + i h direction)/h: nothing is subtracted.
    """
    geometry = chosen(problem, geometry)
    features = feature_law(problem, eta, geometry, _REACH, _SPACING)
    noise = noise_of(problem, eta, geometry)
    start = fixed_point.solve(features, ridge)
    found = []
    for k, value in enumerate(ridge):
        flat = np.ones(features.t.size)
        point, residual, steps = _solve(features, noise, value * flat, Point(start.den[k], start.g[k], None))
        h = _STEP * value / np.max(point.den) ** 2

        def slope(direction, h, value=value, point=point):
            moved, *_ = _solve(features, noise, value + 1j * h * direction, point)
            return _value(features, noise, moved).imag / h

        Q, test = _value(features, noise, point), -slope(point.den**2, h)
        along = slope(np.ones_like(point.den), _STEP * value)
        freedom = features.n * (1 - value * features.weight @ (1 / point.den))
        found.append((value * Q, test, -(value**2) * along, Q + value * along, freedom, residual, steps))
    return np.array(found).T


def _solve(features: FeatureLaw, noise: Noise, ridge: np.ndarray, start: Point) -> tuple[Point, float, int]:
    """The fixed point for a ridge lambda(t), by Newton steps with the Jacobian of isotropic noise.

    A complex ridge asks for residuals small against its imaginary part.
    """
    tolerance = _TOLERANCE if np.isrealobj(ridge) else _TOLERANCE_COMPLEX
    den, g, T = start.den.astype(ridge.dtype), start.g.astype(ridge.dtype), start.T
    for step in range(_OUTER):
        P, T = _response(features, noise, den, g, T, tolerance)
        K, G = fixed_point.kappa(features, den[None])[0], gamma(features, g)
        nu = features.mu2 @ (features.weight / den)
        new_g = 1 / (1 + nu + np.einsum("rs,sr->r", K, P) / G)
        chi = (features.N / features.n) * (features.share * g) @ features.mu2
        chi = chi + (features.d / features.n) * np.einsum("rt,rs,st->t", features.mu1, P, features.mu1)
        R = np.log(np.concatenate([(ridge + chi) / den, new_g / g]))
        residual = float(np.max(np.abs(R)))
        if residual < tolerance:
            return Point(den, g, T), residual, step
        move = np.linalg.solve(fixed_point.jacobian(features, ridge[:1], den[None], g[None])[0], R)
        move = np.exp(move * min(1.0, 2 / np.max(np.abs(move))))
        den, g = den * move[: den.size], g * move[den.size :]
    raise NotConverged(f"the fixed point with structured noise at ridge = {complex(ridge[0]):g}", residual, step)


class Pencil(NamedTuple):
    """E_0 and Q(y) at the nodes of the noise's law, (q, q) and (nodes, q, q), and Gamma^1/2 / tau that scales them."""

    E0: np.ndarray
    Q: np.ndarray
    scale: np.ndarray


def _pencil(features: FeatureLaw, noise: Noise, den: np.ndarray, g: np.ndarray) -> Pencil:
    """f + Kappa (P h) = h;  P h - psi - c a A psi - v a^2 B f = 0;  psi - f - c a A f = 0."""
    scale = np.sqrt(gamma(features, g)) / features.tau
    K = scale[:, None] * fixed_point.kappa(features, den[None])[0] * scale
    I, O = np.eye(scale.size), np.zeros((scale.size, scale.size))
    E0 = np.block([[I + 0 * K, K, O], [O, I, -I], [-I, O, I]])
    tilt, rest = np.diag(noise.c * features.a), np.diag(noise.v * features.a**2)
    first = np.block([[O, O, O], [O, O, -tilt], [-tilt, O, O]])
    second = np.block([[O, O, O], [-rest, O, O], [O, O, O]])
    y = noise.y[:, None, None]
    return Pencil(E0, y * first + y**2 * second, scale)


def _response(features: FeatureLaw, noise: Noise, den, g, T, tolerance):
    """P = Gamma (I + Kappa Gamma)^-1, its normalised trace (p, p), and the T that it comes from."""
    pencil = _pencil(features, noise, den, g)
    T = np.linalg.inv(pencil.E0) if T is None else T.astype(pencil.E0.dtype)
    I = np.eye(len(T))
    for step in range(_INNER):
        new = np.linalg.inv(pencil.E0 + _mean(noise.weight, pencil.Q @ np.linalg.inv(I + noise.phi * T @ pencil.Q)))
        change = np.max(np.abs(new - T))
        T = new if step < 20 else (new + T) / 2  # plain steps contract for moderate noise; averaged ones go further
        if change < tolerance:
            return _block(T, pencil.scale), T
    raise NotConverged("the pencil of structured noise", float(change), step)


def _mean(weight: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    return np.tensordot(weight, matrices, 1)


def _block(T: np.ndarray, scale: np.ndarray) -> np.ndarray:
    p = scale.size
    return scale[:, None] * T[p : 2 * p, :p] * scale


def _in_plane(noise: Noise, T: np.ndarray, pencil: Pencil) -> np.ndarray:
    """P between beta/|beta| and the unit vector beside it towards beta_star, still scaled: (2 p, 2 p).

    beta_star is special because y depends on u = beta_star . x, beta because it is made of the rows x_i of A and B.
    Both follow by leaving one row out: (1/m) x' L^-1 x -> phi T, L^-1 x_i = L_(i)^-1 x_i (I + phi Q_i T)^-1.
    """
    p = pencil.scale.size
    y, u, phi, Q = noise.y, noise.u, noise.phi, pencil.Q
    removed = T @ np.linalg.inv(np.eye(len(T)) + phi * Q @ T)  # T (I + phi Q T)^-1
    star = np.linalg.inv(pencil.E0 + _mean(noise.weight * u**2, Q @ np.linalg.inv(np.eye(len(T)) + phi * T @ Q)))
    left = phi * _mean(noise.weight * u * y, Q @ removed)
    right = phi * _mean(noise.weight * u * y, removed @ Q)
    across = phi * _mean(noise.weight * y**2, removed) + right @ star @ left
    blocks = np.array([[star, -star @ left / noise.across], [-right @ star / noise.across, across / noise.across**2]])[
        ..., p : 2 * p, :p
    ]
    cosine, sine = noise.cosine, math.sqrt(1 - noise.cosine**2)
    turn = np.array([[cosine, sine], [sine, -cosine]])  # beta/|beta| and its neighbour in beta_star and across
    return np.einsum("ai,ijrs,bj->arbs", turn, blocks, turn).reshape(2 * p, 2 * p)


def _value(features: FeatureLaw, noise: Noise, point: Point) -> float:
    """Q = E_t[y2/den] - v' M^-1 v, with the prior 1/D of mu0 and that of [t mu1; u mu1] from P in the plane."""
    den, g, T = point
    pencil = _pencil(features, noise, den, g)
    p, W = g.size, features.weight / den
    P = _in_plane(noise, T, pencil)
    K = np.kron(np.eye(2), pencil.E0[:p, p : 2 * p])
    prior = P @ np.linalg.inv(np.eye(2 * p) - K @ P)  # P = (prior^-1 + Kappa)^-1
    row = pencil.scale[:, None]
    along = np.concatenate(
        [np.sqrt(features.N * features.share * g)[:, None] * features.mu0, row * features.t * features.mu1]
    )
    beside = row * features.mu1
    M = np.zeros((3 * p, 3 * p), dtype=den.dtype)
    M[: 2 * p, : 2 * p], M[2 * p :, 2 * p :] = (along * W) @ along.T, (beside * W) @ beside.T
    D = np.zeros_like(M)
    D[:p, :p], D[p:, p:] = np.eye(p), prior
    v = np.concatenate([along @ (W * features.g0), beside @ (W * features.g1)])
    return W @ features.y2 - v @ np.linalg.solve(np.eye(3 * p) + D @ M, D @ v)
