"""Outliers over flat noise: every entry has the variance sigma^2 = Var f(Z)."""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, integer, real
from onestep.hermite import Expansion
from onestep.specifications import LinkSpec
from onestep.theory.neighbours.spiked_functions.signal import HIGHEST, Law, Signal, expansion, law, root, scale, sizes


@dataclass(frozen=True)
class SpikedOutlier:
    """One eigenvalue, or singular value, outside the bulk.

    Attributes
    ----------
    strength : of the signal, the eigenvalue that it has without noise.
    position : of the eigenvalue of Y.
    squared_cosine : of the eigenvector of Y and that of the signal.
    signal_squared_cosine : of the eigenvector of Y and x itself; 0 where only even powers of x are seen.
    """

    strength: float
    position: float
    squared_cosine: float
    signal_squared_cosine: float


def outliers(activation: LinkSpec, signal: Signal, strength: float, n: int) -> tuple[SpikedOutlier, ...]:
    """The outliers of Y, the largest in size first, by the law that sums all powers of the signal.

    The noise is taken as flat: of the variance sigma^2 = Var f(Z) in every entry. An eigenvalue theta of the signal
    shows where |theta| > sigma, at theta + sigma^2/theta, with squared cosine 1 - sigma^2/theta^2.

    Parameters
    ----------
    activation : name, Hermite coefficients or Link
        The function f; its mean c_0 is taken off.
    signal : (values, shares)
        The law of the entries of g, scaled to mean square 1.
    strength : float
        lambda >= 0.
    n : int
        Order of the matrix.

    Returns
    -------
    tuple of SpikedOutlier

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    f, n = expansion(activation), integer("n", n, 2)
    return _outliers(f, law(signal), scale(strength, n), math.sqrt(n))


def rightmost(activation: LinkSpec, signal: Signal, strength: float, n: int) -> SpikedOutlier:
    """The outlier furthest to the right; without one, the upper edge 2 sigma with squared cosines 0.

    Parameters and errors are those of `outliers`.
    """
    shown = [outlier for outlier in outliers(activation, signal, strength, n) if outlier.position > 0]
    edge = 2 * math.sqrt(expansion(activation).second_moment)
    return max(shown, key=lambda outlier: outlier.position, default=SpikedOutlier(0.0, edge, 0.0, 0.0))


def naive_strengths(activation: LinkSpec, signal: Signal, strength: float, n: int) -> np.ndarray:
    """c_k s^k m_{2k} sqrt(n), k = 1, ..., 12: each power's size by itself, wrong where two powers share a direction.

    Parameters and errors are those of `outliers`.
    """
    f, (g, p), n = expansion(activation), law(signal), integer("n", n, 2)
    k = np.arange(1, HIGHEST + 1)
    return math.sqrt(n) * sizes(f, scale(strength, n)) * (p @ g[:, None] ** (2 * k))


def critical_constant(activation: LinkSpec, signal: Signal) -> tuple[int, float]:
    """(k, kappa_c): an outlier appears at lambda = kappa n^((k - 1)/(2k)) for kappa > kappa_c, as n -> infinity.

    k is the first degree with c_k != 0, and kappa_c = (sigma / (|c_k| m_2k))^(1/k).

    Parameters
    ----------
    activation, signal
        As in `outliers`.

    Returns
    -------
    (int, float)

    Raises
    ------
    InputError
        As `outliers`, and for a function with c_1 = ... = c_12 = 0.
    """
    f, (g, p) = expansion(activation), law(signal)
    active = [k for k in range(1, HIGHEST + 1) if f[k] != 0.0]
    if not active:
        raise InputError("activation", activation, f"a function with a Hermite coefficient of order 1 to {HIGHEST}")
    k = active[0]
    moment = float(p @ g ** (2 * k))
    return k, (math.sqrt(f.second_moment) / (abs(f[k]) * moment)) ** (1 / k)


def rectangular_outliers(
    activation: LinkSpec, rows: Signal, columns: Signal, tilt: float, n: int, N: int
) -> tuple[SpikedOutlier, ...]:
    """The singular values outside the bulk of f(Z + s g h') / sqrt(n), Z (n, N) with independent N(0, 1) entries.

    theta shows where theta > sigma gamma^(1/4), gamma = N/n. It stands at
    sqrt((theta^2 + sigma^2)(theta^2 + gamma sigma^2))/theta (Benaych-Georges and Nadakuditi 2012). Features after a
    step look like this, with W_0 x in the place of Z.

    Parameters
    ----------
    activation : as in `outliers`
    rows, columns : (values, shares)
        The laws of the entries of g and h.
    tilt : float
        s >= 0; for the network s = eta c_1 |beta| / sqrt(N).
    n, N : int
        Rows and columns.

    Returns
    -------
    tuple of SpikedOutlier
        Squared cosines are those of left singular vectors; `signal_squared_cosine` is that with g.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    f, n, N = expansion(activation), integer("n", n, 2), integer("N", N, 2)
    tilt, variance, gamma = real("tilt", tilt, 0.0), f.second_moment, N / n
    left, right = root(law(rows)), root(law(columns))
    u, theta, _ = np.linalg.svd(math.sqrt(N) * left @ (sizes(f, tilt)[:, None] * right.T))
    found = []
    for k, value in enumerate(theta):
        if value**4 > variance**2 * gamma:
            square = value**2
            place = float(np.sqrt((square + variance) * (square + gamma * variance)) / value)
            cosine = float(1 - variance * (gamma * variance + square) / (square * (square + variance)))
            found.append(SpikedOutlier(float(value), place, cosine, cosine * _with_signal(left, u[:, k])))
    return tuple(found)


def _outliers(f: Expansion, signal: Law, s: float, size: float) -> tuple[SpikedOutlier, ...]:
    powers, variance = root(signal), f.second_moment
    theta, u = np.linalg.eigh(size * powers @ (sizes(f, s)[:, None] * powers.T))
    found = []
    for k in np.argsort(-np.abs(theta)):
        if theta[k] ** 2 > variance:
            cosine = float(1 - variance / theta[k] ** 2)
            place = float(theta[k] + variance / theta[k])
            found.append(SpikedOutlier(float(theta[k]), place, cosine, cosine * _with_signal(powers, u[:, k])))
    return tuple(found)


def _with_signal(powers: np.ndarray, u: np.ndarray) -> float:
    """The squared cosine of sum_k u_k q_k with g, the first of the powers."""
    return float((powers[:, 0] @ u) ** 2 / (powers[:, 0] @ powers[:, 0]))
