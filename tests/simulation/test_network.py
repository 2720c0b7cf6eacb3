"""The gradient step against finite differences of its loss, and the features against one line of NumPy."""

import math

import numpy as np
import pytest

from onestep import Problem
from onestep.links import NAMES, Link
from onestep.simulation import equivalent, network, sample
from onestep.simulation.spectrum import operator_norm

ACTIVATIONS = [*NAMES, (0.2, 1.0, 0.6, 0.3), Link("own sine", NAMES["sin"].function, NAMES["sin"].derivative)]


def problem_with(activation="tanh", **changes):
    return Problem(**{"n": 40, "d": 20, "N": 30, "activation": activation, **changes})


def step(problem, seed=0):
    draw = sample.draw(problem, seed)
    return draw, network.gradient(problem, draw.W0, draw.a, draw.gradient)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_gradient_is_the_derivative_of_the_squared_loss(activation):
    """Order-one output: G = -d/dW (1/2n) |y - sigma(X W') a|^2, by central differences along random directions."""
    problem = problem_with(activation, first_output="order_one", n_gradient=50)
    draw, got = step(problem)

    def loss(W):
        return np.sum(np.square(draw.gradient.y - problem.sigma(draw.gradient.X @ W.T) @ draw.a)) / (2 * 50)

    h = 1e-6
    for direction in np.random.default_rng(1).standard_normal((5, *draw.W0.shape)):
        slope = (loss(draw.W0 + h * direction) - loss(draw.W0 - h * direction)) / (2 * h)
        # A kink passed between the two evaluations moves the difference quotient by h times its weight.
        assert -np.sum(got.matrix * direction) == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("first_output", ["mean_field", "order_one"])
@pytest.mark.parametrize("n_gradient", [7, 40, 600])
def test_gradient_is_its_definition(activation, first_output, n_gradient, monkeypatch):
    monkeypatch.setattr(network, "_ENTRIES", 100)  # several blocks, the last one ragged
    problem = problem_with(activation, first_output=first_output, n_gradient=n_gradient)
    draw, got = step(problem)
    X, y, a, W0 = draw.gradient.X, draw.gradient.y, draw.a, draw.W0
    f0 = problem.sigma(X @ W0.T) @ a / (math.sqrt(problem.N) if first_output == "mean_field" else 1)
    G = (np.outer(a, y - f0) * problem.sigma.derivative(W0 @ X.T)) @ X / n_gradient
    np.testing.assert_allclose(got.matrix, G, atol=1e-13)
    np.testing.assert_allclose(got.residual, y - f0, atol=1e-13)
    np.testing.assert_allclose(got.direction, X.T @ (y - f0) / n_gradient, atol=1e-13)


def test_mean_field_gradient_is_an_exact_step_of_the_scaled_network():
    """f = a' sigma(W x)/sqrt(N): its gradient is G up to the factor sqrt(N) that eta absorbs."""
    problem = problem_with()
    draw, got = step(problem)

    def loss(W):
        f = problem.sigma(draw.gradient.X @ W.T) @ draw.a / math.sqrt(problem.N)
        return np.sum(np.square(draw.gradient.y - f)) / (2 * problem.n)

    direction, h = np.random.default_rng(1).standard_normal(draw.W0.shape), 1e-6
    slope = (loss(draw.W0 + h * direction) - loss(draw.W0 - h * direction)) / (2 * h)
    assert -np.sum(got.matrix * direction) == pytest.approx(math.sqrt(problem.N) * slope, rel=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("eta", [0.0, 2.0])
def test_features(activation, eta):
    problem = problem_with(activation)
    draw, gradient = step(problem)
    W = draw.W0 + eta * gradient.matrix
    F = network.features(problem, draw.ridge.X, draw.W0, gradient.matrix, eta)
    np.testing.assert_allclose(F, problem.sigma(draw.ridge.X @ W.T), atol=1e-12)
    np.testing.assert_array_equal(network.features(problem, draw.ridge.X, W), F)
    coefficients = np.random.default_rng(0).standard_normal((problem.N, 3))
    for columns in (coefficients, coefficients[:, 0]):
        got = network.predict(problem, draw.ridge.X, draw.W0, gradient.matrix, eta, columns)
        np.testing.assert_allclose(got, F @ columns, atol=1e-11)
        assert got.shape == (problem.n, *columns.shape[1:])


def test_blocks_join_without_a_seam(monkeypatch):
    problem = problem_with("relu", n=300, N=100)
    draw, gradient = step(problem)
    whole = network.features(problem, draw.ridge.X, draw.W0, gradient.matrix, 1.5)
    monkeypatch.setattr(network, "_ROWS", 7)
    monkeypatch.setattr(network, "_ENTRIES", 1000)
    np.testing.assert_allclose(
        network.features(problem, draw.ridge.X, draw.W0, gradient.matrix, 1.5), whole, rtol=1e-12, atol=1e-13
    )


def test_single_precision_stays_single_and_close():
    double, single = problem_with("softplus"), problem_with("softplus", precision="float32")
    (draw, gradient), (draw32, gradient32) = step(double), step(single)
    F = network.features(double, draw.ridge.X, draw.W0, gradient.matrix, 3.0)
    F32 = network.features(single, draw32.ridge.X, draw32.W0, gradient32.matrix, 3.0)
    assert gradient32.matrix.dtype == F32.dtype == np.float32
    np.testing.assert_allclose(gradient32.matrix, gradient.matrix, atol=1e-6)
    np.testing.assert_allclose(F32, F, atol=1e-5)


def gradient_error(first_output, along, n, seed):
    problem = Problem(n=n, d=n // 2, N=3 * n // 4, first_output=first_output)
    draw, gradient = step(problem, seed)
    beta = network.direction(draw.gradient.X, {"labels": draw.gradient.y, "residual": gradient.residual}[along])
    leading = problem.student[1] * np.outer(draw.a, beta)
    return operator_norm(gradient.matrix - leading) / operator_norm(leading)


def test_the_gradient_is_rank_one_along_the_residual_and_along_the_labels_when_the_first_output_is_small():
    """Four times the size halves the error, except for X'y under an order-one first output: the negative control."""
    sizes, seeds = (200, 800), range(3)
    for first_output, along, shrinks in [
        ("mean_field", "labels", True),
        ("mean_field", "residual", True),
        ("order_one", "residual", True),
        ("order_one", "labels", False),
    ]:
        small, large = (np.mean([gradient_error(first_output, along, n, seed) for seed in seeds]) for n in sizes)
        ratio = large / small
        assert (0.35 < ratio < 0.7) if shrinks else (ratio > 0.85), (first_output, along, ratio)


def test_spiked_model_explains_the_step_order_by_order():
    problem = Problem(n=1000, d=500, N=750, activation="relu")
    draw, gradient = step(problem)
    eta = problem.step(0.3)
    F0 = network.features(problem, draw.ridge.X, draw.W0)
    F = network.features(problem, draw.ridge.X, draw.W0, gradient.matrix, eta)
    left = [operator_norm(F - F0)]
    for orders in (1, 2):
        spikes = equivalent.spikes(problem, draw.ridge.X, gradient.direction, draw.a, eta, orders)
        assert np.linalg.matrix_rank(spikes) == orders
        left.append(operator_norm(F - F0 - spikes))
    assert left[2] < left[1] < left[0]
    assert left[2] < 0.3 * left[0]


def test_spikes_are_their_formula():
    problem = problem_with("softplus")
    draw, gradient = step(problem)
    projection, c = draw.ridge.X @ gradient.direction, problem.student
    expected = sum(c[1] ** k * c[k] * 2.0**k * np.outer(projection**k, draw.a**k) for k in (1, 2, 3))
    got = equivalent.spikes(problem, draw.ridge.X, gradient.direction, draw.a, 2.0, 3)
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


def test_lengthened_rows_put_a_gaussian_into_the_powers():
    t, (g, w) = np.linspace(-2, 2, 5), np.polynomial.hermite_e.hermegauss(20)
    averaged = [(t[:, None] + np.sqrt(0.7) * g) ** k @ w / w.sum() for k in (1, 2, 3, 4, 5)]
    np.testing.assert_allclose(equivalent.powers(t, 5, 0.7), np.transpose(averaged), rtol=1e-10, atol=1e-10)

    problem = problem_with("softplus")
    draw, gradient = step(problem)
    args = problem, draw.ridge.X, gradient.direction, draw.a, 2.0
    more = equivalent.spikes(*args, 2, lengthening=0.7) - equivalent.spikes(*args, 2)
    c, length = problem.student, np.linalg.norm(gradient.direction)
    constant = 0.7 * c[1] ** 2 * c[2] * (2.0 * length) ** 2 * np.outer(np.ones(len(draw.ridge.y)), draw.a**2)
    np.testing.assert_allclose(more, constant, rtol=1e-10, atol=1e-12)


def test_gaussian_equivalent_has_the_spectral_moments_of_the_features():
    problem = Problem(n=1200, d=600, N=900, activation="tanh")
    draw = sample.draw(problem, 0)

    def moments(F):  # (1/n) tr (F F'/n)^q
        K = F.T @ F / problem.n
        square = K @ K
        return np.array([np.trace(K), np.trace(square), np.sum(square * K)]) / problem.n

    features = moments(network.features(problem, draw.ridge.X, draw.W0))
    np.testing.assert_allclose(moments(equivalent.gaussian(problem, draw.ridge.X, draw.W0, 0)), features, rtol=0.02)
    linear_part = moments(problem.student[1] * draw.ridge.X @ draw.W0.T)
    assert np.all(linear_part < 0.96 * features)  # without c_> Z the tolerance above would not be met
