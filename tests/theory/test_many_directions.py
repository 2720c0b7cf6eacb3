"""Teachers of several directions: both theories against the single-index case, a witness, and drawn networks."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import ortho_group

from onestep import InputError, Problem, theory
from onestep.links import sine
from onestep.simulation import run_many
from onestep.teachers import MultiIndex, hermite_tensor
from onestep.theory import any_step
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.features import feature_law

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


def test_structured_noise_refuses_them_by_name():
    with pytest.raises(InputError) as error:
        any_step.errors(Problem(**SIZES, teacher=PRODUCT), 0.1, 5.0, noise="structured")
    assert error.value.name == "teacher"


@pytest.mark.slow
def test_against_drawn_networks():
    """Gains in test error, paired, at n = 600. A gradient batch of 10 d rows keeps the noise of the gradient small.

    The wrong laws: "no z_2" lies more than five standard errors away at the two larger steps, "all but z_1 is noise"
    at all of them, or this test has lost its power.
    """
    problem = Problem(n=600, d=300, N=400, n_gradient=3000, activation=WAVE, noise_std=0.3, teacher=PRODUCT)
    found = run_many(problem, STEPS, 0.1, range(16), n_test=4000)
    gain, error = (part[1:, 0] for part in found.gain("test_error"))
    assert np.all(np.abs(gain - gains(problem, 0.1)) < np.maximum(2.5 * error, 0.02 * gain))
    for wrong in (dataclasses.replace(problem, teacher=SILENT), as_noise(problem)):
        assert np.all(np.abs(gain - gains(wrong, 0.1))[1:] > 4 * error[1:])
    train = any_step.errors(problem, 0.1, STEPS)[0]
    assert np.all(np.abs(found.mean("train_error")[:, 0] - train) < 3 * found.standard_error("train_error")[:, 0])
