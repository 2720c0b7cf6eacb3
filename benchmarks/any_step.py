"""python -m benchmarks.any_step    200 points of the any-step theory: CPU seconds, Newton steps and grids.

One thread, CPU seconds. The yardstick is one eigenvalue decomposition of a symmetric matrix of order 1000.
"""

import math
import time

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


if __name__ == "__main__":
    main()
