"""The command line: chapters, run, book, claims; sweep, table and plot are in `reruns`.

Exit codes: 0 done; 1 a chapter or the build failed; 2 the request was refused, nothing ran and nothing was written.
"""

import importlib
import re
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

import click

from onestep.build import files, html_page, ledger, ledger_changes, lengths, site
from onestep.build.cache import Store, read, write
from onestep.build.chapters import Book, BookError, Chapter
from onestep.build.parameters import from_text, listing
from onestep.build.runner import Job, RunFailed, execute
from onestep.checks import shown
from onestep.cli.options import Failed, Refused, errors, fits, from_file, parameters, preset_file

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what a ledger from elsewhere could do to a terminal
_IMAGES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


class Commands(click.Group):
    """The commands below and those of `reruns`, which is imported for them alone: dask and pandas take their time."""

    _elsewhere: ClassVar = {"plot": "reruns", "sweep": "reruns", "sync": "sync", "table": "reruns"}

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *self._elsewhere])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in self._elsewhere:
            return getattr(importlib.import_module(f"onestep.cli.{self._elsewhere[name]}"), name)
        return super().get_command(context, name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onestep")
@click.option("--book", "folder", type=click.Path(file_okay=False, path_type=Path), help="The book's folder.")
@click.pass_context
def main(context: click.Context, folder: Path | None) -> None:
    """One Big Step: run chapters with your own parameters, build the book, read its claims."""
    context.obj = folder


@main.command()
@click.option("--lengths", "how_long", is_flag=True, help="Instead: words, lines of code, figures, reading time.")
@click.pass_obj
@errors
def chapters(folder: Path | None, how_long: bool) -> None:
    """List the chapters with their parameters: default, type, meaning; their figures and presets."""
    book = Book.find(folder)
    if how_long:
        click.echo(lengths.as_table((chapter.name, lengths.measure(chapter.notebook())) for chapter in book.chapters))
        return
    for chapter in book.chapters:
        click.echo(f"{chapter.name}: {chapter.title}\n{listing(chapter.parameters)}")
        for condition in chapter.conditions:
            click.echo(f"  condition: {condition.text}")
        for word, names in (("figures", chapter.figures), ("presets", book.presets(chapter.name))):
            if names:
                click.echo(f"  {word}: {', '.join(names)}")
        click.echo()
        try:
            book.ensure_one_text(chapter)
        except BookError as error:
            click.echo(f"  note: {error}\n", err=True)


@main.command()
@click.argument("name", metavar="CHAPTER")
@parameters
@click.option("--preset", help="A preset of the chapter; -f and -p override it.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run, or file of the figure.")
@click.option("--figure", help="Only this figure, as a .svg, .png or .pdf file.")
@click.option("--strict", is_flag=True, help="Stop when a claim fails.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.pass_obj
@errors
def run(folder, name, pairs, file, preset, output, figure, strict, force) -> None:
    """Run CHAPTER: the executed notebook and a self-contained HTML page of it."""
    book = Book.find(folder)
    chapter = book.chapter(name)
    given = {} if preset is None else from_file(preset_file(book, chapter, preset))
    given |= _given(pairs, file)
    if figure is not None:
        _figure(book, chapter, given, figure, output or Path(f"{figure}.svg"), force)
        return
    job = Job.make(chapter, given, strict=strict, data=book.data_hashes, folder=str(book.folder))
    target = output or Path("runs") / f"{chapter.name}-{job.key[:8]}"
    notebook_path, page_path = target / f"{chapter.name}.ipynb", target / f"{chapter.name}.html"
    fits(job)
    if notebook_path.exists() and not force:
        notebook = read(notebook_path)
        if notebook is None or notebook.metadata["onestep"]["key"] != job.key:
            raise Refused(f"{notebook_path} exists and is another run; choose another -o, or --force to replace it")
        # No page is made of it: who wrote the HTML in a notebook found on a disk, nobody knows.
        click.echo(f"already run with these parameters; --force runs it again\n{notebook_path}")
        return
    files.ensure_writable(target)
    try:
        notebook = _with_bar(job)
    except RunFailed as failure:
        if failure.notebook is not None:
            Store(target / "failed").put(job, failure.notebook)
            click.echo(f"as far as it came: {Store(target / 'failed').path(job)}", err=True)
        raise
    try:
        write(notebook_path, notebook)
    except OSError as error:  # a full disk, say: what was computed is kept somewhere else
        rescue = Path(tempfile.mkdtemp(prefix="onestep-")) / notebook_path.name
        write(rescue, notebook)
        raise Failed(f"{notebook_path}: {error.strerror}; the executed notebook is in {rescue}") from None
    files.write(page_path, html_page.as_html(notebook, chapter.title))
    entries = ledger.collect({chapter: notebook})
    if entries:
        click.echo(ledger.as_lines(entries))
    click.echo(f"{notebook_path}\n{page_path}")


@main.command("book")
@parameters
@click.option("--strict", is_flag=True, help="A claim that fails stops the build.")
@click.option("--jobs", "processes", type=click.IntRange(min=1), help="Chapters at a time; default: one per core.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Default: _build.")
@click.pass_obj
@errors
def build_book(folder, pairs, file, strict, processes, output) -> None:
    """Build the whole book; with -p, an edition of your own. NAME may be CHAPTER.NAME for one chapter only."""
    book = Book.find(folder)
    given = _given(pairs, file)
    jobs = site.jobs(book, given, strict=strict)
    for job in jobs:
        fits(job)
    if output is None:
        edition = "" if not given else "edition-" + "-".join(f"{job.key[:4]}" for job in jobs if job.parameters)[:40]
        output = book.root / "_build" / edition
    built = site.build(book, jobs, output, processes=processes)
    held = sum(entry["verdict"] == "holds" for entry in built.claims)
    click.echo(f"{built.executed} chapters executed, {built.reused} reused; {held} of {len(built.claims)} claims hold")
    click.echo(built.site / "index.html")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="The ledger as it is stored, with all recorded values.")
@click.option("--against", metavar="LEDGER", help="List what changed since this one, a file or an http(s) address.")
@click.pass_obj
@errors
def claims(folder, as_json, against) -> None:
    """Print the ledger of the last `onestep book`, or what changed in it since an earlier one."""
    path = Book.find(folder).root / "_build" / ledger.DATA
    if not path.is_file():
        raise Refused(f"{path} is not there yet; `onestep book` makes it")
    if as_json:
        click.echo(path.read_text(encoding="utf-8"), nl=False)
        return
    try:
        now = ledger_changes.load(str(path))
        before = None if against is None else ledger_changes.load(against)
    except ledger_changes.LedgerError as error:
        raise Refused(str(error)) from None
    text = ledger.as_lines(now["claims"]) if before is None else ledger_changes.as_markdown(before, now)
    click.echo(_CONTROLS.sub("\ufffd", text))


def _figure(book: Book, chapter: Chapter, given: dict, figure: str, path: Path, force: bool) -> None:
    image = path.suffix.removeprefix(".")
    if figure not in chapter.figures:
        raise Refused(f"{chapter.name} has no figure {shown(figure)}; it has {', '.join(chapter.figures) or 'none'}")
    if image not in _IMAGES:
        raise Refused(f"{path}: a figure is a .svg, .png or .pdf file")
    if path.exists() and not force:
        raise Refused(f"{path} exists; choose another -o, or --force to replace it")
    job = Job.make(chapter, given, figure=figure, image=image, data=book.data_hashes, folder=str(book.folder))
    fits(job)
    files.ensure_writable(path.parent)
    outputs = _with_bar(job).cells[-1].outputs
    images = [o.data[_IMAGES[image]] for o in outputs if _IMAGES[image] in o.get("data", {})]
    if not images:
        raise Failed(f"{figure} is not a picture that can be drawn as {image}")
    import base64

    files.write_bytes(path, images[0].encode() if image == "svg" else base64.b64decode(images[0]))
    click.echo(path)


def _with_bar(job: Job):
    total = sum(cell.cell_type == "code" for cell in job.notebook().cells) + bool(job.parameters)
    with click.progressbar(length=total, label=job.chapter.name, file=sys.stderr) as bar:
        return execute(job, on_cell=lambda: bar.update(1))


def _given(pairs: tuple[tuple[str, str], ...], file: Path | None) -> dict[str, object]:
    given = {} if file is None else from_file(file)
    return given | {name: from_text(text) for name, text in pairs}


if __name__ == "__main__":
    main()
