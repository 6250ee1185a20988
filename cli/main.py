"""The one command, `caseload`: each sub-command calls one function of another room.

Exit codes: 0 done; 1 it could not be done; 2 something handed in is not as it must be; 3 some rows of a file were
rejected and the others taken; 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cases.errors import CaseloadError, InvalidInputError
from cli import (
    auditing,
    callers,
    database,
    deciding,
    drafting,
    erasing,
    evaluating,
    explaining,
    fires,
    handling,
    inbound,
    learning,
    moving,
    people,
    policy,
    replaying,
    reviewing,
    scoring,
    service,
    webhooks,
    working,
)
from cli.command import GlobalOptions, harmless

EXIT_FAILED, EXIT_INVALID, EXIT_INTERRUPTED = 1, 2, 130

# Nothing reports home and nothing is fetched, whatever the libraries' defaults; who sets one of these keeps it.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "true",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}

app = typer.Typer(
    name="caseload",
    help="Classifies and prioritises escalation cases, and learns from each decision.",
    add_completion=False,
    # A traceback drawn by rich shows local variables, and these hold case text.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(database.app, name="db")
app.add_typer(callers.app, name="caller")
app.add_typer(people.app, name="person")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(inbound.app, name="inbound")
app.add_typer(policy.app, name="policy")
app.add_typer(auditing.app, name="audit")
app.add_typer(moving.app)
app.add_typer(erasing.app)
app.add_typer(service.app)
app.add_typer(scoring.app)
app.add_typer(working.app)
app.add_typer(handling.app)
app.add_typer(fires.app)
app.add_typer(reviewing.app)
app.add_typer(deciding.app)
app.add_typer(drafting.app)
app.add_typer(explaining.app)
app.add_typer(learning.app)
app.add_typer(evaluating.app)
app.add_typer(replaying.app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; what goes wrong becomes one line on stderr.

    Args:
        arguments: Without the program's name; None takes the process's own.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.basicConfig(level=logging.WARNING, format="caseload: %(message)s")
    try:
        code = typer.main.get_command(app).main(given, prog_name="caseload", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python's own flush at the exit would complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001  the one place where an error becomes a line and a code
        return _told(error, debug="--debug" in given)
    return int(code or 0)


def _told(error: Exception, *, debug: bool) -> int:
    """Say what went wrong on stderr; answers the exit code."""
    if debug:
        traceback.print_exception(error)
    line, code = _line(error)
    sys.stderr.write(f"caseload: {harmless(line)}\n")
    return code


def _line(error: Exception) -> tuple[str, int]:
    if isinstance(error, CaseloadError):
        return str(error), EXIT_INVALID if isinstance(error, InvalidInputError) else EXIT_FAILED
    if isinstance(error, typer.TyperException):
        return f"{error.format_message()} `--help` after a command lists what it takes.", EXIT_INVALID
    if isinstance(error, typer.Abort):
        return "stopped; nothing more was done", EXIT_INTERRUPTED
    if isinstance(error, OSError) and error.filename:
        return (
            f"'{error.filename}' must be usable (got: {error.strerror}); check that it exists and its rights",
            EXIT_FAILED,
        )
    # Its message may quote a case, so only its kind is told.
    kind = type(error).__name__
    return (
        f"stopped by an unexpected {kind}; run `caseload --debug …` for the traceback (it may show case text)",
        EXIT_FAILED,
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"caseload {version('caseload')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _before_each_command(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The folder of the record, the tracker and the models; wins over CASELOAD_HOME."),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error; it may show case text.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    del debug, version  # `main` looks for the one, the option's callback has seen to the other
    ctx.obj = GlobalOptions(home=home)
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


if __name__ == "__main__":
    sys.exit(main())
