"""What the service counts of itself, for Prometheus. docs/operations.md says what each means and what to do.

Labels are of closed sets alone: the routes that there are, codes, states, the policy's levels, and the models that
served since the process began. Nothing of a case, of a caller or of a path as it was sent is one.

BentoML's server gathers what several processes write into files, so a gauge says how theirs add up.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

# A claim takes milliseconds, five hundred scores some seconds; nobody waits for much longer than 30 s.
_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SCORE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32)

# What each process has itself adds up.
_SUM: Final = "livesum"


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them. Each one's own text says what it is."""

    request_seconds: Histogram
    in_flight: Gauge
    batch_cases: Histogram
    batch_seconds: Histogram
    scorer_seconds: Histogram
    scorer_waiting: Gauge
    filings: Counter
    backlog: Gauge
    model_swaps: Counter
    model: Gauge
    model_state: Gauge
    model_refused: Gauge
    queue_open: Gauge
    queue_oldest_seconds: Gauge
    severity_1_overdue: Gauge
    reports_in_window: Gauge
    decisions_in_window: Gauge
    queue_cases: Gauge
    queue_wait_seconds: Gauge
    suggestions: Gauge
    seal_age_seconds: Gauge
    unsealed_seconds: Gauge
    alarm: Gauge
    fires_burning: Gauge
    chore_success: Gauge
    chore_failures: Counter
    sign_ins_failed: Counter
    sign_ins_refused: Counter


def _of_record(name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
    """What is read from the record: of several processes each says the same, and the newest counts."""
    return Gauge(f"caseload_{name}", meaning, labels, multiprocess_mode="livemostrecent")


@cache
def _made() -> Measures:
    return Measures(
        request_seconds=Histogram(
            "caseload_request_seconds",
            "From a request's first byte to the answer's last, by route and class of status.",
            ["method", "route", "status"],
            buckets=_REQUEST_BUCKETS,
        ),
        in_flight=Gauge("caseload_requests_in_flight", "Requests being answered.", multiprocess_mode=_SUM),
        batch_cases=Histogram("caseload_batch_cases", "Cases that the model scored at once.", buckets=_BATCH_BUCKETS),
        batch_seconds=Histogram("caseload_batch_seconds", "What a batch took the model.", buckets=_SCORE_BUCKETS),
        scorer_seconds=Histogram(
            "caseload_scorer_seconds",
            "From handing cases to the scorer to their scores, waiting for others' batches included.",
            buckets=_SCORE_BUCKETS,
        ),
        scorer_waiting=Gauge(
            "caseload_scorer_waiting", "Cases that wait for the model or are with it.", multiprocess_mode=_SUM
        ),
        filings=Counter(
            "caseload_filings",
            "Reports answered, by what came of the score: scored, deferred, or why not.",
            ["outcome"],
        ),
        backlog=_of_record(
            "backlog_cases",
            "Open cases that the model has not scored; all of them without one, and never more than 10,000.",
        ),
        model_swaps=Counter("caseload_model_swaps", "Times that a model began to serve."),
        model=_of_record("model_info", "1 for the model that serves.", ["model", "sha256"]),
        model_state=_of_record("model_state", "1 for the state that it is in.", ["state"]),
        model_refused=_of_record(
            "model_refused", "1 while a model that was promoted cannot be taken up, and the one before serves on."
        ),
        queue_open=_of_record("queue_open", "Undecided cases."),
        queue_oldest_seconds=_of_record(
            "queue_oldest_seconds", "How long the oldest case has waited that nobody has touched."
        ),
        severity_1_overdue=_of_record(
            "queue_severity_1_overdue", "Cases of severity 1 not claimed within their time to first touch."
        ),
        reports_in_window=_of_record("reports_in_window", "Reports filed within the alarms' window."),
        decisions_in_window=_of_record("decisions_in_window", "Decisions taken within the alarms' window."),
        queue_cases=_of_record(
            "queue_cases", "Undecided cases, by severity and by how they stand.", ["severity", "standing"]
        ),
        queue_wait_seconds=_of_record(
            "queue_wait_seconds",
            "How long the oldest of these has waited, 0 where none is.",
            ["severity", "standing"],
        ),
        suggestions=_of_record(
            "suggestions_in_window",
            "Decisions within the alarms' window by what came of the model's suggestion.",
            ["tier", "came_of", "rank"],
        ),
        seal_age_seconds=_of_record("seal_age_seconds", "How long ago the log of events was sealed last."),
        unsealed_seconds=_of_record(
            "unsealed_seconds", "How long the oldest event waits for its seal, 0 where none."
        ),
        alarm=_of_record("alarm", "1 while the alarm holds.", ["alarm"]),
        fires_burning=_of_record(
            "fires_burning", "Fires that burn and that nobody has acknowledged, by kind.", ["kind"]
        ),
        chore_success=_of_record(
            "chore_success_timestamp_seconds", "When the chore last did what it is for, in Unix time.", ["chore"]
        ),
        chore_failures=Counter("caseload_chore_failures", "Looks of the chore that failed.", ["chore"]),
        sign_ins_failed=Counter(
            "caseload_sign_ins_failed", "Requests that did not prove who sends them, by what they tried.", ["means"]
        ),
        sign_ins_refused=Counter(
            "caseload_sign_ins_refused", "Requests refused unheard after many that did not.", ["means"]
        ),
    )


_making = threading.Lock()


def measures() -> Measures:
    """Made on first use, since a server says only then where its processes write theirs; one set for a process."""
    with _making:
        return _made()
