"""People at work on a service that may be killed at any moment: they note what was acknowledged, and only that."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
from sqlalchemy import Connection, func, select

from cases.event import EventKind
from cases.record import CaseStatus
from cases.store.engine import make_engine
from cases.store.tables import cases, contents, decisions, events, leases, reports

WORKERS = 6
# Between two things that a worker does: what is stored must still be looked through in the end.
PAUSE_SECONDS = 0.03
VERDICT = {"category": "harassment", "severity": 3, "action": "remove_content", "reason": "clear_breach"}


@dataclass
class Acknowledged:
    """What the service said had happened.

    Attributes:
        reports: External ids that were filed, with the case each is on.
        claims: Case and token.
        decisions: Case and decision.
        sent: External ids of all reports sent, acknowledged or not.
    """

    reports: dict[str, str] = field(default_factory=dict)
    claims: set[tuple[str, int]] = field(default_factory=set)
    decisions: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.reports) + len(self.claims) + len(self.decisions)


class Work:
    """Workers in threads against whatever address the service has at the moment.

    Args:
        key: The service's.
        url: Its first address; `move` tells another.
    """

    def __init__(self, key: str, url: str) -> None:
        self.told = Acknowledged()
        self._key, self._url = key, url
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(WORKERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Stop, and wait until each worker has its last answer."""
        self._end.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive()

    def move(self, url: str) -> None:
        """The service listens there now."""
        self._url = url

    def wait_for(self, more: int, seconds: float = 60.0) -> None:
        """Until so many more things are acknowledged."""
        wanted, until = len(self.told) + more, time.monotonic() + seconds
        while len(self.told) < wanted:
            assert time.monotonic() < until, f"{len(self.told)} acknowledged, {wanted} wanted: nobody answers"
            time.sleep(0.005)

    def _work(self, number: int) -> None:
        # Not for secrecy: each worker does its own mix, the same in each run.
        chance, holder = random.Random(number), f"associate {number}"  # noqa: S311
        with httpx2.Client(headers={"Authorization": f"Bearer {self._key}"}, timeout=20) as client:
            while not self._end.is_set():
                try:
                    if chance.random() < 0.5:
                        self._file(client, f"{number}-{len(self.told.sent)}-{chance.random()}")
                    else:
                        self._claim(client, holder, chance)
                except httpx2.HTTPError:
                    # Nobody answers, or somebody was killed in the middle of an answer.
                    time.sleep(PAUSE_SECONDS)
                time.sleep(PAUSE_SECONDS)

    def _file(self, client: httpx2.Client, name: str) -> None:
        self.told.sent.append(name)
        answer = client.post(f"{self._url}/v1/cases", json=a_report(name))
        if answer.status_code in (200, 201):
            self.told.reports[name] = answer.json()["case_id"]

    def _claim(self, client: httpx2.Client, holder: str, chance: random.Random) -> None:
        answer = client.post(f"{self._url}/v1/queue/claim", json={"holder": holder, "lease_seconds": 300})
        if answer.status_code != 200:
            return
        case_id, token = answer.json()["case"]["case_id"], answer.json()["lease"]["token"]
        self.told.claims.add((case_id, token))
        held: dict[str, Any] = {"token": token, "holder": holder}
        if chance.random() < 0.2:
            client.post(f"{self._url}/v1/cases/{case_id}/lease/release", json=held)
            return
        decided = client.post(f"{self._url}/v1/cases/{case_id}/decision", json={**held, **VERDICT})
        if decided.status_code == 201:
            self.told.decisions[case_id] = decided.json()["decision_id"]


def a_report(name: str) -> dict[str, str]:
    """A report as the service takes it."""
    return {"source": "faults", "external_id": name, "description": f"report {name}"}


def faults_of(url: str, told: Acknowledged) -> list[str]:
    """What of the acknowledged is lost, and what is stored by half; empty where all is well."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = [*_lost(connection, told), *_by_half(connection)]
    engine.dispose()
    return found


def _lost(connection: Connection, told: Acknowledged) -> list[str]:
    filed = {row.external_id: row.case_id for row in connection.execute(select(reports))}
    tokens = {row.case_id: row.token for row in connection.execute(select(leases))}
    decided = {row.case_id: row.id for row in connection.execute(select(decisions))}
    return [
        *(f"report {name}" for name, case_id in told.reports.items() if filed.get(name) != case_id),
        *(f"claim {claim}" for claim in told.claims if tokens.get(claim[0], 0) < claim[1]),
        *(f"decision on {case}" for case, decision in told.decisions.items() if decided.get(case) != decision),
    ]


def _by_half(connection: Connection) -> list[str]:
    def counted(column: Any, *where: Any) -> Counter[str]:
        query = select(column, func.count()).where(*where).group_by(column)
        return Counter(dict(map(tuple, connection.execute(query))))

    joined = (EventKind.REPORTED.value, EventKind.JOINED.value)
    told, texts = counted(reports.c.case_id), counted(contents.c.case_id)
    filed = counted(events.c.case_id, events.c.kind.in_(joined))
    claims = counted(events.c.case_id, events.c.kind == EventKind.CLAIMED.value)
    settled = counted(events.c.case_id, events.c.kind == EventKind.DECIDED.value)
    verdicts = counted(decisions.c.case_id)
    tokens = {row.case_id: row.token for row in connection.execute(select(leases))}
    found = []
    for case in connection.execute(select(cases)):
        is_decided = case.status == CaseStatus.DECIDED.value
        whole = {
            "reports": told[case.id] == texts[case.id] == filed[case.id] == case.content_version,
            "claims": claims[case.id] == tokens.get(case.id, 0),
            "decision": verdicts[case.id] == settled[case.id] == int(is_decided),
        }
        found += [f"case {case.id}: {what} by half" for what, is_whole in whole.items() if not is_whole]
    twice = connection.execute(
        select(reports.c.external_id).group_by(reports.c.external_id).having(func.count() > 1)
    ).scalars()
    return [*found, *(f"report {name} filed twice" for name in twice)]
