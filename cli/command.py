"""What each command begins with: settings, policy, the open store, and where it prints."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

if TYPE_CHECKING:
    from cases.settings import Settings
    from cases.store import CaseStore
    from cases.taxonomy import Taxonomy
    from cli.contract.answers import Answer

# A table that goes to a file or a pipe has no window to fit into.
_UNBOUND_WIDTH = 200

_ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Some rows of a file could not be taken, the others were.
EXIT_SOME_REJECTED = 3

AsJson = Annotated[
    bool, typer.Option("--json", help="Answer with one JSON object on stdout; docs/cli.md has the schema.")
]


@dataclass(frozen=True, slots=True)
class GlobalOptions:
    """What stands before the command: `caseload --home DIR …`."""

    home: Path | None = None


def settings_of(ctx: typer.Context, **overrides: object) -> Settings:
    """The settings from the environment; `--home` and `overrides` (options that were given) win.

    Raises:
        InvalidInputError: A variable or option does not hold what it must; names it.
    """
    from cases.settings import load_settings

    given: GlobalOptions = ctx.find_object(GlobalOptions) or GlobalOptions()
    return load_settings(home=given.home, **overrides)


def policy_of(settings: Settings) -> Taxonomy:
    """The policy that the settings name.

    Raises:
        TaxonomyError: The file is missing or not valid.
    """
    from cases.taxonomy_file import load_taxonomy

    return load_taxonomy(settings.taxonomy)


@contextmanager
def opened_store(settings: Settings) -> Iterator[CaseStore]:
    """The record, open.

    Raises:
        NotMigratedError, StoreUnavailableError: See `CaseStore.open`.
    """
    from cases.store import CaseStore

    with CaseStore.open(settings.database_url) as store:
        yield store


def actor() -> str:
    """Who runs the command, for the events that it leaves."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run as a number that has no name.
        return "cli"


def output() -> Console:
    """For what was asked for. Nothing in it is taken for markup, so that a title in brackets stays as it is."""
    return _console(stderr=False)


def messages() -> Console:
    """For progress and remarks, so that stdout holds nothing but the answer."""
    return _console(stderr=True)


def answer_json(answer: Answer) -> None:
    """Print an answer of `cli.contract.answers` as the one thing on stdout."""
    typer.echo(answer.model_dump_json(by_alias=True, indent=2))


def harmless(text: str) -> str:
    """`text` without what a terminal acts on in place of showing it, tab and line feed aside."""
    return _ACTED_ON.sub("", text)


class _Screen(Console):
    """One that no title, name or column can move, colour or clear: rich lets escape sequences in texts through."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            # What rich itself says to the terminal comes as a control of its own, or as a style.
            yield segment if segment.control else Segment(harmless(segment.text), segment.style)


def _console(*, stderr: bool) -> Console:
    console = _Screen(stderr=stderr, highlight=False, markup=False)
    return (
        console
        if console.is_terminal
        else _Screen(stderr=stderr, highlight=False, markup=False, width=_UNBOUND_WIDTH)
    )
