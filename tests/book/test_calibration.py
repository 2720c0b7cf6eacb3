"""Distances as normal scores: right where the errors are right, large where they are too small, biases found."""

import numpy as np
import pytest
from scipy.stats import norm, t

from onestep.book import calibration
from onestep.book.calibration import COLUMNS, Checked, biases, read, scatter, score, scores, summary
from onestep.book.claims import CLOSED_FORM, HOLDS, ONE_SIDED, TOO_FEW, TWO_SIDED
from onestep.book.statistics import over_seeds
from onestep.checks import InputError

FACTS = {
    "page": "errors", "seed": 7, "statement": "s", "evidence": TWO_SIDED, "kind": "close", "predicted": 0.0,
    "measured": 0.5, "standard_error": 0.5, "tolerance": 2.0, "distance": 1.0, "draws": 8, "power": 0.9,
    "verdict": HOLDS,
}  # fmt: skip


def checked(**changes) -> Checked:
    return Checked(**FACTS | changes)


def drawn(draws: int, count: int, seed: int, bias: float = 0.0, kept: int | None = None) -> np.ndarray:
    """Scores of `count` averages of normal numbers; with `kept`, draws that are counted twice."""
    values = np.random.default_rng(seed).normal(size=(draws if kept is None else kept, count)) + bias
    values = values if kept is None else np.repeat(values, draws // kept, axis=0)
    average = over_seeds(values)
    return np.array([score(d, draws) for d in average.mean / average.standard_error])


@pytest.mark.parametrize("draws", [4, 8, 16])
def test_averages_whose_errors_are_right_give_normal_scores(draws):
    found = summary(drawn(draws, 4000, seed=draws))
    assert abs(found.rms - 1) < 4 / np.sqrt(2 * 4000)
    for share, expected in zip(found.within, calibration.CHANCE, strict=True):
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_distances_themselves_would_be_too_large():
    """The control: taken for normal, means of eight draws look over-dispersed although nothing is wrong."""
    values = over_seeds(np.random.default_rng(1).normal(size=(8, 4000)))
    assert summary(values.mean / values.standard_error).rms > 1.12


def test_draws_that_are_counted_twice_and_biases_are_seen():
    assert summary(drawn(16, 1000, seed=2, kept=8)).rms > 1.3
    assert summary(drawn(16, 1000, seed=3, bias=0.3)).rms > 1.3


@pytest.mark.parametrize(("distance", "draws"), [(2.5, 8), (-1.0, 3), (0.0, 4), (40.0, 10)])
def test_a_score_has_the_probability_of_its_distance(distance, draws):
    assert norm.sf(abs(score(distance, draws))) == pytest.approx(t.sf(abs(distance), draws - 1))
    assert np.sign(score(distance, draws)) == np.sign(distance)


def test_only_two_sided_claims_with_a_distance_have_scores():
    assert checked(draws=None).score == 1.0
    others = [{"evidence": ONE_SIDED}, {"evidence": CLOSED_FORM}, {"distance": None}, {"distance": float("nan")}]
    assert len(scores(checked(**change) for change in others)) == 0
    assert not checked(verdict=TOO_FEW).holds and checked(evidence=ONE_SIDED).statistical


def test_a_bias_adds_up_over_seeds_and_scatter_does_not():
    off = [checked(seed=s, statement="biased", distance=1.5) for s in range(4)]
    scattered = [checked(seed=s, statement="scattered", distance=d) for s, d in enumerate((1.5, -1.5, 1.5, -1.5))]
    found = biases(off + scattered)
    assert found["errors", "biased"] == pytest.approx(2 * score(1.5, 8))
    assert found["errors", "scattered"] == pytest.approx(0.0)


@pytest.mark.parametrize(("too_short", "bias"), [(1.0, 0.0), (1.0, 0.7), (1.5, 0.0), (1.5, 0.7)])
def test_errors_that_are_too_short_are_told_from_biases(too_short, bias):
    random = np.random.default_rng(5)
    own = bias * random.choice([-1.0, 1.0], size=400)
    values = too_short * random.normal(size=(3, 400)) + own
    tests = [checked(statement=str(k), seed=s, distance=values[s, k], draws=None) for k in range(400) for s in range(3)]
    variance, found = scatter(tests)
    assert abs(variance.mean - too_short**2) < 4 * variance.standard_error
    assert abs(found**2 - bias**2) < 4 * too_short * np.sqrt((too_short**2 + 4 * bias**2) / (3 * 400))
    with pytest.raises(InputError, match="two seeds"):
        scatter(tests[:4])


def test_what_is_no_calibration_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("n,seed\n1,2\n")
    (tmp_path / "b.csv").write_text(f"# nothing\n{','.join(COLUMNS)}\n")
    for name in ("a.csv", "b.csv"):
        with pytest.raises(InputError, match="columns"):
            read(tmp_path / name)
    with pytest.raises(InputError):
        summary([])
