"""What `--json` answers: a versioned contract, one model for each command that has the option.

docs/schemas/<command>-<version>.json are the JSON Schemas; a test holds them and these together. Change one on
purpose, with a new number and a note in CHANGELOG.md. Probabilities keep all their digits.
"""

from __future__ import annotations

from typing import Any

from cli.contract.audit import AuditHeadAnswer, AuditSealAnswer, AuditVerifyAnswer
from cli.contract.base import Answer as Answer  # noqa: PLC0414 - it is part of this contract
from cli.contract.fires import FiresAnswer
from cli.contract.handling import BulkAnswer, HandledAnswer, HistoryAnswer
from cli.contract.inbound import InboundAnswer
from cli.contract.learning import (
    CompareAnswer,
    DriftAnswer,
    EvaluateAnswer,
    ExplainAnswer,
    ScoreAnswer,
    SuspectsAnswer,
)
from cli.contract.letters import DraftAnswer
from cli.contract.privacy import ErasureAnswer, FinishAnswer, RetentionAnswer
from cli.contract.queue import ClaimAnswer, DecideAnswer, QueueAnswer
from cli.contract.record import DatabaseAnswer, ExportAnswer, ImportAnswer
from cli.contract.replay import ReplayAnswer
from cli.contract.rights import CallersAnswer, PeopleAnswer
from cli.contract.webhooks import DeadLettersAnswer, WebhookAddedAnswer, WebhooksAnswer

ANSWERS: tuple[type[Answer], ...] = (
    QueueAnswer,
    ClaimAnswer,
    DecideAnswer,
    DraftAnswer,
    HandledAnswer,
    BulkAnswer,
    HistoryAnswer,
    ImportAnswer,
    ExportAnswer,
    ScoreAnswer,
    ExplainAnswer,
    DatabaseAnswer,
    AuditSealAnswer,
    AuditHeadAnswer,
    AuditVerifyAnswer,
    CallersAnswer,
    PeopleAnswer,
    WebhookAddedAnswer,
    WebhooksAnswer,
    DeadLettersAnswer,
    FiresAnswer,
    InboundAnswer,
    ErasureAnswer,
    FinishAnswer,
    RetentionAnswer,
    CompareAnswer,
    EvaluateAnswer,
    DriftAnswer,
    SuspectsAnswer,
    ReplayAnswer,
)


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each answer, by the name of its file in docs/schemas."""
    schemas = {}
    for answer in ANSWERS:
        name = answer.model_fields["schema_"].default.removeprefix("caseload.")
        schemas[name.replace("/", "-") + ".json"] = answer.model_json_schema(by_alias=True)
    return schemas
