"""Files that are not what they should be: parameters, results of sweeps, ledgers. Refused in words, and soon."""

import json
import os
import time

import pytest
from click.testing import CliRunner

import tinybook
from onestep.build import plain_yaml
from onestep.build.cache import Store, read
from onestep.build.job import Job
from onestep.build.parameter_cell import parse
from onestep.build.parameters import ParameterError, from_text, validate
from onestep.cli import run
from onestep.cli.main import main
from onestep.sweep import values as grid
from onestep.sweep.results import collect, save


@pytest.fixture
def tiny(tmp_path):
    return tinybook.new_book(tmp_path / "book")


def refused(book, *words) -> str:
    """What a command says that is refused with one message, no traceback, and within seconds."""
    start = time.process_time()
    done = CliRunner().invoke(main, ["--book", str(book.root), *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (1, 2) and "Error: " in done.output and "Traceback" not in done.output
    assert time.process_time() - start < 20 and len(done.output) < 5000
    return done.output


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{k + 1}: &a{k + 1} [{', '.join([f'*a{k}'] * 10)}]\n" for k in range(9))
YAML = {
    "a billion laughs": LAUGHS,
    "laughs in a list": LAUGHS.replace("a0:", "-", 1).replace("\na", "\n- a"),
    "itself": "alpha: &a [*a]",
    "itself at the top": "&a [*a]",
    "a command": "seed: !!python/object/apply:os.system ['touch canary']",
    "a command at the top": "!!python/object/apply:os.system ['touch canary']",
    "a name of Python": "seed: !!python/name:os.system",
    "a tag": "seed: !!binary gIGC",
    "twice": "seed: 1\nseed: 2",
    "two documents": "seed: 1\n---\nseed: 2",
    "merge": "<<: {seed: 1}",
    "date": "seed: 2020-01-01",
    "octal": "seed: 0o17",
    "a mapping": "seed: {a: 1}",
    "a list as a name": "[seed]: 1",
    "a text": "5",
    "not UTF-8": b"seed: 1 # \xe9",
    "bytes": bytes(range(256)),
    "nul": b"seed: 1\0",
    "deep": "seed: " + "[" * 50_000,
    "deeper": "seed: " + "[" * 50_000 + "]" * 50_000,
    "deep mapping": "".join(" " * k + "a:\n" for k in range(400)),
    "long": "seed: 1\n" + "# x\n" * 3_000_000,
    "many": "\n".join(f"k{k}: 1" for k in range(2000)),
    "a version": "%YAML 9" + "9" * 5000 + ".1\n---\nseed: 1",
    "unfinished": "seed: [1, 2",
    "infinite": "alpha: .inf",
    "not a number": "alpha: nan",
    "enormous": "alpha: 1" + "0" * 400,
    "too many digits": "seed: 1.." + "9" * 5000,
}


@pytest.mark.parametrize("content", YAML.values(), ids=YAML)
def test_a_parameter_file_is_read_or_refused(tiny, tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "p.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(tiny, "run", "tiny", "-f", str(path), "-o", "out")
    refused(tiny, "sweep", "tiny", "-f", str(path), "-o", "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book", "p.yaml"], "no canary, no result"


@pytest.mark.parametrize("text", ["\ufeffseed: 1", "seed: 1\r\n", "{seed: '1'}", "? seed\n: 1\n", "seed: 1 # one"])
def test_yaml_that_people_write_is_read(text):
    assert plain_yaml.load(text) == plain_yaml.load(text.encode()) == {"seed": "1"}
    assert plain_yaml.load("seed: 1".encode("utf-16")) == {"seed": "1"}, "as some editors save it"


PARAMETERS = parse('n = 10  # [>= 2]\nx = 1.0\ns = [0.5]\nlabel = ""\non = True\nactivation = "tanh"\nfree = None\n')
TEXTS = ["", " ", "nan", "-inf", "1e999", "1_0", "٣", "½", "'", '"""', "\\", "{x}", "{0.__class__}", "$(ls)", "*a",
         "!!python/name:os.system", "#", "a #b", "? x", "a: b", "- a", "[", "]", "[]", "[[]]", "[1,,2]", "~", "null",
         "0:1:nan", "nan:1:3", "0:inf:3", "0:1:-3", "0:1:0", "0:1:1e9", "0:1:" + "9" * 30, "-1e308:1e308:5",
         "0..99999999", "0.." + "9" * 5000, "9" * 5000, "1" * 400, ",", "0..3,0..3", "[0,1", "]0[", "\u202ea", "\u2028",
         "\ud800", "x" * 100_000, "[" * 100_000, "[1," * 3000, "," * 100_000, "0..99999," * 1000, "%YAML 1.1", "a\nb",
         "linspace(0, 1, 1e9)", "linspace(0, 1, 99999999999999999999)", "linspace(" + "9" * 5000 + ", 1, 3)",
         "linspace((((", "linspace(0, 1, 100000)," * 3, "logspace(-300, 300, 3)", "geomspace(5e-324, 1e308, 3)",
         "logspace(nan, 1, 3)", "linspace(-1e308, 1e308, 3)", "linspace()", "linspace(,,)", "linspace(0\0, 1, 2)",
         "range(__import__('os'))",
         "yes", "NULL", "4e2", "1e308", "1e309", "400.0", "[yes, ~, 1e3]",
         "[1e999]", "[.inf]", "['a',\"b\"]", "[!!int 3]", "[1, 2] # c"]  # fmt: skip


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_every_text_is_a_value_or_refused(parameter):
    for text in TEXTS:
        for values in (lambda t: [from_text(t)], lambda t: [g["v"] for g in grid.product({"v": t})[:20]]):
            try:
                for value in values(text):
                    json.dumps(validate("c", PARAMETERS, {parameter.name: value}), allow_nan=False).encode()
            except ParameterError as refusal:
                assert len(str(refusal)) < 2000


@pytest.mark.parametrize("text", ["a #b", "{x}", "a: b", "'quoted'", "a\nb", "!x", "*a", "- a", "~", "# c", "a  b "])
def test_a_text_stays_the_text_that_it_is(text):
    assert validate("c", PARAMETERS, {"label": from_text(text)}) == {"label": text}


def test_a_product_has_an_end():
    with pytest.raises(ParameterError, match="at most 100000"):
        grid.product({"a": "0..9999", "b": "0..9999"})
    with pytest.raises(ParameterError, match="at most 100000"):
        grid.product({"a": "0..9999," * 11})


def notebook_of(book, edit=lambda notebook: None):
    """A sealed result of the tiny chapter, `edit`ed before it was sealed."""
    (job,) = (Job.make(book.chapter("tiny")),)
    notebook = tinybook.executed(job)
    edit(notebook)
    return job, notebook


FOREIGN = {
    "empty": "", "null": "null", "list": "[]", "text": '"x"', "nan": "NaN", "cut": '{"cells": [', "deep": "[" * 100_000,
    "deep objects": '{"a":' * 5000, "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "cells of text": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": "x"}',
    "version": '{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}',
    "old": '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": 7}',
    "facts of text": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"onestep": "key"}, "cells": []}',
    "facts of a number": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"onestep": 5}, "cells": []}',
    "unsealed": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"onestep": {"key": "k"}}, "cells": []}',
}  # fmt: skip


def test_results_that_are_none_are_left_out(tiny, tmp_path):
    job, good = notebook_of(tiny)
    Store(tmp_path / "out").put(job, good)
    for name, text in FOREIGN.items():
        (tmp_path / "out" / f"tiny-{name}.ipynb").write_text(text)
    (tmp_path / "out" / "tiny-folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "out" / "tiny-pipe.ipynb")  # reading it would wait for ever
    for name, target in {"device": "/dev/zero", "nowhere": "gone", "loop": "tiny-loop.ipynb"}.items():
        (tmp_path / "out" / f"tiny-{name}.ipynb").symlink_to(target)
    table, unreadable = collect(tmp_path / "out")
    assert len(table) == 1 and len(unreadable) == len(FOREIGN) + 5
    assert all(read(path) is None for path in unreadable)


EDITS = {
    "no parameters": lambda n: n.metadata["onestep"].pop("parameters"),
    "parameters of text": lambda n: n.metadata["onestep"].update(parameters="x"),
    "a claim of text": lambda n: n.cells[-1].outputs[0].data.update({"application/vnd.onestep.claims+json": "x"}),
    "half a claim": lambda n: n.cells[-1].outputs[0].data.update({"application/vnd.onestep.claims+json": [{"a": 1}]}),
    "a record of a list": lambda n: n.cells[-1].outputs[0].data.update({"application/vnd.onestep.record+json": [1]}),
    "a stamp of text": lambda n: n.cells[-1].outputs[1].data.update({"application/vnd.onestep.provenance+json": "x"}),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_sealed_but_by_no_run_is_left_out(tiny, tmp_path, edit):
    job, notebook = notebook_of(tiny, edit)
    Store(tmp_path).put(job, notebook)
    table, unreadable = collect(tmp_path)
    assert len(table) == 0 and len(unreadable) == 1


def test_every_recorded_value_finds_a_place_in_the_table(tiny, tmp_path):
    values = {"large": 10**30, "mixed": [1, "a", None], "nest": [[1], [2, [3]]], "text": "$\\frac{", "words": ["nan"]}
    job, notebook = notebook_of(tiny)
    notebook.cells[-1].outputs[0].data["application/vnd.onestep.record+json"].update(values)
    Store(tmp_path).put(job, notebook)
    table, unreadable = collect(tmp_path)
    assert unreadable == [] and set(values) <= set(table.columns)
    for name in ("t.csv", "t.parquet"):
        save(table, tmp_path / name)


def test_a_plot_shows_texts_as_they_are_and_refuses_what_has_no_value(tiny, tmp_path):
    for seed, shown in enumerate(["$\\frac{", "<b>", "=1+1"]):
        job = Job.make(tiny.chapter("tiny"), {"seed": seed}, data=tiny.data_hashes)
        Store(tmp_path / "out").put(job, tinybook.executed(job, shown=shown))
    plot = ["--book", str(tiny.root), "plot", str(tmp_path / "out"), "-x", "seed", "-y", "test_error", "--hue"]
    done = CliRunner().invoke(main, [*plot, "shown", "--where", "shown", "<b>"])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(main, [*plot, "shown", "--where", "shown", "$\\frac{"]).exit_code == 0
    job = Job.make(tiny.chapter("tiny"), {"seed": 9}, data=tiny.data_hashes)
    Store(tmp_path / "out").put(job, tinybook.executed(job))
    assert "1 of 4 runs have no value" in refused(tiny, *plot[2:], "shown")


def test_a_page_is_never_made_of_a_notebook_that_was_found(tiny, tmp_path, monkeypatch):
    """Who wrote the HTML in it, nobody knows."""
    job = Job.make(tiny.chapter("tiny"), data=tiny.data_hashes, folder=str(tiny.folder))
    _, notebook = notebook_of(tiny, lambda n: n.cells[-1].outputs[0].data.update({"text/html": "<script>1</script>"}))
    notebook.metadata["onestep"]["key"] = job.key
    Store(tmp_path).put(job, notebook)
    Store(tmp_path).path(job).rename(tmp_path / "tiny.ipynb")
    executed = []
    monkeypatch.setattr(run, "execute", lambda job, **_: executed.append(job.key) or tinybook.executed(job))
    words = ["--book", str(tiny.root), "run", "tiny", "-o", str(tmp_path)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0 and "tiny.html is missing; the chapter is run again" in done.output
    assert executed == [job.key] and "<script>1</script>" not in (tmp_path / "tiny.html").read_text()
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 0 and "already run" in again.output and len(executed) == 1


@pytest.mark.parametrize(
    "text", ["", "5", "[]", "{}", '{"claims": [1]}', '{"claims": [], "chapters": {"a": 1}}', "[" * 100_000]
)
def test_a_ledger_that_is_none_is_refused(tiny, text):
    path = tiny.root / "_build" / "claims.json"
    path.parent.mkdir()
    path.write_text(text)
    refused(tiny, "claims")


@pytest.mark.parametrize("name", ["_toc.yml", "chapters/tiny.md"])
@pytest.mark.parametrize("text", [b"\xff\xfe", b"---\na: [\n---\n", b"---\n" + b"[" * 1200 + b"\n---\n"])
def test_a_book_that_is_none_is_refused(tiny, name, text):
    (tiny.root / name).write_bytes(text)
    refused(tiny, "book")
