"""The best step and the best ridge penalty together, each enclosed by two that are worse."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from onestep.checks import choice, integer, real, reals
from onestep.problem import Problem
from onestep.theory import any_step, ridge_errors
from onestep.theory.bracket import Minimum, bracketed
from onestep.theory.geometry import limit_geometry

RIDGES = (1e-6, 1e4)  # penalties that are searched
TILTS = (1e-3, 16.0)  # and tilts
SCAN = tuple(2.0**k for k in range(-5, 4))
_THEORIES: dict[str, Callable] = {  # test errors
    "every step": lambda problem, ridge, eta: any_step.errors(problem, ridge, eta)[1],
    "structured": lambda problem, ridge, eta: any_step.errors(problem, ridge, eta, noise="structured")[1],
    "limit": lambda problem, ridge, eta: ridge_errors.errors(problem, ridge, eta)[1],
}


@dataclass(frozen=True, eq=False)
class BestFit:
    """The smallest test error that a step and a penalty reach together.

    Attributes
    ----------
    problem : Problem.
    theory : "every step", "structured" or "limit", as in `best_fit`.
    test_error : E (y - f(x)' a)^2 at the best step and penalty, the label noise included.
    eta, ridge : step size and penalty; `eta` is 0 where no step is best.
    tilt : delta of that step, and what encloses it; `tilt.values` are test errors at the best penalty of each tilt.
    penalty : the penalty at that step, and what encloses it.
    untrained : the same without a step.
    """

    problem: Problem
    theory: str
    test_error: float
    eta: float
    ridge: float
    tilt: Minimum
    penalty: Minimum
    untrained: Minimum

    @property
    def gain(self) -> float:
        """By how much the step lowers the test error, each at its best penalty; 0 where no step is best."""
        return self.untrained.value - self.test_error


def step_of_tilt(problem: Problem, tilt):
    """eta = delta sqrt(N) / (|c_1| |beta|): the step that shifts the units by `tilt`, in root mean square.

    Parameters
    ----------
    tilt : float or array, >= 0
        delta, the shift of a unit's input by one standard deviation of beta . x.

    Returns
    -------
    float or array of the shape of `tilt`

    Raises
    ------
    InputError
        A tilt is negative.
    """
    tilt = reals("tilt", tilt, 0.0)
    return (tilt * problem.N**0.5 / (abs(problem.student[1]) * limit_geometry(problem).beta_norm))[()]


def best_penalty(problem: Problem, eta: float, theory: str = "every step", start: float | None = None) -> Minimum:
    """The penalty with the smallest test error after a step of size `eta`.

    Parameters
    ----------
    eta : float
        Step size, >= 0.
    theory : "every step", "structured" or "limit"
        `any_step` with isotropic noise, or with the noise as it is, or `ridge_errors`.
    start : float or None
        A guess, where there is one.

    Returns
    -------
    Minimum
        In the penalty; `value` is the test error, the label noise included.

    Raises
    ------
    InputError
        An argument out of its range.
    NotBracketed
        No penalty in `RIDGES` is better than both its neighbours.
    """
    eta = real("eta", eta, 0.0)
    test = _THEORIES[choice("theory", theory, _THEORIES)]
    if start is None:
        grid = 0.3 * 2.0 ** np.arange(-4, 5)
    else:
        grid = float(np.clip(start, 4 * RIDGES[0], RIDGES[1] / 4)) * 2.0 ** np.arange(-1, 2)
    return bracketed(lambda ridge: test(problem, ridge, eta), grid, RIDGES, name="the ridge penalty", rounds=1)


def best_fit(problem: Problem, theory: str = "every step", tilts=SCAN, rounds: int = 2) -> BestFit:
    """Step and penalty with the smallest test error, found by `any_step` or by the limit theory.

    For each tilt of a scan the penalty is chosen anew; the valley of the tilt is then refined. No step at all is one of
    the candidates, and "no step" is the answer where every step that was tried is worse.

    Parameters
    ----------
    theory : "every step", "structured" or "limit"
        As in `best_penalty`. The limit theory has no best step for most problems: it knows no cost of large ones.
    tilts : (G,) ascending
        The scan, in units of delta. It is extended as far as `TILTS` where needed.
    rounds : int
        How often the valley is refined.

    Raises
    ------
    InputError
        An argument out of its range.
    NotBracketed
        The test error still falls at the largest tilt, or at an end of the penalties.
    """
    untrained = best_penalty(problem, 0.0, "limit")  # without a step all theories are one
    at: dict[float, Minimum] = {}

    def lowest(places):
        for delta in places:
            near = min(at, key=lambda known: abs(np.log(known / delta)), default=None)
            start = untrained.place if near is None else at[near].place
            at[delta] = best_penalty(problem, float(step_of_tilt(problem, delta)), theory, start)
        return [at[delta].value for delta in places]

    found = bracketed(lowest, tilts, TILTS, name="the tilt", zero=untrained.value, rounds=integer("rounds", rounds, 0))
    if found.at_zero:
        return BestFit(problem, theory, found.value, 0.0, untrained.place, found, untrained, untrained)
    here = at[found.place]
    eta = float(step_of_tilt(problem, found.place))
    return BestFit(problem, theory, found.value, eta, here.place, found, here, untrained)
