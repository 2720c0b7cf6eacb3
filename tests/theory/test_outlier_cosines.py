"""The signs of an outlier's cosines: which polynomial, and not only which degrees, its singular vector follows."""

import numpy as np
import pytest

from onestep import Problem
from onestep.hermite import basis, gaussian_rule, monomials_in_hermite
from onestep.theory import limit_geometry
from onestep.theory.spikes import outliers


def strong(**options):
    problem = Problem(n=10**12, d=5 * 10**11, N=75 * 10**10, **options)
    return outliers(problem, problem.step(0.32))


@pytest.mark.parametrize("second", [0.3, -0.3])
def test_a_strong_second_spike_follows_t_squared(second):
    # t^2 + kappa = He_2 + (1 + kappa) He_0: so are its cosines with He_2/sqrt(2) and 1, whatever the sign of c_2.
    first, follower = strong(activation=(0.0, 1.0, second))
    kappa = limit_geometry(Problem(activation=(0.0, 1.0, second))).lengthening
    T = (monomials_in_hermite(2)[2] + [kappa, 0, 0]) * np.sqrt([1, 1, 2])
    assert follower.cosines[:3] == pytest.approx(T / np.linalg.norm(T), abs=1e-3)
    assert abs(first.cosines[:3] @ follower.cosines[:3]) < 1e-3
    assert first.cosines[1] > 0.999


def test_the_largest_cosine_is_positive_and_overlaps_are_squares():
    for outlier in strong(activation=(0.0, 1.0, -0.3)):
        assert outlier.cosines[np.argmax(outlier.overlaps)] > 0
        assert outlier.overlaps == pytest.approx(outlier.cosines**2)


def test_the_mean_entry_is_the_polynomial_with_these_cosines():
    outlier = outliers(Problem(activation=(0, 1, 0.6, 0.3)), 8.0)[0]
    nodes, weights = gaussian_rule()
    entries = outlier.entries(nodes)
    cosines = weights * entries @ basis(nodes, len(outlier.cosines) - 1).T
    np.testing.assert_allclose(cosines, outlier.cosines, atol=1e-10)
    assert outlier.entries(np.zeros((2, 3))).shape == (2, 3)
