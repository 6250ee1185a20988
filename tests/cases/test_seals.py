from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.event_digest import BatchDigest, event_digest
from cases.number_ranges import complement, count, numbers, ranges_of, read_ranges, written
from cases.seals import GAPS_OPEN, KEYED, NO_HEAD, PLAIN, OpenGaps, Seal, SealKey

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
KEY = SealKey(bytes(range(32)))
OTHER_KEY = SealKey(bytes(range(1, 33)))

some_numbers = st.sets(st.integers(1, 60)).map(sorted)
# Floats that are whole and too large to be exact would be read as whole numbers by some and not by others.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def digest(data: str, **changed: Any) -> bytes:
    event = {"seq": 7, "case_id": "c", "kind": "claimed", "at": NOON, "actor": "ann", **changed}
    return event_digest(data=data, **event)


def test_an_events_digest_is_of_the_encoding_that_the_docs_say() -> None:
    told = (
        '["caseload.event/1",7,"c","claimed","2026-03-04T12:00:00.000000+00:00","J\\u00f6",'
        '{"a":[true,null,0.1,3],"b":"\\ud83d\\ude00\\n"}]'
    )
    made = digest('{ "b": "😀\\n", "a": [true, null, 1e-1, 3.0] }', actor="Jö")
    assert made == hashlib.sha256(told.encode()).digest()
    batch = BatchDigest()
    batch.add(made)
    assert batch.marks == made.hex()[:8]
    assert batch.hex() == hashlib.sha256(b"caseload.batch/1\n" + made).hexdigest()


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_a_digest_does_not_hang_on_how_a_database_writes_json(data: dict[str, Any]) -> None:
    backwards = dict(reversed(data.items()))
    ways = {
        digest(json.dumps(data)),
        digest(json.dumps(backwards, ensure_ascii=False, indent=1)),
        digest(json.dumps(json.loads(json.dumps(data)), separators=(",", ":"), sort_keys=True)),
    }
    assert len(ways) == 1


@given(st.dictionaries(st.text(), json_values, max_size=3), st.dictionaries(st.text(), json_values, max_size=3))
def test_other_data_make_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (digest(json.dumps(one)) == digest(json.dumps(other))) == (_typed(one) == _typed(other))


def _typed(value: Any) -> Any:
    """`value` so that True differs from 1, which Python takes for the same."""
    if isinstance(value, dict):
        return {name: _typed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_typed(part) for part in value]
    return (isinstance(value, bool), value)


@pytest.mark.parametrize(
    "changed",
    [{"seq": 8}, {"case_id": "d"}, {"kind": "released"}, {"actor": "bob"}, {"at": NOON + timedelta(microseconds=1)}],
)
def test_each_field_of_an_event_counts(changed: dict[str, Any]) -> None:
    assert digest("{}", **changed) != digest("{}")


@pytest.mark.parametrize("data", ["no json", '{"a":1,"a":1}', "[" * 100_000, ""])
def test_what_the_store_does_not_write_has_no_digest(data: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        digest(data)
    with pytest.raises(ValueError, match="must hold text"):
        digest("{}", actor=b"ann")


@given(some_numbers)
def test_ranges_hold_the_numbers_and_are_read_as_they_were_written(given_numbers: list[int]) -> None:
    made = ranges_of(given_numbers)
    assert list(numbers(made)) == given_numbers
    assert count(made) == len(given_numbers)
    assert read_ranges(written(made)) == made
    assert list(numbers(complement(1, 60, made))) == sorted(set(range(1, 61)) - set(given_numbers))


@pytest.mark.parametrize("text", ["0", "3-3", "5-3", "3 4", "9 3", " 3", "3 ", "3,4", "x", "3-5  9", "3\n"])
def test_other_ranges_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="'ranges' must"):
        read_ranges(text)


@given(some_numbers, some_numbers)
def test_gaps_fill_once(gaps: list[int], late: list[int]) -> None:
    opened = OpenGaps()
    opened.add(ranges_of(gaps), NOON)
    filled = [number for number in late if number in gaps]
    assert opened.take((number, number) for number in late) == (len(filled) == len(late))
    assert list(numbers(opened.ranges)) == sorted(set(gaps) - set(filled))
    assert opened.take(ranges_of(filled)) == (filled == [])


def test_gaps_close_after_their_time() -> None:
    opened = OpenGaps()
    opened.add([(1, 3)], NOON)
    opened.add([(7, 7)], NOON + timedelta(hours=1))
    assert opened.expire(NOON + GAPS_OPEN) == []
    assert opened.expire(NOON + GAPS_OPEN + timedelta(microseconds=1)) == [(1, 3)]
    assert opened.ranges == [(7, 7)]


def seal(**changed: Any) -> Seal:
    plain: dict[str, Any] = {
        "seq": 1, "first_event": 1, "last_event": 9, "events": 7, "gaps": ((3, 4),), "late": (), "digest": "a" * 64,
        "marks": "abcd1234" * 7,
        "previous_head": NO_HEAD, "algorithm": PLAIN, "key_id": "", "sealed_at": NOON,
    }  # fmt: skip
    return Seal(**plain | changed)


def test_a_head_is_of_the_encoding_that_the_docs_say() -> None:
    told = (
        f'["caseload.seal/1",1,1,9,7,"3-4","","{"a" * 64}","{"abcd1234" * 7}","{NO_HEAD}",'
        '"%s","%s","2026-03-04T12:00:00.000000+00:00"]'
    )
    assert seal().head_by(None) == hashlib.sha256((told % ("sha256", "")).encode()).hexdigest()
    keyed = hmac.new(KEY.secret, (told % ("hmac-sha256", KEY.id)).encode(), hashlib.sha256).hexdigest()
    assert seal(algorithm=KEYED, key_id=KEY.id).head_by(KEY) == keyed
    assert seal(algorithm=KEYED, key_id=KEY.id).head_by(OTHER_KEY) != keyed


@pytest.mark.parametrize(
    "changed",
    [
        {"seq": 2}, {"first_event": 2}, {"last_event": 8}, {"events": 6}, {"gaps": ((3, 3),)}, {"late": ((1, 1),)},
        {"digest": "b" * 64}, {"marks": ""}, {"previous_head": "b" * 64}, {"key_id": "b"},
        {"sealed_at": NOON + timedelta(microseconds=1)},
    ],
)  # fmt: skip
def test_each_field_of_a_seal_counts(changed: dict[str, Any]) -> None:
    assert seal(**changed).head_by(None) != seal().head_by(None)


def test_a_key_is_base64_of_enough_random_bytes_and_is_not_shown() -> None:
    text = base64.b64encode(KEY.secret).decode()
    assert SealKey.of_text(text) == KEY
    assert SealKey.of_text("") is None
    assert KEY.id != OTHER_KEY.id
    assert "secret" not in repr(KEY)
    for wrong in (
        "short",
        base64.b64encode(bytes(32)).decode(),
        base64.b64encode(bytes(range(31))).decode(),
        "é" * 64,
    ):
        with pytest.raises(ValueError, match="at least 32 random bytes") as refusal:
            SealKey.of_text(wrong)
        assert wrong not in str(refusal.value)
