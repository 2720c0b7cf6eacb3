"""Random draws: weights, gradient batch, ridge batch and test batch, each from a stream of its own.

The streams are named children of one seed, so that changing one part of a draw (the size of the test batch, the
noise, the readout) leaves every other part as it was, and differences between runs are paired.
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import choice, integer
from onestep.problem import Problem
from onestep.simulation.streams import generator, normal
from onestep.teachers import MultiIndex

BATCHES = ("gradient", "ridge", "test")


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows of data: `X` of shape (rows, d), `y` of shape (rows,)."""

    X: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Draw:
    """One instance of a problem.

    Attributes
    ----------
    W0 : (N, d), rows uniform on the unit sphere.
    a : (N,), independent entries of mean square 1/N, of the law `problem.readout`.
    beta_star : (d,), uniform on the unit sphere; under `problem.inputs` as `teacher_direction` says.
    gradient, ridge, test : batches of `problem.rows_gradient`, `problem.n` and n_test rows.
    """

    W0: np.ndarray
    a: np.ndarray
    beta_star: np.ndarray
    gradient: Batch
    ridge: Batch
    test: Batch


def weights(problem: Problem, seed: int) -> np.ndarray:
    """W0, with rows uniform on the unit sphere of R^d.

    Parameters
    ----------
    problem, seed : Problem, int

    Returns
    -------
    (N, d) array
    """
    W0 = normal(generator(seed, "weights"), (problem.N, problem.d), problem.dtype)
    W0 /= np.sqrt(np.einsum("ij,ij->i", W0, W0))[:, None]
    return W0


def readout(problem: Problem, seed: int) -> np.ndarray:
    """a, independent entries of the law that the problem states, over sqrt(N).

    Parameters
    ----------
    problem, seed : Problem, int

    Returns
    -------
    (N,) array
    """
    rng = generator(seed, "readout")
    if problem.readout_law is None:
        a = rng.standard_normal(problem.N)
    else:
        values, shares = problem.readout_law
        a = values[np.searchsorted(np.cumsum(shares)[:-1], rng.random(problem.N), side="right")]
    return (a / math.sqrt(problem.N)).astype(problem.dtype)


def teacher_direction(problem: Problem, seed: int) -> np.ndarray:
    """beta_star, uniform on the unit sphere of R^d.

    For a teacher of several directions: the unit vector along E[g(Bx) x], in the plane of the rows of B.
    Under `problem.inputs`: uniform among the directions with the stated length in every eigenspace of Sigma, and
    divided by sqrt(beta_star' Sigma beta_star), so that beta_star . x has variance 1 as it has for Sigma = I.

    Parameters
    ----------
    problem, seed : Problem, int

    Returns
    -------
    (d,) array
    """
    if isinstance(problem.teacher, MultiIndex):
        return (problem.teacher.frame[0] @ _orthonormal(problem, seed)).astype(problem.dtype)
    beta_star = generator(seed, "teacher").standard_normal(problem.d)
    if (levels := problem.levels) is None:
        return (beta_star / np.linalg.norm(beta_star)).astype(problem.dtype)
    for space, length in zip(np.split(beta_star, np.cumsum(levels.counts)[:-1]), levels.teacher, strict=True):
        space *= math.sqrt(length) / np.linalg.norm(space)
    return (beta_star / math.sqrt(levels.spread() @ beta_star**2)).astype(problem.dtype)


def teacher_directions(problem: Problem, seed: int) -> np.ndarray:
    """B: the directions z = B x of a teacher g(z), in the order of its arguments.

    Parameters
    ----------
    problem, seed : Problem, int

    Returns
    -------
    (k, d) array
        Orthonormal rows, uniform. The first is what a teacher of one direction has with this seed.
    """
    if isinstance(problem.teacher, MultiIndex):
        return _orthonormal(problem, seed).astype(problem.dtype)
    return teacher_direction(problem, seed)[None]


def _orthonormal(problem: Problem, seed: int) -> np.ndarray:
    drawn = generator(seed, "teacher").standard_normal((problem.directions, problem.d))
    Q, R = np.linalg.qr(drawn.T)
    return (Q * np.sign(np.diag(R))).T


def noiseless(problem: Problem, seed: int, X: np.ndarray) -> np.ndarray:
    """The teacher's labels without noise.

    Parameters
    ----------
    problem, seed : Problem, int
    X : (rows, d) array

    Returns
    -------
    (rows,) array
    """
    if isinstance(problem.teacher, MultiIndex):
        return problem.teacher(*(teacher_directions(problem, seed) @ X.T))
    return problem.sigma_star(X @ teacher_direction(problem, seed))


def inputs(problem: Problem, rng: np.random.Generator, rows: int) -> np.ndarray:
    """Rows N(0, Sigma). Sigma is diagonal: every column is scaled, and no d x d matrix is formed.

    Parameters
    ----------
    problem : Problem
    rng : numpy.random.Generator
    rows : int

    Returns
    -------
    (rows, d) array
    """
    X = normal(rng, (rows, problem.d), problem.dtype)
    if (levels := problem.levels) is not None:
        X *= np.sqrt(levels.spread()).astype(problem.dtype)
    return X


def batch(problem: Problem, seed: int, name: str, rows: int) -> Batch:
    """One batch: x ~ N(0, Sigma), y = sigma_star(beta_star . x) + noise, or y = g(B x) + noise for several directions.

    The noise has a stream of its own: a longer batch begins with the rows and labels of a shorter one.

    Parameters
    ----------
    problem, seed : Problem, int
    name : str
        "gradient", "ridge" or "test".
    rows : int

    Returns
    -------
    Batch

    Raises
    ------
    InputError
        Another name, or rows not an integer >= 1.
    """
    choice("name", name, BATCHES)
    data = generator(seed, name)
    noise = data.spawn(1)[0]
    X = inputs(problem, data, integer("rows", rows, 1, 2**62))
    y = noiseless(problem, seed, X)
    return Batch(X, (y + problem.noise_std * noise.standard_normal(rows)).astype(problem.dtype))


def draw(problem: Problem, seed: int, n_test: int | None = None) -> Draw:
    """One instance of `problem`. The same seed gives the same data in float64 and, rounded, in float32.

    Parameters
    ----------
    problem : Problem
    seed : int
        From 0 to `streams.LARGEST_SEED`.
    n_test : int or None
        Rows of the test batch; None means n.

    Returns
    -------
    Draw

    Raises
    ------
    InputError
        The seed or n_test is not such an integer.
    """
    return Draw(
        weights(problem, seed),
        readout(problem, seed),
        teacher_direction(problem, seed),
        batch(problem, seed, "gradient", problem.rows_gradient),
        batch(problem, seed, "ridge", problem.n),
        batch(problem, seed, "test", problem.n if n_test is None else integer("n_test", n_test, 1, 2**62)),
    )
