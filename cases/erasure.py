"""What can be asked to be erased, and what is said of it afterwards: that, when, by whom and how much; never what.

docs/privacy.md says what an erasure reaches and what it cannot.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.ids import CaseId

# The actor of what retention erases.
RETENTION = "retention"

# What an erased report's external id is written over with begins so.
ERASED_PREFIX = "erased:"


class ErasureKind(StrEnum):
    """What an erasure was asked by; `TEXT` and `IDENTITY` are retention's, when their days are over."""

    REPORTER = "reporter"
    SUBJECT = "subject"
    CASE = "case"
    REPORT = "report"
    TEXT = "text"
    IDENTITY = "identity"


class Place(StrEnum):
    """Where an erasure has to reach beside the record's rows and the cache of embeddings, which come first."""

    DATABASE = "database"
    EXPORTS = "exports"
    MODELS = "models"
    TRACKER = "tracker"


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Whose, or which, to erase.

    Attributes:
        kind: By what it is found.
        ref: The reporter as the source named them, the subject's or the report's outside id, or the case's id.
        within: The source of a reporter ("" for any) or of a report, the kind of a subject.
    """

    kind: ErasureKind
    ref: str = field(repr=False)
    within: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """What a request comes to.

    Attributes:
        report_ids: The reports that are erased, wherever their words lie.
        whole: Cases of which nothing is left, whoever reported.
        case_ids: All cases that are touched, sorted.
        subject_id: The subject whose outside id is forgotten, too.
    """

    report_ids: frozenset[str]
    whole: frozenset[CaseId]
    case_ids: tuple[CaseId, ...]
    subject_id: str | None = None


# By name, how many: cases, reports, contents, identities, notes, letters, quality_notes, fingerprints, answers,
# subjects; and beside the record embeddings, exports, precedents, tracked.
Counts = Counter[str]


@dataclass(frozen=True, slots=True)
class Erasure:
    """The record of an erasure.

    Attributes:
        at: When it began, business time.
        by: Who asked for it.
        counts: How many of each were erased, by name.
        pending: Where it has yet to reach; empty once it is finished.
        case_ids: Those that it touched, while it has yet to reach somewhere.
        finished_at: When it had reached all.
    """

    id: str
    kind: ErasureKind
    at: datetime
    by: str
    counts: Mapping[str, int]
    pending: tuple[Place, ...] = ()
    case_ids: tuple[CaseId, ...] = ()
    finished_at: datetime | None = None


def erased_external_id(source: str, external_id: str) -> str:
    """What stands in place of the external id of an erased report.

    A digest, so that the same report sent again is known and its words do not come back. Who guesses the id can tell
    that it was erased, and nothing else.
    """
    told = f"caseload.erased/1\n{source}\n{external_id}"
    return ERASED_PREFIX + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
