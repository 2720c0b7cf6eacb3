"""A Sphinx extension for the site: MathJax from this machine, and nothing that would ask another host.

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

    app.config.mathjax_path = f"mathjax/{MATHJAX}"
    app.connect("build-finished", vendor)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
