"""How claims look: one line where a claim is checked, a row in a table, one line in a terminal."""

import html
import math
from collections.abc import Sequence

from onestep.book import displays
from onestep.book.claim import FAILS, HOLDS, TOO_FEW, Claim

HEAD = ("Claim", "Source", "Predicted", "Measured", "Verdict")
_SIGN = {"close": "", "at most": "≤ ", "at least": "≥ ", "more than": "> ", "less than": "< "}
_MARK = {HOLDS: ("onestep-holds", "✓"), FAILS: ("onestep-fails", "✗"), TOO_FEW: ("onestep-unclear", "?")}


def line(claim: Claim) -> str:
    """The line that a page shows where the claim is checked; a click opens statement, source, test and control."""
    style, sign = _MARK[claim.verdict]
    word = "checked" if claim.holds else claim.verdict
    head = f'<span class="{style}">{sign} {word}</span>: predicted {_SIGN[claim.kind]}{claim.predicted:.4g}, '
    rows = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in _details(claim))
    return (
        f'<details class="onestep-claim"><summary><span class="onestep-numbers">{head}measured {found(claim)} '
        f'<small>(details)</small></span> <span class="onestep-statement">{html.escape(claim.statement)}</span>'
        f"</summary><dl>{rows}</dl></details>"
    )


def as_text(claim: Claim) -> str:
    """One line for a terminal."""
    row = f"{claim.verdict}  {claim.statement}: measured {found(claim)}, predicted {expected(claim)}"
    return f"{row}  [{claim.source}]  {claim.reason}".rstrip()


def as_html(claims: Sequence[Claim], caption: str = "Claims of this chapter") -> str:
    """The table of `claims` for a page."""
    return displays.table((columns(c) for c in claims), head=HEAD, caption=f"{caption}: {count(claims)}")


def count(claims: Sequence[Claim]) -> str:
    """How many claims hold, and how many cannot be told: "8 of 10 hold, 1 too few draws to tell"."""
    words = f"{sum(c.holds for c in claims)} of {len(claims)} hold"
    unclear = sum(c.verdict == TOO_FEW for c in claims)
    return words + (f", {unclear} {TOO_FEW}" if unclear else "")


def columns(claim: Claim) -> tuple[str, ...]:
    """The cells of a claim's row under `HEAD`, as HTML."""
    return _stated(claim), html.escape(claim.source), expected(claim), found(claim), _mark(claim)


def expected(claim: Claim) -> str:
    """The prediction in words: sign, number, tolerance."""
    word = "margin" if claim.kind in ("more than", "less than") else "tolerance"
    tolerance = "" if claim.tolerance == 0 else f" ({word} {claim.tolerance:.2g})"
    return f"{_SIGN[claim.kind]}{claim.predicted:.4g}{tolerance}"


def found(claim: Claim) -> str:
    """The measured number, with its standard error in two digits and itself to the same place."""
    error = claim.standard_error
    if error is None or not (math.isfinite(claim.measured) and 1e-9 < error < math.inf):
        return f"{claim.measured:.4g}" + ("" if error is None else f" ± {error:.1g}")
    digits = max(1 - math.floor(math.log10(error)), 0)
    return f"{claim.measured:.{digits}f} ± {error:.{digits}f}"


def tested(claim: Claim) -> str:
    """The test in words: its kind and, of a statistical one, draws, distance and power."""
    words = [str(claim.evidence)]
    if claim.draws is not None:
        words.append(f"{claim.draws} draws")
    if claim.distance is not None:
        words.append(f"{claim.distance:+.2g} standard errors from the prediction")
    if claim.power is not None:
        words.append("power above 0.99" if claim.power > 0.99 else f"power {claim.power:.2f}")
    return ", ".join(words)


def _details(claim: Claim) -> list[tuple[str, str]]:
    rows = [("Claim", claim.statement), ("Source", claim.source), ("Test", tested(claim))]
    if claim.tolerance:
        rows.append(("Margin" if claim.kind in ("more than", "less than") else "Tolerance", f"{claim.tolerance:.3g}"))
    if claim.control is not None:
        rows.append(("Negative control", f"{claim.control[0]}: {claim.control[1]:.4g}"))
    if claim.reason:
        rows.append(("Why", claim.reason))
    return [(name, html.escape(text)) for name, text in rows]


def _stated(claim: Claim) -> str:
    lines = [html.escape(claim.statement), f"<small>{html.escape(tested(claim))}</small>"]
    if claim.control is not None:
        law, value = claim.control
        lines.append(f"<small>negative control, {html.escape(law)}: {value:.4g}</small>")
    return "<br>".join(lines)


def _mark(claim: Claim) -> str:
    style, sign = _MARK[claim.verdict]
    reason = f"<br><small>{html.escape(claim.reason)}</small>" if claim.reason else ""
    return f'<span class="{style}">{sign} {claim.verdict}</span>{reason}'
