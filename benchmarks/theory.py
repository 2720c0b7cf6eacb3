"""How long the theory takes: 10,000 (eta, ridge) pairs of training and test error, and 10,000 traces.

    python -m benchmarks.theory

Processor seconds of this process, the best of five; run it with OPENBLAS_NUM_THREADS=1 for one core.
"""

import time
from functools import partial

import numpy as np

from onestep import Problem
from onestep.theory import errors
from onestep.theory.resolvent import density, traces
from onestep.theory.spikes import outliers


def seconds(work) -> float:
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    eta, ridge = np.geomspace(1e-2, 30, 100)[:, None], np.geomspace(1e-6, 10, 100)
    problem = Problem(activation="relu")
    work = {
        f"10,000 pairs of both errors, {activation}": partial(
            errors, Problem(activation=activation, teacher=(0, 1, 0.5, 0.3)), ridge, eta
        )
        for activation in ("tanh", "relu", (0, 1, 0.6, 0.3, 0.2, 0.1))
    }
    work["10,000 traces at positive ridge"] = partial(traces, problem, np.geomspace(1e-8, 1e4, 10**4))
    work["10,000 points of the density"] = partial(density, problem, np.linspace(0, 3, 10**4))
    work["100 steps of outliers with overlaps"] = lambda: [outliers(problem, step) for step in eta.ravel()]
    for name, call in work.items():
        print(f"{name:60} {seconds(call):7.3f} s")


if __name__ == "__main__":
    main()
