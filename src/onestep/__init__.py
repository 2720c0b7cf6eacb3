"""One Big Step: feature learning with one gradient step in a two-layer network, as theory, simulation and book."""

from typing import TYPE_CHECKING

from onestep.lazy import attribute_loader

if TYPE_CHECKING:
    from onestep.checks import InputError, NotConverged, OneStepError
    from onestep.geometry import Geometry
    from onestep.problem import Problem

__all__ = ["Geometry", "InputError", "NotConverged", "OneStepError", "Problem"]
__version__ = "0.1.0"
__getattr__ = attribute_loader(__name__)
