"""What the theory says on a grid of problems and steps, as plain JSON for the explorer."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from onestep.checks import reals
from onestep.problem import Problem
from onestep.theory import any_step
from onestep.theory.baselines import linear_errors
from onestep.theory.regimes import critical_exponents
from onestep.theory.resolvent import edges

_POINTS = 60
_DIGITS = 4


def grid(
    problem: Problem,
    *,
    activations: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    ridges: Sequence[float],
    alphas: Sequence[float],
    bulk_alphas: Sequence[float],
) -> dict:
    """Everything the page shows, as plain JSON; `cases` is nested activation by activation, sizes by sizes.

    Parameters
    ----------
    problem : what the cases have in common: n, teacher and noise.
    sizes : pairs (d, N).
    alphas, bulk_alphas : exponents of the steps n**alpha, ascending; the bulk's density is computed at the second.
    """
    for name, values in {"ridges": ridges, "alphas": alphas, "bulk_alphas": bulk_alphas}.items():
        reals(name, values, 0.0)
    cases = [[replace(problem, activation=name, d=d, N=N) for d, N in sizes] for name in activations]
    return {
        "n": problem.n,
        "teacher": [problem.target[k] for k in range(4)],
        "noise_std": problem.noise_std,
        "activations": list(activations),
        "sizes": [{"d": d, "N": N, "phi": d / problem.n, "psi": d / N} for d, N in sizes],
        "ridges": list(ridges),
        "alphas": _short(alphas),
        "steps": _short([problem.step(alpha) for alpha in alphas]),
        "bulk_alphas": _short(bulk_alphas),
        "thresholds": _short([alpha for alpha in critical_exponents(4) if alpha > 0]),
        "cases": [[_case(own, ridges, alphas, bulk_alphas) for own in row] for row in cases],
    }


def _case(problem: Problem, ridges, alphas, bulk_alphas) -> dict:
    x = np.geomspace(3e-3, 1, _POINTS) * 2.2 * edges(problem)[-1, 1]  # a bulk grows with its step
    step = np.array([problem.step(alpha) for alpha in alphas])
    ridge = np.array(ridges)[:, None]
    train, test = any_step.errors(problem, ridge, step)
    train0, test0 = any_step.errors(problem, ridge[:, 0], 0.0)
    return {
        "x": _short(x),
        "density": [_short(x * any_step.density(problem, x, problem.step(alpha))) for alpha in bulk_alphas],
        "outliers": [
            [{"at": _rounded(o.position), "overlaps": _short(o.overlaps)} for o in any_step.outliers(problem, eta)]
            for eta in step
        ],
        "train": [_short(row) for row in train],
        "test": [_short(row) for row in test],
        "train0": _short(train0),
        "test0": _short(test0),
        "linear": _short(linear_errors(problem, ridge[:, 0])[1]),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _short(values) -> list[float]:
    """Four digits: what a picture can show."""
    return [_rounded(value) for value in np.asarray(values, dtype=float)]
