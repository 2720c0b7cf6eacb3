"""Links: the scalar functions of the book, activations of the student and of the teacher alike, with derivatives.

A link is known by its usual name (`NAMES`), by its Hermite coefficients, or given as a `Link` of one's own.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e
from scipy import special

from onestep.checks import InputError, real, reals
from onestep.derivatives import Differences, Function, disagreement, points

_KINKS = 100  # each adds a panel to every quadrature


@dataclass(frozen=True)
class Link:
    """A scalar function with its derivative, both vectorised: array in, array of the same shape and precision out.

    Attributes
    ----------
    name : str
        What figures and messages call it.
    function, derivative : callable
        From an array to one of its shape. At a kink the derivative may take either one-sided value.
    kinks : tuple of float
        The points where the function or a low derivative jumps; quadrature splits there.
    derivative_from_value : callable or None
        The derivative as a function of the value (1 - s^2 for tanh), where one exists. The simulation uses it to save
        a pass over a matrix the size of the whole feature matrix.

    Raises
    ------
    InputError
        `name` is not a text, `function` or `derivative` cannot be called, `kinks` are not a few finite numbers, or a
        derivative is not that of the function: it is compared with differences on [-5, 5], away from the kinks.

    See Also
    --------
    Link.of : a link of a function whose derivative is not at hand.

    Examples
    --------
    >>> import numpy as np
    >>> from onestep import Link, Problem
    >>> cubic = Link("cubic", lambda z: z + z**3 / 8, lambda z: 1 + 3 * z**2 / 8)
    >>> round(Problem(activation=cubic).student[3], 6)
    0.125
    >>> Link("swish", lambda z: z / (1 + np.exp(-z)), lambda z: 1 / (1 + np.exp(-z)))
    Traceback (most recent call last):
        ...
    onestep.checks.InputError: derivative: got 0.82...; allowed: the derivative of `function`, by differences 1.04...
    """

    name: str
    function: Function
    derivative: Function
    kinks: tuple[float, ...] = ()
    derivative_from_value: Function | None = None

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise InputError("name", self.name, "a text")
        for field in ("function", "derivative"):
            if not callable(getattr(self, field)):
                raise InputError(field, getattr(self, field), "a callable that maps an array to an array of its shape")
        if self.derivative_from_value is not None and not callable(self.derivative_from_value):
            raise InputError("derivative_from_value", self.derivative_from_value, "a callable or None")
        kinks = reals("kinks", self.kinks)
        if kinks.ndim != 1 or kinks.size > _KINKS:
            raise InputError("kinks", self.kinks, f"at most {_KINKS} finite numbers in a row")
        object.__setattr__(self, "kinks", tuple(kinks.tolist()))
        self._compare("derivative", self.derivative)
        if (slope := self.derivative_from_value) is not None:
            self._compare("derivative_from_value", lambda z: slope(self.function(z)))

    def _compare(self, name: str, derivative: Function) -> None:
        if found := disagreement(self.function, derivative, self.kinks):
            place, given, expected = found
            allowed = f"the derivative of `function`, by differences {expected:.7g} at z = {place:.4g}"
            raise InputError(name, given, f"{allowed}; or name the kinks")

    def __call__(self, z):
        return self.function(z)

    @classmethod
    def of(cls, function: Function, kinks: tuple[float, ...] = (), name: str | None = None) -> "Link":
        """The link of a function alone, with a numerical derivative.

        The derivative has relative errors of about 1e-11 for a function that varies over lengths of 1, and evaluates
        the function five times; a `Link` with its derivative is faster.

        Parameters
        ----------
        function : callable
            From an array to one of its shape, smooth between the kinks.
        kinks : sequence of float, optional
            The points where the function or a low derivative jumps.
        name : str, optional
            What figures and messages call it; by default the function's own name.

        Returns
        -------
        Link
            With `derivative` from differences of fourth order, which do not reach across a kink.

        Raises
        ------
        InputError
            `function` cannot be called, fails, or does not return finite numbers in the shape of what it takes;
            `kinks` or `name` are not what they should be.

        Examples
        --------
        >>> import numpy as np
        >>> from onestep import Link
        >>> elu = Link.of(lambda z: np.where(z > 0, z, np.expm1(z)), kinks=(0.0,), name="elu")
        >>> elu.derivative(np.array([-1.0, 0.0, 2.0])).round(9)
        array([0.36787944, 1.        , 1.        ])
        """
        if not callable(function):
            raise InputError("function", function, "a callable that maps an array to an array of its shape")
        checked = cls("", function, Differences(function), kinks).kinks
        z = points(checked)
        try:
            with np.errstate(all="ignore"):
                values = np.asarray(function(z), dtype=float)
        except Exception as error:  # math.tanh, say, which takes one number only
            allowed = "a function that maps an array of numbers to one of the same shape, as np.vectorize makes it"
            raise InputError("function", f"{type(error).__name__}: {error}", allowed) from error
        if values.shape != z.shape or not np.all(np.isfinite(values)):
            given = "values that are not finite" if values.shape == z.shape else values.shape
            raise InputError("function", given, f"finite values on [-5, 5], in the shape of the argument, {z.shape}")
        label = str(getattr(function, "__name__", "function")) if name is None else name
        return cls(label, function, Differences(function, checked), checked)

    def shifted(self, offset: float) -> "Link":
        """The link minus a constant; its derivative is unchanged."""
        if offset == 0.0:
            return self
        function, slope = self.function, self.derivative_from_value
        return Link(
            self.name,
            lambda z: function(z) - offset,
            self.derivative,
            self.kinks,
            None if slope is None else (lambda s: slope(s + offset)),
        )


def _relu(z):
    return np.maximum(z, 0)


def _step(z):
    return (np.asarray(z) > 0).astype(np.result_type(z, np.float32))


def _softplus(z):
    return np.logaddexp(z, 0)


def _gauss(z):
    return np.exp(-np.square(z)) * (2 / math.sqrt(math.pi))


def _sigmoid_slope(z):
    s = special.expit(z)
    return s * (1 - s)


_NAMED = (
    Link("relu", _relu, _step, kinks=(0.0,), derivative_from_value=_step),
    Link("tanh", np.tanh, lambda z: 1 - np.square(np.tanh(z)), derivative_from_value=lambda s: 1 - np.square(s)),
    Link("erf", special.erf, _gauss),
    Link("softplus", _softplus, special.expit, derivative_from_value=lambda s: -np.expm1(-s)),
    Link("sigmoid", special.expit, _sigmoid_slope, derivative_from_value=lambda s: s * (1 - s)),
    Link("sin", np.sin, np.cos),
)
NAMES = {link.name: link for link in _NAMED}


def polynomial(coefficients) -> Link:
    """The link sum_k c_k He_k (probabilists' Hermite polynomials) for `coefficients` c_0, c_1, ...

    Parameters
    ----------
    coefficients : sequence of float
        c_0, c_1, ..., 1 to 150 of them.

    Returns
    -------
    Link
        With its exact derivative.

    Raises
    ------
    InputError
        `coefficients` are not a row of finite numbers.

    Examples
    --------
    >>> from onestep.links import polynomial
    >>> float(polynomial([0, 1, 0.5])(3.0))
    7.0
    """
    c = reals("coefficients", coefficients)
    if c.ndim != 1 or not 1 <= c.size <= 150 or np.max(np.abs(c)) > 1e150:
        raise InputError("coefficients", coefficients, "1 to 150 numbers in a row, none beyond 1e150 in size")
    slope = hermite_e.hermeder(c) if c.size > 1 else np.zeros(1)
    return Link(
        "He[" + ", ".join(f"{value:g}" for value in c) + "]",
        lambda z: hermite_e.hermeval(z, c.astype(np.result_type(z, np.float32))),
        lambda z: hermite_e.hermeval(z, slope.astype(np.result_type(z, np.float32))),
    )


def sine(frequency: float, phase: float) -> Link:
    """The link sin(frequency z + phase) / (frequency cos phase), of slope 1 at 0: all derivatives are bounded.

    k! c_k = frequency^(k-1) sin(phase + k pi/2) exp(-frequency^2/2) / cos(phase): every order has its spike, unless the
    phase is a multiple of pi/2. The features of Rahimi and Recht 2007.

    Raises
    ------
    InputError : the frequency is (nearly) zero or enormous, or the cosine of the phase is zero.
    """
    frequency, phase = real("frequency", frequency), real("phase", phase)
    if not 1e-100 < abs(frequency) < 1e100:
        raise InputError("frequency", frequency, "a number other than 0, between 1e-100 and 1e100 in size")
    if abs(math.cos(phase)) < 1e-12:
        raise InputError("phase", phase, "a number with cos(phase) != 0: an even link has c_1 = 0")
    size = 1 / (frequency * math.cos(phase))
    return Link(
        f"sin({frequency:g}z + {phase:g})",
        lambda z: size * np.sin(frequency * z + phase),
        lambda z: size * frequency * np.cos(frequency * z + phase),
    )
