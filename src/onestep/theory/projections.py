"""What the untrained features leave of the teacher's and the step's direction: numbers, or means over the levels.

Along a unit vector v in the coordinates where x is white, the resolvent of the untrained features is m1 v' P v. With
Sigma = I, P is the number m2/m1; otherwise v is beta or beta_star, and P one of its means (`anisotropic`). What the
spikes' fit needs are P_bb, P_b* and P_**, and the same of P^2 = d(u P)/du.
"""

from dataclasses import dataclass

import numpy as np

from onestep.geometry import Geometry
from onestep.theory.anisotropic import AnisotropicBulk
from onestep.theory.covariance import direction
from onestep.theory.equation import Bulk


@dataclass(frozen=True, eq=False)
class Projections:
    """P in the plane of beta and beta_star, each field of the shape of u.

    Attributes
    ----------
    along : P_bb.
    cosine : P_b* / P_bb, which stands for rho in the linear part of the label; rho itself for Sigma = I.
    teacher : P_**.
    across : P_** - P_b*^2 / P_bb, what a fit along beta cannot reach.
    squares : P^2 between the vectors rest = beta_star - cosine beta and beta: rest rest, rest beta, beta beta.
    """

    along: np.ndarray
    cosine: np.ndarray
    teacher: np.ndarray
    across: np.ndarray
    squares: tuple[np.ndarray, np.ndarray, np.ndarray]

    def squared(self, first: float, beyond: np.ndarray) -> np.ndarray:
        """x' P^2 x of x = first (beta_star - cosine beta) + beyond beta."""
        rest, mixed, beta = self.squares
        return first**2 * rest + 2 * first * beyond * mixed + beyond**2 * beta


def projections(bulk: Bulk | AnisotropicBulk, geometry: Geometry, u) -> Projections:
    """P at `u` for a step of this geometry."""
    u = np.asarray(u)
    if isinstance(bulk, Bulk):
        number, rho = bulk.projection(u), geometry.cosine
        squares = (1 - rho**2) * number**2, np.zeros(u.shape), number**2
        return Projections(number, np.full(u.shape, rho), number, (1 - rho**2) * number, squares)
    values, where = np.unique(u, return_inverse=True)  # one for each ridge, however many steps there are
    beta, star = np.moveaxis(direction(bulk.levels, geometry.cosine), 1, 0)
    left = bulk.left(values)
    along = left @ np.sum(beta**2, axis=-1)
    cosine = left @ np.sum(beta * star, axis=-1) / along
    rest = star - cosine[:, None, None] * beta
    own = np.sum(rest**2, axis=-1)
    squares = (
        np.sum(left**2 * own, axis=-1),
        np.sum(left**2 * np.sum(rest * beta, axis=-1), axis=-1),
        left**2 @ np.sum(beta**2, axis=-1),
    )
    found = along, cosine, left @ np.sum(star**2, axis=-1), np.sum(left * own, axis=-1), *squares
    along, cosine, teacher, across, first, second, third = (value[where].reshape(u.shape) for value in found)
    return Projections(along, cosine, teacher, across, (first, second, third))


def along_step(bulk: Bulk | AnisotropicBulk, geometry: Geometry, u: float) -> tuple[float, float]:
    """P_bb and the logarithmic derivative of u P_bb in log u, which is (P^2)_bb / P_bb; equal for Sigma = I."""
    if isinstance(bulk, Bulk):
        return bulk.projection(u), bulk.projection(u)
    weight = np.sum(direction(bulk.levels, geometry.cosine)[:, 0] ** 2, axis=-1)
    left = bulk.left(u)
    return float(left @ weight), float(left**2 @ weight / (left @ weight))


def of_teacher(bulk: Bulk | AnisotropicBulk, u) -> tuple[np.ndarray, np.ndarray]:
    """P_** and (P^2)_**, which no step enters."""
    if isinstance(bulk, Bulk):
        return bulk.projection(u), bulk.projection(u) ** 2
    values, where = np.unique(u, return_inverse=True)
    left = bulk.left(values)
    found = left @ bulk.levels.signal, left**2 @ bulk.levels.signal
    return tuple(value[where].reshape(np.shape(u)) for value in found)
