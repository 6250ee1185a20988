"""What can go wrong, drawn by what one does about it.

CaseloadError
├── RequestRefusedError           change the request: sent again as it is, it is refused again
│   ├── InvalidRequestError         400, 413, 415, 422, 428 and other 4xx: `field` and `errors` say what is wrong
│   │   └── UnknownPolicyError        the policy has no such category, action, queue…; `detail` lists those it has
│   └── NotFoundError               404: there is no such case, report or bulk
├── AccessError                   give the key what it lacks
│   ├── UnauthorizedError           401: no key, or one that is unknown, revoked or ended
│   └── ForbiddenError              403: no role allows it, or the queue is another's
├── StateMovedError               read the case again, then decide what is still to be done
│   ├── ConflictError               409: decided, on hold, assigned or held by another
│   ├── StaleLeaseError             409: the lease is no longer yours; claim the case again
│   └── PreconditionFailedError     412: something happened to the case since the version that was named
├── TryAgainError                 nothing is wrong with the request: it was tried as often as allowed; later it may do
│   ├── NotReachedError             no answer came: refused, cut off, not found
│   │   └── TimedOutError             no answer came in time; what was asked may have been done
│   ├── TooManyRequestsError        429: the service, or the key's share of it, is used up
│   ├── UnavailableError            502, 503, 504: no model, no database, or no service behind the proxy
│   └── InFlightError               409: the first request with this idempotency key is still being answered
├── ServiceFaultError             tell whoever runs the service, with `request_id`
│   ├── InternalError               500 and other 5xx
│   └── UnreadableAnswerError       the answer is not what the API says: a proxy's page, a redirect, another service
└── WebhookError                  do not believe this message (raised by `caseload_client.webhooks` alone)

No message and no repr holds anything that was sent: no text of a case, no reporter, no key. What is wrong before
anything is sent (a key with a line break, a page of no rows) is a ValueError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caseload_client.answers import FieldProblem, Problem


class CaseloadError(Exception):
    """Whatever this client raises for what came, or did not come, from the service.

    Attributes:
        problem: What the service said; None where it said nothing that can be read.
        request_id: What the service's log calls the request; None where no answer named one.
        retry_after: In how many seconds the same request may succeed, at least 0; None where nobody said.
        done: Of `score_many` and `file_many`: the results of the batches that were answered before this error.
    """

    def __init__(
        self,
        message: str,
        *,
        problem: Problem | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.request_id = request_id
        self.retry_after = retry_after
        self.done: Sequence[Any] = ()

    @property
    def status(self) -> int | None:
        """The HTTP status; None where no answer came."""
        return self.problem.status if self.problem else None

    @property
    def code(self) -> str:
        """The service's code, which does not change: branch on it. Empty where it gave none."""
        return self.problem.code if self.problem else ""

    @property
    def field(self) -> str | None:
        """The field of the request that is wrong, such as "description"; None where none is named."""
        return self.problem.field if self.problem else None

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """All that is wrong with the request's fields."""
        return self.problem.errors if self.problem else ()


class RequestRefusedError(CaseloadError):
    """The request is not one that the service takes; change it."""


class InvalidRequestError(RequestRefusedError):
    """A field, the body or the path is not as it must be."""


class UnknownPolicyError(InvalidRequestError):
    """The policy has no such category, sub-policy, severity, action, reason, team or queue."""


class NotFoundError(RequestRefusedError):
    """There is no such case, report or bulk."""


class AccessError(CaseloadError):
    """The key does not open this."""


class UnauthorizedError(AccessError):
    """No key, or one that is unknown, revoked or ended: `caseload caller add` or `rotate` makes another."""


class ForbiddenError(AccessError):
    """No role of the key allows it, or the case or queue is one that the key is kept from."""


class StateMovedError(CaseloadError):
    """The case is no longer as it was thought to be; read it again."""


class ConflictError(StateMovedError):
    """The case is decided, on hold, assigned or held by another, or too much time has passed."""


class StaleLeaseError(StateMovedError):
    """The lease ran out, was released or was replaced; claim the case again."""


class PreconditionFailedError(StateMovedError):
    """Something happened to the case since the version that was named."""


class TryAgainError(CaseloadError):
    """The same request may succeed later. It was sent again as often as `Retries` allows."""


class NotReachedError(TryAgainError):
    """No answer came."""


class TimedOutError(NotReachedError):
    """No answer came in time."""


class TooManyRequestsError(TryAgainError):
    """More waits than the service takes on, or the key's share is used up."""


class UnavailableError(TryAgainError):
    """The service cannot answer now."""


class InFlightError(TryAgainError):
    """The first request with this idempotency key is still being answered."""


class ServiceFaultError(CaseloadError):
    """Something is broken on the service's side, or between it and this client."""


class InternalError(ServiceFaultError):
    """The service broke on the request; its log says where."""


class UnreadableAnswerError(ServiceFaultError):
    """The answer is not what the API says."""


class WebhookError(CaseloadError):
    """A message does not prove that the service sent it just now; answer it with 400 and do nothing else."""
