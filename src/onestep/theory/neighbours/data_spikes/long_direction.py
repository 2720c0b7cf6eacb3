"""Inputs with one long direction: random features, ridge regression and least squares on them."""

import math
from dataclasses import replace

import numpy as np

from onestep.checks import InputError, choice, real, reals
from onestep.geometry import Geometry
from onestep.inputs import Covariance, Levels
from onestep.problem import Problem
from onestep.theory import any_step, covariance
from onestep.theory.ridge_errors import minimum

_NO_NOISE = 10**15  # rows of a gradient batch, for a direction that is known exactly


def equivalent_step(problem: Problem, spike: float, alignment: float) -> tuple[float, Geometry]:
    """The step on the weights whose features have the law of an untrained network on spiked inputs.

    x = z + sqrt(spike) c gamma with z ~ N(0, I), c ~ N(0, 1), and the label depends on xi . x/sqrt(1 + spike zeta^2),
    zeta = xi . gamma. Then eta = sqrt(spike N/d)/|c_1|, |beta| = 1, and the direction of the step has the cosine
    zeta sqrt(1 + spike)/sqrt(1 + spike zeta^2) with the teacher's, in coordinates where x has covariance I.

    Parameters
    ----------
    problem : Problem
        Its gradient batch plays no part.
    spike : float
        >= 0.
    alignment : float
        zeta, from -1 to 1.

    Returns
    -------
    (float, Geometry)

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    spike, zeta = _checked(problem, spike, alignment)
    cosine = zeta * math.sqrt(1 + spike) / math.sqrt(1 + spike * zeta**2)
    geometry = Geometry(1.0, max(-1.0, min(1.0, cosine)), lengthening=0.0, drift=0.0)
    return math.sqrt(spike * problem.N / problem.d) / abs(problem.student[1]), geometry


def errors(problem: Problem, spike: float, alignment: float, ridge) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of ridge regression on the features of an untrained network, inputs with one long direction.

    Parameters
    ----------
    problem, spike, alignment
        As in `equivalent_step`.
    ridge : float or array
        > 0.

    Returns
    -------
    two arrays of the shape of `ridge`

    Raises
    ------
    InputError, NotConverged
        As `equivalent_step` and `onestep.theory.any_step.errors`.
    """
    eta, geometry = equivalent_step(problem, spike, alignment)
    return any_step.errors(replace(problem, n_gradient=_NO_NOISE), ridge, eta, geometry)


def best(problem: Problem, spike: float, alignment: float) -> tuple[float, float]:
    """(ridge, test error) of `errors` at its best ridge. Parameters and errors are those of `errors`."""
    return minimum(lambda ridge: errors(problem, spike, alignment, ridge)[1])


def linear_errors(problem: Problem, spike: float, alignment: float, ridge) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of ridge regression on x itself. Parameters and errors are those of `errors`."""
    spike, zeta = _checked(problem, spike, alignment)
    levels, mean = _spiked(problem.d, spike, zeta)
    first, noise = problem.target[1] ** 2, problem.noise_variance + problem.target.second_moment
    ridge = reals("ridge", ridge, 0.0, open_below=True) / mean
    return covariance.linear_errors(levels, ridge, problem.phi, first * levels.signal, noise - first)


def best_linear(problem: Problem, spike: float, alignment: float) -> tuple[float, float]:
    """(ridge, test error) of `linear_errors` at its best ridge. Parameters and errors are those of `errors`."""
    return minimum(lambda ridge: linear_errors(problem, spike, alignment, ridge)[1])


def least_squares(aspect: float, spike: float, alignment: float, noise_std: float, label: str = "input") -> float:
    """Excess test error of the shortest least-squares solution, x ~ N(0, I + spike u u'), |beta| = 1.

    With c = d/n, A = alignment^2 and c > 1, for labels y = beta . x + noise ("input"),

        noise^2/(c - 1) + (1 - 1/c)(1 - A) + A c (c - 1)(1 + spike)/(c + spike)^2,

    and for labels that see the spike's coordinate only, y = alignment sqrt(spike) v + noise ("spike"), with
    M = A spike/(1 + spike), M + (noise^2 + M)/(c - 1) + A spike^2 c (c - 1)/((1 + spike)(c + spike)^2).
    For c < 1 they are noise^2 c/(1 - c) and M + (noise^2 + M) c/(1 - c).

    Parameters
    ----------
    aspect : float
        c = d/n > 0, other than 1.
    spike, noise_std : float
        >= 0.
    alignment : float
        beta . u, from -1 to 1.
    label : str
        "input" or "spike".

    Returns
    -------
    float
        Without the label noise; for "spike" against the label without noise.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    c, spike = real("aspect", aspect, 0.0, open_below=True), real("spike", spike, 0.0)
    A, noise = _cosine(alignment) ** 2, real("noise_std", noise_std, 0.0) ** 2
    if c == 1.0:
        raise InputError("aspect", aspect, "a number other than 1, where the error is infinite")
    if choice("label", label, ("input", "spike")) == "input":
        if c < 1:
            return noise * c / (1 - c)
        return noise / (c - 1) + (1 - 1 / c) * (1 - A) + A * c * (c - 1) * (1 + spike) / (c + spike) ** 2
    missed = A * spike / (1 + spike)
    if c < 1:
        return missed + (noise + missed) * c / (1 - c)
    learned = A * spike**2 * c * (c - 1) / ((1 + spike) * (c + spike) ** 2)
    return missed + (noise + missed) / (c - 1) + learned


def _spiked(d: int, spike: float, zeta: float) -> tuple[Levels, float]:
    """The levels of I + spike gamma gamma', scaled to mean 1, and the mean that was taken off."""
    shares = (1 / d, 1 - 1 / d)
    return Covariance((1 + spike, 1.0), shares, (zeta**2, 1 - zeta**2)).levels(d), 1 + spike / d


def _checked(problem: Problem, spike: float, alignment: float) -> tuple[float, float]:
    if not isinstance(problem, Problem) or problem.levels is not None:
        raise InputError("problem", problem, "a Problem with isotropic inputs")
    return real("spike", spike, 0.0), _cosine(alignment)


def _cosine(alignment: float) -> float:
    alignment = real("alignment", alignment)
    if abs(alignment) > 1:
        raise InputError("alignment", alignment, "a number from -1 to 1")
    return alignment
