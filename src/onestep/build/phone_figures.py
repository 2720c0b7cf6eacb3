"""Figures for phones: a figure of the book carries a narrow one in its metadata, which pages show on small screens."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

ENDING = "-narrow.svg"
_IMAGE = re.compile(r'<img (?=[^>]*\bsrc="([^"]+\.svg)")[^>]*>')
_NARROW = re.compile(r'\s*<desc id="narrow">([\w+/=]*)</desc>')  # put there by `figures.style.BookFigure`


def parts(svg: str) -> tuple[str, str | None]:
    """The figure without its narrow one, and the narrow one, or None."""
    found = _NARROW.search(svg)
    return _NARROW.sub("", svg), None if found is None else base64.b64decode(found[1]).decode()


def with_sources(page: str, source: Callable[[str], Path | None]) -> str:
    """`page` with a narrow picture beside each image that has one; `source` finds the file of an image by its name."""

    def picture(image: re.Match) -> str:
        path = source(image[1].rsplit("/", 1)[-1])
        if path is None or _NARROW.search(path.read_text(encoding="utf-8")) is None:
            return image[0]
        narrow = image[1].removesuffix(".svg") + ENDING
        return f'<picture><source media="screen and (max-width: 600px)" srcset="{narrow}">{image[0]}</picture>'

    return _IMAGE.sub(picture, page)


def split(folder: Path) -> None:
    """Make two files of every SVG in `folder` that holds two figures."""
    for path in sorted(folder.glob("*.svg")):
        wide, narrow = parts(path.read_text(encoding="utf-8"))
        if narrow is not None:
            path.write_text(wide, encoding="utf-8")
            path.with_name(path.name.removesuffix(".svg") + ENDING).write_text(narrow, encoding="utf-8")
