"""An example of each operation of the API, for its description; tests hold each to the models of its route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_CASE_ID = "0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"
_OTHER_CASE = "0199b3c4-0e1f-7a32-8b7c-91d2e3f4a5b6"
_REPORT_ID = "0199b3c0-7a50-7d42-8f13-6a7b8c9d0e1f"
_SCORE_ID = "0199b3c0-8d11-7e53-9a24-7b8c9d0e1f2a"
_DECISION_ID = "0199b3c9-2c33-7f64-ab35-8c9d0e1f2a3b"
_BULK_ID = "0199b3d0-4d44-7075-bc46-9d0e1f2a3b4c"
_MORNING, _LATER = "2026-03-01T09:30:00Z", "2026-03-01T09:45:00Z"

_REPORT: Json = {
    "source": "helpdesk",
    "external_id": "T-1001",
    "title": "Copied course",
    "description": "This lecture is my book, read aloud.",
    "channel": "email",
    "subject_kind": "course",
    "subject_ref": "c-77",
    "attributes": {"reach": 1200},
}
_MODEL: Json = {"name": "caseload-default", "version": "3", "sha256": "5f0c" * 16}
_CATEGORIES = [{"category": "intellectual_property", "name": "Intellectual property", "probability": 0.93}]
_SCORE: Json = {
    "case_ref": None,
    "case_id": _CASE_ID,
    "score_id": _SCORE_ID,
    "categories": _CATEGORIES,
    "tier": "apply",
    "shortlist": _CATEGORIES,
    "shortlists": {"0.9": ["intellectual_property"]},
    "novelty_p": 0.42,
    "novel": False,
    "sub_policy": "copied_course_or_lecture",
    "severity": {"level": 3, "shown": 3, "distribution": {"1": 0.02, "2": 0.18, "3": 0.7, "4": 0.1}},
    "priority": {"order_key": 1.75, "parts": {"harm": 2.5, "minutes": -0.75}},
    "raised": {"levels": 0, "reasons": []},
    "language": "en",
    "supported": True,
    "model": _MODEL,
    "taxonomy_version": 1,
    "assembly_version": 2,
    "seconds": 0.021,
}
_SUMMARY: Json = {
    "case_id": _CASE_ID,
    "status": "open",
    "received_at": _MORNING,
    "order_key": 1.75,
    "rank_parts": {"harm": 2.5, "minutes": -0.75},
    "queue": "main",
    "assigned_to": None,
    "hold_until": None,
    "appeal": False,
    "severity_set": None,
    "priority_set": None,
    "due": "2026-03-02T09:30:00Z",
    "subject": {"kind": "course", "ref": "c-77"},
    "title": "Copied course",
    "score": _SCORE,
}
_CASE: Json = {
    **_SUMMARY,
    "version": 812,
    "first_claimed_at": None,
    "decided_at": None,
    "content": {
        "version": 1,
        "title": "Copied course",
        "description": "This lecture is my book, read aloud.",
        "channel": "email",
        "attributes": {"reach": 1200},
    },
    "merged_into": None,
    "reports": [
        {
            "report_id": _REPORT_ID,
            "source": "helpdesk",
            "external_id": "T-1001",
            "channel": "email",
            "received_at": _MORNING,
            "subject": {"kind": "course", "ref": "c-77"},
        }
    ],
    "decisions": [],
    "notes": [],
}
_VERDICT: Json = {
    "category": "intellectual_property",
    "sub_policy": "copied_course_or_lecture",
    "severity": 3,
    "action": "remove_content",
    "reason": "clear_breach",
}
_DECISION: Json = {
    **_VERDICT,
    "decision_id": _DECISION_ID,
    "case_id": _CASE_ID,
    "other_categories": [],
    "decided_by": "ada",
    "decided_at": _LATER,
    "handling_seconds": 180.0,
    "score_id": _SCORE_ID,
    "suggestion": "accepted",
    "suggested_rank": 1,
    "reviews": None,
    "overturns": False,
    "after_reopening": False,
    "bulk_id": None,
}
_LEASE: Json = {"case_id": _CASE_ID, "holder": "ada", "token": 1, "expires_at": _LATER}
_HELD: Json = {"token": 1, "holder": "ada"}
_BY: Json = {"by": "eve"}
_ERASURE_ID = "0199b3d8-7f77-7297-9e68-bf2a3b4c5d6e"
_RECEIVER_ID = "0199b3d4-6e66-7186-8d57-ae1f2a3b4c5d"
_DELIVERY: Json = {
    "delivery_id": 17,
    "webhook_id": _RECEIVER_ID,
    "event_id": "evt_812",
    "kind": "case.decided",
    "about": _CASE_ID,
    "event_at": _LATER,
    "state": "pending",
    "attempts": 0,
    "next_at": _LATER,
    "last_status": "",
    "done_at": None,
}
_FILED: Json = {
    "report_id": _REPORT_ID,
    "case_id": _CASE_ID,
    "created": True,
    "score": _SCORE,
    "unscored": None,
}
_INBOUND: Json = {
    "ignored": None,
    "filed": _FILED,
    "triage": {
        "category": "intellectual_property",
        "category_confidence": "High",
        "severity": 3,
        "severity_confidence": "Medium",
        "tags": ["caseload_category_intellectual_property", "caseload_severity_3"],
    },
}
_BULK: Json = {
    "bulk_id": _BULK_ID,
    "cases": [
        {"case_id": _CASE_ID, "state": "free", "decision_id": _DECISION_ID},
        {"case_id": _OTHER_CASE, "state": "held", "decision_id": None},
    ],
}


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
    ("GET", "/health/ready"): Example(answer={"state": "ready", "reason": "", "model": _MODEL}),
    ("GET", "/v1/model"): Example(
        answer={
            "state": "ready",
            "reason": "",
            "model": _MODEL,
            "promoted_at": _MORNING,
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
                {**_SCORE, "case_ref": "a-1", "case_id": None, "score_id": None},
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
    ("POST", "/v1/cases"): Example(_REPORT, _FILED),
    ("POST", "/v1/cases/batch"): Example(
        {"reports": [_REPORT]},
        {
            "results": [
                {
                    "index": 0,
                    "status": 201,
                    "report_id": _REPORT_ID,
                    "case_id": _CASE_ID,
                    "created": True,
                    "problem": None,
                }
            ]
        },
    ),
    ("GET", "/v1/cases"): Example(answer={"cases": [_SUMMARY], "next_cursor": None}),
    ("GET", "/v1/cases/{case_id}"): Example(answer=_CASE),
    ("GET", "/v1/cases/{case_id}/events"): Example(
        answer={
            "case_id": _CASE_ID,
            "events": [
                {
                    "seq": 811,
                    "kind": "reported",
                    "at": _MORNING,
                    "actor": "helpdesk",
                    "data": {"report_id": _REPORT_ID, "content_version": 1},
                }
            ],
            "next_cursor": None,
        }
    ),
    ("POST", "/v1/cases/{case_id}/decision"): Example(
        {**_HELD, **_VERDICT, "handling_seconds": 180, "note": "Same voice, same slides."}, _DECISION
    ),
    ("POST", "/v1/cases/{case_id}/lease/renew"): Example({**_HELD, "lease_seconds": 900}, _LEASE),
    ("POST", "/v1/cases/{case_id}/lease/release"): Example(_HELD),
    ("POST", "/v1/cases/{case_id}/skip"): Example({**_HELD, "reason": "language"}, _CASE),
    ("POST", "/v1/cases/{case_id}/hold"): Example(
        {**_HELD, "until": "2026-12-01T09:00:00Z", "reason": "awaiting_reporter"}, _CASE
    ),
    ("POST", "/v1/cases/{case_id}/resume"): Example(_BY, _CASE),
    ("POST", "/v1/cases/{case_id}/assign"): Example({"to": "bob", **_BY}, {**_CASE, "assigned_to": "bob"}),
    ("POST", "/v1/cases/{case_id}/unassign"): Example(_BY, _CASE),
    ("POST", "/v1/cases/{case_id}/escalate"): Example(
        {**_HELD, "team": "legal", "note": "A law firm asks."}, {**_CASE, "queue": "legal"}
    ),
    ("POST", "/v1/cases/{case_id}/move"): Example({"queue": "legal", **_BY}, {**_CASE, "queue": "legal"}),
    ("POST", "/v1/cases/{case_id}/reopen"): Example({"reason": "new_evidence", **_BY}, _CASE),
    ("POST", "/v1/cases/{case_id}/appeal"): Example(
        {"by": "u-9", "note": "The lecture is my own."}, {**_CASE, "appeal": True}
    ),
    ("POST", "/v1/cases/{case_id}/undo"): Example(_BY, _DECISION),
    ("POST", "/v1/cases/{case_id}/severity"): Example(
        {"severity": 2, "reason": "misjudged", **_BY}, {**_CASE, "severity_set": 2}
    ),
    ("POST", "/v1/cases/{case_id}/priority"): Example(
        {"priority": "high", "reason": "deadline", **_BY}, {**_CASE, "priority_set": "high"}
    ),
    ("POST", "/v1/cases/{case_id}/merge"): Example({"into": _OTHER_CASE, **_BY}, {**_CASE, "case_id": _OTHER_CASE}),
    ("POST", "/v1/reports/{report_id}/split"): Example(_BY, {"report_id": _REPORT_ID, "case_id": _OTHER_CASE}),
    ("POST", "/v1/bulk/preview"): Example(
        {"case_ids": [_CASE_ID, _OTHER_CASE], "by": "ada"},
        {"cases": [{**item, "decision_id": None} for item in _BULK["cases"]]},
    ),
    ("POST", "/v1/bulk/decide"): Example({"case_ids": [_CASE_ID, _OTHER_CASE], "by": "ada", **_VERDICT}, _BULK),
    ("POST", "/v1/bulk/{bulk_id}/undo"): Example(
        _BY, {"bulk_id": _BULK_ID, "cases": [{**_BULK["cases"][0], "state": "withdrawn"}]}
    ),
    ("GET", "/v1/queue"): Example(
        answer={"cases": [_SUMMARY], "next_cursor": None, "length": 1, "limit": 50, "offset": 0}
    ),
    ("POST", "/v1/queue/claim"): Example(
        {"holder": "ada", "lease_seconds": 900, "queues": ["main", "legal"]},
        {"lease": _LEASE, "case": {**_CASE, "status": "claimed", "version": 813}},
    ),
    ("POST", "/v1/inbound/zendesk/{source}"): Example(
        {
            "type": "zen:event-type:ticket.created",
            "id": "0b1c2d3e",
            "detail": {"id": "1001", "subject": "Copied course", "description": "This lecture is my book."},
        },
        _INBOUND,
    ),
    ("POST", "/v1/inbound/generic/{source}"): Example(
        {name: value for name, value in _REPORT.items() if name != "source"}, _INBOUND
    ),
    ("GET", "/v1/webhooks"): Example(
        answer={
            "webhooks": [
                {
                    "webhook_id": _RECEIVER_ID,
                    "url": "https://support.example.org/hooks/caseload",
                    "events": ["case.decided", "case.overturned"],
                    "created_at": _MORNING,
                    "old_secret_until": None,
                    "paused_at": None,
                    "paused_because": None,
                    "removed_at": None,
                }
            ]
        }
    ),
    ("GET", "/v1/webhooks/deliveries"): Example(answer={"deliveries": [_DELIVERY], "next_cursor": None}),
    ("POST", "/v1/webhooks/deliveries/{delivery_id}/replay"): Example(answer=_DELIVERY),
    ("POST", "/v1/webhooks/{webhook_id}/replay"): Example({"since": "2026-11-01T00:00:00Z"}, {"replayed": 3}),
    ("POST", "/v1/erasures"): Example(
        {"reporter": "r-5", "source": "helpdesk", "confirm": True},
        {
            "erasure_id": _ERASURE_ID,
            "erased": True,
            "counts": {"reports": 2, "cases": 1},
            "exports": 0,
            "pending": ["models", "tracker"],
        },
    ),
    ("GET", "/v1/erasures/{erasure_id}"): Example(
        answer={
            "erasure_id": _ERASURE_ID,
            "kind": "reporter",
            "at": _LATER,
            "by": "privacy-desk",
            "counts": {"reports": 2, "cases": 1},
            "pending": [],
            "finished_at": "2026-03-01T09:45:07Z",
        }
    ),
}
