"""Feature learning as alignment: how alike are W'W and the average gradient outer product after one step?

The neural feature matrix is F = W'W. The average gradient outer product of f(x) = a' sigma(Wx) is M = W'KW with
K = E[(a o sigma'(Wx)) (a o sigma'(Wx))']. Their correlation is tr(FM)/(|F| |M|) in Frobenius norms. The question is
that of Beaglehole, Mitliagkas and Agarwala (arXiv:2402.05271); the formulas are derived for this book, for n, d, N in
proportion, up to relative corrections of order 1/n.
"""

import math

import numpy as np

from onestep.checks import InputError, real, reals
from onestep.geometry import Geometry
from onestep.hermite import gaussian_rule
from onestep.problem import Problem
from onestep.theory.geometry import chosen

_LEAST, _MOST = 1e-60, 1e60  # of what is raised to the fourth power


def kurtosis(problem: Problem) -> float:
    """E y^4 / (E y^2)^2 of the labels, noise included; 3 if they are Gaussian.

    Raises
    ------
    InputError
        The teacher has several directions.
    """
    z, weight = gaussian_rule(problem.sigma_star.kinks)
    square = np.square(problem.sigma_star(z))
    second, fourth, noise = float(weight @ square), float(weight @ square**2), problem.noise_variance
    return (fourth + 6 * second * noise + 3 * noise**2) / (second + noise) ** 2


def centred_defect(problem: Problem, geometry: Geometry | None = None, residual_kurtosis: float | None = None) -> float:
    """One minus the correlation of G'G and G'KG, for the gradient G and K at the untrained weights.

        kappa^2/2 [ (1 + (2 c_2)^4/v^2)/d + m_4/N + k_4/n_gradient ],   v = Var sigma'(Z)

    with m_4 the kurtosis of the readout about zero and k_4 that of the residual. It is the same for every step size.

    Parameters
    ----------
    problem : Problem
    geometry : Geometry or None
        Its `lengthening` is kappa and its `readout` gives m_4. None for the limit.
    residual_kurtosis : float >= 1 or None
        k_4 of one draw; None for `kurtosis(problem)`.

    Raises
    ------
    InputError
        A teacher with a mean and an activation with c_2, which no formula here covers; inputs with a covariance; or
        the kurtosis is below 1.
    """
    geometry = _known(problem, geometry)
    residual = kurtosis(problem) if residual_kurtosis is None else real("residual_kurtosis", residual_kurtosis, 1.0)
    if not problem.student.slope_variance:
        return 0.0
    structure = (2 * problem.student[2]) ** 4 / problem.student.slope_variance**2
    second, fourth = _readout_moments(problem, geometry)
    moments = (1 + structure) / problem.d + fourth / second**2 / problem.N + residual / problem.rows_gradient
    return geometry.lengthening**2 / 2 * moments


def push(problem: Problem, eta: float | np.ndarray, geometry: Geometry | None = None) -> np.ndarray:
    """p = eta |c_1| |beta| |a|, the norm of what the step adds to W0 along beta; shape of `eta`.

    Raises
    ------
    InputError
        `eta` is negative; or as `centred_defect`.
    """
    geometry = _known(problem, geometry)
    second, _ = _readout_moments(problem, geometry)
    return _sized("eta", eta) * abs(problem.student[1]) * geometry.beta_norm * math.sqrt(second)


def step_at(problem: Problem, scaled: float | np.ndarray, geometry: Geometry | None = None) -> np.ndarray:
    """The step with `push` = `scaled` N^(1/4), where W'W of start and of step are comparable; shape of `scaled`."""
    return _sized("scaled", scaled) * problem.N**0.25 / push(problem, 1.0, geometry)


def uncentred(problem: Problem, eta: float | np.ndarray, geometry: Geometry | None = None) -> np.ndarray:
    """The correlation of W'W and W'KW after a step of size `eta`; shape of `eta`.

        [(1 + delta)(1 + v/c_1^2) + (2 + delta) p^2 + p^4]
        / [(1 + p^2) sqrt(N (1 + delta) + 2 (1 + delta)(1 + kappa) p^2 + p^4)],   delta = N/d, p = push

    Raises
    ------
    InputError
        A readout with a mean and an activation with c_2; or as `push`.
    """
    geometry = _known(problem, geometry)
    law = problem.readout_law
    if problem.student[2] and law is not None and abs(law[0] @ law[1]) > 1e-12:
        allowed = "a law of mean 0, as the Gaussian; or an activation with c_2 = 0"
        raise InputError("readout", problem.readout, allowed)
    square, delta = push(problem, eta, geometry) ** 2, problem.N / problem.d
    start = (1 + delta) * (1 + problem.student.slope_variance / problem.student[1] ** 2)
    both = start + (2 + delta) * square + square**2
    weights = problem.N * (1 + delta) + 2 * (1 + delta) * (1 + geometry.lengthening) * square + square**2
    return both / ((1 + square) * np.sqrt(weights))


def uncentred_limit(problem: Problem, scaled: float | np.ndarray) -> np.ndarray:
    """q^2 / sqrt(1 + N/d + q^4) for q = `scaled`: the limit of `uncentred` at a `push` of q N^(1/4)."""
    square = _sized("scaled", scaled) ** 2
    return square / np.sqrt(1 + problem.N / problem.d + square**2)


def leading(
    problem: Problem, eta: float | np.ndarray, geometry: Geometry | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What the top eigenvector of the average gradient outer product knows, and how much of the trace it has.

    The eigenvector is W0'a + eta c_1 |a|^2 beta. Its squared cosine with beta_star is rho^2 p^2/(1 + p^2). The trace is
    c_1^2 (1 + p^2), its own part, plus v (1 + m_4 (1 + kappa) p^2/N), with m_4 as in `centred_defect`.

    Returns
    -------
    (squared cosine, share of the trace), each of the shape of `eta`
    """
    geometry = _known(problem, geometry)
    square, (second, fourth) = push(problem, eta, geometry) ** 2, _readout_moments(problem, geometry)
    top = problem.student[1] ** 2 * (1 + square)
    rows = 1 + fourth / second**2 / problem.N * (1 + geometry.lengthening) * square
    return geometry.cosine**2 * square / (1 + square), top / (top + problem.student.slope_variance * rows)


def without_a_teacher(problem: Problem) -> Geometry:
    """The limit geometry of a step on the same labels in another order: |beta|^2 = (d/n_gradient) E y^2, rho = 0.

    Raises
    ------
    InputError
        As `centred_defect`.
    """
    _known(problem, None)
    return Geometry(math.sqrt(problem.phi_gradient * _labels(problem)), 0.0)


def linear_penalty(problem: Problem, kernel: tuple[float, float, float], penalty: float | np.ndarray) -> np.ndarray:
    """The ridge penalty of the linear regression that a kernel h(x'x/d) comes down to; shape of `penalty`.

    Parameters
    ----------
    problem : Problem
    kernel : (h(0), h'(0), h(1)), h'(0) > 0 and h(1) >= h(0) + h'(0)
    penalty : number >= 0, or an array of them
        Added to the diagonal of the kernel matrix.

    Returns
    -------
    (d/n) [h(1) - h(0) - h'(0) + penalty] / h'(0), with n the rows of the gradient batch
    """
    values = reals("kernel", kernel)
    if values.shape != (3,) or values[1] <= 0 or values[2] < values[0] + values[1]:
        raise InputError("kernel", kernel, "h(0), h'(0) > 0 and h(1) >= h(0) + h'(0)")
    rest = values[2] - values[0] - values[1]
    return problem.phi_gradient * (rest + _sized("penalty", penalty)) / values[1]


def ridge_cosine(problem: Problem, penalty: float | np.ndarray) -> np.ndarray:
    """Cosine with beta_star of the ridge estimate (X'X/n + penalty)^-1 X'y/n; shape of `penalty`.

        c_{*,1} / sqrt(c_{*,1}^2 + phi/(s R) [c_{*,1}^2 (1 - s)^2 + E y^2 - c_{*,1}^2])

    with phi = d/n_gradient, R^2 = (1 - phi + penalty)^2 + 4 phi penalty, s = m/(1 + phi m) and m the normalised trace
    of (X'X/n + penalty)^-1. An infinite penalty gives s R = 1 and s = 0, and so rho, the cosine of the gradient step.
    The best penalty is `best_penalty`.

    Raises
    ------
    InputError
        A penalty below 1e-60; or as `centred_defect`.
    """
    _known(problem, None)
    lam, phi, first = _sized("penalty", penalty, _LEAST), problem.phi_gradient, problem.target[1]
    gap = 1 - phi + lam
    root = np.sqrt(gap**2 + 4 * phi * lam)
    trace = np.where(gap > 0, 2 / (root + np.abs(gap)), (root - gap) / (2 * phi * lam))  # neither form loses digits
    explained = trace / (1 + phi * trace)
    rest = first**2 * (1 - explained) ** 2 + _labels(problem) - first**2
    return first / np.sqrt(first**2 + phi / (explained * root) * rest)


def best_penalty(problem: Problem) -> float:
    """phi (E y^2 - c_{*,1}^2) / c_{*,1}^2, where `ridge_cosine` is largest.

    Raises
    ------
    InputError
        The teacher has no linear part; or as `centred_defect`.
    """
    _known(problem, None)
    if not problem.target[1]:
        raise InputError("teacher", problem.teacher, "one with c_{*,1} != 0: ridge regression finds no other direction")
    return problem.phi_gradient * (_labels(problem) / problem.target[1] ** 2 - 1)


def _sized(name: str, values: float | np.ndarray, least: float = 0.0) -> np.ndarray:
    """`values` as an array, from `least` to `_MOST`."""
    array = reals(name, values, least)
    if np.max(array, initial=0.0) > _MOST:
        raise InputError(name, values, f"numbers of at most {_MOST:g}")
    return array


def _labels(problem: Problem) -> float:
    """E y^2, noise included."""
    return problem.target.second_moment + problem.noise_variance


def _readout_moments(problem: Problem, geometry: Geometry) -> tuple[float, float]:
    """Second and fourth moment of sqrt(N) a_j."""
    law = problem.readout_law if geometry.readout is None else geometry.readout
    if law is None:
        return 1.0, 3.0
    nodes, weights = law
    return float(weights @ nodes**2), float(weights @ nodes**4)


def _known(problem: Problem, geometry: Geometry | None) -> Geometry:
    """The geometry with kappa filled in; refuses problems that the formulas of this file do not cover."""
    if not isinstance(problem, Problem):
        raise InputError("problem", problem, "a Problem")
    problem.need_isotropic_inputs()
    if problem.target[0] and problem.student[2]:
        allowed = "a teacher without a mean, or an activation with c_2 = 0: their product stretches the rows"
        raise InputError("teacher", problem.teacher, allowed)
    geometry = chosen(problem, geometry)
    if max(geometry.lengthening, geometry.beta_norm) > _MOST:
        raise InputError("geometry", geometry, f"one with `lengthening` and `beta_norm` of at most {_MOST:g}")
    return geometry
