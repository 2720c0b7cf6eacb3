"""How much random features, and random attention, notice that one word of a sentence has changed.

A sentence is M words of length sqrt(d), the rows of X. Random features are sigma(V x) of all M d numbers of X in one
column x; random attention features are softmax(X W X'/sqrt(d)) X, by rows, with W of independent entries N(0, 1/d). A
change adds a vector of length sqrt(d) to one word. For features F before and F' after it,

    sensitivity = |F' - F|/|F|,    transfer = F . F'/|F|^2.

The question is that of Bombari and Mondelli (arXiv:2402.02969), who take the supremum over all changes. The formulas
are derived for this book, to leading order in 1/d and 1/M.
"""

import math

import numpy as np
from scipy.special import expit

from onestep.checks import InputError, integer, real
from onestep.hermite import gaussian_rule
from onestep.links import Link
from onestep.specifications import LinkSpec, checked_link, expansion_of, link_of

_WORDS = 10**9
_NODES = 4.0  # panel width for functions without kinks: 140 nodes


def feature_change(activation: LinkSpec, words: int) -> tuple[float, float]:
    """(sensitivity, transfer) of random features under a change that is orthogonal to its word.

    With Z, g independent N(0, 1) and Z' = Z + g/sqrt(M),

        sensitivity^2 = E (sigma(Z') - sigma(Z))^2 / E sigma(Z)^2,    transfer = E sigma(Z) sigma(Z') / E sigma(Z)^2.

    For many words the sensitivity is sqrt(E sigma'^2/(M E sigma^2)).

    Parameters
    ----------
    activation : name, Hermite coefficients or Link
        Not centred here.
    words : int
        M, from 1 to 1e9.

    Returns
    -------
    (float, float)

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    link, words = _link(activation), integer("words", words, 1, _WORDS)
    square = moved = product = 0.0
    for g, weight in zip(*gaussian_rule((0.0,), _NODES), strict=True):
        shift = g / math.sqrt(words)
        z, w = gaussian_rule((*link.kinks, *(kink - shift for kink in link.kinks)))
        before, after = link(z), link(z + shift)
        square += weight * float(w @ before**2)
        moved += weight * float(w @ (after - before) ** 2)
        product += weight * float(w @ (after * before))
    return math.sqrt(moved / square), float(product / square)


def feature_bound(activation: LinkSpec, words: int, dimension: int, features: int) -> float:
    """No change of one word has a larger sensitivity: Lip (1 + sqrt(d/p)) / sqrt(M E sigma^2).

    Lip is the largest slope, 1 + sqrt(d/p) the operator norm of a Gaussian (p, d) matrix over sqrt(p), up to what
    vanishes for large sizes.

    Parameters
    ----------
    activation, words
        As in `feature_change`.
    dimension, features : int
        d and p, from 1 to 1e9.

    Returns
    -------
    float

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    link, words = _link(activation), integer("words", words, 1, _WORDS)
    d, p = integer("dimension", dimension, 1, _WORDS), integer("features", features, 1, _WORDS)
    steepest = float(np.max(np.abs(link.derivative(gaussian_rule(link.kinks)[0]))))
    return steepest * (1 + math.sqrt(d / p)) / math.sqrt(words * expansion_of(activation).second_moment)


def participation(words: int, variance: float) -> float:
    """E sum_k p_k^2 for p the softmax of M independent N(0, `variance`): 1/M for equal weights, 1 for one word.

    From 1/s^2 = int t e^(-t s) dt it is M int t E[e^(2g - t e^g)] (E e^(-t e^g))^(M-1) dt, with g ~ N(0, variance).

    Parameters
    ----------
    words : int
        M, from 1 to 1e9.
    variance : float
        From 0 to 10.

    Returns
    -------
    float

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    words, variance = integer("words", words, 1, _WORDS), real("variance", variance, 0.0)
    if variance > 10:
        raise InputError("variance", variance, "a number from 0 to 10")
    z, weight = gaussian_rule(panel=1.0)
    log_t = np.arange(-math.log(words) - 24, 24 + 3 * math.sqrt(variance), 0.05)
    with np.errstate(under="ignore", over="ignore"):
        size = np.exp(math.sqrt(variance) * z)
        survive = np.exp(-np.exp(log_t)[:, None] * size)
        integrand = np.exp(2 * log_t) * (survive @ (weight * size**2)) * (survive @ weight) ** (words - 1)
    return float(words * 0.05 * integrand.sum())


def attention_change(words: int, dimension: int, topic: float, lean: float = 0.0) -> tuple[float, float]:
    """(sensitivity, transfer) of random attention features under a change that is built from W.

    Words are x_j = sqrt(d) (sqrt(topic) h + sqrt(1 - topic) e_j): two of them have the cosine `topic`. The change is
    sqrt(d) (sqrt(1 - lean^2) U' - lean h), where U' is the direction of sum_j W'x_j, without its part along h where
    lean > 0. All rows but that of the changed word itself then give it the weight w, the changed word's own row w_0,

        sensitivity^2 = E w^2 (2 + base - 2 topic - 2 r/M - 2 cross)/base,
        transfer = 1 + E w ((topic - lean sqrt(topic) + r/M + cross)/base - 1),

    where r = 1 - topic, c^2 = topic + r/M, P = `participation(M, r)`, base = topic + r P + r^2/d, cross =
    sqrt(1 - lean^2) c r (1 - P)/sqrt(d), and E is over all rows. With xi normal, w = 1/(1 + (M - 1) e^(r/2 - xi)) of

        mean xi = sqrt((1 - lean^2) d) c,    Var xi = r + lean^2 + (1 - lean^2)(1 - c^2/2 + r^2/(M c^2)),

    and w_0 = 1/(1 + (M - 1) e^(r - xi)) of mean xi = sqrt((1 - lean^2) d) (c - lean sqrt(topic)/c) and a variance
    larger by one.

    Parameters
    ----------
    words, dimension : int
        M >= 2 and d, up to 1e9.
    topic : float
        From 0 to 1, 1 excluded; with lean > 0 above 0.
    lean : float
        From 0 to 1.

    Returns
    -------
    (float, float)

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    M, d = integer("words", words, 2, _WORDS), integer("dimension", dimension, 1, _WORDS)
    topic, lean = _share("topic", topic), _share("lean", lean)
    if topic == 1.0 or (lean > 0 and topic == 0.0):
        raise InputError("topic", topic, "a number from 0 to 1, 1 excluded; above 0 where the change leans")
    own, c, across = 1 - topic, math.sqrt(topic + (1 - topic) / M), math.sqrt(1 - lean**2)
    weights = participation(M, own)
    base = topic + own * weights + own**2 / d
    cross = across * c * own * (1 - weights) / math.sqrt(d)
    variance = own + lean**2 + across**2 * (1 - c**2 / 2 + own**2 / (M * c**2))
    others = _weight(M, across * math.sqrt(d) * c, variance, own / 2)
    itself = _weight(M, across * math.sqrt(d) * (c - lean * math.sqrt(topic) / c), variance + 1, own)
    first, second = others + (itself - others) / M
    moved = 2 + base - 2 * topic - 2 * own / M - 2 * cross
    towards = topic - lean * math.sqrt(topic) + own / M + cross
    return math.sqrt(second * moved / base), float(1 + first * (towards / base - 1))


def attention_limit(topic: float, lean: float = 0.0) -> tuple[float, float]:
    """(sensitivity, transfer) of `attention_change` as d, then M grow: sqrt(2/topic - 1) and 1 - lean/sqrt(topic).

    Raises
    ------
    InputError
        `topic` is not from 0 to 1, 0 excluded, or `lean` not from 0 to 1, 1 excluded.
    """
    topic, lean = _share("topic", topic), _share("lean", lean)
    if topic == 0.0 or lean == 1.0:
        raise InputError("topic, lean", (topic, lean), "a topic above 0, and a lean below 1")
    return math.sqrt(2 / topic - 1), 1 - lean / math.sqrt(topic)


def _weight(words: int, mean: float, variance: float, log_mean: float) -> np.ndarray:
    """E w and E w^2, w = 1/(1 + (M - 1) e^(log_mean - xi)), xi ~ N(mean, variance)."""
    z, weight = gaussian_rule(panel=1.0)
    w = expit(mean + math.sqrt(variance) * z - log_mean - math.log(words - 1))
    return np.array([weight @ w, weight @ w**2])


def _share(name: str, value: float) -> float:
    number = real(name, value, 0.0)
    if number > 1:
        raise InputError(name, value, "a number from 0 to 1")
    return number


def _link(activation: LinkSpec) -> Link:
    link = link_of(checked_link("activation", activation))
    expansion_of(activation)  # refuses what grows too fast
    return link
