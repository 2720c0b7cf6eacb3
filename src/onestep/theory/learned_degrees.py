"""What the fitted network knows of each degree of the teacher: the Hermite coefficients of its output along beta_star.

With w the coefficients of the spikes in the fit (w = M^-1 v in the book's chapter "Errors"),

    c_1 -> c_{*,1} - (m2/m1) (c_{*,1} - rho (T'w)_1),      c_k -> rho^k (T'w)_k   (k >= 2).
"""

import math

import numpy as np

from onestep.checks import integer, real
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of
from onestep.theory.projections import of_teacher, projections
from onestep.theory.resolvent import traces
from onestep.theory.responses import HIGHEST
from onestep.theory.terms import spike_geometry, terms


def learned(problem: Problem, ridge: float, eta: float, degree: int, geometry: Geometry | None = None) -> np.ndarray:
    """E f(x) He_k(beta_star . x) / k! of the fitted network f for k = 1, ..., `degree`, at finite strength.

    Exact as n -> infinity for eta below n^(1/2), like `errors`. Source: the book's chapter "Improvement".

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float
        > 0 and >= 0.
    degree : int
        From 1 to 12.
    geometry : Geometry or None
        None means the limit, `limit_geometry(problem)`.

    Returns
    -------
    (`degree`,) array
        The teacher's own are c_{*,1}, ..., c_{*,degree}.

    Raises
    ------
    InputError
        An argument out of its range, or a step under a first output of order one.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import learned
    >>> learned(Problem(n=2000, d=1000, N=1500, activation="relu"), ridge=0.1, eta=3.0, degree=2).round(4)
    array([0.6475, 0.001 ])
    """
    degree, eta = integer("degree", degree, 1, HIGHEST), real("eta", eta, minimum=0.0)
    trace, first = traces(problem, real("ridge", ridge, minimum=0.0, open_below=True)), problem.target[1]
    bulk, u = bulk_of(problem), trace.q * trace.m1
    if eta == 0:
        return np.array([first * (1 - of_teacher(bulk, u)[0]), *np.zeros(degree - 1)])
    geometry = spike_geometry(problem, geometry)
    (columns,), (shrink,) = terms(problem, geometry, np.array([eta])).columns()
    k = np.arange(max(len(columns), degree + 1))
    size = np.sqrt([float(math.factorial(j)) for j in k])
    columns = np.pad(columns, ((0, len(k) - len(columns)), (0, 0)))
    target = np.array([problem.target[int(j)] for j in k]) * size * geometry.cosine**k
    seen = projections(bulk, geometry, u)
    target[1] = first * seen.cosine
    weight = np.where(k == 1, np.sqrt(seen.along), 1.0)
    price = np.sqrt(problem.phi / (problem.psi * trace.q * trace.m1)) * shrink
    stacked = np.vstack([weight[:, None] * columns, np.diag(price)])
    w = np.linalg.lstsq(stacked, np.append(weight * target, np.zeros_like(price)))[0]
    found = geometry.cosine**k * (columns @ w) / size
    fitted = (columns @ w)[1]
    found[1] = first - seen.teacher * first + seen.along * seen.cosine * fitted
    return found[1 : degree + 1]
