"""The explorer, used by keyboard in a real browser, shows what `onestep.theory` says."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import site_checks as checks

from onestep import Problem
from onestep.theory import any_step
from onestep.theory.baselines import linear_errors

pytestmark = pytest.mark.browser
SITE = Path(__file__).parents[2] / "_build" / "html"


@pytest.fixture(scope="module")
def page(browser):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page, outside, wrong = checks.opened(context, (SITE / "chapters" / "explorer.html").as_uri())
    assert (outside, wrong) == ([], [])
    page.wait_for_selector(".js-plotly-plot .main-svg")
    yield page
    context.close()


def data(page) -> dict:
    return json.loads(page.text_content('.onestep-explorer script[type="application/json"]'))


def choose(page, name: str, value: int) -> None:
    page.select_option(f".onestep-explorer select[name={name}]", str(value))


def numbers(page) -> list[list[float]]:
    rows = page.eval_on_selector_all(
        ".onestep-explorer tbody tr", "rows => rows.map(r => [...r.querySelectorAll('td')].map(c => c.textContent))"
    )
    return [[float(cell) for cell in row] for row in rows if len(row) > 1]


def curve(page, plot: str, name: str) -> np.ndarray:
    traces = page.evaluate(f"document.querySelector('[data-plot={plot}]').data.map(t => [t.name, t.x, t.y])")
    return next(np.array([x, y], float) for label, x, y in traces if label == name)


def settings(found: dict) -> list[tuple[int, int, int, int]]:
    """Slider, activation, sizes, ridge: the ends of each and something between."""
    last = len(found["alphas"]) - 1
    return [
        (0, 0, 0, 0),
        (last, len(found["activations"]) - 1, len(found["sizes"]) - 1, len(found["ridges"]) - 1),
        (last - 3, min(1, len(found["activations"]) - 1), 0, len(found["ridges"]) // 2),
    ]


def test_slider_and_choices_show_the_values_of_the_library(page):
    found = data(page)
    for k, activation, size, ridge in settings(found):
        choose(page, "activation", activation)
        choose(page, "size", size)
        choose(page, "ridge", ridge)
        page.focus(".onestep-explorer input[type=range]")
        page.keyboard.press("Home")
        for _ in range(k):
            page.keyboard.press("ArrowRight")
        d, N = found["sizes"][size]["d"], found["sizes"][size]["N"]
        problem = Problem(
            n=found["n"],
            d=d,
            N=N,
            activation=found["activations"][activation],
            teacher=found["teacher"],
            noise_std=found["noise_std"],
        )
        eta, penalty = problem.step(found["alphas"][k]), found["ridges"][ridge]
        expected = [[o.position, *o.overlaps] for o in any_step.outliers(problem, eta)]
        shown = numbers(page)
        assert len(shown) == len(expected)
        for row, values in zip(shown, expected, strict=True):
            assert row == pytest.approx(values, rel=0.006, abs=0.0006)  # three digits are shown
        train, test = any_step.errors(problem, penalty, eta)
        assert curve(page, "errors", "training")[1, k] == pytest.approx(float(train), rel=1e-3)
        assert curve(page, "errors", "test")[1, k] == pytest.approx(float(test), rel=1e-3)
        assert curve(page, "errors", "linear, test")[1, k] == pytest.approx(
            float(linear_errors(problem, penalty)[1]), rel=1e-3
        )
        x, height = curve(page, "spectrum", "bulk")[:, ::7]
        if found["alphas"][k] in found["bulk_alphas"]:
            predicted = x * any_step.density(problem, x, eta)
            assert height == pytest.approx(predicted, abs=2e-3 * predicted.max())
        said = page.text_content(".onestep-said")
        assert problem.activation in said
        assert float(re.search(r"test error ([\d.]+)", said)[1]) == pytest.approx(float(test), rel=0.006)
        assert page.get_attribute(".onestep-explorer input[type=range]", "aria-valuetext").startswith("α = ")


def test_everything_has_a_name(page):
    unnamed = """() => [...document.querySelectorAll('.onestep-explorer :is(input, select)')]
      .filter(e => !e.labels.length || !e.labels[0].textContent.trim()).map(e => e.name)"""
    assert page.evaluate(unnamed) == []
    labels = page.eval_on_selector_all("[data-plot]", "plots => plots.map(p => p.getAttribute('aria-label'))")
    assert len(labels) == 3 and all(len(label) > 8 for label in labels)


def test_the_plots_follow_the_mode_of_the_page(page):
    def ink():
        return page.evaluate(
            "[document.querySelector('[data-plot=spectrum]').layout.font.color,"
            " getComputedStyle(document.querySelector('.onestep-explorer')).color]"
        )

    inks = []
    for mode in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
        page.wait_for_timeout(300)
        drawn, text = ink()
        assert drawn == text
        inks.append(text)
    assert inks[0] != inks[1]
