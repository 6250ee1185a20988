"""From a judgement to a place in the queue: the policy's rules, what caution adds, and the weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from cases.errors import InvalidInputError
from cases.ids import CaseId
from cases.record import Attributes, Case, Rank, RankedFrom, Score
from cases.settings import Settings
from cases.taxonomy import Taxonomy
from cases.taxonomy_costs import default_costs
from cases.taxonomy_file import load_taxonomy
from models.judge import Judgement
from models.priority import (
    CaseToRank,
    Priority,
    Weights,
    by_hand,
    load_weights,
    lot_of,
    priority,
    raised_severity,
    violation_of,
)
from models.severity import shown_severity


@dataclass(frozen=True, slots=True)
class CaseToJudge:
    """What of a case is judged and ranked.

    Attributes:
        received_at: Aware; waiting counts from it.
        case_id: None where no case is stored; then it has no lot.
        touched: Whether somebody has claimed it before; its time to first touch has ended then.
        paused: For how long that time stood still.
    """

    title: str
    description: str
    received_at: datetime
    channel: str = ""
    attributes: Attributes = field(default_factory=dict)
    case_id: CaseId | None = None
    touched: bool = False
    paused: timedelta = timedelta()


def case_to_judge(case: Case) -> CaseToJudge:
    """What of a stored case is judged: its latest content."""
    content = case.content
    return CaseToJudge(
        content.title,
        content.description,
        case.received_at,
        content.channel,
        content.attributes,
        case.id,
        touched=case.first_claimed_at is not None,
        paused=timedelta(seconds=case.paused_seconds),
    )


@dataclass(frozen=True, slots=True)
class Ranking:
    """What turns a judgement into a place in the queue: the policy's rules and the weights.

    Attributes:
        taxonomy: The policy that the service runs on, not the one that the model was trained on.
        weights: Of the priority's parts.
        digest: Tells whether a place was computed under these: 16 hexadecimal digits.
    """

    taxonomy: Taxonomy
    weights: Weights = field(default_factory=Weights)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        weights = {field.name: getattr(self.weights, field.name) for field in fields(self.weights)}
        policy = self.taxonomy.as_dict()
        for category in policy["categories"]:
            # How a case is shown, and not where: with it, marking one would rank the whole queue anew.
            category.pop("sensitive", None)
        told = json.dumps([policy, weights], sort_keys=True, default=dict)
        object.__setattr__(self, "digest", hashlib.sha256(told.encode()).hexdigest()[:16])

    @classmethod
    def of_settings(cls, settings: Settings) -> Ranking:
        """The policy and the weights that the settings name.

        Raises:
            TaxonomyError, WeightsError: A file is not valid.
        """
        return cls(load_taxonomy(settings.taxonomy), load_weights(settings.weights))

    def ways(self, judgement: Judgement, without_raises: Judgement, case: CaseToJudge) -> tuple[RankedFrom, ...]:
        """What the case may be ranked from; it ranks by whichever is soonest.

        Where the model cannot be relied on, that is caution or the judgement: caution alone would send a case that
        looks grave behind where it would stand had nobody doubted it.

        Args:
            judgement: Of the case as it is.
            without_raises: Of the case without the attributes that raised it; the same where nothing did.
            case: It.
        """
        levels, _ = self.taxonomy.raised(case.attributes)
        severity = raised_severity(judgement.severity, without_raises.severity, levels)
        # Doubt about either counts: an attribute that raises must not lower a case by making the model sure of it.
        doubted = _doubted(judgement) or _doubted(without_raises)
        violation = violation_of(judgement.category, self.taxonomy.harmless)
        return tuple(
            RankedFrom(severity, violation, judged=judged) for judged in ((True, False) if doubted else (True,))
        )

    def place(
        self,
        ways: Sequence[RankedFrom],
        case: CaseToJudge,
        *,
        level: int | None,
        minutes: float | None = None,
        at: datetime | None = None,
    ) -> Priority:
        """The priority of a judged case.

        Args:
            ways: What `ways` answered, perhaps as it was kept with a score.
            case: It.
            level: The severity shown, by which it is due; None without.
            minutes: Expected handling time; None for the usual one.
            at: The present, aware; None for the time of receipt, so that a score is the same whenever it is computed:
                what has begun since then is added when the case is ranked again.
        """
        ranked = [
            CaseToRank(
                way.severity,
                way.violation,
                case.received_at,
                case.attributes,
                judged=way.judged,
                levels=max(self.taxonomy.levels),
                minutes=minutes,
                due_at=self.due(case, level),
                lot=None if case.case_id is None else lot_of(case.case_id),
            )
            for way in ways
        ]
        return max((priority(each, self.weights, at=at) for each in ranked), key=lambda found: found.order_key)

    def again(self, case: CaseToJudge, score: Score | None, at: datetime) -> Priority:
        """The priority of a stored case as of `at`, from what its score kept; a case without one is unjudged."""
        if score is None or not (score.ranked_from or score.severity):
            return self.unjudged(case, at)
        # Scores from before that was kept: their own judgement, with caution where they were abstained from.
        ways = score.ranked_from or tuple(
            RankedFrom(score.severity, violation_of(score.category, self.taxonomy.harmless), judged=judged)
            for judged in ((True, False) if score.tier == "abstain" else (True,))
        )
        return self.place(ways, case, level=score.severity_level, minutes=score.minutes, at=at)

    def of_case(self, case: Case, score: Score | None, at: datetime) -> Rank:
        """The place of a stored case: by the priority that a person set, else by the severity, else by the model.

        What a person set and today's weights or policy no longer have counts as not set.

        Args:
            case: As it is stored.
            score: Its latest; None where it has none.
            at: The present, aware.
        """
        to_rank = case_to_judge(case)
        if case.set_priority is not None and case.set_priority in self.weights.by_hand:
            found = by_hand(case.set_priority, received_at=case.received_at, weights=self.weights)
        elif case.set_severity in self.taxonomy.levels:
            certain = {level: float(level == case.set_severity) for level in self.taxonomy.levels}
            # Whoever sets a severity has looked, so the violation is taken for granted.
            minutes = None if score is None else score.minutes
            found = self.place([RankedFrom(certain, 1.0)], to_rank, level=case.set_severity, minutes=minutes, at=at)
        else:
            found = self.again(to_rank, score, at)
        return Rank(found.order_key, found.parts, found.changes_at)

    def check_by_hand(self, name: str) -> None:
        """Refuse a priority that the weights do not name.

        Raises:
            InvalidInputError: They do not; it is not repeated, since it might be anything.
        """
        if name not in self.weights.by_hand:
            raise InvalidInputError(
                f"'priority' must be one of {', '.join(self.weights.by_hand)} (got {len(name)} characters); "
                "choose one",
                field="priority",
            )

    def unjudged(self, case: CaseToJudge, at: datetime | None = None) -> Priority:
        """The priority of a case that no model judged: the human-set rules and the waiting alone speak."""
        unjudged = CaseToRank(
            {},
            1.0,
            case.received_at,
            case.attributes,
            raise_levels=self.taxonomy.raised(case.attributes)[0],
            judged=False,
            levels=max(self.taxonomy.levels),
            due_at=self.due(case, self.unjudged_level(case.attributes)),
            lot=None if case.case_id is None else lot_of(case.case_id),
        )
        return priority(unjudged, self.weights, at=at)

    def unjudged_level(self, attributes: Attributes) -> int:
        """The severity by which a case is due that no model judged: medium, raised by the policy's rules."""
        return max(1, max(self.taxonomy.levels) // 2 + 1 - self.taxonomy.raised(attributes)[0])

    def shown(self, judgement: Judgement, without_raises: Judgement, case: CaseToJudge) -> int | None:
        """The severity to show: of least expected cost by this policy, raised by its rules; None without severity.

        Args:
            judgement: Of the case as it is.
            without_raises: As in `ways`.
            case: It.
        """
        levels, _ = self.taxonomy.raised(case.attributes)
        costs = self.taxonomy.severity_costs
        if judgement.severity and len(judgement.severity) != len(costs):
            # `caseload score --model` takes models of other policies too.
            costs = default_costs(len(judgement.severity))
        return shown_severity(judgement.severity, without_raises.severity, levels, costs)

    def due(self, case: CaseToJudge, level: int | None) -> datetime | None:
        """By when somebody must have touched the case; None where somebody has, or the policy sets no time."""
        known = {severity.level: severity.first_touch for severity in self.taxonomy.severity_levels}
        if case.touched or level not in known:
            return None
        return case.received_at + known[level] + case.paused

    def due_of(self, case: Case, score: Score | None) -> datetime | None:
        """The same of a stored case: by the severity set, else the one shown, else that of one without any score."""
        shown = self.unjudged_level(case.content.attributes) if score is None else score.severity_level
        return self.due(case_to_judge(case), case.set_severity or shown)


def _doubted(judgement: Judgement) -> bool:
    return judgement.tier == "abstain" or judgement.novel or not judgement.language_supported
