from __future__ import annotations

import time
import uuid

from cases.ids import is_id, new_id


def test_an_id_is_a_uuid_of_version_7_and_carries_the_time_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_ids_of_later_milliseconds_sort_later() -> None:
    first = new_id()
    time.sleep(0.002)

    assert first < new_id()


def test_ids_made_in_one_go_all_differ() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_only_our_way_of_writing_an_id_is_one() -> None:
    made = new_id()

    assert is_id(made)
    assert not is_id("0190A2B4-0000-7000-8000-00000000000F")
    assert not is_id(made.replace("-", ""))
    assert not is_id(f"{{{made}}}")
    assert not is_id("")
    assert not is_id("ticket-17")
