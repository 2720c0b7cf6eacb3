"""The explorer's page: it looks the grid up without a kernel.

The page computes nothing. Its script finds the numbers of the chosen case; between the steps at which a bulk was
computed it draws a straight mixture of the two nearest ones, and everything else is shown at grid points only.
"""

import html
import json
from collections.abc import Sequence
from importlib.resources import files

PLOTLY = '<script src="../_static/plotly/plotly.min.js"></script>'  # put there by `onestep.build.sphinx_extension`


def as_html(found: dict) -> str:
    """The controls, the places for pictures and numbers, the data and the script, as one piece of HTML."""
    data = json.dumps(found, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    script = files("onestep.book.explorer").joinpath("explorer.js").read_text(encoding="utf-8")
    sizes = [f"d/n = {s['phi']:.3g}, d/N = {s['psi']:.3g}" for s in found["sizes"]]
    start = min(range(len(found["alphas"])), key=lambda k: abs(found["alphas"][k] - 0.3))
    return f"""<section class="onestep-explorer" aria-label="Explorer">
<form>
<div class="onestep-wide"><label for="onestep-step">Step exponent α</label> <output for="onestep-step"></output>
<input type="range" id="onestep-step" name="step" min="0" max="{len(found["alphas"]) - 1}" value="{start}"></div>
{_choice("activation", "Activation", found["activations"])}
{_choice("size", "Aspect ratios", sizes)}
{_choice("ridge", "Ridge λ", [f"{ridge:g}" for ridge in found["ridges"]], len(found["ridges"]) // 2)}
</form>
<p role="status" class="onestep-said"></p>
<div class="onestep-plot" data-plot="spectrum" role="img"></div>
<div class="onestep-pair"><div class="onestep-plot" data-plot="errors" role="img"></div>
<div class="onestep-plot" data-plot="overlaps" role="img"></div></div>
<div class="onestep-table" role="region" aria-label="Outliers" tabindex="0"><table>
<caption>Outliers: position, and squared overlap of the left singular vector with degree 0 to 4 in t</caption>
<thead><tr><th scope="col">Outlier</th><th scope="col">Position</th><th scope="col">0</th><th scope="col">1</th>
<th scope="col">2</th><th scope="col">3</th><th scope="col">4</th></tr></thead><tbody></tbody></table></div>
<script type="application/json">{data}</script>
</section>
{PLOTLY}
<script>{script}</script>"""


def with_plotly(page: str) -> str:
    """A page that shall need no other file: the script that `PLOTLY` names, inside it."""
    if PLOTLY not in page:
        return page
    from plotly.offline import get_plotlyjs

    return page.replace(PLOTLY, "<script>" + get_plotlyjs().replace("</script", "<\\/script") + "</script>")


class Explorer:
    """A grid that a notebook shows as the explorer."""

    def __init__(self, found: dict):
        self.grid = found

    def _repr_html_(self) -> str:
        return as_html(self.grid)

    def __repr__(self) -> str:
        return f"Explorer of {len(self.grid['activations'])} activations, {len(self.grid['sizes'])} shapes"


def _choice(name: str, label: str, options: Sequence[str], chosen: int = 0) -> str:
    entries = "".join(
        f'<option value="{k}"{" selected" * (k == chosen)}>{html.escape(option)}</option>'
        for k, option in enumerate(options)
    )
    return f'<label>{label}<select name="{name}">{entries}</select></label>'
