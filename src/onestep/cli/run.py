"""`onestep run`: one run of one chapter, or one of its figures."""

import base64
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from nbformat import NotebookNode

from onestep.build import files, html_page, ledger, phone_figures
from onestep.build.cache import Store, read, write
from onestep.build.chapters import Book, Chapter
from onestep.build.job import Job
from onestep.build.parameters import from_text
from onestep.build.progress import Progress
from onestep.build.runner import RunFailed, execute
from onestep.checks import brief_repr
from onestep.cli.failures import Failed, Refused, reported
from onestep.cli.memory import ensure_memory
from onestep.cli.options import Command, given, once, parameters, preset_files, quiet, time_limit

_IMAGES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


@click.command("run", cls=Command)
@click.argument("name", metavar="CHAPTER")
@parameters
@once("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run, or file of the figure.")
@once("--figure", help="Only this figure, as a .svg, .png or .pdf file.")
@click.option("--strict", is_flag=True, help="Stop when a claim fails.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@time_limit
@quiet
@click.pass_obj
@reported
def command(folder, name, pairs, paths, presets, output, figure, strict, force, time_limit, quietly) -> None:
    """Run CHAPTER: the executed notebook and a self-contained HTML page of it."""
    book = Book.find(folder)
    chapter = book.chapter(name)
    values = given(preset_files(book.presets(chapter.name), presets, chapter.name), paths, pairs, from_text)
    run = partial(_executed, time_limit=time_limit, quietly=quietly)
    if figure is not None:
        path = output or Path(f"{figure}.svg")
        _figure(book, chapter, values, figure, path, force, run)
    else:
        job = Job.make(chapter, values, strict=strict, data=book.data_hashes, folder=str(book.folder))
        _run(job, output or Path("runs") / f"{chapter.name}-{job.key[:8]}", force, run)


def _run(job: Job, target: Path, force: bool, run: Callable[[Job], NotebookNode]) -> None:
    chapter = job.chapter
    notebook_path, page_path = target / f"{chapter.name}.ipynb", target / f"{chapter.name}.html"
    ensure_memory(job)
    if notebook_path.exists() and not force:
        notebook = read(notebook_path)
        if notebook is None or notebook.metadata["onestep"]["key"] != job.key:
            raise Refused(f"{notebook_path} exists and is another run; choose another -o, or --force to replace it")
        if page_path.exists():
            click.echo(f"already run with these parameters; --force runs it again\n{notebook_path}\n{page_path}")
            return
        # No page is made of the notebook: who wrote the HTML in one that was found on a disk, nobody knows.
        click.echo(f"{page_path} is missing; the chapter is run again to make it", err=True)
    files.ensure_writable(target)
    try:
        notebook = run(job)
    except RunFailed as failure:
        if failure.notebook is not None:
            Store(target / "failed").put(job, failure.notebook)
            click.echo(f"as far as it came: {Store(target / 'failed').path(job)}", err=True)
        raise
    try:
        write(notebook_path, notebook)
        files.write(page_path, html_page.as_html(notebook, chapter.title))
    except OSError as error:  # a full disk, say: what was computed is kept somewhere else
        rescue = Path(tempfile.mkdtemp(prefix="onestep-")) / notebook_path.name
        write(rescue, notebook)
        raise Failed(f"{notebook_path}: {error.strerror}; the executed notebook is in {rescue}") from None
    if entries := ledger.collect({chapter: notebook}):
        click.echo(ledger.as_lines(entries))
    click.echo(f"{notebook_path}\n{page_path}")


def _figure(book: Book, chapter: Chapter, values: dict, figure: str, path: Path, force: bool, run) -> None:
    image = path.suffix.removeprefix(".")
    if figure not in chapter.figures:
        raise Refused(
            f"{chapter.name} has no figure {brief_repr(figure)}; it has {', '.join(chapter.figures) or 'none'}"
        )
    if image not in _IMAGES:
        raise Refused(f"{path}: a figure is a .svg, .png or .pdf file")
    if path.exists() and not force:
        raise Refused(f"{path} exists; choose another -o, or --force to replace it")
    job = Job.make(chapter, values, figure=figure, image=image, data=book.data_hashes, folder=str(book.folder))
    ensure_memory(job)
    files.ensure_writable(path.parent)
    outputs = run(job).cells[-1].outputs
    images = [o.data[_IMAGES[image]] for o in outputs if _IMAGES[image] in o.get("data", {})]
    if not images:
        raise Failed(f"{figure} is not a picture that can be drawn as {image}")
    wide = phone_figures.parts(images[0])[0].encode() if image == "svg" else base64.b64decode(images[0])
    files.write_bytes(path, wide)
    click.echo(path)


def _executed(job: Job, time_limit: float | None, quietly: bool) -> NotebookNode:
    total = sum(cell.cell_type == "code" for cell in job.notebook().cells) + bool(job.parameters)
    with Progress(total, job.chapter.name, "cell", quietly=quietly) as progress:
        return execute(job, on_cell=progress.update, time_limit=time_limit)
