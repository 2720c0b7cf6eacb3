"""sweep, table and plot as a reader types them, and memory that does not suffice."""

import shlex

import pytest
from click.testing import CliRunner

import tinybook
from onestep.build import feasible
from onestep.build.chapters import Chapter
from onestep.build.job import Job
from onestep.build.parameters import ParameterError
from onestep.cli import calibrate, sweep
from onestep.cli.failures import Interrupted
from onestep.cli.main import main
from onestep.cli.memory import ensure_memory
from onestep.problem import Problem
from onestep.simulation import memory
from onestep.simulation.experiment import run as simulate


@pytest.fixture
def onestep(tmp_path, monkeypatch):
    """Run a command line in an empty folder beside the book; sweeps execute nothing."""
    book = tinybook.new_book(tmp_path / "book")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    class Pool(tinybook.Inline):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    for command in (sweep, calibrate):
        monkeypatch.setattr(command, "Pool", lambda *_, **__: Pool())

    def call(line: str):
        return CliRunner().invoke(main, ["--book", str(book.root), *shlex.split(line)])

    call.here = here
    return call


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sweep tiny -p seeed 0..3 -o out", "did you mean 'seed'"),
        ("sweep tiny -p alpha 0:0.6:4 -o out", "alpha: got 0.6; allowed"),
        ("sweep tiny -p alpha 'linspace(0, 0.6, 4)' -o out", "alpha: got 0.6; allowed"),
        ("sweep tiny -p alpha 0:0.5:1 -o out", "linspace(FIRST, LAST, COUNT)"),
        ("sweep tiny -p activation relu,tahn -o out", "got 'tahn'; allowed"),
        ("sweep tiny -p seed 0 -p seed 1 -o out", "seed: -p gives it twice; join the values by commas"),
        ("sweep tiny -p seed 0", "Missing option '-o'"),
        ("sweep tiny --scheduler tcp://127.0.0.1:9 --workers 2 -o out", "for runs on this machine"),
        ("sweep tiny --scheduler tcp://127.0.0.1:9 --time-limit 2 -o out", "for runs on this machine"),
        ("calibrate nowhere -o c.csv", "no chapter 'nowhere'"),
        ("calibrate tiny --seeds 7,7 -o c.csv", "each given once"),
        ("calibrate tiny --seeds=-1 -o c.csv", "seed: got '-1'; allowed"),
        ("calibrate tiny -o c.txt", "the file is a .csv"),
        ("table missing", "does not exist"),
        ("table .", "has no runs"),
        ("plot . -x alpha -y test_error", "has no runs"),
        ("plot . -x alpha -y test_error -o p.gif", ".svg, .png or .pdf"),
    ],
)
def test_refusals_exit_with_two_and_leave_nothing(onestep, line, said):
    done = onestep(line)
    assert done.exit_code == 2 and said in done.output
    assert list(onestep.here.iterdir()) == []


def test_calibrate_runs_what_is_missing(onestep):
    done = onestep("calibrate tiny --seeds 0..2 --runs runs -o c.csv")
    assert done.exit_code == 0 and "3 of 3 runs are done" in done.output and "c.csv: 0 rows" in done.output
    done = onestep("calibrate --seeds 0,1,2,7 --runs runs -o c.csv")
    assert "3 were there, 1 are new" in done.output and len(list((onestep.here / "runs").glob("*.ipynb"))) == 4
    assert (onestep.here / "c.csv").read_text().startswith("# The claims of the book at several seeds: onestep calib")


def test_sweep_table_plot(onestep, monkeypatch):
    (onestep.here / "p.yaml").write_text("alpha: linspace(0, 0.5, 3)\nseed: 0..9\n")
    done = onestep("sweep tiny -f p.yaml -p activation relu,tanh -p seed 0,1 -o out")
    assert done.exit_code == 0 and "12 of 12 runs are done and kept in out: 0 were there, 12 are new" in done.output
    assert (
        "12 of 12 runs are done and kept in out: all were there"
        in onestep("sweep tiny -f p.yaml -p activation relu -p seed 0,1 -o out".replace("relu", "relu,tanh")).output
    )
    assert "12 runs" in onestep("table out").output
    assert (onestep.here / "out" / "table.csv").exists() and (onestep.here / "out" / "table.parquet").exists()
    drawn = onestep("plot out -x alpha -y test_error --hue activation")
    assert drawn.exit_code == 0, drawn.output
    assert "<svg" in (onestep.here / "out" / "test_error-alpha.svg").read_text()
    line = "plot out -x alpha -y test_error --where activation relu --log-y -o p.png"
    assert onestep(line).exit_code == 0 and onestep(line).exit_code == 2 and onestep(f"{line} --force").exit_code == 0
    assert (onestep.here / "p.png").read_bytes().startswith(b"\x89PNG")
    for image in ("svg", "pdf", "png"):
        drawn = []
        for day in ("1000000000", "1700000000"):
            monkeypatch.setenv("SOURCE_DATE_EPOCH", day)  # what matplotlib takes for the present
            onestep(f"plot out -x alpha -y test_error --hue activation -o same.{image} --force")
            drawn.append((onestep.here / f"same.{image}").read_bytes())
        assert drawn[0] == drawn[1], f"a {image} of the same runs is the same file on any day"
    refused = onestep("plot out -x alpha -y test_error")
    assert refused.exit_code == 2 and "activation varies, too" in refused.output


def test_a_dry_run_says_what_is_missing_and_how_long_it_takes_and_runs_nothing(onestep):
    line = "sweep tiny -p seed 0..9 -o out --workers 2 --dry-run"
    done = onestep(line)
    assert done.exit_code == 0 and "10 runs: 0 are there, 10 are missing" in done.output
    assert "not known: no earlier run of tiny" in done.output and list(onestep.here.iterdir()) == []
    assert onestep("sweep tiny -p seed 0..2 -o out").exit_code == 0
    kept = sorted(path.name for path in (onestep.here / "out").iterdir())
    done = onestep(line)
    assert "10 runs: 3 are there, 7 are missing\nabout 0.4 s, 2 at a time\n" in done.output
    assert "(0.1 s a run, from 3 earlier runs; other sizes take other times)" in done.output
    assert sorted(path.name for path in (onestep.here / "out").iterdir()) == kept
    done = onestep("sweep tiny -p seed 0..2 -o out --dry-run")
    assert done.output == "3 runs: 3 are there, 0 are missing\n"
    assert "about 0.7 s of work" in onestep(line.replace("--workers 2", "--scheduler tcp://127.0.0.1:9")).output
    assert onestep("sweep tiny -p seed banana -o out --dry-run").exit_code == 2


def test_without_a_terminal_progress_is_lines_and_quiet_is_quiet(onestep):
    assert "tiny: 3 of 3 runs" in onestep("sweep tiny -p seed 0..2 -o out").output.splitlines()
    done = onestep("sweep tiny -p seed 3..5 -p fail false,true -o out --quiet")
    assert "of 6 runs" not in done.stderr and done.stderr.count("FAILED") == 3
    done = onestep("sweep tiny -p seed 6,7 -o out -q")
    assert done.output == "2 of 2 runs are done and kept in out: 0 were there, 2 are new, 0 failed\n"


def test_the_old_form_of_a_range_gives_a_hint(onestep):
    done = onestep("sweep tiny -p alpha 0:0.5:3 -o out")
    assert done.exit_code == 0
    assert "hint: 0:0.5:3 will not be read from release 0.3 on; write linspace(0, 0.5, 3)" in done.output
    assert "hint" not in onestep("sweep tiny -p alpha 'linspace(0, 0.5, 3)' -o out").output


@pytest.mark.parametrize("line", ["plot out -x alpha -y a --where seed 1 --where seed 2", "plot out -x a -x b -y c"])
def test_what_comes_twice_is_refused(onestep, line):
    onestep("sweep tiny -o out")
    done = onestep(line)
    assert done.exit_code == 2 and "twice" in done.output


def test_failures_are_told_with_their_parameters_and_the_command_fails(onestep):
    done = onestep("sweep tiny -p seed 0,1 -p fail false,true -o out")
    assert done.exit_code == 1
    assert "2 of 4 runs are done" in done.output and "2 runs failed" in done.output
    assert "FAILED tiny: seed = 1, fail = True" in done.output and "told to fail" in done.output


def test_ctrl_c_says_what_is_kept(onestep, monkeypatch):
    finished = tinybook.Inline.finished

    def interrupted(self, timeout):
        if len(self.submitted) > 4:
            raise KeyboardInterrupt
        yield from finished(self, timeout)

    monkeypatch.setattr(tinybook.Inline, "finished", interrupted)
    done = onestep("sweep tiny -p seed 0..9 -o out")
    assert done.exit_code == Interrupted.exit_code == 130
    assert "1 of 10 runs are done and kept in out; the same command goes on" in done.output


def sized(**values) -> Job:
    cell = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    chapter = f"---\njupytext: {{}}\n---\n\n```{{code-cell}} ipython3\n:tags: [parameters]\n\n{cell}\n```\n"
    return Job(Chapter("sized", chapter))


def test_what_does_not_fit_in_memory_is_refused_with_estimate_and_limit():
    job = sized(n=40_000, d=20_000, N=30_000)
    assert job.memory > 8 * 40_000 * 30_000, "the features alone"
    with pytest.raises(
        ParameterError, match=r"n = 40000, d = 20000, N = 30000 one simulation needs about .* GiB"
    ) as caught:
        ensure_memory(job, 10 * 2**30)
    assert "of which 10.00 GiB are free" in str(caught.value)
    ensure_memory(job, job.memory)
    with pytest.raises(ParameterError, match="2 simulations at a time"):
        ensure_memory(job, job.memory, at_once=2)
    assert sized(n=10**9).memory == 0, "a chapter with a size of its own is no problem"


def test_the_estimate_is_that_of_the_simulation(monkeypatch):
    job, asked = sized(n=300, d=100, N=200, n_test=50), []
    monkeypatch.setattr(memory, "check", asked.append)
    simulate(Problem(300, 100, 200), eta=1.0, ridge=[0.1] * 8, seed=0, n_test=50, top=8)
    assert asked[0] == job.memory == max(asked) and feasible.problem(job.values) == Problem(300, 100, 200)


def test_a_chapter_that_does_not_fit_is_refused_before_anything_runs(onestep, monkeypatch):
    monkeypatch.setattr(Job, "memory", 2**50)
    monkeypatch.setattr(Job, "values", {"n": 1, "d": 1, "N": 1})
    for line in ("run tiny -o out", "book -o out", "sweep tiny -o out"):
        done = onestep(line)
        assert done.exit_code == 2 and "1048576.00 GiB" in done.output
    assert list(onestep.here.iterdir()) == []
