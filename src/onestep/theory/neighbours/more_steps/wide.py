"""Two steps of the wide network: what the second step adds along a, a^2, a^3, ..., on the same batch or a fresh one.

The first step moves the pre-activation of unit j by tau_j t, tau_j = eta_1 a_j, and the second slope sees the shift.
Two steps are the subject of Moniri and Hassani (arXiv:2605.17767). Their theorem was not at hand; what follows is in
the form derived for this book. It sums all powers of tau and needs the size n, through tau ~ n^(alpha_1 - 1/2).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from onestep.checks import InputError, choice, real, reals
from onestep.problem import Problem

KINDS = ("same", "fresh", "rank one")


@dataclass(frozen=True, eq=False)
class Added:
    """W2 - W0 as a sum of orthogonal terms theta_k u_k v_k', without the gradients' noise.

    Attributes
    ----------
    strengths : (K,), theta_k, descending.
    cosines : (K,), v_k . beta_star.
    profiles : (K, A), sqrt(N) u_k as a function of sqrt(N) a at the A `nodes`.
    nodes, weights : (A,), the law of sqrt(N) a_j.
    signal : the coefficient of a^2 sqrt(N) in a regression of G2 beta_star on it, G2 the second gradient.
    """

    strengths: np.ndarray
    cosines: np.ndarray
    profiles: np.ndarray
    nodes: np.ndarray
    weights: np.ndarray
    signal: float


@dataclass(frozen=True, eq=False)
class Moved:
    """Slopes after the first step, for rows with residual `r` and coordinate u along X'r/n: arrays (A, P) and (P,).

    Attributes
    ----------
    mean, square, product : (A, P), means of s_2, s_2^2 and s_1 s_2 over the units with the same a; s_1 and s_2 are the
        slopes of a unit before and after the first step.
    residual : (P,), y less the network's output after the first step.
    """

    mean: np.ndarray
    square: np.ndarray
    product: np.ndarray
    residual: np.ndarray


def added(problem: Problem, eta_1: float, eta_2: float, kind: str = "same") -> Added:
    """What two steps of sizes `eta_1` and `eta_2` add to W0, in the span of a, a^2, a^3, ...

    t = c_1 u + xi + [same] phi r sigma'(l),  u = c_{*,1} z + v g,  v^2 = phi E r^2,  Var xi = v^2 Var sigma',
    h_tau = r_2 E_{l, xi} sigma'(l + tau t),  r_2 = y - E_alpha[alpha E sigma(l + tau t)],  tau = eta_1 alpha/sqrt(N):
    unit j moves by a_j (eta_2 B(tau_j) + eta_1 c_1 beta_1), where B(tau) = X'h_tau/n has the coordinates E[z h_tau]
    along beta_star, E[g h_tau] + [same] v E[r h_tau]/E r^2 along the noise of beta_1, and noise with the Gram matrix
    phi (E[h h'] - [same] E[r h] E[r h']/E r^2).

    Parameters
    ----------
    problem : Problem
        With a teacher of one direction without a mean, and both gradients on n_gradient rows.
    eta_1, eta_2 : float
        >= 0.
    kind : "same", "fresh" or "rank one"
        The second batch is the first again, or a fresh one; or it is the first, and the first gradient is replaced by
        c_1 a beta_1', which has no noise.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    eta_1, eta_2 = checked(problem, eta_1, eta_2, kind)
    (z, wz), (e, we), (g, wg) = _rule(48), _rule(7 if problem.noise_std else 1), _rule(13)
    z, e, g = (axis.ravel() for axis in np.meshgrid(z, e, g, indexing="ij"))
    weight = np.multiply.outer(np.multiply.outer(wz, we), wg).ravel()
    r = problem.sigma_star(z) + problem.noise_std * e
    first, phi, power = problem.target[1], problem.phi_gradient, float(weight @ r**2)
    v = math.sqrt(phi * power)
    alpha, share = units(problem)
    shifted = moved(problem, eta_1, r, first * z + v * g, kind)
    h = shifted.residual * shifted.mean * weight
    along_r = h @ r
    reused = kind != "fresh"
    plain, aside = h @ z, h @ g + (v * along_r / power if reused else 0.0)
    noise = phi * (h @ (shifted.residual * shifted.mean).T - (np.outer(along_r, along_r) / power if reused else 0.0))
    c_1 = problem.student[1]
    signal = eta_2 * plain + eta_1 * c_1 * first
    gram = np.outer(signal, signal) + eta_2**2 * noise
    gram += np.outer(eta_2 * aside + eta_1 * c_1 * v, eta_2 * aside + eta_1 * c_1 * v)
    scale = np.sqrt(share) * alpha
    square, left = np.linalg.eigh(scale[:, None] * gram * scale)
    square, left = square[::-1].clip(0), left[:, ::-1]
    keep = square > 1e-20 * max(square[0], 1e-300)
    strengths = np.sqrt(square[keep])
    cosines = (scale * signal) @ left[:, keep] / strengths
    curvature = float(share @ (alpha**3 * plain)) / float(share @ alpha**4)
    return Added(strengths, cosines, (left[:, keep] / np.sqrt(share)[:, None]).T, alpha, share, curvature)


def growth(alpha_1: float, alpha_2: float, k: int) -> float:
    """The exponent of theta_k in n for eta_i = n^alpha_i: max(alpha_1, alpha_2) for k = 0, else
    alpha_2 - k (1/2 - alpha_1). Term k leaves the bulk, for n -> infinity, if it is positive.

    Raises
    ------
    InputError
        An exponent that is not from 0 to below 1/2, or k < 0.
    """
    alpha_1, alpha_2 = real("alpha_1", alpha_1, 0.0), real("alpha_2", alpha_2, 0.0)
    if max(alpha_1, alpha_2) >= 0.5:
        raise InputError("alpha_1, alpha_2", (alpha_1, alpha_2), "numbers from 0 to below 1/2")
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 0:
        raise InputError("k", k, "an integer >= 0")
    return max(alpha_1, alpha_2) if k == 0 else alpha_2 - int(k) * (0.5 - alpha_1)


def moved(problem: Problem, eta_1: float, r: np.ndarray, u: np.ndarray, kind: str) -> Moved:
    """Slopes of units after the first step on rows with residual `r` (P,) and coordinate `u` (P,), as `added` has them.

    `kind` "fresh" is for rows that the first step did not use.
    """
    alpha, share = units(problem)
    (l, wl), (x, wx) = _rule(21), _rule(9)
    power = problem.target.second_moment + problem.noise_variance
    spread = math.sqrt(problem.phi_gradient * power * problem.student.slope_variance)
    rank_one = kind == "rank one"
    l, x = (axis.ravel() for axis in np.meshgrid(l, x if not rank_one else np.zeros(1), indexing="ij"))
    weight = np.multiply.outer(wl, wx if not rank_one else np.ones(1)).ravel()
    before = problem.sigma.derivative(l)
    c_1, phi = problem.student[1], problem.phi_gradient
    own = phi * (np.full_like(before, c_1) if rank_one else before) if kind != "fresh" else np.zeros_like(before)
    t = c_1 * u[:, None] + spread * x + r[:, None] * own
    shape = (len(alpha), len(r))
    mean, square, product, output = np.empty(shape), np.empty(shape), np.empty(shape), np.zeros(len(r))
    for k, (value, part) in enumerate(zip(alpha, share, strict=True)):
        moved_to = l + eta_1 * value / math.sqrt(problem.N) * t
        after = problem.sigma.derivative(moved_to)
        mean[k], square[k], product[k] = after @ weight, after**2 @ weight, after @ (weight * before)
        output += part * value * (problem.sigma(moved_to) @ weight)
    return Moved(mean, square, product, r - output)


def units(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """The law of sqrt(N) a_j: values and shares."""
    return _rule(14) if problem.readout_law is None else problem.readout_law


def checked(problem: Problem, eta_1: float, eta_2: float, kind: str) -> tuple[float, float]:
    if not isinstance(problem, Problem):
        raise InputError("problem", problem, "a Problem")
    problem.need_isotropic_inputs()
    problem.sigma_star  # noqa: B018  refuses a teacher of several directions
    if abs(problem.target[0]) > 1e-9:
        raise InputError("teacher", problem.teacher, "one without a mean, c_{*,0} = 0")
    if problem.first_output != "mean_field":
        raise InputError("first_output", problem.first_output, "mean_field")
    choice("kind", kind, KINDS)
    sizes = reals("eta_1, eta_2", (eta_1, eta_2), 0.0)
    if np.max(sizes) > 1e6:
        raise InputError("eta_1, eta_2", (eta_1, eta_2), "numbers from 0 to 1e6")
    return float(sizes[0]), float(sizes[1])


def _rule(count: int) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = hermegauss(count)
    return nodes, weights / weights.sum()
