"""The command line as a reader types it."""

import json
import re
import shlex

import nbformat
import pytest
from click.testing import CliRunner

from onestep.book.records import recorded
from onestep.build.staging import command
from onestep.cli.main import main
from smallbook import edited


@pytest.fixture
def onestep(book, tmp_path, monkeypatch):
    """Run a command line in an empty folder beside the book."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    run = CliRunner().invoke

    def call(line: str):
        return run(main, ["--book", str(book.root), *shlex.split(line)])

    call.here = here
    return call


def test_chapters_are_listed_with_their_parameters(onestep):
    done = onestep("chapters")
    assert done.exit_code == 0
    for shown in ("small: Small", "samples", "int >= 2, <= 100000", "C0 | C1", "figures: fig-line", "presets: paper"):
        assert shown in done.output


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run small -p nn 3", "did you mean 'n'"),
        ("run small -p n banana", "got 'banana'; allowed: an integer"),
        ("run smal", "no chapter 'smal'; the chapters are small"),
        ("run small --preset papr", "it has paper"),
        ("run small --figure fig-lin", "it has fig-line"),
        ("run small --figure fig-line -o fig.gif", ".svg, .png or .pdf"),
        ("run small -f missing.yaml", "does not exist"),
        ("book -p nn 3", "did you mean 'n'"),
        ("book --jobs 0", "--jobs"),
        ("claims", "is not there yet"),
        ("--book /nowhere chapters", "no book"),
    ],
)
def test_refusals_exit_with_two_and_leave_nothing(onestep, book, line, said):
    done = onestep(line)
    assert done.exit_code == 2 and said in done.output
    assert list(onestep.here.iterdir()) == [] and not (book.root / "_build").exists()


def test_a_parameter_file_that_is_none_is_refused(onestep):
    (onestep.here / "bad.yaml").write_text("- 1\n")
    assert onestep("run small -f bad.yaml").exit_code == 2


def test_a_run_gives_a_notebook_and_a_page_and_overwrites_nothing(onestep):
    (onestep.here / "p.yaml").write_text("n: 60\nshifts: [1]\n")
    done = onestep("run small -f p.yaml -p n 50 -o out")
    assert done.exit_code == 0, done.output
    notebook = nbformat.read(onestep.here / "out" / "small.ipynb", as_version=4)
    assert notebook.metadata["onestep"]["overrides"] == {"n": 50, "shifts": [1.0]}
    assert "variance" in recorded(notebook)
    page = (onestep.here / "out" / "small.html").read_text()
    assert "n = 50" in page.split("<h1")[0], "the parameters stand at the head"
    assert "Theorem (Variance)" in page and 'alt="A line that scatters around zero."' in page
    assert re.findall(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?!data:)[^"']*""", page) == []

    stamp = (onestep.here / "out" / "small.ipynb").stat().st_mtime_ns
    assert "already run" in onestep("run small -f p.yaml -p n 50 -o out").output
    refused = onestep("run small -p n 51 -o out")
    assert refused.exit_code == 2 and "--force" in refused.output
    assert (onestep.here / "out" / "small.ipynb").stat().st_mtime_ns == stamp


def test_a_preset_is_overridden_by_what_is_given(onestep):
    assert onestep("run small --preset paper -p seed 2").exit_code == 0
    (path,) = onestep.here.glob("runs/small-*/small.ipynb")
    assert nbformat.read(path, as_version=4).metadata["onestep"]["overrides"] == {"n": 400, "seed": 2}


def test_a_run_that_fails_says_why_and_keeps_what_it_has(onestep):
    done = onestep("run small -p scale 3 --strict -o out")
    assert done.exit_code == 1
    assert "ClaimsFailed" in done.output and "claims.table()" in done.output
    assert (
        len(list((onestep.here / "out" / "failed").iterdir())) == 1
        and not (onestep.here / "out" / "small.ipynb").exists()
    )


def test_a_strict_run_with_too_few_draws_has_an_exit_code_of_its_own(onestep, book):
    edited(book, 'source="this book, Small",', 'source="this book, Small",\n    control=("a bit more", 1.01),')
    done = onestep("run small --strict -o out")
    assert done.exit_code == 3
    assert "ClaimsUndecided" in done.output and "too few draws to tell: the variance" in done.output
    assert onestep("run small -o out2").exit_code == 0, "not strict: the page says it, nothing stops"
    assert "0 of 1 hold, 1 too few draws to tell" in onestep("run small -o out3").output


def test_the_command_under_a_figure_makes_it(onestep):
    line = command("small", "fig-line", {"n": 30}).removeprefix("onestep ")
    assert onestep(line).exit_code == 0
    assert "<svg" in (onestep.here / "fig-line.svg").read_text()
    assert onestep(line).exit_code == 2, "what is there is not overwritten"
    assert onestep(f"{line} -o fig.png").exit_code == 0
    assert (onestep.here / "fig.png").read_bytes().startswith(b"\x89PNG")


def test_claims_prints_the_ledger(onestep, book):
    path = book.root / "_build" / "claims.json"
    path.parent.mkdir()
    claim = {
        "chapter": "small",
        "title": "Small",
        "key": "0",
        "statement": "x is y",
        "measured": "nan",
        "predicted": 1.0,
    }
    claim |= {
        "tolerance": 0.1,
        "source": "s",
        "standard_error": None,
        "kind": "close",
        "explain": None,
        "verdict": "fails",
    }
    path.write_text(json.dumps({"claims": [claim]}))
    done = onestep("claims")
    assert done.exit_code == 0 and "fails  x is y: measured nan, predicted 1" in done.output
