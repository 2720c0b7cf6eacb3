"""A chapter and its twin: NAME.md and NAME.py hold one text, which can be edited as a page or as a script.

Nobody's edit is discarded silently. What reads a chapter asks `difference` first; `synchronise` takes over the text of
the one that was edited since the last commit, and asks when both were.
"""

import subprocess
from pathlib import Path

import jupytext
from jupytext.compare import NotebookDifference, compare_notebooks
from nbformat import NotebookNode

from onestep.build import files
from onestep.checks import OneStepError

FORMATS = {".md": "md:myst", ".py": "py:percent"}


class TwinsDiffer(OneStepError, ValueError):
    """A chapter and its twin hold different texts, and nobody but their author can say which one is meant."""


def difference(page: Path, notebook: NotebookNode) -> str | None:
    """What differs between `page`, which holds `notebook`, and its script; None if nothing does or there is no script.

    Raises
    ------
    OSError : the script cannot be read.
    """
    script = page.with_suffix(".py")
    if "py:percent" not in str(notebook.metadata.get("jupytext", {}).get("formats", "")) or not script.is_file():
        return None
    try:
        text = script.read_text(encoding="utf-8-sig")
        if text == jupytext.writes(notebook, fmt=FORMATS[".py"]):  # the usual case, in a third of the time
            return None
        compare_notebooks(jupytext.reads(text, fmt=FORMATS[".py"]), notebook, fmt=FORMATS[".py"])
    except NotebookDifference as found:
        return " ".join(str(found).split())[:200]
    except UnicodeDecodeError:
        return "the script is not UTF-8 text"
    except Exception as error:  # whatever jupytext stumbles over in a text that is no script
        return f"the script cannot be read: {error}"[:200]
    return None


def ensure_equal(page: Path, notebook: NotebookNode) -> None:
    """Refuse a chapter whose script holds another text.

    Raises
    ------
    TwinsDiffer : with what differs, which of the two was edited, and the command that helps.
    """
    if found := difference(page, notebook):
        raise TwinsDiffer(f"{page.name} and {page.stem}.py differ ({found}); {_advice(page)}")


def synchronise(page: Path, notebook: NotebookNode, keep: str | None = None) -> Path | None:
    """Write the text of `page`, or of its script, over the other; the file that was written, None if they agree.

    Parameters
    ----------
    keep : "md" or "py", whose text to keep; None takes the one that was edited since the last commit.

    Raises
    ------
    TwinsDiffer : both were edited, or it is not known which.
    """
    script = page.with_suffix(".py")
    paired = "py:percent" in str(notebook.metadata.get("jupytext", {}).get("formats", ""))
    if not paired or (script.is_file() and difference(page, notebook) is None):
        return None
    if not script.is_file():
        keep = "md"
    edited = [path for path in (page, script) if _edited(path)]
    if keep is None and len(edited) != 1:
        ensure_equal(page, notebook)
    source = page.with_suffix(f".{keep}") if keep else edited[0]
    target = script if source == page else page
    if source == script:
        notebook = jupytext.reads(script.read_text(encoding="utf-8-sig"), fmt=FORMATS[".py"])
    files.write(target, jupytext.writes(notebook, fmt=FORMATS[target.suffix]))
    return target


def _advice(page: Path) -> str:
    edited = [path.name for path in (page, page.with_suffix(".py")) if _edited(path)]
    if len(edited) == 1:
        return f"{edited[0]} was edited: `onestep sync {page.stem}` takes its text over"
    which = "both were edited" if edited else "which one was edited is not known"
    return (
        f"{which}: `onestep sync {page.stem} --keep md` takes the text of {page.name}, `--keep py` that of "
        f"{page.stem}.py, and discards the other"
    )


def _edited(path: Path) -> bool:
    """Whether git sees a change of `path` since the last commit; False where there is no git."""
    try:
        command = ["git", "-C", str(path.parent), "status", "--porcelain", "--", path.name]
        done = subprocess.run(command, capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())
