"""Files full of canaries read by the command line: what it prints and what it writes of bad rows names no word."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cases.store import CaseStore
from tests.cli.conftest import Run, home, run, store
from tests.cli.filed_cases import file_case
from tests.privacy.canaries import Canaries, files_under, hits

__all__ = ["home", "run", "store"]

COLUMNS = (
    "source", "external_id", "title", "description", "received_at", "channel", "subject_kind", "subject_ref",
    "reporter",
    "case_ref", "category", "severity", "action", "reason", "decided_by", "decided_at", "handling_seconds", "reach",
)  # fmt: skip


def good_row(canaries: Canaries, number: int) -> dict[str, str]:
    return {
        "source": "desk", "external_id": f"{canaries.external_id}-{number}", "title": canaries.title,
        "description": f"I am {canaries.text}.", "received_at": "2026-03-01T09:30:00Z", "channel": "web",
        "subject_kind": "user", "subject_ref": canaries.subject, "reporter": canaries.reporter,
        "case_ref": f"c-{number}",
        "category": "hate", "severity": "2", "action": "remove_content", "reason": "clear_breach",
        "decided_by": "ada", "decided_at": "2026-03-02T09:30:00Z", "handling_seconds": "30", "reach": "5",
    }  # fmt: skip


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def bad_rows(canaries: Canaries) -> list[dict[str, str]]:
    """In each column what it does not take, be it of the wrong kind or far too long."""
    found = []
    for number, column in enumerate(COLUMNS):
        found.append(good_row(canaries, number) | {column: f"{canaries.text} " * 20_000})
        found.append(good_row(canaries, 100 + number) | {column: canaries.text})
        found.append(good_row(canaries, 200 + number) | {column: ""})
    return found


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("options", [(), ("--json",), ("--dry-run",)])
def test_bad_rows_are_named_by_row_and_column_alone(
    run: Run, tmp_path: Path, canaries: Canaries, options: tuple[str, ...]
) -> None:
    rejected = tmp_path / "rejected.csv"
    outcome = run("import", table(tmp_path / "in.csv", bad_rows(canaries)), "--rejected", rejected, *options)
    assert outcome.code == 3
    with rejected.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"severity", "received_at", "description", "category", "handling_seconds"} <= {
        row["column"] for row in rows
    }
    assert canaries.found_in((outcome.out + outcome.err).encode()) == []
    assert hits(canaries, [rejected]) == []


@pytest.mark.usefixtures("store")
def test_files_that_cannot_be_read_are_not_quoted(run: Run, tmp_path: Path, canaries: Canaries) -> None:
    broken = {
        "quote.csv": f'external_id,description\n1,"{canaries.text}',
        "half.jsonl": f'{{"external_id": "1", "description": "{canaries.text}"}}\n{{"external_id": "{canaries.text}',
        "other.jsonl": f'["{canaries.text}"]\n"{canaries.text}"\n',
        "no.xlsx": canaries.text,
        "no.parquet": canaries.text,
        "wide.csv": f"external_id,description\n1,x,{canaries.text},{canaries.text}\n",
    }
    for name, content in broken.items():
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        for command in (("import", path), ("import", path, "--json"), ("score", path, "-o", tmp_path / "out.csv")):
            outcome = run(*command)
            assert outcome.code in (0, 1, 2, 3)
            assert canaries.found_in((outcome.out + outcome.err).encode()) == [], command


def test_a_decision_that_is_refused_does_not_repeat_its_note(run: Run, store: CaseStore, canaries: Canaries) -> None:
    case = file_case(store, 1, text=canaries.text, title=canaries.title)
    decide = (
        "decide", case.id, "--as", "ada", "--token", "1", "--category", "hate", "--severity", "2",
        "--action", "remove_content", "--reason", "clear_breach",
    )  # fmt: skip
    refused = [
        run(*decide, "--note", canaries.note),
        run(*decide, "--note", canaries.note * 200_000),
        run("escalate", case.id, "--to", "nobody", "--note", canaries.note),
        run("appeal", case.id, "--note", canaries.note),
        run("bulk-decide", case.id, "--category", "no", "--severity", "9", "--note", canaries.note),
    ]
    assert {outcome.code for outcome in refused} <= {1, 2}
    assert [outcome.err for outcome in refused if canaries.found_in((outcome.out + outcome.err).encode())] == []


def test_what_is_asked_to_be_erased_is_not_repeated(
    run: Run, store: CaseStore, home: Path, canaries: Canaries
) -> None:
    file_case(store, 1)
    asked = [
        run("erase", "--reporter", canaries.reporter),
        run("erase", "--reporter", canaries.reporter, "--source", "x" * 300, "--yes"),
        run("erase", "--subject", canaries.subject),
        run("erase", "--subject", f"user:{canaries.subject}", "--json"),
        run("erase", "--report", f"desk:{canaries.external_id}", "--yes", "--json"),
        run("erase", "--report", canaries.external_id),
        run("erase", "--reporter", canaries.reporter, "--report", f"desk:{canaries.external_id}"),
    ]
    assert [outcome.code for outcome in asked] == [0, 0, 2, 0, 0, 2, 2]
    assert [one for one in asked if canaries.found_in((one.out + one.err).encode())] == []
    assert hits(canaries, files_under(home)) == []
