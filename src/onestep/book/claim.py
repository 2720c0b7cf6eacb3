"""One claim: a number that was measured against one that was predicted, the test between them, and its verdict."""

import math
import numbers
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from scipy.special import stdtr

from onestep.book import displays
from onestep.checks import InputError, choice, integer

KINDS = ("close", "at most", "at least", "more than", "less than")
IDENTITY, CLOSED_FORM, TWO_SIDED, ONE_SIDED = EVIDENCE = (
    "numerical identity",
    "closed form",
    "statistical, two-sided",
    "statistical, one-sided",
)
HOLDS, FAILS, TOO_FEW = "holds", "fails", "too few draws to tell"
ROUNDING = 1e-6  # a tolerance up to this, relative to the prediction, is left to rounding only
_NUMBERS = ("measured", "predicted", "tolerance", "standard_error")
_ASYMPTOTIC = (
    "The statement is asymptotic: sizes may be too small, seeds too few, or parameters outside the regime it assumes."
)


@dataclass(frozen=True)
class Claim:
    """One statement, checked once.

    Attributes
    ----------
    statement : what is claimed, in words.
    measured, predicted : the two numbers; nan and infinities may come, and then the claim fails.
    tolerance : how far they may differ, >= 0. For "more than" and "less than" it is the margin that must be exceeded.
    source : where the prediction comes from ("Moniri et al. 2024, ..." or the book's chapter and equation).
    standard_error : of `measured`, over draws; None if it has none.
    kind : "close": |measured - predicted| <= tolerance; "at most": measured <= predicted + tolerance; "at least": the
        mirror image; "more than": measured >= predicted + tolerance, beyond what chance explains; "less than".
    explain : why the claim may fail with other parameters; shown beside a cross.
    control : negative control: the name of a wrong law, and the number that would have been measured were it true.
        The claim must fail on that number; if it does not, it cannot tell right from wrong and does not hold.
    evidence : one of `EVIDENCE`; derived where it is None: a claim with a standard error is statistical; without one,
        a tolerance within `ROUNDING` makes it a numerical identity, a larger one a closed form.
    draws : how many independent draws `measured` averages; None if that is unknown or there are none.
    distance : measured minus predicted in standard errors; None if there is no standard error.
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
    evidence: str | None = None
    draws: int | None = None
    distance: float | None = None

    def __post_init__(self):
        for name in ("statement", "source"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise InputError(name, value, "a text that is not empty")
        if self.explain is not None and not isinstance(self.explain, str):
            raise InputError("explain", self.explain, "a text or None")
        choice("kind", self.kind, KINDS)
        if self.control is not None:
            self._set("control", _control(self.control))
        for name in (*_NUMBERS, "distance"):
            value = getattr(self, name)
            if value is not None or name in _NUMBERS[:3]:
                self._set(name, _number(name, value))
        for name in ("tolerance", "standard_error"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InputError(name, value, "a number >= 0")
        if self.draws is not None:
            self._set("draws", integer("draws", self.draws, minimum=2))
        self._set("evidence", choice("evidence", self._derived() if self.evidence is None else self.evidence, EVIDENCE))
        if self.distance is None and self.standard_error:
            self._set("distance", (self.measured - self.predicted) / self.standard_error)

    @property
    def verdict(self) -> str:
        """`HOLDS`, `FAILS`, or `TOO_FEW` where these draws cannot tell the prediction from its alternative."""
        if self.holds:
            return HOLDS
        return TOO_FEW if self.statistical and self._undecided else FAILS

    @property
    def holds(self) -> bool:
        """Whether measured and predicted agree, and the negative control does not. What is not finite never agrees."""
        return self._agrees(self.measured) and not self.blind

    @property
    def blind(self) -> bool:
        """Whether the claim would hold under the wrong law of its negative control just as well."""
        return self.control is not None and (not math.isfinite(self.control[1]) or self._agrees(self.control[1]))

    @property
    def statistical(self) -> bool:
        return self.evidence in (TWO_SIDED, ONE_SIDED)

    @property
    def power(self) -> float | None:
        """Probability that these draws refuse the wrong law of the control, were it true; None without one.

        The mean of the draws is taken as Student's t around the control, with the standard error that was measured.
        """
        if self.control is None or not self.standard_error or not self.statistical:
            return None
        off = (self.control[1] - self.predicted) / self.standard_error
        margin, freedom = self.tolerance / self.standard_error, (self.draws or 10**6) - 1
        if not (math.isfinite(off) and math.isfinite(margin)):
            return None
        below = {
            "close": stdtr(freedom, margin - off) - stdtr(freedom, -margin - off),
            "at most": stdtr(freedom, margin - off),
            "at least": stdtr(freedom, margin + off),
            "more than": stdtr(freedom, off - margin),
            "less than": stdtr(freedom, -off - margin),
        }[self.kind]
        return float(1 - below)

    @property
    def reason(self) -> str:
        """Why a claim that does not hold may not; empty for one that holds."""
        if self.holds:
            return ""
        if not all(math.isfinite(value) for value in (self.measured, self.predicted, self.tolerance)):
            return "A number it compares is not finite in this run. " + (self.explain or "")
        if self.control is not None and self._agrees(self.measured):
            law, value = self.control
            return f"It holds, but cannot tell {self.predicted:.4g} from the {value:.4g} of “{law}”."
        if self.verdict == TOO_FEW:
            return f"The difference is smaller than what chance explains, {self.tolerance:.2g}."
        return self.explain or _ASYMPTOTIC

    def _ipython_display_(self) -> None:
        """Nothing more, where a cell ends in `check(...)`: its line is there already."""

    def payload(self) -> dict:
        """The claim as plain JSON, verdict and power included; `Claim.read` is the inverse."""
        facts = asdict(self) | {"power": self.power}
        return {name: displays.plain(name, value) for name, value in facts.items()} | {"verdict": self.verdict}

    @classmethod
    def read(cls, payload: Mapping) -> "Claim":
        """The claim of a payload, also of one that an earlier version wrote, which has fewer fields."""
        values = {name: payload[name] for name in cls.__dataclass_fields__ if name in payload}
        for name in (*_NUMBERS, "distance"):
            values[name] = None if values.get(name) is None else float(values[name])
        if values.get("control") is not None:
            law, value = values["control"]
            values["control"] = (law, float(value))
        return cls(**values)

    def _derived(self) -> str:
        if self.standard_error is not None or self.draws is not None:
            return TWO_SIDED if self.kind == "close" else ONE_SIDED
        return IDENTITY if self.tolerance <= ROUNDING * max(1.0, abs(self.predicted)) else CLOSED_FORM

    def _agrees(self, measured: float) -> bool:
        difference = measured - self.predicted
        if not (math.isfinite(difference) and math.isfinite(self.tolerance)):
            return False
        if self.kind in ("more than", "less than"):
            return (difference if self.kind == "more than" else -difference) >= self.tolerance
        distance = {"close": abs(difference), "at most": difference, "at least": -difference}[self.kind]
        return distance <= self.tolerance

    @property
    def _undecided(self) -> bool:
        """Whether the numbers agree, and the control does; or an effect asked for is within chance of none."""
        if self._agrees(self.measured):
            return self.control is not None and math.isfinite(self.control[1])
        return self.kind in ("more than", "less than") and abs(self.measured - self.predicted) < self.tolerance

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


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
