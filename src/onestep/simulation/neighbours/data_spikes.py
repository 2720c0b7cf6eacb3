"""Draws of inputs with signals in them: one long direction, and features that are correlated by accident."""

import math
from collections.abc import Sequence

import numpy as np

from onestep.checks import InputError, choice, integer, real, reals
from onestep.problem import Problem
from onestep.simulation import memory
from onestep.simulation.streams import generator
from onestep.specifications import LinkSpec, checked_link, expansion_of, link_of


def spiked_errors(
    problem: Problem,
    spike: float,
    alignment: float,
    ridges: tuple[Sequence[float], Sequence[float]],
    seed: int,
    n_test: int = 4000,
) -> tuple[np.ndarray, np.ndarray]:
    """Test errors of random features and of the inputs themselves, x = z + sqrt(spike) c gamma.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise; the label is teacher(xi . x/sqrt(1 + spike zeta^2)) + noise.
    spike : float
        >= 0.
    alignment : float
        zeta = xi . gamma, from -1 to 1.
    ridges : (sequence, sequence)
        Penalties for the features, and for the linear model.
    seed : int
        The same seed gives the same z and weights at every spike and alignment.
    n_test : int
        Rows of the test set.

    Returns
    -------
    two arrays
        One number for each penalty; label noise is counted by its variance.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    MemoryRefusal
        There is no room for the matrices.
    """
    if not isinstance(problem, Problem):
        raise InputError("problem", problem, "a Problem")
    spike, zeta, n_test = real("spike", spike, 0.0), real("alignment", alignment), integer("n_test", n_test)
    if abs(zeta) > 1:
        raise InputError("alignment", alignment, "a number from -1 to 1")
    n, d, N = problem.n, problem.d, problem.N
    memory.check(8 * (n + n_test) * (d + 2 * N))
    W = generator(seed, "weights").standard_normal((N, d))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    gamma, across = np.linalg.qr(generator(seed, "teacher").standard_normal((d, 2)))[0].T
    xi = zeta * gamma + math.sqrt(1 - zeta**2) * across
    link = link_of(checked_link("activation", problem.activation)).shifted(expansion_of(problem.activation)[0])
    teacher = link_of(checked_link("teacher", problem.teacher))
    found = []
    for stream, rows in (("ridge", n), ("test", n_test)):
        rng = generator(seed, stream)
        X = rng.standard_normal((rows, d)) + math.sqrt(spike) * np.outer(rng.standard_normal(rows), gamma)
        y = teacher(X @ xi / math.sqrt(1 + spike * zeta**2))
        found.append((X, link(X @ W.T), y, rng.standard_normal(rows)))
    (X, F, y, noise), (X_test, F_test, y_test, _) = found
    y = y + math.sqrt(problem.noise_variance) * noise
    return tuple(
        np.array([np.mean((y_test - T @ b) ** 2) for b in _ridge(A, y, penalties)]) + problem.noise_variance
        for A, T, penalties in ((F, F_test, ridges[0]), (X, X_test, ridges[1]))
    )  # type: ignore[return-value]


def least_squares(
    d: int, n: int, spike: float, alignment: float, noise_std: float, seed: int, label: str = "input"
) -> float:
    """Excess test error of the shortest least-squares solution, exact for the drawn rows; see the theory's room.

    Parameters
    ----------
    d, n : int
        Dimension and rows.
    spike, alignment, noise_std, label
        As in `onestep.theory.neighbours.data_spikes.least_squares`.
    seed : int

    Returns
    -------
    float

    Raises
    ------
    InputError
        An argument outside of what is said there.
    """
    d, n, spike = integer("d", d, 2), integer("n", n), real("spike", spike, 0.0)
    noise_std, alignment = real("noise_std", noise_std, 0.0), real("alignment", alignment)
    if abs(alignment) > 1:
        raise InputError("alignment", alignment, "a number from -1 to 1")
    rng = generator(seed, "ridge")
    beta = np.zeros(d)
    beta[:2] = alignment, math.sqrt(1 - alignment**2)
    z, v = rng.standard_normal((n, d)), rng.standard_normal(n)
    X = z.copy()
    X[:, 0] += math.sqrt(spike) * v
    seen = choice("label", label, ("input", "spike")) == "input"
    y = X @ beta if seen else alignment * math.sqrt(spike) * v
    fitted = np.linalg.lstsq(X, y + noise_std * rng.standard_normal(n), rcond=None)[0]
    scale = np.ones(d)
    scale[0] = 1 + spike
    if seen:
        return float(scale @ (fitted - beta) ** 2)
    # E (b . x - alignment sqrt(spike) v)^2 with x_1 = z_1 + sqrt(spike) v
    return float(np.sum(fitted**2) + spike * (fitted[0] - alignment) ** 2)


def spurious(
    Sigma: np.ndarray, theta: np.ndarray, noise_std: float, n: int, ridges: Sequence[float], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(C, test error) of ridge regression on z = [x; y] ~ N(0, Sigma), label theta . x + noise, exact for the draw.

    Parameters
    ----------
    Sigma : (p + q, p + q)
        Positive definite.
    theta : (p,)
    noise_std : float
        >= 0.
    n : int
        Rows.
    ridges : sequence of float
        > 0.
    seed : int

    Returns
    -------
    two arrays
        One number for each ridge.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    Sigma, theta, noise_std = reals("Sigma", Sigma), reals("theta", theta), real("noise_std", noise_std, 0.0)
    rng, p = generator(seed, "ridge"), theta.size
    Z = rng.standard_normal((integer("n", n), len(Sigma))) @ _root(Sigma).T
    padded = np.concatenate([theta, np.zeros(len(Sigma) - p)])
    label = Z @ padded + noise_std * rng.standard_normal(n)
    fits = _ridge(Z, label, ridges)
    owed = [b[p:] @ Sigma[p:, :p] @ theta for b in fits]
    return np.array(owed), np.array([(b - padded) @ Sigma @ (b - padded) + noise_std**2 for b in fits])


def spurious_features(
    Sigma: np.ndarray, theta: np.ndarray, noise_std: float, activation: LinkSpec, sizes: tuple[int, int], ridge, seed
) -> float:
    """C of ridge regression on random features, by Stein's lemma from the fitted second layer.

    Parameters
    ----------
    Sigma, theta, noise_std, seed
        As in `spurious`; tr Sigma is the dimension.
    activation : name, Hermite coefficients or Link
    sizes : (n, N)
        Rows and random features.
    ridge : float
        > 0.

    Returns
    -------
    float
        Covariance of the label with the fit on [x'; y], x' an independent copy of x.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    Sigma, theta = reals("Sigma", Sigma), reals("theta", theta)
    (n, N), p, rng = sizes, theta.size, generator(seed, "ridge")
    W = generator(seed, "weights").standard_normal((integer("N", N), len(Sigma)))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    Z = rng.standard_normal((integer("n", n), len(Sigma))) @ _root(Sigma).T
    label = Z[:, :p] @ theta + real("noise_std", noise_std, 0.0) * rng.standard_normal(n)
    spec = checked_link("activation", activation)
    link = link_of(spec).shifted(expansion_of(spec)[0])
    (b,) = _ridge(link(Z @ W.T), label, (ridge,))
    # x' and y are independent under the test law, so a unit sees the variances of its two halves
    variance = np.einsum("ij,jk,ik->i", W[:, :p], Sigma[:p, :p], W[:, :p])
    variance += np.einsum("ij,jk,ik->i", W[:, p:], Sigma[p:, p:], W[:, p:])
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    slopes = link.derivative(np.sqrt(variance)[:, None] * nodes) @ weights / weights.sum()
    return float((b * slopes) @ (W[:, p:] @ Sigma[p:, :p] @ theta))


def _ridge(A: np.ndarray, y: np.ndarray, ridges: Sequence[float]) -> list[np.ndarray]:
    """The ridge solutions of (1/n)|y - A b|^2 + ridge |b|^2, from one eigendecomposition."""
    penalties = reals("ridges", ridges, 0.0, open_below=True)
    values, vectors = np.linalg.eigh(A.T @ A / len(A))
    seen = vectors.T @ (A.T @ y / len(A))
    return [vectors @ (seen / (values + penalty)) for penalty in penalties]


def _root(Sigma: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(Sigma)
    except np.linalg.LinAlgError as error:
        raise InputError("Sigma", "a matrix that is not positive definite", "a covariance") from error
