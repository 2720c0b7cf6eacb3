"""One draw with its step: bit for bit what the parts give, and refusals."""

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.hermite import basis
from onestep.simulation import OneStep, network, run, sample
from onestep.simulation.ridge import path
from onestep.simulation.spectrum import squared_singular_values, top

PROBLEM = Problem(n=120, d=60, N=90, activation="relu", teacher=(0.0, 1.0, 0.5), noise_std=0.3)
ETA = PROBLEM.step(0.3)


@pytest.fixture(scope="module")
def parts():
    draw = sample.draw(PROBLEM, 5, 70)
    return draw, network.gradient(PROBLEM, draw.W0, draw.a, draw.gradient)


@pytest.fixture(scope="module")
def step():
    return OneStep.draw(PROBLEM, 5, 70)


def test_the_draw_is_that_of_the_seed(parts, step):
    draw, gradient = parts
    for ours, theirs in (
        (step.W0, draw.W0),
        (step.a, draw.a),
        (step.beta_star, draw.beta_star),
        (step.X, draw.ridge.X),
        (step.y, draw.ridge.y),
        (step.test.X, draw.test.X),
        (step.test.y, draw.test.y),
        (step.gradient_batch.y, draw.gradient.y),
        (step.G, gradient.matrix),
        (step.beta, gradient.direction),
        (step.t, draw.ridge.X @ gradient.direction / np.linalg.norm(gradient.direction)),
        (step.rank_one, PROBLEM.student[1] * np.outer(draw.a, gradient.direction)),
    ):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("eta", [0.0, ETA])
def test_features_spectrum_and_errors_are_those_of_the_parts(parts, step, eta):
    draw, gradient = parts
    F = network.features(PROBLEM, draw.ridge.X, draw.W0, gradient.matrix, eta)
    assert np.array_equal(step.features(eta), F)
    assert np.array_equal(step.weights(eta), network.weights(draw.W0, gradient.matrix, eta))
    assert np.array_equal(step.spectrum(eta), squared_singular_values(F))
    assert np.array_equal(step.outliers(eta, 2).left, top(F, 2).left)
    fit = path(F, draw.ridge.y, 0.1)
    output = network.predict(PROBLEM, draw.test.X, draw.W0, gradient.matrix, eta, fit.coefficients[:, 0])
    assert np.array_equal(step.predict(eta, fit.coefficients[:, 0]), output)
    assert step.errors(0.1, eta) == (fit.train_error[0], np.mean((draw.test.y - output) ** 2))


def test_it_agrees_with_the_experiment_on_the_same_seed(step):
    ridge = np.array([0.05, 0.5])
    whole = run(PROBLEM, [0.0, ETA], ridge, 5, n_test=70, top=2)
    for e, eta in enumerate((0.0, ETA)):
        train, test = step.errors(ridge, eta)
        assert train.shape == (2,)
        np.testing.assert_allclose(train, whole.train_error[e], rtol=1e-12)
        np.testing.assert_allclose(test, whole.test_error[e], rtol=1e-12)
        np.testing.assert_allclose(step.overlaps(eta, 2), whole.overlaps[e], rtol=1e-9, atol=1e-12)
    assert step.geometry.beta_norm == whole.geometry.beta_norm == step.beta_norm


def test_overlaps_measure_the_step_and_its_size_matters(step):
    H = basis(step.t, 1)[1]
    left = step.outliers(ETA, 1).left[:, 0]
    assert step.overlaps(ETA, 1)[0, 1] == pytest.approx((left @ H) ** 2 / (H @ H))
    assert step.overlaps(5 * ETA, 1)[0, 1] > 2 * step.overlaps(0.0, 1)[0, 1], "the control: before the step"


def test_another_matrix_in_the_place_of_the_gradient(step):
    bent = step.with_gradient(step.rank_one)
    expected = network.features(PROBLEM, step.X, step.W0, step.rank_one, ETA)
    assert np.array_equal(bent.features(ETA), expected) and bent.beta is step.beta
    assert not np.array_equal(step.features(ETA), expected)
    assert np.array_equal(bent.features(0.0), step.features(0.0))
    with pytest.raises(InputError, match="matrix"):
        step.with_gradient(np.ones(3))


def test_a_longer_test_batch_changes_nothing_else(step):
    longer = OneStep.draw(PROBLEM, 5, 140)
    assert np.array_equal(longer.test.X[:70], step.test.X) and np.array_equal(longer.G, step.G)
    assert len(OneStep.draw(PROBLEM, 5).test.y) == PROBLEM.n


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("problem", lambda s: OneStep.draw("relu", 0)),
        ("seed", lambda s: OneStep.draw(PROBLEM, -1)),
        ("seed", lambda s: OneStep.draw(PROBLEM, 1.5)),
        ("n_test", lambda s: OneStep.draw(PROBLEM, 0, 0)),
        ("eta", lambda s: s.features(float("nan"))),
        ("eta", lambda s: s.spectrum("1")),
        ("k", lambda s: s.outliers(1.0, 1000)),
        ("ridge", lambda s: s.errors(-1.0, 1.0)),
    ],
)
def test_bad_input_is_refused(step, name, call):
    with pytest.raises(InputError, match=name):
        call(step)


def test_single_precision_stays_single():
    step = OneStep.draw(Problem(n=120, d=60, N=90, precision="float32"), 0)
    assert step.features(1.0).dtype == np.float32 and step.t.dtype == np.float32
