"""The list of references is readable, and every citation of a page is in it."""

import re
from pathlib import Path

import pytest
from pybtex.database import parse_file

CHAPTERS = Path(__file__).parents[1] / "chapters"
KNOWN = set(parse_file(str(CHAPTERS / "references.bib")).entries)


def cited(text: str) -> set[str]:
    groups = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)
    return {key.strip() for group in groups for key in group.split(",")}


def test_citations_are_found_in_a_text():
    assert cited("{cite}`A2020, B2021` and {cite:t}`C2022`") == {"A2020", "B2021", "C2022"}


@pytest.mark.parametrize("page", sorted(CHAPTERS.glob("*.md")), ids=lambda page: page.stem)
def test_every_citation_is_in_the_list(page):
    assert cited(page.read_text()) - KNOWN == set()


def test_every_entry_is_cited_somewhere():
    assert KNOWN - set().union(*(cited(page.read_text()) for page in CHAPTERS.glob("*.md"))) == set()
