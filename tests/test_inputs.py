"""The covariance of the inputs: what it accepts, how it is completed, and how it meets a dimension."""

import pickle

import numpy as np
import pytest

from onestep.checks import InputError
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.theory import any_step

TWO = Covariance((2.8, 0.4), (0.25, 0.75))


def test_eigenvalues_are_scaled_to_mean_one_and_completed():
    found = Covariance([7, 1], [0.25, 0.75])
    assert found.eigenvalues == pytest.approx((2.8, 0.4), rel=1e-15)
    assert found.shares == found.teacher == (0.25, 0.75)
    assert Covariance((2.0, 1.0)).shares == (0.5, 0.5)
    np.testing.assert_allclose(np.array(found.shares) @ found.eigenvalues, 1, rtol=1e-15)


def test_a_covariance_is_hashable_and_survives_another_process():
    assert hash(Covariance((7, 1), (0.25, 0.75))) == hash(Covariance([7.0, 1.0], np.array([0.25, 0.75])))
    problem = Problem(inputs=TWO)
    assert pickle.loads(pickle.dumps(problem)) == problem != Problem()
    assert problem.resized(400).inputs == TWO


def test_levels_have_whole_numbers_of_directions_and_mean_one():
    levels = TWO.levels(601)
    assert levels.counts.tolist() == [150, 451]
    np.testing.assert_allclose([levels.share.sum(), levels.spread().mean(), levels.signal.sum()], 1, rtol=1e-14)
    assert levels.spread().shape == (601,)
    np.testing.assert_allclose(levels.second, np.mean(levels.spread() ** 2), rtol=1e-14)


@pytest.mark.parametrize("d", [64, 97, 1000, 10**6, 10**15 + 7, 2**63 - 1])
def test_the_counts_add_up_to_every_dimension(d):
    counts = Covariance.power_law(0.6).levels(d).counts
    assert sum(int(count) for count in counts) == d and counts.min() >= 1


def test_the_weights_of_the_teacher_are_lengths_in_x_and_become_variances():
    levels = Covariance((3.0, 1.0), None, (0.2, 0.8)).levels(10)
    np.testing.assert_allclose(levels.signal, np.array([0.6, 0.8]) / 1.4, rtol=1e-14)


def test_a_power_law_falls_by_its_exponent():
    found = Covariance.power_law(0.6, levels=4).eigenvalues
    np.testing.assert_allclose(found[0] / found[3], 7**0.6, rtol=1e-14)
    assert Covariance.power_law(0.0, levels=4) == Covariance((1.0,) * 4)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((()), "eigenvalues"),
        ((1.0, -1.0), "eigenvalues"),
        ((1.0, 0.0), "eigenvalues"),
        ((1.0, np.nan), "eigenvalues"),
        ((1.0, 1e-12), "eigenvalues"),
        (("a", "b"), "eigenvalues"),
        (3.0, "eigenvalues"),
        (np.eye(2), "eigenvalues"),
    ],
)
def test_eigenvalues_that_are_none_are_refused_by_name(arguments, name):
    with pytest.raises(InputError) as refusal:
        Covariance(arguments)
    assert refusal.value.name == name


@pytest.mark.parametrize("field", ["shares", "teacher"])
@pytest.mark.parametrize("parts", [(0.5, 0.4), (1.0,), (1.5, -0.5), (0.5, 0.25, 0.25), "ab", (np.inf, 0.0), 1.0])
def test_parts_that_are_not_parts_of_one_are_refused_by_name(field, parts):
    with pytest.raises(InputError) as refusal:
        Covariance((2.0, 1.0), **{field: parts})
    assert refusal.value.name == field


def test_a_share_may_not_be_zero_but_the_teacher_may_avoid_a_level():
    with pytest.raises(InputError, match="shares"):
        Covariance((2.0, 1.0), (1.0, 0.0))
    assert Covariance((2.0, 1.0), None, (1.0, 0.0)).teacher == (1.0, 0.0)


def test_a_problem_refuses_other_objects_and_dimensions_without_room_for_every_level():
    with pytest.raises(InputError, match="inputs"):
        Problem(inputs=(2.0, 1.0))
    with pytest.raises(InputError, match=r"^d: got 40"):
        Problem(d=40, inputs=Covariance.power_law(0.6))


@pytest.mark.parametrize(
    "formula",
    [
        lambda problem: any_step.solve(problem, 0.1, 1.0, noise="structured"),
    ],
)
def test_formulas_for_the_identity_refuse_a_covariance(formula):
    with pytest.raises(InputError, match="inputs"):
        formula(Problem(inputs=TWO))
