"""What a `Problem` takes as activation, teacher and readout: one canonical, hashable form, and what it stands for."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from onestep.checks import InputError, choice, real, reals
from onestep.hermite import ORDER, Expansion, expand, expand_polynomial
from onestep.links import NAMES, Link, polynomial
from onestep.teachers import MultiIndex

LinkSpec = str | Sequence[float] | Link
TeacherSpec = LinkSpec | MultiIndex
ReadoutSpec = str | tuple[Sequence[float], Sequence[float]]
_VALUES = 64  # of a readout; each is a class of units of its own


def checked_link(name: str, spec: object) -> LinkSpec:
    """A canonical, hashable form of an activation or teacher."""
    allowed = f"one of {', '.join(NAMES)}; Hermite coefficients such as [0, 1, 0.5]; or a Link"
    allowed += "; or a MultiIndex" if name == "teacher" else ""
    if isinstance(spec, Link) or (isinstance(spec, str) and spec in NAMES):
        return spec
    if isinstance(spec, str | bytes | bytearray | memoryview) or not isinstance(spec, Sequence | np.ndarray):
        raise InputError(name, spec, allowed)
    if getattr(spec, "ndim", 1) != 1:
        raise InputError(name, spec, allowed)
    few = f"between 1 and {ORDER + 1} Hermite coefficients, not all zero"
    if not 1 <= len(spec) <= ORDER + 1:
        raise InputError(name, spec, few)
    try:
        coefficients = tuple(real(name, value) for value in spec)
        expand_polynomial(coefficients)
    except InputError as error:
        raise InputError(name, spec, allowed if error.name == name else error.allowed) from error
    if not any(coefficients):
        raise InputError(name, spec, few)
    return coefficients


def checked_readout(spec: Any) -> ReadoutSpec:
    """A canonical, hashable form of a readout."""
    if isinstance(spec, str):
        return choice("readout", spec, ("gaussian", "constant"))
    allowed = (
        f'"gaussian", "constant", or (values, shares): at most {_VALUES} different numbers, and as many shares > 0'
    )
    try:
        values, shares = (reals("readout", row) for row in spec)
    except (TypeError, ValueError) as error:
        raise InputError("readout", spec, allowed) from error
    if values.ndim != 1 or values.shape != shares.shape or not 1 <= values.size <= _VALUES:
        raise InputError("readout", spec, allowed)
    if len(set(values.tolist())) < values.size or np.any(shares <= 0):
        raise InputError("readout", spec, allowed)
    if abs(shares.sum() - 1) > 1e-9:
        raise InputError("readout", spec, f"shares that sum to 1, not to {shares.sum():g}")
    largest = np.max(np.abs(values))
    if not 1e-100 < largest < 1e100:
        raise InputError("readout", spec, "values between 1e-100 and 1e100 in size, one of them not zero")
    size = largest * float(np.sqrt(shares @ np.square(values / largest)))
    if abs(size - 1) > 1e-12:  # else a problem would not equal its own copy
        values = values / size
    return tuple(values.tolist()), tuple(shares.tolist())


def link_of(spec: LinkSpec) -> Link:
    if isinstance(spec, Link):
        return spec
    return NAMES[spec] if isinstance(spec, str) else polynomial(spec)


def expansion_of(spec: TeacherSpec) -> Expansion:
    if isinstance(spec, MultiIndex):
        return spec.expansion
    return expand_polynomial(spec) if isinstance(spec, tuple) else expand(link_of(spec))
