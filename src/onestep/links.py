"""Links: the scalar functions of the book, activations of the student and of the teacher alike, with derivatives.

A link is known by its usual name (`NAMES`), by its Hermite coefficients, or given as a `Link` of one's own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e
from scipy import special

from onestep.checks import InputError, real, reals

Function = Callable[[np.ndarray], np.ndarray]
_KINKS = 100  # each adds a panel to every quadrature


@dataclass(frozen=True)
class Link:
    """A scalar function with its derivative, both vectorised: array in, array of the same shape and precision out.

    Attributes
    ----------
    name : what figures and messages call it.
    function, derivative : callables on arrays. At a kink the derivative may take either one-sided value.
    kinks : the points where the function or a low derivative jumps; quadrature splits there.
    derivative_from_value : the derivative as a function of the value (1 - s^2 for tanh), where one exists. The
        simulation uses it to save a pass over a matrix the size of the whole feature matrix.

    Raises
    ------
    InputError : `name` is not a text, `function` or `derivative` cannot be called, or `kinks` are not a few finite
        numbers.
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

    def __call__(self, z):
        return self.function(z)

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

    Raises
    ------
    InputError : `coefficients` are not a row of finite numbers.
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
