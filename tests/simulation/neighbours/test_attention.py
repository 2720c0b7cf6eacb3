"""Sentences and their features: definitions by loops, what a seed fixes, the one step, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep import InputError, Problem
from onestep.simulation.neighbours import attention as draws


def test_two_numbers_by_hand():
    before, after = np.array([[3.0, 0.0], [0.0, 4.0]]), np.array([[3.0, 0.0], [5.0, 4.0]])
    assert draws.sensitivity(before, after) == 1.0 and draws.transfer(before, after) == 1.0
    assert draws.transfer(before, -2 * before) == -2.0


def test_a_sentence_has_a_topic():
    X, h = draws.sentence(5, 40, 0.3, 1)
    assert np.linalg.norm(h) == pytest.approx(1)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), math.sqrt(40))
    np.testing.assert_allclose(X @ h, math.sqrt(40 * 0.3))
    assert not np.array_equal(X, draws.sentence(5, 40, 0.3, 2)[0])


@pytest.mark.parametrize("scores", ["softmax", "relu"])
def test_attention_by_loops(scores):
    X, _ = draws.sentence(4, 6, 0.2, 0)
    W = draws.attention_weights(6, 0)
    found = draws.attention(X, W, scores)
    for j in range(4):
        score = np.array([X[j] @ W @ X[k] for k in range(4)]) / math.sqrt(6)
        positive = np.exp(score) if scores == "softmax" else np.maximum(score, 0)
        np.testing.assert_allclose(found[j], sum(p * x for p, x in zip(positive, X, strict=True)) / positive.sum())


def test_a_row_without_a_positive_score_is_zero_and_large_scores_do_not_overflow():
    X = 100 * np.eye(3)
    assert not np.any(draws.attention(X, -np.ones((3, 3)), "relu"))
    assert np.all(np.isfinite(draws.attention(X, np.eye(3))))


def test_the_built_change_turns_all_rows_and_a_random_one_does_not():
    built = draws.attention_change(20, 300, 0.5, 3)
    random = draws.attention_change(20, 300, 0.5, 3, change="random")
    np.testing.assert_array_equal(built[0], random[0])
    assert np.linalg.norm(built[1] - built[1].mean(axis=0)) < 0.1 * np.linalg.norm(built[1]), "all rows are one word"
    assert draws.sensitivity(*built) > 1 > 3 * draws.sensitivity(*random)


def test_features_of_the_changed_word_have_the_law_of_all_of_them():
    """The shortcut that draws one block of V against the whole V."""
    M, d, p = 5, 6, 2000
    short, whole = [], []
    for seed in range(20):
        one = draws.feature_change("relu", M, d, p, seed, ascent=20)
        assert one.sensitivity < one.largest
        short.append((one.sensitivity, one.transfer))
        V = np.random.default_rng(seed).standard_normal((p, M * d)) / math.sqrt(M * d)
        x, change = np.random.default_rng(100 + seed).standard_normal((2, M * d))
        x *= math.sqrt(d) / np.repeat(np.linalg.norm(x.reshape(M, d), axis=1), d)
        change[d:] = 0
        change[:d] -= x[:d] * (x[:d] @ change[:d]) / d
        pair = (np.maximum(V @ (x + s * math.sqrt(d) * change / np.linalg.norm(change)), 0) for s in (0, 1))
        before, after = pair
        whole.append((draws.sensitivity(before, after), draws.transfer(before, after)))
    short, whole = np.array(short), np.array(whole)
    error = np.sqrt((short.var(axis=0) + whole.var(axis=0)) / 20)
    assert np.all(np.abs(short.mean(axis=0) - whole.mean(axis=0)) < 4 * error)


def test_what_is_learned_is_the_least_change():
    rows, before, after = draws.plain_sentences("tanh", 4, 5, 60, 8, 0)
    labels = np.linspace(-1, 1, 8)
    found = draws.learn(rows, labels, before, 1.0, after)
    theta = np.linalg.lstsq(rows, labels)[0]
    assert found.first == pytest.approx(before @ theta) and found.changed == pytest.approx(after @ theta)
    nearest = theta + np.linalg.lstsq(before[None], np.array([1 - before @ theta]))[0]
    assert found.tuned == pytest.approx(after @ nearest)
    assert draws.learn(rows, labels, before, 1.0, before).tuned == pytest.approx(1)


def test_sentences_under_one_map():
    rows, before, after = draws.attended_sentences(6, 30, 0.3, 0.5, 3, 4)
    assert rows.shape == (3, 180)
    pair = draws.attention_change(6, 30, 0.3, 4, lean=0.5)
    np.testing.assert_array_equal(before, pair[0].ravel())
    np.testing.assert_array_equal(after, pair[1].ravel())
    X, _ = draws.sentence(6, 30, 0.3, 5_000_001)
    np.testing.assert_allclose(rows[1], draws.attention(X, draws.attention_weights(30, 4)).ravel())


def test_a_step_makes_features_sensitive_along_it_only():
    problem = Problem(n=200, d=100, N=150)
    along, across = np.mean([draws.along_the_step(problem, 0.2, seed) for seed in range(4)], axis=0)
    assert along > 1.5 and abs(across - 1) < 0.1


def test_hostile_input():
    X, W = np.ones((3, 2)), np.eye(2)
    for call in (
        lambda: draws.sensitivity(X, W),
        lambda: draws.transfer(0 * X, X),
        lambda: draws.attention(X, np.eye(3)),
        lambda: draws.attention(X, W, "exp"),
        lambda: draws.attention_change(4, 10, 0.5, 0, change="any"),
        lambda: draws.attention_change(4, 10, 0.5, 0, change="random", lean=0.1),
        lambda: draws.attention_change(4, 10, 1.5, 0),
        lambda: draws.learn(X, np.ones(3), np.ones(2), 1.0, np.ones(2)),
        lambda: draws.learn(X[:1], np.ones(1), np.zeros(2), 1.0, np.ones(2)),
    ):
        with pytest.raises(InputError):
            call()
    for bad in (math.nan, -1, "1", True, [1], *OBJECTS):
        for call in (
            lambda bad: draws.sentence(bad, 10, 0.5, 0),
            lambda bad: draws.sentence(3, 10, bad, 0),
            lambda bad: draws.feature_change("relu", bad, 10, 10, 0),
            lambda bad: draws.feature_change("relu", 3, 10, 10, 0, bad),
            lambda bad: draws.along_the_step(Problem(n=20, d=10, N=10), bad, 0),
            lambda bad: draws.plain_sentences("relu", 3, 4, 5, bad, 0),
        ):
            if bad is True or bad != bad or not isinstance(bad, int) or bad < 0:
                with pytest.raises(InputError):
                    call(bad)
