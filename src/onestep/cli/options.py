"""What the commands share: parameters from the command line and from files, and errors as exit codes."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click
import yaml

from onestep.build import plain_yaml
from onestep.build.chapters import Book, BookError, Chapter
from onestep.build.parameters import ParameterError
from onestep.build.runner import Job, RunFailed
from onestep.build.site import BuildFailed
from onestep.checks import shown
from onestep.simulation import memory


class Refused(click.ClickException):
    """A request that cannot be met; nothing has run."""

    exit_code = 2


class Failed(click.ClickException):
    """What ran and did not succeed."""

    exit_code = 1


class Undecided(click.ClickException):
    """A strict run in which no claim fails, but some have too few draws to tell."""

    exit_code = 3


def errors(command: Callable) -> Callable:
    """Expected errors as one clear message; anything else is a bug and keeps its traceback."""

    @wraps(command)
    def guarded(*args, **options):
        try:
            return command(*args, **options)
        except (ParameterError, BookError) as error:
            raise Refused(str(error)) from None
        except (RunFailed, BuildFailed) as error:
            raise (Undecided if _undecided(error) else Failed)(str(error)) from None
        except BrokenPipeError:
            raise  # click ends quietly, as a command in a pipe should
        except OSError as error:
            raise Failed(f"{error.filename or 'a file'}: {error.strerror or error}") from None

    return guarded


def _undecided(error: RunFailed | BuildFailed) -> bool:
    """Whether all that stopped was stopped by claims with too few draws."""
    failures = error.failures if isinstance(error, BuildFailed) else (error,)
    return bool(failures) and all("ClaimsUndecided: " in failure.trace for failure in failures)


def parameters(command: Callable) -> Callable:
    """The options -p and -f."""
    command = click.option(
        "-f", "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML of parameters."
    )(command)
    return click.option(
        "-p", "--parameter", "pairs", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter; repeatable."
    )(command)


def from_file(path: Path) -> dict[str, object]:
    """The parameters in a YAML file; scalars stay texts, as on the command line."""
    with path.open("rb") as stream:
        text = stream.read(plain_yaml.LARGEST + 1)
    try:
        values = plain_yaml.load(text)
    except yaml.YAMLError as error:
        raise ParameterError(f"{path} is not YAML that can be read: {error}") from error
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: got {shown(values)}; allowed: lines of the form NAME: VALUE")
    return values


def preset_file(book: Book, chapter: Chapter, name: str) -> Path:
    """The file of a chapter's preset."""
    presets = book.presets(chapter.name)
    if name not in presets:
        raise Refused(f"{chapter.name} has no preset {shown(name)}; it has {', '.join(presets) or 'none'}")
    return presets[name]


def fits(job: Job, free: int | None = None, where: str = "are free", at_once: int = 1) -> None:
    """Refuse a run that does not fit in `free` bytes (those of this machine), or `at_once` of them that do not.

    Raises
    ------
    ParameterError : with the estimate and the limit.
    """
    free = memory.available() if free is None else free
    if at_once * job.memory <= free:
        return
    sizes = ", ".join(f"{name} = {job.values[name]}" for name in ("n", "d", "N"))
    count = "one simulation needs" if at_once == 1 else f"{at_once} simulations at a time need"
    raise ParameterError(
        f"{job.chapter.name}: with {sizes} {count} about {_gigabytes(at_once * job.memory)}, of which "
        f"{_gigabytes(free)} {where}; choose smaller sizes" + (" or fewer at a time" if at_once > 1 else "")
    )


def _gigabytes(count: int) -> str:
    return f"{count / 2**30:.2f} GiB" if count < 2**80 else "more memory than there is"
