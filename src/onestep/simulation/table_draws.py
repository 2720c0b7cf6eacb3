"""Many draws from one table: a label taken apart, errors of all draws, the step's direction."""

from dataclasses import dataclass, replace

import numpy as np

from onestep.checks import InputError, integer, reals
from onestep.problem import Problem
from onestep.simulation.streams import generator
from onestep.simulation.table import Table, TableStep

PARTS = 4  # draws of a round, with disjoint batches


@dataclass(frozen=True, eq=False)
class Draws:
    """Squared test errors of many draws.

    Attributes
    ----------
    rows : tuple of S integer arrays (T,)
        The rows of the table on which each draw was tested.
    squares : (S, E, R, T) array
        Of draw, step size, ridge and test row.
    steps : tuple of S TableStep
        Round after round, `PARTS` draws each.
    """

    rows: tuple[np.ndarray, ...]
    squares: np.ndarray
    steps: tuple[TableStep, ...]

    def chosen(self) -> "Draws":
        """One ridge for each draw and step: the best on the first half of the test rows, measured on the second."""
        half = self.squares.shape[-1] // 2
        best = self.squares[..., :half].mean(axis=-1).argmin(axis=-1)[:, :, None, None]
        squares = np.take_along_axis(self.squares[..., half:], best, axis=2)
        return Draws(tuple(rows[half:] for rows in self.rows), squares, self.steps)


def draws(table: Table, problem: Problem, y, ridges, etas, seed: int, rounds: int = 1) -> Draws:
    """Rounds of four draws; those of a round have disjoint batches, and every round has its own permutation.

    Parameters
    ----------
    table : Table
    problem : Problem
        As in `Table.step`.
    y : (M,) array, or (rounds, M) for other labels in each round
    ridges, etas : (R,), (E,) arrays
    seed, rounds : int
        The rounds have the seeds seed, seed + 1, ...

    Raises
    ------
    InputError
        As `Table.step`; or no round, or labels for another number of rounds.
    """
    rounds, y = integer("rounds", rounds), reals("y", y)
    ridges, etas = (reals(name, np.atleast_1d(values)) for name, values in (("ridges", ridges), ("etas", etas)))
    every = np.broadcast_to(y, (rounds, y.size)) if y.ndim == 1 else y
    if every.ndim != 2 or len(every) != rounds:
        raise InputError("y", y.shape, f"labels of all rows, or of all rows for each of {rounds} rounds")
    steps = [
        table.step(problem, labels, seed + number, part) for number, labels in enumerate(every) for part in range(PARTS)
    ]
    squares = [[step.squares(ridges, float(eta)) for eta in etas] for step in steps]
    return Draws(tuple(step.others for step in steps), np.array(squares), tuple(steps))


def polynomial(table: Table, teacher: np.ndarray, seed: int) -> np.ndarray:
    """(M,): z + He_2(z)/2 + noise of standard deviation 1/2, z = beta_star . x: the label of `Problem`'s defaults."""
    z = table.X @ reals("teacher", teacher)
    return z + (z**2 - 1) / 2 + 0.5 * generator(seed, "test").standard_normal(len(z))


def parts(table: Table, y: np.ndarray, strongest: int = 15) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A label as a sum of three, by least squares over the table.

    Parameters
    ----------
    y : (M,) array
    strongest : int
        Products of so many columns count, those with the largest variances.

    Returns
    -------
    linear, quadratic, rest : (M,) arrays
        The best fit by the columns; what products of the strongest columns add to it; and all else.

    Raises
    ------
    InputError
        More columns than there are, or labels of another shape.
    """
    strongest, y = integer("strongest", strongest, 1, table.variances.size), reals("y", y)
    if y.shape != (len(table.X),):
        raise InputError("y", y.shape, f"({len(table.X)},)")
    Z = table.X / np.sqrt(table.variances)
    left, right = np.triu_indices(strongest)
    products = Z[:, left] * Z[:, right] - (left == right)
    linear, full = (B @ np.linalg.lstsq(B, y, rcond=None)[0] for B in (Z, np.hstack([Z, products])))
    return linear, full - linear, y - full


def variants(table: Table, y: np.ndarray, seed: int, strongest: int = 15) -> dict[str, tuple[Table, np.ndarray]]:
    """The label, and three that lack some of it: what is shuffled among the rows is no function of the input any more.

    Returns
    -------
    name -> (table, labels), with the names "rest shuffled" (only the linear part stays), "quadratic part kept", "rows
    with random signs" (the same, where x and -x are equally likely and the linear part turns with x) and "real".
    """
    linear, quadratic, rest = parts(table, y, strongest)
    rng = generator(seed, "equivalent")
    mix, sign = rng.permutation(len(y)), rng.choice([-1.0, 1.0], len(y))
    return {
        "rest shuffled": (table, linear + (quadratic + rest)[mix]),
        "quadratic part kept": (table, linear + quadratic + rest[mix]),
        "rows with random signs": (replace(table, X=sign[:, None] * table.X), sign * linear + quadratic + rest[mix]),
        "real": (table, y),
    }


def direction(table: Table, y: np.ndarray, teacher: np.ndarray, n: int, seed: int) -> np.ndarray:
    """(2,): beta' Sigma beta and beta_star' Sigma beta for beta = X'y/n, means over four disjoint batches."""
    v, teacher = table.variances, reals("teacher", teacher)
    batches = [table.split(seed, n, part=part)[0] for part in range(PARTS)]
    found = [table.X[rows].T @ y[rows] / n for rows in batches]
    return np.mean([(beta**2 @ v, teacher * v @ beta) for beta in found], axis=0)
