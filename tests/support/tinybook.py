"""A book of one chapter that runs in no time, and workers that execute nothing, for the tests of sweeps."""

import random
from pathlib import Path

from nbformat import NotebookNode, v4

from onestep.book.displays import media_type
from onestep.build import dependencies
from onestep.build.chapters import Book
from onestep.build.job import Job
from onestep.build.runner import RunFailed

CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# Tiny

```{code-cell} ipython3
:tags: [parameters]

alpha = 0.25         # step exponent [>= 0, <= 0.5]
activation = "tanh"  # of the network
seed = 0             # of the draw [>= 0]
pause = 0.0          # seconds to wait [>= 0]
fail = False         # stop with an error
```

```{code-cell} ipython3
import random
import time
from pathlib import Path

from onestep.book import claims, provenance, record

time.sleep(pause)
if fail:
    raise RuntimeError("told to fail")
draw = random.Random(f"{seed} {activation}").gauss(0, 0.01)
predicted = 1 - alpha + (activation == "relu")
record(test_error=predicted + draw, test_error_predicted=predicted, data=Path("data/x.txt").read_text())
claims.check("it is as predicted", measured=draw, predicted=0, tolerance=0.05, source="this book, Tiny")
claims.table()
provenance.stamp()
```
"""


def new_book(folder: Path) -> Book:
    """The book in `folder`."""
    (folder / "chapters" / "data").mkdir(parents=True)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: chapters/tiny\n")
    (folder / "chapters" / "tiny.md").write_text(CHAPTER)
    (folder / "chapters" / "data" / "x.txt").write_text("data travel, too")
    return Book.find(folder)


def prediction(values: dict) -> float:
    """What the chapter records as `test_error_predicted`."""
    return 1 - values["alpha"] + (values["activation"] == "relu")


def measurement(values: dict) -> float:
    """What the chapter records as `test_error`."""
    return prediction(values) + random.Random(f"{values['seed']} {values['activation']}").gauss(0, 0.01)


def executed(job: Job, **more: object) -> NotebookNode:
    """The notebook that executing `job` would give."""
    record = {"test_error": measurement(job.values), "test_error_predicted": prediction(job.values)} | more
    stamp = {"finished": "2026-01-01T00:00:00+00:00", "source": "0" * 64, "versions": {"numpy": "2"}}
    stamp["modules"] = dependencies.modules(job.chapter)
    outputs = [
        v4.new_output("display_data", {media_type(kind): payload})
        for kind, payload in (("record", record), ("provenance", stamp))
    ]
    notebook = job.notebook()
    notebook.cells[-1].outputs = outputs
    notebook.metadata["onestep"] = {"chapter": "tiny", "key": job.key, "parameters": job.values, "seconds": 0.1}
    notebook.metadata["onestep"] |= {"overrides": dict(job.parameters), "strict": job.strict}
    return notebook


class Inline:
    """The face of `Workers`, for a sweep without processes; jobs end in the order in which they were submitted."""

    def __init__(self, slots: int = 2):
        self.submitted: list[Job] = []
        self._waiting: list[Job] = []
        self._slots = slots

    @property
    def busy(self) -> int:
        return len(self._waiting)

    def slots(self) -> int:
        return self._slots

    def submit(self, job: Job) -> None:
        self.submitted.append(job)
        self._waiting.append(job)

    def finished(self, timeout: float | None = None):
        if self._waiting:
            job = self._waiting.pop(0)
            if job.values["fail"]:
                yield job, RunFailed("tiny", "raise", "RuntimeError: told to fail", executed(job))
            else:
                yield job, executed(job)
