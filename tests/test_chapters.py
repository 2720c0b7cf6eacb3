"""The chapters as files: paired, with parameters that say what they are, with figures that can be made again."""

import re
from pathlib import Path

import jupytext
import pytest

from onestep.build.chapters import Book, figure_name
from onestep.build.parameters import validate
from onestep.cli.options import from_file

BOOK = Book.find(Path(__file__).parent)
CHAPTERS = pytest.mark.parametrize("chapter", BOOK.chapters, ids=lambda chapter: chapter.name)


def code(chapter):
    return [cell for cell in chapter.notebook().cells if cell.cell_type == "code"]


@CHAPTERS
def test_markdown_and_script_are_one_text(chapter):
    """`make sync` brings them together."""
    script = jupytext.read(BOOK.folder / f"{chapter.name}.py", fmt="py:percent")
    ours = [(c.cell_type, c.source, c.metadata) for c in chapter.notebook().cells]
    assert [(c.cell_type, c.source, c.metadata) for c in script.cells] == ours


@CHAPTERS
def test_parameters_come_first_and_say_what_they_mean(chapter):
    if not chapter.parameters:
        pytest.skip("a chapter without parameters")
    assert "parameters" in code(chapter)[0].metadata.get("tags", ())
    assert [p.name for p in chapter.parameters if not p.meaning] == []
    validate(chapter.name, chapter.parameters, {})


@CHAPTERS
def test_presets_are_valid(chapter):
    for path in BOOK.presets(chapter.name).values():
        assert validate(chapter.name, chapter.parameters, from_file(path))


@CHAPTERS
def test_the_table_of_claims_comes_after_the_last_claim_and_then_the_stamp(chapter):
    text = "\n".join(cell.source for cell in code(chapter))
    checks = [match.start() for match in re.finditer(r"\bclaims\.check\(", text)]
    tables = [match.start() for match in re.finditer(r"\bclaims\.table\(\)", text)]
    assert len(tables) == bool(checks)
    assert not checks or checks[-1] < tables[0]
    assert text.rstrip().endswith("provenance.stamp()")


@CHAPTERS
def test_every_figure_has_a_name_a_caption_and_words_for_those_who_cannot_see_it(chapter):
    for cell in code(chapter):
        shown = cell.metadata.get("mystnb") or {}
        if "figure" in shown:
            assert figure_name(cell) and shown["figure"].get("caption"), cell.source
            assert len(shown.get("image", {}).get("alt", "")) > 20, cell.source


def test_figures_have_different_names():
    names = [name for chapter in BOOK.chapters for name in chapter.figures]
    assert len(names) == len(set(names))


def test_the_contents_list_what_exists():
    assert [document for document in BOOK.documents if not (BOOK.root / f"{document}.md").is_file()] == []
    assert {chapter.name for chapter in BOOK.chapters} <= {Path(document).name for document in BOOK.documents}
