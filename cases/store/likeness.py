"""Cases that say the same: looked up by the fingerprint of the report that began them.

Only a report that names neither subject nor case_ref, and begins a case, leaves a fingerprint. What joins a case
leaves none, so a pile-on of ten thousand copies is one row here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, select

from cases.fingerprint import Fingerprint
from cases.ids import ReportId
from cases.record import CaseStatus, NewReport
from cases.store.rows import AnyRow, chunks
from cases.store.tables import cases, fingerprints, reports

T = TypeVar("T")

BAND_COLUMNS = (fingerprints.c.band_1, fingerprints.c.band_2, fingerprints.c.band_3, fingerprints.c.band_4)

# Of a flood of texts that are alike in a quarter and in no more, so many are looked at for each report: the newest.
CANDIDATES = 64


@dataclass(frozen=True, slots=True)
class _Place(Generic[T]):
    said: Fingerprint
    received_at: datetime
    case: T


class Likes(Generic[T]):
    """Cases by what the report that began them says, within a window of time.

    Args:
        window: How far apart two reports may have been received and still be gathered.
    """

    def __init__(self, window: timedelta) -> None:
        self.window = window
        self._by_digest: dict[tuple[str, str], list[_Place[T]]] = defaultdict(list)
        self._by_band: dict[tuple[str, int, int], list[_Place[T]]] = defaultdict(list)

    def add(self, source: str, said: Fingerprint, received_at: datetime, case: T) -> None:
        """Let later reports of `source` find the case."""
        place = _Place(said, received_at, case)
        self._by_digest[source, said.digest].append(place)
        for number, band in enumerate(said.bands):
            self._by_band[source, number, band].append(place)

    def find(self, source: str, said: Fingerprint, received_at: datetime) -> T | None:
        """The case that says the same, or nearly; of several, the one whose report was received first."""
        found = [*self._by_digest.get((source, said.digest), ())]
        for number, band in enumerate(said.bands):
            found += self._by_band.get((source, number, band), ())
        fit = [
            place
            for place in found
            if abs(place.received_at - received_at) <= self.window and place.said.is_near(said)
        ]
        return min(fit, key=lambda place: (place.received_at, place.said.digest)).case if fit else None


def fingerprint_row(report_id: ReportId, source: str, said: Fingerprint, received_at: datetime) -> dict[str, Any]:
    """The fingerprint as a row; every row of a bulk insert spells the same columns."""
    bands = said.bands or (None,) * len(BAND_COLUMNS)
    return {
        "report_id": report_id,
        "source": source,
        "received_at": received_at,
        "digest": said.digest,
        "simhash": None if said.simhash is None else f"{said.simhash:016x}",
        **{column.name: band for column, band in zip(BAND_COLUMNS, bands, strict=True)},
    }


def fingerprint_from(row: AnyRow) -> Fingerprint:
    """A row of fingerprints."""
    return Fingerprint(row.digest, None if row.simhash is None else int(row.simhash, 16))


def alike(connection: Connection, said: Sequence[tuple[NewReport, Fingerprint]], window: timedelta) -> list[AnyRow]:
    """The rows of fingerprints that are near to what one of these reports says, each with its case's id.

    Only those of open cases without a subject which later reports still join. An index finds those that agree in a
    quarter; which are near is told here, so that no case is locked for nothing.
    """
    if not said:
        return []
    times = [report.received_at for report, _ in said]
    within = (min(times) - window, max(times) + window)
    sources = sorted({report.source for report, _ in said})
    # What is told in the batch more than once is looked for once.
    wanted = {said_.digest: said_ for _, said_ in said}
    near: set[str] = set()
    for digests in chunks(sorted(wanted)):
        query = _prints(within, sources).where(fingerprints.c.digest.in_(digests))
        near |= {row.report_id for row in connection.execute(query)}
    for number, column in enumerate(BAND_COLUMNS):
        by_band: dict[int, list[Fingerprint]] = defaultdict(list)
        for one in wanted.values():
            if one.bands:
                by_band[one.bands[number]].append(one)
        for bands in chunks(sorted(by_band)):
            query = _prints(within, sources).where(column.in_(bands))
            newest = query.order_by(fingerprints.c.received_at.desc()).limit(CANDIDATES * len(bands))
            for row in connection.execute(newest):
                there = fingerprint_from(row)
                if any(one.is_near(there) for one in by_band[there.bands[number]]):
                    near.add(row.report_id)
    return [row for some in chunks(sorted(near)) for row in connection.execute(_of_open_cases(some))]


def _prints(within: tuple[datetime, datetime], sources: Sequence[str]) -> Select[Any]:
    return select(fingerprints).where(fingerprints.c.received_at.between(*within), fingerprints.c.source.in_(sources))


def _of_open_cases(report_ids: Sequence[str]) -> Select[Any]:
    """Of the few that are near: joined to all, a planner that knows no rows yet compared each with each."""
    return (
        select(fingerprints, reports.c.case_id)
        .join(reports, reports.c.id == fingerprints.c.report_id)
        .join(cases, cases.c.id == reports.c.case_id)
        .where(
            fingerprints.c.report_id.in_(report_ids),
            cases.c.status == CaseStatus.OPEN.value,
            cases.c.subject_id.is_(None),
            cases.c.gathers,
        )
    )


def gathered_by_text(batch: Sequence[NewReport]) -> Iterator[NewReport]:
    """Those that name neither their subject nor their case, so that only what they say can tell."""
    return (report for report in batch if not report.subject_ref and not report.case_ref)
