"""What the k-th power of a unit's shift makes of its mean response: a polynomial of degree k in t.

After the step, unit j sees tau_j Z + s_j t with Z ~ N(0, 1), the shift s_j = eta c_1 |beta| a_j and
tau_j^2 = (1 + zeta s_j)^2 + kappa s_j^2 (`onestep.geometry`). Since E He_k(tau Z + s t) is k! times the coefficient of
x^k in exp(x s t + x^2 (tau^2 - 1)/2), its mean response is

    E sigma(tau_j Z + s_j t) = sum_k s_j^k Q_k(t),
    Q_k(t) = sum_{m=0}^k c_{k+m} (k + m)! / (m! (k - m)!) zeta^m P_{k-m}(t),
    P_k(t) = E (t + sqrt(kappa + zeta^2) g)^k,   g ~ N(0, 1).

Without drift Q_k = c_k P_k; without noise and drift it is c_k t^k (Moniri et al., arXiv:2310.07891). Derived for the
book.
"""

import math

import numpy as np

from onestep.geometry import Geometry
from onestep.hermite import monomials_in_hermite
from onestep.problem import Problem

HIGHEST = 12  # spike 13 leaves the bulk for alpha > 12/26 only; so near 1/2 the any-step theory is the one to use
_NOTHING = 1e-150
_DEPENDENT = 1e-10  # relative distance of a vector from the span of others, below which it lies in that span


def active_orders(problem: Problem, highest: int = HIGHEST, *, drift: bool = False) -> tuple[int, ...]:
    """The orders k <= `highest` that can make a spike: c_k != 0; with `drift`, any of c_k, ..., c_2k != 0 will do."""
    c, last = problem.student.coefficients, 2 if drift else 1
    return tuple(k for k in range(1, highest + 1) if any(c[k : last * k + 1]))


def monomials(orders: tuple[int, ...], lengthening: float = 0.0) -> np.ndarray:
    """Coordinates of E (t + sqrt(lengthening) g)^k, k in `orders`, in He_j(t)/sqrt(j!): shape (max order + 1, K).

    t^k = sum_j T_kj He_j(t), and the Gaussian g turns T_kj into T_kj (1 + lengthening)^((k-j)/2).
    """
    top = max(orders, default=0)
    weight = np.sqrt([float(math.factorial(j)) for j in range(top + 1)])
    k, j = np.array(orders, dtype=int)[:, None], np.arange(top + 1)
    return (monomials_in_hermite(top)[list(orders)] * (1 + lengthening) ** (np.maximum(k - j, 0) / 2) * weight).T


def responses(problem: Problem, geometry: Geometry, orders: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Q_k of the active `orders` as columns times scales.

    Returns
    -------
    columns : (max order + 1, K) array
        Coordinates in He_j(t)/sqrt(j!), where t has the variance 1: a measured length of t is part of the shift.
    scales : (K,) array
        c_k where there is no drift, so that the columns are those of P_k; else the length of Q_k relative to P_k.
    """
    length = geometry.projection_norm
    kappa, zeta = geometry.lengthening / length**2, geometry.drift / length
    pure = monomials(orders, kappa + zeta**2)
    if zeta == 0:
        return pure, np.array([problem.student[k] for k in orders])
    powers = monomials(tuple(range(max(orders, default=0) + 1)), kappa + zeta**2)
    mixed = np.stack([_mixed(problem, zeta, powers, k) for k in orders], axis=1)
    nothing = np.linalg.norm(mixed, axis=0) < _NOTHING  # a zeta so small that its powers are lost
    mixed[:, nothing] = _NOTHING * pure[:, nothing]
    scales = np.linalg.norm(mixed, axis=0) / np.linalg.norm(pure, axis=0)
    return mixed / scales, scales


def _mixed(problem: Problem, zeta: float, powers: np.ndarray, k: int) -> np.ndarray:
    """Q_k from the columns of P_0, ..., P_k."""
    factorial = math.factorial
    weights = [
        problem.student[k + m] * zeta**m * factorial(k + m) / (factorial(m) * factorial(k - m)) for m in range(k + 1)
    ]
    return powers[:, k::-1] @ weights


def readout_factor(problem: Problem, geometry: Geometry) -> np.ndarray:
    """(HIGHEST, m) R with (R R')_{jk} = E (sqrt(N) a)^(j + k), j, k = 1, ..., HIGHEST."""
    law = problem.readout_law if geometry.readout is None else geometry.readout
    if law is not None:
        nodes, weights = law
        return nodes ** np.arange(1, HIGHEST + 1)[:, None] * np.sqrt(weights)
    # Exact, where a factorisation of the moment matrix itself would lose half the digits.
    return monomials_in_hermite(HIGHEST)[1:] * np.sqrt([float(math.factorial(j)) for j in range(HIGHEST + 1)])


def distance(columns: np.ndarray, vector: np.ndarray) -> float:
    """Distance of `vector` (m,) from the span of `columns` (m, K); exactly 0 where it is only rounding."""
    rest = vector - columns @ np.linalg.lstsq(columns, vector)[0] if columns.size else vector
    found = float(np.linalg.norm(rest))
    return found if found > _DEPENDENT * np.linalg.norm(vector) else 0.0


def independent(columns: np.ndarray, rows: np.ndarray) -> list[int]:
    """The spikes, of K with left vectors `columns` (D, K) and right vectors `rows` (K, m), that lower ones do not hide.

    When each is infinitely stronger than the next, spike i shows only what lies beyond the lower ones on both sides.
    """
    kept: list[int] = []
    for i in range(columns.shape[1]):
        if distance(columns[:, kept], columns[:, i]) > 0 and distance(rows[kept].T, rows[i]) > 0:
            kept.append(i)
    return kept
