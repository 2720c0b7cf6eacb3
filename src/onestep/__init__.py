"""One Big Step: feature learning with one gradient step in a two-layer network, as theory, simulation and book."""

from typing import TYPE_CHECKING

from onestep.lazy import attribute_loader

if TYPE_CHECKING:
    from onestep.checks import InputError, NotConverged, OneStepError
    from onestep.geometry import Geometry
    from onestep.inputs import Covariance
    from onestep.links import Link
    from onestep.problem import Problem
    from onestep.teachers import MultiIndex

__all__ = [
    "Covariance",
    "Geometry",
    "InputError",
    "Link",
    "MultiIndex",
    "NotConverged",
    "OneStepError",
    "Problem",
]
__version__ = "0.2.0"
__getattr__ = attribute_loader(__name__)
