"""Links: values and derivatives that belong together, in the precision that was given."""

import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestep import InputError, Problem
from onestep.hermite import gaussian_rule
from onestep.links import NAMES, Link, polynomial, sine

POLYNOMIAL = polynomial([0.3, 1.0, 0.6, 0.2])
LINKS = [*NAMES.values(), POLYNOMIAL, NAMES["relu"].shifted(0.4), NAMES["softplus"].shifted(0.8)]
Z = np.linspace(-6, 6, 240)  # does not contain 0, the kink


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_derivative_against_finite_difference(link):
    h = 1e-5
    np.testing.assert_allclose(link.derivative(Z), (link(Z + h) - link(Z - h)) / (2 * h), atol=1e-8)


@pytest.mark.parametrize("link", [link for link in LINKS if link.derivative_from_value], ids=lambda link: link.name)
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-14), (np.float32, 1e-6)])
def test_derivative_from_value(link, dtype, tolerance):
    z = Z.astype(dtype)
    slope = link.derivative_from_value(link(z))
    assert slope.dtype == dtype
    np.testing.assert_allclose(slope, link.derivative(z), atol=tolerance)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(4,), (2, 3), (0,)])
def test_shape_and_precision_are_kept(link, dtype, shape):
    z = np.ones(shape, dtype)
    for function in (link, link.derivative):
        assert function(z).shape == shape
        assert function(z).dtype == dtype


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_large_arguments_neither_overflow_nor_warn(link):
    if link is POLYNOMIAL:
        return
    z = np.array([-1e4, -50.0, 50.0, 1e4])
    with np.errstate(over="raise", invalid="raise"):
        assert np.all(np.isfinite(link(z))) and np.all(np.isfinite(link.derivative(z)))


@pytest.mark.parametrize("name", NAMES)
def test_the_problem_centres_its_activation(name):
    problem = Problem(activation=name)
    z, w = gaussian_rule(problem.sigma.kinks)
    assert w @ problem.sigma(z) == pytest.approx(0.0, abs=1e-14)
    np.testing.assert_allclose(problem.sigma(z) + problem.centring, NAMES[name](z), atol=1e-14)
    assert problem.sigma.kinks == NAMES[name].kinks


def test_shifting_by_nothing_is_nothing():
    assert NAMES["tanh"].shifted(0.0) is NAMES["tanh"]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=6))
def test_polynomial_values(coefficients):
    he = [np.ones_like(Z), Z, Z**2 - 1, Z**3 - 3 * Z, Z**4 - 6 * Z**2 + 3, Z**5 - 10 * Z**3 + 15 * Z]
    expected = sum(c * h for c, h in zip(coefficients, he, strict=False))
    np.testing.assert_allclose(polynomial(coefficients)(Z), expected, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_named_links_cross_process_borders_inside_a_problem(name):
    assert pickle.loads(pickle.dumps(Problem(activation=name))).sigma.name == name


@pytest.mark.parametrize(
    "arguments, name",
    [
        ({"function": 3, "derivative": np.cos}, "function"),
        ({"function": np.sin, "derivative": None}, "derivative"),
        ({"function": np.sin, "derivative": np.cos, "kinks": (np.nan,)}, "kinks"),
        ({"function": np.sin, "derivative": np.cos, "kinks": ("0",)}, "kinks"),
        ({"function": np.sin, "derivative": np.cos, "derivative_from_value": 1.0}, "derivative_from_value"),
        ({"function": np.sin, "derivative": np.cos, "derivative_from_value": np.cos}, "derivative_from_value"),
        ({"function": np.sin, "derivative": lambda z: 1.001 * np.cos(z)}, "derivative"),
        ({"function": np.sin, "derivative": lambda z: np.where(z > 4.5, 0.5, np.cos(z))}, "derivative"),
        ({"function": np.sin, "derivative": lambda z: z * np.nan}, "derivative"),
        ({"function": np.exp, "derivative": np.zeros_like}, "derivative"),
        ({"function": lambda z: 1e-9 * np.sin(z), "derivative": lambda z: 1e-9 * np.sin(z)}, "derivative"),
        ({"function": lambda z: np.float32(np.sin(z)), "derivative": np.sin}, "derivative"),
    ],
)
def test_refusals(arguments, name):
    with pytest.raises(InputError) as caught:
        Link("mine", **arguments)
    assert caught.value.name == name


def test_a_wrong_derivative_is_refused_with_the_point_and_both_values():
    with pytest.raises(InputError) as caught:
        Link("mine", np.tanh, lambda z: 1 - np.tanh(z))
    place = float(re.search(r"at z = (\S+?);", str(caught.value))[1])
    expected = float(re.search(r"differences (\S+) at", str(caught.value))[1])
    assert caught.value.given == pytest.approx(1 - np.tanh(place), rel=1e-3)
    assert expected == pytest.approx(1 - np.tanh(place) ** 2, rel=1e-2)


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=40), st.floats(-6, 3), st.sampled_from([0.0, 1e3]))
def test_no_right_derivative_is_refused(coefficients, exponent, offset):
    polynomial([offset, *coefficients])
    frequency = 10.0**exponent
    link = sine(frequency, 0.3)
    Link("single", lambda z: np.float32(link(z)), lambda z: np.float32(link.derivative(z)))


@pytest.mark.parametrize("frequency", [1e4, 1e7, 1e30, 1e99])
def test_what_no_difference_resolves_is_left_to_the_quadrature(frequency):
    assert callable(sine(frequency, 0.3).derivative)


def test_kinks_that_are_not_declared_are_found_by_the_quadrature_not_here():
    Link("hinge", lambda z: np.maximum(z - 0.1234, 0), lambda z: (z > 0.1234) * 1.0)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.name)
def test_a_plain_function_gets_a_derivative(link):
    plain = Link.of(link.function, link.kinks)
    assert plain.kinks == link.kinks
    np.testing.assert_allclose(plain.derivative(Z), link.derivative(Z), atol=2e-9)
    for z in (np.ones((2, 3), np.float32), np.zeros((0, 2)), np.float64(0.3)):
        assert plain.derivative(z).shape == np.shape(z) and plain.derivative(z).dtype == np.asarray(z).dtype


@pytest.mark.parametrize("kinks", [(0.123,), (0.123, 0.124), (0.123, 0.123 + 1e-5)])
def test_differences_do_not_reach_across_a_kink(kinks):
    def function(z):
        return np.select([z < kinks[0], z < kinks[-1]], [np.sin(z), z**2], np.exp(z))

    def slope(z):
        return np.select([z < kinks[0], z < kinks[-1]], [np.cos(z), 2 * z], np.exp(z))

    z = np.concatenate([kink + np.array([-1e-2, -1e-4, -1e-7, 0.0, 1e-7, 1e-4, 1e-2]) for kink in kinks])
    np.testing.assert_allclose(Link.of(function, kinks).derivative(z), slope(z), rtol=1e-9)
    if len(kinks) == 1:  # undeclared, differences are wrong
        assert np.max(np.abs(Link.of(function).derivative(z) - slope(z))) > 0.1


def test_a_problem_with_a_plain_function_is_the_problem():
    known, plain = Problem(activation="relu"), Problem(activation=Link.of(NAMES["relu"].function, (0.0,)))
    np.testing.assert_allclose(plain.student.coefficients, known.student.coefficients, atol=1e-14)
    assert plain.student.slope_second_moment == pytest.approx(known.student.slope_second_moment, rel=1e-11)
    assert plain == Problem(activation=Link.of(NAMES["relu"].function, (0.0,)))
    assert pickle.loads(pickle.dumps(Link.of(np.tanh))) == Link.of(np.tanh)


@pytest.mark.parametrize("function", [3, math.tanh, np.log, np.sum, lambda z: z[:3], lambda z: 1.0])
def test_what_is_no_function_of_arrays_is_refused(function):
    with pytest.raises(InputError) as caught:
        Link.of(function)
    assert caught.value.name == "function"


def test_the_sine_has_the_printed_coefficients():
    frequency, phase = 0.7, 0.785
    student = Problem(activation=sine(frequency, phase)).student
    for k in range(1, 7):
        wave = np.sin(phase + k * np.pi / 2) / np.cos(phase) * np.exp(-(frequency**2) / 2)
        assert student[k] * math.factorial(k) == pytest.approx(frequency ** (k - 1) * wave, abs=1e-10)
    link = sine(frequency, phase)
    assert link.derivative(np.zeros(1)) == pytest.approx(1.0)
    z = np.linspace(-3, 3, 7)
    np.testing.assert_allclose((link(z + 1e-6) - link(z - 1e-6)) / 2e-6, link.derivative(z), atol=1e-8)


@pytest.mark.parametrize(
    "arguments, name", [((0.0, 0.3), "frequency"), ((1.0, np.pi / 2), "phase"), ((1.0, "x"), "phase")]
)
def test_a_sine_that_is_even_or_constant_is_refused(arguments, name):
    with pytest.raises(InputError) as caught:
        sine(*arguments)
    assert caught.value.name == name
