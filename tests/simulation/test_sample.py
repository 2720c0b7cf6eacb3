"""Streams: what a seed means, and what changing one part of a draw leaves alone."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from onestep import InputError, Problem
from onestep.simulation import sample, streams

PROBLEM = Problem(n=60, d=40, N=50)


def arrays(draw):
    batches = {f"{name}.{part}": getattr(getattr(draw, name), part) for name in sample.BATCHES for part in ("X", "y")}
    return {"W0": draw.W0, "a": draw.a, "beta_star": draw.beta_star, **batches}


def changed(first, second):
    """Names of the arrays that differ."""
    one, two = arrays(first), arrays(second)
    return {name for name in one if not np.array_equal(one[name], two[name])}


def test_shapes_and_precision():
    draw = sample.draw(dataclasses.replace(PROBLEM, n_gradient=30, precision="float32"), 0, n_test=70)
    shapes = {name: array.shape for name, array in arrays(draw).items()}
    assert shapes == {
        "W0": (50, 40), "a": (50,), "beta_star": (40,), "gradient.X": (30, 40), "gradient.y": (30,),
        "ridge.X": (60, 40), "ridge.y": (60,), "test.X": (70, 40), "test.y": (70,),
    }  # fmt: skip
    assert {array.dtype for array in arrays(draw).values()} == {np.dtype("float32")}


def test_the_same_seed_is_the_same_draw_and_another_seed_another():
    assert changed(sample.draw(PROBLEM, 5), sample.draw(PROBLEM, 5)) == set()
    assert changed(sample.draw(PROBLEM, 5), sample.draw(PROBLEM, 6)) == set(arrays(sample.draw(PROBLEM, 5)))


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"readout": "constant"}, {"a"}),
        ({"noise_std": 0.1}, {"gradient.y", "ridge.y", "test.y"}),
        ({"teacher": [0, 1, 0.7]}, {"gradient.y", "ridge.y", "test.y"}),
        ({"activation": "relu", "first_output": "order_one"}, set()),
        ({"n_gradient": 61}, {"gradient.X", "gradient.y"}),
        ({"N": 51}, {"W0", "a"}),
    ],
    ids=lambda value: "-".join(sorted(value)),  # a set has no order of its own, and workers must agree on the names
)
def test_a_change_moves_only_what_it_concerns(change, expected):
    assert changed(sample.draw(PROBLEM, 1), sample.draw(dataclasses.replace(PROBLEM, **change), 1)) == expected


def test_the_test_batch_is_on_its_own_and_grows_by_appending():
    short, long = sample.draw(PROBLEM, 1, n_test=20), sample.draw(PROBLEM, 1, n_test=200)
    assert changed(short, long) == {"test.X", "test.y"}
    np.testing.assert_array_equal(long.test.X[:20], short.test.X)
    np.testing.assert_allclose(long.test.y[:20], short.test.y, rtol=1e-13)


def test_float32_is_the_float64_draw_rounded():
    double, single = sample.draw(PROBLEM, 2), sample.draw(dataclasses.replace(PROBLEM, precision="float32"), 2)
    for name in ("gradient", "ridge", "test"):
        np.testing.assert_array_equal(getattr(single, name).X, getattr(double, name).X.astype(np.float32))
    for name, array in arrays(double).items():
        np.testing.assert_allclose(arrays(single)[name], array, rtol=1e-5, atol=2e-6, err_msg=name)


def test_float32_blocks_join_without_a_seam(monkeypatch):
    whole = sample.normal(np.random.default_rng(0), (50, 30), np.dtype("float32"))
    monkeypatch.setattr(streams, "_BLOCK", 100)
    np.testing.assert_array_equal(sample.normal(np.random.default_rng(0), (50, 30), np.dtype("float32")), whole)


def test_laws():
    problem = Problem(n=4000, d=50, N=3000, teacher=[0.2, 1, 0.5], noise_std=0.3)
    draw = sample.draw(problem, 0)
    np.testing.assert_allclose(np.linalg.norm(draw.W0, axis=1), 1, rtol=1e-12)
    assert np.linalg.norm(draw.beta_star) == pytest.approx(1)
    assert stats.kstest(draw.a * np.sqrt(problem.N), "norm").pvalue > 1e-3
    # w_j1 for w uniform on the sphere: (w_j1 + 1)/2 has the Beta((d-1)/2, (d-1)/2) law.
    assert stats.kstest((draw.W0[:, 0] + 1) / 2, stats.beta(24.5, 24.5).cdf).pvalue > 1e-3
    for name in sample.BATCHES:
        batch = getattr(draw, name)
        assert stats.kstest(batch.X.ravel()[::7], "norm").pvalue > 1e-3
        noise = batch.y - problem.sigma_star(batch.X @ draw.beta_star)
        assert stats.kstest(noise / 0.3, "norm").pvalue > 1e-3
        assert stats.kstest(noise / 0.33, "norm").pvalue < 1e-3  # the test would see ten per cent
    # the other controls: a readout and inputs that are too long, weights of fewer dimensions
    assert stats.kstest(1.2 * draw.a * np.sqrt(problem.N), "norm").pvalue < 1e-3
    assert stats.kstest(1.1 * draw.ridge.X.ravel()[::7], "norm").pvalue < 1e-3
    assert stats.kstest((draw.W0[:, 0] + 1) / 2, stats.beta(20, 20).cdf).pvalue < 1e-3


def test_batches_are_independent_of_each_other():
    draw = sample.draw(Problem(n=3000, d=3, N=3000), 0)
    columns = [draw.W0[:, 0], draw.a, *(getattr(draw, name).X[:, 0] for name in sample.BATCHES)]
    correlation = np.corrcoef(columns)
    assert np.abs(correlation - np.eye(len(columns))).max() < 4 / np.sqrt(3000)
    # the control: labels that depend on their inputs
    assert np.corrcoef(draw.ridge.X @ draw.beta_star, draw.ridge.y)[0, 1] > 4 / np.sqrt(3000)


def test_a_readout_of_few_values_has_their_shares():
    problem = dataclasses.replace(PROBLEM, N=40_000, readout=((-0.5, 0.1, 2.0), (0.5, 0.3, 0.2)))
    a, (values, shares) = sample.readout(problem, 0) * 200, problem.readout_law
    counts = np.array([np.sum(np.isclose(a, value)) for value in values])
    assert counts.sum() == 40_000
    assert np.all(np.abs(counts - 40_000 * shares) < 4 * np.sqrt(40_000 * shares * (1 - shares)))


def test_constant_readout():
    assert np.all(sample.readout(dataclasses.replace(PROBLEM, readout="constant"), 0) == 1 / np.sqrt(50))


@pytest.mark.parametrize("seed", [-1, 1.0, "1", None, True])
def test_refused_seeds(seed):
    with pytest.raises(InputError, match="seed"):
        sample.draw(PROBLEM, seed)


def test_refused_names_and_sizes():
    with pytest.raises(InputError, match="n_test"):
        sample.draw(PROBLEM, 0, n_test=0)
    with pytest.raises(InputError, match="stream"):
        sample.generator(0, "tset")
    with pytest.raises(InputError, match="name"):
        sample.batch(PROBLEM, 0, "weights", 3)
