"""One row, read as intake reads it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.intake.mapping import FieldMap
from cases.intake.rows import AcceptedRow, RowReader
from cases.intake.table import RawRow, Rejection
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy

TAXONOMY = load_taxonomy()


def reader(*, taxonomy: Taxonomy = TAXONOMY, columns: Mapping[str, str] | None = None, **options: Any) -> RowReader:
    binding = FieldMap(columns or {}).bind(None, required=())
    return RowReader(binding, taxonomy, source="zendesk", **options)


def accepted(cells: Mapping[str, object], **options: Any) -> AcceptedRow:
    outcome = reader(**options).read(RawRow(2, cells))
    assert isinstance(outcome, AcceptedRow), str(outcome)
    return outcome


def rejected(cells: Mapping[str, object], **options: Any) -> Rejection:
    outcome = reader(**options).read(RawRow(2, cells))
    assert isinstance(outcome, Rejection)
    assert outcome.row == 2
    return outcome
