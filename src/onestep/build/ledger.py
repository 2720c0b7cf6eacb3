"""The ledger: what the book claims and records, and what made it, as data and as a page; from executed notebooks."""

import html
import json
import math
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from onestep.book import displays
from onestep.book.claims import EVIDENCE, HEAD, TWO_SIDED, Claim, as_text, claimed, columns, count
from onestep.book.provenance import stamped
from onestep.book.records import recorded
from onestep.build import files
from onestep.build.chapters import LEDGER, Chapter

PAGE = "claims"
DATA = LEDGER
_MADE_BY = ("source", "versions", "blas", "machine")  # of a chapter's provenance


def collect(executed: Mapping[Chapter, NotebookNode]) -> list[dict]:
    """One entry per claim, in the order of the book: chapter, title, the run's key, and the claim's own fields."""
    return [
        {"chapter": chapter.name, "title": chapter.title, "key": notebook.metadata["onestep"]["key"]} | claim.payload()
        for chapter, notebook in executed.items()
        for claim in claimed(notebook)
    ]


def as_data(executed: Mapping[Chapter, NotebookNode]) -> dict:
    """The ledger as data: the claims, and for each chapter its recorded values and what made them.

    Nothing in it tells when or how fast a chapter ran: the same computation gives the same ledger.
    """
    chapters = {}
    for chapter, notebook in executed.items():
        facts, stamp = notebook.metadata["onestep"], stamped(notebook) or {}
        chapters[chapter.name] = {
            "title": chapter.title,
            "key": facts["key"],
            "parameters": facts["parameters"],
            **{name: stamp.get(name) for name in _MADE_BY},
            "record": recorded(notebook),
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
    """How many claims of each kind there are, and how many standard errors the two-sided ones are off."""
    rows = []
    for kind in EVIDENCE:
        own = [claim for claim in claims if claim.evidence == kind]
        off = [abs(claim.distance) for claim in own if claim.distance is not None and math.isfinite(claim.distance)]
        within = [f"{sum(value <= most for value in off)} of {len(off)}" for most in (1, 2, 3)]
        rows.append((kind, count(own), *(within if kind == TWO_SIDED and off else ("", "", ""))))
    chance = [f"by chance {100 * math.erf(most / math.sqrt(2)):.1f} %" for most in (1, 2, 3)]
    head = ("Kind of test", "Verdicts", *(f"Within {most} standard errors" for most in ("1", "2", "3")))
    rows.append(("as many in a normal law", "", *chance))
    return displays.table(rows, head=head, caption="Kinds of tests")


def _plain(title: str) -> str:
    return html.escape(title, quote=False).replace("[", "\\[").replace("]", "\\]")
