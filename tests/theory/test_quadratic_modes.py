"""Quadratic modes: against the theory without them, against simulation on a steep spectrum, and hostile input."""

import numpy as np
import pytest

from nasty import OBJECTS
from onestep import theory
from onestep.checks import InputError
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.simulation import OneStep
from onestep.theory import quadratic_modes
from onestep.theory.quadratic_modes import Label

STEEP = Covariance.power_law(0.9, 64)
RIDGES = np.geomspace(1e-3, 10, 5)


def test_without_a_quadratic_part_nothing_changes():
    problem = Problem(600, 384, 528, "tanh", inputs=STEEP)
    np.testing.assert_allclose(quadratic_modes.errors(problem, RIDGES), theory.errors(problem, RIDGES), rtol=1e-9)


def test_the_modes_hold_all_of_the_quadratic_part():
    """sum xi is c_2^2 E He_2(w . x)^2: with w . x = sqrt(v) z of random v it is 2 c_2^2 (1 + 2 tr Sigma^2/d^2)."""
    problem = Problem(300, 60, 200, (0, 1, 0.4), inputs=Covariance((2.0, 0.5), (1 / 3, 2 / 3)))
    sizes, _ = quadratic_modes._modes(problem, Label.of(problem))
    expected = 1 + 2 * 0.16 * (1 + 2 * problem.levels.second / 60)
    np.testing.assert_allclose(sizes.sum(), expected, rtol=1e-12)
    assert sizes.size == 60 + 60 * 61 // 2


def test_they_fade_as_the_effective_dimension_grows():
    distance = []
    for n in (300, 1200):
        problem = Problem(n, n * 2 // 3, n, "relu", inputs=Covariance((2.8, 0.4), (0.25, 0.75)))
        distance.append(1 - quadratic_modes.errors(problem, 0.1)[1] / theory.errors(problem, 0.1)[1])
    assert distance[0] > 0 and 2.5 < distance[0] / distance[1] < 6  # like 1/n


def test_turning_a_level_changes_nothing():
    """In a level all directions are alike: a label may use any of them."""
    problem = Problem(300, 60, 200, "relu", inputs=Covariance((2.0, 0.5), (1 / 3, 2 / 3)))
    label = Label.of(problem)
    rotation = np.eye(60)
    rotation[:20, :20] = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 20)))[0]
    turned = Label(rotation @ label.linear, rotation @ label.quadratic @ rotation.T, label.rest)
    one, two = quadratic_modes.errors(problem, RIDGES), quadratic_modes.errors(problem, RIDGES, turned)
    np.testing.assert_allclose(one, two, rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", (0.0, 1.0, 0.5)])
def test_they_describe_what_the_other_theory_misses(activation):
    problem = Problem(300, 192, 264, activation, inputs=STEEP)
    found = np.array([OneStep.draw(problem, seed, n_test=3000).errors(0.1, 0.0)[1] for seed in range(60, 100)])
    error = found.std(ddof=1) / len(found) ** 0.5
    with_modes, without = quadratic_modes.errors(problem, 0.1)[1], theory.errors(problem, 0.1)[1]
    assert abs(found.mean() - with_modes) < 3.5 * error + 0.01 * with_modes
    assert abs(found.mean() - without) > 3.5 * error + 0.01 * without  # the control


def test_what_makes_no_sense_is_refused():
    problem = Problem(600, 384, 528, "relu", inputs=STEEP)
    with pytest.raises(InputError, match="inputs"):
        quadratic_modes.errors(Problem(600, 384, 528, "relu"), 0.1)
    with pytest.raises(InputError, match="at most"):
        quadratic_modes.errors(Problem(6000, 3840, 5280, "relu", inputs=STEEP), 0.1)
    for ridge in (0.0, -1.0, np.nan, *OBJECTS):
        with pytest.raises(InputError, match="ridge"):
            quadratic_modes.errors(problem, ridge)
    for label in (Label(np.ones(3), np.eye(3), 0.0), "label", 1.0):
        with pytest.raises(InputError, match="label"):
            quadratic_modes.errors(problem, 0.1, label)


@pytest.mark.parametrize(
    ("linear", "quadratic", "rest", "name"),
    [
        ([[1.0]], np.eye(1), 0.0, "linear"),
        ([], np.eye(0), 0.0, "linear"),
        ([1.0, np.nan], np.eye(2), 0.0, "linear"),
        ([1.0, 2.0], np.eye(3), 0.0, "quadratic"),
        ([1.0, 2.0], [[0.0, 1.0], [0.0, 0.0]], 0.0, "quadratic"),
        ([1.0, 2.0], np.eye(2), -0.1, "rest"),
        ([1.0, 2.0], np.eye(2), "0", "rest"),
    ],
)
def test_hostile_labels(linear, quadratic, rest, name):
    with pytest.raises(InputError, match=name):
        Label(linear, quadratic, rest)
