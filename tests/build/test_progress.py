"""Progress where there is a terminal, where there is none, and where nobody wants it."""

import io
import sys

import pytest

from onestep.build import progress
from onestep.build.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_quiet_says_only_what_must_be_said(kind, monkeypatch):
    errors = kind()
    monkeypatch.setattr(sys, "stderr", errors)
    with Progress(3, "tiny", "run", quietly=True) as shown:
        for _ in range(3):
            shown.update()
        shown.say("FAILED seed = 1")
    assert errors.getvalue() == "FAILED seed = 1\n" and shown.done == 3


def test_without_a_terminal_there_are_lines(monkeypatch):
    stream, now = io.StringIO(), iter([0.0, 1.0, 31.0, 31.0, 40.0, 50.0, 50.0])
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with Progress(4, "tiny", "run") as shown:
        for _ in range(4):
            shown.update()
    assert stream.getvalue() == "tiny: 2 of 4 runs\ntiny: 4 of 4 runs\n", "one in half a minute, and the last"


def test_on_a_terminal_there_is_a_bar(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(4, "tiny", "run", done=1) as shown:
        shown.update(2)
        shown.say("a line above it")
    assert "\r" in stream.getvalue() and "a line above it" in stream.getvalue() and shown.done == 3
    assert "3/4" in stream.getvalue()
