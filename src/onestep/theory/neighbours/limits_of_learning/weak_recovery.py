"""Which teachers can be learned from n of the order of d rows, and what one step on transformed labels finds."""

import math

import numpy as np

from onestep.checks import InputError, integer, real, reals
from onestep.theory.neighbours.limits_of_learning.channels import Channel

_ZERO = 1e-9  # relative: below it a moment counts as zero


def information_exponent(channel: Channel) -> float:
    """The least k with E[y He_k(z)] != 0: what a step on the labels as they are can see.

    Returns
    -------
    float
        Infinity if all known moments vanish.
    """
    _channel(channel)
    size = math.sqrt(channel.weights @ channel.labels**2)
    return _first(
        channel, lambda moment: np.abs(np.tensordot(channel.weights * channel.labels / size, moment, 1)).max()
    )


def generative_exponent(channel: Channel) -> float:
    """The least k for which E[He_k(z) | y] depends on y: what a step on the best function of the labels can see.

    Returns
    -------
    float
        Infinity if all known moments vanish.
    """
    _channel(channel)

    def size(moment: np.ndarray) -> float:
        flat = moment.reshape(len(moment), -1)
        return math.sqrt(channel.weights @ (flat**2).sum(axis=1))

    return _first(channel, size)


def weak_threshold(channel: Channel) -> float:
    """n/d above which the best first-order method finds a direction, from nothing: 1/(spectral radius of F).

    F(M) = E_y[Gamma M Gamma] on symmetric k x k matrices, with Gamma(y) = E[zz' - I | y]. 0 where E[z | y] depends on
    y, infinity where F = 0. For one direction it is 1/E (E[z^2 - 1 | y])^2.

    Raises
    ------
    InputError
        No Channel, or one whose second moments are not known.
    """
    _channel(channel)
    if generative_exponent(channel) == 1:
        return 0.0
    if len(channel.moments) < 2:
        raise InputError("channel", channel.moments, "one with known second moments")
    second, k = channel.moment(2), channel.directions
    F = np.einsum("l,lia,lbj->ijab", channel.weights, second, second).reshape(k * k, k * k)
    radius = float(np.abs(np.linalg.eigvals(F)).max())
    return 1 / radius if radius > _ZERO else math.inf


def transformed_step(channel: Channel, phi: float, transform) -> float:
    """Limit of the cosine between X'T(y)/n and the teacher's direction, with its sign.

    c/sqrt(c^2 + phi E T^2), c = E[z T(y)]. It is largest for T = E[z | y], `best_transform`.

    Parameters
    ----------
    channel : Channel
        Of one direction.
    phi : float
        d/n > 0.
    transform : (L,) array
        T at `channel.labels`.

    Raises
    ------
    InputError
        Several directions, phi not positive, or a transform that is zero everywhere or of another shape.
    """
    _single(channel)
    phi, T = real("phi", phi, 0.0, open_below=True), reals("transform", transform)
    if T.shape != channel.labels.shape or not np.any(T):
        raise InputError("transform", T.shape, f"{channel.labels.size} numbers that are not all zero")
    first, second = channel.weights @ (channel.moment(1)[:, 0] * T), channel.weights @ T**2
    return float(first / math.hypot(first, math.sqrt(phi) * math.sqrt(second)))


def best_transform(channel: Channel) -> np.ndarray:
    """(L,): E[z | y] at `channel.labels`, whose step has cosine^2 = I/(I + phi), I = E (E[z | y])^2.

    Raises
    ------
    InputError
        Several directions, or a label that says nothing of the sign of z.
    """
    _single(channel)
    if generative_exponent(channel) > 1:
        raise InputError("channel", generative_exponent(channel), "one of generative exponent 1")
    return channel.moment(1)[:, 0]


def raw_floor(degree: int, d: int) -> float:
    """Mean of cosine^2 for the step on y = He_k, k = `degree` > 1, which finds nothing: (2k + 1)/d and not 1/d.

    The labels are large where |z| is, so that the noise along the teacher's direction is larger than elsewhere.

    Raises
    ------
    InputError
        A degree below 2, or a dimension below 1.
    """
    return (2 * integer("degree", degree, 2) + 1) / integer("d", d)


def _first(channel: Channel, size) -> float:
    for order, moment in enumerate(channel.moments, 1):
        if size(moment) > _ZERO:
            return order
    return math.inf


def _channel(channel: Channel) -> None:
    if not isinstance(channel, Channel):
        raise InputError("channel", channel, "a Channel")


def _single(channel: Channel) -> None:
    _channel(channel)
    if channel.directions != 1:
        raise InputError("channel", channel.directions, "a Channel of one direction")
