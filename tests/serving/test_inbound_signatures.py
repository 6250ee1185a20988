"""What opens the endpoints of signed reports: a signature that holds, by a source that is let in, now."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.inbound import InboundKind, inbound_key
from serving.api.problems import NotSignedError
from serving.hooks.signed import claim_of, refuse_unless_signed
from serving.hooks.zendesk import report_of
from tests.serving.conftest import Running
from tests.serving.test_inbound import (
    GENERIC,
    GENERIC_SECRET,
    ZENDESK,
    ZENDESK_SECRET,
    api,
    by_standard,
    by_zendesk,
    created,
    send,
)

__all__ = ["api"]

PAGE = (Path(__file__).parents[2] / "docs" / "inbound.md").read_text(encoding="utf-8")
VECTORS = [json.loads(line) for line in PAGE.splitlines() if line.startswith('    {"kind":')]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["kind"]))
def test_the_published_vectors_are_signed_by_their_secrets_and_no_others(vector: dict[str, Any]) -> None:
    kind, body = InboundKind(vector["kind"]), vector["body"].encode()
    stamp = vector["headers"].get("x-zendesk-webhook-signature-timestamp")
    now = datetime.fromisoformat(stamp) if stamp else datetime.fromtimestamp(
        int(vector["headers"]["webhook-timestamp"]), UTC
    )  # fmt: skip
    claim = claim_of(kind, vector["headers"], body, now)
    refuse_unless_signed(claim, [inbound_key(kind, vector["secret"])])
    other = inbound_key(kind, vector["secret"][:-6] + "AAAAAA")
    for wrong, keys in (
        (claim, [other]),
        (claim, []),
        (claim_of(kind, vector["headers"], body + b" ", now), [inbound_key(kind, vector["secret"])]),
    ):
        with pytest.raises(NotSignedError):
            refuse_unless_signed(wrong, keys)


def test_there_are_vectors_of_both_kinds_and_the_bodies_are_taken() -> None:
    assert {vector["kind"] for vector in VECTORS} == set(InboundKind)
    reports = [report_of("helpdesk", json.loads(each["body"])) for each in VECTORS if each["kind"] == "zendesk"]
    assert [getattr(report, "external_id", report) for report in reports] == ["5158", "5158@2026-11-01T13:00:07Z"]


@pytest.mark.parametrize(
    ("path", "body"), [(ZENDESK, created()), (GENERIC, {"external_id": "1", "description": "x"})]
)
@pytest.mark.parametrize(
    "wrong",
    [
        "no headers",
        "no signature",
        "no timestamp",
        "other secret",
        "other body",
        "old",
        "early",
        "twice",
        "other kind",
    ],
)
def test_whatever_is_not_signed_so_is_refused_and_nothing_is_stored(
    api: Running, path: str, body: dict[str, Any], wrong: str
) -> None:
    raw = json.dumps(body).encode()
    sign: Any = by_zendesk if path == ZENDESK else by_standard
    other = ZENDESK_SECRET[::-1] if path == ZENDESK else "whsec_" + "QUJD" * 11
    now = datetime.now(UTC)
    headers: Any = {
        "other secret": lambda: sign(raw, secret=other),
        "other body": lambda: sign(raw + b" "),
        "old": lambda: sign(raw, at=now - timedelta(minutes=5, seconds=2)),
        "early": lambda: sign(raw, at=now + timedelta(minutes=5, seconds=10)),
        "other kind": lambda: (by_standard if path == ZENDESK else by_zendesk)(raw),
    }.get(wrong, lambda: sign(raw))()
    left_out = {"no headers": "", "no signature": "signature$", "no timestamp": "timestamp$"}.get(wrong)
    if left_out is not None:
        headers = {
            name: value
            for name, value in headers.items()
            if not ("ebhook" in name and re.search(left_out, name, re.IGNORECASE))
        }
    if wrong == "twice":
        headers = [*headers.items(), next(pair for pair in headers.items() if pair[0].lower().endswith("signature"))]
    answer = api.client.post(path, content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed")
    assert api.place.store.queue_length() == 0


@pytest.mark.parametrize("source", ["nobody", "detector", "Helpdesk", "helpdesk%20", "x" * 100])
def test_a_source_that_there_is_not_or_that_signs_otherwise_is_refused_alike(api: Running, source: str) -> None:
    raw = json.dumps(created()).encode()
    named = {"X-Request-Id": "r"}
    known = api.client.post(ZENDESK, content=raw, headers=by_zendesk(raw, secret=ZENDESK_SECRET[::-1]) | named)
    answer = api.client.post(f"/v1/inbound/zendesk/{source}", content=raw, headers=by_zendesk(raw) | named)
    assert (answer.status_code, answer.json()) == (known.status_code, known.json())


def test_nothing_is_parsed_before_the_signature_holds(api: Running) -> None:
    for raw in (b"{", b"\xff", b"[" * 100_000):
        assert api.client.post(ZENDESK, content=raw, headers=by_zendesk(raw, secret="x" * 20)).status_code == 401
        answer = api.client.post(ZENDESK, content=raw, headers=by_zendesk(raw))
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")


def test_a_key_is_neither_needed_nor_does_it_stand_in_for_a_signature(api: Running) -> None:
    raw = json.dumps(created()).encode()
    # The client's own key lets it do everything else.
    assert api.client.post(ZENDESK, content=raw).json()["code"] == "not_signed"
    assert send(api, created()).status_code == 201
    for path in ("/v1/inbound", "/v1/inbound/zendesk/", "/v1/inbound/zendesk/a/b", "/v1/inbound/other/helpdesk"):
        answer = api.client.post(path, content=raw, headers=by_zendesk(raw))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_of_several_signatures_one_must_hold(api: Running) -> None:
    raw = json.dumps({"external_id": "T-1", "description": "x"}).encode()
    headers = by_standard(raw, beside="v1,AAAA v2,BBBB ")
    assert api.client.post(GENERIC, content=raw, headers=headers).status_code == 201


def test_a_rotated_secret_is_taken_beside_the_new_one(api: Running) -> None:
    new = "whsec_" + "QUJD" * 11
    api.place.store.rotate_inbound("detector", new, timedelta(hours=1))
    for number, secret in enumerate((GENERIC_SECRET, new)):
        raw = json.dumps({"external_id": f"T-{number}", "description": "x"}).encode()
        assert api.client.post(GENERIC, content=raw, headers=by_standard(raw, secret=secret)).status_code == 201
