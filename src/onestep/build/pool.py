"""Many notebooks on this machine, a few at a time: the engine of book builds and of sweeps.

Each run is a thread that waits for a kernel process of its own.
"""

import os
import queue
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import psutil
from nbformat import NotebookNode

from onestep.build import runner
from onestep.build.job import Job
from onestep.build.kernel_process import KernelProcesses
from onestep.build.runner import RunFailed

Result = NotebookNode | Exception


class Pool:
    """Submit jobs, then take the results as they come; leaving the `with` block stops what still runs.

    Parameters
    ----------
    processes : int
        Runs at a time.
    threads : int
        BLAS threads of each.
    data : mapping of path to bytes, optional
        Files that each run finds in its working folder, if its job names none.
    retries : int, optional
        How often a run that fails is tried again.
    time_limit : float, optional
        Seconds after which a run is stopped.
    on_cell : callable, optional
        Called after each code cell, from the thread of its run.
    """

    def __init__(
        self,
        processes: int,
        threads: int,
        *,
        data: Mapping[str, bytes] | None = None,
        retries: int = 0,
        time_limit: float | None = None,
        on_cell: Callable[[], None] | None = None,
    ):
        self._processes, self._threads, self._data = max(1, processes), threads, data
        self._retries, self._time_limit, self._on_cell = retries, time_limit, on_cell
        self._kernels = KernelProcesses()
        self._executor = ThreadPoolExecutor(max_workers=self._processes)
        self._finished: queue.Queue[tuple[Job, Result | BaseException]] = queue.Queue()
        self._submitted = 0

    def slots(self) -> int:
        """How many runs are executed at a time."""
        return self._processes

    @property
    def busy(self) -> int:
        """Jobs submitted whose results have not been taken."""
        return self._submitted

    def submit(self, job: Job) -> None:
        """Run `job` when there is room."""
        self._submitted += 1
        self._executor.submit(self._run, job)

    def finished(self, timeout: float | None = None) -> Iterator[tuple[Job, Result]]:
        """The next job that is done, with its notebook or what it raised; nothing if `timeout` seconds pass before."""
        try:
            job, result = self._finished.get(timeout=timeout)
        except queue.Empty:
            return
        self._submitted -= 1
        if not isinstance(result, Result):
            raise result  # KeyboardInterrupt, SystemExit
        yield job, result

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._kernels.stop()

    def _run(self, job: Job) -> None:
        result: Result | BaseException
        for attempt in range(self._retries + 1):
            try:
                result = runner.execute(
                    job,
                    threads=self._threads,
                    data=self._data,
                    on_cell=self._on_cell,
                    time_limit=self._time_limit,
                    processes=self._kernels,
                )
                break
            except BaseException as error:
                result = error
                if not isinstance(error, RunFailed) or attempt == self._retries:
                    break
        self._finished.put((job, result))


def execute_all(
    jobs: Iterable[Job],
    *,
    processes: int,
    threads: int,
    time_limit: float | None = None,
    on_cell: Callable[[], None] | None = None,
) -> Iterator[tuple[Job, NotebookNode | RunFailed]]:
    """Run `jobs`, at most `processes` at a time, and yield each with its notebook or failure when it is done."""
    with Pool(processes, threads, time_limit=time_limit, on_cell=on_cell) as pool:
        for job in jobs:
            pool.submit(job)
        while pool.busy:
            for job, result in pool.finished():
                if isinstance(result, Exception) and not isinstance(result, RunFailed):
                    raise result
                yield job, result


def cores() -> int:
    """Processor cores that this process may use."""
    return len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else os.cpu_count() or 1
