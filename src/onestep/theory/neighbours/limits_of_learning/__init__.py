"""What can be learned at all from n of the order of d rows, after Troiani et al. 2024 (arXiv:2405.15480).

* `channels`: what a label says of the coordinates that a teacher uses.
* `weak_recovery`: information and generative exponents, thresholds of the best first-order method, one step on
  transformed labels.
* `spectral`: the top eigenvector of X' diag(T(y)) X / n.
* `message_passing`: the state evolution of phase retrieval.

All formulas are in the form derived for this book.
"""

from onestep.theory.neighbours.limits_of_learning.channels import (
    Channel,
    parity,
    polynomial,
    power,
    product,
    square_and_parity,
)
from onestep.theory.neighbours.limits_of_learning.message_passing import FixedPoint, fixed_point, iterate, trajectory
from onestep.theory.neighbours.limits_of_learning.spectral import Outlier, Spectral, best
from onestep.theory.neighbours.limits_of_learning.weak_recovery import (
    best_transform,
    generative_exponent,
    information_exponent,
    raw_floor,
    transformed_step,
    weak_threshold,
)

__all__ = [
    "Channel",
    "FixedPoint",
    "Outlier",
    "Spectral",
    "best",
    "best_transform",
    "fixed_point",
    "generative_exponent",
    "information_exponent",
    "iterate",
    "parity",
    "polynomial",
    "power",
    "product",
    "raw_floor",
    "square_and_parity",
    "trajectory",
    "transformed_step",
    "weak_threshold",
]
