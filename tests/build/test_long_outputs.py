"""Outputs of megabytes: the page gets their start and end, and says what is left out."""

import re

import nbformat
import pytest

from onestep.build.chapters import Chapter
from onestep.build.job import Job
from onestep.build.long_outputs import PICTURE, TEXT, cut
from onestep.build.runner import execute

HEAD = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
---

# T

"""


def notebook(*outputs):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=list(outputs))])


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def display(**data):
    return nbformat.v4.new_output("display_data", data={kind.replace("_", "/", 1): v for kind, v in data.items()})


@pytest.mark.slow
def test_a_cell_that_prints_50_megabytes_makes_a_small_notebook():
    text = HEAD + "```{code-cell}\nfor k in range(1000):\n    print(f'{k:07d} ' + 'x' * 50_000)\n```\n"
    done = execute(Job.make(Chapter("t", text)))
    assert len(nbformat.writes(done)) < 1.2 * TEXT
    (output,) = done.cells[-1].outputs
    assert output.text.startswith("0000000 xxx") and output.text.rstrip().endswith("xxx")
    assert re.findall(r"^(\d{7}) ", output.text, re.M)[-1] == "0000999"
    assert "code cell 1 of t" in output.text and "python t.py" in output.text
    left, total = map(float, re.search(r"([\d.]+) MiB of ([\d.]+) MiB are left out", output.text).groups())
    assert total == pytest.approx(50_009 * 1000 / 2**20, abs=0.1)
    assert total - left == pytest.approx(TEXT / 2**20, abs=0.15)


@pytest.mark.parametrize(
    "text", ["x" * (3 * TEXT), "é" * TEXT, "🎉" * TEXT, "\n" * (2 * TEXT), "\ud800" * (2 * TEXT), "a\r\n" * TEXT]
)
def test_any_text_is_cut_to_the_cap(text):
    for output in (stream(text), display(text_plain=text)):
        book = notebook(output)
        cut(book, "t")
        (found,) = book.cells[0].outputs
        kept = found.text if found.output_type == "stream" else found.data["text/plain"]
        assert len(kept.encode("utf-8", "replace")) < TEXT + 400 and "are left out here" in kept


def test_many_small_pieces_count_together_and_other_streams_apart():
    book = notebook(*[stream("y" * 10_000) for _ in range(300)], stream("warning", "stderr"))
    cut(book, "t")
    out, err = book.cells[0].outputs
    assert len(out.text) < TEXT + 400 and err.text == "warning"


def test_what_is_below_the_cap_stays_as_it_is():
    data = {"text_plain": "x" * TEXT, "image_svg+xml": "s" * PICTURE, "application_vnd.onestep.record+json": {"a": 1}}
    outputs = [stream("x" * TEXT), display(**data), nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    book = notebook(*outputs)
    before = nbformat.writes(book)
    cut(book, "t")
    assert nbformat.writes(book) == before


def test_a_picture_that_is_too_large_leaves_a_notice():
    book = notebook(display(**{"image_svg+xml": "s" * (PICTURE + 1), "text_plain": "<Figure>"}))
    cut(book, "t")
    (output,) = book.cells[0].outputs
    assert set(output.data) == {"text/plain"}
    assert output.data["text/plain"].startswith("<Figure>\n[code cell 1 of t: image/svg+xml")
