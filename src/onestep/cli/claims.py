"""`onestep claims`: the ledger of a book or of an edition."""

import re
from pathlib import Path

import click

from onestep.build import ledger, ledger_changes
from onestep.build.chapters import Book, is_book, is_staged
from onestep.cli.failures import Refused, reported
from onestep.cli.options import once

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a ledger from elsewhere could do to a terminal


@click.command("claims")
@click.argument("edition", metavar="[DIR]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The ledger as it is stored, with all recorded values.")
@once("--against", metavar="LEDGER", help="List what changed since this one, a file or an http(s) address.")
@click.pass_obj
@reported
def command(folder, edition, as_json, against) -> None:
    """Print the ledger of the last `onestep book`, or what changed in it since an earlier one.

    DIR is an edition's folder, or one within it; without it, the current folder is looked at, and then those above.
    """
    path = _ledger(edition or folder or Path.cwd())
    if as_json:
        click.echo(path.read_text(encoding="utf-8"), nl=False)
        return
    now = ledger_changes.load(str(path))
    before = None if against is None else ledger_changes.load(against)
    text = ledger.as_lines(now["claims"]) if before is None else ledger_changes.as_markdown(before, now)
    click.echo(_CONTROLS.sub("\ufffd", text))


def _ledger(start: Path) -> Path:
    """The ledger of the edition or of the book that holds `start`."""
    start = start.resolve()
    if start.is_file():
        return start
    for folder in (start, *start.parents):
        for path in (folder / ledger.DATA, folder / "_build" / ledger.DATA):
            if path.is_file() and (path.parent == folder or is_book(folder)):
                return path
        if is_book(folder) and not is_staged(folder):
            raise Refused(f"{folder / '_build' / ledger.DATA} is not there yet; `onestep book` makes it")
    Book.find(start)  # says that there is none
    raise Refused(f"no ledger in {start} or above")
