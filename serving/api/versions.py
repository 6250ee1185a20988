"""Versions of a case in HTTP: `ETag` out, `If-Match` and `If-None-Match` in.

A case's version is the number of its latest event, but for being ranked again: its place in the queue is no part of
it. The tag also holds the status, which a lapsed lease changes without an event; a precondition goes by the version
alone, since a lapse is nothing that somebody did.
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from cases.errors import InvalidInputError
from cases.identity import Identity
from cases.precondition import Precondition
from cases.record import CaseStatus
from serving.api.problems import PreconditionRequiredError
from serving.services import identity

# A proxy that compresses makes a strong tag weak ("W/"); it names the same version.
_TAG = re.compile(r'(?:W/)?"([1-9][0-9]{0,18})(?:-[a-z]{1,16})?"')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1_000,
        description='The `ETag` of the case as it was seen, or `*` for "whatever it is now".',
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", max_length=1_000, description="The `ETag` of the case as it is known.")
]
# In the description of a route that asks for `OnlyAsSeen`.
MUST_BE_SEEN = {"x-must-be-seen": True}

Who = Annotated[Identity, Depends(identity)]


def tag_of(version: int, status: CaseStatus) -> str:
    """The tag of a case at this version and of this status."""
    return f'"{version}-{status.value}"'


def only_if(who: Who, if_match: IfMatch = None) -> Precondition:
    """FastAPI dependency: as the case must be for a caller who may say which version they saw.

    Raises:
        InvalidInputError: `If-Match` holds no tag of ours.
    """
    return Precondition(None if if_match is None else _versions(if_match), who.queues)


def only_as_seen(who: Who, if_match: IfMatch = None) -> Precondition:
    """FastAPI dependency: the same for what overrides others, where the caller must say what they saw.

    Raises:
        PreconditionRequiredError: There is no `If-Match`.
        InvalidInputError: It holds no tag of ours.
    """
    if if_match is None:
        raise PreconditionRequiredError(
            "'If-Match' must hold the case's ETag (got none); send the one that you saw, or * to go by no version"
        )
    return only_if(who, if_match)


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the caller has what the tag stands for."""
    if if_none_match is None:
        return False
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in known or "*" in known


def _versions(if_match: str) -> tuple[int, ...] | None:
    if if_match.strip() == "*":
        return None
    tags = [_TAG.fullmatch(part.strip()) for part in if_match.split(",")]
    found = tuple(int(tag[1]) for tag in tags if tag)
    if not found or len(found) != len(tags):
        raise InvalidInputError(
            "'If-Match' must be the ETag of a case, or * (got another text); send the one that the case came with",
            field="If-Match",
        )
    return found


OnlyIf = Annotated[Precondition, Depends(only_if)]
OnlyAsSeen = Annotated[Precondition, Depends(only_as_seen)]
