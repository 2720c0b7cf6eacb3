"""From runs to a table and a figure."""

import json

import numpy as np
import pandas as pd
import pytest

import tinybook
from onestep.build.cache import Store
from onestep.build.job import Job
from onestep.build.parameters import ParameterError
from onestep.sweep import plots as comparisons
from onestep.sweep import results as tables
from onestep.sweep import values as grid


@pytest.fixture
def runs(tmp_path):
    """A folder with 3 x 2 x 4 runs."""
    return put(tmp_path, alpha="linspace(0, 0.5, 3)", activation="relu,tanh", seed="0..3")


def put(tmp_path, more=lambda job: {}, **values):
    chapter = tinybook.new_book(tmp_path / "book").chapter("tiny")
    folder = tmp_path / "runs"
    for given in grid.product(values):
        job = Job.make(chapter, given)
        Store(folder).put(job, tinybook.executed(job, **more(job)))
    return folder


def test_a_table_has_a_row_for_each_run_with_all_that_it_said(runs):
    table, unreadable = tables.collect(runs)
    assert len(table) == 24 and unreadable == [] and table.key.nunique() == 24
    for row in table.to_dict("records"):
        assert row["test_error"] == tinybook.measurement(row)
        assert row["claims"] == 0 and row["seconds"] == 0.1 and row["version_numpy"] == "2"


def test_csv_and_parquet_say_the_same(tmp_path):
    folder = put(tmp_path, lambda job: {"list": [1.5, "nan"], "big": "inf", "alpha": 7}, seed="0,1")
    table, _ = tables.collect(folder)
    for ending in ("csv", "parquet"):
        tables.save(table, tmp_path / f"t.{ending}")
    csv, parquet = pd.read_csv(tmp_path / "t.csv"), pd.read_parquet(tmp_path / "t.parquet")
    assert list(csv.columns) == list(parquet.columns) and len(csv) == len(parquet) == 2
    np.testing.assert_array_equal(csv.test_error, parquet.test_error)
    assert json.loads(csv["list"][0])[0] == 1.5 == parquet["list"][0][0] and np.isnan(parquet["list"][0][1])
    assert np.isinf(parquet.big).all() and (parquet.recorded_alpha == 7).all() and (parquet.alpha == 0.25).all()


def test_runs_that_disagree_on_a_type_still_make_a_table(tmp_path):
    folder = put(tmp_path, lambda job: {"odd": [1] if job.values["seed"] else 2}, seed="0,1", activation="tanh,[0,1]")
    table, _ = tables.collect(folder)
    tables.save(table, tmp_path / "t.parquet")
    assert set(table.odd) == {"[1]", "2"} and set(table.activation) == {"tanh", "[0, 1]"}


def test_a_damaged_run_is_left_out_and_told(runs):
    path = sorted(runs.glob("*.ipynb"))[3]
    path.write_text(path.read_text()[:-9])
    table, unreadable = tables.collect(runs)
    assert len(table) == 23 and unreadable == [path]


def test_curves_average_over_seeds_and_carry_the_prediction(runs):
    table, _ = tables.collect(runs)
    relu, tanh = comparisons.curves(table, "alpha", "test_error", "activation")
    assert (relu.label, tanh.label) == ("activation = relu", "activation = tanh")
    x, mean, error = tanh.measured
    values = [tinybook.measurement({"alpha": 0.25, "activation": "tanh", "seed": s}) for s in range(4)]
    assert list(x) == [0, 0.25, 0.5]
    assert mean[1] == pytest.approx(np.mean(values)) and error[1] == pytest.approx(np.std(values, ddof=1) / 2)
    np.testing.assert_allclose(relu.predicted, [[0, 0.25, 0.5], [2, 1.75, 1.5]])


def test_a_single_run_has_the_error_it_recorded(tmp_path):
    folder = put(tmp_path, lambda job: {"y": [1.0, 2.0], "y_standard_error": [0.1, 0.2]}, alpha="0,0.5")
    table, _ = tables.collect(folder)
    (curve,) = comparisons.curves(table, "alpha", "y[1]")
    np.testing.assert_allclose(curve.measured, [[0, 0.5], [2, 2], [0.2, 0.2]])
    assert curve.predicted is None


def test_of_equal_runs_the_newest_counts(runs):
    table, _ = tables.collect(runs)
    older = table.assign(test_error=0.0)
    both = pd.concat([older, table], ignore_index=True)
    both.attrs["parameters"] = table.attrs["parameters"]
    chosen = comparisons.chosen(both, {"seed": "1", "alpha": "0.50"})
    assert len(chosen) == 2 and (chosen.test_error > 0.4).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t: comparisons.curves(t, "alpha", "test_error"), "activation varies, too .*relu, tanh.*--where"),
        (lambda t: comparisons.curves(t, "alpha", "nothing", "activation"), "no column 'nothing'; the runs have"),
        (lambda t: comparisons.curves(t, "activation", "test_error"), "activation is not a number"),
        (lambda t: comparisons.curves(t, "alpha", "test_error[0]", "activation"), "not every run has a list"),
        (lambda t: comparisons.chosen(t, {"alpha": "9"}), "the runs have 0.0, 0.25, 0.5"),
        (lambda t: comparisons.curves(t.assign(test_error=np.nan), "alpha", "test_error", "activation"), "24 of 24"),
    ],
)
def test_what_cannot_be_drawn_is_refused(runs, call, said):
    with pytest.raises(ParameterError, match=said):
        call(tables.collect(runs)[0])
