"""The book that comes with the package: inside an installed wheel, or the checkout of an editable install."""

import shutil
import tempfile
from pathlib import Path

import onestep
from onestep.build.chapters import FOLDER, BookError, is_book

PARTS = (FOLDER, "_static", "_toc.yml", "_config.yml", "genindex.md")
_INSIDE = "carried_book"  # of the package in a wheel; pyproject.toml puts PARTS there


def origin() -> Path:
    """The folder of the book that came with this package.

    Raises
    ------
    BookError : it came with none.
    """
    package = Path(onestep.__file__).parent
    for folder in (package / _INSIDE, package.parents[1]):
        if is_book(folder):
            return folder
    raise BookError(f"no book came with the package in {package}; take the book's repository")


def copy_to(target: Path) -> list[Path]:
    """Copy the book that came with the package into the folder `target`, whole or not at all.

    Returns
    -------
    list of Path
        The files of the copy.

    Raises
    ------
    BookError : `target` is there and not an empty folder, or no book came with the package.
    OSError : `target` cannot be written.
    """
    source = origin()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BookError(f"{target} is there already; choose another folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as name:
        made = Path(name) / "book"
        made.mkdir()
        for part in PARTS:
            if (source / part).is_dir():
                shutil.copytree(
                    source / part, made / part, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.ipynb")
                )
            elif (source / part).is_file():
                shutil.copyfile(source / part, made / part)
        if target.exists():
            target.rmdir()
        made.rename(target)
    return sorted(path for path in target.rglob("*") if path.is_file())
