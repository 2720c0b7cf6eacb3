"""`onestep calibrate`: the claims of chapters at several seeds, into one file."""

from pathlib import Path

import click
from nbformat import NotebookNode

from onestep.book.calibration import Checked, scores, summary
from onestep.build import files
from onestep.build.cache import Store
from onestep.build.chapters import Book
from onestep.build.job import Job
from onestep.build.pool import Pool, cores
from onestep.cli.failures import Refused, reported
from onestep.cli.memory import ensure_memory
from onestep.cli.options import once, quiet, time_limit
from onestep.cli.sweep import follow
from onestep.sweep import calibration, values

_SEEDS = "0,7,31,101"


@click.command("calibrate")
@click.argument("names", metavar="[CHAPTER]...", nargs=-1)
@once("--seeds", metavar="SEEDS", help=f"As values of a sweep: 0..19 or 0,7,31; default: {_SEEDS}.")
@once("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file, CSV.")
@once("--runs", type=click.Path(file_okay=False, path_type=Path), help="Folder of the runs; default: in _build.")
@once("--workers", "count", type=click.IntRange(1, 1024), help="Runs at a time; default: one per core.")
@time_limit
@quiet
@click.pass_obj
@reported
def command(folder, names, seeds, output, runs, count, time_limit, quietly) -> None:
    """Run each CHAPTER at each of the seeds, and keep how far every claim is from its prediction; resumes.

    Without CHAPTER all chapters that make random draws are run. Runs that the book has already are taken from there.
    Rows of other chapters that the file has stay as they are.
    """
    if output.suffix != ".csv":
        raise Refused(f"{output}: the file is a .csv")
    book, seeds = Book.find(folder), seeds or _SEEDS
    jobs = calibration.jobs(book, calibration.chapters(book, names), values.expand("seeds", seeds))
    runs = runs or book.root / "_build" / "calibration"
    stores = (Store(runs), Store(book.root / "_build" / "executed"))
    missing = [job for job in jobs if _executed(job, stores) is None]
    if missing:
        ensure_memory(max(missing, key=lambda job: job.memory))
        files.ensure_writable(runs)
        count = min(count or cores(), len(missing))
        with Pool(count, max(1, cores() // count), data=book.data, time_limit=time_limit) as pool:
            follow(missing, len(jobs), runs, pool, quietly, label=f"{len({job.chapter for job in jobs})} chapters")
    found_tests = [test for job in jobs for test in _tests(job, stores)]
    many = calibration.save(output, found_tests, f"onestep calibrate --seeds {seeds} -o {output.name}")
    _report(found_tests)
    click.echo(f"{output}: {many} rows")


def _executed(job: Job, stores: tuple[Store, ...]) -> NotebookNode | None:
    return next((found for store in stores if (found := store.get(job)) is not None), None)


def _tests(job: Job, stores: tuple[Store, ...]) -> list[Checked]:
    notebook = _executed(job, stores)
    return [] if notebook is None else calibration.checked(job, notebook)


def _report(tests: list[Checked]) -> None:
    for test in tests:
        if not test.holds:
            click.echo(f"{test.verdict}: {test.page}, seed {test.seed}: {test.statement}")
    click.echo(f"{sum(test.holds for test in tests)} of {len(tests)} hold")
    if len(found := scores(tests)):
        said = summary(found)
        within = ", ".join(f"{100 * share:.1f} %" for share in said.within)
        click.echo(f"{said.count} two-sided: within 1, 2, 3 standard errors {within}; root mean square {said.rms:.2f}")
