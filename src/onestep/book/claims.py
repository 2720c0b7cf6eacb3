"""Claims: what the book says, measured against what it predicts, with a verdict.

    claims.check("the second spike leaves the bulk", measured=over_seeds(...), predicted=..., source=..., control=...)
    ...
    claims.table()      # the last cell of a chapter

In a strict run (the published book) a claim that does not hold stops the build. With a reader's own parameters the
table shows a cross, or that there are too few draws to tell, and says why that may be.
"""

from collections.abc import Mapping
from typing import Any

from onestep.book import displays
from onestep.book.average import Average
from onestep.book.claim import (
    CLOSED_FORM,
    EVIDENCE,
    FAILS,
    HOLDS,
    IDENTITY,
    KINDS,
    ONE_SIDED,
    TOO_FEW,
    TWO_SIDED,
    Claim,
)
from onestep.book.claim_display import HEAD, as_html, as_text, columns, count, expected, found, line
from onestep.book.statistics import chance
from onestep.checks import InputError, real

__all__ = [
    "CLOSED_FORM",
    "EVIDENCE",
    "FAILS",
    "HEAD",
    "HOLDS",
    "IDENTITY",
    "KINDS",
    "ONE_SIDED",
    "TOO_FEW",
    "TWO_SIDED",
    "Claim",
    "ClaimsFailed",
    "ClaimsUndecided",
    "as_html",
    "as_text",
    "check",
    "columns",
    "count",
    "read_claims",
    "table",
]


class ClaimsFailed(AssertionError):
    """A strict run met claims that do not hold; `.failed` has them."""

    def __init__(self, failed: tuple[Claim, ...]):
        self.failed = failed
        lines = [f"{c.verdict}: {c.statement}: measured {found(c)}, predicted {expected(c)}" for c in failed]
        super().__init__(
            "claims that do not hold in a strict run:\n  " + "\n  ".join(lines or ["no claim was checked"])
        )


class ClaimsUndecided(ClaimsFailed):
    """A strict run met no claim that fails, but some that its draws are too few to tell."""


_ledger: dict[str, Claim] = {}  # of this kernel, that is, of this notebook; keyed by statement


def check(
    statement: str,
    *,
    measured: Average | float,
    predicted: float,
    source: str,
    tolerance: float | None = None,
    allowed: float = 0.0,
    probability: float = 1e-3,
    standard_error: float | None = None,
    kind: str = "close",
    evidence: str | None = None,
    draws: int | None = None,
    distance: float | None = None,
    explain: str | None = None,
    control: tuple[str, float] | None = None,
) -> Claim:
    """Compare two numbers, show one line, and enter the claim into this notebook's ledger.

    Checking a statement again replaces it, as re-running a cell must; in a strict run, where no cell runs twice, a
    second check of one statement would hide the first and is refused.

    Parameters
    ----------
    statement : str
        What is claimed, in words.
    measured : Average or float
        An `Average`, of one number; then the tolerance, the standard error and the number of draws come from
        it. Or a plain number; then `tolerance` is needed.
    predicted : float
        The number of the theory.
    source : str
        Where the prediction comes from.
    tolerance : float, optional
        How far the two may differ. With an average it may be left out: `allowed`, a known bias, plus what
        chance explains but for `probability`, `chance(draws, probability) * standard_error`. One-sided kinds take the
        one-sided quantile.
    allowed : float, optional
        A known bias.
    probability : float, optional
        Of a failure by chance.
    standard_error : float, optional
        Of a plain number, if it has one.
    kind, evidence, explain, distance, control : optional
        See `Claim`.
    draws : int, optional
        Of a plain number, if it has them.

    Returns
    -------
    Claim
        With its verdict.

    Raises
    ------
    InputError
        An empty statement or source, what is not a number, a negative tolerance, none for a plain number, a
        standard error beside an average's own, an unknown kind, a control that is not a name and a number.

    Examples
    --------
    >>> from onestep.book import claims, over_seeds
    >>> claim = claims.check(
    ...     "The largest eigenvalue",
    ...     measured=over_seeds([2.41, 2.47, 2.44, 2.46]),
    ...     predicted=2.44,
    ...     source="chapter One spike",
    ...     control=("the edge of the bulk", 2.0),
    ... )
    holds  The largest eigenvalue: measured 2.445 ± 0.013, predicted 2.44 (tolerance 0.17)  [chapter One spike]
    >>> claim.verdict
    'holds'
    """
    value: Any = measured  # the numbers of an average are arrays; `Claim` makes floats of them
    error: Any = standard_error
    margin: Any = tolerance
    if isinstance(measured, Average):
        if standard_error is not None or draws is not None:
            raise InputError(
                "standard_error, draws", (standard_error, draws), "neither beside an Average, which has them"
            )
        if tolerance is None:
            sides = 1 if kind == "close" else 2
            many = chance(measured.draws, sides * min(real("probability", probability), 0.999 / sides))
            margin = real("allowed", allowed, 0.0) + many * measured.standard_error
        value, error, draws = measured.mean, measured.standard_error, measured.draws
    elif tolerance is None:
        raise InputError("tolerance", tolerance, "a number >= 0 where `measured` is no Average")
    claim = Claim(
        statement, value, predicted, margin, source, error, kind, explain, control,
        evidence=evidence, draws=draws, distance=distance,
    )  # fmt: skip
    if displays.strict() and statement in _ledger:
        raise InputError("statement", statement, "a statement that this chapter has not checked yet")
    _ledger[statement] = claim
    displays.show(page=line(claim), text=as_text(claim))
    return claim


def table() -> None:
    """Show this notebook's claims with their verdicts and store them in its outputs.

    Raises
    ------
    ClaimsUndecided
        In a strict run, after the table is shown, when all claims that do not hold have too few draws.
    ClaimsFailed
        When one of them fails, or none was checked.
    """
    claims = tuple(_ledger.values())
    text = "\n".join(as_text(c) for c in claims)
    page = as_html(claims) if claims else "<p>No claim was checked in this run.</p>"
    displays.publish("claims", [c.payload() for c in claims], page=page, text=text or "no claim was checked")
    failed = tuple(c for c in claims if not c.holds)
    if displays.strict() and (failed or not claims):
        undecided = failed and all(c.verdict == TOO_FEW for c in failed)
        raise (ClaimsUndecided if undecided else ClaimsFailed)(failed)


def read_claims(notebook: Mapping) -> tuple[Claim, ...]:
    """The claims stored in an executed notebook (those of its last `table()`)."""
    return tuple(Claim.read(entry) for entry in displays.latest(notebook, "claims", ()))
