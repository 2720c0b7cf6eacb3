"""Spectra with structured noise, and outliers in the gap of a bulk of two bands."""

import math

import numpy as np
import pytest

from onestep import Problem
from onestep.theory import any_step


@pytest.mark.long
def test_sum_rule_of_the_structured_density():
    """The transform of density, outliers and atom is m1 at a real ridge, which the errors' solver finds by itself."""
    problem = Problem(n=600, d=300, N=450, activation="relu")
    eta, ridge = 0.7 * math.sqrt(problem.N), 0.3
    expected = {
        noise: (1 - any_step.solve(problem, ridge, eta, noise=noise).degrees_of_freedom / problem.n) / ridge
        for noise in ("isotropic", "structured")
    }
    u, weight = np.polynomial.legendre.leggauss(40)
    found = (1 - problem.N / problem.n) / ridge
    for low, high in any_step.edges(problem, eta, noise="structured"):
        angle = (u + 1) * math.pi / 4
        x = low + (high - low) * np.sin(angle) ** 2
        rho = any_step.density(problem, x, eta, noise="structured")
        found += np.sum(rho * weight * math.pi / 4 * (high - low) * np.sin(2 * angle) / (x + ridge))
    gap = abs(expected["structured"] - expected["isotropic"])
    assert abs(found - expected["structured"]) < gap / 10
    assert gap > 1e-3 * expected["structured"]


@pytest.mark.long
def test_an_outlier_in_a_gap_appears_with_the_step():
    """ReLU with few dimensions: the quadratic spike leaves the lower band, and stays below the linear one."""
    problem = Problem(n=1000, d=60, N=500, activation="relu", teacher=(0, 1, 0.5))
    for eta, many in ((4.0, 0), (8.0, 1)):
        bands = any_step.edges(problem, eta)
        assert len(bands) == 2
        inside = [o.position for o in any_step.outliers(problem, eta, where="everywhere") if o.position < bands[1, 0]]
        assert len(inside) == many and all(bands[0, 1] < place < bands[1, 0] for place in inside)
        assert all(o.position > bands[1, 1] for o in any_step.outliers(problem, eta))
