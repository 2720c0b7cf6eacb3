"""Numbers from random draws, never from a formula of the theory."""

from onestep.simulation.ensemble import Ensemble, run_many
from onestep.simulation.experiment import Measurement, run
from onestep.simulation.memory import MemoryRefusal
from onestep.simulation.one_step import OneStep

__all__ = ["Ensemble", "Measurement", "MemoryRefusal", "OneStep", "run", "run_many"]
