"""Largest singular values of the weights after two steps, up to n = 8000: python -m experiments.two_steps

Some ten minutes on one core, so chapters/more_steps.md does not run it but reads what it wrote:
chapters/data/two_steps.csv. No formula of the theory is used.
A draw that the file has already is not run again: stop it when you like and go on later.
"""

import csv
from itertools import product
from pathlib import Path

import numpy as np
from scipy.linalg import eigh

from onestep import Problem
from onestep.links import Link, sine
from onestep.simulation.neighbours.more_steps import TwoSteps

FILE = Path(__file__).parents[1] / "chapters" / "data" / "two_steps.csv"
GRID = [*product((1000, 2000, 4000), range(16)), *product((8000,), range(4))]
COUNT = 60
READOUT = (-1.0, 0.0, 1.0), (1 / 6, 2 / 3, 1 / 6)
BOUNDED = Link(
    "bounded",
    lambda z: np.sin(2 * z) - 2 * np.exp(-2) * z + 0.5 * (np.cos(1.5 * z) - np.exp(-1.125)),
    lambda z: 2 * np.cos(2 * z) - 2 * np.exp(-2) - 0.75 * np.sin(1.5 * z),
)
TEACHERS = {"cubic": ((0.0, 0.0, 0.4, 0.3), 1.0), "bounded": (BOUNDED, 1.5)}  # and the constant in eta = C n^0.35


def values(n: int, teacher: str, seed: int) -> np.ndarray:
    """The COUNT largest singular values of W2, both steps on one batch. Single precision is good to five digits."""
    link, constant = TEACHERS[teacher]
    eta = constant * n**0.35
    activation = sine(0.7, -np.pi / 4)
    problem = Problem(n, n // 2, 3 * n // 4, activation, link, 0.3, readout=READOUT, precision="float32")
    W = TwoSteps.draw(problem, seed, eta, eta).W2
    square = eigh(W.T @ W, eigvals_only=True, subset_by_index=(problem.d - COUNT, problem.d - 1), overwrite_a=True)
    return np.sqrt(square[::-1])


def main() -> None:
    """Run what the file lacks."""
    done = set()
    if FILE.exists():
        with FILE.open() as lines:
            done = {(int(row["n"]), row["teacher"], int(row["seed"])) for row in csv.DictReader(lines)}
    with FILE.open("a", newline="") as out:
        writer = csv.writer(out)
        if not done:
            writer.writerow(("n", "teacher", "seed", *range(1, COUNT + 1)))
        for (n, seed), teacher in product(GRID, TEACHERS):
            if (n, teacher, seed) not in done:
                writer.writerow((n, teacher, seed, *(f"{value:.5f}" for value in values(n, teacher, seed))))
                out.flush()


if __name__ == "__main__":
    main()
