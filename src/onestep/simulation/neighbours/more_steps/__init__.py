"""More than one step, drawn: few neurons, repeated samples, one-pass batches, and the wide network after two steps."""

from onestep.simulation.neighbours.more_steps.neurons import LOSSES, few_neurons, one_pass, repeated_samples, shifts
from onestep.simulation.neighbours.more_steps.wide import TwoSteps

__all__ = ["LOSSES", "TwoSteps", "few_neurons", "one_pass", "repeated_samples", "shifts"]
