"""The command line: one command a file, imported when it is called. `onestep --help` imports nothing but click."""

import importlib
import sys
from pathlib import Path

try:
    import click
except ModuleNotFoundError:
    sys.stderr.write("The command line of onestep needs click and more: pip install 'onestep[book]'\n")
    raise SystemExit(2) from None

from onestep.cli.needs import missing

_COMMANDS = {
    "book": "Build the whole book, or an edition with your parameters.",
    "calibrate": "Run chapters at several seeds and keep how far their claims are off.",
    "chapters": "List the chapters with their parameters, figures and presets.",
    "claims": "Print the ledger of claims, or what changed in it.",
    "new-book": "Copy the book that came with this package.",
    "plot": "Draw a recorded value of a sweep's runs.",
    "run": "Run a chapter: the executed notebook and a page.",
    "sweep": "Run a chapter with every combination of values.",
    "sync": "Bring the .md and the .py of a chapter together.",
    "table": "Gather the runs of a sweep into a table.",
}


class Commands(click.Group):
    """The commands, each `command` of the module of its name."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        if lacking := missing(name):
            raise click.UsageError(lacking)
        return importlib.import_module(f"onestep.cli.{name.replace('-', '_')}").command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onestep")
@click.option(
    "--book",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ONESTEP_BOOK",
    show_envvar=True,
    help="The book's folder; without it, the current folder or one above.",
)
@click.pass_context
def main(context: click.Context, folder: Path | None) -> None:
    """One Big Step: run chapters with your own parameters, build the book, read its claims."""
    context.obj = folder


if __name__ == "__main__":
    main()
