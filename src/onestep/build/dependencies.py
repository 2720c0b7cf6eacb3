"""What decides the numbers of a chapter, found in its code: modules of this package, libraries, data files.

Imports are followed from module to module without executing anything. Code that hides what it needs (an import by a
computed name, a file found by a pattern) is treated with caution: what its text does not tell counts as all of it, or
is noticed after the run, when `difference` compares what was loaded with what was found here.
"""

import ast
import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

from onestep.book import provenance
from onestep.build.chapters import DATA, Chapter
from onestep.lazy import offered

ROOT = Path(__file__).parents[1]
_KERNEL = "onestep.build.kernel"  # what runs every chapter
_MACHINERY = ("onestep.book", "onestep.build")  # modules that read no data of a chapter
_READS = {"open", "load", "loadtxt", "genfromtxt", "fromfile", "memmap", "glob", "iglob", "rglob", "iterdir", "listdir",
          "scandir", "walk"}  # fmt: skip
_TAGS = {"parameters", "raises-exception", "skip-execution"}
_IN_DATA = re.compile(rf"(?:^|[/\\]){DATA}(?:[/\\]|$)")


@lru_cache(maxsize=1)
def package() -> dict[str, Path]:
    """Every module of the package by name, with its file."""
    names = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


@lru_cache
def code(chapter: Chapter) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The code cells of `chapter`: source, and the tags that decide how it runs."""
    cells = (cell for cell in chapter.notebook().cells if cell.cell_type == "code")
    return tuple((cell.source, tuple(sorted(_TAGS & {*cell.metadata.get("tags", ())}))) for cell in cells)


@lru_cache
def modules(chapter: Chapter) -> dict[str, str]:
    """The modules of the package that running `chapter` may load, each with the hash of its file."""
    cells = _cells(chapter)
    first: set[str] = set()
    for tree in cells:
        first |= set(package()) if tree is None else imports(tree)
    return {name: _hash(name) for name in sorted(reached({*first, *_with_parents(_KERNEL)}))}


def package_hash() -> str:
    """A hash of the whole package: what dresses the site, too."""
    return hashlib.sha256("".join(_hash(name) for name in sorted(package())).encode()).hexdigest()


def reached(names: Iterable[str]) -> set[str]:
    """`names` and every module of the package that they import, directly or through others."""
    found, waiting = set(), set(names)
    while waiting:
        found |= waiting
        waiting = {name for module in waiting for name in _imports_of(module)} - found
    return found


def imports(tree: ast.AST) -> set[str]:
    """The modules of the package that code imports: those that it names, with the packages that they are in.

    Who imports a package itself, rather than names from it, may use every module in it.
    """
    names = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names |= _with_parents(alias.name) | _inside(alias.name if alias.asname else alias.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= _with_parents(node.module)
            for alias in node.names:
                names |= _inside(node.module) if alias.name == "*" else _from(node.module, alias.name)
    return names & package().keys()


@lru_cache
def libraries(chapter: Chapter) -> dict[str, str]:
    """The versions of Python and of the installed libraries that the chapter and its modules import."""
    trees = [_tree(name) for name in modules(chapter) if name != _KERNEL] + [
        cell for cell in _cells(chapter) if cell is not None
    ]
    found = {name for tree in trees for name in _top_level(tree)} - {*sys.stdlib_module_names, "onestep", "__future__"}
    return {"python": platform.python_version()} | {name: known for name in sorted(found) if (known := _version(name))}


def data_files(chapter: Chapter, data: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    """Those of `data` (paths from chapters/, with hashes) that the chapter reads when its parameters are `values`.

    They are found by the names that the code mentions. If it reads something else, or looks into the folder, all count.
    """
    cells = _cells(chapter)
    texts = [value for value in values.values() if isinstance(value, str)]
    texts += [text for tree in cells for text in (_texts(tree) if tree is not None else [DATA])]
    texts += [text for name in modules(chapter) if not name.startswith(_MACHINERY) for text in _texts_of(name)]
    named = {path for path in data if any(Path(path).name in text for text in texts)}
    hidden = any(_IN_DATA.search(text) and not any(Path(path).name in text for path in named) for text in texts)
    nodes = [node for tree in cells if tree is not None for node in ast.walk(tree)]
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        if name not in own and (name in _READS or name.startswith("read_")):
            hidden |= not any(Path(path).name in text for path in named for text in _texts(call))
    return dict(data) if hidden else {path: data[path] for path in sorted(named)}


def difference(stamp: Mapping, chapter: Chapter) -> str | None:
    """Why a run with this provenance is not what the chapter's modules and libraries make; None if it is."""
    found = modules(chapter)
    hidden = [name for name in stamp.get("modules", ()) if name not in found]
    edited = [name for name, value in stamp.get("modules", {}).items() if name in found and found[name] != value]
    if edited:
        return f"{', '.join(edited)}: edited while the chapter ran, or another copy than this command's; run it again"
    if hidden:
        return (
            f"{', '.join(hidden)}: loaded by the chapter, but no import statement in it shows that, so a change there "
            "would not be noticed; write the import as a statement"
        )
    mine, theirs = provenance.versions(), stamp.get("versions", {})
    other = [
        f"{name} {theirs[name]} (here {mine[name]})" for name in mine if theirs.get(name, mine[name]) != mine[name]
    ]
    return f"it ran with {', '.join(other)}" if other else None


@lru_cache
def _cells(chapter: Chapter) -> tuple[ast.Module | None, ...]:
    """Its code cells, parsed; None for one that is not Python."""
    return tuple(_parsed(source) for source, _ in code(chapter))


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(re.sub(r"^(\s*)%(?!%).*$", r"\1pass", source, flags=re.MULTILINE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(tree: ast.AST) -> list[ast.AST]:
    """Every statement, nested ones included, but those that only type checkers read."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            found.append(node)
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                waiting.extend(getattr(node, part, ()))
    return found


def _texts(tree: ast.AST) -> list[str]:
    """Every text in the code but docstrings."""
    nodes = [*ast.walk(tree)]
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in prose)
    return [node.value for node in constants if isinstance(node.value, str)]


def _top_level(tree: ast.AST) -> set[str]:
    nodes = _statements(tree)
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain | {n.module for n in nodes if isinstance(n, ast.ImportFrom)} if name}


@lru_cache
def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # the import has another name than what is installed
        return ", ".join(f"{other} {version(other)}" for other in sorted(packages_distributions().get(name, ())))


def _from(module: str, name: str) -> set[str]:
    """What `from module import name` loads beside `module`."""
    whole = f"{module}.{name}"
    if whole in package():
        return {whole, *_inside(whole)}
    home, attribute = _offered(module).get(name, (module, name))
    return _with_parents(home) | _from(home, attribute) if home != module else set()


def _inside(name: str) -> set[str]:
    """The modules in a package; none in a module."""
    return {module for module in package() if module.startswith(f"{name}.")}


def _with_parents(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:count]) for count in range(1, len(parts) + 1)}


@lru_cache
def _tree(module: str) -> ast.Module:
    return ast.parse(package()[module].read_text(encoding="utf-8"))


@lru_cache
def _offered(module: str) -> dict[str, tuple[str, str]]:
    return offered(package()[module].read_text(encoding="utf-8")) if module in package() else {}


@lru_cache
def _imports_of(module: str) -> frozenset[str]:
    return frozenset(imports(_tree(module)))


@lru_cache
def _libraries_of(module: str) -> frozenset[str]:
    return frozenset(_top_level(_tree(module)))


@lru_cache
def _texts_of(module: str) -> tuple[str, ...]:
    return tuple(_texts(_tree(module)))


@lru_cache
def _hash(module: str) -> str:
    return provenance.file_hash(package()[module])
