"""The stationary values of z(u) = -(1 - df(u)) (phi/psi - df(u)) / u: the edges of the bulk are among them.

Outside the bulk z increases along the resolvent (Silverstein & Choi 1995), so that it does so up to an edge only.
With `equation`'s df(u) they are the roots of a polynomial of degree five.
"""

import math

import numpy as np
from numpy.polynomial import Polynomial

from onestep.checks import NotConverged
from onestep.theory import anisotropic
from onestep.theory.anisotropic import AnisotropicBulk
from onestep.theory.equation import Bulk


def stationary(bulk: Bulk | AnisotropicBulk) -> np.ndarray:
    """The real u with dz/du = 0.

    Parameters
    ----------
    bulk : Bulk of scalars, or AnisotropicBulk

    Returns
    -------
    (stationary points,) array
        u, in the units of 1/c_1^2, not sorted; a hard edge at z = 0 is not among them.

    Raises
    ------
    NotConverged
        None of them is the upper edge: all their z are below the mean eigenvalue.
    """
    if isinstance(bulk, AnisotropicBulk):
        return anisotropic.stationary(bulk)
    a, b, phi, ratio = (float(value) for value in (bulk.linear, bulk.nonlinear, bulk.phi, bulk.ratio))
    scale = a + b
    a, b = a / scale, b / scale
    # The norms of c_1 X W0' and of c_> Z. Beside the second a first of less than rounding is none.
    linear = math.sqrt(a / float(bulk.psi)) * (1 + math.sqrt(phi)) * (1 + math.sqrt(float(bulk.psi)))
    noise = math.sqrt(b) * (1 + math.sqrt(ratio))
    a = 0.0 if linear <= 1e-10 * noise else a
    pole = Polynomial([phi, a])
    rows = pole * Polynomial([1, -b]) - Polynomial([0, a * phi])
    units = pole * Polynomial([ratio, -b]) - Polynomial([0, a * phi])
    product, u = rows * units, Polynomial([0, 1])
    stationary = product.deriv() * u * pole - product * (pole + 2 * a * u)
    if bulk.excess == 0:  # rows = units divides it, whose roots z = 0 belong to the hard edge
        stationary = 2 * rows.deriv() * u * pole - rows * (pole + 2 * a * u)
    roots = stationary.trim().roots()
    unit = Bulk(phi, bulk.psi, a, b)
    real = roots[np.abs(roots.imag) <= 1e-6 * np.abs(roots)].real
    with np.errstate(all="ignore"):
        z = (1 - unit.degrees_of_freedom(real)) * (ratio - unit.degrees_of_freedom(real))
        real = _polished(unit, real[np.abs(z) > 1e-20 * ratio])  # z = 0: a hard edge
        z = unit.position(real)
        # Beyond the two norms lie only roots that rounding made.
        real, z = (values[np.isfinite(z) & (z <= (linear + noise) ** 2 * (1 + 1e-6))] for values in (real, z))
    top, mean = float(np.max(z[real < 0], initial=0.0)), max(1.0, ratio)  # the mean of what is not zero
    if top < mean * (1 - 1e-6):
        raise NotConverged("the upper edge of the bulk", 1 - top / mean)
    return real / scale


def _polished(unit: Bulk, real: np.ndarray) -> np.ndarray:
    """Newton on d log z/du: the companion matrix has absolute, this relative accuracy."""
    a, phi = unit.linear, unit.phi
    for _ in range(3):
        df, slope = unit.degrees_of_freedom(real), unit.degrees_of_freedom_slope(real)
        p, q = 1 - df, unit.ratio - df
        bend = -2 * (a * phi) ** 2 / (phi + a * real) ** 3
        value = 1 / real + slope * (1 / p + 1 / q)
        real = real - value / (bend * (1 / p + 1 / q) + slope**2 * (1 / p**2 + 1 / q**2) - 1 / real**2)
    return real
