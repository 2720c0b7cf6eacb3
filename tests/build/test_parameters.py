"""Parameters: what a chapter declares, and what is refused before anything runs."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nasty
from onestep.build.parameter_cell import parse, parse_conditions
from onestep.build.parameters import ParameterError, from_text, validate

SOURCE = """
n = 1000  # rows [>= 10, <= 5000]
alpha = 0.29  # step exponent [>= 0, < 0.5]
readout = "gaussian"  # law of the second layer [gaussian | constant]
ridges = [0.1, 1]  # penalties [> 0]
seeds = [0, 1]  # draws
label = "a # b"  # title; may contain a [bracket] inside
centred = True  # subtract the mean
activation = "tanh"  # of the network
n_gradient = None  # rows of the gradient batch
"""
PARAMETERS = parse(SOURCE)


def test_a_cell_tells_names_defaults_meanings_and_bounds():
    n, alpha, readout, ridges, seeds, label, *_ = PARAMETERS
    assert (n.name, n.default, n.meaning, n.kind) == ("n", 1000, "rows", "int >= 10, <= 5000")
    assert alpha.bounds == ((">=", 0.0), ("<", 0.5))
    assert readout.kind == "gaussian | constant" and ridges.kind == "list of float > 0" and seeds.kind == "list of int"
    assert label.default == "a # b" and label.meaning == "title; may contain a [bracket] inside"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n", "50", 50),
        ("alpha", "1e-3", 0.001),
        ("alpha", "0", 0.0),
        ("readout", "constant", "constant"),
        ("ridges", "[1, 1e-2]", [1.0, 0.01]),
        ("seeds", "[3]", [3]),
        ("label", "no", "no"),
        ("label", "1:30", "1:30"),
        ("centred", "false", False),
        ("activation", "relu", "relu"),
        ("activation", "[0, 1, 0.5]", [0, 1, 0.5]),
        ("n_gradient", "500", 500),
        ("n_gradient", "~", None),
        ("n_gradient", "null", None),
        ("n", "400.0", 400),
        ("n", " 4e2 ", 400),
        ("n", 400.0, 400),
        ("n", np.float64(400), 400),
        ("n", np.int64(400), 400),
        ("n", pd.DataFrame({"n": [400], "x": [0.5]}).iloc[0]["n"], 400),
        ("alpha", np.float32(0.25), 0.25),
        ("seeds", [np.int64(3), 4.0, "5e0"], [3, 4, 5]),
        ("centred", "no", False),
        ("centred", "Off", False),
        ("centred", "YES", True),
        ("centred", "on", True),
        ("centred", np.bool_(False), False),
    ],
)
def test_a_text_becomes_a_value_of_the_default_s_type(name, text, value):
    got = validate("setup", PARAMETERS, {name: from_text(text) if isinstance(text, str) else text})[name]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("name", "given_", "said"),
    [
        ("nn", "3", "did you mean 'n'"),
        ("aplha", "3", "did you mean 'alpha'"),
        ("n", "banana", "an integer"),
        ("n", "10.5", "an integer"),
        ("n", "1e-3", "an integer"),
        ("n", "1e999", "an integer"),
        ("n", "1e999999999999", "an integer"),
        ("n", 10.5, "an integer"),
        ("n", np.float64("nan"), "an integer"),
        ("n", np.bool_(True), "an integer"),
        ("n", np.timedelta64(400), "an integer"),
        ("alpha", True, "finite"),
        ("ridges", [], "a list"),
        ("centred", 1, "true or false"),
        ("n_gradient", "yes", "an integer >= 1"),
        ("n", True, "an integer"),
        ("n", "9", ">= 10"),
        ("n", "5001", "<= 5000"),
        ("alpha", "0.5", "< 0.5"),
        ("alpha", "nan", "finite"),
        ("alpha", "inf", "finite"),
        ("alpha", "", "finite"),
        ("readout", "uniform", "gaussian, constant"),
        ("ridges", "1", "a list"),
        ("ridges", "[1, -1]", "> 0"),
        ("seeds", "[0.5]", "an integer"),
        ("centred", "maybe", "true or false"),
        ("label", "[a]", "a text"),
        ("activation", "banana", "relu, tanh"),
        ("activation", "[0, 0, 1]", "c_1"),
        ("n_gradient", "-1", "an integer >= 1"),
    ],
)
def test_what_is_refused_and_how(name, given_, said):
    value = from_text(given_) if isinstance(given_, str) else given_
    with pytest.raises(ParameterError) as caught:
        validate("setup", PARAMETERS, {name: value})
    message = str(caught.value)
    assert said in message and name in message
    assert len(message.splitlines()) == 1, "no table behind the reason"
    assert "step exponent" not in message or name == "alpha", "only the parameter concerned"


def test_all_faults_are_told_at_once():
    with pytest.raises(ParameterError, match=r"(?s)nn.*alpha.*readout"):
        validate("setup", PARAMETERS, {"nn": 1, "alpha": 7.0, "readout": "x"})


def test_a_name_that_resembles_none_is_refused_with_those_that_there_are():
    with pytest.raises(ParameterError, match="unknown parameter 'qqq'; the parameters are n, alpha, readout"):
        validate("setup", PARAMETERS, {"qqq": 1})


@given(st.sampled_from([p.name for p in PARAMETERS]), st.sampled_from(nasty.EVERYTHING))
def test_every_value_of_python_is_converted_or_refused(name, value):
    try:
        got = validate("setup", PARAMETERS, {name: value})
    except ParameterError as refusal:
        assert len(str(refusal)) < 1000
    else:
        json.dumps(got, allow_nan=False).encode()


def test_any_text_is_a_condition_or_refused():
    for text in (text for text in nasty.TEXTS if isinstance(text, str)):
        source = f"n = 1000\n# condition: {text}\n# condition: n < {text}\n"
        try:
            parse_conditions(source, parse("n = 1000"))
        except ParameterError as refusal:
            assert len(str(refusal)) < 1000


PAIR = """
n = 1000  # rows
small = 400  # fewer rows
sizes = [200, 400]  # of the study
rows = None  # of the other batch
label = "a"  # a text
# condition: small < n
# a comment without consequences
# Condition: len(sizes) >= 2
# condition: rows <= n
# condition: 0 < small <= n
"""


def judged(**values):
    parameters = parse(PAIR)
    return validate("pair", parameters, values, parse_conditions(PAIR, parameters))


def test_conditions_between_parameters_are_read_and_kept():
    assert [c.text for c in parse_conditions(PAIR, parse(PAIR))] == [
        "small < n", "len(sizes) >= 2", "rows <= n", "0 < small <= n"
    ]  # fmt: skip
    assert judged(n=500) == {"n": 500} and judged(n=100, small=50, rows=100)["rows"] == 100


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"n": "400"}, "pair: small = 400, n = 400; the condition is small < n"),
        ({"small": "1000"}, "small = 1000, n = 1000; the condition is small < n"),
        ({"sizes": ["3"]}, r"sizes = \[3\]; the condition is len\(sizes\) >= 2"),
        ({"rows": "1001"}, "rows = 1001, n = 1000; the condition is rows <= n"),
        ({"rows": "many"}, "rows = 'many', n = 1000; the condition is rows <= n"),
        ({"small": -1}, "small = -1, n = 1000; the condition is 0 < small <= n"),
    ],
)
def test_values_that_do_not_go_together_are_refused(values, said):
    with pytest.raises(ParameterError, match=said):
        judged(**values)


@pytest.mark.parametrize(
    "text",
    ["", "n", "small < m", "small <", "n < 100", "len(n, n) > 1", "len([1]) > 0", "print(n) < 3", "n.real < 2000",
     "n is n", "n < small + 1", "not n < 3", "small < n and n < 9", "len(n) < 3", "n < 'a'", "(lambda: 1)() < n",
     "n < 1j", "sizes[0] < n", "__import__('os').system('true') < n", "n := 3", "(" * 5000, "n <" * 5000 + "n", "\0"],
)  # fmt: skip
def test_a_condition_that_compares_something_else_is_refused(text):
    source = f"n = 1000\nsmall = 400\nsizes = [1]\n# condition: {text}\n"
    with pytest.raises(ParameterError, match="condition"):
        parse_conditions(source, parse("n = 1000\nsmall = 400\nsizes = [1]"))


@pytest.mark.parametrize(
    "source",
    [
        "n = 1\nn = 2",
        "seeds = [1, 'a']",
        "n = 2 * 3",
        "n = m",
        "n += 1",
        "a = b = 1",
        "print(1)",
        "n =",
        "n: int",
        "n = 3  # rows [>= x]",
        "n = 3  # [>= 4]",
        "n = {}",
    ],
)
def test_a_cell_that_is_not_literal_assignments_is_refused(source):
    with pytest.raises(ParameterError):
        parse(source)


@given(st.integers(10, 5000), st.floats(0, 0.5, exclude_max=True), st.text(), st.booleans())
def test_every_value_within_bounds_passes_unchanged(n, alpha, label, centred):
    values = {"n": n, "alpha": alpha, "label": label, "centred": centred}
    assert validate("setup", PARAMETERS, values) == values


@given(st.integers(10, 5000), st.floats(0, 0.5, exclude_max=True, allow_subnormal=False))
def test_texts_and_values_agree(n, alpha):
    texts = {"n": from_text(str(n)), "alpha": from_text(repr(alpha))}
    assert validate("setup", PARAMETERS, texts) == {"n": n, "alpha": alpha}
