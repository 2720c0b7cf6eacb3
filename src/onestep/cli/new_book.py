"""`onestep new-book`: a copy of the book, to run and to change."""

from pathlib import Path

import click

from onestep.build import carried
from onestep.cli.failures import reported


@click.command("new-book")
@click.argument("target", metavar="FOLDER", type=click.Path(path_type=Path))
@reported
def command(target) -> None:
    """Copy the book that came with this package into FOLDER, which is made."""
    made = carried.copy_to(target)
    size = sum(path.stat().st_size for path in made) / 2**20
    click.echo(f"{len(made)} files, {size:.1f} MiB. A first try: onestep --book {target} run setup --preset small")
    click.echo(target)
