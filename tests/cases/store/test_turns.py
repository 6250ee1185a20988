"""Turns at writing: nobody who is awake takes them all from those who wait."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from cases.store.turns import NoTurnError, Turns


def test_who_has_just_written_does_not_write_again_before_those_who_wait(tmp_path: Path) -> None:
    # Two that know nothing of each other, as in two processes: a lock is of the opened file.
    busy, waiting = Turns(tmp_path / "cases.db", 5.0), Turns(tmp_path / "cases.db", 5.0)
    turns, served = [0], threading.Event()

    def write_without_a_pause() -> None:
        while not served.is_set():
            with busy.next():
                turns[0] += 1
                time.sleep(0.002)

    writer = threading.Thread(target=write_without_a_pause)
    writer.start()
    overtaken = []
    try:
        for _ in range(20):
            time.sleep(0.003)
            before = turns[0]
            with waiting.next():
                overtaken.append(turns[0] - before)
    finally:
        served.set()
        writer.join()
    # One turn may begin between the count and the line.
    assert sorted(overtaken)[10] <= 1
    assert max(overtaken) <= 5


def test_a_turn_that_does_not_come_in_time_is_an_error_and_leaves_the_line(tmp_path: Path) -> None:
    first, second = Turns(tmp_path / "cases.db", 5.0), Turns(tmp_path / "cases.db", 0.05)
    with first.next(), pytest.raises(NoTurnError), second.next():
        raise AssertionError
    with second.next():
        pass
