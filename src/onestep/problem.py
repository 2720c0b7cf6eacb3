"""The problem: every number that theory and simulation need, checked once, then trusted."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from onestep.checks import InputError, choice, integer, real
from onestep.hermite import Expansion
from onestep.inputs import Covariance, Levels
from onestep.links import Link
from onestep.specifications import (
    LinkSpec,
    ReadoutSpec,
    TeacherSpec,
    checked_link,
    checked_readout,
    expansion_of,
    link_of,
)
from onestep.teachers import MultiIndex

_SIZE = 2**63 - 1  # NumPy counts in 64 bits
_LEAST, _MOST = 1e-100, 1e100  # of everything squared: products of two and three of them must still be numbers


@dataclass(frozen=True)
class Problem:
    """One two-layer network, one teacher and their sizes: immutable, validated, hashable.

    Data x ~ N(0, I_d), y = sigma_star(beta_star . x) + noise, |beta_star| = 1. Network f(x) = a' sigma(W x) with N
    hidden units, a_j of variance 1/N, rows of the untrained W uniform on the unit sphere of R^d.
    Setting of Moniri, Lee, Hassani, Dobriban (arXiv:2310.07891).

    Attributes
    ----------
    n : int
        Rows of the ridge batch, and of the gradient batch unless `n_gradient` says otherwise.
    d : int
        Input dimension.
    N : int
        Hidden units.
    activation : str, sequence of float or Link
        Of the network: a name in `links.NAMES`, Hermite coefficients (c_0, c_1, ...) or a `Link`.
        It is centred: `sigma` is the activation minus its Gaussian mean, which `centring` reports.
    teacher : str, sequence of float, Link or MultiIndex
        sigma_star, given like `activation`, but not centred; or a `teachers.MultiIndex` g of k directions, then
        y = g(B x) + noise, where B has k orthonormal rows.
    noise_std : float
        Standard deviation of the label noise.
    readout : str or (values, shares)
        Law of sqrt(N) a_j: "gaussian", N(0, 1); "constant", always 1; or (values, shares), the values that it
        takes and with which probabilities. The values are scaled to a mean square of 1.
    first_output : str
        Scale of the output f0 that the first residual y - f0(X) contains. "mean_field" is
        f0 = a' sigma(W x) / sqrt(N), "order_one" is f0 = a' sigma(W x). Only with the first is the gradient
        asymptotically of rank one along X'y.
    precision : str
        "float64" or "float32", of the simulation's arrays; the theory always computes in float64.
    n_gradient : int or None
        Rows of the gradient batch; None means n.
    inputs : Covariance or None
        None for x ~ N(0, I_d); or the `Covariance` Sigma of x. The teacher is then scaled to
        y = sigma_star(beta_star . x / sqrt(beta_star' Sigma beta_star)) + noise, so that the law of y is the same.

    Raises
    ------
    InputError
        Naming the argument, what was given and what is allowed.

    Examples
    --------
    >>> from onestep import Problem
    >>> problem = Problem(n=4000, d=2000, N=3000, activation="relu", teacher=[0, 1, 0.5], noise_std=0.5)
    >>> problem.phi, problem.psi.__round__(4)
    (0.5, 0.6667)
    >>> round(problem.step(0.25), 3)
    7.953
    >>> [round(c, 4) for c in problem.student.coefficients[:4]]
    [0.0, 0.5, 0.1995, 0.0]
    """

    n: int = 2000
    d: int = 1000
    N: int = 1500
    activation: LinkSpec = "tanh"
    teacher: TeacherSpec = (0.0, 1.0, 0.5)
    noise_std: float = 0.5
    readout: ReadoutSpec = "gaussian"
    first_output: str = "mean_field"
    precision: str = "float64"
    n_gradient: int | None = None
    inputs: Covariance | None = None

    def __post_init__(self):
        checked = {
            "n": integer("n", self.n, 1, _SIZE),
            "d": integer("d", self.d, 1, _SIZE),
            "N": integer("N", self.N, 1, _SIZE),
            "activation": checked_link("activation", self.activation),
            "teacher": self.teacher if isinstance(self.teacher, MultiIndex) else checked_link("teacher", self.teacher),
            "noise_std": real("noise_std", self.noise_std, minimum=0.0),
            "readout": checked_readout(self.readout),
            "first_output": choice("first_output", self.first_output, ("mean_field", "order_one")),
            "precision": choice("precision", self.precision, ("float64", "float32")),
            "n_gradient": None if self.n_gradient is None else integer("n_gradient", self.n_gradient, 1, _SIZE),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.noise_std > _MOST**0.5:
            raise InputError("noise_std", self.noise_std, f"a finite number between 0 and {_MOST**0.5:g}")
        if self.inputs is not None:
            if not isinstance(self.inputs, Covariance):
                raise InputError("inputs", self.inputs, "None, or a onestep.inputs.Covariance")
            self.inputs.levels(self.d)  # refuses a dimension that is too small
        if isinstance(self.teacher, MultiIndex):
            if self.d < self.directions:
                raise InputError("d", self.d, f"at least {self.directions}, the directions of the teacher")
            if self.inputs is not None:
                raise InputError("inputs", self.inputs, "None with a MultiIndex, a teacher of several directions")
        # Expanding now lets a link that cannot be expanded fail here and not in the middle of a run.
        for name in ("activation", "teacher"):
            found = expansion_of(getattr(self, name))
            if not _LEAST <= found.second_moment <= max(found.second_moment, found.slope_second_moment) <= _MOST:
                allowed = f"a function with E f^2 >= {_LEAST:g}, and E f^2 and E f'^2 <= {_MOST:g}"
                raise InputError(name, getattr(self, name), allowed)
        if self.student[1] ** 2 < _LEAST:
            raise InputError(
                "activation",
                self.activation,
                "an activation with c_1 = E[sigma(Z) Z] != 0: without it the gradient has no rank-one part",
            )

    def __reduce__(self):  # what is cached below holds closures, which cannot be pickled for another process
        return type(self), tuple(getattr(self, field.name) for field in fields(self))

    @property
    def phi(self) -> float:
        """d / n, the aspect ratio of the ridge batch."""
        return self.d / self.n

    @property
    def psi(self) -> float:
        """d / N."""
        return self.d / self.N

    @property
    def phi_gradient(self) -> float:
        """d over the rows of the gradient batch."""
        return self.d / self.rows_gradient

    @property
    def rows_gradient(self) -> int:
        """Rows of the gradient batch."""
        return self.n if self.n_gradient is None else self.n_gradient

    @property
    def readout_law(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Values of sqrt(N) a_j and their shares, (K,) each; None for the Gaussian."""
        if isinstance(self.readout, str):
            return None if self.readout == "gaussian" else (np.ones(1), np.ones(1))
        values, shares = self.readout
        return np.array(values), np.array(shares)

    @property
    def levels(self) -> Levels | None:
        """The covariance of the d input directions; None for the identity."""
        return None if self.inputs is None else self.inputs.levels(self.d)

    def need_isotropic_inputs(self) -> None:
        """Refuse a covariance where a formula holds for x ~ N(0, I_d) only."""
        if self.inputs is not None:
            raise InputError("inputs", self.inputs, "None here: this formula is for x ~ N(0, I_d)")

    @property
    def noise_variance(self) -> float:
        return self.noise_std**2

    @cached_property
    def sigma(self) -> Link:
        """The centred activation."""
        return link_of(self.activation).shifted(self.centring)

    @property
    def directions(self) -> int:
        """k: how many directions of x the labels depend on."""
        return self.teacher.directions if isinstance(self.teacher, MultiIndex) else 1

    @cached_property
    def sigma_star(self) -> Link:
        """The link of a teacher of one direction, not centred.

        Raises
        ------
        InputError : the teacher is a `MultiIndex`; `teacher` is then the function itself.
        """
        if isinstance(self.teacher, MultiIndex):
            raise InputError("teacher", self.teacher.name, "one given as a link here, not as a MultiIndex")
        return link_of(self.teacher)

    @cached_property
    def centring(self) -> float:
        """E activation(Z), which was subtracted to get `sigma`; 0.0 if it was centred already."""
        return expansion_of(self.activation)[0]

    @cached_property
    def student(self) -> Expansion:
        """Hermite expansion of the centred activation: c_0 = 0, c_1, c_2, ..."""
        return expansion_of(self.activation).centred()

    @cached_property
    def target(self) -> Expansion:
        """Hermite expansion of the teacher, c_{*,0}, c_{*,1}, ...; of a `MultiIndex` along E[g(z) z], E g^2 of all."""
        return expansion_of(self.teacher)

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.precision)

    def step(self, alpha: float) -> float:
        """The step size eta = n**alpha."""
        try:
            return float(self.n ** real("alpha", alpha))
        except OverflowError as error:
            raise InputError("alpha", alpha, f"an exponent for which {self.n}**alpha is a number") from error

    def resized(self, n: int) -> "Problem":
        """The same problem with n rows in place of `self.n`: d, N and n_gradient keep their ratios to n, rounded."""
        n = integer("n", n, 1, _SIZE)
        rows = None if self.n_gradient is None else max(1, round(self.n_gradient * n / self.n))
        return replace(
            self, n=n, d=max(1, round(self.d * n / self.n)), N=max(1, round(self.N * n / self.n)), n_gradient=rows
        )
