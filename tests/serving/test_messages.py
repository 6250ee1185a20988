"""What a receiver is sent: its bytes and its signature."""

from __future__ import annotations

from serving.hooks.messages import message_body, message_headers, signature
from tests.cases.store.conftest import NOON


def test_the_signature_is_that_of_the_published_vector() -> None:
    import base64

    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_is_the_same_bytes_whatever_order_a_database_keeps_its_data_in() -> None:
    one = message_body("case.decided", NOON, {"a": 1, "b": {"x": 1, "y": None}})
    assert one == message_body("case.decided", NOON, {"b": {"y": None, "x": 1}, "a": 1})
    assert "webhook-signature" not in message_headers([], "msg_1", 1, one)
