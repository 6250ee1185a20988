"""Cases: filed, looked up, decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from caseload_client._batches import Item, as_list, key_of
from caseload_client._call import Received, getting, given, id_in_path, posting, read_nothing, reads
from caseload_client._pages import MOST_EVENTS, next_cursor, page_params
from caseload_client._results import FiledBatch, filed, not_filed
from caseload_client._sync.batching import Batching
from caseload_client.answers_cases import (
    Case,
    CasesPage,
    CaseSummary,
    Decision,
    Event,
    EventsPage,
    Filed,
    FileResult,
    Lease,
)
from caseload_client.requests import CaseFilter, NewReport, Outcome, Shown, Verdict, Version, as_body

_ANY = CaseFilter()
_NOT_MODIFIED = 304


class CaseCalls(Batching):
    """Reports in, cases out, decisions."""

    def file(self, report: NewReport, *, idempotency_key: str | None = None) -> Filed:
        """File a report. It is stored when this answers, whatever became of its score.

        Raises:
            RequestRefusedError: The report is not as it must be; `field` and `errors` say where.
        """
        call = posting("/v1/cases", reads(Filed), as_body(report), idempotency_key=idempotency_key)
        return self._send(call)

    def file_many(self, reports: Iterable[NewReport], *, idempotency_key: str | None = None) -> list[FileResult]:
        """File reports, 500 at a time; one result for each, in their order. A bad report fails alone.

        They are scored in the background. Filing all of them again is safe: those that are known are answered so.

        Args:
            reports: As many as there are; all are read before the first is sent.
            idempotency_key: Each batch's key is made of it and of the places of its reports.

        Raises:
            CaseloadError: A batch was not answered; `done` holds the results of those before it.
        """

        def send(batch: Sequence[Item]) -> list[FileResult]:
            key = key_of(idempotency_key, batch)
            call = posting("/v1/cases/batch", reads(FiledBatch), as_list("reports", batch), idempotency_key=key)
            return filed(batch, self._send(call))

        return self._in_batches(reports, send, not_filed)

    def case(self, case_id: str) -> Case:
        """A case with its reports, its latest score and its decisions.

        Raises:
            NotFoundError: There is none.
        """
        return self._send(getting(_path(case_id), reads(Case)))

    def case_if_changed(self, known: Case) -> Case | None:
        """The case as it is now, or None where it still is as `known`."""

        def read(received: Received) -> Case | None:
            return None if received.status == _NOT_MODIFIED else reads(Case)(received)

        # A lease that lapses changes the status and is no event, so the tag holds both.
        tags = f'"{known.version}-{known.status}", "{known.version}"'
        call = getting(_path(known.case_id), read).with_header("If-None-Match", tags, also={_NOT_MODIFIED})
        return self._send(call)

    def cases(self, wanted: CaseFilter = _ANY, *, page_size: int = 100) -> Iterator[CaseSummary]:
        """All cases that are wanted, the newest first, read a page at a time as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.cases_page(wanted, limit=page_size, cursor=cursor)
            for case in page.cases:
                yield case
            cursor = next_cursor(cursor, page.next_cursor)
            if cursor is None:
                return

    def cases_page(self, wanted: CaseFilter = _ANY, *, limit: int = 100, cursor: str | None = None) -> CasesPage:
        """One page of the cases that are wanted, the newest first; `cursor`: the last page's `next_cursor`."""
        params = page_params(limit, cursor) | asdict(wanted)
        return self._send(getting("/v1/cases", reads(CasesPage), params))

    def events(self, case_id: str, *, page_size: int = MOST_EVENTS) -> Iterator[Event]:
        """All that happened to a case, in order, read a page at a time as it is asked for."""
        cursor: str | None = None
        while True:
            page = self.events_page(case_id, limit=page_size, cursor=cursor)
            for event in page.events:
                yield event
            cursor = next_cursor(cursor, page.next_cursor)
            if cursor is None:
                return

    def events_page(self, case_id: str, *, limit: int = MOST_EVENTS, cursor: str | None = None) -> EventsPage:
        """One page of what happened to a case; `cursor` is the `next_cursor` of the one before."""
        params = page_params(limit, cursor, most=MOST_EVENTS)
        return self._send(getting(f"{_path(case_id)}/events", reads(EventsPage), params))

    def decide(
        self,
        lease: Lease,
        verdict: Verdict,
        *,
        shown: Shown | None = None,
        outcome: Outcome | None = None,
        handling_seconds: float | None = None,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Decision:
        """Decide a claimed case, once.

        Args:
            lease: What the claim answered.
            verdict: The decision, by codes of the policy.
            shown: What the decider was offered; None where nothing was.
            outcome: What an appeal comes to; needed on one, and nowhere else.
            handling_seconds: How long the decider worked on it.
            version: The case's, as the decider read it; where it has moved on, nothing is decided.
            idempotency_key: The caller's own; one is made where it is None.

        Raises:
            StaleLeaseError: The lease is no longer the newest, or ran out.
            PreconditionFailedError: Something happened to the case since `version`.
            UnknownPolicyError: The policy has no such word.
        """
        body = as_body(verdict) | given(
            token=lease.token,
            holder=lease.holder,
            shown=None if shown is None else as_body(shown),
            outcome=outcome,
            handling_seconds=handling_seconds,
        )
        path = f"{_path(lease.case_id)}/decision"
        return self._send(posting(path, reads(Decision), body, version=version, idempotency_key=idempotency_key))

    def renew(
        self,
        lease: Lease,
        *,
        lease_seconds: int | None = None,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Lease:
        """Keep a claimed case for `lease_seconds` from now, 1 to 86,400; the service's own where it is None."""
        body = given(token=lease.token, holder=lease.holder, lease_seconds=lease_seconds)
        path = f"{_path(lease.case_id)}/lease/renew"
        return self._send(posting(path, reads(Lease), body, version=version, idempotency_key=idempotency_key))

    def release(self, lease: Lease, *, version: Version | None = None, idempotency_key: str | None = None) -> None:
        """Give a claimed case back to the queue."""
        body = given(token=lease.token, holder=lease.holder)
        path = f"{_path(lease.case_id)}/lease/release"
        self._send(posting(path, read_nothing, body, version=version, idempotency_key=idempotency_key))


def _path(case_id: str) -> str:
    return f"/v1/cases/{id_in_path('case_id', case_id)}"
