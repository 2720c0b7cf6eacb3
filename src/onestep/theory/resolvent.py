"""The resolvent of the untrained features, and the spectrum it describes.

F0 = sigma(X W0') behaves like c_1 X W0' + c_> Z with Z iid Gaussian (Gaussian equivalence; Pennington & Worah 2017,
Adlam & Pennington arXiv:2008.06786, Moniri et al. arXiv:2310.07891). With K = F0 F0'/n,

    m1 = tr (K + ridge)^-1 / n,   m2 = tr X'(K + ridge)^-1 X / (n d),   q = phi/psi - 1 + ridge m1

solve  m2 = phi m1 / (phi + q c_1^2 m1)  and  (ridge + q c_>^2) m1 + q c_1^2 m2 = 1.

The functions of a `Problem` come first; those named raw_ take the four numbers of a `Bulk` instead.
"""

import numpy as np

from onestep.checks import InputError, NotConverged, reals
from onestep.problem import Problem
from onestep.theory import anisotropic
from onestep.theory.anisotropic import AnisotropicBulk, bulk_of
from onestep.theory.bulk_traces import Traces, raw_traces, traces_of
from onestep.theory.equation import Bulk
from onestep.theory.quartic import solve_complex
from onestep.theory.stationary import stationary


def traces(problem: Problem, ridge) -> Traces:
    """m1, m2 and q of the untrained features of a problem.

    Parameters
    ----------
    problem : Problem
        Its phi, psi, activation and covariance of the inputs count; the teacher and the step do not.
    ridge : float, complex or array of any shape
        As in `raw_traces`.

    Returns
    -------
    Traces
        Its fields have the shape of `ridge`.

    Raises
    ------
    InputError, NotConverged
        As `raw_traces`.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> theory.traces(Problem(n=2000, d=1000, N=1500), ridge=[0.1, 1.0]).m1.round(4)
    array([6.2194, 0.8499])
    """
    return raw_traces(bulk_of(problem), ridge)


def density(problem: Problem, x) -> np.ndarray:
    """Density of the eigenvalues of F0 F0'/n, without the atom at zero: Im m1(-x - i0)/pi.

    Parameters
    ----------
    problem : Problem
        Its sizes and activation count.
    x : float or array of any shape
        Where; the density is 0 outside the bulk and for x < 0.

    Returns
    -------
    float or array of the shape of `x`
        Density per unit of x; with the atom its integral is 1. It is inf at x = 0 where it has a hard edge there.

    Raises
    ------
    InputError
        `x` is not a finite number.
    NotConverged
        The bulk's equation was not solved.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> theory.density(Problem(n=2000, d=1000, N=1500), [0.1, 1.0, 9.0]).round(4)
    array([0.9961, 0.1357, 0.    ])
    """
    return raw_density(bulk_of(problem), x)


def edges(problem: Problem) -> np.ndarray:
    """The intervals that carry the density, ascending.

    Parameters
    ----------
    problem : Problem
        Its sizes and activation count.

    Returns
    -------
    (intervals, 2) array
        Lower and upper ends. At most two intervals appear; none if all of the spectrum is in the atom.

    Raises
    ------
    NotConverged
        The upper edge was not found, or no interval between the edges carries a density.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> theory.edges(Problem(n=2000, d=1000, N=1500)).round(4)
    array([[1.0000e-03, 2.7138e+00]])
    """
    return raw_edges(bulk_of(problem))


def atom(problem: Problem) -> float:
    """Share of the n eigenvalues of F0 F0'/n that are zero.

    Parameters
    ----------
    problem : Problem
        Its sizes and activation count.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> from onestep import Problem, theory
    >>> theory.atom(Problem(n=2000, d=1000, N=1500))
    0.25
    """
    return raw_atom(bulk_of(problem))


def raw_density(bulk: Bulk | AnisotropicBulk, x) -> np.ndarray:
    """`density` for the numbers of a bulk.

    Parameters
    ----------
    bulk : Bulk of scalars, or AnisotropicBulk
    x : float or array of any shape

    Returns
    -------
    float or array of the shape of `x`
        As `density`.

    Raises
    ------
    InputError
        A field of `bulk` is an array, or `x` is not a finite number.
    """
    x, bulk = reals("x", x), _scalar(bulk)
    out = np.zeros(x.shape)
    for low, high in raw_edges(bulk):
        inside = (x > low) & (x < high)
        out[inside] = np.maximum(_density_inside(bulk, x[inside]), 0.0)
        out[(x == low) & (low == 0)] = np.inf
    return out[()]


def _scalar(bulk):
    if isinstance(bulk, AnisotropicBulk):
        return bulk
    for name in bulk.__dataclass_fields__:
        if np.ndim(getattr(bulk, name)) != 0:
            raise InputError(name, getattr(bulk, name), "one number: a spectrum is of one bulk")
    return bulk


def _density_inside(bulk: Bulk | AnisotropicBulk, x: np.ndarray) -> np.ndarray:
    if isinstance(bulk, AnisotropicBulk):
        return traces_of(anisotropic.solve_complex(bulk, -x)).m1.imag / np.pi
    return traces_of(solve_complex(bulk, -x)).m1.imag / np.pi


def raw_atom(bulk: Bulk | AnisotropicBulk) -> float:
    """`atom` for the numbers of a bulk, one minus the rank over n; arguments and errors are those of `raw_edges`."""
    bulk = _scalar(bulk)
    rank = min(1.0, float(bulk.ratio))
    if bulk.nonlinear == 0:
        rank = min(rank, float(bulk.phi)) if bulk.linear > 0 else 0.0
    return 1.0 - rank


def raw_edges(bulk: Bulk | AnisotropicBulk) -> np.ndarray:
    """`edges` for the numbers of a bulk.

    Every edge but a hard one at 0 is a stationary value of z (Silverstein & Choi 1995); `stationary` finds them.

    Parameters
    ----------
    bulk : Bulk of scalars, or AnisotropicBulk

    Returns
    -------
    (intervals, 2) array

    Raises
    ------
    InputError
        A field of `bulk` is an array.
    NotConverged
        As `edges`.
    """
    bulk = _scalar(bulk)
    if bulk.linear == 0 and bulk.nonlinear == 0:
        return np.empty((0, 2))  # K = 0: all is in the atom
    ends = np.unique([0.0, *(float(z) for z in bulk.position(stationary(bulk)) if z > 0)])
    middles = np.sqrt(np.maximum(ends[:-1], ends[1] * 1e-6) * ends[1:])
    inside = _density_inside(bulk, middles) * middles > 1e-7
    pieces: list[list[float]] = []
    for low, high, dense in zip(ends[:-1], ends[1:], inside, strict=True):
        if dense and pieces and pieces[-1][1] == low:
            pieces[-1][1] = high
        elif dense:
            pieces.append([low, high])
    if not pieces:
        raise NotConverged("an interval with a density between the edges", 1.0)
    return np.array(pieces)


def edge_point(bulk: Bulk | AnisotropicBulk) -> float:
    """v = -q m1 > 0 at the upper edge of the bulk: above it, v falls to 0 as z grows, and z is convex in v.

    Parameters
    ----------
    bulk : Bulk of scalars, or AnisotropicBulk

    Returns
    -------
    float

    Raises
    ------
    NotConverged
        The upper edge was not found.
    """
    if isinstance(bulk, AnisotropicBulk):
        return anisotropic.edge_point(bulk)
    u = stationary(bulk)
    return float(-np.max(u[u < 0]))
