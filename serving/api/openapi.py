"""The OpenAPI document: every error as the problem that it is, and an example of each request, answer and problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.access.permissions import OPEN, ROUTES
from serving.api.answers import Problem
from serving.api.examples import EXAMPLES
from serving.api.openapi_webhooks import told_to_receivers
from serving.api.problems import CODES, MEDIA_TYPE, Kind, body_of

_SCHEMA = "#/components/schemas/{model}"
_JSON = "application/json"

# Of whatever route: a fault of ours, and what stands between us and an answer.
_ALWAYS = (500, 503)
_WITH_A_KEY = (401, 403, 429)
_WITH_A_BODY = (400, 413, 415, 422)
_STEPS = (409, 412)


def described(document: dict[str, Any]) -> dict[str, Any]:
    """`document`, changed in place: FastAPI's own error shape out, problems and examples in."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    own = Problem.model_json_schema(ref_template=_SCHEMA)
    schemas |= own.pop("$defs", {})
    own["properties"]["code"]["enum"] = sorted(CODES)
    schemas["Problem"] = own
    components["responses"] = {f"Problem{status}": _problems(status) for status in sorted(_by_status())}
    document["webhooks"] = told_to_receivers(schemas)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _describe(operation, method.upper(), path)
    return document


def problem_statuses(method: str, path: str, operation: Mapping[str, Any]) -> list[int]:
    """The statuses that a problem of the operation may have, in order."""
    found = set(_ALWAYS)
    if ROUTES[method, path] != OPEN:
        found |= set(_WITH_A_KEY)
    if "requestBody" in operation:
        found |= set(_WITH_A_BODY)
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if any(place["in"] == "query" for place in operation.get("parameters", ())) or "Idempotency-Key" in names:
        found.add(422)
    if "Idempotency-Key" in names:
        found |= {409, 413}
    if "{" in path or path in ("/v1/queue/claim", "/v1/erasures"):
        found.add(404)
    if "If-Match" in names:
        found |= {*_STEPS, 422}
    if operation.get("x-must-be-seen"):
        found.add(428)
    return sorted(found)


def _describe(operation: dict[str, Any], method: str, path: str) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    for status in problem_statuses(method, path, operation):
        answers.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    if operation.get("x-must-be-seen"):
        for parameter in operation["parameters"]:
            parameter["required"] |= parameter["name"] == "If-Match"
    example = EXAMPLES[method, path]
    if example.request is not None:
        operation["requestBody"]["content"][_JSON]["examples"] = {"one": {"value": example.request}}
    if example.answer is not None:
        success = min(s for s, told in answers.items() if s.startswith("2") and _JSON in told.get("content", {}))
        answers[success]["content"][_JSON]["examples"] = {"one": {"value": example.answer}}


def _by_status() -> dict[int, list[Kind]]:
    found: dict[int, list[Kind]] = {}
    for kind in CODES.values():
        found.setdefault(kind.status, []).append(kind)
    return found


def _problems(status: int) -> dict[str, Any]:
    kinds = _by_status()[status]
    examples = {kind.code: {"summary": kind.title, "value": _example(kind)} for kind in kinds}
    return {
        "description": "A problem (RFC 9457): " + ", ".join(sorted(examples)),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _SCHEMA.format(model="Problem")}, "examples": examples}},
    }


def _example(kind: Kind) -> dict[str, Any]:
    body = body_of(kind) | {"instance": "urn:caseload:request:0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e"}
    if kind.code == "invalid_input":
        message = "must hold text, not blanks alone"
        errors = [{"field": "description", "message": message}]
        body |= {"detail": f"'description': {message}", "field": "description", "errors": errors}
    return body
