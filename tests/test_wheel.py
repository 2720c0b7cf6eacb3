"""The wheel as people install it: the library with little, the book beside it in a folder of its own."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from onestep.build import carried
from onestep.build.chapters import BookError
from smallbook import new_book

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Runs the code that follows without the packages that a plain install lacks: importing one fails as if it were absent.
ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
LIBRARY = """
import onestep, onestep.simulation
from onestep.theory import any_step
problem = onestep.Problem(n=60, d=30, N=40, activation="relu")
train, test = any_step.errors(problem, ridge=0.1, eta=3.0)
measured = onestep.simulation.run(problem, 3.0, 0.1, seed=0)
print(0 < train < test, 0 < measured.train_error[0, 0] < measured.test_error[0, 0])
"""


def names(requirements: list[str]) -> set[str]:
    """The import names of requirements."""
    spelled = {"beautifulsoup4": "bs4", "ipython": "IPython", "pyyaml": "yaml"}
    found = {requirement.split("[")[0].split(">")[0].split("<")[0] for requirement in requirements}
    return {spelled.get(name, name.replace("-", "_")) for name in found}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_library_needs_nothing_of_the_book(wheel, tmp_path):
    absent = {
        name for extra in ("book", "explorer", "sweep") for name in names(PROJECT["optional-dependencies"][extra])
    }
    absent -= {"onestep"}
    assert {"matplotlib", "pandas", "plotly", "click", "IPython"} <= absent
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = ALONE.format(absent=sorted(absent)) + f"sys.path.insert(0, {str(tmp_path)!r})\n"
    command = [sys.executable, "-I", "-c"]
    done = subprocess.run([*command, code + LIBRARY], capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["True", "True"], done.stderr
    control = subprocess.run([*command, code + "import matplotlib"], capture_output=True, encoding="utf-8")
    assert "No module named 'matplotlib'" in control.stderr


def test_the_wheel_has_what_pages_need_and_no_tests(wheel):
    inside = zipfile.ZipFile(wheel).namelist()
    assert f'__version__ = "{PROJECT["version"]}"' in zipfile.ZipFile(wheel).read("onestep/__init__.py").decode()
    assert "onestep/py.typed" in inside and any(name.endswith("explorer.js") for name in inside)
    assert not [
        name for name in inside if name.split("/")[0] not in ("onestep", f"onestep-{PROJECT['version']}.dist-info")
    ]


def test_the_wheel_carries_the_book(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); from onestep.cli.main import main; main()"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run([*command, "new-book", tmp_path / "book"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    tracked = subprocess.run(
        ["git", "ls-files", *carried.PARTS], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout.split()
    assert len(tracked) > 60
    assert [name for name in tracked if (tmp_path / "book" / name).read_bytes() != (ROOT / name).read_bytes()] == []
    done = subprocess.run([*command, "--book", tmp_path / "book", "chapters", "setup"], capture_output=True)
    assert done.returncode == 0 and done.stdout.startswith(b"setup: ")


def test_the_copy_replaces_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert carried.copy_to(tmp_path / "empty") and (tmp_path / "empty" / "_toc.yml").is_file()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    for target in (mine, mine / "notes.txt"):
        with pytest.raises(BookError, match="there already"):
            carried.copy_to(target)
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]
    with pytest.raises(OSError):
        carried.copy_to(mine / "notes.txt" / "below")


@pytest.mark.long
def test_a_clean_environment_runs_a_book_in_another_folder(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    lock = ROOT / "requirements.txt"
    subprocess.run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    book = new_book(tmp_path / "book")
    command = [python.with_name("onestep"), "run", "small", "-o", tmp_path / "run"]
    done = subprocess.run(command, cwd=book.root, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "small.html").is_file() and (tmp_path / "run" / "small.ipynb").is_file()
    onestep = python.with_name("onestep")
    subprocess.run([onestep, "new-book", tmp_path / "copy"], check=True)
    chapter = [onestep, "--book", tmp_path / "copy", "run", "setup", "--preset", "small", "-o", tmp_path / "setup"]
    done = subprocess.run(chapter, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and (tmp_path / "setup" / "setup.html").is_file(), done.stderr
