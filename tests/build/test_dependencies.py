"""What a chapter's numbers depend on: neither less, nor more."""

import ast
import shutil
from pathlib import Path

import pytest

from onestep.build import dependencies, job
from onestep.build.chapters import Book, Chapter
from onestep.build.job import Job
from onestep.build.runner import RunFailed, execute

HEAD = "---\njupytext: {}\n---\n\n# T\n\n"
BOOK = Book.find(Path(__file__))
DATA = {"data/a.csv": "1", "data/b.csv": "2"}


def chapter_of(*cells: str, name: str = "t") -> Chapter:
    return Chapter(name, HEAD + "\n".join(f"```{{code-cell}}\n{cell}\n```\n" for cell in cells))


def forget() -> None:
    """What was read of the package's files, as a new command would begin."""
    for name, function in vars(dependencies).items():
        if hasattr(function, "cache_clear") and name not in ("code", "_cells", "_version"):
            function.cache_clear()
    job._code.cache_clear()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package, whose files a test may edit: a function of a module's path and of the new line there."""
    copy = tmp_path / "onestep"
    shutil.copytree(dependencies.ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(dependencies, "ROOT", copy)
    forget()

    def write(path: str, line: str) -> None:
        (copy / path).parent.mkdir(exist_ok=True)
        with (copy / path).open("a") as file:
            file.write(f"\n{line}\n")
        forget()

    yield write
    forget()


def keys() -> dict[str, str]:
    return {chapter.name: Job.make(chapter, data=BOOK.data_hashes).key for chapter in BOOK.chapters}


def changed_by(package, path: str, line: str = "# a comment more") -> set[str]:
    before = keys()
    package(path, line)
    return {name for name, key in keys().items() if key != before[name]}


def importers(module: str) -> set[str]:
    """The chapters whose code leads to `module`."""
    return {chapter.name for chapter in BOOK.chapters if f"onestep.{module}" in dependencies.modules(chapter)}


def test_commands_sweeps_and_the_dress_of_the_site_change_no_number(package):
    before = keys()
    for path in ("cli/main.py", "sweep/engine.py", "build/site.py", "build/sphinx_extension.py", "build/job.py"):
        package(path, "# a comment more")
    assert keys() == before


def test_a_theory_changes_the_chapters_that_import_it(package):
    # "checks" reads distances that are kept as data, and solves no problem
    assert changed_by(package, "problem.py") == {chapter.name for chapter in BOOK.chapters} - {"checks"}
    spikes = changed_by(package, "theory/spikes.py")
    assert {"one_spike", "many_spikes"} <= spikes == importers("theory.spikes") and "setup" not in spikes
    assert "explorer" not in changed_by(package, "simulation/network.py"), "it draws nothing"


def test_the_script_of_a_page_belongs_to_its_module(package):
    assert changed_by(package, "book/explorer/explorer.js", "// a comment more") == {"explorer"}


def test_a_chain_of_imports_is_followed_to_its_end(package):
    package("theory/neighbours/__init__.py", "")
    package("theory/neighbours/first.py", "from onestep.theory.neighbours.second import two")
    package("theory/neighbours/second.py", "def two():\n    from onestep.theory.neighbours import third")
    package("theory/neighbours/third.py", "import onestep.hermite as hermite")
    package("theory/neighbours/other.py", "")
    chapter = chapter_of("from onestep.theory.neighbours.first import two")
    found = {name.removeprefix("onestep.") for name in dependencies.modules(chapter)}
    chain = {"theory.neighbours.first", "theory.neighbours.second", "theory.neighbours.third", "hermite", "checks"}
    assert chain <= found and not found & {"theory.neighbours.other", "theory.spikes", "problem"}
    before = Job(chapter).key
    package("theory/neighbours/other.py", "# a comment")
    assert Job(chapter).key == before and keys()
    package("theory/neighbours/third.py", "# a comment")
    assert Job(chapter).key != before


@pytest.mark.parametrize(
    ("line", "loads", "spares"),
    [
        ("from onestep.theory import outliers", "theory.spikes", "theory.ridge_errors"),
        ("from onestep import Problem as P", "problem", "theory"),
        ("from onestep.theory import *", "theory.ridge_errors", "simulation"),
        ("import onestep.theory.resolvent as r", "theory.equation", "theory.spikes"),
        ("import onestep.theory", "simulation.network", None),
        ("from onestep import theory", "theory.ridge_errors", "simulation"),
        ("%matplotlib inline\nfrom onestep.links import sine", "links", "problem"),
        ("%%time\nx = 1", "theory.ridge_errors", None),
        ("try:\n    pass\nfinally:\n    import onestep.checks as c", "checks", "links"),
    ],
)
def test_every_form_of_import_is_understood(line, loads, spares):
    found = dependencies.modules(chapter_of(line))
    assert f"onestep.{loads}" in found and f"onestep.{spares}" not in found


def test_the_kernels_own_code_counts_and_its_absence_is_no_accident():
    assert "onestep.build.kernel" in dependencies.modules(chapter_of("1"))


def test_what_a_run_loaded_is_what_was_found(book):
    """Python's own import system has the last word: see `onestep.book.provenance.loaded_modules`."""
    asked = Job.make(book.chapter("small"))
    notebook = execute(asked, threads=1)
    from onestep.book.provenance import read_provenance

    loaded = read_provenance(notebook)["modules"]
    assert len(loaded) > 5 and loaded.items() <= dependencies.modules(asked.chapter).items()


def test_a_hidden_import_is_noticed_after_the_run():
    cells = [
        "import importlib\nfrom onestep.book import provenance",
        "x = importlib.import_module('onestep.' + 'links')",
    ]
    stamp = "provenance.stamp()"
    with pytest.raises(RunFailed, match=r"onestep\.links: loaded by the chapter, but no import statement") as caught:
        execute(Job(chapter_of(*cells, stamp)), threads=1)
    assert caught.value.notebook is not None
    execute(Job(chapter_of(*cells, "from onestep import links", stamp)), threads=1)


def test_an_edit_during_the_run_is_noticed(monkeypatch):
    chapter = chapter_of("from onestep.book import provenance", "provenance.stamp()")
    forget()
    monkeypatch.setattr(dependencies, "_hash", lambda name: "as it was")
    asked = Job(chapter)
    with pytest.raises(RunFailed, match=r"onestep\.book\.provenance, .*edited while the chapter ran"):
        execute(asked, threads=1)
    monkeypatch.undo()
    forget()


def test_other_libraries_are_noticed():
    stamp = {"modules": {}, "versions": {"python": "3.11", "numpy": "0.9"}}
    assert "numpy 0.9 (here " in dependencies.difference(stamp, chapter_of("1"))


def test_libraries_are_those_that_the_code_imports():
    found = dependencies.libraries(chapter_of("import yaml\nfrom onestep.links import sine"))
    assert found["yaml"].startswith("pyyaml") or found["yaml"].startswith("PyYAML")
    assert {"numpy", "scipy", "python"} <= found.keys() and not {"pandas", "papermill", "os", "onestep"} & found.keys()


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("x = 1", []),
        ("pd.read_csv('data/a.csv', comment='#')", ["data/a.csv"]),
        ("open(Path('data') / 'b.csv')", ["data/a.csv", "data/b.csv"]),
        ("open('data/b.csv')", ["data/b.csv"]),
        ("name = 'data/a.csv'\nPath(name).read_text()", ["data/a.csv", "data/b.csv"]),
        ("[p for p in folder.glob('*.csv')]", ["data/a.csv", "data/b.csv"]),
        ("Path(f'data/{x}.csv')", ["data/a.csv", "data/b.csv"]),
        ("%%bash\ncat data/*", ["data/a.csv", "data/b.csv"]),
        ("def walk(x):\n    return x\nwalk(1)", []),
        ("import json\njson.loads('{}')", []),
    ],
)
def test_data_files_are_those_that_the_code_names_or_all(code, read):
    assert sorted(dependencies.data_files(chapter_of(code), DATA, {})) == read


def test_one_changed_data_file_concerns_those_who_read_it():
    jobs = {c.name: Job.make(c, data=BOOK.data_hashes) for c in BOOK.chapters}
    for path in BOOK.data:
        touched = BOOK.data_hashes | {path: "changed"}
        stale = {c.name for c in BOOK.chapters if Job.make(c, data=touched).key != jobs[c.name].key}
        assert stale == {c.name for c in BOOK.chapters if Path(path).name in c.source}


def test_every_file_beside_the_modules_belongs_to_one():
    for path in dependencies.ROOT.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "py.typed":
            modules = path.parent.glob("*.py")
            assert any(path.name in module.read_text(encoding="utf-8") for module in modules), path


def test_code_that_only_type_checkers_read_is_no_import():
    tree = ast.parse("if TYPE_CHECKING:\n    import onestep.links\nimport onestep.checks as c")
    assert dependencies.imports(tree) == {"onestep", "onestep.checks"}
