from __future__ import annotations

import re

import pytest

from cases.ids import new_id
from serving.access.permissions import NATIVE, ROUTES
from serving.api.route_templates import OTHER, Matched, matched

EACH = sorted({**ROUTES, **NATIVE})
# The same in each process that collects the tests.
AN_ID = "019b0000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(("method", "template"), EACH)
def test_each_route_is_known_by_its_template_and_its_ids(method: str, template: str) -> None:
    ids = {name: new_id() for name in re.findall(r"\{(\w+)\}", template)}
    assert matched(method, template.format(**ids)) == Matched(method, template, ids)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nowhere"),
        ("DELETE", "/v1/queue"),
        ("GET", "/v1/queue/"),
        ("GET", "//v1/queue"),
        ("GET", f"/v1/cases/{AN_ID}/"),
        ("GET", f"/v1/cases/{AN_ID}/events/more"),
        ("GET", "/v1/cases//events"),
        ("POST", "/metrics"),
        ("BREW", "/v1/queue"),
    ],
)
def test_what_is_no_route_of_ours_has_one_name(method: str, path: str) -> None:
    assert matched(method, path) == Matched(OTHER, OTHER, {})


def test_a_parameter_that_is_no_id_of_ours_is_not_repeated() -> None:
    found = matched("GET", "/v1/cases/she-lives-at-elm-street-4")
    assert found == Matched("GET", "/v1/cases/{case_id}", {})
