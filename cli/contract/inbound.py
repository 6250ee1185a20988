"""What `--json` answers of `caseload inbound`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field

from cases.inbound import InboundKind
from cli.contract.base import Answer


class ListedSource(Answer):
    """A system that may send reports signed, or once might."""

    model_config = ConfigDict(from_attributes=True)

    source: str = Field(description="The reports' source, which stands in the path.")
    kind: InboundKind = Field(description="How it signs.")
    created_at: datetime
    old_until: datetime | None = Field(
        description="Until when the secret of before is taken too; null where there is none."
    )
    removed_at: datetime | None = Field(description="When it was let in no more; null where it still is.")


class InboundAnswer(Answer):
    """`caseload inbound list --json`."""

    schema_: Literal["caseload.inbound/1"] = Field(default="caseload.inbound/1", alias="schema")
    sources: list[ListedSource] = Field(description="By name, those removed too; never a secret.")
