"""What a sweep would do, before it does it: how many runs, how many are missing, and how long they would take."""

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from onestep.build.cache import read
from onestep.build.job import Job

_LOOKED_AT = 50  # earlier runs; more do not make the estimate better


def plan(total: int, missing: list[Job], folders: Iterable[Path], at_once: int | None) -> str:
    """The words of a dry run; `at_once` is how many runs go on at a time, None where a scheduler decides."""
    lines = [f"{total} runs: {total - len(missing)} are there, {len(missing)} are missing"]
    if not missing:
        return lines[0]
    times = seconds(missing[0].chapter.name, folders)
    if not times:
        return f"{lines[0]}\nhow long they take is not known: no earlier run of {missing[0].chapter.name} was found"
    each = fmean(times)
    if at_once is None:
        lines.append(f"about {in_words(each * len(missing))} of work, by workers of the scheduler")
    else:
        rounds = -(-len(missing) // at_once)
        lines.append(f"about {in_words(each * rounds)}, {at_once} at a time")
    earlier = f"{len(times)} earlier runs" if len(times) > 1 else "one earlier run"
    lines.append(f"({in_words(each)} a run, from {earlier}; other sizes take other times)")
    return "\n".join(lines)


def seconds(chapter: str, folders: Iterable[Path]) -> list[float]:
    """How long earlier runs of `chapter` took: those of the first folder that has any."""
    for folder in folders:
        times = []
        for path in sorted(folder.glob(f"{chapter}-*.ipynb"))[:_LOOKED_AT]:
            notebook = read(path)
            taken = None if notebook is None else notebook.metadata["onestep"].get("seconds")
            if isinstance(taken, int | float) and taken >= 0:
                times.append(float(taken))
        if times:
            return times
    return []


def in_words(duration: float) -> str:
    """Seconds, minutes or hours, whichever is read most easily."""
    if duration < 100:
        return f"{duration:.2g} s"
    return f"{duration / 60:.0f} min" if duration < 6000 else f"{duration / 3600:.1f} h"
