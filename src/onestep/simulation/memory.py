"""Will it fit? An estimate of a run's memory, and a refusal before anything is allocated."""

from pathlib import Path

import psutil

from onestep.checks import OneStepError
from onestep.problem import Problem

_RESERVE = 96 << 20  # blocks of work and LAPACK's workspace
_KRYLOV_COLUMNS = 300  # what its basis usually grows to


class MemoryRefusal(OneStepError, MemoryError):
    """A run that would not fit.

    Attributes
    ----------
    needed, available : int
        Bytes.

    Examples
    --------
    >>> from onestep import Problem
    >>> from onestep.simulation import MemoryRefusal, run
    >>> try:
    ...     run(Problem(n=10**8, d=10**8, N=10**8), eta=1.0, ridge=0.1, seed=0)
    ... except MemoryRefusal as refusal:
    ...     print(refusal.needed > refusal.available)
    True
    """

    def __init__(self, needed: int, available: int):
        self.needed, self.available = needed, available
        super().__init__(
            f"the run needs about {needed / 2**30:.2f} GiB, of which {available / 2**30:.2f} GiB are free; "
            'choose smaller n, d, N, precision="float32", or solver="krylov" (no Gram matrix)'
        )

    def __reduce__(self):
        return type(self), (self.needed, self.available)


def estimate(problem: Problem, n_test: int, ridges: int, top: int, solver: str) -> int:
    """Bytes at the peak of a run.

    The gradient batch is gone before the features come, so the peak is the larger of two sums: W0, G and the gradient
    batch; or W0, G, ridge and test batch, F, the smaller Gram matrix (Krylov: its basis), and vectors.
    """
    n, d, N = problem.n, problem.d, problem.N
    vectors = (ridges + top) * (4 * n + 4 * N + 3 * n_test)
    solving = min(n, N) ** 2 if solver == "exact" else _KRYLOV_COLUMNS * (n + N)
    later = d * (n + n_test) + n * N + solving + vectors
    return problem.dtype.itemsize * (2 * N * d + max(d * problem.rows_gradient, later)) + _RESERVE


def available() -> int:
    """Bytes this process may still allocate: free memory of the machine, or of its container if that is less."""
    free = psutil.virtual_memory().available
    for limit, usage in _cgroup_files():
        try:
            most = limit.read_text(encoding="utf-8").strip()
            if most != "max":
                free = min(free, int(most) - int(usage.read_text(encoding="utf-8")))
        except (OSError, ValueError):  # no such controller here: nothing to obey
            continue
    return max(free, 0)


def _cgroup_files() -> list[tuple[Path, Path]]:
    """(limit, usage) of this process's control group and of those above it, version 2 and version 1."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    files = [(root / "memory/memory.limit_in_bytes", root / "memory/memory.usage_in_bytes")]
    own = root / next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), "")
    for group in (own, *own.parents):
        files.append((group / "memory.max", group / "memory.current"))
        if group == root:
            break
    return files


def check(needed: int) -> None:
    """Refuse what does not fit.

    Raises
    ------
    MemoryRefusal : with the estimate and the limit.
    """
    free = available()
    if needed > free:
        raise MemoryRefusal(needed, free)
