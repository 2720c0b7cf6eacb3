"""One deterministic equivalent for every step size, from no step to the maximal eta ~ sqrt(N).

Left out: the part of the gradient that c_3 carries, which lengthens a row by how it lies to beta. It matters for a
readout of few values at eta of several sqrt(N): about a tenth of the test error for tanh with a constant readout.
"""

from onestep.theory.any_step.fitted_means import Fits, fits
from onestep.theory.any_step.ridge_errors import Prediction, errors, solve
from onestep.theory.any_step.spectrum import density, edges, outliers

__all__ = ["Fits", "Prediction", "density", "edges", "errors", "fits", "outliers", "solve"]
