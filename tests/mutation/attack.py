"""Every wrong formula against the tests: which test finds it out?

    python tests/mutation/attack.py [PART OF A NAME]... [--jobs K] [--first] [--below S] [--times FILE]

The tests are collected once, in a copy of the package. Then the process divides: each child gives one function the
mistaken code and runs the tests until one fails, first the files that should notice, and those that take least time
first. A mutant that no test notices survives: a test is missing, or the formula is the same after all. The exit status
is 1 if any survived.
"""

import argparse
import json
import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import every_step
import ground
import limit_theory
from mutant import ROOT, Mutant
from swap import pairs, swap

MUTANTS = [mutant for module in (limit_theory, every_step, ground) for group in module.LISTS for mutant in group]

EVERY_STEP = ("theory/test_any_step.py", "theory/test_any_step_structured.py", "theory/test_any_step_spectrum.py")
EVERY_STEP += ("theory/test_structured_spectrum.py",)
GRIDS = ("theory/test_label_grid.py",)
LIMIT = ("theory/test_resolvent.py", "theory/test_outlier_cosines.py", "theory/test_baselines.py")
LIMIT += ("theory/test_spikes.py", "theory/test_errors.py", "theory/test_learned.py")
LIMIT += ("theory/test_default_limit.py", "theory/test_readouts.py")
GROUND = ("test_hermite.py", "test_links.py", "test_problem.py", "simulation/test_network.py")
TESTS = LIMIT + EVERY_STEP + GRIDS + GROUND
# By the beginning of a mutant's name: the files that should notice it. All others come after them.
FIRST = {
    "theory/any_step/spectrum": EVERY_STEP[2:],
    "theory/any_step/bands": EVERY_STEP[2:],
    "theory/any_step/forms": EVERY_STEP[2:],
    "theory/any_step/isotropic": EVERY_STEP[2:],
    "theory/any_step/structured_resolvent": EVERY_STEP[3:],
    "theory/any_step/structured": EVERY_STEP[1:2],
    "theory/any_step/pencil": EVERY_STEP[1:2],
    "theory/any_step/accelerated": EVERY_STEP[1:2],
    "theory/any_step/quadrature": EVERY_STEP[:1] + GRIDS,
    "theory/any_step": EVERY_STEP,
    "theory/equation": LIMIT[:1],
    "theory/quartic": LIMIT[:1],
    "theory/stationary": (LIMIT[0], LIMIT[3]),
    "theory/bulk_traces": LIMIT[:1],
    "theory/resolvent": (LIMIT[0], LIMIT[3]),
    "theory/baselines": LIMIT[2:3],
    "theory/regimes": LIMIT[3:4],
    "theory/spikes": LIMIT[3:4],
    "theory/geometry": LIMIT[3:8],
    "theory/responses": LIMIT[3:8],
    "theory/terms": LIMIT[3:8],
    "geometry": (EVERY_STEP[2], LIMIT[4]),
    "theory/ridge_errors": (LIMIT[4], LIMIT[2]),
    "theory/plateaus": LIMIT[4:5],
    "theory/learned": LIMIT[5:6],
    "simulation": GROUND[3:],
    "": GROUND[:3],
}
# All tests together need less than a fifth of the time limit of one mutant, so that only one that hangs exceeds it.
PATIENCE, GRACE = 5, 60
MEMORY = 8 << 30


def first(mutant: Mutant) -> tuple[str, ...]:
    """The test files that should notice `mutant`."""
    return next(tests for beginning, tests in FIRST.items() if mutant.name.startswith(beginning))


class Attack:
    """A pytest plugin that runs the collected tests once as they are, when all must pass, then for every mutant."""

    def __init__(self, mutants: list[Mutant], seconds: dict[str, float], below: float, jobs: int, only_first: bool):
        self.mutants, self.seconds, self.below, self.jobs, self.only_first = mutants, seconds, below, jobs, only_first
        self.now: dict[str, float] = {}
        self.verdicts: dict[str, str] = {}
        self.out = os.fdopen(os.dup(1), "w")  # what pytest does not capture

    def pytest_runtest_logreport(self, report):
        self.now[report.nodeid] = self.now.get(report.nodeid, 0.0) + report.duration

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            raise SystemExit("the tests cannot be collected")
        plugins = session.config.pluginmanager
        plugins.unregister(plugins.getplugin("terminalreporter"))
        session.items = [item for item in session.items if self.seconds.get(item.nodeid, 0.0) < self.below]
        if failed := _run(session, session.items):
            raise SystemExit(f"without any mistake {failed} fails")
        self.seconds |= self.now
        limit = GRACE + PATIENCE * sum(self.seconds.values())
        waiting, running = list(self.mutants), {}
        while waiting or running:
            while waiting and len(running) < self.jobs:
                mutant = waiting.pop(0)
                running[self._child(session, mutant)] = mutant, time.monotonic()
            time.sleep(0.02)
            for child, (mutant, start) in list(running.items()):
                spent = time.monotonic() - start
                if os.waitpid(child, os.WNOHANG)[0]:
                    self._verdict(mutant, Path(f"{child}.verdict").read_text(), spent)
                    del running[child]
                elif spent > limit:
                    os.kill(child, signal.SIGKILL)
                    Path(f"{child}.verdict").write_text(f"no end after {limit:.0f} s")
        return True

    def _child(self, session, mutant: Mutant) -> int:
        """A process of its own that writes into its verdict which test found the mutant out."""
        source = Path.cwd() / mutant.path
        changed = pairs(str(source), source.read_text(), mutant.apply(Path.cwd()))
        if child := os.fork():
            return child
        verdict = Path(f"{os.getpid()}.verdict")
        try:
            verdict.write_text("its process died")
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            swap(changed)
            verdict.write_text(_run(session, self._order(session.items, first(mutant))))
        finally:
            os._exit(0)

    def _order(self, items, files: tuple[str, ...]):
        def later(item):
            return item.location[0].removeprefix("tests/") not in files

        chosen = [item for item in items if not (self.only_first and later(item))]
        return sorted(chosen, key=lambda item: (later(item), self.seconds.get(item.nodeid, 0.0)))

    def _verdict(self, mutant: Mutant, failed: str, spent: float) -> None:
        self.verdicts[mutant.name] = failed
        row = mutant.name, mutant.why, failed or "**survived**", f"{spent:.1f}"
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |", file=self.out, flush=True)


def _run(session, items) -> str:
    """Run tests up to the first that fails, and name it."""
    for item in items:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            return item.nodeid.removeprefix("tests/")
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="mutants, or parts of their files' names; all of them by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--first", action="store_true", help="only the test files that should notice")
    parser.add_argument("--below", type=float, default=math.inf, help="only tests that take less than these seconds")
    parser.add_argument("--times", type=Path, help="the seconds of every test: read if the file is there, else written")
    given = parser.parse_args()
    chosen = [
        mutant
        for mutant in MUTANTS
        if not given.names or any(part == mutant.name or part in str(mutant.path) for part in given.names)
    ]
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CI"):
        os.environ[variable] = "1"
    import pytest  # after the number of threads is set

    times = given.times and given.times.resolve()
    seconds = json.loads(times.read_text()) if times and times.exists() else {}
    files = sorted({test for mutant in chosen for test in first(mutant)}) if given.first else TESTS
    plugin = Attack(chosen, seconds, given.below, given.jobs, given.first)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        junk = shutil.ignore_patterns("__pycache__", ".*")
        for part in ("src", "tests", "chapters/data"):
            shutil.copytree(ROOT / part, folder / part, ignore=junk)
        shutil.copy(ROOT / "pyproject.toml", folder)
        os.chdir(folder)
        sys.path.insert(0, str(folder / "src"))
        options = ["-q", "-p", "no:cacheprovider", "-m", "not long", "--hypothesis-profile=unshrunk"]
        print("| mutant | mistake | found by | s |\n|---|---|---|---|", flush=True)
        status = pytest.main([*options, *(f"tests/{test}" for test in files)], plugins=[plugin])
        import onestep

        if not onestep.__file__.startswith(str(folder)):
            raise RuntimeError(f"the tests have read {onestep.__file__}")
        os.chdir(ROOT)
    if times:
        times.write_text(json.dumps(seconds))
    survivors = [name for name, failed in plugin.verdicts.items() if not failed]
    print(f"\n{len(plugin.verdicts)} mutants, {len(survivors)} survived: {', '.join(survivors) or 'none'}")
    return int(bool(survivors) or len(plugin.verdicts) < len(chosen) or status not in (0, 1))


if __name__ == "__main__":
    sys.exit(main())
