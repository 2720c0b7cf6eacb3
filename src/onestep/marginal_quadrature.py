"""Tables of E[g | z_1], E[g z_j | z_1] and E[g^2 | z_1] for a function g of up to three variables with plane kinks.

The other axes are integrated by the trapezoidal rule, or on panels between the places where planes of kinks cut them.
The panels along z_1 break where planes meet so that a point of that axis stands out: between, all is smooth.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from onestep.checks import InputError
from onestep.hermite import ORDER, basis
from onestep.links import Link

Planes = tuple[tuple[tuple[float, ...], float], ...]

_OUTER, _INNER = 10.0, 9.0  # reach along z_1 and along the others: exp(-9^2/2) = 3e-18
_NODES, _FINER = 12, 16  # of a panel along z_1, and along the others
WIDTHS = (1.0, 0.61, 0.37, 0.22)  # of panels along z_1, finer until two agree
_SPACING, _PANEL = 0.25, 3.0  # of nodes, or panels where there are kinks, along the others, for panels of width 1
AGREE, _GROWTH = 1e-9, 1e-12
_HUGE = 1e100
_PARALLEL = 1e-7
_CHUNK, _MOST = 1 << 20, 1 << 27  # function values at a time, and in all


def values(function: Callable, z: Sequence[np.ndarray], name: str) -> np.ndarray:
    shape = np.broadcast_shapes(*map(np.shape, z))
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(function(*(np.broadcast_to(part, shape) for part in z)), dtype=float)
    except Exception as error:
        allowed = f"a function of {len(z)} arrays of one shape that returns one of that shape"
        raise InputError(name, f"{type(error).__name__}: {error}", allowed) from error
    if value.shape != shape:
        raise InputError(name, value.shape, f"a function that returns an array of the shape it was given, {shape}")
    if not np.all(np.abs(value) < _HUGE):
        raise InputError(name, "a value that is not finite, or enormous", f"a function finite, and below {_HUGE:g}")
    return value


def turned(frame: np.ndarray, w: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The teacher's own coordinates z = frame' w."""
    return [sum(row[i] * part for row, part in zip(frame, w, strict=True)) for i in range(len(w))]


@dataclass(frozen=True, eq=False)
class Table:
    """E[g | z_1], E[g z_j | z_1], j = 2, ..., k, and E[g^2 | z_1] at the Gauss-Legendre nodes of panels.

    edges : (P + 1,) of the panels.  breaks : the edges that are kinks.  values : (k + 1, P, _NODES).
    """

    edges: np.ndarray
    breaks: tuple[float, ...]
    values: np.ndarray

    @classmethod
    def of(cls, function: Callable, frame: np.ndarray, normals: np.ndarray, places: np.ndarray, width: float, name):
        cuts = [_cuts(normals @ frame.T, places, level) for level in range(len(frame))]
        breaks = tuple(float(b) for b in np.unique(cuts[0][1].round(12)) if abs(b) < _OUTER)
        edges = np.linspace(-_OUTER, _OUTER, math.ceil(2 * _OUTER / width) + 1)
        near = [np.min(np.abs(edge - np.array([*breaks, math.inf]))) < 1e-9 for edge in edges]
        edges = np.sort([*edges[~np.array(near)], *breaks])
        z = _nodes(edges)[0].ravel()
        sums = [_integrated(function, frame, cuts, width, z[part], name) for part in _parts(cuts, width, z.size, name)]
        return cls(edges, breaks, np.concatenate(sums, axis=1).reshape(len(frame) + 1, -1, _NODES))

    def projections(self, j: int) -> np.ndarray:
        """E of column j times He_i/sqrt(i!), i = 0, ..., ORDER."""
        z, weight = _nodes(self.edges)
        return basis(z.ravel(), ORDER) @ (weight * self.values[j]).ravel()

    def link(self, j: int, name: str) -> Link:
        x, w = legendre.leggauss(_NODES)
        orders = np.arange(_NODES)
        series = (self.values[j] * w) @ legendre.legvander(x, _NODES - 1) * (orders + 0.5)
        powers = series @ np.array([np.pad(legendre.leg2poly(row), (0, _NODES))[:_NODES] for row in np.eye(_NODES)])
        slopes = (powers * orders)[:, 1:] / (np.diff(self.edges)[:, None] / 2)
        label = f"{name}, column {j} along its direction"
        return Link(label, _Series(self.edges, powers.T.copy()), _Series(self.edges, slopes.T.copy()), self.breaks)

    def slope_second_moment(self, j: int) -> float:
        z, weight = _nodes(self.edges)
        return float(np.sum(weight * np.square(self.link(j, "").derivative(z))))


@dataclass(frozen=True, eq=False)
class _Series:
    """Polynomials on panels: coefficients (orders, panels) of powers of x in [-1, 1]; constant beyond the ends."""

    edges: np.ndarray
    coefficients: np.ndarray

    def __call__(self, z):
        z = np.clip(np.asarray(z, dtype=float), self.edges[0], self.edges[-1])
        panel = np.clip(np.searchsorted(self.edges, z, "right") - 1, 0, self.edges.size - 2)
        low, high = self.edges[panel], self.edges[panel + 1]
        x = (2 * z - low - high) / (high - low)
        value = self.coefficients[-1, panel]
        for row in self.coefficients[-2::-1]:
            value *= x
            value += row[panel]
        return value


def _nodes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights for the Gaussian, on the panels between `edges`: (P, _NODES) each."""
    x, w = legendre.leggauss(_NODES)
    half = np.diff(edges)[:, None] / 2
    z = edges[:-1, None] + half * (1 + x)
    return z, half * w * np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)


def _cuts(normals: np.ndarray, places: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
    """Where axis `level` breaks: at constant - slope @ (the coordinates before it), shapes (S, level) and (S,).

    One plane cuts the last axis at a point; two meet in a line, which cuts the last but one; three meet in a point.
    """
    slope, constant = [], []
    normals = np.where(np.abs(normals) < _PARALLEL, 0.0, normals)  # the frame is known up to rounding only
    for size in range(1, normals.shape[1] - level + 1):
        for chosen in map(list, itertools.combinations(range(len(places)), size)):
            unit = np.eye(normals.shape[1] - level)[0]
            c, _, rank, _ = np.linalg.lstsq(normals[chosen, level:].T, unit)
            exact = np.max(np.abs(normals[chosen, level:].T @ c - unit)) < _PARALLEL
            if rank == size and exact and np.min(np.abs(c)) > _PARALLEL:  # no fewer planes make this break
                slope.append(c @ normals[chosen, :level])
                constant.append(c @ places[chosen])
    return np.reshape(slope, (len(constant), level)), np.array(constant)


def _line(cuts: tuple[np.ndarray, np.ndarray], before: list[np.ndarray], width: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and Gaussian weights along one axis for every point (M,) of the axes `before`: (M, nodes) each."""
    (slope, constant), points = cuts, before[0].size
    if constant.size == 0:  # for what is smooth no panels do better than the trapezoidal rule
        half = math.ceil(_INNER / (_SPACING * width))
        z = _INNER / half * np.arange(-half, half + 1)
        weight = np.exp(-np.square(z) / 2) * (_INNER / half / math.sqrt(2 * math.pi))
        return np.broadcast_to(z, (points, z.size)), np.broadcast_to(weight, (points, z.size))
    places = constant[:, None] - slope @ np.array(before)
    ends = np.full((1, points), _INNER)
    edges = np.sort(np.clip(np.concatenate([-ends, places, ends]), -_INNER, _INNER), axis=0).T
    x, w = legendre.leggauss(_FINER)
    pieces = _pieces(constant.size, width)
    x = ((np.arange(pieces)[:, None] + (1 + x) / 2) / pieces).ravel()
    span = np.diff(edges)[..., None]
    z = edges[:, :-1, None] + span * x
    weight = span * np.tile(w / (2 * pieces), pieces) * np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)
    return z.reshape(points, -1), weight.reshape(points, -1)


def _pieces(cuts: int, width: float) -> int:
    return math.ceil(2 * _INNER / (_PANEL * width * (1 + cuts)))


def _parts(cuts: list, width: float, size: int, name: str) -> list[slice]:
    """Slices of `size` nodes, so many at a time as fit into the memory."""
    smooth = 2 * math.ceil(_INNER / (_SPACING * width)) + 1
    each = [(1 + c.size) * _pieces(c.size, width) * _FINER if c.size else smooth for _, c in cuts[1:]]
    if size * math.prod(each) > _MOST:
        allowed = "fewer planes of kinks, or a function with less detail"
        raise InputError(name, f"a quadrature of {size * math.prod(each):.1g} nodes", allowed)
    step = max(1, _CHUNK // math.prod(each))
    return [slice(start, start + step) for start in range(0, size, step)]


def _integrated(function: Callable, frame: np.ndarray, cuts: list, width: float, z: np.ndarray, name: str):
    """The columns of `Table.values` at the points `z` (M,) of the first axis: (k + 1, M)."""
    w, weight = [z], np.ones(z.size)
    for level in range(1, len(frame)):
        points, factor = _line(cuts[level], w, width)
        w = [*(np.repeat(part, points.shape[1]) for part in w), points.ravel()]
        weight = (weight[:, None] * factor).ravel()
    value = values(function, turned(frame, w), name)
    weighted = weight * value
    columns = [weighted, *(weighted * part for part in w[1:]), weighted * value]
    return np.array([column.reshape(z.size, -1).sum(axis=1) for column in columns])


def settled(
    function: Callable, frame: np.ndarray, kinks: Planes, widths: tuple[float, ...], name: str, agree: float = AGREE
) -> tuple[Table, int]:
    """The table whose moments finer panels confirm, and the number of its width."""
    normals, places = np.array([n for n, _ in kinks]).reshape(-1, len(frame)), np.array([b for _, b in kinks])
    known = None
    for number, width in enumerate(widths):
        found = Table.of(function, frame, normals, places, width, name)
        _refuse_growth(found, name)
        moments = np.array([found.projections(j) for j in range(len(frame) + 1)])
        size = moments[-1, 0]
        moments /= np.array([math.sqrt(size)] * len(frame) + [size])[:, None] if size > 0 else 1.0
        difference = math.inf if known is None else np.max(np.abs(moments - known))
        if difference < agree:
            return found, number
        known = moments
    planes = f"all planes on which {name} or a low derivative jumps: quadrature still moves by {difference:.1e}"
    raise InputError("kinks", kinks, planes)


def _refuse_growth(table: Table, name: str) -> None:
    _, weight = _nodes(table.edges)
    part = weight * table.values[-1]
    if np.max(part[[0, -1]]) > _GROWTH * part.sum():
        raise InputError(name, "a function of too fast growth", "one whose square the Gaussian density tames")
