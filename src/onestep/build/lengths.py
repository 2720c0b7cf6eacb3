"""How long a chapter is: words that stand open, words behind folds, lines of code, figures, exercises, reading time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode

from onestep.build.chapters import figure_name

SPEED = 200  # words a minute
_FENCE = re.compile(r"^\s*(?P<fence>:{3,}|`{3,}|~{3,})(?:\{(?P<name>[^}]+)\}|(?P<code>\S*))[ \t]*(?P<title>.*)$")
_OPTION = re.compile(r"^\s*:[\w-]+:")
_FOLDS = ("dropdown", "solution", "toggle")
_SILENT = ("math", "strip", "bibliography", "raw", "image", "tableofcontents", "index")
_HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell", "parameters"}
_PLAIN = (  # what is not a word, or is one word only
    (re.compile(r"<!--.*?-->|<[^>]+>"), " "),
    (re.compile(r"\{[\w:]+\}`([^`<]*)(?:<[^>]*>)?`"), r"\1"),
    (re.compile(r"`[^`]*`"), " code "),
    (re.compile(r"\$[^$]+\$"), " formula "),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
)


@dataclass(frozen=True)
class Lengths:
    """The measures of a chapter.

    Attributes
    ----------
    words : of prose that stands open, captions and tables included; a formula counts as one. Not those of proofs and
        solutions.
    folded : words behind folds: drop-downs and solutions.
    code : lines of all code cells, parameters included, without blank ones.
    longest : lines of the longest cell.
    cells : visible core-code cells: neither hidden nor in a solution.
    tallest, widest : lines and columns of the largest of these.
    figures, exercises : how many.
    """

    words: int
    folded: int
    code: int
    longest: int
    cells: int
    tallest: int
    widest: int
    figures: int
    exercises: int

    @property
    def minutes(self) -> int:
        """Reading time of the open words, at `SPEED` words a minute."""
        return minutes(self.words)


@dataclass(frozen=True)
class Limits:
    """What a chapter promises to keep; see `Lengths`."""

    words: int = 3500
    code: int = 250
    longest: int = 40
    cells: int = 3
    tallest: int = 15
    widest: int = 88
    exercises: int = 6

    def broken(self, lengths: Lengths) -> list[str]:
        """What `lengths` exceeds, in words; `exercises` is how many there must be."""
        over = [
            f"{name}: {getattr(lengths, name)}, at most {getattr(self, name)}"
            for name in ("words", "code", "longest", "cells", "tallest", "widest")
            if getattr(lengths, name) > getattr(self, name)
        ]
        if lengths.exercises != self.exercises:
            over.append(f"exercises: {lengths.exercises}, {self.exercises} are due")
        return over


CORE, NEIGHBOUR = Limits(), Limits(words=2500, code=200)
APPENDIX, PAGE = Limits(words=2500, code=200, exercises=0), Limits(exercises=0)


def measure(notebook: NotebookNode) -> Lengths:
    """The lengths of a chapter's notebook, executed or not."""
    opened, folded, exercises, code, core = 0, 0, 0, [], []
    in_solution = False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            opened += _count((cell.metadata.get("mystnb") or {}).get("figure", {}).get("caption", ""))
            lines = [line for line in cell.source.splitlines() if line.strip()]
            code.append(len(lines))
            if not in_solution and not _HIDDEN & set(cell.metadata.get("tags", ())):
                core.append(lines)
        elif cell.cell_type == "markdown":
            exercises += len(re.findall(r"^\s*(?:`{3,}|:{3,})\{exercise(?:-start)?\}", cell.source, re.MULTILINE))
            out, behind, in_solution = _words(cell.source, in_solution)
            opened, folded = opened + out, folded + behind
    return Lengths(
        opened,
        folded,
        sum(code),
        max(code, default=0),
        len(core),
        max(map(len, core), default=0),
        max((len(line) for lines in core for line in lines), default=0),
        sum(figure_name(cell) is not None for cell in notebook.cells),
        exercises,
    )


def minutes(words: int) -> int:
    """Reading time in whole minutes, at least one."""
    return max(1, round(words / SPEED))


def _words(markdown: str, in_solution: bool) -> tuple[int, int, bool]:
    """Open words and folded words of a text cell, and whether a solution is open at its end."""
    counts, options, formula = [0, 0], False, False
    stack: list[tuple[str, str]] = []
    for line in markdown.splitlines():
        if match := _FENCE.match(line):
            fence, name, title = match["fence"], match["name"], match["title"]
            if stack and not name and not match["code"] and fence.startswith(stack[-1][0]):
                stack.pop()
                continue
            if name in ("solution-start", "solution-end"):
                in_solution = name == "solution-start"
            stack.append((fence, (name or "code").removeprefix("prf:")))
            options, line = True, title if name and name not in _SILENT else ""
        elif options and (_OPTION.match(line) or line.strip() == "---"):
            continue
        else:
            options = False
        if line.strip().startswith("$$"):
            formula = not formula if line.strip().count("$$") % 2 else formula
            continue
        if formula or any(name in (*_SILENT, "code", "code-block") for _, name in stack):
            continue
        hidden = in_solution or any(name in _FOLDS for _, name in stack)
        counts[hidden] += _count(line)
    return counts[0], counts[1], in_solution


def _count(line: str) -> int:
    for pattern, plain in _PLAIN:
        line = pattern.sub(plain, line)
    return sum(any(letter.isalnum() for letter in word) for word in re.split(r"[\s|]+", line))


def as_table(found: Iterable[tuple[str, Lengths]]) -> str:
    """The lengths of several chapters for a terminal."""
    head = ("chapter", "words", "folded", "code", "longest cell", "core cells", "figures", "exercises", "minutes")
    rows = [
        (name, n.words, n.folded, n.code, n.longest, n.cells, n.figures, n.exercises, n.minutes) for name, n in found
    ]
    width = max([len(head[0]), *(len(row[0]) for row in rows)])
    lines = []
    for name, *numbers in (head, *rows):
        cells = (f"{number!s:>{len(title)}}" for number, title in zip(numbers, head[1:], strict=True))
        lines.append("  ".join((f"{name:<{width}}", *cells)))
    return "\n".join(lines)
