"""The quality of decisions: a sample read a second time, what is settled where two differ, exercises with what is.

A sampled decision is read again by somebody who sees neither it nor what the model said. Where the two differ, a
third decides which stands. That changes no decision: a wrong one is decided anew after the case was opened again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.ids import AttemptId, CaseId, ContentId, DecisionId, GoldenCaseId, GoldenSetId, SampledId, SampleId

COMPARED = ("category", "severity", "action")


@dataclass(frozen=True, slots=True)
class Answer:
    """What two readers are compared in, ids of the taxonomy.

    Attributes:
        category: The main one.
        severity: 1..K, 1 the most severe.
        action: What is to be done.
    """

    category: str
    severity: int
    action: str

    def differs_in(self, other: Answer) -> tuple[str, ...]:
        """The names of what the two do not have in common; empty where they agree."""
        return tuple(name for name in COMPARED if getattr(self, name) != getattr(other, name))


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody made of a case, and when.

    Attributes:
        note: In their own words; "" where they wrote none, or it was erased.
    """

    reader: str
    at: datetime
    answer: Answer
    note: str = ""


class Stands(StrEnum):
    """Which of two readings stands, or that neither does."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What was settled where two readers differed.

    Attributes:
        reading: Whose word it is, and what holds.
        stands: Whose answer that is.
        own: Whether who adjudicated was one of the two, since no other lead was there.
    """

    reading: Reading
    stands: Stands
    own: bool


class SampledState(StrEnum):
    """Where a sampled decision stands.

    Gone: before it was settled its text was erased, in whole or in part, or the decision was taken back.
    """

    WAITING = "waiting"
    AGREED = "agreed"
    DIFFERS = "differs"
    ADJUDICATED = "adjudicated"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A decision that was drawn.

    Attributes:
        content_id: The text that it was decided on, and is read again on.
        queue: Where the case waited last.
        stands: Whether it still is the decision that stands on a decided case.
        first: The decision; its note is not among it.
        second: What the second reader made of it; None before.
        adjudication: What was settled; None where that has not happened, or need not.
    """

    id: SampledId
    sample_id: SampleId
    case_id: CaseId
    decision_id: DecisionId
    content_id: ContentId
    queue: str
    state: SampledState
    stands: bool
    first: Reading
    second: Reading | None = None
    adjudication: Adjudication | None = None

    @property
    def settled(self) -> Answer | None:
        """What holds; None while that is open."""
        if self.adjudication is not None:
            return self.adjudication.reading.answer
        return self.first.answer if self.state is SampledState.AGREED else None

    @property
    def differs_in(self) -> tuple[str, ...]:
        """In what the two readings differ; empty before there are two."""
        return () if self.second is None else self.first.answer.differs_in(self.second.answer)


@dataclass(frozen=True, slots=True)
class Sample:
    """Decisions drawn together.

    Attributes:
        days: How far back they could lie.
        asked: How many were asked for.
        seed: What the lot was drawn with.
        among: How many could have been drawn.
        states: How many of those drawn stand where, of the queues that were asked about.
    """

    id: SampleId
    drawn_by: str
    drawn_at: datetime
    days: int
    asked: int
    seed: int
    among: int
    states: Mapping[SampledState, int]


class SettledBy(StrEnum):
    """How it is known what is right: two agreed, a third settled it, or one decision stands unchecked."""

    AGREED = "agreed"
    ADJUDICATED = "adjudicated"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Settled:
    """A decided case with the answer that holds, fit for an exercise."""

    case_id: CaseId
    content_id: ContentId
    title: str
    answer: Answer
    by: SettledBy


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """A case of a golden set, with the answer that was right when the set was made.

    Attributes:
        content_id: The text that is shown.
        queue: Where the case waited last; whoever does not see it is not given the case.
        expected: The right answer.
        explanation: Why; "" once the case's text was erased.
        erased: Whether it was: the case is in no exercise any more.
    """

    id: GoldenCaseId
    case_id: CaseId
    content_id: ContentId
    queue: str
    expected: Answer
    explanation: str
    erased: bool


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """Cases with settled answers to practise on, in order."""

    id: GoldenSetId
    title: str
    made_by: str
    made_at: datetime
    cases: tuple[GoldenCase, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's way through a golden set.

    Attributes:
        answers: By case of the set, in the order answered.
    """

    id: AttemptId
    set_id: GoldenSetId
    person: str
    begun_at: datetime
    answers: Mapping[GoldenCaseId, Answer]
