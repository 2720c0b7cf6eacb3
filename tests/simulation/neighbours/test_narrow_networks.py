"""One neuron on draws: minima by other means, attacks by search, and refusals."""

import numpy as np
import pytest
from scipy.optimize import minimize

from onestep import InputError, NotConverged, Problem
from onestep.simulation import sample
from onestep.simulation.neighbours import narrow_networks as draws
from onestep.simulation.sample import Batch

PROBLEM = Problem(n=60, d=8, N=5, teacher=(0, 1, 0.5), noise_std=0.5)
BATCH = sample.batch(PROBLEM, 1, "ridge", 60)
SIGNS, TRUTH = draws.sign_batch(80, 6, 3.0, 2)


@pytest.mark.parametrize("loss", ["square", "huber", "logistic"])
def test_the_fit_is_the_minimum(loss):
    batch = SIGNS if loss == "logistic" else BATCH

    def value(theta):
        p, y = batch.X @ theta, batch.y
        r = np.abs(y - p)
        losses = {
            "square": r**2 / 2,
            "huber": np.where(r < 0.7, r**2 / 2, 0.7 * r - 0.7**2 / 2),
            "logistic": np.log1p(np.exp(-y * p)),
        }
        return losses[loss].mean() + 0.05 * theta @ theta

    theta = draws.fit(batch, 0.1, loss, 0.7)
    assert value(theta) <= minimize(value, np.zeros(len(theta)), method="BFGS").fun + 1e-9
    rng = np.random.default_rng(0)
    assert all(value(theta + 0.01 * rng.standard_normal(len(theta))) > value(theta) for _ in range(20))


def test_labels_of_signs():
    batch, truth = draws.sign_batch(20_000, 3, 2.0, 5)
    z = batch.X @ truth
    high = z > 1
    expected = 1 / (1 + np.exp(-2 * z[high]))
    error = np.sqrt(np.mean(expected * (1 - expected)) / high.sum())
    assert np.mean(batch.y[high] == 1) == pytest.approx(expected.mean(), abs=4 * error)
    np.testing.assert_array_equal(draws.sign_batch(100, 3, 2.0, 5)[0].X, batch.X[:100])


def test_no_move_does_more_harm_than_the_attack():
    theta, rng = np.linspace(-1, 1, 8), np.random.default_rng(0)
    full = draws.attacked(BATCH, theta, 0.3, 0.2)
    assert full == pytest.approx(np.mean((np.abs(BATCH.y - BATCH.X @ theta - 0.2) + 0.3 * np.linalg.norm(theta)) ** 2))
    moves = rng.standard_normal((200, 8))
    moves *= 0.3 / np.linalg.norm(moves, axis=1)[:, None]
    errors = ((BATCH.X[:, None] + moves) @ theta + 0.2 - BATCH.y[:, None]) ** 2
    assert errors.max(axis=1).mean() < full
    assert draws.attacked(BATCH, 0 * theta, 0.3) == pytest.approx(np.mean(BATCH.y**2))


def test_adversarial_training_is_the_minimum():
    a, theta = draws.robust_fit(BATCH, 0.3)
    found = draws.attacked(BATCH, theta, 0.3, a)

    def value(x):
        return draws.attacked(BATCH, x[1:], 0.3, x[0])

    start = np.concatenate([[a], theta])
    assert found < value(np.zeros(9)) and found < value(np.concatenate([[0], draws.fit(BATCH, 1e-6)]))
    other = minimize(value, start * 0.5, method="Powell", options={"ftol": 1e-10, "maxfev": 20_000})
    assert found < other.fun + 1e-3
    plain = draws.robust_fit(BATCH, 0.0)[1]
    centred = BATCH.X - BATCH.X.mean(axis=0)
    np.testing.assert_allclose(plain, np.linalg.lstsq(centred, BATCH.y - BATCH.y.mean())[0], atol=2e-3)


def test_refusals(monkeypatch):
    for call in (
        lambda: draws.fit(BATCH, 0.0),
        lambda: draws.fit(BATCH, 1.0, "absolute"),
        lambda: draws.fit(BATCH, 1.0, "logistic"),
        lambda: draws.fit(BATCH, 1.0, "huber", -1.0),
        lambda: draws.fit(Batch(BATCH.X, BATCH.y * np.nan), 1.0),
        lambda: draws.attacked(BATCH, np.ones(8), -1.0),
        lambda: draws.robust_fit(BATCH, -1.0),
        lambda: draws.sign_batch(10, 0, 1.0, 0),
    ):
        with pytest.raises(InputError):
            call()
    with pytest.raises(NotConverged) as caught:
        draws._minimum(lambda x: (float(np.abs(x).sum()), np.sign(x + 1e-300)), np.ones(2), "a kink")
    assert caught.value.residual == 1.0
