"""The benchmarks run, and what they time against each other gives the same numbers (they check that themselves)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments):
    done = subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text):
    """Cells of the table rows, by their first cell."""
    lines = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_the_table():
    table = rows(benchmarks("--n", "300", "--repeats", "1"))
    parts = [
        "gradient",
        "features",
        "Gram matrix",
        "tridiagonal form",
        "top triplets",
        "ridge path",
        "test predictions",
    ]
    assert {"draw", "everything else", "total", "onestep", *parts} <= set(table)
    seconds = {name: float(table[name][0]) for name in [*parts, "everything else", "total"]}
    assert sum(seconds.values()) - seconds["total"] == pytest.approx(seconds["total"], abs=0.05)  # to rounding
    assert float(table["NumPy, linalg.svd, one solve per ridge"][1]) > 0


@pytest.mark.slow
def test_growth():
    table = rows(benchmarks("scale", "--sizes", "200,400"))
    assert {"n", "200", "400", "exponent"} <= set(table)
    assert len(table["400"]) == len(table["n"])


def test_a_contender_with_other_numbers_is_found_out(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import job, usual
    from benchmarks.__main__ import _agree

    from onestep.simulation import sample

    problem = job.problem(100)
    _, ours = job.timed(problem, 1.0)
    draw = sample.draw(problem, 0)
    _agree("same", ours, usual.numpy_job(draw, 1.0, job.RIDGES))
    with pytest.raises(AssertionError, match="other step"):
        _agree("other step", ours, usual.numpy_job(draw, 1.001, job.RIDGES))
