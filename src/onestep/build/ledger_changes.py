"""What changed between two ledgers: claims that came, went or turned, and every number that is not the same.

Numbers are compared to the last bit. What moved is then measured in standard errors, so that a new draw can be told
from a new result.
"""

import json
import math
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np

from onestep.book.claims import Claim
from onestep.book.records import STANDARD_ERROR

ROUNDING = 1e-9  # relative: what another processor, BLAS or number of threads may change
_LARGEST = 50 << 20  # bytes read from an address
FAR = 3.0  # combined standard errors beyond which another draw is no explanation
KINDS = {
    "vanished": "vanished",
    "appeared": "appeared",
    "verdict": "changed their verdict",
    "beyond": f"moved beyond {FAR:g} standard errors (where none is known: beyond the tolerance, or beyond rounding)",
    "terms": "are checked differently",
    "within": "moved within that",
    "rounding": "differ by rounding",
}
_TERMS = ("tolerance", "standard_error", "kind", "source", "control", "evidence", "draws")
_LATER = ("evidence", "draws", "distance")  # what ledgers of earlier versions lack, and what is then not compared


class LedgerError(ValueError):
    """A ledger that cannot be had or read."""


@dataclass(frozen=True)
class Change:
    """One claim, or one recorded value, that is not what it was.

    Attributes
    ----------
    kind : a key of `KINDS`; the gravest that applies.
    chapter, what : where, and the statement or the recorded name.
    how : old and new numbers, and the distance between them; empty for what came or went.
    """

    kind: str
    chapter: str
    what: str
    how: str = ""


def load(where: str) -> dict:
    """The ledger in a file or at an http(s) address: `{"chapters": {...}, "claims": [...]}`.

    Raises
    ------
    LedgerError : it is not there, or not a ledger.
    """
    try:
        if where.startswith(("https://", "http://")):
            with urllib.request.urlopen(where, timeout=30) as answer:
                text = answer.read(_LARGEST).decode()
        else:
            text = Path(where).read_text(encoding="utf-8")
        found = json.loads(text)
        for entry in found["claims"]:
            Claim.read(entry), entry["chapter"]
        chapters = dict(found.get("chapters", {}))
        for facts in chapters.values():
            dict(facts["record"]), dict(facts.get("parameters") or {}), dict(facts.get("versions") or {})
        return {"chapters": chapters, "claims": found["claims"]}
    except OSError as error:
        raise LedgerError(f"{where}: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, HTTPException) as error:
        raise LedgerError(f"{where} is not a ledger of claims ({type(error).__name__}: {error})") from None


def compare(old: Mapping, new: Mapping) -> tuple[Change, ...]:
    """Every difference between two ledgers, the gravest first."""
    found = [*_claims(old, new), *_records(old, new)]
    return tuple(sorted(found, key=lambda change: list(KINDS).index(change.kind)))


def as_markdown(old: Mapping, new: Mapping) -> str:
    """The differences as text that a terminal and a Markdown page can both show."""
    changes = compare(old, new)
    claims, values = len(new["claims"]), sum(len(facts["record"]) for facts in new["chapters"].values())
    moved = {(change.chapter, change.what) for change in changes}
    same = sum((entry["chapter"], entry["statement"]) not in moved for entry in new["claims"])
    kept = sum((c, name) not in moved for c, facts in new["chapters"].items() for name in facts["record"])
    lines = ["# Changes in the ledger", "", f"To the last bit the same: {same} of {claims} claims, {kept} of {values} "
             "recorded values."]  # fmt: skip
    for kind, words in KINDS.items():
        own = [change for change in changes if change.kind == kind]
        if own:
            lines += ["", f"## {len(own)} {words}", ""]
            lines += [f"- {c.chapter}: {c.what}" + (f"; {c.how}" if c.how else "") for c in own]
    surroundings = [*_surroundings(old["chapters"], new["chapters"])]
    if surroundings:
        lines += ["", "## Made differently", "", *(f"- {line}" for line in surroundings)]
    return "\n".join(lines)


def _claims(old: Mapping, new: Mapping) -> Iterator[Change]:
    before, after = ({(e["chapter"], e["statement"]): e for e in ledger["claims"]} for ledger in (old, new))
    for where, entry in before.items():
        if where not in after:
            yield Change("vanished", *where, f"it was: {Claim.read(entry).verdict}")
    for where, entry in after.items():
        if where not in before:
            yield Change("appeared", *where, Claim.read(entry).verdict)
            continue
        unknown = [name for name in _LATER if name not in before[where] or name not in entry]
        one, two = (
            Claim.read({name: value for name, value in e.items() if name not in unknown})
            for e in (before[where], entry)
        )
        if repr(one) != repr(two):  # in words, because nan is not equal to nan
            yield Change(*_claim(one, two, where))


def _claim(old: Claim, new: Claim, where: tuple[str, str]) -> tuple[str, str, str, str]:
    moved = [name for name in ("measured", "predicted") if repr(getattr(old, name)) != repr(getattr(new, name))]
    error = math.hypot(old.standard_error or 0.0, new.standard_error or 0.0)
    yardstick, unit = (error, "standard errors") if error else (min(old.tolerance, new.tolerance), "tolerances")
    words, kinds = [], ["verdict"] if old.verdict != new.verdict else []
    if kinds:
        words.append(f"{old.verdict} → {new.verdict}")
    for name in moved:
        one, two = getattr(old, name), getattr(new, name)
        kinds.append(_kind(one, two, yardstick * (FAR if error else 1)))
        words.append(f"{name} {one!r} → {two!r}{_distance(one, two, yardstick, unit)}")
    for name in _TERMS:
        if repr(getattr(old, name)) != repr(getattr(new, name)):
            kinds.append("terms" if not moved or name in ("kind", "source") else "rounding")
            words.append(f"{name} {getattr(old, name)!r} → {getattr(new, name)!r}")
    if not kinds:  # only the explanation was reworded
        kinds, words = ["terms"], ["explain"]
    return min(kinds, key=list(KINDS).index), *where, ", ".join(words)


def _records(old: Mapping, new: Mapping) -> Iterator[Change]:
    for chapter in {**old["chapters"], **new["chapters"]}:
        before, after = (ledger["chapters"].get(chapter, {}).get("record", {}) for ledger in (old, new))
        yield from (Change("vanished", chapter, name) for name in before if name not in after)
        for name, value in after.items():
            if name not in before:
                yield Change("appeared", chapter, name)
            elif json.dumps(before[name]) != json.dumps(value):
                errors = [record.get(name + STANDARD_ERROR) for record in (before, after)]
                yield Change(*_record(before[name], value, errors, chapter, name))


def _record(old: object, new: object, errors: list, chapter: str, name: str) -> tuple[str, str, str, str]:
    try:
        one, two = np.asarray(old, float), np.asarray(new, float)
    except (TypeError, ValueError):
        return "beyond", chapter, name, f"{old!r:.60} → {new!r:.60}"
    if one.shape != two.shape:
        return "beyond", chapter, name, f"{one.size} → {two.size} entries"
    try:
        error = np.broadcast_to(np.hypot(*(np.asarray(e, float) for e in errors)), one.shape)
    except (TypeError, ValueError):
        error = np.zeros(one.shape)
    entries = [
        (_kind(a, b, FAR * e), _distance(a, b, e, "standard errors"), a, b)
        for a, b, e in zip(one.ravel().tolist(), two.ravel().tolist(), error.ravel().tolist(), strict=True)
        if repr(a) != repr(b)
    ]
    if not entries:  # 1 and 1.0
        return "rounding", chapter, name, f"{old!r:.60} → {new!r:.60}"
    kind, distance, a, b = min(entries, key=lambda entry: (list(KINDS).index(entry[0]), -abs(entry[2] - entry[3])))
    count = f"{len(entries)} of {one.size} entries, the largest " if one.size > 1 else ""
    return kind, chapter, name, f"{count}{a!r} → {b!r}{distance}"


def _kind(one: float, two: float, far: float) -> str:
    difference = abs(two - one)
    if difference <= ROUNDING * max(abs(one), abs(two)):
        return "rounding"
    return "within" if difference <= far else "beyond"  # what is not finite is beyond


def _distance(one: float, two: float, yardstick: float, unit: str) -> str:
    if yardstick > 0 and math.isfinite(two - one):
        return f" ({abs(two - one) / yardstick:.2g} {unit})"
    return ""


def _surroundings(old: Mapping, new: Mapping) -> Iterator[str]:
    for chapter, after in new.items():
        before = old.get(chapter)
        for part in ("parameters", "versions") if before else ():
            one, two = before.get(part) or {}, after.get(part) or {}
            for name in {**one, **two}:
                if one.get(name) != two.get(name):
                    yield f"{chapter}: {name} {one.get(name)} → {two.get(name)}"
        for part in ("source", "blas", "machine") if before else ():
            if before.get(part) != after.get(part):
                yield f"{chapter}: {part} {_brief(before.get(part))} → {_brief(after.get(part))}"


def _brief(value: object) -> str:
    return value[:16] if isinstance(value, str) and len(value) == 64 else json.dumps(value)
