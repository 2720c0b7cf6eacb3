"""One experiment: draw, step, fit, measure; for several step sizes and ridge values on the same draw."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from onestep.checks import InputError, choice, integer
from onestep.geometry import Geometry
from onestep.hermite import basis
from onestep.inputs import Levels
from onestep.problem import Problem
from onestep.simulation import krylov, memory, network, sample, spectrum
from onestep.simulation.gram import feature_matrix, tridiagonalise
from onestep.simulation.ridge import Path, path, row
from onestep.simulation.spectrum import Top

EXACT_BELOW = (
    5000  # order of the Gram matrix where its reduction, m^3, falls behind the Krylov solver's steps, n N each
)
ORDERS = 8  # overlaps are measured with He_0, ..., He_8


@dataclass(frozen=True, eq=False)
class Measurement:
    """What one draw gave, for E step sizes and R ridge values.

    Attributes
    ----------
    problem : Problem
        What was run.
    seed : int
        Of the draw.
    eta : (E,) array
        The step sizes.
    ridge : (R,) array
        The penalties.
    train_error : (E, R) array
        (1/n) |yt - F a|^2 + ridge |a|^2, the penalty included.
    test_error : (E, R) array
        Mean squared error on the test batch, label noise included.
    test_standard_error : (E, R) array
        Of `test_error` over the rows of the test batch.
    residual_norm : (E, R) array
        |yt - F a| / sqrt(n).
    degrees_of_freedom : (E, R) array
        tr F (F'F + n ridge)^-1 F'.
    degrees_of_freedom_error : (E, R) array
        Its standard error: zero unless the Krylov solver was used.
    top_values : (E, top) array
        Largest squared singular values of F/sqrt(n), descending.
    overlaps : (E, top, 9) array
        Squared cosine of each top left singular vector with He_k(t), k = 0, ..., 8, t = Xt beta / |beta|.
    top_vectors : (E, n, top) array
        The left singular vectors.
    geometry : Geometry
        Of the draw.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import run
    >>> measured = run(Problem(n=200, d=100, N=150), eta=[0.0, 2.0], ridge=[0.1, 1.0], seed=0, top=3)
    >>> measured.test_error.shape, measured.top_values.shape
    ((2, 2), (2, 3))
    """

    problem: Problem
    seed: int
    eta: np.ndarray
    ridge: np.ndarray
    train_error: np.ndarray
    test_error: np.ndarray
    test_standard_error: np.ndarray
    residual_norm: np.ndarray
    degrees_of_freedom: np.ndarray
    degrees_of_freedom_error: np.ndarray
    top_values: np.ndarray
    overlaps: np.ndarray
    top_vectors: np.ndarray
    geometry: Geometry


def measured_geometry(
    direction: np.ndarray, a: np.ndarray, beta_star: np.ndarray, X: np.ndarray, levels: Levels | None = None
) -> Geometry:
    """The geometry of a draw: the random numbers on which spikes and errors depend most, to be plugged in.

    Parameters
    ----------
    direction, a, beta_star, X : (d,), (N,), (d,) and (n, d) arrays
        The direction beta of the step, the second layer, the teacher with beta_star' Sigma beta_star = 1, and the
        inputs of the ridge batch.
    levels : Levels or None
        `problem.levels`, None for Sigma = I. Otherwise |beta| is sqrt(beta' Sigma beta), the standard deviation of
        beta . x, and the cosine is the correlation of beta . x and beta_star . x.
    """
    beta, beta_star = direction.astype(float), beta_star.astype(float)
    if levels is not None:  # Sigma^(1/2) beta and Sigma^(1/2) beta_star, in the coordinates where x is white
        beta, beta_star = beta * np.sqrt(levels.spread()), beta_star * np.sqrt(levels.spread())
    length = float(np.linalg.norm(beta))
    cosine = float(np.clip(beta @ beta_star / length, -1.0, 1.0))
    return Geometry.measured(length, cosine, a.astype(float), (X @ direction).astype(float) / length)


def overlaps(left: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Squared cosines between the columns of `left` (n, k) and the vectors He_j(t), j = 0, ..., ORDERS."""
    H = basis(t, ORDERS)
    return np.square(H @ left / np.linalg.norm(H, axis=1)[:, None]).T


def run(
    problem: Problem,
    eta: float | np.ndarray,
    ridge: float | np.ndarray,
    seed: int,
    *,
    n_test: int | None = None,
    top: int = 0,
    solver: str = "auto",
) -> Measurement:
    """Draw data and weights, take the gradient step, fit the second layer, measure.

    Every step size and ridge value sees the same draw, so that differences between them are paired. eta = 0 is the
    untrained network.

    Parameters
    ----------
    problem : Problem
        What to draw.
    eta, ridge : float or array
        One value or a one-dimensional array each.
    seed : int
        >= 0; the same seed, problem, machine and number of BLAS threads give the same bits.
    n_test : int, optional
        Rows of the test batch; n if None. Changing it changes nothing but the test error.
    top : int, optional
        How many singular triplets of F to measure.
    solver : str, optional
        "exact" reduces the smaller Gram matrix; "krylov" iterates; "auto" is exact up to min(n, N) = 5000.

    Returns
    -------
    Measurement
        With a row for each step size and a column for each ridge value.

    Raises
    ------
    InputError
        Naming the argument that cannot be used.
    MemoryRefusal
        The run would not fit; raised before anything is allocated.
    NotConverged
        The iteration stopped short of its tolerance; carries how far it came.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import run
    >>> measured = run(Problem(n=200, d=100, N=150), eta=2.0, ridge=0.1, seed=0)
    >>> bool(measured.train_error[0, 0] < measured.test_error[0, 0])
    True
    """
    smaller = min(problem.n, problem.N)
    if choice("solver", solver, ("auto", "exact", "krylov")) == "auto":
        solver = "exact" if smaller <= EXACT_BELOW else "krylov"
    fit, most = (_exact, smaller) if solver == "exact" else (_krylov, smaller - 1)
    eta = row("eta", eta)
    ridge = row("ridge", ridge, 0.0, open_below=solver == "krylov")
    n_test = problem.n if n_test is None else integer("n_test", n_test, 1, 2**62)
    top = integer("top", top, 0)
    if top > most:
        raise InputError("top", top, f"at most {most} singular values with n = {problem.n}, N = {problem.N}, {solver}")
    memory.check(memory.estimate(problem, n_test, len(ridge), top, solver))

    W0, a = sample.weights(problem, seed), sample.readout(problem, seed)
    with np.errstate(over="ignore", invalid="ignore"):
        gradient_batch = sample.batch(problem, seed, "gradient", problem.rows_gradient)
        _within("noise_std, or the teacher", problem.noise_std, gradient_batch.y)
        step = network.gradient(problem, W0, a, gradient_batch)
        del gradient_batch
    batch, test = sample.batch(problem, seed, "ridge", problem.n), sample.batch(problem, seed, "test", n_test)
    geometry = measured_geometry(step.direction, a, sample.teacher_direction(problem, seed), batch.X, problem.levels)
    t = batch.X @ step.direction / geometry.beta_norm

    rows = []
    for size in eta:
        with np.errstate(over="ignore", invalid="ignore"):
            F = network.features(problem, batch.X, W0, step.matrix, size)
        _within("eta", float(size), F)
        fitted, triplets = fit(F, batch.y, ridge, top)
        del F
        prediction = network.predict(problem, test.X, W0, step.matrix, size, fitted.coefficients)
        square = np.square(test.y[:, None] - prediction, dtype=float)
        rows.append(
            (
                fitted.train_error,
                square.mean(axis=0),
                square.std(axis=0, ddof=1 if n_test > 1 else 0) / np.sqrt(n_test),
                fitted.residual_norm,
                fitted.degrees_of_freedom,
                fitted.degrees_of_freedom_error,
                triplets.values,
                overlaps(triplets.left, t),
                triplets.left,
            )
        )
    columns: list[Any] = [*map(np.array, zip(*rows, strict=True)), geometry]  # the other fields, in their order
    return Measurement(problem, seed, eta, ridge, *columns)


def _within(name: str, given: float, values: np.ndarray) -> None:
    """Refuse what makes `values` so large that their squares, summed, are no numbers in their precision."""
    most = 1e14 if values.dtype == np.float32 else 1e140
    if not (values.max() < most and values.min() > -most):
        raise InputError(name, given, f"what keeps labels and features below {most:g} in {values.dtype}")


def _exact(F: np.ndarray, y: np.ndarray, ridge: np.ndarray, top: int) -> tuple[Path, Top]:
    reduced = tridiagonalise(feature_matrix(F))
    return path(F, y, ridge, reduced), spectrum.top(F, top, reduced)


def _krylov(F: np.ndarray, y: np.ndarray, ridge: np.ndarray, top: int) -> tuple[Path, Top]:
    return krylov.path(F, y, ridge), spectrum.top_krylov(F, top)
