"""The book's files as people's editors leave them: byte order marks, spaces, scripts that were edited, too."""

import subprocess

import jupytext
import pytest
from click.testing import CliRunner

import nasty
import tinybook
from onestep.build import pages
from onestep.build.chapters import Book, BookError
from onestep.build.twins import TwinsDiffer, synchronise
from onestep.cli.main import main

PAIRED = tinybook.CHAPTER.replace("jupytext:\n", "jupytext:\n  formats: md:myst,py:percent\n", 1)


@pytest.fixture
def tiny(tmp_path):
    return tinybook.new_book(tmp_path / "book")


def rewritten(book, text, encoding="utf-8"):
    (book.folder / "tiny.md").write_bytes(text.encode(encoding))
    return Book(book.root)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("---\n", "--- \n"),
        lambda text: text.replace("---\n", "---\t \n", 1),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: ("\ufeff" + text).replace("---\n", "--- \n").replace("\n", "\r\n"),
    ],
    ids=["byte order mark", "spaces", "a tab", "Windows", "all of it"],
)
def test_what_editors_add_changes_nothing(tiny, edit):
    before = tiny.chapter("tiny")
    after = rewritten(tiny, edit(tinybook.CHAPTER)).chapter("tiny")
    assert after == before and [p.name for p in after.parameters][:2] == ["alpha", "activation"]
    (tiny.root / "_toc.yml").write_text("\ufeff" + (tiny.root / "_toc.yml").read_text(), encoding="utf-8")
    assert Book(tiny.root).documents == ("chapters/tiny",)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "\n" + text,
        lambda text: text.split("---\n", 2)[2],
        lambda text: text.replace("---\n", "----\n"),
        lambda text: text.replace("jupytext", "jupyter").replace("kernelspec", "kernel"),
        lambda text: ":::{note}\n```{code-cell} ipython3\n1\n```\n:::\n",
    ],
    ids=["an empty line first", "no header", "four dashes", "another header", "within a note"],
)
def test_a_page_with_code_that_nothing_would_run_is_refused_by_name(tiny, edit):
    with pytest.raises(BookError, match=r"chapters/tiny.md has code cells, but is no chapter"):
        rewritten(tiny, edit(tinybook.CHAPTER)).chapters  # noqa: B018
    done = CliRunner().invoke(main, ["--book", str(tiny.root), "book"])
    assert done.exit_code == 2 and "chapters/tiny.md" in done.output and not (tiny.root / "_build").exists()


def test_a_page_without_code_and_one_that_quotes_a_cell_are_pages(tiny):
    for text in ("# Words", "````\n```{code-cell} ipython3\n1\n```\n````\n", "~~~\n```{code-cell}\n~~~\n", ""):
        assert rewritten(tiny, text).chapters == ()


def test_a_page_of_the_contents_may_have_its_ending(tiny):
    (tiny.root / "_toc.yml").write_text("format: jb-book\nroot: chapters/tiny.md\n")
    assert [chapter.name for chapter in Book(tiny.root).listed] == ["tiny"]


@pytest.mark.parametrize("text", [text for text in nasty.TEXTS if isinstance(text, str) and text != "\ud800"])
def test_any_text_is_a_page_or_refused(tiny, text):
    for whole in (text, f"---\n{text}\n---\n", f"---\njupytext: {text}\n---\n", f"```{{code-cell}}\n{text}"):
        try:
            rewritten(tiny, whole).chapters  # noqa: B018
        except BookError as refusal:
            assert len(str(refusal)) < 2000
    assert pages.has_code_cells(f"{text}\n```{{code-cell}}\n1\n```") in (True, False)


def git(book, *words):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(book.root), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def paired(tiny):
    """A book whose one chapter has a script, both committed."""
    book = rewritten(tiny, PAIRED)
    jupytext.write(jupytext.reads(PAIRED, fmt="md:myst"), book.folder / "tiny.py", fmt="py:percent")
    git(book, "init", "-q")
    git(book, "add", ".")
    git(book, "commit", "-q", "-m", "both")
    return book


def edited(book, name, old="# Tiny", new="# Tiny, edited"):
    path = book.folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def call(book, *words):
    return CliRunner().invoke(main, ["--book", str(book.root), *words])


def heading(book, name):
    return (book.folder / name).read_text().split("# Tiny")[1].split("\n")[0]


@pytest.mark.parametrize("words", [("run", "tiny", "-o", "x"), ("book",), ("sweep", "tiny", "-o", "x")])
@pytest.mark.parametrize("name", ["tiny.md", "tiny.py"])
def test_no_command_runs_a_chapter_of_which_one_twin_was_edited(paired, tmp_path, monkeypatch, words, name):
    monkeypatch.chdir(tmp_path)
    edited(paired, name)
    done = call(paired, *words)
    assert done.exit_code == 2 and f"{name} was edited: `onestep sync tiny`" in done.output
    assert not (tmp_path / "x").exists() and not (paired.root / "_build").exists()
    listed = call(paired, "chapters")
    assert listed.exit_code == 0 and "tiny.md and tiny.py differ" in listed.output


@pytest.mark.parametrize(("name", "other"), [("tiny.md", "tiny.py"), ("tiny.py", "tiny.md")])
def test_the_one_that_was_edited_wins_whichever_file_is_newer(paired, name, other):
    edited(paired, name)
    (paired.folder / other).touch()
    assert call(paired, "sync").output == f"{other} has the text of its twin now\n"
    assert heading(paired, "tiny.md") == heading(paired, "tiny.py") == ", edited"
    assert call(paired, "sync").output == "" and Book(paired.root).chapter("tiny").title == "Tiny, edited"


def test_of_two_edits_none_is_discarded_until_its_author_says_so(paired):
    edited(paired, "tiny.md", new="# Tiny, as a page")
    edited(paired, "tiny.py", new="# Tiny, as a script")
    for words in (("sync",), ("sync", "tiny"), ("run", "tiny")):
        done = call(paired, *words)
        assert done.exit_code == 2 and "both were edited" in done.output
        assert "--keep md" in done.output and "--keep py" in done.output
    assert heading(paired, "tiny.md") == ", as a page" and heading(paired, "tiny.py") == ", as a script"
    assert call(paired, "sync", "tiny", "--keep", "py").exit_code == 0
    assert heading(paired, "tiny.md") == heading(paired, "tiny.py") == ", as a script"


def test_without_git_nobody_guesses(tiny):
    book = rewritten(tiny, PAIRED)
    chapter = book.named("tiny")
    assert synchronise(book.folder / "tiny.md", chapter.notebook()) == book.folder / "tiny.py", "a script is made"
    edited(book, "tiny.py")
    with pytest.raises(TwinsDiffer, match="which one was edited is not known"):
        synchronise(book.folder / "tiny.md", chapter.notebook())
    assert heading(book, "tiny.py") == ", edited"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\0", b"# %%\n" * 1000, b"# ---\n# a: [\n# ---\n"])
def test_a_script_that_is_none_is_noticed(paired, content):
    (paired.folder / "tiny.py").write_bytes(content)
    done = call(paired, "run", "tiny")
    assert done.exit_code == 2 and "tiny.md and tiny.py differ" in done.output


def test_what_does_not_change_the_text_is_no_difference(paired):
    path = paired.folder / "tiny.py"
    path.write_text("\ufeff" + path.read_text().replace("# ---\n", "# ---\n", 1).rstrip("\n"), encoding="utf-8")
    assert Book(paired.root).chapter("tiny").name == "tiny"
