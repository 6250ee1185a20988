"""The record's values: subject, report, content, case, score, rank, lease, event; decisions are in `cases.decision`.

All are frozen. A **report** is one person's or detector's flag; a **case** gathers the reports on one **subject**
and is what is worked on. The text lives in append-only **content** versions. **Scores**, **decisions** and
**events** are only ever added. Severity is 1..K, 1 the most severe. All times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.event import AttributeValue
from cases.ids import CaseId, ContentId, DecisionId, ReportId, ScoreId, SubjectId

Attributes = Mapping[str, AttributeValue]


# Where a case waits that no rule and no person sent elsewhere.
MAIN_QUEUE = "main"


class CaseStatus(StrEnum):
    """Where a case stands. Claimed means: undecided, and under a lease that the database's clock has not ended.

    Merged means: its reports went to another case, which is worked on in its place. Erased means: all that it said
    was erased before it was decided, so that nobody can decide it any more; a decided case stays decided.
    """

    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reported: a course, user, review, message or payment, by the marketplace's own id."""

    id: SubjectId
    kind: str
    external_id: str


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report as it comes in, before it has an id.

    Attributes:
        source: The system it comes from; `(source, external_id)` is unique.
        external_id: The source's own id of this report.
        title: May be empty, `description` may not.
        attributes: Signals beside the text: `reach`, `prior_strikes`, `minor_involved`, `press_or_regulator`,
            `reporter_kind`, `amount` and what else the marketplace knows.
        case_ref: Reports of one source that share it are one case.
        reporter: Who reported; kept in an erasable table, never in events, logs or errors.
    """

    source: str
    external_id: str
    title: str
    description: str
    received_at: datetime
    channel: str = ""
    subject_kind: str = ""
    subject_ref: str = ""
    attributes: Attributes = field(default_factory=dict)
    case_ref: str = ""
    reporter: str = ""


@dataclass(frozen=True, slots=True)
class FiledReport:
    """What intake answers: the ids, and whether this call created the report or it was known already."""

    report_id: ReportId
    case_id: CaseId
    created: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One person's or detector's flag, as stored (its text is in the case's content).

    Attributes:
        subject: What it named itself, also where its case is about another; None where it named none.
    """

    id: ReportId
    case_id: CaseId
    source: str
    external_id: str
    channel: str
    received_at: datetime
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class Content:
    """One version of a case's text and attributes; a later report on the case appends the next version.

    The text is that of all reports up to this version, a blank line between them; title and channel are the first's.
    """

    id: ContentId
    case_id: CaseId
    version: int
    title: str
    description: str
    channel: str
    attributes: Attributes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """What is worked on, with today's state, which follows from its events (`cases.life`).

    Attributes:
        queue: Where it waits: "main", a queue of the policy, or the team that it was escalated to.
        hold_until: Not handed out before, by business time; a time that has passed holds nothing.
        paused_seconds: For how long it was or is on hold in all, ≥ 0; that time does not count against its deadline.
        assigned_to: Whom alone it is handed out to; None for anybody.
        set_severity: The level that a person set, 1..K; None where the model's holds.
        set_priority: The name of the priority that a person set; None where none was.
        rank_parts: What `order_key` is made of, by name; empty where it is not known.
        rerank_at: When `order_key` must be computed anew; None: never by the clock alone.
        ranked_by: Under which policy and weights `order_key` was computed; "" where it is not known.
        decision_id: The decision that stands, also while it is being reviewed; None before the first.
        under_appeal: Whether it is open because its decision was appealed.
        barred: Who may not decide it: whoever took the decision under appeal.
        merged_into: The case that took its reports over.
    """

    id: CaseId
    subject: Subject | None
    status: CaseStatus
    received_at: datetime
    content: Content
    order_key: float
    first_claimed_at: datetime | None
    decided_at: datetime | None
    queue: str = MAIN_QUEUE
    hold_until: datetime | None = None
    paused_seconds: float = 0.0
    assigned_to: str | None = None
    set_severity: int | None = None
    set_priority: str | None = None
    rank_parts: Mapping[str, float] = field(default_factory=dict)
    rerank_at: datetime | None = None
    ranked_by: str = ""
    decision_id: DecisionId | None = None
    under_appeal: bool = False
    barred: str | None = None
    merged_into: CaseId | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in the queue, computed by whoever knows the formula; the store keeps it and knows none.

    Attributes:
        order_key: Larger = sooner, finite.
        parts: What it is made of, by name.
        changes_at: When it must be computed anew; None: never by the clock alone.
    """

    order_key: float
    parts: Mapping[str, float] = field(default_factory=dict)
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RankedFrom:
    """What a priority was computed from, so that other weights can be tried without the model.

    Attributes:
        severity: Probability of each level 1..K, after the human-set rules.
        violation: Probability that a policy is violated, 0..1.
        judged: False where the judgement was not relied on and caution counted.
    """

    severity: Mapping[int, float]
    violation: float
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """What a model said of one content version; never updated.

    Attributes:
        model: SHA-256 of the artifact's manifest; `"rules"` where the fallback spoke.
        model_version: The registered version, as people call it ("caseload-default/3").
        category: Probability per category id, summing to 1, full precision.
        severity: Probability per level 1..K, summing to 1.
        priority: The parts that the order key is made of, by name.
        order_key: Larger = sooner.
        language: ISO 639-1 code of the text's language, or "".
        fallback: True where no model could judge and the rules spoke.
        severity_level: The level shown to people, 1..K: of least expected cost, raised by the rules; None where no
            severity was judged, and on a score from before it was kept.
        tier: How far the suggestion is to be trusted: "apply", "suggest" or "abstain"; "" on a score from before it
            was kept.
        shortlist: The categories that hold the right one nine times in ten, likeliest first; empty where the model
            promises none.
        novelty_p: How likely a case like those decided is to look as unlike them as this, 0..1; None where the model
            has no memory of them.
        sub_policy: The clause of the likeliest category where the model was sure enough, else "".
        changes_at: When the order key must be computed again: a deadline comes near or an SLA runs out; None: never.
        ranked_from: What the priority was computed from; it is that of the soonest of these.
        minutes: Expected handling time; None where the model has learnt of none.
        by_lot: Whether the case ranks by lot.
        propensity: The probability with which it came to rank as it does, in (0, 1].
        queue: Where the policy sends a case that is judged so; "" leaves it where it is.
    """

    id: ScoreId
    case_id: CaseId
    content_id: ContentId
    model: str
    model_version: str
    taxonomy_version: int
    assembly_version: int
    encoder_hash: str
    created_at: datetime
    category: Mapping[str, float]
    severity: Mapping[int, float]
    priority: Mapping[str, float]
    order_key: float
    language: str
    seconds: float
    fallback: bool = False
    severity_level: int | None = None
    tier: str = ""
    shortlist: tuple[str, ...] = ()
    novelty_p: float | None = None
    sub_policy: str = ""
    changes_at: datetime | None = None
    ranked_from: tuple[RankedFrom, ...] = ()
    minutes: float | None = None
    by_lot: bool = False
    propensity: float = 1.0
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on a case: whoever holds the newest token, unexpired by the database's clock, may decide."""

    case_id: CaseId
    holder: str
    token: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HeldOutFigure:
    """A figure on the cases held out; `low` and `high` are None where it has no interval."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Challenger:
    """A model that was registered.

    Attributes:
        name: The registered model's.
        version: The registered version's.
        sha256: Of the artifact's manifest.
        registered_at: Aware UTC.
        held_out: How many cases it was measured on.
        figures: By name.
    """

    name: str
    version: str
    sha256: str
    registered_at: datetime
    held_out: int
    figures: Mapping[str, HeldOutFigure]


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves: a row that `promote` appended."""

    seq: int
    name: str
    version: str
    sha256: str
    promoted_at: datetime
    promoted_by: str
