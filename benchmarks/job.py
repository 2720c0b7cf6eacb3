"""The whole job, timed part by part: draw, step, features, spectrum, ridge path, test error.

Seconds are CPU seconds of the process: on a shared machine they say more than the clock.
"""

import cProfile
import pstats
import time
from pathlib import Path

import numpy as np

from onestep import Problem
from onestep.simulation import Measurement, run

RIDGES = np.logspace(-3, 1, 30)
TOP = 8
# The functions in which `run` spends its time: (file, function) -> what the table calls it.
_PARTS = {
    ("sample.py", "weights"): "draw",
    ("sample.py", "readout"): "draw",
    ("sample.py", "teacher_direction"): "draw",
    ("sample.py", "batch"): "draw",
    ("network.py", "gradient"): "gradient",
    ("network.py", "features"): "features",
    ("gram.py", "gram"): "Gram matrix",
    ("gram.py", "tridiagonalise"): "tridiagonal form",
    ("spectrum.py", "top"): "top triplets",
    ("spectrum.py", "top_krylov"): "top triplets",
    ("ridge.py", "path"): "ridge path",
    ("krylov.py", "path"): "ridge path",
    ("network.py", "predict"): "test predictions",
}


def problem(n: int, precision: str = "float64") -> Problem:
    """d = n/2, N = 3n/4."""
    return Problem(n=n, d=n // 2, N=3 * n // 4, activation="tanh", precision=precision)


def products(problem: Problem, solver: str = "exact") -> dict[str, float]:
    """Flops of the matrix products that each part cannot do without; a Gram matrix counts half, being symmetric."""
    n, d, N = problem.n, problem.d, problem.N
    flops = {"gradient": 4 * n * N * d, "features": 2 * n * N * d, "test predictions": 2 * n * N * d}
    return flops | ({"Gram matrix": n * N * min(n, N)} if solver == "exact" else {})


def timed(problem: Problem, eta: float, seed: int = 0, ridges: np.ndarray = RIDGES) -> tuple[dict, Measurement]:
    """CPU seconds of each part of `run`, "total" without the draw, and what it measured."""
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    measurement = run(problem, eta, ridges, seed, top=TOP)
    profile.disable()
    stats = pstats.Stats(profile)
    seconds = dict.fromkeys(dict.fromkeys(_PARTS.values()), 0.0)
    for (file, _, function), (_, _, _, cumulative, callers) in stats.stats.items():
        part = _PARTS.get((Path(file).name, function)) if Path(file).parent.name == "simulation" else None
        if part is not None:
            # `batch` calls `teacher_direction`, and its time is in the time of `batch`.
            seconds[part] += cumulative - sum(callers[caller][3] for caller in callers if caller[2] == "batch")
    seconds["tridiagonal form"] -= seconds["Gram matrix"]
    total = stats.total_tt - seconds["draw"]
    rest = stats.total_tt - sum(seconds.values())
    return {**seconds, "everything else": rest, "total": total}, measurement


def product_rate(precision: str, n: int) -> float:
    """Flops per CPU second of this machine's own matrix product, as NumPy calls it."""
    rng = np.random.default_rng(0)
    A, B = (rng.standard_normal((n, n)).astype(precision) for _ in range(2))
    start = time.process_time()
    A @ B
    return 2 * n**3 / (time.process_time() - start)
