"""Both errors at every step exponent, on many draws of networks of up to 4000 rows: python -m experiments.agreement

More than half an hour on one core, so chapters/lazy_to_maximal_details.md does not run it but reads what it wrote:
chapters/data/agreement.csv. No formula of the theory is used.
A draw that the file has already is not run again: stop it when you like and go on later.
"""

import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from tqdm import tqdm

from onestep import Problem
from onestep.simulation import network, sample

ROOT = Path(__file__).parents[1]
FILE = ROOT / "chapters" / "data" / "agreement.csv"
SIZES = (1000, 2000, 4000)
ACTIVATIONS = ("tanh", "erf", "relu")
TEACHERS = {1: (0.0, 1.0), 2: (0.0, 1.0, 0.5), 3: (0.0, 1.0, 0.5, 0.3)}  # Hermite coefficients, by degree
ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
RIDGE = 0.1
SEEDS = range(20)
GRID = (SIZES, SEEDS, ACTIVATIONS, TEACHERS)
KEY = ("n", "seed", "activation", "degree")
COLUMNS = ("n", "activation", "degree", "seed", "step", "train_error", "test_error")  # step: "none" or the exponent


def problem(n: int, activation: str, degree: int) -> Problem:
    """d = n/2, N = 3n/4, label noise 0.5. Single precision is good to six digits here and halves the time."""
    return Problem(n, n // 2, 3 * n // 4, activation, TEACHERS[degree], 0.5, precision="float32")


def draw(n: int, seed: int, activation: str, degree: int) -> list[tuple]:
    """The rows of one draw: no step, then every exponent.

    The numbers of `onestep.simulation.run` in half the time: X W' = X W0' + eta X G' needs two products for all
    steps, and one penalty needs no more than a Cholesky factor.
    """
    p = problem(n, activation, degree)
    drawn = sample.draw(p, seed)
    G = network.gradient(p, drawn.W0, drawn.a, drawn.gradient).matrix
    (Z, slope, y), (Z_test, slope_test, y_test) = (
        (batch.X @ drawn.W0.T, batch.X @ G.T, batch.y) for batch in (drawn.ridge, drawn.test)
    )
    found = []
    for step in ("none", *ALPHAS):
        eta = p.dtype.type(0.0 if step == "none" else p.step(step))
        F = p.sigma(Z + eta * slope)
        gram = F.T @ F / n + RIDGE * np.eye(p.N, dtype=p.dtype)
        a = cho_solve(cho_factor(gram, overwrite_a=True), F.T @ y / n)
        train = np.mean((y - F @ a) ** 2) + RIDGE * a @ a
        test = np.mean((y_test - p.sigma(Z_test + eta * slope_test) @ a) ** 2)
        found.append((n, activation, degree, seed, step, f"{train:.6g}", f"{test:.6g}"))
    return found


def header() -> list[str]:
    """What the file is, what made it, and its columns."""
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    made = {"onestep": f"{version('onestep')}, commit {asked.stdout.strip() or 'unknown'}"}
    made |= {name: version(name) for name in ("numpy", "scipy")}
    return [
        "# Training (penalty included) and test error of single draws, simulated: python -m experiments.agreement",
        f"# d = n/2, N = 3n/4, label noise 0.5, ridge {RIDGE:g}, step n^alpha, float32;"
        f" teacher by degree: {'; '.join(f'{degree}: {c}' for degree, c in TEACHERS.items())}.",
        f"# Made with {', '.join(f'{name} {what}' for name, what in made.items())}.",
        ",".join(COLUMNS),
    ]


def rows(lines: Iterable[str]) -> list[dict[str, str]]:
    """The rows of the file, comments left out."""
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def recorded(lines: Iterable[str]) -> set[tuple[str, ...]]:
    """The draws that are whole."""
    count = Counter(tuple(row[name] for name in KEY) for row in rows(lines))
    return {key for key, steps in count.items() if steps == len(ALPHAS) + 1}


def main(file: Path = FILE) -> None:
    lines = file.read_text().splitlines(keepends=True) if file.exists() else [f"{line}\n" for line in header()]
    lines = [line for line in lines if line.endswith("\n")]  # but for one that an interruption cut short
    done = recorded(lines)
    head = sum(line.startswith("#") for line in lines) + 1
    kept = [line for line in lines[head:] if tuple(line.split(",")[COLUMNS.index(name)] for name in KEY) in done]
    file.write_text("".join([*lines[:head], *kept]))
    for key in tqdm([key for key in product(*GRID) if tuple(map(str, key)) not in done], unit="draw"):
        found = draw(*key)
        with file.open("a", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(found)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
