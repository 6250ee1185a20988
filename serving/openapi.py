"""The OpenAPI document, with every error described as the problem that it is."""

from __future__ import annotations

from typing import Any

from serving.answers import Problem
from serving.problems import CODES, MEDIA_TYPE

_REFERENCE = "#/components/schemas/{model}"


def with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """`document`, changed in place: FastAPI's own error shape out, problems in.

    Each operation lists one "default" answer for its errors: which of the codes can occur is in docs/api.md.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    own = Problem.model_json_schema(ref_template=_REFERENCE)
    schemas |= own.pop("$defs", {})
    own["properties"]["code"]["enum"] = sorted(CODES)
    schemas["Problem"] = own
    answer = {
        "description": "A problem (RFC 9457); branch on its code",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    return document
