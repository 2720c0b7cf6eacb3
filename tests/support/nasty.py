"""Values that nobody should pass, but somebody will: for the tests of hostile input."""

import datetime
import decimal
import fractions
import math

import numpy as np
import pandas as pd


class WithoutRepr:
    def __repr__(self):
        raise RuntimeError("no repr")


class WithoutArray:
    def __array__(self, *_, **__):
        raise RuntimeError("no array")


def _holding_itself() -> list:
    values: list = []
    values.append(values)
    return values


def _deep(levels: int) -> object:
    value: object = 1.0
    for _ in range(levels):
        value = [value]
    return value


NUMBERS = [0, 0.0, -0.0, 1, -1, 2, 7, math.nan, math.inf, -math.inf, 1e308, -1e308, 1e200, 1e-200, 5e-324, -5e-324,
           1e150, 2**31, 2**63, 2**64, 10**400, -(10**400), 10**5000, -(10**5000), 1j, complex("nan"), True, False,
           fractions.Fraction(1, 3), fractions.Fraction(10**400), decimal.Decimal("nan")]  # fmt: skip
SCALARS = [kind(1) for kind in (np.int8, np.uint64, np.float16, np.float32, np.longdouble, np.complex64, np.bool_)] + [
    np.float16("nan"), np.longdouble("1e4000"), np.timedelta64(3, "D"), np.datetime64("2020-01-01"), np.str_("a"),
    np.bytes_(b"a"), np.uint64(2**64 - 1)]  # fmt: skip
ARRAYS = [np.array(1.0), np.array(math.nan), np.array([1.0, math.nan]), np.array([]), np.empty((0, 3)), np.ones((2, 2)),
          np.array([1, "a"], object), np.array([1.0, 2.0], object), np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.masked,
          np.array([1e308, 1e308]), np.array([1 + 0j, 2]), np.array([True, False]), np.array(["2020"], "M8[Y]"),
          np.array([1, 2], np.longdouble) * np.longdouble("1e4000"), np.zeros((1,) * 30), pd.Series([1.0, None]),
          pd.Series([1.0, 2.0]), pd.Series([1, pd.NA], dtype="Int64"), pd.DataFrame({"a": [1.0]}), pd.NA]  # fmt: skip
TEXTS = ["", "a", "1", "nan", "tanh", " tanh", "TANH", "\u202etanh", "\0", "a\nb", "🎉" * 50, "x" * 100_000, "\ud800",
         b"relu", bytearray(b"x"), memoryview(b"abc")]  # fmt: skip
NESTS = [[], [[]], [1], [0, 1], [True, 1.0], [None], ["0", "1"], [[1], [1, 2]], [0, math.inf], [0, 1e308], [0, 1e-320],
         [0, 1] * 50, [10**400], _holding_itself(), _deep(200), _deep(100_000), range(30), {}, {"a": 1}, {1, 2},
         (0, 1)]  # fmt: skip
OBJECTS = [None, object(), WithoutRepr(), WithoutArray(), int, len, math, ..., NotImplemented, slice(3), Exception("x"),
           datetime.date(2020, 1, 1), datetime.timedelta(1), iter([1]), (x for x in [1]), map(float, [1])]  # fmt: skip
EVERYTHING = [*NUMBERS, *SCALARS, *ARRAYS, *TEXTS, *NESTS, *OBJECTS]
