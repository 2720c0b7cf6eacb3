"""The process that runs one notebook: `python -m onestep.build.kernel FOLDER`, started by the runner.

FOLDER holds input.ipynb and order.json; output.ipynb is written there. Says "cell" after each code cell. A kernel that
dies leaves killed.json: the status it ended with, and the most memory it had, in bytes.
"""

import json
import os
import shutil
import sys
import threading
from pathlib import Path

import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError


class ThisInterpreter(AsyncKernelManager):
    """Starts the kernel with the interpreter of this process, whatever kernels are installed under the name python3."""

    ended_with: int | None = None

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    # Upstream makes its own of an async method by a wrapper without types.
    async def is_alive(self) -> bool:  # type: ignore[override]
        if self.provisioner is not None and self.has_kernel:
            ThisInterpreter.ended_with = await self.provisioner.poll()
        return self.has_kernel and ThisInterpreter.ended_with is None


def main(folder: Path) -> int:
    """Execute; 0 when every cell succeeded, 1 when one raised (the notebook has the traceback) or the kernel died."""
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    try:
        papermill.execute_notebook(
            _literal(folder / "input.ipynb"),
            _literal(folder / "output.ipynb"),
            parameters=order["parameters"],
            kernel_name="python3",
            kernel_manager_class=ThisInterpreter,
            language="python",
            cwd=order["folder"],
            progress_bar=False,
            on_cell_executed=lambda **_: print("cell", flush=True),
        )
    except PapermillExecutionError:
        return 1
    except DeadKernelError:
        facts = {"status": ThisInterpreter.ended_with, "memory": _most_memory()}
        (folder / "killed.json").write_text(json.dumps(facts), encoding="utf-8")
        return 1
    return 0


def _most_memory() -> int | None:
    """The most bytes of memory that the ended kernel had; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


def _literal(path: object) -> str:
    """`path` for papermill, which would fill in what stands between its braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _end_with_parent(folder: Path) -> None:
    while sys.stdin.read(1):
        pass
    shutil.rmtree(folder, ignore_errors=True)  # the parent, who made it, is gone
    os._exit(2)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
