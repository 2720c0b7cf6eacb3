"""What can be learned: closed forms, direct integrals, the bulk without a teacher, and refusals."""

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import k0, k1

from nasty import EVERYTHING, NUMBERS
from onestep import InputError, NotConverged
from onestep.theory.neighbours import limits_of_learning as law

THIRD = law.polynomial([0, 0, 0, 1], breaks=(0,))
SQUARE = law.power(1, breaks=(3,))
PAIR = law.parity(2)
DIAGONAL = np.array([1, 1]) / math.sqrt(2)
INF = math.inf


@pytest.mark.parametrize(
    ("channel", "information", "generative", "threshold"),
    [
        (law.polynomial([0, 1]), 1, 1, 0.0),
        (THIRD, 3, 1, 0.0),
        (law.polynomial([1, 0, 1]), 2, 2, 0.5),
        (law.power(1), 2, 2, 0.5),
        (law.power(3), 2, 2, 1.5),
        (PAIR, 2, 2, math.pi**2 / 4),
        (law.parity(3), 3, 3, INF),
        (law.parity(4), 4, 4, INF),
    ],
)
def test_the_map(channel, information, generative, threshold):
    assert law.information_exponent(channel) == information
    assert law.generative_exponent(channel) == generative
    assert law.weak_threshold(channel) == pytest.approx(threshold, rel=1e-9)


def test_the_product_of_two_coordinates_by_quadrature():
    def of_density(f):
        return 2 / math.pi * (quad(lambda y: f(y) * k0(y), 0, 1)[0] + quad(lambda y: f(y) * k0(y), 1, 40)[0])

    assert of_density(lambda y: 1.0) == pytest.approx(1)
    excess = of_density(lambda y: (y * k1(y) / k0(y) - 1) ** 2)
    assert law.weak_threshold(law.product()) == pytest.approx(1 / (1 + excess), rel=1e-6)
    assert law.information_exponent(law.product()) == law.generative_exponent(law.product()) == 2


@pytest.mark.parametrize(
    ("channel", "label", "directions"),
    [
        (THIRD, lambda z: z**3 - 3 * z, 1),
        (law.product(), lambda z, w: z * w, 2),
        (law.square_and_parity(), lambda z, w, v: z**2 + np.sign(z * w * v), 3),
    ],
)
def test_moments_given_the_label_against_draws(channel, label, directions):
    """E[He(z) 1{a < y < b}], for which the channel needs only its own moments; four standard errors."""
    z = np.random.default_rng(0).standard_normal((directions, 400_000))
    y = label(*z)
    for low, high in ((-1.5, -0.5), (0.3, 1.5), (2.5, INF)):
        inside, chosen = (low < y) & (y < high), (low < channel.labels) & (channel.labels < high)
        for index, drawn in (((0,), z[0]), ((0, 0), z[0] ** 2 - 1), ((directions - 1, 0), z[-1] * z[0])):
            if index == (0, 0) and directions == 1:
                drawn = z[0] ** 2 - 1
            expected = channel.weights[chosen] @ channel.moment(len(index))[(chosen, *index)]
            error = np.std(drawn * inside) / math.sqrt(y.size)
            assert np.mean(drawn * inside) == pytest.approx(expected, abs=4.5 * error + 1e-3)


def test_the_rest_of_the_staircase_is_a_parity():
    channel = law.square_and_parity()
    assert law.weak_threshold(channel) == pytest.approx(0.57517, abs=2e-5)
    M = np.einsum("l,lij,ljk->ik", channel.weights, channel.moment(2), channel.moment(2))
    np.testing.assert_allclose(np.diag(M)[1:], 0.0, atol=1e-12)


def test_signs_of_the_third_polynomial():
    c = math.sqrt(2 / math.pi) * (2 * math.exp(-1.5) - 1)
    signs = np.sign(THIRD.labels)
    for phi in (0.25, 1.0, 2.0):
        assert law.transformed_step(THIRD, phi, signs) == pytest.approx(c / math.sqrt(c * c + phi), rel=1e-9)
        known = law.best_transform(THIRD)
        information = THIRD.weights @ known**2
        best = law.transformed_step(THIRD, phi, known)
        assert best**2 == pytest.approx(information / (information + phi))
        for other in (signs, np.tanh(THIRD.labels), known**3):
            assert abs(law.transformed_step(THIRD, phi, other)) < best
    assert law.transformed_step(THIRD, 1.0, THIRD.labels) == pytest.approx(0.0, abs=1e-12)


def test_the_information_of_the_best_function_by_quadrature_over_labels():
    """For |y| < 2 all three roots are real, beyond it one: int (sum phi r/|g'|)^2/(sum phi/|g'|) dy."""

    def integrand(y):
        roots = np.roots([1, 0, -3, -y])
        r = np.real(roots[np.abs(roots.imag) < 1e-9])
        odds = np.exp(-(r**2) / 2) / np.abs(3 * r**2 - 3)
        return (odds @ r) ** 2 / odds.sum() / math.sqrt(2 * math.pi)

    def inner(s):  # y = 2 sin(s), because of the square roots at y = 2 and -2
        return integrand(2 * math.sin(s)) * 2 * math.cos(s)

    middle = quad(inner, 0, math.pi / 2)[0]
    outer = quad(integrand, 2, 30)[0] + quad(integrand, 30, 500)[0]
    information = 2 * (middle + outer)
    assert THIRD.weights @ law.best_transform(THIRD) ** 2 == pytest.approx(information, abs=1e-6)


def test_thresholds_of_spectral_methods():
    assert law.best(SQUARE).threshold() == pytest.approx(0.5, rel=1e-9)
    assert law.Spectral(SQUARE, np.minimum(SQUARE.labels, 3)).threshold() == pytest.approx(0.8009, abs=1e-4)
    assert law.best(PAIR, DIAGONAL).threshold() == pytest.approx(math.pi**2 / 4)
    g = 2 / math.pi  # T = y: the outlier solves l^2 - g l/phi - 1 = 0, and appears where the bulk ends
    raw = law.Spectral(PAIR, PAIR.labels, DIAGONAL)
    ratio = raw.threshold()
    assert ratio == pytest.approx(2.933, abs=1e-3)
    for more in (1.2, 3.0):
        found = raw.outlier(1 / (ratio * more))
        at = (ratio * more * g + math.sqrt((ratio * more * g) ** 2 + 4)) / 2
        assert found.position == pytest.approx(at * (1 / (ratio * more) + 1 / (at * at - 1)))
        assert found.overlap > 0
    assert raw.outlier(1 / (ratio * 0.99)).overlap == 0.0


@pytest.mark.parametrize("channel", [SQUARE, law.power(3), law.product()])
def test_the_best_outlier_stands_at_phi(channel):
    method = law.best(channel)
    for more in (1.1, 2.0, 5.0):
        phi = 1 / (method.threshold() * more)
        found = method.outlier(phi)
        assert found.position == pytest.approx(phi, rel=1e-9)
        assert found.overlap > 0 and found.edge < phi * (1 - 1e-6)
    below = method.outlier(1 / (method.threshold() * 0.9))
    assert below.overlap == 0 and below.position == below.edge


def test_no_function_beats_the_best_one():
    best = law.best(SQUARE)
    for phi in (0.3, 0.6, 1.0):
        most = best.outlier(phi).overlap
        for T in (np.minimum(SQUARE.labels, 3), np.tanh(SQUARE.labels), best.transform / 2 + np.tanh(SQUARE.labels)):
            assert law.Spectral(SQUARE, T).outlier(phi).overlap < most


def test_the_edge_is_that_of_a_matrix_without_a_teacher():
    """T = 1: D = X'X/n, whose spectrum ends at (1 + sqrt(phi))^2. A parity of two says nothing along one axis."""
    for phi in (0.2, 1.0, 3.0):
        found = law.Spectral(PAIR, np.ones(2), (1.0, 0.0)).outlier(phi)
        assert found.edge == found.position == pytest.approx((1 + math.sqrt(phi)) ** 2)
    assert law.Spectral(PAIR, np.ones(2), (1.0, 0.0)).threshold() == INF


def test_one_iteration_of_message_passing_by_double_quadrature():
    for ratio, q in ((1.5, 0.1), (0.8, 0.6), (2.0, 0.9)):

        def integrand(u, w, q=q):
            omega = math.sqrt(q) * w
            z = omega + math.sqrt(1 - q) * u
            return (z * math.tanh(z * omega / (1 - q))) ** 2 * math.exp(-(u * u + w * w) / 2) / (2 * math.pi)

        gain = 2 * dblquad(integrand, 0, 8, -8, 8, epsabs=1e-7)[0] - q
        h = ratio * gain / (1 - q) ** 2
        assert law.iterate(ratio, q) == pytest.approx(h / (1 + h), rel=1e-4)
    assert law.iterate(0.7, 1e-7) / 1e-7 == pytest.approx(1.4, rel=1e-5)
    assert law.iterate(0.7, 0.0) == 0.0


def test_where_message_passing_ends():
    assert law.fixed_point(0.45).overlap < 1e-8
    some = law.fixed_point(0.75)
    assert some.overlap == pytest.approx(0.1676, abs=1e-4) and some.residual < 1e-8 and some.iterations > 10
    assert law.iterate(0.75, some.overlap) == pytest.approx(some.overlap, abs=1e-8)
    full = law.fixed_point(1.5)
    assert full.overlap == 1.0 and full.residual < 1e-8
    np.testing.assert_allclose(law.trajectory(1.5, 0.1, 2), [0.1, 0.199324, 0.322846], atol=1e-6)
    with pytest.raises(NotConverged) as caught:
        law.fixed_point(0.6, most=20)
    assert caught.value.iterations == 20 and caught.value.residual > 0


def test_the_raw_floor():
    """E[z^2 y^2]/E y^2 for y = He_k, by the channel's own law."""
    for k in (2, 3, 5):
        channel = law.polynomial([0] * k + [1])
        square = 1 + channel.moment(2)[:, 0, 0]
        ratio = channel.weights @ (square * channel.labels**2) / (channel.weights @ channel.labels**2)
        assert 400 * law.raw_floor(k, 400) == pytest.approx(ratio, rel=1e-9)


def test_refusals():
    ones = np.ones(2)
    for call in (
        lambda: law.Channel([1.0], [0.5], ([[0.0]],)),
        lambda: law.Channel([1.0], [1.0], ()),
        lambda: law.Channel([1.0], [1.0], ([0.0],)),
        lambda: law.Channel([1.0, 2.0], [1.5, -0.5], (np.zeros((2, 1)),)),
        lambda: law.polynomial([1.0]),
        lambda: law.polynomial([0] * 13 + [1]),
        lambda: PAIR.moment(3),
        lambda: PAIR.spread((1.0, 1.0)),
        lambda: law.weak_threshold(law.Channel([1.0], [1.0], ([[0.0]],))),
        lambda: law.transformed_step(PAIR, 1.0, ones),
        lambda: law.transformed_step(THIRD, 1.0, ones),
        lambda: law.transformed_step(THIRD, 1.0, 0 * THIRD.labels),
        lambda: law.best_transform(SQUARE),
        lambda: law.Spectral(PAIR, -ones),
        lambda: law.Spectral(PAIR, ones, (1.0, 0.0), supremum=0.5),
        lambda: law.best(law.parity(3)),
        lambda: law.iterate(1.0, 1.0),
        lambda: law.fixed_point(1.0, 0.0),
        lambda: law.raw_floor(1, 10),
    ):
        with pytest.raises(InputError):
            call()


def test_whatever_is_given_the_answer_is_a_number_or_a_refusal():
    method = law.best(PAIR, DIAGONAL)
    for value in EVERYTHING:
        for call in (law.information_exponent, law.power, law.parity, law.polynomial, law.best):
            try:
                call(value)
            except InputError as refusal:
                assert "\n" not in str(refusal)
    for value in NUMBERS:
        for call in (
            lambda v: method.outlier(v).position,
            lambda v: law.iterate(v, 0.5),
            lambda v: law.iterate(1.0, v),
            lambda v: law.transformed_step(THIRD, v, THIRD.labels),
        ):
            try:
                assert math.isfinite(call(value)), value
            except (InputError, NotConverged) as refusal:
                assert "\n" not in str(refusal)
