"""Spectral methods, transformed labels and message passing on draws: loops, exact cases, and refusals."""

import numpy as np
import pytest

from onestep import InputError
from onestep.simulation.neighbours import limits_of_learning as draws


def test_a_draw():
    data = draws.draw(50, 7, lambda z, w: z * w, 3, directions=2)
    np.testing.assert_allclose(data.B @ data.B.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(data.y, (data.X @ data.B[0]) * (data.X @ data.B[1]))
    longer = draws.draw(80, 7, lambda z, w: z * w, 3, directions=2)
    np.testing.assert_array_equal(longer.X[:50], data.X)
    np.testing.assert_array_equal(longer.B, data.B)
    assert not np.allclose(draws.draw(50, 7, np.abs, 4).X, data.X)


def test_the_step_is_the_mean_of_labels_times_inputs():
    data = draws.draw(40, 6, lambda z: z**3, 1)
    by_hand = []
    for T in (np.sign, np.tanh):
        total = sum(T(y) * x for x, y in zip(data.X, data.y, strict=True))
        by_hand.append(data.B[0] @ total / np.linalg.norm(total))
    found = draws.step_cosines(data, np.sign, np.tanh)
    np.testing.assert_allclose(found, by_hand)
    np.testing.assert_allclose(draws.step_cosines(data, lambda y: -7 * np.sign(y)), -found[:1])


def test_the_ends_of_the_spectrum():
    data = draws.draw(60, 9, np.square, 2)
    D = sum(np.tanh(y - 1) * np.outer(x, x) for x, y in zip(data.X, data.y, strict=True)) / 60
    values, vectors = np.linalg.eigh(D)
    for end, k in (("top", -1), ("bottom", 0)):
        value, inside = draws.spectral(data, lambda y: np.tanh(y - 1), end)
        assert value == pytest.approx(values[k])
        assert abs(inside[0]) == pytest.approx(abs(data.B[0] @ vectors[:, k]))


def test_with_many_rows_the_spectral_method_finds_the_teacher():
    found, blank = [], []
    for seed in range(5):
        data = draws.draw(2000, 20, np.square, seed)
        found.append(draws.spectral(data, lambda y: np.minimum(y, 3))[1][0] ** 2)
        shifted = draws.Data(data.X, np.roll(data.y, 1), data.B)
        blank.append(draws.spectral(shifted, lambda y: np.minimum(y, 3))[1][0] ** 2)
    assert min(found) > 0.9 > 0.5 > np.mean(blank)


def test_one_iteration_of_message_passing_by_hand():
    data = draws.draw(30, 5, np.abs, 6)
    path = draws.message_passing(data, 0.25, 1, 6)
    assert path[0] == 0.25
    aside = draws.generator(6, "equivalent").standard_normal(5)
    truth = data.B[0]
    aside -= (aside @ truth) * truth
    guess = 0.25 * truth + np.sqrt(0.25 * 0.75) * aside / np.linalg.norm(aside)
    assert (guess @ truth) ** 2 / (guess @ guess) == pytest.approx(0.25)
    omega = data.X @ guess
    push = (data.y * np.tanh(data.y * omega / 0.75) - omega) / 0.75
    better = guess * np.sum(push**2) / 5 + data.X.T @ push / 5
    assert path[1] == pytest.approx((better @ truth) ** 2 / (better @ better))


def test_message_passing_recovers_the_teacher_from_many_rows_only():
    many = [draws.message_passing(draws.draw(1200, 200, np.abs, s), 0.2, 6, s)[-1] for s in range(4)]
    few = [draws.message_passing(draws.draw(50, 200, np.abs, s), 0.2, 30, s)[-1] for s in range(4)]
    assert min(many) > 0.98 and max(few) < 0.15


def test_refusals():
    data = draws.draw(20, 4, np.square, 0)
    for call in (
        lambda: draws.draw(10, 2, np.abs, 0, directions=3),
        lambda: draws.draw(10, 2, lambda z: z[:-1], 0),
        lambda: draws.draw(10, 2, lambda z: z / 0 * np.nan, 0),
        lambda: draws.draw(10, 2, np.abs, -1),
        lambda: draws.step_cosines(data),
        lambda: draws.step_cosines(data, np.zeros_like),
        lambda: draws.step_cosines(data, lambda y: y[1:]),
        lambda: draws.spectral(data, np.tanh, "middle"),
        lambda: draws.message_passing(data, 0.0, 1, 0),
        lambda: draws.message_passing(data, 1.0, 1, 0),
        lambda: draws.message_passing(data, 0.5, -1, 0),
        lambda: draws.message_passing(draws.draw(20, 4, lambda z: z, 0), 0.5, 1, 0),
        lambda: draws.message_passing(draws.draw(20, 4, lambda z, w: np.abs(z), 0, 2), 0.5, 1, 0),
    ):
        with np.errstate(all="ignore"), pytest.raises(InputError):
            call()
