"""Sentences with a topic, random attention, and what a linear model on the features learns from one sentence."""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import InputError, choice, integer, real, reals
from onestep.simulation import memory
from onestep.simulation.streams import generator

SCORES = ("softmax", "relu")
CHANGES = ("built", "random")


def attention(X: np.ndarray, W: np.ndarray, scores: str = "softmax") -> np.ndarray:
    """(M, d): softmax(X W X'/sqrt(d)) X, by rows; or max(., 0) in place of exp, with rows that sum to one.

    Parameters
    ----------
    X : (M, d) array
        The words.
    W : (d, d) array
    scores : str
        "softmax" or "relu". A row without a positive score is zero under "relu".

    Raises
    ------
    InputError
        Shapes that do not fit, or another name.
    """
    X, W, kind = reals("X", X), reals("W", W), choice("scores", scores, SCORES)
    if X.ndim != 2 or not X.size or W.shape != (X.shape[1],) * 2:
        raise InputError("W", W.shape, f"a square matrix with a row for each column of X, X being {X.shape}")
    found = X @ W @ X.T / math.sqrt(len(W))
    positive = np.exp(found - found.max(axis=1, keepdims=True)) if kind == "softmax" else np.maximum(found, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    return positive @ X / np.where(total > 0, total, 1.0)


def sentence(words: int, dimension: int, topic: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(X, h): M words sqrt(d) (sqrt(topic) h + sqrt(1 - topic) e_j), unit e_j uniform and orthogonal to the unit h.

    Parameters
    ----------
    words, dimension : int
        M and d >= 2.
    topic : float
        From 0 to 1.
    seed : int

    Returns
    -------
    (M, d) and (d,) arrays

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    M, d, topic = integer("words", words), integer("dimension", dimension, 2), _share("topic", topic)
    rng = generator(seed, "ridge")
    h = rng.standard_normal(d)
    h /= np.linalg.norm(h)
    own = rng.standard_normal((M, d))
    own -= np.outer(own @ h, h)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    return math.sqrt(d) * (math.sqrt(topic) * h + math.sqrt(1 - topic) * own), h


def attention_weights(dimension: int, seed: int) -> np.ndarray:
    """W, (d, d) of independent entries N(0, 1/d)."""
    d = integer("dimension", dimension)
    memory.check(8 * d * d)
    return generator(seed, "weights").standard_normal((d, d)) / math.sqrt(d)


def attention_change(
    words: int,
    dimension: int,
    topic: float,
    seed: int,
    *,
    lean: float = 0.0,
    scores: str = "softmax",
    change: str = "built",
) -> tuple[np.ndarray, np.ndarray]:
    """Random attention features of a sentence before and after its first word changes by a vector of length sqrt(d).

    Parameters
    ----------
    words, dimension, topic, seed
        As in `sentence`.
    lean : float
        From 0 to 1; how much of a built change goes along -h.
    scores : str
        As in `attention`.
    change : str
        "built": sqrt(d) (sqrt(1 - lean^2) U' - lean h), with U' the direction of sum_j W'x_j, without its part along h
        where lean > 0. "random": uniform, for lean = 0.

    Returns
    -------
    two (M, d) arrays

    Raises
    ------
    InputError
        An argument outside of what is said above.
    MemoryRefusal
        There is no room for W.
    """
    X, h = sentence(words, dimension, topic, seed)
    lean, built = _share("lean", lean), choice("change", change, CHANGES) == "built"
    W = attention_weights(dimension, seed)
    if built:
        direction = X.sum(axis=0) @ W
        direction -= h * (h @ direction) if lean else 0.0
    elif lean:
        raise InputError("lean", lean, "0 for a random change")
    else:
        direction = generator(seed, "test").standard_normal(len(h))
    step = math.sqrt(1 - lean**2) * direction / np.linalg.norm(direction) - lean * h
    changed = X.copy()
    changed[0] += math.sqrt(len(h)) * step
    return attention(X, W, scores), attention(changed, W, scores)


def attended_sentences(
    words: int, dimension: int, topic: float, lean: float, others: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Attention features under one W: of `others` sentences, each with its topic, and before and after a built change.

    Parameters
    ----------
    words, dimension, topic, lean
        As in `attention_change`, which gives the pair.
    others : int
        How many sentences there are beside the one that changes.
    seed : int

    Returns
    -------
    (others, M d), (M d,) and (M d,) arrays

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    before, after = attention_change(words, dimension, topic, seed, lean=lean)
    W, first = attention_weights(dimension, seed), 1_000_000 * (seed + 1)
    rest = [sentence(words, dimension, topic, first + k)[0] for k in range(integer("others", others))]
    return np.array([attention(X, W).ravel() for X in rest]), before.ravel(), after.ravel()


@dataclass(frozen=True)
class Learned:
    """Outputs of a linear model <theta, F>.

    Attributes
    ----------
    first, changed : at the sentence and at the changed one, before the sentence was learned.
    tuned : at the changed one, after the sentence was learned.
    """

    first: float
    changed: float
    tuned: float


def learn(rows: np.ndarray, labels: np.ndarray, before: np.ndarray, label: float, after: np.ndarray) -> Learned:
    """Fit `labels` at `rows` with the least norm, then the `label` at `before` with the least change, and ask `after`.

    Parameters
    ----------
    rows : (S, p) array
        S <= p independent features.
    labels : (S,) array
    before, after : (p,) arrays
    label : float

    Raises
    ------
    InputError
        Shapes that do not fit.
    """
    rows, labels = reals("rows", rows), reals("labels", labels)
    before, after, label = reals("before", before), reals("after", after), real("label", label)
    if rows.ndim != 2 or len(rows) > rows.shape[1] or labels.shape != rows.shape[:1]:
        raise InputError("rows, labels", (rows.shape, labels.shape), "(S, p) and (S,) with S <= p")
    if before.shape != rows.shape[1:] or after.shape != before.shape or not np.any(before):
        raise InputError("before, after", (before.shape, after.shape), f"({rows.shape[1]},), the first not zero")
    theta = rows.T @ np.linalg.solve(rows @ rows.T, labels)
    tuned = theta + before * ((label - before @ theta) / (before @ before))
    return Learned(float(before @ theta), float(after @ theta), float(after @ tuned))


def _share(name: str, value: float) -> float:
    number = real(name, value, 0.0)
    if number > 1:
        raise InputError(name, value, "a number from 0 to 1")
    return number
