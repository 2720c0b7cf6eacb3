"""python -m benchmarks.directions    the theory of every step for teachers of one, two and three directions.

One thread, CPU milliseconds a point: "new step" is a step that no other point shares, "ridge" one of 64 at one step.
The target is at most twice the time of one direction. "first" is what a teacher takes once, in seconds.
"""

import time

import click
import numpy as np

from onestep import Problem
from onestep.teachers import MultiIndex, hermite_tensor
from onestep.theory import any_step

AXES = (((1, 0), 0.0), ((0, 1), 0.0))


def relus(x, y):
    return np.maximum(x, 0) + np.maximum(y, 0)


def wave(x, y):
    return x + np.sin(x) * np.tanh(y)


def teachers():
    """New ones, which have computed nothing yet."""
    return {
        "one, polynomial": (0.0, 1.0, 0.5),
        "two, polynomial": hermite_tensor({(1, 0): 1, (1, 1): 1}),
        "two, smooth": MultiIndex("wave", wave, 2),
        "two, kinks": MultiIndex("relus", relus, 2, AXES),
        "three, polynomial": hermite_tensor({(1, 0, 0): 1, (1, 1, 0): 1, (0, 1, 1): 0.5}),
    }


def cpu(task) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


@click.command()
@click.option("--repeats", default=7, show_default=True, help="The least time of so many is reported.")
def main(repeats):
    """A table, a row for each teacher and activation."""
    steps, ridges = np.linspace(5.0, 6.0, 8)[:, None], np.geomspace(0.01, 1.0, 64)
    click.echo("| activation | teacher | first, s | new step, ms | of one | ridge, ms | of one |")
    click.echo("|---|---|---|---|---|---|---|")
    for activation in ("tanh", "relu"):
        known = None
        for name, teacher in teachers().items():
            first = cpu(lambda a=activation, t=teacher: Problem(activation=a, teacher=t))
            problem = Problem(activation=activation, teacher=teacher)
            times = (
                min(cpu(lambda p=problem: any_step.errors(p, 0.1, steps)) for _ in range(repeats)) / len(steps),
                min(cpu(lambda p=problem: any_step.errors(p, ridges, 5.0)) for _ in range(repeats)) / len(ridges),
            )
            known = known or times
            cells = (f"{1e3 * spent:.2f} | {spent / one:.2f}" for spent, one in zip(times, known, strict=True))
            click.echo(f"| {activation} | {name} | {first:.2f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
