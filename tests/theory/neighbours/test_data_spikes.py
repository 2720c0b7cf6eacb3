"""Signals in the inputs: special cases, independent computations, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep import Problem
from onestep.checks import InputError
from onestep.theory import baselines
from onestep.theory import errors as limit_errors
from onestep.theory.neighbours import data_spikes as law

PROBLEM = Problem(n=800, d=500, N=700, activation="relu", teacher=(0, 1, 0.4), noise_std=0.3)
BAD = pytest.mark.parametrize("bad", [math.nan, -1.0, "1", True, [1], *OBJECTS], ids=lambda value: type(value).__name__)


def blocks(size=60, correlation=0.6, scale=1.0):
    D = np.diag(np.arange(1, size + 1.0) ** -0.5)
    Sigma = np.block([[D, scale * correlation * D], [scale * correlation * D, scale**2 * D]])
    return Sigma * 2 * size / np.trace(Sigma), np.ones(size) / math.sqrt(size)


def test_without_a_spike_nothing_changes():
    for alignment in (0.0, 0.7):
        assert law.errors(PROBLEM, 0.0, alignment, 0.1) == pytest.approx(limit_errors(PROBLEM, 0.1, 0.0), rel=1e-6)
        found = law.linear_errors(PROBLEM, 0.0, alignment, 0.1)
        assert found == pytest.approx(baselines.linear_errors(PROBLEM, 0.1, intercept=False), rel=1e-8)


def test_the_equivalent_step_has_the_law_of_the_preactivations():
    """Tilts of sqrt(spike) w . gamma with w . gamma ~ N(0, 1/d), and the correlation of whitened inputs."""
    eta, geometry = law.equivalent_step(PROBLEM, 9.0, 0.5)
    tilt = eta * abs(PROBLEM.student[1]) * geometry.beta_norm / math.sqrt(PROBLEM.N)
    assert tilt == pytest.approx(math.sqrt(9.0 / 500), rel=1e-12)
    rng = np.random.default_rng(0)
    c, z = rng.standard_normal((2, 400_000))
    along, across = 3 * c + z, rng.standard_normal(400_000)
    label = 0.5 * along + math.sqrt(0.75) * across
    assert np.corrcoef(along, label)[0, 1] == pytest.approx(geometry.cosine, abs=5e-3)


def test_least_squares_is_ridge_regression_with_a_vanishing_penalty():
    """The closed forms against the ridge line of a finite spectrum, aspect 2 and 1/2."""
    for n, spike, alignment in ((250, 4.0, 1.0), (250, 20.0, 0.5), (1000, 4.0, 0.7)):
        problem = Problem(n=n, d=500, N=100, teacher=(0, 1.0), noise_std=0.5)
        size = 1 + spike * alignment**2  # the label is beta . x over the root of this
        test = law.linear_errors(problem, spike, alignment, 1e-9)[1]
        expected = law.least_squares(500 / n, spike, alignment, 0.5 * math.sqrt(size)) / size + 0.25
        assert test == pytest.approx(expected, rel=2e-2)
        # the negative control: the law without the spike
        if n < 500 and alignment == 1.0:
            plain = law.least_squares(500 / n, 0.0, alignment, 0.5 * math.sqrt(size)) / size + 0.25
            assert abs(plain / test - 1) > 0.05


def test_an_aligned_spike_harms_up_to_c_times_c_less_two():
    c = 4.0
    without = law.least_squares(c, 0.0, 1.0, 0.5)
    for spike, harms in ((0.5, True), (c * (c - 2) - 0.1, True), (c * (c - 2) + 0.1, False), (50.0, False)):
        assert (law.least_squares(c, spike, 1.0, 0.5) > without) is harms
    spikes = np.linspace(0, 20, 2001)
    worst = spikes[np.argmax([law.least_squares(c, s, 1.0, 0.5) for s in spikes])]
    assert worst == pytest.approx(c - 2, abs=0.02)


def test_spurious_covariance_against_the_schur_complement():
    Sigma, theta = blocks()
    for tau in (0.1, 1.0, 8.0):
        xx, xy, yy = Sigma[:60, :60], Sigma[:60, 60:], Sigma[60:, 60:]
        right = np.linalg.solve(xx + tau * np.eye(60), theta)
        schur = yy + tau * np.eye(60) - xy.T @ np.linalg.solve(xx + tau * np.eye(60), xy)
        expected = tau * theta @ xy @ np.linalg.solve(schur, xy.T @ right)
        assert law.spurious(Sigma, theta, tau)[0] == pytest.approx(expected, rel=1e-10)
    assert law.spurious(*blocks(correlation=0.0), 1.0)[0] == pytest.approx(0.0, abs=1e-14)
    ends = [law.spurious(Sigma, theta, tau)[0] for tau in (1e-6, 1.0, 1e6)]
    assert ends[1] > 1e3 * max(ends[0], ends[2])


def test_shrinkage_of_the_identity_has_a_closed_form():
    for ridge, n in ((0.1, 200), (2.0, 50)):
        tau, g = law.shrinkage(np.eye(100), ridge, n), 100 / n
        assert tau * (1 - g / (1 + tau)) == pytest.approx(ridge, rel=1e-12)
        assert law.variance_factor(np.eye(100), tau, n) == pytest.approx(1 / (1 - g / (1 + tau) ** 2), rel=1e-12)


def test_very_many_linear_features_are_the_inputs():
    """c_> = 0 and N -> infinity: the Gram matrix of the features is N/dimension times that of the inputs."""
    Sigma, _ = blocks()
    N = 10**9
    ridge = 0.3 * N / len(Sigma)
    found = law.feature_shrinkage(Sigma, (0, 1), ridge, 200, N)
    assert found == pytest.approx(law.shrinkage(Sigma, 0.3, 200), rel=1e-5)
    assert law.feature_shrinkage(Sigma, "tanh", ridge, 200, N) > 1.05 * found


@BAD
def test_hostile_numbers(bad):
    Sigma, theta = blocks(5)
    for call in (
        lambda: law.errors(PROBLEM, bad, 0.5, 0.1),
        lambda: law.errors(PROBLEM, 1.0, 0.5, -1.0),
        lambda: law.linear_errors(PROBLEM, bad, 0.5, 0.1),
        lambda: law.least_squares(bad, 1.0, 1.0, 0.5),
        lambda: law.shrinkage(Sigma, bad, 100),
        lambda: law.feature_shrinkage(Sigma, "tanh", bad, 100, 50),
        lambda: law.spurious(Sigma, theta, bad),
        lambda: law.spurious(bad, theta, 1.0),
    ):
        with pytest.raises(InputError):
            call()


def test_what_does_not_fit_is_refused():
    Sigma, _ = blocks(5)
    for call, name in (
        (lambda: law.errors(PROBLEM, 1.0, 1.5, 0.1), "alignment"),
        (lambda: law.least_squares(1.0, 1.0, 1.0, 0.5), "aspect"),
        (lambda: law.least_squares(2.0, 1.0, 1.0, 0.5, "both"), "label"),
        (lambda: law.spurious(Sigma, np.ones(10), 1.0), "theta"),
        (lambda: law.shrinkage(-Sigma, 1.0, 10), "Sigma"),
        (lambda: law.feature_shrinkage(2 * Sigma, "tanh", 1.0, 10, 10), "Sigma"),
        (lambda: law.feature_shrinkage(Sigma, (0, 0, 1.0), 1.0, 10, 10), "activation"),
    ):
        with pytest.raises(InputError, match=name):
            call()
