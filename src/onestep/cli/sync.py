"""`onestep sync`: bring pages and scripts of chapters together."""

import click

from onestep.build.chapters import Book
from onestep.build.twins import TwinsDiffer, synchronise
from onestep.cli.failures import Refused, reported


@click.command("sync")
@click.argument("names", metavar="[CHAPTER]...", nargs=-1)
@click.option("--keep", type=click.Choice(["md", "py"]), help="Whose text to keep where both were edited.")
@click.pass_obj
@reported
def command(folder, names, keep) -> None:
    """Bring NAME.md and NAME.py together: the one that was edited since the last commit wins.

    Where both were edited, nothing is written and --keep chooses.
    """
    book = Book.find(folder)
    refused = []
    for chapter in [book.named(name) for name in names] or book.chapters:
        try:
            written = synchronise(book.folder / f"{chapter.name}.md", chapter.notebook(), keep)
        except TwinsDiffer as error:
            refused.append(str(error))
        else:
            if written is not None:
                click.echo(f"{written.name} has the text of its twin now")
    if refused:
        raise Refused("\n".join(refused))
