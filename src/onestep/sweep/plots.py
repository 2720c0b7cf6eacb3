"""From a table of runs to the curves of a figure: means over seeds with their errors, and what was predicted.

A chapter that records `NAME` may record `NAME_predicted`, what theory says it should be, and `NAME_standard_error`, of
`NAME` over the draws within one run: the words of `claims.check`.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from onestep.book.figures.curves import Curve
from onestep.book.records import PREDICTED, STANDARD_ERROR
from onestep.book.statistics import over_seeds
from onestep.build.parameters import ParameterError
from onestep.checks import brief_repr

SEED = "seed"
_VERSIONS = (
    "present",
    "chapter_version",
    "source",
)  # what tells the versions of a chapter, its code and its data apart
_ENTRY = re.compile(r"(\w+)\[(-?\d+)\]")


def chosen(table: pd.DataFrame, where: Mapping[str, str]) -> pd.DataFrame:
    """The rows in which each column of `where` has the value given as text; of equal runs, the newest.

    Raises
    ------
    ParameterError : an unknown column, or no such run.
    """
    facts, parameters = table.attrs, table.attrs["parameters"]
    for name, text in where.items():
        here = _column(table, name)
        same = here.astype(str) == text
        if pd.api.types.is_numeric_dtype(here) and (number := pd.to_numeric(text, errors="coerce")) == number:
            same = np.isclose(here.astype(float), number, rtol=1e-9, atol=0.0)
        if not np.any(same):
            values = ", ".join([*dict.fromkeys(here.dropna().sort_values().astype(str))][:12])
            raise ParameterError(f"{name}: got {brief_repr(text)}; the runs have {values}")
        table = table[same]
    table = table.drop_duplicates(["chapter", *parameters, *_versions(table)], keep="last")
    table.attrs = dict(facts)
    return table


def curves(table: pd.DataFrame, x: str, y: str, hue: str | None = None) -> list[Curve]:
    """One curve for each value of `hue`: `y` over `x`, averaged over the runs that differ in nothing but their seed.

    Points have the standard error over those runs; a single run has the one that it recorded.

    Raises
    ------
    ParameterError : an unknown or unsuitable column, or runs that differ in something else.
    """
    across = _numbers(table, x)
    heights, predictions = _numbers(table, y), _companion(table, y, PREDICTED)
    own = _companion(table, y, STANDARD_ERROR)
    if hue is not None and (missing := int(_column(table, hue).isna().sum())):
        raise ParameterError(f"{hue}: {missing} of {len(table)} runs have no value")
    labels = pd.Series([""] * len(table), table.index) if hue is None else _column(table, hue).astype(str)
    for name in ["chapter", *table.attrs["parameters"], *_versions(table)]:
        if name not in (x, hue, SEED):
            for _, group in table.groupby([across, labels]):
                if len(values := group[name].astype(str).unique()) > 1:
                    raise ParameterError(
                        f"{name} varies, too ({', '.join(sorted(values)[:6])}): choose one with --where {name} VALUE, "
                        "or make it the hue"
                    )
    found = []
    order = [""] if hue is None else _column(table, hue).sort_values().astype(str).unique()
    for label in order:
        mine = labels == label
        measured = [_point(group, own) for _, group in heights[mine].groupby(across[mine])]
        places = sorted(across[mine].unique())
        predicted = None
        if predictions is not None and (means := predictions[mine].groupby(across[mine]).mean().dropna()).size:
            predicted = (means.index.to_numpy(float), means.to_numpy(float))
        found.append(Curve(in_figure(f"{hue} = {label}" if hue else y), predicted, (places, *np.transpose(measured))))
    return found


def _versions(table: pd.DataFrame) -> list[str]:
    """The columns that must not vary within a curve although they are no parameters: runs of two versions never mix."""
    return [] if table.attrs.get("of_the_present") else [name for name in _VERSIONS if name in table]


def in_figure(text: str) -> str:
    """`text` as a label that matplotlib writes as it is: dollars are no mathematics, and its length has an end."""
    return (text if len(text) <= 60 else f"{text[:57]}...").replace("$", r"\$")


def _point(group: pd.Series, own: pd.Series | None) -> tuple[float, float]:
    if len(group) > 1:
        average = over_seeds(group.to_numpy(float))
        return float(average.mean), float(average.standard_error)
    error = 0.0 if own is None or pd.isna(own[group.index[0]]) else float(own[group.index[0]])
    return float(group.iloc[0]), error


def _companion(table: pd.DataFrame, y: str, ending: str) -> pd.Series | None:
    """The column that goes with `y`: of NAME[3], NAME_predicted[3]."""
    name = re.sub(r"^\w+", lambda match: match[0] + ending, y)
    return _numbers(table, name) if name.partition("[")[0] in table else None


def _numbers(table: pd.DataFrame, name: str) -> pd.Series:
    column = _column(table, name)
    try:
        numbers = column.astype(float)
    except (TypeError, ValueError):
        example = column.dropna().iloc[0] if column.notna().any() else None
        entry = f"; one entry of a list is {name}[0]" if isinstance(example, list | np.ndarray) else ""
        raise ParameterError(f"{name} is not a number in these runs, but {example!r:.60}{entry}") from None
    if name.endswith((PREDICTED, STANDARD_ERROR)):
        return numbers
    if not np.all(np.isfinite(numbers)):
        raise ParameterError(
            f"{name}: {int((~np.isfinite(numbers)).sum())} of {len(numbers)} runs have no finite value"
        )
    return numbers


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name in table:
        return table[name]
    if (match := _ENTRY.fullmatch(name)) and match[1] in table:
        try:
            return table[match[1]].map(lambda entries: entries[int(match[2])])
        except (TypeError, IndexError):
            raise ParameterError(f"{name}: not every run has a list with such an entry") from None
    raise ParameterError(f"no column {brief_repr(name)}; the runs have {', '.join(table.columns)}")
