"""What every command does with its words: files, presets, pairs, and what is not installed."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import nasty
import tinybook
from onestep.build.parameters import ParameterError, from_text
from onestep.cli import needs, run
from onestep.cli.main import main
from onestep.cli.options import _pairs_apart, from_file, given


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Run a command line in an empty folder beside the tiny book; chapters are not executed."""
    book = tinybook.new_book(tmp_path / "book")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(run, "execute", lambda job, **_: call.jobs.append(job) or tinybook.executed(job))

    def call(*words):
        return CliRunner().invoke(main, ["--book", str(book.root), *words])

    call.book, call.here, call.jobs = book, here, []
    return call


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def test_files_are_merged_in_order_and_the_command_line_comes_last(tiny):
    files(tiny.here, first="seed: 4\nalpha: 0.1\n", second="alpha: 0.2\npause: 1\n", comments="# only a comment\n")
    assert (
        tiny("run", "tiny", "-f", "first.yaml", "-f", "second.yaml", "-f", "comments.yaml", "-p", "pause=2").exit_code
        == 0
    )
    assert tiny.jobs[0].parameters == {"seed": 4, "alpha": 0.2, "pause": 2.0}
    assert tiny("run", "tiny", "-f", "second.yaml", "-f", "first.yaml", "-o", "o").exit_code == 0
    assert tiny.jobs[1].parameters == {"seed": 4, "alpha": 0.1, "pause": 1.0}


def test_presets_are_merged_in_order_below_the_files(tiny):
    folder = tiny.book.folder / "presets"
    folder.mkdir()
    for name, text in {"a": "seed: 1\nalpha: 0.1", "b": "alpha: 0.2\npause: 3"}.items():
        (folder / f"tiny.{name}.yaml").write_text(text)
    files(tiny.here, own="pause: 0.5")
    assert tiny("run", "tiny", "--preset", "a", "--preset", "b", "-f", "own.yaml").exit_code == 0
    assert tiny.jobs[0].parameters == {"seed": 1, "alpha": 0.2, "pause": 0.5}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\n\n", "---\n", "~", "null", "{}"])
def test_a_file_without_parameters_gives_none(tmp_path, text):
    files(tmp_path, p=text)
    assert from_file(tmp_path / "p.yaml") == {}


@pytest.mark.parametrize(
    ("words", "apart"),
    [
        ("-p n=400", "-p n 400"),
        ("-p n 400", "-p n 400"),
        ("--parameter setup.n=4 -p label a=b", "--parameter setup.n 4 -p label a=b"),
        ("-p label=a=b -o x", "-p label a=b -o x"),
        ("-p label -p -p n=1", "-p label -p -p n 1"),
        ("-p n=", "-p n |"),
        ("-p", "-p"),
        ("-p n", "-p n"),
        ("-- -p n=1", "-- -p n=1"),
    ],
)
def test_name_and_value_may_be_joined(words, apart):
    assert _pairs_apart(words.split()) == [word.replace("|", "") for word in apart.split()]


# Neither a lone surrogate nor a NUL can stand in a command line.
TYPED = [text for text in nasty.TEXTS if isinstance(text, str) and text not in ("\ud800", "\0")]


@pytest.mark.parametrize("text", TYPED)
def test_any_text_is_taken_or_refused(tiny, text):
    for words in (["-p", f"alpha={text}"], ["-p", text, "1"], ["-p", text], ["--preset", text], ["-f", text[:100]]):
        done = tiny("run", "tiny", *words)
        assert done.exit_code in (0, 2) and (done.exception is None or isinstance(done.exception, SystemExit))
        assert len(done.output) < 3000


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(ParameterError, match="n: -p gives it twice"):
        given((), (), [("n", "1"), ("m", "2"), ("n", "1")], from_text)


def test_the_folder_of_the_book_may_come_from_the_environment(tiny, monkeypatch):
    assert "no book" in CliRunner().invoke(main, ["chapters"]).output
    monkeypatch.setenv("ONESTEP_BOOK", str(tiny.book.root))
    assert "tiny: Tiny" in CliRunner().invoke(main, ["chapters"]).output
    assert CliRunner().invoke(main, ["--book", "/nowhere", "chapters"]).exit_code == 2, "the option comes first"


def test_a_page_that_is_missing_is_made_again(tiny):
    assert tiny("run", "tiny", "-o", "out").exit_code == 0
    page = tiny.here / "out" / "tiny.html"
    page.unlink()
    done = tiny("run", "tiny", "-o", "out")
    assert done.exit_code == 0 and "tiny.html is missing" in done.output and page.is_file()
    assert "already run" in tiny("run", "tiny", "-o", "out").output and len(tiny.jobs) == 2


@pytest.mark.parametrize("name", sorted(needs.NEEDS))
def test_what_is_not_installed_is_named_before_anything_is_imported(tiny, monkeypatch, name):
    extra, modules = needs.NEEDS[name]
    assert needs.missing(name) is None
    monkeypatch.setattr(needs, "_installed", lambda module: module != modules[-1])
    done = tiny(name, "tiny")
    assert done.exit_code == 2 and f"needs {modules[-1]}: pip install 'onestep[{extra}]'" in done.output
    assert list(tiny.here.iterdir()) == []


def test_another_jupyter_book_is_noticed_before_chapters_run(tiny, monkeypatch):
    monkeypatch.setattr(needs, "version", lambda name: "2.0.0")
    done = tiny("book")
    assert done.exit_code == 2 and "needs jupyter-book 1, and 2.0.0 is another program" in done.output
    assert not (tiny.book.root / "_build").exists() and needs.missing("run") is None


def test_a_package_that_does_not_exist_is_not_installed():
    assert not needs._installed("no_such_package") and not needs._installed("no_such_package.part")
    assert needs._installed("json") and needs._installed("os.path")


def test_without_click_the_command_says_so():
    code = "import sys; sys.modules['click'] = None; import onestep.cli.main"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 2 and "pip install 'onestep[book]'" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "absent", "said"),
    [
        ("run tiny -o out", ["papermill", "nbconvert"], "`onestep run` needs papermill, nbconvert: pip install"),
        ("book", ["sphinx_proof"], "`onestep book` needs sphinx_proof: pip install 'onestep[book]'"),
        ("table out", ["pandas", "pyarrow"], "`onestep table` needs pandas, pyarrow: pip install 'onestep[sweep]'"),
        ("chapters", ["jupytext"], "`onestep chapters` needs jupytext: pip install 'onestep[book]'"),
        ("sweep tiny -o out --scheduler tcp://127.0.0.1:9", ["distributed"], "pip install onestep[sweep]"),
    ],
)
def test_a_plain_install_says_what_is_missing_and_makes_nothing(tiny, words, absent, said):
    code = f"import sys; sys.modules |= dict.fromkeys({absent}); from onestep.cli.main import main; main()"
    command = [sys.executable, "-c", code, "--book", str(tiny.book.root), *words.split()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert [path for path in tiny.here.rglob("*") if path.is_file()] == []


def test_help_imports_neither_numpy_nor_the_book():
    code = "import sys; from onestep.cli.main import main; main(['--help'], standalone_mode=False); "
    code += "print(sorted({'numpy', 'jupytext', 'onestep.build', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "Build the whole book" in done.stdout


@pytest.mark.parametrize("name", sorted(needs.NEEDS))
def test_every_command_is_listed_as_what_it_is(name):
    command = main.get_command(click.Context(main), name)
    assert command.name == name and command.help and name in main.list_commands(click.Context(main))
