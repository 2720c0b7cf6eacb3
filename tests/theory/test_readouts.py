"""Second layers whose entries take few values: both theories, and networks."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import t as student_t

from onestep import Problem, theory
from onestep.simulation import run_many
from onestep.theory import any_step

SIGNS = ((-1.0, 1.0), (0.5, 0.5))
UNEVEN = ((0.4, 1.356), (0.5, 0.5))
ONE = ((1.0,), (1.0,))


def both(problem, eta):
    return np.array([any_step.errors(problem, [0.03, 0.3], eta), theory.errors(problem, [0.03, 0.3], eta)])


def test_signs_do_not_matter_to_an_odd_activation():
    for activation, same in (("tanh", True), ("relu", False)):
        one, signs = (both(Problem(600, 300, 450, activation, readout=law), 25.0) for law in (ONE, SIGNS))
        if same:
            np.testing.assert_allclose(one, signs, rtol=1e-9)
        else:
            assert np.all(np.abs(one / signs - 1)[:, 1] > 0.01)


def test_one_value_is_the_constant_readout():
    problems = [Problem(600, 300, 450, "relu", readout=readout) for readout in (ONE, "constant")]
    one, constant = (both(problem, 10.0) for problem in problems)
    np.testing.assert_array_equal(one, constant)
    assert theory.regime(problems[0], 0.4).outliers == 1


@pytest.mark.parametrize("teacher", [(0.0, 1.0, 0.5, 0.3), (0.6, 1.0, 0.5)], ids=["no mean", "mean"])
@pytest.mark.parametrize("law", [SIGNS, UNEVEN, ((-1.0, 0.2, 1.5), (0.3, 0.3, 0.4))], ids=["signs", "uneven", "three"])
def test_the_two_theories_meet(law, teacher):
    """The outliers at once; the errors like eta/sqrt(N) = n^(alpha - 1/2), because the mean of a is not zero."""
    for activation in ("relu", (0, 1, 0.6, 0.3)):
        apart = []
        for n in (10**8, 10**12):
            problem = Problem(n, n // 2, 3 * n // 4, activation, teacher, readout=law)
            eta = problem.step(0.3)
            exact = np.array(any_step.errors(problem, 0.1, eta))
            apart.append(np.max(np.abs(theory.errors(problem, 0.1, eta) / exact - 1)))
        assert apart[1] < 0.02 and apart[1] < 1.5 * 10 ** (4 * (0.3 - 0.5)) * apart[0]
        one, two = theory.outliers(problem, eta), any_step.outliers(problem, eta)
        assert len(one) == len(two) == theory.regime(problem, 0.3).outliers == 2
        for ours, theirs in zip(one, two, strict=True):
            assert ours.position == pytest.approx(theirs.position, rel=2e-3)  # 2e-3 where it touches the bulk
        wrong = theory.outliers(dataclasses.replace(problem, readout="gaussian"), eta)[1].position
        assert abs(wrong / two[1].position - 1) > 0.05  # the control


def test_plateaus_end_when_the_values_are_used_up():
    problem = Problem(activation=(0, 1, 0.6, 0.3, 0.2), teacher=(0, 1, 0.5, 0.4, 0.2), readout=SIGNS)
    levels = [theory.plateau(problem, 0.1, degree)[1] for degree in range(5)]
    assert levels[0] > levels[1] + 1e-3 > levels[2] + 2e-3
    np.testing.assert_allclose(levels[3:], levels[2], rtol=1e-12)
    gaussian = Problem(activation=(0, 1, 0.6, 0.3, 0.2), teacher=(0, 1, 0.5, 0.4, 0.2))
    assert theory.plateau(gaussian, 0.1, 3)[1] < levels[3] - 1e-3
    large = problem.resized(10**18)
    reached = theory.errors(large, 0.1, large.step(0.4))[1]
    assert reached == pytest.approx(theory.plateau(large, 0.1, 2)[1], rel=1e-3)


@pytest.mark.parametrize("law", [ONE, UNEVEN, SIGNS], ids=["one", "uneven", "signs"])
def test_networks_follow_the_law_of_their_readout(law):
    """Test error of ReLU networks after a large step, 8 draws; laws of other readouts are the control."""
    problem = Problem(300, 150, 225, "relu", noise_std=0.3, n_gradient=15_000, readout=law)
    eta, ridge, count = 6.0 * problem.N**0.5, [0.03, 0.3], 8
    seen = run_many(problem, eta, ridge, range(count), n_test=1500)
    measured, error = seen.mean("test_error")[0], seen.standard_error("test_error")[0]
    chance = student_t.isf(0.001 / 4, count - 1)  # two-sided, two ridges

    def away(other):
        predicted = any_step.errors(dataclasses.replace(problem, readout=other), ridge, eta, noise="structured")[1]
        return np.max(np.abs(predicted - measured) / error)

    assert away(law) < chance
    assert away("gaussian") > chance or away(ONE) > chance
