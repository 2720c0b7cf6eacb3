"""Inputs with structure: x ~ N(0, Sigma), Sigma known by its eigenvalues and by where the teacher lies among them.

The untrained rows are uniform on the sphere, so a rotation of x changes nothing, and Sigma can be taken diagonal.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import cast

import numpy as np

from onestep.checks import InputError, integer, real, reals

_MOST = 10_000  # levels
_WIDEST = 1e10  # ratio of an eigenvalue to their mean, or the other way round
_SUM = 1e-9  # by how much numbers that should sum to one may miss it


@dataclass(frozen=True)
class Covariance:
    """The covariance Sigma of the inputs: L levels, each an eigenvalue with an eigenspace. Immutable and hashable.

    Parameters
    ----------
    eigenvalues : sequence of float
        (L,), positive, in any order. They are rescaled to the mean 1 over the d directions, because the
        Hermite coefficients of the activation belong to pre-activations of variance w' Sigma w = tr Sigma / d = 1.
    shares : sequence of float or None
        (L,), positive, with sum one: the part of the d directions that belongs to each level. None means equal
        parts; d eigenvalues with None are a full spectrum.
    teacher : sequence of float or None
        (L,), not negative, with sum one: the squared length of beta_star, |beta_star| = 1, in each eigenspace.
        None means `shares`, a teacher without preference.

    Attributes
    ----------
    eigenvalues, shares, teacher : tuple of float
        As above and completed.

    Raises
    ------
    InputError
        No eigenvalue, or too many; one that is not positive, or 1e10 times more or less than their mean;
        shares or weights of another length, of the wrong sign, or with another sum than one.

    Examples
    --------
    >>> from onestep import Covariance, Problem
    >>> inputs = Covariance(eigenvalues=(4.0, 1.0), shares=(0.25, 0.75), teacher=(0.9, 0.1))
    >>> [round(value, 4) for value in inputs.eigenvalues]
    [2.2857, 0.5714]
    >>> Problem(inputs=inputs).levels.counts.tolist()
    [250, 750]
    """

    eigenvalues: tuple[float, ...]
    shares: tuple[float, ...] | None = None
    teacher: tuple[float, ...] | None = None

    def __post_init__(self):
        values = reals("eigenvalues", self.eigenvalues, 0.0, open_below=True)
        if values.ndim != 1 or not 1 <= values.size <= _MOST:
            raise InputError("eigenvalues", self.eigenvalues, f"1 to {_MOST} positive numbers in a row")
        shares = _parts("shares", self.shares, np.full(values.size, 1 / values.size), open_below=True)
        teacher = _parts("teacher", self.teacher, shares)
        values = values / values.max()
        values = values / (shares @ values)
        if values.max() > _WIDEST or values.min() < 1 / _WIDEST:
            raise InputError("eigenvalues", self.eigenvalues, f"numbers within a factor {_WIDEST:g} of their mean")
        for name, found in (("eigenvalues", values), ("shares", shares), ("teacher", teacher)):
            object.__setattr__(self, name, tuple(found.tolist()))

    @classmethod
    def power_law(cls, exponent: float, levels: int = 64, teacher: tuple[float, ...] | None = None) -> "Covariance":
        """Eigenvalues that fall like x^-`exponent`, x in (0, 1) the rank over d, as `levels` steps of equal width.

        Every step is at the height of its middle. `teacher` is as above, the largest eigenvalue first.

        Parameters
        ----------
        exponent : float
            0 or more.
        levels : int, optional
            How many steps.
        teacher : sequence of float or None
            As of `Covariance`, the largest eigenvalue first.

        Returns
        -------
        Covariance
            With eigenvalues of the mean 1, in equal shares.

        Examples
        --------
        >>> from onestep import Covariance
        >>> [round(value, 3) for value in Covariance.power_law(1.0, levels=4).eigenvalues]
        [2.386, 0.795, 0.477, 0.341]
        """
        exponent, levels = real("exponent", exponent, 0.0), integer("levels", levels, 1, _MOST)
        return cls(tuple(((np.arange(levels) + 0.5) ** -exponent).tolist()), None, teacher)

    def levels(self, d: int) -> "Levels":
        """The levels of d directions, every one with a whole number of them.

        Parameters
        ----------
        d : int
            How many directions.

        Returns
        -------
        Levels
            Eigenvalues, and the number of directions of each.

        Raises
        ------
        InputError
            d is so small that a level would have no direction.

        Examples
        --------
        >>> from onestep import Covariance
        >>> Covariance((4.0, 1.0), (0.25, 0.75)).levels(10).counts.tolist()
        [3, 7]
        """
        return _levels(self, integer("d", d, 1))


@dataclass(frozen=True, eq=False)
class Levels:
    """The covariance of d directions.

    Attributes
    ----------
    counts : (L,) directions of each level, integers with sum d; `shares` times d, rounded.
    values : (L,) eigenvalues, with mean 1 over the d directions.
    share : (L,) counts / d.
    teacher : (L,) |beta_star|^2 in each eigenspace.
    signal : (L,) the same in whitened coordinates: the part of the variance of beta_star . x from each eigenspace.
    """

    counts: np.ndarray
    values: np.ndarray
    share: np.ndarray
    teacher: np.ndarray
    signal: np.ndarray

    @property
    def second(self) -> float:
        """tr Sigma^2 / d; 1 for the identity, more for every other covariance."""
        return float(self.share @ self.values**2)

    @property
    def unevenness(self) -> float:
        """d tr Sigma^3 / (tr Sigma^2)^2 - 1: how unequally a multiple of Sigma lengthens rows; 0 for the identity."""
        return max(float(self.share @ self.values**3) / self.second**2 - 1, 0.0)

    def spread(self) -> np.ndarray:
        """(d,) the eigenvalue of every direction, level after level."""
        return np.repeat(self.values, self.counts)


def _parts(name: str, given, otherwise: np.ndarray, *, open_below: bool = False) -> np.ndarray:
    """Parts of one, as many as `otherwise` has."""
    parts = otherwise if given is None else reals(name, given, 0.0, open_below=open_below)
    if parts.shape != otherwise.shape:
        raise InputError(name, given, f"one number for each of the {otherwise.size} eigenvalues")
    total = math.fsum(parts)
    if abs(total - 1) > _SUM:
        raise InputError(name, given, f"numbers with the sum 1; these have {total:.12g}")
    return parts / total


@lru_cache(maxsize=64)
def _levels(covariance: Covariance, d: int) -> Levels:
    given = cast("tuple[float, ...]", covariance.shares)  # `Covariance` has completed them
    shares = [Fraction(share) for share in given]  # d may be beyond the whole numbers of a double
    exact = [share * d / sum(shares) for share in shares]
    counts = [math.floor(value) for value in exact]
    rest = sorted(range(len(counts)), key=lambda k: (counts[k] - exact[k], k))
    for k in rest[: d - sum(counts)]:
        counts[k] += 1
    if min(counts) == 0:
        least = math.ceil(1 / min(shares))
        raise InputError("d", d, f"a dimension in which every level of inputs has a direction, {least} for certain")
    values, teacher = np.array(covariance.eigenvalues), np.array(covariance.teacher)
    share = np.array([count / d for count in counts])
    values = values / (share @ values)
    signal = teacher * values
    levels = Levels(np.array(counts), values, share, teacher, signal / signal.sum())
    for array in (levels.counts, levels.values, levels.share, levels.teacher, levels.signal):
        array.flags.writeable = False  # shared by all problems with this covariance and d
    return levels
