"""Sweeps under fire, with real processes: workers and commands killed, two at once, a disk that is full."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

import tinybook
from interrupts import hears_interrupts
from onestep.sweep.results import collect

pytestmark = pytest.mark.long


@pytest.fixture
def start(tmp_path):
    """Start processes, which end with the test."""
    book, processes = tinybook.new_book(tmp_path / "book"), []

    def begin(*words, module="onestep.cli.main", where=tmp_path):
        head = ["--book", str(book.root)] if module == "onestep.cli.main" else []
        command = [sys.executable, "-m", module, *head, *map(str, words)]
        with (tmp_path / f"{len(processes)}.log").open("w+") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=where, preexec_fn=hears_interrupts
            )
        process.log = lambda: (tmp_path / log.name).read_text()
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def until(condition, seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def results(folder):
    return sorted(folder.glob("*.ipynb"))


def check(folder, count: int) -> None:
    """There are `count` runs, distinct and right, and nothing half-written."""
    table, unreadable = collect(folder)
    assert (len(table), table.key.nunique(), unreadable) == (count, count, [])
    assert len(table.drop_duplicates(["alpha", "activation", "seed"])) == count
    for row in table.to_dict("records"):
        assert row["test_error"] == tinybook.measurement(row)
        assert row["claims_held"] == 1 and row["data"] == "data travel, too"
    assert {path.name for path in folder.iterdir()} - {path.name for path in results(folder)} == {".locks"}


def ended(process) -> int:
    return process.wait(timeout=600)


@pytest.fixture
def scheduler(start):
    """A scheduler on loopback and a way to start workers, each in a folder without the book."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
    process = start(*here, "--port", port, module="distributed.cli.dask_scheduler")
    process.address = address
    process.worker = lambda: start(address, *here, "--nthreads", 1, "--no-nanny", module="distributed.cli.dask_worker")
    return process


GRID = ("sweep", "tiny", "-p", "alpha", "linspace(0, 0.5, 4)", "-p", "activation", "relu,tanh", "-p", "seed", "0..2")
FEW = ("sweep", "tiny", "-p", "alpha", "linspace(0, 0.5, 4)", "-p", "seed", "0,1")


def test_a_worker_that_is_killed_costs_nothing(start, scheduler, tmp_path):
    first, _ = scheduler.worker(), scheduler.worker()
    command = start(*GRID, "--scheduler", scheduler.address, "-o", "out")
    until(lambda: len(results(tmp_path / "out")) >= 6)
    first.kill()
    assert len(results(tmp_path / "out")) < 24
    assert ended(command) == 0, command.log()
    check(tmp_path / "out", 24)


def test_a_scheduler_that_is_lost_is_told_and_another_goes_on(start, scheduler, tmp_path):
    scheduler.worker()
    command = start(*FEW, "--scheduler", scheduler.address, "-o", "out")
    until(lambda: len(results(tmp_path / "out")) >= 2)
    scheduler.kill()
    assert ended(command) == 1
    assert "the scheduler is lost" in command.log() and "of 8 runs are done and kept in out" in command.log()
    assert ended(start(*FEW, "-o", "out")) == 0
    check(tmp_path / "out", 8)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_ends_early_leaves_no_process_and_goes_on(start, tmp_path, blow):
    command = start(*FEW, "--workers", 2, "-o", "out")
    until(lambda: len(results(tmp_path / "out")) >= 3)
    family = psutil.Process(command.pid).children(recursive=True)
    command.send_signal(blow)
    assert ended(command) == (-9 if blow == signal.SIGKILL else 130)
    until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family), 60)
    kept = {path: path.stat().st_mtime_ns for path in results(tmp_path / "out")}
    assert 3 <= len(kept) < 8
    assert ended(start(*FEW, "--workers", 2, "-o", "out")) == 0
    check(tmp_path / "out", 8)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "no run is repeated"


def test_two_sweeps_share_a_folder_and_the_work(start, tmp_path):
    both = [start(*FEW, "--workers", 1, "-o", "out") for _ in range(2)]
    assert [ended(command) for command in both] == [0, 0]
    check(tmp_path / "out", 8)
    new = [int(command.log().rsplit(" are new", 1)[0].split()[-1]) for command in both]
    assert sum(new) == 8, "each run was made by one of them"


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/proc/mounts"), reason="mounting needs root and Linux")
def test_a_full_disk_is_told_and_what_was_there_stays(start, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("no right to mount here")
    try:
        command = start(*FEW, "-o", disk / "out")
        assert ended(command) == 1
        assert "No space left on device" in command.log() and "the same command goes on" in command.log()
        kept = len(results(disk / "out"))
        assert 1 <= kept < 8
        check(disk / "out", kept)
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        assert ended(start(*FEW, "-o", disk / "out")) == 0
        check(disk / "out", 8)
    finally:
        subprocess.run(["umount", disk], check=True)
