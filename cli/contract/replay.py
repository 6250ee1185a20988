"""What `caseload replay --json` answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cli.contract.base import Answer


class ReplayedFigure(Answer):
    """A figure over seeds with its 95 % interval; null where there is none."""

    value: float | None
    low: float | None
    high: float | None


class ReplayedBound(Answer):
    """What became of the bound on waiting."""

    cases: int = Field(description="Waits looked at.")
    waits_broken: int = Field(description="Waits longer than the bound allows.")
    pairs_broken: int = Field(description="Pairs of which the later case went first though its key never allowed it.")
    most: int = Field(description="By how many cases one was overtaken at most.")
    most_by_others: int = Field(
        description="The same, by cases not beyond the floor of severity 1; it may be another case."
    )
    most_allowed: int = Field(description="How many of those the bound allows at most.")
    latest_hours: float = Field(
        description="How long after a case one of its kind, beyond the floor or not, came at most that overtook it."
    )
    latest_allowed_hours: float


class ReplayedOrder(Answer):
    """One order of work."""

    order: str
    harm: dict[str, float] = Field(description="Mean harm-hours of a stream, by account of harm.")
    versus_first: dict[str, ReplayedFigure] = Field(description="Over that of first in, first out, by account.")
    gap_closed: dict[str, ReplayedFigure] = Field(
        description="Share of the gap to the clairvoyant order that it closes, by account; empty with --against."
    )
    in_time: dict[int, ReplayedFigure] = Field(description="By level: share taken within its time to first touch.")
    worst_wait_hours: dict[int, ReplayedFigure] = Field(description="By level: the longest wait in a stream.")
    weighted_hours: ReplayedFigure = Field(description="Severity-weighted hours to decision.")
    undecided: float = Field(description="Cases left over at the end, on average.")
    bound: ReplayedBound | None = Field(description="Null for orders that it is not stated of.")


class ReplayedContrast(Answer):
    """Two files of weights at one load."""

    harm: dict[str, ReplayedFigure] = Field(
        description="Harm under the new file over that under today's, by account."
    )
    by_its_own: dict[str, ReplayedFigure] = Field(
        description="The same by the harm that the new file states; empty where both state the same."
    )
    worse: list[str] = Field(description="What gets worse, a line each.")
    better: Literal["new", "current", ""] = Field(
        description="By linear harm; empty where the seeds cannot tell, or there is nothing to tell apart."
    )
    sentence: str


class ReplayedLoad(Answer):
    """One load."""

    load: float
    cases: float = Field(description="Mean number of cases in a stream.")
    orders: list[ReplayedOrder]
    clairvoyant: dict[str, str] = Field(description="By account: which order that knows the truth is meant.")
    contrast: ReplayedContrast | None = Field(description="Null without --against.")


class ReplayAnswer(Answer):
    """`caseload replay --json`."""

    schema_: Literal["caseload.replay/1"] = Field(default="caseload.replay/1", alias="schema")
    arrivals: str
    recorded: int = Field(description="Recorded cases that streams are made of.")
    way: Literal["redrawn", "scaled"] = Field(description="How a load was made of the record.")
    staff: int
    weeks: int = Field(description="Length of a redrawn stream.")
    seeds: list[int]
    weights: str
    against: str | None
    loads: list[ReplayedLoad]
    verdict: str
