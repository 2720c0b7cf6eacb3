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

from onestep.checks import NotConverged, integer, real, reals
from onestep.geometry import Geometry
from onestep.hermite import basis
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of
from onestep.theory.projections import along_step
from onestep.theory.resolvent import edge_point
from onestep.theory.responses import HIGHEST, active_orders, responses
from onestep.theory.terms import log_strengths, not_too_strong, spike_geometry, terms


@dataclass(frozen=True, eq=False)
class Outlier:
    """One outlier of F F'/n.

    Attributes
    ----------
    position : float
        The eigenvalue of F F'/n.
    cosines : (orders + 1,) array
        Overlap of its unit left singular vector with He_k(t)/sqrt(n k!), k = 0, 1, ...; the sign
        of the vector is chosen so that the largest is positive. The mean of an entry, given t, is
        sum_k cosines[k] He_k(t)/sqrt(n k!).

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import outliers
    >>> (outlier,) = outliers(Problem(n=2000, d=1000, N=1500), eta=2.0)
    >>> round(outlier.position, 4), round(float(outlier.cosines[1] ** 2), 4)
    (2.7681, 0.3086)
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


def strengths(problem: Problem, eta, geometry: Geometry | None = None) -> dict[int, np.ndarray]:
    """Operator norm over sqrt(n) of every spike.

    |c_1^k| (eta |beta|)^k |Q_k(t)| |a^k| / sqrt(n), where Q_k = c_k t^k for rows of unit length; to be
    compared with the square root of the bulk's edge.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    eta : float or array
        Step size, >= 0.
    geometry : Geometry or None
        As in `outliers`, like what is raised.

    Returns
    -------
    dict of int to array
        Order -> values of the shape of `eta`.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import strengths
    >>> problem = Problem(n=4000, d=2000, N=3000, activation="relu")
    >>> {order: round(float(value), 3) for order, value in strengths(problem, eta=3.0).items() if order < 4}
    {1: 1.027, 2: 0.054}
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
    problem : Problem
        Sizes, activation, teacher and noise.
    eta : float
        Step size, >= 0.
    geometry : Geometry or None
        The numbers through which the step enters; None means `limit_geometry(problem)`.
    highest : int
        Spikes up to this order are counted.

    Returns
    -------
    list of Outlier
        The largest first.

    Raises
    ------
    InputError
        A negative step, one that makes spikes overflow, or one under a first output of order one.
    NotConverged
        Spikes of so different strengths that rounding of the strongest is larger than the weakest.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import outliers
    >>> problem = Problem(n=4000, d=2000, N=3000, activation="relu")
    >>> [round(outlier.position, 3) for outlier in outliers(problem, eta=problem.step(0.35))]
    [39.911, 4.673]
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
            if (least := math.log(system(low - 1e-9)[0][i])) > 0:  # rounding of the strongest spike drowns this one
                raise NotConverged(f"outlier {i + 1} at eta = {eta:g}", least, advice="take a smaller step")
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
