"""The map on the first page: it has every page of the contents, in their order, with the time that each takes."""

import re
from pathlib import Path

from onestep.build.chapters import Book

ROOT = Path(__file__).parents[1]


def test_the_map_has_every_page_of_the_parts():
    parts = Book.find(ROOT).contents["parts"]
    rows = re.findall(
        r"^\| \[.*?\]\((\w+)\) \|.*\| \{minutes\}`(\w+)` \|$", (ROOT / "chapters/index.md").read_text(), re.MULTILINE
    )
    pages = [Path(entry["file"]).name for part in parts[:-1] for entry in part["chapters"]]
    assert parts[-1]["caption"] == "Appendices" and [page for page, _ in rows][: len(pages)] == pages
    assert all(page == timed for page, timed in rows)
