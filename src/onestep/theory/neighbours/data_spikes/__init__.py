"""Signals in the inputs: one long direction, least squares with it, and features that are correlated by accident.

* x = z + sqrt(spike) c gamma (Demir and Dogan 2024, arXiv:2409.20250): the pre-activations of a random network have the
  law that a step on the weights gives, so that the book's equations apply.
* Least squares on such inputs (Li and Sonthalia 2024, arXiv:2410.13991).
* Spurious correlations (Bombari and Mondelli 2025, arXiv:2502.01347).

All formulas are in the form derived for this book.
"""

from onestep.theory.neighbours.data_spikes.long_direction import (
    best,
    best_linear,
    equivalent_step,
    errors,
    least_squares,
    linear_errors,
)
from onestep.theory.neighbours.data_spikes.shortcuts import feature_shrinkage, shrinkage, spurious, variance_factor

__all__ = [
    "best",
    "best_linear",
    "equivalent_step",
    "errors",
    "feature_shrinkage",
    "least_squares",
    "linear_errors",
    "shrinkage",
    "spurious",
    "variance_factor",
]
