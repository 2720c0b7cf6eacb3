"""The spectrum of F F'/n after a step of any size: its density, the edges of its bulk, and the outliers outside it."""

import numpy as np
from scipy.stats import norm

from onestep.checks import InputError, choice, integer, real, reals
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import bands
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.isotropic import Isotropic
from onestep.theory.any_step.noise import Step, noise_of
from onestep.theory.any_step.ridge_errors import NOISES
from onestep.theory.any_step.structured_resolvent import Structured
from onestep.theory.geometry import chosen
from onestep.theory.spikes import Outlier

_FAR = 1e100
_SPACING = 0.35  # of the second layer's nodes, where the noise is structured
_WHERE = ("above", "everywhere")


def density(problem: Problem, x, eta: float, geometry: Geometry | None = None, noise: str = "isotropic") -> np.ndarray:
    """Density of the eigenvalues of F F'/n; outliers and an atom at 0 are not included.

        density(x) = Im E_t[1/den(t)] / pi  at ridge = -x - i0

    Source: the book's chapter "From lazy to maximal"; without a step it is that of Moniri et al. (arXiv:2310.07891).

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    x : float or array of any shape
        Positive.
    eta : float
        Step size, 0 or more.
    geometry : Geometry or None
        The numbers through which the step enters; None means the limit.
    noise : "isotropic" or "structured"
        Of the gradient, as in `any_step.solve`; the structured one takes some hundredths of a second for each x, and
        some seconds for edges or outliers.

    Returns
    -------
    float or array of the shape of `x`
        Density per unit of x.

    Raises
    ------
    InputError
        An x outside [1e-100, 1e100], a step that is negative or makes a row longer than 300, an unknown noise, or
        structured noise for inputs with a covariance.
    NotConverged
        With residual and iterations; also when a solution is not a resolvent's (a wrong branch).

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> any_step.density(Problem(n=400, d=200, N=300), [0.1, 1.0], eta=5.0).round(3)
    array([1.019, 0.136])
    """
    x = reals("x", x, 0.0, open_below=True)
    if np.any((x < 1 / _FAR) | (x > _FAR)):
        raise InputError("x", x, f"numbers between {1 / _FAR:g} and {_FAR:g}")
    return _resolvent(problem, eta, geometry, noise).density(x.ravel()).reshape(x.shape)[()]


def edges(problem: Problem, eta: float, geometry: Geometry | None = None, noise: str = "isotropic") -> np.ndarray:
    """The intervals that carry the bulk's density.

    They are sought on a grid of 170 points, geometric over seven decades below the top (steps of 10 %), and finer where
    the density dips between them: gaps are found down to 0.1 % of their place. A band narrower than the steps, with
    gaps on either side, is missed. Every edge is located to 1e-6 of itself by the square-root law of the density.

    Parameters
    ----------
    problem, eta, geometry, noise
        As in `density`.

    Returns
    -------
    (bands, 2) array
        Ascending; a band that reaches 0 starts at 0.

    Raises
    ------
    InputError, NotConverged
        As `density`.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> any_step.edges(Problem(n=400, d=200, N=300, activation="relu"), eta=5.0)[:, 1].round(2)
    array([2.08])
    """
    return bands.bands(_resolvent(problem, eta, geometry, noise))


def outliers(
    problem: Problem,
    eta: float,
    geometry: Geometry | None = None,
    order: int = 4,
    noise: str = "isotropic",
    where: str = "above",
) -> list[Outlier]:
    """The outliers of F F'/n: the real z outside its bulk with det M_A(-z) = 0.

    With w the null vector and U(t) = [mu0; t mu1], the cosine of
    the left singular vector with He_k(t)/sqrt(n k!) is <He_k/sqrt(k!), w'U> / sqrt(w' dM_A/dz w). M_B adds no outlier:
    where it is singular, g has a pole, and that is in the bulk.

    Parameters
    ----------
    problem, eta, geometry, noise
        As in `density`.
    order : int
        The cosines are reported for k = 0, ..., `order`.
    where : "above" or "everywhere"
        Above the bulk only; or also in its gaps and below it, which needs its `edges` first, and seconds.

    Returns
    -------
    list of Outlier
        The largest first.

    Raises
    ------
    InputError, NotConverged
        As `density`; or `order` is no integer of 0 or more, or `where` is unknown.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> [round(outlier.position, 2) for outlier in any_step.outliers(Problem(n=400, d=200, N=300), eta=5.0)]
    [6.92]
    """
    order = integer("order", order, 0)
    choice("where", where, _WHERE)
    resolvent = _resolvent(problem, eta, geometry, noise)
    places = bands.zeros(resolvent, bands.descend(resolvent), resolvent.outside)
    if where == "everywhere":
        places += bands.in_gaps(resolvent)
    found = []
    for state, k in places:
        cosines = resolvent.cosines(state, k, order)
        found.append(Outlier(bands.position(state), cosines * np.sign(cosines[np.argmax(np.abs(cosines))])))
    return sorted(found, key=lambda outlier: -outlier.position)


def _resolvent(problem: Problem, eta: float, geometry: Geometry | None, noise: str) -> Isotropic | Structured:
    # A unit of readout a_j has a variance that grows like a_j^2 for ReLU: the tail of the Gaussian would make a bulk
    # without a top. Among N units the largest |a_j| is about the quantile that one half of a unit exceeds.
    eta, reach = real("eta", eta, 0.0), float(norm.isf(0.25 / problem.N))
    if choice("noise", noise, NOISES) == "isotropic":
        return Isotropic(feature_law(problem, eta, geometry, reach))
    problem.need_isotropic_inputs()
    geometry = chosen(problem, geometry)
    # In the same way y^2 weighs the rows of the gradient batch.
    longest = float(norm.isf(0.25 / problem.rows_gradient))
    features = feature_law(problem, eta, geometry, reach, _SPACING)
    return Structured(Step(features, noise_of(problem, eta, geometry, longest)))
