"""A day's traffic: reports come in, cases are claimed and decided, lists are looked at, metrics are read."""

from __future__ import annotations

from collections import Counter, deque

from tests.faults.arrivals import Answer, Ask
from tests.faults.requests_of_many import Requests
from tests.faults.workload import VERDICT

# Somewhat more is decided than comes in, so that the queue stays as long as it is.
SHARES = {"file": 22, "work": 50, "score": 12, "queue": 7, "case": 6, "metrics": 3}
LAST_FILED = 100


class Day:
    """Says what is asked next, from what was answered before."""

    def __init__(self) -> None:
        self.unscored: Counter[str] = Counter()
        self._requests = Requests(2)
        self.chance = self._requests.chance
        self._claimed: deque[tuple[str, int]] = deque()
        self._filed: deque[str] = deque(maxlen=LAST_FILED)

    def next(self) -> Ask:
        """The next request."""
        [what] = self.chance.choices(list(SHARES), weights=list(SHARES.values()))
        if what == "file":
            return self._requests.file()
        if what == "work":
            return self._work()
        if what == "score":
            return self._requests.score()
        if what == "case" and self._filed:
            return Ask("GET", f"/v1/cases/{self.chance.choice(self._filed)}")
        return Ask("GET", "/metrics" if what == "metrics" else "/v1/queue?limit=20")

    def _work(self) -> Ask:
        if not self._claimed:
            return Ask("POST", "/v1/queue/claim", {"holder": "somebody"})
        case_id, token = self._claimed.popleft()
        return Ask("POST", f"/v1/cases/{case_id}/decision", {"token": token, "holder": "somebody", **VERDICT})

    def heard(self, asked: Ask, answer: Answer) -> None:
        """Take up what was answered."""
        if asked.path == "/v1/cases":
            filed = answer.json()
            self._filed.append(filed["case_id"])
            self.unscored[(filed["unscored"] or {"code": "scored"})["code"]] += 1
        elif asked.path == "/v1/queue/claim" and answer.status == 200:
            claimed = answer.json()
            self._claimed.append((claimed["case"]["case_id"], claimed["lease"]["token"]))

    def largest(self) -> Ask:
        """A full batch of long cases."""
        return self._requests.largest()
