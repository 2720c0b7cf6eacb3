"""Errors at the door: every public argument is checked once, where it enters.

A refused argument names itself, what was given and what is allowed. Behind the door, code trusts its input.
"""

import math
import numbers
import reprlib
from collections.abc import Iterable

import numpy as np

_NO_NUMBERS = (bool, np.bool_, np.timedelta64)  # Python or NumPy count them among the integers


class OneStepError(Exception):
    """Every refusal and every failure of this package is one of these.

    Examples
    --------
    >>> from onestep import OneStepError, Problem
    >>> try:
    ...     Problem(noise_std=-1.0)
    ... except OneStepError as error:
    ...     print(error)
    noise_std: got -1.0; allowed: a finite number >= 0
    """


class InputError(OneStepError, ValueError):
    """An argument that cannot be used.

    Attributes
    ----------
    name : str
        The argument's name.
    given : object
        The value that came.
    allowed : str
        What would have been accepted.

    Examples
    --------
    >>> from onestep import InputError, Problem
    >>> try:
    ...     Problem(n=10.5)
    ... except InputError as error:
    ...     print(error.name, error.given, error.allowed, sep=" | ")
    n | 10.5 | an integer >= 1 and <= 9223372036854775807
    """

    def __init__(self, name: str, given: object, allowed: str):
        self.name, self.given, self.allowed = name, given, allowed
        super().__init__(f"{name}: got {brief_repr(given)}; allowed: {allowed}")

    def __reduce__(self):  # exceptions cross process borders in sweeps; the default would lose the three fields
        return type(self), (self.name, self.given, self.allowed)


class NotConverged(OneStepError, RuntimeError):
    """Equations whose solution was not found.

    Attributes
    ----------
    what : str
        The equations, and where they were to be solved.
    residual : float
        The largest relative residual that was left.
    iterations : int
        How many steps were taken; 0 where the method takes none.
    advice : str
        What may bring the solution within reach; empty if nothing is known.

    Examples
    --------
    >>> from onestep import NotConverged
    >>> error = NotConverged("the fixed point at ridge 1e-9", residual=3e-4, iterations=60, advice="raise the ridge")
    >>> print(error)
    the fixed point at ridge 1e-9: relative residual 3.0e-04 after 60 steps; raise the ridge
    """

    def __init__(self, what: str, residual: float, iterations: int = 0, advice: str = ""):
        self.what, self.residual, self.iterations, self.advice = what, residual, iterations, advice
        steps = f" after {iterations} steps" if iterations else ""
        super().__init__(f"{what}: relative residual {residual:.1e}{steps}" + (f"; {advice}" if advice else ""))

    def __reduce__(self):
        return type(self), (self.what, self.residual, self.iterations, self.advice)


class _Brief(reprlib.Repr):
    """`repr` cut before it is made: of a list of 10^8 entries, or one that holds itself, only the start is written."""

    def __init__(self):
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 76

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if abs(x) < 10**4000 else f"an integer of {x.bit_length()} bits"


def brief_repr(value: object) -> str:
    """The start of `value` on one line, for a message."""
    text = " ".join(_Brief().repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def integer(name: str, value: object, minimum: int = 1, maximum: int | None = None) -> int:
    """`value` as an int from `minimum` to `maximum`; a bool or a float is refused, a NumPy integer is welcome."""
    allowed = f"an integer >= {minimum}" + ("" if maximum is None else f" and <= {maximum}")
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Integral):
        raise InputError(name, value, allowed)
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise InputError(name, value, allowed)
    return number


def real(name: str, value: object, minimum: float = -math.inf, *, open_below: bool = False) -> float:
    """`value` as a finite float, at least `minimum` (above it if `open_below`)."""
    bound = "" if minimum == -math.inf else f" {'>' if open_below else '>='} {minimum:g}"
    allowed = f"a finite number{bound}"
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, numbers.Real):
        raise InputError(name, value, allowed)
    try:
        value = float(value)
    except OverflowError as error:  # an integer beyond 1e308
        raise InputError(name, value, allowed) from error
    if not math.isfinite(value) or value < minimum or (open_below and value == minimum):
        raise InputError(name, value, allowed)
    return value + 0.0  # -0.0 becomes 0.0, which no formula need expect


def reals(name: str, values: object, minimum: float = -math.inf, *, open_below: bool = False) -> np.ndarray:
    """`values` as a finite float64 array of any shape, every entry at least `minimum` (above it if `open_below`)."""
    bound = "" if minimum == -math.inf else f" {'>' if open_below else '>='} {minimum:g}"
    allowed = f"a finite number{bound}, or an array of them"
    try:
        array = np.asarray(values)
    except Exception as error:  # what an object of another library raises when it is none
        raise InputError(name, values, allowed) from error
    if array.dtype.kind not in "iuf" or np.ma.is_masked(values):
        raise InputError(name, values, allowed)
    with np.errstate(over="ignore"):  # a long double beyond 1e308
        array = array.astype(float)
    if not np.all(np.isfinite(array)) or np.any(array < minimum) or (open_below and np.any(array == minimum)):
        raise InputError(name, values, allowed)
    return array + 0.0


def broadcast(**arrays: np.ndarray) -> list[np.ndarray]:
    """The named arrays, broadcast against each other."""
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())
        raise InputError("shapes", shapes, "arrays that broadcast against each other") from error


def choice(name: str, value: object, options: Iterable[str]) -> str:
    """`value` if it is one of the strings `options`."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        raise InputError(name, value, "one of " + ", ".join(options))
    return value
