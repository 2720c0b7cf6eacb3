"""The few numbers through which one gradient step enters: F = F0 + sum_k theta_k t^k (a^k)', k = 1, 2, ...

t = X beta/|beta| is the projection of the ridge batch on the step's direction, powers of vectors are entrywise, and
theta_k = c_1^k c_k (eta |beta|)^k (Moniri et al., arXiv:2310.07891). Beside theta only Gram matrices matter: of the
powers of t, which is Gaussian, and of the powers of the readout a.
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.hermite import monomials_in_hermite
from onestep.problem import Problem
from onestep.theory.equation import Bulk
from onestep.theory.geometry import chosen, limit_geometry
from onestep.theory.resolvent import edge_point

HIGHEST = 12  # spike 13 leaves the bulk for alpha > 12/26 only; so near 1/2 the any-step theory is the one to use
_LONGEST = 1e12  # of kappa; its powers up to the last order still fit a double
_STRONGEST = 300.0  # log of a strength; its square still fits a double


@dataclass(frozen=True, eq=False)
class Terms:
    """The perturbation for E step sizes as t-monomials times orthonormal directions, strongest first.

    sum_k theta_k t^k (a^k)' / sqrt(n phi/psi) has the same left singular structure as H C, where column k of H is
    He_k(t)/sqrt(n k!), k = 0, ..., top: everything that follows needs C only.

    Attributes
    ----------
    orders : the active orders, ascending; `top` is the last of them.
    hermite : (top + 1, K) column for order k holds the coordinates of t^k in He_j(t)/sqrt(j!).
    lower : (E, K, m) lower trapezoidal: C = hermite[:, order] @ (size[:, :, None] * lower) with rows by strength.
    order : (E, K) indices into `orders`, strongest first.
    size : (E, K) |theta_k| times the norms of the readout's powers, in that order, descending.
    sign : (E, K) of theta_k.
    """

    orders: tuple[int, ...]
    hermite: np.ndarray
    lower: np.ndarray
    order: np.ndarray
    size: np.ndarray
    sign: np.ndarray

    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        """C with column i divided by 1 + size_i, shape (E, top + 1, m), and the divisors' inverses (E, m).

        Column i is led by its own order, stronger than all that are mixed into it, so that after the division no
        entry is large however large the step, and no column hides behind another.
        """
        m = self.lower.shape[-1]
        shrink = 1 / (1 + self.size[:, :m])
        scaled = (self.sign * self.size)[:, :, None] * self.lower * shrink[:, None, :]
        return np.moveaxis(self.hermite[:, self.order], 0, 1) @ scaled, shrink


def spike_geometry(problem: Problem, geometry: Geometry | None, default=limit_geometry) -> Geometry:
    """The geometry that spikes are computed with: `chosen`, if powers of its kappa are numbers.

    Raises
    ------
    InputError
        As `chosen`; or c_1 is so small that the noise of the gradient is all there is.
    """
    geometry = chosen(problem, geometry, default)
    if geometry.lengthening > _LONGEST:
        raise InputError("activation", problem.activation, f"one with kappa < {_LONGEST:g}: c_1 is next to nothing")
    return geometry


def readout_factor(problem: Problem, geometry: Geometry) -> np.ndarray:
    """(HIGHEST, m) R with (R R')_{jk} = E (sqrt(N) a)^(j + k), j, k = 1, ..., HIGHEST."""
    if geometry.readout is not None:
        nodes, weights = geometry.readout
        return nodes ** np.arange(1, HIGHEST + 1)[:, None] * np.sqrt(weights)
    if problem.readout == "constant":
        return np.ones((HIGHEST, 1))
    # Exact, where a factorisation of the moment matrix itself would lose half the digits.
    return monomials_in_hermite(HIGHEST)[1:] * np.sqrt([float(math.factorial(j)) for j in range(HIGHEST + 1)])


def active_orders(problem: Problem, highest: int = HIGHEST) -> tuple[int, ...]:
    """The orders k <= `highest` with c_k != 0: the only ones that can make a spike."""
    return tuple(k for k in range(1, highest + 1) if problem.student[k] != 0.0)


def monomials(orders: tuple[int, ...], lengthening: float = 0.0) -> np.ndarray:
    """Coordinates of E (t + sqrt(lengthening) g)^k, k in `orders`, in He_j(t)/sqrt(j!): shape (max order + 1, K).

    t^k = sum_j T_kj He_j(t), and the Gaussian g turns T_kj into T_kj (1 + lengthening)^((k-j)/2).
    """
    top = max(orders, default=0)
    weight = np.sqrt([float(math.factorial(j)) for j in range(top + 1)])
    k, j = np.array(orders, dtype=int)[:, None], np.arange(top + 1)
    return (monomials_in_hermite(top)[list(orders)] * (1 + lengthening) ** (np.maximum(k - j, 0) / 2) * weight).T


def log_strengths(problem: Problem, geometry: Geometry, eta: np.ndarray, orders: tuple[int, ...]) -> np.ndarray:
    """log |theta_k| + log |a^k| for eta > 0, shape (E, K): in logs nothing overflows."""
    k = np.array(orders)
    student = np.array([problem.student[int(order)] for order in k])
    step = problem.student[1] * geometry.beta_norm * geometry.projection_norm
    readout = np.linalg.norm(readout_factor(problem, geometry)[k - 1], axis=1)
    with np.errstate(divide="ignore"):
        growth = math.log(abs(step)) + np.log(eta)
    return k * growth[:, None] + np.log(np.abs(student) * readout) + (1 - k) / 2 * math.log(problem.N)


def not_too_strong(logs: np.ndarray, eta: np.ndarray) -> None:
    """Refuse a step so large that a spike overflows."""
    if np.max(logs, initial=0.0) > _STRONGEST:
        raise InputError("eta", float(np.max(eta)), f"a step whose spikes have strengths below e^{_STRONGEST:g}")


def kept_orders(problem: Problem, geometry: Geometry, highest: int = HIGHEST) -> tuple[int, ...]:
    """The active orders that finite sizes let one keep, the same for every step.

    For a polynomial activation all of them: the sum ends. Otherwise it is asymptotic only: strength k grows like
    (2k-1)!! c_k (eta/sqrt(N))^k, and at any N the terms of high order come to life before those of moderate order,
    as outliers that no network has. The orders are kept as long as each, by itself, leaves the bulk at a smaller
    step than the next one does. As N -> infinity this keeps every order.
    """
    orders = active_orders(problem, highest)
    if not any(problem.student.coefficients[HIGHEST + 1 :]):
        return orders
    bulk = Bulk.of(problem)
    logs = log_strengths(problem, geometry, np.ones(1), orders)[0] + np.log(
        np.linalg.norm(monomials(orders, geometry.lengthening), axis=0)
    )
    threshold = (np.log(bulk.ratio / edge_point(bulk)) / 2 - logs) / np.array(orders)
    count = 1
    while count < len(orders) - 1 and threshold[count] < threshold[count + 1]:
        count += 1
    return orders[:count]


def terms(problem: Problem, geometry: Geometry, eta: np.ndarray, highest: int = HIGHEST) -> Terms:
    """The kept terms up to order `highest` at step sizes `eta` (E,) > 0.

    Raises
    ------
    InputError : a step so large that a spike overflows.
    """
    orders = kept_orders(problem, geometry, highest)
    logs = log_strengths(problem, geometry, eta, orders)
    not_too_strong(logs, eta)
    order = np.argsort(-logs, axis=1, kind="stable")
    rows = readout_factor(problem, geometry)[np.array(orders) - 1]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    lower = np.swapaxes(np.linalg.qr(np.swapaxes(rows[order], 1, 2), mode="r"), 1, 2)
    student, first = np.array([problem.student[k] for k in orders]), problem.student[1]
    sign = np.sign(student) * np.sign(first) ** np.array(orders)
    return Terms(
        orders,
        monomials(orders, geometry.lengthening),
        lower,
        order,
        np.exp(np.take_along_axis(logs, order, 1)),
        sign[order],
    )
