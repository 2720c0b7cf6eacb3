"""Executed notebooks on disk, found again by the hash of all that made them."""

from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from onestep.book import files
from onestep.book.runner import Job


@dataclass(frozen=True)
class Store:
    """A folder of executed notebooks, CHAPTER-KEY.ipynb."""

    folder: Path

    def path(self, job: Job) -> Path:
        return self.folder / f"{job.chapter.name}-{job.key[:16]}.ipynb"

    def get(self, job: Job) -> NotebookNode | None:
        """The executed notebook of `job`; None if there is none, or its file is damaged.

        What a strict run made serves a run that is not strict, too: it differs only in that every claim held.
        """
        for candidate in (job, replace(job, strict=True)):
            notebook = read(self.path(candidate))
            if notebook is not None and notebook.metadata["onestep"]["key"] == candidate.key:
                return notebook
        return None

    def put(self, job: Job, notebook: NotebookNode) -> Path:
        """Keep `notebook`, whole or not at all."""
        path = self.path(job)
        files.write(path, nbformat.writes(notebook) + "\n")
        return path


def read(path: Path) -> NotebookNode | None:
    """The executed notebook at `path`; None if it is missing, damaged, or not one that `runner` made."""
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None
    return notebook if "key" in notebook.metadata.get("onestep", {}) else None
