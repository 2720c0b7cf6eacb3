"""Random features of a sentence: how much they move when one word changes, and how much a step changes that."""

import math
from dataclasses import dataclass

import numpy as np

from onestep.checks import integer, real
from onestep.problem import Problem
from onestep.simulation import memory
from onestep.simulation.neighbours.attention.changes import sensitivity, transfer
from onestep.simulation.one_step import OneStep
from onestep.simulation.streams import generator
from onestep.specifications import LinkSpec, checked_link, link_of


@dataclass(frozen=True)
class FeatureChange:
    """Random features under a change of one word.

    Attributes
    ----------
    sensitivity, transfer : |F' - F|/|F| and F . F'/|F|^2 for a random change that is orthogonal to the word.
    largest : the sensitivity to the change that ascent finds.
    """

    sensitivity: float
    transfer: float
    largest: float


def feature_change(
    activation: LinkSpec, words: int, dimension: int, features: int, seed: int, ascent: int = 100
) -> FeatureChange:
    """Random features sigma(V x) of M words in d dimensions, V (p, M d) of independent entries N(0, 1/(M d)).

    Only the columns of V that meet the changed word are drawn; what the other words add to a unit is N(0, 1 - 1/M).

    Parameters
    ----------
    activation : name, Hermite coefficients or Link
        Not centred.
    words, dimension, features : int
        M, d and p.
    seed : int
    ascent : int
        Steps of the ascent to the largest sensitivity; 0 for none.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    MemoryRefusal
        There is no room for p d numbers.
    """
    link = link_of(checked_link("activation", activation))
    M, d, p = integer("words", words), integer("dimension", dimension, 2), integer("features", features)
    ascent = integer("ascent", ascent, 0)
    memory.check(16 * p * d)
    rng, pieces = generator(seed, "weights"), generator(seed, "ridge")
    V = rng.standard_normal((p, d)) / math.sqrt(M * d)
    word, change = pieces.standard_normal((2, d))
    word *= math.sqrt(d) / np.linalg.norm(word)
    change -= word * (word @ change) / d
    change *= math.sqrt(d) / np.linalg.norm(change)
    z = V @ word + math.sqrt(1 - 1 / M) * rng.standard_normal(p)
    before, after = link(z), link(z + V @ change)
    typical = sensitivity(before, after), transfer(before, after)
    for _ in range(ascent):
        moved = z + V @ change
        slope = V.T @ ((link(moved) - before) * link.derivative(moved))
        change = slope * (math.sqrt(d) / np.linalg.norm(slope))
    return FeatureChange(*typical, sensitivity(before, link(z + V @ change)))


def along_the_step(problem: Problem, tilt: float, seed: int, size: float = 0.3) -> tuple[float, float]:
    """By what factor a step changes how much features move when every input moves by `size` in one direction.

    Parameters
    ----------
    problem : Problem
    tilt : float
        > 0, root mean square of the tilts eta c_1 |beta| a_j of the step.
    seed : int
    size : float
        > 0.

    Returns
    -------
    (float, float)
        |F' - F| after the step over the same before it: along beta, and in a random direction.

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    tilt, size = real("tilt", tilt, 0.0, open_below=True), real("size", size, 0.0, open_below=True)
    step = OneStep.draw(problem, seed)
    eta = tilt * math.sqrt(problem.N) / (abs(problem.student[1]) * step.beta_norm * float(np.linalg.norm(step.a)))
    found = []
    for direction in (step.beta, generator(seed, "equivalent").standard_normal(problem.d)):
        shifted = step.X + size * direction / np.linalg.norm(direction)
        moved = [np.linalg.norm(step.features(e, shifted) - step.features(e)) for e in (0.0, eta)]
        found.append(float(moved[1] / moved[0]))
    return found[0], found[1]


def plain_sentences(
    activation: LinkSpec, words: int, dimension: int, features: int, others: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random features of Gaussian sentences: of `others`, of one more, and of that one with a random first word added.

    Parameters
    ----------
    activation, words, dimension, features
        As in `feature_change`; here all of V is drawn.
    others : int
        How many sentences there are beside the one that changes.
    seed : int

    Returns
    -------
    (others, p), (p,) and (p,) arrays

    Raises
    ------
    InputError
        An argument outside of what is said above.
    MemoryRefusal
        There is no room for V.
    """
    link = link_of(checked_link("activation", activation))
    M, d, p = integer("words", words), integer("dimension", dimension), integer("features", features)
    others = integer("others", others)
    memory.check(8 * p * M * d)
    V = generator(seed, "weights").standard_normal((p, M * d)) / math.sqrt(M * d)
    X = generator(seed, "ridge").standard_normal((others + 1, M * d))
    change = generator(seed, "test").standard_normal(d)
    changed = X[-1].copy()
    changed[:d] += change * math.sqrt(d) / np.linalg.norm(change)
    F = link(X @ V.T)
    return F[:-1], F[-1], link(V @ changed)
