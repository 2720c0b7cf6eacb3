"""Claims about whole curves: draws at several points, whose scatter is partly common, against one prediction."""

import numpy as np

from onestep.book import claims
from onestep.book.statistics import over_seeds, share_of_chance


def check_curve(
    statement: str, values, predicted, *, control: tuple[str, object], source: str, allowed=0.0, explain=None
) -> claims.Claim:
    """Claim that draws scatter around a predicted curve, and not around that of a wrong law.

    Measured is `statistics.share_of_chance`: 1 is what chance alone exceeds once in a thousand runs. The distance in
    the ledger is that of the average over all points.

    Parameters
    ----------
    statement : str
        What is claimed.
    values : (S, *points) array
        S independent draws of the curve.
    predicted : (*points) array
        The curve.
    control : (str, array)
        The name of the wrong law, and its curve.
    source : str
        Where the prediction comes from.
    allowed : float or array
        How far the mean may be from the curve for a known reason.
    explain : str, optional
        See `Claim`.

    Returns
    -------
    Claim
        With its verdict.

    Raises
    ------
    InputError
        As `claims.check` and `share_of_chance`.

    Examples
    --------
    >>> import numpy as np
    >>> from onestep.book.curve_claims import check_curve
    >>> x = np.linspace(0, 1, 5)
    >>> draws = x**2 + 0.01 * np.random.default_rng(0).standard_normal((8, 5))
    >>> claim = check_curve("A parabola", draws, x**2, control=("a line", x), source="school")
    holds  A parabola (largest deviation; 1 is what chance explains): measured 0.1326, predicted ≤ 1  [school]
    >>> claim.verdict
    'holds'
    """
    law, wrong = control
    measured = share_of_chance(values, predicted, allowed)
    off = over_seeds((np.asarray(values, float) - predicted).reshape(len(values), -1).mean(axis=1))
    return claims.check(
        f"{statement} (largest deviation; 1 is what chance explains)",
        measured=measured,
        predicted=1.0,
        tolerance=0.0,
        source=source,
        kind="at most",
        evidence=claims.TWO_SIDED,
        draws=len(values),
        distance=off.mean / off.standard_error,
        explain=explain,
        control=(law, share_of_chance(values, wrong, allowed)),
    )


def check_errors(where: str, values, law, *, untrained, allowed=0.0, source: str = "Errors, theorem: {} error") -> None:
    """Claim both errors before a step, and what the step takes off them on the same draw, over the predicted first.

    Parameters
    ----------
    where : the end of each statement.
    values : two arrays (S, 2, *points), S draws of the training and of the test error, before the step and after it.
    law, allowed : (2, 2, *points), predictions of training and test error, before and after, and how far the means
        may be from them after the step for a known reason.
    untrained : (2, 2, *points), a wrong law of the errors before the step. That of the step is that it does nothing.
    source : of each claim, with {} for the kind of error.

    Raises
    ------
    InputError : as `check_curve`.
    """
    law, wrong = np.asarray(law, float), np.asarray(untrained, float)
    allowed = np.broadcast_to(allowed, law.shape)
    for e, title in enumerate(("training", "test")):
        drawn = np.asarray(values[e], float) / law[e, 0]
        check_curve(
            f"{title.capitalize()} error without a step, {where}",
            drawn[:, 0],
            np.ones_like(law[e, 0]),
            control=("a linear activation", wrong[e, 0] / law[e, 0]),
            source=source.format(title),
        )
        check_curve(
            f"What the step takes off the {title} error, {where}",
            drawn[:, 0] - drawn[:, 1],
            1 - law[e, 1] / law[e, 0],
            allowed=allowed[e, 1] / law[e, 0],
            control=("nothing", 0.0),
            source=source.format(title),
        )
