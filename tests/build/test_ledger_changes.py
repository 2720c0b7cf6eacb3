"""Two ledgers side by side: every difference is listed once, under the gravest word that fits."""

import copy
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from onestep.book.claims import Claim
from onestep.build.ledger_changes import LedgerError, as_markdown, compare, load


def claim(statement="x is y", measured=1.0, predicted=1.02, **more):
    fields = {"tolerance": 0.1, "source": "s", "standard_error": 0.03} | more
    return {"chapter": "one", "title": "One", "key": "0"} | Claim(statement, measured, predicted, **fields).payload()


def ledger(*claims, record=None, **made):
    facts = {"parameters": {"n": 4}, "versions": {"numpy": "2"}, "source": "a" * 64, "record": record or {}} | made
    return {"chapters": {"one": facts}, "claims": list(claims)}


OLD = ledger(claim(), claim("other"), record={"error": 1.0, "error_standard_error": 0.1, "curve": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize(
    "new, kind, says",
    [
        (claim(measured=1.0 + 1e-15), "rounding", "1.000000000000001"),
        (claim(measured=1.05), "within", "(1.2 standard errors)"),
        (claim(measured=1.05, standard_error=0.01), "within", "standard_error 0.03 → 0.01"),
        (claim(predicted=0.99), "within", "predicted 1.02 → 0.99"),
        (claim(measured=0.8, tolerance=0.4), "beyond", "tolerance 0.1 → 0.4"),
        (claim(measured=0.8), "verdict", "holds → fails, measured 1.0 → 0.8 (4.7 standard errors)"),
        (claim(measured=float("nan")), "verdict", "measured 1.0 → nan"),
        (claim(tolerance=0.3), "terms", "tolerance 0.1 → 0.3"),
        (claim(source="t"), "terms", "source 's' → 't'"),
        (claim(control=("no spike", 3.0)), "terms", "control None → ('no spike', 3.0)"),
        (claim(explain="because"), "terms", "explain"),
    ],
)
def test_a_claim_that_is_not_what_it_was(new, kind, says):
    (change,) = compare(OLD, {**OLD, "claims": [new, OLD["claims"][1]]})
    assert (change.kind, change.chapter, change.what) == (kind, "one", "x is y") and says in change.how


def test_without_a_standard_error_the_tolerance_is_the_measure():
    before = ledger(claim(standard_error=None))
    assert [c.kind for c in compare(before, ledger(claim(standard_error=None, measured=1.09)))] == ["within"]
    assert [c.kind for c in compare(before, ledger(claim(standard_error=None, measured=0.89, tolerance=0.5)))] == [
        "beyond"
    ]


def test_what_came_and_what_went_comes_first():
    new = ledger(claim(measured=1.01), claim("new"), record={**OLD["chapters"]["one"]["record"], "more": 1})
    found = [(c.kind, c.what) for c in compare(OLD, new)]
    assert found == [("vanished", "other"), ("appeared", "new"), ("appeared", "more"), ("within", "x is y")]


@pytest.mark.parametrize(
    "name, value, kind, says",
    [
        ("error", 1.0 + 1e-14, "rounding", ""),
        ("error", 1.2, "within", "(1.4 standard errors)"),
        ("error", 1.9, "beyond", "(6.4 standard errors)"),
        ("error", 1, "rounding", "1.0 → 1"),
        ("error", "nan", "beyond", "1.0 → nan"),
        ("curve", [1.0, 2.0, 3.1], "beyond", "1 of 3 entries, the largest 3.0 → 3.1"),
        ("curve", [1.0, 2.0], "beyond", "3 → 2 entries"),
        ("curve", "flat", "beyond", "'flat'"),
    ],
)
def test_a_recorded_value_that_is_not_what_it_was(name, value, kind, says):
    new = copy.deepcopy(OLD)
    new["chapters"]["one"]["record"][name] = value
    (change,) = compare(OLD, new)
    assert (change.kind, change.what) == (kind, name) and says in change.how


def test_the_same_ledger_has_no_difference_nan_included():
    same = ledger(claim(measured=float("nan"), control=("law", float("nan"))), record={"x": "nan"})
    assert compare(same, json.loads(json.dumps(same))) == ()
    text = as_markdown(same, same)
    assert "1 of 1 claims, 1 of 1 recorded values" in text and "##" not in text


def test_the_text_says_what_changed_and_what_made_it():
    made = {"versions": {"numpy": "3"}, "source": "b" * 64, "parameters": {"n": 5}}
    text = as_markdown(OLD, ledger(claim(measured=0.8), claim("other"), **made))
    assert "To the last bit the same: 1 of 2 claims, 0 of 0 recorded values." in text
    assert "## 3 vanished" in text and "## 1 changed their verdict\n\n- one: x is y; holds → fails" in text
    for line in ("one: numpy 2 → 3", "one: n 4 → 5", f"one: source {'a' * 16} → {'b' * 16}"):
        assert f"- {line}" in text


def test_a_ledger_of_the_first_editions_had_claims_alone(tmp_path):
    entry = claim()
    del entry["control"]
    (tmp_path / "old.json").write_text(json.dumps({"claims": [entry]}))
    assert {c.kind for c in compare(load(str(tmp_path / "old.json")), OLD)} == {"appeared"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"claims": [1]}', '{"claims": [{}]}', '{"claims": {"a": 1}}', "\xff"]
)
def test_what_is_no_ledger_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(LedgerError, match=r"x\.json is not a ledger"):
        load(str(tmp_path / "x.json"))


def test_ledgers_come_from_files_and_servers(tmp_path):
    (tmp_path / "claims.json").write_text(json.dumps(OLD))

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert load(f"{address}/claims.json") == OLD == load(str(tmp_path / "claims.json"))
        with pytest.raises(LedgerError, match="404"):
            load(f"{address}/none.json")
        server.shutdown()
    with pytest.raises(LedgerError, match=r"none\.json: No such file"):
        load(str(tmp_path / "none.json"))
