from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.errors import InvalidInputError
from cases.intake.load import load
from cases.seed.history import past_cases
from cases.seed.tables import SeedTables, write_seed
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from tests.cases.seed.conftest import Parts
from tests.databases import fresh_database

NOW = datetime(2026, 9, 1, 12, 30, 15, 999, tzinfo=UTC)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy) -> SeedTables:
    return write_seed(tmp_path_factory.mktemp("seed") / "new folder", taxonomy, now=NOW)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_corpus_and_time_give_the_same_bytes(tables: SeedTables, tmp_path: Path, taxonomy: Taxonomy) -> None:
    again = write_seed(tmp_path, taxonomy, now=NOW)

    for first, second in (
        (tables.past_cases, again.past_cases),
        (tables.incoming, again.incoming),
        (tables.incoming_rubric, again.incoming_rubric),
    ):
        assert first.read_bytes() == second.read_bytes()


def test_the_past_is_taken_in_whole_with_every_decision_and_appeal(
    tables: SeedTables, parts: Parts, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    drawn = {past.written.id: past for past in past_cases(parts["training"], taxonomy)}
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store:
        report = load(store, str(tables.past_cases), taxonomy=taxonomy, actor="seed")
        stored = {case_id: store.report_by_ref("seed", case_id) for case_id in drawn}
        chains = {key: store.decisions(found.case_id) for key, found in stored.items() if found}
        cases = list(store.rows("cases"))

    assert report.rejections == []
    assert (report.created, report.decided) == (tables.past_rows, len(drawn))
    assert {"rubric_category", "rubric_severity", "voice"} <= set(report.ignored_columns)
    assert len(cases) == len(drawn)
    assert {case["status"] for case in cases} == {"decided"}
    for key, past in drawn.items():
        first, *reviews = chains[key]
        assert (first.verdict, first.decided_by, first.decided_at) == (past.verdict, past.decided_by, past.decided_at)
        assert (first.claimed_at, first.handling_seconds) == (past.claimed_at, past.handling_seconds)
        assert [(r.verdict.action, r.overturns) for r in reviews] == (
            [(past.appeal.verdict.action, past.appeal.overturned)] if past.appeal else []
        )


def test_the_incoming_are_undecided_of_the_last_three_days_and_in_order(
    tables: SeedTables, parts: Parts, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    found = rows(tables.incoming)
    times = [datetime.fromisoformat(row["received_at"]) for row in found]
    with fresh_database("sqlite", tmp_path) as url, CaseStore.open(url) as store:
        report = load(store, str(tables.incoming), taxonomy=taxonomy, actor="seed")
        waiting = store.queue_length()

    assert all(NOW - timedelta(days=3, seconds=1) <= moment <= NOW for moment in times)
    firsts = [moment for moment, row in zip(times, found, strict=True) if "/" not in row["external_id"]]
    assert firsts == sorted(firsts)
    assert (report.rejected, report.decided, report.ignored_columns) == (0, 0, ())
    assert waiting == len(parts["incoming"])


def test_the_rubric_names_what_each_incoming_case_is(tables: SeedTables, parts: Parts) -> None:
    rubric = {row["external_id"]: row for row in rows(tables.incoming_rubric)}

    assert rubric.keys() == {row["case_ref"] for row in rows(tables.incoming)}
    for case in parts["incoming"]:
        row = rubric[case.id]
        assert (row["category"], row["severity"]) == (case.rubric.category, str(case.rubric.severity))
        assert (row["action"], row["reason"]) == (case.rubric.action, case.rubric.reason)


def test_nothing_of_the_test_part_is_written(tables: SeedTables, parts: Parts) -> None:
    written = {row["description"] for path in (tables.past_cases, tables.incoming) for row in rows(path)}

    assert written.isdisjoint(case.description for case in parts["test"])


def test_a_naive_now_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(InvalidInputError, match="'now' must carry a time zone"):
        write_seed(tmp_path, taxonomy, now=datetime(2026, 9, 1))  # noqa: DTZ001
