import numpy as np
import pytest

from onestep import InputError
from onestep.simulation.kernel import kernel_errors, relu_kernel


def test_the_kernel_is_that_of_many_units():
    rng = np.random.default_rng(0)
    X, units = rng.standard_normal((4, 5)), 20000
    means = []
    for _ in range(10):
        W = rng.standard_normal((units, 5))
        F = np.maximum(X @ (W / np.linalg.norm(W, axis=1)[:, None]).T, 0)
        F -= 1 / np.sqrt(2 * np.pi)
        means.append(F @ F.T / units)
    error = np.std(means, axis=0, ddof=1) / np.sqrt(10)
    assert np.max(np.abs(np.mean(means, axis=0) - relu_kernel(X, X)) / error) < 5
    assert np.max(np.abs(np.mean(means, axis=0) - X @ X.T / 20) / error) > 50  # the linear kernel is another one


def test_a_large_penalty_fits_nothing_and_a_small_one_everything():
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((20, 6)), rng.standard_normal(20)
    little, much = kernel_errors(X, y, X, y, [1e-10, 1e10])
    assert little < 1e-12
    assert much == pytest.approx(np.mean(y**2), rel=1e-6)


def test_refused():
    X = np.ones((3, 2))
    with pytest.raises(InputError, match="X, Z"):
        relu_kernel(X, np.ones((3, 4)))
    with pytest.raises(InputError, match="zeros"):
        relu_kernel(X, np.zeros((3, 2)))
    with pytest.raises(InputError, match="ridge"):
        kernel_errors(X, np.ones(3), X, np.ones(3), 0.0)
