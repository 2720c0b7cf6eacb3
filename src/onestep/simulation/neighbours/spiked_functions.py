"""Draws of spiked matrices seen through a function: the setting of Moniri and Hassani 2024 (arXiv:2405.18274)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from onestep.checks import InputError, choice, integer, real, reals
from onestep.simulation import memory
from onestep.simulation.streams import generator
from onestep.specifications import LinkSpec, checked_link, expansion_of, link_of

LAWS = ("uniform", "gaussian", "signs")


@dataclass(frozen=True, eq=False)
class SpikedMatrix:
    """Y = f(W + s g g') / sqrt(n) and its signal g.

    Attributes
    ----------
    Y : (n, n), symmetric.
    g : (n,), with |g|^2 = n, so that x = g/sqrt(n).
    """

    Y: np.ndarray
    g: np.ndarray

    @classmethod
    def draw(cls, activation: LinkSpec, strength: float, n: int, seed: int, law: str = "uniform") -> "SpikedMatrix":
        """One draw: W symmetric with independent N(0, 1) entries, s = `strength`/sqrt(n).

        Parameters
        ----------
        activation : name, Hermite coefficients or Link
            The function f; its mean over N(0, 1) is taken off.
        strength : float
            lambda >= 0.
        n : int
            Order of the matrix.
        seed : int
            The same seed gives the same W and g at every strength.
        law : str
            Of the entries of g: "uniform", "gaussian" or "signs".

        Returns
        -------
        SpikedMatrix

        Raises
        ------
        InputError
            An argument outside of what is said above.
        MemoryRefusal
            There is no room for the matrix.
        """
        n, strength = integer("n", n, 2), real("strength", strength, 0.0)
        memory.check(4 * 8 * n * n)
        g = entries(n, seed, law, "teacher")
        W = np.triu(generator(seed, "weights").standard_normal((n, n)))
        W += np.triu(W, 1).T
        return cls(_seen(activation, W, strength / math.sqrt(n) * np.outer(g, g)) / math.sqrt(n), g)

    def largest(self, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The `count` largest eigenvalues, descending, and their eigenvectors as columns (n, `count`)."""
        n, count = len(self.g), integer("count", count, 1, len(self.g))
        values, vectors = linalg.eigh(self.Y, subset_by_index=(n - count, n - 1), driver="evr")
        return values[::-1], vectors[:, ::-1]


@dataclass(frozen=True, eq=False)
class Tops:
    """The two largest eigenvalues of several draws, and what the first eigenvector knows.

    Attributes
    ----------
    values : (S, 2), descending.
    powers : (S,), squared cosine of the first eigenvector and the vector of g_i^k.
    signals : (S,), squared cosine of the first eigenvector and g.
    g : (S, n), the signals.
    """

    values: np.ndarray
    powers: np.ndarray
    signals: np.ndarray
    g: np.ndarray


def tops(activation: LinkSpec, strength: float, n: int, seeds: Iterable[int], power: int) -> Tops:
    """Draw a `SpikedMatrix` for each seed, with uniform entries of g, and look at its right end.

    Parameters
    ----------
    activation, strength, n
        As in `SpikedMatrix.draw`.
    seeds : iterable of int
        At least one.
    power : int
        k >= 1 of the powers of g.

    Returns
    -------
    Tops

    Raises
    ------
    InputError
        As `SpikedMatrix.draw`, and without a seed.
    """
    power, rows = integer("power", power), []
    for seed in seeds:
        matrix = SpikedMatrix.draw(activation, strength, n, seed)
        values, vectors = matrix.largest(2)
        cosines = [squared_cosine(vectors[:, 0], matrix.g**k) for k in (power, 1)]
        rows.append((values, *cosines, matrix.g))
    if not rows:
        raise InputError("seeds", seeds, "at least one seed")
    return Tops(*map(np.array, zip(*rows, strict=True)))


def rectangular(
    activation: LinkSpec, tilt: float, n: int, N: int, seed: int, law: str = "uniform"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """f(Z + s g h') / sqrt(n) with independent entries of Z (n, N), g and h; and g and h.

    Parameters
    ----------
    activation, seed, law
        As in `SpikedMatrix.draw`.
    tilt : float
        s >= 0.
    n, N : int
        Rows and columns.

    Returns
    -------
    (n, N) array, (n,) array, (N,) array

    Raises
    ------
    InputError
        An argument outside of what is said above.
    MemoryRefusal
        There is no room for the matrix.
    """
    n, N, tilt = integer("n", n, 2), integer("N", N, 2), real("tilt", tilt, 0.0)
    memory.check(3 * 8 * n * N)
    g, h = entries(n, seed, law, "teacher"), entries(N, seed, law, "readout")
    Z = generator(seed, "weights").standard_normal((n, N))
    return _seen(activation, Z, tilt * np.outer(g, h)) / math.sqrt(n), g, h


def entries(count: int, seed: int, law: str, stream: str) -> np.ndarray:
    """`count` independent numbers by the stream of this name, scaled so that their squares sum to `count`."""
    rng = generator(seed, stream)
    if choice("law", law, LAWS) == "gaussian":
        g = rng.standard_normal(count)
    elif law == "signs":
        g = rng.choice((-1.0, 1.0), count)
    else:
        g = rng.uniform(-1.0, 1.0, count)
    return g * math.sqrt(count / (g @ g))


def squared_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Of the angle between two vectors.

    Raises
    ------
    InputError : they differ in length, or one is zero.
    """
    a, b = reals("a", a), reals("b", b)
    if a.shape != b.shape or a.ndim != 1 or not (a.any() and b.any()):
        raise InputError("b", b.shape, f"a vector like a, {a.shape}, neither of them zero")
    return float((a @ b) ** 2 / ((a @ a) * (b @ b)))


def _seen(activation: LinkSpec, noise: np.ndarray, signal: np.ndarray) -> np.ndarray:
    spec = checked_link("activation", activation)
    return link_of(spec).shifted(expansion_of(spec)[0])(noise + signal)
