"""The fixed point behind every prediction, solved by Newton's method, and its linear response.

Unknown are den(t) = lambda + chi(t), one over the diagonal of the resolvent (F F'/n + lambda)^-1 at a data point with
projection t, and g_r, the same for the features of class r. They solve, with Gamma = diag(pi_r (N/d) g_r),
nu_r = E_t[mu2(r,t)/den], Kappa_rs = E_t[mu1(r,t) mu1(s,t)/den] and P = Gamma (I + Kappa Gamma)^-1,

    g_r = 1 / (1 + nu_r + [Kappa (I + Gamma Kappa)^-1]_rr)
    den = lambda + (N/n) sum_r pi_r g_r mu2(r,.) + (d/n) mu1' P mu1

Derived for the book, chapter "From lazy to maximal". The right-hand side increases in every unknown, and Newton in the
logarithms of the unknowns converges where under-relaxed iteration stalls.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from onestep.checks import NotConverged
from onestep.theory.any_step import rows
from onestep.theory.any_step.features import FeatureLaw

_TOLERANCE = 1e-9  # Kappa Gamma has condition numbers of 1e7 at ridge 1e-6; most solutions are at 1e-14
_ITERATIONS = 100
_LONGEST = 4.0


@dataclass(frozen=True, eq=False)
class State:
    """The fixed point for a batch of B ridges.

    Attributes
    ----------
    ridge : (B,)  lambda; complex -z for the spectrum.
    den : (B, T)  lambda + chi(t).
    g : (B, p)
    residual : (B,) largest relative residual of the equations.
    iterations : (B,) Newton steps until each ridge had converged.
    """

    ridge: np.ndarray
    den: np.ndarray
    g: np.ndarray
    residual: np.ndarray
    iterations: np.ndarray


class _Parts(NamedTuple):
    """The right-hand side of the fixed point at (den, g), and the blocks of its derivative."""

    den: np.ndarray  # (B, T)
    g: np.ndarray  # (B, p)
    b: np.ndarray  # (B, p, T)  mu2 + ((I + Kappa Gamma)^-1 mu1)^2 = d(n den)/d(N pi_r g_r) = -d(1/g_r)/d(w log den) den
    k: np.ndarray  # (B, T, T)  mu1' P mu1
    C: np.ndarray  # (B, p, p)  Kappa (I + Gamma Kappa)^-1


def gamma(law: FeatureLaw, g: np.ndarray) -> np.ndarray:
    return law.share * (law.N / law.d) * g


def kappa(law: FeatureLaw, den: np.ndarray) -> np.ndarray:
    """Kappa_rs = E_t[mu1(r,t) mu1(s,t)/den], shape (B, p, p)."""
    return (law.mu1 * (law.weight / den)[:, None, :]) @ law.mu1.T


def _parts(law: FeatureLaw, ridge: np.ndarray, den: np.ndarray, g: np.ndarray) -> _Parts | rows.Parts:
    if law.rows is not None:
        return rows.parts(law, ridge, den, g, gamma(law, g))
    K, G = kappa(law, den), gamma(law, g)
    eye = np.eye(law.share.size)
    solved = np.linalg.solve(
        eye + K * G[:, None, :], np.concatenate([K, np.broadcast_to(law.mu1, (len(K), *law.mu1.shape))], -1)
    )
    C, Lmu1 = solved[..., : law.share.size], solved[..., law.share.size :]
    k = np.swapaxes(law.mu1 * G[..., None], 1, 2) @ Lmu1
    nu = (law.weight / den) @ law.mu2.T
    new_g = 1 / (1 + nu + np.diagonal(C, axis1=1, axis2=2))
    chi = (law.N / law.n) * (law.share * g) @ law.mu2 + (law.d / law.n) * np.diagonal(k, axis1=1, axis2=2)
    return _Parts(ridge[:, None] + chi, new_g, law.mu2 + Lmu1**2, k, C)


def _slopes(law: FeatureLaw, parts: _Parts | rows.Parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """k^2, b and C^2, or their means over the levels of the inputs."""
    return rows.slopes(law, parts) if isinstance(parts, rows.Parts) else (parts.k**2, parts.b, parts.C**2)


def _jacobian(law: FeatureLaw, den: np.ndarray, g: np.ndarray, parts: _Parts | rows.Parts) -> np.ndarray:
    """I minus the derivative of (log den, log g)'s right-hand side in (log den, log g): shape (B, T + p, T + p)."""
    T, p = law.t.size, law.share.size
    J = np.empty((len(g), T + p, T + p), dtype=den.dtype)
    k_squared, b, C_squared = _slopes(law, parts)
    J[:, :T, :T] = -(law.d / law.n) * k_squared * (law.weight / den)[:, None, :] / parts.den[..., None]
    J[:, :T, T:] = -(law.N / law.n) * np.swapaxes(b * (law.share * g)[..., None], 1, 2) / parts.den[..., None]
    J[:, T:, :T] = -parts.g[..., None] * b * (law.weight / den)[:, None, :]
    J[:, T:, T:] = -parts.g[..., None] * C_squared * gamma(law, g)[:, None, :]
    J += np.eye(T + p)
    return J


def _failure(residual: float, iterations: int, ridge: complex) -> NotConverged:
    advice = "a larger ridge, a smaller step, or an activation that grows less will bring it within reach"
    return NotConverged(f"the fixed point at ridge = {ridge:g}", residual, iterations, advice)


def _solved(J: np.ndarray, right: np.ndarray, residual, iterations, ridge) -> np.ndarray:
    """J^-1 right. At ratios of sizes near the end of a double's digits rounding can make J singular."""
    try:
        return np.linalg.solve(J, right)
    except np.linalg.LinAlgError as error:
        raise _failure(float(np.max(residual)), int(np.max(iterations)), ridge[0].item()) from error


def jacobian(law: FeatureLaw, ridge: np.ndarray, den: np.ndarray, g: np.ndarray) -> np.ndarray:
    """I minus the derivative of the right-hand side's logarithms in (log den, log g), (B, T + p, T + p)."""
    return _jacobian(law, den, g, _parts(law, ridge, den, g))


def solve(law: FeatureLaw, ridge: np.ndarray, start: tuple[np.ndarray, np.ndarray] | None = None) -> State:
    """The fixed point for every entry of `ridge`, by Newton's method in the logarithms of the unknowns.

    Parameters
    ----------
    ridge : (B,) array
        lambda, real and positive, or complex.
    start : den and g, or None
        Arrays (B, T) and (B, p), or with 1 in place of B; by default the upper bound g = 1.

    Raises
    ------
    NotConverged
        With the residual and the number of Newton steps of the worst ridge.
    """
    ridge = np.atleast_1d(ridge)
    search = _Search(law, ridge, _start(law, ridge, start))
    for _ in range(_ITERATIONS):
        if search.open.size == 0:
            break
        search.advance()
    if not np.all(search.residual < _TOLERANCE):
        worst = int(np.argmax(np.nan_to_num(search.residual, nan=np.inf)))
        raise _failure(float(search.residual[worst]), int(search.iterations[worst]), ridge[worst].item())
    T = law.t.size
    return State(ridge, search.x[:, :T], search.x[:, T:], search.residual, search.iterations)


def _start(law: FeatureLaw, ridge: np.ndarray, start: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """The first (den, g), shape (B, T + p)."""
    B, T, p = ridge.size, law.t.size, law.share.size
    if start is None:
        g = np.ones((B, p), dtype=ridge.dtype)
        den = _parts(law, ridge, np.full((B, T), np.inf, dtype=ridge.dtype), g).den
        return np.concatenate([den, g], axis=-1)
    kind = np.result_type(ridge, *start)
    den, g = np.broadcast_to(start[0], (B, T)), np.broadcast_to(start[1], (B, p))
    return np.concatenate([den, g], axis=-1).astype(kind)


class _Search:
    """Newton's method for a batch of ridges, each with its own step length; those that have converged leave `open`.

    Attributes
    ----------
    x : (B, T + p) the accepted (den, g) of every ridge.
    move, length : (B, T + p) and (B,) Newton's direction in the logarithms of x, and how far to follow it next.
    norm, residual, iterations : (B,) of the equations at x, 2-norm and maximum; and Newton steps taken.
    open : the indices of the ridges that have not converged.
    """

    def __init__(self, law: FeatureLaw, ridge: np.ndarray, x: np.ndarray):
        self.law, self.ridge, self.x = law, ridge, x
        self.move, self.length = np.zeros_like(x), np.zeros(ridge.size)
        self.norm, self.residual = np.full(ridge.size, np.inf), np.full(ridge.size, np.inf)
        self.iterations, self.open = np.zeros(ridge.size, dtype=int), np.arange(ridge.size)
        self.positive = np.isrealobj(ridge) and bool(np.all(ridge > 0))

    def advance(self) -> None:
        """Try the next point of every open ridge: take it and look for a new direction, or halve the step."""
        trial = self.x[self.open] * np.exp(self.length[self.open, None] * self.move[self.open])
        parts, R = self._residuals(trial)
        norm = np.linalg.norm(R, axis=-1)
        accepted = self._accepted(norm)
        self._take(self.open[accepted], trial[accepted], R[accepted], norm[accepted])
        self.length[self.open[~accepted]] /= 2
        unfinished = accepted & (norm > _TOLERANCE)
        if unfinished.any():
            part = type(parts)(*(field[unfinished] for field in parts))
            self._aim(self.open[unfinished], trial[unfinished], part, R[unfinished])
        self.open = self.open[unfinished | ~accepted]

    def _residuals(self, trial: np.ndarray) -> tuple[_Parts | rows.Parts, np.ndarray]:
        """The right-hand side at `trial`, and the logarithm of what it is relative to `trial`."""
        T = self.law.t.size
        parts = _parts(self.law, self.ridge[self.open], trial[:, :T], trial[:, T:])
        with np.errstate(invalid="ignore", divide="ignore"):  # too long a step may change a sign; it is taken back
            return parts, np.log(np.concatenate([parts.den, parts.g], axis=-1) / trial)

    def _accepted(self, norm: np.ndarray) -> np.ndarray:
        """Which trials are kept.

        Newton's direction is one of descent of |R|: off the positive axis, a step that does not descend is too long.
        On it the right-hand side is increasing, Newton comes down from g = 1, and |R| may grow on the way.
        """
        return np.ones(norm.size, dtype=bool) if self.positive else norm < self.norm[self.open]

    def _take(self, at: np.ndarray, x: np.ndarray, R: np.ndarray, norm: np.ndarray) -> None:
        self.x[at], self.norm[at], self.residual[at] = x, norm, np.max(np.abs(R), axis=-1)

    def _aim(self, at: np.ndarray, x: np.ndarray, parts: _Parts | rows.Parts, R: np.ndarray) -> None:
        """Newton's direction at the accepted points `x`, cut where it is long."""
        T = self.law.t.size
        J = _jacobian(self.law, x[:, :T], x[:, T:], parts)
        self.move[at] = _solved(J, R[..., None], self.residual[at], self.iterations[at], self.ridge[at])[..., 0]
        # Far from the solution the logarithms can overshoot by orders of magnitude.
        self.length[at] = np.minimum(1, _LONGEST / np.max(np.abs(self.move[at]), axis=-1))
        self.iterations[at] += 1


def response(law: FeatureLaw, state: State, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """d log den (B, T) and d log g (B, p) when the ridge moves as lambda(t) + e direction(t).

    direction : (B, T), or (B, T, k) for k directions at once, which the results then count in their last axis.
    """
    parts = _parts(law, state.ridge, state.den, state.g)
    J = _jacobian(law, state.den, state.g, parts)
    (B, p), T = state.g.shape, law.t.size
    push = np.zeros((B, T + p, *direction.shape[2:]), dtype=J.dtype)
    push[:, :T] = direction / state.den.reshape(B, T, *np.ones(direction.ndim - 2, dtype=int))
    moved = _solved(J, push.reshape(B, T + p, -1), state.residual, state.iterations, state.ridge).reshape(push.shape)
    return moved[:, :T], moved[:, T:]
