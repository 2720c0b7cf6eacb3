"""Names that a package offers without loading the modules that define them before somebody asks.

The package's `__init__` writes them as imports under `if TYPE_CHECKING:`, where readers, type checkers and
`onestep.build.dependencies` find them, and ends with `__getattr__ = attribute_loader(__name__)`.
"""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def offered(source: str) -> dict[str, tuple[str, str]]:
    """The names under `if TYPE_CHECKING:` in the source of a module, each with (module, name there)."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom) and (module := statement.module):
                    found |= {alias.asname or alias.name: (module, alias.name) for alias in statement.names}
    return found


def attribute_loader(package: str) -> Callable[[str], object]:
    """The `__getattr__` of `package`: an offered name, or a submodule, is imported when it is first asked for."""
    spec: Any = sys.modules[package].__spec__  # with a loader of source, as every package here has
    names = offered(spec.loader.get_source(package))

    def load(name: str) -> object:
        if name in names and names[name][0] != package:
            module, attribute = names[name]
            value = getattr(import_module(module), attribute)
        elif not name.startswith("_") and find_spec(f"{package}.{name}") is not None:
            value = import_module(f"{package}.{name}")
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    return load
