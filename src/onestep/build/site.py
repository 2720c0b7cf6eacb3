"""Build the book: execute what changed, stage it, let jupyter-book make the site, keep the ledger of claims."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
from tqdm import tqdm

from onestep.build import dependencies, files, ledger, locks, staging
from onestep.build.cache import Store, seal, with_text_of
from onestep.build.chapters import Book
from onestep.build.parameters import ParameterError, validate
from onestep.build.runner import Job, RunFailed, execute_all

_STAMP = ".built-from"  # inside the site: the hash of everything it was made from


class BuildFailed(RuntimeError):
    """The book was not built; `.failures` are those of chapters, empty when jupyter-book itself failed."""

    def __init__(self, message: str, failures: tuple[RunFailed, ...] = ()):
        self.failures = failures
        super().__init__(message)


@dataclass(frozen=True)
class Built:
    """A finished build: its site, its ledger, and how many chapters had to be executed."""

    site: Path
    claims: list[dict]
    executed: int
    reused: int


def build(book: Book, jobs: tuple[Job, ...], target: Path, *, processes: int | None = None) -> Built:
    """Build the site of `jobs` (one per chapter of the table of contents) into `target`/html.

    Raises
    ------
    BuildFailed : chapters that fail, after all others have run and been kept; or a warning of jupyter-book. The site
        that was there before stays.
    """
    target.mkdir(parents=True, exist_ok=True)
    with locks.alone(
        target / ".lock", lambda: print(f"another build of {target} is under way; waiting", file=sys.stderr)
    ):
        for left in [*target.glob(".building-*"), *target.glob(".html.*"), *target.glob(".book.*")]:
            shutil.rmtree(left, ignore_errors=True)  # of a build that was killed
        return _build(book, jobs, target, processes)


def _build(book: Book, jobs: tuple[Job, ...], target: Path, processes: int | None) -> Built:
    stores = _stores(book, target)
    found = {job.chapter: run for job in jobs for store in stores if (run := store.get(job)) is not None}
    missing = [job for job in jobs if job.chapter not in found]
    failures, unsaved = [], None
    for job, result in _run(missing, processes):
        if isinstance(result, RunFailed):
            failures.append(result)
        else:
            try:
                stores[0].put(job, result)
            except OSError as error:  # a full disk, say: what was computed is kept somewhere else
                rescue = unsaved[1] if unsaved else Store(Path(tempfile.mkdtemp(prefix="onestep-")))
                rescue.put(job, result)
                unsaved = error.strerror, rescue
            found[job.chapter] = with_text_of(job, result)
    if unsaved:
        raise BuildFailed(f"{stores[0].folder}: {unsaved[0]}; move there what was executed, from {unsaved[1].folder}")
    if failures:
        kept = f"{len(found)} of {len(jobs)} chapters are done and kept."
        raise BuildFailed("\n\n".join(str(failure) for failure in failures) + f"\n\n{kept}", tuple(failures))

    executed = {job.chapter: found[job.chapter] for job in jobs}
    whole = ledger.whole(executed)
    claims = whole["claims"]
    site, stamp = target / "html", _inputs(book, executed)
    if not (site / _STAMP).is_file() or (site / _STAMP).read_text(encoding="utf-8") != stamp:
        # Always from nothing: an incremental build says nothing about the warnings of pages it did not touch.
        with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as name:
            tree = Path(name) / "book"
            tree.mkdir()
            staging.stage(book, executed, claims, tree)
            html = _jupyter_book(tree, Path(name) / "out")
            ledger.save(html / ledger.DATA, whole)
            (html / _STAMP).write_text(stamp, encoding="utf-8")
            files.replace_folder(tree, target / "book")
            files.replace_folder(html, site)
    ledger.save(target / ledger.DATA, whole)
    return Built(site, claims, len(missing), len(jobs) - len(missing))


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
    options = {"strict": strict, "data": book.data_hashes, "folder": str(book.folder)}
    return tuple(Job.make(chapter, chosen[chapter.name], **options) for chapter in chapters)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1


def _stores(book: Book, target: Path) -> list[Store]:
    """Where executed chapters are, the first to be written to; a book that cannot be written to has its own beside."""
    shared, own = Store(book.root / "_build" / "executed"), Store(target / "executed")
    try:
        files.ensure_writable(shared.folder)
    except OSError:
        files.ensure_writable(own.folder)
        return [own, shared]
    return [shared]


def _run(missing: list[Job], processes: int | None):
    if not missing:
        return
    processes = min(len(missing), processes or cores())
    cells = sum(cell.cell_type == "code" for job in missing for cell in job.notebook().cells)
    cells += sum(bool(job.parameters) for job in missing)  # papermill's injected cell
    with tqdm(total=cells, unit="cell", desc=f"{len(missing)} chapters, {processes} at a time") as bar:
        results = execute_all(missing, processes=processes, threads=max(1, cores() // processes), on_cell=bar.update)
        for job, result in results:
            bar.write(f"{job.chapter.name}: {'FAILED' if isinstance(result, RunFailed) else 'done'}", file=sys.stderr)
            yield job, result


def _inputs(book: Book, executed: Mapping) -> str:
    """A hash of everything that the site is made from."""
    runs = [seal(notebook) for notebook in executed.values()]
    digest = hashlib.sha256(json.dumps([dependencies.package_hash(), *runs]).encode())
    beside = [book.root / name for name in ("_config.yml", "_toc.yml", "requirements.txt")]
    pages = [book.root / f"{document}.md" for document in book.documents]
    for path in sorted(path for path in {*pages, *staging.assets(book), *beside} if path.is_file()):
        digest.update(path.relative_to(book.root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _jupyter_book(tree: Path, out: Path) -> Path:
    """Run jupyter-book on the staged tree, every warning an error; the folder of the HTML."""
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        str(tree),
        "--path-output",
        str(out),
    ]
    command += ["-W", "--keep-going", "-n", "-q"]
    environment = os.environ | files.UTF8 | {"NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", env=environment)
    html = out / "_build" / "html"
    if done.returncode != 0 or not (html / "index.html").is_file():
        said = (done.stdout + done.stderr).replace(f"{tree}/", "")
        raise BuildFailed(f"jupyter-book failed; its warnings count as errors:\n\n{said.strip()}")
    return html
