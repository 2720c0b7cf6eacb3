"""`onestep plot`: a recorded value of the runs of a sweep as a figure."""

import io
from pathlib import Path

import click

from onestep.book.figures import curves
from onestep.book.figures.style import BookFigure
from onestep.build import files
from onestep.build.job import NO_DATE
from onestep.cli.failures import Refused, reported
from onestep.cli.options import once, unique
from onestep.cli.table import runs_in, stale_option
from onestep.sweep import plots


@click.command("plot")
@click.argument("runs", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@once("-x", required=True, help="Column of the horizontal axis.")
@once("-y", required=True, help="Recorded value; of a list, NAME[0].")
@once("--hue", help="Column with one curve for each of its values.")
@click.option("--where", "where", nargs=2, multiple=True, metavar="NAME VALUE", help="Only runs with this value.")
@stale_option
@click.option("--log-x", is_flag=True, help="Logarithmic horizontal axis.")
@click.option("--log-y", is_flag=True, help="Logarithmic vertical axis.")
@once("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A .svg, .png or .pdf file.")
@click.option("--force", is_flag=True, help="Replace the file -o that is there.")
@click.pass_obj
@reported
def command(folder, runs, x, y, hue, where, stale, log_x, log_y, output, force) -> None:
    """Draw a recorded value of the runs in DIR, averaged over seeds, and its prediction where one is recorded.

    Runs that do not belong to the present chapter, its code and its data are left out.
    """
    path = output or runs / f"{y}-{x}.svg"
    if path.suffix not in (".svg", ".png", ".pdf"):
        raise Refused(f"{path}: a figure is a .svg, .png or .pdf file")
    if output is not None and path.exists() and not force:
        raise Refused(f"{path} exists; choose another -o, or --force to replace it")
    chosen = plots.chosen(runs_in(folder, runs, stale), unique(where, "--where"))
    xscale, yscale = ("log" if log else "linear" for log in (log_x, log_y))
    drawn = plots.curves(chosen, x, y, hue)
    figure = curves.comparison(drawn, plots.in_figure(x), plots.in_figure(y), xscale=xscale, yscale=yscale)
    files.write_bytes(path, _as_file(figure, path.suffix[1:]))
    click.echo(path)


def _as_file(figure: BookFigure, image: str) -> bytes:
    """The same runs give the same bytes."""
    if image == "svg":
        return figure.svg().encode()
    figure.savefig(buffer := io.BytesIO(), format=image, metadata=NO_DATE[image])
    return buffer.getvalue()
