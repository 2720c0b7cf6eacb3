"""Labels of several directions: how they are drawn, and what a seed keeps."""

import math

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.inputs import Covariance
from onestep.simulation import OneStep, run, sample
from onestep.teachers import hermite_tensor

PAIR = hermite_tensor({(1, 0): 1, (1, 1): 1})
SMALL = {"n": 60, "d": 40, "N": 50}


def test_directions_are_orthonormal_and_labels_depend_on_them_only():
    problem = Problem(**SMALL, teacher=hermite_tensor({(1, 0, 0): 1, (0, 1, 1): 2}), noise_std=0.0)
    B = sample.teacher_directions(problem, 5)
    np.testing.assert_allclose(B @ B.T, np.eye(3), atol=1e-14)
    batch = sample.batch(problem, 5, "test", 30)
    z = batch.X @ B.T
    np.testing.assert_allclose(batch.y, z[:, 0] + 2 * z[:, 1] * z[:, 2], atol=1e-12)


def test_a_seed_keeps_everything_but_the_labels():
    one, many = Problem(**SMALL), Problem(**SMALL, teacher=PAIR)
    first, second = sample.draw(one, 3), sample.draw(many, 3)
    for name in ("W0", "a"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_array_equal(first.ridge.X, second.ridge.X)
    np.testing.assert_allclose(first.beta_star, second.beta_star, atol=1e-15)
    assert sample.teacher_directions(one, 3).shape == (1, 40)
    np.testing.assert_array_equal(sample.teacher_directions(one, 3)[0], first.beta_star)


def test_a_polynomial_of_one_direction_gives_the_labels_of_its_link():
    link, given = Problem(**SMALL, teacher=(0, 1, 0.5)), Problem(**SMALL, teacher=hermite_tensor([0, 1, 0.5]))
    wide = Problem(**SMALL, teacher=hermite_tensor([[0, 0], [1, 0], [0.5, 0]]))
    for other in (given, wide):
        mine, its = (run(problem, [0.0, 3.0], 0.1, seed=2) for problem in (link, other))
        np.testing.assert_allclose(mine.test_error, its.test_error, rtol=1e-10)
        assert its.geometry.projection_norm == pytest.approx(mine.geometry.projection_norm, rel=1e-12)


def test_the_precision_rounds_the_same_draw():
    double, single = (Problem(**SMALL, teacher=PAIR, precision=kind) for kind in ("float64", "float32"))
    one, other = sample.batch(double, 1, "ridge", 60), sample.batch(single, 1, "ridge", 60)
    assert other.y.dtype == other.X.dtype == sample.teacher_directions(single, 1).dtype == np.float32
    np.testing.assert_allclose(other.y, one.y, atol=1e-4)


def test_the_step_lies_along_the_first_axis_of_the_frame_and_not_along_the_others():
    """beta -> E[y z]'B, so that z_1 z_2 moves it nowhere. Squared cosines over 12 draws."""
    problem = Problem(n=900, d=300, N=50, teacher=hermite_tensor({(1, 0): 0.8, (0, 1): 0.6, (1, 1): 1}), noise_std=0.3)
    squares = []
    for seed in range(12):
        step = OneStep.draw(problem, seed, n_test=1)
        axes = problem.teacher.frame @ sample.teacher_directions(problem, seed)
        np.testing.assert_allclose(step.beta_star, axes[0], atol=1e-14)
        squares.append((axes @ step.beta / step.beta_norm) ** 2)
    mean, error = np.mean(squares, axis=0), np.std(squares, axis=0, ddof=1) / math.sqrt(12)
    expected = 1 / (1 + (300 / 900) * 2.09)
    assert abs(mean[0] - expected) < 3.5 * error[0]
    assert mean[1] < 0.02 < 0.2 < mean[0] - 20 * error[0]


def test_refused_with_inputs_of_a_covariance():
    inputs = Covariance(np.array([0.5, 1.5]))
    with pytest.raises(InputError, match="several directions"):
        Problem(**SMALL, teacher=PAIR, inputs=inputs)
