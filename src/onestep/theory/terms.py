"""The spikes that one gradient step adds: F = F0 + sum_k theta_k (Q_k(t)/scale_k) (a^k)', k = 1, 2, ...

t = X beta/|beta| is the projection of the ridge batch on the step's direction, powers of vectors are entrywise, Q_k is
that of `responses`, and theta_k = scale_k (eta c_1 |beta|)^k. Beside theta only Gram matrices matter: of the
polynomials of t, which is Gaussian, and of the powers of the readout a. The published spikes have t^k for Q_k/scale_k
and c_k for scale_k (Moniri et al., arXiv:2310.07891).
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of
from onestep.theory.geometry import chosen
from onestep.theory.resolvent import edge_point
from onestep.theory.responses import HIGHEST, active_orders, readout_factor, responses

_LONGEST = 1e12  # of kappa; its powers up to the last order still fit a double
_DUST = 1e-13
_STRONGEST = 300.0  # log of a strength; its square still fits a double


@dataclass(frozen=True, eq=False)
class Terms:
    """The perturbation for E step sizes as polynomials of t times orthonormal directions, strongest first.

    sum_k theta_k (Q_k/scale_k) (a^k)' / sqrt(n phi/psi) has the same left singular structure as H C, where column k of
    H is He_k(t)/sqrt(n k!), k = 0, ..., top: everything that follows needs C only.

    Attributes
    ----------
    orders : the active orders, ascending; `top` is the last of them.
    hermite : (top + 1, K) column for order k holds the coordinates of Q_k/scale_k in He_j(t)/sqrt(j!).
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
        """C with its columns brought to a common size.

        Column i is led by its own order, stronger than all that are mixed into it, so that after the division no
        entry is large however large the step, and no column hides behind another.

        Returns
        -------
        scaled : (E, top + 1, m) array
            C with column i divided by 1 + size_i.
        shrink : (E, m) array
            1 / (1 + size_i).
        """
        m = self.lower.shape[-1]
        shrink = 1 / (1 + self.size[:, :m])
        scaled = (self.sign * self.size)[:, :, None] * self.lower * shrink[:, None, :]
        return np.moveaxis(self.hermite[:, self.order], 0, 1) @ scaled, shrink


def spike_geometry(problem: Problem, geometry: Geometry | None) -> Geometry:
    """The geometry that spikes are computed with: `chosen`, if powers of its kappa and zeta are numbers.

    Raises
    ------
    InputError
        As `chosen`; or c_1 is so small that the noise of the gradient is all there is.
    """
    geometry = chosen(problem, geometry)
    if geometry.lengthening + geometry.drift**2 > _LONGEST:
        raise InputError("activation", problem.activation, f"one with kappa < {_LONGEST:g}: c_1 is next to nothing")
    return geometry


def log_strengths(problem: Problem, geometry: Geometry, eta: np.ndarray, orders, scales: np.ndarray) -> np.ndarray:
    """log |theta_k| + log |a^k|: in logs nothing overflows.

    Parameters
    ----------
    problem : Problem
    geometry : Geometry
    eta : (E,) array
        Step sizes, positive.
    orders : sequence of K integers
        The orders k.
    scales : (K,) array
        What stands for c_k, as `responses` gives it.

    Returns
    -------
    (E, K) array
    """
    k = np.array(orders)
    step = problem.student[1] * geometry.beta_norm * geometry.projection_norm
    readout = np.linalg.norm(readout_factor(problem, geometry)[k - 1], axis=1)
    with np.errstate(divide="ignore"):
        growth = math.log(abs(step)) + np.log(eta)
    return k * growth[:, None] + np.log(np.abs(scales) * readout) + (1 - k) / 2 * math.log(problem.N)


def not_too_strong(logs: np.ndarray, eta: np.ndarray) -> None:
    """Refuse a step so large that a spike overflows.

    Parameters
    ----------
    logs : array
        As `log_strengths` gives them.
    eta : array
        The step sizes, for the message.

    Raises
    ------
    InputError
        A log is above 300.
    """
    if np.max(logs, initial=0.0) > _STRONGEST:
        raise InputError("eta", float(np.max(eta)), f"a step whose spikes have strengths below e^{_STRONGEST:g}")


def kept_orders(problem: Problem, geometry: Geometry, highest: int = HIGHEST) -> tuple[int, ...]:
    """The active orders that finite sizes let one keep, the same for every step.

    For a polynomial activation all of them: the sum ends. Otherwise it is asymptotic only: strength k grows like
    (2k-1)!! c_k (eta/sqrt(N))^k, and at any N the terms of high order come to life before those of moderate order,
    as outliers that no network has. The orders are kept as long as each, by itself, leaves the bulk at a smaller
    step than the next one does. As N -> infinity this keeps every order.

    Parameters
    ----------
    problem : Problem
    geometry : Geometry
    highest : int
        Of the orders that are kept, those above it are left out.

    Returns
    -------
    tuple of int
        Ascending.
    """
    orders = active_orders(problem, HIGHEST, drift=geometry.drift != 0)
    if not any(problem.student.coefficients[HIGHEST + 1 :]):
        return tuple(k for k in orders if k <= highest)
    bulk = bulk_of(problem)
    columns, scales = responses(problem, geometry, orders)
    logs = log_strengths(problem, geometry, np.ones(1), orders, scales)[0] + np.log(np.linalg.norm(columns, axis=0))
    threshold = (np.log(bulk.ratio / edge_point(bulk)) / 2 - logs) / np.array(orders)
    own = [i for i, k in enumerate(orders) if problem.student[k] != 0]  # those that only drift makes may be weak
    count = 1
    while count < len(own) - 1 and threshold[own[count]] < threshold[own[count + 1]]:
        count += 1
    return tuple(k for k in orders[: own[count - 1] + 1] if k <= highest)


def terms(problem: Problem, geometry: Geometry, eta: np.ndarray, highest: int = HIGHEST) -> Terms:
    """The kept terms at several step sizes.

    Parameters
    ----------
    problem : Problem
    geometry : Geometry
    eta : (E,) array
        Step sizes, positive.
    highest : int
        No order above it is kept.

    Returns
    -------
    Terms

    Raises
    ------
    InputError
        A step so large that a spike overflows.
    """
    orders = kept_orders(problem, geometry, highest)
    columns, scales = responses(problem, geometry, orders)
    logs = log_strengths(problem, geometry, eta, orders, scales)
    not_too_strong(logs, eta)
    order = np.argsort(-logs, axis=1, kind="stable")
    rows = readout_factor(problem, geometry)[np.array(orders) - 1]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    lower = np.swapaxes(np.linalg.qr(np.swapaxes(rows[order], 1, 2), mode="r"), 1, 2)
    if rows.shape[1] < len(orders):  # powers of a readout of few values depend on one another: no dust for a direction
        lower[np.abs(lower) < _DUST] = 0.0
    sign = np.sign(scales) * np.sign(problem.student[1]) ** np.array(orders)
    return Terms(orders, columns, lower, order, np.exp(np.take_along_axis(logs, order, 1)), sign[order])
