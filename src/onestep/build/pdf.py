"""The book as one PDF, printed by Chromium from the built site.

All pages are put behind one another in one page, so that references between chapters work in the PDF, too.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from onestep.build.chapters import FOLDER, Book

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_SHEET: "ViewportSize" = {
    "width": 673,
    "height": 987,
}  # what print.css leaves of A4, in pixels, so that plots have their final width
_FOOT = '<div style="font-size: 8px; width: 100%; text-align: center"><span class="pageNumber"></span></div>'


def joined(pages: Sequence[Path]) -> BeautifulSoup:
    """The first page with the articles of all, each beginning a sheet; links between them lead inside the file.

    Pages lie in one folder. Anchors get their page's name in front: two chapters may both have a section "Exercises".
    """
    names = {page.name for page in pages}
    document = BeautifulSoup(pages[0].read_text(encoding="utf-8"), "html.parser")
    place = _found(document)
    articles = [_article(page, names) for page in pages]
    del articles[0]["style"]
    place.clear()
    place.extend(articles)
    return document


def print_pdf(site: Path, documents: Sequence[str], target: Path) -> None:
    """Print the pages `documents` of `site` into the file `target`.

    Raises
    ------
    FileNotFoundError : a page is missing, or there is no Chromium.
    """
    from playwright.sync_api import sync_playwright

    executable = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if executable is None:
        raise FileNotFoundError(f"none of {', '.join(CHROMIUM)} is installed")
    pages = [site / f"{document}.html" for document in documents]
    with (
        tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".html", dir=site / FOLDER) as file,
        sync_playwright() as playwright,
    ):
        file.write(str(joined(pages)))
        file.flush()
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", reduced_motion="reduce", viewport=_SHEET)
        page.set_default_timeout(0)
        page.emulate_media(media="print")
        page.goto(Path(file.name).as_uri())
        page.evaluate("MathJax.startup.promise")
        # What is folded on the screen (proofs, solutions) is to be read on paper; code stays folded.
        page.evaluate("document.querySelectorAll('details.sd-dropdown').forEach(d => d.open = true)")
        page.evaluate("document.querySelectorAll('.dropdown').forEach(d => d.classList.remove('toggle-hidden'))")
        page.evaluate("Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode(); }))")
        page.pdf(
            path=target,
            format="A4",
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=_FOOT,
            prefer_css_page_size=True,
            outline=True,
            tagged=True,
        )
        browser.close()


def _found(document: BeautifulSoup) -> Tag:
    """The article of a page."""
    (article,) = document.find_all("article", limit=1)
    return article


def _article(page: Path, names: set[str]) -> Tag:
    article = _found(BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser"))
    for element in article.find_all(id=True):
        element["id"] = _anchor(page.name, str(element["id"]))
    for link in article.find_all(href=True):
        parts = urlsplit(str(link["href"]))
        name = parts.path or page.name
        if not parts.scheme and name in names:
            link["href"] = "#" + _anchor(name, parts.fragment)
        elif not parts.scheme:
            del link["href"]  # a file of the site, which in print would be one of this machine
    article["id"] = _anchor(page.name, "")
    article["style"] = "break-before: page"
    article.name = "section"
    return article


def _anchor(page: str, name: str) -> str:
    return f"{page.removesuffix('.html')}--{name}"


def main() -> None:
    """Print the site of the book around the current folder."""
    book = Book.find()
    site = book.root / "_build" / "html"
    target = book.root / "_build" / "one-big-step.pdf"
    documents = [document for document in book.documents if document.startswith(f"{FOLDER}/")]
    print_pdf(site, [*documents, f"{FOLDER}/claims"], target)
    print(target)


if __name__ == "__main__":
    main()
