"""The theory's formulas as they are printed, and the explicit spiked Gaussian model that they describe.

Slow, simple and sharing no line with the theory beyond the traces of the bulk. The model is a random draw, which is
why it lives here.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from bulk_witness import gaussian_moment

from onestep import Problem
from onestep.hermite import monomials_in_hermite
from onestep.theory.resolvent import traces


def pieces(problem: Problem, eta: float, orders, beta_norm: float, rho: float, found):
    """T D T', S and v = T r for the listed orders, Gaussian readout."""
    k = np.array(orders)
    T = monomials_in_hermite(int(k.max()))[k]
    D = np.array([math.factorial(j) * found.m1 for j in range(T.shape[1])])
    D[1] = found.m2
    theta = np.array([problem.student[1] ** i * problem.student[i] * (eta * beta_norm) ** i for i in orders])
    V = np.array([[problem.N ** (1 - (i + j) / 2) * gaussian_moment(i + j) for j in orders] for i in orders])
    S = np.linalg.inv(theta[:, None] * V * theta) * problem.phi / (problem.psi * found.q)
    r = D * [problem.target[j] * rho**j for j in range(T.shape[1])]
    return T @ (D[:, None] * T.T), S, T @ r


def limits(problem: Problem) -> tuple[float, float]:
    """|beta| and rho."""
    first, power = problem.target[1], problem.target.second_moment + problem.noise_variance
    norm = math.sqrt(first**2 + problem.phi_gradient * power)
    return norm, first / norm


def per_ridge(problem: Problem, ridge: float, eta: float, orders, plateau: bool = False) -> float:
    """L_tr/ridge by the printed formula; `plateau` drops S."""
    found = traces(problem, ridge)
    first, power = problem.target[1], problem.target.second_moment
    base = first**2 * found.m2 + (power - first**2 + problem.noise_variance) * found.m1
    if not orders:
        return base
    G, S, v = pieces(problem, eta, orders, *limits(problem), found)
    return base - v @ np.linalg.solve(G if plateau else G + S, v)


def errors_by_difference(problem: Problem, ridge: float, eta: float, orders, plateau: bool = False):
    """(train, test), the derivative in the ridge by a sixth-order central difference."""
    h = 2e-3 * ridge
    values = {i: per_ridge(problem, ridge + i * h, eta, orders, plateau) for i in (-3, -2, -1, 0, 1, 2, 3)}
    slope = (45 * (values[1] - values[-1]) - 9 * (values[2] - values[-2]) + values[3] - values[-3]) / (60 * h)
    return ridge * values[0], -slope / traces(problem, ridge).m1 ** 2


@dataclass(frozen=True)
class Draw:
    """One draw of F = c_1 X W' + c_> Z + sum_k theta_k t^k (a^k)' with its labels, and as much fresh data."""

    problem: Problem
    orders: tuple[int, ...]
    beta_norm: float
    rho: float
    X: np.ndarray
    W: np.ndarray
    noise: np.ndarray
    a: np.ndarray
    labels: np.ndarray

    def t(self) -> np.ndarray:
        return self.X[:, :2] @ [self.rho, math.sqrt(1 - self.rho**2)]

    @cached_property
    def untrained(self) -> np.ndarray:
        student = self.problem.student
        return student[1] * self.X @ self.W.T + math.sqrt(student.nonlinear_variance) * self.noise

    def features(self, eta: float) -> np.ndarray:
        F, student = self.untrained.copy(), self.problem.student
        for k in self.orders if eta > 0 else ():
            theta = student[1] ** k * student[k] * (eta * self.beta_norm) ** k
            F += theta * np.outer(self.t() ** k, self.a**k)
        return F

    def errors(self, eta: float, ridge: float) -> tuple[float, float]:
        """Training error with penalty, and error on the fresh rows."""
        n = self.problem.n
        F = self.features(eta)
        train, fresh = F[:n], F[n:]
        coefficients = np.linalg.solve(train.T @ train / n + ridge * np.eye(F.shape[1]), train.T @ self.labels[:n] / n)
        residual = self.labels[:n] - train @ coefficients
        penalty = ridge * coefficients @ coefficients
        return residual @ residual / n + penalty, float(np.mean((self.labels[n:] - fresh @ coefficients) ** 2))

    def leave_one_out(self, eta: float, ridge: float) -> tuple[float, float]:
        """Training error with penalty, and the exact leave-one-out error of the ridge batch."""
        n = self.problem.n
        F = self.features(eta)[:n]
        R = np.linalg.inv(F @ F.T / n + ridge * np.eye(n))
        Ry = R @ self.labels[:n]
        return ridge * float(self.labels[:n] @ Ry) / n, float(np.mean((Ry / np.diag(R)) ** 2))

    def moments(self, highest: int) -> np.ndarray:
        return np.array([np.sum(self.a**p) for p in range(2 * highest + 1)])


def draw(problem: Problem, orders, seed: int, fresh: int = 0) -> Draw:
    """The step's direction has exactly the limiting norm and cosine; everything else is drawn."""
    rng = np.random.default_rng(seed)
    n, d, N = problem.n + fresh, problem.d, problem.N
    X, W, noise = rng.standard_normal((n, d)), rng.standard_normal((N, d)), rng.standard_normal((n, N))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    a = rng.standard_normal(N) / math.sqrt(N)
    if problem.readout == "constant":
        a = np.full(N, 1 / math.sqrt(N))
    labels = problem.sigma_star(X[:, 0]) + problem.noise_std * rng.standard_normal(n)
    return Draw(problem, tuple(orders), *limits(problem), X, W, noise, a, labels)


def controls(drawn: Draw) -> np.ndarray:
    """Numbers of a draw whose expectation is exactly zero and that explain most of the scatter of its errors."""
    n, problem = drawn.problem.n, drawn.problem
    y, g = drawn.labels[:n], drawn.X[:n, 0]
    target = problem.target
    return np.array(
        [
            np.mean(y**2) - target.second_moment - problem.noise_variance,
            np.mean(y * g) - target[1],
            np.mean(y * (g**2 - 1)) - 2 * target[2],
        ]
    )


def adjusted_mean(values: np.ndarray, control: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over draws (first axis) with the controls regressed out, and its standard error."""
    count = len(values)
    design = np.column_stack([np.ones(count), control])
    flat = values.reshape(count, -1)
    coefficients = np.linalg.lstsq(design, flat, rcond=None)[0]
    variance = np.sum((flat - design @ coefficients) ** 2, axis=0) / (count - design.shape[1])
    spread = np.linalg.inv(design.T @ design)[0, 0]
    return coefficients[0].reshape(values.shape[1:]), np.sqrt(variance * spread).reshape(values.shape[1:])
