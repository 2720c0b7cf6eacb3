"""One sentence a line: where Markdown does not keep to it. As a script, it rewrites the files that it is given.

python tests/support/sentences.py chapters/NAME.md
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_FENCE = re.compile(r"^\s*(?P<fence>:{3,}|`{3,}|~{3,})(?P<rest>.*)$")
_CODE = re.compile(r"\{(code-cell|math|code-block|code|bibliography|raw)\}|^[^{]\S*$")
_NO_PROSE = re.compile(r"^\s*(\||#|<|\(\S+\)=$|:[\w-]+:|\$\$|---$|%|>|\+\+\+)")
_ABBREVIATIONS = re.compile(r"\b(e\.g|i\.e|cf|resp|vs|et al|Fig|Figs|Eq|Sec|Ch|Thm|Prop|no|pp?|ed|vol|approx|[A-Z])\.$")
_END = re.compile(r"""[.!?][)"'*_”’\]]*\s+(?=["'(*_“‘\[{$`]*[A-Z$`{])""")
_CLOSED = re.compile(r"""[.!?:][)"'*_”’\]}`]*$""")
_ITEM = re.compile(r"^(\s*)([*+-]|\d+\.)\s+")


def lines(markdown: str) -> Iterator[tuple[int, str]]:
    """The lines of prose with their numbers: no head, code, formula, table, option or heading."""
    stack, formula, head = [], False, False
    for number, line in enumerate(markdown.splitlines(), start=1):
        if line == "---" and (number == 1 or head):
            head = not head
            continue
        if match := _FENCE.match(line):
            if stack and not match["rest"].strip() and match["fence"].startswith(stack[-1][0]):
                stack.pop()
            elif not (stack and stack[-1][1]):
                stack.append((match["fence"], bool(_CODE.search(match["rest"].strip()))))
            continue
        if line.strip().startswith("$$"):
            formula = not formula if line.strip().count("$$") % 2 else formula
            continue
        if not (head or formula or any(code for _, code in stack) or _NO_PROSE.match(line)):
            yield number, line


def split(line: str) -> list[str]:
    """The sentences of a line."""
    found, start = [], 0
    bare = re.sub(r"`[^`]*`|\$[^$]*\$", lambda span: re.sub(r"[.!?]", "x", span[0]), line)
    for match in _END.finditer(bare):
        if _ABBREVIATIONS.search(bare[: match.start() + 1]) or _ITEM.fullmatch(bare[: match.end()]):
            continue
        found.append(line[start : match.end()].rstrip())
        start = match.end()
    return [*found, line[start:]]


def broken(markdown: str) -> list[str]:
    """The lines that hold several sentences, and those that end before their sentence does."""
    prose = dict(lines(markdown))
    found = []
    for number, line in prose.items():
        if not line.strip():
            continue
        if len(split(line)) > 1:
            found.append(f"{number}: {len(split(line))} sentences: {line.strip()[:90]}")
        following = prose.get(number + 1, "")
        if following.strip() and not _ITEM.match(following) and not _CLOSED.search(line.rstrip()):
            found.append(f"{number}: goes on in the next line: {line.strip()[-60:]}")
    return found


def rewritten(markdown: str) -> str:
    """The same text with one sentence a line."""
    old, prose, new, k = markdown.split("\n"), dict(lines(markdown)), [], 0
    while k < len(old):
        line = old[k]
        k += 1
        if k not in prose or not line.strip():
            new.append(line)
            continue
        while k < len(old) and (k + 1) in prose and old[k].strip() and not _ITEM.match(old[k]):
            line = f"{line.rstrip()} {old[k].strip()}"
            k += 1
        item = _ITEM.match(line)
        indent = " " * len(item[0]) if item else re.match(r"\s*", line)[0]
        first, *rest = split(line)
        new += [first, *(indent + sentence for sentence in rest)]
    return "\n".join(new)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
