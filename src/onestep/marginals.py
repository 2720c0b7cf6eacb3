"""What one direction shows of a teacher of several: functions of z_1 alone, all that a theory needs of it.

In coordinates whose first axis is along E[g(z) z], they are E[g | z_1], E[g z_j | z_1] for the other axes j, and
E[g^2 | z_1]. For a polynomial they are polynomials, found exactly; else `marginal_quadrature` tabulates them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import roots_hermitenorm

from onestep.checks import InputError
from onestep.hermite import ORDER, Expansion, basis, expand_polynomial
from onestep.links import Link, polynomial
from onestep.marginal_quadrature import WIDTHS, Planes, settled, turned, values

_ZERO, _ROUGH, _DEPENDENT = 1e-11, 1e-6, 1e-3
_ROOTS = np.sqrt([float(math.factorial(i)) for i in range(ORDER + 1)])


@dataclass(frozen=True, eq=False)
class Marginals:
    """A teacher seen along one direction.

    Attributes
    ----------
    frame : (k, k) orthonormal rows, the new axes; the first along E[g z], unless that is 0.
    mean : E[g | z_1], a link.
    across : E[g z_j | z_1] for j = 2, ..., k, links.
    square : E[g^2 | z_1], a link.
    expansion : Hermite coefficients of `mean`, with E g^2 as the second moment.
    """

    frame: tuple[tuple[float, ...], ...]
    mean: Link
    across: tuple[Link, ...]
    square: Link
    expansion: Expansion


def of(function: Callable, directions: int, kinks: Planes, degree: int | None, name: str) -> Marginals:
    """The marginals of g = `function`.

    Raises
    ------
    InputError : g does not map arrays to one of their shape, overflows, grows too fast, has kinks that are not
        declared, or is not the polynomial that `degree` says.
    """
    if degree is not None:
        return _of_polynomial(function, directions, degree, name)
    return _of_function(function, directions, kinks, name)


def _frame(slope: np.ndarray, second_moment: float, kinks: Planes = ()) -> np.ndarray:
    """Orthonormal rows: along `slope`, unless that is nothing but rounding, then along planes' normals, then the axes.

    An axis along a normal keeps that plane from crossing the axes after it, at an angle that may be small.
    """
    rows = np.zeros((0, slope.size))
    start = np.where(np.abs(slope) <= _ZERO * math.sqrt(second_moment), 0.0, slope)
    for new in (start, *(np.array(normal) for normal, _ in kinks), *np.eye(slope.size)):
        size = np.linalg.norm(new)
        for _ in range(2):
            new = new - rows.T @ (rows @ new)
        if np.linalg.norm(new) > _DEPENDENT * size:
            rows = np.vstack([rows, new / np.linalg.norm(new)])
    return rows


def _of_polynomial(function: Callable, k: int, degree: int, name: str) -> Marginals:
    x, weight = roots_hermitenorm(2 * degree + 3)
    weight = weight / weight.sum()
    grid = np.meshgrid(*[x] * k, indexing="ij")
    total = math.prod(np.meshgrid(*[weight] * k, indexing="ij"))
    value = values(function, grid, name)
    with np.errstate(over="ignore", invalid="ignore"):
        second = float(np.sum(total * value**2))
        frame = _frame(np.array([np.sum(total * value * z) for z in grid]), second)
        value = values(function, turned(frame, grid), name)
    others = math.prod(np.meshgrid(*[weight] * (k - 1), indexing="ij")) if k > 1 else np.ones(())
    axes = tuple(range(1, k))
    H = basis(x, 2 * degree + 1) * weight
    factorial = np.sqrt([float(math.factorial(i)) for i in range(2 * degree + 2)])

    def link(column: np.ndarray, top: int) -> tuple[Link, np.ndarray]:
        projected = H @ np.sum(others * column, axis=axes)
        size = math.sqrt(np.sum(weight * np.sum(others * column**2, axis=axes)))
        if np.max(np.abs(projected[top + 1 :]), initial=0.0) > 1e-9 * size:
            raise InputError("degree", degree, f"the degree of {name}, a polynomial in all its variables together")
        coefficients = np.where(np.abs(projected) < _ZERO * size, 0.0, projected)[: top + 1] / factorial[: top + 1]
        return polynomial(coefficients), coefficients

    mean, coefficients = link(value, degree)
    across = tuple(link(value * grid[j], degree)[0] for j in range(1, k))
    square, _ = link(value**2, 2 * degree)
    expansion = replace(expand_polynomial(tuple(coefficients)), second_moment=second)
    return Marginals(tuple(map(tuple, frame.tolist())), mean, across, square, expansion)


def _of_function(function: Callable, k: int, kinks: Planes, name: str) -> Marginals:
    found, number = settled(function, np.eye(k), kinks, WIDTHS, name, _ROUGH)
    second = float(found.projections(k)[0])
    frame = _frame(np.array([found.projections(0)[1], *(found.projections(j)[0] for j in range(1, k))]), second, kinks)
    # What confirmed the frame is far better than it had to be: errors fall exponentially with the panels' width.
    found, _ = settled(function, frame, kinks, WIDTHS[number - 1 :], name)
    mean, *across, square = (found.link(j, name) for j in range(k + 1))
    projected = found.projections(0)
    coefficients = np.where(np.abs(projected) < _ZERO * math.sqrt(second), 0.0, projected) / _ROOTS
    expansion = Expansion(tuple(coefficients.tolist()), second, found.slope_second_moment(0))
    return Marginals(tuple(map(tuple, frame.tolist())), mean, tuple(across), square, expansion)
