"""The reference of the library: every public name is on its page, whatever signs a docstring has."""

import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from onestep.build.api_reference import DIRECTIVE, as_directives, escaped, modules, one_by_one, public

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "chapters").glob("reference*.md"))
PAGE = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def made(folder: Path, page: str) -> tuple[Sphinx, str]:
    """What Sphinx says of a book of one page."""
    (folder / "index.md").write_text(page, encoding="utf-8")
    said = folder / "warnings"
    settings = {"extensions": ["myst_parser", "onestep.build.api_reference"], "master_doc": "index", "nitpicky": True}
    with docutils_namespace(), said.open("w") as warnings:
        out = str(folder / "out")
        app = Sphinx(str(folder), None, out, out, "pseudoxml", settings, None, warnings, freshenv=True)
        app.build()
    return app, said.read_text()


@pytest.mark.slow
def test_every_public_name_is_on_the_page_without_a_warning(tmp_path):
    _, said = made(tmp_path, "# Names\n" + "\n".join(re.findall(r"^## [^\n]*$|^```.*?^```$", PAGE, re.M | re.S)))
    assert said == ""
    text = (tmp_path / "out" / "index.pseudoxml").read_text(encoding="utf-8")
    on_page = set(re.findall(r'<desc_signature .*?ids="([\w.]+)"', text))
    for package in DIRECTIVE.findall(PAGE):
        for module in modules(package):
            names = [name for name, thing in public(module).items() if isinstance(thing, type | FunctionType)]
            assert names and {f"{module}.{name}" for name in names} <= on_page


def test_the_packages_of_the_library_are_on_the_page():
    shown = set(DIRECTIVE.findall(PAGE))
    assert {"onestep", "onestep.theory", "onestep.simulation", "onestep.theory.neighbours"} <= shown
    assert "onestep.theory.neighbours.alignment" in as_directives("onestep.theory.neighbours")


def test_signs_of_markup_are_shown_as_they_are(tmp_path, monkeypatch):
    def odd(a, b):
        """|beta|^2 of `c_*` and c_{*,1} x_ *a *b ``.

            an indented formula * with stars
        and a line that follows it
        :field: \\alpha_ [1]_ <x_>`_

        Parameters
        ----------
        a, b : (n,) array or |x|
            One_ and *two.

        Examples
        --------
        >>> "a_ * |b|"
        'a_ * |b|'
        """

    import onestep.lazy

    monkeypatch.setattr(onestep.lazy, "odd", odd, raising=False)
    odd.__module__ = "onestep.lazy"
    _, said = made(tmp_path, "# Page\n\n```{reference} onestep.lazy\n```\n")
    text = (tmp_path / "out" / "index.pseudoxml").read_text(encoding="utf-8")
    assert said == ""
    for words in ("|beta|^2", "c_{*,1} x_ *a *b", "with stars", "One_ and *two.", "'a_ * |b|'"):
        assert words in text


def test_attributes_that_share_a_line_are_told_apart():
    lines = inspect.cleandoc(
        """Text.

        Attributes
        ----------
        a, b : float
            Two of them.
        c : int
            One.

        Examples
        --------
        >>> 1
        """
    ).splitlines()
    told = one_by_one(lines)
    assert told[4:10] == ["a : float", "    Two of them.", "b : float", "    Two of them.", "c : int", "    One."]
    assert told[10:] == lines[8:] and one_by_one(lines[8:]) == lines[8:]


def test_examples_and_code_are_not_escaped():
    assert escaped(["a_b `c_*` |d|", ">>> x_ | y", "1_000", "", "e*"]) == [
        r"a\_b `c_*` \|d\|",
        ">>> x_ | y",
        "1_000",
        "",
        r"e\*",
    ]
