"""Disks that are full or must not be written to: nothing is computed in vain, and what was computed is kept."""

import errno
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from onestep.build import files, jupyter_book, site
from onestep.build.cache import Store, read
from onestep.cli import run
from onestep.cli.main import main
from tinybook import executed, new_book


@pytest.fixture
def book(tmp_path, monkeypatch):
    """The tiny book, whose runs take no time."""
    monkeypatch.setattr(site, "_execute", lambda missing, *_: ((job, executed(job)) for job in missing))
    monkeypatch.setattr(jupyter_book, "make_site", lambda tree, out: files.write(out / "index.html", "") or out)
    made = new_book(tmp_path / "book")
    (made.root / "_config.yml").write_text("title: Tiny\n")
    return made


@pytest.fixture
def full(monkeypatch):
    """A function: from now on, no file can be written into this folder."""

    def fill(folder: Path) -> None:
        there = files.write_bytes

        def write_bytes(path: Path, data: bytes) -> None:
            if folder in path.absolute().parents:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            there(path, data)

        monkeypatch.setattr(files, "write_bytes", write_bytes)

    return fill


def test_chapters_that_cannot_be_kept_here_are_kept_elsewhere(book, full):
    full(book.root / "_build")
    jobs = site.jobs(book, {}, strict=False)
    with pytest.raises(site.BuildFailed, match="No space left on device") as caught:
        site.build(book, jobs, book.root / "_build")
    rescue = Store(Path(re.search(r"from (\S+)$", str(caught.value))[1]))
    assert rescue.get(jobs[0]) is not None


def test_a_run_that_cannot_be_kept_here_is_kept_elsewhere(book, full, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "execute", lambda job, **_: executed(job))
    full(tmp_path / "out")
    done = CliRunner().invoke(main, ["--book", str(book.root), "run", "tiny", "-o", str(tmp_path / "out")])
    assert done.exit_code == 1 and "No space left on device" in done.output
    assert read(Path(re.search(r"is in (\S+)$", done.output.strip())[1])) is not None


def test_what_cannot_be_written_to_is_known_before_anything_runs(book, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "execute", lambda job, **_: pytest.fail("it ran"))
    (tmp_path / "out").write_text("a file in the place of the folder")
    line = ["--book", str(book.root), "run", "tiny", "-o", str(tmp_path / "out" / "run")]
    done = CliRunner().invoke(main, line)
    assert done.exit_code == 1 and "out" in done.output and "Not a directory" in done.output


def test_a_book_that_cannot_be_written_to_is_built_elsewhere(book, tmp_path):
    (book.root / "_build").write_text("no folder can be made here")
    jobs = site.jobs(book, {}, strict=False)
    assert site.build(book, jobs, tmp_path / "edition").executed == 1
    assert site.build(book, jobs, tmp_path / "edition").reused == 1
