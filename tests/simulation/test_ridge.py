"""Ridge paths, exact and Krylov, against `numpy.linalg.lstsq` on the augmented system."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onestep import InputError, NotConverged, Problem
from onestep.simulation import krylov, network, ridge, sample

SHAPES = [(80, 50), (50, 80), (60, 60), (1, 5), (5, 1), (1, 1)]
RIDGE = np.array([1e-4, 1e-2, 1.0, 30.0])


def data(shape, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    F, y = rng.standard_normal(shape), rng.standard_normal(shape[0])
    F[:, 0] += 4 * y  # something to learn
    return F.astype(dtype), y.astype(dtype)


def least_squares(F, y, value):
    """Coefficients and minimum of (1/n)|y - F a|^2 + value |a|^2 by QR on the augmented system."""
    n, N = F.shape
    A = np.vstack([F / np.sqrt(n), np.sqrt(value) * np.eye(N)]).astype(float)
    b = np.concatenate([y / np.sqrt(n), np.zeros(N)])
    a, *_ = np.linalg.lstsq(A, b, rcond=None)
    return a, np.sum(np.square(b - A @ a))


def freedom(F, value):
    squares = np.linalg.svd(F.astype(float), compute_uv=False) ** 2
    return np.sum(squares / (squares + len(F) * value))


def agrees(path, F, y, tolerance):
    for j, value in enumerate(path.ridge):
        a, minimum = least_squares(F, y, value)
        np.testing.assert_allclose(path.coefficients[:, j], a, atol=tolerance * np.abs(a).max())
        assert path.train_error[j] == pytest.approx(minimum, rel=tolerance)
        assert path.residual_norm[j] == pytest.approx(np.linalg.norm(y - F @ a) / np.sqrt(len(y)), rel=10 * tolerance)
    assert path.optimality.max() < tolerance


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_exact_path(shape, order):
    F, y = data(shape)
    path = ridge.path(np.asarray(F, order=order), y, RIDGE)
    agrees(path, F, y, 1e-11)
    np.testing.assert_allclose(path.degrees_of_freedom, [freedom(F, value) for value in RIDGE], rtol=1e-11)
    assert np.all(path.degrees_of_freedom_error == 0)


@pytest.mark.parametrize("shape", [(80, 50), (50, 80), (60, 60)])
def test_exact_path_in_single_precision(shape):
    F, y = data(shape, np.float32)
    path = ridge.path(F, y, RIDGE)
    agrees(path, F.astype(float), y.astype(float), 2e-4)
    assert path.coefficients.dtype == np.float32
    np.testing.assert_allclose(path.degrees_of_freedom, [freedom(F, value) for value in RIDGE], rtol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_krylov_path(shape):
    F, y = data(shape)
    agrees(krylov.path(F, y, RIDGE, tolerance=1e-12), F, y, 1e-9)


@pytest.mark.parametrize("shape", [(80, 50), (50, 80)])
def test_krylov_keeps_the_accuracy_it_states(shape):
    F, y = data(shape)
    exact, previous = ridge.path(F, y, RIDGE), 0
    for tolerance in (1e-2, 1e-5, 1e-9):
        path = krylov.path(F, y, RIDGE, tolerance=tolerance)
        assert previous < path.optimality.max() * 10 and path.optimality.max() <= tolerance * 1.001
        excess = path.train_error - exact.train_error
        gradient = path.optimality * np.linalg.norm(F.T @ y / len(y))
        assert np.all(excess >= -1e-13)
        assert np.all(excess <= gradient**2 / RIDGE + 1e-13)


def test_krylov_degrees_of_freedom_within_their_standard_error():
    misses = []
    for seed in range(12):
        F, y = data((150, 100), seed=seed)
        path = krylov.path(F, y, RIDGE)
        exact = np.array([freedom(F, value) for value in RIDGE])
        misses.append((path.degrees_of_freedom - exact)[1:3] / path.degrees_of_freedom_error[1:3])
    # Fifteen probes: Student's t with 14 degrees of freedom has variance 7/6. The same signs serve every seed, but the
    # matrices they meet are independent; two ridge values share them.
    size = np.sqrt(np.mean(np.square(misses)))
    assert 0.6 < size < 1.6  # stated errors wrong by a factor of two, either way, would be outside


def test_krylov_says_when_it_did_not_get_there():
    F, y = data((80, 60))
    with pytest.raises(NotConverged) as caught:
        krylov.path(F, y, [1e-4], tolerance=1e-12, steps=7)
    assert caught.value.iterations == 7 and caught.value.residual > 1e-12
    assert f"{caught.value.residual:.1e}" in str(caught.value)


def test_no_labels_no_coefficients():
    F, _ = data((20, 10))
    for path in (ridge.path, krylov.path):
        got = path(F, np.zeros(20), [0.1])
        assert np.all(got.coefficients == 0) and got.train_error == 0
        assert got.degrees_of_freedom[0] == pytest.approx(freedom(F, 0.1), rel=0.1)


def test_ridgeless_limit():
    """lambda = 0: least squares for n > N, the interpolator of least norm for n < N."""
    for shape in ((80, 50), (50, 80)):
        F, y = data(shape)
        path = ridge.path(F, y, 0.0)
        np.testing.assert_allclose(path.coefficients[:, 0], np.linalg.pinv(F) @ y, atol=1e-11)
        assert path.degrees_of_freedom[0] == pytest.approx(50)


def test_ill_conditioned_features_keep_their_digits():
    """Condition number 1e6: its square leaves four digits, the correction step wins the others back."""
    F, y = data((120, 80))
    U, _, Vt = np.linalg.svd(F, full_matrices=False)
    F = U * np.logspace(0, -6, 80) * np.sqrt(120) @ Vt
    path = ridge.path(F, y, [1e-11])
    a, minimum = least_squares(F, y, 1e-11)
    np.testing.assert_allclose(path.coefficients[:, 0], a, rtol=1e-7, atol=1e-8 * np.abs(a).max())
    assert path.train_error[0] == pytest.approx(minimum, rel=1e-10)


def test_leave_one_out():
    """y_i - f_{-i}(x_i) = r_i / (1 - H_ii): the fit without row i, n times, against one fit with all rows."""
    F, y = data((15, 9))
    n, value = len(y), 0.2
    H = F @ np.linalg.solve(F.T @ F + n * value * np.eye(9), F.T)
    residual = y - F @ ridge.path(F, y, value).coefficients[:, 0]
    for i in range(n):
        rest = np.arange(n) != i
        a = ridge.path(F[rest], y[rest], value * n / (n - 1)).coefficients[:, 0]
        assert y[i] - F[i] @ a == pytest.approx(residual[i] / (1 - H[i, i]), rel=1e-11)
    assert np.trace(H) == pytest.approx(ridge.path(F, y, value).degrees_of_freedom[0], rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 5), st.floats(1e-3, 1e3), st.floats(0.1, 10))
def test_invariances(n, N, seed, value, scale):
    F, y = data((n, N), seed=seed)
    path = ridge.path(F, y, [value, 2 * value])
    # Scaling the labels scales the solution; scaling features and root ridge alike leaves the fit unchanged.
    scaled = ridge.path(F, scale * y, [value, 2 * value])
    np.testing.assert_allclose(scaled.train_error, scale**2 * path.train_error, rtol=1e-9)
    moved = ridge.path(F * scale, y, [value * scale**2, 2 * value * scale**2])
    np.testing.assert_allclose(moved.train_error, path.train_error, rtol=1e-9)
    # More ridge: a larger minimum, fewer degrees of freedom, a larger residual.
    assert path.train_error[0] <= path.train_error[1] <= y @ y / n * (1 + 1e-12)
    assert path.degrees_of_freedom[0] >= path.degrees_of_freedom[1]
    assert path.residual_norm[0] <= path.residual_norm[1] * (1 + 1e-9)


@pytest.mark.parametrize("solve", [ridge.path, krylov.path])
def test_refusals(solve):
    F, y = data((8, 5))
    bad = y.copy()
    bad[3] = np.nan
    for labels in (bad, y[:-1], y[:, None], "y"):
        with pytest.raises(InputError, match="y: got"):
            solve(F, labels, [0.1])
    for value in (-0.1, [0.1, np.nan], [[0.1]], [], "0.1", None, [0.1, -1e-9]):
        with pytest.raises(InputError, match="ridge: got"):
            solve(F, y, value)
    holed = F.copy()
    holed[0, 0] = np.inf
    with pytest.raises(InputError, match="F: got"):
        solve(holed, y, [0.1])


def test_a_singular_problem_is_refused_and_the_message_says_from_where_it_is_not():
    F, y = data((30, 20))
    F[:, 7] = F[:, 3]
    with pytest.raises(InputError, match="at least") as caught:
        ridge.path(F, y, [0.0])
    assert "float64" in caught.value.allowed
    enough = float(caught.value.allowed.split("at least ")[1].split(":")[0])
    assert ridge.path(F, y, [1.01 * enough]).optimality[0] < 1e-6
    with pytest.raises(InputError, match="> 0"):
        krylov.path(F, y, [0.0])


@pytest.mark.parametrize("solve", [ridge.path, krylov.path])
def test_on_real_features_after_a_large_step(solve):
    problem = Problem(n=300, d=150, N=200, activation="relu")
    draw = sample.draw(problem, 0)
    gradient = network.gradient(problem, draw.W0, draw.a, draw.gradient)
    F = network.features(problem, draw.ridge.X, draw.W0, gradient.matrix, problem.step(0.5))
    agrees(solve(F, draw.ridge.y, [1e-3, 0.1]), F, draw.ridge.y, 1e-6)
