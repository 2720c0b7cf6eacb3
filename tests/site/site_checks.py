"""What can be wrong with a page of the site: read from its files, and seen in a browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

INSIDE = ("file:", "data:", "blob:")


@dataclass
class Page(HTMLParser):
    """The links and the anchors of one file."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


def read(site: Path) -> dict[Path, Page]:
    """Every page of the site, parsed."""
    pages = {path: Page() for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    for path, page in pages.items():
        page.feed(path.read_text())
    return pages


def internal(pages: dict[Path, Page]) -> Iterator[tuple[Path, str, Path, str]]:
    """(page, link, file it leads to, anchor) of every link that stays in the site."""
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc:
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                yield path, link, target, unquote(parts.fragment)


def broken(pages: dict[Path, Page]) -> list[str]:
    """Links to files or anchors that do not exist."""
    known = {path.resolve(): page for path, page in pages.items()}
    wrong = []
    for path, link, target, anchor in internal(pages):
        lost = anchor and target in known and anchor not in known[target].anchors
        if not target.is_file() or lost:
            wrong.append(f"{path.name}: {link}")
    return wrong


def opened(context, url: str, inside: tuple[str, ...] = INSIDE):
    """The page at `url` when its formulas are set, with what it asked for elsewhere and what went wrong on it."""
    page = context.new_page()
    outside, wrong = [], []
    page.on("request", lambda request: request.url.startswith(inside) or outside.append(request.url))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.on("response", lambda reply: reply.status >= 400 and wrong.append(f"{reply.status}: {reply.url}"))
    page.goto(url)
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax && MathJax.startup && MathJax.startup.promise")
    return page, outside, wrong


# Formulas that were not set, or set as an error; TeX that is still text.
UNSET = r"""() => {
  const lost = [...document.querySelectorAll("span.math, div.math")].filter((e) => !e.querySelector("mjx-container"));
  const errors = [...document.querySelectorAll("mjx-merror, [data-mml-node=merror], [data-mjx-error]")];
  const words = document.createTreeWalker(document.querySelector("main, article, body"), NodeFilter.SHOW_TEXT);
  const raw = [];
  while (words.nextNode()) {
    const node = words.currentNode;
    const code = node.parentElement.closest("code, pre, script, style, mjx-container");
    if (/\\\(|\\\[|\\begin\{|\$\$/.test(node.data) && !code) raw.push(node);
  }
  return [...lost, ...errors, ...raw].map((e) => e.textContent.trim());
}"""
FORMULAS = "document.querySelectorAll('mjx-container').length"
# Pictures without words: no alternative text, or a path in its place.
UNSAID = r"""() => [...document.images].map((i) => [i.alt.trim(), i.src])
  .filter(([alt]) => alt.length < 4 || /_images\/|\.(png|svg)$/.test(alt)).map(([, src]) => src)"""
PICTURES = "document.images.length"
UNLOADED = "() => [...document.images].filter((i) => !i.complete || !i.naturalWidth).map((i) => i.src)"
# What sticks out of a narrow window without a box of its own to scroll in; and whether the page itself scrolls.
TOO_WIDE = r"""() => {
  const wide = document.documentElement.clientWidth + 1;
  const boxed = (e) => {
    for (let p = e; p && p !== document.body; p = p.parentElement)
      if (/auto|scroll/.test(getComputedStyle(p).overflowX) && p.getBoundingClientRect().right <= wide) return true;
    return false;
  };
  const out = [...document.querySelectorAll("article *, .bd-footer-article *")].filter(
    (e) => e.checkVisibility() && !e.closest("mjx-assistive-mml") && e.getBoundingClientRect().width > 0
      && e.getBoundingClientRect().right > wide && !boxed(e.parentElement) && !boxed(e));
  const page = document.documentElement.scrollWidth;
  const name = (e) => `${e.tagName}.${e.className.baseVal ?? e.className}: ${e.textContent.trim().slice(0, 60)}`;
  return [...(page > wide ? [`the page is ${page} wide`] : []), ...out.slice(0, 5).map(name)];
}"""
# Formulas that run under their own number.
OVERRUN = r"""() => [...document.querySelectorAll("div.math")].filter((e) => {
  const [number, formula] = [e.querySelector(".eqno"), e.querySelector("mjx-container svg")];
  if (!number || !formula || !e.checkVisibility()) return false;
  const [a, b] = [number.getBoundingClientRect(), formula.getBoundingClientRect()];
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}).map((e) => e.id)"""
