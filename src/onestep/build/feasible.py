"""Whether values that are each allowed go together: as a `Problem`, and in the memory of the machine."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onestep.problem import Problem

SPECS = ("activation", "teacher")  # a name or a list of coefficients, whichever the default is; Problem judges them
_VECTORS = 8  # singular triplets and ridge values, of which few-megabyte vectors are kept


def problem(values: Mapping[str, object]) -> "Problem":
    """The problem that a chapter's parameters describe: those that are fields of `Problem`, its defaults for others.

    A list in the place of a number is a chapter's own affair and left out.

    Raises
    ------
    InputError : what `Problem` refuses.
    """
    from onestep.problem import Problem  # here, because a list of chapters needs no SciPy

    names = {field.name for field in fields(Problem)}
    chosen: dict[str, Any] = {name: value for name, value in values.items() if name in names}
    return Problem(**{k: v for k, v in chosen.items() if not isinstance(v, list) or k in SPECS})


def needed(values: Mapping[str, object]) -> int:
    """Bytes at the peak of one simulation of `problem(values)`; 0 when the values do not say all of n, d and N."""
    from onestep.simulation import memory  # here, because most who read parameters do not simulate
    from onestep.simulation.experiment import EXACT_BELOW

    if not all(isinstance(values.get(size), int) for size in ("n", "d", "N")):
        return 0
    asked = problem(values)
    rows = values.get("n_test", asked.n)
    solver = "exact" if min(asked.n, asked.N) <= EXACT_BELOW else "krylov"
    return memory.estimate(asked, rows if isinstance(rows, int) else asked.n, _VECTORS, _VECTORS, solver)
