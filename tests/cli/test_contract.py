from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.contract.answers import ANSWERS, Answer, json_schemas

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_the_schema_in_the_docs_is_the_one_that_is_answered(name: str):
    # CONTRIBUTING.md says how to write them anew, and when one may change.
    assert json.loads((SCHEMAS / name).read_text(encoding="utf-8")) == json_schemas()[name]


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_answer_names_its_schema_first(answer: type[Answer]):
    first, field = next(iter(answer.model_fields.items()))
    assert first == "schema_"
    assert field.alias == "schema"
    assert field.default.startswith("caseload.")
