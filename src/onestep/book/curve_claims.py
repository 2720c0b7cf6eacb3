"""Claims about whole curves: draws at several points, whose scatter is partly common, against one prediction."""

from onestep.book import claims
from onestep.book.statistics import share_of_chance


def check_curve(
    statement: str, values, predicted, *, control: tuple[str, object], source: str, allowed=0.0, explain=None
) -> claims.Claim:
    """Claim that draws scatter around a predicted curve, and not around that of a wrong law.

    Measured is `averages.share_of_chance`: 1 is what chance alone exceeds once in a thousand runs.

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
    return claims.check(
        f"{statement} (largest deviation; 1 is what chance explains)",
        measured=share_of_chance(values, predicted, allowed),
        predicted=1.0,
        tolerance=0.0,
        source=source,
        kind="at most",
        explain=explain,
        control=(law, share_of_chance(values, wrong, allowed)),
    )
