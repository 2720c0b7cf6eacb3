"""The errors with the noise of the gradient as it is, from the fixed point of `structured`.

The normal equations in `fit_at` lose digits as n grows: six are left at n = 10^12, where the structure has long ceased
to matter. `ridge_errors` keeps them for isotropic noise.
"""

import math
from typing import NamedTuple

import numpy as np

from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import fixed_point
from onestep.theory.any_step.features import FeatureLaw, feature_law
from onestep.theory.any_step.noise import Step, noise_of
from onestep.theory.any_step.structured import Here, Point, as_point, here_at, response, solve, untouched
from onestep.theory.geometry import chosen

REACH, SPACING = 4.5, 0.45  # of the second layer's nodes
_POINTS = 4  # of a path that are extrapolated
_FAR = 3.0  # times the last distance


def at(problem: Problem, eta: float, ridge: np.ndarray, geometry: Geometry | None) -> np.ndarray:
    """The fields of `ridge_errors.Prediction`, (fields, B), for one step and ridges (B,).

    The largest ridge comes first. What the structure adds to the solution of isotropic noise, and to how that responds,
    is a smooth function of log ridge: the last ridges, extrapolated, are the start of the next.
    """
    problem.need_isotropic_inputs()
    geometry = chosen(problem, geometry)
    features = feature_law(problem, eta, geometry, REACH, SPACING)
    step = Step(features, noise_of(problem, eta, geometry))
    plain = fixed_point.solve(features, ridge)
    found = np.empty((7, ridge.size))
    points, responses = Path(), Path()
    for k in np.argsort(-ridge):
        base = untouched(step, plain.den[k], plain.g[k])
        place = math.log(ridge[k])
        point, residual, steps = solve(step, ridge[k], _moved(base, points.at(place)))
        points.append(place, _relative(point, base))
        values, moved = values_at(step, ridge[k], point, responses.at(place))
        responses.append(place, moved)
        found[:, k] = *values, residual, steps
    return found


class Path:
    """The last values of a smooth function, and its extrapolation."""

    def __init__(self) -> None:
        self.places: list[float] = []
        self.values: list[np.ndarray] = []

    def append(self, place: float, value: np.ndarray) -> None:
        if place not in self.places:
            self.places, self.values = [*self.places[1 - _POINTS :], place], [*self.values[1 - _POINTS :], value]

    def at(self, place: float) -> np.ndarray | None:
        """The polynomial through the last values, or the last one where `place` is far off; None before the first."""
        if not self.values:
            return None
        apart = np.abs(np.diff([*self.places, place]))
        many = len(apart) > 1 and apart[-1] < _FAR * apart[-2]
        places, values = (self.places, self.values) if many else (self.places[-1:], self.values[-1:])
        shares = [math.prod((place - b) / (a - b) for b in places if b != a) for a in places]
        return np.tensordot(shares, np.array(values), axes=1)


def _relative(point: Point, base: Point) -> np.ndarray:
    """log den, log g and T in terms of those of `base`."""
    turn = np.linalg.solve(base.T, point.T) - np.eye(len(base.T))
    return np.concatenate([np.log(point.den / base.den), np.log(point.g / base.g), turn.ravel()])


def _moved(base: Point, relative: np.ndarray | None) -> Point:
    if relative is None:
        return base
    den, g, T = as_point(relative, (base.den.size, base.g.size), len(base.T) // 2)
    return Point(base.den * den, base.g * g, base.T @ (np.eye(len(T)) + T))


class Fit(NamedTuple):
    """Ridge regression on what features show of x: v, M, the prior R of the slopes, the coefficients c, fits."""

    here: Here
    G: np.ndarray
    Z: np.ndarray
    R: np.ndarray
    v: np.ndarray
    M: np.ndarray
    c: np.ndarray
    along: np.ndarray  # (T,), of g0
    across: np.ndarray  # (k, T), of g1


def fit_at(step: Step, point: Point) -> Fit:
    """D is the prior of the coefficients of mu0, of t b and of u_j b; in all but the first it is R."""
    features, b, (den, g, _) = step.features, step.basis.b, point
    here = here_at(step, point)
    p, k, inverse, across = g.size, len(b), features.weight / den, len(features.g1)
    G, Z = np.kron(np.eye(1 + across), here.G), np.linalg.inv(here.pencil.in_plane())
    R = np.linalg.solve(G, Z - np.eye(len(G)))
    along = np.concatenate([np.sqrt(features.N * features.share * g)[:, None] * features.mu0, features.t * b])
    M, D = np.zeros((2, p + len(G), p + len(G)))
    M[: p + k, : p + k], M[p + k :, p + k :] = (along * inverse) @ along.T, np.kron(np.eye(across), here.G)
    D[:p, :p], D[p:, p:] = np.eye(p), R
    v = np.concatenate([along @ (inverse * features.g0), *(b @ (inverse * g1) for g1 in features.g1)])
    c = np.linalg.solve(np.eye(len(D)) + D @ M, D @ v)
    return Fit(here, G, Z, R, v, M, c, c[: p + k] @ along, c[p + k :].reshape(across, k) @ b)


def fits(problem: Problem, eta: float, ridge: float, geometry: Geometry | None) -> tuple[FeatureLaw, Fit]:
    """The law of the features and labels, and the fit, for one step and one ridge."""
    geometry = chosen(problem, geometry)
    step = Step(feature_law(problem, eta, geometry, REACH, SPACING), noise_of(problem, eta, geometry))
    plain = fixed_point.solve(step.features, np.array([ridge]))
    return step.features, fit_at(step, solve(step, ridge, untouched(step, plain.den[0], plain.g[0]))[0])


def values_at(step: Step, ridge: float, point: Point, start: np.ndarray | None = None):
    """Q = E_t[y2/den] - v' (D^-1 + M)^-1 v and its derivatives along den^2 and 1, as in `ridge_errors._at`.

    Returns the five numbers, and the response, from which that of a ridge near by can `start`.
    """
    features, (den, g, _) = step.features, point
    here, G, Z, R, v, M, c, along, across = fit_at(step, point)
    p, inverse = g.size, features.weight / den
    Q = inverse @ features.y2 - v @ c
    left = features.y2 - features.g0**2 - np.sum(features.g1**2, axis=0)
    left = left + (features.g0 - along) ** 2 + np.sum((features.g1 - across) ** 2, axis=0)
    open_ = (v - M @ c)[p:]

    directions = np.stack([den**2, np.ones_like(den)])
    log_den, log_g, dG, line, moved = response(step, ridge, point, here, directions, start)
    dR = np.kron(np.eye(1 + len(across)), dG) @ R + Z @ here.pencil.slope_in_plane(line) @ Z
    fallen = log_den @ (inverse * left) + log_g @ c[:p] ** 2 - np.linalg.solve(G.T, open_) @ dR @ open_
    test_error, along_ridge = fallen[0], -fallen[1]
    freedom = features.n * (1 - ridge * inverse.sum())
    return (ridge * Q, test_error, -(ridge**2) * along_ridge, Q + ridge * along_ridge, freedom), moved
