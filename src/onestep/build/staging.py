"""The staging tree: what jupyter-book reads. Executed notebooks in the place of chapters, and the ledger's page."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from onestep.build import files, ledger
from onestep.build.chapters import FOLDER, PRESETS, Book, Chapter, figure_name

_ASIDE = (".md", ".py", ".ipynb")  # pages come by the table of contents; the rest of the folder is copied as it is


def stage(book: Book, executed: Mapping[Chapter, NotebookNode], entries: list[dict], target: Path) -> None:
    """Fill the empty folder `target` with everything that the site is built from."""
    notebooks = {chapter.name: notebook for chapter, notebook in executed.items()}
    for document in book.documents:
        name = Path(document).name
        if name in notebooks:
            nbformat.write(with_commands(notebooks[name]), _made(target / f"{document}.ipynb"))
        else:
            files.copy(book.root / f"{document}.md", target / f"{document}.md")
    for path in assets(book):
        files.copy(path, target / path.relative_to(book.root))
    contents = dict(book.contents)
    if entries:
        (target / FOLDER / f"{ledger.PAGE}.md").write_text(ledger.as_page(entries), encoding="utf-8")
        contents = _with_page(contents, f"{FOLDER}/{ledger.PAGE}")
    for name, settings in {"_toc.yml": contents, "_config.yml": configuration(book)}.items():
        text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
        (target / name).write_text(text, encoding="utf-8")


def assets(book: Book) -> list[Path]:
    """The files beside the pages that the site needs: bibliography, images, style sheets."""
    beside = [p for p in book.folder.rglob("*") if p.suffix not in _ASIDE and PRESETS not in p.parts]
    found = beside + list((book.root / "_static").rglob("*"))
    return sorted(p for p in found if p.is_file() and not any(part.startswith(".") for part in p.parts[-2:]))


def configuration(book: Book) -> dict:
    """The book's `_config.yml` for executed pages: nothing is executed again."""
    config = yaml.safe_load((book.root / "_config.yml").read_text(encoding="utf-8"))
    return config | {"execute": {"execute_notebooks": "off"}}


def with_commands(notebook: NotebookNode) -> NotebookNode:
    """A copy in which each figure is followed by the command that makes it again, with this run's parameters."""
    facts = notebook.metadata["onestep"]
    staged = nbformat.from_dict(notebook)
    staged.cells = []
    for cell in notebook.cells:
        staged.cells.append(cell)
        if name := figure_name(cell):
            line = command(facts["chapter"], name, facts["overrides"])
            note = f'<p class="onestep-remake">Make this figure again: <code>{_escaped(line)}</code></p>'
            staged.cells.append(nbformat.v4.new_markdown_cell(note, id=f"remake-{len(staged.cells)}"))
    return staged


def command(chapter: str, figure: str, overrides: Mapping[str, object]) -> str:
    """The command line that makes `figure` again."""
    words = ["onestep", "run", chapter, "--figure", figure]
    for name, value in overrides.items():
        text = value if isinstance(value, str) else yaml.safe_dump(value, default_flow_style=True, width=10**6)
        words += ["-p", name, text.removesuffix("\n").removesuffix("\n...")]
    return shlex.join(words)


def _with_page(contents: dict, page: str) -> dict:
    """The table of contents with one more page at its end."""
    if "parts" in contents:
        *rest, last = contents["parts"]
        return contents | {"parts": [*rest, last | {"chapters": [*last["chapters"], {"file": page}]}]}
    return contents | {"chapters": [*contents.get("chapters", ()), {"file": page}]}


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
