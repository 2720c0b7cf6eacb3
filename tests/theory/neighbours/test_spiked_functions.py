"""Spiked matrices seen through a function: closed forms, a matrix without noise, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep.checks import InputError
from onestep.links import Link
from onestep.theory.neighbours import spiked_functions as law

UNIFORM = law.uniform_signal()
SIGNS = (-1.0, 1.0), (0.5, 0.5)


def test_the_identity_is_the_spiked_wigner_matrix():
    """sigma = 1 and theta = lambda: the transition of Baik, Ben Arous and Peche for independent noise."""
    for strength in (0.9, 1.1, 2.0):
        found = law.outliers((0, 1), UNIFORM, strength, 10**6)
        if strength < 1:
            assert found == ()
            continue
        (one,) = found
        assert one.position == pytest.approx(strength + 1 / strength, rel=1e-12)
        assert one.squared_cosine == one.signal_squared_cosine == pytest.approx(1 - strength**-2, rel=1e-12)


@pytest.mark.parametrize("coefficients", [(0, 0.7, 0.4), (0, 0, 1, 0.5), (0, 0.3, 0.2, 0.1, -0.2)])
def test_strengths_are_the_eigenvalues_of_the_mean(coefficients):
    """Against the matrix of the entries' means, formed for one g and diagonalised."""
    g = np.random.default_rng(3).uniform(-1, 1, 300)
    g *= math.sqrt(300 / (g @ g))
    strength = 9.0
    u = strength / math.sqrt(300) * np.outer(g, g)
    mean = sum(c * u**k for k, c in enumerate(coefficients)) / math.sqrt(300)
    expected = np.linalg.eigvalsh(mean)
    found = law.outliers(coefficients, law.measured_signal(g), strength, 300)
    assert len(found) >= 2
    for outlier in found:
        assert np.min(np.abs(expected - outlier.strength)) < 1e-9 * abs(outlier.strength)
    # the negative control: each power by itself
    naive = law.naive_strengths(coefficients, law.measured_signal(g), strength, 300)
    nearest = [np.min(np.abs(expected - value)) for value in naive if value != 0.0]
    assert max(nearest) > 1e-3


def test_the_critical_constant_is_where_the_outlier_appears():
    square = (0, 0, 1)
    k, constant = law.critical_constant(square, UNIFORM)
    assert k == 2 and constant == pytest.approx((math.sqrt(2) / 1.8) ** 0.5, rel=1e-12)
    n = 10**14
    assert law.outliers(square, UNIFORM, 0.999 * constant * n**0.25, n) == ()
    assert len(law.outliers(square, UNIFORM, 1.001 * constant * n**0.25, n)) == 1


def test_an_even_function_shows_nothing_of_the_signs():
    (one,) = law.outliers((0, 0, 1), UNIFORM, 2 * 10**3, 10**12)
    assert one.squared_cosine > 0.5 and one.signal_squared_cosine < 1e-20


def test_the_rightmost_outlier_or_the_edge():
    none = law.rightmost((0, 0, 1), UNIFORM, 0.0, 100)
    assert none.position == pytest.approx(2 * math.sqrt(2)) and none.squared_cosine == 0.0
    # the square's outlier stands on the left, the linear part's on the right
    both = law.outliers((0, 0.5, -1.0), UNIFORM, 15.0, 1000)
    assert {outlier.position > 0 for outlier in both} == {True, False}
    assert law.rightmost((0, 0.5, -1.0), UNIFORM, 15.0, 1000).position == max(o.position for o in both)


def test_signs_have_no_more_than_two_directions():
    found = law.outliers((0, 1, 1, 1, 1), SIGNS, 30.0, 1000)
    assert len(found) == 2


def test_a_flat_profile_gives_the_law_of_flat_noise():
    """Var f(Z + u) = 1 for the identity: edge 2, and the same outlier."""
    assert law.profile_outlier((0, 1), UNIFORM, 0.5, 1000) == pytest.approx(2.0, abs=1e-7)
    assert law.profile_outlier((0, 1), UNIFORM, 2.0, 1000) == pytest.approx(2.5, rel=1e-10)


def test_a_profile_that_is_not_flat_moves_the_outlier():
    """Against matrices of Gaussian noise with that mean and that profile, for a g with the moments of the law."""
    cubic, n, strength = (0, 0, 0, 0.4), 1000, 14.0
    flat = law.outliers(cubic, UNIFORM, strength, n)[0].position
    predicted = law.profile_outlier(cubic, UNIFORM, strength, n)
    assert predicted == pytest.approx(law.profile_outlier(cubic, law.uniform_signal(60), strength, n), rel=1e-8)
    g = np.linspace(-1, 1, 2 * n + 1)[1::2] * math.sqrt(3)
    u = strength / math.sqrt(n) * np.outer(g, g)
    # He_3(Z + u) = sum_k binom(3, k) u^(3 - k) He_k(Z)
    deviation = 0.4 * np.sqrt(6 + 18 * u**2 + 9 * u**4)
    rng, tops = np.random.default_rng(5), []
    for _ in range(6):
        noise = np.triu(rng.standard_normal((n, n)))
        noise += np.triu(noise, 1).T
        tops.append(np.linalg.eigvalsh((deviation * noise + 0.4 * u**3) / math.sqrt(n))[-1])
    error = np.std(tops, ddof=1) / math.sqrt(6)
    assert abs(np.mean(tops) - predicted) < 4 * error
    assert abs(np.mean(tops) - flat) > 8 * error


def test_rectangular_singular_values_of_the_identity():
    """theta = s sqrt(N) for f = identity; cosine and place of Benaych-Georges and Nadakuditi."""
    n, N, s = 900, 600, 0.1
    (one,) = law.rectangular_outliers((0, 1), UNIFORM, UNIFORM, s, n, N)
    theta, gamma = s * math.sqrt(N), N / n
    assert one.strength == pytest.approx(theta, rel=1e-12)
    assert one.position == pytest.approx(math.sqrt((theta**2 + 1) * (theta**2 + gamma)) / theta, rel=1e-12)
    rng = np.random.default_rng(0)
    g, h = rng.choice((-1.0, 1.0), n), rng.choice((-1.0, 1.0), N)
    Y = (rng.standard_normal((n, N)) + s * np.outer(g, h)) / math.sqrt(n)
    u, sizes, _ = np.linalg.svd(Y, full_matrices=False)
    assert sizes[0] == pytest.approx(one.position, rel=0.02)
    assert (u[:, 0] @ g) ** 2 / n == pytest.approx(one.squared_cosine, abs=0.04)
    assert law.rectangular_outliers((0, 1), UNIFORM, UNIFORM, 0.02, n, N) == ()


@pytest.mark.parametrize("bad", [math.nan, -1.0, "1", True, [1], *OBJECTS], ids=lambda value: type(value).__name__)
def test_hostile_numbers(bad):
    for call in (
        lambda: law.outliers("tanh", UNIFORM, bad, 100),
        lambda: law.profile_outlier("tanh", UNIFORM, bad, 100),
        lambda: law.rectangular_outliers("tanh", UNIFORM, UNIFORM, bad, 100, 100),
    ):
        with pytest.raises(InputError):
            call()


@pytest.mark.parametrize(
    "signal",
    [None, 3, (), ((), ()), ((1.0,), (0.5,)), ((1.0, 2.0), (1.0,)), ((0.0,), (1.0,)), ((1.0, 2.0), (1.5, -0.5))],
)
def test_hostile_signals(signal):
    with pytest.raises(InputError, match="signal"):
        law.outliers("tanh", signal, 1.0, 100)


def test_what_has_no_law_is_refused():
    with pytest.raises(InputError, match="strength"):
        law.outliers("tanh", UNIFORM, 11.0, 100)
    with pytest.raises(InputError, match="activation"):
        law.outliers((1.0, 0.0), UNIFORM, 1.0, 100)
    with pytest.raises(InputError, match="activation"):
        law.critical_constant(Link("even beyond", lambda z: np.cos(0 * z), lambda z: 0 * z), UNIFORM)
    with pytest.raises(InputError, match="signal"):
        law.profile_outlier("tanh", law.measured_signal(np.linspace(-1, 1, 300)), 1.0, 300)
