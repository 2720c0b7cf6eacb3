import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.theory.baselines import bayes_error, best_linear, linear_errors, unexplained
from onestep.theory.ridge_errors import excess
from onestep.theory.ridge_errors import test_error as network_error


def test_a_linear_fit_of_drawn_data():
    problem = Problem(n=600, d=300, teacher=(0.6, 1, 0.5))
    rng = np.random.default_rng(3)
    values = []
    for _ in range(30):
        X = rng.standard_normal((problem.n, problem.d))
        y = problem.sigma_star(X[:, 0]) + problem.noise_std * rng.standard_normal(problem.n)
        row = []
        for centre in (1.0, 0.0):
            U, v = X - centre * X.mean(axis=0), y - centre * y.mean()
            b = np.linalg.solve(U.T @ U / problem.n + 0.1 * np.eye(problem.d), U.T @ v / problem.n)
            fresh = (1 - b[0]) ** 2 + b[1:] @ b[1:] + unexplained(problem, intercept=bool(centre))
            row += [np.mean((v - U @ b) ** 2) + 0.1 * b @ b, fresh]
        values.append(row)
    mean, error = np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(30)
    with_intercept, without = linear_errors(problem, 0.1), linear_errors(problem, 0.1, intercept=False)
    assert np.max(np.abs((mean - [*with_intercept, *without]) / error)) < 4
    assert np.max(np.abs((mean - [*without, *with_intercept]) / error)) > 8  # the intercept is noticed


def test_best_ridge_of_the_linear_model_is_the_known_one():
    problem = Problem(n=1000, d=700, teacher=(0.3, 1.3, 0.5))
    for intercept in (True, False):
        ridge, error = best_linear(problem, intercept=intercept)
        exact = problem.phi * unexplained(problem, intercept=intercept) / problem.target[1] ** 2
        assert ridge == pytest.approx(exact, rel=1e-4)
        assert error == pytest.approx(linear_errors(problem, exact, intercept=intercept)[1], rel=1e-10)


@pytest.mark.parametrize("noise_std, end", [(0.0, 1e-8), (1e3, 1e4)])
def test_a_best_ridge_beyond_the_range_is_an_end_of_it(noise_std, end):
    problem = Problem(n=1000, d=700, teacher=(0.0, 1.0), noise_std=noise_std)
    assert best_linear(problem)[0] == pytest.approx(end, rel=1e-9)


def test_linear_limits():
    problem = Problem(n=10**7, d=10, teacher=(0.3, 1, 0.5))
    assert linear_errors(problem, 1e-8)[1] == pytest.approx(unexplained(problem), rel=1e-5)
    total = problem.target.second_moment - problem.target[0] ** 2 + problem.noise_variance
    np.testing.assert_allclose(linear_errors(problem, 1e9), total, rtol=1e-6)


def test_excess_is_over_the_bayes_error():
    problem = Problem()
    assert excess(problem, 0.1) == network_error(problem, 0.1) - bayes_error(problem)
    assert bayes_error(problem) == 0.25


def test_refused():
    with pytest.raises(InputError, match="ridge"):
        linear_errors(Problem(), 0.0)
