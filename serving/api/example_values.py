"""The one case that the API's examples tell of: its report, score, decision, and who is told."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


CASE_ID = "0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"


OTHER_CASE = "0199b3c4-0e1f-7a32-8b7c-91d2e3f4a5b6"


REPORT_ID = "0199b3c0-7a50-7d42-8f13-6a7b8c9d0e1f"


SCORE_ID = "0199b3c0-8d11-7e53-9a24-7b8c9d0e1f2a"


DECISION_ID = "0199b3c9-2c33-7f64-ab35-8c9d0e1f2a3b"


BULK_ID = "0199b3d0-4d44-7075-bc46-9d0e1f2a3b4c"


MORNING = "2026-03-01T09:30:00Z"


LATER = "2026-03-01T09:45:00Z"


REPORT: Json = {
    "source": "helpdesk",
    "external_id": "T-1001",
    "title": "Copied course",
    "description": "This lecture is my book, read aloud.",
    "channel": "email",
    "subject_kind": "course",
    "subject_ref": "c-77",
    "attributes": {"reach": 1200},
}


MODEL: Json = {"name": "caseload-default", "version": "3", "sha256": "5f0c" * 16}


CATEGORIES = [{"category": "intellectual_property", "name": "Intellectual property", "probability": 0.93}]


SCORE: Json = {
    "case_ref": None,
    "case_id": CASE_ID,
    "score_id": SCORE_ID,
    "categories": CATEGORIES,
    "tier": "apply",
    "shortlist": CATEGORIES,
    "shortlists": {"0.9": ["intellectual_property"]},
    "novelty_p": 0.42,
    "novel": False,
    "sub_policy": "copied_course_or_lecture",
    "severity": {"level": 3, "shown": 3, "distribution": {"1": 0.02, "2": 0.18, "3": 0.7, "4": 0.1}},
    "priority": {"order_key": 1.75, "parts": {"harm": 2.5, "minutes": -0.75}},
    "raised": {"levels": 0, "reasons": []},
    "language": "en",
    "supported": True,
    "model": MODEL,
    "taxonomy_version": 1,
    "assembly_version": 2,
    "seconds": 0.021,
}


SUMMARY: Json = {
    "case_id": CASE_ID,
    "status": "open",
    "received_at": MORNING,
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
    "score": SCORE,
}


CASE: Json = {
    **SUMMARY,
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
            "report_id": REPORT_ID,
            "source": "helpdesk",
            "external_id": "T-1001",
            "channel": "email",
            "received_at": MORNING,
            "subject": {"kind": "course", "ref": "c-77"},
        }
    ],
    "decisions": [],
    "notes": [],
}


VERDICT: Json = {
    "category": "intellectual_property",
    "sub_policy": "copied_course_or_lecture",
    "severity": 3,
    "action": "remove_content",
    "reason": "clear_breach",
}


DECISION: Json = {
    **VERDICT,
    "decision_id": DECISION_ID,
    "case_id": CASE_ID,
    "other_categories": [],
    "decided_by": "ada",
    "decided_at": LATER,
    "handling_seconds": 180.0,
    "score_id": SCORE_ID,
    "suggestion": "accepted",
    "suggested_rank": 1,
    "reviews": None,
    "overturns": False,
    "after_reopening": False,
    "bulk_id": None,
}


LEASE: Json = {"case_id": CASE_ID, "holder": "ada", "token": 1, "expires_at": LATER}


HELD: Json = {"token": 1, "holder": "ada"}


BY: Json = {"by": "eve"}


ERASURE_ID = "0199b3d8-7f77-7297-9e68-bf2a3b4c5d6e"


RECEIVER_ID = "0199b3d4-6e66-7186-8d57-ae1f2a3b4c5d"


DELIVERY: Json = {
    "delivery_id": 17,
    "webhook_id": RECEIVER_ID,
    "event_id": "evt_812",
    "kind": "case.decided",
    "about": CASE_ID,
    "event_at": LATER,
    "state": "pending",
    "attempts": 0,
    "next_at": LATER,
    "last_status": "",
    "done_at": None,
}


FIRE_ID = "0199b3dc-8a88-73a8-8f79-c03b4c5d6e7f"


BURNING: Json = {
    "fire_id": FIRE_ID,
    "kind": "burst_of_category",
    "category": "intellectual_property",
    "window_seconds": 3600,
    "count": 14,
    "expected": 1.1,
    "p_value": 2.4e-11,
    "teams": ["legal"],
    "case_ids": [CASE_ID, OTHER_CASE],
}


FIRE: Json = {
    **BURNING,
    "subject": None,
    "started_at": MORNING,
    "seen_at": LATER,
    "latest": 17,
    "ended_at": None,
    "ended_because": None,
    "ended_by": None,
    "note": None,
}


FILED: Json = {
    "report_id": REPORT_ID,
    "case_id": CASE_ID,
    "created": True,
    "score": SCORE,
    "unscored": None,
}


INBOUND: Json = {
    "ignored": None,
    "filed": FILED,
    "triage": {
        "category": "intellectual_property",
        "category_confidence": "High",
        "severity": 3,
        "severity_confidence": "Medium",
        "tags": ["caseload_category_intellectual_property", "caseload_severity_3"],
    },
}


BULK: Json = {
    "bulk_id": BULK_ID,
    "cases": [
        {"case_id": CASE_ID, "state": "free", "decision_id": DECISION_ID},
        {"case_id": OTHER_CASE, "state": "held", "decision_id": None},
    ],
}
