"""The theory's formulas as they are printed, and the explicit spiked Gaussian model that they describe.

Slow, simple and sharing no line with the theory beyond the traces of the bulk. The model is a random draw, which is
why it lives here.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from bulk_witness import gaussian_moment
from scipy.linalg import solve

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
    """One draw of F = c_1 X W' + c_> Z + sum_k theta_k t^k (a^k)' with its labels; rows after n are fresh data."""

    problem: Problem
    orders: tuple[int, ...]
    beta_norm: float
    rho: float
    inputs: np.ndarray  # the first two coordinates of X: beta_star is the first, beta lies in their plane
    untrained: np.ndarray
    a: np.ndarray
    noise: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        return self.problem.sigma_star(self.inputs[:, 0]) + self.problem.noise_std * self.noise

    def taught(self, problem: Problem) -> "Draw":
        """The same draw with the teacher of `problem`, whose activation must be the same."""
        other = replace(self, problem=problem, beta_norm=limits(problem)[0], rho=limits(problem)[1])
        other.__dict__["gram"] = self.gram  # the expensive part, which no teacher changes
        return other

    def t(self) -> np.ndarray:
        return self.inputs @ [self.rho, math.sqrt(1 - self.rho**2)]

    def spikes(self, eta: float) -> tuple[np.ndarray, np.ndarray]:
        """U and A with F = F0 + U A'."""
        student = self.problem.student
        theta = [student[1] ** k * student[k] * (eta * self.beta_norm) ** k for k in self.orders]
        k = np.array(self.orders)
        return self.t()[:, None] ** k * theta, self.a[:, None] ** k

    def features(self, eta: float) -> np.ndarray:
        U, A = self.spikes(eta)
        return self.untrained + U @ A.T

    @cached_property
    def gram(self) -> np.ndarray:
        train = self.untrained[: self.problem.n]
        return train.T @ train

    def errors(self, eta: float, ridge: float) -> tuple[float, float]:
        """Training error with penalty, and error on the fresh rows."""
        n, y = self.problem.n, self.labels
        U, A = self.spikes(eta)
        cross = self.untrained[:n].T @ U[:n] @ A.T
        system = (self.gram + cross + cross.T + A @ (U[:n].T @ U[:n]) @ A.T) / n
        system[np.diag_indices_from(system)] += ridge
        right = (self.untrained[:n].T @ y[:n] + A @ (U[:n].T @ y[:n])) / n
        coefficients = solve(system, right, assume_a="pos", overwrite_a=True)
        residual = y - self.untrained @ coefficients - U @ (A.T @ coefficients)
        penalty = ridge * coefficients @ coefficients
        return np.mean(residual[:n] ** 2) + penalty, np.mean(residual[n:] ** 2)

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
    n, d, N, student = problem.n + fresh, problem.d, problem.N, problem.student
    X, W, Z = rng.standard_normal((n, d)), rng.standard_normal((N, d)), rng.standard_normal((n, N))
    W /= np.linalg.norm(W, axis=1, keepdims=True)
    a = rng.standard_normal(N) if problem.readout == "gaussian" else np.ones(N)
    untrained = student[1] * X @ W.T + math.sqrt(student.nonlinear_variance) * Z
    noise = rng.standard_normal(n)
    return Draw(problem, tuple(orders), *limits(problem), X[:, :2].copy(), untrained, a / math.sqrt(N), noise)


def controls(drawn: Draw) -> np.ndarray:
    """Numbers of a draw whose expectation is exactly zero and that explain most of the scatter of its errors."""
    n, problem = drawn.problem.n, drawn.problem
    y, g = drawn.labels[:n], drawn.inputs[:n, 0]
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
