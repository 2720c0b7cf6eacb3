"""The gradient's noise as it is: its deterministic equivalent against drawn matrices and drawn networks."""

import math

import numpy as np
import pytest

from onestep import Geometry, InputError, Problem
from onestep.theory import any_step, limit_geometry
from onestep.theory.any_step import fixed_point, structured
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.fixed_point import gamma


@pytest.mark.parametrize(
    "options", [{"n_gradient": 10**10}, {"activation": (0, 1), "n_gradient": 700}], ids=["large batch", "linear"]
)
def test_without_noise_it_is_the_isotropic_theory(options):
    """c_2 = 0 and an enormous gradient batch, or sigma' = 1, leave nothing to structure.

    The two take their derivatives differently. Only with a gradient batch of moderate size is there a part of
    beta_star across beta.
    """
    problem = Problem(n=1000, d=500, N=750, readout="constant", **options)
    ridge, eta = [1e-3, 0.1, 10.0], 2 * math.sqrt(problem.N)
    plain = any_step.solve(problem, ridge, eta)
    full = any_step.solve(problem, ridge, eta, noise="structured")
    for field in ("train_error", "test_error", "train_mse", "degrees_of_freedom"):
        np.testing.assert_allclose(getattr(full, field), getattr(plain, field), rtol=2e-6)
    # lambda |a|^2 is a difference of the others
    assert np.all(np.abs(full.coefficient_norm - plain.coefficient_norm) * ridge < 2e-6 * plain.train_error)


@pytest.mark.parametrize("activation", ["relu", "softplus", (0.0, -1.0, 0.4, 0.3)])
def test_rows_have_the_length_that_isotropic_noise_gives_them(activation):
    """E tr H/d = 1 + 2 c a E y + (c a)^2 ((E y)^2 + phi E y^2) + v a^2 E y^2 is tau^2, and y has its moments."""
    problem = Problem(n=200, d=150, N=225, n_gradient=320, activation=activation, teacher=(0.3, -1.0, 0.5))
    eta, known = 25.0, limit_geometry(problem)
    features, noise = feature_law(problem, eta), structured.noise_of(problem, eta, known)
    a, target = features.a, problem.target
    mean, square = noise.weight @ noise.y, noise.weight @ noise.y**2
    assert mean == pytest.approx(target[0]) and noise.weight @ (noise.u * noise.y) == pytest.approx(target[1])
    assert square == pytest.approx(target.second_moment + problem.noise_variance)
    tilt = (noise.c * a) ** 2 * (mean**2 + noise.phi * square)
    np.testing.assert_allclose(1 + 2 * noise.c * a * mean + tilt + noise.v * a**2 * square, features.tau**2, rtol=1e-12)
    assert noise.across**2 + target[1] ** 2 == pytest.approx(known.beta_norm**2) and noise.cosine == known.cosine


def test_pencil_against_drawn_matrices():
    """P = Gamma (I + Kappa Gamma)^-1 with dense operators Gamma_r H_r: its trace, and its elements in the plane."""
    d, m = 150, 300
    problem = Problem(n=d, d=d, N=225, n_gradient=m, activation="relu", teacher=(0.3, 1.0, 0.5))
    known = limit_geometry(problem)
    readout = (np.array([-1.5, 0.7, 2.0]), np.array([0.3, 0.5, 0.2]))
    geometry, eta = Geometry(known.beta_norm, known.cosine, readout), 25.0
    features, noise = feature_law(problem, eta, geometry), structured.noise_of(problem, eta, geometry)
    den, g = np.full(features.t.size, 0.4), np.array([0.8, 0.7, 0.6])
    P, T = structured._response(features, noise, den, g, None, 1e-12)
    pencil = structured._pencil(features, noise, den, g)
    scale = np.tile(pencil.scale, 2)
    plane = scale[:, None] * structured._in_plane(noise, T, pencil) * scale

    G, K = gamma(features, g) / features.tau**2, fixed_point.kappa(features, den[None])[0]
    traces, planes, lengths = [], [], []
    for seed in range(30):
        generator = np.random.default_rng([5, seed])
        X = generator.standard_normal((m, d))
        y = problem.sigma_star(X[:, 0]) + problem.noise_std * generator.standard_normal(m)
        A, B, I = (X.T * y) @ X / m, (X.T * y**2) @ X / m, np.eye(d)
        H = [(I + noise.c * a * A) @ (I + noise.c * a * A) + noise.v * a**2 * B for a in features.a]
        left = np.zeros((3, d, 3, d))
        for r in range(3):
            left[r, :, r] = G[r] * H[r]
        left = left.reshape(3 * d, 3 * d)
        full = left @ np.linalg.inv(np.eye(3 * d) + np.kron(K, I) @ left)
        full = full.reshape(3, d, 3, d)
        beta = X.T @ y / m
        first = beta / np.linalg.norm(beta)
        second = np.eye(d)[0] - first[0] * first
        directions = np.array([first, second / np.linalg.norm(second)])
        traces.append(np.einsum("risi->rs", full) / d)
        planes.append(np.einsum("ai,risj,bj->arbs", directions, full, directions).reshape(6, 6))
        lengths.append([np.trace(h) / d for h in H])

    def deviation(drawn, predicted):
        drawn = np.array(drawn)
        error = drawn.std(axis=0, ddof=1) / math.sqrt(len(drawn))
        return np.max(np.abs(drawn.mean(axis=0) - predicted) / (error + 0.005 * np.abs(predicted).max()))

    assert deviation(lengths, features.tau**2) < 3.5
    assert deviation(traces, P) < 3.5
    assert deviation(planes, plane) < 2.5  # without the part of beta_star in beta it would be 3.1
    isotropic = np.linalg.inv(np.diag(1 / gamma(features, g)) + K)
    assert deviation(traces, isotropic) > 5 and deviation(planes, np.kron(np.eye(2), isotropic)) > 5  # the control


def errors_of_draw(problem, eta, ridge, generator):
    """(true gradient, its noise replaced by an isotropic one of the same size) x (train, test), on the same data."""
    n, d, N = problem.n, problem.d, problem.N
    W = generator.standard_normal((N, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    a = generator.standard_normal(N) / math.sqrt(N)
    X, X_ridge, X_test = generator.standard_normal((3, n, d))
    y, y_ridge, y_test = (
        problem.sigma_star(x[:, 0]) + problem.noise_std * generator.standard_normal(n) for x in (X, X_ridge, X_test)
    )
    Z = X @ W.T
    residual = y - problem.sigma(Z) @ a / math.sqrt(N)
    true = a[:, None] * (problem.sigma.derivative(Z) * residual[:, None]).T @ X / n
    size = math.sqrt(problem.student.slope_variance * np.mean(residual**2) / n)
    leading = problem.student[1] * np.outer(a, X.T @ residual / n)
    isotropic = leading + size * a[:, None] * generator.standard_normal((N, d))
    found = []
    for G in (true, isotropic):
        F, F_test = (problem.sigma(x @ (W + eta * G).T) for x in (X_ridge, X_test))
        fitted = np.linalg.solve(F.T @ F / n + ridge * np.eye(N), F.T @ y_ridge / n)
        train = np.mean((y_ridge - F @ fitted) ** 2) + ridge * fitted @ fitted
        found.append((train, np.mean((y_test - F_test @ fitted) ** 2)))
    return np.array(found)


def test_relu_at_the_maximal_step_paired():
    """What the structure adds to the training error of ReLU, on the same draws."""
    problem, ridge = Problem(n=400, d=200, N=300, activation="relu"), 0.3
    eta = 1.5 * math.sqrt(problem.n)
    draws = np.array([errors_of_draw(problem, eta, ridge, np.random.default_rng([13, k])) for k in range(60)])
    added = (draws[:, 0] - draws[:, 1])[:, 0]
    error = added.std(ddof=1) / math.sqrt(added.size)
    plain, full = (any_step.errors(problem, ridge, eta, noise=noise)[0] for noise in ("isotropic", "structured"))
    assert abs(added.mean() - (full - plain)) < 3 * error
    assert added.mean() > 4 * error  # the control: there is something to explain


def test_an_unknown_noise_is_named():
    with pytest.raises(InputError) as caught:
        any_step.errors(Problem(n=20, d=10, N=15), 0.1, 1.0, noise="white")
    assert caught.value.name == "noise"
