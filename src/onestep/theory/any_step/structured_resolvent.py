"""The resolvent of F F'/n with the noise of the gradient as it is: what `isotropic` has for isotropic noise."""

import math
from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from onestep.checks import NotConverged
from onestep.hermite import basis
from onestep.theory.any_step.forms import Form, form
from onestep.theory.any_step.isotropic import CHECK, DARK, HEIGHT, Isotropic, mean_eigenvalue, on_the_branch
from onestep.theory.any_step.noise import Step
from onestep.theory.any_step.structured import Point, here_at, newton, response, solve, untouched

_LEVELS = 100


class Place(NamedTuple):
    """A point of the fixed point at `ridge`, (1,)."""

    ridge: np.ndarray
    point: Point


class Structured:
    """The resolvent for one step and its noise.

    Parameters
    ----------
    step : Step
    """

    nearer = 2  # how often an edge is looked at from twenty times nearer; beyond, the iteration's residual counts

    def __init__(self, step: Step):
        self.step, self.features, self.plain = step, step.features, Isotropic(step.features)
        self._last: Place | None = None

    def density(self, x: np.ndarray) -> np.ndarray:
        """Im E_t[1/den] / pi at ridge = -x - i0, for x (m,)."""
        return np.array([self._trace(self._on_the_axis(one)).imag / np.pi for one in x.tolist()])

    def _trace(self, point: Point) -> complex:
        return complex((self.features.weight / point.den).sum())

    def _on_the_axis(self, x: float) -> Point:
        """The fixed point at ridge = -x - i0: from the last one if that is near, else down from a height."""
        last = self._last
        if last is not None and abs(math.log(-last.ridge[0].real / x)) < 0.5:
            try:
                point = solve(self.step, -x - 1j * HEIGHT * x, last.point)[0]
                if self._right(x, point):
                    self._last = Place(np.array([-x]), point)
                    return point
            except NotConverged:
                pass
        point = self._descended(x)
        self._last = Place(np.array([-x]), point)
        return point

    def _right(self, x: float, point: Point) -> bool:
        """Whether a solution is a resolvent's; outside the bulk that shows at some height above the axis."""
        if self._trace(point).imag * x <= DARK:
            ridge = -x - 1j * CHECK * x
            point = solve(self.step, ridge, point)[0]
            if self._trace(point).imag <= 0:
                return False
        else:
            ridge = -x - 1j * HEIGHT * x
        return on_the_branch(np.array(ridge), point.den, point.g)

    def _descended(self, x: float) -> Point:
        top, bottom = 3 * max(x, mean_eigenvalue(self.features)), HEIGHT * x
        levels = 2 + int(math.log10(top / bottom) / 2)
        while True:
            try:
                point = self._base(-x - 1j * top)
                for share in np.linspace(0, 1, levels):
                    ridge = -x - 1j * top ** (1 - share) * bottom**share
                    point = self._solved(ridge, point)
                if self._right(x, point):
                    return point
                what = f"the fixed point at ridge = {ridge:g}, found on a branch that is not a resolvent's"
                raise NotConverged(what, math.nan)
            except NotConverged:
                levels *= 2
                if levels > _LEVELS:
                    raise

    def _solved(self, ridge: complex, start: Point) -> Point:
        try:
            return solve(self.step, ridge, start)[0]
        except NotConverged:
            return newton(self.step, ridge, start)

    def _base(self, ridge: complex) -> Point:
        """The point of z -> infinity."""
        kind = type(ridge)
        den, g = np.full(self.features.t.size, ridge, kind), np.ones(self.features.share.size, kind)
        return untouched(self.step, den, g)

    def outside(self, z: float, near: Place | None) -> Place:
        """The real fixed point at ridge = -z, from a state near by, or from that of z -> infinity for None."""
        start = self._base(-float(z)) if near is None else near.point
        return Place(np.array([-z]), solve(self.step, -float(z), start)[0])

    def in_gap(self, z: float) -> Place:
        """The real fixed point at a z between two bands of the bulk, or below them."""
        point = self._on_the_axis(z)
        return Place(np.array([-z]), solve(self.step, -float(z), Point(*(part.real for part in point)))[0])

    def _response(self, place: Place):
        point = place.point
        return response(
            self.step, float(place.ridge[0]), point, here_at(self.step, point), -np.ones((1, point.den.size))
        )

    def falls(self, place: Place) -> bool:
        """Whether m1 falls with the ridge, as in `Isotropic.falls`."""
        log_den = self._response(place)[0][0]
        return bool(log_den / place.point.den @ self.features.weight < 0)

    def form(self, place: Place) -> Form:
        """The form whose zeros are eigenvalues outside the bulk, for the coefficients of mu0, of t b and of u_j b.

        The last two have the prior R = (Q^-1 - G)^-1. D has Q in its place, and M lacks G in turn.
        """
        features, b, (den, g, _) = self.features, self.step.basis.b, place.point
        here = here_at(self.step, place.point)
        p, k, size = g.size, len(b), len(here.pencil.in_plane())
        Q = np.linalg.solve(np.kron(np.eye(size // k), here.G), np.eye(size) - here.pencil.in_plane())
        seen = np.concatenate([features.mu0, features.t * b])
        M = np.zeros((p + size, p + size))
        M[: p + k, : p + k] = (seen * (features.weight / den)) @ seen.T
        M[p : p + k, p : p + k] -= here.G
        return form(block_diag(np.diag(features.N * features.share * g), (Q + Q.T) / 2), M)

    def cosines(self, place: Place, k: int, order: int) -> np.ndarray:
        """Of the left singular vector with He_0, ..., He_order of t, where eigenvalue k of the form is zero."""
        features, b, (den, g, _) = self.features, self.step.basis.b, place.point
        here, inverse, p = here_at(self.step, place.point), features.weight / den, g.size
        w = self.form(place).vectors[:, k]
        Y = here.pencil.in_plane()
        rank, D = len(b), len(Y) // len(b)
        G, Z = np.kron(np.eye(D), here.G), np.linalg.inv(Y)
        R = np.linalg.solve(G, Z - np.eye(len(G)))
        f0 = w[:p] @ features.mu0 + w[p : p + rank] @ (features.t * b)
        f1 = w[p + rank :].reshape(D - 1, rank) @ b
        left = -np.concatenate([(features.t * b) @ (inverse * f0), ((inverse * f1) @ b.T).ravel()])  # R^-1 w
        log_den, log_g, dG, line, _ = self._response(place)
        dR = np.kron(np.eye(D), dG[0]) @ R + Z @ here.pencil.slope_in_plane(line)[0] @ Z
        growth = -(inverse * log_den[0]) @ (f0**2 + np.sum(f1**2, axis=0)) + np.linalg.solve(G.T, left) @ dR @ left
        growth -= log_g[0] @ (w[:p] ** 2 / (features.N * features.share * g))
        return basis(features.t, order) @ (inverse * f0) / np.sqrt(growth)
