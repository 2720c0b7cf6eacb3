"""One neuron trained to the end, n of the order of d: the state evolution of ridge, Huber and logistic regression.

    theta = argmin (1/n) sum_i l(y_i, x_i . theta) + (ridge/2) |theta|^2,   x ~ N(0, I_d),   phi = d/n,

in the form derived here, after Cui (arXiv:2409.13904). With m = beta_star . theta, q = |theta|^2 and V the weight of a
row in its own prediction, omega ~ N(0, q) is the prediction of a row that was left out, and the fit moves it to
omega + V g, g = -l'(y, omega + V g). Then, with chi = E l''/(1 + V l''),

    V = phi/(ridge + chi),   m = E[z g]/ridge,   q = ((m (ridge + chi))^2 + phi E g^2)/(ridge + chi)^2.
"""

import math

import numpy as np
from scipy import special

from onestep.checks import InputError, real
from onestep.hermite import gaussian_rule
from onestep.problem import Problem
from onestep.theory.neighbours.narrow_networks.evolution import Overlaps, following, iterated, residual


def square(problem: Problem, ridge: float) -> Overlaps:
    """Ridge regression, l = (y - p)^2/2: a closed form.

    chi = 1/(1 + V), m = c chi/(ridge + chi) and q = chi^2 (c^2 + phi (E y^2 - 2 c m))/((ridge + chi)^2 - phi chi^2),
    with c = c_{*,1}. For ridge -> infinity theta is proportional to the direction X'y/n of the gradient step.

    Parameters
    ----------
    problem : Problem
        Isotropic inputs, a teacher of one direction without a constant.
    ridge : float
        > 0.

    Returns
    -------
    Overlaps

    Raises
    ------
    InputError
        A problem or a ridge of another kind.
    """
    c, second = _target(problem)
    phi, ridge = problem.phi, real("ridge", ridge, 1e-12)
    if ridge > 1e12:
        raise InputError("ridge", ridge, "a number from 1e-12 to 1e12")
    gap = phi - ridge - 1
    root = math.hypot(gap, 2 * math.sqrt(ridge * phi))
    V = (gap + root) / (2 * ridge) if gap > 0 else 2 * phi / (root - gap)  # neither form loses digits
    chi = 1 / (1 + V)
    m = c * chi / (ridge + chi)
    q = chi**2 * (c**2 + phi * (second - 2 * c * m)) / ((ridge + chi) ** 2 - phi * chi**2)
    start = np.array([m, q, V])
    return Overlaps(m, q, V, residual(start, following(*_square_moments(c, second, m, q, V), m, phi, ridge)), 0)


def huber(problem: Problem, ridge: float, delta: float = 1.0) -> Overlaps:
    """Huber's loss: (y - p)^2/2 up to |y - p| = delta, linear beyond.

    Parameters
    ----------
    problem, ridge
        As in `square`.
    delta : float
        > 0.

    Raises
    ------
    InputError
        As `square`, or a delta that is not positive.
    NotConverged
        The iteration does not settle.
    """
    c, second = _target(problem)
    phi, ridge = problem.phi, real("ridge", ridge, 0.0, open_below=True)
    delta = real("delta", delta, 0.0, open_below=True)
    z, weights = gaussian_rule(problem.sigma_star.kinks)
    label = problem.sigma_star(z)

    def moments(m: float, q: float, V: float) -> tuple[float, float, float]:
        """E[z g], chi and E g^2: given z, the residual y - omega is Gaussian, and g is its clipped value."""
        spread = math.sqrt(problem.noise_variance + max(q - m * m, 0.0))
        bound = delta * (1 + V)
        centre = label - m * z
        low, high = (-bound - centre) / spread, (bound - centre) / spread
        below, inside, above = special.ndtr(low), special.ndtr(high) - special.ndtr(low), special.ndtr(-high)
        density_low, density_high = (np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) for x in (low, high))
        first = centre * inside + spread * (density_low - density_high)
        square = (centre**2 + spread**2) * inside + spread * (
            (centre - bound) * density_low - (centre + bound) * density_high
        )
        g = first / (1 + V) + delta * (above - below)
        g_square = square / (1 + V) ** 2 + delta**2 * (above + below)
        return float(weights @ (z * g)), float(weights @ inside) / (1 + V), float(weights @ g_square)

    return iterated(moments, (c / (1 + ridge), second, phi), phi, ridge, "Huber regression")


def best_cosine(problem: Problem) -> float:
    """Cosine of theta and beta_star for ridge regression at its best ridge, phi (E y^2 - c^2)/c^2, c = c_{*,1}.

    r = cosine^2 solves r = 1/(1 + phi ((E y^2 - c^2)/c^2 + 1 - r)). The gradient step has 1 in the place of 1 - r.

    Raises
    ------
    InputError
        As `square`, or a teacher without a linear part.
    """
    c, second = _target(problem)
    if c == 0.0:
        raise InputError("teacher", problem.teacher, "one with c_{*,1} != 0")
    middle = 1 + problem.phi * second / c**2
    return math.sqrt(2 / (middle + math.sqrt(middle**2 - 4 * problem.phi)))


def _target(problem: Problem) -> tuple[float, float]:
    """c_{*,1} and E y^2."""
    if not isinstance(problem, Problem) or problem.levels is not None or problem.directions > 1:
        raise InputError("problem", problem, "a Problem with isotropic inputs and a teacher of one direction")
    if problem.target[0] != 0.0:
        raise InputError("teacher", problem.teacher, "one without a constant: the model has no intercept")
    return problem.target[1], problem.target.second_moment + problem.noise_variance


def _square_moments(c: float, second: float, m: float, q: float, V: float) -> tuple[float, float, float]:
    return (c - m) / (1 + V), 1 / (1 + V), (second - 2 * c * m + q) / (1 + V) ** 2
