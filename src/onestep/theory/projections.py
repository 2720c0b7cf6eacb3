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
    """P in the plane of beta and beta_star, at u of any shape.

    Attributes
    ----------
    along : P_bb.
    cosine : P_b* / P_bb, which stands for rho in the linear part of the label; rho itself for Sigma = I.
    teacher : P_**.
    across : P_** - P_b*^2 / P_bb, what a fit along beta cannot reach.
    """

    bulk: Bulk | AnisotropicBulk
    geometry: Geometry
    u: np.ndarray
    along: np.ndarray
    cosine: np.ndarray
    teacher: np.ndarray
    across: np.ndarray

    def squared(self, first: float, beyond: np.ndarray) -> np.ndarray:
        """x' P^2 x of x = first (beta_star - cosine beta) + beyond beta: a sum of squares, without cancellation."""
        if isinstance(self.bulk, Bulk):
            return self.along**2 * (first**2 * (1 - self.geometry.cosine**2) + beyond**2)
        beta, star = np.moveaxis(direction(self.bulk.levels, self.geometry.cosine), 1, 0)
        cosine, beyond = self.cosine[..., None, None], beyond[..., None, None]
        x = first * (star - cosine * beta) + beyond * beta
        return np.sum(self.bulk.left(self.u) ** 2 * np.sum(x**2, axis=-1), axis=-1)


def projections(bulk: Bulk | AnisotropicBulk, geometry: Geometry, u) -> Projections:
    """P at `u` for a step of this geometry."""
    u = np.asarray(u)
    if isinstance(bulk, Bulk):
        number, rho = bulk.projection(u), geometry.cosine
        return Projections(bulk, geometry, u, number, np.full(u.shape, rho), number, (1 - rho**2) * number)
    beta, star = np.moveaxis(direction(bulk.levels, geometry.cosine), 1, 0)
    left = bulk.left(u)
    along, cosine = left @ np.sum(beta**2, axis=-1), left @ np.sum(beta * star, axis=-1)
    cosine = cosine / along
    # P_** - P_b*^2/P_bb as a sum of squares
    rest = star - cosine[..., None, None] * beta
    across = np.sum(left * np.sum(rest**2, axis=-1), axis=-1)
    return Projections(bulk, geometry, u, along, cosine, left @ np.sum(star**2, axis=-1), across)


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
    left = bulk.left(u)
    return left @ bulk.levels.signal, left**2 @ bulk.levels.signal
