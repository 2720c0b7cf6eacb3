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
from onestep.checks import OneStepError

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
_NUMBERS = ("measured", "predicted")
_TERMS = ("tolerance", "standard_error", "kind", "source", "control", "evidence", "draws")
_LATER = ("evidence", "draws", "distance")  # what ledgers of earlier versions lack, and what is then not compared


class LedgerError(OneStepError):
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
    found = [*_claim_changes(old, new), *_record_changes(old, new)]
    return tuple(sorted(found, key=lambda change: _gravity(change.kind)))


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
    made = [*_differences_of_making(old["chapters"], new["chapters"])]
    if made:
        lines += ["", "## Made differently", "", *(f"- {line}" for line in made)]
    return "\n".join(lines)


def _claim_changes(old: Mapping, new: Mapping) -> Iterator[Change]:
    before, after = ({(e["chapter"], e["statement"]): e for e in ledger["claims"]} for ledger in (old, new))
    for (chapter, statement), entry in before.items():
        if (chapter, statement) not in after:
            yield Change("vanished", chapter, statement, f"it was: {Claim.read(entry).verdict}")
    for (chapter, statement), entry in after.items():
        if (chapter, statement) not in before:
            yield Change("appeared", chapter, statement, Claim.read(entry).verdict)
            continue
        earlier = before[chapter, statement]
        unknown = [name for name in _LATER if name not in earlier or name not in entry]
        claims = [Claim.read({name: e[name] for name in e if name not in unknown}) for e in (earlier, entry)]
        if repr(claims[0]) != repr(claims[1]):  # in words, because nan is not equal to nan
            yield _claim_change(chapter, *claims)


def _claim_change(chapter: str, old: Claim, new: Claim) -> Change:
    """What is different between two states of one claim."""
    scale = _Scale.of_claims(old, new)
    differs = {name for name in (*_NUMBERS, *_TERMS) if repr(getattr(old, name)) != repr(getattr(new, name))}
    found = []  # (kind, words)
    if old.verdict != new.verdict:
        found.append(("verdict", f"{old.verdict} → {new.verdict}"))
    for name in (name for name in _NUMBERS if name in differs):
        before, after = getattr(old, name), getattr(new, name)
        found.append((scale.kind(before, after), f"{name} {scale.words(before, after)}"))
    for name in (name for name in _TERMS if name in differs):
        # A tolerance or an error follows the numbers when these move; on its own, it is another check.
        follows = differs & set(_NUMBERS) and name not in ("kind", "source")
        words = f"{name} {getattr(old, name)!r} → {getattr(new, name)!r}"
        found.append(("rounding" if follows else "terms", words))
    if not found:  # only the explanation was reworded
        found.append(("terms", "explain"))
    gravest = min((kind for kind, _ in found), key=_gravity)
    return Change(gravest, chapter, new.statement, ", ".join(words for _, words in found))


def _record_changes(old: Mapping, new: Mapping) -> Iterator[Change]:
    for chapter in {**old["chapters"], **new["chapters"]}:
        before, after = (ledger["chapters"].get(chapter, {}).get("record", {}) for ledger in (old, new))
        yield from (Change("vanished", chapter, name) for name in before if name not in after)
        for name, value in after.items():
            if name not in before:
                yield Change("appeared", chapter, name)
            elif json.dumps(before[name]) != json.dumps(value):
                errors = [record.get(name + STANDARD_ERROR) for record in (before, after)]
                yield _value_change(chapter, name, before[name], value, errors)


def _value_change(chapter: str, name: str, old: object, new: object, errors: list[object]) -> Change:
    """What is different between two states of one recorded value, a number or an array of them."""
    in_words = f"{old!r:.60} → {new!r:.60}"
    try:
        before, after = np.asarray(old, float), np.asarray(new, float)
    except (TypeError, ValueError):
        return Change("beyond", chapter, name, in_words)
    if before.shape != after.shape:
        return Change("beyond", chapter, name, f"{before.size} → {after.size} entries")
    entries = zip(before.ravel().tolist(), after.ravel().tolist(), _errors(errors, before.shape), strict=True)
    moved = [(one, two, _Scale.of_error(error)) for one, two, error in entries if repr(one) != repr(two)]
    if not moved:  # 1 and 1.0
        return Change("rounding", chapter, name, in_words)
    one, two, scale = min(moved, key=lambda entry: (_gravity(entry[2].kind(*entry[:2])), -abs(entry[0] - entry[1])))
    count = f"{len(moved)} of {before.size} entries, the largest " if before.size > 1 else ""
    return Change(scale.kind(one, two), chapter, name, count + scale.words(one, two))


def _errors(errors: list[object], shape: tuple[int, ...]) -> list[float]:
    """The combined standard error of each entry; zeros where none is recorded."""
    try:
        combined = np.hypot(*(np.asarray(error, float) for error in errors))
        return np.broadcast_to(combined, shape).ravel().tolist()
    except (TypeError, ValueError):
        return np.zeros(shape).ravel().tolist()


@dataclass(frozen=True)
class _Scale:
    """What the distance between two numbers is measured in.

    Attributes
    ----------
    size, unit : float, str
        One unit, 0 if none is known, and its name.
    allowed : float
        As many units as another draw explains.
    """

    size: float
    unit: str
    allowed: float

    @classmethod
    def of_error(cls, error: float) -> "_Scale":
        return cls(error, "standard errors", FAR)

    @classmethod
    def of_claims(cls, old: Claim, new: Claim) -> "_Scale":
        error = math.hypot(old.standard_error or 0.0, new.standard_error or 0.0)
        return cls.of_error(error) if error else cls(min(old.tolerance, new.tolerance), "tolerances", 1.0)

    def kind(self, old: float, new: float) -> str:
        distance = abs(new - old)
        if distance <= ROUNDING * max(abs(old), abs(new)):
            return "rounding"
        return "within" if distance <= self.allowed * self.size else "beyond"  # what is not finite is beyond

    def words(self, old: float, new: float) -> str:
        known = self.size > 0 and math.isfinite(new - old)
        return f"{old!r} → {new!r}" + (f" ({abs(new - old) / self.size:.2g} {self.unit})" if known else "")


def _gravity(kind: str) -> int:
    return list(KINDS).index(kind)


def _differences_of_making(old: Mapping, new: Mapping) -> Iterator[str]:
    for chapter, after in new.items():
        if not (before := old.get(chapter)):
            continue
        for part in ("parameters", "versions"):
            one, two = before.get(part) or {}, after.get(part) or {}
            for name in {**one, **two}:
                if one.get(name) != two.get(name):
                    yield f"{chapter}: {name} {one.get(name)} → {two.get(name)}"
        for part in ("source", "blas", "machine"):
            if before.get(part) != after.get(part):
                yield f"{chapter}: {part} {_brief(before.get(part))} → {_brief(after.get(part))}"


def _brief(value: object) -> str:
    return value[:16] if isinstance(value, str) and len(value) == 64 else json.dumps(value)
