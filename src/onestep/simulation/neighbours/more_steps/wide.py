"""A wide network after two gradient steps, drawn. The set-up is that of Moniri and Hassani (arXiv:2605.17767)."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import svd

from onestep.checks import InputError, choice, integer, real
from onestep.problem import Problem
from onestep.simulation import network, sample
from onestep.simulation.network import Gradient
from onestep.simulation.sample import Batch


@dataclass(frozen=True, eq=False)
class TwoSteps:
    """A wide network after two gradient steps, a fixed.

    Attributes
    ----------
    problem : Problem
    W0, W1, W2 : (N, d), the first layer before, between and after the steps.
    a, beta_star : (N,), (d,)
    batches : the batches of both steps; the same one twice for the same batch.
    gradients, etas : both `network.Gradient`, and both step sizes.
    """

    problem: Problem
    W0: np.ndarray
    W1: np.ndarray
    W2: np.ndarray
    a: np.ndarray
    beta_star: np.ndarray
    batches: tuple[Batch, Batch]
    gradients: tuple[Gradient, Gradient]
    etas: tuple[float, float]

    @classmethod
    def draw(
        cls, problem: Problem, seed: int, eta_1: float, eta_2: float, kind: str = "same", largest: float | None = None
    ) -> "TwoSteps":
        """Draw a network and take two steps.

        Parameters
        ----------
        problem : Problem
        seed : int
        eta_1, eta_2 : float
            The step sizes; one step only is eta_2 = 0.
        kind : "same", "fresh" or "rank one"
            The second batch is the first again, or a fresh one; or it is the first, and the first gradient is replaced
            by c_1 a beta'.
        largest : float > 0 or None
            Rows with a larger |y| are left out of both gradients.

        Raises
        ------
        InputError
            An argument outside of what is said above, or no row is left.
        """
        eta_1, eta_2 = real("eta_1", eta_1), real("eta_2", eta_2)
        choice("kind", kind, ("same", "fresh", "rank one"))
        if largest is not None:
            largest = real("largest", largest, 0.0, open_below=True)
        W0, a = sample.weights(problem, seed), sample.readout(problem, seed)
        batches = [_short(sample.batch(problem, seed, "gradient", problem.rows_gradient), largest)]
        if kind == "fresh":
            batches.append(_short(sample.batch(problem, seed, "ridge", problem.rows_gradient), largest))
        first = _rescaled(network.gradient(problem, W0, a, batches[0]), len(batches[0].y), problem)
        matrix = problem.student[1] * np.outer(a, first.direction) if kind == "rank one" else first.matrix
        W1 = network.weights(W0, matrix, eta_1)
        second = _rescaled(network.gradient(problem, W1, a, batches[-1]), len(batches[-1].y), problem)
        W2 = network.weights(W1, second.matrix, eta_2)
        beta_star = sample.teacher_direction(problem, seed)
        return cls(problem, W0, W1, W2, a, beta_star, (batches[0], batches[-1]), (first, second), (eta_1, eta_2))

    def signal(self) -> float:
        """The coefficient of a^2 sqrt(N) in a regression of G2 beta_star on it, G2 the second gradient."""
        square = self.a**2 * np.sqrt(self.problem.N)
        return float(square @ (self.gradients[1].matrix @ self.beta_star) / (square @ square))

    def along_powers(self, powers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """W2 - W0 in the span of a, a^2, ..., a^powers: singular values (K,), squared cosines (K,) of the right vectors
        with beta_star, and the left vectors (N, K). K is smaller where powers depend on each other."""
        Q = _basis(self.a, integer("powers", powers, 1, 12))
        left, values, right = svd(Q.T @ (self.W2 - self.W0), full_matrices=False)
        return values, (right @ self.beta_star) ** 2, Q @ left

    def row_strengths(self, powers: int = 4) -> np.ndarray:
        """Norm of what each row of the batches adds to W2 - W0 outside of the span of a, ..., a^powers: (n,) for one
        batch, (2, n) for two."""
        Q, parts = _basis(self.a, powers), []
        for W, batch, gradient, eta in zip((self.W0, self.W1), self.batches, self.gradients, self.etas, strict=True):
            left = self.problem.sigma.derivative(W @ batch.X.T) * self.a[:, None] * (gradient.residual * eta)
            left /= self.problem.rows_gradient
            parts.append(left - Q @ (Q.T @ left))
        sizes = [np.linalg.norm(batch.X, axis=1) for batch in self.batches]
        if self.batches[0] is self.batches[1]:
            return np.linalg.norm(parts[0] + parts[1], axis=0) * sizes[0]
        return np.stack([np.linalg.norm(part, axis=0) * size for part, size in zip(parts, sizes, strict=True)])

    def top(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The `count` largest singular values of W2, and for each of them the largest squared cosine of its right
        singular vector with a row of a batch."""
        _, values, right = svd(self.W2, full_matrices=False)
        rows = np.concatenate([batch.X for batch in dict.fromkeys(self.batches)])
        rows = rows / np.linalg.norm(rows, axis=1)[:, None]
        count = integer("count", count, 1, len(values))
        return values[:count], np.max((rows @ right[:count].T) ** 2, axis=0)


def _basis(a: np.ndarray, powers: int) -> np.ndarray:
    """Orthonormal columns that span a, ..., a^powers."""
    columns = np.stack([(a * np.sqrt(len(a))) ** k for k in range(1, powers + 1)], axis=1)
    left, values, _ = svd(columns / np.linalg.norm(columns, axis=0), full_matrices=False)
    return left[:, values > 1e-8 * values[0]]


def _short(batch: Batch, largest: float | None) -> Batch:
    if largest is None:
        return batch
    keep = np.abs(batch.y) <= largest
    if not keep.any():
        raise InputError("largest", largest, f"a number above {np.abs(batch.y).min():.3g}, or no row is left")
    return Batch(batch.X[keep], batch.y[keep])


def _rescaled(gradient: Gradient, rows: int, problem: Problem) -> Gradient:
    """Sums over the rows that were kept, divided by the rows of the whole batch."""
    share = rows / problem.rows_gradient
    return replace(gradient, matrix=share * gradient.matrix, direction=share * gradient.direction)
