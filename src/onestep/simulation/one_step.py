"""One draw and the gradient step on it, for features, spectra and errors at any step size.

step = OneStep.draw(problem, seed)
step.spectrum(0.0), step.spectrum(problem.step(0.3))      # before and after, on the same draw
train, test = step.errors(ridge=0.1, eta=problem.step(0.3))
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.geometry import Geometry
from onestep.problem import Problem
from onestep.simulation import network, ridge, sample, spectrum
from onestep.simulation.experiment import measured_geometry, overlaps
from onestep.simulation.sample import Batch
from onestep.simulation.spectrum import Top


@dataclass(frozen=True, eq=False)
class OneStep:
    """One draw of a problem with its gradient step, the same for every step size.

    The streams of a seed are those of `sample.draw`. Gradient batch and test batch are drawn again when they are asked
    for, so that nobody pays for what is not used.

    Attributes
    ----------
    problem : Problem
        What was drawn.
    seed : int
        Of the draw.
    n_test : int
        Rows of the test batch. Another number changes nothing but the test batch.
    W0 : (N, d) array
        The first layer before the step, rows on the unit sphere.
    a : (N,) array
        The second layer before the fit.
    beta_star : (d,) array
        The teacher's direction, of unit length.
    batch : Batch
        The ridge batch; its inputs `X` (n, d) and labels `y` (n,) are attributes, too.
    gradient : Gradient
        `network.Gradient`, at W0, on the gradient batch.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import OneStep
    >>> step = OneStep.draw(Problem(n=200, d=100, N=150), seed=0)
    >>> step.spectrum(eta=2.0).shape, step.outliers(eta=2.0, top=2).values.shape
    ((150,), (2,))
    >>> train, test = step.errors(ridge=[0.1, 1.0], eta=2.0)
    >>> test.shape
    (2,)
    """

    problem: Problem
    seed: int
    n_test: int
    W0: np.ndarray
    a: np.ndarray
    beta_star: np.ndarray
    batch: Batch
    gradient: network.Gradient

    @classmethod
    def draw(cls, problem: Problem, seed: int, n_test: int | None = None) -> "OneStep":
        """Draw weights and data, and take the gradient.

        Parameters
        ----------
        problem : Problem
            What to draw.
        seed : int
            >= 0; the same seed gives the same bits as `sample.draw` and `network.gradient`.
        n_test : int, optional
            >= 1, rows of the test batch; n if None.

        Returns
        -------
        OneStep
            With the gradient, for every step size.

        Raises
        ------
        InputError
            No problem, a seed that is not an integer from 0 to `streams.LARGEST_SEED`, or n_test < 1.
        MemoryRefusal
            There is no room for the draw.
        """
        if not isinstance(problem, Problem):
            raise InputError("problem", problem, "a Problem")
        n_test = problem.n if n_test is None else integer("n_test", n_test, 1, 2**62)
        W0, a = sample.weights(problem, seed), sample.readout(problem, seed)
        first = sample.batch(problem, seed, "gradient", problem.rows_gradient)
        step = network.gradient(problem, W0, a, first)
        fit = sample.batch(problem, seed, "ridge", problem.n)
        return cls(problem, seed, n_test, W0, a, sample.teacher_direction(problem, seed), fit, step)

    @property
    def X(self) -> np.ndarray:
        """(n, d): inputs of the ridge batch."""
        return self.batch.X

    @property
    def y(self) -> np.ndarray:
        """(n,): labels of the ridge batch."""
        return self.batch.y

    @property
    def G(self) -> np.ndarray:
        """(N, d): the gradient; the weights after the step are W0 + eta G."""
        return self.gradient.matrix

    @property
    def beta(self) -> np.ndarray:
        """(d,): direction of the step, X'r/n on the gradient batch."""
        return self.gradient.direction

    @cached_property
    def geometry(self) -> Geometry:
        """The numbers of this draw on which spikes and errors depend most, to be plugged into the theory."""
        return measured_geometry(self.beta, self.a, self.beta_star, self.X, self.problem.levels)

    @property
    def beta_norm(self) -> float:
        """|beta|; for inputs with a covariance the standard deviation of beta . x."""
        return self.geometry.beta_norm

    @property
    def cosine(self) -> float:
        """Cosine between beta and beta_star; for inputs with a covariance the correlation of their projections."""
        return self.geometry.cosine

    @cached_property
    def t(self) -> np.ndarray:
        """(n,): t = X beta / |beta| on the ridge batch."""
        return self.X @ self.beta / self.beta_norm

    @cached_property
    def gradient_batch(self) -> Batch:
        """The batch of the gradient step, drawn again."""
        return sample.batch(self.problem, self.seed, "gradient", self.problem.rows_gradient)

    @cached_property
    def test(self) -> Batch:
        """The test batch."""
        return sample.batch(self.problem, self.seed, "test", self.n_test)

    @property
    def rank_one(self) -> np.ndarray:
        """(N, d): c_1 a beta', the leading part of the gradient."""
        return self.problem.student[1] * np.outer(self.a, self.beta)

    def with_gradient(self, matrix: np.ndarray) -> "OneStep":
        """The same draw, stepping along another `matrix` (N, d), such as `rank_one`; beta and t stay.

        Raises
        ------
        InputError : another shape.
        """
        matrix = self._checked("matrix", matrix, self.G.shape)
        return replace(self, gradient=replace(self.gradient, matrix=matrix))

    def weights(self, eta: float) -> np.ndarray:
        """(N, d): W = W0 + eta G."""
        return network.weights(self.W0, self.G, real("eta", eta))

    def features(self, eta: float, X: np.ndarray | None = None) -> np.ndarray:
        """(rows, N): F = sigma(X W') after a step of size eta, on the ridge batch or on the inputs X (rows, d)."""
        X = self.X if X is None else self._checked("X", X, (None, self.problem.d))
        return network.features(self.problem, X, self.W0, self.G, real("eta", eta))

    def spectrum(self, eta: float) -> np.ndarray:
        """(min(n, N),): the squared singular values of F/sqrt(n), ascending."""
        return spectrum.squared_singular_values(self.features(eta))

    def outliers(self, eta: float, top: int) -> Top:
        """The `top` largest squared singular values of F/sqrt(n), descending, with their singular vectors.

        Raises
        ------
        InputError : `top` is larger than the rank of F.
        """
        return spectrum.top(self.features(eta), top)

    def overlaps(self, eta: float, top: int) -> np.ndarray:
        """(top, 9): squared cosine of each top left singular vector with He_k(t), k = 0, ..., 8."""
        return overlaps(self.outliers(eta, top).left, self.t)

    def fit(self, penalty: float | np.ndarray, eta: float) -> ridge.Path:
        """The second layers that ridge regression finds, for one ridge value or R of them."""
        return ridge.path(self.features(eta), self.y, penalty)

    def predict(self, eta: float, coefficients: np.ndarray) -> np.ndarray:
        """(n_test, ...): outputs on the test batch with the second layers `coefficients` (N, ...)."""
        shape = (self.problem.N, None)[: max(getattr(coefficients, "ndim", 1), 1)]
        coefficients = self._checked("coefficients", coefficients, shape)
        return network.predict(self.problem, self.test.X, self.W0, self.G, real("eta", eta), coefficients)

    def errors(self, ridge: float | np.ndarray, eta: float) -> tuple[np.ndarray, np.ndarray]:
        """Training error (penalty included) and test error (label noise included), each of the shape of `ridge`.

        Raises
        ------
        InputError : a ridge value is negative, or so small that the problem is singular.
        """
        fitted = self.fit(ridge, eta)
        test = [np.mean((self.test.y - output) ** 2) for output in self.predict(eta, fitted.coefficients).T]
        shape = np.shape(ridge)
        return np.reshape(fitted.train_error, shape)[()], np.reshape(test, shape)[()]

    def _checked(self, name: str, values: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
        """`values` in the precision of the problem, of the given shape; None is any length from 1 on."""
        array = reals(name, values)
        if array.ndim != len(shape) or any(
            length not in (None, size) or not size for length, size in zip(shape, array.shape, strict=True)
        ):
            raise InputError(name, array.shape, f"an array of shape {shape}, None standing for any length")
        return array.astype(self.problem.dtype)
