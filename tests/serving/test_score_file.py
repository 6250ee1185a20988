from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import python_calamine

from cases.errors import InvalidInputError, ModelMissingError, NotMigratedError
from cases.intake.mapping import FieldMap
from cases.settings import load_settings
from serving.app import build_services
from serving.scoring.ranking import CaseToJudge
from serving.scoring.score_file import score_file
from serving.scoring.scores import score_cases
from tests.serving.conftest import NOON, Place

COLUMNS = [
    "case_id", "category", "probability", "category_2", "probability_2", "category_3", "probability_3", "tier",
    "shortlist", "novelty_p", "sub_policy", "severity", "p_severity_1",
    "p_severity_2", "p_severity_3", "p_severity_4", "priority", "language", "model_version",
]  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "description", "received_at", "category"])
        writer.writerow(["a", "This course is my book, read aloud.", "2026-03-01T09:00:00Z", "not looked at"])
        writer.writerow(["=b", "Somebody sells five-star reviews.", "", ""])
        writer.writerow(["c", "", "2026-03-01T09:00:00Z", ""])
        writer.writerow(["d", "A quarrel.", "yesterday", ""])
    return path


def test_one_row_a_case_with_the_columns_that_are_promised(place: Place, table: Path, tmp_path: Path) -> None:
    place.promote(version="4")
    out = tmp_path / "out.csv"

    report = score_file(place.settings, str(table), out)

    rows = _read(out)
    assert list(rows[0]) == COLUMNS
    assert [row["case_id"] for row in rows] == ["a", "'=b"]
    assert _number(rows[0]["probability"]) >= _number(rows[0]["probability_2"]) >= _number(rows[0]["probability_3"])
    assert sum(_number(rows[0][f"p_severity_{level}"]) for level in range(1, 5)) == pytest.approx(1.0)
    assert rows[0]["severity"] in {"1", "2", "3", "4"}
    assert {row["model_version"] for row in rows} == {"small/4"}
    assert (report.scored, report.rejected) == (2, 2)
    assert [rejection.column for rejection in report.rejections] == ["description", "received_at"]


def test_the_file_says_what_the_api_says(place: Place, table: Path, tmp_path: Path) -> None:

    place.promote()
    score_file(place.settings, str(table), tmp_path / "out.jsonl")
    services = build_services(place.settings)
    services.watch.check()
    [scored] = score_cases(
        services.watch.model(), [CaseToJudge("", "This course is my book, read aloud.", NOON)], services.ranking
    )

    row = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert row["probability"] == pytest.approx(max(scored.category.values()), abs=2e-3)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_each_format_holds_the_same_rows(place: Place, table: Path, tmp_path: Path, ending: str) -> None:
    place.promote()
    out = tmp_path / f"out.{ending}"

    score_file(place.settings, str(table), out)

    assert len(_read(out)) == 2
    assert list(_read(out)[0]) == COLUMNS


def test_columns_of_other_names_and_rows_without_an_id(place: Place, tmp_path: Path) -> None:
    place.promote()
    source = tmp_path / "in.csv"
    source.write_text("Body,Subject\nA stolen lecture.,Theft\n")

    score_file(place.settings, str(source), tmp_path / "out.jsonl", field_map=FieldMap({"description": "Body"}))

    assert [row["case_id"] for row in _read(tmp_path / "out.jsonl")] == ["row 2"]


def test_an_export_of_cases_can_be_scored(place: Place, tmp_path: Path) -> None:
    place.promote()
    source = tmp_path / "in.jsonl"
    source.write_text(
        '{"id": "c-1", "description": "A stolen lecture."}\n{"case_id": "c-2", "description": "A quarrel."}\n'
    )

    score_file(place.settings, str(source), tmp_path / "out.jsonl")

    assert [row["case_id"] for row in _read(tmp_path / "out.jsonl")] == ["c-1", "c-2"]


def test_nothing_is_written_without_a_model(place: Place, table: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        score_file(place.settings, str(table), tmp_path / "out.csv")

    assert not (tmp_path / "out.csv").exists()


def test_a_record_that_is_not_migrated_is_said_so(table: Path, tmp_path: Path) -> None:
    with pytest.raises(NotMigratedError):
        score_file(load_settings(home=tmp_path / "new"), str(table), tmp_path / "out.csv")


def test_an_ending_that_is_no_format_and_a_folder_that_is_not_there(
    place: Place, table: Path, tmp_path: Path
) -> None:
    place.promote()
    with pytest.raises(InvalidInputError, match="parquet"):
        score_file(place.settings, str(table), tmp_path / "out.docx")
    with pytest.raises(InvalidInputError, match="folder"):
        score_file(place.settings, str(table), tmp_path / "no" / "out.csv")


def _number(cell: object) -> float:
    return float(str(cell))


def _read(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".csv":
        return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".parquet":
        rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
        return rows
    header, *rest = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rest]
