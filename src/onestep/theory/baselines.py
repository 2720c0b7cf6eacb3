"""What the network is measured against: ridge regression on x itself, and the Bayes error.

The linear model sees y = c_{*,1} beta_star . x + noise of variance s^2 = c_*^2 - c_{*,1}^2 + noise_std^2 (everything
in the teacher that x does not explain linearly is uncorrelated with x). X'X/n is a Wishart matrix of ratio d/n, the
bulk of `equation` with c_1 = 0 and d columns (Dobriban & Wager 2018, arXiv:1507.03003).
"""

import numpy as np

from onestep.checks import reals
from onestep.problem import Problem
from onestep.theory import covariance
from onestep.theory.equation import Bulk, solve
from onestep.theory.ridge_errors import minimum


def linear_errors(problem: Problem, ridge, *, intercept: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of min_b (1/n)|y - X b|^2 + ridge |b|^2 on the ridge batch, the penalty included in train.

    train = ridge (c_{*,1}^2 u/phi + s^2 m1),   test = -(d(train/ridge)/dridge) / m1^2.

    Parameters
    ----------
    ridge : float or array
        > 0.
    intercept : bool
        True for a model with an unpenalised intercept, which removes c_{*,0}^2 from s^2; the network itself has none,
        but its spikes may learn the constant.

    Returns
    -------
    train, test : float or array of the shape of `ridge`

    Raises
    ------
    InputError
        A ridge is not positive.
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
    """(ridge, test error) of the linear model at the best ridge in [1e-8, 1e4]."""
    return minimum(lambda ridge: linear_errors(problem, ridge, intercept=intercept)[1])


def bayes_error(problem: Problem) -> float:
    """noise_std^2, the test error of the teacher itself."""
    return problem.noise_variance
