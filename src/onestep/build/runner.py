"""Run a chapter: papermill in a process of its own.

`execute` may be called from many threads at once, and from a worker of a cluster: papermill itself breaks when two
threads of one process use it, so each run gets a process. A `Job` holds everything that the run needs, as text.
"""

import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from onestep.book import displays
from onestep.book.provenance import stamped
from onestep.build import dependencies, files
from onestep.build.chapters import Chapter, figure_name
from onestep.build.feasible import needed
from onestep.build.parameters import validate

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_DRAW = """%matplotlib inline
%config InlineBackend.figure_formats = [{image!r}]
%config InlineBackend.print_figure_kwargs = {{"bbox_inches": "tight", "metadata": {dates}}}"""
_DATES = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}  # no date: the same figure, the same file
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Job:
    """One run of one chapter.

    Attributes
    ----------
    chapter : what to run.
    parameters : validated values that differ from the chapter's defaults.
    strict : whether a claim that fails stops the run.
    data : the files of chapters/data that the chapter reads, with their hashes; part of the key.
    figure, image : run only up to this figure, and draw it in this format ("png", "svg" or "pdf").
    folder : the working folder of the kernel; None is one of its own.
    """

    chapter: Chapter
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    strict: bool = False
    data: Mapping[str, str] = field(default_factory=dict, hash=False)
    figure: str | None = None
    image: str = "svg"
    folder: str | None = None

    @classmethod
    def make(
        cls,
        chapter: Chapter,
        given: Mapping[str, object] | None = None,
        *,
        data: Mapping[str, str] | None = None,
        **options,
    ) -> "Job":
        """A job with `given` parameters validated; of the book's `data`, it keeps what the chapter reads.

        Raises
        ------
        ParameterError : a name or a value that the chapter does not allow.
        """
        values = validate(chapter.name, chapter.parameters, given or {}, chapter.conditions)
        defaults = {parameter.name: parameter.default for parameter in chapter.parameters}
        chosen = {name: value for name, value in values.items() if value != defaults[name]}
        return cls(chapter, chosen, data=dependencies.data_files(chapter, data or {}, chosen), **options)

    @property
    def key(self) -> str:
        """SHA-256 of all that decides what the run computes.

        That is the chapter's code, the modules and libraries it uses, the data it reads, parameters and strictness.
        """
        facts = [_code(self.chapter), dict(self.data), dict(self.parameters), self.strict, self.figure, self.image]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    @property
    def values(self) -> dict[str, object]:
        """Every parameter of the chapter with the value it has in this run."""
        return {p.name: self.parameters.get(p.name, p.default) for p in self.chapter.parameters}

    @property
    def memory(self) -> int:
        """Bytes that its largest simulation needs; 0 where the parameters do not tell."""
        return needed(self.values)

    def notebook(self) -> NotebookNode:
        """The notebook to execute, cut behind the figure if only that is wanted."""
        notebook = self.chapter.notebook()
        if self.figure is not None:
            last = [figure_name(cell) for cell in notebook.cells].index(self.figure)
            draw = nbformat.v4.new_code_cell(_DRAW.format(image=self.image, dates=_DATES[self.image]), id="draw")
            notebook.cells = [draw, *notebook.cells[: last + 1]]
        return notebook


@lru_cache
def _code(chapter: Chapter) -> str:
    """What a chapter computes with, as text: its code cells, the package's modules and the libraries that it uses."""
    found = dependencies.code(chapter), dependencies.modules(chapter), dependencies.libraries(chapter)
    return json.dumps([chapter.name, *found])


class RunFailed(RuntimeError):
    """A chapter stopped. Says where and why, and keeps the notebook as far as it came.

    Attributes
    ----------
    chapter, cell, trace : its name, the source of the cell that failed ("" if none did), the traceback.
    notebook : the notebook with the outputs up to there; None if no kernel ran.
    """

    def __init__(self, chapter: str, cell: str, trace: str, notebook: NotebookNode | None = None):
        self.chapter, self.cell, self.trace, self.notebook = chapter, cell, trace, notebook
        where = f" in the cell\n\n{_indent(cell)}\n" if cell else ""
        super().__init__(f"chapter {chapter} failed{where}\n{trace}")

    def __reduce__(self):  # crosses process borders in sweeps
        return type(self), (self.chapter, self.cell, self.trace, self.notebook)


def execute(
    job: Job,
    *,
    threads: int | None = None,
    on_cell: Callable[[], None] | None = None,
    data: Mapping[str, bytes] | None = None,
) -> NotebookNode:
    """The executed notebook of `job`, which its `metadata.onestep` describes.

    Parameters
    ----------
    threads : of BLAS; None leaves what the environment says.
    on_cell : called after each code cell.
    data : files to put into the working folder, for a job without one (`Book.data`).

    Raises
    ------
    RunFailed : a cell raised (in a strict run also through a claim), the kernel died, or what ran is not what the
        job's key says: a module was edited meanwhile, or loaded in a way that the chapter's text does not show.
    """
    with tempfile.TemporaryDirectory(prefix="onestep-") as name:
        folder = Path(name)
        for own in ("work", "tmp"):
            (folder / own).mkdir()
        for file, content in (data or {}).items():
            files.write_bytes(folder / "work" / file, content)
        nbformat.write(job.notebook(), folder / "input.ipynb")
        order = {"parameters": dict(job.parameters), "folder": job.folder or str(folder / "work")}
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        status, complaint = _run_process(folder, _environment(job, threads, folder), on_cell or (lambda: None))
        try:
            notebook = nbformat.read(folder / "output.ipynb", as_version=4)
        except (OSError, ValueError, nbformat.reader.NotJSONError):
            raise RunFailed(job.chapter.name, "", complaint or f"the process ended with status {status}") from None
    _describe(notebook, job)
    if status != 0:
        cell, trace = _failure(notebook)
        raise RunFailed(job.chapter.name, cell, trace or complaint, notebook)
    if other := dependencies.difference(stamped(notebook) or {}, job.chapter):
        raise RunFailed(job.chapter.name, "", other, notebook)
    return notebook


def execute_all(
    jobs: Iterable[Job], *, processes: int, threads: int, on_cell: Callable[[], None] | None = None
) -> Iterator[tuple[Job, NotebookNode | RunFailed]]:
    """Run `jobs`, at most `processes` at a time, and yield each with its notebook or failure as it ends."""
    done: queue.Queue = queue.Queue()

    def one(job: Job) -> None:
        try:
            done.put((job, execute(job, threads=threads, on_cell=on_cell)))
        except RunFailed as failure:
            done.put((job, failure))
        except BaseException as error:
            done.put((job, error))

    jobs = tuple(jobs)
    pool = ThreadPoolExecutor(max_workers=max(1, processes))
    try:
        for job in jobs:
            pool.submit(one, job)
        for _ in jobs:
            job, result = done.get()
            if isinstance(result, BaseException) and not isinstance(result, RunFailed):
                raise result
            yield job, result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        _stop_processes()


_running: set[subprocess.Popen] = set()  # so that an interrupted command leaves no process behind
_lock = threading.Lock()


def _stop_processes() -> None:
    with _lock:
        for process in _running:
            process.terminate()


def _run_process(folder: Path, environment: dict[str, str], on_cell: Callable[[], None]) -> tuple[int, str]:
    command = [sys.executable, "-m", "onestep.build.kernel", str(folder)]
    # The process watches its standard input: when this one dies, however, the pipe closes and the run ends too.
    with (folder / "stderr").open("w+", encoding="utf-8", errors="replace") as errors:
        with _lock:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
            )
            _running.add(process)
        try:
            for line in process.stdout:
                if line.strip() == "cell":
                    on_cell()
            status = process.wait()
        finally:
            process.terminate()
            process.wait()
            process.stdin.close()
            process.stdout.close()
            with _lock:
                _running.discard(process)
        errors.seek(0)
        return status, errors.read().strip()


def _environment(job: Job, threads: int | None, folder: Path) -> dict[str, str]:
    """The variables of the kernel: those of this process, without what a user's own set-up would change in a result."""
    environment = dict(os.environ)
    environment.pop("PYTHONSTARTUP", None)
    environment["IPYTHONDIR"] = str(folder / "ipython")  # a new profile, without startup files
    environment["JUPYTER_RUNTIME_DIR"] = str(folder / "tmp")
    (folder / "matplotlibrc").write_text("svg.hashsalt: onestep\n", encoding="utf-8")
    environment["MATPLOTLIBRC"] = str(folder / "matplotlibrc")
    environment["TMPDIR"] = str(folder / "tmp")  # a kernel that is killed removes no temporary file of its own
    environment[displays.STRICT] = "1" if job.strict else "0"
    environment[displays.CHAPTER] = job.chapter.name
    environment |= files.UTF8
    if threads is not None:
        environment |= dict.fromkeys(_THREADS, str(threads))
    return environment


def _describe(notebook: NotebookNode, job: Job) -> None:
    """What this run was, in the notebook's metadata; papermill's own note names folders of this machine."""
    paper = notebook.metadata.pop("papermill", {})
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", ())
    ]
    notebook.metadata["onestep"] = {
        "chapter": job.chapter.name,
        "key": job.key,
        "strict": job.strict,
        "parameters": job.values,
        "overrides": dict(job.parameters),
        "seconds": paper.get("duration"),
    }


def _failure(notebook: NotebookNode) -> tuple[str, str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return cell.source, _COLOURS.sub("", "\n".join(output.traceback))
    return "", ""


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
