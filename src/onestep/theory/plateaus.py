"""Plateaus and the staircase: errors with infinitely strong spikes up to a degree, and what each degree takes off.

The step n^alpha makes l spikes strong for (l-1)/(2l) < alpha < l/(2l+2) (Moniri et al., arXiv:2310.07891); the errors
are those of `ridge_errors` with S = 0.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, integer, reals
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.anisotropic import bulk_of, solve
from onestep.theory.responses import HIGHEST, active_orders, independent, readout_factor, responses
from onestep.theory.ridge_errors import fitted, untrained
from onestep.theory.terms import spike_geometry


def plateau(problem: Problem, ridge, degree: int, geometry: Geometry | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error with infinitely strong spikes up to `degree`: the limit for (l-1)/(2l) < alpha < l/(2l+2).

    Degree 0 is the untrained network. Orders that make no spike add nothing, and neither do those that lower ones hide:
    under a constant readout all share one direction, and every degree above 0 has the plateau of degree 1.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge : float or array
        > 0.
    degree : int
        l, from 0 to 12.
    geometry : Geometry or None
        As in `errors`.

    Returns
    -------
    train, test : float or array of the shape of `ridge`
        Penalty and label noise included, as in `errors`.

    Raises
    ------
    InputError
        An argument out of its range; or as `errors`.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import plateau
    >>> problem = Problem(n=2000, d=1000, N=1500, activation="relu")
    >>> [round(float(plateau(problem, 0.1, degree)[1]), 4) for degree in range(3)]
    [1.5303, 1.2563, 1.1634]
    """
    ridge = reals("ridge", ridge, 0.0, open_below=True)
    if integer("degree", degree, 0) > HIGHEST:
        raise InputError("degree", degree, f"an integer between 0 and {HIGHEST}")
    bulk = bulk_of(problem)
    found = solve(bulk, ridge.ravel())
    spiked = None if degree == 0 else spike_geometry(problem, geometry)
    orders = () if spiked is None else active_orders(problem, degree, drift=spiked.drift != 0)
    if spiked is None or not orders:
        train, test = untrained(problem, bulk, found)
    else:
        columns, _ = responses(problem, spiked, orders)
        columns = columns[:, independent(columns, readout_factor(problem, spiked)[np.array(orders) - 1])]
        columns = np.broadcast_to(columns, (found.u.size, *columns.shape))
        train, test = fitted(problem, spiked, bulk, found, columns, np.zeros((found.u.size, columns.shape[-1])))
    return train.reshape(ridge.shape)[()], test.reshape(ridge.shape)[()]


@dataclass(frozen=True, eq=False)
class Improvement:
    """What every degree takes off the errors.

    Attributes
    ----------
    train, test : (degree, *ridge.shape) array
        Entry l - 1 is plateau(l - 1) - plateau(l).

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import improvement
    >>> found = improvement(Problem(n=2000, d=1000, N=1500, activation="relu"), [0.1, 1.0], degree=3)
    >>> found.train.shape, found.test.shape
    ((3, 2), (3, 2))
    """

    train: np.ndarray
    test: np.ndarray


def improvement(problem: Problem, ridge, degree: int, geometry: Geometry | None = None) -> Improvement:
    """The staircase: by how much the plateau of each degree l = 1, ..., `degree` is lower than the one before.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge : float or array
        > 0.
    degree : int
        The highest l, from 1 to 12.
    geometry : Geometry or None
        As in `errors`, like what is raised.

    Returns
    -------
    Improvement
        Its `train` and `test` have one row for each degree.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import improvement
    >>> improvement(Problem(n=2000, d=1000, N=1500, activation="relu"), 0.1, degree=3).test.round(4)
    array([0.274 , 0.0929, 0.    ])
    """
    levels = np.array([plateau(problem, ridge, l, geometry) for l in range(integer("degree", degree) + 1)])
    return Improvement(*np.moveaxis(levels[:-1] - levels[1:], 1, 0))
