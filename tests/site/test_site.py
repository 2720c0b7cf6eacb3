"""The built site in a real browser: every page, from disk, from a server and below a path, complete by itself."""

from pathlib import Path

import pytest
import site_checks as checks

from onestep.build.chapters import Book

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)


@pytest.fixture
def context(browser):
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture(scope="module")
def parsed():
    return checks.read(SITE)


def test_no_page_is_missing(parsed, seen):
    book = Book.find(ROOT)
    expected = {f"{document}.html" for document in book.documents} | {"index.html", "search.html", "genindex.html"}
    assert expected | {"chapters/claims.html"} <= set(PAGES), "build it first: make book"
    seen["pages"] += len(PAGES)


def test_every_link_and_every_anchor_leads_somewhere(parsed, seen):
    seen["internal links"] += sum(1 for _ in checks.internal(parsed))
    assert checks.broken(parsed) == []


def test_every_page_can_be_reached(parsed):
    front = SITE / "chapters" / "index.html"
    reached, waiting = set(), [front]
    leads = {}
    for path, _, target, _ in checks.internal(parsed):
        leads.setdefault(path.resolve(), set()).add(target)
    while waiting:
        page = waiting.pop().resolve()
        if page not in reached:
            reached.add(page)
            waiting += leads.get(page, ())
    assert [page for page in PAGES if (SITE / page).resolve() not in reached and page != "index.html"] == []


def test_the_front_door_opens(browser, bases):
    for base in bases.values():
        page = browser.new_page()
        page.goto(base + "index.html")
        page.wait_for_url("**/chapters/index.html")
        page.close()


@pytest.mark.parametrize("base", ["disk", "server", "path"])
@pytest.mark.parametrize("name", [name for name in PAGES if name != "index.html"])
def test_a_page_is_complete_by_itself(context, bases, base, name, seen):
    inside = (*checks.INSIDE, bases[base].split("/a/")[0])
    page, outside, wrong = checks.opened(context, bases[base] + name, inside)
    assert (outside, wrong) == ([], [])
    assert page.evaluate(checks.UNSET) == []
    assert page.evaluate(checks.UNSAID) == []
    assert page.evaluate(checks.UNLOADED) == []
    if base == "disk":
        seen["formulas"] += page.evaluate(checks.FORMULAS)
        seen["pictures"] += page.evaluate(checks.PICTURES)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "index.html"])
def test_a_page_fits_a_phone_and_its_formulas_a_desk(browser, bases, name):
    context = browser.new_context(viewport={"width": 380, "height": 800})
    page, *_ = checks.opened(context, bases["disk"] + name)
    found = page.evaluate(checks.TOO_WIDE)
    page.set_viewport_size({"width": 1400, "height": 1000})
    overrun = page.evaluate(checks.OVERRUN)
    context.close()
    assert (found, overrun) == ([], [])


def test_search_finds(context, bases):
    for base in bases.values():
        page, _, wrong = checks.opened(context, f"{base}search.html?q=ridge", (*checks.INSIDE, base))
        page.wait_for_selector("#search-results li a")
        assert wrong == []


def test_the_film_stands_still_for_those_who_ask(browser, bases):
    for motion, still in (("reduce", True), ("no-preference", False)):
        context = browser.new_context(reduced_motion=motion)
        page, *_ = checks.opened(context, bases["disk"] + "chapters/index.html")
        shown = page.evaluate("document.querySelector('img.onestep-film').currentSrc")
        context.close()
        assert shown.endswith(".svg#still") == still


def test_what_a_page_asks_for_elsewhere_and_gets_wrong_is_noticed(context, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text('<img alt="x" src="http://127.0.0.1:9/x.png"><script>undefined.x</script>')
    page, outside, wrong = checks.opened(context, bad.as_uri())
    assert outside == ["http://127.0.0.1:9/x.png"] and len(wrong) >= 2
    assert page.evaluate(checks.UNSAID) == outside and page.evaluate(checks.UNLOADED) == outside


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checks.UNSET, '<span class="math">\\(x\\)</span>'),
        (checks.UNSET, "<p>a sum \\(x + y\\) that nobody set</p>"),
        (checks.UNSET, "<mjx-container><mjx-merror>x</mjx-merror></mjx-container>"),
        (checks.UNSAID, '<img alt="_images/a.png" src="data:,">'),
        (checks.UNSAID, '<img src="data:,">'),
        (
            checks.OVERRUN,
            '<div class="math" id="x"><span class="eqno" style="position: absolute">1</span>'
            "<mjx-container><svg></svg></mjx-container></div>",
        ),
        (checks.TOO_WIDE, '<div style="width: 500px">wide</div>'),
        (checks.TOO_WIDE, '<div style="overflow: hidden"><div style="width: 500px">cut</div></div>'),
    ],
)
def test_a_fault_is_noticed(browser, check, text):
    page = browser.new_page(viewport={"width": 380, "height": 800})
    page.set_content(f"<article>{text}</article>")
    found = page.evaluate(check)
    page.set_content("<article><p>good</p><div style='overflow-x: auto'><p style='width: 500px'>x</p></div></article>")
    good = page.evaluate(check)
    page.close()
    assert found and good == []


def test_broken_links_and_anchors_are_noticed(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here"><a href="b.html#there">x</a><a href="#here">y</a></p>')
    (tmp_path / "b.html").write_text('<a href="a.html#gone">x</a><a href="c.html">y</a><p id="there">')
    assert checks.broken(checks.read(tmp_path)) == ["b.html: a.html#gone", "b.html: c.html"]
