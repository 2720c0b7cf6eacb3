"""The spectrum of F F'/n after a step of any size: its density, the edges of its bulk, and the outliers above it.

The noise of the gradient is isotropic here; what its structure changes is known for the errors only (`structured`).
"""

import itertools

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from onestep.checks import InputError, NotConverged, integer, real, reals
from onestep.geometry import Geometry
from onestep.hermite import basis
from onestep.problem import Problem
from onestep.theory.any_step import coupled, fixed_point
from onestep.theory.any_step.above import (
    along_eigenvalues,
    descend,
    mean_eigenvalue,
    negative_eigenvalues,
    outside,
    position,
)
from onestep.theory.any_step.features import FeatureLaw, feature_law
from onestep.theory.any_step.fixed_point import State
from onestep.theory.any_step.ridge_errors import blocks
from onestep.theory.spikes import Outlier

_BATCH = 64
_FAR = 1e100
_SCAN, _RESOLUTION = 170, 1e-3
_LEVELS = 200
_HEIGHT = 1e-12  # above the real axis, in units of x
_DARK = 1e-7  # times 1/x: a density below it comes from the height, not from the bulk


def density(problem: Problem, x, eta: float, geometry: Geometry | None = None) -> np.ndarray:
    """Density of the eigenvalues of F F'/n; outliers and an atom at 0 are not included.

        density(x) = Im E_t[1/den(t)] / pi  at ridge = -x - i0

    Source: the book's chapter "From lazy to maximal"; without a step it is that of Moniri et al. (arXiv:2310.07891).

    Parameters
    ----------
    problem : Problem
    x : float or array of any shape
        Positive.
    eta : float
        Step size, 0 or more.
    geometry : Geometry or None
        The numbers through which the step enters; None means the limit.

    Returns
    -------
    float or array of the shape of `x`
        Density per unit of x.

    Raises
    ------
    InputError
        An x outside [1e-100, 1e100], or a step that is negative or makes a row longer than 300.
    NotConverged
        With residual and iterations; also when a solution is not a resolvent's (a wrong branch).
    """
    x = reals("x", x, 0.0, open_below=True)
    if np.any((x < 1 / _FAR) | (x > _FAR)):
        raise InputError("x", x, f"numbers between {1 / _FAR:g} and {_FAR:g}")
    features = _law(problem, eta, geometry)
    return _density(features, x.ravel()).reshape(x.shape)[()]


def edges(problem: Problem, eta: float, geometry: Geometry | None = None) -> np.ndarray:
    """The intervals that carry the bulk's density.

    They are sought on a grid of 170 points, geometric over seven decades below the top (steps of 10 %), and finer where
    the density dips between them: gaps are found down to 0.1 % of their place. A band narrower than the steps, with
    gaps on either side, is missed. Every edge is located to 1e-6 of itself by the square-root law of the density.

    Parameters
    ----------
    problem, eta, geometry
        As in `density`.

    Returns
    -------
    (bands, 2) array
        Ascending; a band that reaches 0 starts at 0.

    Raises
    ------
    InputError, NotConverged
        As `density`.
    """
    features = _law(problem, eta, geometry)
    return _edges(features)


def outliers(problem: Problem, eta: float, geometry: Geometry | None = None, order: int = 4) -> list[Outlier]:
    """The outliers of F F'/n above its bulk: the real z with det M_A(-z) = 0.

    Those in a gap of the bulk, or below it, are not sought.

    With w the null vector and U(t) = [mu0; t mu1], the cosine of
    the left singular vector with He_k(t)/sqrt(n k!) is <He_k/sqrt(k!), w'U> / sqrt(w' dM_A/dz w). M_B adds no outlier:
    where it is singular, g has a pole, and that is in the bulk.

    Parameters
    ----------
    problem, eta, geometry
        As in `density`.
    order : int
        The cosines are reported for k = 0, ..., `order`.

    Returns
    -------
    list of Outlier
        The largest first.

    Raises
    ------
    InputError, NotConverged
        As `density`; or `order` is no integer of 0 or more.
    """
    order = integer("order", order, 0)
    features = _law(problem, eta, geometry)
    path = descend(features)
    found = []
    for above, below in itertools.pairwise(path):
        for k in range(negative_eigenvalues(features, above), negative_eigenvalues(features, below)):
            root = brentq(
                lambda z, k=k, near=above: along_eigenvalues(features, outside(features, z, near))[0][k],
                position(below),
                position(above),
                xtol=1e-13 * position(above),
            )
            found.append(_outlier(features, outside(features, root, above), k, order))
    return sorted(found, key=lambda outlier: -outlier.position)


def _law(problem: Problem, eta: float, geometry: Geometry | None) -> FeatureLaw:
    # A unit of readout a_j has a variance that grows like a_j^2 for ReLU: the tail of the Gaussian would make a bulk
    # without a top. Among N units the largest |a_j| is about the quantile that one half of a unit exceeds.
    return feature_law(problem, real("eta", eta, 0.0), geometry, float(norm.isf(0.25 / problem.N)))


def _density(features: FeatureLaw, x: np.ndarray) -> np.ndarray:
    found = np.empty(x.shape)
    for batch in np.array_split(np.arange(x.size), -(-x.size // _BATCH)) if x.size else ():
        found[batch] = _trace(features, _on_the_axis(features, x[batch])).imag / np.pi
    return found


def _trace(features: FeatureLaw, state: State) -> np.ndarray:
    """m1 = E_t[1/den]."""
    return (1 / state.den) @ features.weight


def _on_the_axis(features: FeatureLaw, x: np.ndarray) -> State:
    """The fixed point at ridge = -x - i0, continued down from a height where Newton finds it from afar."""
    top, bottom = 3 * np.maximum(x, mean_eigenvalue(features)), _HEIGHT * x
    levels = 2 + int(np.log10(np.max(top / bottom)) / 2)
    while True:
        try:
            return _descended(features, x, top, bottom, levels)
        except NotConverged:
            levels *= 2  # smaller steps down are needed near edges, and to stay on the branch of a resolvent
            if levels > _LEVELS:
                raise


def _descended(features: FeatureLaw, x: np.ndarray, top: np.ndarray, bottom: np.ndarray, levels: int) -> State:
    start = None
    for share in np.linspace(0, 1, levels):
        state = fixed_point.solve(features, -x - 1j * top ** (1 - share) * bottom**share, start)
        start = state.den, state.g
    # den, g and the diagonal g/ridge of the other resolvent have the signs of Stieltjes transforms on the right branch.
    signs = (-state.den, -state.g, state.g / state.ridge[:, None])
    if min((value.imag / abs(value)).min() for value in signs) < -_DARK:
        what = f"the fixed point at ridge = {state.ridge[0]:g}, found on a branch that is not a resolvent's"
        raise NotConverged(what, float(state.residual.max()), int(state.iterations.max()))
    return state


def _edges(features: FeatureLaw) -> np.ndarray:
    top = 1.05 * max(position(descend(features)[-1]), mean_eigenvalue(features))
    x = top * np.geomspace(1e-7, 1, _SCAN)
    while _density(features, x[-1:])[0] * x[-1] > _DARK:
        x = 2 * x
    height = _density(features, x) * x
    dips = 1 + np.flatnonzero((height[1:-1] < height[:-2]) & (height[1:-1] <= height[2:]) & (height[1:-1] > _DARK))
    darkest = [_darkest(features, x[k - 1], x[k + 1]) for k in dips]
    x, height = np.append(x, [place for place, _ in darkest]), np.append(height, [value for _, value in darkest])
    x, lit = x[np.argsort(x)], height[np.argsort(x)] > _DARK
    change = np.flatnonzero(lit[1:] != lit[:-1])
    found = [_edge(features, *((x[i + 1], x[i]) if lit[i + 1] else (x[i], x[i + 1]))) for i in change]
    return np.reshape([0.0] * bool(lit[0]) + found, (-1, 2))


def _darkest(features: FeatureLaw, low: float, high: float) -> tuple[float, float]:
    """Where x density(x) is least between two points, and what it is there; the first dark point if there is one."""
    while True:
        x = np.linspace(low, high, 9)[1:-1]
        height = _density(features, x) * x
        k = int(np.argmin(height))
        if height[k] <= _DARK or high - low < _RESOLUTION * high:
            return x[k], height[k]
        low, high = x[k] - (x[1] - x[0]), x[k] + (x[1] - x[0])


def _edge(features: FeatureLaw, inside: float, outside: float) -> float:
    """The zero of the density between two points, of which it is positive at `inside`."""
    for _ in range(10):  # until closer than the narrowest gap is wide
        middle = (inside + outside) / 2
        if _density(features, np.array([middle]))[0] * middle > _DARK:
            inside = middle
        else:
            outside = middle
    for _ in range(4):
        # density^2 vanishes linearly: extrapolate from two points inside, then from two points twenty times nearer.
        near, far = np.square(_density(features, inside - np.array([0.0, (outside - inside) / 2])))
        outside = inside + near / (far - near) * (outside - inside) / 2
        edge, inside = outside, outside + (inside - outside) / 20
    return float(edge)


def _outlier(features: FeatureLaw, state: State, k: int, order: int) -> Outlier:
    log_den, log_g = fixed_point.response(features, state, -np.ones_like(state.den))
    inverse = features.weight / state.den[0]
    if features.rows is None:
        along, _ = blocks(features, state.g)
        w = along_eigenvalues(features, state)[1][:, k]
        f = w @ along.U[0]
        growth = -inverse * log_den[0] @ f**2 - w**2 @ log_g[0][along.owner]  # w' dM_A/dz w
    else:
        _, coordinates, part = coupled.pencil(features, state)
        f, growth = coupled.growth(features, state, coordinates[:, k], part, log_den[0], log_g[0])
    cosines = basis(features.t, order) @ (inverse * f) / np.sqrt(growth)
    return Outlier(position(state), cosines * np.sign(cosines[np.argmax(np.abs(cosines))]))
