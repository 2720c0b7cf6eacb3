"""A Sphinx extension for the site: directives and a role of the book, and no script or button to another host.

Named in `_config.yml`, so that `onestep book` and `jupyter-book build .` both have it.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from onestep.build import phone_figures
from onestep.build.address import address
from onestep.build.lengths import measure

MATHJAX = "tex-svg-full.js"  # the one component that needs no further file: no fonts, no extensions to load
STRIP = {"level": "Level", "needs": "You need"}  # options of the directive {strip}, and how they are called
FILM = "onestep-film"  # the class of a picture that moves; see `figures.opening.Film`
_FILM = rf'<img (?=[^>]*\bclass="[^"]*{FILM})[^>]*\bsrc="([^"]+)"[^>]*>'
_PICTURE = r'<picture><source media="print, (prefers-reduced-motion: reduce)" srcset="\1#still">\g<0></picture>'


def mathjax() -> Path:
    """The MathJax script, from the package sphinx-mathjax-offline (whose name no import statement can spell)."""
    return Path(str(files("sphinx-mathjax-offline") / "static" / "mathjax" / MATHJAX))


def plotly() -> Path:
    """Plotly's script, which only the explorer loads."""
    return Path(str(files("plotly") / "package_data" / "plotly.min.js"))


def reading_time(source: Path) -> int:
    """Minutes that the open text of a page takes, a notebook or Markdown."""
    import jupytext

    text = source.read_text(encoding="utf-8")
    return measure(jupytext.reads(text, fmt="ipynb" if source.suffix == ".ipynb" else "md:myst")).minutes


def strip_facts(minutes: int, options: Mapping[str, str]) -> dict[str, str]:
    """What a {strip} with these options says: name -> text."""
    time = {"Reading time": f"{minutes} minute{'s' * (minutes != 1)}"}
    return time | {name: options[key] for key, name in STRIP.items() if key in options}


def _strip():
    """The directive {strip}: reading time, level and what a reader needs, in one line under a chapter's result."""
    from docutils import nodes
    from docutils.parsers.rst import directives
    from sphinx.util.docutils import SphinxDirective

    class Strip(SphinxDirective):
        option_spec = {"level": directives.unchanged_required, "needs": directives.unchanged_required}  # noqa: RUF012

        def run(self) -> list[nodes.Node]:
            source = Path(self.env.doc2path(self.env.docname))
            facts = strip_facts(reading_time(source), self.options)
            strip = nodes.bullet_list(classes=["onestep-strip"])
            for name, text in facts.items():
                inline, messages = self.state.inline_text(text, self.lineno)
                paragraph = nodes.paragraph("", "", nodes.strong(name, name), nodes.Text(": "), *inline, *messages)
                strip += nodes.list_item("", paragraph)
            return [strip]

    return Strip


def _minutes(name, rawtext, text, lineno, inliner, options=None, content=None):
    """The role {minutes}: how many minutes another page takes to read."""
    from docutils import nodes

    env = inliner.document.settings.env
    source = Path(env.doc2path(str(Path(env.docname).parent / text)))
    if not source.is_file():
        message = inliner.reporter.error(f"{{minutes}}`{text}`: no such page, {source.name} is missing", line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    env.note_dependency(str(source))
    return [nodes.Text(str(reading_time(source)))], []


def _results(app) -> None:
    """The box {prf:result}, for what is derived at the level of physics; it is counted with the theorems."""
    from sphinx_proof import directive

    class Result(directive.ElementDirective):
        name = "result"

    app.setup_extension("sphinx_proof")
    directive.DEFAULT_REALTYP_TO_COUNTERTYP["result"] = "theorem"
    app.add_directive_to_domain("prf", "result", Result, override=True)


def setup(app) -> dict:
    """Called by Sphinx."""
    from sphinx.util.fileutil import copy_asset_file

    def vendor(app, error) -> None:
        if error is None and app.builder.format == "html":
            # Not from the book's own _static, every script of which the theme would load on every page.
            for name, script in {"mathjax": mathjax(), "plotly": plotly()}.items():
                folder = Path(app.outdir) / "_static" / name
                folder.mkdir(parents=True, exist_ok=True)
                copy_asset_file(str(script), str(folder))

    def buttons(app, config) -> None:
        """Without a repository address there is nothing that repository, Binder and Colab buttons could open."""
        options = config.html_theme_options
        options["repository_url"] = options.get("repository_url") or address(Path(app.confdir))
        options["use_repository_button"] = bool(options.get("repository_url"))
        if not options["use_repository_button"]:
            options["launch_buttons"] = {}

    def pictures(app, name, template, context, doctree) -> None:
        """A film gets a still picture, for print and for readers who asked for less motion; a figure a narrow one."""
        if "body" in context:
            sources = {file: Path(app.srcdir) / path for path, file in app.builder.images.items()}
            body = re.sub(_FILM, _PICTURE, context["body"])
            context["body"] = phone_figures.with_sources(body, sources.get)

    def split(app, error) -> None:
        if error is None and app.builder.format == "html":
            phone_figures.split(Path(app.outdir) / "_images")

    app.add_directive("strip", _strip())
    app.add_role("minutes", _minutes)
    _results(app)
    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    app.connect("config-inited", buttons)
    app.connect("html-page-context", pictures)
    app.connect("build-finished", vendor)
    app.connect("build-finished", split)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
