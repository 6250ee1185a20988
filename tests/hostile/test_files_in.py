"""Files as they are handed in, by `caseload import`: read in part or refused, and nothing of them repeated."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.spreadsheet_text import guarded
from cases.store import CaseStore
from cases.store.storable import storable_text
from tests.cli.conftest import Run, home, run, store
from tests.hostile.checking import cell_faults
from tests.hostile.corpus.files import FILES
from tests.hostile.corpus.texts import TEXTS, WORD

__all__ = ["home", "run", "store"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).isoformat()


def row(number: int, text: str) -> dict[str, str]:
    """A row that says this, a case of its own."""
    return {
        "external_id": f"{number}", "case_ref": f"{number}", "title": text, "description": text, "reporter": text,
        "received_at": NOON,
    }  # fmt: skip


@pytest.mark.parametrize(("ending", "content"), FILES.values(), ids=FILES)
def test_a_file_is_read_in_part_or_refused(
    run: Run, store: CaseStore, tmp_path: Path, ending: str, content: bytes
) -> None:
    path, rejected = tmp_path / f"table{ending}", tmp_path / "rejected.csv"
    path.write_bytes(content)
    outcome = run("import", path, "--rejected", rejected)
    assert outcome.code in (0, 2, 3), outcome
    # The name of a column is no case's; what stands in one is.
    assert WORD not in outcome.out + outcome.err or f"=1+1 {WORD}" in outcome.out + outcome.err
    assert not any(sign in outcome.out + outcome.err for sign in ("\x1b", "\x07", "Traceback", "root:"))
    assert "root:" not in "".join(case.content.description for case in store.queue(10))
    if rejected.exists():
        with rejected.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [fault for cell in cells for fault in cell_faults(cell)] == []


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_each_text_in_each_column_is_kept_as_it_was(run: Run, store: CaseStore, tmp_path: Path, ending: str) -> None:
    path, rows = tmp_path / f"texts{ending}", []
    for number, text in enumerate(TEXTS.values()):
        told = guarded(text.replace("\ufffe", "")) if ending == ".csv" else text
        told = told if ending != ".csv" else told.encode("utf-8", "ignore").decode()
        rows.append(row(number, told))
    with path.open("w", encoding="utf-8", newline="") as file:
        if ending == ".csv":
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    outcome = run("import", path, "--source", "desk", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    for number, text in enumerate(TEXTS.values()):
        found = store.report_by_ref("desk", f"{number}")
        assert found is not None
        content = store.case(found.case_id).content
        expected = storable_text(text if ending == ".jsonl" else text.replace("\ufffe", ""), field="title")
        assert (content.title, content.description) == (expected, expected)


def test_a_terminal_is_shown_nothing_that_acts_on_it(run: Run, store: CaseStore, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    rows = [row(number, text) for number, text in enumerate(TEXTS.values())]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    assert run("import", path, "--source", "desk").code == 0
    assert run("queue", "--limit", "200").code == 0
    case = store.queue(1)[0].id
    for arguments in (("queue", "--limit", "200"), ("claim", case, "--as", "ada\x1b[31m")):
        outcome = run(*arguments)
        assert not any(sign in outcome.out + outcome.err for sign in "\x1b\x07\x08\x9b"), arguments
