"""Alignment of drawn networks: gradients by differences, matrices by loops, and what labels in another order change."""

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.links import Link, sine
from onestep.simulation import OneStep, network
from onestep.simulation.neighbours import alignment
from onestep.simulation.sample import Batch

SMALL = Problem(n=40, d=7, N=12, activation=sine(0.7, 0.5))
EXPONENTIAL = Link("exp", np.exp, np.exp)


def by_differences(f, x, step=1e-5):
    """The gradient of f at x."""
    moves = step * np.eye(len(x))
    return np.array([(f(x + move) - f(x - move)) / (2 * step) for move in moves])


def test_the_outer_product_is_that_of_gradients():
    drawn = OneStep.draw(SMALL, 3)
    W = drawn.weights(5.0)
    gradients = [by_differences(lambda x: SMALL.sigma(W @ x) @ drawn.a, x) for x in drawn.X]
    found = alignment.outer_product(SMALL, drawn.X, W, drawn.a)
    np.testing.assert_allclose(found, np.mean([np.outer(g, g) for g in gradients], axis=0), atol=1e-8)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_after_one_step_both_matrices_are_those_of_the_rows(activation):
    drawn = OneStep.draw(Problem(n=60, d=9, N=20, n_gradient=33, activation=activation), 5)
    once, twice = alignment.through_rows(drawn)
    K = alignment.outer_product(drawn.problem, drawn.gradient_batch.X, drawn.W0, drawn.a, drawn.G)
    np.testing.assert_allclose(once, drawn.G.T @ drawn.G, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(twice, K, rtol=1e-10, atol=1e-14)
    assert abs(alignment.correlation(once, twice) - alignment.correlation(once, K @ K)) > 1e-6


def test_of_a_gradient_of_rank_one_the_alignment_is_perfect():
    drawn = OneStep.draw(SMALL, 1)
    assert alignment.centred(drawn.with_gradient(drawn.rank_one)) == pytest.approx(1, abs=1e-12)
    assert alignment.centred(drawn) < 1 - 1e-3
    assert alignment.lengthening(drawn.with_gradient(2 * drawn.rank_one)) == pytest.approx(1)


def test_the_leading_direction_is_the_one_of_the_whole_matrix():
    drawn = OneStep.draw(SMALL, 2)
    seen = alignment.uncentred(drawn, [0.0, 3.0])
    for k, eta in enumerate((0.0, 3.0)):
        W = drawn.weights(eta)
        M = alignment.outer_product(SMALL, drawn.X, W, drawn.a)
        values, vectors = np.linalg.eigh(M)
        assert seen.share[k] == pytest.approx(values[-1] / values.sum())
        assert seen.squared_cosine[k] == pytest.approx((vectors[:, -1] @ drawn.beta_star) ** 2)
        assert seen.correlation[k] == pytest.approx(np.trace(W.T @ W @ M) / np.linalg.norm(W.T @ W) / np.linalg.norm(M))


def test_shifted_labels_are_the_same_labels_and_teach_nothing():
    problem, cosines = Problem(n=400, d=40, N=30, teacher=(0, 1), noise_std=0.1), []
    for seed in range(8):
        drawn = OneStep.draw(problem, seed)
        shifted = alignment.with_shifted_labels(drawn)
        batch = Batch(drawn.gradient_batch.X, np.roll(drawn.gradient_batch.y, 1))
        np.testing.assert_array_equal(shifted.G, network.gradient(problem, drawn.W0, drawn.a, batch).matrix)
        cosines.append([drawn.cosine**2, shifted.cosine**2])
    told, silent = np.mean(cosines, axis=0)
    assert told > 0.8 and silent < 5 / 40


def test_the_feature_machine_against_loops():
    rng = np.random.default_rng(0)
    batch = Batch(rng.standard_normal((15, 4)), rng.standard_normal(15))
    vectors, shares = alignment.feature_machine(batch, EXPONENTIAL, [0.1, 3.0])
    for vector, share, penalty in zip(vectors, shares, (0.1, 3.0), strict=True):
        H = np.exp(batch.X @ batch.X.T / 4)
        coefficients = np.linalg.solve(H + penalty * np.eye(15), batch.y)
        gradients = [by_differences(lambda x, c=coefficients: np.exp(batch.X @ x / 4) @ c, x) for x in batch.X]
        values, directions = np.linalg.eigh(np.mean([np.outer(g, g) for g in gradients], axis=0))
        assert abs(vector @ directions[:, -1]) == pytest.approx(1, abs=1e-8)
        assert share == pytest.approx(values[-1] / values.sum())


def test_the_kurtosis():
    assert alignment.kurtosis(np.array([1.0, -1.0, 1.0])) == 1.0
    assert alignment.kurtosis(np.array([0.0, 0.0, 0.0, 2.0])) == 4.0


def test_refusals():
    drawn = OneStep.draw(SMALL, 0)
    two = np.eye(2)
    for call in (
        lambda: alignment.correlation(two, np.eye(3)),
        lambda: alignment.correlation(two, 0 * two),
        lambda: alignment.correlation(two, [[np.nan]]),
        lambda: alignment.uncentred(drawn, []),
        lambda: alignment.kurtosis(np.zeros(3)),
        lambda: alignment.kurtosis([]),
        lambda: alignment.feature_machine(drawn.batch, EXPONENTIAL, []),
        lambda: alignment.feature_machine(drawn.batch, EXPONENTIAL, [-1.0]),
        lambda: alignment.feature_machine(drawn.batch, Link("z", np.positive, np.ones_like), [0.0]),
    ):
        with pytest.raises(InputError):
            call()
