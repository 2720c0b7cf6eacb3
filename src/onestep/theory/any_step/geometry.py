"""The few numbers through which the gradient batch and the second layer enter: their limits, or those of one draw."""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.problem import Problem
from onestep.theory.any_step.quadrature import gauss_rule, trapezoid

_PLUG_IN_NODES = 32
_STEEP = 4.0  # of the grid for t when it is chosen before the step is known


@dataclass(frozen=True, eq=False)
class Geometry:
    """The few numbers through which the gradient batch and the second layer enter.

    Attributes
    ----------
    norm : |beta|, beta = X'y / n on the gradient batch.
    cosine : rho, the cosine between beta and beta_star.
    readout : nodes and weights of a quadrature for the law of sqrt(N) a_j; None for that of the problem.
    projection : nodes and weights of a quadrature for the law of t = beta . x / |beta| over the ridge batch; None
        for N(0, 1). Where None stands, the grid is as fine as the step size asks for.
    """

    norm: float
    cosine: float
    readout: tuple[np.ndarray, np.ndarray] | None = None
    projection: tuple[np.ndarray, np.ndarray] | None = None


def limit(problem: Problem) -> Geometry:
    """The geometry of n -> infinity: |beta|^2 = c_{*,1}^2 + phi (c_*^2 + sigma_eps^2), rho = c_{*,1} / |beta|.

    phi is that of the gradient batch. Source: Ba et al. 2022 (arXiv:2205.01445); the book's chapter on the gradient.

    Raises
    ------
    InputError : the problem's first output is of order one; the gradient is then not c_1 a beta' plus noise.
    """
    problem.need_isotropic_inputs()
    if problem.first_output != "mean_field":
        raise InputError("first_output", problem.first_output, "'mean_field': the only one this theory describes")
    first, second = problem.target[1], problem.target.second_moment + problem.noise_variance
    norm = math.sqrt(first**2 + problem.phi_gradient * second)
    return Geometry(norm, first / norm)


def of(problem: Problem, geometry: Geometry | None) -> Geometry:
    """`geometry`, or the limit where there is none."""
    if geometry is not None and not isinstance(geometry, Geometry):
        raise InputError("geometry", geometry, "None, or a geometry of any_step, such as any_step.plug_in(...)")
    return limit(problem) if geometry is None else geometry


def plug_in(problem: Problem, norm: float, cosine: float, readout, projection) -> Geometry:
    """The geometry of one drawn instance, for predictions free of the sampling noise of these quantities.

    norm, cosine : |beta| and cos(beta, beta_star), measured.
    readout : (N,) the drawn second layer a.
    projection : (n,) the drawn t = Xt beta / |beta|; or only its root mean square, then t is taken as Gaussian.

    Empirical laws are compressed to Gauss quadratures that share their first moments (Golub & Welsch 1969).

    Raises
    ------
    InputError : norm not positive, |cosine| > 1, or an array that is empty or not of finite numbers.
    """
    norm, cosine = real("norm", norm, 0.0, open_below=True), real("cosine", cosine)
    if abs(cosine) > 1:
        raise InputError("cosine", cosine, "a number between -1 and 1")
    a, t = reals("readout", readout).ravel(), reals("projection", projection)
    if a.size == 0 or t.size == 0 or not np.any(t):
        name, given = ("readout", readout) if a.size == 0 else ("projection", projection)
        raise InputError(name, given, "at least one number, and for a projection not only zeros")
    if t.ndim == 0:
        nodes, weight = trapezoid(_STEEP)
        law_of_t = float(t) * nodes, weight
    else:
        law_of_t = compress(t.ravel(), _PLUG_IN_NODES)
    return Geometry(norm, cosine, compress(math.sqrt(problem.N) * a, _PLUG_IN_NODES), law_of_t)


def compress(samples: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss quadrature of the empirical law of `samples`, exact to degree 2 `nodes` - 1."""
    nodes = min(integer("nodes", nodes), np.unique(samples).size)
    basis = np.zeros((nodes + 1, samples.size))
    basis[0] = 1 / math.sqrt(samples.size)
    diagonal, off = np.empty(nodes), np.empty(nodes)
    for k in range(nodes):  # Lanczos on diag(samples)
        new = samples * basis[k]
        diagonal[k] = basis[k] @ new
        for _ in range(2):  # the three-term recurrence alone loses orthogonality and repeats nodes
            new -= basis[: k + 1].T @ (basis[: k + 1] @ new)
        off[k] = np.linalg.norm(new)
        basis[k + 1] = new / off[k] if off[k] > 0 else 0.0
    return gauss_rule(diagonal, off[: nodes - 1])
