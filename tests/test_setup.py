"""`make setup`: what is interrupted is made anew, two at once do the work once, and any folder will do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Stands for Python: makes an environment whose own Python, this file again, only notes what it is asked to do.
STAND_IN = f"""#!/bin/sh
case "$1 $2" in
    "-c "*) exec {sys.executable} "$@" ;;
    "-m venv") echo venv >> log; rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m pip") test ! -e broken || exit 1; sleep 0.2; echo pip >> log ;;
esac
"""


@pytest.fixture
def setup(tmp_path):
    """Start `make setup` in a copy of the Makefile, in a folder with a name that needs quotes."""
    here = tmp_path / "ein Ort für's Üben"
    here.mkdir()
    shutil.copy(ROOT / "Makefile", here)
    for name in ("requirements.txt", "pyproject.toml"):
        (here / name).touch()
    (here / "python").write_text(STAND_IN, encoding="utf-8")
    (here / "python").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}

    def start() -> subprocess.Popen:
        command = ["make", "PYTHON=./python", "setup"]
        return subprocess.Popen(command, cwd=here, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    start.here, start.log = here, lambda: (here / "log").read_text(encoding="utf-8").split()
    return start


def finished(*processes: subprocess.Popen) -> list[int]:
    return [process.returncode for process in processes if process.communicate(timeout=60)]


def test_two_at_once_install_once(setup):
    assert finished(setup(), setup()) == [0, 0]
    assert setup.log() == ["venv", "pip", "pip"]


def test_a_second_time_does_nothing_and_a_new_lock_is_installed_into_what_is_there(setup):
    assert finished(setup()) == finished(setup()) == [0]
    assert setup.log() == ["venv", "pip", "pip"]
    later = (setup.here / ".venv" / ".installed").stat().st_mtime + 5
    os.utime(setup.here / "requirements.txt", (later, later))
    assert finished(setup()) == [0]
    assert setup.log() == ["venv", "pip", "pip", "pip", "pip"]


def test_what_did_not_come_to_its_end_is_made_anew(setup):
    (setup.here / "broken").touch()
    assert finished(setup()) == [2]
    (setup.here / "broken").unlink()
    assert finished(setup()) == [0]
    assert setup.log() == ["venv", "venv", "pip", "pip"]
