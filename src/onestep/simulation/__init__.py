"""Numbers from random draws, never from a formula of the theory."""

from typing import TYPE_CHECKING

from onestep.lazy import attribute_loader

if TYPE_CHECKING:
    from onestep.simulation.ensemble import Ensemble, run_many
    from onestep.simulation.experiment import Measurement, run
    from onestep.simulation.memory import MemoryRefusal
    from onestep.simulation.one_step import OneStep

__all__ = ["Ensemble", "Measurement", "MemoryRefusal", "OneStep", "run", "run_many"]
__getattr__ = attribute_loader(__name__)
