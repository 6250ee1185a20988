"""What a generated request lacks that a real caller knows: ids that exist, a lease, words of the policy.

The rest of the request stays as it was generated from the schema.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cases.decision import Verdict
from cases.erasure import ErasureKind
from cases.ids import CaseId
from cases.store import CaseStore
from cases.telling import Told
from cases.webhooks import Delivery
from tests.cases.store.builders import report

Body = dict[str, Any]

VERDICT = {"category": "spam_promotion", "severity": 4, "action": "remove_content", "reason": "clear_breach"}
_PLAIN = {"sub_policy": "", "other_categories": []}
_BY_WHOM = "ada"
_LONG = 900.0


@dataclass(frozen=True)
class Caller:
    """Somebody who knows the record and the policy."""

    store: CaseStore
    numbers: count[int]

    def case(self) -> CaseId:
        """A case that is open."""
        number = next(self.numbers)
        [filed] = self.store.file_reports([report(number, subject_ref=f"s-{number}")], actor="intake")
        return filed.case_id

    def claimed(self) -> tuple[CaseId, Body]:
        """A case that is claimed, and its lease as a body has it."""
        case, lease = self.store.claim(self.case(), _BY_WHOM, _LONG)
        return case.id, {"token": lease.token, "holder": _BY_WHOM}

    def decided(self) -> CaseId:
        """A case that is decided, by somebody else than who will look at it again."""
        case, lease = self.store.claim(self.case(), "bob", _LONG)
        verdict = Verdict("spam_promotion", 4, "remove_content", "clear_breach")
        self.store.decide(case.id, verdict, holder="bob", token=lease.token)
        return case.id

    def told(self) -> Delivery:
        """What a receiver was told; it is paused then, and no address that may be posted to."""
        to = self.store.add_webhook("https://127.0.0.1:9/", [Told.DECIDED])[0].id
        self.decided()
        until = time.monotonic() + 30
        while not (claimed := self.store.claim_deliveries(to, 1, timedelta(seconds=60))):
            assert time.monotonic() < until
            self.store.derive_deliveries()
            time.sleep(0.05)
        self.store.delivered(claimed[0].delivery, "204")
        self.store.pause_webhook(to)
        return claimed[0].delivery

    def arranged(self, path: str, body: Body) -> tuple[Body, Body]:
        """The ids for a path's parameters, and the fields of the body to be what they must be."""
        known = _ARRANGED.get(path)
        if known is not None:
            return known(self, body)
        return ({"case_id": self.case()} if "{case_id}" in path else {}), {}


Arrange = Callable[[Caller, Body], tuple[Body, Body]]


def _held(**further: object) -> Arrange:
    def arrange(caller: Caller, _body: Body) -> tuple[Body, Body]:
        case, lease = caller.claimed()
        return {"case_id": case}, lease | further

    return arrange


def _open(**further: object) -> Arrange:
    return lambda caller, _body: ({"case_id": caller.case()}, dict(further))


def _after_a_decision(caller: Caller, _body: Body) -> tuple[Body, Body]:
    return {"case_id": caller.decided()}, {}


def _hold(caller: Caller, body: Body) -> tuple[Body, Body]:
    until = {"until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    if body.get("token") is None:
        return {"case_id": caller.case()}, until
    case, lease = caller.claimed()
    return {"case_id": case}, lease | until


def _resume(caller: Caller, _body: Body) -> tuple[Body, Body]:
    from cases.handling import HoldReason

    case = caller.case()
    caller.store.hold(case, _BY_WHOM, None, datetime.now(UTC) + timedelta(hours=1), HoldReason.OTHER)
    return {"case_id": case}, {}


def _split(caller: Caller, _body: Body) -> tuple[Body, Body]:
    number = next(caller.numbers)
    joined = [report(number * 1_000 + n, source="forum", subject_ref=f"j-{number}") for n in (1, 2)]
    [_, second] = caller.store.file_reports(joined, actor="intake")
    return {"report_id": second.report_id}, {}


def _bulk(caller: Caller, body: Body) -> tuple[Body, Body]:
    ids = {"case_ids": [caller.case(), *body.get("case_ids", [])[:3]]}
    return {}, ids | (VERDICT | _PLAIN if "category" in body else {})


def _undo_bulk(caller: Caller, _body: Body) -> tuple[Body, Body]:
    verdict = Verdict("spam_promotion", 4, "remove_content", "clear_breach")
    return {"bulk_id": caller.store.bulk_decide([caller.case()], verdict, by=_BY_WHOM).bulk_id}, {}


def _erase(_caller: Caller, _body: Body) -> tuple[Body, Body]:
    # One way to name whose, which the schema cannot say.
    others = {"subject_ref": None, "subject_kind": "", "case_id": None, "external_id": None}
    return {}, {"reporter": "nobody", "source": "", **others}


def _erased(caller: Caller, _body: Body) -> tuple[Body, Body]:
    return {"erasure_id": caller.store.begin_erasure(ErasureKind.CASE, by=_BY_WHOM, case_ids=[]).id}, {}


def _told_again(caller: Caller, _body: Body) -> tuple[Body, Body]:
    delivery = caller.told()
    return {"delivery_id": delivery.id, "webhook_id": delivery.webhook_id}, {}


def _next(caller: Caller, body: Body) -> tuple[Body, Body]:
    case = caller.case()
    return {}, {"case_id": case if body.get("case_id") else None, "queues": None}


_ARRANGED: dict[str, Arrange] = {
    "/v1/cases/{case_id}/decision": _held(**VERDICT, **_PLAIN, outcome=None, shown=None),
    "/v1/cases/{case_id}/lease/renew": _held(),
    "/v1/cases/{case_id}/lease/release": _held(),
    "/v1/cases/{case_id}/skip": _held(),
    "/v1/cases/{case_id}/hold": _hold,
    "/v1/cases/{case_id}/resume": _resume,
    "/v1/cases/{case_id}/escalate": _held(team="legal"),
    "/v1/cases/{case_id}/move": _open(queue="legal"),
    "/v1/cases/{case_id}/severity": _open(severity=2),
    "/v1/cases/{case_id}/priority": _open(priority="high"),
    "/v1/cases/{case_id}/undo": _after_a_decision,
    "/v1/cases/{case_id}/reopen": _after_a_decision,
    "/v1/cases/{case_id}/appeal": _after_a_decision,
    "/v1/cases/{case_id}/merge": lambda caller, _body: ({"case_id": caller.case()}, {"into": caller.case()}),
    "/v1/reports/{report_id}/split": _split,
    "/v1/bulk/preview": _bulk,
    "/v1/bulk/decide": _bulk,
    "/v1/bulk/{bulk_id}/undo": _undo_bulk,
    "/v1/queue/claim": _next,
    "/v1/erasures": _erase,
    "/v1/erasures/{erasure_id}": _erased,
    "/v1/webhooks/deliveries/{delivery_id}/replay": _told_again,
    "/v1/webhooks/{webhook_id}/replay": _told_again,
}
