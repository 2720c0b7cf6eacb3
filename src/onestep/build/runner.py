"""Run a chapter: papermill in a process of its own.

`execute` may be called from many threads at once, and from a worker of a cluster: papermill itself breaks when two
threads of one process use it, so each run gets a process.
"""

import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from onestep.book import displays
from onestep.book.provenance import read_provenance
from onestep.build import dependencies, files, long_outputs
from onestep.build.job import Job
from onestep.build.kernel_process import KernelProcesses
from onestep.checks import OneStepError
from onestep.simulation import memory

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_KILL = getattr(signal, "SIGKILL", 9)  # which Windows does not have
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class RunFailed(OneStepError):
    """A chapter stopped. Says where and why, and keeps the notebook as far as it came.

    Attributes
    ----------
    chapter, cell, trace : str
        Its name, the source of the cell that failed ("" if none did), the traceback or the reason.
    notebook : NotebookNode or None
        The notebook with the outputs up to there; None if no kernel ran.
    failures : tuple of RunFailed
        Itself alone, as `BuildFailed` has those of a whole book.
    """

    def __init__(self, chapter: str, cell: str, trace: str, notebook: NotebookNode | None = None):
        self.chapter, self.cell, self.trace, self.notebook = chapter, cell, trace, notebook
        where = f" in the cell\n\n{_indent(cell)}\n" if cell else ""
        self.failures = (self,)
        super().__init__(f"chapter {chapter} failed{where}\n{trace}")

    def __reduce__(self):  # crosses process borders in sweeps
        return type(self), (self.chapter, self.cell, self.trace, self.notebook)


def execute(
    job: Job,
    *,
    threads: int | None = None,
    on_cell: Callable[[], None] | None = None,
    data: Mapping[str, bytes] | None = None,
    time_limit: float | None = None,
    processes: KernelProcesses | None = None,
) -> NotebookNode:
    """The executed notebook of `job`, which its `metadata.onestep` describes.

    Parameters
    ----------
    job : Job
        What to run.
    threads : int, optional
        Threads of BLAS; None leaves what the environment says.
    on_cell : callable, optional
        Called after each code cell.
    data : mapping of path to bytes, optional
        Files to put into the working folder, for a job without one (`Book.data`).
    time_limit : float, optional
        Seconds after which the run is stopped.
    processes : KernelProcesses, optional
        Among which the run's process is, so that somebody else may stop it.

    Raises
    ------
    RunFailed
        There is too little memory, a cell raised (in a strict run also through a claim), the kernel died, the time was
        over, or what ran is not what the job's key says: a module was edited meanwhile, or the chapter's text does not
        show that it is loaded.
    """
    try:
        memory.check(job.memory)
    except memory.MemoryRefusal as refusal:
        raise RunFailed(job.chapter.name, "", str(refusal)) from None
    with tempfile.TemporaryDirectory(prefix="onestep-") as name:
        folder = Path(name)
        for own in ("work", "tmp"):
            (folder / own).mkdir()
        for file, content in (data or {}).items():
            files.write_bytes(folder / "work" / file, content)
        nbformat.write(job.notebook(), folder / "input.ipynb")
        order = {"parameters": dict(job.parameters), "folder": job.folder or str(folder / "work")}
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        start = time.monotonic()
        status, said = (processes or KernelProcesses()).run(
            folder, _environment(job, threads, folder), on_cell or (lambda: None), time_limit
        )
        if time_limit is not None and status != 0 and time.monotonic() - start >= time_limit:
            said = f"it was stopped after {time_limit:g} seconds, the limit that was set"
        elif (folder / "killed.json").is_file():
            said = _killed(job, **json.loads((folder / "killed.json").read_text(encoding="utf-8")))
        try:
            notebook = nbformat.read(folder / "output.ipynb", as_version=4)
        except (OSError, ValueError, nbformat.reader.NotJSONError):
            raise RunFailed(job.chapter.name, "", said or f"the process ended with status {status}") from None
    long_outputs.cut(notebook, job.chapter.name)
    cell, trace = _failure(notebook)
    _describe(notebook, job)
    if status != 0:
        raise RunFailed(job.chapter.name, cell, trace or said, notebook)
    if other := dependencies.difference(read_provenance(notebook) or {}, job.chapter):
        raise RunFailed(job.chapter.name, "", other, notebook)
    return notebook


def _killed(job: Job, status: int | None, memory: int | None) -> str:
    """What to say of a kernel that ended in the middle of a cell."""
    if status != -_KILL:
        return f"the kernel ended with status {status} while it executed this cell; nothing else is known"
    had = f" It had taken up to {memory / 2**30:.2f} GiB." if memory else ""
    needs = f" One simulation with these parameters needs about {job.memory / 2**30:.2f} GiB." if job.memory else ""
    return (
        "the system killed the kernel while it executed this cell, as it does when memory runs out."
        f"{had}{needs} Choose smaller sizes, or fewer runs at a time."
    )


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
    """The cell that raised, with its traceback; or the one that was under way when the kernel ended."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return cell.source, _COLOURS.sub("", "\n".join(output.traceback))
    begun = [cell.source for cell in notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    return (begun[-1] if begun else ""), ""


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
