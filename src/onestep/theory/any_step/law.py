"""What a trained unit sees: the law of a feature given t = beta . x / |beta|, for one step size.

The pre-activation of unit j is tau_j Z + s_j t with Z ~ N(0, 1) independent of t, s_j = eta c_1 |beta| a_j and
tau_j^2 = 1 + kappa s_j^2: the step tilts row j by s_j along beta, and the noise of the gradient lengthens it.
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.links import Link
from onestep.problem import Problem

_PLUG_IN_NODES = 32
_STEEP = 4.0  # of the grid for t when it is chosen before the step is known
_REACH = 8.5  # exp(-8.5^2 / 2) = 2e-16
_COARSEST, _FINEST = 0.4, 0.03
_PANELS = 12
_READOUT_REACH, _WIDEST, _WIDTH, _SPACING = 7.0, 2.0, 0.5, 0.25


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
    if problem.first_output != "mean_field":
        raise InputError("first_output", problem.first_output, "'mean_field': the only one this theory describes")
    first, second = problem.target[1], problem.target.second_moment + problem.noise_variance
    norm = math.sqrt(first**2 + problem.phi_gradient * second)
    return Geometry(norm, first / norm)


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
        nodes, weight = _trapezoid(_STEEP)
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
    return _gauss_rule(diagonal, off[: nodes - 1])


def _gauss_rule(diagonal: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights from the Jacobi matrix of a law (Golub & Welsch 1969)."""
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off, 1) + np.diag(off, -1))
    return nodes, vectors[0] ** 2


@dataclass(frozen=True, eq=False)
class Law:
    """Everything the fixed point needs that does not depend on the ridge.

    r = 1..p runs over the quantised second layer, t over T quadrature nodes.

    Attributes
    ----------
    weight : (T,) weights of the nodes t.  t : (T,) the nodes.
    share : (p,) the fraction pi_r of the units in class r.
    mu0, mu1, mu2 : (p, T) E sigma, E Z sigma and E sigma^2 - mu0^2 - mu1^2 for sigma(tau_r Z + s_r t).
    g0, g1, y2 : (T,) E sigma_star, E u sigma_star for sigma_star(rho t + sqrt(1 - rho^2) u), and E y^2.
    n, d, N : the sizes.
    """

    weight: np.ndarray
    t: np.ndarray
    share: np.ndarray
    mu0: np.ndarray
    mu1: np.ndarray
    mu2: np.ndarray
    g0: np.ndarray
    g1: np.ndarray
    y2: np.ndarray
    n: int
    d: int
    N: int


def law(problem: Problem, eta: float, geometry: Geometry | None = None, reach: float = _READOUT_REACH) -> Law:
    """The law of features and labels after a step of size `eta`, with the limiting geometry if none is given.

    reach : where the Gaussian law of sqrt(N) a_j is cut.
    """
    geometry = limit(problem) if geometry is None else geometry
    tilt = eta * problem.student[1] * geometry.norm / math.sqrt(problem.N)
    a, share = geometry.readout or _readout(problem.readout, abs(tilt), reach)
    s = tilt * a
    labels = problem.target.second_moment + problem.noise_variance
    kappa = problem.phi_gradient * labels * problem.student.slope_variance / (problem.student[1] * geometry.norm) ** 2
    tau = np.sqrt(1 + kappa * s**2)
    sine = math.sqrt(max(1 - geometry.cosine**2, 0.0))
    if geometry.projection is None:
        steepest = max(np.max(np.abs(s) / tau), abs(geometry.cosine) / max(sine, _FINEST))
        t, weight = _trapezoid(steepest)
    else:
        t, weight = geometry.projection
    if geometry.readout is None and geometry.projection is None:
        # Both grids are symmetric, and (s, t) enters as s t: the units with s < 0 mirror those with s > 0.
        middle = s.size // 2
        upper = _moments(problem.sigma, tau[middle:], np.outer(s[middle:], t))
        mu0, mu1, second = (np.concatenate([m[:0:-1, ::-1], m])[-s.size :] for m in upper)
    else:
        mu0, mu1, second = _moments(problem.sigma, tau, np.outer(s, t))
    g0, g1, square = _moments(problem.sigma_star, np.array([sine]), geometry.cosine * t[None])
    # The subtraction leaves rounding dust, of either sign, where a feature is affine in Z.
    mu2 = np.maximum(second - mu0**2 - mu1**2, 0.0)
    y2 = square[0] + problem.noise_variance
    return Law(weight, t, share, mu0, mu1, mu2, g0[0], g1[0], y2, problem.n, problem.d, problem.N)


def _readout(law: str, tilt: float, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for sqrt(N) a_j, when a unit with sqrt(N) a_j = 1 tilts by `tilt`.

    Large tilts saturate: what a unit sees changes over |a| ~ 1/tilt and hardly beyond, where Gauss-Hermite nodes lie
    (96 of them are not enough at 4 sqrt(N)). The trapezoidal rule in u, a = width sinh(u), puts nodes where it changes.
    """
    if law == "constant":
        return np.ones(1), np.ones(1)
    width = min(_WIDEST, _WIDTH / max(tilt, np.finfo(float).tiny))
    half = math.ceil(math.asinh(reach / width) / _SPACING)
    u = math.asinh(reach / width) / half * np.arange(-half, half + 1)
    a = width * np.sinh(u)
    weight = np.exp(-np.square(a) / 2) * np.cosh(u)
    return a, weight / weight.sum()


def _trapezoid(steepest: float) -> tuple[np.ndarray, np.ndarray]:
    """A grid for E f(t), t ~ N(0, 1), when f is a function smoothed by a Gaussian of width w = 1/`steepest`.

    For analytic integrands the trapezoidal rule converges exponentially, and faster than Gauss-Hermite, which
    spends nodes on tails (Trefethen & Weideman 2014). exp(-2 pi^2 (w/spacing)^2) is its error.
    """
    spacing = max(_FINEST, 1 / max(1 / _COARSEST, steepest / 0.9))
    half = math.ceil(_REACH / spacing)
    t = spacing * np.arange(-half, half + 1)
    weight = np.exp(-np.square(t) / 2)
    return t, weight / weight.sum()


def _moments(link: Link, scale: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """E f, E Z f and E f^2 of f = link(scale Z + mean), for scale (p,) and mean (p, T); each (p, T)."""
    return tuple(np.stack([_row(link, *row) for row in zip(scale, mean, strict=True)], axis=1))


def _row(link: Link, scale: float, mean: np.ndarray) -> np.ndarray:
    """(3, T) moments by Gauss-Legendre panels between -8.5, the points where the argument crosses a kink, and 8.5."""
    x, w = _panels(math.ceil(_PANELS * max(scale, 1.0) / (1 + len(link.kinks))), 16)
    crossings = [(kink - mean) / max(scale, np.finfo(float).tiny) for kink in sorted(link.kinks)]
    edges = [np.array([-_REACH]), *(np.clip(crossing, -_REACH, _REACH) for crossing in crossings), np.array([_REACH])]
    moments = np.zeros((3, mean.size))
    for low, high in itertools.pairwise(edges):
        z = low[:, None] + (high - low)[:, None] * x
        value = link(scale * z + mean[:, None])
        weighted = value * (np.exp(-np.square(z) / 2) * w * ((high - low) / math.sqrt(2 * math.pi))[:, None])
        moments += weighted.sum(1), (weighted * z).sum(1), np.einsum("tq,tq->t", weighted, value)
    return moments


@lru_cache(maxsize=64)
def _panels(count: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Composite Gauss-Legendre nodes and weights on [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(order)
    nodes = (np.arange(count)[:, None] + (1 + x) / 2) / count
    return nodes.ravel(), np.tile(w / (2 * count), count)
