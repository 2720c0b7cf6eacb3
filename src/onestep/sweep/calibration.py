"""The claims of chapters at several seeds, as one table: what `onestep calibrate` writes."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from nbformat import NotebookNode

from onestep.book.calibration import COLUMNS, Checked, read
from onestep.book.claims import Claim, read_claims
from onestep.build import files
from onestep.build.chapters import Book, Chapter
from onestep.build.job import Job
from onestep.checks import InputError, brief_repr

SEED = "seed"
_MADE_WITH = ("onestep", "numpy", "scipy")


def chapters(book: Book, names: Sequence[str]) -> tuple[Chapter, ...]:
    """The chapters `names`, or all of the table of contents that have a seed and a table of claims.

    Raises
    ------
    InputError : a chapter that is named has no parameter `seed`.
    BookError : there is no chapter of that name.
    """
    chosen = tuple(book.chapter(name) for name in names)
    for chapter in chosen:
        if not _draws(chapter):
            raise InputError("chapter", chapter.name, f"a chapter with a parameter {SEED}")
    claiming = re.compile(r"^claims\.table\(", re.MULTILINE)
    return chosen or tuple(c for c in book.listed if _draws(c) and claiming.search(c.source))


def jobs(book: Book, chosen: Sequence[Chapter], seeds: Sequence[object]) -> list[Job]:
    """A run of each chapter at each seed.

    Raises
    ------
    ParameterError : a seed that a chapter does not take.
    InputError : a seed that is given twice, or none.
    """
    if not seeds or len(set(map(str, seeds))) < len(seeds):
        raise InputError("seeds", brief_repr(list(seeds)), "at least one seed, each given once")
    return [Job.make(chapter, {SEED: seed}, data=book.data_hashes) for chapter in chosen for seed in seeds]


def checked(job: Job, notebook: NotebookNode) -> list[Checked]:
    """The claims of one run."""
    return [_test(job, claim) for claim in read_claims(notebook)]


def save(path: Path, new: Iterable[Checked], command: str) -> int:
    """Write `new` into the file `path`, in the place of the rows of the same pages; how many rows it has then.

    Raises
    ------
    InputError : `path` is there and is another kind of file.
    """
    new = list(new)
    pages = {test.page for test in new}
    kept = [test for test in read(path) if test.page not in pages] if path.exists() else []
    made_with = ", ".join(f"{name} {version(name)}" for name in _MADE_WITH)
    text = io.StringIO()
    text.write(f"# The claims of the book at several seeds: {command}\n")
    text.write("# distance: measured minus predicted, in standard errors; power: that the wrong law is refused.\n")
    text.write(f"# Made with {made_with}.\n")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    whole = sorted(kept + new, key=lambda test: (test.page, test.seed))  # stable: claims stay in their page's order
    rows.writerows([_text(getattr(test, name)) for name in COLUMNS] for test in whole)
    files.write(path, text.getvalue())
    return len(whole)


def _draws(chapter: Chapter) -> bool:
    return any(parameter.name == SEED for parameter in chapter.parameters)


def _test(job: Job, claim: Claim) -> Checked:
    facts = {name: getattr(claim, name) for name in COLUMNS if name not in ("page", SEED)}
    return Checked(page=job.chapter.name, seed=int(str(job.values[SEED])), **facts)


def _text(value: object) -> object:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else value
