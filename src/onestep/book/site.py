"""A Sphinx extension for the site: MathJax from the site itself, and no button that leads nowhere.

Named in `_config.yml`, so that `onestep book` and `jupyter-book build .` both have it.
"""

from importlib.resources import files
from pathlib import Path

MATHJAX = "tex-svg-full.js"  # the one component that needs no further file: no fonts, no extensions to load


def mathjax() -> Path:
    """The MathJax script, from the package sphinx-mathjax-offline (whose name no import statement can spell)."""
    return Path(str(files("sphinx-mathjax-offline") / "static" / "mathjax" / MATHJAX))


def setup(app) -> dict:
    """Called by Sphinx."""
    from sphinx.util.fileutil import copy_asset_file

    def vendor(app, error) -> None:
        if error is None and app.builder.format == "html":
            folder = Path(app.outdir) / "_static" / "mathjax"
            folder.mkdir(parents=True, exist_ok=True)
            copy_asset_file(str(mathjax()), str(folder))

    def buttons(app, config) -> None:
        """Without a repository address there is nothing that repository, Binder and Colab buttons could open."""
        options = config.html_theme_options
        options["use_repository_button"] = bool(options.get("repository_url"))
        if not options["use_repository_button"]:
            options["launch_buttons"] = {}

    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    app.connect("config-inited", buttons)
    app.connect("build-finished", vendor)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
