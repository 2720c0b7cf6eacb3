import numpy as np
import pytest
from bulk_witness import random_bulks, traces_by_bisection
from hypothesis import given, settings
from hypothesis import strategies as st

from onestep import InputError, Problem
from onestep.theory.equation import Bulk
from onestep.theory.resolvent import (
    atom,
    density,
    edge_point,
    edges,
    raw_atom,
    raw_density,
    raw_edges,
    raw_traces,
    traces,
)

BULKS = [
    Bulk(0.5, 0.7, 0.8, 0.6),
    Bulk(2.0, 0.7, 0.8, 0.6),
    Bulk(0.5, 0.5, 0.8, 0.6),  # as many rows as hidden units: a hard edge at 0
    Bulk(0.1, 0.4, 9.0, 0.01),  # two intervals
    Bulk(0.4, 0.9, 1.0, 0.0),
    Bulk(3.0, 2.0, 1.0, 0.0),  # rank d < N: the atom is larger than 1 - N/n
    Bulk(1.0, 0.4, 1.0, 0.0),
    Bulk(0.4, 0.9, 0.0, 2.0),
]
bulks = pytest.mark.parametrize("bulk", BULKS, ids=str)


def relative(value, exact):
    return np.max(np.abs(np.array([value.m1, value.m2, value.q]) / np.array(exact) - 1))


def test_traces_agree_with_bisection_in_80_digits():
    rows = random_bulks(400, seed=1)
    phi, psi, linear, nonlinear, ridge = rows.T
    exact = np.array([traces_by_bisection(*row) for row in rows]).T
    assert relative(raw_traces(Bulk(phi, psi, linear, nonlinear), ridge), exact) < 1e-13
    # a change of c_1^2 by 1e-9 is seen, so the comparison can fail
    assert relative(raw_traces(Bulk(phi, psi, linear * (1 + 1e-9), nonlinear), ridge), exact) > 1e-11


def marchenko_pastur(ratio, variance, ridge):
    """m1 for iid entries: the root of ridge variance m^2 + (ridge + variance (ratio - 1)) m - 1 = 0."""
    b = ridge + variance * (ratio - 1)
    return 2 / (b + np.sqrt(b**2 + 4 * ridge * variance))


@pytest.mark.parametrize("ridge", [1e-6, 0.3, 1e3, 0.4 - 0.2j, 5 + 3j])
def test_marchenko_pastur_without_linear_part(ridge):
    assert raw_traces(Bulk(0.6, 0.8, 0.0, 1.7), ridge).m1 == pytest.approx(
        marchenko_pastur(0.75, 1.7, ridge), rel=1e-12
    )


@pytest.mark.parametrize("ridge", [1e-3, 0.3, 1e3])
def test_marchenko_pastur_for_a_wide_linear_network(ridge):
    # W0'W0 psi/... -> identity as N/d -> infinity: K = c_1^2 (N/n) (X X'/d), a Wishart matrix of ratio d/n
    psi = 1e-9
    exact = marchenko_pastur(0.6, 1.3 / psi, ridge / psi)
    assert raw_traces(Bulk(0.6, psi, 1.3, 0.0), ridge / psi).m1 == pytest.approx(exact, rel=1e-7)


def test_marchenko_pastur_edges():
    for phi, psi in ((0.5, 0.7), (2.0, 0.3), (0.7, 0.7), (0.7, 0.7 * (1 + 1e-6))):
        exact = 1.7 * (1 - np.sqrt(phi / psi)) ** 2, 1.7 * (1 + np.sqrt(phi / psi)) ** 2
        np.testing.assert_allclose(raw_edges(Bulk(phi, psi, 0.0, 1.7))[0], exact, rtol=1e-9, atol=1e-14)


def test_the_upper_edge_is_stationary_to_all_digits():
    """The step that Newton's method on d log z/du would still take, by a difference quotient."""
    for row in random_bulks(120, seed=7)[:, :4]:
        bulk = Bulk(*row)

        def slope(u, bulk=bulk):
            p, q = 1 - bulk.degrees_of_freedom(u), bulk.ratio - bulk.degrees_of_freedom(u)
            return 1 / u + bulk.degrees_of_freedom_slope(u) * (1 / p + 1 / q)

        u = -edge_point(bulk)
        h = 1e-6 * u
        assert abs(slope(u) / ((slope(u + h) - slope(u - h)) / (2 * h)) / u) < 1e-14
        assert bulk.position(u) == pytest.approx(raw_edges(bulk)[-1, 1], rel=1e-14)


def test_large_ridge_sees_the_trace_only():
    bulk, ridge = Bulk(0.5, 0.7, 0.8, 0.6), 1e7
    found = raw_traces(bulk, ridge)
    assert found.m1 * ridge == pytest.approx(1 - 1.4 * bulk.ratio / ridge, rel=1e-12)
    assert found.q == pytest.approx(bulk.ratio, rel=1e-6)


@bulks
def test_density_carries_all_that_is_not_in_the_atom(bulk):
    intervals = raw_edges(bulk)

    t, weight = np.polynomial.legendre.leggauss(300)
    t, weight = (1 + t) / 2, weight / 2

    def moment(k):
        # low + width t^6 and high - width t^6: the substitution tames square roots and the hard edge at 0
        total = 0.0
        for low, high in intervals:
            half = (high - low) / 2
            for x in (low + half * t**6, high - half * t**6):
                total += (weight * half * 6 * t**5) @ (raw_density(bulk, x) * x**k)
        return total

    assert moment(0) + raw_atom(bulk) == pytest.approx(1, abs=1e-6)
    assert moment(1) == pytest.approx((bulk.linear + bulk.nonlinear) * bulk.ratio, rel=1e-6)
    # the same density gives m1 off the axis: a check of the branch, not only of the equations
    point = intervals[-1, 1] * (0.7 + 0.02j)

    grid = np.concatenate([np.linspace(low, high, 4001)[1:-1] for low, high in intervals])
    step = np.concatenate([np.full(3999, (high - low) / 4000) for low, high in intervals])
    integral = np.sum(step * grid * raw_density(bulk, grid) / (grid - point))
    assert 1 + point * raw_traces(bulk, -point).m1 == pytest.approx(integral, rel=2e-3)


def test_two_intervals_and_the_gap_between_them():
    bulk = BULKS[3]
    (_, a), (b, _) = raw_edges(bulk)
    assert a < b
    assert raw_density(bulk, (a + b) / 2) == 0
    inside = raw_traces(bulk, -(a + b) / 2)
    limit = raw_traces(bulk, -(a + b) / 2 * (1 + 1e-9j))
    assert abs(limit.m1 / inside.m1 - 1) < 1e-6


def test_the_density_at_zero():
    square = Bulk(0.7, 0.7, 0.8, 0.6)  # as many rows as hidden units: it grows like x^(-1/2)
    assert raw_density(square, 0.0) == np.inf
    assert raw_density(square, 1e-10) / raw_density(square, 1e-6) == pytest.approx(100, rel=1e-2)
    np.testing.assert_array_equal(raw_density(Bulk(0.7, 0.9, 0.8, 0.6), [-1.0, 0.0]), 0)


def test_atom_counts_the_rank():
    assert raw_atom(Bulk(0.5, 1.0, 0.8, 0.6)) == 0.5
    assert raw_atom(Bulk(2.0, 1.0, 0.8, 0.6)) == 0.0
    assert raw_atom(Bulk(0.25, 0.125, 0.8, 0.0)) == 0.75
    assert raw_atom(Bulk(0.25, 0.125, 0.0, 0.0)) == 1.0


positive = st.floats(0.05, 20)
variance = st.one_of(st.just(0.0), st.floats(1e-4, 10))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(positive, positive, variance, variance, st.floats(-8, 4), st.floats(-3.14159, 3.14159))
def test_complex_traces_solve_the_equations_on_the_right_branch(phi, psi, linear, nonlinear, size, angle):
    ridge = 10**size * np.exp(1j * angle)
    if abs(ridge.imag) < 1e-9 * abs(ridge):
        return
    found = raw_traces(Bulk(phi, psi, linear, nonlinear), ridge)
    terms = np.array([ridge * found.m1, found.q * nonlinear * found.m1, found.q * linear * found.m2])
    assert abs(terms.sum() - 1) < 1e-11 * (1 + np.abs(terms).sum())
    assert abs(found.m2 - phi * found.m1 / (phi + found.q * linear * found.m1)) < 1e-11 * abs(found.m2)
    assert abs(found.q - (phi / psi - 1 + ridge * found.m1)) < 1e-12 * (1 + phi / psi + abs(ridge * found.m1))
    sign = -np.sign(ridge.imag)
    assert min(sign * found.m1.imag, sign * found.m2.imag, sign * (found.q / ridge).imag) > 0
    if ridge.real > 0:  # continuous with the real axis, which another solver handles
        real = raw_traces(Bulk(phi, psi, linear, nonlinear), ridge.real)
        near = raw_traces(Bulk(phi, psi, linear, nonlinear), ridge.real * (1 + 1e-10j))
        assert abs(near.m1 / real.m1 - 1) < 1e-8


@bulks
def test_real_traces_outside_the_bulk_continue_the_complex_ones(bulk):
    intervals = raw_edges(bulk)
    points = [intervals[-1, 1] * factor for factor in (1.001, 2.0, 1e6)]
    points += [intervals[0, 0] * factor for factor in (0.5, 0.999) if intervals[0, 0] > 0]
    real, near = raw_traces(bulk, -np.array(points)), raw_traces(bulk, -np.array(points) * (1 + 1e-11j))
    for name in ("m1", "m2", "q"):
        assert np.isrealobj(getattr(real, name))
        np.testing.assert_allclose(getattr(near, name), getattr(real, name), rtol=1e-8)


def test_inside_the_bulk_a_real_argument_is_refused():
    with pytest.raises(InputError, match="ridge"):
        raw_traces(BULKS[0], [0.3, -1.0])


@pytest.mark.parametrize("ridge", [0.0, np.nan, np.inf, "1", None])
def test_ridges_that_are_refused(ridge):
    with pytest.raises(InputError, match="ridge"):
        traces(Problem(), ridge)


def test_bulks_that_are_refused():
    for arguments in ((0, 1, 1, 1), (1, -1, 1, 1), (1, 1, -1, 1), (1, 1, 1, np.nan)):
        with pytest.raises(InputError):
            Bulk(*arguments)


def test_everything_broadcasts():
    bulk = Bulk(np.array([0.5, 2.0])[:, None], 0.7, 0.8, 0.6)
    ridge = np.array([-1e3, 1e-3, 2.0])
    found = raw_traces(bulk, ridge)
    assert found.m1.shape == (2, 3)
    assert found.m1[1, 2] == pytest.approx(raw_traces(Bulk(2.0, 0.7, 0.8, 0.6), 2.0).m1, rel=1e-14)
    assert np.ndim(raw_traces(Bulk(2.0, 0.7, 0.8, 0.6), 2.0).m1) == 0


def test_problem_versions():
    problem = Problem(n=400, d=200, N=100, activation="relu")
    bulk = Bulk(0.5, 2.0, 0.25, problem.student.nonlinear_variance)
    assert traces(problem, 0.1).m1 == pytest.approx(raw_traces(bulk, 0.1).m1, rel=1e-12)
    assert atom(problem) == 0.75
    np.testing.assert_allclose(edges(problem), raw_edges(bulk), rtol=1e-12)
    np.testing.assert_allclose(density(problem, [0.1, 0.5]), raw_density(bulk, np.array([0.1, 0.5])), rtol=1e-12)


def test_density_matches_a_gaussian_matrix_of_the_same_law():
    rng, n, d, N = np.random.default_rng(5), 900, 450, 600
    bulk = Bulk(d / n, d / N, 0.8, 0.6)
    W = rng.standard_normal((N, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    F = np.sqrt(0.8) * rng.standard_normal((n, d)) @ W.T + np.sqrt(0.6) * rng.standard_normal((n, N))
    values = np.linalg.eigvalsh(F.T @ F / n)
    grid = np.linspace(0, raw_edges(bulk)[-1, 1], 4001)[1:]
    shares = np.cumsum(raw_density(bulk, grid)) * (grid[1] - grid[0]) / (N / n)
    deviation = np.max(np.abs(np.searchsorted(values, grid) / N - shares))
    assert deviation < 6 / N  # eigenvalues are rigid: counting functions differ by O(1/N), not by O(1/sqrt N)
    wrong = np.cumsum(raw_density(Bulk(d / n, d / N, 0.85, 0.55), grid)) * (grid[1] - grid[0]) / (N / n)
    assert np.max(np.abs(np.searchsorted(values, grid) / N - wrong)) > 6 / N
