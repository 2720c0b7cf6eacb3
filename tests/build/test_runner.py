"""The runner: keys, failures that carry their evidence, processes that end with their parent."""

import json
import os
import pickle
import re
import subprocess
import sys
import time
from dataclasses import replace

import nbformat
import psutil
import pytest

from onestep.book.claims import read_claims
from onestep.book.provenance import read_provenance
from onestep.book.records import read_record
from onestep.build.cache import Store
from onestep.build.chapters import Chapter
from onestep.build.job import Job
from onestep.build.kernel_process import Stopped
from onestep.build.parameters import ParameterError
from onestep.build.pool import Pool, execute_all
from onestep.build.runner import RunFailed, execute
from smallbook import edited

HEAD = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# T

"""


def notebook_of(*cells: str) -> Chapter:
    return Chapter("t", HEAD + "\n".join(f"```{{code-cell}}\n{cell}\n```\n" for cell in cells))


def test_the_key_covers_all_that_decides_the_result(book):
    chapter = book.chapter("small")
    job = Job.make(chapter)
    other = edited(book, "figsize=(4, 2)", "figsize=(4, 3)").chapter("small")
    keys = {
        job.key,
        Job.make(chapter, {"n": 50}).key,
        Job.make(chapter, {"seed": 50}).key,
        replace(job, strict=True).key,
        replace(job, data={"data/x.csv": "0"}).key,
        Job.make(other).key,
    }
    assert len(keys) == 6
    assert Job.make(chapter, {"n": 100, "scale": 1}).key == job.key, "saying a default is saying nothing"


def test_a_run_is_its_own_record(book):
    cells = []
    job = Job.make(book.chapter("small"), {"n": "50", "activation": "relu"})
    notebook = execute(job, threads=1, on_cell=lambda: cells.append(1))
    facts = read_provenance(notebook)
    assert len(cells) == 7
    assert facts["parameters"] == notebook.metadata["onestep"]["parameters"] == job_values(job)
    assert facts["parameters"]["n"] == 50 and facts["chapter"] == "small"
    assert {blas["threads"] for blas in facts["blas"]} == {1}
    (claim,) = read_claims(notebook)
    assert claim.measured == pytest.approx(50 * read_record(notebook)["variance"]) and claim.holds
    assert "papermill" not in json.dumps(notebook)


def job_values(job):
    return {p.name: job.parameters.get(p.name, p.default) for p in job.chapter.parameters}


def test_a_strict_run_stops_at_a_claim_that_fails_and_another_does_not(book):
    job = Job.make(book.chapter("small"), {"scale": 3.0})
    results = dict(execute_all([job, replace(job, strict=True)], processes=2, threads=1))
    assert [claim.verdict for claim in read_claims(results[job])] == ["fails"]
    failure = results[replace(job, strict=True)]
    assert isinstance(failure, RunFailed) and "ClaimsFailed" in failure.trace and "claims.table()" in failure.cell
    assert read_claims(failure.notebook), "the table is in what is left"


def test_failures_say_where_and_do_not_touch_others():
    jobs = [
        Job(notebook_of("x = 1", "1 / 0")),
        Job(notebook_of("x = bytearray(300 << 20)", "import os; os.kill(os.getpid(), 9)", "2")),
        Job(notebook_of("1")),
    ]
    results = [
        result for _, result in sorted(execute_all(jobs, processes=2, threads=1), key=lambda r: jobs.index(r[0]))
    ]
    raised, died, fine = results
    assert raised.cell == "1 / 0" and "ZeroDivisionError" in raised.trace and "1 / 0" in str(raised)
    assert died.cell.startswith("import os") and len(died.notebook.cells) >= 3
    assert died.trace.startswith("the system killed the kernel") and len(str(died).splitlines()) < 8
    assert 0.3 < float(re.search(r"up to ([\d.]+) GiB", died.trace)[1]) < 1
    assert fine.cells[-1].outputs[0].data["text/plain"] == "1"
    assert str(pickle.loads(pickle.dumps(raised))) == str(raised)


WHO = "import builtins, os, sys\n[sys.executable, os.environ.get('PYTHONPATH'), round(1.4), os.environ.get('ALIEN')]"


def test_the_kernel_is_the_interpreter_of_the_command_without_the_users_set_up(tmp_path, monkeypatch):
    """A kernel called python3 elsewhere, startup files of IPython and of Python, and a matplotlibrc change nothing."""
    alien = tmp_path / "jupyter" / "kernels" / "python3"
    alien.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": "Another", "language": "python", "env": {"ALIEN": "1"}}
    (alien / "kernel.json").write_text(json.dumps(spec))
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-first.py").write_text("import builtins\nbuiltins.round = lambda *_: 42\n")
    (tmp_path / "startup.py").write_text("import builtins\nbuiltins.round = lambda *_: 43\n")
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 7\n")
    for name, value in {"JUPYTER_PATH": "jupyter", "IPYTHONDIR": "ipython", "PYTHONSTARTUP": "startup.py"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    notebook = execute(Job(notebook_of(WHO, "import matplotlib\nmatplotlib.rcParams['figure.dpi']")), threads=1)
    (who,), (dpi,) = (cell.outputs for cell in notebook.cells[-2:])
    assert who.data["text/plain"] == repr([sys.executable, os.environ.get("PYTHONPATH"), 1, None])
    assert float(dpi.data["text/plain"]) != 7


@pytest.mark.parametrize("image", ["svg", "pdf", "png"])
def test_the_same_figure_is_the_same_file(book, image):
    job = Job.make(book.chapter("small"), figure="fig-line", image=image)
    (_, one), (_, two) = execute_all([job, job], processes=2, threads=1)
    mime = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}[image]
    first, second = (next(o.data[mime] for o in run.cells[-1].outputs if mime in o.data) for run in (one, two))
    assert first == second and len(first) > 1000


def test_a_run_that_takes_too_long_is_stopped_in_its_cell():
    with pytest.raises(RunFailed, match="stopped after 6 seconds") as caught:
        execute(Job(notebook_of("1", "import time; time.sleep(300)")), threads=1, time_limit=6)
    assert caught.value.cell in ("import time; time.sleep(300)", "")  # "" on a machine too slow to get there


def test_a_run_without_memory_for_it_is_refused(monkeypatch):
    monkeypatch.setattr(Job, "memory", 2**50)
    with pytest.raises(RunFailed, match=r"needs about 1048576\.00 GiB"):
        execute(Job(notebook_of("1")))


def test_a_pool_that_is_left_stops_its_kernels_and_starts_no_other(tmp_path):
    chapter = notebook_of("import time; open('started', 'a').write('x'); time.sleep(300)")
    start = time.monotonic()
    with Pool(1, 1, retries=5) as pool:
        pool.submit(Job(chapter, folder=str(tmp_path)))
        _until(lambda: (tmp_path / "started").exists(), 120)
        family = psutil.Process().children(recursive=True)
    (_, failure), *_ = pool.finished()
    assert isinstance(failure, RunFailed | Stopped) and time.monotonic() - start < 150
    _until(lambda: not any(_alive(child) for child in family))
    time.sleep(1)
    assert not [p for p in psutil.Process().children(recursive=True) if _alive(p)], "no retry of what was stopped"
    assert (tmp_path / "started").read_text() == "x"


def test_bad_parameters_never_become_a_job(book):
    with pytest.raises(ParameterError, match="an integer"):
        Job.make(book.chapter("small"), {"n": "banana"})


def test_a_run_ends_when_its_parent_is_gone(tmp_path):
    chapter = notebook_of("import time; open('started', 'w').close(); time.sleep(120)")
    nbformat.write(chapter.notebook(), tmp_path / "input.ipynb")
    (tmp_path / "order.json").write_text(json.dumps({"parameters": {}, "folder": str(tmp_path)}))
    command = [sys.executable, "-m", "onestep.build.kernel", str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    family = []
    try:
        _until(lambda: (tmp_path / "started").exists())
        family = psutil.Process(process.pid).children(recursive=True)
        assert family, "there is a kernel that could be left behind"
        process.stdin.close()  # what the operating system does when the parent dies
        assert process.wait(timeout=20) != 0
        _until(lambda: not any(_alive(child) for child in family))
    finally:
        for left in [process, *family]:
            try:
                left.kill()
            except psutil.NoSuchProcess:
                continue
        process.wait()


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_damaged_notebook_is_not_taken_from_the_store(tmp_path):
    store, job = Store(tmp_path), Job(notebook_of("1"), strict=True)
    notebook = job.notebook()
    notebook.metadata["onestep"] = {"key": job.key}
    path = store.put(job, notebook)
    assert store.get(job) is not None
    assert store.get(replace(job, strict=False)) is not None, "what held strictly holds"
    assert store.get(replace(job, data={"data/x.csv": "0"})) is None
    path.write_text(path.read_text()[:-40])
    assert store.get(job) is None
    assert [p.name for p in tmp_path.iterdir()] == [path.name], "no temporary file is left"
