"""Seeds are never shared: every (seed, stream) is a stream of its own, and what comes from two of them is independent.

Under independence the correlation of two vectors of k standard normal entries has mean 0 and standard error 1/sqrt(k).
"""

import itertools
import math

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.simulation import sample, streams

STREAMS = tuple(streams.STREAMS)
PROBLEM = Problem(n=400, d=300, N=350)


def states(seeds, streams=STREAMS):
    """The state and increment of PCG64 for each stream of each seed, and for the noise that batches spawn."""
    for seed, stream in itertools.product(seeds, streams):
        generator = sample.generator(seed, stream)
        for each in (generator, *(generator.spawn(1) if stream in sample.BATCHES else ())):
            yield tuple(each.bit_generator.state["state"].values())


@pytest.mark.slow
def test_a_hundred_thousand_streams_are_as_many_generators():
    seeds = [*range(9_000), *(10**k + j for k in (6, 9, 15, 30) for j in range(250))]
    found = list(states(seeds))
    assert len(found) == 100_000 == len(set(found))


def test_a_seed_that_would_be_the_stream_of_another_is_refused():
    key = streams.STREAMS["gradient"]
    beyond = np.random.SeedSequence(key << 128, spawn_key=(0,))  # what NumPy makes of the "weights" of such a seed
    noise = sample.generator(0, "gradient").spawn(1)[0]
    assert np.array_equal(np.random.default_rng(beyond).random(3), noise.random(3)), "why there is a largest seed"
    with pytest.raises(InputError, match="seed"):
        sample.generator(key << 128, "weights")
    assert sample.draw(Problem(n=10, d=10, N=10), streams.LARGEST_SEED) is not None


def pieces(seed):
    """Everything drawn from `seed` as vectors with entries of mean 0 and variance about 1."""
    draw = sample.draw(PROBLEM, seed)
    noise = {name: sample.generator(seed, name).spawn(1)[0].standard_normal(PROBLEM.n) for name in sample.BATCHES}
    batches = {f"{name}.X": getattr(draw, name).X.ravel() for name in sample.BATCHES}
    weights = {"W0": draw.W0.ravel(), "a": draw.a, "beta_star": draw.beta_star}
    return {f"{name} of {seed}": part for name, part in (weights | batches | noise).items()}


def correlations(parts):
    """The correlation of each pair, in standard errors; over the entries that both have."""
    for (one, x), (two, y) in itertools.combinations(parts.items(), 2):
        size = min(len(x), len(y))
        yield (one, two), np.corrcoef(x[:size], y[:size])[0, 1] * math.sqrt(size)


def test_what_one_seed_and_its_neighbour_draw_is_uncorrelated():
    found = dict(correlations(pieces(3) | pieces(4)))
    assert len(found) == 18 * 17 // 2
    # Of 153 standard normal numbers one is beyond 4.5 with probability 0.001.
    assert {pair: value for pair, value in found.items() if abs(value) > 4.5} == {}
    assert 0.8 < np.std(list(found.values())) < 1.2  # neither are they too small: three standard errors of the width


def test_the_test_of_correlation_sees_a_shared_stream():
    parts = pieces(3) | {"shared": sample.generator(3, "ridge").standard_normal(PROBLEM.n * PROBLEM.d)}
    assert [pair for pair, value in correlations(parts) if abs(value) > 4.5] == [("ridge.X of 3", "shared")]
