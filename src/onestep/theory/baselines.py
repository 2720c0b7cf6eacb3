"""What the network is measured against: ridge regression on x itself, and the Bayes error.

The linear model sees y = c_{*,1} beta_star . x + noise of variance s^2 = c_*^2 - c_{*,1}^2 + noise_std^2 (everything
in the teacher that x does not explain linearly is uncorrelated with x). X'X/n is a Wishart matrix of ratio d/n, the
bulk of `equation` with c_1 = 0 and d columns (Dobriban & Wager 2018, arXiv:1507.03003).
"""

import math

import numpy as np

from onestep.checks import InputError, reals
from onestep.problem import Problem
from onestep.theory import covariance
from onestep.theory.equation import Bulk, solve
from onestep.theory.ridge_errors import minimum


def linear_errors(problem: Problem, ridge, *, intercept: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of min_b (1/n)|y - X b|^2 + ridge |b|^2 on the ridge batch, the penalty included in train.

    train = ridge (c_{*,1}^2 u/phi + s^2 m1),   test = -(d(train/ridge)/dridge) / m1^2.

    Parameters
    ----------
    problem : Problem
        Its sizes, teacher and noise count.
    ridge : float or array
        > 0.
    intercept : bool
        True for a model with an unpenalised intercept, which removes c_{*,0}^2 from s^2; the network itself has none,
        but its spikes may learn the constant.

    Returns
    -------
    train, test : float or array of the shape of `ridge`
        Both in the square of the unit of y.

    Raises
    ------
    InputError
        A ridge is not positive.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import linear_errors
    >>> train, test = linear_errors(Problem(n=2000, d=1000), ridge=0.1)
    >>> round(float(train), 4), round(float(test), 4)
    (0.5158, 1.2113)
    """
    ridge = reals("ridge", ridge, 0.0, open_below=True)
    first = problem.target[1] ** 2
    noise = unexplained(problem, intercept=intercept)
    if (levels := problem.levels) is not None:
        return covariance.linear_errors(levels, ridge, problem.phi, first * levels.signal, noise)
    found = solve(Bulk(problem.phi, 1.0, 0.0, 1.0), ridge)
    train = found.p * (first * found.q / problem.phi + noise)
    test = (first * found.q**2 / problem.phi + noise * problem.phi) / (found.u * (found.p + found.q + ridge))
    return train[()], test[()]


def unexplained(problem: Problem, *, intercept: bool = True) -> float:
    """Test error of the best linear function: c_*^2 - c_{*,1}^2 + noise_std^2, less c_{*,0}^2 with an intercept."""
    constant = problem.target[0] ** 2 if intercept else 0.0
    return problem.target.second_moment - problem.target[1] ** 2 - constant + problem.noise_variance


def best_linear(problem: Problem, *, intercept: bool = True) -> tuple[float, float]:
    """The linear model at the best ridge in [1e-8, 1e4].

    Parameters
    ----------
    problem : Problem
        Its sizes, teacher and noise count.
    intercept : bool
        As in `linear_errors`.

    Returns
    -------
    ridge, test : float
        The penalty, and the test error there.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import best_linear
    >>> ridge, test = best_linear(Problem(n=2000, d=1000))
    >>> round(ridge, 2), round(test, 4)
    (0.38, 1.1061)
    """
    return minimum(lambda ridge: linear_errors(problem, ridge, intercept=intercept)[1])


def kernel_errors(problem: Problem, ridge) -> np.ndarray:
    """Test error of min_f (1/n)|y - f(X)|^2 + (ridge/d)|f|^2 in the kernel space of infinitely many untrained units.

    In the proportional limit the kernel is c_1^2 x . x'/d plus c_>^2 on the diagonal, up to what labels without a mean
    do not see: ridge regression on x without an intercept, at the penalty (ridge + c_>^2 d/n)/c_1^2. In the form
    derived here; El Karoui 2010 (arXiv:1001.0492) has the limit of the kernel matrix.

    Parameters
    ----------
    ridge : float or array
        >= 0, in units of 1/d, the size of the kernel's eigenvalues over n.

    Returns
    -------
    float or array of the shape of `ridge`

    Raises
    ------
    InputError
        A ridge is negative, the labels have a mean, or the inputs a covariance.
    """
    ridge = reals("ridge", ridge, 0.0)
    problem.need_isotropic_inputs()
    if problem.target[0] != 0:
        raise InputError("teacher", problem.teacher, "one without a mean, c_{*,0} = 0")
    return linear_errors(problem, _implicit(problem, ridge), intercept=False)[1]


def best_kernel(problem: Problem) -> tuple[float, float]:
    """(ridge, test error) of `kernel_errors` at its best ridge; 0 where its own noise c_>^2 is penalty enough.

    The penalty of the best linear function is d s^2/(n c_{*,1}^2), with s^2 of `unexplained`.
    """
    first = problem.target[1] ** 2
    best = problem.phi * unexplained(problem, intercept=False) / first if first > 0 else math.inf
    if not math.isfinite(best):
        raise InputError("teacher", problem.teacher, "one with a linear part, c_{*,1} != 0")
    ridge = max(best * problem.student[1] ** 2 - problem.phi * _noise(problem), 0.0)
    return ridge, float(kernel_errors(problem, ridge))


def _implicit(problem: Problem, ridge: np.ndarray) -> np.ndarray:
    """The penalty on linear functions that comes with `ridge`."""
    return (ridge + problem.phi * _noise(problem)) / problem.student[1] ** 2


def _noise(problem: Problem) -> float:
    """c_>^2 of the untrained features."""
    return problem.student.second_moment - problem.student[1] ** 2


def bayes_error(problem: Problem) -> float:
    """noise_std^2, the test error of the teacher itself.

    Parameters
    ----------
    problem : Problem
        Its noise counts.

    Returns
    -------
    float
        noise_std^2.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import bayes_error
    >>> bayes_error(Problem(noise_std=0.5))
    0.25
    """
    return problem.noise_variance
