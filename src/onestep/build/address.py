"""Where the book's repository is: `Repository` under `[project.urls]` of pyproject.toml, and nowhere else."""

import tomllib
from pathlib import Path

from onestep.build.pages import BookError


def address(root: Path) -> str:
    """The address of the repository of the book in the folder `root`; empty if none is given.

    Raises
    ------
    BookError : pyproject.toml cannot be read, or the address is not one of https.
    """
    path = root / "pyproject.toml"
    if not path.is_file():
        return ""
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
        found = project.get("urls", {}).get("Repository", "")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError) as error:
        raise BookError(f"{path}: {error}") from error
    if not isinstance(found, str) or (found and not found.startswith("https://")):
        raise BookError(f"{path}: Repository is {found!r:.80}; allowed: an address that begins with https://")
    return found
