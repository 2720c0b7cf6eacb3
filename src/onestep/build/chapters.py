"""The book on disk: its root, its table of contents, its chapters and their presets."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import jupytext
import yaml
from nbformat import NotebookNode

from onestep.build.parameters import Parameter, ParameterError, parse
from onestep.checks import shown

FOLDER = "chapters"
DATA = "data"
PRESETS = "presets"


class BookError(ValueError):
    """The book's files are not what they should be, or what was asked for is not in the book."""


@dataclass(frozen=True)
class Chapter:
    """A chapter that can be executed: a MyST notebook, named by its file without the ending.

    A chapter is its text, so that it can travel to another machine; nothing here reads the disk.
    """

    name: str
    source: str

    def notebook(self) -> NotebookNode:
        """A fresh, unexecuted notebook."""
        notebook = jupytext.reads(self.source, fmt="md:myst")
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"  # jupytext draws ids at random; a page should not change with them
        return notebook

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters its `parameters` cell declares; none without such a cell."""
        tagged = [cell for cell in self.notebook().cells if "parameters" in cell.metadata.get("tags", ())]
        if len(tagged) > 1:
            raise BookError(f"{self.name}: {len(tagged)} cells have the tag `parameters`; one is allowed")
        try:
            return parse(tagged[0].source) if tagged else ()
        except ParameterError as error:
            raise BookError(f"{self.name}: {error}") from error

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """The names of its figures (`mystnb: figure: name:` of a cell), in order."""
        return tuple(name for cell in self.notebook().cells if (name := figure_name(cell)))

    @property
    def title(self) -> str:
        """Its first heading."""
        for cell in self.notebook().cells:
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
            if (folder / "_toc.yml").is_file() and (folder / FOLDER).is_dir():
                return cls(folder)
        raise BookError(f"no book (_toc.yml and {FOLDER}/) in {start} or above; go there or use --book FOLDER")

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    @cached_property
    def surroundings(self) -> str:
        """SHA-256 of what every chapter stands on beside the package: the locked requirements and chapters/data/."""
        digest = hashlib.sha256()
        lock = self.root / "requirements.txt"
        held = {lock.name: lock.read_bytes()} if lock.is_file() else {}
        for name, content in (held | {f"{FOLDER}/{name}": content for name, content in self.data.items()}).items():
            digest.update(name.encode() + b"\0" + content + b"\0")
        return digest.hexdigest()

    @cached_property
    def data(self) -> dict[str, bytes]:
        """The files in chapters/data/ with their paths from chapters/, for runs on machines without the book."""
        paths = sorted(path for path in (self.folder / DATA).rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every chapter that can be executed, those of the table of contents first."""
        listed = [Path(document).name for document in self.documents]
        found = {path.stem: _text(path) for path in sorted(self.folder.glob("*.md"))}
        order = sorted(found, key=lambda name: (listed.index(name) if name in listed else len(listed), name))
        return tuple(Chapter(name, found[name]) for name in order if _is_notebook(name, found[name]))

    @cached_property
    def documents(self) -> tuple[str, ...]:
        """The pages of the table of contents, as paths from the root without ending."""
        return tuple(_files(self.contents))

    @cached_property
    def contents(self) -> dict:
        """The table of contents, `_toc.yml`."""
        path = self.root / "_toc.yml"
        contents = _yaml(_text(path), path)
        if not isinstance(contents, dict):
            raise BookError(f"{path} is no table of contents")
        return contents

    def chapter(self, name: str) -> Chapter:
        """The chapter `name`, which may also be given as a path (chapters/setup.md).

        Raises
        ------
        BookError : there is none of that name; the message lists them.
        """
        stem = Path(name).stem
        for chapter in self.chapters:
            if chapter.name == stem:
                return chapter
        raise BookError(
            f"no chapter {shown(name)}; the chapters are {', '.join(c.name for c in self.chapters) or '(none)'}"
        )

    def presets(self, chapter: str) -> dict[str, Path]:
        """The presets of a chapter by name: chapters/presets/CHAPTER.NAME.yaml."""
        paths = sorted((self.folder / PRESETS).glob(f"{chapter}.*.yaml"))
        return {path.name.removeprefix(f"{chapter}.").removesuffix(".yaml"): path for path in paths}


def figure_name(cell: NotebookNode) -> str | None:
    """The name of the figure that a code cell makes; None for other cells."""
    if cell.cell_type != "code":
        return None
    return (cell.metadata.get("mystnb") or {}).get("figure", {}).get("name")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BookError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from error


def _yaml(text: str, where: object) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BookError(f"{where}: {error}") from error


def _is_notebook(name: str, source: str) -> bool:
    """Whether a Markdown file declares itself a notebook, as myst-nb and jupytext understand it."""
    if not source.startswith("---\n"):
        return False
    header = _yaml(source.split("\n---", 1)[0], f"{name}.md") or {}
    if not isinstance(header, dict):
        return False
    return "jupytext" in header or "kernelspec" in header or header.get("file_format") == "mystnb"


def _files(entry: object) -> list[str]:
    """Every `root` and `file` in a table of contents, in reading order."""
    if isinstance(entry, list):
        return [path for part in entry for path in _files(part)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [path for value in entry.values() for path in _files(value)]
