"""How far the work is: a bar on a terminal, lines where there is none, nothing when asked to be quiet."""

import sys
import threading
import time

from tqdm import tqdm

_PAUSE = 30.0  # seconds between two lines


class Progress:
    """Counts up to `total`; a context manager. Everything goes to standard error."""

    def __init__(self, total: int, label: str, unit: str, *, quietly: bool = False, done: int = 0):
        self.done, self._total, self._label, self._unit = done, total, label, unit
        self._bar = None
        self._lines = not quietly and not sys.stderr.isatty()
        if not quietly and not self._lines:
            self._bar = tqdm(total=total, initial=done, unit=unit, desc=label, smoothing=0)
        self._said, self._lock = time.monotonic(), threading.Lock()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, count: int = 1) -> None:
        """`count` more are done; may be called from any thread."""
        with self._lock:
            self.done += count
            due = self.done == self._total or time.monotonic() - self._said > _PAUSE
            self._said = time.monotonic() if due else self._said
        if self._bar is not None:
            self._bar.update(count)
        elif self._lines and due:
            print(f"{self._label}: {self.done} of {self._total} {self._unit}s", file=sys.stderr)

    def say(self, text: str) -> None:
        """A line that comes even when quiet."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)
