"""Few neurons in high dimension, drawn: two steps, online steps that use each sample twice, and one-pass batches.

The set-ups are those of Dandi et al. (arXiv:2402.03220) and of Arnaboldi et al. (arXiv:2405.15459, arXiv:2406.02157).
"""

import numpy as np

from onestep.checks import InputError, choice, integer, real, reals
from onestep.links import Link
from onestep.problem import Problem
from onestep.simulation import network, sample
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


def shifts(problem: Problem, eta: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By how much one step of one neuron moves its pre-activations; the neuron and its step are those of `few_neurons`.

    Returns
    -------
    labels and shifts of the rows that the step used, labels and shifts of a fresh batch: (n_gradient,) each
    """
    B = sample.teacher_directions(problem, seed)
    free = normal(generator(seed, "weights"), (problem.d, 1), problem.dtype)
    w = np.linalg.qr(free - B.T @ (B @ free))[0][:, 0]
    used, fresh = (sample.batch(problem, seed, name, problem.rows_gradient) for name in ("gradient", "ridge"))
    l = used.X @ w
    move = real("eta", eta) / len(l) * used.X.T @ ((used.y - problem.sigma(l)) * problem.sigma.derivative(l))
    return used.y, used.X @ move, fresh.y, fresh.X @ move


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
