"""Executed notebooks on disk, found again by the hash of all that made them, and sealed by a hash of their content."""

import hashlib
import itertools
import json
import os
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from onestep.build import files
from onestep.build.job import Job

_LARGEST = 200 << 20  # bytes; an executed chapter has a few millions


@dataclass(frozen=True)
class Store:
    """A folder of executed notebooks, CHAPTER-KEY.ipynb."""

    folder: Path

    def path(self, job: Job) -> Path:
        return self.folder / f"{job.chapter.name}-{job.key[:16]}.ipynb"

    def get(self, job: Job) -> NotebookNode | None:
        """The executed notebook of `job`, with the chapter's text of today; None if there is none, or it is damaged.

        What a strict run made serves a run that is not strict, too: it differs only in that every claim held.
        """
        for candidate in (job, replace(job, strict=True)):
            notebook = read(self.path(candidate))
            if notebook is not None and notebook.metadata["onestep"]["key"] == candidate.key:
                return with_text_of(job, notebook)
        return None

    def latest(self, job: Job) -> NotebookNode | None:
        """The notebook that was executed last of the job's chapter with its parameters, whatever has changed since."""
        for path in sorted(self.folder.glob(f"{job.chapter.name}-*.ipynb"), key=lambda p: p.stat().st_mtime)[::-1]:
            notebook = read(path)
            facts = {} if notebook is None else notebook.metadata["onestep"]
            if (facts.get("chapter"), facts.get("overrides")) == (job.chapter.name, dict(job.parameters)):
                return notebook
        return None

    def put(self, job: Job, notebook: NotebookNode) -> Path:
        """Keep `notebook`, sealed, whole or not at all."""
        path = self.path(job)
        write(path, notebook)
        return path

    def set_aside(self, job: Job) -> Path | None:
        """Rename what is in the place of `job` and is not its result; the new path, None if the place is free."""
        path = self.path(job)
        if not path.exists():
            return None
        aside = next(p for k in itertools.count() if not (p := Path(f"{path}.damaged{k or ''}")).exists())
        os.replace(path, aside)
        return aside


def with_text_of(job: Job, executed: NotebookNode) -> NotebookNode | None:
    """The outputs of `executed` in the chapter as it is written now: words and captions may have changed since.

    None if the code cells of `executed` are not those of the job.
    """
    notebook = nbformat.from_dict(executed)
    ran = deque(cell for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells = []
    for cell in job.notebook().cells:
        if cell.cell_type == "code":
            while ran and "injected-parameters" in ran[0].metadata.get("tags", ()):
                notebook.cells.append(ran.popleft())
            if not ran or ran[0].source != cell.source:
                return None
            done = ran.popleft()
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
        notebook.cells.append(cell)
    return None if ran else notebook


def write(path: Path, notebook: NotebookNode) -> None:
    """Write `notebook` to `path`, sealed, whole or not at all."""
    sealed = nbformat.from_dict(notebook)
    sealed.metadata["onestep"]["seal"] = seal(notebook)
    files.write(path, nbformat.writes(sealed) + "\n")


def seal(notebook: NotebookNode) -> str:
    """SHA-256 of the cells and of what the run was: one changed number gives another."""
    facts = {name: fact for name, fact in notebook.metadata["onestep"].items() if name != "seal"}
    cells = nbformat.writes(nbformat.v4.new_notebook(cells=notebook.cells))  # as it is after writing and reading
    return hashlib.sha256(json.dumps([json.loads(cells)["cells"], facts], sort_keys=True).encode()).hexdigest()


def read(path: Path) -> NotebookNode | None:
    """The executed notebook at `path`; None if it is missing, damaged, changed, or not one that `write` wrote."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:  # a pipe or a device would never end
            return None
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        facts = notebook.metadata["onestep"]
        return notebook if isinstance(facts["key"], str) and facts["seal"] == seal(notebook) else None
    except Exception:  # nbformat lets through whatever a file that is no notebook makes it stumble over
        return None
