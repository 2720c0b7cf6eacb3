"""Online gradient steps that use each sample twice, against their differential equation.

A look-ahead of size rate_0/d on the sample, then a step of size rate/d with the same sample, correlation loss, weights
on the sphere: Arnaboldi et al., "Repetita iuvant" (arXiv:2405.15459). The equation is in the form derived for this
book.
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from onestep.checks import InputError, NotConverged, real, reals
from onestep.hermite import gaussian_rule
from onestep.problem import Problem

_REACH, _COUNTS = 8.0, (161, 121)
_NOISE = np.polynomial.hermite_e.hermegauss(12)


@dataclass(frozen=True, eq=False)
class Path:
    """The solution: `overlap` (T,) at the times asked for, `residual` the largest error that the solver allows for in a
    step, `iterations` how often it evaluated the drift."""

    overlap: np.ndarray
    residual: float
    iterations: int


def drift(problem: Problem, look_ahead: float, rate: float, overlap: float) -> float:
    """dm/dt for the overlap m = w . beta_star, t = steps/d.

        rate (E[psi z] - m E[psi l]) - rate^2/2 m E psi^2,   psi = y sigma'(l + look_ahead y sigma'(l)),

    (z, l) Gaussian with correlation m and y = sigma_star(z) + noise.

    Parameters
    ----------
    problem : Problem
    look_ahead, rate : float
        rate_0 (0 for plain online steps; its sign matters) and rate.
    overlap : float
        m, from -1 to 1.

    Raises
    ------
    InputError
        An argument outside of what is said above, a teacher of several directions, or inputs with a covariance.
    """
    _known(problem)
    look_ahead, rate, m = _small("look_ahead", look_ahead), _small("rate", rate), real("overlap", overlap)
    if abs(m) > 1:
        raise InputError("overlap", overlap, "a number from -1 to 1")
    pull, stretch, noise, _ = _means(problem, look_ahead, m)
    return rate * (pull - m * stretch) - rate**2 / 2 * m * noise


def start(problem: Problem, look_ahead: float) -> tuple[float, float, float]:
    """(D(0), D'(0), E psi^2) at overlap 0, with D(m) = E[psi z] - m E[psi l].

    D(0) != 0 finds the teacher in a time of order one. For D(0) = 0 a chance overlap grows like
    exp(rate (D'(0) - rate E psi^2/2) t) if that is positive.

    Raises
    ------
    InputError
        As `drift`.
    """
    _known(problem)
    pull, stretch, noise, growth = _means(problem, _small("look_ahead", look_ahead), 0.0)
    return pull, growth - stretch, noise


def path(problem: Problem, look_ahead: float, rate: float, times, overlap: float = 0.0) -> Path:
    """The overlap at the increasing `times` >= 0 (T,), from `overlap` at time 0.

    Raises
    ------
    InputError
        As `drift`; or the times do not increase.
    NotConverged
        The solver gave up.
    """
    drift(problem, look_ahead, rate, overlap)
    times = np.atleast_1d(reals("times", times, 0.0))
    if times.ndim != 1 or not times.size or np.any(np.diff(times) <= 0) or times[-1] > 1e3:
        raise InputError("times", times, "increasing numbers from 0 to 1000")

    def slope(_, m):
        return [drift(problem, look_ahead, rate, float(np.clip(m[0], -1, 1)))]

    tolerance = 1e-7
    found = solve_ivp(slope, (0.0, float(times[-1]) or 1.0), [float(overlap)], t_eval=times, rtol=tolerance, atol=1e-8)
    if not found.success or found.y.shape[1] != times.size:
        raise NotConverged("the differential equation of the overlap", float("inf"), found.nfev, found.message)
    return Path(found.y[0], tolerance, found.nfev)


def _means(problem: Problem, look_ahead: float, m: float) -> tuple[float, float, float, float]:
    """E[psi z], E[psi l], E psi^2 and E[psi z l z], the last one for the derivative at m = 0."""
    z, x = (np.linspace(-_REACH, _REACH, count) for count in _COUNTS)
    if problem.sigma_star.kinks:
        z, density = gaussian_rule(problem.sigma_star.kinks)
    else:
        density = np.exp(-np.square(z) / 2)
    weight = np.multiply.outer(density, np.exp(-np.square(x) / 2))
    weight /= weight.sum()
    l = m * z[:, None] + np.sqrt(1 - m * m) * x
    slope, clean = problem.sigma.derivative(l), problem.sigma_star(z)[:, None]
    first, square = np.zeros_like(l), np.zeros_like(l)
    nodes, shares = (np.zeros(1), np.ones(1)) if not problem.noise_std else (_NOISE[0], _NOISE[1] / _NOISE[1].sum())
    for node, share in zip(nodes, shares, strict=True):
        y = clean + problem.noise_std * node
        psi = y * problem.sigma.derivative(l + look_ahead * y * slope)
        first += share * psi
        square += share * psi**2
    first *= weight
    along = first.sum(axis=1)
    stretch = first * l
    return float(along @ z), float(stretch.sum()), float(np.vdot(weight, square)), float(stretch.sum(axis=1) @ z**2)


def _known(problem: Problem) -> None:
    if not isinstance(problem, Problem):
        raise InputError("problem", problem, "a Problem")
    problem.need_isotropic_inputs()
    problem.sigma_star  # noqa: B018  refuses a teacher of several directions


def _small(name: str, value: float) -> float:
    if abs(number := real(name, value)) > 1e3:
        raise InputError(name, value, "a number of at most 1000 in size")
    return number
