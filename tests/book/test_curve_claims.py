"""Claims about curves: the false alarms they may raise, and the wrong laws that they must refuse."""

import numpy as np
import pytest

from onestep import InputError
from onestep.book import claims
from onestep.book.curve_claims import check_curve, check_errors
from onestep.book.statistics import over_seeds, share_of_chance


def curves(runs, draws, points, common, seed=0):
    """Draws around zero whose scatter is partly common to all points."""
    rng = np.random.default_rng(seed)
    return common * rng.standard_normal((runs, draws, 1)) + rng.standard_normal((runs, draws, points))


@pytest.mark.parametrize("points", [1, 5])
@pytest.mark.parametrize("common", [0.0, 1.0, 30.0])
def test_false_alarms_are_as_rare_as_promised_however_much_points_have_in_common(points, common):
    alarms = np.mean([share_of_chance(run, 0.0, probability=0.05) > 1 for run in curves(800, 6, points, common)])
    error = np.sqrt(0.05 / 800)
    assert alarms < 0.05 + 4 * error
    if points == 1 or common == 0:
        assert alarms > 0.05 * (0.5 if points > 1 else 1) - 4 * error, "the promise is not kept by never alarming"


def test_one_point_off_and_a_common_shift_are_both_noticed():
    (draws,) = curves(1, 10, 20, 0.0)
    assert share_of_chance(draws, 0.0) < 1
    one = np.zeros(20)
    one[7] = 5.0
    assert share_of_chance(draws, one) > 1
    shift = 0.6  # two standard errors of a point: seen by the average only
    assert share_of_chance(draws, shift) > 1 > share_of_chance(draws, shift, allowed=shift)


def test_points_may_lie_in_any_shape_and_the_unit_does_not_matter():
    (draws,) = curves(1, 8, 6, 0.5)
    shaped, law = draws.reshape(8, 2, 3), np.arange(6.0)
    assert share_of_chance(shaped, law.reshape(2, 3)) == pytest.approx(share_of_chance(draws, law))
    assert share_of_chance(1e3 * draws, 1e3 * law) == pytest.approx(share_of_chance(draws, law))


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [], 3.0, np.ones((4, 0)), np.ones((4, 2)), [[1.0], [np.nan]]])
def test_too_little_for_a_verdict(values):
    with pytest.raises(InputError):
        share_of_chance(values, 0.0)


def test_a_curve_is_claimed_with_its_negative_control(monkeypatch):
    monkeypatch.setattr(claims, "_ledger", {})
    (draws,) = curves(1, 10, 4, 1.0)
    claim = check_curve("flat", draws, np.zeros(4), control=("a slope", 5 * np.arange(4)), source="here")
    assert claim.holds and claim.measured < 1 < claim.control[1]
    assert claim.evidence == claims.TWO_SIDED and claim.draws == 10
    average = over_seeds(draws.mean(axis=1))
    assert claim.distance == pytest.approx(average.mean / average.standard_error)
    blind = check_curve("flat, too few draws", draws, np.zeros(4), control=("a little less", -0.01), source="here")
    assert blind.blind and blind.verdict == claims.TOO_FEW


def test_both_errors_and_what_a_step_takes_off_them(monkeypatch):
    monkeypatch.setattr(claims, "_ledger", {})
    law = np.array([[[1.0, 2.0], [0.5, 1.2]], [[3.0, 2.5], [2.0, 1.8]]])
    rng = np.random.default_rng(3)
    values = [level + 0.01 * rng.standard_normal((9, 2, 2)) for level in law]
    check_errors("on paper", values, law, untrained=2 * law)
    assert [claim.verdict for claim in claims._ledger.values()] == [claims.HOLDS] * 4

    shift = np.zeros_like(law)
    shift[1, 1] = 0.1  # the test error after the step only
    claims._ledger.clear()
    check_errors("moved", values, law + shift, untrained=2 * law)
    held = {claim.statement.split(",")[0]: claim.holds for claim in claims._ledger.values()}
    assert [name for name, holds in held.items() if not holds] == ["What the step takes off the test error"]
    claims._ledger.clear()
    check_errors("allowed", values, law + shift, untrained=2 * law, allowed=shift)
    assert all(claim.holds for claim in claims._ledger.values())
