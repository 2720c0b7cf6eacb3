"""More steps: moments by hand, least squares, matrices without a network, and refusals."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import erfc

from nasty import NUMBERS
from onestep import InputError, NotConverged, Problem
from onestep.inputs import Covariance
from onestep.links import polynomial, sine
from onestep.teachers import MultiIndex
from onestep.theory.neighbours.more_steps import batch_size, counting, one_neuron, repetition, rows, wide

CUBIC = (0.0, 0.0, 0.0, 6**-0.5)
NEURON = Problem(n=1500, d=1000, N=10, activation="tanh", teacher=CUBIC, noise_std=0.0)
WIDE = Problem(n=1000, d=500, N=750, activation=sine(0.7, -np.pi / 4), teacher=(0.0, 0.0, 0.4, 0.3), noise_std=0.3)
CLEAN = replace(WIDE, noise_std=0.0, readout=((-1.0, 0.5, 2.0), (0.3, 0.5, 0.2)))
H3 = polynomial(CUBIC)


@pytest.mark.parametrize("noise", [0.0, 0.6])
def test_two_steps_of_a_linear_neuron_are_least_squares(noise):
    """w_2 = w_0 (1 - eta S)^2 + ..., S = X'X/n, whose moments are those of Marchenko and Pastur."""
    problem, eta, phi, c = replace(NEURON, activation=(0, 1), teacher=(0, 0.8), noise_std=noise), 0.7, 2 / 3, 0.8
    found = one_neuron.two_steps(problem, eta)
    second = eta * c * (2 - eta * (1 + phi))
    assert found.second[0, 0] == pytest.approx(second, abs=1e-4)
    S = np.array([1, 1, 1 + phi, 1 + 3 * phi + phi**2, 1 + 6 * phi + 6 * phi**2 + phi**3])
    start = S @ [1, -4 * eta, 6 * eta**2, -4 * eta**3, eta**4]
    taught = c**2 * (4 * eta**2 * S[2] - 4 * eta**3 * S[3] + eta**4 * S[4])
    noisy = noise**2 * phi * (4 * eta**2 * S[1] - 4 * eta**3 * S[2] + eta**4 * S[3])
    assert found.cosine[0, 0] == pytest.approx(second / np.sqrt(start + taught + noisy), abs=2e-4)
    fresh = one_neuron.two_steps(problem, eta, same=False).second[0, 0]
    assert fresh == pytest.approx(eta * c * (2 - eta), abs=1e-4)


def test_the_third_hermite_teacher_is_found_on_the_same_batch_only():
    same, fresh = (one_neuron.two_steps(NEURON, 2.0, same=kind) for kind in (True, False))
    assert same.first[0, 0] == pytest.approx(0, abs=1e-9)
    assert same.second[0, 0] == pytest.approx(-0.1735, abs=3e-4) and same.residual < 1e-3
    assert fresh.second[0, 0] == pytest.approx(0, abs=1e-9)
    even = one_neuron.two_steps(replace(NEURON, teacher=(0, 0, 2**-0.5)), 2.0)
    assert even.second[0, 0] == pytest.approx(0, abs=1e-9)


def test_small_steps_see_the_cube_of_the_label():
    """second = eta^3 phi^2 (E[z y^3] E[s^2 s''']/2 - ...) for a small step: the cube of the step, not its square."""
    moves = [one_neuron.two_steps(NEURON, eta).second[0, 0] for eta in (0.005, 0.01)]
    assert moves[1] / moves[0] == pytest.approx(8, rel=0.05)


def test_two_neurons_are_each_other_turned_over():
    teacher = MultiIndex("cubic", lambda u, v: np.tanh(u + v**3 - 3 * v), 2)
    problem = replace(NEURON, n=3000, activation="relu", teacher=teacher)
    found = one_neuron.two_steps(problem, 0.6, (2**-0.5, -(2**-0.5)))
    np.testing.assert_allclose(found.second[0], -found.second[1], atol=5e-4)
    np.testing.assert_allclose(found.second[0], [0.1241, -0.1030], atol=5e-4)


def test_the_drift_of_a_linear_neuron():
    problem = Problem(n=10, d=10, N=10, activation=(0, 1), teacher=(0, 0.8, 0.5), noise_std=0.4)
    second = 0.8**2 + 2 * 0.5**2 + 0.4**2
    for m in (-0.5, 0.0, 0.9):
        law = 0.3 * 0.8 * (1 - m**2) - 0.3**2 / 2 * m * second
        assert repetition.drift(problem, 0.7, 0.3, m) == pytest.approx(law, abs=1e-9)
    small = repetition.path(problem, 0.0, 1e-3, [500.0, 1000.0])
    np.testing.assert_allclose(small.overlap, np.tanh([0.4, 0.8]), atol=1e-3)
    assert small.iterations > 5 and small.residual < 1e-5


def test_repetition_beats_the_information_exponent():
    pull, growth, size = repetition.start(NEURON, 1.0)
    assert abs(pull) > 0.1
    assert abs(repetition.start(NEURON, 0.0)[0]) < 1e-9, "without a look-ahead nothing pulls"
    m = 1e-3
    change = [repetition.drift(NEURON, 1.0, 1.0, x) for x in (-m, m)]
    assert (change[1] - change[0]) / (2 * m) == pytest.approx(growth - size / 2, rel=1e-4)
    even = replace(NEURON, teacher=(0, 0, 2**-0.5))
    up, down = (repetition.start(even, s)[1] for s in (-0.5, 0.5))
    assert up > 0.1 > -0.1 > down, "the sign of the look-ahead decides for even teachers"


def test_the_mean_gradient_of_third_hermite_links_by_hand():
    """Stein: 3 m^2 beta_star for the correlation loss; the squared one adds -3 w, and 93 to E psi^2."""
    for m in (0.0, 0.3, -0.8):
        q = np.sqrt(1 - m**2)
        assert batch_size.pull(H3, H3, m)[:2] == pytest.approx((3 * m**2, 0), abs=1e-9)
        squared = batch_size.pull(H3, H3, m, "squared")
        assert squared[:2] == pytest.approx((3 * m**2 - 3 * m, -3 * q), abs=1e-8)
    assert batch_size.pull(H3, H3, 0.0)[2] == pytest.approx(3)
    assert batch_size.pull(H3, H3, 0.0, "squared")[2] == pytest.approx(96)


def test_large_batches_need_the_correlation_loss():
    d, start = 128, 2 / np.sqrt(128)
    steps = {}
    for power, loss in itertools.product((1.5, 2), batch_size.LOSSES):
        batch = round(d**power)
        given = 0.5, H3, H3, d, batch, 0.06 * batch * d**-1.5, start, loss
        try:
            steps[power, loss] = batch_size.steps_to(*given)
        except NotConverged as failure:
            steps[power, loss] = failure
    assert [steps[k] for k in ((1.5, "correlation"), (1.5, "squared"), (2, "correlation"))] == [25, 38, 3]
    never = steps[2, "squared"]
    assert isinstance(never, NotConverged) and never.residual > 0.2 and never.iterations > 1
    path = batch_size.overlaps(H3, H3, d, 10**12, 0.1, 0.2, 3)
    assert path[1] == pytest.approx((0.2 + 0.012) / np.hypot(0.212, np.sqrt(0.96)), rel=1e-6)  # no noise at all


def test_the_signal_of_small_steps():
    """kappa phi E[z r^2] on the same batch, 2 c_1 c_2 in the place of kappa = E s's'' for a first step of rank one."""
    eta, scale = 1e-3, 1e-3 / np.sqrt(750)
    z, w = np.polynomial.hermite_e.hermegauss(60)
    w = w / w.sum()
    y, slope = CLEAN.sigma_star(z), CLEAN.sigma.derivative(z)
    kappa = w @ (slope**2 * z) / 2
    product = scale * 0.5 * (w @ (z * y**2))
    assert wide.added(CLEAN, eta, 1.0).signal == pytest.approx(kappa * product, rel=1e-3)
    rank_one = 2 * CLEAN.student[1] * CLEAN.student[2] * product
    assert wide.added(CLEAN, eta, 1.0, "rank one").signal == pytest.approx(rank_one, rel=1e-3)
    assert wide.added(CLEAN, eta, 1.0, "fresh").signal == pytest.approx(0, abs=1e-9 * rank_one)
    assert kappa < 0.7 * 2 * CLEAN.student[1] * CLEAN.student[2]


def test_the_second_direction_in_the_limit():
    problem, phi = CLEAN.resized(10**12), 0.5
    found = wide.added(problem, problem.step(0.1), problem.step(0.45))
    z, w = np.polynomial.hermite_e.hermegauss(60)
    r, w = problem.sigma_star(z), w / w.sum()
    power, third, fourth = (float(np.sum(w * r**k)) for k in (2, 3, 4))
    slope = problem.sigma.derivative(z)
    kappa = w @ (slope**2 * z) / 2
    S, mixed = float(np.sum(w * z * r**2)), 2 * problem.student[1] * problem.student[2]
    below = kappa**2 * S**2 + mixed**2 * power**2 + kappa**2 * phi * (fourth - third**2 / power)
    assert found.cosines[1] ** 2 == pytest.approx(kappa**2 * S**2 / below, rel=1e-3)
    assert abs(wide.added(problem, problem.step(0.1), problem.step(0.45), "fresh").cosines[1]) < 1e-9


def test_the_powers_of_the_readout():
    assert len(wide.added(replace(CLEAN, readout="constant"), 5.0, 5.0).strengths) == 1
    assert len(wide.added(replace(CLEAN, readout=((-1, 0, 1), (0.1, 0.8, 0.1))), 5.0, 5.0).strengths) == 2
    sizes = [
        wide.added(replace(CLEAN, readout="gaussian").resized(n), n**0.3, n**0.45, "fresh").strengths[:2]
        for n in (10**7, 10**8)
    ]
    slopes = np.log10(sizes[1] / sizes[0])
    np.testing.assert_allclose(slopes, [wide.growth(0.3, 0.45, k) for k in (0, 1)], atol=0.01)


def test_the_edge_without_rows_and_with_many():
    shares = np.random.default_rng(0).random(300)
    plain = counting.bulk(shares, [], 200)
    assert plain.edge == pytest.approx(1 + np.sqrt(1.5)) and plain.visible == pytest.approx(1.5**0.25)
    assert plain.place(3.0) == pytest.approx(np.sqrt((1 + 9) * (1.5 + 9) / 9))
    assert plain.place(1.1) is None
    many = counting.bulk(np.ones(300), [1e-3], 200, row_counts=[0.2 * 300e6])  # noise of variance 0.2/d
    assert many.edge == pytest.approx(np.sqrt(1.2) * (1 + np.sqrt(1.5)), rel=1e-4)
    twice = counting.bulk([1.0, 2.0], [0.4], 200, [100, 200], [500])
    alone = counting.bulk(np.repeat([1.0, 2.0], [100, 200]), np.full(500, 0.4), 200)
    assert twice.edge == pytest.approx(alone.edge, rel=1e-12) and alone.residual < 1e-9


def test_the_bulk_against_a_matrix_without_a_network():
    rng, N, d, n = np.random.default_rng(1), 900, 600, 1200
    a = rng.choice([0.4, 1.6], N)
    strengths = np.concatenate([[4.0, 2.5], rng.random(n - 2) * 0.6])
    found = counting.bulk(a**2, strengths, d)
    left, right = a[:, None] * rng.standard_normal((N, n)), rng.standard_normal((n, d))
    left, right = left / np.linalg.norm(left, axis=0), right / np.linalg.norm(right, axis=1)[:, None]
    u, v = rng.standard_normal(N) * (a > 1), rng.standard_normal(d)
    W = rng.standard_normal((N, d)) / np.sqrt(d) + (left * strengths) @ right
    W += 3.0 * np.outer(u / np.linalg.norm(u), v / np.linalg.norm(v))
    values = np.linalg.svd(W, compute_uv=False)
    expected = sorted([*found.rows, found.place(3.0, (a > 1).astype(float))], reverse=True)
    assert len(found.rows) == 2 and found.iterations >= 1
    np.testing.assert_allclose(values[:3], expected, rtol=0.02)
    assert values[3] == pytest.approx(found.edge, rel=0.015)
    assert abs(values[3] / (1 + np.sqrt(N / d)) - 1) > 0.05, "the bulk has moved"


def test_the_strength_of_a_row_after_one_step():
    labels, eta = np.array([0.3, -2.0, 7.0]), 5.0
    law = eta * np.abs(labels) * np.sqrt(WIDE.d * WIDE.student.slope_variance) / WIDE.n
    np.testing.assert_allclose(rows.row_strengths(WIDE, eta, 0.0, labels), law, rtol=2e-3)
    both = rows.row_strengths(WIDE, eta, 1e-3, np.stack([labels, labels]), "fresh")
    np.testing.assert_allclose(both[0], law, rtol=1e-9)
    together = rows.row_strengths(WIDE, 1e-3, 1e-3, labels)
    np.testing.assert_allclose(together, 2e-3 * law / eta, rtol=1e-2)  # two small steps add up


def test_the_number_of_rows_is_the_tail_of_the_labels():
    linear = replace(WIDE, teacher=(0, 1), noise_std=0.0, readout=((-1, 1), (0.5, 0.5)), n=4000)
    eta, variance = 5 * linear.step(0.4), linear.student.slope_variance
    one = eta * np.sqrt(linear.d * variance) / linear.n
    labels = np.random.default_rng(0).standard_normal(linear.n)
    drawn = counting.bulk(np.ones(linear.N), one * np.abs(labels), linear.d)
    typical = rows.typical_bulk(linear, eta, 0.0)
    assert typical.edge == pytest.approx(drawn.edge, rel=3e-3) and typical.row_counts.sum() == linear.n
    flat = counting.bulk(np.ones(2), [one], linear.d, np.full(2, linear.N / 2), [linear.n])
    assert abs(flat.edge / drawn.edge - 1) > 6e-3, "with all rows alike the edge is another"
    visible = typical.visible
    law = linear.n * erfc(visible / one / np.sqrt(2))
    assert rows.expected_rows(linear, eta, 0.0) == pytest.approx(law, rel=0.02) and law > 0.01
    assert rows.expected_rows(linear, eta, 0.0, beyond=0.1) < law


def test_more_rows_stand_out_as_n_grows_and_none_in_the_end():
    few = replace(WIDE, noise_std=0.0, readout=((-1.0, 0.0, 1.0), (0.2, 0.6, 0.2)))
    numbers = [rows.expected_rows(p := few.resized(10**k), p.step(0.35), p.step(0.35)) for k in (3, 4, 6, 15)]
    assert 2 < numbers[0] < numbers[1] < 20 < numbers[2] and numbers[3] < 1e-3


def test_what_the_formulas_do_not_cover_is_refused():
    structured = replace(NEURON, inputs=Covariance((1.0, 2.0), (0.5, 0.5)))
    several = replace(NEURON, teacher=MultiIndex("two", lambda u, v: u * v, 2))
    for call in (
        lambda: one_neuron.two_steps(structured, 1.0),
        lambda: one_neuron.two_steps(NEURON, 1.0, (1.0, 1.0, 1.0, 1.0)),
        lambda: repetition.drift(several, 1.0, 1.0, 0.0),
        lambda: repetition.path(NEURON, 1.0, 1.0, [2.0, 1.0]),
        lambda: batch_size.overlaps("tanh", H3, 10, 10, 1.0, 0.1, 1),
        lambda: batch_size.overlaps(H3, H3, 10, 10, 1.0, 0.1, 1, "hinge"),
        lambda: batch_size.steps_to(1.0, H3, H3, 10, 10, 1.0, 0.1),
        lambda: wide.added(replace(WIDE, teacher=(0.5, 1)), 1.0, 1.0),
        lambda: wide.added(several, 1.0, 1.0),
        lambda: wide.added(WIDE, 1.0, 1.0, "old"),
        lambda: wide.growth(0.5, 0.2, 1),
        lambda: counting.bulk([0.0], [], 10),
        lambda: counting.bulk([1.0], [1.0], 10, [1.0, 2.0]),
        lambda: counting.bulk([1.0, 1.0], [], 10).place(1.0, [0.0, 0.0]),
        lambda: rows.row_strengths(WIDE, 1.0, 1.0, np.ones((2, 3))),
        lambda: rows.row_strengths(WIDE, 1.0, 1.0, np.ones(3), "rank one"),
    ):
        with pytest.raises(InputError):
            call()


def test_every_number_gives_a_finite_result_or_a_refusal():
    refused = 0
    small = replace(WIDE, readout="constant", noise_std=0.0)
    for value, call in itertools.product(
        NUMBERS,
        (
            lambda value: repetition.start(NEURON, value),
            lambda value: batch_size.pull(H3, H3, value),
            lambda value: batch_size.overlaps(H3, H3, 10, 10, value, 0.1, 2),
            lambda value: batch_size.overlaps(H3, H3, value, value, 0.1, 0.1, 1),
            lambda value: counting.bulk([1.0, 2.0], [value], 3).edge,
            lambda value: counting.bulk([value, 2.0], [0.1], 3).edge,
            lambda value: counting.bulk([1.0], [0.5], value).visible,
            lambda value: counting.bulk([1.0, 2.0], [0.1], 3).place(value) or 0.0,
            lambda value: wide.growth(value, value, 1),
            lambda value: rows.row_strengths(small, value, 1.0, [1.0]),
            lambda value: rows.row_strengths(small, 1.0, 1.0, value),
        ),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                assert np.all(np.isfinite(call(value))), value
            except (InputError, NotConverged) as refusal:
                refused += 1
                assert "\n" not in str(refusal)
    assert refused > len(NUMBERS)
