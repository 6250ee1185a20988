"""A dry run reads everything, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import InvalidInputError
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from tests.cases.intake.tables import write_csv
from tests.cases.intake.test_load import ROWS, take_in


def test_a_dry_run_reads_everything_and_needs_no_store(taxonomy: Taxonomy, tmp_path: Path) -> None:
    report = take_in(None, write_csv(tmp_path / "reports.csv", ROWS), taxonomy, dry_run=True)

    assert report.dry_run
    assert (report.read, report.accepted, report.decided, report.rejected) == (3, 2, 1, 1)
    assert (report.created, report.known) == (0, 0)


def test_a_dry_run_leaves_the_store_as_it_is(store: CaseStore, taxonomy: Taxonomy, tmp_path: Path) -> None:
    take_in(store, write_csv(tmp_path / "reports.csv", ROWS), taxonomy, dry_run=True)

    assert list(store.rows("cases")) == []


def test_without_a_store_only_a_dry_run_is_possible(taxonomy: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="'store' must be given"):
        take_in(None, write_csv(tmp_path / "reports.csv", ROWS), taxonomy)
