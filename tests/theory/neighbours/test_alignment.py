"""Alignment: moments by hand, a witness without a network, the law of Marchenko and Pastur, and refusals."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from nasty import NUMBERS
from onestep import Geometry, InputError, Problem, theory
from onestep.inputs import Covariance
from onestep.theory.neighbours import alignment

PROBLEM = Problem(n=2000, d=1000, N=1500)
LINEAR = (0.0, 1.0)


def test_the_kurtosis_by_hand():
    """y = z + (z^2 - 1)/2 + e/2: E y^2 = 7/4, E y^4 from E z^2k = 1, 3, 15, 105."""
    second, noise = 1 + 0.5**2 * 2, 0.25
    fourth = 3 + 6 * 0.25 * (15 - 2 * 3 + 1) + (105 - 4 * 15 + 6 * 3 - 4 + 1) / 16
    by_hand = (fourth + 6 * second * noise + 3 * noise**2) / (second + noise) ** 2
    assert alignment.kurtosis(PROBLEM) == pytest.approx(by_hand, rel=1e-12)
    assert alignment.kurtosis(replace(PROBLEM, teacher=LINEAR)) == pytest.approx(3, rel=1e-12)


@pytest.mark.parametrize(("readout", "kurtosis"), [("gaussian", 3.0), ("constant", 1.0), (((0, 1), (0.75, 0.25)), 4.0)])
def test_the_defect_is_its_three_moments(readout, kurtosis):
    problem = Problem(n=300, d=200, N=500, activation="relu", teacher=LINEAR, noise_std=0.0, readout=readout)
    c_1, c_2, variance = 0.5, 1 / np.sqrt(8 * np.pi), 0.25
    kappa = (200 / 300) * variance / (c_1**2 * (1 + 200 / 300))
    moments = (1 + (2 * c_2) ** 4 / variance**2) / 200 + kurtosis / 500 + 3 / 300
    assert alignment.centred_defect(problem) == pytest.approx(kappa**2 / 2 * moments, rel=1e-9)
    drawn = replace(theory.limit_geometry(problem), lengthening=2 * kappa)
    assert alignment.centred_defect(problem, drawn) == pytest.approx(2 * kappa**2 * moments, rel=1e-9)


def test_a_linear_network_is_always_aligned():
    assert alignment.centred_defect(replace(PROBLEM, activation=LINEAR)) == 0.0


@pytest.mark.parametrize("scaled", [0.0, 0.5, 1.0, 2.0])
def test_the_uncentred_correlation_against_matrices_without_a_network(scaled):
    """W = W0 + p a b' and K = c_1^2 aa' + v diag(a^2), which is what the step comes down to for kappa = 0."""
    problem = replace(PROBLEM, d=800, N=1200)
    geometry = replace(theory.limit_geometry(problem), lengthening=0.0)
    push = scaled * problem.N**0.25
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        W = rng.standard_normal((problem.N, problem.d))
        W /= np.linalg.norm(W, axis=1)[:, None]
        a, b = rng.standard_normal(problem.N), rng.standard_normal(problem.d)
        a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
        W += push * np.outer(a, b)
        top, rest = problem.student[1] * W.T @ a, np.sqrt(problem.student.slope_variance) * a[:, None] * W
        M = np.outer(top, top) + rest.T @ rest
        found.append(np.vdot(W.T @ W, M) / np.linalg.norm(W.T @ W) / np.linalg.norm(M))
    eta = alignment.step_at(problem, scaled, geometry)
    assert alignment.push(problem, eta, geometry) == pytest.approx(push)
    assert np.mean(found) == pytest.approx(alignment.uncentred(problem, eta, geometry), rel=0.03)
    assert abs(np.mean(found) - push**2 / (1 + push**2)) > 0.05 * np.mean(found), "without the bulk of W0"


def test_the_uncentred_correlation_has_its_limit():
    scaled, limit = np.array([0.5, 1.0, 3.0]), []
    for n in (10**8, 10**12, 10**16):
        problem = PROBLEM.resized(n)
        limit.append(alignment.uncentred(problem, alignment.step_at(problem, scaled)))
    law = scaled**2 / np.sqrt(1 + 1.5 + scaled**4)
    np.testing.assert_allclose(alignment.uncentred_limit(PROBLEM, scaled), law)
    errors = np.max(np.abs(np.array(limit) / law - 1), axis=1)
    np.testing.assert_allclose(errors[1:] / errors[:-1], 0.01, rtol=0.1)  # like N^(-1/2)


def test_from_a_quarter_on():
    """n^(2 alpha - 1/2) below the exponent, 1 above it."""
    n = np.array([10**14, 10**16])
    below, above = (
        [float(alignment.uncentred(PROBLEM.resized(k), float(k) ** alpha)) for k in n] for alpha in (0.2, 0.3)
    )
    assert np.log(below[1] / below[0]) / np.log(100) == pytest.approx(2 * 0.2 - 0.5, abs=0.01)
    assert above[1] > above[0] > 0.99


def test_what_the_outer_product_sees():
    eta = np.array([0.0, 2.0, 1e4])
    cosine, share = alignment.leading(PROBLEM.resized(10**12), eta)
    rho, variance, c_1 = theory.limit_geometry(PROBLEM).cosine, PROBLEM.student.slope_variance, PROBLEM.student[1]
    assert cosine[[0, 2]] == pytest.approx([0.0, rho**2])
    assert share[0] == pytest.approx(c_1**2 / (c_1**2 + variance))
    assert np.all(np.diff(cosine) > 0) and np.all(np.diff(share) > 0)
    lost = alignment.without_a_teacher(PROBLEM)
    assert np.all(alignment.leading(PROBLEM, eta, lost)[0] == 0)
    assert alignment.uncentred(PROBLEM, 1e4, lost) > 0.99, "alignment does not need a teacher"


@pytest.mark.parametrize("d", [500, 3000])
@pytest.mark.parametrize("penalty", [0.03, 0.4, 20.0])
def test_ridge_against_the_law_of_marchenko_and_pastur(d, penalty):
    problem = replace(PROBLEM, d=d)
    phi, rest = d / 2000, 0.5 + 0.25
    low, high = (1 - phi**0.5) ** 2, (1 + phi**0.5) ** 2

    def mean(f):
        """Over the non-zero eigenvalues; all functions here vanish at 0."""

        def weighted(angle):
            x = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
            return f(x) * ((high - low) / 2 * np.sin(angle)) ** 2 / (2 * np.pi * phi * x)

        return quad(weighted, 0, np.pi)[0]

    signal = mean(lambda x: x / (x + penalty))
    square = mean(lambda x: (x / (x + penalty)) ** 2) + rest * phi * mean(lambda x: x / (x + penalty) ** 2)
    assert alignment.ridge_cosine(problem, penalty) == pytest.approx(signal / np.sqrt(square), rel=1e-8)


def test_the_best_ridge_and_the_step_as_its_end():
    best = minimize_scalar(
        lambda p: -alignment.ridge_cosine(PROBLEM, np.exp(p)), bounds=(-5, 5), method="bounded", options={"xatol": 1e-6}
    )
    assert np.exp(best.x) == pytest.approx(alignment.best_penalty(PROBLEM), rel=1e-3)
    rho = theory.limit_geometry(PROBLEM).cosine
    assert alignment.ridge_cosine(PROBLEM, 1e9) == pytest.approx(rho, rel=1e-7)
    assert alignment.ridge_cosine(PROBLEM, alignment.best_penalty(PROBLEM)) > rho + 0.05


def test_the_exponential_kernel_is_ridge():
    assert alignment.linear_penalty(PROBLEM, (1, 1, np.e), np.array([0.0, 2.0])) == pytest.approx(
        [0.5 * (np.e - 2), 0.5 * np.e]
    )


def test_what_the_formulas_do_not_cover_is_refused():
    mean = replace(PROBLEM, teacher=(0.5, 1.0), activation="relu")
    structured = replace(PROBLEM, inputs=Covariance((1.0, 2.0), (0.5, 0.5)))
    for problem in (mean, structured, None):
        for call in (
            alignment.centred_defect,
            alignment.without_a_teacher,
            alignment.best_penalty,
            lambda p: alignment.uncentred(p, 1.0),
            lambda p: alignment.leading(p, 1.0),
            lambda p: alignment.ridge_cosine(p, 1.0),
        ):
            with pytest.raises(InputError):
                call(problem)
    with pytest.raises(InputError, match="readout"):
        alignment.uncentred(replace(PROBLEM, activation="relu", readout="constant"), 1.0)
    with pytest.raises(InputError, match="teacher"):
        alignment.best_penalty(replace(PROBLEM, teacher=(0.0, 0.0, 1.0)))
    for kernel in ((1, 0, 1), (1, 1, 1.5), (1, 1)):
        with pytest.raises(InputError, match="kernel"):
            alignment.linear_penalty(PROBLEM, kernel, 1.0)


def test_every_number_gives_a_finite_result_or_a_refusal():
    refused = 0
    for value, call in itertools.product(
        NUMBERS,
        (
            lambda value: alignment.centred_defect(PROBLEM, None, value),
            lambda value: alignment.uncentred(PROBLEM, value),
            lambda value: alignment.uncentred_limit(PROBLEM, value),
            lambda value: alignment.step_at(PROBLEM, value),
            lambda value: alignment.leading(PROBLEM, value),
            lambda value: alignment.ridge_cosine(PROBLEM, value),
            lambda value: alignment.linear_penalty(PROBLEM, (1, 1, 3), value),
            lambda value: alignment.centred_defect(PROBLEM, Geometry(1.0, 0.5, lengthening=value)),
        ),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                assert np.all(np.isfinite(call(value))), value
            except InputError as refusal:
                refused += 1
                assert "\n" not in str(refusal)
    assert refused > len(NUMBERS)
