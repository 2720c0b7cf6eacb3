"""The ledger tells kinds of tests apart, and still compares with ledgers that do not."""

from bs4 import BeautifulSoup

from onestep.book.claims import CLOSED_FORM, FAILS, IDENTITY, ONE_SIDED, TOO_FEW, TWO_SIDED, Claim
from onestep.build import ledger
from onestep.build.ledger_changes import compare

TESTED = {"predicted": 0.0, "tolerance": 5.0, "source": "s", "standard_error": 1.0, "draws": 9}
CLAIMS = [
    Claim("near", 0.5, **TESTED),
    Claim("far", -2.5, **TESTED),
    Claim("blind", 1.5, **TESTED, control=("also near", 2.0)),
    Claim("above", 7.0, **TESTED, kind="more than"),
    Claim("below", -7.0, **TESTED, kind="at least"),
    Claim("the same twice", 1e-12, 0.0, 1e-9, "s"),
    Claim("a formula", 1.0, 1.1, 0.2, "s"),
]


def entries():
    return [{"chapter": "one", "title": "One", "key": "0"} | claim.payload() for claim in CLAIMS]


def test_every_kind_has_its_row():
    page = BeautifulSoup(ledger.as_page(entries()), "html.parser")
    rows = {row.th.get_text(): [cell.get_text() for cell in row.select("td")] for row in page.select("tbody tr")}
    assert rows[TWO_SIDED] == ["2 of 3 hold, 1 too few draws to tell", "1 of 3", "2 of 3", "3 of 3", "1.71"]
    assert rows[ONE_SIDED][0] == "1 of 2 hold"
    assert rows[IDENTITY][0] == "1 of 1 hold" and rows[CLOSED_FORM][0] == "1 of 1 hold"
    assert rows["as a normal law would have it"][1:] == ["68.3 %", "95.4 %", "99.7 %", "1"]
    assert ledger.distances(CLAIMS) == [0.5, -2.5, 1.5]


def test_the_third_verdict_is_kept_apart():
    assert [claim.verdict for claim in CLAIMS] == ["holds", "holds", TOO_FEW, "holds", FAILS, "holds", "holds"]
    lines = ledger.as_lines(entries()).splitlines()
    assert lines[0] == "one: 5 of 7 hold, 1 too few draws to tell"
    assert [line.split("  ")[1] for line in lines[1:]] == [claim.verdict for claim in CLAIMS]


def test_a_ledger_of_the_old_form_shows_no_change():
    new = {"chapters": {}, "claims": entries()[:2]}
    later = ("evidence", "draws", "distance", "power")
    old = {"chapters": {}, "claims": [{k: v for k, v in e.items() if k not in later} for e in new["claims"]]}
    assert compare(old, new) == () == compare(new, new)
    moved = {"chapters": {}, "claims": [new["claims"][0] | {"measured": 0.6}, new["claims"][1]]}
    assert [change.what for change in compare(old, moved)] == ["near"], "the control: a number that moved"
    more = {"chapters": {}, "claims": [new["claims"][0] | {"draws": 20}, new["claims"][1]]}
    assert [(change.kind, change.how) for change in compare(new, more)] == [("terms", "draws 9 → 20")]
