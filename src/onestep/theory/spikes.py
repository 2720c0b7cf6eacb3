"""Spikes: which terms of the step leave the bulk, where the outliers are and what their singular vectors know.

Term k of F = F0 + sum_k theta_k (Q_k(t)/scale_k) (a^k)' (`terms`) has operator norm of order
sqrt(n) n^(alpha k - (k-1)/2) at eta = n^alpha, so that spike k leaves the bulk for alpha > (k-1)/(2k) (Moniri et al.,
arXiv:2310.07891). For finite strengths the outliers of F F'/n are the z above the bulk with  det( T D T' + S ) = 0  at
ridge = -z (Benaych-Georges & Nadakuditi arXiv:1103.2221 for the method; the book's chapter on spikes for T, D and S).

Here this determinant is read as: a singular value of A(v) = sqrt(v psi/phi) D^(1/2) C equals 1, with v = -q m1 > 0.
C holds the spikes in Hermite coordinates, D = diag(1, m2/m1, 1, ...). Every singular value grows with v and z falls
with it, so the outliers are as many as there are singular values above 1 at the edge, and each has its own bracket.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import brentq

from onestep.checks import InputError, integer, real, reals
from onestep.geometry import Geometry
from onestep.hermite import ORDER, basis
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of
from onestep.theory.geometry import drift_of, limit_geometry
from onestep.theory.projections import along_step
from onestep.theory.resolvent import edge_point
from onestep.theory.responses import HIGHEST, active_orders, distance, independent, readout_factor, responses
from onestep.theory.terms import log_strengths, not_too_strong, spike_geometry, terms


@dataclass(frozen=True)
class Regime:
    """What a step eta = n**alpha makes as n grows.

    Attributes
    ----------
    degree : l, the number of orders whose strength grows: (l-1)/(2l) < alpha.
    active : the orders k <= degree that make a spike: c_k != 0. Where rows drift (c_2 != 0 and c_{*,0} != 0) one of
        c_k, ..., c_2k that is not zero is enough.
    absent : the other orders k <= degree.
    critical : the order whose strength stays finite, at alpha = (k-1)/(2k) exactly; else None.
    outliers : how many leave the bulk for certain; one at most under a constant readout, where all spikes share a
        right singular vector.
    """

    degree: int
    active: tuple[int, ...]
    absent: tuple[int, ...]
    critical: int | None
    outliers: int


@dataclass(frozen=True, eq=False)
class Outlier:
    """One outlier of F F'/n.

    Attributes
    ----------
    position : the eigenvalue of F F'/n.
    cosines : (orders + 1,) overlap of its unit left singular vector with He_k(t)/sqrt(n k!), k = 0, 1, ...; the sign
        of the vector is chosen so that the largest is positive. The mean of an entry, given t, is
        sum_k cosines[k] He_k(t)/sqrt(n k!).
    """

    position: float
    cosines: np.ndarray

    @property
    def overlaps(self) -> np.ndarray:
        """(orders + 1,) the squares of `cosines`: what He_k explains of the singular vector."""
        return np.square(self.cosines)

    def entries(self, t) -> np.ndarray:
        """sqrt(n) times the mean of an entry of the left singular vector, given t: a polynomial, of the shape of `t`.

        Raises
        ------
        InputError : a t that is not finite.
        """
        return np.tensordot(self.cosines, basis(t, len(self.cosines) - 1), 1)


def critical_exponents(highest: int = 8) -> np.ndarray:
    """(`highest`,) array of (k-1)/(2k), k = 1, 2, ...: spike k leaves the bulk for alpha above it."""
    k = np.arange(1, integer("highest", highest, 1, 1000) + 1)
    return (k - 1) / (2 * k)


def regime(problem: Problem, alpha: float) -> Regime:
    """The regime of eta = n**alpha, alpha < 1/2.

    Raises
    ------
    InputError
        alpha is 1/2 or more, where the number of spikes is not bounded and the bulk itself changes; or so close to it
        that the last known coefficient is reached.
    """
    alpha = real("alpha", alpha)
    if alpha >= 0.5:
        raise InputError("alpha", alpha, "a number below 1/2")
    level = 1 / (1 - 2 * alpha)  # alpha = (k-1)/(2k) gives k
    nearest = round(level)
    exact = nearest >= 1 and math.isclose(level, nearest, rel_tol=1e-12)
    degree = nearest - 1 if exact else max(math.ceil(level) - 1, 0)
    if degree >= ORDER:
        raise InputError("alpha", alpha, f"below {(ORDER - 1) / (2 * ORDER):.4f}: coefficients end with c_{ORDER}")
    drifts = drift_of(problem, 1.0) != 0
    active = active_orders(problem, degree, drift=drifts)
    absent = tuple(k for k in range(1, degree + 1) if k not in active)
    critical = nearest if exact and nearest in active_orders(problem, nearest, drift=drifts) else None
    return Regime(degree, active, absent, critical, _certain(problem, active))


def _certain(problem: Problem, active: tuple[int, ...]) -> int:
    """How many outliers infinitely strong spikes of these orders make."""
    low = tuple(k for k in active if k <= HIGHEST)
    if not low:
        return 0
    geometry = (
        limit_geometry(problem) if drift_of(problem, 1.0) != 0 else Geometry(1.0, 0.0, lengthening=0.0, drift=0.0)
    )
    rows = readout_factor(problem, geometry)[np.array(low) - 1]
    count = len(independent(responses(problem, geometry, low)[0], rows))
    return count + (len(active) - len(low) if rows.shape[1] > HIGHEST else 0)


def strengths(problem: Problem, eta, geometry: Geometry | None = None) -> dict[int, np.ndarray]:
    """Operator norm over sqrt(n) of every spike: {order: values of the shape of `eta`}.

    |c_1^k| (eta |beta|)^k |Q_k(t)| |a^k| / sqrt(n), where Q_k = c_k t^k for rows of unit length; to be
    compared with the square root of the bulk's edge. `eta` is a number or an array, >= 0; else as `outliers`.
    """
    eta = reals("eta", eta, minimum=0.0)
    geometry = spike_geometry(problem, geometry)
    orders = active_orders(problem, drift=geometry.drift != 0)
    columns, scales = responses(problem, geometry, orders)
    logs = log_strengths(problem, geometry, eta.ravel(), orders, scales) + np.log(np.linalg.norm(columns, axis=0))
    not_too_strong(logs, eta)
    return {k: np.exp(column).reshape(eta.shape)[()] for k, column in zip(orders, logs.T, strict=True)}


def outliers(problem: Problem, eta: float, geometry: Geometry | None = None, highest: int = HIGHEST) -> list[Outlier]:
    """The outliers of F F'/n above the bulk at step `eta`, descending; empty below the threshold.

    A bulk of two intervals may hold another outlier in its gap, which is not sought.

    Parameters
    ----------
    eta : float
        Step size, >= 0.
    geometry : Geometry or None
        The numbers through which the step enters; None means `limit_geometry(problem)`.
    highest : int
        Spikes up to this order are counted.

    Raises
    ------
    InputError
        A negative step, one that makes spikes overflow, or one under a first output of order one.
    """
    eta = real("eta", eta, minimum=0.0)
    if eta == 0:
        return []
    geometry = spike_geometry(problem, geometry)
    bulk = bulk_of(problem)
    spikes = terms(problem, geometry, np.array([eta]), integer("highest", highest, 1, HIGHEST))
    columns = spikes.columns()
    spiked = columns[0][0] / columns[1][0]

    def system(log_v):
        """Singular values of A and its left singular vectors."""
        v = math.exp(log_v)
        weight = np.ones(len(spiked))
        weight[1] = math.sqrt(along_step(bulk, geometry, -v)[0])
        return _jacobi(weight[:, None] * spiked * math.sqrt(v / bulk.ratio))

    edge = math.log(edge_point(bulk))
    found = []
    for i, value in enumerate(system(edge)[0]):
        if value > 1:
            low = edge - 2 * math.log(value)  # values grow like sqrt(v) at least, so that here it is at most 1
            root = brentq(lambda x, i=i: math.log(system(x)[0][i]), low - 1e-9, edge, xtol=1e-15, rtol=1e-15)
            found.append(_outlier(bulk, geometry, math.exp(root), system(root)[1][:, i]))
    return found


def _outlier(bulk, geometry: Geometry, v: float, y: np.ndarray) -> Outlier:
    """Position and overlaps from v and the left singular vector y (coordinates along He_k(t)/sqrt(k!))."""
    u = -v
    df, slope = bulk.degrees_of_freedom(u), bulk.degrees_of_freedom_slope(u)
    p, q = 1 - df, bulk.ratio - df
    fall = max(p * q - slope * (p + q) * v, 0.0)  # -v^2 dz/dv, 0 at the edge
    weight, growth = np.ones(len(y)), np.ones(len(y))  # D_k/(k! v) and the logarithmic derivative of D_k in log v
    weight[1], growth[1] = along_step(bulk, geometry, u)
    cosines = y * np.sqrt(weight * fall / (q * (growth @ y**2)))
    return Outlier(float(p * q / v), cosines * np.sign(cosines[np.argmax(np.abs(cosines))]))


def _jacobi(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Singular values, descending, and left singular vectors, by one-sided Jacobi rotations (LAPACK dgejsv).

    Its small singular values are accurate relative to themselves; the usual SVD leaves them an error relative to the
    largest one, and a strong first spike would drown the second.
    """
    values, left, _, work, _, info = lapack.dgejsv(A, joba=1, jobu=0, jobv=3)
    if info != 0:
        raise np.linalg.LinAlgError(f"dgejsv returned {info}")
    return values * (work[0] / work[1]), left


def critical_step(problem: Problem, geometry: Geometry | None = None) -> float:
    """The constant step above which the first outlier leaves the bulk (the Baik-Ben Arous-Peche transition).

    sqrt( -phi/(psi q m2) ) / (c_1^2 |beta|) at the edge, as n -> infinity: one spike, the others have no strength yet.
    """
    return critical_constant(problem, 1, geometry)


def critical_constant(problem: Problem, order: int, geometry: Geometry | None = None) -> float:
    """C such that at eta = C' n^((k-1)/(2k)), k = `order`, spike k is outside the bulk for C' > C, as n -> infinity.

    The lower spikes are infinitely strong there, so spike k shows only what Q_k and a^k have beyond lower orders.

    Raises
    ------
    InputError
        No spike of this order, above 12 or because the coefficients that make it are zero; or one that lower spikes
        hide, as under a constant readout, where all share one right singular vector.
    """
    geometry = spike_geometry(problem, geometry)
    orders = active_orders(problem, drift=geometry.drift != 0)
    if integer("order", order) not in orders:
        raise InputError("order", order, "one of " + ", ".join(map(str, orders)) + ", where c_k is not zero")
    orders = orders[: orders.index(order) + 1]
    bulk = bulk_of(problem)
    v = edge_point(bulk)
    columns, scales = responses(problem, geometry, orders)
    columns[1] *= math.sqrt(along_step(bulk, geometry, -v)[0])
    rows = readout_factor(problem, geometry)[np.array(orders) - 1]
    lower = independent(columns[:, :-1], rows[:-1])
    beyond = distance(columns[:, lower], columns[:, -1]) * distance(rows[lower].T, rows[-1])
    if beyond == 0:
        shown = ", ".join(str(orders[i]) for i in independent(columns, rows))
        raise InputError("order", order, f"one of {shown}: lower spikes span the left or the right vector of this one")
    theta = math.sqrt(bulk.ratio / v) / beyond  # |theta_k| N^((1-k)/2) at the threshold
    size = abs(problem.student[1] ** order * scales[-1])
    size *= float(bulk.ratio) ** ((1 - order) / 2)  # (n/N)^((k-1)/2)
    return float((theta / size) ** (1 / order) / (geometry.beta_norm * geometry.projection_norm))
