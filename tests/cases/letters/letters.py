"""Facts and templates as a marketplace has them that has filled in its part, for all tests of letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cases.decision import Verdict
from cases.letters.facts import Circumstances, LetterFacts, letter_facts
from cases.letters.wording_file import load_wording
from cases.taxonomy_file import load_taxonomy

TAXONOMY = load_taxonomy()
SHIPPED = load_wording()
WORDING = replace(
    SHIPPED,
    sender=replace(
        SHIPPED.sender,
        marketplace="Learnery",
        terms="https://learnery.example/rules",
        support_lines="those listed at https://learnery.example/help",
    ),
)
DECIDED = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def facts(
    category: str = "harassment",
    sub_policy: str = "",
    action: str = "remove_content",
    reason: str = "clear_breach",
    **told: Any,
) -> LetterFacts:
    circumstances = Circumstances(**{"subject_kind": "message", **told})
    verdict = Verdict(category, 3, action, reason, sub_policy)
    return letter_facts(verdict, TAXONOMY, case_ref="C-2026-00001", decided_at=DECIDED, circumstances=circumstances)
