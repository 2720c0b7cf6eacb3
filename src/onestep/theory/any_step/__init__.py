"""One deterministic equivalent for every step size, from no step to the maximal eta ~ sqrt(N)."""

from onestep.theory.any_step.fitted_means import Fits, fits
from onestep.theory.any_step.ridge_errors import Prediction, errors, solve
from onestep.theory.any_step.spectrum import density, edges, outliers

__all__ = ["Fits", "Prediction", "density", "edges", "errors", "fits", "outliers", "solve"]
