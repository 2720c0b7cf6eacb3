"""`onestep table`: the runs of a sweep as data."""

from pathlib import Path

import click
import pandas as pd

from onestep.build.chapters import Book, BookError
from onestep.cli.failures import Refused, reported
from onestep.sweep import results

stale_option = click.option(
    "--stale", is_flag=True, help="Also runs of an earlier version of the chapter, its code or its data."
)


@click.command("table")
@click.argument("runs", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@stale_option
@click.pass_obj
@reported
def command(folder, runs: Path, stale: bool) -> None:
    """Gather the runs in DIR into DIR/table.csv and DIR/table.parquet.

    A row for each run: parameters, recorded values, claims, run time, versions. Runs that do not belong to the present
    chapter, its code and its data are left out.
    """
    found = runs_in(folder, runs, stale)
    for path in (runs / "table.csv", runs / "table.parquet"):
        results.save(found, path)
        click.echo(path)
    click.echo(f"{len(found)} runs, {len(found.columns)} columns")


def runs_in(book_folder: Path | None, folder: Path, stale: bool) -> pd.DataFrame:
    """The table of the runs in `folder` that the book would make today; of all runs with `stale`."""
    if not any(folder.glob("*.ipynb")):
        raise Refused(f"{folder} has no runs; `onestep sweep` puts them there")
    try:
        book = Book.find(book_folder)
    except BookError as error:
        if not stale:
            raise Refused(
                f"which runs are of the present chapter, the book tells: {error}; or --stale for all"
            ) from None
        book = None
    table, unreadable = results.collect(folder, book)
    for path in unreadable:
        click.echo(f"{path} is damaged and left out; the sweep that made it makes it again", err=True)
    if not len(table):
        raise Refused(f"{folder} has no readable runs; `onestep sweep` puts them there")
    if stale:
        return table
    present = results.of_the_present(table)
    if left_out := len(table) - len(present):
        words = "run belongs" if left_out == 1 else "runs belong"
        click.echo(
            f"left out: {left_out} {words} to an earlier version of the chapter, its code or its data; "
            "--stale takes them, too",
            err=True,
        )
    if not len(present):
        raise Refused(f"{folder} has no runs of the present chapter; the same `onestep sweep` makes them")
    return present
