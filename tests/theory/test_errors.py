import math
from dataclasses import replace

import numpy as np
import pytest
from bulk_witness import errors_in_many_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from spiked_witness import adjusted_mean, controls, draw, errors_by_difference, limits

from onestep import Geometry, InputError, Problem, theory
from onestep.hermite import gaussian_rule
from onestep.theory import any_step
from onestep.theory.baselines import linear_errors
from onestep.theory.geometry import limit_geometry, published_geometry
from onestep.theory.resolvent import traces
from onestep.theory.terms import HIGHEST, active_orders, kept_orders

RIDGES = np.array([1e-8, 1e-3, 0.1, 3.0, 1e4])
TEACHERS = [(0.0, 1.0), (0.3, 1.0, 0.5, 0.2), (0.4, 0.0, 1.0), (0.5, -0.2, 0.0, 0.0, 0.7), "relu"]


@pytest.mark.parametrize(
    "activation", [(0, 1, 0.6, 0.3), (0, -0.7, 0.5), (0, 1.0, 0.0, 0.4), (0, 1.0), "tanh", "relu"], ids=str
)
@pytest.mark.parametrize("teacher", TEACHERS, ids=str)
def test_finite_strength_is_the_printed_formula_and_its_difference_quotient(activation, teacher):
    problem = Problem(activation=activation, teacher=teacher)
    orders = kept_orders(problem, published_geometry(problem))
    for alpha in (-0.5, 0.0, 0.2, 0.4):
        for ridge in (1e-3, 0.1, 10.0):
            found = theory.errors(problem, ridge, problem.step(alpha), published_geometry(problem))
            np.testing.assert_allclose(
                found, errors_by_difference(problem, ridge, problem.step(alpha), orders), rtol=1e-7
            )


@pytest.mark.parametrize("teacher", TEACHERS, ids=str)
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4])
def test_plateaus_are_the_printed_formula_without_strengths(teacher, degree):
    problem = Problem(activation=(0, 1, 0.6, 0.3, 0.2), teacher=teacher)
    orders = tuple(range(1, degree + 1))
    for ridge in (1e-3, 0.1, 10.0):
        exact = errors_by_difference(problem, ridge, 1.0, orders, plateau=True)
        np.testing.assert_allclose(
            theory.plateau(problem, ridge, degree, published_geometry(problem)), exact, rtol=1e-7
        )


def test_closed_forms_of_the_first_two_increments():
    problem = Problem(activation="relu", teacher=(0.0, 1.2, 0.7, 0.4))
    first, second = problem.target[1], problem.target[2]
    norm, _ = limits(problem)
    found = traces(problem, RIDGES)
    gain = theory.improvement(problem, RIDGES, 2, published_geometry(problem))
    np.testing.assert_allclose(gain.train[0], RIDGES * first**4 * found.m2 / norm**2, rtol=1e-11)
    exact = 4 * RIDGES * first**4 * second**2 * found.m1 / (3 * norm**4)
    np.testing.assert_allclose(gain.train[1], exact, rtol=1e-9)
    # no c_{*,k} with k >= 2 enters the first step of the staircase but through the norm of beta
    other = Problem(activation="relu", teacher=(0.0, 1.2, 0.0, math.sqrt((2 * 0.7**2 + 6 * 0.4**2) / 6)))
    np.testing.assert_allclose(
        theory.improvement(other, RIDGES, 1, published_geometry(other)).train, gain.train[:1], rtol=1e-11
    )


@pytest.mark.parametrize("activation", [(0, 1, 0.6, 0.3), (0, 1, 0, 0.3), (0, 1, 0.5)], ids=str)
def test_an_enormous_step_reaches_the_plateau(activation):
    problem = Problem(activation=activation, teacher=(0.3, 1, 0.5, 0.3))
    exact = theory.plateau(problem, RIDGES, len(activation) - 1)
    np.testing.assert_allclose(theory.errors(problem, RIDGES, 1e6), exact, rtol=1e-8)
    assert np.all(np.abs(theory.errors(problem, RIDGES, 1.0)[0] / exact[0] - 1)[1:4] > 1e-3)  # and a small one does not


def test_a_tiny_step_changes_nothing_and_continuously():
    problem = Problem(activation=(0, 1, 0.6, 0.3))
    untrained = np.array(theory.errors(problem, 0.1, 0.0))
    for eta in (1e-6, 1e-4, 1e-2):
        assert np.max(np.abs(np.array(theory.errors(problem, 0.1, eta)) - untrained)) < 2 * eta**2


def test_large_ridge_leaves_the_labels():
    problem = Problem(teacher=(0.3, 1, 0.5))
    power = problem.target.second_moment + problem.noise_variance
    np.testing.assert_allclose(theory.errors(problem, 1e9, [0.0, 2.0]), power, rtol=1e-7)


def test_linear_network_and_wide_linear_limit():
    # N/d -> infinity: F0 a is X b with a penalty on b, so this is ridge regression on x
    problem = Problem(n=1000, d=500, N=10**9, activation=(0, 1), teacher=(0.4, 1, 0.5))
    found = theory.errors(problem, 0.1 * problem.N / problem.d)
    np.testing.assert_allclose(found, linear_errors(problem, 0.1, intercept=False), rtol=1e-5)


def model_errors(problem, etas, ridge, count, measure):
    orders = kept_orders(problem, published_geometry(problem))
    drawn = [draw(problem, orders, seed, fresh=problem.n if measure == "errors" else 0) for seed in range(count)]
    values = np.array([[getattr(one, measure)(eta, ridge) for eta in etas] for one in drawn])
    return values, np.array([controls(one) for one in drawn]), drawn


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"activation": (0, 1, 0.6, 0.3), "teacher": (0.4, 1, 0.5, 0.3)},
        {"activation": "relu", "teacher": (0.4, 1, 0.5), "readout": "constant", "n_gradient": 1500},
    ],
    ids=str,
)
def test_the_explicit_model_and_its_leave_one_out_error(options):
    problem = Problem(n=600, d=300, N=450, **options)
    etas = np.array([0.0, *(problem.step(alpha) for alpha in (0.1, 0.3))])
    values, control, drawn = model_errors(problem, etas, 0.3, 30, "leave_one_out")
    theory_limit = np.moveaxis(theory.errors(problem, 0.3, etas, published_geometry(problem)), 0, 1)
    mean, error = adjusted_mean(values - theory_limit, control)
    assert np.max(np.abs(mean / error)) < 4
    assert np.max(error / theory_limit) < 0.025  # the errors are known well enough for the line above to mean something
    plug_in = [plug_in_geometry(one) for one in drawn]
    measured = np.array([np.moveaxis(theory.errors(problem, 0.3, etas, geometry), 0, 1) for geometry in plug_in])
    mean, error = adjusted_mean(values - measured, control)
    assert np.max(np.abs(mean / error)) < 4
    # negative controls: spikes of infinite strength, and a teacher whose constant is forgotten
    wrong = np.array(theory.plateau(problem, 0.3, 3, published_geometry(problem)))
    mean, error = adjusted_mean(values[:, 1] - wrong, control)
    assert np.max(np.abs(mean / error)) > 6
    forgotten = Problem(n=600, d=300, N=450, **{**options, "teacher": (0.0, *options["teacher"][1:])})
    exact = np.moveaxis(theory.errors(forgotten, 0.3, etas, published_geometry(forgotten)), 0, 1)
    mean, error = adjusted_mean(values - exact, control)
    assert np.max(np.abs(mean / error)) > 6


def plug_in_geometry(drawn):
    measured = Geometry.measured(drawn.beta_norm, drawn.rho, drawn.a, drawn.t()[: drawn.problem.n])
    return replace(measured, lengthening=0.0, drift=0.0)  # the rows of this model are not lengthened


def test_plug_in_with_the_limits_is_the_limit():
    for readout in ("gaussian", "constant"):
        problem = Problem(activation=(0, 1, 0.5, 0.3), readout=readout)
        law = gaussian_rule() if readout == "gaussian" else (np.ones(1), np.ones(1))
        geometry, published = Geometry(*limits(problem), law, 1.0, 0.0, 0.0), published_geometry(problem)
        for eta in (1e-3, 1.0, 30.0, 1e6):
            np.testing.assert_allclose(
                theory.errors(problem, RIDGES, eta, geometry), theory.errors(problem, RIDGES, eta, published), rtol=1e-8
            )
        geometry = Geometry(*limits(problem), law, 1.0)
        np.testing.assert_allclose(
            theory.errors(problem, RIDGES, 30.0, geometry), theory.errors(problem, RIDGES, 30.0), rtol=1e-8
        )


def test_information_exponent_above_one_gains_only_the_constant():
    problem = Problem(activation=(0, 1, 0.6, 0.3), teacher=(0.0, 0.0, 1.0))
    np.testing.assert_allclose(theory.errors(problem, 0.1, 5.0), theory.errors(problem, 0.1), rtol=1e-12)
    constant = Problem(activation=(0, 1, 0.6, 0.3), teacher=(0.5, 0.0, 1.0))
    assert theory.train_error(constant, 0.1, 5.0) < theory.train_error(constant, 0.1) - 0.01


def test_constant_readout_has_one_step_only():
    problem = Problem(activation="relu", readout="constant", teacher=(0, 1, 0.5, 0.2))
    gain = theory.improvement(problem, 0.1, 3)
    assert gain.train[0] > 0.01
    np.testing.assert_array_equal(gain.train[1:], 0)


ratio = st.integers(5, 2000)
coefficient = st.one_of(st.just(0.0), st.floats(-3, 3).filter(lambda c: abs(c) > 1e-3))
problems = st.builds(
    Problem,
    n=ratio,
    d=st.integers(100, 100),
    N=ratio,
    activation=st.one_of(
        st.sampled_from(["relu", "tanh", "erf", "softplus", "sigmoid"]),
        st.tuples(st.just(0.0), st.floats(0.1, 3), coefficient, coefficient, coefficient),
        st.just((0.0, 1.0)),
    ),
    teacher=st.tuples(coefficient, coefficient, coefficient, coefficient).filter(any),
    noise_std=st.one_of(st.just(0.0), st.floats(0.01, 2)),
    readout=st.sampled_from(["gaussian", "constant"]),
    n_gradient=st.one_of(st.none(), st.integers(10, 10000)),
)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(problems, st.floats(-8, 4), st.one_of(st.just(0.0), st.floats(-6, 6).map(lambda e: 10.0**e)))
def test_properties_of_the_errors(problem, log_ridge, eta):
    ridge = 10**log_ridge
    (train, more, untrained), (test, *_) = theory.errors(problem, ridge * np.array([1, 2, 1]), [eta, eta, 0.0])
    power = problem.target.second_moment + problem.noise_variance
    assert np.isfinite(train)
    assert np.isfinite(test)
    assert 0 <= train <= power * (1 + 1e-12)
    assert test >= problem.noise_variance * (1 - 1e-9)
    assert train <= more * (1 + 1e-9)  # an infimum over a of functions that grow with the ridge
    assert more <= 2 * train * (1 + 1e-9)  # and concave in it
    assert train <= untrained * (1 + 1e-9)
    levels = np.array([theory.plateau(problem, ridge, degree)[0] for degree in range(5)])
    assert np.all(np.diff(levels) <= 1e-12 * power)


@settings(max_examples=100, deadline=None)
@given(problems, st.floats(-4, 2), st.floats(-2, 2))
def test_test_error_is_minus_the_derivative(problem, log_ridge, log_eta):
    ridge, eta = 10**log_ridge, 10**log_eta
    h = 1e-3 * ridge
    points = ridge + h * np.array([-3, -2, -1, 1, 2, 3])
    values = theory.train_error(problem, points, eta) / points
    slope = np.array([-1, 9, -45, 45, -9, 1]) @ values / (60 * h)
    exact = -slope / traces(problem, ridge).m1 ** 2
    # where next to nothing is fitted, or nothing is left, the quotient itself has few digits
    lost = 1e-15 * values[2] / h / abs(slope)
    assert theory.errors(problem, ridge, eta)[1] == pytest.approx(exact, rel=1e-8 + 10 * lost)


CORNERS = {
    "three orders": {"activation": (0, 1, 0.6, 0.3), "teacher": (0.4, 1, 0.5, 0.3)},
    # one direction for all spikes: there the signs of c_1, c_k and rho are seen
    "constant readout": {"activation": (0, -1, 0.6, 0.3), "teacher": (0.4, -1, 0.5, 0.3), "readout": "constant"},
    "no second order": {"activation": (0, -1, 0, 0.3), "teacher": (0.4, 1, 0.5, 0.3)},
    "linear network": {"activation": (0, 1), "teacher": (0.4, 1, 0.5)},
    "noiseless linear teacher": {"activation": (0, 1, 0.6), "teacher": (0, 1), "noise_std": 0.0},
    "information exponent two": {"activation": (0, 1, 0.6), "teacher": (0.3, 0, 1.0)},
    "large gradient batch": {
        "activation": (0, 1, 0.6, 0.3),
        "teacher": (0, 1, 0, 1),
        "n_gradient": 10**9,
        "noise_std": 0,
    },
}
SIZES = {"n = N": (1000, 500, 1000), "n > N": (2000, 100, 100), "n < N": (100, 2000, 2000), "d = n": (500, 500, 700)}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("options", CORNERS.values(), ids=CORNERS)
def test_corners_agree_with_150_digits(sizes, options):
    problem = Problem(**dict(zip(("n", "d", "N"), sizes, strict=True)), **options)
    orders = active_orders(problem)
    ridges = np.array([1e-8, 0.1, 1e4])
    # cos(beta, beta_star) near 1 is known to one unit in the last place only, which the labels' power scales
    rounding = 1e-14 * (problem.target.second_moment + problem.noise_variance)
    for etas in (np.array([1e-6, 2.0, 1e6]), np.array([1e6, 1e3, 1e-6])):
        exact = [errors_in_many_digits(problem, *point, orders) for point in zip(ridges, etas, strict=True)]
        found = theory.errors(problem, ridges, etas, published_geometry(problem))
        np.testing.assert_allclose(found, np.transpose(exact), rtol=1e-10, atol=rounding)


def test_everything_broadcasts():
    problem = Problem(activation="relu")
    eta, ridge = np.array([0.0, 1.0, 5.0])[:, None], np.array([0.1, 1.0])
    train, test = theory.errors(problem, ridge, eta)
    assert train.shape == test.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            alone = theory.errors(problem, ridge[j], eta[i, 0])
            np.testing.assert_allclose((train[i, j], test[i, j]), alone, rtol=1e-13)
    assert np.ndim(theory.train_error(problem, 0.1)) == 0


def test_best_ridge_is_a_minimum():
    problem = Problem(activation="relu", teacher=(0.2, 1, 0.5))
    for eta in (0.0, 5.0):
        ridge, error = theory.best_ridge(problem, eta)
        assert error == theory.test_error(problem, ridge, eta)
        assert error <= np.min(theory.test_error(problem, np.logspace(-8, 4, 2000), eta)) + 1e-9


def test_double_descent_at_the_interpolation_threshold():
    def error(N, ridge):
        return theory.test_error(Problem(n=1000, d=500, N=N), ridge)

    assert error(1000, 1e-8) > 100 * error(500, 1e-8)
    assert error(1000, 1e-8) > 100 * error(2000, 1e-8)
    assert error(1000, 1e-8) / error(1000, 1e-6) == pytest.approx(10, rel=0.02)  # it diverges like ridge^(-1/2)


@pytest.mark.parametrize(
    "call",
    [
        lambda p: theory.errors(p, 0.0),
        lambda p: theory.errors(p, [0.1, -1.0]),
        lambda p: theory.errors(p, 0.1, -1.0),
        lambda p: theory.errors(p, np.nan),
        lambda p: theory.errors(p, 0.1, 1e200),
        lambda p: theory.plateau(p, 0.1, -1),
        lambda p: theory.plateau(p, 0.1, HIGHEST + 20),
        lambda p: theory.errors(Problem(first_output="order_one"), 0.1, 1.0),
        lambda p: Geometry(0.0, 0.5),
        lambda p: Geometry(1.0, 1.5),
        lambda p: Geometry(1.0, 0.5, lengthening=-0.1),
        lambda p: Geometry(1.0, 0.5, readout=(np.ones(2), np.ones(2))),
        lambda p: Geometry(1.0, 0.5, readout=(np.ones(2), np.array([1.5, -0.5]))),
        lambda p: Geometry(1.0, 0.5, projection=(np.ones(2), np.ones(3) / 3)),
        lambda p: Geometry.measured(1.0, 0.5, [], 1.0),
        lambda p: theory.errors(p, 0.1, 1.0, "limit"),
    ],
)
def test_refused_at_the_door(call):
    with pytest.raises(InputError):
        call(Problem())


def test_order_one_output_is_fine_untrained():
    assert theory.errors(Problem(first_output="order_one"), 0.1) == theory.errors(Problem(), 0.1)


def test_vanishing_coefficients_are_no_orders():
    assert active_orders(Problem(activation="tanh"), 6) == (1, 3, 5)
    assert active_orders(Problem(activation="relu"), 6) == (1, 2, 4, 6)


@pytest.mark.parametrize("activation", [(0, 1, 0.6, 0.3, 0.2), "relu", "tanh"], ids=str)
def test_noise_of_the_gradient_at_enormous_n(activation):
    """The errors are those of the every-step equivalent, which knows the noise by itself."""
    n = 10**18
    problem = Problem(n, n // 4, 3 * n // 4, activation=activation, teacher=(0.0, 1.0, 0.5, 0.3, 0.1))
    steps = float(n) ** np.array([0.15, 0.3, 0.36])
    noisy = theory.errors(problem, 0.1, steps)
    np.testing.assert_allclose(noisy, any_step.errors(problem, 0.1, steps), rtol=1e-3)
    if problem.student[2] != 0:  # negative control: the spike t^2 itself is not what such a network has
        paper = theory.errors(problem, 0.1, steps, published_geometry(problem))[0]
        assert abs(paper[1] - noisy[0][1]) > 0.01 * noisy[0][1]


def test_two_spikes_with_noise_in_the_gradient():
    """4 c_{*,2}^2 rho^4 m1 / (2 + (1 + kappa)^2), and no noise is no change."""
    problem = Problem(activation=(0, 1, 0.6), teacher=(0.0, 1.0, 0.5))
    noisy, ridge = limit_geometry(problem), 0.1
    labels = problem.target.second_moment + problem.noise_variance
    assert noisy.lengthening == pytest.approx(problem.phi * labels * 4 * 0.6**2 / noisy.beta_norm**2)
    stair = theory.plateau(problem, ridge, 1, noisy)[0] - theory.plateau(problem, ridge, 2, noisy)[0]
    m1 = traces(problem, ridge).m1
    assert stair == pytest.approx(ridge * m1 * noisy.cosine**4 / (2 + (1 + noisy.lengthening) ** 2))
    still = limit_geometry(Problem(n_gradient=10**15, activation=(0, 1, 0.6)))
    assert still.lengthening < 1e-10


@pytest.mark.parametrize("activation", ["softplus", "relu", (0, 1.0, 0.5, 0.3)], ids=str)
def test_the_highest_order_is_counted_and_what_is_above_it_is_not(activation):
    problem = Problem(n=1000, d=500, N=750, activation=activation, teacher=(0.0, 1.0, 0.5, 0.3))
    geometry, eta = limit_geometry(problem), problem.step(0.3)
    kept = kept_orders(problem, geometry)
    assert len(kept) >= 2
    found = [theory.errors(problem, 0.1, eta, highest=k)[0] for k in kept]
    for k in kept:
        assert kept_orders(problem, geometry, k) == tuple(order for order in kept if order <= k)
    assert np.all(np.diff([theory.errors(problem, 0.1)[0], *found]) < 0), "each regressor lowers the training error"
    assert found[-1] == theory.errors(problem, 0.1, eta)[0]
    for refused in (0, HIGHEST + 1, 1.5):
        with pytest.raises(InputError):
            theory.errors(problem, 0.1, eta, highest=refused)
