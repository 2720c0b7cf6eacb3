"""Is chance as large as the claims say? Their distances at several seeds, against the law that chance would give.

The data are `chapters/data/calibration.csv`, which `onestep calibrate` writes: a row for each claim at each seed.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtr

from onestep.book.claim import HOLDS, ONE_SIDED, TWO_SIDED
from onestep.book.statistics import Average, over_seeds
from onestep.checks import InputError, reals

CHANCE = tuple(math.erf(most / math.sqrt(2)) for most in (1, 2, 3))  # shares of a normal law within 1, 2, 3


@dataclass(frozen=True)
class Checked:
    """One claim of one page at one seed; the fields after `seed` are those of `Claim`, None where it has none."""

    page: str
    seed: int
    statement: str
    evidence: str
    kind: str
    predicted: float
    measured: float
    standard_error: float | None
    tolerance: float
    distance: float | None
    draws: int | None
    power: float | None
    verdict: str

    @property
    def holds(self) -> bool:
        return self.verdict == HOLDS

    @property
    def statistical(self) -> bool:
        return self.evidence in (TWO_SIDED, ONE_SIDED)

    @property
    def score(self) -> float | None:
        """Its distance as a normal score, for a two-sided claim that has one; None for others.

        The mean of S draws over its own standard error follows Student's law with S - 1 degrees of freedom, whose
        tails are longer than the normal ones. The score is the normal number with the same probability.
        """
        if self.evidence != TWO_SIDED or self.distance is None or not math.isfinite(self.distance):
            return None
        return score(self.distance, self.draws)


COLUMNS = tuple(field.name for field in fields(Checked))
_WORDS = ("page", "statement", "evidence", "kind", "verdict")
_WHOLE = ("seed", "draws")


@dataclass(frozen=True)
class Summary:
    """Of many scores: how many, the shares within 1, 2 and 3, and the root of the mean square; chance has 1 there."""

    count: int
    within: tuple[float, float, float]
    rms: float


def read(path: Path | str) -> list[Checked]:
    """The rows of a file that `onestep calibrate` wrote; lines with # in front are remarks.

    Raises
    ------
    InputError : other columns, or no row.
    """
    with Path(path).open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(line for line in stream if not line.startswith("#"))
        found = list(rows)
    if not found or tuple(found[0]) != COLUMNS:
        raise InputError("path", str(path), f"a file with the columns {', '.join(COLUMNS)}, and a row at least")
    return [Checked(**{name: _value(name, text) for name, text in row.items()}) for row in found]


def score(distance: float, draws: int | None) -> float:
    """The normal score of a `distance` in standard errors that come from `draws` draws; itself if that is None."""
    if draws is None:
        return distance
    return math.copysign(float(ndtri(stdtr(draws - 1, -abs(distance)))), distance)


def scores(tests: Iterable[Checked]) -> np.ndarray:
    """The scores of those of `tests` that have one."""
    return np.array([test.score for test in tests if test.score is not None])


def summary(values) -> Summary:
    """What is said of `values`, normal scores.

    Raises
    ------
    InputError : none, or one that is not finite.
    """
    values = reals("values", values)
    if not values.size:
        raise InputError("values", values, "at least one score")
    low, middle, high = (float(np.mean(np.abs(values) <= most)) for most in (1, 2, 3))
    return Summary(values.size, (low, middle, high), float(np.sqrt(np.mean(values**2))))


def biases(tests: Iterable[Checked]) -> dict[tuple[str, str], float]:
    """For each page and statement, the mean of its scores over the seeds, times the root of their number.

    It is a normal score again if the seeds are independent and nothing is off: a large one is a bias.
    """
    return {claim: float(np.sum(values) / math.sqrt(len(values))) for claim, values in _by_claim(tests).items()}


def scatter(tests: Iterable[Checked]) -> tuple[Average, float]:
    """What the scores of a claim do between seeds, and what they have in common: error bars apart from biases.

    Returns
    -------
    variance : Average, over the claims, of the variance of a claim's scores between its seeds. It is 1 where error bars
        are right, whatever the biases, if no two seeds share draws.
    bias : float, the root of the mean square of the claims' expected scores; 0 where the estimate of it is negative.

    Raises
    ------
    InputError : fewer than two claims, or one that has a score at one seed only.
    """
    values = list(_by_claim(tests).values())
    if len(values) < 2 or min(map(len, values)) < 2:
        raise InputError("tests", f"{len(values)} claims", "at least two claims, each at two seeds or more")
    variance = over_seeds([np.var(each, ddof=1) for each in values])
    square = np.mean([np.mean(each) ** 2 - np.var(each, ddof=1) / len(each) for each in values])
    return variance, math.sqrt(max(float(square), 0.0))


def _by_claim(tests: Iterable[Checked]) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for test in tests:
        if test.score is not None:
            found.setdefault((test.page, test.statement), []).append(test.score)
    return found


def _value(name: str, text: str) -> Any:
    if name in _WORDS:
        return text
    if text == "":
        return None
    return int(text) if name in _WHOLE else float(text)
