"""Ridge on features of known covariance: closed forms, the book's own limit, exact covariances, hostile input."""

import math

import numpy as np
import pytest

from nasty import OBJECTS
from onestep import Problem
from onestep.checks import InputError
from onestep.hermite import gaussian_rule
from onestep.theory import errors as limit_errors
from onestep.theory.neighbours import deep_features as law

BAD = pytest.mark.parametrize("bad", [math.nan, -1.0, "1", True, [1], *OBJECTS], ids=lambda value: type(value).__name__)


def isotropic(p=200, size=1.0, signal=1.0):
    return law.Features(size * np.eye(p), signal * math.sqrt(size / p) * np.ones(p), signal**2)


@pytest.mark.parametrize(("n", "ridge"), [(100, 0.3), (400, 0.01), (1000, 2.0)])
def test_isotropic_features_have_a_closed_form(n, ridge):
    """kappa solves a quadratic when all eigenvalues are 1; signal^2 = 1."""
    g, noise = 200 / n, 0.5
    b = 1 - g - ridge
    kappa = (-b + math.sqrt(b**2 + 4 * ridge)) / 2
    assert law.effective_ridge(isotropic(), ridge, n) == pytest.approx(kappa, rel=1e-12)
    shrunk = 1 - g / (1 + kappa) ** 2
    test = ((kappa / (1 + kappa)) ** 2 + noise**2) / shrunk
    assert law.errors(isotropic(), ridge, n, noise) == pytest.approx(((ridge / kappa) ** 2 * test, test), rel=1e-12)


def test_a_network_without_a_step_has_the_errors_of_the_book():
    """One layer of unit rows, the book's limit at step zero: they meet as the layer grows."""
    differences = []
    for d in (200, 800):
        problem = Problem(n=2 * d, d=d, N=3 * d // 2, activation="relu", teacher=(0, 1, 0.5), noise_std=0.5)
        W = np.random.default_rng(d).standard_normal((problem.N, d))
        W /= np.linalg.norm(W, axis=1, keepdims=True)
        direction = np.eye(d)[0]
        features = law.linearised([W], "relu", (0, 1, 0.5), direction)
        found = law.errors(features, 0.1, problem.n, 0.5)[1]
        differences.append(found / limit_errors(problem, 0.1, 0.0)[1] - 1)
    assert abs(differences[1]) < 0.01
    # the negative control: the law of features that are all noise
    noise = law.Features(np.diag(np.diag(features.second_moment)), 0 * features.correlation, 1.5)
    assert law.errors(noise, 0.1, problem.n, 0.5)[1] > 1.2 * found


def test_moments_that_were_estimated_are_corrected():
    """Means over M rows explain too much of a label; corrected, the errors are those of the exact moments."""
    rng, p, M = np.random.default_rng(3), 60, 200
    scale = np.geomspace(3, 0.1, p)
    b = np.ones(p) / math.sqrt(p * np.mean(scale**2))
    exact = law.errors(law.Features(np.diag(scale**2), scale**2 * b, 1.5), 0.05, 120)[1]
    found = []
    for _ in range(40):
        X = rng.standard_normal((M, p)) * scale
        y = X @ b + math.sqrt(0.5) * rng.standard_normal(M)
        features = law.Features(X.T @ X / M, X.T @ y / M, y @ y / M)
        found.append([law.errors(features, 0.05, 120, rows=rows)[1] for rows in (M, None)])
    corrected, naive = np.mean(found, axis=0)
    error = np.std(found, axis=0, ddof=1)[0] / math.sqrt(len(found))
    assert abs(corrected - exact) < 3.5 * error + 0.01 * exact
    assert naive < exact - 10 * error  # the control
    for rows in (120, 0.5, "200"):
        with pytest.raises(InputError, match="rows"):
            law.errors(features, 0.05, 120, rows=rows)


def test_one_layer_against_its_exact_covariance():
    """E sigma(u) sigma(v) for correlated Gaussians, by quadrature over the plane."""
    rng = np.random.default_rng(2)
    W = rng.standard_normal((4, 60)) / math.sqrt(60) * np.array([[0.6], [1.0], [1.5], [1.0]])
    z, w = gaussian_rule(panel=0.5)
    for spec, function in (("tanh", np.tanh), ("softplus", lambda x: np.logaddexp(x, 0))):
        centre = w @ function(z)
        gram, exact = W @ W.T, np.empty((4, 4))
        for i in range(4):
            for j in range(4):
                a, b = math.sqrt(gram[i, i]), math.sqrt(gram[j, j])
                r = gram[i, j] / (a * b)
                v = r * z[:, None] + math.sqrt(max(1 - r * r, 0.0)) * z
                exact[i, j] = w @ ((function(a * z) - centre)[:, None] * (function(b * v) - centre)) @ w
        found = law.linearised([W], spec, (0, 1), np.eye(60)[0])
        assert np.diag(found.second_moment) == pytest.approx(np.diag(exact), rel=1e-10)
        # what is linearised away is of second order in the overlaps, and of third for an odd function
        order = np.max(np.abs(gram - np.diag(np.diag(gram)))) ** (3 if spec == "tanh" else 2)
        assert np.max(np.abs(found.second_moment - exact)) < order
        # the negative control: slopes of a row of variance one for all
        slope = w @ (z * function(z))
        crude = slope**2 * gram
        assert abs(crude[0, 2] - exact[0, 2]) > 3 * abs(found.second_moment[0, 2] - exact[0, 2])


def test_a_linear_network_is_exact():
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((30, 20)), rng.standard_normal((10, 30))]
    u = np.eye(20)[3]
    found = law.linearised(layers, (0, 1), (0, 2.0), u)
    through = layers[1] @ layers[0]
    assert found.second_moment == pytest.approx(through @ through.T, rel=1e-10, abs=1e-9)
    assert found.correlation == pytest.approx(2 * through @ u, rel=1e-10, abs=1e-9)


def test_after_a_step_against_exact_covariances():
    """Exact for a linear network; without a step the linearised law, for any activation."""
    rng = np.random.default_rng(0)
    W = rng.standard_normal((30, 20))
    W /= np.linalg.norm(W, axis=1)[:, None]
    a, u = rng.choice((0.5, 1.5), 30) / math.sqrt(30), np.eye(20)[3]
    sizes = {"n": 40, "d": 20, "N": 30, "readout": ((0.5, 1.5), (0.5, 0.5)), "n_gradient": 10**12}
    linear = Problem(**sizes, activation=(0, 1.0), teacher=(0, 2.0))
    a *= linear.readout_law[0][0] / 0.5
    found = law.after_step(linear, 5.0, W, a, u)
    V = W + 5.0 * 2.0 * np.outer(a, u)
    assert found.second_moment == pytest.approx(V @ V.T, rel=1e-7, abs=1e-9)
    assert found.correlation == pytest.approx(2 * V @ u, rel=1e-7, abs=1e-9)
    relu = Problem(**sizes, activation="relu")
    still = law.after_step(relu, 0.0, W, a, u)
    linearised = law.linearised([W], "relu", relu.teacher, u)
    assert still.second_moment == pytest.approx(linearised.second_moment, abs=1e-7)
    assert still.correlation == pytest.approx(linearised.correlation, abs=1e-7)
    # the negative control: after a step the units share more than their linear parts
    moved = law.after_step(relu, 30.0, W, a, u)
    assert np.max(np.abs(moved.second_moment - linearised.second_moment)) > 1
    with pytest.raises(InputError, match="n_gradient"):
        law.after_step(Problem(n=40, d=20, N=30), 5.0, W, a, u)
    with pytest.raises(InputError, match="W0"):
        law.after_step(relu, 5.0, W[1:], a, u)


@BAD
def test_hostile_numbers(bad):
    for call in (
        lambda: law.errors(isotropic(), bad, 100),
        lambda: law.errors(isotropic(), 0.1, 100, bad),
        lambda: law.effective_ridge(isotropic(), 0.1, bad),
        lambda: law.Features(bad, np.ones(2), 1.0),
    ):
        with pytest.raises(InputError):
            call()


def test_what_does_not_fit_is_refused():
    W = np.ones((3, 4)) / 2
    for call, name in (
        (lambda: law.linearised([], "tanh", (0, 1), np.eye(4)[0]), "weights"),
        (lambda: law.linearised([W, W], "tanh", (0, 1), np.eye(4)[0]), "weights"),
        (lambda: law.linearised([0 * W], "tanh", (0, 1), np.eye(4)[0]), "weights"),
        (lambda: law.linearised([W], "tanh", (0, 1), np.ones(4)), "direction"),
        (lambda: law.linearised([2 * W, np.ones((2, 3))], (0, 1, 0.5), (0, 1), np.eye(4)[0]), "activation"),
        (lambda: law.Features(np.array([[1.0, 0.5], [0.0, 1.0]]), np.zeros(2), 1.0), "second_moment"),
        (lambda: law.Features(-np.eye(2), np.zeros(2), 1.0), "second_moment"),
        (lambda: law.Features(np.eye(2), np.ones(2), 1.0), "teacher_second_moment"),
        (lambda: law.Features(np.eye(2), np.ones(3), 9.0), "correlation"),
    ):
        with pytest.raises(InputError, match=name):
            call()
