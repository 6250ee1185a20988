"""The client, put together."""

from __future__ import annotations

from caseload_client._async.administering import AsyncAdminCalls
from caseload_client._async.bulk import AsyncBulkCalls
from caseload_client._async.cases import AsyncCaseCalls
from caseload_client._async.fires import AsyncFireCalls
from caseload_client._async.handling import AsyncHandlingCalls
from caseload_client._async.health import AsyncHealthCalls
from caseload_client._async.queue import AsyncQueueCalls
from caseload_client._async.scoring import AsyncScoreCalls


class AsyncClient(
    AsyncScoreCalls,
    AsyncCaseCalls,
    AsyncQueueCalls,
    AsyncFireCalls,
    AsyncHandlingCalls,
    AsyncBulkCalls,
    AsyncHealthCalls,
    AsyncAdminCalls,
):
    """The API of a Caseload service, as methods. It may be shared, and keeps its connections until it is closed.

        async with AsyncClient("http://127.0.0.1:3000", key) as caseload:
            filed = await caseload.file(NewReport(source="helpdesk", external_id="T-1", description="…"))

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
