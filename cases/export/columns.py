"""The columns of each export, with their kinds: so a file has its header before, and without, its first row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from cases.store.exporting import TableName

# "json" is text that holds a JSON list or object.
Kind = Literal["text", "time", "number", "whole", "truth", "json"]

COLUMNS: Mapping[TableName, Mapping[str, Kind]] = {
    "cases": {
        "id": "text",
        "subject_kind": "text",
        "subject_external_id": "text",
        "status": "text",
        "received_at": "time",
        "first_claimed_at": "time",
        "decided_at": "time",
        "order_key": "number",
        "reports": "whole",
        "content_version": "whole",
        "channel": "text",
        "title": "text",
        "description": "text",
        "attributes": "json",
    },
    "decisions": {
        "id": "text",
        "case_id": "text",
        "content_id": "text",
        "category": "text",
        "sub_policy": "text",
        "other_categories": "json",
        "severity": "whole",
        "action": "text",
        "reason": "text",
        "decided_by": "text",
        "decided_at": "time",
        "claimed_at": "time",
        "handling_seconds": "number",
        "lease_token": "whole",
        "score_id": "text",
        "suggestion": "text",
        "suggestion_shown": "truth",
        "suggested_rank": "whole",
        "reviews": "text",
        "overturns": "truth",
    },
    "scores": {
        "id": "text",
        "case_id": "text",
        "content_id": "text",
        "model": "text",
        "model_version": "text",
        "taxonomy_version": "whole",
        "assembly_version": "whole",
        "encoder_hash": "text",
        "created_at": "time",
        "category": "json",
        "severity": "json",
        "priority": "json",
        "top_category": "text",
        "top_severity": "whole",
        "order_key": "number",
        "language": "text",
        "seconds": "number",
        "fallback": "truth",
        "severity_level": "whole",
        "tier": "text",
        "shortlist": "json",
        "novelty_p": "number",
        "sub_policy": "text",
        "minutes": "number",
        "by_lot": "truth",
        "propensity": "number",
    },
}
