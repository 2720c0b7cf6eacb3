"""Draws of deep structured networks with Gaussian weights, and ridge regression on their features."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, integer, real
from onestep.simulation import memory
from onestep.simulation.streams import generator
from onestep.specifications import LinkSpec, checked_link, link_of


@dataclass(frozen=True, eq=False)
class DeepNetwork:
    """Two hidden layers with structured weights, and a teacher that looks along one direction.

    Attributes
    ----------
    weights : (p_1, d) and (p_2, p_1) arrays.
    activation, teacher : as they were given.
    direction : (d,), of length 1.
    seed : int
    """

    weights: tuple[np.ndarray, ...]
    activation: LinkSpec
    teacher: LinkSpec
    direction: np.ndarray
    seed: int

    @classmethod
    def draw(
        cls, activation: LinkSpec, teacher: LinkSpec, sizes: Sequence[int], decay: float, seed: int
    ) -> "DeepNetwork":
        """Rows of layer l are N(0, C_l / p_{l-1}).

        C_1 is diagonal with entries k^-`decay`, of mean 1. C_2 is proportional to (W_1 W_1' + 1/2)^-1, of mean
        eigenvalue 1: it depends on the layer before. The teacher's direction has random signs and squares k^-`decay`.

        Parameters
        ----------
        activation, teacher : name, Hermite coefficients or Link
        sizes : (d, p_1, p_2)
        decay : float
            >= 0; 0 leaves C_1 without structure.
        seed : int

        Returns
        -------
        DeepNetwork

        Raises
        ------
        InputError
            Sizes that are not three positive integers, or a decay that is negative.
        """
        if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) != 3:
            raise InputError("sizes", sizes, "(d, p_1, p_2)")
        d, first, second = (integer("sizes", size) for size in sizes)
        checked_link("activation", activation), checked_link("teacher", teacher)
        memory.check(8 * 4 * max(d, first, second) ** 2)
        shape = np.arange(1, d + 1) ** -real("decay", decay, 0.0)
        rng = generator(seed, "weights")
        W1 = rng.standard_normal((first, d)) * np.sqrt(shape / shape.mean() / d)
        values, vectors = np.linalg.eigh(W1 @ W1.T)
        inverse = 1 / (values + 0.5)
        root = vectors * np.sqrt(inverse / inverse.mean())
        W2 = rng.standard_normal((second, first)) @ root.T / math.sqrt(first)
        direction = np.sqrt(shape / shape.sum()) * generator(seed, "teacher").choice((-1.0, 1.0), d)
        return cls((W1, W2), activation, teacher, direction, integer("seed", seed, 0))

    def features(self, X: np.ndarray) -> np.ndarray:
        """phi(x) for every row of X (m, d): (m, p_2)."""
        link, phi = link_of(checked_link("activation", self.activation)), X
        for W in self.weights:
            phi = link(phi @ W.T)
        return phi

    def labels(self, X: np.ndarray) -> np.ndarray:
        """The teacher's, without noise: (m,)."""
        return link_of(checked_link("teacher", self.teacher))(X @ self.direction)

    def errors(
        self, ridge: float, rows: Sequence[int], noise_std: float = 0.0, n_test: int = 4000
    ) -> tuple[np.ndarray, np.ndarray]:
        """The mean squared training residual and the test error of ridge regression, for several numbers of rows.

        Parameters
        ----------
        ridge : float
            > 0.
        rows : sequence of int
            The first so many rows of one draw are fitted.
        noise_std : float
            Standard deviation of the label noise. It is added to the test error, too, as its expectation.
        n_test : int
            Rows of the test set.

        Returns
        -------
        (len(rows),) and (len(rows),) arrays

        Raises
        ------
        InputError
            An argument outside of what is said above.
        """
        ridge, noise_std = real("ridge", ridge, 0.0, open_below=True), real("noise_std", noise_std, 0.0)
        rows, d = [integer("rows", n) for n in rows], len(self.direction)
        if not rows:
            raise InputError("rows", rows, "at least one number of rows")
        memory.check(8 * 3 * (max(rows) + integer("n_test", n_test)) * (d + len(self.weights[-1])))
        rng = generator(self.seed, "ridge")
        X, X_test = rng.standard_normal((max(rows), d)), generator(self.seed, "test").standard_normal((n_test, d))
        y = self.labels(X) + noise_std * rng.standard_normal(max(rows))
        phi, phi_test, truth = self.features(X), self.features(X_test), self.labels(X_test)
        found = []
        for n in rows:
            A = phi[:n]
            b = np.linalg.solve(A.T @ A / n + ridge * np.eye(A.shape[1]), A.T @ y[:n] / n)
            found.append((np.mean((y[:n] - A @ b) ** 2), np.mean((truth - phi_test @ b) ** 2) + noise_std**2))
        train, test = np.array(found).T
        return train, test

    def covariance_distance(self, law: np.ndarray, samples: int = 20_000) -> float:
        """|Omega - law|^2 / |law|^2 in Frobenius norm, without bias: from two halves of a sample.

        Parameters
        ----------
        law : (p_2, p_2)
            What E phi phi' should be.
        samples : int
            Rows in both halves together.

        Returns
        -------
        float
            May be negative by chance.

        Raises
        ------
        InputError
            `samples` is below 2, or `law` has another shape.
        """
        p = len(self.weights[-1])
        if np.shape(law) != (p, p):
            raise InputError("law", np.shape(law), f"({p}, {p})")
        half = integer("samples", samples, 2) // 2
        memory.check(8 * 3 * half * max(p, len(self.direction)))
        rng, differences = generator(self.seed, "equivalent"), []
        for _ in range(2):
            phi = self.features(rng.standard_normal((half, len(self.direction))))
            differences.append(phi.T @ phi / half - law)
        return float(np.sum(differences[0] * differences[1]) / np.sum(np.square(law)))
