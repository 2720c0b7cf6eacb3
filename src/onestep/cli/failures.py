"""How the commands end: exit codes, and one message instead of a traceback.

0 done; 1 what ran failed; 2 the request was refused, nothing ran and nothing was written; 3 in a strict run no claim
fails, but some have too few draws to tell; 130 interrupted, what was done is kept.
"""

from collections.abc import Callable
from functools import wraps

import click


class Refused(click.ClickException):
    """A request that cannot be met; nothing has run."""

    exit_code = 2


class Failed(click.ClickException):
    """What ran and did not succeed."""

    exit_code = 1


class Undecided(click.ClickException):
    """A strict run in which no claim fails, but some have too few draws to tell."""

    exit_code = 3


class Interrupted(click.ClickException):
    """Ctrl-C; what is done is kept."""

    exit_code = 130


def reported(command: Callable) -> Callable:
    """Expected errors as one clear message, which comes last; anything else is a bug and keeps its traceback."""

    @wraps(command)
    def guarded(*args, **options):
        from onestep.checks import OneStepError

        try:
            return command(*args, **options)
        except OneStepError as error:
            failures = getattr(error, "failures", None)  # what ran and failed has them; what was refused has not
            if failures is None:
                raise Refused(str(error)) from None
            undecided = failures and all("ClaimsUndecided: " in failure.trace for failure in failures)
            raise (Undecided if undecided else Failed)(str(error)) from None
        except BrokenPipeError:
            raise  # click ends quietly, as a command in a pipe should
        except OSError as error:
            raise Failed(f"{error.filename or 'a file'}: {error.strerror or error}") from None

    return guarded
