"""One deterministic equivalent for every step size, from no step to the maximal eta ~ sqrt(N)."""

from onestep.theory.any_step.ridge_errors import Fits, Prediction, errors, fits, solve
from onestep.theory.any_step.spectrum import density, edges, outliers

__all__ = ["Fits", "Prediction", "density", "edges", "errors", "fits", "outliers", "solve"]
