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

from onestep.build.parameters import ParameterError, from_text
from onestep.checks import shown

_INTEGERS = re.compile(r"(-?\d+)\.\.(-?\d+)")
_MOST = 100_000  # values of one parameter, or runs of one sweep: more is a slip of the pen


def product(given: Mapping[str, object]) -> list[dict[str, object]]:
    """Every combination of the values of `given`: texts are expanded, anything else is one value.

    Raises
    ------
    ParameterError : a range that is none, or more than 100 000 combinations.
    """
    values = [expand(name, value) if isinstance(value, str) else [value] for name, value in given.items()]
    if (count := math.prod(map(len, values))) > _MOST:
        raise ParameterError(f"{', '.join(map(shown, given))}: {count} combinations; allowed: at most {_MOST}")
    return [dict(zip(given, combination, strict=True)) for combination in itertools.product(*values)]


def expand(name: str, text: str) -> list[object]:
    """The values that `text` stands for, in its order; single ones as texts, as `from_text` leaves them.

    Raises
    ------
    ParameterError : naming the parameter `name`, when a range is none.
    """
    values: list[object] = []
    for part in _parts(text):
        values += _part(name, part.strip())
        if len(values) > _MOST:
            raise ParameterError(f"{name}: got {shown(text)}; allowed: at most {_MOST} values")
    return values


def _parts(text: str) -> list[str]:
    """`text` cut at the commas that no bracket encloses."""
    depth, start, parts = 0, 0, []
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter == "[") - (letter == "]"))
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _part(name: str, text: str) -> list[object]:
    if match := _INTEGERS.fullmatch(text):
        digits = max(map(len, match.groups()))
        first, last = (int(match[1]), int(match[2])) if digits < 20 else (0, -1)
        if not first <= last < first + _MOST:
            raise ParameterError(f"{name}: got {shown(text)}; allowed: FIRST..LAST with FIRST <= LAST")
        return list(range(first, last + 1))
    if text.count(":") in (2, 3):
        return _spaced(name, text)
    return [from_text(text)]


def _spaced(name: str, text: str) -> list[object]:
    first, last, count, *scale = (part.strip() for part in text.split(":"))
    try:
        low, high, points = float(first), float(last), int(count)
        if not (math.isfinite(high - low) and 2 <= points <= _MOST and scale in ([], ["log"])):
            raise ValueError
        if scale and not (low > 0 and high > 0):
            raise ValueError
    except ValueError:
        allowed = "FIRST:LAST:COUNT with COUNT >= 2, or FIRST:LAST:COUNT:log with FIRST and LAST positive"
        raise ParameterError(f"{name}: got {shown(text)}; allowed: {allowed}") from None
    spaced = np.geomspace(low, high, points) if scale else np.linspace(low, high, points)
    # 0.15 and not 0.15000000000000002: the same run as `-p NAME 0.15`, and a table that can be read.
    rounded = [float(f"{value:.12g}") for value in spaced]
    whole = all(value.is_integer() for value in rounded) and "." not in first + last
    return [int(value) for value in rounded] if whole else rounded
