"""A Sphinx extension for the site: MathJax and Plotly from the site itself, and no button that leads nowhere.

Named in `_config.yml`, so that `onestep book` and `jupyter-book build .` both have it.
"""

import re
from importlib.resources import files
from pathlib import Path

MATHJAX = "tex-svg-full.js"  # the one component that needs no further file: no fonts, no extensions to load
FILM = "onestep-film"  # the class of a picture that moves; see `figures.opening.Film`
_FILM = rf'<img (?=[^>]*\bclass="[^"]*{FILM})[^>]*\bsrc="([^"]+)"[^>]*>'
_PICTURE = r'<picture><source media="print, (prefers-reduced-motion: reduce)" srcset="\1#still">\g<0></picture>'


def mathjax() -> Path:
    """The MathJax script, from the package sphinx-mathjax-offline (whose name no import statement can spell)."""
    return Path(str(files("sphinx-mathjax-offline") / "static" / "mathjax" / MATHJAX))


def plotly() -> Path:
    """Plotly's script, which only the explorer loads."""
    return Path(str(files("plotly") / "package_data" / "plotly.min.js"))


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
        options["use_repository_button"] = bool(options.get("repository_url"))
        if not options["use_repository_button"]:
            options["launch_buttons"] = {}

    def stills(app, name, template, context, doctree) -> None:
        """A film's picture gets a still one for print and for readers who asked for less motion."""
        if "body" in context:
            context["body"] = re.sub(_FILM, _PICTURE, context["body"])

    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    app.connect("config-inited", buttons)
    app.connect("html-page-context", stills)
    app.connect("build-finished", vendor)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
