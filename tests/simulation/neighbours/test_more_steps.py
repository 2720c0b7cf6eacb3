"""More steps, drawn: gradients by differences, loops, sums of rows, and refusals."""

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.links import polynomial, sine
from onestep.simulation import OneStep, sample
from onestep.simulation.neighbours import more_steps
from onestep.simulation.neighbours.more_steps import TwoSteps
from onestep.simulation.streams import generator

NEURON = Problem(n=60, d=12, N=5, activation=sine(0.7, 0.5), teacher=(0, 0.4, 0.3), noise_std=0.2)
WIDE = Problem(n=60, d=30, N=45, activation=sine(0.7, -0.7), teacher=(0, 0, 0.4, 0.3), noise_std=0.3)
H3 = polynomial((0, 0, 0, 6**-0.5))


def descended(loss, w, eta, step=1e-5):
    """w - eta grad loss(w), by differences."""
    moves = step * np.eye(w.size).reshape(-1, *w.shape)
    slopes = np.array([(loss(w + move) - loss(w - move)) / (2 * step) for move in moves])
    return w - eta * slopes.reshape(w.shape)


@pytest.mark.parametrize("same", [True, False])
def test_few_neurons_descend_the_squared_loss(same):
    b, eta, seed = np.array([0.8, -0.5]), 1.5, 4
    found, lengths = more_steps.few_neurons(NEURON, eta, seed, b, same)
    B = sample.teacher_directions(NEURON, seed)
    W = None
    for k, name in enumerate(("gradient", "gradient" if same else "ridge")):
        batch = sample.batch(NEURON, seed, name, 60)

        def loss(w, batch=batch):
            return np.mean((batch.y - b @ NEURON.sigma(w @ batch.X.T)) ** 2) / 2

        if W is None:
            rng = generator(seed, "weights").standard_normal((12, 2))
            W = np.linalg.qr(rng - B.T @ (B @ rng))[0].T
            assert np.max(np.abs(W @ B.T)) < 1e-12 and np.allclose(W @ W.T, np.eye(2))
        W = descended(loss, W, eta)
        np.testing.assert_allclose(found[k], W @ B.T, atol=1e-7)
    np.testing.assert_allclose(lengths, np.linalg.norm(W, axis=1), atol=1e-7)


def test_shifts_are_those_of_the_step():
    y, moved, fresh_y, fresh = more_steps.shifts(NEURON, 1.5, 4)
    batch, other = (sample.batch(NEURON, 4, name, 60) for name in ("gradient", "ridge"))
    np.testing.assert_array_equal(y, batch.y)
    np.testing.assert_array_equal(fresh_y, other.y)
    move = np.linalg.lstsq(batch.X, moved, rcond=None)[0]
    np.testing.assert_allclose(other.X @ move, fresh, atol=1e-9)
    first = more_steps.few_neurons(NEURON, 1.5, 4)[0][0, 0, 0]
    assert sample.teacher_direction(NEURON, 4) @ move == pytest.approx(first)


def test_repeated_samples_by_hand():
    """One step of one run, written out."""
    found = more_steps.repeated_samples(NEURON, 0.9, 0.7, [0.0, 1 / 12], 3)
    w = generator(3, "weights").standard_normal((1, 12))[0]
    w[0] = 0
    w /= np.linalg.norm(w)
    x = generator(3, "gradient").standard_normal((1, 12))[0]
    y = NEURON.sigma_star(x[0]) + 0.2 * generator(3, "ridge").standard_normal(1)[0]
    ahead = w + 0.9 / 12 * y * NEURON.sigma.derivative(w @ x) * x
    w = w + 0.7 / 12 * y * NEURON.sigma.derivative(ahead @ x) * x
    np.testing.assert_allclose(found, [[0.0, w[0] / np.linalg.norm(w)]], atol=1e-12)
    many = more_steps.repeated_samples(NEURON, 0.9, 0.0, [1.0, 5.0], 3, 4)
    np.testing.assert_array_equal(many, np.zeros((4, 2)))


@pytest.mark.parametrize("loss", more_steps.LOSSES)
def test_one_pass_descends_its_loss(loss):
    found = more_steps.one_pass(H3, H3, 6, 50, 0.1, 0.6, 1, loss, 8)
    w = generator(8, "weights").standard_normal(6)
    w[0] = 0
    w *= 0.8 / np.linalg.norm(w)
    w[0] = 0.6
    X = generator(8, "gradient").standard_normal((50, 6))
    y = H3(X[:, 0])

    def of(w):
        f = H3(X @ w)
        return -np.mean(y * f) if loss == "correlation" else np.mean((y - f) ** 2) / 2

    w = descended(of, w, 0.1)
    np.testing.assert_allclose(found, [0.6, w[0] / np.linalg.norm(w)], atol=1e-7)


@pytest.mark.parametrize("kind", ["same", "fresh", "rank one"])
def test_two_wide_steps_are_two_gradients(kind):
    drawn = TwoSteps.draw(WIDE, 5, 3.0, 2.0, kind)
    one = OneStep.draw(WIDE, 5)
    first = one.rank_one if kind == "rank one" else one.G
    np.testing.assert_allclose(drawn.W1, one.W0 + 3.0 * first, atol=1e-12)
    batch = sample.batch(WIDE, 5, "ridge" if kind == "fresh" else "gradient", 60)
    residual = batch.y - WIDE.sigma(batch.X @ drawn.W1.T) @ drawn.a / np.sqrt(45)
    G = (drawn.a[:, None] * WIDE.sigma.derivative(drawn.W1 @ batch.X.T) * residual) @ batch.X / 60
    np.testing.assert_allclose(drawn.W2 - drawn.W1, 2.0 * G, atol=1e-12)
    square = drawn.a**2 * np.sqrt(45)
    slope = np.linalg.lstsq(square[:, None], G @ drawn.beta_star, rcond=None)[0][0]
    assert drawn.signal() == pytest.approx(slope)


def test_what_lies_along_powers():
    drawn = TwoSteps.draw(WIDE, 2, 3.0, 2.0)
    values, squares, left = drawn.along_powers(3)
    assert len(values) == 3 and np.all(np.diff(values) <= 0) and np.all(squares <= 1)
    np.testing.assert_allclose(left.T @ left, np.eye(3), atol=1e-10)
    fitted = np.linalg.lstsq(np.stack([drawn.a, drawn.a**2, drawn.a**3], 1), drawn.W2 - drawn.W0, rcond=None)[0]
    whole = np.stack([drawn.a, drawn.a**2, drawn.a**3], 1) @ fitted
    np.testing.assert_allclose(np.linalg.svd(whole, compute_uv=False)[:3], values)
    two = TwoSteps.draw(Problem(n=40, d=20, N=30, readout=((-1, 0, 1), (0.2, 0.6, 0.2)), teacher=(0, 1)), 1, 1.0, 1.0)
    assert len(two.along_powers(4)[0]) == 2, "the third power is the first again"


@pytest.mark.parametrize("kind", ["same", "fresh"])
def test_the_rows_add_up_to_what_is_left(kind):
    """sum_i u_i x_i' is W2 - W0 outside of the span; a batch of one row shows its strength."""
    one_row = Problem(n=50, d=30, N=45, n_gradient=1, activation=sine(0.7, -0.7), teacher=(0, 0, 0.4, 0.3))
    drawn = TwoSteps.draw(one_row, 7, 0.3, 0.2, kind)
    Q = np.linalg.qr(np.stack([drawn.a, drawn.a**2], 1))[0]
    left = drawn.W2 - drawn.W0
    left = left - Q @ (Q.T @ left)
    strengths = drawn.row_strengths(2)
    if kind == "same":
        assert strengths[0] == pytest.approx(np.linalg.norm(left))
    else:
        values, (x, z) = np.linalg.svd(left, compute_uv=False), (b.X[0] for b in drawn.batches)
        cosine = x @ z / np.linalg.norm(x) / np.linalg.norm(z)
        assert strengths.shape == (2, 1) and abs(cosine) < 0.5
        assert np.sum(values**2) == pytest.approx(np.sum(strengths**2), rel=2 * abs(cosine))


def test_a_large_row_is_seen_and_can_be_left_out():
    problem = Problem(n=400, d=200, N=300, activation=sine(0.7, -0.7), teacher=(0, 0, 0.4, 0.3), noise_std=0.3)
    drawn = TwoSteps.draw(problem, 1, 8.0, 8.0)
    values, shares = drawn.top(4)
    assert np.all(np.diff(values) <= 0) and np.all((shares >= 0) & (shares <= 1)) and shares.max() > 0.4
    cut = TwoSteps.draw(problem, 1, 8.0, 8.0, largest=2.5)
    kept = np.abs(drawn.batches[0].y) <= 2.5
    np.testing.assert_array_equal(cut.batches[0].y, drawn.batches[0].y[kept])
    assert cut.top(4)[1].max() < shares.max() - 0.1
    batch, r = cut.batches[0], cut.gradients[0].residual
    np.testing.assert_allclose(cut.gradients[0].direction, batch.X.T @ r / 400, atol=1e-12)


def test_refusals():
    for call in (
        lambda: more_steps.few_neurons(NEURON, np.nan, 0),
        lambda: more_steps.few_neurons(NEURON, 1.0, 0, []),
        lambda: more_steps.few_neurons(NEURON, 1.0, 0, np.ones(12)),
        lambda: more_steps.few_neurons(NEURON, 1.0, -1),
        lambda: more_steps.repeated_samples(NEURON, 1.0, 1.0, [2.0, 1.0], 0),
        lambda: more_steps.repeated_samples(NEURON, 1.0, 1.0, [], 0),
        lambda: more_steps.repeated_samples(NEURON, 1.0, 1.0, [1.0], 0, 0),
        lambda: more_steps.one_pass(H3, H3, 10, 10, 1.0, 2.0, 1, "squared", 0),
        lambda: more_steps.one_pass(H3, H3, 10, 10, 1.0, 0.2, 1, "hinge", 0),
        lambda: TwoSteps.draw(WIDE, 0, 1.0, 1.0, "old"),
        lambda: TwoSteps.draw(WIDE, 0, np.inf, 1.0),
        lambda: TwoSteps.draw(WIDE, 0, 1.0, 1.0, largest=1e-12),
        lambda: TwoSteps.draw(WIDE, 0, 1.0, 1.0).top(0),
        lambda: TwoSteps.draw(WIDE, 0, 1.0, 1.0).along_powers(0),
    ):
        with pytest.raises(InputError):
            call()
