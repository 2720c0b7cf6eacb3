"""Training and test error of ridge regression on the trained features, at every step size.

With D = diag(m1, m2, 2! m1, 3! m1, ...), T the coordinates of the spikes' polynomials of t (`responses`) in Hermite
polynomials, S the inverse squared strengths of the spikes, r_j = D_j c_{*,j} rho^j and v = T r (Moniri et al.,
arXiv:2310.07891, for the monomials of t and S = 0),

    train = ridge Q,   Q = c_{*,1}^2 m2 + (c_*^2 - c_{*,1}^2 + noise_std^2) m1 - v' (T D T' + S)^-1 v,
    test  = -(dQ/dridge) / m1^2                          (generalised cross-validation; the book's chapter on errors).

`Q` is a least squares residual: the teacher's part along beta against the columns of the spikes, with a penalty for
their finite strength. As a residual it is computed, by QR and with scaled columns, so that nothing is ill-conditioned
between a step of 0 and an infinite one; the derivative in the ridge is the analytic one of that residual.
"""

import math

import numpy as np
from scipy.optimize import minimize_scalar

from onestep.checks import broadcast, integer, real, reals
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.anisotropic import AnisotropicBulk, bulk_of, solve
from onestep.theory.equation import Bulk, BulkSolution
from onestep.theory.projections import of_teacher, projections
from onestep.theory.responses import HIGHEST
from onestep.theory.terms import spike_geometry, terms

RIDGES = (1e-8, 1e4)
_DUST = 1e-10  # relative size of a penalty that changes nothing but what is rounding


def errors(
    problem: Problem, ridge, eta=0.0, geometry: Geometry | None = None, highest: int = HIGHEST
) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error: `ridge` > 0 and `eta` >= 0 broadcast; exact as n -> infinity for eta below n^(1/2).

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        Penalty and step size, broadcast against each other.
    geometry : Geometry or None
        The numbers through which the step enters; None means the limit, `limit_geometry(problem)`.
    highest : int
        Spikes up to this order are counted.

    Returns
    -------
    train : float or array of the broadcast shape
        min_a (1/n)|y - F a|^2 + ridge |a|^2, the penalty included.
    test : float or array of the broadcast shape
        E (y - f(x)' a)^2 on fresh data, the label noise included.

    Raises
    ------
    InputError
        A ridge that is not positive, a negative step, or a step under a first output of order one.
    NotConverged
        With the residual, if the bulk's equation was not solved.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> train, test = theory.errors(Problem(n=2000, d=1000, N=1500), ridge=0.1, eta=[0.0, 3.0])
    >>> train.round(4), test.round(4)
    (array([0.697 , 0.6085]), array([1.2963, 1.1726]))
    """
    ridge, eta = broadcast(ridge=reals("ridge", ridge, 0.0, open_below=True), eta=reals("eta", eta, 0.0))
    flat, step, highest = ridge.ravel(), eta.ravel(), integer("highest", highest, 1, HIGHEST)
    bulk = bulk_of(problem)
    found = solve(bulk, flat)
    train, test = untrained(problem, bulk, found)
    moved = step > 0
    if np.any(moved):
        geometry = spike_geometry(problem, geometry)
        part = BulkSolution(*(getattr(found, name)[moved] for name in found.__dataclass_fields__))
        train[moved], test[moved] = _trained(problem, geometry, bulk, part, step[moved], highest)
    return train.reshape(ridge.shape)[()], test.reshape(ridge.shape)[()]


def train_error(problem: Problem, ridge, eta=0.0, geometry: Geometry | None = None) -> np.ndarray:
    """The training error of `errors`.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        Penalty and step size, broadcast against each other.
    geometry : Geometry or None
        As in `errors`, like what is raised.

    Returns
    -------
    float or array of the broadcast shape
        The penalty is included.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> round(float(theory.train_error(Problem(n=2000, d=1000, N=1500), ridge=0.1, eta=3.0)), 4)
    0.6085
    """
    return errors(problem, ridge, eta, geometry)[0]


def test_error(problem: Problem, ridge, eta=0.0, geometry: Geometry | None = None) -> np.ndarray:
    """The test error of `errors`.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        Penalty and step size, broadcast against each other.
    geometry : Geometry or None
        As in `errors`, like what is raised.

    Returns
    -------
    float or array of the broadcast shape
        The label noise is included.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> round(float(theory.test_error(Problem(n=2000, d=1000, N=1500), ridge=0.1, eta=3.0)), 4)
    1.1726
    """
    return errors(problem, ridge, eta, geometry)[1]


def excess(problem: Problem, ridge, eta=0.0, geometry: Geometry | None = None) -> np.ndarray:
    """Test error above the Bayes error noise_std^2.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        Penalty and step size, broadcast against each other.
    geometry : Geometry or None
        As in `errors`, like what is raised.

    Returns
    -------
    float or array of the broadcast shape
        Not negative.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> round(float(theory.excess(Problem(n=2000, d=1000, N=1500), ridge=0.1, eta=3.0)), 4)
    0.9226
    """
    return test_error(problem, ridge, eta, geometry) - problem.noise_variance


def best_ridge(problem: Problem, eta: float = 0.0, geometry: Geometry | None = None) -> tuple[float, float]:
    """The ridge in [1e-8, 1e4] with the smallest test error; an end of it if that is best.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    eta : float
        Step size, >= 0.
    geometry : Geometry or None
        As in `errors`, like what is raised.

    Returns
    -------
    ridge, test : float
        The penalty, and the test error there.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> ridge, test = theory.best_ridge(Problem(n=2000, d=1000, N=1500), eta=3.0)
    >>> round(ridge, 3), round(test, 4)
    (0.35, 1.1117)
    """
    eta = real("eta", eta, minimum=0.0)
    return minimum(lambda ridge: test_error(problem, ridge, eta, geometry))


def minimum(error) -> tuple[float, float]:
    """(ridge, error) at the smallest value of error(ridge), a function on arrays, over `RIDGES`."""
    first, last = np.log(RIDGES)
    grid = np.linspace(first, last, 241)
    best = int(np.argmin(error(np.exp(grid))))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    inside = minimize_scalar(lambda x: float(error(np.exp(x))), bounds=(low, high), method="bounded")
    point = min((inside.x, low, high), key=lambda x: float(error(np.exp(x))))
    return float(np.exp(point)), float(error(np.exp(point)))


def untrained(problem: Problem, bulk: Bulk | AnisotropicBulk, found: BulkSolution) -> tuple[np.ndarray, np.ndarray]:
    """The errors before the step, (R,) for the R ridges of `found`."""
    first = problem.target[1] ** 2
    rest = problem.target.second_moment - first + problem.noise_variance
    left, squared = of_teacher(bulk, found.u)
    return from_residual(bulk, found, first * left + rest, first * squared + rest)


def _trained(problem, geometry, bulk, found, eta, highest):
    """The errors for flat arrays of steps > 0."""
    steps, which = np.unique(eta, return_inverse=True)
    spikes = terms(problem, geometry, steps, highest)
    columns, shrink = spikes.columns()
    # the penalty is 1 for F/sqrt(n phi/psi u): `columns` hold the spikes over sqrt(n)
    penalty = np.sqrt(bulk.ratio / found.u)[:, None] * shrink[which]
    if geometry.drift != 0:  # columns may depend on one another: rounding shall not pass for a direction of its own
        penalty = np.maximum(penalty, _DUST * np.linalg.norm(columns, axis=1)[which])
    return fitted(problem, geometry, bulk, found, columns[which], penalty)


def fitted(problem, geometry, bulk, found, columns, penalty):
    """Errors from the residual of the least squares fit of c_{*,j} rho^j sqrt(D_j) on sqrt(D) times `columns`."""
    count, m = columns.shape[1], columns.shape[2]
    j = np.arange(count)
    target = np.array([problem.target[int(k)] for k in j]) * np.sqrt([float(math.factorial(int(k))) for k in j])
    kappa = target * geometry.cosine**j
    seen, first = projections(bulk, geometry, found.u), problem.target[1]
    weight = np.ones((found.u.size, count))
    weight[:, 1] = np.sqrt(seen.along)
    aim = np.broadcast_to(kappa, weight.shape).copy()
    aim[:, 1] = first * seen.cosine
    stacked = np.concatenate([weight[:, :, None] * columns, penalty[:, :, None] * np.eye(m)], axis=1)
    right = np.concatenate([weight * aim, np.zeros((found.u.size, m))], axis=1)
    Q = np.linalg.qr(stacked / np.linalg.norm(stacked, axis=1, keepdims=True))[0]
    for _ in range(2):  # twice: the second pass removes what rounding left when little of `right` remains
        right = right - np.einsum("bij,bj->bi", Q, np.einsum("bij,bi->bj", Q, right))
    rest = problem.target.second_moment + problem.noise_variance - first**2
    rest = rest - (kappa @ kappa - kappa[1] ** 2)
    residual = right[:, :count] ** 2
    value = first**2 * seen.across + rest + np.sum(right**2, axis=1)
    squared = seen.squared(first, right[:, 1] / weight[:, 1])
    slope = rest + residual.sum(axis=1) - residual[:, 1] + squared
    return from_residual(bulk, found, value, slope)


def from_residual(bulk: Bulk | AnisotropicBulk, found: BulkSolution, value, slope) -> tuple[np.ndarray, np.ndarray]:
    """Errors from value = Q/m1 and slope = d(u value)/du; every term is positive, so no digits are lost."""
    slope_of_freedom = bulk.degrees_of_freedom_slope(found.u)
    return found.p * value, (found.q * slope + slope_of_freedom * found.u * value) / (
        found.u * (slope_of_freedom * (found.p + found.q) + found.ridge)
    )
