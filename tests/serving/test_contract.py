"""The public contract: the OpenAPI document, and docs/api.md beside it."""

from __future__ import annotations

from pathlib import Path

from serving.problems import CODES, KINDS, kind_of
from tests.serving.conftest import Running

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_document_is_openapi_3_1_and_describes_errors_as_problems(shared: Running) -> None:
    document = shared.client.get("/openapi.json").json()

    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(CODES)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)
            assert "422" not in operation["responses"]


def test_no_page_is_served_that_would_fetch_from_elsewhere(shared: Running) -> None:
    assert {shared.client.get(path).status_code for path in ("/", "/docs", "/redoc", "/docs.json")} == {404}


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
