"""The workers of a dask scheduler, for sweeps over many machines. dask is imported when they are asked for.

A run travels as a `Job`, which is text, together with the book's data files; what comes back is the executed
notebook. A worker therefore needs this package and no shared disk.
"""

import logging
import queue
import re
import time
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from onestep.build.job import Job
from onestep.build.runner import RunFailed, execute
from onestep.checks import OneStepError, brief_repr
from onestep.simulation import memory

if TYPE_CHECKING:
    from distributed import Client, Future

_NO_ANSWER = (OSError, TimeoutError, RuntimeError)  # what distributed raises when nobody answers
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", re.ASCII)


class WorkersError(OneStepError):
    """Workers cannot be reached, or are no longer there."""


class OtherVersion(OneStepError):
    """A worker has another version of the package, of a library or of Python than the command that asked it."""


def work(job: Job, key: str, data: Mapping[str, bytes]) -> NotebookNode:
    """What a worker does: run `job` beside the files `data`, in a process of its own."""
    if job.key != key:
        raise OtherVersion(
            "this worker has another version of onestep, of its libraries or of Python than the command; "
            "install the same on both"
        )
    return execute(job, data=data)


class Workers:
    """A connected scheduler, with the methods of `onestep.build.pool.Pool`."""

    def __init__(self, client: "Client", data: Mapping[str, bytes], retries: int):
        self._client, self._data, self._retries = client, data, retries
        self._done: queue.Queue[Future] = queue.Queue()
        self._jobs: dict[Future, Job] = {}
        self._slots, self._asked = 0, -1.0

    def slots(self) -> int:
        """How many runs the workers execute at a time; asked again every other second, as workers come and go."""
        if time.monotonic() - self._asked > 2:
            try:
                self._slots = sum(self._client.nthreads().values())
            except _NO_ANSWER as error:
                raise _lost() from error
            self._asked = time.monotonic()
        return self._slots

    @property
    def busy(self) -> int:
        """Jobs submitted whose results have not been taken."""
        return len(self._jobs)

    def smallest_memory(self) -> int | None:
        """Free bytes of the worker that has least; None while there is no worker."""
        free = self._client.run(memory.available)
        return min(free.values()) if free else None

    def submit(self, job: Job) -> None:
        """Hand `job` over. When its worker dies, another takes it; when it fails, it is tried again `retries` times."""
        # The name is new each time: a second command on the same scheduler must not depend on the life of the first.
        name = f"{job.chapter.name}-{job.key[:16]}-{uuid.uuid4().hex[:8]}"
        future = self._client.submit(work, job, job.key, self._data, key=name, retries=self._retries, pure=False)
        self._jobs[future] = job
        future.add_done_callback(self._done.put)

    def finished(self, timeout: float | None = None) -> Iterator[tuple[Job, NotebookNode | Exception]]:
        """The next job that is done, with its notebook or what it raised; nothing if `timeout` seconds pass before.

        Raises
        ------
        WorkersError
            The scheduler is lost.
        """
        try:
            future = self._done.get(timeout=timeout)
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
def remote(address: str, data: Mapping[str, bytes], *, retries: int = 0) -> Iterator[Workers]:
    """`Workers` of the scheduler at `address`, tcp://HOST:PORT; their BLAS threads are as they were started.

    Jobs and results travel as pickles, which can do anything to those who read them: who can reach a scheduler can run
    code on its workers and on whoever asked it. Trust it, or use tls://.

    Raises
    ------
    WorkersError
        `address` is no address, or no scheduler answers there.
    """
    if not (match := _ADDRESS.fullmatch(address)) or not 0 < int(match[1]) < 65536:
        raise WorkersError(f"{brief_repr(address)} is no scheduler's address; one is of the form tcp://HOST:PORT")
    try:
        from distributed import Client
    except ImportError:
        raise WorkersError("a scheduler needs dask and distributed: pip install onestep[sweep]") from None

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is said here, in one line
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (*_NO_ANSWER, ValueError) as error:
        raise WorkersError(f"no dask scheduler answers at {address} ({error})") from None
    workers = Workers(client, data, retries)
    try:
        yield workers
    finally:
        if client.status == "running":
            workers.cancel()
        client.close(timeout=2)


def _lost() -> WorkersError:
    return WorkersError("the scheduler is lost")
