"""Teachers of several directions: both theories against the single-index case, a witness, and drawn networks."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import ortho_group

from onestep import Problem, theory
from onestep.links import sine
from onestep.simulation import OneStep, run_many, sample
from onestep.teachers import MultiIndex, hermite_tensor
from onestep.theory import any_step
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.noise import noise_of
from onestep.theory.any_step.pencil import Pencil, without_noise

WAVE = sine(0.7, 0.785)
SIZES = {"n": 1600, "d": 400, "N": 1200, "activation": WAVE, "noise_std": 0.3}
PRODUCT = hermite_tensor({(1, 0): 1, (1, 1): 1})
# E[y | z_1], E[y^2 | z_1] as for z_1 + z_1 z_2, but nothing along z_2 given z_1: the law "no z_2" of `PRODUCT`
SILENT = hermite_tensor({(1, 0): 1, (1, 2): math.sqrt(0.5)})
STEPS = np.array([0.0, 4.0, 10.0, 20.0])


def gains(problem, ridge=0.01, steps=STEPS):
    test = any_step.errors(problem, ridge, steps)[1]
    return (test[0] - test)[1:]


def as_noise(problem):
    """The same problem, with everything but z_1 counted as label noise: the other wrong law."""
    return dataclasses.replace(problem, teacher=(0, 1), noise_std=math.sqrt(problem.noise_variance + 1))


@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
@pytest.mark.parametrize("link", [(0.3, 1.0, 0.5), (0.0, -1.0, 0.0, 0.4)], ids=str)
def test_of_one_direction_it_is_the_theory_of_the_link(activation, link):
    """Both theories, for a polynomial and for a function, with one argument and with two that it ignores."""
    problem = Problem(n=400, d=200, N=300, activation=activation, teacher=link)
    ridge, eta = np.array([1e-3, 0.1, 10.0])[:, None], np.array([0.0, 3.0, 30.0])
    polynomial = problem.sigma_star
    for teacher in (
        hermite_tensor(link),
        hermite_tensor(np.pad(np.array(link)[:, None], ((0, 0), (0, 2)))),
        MultiIndex("given", lambda x, y: polynomial(y) + 0 * x, 2),
    ):
        other = dataclasses.replace(problem, teacher=teacher)
        for errors in (any_step.errors, lambda *given: (theory.train_error(*given), theory.test_error(*given))):
            for mine, its in zip(errors(problem, ridge, eta), errors(other, ridge, eta), strict=True):
                np.testing.assert_allclose(its, mine, rtol=1e-8)


def test_against_the_equations_written_out():
    """Q = E[y2/den] - v_A' M_A^-1 v_A - sum_j v_Bj' M_B^-1 v_Bj, and the test error as a finite difference of it."""
    problem = Problem(**SIZES, teacher=hermite_tensor({(1, 0, 0): 1, (1, 1, 0): 0.7, (1, 0, 1): 0.3, (0, 1, 1): 0.5}))
    eta, ridge = 12.0, 0.05
    law = feature_law(problem, eta)
    assert law.g1.shape == (3, law.t.size)
    cosine = theory.limit_geometry(problem).cosine
    np.testing.assert_allclose(law.g0, cosine * law.t, atol=1e-12)
    expected = [np.full(law.t.size, math.sqrt(1 - cosine**2)), 0.7 * cosine * law.t, 0.3 * cosine * law.t]
    lengths = np.hypot(law.g1[1], law.g1[2])
    np.testing.assert_allclose(law.g1[0], expected[0], atol=1e-12)
    np.testing.assert_allclose(lengths, np.hypot(*expected[1:]), atol=1e-12)
    z1_square = cosine**2 * law.t**2 + 1 - cosine**2
    np.testing.assert_allclose(law.y2, z1_square * (1 + 0.49 + 0.09) + 0.25 + 0.09, rtol=1e-11)

    def Q(e):
        den, g = fixed_point_at(law, ridge + e * start**2)
        Gamma, W = law.share * law.N / law.d * g, law.weight / den
        U = np.concatenate([law.mu0, law.t * law.mu1])
        M_A = (U * W) @ U.T + np.diag(np.concatenate([1 / (law.N * law.share * g), 1 / Gamma]))
        M_B = (law.mu1 * W) @ law.mu1.T + np.diag(1 / Gamma)
        v_A, v_B = U @ (W * law.g0), law.mu1 @ (W * law.g1).T
        return W @ law.y2 - v_A @ np.linalg.solve(M_A, v_A) - np.trace(v_B.T @ np.linalg.solve(M_B, v_B))

    start = np.zeros(law.t.size)
    start = fixed_point_at(law, ridge + start)[0]
    train, test = any_step.errors(problem, ridge, eta)
    assert ridge * Q(0.0) == pytest.approx(train, rel=1e-8)
    assert (Q(-1e-5) - Q(1e-5)) / 2e-5 == pytest.approx(test, rel=1e-6)


def fixed_point_at(law, ridge):
    """den and g for a ridge lambda(t), by plain iteration."""
    state = fixed_point.solve(law, np.array([float(np.mean(ridge))]))
    den, g = state.den[0], state.g[0]
    for _ in range(4000):
        W = law.weight / den
        K, G = (law.mu1 * W) @ law.mu1.T, law.share * law.N / law.d * g
        middle = np.linalg.inv(np.eye(g.size) + K * G)
        new_g = 1 / (1 + law.mu2 @ W + np.diag(middle @ K))
        chi = law.N / law.n * (law.share * g) @ law.mu2
        new = ridge + chi + law.d / law.n * np.einsum("rt,r,rs,st->t", law.mu1, G, middle, law.mu1)
        if np.max(np.abs(new / den - 1)) < 1e-13:
            break
        den, g = new, new_g
    return den, g


def test_rotations_change_nothing():
    teacher = hermite_tensor({(1, 0, 0): 1, (1, 1, 0): 0.8, (0, 1, 1): 0.6})
    turned = teacher.rotated(ortho_group.rvs(3, random_state=1))
    one, other = (gains(Problem(**SIZES, teacher=given)) for given in (teacher, turned))
    np.testing.assert_allclose(one, other, rtol=1e-8)
    spread = hermite_tensor({(1, 0, 0): 1, (1, 1, 0): 0.8, (1, 0, 1): 0.6})  # z_1 + z_1 (.8 z_2 + .6 z_3)
    np.testing.assert_allclose(
        gains(Problem(**SIZES, teacher=spread)), gains(Problem(**SIZES, teacher=PRODUCT)), rtol=1e-9
    )


def test_a_product_with_what_the_step_finds_is_learned_and_a_square_is_not():
    """The gains that were known before, and which teachers gain what only their labels along t allow."""
    problem = Problem(**SIZES, teacher=PRODUCT)
    np.testing.assert_allclose(gains(problem), [0.2163, 0.4086, 0.5638], atol=1e-4)
    silent = gains(dataclasses.replace(problem, teacher=SILENT))
    noise = gains(as_noise(problem))
    np.testing.assert_allclose(silent, [0.152, 0.134, 0.016], atol=1e-3)
    np.testing.assert_allclose(noise, [0.143, 0.099, -0.052], atol=1e-3)
    square = dataclasses.replace(problem, teacher=hermite_tensor({(1, 0): 1, (0, 2): math.sqrt(0.5)}))
    np.testing.assert_allclose(gains(square), noise, rtol=1e-9)  # independent of z_1: label noise


def test_an_odd_activation_learns_no_product():
    """mu_1(r, t) is even in t, and the coefficient of z_2 is odd in it."""
    problem = Problem(**{**SIZES, "activation": "tanh"}, teacher=PRODUCT)
    np.testing.assert_allclose(gains(problem), gains(dataclasses.replace(problem, teacher=SILENT)), rtol=1e-9)
    assert np.all(np.abs(gains(problem) / gains(as_noise(problem)) - 1) > 0.01)


def test_without_a_linear_part_the_step_finds_nothing():
    """y = z_1 z_2: beta is noise, the labels do not depend on t, and no step learns them: E y^2 or worse."""
    problem = Problem(**SIZES, teacher=hermite_tensor({(1, 1): 1}))
    assert theory.limit_geometry(problem).cosine == 0
    as_pure_noise = dataclasses.replace(problem, teacher=(0, 1e-9), noise_std=math.sqrt(1 + problem.noise_variance))
    np.testing.assert_allclose(gains(problem), gains(as_pure_noise), rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 0.3])
def test_at_growing_steps_below_the_square_root_the_other_directions_are_noise(alpha):
    """The limit theory sees g through z_1 only. What it misses, and what z_2 gives, shrink like eta^2/N."""
    ratios = []
    for n in (10**8, 10**10):
        problem = Problem(**SIZES, teacher=PRODUCT).resized(n)
        eta = problem.step(alpha)
        every = any_step.errors(problem, 0.1, eta)[1]
        limit = theory.test_error(problem, 0.1, eta, theory.limit_geometry(problem))
        without = any_step.errors(dataclasses.replace(problem, teacher=SILENT), 0.1, eta)[1]
        ratios.append(np.array([limit - every, without - every]) / every * problem.N / eta**2)
    np.testing.assert_allclose(*ratios, rtol=0.01)
    assert np.all((ratios[1] > 1) & (ratios[1] < 2))


def test_the_plane_against_drawn_matrices():
    """N^-1 between beta, its neighbour and the other direction, for matrices E that commute with nothing."""
    d, m = 200, 400
    problem = Problem(n=d, d=d, N=d, n_gradient=m, activation=WAVE, noise_std=0.5, teacher=PRODUCT)
    noise = noise_of(problem, 12.0, theory.limit_geometry(problem))
    generator = np.random.default_rng(2)
    E = np.array([one @ one.T for one in generator.standard_normal((3, 2, 2))])
    pencil = Pencil(noise, E, without_noise(E))
    for _ in range(200):
        pencil = Pencil(noise, E, (pencil.T + pencil.next()) / 2)
    drawn = []
    for _ in range(40):
        X = generator.standard_normal((m, d))
        y = X[:, 0] + X[:, 0] * X[:, 1] + 0.5 * generator.standard_normal(m)
        A, B = (X.T * y) @ X / m, (X.T * y**2) @ X / m
        N = np.kron(np.eye(2) + E[0], np.eye(d)) + np.kron(2 * noise.c * E[1], A)
        N = np.linalg.inv(N + np.kron(E[2], noise.c**2 * A @ A + noise.v * B)).reshape(2, d, 2, d)
        beta = X.T @ y / m
        beta = beta / np.linalg.norm(beta)
        beside = np.eye(d)[0] - beta[0] * beta
        axes = np.array([beta, beside / np.linalg.norm(beside), np.eye(d)[1]])
        drawn.append(plane_of(N, axes))
    mean, error = np.mean(drawn, axis=0), np.std(drawn, axis=0, ddof=1) / math.sqrt(len(drawn))
    predicted = pencil.in_plane()
    slack = error + 0.005 * np.abs(predicted).max()
    assert np.max(np.abs(mean - predicted) / slack) < 3.5
    uncoupled = np.kron(np.eye(3), pencil.T[:2, :2])  # the control: every direction as any other
    assert np.max(np.abs(mean - uncoupled) / slack) > 8


def plane_of(N, axes):
    """Elements of N (2, d, 2, d) between `axes` (3, d), axis first: (6, 6)."""
    return np.einsum("ai,risj,bj->arbs", axes, N, axes).reshape(6, 6)


def test_structured_noise_at_no_step_and_for_one_direction():
    problem = Problem(**SIZES, teacher=PRODUCT)
    for eta in (0.0, 1e-3):
        plain, full = (any_step.errors(problem, 0.1, eta, noise=noise) for noise in ("isotropic", "structured"))
        np.testing.assert_allclose(full, plain, rtol=1e-6)
    link = dataclasses.replace(problem, teacher=(0.2, 1, 0.5))
    wide = dataclasses.replace(problem, teacher=hermite_tensor([[0.2, 0], [1, 0], [0.5, 0]]))
    one, other = (any_step.errors(p, 0.1, 15.0, noise="structured") for p in (link, wide))
    np.testing.assert_allclose(one, other, rtol=1e-7)


def test_the_fits_are_those_of_the_errors():
    """At no step the network is linear across beta: its slope along z_2 is zero, and it knows part of z_1."""
    problem = Problem(**SIZES, teacher=PRODUCT)
    seen = any_step.fits(problem, 0.1, 0.0)
    np.testing.assert_allclose(seen.across[1], 0, atol=1e-12)
    bulk = theory.learned(problem, 0.1, 0.0, 1)[0]
    cosine = theory.limit_geometry(problem).cosine
    np.testing.assert_allclose(seen.along, bulk * cosine * seen.t, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(seen.across[0], bulk * math.sqrt(1 - cosine**2), rtol=1e-6)
    plain, full = (any_step.fits(problem, 0.1, 20.0, noise=noise) for noise in ("isotropic", "structured"))
    shares = [np.sum(f.weight * f.t * f.across[1]) for f in (plain, full)]
    assert 0.05 < shares[0] < 0.9 * shares[1]


@pytest.mark.slow
def test_against_drawn_networks():
    """Gains in test error, paired, at n = 600, for a product and for its silent companion; the product's fit, too.

    The step mixes the overlaps of a row with z_1 and with z_2, for E y z_1 z_2 = 1: only "structured" knows that. The
    controls are the law of the companion, and "all but z_1 is noise".
    """
    problem = Problem(n=600, d=300, N=400, n_gradient=3000, activation=WAVE, noise_std=0.3, teacher=PRODUCT)
    silent = dataclasses.replace(problem, teacher=SILENT)
    laws = {}
    for name, one in (("product", problem), ("silent", silent), ("noise", as_noise(problem))):
        test = any_step.errors(one, 0.1, STEPS, noise="structured")[1]
        laws[name] = (test[0] - test)[1:]
    for name, one in (("product", problem), ("silent", silent)):
        found = run_many(one, STEPS, 0.1, range(30, 46), n_test=4000)
        gain, error = (part[1:, 0] for part in found.gain("test_error"))
        assert np.all(np.abs(gain - laws[name]) < 2.5 * error)
        for wrong in {"product", "silent", "noise"} - {name, "noise" if name == "silent" else name}:
            assert np.all(np.abs(gain - laws[wrong])[1:] > 4 * error[1:])


@pytest.mark.slow
def test_the_product_that_is_learned_against_drawn_networks():
    """E[t z_2 f] on fresh data. Isotropic noise, which forgets that the step mixes z_1 and z_2, is the control."""
    problem = Problem(n=400, d=200, N=270, n_gradient=2000, activation=WAVE, noise_std=0.3, teacher=PRODUCT)
    eta, found = math.sqrt(problem.N), []
    for seed in range(60):
        step = OneStep.draw(problem, seed, n_test=8000)
        output = step.predict(eta, step.fit(0.1, eta).coefficients.ravel())
        z = step.test.X @ sample.teacher_directions(problem, seed)[1]
        found.append(np.mean(step.test.X @ step.beta / step.beta_norm * z * output))
    mean, error = np.mean(found), np.std(found, ddof=1) / math.sqrt(len(found))
    plain, full = (any_step.fits(problem, 0.1, eta, noise=noise) for noise in ("isotropic", "structured"))
    plain, full = (np.sum(fit.weight * fit.t * fit.across[1]) for fit in (plain, full))
    assert abs(mean - full) < max(2.5 * error, 0.02 * full)
    assert abs(mean - plain) > 5 * error
