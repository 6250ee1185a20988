"""A snapshot: the frozen, hashed table of decided cases that a model learns from.

It comes from the store (`from_store`) or from any table (`training.table`). Its SHA-256 covers every row and column,
so two runs with the same digest saw the same data; what MLflow keeps of it is `ledger`, which holds ids, labels and
digests of the texts, and never a text.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cases.decision import DecidedCase
from cases.errors import InvalidInputError
from cases.taxonomy import Taxonomy

COLUMNS = (
    "case_id",
    "subject_key",
    "received_at",
    "title",
    "description",
    "channel",
    "attributes",
    "category",
    "sub_policy",
    "severity",
    "action",
    "handling_seconds",
    "decided_by",
    "split",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Decided cases as a table.

    Attributes:
        rows: One row a case with the columns of `COLUMNS`. `received_at` is aware UTC or NaT, `severity` 1..K (1 the
            most severe) or missing, `handling_seconds` missing where nobody measured, `split` "train", "test" or ""
            where nothing was prescribed.
        source: Where the rows came from: "record", or the name of a file.
        left_out: How many decisions were not taken, by reason.
    """

    rows: pd.DataFrame
    source: str
    left_out: dict[str, int]

    @property
    def sha256(self) -> str:
        """The digest of all rows in their order, independent of pandas' and Parquet's versions."""
        seen = hashlib.sha256()
        for row in self.rows.itertuples(index=False):
            line = json.dumps([_plain(value) for value in row], ensure_ascii=False, separators=(",", ":"))
            seen.update(line.encode("utf-8", "surrogatepass") + b"\n")
        return seen.hexdigest()

    @property
    def has_severity(self) -> bool:
        """Whether the rows say how severe the cases were."""
        return bool(self.rows["severity"].notna().any())

    def ledger(self, part: pd.Series) -> pd.DataFrame:
        """What the tracker may keep: ids, labels, the part (train, test, aside) and the texts' digests."""
        texts = self.rows["title"] + "\n" + self.rows["description"]
        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        kept = self.rows[["case_id", "received_at", "category", "severity"]].copy()
        return kept.assign(part=part.to_numpy(), text_sha256=digests)


def from_store(decided: Iterable[DecidedCase], taxonomy: Taxonomy) -> Snapshot:
    """The snapshot of the record's decided cases, old categories carried over to today's taxonomy.

    Raises:
        InvalidInputError: Nothing has been decided yet.
    """
    rows, left_out = [], Counter[str]()
    known = set(taxonomy.category_ids)
    for case in decided:
        verdict = case.decision.verdict
        today = taxonomy.category_map.resolve(verdict.category, verdict.sub_policy)
        if today is None or today[0] not in known:
            left_out["category without a successor in this taxonomy"] += 1
            continue
        if verdict.severity not in taxonomy.levels:
            left_out["severity that this taxonomy lacks"] += 1
            continue
        rows.append(_row(case, *today))
    if not rows:
        raise InvalidInputError(
            "'decisions' must hold at least one decided case (got none); import past cases or decide some first"
        )
    return Snapshot(_frame(rows), "record", dict(left_out))


def _row(case: DecidedCase, category: str, sub_policy: str) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "subject_key": case.subject_key,
        "received_at": case.received_at,
        "title": case.title,
        "description": case.description,
        "channel": case.channel,
        "attributes": dict(case.attributes),
        "category": category,
        "sub_policy": sub_policy,
        "severity": case.decision.verdict.severity,
        "action": case.decision.verdict.action,
        "handling_seconds": case.decision.handling_seconds,
        "decided_by": case.decision.decided_by,
        "split": "",
    }


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["severity"] = frame["severity"].astype("Int64")
    frame["handling_seconds"] = frame["handling_seconds"].astype("Float64")
    frame["received_at"] = pd.to_datetime(frame["received_at"], utc=True)
    return frame


def _plain(value: object) -> object:
    """`value` as JSON has it, the same on every version of pandas."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: value[key] for key in sorted(value)}
    return int(value) if hasattr(value, "__index__") else value
