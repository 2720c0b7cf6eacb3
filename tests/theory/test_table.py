"""A trial of minutes: both errors against the explicit spiked Gaussian model at n = 2000, 20 draws, as a table.

OPENBLAS_NUM_THREADS=1 pytest -s -m long tests/theory/test_table.py
"""

import numpy as np
import pytest
from spiked_witness import adjusted_mean, controls, draw

from onestep import Problem
from onestep.theory.errors import errors
from onestep.theory.geometry import Geometry, kept_orders

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "He_1 + 0.6 He_2 + 0.3 He_3": (0, 1, 0.6, 0.3)}
TEACHERS = {1: (0, 1), 2: (0, 1, 0.5), 3: (0, 1, 0.5, 0.3)}
EXPONENTS = (None, 0.1, 0.2, 0.3, 0.4)
RIDGE, DRAWS = 0.1, 20


def fresh_control(drawn) -> float:
    problem = drawn.problem
    return np.mean(drawn.labels[problem.n :] ** 2) - problem.target.second_moment - problem.noise_variance


@pytest.mark.long
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("degree", TEACHERS)
def test_errors_of_the_explicit_model(name, degree):
    """Means over draws with the moments of the labels regressed out, whose expectations are known."""
    problem = Problem(activation=ACTIVATIONS[name], teacher=TEACHERS[degree])
    etas = np.array([0.0 if alpha is None else problem.step(alpha) for alpha in EXPONENTS])
    orders = kept_orders(problem, Geometry.limit(problem))
    values, control = np.empty((DRAWS, len(etas), 2)), []
    for seed in range(DRAWS):
        drawn = draw(problem, orders, seed, fresh=problem.n)
        values[seed] = [drawn.errors(eta, RIDGE) for eta in etas]
        control.append([*controls(drawn), fresh_control(drawn)])
    predicted = np.transpose(errors(problem, RIDGE, etas))
    mean, error = adjusted_mean(values, np.array(control))
    gain, gain_error = adjusted_mean(values[:, :1] - values[:, 1:], np.array(control))
    gain_z = (gain - (predicted[:1] - predicted[1:])) / gain_error
    print(f"\n{name}, orders {orders}, teacher of degree {degree}")
    print("alpha |  train: model   theory  dev %  dev/se  gain/se |   test: model   theory  dev %  dev/se  gain/se")
    for i, alpha in enumerate(EXPONENTS):
        cells = []
        for k in (0, 1):
            deviation = mean[i, k] - predicted[i, k]
            paired = f"{gain_z[i - 1, k]:8.1f}" if i else " " * 8
            cells.append(
                f"{mean[i, k]:14.4f} {predicted[i, k]:8.4f} {100 * deviation / predicted[i, k]:6.2f} "
                f"{deviation / error[i, k]:7.1f} {paired}"
            )
        print(f"{'none' if alpha is None else alpha:>5} |{'|'.join(cells)}")
    assert np.max(np.abs((mean - predicted) / error)) < 5
    assert np.max(error / predicted) < 0.02
