"""The address of the repository: one place has it, the pages and the package take it from there."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from nasty import EVERYTHING
from onestep.build.address import address
from onestep.build.jupyter_book import configuration
from onestep.build.pages import BookError

ROOT = Path(__file__).parents[2]
URL = "https://example.org/somebody/one-big-step"


def test_pages_take_the_address_from_the_project(book):
    assert configuration(book)["repository"]["url"] == ""
    (book.root / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{URL}"\n', encoding="utf-8")
    assert configuration(book)["repository"] == {"url": URL, "branch": "notebooks"}


def test_no_other_file_has_an_address_of_its_own():
    written = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    assert written["url"] == "", "jupyter-book has an address of its own for a book that gives none"
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    own = re.compile(r"https://[\w.-]+/[\w.-]+/(?:one-big-step|onestep)\b", re.IGNORECASE)
    here = Path(__file__).relative_to(ROOT).as_posix()
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        for name in files.splitlines()
        if name not in (here, "pyproject.toml", "requirements.txt") and (ROOT / name).is_file()
    }
    assert len(texts) > 100
    assert [name for name, text in texts.items() if own.search(text)] == []
    assert own.search(URL), "the search finds what it looks for"


@pytest.mark.parametrize("text", ["[project.urls]\nRepository = 3", "[project", "project = 3", "Repository = 'x'"])
def test_a_project_without_an_address_or_with_nonsense(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    if text.startswith("Repository"):
        assert address(tmp_path) == ""
        return
    with pytest.raises(BookError, match=r"pyproject\.toml"):
        address(tmp_path)


def test_nasty_texts_are_refused(tmp_path):
    for value in (value for value in EVERYTHING if isinstance(value, str)):
        (tmp_path / "pyproject.toml").write_bytes(f'[project.urls]\nRepository = "{value}"'.encode("utf-8", "replace"))
        if value:
            with pytest.raises(BookError) as refusal:
                address(tmp_path)
            assert len(str(refusal.value)) < 500
