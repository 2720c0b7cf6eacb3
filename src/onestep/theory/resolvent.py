"""The resolvent of the untrained features, and the spectrum it describes.

F0 = sigma(X W0') behaves like c_1 X W0' + c_> Z with Z iid Gaussian (Gaussian equivalence; Pennington & Worah 2017,
Adlam & Pennington arXiv:2008.06786, Moniri et al. arXiv:2310.07891). With K = F0 F0'/n,

    m1 = tr (K + ridge)^-1 / n,   m2 = tr X'(K + ridge)^-1 X / (n d),   q = phi/psi - 1 + ridge m1

solve  m2 = phi m1 / (phi + q c_1^2 m1)  and  (ridge + q c_>^2) m1 + q c_1^2 m2 = 1.

The functions of a `Problem` come first; those named raw_ take the four numbers of a `Bulk` instead.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, NotConverged, broadcast, reals
from onestep.problem import Problem
from onestep.theory import anisotropic
from onestep.theory.anisotropic import AnisotropicBulk, bulk_of
from onestep.theory.equation import Bulk, BulkSolution, solve
from onestep.theory.quartic import solve_complex, solve_outside
from onestep.theory.stationary import stationary


@dataclass(frozen=True)
class Traces:
    """m1, m2, q at one ridge, or at an array of them.

    Attributes
    ----------
    m1 : tr (K + ridge)^-1 / n.
    m2 : tr X'(K + ridge)^-1 X / (n d).
    q : N/n - 1 + ridge m1, which is ridge tr (F0'F0/n + ridge)^-1 / n.
    """

    m1: np.ndarray
    m2: np.ndarray
    q: np.ndarray


def traces(problem: Problem, ridge) -> Traces:
    """m1, m2 and q of the untrained features of `problem`; `raw_traces` says which `ridge` is allowed."""
    return raw_traces(bulk_of(problem), ridge)


def density(problem: Problem, x) -> np.ndarray:
    """Density at `x` (array) of the eigenvalues of F0 F0'/n, without the atom at zero: Im m1(-x - i0)/pi."""
    return raw_density(bulk_of(problem), x)


def edges(problem: Problem) -> np.ndarray:
    """The intervals that carry the density, ascending: shape (intervals, 2). At most two appear."""
    return raw_edges(bulk_of(problem))


def atom(problem: Problem) -> float:
    """Share of the n eigenvalues of F0 F0'/n that are zero."""
    return raw_atom(bulk_of(problem))


def raw_traces(bulk: Bulk, ridge) -> Traces:
    """m1, m2 and q, broadcast over `ridge` and the fields of `bulk`; to 1e-12 relative for positive ridges.

    Parameters
    ----------
    bulk : phi, psi, c_1^2 and c_>^2.
    ridge : real and positive; or complex, away from the cut on the negative axis; or real and negative with -ridge
        outside the bulk, where the values are real again.

    Raises
    ------
    InputError : `ridge` is not a finite number, or zero, or minus it lies in the bulk.
    NotConverged : the equations were not solved to 1e-8.
    """
    ridge = _arguments(ridge)
    if isinstance(bulk, AnisotropicBulk):
        return _anisotropic_traces(bulk, ridge)
    shape = broadcast(ridge=ridge, **{name: getattr(bulk, name) for name in bulk.__dataclass_fields__})[0].shape
    if np.iscomplexobj(ridge) and np.any(ridge.imag != 0):
        found = _traces(solve_complex(bulk, ridge))
    elif np.all(ridge.real > 0):
        found = _traces(solve(bulk, ridge.real))
    else:
        found = _mixed(bulk, ridge.real, shape)
    return Traces(*(np.broadcast_to(value, shape)[()] for value in (found.m1, found.m2, found.q)))


def _anisotropic_traces(bulk: AnisotropicBulk, ridge: np.ndarray) -> Traces:
    complex_ = np.iscomplexobj(ridge) and bool(np.any(ridge.imag != 0))
    flat = np.atleast_1d(ridge if complex_ else ridge.real).ravel()
    out = np.empty((3, flat.size), flat.dtype)
    parts = (
        ((np.ones(flat.size, bool), anisotropic.solve_complex),)
        if complex_
        else ((flat > 0, anisotropic.solve), (flat < 0, anisotropic.solve_outside))
    )
    for chosen, solver in parts:
        if np.any(chosen):
            part = _traces(solver(bulk, flat[chosen]))
            out[:, chosen] = part.m1, part.m2, part.q
    return Traces(*(row.reshape(ridge.shape)[()] for row in out))


def _mixed(bulk: Bulk, ridge: np.ndarray, shape: tuple[int, ...]) -> Traces:
    """Real ridges of which some are negative."""
    ridge = np.broadcast_to(ridge, shape)
    fields = [np.broadcast_to(getattr(bulk, name), shape) for name in bulk.__dataclass_fields__]
    out = [np.empty(shape) for _ in range(3)]
    for chosen, solver in ((ridge > 0, solve), (ridge < 0, solve_outside)):
        if np.any(chosen):
            part = _traces(solver(Bulk(*(field[chosen] for field in fields)), ridge[chosen]))
            for target, value in zip(out, (part.m1, part.m2, part.q), strict=True):
                target[chosen] = value
    return Traces(*out)


def _arguments(ridge) -> np.ndarray:
    allowed = "finite real or complex numbers other than zero"
    try:
        array = np.asarray(ridge)
        if array.dtype.kind == "c" and array.dtype.itemsize <= 16:
            array = reals("ridge", array.real) + 1j * reals("ridge", array.imag)
        else:
            array = reals("ridge", ridge)
    except Exception as error:  # `reals` refuses, or an object of another library raises what it likes
        raise InputError("ridge", ridge, allowed) from error
    if np.any(array == 0):
        raise InputError("ridge", ridge, allowed)
    return array


def _traces(found: BulkSolution) -> Traces:
    m1 = found.p / found.ridge
    return Traces(m1, m1 * found.projection, found.q)


def raw_density(bulk: Bulk, x) -> np.ndarray:
    """`density` for one `bulk` of scalars; inf at x = 0 where the density has a hard edge there."""
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


def _density_inside(bulk: Bulk, x: np.ndarray) -> np.ndarray:
    solver = anisotropic.solve_complex if isinstance(bulk, AnisotropicBulk) else solve_complex
    return _traces(solver(bulk, -x)).m1.imag / np.pi


def raw_atom(bulk: Bulk) -> float:
    """`atom` for one `bulk` of scalars: one minus the rank over n."""
    bulk = _scalar(bulk)
    rank = min(1.0, float(bulk.ratio))
    if bulk.nonlinear == 0:
        rank = min(rank, float(bulk.phi)) if bulk.linear > 0 else 0.0
    return 1.0 - rank


def raw_edges(bulk: Bulk) -> np.ndarray:
    """`edges` for one `bulk` of scalars.

    Outside the bulk z(u) = -(1 - df(u)) (phi/psi - df(u)) / u is increasing along the resolvent (Silverstein & Choi
    1995), so every edge but a hard one at 0 is a stationary value of z: a root of a polynomial of degree five.
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


def edge_point(bulk: Bulk) -> float:
    """v = -q m1 > 0 at the upper edge of the bulk: above it, v falls to 0 as z grows, and z is convex in v."""
    if isinstance(bulk, AnisotropicBulk):
        return anisotropic.edge_point(bulk)
    u = stationary(bulk)
    return float(-np.max(u[u < 0]))
