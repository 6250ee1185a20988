from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cases.errors import InvalidInputError
from cases.seed.corpus import training_part
from evaluation.replay.record import from_record
from evaluation.replay.seed_year import ANSWERS, seed_answers, seed_year
from evaluation.replay.table import from_table
from tests.evaluation.replay.small_worlds import policy

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def test_every_written_case_has_an_answer_that_is_a_distribution():
    rows = seed_year()
    assert len(rows) == len(training_part()) == len(seed_answers())
    for row in rows[::97]:
        assert row.prediction is not None
        assert sum(row.prediction.severity.values()) == pytest.approx(1.0)
        assert sum(row.prediction.category.values()) == pytest.approx(1.0)
        assert set(row.prediction.severity) == set(policy().levels)
        assert set(row.prediction.category) <= set(policy().category_ids)


def test_the_answers_are_numbers_without_texts_and_their_truth_is_the_rubrics():
    table = pd.read_parquet(ANSWERS)
    assert [name for name in table.columns if not name.startswith("p_")] == ["id", "severity", "category"]
    rubric = {case.id: (case.rubric.severity, case.rubric.category) for case in training_part()}
    told = zip(table["id"], table["severity"].tolist(), table["category"], strict=True)
    assert {case_id: (severity, category) for case_id, severity, category in told} == rubric
    assert ANSWERS.stat().st_size < 500_000


def test_the_answers_are_those_of_a_model_that_errs():
    rows = seed_year()
    likeliest = [
        max(row.prediction.severity, key=row.prediction.severity.__getitem__) for row in rows if row.prediction
    ]
    right = np.mean([found == row.severity for found, row in zip(likeliest, rows, strict=True)])
    assert 0.45 < right < 0.7


def test_a_record_tells_the_decision_that_stands_and_the_score_of_its_time():
    scores = [
        score("a", AT + timedelta(minutes=1), {1: 0.7, 2: 0.1, 3: 0.1, 4: 0.1}),
        score("a", AT + timedelta(minutes=2), {1: 0.1, 2: 0.7, 3: 0.1, 4: 0.1}),
        score("a", AT + timedelta(hours=9), {1: 0.1, 2: 0.1, 3: 0.7, 4: 0.1}),
        score("b", AT, {1: 0.25, 2: 0.25, 3: 0.25, 4: 0.25}, fallback=True),
    ]
    decisions = [
        decision("1", "a", 3, seconds=90.0),
        decision("2", "a", 2, seconds=None, reviews="1", category="privacy"),
        decision("3", "b", 4, seconds=None),
        decision("4", "c", 4, seconds=60.0, category="astrology"),
    ]
    deadline = '{"reach": 12, "deadline_at": "2026-05-05T09:00:00+00:00"}'
    cases = [recorded("a", attributes=deadline), recorded("b"), recorded("c"), recorded("waiting", "open")]
    found = from_record(cases, decisions, scores, policy())
    first, second = found.rows
    assert (first.severity, first.category, first.minutes, first.attributes) == (2, "privacy", 1.5, {"reach": 12})
    assert (first.deadline_after, second.deadline_after) == (24.0, None)
    assert first.prediction is not None
    assert first.prediction.severity[2] == 0.7
    assert (second.minutes, second.prediction) == (None, None)
    assert (found.without_score, found.without_time, found.left_out) == (1, 1, 1)


def test_what_was_withdrawn_is_no_truth():
    decisions = [
        decision("1", "undone", 1, seconds=60.0, withdrawn=True),
        decision("2", "decided anew", 1, seconds=60.0, withdrawn=True),
        decision("3", "decided anew", 4, seconds=120.0),
        decision("4", "upheld", 2, seconds=180.0),
        decision("5", "upheld", 4, seconds=None, reviews="4", withdrawn=True),
        decision("6", "upheld", 2, seconds=None, reviews="4"),
    ]
    # An undone decision leaves the case open; so do an appeal and the undoing of what it came to.
    cases = [recorded("undone", "open"), recorded("decided anew"), recorded("upheld")]
    found = from_record(cases, decisions, [], policy())
    assert [(row.severity, row.minutes) for row in found.rows] == [(4, 2.0), (2, 3.0)]
    assert (found.without_score, found.without_time, found.left_out) == (2, 0, 0)


@pytest.mark.parametrize("status", ["open", "claimed", "merged"])
def test_a_case_that_is_open_again_or_lies_in_another_is_left_out(status: str):
    decisions = [
        decision("1", "a", 1, seconds=60.0),
        decision("2", "b", 1, seconds=60.0),
        decision("3", "b", 3, seconds=None, reviews="2", withdrawn=True),
    ]
    assert from_record([recorded("a", status), recorded("b", status)], decisions, [], policy()).rows == ()


def recorded(name: str, status: str = "decided", attributes: str = '{"reach": 12}') -> dict[str, Any]:
    return {"id": name, "status": status, "received_at": AT, "attributes": attributes}


def score(case_id: str, at: datetime, severity: dict[int, float], *, fallback: bool = False) -> dict[str, Any]:
    said = {"category": json.dumps({"privacy": 0.9, "no_violation": 0.1}), "severity": json.dumps(severity)}
    return {"case_id": case_id, "created_at": at, "fallback": fallback, **said}


def decision(
    name: str,
    case_id: str,
    severity: int,
    *,
    seconds: float | None,
    reviews: str | None = None,
    category: str = "harassment",
    withdrawn: bool = False,
) -> dict[str, Any]:
    return {
        "id": name,
        "case_id": case_id,
        "severity": severity,
        "category": category,
        "sub_policy": "",
        "decided_at": AT + timedelta(hours=1 if reviews is None else 50),
        "handling_seconds": seconds,
        "reviews": reviews,
        "withdrawn_at": AT + timedelta(hours=51) if withdrawn else None,
    }


def a_table(**changed: list[object]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "received_at": ["2026-05-04T09:00:00+00:00", "2026-05-04T10:30:00+02:00"],
        "severity": [1, 4],
        "category": ["privacy", None],
        "handling_minutes": [12.5, None],
        "reach": [2000, None],
        "minor_involved": ["true", None],
        "deadline_at": [None, "2026-05-06T09:00:00+00:00"],
        "p_severity_1": [0.5, None],
        "p_severity_2": [0.3, None],
        "p_severity_3": [0.2, None],
        "p_severity_4": [0.0, None],
        "p_privacy": [0.9, None],
        "p_no_violation": [0.1, None],
        "colour": ["green", "blue"],
    }
    return pd.DataFrame(columns | changed)


# A second row with an answer too.
LIKEWISE: dict[str, list[object]] = {
    "category": ["privacy", "privacy"],
    "p_severity_1": [0.5, 0.5],
    "p_severity_2": [0.3, 0.3],
    "p_severity_3": [0.2, 0.2],
    "p_privacy": [0.9, 0.9],
    "p_no_violation": [0.1, 0.1],
}


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("told", "means"), [([1, 0], True), ([1.0, None], True), (["no", "1"], False), ([True, False], True)]
)
def test_truth_values_are_read_as_intake_reads_them(tmp_path: Path, ending: str, told: list[object], means: bool):
    path = tmp_path / f"past.{ending}"
    table = a_table(minor_involved=told, imminent=told)
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path, index=False)
    first, _ = from_table(path, policy())
    assert first.attributes["minor_involved"] is means
    assert first.attributes["imminent"] is means


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_may_leave_out_what_is_drawn_then(tmp_path: Path, ending: str):
    path = tmp_path / f"past.{ending}"
    a_table().to_csv(path, index=False) if ending == "csv" else a_table().to_parquet(path, index=False)
    told, untold = from_table(path, policy())
    assert told.received_at == datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    assert (told.severity, told.category, told.minutes) == (1, "privacy", 12.5)
    assert told.attributes == {"reach": 2000, "minor_involved": True}
    assert told.prediction is not None
    assert told.prediction.severity == {1: 0.5, 2: 0.3, 3: 0.2, 4: 0.0}
    assert told.prediction.category == {"privacy": 0.9, "no_violation": 0.1}
    assert untold.received_at == datetime(2026, 5, 4, 8, 30, tzinfo=UTC)
    assert (untold.category, untold.minutes, untold.prediction) == ("", None, None)
    assert (untold.attributes, untold.deadline_after) == ({}, 48.5)
    assert told.deadline_after is None


def test_a_deadline_that_is_no_time_says_nothing_and_is_not_repeated(tmp_path: Path):
    a_table(deadline_at=["before Ana's hearing", "2026-05-06T09:00:00"]).to_csv(tmp_path / "past.csv", index=False)
    assert [row.deadline_after for row in from_table(tmp_path / "past.csv", policy())] == [None, None]


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"received_at": ["2026-05-04T09:00:00", "x"]}, "'received_at' must hold ISO 8601 times with a zone .*row 1"),
        ({"severity": [1, 5]}, "'severity' must hold one of 1, 2, 3, 4 .*row 2"),
        ({"category": ["privacy", "astrology"]}, "'category' must be a category of the policy .*row 2"),
        ({"category": [None, None]}, "'category' must be known of a case whose answer is .*row 1"),
        ({"handling_minutes": [12.5, -1]}, "'handling_minutes' must be above 0 .*row 2"),
        # One text makes a CSV's whole column text; the number above it is one still.
        ({"handling_minutes": [12.5, "astrology"]}, "'handling_minutes' must be above 0 .*row 2"),
        ({"p_severity_4": ["0.0", "astrology"]} | LIKEWISE, "'p_severity_1' .*must be probabilities .*row 2"),
        ({"reach": [2000, "astrology"]}, "'reach' must hold a number of 0 or more.*row 2"),
        ({"reach": [-1, None]}, "'reach' must hold a number of 0 or more.*row 1"),
        ({"minor_involved": ["yes", "astrology"]}, "'minor_involved' must hold true or false .*row 2"),
        ({"imminent": [2, None]}, "'imminent' must hold true or false .*row 1"),
        ({"p_severity_1": [0.9, None]}, "'p_severity_1' .*must be probabilities that sum to 1 .*row 1"),
    ],
)
def test_a_table_with_a_fault_is_refused_by_column_and_row_alone(
    tmp_path: Path, changed: dict[str, list[object]], complaint: str
):
    a_table(**changed).to_csv(tmp_path / "past.csv", index=False)
    with pytest.raises(InvalidInputError, match=complaint) as refused:
        from_table(tmp_path / "past.csv", policy())
    assert "astrology" not in str(refused.value)


def test_a_table_without_a_column_or_of_another_kind_is_refused(tmp_path: Path):
    a_table().drop(columns="severity").to_csv(tmp_path / "past.csv", index=False)
    with pytest.raises(InvalidInputError, match=r"'severity' must be a column of past\.csv"):
        from_table(tmp_path / "past.csv", policy())
    with pytest.raises(InvalidInputError, match=r"must be seed, record, or a \.csv or .* \(got '\.xlsx'\)"):
        from_table(tmp_path / "past.xlsx", policy())
    with pytest.raises(InvalidInputError, match="must be a readable table"):
        from_table(tmp_path / "none.csv", policy())


def test_the_public_records_come_with_the_most_severe_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import replay_sets

    if not replay_sets.DATA.is_dir():
        pytest.skip(f"the public data sets are not on this machine ({replay_sets.DATA})")
    counted = {name: Counter(row.severity for row in replay_sets.public_record(name)) for name in replay_sets.LEVELS}
    assert counted["hadoop_jira"] == {1: 76, 2: 86, 3: 1738, 4: 603}
    assert counted["uci_incidents"] == {1: 152, 2: 259, 3: 19732, 4: 626}
