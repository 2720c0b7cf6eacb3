"""The floors of the house: who may import whom."""

import ast
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import onestep
from onestep.lazy import offered

ROOT = Path(onestep.__file__).parent
GROUND = (
    "lazy",
    "checks",
    "derivatives",
    "links",
    "hermite",
    "inputs",
    "marginal_quadrature",
    "marginals",
    "teachers",
    "specifications",
    "problem",
    "geometry",
)
# A wing of the package -> what it may import of onestep. Arrows point downwards only: cli, sweep, build, book, then
# theory and simulation, which never meet below a chapter, then the ground.
ALLOWED = {
    "ground": GROUND,
    "theory": (*GROUND, "theory"),
    "simulation": (*GROUND, "simulation"),
    "figures": ("checks", "book.average", "book.figures"),
    "book": (*GROUND, "theory", "simulation", "book"),
    "build": (*GROUND, "simulation.memory", "simulation.experiment", "book", "build"),
    "sweep": (*GROUND, "simulation.memory", "book", "build", "sweep"),
    "cli": (*GROUND, "simulation.memory", "book", "build", "sweep", "cli"),
    "experiments": (*GROUND, "simulation"),
}
MODULES = sorted(ROOT.rglob("*.py"))
LONGEST = 250  # lines of a file
EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))


def floor(path: Path) -> str:
    """The floor that a module of the package lives on."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == ("book", "figures"):
        return "figures"
    return parts[0] if len(parts) > 1 else "ground"


def too_long(folder: Path, longest: int = LONGEST) -> dict[str, int]:
    """The Python files below `folder` with more than `longest` lines, and how many they have."""
    lines = {
        path.relative_to(folder).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in folder.rglob("*.py")
    }
    return {name: count for name, count in lines.items() if count > longest}


def in_the_encoding_of_the_locale(source: str) -> list[str]:
    """The calls that read or write text without saying in which encoding."""
    found = []
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        constants = [
            entry.value for entry in (*call.args, *(k.value for k in call.keywords)) if hasattr(entry, "value")
        ]
        says = {keyword.arg: keyword.value for keyword in call.keywords}
        binary = any(isinstance(mode, str) and set(mode) <= set("rwaxb+") and "b" in mode for mode in constants)
        text = (
            name in ("read_text", "write_text")
            or (name in ("open", "fdopen") and not binary)
            or "text=True" in map(ast.unparse, call.keywords)
        )
        descriptor = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "os"
        if text and not (descriptor and name == "open") and "encoding" not in says:
            found.append(ast.unparse(call))
    return found


def imported(source: str) -> set[str]:
    """The modules of onestep that `source` imports, without the leading `onestep.`."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which floor they reach"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("onestep.") for name in names if name.startswith("onestep.")}


def forbidden(source: str, storey: str) -> set[str]:
    """The imports of `source` that a module on `storey` may not make."""
    roof = {*onestep.__all__, "__version__"}  # what the package itself offers
    return {
        name
        for name in imported(source) - roof
        if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in ALLOWED[storey])
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_reaches_above_or_beside(path):
    if path == ROOT / "__init__.py":
        errors = {"checks.InputError", "checks.NotConverged", "checks.OneStepError"}
        offers = {"lazy.attribute_loader", "problem.Problem", "geometry.Geometry", "links.Link"}
        offers |= {"inputs.Covariance", "teachers.MultiIndex"}
        assert imported(path.read_text(encoding="utf-8")) == offers | errors
        return
    assert forbidden(path.read_text(), floor(path)) == set()


def private(source: str) -> set[str]:
    """The private names of other modules of the package that `source` uses."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and "onestep" in (node.module or "")]
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    uses = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names
        if node.attr.startswith("_") and not node.attr.startswith("__")
    }
    return uses | {name for name in names if name.startswith("_")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_uses_what_is_private_to_another(path):
    assert private(path.read_text(encoding="utf-8")) == set()


def test_the_test_of_private_names_sees_them():
    assert private("from onestep.build.site import _inputs") == {"_inputs"}
    assert private("from onestep.build import site\nsite._inputs()\nself._x") == {"site._inputs"}


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_experiments_use_no_theory(path):
    assert forbidden(path.read_text(), "experiments") == set()


@pytest.mark.parametrize(
    ("storey", "line"),
    [
        ("theory", "from onestep.simulation import network"),
        ("theory", "from onestep.book import claims"),
        ("simulation", "import onestep.theory.resolvent"),
        ("simulation", "def f():\n    from onestep import theory"),
        ("ground", "from onestep.theory.resolvent import Traces"),
        ("figures", "from onestep.theory import errors"),
        ("book", "from onestep.build import files"),
        ("build", "from onestep.sweep import engine"),
        ("build", "from onestep.theory import errors"),
        ("sweep", "import onestep.cli.main"),
        ("experiments", "from onestep.theory import any_step"),
    ],
)
def test_the_rule_bites(storey, line):
    assert forbidden(line, storey)


@pytest.mark.parametrize("package", ["onestep", "onestep.theory", "onestep.simulation"])
def test_what_a_package_offers_is_there_and_hides_no_module(package):
    module = importlib.import_module(package)
    names = offered(Path(module.__file__).read_text(encoding="utf-8"))
    assert sorted(names) == sorted(module.__all__)
    for name in names:
        assert getattr(module, name) is not None
        assert importlib.util.find_spec(f"{package}.{name}") is None, "an import of that module would take its place"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # noqa: B018


def test_submodules_are_attributes():
    line = "import onestep; onestep.theory.spikes.outliers; onestep.simulation.network; onestep.Problem"
    subprocess.run([sys.executable, "-c", line], check=True)


@pytest.mark.parametrize("path", sorted((ROOT / "theory").rglob("*.py")), ids=lambda path: path.stem)
def test_theory_never_draws(path):
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not names & {"random", "default_rng", "standard_normal"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_are_read_in_their_own_encoding_and_not_in_that_of_the_locale(path):
    assert in_the_encoding_of_the_locale(path.read_text(encoding="utf-8")) == []


def test_the_test_of_encodings_sees_what_it_should():
    wrong = ["path.read_text()", "open(name)", "path.open('w')", "run(command, text=True)", "os.fdopen(handle, 'w')"]
    right = ["path.read_text(encoding='utf-8')", "open(name, 'rb')", "os.fdopen(handle, 'wb')", "os.open(path, 2)"]
    assert [in_the_encoding_of_the_locale(source) for source in wrong] == [[ast.unparse(ast.parse(s))] for s in wrong]
    assert [in_the_encoding_of_the_locale(source) for source in right] == [[]] * len(right)


def test_no_file_of_the_package_is_long():
    assert too_long(ROOT) == {}


def test_the_count_of_lines_sees_a_long_file(tmp_path):
    (tmp_path / "wing").mkdir()
    (tmp_path / "wing" / "long.py").write_text("x = 1\n" * (LONGEST + 1), encoding="utf-8")
    (tmp_path / "short.py").write_text("x = 1\n" * LONGEST, encoding="utf-8")
    (tmp_path / "text.md").write_text("line\n" * (LONGEST + 1), encoding="utf-8")
    assert too_long(tmp_path) == {"wing/long.py": LONGEST + 1}
