"""Outputs that people and programs can both read.

What a chapter says about itself (claims, recorded numbers, provenance) is one display with three faces: HTML for the
page, text for a terminal, and JSON under a media type of the book's own. An executed notebook is therefore its own
record: nothing is kept beside it that could get lost or disagree with it.
"""

import html
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from onestep.checks import InputError

STRICT = "ONESTEP_STRICT"  # set to 1 by a strict run, where a claim that fails stops the build
CHAPTER = "ONESTEP_CHAPTER"  # set by the runner to the name of the chapter being executed


def strict() -> bool:
    """Whether this is a strict run (the published book, continuous integration)."""
    return os.environ.get(STRICT, "") == "1"


def media_type(kind: str) -> str:
    """The media type under which `kind` ("claims", "record", "provenance") is stored in a notebook's outputs."""
    return f"application/vnd.onestep.{kind}+json"


def show(*, page: str, text: str) -> None:
    """Display `page` (HTML) or `text`, whichever the place can show."""
    _display({"text/html": page}, text)


def publish(kind: str, payload: object, *, page: str, text: str) -> None:
    """`show`, and store `payload` (plain JSON) with it."""
    _display({media_type(kind): payload, "text/html": page}, text)


def in_notebook() -> bool:
    """Whether a kernel shows what is displayed; otherwise the chapter's .py runs as a script."""
    from IPython import get_ipython

    return get_ipython() is not None


def _display(faces: dict, text: str) -> None:
    from IPython.display import display

    if not in_notebook():
        print(text)
        return
    display(faces | {"text/plain": text}, raw=True)


def collect(notebook: Mapping, kind: str) -> Iterator[Any]:
    """Every payload of `kind` in an executed notebook (a NotebookNode or the parsed JSON), in order of appearance."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(media_type(kind))
            if payload is not None:
                yield payload


def latest(notebook: Mapping, kind: str, default: Any = None) -> Any:
    """The last payload of `kind` in an executed notebook, which is the one that counts; `default` if there is none."""
    return next(reversed(list(collect(notebook, kind))), default)


def _text(value: str) -> bool:
    """Whether a text can be written to a file: a lone surrogate cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def plain(name: str, value: object, depth: int = 0) -> Any:
    """`value` as strict JSON: NumPy types unwrapped; nan, inf and -inf, which JSON lacks, as these words.

    `float()` reads the words back. Raises InputError for what is neither number, text, bool, None nor a list of them.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    small = not isinstance(value, int) or abs(value) < 10**4000  # Python writes no integer of more than 4300 digits
    if value is None or (isinstance(value, bool | int | float) and small) or (isinstance(value, str) and _text(value)):
        return value
    if isinstance(value, list | tuple) and depth < 32:
        return [plain(name, entry, depth + 1) for entry in value]
    raise InputError(name, value, "a number, a text, a bool, None, or an array or list of them")


def folded(title: str, names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A drop-down titled by `title` and `names`, with a table of `rows`, cells given as HTML."""
    head = html.escape(f"{title}: {', '.join(names)}")
    return f'<details class="onestep-record"><summary>{head}</summary>{table(rows, caption=title)}</details>'


def table(rows: Iterable[Iterable[str]], *, head: Iterable[str] | None = None, caption: str) -> str:
    """An HTML table, cells given as HTML; the first cell of each row is its header."""
    lines = [f"<table><caption>{html.escape(caption)}</caption>"]
    if head is not None:
        lines.append("<thead><tr>" + "".join(f'<th scope="col">{cell}</th>' for cell in head) + "</tr></thead>")
    lines.append("<tbody>")
    for first, *rest in rows:
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    # A wide table scrolls inside its own box, reachable by keyboard, so that the page itself never does.
    box = f'<div class="onestep-table" role="region" aria-label="{html.escape(caption, quote=True)}" tabindex="0">'
    return f"{box}{''.join(lines)}</tbody></table></div>"
