"""What a trained unit sees: the law of a feature given t = beta . x / |beta|, for one step size.

The pre-activation of unit j is tau_j Z + s_j t with Z ~ N(0, 1) independent of t, s_j = eta c_1 |beta| a_j and
tau_j^2 = (1 + 2 c_2 c_{*,0} eta a_j)^2 + kappa s_j^2: the step tilts row j by s_j along beta, and the gradient's noise
lengthens it. (Its part 2 c_2 eta a_j (X' diag(y) X/n) w_j has the mean 2 c_2 c_{*,0} eta a_j w_j.)
"""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.teachers import MultiIndex
from onestep.theory.any_step.quadrature import REACH, gaussian_readout, label_grid, moments
from onestep.theory.any_step.rows import Rows, rows
from onestep.theory.geometry import chosen

LONGEST = 300.0  # of |(tau_j, s_j)|; nodes grow with it, and beyond the laws would fill the memory


@dataclass(frozen=True, eq=False)
class FeatureLaw:
    """Everything the fixed point needs that does not depend on the ridge.

    r = 1..p runs over the quantised second layer, t over T quadrature nodes.

    Attributes
    ----------
    weight : (T,) weights of the nodes t.  t : (T,) the nodes.
    share, a, tau : (p,) the fraction pi_r of the units in class r, their sqrt(N) a_j, the length of their rows.
    mu0, mu1, mu2 : (p, T) E sigma, E Z sigma and E sigma^2 - mu0^2 - mu1^2 for sigma(tau_r Z + s_r t).
    g0, y2 : (T,) E[y | t] and E[y^2 | t]; y is sigma_star(rho t + sqrt(1 - rho^2) u) + noise.
    g1 : (k, T) E[y u | t], and for a teacher of k directions E[y z_j | t] for the k - 1 that t knows nothing of.
    n, d, N : the sizes.
    rows : how the rows lie among the levels of the inputs' covariance; None for the identity.
    """

    weight: np.ndarray
    t: np.ndarray
    share: np.ndarray
    a: np.ndarray
    tau: np.ndarray
    mu0: np.ndarray
    mu1: np.ndarray
    mu2: np.ndarray
    g0: np.ndarray
    g1: np.ndarray
    y2: np.ndarray
    n: int
    d: int
    N: int
    rows: Rows | None = None


def feature_law(
    problem: Problem,
    eta: float,
    geometry: Geometry | None = None,
    reach: float = REACH,
    spacing: float | None = None,
) -> FeatureLaw:
    """The law of features and labels after a step of size `eta`, with the limiting geometry if none is given.

    reach, spacing : where the Gaussian law of sqrt(N) a_j is cut, and how finely it is quantised.

    Raises
    ------
    InputError : not a geometry, or a step so large that a row grows beyond `LONGEST` times its length.
    """
    geometry, student = chosen(problem, geometry), problem.student
    levels = problem.levels
    tilt = eta * student[1] * geometry.beta_norm / math.sqrt(problem.N)
    a, share = geometry.readout or problem.readout_law or gaussian_readout(abs(tilt), reach, spacing)
    s = tilt * a
    with np.errstate(over="ignore"):  # refused in the next line
        tau = np.sqrt((1 + geometry.drift * s) ** 2 + geometry.lengthening * s**2)
    if not np.max(np.hypot(tau, s)) <= LONGEST:
        raise InputError("eta", eta, f"a step that makes no row longer than {LONGEST:g}; this one: {np.max(tau):.2g}")
    mirrored = a.size == 1 or (geometry.readout is None and problem.readout == "gaussian")
    sine = math.sqrt(max(1 - geometry.cosine**2, 0.0))
    t, weight = _projection(problem, geometry, float(np.max(np.abs(s) / tau)))
    if mirrored and geometry.drift == 0 and np.array_equal(t, -t[::-1]):
        # Both grids are symmetric, and (s, t) enters as s t: the units with s < 0 mirror those with s > 0.
        middle = s.size // 2
        upper = moments(problem.sigma, tau[middle:], np.outer(s[middle:], t))
        mu0, mu1, second = (np.concatenate([m[:0:-1, ::-1], m])[-s.size :] for m in upper)
    else:
        mu0, mu1, second = moments(problem.sigma, tau, np.outer(s, t))
    g0, g1, square = _labels(problem, sine, geometry.cosine * t[None])
    # The subtraction leaves rounding dust, of either sign, where a feature is affine in Z.
    mu2 = np.maximum(second - mu0**2 - mu1**2, 0.0)
    y2 = square + problem.noise_variance
    spread = None if levels is None else rows(levels, geometry, s, mu1, share, weight)
    sizes = problem.n, problem.d, problem.N
    return FeatureLaw(weight, t, share, a, tau, mu0, mu1, mu2, g0, g1, y2, *sizes, spread)


def _projection(problem: Problem, geometry: Geometry, steepest: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for t; for a Gaussian t as fine as features of this slope, and the labels, ask for."""
    if isinstance(geometry.projection, tuple):
        return geometry.projection
    if isinstance(problem.teacher, MultiIndex):
        seen = problem.teacher.marginals
        labels = (seen.mean, *seen.across, seen.square)
    else:
        labels = (problem.sigma_star,)
    return label_grid(labels, geometry.cosine, steepest, geometry.projection or 1.0)


def _labels(problem: Problem, sine: float, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """g0, g1 and E[g^2 | t] of `FeatureLaw`, where N(`mean`, `sine`^2) is the law of the first coordinate given t."""
    scale = np.array([sine])
    if not isinstance(problem.teacher, MultiIndex):
        g0, g1, square = moments(problem.sigma_star, scale, mean)
        return g0[0], g1, square[0]
    seen = problem.teacher.marginals
    g0, g1, _ = moments(seen.mean, scale, mean)
    across = [moments(link, scale, mean)[0] for link in seen.across]
    return g0[0], np.concatenate([g1, *across]), moments(seen.square, scale, mean)[0][0]
