"""What the fitted network makes of its inputs, for every step size: its mean, given the coordinate along the step."""

from dataclasses import dataclass

import numpy as np

from onestep.checks import choice, real
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import coupled, fixed_point, structured_errors
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.ridge_errors import NOISES, blocks, fit_block


@dataclass(frozen=True, eq=False)
class Fits:
    """What the network makes of x after the fit, given t, beside what the labels are: the teacher seen through a step.

    Attributes
    ----------
    t, weight : (T,) array
        Nodes of t = beta . x / |beta|, and their weights.
    along : (T,) array
        E[f(x) | t] of the fitted network f.
    across : (k, T) array
        E[f(x) u_j | t] for the k directions across beta on which the labels depend: u_1 in the plane of
        beta and the first row of `teacher.frame`, then the other rows.
    labels_along, labels_across : array
        The same of y in the place of f(x).

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> found = any_step.fits(Problem(n=400, d=200, N=300), ridge=0.1, eta=5.0)
    >>> round(float(found.weight.sum()), 6)
    1.0
    """

    t: np.ndarray
    weight: np.ndarray
    along: np.ndarray
    across: np.ndarray
    labels_along: np.ndarray
    labels_across: np.ndarray


def fits(
    problem: Problem, ridge: float, eta: float, geometry: Geometry | None = None, noise: str = "isotropic"
) -> Fits:
    """What the fitted network knows, given t, for one ridge and one step; see `solve` for arguments and errors.

    The residual that leave-one-out predicts for a row at t has the mean g0 - f_A, so that f_A is the mean prediction,
    and in the same way along u_j. Derived for the book, chapter "Many directions".

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float
        Penalty > 0 and step size >= 0.
    geometry : Geometry or None
        As in `solve`, like `noise` and what is raised.
    noise : "isotropic" or "structured"
        Of the gradient.

    Returns
    -------
    Fits
        Mean predictions, given t.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> found = any_step.fits(Problem(n=400, d=200, N=300), ridge=0.1, eta=5.0)
    >>> round(float(found.weight @ (found.t * found.along)), 3)
    0.694
    """
    ridge, eta = real("ridge", ridge, 0.0, open_below=True), real("eta", eta, 0.0)
    if choice("noise", noise, NOISES) == "structured":
        features, fit = structured_errors.fits(problem, eta, ridge, geometry)
        return Fits(features.t, features.weight, fit.along, fit.across, features.g0, features.g1)
    features = feature_law(problem, eta, geometry)
    state = fixed_point.solve(features, np.array([ridge]))
    if features.rows is not None:
        fitted = coupled.solve(features, state.den, state.g, fixed_point.gamma(features, state.g))
        return Fits(features.t, features.weight, fitted.along[0], fitted.across, features.g0, features.g1)
    along, across = (fit_block(features, state.den, block)[2][0] for block in blocks(features, state.g))
    return Fits(features.t, features.weight, along[0], across, features.g0, features.g1)
