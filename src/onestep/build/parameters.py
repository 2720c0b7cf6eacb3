"""A chapter's parameters: one literal assignment per line in its `parameters` cell, each with a comment.

    n = 1000         # rows of each batch [>= 10]
    alpha = 0.29     # step exponent: eta = n**alpha [>= 0, < 0.5]
    readout = "gaussian"  # law of the second layer [gaussian | constant]

The default gives the type, the comment the meaning, and a bracket that ends the comment the allowed values: bounds
joined by commas, or choices joined by bars. An entry of a list obeys the same bounds.
"""

import ast
import difflib
import io
import math
import operator
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from onestep.build import feasible, plain_yaml
from onestep.checks import InputError, shown

TYPES = {bool: "true or false", int: "an integer", float: "a finite number", str: "a text", list: "a list"}
_BOUNDS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_FAULTS = 20  # told at once
_BOUND = re.compile(r"(>=|<=|>|<)\s*([-+.\deE]+)")


class ParameterError(ValueError):
    """Parameters that a chapter cannot run with; nothing has been executed."""


@dataclass(frozen=True)
class Parameter:
    """A parameter with its default, its meaning and, where the chapter gives them, bounds or choices."""

    name: str
    default: object
    meaning: str
    bounds: tuple[tuple[str, float], ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The type with its bounds, or the choices, as lists of parameters show it."""
        if self.choices:
            return " | ".join(self.choices)
        if self.default is None:
            return "any"
        if isinstance(self.default, list) and self.default:
            return f"list of {_common(self.default).__name__} {self._limits}".rstrip()
        return f"{type(self.default).__name__} {self._limits}".rstrip()

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.name in feasible.SPECS:
            return "the name of an activation or a list of Hermite coefficients"
        words = TYPES.get(type(self.default), "a value")
        if isinstance(self.default, list) and self.default:
            words = f"a list, each entry {TYPES[_common(self.default)]}"
        return f"{words} {self._limits}".rstrip()

    @property
    def _limits(self) -> str:
        return ", ".join(f"{sign} {bound:g}" for sign, bound in self.bounds)

    def convert(self, given: object) -> object:
        """`given` (a value, or the text of one) as this parameter's type; ParameterError when that is impossible."""
        if self.name in feasible.SPECS:
            value = self._scalar(given, None)
        elif isinstance(self.default, list):
            kind = _common(self.default) if self.default else None
            if not isinstance(given, list | tuple):
                raise self._refused(given)
            value = [self._scalar(entry, kind) for entry in given]
        else:
            value = self._scalar(given, None if self.default is None else type(self.default))
        for entry in value if isinstance(value, list) else [value]:
            if self.choices and str(entry) not in self.choices:
                raise self._refused(given)
            if not all(_BOUNDS[sign](entry, bound) for sign, bound in self.bounds):
                raise self._refused(given)
        return value

    def _scalar(self, given: object, kind: type | None) -> object:
        try:
            value = _guess(given) if kind is None else _read(given, kind)
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise self._refused(given) from None
        if kind is float and not math.isfinite(value):
            raise self._refused(given)
        return value

    def _refused(self, given: object) -> ParameterError:
        return ParameterError(f"{self.name}: got {shown(given)}; allowed: {self.allowed}")


def parse(source: str) -> tuple[Parameter, ...]:
    """The parameters that the code `source` of a parameters cell declares.

    Raises
    ------
    ParameterError : a line that is not `name = literal`, or a bracket that is neither bounds nor choices.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise ParameterError(f"the parameters cell is not Python: {error}") from error
    comments = _comments(source)
    return tuple(_parameter(statement, comments.get(statement.end_lineno, "")) for statement in body)


def validate(chapter: str, parameters: Iterable[Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """`given` in the chapter's own types, refused as a whole when one name or value is wrong.

    Names that are fields of `Problem` are put together with the chapter's defaults and judged by `Problem` too.

    Raises
    ------
    ParameterError : with every fault found and the list of the chapter's parameters.
    """
    known = {parameter.name: parameter for parameter in parameters}
    faults, values = [], {}
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(str(name)[:80], known, n=1, cutoff=0.5) if len(faults) < _FAULTS else ()
            faults.append(f"unknown parameter {shown(name)}" + (f"; did you mean {near[0]!r}?" if near else ""))
            continue
        try:
            values[name] = known[name].convert(value)
        except ParameterError as error:
            faults.append(str(error))
    if not faults:
        try:
            feasible.problem({name: values.get(name, parameter.default) for name, parameter in known.items()})
        except InputError as error:
            faults.append(str(error))
    if faults:
        faults[_FAULTS:] = [f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else []
        raise ParameterError(
            f"{chapter}: " + "\n".join(faults) + f"\n\nParameters of {chapter}:\n{listing(known.values())}"
        )
    return values


def listing(parameters: Iterable[Parameter]) -> str:
    """A text table of parameters: name, default, type, meaning."""
    rows = [(p.name, repr(p.default), p.kind, p.meaning) for p in parameters]
    if not rows:
        return "  (none)"
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  " + "  ".join([*(c.ljust(w) for c, w in zip(r, widths, strict=False)), r[3]]).rstrip() for r in rows
    )


def from_text(text: str) -> object:
    """The value of `-p NAME text`: the text itself until the parameter's type is known, but `[1, 2]` becomes a list.

    YAML's own reading of texts would cut them at " #", take {x} for a mapping and fold their lines.
    """
    try:
        return plain_yaml.load(text) if text.lstrip().startswith("[") else text
    except yaml.YAMLError:
        return text


def _parameter(statement: ast.stmt, comment: str) -> Parameter:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if (
        not isinstance(statement, ast.Assign | ast.AnnAssign)
        or len(targets) != 1
        or not isinstance(targets[0], ast.Name)
    ):
        raise ParameterError(f"line {statement.lineno} of the parameters cell is not of the form name = literal")
    name = targets[0].id
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        raise ParameterError(f"{name}: the default in the parameters cell is not a literal") from None
    if default is not None and type(default) not in TYPES:
        raise ParameterError(f"{name}: a default is an int, float, str, bool, list or None, not {default!r}")
    meaning, bounds, choices = comment, (), ()
    bracket = re.search(r"\[([^\[\]]*)\]\s*$", comment)
    if bracket:
        meaning = comment[: bracket.start()].rstrip()
        bounds, choices = _allowed(name, bracket.group(1))
        if bounds and isinstance(default, str):
            raise ParameterError(f"{name}: bounds make sense for numbers only, the default is {default!r}")
    parameter = Parameter(name, default, meaning, bounds, choices)
    if default is not None:
        parameter.convert(default)
    return parameter


def _allowed(name: str, text: str) -> tuple[tuple, tuple]:
    if "|" in text:
        return (), tuple(word.strip().strip("\"'") for word in text.split("|"))
    matches = [_BOUND.fullmatch(part.strip()) for part in text.split(",")]
    if not all(matches):
        raise ParameterError(f"{name}: [{text}] at the end of its comment is neither bounds nor choices joined by |")
    return tuple((match.group(1), float(match.group(2))) for match in matches), ()


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").rstrip() for t in tokens if t.type == tokenize.COMMENT}


def _common(entries: list) -> type:
    """The type of a list's entries: numbers that are not all integers are floats."""
    kinds = {type(entry) for entry in entries}
    if kinds == {int, float}:
        return float
    if len(kinds) == 1 and (kind := kinds.pop()) in TYPES:
        return kind
    raise ParameterError(f"the entries of {entries!r} have no common type")


def _read(given: object, kind: type) -> object:
    if kind is bool:
        words = {"true": True, "false": False}
        return words[str(given).lower()] if str(given).lower() in words else _no()
    if kind is str:
        return given if isinstance(given, str) and given.encode() is not None else _no()  # a lone surrogate is no text
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        _no()
    if kind is int and isinstance(given, float):
        _no()
    return kind(given)


def _no():
    raise ValueError


def _guess(given: object) -> object:
    """A text as int, float, or itself, whichever fits first; other values, and entries of lists, likewise."""
    if isinstance(given, list | tuple):
        return [_guess(entry) for entry in given]
    if isinstance(given, str):
        for kind in (int, float):
            try:
                value = kind(given)
            except ValueError:
                continue
            return value if math.isfinite(value) else given
    return given
