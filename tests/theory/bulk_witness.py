"""Independent computations of the same numbers: slow, simple, sharing no code with the theory."""

from decimal import Decimal, localcontext

import numpy as np

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
        phi, psi, linear, nonlinear, ridge = (Decimal(float(x)) for x in (phi, psi, linear, nonlinear, ridge))
        floor = max(Decimal(0), (1 - phi / psi) / ridge)

        def others(m1):
            q = phi / psi - 1 + ridge * m1
            return phi * m1 / (phi + q * linear * m1), q

        low, high = Decimal(10) ** -60 / ridge, 1 / ridge - floor
        while high / low - 1 > Decimal(10) ** -30:
            middle = (low * high).sqrt()
            m2, q = others(floor + middle)
            if (ridge + q * nonlinear) * (floor + middle) + q * linear * m2 < 1:
                low = middle
            else:
                high = middle
        m1 = floor + high
        m2, q = others(m1)
        return float(m1), float(m2), float(q)
