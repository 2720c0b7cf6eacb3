"""`onestep sweep`: every combination of values, into one folder."""

from contextlib import ExitStack
from pathlib import Path

import click

from onestep.build import files
from onestep.build.cache import Store
from onestep.build.chapters import Book, Chapter
from onestep.build.job import Job
from onestep.build.pool import Pool, cores
from onestep.build.progress import Progress
from onestep.cli.failures import Failed, Interrupted, Refused, reported
from onestep.cli.memory import ensure_memory
from onestep.cli.options import Command, given, once, parameters, preset_files, quiet, time_limit, unique
from onestep.simulation import memory
from onestep.sweep import engine, estimate, values, workers


@click.command("sweep", cls=Command)
@click.argument("name", metavar="CHAPTER")
@parameters
@once("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Their folder.")
@once("--workers", "count", type=click.IntRange(1, 1024), help="Runs at a time here; default: one per core.")
@once("--scheduler", metavar="ADDRESS", help="A dask scheduler that you trust, tcp://HOST:PORT.")
@once("--retries", type=click.IntRange(0, 100), help="Try a failing run again so many times; default: 0.")
@click.option("--dry-run", is_flag=True, help="Only say how many runs there are, how many are missing, how long.")
@time_limit
@quiet
@click.pass_obj
@reported
def command(folder, name, pairs, paths, presets, output, count, scheduler, retries, dry_run, time_limit, quietly):
    """Run CHAPTER with every combination of values, on many processes or machines; the same command resumes.

    VALUE may be a list (relu,tanh), a range of integers (0..4), eleven numbers evenly spaced (linspace(0, 0.5, 11)) or
    nine from 1e-4 to 1, evenly spaced in their logarithm (logspace(-4, 0, 9)). Quote what has brackets.
    """
    if scheduler is not None and (count or time_limit):
        raise Refused("--workers and --time-limit are for runs on this machine, not for those of a scheduler")
    book = Book.find(folder)
    chapter = book.chapter(name)
    jobs = _jobs(book, chapter, given(preset_files(book.presets(chapter.name), presets, name), paths, (), str), pairs)
    largest, retries = max(jobs, key=lambda job: job.memory), retries or 0
    if scheduler is None:
        ensure_memory(largest, at_once=count or 1)
        room = memory.available() // largest.memory if largest.memory else len(jobs)
        count = min(count or cores(), len(jobs), room)
    missing = [job for job in jobs if Store(output).get(job) is None]
    if dry_run:
        click.echo(estimate.plan(len(jobs), missing, [output, book.root / "_build" / "executed"], count))
        return
    if not missing:
        click.echo(f"{len(jobs)} of {len(jobs)} runs are done and kept in {output}: all were there")
        return
    files.ensure_writable(output)
    if scheduler is None:
        pool = Pool(count, max(1, cores() // count), data=book.data, retries=retries, time_limit=time_limit)
    else:
        pool = workers.remote(scheduler, book.data, retries=retries)
    with ExitStack() as stack:
        running = stack.enter_context(pool)
        if scheduler is not None and (least := running.smallest_memory()) is not None:
            ensure_memory(largest, least, "the smallest worker has")
        follow(missing, len(jobs), output, running, quietly)


def _jobs(book: Book, chapter: Chapter, base: dict[str, object], pairs: tuple) -> list[Job]:
    """Every combination of what is given, validated, each run once."""
    chosen = base | unique(pairs, hint="; join the values by commas")
    for hint in values.hints(chosen):
        click.echo(f"hint: {hint}", err=True)
    jobs = [Job.make(chapter, combination, data=book.data_hashes) for combination in values.product(chosen)]
    return list({job.key: job for job in jobs}.values())


def follow(
    jobs: list[Job], total: int, output: Path, running: Pool | workers.Workers, quietly: bool, label: str | None = None
) -> None:
    """Sweep over `jobs`, which are missing of `total`; say at once what fails, and at the end what there is.

    Raises
    ------
    Failed : runs failed, or `output` takes no more; what is done is kept.
    Interrupted : by Ctrl-C.
    """
    failed: list[engine.Outcome] = []
    found = total - len(jobs)

    def done() -> str:
        return f"{progress.done - len(failed)} of {total} runs are done and kept in {output}"

    with Progress(total, label or jobs[0].chapter.name, "run", quietly=quietly, done=found) as progress:
        if not running.slots():
            progress.say("no worker yet; waiting for one")
        try:
            for outcome in engine.sweep(jobs, output, running):
                if outcome.damaged:
                    progress.say(f"damaged, run again: {outcome.damaged}")
                if outcome.failure:
                    failed.append(outcome)
                    progress.say(f"FAILED {_in_words(outcome.job)}\n{outcome.failure}\n")
                found += outcome.reused
                progress.update()
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted: {done()}; the same command goes on") from None
        except (engine.SweepStopped, workers.WorkersError) as error:
            raise Failed(f"{error}\n{done()}; the same command goes on") from None
    click.echo(f"{done()}: {found} were there, {total - found - len(failed)} are new, {len(failed)} failed")
    if failed:
        lines = [f"  {_in_words(outcome.job)}" for outcome in failed]
        raise Failed(f"{len(failed)} runs failed (their notebooks: {output / engine.FAILED}):\n" + "\n".join(lines))


def _in_words(job: Job) -> str:
    values = ", ".join(f"{name} = {value!r}" for name, value in job.parameters.items())
    return f"{job.chapter.name}: {values or '(all parameters by default)'}"
