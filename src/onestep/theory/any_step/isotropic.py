"""The resolvent of F F'/n for isotropic noise: on the real axis, outside the bulk, and where an eigenvalue stands.

`structured_resolvent` has the same functions for the noise of the gradient as it is.
"""

import numpy as np

from onestep.checks import NotConverged
from onestep.hermite import basis
from onestep.theory.any_step import coupled, fixed_point
from onestep.theory.any_step.features import FeatureLaw
from onestep.theory.any_step.fixed_point import State
from onestep.theory.any_step.forms import Form, form

_BATCH = 64
_LEVELS = 200
HEIGHT = 1e-12  # above the real axis, in units of x
CHECK = 1e-4  # the height, in units of x, at which a solution outside the bulk shows its branch
DARK = 1e-7  # times 1/x: a density below it comes from the height, not from the bulk


def mean_eigenvalue(features: FeatureLaw) -> float:
    """tr F F'/n^2, the mean eigenvalue of the bulk.

    Parameters
    ----------
    features : FeatureLaw

    Returns
    -------
    float
    """
    return float(features.share @ (features.mu2 + features.mu1**2) @ features.weight) * features.N / features.n


class Isotropic:
    """The resolvent for the law of one step.

    Parameters
    ----------
    features : FeatureLaw
    """

    nearer = 4  # how often an edge is looked at from twenty times nearer

    def __init__(self, features: FeatureLaw):
        self.features = features

    def density(self, x: np.ndarray) -> np.ndarray:
        """Im E_t[1/den] / pi at ridge = -x - i0, for x (m,); 0 where it is `DARK`."""
        found = np.empty(x.shape)
        for batch in np.array_split(np.arange(x.size), -(-x.size // _BATCH)) if x.size else ():
            found[batch] = self.trace(self.on_the_axis(x[batch])).imag / np.pi
        return np.where(found * x > DARK, found, 0.0)

    def trace(self, state: State) -> np.ndarray:
        """m1 = E_t[1/den]."""
        return (1 / state.den) @ self.features.weight

    def on_the_axis(self, x: np.ndarray) -> State:
        """The fixed point at ridge = -x - i0, continued down from a height where Newton finds it from afar."""
        top, bottom = 3 * np.maximum(x, mean_eigenvalue(self.features)), HEIGHT * x
        levels = 2 + int(np.log10(np.max(top / bottom)) / 2)
        while True:
            try:
                return self._descended(x, top, bottom, levels)
            except NotConverged:
                levels *= 2  # smaller steps down are needed near edges, and to stay on the branch of a resolvent
                if levels > _LEVELS:
                    raise

    def _descended(self, x: np.ndarray, top: np.ndarray, bottom: np.ndarray, levels: int) -> State:
        start = None
        for share in np.linspace(0, 1, levels):
            state = fixed_point.solve(self.features, -x - 1j * top ** (1 - share) * bottom**share, start)
            start = state.den, state.g
        if not (on_the_branch(state.ridge[:, None], state.den, state.g) and self._dark_is_dark(x, state)):
            what = f"the fixed point at ridge = {state.ridge[0]:g}, found on a branch that is not a resolvent's"
            raise NotConverged(what, float(state.residual.max()), int(state.iterations.max()))
        return state

    def _dark_is_dark(self, x: np.ndarray, state: State) -> bool:
        """Whether solutions that are all but real are a resolvent's: at some height above the axis that shows."""
        dark = self.trace(state).imag * x <= DARK
        if not dark.any():
            return True
        ridge = -x[dark] * (1 + 1j * CHECK)
        higher = fixed_point.solve(self.features, ridge, (state.den[dark], state.g[dark]))
        right = on_the_branch(ridge[:, None], higher.den, higher.g)
        return right and bool(np.all(self.trace(higher).imag > 0))

    def outside(self, z: float, near: State | None) -> State:
        """The real fixed point at ridge = -z, from a state near by, or from that of z -> infinity for None."""
        ridge = np.array([-z])
        start = (ridge[:, None], np.ones((1, self.features.share.size))) if near is None else (near.den, near.g)
        return fixed_point.solve(self.features, ridge, start)

    def in_gap(self, z: float) -> State:
        """The real fixed point at a z between two bands of the bulk, or below them."""
        state = self.on_the_axis(np.array([z]))
        return fixed_point.solve(self.features, np.array([-z]), (state.den.real, state.g.real))

    def falls(self, state: State) -> bool:
        """Whether m1 falls with the ridge: below an edge a real solution is not a resolvent's.

        It is the test of Silverstein & Choi (1995).
        """
        log_den, _ = fixed_point.response(self.features, state, -np.ones_like(state.den))
        return bool((log_den / state.den @ self.features.weight)[0] < 0)

    def form(self, state: State) -> Form:
        """The form whose zeros are eigenvalues outside the bulk, at a real state."""
        features = self.features
        if features.rows is not None:
            return form(*coupled.form(features, state)[:2])
        functions = np.concatenate([features.mu0, features.t * features.mu1])
        M = (functions * (features.weight / state.den[0])) @ functions.T
        return form(self._prior(state), M)

    def _prior(self, state: State) -> np.ndarray:
        features, g = self.features, state.g[0]
        return np.concatenate([features.N * features.share * g, fixed_point.gamma(features, g)])

    def cosines(self, state: State, k: int, order: int) -> np.ndarray:
        """Of the left singular vector with He_0, ..., He_order of t, where eigenvalue k of the form is zero."""
        features, b = self.features, self.form(state).vectors[:, k]
        log_den, log_g = (part[0] for part in fixed_point.response(features, state, -np.ones_like(state.den)))
        inverse = features.weight / state.den[0]
        if features.rows is None:
            f = b @ np.concatenate([features.mu0, features.t * features.mu1])
            growth = -inverse * log_den @ f**2 - b**2 / self._prior(state) @ np.tile(log_g, 2)
        else:
            part = coupled.form(features, state)[2]
            f, growth = coupled.growth(features, state, b, part, log_den, log_g)
        return basis(features.t, order) @ (inverse * f) / np.sqrt(growth)


def on_the_branch(ridge: np.ndarray, den: np.ndarray, g: np.ndarray) -> bool:
    """Whether den, g and the diagonal g/ridge of the other resolvent have the signs of Stieltjes transforms."""
    return not min((value.imag / abs(value)).min() for value in (-den, -g, g / ridge)) < -DARK
