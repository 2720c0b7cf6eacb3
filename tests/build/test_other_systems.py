"""What other systems lack: Windows has no `fcntl`, `resource` or SIGKILL, macOS no /proc and no processor affinity.

The modules are taken away in a process of its own. Nobody has run the book there for this test.
"""

import subprocess
import sys

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
