"""Spectra through the Gram matrix against a full singular value decomposition."""

import numpy as np
import pytest

from onestep import InputError
from onestep.simulation import spectrum
from onestep.simulation.gram import gram, rotate, tridiagonalise

SHAPES = [(60, 40), (40, 60), (50, 50), (2, 5), (5, 2), (1, 4), (4, 1), (1, 1)]
TOLERANCE = {np.float64: 1e-13, np.float32: 1e-5}


def matrix(shape, dtype=np.float64, order="C", seed=0):
    return np.asarray(np.random.default_rng(seed).standard_normal(shape), dtype, order=order)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_all_values_against_an_svd(shape, dtype, order):
    F = matrix(shape, dtype, order)
    expected = np.linalg.svd(F.astype(float), compute_uv=False)[::-1] ** 2 / shape[0]
    got = spectrum.squared_singular_values(F)
    np.testing.assert_allclose(got, expected, atol=TOLERANCE[dtype] * expected.max())
    assert got.shape == (min(shape),)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_tridiagonal_form_is_a_rotation_of_the_gram_matrix(shape, dtype, order):
    F = matrix(shape, dtype, order)
    K = gram(F)
    K = np.tril(K) + np.tril(K, -1).T
    wide = F.astype(float)
    np.testing.assert_allclose(
        K, (wide.T @ wide if shape[0] >= shape[1] else wide @ wide.T) / shape[0], atol=10 * TOLERANCE[dtype]
    )
    reduced = tridiagonalise(F)
    T = np.diag(reduced.diagonal) + np.diag(reduced.off_diagonal, 1) + np.diag(reduced.off_diagonal, -1)
    eye = np.eye(len(K))
    Q = rotate(reduced, eye, back=True)
    np.testing.assert_allclose(Q @ Q.T, eye, atol=10 * TOLERANCE[dtype])
    np.testing.assert_allclose(Q @ T @ Q.T, K, atol=10 * TOLERANCE[dtype] * np.abs(K).max())
    np.testing.assert_allclose(rotate(reduced, Q), eye, atol=10 * TOLERANCE[dtype])


def triplets_are_right(F, top, tolerance):
    n, k = len(F), len(top.values)
    U, s, Vt = np.linalg.svd(F.astype(float), full_matrices=False)
    np.testing.assert_allclose(top.values, s[:k] ** 2 / n, rtol=tolerance)
    for got, expected in ((top.left, U[:, :k]), (top.right, Vt[:k].T)):
        np.testing.assert_allclose(np.abs(np.sum(got * expected, axis=0)), 1, atol=100 * tolerance)
    np.testing.assert_allclose(F @ top.right, top.left * np.sqrt(n * top.values), atol=1e3 * tolerance * s[0])


@pytest.mark.parametrize("shape", [(90, 40), (40, 90), (50, 50), (1, 4), (4, 1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_top_triplets_against_an_svd(shape, dtype):
    F = matrix(shape, dtype)
    triplets_are_right(F, spectrum.top(F, min(4, *shape)), TOLERANCE[dtype])


@pytest.mark.parametrize("shape", [(90, 40), (40, 90), (50, 50)])
def test_krylov_triplets_against_an_svd(shape):
    triplets_are_right(matrix(shape), spectrum.top_krylov(matrix(shape), 4, tolerance=1e-12), 1e-11)


@pytest.mark.parametrize("solve", [spectrum.top, spectrum.top_krylov])
def test_a_spike_and_the_bulk_edge_behind_it(solve):
    F = matrix((300, 200)) + 60 * np.outer(matrix(300, seed=1), matrix(200, seed=2)) / np.sqrt(300 * 200)
    expected = np.linalg.svd(F, compute_uv=False)[:6] ** 2 / 300
    np.testing.assert_allclose(solve(F, 6).values, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (200, 150), (3, 300)])
def test_operator_norm(shape):
    A = matrix(shape)
    assert spectrum.operator_norm(A) == pytest.approx(np.linalg.norm(A, 2), rel=1e-4)


def test_no_triplets():
    top = spectrum.top(matrix((6, 4)), 0)
    assert (top.values.shape, top.left.shape, top.right.shape) == ((0,), (6, 0), (4, 0))
    assert spectrum.top_krylov(matrix((6, 4)), 0).left.shape == (6, 0)


def test_the_values_of_a_singular_matrix_are_not_negative():
    F = np.outer(matrix(30), matrix(20))
    assert spectrum.squared_singular_values(F).min() >= 0
    assert spectrum.top(F, 1).values[0] == pytest.approx(np.linalg.norm(F, 2) ** 2 / 30)
    with pytest.raises(InputError, match="rank of F, which is 1"):
        spectrum.top(F, 2)


@pytest.mark.parametrize("solve", [spectrum.top, spectrum.top_krylov])
@pytest.mark.parametrize("k", [-1, 5, 2.0, True, "1"])
def test_refused_counts(solve, k):
    with pytest.raises(InputError, match="k: got"):
        solve(matrix((6, 4)), k)


def test_krylov_cannot_give_all_of_them():
    with pytest.raises(InputError, match="fewer than"):
        spectrum.top_krylov(matrix((6, 4)), 4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refused_matrices(bad):
    F = matrix((6, 4))
    F[2, 3] = bad
    both = F.copy()
    both[0, 0] = -bad
    for F_bad in (F, both, matrix(6), np.ones((3, 2), int), [[1.0]], np.empty((0, 3))):
        for call in (
            spectrum.squared_singular_values,
            lambda A: spectrum.top(A, 1),
            lambda A: spectrum.top_krylov(A, 1),
        ):
            with pytest.raises(InputError, match="F: got"):
                call(F_bad)
