"""Teachers of several directions: y = g(z_1, ..., z_k) + noise with z = B x, where B has k orthonormal rows.

The rows of B are drawn by the simulation, uniformly; a teacher holds g only. It is a polynomial, given by Hermite
coefficients (`hermite_tensor`), or any function whose kinks lie on planes that it declares (`MultiIndex`).
"""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.polynomial import hermite_e

from onestep import marginals
from onestep.checks import InputError, integer, real, reals
from onestep.hermite import ORDER, Expansion

MOST = 3  # directions: nodes grow as a power of it
_PLANES = 6  # every set of up to k planes makes a break in the quadrature
_ORTHONORMAL = 1e-10


@dataclass(frozen=True)
class MultiIndex:
    """A function g of k <= 3 directions.

    Attributes
    ----------
    name : str
        What figures and messages call it.
    function : callable
        g(z_1, ..., z_k), vectorised: k arrays of one shape in, one of that shape out.
    directions : int
        k, 1 to 3.
    kinks : tuple of ((n_1, ..., n_k), b)
        Planes on which g or a low derivative jumps: the points with n . z = b. Quadrature
        breaks there. A kink on a curved surface cannot be declared, and such a g is refused.
    degree : int or None
        Of g in all variables together if g is a polynomial, up to 24; its quadrature is then exact. Else None.

    Raises
    ------
    InputError
        An argument of the wrong kind; more than 3 directions; more than 6 planes, or one without a normal.
        What depends on the values of g (overflow, too fast growth, undeclared kinks, a wrong degree) is refused when
        they are first needed, which is in `Problem(teacher=...)`.

    Examples
    --------
    >>> from onestep import MultiIndex, Problem
    >>> teacher = MultiIndex("z_1 + z_1 z_2", lambda u, v: u + u * v, directions=2, degree=2)
    >>> problem = Problem(teacher=teacher)
    >>> problem.directions, round(problem.target.second_moment, 10)
    (2, 2.0)
    """

    name: str
    function: Callable[..., np.ndarray]
    directions: int
    kinks: tuple[tuple[tuple[float, ...], float], ...] = ()
    degree: int | None = None

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise InputError("name", self.name, "a text")
        if not callable(self.function):
            raise InputError("function", self.function, "a callable g(z_1, ..., z_k) on arrays")
        object.__setattr__(self, "directions", integer("directions", self.directions, 1, MOST))
        if self.degree is not None:
            object.__setattr__(self, "degree", integer("degree", self.degree, 0, ORDER))
        object.__setattr__(self, "kinks", _planes(self.kinks, self.directions))

    def __reduce__(self):  # what is cached below holds closures, which cannot be pickled for another process
        return type(self), (self.name, self.function, self.directions, self.kinks, self.degree)

    def __call__(self, *z: np.ndarray) -> np.ndarray:
        return self.function(*z)

    def rotated(self, rows) -> "MultiIndex":
        """The teacher g(R z), R = `rows` (k, k) orthonormal: the same law of inputs and labels, seen in other axes.

        Parameters
        ----------
        rows : (k, k) array
            R, with orthonormal rows.

        Returns
        -------
        MultiIndex
            The same law of inputs and labels.

        Raises
        ------
        InputError
            The rows are not orthonormal.

        Examples
        --------
        >>> from onestep import MultiIndex
        >>> product = MultiIndex("z_1 z_2", lambda u, v: u * v, directions=2, degree=2)
        >>> turned = product.rotated([[0.6, 0.8], [-0.8, 0.6]])
        >>> round(float(turned(1.0, 0.0)), 3)
        -0.48
        """
        R = reals("rows", rows)
        k = self.directions
        if R.shape != (k, k) or np.max(np.abs(R @ R.T - np.eye(k))) > _ORTHONORMAL:
            raise InputError("rows", rows, f"{k} orthonormal rows of {k} numbers each")
        kinks = tuple((tuple(np.array(normal) @ R), place) for normal, place in self.kinks)
        turned = _Rotated(self.function, tuple(map(tuple, R.tolist())))
        return MultiIndex(f"{self.name}, rotated", turned, k, kinks, self.degree)

    @cached_property
    def marginals(self) -> marginals.Marginals:
        """What one direction shows of the teacher; see `onestep.marginals`."""
        return marginals.of(self.function, self.directions, self.kinks, self.degree, self.name)

    @property
    def frame(self) -> np.ndarray:
        """(k, k) orthonormal rows: the first along E[g(z) z], which one step finds.

        Where that vanishes the first row is no better than another: a plane's normal, or e_1.
        """
        return np.array(self.marginals.frame)

    @cached_property
    def expansion(self) -> Expansion:
        """Hermite coefficients of g along the first row of `frame`, c_k = E[g(z) He_k(z_1)] / k!, and all of E g^2."""
        return self.marginals.expansion


@dataclass(frozen=True)
class _Rotated:
    function: Callable[..., np.ndarray]
    rows: tuple[tuple[float, ...], ...]

    def __call__(self, *z):
        return self.function(*(sum(entry * part for entry, part in zip(row, z, strict=True)) for row in self.rows))


@dataclass(frozen=True)
class _Tensor:
    """sum over indices of value * product of He_index(z)."""

    terms: tuple[tuple[tuple[int, ...], float], ...]

    def __call__(self, *z):
        kind = np.result_type(*z, np.float32)
        total = np.zeros(np.broadcast_shapes(*map(np.shape, z)), kind)
        for index, value in self.terms:
            factors = [hermite_e.hermeval(part, _unit(order, kind)) for order, part in zip(index, z, strict=True)]
            total = total + kind.type(value) * math.prod(factors)
        return total


def _unit(order: int, kind: np.dtype) -> np.ndarray:
    coefficients = np.zeros(order + 1, kind)
    coefficients[order] = 1
    return coefficients


def hermite_tensor(coefficients) -> MultiIndex:
    """The polynomial teacher sum c_{ij...} He_i(z_1) He_j(z_2) ..., of 1 to 3 directions.

    coefficients : an array with an axis per direction, or {(i, j, ...): c}: {(1, 0): 1, (1, 1): 1} is z_1 + z_1 z_2.

    Raises
    ------
    InputError : not of numbers, all zero, not of 1 to 3 directions, of a degree above 24, or beyond 1e100 in size.

    Examples
    --------
    >>> from onestep.teachers import hermite_tensor
    >>> teacher = hermite_tensor({(1, 0): 1.0, (1, 1): 0.5})
    >>> float(teacher(2.0, 3.0))
    5.0
    """
    found = _entries(coefficients)
    allowed = f"finite coefficients, not all zero, of total degree <= {ORDER} and below 1e100 in size"
    kept = {index: value for index, value in sorted(found.items()) if value != 0.0}
    if not kept or max(map(abs, kept.values())) > 1e100 or max(map(sum, kept)) > ORDER:
        raise InputError("coefficients", coefficients, allowed)
    terms = tuple(kept.items())
    name = "He{" + ", ".join(f"{''.join(map(str, index))}: {value:g}" for index, value in terms) + "}"
    return MultiIndex(name, _Tensor(terms), len(terms[0][0]), (), max(map(sum, kept)))


def _entries(coefficients) -> dict[tuple[int, ...], float]:
    allowed = f"an array with 1 to {MOST} axes, or a mapping from tuples of 1 to {MOST} orders to numbers"
    if not isinstance(coefficients, Mapping):
        array = reals("coefficients", coefficients)
        if not 1 <= array.ndim <= MOST or array.size == 0:
            raise InputError("coefficients", coefficients, allowed)
        return {tuple(map(int, index)): float(array[tuple(index)]) for index in np.argwhere(array)}
    if any(not isinstance(index, tuple) for index in coefficients):
        raise InputError("coefficients", coefficients, allowed)
    if len({len(index) for index in coefficients}) != 1 or not 1 <= len(next(iter(coefficients))) <= MOST:
        raise InputError("coefficients", coefficients, allowed)
    return {
        tuple(integer("coefficients", order, 0) for order in index): real("coefficients", value)
        for index, value in coefficients.items()
    }


def _planes(kinks, directions: int) -> tuple[tuple[tuple[float, ...], float], ...]:
    allowed = f"at most {_PLANES} planes ((n_1, ..., n_{directions}), b), n not zero: the points with n . z = b"
    try:
        planes = [(reals("kinks", normal), real("kinks", place)) for normal, place in kinks]
    except (TypeError, ValueError) as error:  # InputError is a ValueError
        raise InputError("kinks", kinks, allowed) from error
    if len(planes) > _PLANES or any(
        n.shape != (directions,) or not 1e-100 < np.abs(n).max() < 1e100 for n, _ in planes
    ):
        raise InputError("kinks", kinks, allowed)
    sizes = [float(np.linalg.norm(normal)) for normal, _ in planes]
    found = [(tuple((n / size).tolist()), place / size) for (n, place), size in zip(planes, sizes, strict=True)]
    for (n, a), (m, b) in itertools.combinations(found, 2):
        if (n, a) == (m, b):
            raise InputError("kinks", kinks, f"{allowed}, each once")
    return tuple(found)
