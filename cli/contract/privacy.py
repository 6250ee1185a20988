"""What `--json` answers of `caseload erase` and `caseload retain`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cases.erasure import Place
from cli.contract.base import Answer


class ErasureAnswer(Answer):
    """`caseload erase --json`."""

    schema_: Literal["caseload.erasure/1"] = Field(default="caseload.erasure/1", alias="schema")
    erased: bool = Field(description="False: nothing changed.")
    erasure_id: str | None = Field(description="Of the record of it; null where nothing was erased.")
    counts: dict[str, int] = Field(description="How many were, or would be, erased, by name.")
    exports: list[str] = Field(description="Of a preview: files of exports in CASELOAD_HOME that would go, too.")
    pending: list[Place] = Field(description="Where it has yet to reach; `caseload erase --finish` goes on.")


class FinishAnswer(Answer):
    """`caseload erase --finish --json`."""

    schema_: Literal["caseload.erasures-finished/1"] = Field(default="caseload.erasures-finished/1", alias="schema")
    finished: int = Field(ge=0, description="Erasures that have now reached every place.")
    left: int = Field(ge=0, description="Those that have not.")


class RetentionAnswer(Answer):
    """`caseload retain --json`."""

    schema_: Literal["caseload.retention/1"] = Field(default="caseload.retention/1", alias="schema")
    erased: bool = Field(description="False: nothing changed.")
    days_text: int = Field(ge=0, description="CASELOAD_RETAIN_DAYS_TEXT; 0: kept.")
    days_identity: int = Field(ge=0, description="CASELOAD_RETAIN_DAYS_IDENTITY; 0: kept.")
    counts: dict[str, int] = Field(description="How many were, or would be, erased, by name.")
    pending: list[Place] = Field(description="Where it has yet to reach; the same again goes on.")
