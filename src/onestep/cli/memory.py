"""Runs that do not fit into memory are refused before they start."""

from onestep.build.job import Job
from onestep.build.parameters import ParameterError
from onestep.simulation import memory


def ensure_memory(job: Job, free: int | None = None, where: str = "are free", at_once: int = 1) -> None:
    """Refuse a run that needs more than `free` bytes (those of this machine), or `at_once` of them that do.

    Raises
    ------
    ParameterError : with the estimate and the limit.
    """
    free = memory.available() if free is None else free
    if at_once * job.memory <= free:
        return
    sizes = ", ".join(f"{name} = {job.values[name]}" for name in ("n", "d", "N"))
    count = "one simulation needs" if at_once == 1 else f"{at_once} simulations at a time need"
    raise ParameterError(
        f"{job.chapter.name}: with {sizes} {count} about {_gigabytes(at_once * job.memory)}, of which "
        f"{_gigabytes(free)} {where}; choose smaller sizes" + (" or fewer at a time" if at_once > 1 else "")
    )


def _gigabytes(count: int) -> str:
    return f"{count / 2**30:.2f} GiB" if count < 2**80 else "more memory than there is"
