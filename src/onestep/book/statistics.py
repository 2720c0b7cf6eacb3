"""Averages over seeds, and what chance explains of their scatter."""

import numpy as np
from scipy.special import stdtrit

from onestep.book.average import Average
from onestep.checks import InputError, integer, real, reals

__all__ = ["Average", "chance", "count_beyond", "over_seeds", "over_shared_rows", "share_of_chance"]


def over_seeds(values, axis: int = 0) -> Average:
    """Mean and standard error s / sqrt(S) over S independent draws.

    Parameters
    ----------
    values : array
        Draws along `axis`.
    axis : int
        Which axis counts the draws.

    Returns
    -------
    Average
        Of the shape of one draw.

    Raises
    ------
    InputError
        A value is not finite, or there are fewer than two draws.

    Examples
    --------
    >>> from onestep.book import over_seeds
    >>> f"{over_seeds([1.0, 2.0, 3.0, 2.0])}"
    '2.00 ± 0.41'
    """
    values = reals("values", values)
    if np.max(np.abs(values), initial=0.0) > 1e150:
        raise InputError("values", values, "numbers of at most 1e150 in size: their squares are summed")
    if values.ndim and not -values.ndim <= integer("axis", axis, -values.ndim) < values.ndim:
        raise InputError("axis", axis, f"a dimension of values of shape {values.shape}")
    count = integer("number of draws", values.shape[axis] if values.ndim else 0, minimum=2)
    return Average(values.mean(axis), values.std(axis, ddof=1) / np.sqrt(count), count)


def over_shared_rows(rows, values, total: int, rounds: int = 1) -> Average:
    """Mean of `values` over draws that reuse the rows of one table, with an error for what lies beyond the table.

    Draws with disjoint training rows differ by chance, but every one of them is tested on rows that the others use,
    too: their mean keeps the scatter of the table's rows, which no further draw removes. The squared standard error is
    that over draws plus the variance of a row's mean value over the number of rows. A second round uses the training
    rows of the first again; it shows how much draws scatter, and lowers nothing.

    Parameters
    ----------
    rows : sequence of S integer arrays
        The rows on which each draw was tested, from 0 to total - 1.
    values : sequence of S arrays
        A value for each of these rows.
    total : int
        Rows of the table.
    rounds : int
        The draws come in so many rounds of equal size, one after the other. The draws of a round have disjoint
        training rows.

    Returns
    -------
    Average
        Its `draws` are the degrees of freedom of the scatter between draws, plus one.

    Raises
    ------
    InputError
        Fewer than two draws a round, rounds of unequal size, a row that does not exist, or lengths that do not fit.
    """
    total, rounds = integer("total", total, 2), integer("rounds", rounds, 1)
    if len(rows) != len(values):
        raise InputError("values", len(values), f"as many as there are sets of rows, {len(rows)}")
    if len(rows) % rounds or len(rows) < 2 * rounds:
        raise InputError("rows", len(rows), f"{rounds} rounds of one size, with at least two draws each")
    means, sums, counts = [], np.zeros(total), np.zeros(total)
    for where, found in zip(rows, values, strict=True):
        where, found = np.asarray(where), reals("values", found)
        whole = np.issubdtype(where.dtype, np.integer)
        if not whole or where.ndim != 1 or not where.size or where.min() < 0 or where.max() >= total:
            raise InputError("rows", where, f"integers from 0 to {total - 1}")
        if where.shape != found.shape:
            raise InputError("values", found.shape, f"{where.shape}, one for each row")
        means.append(found.mean())
        np.add.at(sums, where, found)
        np.add.at(counts, where, 1)
    drawn, seen = np.reshape(means, (rounds, -1)), counts > 0
    between = drawn.var(axis=1, ddof=1).mean() / drawn.shape[1]
    beyond = np.var(sums[seen] / counts[seen], ddof=1) / np.count_nonzero(seen) if np.count_nonzero(seen) > 1 else 0.0
    return Average(drawn.mean(), np.sqrt(between + beyond), rounds * (drawn.shape[1] - 1) + 1)


def chance(draws: int, probability: float = 0.001) -> float:
    """How many standard errors a mean over `draws` independent draws may be off, either way, with `probability`.

    Student's t quantile: with few draws the standard error is itself uncertain, and three of them are no rare event.

    Parameters
    ----------
    draws : int
        At least 2.
    probability : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        In standard errors.

    Raises
    ------
    InputError
        Fewer than two draws, or a probability outside (0, 1).

    Examples
    --------
    >>> from onestep.book.statistics import chance
    >>> round(chance(8), 2), round(chance(1000), 2)
    (5.41, 3.3)
    """
    draws = integer("draws", draws, minimum=2, maximum=2**53)
    if not 0 < real("probability", probability) < 1:
        raise InputError("probability", probability, "a number strictly between 0 and 1")
    return float(stdtrit(draws - 1, 1 - probability / 2))


def count_beyond(reference, values, probability: float = 0.001) -> float:
    """How many of a draw's `values` are larger than any of a reference draw, the median over draws.

    Larger: further above the mean of the reference draws' largest value than that of one more draw is by chance.

    Parameters
    ----------
    reference, values : (R, m) and (S, k) array
        R >= 2 and S >= 1 independent draws, such as untrained and trained spectra.
    probability : float
        Of the largest value of one more reference draw to be as far away, either way.

    Returns
    -------
    float
        A whole number, or one and a half where S is even.

    Raises
    ------
    InputError
        Another number of dimensions, no draws, or what is not finite; or as `chance`.

    Examples
    --------
    >>> from onestep.book.statistics import count_beyond
    >>> count_beyond([[1.0, 2.0], [1.5, 2.1], [1.2, 1.9]], [[1.0, 2.0, 40.0, 50.0]])
    2.0
    """
    reference, values = reals("reference", reference), reals("values", values)
    for name, array in (("reference", reference), ("values", values)):
        if array.ndim != 2 or not array.size:
            raise InputError(name, array.shape, "draws in rows, with at least one value each")
    largest = reference.max(axis=1)
    draws = len(largest)
    reach = chance(draws, probability) * largest.std(ddof=1) * np.sqrt(1 + 1 / draws)
    return float(np.median(np.sum(values > largest.mean() + reach, axis=1)))


def share_of_chance(values, predicted, allowed=0.0, probability: float = 0.001) -> float:
    """How far draws are from a prediction, at the worst point and on average, in units of what chance explains.

    Every point's mean, and the average over all points, is `allowed` to differ from `predicted` by a known bias; what
    goes beyond is divided by its standard error and by Student's quantile. The average gets half of `probability`, the
    points share the other half (Bonferroni), so that the largest of these ratios exceeds 1 by chance with at most
    `probability`, however the points share their draws. One point is compared with all of it.

    Parameters
    ----------
    values : (S, *points), S independent draws; the average adds them up in the unit that they are given in.
    predicted, allowed : broadcast to (*points).

    Raises
    ------
    InputError : fewer than two draws, no point, a standard error of zero, other shapes, or what is not finite.
    """
    values = reals("values", values)
    draws, points = (len(values), values[0].size) if values.ndim and len(values) else (0, 0)
    integer("number of points", points)
    off = (values - _at_points("predicted", predicted, values.shape[1:])).reshape(draws, points)
    allowed = _at_points("allowed", allowed, values.shape[1:], 0.0).ravel()
    if points == 1:
        return _beyond(off, allowed) / chance(draws, probability)
    single = _beyond(off, allowed) / chance(draws, probability / (2 * points))
    return max(single, _beyond(off.mean(axis=1, keepdims=True), allowed.mean()) / chance(draws, probability / 2))


def _at_points(name: str, given, shape: tuple[int, ...], minimum: float = -np.inf) -> np.ndarray:
    array = reals(name, given, minimum)
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        raise InputError(name, array.shape, f"a shape that broadcasts to that of the points, {shape}") from error


def _beyond(off: np.ndarray, allowed) -> float:
    """The largest mean of the columns of `off` beyond `allowed`, in standard errors."""
    average = over_seeds(off)
    if np.any(average.standard_error <= 0):
        raise InputError("standard_error", float(np.min(average.standard_error)), "positive numbers")
    return float(np.max(np.maximum(np.abs(average.mean) - allowed, 0.0) / average.standard_error))
