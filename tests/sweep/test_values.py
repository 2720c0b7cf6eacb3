"""What a sweep's values stand for."""

import pytest

from onestep.build.parameters import ParameterError
from onestep.sweep.values import expand, product


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("relu,tanh", ["relu", "tanh"]),
        ("0..4", [0, 1, 2, 3, 4]),
        ("-1..1", [-1, 0, 1]),
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
    "text", ["4..0", "0:1:1", "0:1:x", "0:1:0.5", "0:1:5:ln", "-1:1:3:log", "0:nan:3", "0..9999999"]
)
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(ParameterError, match=r"x: got .*; allowed: FIRST"):
        expand("x", text)


def test_the_product_takes_texts_apart_and_leaves_lists_alone():
    assert product({"a": "1,2", "b": ["0", "1"], "c": "x"}) == [
        {"a": "1", "b": ["0", "1"], "c": "x"},
        {"a": "2", "b": ["0", "1"], "c": "x"},
    ]
    assert product({}) == [{}]
