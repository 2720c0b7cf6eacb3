"""Independent computations of the same numbers: slow, simple, sharing no code with the theory."""

import math
from decimal import Decimal, localcontext

import numpy as np

from onestep.hermite import monomials_in_hermite

# Positive numbers over many decades, and the places where formulas lose digits: phi = psi, phi = 1, c_1 = 0, c_> = 0.
RIDGES = (1e-8, 1e4)
RATIOS = (0.05, 20.0)


def random_bulks(count: int, seed: int) -> np.ndarray:
    """Rows (phi, psi, linear, nonlinear, ridge), one in three of them at or very near a corner."""
    rng = np.random.default_rng(seed)
    rows = np.empty((count, 5))
    for i, row in enumerate(rows):
        phi, psi = np.exp(rng.uniform(*np.log(RATIOS), 2))
        near = 1 + rng.choice([0.0, 10 ** rng.uniform(-15, -1)])
        phi, psi = {0: (phi, phi * near), 1: (near, psi), 2: (near, 1.0)}.get(i % 9, (phi, psi))
        linear, nonlinear = rng.uniform(0, 10, 2) if i % 2 else 10 ** rng.uniform(-9, 1, 2)
        linear, nonlinear = ((0.0, nonlinear), (linear, 0.0), (linear, nonlinear))[min(i % 5, 2)]
        row[:] = phi, psi, linear, nonlinear, 10 ** rng.uniform(*np.log10(RIDGES))
    return rows


def traces_by_bisection(phi, psi, linear, nonlinear, ridge) -> tuple[float, float, float]:
    """m1, m2, q from the two equations of the bulk as they are written, by bisection with 80 digits."""
    with localcontext() as context:
        context.prec = 80
        numbers = (Decimal(float(x)) for x in (phi, psi, linear, nonlinear, ridge))
        m1, m2, q = bisect(*numbers, digits=30)
        return float(m1), float(m2), float(q)


def bisect(phi, psi, linear, nonlinear, ridge, digits) -> tuple[Decimal, Decimal, Decimal]:
    """m1, m2, q in the precision of the present context, to a relative error of 10^-digits."""
    floor = max(Decimal(0), (1 - phi / psi) / ridge)

    def others(m1):
        q = phi / psi - 1 + ridge * m1
        return phi * m1 / (phi + q * linear * m1), q

    low, high = Decimal(10) ** -60 / ridge, 1 / ridge - floor
    while high / low - 1 > Decimal(10) ** -digits:
        middle = (low * high).sqrt()
        m2, q = others(floor + middle)
        if (ridge + q * nonlinear) * (floor + middle) + q * linear * m2 < 1:
            low = middle
        else:
            high = middle
    m1 = floor + high
    m2, q = others(m1)
    return m1, m2, q


def errors_in_many_digits(problem, ridge, eta, orders) -> tuple[float, float]:
    """(train, test) by the formula v'(T D T' + S)^-1 v as it is printed, in 150 digits; the derivative by a difference.

    (G + B^-1)^-1 = B (I + G B)^-1 with B = S^-1 allows a Gram matrix of the readout without inverse.
    """
    with localcontext() as context:
        context.prec = 150
        student, target = problem.student, problem.target
        first = Decimal(target[1])
        power, noise = Decimal(target.second_moment), Decimal(problem.noise_variance)
        beta = (first**2 + Decimal(problem.d) / problem.rows_gradient * (power + noise)).sqrt()
        T = monomials_in_hermite(max(orders))[list(orders)]
        N = Decimal(problem.N)

        def readout(p):
            return gaussian_moment(p) if problem.readout == "gaussian" else 1.0

        theta = [Decimal(student[1]) ** k * Decimal(student[k]) * (Decimal(eta) * beta) ** k for k in orders]
        V = [[N ** (1 - Decimal(j + k) / 2) * Decimal(readout(j + k)) for j in orders] for k in orders]

        def per_ridge(at):
            phi, psi = Decimal(problem.d) / problem.n, Decimal(problem.d) / problem.N
            c = Decimal(student[1] ** 2), Decimal(student.nonlinear_variance)
            m1, m2, q = bisect(phi, psi, *c, at, digits=110)
            D = [m2 if j == 1 else math.factorial(j) * m1 for j in range(T.shape[1])]
            r = [D[j] * Decimal(target[j]) * ((first / beta) ** j if j else 1) for j in range(T.shape[1])]
            rows = [[Decimal(x) for x in row] for row in T]
            v = [sum(x * y for x, y in zip(row, r, strict=True)) for row in rows]
            K = range(len(orders))
            G = [[sum(a * d * b for a, d, b in zip(rows[i], D, rows[j], strict=True)) for j in K] for i in K]
            B = [[theta[i] * V[i][j] * theta[j] * psi * q / phi for j in K] for i in K]
            left = [[int(i == j) + sum(G[i][k] * B[k][j] for k in K) for j in K] for i in K]
            x = _eliminate(left, v)
            gain = sum(v[i] * B[i][j] * x[j] for i in K for j in K)
            return first**2 * m2 + (power - first**2 + noise) * m1 - gain, m1

        ridge = Decimal(float(ridge))
        h = ridge * Decimal(10) ** -30
        slope = (per_ridge(ridge + h)[0] - per_ridge(ridge - h)[0]) / (2 * h)
        value, m1 = per_ridge(ridge)
        return float(ridge * value), float(-slope / m1**2)


def _eliminate(matrix, right):
    """The solution of matrix x = right by Gaussian elimination with pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r, i=i: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, size):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i], strict=True)]
    x = [Decimal(0)] * size
    for i in reversed(range(size)):
        x[i] = (rows[i][size] - sum(rows[i][j] * x[j] for j in range(i + 1, size))) / rows[i][i]
    return x


def gaussian_moment(p: int) -> float:
    """E g^p."""
    return float(math.prod(range(p - 1, 0, -2))) if p % 2 == 0 else 0.0
