"""Untrained features of inputs with few strong directions: products of two of them are resolved, like directions.

In the features of x = Sigma^(1/2) z the limit theory keeps what is linear in z and takes all else for noise. The part
c_2 He_2(w . x) is a sum of d (d + 1)/2 quadratic modes, and n rows resolve those that are larger than noise. It is n
against the square of the effective dimension d^2/tr Sigma^2 that counts. With the modes' mean squares xi, h = 1/(n u),

    df(u) = (c_>^2 - 2 c_2^2) u + (1/n) sum xi/(xi + h),   Q/m1 = E y^2 - sum theta^2 xi/(xi + h),

    linear modes z_i:           xi = c_1^2 lambda_i/d,
    products z_i z_j, i < j:    xi = 4 c_2^2 lambda_i lambda_j/d^2,
    squares (z_i^2 - 1)/sqrt2:  the eigenvalues of 4 c_2^2 diag(lambda^2)/d^2 + 2 c_2^2 lambda lambda'/d^2,

where theta is the label in these modes. Derived for the book; with c_2 = 0 it is the theory of `anisotropic`.
"""

from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, real, reals
from onestep.inputs import Levels
from onestep.problem import Problem
from onestep.theory.anisotropic import AnisotropicBulk, solve
from onestep.theory.ridge_errors import from_residual

LARGEST = 1500  # d: there are d (d + 1)/2 modes


@dataclass(frozen=True, eq=False)
class Label:
    """What a label is of whitened inputs z: linear . z + z' quadratic z - tr quadratic + rest.

    Attributes
    ----------
    linear : (d,) array
    quadratic : (d, d) array
        Symmetric. Its part of the variance is 2 |quadratic|^2 (Frobenius) for Gaussian z.
    rest : float
        >= 0, the variance of all else, noise included.

    Raises
    ------
    InputError
        Shapes that do not fit, a matrix that is not symmetric, or a negative rest.
    """

    linear: np.ndarray
    quadratic: np.ndarray
    rest: float

    def __post_init__(self):
        linear, quadratic = reals("linear", self.linear), reals("quadratic", self.quadratic)
        if linear.ndim != 1 or not linear.size:
            raise InputError("linear", linear.shape, "a vector (d,)")
        if quadratic.shape != (linear.size, linear.size):
            raise InputError("quadratic", quadratic.shape, f"a matrix ({linear.size}, {linear.size})")
        if not np.allclose(quadratic, quadratic.T, rtol=1e-8, atol=1e-12):
            raise InputError("quadratic", "a matrix that is not symmetric", "a symmetric matrix")
        for name, value in (("linear", linear), ("quadratic", quadratic), ("rest", real("rest", self.rest, 0.0))):
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, problem: Problem) -> "Label":
        """The label of the problem's own teacher. Within a level its direction is the first axis."""
        levels, target = _levels(problem), problem.target
        along = np.zeros(problem.d)
        along[np.cumsum(levels.counts) - levels.counts] = np.sqrt(levels.signal)
        rest = target.second_moment - target[1] ** 2 - 2 * target[2] ** 2 + problem.noise_variance
        return cls(target[1] * along, target[2] * np.outer(along, along), max(rest, 0.0))


def errors(problem: Problem, ridge, label: Label | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(train, test) error of the untrained network, its quadratic modes counted.

    Parameters
    ----------
    problem : Problem
        With a covariance; a full spectrum has d levels.
    ridge : float or array
        > 0.
    label : Label or None
        None means the problem's teacher and noise.

    Returns
    -------
    train, test : float or array of the shape of `ridge`
        As in `ridge_errors.errors`.

    Raises
    ------
    InputError
        No covariance, d above `LARGEST`, a label of another dimension, or a ridge that is not positive.
    NotConverged
        As `ridge_errors.errors`.
    """
    ridge = reals("ridge", ridge, 0.0, open_below=True)
    label = Label.of(problem) if label is None else label
    if not isinstance(label, Label) or label.linear.size != problem.d:
        raise InputError("label", label, f"None, or a Label of {problem.d} coordinates")
    sizes, squares = _modes(problem, label)
    count = sizes.size
    values = sizes * count / sizes.sum()
    share = np.full(count, 1 / count)
    levels = Levels(np.ones(count, int), values, share, share, share)
    c = problem.student
    noise = max(c.nonlinear_variance - 2 * c[2] ** 2, 0.0)
    bulk = AnisotropicBulk(count / problem.n, count / problem.N, float(sizes.sum()), noise, levels)
    found = solve(bulk, ridge.ravel())
    left = bulk.left(found.u)
    unseen = float(label.linear @ label.linear + 2 * np.sum(label.quadratic**2) - squares.sum())  # no mode carries it
    rest = label.rest + max(unseen, 0.0)
    train, test = from_residual(bulk, found, left @ squares + rest, left**2 @ squares + rest)
    return train.reshape(ridge.shape)[()], test.reshape(ridge.shape)[()]


def _levels(problem: Problem) -> Levels:
    if problem.levels is None:
        raise InputError("inputs", None, "a Covariance")
    if problem.d > LARGEST:
        raise InputError("d", problem.d, f"at most {LARGEST}: there are d (d + 1)/2 quadratic modes")
    return problem.levels


def _modes(problem: Problem, label: Label) -> tuple[np.ndarray, np.ndarray]:
    """Mean square of every mode that is not zero, and the squared coefficient of the label."""
    values, c, d = _levels(problem).spread(), problem.student, problem.d
    sizes, squares = [c[1] ** 2 * values / d], [label.linear**2]
    scale = 4 * c[2] ** 2 / d**2
    if scale > 1e-14 * c.second_moment / d**2:
        above = np.triu_indices(d, 1)
        found, vectors = np.linalg.eigh(np.diag(scale * values**2) + scale / 2 * np.outer(values, values))
        sizes += [scale * np.outer(values, values)[above], np.maximum(found, 1e-300)]
        squares += [4 * label.quadratic[above] ** 2, 2 * (vectors.T @ np.diag(label.quadratic)) ** 2]
    return np.concatenate(sizes), np.concatenate(squares)
