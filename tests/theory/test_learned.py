"""The learned coefficients against their formula written out, their limits, and networks."""

import math

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.book.statistics import chance, over_seeds
from onestep.hermite import basis, monomials_in_hermite
from onestep.simulation import network, sample
from onestep.simulation.ridge import path
from onestep.theory import learned, limit_geometry, traces
from onestep.theory.terms import kept_orders

PROBLEM = Problem(n=1000, d=300, N=700, activation=(0.0, 0.8, 0.4, 0.2), teacher=(0.0, 1.0, 0.5, 0.2))


def written_out(problem, ridge, eta, degree):
    """w = M^-1 v with M = T D T' + S, matrix by matrix."""
    trace, geometry = traces(problem, ridge), limit_geometry(problem)
    k = np.array(kept_orders(problem, geometry))
    j = np.arange(max(k.max(), degree) + 1)
    D = trace.m1 * np.array([float(math.factorial(i)) for i in j])
    D[1] = trace.m2
    T = monomials_in_hermite(j[-1])[k] * (1 + geometry.lengthening) ** (np.maximum(k[:, None] - j, 0) / 2)
    theta = problem.student[1] ** k * np.array([problem.student[int(i)] for i in k]) * (eta * geometry.beta_norm) ** k
    z, w = np.polynomial.hermite_e.hermegauss(30)
    V = np.einsum("i,ij,ik->jk", w / w.sum(), z[:, None] ** k, z[:, None] ** k)
    V *= problem.N ** (1 - (k[:, None] + k) / 2)
    S = problem.phi / (problem.psi * trace.q) * np.linalg.inv(np.outer(theta, theta) * V)
    target = np.array([problem.target[int(i)] for i in j])
    along = T.T @ np.linalg.solve(T @ np.diag(D) @ T.T + S, T @ (D * target * geometry.cosine**j))
    found = geometry.cosine**j * along
    found[1] = target[1] - trace.m2 / trace.m1 * (target[1] - found[1])
    return found[1 : degree + 1]


@pytest.mark.parametrize("eta", [0.3, 3.0, 30.0])
@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_formula_written_out(eta, ridge):
    np.testing.assert_allclose(
        learned(PROBLEM, ridge, eta, 5), written_out(PROBLEM, ridge, eta, 5), rtol=1e-6, atol=1e-9
    )


def test_no_step_is_the_limit_of_small_steps_and_learns_degree_one_only():
    still = learned(PROBLEM, 0.1, 0.0, 4)
    np.testing.assert_allclose(learned(PROBLEM, 0.1, 1e-6, 4), still, atol=1e-8)
    assert 0 < still[0] < 1
    assert not np.any(still[1:])


def test_networks_learn_what_is_predicted_and_not_what_weaker_steps_would_teach():
    problem, eta = Problem(n=600, d=150, N=450, activation="softplus", teacher=(0.0, 1.0, 0.5)), 6.0

    def measured(seed):
        draw = sample.draw(problem, seed, 2000)
        step = network.gradient(problem, draw.W0, draw.a, draw.gradient)
        fit = path(network.features(problem, draw.ridge.X, draw.W0, step.matrix, eta), draw.ridge.y, 0.1)
        output = network.predict(problem, draw.test.X, draw.W0, step.matrix, eta, fit.coefficients[:, 0])
        H = basis(draw.test.X @ draw.beta_star, 4) * np.sqrt([math.factorial(k) for k in range(5)])[:, None]
        return np.linalg.lstsq(H.T, output)[0][1:3]

    average = over_seeds([measured(seed) for seed in range(12)])

    def farthest(predicted):
        return np.max(np.abs(average.mean - predicted) / average.standard_error)

    assert farthest(learned(problem, 0.1, eta, 2)) < chance(12, 0.001 / 2)
    assert farthest(learned(problem, 0.1, eta / 3, 2)) > chance(12, 0.001 / 2), "the control"


@pytest.mark.parametrize("arguments", [(0.0, 1.0, 3), (0.1, -1.0, 3), (0.1, 1.0, 0), (0.1, 1.0, 13)])
def test_arguments_out_of_range(arguments):
    with pytest.raises(InputError):
        learned(PROBLEM, *arguments)
