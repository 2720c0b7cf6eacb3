"""What a sweep's values stand for."""

import pytest

from onestep.build.parameters import ParameterError
from onestep.sweep.values import expand, hints, product


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("relu,tanh", ["relu", "tanh"]),
        ("0..4", [0, 1, 2, 3, 4]),
        ("-1..1", [-1, 0, 1]),
        ("linspace(0, 0.5, 11)", [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]),
        ("linspace(0,0.5,3), 7", [0.0, 0.25, 0.5, "7"]),
        ("linspace(100, 400, 4)", [100, 200, 300, 400]),
        ("logspace(-4, 0, 5)", [1e-4, 1e-3, 1e-2, 0.1, 1.0]),
        ("geomspace(0.03, 3, 3)", [0.03, 0.3, 3.0]),
        ("0:0.5:11", [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]),
        ("100:400:4", [100, 200, 300, 400]),
        ("0:1:3", [0.0, 0.5, 1.0]),
        ("1:0:3", [1.0, 0.5, 0.0]),
        ("1e-4:1:5:log", [1e-4, 1e-3, 1e-2, 0.1, 1.0]),
        ("0..2,7", [0, 1, 2, "7"]),
        ("[0,1],[0,1,0.5]", [["0", "1"], ["0", "1", "0.5"]]),
        ("0.3", ["0.3"]),
        ("1e-3", ["1e-3"]),
    ],
)
def test_a_text_stands_for_values(text, values):
    assert expand("x", text) == values


def test_integers_stay_integers_so_that_an_integer_parameter_takes_them():
    assert {type(value) for value in expand("n", "100:400:4")} == {int}
    assert {type(value) for value in expand("alpha", "0.0:4.0:5")} == {float}


@pytest.mark.parametrize(
    "text",
    [
        "linspace(0, 1)",
        "linspace(0, 1, 1)",
        "linspace(0, 1, 2.5)",
        "linspace(0, 1, 1e9)",
        "logspace(0, 400, 3)",
        "geomspace(0, 1, 3)",
        "geomspace(-1, 1, 3)",
        "linspace(0, nan, 3)",
        "linspace(0, inf, 3)",
        "range(3)",
        "arange(1, 2, 3)",
        "linspace(, , )",
        "linspace(0, 1, 3, 4)",
        "linspace(a, b, c)",
        "logspace()",
        "4..0",
        "0:1:1",
        "0:1:x",
        "0:1:0.5",
        "0:1:5:ln",
        "-1:1:3:log",
        "0:nan:3",
        "0..9999999",
    ],
)
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match=r"x: got .*; allowed: FIRST"):
        expand("x", text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0:0.5:11", "linspace(0, 0.5, 11)"),
        ("1e-4:1:9:log", "logspace(-4, 0, 9)"),
        ("0.03:3:5:log", "geomspace(0.03, 3, 5)"),
        ("100 : 400 : 4", "linspace(100, 400, 4)"),
    ],
)
def test_the_old_form_gives_the_same_values_and_a_hint(old, new):
    assert expand("x", old) == expand("x", new)
    (hint,) = hints({"x": f"7,{old}", "y": "0..3", "z": ["0:1:3"]})
    assert hint == f"{old} will not be read from release 0.3 on; write {new}"


@pytest.mark.parametrize("text", ["1:30", "a:b:c", "0..4", "relu,tanh", "linspace(0, 1, 3)", "::", ":::"])
def test_other_texts_get_no_hint(text):
    assert hints({"x": text}) == []


def test_the_product_takes_texts_apart_and_leaves_lists_alone():
    assert product({"a": "1,2", "b": ["0", "1"], "c": "x"}) == [
        {"a": "1", "b": ["0", "1"], "c": "x"},
        {"a": "2", "b": ["0", "1"], "c": "x"},
    ]
    assert product({}) == [{}]
