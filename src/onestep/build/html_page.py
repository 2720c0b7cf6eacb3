"""An executed notebook as one HTML file that needs nothing else: for a reader's own run.

The site is built by jupyter-book. Here the text cells' MyST directives and roles are put into plain Markdown, so that
they read well without Sphinx; pictures, styles and MathJax are inside the file.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbconvert import HTMLExporter
from nbformat import NotebookNode, from_dict, v4
from pygments.formatters import HtmlFormatter

from onestep.book.explorer import with_plotly
from onestep.build.lengths import measure
from onestep.build.sphinx_extension import mathjax, strip_facts

_TEMPLATE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
<script>window.MathJax = {{tex: {{inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]]}}}};</script>
<script>{mathjax}</script>
</head><body><main>
<p class="run"><strong>{chapter}</strong>, run with {parameters}.</p>
{body}
</main></body></html>
"""
_STYLE = """
body { margin: 0; font: 1rem/1.6 system-ui, sans-serif; color: #1f2328; background: #fff; }
main { max-width: 52rem; margin: auto; padding: 1rem; }
main img, main svg { max-width: 100%; height: auto; }
pre { overflow-x: auto; padding: .6rem; background: #f6f8fa; border-radius: 4px; }
table { border-collapse: collapse; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #d0d7de; text-align: left; }
blockquote { margin: 1rem 0; padding: .1rem 1rem; border-left: 4px solid #0072b2; }
.onestep-table { overflow-x: auto; } caption { text-align: left; font-weight: 600; }
.onestep-holds { color: #116329; } .onestep-fails { color: #a40e26; font-weight: 600; }
.onestep-unclear { color: #7d4e00; font-weight: 600; } .onestep-claim { border-left: 3px solid #d0d7de; }
.onestep-claim { padding-left: .6rem; } .onestep-claim dl { margin: .2rem 0 .6rem; } .onestep-claim dt { float: left; }
.onestep-claim dt { clear: left; min-width: 9rem; font-weight: 600; } .onestep-claim dd { margin-left: 9rem; }
.onestep-statement { color: #57606a; }
.anchor-link { display: none; } .run { padding: .5rem 1rem; background: #f6f8fa; }
"""
_FENCE = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[^}]+)\}[ \t]*(?P<title>[^\n]*)\n", re.MULTILINE)
_ROLE = re.compile(r"\{(?P<name>[\w:]+)\}`(?P<text>[^`]*)`")
_BLANK = re.compile(r"""<a (?![^>]*\brel=)[^>]*\btarget=["']?_blank["']?""")  # that page would get a handle on this one
_GLUED = "application/papermill.record/text/plain"  # where myst-nb's glue puts a value
_WORDS = {"prf": "", "math": "", "exercise": "Exercise", "solution": "Solution", "dropdown": ""}


def as_html(notebook: NotebookNode, title: str) -> str:
    """The page of an executed notebook."""
    facts = notebook.metadata["onestep"]
    plain = from_dict(notebook)
    computed = Computed(measure(notebook).minutes, _glued(notebook))
    plain.cells = [part for cell in notebook.cells for part in _plain_cells(cell, computed)]
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(plain)
    chosen = ", ".join(f"{name} = {value!r}" for name, value in facts["parameters"].items())
    return _TEMPLATE.format(
        title=html.escape(title),
        style=_STYLE + HtmlFormatter().get_style_defs(".highlight"),
        mathjax=mathjax().read_text(encoding="utf-8").replace("</script", "<\\/script"),
        chapter=html.escape(facts["chapter"]),
        parameters=f"<code>{html.escape(chosen)}</code>" if chosen else "no parameters",
        body=with_plotly(_BLANK.sub(r'\g<0> rel="noopener"', body)),
    )


@dataclass(frozen=True)
class Computed:
    """What a page says that its text does not: reading time, and the values of {glue:text} as Python literals."""

    minutes: int = 1
    glued: Mapping[str, str] = field(default_factory=dict)


def plain_markdown(source: str, computed: Computed = Computed()) -> str:
    """MyST without directives and roles: boxes become quotations under their title, roles become their text."""
    while match := _FENCE.search(source):
        close = re.compile(rf"^{match['fence'][0]}{{{len(match['fence'])},}}[ \t]*$", re.MULTILINE)
        end = close.search(source, match.end())
        inside = source[match.end() : end.start() if end else len(source)]
        rest = source[end.end() :] if end else ""
        if match["name"] == "strip":
            box = plain_markdown(_strip(inside, computed.minutes), computed)
        else:
            box = _box(match["name"], match["title"].strip(), plain_markdown(inside, computed))
        source = source[: match.start()] + box + rest
    source = re.sub(r"^\(\S+\)=\n", "", source, flags=re.MULTILINE)
    return _ROLE.sub(lambda role: _role(role["name"], role["text"], computed.glued), source)


def _plain_cells(cell: NotebookNode, computed: Computed) -> list[NotebookNode]:
    """The cell with plain text; a cell that makes a figure gets its alternative text, and its caption behind it.

    What the site removes by the tags `remove-cell` and `remove-input` is not there, either.
    """
    tags = cell.metadata.get("tags", ())
    if "remove-cell" in tags:
        return []
    copy = from_dict(cell)
    if "remove-input" in tags:
        copy.metadata["transient"] = {"remove_source": True}  # what nbconvert's templates look for
    if cell.cell_type == "markdown":
        copy.source = plain_markdown(cell.source, computed)
    shown = cell.metadata.get("mystnb") or {}
    if alternative := shown.get("image", {}).get("alt"):
        for output in copy.get("outputs", ()):
            for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
                output.metadata[kind] = {**output.metadata.get(kind, {}), "alt": alternative}
    caption = shown.get("figure", {}).get("caption")
    return [copy, v4.new_markdown_cell(f"*{plain_markdown(caption, computed).strip()}*")] if caption else [copy]


def _glued(notebook: NotebookNode) -> dict[str, str]:
    """The values that `onestep.book.glue` has stored, as Python literals."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "scrapbook" in output.get("metadata", {}):
                found[output.metadata["scrapbook"]["name"]] = output.data.get(_GLUED, "")
    return found


def _literally(text: str) -> str:
    """`text` in Markdown without any meaning as HTML or Markdown."""
    return re.sub(r"[^\w ,.+±−–-]", lambda letter: f"&#{ord(letter[0])};", text)


def _strip(inside: str, minutes: int) -> str:
    options = dict(re.findall(r"^\s*:([\w-]+):[ \t]*(.*)$", inside, re.MULTILINE))
    return "\n".join(f"* **{name}**: {text}" for name, text in strip_facts(minutes, options).items()) + "\n"


def _box(name: str, title: str, inside: str) -> str:
    inside = re.sub(r"\A(?:\s*:[\w-]+:[^\n]*\n)+", "", inside).strip("\n")
    if name == "math":
        return f"$$\n{inside}\n$$"
    if name in ("code-block", "code"):
        return f"~~~{title}\n{inside}\n~~~"
    if name in ("figure", "image"):
        return f"*{inside or title}*"
    if name in ("index", "bibliography", "tableofcontents", "label", "raw"):
        return ""
    kind = name.removeprefix("prf:")
    head = {"dropdown": title, "admonition": title}.get(kind) or (kind.capitalize() + (f" ({title})" if title else ""))
    return "\n".join(f"> {line}".rstrip() for line in [f"**{head}.**", "", *inside.splitlines()])


def _role(name: str, text: str, glued: Mapping[str, str]) -> str:
    if name == "math":
        return f"${text}$"
    if name == "glue:text":
        from myst_nb.core.variables import format_plain_text

        key, _, spec = text.partition(":")
        return _literally(format_plain_text(glued[key], spec or "s")) if key in glued else f"`{key}`"
    shown = re.match(r"(.*?)\s*<[^>]*>$", text)
    return (shown[1] if shown else text) if not name.startswith("cite") else f"[{text}]"
