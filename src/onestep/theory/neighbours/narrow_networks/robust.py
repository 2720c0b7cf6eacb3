"""Squared error when every input may be moved by up to eps in length, after it was seen together with its label.

For a function theta . x + a the worst move is along theta, so that AR = E(|r| + eps |theta|)^2 with the residual r
(in the form derived here, after Mousavi-Hosseini, Javanmard and Erdogdu, arXiv:2410.16449).
"""

import math

import numpy as np
from scipy import special
from scipy.optimize import minimize

from onestep.checks import InputError, NotConverged, real
from onestep.hermite import gaussian_rule
from onestep.problem import Problem

_MOST = 1e50  # its square and products of it are numbers still


def linear_risk(problem: Problem, m: float, q: float, eps: float, *, cross: bool = True) -> float:
    """AR of x -> theta . x with m = beta_star . theta and q = |theta|^2, for a theta that does not know the new rows.

        AR = s^2 + 2 eps sqrt(q) E|r| + eps^2 q,   s^2 = E r^2.

    Its projection on the direction of the teacher, E[theta . x | beta_star . x], has q = m^2.

    Parameters
    ----------
    problem : Problem
        Isotropic inputs and a teacher of one direction.
    m, q : float
        m^2 <= q.
    eps : float
        >= 0.
    cross : bool
        False leaves out the second term, which is what is wrong if moves and residuals were independent.

    Raises
    ------
    InputError
        A problem of another kind, m^2 > q, or a negative eps.
    """
    m, q, eps = real("m", m), real("q", q, 0.0), _eps(eps)
    if q > _MOST:
        raise InputError("q", q, f"a number up to {_MOST:g}")
    if abs(m) > math.sqrt(q) * (1 + 1e-9):
        raise InputError("q", q, f"at least the square of m = {m:g}")
    square, size = _residual(problem, 0.0, m, max(q - m * m, 0.0))
    return square + eps**2 * q + (2 * eps * math.sqrt(q) * size if cross else 0.0)


def readout_risk(problem: Problem, cosine: float, intercept: float, slope: float, eps: float) -> float:
    """AR of x -> a + b t, t = x . v for a unit vector v of the given cosine with the teacher's direction.

    E(|y - a - b t| + eps |b|)^2, convex in (a, b).

    Parameters
    ----------
    problem : Problem
        As in `linear_risk`.
    cosine : float
        From -1 to 1.
    intercept, slope : float
        a and b.
    eps : float
        >= 0.

    Raises
    ------
    InputError
        A problem or a number of another kind.
    """
    cosine, a, b, eps = _cosine(cosine), real("intercept", intercept), real("slope", slope), _eps(eps)
    if max(abs(a), abs(b)) > _MOST:
        raise InputError("intercept, slope", (a, b), f"numbers up to {_MOST:g}")
    square, size = _residual(problem, a, b * cosine, b * b * (1 - cosine**2))
    return square + 2 * eps * abs(b) * size + eps**2 * b * b


def best_readout(problem: Problem, cosine: float, eps: float) -> tuple[float, float, float]:
    """(intercept, slope, AR) where `readout_risk` is smallest. Parameters and errors are those of `readout_risk`.

    Raises
    ------
    NotConverged
        The search does not settle.
    """
    cosine, eps = _cosine(cosine), _eps(eps)
    start = [problem.target[0], 0.5 * problem.target[1] * cosine] if isinstance(problem, Problem) else [0.0, 0.0]
    found = minimize(
        lambda x: readout_risk(problem, cosine, float(x[0]), float(x[1]), eps),
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-11, "maxiter": 2000},
    )
    if not found.success:
        raise NotConverged("the best robust readout", float(np.ptp(found.final_simplex[1])), int(found.nit))
    return float(found.x[0]), float(found.x[1]), float(found.fun)


def standard_readout(problem: Problem, cosine: float, eps: float) -> float:
    """AR of the readout of least squares, a = c_{*,0} and b = c_{*,1} cosine; otherwise as `readout_risk`."""
    cosine = _cosine(cosine)
    _checked(problem)
    return readout_risk(problem, cosine, problem.target[0], problem.target[1] * cosine, eps)


def _residual(problem: Problem, intercept: float, along: float, aside: float) -> tuple[float, float]:
    """E r^2 and E|r| of r = y - intercept - along z - N(0, aside): Gaussian given z."""
    _checked(problem)
    z, weights = gaussian_rule(problem.sigma_star.kinks, 0.1)
    centre = problem.sigma_star(z) - intercept - along * z
    variance = problem.noise_variance + aside
    if variance == 0.0:
        return float(weights @ centre**2), float(weights @ np.abs(centre))
    spread = math.sqrt(variance)
    ratio = centre / spread
    folded = spread * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + centre * special.erf(ratio / math.sqrt(2))
    return float(weights @ (centre**2 + variance)), float(weights @ folded)


def _checked(problem: Problem) -> None:
    if not isinstance(problem, Problem) or problem.levels is not None or problem.directions > 1:
        raise InputError("problem", problem, "a Problem with isotropic inputs and a teacher of one direction")


def _eps(eps: float) -> float:
    eps = real("eps", eps, 0.0)
    if eps > _MOST:
        raise InputError("eps", eps, f"a number up to {_MOST:g}")
    return eps


def _cosine(cosine: float) -> float:
    cosine = real("cosine", cosine)
    if abs(cosine) > 1:
        raise InputError("cosine", cosine, "a number from -1 to 1")
    return cosine
