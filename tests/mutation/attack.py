"""Every wrong formula against the tests: which test finds it out?

    python tests/mutation/attack.py [PART OF A NAME]... [--jobs K] [--first] [--times FILE]

Each mutant is applied to a copy of the package in a folder of its own. The tests that should find it out run there
until one fails, those that take least time first, then all other tests of the theory. A mutant that no test notices
survives: a test is missing, or the formula is the same after all. The exit status is 1 if any survived.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import every_step
import ground
import limit_theory
from mutant import ROOT, Mutant

MUTANTS = [mutant for module in (limit_theory, every_step, ground) for group in module.LISTS for mutant in group]

EVERY_STEP = ("theory/test_any_step.py", "theory/test_any_step_structured.py", "theory/test_any_step_spectrum.py")
LIMIT = ("theory/test_resolvent.py", "theory/test_outlier_cosines.py", "theory/test_baselines.py")
LIMIT += ("theory/test_spikes.py", "theory/test_errors.py", "theory/test_learned.py")
GROUND = ("test_hermite.py", "test_links.py", "test_problem.py", "simulation/test_network.py")
# By the beginning of a mutant's name: the files that should notice it. `TESTS`, all of the theory's, come after them.
FIRST = {
    "theory/any_step/spectrum": EVERY_STEP[2:],
    "theory/any_step/structured": EVERY_STEP[1:2],
    "theory/any_step": EVERY_STEP,
    "theory": LIMIT,
    "simulation": GROUND[3:],
    "": GROUND[:3],
}
TESTS = LIMIT + EVERY_STEP
# A clean copy needs less than a fifth of its time limit, so that only a mutant that hangs exceeds it.
PATIENCE, GRACE = 5, 60
MEMORY = 8 << 30


def first(mutant: Mutant) -> tuple[str, ...]:
    """The test files that should notice `mutant`."""
    return next(tests for beginning, tests in FIRST.items() if mutant.name.startswith(beginning))


def copy(folder: Path, mutant: Mutant | None = None) -> None:
    """What the tests read, in `folder`, with the mistake in it."""
    junk = shutil.ignore_patterns("__pycache__", ".*")
    for part in ("src", "tests", "chapters/data"):
        shutil.copytree(ROOT / part, folder / part, ignore=junk)
    shutil.copy(ROOT / "pyproject.toml", folder)
    if mutant is not None:
        (folder / mutant.path).write_text(mutant.apply(ROOT))


class Order:
    """A pytest plugin: the tests of a session by the seconds that each took before, and the seconds it takes now."""

    def __init__(self, seconds: dict[str, float]):
        self.before, self.now = seconds, {}

    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: self.before.get(item.nodeid, 0.0))

    def pytest_runtest_logreport(self, report):
        self.now[report.nodeid] = self.now.get(report.nodeid, 0.0) + report.duration


def _session(folder: str, tests: tuple[str, ...], seconds: dict[str, float]) -> None:
    """In a process of its own: the test files, up to the first failure."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(folder)
    sys.path.insert(0, str(Path(folder, "src")))
    with open("report", "w") as report:
        os.dup2(report.fileno(), 1)
        os.dup2(report.fileno(), 2)
    found = importlib.util.find_spec("onestep").origin
    if not found.startswith(folder):
        raise RuntimeError(f"the tests would have read {found}")
    import pytest

    options = ["-x", "-q", "--tb=no", "-rfE", "--assert=plain", "-p", "no:cacheprovider", "-m", "not long"]
    order = Order(seconds)
    files = [f"tests/{test}" for test in tests]
    status = pytest.main([*options, "--hypothesis-profile=unshrunk", *files], plugins=[order])
    Path("seconds").write_text(json.dumps(order.now))
    sys.exit(status)


def verdict(folder: Path, tests: tuple[str, ...], seconds: dict[str, float], limit: float) -> str:
    """The test that failed, or "" if none did."""
    process = multiprocessing.get_context("forkserver").Process(target=_session, args=(str(folder), tests, seconds))
    process.start()
    process.join(limit)
    if process.is_alive():
        process.kill()
        process.join()
        return f"no end after {limit:.0f} s"
    if process.exitcode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", (folder / "report").read_text(), flags=re.MULTILINE)
    return failed[1] if failed else f"exit status {process.exitcode}"


def attack(mutant: Mutant, plan: list[tuple[str, ...]], seconds: dict[str, float]) -> tuple[str, float]:
    """The test that finds `mutant` out, "" if none does, and how long it took."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy(folder, mutant)
        for tests in plan:
            clean = sum(value for test, value in seconds.items() if test.split("::")[0].removeprefix("tests/") in tests)
            if tests and (failed := verdict(folder, tests, seconds, GRACE + PATIENCE * clean)):
                return failed, time.monotonic() - start
    return "", time.monotonic() - start


def clean(tests: tuple[str, ...]) -> dict[str, float]:
    """The seconds of every test without any mistake; all must pass."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy(folder)
        if failed := verdict(folder, tests, {}, 3600):
            raise SystemExit(f"without any mistake {failed} fails:\n{(folder / 'report').read_text()}")
        return json.loads((folder / "seconds").read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of the names of mutants; all of them by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--first", action="store_true", help="only the test files that should notice")
    parser.add_argument("--times", type=Path, help="the seconds of every test: read if the file is there, else written")
    given = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if not given.names or any(part in mutant.name for part in given.names)]
    plans = {}
    for mutant in chosen:
        rest = () if given.first else tuple(test for test in TESTS if test not in first(mutant))
        plans[mutant] = [first(mutant), rest]
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CI"):
        os.environ[variable] = "1"
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        [
            "pytest",
            "hypothesis.strategies",
            "pandas",
            "scipy.linalg",
            "scipy.optimize",
            "scipy.sparse.linalg",
            "scipy.stats",
        ]
    )
    if given.times and given.times.exists():
        seconds = json.loads(given.times.read_text())
    else:
        seconds = clean(tuple(sorted({test for plan in plans.values() for tests in plan for test in tests})))
        if given.times:
            given.times.write_text(json.dumps(seconds))
    survivors = 0
    print("| mutant | mistake | found by | s |\n|---|---|---|---|", flush=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        found = pool.map(lambda mutant: attack(mutant, plans[mutant], seconds), chosen)
        for mutant, (failed, spent) in zip(chosen, found, strict=True):
            survivors += not failed
            print(f"| {mutant.name} | {mutant.why} | {failed or '**survived**'} | {spent:.0f} |", flush=True)
    print(f"\n{len(chosen)} mutants, {survivors} survived")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
