"""`onestep book`: the whole book, or an edition with other parameters."""

from collections.abc import Iterable
from pathlib import Path

import click

from onestep.build import site
from onestep.build.chapters import Book
from onestep.build.parameters import ParameterError, from_text
from onestep.checks import brief_repr
from onestep.cli.failures import reported
from onestep.cli.memory import ensure_memory
from onestep.cli.options import Command, from_file, given, once, parameters, quiet, time_limit


@click.command("book", cls=Command)
@parameters
@click.option("--strict", is_flag=True, help="A claim that fails stops the build.")
@once("--jobs", "processes", type=click.IntRange(min=1), help="Chapters at a time; default: one per core.")
@once("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Default: _build.")
@click.option("--only", multiple=True, metavar="CHAPTER", help="Execute no other chapter; repeatable.")
@time_limit
@quiet
@click.pass_obj
@reported
def command(folder, pairs, paths, presets, strict, processes, output, only, time_limit, quietly) -> None:
    """Build the whole book; with -p, -f or --preset, an edition of your own in a folder of its own.

    NAME may be CHAPTER.NAME for one chapter only. A preset holds for the chapters that have one of that name.
    """
    book = Book.find(folder)
    own = given((), paths, pairs, from_text)
    values = {n: v for n, v in _presets(book, presets).items() if n.partition(".")[2] not in own} | own
    jobs = site.jobs(book, values, strict=strict)
    for job in jobs:
        ensure_memory(job)
    if output is None:
        hashed = "-".join(job.key[:4] for job in jobs if job.parameters)[:40]
        edition = "" if not values else "edition-" + (hashed if own else "-".join(presets))
        output = book.root / "_build" / edition
    chosen = {book.chapter(name).name for name in only} or None
    options = {"processes": processes, "time_limit": time_limit, "only": chosen, "quietly": quietly}
    built = site.build(book, jobs, output, **options)
    held = sum(entry["verdict"] == "holds" for entry in built.claims)
    click.echo(f"{built.executed} chapters executed, {built.reused} reused; {held} of {len(built.claims)} claims hold")
    if built.outdated:
        click.echo(f"not executed since their last change: {', '.join(built.outdated)}")
    click.echo(built.site / "index.html")


def _presets(book: Book, names: Iterable[str]) -> dict[str, object]:
    """The values of presets, as CHAPTER.NAME, of the chapters that have them."""
    values: dict[str, object] = {}
    for name in names:
        found = {c.name: own[name] for c in book.listed if name in (own := book.presets(c.name))}
        if not found:
            known = sorted({preset for chapter in book.listed for preset in book.presets(chapter.name)})
            raise ParameterError(f"no chapter has a preset {brief_repr(name)}; there are {', '.join(known) or 'none'}")
        for chapter, path in found.items():
            values |= {f"{chapter}.{parameter}": value for parameter, value in from_file(path).items()}
    return values
