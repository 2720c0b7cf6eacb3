"""Sweeps: every run once, saved at once, found again; whatever fails, what was there stays."""

import errno
import subprocess
import sys

import nbformat
import pytest

import tinybook
from onestep.book.records import read_record
from onestep.build import files
from onestep.build.cache import Store, read
from onestep.build.job import Job
from onestep.build.locks import Locks
from onestep.build.pool import Pool
from onestep.sweep import values as grid
from onestep.sweep.engine import FAILED, SweepStopped, sweep
from onestep.sweep.workers import OtherVersion, WorkersError, explained, remote, work


@pytest.fixture
def tiny(tmp_path):
    return tinybook.new_book(tmp_path / "book")


def jobs_of(book, **values):
    return [Job.make(book.chapter("tiny"), v, data=book.data_hashes) for v in grid.product(values)]


def results(folder):
    return sorted(folder.glob("*.ipynb"))


def test_a_sweep_has_each_run_once_and_a_second_one_runs_nothing(tiny, tmp_path):
    jobs, folder = jobs_of(tiny, alpha="linspace(0, 0.5, 4)", activation="relu,tanh", seed="0..2"), tmp_path / "out"
    assert len(jobs) == 24
    workers = tinybook.Inline()
    outcomes = list(sweep([*jobs, jobs[0]], folder, workers))
    assert len(outcomes) == 24 and {outcome.job.key for outcome in outcomes} == {job.key for job in jobs}
    assert not any(outcome.reused or outcome.failure for outcome in outcomes)
    for job in jobs:
        assert read_record(Store(folder).get(job))["test_error"] == tinybook.measurement(job.values)
    again = tinybook.Inline()
    assert all(outcome.reused for outcome in sweep(jobs, folder, again)) and again.submitted == []


def test_an_interrupted_sweep_loses_only_what_was_in_flight(tiny, tmp_path):
    jobs, folder = jobs_of(tiny, seed="0..9"), tmp_path / "out"
    first = sweep(jobs, folder, tinybook.Inline())
    for _ in range(4):
        next(first)
    first.close()
    assert len(results(folder)) == 4
    rest = tinybook.Inline()
    assert sum(outcome.reused for outcome in sweep(jobs, folder, rest)) == 4
    assert len(rest.submitted) == 6 and len(results(folder)) == 10


def test_few_runs_are_taken_in_advance_so_that_a_second_sweep_finds_work(tiny, tmp_path):
    workers = tinybook.Inline(slots=2)
    first = sweep(jobs_of(tiny, seed="0..9"), tmp_path / "out", workers)
    next(first)
    assert len(workers.submitted) == 4
    first.close()


def test_a_run_that_fails_is_told_kept_and_tried_again_next_time(tiny, tmp_path):
    jobs, folder = jobs_of(tiny, seed="0,1", fail="false,true"), tmp_path / "out"
    outcomes = list(sweep(jobs, folder, tinybook.Inline()))
    failures = [outcome for outcome in outcomes if outcome.failure]
    assert len(failures) == 2 and all("told to fail" in outcome.failure for outcome in failures)
    assert len(results(folder)) == 2 and len(results(folder / FAILED)) == 2
    again = tinybook.Inline()
    list(sweep(jobs, folder, again))
    assert {job.values["fail"] for job in again.submitted} == {True}


def test_what_failed_once_and_then_succeeds_is_no_longer_among_the_failed(tiny, tmp_path):
    (job,) = jobs_of(tiny)
    Store(tmp_path / "out" / FAILED).put(job, tinybook.executed(job))
    list(sweep([job], tmp_path / "out", tinybook.Inline()))
    assert results(tmp_path / "out" / FAILED) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-100],
        lambda text: "",
        lambda text: text.replace("test_error", "test_errox", 1),
        lambda text: text.replace('"seed": 1', '"seed": 2'),
    ],
    ids=["cut", "empty", "one letter of the results", "one digit of the parameters"],
)
def test_a_damaged_result_is_noticed_put_aside_and_made_again(tiny, tmp_path, damage):
    jobs, folder = jobs_of(tiny, seed="0..2"), tmp_path / "out"
    list(sweep(jobs, folder, tinybook.Inline()))
    path = Store(folder).path(jobs[1])
    text = path.read_text()
    assert damage(text) != text
    path.write_text(damage(text))
    outcomes = list(sweep(jobs, folder, tinybook.Inline()))
    (again,) = [outcome for outcome in outcomes if not outcome.reused]
    assert again.job == jobs[1] and again.damaged.read_text() == damage(text)
    assert path.read_text() == text
    assert len(results(folder)) == 3, "what was put aside is no result"


def test_a_full_disk_stops_the_sweep_and_leaves_what_was_there(tiny, tmp_path, monkeypatch):
    jobs, folder = jobs_of(tiny, seed="0..5"), tmp_path / "out"
    write, room = files.write_bytes, iter([True, True, False])

    def full(path, data):
        if not next(room):
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(files, "write_bytes", full)
    with pytest.raises(SweepStopped, match="No space left on device"):
        list(sweep(jobs, folder, tinybook.Inline()))
    assert len(results(folder)) == 2 and all(read(path) is not None for path in results(folder))


HOLD = """
import sys
from pathlib import Path
from onestep.build.locks import Locks
from onestep.build.pool import Pool
locks = Locks(Path(sys.argv[1]))
print(locks.take(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def test_a_lock_ends_with_the_process_that_holds_it(tmp_path):
    path, name, other = tmp_path / "locks", "ab" * 32, "cd" * 32
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline().strip() == "True"
        with Locks(path) as locks:
            assert not locks.take(name) and locks.take(other)
            holder.kill()
            holder.wait()
            assert locks.take(name)
            locks.release(name)
            assert locks.take(name)
    finally:
        holder.kill()
        holder.communicate()


def test_a_worker_refuses_a_job_of_another_version(tiny):
    (job,) = jobs_of(tiny)
    with pytest.raises(OtherVersion) as caught:
        work(job, "another key", {})
    assert "install the same on both" in explained(caught.value)


@pytest.mark.slow
def test_a_scheduler_that_is_none_is_told(tiny):
    with pytest.raises(WorkersError, match="no dask scheduler answers"), remote("tcp://127.0.0.1:9", {}):
        pass


@pytest.mark.parametrize(
    "address", ["", "x", "tcp://", "tcp://127.0.0.1", "http://h:1", "inproc://x", "h:99999", "h:1\n"]
)
def test_what_is_no_address_is_told_at_once(address):
    with pytest.raises(WorkersError, match="is no scheduler's address"), remote(address, {}):
        pass


@pytest.mark.slow
def test_runs_on_this_machine_that_only_it_can_reach(tiny, tmp_path):
    import psutil

    jobs, listening = jobs_of(tiny, seed="0", fail="false,true"), set()

    def look() -> None:
        for process in psutil.Process().children(recursive=True):
            found = process.net_connections(kind="inet")
            listening.update(c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN)

    with Pool(1, 1, data=tiny.data, retries=1, on_cell=look) as pool:
        outcomes = {outcome.job.values["fail"]: outcome for outcome in sweep(jobs, tmp_path / "out", pool)}
    assert listening == {"127.0.0.1"}
    assert outcomes[False].failure is None
    assert "told to fail" in outcomes[True].failure and "Traceback" in outcomes[True].failure
    (path,) = results(tmp_path / "out")
    values = read_record(nbformat.read(path, as_version=4))
    assert values["test_error"] == tinybook.measurement(jobs[0].values) and values["data"] == "data travel, too"


def test_dask_is_imported_for_a_cluster_only():
    line = "import sys, onestep.cli.sweep; sys.exit('distributed' in sys.modules or 'dask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", line]).returncode == 0
