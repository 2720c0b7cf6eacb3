"""The few numbers through which one gradient step enters the theory: their limits, or those of one draw."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onestep.checks import InputError, integer, real, reals

Quadrature = tuple[np.ndarray, np.ndarray]
_NODES = 32  # of a drawn law: it shares its first 63 moments
_LARGEST = 1e100
_ROUNDING = 1e-9  # of weights that sum to one


@dataclass(frozen=True, eq=False)
class Geometry:
    """Direction of the step and second layer, in the limit or as measured.

    `onestep.simulation` measures it (`Measurement.geometry`), `onestep.theory.limit_geometry` has its limit, and both
    theories read it.

    Attributes
    ----------
    beta_norm : float > 0
        |beta|, with beta = X'y/n on the gradient batch.
    cosine : float in [-1, 1]
        rho, the cosine between beta and beta_star.
    readout : (nodes, weights) or None
        A quadrature, two arrays (p,), for the law of sqrt(N) a_j; None for the law that the problem states.
    projection : float, (nodes, weights) or None
        The law of t = beta . x / |beta| over the ridge batch: a quadrature; or its root mean square |t|/sqrt(n), for a
        Gaussian t; None for N(0, 1).
    lengthening : float >= 0 or None
        kappa: the noise of the gradient adds kappa s_j^2 to the squared length of row j, where s_j is the row's shift
        along beta. None for the kappa of the problem at this `beta_norm`; 0 for no noise.
    drift : float or None
        zeta: the gradient of a teacher with a mean also multiplies row j by 1 + zeta s_j. None for the zeta of the
        problem; 0 for none.

    Raises
    ------
    InputError
        `beta_norm` is not positive, `cosine` is beyond 1, `lengthening` is negative, or a law is not a quadrature.

    Examples
    --------
    >>> from onestep import Geometry, Problem
    >>> from onestep.theory import outliers
    >>> problem = Problem(n=2000, d=1000, N=1500)
    >>> measured = Geometry(beta_norm=1.6, cosine=0.62)
    >>> [round(outlier.position, 3) for outlier in outliers(problem, 3.0, measured)]
    [4.466]
    """

    beta_norm: float
    cosine: float
    readout: Quadrature | None = None
    projection: float | Quadrature | None = None
    # Any, because formulas use them as numbers: `onestep.theory.geometry.chosen` has replaced None before.
    lengthening: float | Any = None
    drift: float | Any = None

    def __post_init__(self):
        checked = {"beta_norm": real("beta_norm", self.beta_norm, 0.0, open_below=True)}
        checked["cosine"] = real("cosine", self.cosine)
        if abs(checked["cosine"]) > 1:
            raise InputError("cosine", self.cosine, "a number between -1 and 1")
        if self.readout is not None:
            checked["readout"] = _quadrature("readout", self.readout)
        if isinstance(self.projection, tuple | list):
            checked["projection"] = _quadrature("projection", self.projection)
        elif self.projection is not None:
            checked["projection"] = real("projection", self.projection, 0.0, open_below=True)
        if self.lengthening is not None:
            checked["lengthening"] = real("lengthening", self.lengthening, 0.0)
        if self.drift is not None:
            checked["drift"] = real("drift", self.drift)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @classmethod
    def measured(cls, beta_norm: float, cosine: float, a, t) -> "Geometry":
        """The geometry of one draw, for predictions without the sampling noise of these quantities.

        kappa and zeta hardly vary from draw to draw and stay those of the problem.

        The drawn laws are compressed to Gauss quadratures that share their first moments (Golub & Welsch 1969).

        Parameters
        ----------
        beta_norm, cosine : float
            |beta| and the cosine between beta and beta_star.
        a : (N,) array
            The second layer. sqrt(N) a_j is the law that is kept.
        t : (n,) array or float
            beta . x / |beta| over the ridge batch, or only its root mean square.

        Returns
        -------
        Geometry
            With quadratures as `readout` and `projection`.

        Raises
        ------
        InputError
            An argument is out of its range, empty, or not of finite numbers.

        Examples
        --------
        >>> import numpy as np
        >>> from onestep import Geometry
        >>> t = np.random.default_rng(0).standard_normal(500)
        >>> geometry = Geometry.measured(1.6, 0.62, np.full(300, 300**-0.5), t)
        >>> round(geometry.projection_norm, 6) == round(float(np.sqrt(np.mean(t**2))), 6)
        True
        """
        a, t = reals("a", a).ravel(), reals("t", t)
        for name, values in (("a", a), ("t", t)):
            if not 0 < np.max(np.abs(values), initial=0.0) < _LARGEST:
                raise InputError(name, values, f"numbers below {_LARGEST:g} in size, one of them not zero")
        projection = float(t) if t.ndim == 0 else gauss_quadrature(t.ravel(), _NODES)
        return cls(beta_norm, cosine, gauss_quadrature(math.sqrt(a.size) * a, _NODES), projection)

    @property
    def projection_norm(self) -> float:
        """|t|/sqrt(n), the root mean square of t; 1 in the limit."""
        if self.projection is None:
            return 1.0
        if isinstance(self.projection, float):
            return self.projection
        nodes, weights = self.projection
        return math.sqrt(weights @ nodes**2)


def gauss_quadrature(samples: np.ndarray, nodes: int, weights: np.ndarray | None = None) -> Quadrature:
    """Nodes and weights, (`nodes`,) each, of the Gauss quadrature of the empirical law of `samples`.

    `weights` of sum one belong to the samples; None for equal ones. The rule is exact to degree 2 `nodes` - 1. Fewer
    nodes come back where the samples take fewer values.
    """
    nodes = min(integer("nodes", nodes), np.unique(samples).size)
    basis = np.zeros((nodes + 1, samples.size))
    basis[0] = 1 / math.sqrt(samples.size) if weights is None else np.sqrt(weights)
    diagonal, off = np.empty(nodes), np.empty(nodes)
    for k in range(nodes):  # Lanczos on diag(samples)
        new = samples * basis[k]
        diagonal[k] = basis[k] @ new
        for _ in range(2):  # the three-term recurrence alone loses orthogonality and repeats nodes
            new -= basis[: k + 1].T @ (basis[: k + 1] @ new)
        off[k] = np.linalg.norm(new)
        basis[k + 1] = new / off[k] if off[k] > 0 else 0.0
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(off[: nodes - 1], 1) + np.diag(off[: nodes - 1], -1))
    return values, vectors[0] ** 2


def _quadrature(name: str, given: Any) -> Quadrature:
    allowed = "two rows of equal length: nodes, and weights >= 0 that sum to one"
    try:
        nodes, weights = (reals(name, values) for values in given)
    except (TypeError, ValueError) as error:
        raise InputError(name, given, allowed) from error
    if nodes.ndim != 1 or nodes.shape != weights.shape or not np.any(nodes):
        raise InputError(name, given, allowed)
    if np.any(weights < 0) or abs(weights.sum() - 1) > _ROUNDING:
        raise InputError(name, given, allowed)
    return nodes, weights
