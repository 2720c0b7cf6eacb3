"""A chapter's `parameters` cell: one literal assignment per line, each with a comment, and conditions between them.

    n = 1000         # rows of each batch [>= 10]
    alpha = 0.29     # step exponent: eta = n**alpha [>= 0, < 0.5]
    readout = "gaussian"  # law of the second layer [gaussian | constant]
    # condition: small < n

The default gives the type, the comment the meaning, and a bracket that ends the comment the allowed values: bounds
joined by commas, or choices joined by bars. An entry of a list obeys the same bounds. For conditions see `conditions`.
"""

import ast
import io
import re
import tokenize

from onestep.build import conditions, scalars
from onestep.build.conditions import Condition
from onestep.build.parameters import TYPES, Parameter, ParameterError

_BOUND = re.compile(r"(>=|<=|>|<)\s*([-+.\deE]+)")
_CONDITION = re.compile(r"#\s*conditions?\s*:(.*)", re.IGNORECASE)


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
    comments: dict[int | None, str] = {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    parameters = tuple(_parameter(statement, comments.get(statement.end_lineno, "")) for statement in body)
    names = [parameter.name for parameter in parameters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(f"{', '.join(twice)}: declared twice in the parameters cell")
    return parameters


def parse_conditions(source: str, parameters: tuple[Parameter, ...]) -> tuple[Condition, ...]:
    """The conditions that the parameters cell `source` states, which its defaults must fulfil.

    Raises
    ------
    ParameterError : a condition of another form, on another name, or one that the defaults do not fulfil.
    """
    defaults = {parameter.name: parameter.default for parameter in parameters}
    found = []
    for match in filter(None, (_CONDITION.fullmatch(line.strip()) for line in source.splitlines())):
        try:
            condition = conditions.read(match[1].strip())
        except ValueError as error:
            raise ParameterError(str(error)) from None
        if other := [name for name in condition.names if name not in defaults]:
            raise ParameterError(f"condition {condition.text}: {', '.join(other)} is no parameter of this chapter")
        if fault := condition.refusal(defaults):
            raise ParameterError(f"the defaults are refused: {fault}")
        found.append(condition)
    return tuple(found)


def _parameter(statement: ast.stmt, comment: str) -> Parameter:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    if (
        not isinstance(statement, ast.Assign | ast.AnnAssign)
        or len(targets) != 1
        or not isinstance(targets[0], ast.Name)
    ):
        raise ParameterError(f"line {statement.lineno} of the parameters cell is not of the form name = literal")
    name = targets[0].id
    if statement.value is None:
        raise ParameterError(f"{name}: it has no default in the parameters cell")
    try:
        default = ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        raise ParameterError(f"{name}: the default in the parameters cell is not a literal") from None
    if default is not None and type(default) not in TYPES:
        raise ParameterError(f"{name}: a default is an int, float, str, bool, list or None, not {default!r}")
    if isinstance(default, list) and default:
        try:
            scalars.common(default)
        except ValueError as error:
            raise ParameterError(f"{name}: {error}") from None
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
    parts = text.split(",")
    matches = [match for part in parts if (match := _BOUND.fullmatch(part.strip()))]
    if len(matches) < len(parts):
        raise ParameterError(f"{name}: [{text}] at the end of its comment is neither bounds nor choices joined by |")
    return tuple((match.group(1), float(match.group(2))) for match in matches), ()
