"""More than one step, drawn: few neurons, repeated samples, one-pass batches, and the wide network after two steps.

The set-ups are those of Dandi et al. (arXiv:2402.03220), Arnaboldi et al. (arXiv:2405.15459 and arXiv:2406.02157) and
Moniri and Hassani (arXiv:2605.17767).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import svd

from onestep.checks import InputError, choice, integer, real, reals
from onestep.links import Link
from onestep.problem import Problem
from onestep.simulation import network, sample
from onestep.simulation.network import Gradient
from onestep.simulation.sample import Batch
from onestep.simulation.streams import generator, normal

LOSSES = ("correlation", "squared")


def few_neurons(problem: Problem, eta: float, seed: int, readout=(1.0,), same: bool = True):
    """Overlaps of p neurons with the teacher's k directions after each of two steps, and the lengths at the end.

    w_j starts orthonormal and orthogonal to the teacher's directions, f = sum_j b_j sigma(w_j . x), squared loss,
    w_j + (eta/n) X'[b_j (y - f) sigma'(w_j . x)]. The second batch is the first one again, or a fresh one.

    Returns
    -------
    (2, p, k) array of w . beta_star, (p,) array of |w|

    Raises
    ------
    InputError
        A readout that is not a row of numbers; a step that is not finite; d below p + k.
    """
    eta, b = real("eta", eta), reals("readout", readout)
    if b.ndim != 1 or not b.size or b.size + problem.directions > problem.d:
        raise InputError("readout", readout, "a row of numbers, at most d less the directions of the teacher")
    B = sample.teacher_directions(problem, seed)
    free = normal(generator(seed, "weights"), (problem.d, b.size), problem.dtype)
    W = np.linalg.qr(free - B.T @ (B @ free))[0].T
    found = []
    for name in ("gradient", "gradient" if same else "ridge"):
        batch = sample.batch(problem, seed, name, problem.rows_gradient)
        l = W @ batch.X.T
        pushes = b[:, None] * (batch.y - b @ problem.sigma(l)) * problem.sigma.derivative(l)
        W = W + eta / len(batch.y) * pushes @ batch.X
        found.append(W @ B.T)
    return np.array(found), np.linalg.norm(W, axis=1)


def repeated_samples(problem: Problem, look_ahead: float, rate: float, times, seed: int, runs: int = 1) -> np.ndarray:
    """Overlap of one neuron with the teacher in online steps that use each sample twice, from a start orthogonal to it.

    w~ = w + (look_ahead/d) y sigma'(w . x) x, then w <- (w + (rate/d) y sigma'(w~ . x) x) / |...|.

    Parameters
    ----------
    problem : Problem
        Its n plays no part.
    look_ahead, rate : float
    times : increasing numbers >= 0
        In steps over d; rounded to whole steps.
    seed, runs : int
        `runs` independent runs from one seed.

    Returns
    -------
    (runs, times) array
    """
    look_ahead, rate, runs = real("look_ahead", look_ahead), real("rate", rate), integer("runs", runs, 1, 10**6)
    times = np.atleast_1d(reals("times", times, 0.0))
    if times.ndim != 1 or not times.size or np.any(np.diff(times) <= 0) or times[-1] > 1e4:
        raise InputError("times", times, "increasing numbers from 0 to 10000")
    d, steps = problem.d, np.rint(times * problem.d).astype(int)
    rng, noise = generator(seed, "gradient"), generator(seed, "ridge")
    W = generator(seed, "weights").standard_normal((runs, d))
    W[:, 0] = 0.0  # the teacher's direction is e_1, as the law of everything else knows no direction
    W /= np.linalg.norm(W, axis=1)[:, None]
    found = np.empty((runs, len(steps)))
    for k in range(steps[-1] + 1):
        found[:, steps == k] = W[:, :1]
        x = rng.standard_normal((runs, d))
        y = problem.sigma_star(x[:, 0]) + problem.noise_std * noise.standard_normal(runs)
        l, square = np.einsum("ij,ij->i", W, x), np.einsum("ij,ij->i", x, x)
        l += look_ahead / d * square * y * problem.sigma.derivative(l)
        W += (rate / d * y * problem.sigma.derivative(l))[:, None] * x
        W /= np.linalg.norm(W, axis=1)[:, None]
    return found


def one_pass(
    student: Link, teacher: Link, d: int, batch: int, rate: float, start: float, steps: int, loss: str, seed: int
) -> np.ndarray:
    """Overlap of one neuron with the teacher after 0, ..., `steps` steps, each on a fresh batch: (steps + 1,).

    w <- normalise(w + (rate/batch) X'psi), psi = y sigma'(l) for the loss "correlation" and (y - sigma(l)) sigma'(l)
    for "squared".

    Raises
    ------
    InputError
        An argument outside of what is said above; a start that is not from -1 to 1.
    """
    d, batch, steps = integer("d", d, 2, 10**6), integer("batch", batch, 1, 10**8), integer("steps", steps, 0, 10**6)
    rate, start, loss = real("rate", rate), real("start", start), choice("loss", loss, LOSSES)
    if abs(start) > 1:
        raise InputError("start", start, "a number from -1 to 1")
    rng = generator(seed, "gradient")
    w = generator(seed, "weights").standard_normal(d)
    w[0] = 0.0
    w *= np.sqrt(1 - start**2) / np.linalg.norm(w)
    w[0] = start
    found = [start]
    for _ in range(steps):
        push = np.zeros(d)
        for rows in network.slices(batch, 4096):
            X = rng.standard_normal((rows.stop - rows.start, d))
            l, y = X @ w, teacher(X[:, 0])
            push += ((y - student(l) if loss == "squared" else y) * student.derivative(l)) @ X
        w = w + rate / batch * push
        w /= np.linalg.norm(w)
        found.append(w[0])
    return np.array(found)


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
