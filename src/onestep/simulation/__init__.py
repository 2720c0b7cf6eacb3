"""Numbers from random draws, never from a formula of the theory."""

from onestep.simulation.experiment import Measurement, run

__all__ = ["Measurement", "run"]
