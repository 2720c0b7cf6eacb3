"""The problem: validated once, immutable, hashable, the same on the other side of a process border."""

import copy
import dataclasses
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestep import InputError, Problem
from onestep.checks import choice, integer, real, reals
from onestep.links import NAMES, Link


def cosine(z):
    return np.cos(z)


def minus_sine(z):
    return -np.sin(z)


def test_ratios_and_rows():
    problem = Problem(n=400, d=100, N=200, noise_std=0.5, n_gradient=50)
    assert (problem.phi, problem.psi, problem.phi_gradient) == (0.25, 0.5, 2.0)
    assert (problem.rows_gradient, Problem(n=400).rows_gradient) == (50, 400)
    assert problem.noise_variance == 0.25
    assert problem.step(0.5) == pytest.approx(20.0)
    assert problem.step(0) == 1.0
    assert Problem(precision="float32").dtype == np.float32


def test_specifications_that_mean_the_same_are_equal():
    given = [[0, 1, 0.5], (0.0, 1.0, 0.5), np.array([0, 1, 0.5])]
    problems = [Problem(teacher=spec, activation=spec) for spec in given]
    assert len(set(problems)) == 1
    assert Problem(n=np.int64(7)) == Problem(n=7)
    assert isinstance(Problem(n=np.int64(7)).n, int)
    assert Problem() != Problem(noise_std=0.4)


def test_expansions_are_of_the_centred_student_and_of_the_teacher_as_given():
    problem = Problem(activation="relu", teacher="relu")
    assert problem.student[0] == 0.0
    assert problem.centring == problem.target[0] == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-13)
    assert problem.student.coefficients[1:] == problem.target.coefficients[1:]
    assert problem.sigma_star is NAMES["relu"]
    shifted = Problem(activation=[0.3, 1, 0.6])
    assert shifted.centring == 0.3
    np.testing.assert_allclose(shifted.sigma(np.array([2.0])), [2 + 0.6 * 3], atol=1e-14)
    assert shifted.student.second_moment == pytest.approx(1 + 2 * 0.36)


def test_immutable():
    problem = Problem()
    for name in ("n", "sigma", "new"):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            setattr(problem, name, 3)


@pytest.mark.parametrize(
    "problem",
    [
        Problem(),
        Problem(activation="relu", teacher=[0, 1, 0, 0.3], readout="constant", n_gradient=10),
        Problem(activation=[0, 1, 0.6], teacher="erf", first_output="order_one", precision="float32"),
        Problem(teacher=Link("cos", cosine, minus_sine)),
    ],
    ids=["default", "relu", "polynomial", "own link"],
)
@pytest.mark.parametrize("copied", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy, dataclasses.replace])
def test_a_copy_is_equal_and_hashes_alike(problem, copied):
    _ = problem.sigma, problem.student  # what is cached must not stand in the way
    other = copied(problem)
    assert other == problem
    assert hash(other) == hash(problem)
    assert other.student == problem.student


# fmt: off
REFUSED = [
    ("n", 0), ("n", -3), ("n", 2.0), ("n", True), ("n", "10"), ("n", None), ("d", 0), ("d", math.nan), ("N", -1),
    ("N", 1.5),
    ("n_gradient", 0), ("n_gradient", 3.0),
    ("activation", "rleu"), ("activation", 3), ("activation", np.tanh), ("activation", [0, "1"]), ("activation", []),
    ("activation", [0.0, 0.0]), ("activation", [0, math.nan]), ("activation", [0, math.inf]),
    ("activation", [0, 1] * 20),
    ("activation", [[0, 1]]), ("activation", None), ("activation", [1, 0, 0.5]), ("activation", [0, 1e200]),
    ("activation", Link("even", cosine, minus_sine)),
    ("teacher", "linear"), ("teacher", [True, 1]), ("teacher", {0: 1}), ("teacher", b"relu"), ("teacher", [0, 0]),
    ("noise_std", -0.1), ("noise_std", math.nan), ("noise_std", math.inf), ("noise_std", "0"), ("noise_std", 1j),
    ("noise_std", 10**400), ("noise_std", True),
    ("readout", "uniform"), ("readout", None), ("readout", 1), ("readout", ((1.0, 2.0), (0.5, 0.6))),
    ("readout", ((1.0, 2.0), (1.5, -0.5))), ("readout", ((1.0, 1.0), (0.5, 0.5))), ("readout", ((0.0,), (1.0,))),
    ("readout", ((1.0,), (0.5, 0.5))), ("readout", ((), ())), ("readout", ((1.0, math.nan), (0.5, 0.5))),
    ("first_output", "big"), ("precision", "float16"), ("precision", np.float32),
]
# fmt: on


@pytest.mark.parametrize("name, value", REFUSED, ids=lambda value: repr(value)[:20])
def test_refusals_name_the_argument_what_was_given_and_what_is_allowed(name, value):
    with pytest.raises(InputError) as caught:
        Problem(**{name: value})
    error = caught.value
    assert error.name == name
    assert error.allowed
    assert str(error).startswith(f"{name}: got ") and "; allowed: " in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)


def test_a_teacher_without_linear_part_is_welcome():
    assert Problem(teacher=[0, 0, 1]).target[1] == 0.0


def test_alpha_is_checked():
    for alpha in (math.nan, "0.3", None):
        with pytest.raises(InputError, match="alpha"):
            Problem().step(alpha)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6), st.floats(0, 1e3))
def test_every_size_and_noise_is_accepted_and_kept(n, d, N, noise_std):
    problem = Problem(n=n, d=d, N=N, noise_std=noise_std)
    assert (problem.n, problem.d, problem.N, problem.noise_std) == (n, d, N, noise_std)
    assert problem.phi == d / n and problem.psi == d / N


@pytest.mark.slow
@given(st.one_of(st.integers(max_value=0), st.floats(), st.text(), st.booleans(), st.none(), st.lists(st.integers())))
def test_nothing_but_a_positive_integer_is_a_size(value):
    with pytest.raises(InputError):
        integer("n", value)


@given(
    st.one_of(
        st.text(), st.booleans(), st.none(), st.complex_numbers(), st.sampled_from([math.nan, math.inf, -math.inf])
    )
)
def test_nothing_but_a_finite_number_is_real(value):
    with pytest.raises(InputError):
        real("x", value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_bounds(value):
    if value >= 0:
        assert real("x", value, 0.0) == value
    else:
        with pytest.raises(InputError, match=">= 0"):
            real("x", value, 0.0)
    if value > 0:
        np.testing.assert_array_equal(reals("x", [value, 1], 0.0, open_below=True), [value, 1])
    else:
        for check in (real, lambda name, v, *a, **k: reals(name, [1.0, v], *a, **k)):
            with pytest.raises(InputError, match="> 0"):
                check("x", value, 0.0, open_below=True)


@pytest.mark.parametrize("values", [[1, math.nan], "abc", [[1], [1, 2]], [True, 1.5, "x"], 1j, None, [10**400], [True]])
def test_refused_arrays(values):
    with pytest.raises(InputError, match="x: got"):
        reals("x", values)


def test_choice():
    assert choice("c", "a", ("a", "b")) == "a"
    for value in ("c", 1, None, ["a"]):
        with pytest.raises(InputError, match="one of a, b"):
            choice("c", value, ("a", "b"))


def test_long_values_are_cut_in_messages():
    assert len(str(InputError("x", list(range(1000)), "less"))) < 120


def test_resized_keeps_every_ratio():
    small = Problem(n=2000, d=1000, N=1500, activation="relu", n_gradient=500, noise_std=0.1)
    large = small.resized(10**12)
    assert (large.phi, large.psi, large.phi_gradient) == (small.phi, small.psi, small.phi_gradient)
    assert large.resized(2000) == small
    assert small.resized(1).d == 1, "rounding never leaves a layer without units"
    assert Problem(n=100, d=30, N=70).resized(50).n_gradient is None
    with pytest.raises(InputError, match="n: got 0"):
        small.resized(0)


def test_a_readout_of_few_values_is_scaled_and_equals_its_copy():
    problem = Problem(readout=([3, -4], np.array([0.5, 0.5])))
    values, shares = problem.readout_law
    assert shares @ values**2 == pytest.approx(1) and values[0] / values[1] == pytest.approx(-0.75)
    again = dataclasses.replace(problem)
    assert again == problem and hash(again) == hash(problem) and pickle.loads(pickle.dumps(problem)) == problem
    assert Problem().readout_law is None and Problem(readout="constant").readout_law[0].tolist() == [1.0]
