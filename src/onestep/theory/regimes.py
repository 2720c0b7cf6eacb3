"""Regimes: which spikes a step n^alpha makes, and from which constant on each of them leaves the bulk.

Spike k has the strength sqrt(n) n^(alpha k - (k-1)/2). It leaves the bulk for alpha > (k-1)/(2k) (Moniri et al.,
arXiv:2310.07891). At alpha = (k-1)/(2k) its strength stays finite, and a constant decides.
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, integer, real
from onestep.geometry import Geometry
from onestep.hermite import ORDER
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of
from onestep.theory.geometry import drift_of, limit_geometry
from onestep.theory.projections import along_step
from onestep.theory.resolvent import edge_point
from onestep.theory.responses import HIGHEST, active_orders, distance, independent, readout_factor, responses
from onestep.theory.terms import spike_geometry


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


def critical_exponents(highest: int = 8) -> np.ndarray:
    """The exponents (k-1)/(2k), k = 1, 2, ...: spike k leaves the bulk for alpha above it.

    Parameters
    ----------
    highest : int
        The last k.

    Returns
    -------
    (`highest`,) array
        Ascending, below 1/2.

    Raises
    ------
    InputError
        `highest` is not an integer from 1 to 1000.

    Examples
    --------
    >>> from onestep.theory import critical_exponents
    >>> critical_exponents(4).round(4)
    array([0.    , 0.25  , 0.3333, 0.375 ])
    """
    k = np.arange(1, integer("highest", highest, 1, 1000) + 1)
    return (k - 1) / (2 * k)


def regime(problem: Problem, alpha: float) -> Regime:
    """The regime of eta = n**alpha, alpha < 1/2.

    Parameters
    ----------
    problem : Problem
        Its activation and teacher count.
    alpha : float
        The exponent, below 1/2.

    Returns
    -------
    Regime
        How many orders grow, which make a spike, and how many outliers that gives.

    Raises
    ------
    InputError
        alpha is 1/2 or more, where the number of spikes is not bounded and the bulk itself changes; or so close to it
        that the last known coefficient is reached.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import regime
    >>> found = regime(Problem(activation="relu"), alpha=0.29)
    >>> found.degree, found.active, found.outliers
    (2, (1, 2), 2)
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


def critical_step(problem: Problem, geometry: Geometry | None = None) -> float:
    """The constant step above which the first outlier leaves the bulk (the Baik-Ben Arous-Peche transition).

    sqrt( -phi/(psi q m2) ) / (c_1^2 |beta|) at the edge, as n -> infinity: one spike, the others have no strength yet.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    geometry : Geometry or None
        None means `limit_geometry(problem)`.

    Returns
    -------
    float
        eta.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import critical_step, outliers
    >>> problem = Problem(n=2000, d=1000, N=1500)
    >>> eta = critical_step(problem)
    >>> round(eta, 4), len(outliers(problem, 0.9 * eta)), len(outliers(problem, 1.1 * eta))
    (1.7603, 0, 1)
    """
    return critical_constant(problem, 1, geometry)


def critical_constant(problem: Problem, order: int, geometry: Geometry | None = None) -> float:
    """The constant C of the step at which spike k = `order` leaves the bulk, as n -> infinity.

    At eta = C' n^((k-1)/(2k)) spike k is outside the bulk for C' > C. The lower spikes are infinitely strong there, so
    spike k shows only what Q_k and a^k have beyond lower orders.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    order : int
        k, from 1 to 12.
    geometry : Geometry or None
        None means `limit_geometry(problem)`.

    Returns
    -------
    float
        C.

    Raises
    ------
    InputError
        No spike of this order, above 12 or because the coefficients that make it are zero; or one that lower spikes
        hide, as under a constant readout, where all share one right singular vector.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import critical_constant
    >>> round(critical_constant(Problem(n=2000, d=1000, N=1500, activation="relu"), order=2), 4)
    1.5918
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
