"""The processes that run notebooks, started and stopped from here: none outlives the command that started it."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from onestep.checks import OneStepError


class Stopped(OneStepError):
    """No process is started any more: the command is ending."""


class KernelProcesses:
    """Those of one command or pool, so that an interrupted one leaves none behind."""

    def __init__(self):
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen] = set()
        self._stopped = False

    def run(
        self, folder: Path, environment: dict[str, str], on_cell: Callable[[], None], time_limit: float | None = None
    ) -> tuple[int, str]:
        """Run the notebook in `folder` (see `onestep.build.kernel`) to its end, or for `time_limit` seconds.

        Returns
        -------
        int, str : the status of the process, negative if it was stopped, and what it wrote to its standard error.

        Raises
        ------
        Stopped : `stop` was called before.
        """
        with (folder / "stderr").open("w+", encoding="utf-8", errors="replace") as errors:
            process = self._start(folder, environment, errors)
            order, output = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)  # both are pipes
            timer = threading.Timer(time_limit or 0, process.terminate)
            if time_limit is not None:
                timer.start()
            try:
                for line in output:
                    if line.strip() == "cell":
                        on_cell()
                status = process.wait()
            finally:
                timer.cancel()
                process.terminate()
                process.wait()
                order.close()
                output.close()
                with self._lock:
                    self._running.discard(process)
            errors.seek(0)
            return status, errors.read().strip()

    def stop(self) -> None:
        """End every process, and start no other."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()

    def _start(self, folder: Path, environment: dict[str, str], errors) -> subprocess.Popen:
        with self._lock:
            if self._stopped:
                raise Stopped
            # The process watches its standard input: when this one dies, however, the pipe closes and the run ends too.
            process = subprocess.Popen(
                [sys.executable, "-m", "onestep.build.kernel", str(folder)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                errors="replace",
            )
            self._running.add(process)
            return process
