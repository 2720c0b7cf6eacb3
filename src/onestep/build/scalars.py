"""One value of a parameter, or the text of one, as the type that the chapter's default has."""

import math
import numbers
from decimal import Decimal

import numpy as np

from onestep import checks

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}  # as YAML has them
_NOTHING = ("", "~", "null")
_DIGITS = 308  # of an integer written as 4e2; a double has no more


def common(entries: list) -> type:
    """The type of a list's entries: numbers that are not all integers are floats.

    Raises
    ------
    ValueError : they have none in common.
    """
    kinds = {type(entry) for entry in entries}
    if kinds == {int, float}:
        return float
    if len(kinds) == 1 and (kind := kinds.pop()) in (bool, int, float, str, list):
        return kind
    raise ValueError(f"the entries of {checks.brief_repr(entries)} have no common type")


def read(given: object, kind: type) -> object:
    """`given` as a bool, an int, a finite float or a text.

    An integer may be written as 400.0 or 4e2, and may come as a float or as a number of NumPy; a bool may be written as
    true, yes, on, false, no or off.

    Raises
    ------
    TypeError, ValueError, ArithmeticError : it is none.
    """
    if kind is bool:
        return _WORDS[given.lower()] if isinstance(given, str) and given.lower() in _WORDS else _bool(given)
    if kind is str:
        return _text(given)
    if kind is int:
        return _integer_in(given) if isinstance(given, str) else _integer(given)
    if kind is float:
        return checks.real("value", float(given) if isinstance(given, str) else given)
    raise ValueError


def number_or_text(given: object) -> object:
    """A text as int or float if it is one, and itself if not; entries of lists likewise."""
    if isinstance(given, list | tuple):
        return [number_or_text(entry) for entry in given]
    if isinstance(given, str):
        for kind in (int, float):
            try:
                value = kind(given)
            except ValueError:
                continue
            if math.isfinite(value):
                return value
        return _text(given)
    return _number(given)


def by_yaml(given: object) -> object:
    """A text by the rules of YAML: nothing, a bool, a number, or itself; entries of lists likewise."""
    if isinstance(given, list | tuple):
        return [by_yaml(entry) for entry in given]
    if given is None or (isinstance(given, str) and given.lower() in _NOTHING):
        return None
    if isinstance(given, str):
        return _WORDS[given.lower()] if given.lower() in _WORDS else number_or_text(given)
    try:
        return _bool(given)
    except ValueError:
        return _number(given)


def _bool(given: object) -> bool:
    if type(given).__name__ not in ("bool", "bool_"):  # Python's and NumPy's
        raise ValueError
    return bool(given)


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError
    given.encode()  # a lone surrogate is no text
    return str(given)


def _number(given: object) -> int | float:
    return _integer(given) if isinstance(given, numbers.Integral) else checks.real("value", given)


def _integer(given: object) -> int:
    if isinstance(given, numbers.Integral) and not isinstance(given, bool | np.bool_ | np.timedelta64):
        return int(given)
    value = checks.real("value", given)
    if not value.is_integer():
        raise ValueError
    return int(value)


def _integer_in(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        number = Decimal(text.strip())
        if not number.is_finite() or number.adjusted() > _DIGITS or number != number.to_integral_value():
            raise
        return int(number)
