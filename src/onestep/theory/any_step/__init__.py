"""One deterministic equivalent for every step size, from no step to the maximal eta ~ sqrt(N)."""

from onestep.theory.any_step.errors import Solution, errors, solve
from onestep.theory.any_step.fixed_point import ConvergenceError
from onestep.theory.any_step.geometry import Geometry, limit, plug_in
from onestep.theory.any_step.spectrum import density, edges, outliers

__all__ = [
    "ConvergenceError",
    "Geometry",
    "Solution",
    "density",
    "edges",
    "errors",
    "limit",
    "outliers",
    "plug_in",
    "solve",
]
