"""Each place of a request where somebody's value stands, found in the OpenAPI document: a new one is, too."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
Place = tuple[str | int, ...]
KEY = "a name of its own"


@dataclass(frozen=True)
class Field:
    """A value's place in a body.

    Attributes:
        place: Names and indices on the way to it; `KEY`: a name that the sender chooses.
        free: Whether it takes any text.
        longest: Of a text; 0 where there is no bound.
    """

    place: Place
    free: bool
    longest: int


def operations(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and description of each."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def body_schema(operation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the operation's body must be; None where it takes none."""
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")  # type: ignore[no-any-return]


def example(operation: Mapping[str, Any]) -> Any:
    """A body that is as it must be."""
    content = operation["requestBody"]["content"]["application/json"]
    return copy.deepcopy(content.get("examples", {}).get("one", {}).get("value", {}))


def fields(schema: Mapping[str, Any], document: Document, place: Place = ()) -> Iterator[Field]:
    """All values in a body of this schema, the first of each list standing for all."""
    schema = _resolved(schema, document)
    for branch in (_resolved(each, document) for each in schema.get("anyOf", []) or [schema]):
        kind = branch.get("type")
        kinds = kind if isinstance(kind, list) else [kind]
        if "properties" in branch:
            for name, inner in branch["properties"].items():
                yield from fields(inner, document, (*place, name))
        elif kind == "object":
            yield Field((*place, KEY), free=True, longest=100)
            if isinstance(branch.get("additionalProperties"), Mapping):
                yield from fields(branch["additionalProperties"], document, (*place, "a"))
        elif kind == "array":
            yield from fields(branch["items"], document, (*place, 0))
        elif kind != "null":
            closed = {"pattern", "enum", "format", "const"} & branch.keys()
            free = "string" in kinds and (not closed or branch.get("pattern") == r"\S")
            yield Field(place, free, branch.get("maxLength", 0))


def _resolved(schema: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if len(schema.get("allOf", ())) == 1:
        return _resolved(schema["allOf"][0], document)
    return schema


def with_value(body: Any, place: Place, value: Any) -> Any:
    """`body` with this value at the place, and whatever must be on the way to it."""
    name, *rest = place
    if isinstance(name, int):
        first = body[0] if isinstance(body, list) and body else None
        return [with_value(first, tuple(rest), value) if rest else value]
    whole = dict(body) if isinstance(body, dict) else {}
    if name == KEY:
        return whole | {value: 1}
    return whole | {name: with_value(whole.get(name), tuple(rest), value) if rest else value}
