"""Training and test error of ridge regression on the trained features, for every step size."""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, broadcast, choice, reals
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.theory.any_step import coupled, fixed_point, structured_errors
from onestep.theory.any_step.features import FeatureLaw, feature_law

_BATCH = 64
_LARGEST = 1e100  # of ridges, whose squares are needed
NOISES = ("isotropic", "structured")


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction at every (ridge, eta), each field of their broadcast shape.

    Attributes
    ----------
    train_error : array
        (1/n)|y - F a|^2 + lambda |a|^2 at its minimum a (the penalty is included).
    test_error : array
        E (y - f(x)' a)^2 on fresh data, label noise included.
    train_mse : array
        (1/n)|y - F a|^2, without the penalty.
    coefficient_norm : array
        |a|^2.
    degrees_of_freedom : array
        tr K (K + lambda)^-1 of K = F F'/n, a number between 0 and min(n, N).
    residual : array
        Largest relative residual of the fixed point.
    iterations : array
        Newton steps.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> found = any_step.solve(Problem(n=400, d=200, N=300), ridge=0.1, eta=5.0)
    >>> round(float(found.test_error), 3), bool(found.residual < 1e-6)
    (1.155, True)
    """

    train_error: np.ndarray
    test_error: np.ndarray
    train_mse: np.ndarray
    coefficient_norm: np.ndarray
    degrees_of_freedom: np.ndarray
    residual: np.ndarray
    iterations: np.ndarray


_FIELDS = tuple(Prediction.__dataclass_fields__)


def errors(
    problem: Problem, ridge, eta, geometry: Geometry | None = None, noise: str = "isotropic"
) -> tuple[np.ndarray, np.ndarray]:
    """Training and test error after one step of size `eta`, any size up to a few sqrt(N).

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        Penalty and step size, broadcast against each other.
    geometry : Geometry or None
        As in `solve`, like `noise` and what is raised.
    noise : "isotropic" or "structured"
        Of the gradient.

    Returns
    -------
    train, test : array of the broadcast shape
        With the penalty, and with the label noise.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> train, test = any_step.errors(Problem(n=400, d=200, N=300), ridge=0.1, eta=5.0)
    >>> round(float(train), 3), round(float(test), 3)
    (0.596, 1.155)
    """
    found = solve(problem, ridge, eta, geometry, noise)
    return found.train_error, found.test_error


def solve(problem: Problem, ridge, eta, geometry: Geometry | None = None, noise: str = "isotropic") -> Prediction:
    """The errors after one step of size `eta`, and what comes with them.

        L_tr = lambda Q,   L_te = -d/de Q(lambda + e den^2) at e = 0,   train_mse = -lambda^2 dQ/dlambda

    with Q of `_at`: the equivalent of y'(K + lambda)^-1 y / n, and L_te its leave-one-out derivative.

    Parameters
    ----------
    problem : Problem
        Sizes, activation, teacher and noise.
    ridge, eta : float or array
        lambda > 0 and the step size >= 0, broadcast against each other.
    geometry : Geometry or None
        None means the limit, `onestep.theory.limit_geometry(problem)`.
    noise : "isotropic" or "structured"
        Of the gradient. "isotropic" keeps its size only; "structured" also its correlation between units, which
        matters at eta ~ sqrt(N) when c_2 != 0 (ReLU), and takes some hundredths of a second for each ridge.

    Returns
    -------
    Prediction
        With fields of the broadcast shape.

    Raises
    ------
    InputError
        A ridge that is not positive or above 1e100, a step that is negative or makes a row longer than 300, shapes that
        do not broadcast, an unknown noise.
    NotConverged
        With residual and iterations.

    Notes
    -----
    Derived for the book, chapter "From lazy to maximal". It contains the proportional limits of Moniri et al.
    (arXiv:2310.07891) as eta^2/N -> 0 and the maximal step of Cui et al. (arXiv:2402.04980).

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.theory import any_step
    >>> problem = Problem(n=400, d=200, N=300)
    >>> any_step.solve(problem, ridge=0.1, eta=[0.0, 5.0, 20.0]).test_error.round(3)
    array([1.296, 1.155, 1.161])
    """
    ridge, eta = broadcast(ridge=reals("ridge", ridge, 0.0, open_below=True), eta=reals("eta", eta, 0.0))
    if np.any(ridge > _LARGEST):
        raise InputError("ridge", float(ridge.max()), f"a finite number > 0 and <= {_LARGEST:g}, or an array of them")
    choice("noise", noise, NOISES)
    found = np.empty((len(_FIELDS), eta.size))
    steps, of_step = np.unique(eta, return_inverse=True)
    for k, step in enumerate(steps):
        here = np.flatnonzero(of_step.ravel() == k)
        if noise == "structured":
            found[:, here] = structured_errors.at(problem, step, ridge.ravel()[here], geometry)
            continue
        features = feature_law(problem, step, geometry)
        size = _BATCH if features.rows is None else _BATCH // 4  # so that the work of one batch stays in the caches
        for batch in np.array_split(here, -(-here.size // size)):
            found[:, batch] = _at(features, ridge.ravel()[batch])
    return Prediction(*(row.reshape(eta.shape)[()] for row in found))


@dataclass(frozen=True, eq=False)
class Block:
    """Low-rank part of the features: fits f = U'c with the prior c_i ~ 1/D_i to targets under the weight w/den.

    U : (B, k, T) rows scaled by D^-1/2.  target : (m, T), each fitted by itself.
    owner : (k,) the class r whose g_r is in D_i ~ 1/g_r.
    """

    U: np.ndarray
    target: np.ndarray
    owner: np.ndarray


def blocks(law: FeatureLaw, g: np.ndarray) -> tuple[Block, Block]:
    """The directions along beta (mu0, and t mu1 from W0's own overlap with beta) and across it (mu1).

    Across it lie k directions that the labels depend on: they differ in what is to be fitted only.

    Scaling by D^-1/2 keeps M = <U,U> + D well conditioned when N pi_r g_r runs to 1e12.
    """
    unit = np.sqrt(law.N * law.share * g)[..., None]
    row = np.sqrt(fixed_point.gamma(law, g))[..., None]
    r = np.arange(law.share.size)
    along = np.concatenate([unit * law.mu0, row * law.t * law.mu1], axis=-2)
    return Block(along, law.g0[None], np.concatenate([r, r])), Block(row * law.mu1, law.g1, r)


def fit_block(law: FeatureLaw, den: np.ndarray, block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """sum <target, f> (B,), the coefficients c (B, k, m) and the fits f = U'c (B, m, T); <target, f> = v' M^-1 v."""
    root = np.sqrt(law.weight / den)
    # An SVD, because squaring the condition number in U U' would lose six digits at N = 1e12.
    P, S, Vh = np.linalg.svd(np.swapaxes(block.U * root[:, None, :], 1, 2), full_matrices=False)
    projected = np.swapaxes(P, 1, 2) @ (root[..., None] * block.target.T)
    S = S[..., None]
    c = np.swapaxes(Vh, 1, 2) @ (S / (1 + S**2) * projected)
    return np.sum(S**2 / (1 + S**2) * projected**2, axis=(1, 2)), c, np.swapaxes(c, 1, 2) @ block.U


def _at(law: FeatureLaw, ridge: np.ndarray) -> tuple[np.ndarray, ...]:
    """The fields of `Prediction`, each (B,), for one law and ridges (B,).

    Q = E_t[y2/den] - v_A' M_A^-1 v_A - sum_j v_Bj' M_B^-1 v_Bj. With fits f_A, f_Bj and coefficients c its derivative
    is dQ = -E_t[dden/den^2 ((g0 - f_A)^2 - g0^2 + sum_j ((g1_j - f_Bj)^2 - g1_j^2) + y2)] - sum_i c_i^2 d log g_r(i).
    """
    state = fixed_point.solve(law, ridge)
    den, g = state.den, state.g
    inverse = law.weight / den
    Q = inverse @ law.y2
    left, coefficients = np.broadcast_to(law.y2, den.shape).copy(), np.zeros_like(g)
    if law.rows is not None:
        fitted = coupled.solve(law, den, g, fixed_point.gamma(law, g))
        Q, left, coefficients = Q - fitted.value, left + fitted.left, coefficients + fitted.classes
    for block in blocks(law, g) if law.rows is None else ():
        value, c, fit = fit_block(law, den, block)
        Q = Q - value
        left += np.sum((block.target - fit) ** 2 - block.target**2, axis=1)
        for r in range(law.share.size):
            coefficients[:, r] += np.sum(c[:, block.owner == r] ** 2, axis=(1, 2))

    # Two directions of the ridge: den^2, and a constant.
    log_den, log_g = fixed_point.response(law, state, np.stack([den**2, np.ones_like(den)], axis=-1))
    slope = -np.einsum("bt,btk->kb", inverse * left, log_den) - np.einsum("br,brk->kb", coefficients, log_g)
    test_error, along_ridge = -slope[0], slope[1]
    norm = Q + ridge * along_ridge  # L_tr = mse + lambda |a|^2
    freedom = law.n * (1 - ridge * inverse.sum(axis=-1))
    return ridge * Q, test_error, -(ridge**2) * along_ridge, norm, freedom, state.residual, state.iterations
