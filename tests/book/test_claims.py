"""Claims, records and provenance: verdicts, refusals, and what an executed notebook carries of them."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from onestep import InputError
from onestep.book import claims, displays, records
from onestep.book.statistics import Average, chance, over_seeds

FINE = {"measured": 1.0, "predicted": 1.1, "tolerance": 0.2, "source": "this book, equation 1"}


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    """Each test starts like a new kernel, not in a strict run."""
    monkeypatch.setattr(claims, "_ledger", {})
    monkeypatch.setattr(records, "_seen", set())
    monkeypatch.delenv(displays.STRICT, raising=False)


@pytest.fixture
def notebook(monkeypatch):
    """What a kernel would display, as the cells of an executed notebook."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append({"data": data}))
    return lambda: json.loads(json.dumps({"cells": [{"outputs": shown}]}, allow_nan=False))


@pytest.mark.parametrize(
    ("kind", "measured", "holds"),
    [
        ("close", 1.3, True),
        ("close", 0.89, False),
        ("close", 1.31, False),
        ("at most", -9.0, True),
        ("at most", 1.31, False),
        ("at least", 9.0, True),
        ("at least", 0.89, False),
    ],
)
def test_verdicts(kind, measured, holds):
    claim = claims.check("x", measured=measured, predicted=1.1, tolerance=0.2 + 1e-12, source="s", kind=kind)
    assert claim.holds is holds
    assert bool(claim.reason) is not holds


@pytest.mark.parametrize("kind", claims.KINDS)
@pytest.mark.parametrize("name", ["measured", "predicted", "tolerance"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_never_passes(kind, name, value):
    if name == "tolerance" and value < 0:
        pytest.skip("refused, see below")
    assert not claims.check("x", **FINE | {name: value}, kind=kind).holds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("measured", "1"),
        ("measured", True),
        ("measured", np.ones(2)),
        ("measured", 10**400),
        ("predicted", None),
        ("predicted", 1j),
        ("tolerance", -0.1),
        ("standard_error", -0.1),
        ("source", " "),
        ("kind", "near"),
        ("explain", 3),
        ("control", 1.0),
        ("control", ("", 1.0)),
        ("control", ("a wrong law", "1")),
        ("control", ("a wrong law", 1.0, 2.0)),
    ],
)
def test_bad_input_is_refused(name, value):
    with pytest.raises(InputError, match=name):
        claims.check("x", **FINE | {name: value})


@pytest.mark.parametrize(
    ("kind", "wrong", "holds"),
    [
        ("close", 1.31, True),
        ("close", 1.29, False),
        ("at most", 1.31, True),
        ("at most", -9.0, False),
        ("at least", 0.89, True),
        ("at least", 9.0, False),
        ("close", math.nan, False),
    ],
)
def test_a_claim_that_a_wrong_law_would_pass_does_not_hold(kind, wrong, holds):
    claim = claims.check("x", **FINE | {"measured": 1.1}, kind=kind, control=("a wrong law", wrong))
    assert claim.holds is holds
    assert ("a wrong law" in claim.reason) is not holds
    assert "a wrong law" in claims.as_html((claim,))
    assert claims.Claim.read(json.loads(json.dumps(claim.payload()))).control[0] == "a wrong law"


MEAN = Average(1.0, 0.1, 8)


def test_an_average_brings_its_tolerance():
    claim = claims.check("x", measured=MEAN, predicted=1.2, source="s", control=("off", 3.0))
    assert claim.tolerance == chance(8) * 0.1 and (claim.standard_error, claim.draws) == (0.1, 8)
    assert claim.holds and claim.distance == pytest.approx(-2.0) and claim.evidence == claims.TWO_SIDED
    wider = claims.check("y", measured=MEAN, predicted=1.2, source="s", allowed=0.5, probability=0.05)
    assert wider.tolerance == 0.5 + chance(8, 0.05) * 0.1
    given = claims.check("z", measured=MEAN, predicted=1.2, source="s", tolerance=0.01)
    assert given.tolerance == 0.01 and given.verdict == claims.FAILS


def test_one_sided_claims_take_the_one_sided_quantile():
    claim = claims.check("x", measured=MEAN, predicted=1.2, source="s", kind="at least")
    assert claim.tolerance == chance(8, 0.002) * 0.1 < chance(8) * 0.1 and claim.evidence == claims.ONE_SIDED


@pytest.mark.parametrize("kind", ["close", "at least", "more than"])
def test_false_alarms_are_as_rare_as_the_stated_probability(kind):
    """Of draws around the prediction, 5 % are refused; for "more than", which asks for an effect, 5 % are accepted."""
    rng, wrong = np.random.default_rng(1), 0
    for k in range(2000):
        mean = over_seeds(rng.standard_normal(6))
        claim = claims.check(str(k), measured=mean, predicted=0.0, source="s", kind=kind, probability=0.05)
        wrong += claim.holds is (kind == "more than")
    assert abs(wrong / 2000 - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize("kind", ["close", "at most", "at least", "more than", "less than"])
def test_the_power_is_how_often_the_wrong_law_would_be_refused(kind):
    tested = {"measured": 0.0, "predicted": 0.0, "tolerance": 1.5, "standard_error": 1.0, "draws": 9, "source": "s"}
    control = {"close": 2.5, "at most": 2.5, "at least": -2.5, "more than": -0.5, "less than": 0.5}[kind]
    claim = claims.check("x", **tested, kind=kind, control=("wrong", control))
    means = control + np.random.default_rng(2).standard_t(8, 4000)
    refused = np.mean([not claims.Claim("y", **tested | {"measured": m}, kind=kind).holds for m in means])
    assert abs(claim.power - refused) < 4 * np.sqrt(0.25 / 4000) and 0.5 < claim.power < 1


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"predicted": 1.1, "control": ("far", 3.0)}, claims.HOLDS),
        ({"predicted": 1.1, "control": ("near", 1.2)}, claims.TOO_FEW),
        ({"predicted": 2.1, "control": ("near", 2.2)}, claims.FAILS),
        ({"predicted": 1.1, "control": ("near", math.nan)}, claims.FAILS),
        ({"predicted": 0.0, "kind": "more than"}, claims.HOLDS),
        ({"predicted": 0.9, "kind": "more than"}, claims.TOO_FEW),
        ({"predicted": 1.9, "kind": "more than"}, claims.FAILS),
        ({"predicted": 1.1, "kind": "less than"}, claims.TOO_FEW),
    ],
)
def test_too_few_draws_are_told_from_failure(fields, verdict):
    claim = claims.check("x", measured=MEAN, source="s", **fields)
    assert claim.verdict == verdict and claim.holds is (verdict == claims.HOLDS)
    assert bool(claim.reason) is not claim.holds
    assert claims.Claim.read(json.loads(json.dumps(claim.payload()))).verdict == verdict


def test_without_draws_a_blind_claim_fails():
    claim = claims.check("x", measured=1.0, predicted=1.0, tolerance=0.5, source="s", control=("near", 1.1))
    assert claim.verdict == claims.FAILS and claim.evidence == claims.CLOSED_FORM


@pytest.mark.parametrize(
    ("tolerance", "more", "evidence"),
    [
        (1e-9, {}, claims.IDENTITY),
        (0.1, {}, claims.CLOSED_FORM),
        (0.1, {"standard_error": 0.1}, claims.TWO_SIDED),
        (0.1, {"standard_error": 0.1, "kind": "at most"}, claims.ONE_SIDED),
        (0.1, {"evidence": claims.ONE_SIDED}, claims.ONE_SIDED),
    ],
)
def test_kinds_of_evidence(tolerance, more, evidence):
    assert claims.check("x", measured=1.0, predicted=1.0, tolerance=tolerance, source="s", **more).evidence == evidence


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("tolerance", {"measured": 1.0}),
        ("standard_error", {"measured": MEAN, "standard_error": 0.1}),
        ("measured", {"measured": Average([1.0, 2.0], [0.1, 0.1], 3)}),
        ("allowed", {"measured": MEAN, "allowed": -1.0}),
        ("probability", {"measured": MEAN, "probability": 0.0}),
        ("evidence", {"measured": MEAN, "evidence": "hearsay"}),
        ("draws", {"measured": 1.0, "tolerance": 1.0, "draws": 1}),
    ],
)
def test_bad_averages_are_refused(name, fields):
    with pytest.raises(InputError, match=name):
        claims.check("x", predicted=1.0, source="s", **fields)


def test_every_check_shows_its_line_where_it_stands(notebook):
    for k in range(3):
        claims.check(f"a < {k}", measured=MEAN, predicted=1.1, source="here", control=("no <spike>", 3.0))
    pages = [output["data"]["text/html"] for output in notebook()["cells"][0]["outputs"]]
    assert len(pages) == 3
    for k, page in enumerate(pages):
        line, details = page.split("</summary>")
        assert "checked</span>: predicted 1.1, measured 1.00 ± 0.10" in line
        assert f"a &lt; {k}" in details and "no &lt;spike&gt;: 3" in details and "8 draws" in details


def test_a_claim_of_an_earlier_version_is_read():
    old = {"statement": "x", "measured": 1.0, "predicted": "nan", "tolerance": 0.2, "source": "s"}
    old |= {"standard_error": 0.1, "kind": "close", "explain": None, "verdict": "fails"}
    claim = claims.Claim.read(old)
    assert claim.verdict == claims.FAILS and claim.evidence == claims.TWO_SIDED and claim.draws is None


def test_numpy_scalars_are_numbers():
    claim = claims.check("x", measured=np.float32(1), predicted=np.array(1.0), tolerance=np.float64(0), source="s")
    assert claim.holds and type(claim.measured) is float


def test_the_notebook_carries_the_claims(notebook):
    claims.check("first", **FINE)
    claims.check("second", **FINE | {"measured": math.nan, "standard_error": 0.1}, kind="at most", explain="too few")
    claims.table()
    first, second = claims.read_claims(notebook())
    assert first == claims._ledger["first"]
    assert math.isnan(second.measured) and second.verdict == "fails" and "too few" in second.reason


def test_a_strict_run_stops_and_names_the_failed(notebook, monkeypatch):
    claims.check("fine", **FINE)
    claims.check("not so fine", **FINE | {"measured": 7.0})
    claims.table()
    monkeypatch.setenv(displays.STRICT, "1")
    with pytest.raises(claims.ClaimsFailed, match="not so fine") as caught:
        claims.table()
    assert [claim.statement for claim in caught.value.failed] == ["not so fine"]
    assert len(claims.read_claims(notebook())) == 2, "the table is shown before the run stops"


def test_a_strict_run_wants_claims_and_no_second_of_one(monkeypatch):
    monkeypatch.setenv(displays.STRICT, "1")
    with pytest.raises(claims.ClaimsFailed, match="no claim"):
        claims.table()
    claims.check("x", **FINE)
    with pytest.raises(InputError, match="not checked yet"):
        claims.check("x", **FINE)


def test_a_cell_run_again_replaces_its_claim():
    claims.check("x", **FINE)
    claims.check("x", **FINE | {"measured": 1.05})
    assert [claim.measured for claim in claims._ledger.values()] == [1.05]


def test_the_page_escapes_and_says_the_verdict_in_words():
    page = claims.as_html((claims.Claim("a < b & c", **FINE), claims.Claim("bad", **FINE | {"measured": 9.0})))
    assert "a &lt; b &amp; c" in page
    assert "holds" in page and "fails" in page and "1 of 2 hold" in page and 'scope="col"' in page


def test_a_script_prints_the_table(capsys):
    claims.check("x", **FINE)
    claims.table()
    assert "holds  x: measured 1, predicted 1.1" in capsys.readouterr().out


def test_an_average_is_recorded_with_its_error(notebook):
    records.record(slope=Average([1.0, 2.0], [0.1, 0.2], 4))
    assert records.read_record(notebook()) == {"slope": [1.0, 2.0], "slope_standard_error": [0.1, 0.2]}
    with pytest.raises(InputError, match="slope_standard_error"):
        records.record(slope=MEAN, slope_standard_error=1.0)


def test_records_come_back(notebook, monkeypatch):
    records.record(a=np.float64(3), b=np.arange(3), c="tanh", d=True)
    records.record(a=math.nan, e=[[0.5, math.inf]])
    assert records.read_record(notebook()) == {"a": "nan", "b": [0, 1, 2], "c": "tanh", "d": True, "e": [[0.5, "inf"]]}
    monkeypatch.setenv(displays.STRICT, "1")
    with pytest.raises(InputError, match="second value"):
        records.record(a=1)


@pytest.mark.parametrize("value", [object(), {"a": 1}, np.zeros(records.LARGEST + 1), 1j])
def test_records_refuse_what_is_not_small_data(value):
    with pytest.raises(InputError, match="x"):
        records.record(x=value)


def test_session_parameters_follow_what_was_executed(monkeypatch):
    from onestep.book import provenance

    cells = ["", "import os", "n = 3  # size\nseed = 0  # seed", "# Parameters\nn = 5", "other = 1", "k = n + 1"]
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(user_ns={"In": cells}))
    assert provenance.session_parameters() == {"n": 5, "seed": 0}
