"""Claims of many runs as one file, which is read again as it was written."""

import nbformat
import pytest

import tinybook
from onestep.book.calibration import Checked, read
from onestep.book.claims import Claim
from onestep.book.displays import media_type
from onestep.build.parameters import ParameterError
from onestep.checks import InputError
from onestep.sweep import calibration


@pytest.fixture
def book(tmp_path):
    return tinybook.new_book(tmp_path / "book")


def row(**changes) -> Checked:
    """Numbers that the file's six digits hold exactly."""
    facts = {"page": "one", "seed": 7, "statement": "a, b", "evidence": "statistical, two-sided", "kind": "close"}
    facts |= {"predicted": 1.25, "measured": 1.0, "standard_error": 0.125, "tolerance": 2.0, "distance": -2.0}
    return Checked(**facts | {"draws": 8, "power": 1.0, "verdict": "holds"} | changes)


def test_rows_are_the_claims_of_the_runs(book):
    jobs = calibration.jobs(book, calibration.chapters(book, []), [0, 7])
    assert [job.values["seed"] for job in jobs] == [0, 7]
    claims = [
        Claim("s", 1.0, 1.25, 0.5, "theory", 0.125, draws=8, control=("wrong", 9.0)),
        Claim("t", 2.0, 1.0, 0.1, "theory"),
    ]
    run = tinybook.executed(jobs[1])
    payload = [claim.payload() for claim in claims]
    run.cells[-1].outputs.append(nbformat.v4.new_output("display_data", {media_type("claims"): payload}))
    first, second = calibration.checked(jobs[1], run)
    assert first == row(page="tiny", statement="s", tolerance=0.5, power=first.power)
    assert first.power is not None and first.power > 0.999 and first.draws == 8
    assert (second.verdict, second.evidence, second.distance, second.power) == ("fails", "closed form", None, None)


def test_a_file_keeps_the_rows_of_other_pages(tmp_path):
    path = tmp_path / "c.csv"
    other = row(page="two", seed=0, evidence="closed form", standard_error=None, distance=None, draws=None, power=None)
    assert calibration.save(path, [row(), other], "onestep calibrate") == 2
    assert read(path) == [row(), other]
    assert path.read_text().startswith("# The claims of the book at several seeds: onestep calibrate\n")
    assert calibration.save(path, [row(seed=31)], "again") == 2
    assert read(path) == [row(seed=31), other]


def test_what_cannot_be_calibrated_is_refused(book, tmp_path):
    chosen = calibration.chapters(book, ["tiny"])
    with pytest.raises(InputError, match="seeds"):
        calibration.jobs(book, chosen, [7, 7])
    with pytest.raises(ParameterError, match="seed"):
        calibration.jobs(book, chosen, [-1])
    (tmp_path / "c.csv").write_text("n\n1\n")
    with pytest.raises(InputError, match="columns"):
        calibration.save(tmp_path / "c.csv", [], "x")
