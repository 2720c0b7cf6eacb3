"""One Big Step: feature learning with one gradient step in a two-layer network, as theory, simulation and book."""

from onestep.checks import InputError
from onestep.problem import Problem

__all__ = ["InputError", "Problem"]
__version__ = "0.1.0"
