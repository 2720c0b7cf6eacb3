"""Numbers for sentences and tables: what a notebook carries of them, and what is refused."""

import json

import numpy as np
import pytest

from onestep import InputError
from onestep.book import displays, glue, markdown_table, prose
from onestep.book.average import Average
from onestep.build.html_page import Computed, plain_markdown

MEAN = Average(1.2345, 0.0123, 5)


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.setattr(prose, "_glued", set())
    monkeypatch.delenv(displays.STRICT, raising=False)


@pytest.fixture
def stored(monkeypatch):
    """What myst-nb's glue is given."""
    found = {}
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, raw: json.dumps(data))
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: found.update({name: value}))
    return found


def test_every_number_gets_a_name(stored):
    glue(kappa=np.float64(0.5), count=np.int64(3), law="Gauss", gain=MEAN, steps=[1.0, 2.0], both=MEAN * np.ones(1))
    assert stored == {
        "kappa": 0.5,
        "count": 3,
        "law": "Gauss",
        "gain": 1.2345,
        "gain_standard_error": 0.0123,
        "steps_0": 1.0,
        "steps_1": 2.0,
        "both_0": 1.2345,
        "both_standard_error_0": 0.0123,
    }
    assert all(type(value) in (float, int, str) for value in stored.values()), "NumPy's would not be read back"


def test_a_script_prints_them(capsys):
    glue(kappa=0.5)
    assert "kappa = 0.5" in capsys.readouterr().out


def test_glue_refuses(monkeypatch):
    for bad in ({}, {"x": None}, {"x": object()}, {"x": {}}):
        with pytest.raises(InputError):
            glue(**bad)
    glue(x=1)
    glue(x=2)
    monkeypatch.setenv(displays.STRICT, "1")
    with pytest.raises(InputError, match="second value"):
        glue(x=3)


def test_a_page_for_one_reader_has_the_numbers_and_no_markup_in_them():
    computed = Computed(glued={"kappa": "0.123456", "law": "'<b>x</b> [a](b)'"})
    text = plain_markdown("is {glue:text}`kappa:.3f`, {glue:text}`law`, {glue:text}`lost:.2f`", computed)
    assert text.startswith("is 0.123, ") and text.endswith("`lost`")
    assert "<" not in text and "](" not in text


def test_a_table_aligns_numbers_and_writes_averages():
    text = markdown_table([("a|b", 1.23456, MEAN), ("$x$", None, 7)], ("name", "number", "mean")).data
    assert text.splitlines() == [
        "| name | number | mean |",
        "| :--- | ---: | ---: |",
        "| a\\|b | 1.23 | 1.234 ± 0.012 |",
        "| $x$ | — | 7 |",
    ]


@pytest.mark.parametrize("rows", [[], [("one",)], [("x", True)], [("x", object())], [("x", [1.0])]])
def test_tables_refuse(rows):
    with pytest.raises(InputError, match="rows"):
        markdown_table(rows, ("name", "number"))
