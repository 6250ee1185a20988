from __future__ import annotations

import os
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from cases.ids import Ascending, is_id, new_id


def test_an_id_is_a_uuid_of_version_7_and_carries_the_time_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_id())
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_ids_made_one_after_the_other_sort_so_also_within_a_millisecond() -> None:
    made = [new_id() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert len({one[:13] for one in made}) < len(made)  # or none of them shared its millisecond


def test_threads_never_make_an_id_twice_and_each_sees_its_own_ascend() -> None:
    begin = threading.Barrier(8, timeout=20)

    def make(_turn: int) -> list[str]:
        begin.wait()
        return [new_id() for _ in range(5_000)]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(8)))
    assert len({one for some in made for one in some}) == 8 * 5_000
    assert all(some == sorted(some) for some in made)


def test_ids_go_on_ascending_when_the_clock_is_set_back() -> None:
    now = time.time_ns()
    behind = iter([0] * 50 + [1] * 50 + [3_600] * 50 + [2] * 50)
    ids = Ascending(clock=lambda: now - next(behind) * 1_000_000_000)
    made = [ids.next() for _ in range(200)]

    assert made == sorted(set(made))
    assert all(is_id(one) and uuid.UUID(one).version == 7 for one in made)
    assert {uuid.UUID(one).int >> 80 for one in made} == {now // 1_000_000}


def test_random_bits_that_are_full_go_on_into_the_next_millisecond() -> None:
    ids = Ascending(clock=lambda: 5_000_000, draw=lambda size: b"\xff" * size)
    first, second = uuid.UUID(ids.next()), uuid.UUID(ids.next())

    assert (first.int >> 80, second.int >> 80) == (5, 6)
    assert (second.version, second.variant) == (7, uuid.RFC_4122)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_forked_process_goes_on_ascending_and_makes_other_ids_than_the_one_it_came_from() -> None:
    # Both draw the same, and their clocks stand still: what parts them is the fork alone.
    ids = Ascending(clock=lambda: 5_000_000, draw=bytes)
    last, (read, write) = ids.next(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, "\n".join(ids.next() for _ in range(20)).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    theirs = os.read(read, 10_000).decode().split("\n")
    os.close(read)
    ours = [ids.next() for _ in range(20)]

    assert [last, *theirs] == sorted({last, *theirs})
    assert len({*theirs, *ours}) == 40


def test_only_our_way_of_writing_an_id_is_one() -> None:
    made = new_id()

    assert is_id(made)
    assert not is_id("0190A2B4-0000-7000-8000-00000000000F")
    assert not is_id(made.replace("-", ""))
    assert not is_id(f"{{{made}}}")
    assert not is_id("")
    assert not is_id("ticket-17")
