"""The explorer: what the theory says on a grid of problems and steps, and the page that looks it up without a kernel.

The page computes nothing. Its script finds the numbers of the chosen case; between the steps at which a bulk was
computed it draws a straight mixture of the two nearest ones, and everything else is shown at grid points only.
"""

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np

from onestep.checks import reals
from onestep.problem import Problem
from onestep.theory import any_step
from onestep.theory.baselines import linear_errors
from onestep.theory.resolvent import edges
from onestep.theory.spikes import critical_exponents

PLOTLY = '<script src="../_static/plotly/plotly.min.js"></script>'  # put there by `onestep.build.sphinx_extension`
_POINTS = 60
_DIGITS = 4


def grid(
    problem: Problem,
    *,
    activations: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    ridges: Sequence[float],
    alphas: Sequence[float],
    bulk_alphas: Sequence[float],
) -> dict:
    """Everything the page shows, as plain JSON; `cases` is nested activation by activation, sizes by sizes.

    Parameters
    ----------
    problem : what the cases have in common: n, teacher and noise.
    sizes : pairs (d, N).
    alphas, bulk_alphas : exponents of the steps n**alpha, ascending; the bulk's density is computed at the second.
    """
    for name, values in {"ridges": ridges, "alphas": alphas, "bulk_alphas": bulk_alphas}.items():
        reals(name, values, 0.0)
    cases = [[replace(problem, activation=name, d=d, N=N) for d, N in sizes] for name in activations]
    return {
        "n": problem.n,
        "teacher": [problem.target[k] for k in range(4)],
        "noise_std": problem.noise_std,
        "activations": list(activations),
        "sizes": [{"d": d, "N": N, "phi": d / problem.n, "psi": d / N} for d, N in sizes],
        "ridges": list(ridges),
        "alphas": _short(alphas),
        "steps": _short([problem.step(alpha) for alpha in alphas]),
        "bulk_alphas": _short(bulk_alphas),
        "thresholds": _short([alpha for alpha in critical_exponents(4) if alpha > 0]),
        "cases": [[_case(own, ridges, alphas, bulk_alphas) for own in row] for row in cases],
    }


def _case(problem: Problem, ridges, alphas, bulk_alphas) -> dict:
    x = np.geomspace(3e-3, 1, _POINTS) * 2.2 * edges(problem)[-1, 1]  # a bulk grows with its step
    step = np.array([problem.step(alpha) for alpha in alphas])
    ridge = np.array(ridges)[:, None]
    train, test = any_step.errors(problem, ridge, step)
    train0, test0 = any_step.errors(problem, ridge[:, 0], 0.0)
    return {
        "x": _short(x),
        "density": [_short(x * any_step.density(problem, x, problem.step(alpha))) for alpha in bulk_alphas],
        "outliers": [
            [{"at": _rounded(o.position), "overlaps": _short(o.overlaps)} for o in any_step.outliers(problem, eta)]
            for eta in step
        ],
        "train": [_short(row) for row in train],
        "test": [_short(row) for row in test],
        "train0": _short(train0),
        "test0": _short(test0),
        "linear": _short(linear_errors(problem, ridge[:, 0])[1]),
    }


def as_html(found: dict) -> str:
    """The controls, the places for pictures and numbers, the data and the script, as one piece of HTML."""
    data = json.dumps(found, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    script = files("onestep.book").joinpath("explorer.js").read_text(encoding="utf-8")
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


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _short(values) -> list[float]:
    """Four digits: what a picture can show."""
    return [_rounded(value) for value in np.asarray(values, dtype=float)]
