"""What a store should do, as plain lists and a few rules: no events, no SQL, no leases that run out by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cases.ids import CaseId, DecisionId

UNDO = timedelta(seconds=600)


@dataclass
class Taken:
    """A decision that was not withdrawn."""

    id: DecisionId
    by: str
    at: datetime
    on_appeal: bool
    bulk: str | None = None


@dataclass
class Reported:
    number: int
    received: datetime
    subject: str | None
    began_in: CaseId


@dataclass
class ModelCase:
    id: CaseId
    reports: list[Reported]
    subject: str | None
    key: float = 0.0
    status: str = "open"
    queue: str = "main"
    fixed: bool = False
    gathers: bool = True
    holder: str | None = None  # of a lease that is alive
    token: int = 0
    hold: datetime | None = None
    paused: timedelta = timedelta(0)
    due: datetime | None = None
    assigned: str | None = None
    priority: str | None = None
    severity: int | None = None
    skipped: set[str] = field(default_factory=set)
    chain: list[Taken] = field(default_factory=list)
    into: CaseId | None = None  # of a merged case
    appealed: bool = False

    @property
    def received(self) -> datetime:
        return min(report.received for report in self.reports)

    @property
    def place(self) -> tuple[float, datetime, str]:
        return (-self.key, self.received, self.id)

    @property
    def barred(self) -> str | None:
        return self.chain[-1].by if self.appealed else None

    @property
    def takes(self) -> bool:
        """Whether later reports join it."""
        return self.status == "open" and self.gathers

    def claimable(self, who: str, now: datetime) -> bool:
        return (
            self.status == "open"
            and not (self.hold and self.hold > now)
            and self.assigned in (None, who)
            and self.barred != who
        )

    def free(self, who: str, now: datetime) -> bool:
        return self.claimable(who, now) and self.holder is None and who not in self.skipped

    def held_by(self, who: str, token: int) -> bool:
        return self.holder == who and self.token == token

    def undisturbed(self, *but_by: str) -> bool:
        return self.status == "open" and self.holder in (None, *but_by)

    def claim(self, who: str) -> None:
        self.holder, self.token, self.hold = who, self.token + 1, None

    def decide(self, taken: Taken) -> None:
        self.chain.append(taken)
        self.status, self.appealed, self.holder, self.hold = "decided", False, None, None
        self.skipped.clear()

    def open_again(self, *, appealed: bool) -> None:
        self.status, self.appealed = "open", appealed
        self.skipped.clear()

    def withdraw(self) -> None:
        gone = self.chain.pop()
        self.open_again(appealed=gone.on_appeal)

    def pause(self, by: timedelta) -> None:
        self.paused += by

    def found_in_bulk(self, who: str, now: datetime) -> str:
        if self.status != "open":
            return self.status
        if self.appealed:
            return "appealed"
        if self.hold and self.hold > now:
            return "on_hold"
        if self.holder not in (None, who):
            return "held"
        return "free" if self.assigned in (None, who) else "assigned"
