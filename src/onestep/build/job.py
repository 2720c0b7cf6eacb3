"""A job: one run of one chapter, as text, and the key under which its result is kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import nbformat
from nbformat import NotebookNode

from onestep.build import dependencies
from onestep.build.chapters import Chapter, figure_name
from onestep.build.feasible import needed
from onestep.build.parameters import validate

_DRAW = """%matplotlib inline
%config InlineBackend.figure_formats = [{image!r}]
%config InlineBackend.print_figure_kwargs = {{"bbox_inches": "tight", "metadata": {dates}}}"""
NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}  # no date: the same figure, the same file


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
        **options: Any,
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
            draw = nbformat.v4.new_code_cell(_DRAW.format(image=self.image, dates=NO_DATE[self.image]), id="draw")
            notebook.cells = [draw, *notebook.cells[: last + 1]]
        return notebook


@lru_cache
def _code(chapter: Chapter) -> str:
    """What a chapter computes with, as text: its code cells, the package's modules and the libraries that it uses."""
    found = dependencies.code(chapter), dependencies.modules(chapter), dependencies.libraries(chapter)
    return json.dumps([chapter.name, *found])
