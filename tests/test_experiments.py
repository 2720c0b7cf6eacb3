"""The long experiments whose results the repository keeps: their files are complete, and are what the code gives."""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from onestep.simulation import run

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("agreement", ROOT / "experiments" / "agreement.py")
agreement = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(agreement)
STEPS = ["none", *map(str, agreement.ALPHAS)]


def kept():
    """Every draw of the file: key -> its rows."""
    found = {}
    for row in agreement.rows(agreement.FILE.read_text().splitlines()):
        found.setdefault(tuple(row[name] for name in agreement.KEY), []).append(row)
    return found


def errors(rows):
    return np.array([(row["train_error"], row["test_error"]) for row in rows], float)


def test_every_draw_is_there_once_and_whole():
    found = kept()
    assert sorted(found) == sorted(tuple(map(str, key)) for key in product(*agreement.GRID))
    assert [key for key, rows in found.items() if [row["step"] for row in rows] != STEPS] == []
    values = np.array([errors(rows) for rows in found.values()])
    assert np.all(values > 0) and np.all(values[..., 0] < values[..., 1])


@pytest.mark.parametrize("key", [(1000, 1, "tanh", 1), (1000, 7, "erf", 3), (1000, 19, "relu", 2)])
def test_a_draw_is_what_the_code_gives(key):
    """Six printed digits are good to 5e-6; single precision, on any BLAS, adds a few of its roundings, 6e-8 each."""
    n, seed, activation, degree = key
    again = np.array([row[5:] for row in agreement.draw(*key)], float)
    ours, another = (errors(kept()[str(n), str(k), activation, str(degree)]) for k in (seed, seed - 1))
    np.testing.assert_allclose(again, ours, rtol=1e-5)
    assert np.max(np.abs(again / another - 1)) > 1e-3  # the control: the draw before


@pytest.mark.parametrize("activation", agreement.ACTIVATIONS)
def test_a_draw_is_what_the_library_measures(activation):
    p = agreement.problem(200, activation, 2)
    measured = run(p, [0.0, *(p.step(alpha) for alpha in agreement.ALPHAS)], agreement.RIDGE, 3)
    ours = np.array([row[5:] for row in agreement.draw(200, 3, activation, 2)], float)
    np.testing.assert_allclose(ours, np.hstack([measured.train_error, measured.test_error]), rtol=1e-5)


def test_it_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(agreement, "GRID", ((40,), range(2), agreement.ACTIVATIONS, agreement.TEACHERS))
    file = tmp_path / "agreement.csv"
    agreement.main(file)
    whole = file.read_text()
    assert whole.startswith("# ") and len(agreement.rows(whole.splitlines())) == 2 * 9 * 7
    agreement.main(file)
    assert file.read_text() == whole
    file.write_text(whole[:-300])  # in the middle of a line, and of a draw
    agreement.main(file)
    assert file.read_text() == whole
