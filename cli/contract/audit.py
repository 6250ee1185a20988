"""What `--json` answers of `caseload audit`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from cases.seals import Wrong
from cli.contract.base import Answer

_HEAD = r"^[0-9a-f]{64}$"


class AuditHeadAnswer(Answer):
    """`caseload audit head --json`; `caseload audit verify --head` takes it."""

    schema_: Literal["caseload.audit-head/1"] = Field(default="caseload.audit-head/1", alias="schema")
    seal: int = Field(ge=0, description="The last seal's number; 0 before the first.")
    head: str = Field(pattern=_HEAD, description="Its head; zeros before the first.")
    events: int = Field(ge=0, description="How many events are sealed up to there.")
    sealed_at: datetime | None = Field(description="When it was made; null before the first.")


class AuditSealAnswer(Answer):
    """`caseload audit seal --json`."""

    schema_: Literal["caseload.audit-seal/1"] = Field(default="caseload.audit-seal/1", alias="schema")
    seals: int = Field(ge=0, description="How many seals were made.")
    seal: int = Field(ge=0, description="The last seal's number then; 0 before the first.")
    head: str = Field(pattern=_HEAD, description="Its head.")
    events: int = Field(ge=0, description="How many events are sealed in all.")


class AuditFinding(Answer):
    """The first thing that is wrong."""

    what: Wrong
    says: str = Field(description="It in words; numbers only, never a name or a text.")
    seal: int | None = Field(description="The seal where it was found; null where it was at none.")
    event: int | None = Field(description="The event; null where it is not known which, or it is none.")


class AuditVerifyAnswer(Answer):
    """`caseload audit verify --json`."""

    schema_: Literal["caseload.audit-verify/1"] = Field(default="caseload.audit-verify/1", alias="schema")
    holds: bool = Field(description="Whether nothing is wrong.")
    seals: int = Field(ge=0, description="How many seals hold; those before the first thing that is wrong.")
    sealed: int = Field(ge=0, description="How many events they seal.")
    unsealed: int | None = Field(description="Events that no seal has taken in yet; null where something is wrong.")
    unkeyed: int = Field(ge=0, description="How many of the seals were made without a key.")
    head: str = Field(pattern=_HEAD, description="Of the last seal that holds; zeros where there is none.")
    wrong: AuditFinding | None = Field(description="Null: nothing is.")
