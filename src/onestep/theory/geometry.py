"""The geometry of a step as n -> infinity, and which geometry a theory takes."""

import math
from dataclasses import replace

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.problem import Problem


def limit_geometry(problem: Problem) -> Geometry:
    """The geometry as n -> infinity.

        |beta|^2 = c_{*,1}^2 + (d/n_gradient) E y^2,   rho = c_{*,1}/|beta|,
        kappa = (d/n_gradient) E y^2 Var sigma'(Z) / (c_1 |beta|)^2,   E y^2 = c_*^2 + noise_std^2

    Row j of the gradient is c_1 a_j beta plus noise of length sqrt(kappa) |c_1 a_j beta|: of vanishing operator norm,
    but on the scale of the shift that makes the even spikes. Sources: Ba et al. 2022 (arXiv:2205.01445) for |beta| and
    rho; the book's chapter "Improvement" for kappa.

    Raises
    ------
    InputError
        The first output is of order one, where the gradient is not c_1 a beta' plus noise.
    """
    problem.need_isotropic_inputs()
    if problem.first_output != "mean_field":
        raise InputError("first_output", problem.first_output, "mean_field, where the gradient is of rank one")
    first, labels = problem.target[1], problem.target.second_moment + problem.noise_variance
    norm = math.sqrt(first**2 + problem.phi_gradient * labels)
    return Geometry(norm, first / norm, lengthening=lengthening(problem, norm))


def published_geometry(problem: Problem) -> Geometry:
    """`limit_geometry` without the lengthening of the rows: the spikes t^k of Moniri et al. (arXiv:2310.07891).

    For an activation with c_2 != 0 it is not the limit of the network, however large n; it is here to be compared.
    """
    return replace(limit_geometry(problem), lengthening=0.0)


def lengthening(problem: Problem, beta_norm: float) -> float:
    """kappa = (d/n_gradient) E y^2 Var sigma'(Z) / (c_1 |beta|)^2 for a |beta| that may be measured."""
    size = (problem.student[1] * beta_norm) ** 2
    labels = problem.target.second_moment + problem.noise_variance
    noise = problem.phi_gradient * labels * problem.student.slope_variance
    return noise / size if noise > 0 else 0.0


def chosen(problem: Problem, geometry: Geometry | None, default=limit_geometry) -> Geometry:
    """`geometry` with its `lengthening` filled in, or `default(problem)` where there is none.

    Raises
    ------
    InputError
        It is not a `Geometry`; or as `limit_geometry`.
    """
    problem.need_isotropic_inputs()
    if geometry is None:
        return default(problem)
    if not isinstance(geometry, Geometry):
        raise InputError("geometry", geometry, "None, or a Geometry such as Geometry.measured(...)")
    if geometry.lengthening is None:
        return replace(geometry, lengthening=lengthening(problem, geometry.beta_norm))
    return geometry
