"""Noise of the gradient, replaced: what is kept exactly, and the size and shape of what is drawn."""

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.simulation import OneStep
from onestep.simulation.noise import with_noise


def relative(A, B):
    return np.linalg.norm(A - B) / np.linalg.norm(B)


def test_of_a_quadratic_activation_the_shared_part_is_all_of_the_noise():
    step = OneStep.draw(Problem(n=50, d=20, N=30, activation=(0, 1, 0.4)), 2)
    assert relative(with_noise(step, "shared").G, step.G) < 1e-6
    assert relative(with_noise(step, "structured").G, step.G) < 1e-6
    assert relative(with_noise(step, "isotropic").G, step.G) > 0.3
    assert np.array_equal(with_noise(step, "none").G, step.rank_one)


def test_size_and_covariance_of_what_is_drawn():
    step = OneStep.draw(Problem(n=500, d=20, N=4000, activation="tanh", n_gradient=30), 1)
    X, y = step.gradient_batch.X, step.gradient.residual
    variance = step.problem.student.slope_variance
    second = X.T * y**2 @ X / len(y) ** 2
    for noise, law in (("isotropic", np.eye(20) * (y @ y) / len(y) ** 2), ("structured", second)):
        rest = (with_noise(step, noise).G - step.rank_one) / step.a[:, None]
        found = rest.T @ rest / len(rest) / variance
        assert relative(found, law) < 0.2
        assert relative(found, np.eye(20) * np.trace(second) / 20) > 0.4 or noise == "isotropic"
    assert np.array_equal(with_noise(step, "shared").G, with_noise(step, "isotropic").G)  # c_2 = 0
    assert np.array_equal(with_noise(step, "structured").G, with_noise(step, "structured").G)


def test_what_is_refused():
    step = OneStep.draw(Problem(n=20, d=10, N=10), 0)
    for given in ("white", None, 1, ["isotropic"]):
        with pytest.raises(InputError, match="noise"):
            with_noise(step, given)
    with pytest.raises(InputError, match="step"):
        with_noise(None, "isotropic")
