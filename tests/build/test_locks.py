"""Two builds of one folder: the second says that it waits, and goes on when the first ends, however it ends."""

import signal
import subprocess
import sys
import threading

import pytest

from onestep.build.locks import exclusive

HOLD = """
import sys, time
from pathlib import Path
from onestep.build.locks import exclusive
with exclusive(Path(sys.argv[1]), lambda: print("waits", flush=True)):
    print("holds", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the lock."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_second_waits_until_the_first_is_gone(tmp_path, holder, end):
    said = []

    def waiting() -> None:
        said.append(holder.poll())
        threading.Timer(0.2, holder.send_signal, [end]).start()

    with exclusive(tmp_path / ".lock", waiting):
        assert said == [None] and holder.wait(timeout=60) == -end


def test_without_another_it_does_not_wait(tmp_path):
    for _ in range(2):
        with exclusive(tmp_path / ".lock", lambda: pytest.fail("nobody has it")):
            pass


def test_elsewhere_it_does_not_wait(tmp_path, holder):
    with exclusive(tmp_path / "other.lock", lambda: pytest.fail("nobody has this one")):
        assert holder.poll() is None
