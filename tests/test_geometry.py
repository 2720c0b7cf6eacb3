"""The geometry of a step: what it refuses, what it derives, and that both theories and the simulation share it."""

import pickle

import numpy as np
import pytest

from onestep import Geometry, InputError, NotConverged, OneStepError, Problem, theory
from onestep.simulation import MemoryRefusal, run
from onestep.theory import any_step, limit_geometry, published_geometry


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("beta_norm", {"beta_norm": 0.0}),
        ("cosine", {"cosine": 1.5}),
        ("readout", {"readout": (np.ones(2), np.ones(2))}),
        ("readout", {"readout": ([1.0, 2.0], [0.5, 0.5, 0.0])}),
        ("readout", {"readout": 3}),
        ("projection", {"projection": -1.0}),
        ("projection", {"projection": ([1.0], [-1.0])}),
        ("lengthening", {"lengthening": -0.1}),
        ("drift", {"drift": np.nan}),
    ],
)
def test_refusals_name_the_field(name, given):
    with pytest.raises(InputError) as caught:
        Geometry(**({"beta_norm": 1.0, "cosine": 0.5} | given))
    assert caught.value.name == name


def test_the_length_of_t_is_that_of_its_law():
    nodes, weights = np.array([-1.0, 0.5, 2.0]), np.array([0.2, 0.5, 0.3])
    assert Geometry(1.0, 0.5).projection_norm == 1.0
    assert Geometry(1.0, 0.5, projection=1.2).projection_norm == 1.2
    length = Geometry(1.0, 0.5, projection=(nodes, weights)).projection_norm
    assert length == pytest.approx(np.sqrt(weights @ nodes**2), rel=1e-14)


def test_a_measured_geometry_serves_both_theories():
    problem = Problem(n=400, d=200, N=300, activation="relu", teacher=(0.5, 1.0, 0.5))
    geometry = run(problem, 0.0, 0.1, 3).geometry
    for errors in (theory.errors, any_step.errors):
        limit, measured = errors(problem, 0.1, 5.0), errors(problem, 0.1, 5.0, geometry)
        assert 1e-4 < abs(measured[1] / limit[1] - 1) < 0.2


def test_rows_lengthen_by_what_the_chapters_say():
    problem = Problem(activation="relu", teacher=(0.5, 1.0, 0.5), n_gradient=3000)
    c, limit = problem.student, limit_geometry(problem)
    labels = problem.target.second_moment + problem.noise_variance
    beta_norm = np.sqrt(1 + 1000 / 3000 * labels)
    assert limit.beta_norm == pytest.approx(beta_norm) and limit.cosine == pytest.approx(1 / beta_norm)
    assert limit.lengthening == pytest.approx(1000 / 3000 * labels * c.slope_variance / (c[1] * beta_norm) ** 2)
    assert limit.drift == pytest.approx(2 * c[2] * 0.5 / (c[1] * beta_norm))
    published = published_geometry(problem)
    assert (published.lengthening, published.drift, published.beta_norm) == (0.0, 0.0, limit.beta_norm)


@pytest.mark.parametrize(
    "error", [NotConverged("it", 1e-3, 7, "try more"), MemoryRefusal(10, 5), InputError("n", 0, "1")]
)
def test_failures_share_a_base_and_cross_process_borders(error):
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, OneStepError) and type(again) is type(error)
    assert str(again) == str(error) and vars(again) == vars(error)
