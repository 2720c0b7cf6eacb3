"""What a label says of the coordinates z = Bx that a teacher uses: the law of labels, and moments of z given the label.

All channels here are without noise. Several directions are treated where symmetry gives the moments in closed form.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import hermite_e
from scipy import special

from onestep.checks import InputError, integer, reals
from onestep.hermite import gaussian_rule

_REACH = 11.0  # exp(-11^2 / 2) < 1e-26
_DEGREE = 12  # of a polynomial, the most


@dataclass(frozen=True, eq=False)
class Channel:
    """The law of a label y, discretised, and Hermite moments of z given y.

    Attributes
    ----------
    labels : (L,) array
    weights : (L,) array
        Probabilities of the labels; they sum to one.
    moments : tuple of arrays
        Entry j - 1 has shape (L, k, ..., k) with j axes of length k: the tensor E[He_j(z) | y] for z ~ N(0, I_k).
        He_1 = z, He_2 = zz' - I. Orders beyond the last are not known.

    Raises
    ------
    InputError
        Shapes that do not fit, a negative weight, or weights whose sum is not one.
    """

    labels: np.ndarray
    weights: np.ndarray
    moments: tuple[np.ndarray, ...]

    def __post_init__(self):
        labels, weights = reals("labels", self.labels), reals("weights", self.weights, 0.0)
        moments = tuple(reals("moments", moment) for moment in self.moments)
        if labels.ndim != 1 or not labels.size or weights.shape != labels.shape:
            raise InputError("weights", weights.shape, "as many as there are labels, at least one")
        if abs(weights.sum() - 1) > 1e-9:
            raise InputError("weights", float(weights.sum()), "numbers >= 0 of sum 1")
        k = moments[0].shape[-1] if moments and moments[0].ndim == 2 else 0
        for order, moment in enumerate(moments, 1):
            if not k or moment.shape != (labels.size, *[k] * order):
                raise InputError("moments", moment.shape, f"{labels.size} tensors with {order} axes of one length")
        if not moments:
            raise InputError("moments", moments, "at least E[z | y]")
        for name, value in (("labels", labels), ("weights", weights), ("moments", moments)):
            object.__setattr__(self, name, value)

    @property
    def directions(self) -> int:
        """k, the number of coordinates."""
        return self.moments[0].shape[1]

    def moment(self, order: int) -> np.ndarray:
        """E[He_order(z) | y], shape (L, k, ..., k).

        Raises
        ------
        InputError
            An order that is not an integer from 1 to the largest one known.
        """
        return self.moments[integer("order", order, 1, len(self.moments)) - 1]

    def spread(self, direction) -> np.ndarray:
        """(L,): E[(v . z)^2 - 1 | y] along v = `direction`.

        Raises
        ------
        InputError
            v is not a row of k numbers of length one, or second moments are not known.
        """
        v = reals("direction", direction)
        if v.shape != (self.directions,) or abs(np.linalg.norm(v) - 1) > 1e-9:
            raise InputError("direction", direction, f"{self.directions} numbers whose squares sum to one")
        return np.einsum("lij,i,j->l", self.moment(2), v, v)


def polynomial(coefficients, breaks=(), highest: int = 4) -> Channel:
    """y = sum_k c_k He_k(z) of one direction, without noise.

    Given y, z is one of the real roots r of the polynomial, with probabilities proportional to exp(-r^2/2)/|g'(r)|.

    Parameters
    ----------
    coefficients : sequence of numbers
        c_0, c_1, ..., not all but c_0 zero, of degree at most 12.
    breaks : sequence of numbers
        Labels at which a function of the label that will be averaged has a kink or a jump.
    highest : int
        Order of the last moment, at least 1.

    Raises
    ------
    InputError
        A constant polynomial, a degree that is too high, or coefficients of too different or too extreme sizes.
    """
    c, breaks = np.trim_zeros(reals("coefficients", coefficients).ravel(), "b"), reals("breaks", breaks).ravel()
    highest = integer("highest", highest, 1, 24)
    if not 2 <= c.size <= _DEGREE + 1:
        raise InputError("coefficients", coefficients, f"Hermite coefficients of a degree from 1 to {_DEGREE}")
    if not 1e-6 * np.abs(c).max() <= abs(c[-1]) or not 1e-50 < np.abs(c).max() < 1e50:
        raise InputError(
            "coefficients", coefficients, "numbers from 1e-50 to 1e50, the last at least 1e-6 of any other"
        )
    g = hermite_e.herme2poly(c)
    slope = np.polynomial.polynomial.polyder(g)
    turning = _real(np.polynomial.polynomial.polyroots(slope)) if g.size > 2 else np.empty(0)
    values = np.concatenate([np.polynomial.polynomial.polyval(turning, g), breaks])
    places = [_real(np.polynomial.polynomial.polyroots(np.concatenate([[g[0] - y], g[1:]]))) for y in values]
    z, weights = _rule(np.concatenate([turning, *places]))
    y = np.polynomial.polynomial.polyval(z, g)
    roots, odds = _branches(g, slope, y, z)
    moments = []
    for order in range(1, highest + 1):
        values = hermite_e.hermeval(roots, [0.0] * order + [1.0])
        moments.append((odds * values).sum(axis=1).reshape(-1, *[1] * order))
    return Channel(y, weights, tuple(moments))


def power(directions: int, breaks=()) -> Channel:
    """y = |z|^2 / k for k directions; k = 1 is phase retrieval. Given y, z is uniform on a sphere.

    Parameters
    ----------
    directions : int
        k from 1 to 6.
    breaks
        As in `polynomial`.

    Raises
    ------
    InputError
        Another number of directions, or breaks that are not numbers.
    """
    k = integer("directions", directions, 1, 6)
    kinks = np.sqrt(np.maximum(reals("breaks", breaks).ravel() * k, 0.0))
    radius, weights = gaussian_rule((0.0, *kinks))
    inside = radius > 0
    radius, weights = radius[inside], weights[inside] * radius[inside] ** (k - 1)
    y = radius**2 / k
    return Channel(y, weights / weights.sum(), (np.zeros((y.size, k)), (y - 1)[:, None, None] * np.eye(k)))


def product() -> Channel:
    """y = z_1 z_2. Its density is K_0(|y|)/pi, E[z_1^2 | y] = |y| K_1(|y|)/K_0(|y|) and E[z_1 z_2 | y] = y."""
    t = np.linspace(-36.0, 4.2, 1609)  # |y| = exp(t): the density has a logarithm at zero
    size = np.exp(t)
    weights = size * special.k0(size)
    y, weights = np.concatenate([-size, size]), np.concatenate([weights, weights])
    excess = np.abs(y) * special.k1e(np.abs(y)) / special.k0e(np.abs(y)) - 1
    second = excess[:, None, None] * np.eye(2) + y[:, None, None] * np.array([[0.0, 1.0], [1.0, 0.0]])
    return Channel(y, weights / weights.sum(), (np.zeros((y.size, 2)), second))


def parity(directions: int) -> Channel:
    """y = sign(z_1 ... z_k): the first moment that is not zero has order k, E[z_1 ... z_k | y] = y (2/pi)^(k/2).

    Parameters
    ----------
    directions : int
        k from 1 to 5.

    Raises
    ------
    InputError
        Another number of directions.
    """
    k = integer("directions", directions, 1, 5)
    moments = [np.zeros((2, *[k] * order)) for order in range(1, k + 1)]
    last, y = moments[-1], np.array([-1.0, 1.0])
    for index in np.ndindex(*[k] * k):
        if len(set(index)) == k:
            last[(slice(None), *index)] = y * (2 / math.pi) ** (k / 2)
    return Channel(y, np.full(2, 0.5), tuple(moments))


def square_and_parity() -> Channel:
    """y = z_1^2 + sign(z_1 z_2 z_3): at first only z_1 can be found; once it is known, the rest is a parity of two."""
    size, weights = _rule(np.array([0.0, math.sqrt(2)]))
    inside = size > 0
    size, weights = size[inside], weights[inside] / weights[inside].sum() / 2
    y = np.concatenate([size**2 + 1, size**2 - 1])
    squares = np.stack([np.concatenate([size**2, size**2 - 2]), np.concatenate([size**2 + 2, size**2])])  # y -+ 1
    allowed = squares > 0
    root = np.sqrt(np.where(allowed, squares, 1.0))
    odds = np.where(allowed, np.exp(-squares / 2) / root, 0.0)
    second = np.zeros((y.size, 3, 3))
    second[:, 0, 0] = (odds * squares).sum(axis=0) / odds.sum(axis=0) - 1
    return Channel(y, np.concatenate([weights, weights]), (np.zeros((y.size, 3)), second))


def _rule(breaks: np.ndarray, nodes: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for Gaussian means of functions that behave like square roots at the `breaks`.

    z = middle + half sin(pi t/2) between two breaks, which makes a square root smooth; Gauss-Legendre in t.
    """
    ends = np.unique(np.concatenate([breaks[np.abs(breaks) < _REACH], [-_REACH, _REACH]]))
    found = []
    for low, high in itertools.pairwise(ends):
        t, w = np.polynomial.legendre.leggauss(nodes + math.ceil(30 * (high - low)))
        z = (low + high) / 2 + (high - low) / 2 * np.sin(math.pi * t / 2)
        found.append((z, w * math.pi / 4 * (high - low) * np.cos(math.pi * t / 2) * np.exp(-(z**2) / 2)))
    z, weights = np.concatenate(found, axis=1)
    kept = weights > 1e-30
    return z[kept], weights[kept] / weights[kept].sum()


def _real(roots: np.ndarray) -> np.ndarray:
    """The real ones among the roots of a polynomial, rounding forgiven."""
    return np.real(roots[np.abs(np.imag(roots)) < 1e-7 * (1 + np.abs(roots))])


def _branches(g: np.ndarray, slope: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All roots of g = y, one row per label, the known one z exact, and their probabilities; 0 for those not real."""
    degree = g.size - 1
    companion = np.zeros((y.size, degree, degree))
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1.0
    companion[:, :, -1] = -g[:-1] / g[-1]
    companion[:, 0, -1] += y / g[-1]
    found = np.linalg.eigvals(companion)
    known = np.argmin(np.abs(found - z[:, None]), axis=1)
    found[np.arange(y.size), known] = z
    real = np.abs(found.imag) < 1e-7 * (1 + np.abs(found))
    roots = np.where(real, found.real, 0.0)
    exponent = np.where(real, -(roots**2) / 2, -np.inf)
    steep = np.abs(np.polynomial.polynomial.polyval(roots, slope))
    odds = np.exp(exponent - exponent.max(axis=1, keepdims=True)) / np.where(real, np.maximum(steep, 1e-300), 1.0)
    return roots, odds / odds.sum(axis=1, keepdims=True)
