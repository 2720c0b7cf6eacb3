"""The theory wing: numbers from formulas, never from a random draw.

| question | file |
|---|---|
| what are the traces of the resolvent, the untrained density, its edges? | `resolvent`, solving `equation` |
| which spikes does a step make, and from which constant on do they leave the bulk? | `regimes` |
| where are they, and what do they know? | `spikes` |
| training and test error, the best ridge? | `ridge_errors` |
| how low can the errors come with l degrees, and what does each degree take off? | `plateaus` |
| which degrees of the teacher does the network learn? | `learned_degrees` |
| how good are the best linear model and the teacher itself? | `baselines` |
| through which numbers does the step enter; limits, or those of one draw? | `geometry` |
| what do inputs with a covariance change? | `covariance`, `anisotropic`, `projections` |
| and what, if few directions carry most of the variance? | `quadratic_modes` |
| the same at steps of the order of sqrt(n), to all orders in eta^2/N? | `any_step` |

`regimes`, `spikes`, `ridge_errors` and `plateaus` are exact as n -> infinity for steps n^alpha, alpha < 1/2;
`any_step` keeps the corrections.
"""

from typing import TYPE_CHECKING

from onestep.lazy import attribute_loader

if TYPE_CHECKING:
    from onestep.theory.baselines import bayes_error, best_linear, linear_errors
    from onestep.theory.equation import Bulk
    from onestep.theory.geometry import limit_geometry, published_geometry
    from onestep.theory.learned_degrees import learned
    from onestep.theory.plateaus import Improvement, improvement, plateau
    from onestep.theory.regimes import critical_constant, critical_exponents, critical_step, regime
    from onestep.theory.resolvent import Traces, atom, density, edges, traces
    from onestep.theory.ridge_errors import best_ridge, errors, excess, test_error, train_error
    from onestep.theory.spikes import Outlier, outliers, strengths

__all__ = [
    "Bulk",
    "Improvement",
    "Outlier",
    "Traces",
    "atom",
    "bayes_error",
    "best_linear",
    "best_ridge",
    "critical_constant",
    "critical_exponents",
    "critical_step",
    "density",
    "edges",
    "errors",
    "excess",
    "improvement",
    "learned",
    "limit_geometry",
    "linear_errors",
    "outliers",
    "plateau",
    "published_geometry",
    "regime",
    "strengths",
    "test_error",
    "traces",
    "train_error",
]
__getattr__ = attribute_loader(__name__)
