"""What other systems lack: Windows has no `fcntl`, `resource` or SIGKILL, macOS no /proc and no processor affinity.

The modules are taken away in a process of its own. Nobody has run the book there for this test.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import signal, sys, types

for name in ("SIGKILL", "SIGHUP", "SIGUSR1"):
    delattr(signal, name)
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
"""
IMPORT_ALL = """
import importlib, pkgutil, onestep
names = [m.name for m in pkgutil.walk_packages(onestep.__path__, "onestep.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
USE = """
import pathlib, psutil
del psutil.Process.cpu_affinity
from onestep.build import kernel, pool, runner
from onestep.simulation import memory
assert kernel._most_memory() is None and pool.cores() >= 1
class Job:
    memory = 2 ** 30
print(runner._killed(Job, -9, None))
read = pathlib.Path.read_text
def absent(path, *args, **named):
    if str(path).startswith(("/proc", "/sys")):
        raise FileNotFoundError(str(path))
    return read(path, *args, **named)
pathlib.Path.read_text = absent
assert memory.available() > 0
"""


def said(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")


def test_every_module_can_be_imported():
    # The other packages come first: what they need of their system is their own affair.
    others = "import click, psutil, filelock, papermill, ipykernel, distributed, tornado, plotly, pandas, nbconvert\n"
    done = said(others + WITHOUT + IMPORT_ALL)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 80


def test_what_the_system_does_not_tell_is_done_without():
    done = said("import psutil, papermill, ipykernel\n" + WITHOUT + USE)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the system killed the kernel" in done.stdout


def test_the_modules_are_really_missing():
    done = said("import psutil\n" + WITHOUT + "import resource")
    assert "ModuleNotFoundError" in done.stderr
    assert "AttributeError" in said(WITHOUT + "signal.SIGKILL").stderr


ROOT = Path(__file__).parents[2]
COLLECT = """
import sys, pytest

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"matplotlib", "click", "IPython", "nbformat", "yaml", "plotly", "distributed"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


@pytest.mark.slow
def test_the_tests_of_the_library_need_what_their_job_installs():
    """The job on macOS and Windows installs the library and little else."""
    text = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    paths = re.search(r"python -m pytest (tests.*)", text)[1].split()
    assert "pip install . pytest hypothesis pandas\n" in text
    call = f"sys.exit(pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', *{paths!r}]))"
    done = subprocess.run([sys.executable, "-c", COLLECT + call], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:]
    call = call.replace("*" + repr(paths), "'tests/book/test_figures.py'")
    control = subprocess.run([sys.executable, "-c", COLLECT + call], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert control.returncode != 0 and "No module named" in control.stdout
