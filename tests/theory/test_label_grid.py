"""The grid of t: as fine as the labels' smoothness asks for, whatever the cosine of beta and beta_star."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from onestep import Geometry, Problem
from onestep.links import Link
from onestep.theory import any_step
from onestep.theory.any_step.features import feature_law
from onestep.theory.any_step.quadrature import label_grid, trapezoid

STEEP = Link("tanh(5z)", lambda z: np.tanh(5 * z), lambda z: 5 / np.cosh(5 * z) ** 2)
SIGN = Link("sign", np.sign, np.zeros_like, kinks=(0.0,))
HINGE = Link("hinge", lambda z: np.maximum(z - 0.7, 0), lambda z: (z > 0.7) * 1.0, kinks=(0.7,))
WAVE = Link("sin(8z)", lambda z: np.sin(8 * z), lambda z: 8 * np.cos(8 * z))
TEACHERS = {"polynomial": (0.0, 1.0, 0.5), "tanh": "tanh", "steep": STEEP, "wave": WAVE, "relu": "relu"}
TEACHERS |= {"sign": SIGN, "hinge": HINGE}
COSINES = (0.7, -0.95, 0.99, 0.993, 1 - 1e-6, 1.0, -1.0)


@pytest.mark.parametrize("teacher", TEACHERS.values(), ids=TEACHERS)
@pytest.mark.parametrize("cosine", COSINES)
def test_means_of_the_labels_whatever_the_cosine(teacher, cosine):
    """E y2 is the teacher's second moment, and E g0(t) t its slope times the cosine; a few nodes are enough."""
    problem = Problem(n=1000, d=500, N=750, teacher=teacher)
    law = feature_law(problem, 20.0, Geometry(1.2, cosine))
    assert law.t.size <= (45 if isinstance(teacher, tuple) else 350)
    size = problem.target.second_moment + problem.noise_variance
    assert law.weight @ law.y2 == pytest.approx(size, rel=1e-7)
    assert law.weight @ (law.g0 * law.t) == pytest.approx(cosine * problem.target[1], abs=1e-7 * math.sqrt(size))
    assert law.weight @ law.t**2 == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("teacher", [TEACHERS["tanh"], HINGE], ids=["smooth", "kink"])
def test_errors_are_continuous_where_the_cosine_reaches_one(teacher):
    """At 1 - 1e-10 a kink has panels of its own; at 1 it has none; a cosine of 0.999 is the control."""
    problem = Problem(n=1000, d=500, N=750, teacher=teacher)
    near, there, far = (
        np.array(any_step.errors(problem, 0.1, 60.0, Geometry(1.2, cosine))) for cosine in (1 - 1e-10, 1.0, 0.999)
    )
    np.testing.assert_allclose(near, there, rtol=1e-8)
    assert np.all(np.abs(far / there - 1) > 1e-6)


@pytest.mark.parametrize("cosine", [0.9, 0.999, 1.0])
def test_a_gaussian_t_of_another_length(cosine):
    """E g0(t)^2 for the hinge at t ~ N(0, 1.5^2), against a fine sum."""
    nodes, weight = label_grid((HINGE,), cosine, 1.0, 1.5)
    assert weight @ nodes**2 == pytest.approx(1.5**2, rel=1e-9)
    sine = math.sqrt(1 - cosine**2)

    def square(t):
        above = cosine * t - 0.7
        if sine == 0:
            return np.maximum(above, 0) ** 2
        return (above * norm.cdf(above / sine) + sine * norm.pdf(above / sine)) ** 2

    fine = 1.5 * np.linspace(-8, 8, 400_001)
    exact = np.sum(square(fine) * norm.pdf(fine / 1.5)) / np.sum(norm.pdf(fine / 1.5))
    assert weight @ square(nodes) == pytest.approx(exact, rel=1e-7)
    coarse, share = trapezoid(1.0)
    assert cosine < 0.99 or abs(share @ square(1.5 * coarse) / exact - 1) > 1e-5  # the control
