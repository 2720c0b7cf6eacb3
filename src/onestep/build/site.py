"""Build the book: execute what changed, let jupyter-book make the site, keep the ledger of claims."""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

from nbformat import NotebookNode

from onestep.build import dependencies, files, jupyter_book, ledger, locks
from onestep.build.cache import Store, seal, with_text_of
from onestep.build.chapters import Book
from onestep.build.job import Job
from onestep.build.parameters import ParameterError, validate
from onestep.build.pool import cores, execute_all
from onestep.build.progress import Progress
from onestep.build.runner import RunFailed
from onestep.checks import OneStepError

_MADE_FROM = ".built-from"  # inside the site: the hash of everything it was made from


class BuildFailed(OneStepError):
    """The book was not built; `.failures` are those of chapters, empty when jupyter-book itself failed."""

    def __init__(self, message: str, failures: tuple[RunFailed, ...] = ()):
        self.failures = failures
        super().__init__(message)


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes
    ----------
    site : Path
        The folder of the pages.
    claims : list of dict
        The claims of its ledger.
    executed, reused : int
        How many chapters had to be executed, and how many were found executed.
    outdated : tuple of str
        Chapters whose pages show an earlier execution, because only others were to be executed.
    """

    site: Path
    claims: list[dict]
    executed: int
    reused: int
    outdated: tuple[str, ...] = ()


def build(
    book: Book,
    jobs: tuple[Job, ...],
    target: Path,
    *,
    processes: int | None = None,
    time_limit: float | None = None,
    quietly: bool = False,
    only: Collection[str] | None = None,
) -> Built:
    """Build the site of `jobs` (one per chapter of the table of contents) into `target`/html.

    Parameters
    ----------
    book : Book
        The book.
    jobs : tuple of Job
        See `jobs`.
    target : Path
        The folder of the build, which is made.
    processes : int, optional
        Chapters at a time; by default as many as there are cores.
    time_limit : float, optional
        Seconds after which a chapter is stopped.
    quietly : bool, optional
        Whether to show no progress.
    only : collection of str, optional
        The chapters that may be executed; the pages of all others show how they were executed last.

    Raises
    ------
    BuildFailed
        Chapters that fail, after all others have run and been kept; or a warning of jupyter-book. The site that was
        there before stays.
    """
    target.mkdir(parents=True, exist_ok=True)
    when_busy = partial(print, f"another build of {target} is under way; waiting", file=sys.stderr)
    with locks.exclusive(target / ".lock", when_busy):
        for left in [*target.glob(".building-*"), *target.glob(".html.*"), *target.glob(".book.*")]:
            shutil.rmtree(left, ignore_errors=True)  # of a build that was killed
        stores = _stores(book, target)
        found = {job: run for job in jobs for store in stores if (run := store.get(job)) is not None}
        outdated = _outdated([job for job in jobs if job not in found], only, stores)
        found |= outdated
        missing = [job for job in jobs if job not in found]
        found |= _keep(_execute(missing, processes, time_limit, quietly), stores[0])
        executed = {job.chapter: found[job] for job in jobs}
        data = ledger.as_data(executed)
        _make_site_if_changed(book, executed, data, target)
        ledger.save(target / ledger.DATA, data)
        reused = len(jobs) - len(missing) - len(outdated)
        names = tuple(job.chapter.name for job in outdated)
        return Built(target / "html", data["claims"], len(missing), reused, names)


def _outdated(missing: list[Job], only: Collection[str] | None, stores: list[Store]) -> dict[Job, NotebookNode]:
    """The last executions of those of `missing` that are not to be executed now.

    Raises
    ------
    BuildFailed
        One was never executed.
    """
    others = [job for job in missing if only is not None and job.chapter.name not in only]
    found = {job: run for job in others for store in stores if (run := store.latest(job)) is not None}
    if never := [job.chapter.name for job in others if job not in found]:
        raise BuildFailed(f"{', '.join(never)}: never executed with these parameters; build the whole book once")
    return found


def jobs(book: Book, given: Mapping[str, object], *, strict: bool) -> tuple[Job, ...]:
    """A job for each chapter of the table of contents. `given` names are NAME, for every chapter that has it, or
    CHAPTER.NAME.

    Raises
    ------
    ParameterError : a name that no chapter has, or a value that one of them refuses.
    BookError : a chapter whose script holds another text.
    """
    chapters = book.listed
    for chapter in chapters:
        book.ensure_one_text(chapter)
    chosen: dict[str, dict[str, object]] = {chapter.name: {} for chapter in chapters}
    for name, value in sorted(given.items(), key=lambda item: "." in item[0]):  # CHAPTER.NAME is said of one, and wins
        where, dot, own = name.partition(".")
        takers = [c for c in chapters if (c.name == where if dot else name in {p.name for p in c.parameters})]
        if not takers:
            every = tuple({p.name: p for c in chapters for p in c.parameters}.values())
            validate("the book", every, {name: value})  # raises, with the nearest known name
            raise ParameterError(f"the book: no chapter {where!r} for the parameter {name!r}")
        for chapter in takers:
            chosen[chapter.name][own if dot else name] = value
    make = partial(Job.make, data=book.data_hashes, strict=strict, folder=str(book.folder))
    return tuple(make(chapter, chosen[chapter.name]) for chapter in chapters)


def _stores(book: Book, target: Path) -> list[Store]:
    """Where executed chapters are, the first to be written to; a book that cannot be written to has its own beside."""
    shared, own = Store(book.root / "_build" / "executed"), Store(target / "executed")
    try:
        files.ensure_writable(shared.folder)
    except OSError:
        files.ensure_writable(own.folder)
        return [own, shared]
    return [shared]


def _keep(results: Iterator[tuple[Job, NotebookNode | RunFailed]], store: Store) -> dict[Job, NotebookNode]:
    """Keep each result as soon as it is there.

    Raises
    ------
    BuildFailed
        At the end, if a chapter failed or a result could not be kept in `store`; it is kept somewhere else then.
    """
    done: dict[Job, NotebookNode] = {}
    failures: list[RunFailed] = []
    full: tuple[OSError, Store] | None = None  # what went wrong, and the store used from then on
    for job, result in results:
        if isinstance(result, RunFailed):
            failures.append(result)
            continue
        done[job] = cast("NotebookNode", with_text_of(job, result))  # its code cells are those that the job gave it
        try:
            store.put(job, result)
        except OSError as error:  # a full disk, say
            full = error, full[1] if full else Store(Path(tempfile.mkdtemp(prefix="onestep-")))
            full[1].put(job, result)
    if full:
        raise BuildFailed(f"{store.folder}: {full[0].strerror}; move there what was executed, from {full[1].folder}")
    if failures:
        kept = f"{len(done)} of {len(done) + len(failures)} chapters that had to be executed are done and kept."
        raise BuildFailed("\n\n".join([*map(str, failures), kept]), tuple(failures))
    return done


def _execute(
    missing: list[Job], processes: int | None, time_limit: float | None, quietly: bool
) -> Iterator[tuple[Job, NotebookNode | RunFailed]]:
    """Run `missing`, and say how far it is."""
    if not missing:
        return
    processes = min(len(missing), processes or cores())
    cells = sum(cell.cell_type == "code" for job in missing for cell in job.notebook().cells)
    cells += sum(bool(job.parameters) for job in missing)  # papermill's injected cell
    with Progress(cells, f"{len(missing)} chapters, {processes} at a time", "cell", quietly=quietly) as progress:
        threads = max(1, cores() // processes)
        for job, result in execute_all(
            missing,
            processes=processes,
            threads=threads,
            time_limit=time_limit,
            on_cell=progress.update,
        ):
            failed = isinstance(result, RunFailed)
            if failed or not quietly:
                progress.say(f"{job.chapter.name}: {'FAILED' if failed else 'done'}")
            yield job, result


def _make_site_if_changed(book: Book, executed: Mapping, data: dict, target: Path) -> None:
    """Make `target`/html anew, unless it was made from the same things.

    Always from nothing: an incremental build says nothing about the warnings of pages that it did not touch.
    """
    made_from, site = _inputs(book, executed), target / "html"
    if (site / _MADE_FROM).is_file() and (site / _MADE_FROM).read_text(encoding="utf-8") == made_from:
        return
    with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as name:
        source = Path(name) / "book"
        source.mkdir()
        jupyter_book.write_source(book, executed, data["claims"], source)
        try:
            html = jupyter_book.make_site(source, Path(name) / "out")
        except jupyter_book.JupyterBookFailed as error:
            raise BuildFailed(str(error)) from None
        ledger.save(html / ledger.DATA, data)
        (html / _MADE_FROM).write_text(made_from, encoding="utf-8")
        files.replace_folder(source, target / "book")
        files.replace_folder(html, site)


def _inputs(book: Book, executed: Mapping) -> str:
    """A hash of everything that the site is made from."""
    runs = [seal(notebook) for notebook in executed.values()]
    digest = hashlib.sha256(json.dumps([dependencies.package_hash(), *runs]).encode())
    beside = [book.root / name for name in ("_config.yml", "_toc.yml", "pyproject.toml")]
    pages = [book.root / f"{document}.md" for document in book.documents]
    for path in sorted(path for path in {*pages, *jupyter_book.assets(book), *beside} if path.is_file()):
        digest.update(path.relative_to(book.root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
