"""Values to sweep over, as a command line gives them, and their product.

relu,tanh       each of these (commas inside brackets belong to a list: [0,1],[0,1,0.5])
0..4            the integers 0, 1, 2, 3, 4
0:0.5:11        11 numbers from 0 to 0.5, both included, evenly spaced
1e-4:1:9:log    9 numbers from 1e-4 to 1, evenly spaced in their logarithm
"""

import itertools
import math
import re
from collections.abc import Mapping

import numpy as np

from onestep.book.parameters import ParameterError, from_text

_INTEGERS = re.compile(r"(-?\d+)\.\.(-?\d+)")
_OUTSIDE = re.compile(r",(?![^\[]*\])")  # a comma that no bracket encloses
_MOST = 100_000  # values of one parameter: more is a slip of the pen


def product(given: Mapping[str, object]) -> list[dict[str, object]]:
    """Every combination of the values of `given`: texts are expanded, anything else is one value.

    Raises
    ------
    ParameterError : a range that is none.
    """
    values = [expand(name, value) if isinstance(value, str) else [value] for name, value in given.items()]
    return [dict(zip(given, combination, strict=True)) for combination in itertools.product(*values)]


def expand(name: str, text: str) -> list[object]:
    """The values that `text` stands for, in its order; single ones as texts, as `from_text` leaves them.

    Raises
    ------
    ParameterError : naming the parameter `name`, when a range is none.
    """
    return [value for part in _OUTSIDE.split(text) for value in _part(name, part.strip())]


def _part(name: str, text: str) -> list[object]:
    if match := _INTEGERS.fullmatch(text):
        first, last = int(match[1]), int(match[2])
        if not first <= last < first + _MOST:
            raise ParameterError(f"{name}: got {text!r}; allowed: FIRST..LAST with FIRST <= LAST")
        return list(range(first, last + 1))
    if text.count(":") in (2, 3):
        return _spaced(name, text)
    return [from_text(text)]


def _spaced(name: str, text: str) -> list[object]:
    first, last, count, *scale = text.split(":")
    try:
        low, high, points = float(first), float(last), int(count)
        if not (math.isfinite(low) and math.isfinite(high) and 2 <= points <= _MOST and scale in ([], ["log"])):
            raise ValueError
        if scale and not (low > 0 and high > 0):
            raise ValueError
    except ValueError:
        allowed = "FIRST:LAST:COUNT with COUNT >= 2, or FIRST:LAST:COUNT:log with FIRST and LAST positive"
        raise ParameterError(f"{name}: got {text!r}; allowed: {allowed}") from None
    spaced = np.geomspace(low, high, points) if scale else np.linspace(low, high, points)
    # 0.15 and not 0.15000000000000002: the same run as `-p NAME 0.15`, and a table that can be read.
    rounded = [float(f"{value:.12g}") for value in spaced]
    whole = all(value.is_integer() for value in rounded) and "." not in first + last
    return [int(value) for value in rounded] if whole else rounded
