"""The example chapter of CONTRIBUTING.md, built as a book without a warning; its pages show what they promise."""

import json
import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from onestep.book.claims import read_claims
from onestep.book.records import read_record
from onestep.build import html_page, site
from onestep.build.chapters import Book
from onestep.build.lengths import CORE, measure
from onestep.build.runner import execute

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The book, its built site and the executed notebook."""
    folder = tmp_path_factory.mktemp("example") / "book"
    (folder / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", folder)
    shutil.copytree(ROOT / "_static", folder / "_static")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: chapters/example\n")
    (folder / "chapters" / "references.bib").write_text("")
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^`{5}markdown\n(.*?)^`{5}$", text, re.MULTILINE | re.DOTALL)
    (folder / "chapters" / "example.md").write_text(source, encoding="utf-8")
    book = Book.find(folder)
    jobs = site.jobs(book, {}, strict=True)
    done = site.build(book, jobs, folder / "_build", processes=1)
    record = json.loads((folder / "_build" / "claims.json").read_text(encoding="utf-8"))["chapters"]["example"][
        "record"
    ]
    return book, done, jobs[0], record


def numbers(record: dict) -> tuple[float, float, float]:
    """The predicted place, the measured one and its standard error."""
    return record["largest_predicted"], record["largest"], record["largest_standard_error"]


@pytest.fixture(scope="module")
def page(built):
    return BeautifulSoup((built[1].site / "chapters" / "example.html").read_text(encoding="utf-8"), "html.parser")


def test_the_head_says_how_long_it_takes(page):
    items = [item.get_text() for item in page.select("ul.onestep-strip li")]
    assert items[0] == "Reading time: 1 minute" and items[1].startswith("Level: first year")
    assert page.select_one("ul.onestep-strip a")["href"] == "#", "links work in it"


def test_a_check_is_one_line_without_its_code(built, page):
    (line,) = page.select("details.onestep-claim summary")
    place, largest, error = numbers(built[3])
    assert line.get_text().startswith(
        f"✓ checked: predicted {place:.4g}, measured {largest:.2f} ± {error:.2f} (details)"
    )
    text = page.get_text()
    assert "claims.check(" not in text and "glue(" not in text, "their code is not on the page"
    assert page.select_one("details.onestep-claim").get_text().count("no step at all") == 1


def test_numbers_stand_in_sentences_and_tables(built, page):
    place, largest, error = numbers(built[3])
    sentence = next(p.get_text() for p in page.find_all("p") if "the new value stands" in p.get_text())
    assert sentence == f"In Fig. 1 the new value stands at {largest:.2f} ± {error:.2f}, where theory says {place:.2f}."
    assert f"{largest:.2f} ± {error:.2f}" in page.select_one("table.table, .cell_output table").get_text()


def test_the_chapter_keeps_the_limits_of_length(built):
    broken = CORE.broken(measure(built[0].chapter("example").notebook()))
    assert broken == ["exercises: 1, 6 are due"]


def test_a_readers_own_page_says_the_same(built):
    notebook = execute(built[2])
    (claim,) = read_claims(notebook)
    assert (
        claim.holds and claim.power > 0.99 and read_record(notebook)["largest_standard_error"] == claim.standard_error
    )
    page = html_page.as_html(notebook, "Example")
    place, largest, error = numbers(read_record(notebook))
    assert (
        f"{largest:.2f} ± {error:.2f}, where theory says {place:.2f}" in page
        and "<strong>Reading time</strong>: 1 minute" in page
    )
    assert "claims.check(" not in page and "{glue" not in page and "{strip}" not in page
