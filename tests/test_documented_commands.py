"""The commands that README and pages show: each is one that the command line takes, with parameters that exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from onestep.build.chapters import Book
from onestep.build.job import Job
from onestep.cli.main import main
from onestep.sweep import values as grid

BOOK = Book.find(Path(__file__).parent)
PAGES = [BOOK.root / "README.md", *sorted(BOOK.folder.glob("*.md"))]
LINES = [
    pytest.param(shlex.split(line, comments=True)[1:], id=f"{page.stem}: {line}")
    for page in PAGES
    for line in re.findall(r"^ *(onestep .*)$", page.read_text().replace("\\\n", " "), flags=re.MULTILINE)
]


@pytest.mark.parametrize("words", LINES)
def test_a_command_shown_is_one_that_works(words):
    command = main.get_command(click.Context(main), words[0])
    try:
        given = command.make_context(words[0], list(words[1:])).params
    except click.BadParameter as error:
        assert "does not exist" in error.message, "only the reader's own files may be missing"
        return
    if command.name in ("run", "sweep"):
        chapter = BOOK.chapter(given["name"]) if given["name"] not in ("CHAPTER", "NAME") else BOOK.chapters[0]
        assert given.get("figure") in (None, "FIGURE", "NAME", *chapter.figures)
        assert set(given["presets"]) <= set(BOOK.presets(chapter.name))
        for values in grid.product(dict(given["pairs"])):
            Job.make(chapter, values)


def test_there_are_commands_of_every_kind():
    assert {param.values[0][0] for param in LINES} >= {"chapters", "run", "book", "sweep", "claims"}
