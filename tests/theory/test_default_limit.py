"""The default is the limit of the network: the every-step equivalent, which shares no code with it, comes to it."""

import numpy as np
import pytest

from onestep import InputError, Problem, theory
from onestep.links import sine
from onestep.theory import any_step, published_geometry

ACTIVATIONS = {
    "tanh": "tanh",
    "relu": "relu",
    "softplus": "softplus",
    "sine": sine(0.8, 0.6),
    "cubic": (0, 1, 0.6, 0.3),
}
TEACHERS = {"no mean": (0.0, 1.0, 0.5), "mean": (0.7, 1.0, 0.5, 0.2), "negative mean": (-0.5, 1.0, 0.0, 0.3)}
ROWS = (10**8, 10**10, 10**12)


def at(rows, activation, teacher, **options):
    return Problem(rows, rows // 2, 3 * rows // 4, activation=activation, teacher=teacher, **options)


@pytest.mark.parametrize("teacher", TEACHERS.values(), ids=TEACHERS)
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_errors_come_to_the_default(activation, teacher):
    """The difference falls like eta^2/N = n^(2 alpha - 1), and at n = 10^12 it is below 3e-4."""
    for alpha in (0.2, 0.3):
        apart, published = [], []
        for rows in ROWS:
            problem = at(rows, activation, teacher)
            exact = any_step.errors(problem, 0.1, problem.step(alpha))
            for geometry, found in ((None, apart), (published_geometry(problem), published)):
                ours = theory.errors(problem, 0.1, problem.step(alpha), geometry)
                found.append(np.max(np.abs(np.divide(ours, exact) - 1)))
        falls = 100 ** (2 * alpha - 1)
        assert apart[1] / apart[0] < 1.5 * falls and apart[2] / apart[1] < 1.5 * falls, (alpha, apart)
        assert apart[2] < 3e-4
        if activation != "tanh" and (alpha == 0.3 or teacher[0] != 0):  # the control: c_2 != 0, and spikes that need it
            assert published[2] > 100 * apart[2] and published[2] > 1e-3, (alpha, published)


@pytest.mark.parametrize("teacher", [TEACHERS["no mean"], TEACHERS["mean"]], ids=["no mean", "mean"])
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_outliers_come_to_the_default(activation, teacher):
    """Those that stay: others that a finite size shows have their order's exponent above this one."""
    for rows, tolerance in ((10**8, 3e-4), (10**12, 1e-5)):  # 4e-6 is what the equivalent's quadrature leaves
        problem = at(rows, activation, teacher)
        eta, count = problem.step(0.3), theory.regime(problem, 0.3).outliers
        exact, ours = any_step.outliers(problem, eta), theory.outliers(problem, eta)
        assert len(exact) == len(ours) and count == (1 if activation == "tanh" else 2)
        for one, two in zip(ours[:count], exact[:count], strict=True):
            assert one.position == pytest.approx(two.position, rel=tolerance)
            np.testing.assert_allclose(one.overlaps[:3], two.overlaps[:3], atol=tolerance)
    if activation != "tanh":
        wrong = theory.outliers(problem, eta, published_geometry(problem))
        assert abs(wrong[1].position / exact[1].position - 1) > 0.03


def test_numbers_that_were_wrong_once():
    """Computed by the every-step equivalent; with rows of unit length they are 3.59, 60466 and 1.363."""
    relu, cubic = at(10**9, "relu", (0, 1, 0.5)), at(10**9, (0, 1, 0.6, 0.3), (0, 1, 0.5))
    assert theory.outliers(relu, relu.step(0.29))[1].position == pytest.approx(4.663, abs=1e-3)
    assert theory.outliers(cubic, cubic.step(0.35))[1].position == pytest.approx(159125, rel=1e-4)
    raised = at(10**9, "relu", (0.7, 1, 0.5))
    assert theory.test_error(raised, 0.1, raised.step(0.29)) == pytest.approx(1.1622, abs=1e-4)


def test_strong_spikes_reach_the_plateau_where_rows_drift():
    problem = Problem(activation=(0, 1, 0.5, 0.2), teacher=(0.7, 1.0, 0.5, 0.5))
    ends = [theory.plateau(problem, 0.1, degree) for degree in (2, 3)]
    np.testing.assert_allclose(theory.errors(problem, 0.1, 1e7), ends[1], rtol=1e-9)
    assert abs(ends[0][1] / ends[1][1] - 1) > 1e-3  # the control: two spikes do not


def test_dependent_spikes_are_one():
    """For ReLU, tau Z + s t is homogeneous: with drift the first four spikes span three dimensions only."""
    problem = at(10**18, "relu", (0.7, 1.0, 0.5))
    assert theory.regime(problem, 0.4).active == (1, 2, 3, 4)
    assert theory.regime(problem, 0.4).outliers == len(theory.outliers(problem, problem.step(0.4))) == 3
    with pytest.raises(InputError, match="order"):
        theory.critical_constant(problem, 3)
    np.testing.assert_array_equal(theory.plateau(problem, 0.1, 3), theory.plateau(problem, 0.1, 2))


def test_an_output_of_order_one_is_refused_with_a_geometry_too():
    problem = Problem(first_output="order_one")
    for call in (
        lambda: theory.errors(problem, 0.1, 1.0, theory.limit_geometry(Problem())),
        lambda: theory.outliers(problem, 1.0, theory.limit_geometry(Problem())),
        lambda: any_step.errors(problem, 0.1, 1.0, theory.limit_geometry(Problem())),
    ):
        with pytest.raises(InputError, match="first_output"):
            call()


def test_a_mean_that_is_next_to_nothing_changes_nothing():
    for mean in (1e-40, 1e-12):
        problem, plain = at(10**6, "relu", (mean, 1.0, 0.5)), at(10**6, "relu", (0.0, 1.0, 0.5))
        np.testing.assert_allclose(theory.errors(problem, 0.1, [1.0, 50.0]), theory.errors(plain, 0.1, [1.0, 50.0]))
        assert len(theory.outliers(problem, 50.0)) == len(theory.outliers(plain, 50.0))
