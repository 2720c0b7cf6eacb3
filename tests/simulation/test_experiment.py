"""The whole experiment: against a plain script, reproducible, paired, measured right, refused in time."""

import dataclasses
import math
import pickle

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from onestep import InputError, Problem
from onestep.hermite import basis
from onestep.simulation import Ensemble, MemoryRefusal, experiment, memory, run, run_many, sample

PROBLEM = Problem(n=120, d=60, N=80, activation="relu")
ETA, RIDGE = np.array([0.0, 1.0, 4.0]), np.array([0.01, 0.1, 1.0, 10.0])
ARRAYS = [field.name for field in dataclasses.fields(experiment.Measurement) if field.type is np.ndarray]


def same(first, second, equal=np.testing.assert_array_equal, names=ARRAYS, **tolerance):
    for name in names:
        equal(getattr(first, name), getattr(second, name), err_msg=name, **tolerance)


def plain_script(problem, eta, ridge, seed):
    """The experiment as anyone would write it, for one step and one ridge value."""
    draw = sample.draw(problem, seed)
    (X, y), (Xt, yt) = (draw.gradient.X, draw.gradient.y), (draw.ridge.X, draw.ridge.y)
    sigma, n = problem.sigma, problem.n
    r = y - sigma(X @ draw.W0.T) @ draw.a / np.sqrt(problem.N)
    W = draw.W0 + eta / n * (np.outer(draw.a, r) * sigma.derivative(draw.W0 @ X.T)) @ X
    F = sigma(Xt @ W.T)
    a = np.linalg.solve(F.T @ F / n + ridge * np.eye(problem.N), F.T @ yt / n)
    train = np.mean(np.square(yt - F @ a)) + ridge * a @ a
    square = np.square(draw.test.y - sigma(draw.test.X @ W.T) @ a)
    test = square.mean(), square.std(ddof=1) / np.sqrt(n)
    U, s, _ = np.linalg.svd(F, full_matrices=False)
    t = Xt @ X.T @ r
    return train, test, U[:, :3], s[:3] ** 2 / n, np.sum(s**2 / (s**2 + n * ridge)), t / np.linalg.norm(X.T @ r)


@pytest.mark.parametrize(
    "changes", [{}, {"N": 200}, {"n_gradient": 300, "readout": "constant"}, {"activation": "erf"}], ids=str
)
@pytest.mark.parametrize("solver", ["exact", "krylov"])
def test_against_a_plain_script(changes, solver):
    problem = dataclasses.replace(PROBLEM, **changes) if "n_gradient" not in changes else None
    if problem is None:  # the plain script divides by n: give it a problem of its own size
        changes = {**changes, "n_gradient": 120}
        problem = dataclasses.replace(PROBLEM, **changes)
    got = run(problem, ETA, RIDGE, 3, top=3, solver=solver)
    for i, eta in enumerate(ETA):
        for j, ridge in enumerate(RIDGE):
            train, test, left, values, freedom, t = plain_script(problem, eta, ridge, 3)
            assert got.train_error[i, j] == pytest.approx(train, rel=1e-10)
            assert (got.test_error[i, j], got.test_standard_error[i, j]) == pytest.approx(test, rel=1e-5)
            if solver == "exact":
                assert got.degrees_of_freedom[i, j] == pytest.approx(freedom, rel=1e-10)
            np.testing.assert_allclose(got.top_values[i], values, rtol=1e-5)
        H = basis(t, 8)
        H /= np.linalg.norm(H, axis=1)[:, None]
        np.testing.assert_allclose(got.overlaps[i, 0], np.square(H @ left[:, 0]), atol=1e-4)
        assert abs(got.top_vectors[i, :, 0] @ left[:, 0]) == pytest.approx(1, abs=1e-4)


def test_shapes():
    got = run(PROBLEM, ETA, RIDGE, 0, top=2, n_test=50)
    for name in ("train_error", "test_error", "test_standard_error", "residual_norm", "degrees_of_freedom"):
        assert getattr(got, name).shape == (3, 4)
    assert got.top_values.shape == (3, 2)
    assert got.top_vectors.shape == (3, 120, 2)
    assert got.overlaps.shape == (3, 2, experiment.ORDERS + 1)
    single = run(PROBLEM, 1.0, 0.1, 0)
    assert single.train_error.shape == (1, 1) and single.top_vectors.shape == (1, 120, 0)


def test_the_same_bits_again():
    same(run(PROBLEM, ETA, RIDGE, 0, top=2), run(PROBLEM, ETA, RIDGE, 0, top=2))


def test_thread_counts_agree_to_rounding():
    problem = dataclasses.replace(PROBLEM, n=700, d=300, N=500)
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(run(problem, [0.0, 3.0], RIDGE, 0))
    same(*results, np.testing.assert_allclose, rtol=1e-8)


def test_a_step_or_a_ridge_value_does_not_depend_on_its_company():
    together = run(PROBLEM, ETA, RIDGE, 0)
    for i, eta in enumerate(ETA):
        alone = run(PROBLEM, eta, RIDGE[1:3], 0)
        np.testing.assert_allclose(alone.train_error[0], together.train_error[i, 1:3], rtol=1e-12)
        np.testing.assert_allclose(alone.test_error[0], together.test_error[i, 1:3], rtol=1e-10)


def test_the_test_batch_changes_the_test_error_only():
    few, many = (run(PROBLEM, ETA, RIDGE, 0, top=1, n_test=n_test) for n_test in (400, 6400))
    same(few, many, names=[name for name in ARRAYS if not name.startswith("test")])
    assert np.all(np.abs(few.test_error - many.test_error) < 5 * few.test_standard_error)
    assert np.any(np.abs(few.test_error - many.test_error[:, ::-1]) > 5 * few.test_standard_error)  # of another ridge
    assert np.all(many.test_standard_error < few.test_standard_error)


def test_single_precision():
    double = run(PROBLEM, ETA, RIDGE, 0, top=1)
    single = run(dataclasses.replace(PROBLEM, precision="float32"), ETA, RIDGE, 0, top=1)
    for name in ("train_error", "test_error", "degrees_of_freedom", "top_values", "overlaps"):
        np.testing.assert_allclose(getattr(single, name), getattr(double, name), rtol=1e-4, atol=1e-5, err_msg=name)


def test_krylov_and_exact():
    problem = dataclasses.replace(PROBLEM, n=300, N=200, d=150)
    exact, iterated = (run(problem, ETA, RIDGE, 0, top=2, solver=solver) for solver in ("exact", "krylov"))
    for name in ("train_error", "test_error", "residual_norm", "top_values"):
        np.testing.assert_allclose(getattr(iterated, name), getattr(exact, name), rtol=1e-5, err_msg=name)

    def miss(exact):
        return np.abs(iterated.degrees_of_freedom - exact) / iterated.degrees_of_freedom_error

    assert miss(exact.degrees_of_freedom).max() < 5 and exact.degrees_of_freedom_error.max() == 0
    assert miss(1.1 * exact.degrees_of_freedom).max() > 5  # the control: ten per cent are seen


def test_auto_turns_to_krylov_above_the_bound(monkeypatch):
    assert run(PROBLEM, 1.0, 0.1, 0).degrees_of_freedom_error == 0
    monkeypatch.setattr(experiment, "EXACT_BELOW", 79)
    assert run(PROBLEM, 1.0, 0.1, 0).degrees_of_freedom_error > 0


def test_geometry_is_measured_on_the_draw():
    problem = Problem(n=2000, d=400, N=300)
    got, draw = run(problem, 0.0, 0.1, 1).geometry, sample.draw(problem, 1)
    beta = draw.gradient.X.T @ draw.gradient.y / 2000  # the first output is of order N^(-1/2)
    assert got.beta_norm == pytest.approx(np.linalg.norm(beta), rel=0.02)
    assert got.cosine == pytest.approx(beta @ draw.beta_star / np.linalg.norm(beta), abs=0.02)
    other = run(dataclasses.replace(problem, first_output="order_one"), 0.0, 0.1, 1).geometry
    assert other.beta_norm != pytest.approx(np.linalg.norm(beta), rel=0.02)  # the control: an output that is not small
    assert other.cosine != pytest.approx(beta @ draw.beta_star / np.linalg.norm(beta), abs=0.02)
    assert got.projection_norm == pytest.approx(1, abs=4 / np.sqrt(2 * 2000))
    nodes, weights = got.readout
    for power in (1, 2, 3, 8):
        assert weights @ nodes**power == pytest.approx(np.mean((math.sqrt(300) * draw.a) ** power), rel=1e-9)
    t, (nodes, weights) = draw.ridge.X @ beta, got.projection
    shape = np.mean(t**4) / np.mean(t**2) ** 2
    assert weights @ nodes**4 / (weights @ nodes**2) ** 2 == pytest.approx(shape, rel=0.01)


def test_a_large_step_sends_the_top_vector_to_the_direction_of_the_step():
    problem = Problem(n=500, d=250, N=400)
    untrained, trained = run(problem, [0.0, 8.0], 0.1, 0, top=1).overlaps[:, 0, 1]
    assert trained > 0.9 and untrained < 0.1


def test_ensemble():
    seeds = range(5)
    ensemble = run_many(PROBLEM, ETA, RIDGE, seeds, top=1)
    assert isinstance(ensemble, Ensemble)
    train = np.array([run(PROBLEM, ETA, RIDGE, seed).train_error for seed in seeds])
    np.testing.assert_array_equal(ensemble.values("train_error"), train)
    np.testing.assert_allclose(ensemble.mean("train_error"), train.mean(axis=0))
    np.testing.assert_allclose(ensemble.standard_error("train_error"), train.std(axis=0, ddof=1) / np.sqrt(5))
    gain, error = ensemble.gain("train_error")
    np.testing.assert_allclose(gain, (train[:, :1] - train).mean(axis=0))
    assert np.all(gain[0] == 0) and np.all(error[0] == 0)
    # Paired differences: the scatter that the steps share is gone.
    assert np.all(
        error[1] < 0.5 * np.hypot(ensemble.standard_error("train_error")[0], ensemble.standard_error("train_error")[1])
    )
    assert ensemble.values("cosine").shape == (5,)
    assert np.all(ensemble.values("projection_norm") > 0)


@pytest.mark.parametrize("seeds", [[], [1, 1], [0, -1], [0.5]])
def test_refused_seeds(seeds):
    with pytest.raises(InputError, match="seeds"):
        run_many(PROBLEM, 1.0, 0.1, seeds)


def test_one_draw_has_no_standard_error():
    ensemble = run_many(PROBLEM, 1.0, 0.1, [0])
    with pytest.raises(InputError, match="at least 2"):
        ensemble.standard_error("train_error")


@pytest.mark.parametrize(
    "changes, name",
    [
        ({"eta": np.nan}, "eta"), ({"eta": []}, "eta"), ({"eta": [[1.0]]}, "eta"), ({"eta": "1"}, "eta"),
        ({"ridge": -1.0}, "ridge"), ({"ridge": [0.1, np.inf]}, "ridge"), ({"ridge": [[0.1]]}, "ridge"),
        ({"ridge": 0.0, "solver": "krylov"}, "ridge"), ({"seed": -1}, "seed"), ({"seed": 0.5}, "seed"),
        ({"n_test": 0}, "n_test"), ({"n_test": 1.0}, "n_test"), ({"top": 81}, "top"), ({"top": -1}, "top"),
        ({"top": 80, "solver": "krylov"}, "top"), ({"solver": "svd"}, "solver"),
    ],
    ids=str,
)  # fmt: skip
def test_refusals_come_before_any_work(changes, name, monkeypatch):
    def never(*arguments):
        raise AssertionError("work began")

    monkeypatch.setattr(experiment.network, "gradient", never)
    arguments = {"eta": 1.0, "ridge": 0.1, "seed": 0} | changes
    with pytest.raises(InputError) as caught:
        run(PROBLEM, **arguments)
    assert caught.value.name == name


def test_features_that_overflow_are_refused():
    problem = dataclasses.replace(PROBLEM, activation=[0, 1, 0, 0, 0, 0.5], precision="float32")
    with pytest.raises(InputError, match="eta: got"):
        run(problem, 1e12, 0.1, 0)


def test_a_run_that_does_not_fit_is_refused_before_it_allocates():
    problem = Problem(n=2_000_000, d=1_000_000, N=1_500_000)
    with pytest.raises(MemoryRefusal) as caught:
        run(problem, 1.0, 0.1, 0)
    error = caught.value
    assert error.needed > 8 * 2e12 and 0 < error.available < error.needed
    assert f"{error.needed / 2**30:.2f} GiB" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_estimate_is_the_sum_of_the_arrays():
    problem = Problem(n=4000, d=2000, N=3000, precision="float32")
    arrays = 2 * 3000 * 2000 + 2 * 4000 * 2000 + 4000 * 3000
    exact, iterated = (memory.estimate(problem, 4000, 1, 0, solver) for solver in ("exact", "krylov"))
    assert 0 < exact - 4 * (arrays + 3000**2) < 110 << 20
    assert iterated < exact
    double = memory.estimate(dataclasses.replace(problem, precision="float64"), 4000, 1, 0, "exact")
    assert double - exact == pytest.approx(4 * (arrays + 3000**2), rel=0.01)


def test_a_containers_limit_is_obeyed(tmp_path, monkeypatch):
    limit, usage = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(memory, "_cgroup_files", lambda: [(limit, usage), (tmp_path / "absent", usage)])
    machine = memory.available()
    limit.write_text("max\n")
    usage.write_text("0\n")
    assert memory.available() == pytest.approx(machine, rel=0.5)
    limit.write_text("3000000\n")
    usage.write_text("1000000\n")
    assert memory.available() == 2_000_000
    usage.write_text("4000000\n")
    assert memory.available() == 0
    with pytest.raises(MemoryRefusal):
        memory.check(1)
