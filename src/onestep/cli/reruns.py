"""The commands for many runs: sweep, table, plot."""

import io
import sys
from contextlib import ExitStack
from pathlib import Path

import click
from tqdm import tqdm

from onestep.book.figures import curves
from onestep.build import files
from onestep.build.cache import Store
from onestep.build.chapters import Book, Chapter
from onestep.build.parameters import ParameterError
from onestep.build.runner import Job
from onestep.build.site import cores
from onestep.cli.options import Failed, Refused, errors, fits, from_file, parameters, preset_file
from onestep.simulation import memory
from onestep.sweep import engine as sweeps
from onestep.sweep import plots as comparisons
from onestep.sweep import results as tables
from onestep.sweep import values as grid
from onestep.sweep import workers


class Interrupted(click.ClickException):
    """Ctrl-C; what is done is kept."""

    exit_code = 130


@click.command()
@click.argument("name", metavar="CHAPTER")
@parameters
@click.option("--preset", help="A preset of the chapter; -f and -p override it.")
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Their folder.")
@click.option("--workers", "count", type=click.IntRange(1, 1024), help="Runs at a time here; default: one per core.")
@click.option("--scheduler", metavar="ADDRESS", help="A dask scheduler that you trust, tcp://HOST:PORT.")
@click.option("--retries", type=click.IntRange(0, 100), default=0, help="Try a failing run again so many times.")
@click.option("--dashboard", is_flag=True, help="Dask's dashboard on http://127.0.0.1:8787 (needs bokeh).")
@click.pass_obj
@errors
def sweep(folder, name, pairs, file, preset, output, count, scheduler, retries, dashboard) -> None:
    """Run CHAPTER with every combination of values, on many processes or machines; the same command resumes.

    VALUE may be a list (relu,tanh), a range of integers (0..4), evenly spaced numbers (0:0.5:11, eleven of them) or
    numbers evenly spaced in their logarithm (1e-4:1:9:log).
    """
    if scheduler is not None and (count is not None or dashboard):
        raise Refused("--workers and --dashboard are for this machine; an existing scheduler has its own")
    book = Book.find(folder)
    jobs = _jobs(book, book.chapter(name), preset, file, pairs)
    largest = max(jobs, key=lambda job: job.memory)
    if scheduler is None:
        fits(largest, at_once=count or 1)
        room = memory.available() // largest.memory if largest.memory else len(jobs)
        count = min(count or cores(), len(jobs), room)
        pool = workers.local(count, max(1, cores() // count), book.data, retries=retries, dashboard=dashboard)
    else:
        pool = workers.remote(scheduler, book.data, retries=retries)
    missing = [job for job in jobs if Store(output).get(job) is None]
    if not missing:
        click.echo(f"{len(jobs)} of {len(jobs)} runs are done and kept in {output}: all were there")
        return
    with ExitStack() as stack:
        try:
            running = stack.enter_context(pool)
        except workers.WorkersError as error:
            raise Refused(str(error)) from None
        if scheduler is not None and (least := running.smallest_memory()) is not None:
            fits(largest, least, "the smallest worker has")
        _follow(missing, len(jobs), output, running)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@errors
def table(folder: Path) -> None:
    """Gather the runs in DIR into DIR/table.csv and DIR/table.parquet.

    A row for each run: parameters, recorded values, claims, run time, versions.
    """
    runs = _table(folder)
    for path in (folder / "table.csv", folder / "table.parquet"):
        tables.save(runs, path)
        click.echo(path)
    click.echo(f"{len(runs)} runs, {len(runs.columns)} columns")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-x", required=True, help="Column of the horizontal axis.")
@click.option("-y", required=True, help="Recorded value; of a list, NAME[0].")
@click.option("--hue", help="Column with one curve for each of its values.")
@click.option("--where", "where", nargs=2, multiple=True, metavar="NAME VALUE", help="Only runs with this value.")
@click.option("--log-x", is_flag=True, help="Logarithmic horizontal axis.")
@click.option("--log-y", is_flag=True, help="Logarithmic vertical axis.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A .svg, .png or .pdf file.")
@click.option("--force", is_flag=True, help="Replace the file -o that is there.")
@errors
def plot(folder, x, y, hue, where, log_x, log_y, output, force) -> None:
    """Draw a recorded value of the runs in DIR, averaged over seeds, and its prediction where one is recorded."""
    path = output or folder / f"{y}-{x}.svg"
    if path.suffix not in (".svg", ".png", ".pdf"):
        raise Refused(f"{path}: a figure is a .svg, .png or .pdf file")
    if output is not None and path.exists() and not force:
        raise Refused(f"{path} exists; choose another -o, or --force to replace it")
    found = comparisons.curves(comparisons.chosen(_table(folder), dict(where)), x, y, hue)
    scales = {"xscale": "log" if log_x else "linear", "yscale": "log" if log_y else "linear"}
    figure = curves.comparison(found, comparisons.in_figure(x), comparisons.in_figure(y), **scales)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:])
    files.write_bytes(path, buffer.getvalue())
    click.echo(path)


def _jobs(book: Book, chapter: Chapter, preset: str | None, file: Path | None, pairs: tuple) -> list[Job]:
    """Every combination of what is given, validated, each run once."""
    if twice := {name for name, _ in pairs if [name for name, _ in pairs].count(name) > 1}:
        raise ParameterError(f"{', '.join(sorted(twice))}: given twice; join the values by commas")
    given = {} if preset is None else from_file(preset_file(book, chapter, preset))
    given |= ({} if file is None else from_file(file)) | dict(pairs)
    jobs = [Job.make(chapter, values, data=book.data_hashes) for values in grid.product(given)]
    return list({job.key: job for job in jobs}.values())


def _table(folder: Path):
    runs, unreadable = tables.collect(folder)
    for path in unreadable:
        click.echo(f"{path} is damaged and left out; the sweep that made it makes it again", err=True)
    if not len(runs):
        raise Refused(f"{folder} has no runs; `onestep sweep` puts them there")
    return runs


def _follow(jobs: list[Job], total: int, output: Path, running: workers.Workers) -> None:
    """Sweep over `jobs`, which are missing of `total`; say at once what fails, and at the end what there is."""
    failed, found = [], total - len(jobs)

    def done() -> str:
        return f"{bar.n - len(failed)} of {total} runs are done and kept in {output}"

    with tqdm(total=total, initial=found, unit="run", desc=jobs[0].chapter.name, smoothing=0) as bar:
        if not running.slots():
            bar.write("no worker yet; waiting for one", file=sys.stderr)
        try:
            for outcome in sweeps.sweep(jobs, output, running):
                if outcome.damaged:
                    bar.write(f"damaged, run again: {outcome.damaged}", file=sys.stderr)
                if outcome.failure:
                    failed.append(outcome)
                    bar.write(f"FAILED {_words(outcome.job)}\n{outcome.failure}\n", file=sys.stderr)
                found += outcome.reused
                bar.update()
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted: {done()}; the same command goes on") from None
        except (sweeps.SweepStopped, workers.WorkersError) as error:
            raise Failed(f"{error}\n{done()}; the same command goes on") from None
    click.echo(f"{done()}: {found} were there, {total - found - len(failed)} are new, {len(failed)} failed")
    if failed:
        lines = [f"  {_words(outcome.job)}" for outcome in failed]
        raise Failed(f"{len(failed)} runs failed (their notebooks: {output / sweeps.FAILED}):\n" + "\n".join(lines))


def _words(job: Job) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in job.parameters.items()) or "(all parameters by default)"
