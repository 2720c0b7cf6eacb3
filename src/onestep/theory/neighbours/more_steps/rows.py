"""What single rows of a batch add to the weights, and how many rows stand out of the bulk.

A gradient is a sum over the rows of its batch. What is not of the form (function of a) beta' is noise, and row i adds
to it a matrix of rank one, of strength

    theta_i = eta |r_i| sqrt(d Var sigma')/n.

All rows together lift the edge of the bulk; a row with a large residual makes an outlier of its own. Both fade like
n^(alpha - 1/2) only, the second times the largest residual. Derived for this book.
"""

import math

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, real, reals
from onestep.problem import Problem
from onestep.theory.neighbours.more_steps.counting import Bulk, bulk
from onestep.theory.neighbours.more_steps.wide import checked, moved, units

_SINGLE = 2000  # rows that may stand out one by one


def row_strengths(problem: Problem, eta_1: float, eta_2: float, labels, kind: str = "same") -> np.ndarray:
    """theta_i for each row of the batches: (n,) for the same batch, (2, n) for two batches.

    One step only is `eta_2` = 0. The slopes of the second step are those of `wide.moved`, averaged over the row's
    coordinate along the first step.

    Parameters
    ----------
    problem, eta_1, eta_2, kind
        As `wide.added`; `kind` "same" or "fresh".
    labels : (n,) array, for "fresh" (2, n)

    Raises
    ------
    InputError
        As `wide.added`; or labels that are not finite or of another shape.
    """
    eta_1, eta_2 = checked(problem, eta_1, eta_2, kind)
    if kind == "rank one":
        raise InputError("kind", kind, "same or fresh")
    r = reals("labels", labels)
    if r.ndim != (1 if kind == "same" else 2) or (kind == "fresh" and len(r) != 2) or not r.size:
        raise InputError("labels", r.shape, "(n,) for the same batch, (2, n) for two")
    scale, variance, c_1 = problem.d / problem.rows_gradient**2, problem.student.slope_variance, problem.student[1]
    grid = np.linspace(-np.max(np.abs(r)), np.max(np.abs(r)), 81)
    v = math.sqrt(problem.phi_gradient * (problem.target.second_moment + problem.noise_variance))
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    alpha, share = units(problem)
    size = share * alpha**2
    total = np.zeros_like(grid)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        seen = moved(problem, eta_1, grid, np.full_like(grid, v * node), kind)
        second = eta_2 * seen.residual
        total += weight * second**2 * (size @ (seen.square - seen.mean**2))
        if kind == "same":
            total += weight * eta_1 * grid * (eta_1 * grid * variance * size.sum())
            total += weight * 2 * eta_1 * grid * second * (size @ (seen.product - c_1 * seen.mean))
    if kind == "same":
        return np.interp(r, grid, np.sqrt(scale * total.clip(0)))
    first = eta_1 * np.abs(r[0]) * math.sqrt(variance * size.sum())
    return np.stack([first, np.interp(r[1], grid, np.sqrt(total.clip(0)))]) * math.sqrt(scale)


def typical_rows(problem: Problem, eta_1: float, eta_2: float, kind: str = "same") -> tuple[np.ndarray, np.ndarray]:
    """The strengths of a batch without luck: of its largest 2000 rows, quantile by quantile, then of groups of rows.

    Parameters
    ----------
    problem, eta_1, eta_2, kind
        As in `row_strengths`.

    Returns
    -------
    (strengths, counts), for `counting.bulk`; for "fresh" of both batches
    """
    parts = [_quantiles(*law, problem.rows_gradient) for law in _laws(problem, eta_1, eta_2, kind)]
    strengths, counts = (np.concatenate(both) for both in zip(*parts, strict=True))
    return strengths, counts


def typical_bulk(problem: Problem, eta_1: float, eta_2: float, kind: str = "same") -> Bulk:
    """`counting.bulk` for `typical_rows`, and for the units as the law of the readout has them."""
    alpha, share = units(problem)
    keep = share * problem.N >= 0.5
    strengths, counts = typical_rows(problem, eta_1, eta_2, kind)
    return bulk(alpha[keep] ** 2, strengths, problem.d, share[keep] * problem.N, counts)


def expected_rows(problem: Problem, eta_1: float, eta_2: float, kind: str = "same", beyond: float = 0.0) -> float:
    """How many rows are to stand out of `typical_bulk` by more than `beyond`: n P(theta(y) > visible) for 0, the sum
    over both batches for "fresh".

    Raises
    ------
    InputError
        As `row_strengths`; or `beyond` is negative.
    """
    found = typical_bulk(problem, eta_1, eta_2, kind)
    least = far = found.visible
    if real("beyond", beyond, 0.0):
        while (found.place(far) or 0.0) < found.edge + beyond:
            far *= 2
        least = brentq(lambda s: (found.place(s) or found.edge) - found.edge - beyond, least, far, rtol=1e-10)
    return float(
        sum(
            problem.rows_gradient * density[theta > least].sum()
            for theta, density in _laws(problem, eta_1, eta_2, kind)
        )
    )


def _laws(problem: Problem, eta_1: float, eta_2: float, kind: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each batch the strengths on a grid of labels, and the probabilities of its points."""
    z = np.linspace(-9, 9, 8001)
    noise, weights = np.polynomial.hermite_e.hermegauss(9 if problem.noise_std else 1)
    y = (problem.sigma_star(z) + problem.noise_std * noise[:, None]).ravel()
    density = np.multiply.outer(weights, np.exp(-np.square(z) / 2)).ravel()
    density /= density.sum()
    theta = row_strengths(problem, eta_1, eta_2, y if kind == "same" else np.stack([y, y]), kind)
    return [(part, density) for part in theta.reshape(-1, y.size)]


def _quantiles(theta: np.ndarray, density: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-theta)
    above, square = np.cumsum(density[order]), np.cumsum(density[order] * theta[order] ** 2)
    few = min(n, _SINGLE)
    ends = np.arange(few + 1) / n
    counts = np.ones(few)
    if n > few:
        edges = few + (n - few) * np.linspace(0, 1, 401) ** 3
        ends, counts = np.concatenate([ends, edges[1:] / n]), np.concatenate([counts, np.diff(edges)])
    inside = np.diff(np.interp(ends, np.concatenate([[0.0], above]), np.concatenate([[0.0], square])))
    return np.sqrt(inside.clip(0) * n / counts), counts
