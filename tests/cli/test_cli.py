"""The command line as a reader types it."""

import json
import re
import shlex
import shutil

import nbformat
import pytest
from click.testing import CliRunner

from onestep.book.records import read_record
from onestep.build import site
from onestep.build.chapters import Book
from onestep.build.jupyter_book import command
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
        ("run small -p n 1 -p n 2", "n: -p gives it twice"),
        ("run small -p n=1 -p n 2", "n: -p gives it twice"),
        ("run small -p n=banana", "got 'banana'; allowed: an integer"),
        ("run small -o a -o b", "given twice"),
        ("run small --figure a --figure b", "given twice"),
        ("book -p n 3 -p n 4", "n: -p gives it twice"),
        ("run small --time-limit 0", "--time-limit"),
        ("run small --time-limit nan", "--time-limit"),
        ("run small --time-limit soon", "--time-limit"),
        ("book --preset papr", "no chapter has a preset 'papr'; there are paper"),
        ("chapters smal", "no chapter 'smal'"),
        ("claims missing", "does not exist"),
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


@pytest.mark.slow
def test_a_run_gives_a_notebook_and_a_page_and_overwrites_nothing(onestep):
    (onestep.here / "p.yaml").write_text("n: 60\nshifts: [1]\n")
    done = onestep("run small -f p.yaml -p n 50 -o out")
    assert done.exit_code == 0, done.output
    notebook = nbformat.read(onestep.here / "out" / "small.ipynb", as_version=4)
    assert notebook.metadata["onestep"]["overrides"] == {"n": 50, "shifts": [1.0]}
    assert "variance" in read_record(notebook)
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_command_under_a_figure_makes_it(onestep):
    line = command("small", "fig-line", {"n": 30}).removeprefix("onestep ")
    assert onestep(line).exit_code == 0
    assert "<svg" in (onestep.here / "fig-line.svg").read_text()
    assert onestep(line).exit_code == 2, "what is there is not overwritten"
    assert onestep(f"{line} -o fig.png").exit_code == 0
    assert (onestep.here / "fig.png").read_bytes().startswith(b"\x89PNG")


def a_ledger(path, statement="x is y"):
    path.parent.mkdir(parents=True)
    claim = {
        "chapter": "small",
        "title": "Small",
        "key": "0",
        "statement": statement,
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


def test_claims_prints_the_ledger(onestep, book):
    a_ledger(book.root / "_build" / "claims.json")
    done = onestep("claims")
    assert done.exit_code == 0 and "fails  x is y: measured nan, predicted 1" in done.output


def test_claims_are_those_of_the_edition_that_one_is_in(onestep, book, tmp_path, monkeypatch):
    """An edition has its own ledger, beside the tree that it was made from, which is no book to run."""
    a_ledger(book.root / "_build" / "claims.json", "of the book")
    for edition in (book.root / "_build" / "edition-1", tmp_path / "elsewhere"):
        a_ledger(edition / "claims.json", f"of {edition.name}")
        shutil.copytree(book.folder, edition / "book" / "chapters")
        shutil.copy(book.root / "_toc.yml", edition / "book")
        for within in (edition, edition / "book", edition / "book" / "chapters"):
            monkeypatch.chdir(within)
            done = CliRunner().invoke(main, ["claims"])
            assert done.exit_code == 0 and f"of {edition.name}:" in done.output
        assert f"of {edition.name}:" in onestep(f"claims {shlex.quote(str(edition))}").output
    monkeypatch.chdir(book.folder)
    assert "of the book:" in CliRunner().invoke(main, ["claims"]).output
    monkeypatch.chdir(book.root / "_build" / "edition-1" / "book")
    assert Book.find().root == book.root
    monkeypatch.chdir(tmp_path)
    assert "no book" in CliRunner().invoke(main, ["claims"]).output


def test_an_edition_by_preset_takes_those_that_chapters_have(onestep, book, monkeypatch):
    (book.folder / "presets" / "small.tiny.yaml").write_text("n: 20\nshifts: [1]\n")
    made = []
    monkeypatch.setattr(site, "build", lambda book, jobs, output, **_: made.append((jobs, output)) or built(output))
    assert onestep("book --preset tiny").exit_code == 0
    (job,), output = made[0]
    assert job.parameters == {"n": 20, "shifts": [1.0]} and output == book.root / "_build" / "edition-tiny"
    assert onestep("book --preset paper --preset tiny -p n=30 -p small.seed 5").exit_code == 0
    (job,), output = made[1]
    assert job.parameters == {"n": 30, "shifts": [1.0], "seed": 5} and output.name.startswith("edition-")


def test_the_book_is_told_how_long_and_how_loudly(onestep, monkeypatch):
    said = []
    monkeypatch.setattr(site, "build", lambda book, jobs, output, **options: said.append(options) or built(output))
    assert onestep("book --quiet --time-limit 5 --jobs 2").exit_code == 0
    assert said == [{"processes": 2, "time_limit": 5.0, "only": None, "quietly": True}]


def test_a_run_that_takes_too_long_is_stopped(onestep, book):
    edited(book, "rng = ", "import time\ntime.sleep(600)\nrng = ")
    done = onestep("run small -o out --time-limit 8 -q")
    assert done.exit_code == 1 and "stopped after 8 seconds" in done.output


def test_a_name_of_one_chapter_wins_whatever_the_order(book):
    for given in ({"n": 20, "small.n": 30}, {"small.n": 30, "n": 20}):
        assert site.jobs(book, given, strict=False)[0].parameters == {"n": 30}


def built(output):
    return site.Built(output / "html", [], 1, 0)
