"""The spectrum with structured noise, and outliers in gaps: against isotropic noise, sum rules and drawn networks."""

import math

import numpy as np
import pytest

from onestep import InputError, Problem
from onestep.inputs import Covariance
from onestep.simulation import OneStep
from onestep.theory import any_step, resolvent

# Nothing to structure: sigma' = 1, or an enormous gradient batch with an activation whose noise is gone.
PLAIN = [
    (Problem(600, 300, 450, (0, 1), n_gradient=700, readout="constant"), 15.0),
    (Problem(600, 300, 450, "tanh", n_gradient=10**12, readout="constant"), 15.0),
]


@pytest.mark.parametrize(("problem", "eta"), PLAIN, ids=["linear", "large batch"])
def test_without_structure_it_is_the_isotropic_spectrum(problem, eta):
    x = np.geomspace(0.05, 2.0, 7)
    plain, full = (any_step.density(problem, x, eta, noise=noise) for noise in ("isotropic", "structured"))
    np.testing.assert_allclose(full, plain, atol=1e-8)
    plain, full = (any_step.outliers(problem, eta, noise=noise) for noise in ("isotropic", "structured"))
    assert len(plain) == len(full) > 0
    for one, other in zip(plain, full, strict=True):
        assert other.position == pytest.approx(one.position, rel=1e-8)
        np.testing.assert_allclose(other.cosines, one.cosines, atol=1e-8)


@pytest.mark.slow
def test_without_structure_edges_are_those_of_isotropic_noise():
    problem, eta = PLAIN[0]
    plain, full = (any_step.edges(problem, eta, noise=noise) for noise in ("isotropic", "structured"))
    np.testing.assert_allclose(full, plain, rtol=1e-6)


@pytest.mark.slow
def test_structured_bulks_of_drawn_networks():
    """Sum of squares of the eigenvalues that are no outliers, of ReLU at 1.5 sqrt N; isotropic noise is the control."""
    problem = Problem(800, 400, 600, "relu", readout="constant")
    eta, draws = 1.5 * math.sqrt(problem.N), 16
    x = np.geomspace(1e-3, 12, 160)
    laws = {}
    for noise in ("isotropic", "structured"):
        count = len(any_step.outliers(problem, eta, noise=noise))
        rho = any_step.density(problem, x, eta, noise=noise)
        laws[noise] = np.trapezoid(rho * x**3, np.log(x))
    values = [OneStep.draw(problem, seed).spectrum(eta)[:-count] for seed in range(draws)]
    seen = np.array([np.sum(one**2) / problem.n for one in values])
    error = seen.std(ddof=1) / math.sqrt(draws)
    assert abs(seen.mean() - laws["structured"]) < 3 * error + 0.02 * seen.mean()
    assert abs(seen.mean() - laws["isotropic"]) > 5 * error + 0.02 * seen.mean()  # the control


@pytest.mark.long
def test_an_outlier_in_a_gap_is_in_drawn_networks():
    """The cube of t makes one between the band that d directions carry and the other; half the step is the control."""
    problem = Problem(1000, 100, 750, "erf", (0.0, 1.0, 0.0, 0.3), n_gradient=5000)
    (_, low), (high, _) = any_step.edges(problem, 16.0)
    ratios = []
    for seed in range(6):
        step = OneStep.draw(problem, seed)
        seen, before = (
            values[(values > 1.02 * low) & (values < 0.95 * high)] for values in map(step.spectrum, (16, 8))
        )
        found = any_step.outliers(problem, 16.0, step.geometry, where="everywhere")
        assert len(seen) == 1 and len(before) == 0 and len(found) == 2
        ratios.append(seen[0] / found[1].position)
        assert np.argmax(found[1].overlaps) == 3
    assert abs(np.mean(ratios) - 1) < 3 * np.std(ratios, ddof=1) / math.sqrt(len(ratios)) + 0.01
    assert len(any_step.outliers(problem, 8.0, where="everywhere")) == 1
    assert len(any_step.outliers(problem, 16.0)) == 1


def test_a_solution_on_a_real_branch_is_no_gap():
    """At these sizes Newton could end on one in the midst of the bulk."""
    problem = Problem(800, 100, 400, "relu")
    x = np.linspace(0.0505, 0.0565, 13)
    np.testing.assert_allclose(any_step.density(problem, x, 0.0), resolvent.density(problem, x), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(800, 100, 400), (400, 100, 800)])
def test_edges_of_thin_bands(sizes):
    problem = Problem(*sizes, "relu")
    np.testing.assert_allclose(any_step.edges(problem, 0.0), resolvent.edges(problem), rtol=1e-6)


def test_bad_input_is_named():
    problem = Problem(20, 10, 15)
    for call, name in [
        (lambda: any_step.density(problem, 1.0, 1.0, noise="white"), "noise"),
        (lambda: any_step.edges(problem, 1.0, noise="white"), "noise"),
        (lambda: any_step.outliers(problem, 1.0, noise="white"), "noise"),
        (lambda: any_step.outliers(problem, 1.0, where="below"), "where"),
        (lambda: any_step.density(Problem(inputs=Covariance((2.0, 1.0))), 1.0, 1.0, noise="structured"), "inputs"),
    ]:
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.name == name
