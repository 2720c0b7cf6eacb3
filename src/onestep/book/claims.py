"""Claims: what the book says, measured against what it predicts, with a verdict.

    claims.check("the second spike leaves the bulk", measured=..., predicted=..., tolerance=..., source=...)
    ...
    claims.table()      # the last cell of a chapter

In a strict run (the published book) a claim that fails stops the build. With a reader's own parameters the table
shows a cross and says why that may be.
"""

import html
import math
import numbers
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from onestep.book import displays
from onestep.checks import InputError, choice

HEAD = ("Claim", "Source", "Predicted", "Measured", "Verdict")
KINDS = ("close", "at most", "at least")
_SIGN = {"close": "", "at most": "≤ ", "at least": "≥ "}
_WHY = (
    "The statement is asymptotic: sizes may be too small, seeds too few, or parameters outside the regime it assumes."
)


@dataclass(frozen=True)
class Claim:
    """One statement, checked once.

    Attributes
    ----------
    statement : what is claimed, in words.
    measured, predicted : the two numbers; nan and infinities may come, and then the claim fails.
    tolerance : how far they may differ; kind "at most" asks measured <= predicted + tolerance, and so on.
    source : where the prediction comes from ("Moniri et al. 2024, ..." or the book's chapter and equation).
    standard_error : of `measured`, over seeds; None if it has none.
    kind : "close", "at most" or "at least".
    explain : why the claim may fail with other parameters; shown beside a cross.
    control : negative control: the name of a wrong law, and the number that would have been measured were it true.
        The claim must fail on that number; if it does not, it cannot tell right from wrong and does not hold.
    """

    statement: str
    measured: float
    predicted: float
    tolerance: float
    source: str
    standard_error: float | None = None
    kind: str = "close"
    explain: str | None = None
    control: tuple[str, float] | None = None

    def __post_init__(self):
        for name in ("statement", "source"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise InputError(name, value, "a text that is not empty")
        if self.explain is not None and not isinstance(self.explain, str):
            raise InputError("explain", self.explain, "a text or None")
        choice("kind", self.kind, KINDS)
        if self.control is not None:
            object.__setattr__(self, "control", _control(self.control))
        for name in ("measured", "predicted", "tolerance", "standard_error"):
            value = getattr(self, name)
            if value is not None or name != "standard_error":
                object.__setattr__(self, name, _number(name, value))
        for name in ("tolerance", "standard_error"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InputError(name, value, "a number >= 0")

    @property
    def holds(self) -> bool:
        """Whether measured and predicted agree, and the negative control does not. What is not finite never agrees."""
        return self._agrees(self.measured) and not self.blind

    @property
    def blind(self) -> bool:
        """Whether the claim would hold under the wrong law of its negative control just as well."""
        return self.control is not None and (not math.isfinite(self.control[1]) or self._agrees(self.control[1]))

    def _agrees(self, measured: float) -> bool:
        difference = measured - self.predicted
        if not (math.isfinite(difference) and math.isfinite(self.tolerance)):
            return False
        distance = {"close": abs(difference), "at most": difference, "at least": -difference}[self.kind]
        return distance <= self.tolerance

    @property
    def verdict(self) -> str:
        return "holds" if self.holds else "fails"

    @property
    def reason(self) -> str:
        """Why a claim that fails may fail; empty for one that holds."""
        if self.holds:
            return ""
        if not all(math.isfinite(value) for value in (self.measured, self.predicted, self.tolerance)):
            return "A number it compares is not finite in this run. " + (self.explain or "")
        if self._agrees(self.measured):
            return (
                f"It holds, but cannot tell {self.predicted:.4g} from the {self.control[1]:.4g} of “{self.control[0]}”."
            )
        return self.explain or _WHY

    def _repr_html_(self) -> str:
        """What a cell shows that ends in `check(...)`."""
        line = f"{html.escape(self.statement)}: measured {_shown(self)}, predicted {_expected(self)}"
        return f'<p class="onestep-claim">{_mark(self)} {line}</p>'

    def payload(self) -> dict:
        """The claim as plain JSON, verdict included; `Claim.read` is the inverse."""
        return {name: displays.plain(name, value) for name, value in asdict(self).items()} | {"verdict": self.verdict}

    @classmethod
    def read(cls, payload: Mapping) -> "Claim":
        values = {"control": None} | {name: payload[name] for name in cls.__dataclass_fields__ if name in payload}
        for name in ("measured", "predicted", "tolerance", "standard_error"):
            values[name] = None if values[name] is None else float(values[name])
        if values["control"] is not None:
            law, value = values["control"]
            values["control"] = (law, float(value))
        return cls(**values)


class ClaimsFailed(AssertionError):
    """A strict run met claims that fail; `.failed` has them."""

    def __init__(self, failed: tuple[Claim, ...]):
        self.failed = failed
        lines = [f"{c.statement}: measured {_shown(c)}, predicted {_expected(c)}" for c in failed]
        super().__init__("claims that fail in a strict run:\n  " + "\n  ".join(lines or ["no claim was checked"]))


_ledger: dict[str, Claim] = {}  # of this kernel, that is, of this notebook; keyed by statement


def check(
    statement: str,
    *,
    measured: float,
    predicted: float,
    tolerance: float,
    source: str,
    standard_error: float | None = None,
    kind: str = "close",
    explain: str | None = None,
    control: tuple[str, float] | None = None,
) -> Claim:
    """Compare two numbers and enter the claim into this notebook's ledger. The fields are those of `Claim`.

    Checking a statement again replaces it, as re-running a cell must; in a strict run, where no cell runs twice, a
    second check of one statement would hide the first and is refused.

    Raises
    ------
    InputError : an empty statement or source, what is not a number, a negative tolerance, an unknown kind, a control
        that is not a name and a number.
    """
    claim = Claim(statement, measured, predicted, tolerance, source, standard_error, kind, explain, control)
    if displays.strict() and statement in _ledger:
        raise InputError("statement", statement, "a statement that this chapter has not checked yet")
    _ledger[statement] = claim
    return claim


def table() -> None:
    """Show this notebook's claims with their verdicts and store them in its outputs.

    Raises
    ------
    ClaimsFailed : in a strict run, after the table is shown, when a claim fails or none was checked.
    """
    claims = tuple(_ledger.values())
    text = "\n".join(as_text(c) for c in claims)
    page = as_html(claims) if claims else "<p>No claim was checked in this run.</p>"
    displays.publish("claims", [c.payload() for c in claims], page=page, text=text or "no claim was checked")
    failed = tuple(c for c in claims if not c.holds)
    if displays.strict() and (failed or not claims):
        raise ClaimsFailed(failed)


def claimed(notebook: Mapping) -> tuple[Claim, ...]:
    """The claims stored in an executed notebook (those of its last `table()`)."""
    return tuple(Claim.read(entry) for entry in displays.latest(notebook, "claims", ()))


def as_text(claim: Claim) -> str:
    """One line for a terminal."""
    line = f"{claim.verdict}  {claim.statement}: measured {_shown(claim)}, predicted {_expected(claim)}"
    return f"{line}  [{claim.source}]  {claim.reason}".rstrip()


def as_html(claims: tuple[Claim, ...], caption: str = "Claims of this chapter") -> str:
    """The table of `claims` for a page."""
    held = sum(c.holds for c in claims)
    caption = f"{caption}: {held} of {len(claims)} hold"
    return displays.table((columns(c) for c in claims), head=HEAD, caption=caption)


def columns(claim: Claim) -> tuple[str, ...]:
    """The cells of a claim's row under `HEAD`, as HTML."""
    return _stated(claim), html.escape(claim.source), _expected(claim), _shown(claim), _mark(claim)


def _stated(claim: Claim) -> str:
    if claim.control is None:
        return html.escape(claim.statement)
    law, value = claim.control
    return f"{html.escape(claim.statement)}<br><small>negative control, {html.escape(law)}: {value:.4g}</small>"


def _mark(claim: Claim) -> str:
    if claim.holds:
        return '<span class="onestep-holds">✓ holds</span>'
    return f'<span class="onestep-fails">✗ fails</span><br><small>{html.escape(claim.reason)}</small>'


def _expected(claim: Claim) -> str:
    tolerance = "" if claim.tolerance == 0 else f" (tolerance {claim.tolerance:.2g})"
    return f"{_SIGN[claim.kind]}{claim.predicted:.4g}{tolerance}"


def _shown(claim: Claim) -> str:
    error = "" if claim.standard_error is None else f" ± {claim.standard_error:.1g}"
    return f"{claim.measured:.4g}{error}"


def _control(value: object) -> tuple[str, float]:
    if not isinstance(value, tuple) or len(value) != 2 or not isinstance(value[0], str) or not value[0].strip():
        raise InputError("control", value, "a pair: the name of a wrong law, the number it would give")
    return value[0], _number("control", value[1])


def _number(name: str, value: object) -> float:
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InputError(name, value, "a number")
    try:
        return float(value)
    except OverflowError as error:  # an integer beyond 1e308
        raise InputError(name, value, "a number within the range of a double") from error
