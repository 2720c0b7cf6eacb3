"""How long it takes to start: CPU seconds of a new process, best of several, with and without this package.

python -m benchmarks.startup
"""

import os
import subprocess
import sys
import time

REPEATS = 3
NUMERICS = "import numpy, scipy.integrate, scipy.linalg, scipy.optimize, scipy.special"
CASES = {
    "python": ["-c", ""],
    "NumPy and SciPy": ["-c", NUMERICS],
    "onestep and theory": ["-c", f"{NUMERICS}; import onestep.theory"],
    "a theory in use": ["-c", f"{NUMERICS}; from onestep.theory import outliers, test_error"],
    "onestep --help": ["-m", "onestep.cli.main", "--help"],
    "onestep chapters": ["-m", "onestep.cli.main", "chapters"],
    "onestep claims --help": ["-m", "onestep.cli.main", "claims", "--help"],
    "onestep sweep --help": ["-m", "onestep.cli.main", "sweep", "--help"],
}


def cpu_seconds(arguments: list[str]) -> float:
    """CPU time, of user and system, of one Python process with these arguments."""
    before = os.times()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Print the table."""
    start = time.perf_counter()
    for name, arguments in CASES.items():
        print(f"{name:24} {min(cpu_seconds(arguments) for _ in range(REPEATS)):5.2f} s")
    print(f"{REPEATS} processes each, the fastest; {time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
