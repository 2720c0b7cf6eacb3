"""The geometry of a step as n -> infinity, and which geometry a theory takes."""

import math
from dataclasses import replace

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.covariance import limit_direction


def limit_geometry(problem: Problem) -> Geometry:
    """The geometry as n -> infinity, which all theory takes where no other is given.

        |beta|^2 = c_{*,1}^2 + (d/n_gradient) E y^2,   rho = c_{*,1}/|beta|,
        kappa = (d/n_gradient) E y^2 Var sigma'(Z) / (c_1 |beta|)^2,   E y^2 = c_*^2 + noise_std^2,
        zeta = 2 c_2 c_{*,0} / (c_1 |beta|)

    Row j of the gradient is c_1 a_j beta, plus noise of length sqrt(kappa) |c_1 a_j beta|, plus
    2 c_2 a_j (X' diag(y) X/n) w_j, whose mean is 2 c_2 c_{*,0} a_j w_j. Both additions are of vanishing operator norm,
    but on the scale of the shift that makes the spikes. Sources: Ba et al. 2022 (arXiv:2205.01445) for |beta| and rho;
    the book's chapters "Improvement" for kappa and "From lazy to maximal" for the mean.

    With inputs of covariance Sigma, `covariance.limit_direction` has |beta| and rho; kappa has the factor tr Sigma^2/d
    and zeta too; zeta also adds zeta^2 (tr Sigma^3 d/(tr Sigma^2)^2 - 1) to kappa.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.

    Returns
    -------
    Geometry
        With `lengthening` and `drift` as numbers.

    Raises
    ------
    InputError
        The first output is of order one: beta then depends on W0 and a, and no formula here knows that.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import limit_geometry
    >>> geometry = limit_geometry(Problem(n=2000, d=1000, N=1500))
    >>> round(geometry.beta_norm, 4), round(geometry.cosine, 4), round(geometry.lengthening, 4)
    (1.3693, 0.7303, 0.124)
    """
    _known(problem)
    first, labels = problem.target[1], problem.target.second_moment + problem.noise_variance
    if (levels := problem.levels) is None:
        norm = math.sqrt(first**2 + problem.phi_gradient * labels)
        return chosen(problem, Geometry(norm, first / norm))
    return chosen(problem, Geometry(*limit_direction(levels, first, problem.phi_gradient * labels)))


def published_geometry(problem: Problem) -> Geometry:
    """`limit_geometry` with rows of unit length: the spikes t^k of Moniri et al. (arXiv:2310.07891).

    For an activation with c_2 != 0 it is not the limit of the network, however large n; it is here to be compared.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.

    Returns
    -------
    Geometry
        With no lengthening and no drift.

    Raises
    ------
    InputError
        As `limit_geometry`.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import published_geometry
    >>> published_geometry(Problem(n=2000, d=1000, N=1500)).lengthening
    0.0
    """
    return replace(limit_geometry(problem), lengthening=0.0, drift=0.0)


def lengthening_of(problem: Problem, beta_norm: float) -> float:
    """kappa of `limit_geometry` for a |beta| that may be measured."""
    size = (problem.student[1] * beta_norm) ** 2
    labels = problem.target.second_moment + problem.noise_variance
    noise = problem.phi_gradient * labels * problem.student.slope_variance
    kappa = noise / size if noise > 0 else 0.0
    if (levels := problem.levels) is None:
        return kappa
    return kappa * levels.second + drift_of(problem, beta_norm) ** 2 * levels.unevenness


def drift_of(problem: Problem, beta_norm: float) -> float:
    """zeta of `limit_geometry` for a |beta| that may be measured."""
    zeta = 2 * problem.student[2] * problem.target[0] / (problem.student[1] * beta_norm)
    return zeta if (levels := problem.levels) is None else zeta * levels.second


def chosen(problem: Problem, geometry: Geometry | None) -> Geometry:
    """`geometry` with its `lengthening` and `drift` filled in, or the limit where there is none.

    Raises
    ------
    InputError
        It is not a `Geometry`; or as `limit_geometry`.
    """
    if geometry is None:
        return limit_geometry(problem)
    if not isinstance(geometry, Geometry):
        raise InputError("geometry", geometry, "None, or a Geometry such as Geometry.measured(...)")
    _known(problem)
    if geometry.lengthening is None:
        geometry = replace(geometry, lengthening=lengthening_of(problem, geometry.beta_norm))
    if geometry.drift is None:
        geometry = replace(geometry, drift=drift_of(problem, geometry.beta_norm))
    return geometry


def _known(problem: Problem) -> None:
    """Refuse what no theory of the step is written for."""
    if problem.first_output != "mean_field":
        allowed = "mean_field; after an output of order one the step's direction depends on the untrained weights"
        raise InputError("first_output", problem.first_output, allowed)
