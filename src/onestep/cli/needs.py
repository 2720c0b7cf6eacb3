"""What each command needs beside the library, known before it starts: a plain install has little of it."""

from importlib.metadata import version
from importlib.util import find_spec

_CHAPTERS = ("yaml", "nbformat", "jupytext")
_RUN = (*_CHAPTERS, "papermill", "ipykernel", "IPython", "matplotlib", "threadpoolctl", "tqdm", "filelock")
_PAGE = ("nbconvert", "pygments", "sphinx", "sphinx-mathjax-offline", "plotly")
_SITE = ("jupyter_book", "sphinx_proof", "sphinx_exercise", "sphinxcontrib.bibtex")
_TABLE = ("pandas", "pyarrow", "matplotlib")
NEEDS = {
    "book": ("book", (*_RUN, *_PAGE, *_SITE)),
    "calibrate": ("book", _RUN),
    "chapters": ("book", _CHAPTERS),
    "claims": ("book", _CHAPTERS),
    "new-book": ("book", _CHAPTERS),
    "plot": ("sweep", (*_CHAPTERS, *_TABLE)),
    "run": ("book", (*_RUN, *_PAGE)),
    "sweep": ("book", _RUN),
    "sync": ("book", _CHAPTERS),
    "table": ("sweep", (*_CHAPTERS, *_TABLE)),
}


def missing(command: str) -> str | None:
    """Which packages of `command` are not installed, and how to install them; None if all are there."""
    extra, modules = NEEDS[command]
    if lacking := [name for name in modules if not _installed(name)]:
        return f"`onestep {command}` needs {', '.join(lacking)}: pip install 'onestep[{extra}]'"
    if "jupyter_book" in modules and (found := version("jupyter-book")).split(".")[0] != "1":
        return (
            f"`onestep {command}` needs jupyter-book 1, and {found} is another program: pip install 'onestep[{extra}]'"
        )
    return None


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
