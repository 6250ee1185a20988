"""Handling a case: given back, kept back, sent on, looked at again, taken apart and put together.

What is done under a lease takes the lease; what needs none takes `by`, the key's name where it is None. Where a
change must go by what was read, `version` is the case's own; "*" makes it whatever has happened since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from caseload_client._async.sender import AsyncSender
from caseload_client._call import Call, given, id_in_path, posting, reads
from caseload_client.answers_cases import Case, Decision, Lease, Split
from caseload_client.requests import HoldReason, RankReason, ReopenReason, SkipReason, Version, plain


class AsyncHandlingCalls(AsyncSender):
    """The life of a case between intake and decision, and after."""

    async def skip(
        self, lease: Lease, reason: SkipReason, *, version: Version | None = None, idempotency_key: str | None = None
    ) -> Case:
        """Give a claimed case back, and not be handed it again until its text, queue or assignment changes."""
        body = {**_held(lease), "reason": reason}
        return await self._send(_step(lease.case_id, "skip", body, version, idempotency_key))

    async def hold(
        self,
        case: Lease | str,
        *,
        until: datetime,
        reason: HoldReason,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Keep a case back from everybody.

        Args:
            case: The lease of a claimed case, which ends; or the id of one that nobody holds.
            until: Aware, later than now, within a year.
            reason: What it waits for.
            version: The case's, as it was read.
            idempotency_key: The caller's own; one is made where it is None.
        """
        held, case_id = (_held(case), case.case_id) if isinstance(case, Lease) else ({}, case)
        body = {**held, "until": plain(until), "reason": reason}
        return await self._send(_step(case_id, "hold", body, version, idempotency_key))

    async def resume(
        self,
        case_id: str,
        *,
        by: str | None = None,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """End a hold before its time."""
        return await self._send(_step(case_id, "resume", given(by=by), version, idempotency_key))

    async def assign(
        self, case_id: str, to: str, *, version: Version, by: str | None = None, idempotency_key: str | None = None
    ) -> Case:
        """Hand a case out to nobody but `to`.

        Raises:
            ConflictError: Somebody else holds it.
            PreconditionFailedError: Something happened to it since `version`.
        """
        return await self._send(_step(case_id, "assign", {"to": to, **given(by=by)}, version, idempotency_key))

    async def unassign(
        self, case_id: str, *, version: Version, by: str | None = None, idempotency_key: str | None = None
    ) -> Case:
        """Hand a case out to anybody."""
        return await self._send(_step(case_id, "unassign", given(by=by), version, idempotency_key))

    async def escalate(
        self,
        lease: Lease,
        team: str,
        *,
        note: str = "",
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Send a claimed case to the queue of a team of the policy; no later score moves it from there."""
        body = {**_held(lease), "team": team, "note": note}
        return await self._send(_step(lease.case_id, "escalate", body, version, idempotency_key))

    async def move(
        self, case_id: str, queue: str, *, version: Version, by: str | None = None, idempotency_key: str | None = None
    ) -> Case:
        """Put a case into another queue; no later score moves it from there."""
        return await self._send(_step(case_id, "move", {"queue": queue, **given(by=by)}, version, idempotency_key))

    async def set_severity(
        self,
        case_id: str,
        severity: int | None,
        *,
        version: Version,
        reason: RankReason = "other",
        by: str | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Set the severity by hand, 1 the most severe, or take it back with None."""
        # A null takes it back, so it is sent.
        body = {"severity": severity, "reason": reason, **given(by=by)}
        return await self._send(_step(case_id, "severity", body, version, idempotency_key))

    async def set_priority(
        self,
        case_id: str,
        priority: str | None,
        *,
        version: Version,
        reason: RankReason = "other",
        by: str | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Set the priority by hand, by one of the weights' names, or take it back with None."""
        # A null takes it back, so it is sent.
        body = {"priority": priority, "reason": reason, **given(by=by)}
        return await self._send(_step(case_id, "priority", body, version, idempotency_key))

    async def undo(
        self, case_id: str, *, version: Version, by: str | None = None, idempotency_key: str | None = None
    ) -> Decision:
        """Withdraw a fresh decision; the case is open as it was before, and the decision is answered.

        Raises:
            ConflictError: It is too late.
        """
        call = posting(
            _path(case_id, "undo"),
            reads(Decision),
            given(by=by),
            version=version,
            idempotency_key=idempotency_key,
        )
        return await self._send(call)

    async def reopen(
        self,
        case_id: str,
        reason: ReopenReason,
        *,
        version: Version,
        by: str | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Open a decided case again; its next decision takes the place of the one that stands."""
        body = {"reason": reason, **given(by=by)}
        return await self._send(_step(case_id, "reopen", body, version, idempotency_key))

    async def appeal(
        self,
        case_id: str,
        *,
        note: str = "",
        by: str | None = None,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Open a decided case for review by anybody but whoever decided it."""
        body = {"note": note, **given(by=by)}
        return await self._send(_step(case_id, "appeal", body, version, idempotency_key))

    async def merge(
        self,
        case_id: str,
        into: str,
        *,
        by: str | None = None,
        version: Version | None = None,
        idempotency_key: str | None = None,
    ) -> Case:
        """Let the case's reports join the case `into`, which is answered; `split` undoes it."""
        body = {"into": into, **given(by=by)}
        return await self._send(_step(case_id, "merge", body, version, idempotency_key))

    async def split(self, report_id: str, *, by: str | None = None, idempotency_key: str | None = None) -> Split:
        """Let a report leave its case and begin one of its own."""
        path = f"/v1/reports/{id_in_path('report_id', report_id)}/split"
        return await self._send(posting(path, reads(Split), given(by=by), idempotency_key=idempotency_key))


def _step(
    case_id: str, step: str, body: Mapping[str, object], version: Version | None, idempotency_key: str | None
) -> Call[Case]:
    return posting(_path(case_id, step), reads(Case), body, version=version, idempotency_key=idempotency_key)


def _path(case_id: str, step: str) -> str:
    return f"/v1/cases/{id_in_path('case_id', case_id)}/{step}"


def _held(lease: Lease) -> dict[str, object]:
    return {"token": lease.token, "holder": lease.holder}
