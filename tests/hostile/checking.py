"""Whether an answer to something hostile is one that the document tells of, and gives nothing of it away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from serving.api.problems import MEDIA_TYPE
from tests.hostile.asking import Answer
from tests.hostile.corpus.texts import WORD

# Of a service without a model, which the document tells of as well.
NO_MODEL = ("model_missing", "model_loading")
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def faults(answer: Answer, operation: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """What is wrong with an answer of an operation of the document; none where all is well."""
    found = guarded(answer)
    told = operation["responses"].get(str(answer.status))
    if told is None:
        return [*found, f"status {answer.status} is not documented"]
    if answer.status < 300:
        return found + ([] if answer.status == 204 else of_type(answer, "application/json"))
    if answer.status == 304:
        return found
    if "application/json" in told.get("content", {}):  # the state of health
        return found + of_type(answer, "application/json")
    return found + problem_faults(answer, _codes(told, document))


def guarded(answer: Answer) -> list[str]:
    """What is missing of what keeps a browser from taking the answer for a page."""
    wanted = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
    found = [f"{name} is missing" for name, value in wanted.items() if answer.header(name) != value]
    if "default-src 'none'" not in answer.header("content-security-policy"):
        found.append("content-security-policy is missing")
    said = repr(answer.headers)
    return found + ([f"a header repeats {WORD}"] if WORD in said else [])


def of_type(answer: Answer, kind: str) -> list[str]:
    got = answer.header("content-type")
    return [] if got == kind else [f"content type {got!r} in place of {kind!r}"]


def problem_faults(answer: Answer, codes: set[str] | None) -> list[str]:
    """What is wrong with a problem; `codes`: those that it may have, None for any."""
    found = of_type(answer, MEDIA_TYPE)
    if WORD.encode() in answer.body:
        found.append(f"the problem repeats {WORD}")
    try:
        said = answer.json()
    except ValueError:
        return [*found, "the problem is no JSON"]
    code = said.get("code")
    if codes is not None and code not in codes:
        found.append(f"code {code!r} is not documented with {answer.status}")
    if answer.status >= 500 and code not in NO_MODEL:
        found.append(f"status {answer.status}")
    if said.get("status") != answer.status or not said.get("detail") or not said.get("title"):
        found.append("the problem says too little")
    if code == "invalid_input" and not said.get("field") and "the body:" not in said["detail"]:
        found.append("the problem names no field")
    return found


def _codes(told: Mapping[str, Any], document: Mapping[str, Any]) -> set[str]:
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    examples: Mapping[str, Any] = told.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    return set(examples)


def cell_faults(cell: object) -> list[str]:
    """What is wrong with a cell of a spreadsheet."""
    runs = isinstance(cell, str) and _FORMULA.match(cell)
    return [f"a formula: {cell[:20]!r}"] if runs else []  # type: ignore[index]


def line_faults(line: str) -> list[str]:
    """What is wrong with a line of the log, which is one object of JSON."""
    found = [f"the log repeats {WORD}"] if WORD in line else []
    try:
        told = json.loads(line)
    except ValueError:
        return [*found, f"a line is no JSON: {line[:60]!r}"]
    return found + ([] if isinstance(told, dict) and "event" in told else ["a line is of another shape"])
