"""Hermite expansions against closed forms, against each other, and against what they must refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import hermite_e
from scipy import integrate

from onestep import InputError
from onestep.hermite import (
    ORDER,
    basis,
    expand,
    expand_polynomial,
    gaussian_rule,
    hermite_in_monomials,
    monomials_in_hermite,
)
from onestep.links import NAMES, Link, polynomial

ORDERS = range(ORDER + 1)
FACTORIAL = np.array([math.factorial(k) for k in ORDERS], dtype=float)


def density(z):
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def odd(values):
    """(0, v_0, 0, v_1, ...): coefficients of an odd function."""
    return [values(k // 2) if k % 2 else 0.0 for k in ORDERS]


def relu_coefficient(k):
    """E[relu He_k] = E[relu'' He_{k-2}] = He_{k-2}(0) density(0), as relu'' is a unit mass at 0."""
    if k < 2:
        return (density(0.0), 0.5)[k]
    return hermite_e.HermiteE.basis(k - 2)(0.0) * density(0.0) / math.factorial(k)


def erf_coefficient(m):
    """c_{2m+1}: derivatives at mu = 0 of E erf'(Z + mu) = 2/sqrt(3 pi) exp(-mu^2/3)."""
    derivative = (-1 / 3) ** m * math.factorial(2 * m) / math.factorial(m)
    return 2 / math.sqrt(3 * math.pi) * derivative / math.factorial(2 * m + 1)


CLOSED = {
    "relu": ([relu_coefficient(k) for k in ORDERS], 1 / 2, 1 / 2),
    "erf": (odd(erf_coefficient), 2 / math.pi * math.asin(2 / 3), 4 / (math.pi * math.sqrt(5))),
    "sin": (
        odd(lambda m: (-1) ** m * math.exp(-0.5) / math.factorial(2 * m + 1)),
        (1 - math.exp(-2)) / 2,
        (1 + math.exp(-2)) / 2,
    ),
}


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms(name):
    coefficients, second_moment, slope_second_moment = CLOSED[name]
    got = expand(NAMES[name])
    np.testing.assert_allclose(got.coefficients, coefficients, atol=1e-12)
    # Relative too, where it counts: the strength of spike k multiplies c_k by a large power of eta.
    np.testing.assert_allclose(got.coefficients[:12], coefficients[:12], rtol=1e-9, atol=1e-15)
    assert got.second_moment == pytest.approx(second_moment, rel=1e-13)
    assert got.slope_second_moment == pytest.approx(slope_second_moment, rel=1e-13)


@pytest.mark.parametrize("name", ["tanh", "softplus", "sigmoid"])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 5, 8])
def test_against_adaptive_quadrature(name, k):
    he = hermite_e.HermiteE.basis(k)
    value, _ = integrate.quad(
        lambda z: float(NAMES[name](z)) * he(z) * density(z),
        -14,
        14,
        epsabs=1e-12,
        epsrel=1e-12,
        limit=500,
        points=[0.0],
    )
    assert expand(NAMES[name])[k] == pytest.approx(value / math.factorial(k), abs=1e-10)


def test_softplus_and_sigmoid_are_one_derivative_apart():
    softplus, sigmoid = expand(NAMES["softplus"]), expand(NAMES["sigmoid"])
    k = np.arange(1, ORDER + 1)
    np.testing.assert_allclose(k * softplus.coefficients[1:], sigmoid.coefficients[:-1], atol=1e-12)
    assert softplus.slope_second_moment == pytest.approx(sigmoid.second_moment, rel=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_stein(name):
    """E sigma'(Z) He_k(Z) = (k + 1)! c_{k+1}: value and derivative of a link belong together."""
    link = NAMES[name]
    z, w = gaussian_rule(link.kinks)
    slopes = basis(z, ORDER - 1) @ (w * link.derivative(z)) / np.sqrt(FACTORIAL[:-1])
    k = np.arange(1, ORDER + 1)
    np.testing.assert_allclose(slopes, k * np.array(expand(link).coefficients[1:]), atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_bessel_and_parseval(name):
    got = expand(NAMES[name])
    parts = FACTORIAL * np.square(got.coefficients)
    assert parts.sum() <= got.second_moment * (1 + 1e-13)
    assert got.nonlinear_variance == pytest.approx(got.second_moment - parts[0] - parts[1], rel=1e-12)
    assert got.slope_variance == pytest.approx(got.slope_second_moment - got[1] ** 2, rel=1e-12)
    # sin converges like 1/k!, erf like (2/3)^k: what the terms beyond ORDER can still carry.
    rest = {"sin": 1e-13, "erf": (2 / 3) ** (ORDER + 1)}
    if name in rest:
        assert parts.sum() == pytest.approx(got.second_moment, rel=rest[name])


@pytest.mark.parametrize("name", ["tanh", "erf", "sin"])
def test_odd_links_have_exactly_no_even_part(name):
    assert expand(NAMES[name]).coefficients[::2] == (0.0,) * (ORDER // 2 + 1)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=7).filter(lambda c: max(map(abs, c)) > 1e-50))
def test_polynomials_by_quadrature_and_exactly(coefficients):
    exact, numerical = expand_polynomial(tuple(coefficients)), expand(polynomial(coefficients))
    scale = math.sqrt(exact.second_moment) or 1.0
    np.testing.assert_allclose(numerical.coefficients, exact.coefficients, atol=1e-10 * scale)
    assert numerical.second_moment == pytest.approx(exact.second_moment, rel=1e-11)
    assert numerical.slope_second_moment == pytest.approx(exact.slope_second_moment, rel=1e-11, abs=1e-11 * scale**2)


def test_linear_link_has_exactly_no_nonlinear_part():
    link = Link("line", lambda z: 0.7 * z + 0.1, lambda z: np.full_like(z, 0.7))
    for expansion in (expand(link), expand_polynomial((0.1, 0.7))):
        assert expansion.nonlinear_variance == 0.0
        assert expansion.slope_variance == 0.0


def test_centred():
    centred = expand(NAMES["relu"]).centred()
    assert centred[0] == 0.0
    assert centred.second_moment == pytest.approx(1 / 2 - 1 / (2 * math.pi), rel=1e-13)
    assert centred.nonlinear_variance == pytest.approx(expand(NAMES["relu"]).nonlinear_variance, rel=1e-13)
    assert centred.slope_variance == expand(NAMES["relu"]).slope_variance


def test_kinks_away_from_zero():
    """|z - b|: E = 2 density(b) + b (2 Phi(b) - 1), E|Z - b|^2 = 1 + b^2, c_1 = -(2 Phi(b) - 1)."""
    b = 0.123
    link = Link("hinge", lambda z: np.abs(z - b), lambda z: np.sign(z - b), kinks=(b,))
    got, inside = expand(link), math.erf(b / math.sqrt(2))
    assert got[0] == pytest.approx(2 * density(b) + b * inside, abs=1e-13)
    assert got[1] == pytest.approx(-inside, abs=1e-13)
    assert got.second_moment == pytest.approx(1 + b * b, rel=1e-13)


def test_a_steep_link_is_refined_until_it_is_right():
    got = expand(Link("steep", lambda z: np.tanh(20 * z), lambda z: 20 / np.cosh(np.clip(20 * z, -300, 300)) ** 2))
    value, _ = integrate.quad(lambda z: 2 * math.tanh(20 * z) * z * density(z), 0, 14, epsabs=1e-14, points=[0.1, 0.5])
    assert got[1] == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize(
    "link, name",
    [
        (Link("undeclared kink", lambda z: np.abs(z - 0.123), lambda z: np.sign(z - 0.123)), "kinks"),
        (Link("wild", lambda z: np.exp(z * z), lambda z: 2 * z * np.exp(z * z)), "wild"),
        (Link("singular", lambda z: 1 / (z - z), lambda z: z), "singular"),
        (Link("scalar", lambda z: 1.0, lambda z: z), "scalar"),
        (Link("slope", lambda z: z, lambda z: z[:3]), "slope"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_refused_links(link, name):
    with pytest.raises(InputError) as caught:
        expand(link)
    assert caught.value.name == name


@pytest.mark.parametrize("order", [0, 1, 5, ORDER])
def test_gaussian_rule_integrates_the_orthonormal_basis(order):
    z, w = gaussian_rule()
    H = basis(z, order)
    np.testing.assert_allclose((H * w) @ H.T, np.eye(order + 1), atol=1e-12)


def test_basis_is_hermite_over_root_factorial():
    z = np.linspace(-4, 4, 9).reshape(3, 3)
    H = basis(z, 10)
    assert H.shape == (11, 3, 3)
    for k in range(11):
        np.testing.assert_allclose(
            H[k], hermite_e.HermiteE.basis(k)(z) / math.sqrt(FACTORIAL[k]), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("order", [0, 1, 2, 7, 12])
def test_monomials_and_hermite_are_inverse_to_each_other(order):
    T, A = monomials_in_hermite(order), hermite_in_monomials(order)
    np.testing.assert_allclose(T @ A, np.eye(order + 1), atol=1e-7)
    for k in range(order + 1):
        for j in range(k % 2, k + 1, 2):
            m = (k - j) // 2
            assert T[k, j] == pytest.approx(
                math.factorial(k) / (2**m * math.factorial(m) * math.factorial(j)), rel=1e-12
            )
    t = np.linspace(-2, 2, 5)
    np.testing.assert_allclose(hermite_e.hermeval(t, T.T), t ** np.arange(order + 1)[:, None], atol=1e-9)


def test_refused_orders():
    for call in (lambda: expand(NAMES["tanh"], 0), lambda: monomials_in_hermite(-1), lambda: hermite_in_monomials(1.0)):
        with pytest.raises(InputError, match="order"):
            call()
    with pytest.raises(InputError, match="coefficients"):
        expand_polynomial(tuple(range(1, ORDER + 3)))
