"""`onestep chapters`: what there is to run."""

import click

from onestep.build import lengths
from onestep.build.chapters import Book, BookError
from onestep.build.parameters import listing
from onestep.cli.failures import reported


@click.command("chapters")
@click.argument("names", metavar="[CHAPTER]...", nargs=-1)
@click.option("--lengths", "how_long", is_flag=True, help="Instead: words, lines of code, figures, reading time.")
@click.pass_obj
@reported
def command(folder, names, how_long) -> None:
    """List the chapters with their parameters: default, type, meaning; their conditions, figures and presets."""
    book = Book.find(folder)
    notes, chapters = [], [book.named(name) for name in names] or book.chapters
    if how_long:
        click.echo(lengths.as_table((chapter.name, lengths.measure(chapter.notebook())) for chapter in chapters))
        return
    for chapter in chapters:
        click.echo(f"{chapter.name}: {chapter.title}\n{listing(chapter.parameters)}")
        for condition in chapter.conditions:
            click.echo(f"  condition: {condition.text}")
        for word, found in (("figures", chapter.figures), ("presets", book.presets(chapter.name))):
            if found:
                click.echo(f"  {word}: {', '.join(found)}")
        click.echo()
        try:
            book.ensure_one_text(chapter)
        except BookError as error:
            notes.append(str(error))
    for note in notes:
        click.echo(f"note: {note}", err=True)
