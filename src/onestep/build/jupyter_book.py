"""jupyter-book: the source tree that it reads, with executed notebooks in the place of chapters, and its run."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from onestep.build import files, ledger
from onestep.build.address import address
from onestep.build.chapters import FOLDER, PRESETS, Book, Chapter, figure_name
from onestep.checks import OneStepError

_ASIDE = (".md", ".py", ".ipynb")  # pages come by the table of contents; the rest of the folder is copied as it is


class JupyterBookFailed(OneStepError):
    """jupyter-book ended with an error, or with a warning, which counts as one."""


def make_site(source: Path, output: Path) -> Path:
    """Let jupyter-book build the tree `source`, every warning an error.

    Returns
    -------
    Path
        The folder of the HTML, inside `output`.

    Raises
    ------
    JupyterBookFailed
        With all that jupyter-book said.
    """
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(source), "--path-output", str(output), "-W", "--keep-going", "-n", "-q"]
    environment = os.environ | files.UTF8 | {"NO_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", env=environment)
    html = output / "_build" / "html"
    if done.returncode != 0 or not (html / "index.html").is_file():
        said = (done.stdout + done.stderr).replace(f"{source}/", "")
        raise JupyterBookFailed(f"jupyter-book failed; its warnings count as errors:\n\n{said.strip()}")
    return html


def write_source(book: Book, executed: Mapping[Chapter, NotebookNode], entries: list[dict], target: Path) -> None:
    """Fill the empty folder `target` with what jupyter-book reads: executed notebooks, other pages, the ledger's page.

    Parameters
    ----------
    book : Book
        Where the pages and the files beside them are.
    executed : mapping of Chapter to NotebookNode
        The chapters' executed notebooks.
    entries : list of dict
        The claims of the ledger, see `onestep.build.ledger.collect`.
    target : Path
        The folder.
    """
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
    """The book's `_config.yml` for executed pages: nothing is executed again, and the repository's address is there."""
    config = yaml.safe_load((book.root / "_config.yml").read_text(encoding="utf-8"))
    repository = config.get("repository", {}) | {"url": address(book.root)}
    return config | {"execute": {"execute_notebooks": "off"}, "repository": repository}


def with_commands(notebook: NotebookNode) -> NotebookNode:
    """A copy in which each figure is followed by the command that makes it again, with this run's parameters."""
    facts = notebook.metadata["onestep"]
    copy = nbformat.from_dict(notebook)
    copy.cells = []
    for cell in notebook.cells:
        copy.cells.append(cell)
        if name := figure_name(cell):
            line = command(facts["chapter"], name, facts["overrides"])
            note = f'<p class="onestep-remake">Make this figure again: <code>{_escaped(line)}</code></p>'
            copy.cells.append(nbformat.v4.new_markdown_cell(note, id=f"remake-{len(copy.cells)}"))
    return copy


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
