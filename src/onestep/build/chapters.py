"""The book on disk: its root, its table of contents, its chapters and their presets."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from onestep.build import pages, twins
from onestep.build.conditions import Condition
from onestep.build.pages import BookError
from onestep.build.parameter_cell import parse, parse_conditions
from onestep.build.parameters import Parameter, ParameterError
from onestep.checks import brief_repr

FOLDER = "chapters"
DATA = "data"
PRESETS = "presets"
LEDGER = "claims.json"  # of an edition, in its folder


@dataclass(frozen=True)
class Chapter:
    """A chapter that can be executed: a MyST notebook, named by its file without the ending.

    A chapter is its text and can travel to another machine; nothing here reads the disk.
    """

    name: str
    source: str

    def notebook(self) -> NotebookNode:
        """A fresh, unexecuted notebook."""
        return deepcopy(self._parsed)

    def __getstate__(self) -> dict[str, str]:
        return {"name": self.name, "source": self.source}  # what was read from it is read again where it arrives

    @cached_property
    def _parsed(self) -> NotebookNode:
        notebook = jupytext.reads(self.source, fmt="md:myst")
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"  # jupytext draws ids at random; a page should not change with them
        return notebook

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters its `parameters` cell declares; none without such a cell."""
        return self._declared[0]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions between them that the cell states."""
        return self._declared[1]

    @cached_property
    def _declared(self) -> tuple[tuple[Parameter, ...], tuple[Condition, ...]]:
        tagged = [cell for cell in self._parsed.cells if "parameters" in cell.metadata.get("tags", ())]
        if len(tagged) > 1:
            raise BookError(f"{self.name}: {len(tagged)} cells have the tag `parameters`; one is allowed")
        source = tagged[0].source if tagged else ""
        try:
            parameters = parse(source)
            return parameters, parse_conditions(source, parameters)
        except ParameterError as error:
            raise BookError(f"{self.name}: {error}") from error

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The names of its figures (`mystnb: figure: name:` of a cell), in order."""
        return tuple(name for cell in self._parsed.cells if (name := figure_name(cell)))

    @property
    def title(self) -> str:
        """Its first heading."""
        for cell in self._parsed.cells:
            for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
                if line.startswith("# "):
                    return line[2:].strip()
        return self.name


@dataclass(frozen=True)
class Book:
    """The folder with `_config.yml`, `_toc.yml` and `chapters/`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Book":
        """The book whose folder is `start` (the current folder) or holds it.

        Raises
        ------
        BookError : there is none.
        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if is_book(folder) and not is_staged(folder):
                return cls(folder)
        raise BookError(
            f"no book (_toc.yml and {FOLDER}/) in {start} or above; go there, use --book FOLDER, or "
            "make a copy of the book with `onestep new-book FOLDER`"
        )

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    @cached_property
    def data_hashes(self) -> dict[str, str]:
        """SHA-256 of each file of `data`."""
        return {path: hashlib.sha256(content).hexdigest() for path, content in self.data.items()}

    @cached_property
    def data(self) -> dict[str, bytes]:
        """The files in chapters/data/ with their paths from chapters/, for runs on machines without the book."""
        paths = sorted(path for path in (self.folder / DATA).rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every chapter that can be executed, those of the table of contents first.

        Raises
        ------
        BookError : a page of the table of contents has cells of code and is no chapter: nothing would run them.
        """
        listed = [Path(document).name for document in self.documents]
        found = {path.stem: pages.text_of(path) for path in sorted(self.folder.glob("*.md"))}
        order = sorted(found, key=lambda name: (listed.index(name) if name in listed else len(listed), name))
        chapters = tuple(Chapter(name, found[name]) for name in order if pages.is_notebook(name, found[name]))
        names = {f"{FOLDER}/{chapter.name}" for chapter in chapters}
        for document in self.documents:
            path = self.root / f"{document}.md"
            if document not in names and path.is_file() and pages.has_code_cells(pages.text_of(path)):
                raise BookError(
                    f"{document}.md has code cells, but is no chapter: one lies in {FOLDER}/ and begins with --- and a "
                    "header that names jupytext or a kernelspec"
                )
        return chapters

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """The pages of the table of contents, as paths from the root without ending."""
        return tuple(str(path).removesuffix(".md") for path in pages.listed_in(self.contents))

    @cached_property
    def contents(self) -> dict:
        """The table of contents, `_toc.yml`."""
        path = self.root / "_toc.yml"
        contents = pages.yaml_of(pages.text_of(path), path)
        if not isinstance(contents, dict):
            raise BookError(f"{path} is no table of contents")
        return contents

    def chapter(self, name: str) -> Chapter:
        """The chapter `name`, which may also be given as a path (chapters/setup.md), to be run.

        Raises
        ------
        BookError : there is none of that name (the message lists them), or its script holds another text.
        """
        chapter = self.named(name)
        self.ensure_one_text(chapter)
        return chapter

    def named(self, name: str) -> Chapter:
        """As `chapter`, whatever its script holds."""
        stem = Path(name).stem
        for chapter in self.chapters:
            if chapter.name == stem:
                return chapter
        raise BookError(
            f"no chapter {brief_repr(name)}; the chapters are {', '.join(c.name for c in self.chapters) or '(none)'}"
        )

    def ensure_one_text(self, chapter: Chapter) -> None:
        """Refuse a chapter whose script holds another text than its page.

        Raises
        ------
        BookError : with what differs, and how to choose.
        """
        try:
            twins.ensure_equal(self.folder / f"{chapter.name}.md", chapter.notebook())
        except twins.TwinsDiffer as error:
            raise BookError(str(error)) from None

    @cached_property
    def listed(self) -> tuple[Chapter, ...]:
        """The chapters of the table of contents."""
        names = {Path(document).name for document in self.documents}
        return tuple(chapter for chapter in self.chapters if chapter.name in names)

    def presets(self, chapter: str) -> dict[str, Path]:
        """The presets of a chapter by name: chapters/presets/CHAPTER.NAME.yaml."""
        paths = sorted((self.folder / PRESETS).glob(f"{chapter}.*.yaml"))
        return {path.name.removeprefix(f"{chapter}.").removesuffix(".yaml"): path for path in paths}


def is_book(folder: Path) -> bool:
    """Whether a folder has what a book has."""
    return (folder / "_toc.yml").is_file() and (folder / FOLDER).is_dir()


def is_staged(folder: Path) -> bool:
    """Whether a folder is what an edition was made from, beside its ledger; its chapters are executed notebooks."""
    return folder.name == "book" and (folder.parent / LEDGER).is_file()


def figure_name(cell: NotebookNode) -> str | None:
    """The name of the figure that a code cell makes; None for other cells."""
    if cell.cell_type != "code":
        return None
    return (cell.metadata.get("mystnb") or {}).get("figure", {}).get("name")
