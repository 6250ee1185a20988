"""The queue: what waits, and taking the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from caseload_client._call import Received, getting, given, posting, reads
from caseload_client._pages import next_cursor, page_params
from caseload_client._sync.sender import Sender
from caseload_client.answers_cases import CaseSummary, Claim, QueuePage
from caseload_client.requests import QueueFilter

_ANY = QueueFilter()
_NOTHING_LEFT = 204


class QueueCalls(Sender):
    """The undecided cases, the most urgent first."""

    def queue(self, wanted: QueueFilter = _ANY, *, page_size: int = 50) -> Iterator[CaseSummary]:
        """All undecided cases that are wanted, the most urgent first, read a page at a time as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.queue_page(wanted, limit=page_size, cursor=cursor)
            for case in page.cases:
                yield case
            cursor = next_cursor(cursor, page.next_cursor)
            if cursor is None:
                return

    def queue_page(self, wanted: QueueFilter = _ANY, *, limit: int = 50, cursor: str | None = None) -> QueuePage:
        """One page of the undecided cases; `cursor` is the `next_cursor` of the one before."""
        params = page_params(limit, cursor) | asdict(wanted)
        return self._send(getting("/v1/queue", reads(QueuePage), params))

    def claim(
        self,
        *,
        case_id: str | None = None,
        queues: Sequence[str] | None = None,
        holder: str | None = None,
        lease_seconds: int | None = None,
        idempotency_key: str | None = None,
    ) -> Claim | None:
        """Take the most urgent case that nobody holds, or the one named; None when nothing is left.

        Args:
            case_id: The one to take; not together with `queues`.
            queues: Those whose work the holder can do; any where it is None.
            holder: Who takes it; the key's name where it is None.
            lease_seconds: For how long, 1 to 86,400; the service's own where it is None.
            idempotency_key: The caller's own; one is made where it is None.

        Raises:
            ConflictError: The case named is decided, on hold, assigned or held by another.
        """

        def read(received: Received) -> Claim | None:
            return None if received.status == _NOTHING_LEFT else reads(Claim)(received)

        body = given(case_id=case_id, queues=queues, holder=holder, lease_seconds=lease_seconds)
        return self._send(posting("/v1/queue/claim", read, body, idempotency_key=idempotency_key))
