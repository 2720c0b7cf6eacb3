"""Will it fit? An estimate of a run's memory, and a refusal before anything is allocated."""

from pathlib import Path

import psutil

from onestep.problem import Problem

_RESERVE = 64 << 20  # blocks of work, the interpreter, LAPACK's workspace


class MemoryRefusal(MemoryError):
    """A run that would not fit.

    Attributes
    ----------
    needed, available : bytes.
    """

    def __init__(self, needed: int, available: int):
        self.needed, self.available = needed, available
        super().__init__(
            f"the run needs about {needed / 2**30:.2f} GiB, of which {available / 2**30:.2f} GiB are free; "
            'choose smaller n, d, N, precision="float32", or solver="krylov" (no Gram matrix)'
        )

    def __reduce__(self):
        return type(self), (self.needed, self.available)


def data(problem: Problem, n_test: int) -> int:
    """Bytes of the draw itself: the weights W0 and the inputs of the three batches."""
    rows = problem.N + problem.rows_gradient + problem.n + n_test
    return problem.dtype.itemsize * problem.d * rows


def estimate(problem: Problem, n_test: int, columns: int, *, gram: bool) -> int:
    """Bytes at the peak of a run: the draw, G, F, the smaller Gram matrix if `gram`, and vectors.

    Parameters
    ----------
    columns : vectors of length n, N or n_test held at once: ridge values and singular vectors, or a Krylov basis.
    """
    n, N = problem.n, problem.N
    work = N * problem.d + n * N + (min(n, N) ** 2 if gram else 0) + columns * (n + N + n_test)
    return data(problem, n_test) + problem.dtype.itemsize * work + _RESERVE


def available() -> int:
    """Bytes this process may still allocate: free memory of the machine, or of its container if that is less."""
    free = psutil.virtual_memory().available
    for limit, usage in _cgroup_files():
        try:
            most = limit.read_text().strip()
            if most != "max":
                free = min(free, int(most) - int(usage.read_text()))
        except (OSError, ValueError):  # no such controller here: nothing to obey
            continue
    return max(free, 0)


def _cgroup_files() -> list[tuple[Path, Path]]:
    """(limit, usage) of this process's control group and of those above it, version 2 and version 1."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
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
