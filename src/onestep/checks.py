"""Errors at the door: every public argument is checked once, where it enters.

A refused argument names itself, what was given and what is allowed. Behind the door, code trusts its input.
"""

import math
import numbers
from collections.abc import Iterable

import numpy as np


class InputError(ValueError):
    """An argument that cannot be used.

    Attributes
    ----------
    name, given, allowed : the argument's name, the value that came, and what would have been accepted.
    """

    def __init__(self, name: str, given: object, allowed: str):
        self.name, self.given, self.allowed = name, given, allowed
        super().__init__(f"{name}: got {_shown(given)}; allowed: {allowed}")

    def __reduce__(self):  # exceptions cross process borders in sweeps; the default would lose the three fields
        return type(self), (self.name, self.given, self.allowed)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def integer(name: str, value: object, minimum: int = 1) -> int:
    """`value` as an int of at least `minimum`; a bool or a float is refused, a NumPy integer is welcome."""
    allowed = f"an integer >= {minimum}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral) or value < minimum:
        raise InputError(name, value, allowed)
    return int(value)


def real(name: str, value: object, minimum: float = -math.inf, *, open_below: bool = False) -> float:
    """`value` as a finite float, at least `minimum` (above it if `open_below`)."""
    bound = "" if minimum == -math.inf else f" {'>' if open_below else '>='} {minimum:g}"
    allowed = f"a finite number{bound}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise InputError(name, value, allowed)
    try:
        value = float(value)
    except OverflowError as error:  # an integer beyond 1e308
        raise InputError(name, value, allowed) from error
    if not math.isfinite(value) or value < minimum or (open_below and value == minimum):
        raise InputError(name, value, allowed)
    return value


def reals(name: str, values: object, minimum: float = -math.inf, *, open_below: bool = False) -> np.ndarray:
    """`values` as a finite float64 array of any shape, every entry at least `minimum` (above it if `open_below`)."""
    bound = "" if minimum == -math.inf else f" {'>' if open_below else '>='} {minimum:g}"
    allowed = f"a finite number{bound}, or an array of them"
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InputError(name, values, allowed) from error
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
        raise InputError(name, values, allowed)
    if np.any(array < minimum) or (open_below and np.any(array == minimum)):
        raise InputError(name, values, allowed)
    return array.astype(float)


def choice(name: str, value: object, options: Iterable[str]) -> str:
    """`value` if it is one of the strings `options`."""
    options = tuple(options)
    if not isinstance(value, str) or value not in options:
        raise InputError(name, value, "one of " + ", ".join(options))
    return value
