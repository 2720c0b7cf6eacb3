"""One changed word: closed forms, sentences drawn here, limits, hostile input."""

import itertools
import math
import warnings

import numpy as np
import pytest

from nasty import NUMBERS, OBJECTS
from onestep import InputError
from onestep.theory.neighbours import attention as law


@pytest.mark.parametrize("words", [1, 8, 1000])
def test_relu_and_linear_features_have_closed_forms(words):
    square = 1 + 1 / words
    r = square**-0.5
    transfer = square**0.5 * (math.sqrt(1 - r**2) + r * (math.pi - math.acos(r))) / math.pi
    assert law.feature_change("relu", words) == pytest.approx(
        (math.sqrt(1 + square - 2 * transfer), transfer), rel=1e-6
    )
    assert law.feature_change((0.0, 1.0), words) == pytest.approx((words**-0.5, 1.0), rel=1e-10)


def test_many_words_leave_the_slope():
    z = np.linspace(-12, 12, 200_001)
    weight = np.exp(-(z**2) / 2)
    slope = math.sqrt(weight @ (1 - np.tanh(z) ** 2) ** 2 / (weight @ np.tanh(z) ** 2))
    assert law.feature_change("tanh", 10**6)[0] * 10**3 == pytest.approx(slope, rel=1e-5)


def test_the_bound_is_above_what_is_typical():
    for words in (4, 100):
        assert law.feature_bound("tanh", words, 10**9, 1) > law.feature_bound("tanh", words, 1, 10**9)
        assert law.feature_bound("tanh", words, 1, 10**9) > law.feature_change("tanh", words)[0]
    assert law.feature_bound((0.0, 1.0), 9, 1, 10**9) == pytest.approx(1 / 3, rel=1e-4)


def test_participation():
    assert law.participation(1, 2.0) == pytest.approx(1, rel=1e-10)
    assert law.participation(7, 0.0) == pytest.approx(1 / 7, rel=1e-10)
    assert law.participation(10**7, 0.5) * 10**7 == pytest.approx(math.exp(0.5), rel=1e-5)
    scores = np.exp(np.random.default_rng(0).normal(0, 1, (100_000, 6)))
    found = np.sum((scores / scores.sum(axis=1, keepdims=True)) ** 2, axis=1)
    assert abs(law.participation(6, 1.0) - found.mean()) < 4 * found.std() / math.sqrt(len(found))
    assert abs(math.e / 6 - found.mean()) > 40 * found.std() / math.sqrt(len(found)), "the law of many words"


def one_changed(M, d, topic, lean, rng):
    """Sensitivity and transfer of one sentence, by the definition."""
    h = np.eye(d)[0]
    e = rng.standard_normal((M, d))
    e[:, 0] = 0
    X = math.sqrt(d) * (math.sqrt(topic) * h + math.sqrt(1 - topic) * e / np.linalg.norm(e, axis=1, keepdims=True))
    W = rng.standard_normal((d, d)) / math.sqrt(d)
    U = sum(W.T @ x for x in X)
    if lean:
        U[0] = 0
    Y = X.copy()
    Y[0] += math.sqrt(d) * (math.sqrt(1 - lean**2) * U / np.linalg.norm(U) - lean * h)
    rows = []
    for Z in (X, Y):
        weights = np.exp(Z @ W @ Z.T / math.sqrt(d))
        rows.append(weights @ Z / weights.sum(axis=1, keepdims=True))
    F, G = rows
    return np.linalg.norm(G - F) / np.linalg.norm(F), np.vdot(F, G) / np.vdot(F, F)


@pytest.mark.parametrize(("M", "d", "topic", "lean"), [(24, 300, 0.5, 0.0), (12, 400, 0.25, 0.6)])
def test_attention_against_sentences(M, d, topic, lean):
    rng = np.random.default_rng(5)
    found = np.array([one_changed(M, d, topic, lean, rng) for _ in range(40)])
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    predicted = law.attention_change(M, d, topic, lean)
    assert np.all(np.abs(found.mean(axis=0) - predicted) < 4 * error + 0.005)
    other = law.attention_change(4 * M, d, topic, lean)
    assert np.any(np.abs(found.mean(axis=0) - other) > 4 * error + 0.005), "four times as many words"


def test_the_limit():
    for topic, lean in ((0.5, 0.0), (0.2, 0.0), (0.2, 0.5), (0.2, 0.9)):
        found = law.attention_change(10**5, 10**8, topic, lean)
        assert found == pytest.approx(law.attention_limit(topic, lean), abs=2e-3)
    assert law.attention_limit(0.25, 0.999)[1] == pytest.approx(-1, abs=0.01)


def test_independent_words():
    """Without a topic the sensitivity grows like sqrt(2 M/e)."""
    for M in (100, 10_000):
        assert law.attention_change(M, 10**9, 0.0)[0] == pytest.approx(math.sqrt(2 * M / math.e), rel=1.5 / M**0.5)


def test_hostile_input():
    for call in (
        lambda bad: law.feature_change("tanh", bad),
        lambda bad: law.feature_bound("tanh", bad, 2, 3),
        lambda bad: law.feature_bound("tanh", 2, bad, 3),
        lambda bad: law.participation(bad, 1.0),
        lambda bad: law.attention_change(bad, 10, 0.5),
        lambda bad: law.attention_change(10, bad, 0.5),
        lambda bad: law.attention_change(10, 10, bad),
        lambda bad: law.attention_change(10, 10, 0.5, bad),
        lambda bad: law.attention_limit(bad),
    ):
        for bad in (math.nan, -1, "1", True, [1], 10**10, *OBJECTS):
            with pytest.raises(InputError):
                call(bad)
    for given in ((10, 10, 0.0, 0.1), (10, 10, 1.0), (1, 10, 0.5)):
        with pytest.raises(InputError):
            law.attention_change(*given)
    with pytest.raises(InputError):
        law.participation(3, 11.0)


def test_every_number_gives_a_finite_result_or_a_refusal():
    for value, call in itertools.product(
        NUMBERS,
        (
            lambda value: law.participation(5, value),
            lambda value: law.attention_change(5, 10, value),
            lambda value: law.attention_change(5, 10, 0.5, value),
            lambda value: law.attention_change(5, value, 0.5),
            lambda value: law.attention_limit(0.5, value),
        ),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                assert np.all(np.isfinite(call(value))), value
            except InputError as refusal:
                assert "\n" not in str(refusal)
