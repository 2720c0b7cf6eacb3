"""Docstrings of public names: numpydoc sections that fit the signature, and examples that are true."""

import doctest
import inspect
import re
from importlib import import_module
from pkgutil import walk_packages

import pytest

import onestep
from onestep.book import claims
from onestep.build.api_reference import public

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
MODULES = [
    module.name
    for module in walk_packages(onestep.__path__, "onestep.")
    if not module.name.startswith(("onestep.cli", "onestep.sweep", "onestep.build"))  # commands, not for programs
]
PACKAGES = ["onestep", "onestep.theory", "onestep.theory.any_step", "onestep.simulation", "onestep.book"]
NAMES = {f"{package}.{name}": thing for package in PACKAGES for name, thing in public(package).items()}
NAMES["onestep.book.claims.check"] = claims.check
CHECKS = re.compile(r"\braise\b|\b(?:reals?|integer|choice|broadcast)\(")


def sections(thing) -> dict[str, str]:
    """The sections of a docstring: title -> text."""
    pieces = re.split(r"^([A-Z][\w ]+)\n-{3,}\n", inspect.getdoc(thing) or "", flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def faults(thing) -> list[str]:
    """What the docstring of a public class, function or exception lacks."""
    found = sections(thing)
    lacking = [] if ">>>" in found.get("Examples", "") else ["an example"]
    if inspect.isclass(thing):
        if hasattr(thing, "__dataclass_fields__") and not {"Attributes", "Parameters"} & set(found):
            lacking.append("Attributes")
        return lacking
    documented = re.findall(r"^(\S[^:\n]*)", found.get("Parameters", ""), re.MULTILINE)
    documented = {name.strip(" *") for line in documented for name in line.split(",")}
    given = set(inspect.signature(thing).parameters)
    lacking += [f"the parameter {name}" for name in sorted(given - documented)]
    lacking += [f"{name} in the signature" for name in sorted(documented - given)]
    if inspect.signature(thing).return_annotation not in (None, "None") and not {"Returns", "Yields"} & set(found):
        lacking.append("Returns")
    refers = re.search(r"what is raised|`\w+` for arguments and errors", inspect.getdoc(thing) or "")
    if CHECKS.search(inspect.getsource(thing).replace(inspect.getdoc(thing) or "", "")) and not refers:
        lacking += [] if "Raises" in found else ["Raises"]
    return lacking


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented_in_full(name):
    assert faults(NAMES[name]) == []


def test_faults_are_found():
    def bare(first, second) -> int:
        """Nothing else."""
        raise ValueError

    def full(first) -> int:
        """Something.

        Parameters
        ----------
        first : int
            A number.

        Returns
        -------
        int
            Another.

        Examples
        --------
        >>> 1
        1
        """
        return first

    assert faults(bare) == ["an example", "the parameter first", "the parameter second", "Returns", "Raises"]
    assert faults(full) == []
    assert len(NAMES) > 50


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    result = doctest.testmod(import_module(name), optionflags=FLAGS)
    assert result.failed == 0


def test_every_example_is_among_those_that_are_tried():
    examples = {name: thing for name, thing in NAMES.items() if inspect.getmodule(thing).__name__ not in MODULES}
    assert examples == {}
    finder = doctest.DocTestFinder()
    count = sum(len(test.examples) for name in MODULES for test in finder.find(import_module(name)))
    assert count > 200
