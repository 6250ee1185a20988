from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from cases.category_map import CategoryChange, CategoryMap
from cases.decision import DecidedCase, Decision, Verdict
from cases.errors import InvalidInputError
from cases.ids import CaseId, ContentId, DecisionId
from cases.taxonomy import inline_taxonomy
from training.snapshot import from_store
from training.split import split
from training.table import TableColumns, from_table, level_count

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def decided(
    number: int, category: str, *, sub_policy: str = "", severity: int = 2, text: str = "a text"
) -> DecidedCase:
    verdict = Verdict(category, severity, "warn", "clear_breach", sub_policy)
    decision = Decision(DecisionId(f"d{number}"), CaseId(f"c{number}"), ContentId(f"t{number}"), verdict, "mei", WHEN)
    return DecidedCase(CaseId(f"c{number}"), f"course:{number}", WHEN, "", text, "email", {"reach": 7}, decision)


def policy(*changes: CategoryChange):
    taxonomy = inline_taxonomy(["spam", "fraud"], 4, version=3)
    object.__setattr__(taxonomy, "category_map", CategoryMap(changes))
    return taxonomy


def test_old_categories_are_carried_over_and_what_cannot_be_is_counted():
    changes = (
        CategoryChange("adverts", 2, "spam", {}, {}),
        CategoryChange("money", 2, "", {"cards": "fraud"}, {}),
    )
    snapshot = from_store(
        [
            decided(1, "adverts"),
            decided(2, "money", sub_policy="cards"),
            decided(3, "money", sub_policy="other"),
            decided(4, "unheard_of"),
            decided(5, "spam", severity=9),
        ],
        policy(*changes),
    )
    assert list(snapshot.rows["category"]) == ["spam", "fraud"]
    assert snapshot.left_out == {
        "category without a successor in this taxonomy": 2,
        "severity that this taxonomy lacks": 1,
    }


def test_nothing_decided_says_what_to_do():
    with pytest.raises(InvalidInputError, match="import past cases or decide some first"):
        from_store([], policy())


def test_the_digest_covers_every_cell_and_the_order():
    base = from_store([decided(1, "spam"), decided(2, "fraud")], policy()).sha256
    assert from_store([decided(1, "spam"), decided(2, "fraud")], policy()).sha256 == base
    assert from_store([decided(2, "fraud"), decided(1, "spam")], policy()).sha256 != base
    assert from_store([decided(1, "spam"), decided(2, "fraud", text="a texu")], policy()).sha256 != base
    assert from_store([decided(1, "spam"), decided(2, "fraud", severity=3)], policy()).sha256 != base


def test_the_ledger_for_the_tracker_holds_no_text():
    snapshot = from_store([decided(1, "spam", text="CANARY words")], policy())
    ledger = snapshot.ledger(pd.Series(["train"]))
    assert "CANARY" not in ledger.to_csv()
    assert len(ledger.loc[0, "text_sha256"]) == 64


def write(folder: Path, name: str = "tickets.csv", **columns: list) -> Path:
    path = folder / name
    frame = pd.DataFrame(columns)
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["tickets.csv", "tickets.parquet"])
def test_a_table_is_read_by_its_own_column_names(tmp_path: Path, name: str):
    path = write(tmp_path, name, body=["one", "two", None, "  "], team=["x", "y", "x", "y"], prio=[1, 4, 2, 3])
    snapshot = from_table(path, TableColumns(text="body", category="team", severity="prio", severity_1_is="least"))
    assert list(snapshot.rows["description"]) == ["one", "two"]
    assert list(snapshot.rows["severity"]) == [4, 1], "ours counts 1 as the most severe"
    assert level_count(snapshot) == 4
    assert snapshot.left_out == {"row without text or category": 2}


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path):
    path = write(tmp_path, body=["one"], team=["x"])
    with pytest.raises(
        InvalidInputError, match=r"'--category' must be a column of tickets.csv \(got 'queue'\).*body, team"
    ):
        from_table(path, TableColumns(text="body", category="queue"))


@pytest.mark.parametrize("levels", [["high", "low"], [0, 1], [1.5, 2]])
def test_levels_that_are_not_counted_from_one_are_refused(tmp_path: Path, levels: list):
    path = write(tmp_path, body=["one", "two"], team=["x", "y"], prio=levels)
    with pytest.raises(InvalidInputError, match="'--severity' must be whole numbers from 1"):
        from_table(path, TableColumns(text="body", category="team", severity="prio"))


def test_levels_are_turned_round_within_those_that_the_model_knows(tmp_path: Path):
    path = write(tmp_path, body=["one", "two", "three"], team=["x", "y", "x"], prio=[1, 2, 2])
    columns = TableColumns(text="body", category="team", severity="prio", severity_1_is="least")
    assert list(from_table(path, columns, levels=4).rows["severity"]) == [4, 3, 3], "none of them is of the highest"
    assert list(from_table(path, columns).rows["severity"]) == [2, 1, 1]


@pytest.mark.parametrize("end", ["most", "least"])
def test_a_level_that_the_model_lacks_is_named_by_its_row(tmp_path: Path, end: Literal["most", "least"]):
    path = write(tmp_path, body=["one", None, "three"], team=["x", "y", "x"], prio=[1, 2, 5])
    columns = TableColumns(text="body", category="team", severity="prio", severity_1_is=end)
    with pytest.raises(InvalidInputError, match=r"'--severity' must be .* 1 to 4 \(got 5 in row 3\)") as caught:
        from_table(path, columns, levels=4)
    assert caught.value.field == "severity"


def test_a_split_column_must_hold_both_parts(tmp_path: Path):
    path = write(tmp_path, body=["one", "two"], team=["x", "y"], part=["train", "train"])
    with pytest.raises(InvalidInputError, match="'--split' must hold train and test"):
        from_table(path, TableColumns(text="body", category="team", split="part"))


def test_a_time_that_is_none_is_named_by_its_row(tmp_path: Path):
    path = write(tmp_path, body=["one", "two"], team=["x", "y"], at=["2026-01-01T00:00:00Z", "yesterday"])
    with pytest.raises(InvalidInputError, match=r"row 2 is not"):
        from_table(path, TableColumns(text="body", category="team", time="at"))


def test_a_file_that_is_no_table_is_refused_without_its_content(tmp_path: Path):
    path = tmp_path / "tickets.parquet"
    path.write_text("CANARY")
    with pytest.raises(InvalidInputError, match="must be a readable table") as caught:
        from_table(path, TableColumns(text="a", category="b"))
    assert "CANARY" not in str(caught.value)


def test_a_table_with_times_is_split_by_them(tmp_path: Path):
    hours = pd.date_range("2026-01-01", periods=120, freq="h", tz="UTC")
    path = write(
        tmp_path,
        body=[f"text {n}" for n in range(120)],
        team=["x", "y"] * 60,
        at=[h.isoformat() for h in hours[::-1]],
    )
    snapshot = from_table(path, TableColumns(text="body", category="team", time="at"))
    result = split(snapshot.rows, snapshot.rows.index.to_numpy())
    assert list(result.rows("test")) == list(range(24))
