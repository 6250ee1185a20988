"""What `--json` answers of the command that drafts letters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cli.contract.base import Answer as Answer  # noqa: PLC0414 - it is part of this contract


class DraftFinding(Answer):
    """What is to be mended; places count the characters of the subject line, two line ends and the body from 0."""

    start: int
    end: int = Field(description="Not included; as `start` where something is missing.")
    rule: str
    level: str = Field(description="error: the letter must not go out so; warning: advice.")
    why: str
    suggestion: str


class DraftAnswer(Answer):
    """`caseload draft --json`."""

    schema_: Literal["caseload.draft/1"] = Field(default="caseload.draft/1", alias="schema")
    case_id: str
    audience: str = Field(description="instructor, student, user, reporter or statement.")
    subject_line: str
    body: str = Field(description="Plain text; empty where the letter is withheld.")
    withheld: str = Field(description="Why no message is to be sent; empty where one may be.")
    template_id: str
    template_version: str
    language: str
    findings: list[DraftFinding]
    transparency_record: dict[str, Any] | None = Field(
        description="As the DSA Transparency Database takes it; of the statement of reasons alone."
    )
