"""Values to sweep over, as a command line gives them, and their product.

relu,tanh              each of these (commas within brackets do not separate: [0,1],[0,1,0.5])
0..4                   the integers 0, 1, 2, 3, 4
linspace(0, 0.5, 11)   11 numbers from 0 to 0.5, both included, evenly spaced
logspace(-4, 0, 9)     9 numbers from 1e-4 to 1e0, evenly spaced in their logarithm
geomspace(0.03, 3, 5)  5 numbers from 0.03 to 3, the same

The last three mean what they mean in NumPy. The forms 0:0.5:11 and 1e-4:1:9:log are those of release 0.1; they are read
until release 0.3, with a hint.
"""

import itertools
import math
import re
from collections.abc import Callable, Mapping

import numpy as np

from onestep.build.parameters import ParameterError, from_text
from onestep.checks import brief_repr

_INTEGERS = re.compile(r"(-?\d+)\.\.(-?\d+)")
_SPACED = re.compile(r"(linspace|logspace|geomspace|arange|range)\s*\((.*)\)", re.DOTALL)
_MOST = 100_000  # values of one parameter, or runs of one sweep: more is a slip of the pen
_NUMPY: dict[str, Callable] = {"linspace": np.linspace, "logspace": np.logspace, "geomspace": np.geomspace}
_FORMS = (
    "FIRST..LAST for integers, linspace(FIRST, LAST, COUNT), logspace(EXPONENT OF FIRST, EXPONENT OF LAST, COUNT), or "
    f"geomspace(FIRST, LAST, COUNT) with FIRST and LAST positive; COUNT from 2 to {_MOST}"
)


def product(given: Mapping[str, object]) -> list[dict[str, object]]:
    """Every combination of the values of `given`: texts are expanded, anything else is one value.

    Raises
    ------
    ParameterError : a range that cannot be read, or more than 100 000 combinations.
    """
    values = [expand(name, value) if isinstance(value, str) else [value] for name, value in given.items()]
    if (count := math.prod(map(len, values))) > _MOST:
        raise ParameterError(f"{', '.join(map(brief_repr, given))}: {count} combinations; allowed: at most {_MOST}")
    return [dict(zip(given, combination, strict=True)) for combination in itertools.product(*values)]


def expand(name: str, text: str) -> list[object]:
    """The values that `text` stands for, in its order; single ones as texts, as `from_text` leaves them.

    Raises
    ------
    ParameterError : naming the parameter `name`, when a range cannot be read.
    """
    values: list[object] = []
    for part in _parts(text):
        values += _part(name, part.strip())
        if len(values) > _MOST:
            raise ParameterError(f"{name}: got {brief_repr(text)}; allowed: at most {_MOST} values")
    return values


def hints(given: Mapping[str, object]) -> list[str]:
    """For each range in the form of release 0.1: how to write it today."""
    found = []
    for text in (value for value in given.values() if isinstance(value, str)):
        for part in map(str.strip, _parts(text)):
            if old := _old(part):
                found.append(f"{part} will not be read from release 0.3 on; write {old}")
    return found


def _parts(text: str) -> list[str]:
    """`text` cut at the commas that no bracket encloses."""
    depth, start, parts = 0, 0, []
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter in "[(") - (letter in "])"))
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _part(name: str, text: str) -> list[object]:
    if match := _INTEGERS.fullmatch(text):
        digits = max(map(len, match.groups()))
        first, last = (int(match[1]), int(match[2])) if digits < 20 else (0, -1)
        if not first <= last < first + _MOST:
            raise ParameterError(f"{name}: got {brief_repr(text)}; allowed: FIRST..LAST with FIRST <= LAST")
        return list(range(first, last + 1))
    form = _old(text) if text.count(":") in (2, 3) else text
    if form is None:
        raise ParameterError(f"{name}: got {brief_repr(text)}; allowed: {_FORMS}")
    if match := _SPACED.fullmatch(form):
        return _spaced(name, text, match[1], match[2].split(","))
    return [from_text(text)]


def _spaced(name: str, text: str, kind: str, given: list[str]) -> list[object]:
    try:
        first, last, count = given
        low, high, points = float(first), float(last), int(count)
        if not (2 <= points <= _MOST and math.isfinite(high - low)):
            raise ValueError
        if (kind == "geomspace" and not (low > 0 and high > 0)) or (
            kind == "logspace" and max(abs(low), abs(high)) > 300
        ):
            raise ValueError
        spaced = _NUMPY[kind](low, high, points)
    except (KeyError, ValueError):
        raise ParameterError(f"{name}: got {brief_repr(text)}; allowed: {_FORMS}") from None
    # 0.15 and not 0.15000000000000002: the same run as `-p NAME 0.15`, and a table that can be read.
    rounded = [float(f"{value:.12g}") for value in spaced]
    integers = all(value.is_integer() for value in rounded) and "." not in first + last
    return [int(value) if integers else value for value in rounded]


def _old(text: str) -> str | None:
    """What a range in the form of release 0.1 is written like today; None if it is none."""
    first, last, count, *scale = [part.strip() for part in text.split(":")] if text.count(":") in (2, 3) else ("",) * 3
    try:
        low, high, points = float(first), float(last), int(count)
    except ValueError:
        return None
    if not scale:
        return f"linspace({first}, {last}, {points})"
    if scale != ["log"] or not (low > 0 and high > 0):
        return None
    exponents = [math.log10(low), math.log10(high)]
    if all(math.isfinite(exponent) and exponent.is_integer() for exponent in exponents):
        return "logspace({:g}, {:g}, {})".format(*exponents, points)
    return f"geomspace({first}, {last}, {points})"
