"""Which runs are in hand: locks that end with the process that holds them, however it ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_WHOLE = "0"


class Locks:
    """One file that stands for any number of locks, one for each name; those of a dead process are free.

    A name is a byte of the file, which need not exist to be locked (POSIX record locks, fcntl(2)); they also hold
    between machines that share a folder. Names that fall on one byte exclude each other, which is slow but right.
    """

    def __init__(self, path: Path):
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def take(self, name: str) -> bool:
        """Take the lock of `name`, a hexadecimal hash; False when another process has it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte(name))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def wait(self, name: str) -> None:
        """Take the lock of `name` as soon as no other process has it."""
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, _byte(name))

    def release(self, name: str) -> None:
        """Give the lock of `name` back."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _byte(name))

    def __enter__(self) -> "Locks":
        return self

    def __exit__(self, *_) -> None:
        os.close(self._file)


@contextmanager
def alone(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Have the lock `path` to oneself, after calling `waiting` once if another process has it."""
    with Locks(path) as locks:
        if not locks.take(_WHOLE):
            waiting()
            locks.wait(_WHOLE)
        yield


def _byte(name: str) -> int:
    return int(name[:15], 16)
