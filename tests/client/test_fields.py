"""The client's answers have the fields of the service's: none is missing, none is waited for in vain."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

import caseload_client as client
from caseload_client import answers_admin
from serving.api import (
    answers,
    answers_fires,
    answers_handling,
    answers_scores,
    answers_webhooks,
    explanation_answers,
    schemas_privacy,
)

PAIRS: list[tuple[type[BaseModel], type[BaseModel]]] = [
    (client.FieldProblem, answers.ProblemItem),
    (client.Problem, answers.Problem),
    (client.ItemProblem, answers.ItemProblem),
    (client.ModelIdentity, answers_scores.ModelIdentity),
    (client.SuggestedCategory, answers_scores.CategoryAnswer),
    (client.Severity, answers_scores.SeverityAnswer),
    (client.Priority, answers_scores.PriorityAnswer),
    (client.Raised, answers_scores.RaisedAnswer),
    (client.Score, explanation_answers.ExplainedScoreAnswer),
    (client.Why, explanation_answers.WhyAnswer),
    (client.Sentence, explanation_answers.SentenceAnswer),
    (client.Word, explanation_answers.WordAnswer),
    (client.Signal, explanation_answers.SignalAnswer),
    (client.Padding, explanation_answers.PaddingAnswer),
    (client.Precedent, explanation_answers.PrecedentAnswer),
    (client.Model, answers_scores.ModelAnswer),
    (client.Live, answers_scores.LiveAnswer),
    (client.Ready, answers_scores.ReadyAnswer),
    (client.Filed, answers.FiledAnswer),
    (client.Unscored, answers_scores.ReasonAnswer),
    (client.Subject, answers.SubjectAnswer),
    (client.Content, answers.ContentAnswer),
    (client.Report, answers.ReportAnswer),
    (client.Decision, answers.DecisionAnswer),
    (client.Note, answers.NoteAnswer),
    (client.CaseSummary, answers.CaseSummary),
    (client.Case, answers.CaseAnswer),
    (client.Lease, answers.LeaseAnswer),
    (client.Claim, answers.ClaimAnswer),
    (client.CasesPage, answers.CasesAnswer),
    (client.EventsPage, answers_handling.EventsAnswer),
    (client.Event, answers_handling.EventAnswer),
    (client.Split, answers_handling.SplitAnswer),
    (client.BulkItem, answers_handling.BulkItemAnswer),
    (client.BulkPreview, answers_handling.BulkPreviewAnswer),
    (client.Bulk, answers_handling.BulkAnswer),
    (client.Receiver, answers_webhooks.WebhookAnswer),
    (answers_admin.Receivers, answers_webhooks.WebhooksAnswer),
    (client.Delivery, answers_webhooks.DeliveryAnswer),
    (client.DeliveriesPage, answers_webhooks.DeliveriesAnswer),
    (client.Fire, answers_fires.FireAnswer),
    (client.FiresPage, answers_fires.FiresAnswer),
    (client.FireStarted, answers_fires.FireStarted),
    (client.FireEnded, answers_fires.FireEnded),
    (client.Replayed, answers_webhooks.ReplayedAnswer),
    (client.Erased, schemas_privacy.EraseAnswer),
    (client.Erasure, schemas_privacy.ErasureAnswer),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda model: model.__name__)
def test_each_field_that_is_answered_is_in_the_client(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert set(ours.model_fields) == set(theirs.model_fields)


def test_of_the_queue_the_client_leaves_out_what_is_deprecated_or_was_asked() -> None:
    assert set(answers.QueueAnswer.model_fields) - set(client.QueuePage.model_fields) == {"limit", "offset"}


def test_a_batchs_report_is_told_as_one_that_was_filed_alone() -> None:
    told = set(answers.FiledItemAnswer.model_fields)
    assert told == {"index", "status", "report_id", "case_id", "created", "problem"}
    assert {"report_id", "case_id", "created"} <= set(client.Filed.model_fields)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda model: model.__name__)
def test_what_may_be_null_may_be_none(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    def nullable(model: type[BaseModel]) -> set[str]:
        properties = model.model_json_schema()["properties"]
        return {name for name, said in properties.items() if {"type": "null"} in said.get("anyOf", []) or said == {}}

    # A list of what is wrong is empty where there is none.
    assert nullable(theirs) - nullable(ours) <= {"errors"}
