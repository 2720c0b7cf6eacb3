import math
from dataclasses import replace

import numpy as np
import pytest
from bulk_witness import gaussian_moment
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh
from spiked_witness import draw, limits, pieces
from test_errors import plug_in_geometry, problems

from onestep import Geometry, InputError, Problem
from onestep.hermite import basis, gaussian_rule, monomials_in_hermite
from onestep.theory import errors, regimes, spikes
from onestep.theory.geometry import limit_geometry, published_geometry
from onestep.theory.resolvent import edges, traces
from onestep.theory.terms import active_orders, kept_orders


def matrix(problem, eta, z, orders):
    """M(-z) by the printed formula."""
    G, S, _ = pieces(problem, eta, orders, *limits(problem), traces(problem, -z))
    return G + S


@pytest.mark.slow
@pytest.mark.parametrize("activation", [(0, 1, 0.6, 0.3), (0, -0.7, 0.5), (0, 1.0, 0.0, 0.4), (0, 1.0)], ids=str)
@pytest.mark.parametrize("eta", [1.5, 3.0, 8.0])
def test_outliers_solve_the_printed_equation_and_overlaps_are_its_null_vector(activation, eta):
    problem = Problem(activation=activation)
    orders = kept_orders(problem, published_geometry(problem))
    found = spikes.outliers(problem, eta, published_geometry(problem))
    assert [one.position for one in found] == sorted((one.position for one in found), reverse=True)
    top = edges(problem)[-1, 1]
    for one in found:
        z = one.position
        assert z > top
        values, vectors = np.linalg.eigh(matrix(problem, eta, z, orders))
        null = np.argmin(np.abs(values))
        h = 1e-4 * (z - top)
        slope = (matrix(problem, eta, z + h, orders) - matrix(problem, eta, z - h, orders)) / (2 * h)
        w = vectors[:, null]
        assert abs(values[null]) < 1e-9 * z * abs(w @ slope @ w)
        at = traces(problem, -z)
        k = np.arange(orders[-1] + 1)
        factorial = np.array([math.factorial(j) for j in k])
        D = factorial * at.m1
        D[1] = at.m2

        T = monomials_in_hermite(orders[-1])[list(orders)]
        np.testing.assert_allclose(
            one.overlaps, (D * (T.T @ w)) ** 2 / (factorial * (w @ slope @ w)), rtol=1e-5, atol=1e-12
        )
    # as many as det M changes sign between the edge and infinity
    grid = top + np.geomspace(1e-7 * top, 1e6 * top, 150)
    signs = [np.linalg.slogdet(matrix(problem, eta, z, orders))[0] for z in grid]
    assert np.count_nonzero(np.diff(signs)) == len(found)


def test_critical_step_is_the_printed_threshold():
    problem = Problem(activation="relu", n_gradient=700)
    at = traces(problem, -edges(problem)[-1, 1] * (1 + 1e-13))
    exact = math.sqrt(-problem.phi / (problem.psi * at.q * at.m2)) / (problem.student[1] ** 2 * limits(problem)[0])
    assert regimes.critical_step(problem) == pytest.approx(exact, rel=1e-5)


@settings(max_examples=100, deadline=None)
@given(problems)
def test_outliers_appear_at_the_critical_step(problem):
    # one order alone: the threshold is a statement on the first spike
    problem = Problem(
        n=problem.n, d=problem.d, N=problem.N, activation=(0.0, 1.0), teacher=problem.teacher,
        noise_std=problem.noise_std + 0.1, readout=problem.readout, n_gradient=problem.n_gradient,
    )  # fmt: skip
    critical, top = regimes.critical_step(problem), edges(problem)[-1, 1]
    assert spikes.outliers(problem, 0.999 * critical) == []
    (above,) = spikes.outliers(problem, 1.001 * critical)
    assert above.position > top
    assert above.position < top * 1.01
    (far,) = spikes.outliers(problem, 100 * critical)
    assert far.position > above.position
    assert 0 <= above.overlaps.sum() < far.overlaps.sum() <= 1 + 1e-9


@settings(max_examples=100, deadline=None)
@given(problems, st.floats(-6, 6))
def test_overlaps_are_shares(problem, log_eta):
    found = spikes.outliers(problem, 10**log_eta)
    positions = np.array([one.position for one in found])
    assert np.all(np.diff(positions) <= 0)
    assert np.all(positions > edges(problem)[-1, 1] * (1 - 1e-12))
    if found:
        overlaps = np.array([one.overlaps for one in found])
        assert np.all(overlaps >= 0)
        assert np.all(overlaps.sum(axis=1) <= 1 + 1e-9)  # a unit vector has no more than its length
        assert np.all(overlaps.sum(axis=0) <= 1 + 1e-9)  # nor has He_k(t) in orthogonal directions
        assert len(found) <= len(kept_orders(problem, limit_geometry(problem)))
        assert problem.readout == "gaussian" or len(found) == 1


@pytest.mark.parametrize("order", [1, 2, 3])
def test_critical_constants_are_approached_by_finite_sizes(order):
    """At eta = C n^((k-1)/(2k)) and n -> infinity the finite-strength formula has k outliers just for C above."""
    options = {"activation": (0, 1, 0.6, 0.3), "teacher": (0, 1, 0.5)}
    constant = regimes.critical_constant(Problem(**options), order)
    n = 2000 * 10 ** (3 * (2 * order - 1))  # the lower spikes must be strong: the approach is slow
    problem = Problem(n=n, d=n // 2, N=3 * n // 4, **options)
    assert regimes.critical_constant(problem, order) == pytest.approx(constant, rel=1e-12)
    scale = n ** ((order - 1) / (2 * order))
    assert len(spikes.outliers(problem, 0.98 * constant * scale)) == order - 1
    assert len(spikes.outliers(problem, 1.02 * constant * scale)) == order


def test_critical_constants_shrink_with_the_measured_lengths():
    problem = Problem(activation=(0, 1.5, 0.6, -0.3))
    limit = published_geometry(problem)
    for order in (1, 2, 3):
        constant = regimes.critical_constant(problem, order, limit)
        for longer in (replace(limit, beta_norm=1.25 * limit.beta_norm), replace(limit, projection=1.25)):
            assert regimes.critical_constant(problem, order, longer) == pytest.approx(constant / 1.25, rel=1e-12)


def test_critical_constant_skips_absent_orders():
    assert regimes.critical_constant(Problem(activation="tanh"), 3) > 0
    with pytest.raises(InputError, match="order"):
        regimes.critical_constant(Problem(activation="tanh"), 2)
    with pytest.raises(InputError, match="order"):
        regimes.critical_constant(Problem(activation="relu", readout="constant"), 2)


def test_outliers_and_overlaps_of_the_explicit_model():
    problem = Problem(n=1000, d=500, N=750, activation=(0, 1, 0.6, 0.3), teacher=(0.4, 1, 0.5))
    orders, eta, count = (1, 2, 3), 9.0, 12
    position, wrong = np.empty((2, count, 3))
    overlap, wrong_overlap = np.empty((2, count, 3, 4))
    for seed in range(count):
        drawn = draw(problem, orders, seed)
        F = drawn.features(eta)
        values, vectors = eigh(F @ F.T / problem.n, subset_by_index=(problem.n - 3, problem.n - 1))
        hermite = basis(drawn.t(), 3) / math.sqrt(problem.n)
        geometry = plug_in_geometry(drawn)
        predicted = spikes.outliers(problem, eta, geometry)
        position[seed] = np.log(values[::-1] / [one.position for one in predicted])
        overlap[seed] = ((hermite @ vectors[:, ::-1]) ** 2).T - [one.overlaps for one in predicted]
        longer = spikes.outliers(problem, 1.1 * eta, geometry)
        wrong[seed] = np.log(values[::-1] / [one.position for one in longer])
        wrong_overlap[seed] = overlap[seed] + [one.overlaps for one in predicted] - [one.overlaps for one in longer]

    def standard_error(values):
        return values.std(axis=0, ddof=1) / math.sqrt(count)

    assert np.all(np.abs(position.mean(axis=0)) < 4 * standard_error(position))
    assert np.all(np.abs(overlap.mean(axis=0)) < 4 * standard_error(overlap))
    assert np.max(standard_error(position)) < 0.03
    # a step wrong by a tenth is noticed
    assert np.any(np.abs(wrong.mean(axis=0)) > 8 * standard_error(wrong))
    assert np.any(np.abs(wrong_overlap.mean(axis=0)) > 5 * standard_error(wrong_overlap))


def test_a_measured_readout_of_the_limiting_law_reproduces_the_limit():
    problem = Problem(activation=(0, 1, 0.6, 0.3))
    geometry = Geometry(*limits(problem), gaussian_rule(), 1.0, 0.0, 0.0)
    limit = spikes.outliers(problem, 8.0, published_geometry(problem))
    for one, other in zip(limit, spikes.outliers(problem, 8.0, geometry), strict=True):
        assert one.position == pytest.approx(other.position, rel=1e-9)
        np.testing.assert_allclose(one.overlaps, other.overlaps, rtol=1e-8, atol=1e-15)


def test_regimes():
    relu = Problem(activation="relu")
    table = {
        -0.1: (0, (), (), None, 0),
        0.0: (0, (), (), 1, 0),
        0.1: (1, (1,), (), None, 1),
        0.25: (1, (1,), (), 2, 1),
        0.3: (2, (1, 2), (), None, 2),
        1 / 3: (2, (1, 2), (), None, 2),  # order 3 would be critical, but c_3 = 0
        0.35: (3, (1, 2), (3,), None, 2),
        0.38: (4, (1, 2, 4), (3,), None, 3),
    }
    for alpha, expected in table.items():
        assert regimes.regime(relu, alpha) == regimes.Regime(*expected)
    assert regimes.regime(Problem(activation="tanh"), 1 / 3).critical == 3
    assert regimes.regime(Problem(activation="relu", readout="constant"), 0.3).outliers == 1
    np.testing.assert_array_equal(regimes.critical_exponents(4), [0, 1 / 4, 1 / 3, 3 / 8])
    for l, exponent in enumerate(regimes.critical_exponents(9), start=1):
        assert regimes.regime(relu, exponent - 1e-6).degree == l - 1
        assert regimes.regime(relu, exponent + 1e-6).degree == l
    for alpha in (0.5, 2.0, np.nan, 0.499):
        with pytest.raises(InputError, match="alpha"):
            regimes.regime(relu, alpha)


def test_strengths_grow_with_their_exponents():
    def strength(n, k):
        problem = Problem(n=n, d=n // 2, N=3 * n // 4, activation="relu")
        return spikes.strengths(problem, n**0.3, published_geometry(problem))[k]

    for k in (1, 2, 4):
        slope = math.log(strength(2_000_000, k) / strength(2000, k)) / math.log(1000)
        assert slope == pytest.approx(0.3 * k - (k - 1) / 2, abs=1e-12)
        # |t^k|/sqrt(n) and N^((k-1)/2) |a^k| are both the root of E g^2k
        problem = Problem(n=2000, d=1000, N=1500, activation="relu")
        theta = abs(problem.student[1] ** k * problem.student[k]) * (2000**0.3 * limits(problem)[0]) ** k
        assert strength(2000, k) == pytest.approx(theta * gaussian_moment(2 * k) * 1500 ** ((1 - k) / 2), rel=1e-12)
    assert list(spikes.strengths(Problem(activation="tanh"), [0.0, 1.0]))[:3] == [1, 3, 5]
    assert spikes.strengths(Problem(), [0.0, 1.0])[1][0] == 0
    drawn = draw(Problem(n=400, d=20, N=300), (1,), 0)
    geometry = plug_in_geometry(drawn)
    problem = drawn.problem
    first = np.linalg.norm(np.outer(drawn.t(), drawn.a)) / math.sqrt(problem.n)
    exact = problem.student[1] ** 2 * 2.0 * drawn.beta_norm * first
    assert spikes.strengths(problem, 2.0, geometry)[1] == pytest.approx(exact, rel=1e-12)


def test_kept_orders_grow_with_the_size_and_are_all_for_polynomials():
    def kept(n, activation):
        problem = Problem(n=n, d=n // 2, N=n, activation=activation)
        return kept_orders(problem, published_geometry(problem))

    counts = [len(kept(10**power, "relu")) for power in range(2, 12)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]
    assert kept(100, (0, 1, 0, 0.3, 0.1)) == (1, 3, 4)


@pytest.mark.parametrize("activation", ["relu", "softplus", "tanh"])
@pytest.mark.parametrize("shape", [(300, 150, 225), (2000, 1000, 1500), (2000, 1000, 20_000), (20_000, 10_000, 15_000)])
def test_orders_are_kept_as_long_as_each_leaves_the_bulk_before_the_next(activation, shape):
    """By itself, order k does at the step where |theta_k| E g^2k N^((1-k)/2) is the root of phi/(psi v) at the edge."""
    problem = Problem(*shape, activation, teacher=(0.0, 1.0, 0.5))
    orders = active_orders(problem)
    at = traces(problem, -edges(problem)[-1, 1] * (1 + 1e-13))
    root = math.sqrt(problem.phi / (problem.psi * -at.q * at.m1))
    steps = []
    for k in orders:
        strength = abs(problem.student[1] ** k * problem.student[k]) * limits(problem)[0] ** k * gaussian_moment(2 * k)
        steps.append((root / strength) ** (1 / k) * problem.N ** ((k - 1) / (2 * k)))
    count = next(i for i in range(1, len(steps)) if i + 1 == len(steps) or steps[i] >= steps[i + 1])
    assert kept_orders(problem, published_geometry(problem)) == orders[:count]


def test_no_step_no_outlier_and_bad_steps():
    assert spikes.outliers(Problem(), 0.0) == []
    for eta in (-1.0, np.nan, "1"):
        with pytest.raises(InputError, match="eta"):
            spikes.outliers(Problem(), eta)
    with pytest.raises(InputError, match="first_output"):
        spikes.outliers(Problem(first_output="order_one"), 1.0)
    assert errors(Problem(), 0.1, 0.0) == errors(Problem(), 0.1)
