"""Mutants describe the formulas of today: each still applies, compiles, and is a mistake of its own.

Whether they apply is checked with the long tests only (`make test-long`), and by `make mutants` itself: a renamed
variable shall not stop anyone's work.
"""

from collections import Counter

import pytest
from attack import MUTANTS, TESTS, first
from mutant import ROOT
from swap import pairs, swap


@pytest.mark.long
@pytest.mark.parametrize("path", sorted({mutant.path for mutant in MUTANTS}), ids=str)
def test_they_apply_and_compile(path):
    for mutant in MUTANTS:
        if mutant.path == path:
            assert pairs(str(path), (ROOT / path).read_text(), mutant.apply(ROOT)), mutant.name


def test_no_mistake_is_listed_twice():
    assert max(Counter((m.path, m.original, m.mutated) for m in MUTANTS).values()) == 1


def test_the_tests_asked_are_there():
    for test in {*TESTS, *(test for mutant in MUTANTS for test in first(mutant))}:
        assert (ROOT / "tests" / test).is_file(), test


@pytest.mark.long
def test_every_file_of_the_theory_has_mutants():
    theory = (ROOT / "src/onestep/theory").rglob("*.py")
    assert {path for path in theory if path.name != "__init__.py"} <= {ROOT / mutant.path for mutant in MUTANTS}


def test_mistakes_reach_functions_that_others_hold(tmp_path, monkeypatch):
    (tmp_path / "swapped.py").write_text("from functools import lru_cache\n\n@lru_cache\ndef f(x):\n    return x + 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    from swapped import f

    assert f(1) == 2
    text = (tmp_path / "swapped.py").read_text()
    swap(pairs(str(tmp_path / "swapped.py"), text, text.replace("x + 1", "x - 1")))
    assert f(1) == 0
    with pytest.raises(ValueError, match="outside functions"):
        pairs("swapped.py", text, text.replace("lru_cache\n\n@", "cache as lru_cache\n\n@"))
