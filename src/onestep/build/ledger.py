"""The ledger: what the book claims and records, and what made it, as data and as a page; from executed notebooks."""

import html
import json
import math
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from onestep.book import displays
from onestep.book.claims import EVIDENCE, HEAD, TWO_SIDED, Claim, as_text, columns, count, read_claims
from onestep.book.provenance import read_provenance
from onestep.book.records import read_record
from onestep.build import files
from onestep.build.chapters import LEDGER, Chapter

PAGE = "claims"
DATA = LEDGER
_WITHIN = (1, 2, 3)  # standard errors
_MADE_BY = ("source", "versions", "blas", "machine")  # of a chapter's provenance


def collect(executed: Mapping[Chapter, NotebookNode]) -> list[dict]:
    """One entry per claim, in the order of the book: chapter, title, the run's key, and the claim's own fields."""
    return [
        {"chapter": chapter.name, "title": chapter.title, "key": notebook.metadata["onestep"]["key"]} | claim.payload()
        for chapter, notebook in executed.items()
        for claim in read_claims(notebook)
    ]


def as_data(executed: Mapping[Chapter, NotebookNode]) -> dict:
    """The ledger as data: the claims, and for each chapter its recorded values and what made them.

    Nothing in it tells when or how fast a chapter ran: the same computation gives the same ledger.
    """
    chapters = {}
    for chapter, notebook in executed.items():
        facts, stamp = notebook.metadata["onestep"], read_provenance(notebook) or {}
        chapters[chapter.name] = {
            "title": chapter.title,
            "key": facts["key"],
            "parameters": facts["parameters"],
            **{name: stamp.get(name) for name in _MADE_BY},
            "record": read_record(notebook),
        }
    return {"chapters": chapters, "claims": collect(executed)}


def save(path: Path, ledger: dict) -> None:
    """Write what `as_data` gives, as JSON; `ledger_changes.load` reads it."""
    files.write(path, json.dumps(ledger, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def as_page(entries: list[dict]) -> str:
    """The ledger as a Markdown page beside the chapters."""
    claims = [(entry, Claim.read(entry)) for entry in entries]
    parts = [
        "# Ledger of claims",
        "Every statement that this book tests, as the run that made these pages found it: "
        f"**{count([claim for _, claim in claims])}**. *Predicted* and *measured* were computed in the chapter; "
        "± is the standard error over seeds. "
        f'The same <a href="../{DATA}">as data</a>, with all recorded values.',
        _kinds([claim for _, claim in claims]),
    ]
    for chapter in dict.fromkeys(entry["chapter"] for entry in entries):
        own = [(entry, claim) for entry, claim in claims if entry["chapter"] == chapter]
        title = own[0][0]["title"]
        caption = f"{title}: {count([claim for _, claim in own])}"
        parts.append(f"## [{_plain(title)}]({chapter})")
        parts.append(displays.table((columns(claim) for _, claim in own), head=HEAD, caption=caption))
    return "\n\n".join(parts) + "\n"


def as_lines(entries: list[dict]) -> str:
    """The ledger for a terminal."""
    lines = []
    for chapter in dict.fromkeys(entry["chapter"] for entry in entries):
        own = [Claim.read(entry) for entry in entries if entry["chapter"] == chapter]
        lines += [f"{chapter}: {count(own)}", *(f"  {as_text(c)}" for c in own)]
    return "\n".join(lines)


def _kinds(claims: list[Claim]) -> str:
    """How many claims of each kind there are, and how far the two-sided ones are off beside what chance would give."""
    rows: list[tuple[str, ...]] = [
        (kind, count([claim for claim in claims if claim.evidence == kind]), "", "", "", "") for kind in EVIDENCE
    ]
    off = distances(claims)
    if off:
        within = [f"{sum(abs(value) <= most for value in off)} of {len(off)}" for most in _WITHIN]
        size = math.sqrt(sum(value**2 for value in off) / len(off))
        rows[EVIDENCE.index(TWO_SIDED)] = (*rows[EVIDENCE.index(TWO_SIDED)][:2], *within, f"{size:.2f}")
    normal = [f"{100 * math.erf(most / math.sqrt(2)):.1f} %" for most in _WITHIN]
    rows.append(("as a normal law would have it", "", *normal, "1"))
    head = ("Kind of test", "Verdicts", *(f"Within {most} standard errors" for most in _WITHIN), "Root mean square")
    return displays.table(rows, head=head, caption="Kinds of tests")


def distances(claims: list[Claim]) -> list[float]:
    """Of the two-sided claims: measured minus predicted, in standard errors. Together they test all of the book."""
    found = (claim.distance for claim in claims if claim.evidence == TWO_SIDED)
    return [value for value in found if value is not None and math.isfinite(value)]


def _plain(title: str) -> str:
    return html.escape(title, quote=False).replace("[", "\\[").replace("]", "\\]")
