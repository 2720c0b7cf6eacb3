"""The average of repeated draws: what experiments return and what claims, records and curves take."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, broadcast, integer, reals


@dataclass(frozen=True, eq=False)
class Average:
    """A mean over independent draws, with its standard error.

    Formatting a scalar average writes both: f"{average:.2f}" gives "0.46 ± 0.01", and f"{average}" as many digits as
    the standard error allows. Plain numbers and arrays of them may be added, subtracted, multiplied and divided by:
    `average - predicted`, `100 * average`. What is known exactly has no error of its own, so the standard error only
    scales. An index picks points: `average[-1]`.

    Attributes
    ----------
    mean, standard_error : float or array
        Of one shape.
    draws : int
        How many independent draws were averaged, >= 2.

    Raises
    ------
    InputError
        The shapes differ, a standard error is negative, a number is not finite, or there are fewer than two
        draws.

    Examples
    --------
    >>> from onestep.book import Average
    >>> average = Average(0.4612, 0.0123, draws=8)
    >>> f"{average:.2f}", f"{100 * average}"
    ('0.46 ± 0.01', '46.1 ± 1.2')
    """

    mean: np.ndarray
    standard_error: np.ndarray
    draws: int

    __array_ufunc__ = None  # so that `array - average` asks the average, too

    def __post_init__(self):
        mean, error = reals("mean", self.mean), reals("standard_error", self.standard_error, minimum=0.0)
        if mean.shape != error.shape:
            raise InputError("standard_error", error.shape, f"the shape of the mean, {mean.shape}")
        object.__setattr__(self, "mean", mean[()])
        object.__setattr__(self, "standard_error", error[()])
        object.__setattr__(self, "draws", integer("draws", self.draws, minimum=2, maximum=2**53))

    def __format__(self, spec: str) -> str:
        if not spec:  # two digits of the standard error, and the mean to the same place
            digits = 1 - math.floor(math.log10(self.standard_error)) if self.standard_error > 0 else 6
            spec = f".{min(max(digits, 0), 12)}f"
        return f"{float(self.mean):{spec}} ± {float(self.standard_error):{spec}}"

    def __getitem__(self, index) -> "Average":
        return Average(self.mean[index], self.standard_error[index], self.draws)

    def __iter__(self) -> Iterator["Average"]:
        if not self.mean.ndim:
            raise TypeError("an average of one number has no points")
        return (self[k] for k in range(len(self.mean)))

    def __add__(self, number) -> "Average":
        return self._scaled(1.0, number)

    def __sub__(self, number) -> "Average":
        return self._scaled(1.0, -reals("number", number))

    def __mul__(self, number) -> "Average":
        return self._scaled(number, 0.0)

    def __truediv__(self, number) -> "Average":
        number = reals("number", number)
        if np.any(np.abs(number) < 1e-150):
            raise InputError("number", number, "numbers of at least 1e-150 in size, to divide by")
        number, mean, error = broadcast(number=number, average=self.mean, error=self.standard_error)
        return Average(mean / number, error / np.abs(number), self.draws)

    def __rsub__(self, number) -> "Average":
        return self._scaled(-1.0, number)

    def __neg__(self) -> "Average":
        return self._scaled(-1.0, 0.0)

    __radd__, __rmul__ = __add__, __mul__

    def _scaled(self, factor, number) -> "Average":
        factor, number = reals("number", factor), reals("number", number)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
            mean = broadcast(number=factor, average=self.mean)[0] * self.mean
            mean, number = broadcast(average=mean, number=number)
            mean, error = mean + number, np.abs(factor) * self.standard_error
        return Average(mean, np.broadcast_to(error, np.shape(mean)), self.draws)
