"""What `--json` answers of the commands that bring the record in, take it out and move its tables."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cli.contract.base import Answer as Answer  # noqa: PLC0414 - it is part of this contract


class RejectedRow(Answer):
    """A row that was not taken; what it held is never repeated."""

    row: int
    column: str
    length: int
    kind: str
    expected: str


class ImportAnswer(Answer):
    """`caseload import --json`."""

    schema_: Literal["caseload.import/1"] = Field(default="caseload.import/1", alias="schema")
    dry_run: bool
    read: int = Field(description="Rows read; each was accepted or rejected.")
    accepted: int
    created: int = Field(description="Reports that were new; 0 on a dry run.")
    known: int = Field(description="Reports that were known already; nothing changed for them.")
    decided: int = Field(description="Past decisions among the accepted rows.")
    rejected: int
    dropped_characters: int = Field(description="NULs and lone surrogates left out of accepted texts.")
    ignored_columns: list[str] = Field(description="The source's columns that feed no field.")
    stopped: bool = Field(description="True where the source could not be read to its end.")
    rejections: list[RejectedRow] = Field(description="The first 1,000.")


class ExportAnswer(Answer):
    """`caseload export --json`."""

    schema_: Literal["caseload.export/1"] = Field(default="caseload.export/1", alias="schema")
    path: str
    rows: int = Field(description="Rows written, the header not counted.")
    sheets: int
    guarded_cells: int = Field(description="Texts that got an apostrophe so that no spreadsheet runs them.")
    cut_cells: int = Field(description="Texts of which Excel holds only the first 32,767 characters.")
    dropped_characters: int = Field(description="Control characters left out.")


class DatabaseAnswer(Answer):
    """`caseload db status --json`."""

    schema_: Literal["caseload.db-status/1"] = Field(default="caseload.db-status/1", alias="schema")
    database: str = Field(description="Its URL, without the password.")
    revision: str | None = Field(description="What it is at; null before the first migration.")
    ready: bool = Field(description="Whether it is at this version's schema.")
    undecided: int | None = Field(description="How many cases wait; null where it is not ready.")
    champion: str | None = Field(description="The model that serves, name/version; null where there is none.")
