"""A trial of minutes: both errors against the explicit spiked Gaussian model at n = 2000, 20 draws, as a table.

OPENBLAS_NUM_THREADS=1 pytest -s -m long tests/theory/test_table.py
"""

import numpy as np
import pytest
from spiked_witness import adjusted_mean, controls, draw

from onestep import Problem
from onestep.theory import errors
from onestep.theory.geometry import published_geometry
from onestep.theory.terms import kept_orders

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "He_1 + 0.6 He_2 + 0.3 He_3": (0, 1, 0.6, 0.3)}
TEACHERS = {1: (0, 1), 2: (0, 1, 0.5), 3: (0, 1, 0.5, 0.3)}
EXPONENTS = (None, 0.1, 0.2, 0.3, 0.4)
RIDGE, DRAWS = 0.1, 20


def fresh_control(drawn) -> float:
    problem = drawn.problem
    return np.mean(drawn.labels[problem.n :] ** 2) - problem.target.second_moment - problem.noise_variance


@pytest.mark.long
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_errors_of_the_explicit_model(name):
    """Means over draws with the moments of the labels regressed out, whose expectations are known."""
    problems = {degree: Problem(activation=ACTIVATIONS[name], teacher=teacher) for degree, teacher in TEACHERS.items()}
    etas = np.array([0.0 if alpha is None else problems[1].step(alpha) for alpha in EXPONENTS])
    orders = kept_orders(problems[1], published_geometry(problems[1]))
    values, control = np.empty((DRAWS, len(problems), len(etas), 2)), np.empty((DRAWS, len(problems), 4))
    for seed in range(DRAWS):
        drawn = draw(problems[1], orders, seed, fresh=problems[1].n)
        for i, problem in enumerate(problems.values()):
            taught = drawn.taught(problem)
            values[seed, i] = [taught.errors(eta, RIDGE) for eta in etas]
            control[seed, i] = [*controls(taught), fresh_control(taught)]
    for i, (degree, problem) in enumerate(problems.items()):
        print(f"\n{name}, orders {orders}, teacher of degree {degree}")
        compare(values[:, i], control[:, i], np.transpose(errors(problem, RIDGE, etas, published_geometry(problem))))


def compare(values, control, predicted):
    """Print one table: deviations in per cent and in standard errors, of the gain over no step in paired ones."""
    mean, error = adjusted_mean(values, control)
    gain, gain_error = adjusted_mean(values[:, :1] - values[:, 1:], control)
    paired = (gain - (predicted[:1] - predicted[1:])) / gain_error
    print("alpha |  train: model   theory  dev %  dev/se  gain/se |   test: model   theory  dev %  dev/se  gain/se")
    for i, alpha in enumerate(EXPONENTS):
        cells = [
            f"{mean[i, k]:14.4f} {predicted[i, k]:8.4f} {100 * (mean[i, k] / predicted[i, k] - 1):6.2f} "
            f"{(mean[i, k] - predicted[i, k]) / error[i, k]:7.1f} " + (f"{paired[i - 1, k]:8.1f}" if i else " " * 8)
            for k in (0, 1)
        ]
        print(f"{'none' if alpha is None else alpha:>5} |{'|'.join(cells)}", flush=True)
    assert np.max(np.abs((mean - predicted) / error)) < 5
    assert np.max(error / predicted) < 0.02
    # the control: an untrained network has other errors than a trained one
    assert np.max(np.abs((mean - predicted[0]) / error)) > 10
