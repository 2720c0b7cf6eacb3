"""One-pass gradient steps of one neuron on the sphere, for batches of any size: the recursion of its overlap.

How far a larger batch replaces steps, and where the squared loss fails and the correlation loss does not, is the
subject of Arnaboldi et al. (arXiv:2406.02157). The recursion is in the form derived for this book.
"""

import math

import numpy as np

from onestep.checks import InputError, NotConverged, choice, integer, real
from onestep.links import Link

LOSSES = ("correlation", "squared")
_REACH, _COUNT = 9.0, 181


def overlaps(
    student: Link, teacher: Link, d: int, batch: int, rate: float, start: float, steps: int, loss: str = "correlation"
) -> np.ndarray:
    """The overlap m = w . beta_star after 0, 1, ..., `steps` steps: (steps + 1,).

    w <- normalise(w + (rate/batch) X'psi), psi = y sigma'(l) for the correlation loss and (y - sigma(l)) sigma'(l) for
    the squared one, a fresh batch at every step. With l = m z + q x, q^2 = 1 - m^2, z and x independent normal,

        m+ = (m + rate E[psi z]) / sqrt((m + rate E[psi z])^2 + (q + rate E[psi x])^2
             + rate^2 ((d - 2) E psi^2 + Var(psi z) + Var(psi x)) / batch).

    Of the fluctuations of m this keeps none; they are of order 1/sqrt(d).

    Parameters
    ----------
    student, teacher : Link
        sigma and sigma_star, smooth and growing like polynomials.
    d, batch, steps : int
    rate : float
        > 0.
    start : float
        m before the first step, from -1 to 1.
    loss : "correlation" or "squared"

    Raises
    ------
    InputError
        An argument outside of what is said above.
    """
    d, batch, steps = integer("d", d, 3, 10**9), integer("batch", batch, 1, 10**18), integer("steps", steps, 0, 10**6)
    step, m = _step(student, teacher, d, batch, rate, loss), _start(start)
    found = [m]
    for _ in range(steps):
        found.append(m := step(m))
    return np.array(found)


def steps_to(
    target: float,
    student: Link,
    teacher: Link,
    d: int,
    batch: int,
    rate: float,
    start: float,
    loss: str = "correlation",
    most: int = 100_000,
) -> int:
    """How many steps of `overlaps` it takes until |m| > `target`, at most `most`.

    Raises
    ------
    InputError
        As `overlaps`; or a target that is not between 0 and 1.
    NotConverged
        The target is not reached; its residual is what is missing, its iterations are the steps.
    """
    target = real("target", target, 0.0)
    if target >= 1:
        raise InputError("target", target, "a number from 0 to 1")
    d, batch, most = integer("d", d, 3, 10**9), integer("batch", batch, 1, 10**18), integer("most", most, 1, 10**7)
    step, m = _step(student, teacher, d, batch, rate, loss), _start(start)
    best = abs(m)
    for k in range(most + 1):
        if abs(m) > target:
            return k
        following = step(m)
        if abs(abs(following) - abs(m)) <= 1e-12 * abs(m) or abs(following) < 1e-9:
            raise NotConverged("the overlap comes to rest, or vanishes, below its target", target - best, k)
        m, best = following, max(best, abs(following))
    raise NotConverged("the overlap does not reach its target", target - best, most)


def pull(student: Link, teacher: Link, overlap: float, loss: str = "correlation") -> tuple[float, float, float]:
    """(E[psi z], E[psi x], E psi^2): the mean gradient along beta_star and along w's other part, and its size.

    Raises
    ------
    InputError
        As `overlaps`.
    """
    return _means(_links(student, teacher, loss), _start(overlap))[:3]


def _step(student, teacher, d, batch, rate, loss):
    links, rate = _links(student, teacher, loss), real("rate", rate, 0.0, open_below=True)
    if rate > 1e6:
        raise InputError("rate", rate, "a number of at most 1e6")

    def step(m: float) -> float:
        along, aside, size, spread = _means(links, m)
        up, out = m + rate * along, math.sqrt(max(0.0, 1 - m * m)) + rate * aside
        noise = rate**2 * ((d - 2) * size + spread) / batch
        return up / math.sqrt(up**2 + out**2 + noise)

    return step


def _links(student, teacher, loss):
    for name, link in (("student", student), ("teacher", teacher)):
        if not isinstance(link, Link) or link.kinks:
            raise InputError(name, link, "a Link without kinks")
    z = np.linspace(-_REACH, _REACH, _COUNT)
    weight = np.exp(-np.square(z) / 2)
    weight /= weight.sum()
    return student, teacher(z), choice("loss", loss, LOSSES) == "squared", z, weight


def _means(links, m: float) -> tuple[float, float, float, float]:
    student, y, squared, z, weight = links
    l = m * z[:, None] + math.sqrt(max(0.0, 1 - m * m)) * z
    psi = (y[:, None] - student(l) if squared else y[:, None]) * student.derivative(l)
    along, aside = float((weight * z) @ psi @ weight), float(weight @ psi @ (weight * z))
    square = psi**2
    size = float(weight @ square @ weight)
    spread = float((weight * z**2) @ square @ weight + weight @ square @ (weight * z**2)) - along**2 - aside**2
    return along, aside, size, spread


def _start(value: float) -> float:
    m = real("start", value)
    if abs(m) > 1:
        raise InputError("start", value, "a number from -1 to 1")
    return m
