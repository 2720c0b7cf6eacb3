"""One neuron fitted to drawn data, by three losses, and attacked: every input is moved after the label was seen."""

import numpy as np
from scipy import special
from scipy.optimize import minimize

from onestep.checks import InputError, NotConverged, choice, integer, real, reals
from onestep.simulation.sample import Batch
from onestep.simulation.streams import generator, normal

_ROUND = 1e-4  # sqrt(r^2 + _ROUND^2) stands for |r| where a kink would stop the search


def sign_batch(n: int, d: int, slope: float, seed: int) -> tuple[Batch, np.ndarray]:
    """Rows x ~ N(0, I_d) with labels +-1, P(y = 1) = 1/(1 + exp(-slope beta_star . x)), and beta_star.

    Parameters
    ----------
    n, d : int
    slope : float
    seed : int

    Returns
    -------
    Batch, (d,) array
        beta_star is uniform on the unit sphere.
    """
    n, d, slope = integer("n", n), integer("d", d), real("slope", slope)
    truth = generator(seed, "teacher").standard_normal(d)
    truth /= np.linalg.norm(truth)
    rng = generator(seed, "ridge")
    coins = rng.spawn(1)[0].random(n)
    X = normal(rng, (n, d), np.dtype(float))
    return Batch(X, np.where(coins < special.expit(slope * (X @ truth)), 1.0, -1.0)), truth


def fit(batch: Batch, ridge: float, loss: str = "square", delta: float = 1.0) -> np.ndarray:
    """theta = argmin (1/n) sum l(y_i, x_i . theta) + (ridge/2) |theta|^2.

    Parameters
    ----------
    batch : Batch
        Labels are +1 and -1 for "logistic".
    ridge : float
        > 0.
    loss : str
        "square", (y - p)^2/2; "huber", which goes on linearly where |y - p| > delta; "logistic", log(1 + exp(-y p)).
    delta : float
        > 0, of "huber".

    Returns
    -------
    (d,) array

    Raises
    ------
    InputError
        Another loss, labels that do not fit, a ridge or delta that is not positive.
    NotConverged
        The gradient does not vanish.
    """
    ridge, delta = real("ridge", ridge, 0.0, open_below=True), real("delta", delta, 0.0, open_below=True)
    X, y = reals("batch", batch.X), reals("batch", batch.y)
    n, d = X.shape
    if choice("loss", loss, ("square", "huber", "logistic")) == "square":
        return np.linalg.solve(X.T @ X / n + ridge * np.eye(d), X.T @ y / n)
    if loss == "logistic" and np.any(np.abs(y) != 1):
        raise InputError("batch", y, "labels +1 and -1")

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        p = X @ theta
        if loss == "huber":
            pull = np.clip(y - p, -delta, delta)
            values = pull * (y - p - pull / 2)
        else:
            pull, values = y * special.expit(-y * p), np.logaddexp(0.0, -y * p)
        return float(values.mean() + ridge / 2 * theta @ theta), ridge * theta - X.T @ pull / n

    return _minimum(objective, np.zeros(d), f"{loss} regression")


def attacked(batch: Batch, theta: np.ndarray, eps: float, intercept: float = 0.0) -> float:
    """Mean over rows of the largest (theta . (x + move) + intercept - y)^2 with |move| <= eps, attack carried out.

    Parameters
    ----------
    batch : Batch
        Rows that theta does not know.
    theta : (d,) array
    eps : float
        >= 0.
    intercept : float

    Returns
    -------
    float
    """
    theta, eps = reals("theta", theta), real("eps", eps, 0.0)
    length = np.linalg.norm(theta)
    move = eps * theta / length if length > 0 else np.zeros_like(theta)
    ends = [np.square((batch.X + sign * move) @ theta + intercept - batch.y) for sign in (1, -1)]
    return float(np.maximum(*ends).mean())


def robust_fit(batch: Batch, eps: float) -> tuple[float, np.ndarray]:
    """(intercept, theta) with the least attacked error on the rows of `batch` themselves.

    For one column this is the robust readout of a given feature, for X itself adversarial training in R^d.

    Parameters
    ----------
    batch : Batch
    eps : float
        >= 0.

    Raises
    ------
    InputError
        A negative eps.
    NotConverged
        The gradient does not vanish.
    """
    eps = real("eps", eps, 0.0)
    n = len(batch.y)

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        a, theta = x[0], x[1:]
        r = batch.y - a - batch.X @ theta
        sizes, length = np.sqrt(r**2 + _ROUND**2), np.sqrt(theta @ theta + _ROUND**2)
        total = sizes + eps * length
        by_row = 2 * total / n * r / sizes
        slope = -batch.X.T @ by_row + 2 * total.mean() * eps * theta / length
        return float(np.mean(total**2)), np.concatenate([[-by_row.sum()], slope])

    start = np.concatenate([[batch.y.mean()], batch.X.T @ batch.y / n / 10])
    found = _minimum(objective, start, "adversarial training", 1e-3)
    return float(found[0]), found[1:]


def _minimum(objective, start: np.ndarray, what: str, tolerance: float = 1e-7) -> np.ndarray:
    options = {"maxiter": 20_000, "maxfun": 20_000, "gtol": tolerance / 10, "ftol": 1e-15, "maxcor": 30}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    left = float(np.max(np.abs(found.jac)))
    if left > tolerance:
        raise NotConverged(what, left, int(found.nit))
    return found.x
