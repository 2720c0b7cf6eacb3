"""Rows of unequal directions: the fixed point for inputs x = Sigma^(1/2) z with more than one level.

In the coordinates of z a row of class r has, beside its tilt, independent entries of variance h_r(lambda)/d,

    h_r(lambda) = [lambda (1 + 2 c_2 c_{*,0} eta a_r lambda)^2 + phi E y^2 Var sigma' eta^2 a_r^2 lambda^2] / tau_r^2

(untrained row, drift, noise of the gradient; the mean of h_r is 1). So Gamma becomes Gamma_l = diag(Gamma_r h_r(l)) at
level l, and where the fixed point has one matrix it has the mean over the levels, written <.>:

    g_r = 1 / (1 + nu_r + <h_r [Kappa (I + Gamma_l Kappa)^-1]_rr>)
    den = lambda + (N/n) sum_r pi_r g_r mu2(r,.) + (d/n) <mu1' P_l mu1>,   P_l = Gamma_l (I + Kappa Gamma_l)^-1.

mu1 = U V has a low rank, so that with k = V diag(weight/den) V' and S_l = U' Gamma_l U every matrix is of that rank.
All are smooth functions of log lambda, so that the mean over many levels is a Gauss rule with a few nodes.
Derived for the book.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.interpolate import BarycentricInterpolator

from onestep.geometry import Geometry, gauss_quadrature
from onestep.inputs import Levels
from onestep.theory.covariance import direction

_RANK = 1e-13  # singular values of mu1 below it, relative to the first, are rounding
_DIGITS = 23.0  # -log of the error of the mean over levels


@dataclass(frozen=True, eq=False)
class Rows:
    """What the law of the features knows of the inputs' levels.

    m nodes replace the levels in means over directions, L levels (or nodes) stay in the plane of beta and beta_star.

    Attributes
    ----------
    U, V : (p, R) and (R, T), mu1 = U V.
    mean : (m,) weights of <.>.  h : (p, m) the profile at those nodes.
    plane : (L, 2, 2) products of beta/|beta| and of the unit vector beside it towards beta_star, level by level, in the
        coordinates of z; their sum is the identity.
    h_plane : (p, L) the profile at the levels.
    """

    U: np.ndarray
    V: np.ndarray
    mean: np.ndarray
    h: np.ndarray
    plane: np.ndarray
    h_plane: np.ndarray


def _variances(levels: Levels, geometry: Geometry, s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(p, m), h_r tau_r^2 at eigenvalues (m,): its mean over the levels is (1 + zeta s_r)^2 + kappa s_r^2."""
    drift = geometry.drift * s / levels.second
    noise = max(geometry.lengthening - geometry.drift**2 * levels.unevenness, 0.0) * s**2 / levels.second
    return values * (1 + drift[:, None] * values) ** 2 + noise[:, None] * values**2


def rows(levels: Levels, geometry: Geometry, s: np.ndarray, mu1: np.ndarray, share, weight) -> Rows:
    """The rows of all classes, of shifts `s`; the rank of `mu1` (p, T) counts in the weights of classes and of t."""
    root = np.sqrt(np.maximum(share, np.finfo(float).tiny))[:, None]
    left, size, _ = np.linalg.svd(root * mu1 * np.sqrt(weight), full_matrices=False)
    left = left[:, size > _RANK * size[0]]
    U, V = left / root, (left * root).T @ mu1
    square = _variances(levels, geometry, s, levels.values) @ levels.share
    nodes, mean = _few(levels, _count(levels))
    fine, plane = _interpolated(levels, _plane(levels, geometry.cosine), 2 * _count(levels))
    h, h_plane = (_variances(levels, geometry, s, values) / square[:, None] for values in (nodes, fine))
    return Rows(U, V, mean, h, plane, h_plane)


def _plane(levels: Levels, cosine: float) -> np.ndarray:
    beta, star = np.moveaxis(direction(levels, cosine), 1, 0)
    sine = math.sqrt(max(1 - cosine**2, 0.0))
    beside = (star - cosine * beta) / sine if sine > 1e-7 else 0 * star  # without a sine no label has a part there
    both = np.stack([beta, beside], axis=1)
    return both @ np.swapaxes(both, 1, 2)


def _count(levels: Levels) -> int:
    """Nodes of a Gauss rule for means over the levels.

    What is averaged has its singularities at negative lambda, a distance pi from the real axis of log lambda: a Gauss
    rule with m nodes is then exact to rho^(-2 m), rho the sum of the half axes of an ellipse over half the range.
    """
    half = max(math.log(levels.values.max() / levels.values.min()) / 2, 1e-3)
    return math.ceil(_DIGITS / (2 * math.log((math.pi + math.hypot(math.pi, half)) / half)))


def _few(levels: Levels, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The levels and their shares, or `count` nodes and their weights, if those are fewer."""
    if np.unique(levels.values).size <= count:
        return levels.values, levels.share
    nodes, weight = gauss_quadrature(np.log(levels.values), count, levels.share)
    return np.exp(nodes), weight


def _interpolated(levels: Levels, plane: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes, and `plane` moved to them by interpolation, which for the same digits needs twice as many."""
    nodes, _ = _few(levels, count)
    if nodes is levels.values:
        return nodes, plane
    unit = BarycentricInterpolator(np.log(nodes), np.eye(nodes.size))(np.log(levels.values))
    return nodes, np.einsum("lk,lac->kac", unit, plane)


class Parts(NamedTuple):
    """The right-hand side of the fixed point at (den, g), and what its derivative needs."""

    den: np.ndarray  # (B, T)
    g: np.ndarray  # (B, p)
    X: np.ndarray  # (B, m, R, R)  (I + k S_l)^-1
    Q: np.ndarray  # (B, m, R, R)  S_l X = U' P_l U
    k: np.ndarray  # (B, R, R)


def kernel(rows: Rows, inverse: np.ndarray) -> np.ndarray:
    """k (B, R, R) for weight/den (B, T)."""
    return (rows.V * inverse[:, None, :]) @ rows.V.T


def resolved(rows: Rows, k: np.ndarray, gamma: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """X and Q at the levels of the profile `h` (p, m): (B, m, R, R) each."""
    p, R = rows.U.shape
    pairs = (rows.U[:, :, None] * rows.U[:, None, :]).reshape(p, R * R)
    S = ((gamma[:, None, :] * h.T) @ pairs).reshape(len(k), -1, R, R)
    X = np.linalg.inv(np.eye(R) + k[:, None] @ S)
    return X, S @ X


def parts(law, ridge: np.ndarray, den: np.ndarray, g: np.ndarray, gamma: np.ndarray) -> Parts:
    """The right-hand side of the fixed point."""
    rows, inverse = law.rows, law.weight / den
    k = kernel(rows, inverse)
    X, Q = resolved(rows, k, gamma, rows.h)
    left = np.einsum("bmij,bjk->bmik", X, k, optimize=True)
    # sum_l mean_l h_rl U_r' X_l k U_r
    pairs = (rows.U[:, :, None] * rows.U[:, None, :]).reshape(len(rows.U), -1)
    diagonal = np.einsum("bpi,pi->bp", (rows.h * rows.mean) @ left.reshape(*X.shape[:2], -1), pairs)
    new_g = 1 / (1 + inverse @ law.mu2.T + diagonal)
    linear = np.sum(rows.V * (np.tensordot(Q, rows.mean, (1, 0)) @ rows.V), axis=1)
    chi = (law.N / law.n) * (law.share * g) @ law.mu2 + (law.d / law.n) * linear
    return Parts(ridge[:, None] + chi, new_g, X, Q, k)


def slopes(law, parts: Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """<(mu1' P_l mu1)^2> (B, T, T), mu2 + <h_r ((I + Kappa Gamma_l)^-1 mu1)_r^2> (B, p, T), <h_r h_s C_rs^2>."""
    rows = law.rows
    B, m = parts.X.shape[:2]
    T, p = law.t.size, law.share.size
    kind = parts.den.dtype
    k_squared, b, C_squared = np.zeros((B, T, T), kind), np.empty((B, p, T), kind), np.zeros((B, p, p), kind)
    b[:] = law.mu2
    for l in range(m):  # level by level, because all of them at once are larger than the caches
        h, weight = rows.h[:, l, None], rows.mean[l]
        moved = parts.X[:, l] @ rows.V
        square = np.square(rows.U @ moved)
        b += np.multiply(square, weight * h, out=square)
        square = np.square(rows.V.T @ (parts.Q[:, l] @ rows.V))
        k_squared += np.multiply(square, weight, out=square)
        square = np.square(rows.U @ (parts.X[:, l] @ parts.k) @ rows.U.T)
        C_squared += np.multiply(square, weight * h * h.T, out=square)
    return k_squared, b, C_squared
