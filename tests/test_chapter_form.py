"""The form of a chapter: lengths, formatted cells, one sentence a line, exercises of three kinds."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from onestep.build.chapters import Book
from onestep.build.lengths import APPENDIX, CORE, NEIGHBOUR, PAGE, Limits, measure
from sentences import broken, rewritten

ROOT = Path(__file__).parents[1]
BOOK = Book.find(ROOT)
# Chapters that do not have the form yet. Take yours out when you have rewritten it; nothing is ever added.
NOT_YET = {
    "explorer",
}
PAGES = {"explorer", "index", "ten_minutes"}  # without exercises
CHAPTERS = pytest.mark.parametrize(
    "chapter", [c for c in BOOK.chapters if c.name not in NOT_YET], ids=lambda chapter: chapter.name
)


def limits(name: str) -> Limits:
    """Those of the kind of page, by its part of the book; appendices have no exercises."""
    if name in PAGES:
        return PAGE
    if name.endswith("_details") or name in part("appendi"):
        return APPENDIX
    return NEIGHBOUR if name in part("neighbour") else CORE


def part(word: str) -> set[str]:
    """The pages of the parts with this word in their title."""
    parts = [part for part in BOOK.contents.get("parts", ()) if word in part.get("caption", "").lower()]
    return {Path(page["file"]).name for part in parts for page in part["chapters"]}


def formatted(notebook: nbformat.NotebookNode, folder: Path) -> str:
    """What ruff says of the cells: nothing, or the differences."""
    path = folder / "chapter.ipynb"
    nbformat.write(notebook, path)
    order = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "88", "--diff", str(path)]
    done = subprocess.run(order, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_what_is_not_yet_done_is_there_and_does_break_the_form():
    """The list shrinks: a chapter that has the form, or that is gone, leaves it."""
    names = {chapter.name for chapter in BOOK.chapters}
    assert names >= NOT_YET
    for name in NOT_YET - PAGES:
        chapter = BOOK.chapter(name)
        assert CORE.broken(measure(chapter.notebook())) or broken(chapter.source), f"{name} can leave NOT_YET"


@CHAPTERS
def test_lengths(chapter):
    assert limits(chapter.name).broken(measure(chapter.notebook())) == []


@CHAPTERS
def test_exercises_are_marked(chapter):
    titles = re.findall(r"^`{3,}\{exercise(?:-start)?\}[ \t]*(.*)$", chapter.source, re.MULTILINE)
    marks = [sum(f"({mark})" in title for title in titles) for mark in ("warm-up", "open")]
    assert limits(chapter.name).exercises == 0 or marks == [2, 1]


@CHAPTERS
def test_one_sentence_a_line(chapter):
    assert broken(chapter.source) == [], "python tests/support/sentences.py chapters/NAME.md splits them"


@CHAPTERS
def test_cells_are_formatted(chapter, tmp_path):
    assert formatted(chapter.notebook(), tmp_path) == "", "`make format` does it"


@CHAPTERS
def test_checks_do_not_show_their_code(chapter):
    for cell in chapter.notebook().cells:
        if cell.cell_type == "code" and re.search(r"\b(claims\.check|check_curve|claims\.table)\(", cell.source):
            assert {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", ())), cell.source
        if cell.cell_type == "code" and re.search(r"^glue\(", cell.source, re.MULTILINE):
            assert "remove-cell" in cell.metadata.get("tags", ()), cell.source


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One sentence.\nAnother, e.g. This one, by Moniri et al. (2024).", []),
        ("One sentence. Another.", ["1: 2 sentences: One sentence. Another."]),
        ("It takes $n = 3.5$. $N$ is larger.", ["1: 2 sentences: It takes $n = 3.5$. $N$ is larger."]),
        ("It goes on\nin this line.", ["1: goes on in the next line: It goes on"]),
        ("* One item.\n* Another\n  that goes on.", ["2: goes on in the next line: * Another"]),
        ("```{code-cell} ipython3\nx = 1. # One. Two.\n```\n\n| A. B. | C. D. |", []),
        ("````{dropdown} Proof\nIt holds. It does.\n````", ["2: 2 sentences: It holds. It does."]),
        ("```{math}\na. B\n```\n\n$$\nc. D\n$$\n# Head. Two", []),
        ("1. The first.\n2. The second.", []),
    ],
)
def test_sentences_are_told_apart(text, found):
    assert broken(text) == found
    assert broken(rewritten(text)) == []
    assert rewritten(text).split() == text.split(), "only white space moves"


def test_formatting_is_checked(tmp_path):
    cells = [nbformat.v4.new_code_cell(source) for source in ("x = 1", "def f(x):\n    return x")]
    assert formatted(nbformat.v4.new_notebook(cells=cells), tmp_path) == ""
    cells.append(nbformat.v4.new_code_cell("x=1"))
    assert "x = 1" in formatted(nbformat.v4.new_notebook(cells=cells), tmp_path)


def test_the_lengths_are_printed():
    done = subprocess.run(
        [sys.executable, "-m", "onestep.cli.main", "--book", str(ROOT), "chapters", "--lengths"],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split()[0] for line in done.stdout.splitlines()]
    assert rows == ["chapter", *(chapter.name for chapter in BOOK.chapters)]
