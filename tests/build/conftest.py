"""Fixtures of the pipeline's tests."""

import pytest

from smallbook import new_book


@pytest.fixture
def book(tmp_path):
    """A fresh copy of the small book."""
    return new_book(tmp_path / "book")
