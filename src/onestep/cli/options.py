"""What the commands share: parameters from the command line, from files and from presets."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

PARAMETER = ("-p", "--parameter")


class Command(click.Command):
    """A command whose -p also takes NAME=VALUE."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, _pairs_apart(args))


def _pairs_apart(args: list[str]) -> list[str]:
    """`-p NAME=VALUE` as `-p NAME VALUE`; the value of `-p NAME VALUE` stays as it is."""
    words, rest = [], list(args)
    while rest:
        words.append(word := rest.pop(0))
        if word == "--":
            return words + rest
        if word in PARAMETER and rest:
            name, sign, value = rest.pop(0).partition("=")
            words += [name, value] if sign else [name, *rest[:1]]
            rest = rest if sign else rest[1:]
    return words


def once(*names: str, **settings: Any) -> Callable:
    """An option that is refused when it comes twice, where click would drop the first in silence."""

    def only(context: click.Context, parameter: click.Parameter, values: tuple) -> object:
        if len(values) > 1:
            raise click.BadParameter("given twice", context, parameter)
        return values[0] if values else None

    return click.option(*names, multiple=True, callback=only, **settings)


def parameters(command: Callable) -> Callable:
    """The options -p, -f and --preset."""
    path = click.Path(exists=True, dir_okay=False, path_type=Path)
    for option in (
        click.option("--preset", "presets", multiple=True, metavar="NAME", help="A preset; -f and -p override it."),
        click.option("-f", "--file", "paths", multiple=True, type=path, help="YAML of parameters; a later file wins."),
        click.option(
            *PARAMETER, "pairs", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter; also NAME=VALUE."
        ),
    ):
        command = option(command)
    return command


def quiet(command: Callable) -> Callable:
    """The option --quiet."""
    return click.option("-q", "--quiet", "quietly", is_flag=True, help="Only results and failures, no progress.")(
        command
    )


class _Seconds(click.FloatRange):
    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        number = super().convert(value, parameter, context)
        return number if number == number else self.fail("nan is no duration", parameter, context)


def time_limit(command: Callable) -> Callable:
    """The option --time-limit."""
    seconds = _Seconds(min=0, max=1e9, min_open=True)
    return once("--time-limit", "time_limit", type=seconds, metavar="SECONDS", help="Stop a chapter after so long.")(
        command
    )


def given(
    presets: Iterable[Path], files: Iterable[Path], pairs: Iterable[tuple[str, str]], read: Callable[[str], object]
) -> dict[str, object]:
    """The parameters of presets, files and the command line, each over those before it; `read` reads a text of -p.

    Raises
    ------
    ParameterError : a file that cannot be read, or a name that -p gives twice.
    """
    values: dict[str, object] = {}
    for path in (*presets, *files):
        values |= from_file(path)
    return values | {name: read(text) for name, text in unique(pairs).items()}


def unique(pairs: Iterable[tuple[str, str]], option: str = "-p", hint: str = "") -> dict[str, str]:
    """`pairs` as a dictionary.

    Raises
    ------
    ParameterError : a name that comes twice.
    """
    from onestep.build.parameters import ParameterError

    pairs = list(pairs)
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ParameterError(f"{', '.join(twice)}: {option} gives it twice{hint}")
    return dict(pairs)


def from_file(path: Path) -> dict[str, object]:
    """The parameters in a YAML file; scalars stay texts, as on the command line. A file of comments has none."""
    import yaml

    from onestep.build import plain_yaml
    from onestep.build.parameters import ParameterError
    from onestep.checks import brief_repr

    with path.open("rb") as stream:
        text = stream.read(plain_yaml.LARGEST + 1)
    try:
        values = plain_yaml.load(text)
    except yaml.YAMLError as error:
        raise ParameterError(f"{path} is not YAML that can be read: {error}") from error
    if values in (None, "", "~", "null"):
        return {}
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: got {brief_repr(values)}; allowed: lines of the form NAME: VALUE")
    return values


def preset_files(presets: Mapping[str, Path], names: Iterable[str], whose: str) -> list[Path]:
    """The files of the presets `names` among those of a chapter.

    Raises
    ------
    ParameterError : it has no such preset; the message lists those that it has.
    """
    from onestep.build.parameters import ParameterError
    from onestep.checks import brief_repr

    for name in names:
        if name not in presets:
            raise ParameterError(f"{whose} has no preset {brief_repr(name)}; it has {', '.join(presets) or 'none'}")
    return [presets[name] for name in names]
