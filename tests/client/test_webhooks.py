from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseload_client import webhooks
from caseload_client.webhooks import WebhookError
from serving.hooks.messages import signature

# The test vector of the standard (standardwebhooks.com).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published with the standard
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT = 1614265330
BODY = b'{"test": 2432232314}'
PROOF = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(SENT, UTC)
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of 24 by!").decode()


def headers(signed: str = PROOF, *, message_id: str = MESSAGE_ID, sent: object = SENT) -> dict[str, str]:
    return {"Webhook-Id": message_id, "WEBHOOK-TIMESTAMP": str(sent), "webhook-signature": signed, "x-other": "1"}


def test_the_vector_of_the_standard_is_believed() -> None:
    assert webhooks.verify(SECRET, headers(), BODY, now=NOW) == MESSAGE_ID
    assert webhooks.verify(SECRET.removeprefix("whsec_"), headers(), BODY, now=NOW) == MESSAGE_ID


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_five_minutes_either_way_are_allowed(seconds: int) -> None:
    assert webhooks.verify(SECRET, headers(), BODY, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "said"), [(301, "301 s ago"), (-301, "301 s ahead"), (10**9, "ago")])
def test_older_and_newer_messages_are_not_believed(seconds: int, said: str) -> None:
    with pytest.raises(WebhookError, match=said):
        webhooks.verify(SECRET, headers(), BODY, now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "signed",
    [
        f"v1,AAAA {PROOF}",
        f"{PROOF} v1,AAAA",
        f"v1a,{PROOF.removeprefix('v1,')} v2,x {PROOF}",
        f"nonsense  , {PROOF}",
        f"v1,é {PROOF}",
    ],
)
def test_one_of_several_signatures_is_enough(signed: str) -> None:
    assert webhooks.verify(SECRET, headers(signed), BODY, now=NOW) == MESSAGE_ID


@pytest.mark.parametrize(
    "wrong",
    [
        {"signed": PROOF.replace("v1,", "v2,")},
        {"signed": PROOF.replace("v1,", "v1a,")},
        {"signed": PROOF.removeprefix("v1,")},
        {"signed": PROOF[:-1]},
        {"signed": PROOF.lower()},
        {"signed": PROOF + "="},
        {"signed": "v1,"},
        {"signed": ","},
        {"message_id": "msg_other"},
        {"message_id": f"{MESSAGE_ID} "},
        {"sent": SENT + 1},
        {"sent": f"0{SENT}"},
        {"sent": f"{SENT}.0"},
        {"sent": f" {SENT}"},
        {"sent": "\u0661\u0666"},
        {"sent": "9" * 5000},
        {"sent": ""},
        {"signed": ""},
        {"message_id": ""},
    ],
)
def test_anything_else_is_not_believed(wrong: dict[str, object]) -> None:
    with pytest.raises(WebhookError, match=r"^'webhook-\w+' must"):
        webhooks.verify(SECRET, headers(**wrong), BODY, now=NOW)  # type: ignore[arg-type]


def test_another_secret_and_another_body_are_not_believed() -> None:
    for secret, body in ((OTHER_SECRET, BODY), (SECRET, BODY + b" "), (SECRET, b"")):
        with pytest.raises(WebhookError, match="a v1 signature"):
            webhooks.verify(secret, headers(), body, now=NOW)


@pytest.mark.parametrize("missing", ["id", "timestamp", "signature"])
def test_a_header_that_is_missing_is_named(missing: str) -> None:
    left = {name: value for name, value in headers().items() if name.lower() != f"webhook-{missing}"}
    with pytest.raises(WebhookError, match=f"'webhook-{missing}' must be among the headers"):
        webhooks.verify(SECRET, left, BODY, now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64", "geheim!"])
def test_a_secret_that_is_none_is_the_receivers_fault_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^'secret' must be") as caught:
        webhooks.verify(secret, headers(), BODY, now=NOW)
    assert len(secret) < 7 or secret not in str(caught.value)


def test_a_time_without_a_zone_is_the_receivers_fault() -> None:
    with pytest.raises(ValueError, match="zone"):
        webhooks.verify(SECRET, headers(), BODY, now=NOW.replace(tzinfo=None))


@given(body=st.binary(max_size=200), message_id=st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1))
def test_what_the_service_signs_is_believed_and_nothing_near_it(body: bytes, message_id: str) -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = headers(signature(key, message_id, str(SENT), body), message_id=message_id)

    assert webhooks.verify(SECRET, told, body, now=NOW) == message_id
    with pytest.raises(WebhookError):
        webhooks.verify(SECRET, told, body + b"\x00", now=NOW)


def test_an_event_is_read_while_the_service_changes_its_secret() -> None:
    data = b'{"case_id":"c-1","version":7}'
    body = b'{"data":' + data + b',"timestamp":"2026-11-01T12:31:00+00:00","type":"case.decided","more":1}'
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in (OTHER_SECRET, SECRET)]
    told = headers(" ".join(signature(key, MESSAGE_ID, str(SENT), body) for key in keys))

    for secret in (SECRET, OTHER_SECRET):
        event = webhooks.read(secret, told, body, now=NOW)
        assert (event.id, event.type, event.data) == (MESSAGE_ID, "case.decided", {"case_id": "c-1", "version": 7})
        assert event.timestamp == datetime(2026, 11, 1, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"no json: canary-1", b"[]", BODY, json.dumps({"type": "x", "data": {}}).encode()])
def test_a_proven_message_that_is_no_event_is_refused_without_being_repeated(body: bytes) -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = headers(signature(key, MESSAGE_ID, str(SENT), body))

    with pytest.raises(WebhookError, match="the body must be an event") as caught:
        webhooks.read(SECRET, told, body, now=NOW)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
