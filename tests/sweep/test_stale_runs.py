"""Runs of an earlier version of a chapter, its code or its data: never drawn or counted unless they are asked for."""

import pandas as pd
import pytest
from click.testing import CliRunner

import tinybook
from onestep.build.cache import Store
from onestep.build.chapters import Book
from onestep.build.job import Job
from onestep.cli.main import main
from onestep.sweep import results, values


class World:
    """A book, a folder of runs, and the commands on them; a run gives 1 in the first version of the chapter, then 2."""

    def __init__(self, folder):
        self.book, self.runs = tinybook.new_book(folder / "book"), folder / "runs"

    def write(self, text):
        (self.book.folder / "tiny.md").write_text(text)
        self.book = Book(self.book.root)

    def sweep(self, result, **given):
        for combination in values.product(given):
            job = Job.make(self.book.chapter("tiny"), combination, data=self.book.data_hashes)
            if Store(self.runs).get(job) is None:
                Store(self.runs).put(job, tinybook.executed(job, test_error=result))

    def __call__(self, *words):
        return CliRunner().invoke(main, ["--book", str(self.book.root), *words])

    def table(self, *more):
        done = self("table", str(self.runs), *more)
        return done, (pd.read_csv(self.runs / "table.csv") if done.exit_code == 0 else None)


EDITED = tinybook.CHAPTER.replace("predicted = 1 - alpha", "predicted = 1 - alpha + 0")


@pytest.fixture
def world(tmp_path):
    """Swept, edited, swept again, and reverted."""
    made = World(tmp_path)
    made.sweep(1.0, alpha="linspace(0, 0.5, 3)")
    made.write(EDITED)
    made.sweep(2.0, alpha="linspace(0, 0.5, 3)")
    made.write(tinybook.CHAPTER)
    return made


def test_after_a_change_is_reverted_the_present_numbers_are_shown(world):
    done, table = world.table()
    assert "left out: 3 runs belong to an earlier version" in done.output and "--stale" in done.output
    assert list(table.test_error) == [1.0] * 3 and table.chapter_version.nunique() == 1 and "present" not in table
    world.write(EDITED)
    assert list(world.table()[1].test_error) == [2.0] * 3, "the control: the other version is there, too"


def test_with_stale_all_are_there_and_told_apart(world):
    done, table = world.table("--stale")
    assert done.exit_code == 0 and "left out" not in done.output
    assert table.groupby("present").test_error.unique().map(list).to_dict() == {True: [1.0], False: [2.0]}
    assert table.groupby("chapter_version").test_error.nunique().tolist() == [1, 1]


def test_a_plot_draws_the_present_version_alone(world, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "onestep.book.figures.curves.comparison", lambda found, *_, **__: drawn.append(found) or Figure()
    )

    class Figure:
        def svg(self):
            return "<svg/>"

    plot = ("plot", str(world.runs), "-x", "alpha", "-y", "test_error")
    assert world(*plot).exit_code == 0
    assert list(drawn[0][0].measured[1]) == [1.0] * 3
    refused = world(*plot, "--stale")
    assert refused.exit_code == 2 and "present varies, too (False, True): choose one with --where" in refused.output
    assert world(*plot, "--stale", "--where", "present", "False").exit_code == 0
    assert list(drawn[1][0].measured[1]) == [2.0] * 3


def test_an_interrupted_sweep_after_a_change_never_mixes(world):
    world.write(tinybook.CHAPTER.replace("predicted = 1 - alpha", "predicted = 1 - alpha - 0"))
    world.sweep(3.0, alpha="0")
    done, table = world.table()
    assert list(table.test_error) == [3.0] and "left out: 6 runs belong" in done.output


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w.write(tinybook.CHAPTER.replace("alpha = 0.25 ", "alpha = 0.3 ")),
        lambda w: w.write(tinybook.CHAPTER.replace("alpha", "beta")),
        lambda w: (w.book.folder / "data" / "x.txt").write_text("other data"),
        lambda w: (
            (w.book.folder / "tiny.md").rename(w.book.folder / "tinier.md")
            and (w.book.root / "_toc.yml").write_text("format: jb-book\nroot: chapters/tinier\n")
        ),
    ],
    ids=["a default", "a name", "the data", "the chapter's name"],
)
def test_whatever_decides_the_numbers_makes_runs_stale(world, change):
    change(world)
    world.book = Book(world.book.root)
    done, _ = world.table()
    assert done.exit_code == 2 and "left out: 6 runs" in done.output and "no runs of the present chapter" in done.output
    assert not (world.runs / "table.csv").exists()


def test_what_does_not_decide_the_numbers_makes_none_stale(world):
    world.write(tinybook.CHAPTER.replace("# Tiny", "# Tiny, in other words"))
    assert len(world.table()[1]) == 3


def test_without_the_book_nobody_can_tell(world, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["table", str(world.runs)])
    assert done.exit_code == 2 and "no book" in done.output and "--stale" in done.output
    assert CliRunner().invoke(main, ["table", str(world.runs), "--stale"]).exit_code == 0
    assert "present" not in pd.read_csv(world.runs / "table.csv")
    plot = CliRunner().invoke(main, ["plot", str(world.runs), "-x", "alpha", "-y", "test_error", "--stale"])
    assert plot.exit_code == 2 and "chapter_version varies, too" in plot.output


def test_facts_of_another_kind_are_of_no_present_run(world):
    present = results._judge(world.book)
    for facts in (
        {},
        {"chapter": "tiny"},
        {"chapter": 5, "overrides": {}, "key": "x"},
        {"chapter": "tiny", "overrides": 7, "key": 1},
    ):
        assert present(facts) is False
