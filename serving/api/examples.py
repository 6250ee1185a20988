"""An example of each operation of the API, for its description; tests hold each to the models of its route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.api.example_values import (
    BULK,
    BULK_ID,
    BY,
    CASE,
    CASE_ID,
    DECISION,
    DELIVERY,
    ERASURE_ID,
    FILED,
    FIRE,
    HELD,
    INBOUND,
    LATER,
    LEASE,
    MODEL,
    MORNING,
    OTHER_CASE,
    RECEIVER_ID,
    REPORT,
    REPORT_ID,
    SCORE,
    SUMMARY,
    VERDICT,
    Json,
)


@dataclass(frozen=True, slots=True)
class Example:
    """One request and what it is answered.

    Attributes:
        request: Its body; None where it has none.
        answer: The answer's body; None where it has none.
    """

    request: Json | None = None
    answer: Json | None = None


EXAMPLES: Mapping[tuple[str, str], Example] = {
    ("GET", "/health/live"): Example(answer={"status": "alive"}),
    ("GET", "/health/ready"): Example(answer={"state": "ready", "reason": "", "model": MODEL}),
    ("GET", "/v1/model"): Example(
        answer={
            "state": "ready",
            "reason": "",
            "model": MODEL,
            "promoted_at": MORNING,
            "promoted_by": "grace",
            "taxonomy_version": 1,
            "model_taxonomy_version": 1,
            "assembly_version": 2,
            "encoder_hash": "9a1b" * 16,
            "categories": ["intellectual_property", "spam_promotion"],
            "unlearned_categories": [],
            "severity_levels": [1, 2, 3, 4],
        }
    ),
    ("POST", "/v1/score"): Example(
        {"cases": [{"case_ref": "a-1", "description": "This lecture is my book."}, {"description": ""}]},
        {
            "scores": [
                {**SCORE, "case_ref": "a-1", "case_id": None, "score_id": None},
                {
                    "case_ref": None,
                    "problem": {
                        "code": "invalid_input",
                        "status": 422,
                        "detail": "'cases.1.description': must hold text, not blanks alone",
                        "field": "cases.1.description",
                        "errors": [{"field": "cases.1.description", "message": "must hold text, not blanks alone"}],
                    },
                },
            ]
        },
    ),
    ("POST", "/v1/cases"): Example(REPORT, FILED),
    ("POST", "/v1/cases/batch"): Example(
        {"reports": [REPORT]},
        {
            "results": [
                {
                    "index": 0,
                    "status": 201,
                    "report_id": REPORT_ID,
                    "case_id": CASE_ID,
                    "created": True,
                    "problem": None,
                }
            ]
        },
    ),
    ("GET", "/v1/cases"): Example(answer={"cases": [SUMMARY], "next_cursor": None}),
    ("GET", "/v1/cases/{case_id}"): Example(answer=CASE),
    ("GET", "/v1/cases/{case_id}/events"): Example(
        answer={
            "case_id": CASE_ID,
            "events": [
                {
                    "seq": 811,
                    "kind": "reported",
                    "at": MORNING,
                    "actor": "helpdesk",
                    "data": {"report_id": REPORT_ID, "content_version": 1},
                }
            ],
            "next_cursor": None,
        }
    ),
    ("POST", "/v1/cases/{case_id}/decision"): Example(
        {**HELD, **VERDICT, "handling_seconds": 180, "note": "Same voice, same slides."}, DECISION
    ),
    ("POST", "/v1/cases/{case_id}/lease/renew"): Example({**HELD, "lease_seconds": 900}, LEASE),
    ("POST", "/v1/cases/{case_id}/lease/release"): Example(HELD),
    ("POST", "/v1/cases/{case_id}/skip"): Example({**HELD, "reason": "language"}, CASE),
    ("POST", "/v1/cases/{case_id}/hold"): Example(
        {**HELD, "until": "2026-12-01T09:00:00Z", "reason": "awaiting_reporter"}, CASE
    ),
    ("POST", "/v1/cases/{case_id}/resume"): Example(BY, CASE),
    ("POST", "/v1/cases/{case_id}/assign"): Example({"to": "bob", **BY}, {**CASE, "assigned_to": "bob"}),
    ("POST", "/v1/cases/{case_id}/unassign"): Example(BY, CASE),
    ("POST", "/v1/cases/{case_id}/escalate"): Example(
        {**HELD, "team": "legal", "note": "A law firm asks."}, {**CASE, "queue": "legal"}
    ),
    ("POST", "/v1/cases/{case_id}/move"): Example({"queue": "legal", **BY}, {**CASE, "queue": "legal"}),
    ("POST", "/v1/cases/{case_id}/reopen"): Example({"reason": "new_evidence", **BY}, CASE),
    ("POST", "/v1/cases/{case_id}/appeal"): Example(
        {"by": "u-9", "note": "The lecture is my own."}, {**CASE, "appeal": True}
    ),
    ("POST", "/v1/cases/{case_id}/undo"): Example(BY, DECISION),
    ("POST", "/v1/cases/{case_id}/severity"): Example(
        {"severity": 2, "reason": "misjudged", **BY}, {**CASE, "severity_set": 2}
    ),
    ("POST", "/v1/cases/{case_id}/priority"): Example(
        {"priority": "high", "reason": "deadline", **BY}, {**CASE, "priority_set": "high"}
    ),
    ("POST", "/v1/cases/{case_id}/merge"): Example({"into": OTHER_CASE, **BY}, {**CASE, "case_id": OTHER_CASE}),
    ("POST", "/v1/reports/{report_id}/split"): Example(BY, {"report_id": REPORT_ID, "case_id": OTHER_CASE}),
    ("POST", "/v1/bulk/preview"): Example(
        {"case_ids": [CASE_ID, OTHER_CASE], "by": "ada"},
        {"cases": [{**item, "decision_id": None} for item in BULK["cases"]]},
    ),
    ("POST", "/v1/bulk/decide"): Example({"case_ids": [CASE_ID, OTHER_CASE], "by": "ada", **VERDICT}, BULK),
    ("POST", "/v1/bulk/{bulk_id}/undo"): Example(
        BY, {"bulk_id": BULK_ID, "cases": [{**BULK["cases"][0], "state": "withdrawn"}]}
    ),
    ("GET", "/v1/queue"): Example(
        answer={"cases": [SUMMARY], "next_cursor": None, "length": 1, "limit": 50, "offset": 0}
    ),
    ("POST", "/v1/queue/claim"): Example(
        {"holder": "ada", "lease_seconds": 900, "queues": ["main", "legal"]},
        {"lease": LEASE, "case": {**CASE, "status": "claimed", "version": 813}},
    ),
    ("POST", "/v1/inbound/zendesk/{source}"): Example(
        {
            "type": "zen:event-type:ticket.created",
            "id": "0b1c2d3e",
            "detail": {"id": "1001", "subject": "Copied course", "description": "This lecture is my book."},
        },
        INBOUND,
    ),
    ("POST", "/v1/inbound/generic/{source}"): Example(
        {name: value for name, value in REPORT.items() if name != "source"}, INBOUND
    ),
    ("GET", "/v1/fires"): Example(answer={"fires": [FIRE], "next_cursor": None}),
    ("GET", "/v1/webhooks"): Example(
        answer={
            "webhooks": [
                {
                    "webhook_id": RECEIVER_ID,
                    "url": "https://support.example.org/hooks/caseload",
                    "events": ["case.decided", "case.overturned"],
                    "created_at": MORNING,
                    "old_secret_until": None,
                    "paused_at": None,
                    "paused_because": None,
                    "removed_at": None,
                }
            ]
        }
    ),
    ("GET", "/v1/webhooks/deliveries"): Example(answer={"deliveries": [DELIVERY], "next_cursor": None}),
    ("POST", "/v1/webhooks/deliveries/{delivery_id}/replay"): Example(answer=DELIVERY),
    ("POST", "/v1/webhooks/{webhook_id}/replay"): Example({"since": "2026-11-01T00:00:00Z"}, {"replayed": 3}),
    ("POST", "/v1/erasures"): Example(
        {"reporter": "r-5", "source": "helpdesk", "confirm": True},
        {
            "erasure_id": ERASURE_ID,
            "erased": True,
            "counts": {"reports": 2, "cases": 1},
            "exports": 0,
            "pending": ["models", "tracker"],
        },
    ),
    ("GET", "/v1/erasures/{erasure_id}"): Example(
        answer={
            "erasure_id": ERASURE_ID,
            "kind": "reporter",
            "at": LATER,
            "by": "privacy-desk",
            "counts": {"reports": 2, "cases": 1},
            "pending": [],
            "finished_at": "2026-03-01T09:45:07Z",
        }
    ),
}
