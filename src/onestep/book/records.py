"""The main numbers of a chapter, kept in its executed notebook so that a sweep over a chapter yields data."""

import html
from collections.abc import Iterator, Mapping

from onestep.book.average import Average
from onestep.book.displays import collect, folded, plain, publish, strict
from onestep.checks import InputError

# What goes with a recorded NAME: NAME_predicted, NAME_standard_error.
PREDICTED, STANDARD_ERROR = "_predicted", "_standard_error"
LARGEST = 1000  # entries of one recorded array; larger ones belong into files

_seen: set[str] = set()


def record(**values: object) -> None:
    """Record `name=value` pairs: numbers, texts, bools, averages, or arrays of at most `LARGEST` entries.

    An `Average` is recorded as its mean under `name`, and its standard error under `name_standard_error`.

    The page shows them in a drop-down; `read_record` reads them back from the executed notebook. Beside `name` may
    stand `name_predicted`, what theory says, and `name_standard_error`, over the draws of this run: the words of
    `claims.check`, and what `onestep plot` draws as line and bars.

    Recording a name again replaces it, as re-running a cell must; in a strict run, where no cell runs twice, it is
    refused.

    Parameters
    ----------
    **values : object
        name=value.

    Raises
    ------
    InputError
        A value of another kind, an array too large, or a name recorded twice in a strict run.

    Examples
    --------
    >>> from onestep.book import record
    >>> record(position=2.5, position_predicted=2.44)
    position = 2.5
    position_predicted = 2.44
    """
    payload = {}
    for name, value in _flat(values):
        if name in payload:
            raise InputError(name, "a second value", "one value: the Average of the same name has recorded it")
        payload[name] = plain(name, value)
        if (count := _entries(payload[name])) > LARGEST:
            raise InputError(name, f"{count} entries", f"at most {LARGEST} entries")
        if strict() and name in _seen:
            raise InputError(name, "a second value", "one value per name and run")
    if not payload:
        raise InputError("record", "nothing", "at least one name=value")
    _seen.update(payload)
    rows = [(f"<code>{html.escape(name)}</code>", html.escape(_brief(value))) for name, value in payload.items()]
    page = folded("Recorded", payload, rows)
    publish("record", payload, page=page, text="\n".join(f"{n} = {_brief(v)}" for n, v in payload.items()))


def read_record(notebook: Mapping) -> dict[str, object]:
    """The values recorded in an executed notebook; of a name recorded twice, the last."""
    values: dict[str, object] = {}
    for payload in collect(notebook, "record"):
        values.update(payload)
    return values


def _flat(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Average):
            yield name, value.mean
            yield name + STANDARD_ERROR, value.standard_error
        else:
            yield name, value


def _entries(value: object) -> int:
    return sum(map(_entries, value)) if isinstance(value, list) else 1


def _brief(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_brief(entry) for entry in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
