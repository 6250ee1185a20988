"""The webhooks of the OpenAPI document: what receivers of events are sent. docs/webhooks.md says when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from cases.telling import Told
from serving.api.answers_fires import FireEnded, FireStarted
from serving.api.example_values import BURNING, FIRE_ID, LATER, MORNING, Json

_SCHEMA = "#/components/schemas/{model}"
_CATEGORY = "intellectual_property"

# Whose data has a schema of its own, with an example; of the others docs/webhooks.md lists the fields.
MODELS: Mapping[Told, tuple[type[BaseModel], Json]] = {
    Told.FIRE_STARTED: (FireStarted, {**BURNING, "subject_id": None}),
    Told.FIRE_ENDED: (
        FireEnded,
        {
            "fire_id": FIRE_ID,
            "kind": "burst_of_category",
            "category": _CATEGORY,
            "subject_id": None,
            "because": "acknowledged",
            "started_at": MORNING,
        },
    ),
}


def told_to_receivers(schemas: dict[str, Any]) -> dict[str, Any]:
    """The webhooks, an operation for each kind of message; their models are added to `schemas`."""
    for model, _ in MODELS.values():
        own = model.model_json_schema(ref_template=_SCHEMA)
        schemas |= own.pop("$defs", {})
        schemas[model.__name__] = own
    return {kind.value: {"post": _operation(kind)} for kind in Told}


def _operation(kind: Told) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "object", "description": "Ids, codes, numbers and times."}
    content: dict[str, Any] = {}
    if kind in MODELS:
        model, example = MODELS[kind]
        data = {"$ref": _SCHEMA.format(model=model.__name__)}
        content = {"examples": {"one": {"value": {"type": kind.value, "timestamp": LATER, "data": example}}}}
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": kind.value},
            "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
            "data": data,
        },
    }
    return {
        "operationId": f"told_{kind.value.replace('.', '_')}",
        "summary": f"Sent to receivers of {kind.value}",
        "description": "Signed as standardwebhooks.com specifies; at least once, under the same webhook-id.",
        "tags": ["webhooks"],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body, **content}}},
        "responses": {"2XX": {"description": "Taken."}},
    }
