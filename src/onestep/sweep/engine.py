"""Many runs into one folder. Each is saved, whole, as soon as it is done; what is there already is not run again.

The folder holds CHAPTER-KEY.ipynb for each run, named by the hash of all that decides its result, and failed/ with
those that failed, as far as they came. Nothing else is kept: the same sweep again, another sweep, or two at once go on
from what they find.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from onestep.build.cache import Store
from onestep.build.job import Job
from onestep.build.locks import Locks
from onestep.build.pool import Pool
from onestep.build.runner import RunFailed
from onestep.checks import OneStepError
from onestep.sweep.workers import Workers, explained

FAILED = "failed"
LOCKS = ".locks"


@dataclass(frozen=True)
class Outcome:
    """One run of a sweep that is done.

    Attributes
    ----------
    job : Job
        What was asked.
    failure : str or None
        Why it failed, with the traceback; None if it succeeded.
    reused : bool
        Whether the folder had it already.
    damaged : Path or None
        Where its result was put that could not be read, if there was one.
    """

    job: Job
    failure: str | None = None
    reused: bool = False
    damaged: Path | None = None


class SweepStopped(OneStepError):
    """The folder takes no more results (a full disk, say); those that are there stay."""


def sweep(jobs: Iterable[Job], folder: Path, workers: Pool | Workers) -> Iterator[Outcome]:
    """Run what `folder` does not have of `jobs`, each job once, and yield each when it is done.

    A run that another sweep has begun is waited for: it is taken from the folder, or run here if that one fails.

    Raises
    ------
    SweepStopped
        A result could not be written.
    WorkersError
        The scheduler is lost.
    """
    store, waiting, damaged = Store(folder), deque({job.key: job for job in jobs}.values()), {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Locks(folder / LOCKS) as locks:
            while waiting or workers.busy:
                for _ in range(len(waiting)):
                    if workers.busy >= 2 * workers.slots():  # few in advance: the rest is free for another sweep
                        break
                    job = waiting.popleft()
                    if not locks.take(job.key):
                        waiting.append(job)
                    elif store.get(job) is not None:  # under the lock: another sweep may just have saved it
                        locks.release(job.key)
                        yield Outcome(job, reused=True)
                    else:
                        damaged[job.key] = store.set_aside(job)
                        workers.submit(job)
                for job, result in workers.finished(timeout=0.5):
                    failure = _keep(job, result, store)
                    locks.release(job.key)
                    yield Outcome(job, failure, damaged=damaged.pop(job.key))
    except OSError as error:
        raise SweepStopped(f"{error.filename or folder}: {error.strerror or error}") from error


def _keep(job: Job, result: NotebookNode | Exception, store: Store) -> str | None:
    """Save what is done; why it failed, if it did."""
    failed = Store(store.folder / FAILED)
    if isinstance(result, Exception):
        if isinstance(result, RunFailed) and result.notebook is not None:
            failed.put(job, result.notebook)
        return explained(result)
    store.put(job, result)
    failed.path(job).unlink(missing_ok=True)
    return None
