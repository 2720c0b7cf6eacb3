"""A chapter's parameters: what is allowed, and given values checked and converted before anything runs."""

import difflib
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from onestep.build import feasible, plain_yaml, scalars
from onestep.build.conditions import Condition
from onestep.checks import InputError, OneStepError, brief_repr

TYPES = {bool: "true or false", int: "an integer", float: "a finite number", str: "a text", list: "a list"}
_BOUNDS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_FAULTS = 20  # at most so many in one message


class ParameterError(OneStepError, ValueError):
    """A chapter cannot run with these parameters; nothing has been executed."""


@dataclass(frozen=True)
class Parameter:
    """A parameter with its default, its meaning and, where the chapter gives them, bounds or choices."""

    name: str
    default: Any
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
            return f"list of {scalars.common(self.default).__name__} {self._limits}".rstrip()
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
            words = f"a list, each entry {TYPES[scalars.common(self.default)]}"
        return f"{words} {self._limits}".rstrip()

    @property
    def _limits(self) -> str:
        return ", ".join(f"{sign} {bound:g}" for sign, bound in self.bounds)

    def convert(self, given: object) -> object:
        """`given` (a value, or the text of one) as this parameter's type; ParameterError when that is impossible."""
        try:
            if self.name in feasible.SPECS:
                value = scalars.number_or_text(given)
            elif isinstance(self.default, list):
                value = self._list(given)
            elif self.default is None:
                value = scalars.by_yaml(given)
            else:
                value = scalars.read(given, type(self.default))
            entries: list[Any] = value if isinstance(value, list) else [value]
            for entry in entries:
                if self.choices and str(entry) not in self.choices:
                    raise ValueError
                if not all(_BOUNDS[sign](entry, bound) for sign, bound in self.bounds):
                    raise ValueError
        except (TypeError, ValueError, ArithmeticError, RecursionError):
            raise ParameterError(
                f"{self.name}: got {brief_repr(given)}; allowed: {self.allowed}{self._about}"
            ) from None
        return value

    def _list(self, given: object) -> list:
        """An empty list is refused unless the default is one: chapters take its first entry, or its largest."""
        if not isinstance(given, list | tuple) or (self.default and not given):
            raise ValueError
        kind = scalars.common(self.default) if self.default else None
        return [scalars.by_yaml(entry) if kind is None else scalars.read(entry, kind) for entry in given]

    @property
    def _about(self) -> str:
        return f" ({self.meaning}; default: {brief_repr(self.default)})" if self.meaning else ""


def validate(
    chapter: str,
    parameters: Iterable[Parameter],
    given: Mapping[str, object],
    conditions: Iterable[Condition] = (),
) -> dict[str, object]:
    """`given` in the chapter's own types; one wrong name or value refuses all of it.

    Together with the defaults of the other parameters, the values must fulfil the chapter's conditions. Those that are
    fields of `Problem` must make a `Problem`.

    Raises
    ------
    ParameterError : with every fault found, one a line, and what is allowed.
    """
    known = {parameter.name: parameter for parameter in parameters}
    faults: list[str] = []
    values: dict[str, object] = {}
    for name, value in given.items():
        if name not in known:
            faults.append(_unknown(name, known) if len(faults) < _FAULTS else "")
            continue
        try:
            values[name] = known[name].convert(value)
        except ParameterError as error:
            faults.append(str(error))
    if not faults:
        every = {name: values.get(name, parameter.default) for name, parameter in known.items()}
        faults += [fault for condition in conditions if (fault := condition.refusal(every))]
        try:
            feasible.problem(every)
        except InputError as error:
            faults.append(str(error))
    if faults:
        faults[_FAULTS:] = [f"and {len(faults) - _FAULTS} more"] if len(faults) > _FAULTS else []
        raise ParameterError(f"{chapter}: " + "\n".join(faults))
    return values


def _unknown(name: object, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name)[:80], known, n=1, cutoff=0.5)
    names = list(known)
    others = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    hint = f"did you mean {near[0]!r}?" if near else f"the parameters are {others or '(none)'}"
    return f"unknown parameter {brief_repr(name)}; {hint}"


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
