"""python -m benchmarks.any_step    200 points of the any-step theory: CPU seconds, Newton steps and grids.

One thread, CPU seconds. The yardstick is one eigenvalue decomposition of a symmetric matrix of order 1000.
"""

import itertools
import math
import time
from functools import partial

import click
import numpy as np
from scipy.linalg import eigvalsh

from onestep import Problem
from onestep.theory import any_step
from onestep.theory.any_step.features import feature_law

POINTS = {
    "20 steps x 10 ridges": (np.geomspace(1e-6, 1e3, 10), np.linspace(0, 4, 20)[:, None]),
    "200 steps, one ridge": (np.array(0.1), np.linspace(0, 4, 200)),
    "200 ridges, one step": (np.geomspace(1e-6, 1e3, 200), np.array(1.0)),
}


def cpu(task) -> tuple[float, object]:
    start = time.process_time()
    result = task()
    return time.process_time() - start, result


@click.command()
@click.option("--n", default=2000, show_default=True, help="d = n/2, N = 3n/4; the time does not depend on it.")
@click.option("--repeats", default=3, show_default=True)
def main(n, repeats):
    """The table of the README: each row is the median of the repeats."""
    matrix = np.random.default_rng(0).standard_normal((1000, 1000))
    click.echo("| activation | points | CPU s | eigvalsh(1000) | Newton steps, mean (most) | residual | nodes a x t |")
    click.echo("|---|---|---|---|---|---|---|")
    for activation in ("tanh", "erf", "relu"):
        problem = Problem(n=n, d=n // 2, N=3 * n // 4, activation=activation)
        for name, (ridge, steps) in POINTS.items():
            eta = steps * math.sqrt(problem.N)
            seconds, ratios = [], []
            for _ in range(repeats):
                yardstick, _ = cpu(lambda: eigvalsh(matrix + matrix.T))
                spent, found = cpu(lambda p=problem, r=ridge, e=eta: any_step.solve(p, r, e))
                seconds.append(spent)
                ratios.append(spent / yardstick)
            steepest = feature_law(problem, float(np.max(eta)))
            click.echo(
                f"| {activation} | {name} | {np.median(seconds):.2f} | {np.median(ratios):.1f} | "
                f"{found.iterations.mean():.1f} ({found.iterations.max():.0f}) | {found.residual.max():.0e} | "
                f"{steepest.share.size} x {steepest.t.size} |"
            )
    structured(repeats)


def structured(repeats):
    """Structured noise over isotropic noise, CPU time, in one run: a single ridge, and a path of twelve."""
    click.echo("\n| activation | eta/sqrt(N) | ridges | isotropic, ms a ridge | structured, ms a ridge | ratio |")
    click.echo("|---|---|---|---|---|---|")
    paths = np.array([0.1]), np.geomspace(0.01, 10, 12)
    for activation, scale, path in itertools.product(("tanh", "relu"), (1, 2, 4), paths):
        problem = Problem(n=1000, d=500, N=750, activation=activation)
        eta = scale * math.sqrt(problem.N)
        spent = np.array(
            [
                [
                    cpu(partial(any_step.solve, problem, path, eta, noise=noise))[0]
                    for noise in ("isotropic", "structured")
                ]
                for _ in range(repeats)
            ]
        )
        isotropic, full = 1e3 * np.median(spent, axis=0) / path.size
        click.echo(f"| {activation} | {scale} | {path.size} | {isotropic:.1f} | {full:.1f} | {full / isotropic:.1f} |")


if __name__ == "__main__":
    main()
