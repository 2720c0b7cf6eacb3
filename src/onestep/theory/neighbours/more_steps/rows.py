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
from onestep.theory.neighbours.more_steps.counting import bulk
from onestep.theory.neighbours.more_steps.wide import checked, moved, units


def expected_rows(problem: Problem, eta_1: float, eta_2: float, kind: str = "same", beyond: float = 0.0) -> float:
    """How many rows are to stand out of the bulk by more than `beyond`: n P(theta(y) > visible) for 0, the sum over
    both batches for "fresh".

    The bulk is that of rows which all have the mean square of theta(y): the rest of the law matters in its tail only,
    and the tail is what is counted.

    Raises
    ------
    InputError
        As `row_strengths`.
    """
    z = np.linspace(-9, 9, 20001)
    density = np.exp(-np.square(z) / 2)
    noise, weights = np.polynomial.hermite_e.hermegauss(9 if problem.noise_std else 1)
    y = (problem.sigma_star(z) + problem.noise_std * noise[:, None]).ravel()
    density = np.multiply.outer(weights, density).ravel()
    density /= density.sum()
    theta = row_strengths(problem, eta_1, eta_2, y if kind == "same" else np.stack([y, y]), kind).reshape(-1, y.size)
    n, (alpha, share) = problem.rows_gradient, units(problem)
    keep = share * problem.N >= 0.5
    mean = np.sqrt(theta**2 @ density)
    flat = np.maximum(mean, 1e-12)
    found = bulk(alpha[keep] ** 2, flat, problem.d, share[keep] * problem.N, np.full(len(flat), float(n)))
    least, far = found.visible, found.visible
    if real("beyond", beyond, 0.0):
        while (found.place(far) or 0.0) < found.edge + beyond:
            far *= 2
        least = brentq(lambda s: (found.place(s) or found.edge) - found.edge - beyond, least, far, rtol=1e-10)
    return float(n * np.sum((theta > least) @ density))


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
