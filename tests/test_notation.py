"""The page on notation against the formulas of the pages: no letter is missing, each is where the table says."""

import re
from pathlib import Path

import pytest

from onestep.build.chapters import Book

ROOT = Path(__file__).parents[1]
BOOK = Book.find(ROOT)
CODE = re.compile(r"```\{code-cell\}.*?```", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|```\{math\}(.+?)```", re.DOTALL)
WORDS = re.compile(r":label:.*|\\(?:text|mathrm|operatorname|begin|end)\*?\{[^}]*\}|\\rm\s+\w+")
LETTER = re.compile(r"\\([A-Za-z]+)|([A-Za-z])")
GREEK = re.compile(
    "alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|(?:var)?theta|iota|kappa|lambda|mu|nu|xi|rho|sigma|tau|upsilon"
    "|(?:var)?phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega|ell"
)
DUMMIES = set("eoO") | {r"\epsilon", r"\xi"}  # Euler's number, Landau's symbols, a small number, a further Gaussian
ROW = re.compile(r"^\| (\$.+?) \|.*\| \[.*?\]\((\w+)\) \|$", re.MULTILINE)


def letters(text: str) -> set[str]:
    """Letters in the formulas of a page."""
    found = set()
    for formula in FORMULA.findall(CODE.sub("", text)):
        for command, letter in LETTER.findall(WORDS.sub(" ", "".join(formula))):
            if letter or GREEK.fullmatch(command):
                found.add(letter or f"\\{command}")
    return found


def page(name: str) -> str:
    return (ROOT / "chapters" / f"{name}.md").read_text(encoding="utf-8")


def core() -> list[str]:
    """The pages before Part III."""
    parts = BOOK.contents["parts"]
    first = next(i for i, part in enumerate(parts) if "Neighbours" in part.get("caption", ""))
    return [Path(entry["file"]).name for part in parts[:first] for entry in part["chapters"]]


NOTATION = page("notation")
ROWS = ROW.findall(NOTATION)


@pytest.mark.parametrize("name", core())
def test_every_letter_of_a_formula_is_in_the_notation(name):
    assert letters(page(name)) - letters(NOTATION) - DUMMIES == set()


def test_a_letter_that_is_not_in_the_notation_is_found():
    assert letters(r"Here $\varphi(x)$ and `$\xi$`.") - letters(NOTATION) == {r"\varphi", r"\xi"}


@pytest.mark.parametrize(("symbol", "name"), ROWS)
def test_a_symbol_occurs_on_the_page_that_the_table_names(symbol, name):
    first = letters(symbol.split(",")[0].split("=")[0].split(";")[0] + "$")
    assert len(ROWS) > 60 and first <= letters(page(name))


def test_no_symbol_has_two_rows():
    """Up to indices: the same name with two meanings is what a reader cannot resolve."""
    names = [re.split(r"[=;,]", symbol)[0].strip(" $") for symbol, _ in ROWS]
    assert sorted({name for name in names if names.count(name) > 1}) == []
