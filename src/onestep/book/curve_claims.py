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
    values : (S, *points), S independent draws of the curve.
    predicted, allowed : (*points), the curve, and how far the mean may be from it for a known reason.
    control : the name of the wrong law, and its curve.

    Raises
    ------
    InputError : as `claims.check` and `share_of_chance`.
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
