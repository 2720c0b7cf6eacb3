"""Parameters are data, never code or markup; workflows, locks and sockets give away no more than they must."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

import tinybook
from onestep.book import claims
from onestep.book.displays import media_type
from onestep.build import chapters, html_page, ledger, runner
from onestep.build.chapters import Book, Chapter
from onestep.build.job import Job
from onestep.build.parameters import ParameterError, from_text, validate
from onestep.cli.main import main

ROOT = Path(__file__).parents[2]

CHAPTER = """---
kernelspec:
  display_name: Python 3
  name: python3
---

# Echo

```{code-cell} ipython3
:tags: [parameters]

%s
labels = [""]  # more of them
```

```{code-cell} ipython3
from pathlib import Path

from onestep.book import claims, record

texts = [value for name, value in sorted(globals().items()) if name.startswith("label_")]
Path("texts.json").write_text(__import__("json").dumps([texts, labels]))
record(first=texts[0])
claims.check(texts[0], measured=1, predicted=2, tolerance=0, source=texts[1], explain=texts[0])
claims.table()
```
"""
CODE = "__import__('pathlib').Path('canary').touch()"
EVIL = [
    f'<script>document.title = "pwned"</script><img src=x onerror=\'document.title="pwned"\'>{CODE}',
    f"</script></code></style><svg onload=\"document.title='pwned'\">--><!--]]>&lt;script&gt;{CODE}",
    f"'; {CODE}; '",
    f'"; {CODE}; "',
    f"'''; {CODE}; '''",
    f'"""\n{CODE}\n"""',
    f"\n{CODE}\n",
    f"\r{CODE}\r",
    f"\x85{CODE}\u2028{CODE}\u2029{CODE}\x0b{CODE}\x0c{CODE}\x1c",
    f'\\"; {CODE} #',
    f"\\\\'; {CODE} #",
    "\\",
    "\\N{BULLET} \\x41 \\u0041 \\",
    f"{{{CODE}}}{{{{0}}}}%s%(x)s${{x}}",
    f"{{0.__class__}}{{{{{CODE}}}}}",
    f"%%bash\ntouch canary\n!touch canary\n%run x\n?{CODE}??",
    "!touch canary",
    "$(touch canary)`touch canary`",
    f"# {CODE}",
    "nul \0 and bell \a and escape \x1b[31m",
    "\u202eright to left\u202c, אבג, 🎉, \u0000",
    "x" * 50_000 + CODE,
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The chapter, run for good with every text above; and the folder it ran in, whose name has braces."""
    folder = tmp_path_factory.mktemp("{pm} {n.__class__}")
    source = CHAPTER % "\n".join(f'label_{k:02d} = ""  # of the plot' for k in range(len(EVIL)))
    given = {f"label_{k:02d}": from_text(text) for k, text in enumerate(EVIL)} | {"labels": EVIL}
    job = Job.make(Chapter("echo", source), given, folder=str(folder))
    return runner.execute(job, threads=1), folder, job


def test_parameters_are_data_whatever_they_say(executed):
    _, folder, _ = executed
    assert json.loads((folder / "texts.json").read_text()) == [EVIL, EVIL]
    assert [path.name for path in folder.iterdir()] == ["texts.json"], "no canary"


def test_pages_and_ledger_show_them_as_text(executed):
    notebook, _, job = executed
    entries = ledger.collect({job.chapter: notebook})
    shown = html_page.as_html(notebook, EVIL[0]), ledger.as_page(entries), claims.as_html(claims.read_claims(notebook))
    for text in shown:
        parsed = BeautifulSoup(text, "html.parser")
        assert "pwned" in parsed.get_text(), "they are there, as text"
        assert not [tag for tag in parsed.find_all(True) for name in tag.attrs if name.startswith("on")]
        assert not [tag for tag in parsed.find_all(["script", "style", "iframe"]) if "pwned" in tag.get_text()]
        assert not parsed.find_all("img", src="x")


@pytest.mark.browser
def test_no_script_of_a_parameter_runs_in_a_browser(executed, tmp_path):
    from playwright.sync_api import sync_playwright

    from onestep.build.pdf import CHROMIUM

    notebook, _, _ = executed
    (tmp_path / "page.html").write_text(html_page.as_html(notebook, "Echo"), encoding="utf-8")
    with sync_playwright() as playwright:
        executable = next(found for name in CHROMIUM if (found := shutil.which(name)))
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto((tmp_path / "page.html").as_uri())
        tab.wait_for_timeout(500)
        assert tab.title() == "Echo"
        (tmp_path / "control.html").write_text(f"<title>Echo</title>{EVIL[0]}", encoding="utf-8")
        tab.goto((tmp_path / "control.html").as_uri())
        assert tab.title() == "pwned", "it is the page that keeps it from running"
        browser.close()


NAMES = ["label; import os", "__builtins__", "label\nx", "label = 1 #", "../label", "", "label\u2028", "'", "{x}", "\0"]


def test_a_name_is_one_that_the_chapter_declares(executed):
    parameters = executed[2].chapter.parameters
    for name in NAMES:
        with pytest.raises(ParameterError, match="unknown parameter"):
            validate("echo", parameters, {name: "1"})


PATHS = ["../x", "..", "/etc/passwd", "a/../../b", "tiny/../../x", "", ".", "tiny\n", "~", "$HOME", "*", "[a-z]*"]


@pytest.mark.parametrize("option", ["--preset", "--figure", "chapter"])
def test_names_reach_no_file_outside_the_book(tmp_path, monkeypatch, option):
    book = tinybook.new_book(tmp_path / "book")
    (tmp_path / "x.yaml").write_text("seed: 1")
    (tmp_path / "x.md").write_text(tinybook.CHAPTER)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for path in PATHS:
        words = ["run", path] if option == "chapter" else ["run", "tiny", option, path]
        done = CliRunner().invoke(main, ["--book", str(book.root), *words])
        assert done.exit_code == 2 and isinstance(done.exception, SystemExit)
    assert sorted(tmp_path.rglob("*")) == before


def test_no_loader_that_executes_what_it_loads():
    """PyYAML only through safe_load and the book's own plain loader; no pickle, no np.load, no eval, no shell."""
    allowed = {"plain_yaml.py": "yaml.load("}
    own_copy = "pickle.loads(pickle.dumps(self))"  # of a figure in memory, which `copy.deepcopy` cannot make
    pattern = re.compile(
        r"(?<!plain_)yaml\.(?:unsafe_|full_)?load(?:_all)?\(|\bpickle\b|joblib|np\.load|allow_pickle|[^.\w](?:eval|exec)\(|shell=True"
        r"|os\.system|mktemp\(|verify=False|0\.0\.0\.0"
    )
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "chapters").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]:
        text = "\n".join(line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
        text = text.replace("import pickle\n", "", 1).replace(own_copy, "") if own_copy in text else text
        found = set(pattern.findall(text)) - {allowed.get(path.name)}
        assert not found, f"{path.name}: {found}"


def test_every_locked_requirement_carries_hashes():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    requirements = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(requirements) > 50
    for line in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(?:\[[^]]*\])?==\S+", line) and "--hash=sha256:" in line, line
    assert "--require-hashes -r requirements.txt" in (ROOT / "Makefile").read_text(encoding="utf-8")


def audit(folder: Path) -> subprocess.CompletedProcess:
    """What zizmor, asking nobody, finds in the workflows of `folder`."""
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [zizmor, "--offline", "--no-progress", folder]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def test_the_audit_of_the_workflows_finds_nothing(tmp_path):
    workflows = ROOT / ".github" / "workflows"
    found = audit(workflows)
    assert found.returncode == 0, found.stdout
    for path in workflows.glob("*.yml"):  # negative control: a title of a pull request in a shell line
        text = path.read_text(encoding="utf-8")
        wrong = text.replace("- run: .ci/run", "- run: echo ${{ github.event.pull_request.title }} && .ci/run", 1)
        assert wrong != text
        (tmp_path / path.name).write_text(wrong, encoding="utf-8")
        assert audit(tmp_path / path.name).returncode != 0


def test_a_link_into_a_new_window_gives_that_window_no_handle(executed):
    notebook, _, _ = executed
    notebook = nbformat.from_dict(notebook)
    notebook.cells.append(nbformat.v4.new_markdown_cell('[a](https://example.org) <a href="/" target=_blank>b</a>'))
    for link in re.findall(r"<a [^>]*_blank[^>]*>", html_page.as_html(notebook, "Echo").split("</script>")[-1]):
        assert "noopener" in link


def test_media_types_are_no_pages(executed):
    """What programs read back from a notebook is JSON: no HTML is ever taken from it."""
    for output in (output for cell in executed[0].cells for output in cell.get("outputs", ())):
        if media_type("claims") in output.get("data", {}):
            assert all(isinstance(entry, dict) for entry in output.data[media_type("claims")])


def test_books_are_found_by_their_table_of_contents_only(tmp_path):
    with pytest.raises(chapters.BookError):
        Book.find(tmp_path)
