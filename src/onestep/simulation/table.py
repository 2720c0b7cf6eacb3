"""Draws from a table of real inputs: preparation, batches without replacement, one step, ridge errors.

Centred rows are turned into principal components. Directions that hardly vary are dropped: in images these are pixels
lit in a few of them, and their components are far from Gaussian. What remains is scaled to tr Sigma = d, so that a
preactivation has variance one on average, as for `Problem.inputs`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.inputs import Covariance
from onestep.problem import Problem
from onestep.simulation import network, ridge, sample
from onestep.simulation.sample import Batch
from onestep.simulation.streams import generator


@dataclass(frozen=True, eq=False)
class Table:
    """Inputs as they are drawn from, the rows in a fixed order.

    Attributes
    ----------
    X : (M, d) array
        Uncorrelated columns with mean zero, the most variable first.
    variances : (d,) array
        Of the columns, descending, with mean one.
    dropped : int
        Directions that were left out.
    """

    X: np.ndarray
    variances: np.ndarray
    dropped: int

    @classmethod
    def prepare(cls, rows: np.ndarray, cut_off: float = 0.1, scale_rows: bool = False) -> "Table":
        """Centre, rotate, drop and scale.

        Parameters
        ----------
        rows : (M, p) array
            Numbers of any kind, one row for each input.
        cut_off : float
            From 0 to 1. Directions with less than this part of the mean variance are dropped.
        scale_rows : bool
            Scale every row to |x|^2 = d, then centre and rotate again.

        Raises
        ------
        InputError
            Rows that are not a matrix of finite numbers with more rows than columns, that are all alike, or of
            length zero where they are to be scaled.
        """
        X, cut_off = reals("rows", rows), real("cut_off", cut_off, 0.0)
        if X.ndim != 2 or X.shape[1] < 1 or X.shape[0] <= X.shape[1]:
            raise InputError("rows", X.shape, "a matrix with more rows than columns")
        if cut_off > 1:
            raise InputError("cut_off", cut_off, "a number between 0 and 1")
        width = X.shape[1]
        X = _components(X, max(cut_off, 1e-12))
        if scale_rows:
            length = np.linalg.norm(X, axis=1, keepdims=True)
            if np.min(length) < 1e-9 * np.max(length):
                raise InputError("rows", "a row equal to the mean", "rows that can be scaled to one length")
            X = _components(X / length, 1e-12)
        return cls(X, np.mean(X**2, axis=0), width - X.shape[1])

    @property
    def effective_dimension(self) -> float:
        """d^2 / tr Sigma^2."""
        return float(self.variances.size / np.mean(self.variances**2))

    def gaussian(self, seed: int) -> "Table":
        """As many Gaussian rows with exactly this covariance: what the law of inputs takes the table for."""
        z = generator(seed, "ridge").standard_normal(self.X.shape)
        z -= z.mean(axis=0)
        left, _, right = np.linalg.svd(z, full_matrices=False)
        return Table(left @ right * np.sqrt(self.variances * len(z)), self.variances, self.dropped)

    def linear(self, y: np.ndarray) -> tuple[np.ndarray, float]:
        """The best linear fit of labels, as a law of inputs needs it.

        Parameters
        ----------
        y : (M,) array
            A label for every row, with mean zero.

        Returns
        -------
        part : (d,) array
            Coefficients of the columns divided by their standard deviations. Their squares add up to the variance
            that is linear; what M rows add to it by chance is taken off.
        rest : float
            The variance of all else.

        Raises
        ------
        InputError
            Labels of another shape, or with no linear part that M rows can tell from chance.
        """
        y = self._row("y", y, len(self.X))
        part = self.X.T @ y / np.sqrt(self.variances) / len(y)
        rest = (y @ y / len(y) - part @ part) * len(y) / (len(y) - part.size)
        square = np.maximum(part**2 - rest / len(y), 0.0)
        explained = y @ y / len(y) - rest
        if explained <= 0 or not square.any():
            raise InputError("y", "labels without a linear part", "labels that are partly linear in the columns")
        return np.sign(part) * np.sqrt(square * explained / square.sum()), float(rest)

    def kurtosis(self) -> np.ndarray:
        """(d,): E x_i^4 / (E x_i^2)^2, 3 for a Gaussian."""
        return np.mean(self.X**4, axis=0) / self.variances**2

    def covariance(self, teacher: np.ndarray | None = None) -> Covariance:
        """The covariance as `Problem.inputs` takes it.

        Parameters
        ----------
        teacher : (d,) array or None
            Direction beta_star of any length; None is a teacher without preference.

        Raises
        ------
        InputError
            A teacher of another shape, or zero.
        """
        if teacher is None:
            return Covariance(tuple(self.variances.tolist()))
        teacher = self._row("teacher", teacher, self.variances.size)
        square = float(teacher @ teacher)
        if square == 0:
            raise InputError("teacher", teacher, "a direction that is not zero")
        return Covariance(tuple(self.variances.tolist()), None, tuple((teacher**2 / square).tolist()))

    def teacher(self, seed: int) -> np.ndarray:
        """(d,): beta_star, uniform among the directions in whitened coordinates; beta_star . x has variance one."""
        drawn = generator(seed, "teacher").standard_normal(self.variances.size)
        return drawn / np.linalg.norm(drawn) / np.sqrt(self.variances)

    def split(self, seed: int, *sizes: int, part: int = 0) -> list[np.ndarray]:
        """Disjoint sets of row numbers, without replacement, and all the others.

        Parameters
        ----------
        seed : int
            Of the permutation.
        sizes : int
            Rows of each set, all >= 1.
        part : int
            0, 1, ...: the same permutation, further on. Parts of one seed have no row in common, those of the last set
            excepted.

        Raises
        ------
        InputError
            The table has too few rows for this part, or for anything to be left over.
        """
        sizes = tuple(integer("sizes", size) for size in sizes)
        total, part = sum(sizes), integer("part", part, 0)
        if (part + 1) * total > len(self.X) or total == len(self.X):
            allowed = f"sets for which {len(self.X)} rows suffice in part {part}, with some left over"
            raise InputError("sizes", sizes, allowed)
        order = np.roll(generator(seed, "gradient").permutation(len(self.X)), -part * total)
        return np.split(order, np.cumsum(sizes))

    def step(self, problem: Problem, y: np.ndarray, seed: int, part: int = 0) -> "TableStep":
        """Draw weights and batches, and take the gradient step.

        Parameters
        ----------
        problem : Problem
            Its sizes, activation and readout count; d is that of the table. The labels are `y`.
        y : (M,) array
            A label for every row of the table.
        seed, part : int
            The batches are the first sets of `split`, the weights of the streams of `sample.draw`; each part has its
            own weights.

        Raises
        ------
        InputError
            Another dimension, other labels, float32, or too few rows.
        """
        if not isinstance(problem, Problem) or problem.d != self.X.shape[1] or problem.precision != "float64":
            raise InputError("problem", problem, f"a Problem in float64 with d = {self.X.shape[1]}")
        y = self._row("y", y, len(self.X))
        first, second, others = self.split(seed, problem.rows_gradient, problem.n, part=part)
        own = integer("seed", seed, 0) * 1000 + part
        W0, a = sample.weights(problem, own), sample.readout(problem, own)
        gradient = network.gradient(problem, W0, a, Batch(self.X[first], y[first]))
        return TableStep(self, problem, y, W0, a, gradient, second, others)

    def _row(self, name: str, values: np.ndarray, size: int) -> np.ndarray:
        values = reals(name, values)
        if values.shape != (size,):
            raise InputError(name, values.shape, f"({size},)")
        return values


@dataclass(frozen=True, eq=False)
class TableStep:
    """One step on rows of a table. `fitted` are the rows of the ridge batch, `others` those outside both batches."""

    table: Table
    problem: Problem
    y: np.ndarray
    W0: np.ndarray
    a: np.ndarray
    gradient: network.Gradient
    fitted: np.ndarray
    others: np.ndarray

    @cached_property
    def tilt(self) -> float:
        """Root mean square tilt of the units at a step of one: c_1 sqrt(beta' Sigma beta)/sqrt(N)."""
        beta = self.gradient.direction
        return float(abs(self.problem.student[1]) * np.sqrt(beta**2 @ self.table.variances / self.problem.N))

    def features(self, eta: float, rows: np.ndarray) -> np.ndarray:
        """(rows, N): of these rows of the table, after a step of size eta."""
        return network.features(self.problem, self.table.X[rows], self.W0, self.gradient.matrix, real("eta", eta))

    def squares(self, penalty: float | np.ndarray, eta: float) -> np.ndarray:
        """(R, rows): squared error on each of `others`, for R ridge values."""
        fit = ridge.path(self.features(eta, self.fitted), self.y[self.fitted], penalty)
        outputs = self.features(eta, self.others) @ fit.coefficients
        return (self.y[self.others][:, None] - outputs).T ** 2


def _components(X: np.ndarray, cut_off: float) -> np.ndarray:
    """Principal components with at least this part of the mean variance, scaled to variances of mean one."""
    X = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    values, vectors = values[::-1], vectors[:, ::-1]
    if not values[0] > 0:
        raise InputError("rows", "rows that are all alike", "rows that differ")
    kept = values >= cut_off * values.mean()
    return X @ (vectors[:, kept] / np.sqrt(values[kept].mean()))
