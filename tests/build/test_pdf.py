"""The book in one piece: anchors keep apart, links between its pages lead inside, those to other places stay."""

import pytest

from onestep.build.pdf import joined, print_pdf

PAGE = '<html><head><title>x</title></head><body><nav>menu</nav><article class="bd-article">{}</article></body></html>'


@pytest.fixture
def pages(tmp_path):
    texts = {
        "a": '<h1 id="claims">A</h1><a href="b.html#claims">1</a><a href="#claims">2</a><a href="../x.html">3</a>',
        "b": '<h1 id="claims">B</h1><a href="a.html">4</a><a href="https://example.org/a.html#claims">5</a>',
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.html").write_text(PAGE.format(text))
    return [tmp_path / "a.html", tmp_path / "b.html"]


def test_all_articles_are_there_in_order_and_every_anchor_once(pages):
    whole = joined(pages)
    assert [heading.text for heading in whole.find_all("h1")] == ["A", "B"]
    anchors = [element["id"] for element in whole.find_all(id=True)]
    assert len(anchors) == len(set(anchors)) == 4
    assert whole.find("nav").text == "menu" and len(whole.find_all("title")) == 1


def test_links_lead_to_anchors_that_exist(pages):
    whole = joined(pages)
    links = {link.text: link.get("href") for link in whole.find_all("a")}
    assert links == {
        "1": "#b--claims",
        "2": "#a--claims",
        "3": None,  # a file of the site, which the paper does not have
        "4": "#a--",
        "5": "https://example.org/a.html#claims",
    }
    anchors = {element["id"] for element in whole.find_all(id=True)}
    assert {link[1:] for link in links.values() if link and link.startswith("#")} <= anchors


def test_without_a_browser_it_says_what_is_missing(pages, monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(FileNotFoundError, match="chromium"):
        print_pdf(tmp_path, ["a"], tmp_path / "a.pdf")
