"""Parameters: what a chapter declares, and what is refused before anything runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestep.build.parameters import ParameterError, from_text, listing, parse, validate

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
    ],
)
def test_a_text_becomes_a_value_of_the_default_s_type(name, text, value):
    got = validate("setup", PARAMETERS, {name: from_text(text)})[name]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    ("name", "given_", "said"),
    [
        ("nn", "3", "did you mean 'n'"),
        ("aplha", "3", "did you mean 'alpha'"),
        ("n", "banana", "an integer"),
        ("n", "10.5", "an integer"),
        ("n", "1e3", "an integer"),
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
    assert listing(PARAMETERS) in message, "the message lists the chapter's parameters"


def test_all_faults_are_told_at_once():
    with pytest.raises(ParameterError, match=r"(?s)nn.*alpha.*readout"):
        validate("setup", PARAMETERS, {"nn": 1, "alpha": 7.0, "readout": "x"})


@pytest.mark.parametrize(
    "source",
    [
        "n = 2 * 3",
        "n = m",
        "n += 1",
        "a = b = 1",
        "print(1)",
        "n =",
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
