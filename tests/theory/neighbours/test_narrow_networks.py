"""One neuron: limits in closed form, equations that are solved another way, and refusals."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from nasty import NUMBERS
from onestep import InputError, NotConverged, Problem, theory
from onestep.theory.neighbours import alignment
from onestep.theory.neighbours import narrow_networks as law

PROBLEM = Problem(n=800, d=400, N=100, teacher=(0, 1, 0.5), noise_std=0.5)
RELU = Problem(n=400, d=100, N=100, teacher="relu", noise_std=0.3)


@pytest.mark.parametrize("d", [200, 800, 2000])
@pytest.mark.parametrize("ridge", [0.01, 0.4, 30.0])
def test_ridge_regression_against_the_pages_that_know_it(d, ridge):
    problem = replace(PROBLEM, d=d)
    found = law.square(problem, ridge)
    assert found.residual < 1e-12
    assert found.cosine == pytest.approx(float(alignment.ridge_cosine(problem, ridge)), rel=1e-10)
    second, c = problem.target.second_moment + problem.noise_variance, problem.target[1]
    error = second - 2 * c * found.m + found.q
    assert error == pytest.approx(float(theory.linear_errors(problem, ridge)[1]), rel=1e-9)


def test_the_step_is_ridge_at_an_infinite_penalty():
    rho = theory.limit_geometry(PROBLEM).cosine
    gap = [abs(law.square(PROBLEM, ridge).cosine - rho) for ridge in (1e2, 1e4, 1e10)]
    assert gap[0] > 50 * gap[1] > 0 and gap[2] < 1e-9


def test_the_best_ridge():
    best = alignment.best_penalty(PROBLEM)
    cosine = law.best_cosine(PROBLEM)
    assert law.square(PROBLEM, best).cosine == pytest.approx(cosine, rel=1e-10)
    assert max(law.square(PROBLEM, best * factor).cosine for factor in (0.8, 1.25)) < cosine - 1e-4
    r, rest = cosine**2, 0.5 + 0.25
    assert r == pytest.approx(1 / (1 + PROBLEM.phi * (rest + 1 - r)))
    assert law.best_cosine(replace(PROBLEM, noise_std=0.0, teacher=(0, 1), d=400)) == 1.0


def test_huber_with_a_large_delta_is_ridge_and_with_a_small_one_is_not():
    for ridge in (0.05, 1.0):
        wide, exact = law.huber(PROBLEM, ridge, 1e3), law.square(PROBLEM, ridge)
        assert (wide.m, wide.q, wide.V) == pytest.approx((exact.m, exact.q, exact.V), rel=1e-8)
        assert wide.iterations > 5 and wide.residual < 1e-10
    assert abs(law.huber(PROBLEM, 0.3, 0.5).m - law.square(PROBLEM, 0.3).m) > 0.1


def test_huber_against_moments_by_quadrature():
    """The three equations at the solution, with E over the residual by integration instead of error functions."""
    ridge, delta = 0.3, 1.0
    found = law.huber(PROBLEM, ridge, delta)
    z = np.linspace(-9, 9, 181)  # evenly spaced: as exact as Gauss for functions this smooth
    w = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    spread = math.sqrt(0.25 + found.q - found.m**2)

    def mean(f, centre):
        density = lambda x: f(centre + spread * x) * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # noqa: E731
        kinks = sorted(((sign * delta * (1 + found.V) - centre) / spread) for sign in (1, -1))
        ends = [-12.0, *[k for k in kinks if -12 < k < 12], 12.0]
        return sum(quad(density, a, b)[0] for a, b in itertools.pairwise(ends))

    centres = z + 0.5 * (z**2 - 1) - found.m * z
    pull = [mean(lambda r: np.clip(r / (1 + found.V), -delta, delta), c) for c in centres]
    square = [mean(lambda r: np.clip(r / (1 + found.V), -delta, delta) ** 2, c) for c in centres]
    inside = [mean(lambda r: float(abs(r) < delta * (1 + found.V)), c) for c in centres]
    chi = w @ inside / (1 + found.V)
    expected = w @ (z * pull) / ridge, found.m**2 + 0.5 * (w @ square) / (ridge + chi) ** 2, 0.5 / (ridge + chi)
    assert (found.m, found.q, found.V) == pytest.approx(expected, rel=1e-6)


def test_the_proximal_map_where_newton_from_the_prediction_cycles():
    def missing(x, start, V):
        return x - start - V / (1 + math.exp(min(x, 700)))

    omega = np.array([-60.0, -9.0, -1.0, 0.0, 3.0, 50.0])
    for V in (0.0, 1.0, 12.0, 500.0):
        s = law.logistic_proximal(omega, V)
        for place, start in zip(s, omega, strict=True):
            root = brentq(missing, start - 1, start + V + 1, (start, V), xtol=1e-14)
            assert place == pytest.approx(root, abs=1e-10)

    def newton(s, omega, V, steps):
        for _ in range(steps):
            low = 1 / (1 + math.exp(s))
            s -= (s - omega - V * low) / (1 + V * low * (1 - low))
        return s

    late = [newton(-6.0, -6.0, 30.0, k) for k in (200, 201)]
    exact = float(law.logistic_proximal(np.array([-6.0]), 30.0)[0])
    assert newton(0.0, -6.0, 30.0, 50) == pytest.approx(exact, abs=1e-10)
    assert max(abs(x - exact) for x in late) > 1, "the usual start does not cycle here"


def test_logistic_regression_in_two_limits():
    strong = law.logistic(0.5, 1e4, 3.0)  # theta = X'y/(2 n ridge)
    z, w = np.polynomial.hermite_e.hermegauss(80)
    first = (w / w.sum()) @ (z * np.tanh(1.5 * z))
    assert strong.cosine == pytest.approx(first / math.sqrt(first**2 + 0.5), rel=1e-4)
    assert strong.m == pytest.approx(first / 2e4, rel=1e-3)
    many = law.logistic(1e-4, 1e-5, 2.0)  # almost all is known: theta is the truth itself
    assert many.m == pytest.approx(2.0, rel=0.01) and many.cosine > 0.999


def test_what_does_not_settle_is_said(monkeypatch):
    monkeypatch.setattr("onestep.theory.neighbours.narrow_networks.evolution._MOST", 3)
    for call in (lambda: law.logistic(0.5, 0.01, 3.0), lambda: law.huber(PROBLEM, 0.01)):
        with pytest.raises(NotConverged) as caught:
            call()
        assert caught.value.iterations == 3 and caught.value.residual > 1e-10


def test_the_attacked_error_of_a_linear_function_by_draws():
    """relu + noise, theta with m and q given: E(|r| + eps |theta|)^2."""
    rng = np.random.default_rng(0)
    z, u, e = rng.standard_normal((3, 400_000))
    m, q, eps = 0.4, 0.3, 0.5
    r = np.maximum(z, 0) + 0.3 * e - m * z - math.sqrt(q - m * m) * u
    drawn = np.square(np.abs(r) + eps * math.sqrt(q))
    error = np.std(drawn) / math.sqrt(z.size)
    assert law.linear_risk(RELU, m, q, eps) == pytest.approx(drawn.mean(), abs=4 * error)
    assert abs(law.linear_risk(RELU, m, q, eps, cross=False) - drawn.mean()) > 40 * error
    a, b, cosine = 0.3, -0.2, -0.6
    t = cosine * z + math.sqrt(1 - cosine**2) * u
    drawn = np.square(np.abs(np.maximum(z, 0) + 0.3 * e - a - b * t) + eps * abs(b))
    error = np.std(drawn) / math.sqrt(z.size)
    assert law.readout_risk(RELU, cosine, a, b, eps) == pytest.approx(drawn.mean(), abs=4 * error)


def test_projection_never_harms():
    for ridge in (0.01, 0.3, 5.0):
        found = law.square(PROBLEM, ridge)
        for eps in (0.0, 0.5, 2.0):
            full = law.linear_risk(PROBLEM, found.m, found.q, eps)
            assert law.linear_risk(PROBLEM, found.m, found.m**2, eps) < full


def test_the_best_robust_readout():
    a, b, risk = law.best_readout(RELU, 0.793, 0.5)
    assert risk == pytest.approx(0.4061, abs=1e-4)
    for move in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert law.readout_risk(RELU, 0.793, a + move[0], b + move[1], 0.5) > risk
    assert risk < law.standard_readout(RELU, 0.793, 0.5) == pytest.approx(0.4753, abs=1e-4)
    a, b, risk = law.best_readout(RELU, 0.793, 0.0)
    assert (a, b) == pytest.approx((1 / math.sqrt(2 * math.pi), 0.5 * 0.793), abs=1e-4)
    assert law.best_readout(RELU, 0.793, 10.0)[1] == pytest.approx(0.0, abs=1e-6)


def test_refusals():
    constant = replace(PROBLEM, teacher="relu")
    even = replace(PROBLEM, teacher=(0, 0, 1))
    for call in (
        lambda: law.square(constant, 1.0),
        lambda: law.huber(None, 1.0),
        lambda: law.huber(PROBLEM, 1.0, 0.0),
        lambda: law.best_cosine(even),
        lambda: law.logistic(0.5, 0.0, 1.0),
        lambda: law.logistic(0.5, 1.0, -1.0),
        lambda: law.logistic_proximal(np.array([np.nan]), 1.0),
        lambda: law.logistic_proximal(np.zeros(2), -1.0),
        lambda: law.linear_risk(PROBLEM, 1.0, 0.5, 0.1),
        lambda: law.linear_risk(PROBLEM, 0.1, 0.5, -0.1),
        lambda: law.readout_risk(PROBLEM, 1.5, 0.0, 1.0, 0.1),
        lambda: law.best_readout(None, 0.5, 0.1),
        lambda: law.standard_readout(None, 0.5, 0.1),
    ):
        with pytest.raises(InputError):
            call()


def test_every_number_gives_a_finite_result_or_a_refusal():
    for value in NUMBERS:
        for call in (
            lambda v: law.square(PROBLEM, v).cosine,
            lambda v: law.linear_risk(PROBLEM, 0.1, 0.5, v),
            lambda v: law.readout_risk(PROBLEM, v, 0.0, 1.0, 0.1),
        ):
            try:
                assert math.isfinite(call(value)), value
            except InputError as refusal:
                assert "\n" not in str(refusal)
