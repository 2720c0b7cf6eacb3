"""m1, m2 and q of a bulk, for positive, complex and negative ridges: each asks the solver that its ridge needs.

`resolvent` defines them.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, broadcast, reals
from onestep.theory import anisotropic
from onestep.theory.anisotropic import AnisotropicBulk
from onestep.theory.equation import Bulk, BulkSolution, solve
from onestep.theory.quartic import solve_complex, solve_outside


@dataclass(frozen=True)
class Traces:
    """m1, m2, q at one ridge, or at an array of them.

    Attributes
    ----------
    m1 : float or array
        tr (K + ridge)^-1 / n.
    m2 : float or array
        tr X'(K + ridge)^-1 X / (n d).
    q : float or array
        N/n - 1 + ridge m1, which is ridge tr (F0'F0/n + ridge)^-1 / n.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import traces
    >>> found = traces(Problem(n=2000, d=1000, N=1500), ridge=0.1)
    >>> round(float(found.m1), 4), round(float(found.m2), 4), round(float(found.q), 4)
    (6.2194, 2.3057, 0.3719)
    """

    m1: np.ndarray
    m2: np.ndarray
    q: np.ndarray


def raw_traces(bulk: Bulk | AnisotropicBulk, ridge) -> Traces:
    """m1, m2 and q for the numbers of a bulk; to 1e-12 relative for positive ridges.

    Parameters
    ----------
    bulk : Bulk or AnisotropicBulk
        phi, psi, c_1^2 and c_>^2; the fields of a `Bulk` broadcast against `ridge`.
    ridge : float, complex or array of any shape
        Real and positive; or complex, away from the cut on the negative axis; or real and negative with -ridge outside
        the bulk, where the values are real again.

    Returns
    -------
    Traces
        Its fields have the shape to which `ridge` and `bulk` broadcast.

    Raises
    ------
    InputError
        `ridge` is not a finite number, or zero, or minus it lies in the bulk; or the shapes do not broadcast.
    NotConverged
        The equations were not solved to 1e-8.
    """
    ridge = _arguments(ridge)
    if isinstance(bulk, AnisotropicBulk):
        return _anisotropic_traces(bulk, ridge)
    shape = broadcast(ridge=ridge, **{name: getattr(bulk, name) for name in bulk.__dataclass_fields__})[0].shape
    if np.iscomplexobj(ridge) and np.any(ridge.imag != 0):
        found = traces_of(solve_complex(bulk, ridge))
    elif np.all(ridge.real > 0):
        found = traces_of(solve(bulk, ridge.real))
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
            part = traces_of(solver(bulk, flat[chosen]))
            out[:, chosen] = part.m1, part.m2, part.q
    return Traces(*(row.reshape(ridge.shape)[()] for row in out))


def _mixed(bulk: Bulk, ridge: np.ndarray, shape: tuple[int, ...]) -> Traces:
    """Real ridges of which some are negative."""
    ridge = np.broadcast_to(ridge, shape)
    fields = [np.broadcast_to(getattr(bulk, name), shape) for name in bulk.__dataclass_fields__]
    out = [np.empty(shape) for _ in range(3)]
    for chosen, solver in ((ridge > 0, solve), (ridge < 0, solve_outside)):
        if np.any(chosen):
            part = traces_of(solver(Bulk(*(field[chosen] for field in fields)), ridge[chosen]))
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


def traces_of(found: BulkSolution) -> Traces:
    """m1, m2 and q of a solution; their fields have its shape."""
    m1 = found.p / found.ridge
    return Traces(m1, m1 * found.projection, found.q)
