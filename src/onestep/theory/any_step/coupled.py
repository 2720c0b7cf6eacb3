"""The low-rank part of the features for inputs with more than one level: overlaps along and across beta are coupled.

The fit is f = mu0' alpha + V' (t gamma_1 + u gamma_2), u the part of beta_star . x across beta. alpha has the prior
N pi_r g_r as for the identity. The pair gamma has the prior (Q^-1 - k)^-1, Q = sum_l plane_l x Q_l: rows of unequal
directions make overlaps with beta tell something about overlaps with beta_star. With a the change of k that the
factors t and u bring, E = V diag((t^2 - 1) weight/den) V' along and 0 across, the fit needs (Q^-1 + E)^-1 only.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from onestep.theory.any_step import rows


@dataclass(frozen=True, eq=False)
class Linear:
    """The pair gamma at one state of the fixed point, for B ridges.

    Attributes
    ----------
    X, Q : (B, L, R, R) at the levels of the plane.
    both : (B, 2 R, 2 R) Q above.
    inverse : (B, 2 R, 2 R) (Q^-1 + E)^-1.
    k, E : (B, R, R) and (B, R, R).
    """

    X: np.ndarray
    Q: np.ndarray
    both: np.ndarray
    inverse: np.ndarray
    k: np.ndarray
    E: np.ndarray


def linear(law, den: np.ndarray, gamma: np.ndarray) -> Linear:
    """The pair gamma at (den, g); `gamma` (B, p) is Gamma."""
    spread, inverse = law.rows, law.weight / den
    k, E = rows.kernel(spread, inverse), rows.kernel(spread, inverse * (law.t**2 - 1))
    X, Q = rows.resolved(spread, k, gamma, spread.h_plane)
    B, _, R, _ = Q.shape
    both = np.einsum("lac,blrs->barcs", spread.plane, Q, optimize=True).reshape(B, 2 * R, 2 * R)
    along = both[:, :R, :]
    inverse = both - both[:, :, :R] @ np.linalg.solve(np.eye(R) + E @ both[:, :R, :R], E @ along)
    return Linear(X, Q, both, (inverse + np.swapaxes(inverse, 1, 2)) / 2, k, E)


class Fitted(NamedTuple):
    """The whole fit, and what its derivative multiplies.

    Attributes
    ----------
    value : (B,) v' M^-1 v.
    left : (B, T), to be multiplied by - weight dden/den^2 and summed: (target - fit)^2 - target^2 and the prior's part.
    classes : (B, p), to be multiplied by - d log g.
    along, across : (B, T) the fits of g0 and of g1.
    """

    value: np.ndarray
    left: np.ndarray
    classes: np.ndarray
    along: np.ndarray
    across: np.ndarray


def solve(law, den: np.ndarray, g: np.ndarray, gamma: np.ndarray) -> Fitted:
    """The fit at (den, g); `gamma` (B, p) is Gamma."""
    spread, inverse, g1 = law.rows, law.weight / den, law.g1[0]
    part = linear(law, den, gamma)
    R = part.k.shape[-1]
    V, tV = spread.V, spread.V * law.t
    v = np.concatenate([(inverse * law.g0) @ tV.T, (inverse * g1) @ V.T], axis=-1)
    c = (part.inverse @ v[..., None])[..., 0]
    value = np.sum(v * c, axis=-1)
    # The fit of what gamma leaves by mu0, in the metric that gamma leaves.
    root = np.sqrt(inverse)
    seen = root[:, :, None] * tV.T
    metric = np.eye(law.t.size) - seen @ part.inverse[:, :R, :R] @ np.swapaxes(seen, 1, 2)
    lower = np.linalg.cholesky(metric)
    rest = root * law.g0 - (seen @ c[:, :R, None])[..., 0]
    whitened = np.linalg.solve(lower, rest[..., None])
    unit = np.sqrt(law.N * law.share * g)
    design = np.swapaxes(lower, 1, 2) @ (root[:, :, None] * (law.mu0.T * unit[:, None, :]))
    # An SVD, because squaring the condition number in U U' would lose six digits at N = 1e12.
    P, S, Wh = np.linalg.svd(design, full_matrices=False)
    projected = (np.swapaxes(P, 1, 2) @ whitened)[..., 0]
    alpha = (np.swapaxes(Wh, 1, 2) @ (S / (1 + S**2) * projected)[..., None])[..., 0]
    value = value + np.sum(S**2 / (1 + S**2) * projected**2, axis=-1)
    f0 = (alpha * unit) @ law.mu0
    v[:, :R] -= (inverse * f0) @ tV.T
    c = (part.inverse @ v[..., None])[..., 0]
    fit0, fit1 = f0 + c[:, :R] @ tV, c[:, R:] @ V
    left = (law.g0 - fit0) ** 2 - law.g0**2 + (g1 - fit1) ** 2 - g1**2
    prior_left, prior_classes = _prior(law, part, gamma, v, c)
    return Fitted(value, left + prior_left, alpha**2 + prior_classes, fit0, fit1)


def _prior(law, part: Linear, gamma, v, c) -> tuple[np.ndarray, np.ndarray]:
    """- gamma' d(prior^-1) gamma by weight dden/den^2 and by d log g."""
    spread = law.rows
    B, R = v.shape[0], v.shape[1] // 2
    e = v.copy()  # Q^-1 gamma = v - E gamma
    e[:, :R] -= (part.E @ c[:, :R, None])[..., 0]
    pair = np.swapaxes(e.reshape(B, 2, R), 1, 2)  # (B, R, 2)
    plane = spread.plane
    at_data = np.swapaxes(part.Q @ pair[:, None], 2, 3) @ spread.V  # (B, L, 2, T)
    at_units = np.swapaxes(part.X @ pair[:, None], 2, 3) @ spread.U.T  # (B, L, 2, p)
    left = np.einsum("lac,blat,blct->bt", plane, at_data, at_data, optimize=True)
    left -= np.sum((c.reshape(B, 2, R) @ spread.V) ** 2, axis=1)
    classes = gamma * np.einsum("lac,pl,blap,blcp->bp", plane, spread.h_plane, at_units, at_units, optimize=True)
    return left, classes


def form(law, state) -> tuple[np.ndarray, np.ndarray, Linear]:
    """D, M of `forms.Form` at a real state outside the bulk, for the coefficients (alpha, gamma_1, gamma_2).

    Returns
    -------
    D, M : (p + 2 R, p + 2 R), where D has Q in the place of the prior (Q^-1 - k)^-1 and M lacks k in turn.
    part : the pair gamma at this state.
    """
    part = linear(law, state.den, law.share * (law.N / law.d) * state.g)
    p, R, inverse = law.share.size, part.k.shape[-1], law.weight / state.den[0]
    seen = np.concatenate([law.mu0, law.rows.V * law.t])
    M = np.zeros((p + 2 * R, p + 2 * R))
    M[: p + R, : p + R] = (seen * inverse) @ seen.T
    M[p : p + R, p : p + R] = part.E[0]
    return block_diag(np.diag(law.N * law.share * state.g[0]), part.both[0]), M, part


def growth(law, state, coordinates: np.ndarray, part: Linear, log_den, log_g) -> tuple[np.ndarray, float]:
    """The function f0 of t of one null vector of the form, and how fast the form grows when den and g move."""
    p, R, inverse = law.share.size, part.k.shape[-1], law.weight / state.den[0]
    gamma = law.share * (law.N / law.d) * state.g
    alpha, c = coordinates[:p], coordinates[None, p:]
    f0 = alpha @ law.mu0
    v = np.zeros_like(c)
    v[0, :R] = -(law.rows.V * law.t) @ (inverse * f0)
    f0, f1 = f0 + c[0, :R] @ (law.rows.V * law.t), c[0, R:] @ law.rows.V
    left, classes = _prior(law, part, gamma, v, c)
    classes = alpha**2 / (law.N * law.share * state.g[0]) + classes[0]
    return f0, float(-(inverse * log_den) @ (f0**2 + f1**2 + left[0]) - log_g @ classes)
