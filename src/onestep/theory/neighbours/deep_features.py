"""Ridge regression on features of known covariance, and the covariance of deep structured networks.

The setting of Schroeder, Dmitriev, Cui and Loureiro 2024 (arXiv:2402.13999). Formulas are in the form derived for this
book. Normalisation is the book's: the penalty is that of |y - Phi b|^2/n + ridge |b|^2, and Omega = E phi phi'.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, real, reals
from onestep.hermite import gaussian_rule
from onestep.links import Link
from onestep.problem import Problem
from onestep.specifications import LinkSpec, checked_link, expansion_of, link_of
from onestep.theory import limit_geometry, population
from onestep.theory.any_step.features import feature_law

_ZERO = 1e-10


@dataclass(frozen=True, eq=False)
class Features:
    """What ridge regression sees of features phi and a teacher f, over the law of the inputs.

    Attributes
    ----------
    second_moment : (p, p), E phi phi'.
    correlation : (p,), E phi f.
    teacher_second_moment : float, E f^2.

    Raises
    ------
    InputError
        The shapes differ, the matrix is not symmetric and positive semidefinite, or E f^2 is too small for the
        correlation.
    """

    second_moment: np.ndarray
    correlation: np.ndarray
    teacher_second_moment: float

    def __post_init__(self):
        omega, psi = reals("second_moment", self.second_moment), reals("correlation", self.correlation)
        square = real("teacher_second_moment", self.teacher_second_moment, 0.0)
        if omega.ndim != 2 or omega.shape[0] != omega.shape[1] or not omega.size:
            raise InputError("second_moment", omega.shape, "a square matrix (p, p)")
        if psi.shape != omega.shape[:1]:
            raise InputError("correlation", psi.shape, f"({len(omega)},), as the features")
        if not np.allclose(omega, omega.T, rtol=1e-10, atol=1e-10 * np.abs(omega).max()):
            raise InputError("second_moment", "a matrix that is not symmetric", "E phi phi'")
        values, vectors = np.linalg.eigh(omega)
        if values[0] < -_ZERO * values[-1]:
            raise InputError("second_moment", f"eigenvalue {values[0]:.3g}", "eigenvalues >= 0")
        values, along = np.maximum(values, 0.0), vectors.T @ psi
        seen = values > _ZERO * values[-1]
        if square * (1 + 1e-8) < np.sum(along[seen] ** 2 / values[seen]):
            raise InputError("teacher_second_moment", square, "at least psi' Omega^-1 psi")
        for name, value in {"second_moment": omega, "correlation": psi, "teacher_second_moment": square}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_eigen", (values, along))

    @property
    def eigenvalues(self) -> np.ndarray:
        """(p,), of E phi phi', ascending."""
        return self._eigen[0]  # type: ignore[attr-defined]

    @property
    def along(self) -> np.ndarray:
        """(p,), the correlation in the eigenvectors of E phi phi'."""
        return self._eigen[1]  # type: ignore[attr-defined]


def effective_ridge(features: Features, ridge: float, n: int) -> float:
    """kappa > 0 with ridge = kappa (1 - tr Omega (Omega + kappa)^-1 / n): the penalty in a population of infinite size.

    Parameters
    ----------
    features : Features
    ridge : float, > 0
    n : int, the number of rows

    Raises
    ------
    InputError
        `ridge` or `n` is not positive.
    """
    return population.effective_ridge(features.eigenvalues, ridge, n)


def errors(
    features: Features, ridge: float, n: int, noise_std: float = 0.0, rows: int | None = None
) -> tuple[float, float]:
    """The mean squared training residual and the test error of ridge regression on n rows.

    With kappa the `effective_ridge` and df_2 = tr Omega^2 (Omega + kappa)^-2 / n,

        test = (E f^2 - psi' (Omega + 2 kappa) (Omega + kappa)^-2 psi + noise_std^2) / (1 - df_2),

    and the training residual is (ridge/kappa)^2 times it. The test error counts the label noise.

    Parameters
    ----------
    features, ridge, n
        As in `effective_ridge`.
    noise_std : float
        Standard deviation of the label noise, >= 0.
    rows : int or None
        The moments are means over so many rows, more than n. They explain too much of a label, and
        `population.sampled_ridge` corrects for that. None means that the moments are exact.

    Returns
    -------
    (float, float)

    Raises
    ------
    InputError
        As `effective_ridge`, for a negative `noise_std`, or for too few `rows`.
    """
    noise_std = real("noise_std", noise_std, 0.0)
    if rows is None:
        kappa = effective_ridge(features, ridge, n)
        left, squares = _fit(features, kappa)
    else:
        own, kappa, squares = population.sampled_ridge(features.eigenvalues, ridge, n, rows)
        left = _fit(features, own)[0] * (kappa / own) ** 2 * (1 - squares / rows)
    test = (left + noise_std**2) / (1 - squares / n)
    return float((ridge / kappa) ** 2 * test), float(test)


def _fit(features: Features, kappa: float) -> tuple[float, float]:
    """E (f - phi' (Omega + kappa)^-1 psi)^2 and tr (Omega (Omega + kappa)^-1)^2."""
    omega, along = features.eigenvalues, features.along
    known = np.sum(along**2 * (omega + 2 * kappa) / (omega + kappa) ** 2)
    return features.teacher_second_moment - float(known), float(np.sum((omega / (omega + kappa)) ** 2))


def linearised(
    weights: Sequence[np.ndarray],
    activation: LinkSpec,
    teacher: LinkSpec,
    direction: np.ndarray,
    common_variance: bool = False,
) -> Features:
    """Omega of a network with these weights, layer by layer: every layer keeps its linear part, the rest is noise.

    Row j of layer l sees a Gaussian of variance r_j = w_j' Omega_{l-1} w_j. With k_1 = E Z sigma(sqrt(r) Z)/sqrt(r) and
    k_*^2 = Var sigma(sqrt(r) Z) - r k_1^2 for every row,

        Omega_l = diag(k_1) W Omega_{l-1} W' diag(k_1) + diag(k_*^2),      psi_l = diag(k_1) W psi_{l-1}.

    Rows whose means E sigma(sqrt(r_j) Z) differ add the rank one that these means make.

    Parameters
    ----------
    weights : sequence of arrays
        (p_1, d), (p_2, p_1), ...
    activation : name, Hermite coefficients or Link
        Of every layer, less its mean E sigma(Z). More than one layer needs an odd one: the next layer's inputs must
        have mean zero.
    teacher : name, Hermite coefficients or Link
        f(x) = teacher(direction . x), of inputs x ~ N(0, I).
    direction : (d,)
        Of length 1.
    common_variance : bool
        Take the mean of the r_j for every row of a layer, as a law of random weights does; cruder.

    Returns
    -------
    Features

    Raises
    ------
    InputError
        Shapes that do not fit, a direction that is not of length 1, or an activation with a mean in a deep network.
    """
    if not isinstance(weights, Sequence) or not weights:
        raise InputError("weights", weights, "a sequence of matrices, the first layer first")
    spec, target = checked_link("activation", activation), expansion_of(checked_link("teacher", teacher))
    link = link_of(spec).shifted(expansion_of(spec)[0])
    psi = target[1] * reals("direction", direction)
    if psi.ndim != 1 or abs(np.linalg.norm(direction) - 1) > 1e-6:
        raise InputError("direction", np.shape(direction), "a vector of length 1")
    omega, mean = np.eye(len(psi)), np.zeros(len(psi))
    for number, layer in enumerate(weights):
        W = reals("weights", layer)
        if W.ndim != 2 or W.shape[1] != len(omega) or not W.size:
            raise InputError("weights", W.shape, f"a matrix with {len(omega)} columns as layer {number + 1}")
        if np.max(np.abs(mean)) > _ZERO:
            raise InputError("activation", activation, "an odd function, for more than one layer")
        passed = W @ omega @ W.T
        variance = np.diag(passed).copy()
        if common_variance:
            variance[:] = variance.mean()
        slope, rest, mean = _linear_part(link, np.sqrt(variance))
        omega, psi = slope[:, None] * passed * slope, slope * (W @ psi)
        omega[np.diag_indices(len(omega))] += rest
    return Features(omega + np.outer(mean, mean), psi + mean * target[0], target.second_moment)


def after_step(problem: Problem, eta: float, W0: np.ndarray, a: np.ndarray, direction: np.ndarray) -> Features:
    """Omega and chi of one layer after a step of any size along the teacher's direction, averaged over t.

    Omega_ij = E[M_i M_j] + E[mu1_i mu1_j] (w_i . w_j - v_i v_j) + 1{i=j} E mu2_i and chi_j = E[M_j y], where
    M_j(t) = mu0_j(t) + v_j t mu1_j(t) and v_j = w_j . direction.

    Parameters
    ----------
    problem : Problem
        Its gradient batch has so many more rows than d that the step finds the teacher's direction.
    eta : float
    W0, a, direction : (N, d), (N,), (d,)
        Rows of length 1; a readout of the values that `problem` states; the teacher's direction, of length 1.

    Raises
    ------
    InputError : the step has another direction than the teacher's, or shapes do not fit.
    """
    W0, a, direction = reals("W0", W0), reals("a", a), reals("direction", direction)
    if (W0.shape, a.shape, direction.shape) != ((problem.N, problem.d), (problem.N,), (problem.d,)):
        raise InputError("W0, a, direction", (W0.shape, a.shape, direction.shape), "(N, d), (N,) and (d,)")
    if 1 - limit_geometry(problem).cosine > 1e-4:
        raise InputError("n_gradient", problem.n_gradient, "so many rows that the step has the teacher's direction")
    law = feature_law(problem, eta)
    unit = np.argmin(np.abs(math.sqrt(problem.N) * a[:, None] - law.a), axis=1)
    own, slope = W0 @ direction, law.mu1[unit]
    M = law.mu0[unit] + own[:, None] * law.t * slope
    omega = (M * law.weight) @ M.T + (slope * law.weight) @ slope.T * (W0 @ W0.T - np.outer(own, own))
    omega[np.diag_indices(len(own))] += law.mu2[unit] @ law.weight
    return Features(omega, (M * law.weight) @ law.g0, float(law.weight @ law.y2) - problem.noise_variance)


def _linear_part(link: Link, scales: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """k_1, k_*^2 and the mean of sigma(scale Z), for every scale."""
    if np.any(scales < 1e-150):
        raise InputError("weights", "a row of zeros", "rows that see something")
    found = []
    different, back = np.unique(scales, return_inverse=True)
    fixed = gaussian_rule(link.kinks) if not any(link.kinks) else None  # a kink at 0 stays where it is
    for scale in different:
        z, w = fixed or gaussian_rule(tuple(kink / scale for kink in link.kinks))
        value = np.asarray(link.function(scale * z), dtype=float)
        mean, slope = w @ value, (w * z) @ value / scale
        found.append((slope, w @ value**2 - mean**2 - (slope * scale) ** 2, mean))
    slope, rest, mean = np.array(found)[back].T
    return slope, np.maximum(rest, 0.0), np.where(np.abs(mean) < math.sqrt(_ZERO) * 1e-6, 0.0, mean)
