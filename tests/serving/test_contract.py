"""The public contract: the OpenAPI document, and docs/api.md beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from serving.api.answers import Problem
from serving.api.examples import EXAMPLES
from serving.api.problems import CODES, KINDS, kind_of
from serving.app import build_app, build_services
from tests.serving.conftest import Place, Running

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_document_is_openapi_3_1_and_describes_errors_as_problems(shared: Running) -> None:
    document = shared.client.get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(CODES)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            problems = {answer["$ref"] for answer in operation["responses"].values() if "$ref" in answer}
            assert "#/components/responses/Problem500" in problems, (method, path)


def test_no_page_is_served_that_would_fetch_from_elsewhere(shared: Running) -> None:
    assert {shared.client.get(path).status_code for path in ("/docs", "/redoc", "/docs.json")} == {404}


def test_each_route_is_in_the_documentation(shared: Running) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    paths = shared.client.get("/openapi.json").json()["paths"]

    missing = [
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if f"`{method.upper()} {path}`" not in text
    ]
    assert missing == []


def test_each_problem_code_is_in_the_documentation_with_its_status() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [code for code, kind in CODES.items() if f"| `{code}` | {kind.status} |" not in text] == []


def test_each_error_of_ours_is_a_problem_and_the_nearest_kind_is_taken() -> None:
    for error, kind in KINDS.items():
        assert kind_of(error("x")) is kind


def test_docs_name_no_code_that_does_not_exist() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows if row.split("|")[2].strip().isdigit()}

    assert named == set(CODES)


def operations(shared: Running) -> list[tuple[str, str, dict[str, Any]]]:
    paths = shared.client.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation) for path, methods in paths.items() for method, operation in methods.items()
    ]


def test_each_operation_has_an_example_of_what_it_takes_and_of_what_it_answers(shared: Running) -> None:
    found = operations(shared)
    assert {(method, path) for method, path, _ in found} == EXAMPLES.keys()
    for method, path, operation in found:
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], (method, path)
        answers = [answer.get("content", {}).get("application/json") for answer in operation["responses"].values()]
        told = [answer for answer in answers if answer]
        assert path.endswith("/release") or any("examples" in answer for answer in told), (method, path)


def test_each_example_is_as_the_models_of_its_route_say(place: Place) -> None:
    app = build_app(build_services(place.settings))
    routes = {
        (method, route.path_format): route.original_route if hasattr(route, "original_route") else route
        for route in iter_route_contexts(app.router.routes)
        for method in route.methods or ()
    }
    for key, example in EXAMPLES.items():
        route = routes[key]
        if example.request is not None:
            body = route.body_field
            # What is signed is looked at as bytes: tests of its own read it.
            assert (body is None) == ("/inbound/" in key[1]), key
            errors = () if body is None else body.validate(example.request, {}, loc=("body",))[1]
            assert not errors, (key, errors)
        if example.answer is not None:
            model = TypeAdapter(route.response_model)
            answer = model.validate_json(json.dumps(example.answer))
            assert model.dump_python(answer, mode="json").keys() == example.answer.keys(), key


def test_each_problem_that_an_operation_may_answer_is_named_with_an_example(shared: Running) -> None:
    document = shared.client.get("/openapi.json").json()
    shown: set[str] = set()
    for answer in document["components"]["responses"].values():
        examples = answer["content"]["application/problem+json"]["examples"]
        assert all(Problem(**example["value"]).code == code for code, example in examples.items())
        shown |= examples.keys()
    # Of what no described operation answers: paths and methods that there are not.
    assert shown == set(CODES)
    for method, path, operation in operations(shared):
        statuses = {int(status) for status in operation["responses"]}
        assert {500, 503} <= statuses, (method, path)
        assert (428 in statuses) == bool(operation.get("x-must-be-seen"))
