"""Drawn data without noise, and what one step, a spectral method and message passing find in them.

Inputs are x ~ N(0, I_d); labels are a function of z = Bx, where B has orthonormal rows that are drawn uniformly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from onestep.checks import InputError, choice, integer, real, reals
from onestep.simulation.streams import generator, normal

Function = Callable[..., np.ndarray]
_SURE = 1e10  # a larger precision is full recovery: only rounding is left


@dataclass(frozen=True, eq=False)
class Data:
    """A draw: `X` (n, d), `y` (n,), and the teacher's directions `B` (k, d) with orthonormal rows."""

    X: np.ndarray
    y: np.ndarray
    B: np.ndarray


def draw(n: int, d: int, label: Function, seed: int, directions: int = 1) -> Data:
    """n rows x ~ N(0, I_d) with labels `label(z_1, ..., z_k)`, z = Bx.

    Parameters
    ----------
    n, d : int
    label : callable
        k arrays in, one of their shape out.
    seed : int
    directions : int
        k, at most d.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        Sizes or a seed that are not allowed, or labels that are not finite numbers, one for each row.
    """
    n, d, k = integer("n", n), integer("d", d), integer("directions", directions)
    if k > d:
        raise InputError("directions", k, f"at most d = {d}")
    Q, R = np.linalg.qr(generator(seed, "teacher").standard_normal((d, k)))
    B = (Q * np.sign(np.diag(R))).T
    X = normal(generator(seed, "gradient"), (n, d), np.dtype(float))
    y = reals("label", label(*(B @ X.T)))
    if y.shape != (n,):
        raise InputError("label", y.shape, f"a function that returns one label a row, shape ({n},)")
    return Data(X, y, B)


def step_cosines(data: Data, *transforms: Function) -> np.ndarray:
    """Cosine of X'T(y)/n and the first direction of the teacher, for each function T of the labels.

    Parameters
    ----------
    data : Data
    *transforms : callable
        From the labels to as many numbers.

    Returns
    -------
    (len(transforms),) array

    Raises
    ------
    InputError
        No transform, or one that gives zeros only or another shape.
    """
    if not transforms:
        raise InputError("transforms", transforms, "at least one function")
    found = []
    for transform in transforms:
        direction = data.X.T @ _transformed(data, transform)
        length = np.linalg.norm(direction)
        if not length > 0:
            raise InputError("transforms", transform, "functions that are not zero for all labels")
        found.append(data.B[0] @ direction / length)
    return np.array(found)


def spectral(data: Data, transform: Function, end: str = "top") -> tuple[float, np.ndarray]:
    """An end of the spectrum of X' diag(T(y)) X / n.

    Parameters
    ----------
    data : Data
    transform : callable
        T, from the labels to as many numbers.
    end : str
        "top" or "bottom".

    Returns
    -------
    value : float
        The largest, or the smallest, eigenvalue.
    inside : (k,) array
        Products of its eigenvector, of unit length and any sign, with the teacher's directions.

    Raises
    ------
    InputError
        Another end, or a transform of another shape.
    """
    n, d = data.X.shape
    at = d - 1 if choice("end", end, ("top", "bottom")) == "top" else 0
    D = data.X.T @ (_transformed(data, transform)[:, None] * data.X) / n
    value, vector = eigh(D, subset_by_index=[at, at])  # dense: an iteration is slow where T is not bounded below
    return float(value[0]), data.B @ vector[:, 0]


def message_passing(data: Data, overlap: float, steps: int, seed: int) -> np.ndarray:
    """Approximate message passing for labels y = |z|: squared cosines with the teacher.

    The start is a guess whose squared cosine with the teacher is `overlap` exactly, not on average. All coordinates
    share one variance. In small dimensions this fails near full recovery: the variance falls below the true one, and
    the iteration leaves the teacher again. Take no more steps than the state evolution needs.

    Parameters
    ----------
    data : Data
        Of one direction, with labels |z|.
    overlap : float
        0 < overlap < 1.
    steps : int
        Iterations.
    seed : int
        Of the guess; the draw's own seed is allowed.

    Returns
    -------
    (steps + 1,) array

    Raises
    ------
    InputError
        Labels that are negative, several directions, or an overlap that is not between 0 and 1.
    """
    overlap, steps = real("overlap", overlap, 0.0, open_below=True), integer("steps", steps, 0)
    if overlap >= 1:
        raise InputError("overlap", overlap, "a number between 0 and 1")
    if len(data.B) != 1 or np.any(data.y < 0):
        raise InputError("data", data.B.shape, "labels y = |z| of one direction")
    n, d = data.X.shape
    truth = data.B[0]  # of length one: all sizes below are those of the usual algorithm over d
    aside = generator(seed, "equivalent").standard_normal(d)
    aside -= (aside @ truth) * truth
    guess = overlap * truth + np.sqrt(overlap * (1 - overlap)) * aside / np.linalg.norm(aside)
    variance, push, path = 1 - overlap, np.zeros(n), [overlap]
    for _ in range(steps):
        omega = data.X @ guess - variance * push
        better = data.y * np.tanh(np.clip(data.y * omega / variance, -350, 350))
        push = (better - omega) / variance
        precision = min(float(push @ push) / d, _SURE)  # of the guess that the rows offer together
        guess = (precision * guess + data.X.T @ push / d) / (1 + precision)
        variance = 1 / (1 + precision)
        path.append(float((guess @ truth) ** 2 / (guess @ guess)))
    return np.array(path)


def _transformed(data: Data, transform: Function) -> np.ndarray:
    values = reals("transform", transform(data.y))
    if values.shape != data.y.shape:
        raise InputError("transform", values.shape, f"a function that returns {data.y.shape[0]} numbers")
    return values
