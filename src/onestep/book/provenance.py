"""Provenance: what made this page. Parameters, versions, BLAS and threads, the hash of the source, the run time."""

import ast
import hashlib
import html
import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from threadpoolctl import threadpool_info

from onestep.book.displays import CHAPTER, latest, publish, table

_PACKAGES = ("onestep", "numpy", "scipy", "matplotlib")


def stamp() -> None:
    """Show what made this notebook's numbers and store it in its outputs; the last word of a chapter.

    The parameters are read from the cells that this kernel has executed (the parameters cell and what papermill
    injected after it), so that a plain Jupyter session stamps as truly as a build does.
    """
    modules = loaded_modules()
    facts = {
        "chapter": os.environ.get(CHAPTER),
        "parameters": session_parameters(),
        "versions": versions(),
        "blas": blas(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "source": hashlib.sha256(json.dumps(modules).encode()).hexdigest(),
        "modules": modules,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - psutil.Process().create_time(), 1),
    }
    rows = [(name, html.escape(text)) for name, text in _words(facts)]
    page = (
        '<details class="onestep-provenance"><summary>Provenance: what made this page</summary>'
        f"{table(rows, caption='Provenance of this page')}</details>"
    )
    publish("provenance", facts, page=page, text="\n".join(f"{name}: {text}" for name, text in _words(facts)))


def read_provenance(notebook: Mapping) -> dict | None:
    """What `stamp` stored in an executed notebook; None if it was not called."""
    return latest(notebook, "provenance")


def loaded_modules() -> dict[str, str]:
    """Every module of the package that this process has loaded, with the hash of its file as it is now."""
    loaded = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "onestep"}
    return {name: file_hash(Path(str(module.__file__))) for name, module in sorted(loaded.items())}


def file_hash(path: Path) -> str:
    """The start of the SHA-256 of a module's file, together with the files beside it whose names it mentions."""
    text = path.read_bytes()
    digest = hashlib.sha256(text)
    for beside in sorted(path.parent.iterdir()):
        if beside.is_file() and beside.suffix not in (".py", ".pyc") and beside.name.encode() in text:
            digest.update(beside.name.encode() + b"\0" + beside.read_bytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries that compute and draw."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def blas() -> list[dict]:
    """Each BLAS in this process: library, version, kernel chosen for this processor, and threads."""
    found = [
        {
            "library": info["internal_api"],
            "version": info.get("version"),
            "kernel": info.get("architecture"),
            "threads": info["num_threads"],
        }
        for info in threadpool_info()
        if info["user_api"] == "blas"
    ]
    return sorted(found, key=str)  # NumPy's and SciPy's come in an order that changes from process to process


def session_parameters() -> dict[str, object]:
    """The parameters of this kernel's session: its first cell of literal assignments, as later cells override it."""
    from IPython import get_ipython

    shell = get_ipython()
    values: dict[str, object] = {}
    for source in [] if shell is None else shell.user_ns.get("In", []):
        cell = literal_assignments(source)
        if cell and (not values or cell.keys() <= values.keys()):
            values |= cell
    return values


def literal_assignments(source: str) -> dict[str, object]:
    """The names that a cell gives literals to; empty if it does anything else, as no parameters cell may."""
    values: dict[str, object] = {}
    try:
        for statement in ast.parse(source).body:
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                return {}
            (target,) = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if not isinstance(target, ast.Name) or statement.value is None:
                return {}
            values[target.id] = ast.literal_eval(statement.value)
    except (SyntaxError, AttributeError, ValueError, TypeError):  # no Python, no assignment, or not of a literal
        return {}
    return values


def _words(facts: dict) -> list[tuple[str, str]]:
    parameters = ", ".join(f"{name} = {value!r}" for name, value in facts["parameters"].items())
    libraries = "; ".join(
        " ".join(
            f"{b['library']} {b['version'] or ''} ({b['kernel'] or 'kernel unknown'}, threads: {b['threads']})".split()
        )
        for b in facts["blas"]
    )
    return [
        ("Parameters", parameters or "none"),
        ("Versions", ", ".join(f"{name} {value}" for name, value in facts["versions"].items())),
        ("BLAS", libraries),
        ("Machine", facts["machine"]),
        ("Source", f"SHA-256 {facts['source'][:16]}"),
        ("Finished", facts["finished"]),
        ("Run time", f"{facts['seconds']} s, the start of the kernel included"),
    ]
