"""Draws with a covariance: rows, labels, the direction of the step; and the same bits as ever without one."""

import numpy as np
import pytest

from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.simulation import experiment, network, sample

TWO = Covariance((2.8, 0.4), (0.25, 0.75), (0.7, 0.3))
PLAIN, COLOURED = Problem(n=300, d=200, N=250), Problem(n=300, d=200, N=250, inputs=TWO)


def test_every_column_is_the_white_one_times_the_root_of_its_eigenvalue():
    white, coloured = (sample.batch(problem, 3, "ridge", 300).X for problem in (PLAIN, COLOURED))
    np.testing.assert_allclose(coloured, white * np.sqrt(np.repeat([2.8, 0.4], [50, 150])), rtol=1e-13)


def test_a_flat_spectrum_draws_what_no_spectrum_draws():
    flat = sample.draw(Problem(n=300, d=200, N=250, inputs=Covariance((1.0,))), 5)
    plain = sample.draw(PLAIN, 5)
    assert np.array_equal(flat.ridge.X, plain.ridge.X)
    np.testing.assert_allclose(flat.beta_star, plain.beta_star, rtol=1e-13)
    np.testing.assert_allclose(flat.test.y, plain.test.y, rtol=1e-10, atol=1e-12)


def test_the_teacher_has_its_stated_weights_and_labels_of_the_usual_law():
    beta_star = sample.teacher_direction(COLOURED, 4)
    squares = np.add.reduceat(beta_star**2, [0, 50])
    np.testing.assert_allclose(squares / squares.sum(), [0.7, 0.3], rtol=1e-12)
    np.testing.assert_allclose(COLOURED.levels.spread() @ beta_star**2, 1, rtol=1e-12)
    y = sample.batch(COLOURED, 4, "test", 100_000).y
    second = COLOURED.target.second_moment + COLOURED.noise_variance
    assert abs(np.mean(y**2) - second) < 4 * np.std(y**2) / np.sqrt(y.size)


def test_the_measured_geometry_is_that_of_the_projections():
    draw = sample.draw(COLOURED, 2, 200_000)
    beta = network.direction(draw.gradient.X, draw.gradient.y)
    found = experiment.measured_geometry(beta, draw.a, draw.beta_star, draw.ridge.X, COLOURED.levels)
    along, label = draw.test.X @ beta, draw.test.X @ draw.beta_star
    np.testing.assert_allclose(found.beta_norm, along.std(), rtol=0.01)
    np.testing.assert_allclose(found.cosine, np.corrcoef(along, label)[0, 1], atol=0.01)
    assert abs(experiment.measured_geometry(beta, draw.a, draw.beta_star, draw.ridge.X).cosine - found.cosine) > 0.05


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_no_draw_forms_a_matrix_of_the_covariance(precision):
    problem = Problem(n=2, d=200_000, N=2, precision=precision, inputs=TWO)
    assert sample.draw(problem, 0).ridge.X.shape == (2, 200_000)
