"""The gradient of a draw with its noise replaced by random matrices of a simpler kind, to see which structure counts.

Row j of G - c_1 a_j beta' is a_j (2 c_2 S_1 w_j + rest), with S_1 = X' diag(y) X/m the same for all units; the rest is
nearly independent between units and has a covariance proportional to S_2 = X' diag(y^2) X/m.
Derived for the book, chapter "Large steps and the structure of noise".
"""

import math

from onestep.checks import InputError, choice
from onestep.simulation.one_step import OneStep
from onestep.simulation.streams import generator, normal

NOISES = ("none", "isotropic", "shared", "structured")


def with_noise(step: OneStep, noise: str) -> OneStep:
    """The same draw, stepping along c_1 a beta' plus noise of the kind `noise`, of the size that the gradient's has.

    Parameters
    ----------
    step : OneStep
    noise : str
        "none"; "isotropic": every row is a_j times a Gaussian vector of its own; "shared": 2 c_2 a_j S_1 w_j as it is,
        and the rest isotropic; "structured": the rest with the covariance S_2, too.

    Returns
    -------
    OneStep
        With the same data and the same `beta`.

    Raises
    ------
    InputError
        `step` is no OneStep, or the kind is unknown.
    """
    if not isinstance(step, OneStep):
        raise InputError("step", step, "a OneStep")
    if choice("noise", noise, NOISES) == "none":
        return step.with_gradient(step.rank_one)
    X, y, problem = step.gradient_batch.X, step.gradient.residual, step.problem
    rng, size, m = generator(step.seed, "equivalent"), problem.student.slope_variance, len(y)
    shared = 0.0
    if noise != "isotropic":
        shared = 2 * problem.student[2] * (step.W0 @ X.T * (y / m)) @ X
        size -= 4 * problem.student[2] ** 2
    if noise == "structured":
        drawn = (normal(rng, (problem.N, m), problem.dtype) * (y / m)) @ X
    else:
        drawn = normal(rng, step.W0.shape, problem.dtype) * (math.sqrt(y @ y) / m)
    return step.with_gradient(step.rank_one + step.a[:, None] * (shared + math.sqrt(max(size, 0.0)) * drawn))
