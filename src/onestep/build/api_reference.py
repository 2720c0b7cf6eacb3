"""A Sphinx extension for the reference of the library: a page of the book shows what the packages' `__all__` name.

A page writes

    ```{reference} onestep.theory
    ```

and gets every public name of that package, with signature and docstring in numpydoc form (sphinx.ext.autodoc and
sphinx.ext.napoleon). For a package without `__all__`, each of its modules has a heading and its public functions.
Docstrings are plain text with formulas, no reStructuredText: what that would read as markup is escaped.
"""

import re
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

DIRECTIVE = re.compile(r"^```\{reference\} ([\w.]+)\n```$", re.MULTILINE)
_SHARED = re.compile(r"(\w+(?:, \w+)+) : (.*)")  # the head of an entry for several attributes
_CODE = re.compile(r"(`[^`]+`)")
_MARKUP = re.compile(r"([\\*|_`])")


def public(package: str) -> dict[str, object]:
    """The names in `__all__` of `package`, or else what it defines and describes, each with its object."""
    module = import_module(package)
    names = getattr(module, "__all__", None)
    if names is None:
        names = [n for n, o in vars(module).items() if n[0] != "_" and _described_in(o, package)]
    found = {name: getattr(module, name) for name in names}  # which imports what is offered lazily
    return {name: thing for name, thing in found.items() if not isinstance(thing, ModuleType)}


def modules(package: str) -> list[str]:
    """`package` if it says what is public in it, else the modules in it, and in the packages in it."""
    module = import_module(package)
    if public(package) or not hasattr(module, "__path__"):
        return [package]
    inside = [found.name for found in iter_modules(module.__path__) if not found.name.startswith("_")]
    return [name for part in inside for name in modules(f"{package}.{part}") if public(name)]


def as_directives(package: str) -> str:
    """The reStructuredText that lets autodoc show the public names of `package`, inside MyST."""
    pieces = []
    for name in modules(package):
        members = ", ".join(public(name))
        heading = "" if name == package else f"### `{name.removeprefix('onestep.')}`\n\n{_first_sentence(name)}\n\n"
        pieces.append(f"{heading}```{{eval-rst}}\n.. automodule:: {name}\n   :members: {members}\n```\n")
    return "\n".join(pieces)


def escaped(lines: list[str]) -> list[str]:
    """A docstring of plain text as reStructuredText: `code` is kept, as are examples and the heads of sections.

    A line indented deeper than the one before, or less deep, begins a block of its own, as it looks.
    """
    out: list[str] = []
    example = section = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        indent = len(line) - len(line.lstrip())
        if re.fullmatch(r"\s*-{3,}", following) and line.strip():
            section = True
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if example or re.fullmatch(r"\s*-{3,}", line):
            out.append(line)
            continue
        last = out[-1] if out else ""
        if not section and line.strip() and last.strip() and indent != len(last) - len(last.lstrip()):
            out.append("")
        parts = _CODE.split(line)
        out.append("".join(p if i % 2 else _MARKUP.sub(r"\\\1", p) for i, p in enumerate(parts)))
    return out


def one_by_one(lines: list[str]) -> list[str]:
    """A docstring in which no entry of "Attributes" is shared by several names, which napoleon would read as types."""
    out: list[str] = []
    start = next((i for i in range(len(lines) - 1) if lines[i] == "Attributes" and set(lines[i + 1]) == {"-"}), None)
    if start is None:
        return lines
    position = start + 2
    while position < len(lines) and lines[position].strip():
        end = position + 1
        while end < len(lines) and lines[end].startswith(" "):
            end += 1
        head = _SHARED.fullmatch(lines[position])
        names = head[1].split(", ") if head else ()
        heads = [f"{name} : {head[2]}" for name in names] if head else [lines[position]]
        out += [line for name in heads for line in (name, *lines[position + 1 : end])]
        position = end
    return [*lines[: start + 2], *out, *lines[position:]]


def _first_sentence(module: str) -> str:
    return (import_module(module).__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _described_in(thing: object, package: str) -> bool:
    return callable(thing) and getattr(thing, "__module__", None) == package and bool(thing.__doc__)


def setup(app) -> dict:
    """Called by Sphinx."""

    def source(app, docname, content) -> None:
        content[0] = DIRECTIVE.sub(lambda match: as_directives(match[1]), content[0])

    def docstring(app, what, name, obj, options, lines) -> None:
        lines[:] = [] if what == "module" else escaped(one_by_one(lines))

    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.config.napoleon_google_docstring = False
    app.config.napoleon_use_ivar = True
    app.config.napoleon_use_rtype = False
    app.config.autodoc_typehints = "none"  # docstrings say shapes, too
    app.config.default_role = "code"
    app.config.add_module_names = False
    app.config.nitpick_ignore_regex = [*app.config.nitpick_ignore_regex, ("py:.*", ".*")]  # types are words
    app.connect("source-read", source)
    app.connect("autodoc-process-docstring", docstring, priority=400)  # before napoleon reads it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
