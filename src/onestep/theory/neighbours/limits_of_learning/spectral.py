"""The top eigenvector of D = X' diag(T(y)) X / n, for labels that depend on z = v . x, and its overlap with v.

In the form derived here (a Schur complement), after Lu and Li (arXiv:1702.06435) and Mondelli and Montanari
(arXiv:1708.05932). For T bounded above by tau, and l > tau, the bulk of D ends at the minimum of

    psi(l) = l (phi + E[T/(l - T)]),   phi = d/n,

and D has an eigenvalue psi(l) beyond it where E[T Gamma/(l - T)] = phi with psi'(l) > 0, Gamma = E[z^2 - 1 | y].
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq

from onestep.checks import InputError, NotConverged, real, reals
from onestep.theory.neighbours.limits_of_learning.channels import Channel

_SCAN = np.linspace(-30.0, 12.0, 421)  # of log(l - tau), relative to the scale of T


@dataclass(frozen=True)
class Outlier:
    """What the largest eigenvalue of D does in the limit.

    Attributes
    ----------
    position : float
        Of the largest eigenvalue: the outlier, or the edge of the bulk where there is none.
    overlap : float
        Squared cosine of its eigenvector with v; 0 without an outlier.
    edge : float
        Of the bulk.
    """

    position: float
    overlap: float
    edge: float


@dataclass(frozen=True, eq=False)
class Spectral:
    """A spectral method: a channel, a direction v of its coordinates, and a bounded function of the label.

    Attributes
    ----------
    channel : Channel
        With known second moments.
    transform : (L,) array
        T at `channel.labels`, not zero everywhere.
    direction : (k,) array
        v, of length one; by default the first coordinate.
    supremum : float or None
        tau, the least upper bound of T; None takes the largest value at the nodes.
    spread : (L,) array
        E[z^2 - 1 | y] along v; computed.

    Raises
    ------
    InputError
        Shapes that do not fit, a transform that is never positive, or a `supremum` below one of its values.
    """

    channel: Channel
    transform: np.ndarray
    direction: Sequence[float] = (1.0,)
    supremum: float | None = None
    _top: float = field(init=False, repr=False)
    spread: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        if not isinstance(self.channel, Channel):
            raise InputError("channel", self.channel, "a Channel")
        T = reals("transform", self.transform)
        if T.shape != self.channel.labels.shape or not T.max() > 0:
            raise InputError("transform", T.shape, f"{self.channel.labels.size} numbers, at least one of them positive")
        v = np.atleast_1d(reals("direction", self.direction))
        if v.size < self.channel.directions and v.size == 1:
            v = np.eye(self.channel.directions)[0]
        top = float(T.max()) if self.supremum is None else real("supremum", self.supremum)
        if top < T.max():
            raise InputError("supremum", top, f"at least the largest value of the transform, {T.max():g}")
        for name, value in (("transform", T), ("direction", v), ("_top", top), ("spread", self.channel.spread(v))):
            object.__setattr__(self, name, value)

    def outlier(self, phi: float) -> Outlier:
        """Largest eigenvalue and overlap at phi = d/n.

        Raises
        ------
        InputError
            phi is not positive.
        NotConverged
            The bulk's edge was not found.
        """
        phi = real("phi", phi, 0.0, open_below=True)
        edge_at = self._edge(phi)
        edge = self._position(edge_at, phi)
        at = self._last_root(lambda l: self._signal(l) - phi)
        if at is None or at <= edge_at * (1 + 1e-12):
            return Outlier(edge, 0.0, edge)
        slope = phi - self._noise(at)
        pulled = phi + self._mean(self.spread * self.transform**2 / (at - self.transform) ** 2)
        return Outlier(self._position(at, phi), float(slope / pulled), edge)

    def threshold(self) -> float:
        """n/d above which an outlier exists: 1/E[T^2/(l - T)^2] at the largest l where this equals E[T Gamma/(l - T)].

        Returns
        -------
        float
            Infinity where E[T Gamma] is not positive, so that n/d may be as large as it likes.
        """
        if self._mean(self.spread * self.transform) < 1e-12:
            return math.inf
        at = self._last_root(lambda l: self._noise(l) - self._signal(l))
        return 1 / self._signal(float(self._levels()[0]) if at is None else at)

    def _mean(self, values: np.ndarray) -> float:
        return float(self.channel.weights @ values)

    def _position(self, l: float, phi: float) -> float:
        return l * (phi + self._mean(self.transform / (l - self.transform)))

    def _signal(self, l: float) -> float:
        return self._mean(self.spread * self.transform / (l - self.transform))

    def _noise(self, l: float) -> float:
        return self._mean(self.transform**2 / (l - self.transform) ** 2)

    def _levels(self) -> np.ndarray:
        return self._top + max(abs(self._top), 1e-3) * np.exp(_SCAN)

    def _edge(self, phi: float) -> float:
        """The l > tau with psi' = 0; tau itself where psi grows from there on."""
        levels = self._levels()
        noise = np.array([self._noise(l) - phi for l in levels])
        if noise[-1] > 0:
            raise NotConverged("the edge of the bulk", float(noise[-1]), advice="phi may be too small")
        if noise[0] <= 0:
            return float(levels[0])
        k = int(np.flatnonzero(noise > 0)[-1])
        return float(brentq(lambda l: self._noise(l) - phi, levels[k], levels[k + 1], xtol=1e-15, rtol=1e-14))

    def _last_root(self, excess) -> float | None:
        """The largest l > tau where `excess` changes its sign from positive to negative."""
        levels = self._levels()
        signs = np.array([excess(l) for l in levels]) > 0
        crossings = np.flatnonzero(signs[:-1] & ~signs[1:])
        if not crossings.size:
            return None
        k = crossings[-1]
        return float(brentq(excess, levels[k], levels[k + 1], xtol=1e-15, rtol=1e-14))


def best(channel: Channel, direction: Sequence[float] = (1.0,)) -> Spectral:
    """The best function of the label, T = Gamma/(1 + Gamma) = 1 - 1/E[z^2 | y]: its threshold is 1/E Gamma^2.

    Above the threshold its outlier is at phi exactly, for every phi (in the form derived here).

    Raises
    ------
    InputError
        As `Spectral`; or a label that says nothing of z^2.
    """
    if not isinstance(channel, Channel):
        raise InputError("channel", channel, "a Channel")
    first = Spectral(channel, np.ones(channel.labels.size), direction)
    spread = first.spread
    if np.abs(spread).max() < 1e-12:
        raise InputError("channel", "E[z^2 | y] = 1 for all y", "a label that says something of z^2")
    T = spread / (1 + spread)
    # Where large labels mean large z, T comes close to 1, but at no node of the quadrature.
    return Spectral(channel, T, direction, 1.0 if T.max() > 0.99 else None)
