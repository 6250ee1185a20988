"""A case as a row of the queue, on pages and in files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.record import Case, Lease, Score
from serving.console.blind import is_hidden
from serving.console.tables import Column, Table
from serving.scoring.scores import top_categories
from serving.services import Services


@dataclass(frozen=True, slots=True)
class Row:
    """A case as the queue shows it.

    Attributes:
        level: The severity by which it is due; None where nobody said any.
        hidden: Whether what is likely is kept from view until the case is decided.
        likeliest: The likeliest category's name and its probability; None without a score, or where it is hidden.
        due: By when somebody must have touched it; None where no clock runs.
        held: Who holds it, and until when; None for nobody.
    """

    case: Case
    level: int | None
    hidden: bool
    likeliest: tuple[str, float] | None
    due: datetime | None
    held: Lease | None


_COLUMNS: Mapping[str, Column[Row]] = {
    "case_id": ("text", lambda row: row.case.id),
    "title": ("text", lambda row: row.case.content.title),
    "severity": ("whole", lambda row: row.level),
    "likeliest": ("text", lambda row: row.likeliest[0] if row.likeliest else ""),
    "probability": ("number", lambda row: row.likeliest[1] if row.likeliest else None),
    "queue": ("text", lambda row: row.case.queue),
    "received_at": ("time", lambda row: row.case.received_at),
    "due": ("time", lambda row: row.due),
    "held_by": ("text", lambda row: row.held.holder if row.held else ""),
    "assigned_to": ("text", lambda row: row.case.assigned_to or ""),
    "subject_kind": ("text", lambda row: row.case.subject.kind if row.case.subject else ""),
    "subject": ("text", lambda row: row.case.subject.external_id if row.case.subject else ""),
}


def table_of(at: str, caption: str, rows: Iterable[Row], limit: int, query: str = "") -> Table[Row]:
    """Cases as a table; what is asked is as in `Table`."""
    return Table(at, caption, _COLUMNS, rows, limit, query)


def rows_of(parts: Services, cases: Sequence[Case]) -> list[Row]:
    """The cases as the queue shows them, in their order."""
    store, ids = parts.store(), [case.id for case in cases]
    scores, held = store.latest_scores(ids), store.leases_on(ids)
    blind = {case.id for case in cases if is_hidden(case, parts.settings.blind_share)}
    return [
        Row(
            case,
            _level_of(parts, case, scores.get(case.id)),
            case.id in blind,
            None if case.id in blind else likeliest(parts, scores.get(case.id)),
            parts.ranking.due_of(case, scores.get(case.id)),
            held.get(case.id),
        )
        for case in cases
    ]


def likeliest(parts: Services, score: Score | None) -> tuple[str, float] | None:
    """The likeliest category's name and its probability; None without a score."""
    if score is None or not score.category:
        return None
    [(category, probability)] = top_categories(score.category, 1)
    known = category in parts.taxonomy.category_ids
    return parts.taxonomy.category(category).name if known else category, probability


def _level_of(parts: Services, case: Case, score: Score | None) -> int | None:
    shown = parts.ranking.unjudged_level(case.content.attributes) if score is None else score.severity_level
    return case.set_severity or shown
