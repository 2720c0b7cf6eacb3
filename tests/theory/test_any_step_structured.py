"""The gradient's noise as it is: its deterministic equivalent against drawn matrices and drawn networks."""

import itertools
import math

import numpy as np
import pytest

from onestep import Geometry, InputError, Problem
from onestep.theory import any_step, limit_geometry
from onestep.theory.any_step import fixed_point, structured, structured_errors
from onestep.theory.any_step.accelerated import accelerate
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.fixed_point import gamma
from onestep.theory.any_step.noise import noise_of
from onestep.theory.any_step.pencil import Means


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
        np.testing.assert_allclose(getattr(full, field), getattr(plain, field), rtol=1e-8)
    # lambda |a|^2 is a difference of the others
    assert np.all(np.abs(full.coefficient_norm - plain.coefficient_norm) * ridge < 1e-8 * plain.train_error)


@pytest.mark.parametrize("cosine", [0.6, 1.0])
def test_without_noise_a_drawn_geometry_changes_nothing(cosine):
    """The length across beta_star is that of the noise's law; one from the drawn |beta| and cosine would not fit it."""
    problem = Problem(n=400, d=300, N=250, activation=(0, 1), n_gradient=500)
    geometry = Geometry(1.7, cosine)
    plain, full = (any_step.errors(problem, 0.1, 20.0, geometry, noise=kind) for kind in ("isotropic", "structured"))
    np.testing.assert_allclose(full, plain, rtol=1e-6)  # the second layer has fewer nodes


@pytest.mark.parametrize("options", [{"activation": "relu"}, {"activation": (0, 1, 0.4, 0.3), "n_gradient": 300}])
def test_derivatives_are_those_of_differences(options, monkeypatch):
    """The test error and the fit without penalty: derivatives of Q in a ridge that moves with t, or as a whole."""
    monkeypatch.setattr(structured, "_TOLERANCE", 1e-13)
    problem, ridge = Problem(n=1000, d=500, N=750, **options), 0.1
    eta, geometry = 1.5 * math.sqrt(problem.N), limit_geometry(problem)
    features = feature_law(problem, eta, geometry, structured_errors.REACH, structured_errors.SPACING)
    step = structured.Step(features, noise_of(problem, eta, geometry))
    plain = fixed_point.solve(features, [ridge])
    point, *_ = structured.solve(step, ridge, structured.untouched(step, plain.den[0], plain.g[0]))
    found = structured_errors.values_at(step, ridge, point)[0]

    def slope(direction):
        h = 1e-3 * ridge / np.max(direction)
        up, down = (structured.solve(step, ridge + sign * h * direction, point)[0] for sign in (1, -1))
        high, low = (structured_errors.values_at(step, ridge, one)[0][0] for one in (up, down))
        return (high - low) / (2 * h * ridge)

    flat = np.ones_like(point.den)
    assert -slope(point.den**2) == pytest.approx(found[1], rel=1e-5)
    assert -(ridge**2) * slope(flat) == pytest.approx(found[2], rel=1e-5)
    assert -slope(point.den) != pytest.approx(found[1], rel=1e-2)  # the control


@pytest.mark.parametrize("ridges", [(0.01, 30.0, 1e-4, 0.4), (3.0, 2.9, 2.8, 1e-4, 2.8), (1.0, 0.5, 0.25, 0.125, 0.06)])
def test_a_path_of_ridges_is_its_points_in_any_order(ridges):
    problem, ridges = Problem(activation="relu"), np.array(ridges)
    path = structured_errors.at(problem, 40.0, ridges, None)
    each = [structured_errors.at(problem, 40.0, ridges[[k]], None) for k in range(ridges.size)]
    points = np.concatenate(each, axis=1)
    np.testing.assert_allclose(path[[0, 1, 2, 4]], points[[0, 1, 2, 4]], rtol=1e-8)


def test_a_path_is_extrapolated_by_a_polynomial_where_it_goes_on_evenly():
    path = structured_errors.Path()
    assert path.at(0.0) is None
    for place in (4.0, 3.0, 2.0, 1.0):
        path.append(place, np.array([place**3, 1.0]))
    np.testing.assert_allclose(path.at(-1.0), [-1.0, 1.0], atol=1e-12)
    np.testing.assert_array_equal(path.at(-9.0), [1.0, 1.0])  # too far: the last value


@pytest.mark.parametrize("kind", [float, complex])
def test_functions_of_a_matrix_and_their_slopes(kind):
    """With eigenvectors, and node by node for a matrix that has none; against sums and differences."""
    generator = np.random.default_rng(4)
    noise = noise_of(Problem(n=200, d=150, N=225, activation="relu"), 10.0, limit_geometry(Problem()))
    full = np.array([[0, 0.5, 0.1, 0], [-0.3, 0.1, 0.1, 0], [0.1, 0, 0.1, 0.4], [0, 0.1, -0.6, 0]], dtype=kind)
    jordan = np.diag(np.full(3, 0.1), 1).astype(kind)
    if kind is complex:
        full, jordan = full * (1 + 0.1j), jordan + 0.5j * np.eye(4)
    direction = generator.standard_normal((2, 4, 4))
    for X, f in itertools.product((full, jordan), [(0,), (2,), (1, 0), (0, 0, 0)]):

        def by_hand(X, f=f):
            weight = noise.weight * noise.y ** (f[0] + 1) * noise.u[0] ** (len(f) - 1)
            return sum(w * np.linalg.inv(y * X - np.eye(4)) for w, y in zip(weight, noise.y, strict=True))

        means = Means(noise, X)
        assert (means.V is None) == (X is jordan)
        scale = np.max(np.abs(by_hand(X)))
        np.testing.assert_allclose(means(f), by_hand(X), rtol=0, atol=1e-12 * scale)
        slopes = means.slope(f, means.turned(direction))
        for one, slope in zip(direction, slopes, strict=True):
            difference = (by_hand(X + 1e-6 * one) - by_hand(X - 1e-6 * one)) / 2e-6
            np.testing.assert_allclose(slope, difference, rtol=0, atol=1e-6 * np.max(np.abs(difference)))


def test_acceleration_solves_where_plain_iteration_runs_away():
    """A linear equation in as many steps as it has unknowns, and one whose plain steps oscillate ever wider."""
    generator = np.random.default_rng(6)
    A, right = 2 * generator.standard_normal((5, 5)), generator.standard_normal(5)

    def linear(x):
        return right - A @ x, float(np.linalg.norm(right - A @ x))

    x, residual, steps = accelerate(linear, np.zeros(5), 1e-9, 50)
    np.testing.assert_allclose(x, np.linalg.solve(A, right), rtol=1e-8)
    assert residual < 1e-9 and steps <= 8
    x, residual, _ = accelerate(lambda x: (-3 * x - x**3, float(abs(x[0]))), np.array([3.0]), 1e-9, 60)
    assert residual < 1e-9 and abs(x[0]) < 1e-9
    _, residual, steps = accelerate(lambda x: (1.0 + 0 * x, 1.0), np.zeros(2), 1e-9, 500)  # no solution
    assert residual == 1.0 and steps < 50


def test_a_step_out_of_the_domain_is_taken_back_and_halved():
    """Plain steps for log x = 0 leave x > 0 at once."""

    def step(x):
        with np.errstate(invalid="ignore"):
            return -3 * x * np.log(x), float(np.max(np.abs(np.log(x))))

    x, residual, steps = accelerate(step, np.array([4.0, 0.5]), 1e-10, 60)
    assert residual < 1e-10 and steps < 30
    np.testing.assert_allclose(x, 1, rtol=1e-9)


def test_acceleration_returns_the_best_it_has_seen():
    x, residual, _ = accelerate(lambda x: (np.ones(2), 1 + float(np.abs(x - 1).sum())), np.zeros(2), 1e-9, 9)
    assert residual == 1.0
    np.testing.assert_array_equal(x, 1)


@pytest.mark.parametrize("activation", ["relu", "softplus", (0.0, -1.0, 0.4, 0.3)])
def test_rows_have_the_length_that_isotropic_noise_gives_them(activation):
    """E tr H/d = 1 + 2 c a E y + (c a)^2 ((E y)^2 + phi E y^2) + v a^2 E y^2 is tau^2, and y has its moments."""
    problem = Problem(n=200, d=150, N=225, n_gradient=320, activation=activation, teacher=(0.3, -1.0, 0.5))
    eta, known = 25.0, limit_geometry(problem)
    features, noise = feature_law(problem, eta), noise_of(problem, eta, known)
    a, target = features.a, problem.target
    mean, square = noise.weight @ noise.y, noise.weight @ noise.y**2
    assert mean == pytest.approx(target[0]) and noise.weight @ (noise.u[0] * noise.y) == pytest.approx(target[1])
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
    features, noise = feature_law(problem, eta, geometry), noise_of(problem, eta, geometry)
    step = structured.Step(features, noise)
    den, g = np.full(features.t.size, 0.4), np.array([0.8, 0.7, 0.6])
    point = structured.untouched(step, den, g)
    for _ in range(60):  # plain steps to the equivalent's T
        point = point._replace(T=structured.here_at(step, point).pencil.next())
    here = structured.here_at(step, point)
    spanned = features.tau[:, None] * step.basis.C  # mu1 = spanned b
    P, pinned = (here.F @ here.traces).sum(axis=0), structured.at_units(step, here.traces @ here.G)
    plane = np.kron(np.eye(2), np.linalg.inv(here.G)) @ (np.eye(6) - here.pencil.in_plane())

    G, K = gamma(features, g) / features.tau**2, fixed_point.kappa(features, den[None])[0]
    traces, shares, planes, lengths = [], [], [], []
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
        trace = np.einsum("risi->rs", full) / d
        traces.append(spanned.T @ trace @ spanned)
        shares.append(np.diag(K @ trace) / gamma(features, g))
        planes.append(np.einsum("ai,rk,risj,sl,bj->akbl", directions, spanned, full, spanned, directions).reshape(6, 6))
        lengths.append([np.trace(h) / d for h in H])

    def deviation(drawn, predicted):
        drawn = np.array(drawn)
        error = drawn.std(axis=0, ddof=1) / math.sqrt(len(drawn))
        return np.max(np.abs(drawn.mean(axis=0) - predicted) / (error + 0.005 * np.abs(predicted).max()))

    assert deviation(lengths, features.tau**2) < 3.5
    assert deviation(traces, P) < 3.5
    assert deviation(planes, plane) < 2.5  # without the part of beta_star in beta it would be 3.1
    assert deviation(shares, pinned) < 3.5
    isotropic = np.linalg.inv(np.diag(1 / gamma(features, g)) + K)
    assert deviation(shares, np.diag(K @ isotropic) / gamma(features, g)) > 5  # the controls
    isotropic = spanned.T @ isotropic @ spanned
    assert deviation(traces, isotropic) > 5 and deviation(planes, np.kron(np.eye(2), isotropic)) > 5


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


@pytest.mark.slow
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
