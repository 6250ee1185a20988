"""The checks fail on an answer that leaks, that runs, or that nobody documented: no check of ours is blind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hostile.asking import Answer
from tests.hostile.checking import cell_faults, faults, line_faults
from tests.hostile.corpus.texts import FORMULAS, TEXTS, WORD

DOCUMENT: dict[str, Any] = {
    "components": {
        "responses": {"Problem422": {"content": {"application/problem+json": {"examples": {"invalid_input": {}}}}}}
    }
}
OPERATION = {"responses": {"200": {}, "422": {"$ref": "#/components/responses/Problem422"}}}
HEADERS = {
    "content-type": "application/problem+json", "x-content-type-options": "nosniff", "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
}  # fmt: skip
PROBLEM = {"code": "invalid_input", "status": 422, "title": "x", "detail": "'x': y", "field": "x"}


def judged(status: int = 422, body: Any = PROBLEM, **headers: str) -> list[str]:
    told = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return faults(Answer(status, list(told.items()), raw), OPERATION, DOCUMENT)


def test_a_problem_as_it_must_be_has_no_fault() -> None:
    assert judged() == []
    assert judged(200, {"description": WORD}, content_type="application/json") == []


@pytest.mark.parametrize(
    ("leaky", "says"),
    [
        ({"body": PROBLEM | {"detail": f"got {WORD}"}}, f"the problem repeats {WORD}"),
        ({"body": PROBLEM | {"field": f"a.{WORD}"}}, f"the problem repeats {WORD}"),
        ({"location": f"/{WORD}"}, f"a header repeats {WORD}"),
        ({"status": 200, "body": {}, "content_type": "text/html"}, "content type 'text/html'"),
        ({"content_type": "application/json"}, "content type 'application/json'"),
        ({"x_content_type_options": ""}, "x-content-type-options is missing"),
        ({"cache_control": "public"}, "cache-control is missing"),
        ({"content_security_policy": ""}, "content-security-policy is missing"),
        ({"status": 500, "body": PROBLEM | {"status": 500}}, "status 500 is not documented"),
        ({"status": 418}, "status 418 is not documented"),
        ({"body": PROBLEM | {"code": "else"}}, "code 'else' is not documented"),
        ({"body": PROBLEM | {"field": ""}}, "the problem names no field"),
        ({"body": PROBLEM | {"status": 400}}, "the problem says too little"),
        ({"body": b"no JSON"}, "the problem is no JSON"),
    ],
)
def test_one_that_is_not_has_one(leaky: dict[str, Any], says: str) -> None:
    assert any(fault.startswith(says) for fault in judged(**leaky)), judged(**leaky)


def test_cells_that_run_and_lines_that_leak_are_seen() -> None:
    plain = {
        "behind an apostrophe",
        "behind two",
        "behind a control character",
        "behind NUL",
        "behind a non-character",
    }
    begun = [text for name, text in FORMULAS.items() if name not in plain and text[0] not in "z<_1"]
    assert len(begun) >= 10
    assert all(cell_faults(text) and not cell_faults(f"'{text}") for text in begun)
    assert line_faults('{"event": "request"}') == []
    assert line_faults(f'{{"event": "{WORD}"}}') != []
    assert line_faults("owned") != []
    assert line_faults("7") != []


def test_each_text_is_known_by_its_word_and_there_are_as_many_as_are_told() -> None:
    assert [name for name, text in TEXTS.items() if WORD not in text] == []
    assert len(TEXTS) >= 90
