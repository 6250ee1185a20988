"""The client, put together."""

from __future__ import annotations

from caseload_client._sync.administering import AdminCalls
from caseload_client._sync.bulk import BulkCalls
from caseload_client._sync.cases import CaseCalls
from caseload_client._sync.fires import FireCalls
from caseload_client._sync.handling import HandlingCalls
from caseload_client._sync.health import HealthCalls
from caseload_client._sync.queue import QueueCalls
from caseload_client._sync.scoring import ScoreCalls


class Client(
    ScoreCalls,
    CaseCalls,
    QueueCalls,
    FireCalls,
    HandlingCalls,
    BulkCalls,
    HealthCalls,
    AdminCalls,
):
    """The API of a Caseload service, as methods. It may be shared, and keeps its connections until it is closed.

        with Client("http://127.0.0.1:3000", key) as caseload:
            filed = caseload.file(NewReport(source="helpdesk", external_id="T-1", description="…"))

    Args:
        base_url: Where the service is, as it prints it.
        key: What `caseload caller add` printed; it is in no repr and no error.
        timeout: Seconds that the service may be silent within one try; connecting may take 5.
        retries: How often and for how long a call is tried again.
        headers: Asked before each call for headers to send along, such as a `traceparent` or an `X-Request-Id`.
        clock: The time; a test's stands still.
        http: The connections, with proxies, certificates and the like; whoever gives them closes them.

    Every method raises `CaseloadError`, see `caseload_client.errors`. Each POST carries an idempotency key, made once
    a call and the same at each try, so that nothing is done twice; `idempotency_key` takes the caller's own.
    """
