"""Random draws: weights, gradient batch, ridge batch and test batch, each from a stream of its own.

The streams are named children of one seed, so that changing one part of a draw (the size of the test batch, the
noise, the readout) leaves every other part as it was, and differences between runs are paired.
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import choice, integer
from onestep.problem import Problem
from onestep.simulation import memory
from onestep.teachers import MultiIndex

BATCHES = ("gradient", "ridge", "test")
# The numbers are part of what a seed means: never renumber, only append.
_STREAMS = {"weights": 0, "readout": 1, "teacher": 2, "gradient": 3, "ridge": 4, "test": 5, "equivalent": 6}
# Larger seeds would meet the streams of smaller ones: beyond 128 bits SeedSequence takes them for spawn keys.
LARGEST_SEED = (1 << 128) - 1
_BLOCK = 1 << 20


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


def generator(seed: int, stream: str) -> np.random.Generator:
    """The generator of one named stream of a seed; streams are independent (NumPy's SeedSequence)."""
    key = _STREAMS[choice("stream", stream, _STREAMS)]
    return np.random.default_rng(np.random.SeedSequence(integer("seed", seed, 0, LARGEST_SEED), spawn_key=(key,)))


def normal(rng: np.random.Generator, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """A standard normal matrix. float32 is the float64 draw rounded, so that both precisions see the same data.

    Raises
    ------
    MemoryRefusal : there is no room for it.
    """
    memory.check(dtype.itemsize * shape[0] * shape[1])
    if dtype == np.float64:
        return rng.standard_normal(shape)
    out = np.empty(shape, dtype)
    rows = max(1, _BLOCK // shape[1])  # a float64 copy of the whole matrix would triple the memory
    for start in range(0, shape[0], rows):
        block = out[start : start + rows]
        block[...] = rng.standard_normal(block.shape)
    return out


def weights(problem: Problem, seed: int) -> np.ndarray:
    """W0: (N, d), rows uniform on the unit sphere of R^d."""
    W0 = normal(generator(seed, "weights"), (problem.N, problem.d), problem.dtype)
    W0 /= np.sqrt(np.einsum("ij,ij->i", W0, W0))[:, None]
    return W0


def readout(problem: Problem, seed: int) -> np.ndarray:
    """a: (N,), independent entries of the law that the problem states, over sqrt(N)."""
    rng = generator(seed, "readout")
    if problem.readout_law is None:
        a = rng.standard_normal(problem.N)
    else:
        values, shares = problem.readout_law
        a = values[np.searchsorted(np.cumsum(shares)[:-1], rng.random(problem.N), side="right")]
    return (a / math.sqrt(problem.N)).astype(problem.dtype)


def teacher_direction(problem: Problem, seed: int) -> np.ndarray:
    """beta_star: (d,), uniform on the unit sphere of R^d.

    For a teacher of several directions: the unit vector along E[g(Bx) x], in the plane of the rows of B.
    Under `problem.inputs`: uniform among the directions with the stated length in every eigenspace of Sigma, and
    divided by sqrt(beta_star' Sigma beta_star), so that beta_star . x has variance 1 as it has for Sigma = I.
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
    """B: (k, d), orthonormal rows, uniform: the directions z = B x of a teacher g(z), in the order of its arguments.

    The first row is the direction that a teacher of one direction has with this seed.
    """
    if isinstance(problem.teacher, MultiIndex):
        return _orthonormal(problem, seed).astype(problem.dtype)
    return teacher_direction(problem, seed)[None]


def _orthonormal(problem: Problem, seed: int) -> np.ndarray:
    drawn = generator(seed, "teacher").standard_normal((problem.directions, problem.d))
    Q, R = np.linalg.qr(drawn.T)
    return (Q * np.sign(np.diag(R))).T


def noiseless(problem: Problem, seed: int, X: np.ndarray) -> np.ndarray:
    """(rows,): the teacher's labels for the inputs X (rows, d), without noise."""
    if isinstance(problem.teacher, MultiIndex):
        return problem.teacher(*(teacher_directions(problem, seed) @ X.T))
    return problem.sigma_star(X @ teacher_direction(problem, seed))


def inputs(problem: Problem, rng: np.random.Generator, rows: int) -> np.ndarray:
    """(rows, d) with rows N(0, Sigma). Sigma is diagonal: every column is scaled, and no d x d matrix is formed."""
    X = normal(rng, (rows, problem.d), problem.dtype)
    if (levels := problem.levels) is not None:
        X *= np.sqrt(levels.spread()).astype(problem.dtype)
    return X


def batch(problem: Problem, seed: int, name: str, rows: int) -> Batch:
    """The batch `name` ("gradient", "ridge" or "test"): x ~ N(0, Sigma), y = sigma_star(beta_star . x) + noise.

    The labels of a teacher of several directions are y = g(B x) + noise.

    The noise has a stream of its own: a longer batch begins with the rows and labels of a shorter one.
    """
    choice("name", name, BATCHES)
    data = generator(seed, name)
    noise = data.spawn(1)[0]
    X = inputs(problem, data, integer("rows", rows, 1, 2**62))
    y = noiseless(problem, seed, X)
    return Batch(X, (y + problem.noise_std * noise.standard_normal(rows)).astype(problem.dtype))


def draw(problem: Problem, seed: int, n_test: int | None = None) -> Draw:
    """One instance of `problem`; `n_test` rows in the test batch, n if None.

    The same seed gives the same data in float64 and, rounded, in float32.

    Raises
    ------
    InputError : the seed is not an integer from 0 to `LARGEST_SEED`, or n_test not an integer >= 1.
    """
    return Draw(
        weights(problem, seed),
        readout(problem, seed),
        teacher_direction(problem, seed),
        batch(problem, seed, "gradient", problem.rows_gradient),
        batch(problem, seed, "ridge", problem.n),
        batch(problem, seed, "test", problem.n if n_test is None else integer("n_test", n_test, 1, 2**62)),
    )
