"""Which work another process has begun: locks that end with the process that holds them, however it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Locks:
    """A folder of lock files for any number of names; what a dead process held is free.

    A name is a hexadecimal hash, and its first two digits say which of 256 files is its lock, so that a folder of
    10^5 runs does not get 10^5 lock files. Names that share a file exclude each other between processes: then one
    waits although it need not.
    """

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._locks: dict[str, FileLock] = {}

    def take(self, name: str) -> bool:
        """Take the lock of `name`; False when another process has it."""
        try:
            self._lock(name).acquire(blocking=False)
        except Timeout:
            return False
        return True

    def release(self, name: str) -> None:
        """Give the lock of `name` back."""
        self._lock(name).release()

    def __enter__(self) -> "Locks":
        return self

    def __exit__(self, *_) -> None:
        for lock in self._locks.values():
            lock.release(force=True)

    def _lock(self, name: str) -> FileLock:
        return self._locks.setdefault(name[:2], FileLock(self._folder / name[:2], thread_local=False))


@contextmanager
def exclusive(path: Path, when_busy: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path`, after calling `when_busy` once if another process has it."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        when_busy()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
