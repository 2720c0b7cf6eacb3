"""The build: a site that is complete by itself, nothing executed twice, nothing lost when something fails."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from interrupts import hears_interrupts
from onestep.build import site
from onestep.build.chapters import Book
from onestep.build.jupyter_book import command
from onestep.build.ledger_changes import load
from onestep.build.parameters import ParameterError, from_text
from smallbook import edited, new_book


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small book, built once; tests that change it come in order."""
    book = new_book(tmp_path_factory.mktemp("built") / "book")
    return book, make(book)


def make(book, given=None, *, strict=False, target=None):
    return site.build(book, site.jobs(book, given or {}, strict=strict), target or book.root / "_build")


def test_the_page_shows_the_run(built):
    _, result = built
    page = (result.site / "chapters" / "small.html").read_text()
    assert result.executed == 1 and (result.site / "index.html").is_file()
    for shown in ("Theorem 1", "✓ holds", "Provenance", "Recorded: variance", "A line that scatters around zero."):
        assert shown in page
    assert "onestep run small --figure fig-line</code>" in page


def test_the_download_is_the_executed_notebook(built):
    _, result = built
    notebook = json.loads((result.site / "_sources" / "chapters" / "small.ipynb").read_text())
    assert any(
        "image/png" in output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", ())
    )


def test_the_site_asks_no_other_host(built):
    _, result = built
    outside = re.compile(
        r"""(?:src|href)=["'](?:https?:)?//[^"']*|https?://[^"' ]*(?:unpkg|jsdelivr|cdnjs|googleapis)"""
    )
    pages = list(result.site.rglob("*.html"))
    assert len(pages) > 3
    assert {str(page): found for page in pages if (found := outside.findall(page.read_text()))} == {}
    page = (result.site / "chapters" / "small.html").read_text()
    (script,) = set(re.findall(r'src="(\S*mathjax/\S*?\.js)', page))
    assert (result.site / "chapters" / script).resolve().stat().st_size > 10**6


def test_the_ledger_is_data_and_a_page(built):
    book, result = built
    whole = load(str(book.root / "_build" / "claims.json"))
    (entry,) = whole["claims"]
    assert entry["chapter"] == "small" and entry["verdict"] == "holds" and entry["predicted"] == 1.0
    assert whole["chapters"]["small"]["record"].keys() == {"variance"}
    assert whole["chapters"]["small"]["versions"]["numpy"] == np.__version__
    assert (result.site / "claims.json").read_bytes() == (book.root / "_build" / "claims.json").read_bytes()
    page = (result.site / "chapters" / "claims.html").read_text()
    assert entry["statement"] in page and 'href="small.html"' in page and "1 of 1 hold" in page


def test_another_build_elsewhere_gives_the_same_ledger_to_the_last_byte(built, book):
    first, _ = built
    assert make(book).executed == 1, "it was executed again"
    assert (book.root / "_build" / "claims.json").read_bytes() == (first.root / "_build" / "claims.json").read_bytes()


def test_a_second_build_does_nothing(built):
    book, result = built
    stamp = (result.site / "index.html").stat()
    again = make(book)
    assert (again.executed, again.reused) == (0, 1)
    assert (result.site / "index.html").stat().st_mtime_ns == stamp.st_mtime_ns


def test_a_page_that_changed_is_built_without_executing(built):
    book, result = built
    again = make(edited(book, "A small book", "A smaller book", page="index"))
    assert again.executed == 0
    assert "A smaller book" in (result.site / "chapters" / "index.html").read_text()


def test_a_warning_stops_the_build_and_the_old_site_stays(built):
    book, result = built
    before = (result.site / "chapters" / "index.html").read_bytes()
    broken = edited(book, "fig-line", "fig-lost", page="index")
    with pytest.raises(site.BuildFailed, match="fig-lost"):
        make(broken)
    edited(book, "fig-lost", "fig-line", page="index")
    assert (result.site / "chapters" / "index.html").read_bytes() == before
    assert [path.name for path in (book.root / "_build").glob(".*")] == [".lock"], "nothing half-built is left"


def test_a_failing_chapter_loses_no_other(book):
    text = (book.folder / "small.md").read_text()
    (book.folder / "bad.md").write_text(text.replace("rng = ", "raise RuntimeError('on purpose')\nrng = "))
    contents = book.root / "_toc.yml"
    contents.write_text(contents.read_text().replace("chapters:\n", "chapters:\n  - file: chapters/bad\n"))
    with pytest.raises(site.BuildFailed, match="on purpose") as caught:
        make(Book(book.root))
    assert [failure.chapter for failure in caught.value.failures] == ["bad"]
    kept = [path.name for path in (book.root / "_build" / "executed").iterdir()]
    assert len(kept) == 1 and kept[0].startswith("small-")


def test_words_and_captions_change_without_executing(built):
    book, _ = built
    changed = edited(edited(book, "# Small", "# Small but new"), "scatters around zero", "scatters about zero")
    again = make(changed)
    assert (again.executed, again.reused) == (0, 1)
    page = (again.site / "chapters" / "small.html").read_text()
    assert "Small but new" in page and "scatters about zero" in page and "✓ holds" in page
    make(edited(edited(book, "# Small but new", "# Small"), "scatters about zero", "scatters around zero"))


def test_only_the_chapter_that_is_asked_for_is_executed(built):
    book, _ = built
    with pytest.raises(site.BuildFailed, match="small: never executed with these parameters"):
        site.build(book, site.jobs(book, {"n": "77"}, strict=False), book.root / "_build", only={"other"})
    changed = edited(book, "means.var(ddof=1)", "means.var(ddof=1) + 0")
    jobs = site.jobs(changed, {}, strict=False)
    done = site.build(changed, jobs, book.root / "_build", only={"other"})
    assert (done.executed, done.outdated) == (0, ("small",))
    page = (done.site / "chapters" / "small.html").read_text()
    assert "✓ holds" in page
    edited(book, "means.var(ddof=1) + 0", "means.var(ddof=1)")


def test_a_strict_build_fails_with_a_claim(book):
    with pytest.raises(site.BuildFailed, match="ClaimsFailed"):
        make(book, {"small.scale": "3"}, strict=True)
    assert not (book.root / "_build" / "html").exists()


@pytest.mark.parametrize("name", ["nn", "small.nn", "smal.n"])
def test_unknown_parameters_of_the_book_are_refused(book, name):
    with pytest.raises(ParameterError, match=name.split(".")[0]):
        site.jobs(book, {name: "3"}, strict=False)


def test_the_command_of_a_figure_can_be_pasted_into_a_shell():
    overrides = {"n": 50, "shifts": [0.0, 1e-7], "label": "it's", "centred": True}
    line = command("small", "fig-line", overrides)
    assert line.startswith("onestep run small --figure fig-line -p n 50")
    words = shlex.split(line)
    pairs = {words[i + 1]: from_text(words[i + 2]) for i, word in enumerate(words) if word == "-p"}
    assert pairs == {"n": "50", "shifts": ["0.0", "1.0e-07"], "label": "it's", "centred": "true"}


def test_an_interrupted_build_leaves_no_process_and_no_half_site(book, tmp_path):
    wait = f"open({str(tmp_path / 'started')!r}, 'w').close()\nimport time\ntime.sleep(120)\nrng = "
    edited(book, "rng = ", wait)
    command = [sys.executable, "-m", "onestep.cli.main", "--book", str(book.root), "book"]
    temporary = tmp_path / "temporary files"
    temporary.mkdir()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hears_interrupts,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    try:
        end = time.monotonic() + 300
        while not (tmp_path / "started").exists():
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2, "a runner and its kernel"
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1 and "Aborted" in said and "Traceback" not in said
    _, alive = psutil.wait_procs(family, timeout=120)
    assert alive == []
    assert [path.name for path in (book.root / "_build").rglob("*") if path.is_file()] == [".lock"]
    assert list(temporary.iterdir()) == []


@pytest.mark.long
def test_jupyter_book_alone_builds_it_too(book):
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(book.root)]
    done = subprocess.run([*command, "-W", "--keep-going", "-n"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ holds" in (book.root / "_build" / "html" / "chapters" / "small.html").read_text()
