"""The built site in a real browser: every page, opened from disk, complete by itself."""

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser, url: str):
    """The page at `url` when its formulas are set, with what it asked for elsewhere and what went wrong on it."""
    page = browser.new_page()
    outside, wrong = [], []
    page.on(
        "request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or outside.append(request.url)
    )
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.goto(url)
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
    return page, outside, wrong


def test_there_is_a_site():
    assert {"index.html", "search.html"} <= set(PAGES), "build it first: make book"
    assert CHROMIUM is not None


def test_the_front_door_opens(browser):
    page = browser.new_page()
    page.goto((SITE / "index.html").as_uri())
    page.wait_for_url("**/chapters/index.html")
    page.close()


@pytest.mark.parametrize("name", [name for name in PAGES if name != "index.html"])
def test_a_page_is_complete_by_itself(browser, name):
    page, outside, wrong = opened(browser, (SITE / name).as_uri())
    try:
        assert outside == [] and wrong == []
        formulas = page.evaluate("document.querySelectorAll('span.math, div.math').length")
        assert page.evaluate("document.querySelectorAll('mjx-container').length") >= formulas
        assert (
            page.evaluate("[...document.querySelectorAll('mjx-merror, [data-mjx-error]')].map(e => e.textContent)")
            == []
        )
        bare = "[...document.images].filter(i => !i.alt.trim() || i.alt.includes('_images/')).map(i => i.src)"
        assert page.evaluate(bare) == []
    finally:
        page.close()


def test_what_a_page_asks_for_elsewhere_and_gets_wrong_is_noticed(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text('<img alt="x" src="http://127.0.0.1:9/x.png"><script>undefined.x</script>')
    page, outside, wrong = opened(browser, bad.as_uri())
    page.close()
    assert outside == ["http://127.0.0.1:9/x.png"] and len(wrong) >= 2
