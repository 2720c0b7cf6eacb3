"""Repetitions of an experiment over seeds, with means, standard errors and paired differences."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from onestep.checks import InputError, choice, integer
from onestep.problem import Problem
from onestep.simulation.experiment import Measurement, run

_OF_THE_GEOMETRY = ("beta_norm", "cosine", "projection_norm")
_FIELDS = (*(field.name for field in fields(Measurement)), *_OF_THE_GEOMETRY)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Measurements of one problem on several draws.

    `name` below is the name of an array field of `Measurement` ("train_error"), or of a number of its geometry:
    "beta_norm", "cosine" or "projection_norm".

    Attributes
    ----------
    measurements : tuple of Measurement
        One for each seed.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import run_many
    >>> ensemble = run_many(Problem(n=200, d=100, N=150), eta=[0.0, 2.0], ridge=0.1, seeds=range(4))
    >>> mean, error = ensemble.gain("test_error")
    >>> mean.shape, mean[0].tolist()
    ((2, 1), [0.0])
    """

    measurements: tuple[Measurement, ...]

    def values(self, name: str) -> np.ndarray:
        """All draws stacked.

        Parameters
        ----------
        name : str
            See `Ensemble`.

        Returns
        -------
        (S, ...) array
            With the shape that the field has in one measurement.
        """
        choice("name", name, _FIELDS)
        return np.array([getattr(m.geometry if name in _OF_THE_GEOMETRY else m, name) for m in self.measurements])

    def mean(self, name: str) -> np.ndarray:
        """Mean over draws.

        Parameters
        ----------
        name : str
            See `Ensemble`.

        Returns
        -------
        array
            Of the shape of the field.
        """
        return self.values(name).mean(axis=0)

    def standard_error(self, name: str) -> np.ndarray:
        """Standard error of the mean over draws.

        Parameters
        ----------
        name : str
            See `Ensemble`.

        Returns
        -------
        array
            Of the shape of the field.

        Raises
        ------
        InputError
            There is one draw only.
        """
        return _standard_error(self.values(name))

    def gain(self, name: str, baseline: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """How much lower the field is than at the step size number `baseline`, paired.

        Every step size of a draw saw the same data, so most of the scatter cancels in the difference.

        Parameters
        ----------
        name : str
            See `Ensemble`.
        baseline : int
            The place of a step size in `eta`.

        Returns
        -------
        mean, standard_error : array
            Of the shape of the field.
        """
        values = self.values(name)
        baseline = integer("baseline", baseline, 0, values.shape[1] - 1 if values.ndim > 1 else 0)
        difference = values[:, baseline : baseline + 1] - values
        return difference.mean(axis=0), _standard_error(difference)


def run_many(
    problem: Problem, eta: float | np.ndarray, ridge: float | np.ndarray, seeds: Iterable[int], **options
) -> Ensemble:
    """`run(problem, eta, ridge, seed, **options)` for every seed.

    Parameters
    ----------
    problem : Problem
        What to draw.
    eta, ridge : float or array
        As in `run`.
    seeds : iterable of int
        >= 0, each once.
    **options : object
        `n_test`, `top` and `solver` of `run`.

    Returns
    -------
    Ensemble
        The measurements, in the order of the seeds.

    Raises
    ------
    InputError
        No seed, a repeated one, or one that is not an integer >= 0; or as `run`.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import run_many
    >>> ensemble = run_many(Problem(n=200, d=100, N=150), eta=2.0, ridge=0.1, seeds=range(3))
    >>> ensemble.values("test_error").shape
    (3, 1, 1)
    """
    try:
        seeds = [integer("seeds", seed, 0) for seed in seeds]
    except TypeError as error:  # one number is no row of them
        raise InputError("seeds", seeds, "integers >= 0, in a row") from error
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError("seeds", seeds, "at least one seed, each once: a repeated seed is no second draw")
    return Ensemble(tuple(run(problem, eta, ridge, seed, **options) for seed in seeds))


def _standard_error(values: np.ndarray) -> np.ndarray:
    if len(values) < 2:
        raise InputError("seeds", len(values), "at least 2 draws for a standard error")
    return values.std(axis=0, ddof=1) / np.sqrt(len(values))
