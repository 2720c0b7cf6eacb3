"""Numbers in sentences and in tables, so that prose stands in Markdown cells and not in f-strings."""

import html
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from onestep.book import displays
from onestep.book.average import Average
from onestep.book.records import STANDARD_ERROR
from onestep.checks import InputError

_glued: set[str] = set()


def glue(**values: object) -> None:
    """Give names to numbers of this run, for sentences: {glue:text}`kappa:.3f` in a Markdown cell prints one.

    The cell has the tag `remove-cell`: pages leave it out, and a notebook shows the numbers under it. An `Average`
    gives two, NAME and NAME_standard_error; a list or vector gives NAME_0, NAME_1, ...

    Parameters
    ----------
    **values : object
        name=value; finite or not, numbers, short texts, averages, or sequences of them.

    Raises
    ------
    InputError
        Nothing, a value of another kind, or a name glued twice in a strict run.

    Examples
    --------
    >>> from onestep.book import glue
    >>> glue(kappa=0.125, steps=[1, 2])
    kappa = 0.125
    steps_0 = 1
    steps_1 = 2
    """
    flat = dict(pair for name, value in values.items() for pair in _named(name, value))
    if not flat:
        raise InputError("glue", "nothing", "at least one name=value")
    if displays.strict() and (twice := sorted(_glued & flat.keys())):
        raise InputError(twice[0], "a second value", "one value per name and run")
    _glued.update(flat)
    rows = [(f"<code>{html.escape(name)}</code>", html.escape(str(value))) for name, value in flat.items()]
    page = displays.folded("Numbers of the text", flat, rows)
    displays.show(page=page, text="\n".join(f"{name} = {value}" for name, value in flat.items()))
    if displays.in_notebook():
        from myst_nb import glue as store

        for name, value in flat.items():
            store(name, value, display=False)


def markdown_table(rows: Iterable[Sequence[object]], head: Sequence[str], *, number: str = ".3g"):
    """A Markdown table, to end a cell with: texts as they are (formulas, links), numbers in the format `number`.

    A number is right-aligned; an `Average` is written with its standard error, in two digits of that; None is a dash.

    Parameters
    ----------
    rows : iterable of sequences
        Of cells, as many in each as in `head`.
    head : sequence of str
        Titles of the columns.
    number : str
        Format of numbers, as in f-strings.

    Returns
    -------
    IPython.display.Markdown
        The table.

    Raises
    ------
    InputError
        No row, a row of another length, or a cell of another kind.

    Examples
    --------
    >>> from onestep.book import markdown_table
    >>> print(markdown_table([("first", 1.25), ("second", None)], head=("spike", "position")).data)
    | spike | position |
    | :--- | ---: |
    | first | 1.25 |
    | second | — |
    """
    from IPython.display import Markdown

    rows = [tuple(row) for row in rows]
    if not rows:
        raise InputError("rows", rows, "at least one row")
    for row in rows:
        if len(row) != len(head):
            raise InputError("rows", row, f"rows of {len(head)} cells, as the head has")
    right = [all(not isinstance(row[k], str) for row in rows) for k in range(len(head))]
    lines = [[_cell(name, number) for name in head], ["---:" if each else ":---" for each in right]]
    lines += [[_cell(cell, number) for cell in row] for row in rows]
    return Markdown("\n".join("| " + " | ".join(line) + " |" for line in lines))


def _named(name: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Average):
        yield from _named(name, value.mean)
        yield from _named(name + STANDARD_ERROR, value.standard_error)
    elif isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        displays.plain(name, value)  # refuses what is nested without end
        for k, entry in enumerate(value):
            yield from _named(f"{name}_{k}", entry)
    elif value is None:
        raise InputError(name, value, "a number, a text, an Average, or a sequence of them")
    else:
        yield name, displays.plain(name, value)


def _cell(value: object, number: str) -> str:
    if value is None:
        return "—"
    if isinstance(value, str):
        return value.replace("|", "\\|").replace("\n", " ")
    if isinstance(value, Average):
        return format(value, "")
    entry = displays.plain("rows", value)
    if entry is None or isinstance(entry, bool | list):
        raise InputError("rows", entry, "texts, numbers, averages and None")
    return format(float(entry), number) if not isinstance(entry, int) else str(entry)
