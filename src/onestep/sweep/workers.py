"""Where the runs of a sweep are executed: processes of this machine, or the workers of a dask scheduler.

A run travels as a `Job`, which is text, together with the book's data files; what comes back is the executed
notebook. A worker therefore needs this package and no shared disk.
"""

import importlib.util
import logging
import queue
import re
import time
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from distributed import Client, Future, LocalCluster
from nbformat import NotebookNode

from onestep.build.runner import Job, RunFailed, execute
from onestep.checks import shown
from onestep.simulation import memory

_GONE = (OSError, TimeoutError, RuntimeError)  # what distributed raises when nobody answers
_LOOPBACK = "127.0.0.1"
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", re.ASCII)


class WorkersError(RuntimeError):
    """Workers cannot be reached, or are no longer there."""


class OtherVersion(RuntimeError):
    """A worker has another version of the package, or of the job's chapter, than the command that asked it."""


def work(job: Job, key: str, data: Mapping[str, bytes], threads: int | None) -> NotebookNode:
    """What a worker does: run `job` beside the files `data`, in a process of its own."""
    if job.key != key:
        raise OtherVersion("this worker has another version of onestep than the command; install the same on both")
    memory.check(job.memory)
    return execute(job, threads=threads, data=data)


class Workers:
    """A connected scheduler. Submit jobs, then wait for the results as they come."""

    def __init__(self, client: Client, data: Mapping[str, bytes], threads: int | None, retries: int):
        self._client, self._data, self._threads, self._retries = client, data, threads, retries
        self._ended: queue.Queue[Future] = queue.Queue()
        self._jobs: dict[Future, Job] = {}
        self._slots, self._asked = 0, -1.0

    def slots(self) -> int:
        """How many runs the workers execute at a time; asked again every other second, as workers come and go."""
        if time.monotonic() - self._asked > 2:
            try:
                self._slots = sum(self._client.nthreads().values())
            except _GONE as error:
                raise _lost() from error
            self._asked = time.monotonic()
        return self._slots

    @property
    def busy(self) -> int:
        """Jobs submitted and not yet returned."""
        return len(self._jobs)

    def smallest_memory(self) -> int | None:
        """Free bytes of the worker that has least; None while there is no worker."""
        free = self._client.run(memory.available)
        return min(free.values()) if free else None

    def submit(self, job: Job) -> None:
        """Hand `job` over. When its worker dies, another takes it; when it fails, it is tried again `retries` times."""
        # The name is new each time: a second command on the same scheduler must not depend on the life of the first.
        name = f"{job.chapter.name}-{job.key[:16]}-{uuid.uuid4().hex[:8]}"
        future = self._client.submit(
            work, job, job.key, self._data, self._threads, key=name, retries=self._retries, pure=False
        )
        self._jobs[future] = job
        future.add_done_callback(self._ended.put)

    def ended(self, timeout: float) -> Iterator[tuple[Job, NotebookNode | Exception]]:
        """The next job to end, with its notebook or what it raised; nothing if none ends within `timeout` seconds.

        Raises
        ------
        WorkersError : the scheduler is lost.
        """
        try:
            future = self._ended.get(timeout=timeout)
        except queue.Empty:
            if self._client.status != "running":
                raise _lost() from None
            return
        if future.cancelled() or self._client.status != "running":
            raise _lost()
        try:
            result = future.result()
        except Exception as error:  # whatever a run raised is the outcome of that run; the others go on
            result = error
        job = self._jobs.pop(future)
        future.release()
        yield job, result

    def cancel(self) -> None:
        """Give up what has not begun."""
        self._client.cancel(list(self._jobs), force=True)


def explained(error: Exception) -> str:
    """What a failing run says: the notebook's own traceback, or that of the worker."""
    if isinstance(error, RunFailed):
        return str(error)
    return "".join(traceback.format_exception(error)).strip()


@contextmanager
def local(processes: int, threads: int, data: Mapping[str, bytes], *, retries: int = 0, dashboard: bool = False):
    """`Workers` that are processes of this machine, reachable from it alone, with `threads` BLAS threads each.

    Raises
    ------
    WorkersError : `dashboard` without bokeh, which draws it.
    """
    if dashboard and importlib.util.find_spec("bokeh") is None:
        raise WorkersError("the dashboard needs bokeh; install it, or leave --dashboard out")
    http = {"dashboard": dashboard, "dashboard_address": f"{_LOOPBACK}:{8787 if dashboard else 0}"}
    with (
        LocalCluster(
            host=_LOOPBACK,
            n_workers=processes,
            threads_per_worker=1,
            memory_limit=0,  # the memory of a run is that of its own process, which dask does not see
            silence_logs=logging.CRITICAL,
            dashboard_address=None,
            scheduler_kwargs=http,
        ) as cluster,
        _connected(cluster, data, threads, retries) as workers,
    ):
        yield workers


@contextmanager
def remote(address: str, data: Mapping[str, bytes], *, retries: int = 0):
    """`Workers` of the scheduler at `address`, tcp://HOST:PORT; their BLAS threads are as they were started.

    Jobs and results travel as pickles, which can do anything to those who read them: who can reach a scheduler can run
    code on its workers and on whoever asked it. Trust it, or use tls://.

    Raises
    ------
    WorkersError : `address` is none, or no scheduler answers there.
    """
    if not (match := _ADDRESS.fullmatch(address)) or not 0 < int(match[1]) < 65536:
        raise WorkersError(f"{shown(address)} is no scheduler's address; one is of the form tcp://HOST:PORT")
    with _connected(address, data, None, retries) as workers:
        yield workers


@contextmanager
def _connected(where: object, data: Mapping[str, bytes], threads: int | None, retries: int):
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is said here, in one line
    try:
        client = Client(where, timeout=10, set_as_default=False)
    except (*_GONE, ValueError) as error:
        raise WorkersError(f"no dask scheduler answers at {where} ({error})") from None
    workers = Workers(client, data, threads, retries)
    try:
        yield workers
    finally:
        if client.status == "running":
            workers.cancel()
        client.close(timeout=2)


def _lost() -> WorkersError:
    return WorkersError("the scheduler is lost")
