"""A folder of runs as one tidy table: a row for each run, read from the executed notebooks themselves."""

import hashlib
import io
import json
import numbers
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from nbformat import NotebookNode
from pyarrow import ArrowException

from onestep.book.claims import FAILS, TOO_FEW, read_claims
from onestep.book.provenance import read_provenance
from onestep.book.records import read_record
from onestep.build import files
from onestep.build.cache import read
from onestep.build.chapters import Book, BookError
from onestep.build.job import Job
from onestep.build.parameters import ParameterError

_NOT_FINITE = ("nan", "inf", "-inf")  # the words that stand for them in a notebook


def collect(folder: Path, book: Book | None = None) -> tuple[pd.DataFrame, list[Path]]:
    """The table of the runs in `folder`, oldest first, and the files there that are no readable run.

    Columns: `chapter`; the parameters; the recorded values; `claims`, `claims_held`, and the statements of those that
    fail, `claims_failed`, and of those with too few draws to tell, `claims_unclear`; `seconds`, `finished`,
    `version_...`, `source` (hash of the package), `key` (of the run). A recorded value that has the name of another
    column is called `recorded_NAME`. A parameter that is a list is written as text. `chapter_version` is a hash of the
    chapter's code; with a `book`, `present` says whether its chapter, its code and its data would give this run today.
    """
    parameters: dict[str, None] = {}
    rows, unreadable = [], []
    judge = None if book is None else _judge(book)
    for path in sorted(folder.glob("*.ipynb")):
        notebook = read(path)
        if notebook is None:
            unreadable.append(path)
            continue
        try:
            new = row(notebook, judge)
            json.dumps(new, ensure_ascii=False).encode()
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):  # sealed, but by no run
            unreadable.append(path)
            continue
        rows.append(new)
        parameters |= dict.fromkeys(notebook.metadata["onestep"]["parameters"])
    table = pd.DataFrame(rows)
    if len(table):
        table = table.sort_values("finished", kind="stable", ignore_index=True, key=lambda column: column.astype(str))
        table = table.apply(_of_one_type).convert_dtypes()
    table.attrs["parameters"] = list(parameters)
    return table, unreadable


def of_the_present(table: pd.DataFrame) -> pd.DataFrame:
    """The runs that are `present`, without that column."""
    chosen = table[table["present"].astype(bool)].drop(columns="present").reset_index(drop=True)
    chosen.attrs = table.attrs | {"of_the_present": True}
    return chosen


def row(notebook: NotebookNode, judge: Callable[[Mapping], bool] | None = None) -> dict[str, object]:
    """The row of one executed notebook; `judge` says of its facts whether the book would make it today."""
    facts, stamp, claims = notebook.metadata["onestep"], read_provenance(notebook) or {}, read_claims(notebook)
    values = {name: _text(value) for name, value in facts["parameters"].items()}
    run = {
        "claims": len(claims),
        "claims_held": sum(claim.holds for claim in claims),
        "claims_failed": "; ".join(claim.statement for claim in claims if claim.verdict == FAILS),
        "claims_unclear": "; ".join(claim.statement for claim in claims if claim.verdict == TOO_FEW),
        "seconds": facts["seconds"],
        "finished": stamp.get("finished"),
        **{f"version_{name}": version for name, version in stamp.get("versions", {}).items()},
        "source": stamp.get("source"),
        "chapter_version": _version(notebook),
        **({} if judge is None else {"present": judge(facts)}),
        "key": facts["key"],
    }
    taken = {"chapter", *values, *run}
    results = {f"recorded_{k}" if k in taken else k: _number(v) for k, v in read_record(notebook).items()}
    return {"chapter": facts["chapter"], **values, **results, **run}


def save(table: pd.DataFrame, path: Path) -> None:
    """Write `table` to `path`, as CSV (lists as JSON) or Parquet by its ending; the file is complete or absent."""
    buffer = io.BytesIO()
    if path.suffix == ".csv":
        table.map(_text).to_csv(buffer, index=False)
    else:
        try:
            table.to_parquet(buffer, index=False)
        except (ArrowException, TypeError, ValueError, OverflowError):  # lists of mixed types, for which it has none
            buffer = io.BytesIO()
            table.map(_text).to_parquet(buffer, index=False)
    files.write_bytes(path, buffer.getvalue())


def _judge(book: Book) -> Callable[[Mapping], bool]:
    """Whether a run with these facts has the key that the book's chapter, code and data give it today."""

    def present(facts: Mapping) -> bool:
        try:
            options = {"data": book.data_hashes, "strict": facts.get("strict", False)}
            return Job.make(book.named(facts["chapter"]), facts["overrides"], **options).key == facts["key"]
        except (KeyError, TypeError, AttributeError, BookError, ParameterError):  # a chapter or a parameter is gone
            return False

    return present


def _version(notebook: NotebookNode) -> str:
    """A hash of the chapter's code as it was run, without the parameters that were put in."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [c.source for c in cells if "injected-parameters" not in c.metadata.get("tags", ())]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:12]


def _text(value: object) -> object:
    """Lists, and integers beyond 64 bits, as texts."""
    large = isinstance(value, int) and not -(2**63) <= value < 2**63
    return json.dumps(value) if large or isinstance(value, list | dict) else value


def _number(value: object) -> object:
    if isinstance(value, list):
        return [_number(entry) for entry in value]
    return float(value) if isinstance(value, str) and value in _NOT_FINITE else _text(value)


def _of_one_type(column: pd.Series) -> pd.Series:
    """The column as it is, or as texts when its runs disagree on its type, which a Parquet column may not."""
    kinds = {_kind(value) for value in column if isinstance(value, list) or not pd.isna(value)}
    return column if len(kinds) <= 1 else column.map(lambda value: value if _kind(value) is str else json.dumps(value))


def _kind(value: object) -> type:
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float
    return type(value)
