"""The text files of the book as they are read: pages, and the table of contents."""

import re
from pathlib import Path

import yaml

from onestep.checks import OneStepError


class BookError(OneStepError, ValueError):
    """The book's files are not what they should be, or what was asked for is not in the book."""


def text_of(path: Path) -> str:
    """The text of a file as people's editors write it: without byte order mark, and without spaces behind ---."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BookError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from error
    return re.sub(r"^---[ \t]+$", "---", text, count=2, flags=re.MULTILINE) if text.startswith("---") else text


def yaml_of(text: str, where: object) -> object:
    """What the YAML `text` of the file `where` says; raises BookError."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BookError(f"{where}: {error}") from error


def is_notebook(name: str, source: str) -> bool:
    """Whether a Markdown file declares itself a notebook, as myst-nb and jupytext understand it."""
    if not source.startswith("---\n"):
        return False
    header = yaml_of(source.split("\n---", 1)[0], f"{name}.md") or {}
    if not isinstance(header, dict):
        return False
    return "jupytext" in header or "kernelspec" in header or header.get("file_format") == "mystnb"


def has_code_cells(source: str) -> bool:
    """Whether a page has cells of code, those aside that another fence only quotes."""
    fence = ""
    for line in source.splitlines():
        match = re.match(r"\s*(`{3,}|~{3,}|:{3,})\s*(.*)", line)
        if not match:
            continue
        marks, word = match.groups()
        if fence:
            if marks.startswith(fence) and not word:
                fence = ""
        elif word.startswith("{code-cell}"):
            return True
        elif marks[0] != ":":  # a fence of colons shows what is in it
            fence = marks
    return False


def listed_in(entry: object) -> list[str]:
    """Every `root` and `file` in a table of contents, in reading order."""
    if isinstance(entry, list):
        return [path for part in entry for path in listed_in(part)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [path for value in entry.values() for path in listed_in(value)]
