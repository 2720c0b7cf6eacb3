"""The limit theory for inputs with a covariance: against the identity, and against the theory of every step."""

import dataclasses

import numpy as np
import pytest

from onestep import theory
from onestep.checks import InputError
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.theory import any_step
from onestep.theory.anisotropic import bulk_of
from onestep.theory.projections import along_step, projections

FLAT = Covariance((1.0, 1.0), (0.3, 0.7))
TWO = Covariance((2.8, 0.4), (0.25, 0.75))
POWER = Covariance.power_law(0.6, 60, tuple(np.repeat([1.5 / 60, 0.5 / 60], 30)))
CASES = [
    ("tanh", (0.0, 1.0, 0.5)),
    ("relu", (0.0, 1.0, 0.5)),
    ("relu", (0.7, 1.0, 0.5)),
    ((0.0, 1.0, 0.6, 0.3), (0.0, 1.0, 0.5, 0.2)),
]
RIDGES = np.geomspace(1e-6, 100, 9)


def plain(problem):
    return dataclasses.replace(problem, inputs=None)


@pytest.mark.parametrize(("activation", "teacher"), CASES)
def test_two_equal_levels_are_the_identity(activation, teacher):
    flat = Problem(900, 600, 800, activation, teacher, inputs=FLAT)
    one = plain(flat)
    close = {"rtol": 1e-12}
    for eta in (0.0, 1.0, 5.0):
        np.testing.assert_allclose(theory.errors(flat, RIDGES, eta), theory.errors(one, RIDGES, eta), **close)
    np.testing.assert_allclose(theory.plateau(flat, RIDGES, 3), theory.plateau(one, RIDGES, 3), **close)
    np.testing.assert_allclose(theory.critical_step(flat), theory.critical_step(one), **close)
    np.testing.assert_allclose(theory.learned(flat, 0.1, 3.0, 4), theory.learned(one, 0.1, 3.0, 4), **close)
    np.testing.assert_allclose(theory.learned(flat, 0.1, 0.0, 4), theory.learned(one, 0.1, 0.0, 4), **close)
    assert theory.regime(flat, 0.3) == theory.regime(one, 0.3)
    for first, second in zip(theory.outliers(flat, 6.0), theory.outliers(one, 6.0), strict=True):
        np.testing.assert_allclose(first.position, second.position, **close)
        np.testing.assert_allclose(first.cosines, second.cosines, atol=1e-12)
    for order, value in theory.strengths(flat, 2.0).items():
        np.testing.assert_allclose(value, theory.strengths(one, 2.0)[order], **close)


@pytest.mark.parametrize("inputs", [TWO, POWER])
@pytest.mark.parametrize(("activation", "teacher"), CASES)
def test_the_limit_is_that_of_every_step(inputs, activation, teacher):
    distance = []
    for n in (10**9, 10**12):  # eta^2/N falls by 63
        problem = Problem(n, n * 3 // 5, n * 4 // 5, activation, teacher, inputs=inputs)
        eta = n**0.2
        limit, every = theory.errors(problem, 0.1, eta), any_step.errors(problem, 0.1, eta)
        distance.append(np.max(np.abs(np.divide(limit, every) - 1)))
    assert distance[1] < 1e-5 and distance[1] < distance[0] / 30
    wrong = np.array(theory.errors(plain(problem), 0.1, eta))
    assert np.any(np.abs(wrong / every - 1) > 0.02)  # the control: the identity


@pytest.mark.parametrize("inputs", [TWO, POWER])
@pytest.mark.parametrize(("activation", "teacher"), CASES)
def test_outliers_are_those_of_every_step(inputs, activation, teacher):
    n = 10**9
    problem = Problem(n, n * 3 // 5, n * 4 // 5, activation, teacher, inputs=inputs)
    limit, every = theory.outliers(problem, n**0.2), any_step.outliers(problem, n**0.2)
    assert len(limit) == len(every) > 0
    for one, two in zip(limit, every, strict=True):
        np.testing.assert_allclose(one.position, two.position, rtol=1e-3)
        np.testing.assert_allclose(one.overlaps[:4], np.resize(two.overlaps, 4), atol=1e-3)


@pytest.mark.parametrize("inputs", [TWO, POWER])
def test_the_first_outlier_appears_at_the_critical_step(inputs):
    problem = Problem(10**10, 6 * 10**9, 8 * 10**9, "tanh", inputs=inputs)
    critical = theory.critical_step(problem)
    assert theory.outliers(problem, 0.999 * critical) == []
    assert len(theory.outliers(problem, 1.001 * critical)) == 1
    assert abs(critical / theory.critical_step(plain(problem)) - 1) > 0.05


@pytest.mark.parametrize("inputs", [TWO, POWER])
def test_projections_are_means_of_a_matrix(inputs):
    problem = Problem(900, 600, 800, "relu", inputs=inputs)
    bulk, geometry, u, step = bulk_of(problem), theory.limit_geometry(problem), 0.3, 1e-5
    seen = projections(bulk, geometry, np.array([u]))
    assert 0 < seen.across[0] < seen.teacher[0] < 1 and 0 < seen.along[0] < 1
    np.testing.assert_allclose(seen.across, seen.teacher - seen.cosine**2 * seen.along, rtol=1e-12)
    low, high = (along_step(bulk, geometry, u * (1 + sign * step))[0] * (1 + sign * step) for sign in (-1, 1))
    along, growth = along_step(bulk, geometry, u)
    np.testing.assert_allclose(growth, (high - low) / (2 * step * along), rtol=1e-8)


def test_a_huge_or_tiny_ridge_is_refused_as_for_the_identity():
    for ridge in (1e-200, 1e200):
        with pytest.raises(InputError, match="ridge"):
            theory.errors(Problem(inputs=TWO), ridge)
