"""What `--json` answers of the commands about who may do what."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from cases.identity import Role
from cli.contract.base import Answer


class ListedCaller(Answer):
    """A system that may call the service, or once might."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    roles: list[Role] = Field(description="What it may do, by docs/api.md.")
    queues: list[str] | None = Field(description="The queues whose cases it sees and works; null for all.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When its key ends; null for never.")
    old_expires_at: datetime | None = Field(
        description="Until when its key from before a rotation is let in too; null where there was none."
    )
    revoked_at: datetime | None = Field(description="When it was let in no more; null where it still is.")


class CallersAnswer(Answer):
    """`caseload caller list --json`."""

    schema_: Literal["caseload.callers/1"] = Field(default="caseload.callers/1", alias="schema")
    callers: list[ListedCaller] = Field(description="By name, the revoked ones too; never a key.")


class ListedPerson(Answer):
    """Somebody whom a trusted proxy may sign in, or once might."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    roles: list[Role] = Field(description="What they may do, by docs/api.md.")
    queues: list[str] | None = Field(description="The queues whose cases they see and work; null for all.")
    created_at: datetime
    removed_at: datetime | None = Field(description="When they were let in no more; null where they still are.")


class PeopleAnswer(Answer):
    """`caseload person list --json`."""

    schema_: Literal["caseload.people/1"] = Field(default="caseload.people/1", alias="schema")
    people: list[ListedPerson] = Field(description="By name, those removed too.")
