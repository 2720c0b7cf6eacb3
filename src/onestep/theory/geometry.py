"""The few numbers through which one gradient step enters: F = F0 + sum_k theta_k t^k (a^k)', k = 1, 2, ...

t = X beta/|beta| is the projection of the ridge batch on the step's direction, powers of vectors are entrywise, and
theta_k = c_1^k c_k (eta |beta|)^k (Moniri et al., arXiv:2310.07891). Beside theta only Gram matrices matter: of the
powers of t, which is Gaussian, and of the powers of the readout a.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from onestep.checks import InputError, real, reals
from onestep.hermite import monomials_in_hermite
from onestep.problem import Problem
from onestep.theory.equation import Bulk
from onestep.theory.resolvent import edge_point

HIGHEST = 12  # spike 13 leaves the bulk for alpha > 12/26 only; so near 1/2 the any-step theory is the one to use
_LONGEST = 1e12  # of kappa; its powers up to the last order still fit a double
_STRONGEST = 300.0  # log of a strength; its square still fits a double


@dataclass(frozen=True, eq=False)
class Geometry:
    """Direction of the step and readout, in the limit or as measured.

    Attributes
    ----------
    beta_norm : |beta|, beta = X'y/n on the gradient batch.
    rho : cosine between beta and beta_star.
    projection_norm : |t|/sqrt(n), t = X beta/|beta| on the ridge batch; 1 in the limit.
    readout_factor : (orders, m) R with (R R')_{jk} = N^{(j+k)/2 - 1} sum_i a_i^{j+k}, j, k = 1, ..., orders.
    lengthening : kappa, by which the noise of the gradient lengthens the rows; spike k then carries
        E (t + sqrt(kappa) g)^k, g ~ N(0, 1), instead of t^k. 0 is the spike of Moniri et al.
    """

    beta_norm: float
    rho: float
    projection_norm: float
    readout_factor: np.ndarray
    lengthening: float = 0.0

    @classmethod
    def of(cls, problem: Problem, geometry: "Geometry | None") -> "Geometry":
        """`geometry`, or the limit where there is none."""
        if geometry is not None and not isinstance(geometry, cls):
            raise InputError("geometry", geometry, "None, or a onestep.theory.Geometry, such as Geometry.plug_in(...)")
        return cls.limit(problem) if geometry is None else geometry

    @classmethod
    def limit(cls, problem: Problem) -> "Geometry":
        """n -> infinity: |beta|^2 = c_{*,1}^2 + (d/n_gradient)(c_*^2 + noise_std^2), rho = c_{*,1}/|beta|.

        Raises
        ------
        InputError : the first output is of order one; then the gradient is not of rank one along X'y.
        """
        problem.need_isotropic_inputs()
        if problem.first_output != "mean_field":
            raise InputError("first_output", problem.first_output, "mean_field, where the gradient is of rank one")
        first, second = problem.target[1], problem.target.second_moment + problem.noise_variance
        norm = math.sqrt(first**2 + problem.phi_gradient * second)
        return cls(norm, first / norm if norm > 0 else 0.0, 1.0, _limit_factor(problem.readout))

    @classmethod
    def lengthened(cls, problem: Problem) -> "Geometry":
        """The limit with kappa = (d/n_gradient) (c_*^2 + noise_std^2) Var sigma'(Z) / (c_1 |beta|)^2.

        Row j of the gradient is c_1 a_j beta plus noise of length sqrt(kappa) |c_1 a_j beta|: of vanishing operator
        norm, but on the scale of the tilt that makes the even spikes. Odd activations do not notice. For teachers with
        c_{*,0} = 0 or activations with c_2 = 0 (the book's chapter "Improvement").

        Raises
        ------
        InputError : the first output is of order one, or the noise is all there is.
        """
        limit = cls.limit(problem)
        labels = problem.target.second_moment + problem.noise_variance
        size = (problem.student[1] * limit.beta_norm) ** 2
        noise = problem.phi_gradient * labels * problem.student.slope_variance
        if noise > _LONGEST * size:
            raise InputError("activation", problem.activation, f"one with kappa < {_LONGEST:g}: c_1 is next to nothing")
        return replace(limit, lengthening=noise / size if noise > 0 else 0.0)

    @classmethod
    def plug_in(
        cls,
        problem: Problem,
        beta_norm: float,
        rho: float,
        projection_norm: float,
        readout_moments,
        lengthening: float = 0.0,
    ) -> "Geometry":
        """The measured numbers of one draw: a prediction without the sampling noise of these.

        Parameters
        ----------
        beta_norm, rho, projection_norm : as above, for the draw.
        readout_moments : (2 L + 1,), sum_i a_i^p for p = 0, ..., 2 L; orders up to L are then used.
        lengthening : kappa; it hardly varies from draw to draw, so that `lengthened(problem)` has it. 0 is the spikes
            t^k of Moniri et al., the same thing for odd activations.

        Raises
        ------
        InputError : a norm is not positive, |rho| > 1, `lengthening` < 0, or the moments are of an even number or not
            of any readout.
        """
        moments = reals("readout_moments", readout_moments)
        if moments.ndim != 1 or moments.size < 3 or moments.size % 2 == 0:
            raise InputError(
                "readout_moments", readout_moments, "sums of a^p for p = 0, ..., 2 L, an odd number of them"
            )
        if abs(real("rho", rho)) > 1:
            raise InputError("rho", rho, "a cosine, between -1 and 1")
        k = np.arange(1, moments.size // 2 + 1)
        hankel = (moments * problem.N ** (np.arange(moments.size) / 2 - 1.0))[k[:, None] + k]
        return cls(
            real("beta_norm", beta_norm, minimum=0.0, open_below=True),
            float(rho),
            real("projection_norm", projection_norm, minimum=0.0, open_below=True),
            _factor(hankel, readout_moments),
            real("lengthening", lengthening, minimum=0.0),
        )


def _limit_factor(readout: str) -> np.ndarray:
    """Exact, where a factorisation of the moment matrix itself would lose half the digits."""
    if readout == "constant":
        return np.ones((HIGHEST, 1))
    return monomials_in_hermite(HIGHEST)[1:] * np.sqrt([float(math.factorial(j)) for j in range(HIGHEST + 1)])


def _factor(hankel: np.ndarray, given) -> np.ndarray:
    if not np.all(np.diag(hankel) > 0):
        raise InputError("readout_moments", given, "power sums of a readout that is not zero")
    size = np.sqrt(np.diag(hankel))
    values, vectors = np.linalg.eigh(hankel / np.outer(size, size))
    if values[0] < -1e-10:
        raise InputError("readout_moments", given, "power sums of real numbers, whose moment matrix is not negative")
    kept = values > 1e-14 * values[-1]  # a constant readout has rank one
    return size[:, None] * vectors[:, kept] * np.sqrt(values[kept])


@dataclass(frozen=True, eq=False)
class Terms:
    """The perturbation for E step sizes as t-monomials times orthonormal directions, strongest first.

    sum_k theta_k t^k (a^k)' / sqrt(n phi/psi) has the same left singular structure as H C, where column k of H is
    He_k(t)/sqrt(n k!), k = 0, ..., top: everything that follows needs C only.

    Attributes
    ----------
    orders : the active orders, ascending; `top` is the last of them.
    hermite : (top + 1, K) column for order k holds the coordinates of t^k in He_j(t)/sqrt(j!).
    lower : (E, K, m) lower trapezoidal: C = hermite[:, order] @ (size[:, :, None] * lower) with rows by strength.
    order : (E, K) indices into `orders`, strongest first.
    size : (E, K) |theta_k| times the norms of the readout's powers, in that order, descending.
    sign : (E, K) of theta_k.
    """

    orders: tuple[int, ...]
    hermite: np.ndarray
    lower: np.ndarray
    order: np.ndarray
    size: np.ndarray
    sign: np.ndarray

    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        """C with column i divided by 1 + size_i, shape (E, top + 1, m), and the divisors' inverses (E, m).

        Column i is led by its own order, stronger than all that are mixed into it, so that after the division no
        entry is large however large the step, and no column hides behind another.
        """
        m = self.lower.shape[-1]
        shrink = 1 / (1 + self.size[:, :m])
        scaled = (self.sign * self.size)[:, :, None] * self.lower * shrink[:, None, :]
        return np.moveaxis(self.hermite[:, self.order], 0, 1) @ scaled, shrink


def active_orders(problem: Problem, highest: int = HIGHEST) -> tuple[int, ...]:
    """The orders k <= `highest` with c_k != 0: the only ones that can make a spike."""
    return tuple(k for k in range(1, highest + 1) if problem.student[k] != 0.0)


def monomials(orders: tuple[int, ...], lengthening: float = 0.0) -> np.ndarray:
    """Coordinates of E (t + sqrt(lengthening) g)^k, k in `orders`, in He_j(t)/sqrt(j!): shape (max order + 1, K).

    t^k = sum_j T_kj He_j(t), and the Gaussian g turns T_kj into T_kj (1 + lengthening)^((k-j)/2).
    """
    top = max(orders, default=0)
    weight = np.sqrt([float(math.factorial(j)) for j in range(top + 1)])
    k, j = np.array(orders, dtype=int)[:, None], np.arange(top + 1)
    return (monomials_in_hermite(top)[list(orders)] * (1 + lengthening) ** (np.maximum(k - j, 0) / 2) * weight).T


def log_strengths(problem: Problem, geometry: Geometry, eta: np.ndarray, orders: tuple[int, ...]) -> np.ndarray:
    """log |theta_k| + log |a^k| for eta > 0, shape (E, K): in logs nothing overflows."""
    k = np.array(orders)
    student = np.array([problem.student[int(order)] for order in k])
    step = problem.student[1] * geometry.beta_norm * geometry.projection_norm
    readout = np.linalg.norm(geometry.readout_factor[k - 1], axis=1)
    with np.errstate(divide="ignore"):
        growth = math.log(abs(step)) + np.log(eta)
    return k * growth[:, None] + np.log(np.abs(student) * readout) + (1 - k) / 2 * math.log(problem.N)


def not_too_strong(logs: np.ndarray, eta: np.ndarray) -> None:
    """Refuse a step so large that a spike overflows."""
    if np.max(logs, initial=0.0) > _STRONGEST:
        raise InputError("eta", float(np.max(eta)), f"a step whose spikes have strengths below e^{_STRONGEST:g}")


def kept_orders(problem: Problem, geometry: Geometry) -> tuple[int, ...]:
    """The active orders that finite sizes let one keep, the same for every step.

    For a polynomial activation all of them: the sum ends. Otherwise it is asymptotic only: strength k grows like
    (2k-1)!! c_k (eta/sqrt(N))^k, and at any N the terms of high order come to life before those of moderate order,
    as outliers that no network has. The orders are kept as long as each, by itself, leaves the bulk at a smaller
    step than the next one does. As N -> infinity this keeps every order.
    """
    orders = active_orders(problem, min(HIGHEST, len(geometry.readout_factor)))
    if not any(problem.student.coefficients[HIGHEST + 1 :]):
        return orders
    bulk = Bulk.of(problem)
    logs = log_strengths(problem, geometry, np.ones(1), orders)[0] + np.log(
        np.linalg.norm(monomials(orders, geometry.lengthening), axis=0)
    )
    threshold = (np.log(bulk.ratio / edge_point(bulk)) / 2 - logs) / np.array(orders)
    count = 1
    while count < len(orders) - 1 and threshold[count] < threshold[count + 1]:
        count += 1
    return orders[:count]


def terms(problem: Problem, geometry: Geometry, eta: np.ndarray) -> Terms:
    """The kept terms at step sizes `eta` (E,) > 0.

    Raises
    ------
    InputError : a step so large that a spike overflows.
    """
    orders = kept_orders(problem, geometry)
    logs = log_strengths(problem, geometry, eta, orders)
    not_too_strong(logs, eta)
    order = np.argsort(-logs, axis=1, kind="stable")
    rows = geometry.readout_factor[np.array(orders) - 1]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    lower = np.swapaxes(np.linalg.qr(np.swapaxes(rows[order], 1, 2), mode="r"), 1, 2)
    student, first = np.array([problem.student[k] for k in orders]), problem.student[1]
    sign = np.sign(student) * np.sign(first) ** np.array(orders)
    return Terms(
        orders,
        monomials(orders, geometry.lengthening),
        lower,
        order,
        np.exp(np.take_along_axis(logs, order, 1)),
        sign[order],
    )
