"""Requests that Schemathesis makes of the OpenAPI document, of each role: 2,000 in all, 20,000 with CASELOAD_SOAK=1.

None may be answered by a status, a header or a body that the document does not tell of, nor by a 5xx. Those that are
as they must be are sent by a caller who knows what the schema cannot say (`tests/contract/arranging.py`).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cases.identity import Role
from serving.access.permissions import OPEN, ROLES, ROUTES, SIGNED
from tests.contract.arranging import Caller
from tests.faults.conftest import quote
from tests.faults.sizes import SOAK
from tests.serving.conftest import Running, a_place, an_api, small_models, state, wait_until

__all__ = ["quote", "small_models"]

REQUESTS = 20_000 if SOAK else 2_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

SENT: Counter[GenerationMode] = Counter()

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, small_models: Any) -> Iterator[Running]:
    with a_place(tmp_path_factory.mktemp("contract"), small_models) as home:
        home.promote()
        with an_api(home) as running:
            wait_until(lambda: state(running) == "ready")
            yield running


def operations(api: Running) -> list[Any]:
    document = api.client.get("/openapi.json").json()
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def permitted(role: Role, method: str, path: str) -> bool:
    needed = ROUTES[method.upper(), path]
    return needed == OPEN or needed in ROLES[role]


def requests_each() -> int:
    """How many requests each role makes of each operation that it may ask, as they must be, and as many that are not.

    More than their share: of what takes few values fewer can be made.
    """
    pairs = sum(needed == OPEN or needed in ROLES[role] for role in Role for needed in ROUTES.values())
    return math.ceil(1.6 * REQUESTS / pairs / 2)


def is_signed(operation: Any) -> bool:
    """Whether a signature opens it, and no key: tests/serving/test_inbound.py has those."""
    return ROUTES[operation.method.upper(), operation.path] == SIGNED


def send(api: Running, case: Case, key: str) -> Any:
    """The answer to a case with this key, which is as the document says, or the test fails."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    headers = {name: value.encode("latin-1", "replace") for name, value in sent.pop("headers").items()}
    headers["Authorization"] = f"Bearer {key}".encode()
    if "data" in sent:
        sent["content"] = sent.pop("data")
    sent.pop("cookies", None)
    answer = api.client.request(headers=headers, **sent)
    case.validate_response(answer, checks=CHECKS)
    SENT[case.meta.generation.mode] += 1
    return answer


def generated(operation: Any, mode: GenerationMode, count: int) -> Any:
    """Runs a function on so many generated cases, the same each time."""

    def run(function: Callable[[Case], object]) -> None:
        def one(case: Case) -> None:
            function(case)

        settled = settings(
            max_examples=count,
            phases=[Phase.generate],
            database=None,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        settled(given(case=operation.as_strategy(mode))(one))()

    return run


@pytest.mark.parametrize("role", Role)
def test_what_each_role_may_ask_is_answered_as_the_document_says(
    api: Running, role: Role, quote: Callable[[str], None]
) -> None:
    key = api.place.store.add_caller(f"schema-{role}", [role])
    caller = Caller(api.place.store, itertools.count(1 + 1_000_000 * list(Role).index(role)))
    mine = [one for one in operations(api) if permitted(role, one.method, one.path)]
    each = requests_each()
    tried: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for operation in mine:
        name = f"{operation.method.upper()} {operation.path}"

        def positive(case: Case, name: str = name) -> None:
            body = case.body if isinstance(case.body, dict) else {}
            ids, fields = caller.arranged(case.operation.path, body)
            own = case.path_parameters or {}
            case.path_parameters = own | {name: ids[name] for name in own if name in ids}
            if body or fields:
                case.body = {**body, **fields}
            for header in ("If-None-Match", "Idempotency-Key"):
                case.headers.pop(header, None)
            if "If-Match" in case.headers or case.operation.definition.raw.get("x-must-be-seen"):
                case.headers["If-Match"] = "*"
            for unknown in ("cursor", "queues", "queue", "webhook_id"):
                (case.query or {}).pop(unknown, None)
            tried[name] += 1
            done[name] += send(api, case, key).status_code < 300

        generated(operation, GenerationMode.POSITIVE, each)(positive)
        if operation.path.startswith("/health"):
            continue  # takes nothing, so nothing of it can be wrong
        generated(operation, GenerationMode.NEGATIVE, each)(lambda case: send(api, case, key))
    assert [name for name in tried if not done[name]] == []
    assert done.total() >= 0.3 * tried.total(), (done, tried)
    quote(f"{role}: {done.total()} of {tried.total()} requests that were as they must be succeeded")


def test_that_were_as_many_as_are_quoted(quote: Callable[[str], None]) -> None:
    quote(f"{SENT.total()} requests, {SENT[GenerationMode.NEGATIVE]} of them not as they must be")
    assert SENT.total() >= REQUESTS


def test_what_a_role_may_not_ask_is_refused_as_the_document_says(api: Running) -> None:
    refused = 0
    for role in Role:
        key = api.place.store.add_caller(f"refused-{role}", [role])
        for operation in operations(api):
            if permitted(role, operation.method, operation.path) or is_signed(operation):
                continue

            def send_one(case: Case, key: str = key) -> None:
                nonlocal refused
                answer = send(api, case, key)
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
                refused += 1

            generated(operation, GenerationMode.POSITIVE, 2)(send_one)
    assert refused > 50
