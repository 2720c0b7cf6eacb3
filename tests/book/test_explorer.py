"""The explorer's grid holds what the theory says, and its page needs no other file."""

import json

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.book.explorer import PLOTLY, as_html, grid, with_plotly
from onestep.theory import any_step

ALPHAS = (0.0, 0.35)


@pytest.fixture(scope="module")
def found():
    return grid(
        Problem(n=400, noise_std=0.5),
        activations=["tanh"],
        sizes=[(200, 300)],
        ridges=[0.1, 1.0],
        alphas=ALPHAS,
        bulk_alphas=[0.0],
    )


def test_the_grid_is_the_theory_in_four_digits(found):
    problem = Problem(n=400, d=200, N=300)
    (case,) = found["cases"][0]
    train, test = any_step.errors(problem, np.array([[0.1], [1.0]]), [problem.step(alpha) for alpha in ALPHAS])
    np.testing.assert_allclose(case["train"], train, rtol=6e-4)
    np.testing.assert_allclose(case["test"], test, rtol=6e-4)
    (outlier,) = any_step.outliers(problem, problem.step(0.35))
    assert case["outliers"][1][0]["at"] == pytest.approx(outlier.position, rel=6e-4)
    x = np.array(case["x"])
    np.testing.assert_allclose(case["density"][0], x * any_step.density(problem, x, 1.0), rtol=2e-2, atol=1e-3)


def test_the_page_holds_its_data(found):
    page = as_html(found)
    between = page.split('<script type="application/json">')[1].split("</script>")[0]
    assert json.loads(between) == found
    assert page.count(PLOTLY) == 1


def test_a_page_on_its_own_has_plotly_inside(found):
    page = with_plotly(as_html(found))
    assert PLOTLY not in page and "plotly.js v" in page
    assert with_plotly("<p>no explorer</p>") == "<p>no explorer</p>"


def test_a_negative_ridge_is_refused():
    with pytest.raises(InputError, match="ridges"):
        grid(Problem(), activations=["tanh"], sizes=[(9, 9)], ridges=[-1.0], alphas=[0.0], bulk_alphas=[0.0])
