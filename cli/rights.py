"""What `caseload caller` and `caseload person` share: roles, queues, an end, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from cases.clock import utc_now
from cases.durations import parse_duration
from cases.errors import InvalidInputError
from cases.identity import Role
from cases.taxonomy import Taxonomy

Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role", metavar="ROLE", help="What they may do, by docs/api.md; at least one, repeat it for more."
    ),
]
Queues = Annotated[
    list[str] | None,
    typer.Option("--queue", metavar="QUEUE", help="Keep them to cases in this queue; repeat it. All if not given."),
]


def known_roles(given: Sequence[str] | None) -> list[str]:
    """The roles that were given.

    Raises:
        InvalidInputError: None was, or one that there is not.
    """
    strange = [role for role in given or () if role not in set(Role)]
    if strange or not given:
        raise InvalidInputError(
            f"'--role' must be at least one of {', '.join(Role)} (got {strange[0] if strange else 'none'}); "
            "give one, such as --role tooling for what files reports",
            field="--role",
        )
    return list(given)


def known_queues(given: Sequence[str] | None, policy: Taxonomy) -> list[str] | None:
    """The queues that were given; None for all.

    Raises:
        UnknownPolicyError: The policy has no such queue; names the option and the queues that there are.
    """
    for queue in given or ():
        policy.check_queue(queue, field="--queue")
    return list(given) if given else None


def duration(text: str, option: str) -> timedelta:
    """`90d` and the like.

    Raises:
        InvalidInputError: It is not written so; names the option.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidInputError(
            f"{option!r} must be a duration such as 12h or 90d, at most ten years (got {len(text)} characters); "
            "write it so",
            field=option,
        ) from error


def end_after(text: str | None) -> datetime | None:
    """When a key ends that lasts so long from now; None for never.

    Raises:
        InvalidInputError: It is no duration.
    """
    return None if text is None else utc_now() + duration(text, "--expires")


def minute(moment: datetime | None) -> str:
    """A time as a table shows it; empty for none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def queues_shown(queues: Sequence[str] | None) -> str:
    """Queues as a table shows them."""
    return "all" if queues is None else ", ".join(queues)
