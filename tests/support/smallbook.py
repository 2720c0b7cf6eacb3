"""A book of one small chapter, for the pipeline's tests: the real configuration, pages that run in seconds."""

import shutil
from pathlib import Path

from onestep.build.chapters import Book

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def new_book(folder: Path) -> Book:
    """A copy of the small book in `folder`, with the configuration of the real one."""
    shutil.copytree(HERE / "small", folder)
    shutil.copy(ROOT / "_config.yml", folder)
    shutil.copytree(ROOT / "_static", folder / "_static")
    return Book.find(folder)


def edited(book: Book, old: str, new: str, page: str = "small") -> Book:
    """The book after one replacement in a page."""
    path = book.folder / f"{page}.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Book(book.root)
