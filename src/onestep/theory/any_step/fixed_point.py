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

from onestep.theory.any_step.law import Law

_TOLERANCE = 1e-9  # Kappa Gamma has condition numbers of 1e7 at ridge 1e-6; most solutions are at 1e-14
_ITERATIONS = 100
_LONGEST = 4.0


class ConvergenceError(RuntimeError):
    """The fixed point was not reached.

    Attributes
    ----------
    residual : the largest relative residual over the batch at the last iterate.
    iterations : Newton steps taken.
    ridge : the ridge at which the residual is largest (complex in the spectrum).
    """

    def __init__(self, residual: float, iterations: int, ridge: complex):
        self.residual, self.iterations, self.ridge = residual, iterations, ridge
        super().__init__(
            f"the fixed point at ridge = {ridge:g} has residual {residual:.1e} after {iterations} Newton steps; "
            "a larger ridge, a smaller step, or an activation that grows less will bring it within reach"
        )

    def __reduce__(self):  # exceptions cross process borders in sweeps
        return type(self), (self.residual, self.iterations, self.ridge)


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


def gamma(law: Law, g: np.ndarray) -> np.ndarray:
    return law.share * (law.N / law.d) * g


def kappa(law: Law, den: np.ndarray) -> np.ndarray:
    """Kappa_rs = E_t[mu1(r,t) mu1(s,t)/den], shape (B, p, p)."""
    return (law.mu1 * (law.weight / den)[:, None, :]) @ law.mu1.T


def _parts(law: Law, ridge: np.ndarray, den: np.ndarray, g: np.ndarray) -> _Parts:
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


def _jacobian(law: Law, den: np.ndarray, g: np.ndarray, parts: _Parts) -> np.ndarray:
    """I minus the derivative of (log den, log g)'s right-hand side in (log den, log g): shape (B, T + p, T + p)."""
    T, p = law.t.size, law.share.size
    J = np.empty((len(g), T + p, T + p), dtype=den.dtype)
    J[:, :T, :T] = -(law.d / law.n) * parts.k**2 * (law.weight / den)[:, None, :] / parts.den[..., None]
    J[:, :T, T:] = -(law.N / law.n) * np.swapaxes(parts.b * (law.share * g)[..., None], 1, 2) / parts.den[..., None]
    J[:, T:, :T] = -parts.g[..., None] * parts.b * (law.weight / den)[:, None, :]
    J[:, T:, T:] = -parts.g[..., None] * parts.C**2 * gamma(law, g)[:, None, :]
    J += np.eye(T + p)
    return J


def _solved(J: np.ndarray, right: np.ndarray, residual, iterations, ridge) -> np.ndarray:
    """J^-1 right. At ratios of sizes near the end of a double's digits rounding can make J singular."""
    try:
        return np.linalg.solve(J, right)
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(float(np.max(residual)), int(np.max(iterations)), ridge[0].item()) from error


def jacobian(law: Law, ridge: np.ndarray, den: np.ndarray, g: np.ndarray) -> np.ndarray:
    """I minus the derivative of the right-hand side's logarithms in (log den, log g), (B, T + p, T + p)."""
    return _jacobian(law, den, g, _parts(law, ridge, den, g))


def solve(law: Law, ridge: np.ndarray, start: tuple[np.ndarray, np.ndarray] | None = None) -> State:
    """The fixed point for every entry of `ridge` (B,), real and positive or complex.

    start : den (B, T) and g (B, p), or with 1 in place of B; by default the upper bound g = 1.

    Raises
    ------
    ConvergenceError : with the residual and the number of Newton steps.
    """
    ridge = np.atleast_1d(ridge)
    B, T = ridge.size, law.t.size
    if start is None:
        g = np.ones((B, law.share.size), dtype=ridge.dtype)
        den = _parts(law, ridge, np.full((B, T), np.inf, dtype=ridge.dtype), g).den
    else:
        kind = np.result_type(ridge, *start)
        den = np.array(np.broadcast_to(start[0], (B, T)), dtype=kind)
        g = np.array(np.broadcast_to(start[1], (B, law.share.size)), dtype=kind)
    x = np.concatenate([den, g], axis=-1)
    move, length = np.zeros_like(x), np.zeros(B)
    positive = np.isrealobj(ridge) and bool(np.all(ridge > 0))
    size, residual, iterations = np.full(B, np.inf), np.full(B, np.inf), np.zeros(B, dtype=int)
    open_ = np.arange(B)
    for _ in range(_ITERATIONS):
        trial = x[open_] * np.exp(length[open_, None] * move[open_])
        parts = _parts(law, ridge[open_], trial[:, :T], trial[:, T:])
        with np.errstate(invalid="ignore", divide="ignore"):  # too long a step may change a sign; it is taken back
            R = np.log(np.concatenate([parts.den, parts.g], axis=-1) / trial)
        new_size = np.linalg.norm(R, axis=-1)
        # Newton's direction is one of descent of |R|: off the positive axis, a step that does not descend is too long.
        # On it the right-hand side is increasing, Newton comes down from g = 1, and |R| may grow on the way.
        better = (new_size < size[open_]) | positive
        took = open_[better]
        x[took], size[took] = trial[better], new_size[better]
        residual[took] = np.max(np.abs(R[better]), axis=-1)
        length[open_[~better]] /= 2
        left = better & (new_size > _TOLERANCE)
        if left.any():
            moved = open_[left]
            J = _jacobian(law, trial[left, :T], trial[left, T:], _Parts(*(field[left] for field in parts)))
            here = residual[moved], iterations[moved], ridge[moved]
            move[moved] = _solved(J, R[left][..., None], *here)[..., 0]
            # Far from the solution the logarithms can overshoot by orders of magnitude.
            length[moved] = np.minimum(1, _LONGEST / np.max(np.abs(move[moved]), axis=-1))
            iterations[moved] += 1
        open_ = open_[left | ~better]
        if open_.size == 0:
            break
    den, g = x[:, :T], x[:, T:]
    if not np.all(residual < _TOLERANCE):
        worst = int(np.argmax(np.nan_to_num(residual, nan=np.inf)))
        raise ConvergenceError(float(residual[worst]), int(iterations[worst]), ridge[worst].item())
    return State(ridge, den, g, residual, iterations)


def response(law: Law, state: State, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
