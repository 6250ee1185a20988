"""The tables of the quality page: samples, how far two readers agree, how each came out, attempts at exercises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from cases.identity import Identity
from cases.quality import Attempt, GoldenSet, Sample, Sampled, SampledState
from evaluation.agreement import Agreement, CategoryAgreement, PersonAgreement, agreement, by_person
from evaluation.bootstrap import Interval
from serving.console.tables import Column, Table
from serving.services import Services

SAMPLES = 10

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Score:
    """How an attempt came out.

    Attributes:
        of: How many cases the set has.
        agreement: What was answered, held against what is right.
    """

    title: str
    person: str
    begun_at: datetime
    of: int
    agreement: Agreement


@dataclass(frozen=True)
class Looked:
    """What somebody looks at: decisions of the last days that were read twice, and exercises; each is read once."""

    parts: Services
    who: Identity
    days: int

    @cached_property
    def twice(self) -> Sequence[Sampled]:
        """Of the queues that they see."""
        return self.parts.store().read_twice(timedelta(days=self.days), self.who.queues)

    @cached_property
    def agreement(self) -> Agreement:
        """How far the deciders and the second readers agree."""
        return agreement((one.first.answer, one.second.answer) for one in self.twice if one.second is not None)

    @cached_property
    def exercises(self) -> list[tuple[GoldenSet, list[Score]]]:
        """The golden sets, each with how its attempts came out."""
        theirs: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.parts.store().attempts():
            theirs[attempt.set_id].append(attempt)
        sets = self.parts.store().golden_sets()
        return [(one, [score_of(one, each) for each in theirs[one.id]]) for one in sets]


def samples(of: Looked, limit: int) -> Table[Sample]:
    """What was drawn, the newest first."""
    columns: dict[str, Column[Sample]] = {
        "drawn_at": ("time", lambda each: each.drawn_at),
        "drawn_by": ("text", lambda each: each.drawn_by),
        "days": ("whole", lambda each: each.days),
        "asked": ("whole", lambda each: each.asked),
        "among": ("whole", lambda each: each.among),
        "seed": ("whole", lambda each: each.seed),
    }
    for state in SampledState:
        columns[state.value] = ("whole", _counted(state))
    found = of.parts.store().samples(limit, of.who.queues)
    return Table("/quality/drawn", "The samples drawn last", columns, found, limit)


def categories(of: Looked, limit: int) -> Table[CategoryAgreement]:
    """How far two readers agree on each category."""
    return Table(
        "/quality/categories",
        "Agreement by category",
        {
            "category": ("text", lambda each: each.category),
            "either_said_so": ("whole", lambda each: each.said),
            "both_did": ("whole", lambda each: each.agreed),
            "the_other_said": ("text", lambda each: ", ".join(f"{name} {count}" for name, count in each.taken_for)),
        },
        of.agreement.by_category,
        limit,
        {"days": of.days},
    )


def people(of: Looked, limit: int) -> Table[PersonAgreement]:
    """How often each was right where a third had to settle it. Not where that was one of the two."""
    answers = []
    for one in of.twice:
        if one.adjudication is not None and not one.adjudication.own and one.second is not None:
            right = one.adjudication.reading.answer
            answers += [(each.reader, each.answer, right) for each in (one.first, one.second)]
    columns: dict[str, Column[PersonAgreement]] = {
        "person": ("text", lambda each: each.person),
        "settled": ("whole", lambda each: each.agreement.pairs),
        **_shares("category", lambda each: each.agreement.category),
        **_shares("severity", lambda each: each.agreement.severity),
        **_shares("action", lambda each: each.agreement.action),
    }
    return Table(
        "/quality/people", "Readings by person against what was settled", columns, by_person(answers), limit,
        {"days": of.days},
    )  # fmt: skip


def attempts(of: Looked, limit: int) -> Table[Score]:
    """How exercises came out, set by set."""
    columns: dict[str, Column[Score]] = {
        "golden_set": ("text", lambda each: each.title),
        "person": ("text", lambda each: each.person),
        "begun_at": ("time", lambda each: each.begun_at),
        "cases": ("whole", lambda each: each.of),
        "answered": ("whole", lambda each: each.agreement.pairs),
        **_shares("category", lambda each: each.agreement.category),
        **_shares("severity", lambda each: each.agreement.severity),
        **_shares("severity_within_one", lambda each: each.agreement.severity_near),
    }
    found = [score for _, scores in of.exercises for score in scores]
    return Table("/quality/attempts", "Attempts at exercises", columns, found, limit)


TABLES: Mapping[str, Callable[[Looked, int], Table[Any]]] = {
    "drawn": samples, "categories": categories, "people": people, "attempts": attempts,
}  # fmt: skip


def score_of(of: GoldenSet, attempt: Attempt) -> Score:
    """How the attempt came out so far; what was answered before its case was erased counts."""
    pairs = [(case.expected, attempt.answers[case.id]) for case in of.cases if case.id in attempt.answers]
    return Score(of.title, attempt.person, attempt.begun_at, len(of.cases), agreement(pairs))


def _counted(state: SampledState) -> Callable[[Sample], int]:
    return lambda sample: sample.states.get(state, 0)


def _shares(name: str, of: Callable[[T], Interval | None]) -> dict[str, Column[T]]:
    """A share of those that were right, and between what it lies (95 %, Wilson)."""

    def part(which: str) -> Callable[[T], float | None]:
        return lambda each: getattr(of(each), which, None)

    return {
        f"{name}_right": ("number", part("value")),
        f"{name}_low": ("number", part("low")),
        f"{name}_high": ("number", part("high")),
    }
