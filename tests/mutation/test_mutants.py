"""Mutants describe the formulas of today: each still applies, compiles, and is a mistake of its own."""

import ast
from collections import Counter

import pytest
from attack import MUTANTS, TESTS, first
from mutant import ROOT


@pytest.mark.parametrize("path", sorted({mutant.path for mutant in MUTANTS}), ids=str)
def test_they_apply_and_compile(path):
    for mutant in MUTANTS:
        if mutant.path == path:
            ast.parse(mutant.apply(ROOT), mutant.name)


def test_no_mistake_is_listed_twice():
    assert max(Counter((m.path, m.original, m.mutated) for m in MUTANTS).values()) == 1


def test_the_tests_asked_are_there():
    for test in {*TESTS, *(test for mutant in MUTANTS for test in first(mutant))}:
        assert (ROOT / "tests" / test).is_file(), test


def test_every_file_of_the_theory_has_mutants():
    theory = (ROOT / "src/onestep/theory").rglob("*.py")
    assert {path for path in theory if path.name != "__init__.py"} <= {ROOT / mutant.path for mutant in MUTANTS}
