"""Reads a folder of templates and refuses it with the file, the line and the key of what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cases.errors import LettersError
from cases.letters.facts import Audience, Hold
from cases.letters.filling import Words, clean, words
from cases.letters.wording import (
    ActionWords,
    CategoryWords,
    Findings,
    Frame,
    Holds,
    KindWords,
    Outcome,
    ReasonWords,
    Sender,
    WholeLetter,
    Wording,
)
from cases.policy_entry import Entry, read_entry

DEFAULT_LETTERS = Path(__file__).parent / "templates"
_FILES = ("frame.yaml", "sender.yaml", "findings.yaml", "actions.yaml", "holds.yaml")

_AFFECTED = {
    *(
        "subject_line",
        "opening",
        "friendly_subject_line",
        "friendly_opening",
        "looked_at",
        "notice",
        "own_initiative",
    ),
    *("detected_by_software", "detected_by_people", "decided_by_people", "decided_partly", "decided_by_software"),
    *("lasts_until", "lasts", "everywhere", "somewhere", "rules", "redress", "no_redress_needed"),
}
_REPORTER = {
    *("subject_line", "opening", "breach", "clear", "unproven", "duplicate", "confidential", "redress"),
    *("decided_by_people", "decided_partly", "decided_by_software"),
}
_STATEMENT = {
    *(
        "subject_line",
        "opening",
        "decided",
        "relied",
        "terms",
        "terms_ground",
        "law",
        "law_ground",
        "come_to",
        "redress",
    ),
}
_CATEGORY = {"found", "rule", "reporter", "care", "affected_care", "sub_policies", "reporter_clauses"}
_ROLES = (Audience.INSTRUCTOR, Audience.STUDENT, Audience.USER)

_Choice = TypeVar("_Choice", bound=StrEnum)


def load_wording(folder: Path | None = None) -> Wording:
    """The templates in `folder`, or the packaged ones.

    Raises:
        LettersError: A file is missing, is not YAML, or does not hold what it must; names file, line and key.
    """
    folder = folder or DEFAULT_LETTERS
    frame, sender, findings, actions, holds = (read_entry(folder / name, "letters", LettersError) for name in _FILES)
    digest = hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in _FILES)).hexdigest()
    number, the_frame = _frame(frame)
    known, other = _actions(actions)
    return Wording(
        version=f"{number}-{digest[:8]}",
        frame=the_frame,
        findings=_findings(findings),
        actions=known,
        other_action=other,
        holds=_holds(holds),
        sender=_sender(sender),
    )


def _frame(root: Entry) -> tuple[int, Frame]:
    top = root.mapping(
        required={
            *("version", "language", "kinds", "other_kind", "no_kind", "named", "affected", "reporter", "statement"),
            *("close", "reasons", "other_reason"),
        }
    )
    frame = Frame(
        language=top["language"].name(),
        kinds={key: _kind(entry) for key, entry in top["kinds"].free_mapping().items()},
        other_kind=_kind(top["other_kind"]),
        no_kind=_kind(top["no_kind"]),
        named=words(top["named"]),
        affected=_texts(top["affected"].mapping(required=_AFFECTED)),
        reporter=_texts(top["reporter"].mapping(required=_REPORTER)),
        statement=_texts(top["statement"].mapping(required=_STATEMENT)),
        close=words(top["close"]),
        reasons={key: _reason(entry) for key, entry in top["reasons"].free_mapping().items()},
        other_reason=words(top["other_reason"]),
    )
    return top["version"].whole(), frame


def _kind(entry: Entry) -> KindWords:
    keys = entry.mapping(required={"item", "where", "about", "named", "role"})
    role = _choice(keys["role"], Audience)
    if role not in _ROLES:
        raise keys["role"].fail(f"one of {', '.join(_ROLES)}", repr(str(role)), "correct it")
    return KindWords(
        item=words(keys["item"]),
        where=words(keys["where"]),
        about=words(keys["about"]),
        named=keys["named"].truth(),
        role=role,
    )


def _reason(entry: Entry) -> ReasonWords:
    keys = entry.mapping(required={"outcome"}, optional={"affected"})
    return ReasonWords(_choice(keys["outcome"], Outcome), words(keys["affected"]) if "affected" in keys else None)


def _sender(root: Entry) -> Sender:
    keys = root.mapping(required={"team", "marketplace", "terms", "complaint_how", "dispute_how", "support_lines"})
    told = {key: entry.optional_text() for key, entry in keys.items()}
    for key in ("team", "complaint_how", "dispute_how"):
        if not (told[key] or "").strip():
            raise keys[key].fail("non-empty text", "nothing", "write a sentence")
    return Sender(**{key: clean(text or "") for key, text in told.items()})


def _findings(root: Entry) -> Findings:
    top = root.mapping(required={"other", "categories"}, optional={"outcomes", "whole"})
    other = top["other"].mapping(required={"found", "found_clause"})
    return Findings(
        other=words(other["found"]),
        other_clause=words(other["found_clause"]),
        categories={key: _category(entry) for key, entry in top["categories"].free_mapping().items()},
        outcomes={
            key: _choice(entry, Outcome)
            for key, entry in (_by_clause(top["outcomes"]) if "outcomes" in top else {}).items()
        },
        whole={key: _whole(entry) for key, entry in (_by_clause(top["whole"]) if "whole" in top else {}).items()},
    )


def _category(entry: Entry) -> CategoryWords:
    keys = entry.mapping(required={"found"}, optional=_CATEGORY - {"found"})
    return CategoryWords(
        found=words(keys["found"]),
        rule=_optional(keys, "rule"),
        reporter=_optional(keys, "reporter"),
        care=_optional(keys, "care"),
        affected_care=_optional(keys, "affected_care"),
        sub_policies=_texts(keys["sub_policies"].free_mapping()) if "sub_policies" in keys else {},
        reporter_clauses=_texts(keys["reporter_clauses"].free_mapping()) if "reporter_clauses" in keys else {},
    )


def _whole(entry: Entry) -> WholeLetter:
    keys = entry.mapping(required={"subject_line", "body"})
    return WholeLetter(words(keys["subject_line"]), words(keys["body"]))


def _actions(root: Entry) -> tuple[dict[str, ActionWords], ActionWords]:
    top = root.mapping(required={"other", "actions"})
    return {key: _action(entry) for key, entry in top["actions"].free_mapping().items()}, _action(top["other"])


def _action(entry: Entry) -> ActionWords:
    keys = entry.mapping(required={"affected", "reporter"}, optional={"quiet", "limits", *_ROLES})
    return ActionWords(
        affected=words(keys["affected"]),
        reporter=words(keys["reporter"]),
        roles={role: words(keys[role]) for role in _ROLES if role in keys},
        quiet=keys["quiet"].truth() if "quiet" in keys else False,
        limits=keys["limits"].truth() if "limits" in keys else True,
    )


def _holds(root: Entry) -> Holds:
    top = root.mapping(required={"reasons", "nothing_changes", "no_reporter"}, optional={"categories"})
    reasons = top["reasons"].mapping(required=set(Hold))
    by_clause = _by_clause(top["categories"]) if "categories" in top else {}
    return Holds(
        reasons={hold: reasons[hold].name().strip() for hold in Hold},
        nothing_changes=top["nothing_changes"].name().strip(),
        no_reporter=top["no_reporter"].name().strip(),
        categories={key: _choice(entry, Hold) for key, entry in by_clause.items()},
    )


def _by_clause(entry: Entry) -> dict[tuple[str, str], Entry]:
    """The entries of a mapping of mappings, by category and sub-policy."""
    return {
        (category, clause): value
        for category, clauses in entry.free_mapping().items()
        for clause, value in clauses.free_mapping().items()
    }


def _texts(entries: Mapping[str, Entry]) -> dict[str, Words]:
    return {key: words(entry) for key, entry in entries.items()}


def _optional(keys: Mapping[str, Entry], key: str) -> Words | None:
    return words(keys[key]) if key in keys else None


def _choice(entry: Entry, kinds: type[_Choice]) -> _Choice:
    text = entry.name()
    try:
        return kinds(text)
    except ValueError as error:
        raise entry.fail(f"one of {', '.join(kinds)}", repr(text), "correct it") from error
