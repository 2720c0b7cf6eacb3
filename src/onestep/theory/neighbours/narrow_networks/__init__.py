"""One neuron: what training it to the end adds to one step, and how it stands an adversary.

* `overlaps`, `logistic`: the state evolution of ridge, Huber and logistic regression (Cui 2025, arXiv:2409.13904).
* `robust`: errors when inputs may be moved (Mousavi-Hosseini, Javanmard and Erdogdu 2024, arXiv:2410.16449).

All formulas are in the form derived for this book.
"""

from onestep.theory.neighbours.narrow_networks.evolution import Overlaps
from onestep.theory.neighbours.narrow_networks.logistic import logistic, logistic_proximal
from onestep.theory.neighbours.narrow_networks.overlaps import best_cosine, huber, square
from onestep.theory.neighbours.narrow_networks.robust import best_readout, linear_risk, readout_risk, standard_readout

__all__ = [
    "Overlaps",
    "best_cosine",
    "best_readout",
    "huber",
    "linear_risk",
    "logistic",
    "logistic_proximal",
    "readout_risk",
    "square",
    "standard_readout",
]
