"""Conditions between parameters: comment lines of a chapter's parameters cell, checked before anything runs.

    n = 1000     # rows [>= 200]
    small = 400  # rows of the smaller experiment [>= 60]
    # condition: small < n

A condition compares names of parameters, literals and `len(NAME)`, and does nothing else.
"""

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onestep.checks import brief_repr

_SIGNS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ALLOWED = "a comparison (< <= > >= == !=) of names of parameters, numbers, texts and len(NAME)"


@dataclass(frozen=True)
class Condition:
    """What must hold between the parameters of a chapter, as text, with the names that stand in it."""

    text: str
    names: tuple[str, ...]

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether `values` fulfil it. A parameter that is None is not compared.

        Raises
        ------
        TypeError : values that cannot be compared.
        """
        comparison = _comparison(self.text)
        terms = [_value(term, values) for term in (comparison.left, *comparison.comparators)]
        pairs = zip(comparison.ops, terms, terms[1:], strict=False)
        return all(left is None or right is None or _SIGNS[type(op)](left, right) for op, left, right in pairs)

    def refusal(self, values: Mapping[str, object]) -> str | None:
        """Why `values` are refused, with those that the condition compares; None if it holds."""
        try:
            if self.holds(values):
                return None
        except TypeError:
            pass
        return (
            ", ".join(f"{name} = {brief_repr(values[name])}" for name in self.names) + f"; the condition is {self.text}"
        )


def read(text: str) -> Condition:
    """The condition that `text` states.

    Raises
    ------
    ValueError : anything but a comparison of parameters, literals and lengths.
    """
    try:
        comparison = _comparison(text)
        terms = (comparison.left, *comparison.comparators)
        if not all(map(_is_term, terms)) or not all(type(op) in _SIGNS for op in comparison.ops):
            raise ValueError
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"condition: got {brief_repr(text)}; allowed: {_ALLOWED}") from None
    names = {node.id for term in terms for node in ast.walk(term) if isinstance(node, ast.Name)} - {"len"}
    return Condition(text, tuple(sorted(names, key=text.index)))


def _comparison(text: str) -> ast.Compare:
    body = ast.parse(text, mode="eval").body
    if not isinstance(body, ast.Compare):
        raise ValueError
    return body


def _is_term(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _is_length(node)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant) and _is_number(node.operand)
    return isinstance(node, ast.Name) or _is_number(node) or _is_text(node)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_length(node: ast.Call) -> bool:
    named = isinstance(node.func, ast.Name) and node.func.id == "len" and not node.keywords
    return named and len(node.args) == 1 and isinstance(node.args[0], ast.Name)


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name):
        given = values[node.args[0].id]
        return None if given is None else len(given)
    return ast.literal_eval(node)
