"""What became of a draft: its versions, each with its author and time, ready to be stored; nothing is overwritten."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from cases.clock import Clock, as_utc
from cases.errors import ConflictError, InvalidInputError
from cases.letters.draft import Draft
from cases.letters.facts import Audience


@dataclass(frozen=True, slots=True)
class DraftVersion:
    """A draft as it stood.

    Attributes:
        number: 1 is the template's, filled in.
        author: Who asked for it or changed it; a name of the team, so it stands in no letter.
        changed: The share of words that are not the template's, 0..1: 1 less the words that both have in the same
            order, over the words of the longer.
    """

    number: int
    draft: Draft
    author: str
    at: datetime
    changed: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data that `from_dict` reads back."""
        return {
            **asdict(self),
            "draft": {**asdict(self.draft), "audience": str(self.draft.audience)},
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> DraftVersion:
        """The version that `as_dict` wrote."""
        draft = Draft(**{**data["draft"], "audience": Audience(data["draft"]["audience"])})
        return cls(**{**data, "draft": draft, "at": as_utc(datetime.fromisoformat(data["at"]), field="at")})


@dataclass(frozen=True, slots=True)
class DraftHistory:
    """All versions of one letter, the first of them the template's."""

    versions: tuple[DraftVersion, ...]

    @classmethod
    def begin(cls, draft: Draft, author: str, clock: Clock) -> DraftHistory:
        """The history of a draft that was just made.

        Raises:
            InvalidInputError: `author` is empty.
        """
        return cls((DraftVersion(1, draft, _named(author), as_utc(clock()), 0.0),))

    @property
    def latest(self) -> DraftVersion:
        """The version that stands."""
        return self.versions[-1]

    def edit(self, subject_line: str, body: str, *, author: str, clock: Clock, seen: int) -> DraftHistory:
        """The history with one version more; the same history where nothing is changed.

        Args:
            subject_line: As it shall stand.
            body: As it shall stand.
            author: Who changed it.
            clock: Says when.
            seen: The number of the version that the author changed.

        Raises:
            ConflictError: There is a later version than `seen`.
            InvalidInputError: The letter is withheld, something is empty, or the subject line has several lines.
        """
        latest = self.latest
        if seen != latest.number:
            raise ConflictError(
                f"'seen' must be the latest version, {latest.number} (got {seen}); look at it and change that one"
            )
        if latest.draft.withheld:
            raise InvalidInputError(
                "'draft' must be one that may be sent (got one that is withheld); have the hold cleared, then draft "
                "anew",
                field="draft",
            )
        for name, text in (("subject_line", subject_line), ("body", body)):
            if not text.strip():
                raise InvalidInputError(f"{name!r} must be non-empty text (got ''); write it", field=name)
        if len(subject_line.splitlines()) > 1:
            lines = len(subject_line.splitlines())
            raise InvalidInputError(
                f"'subject_line' must be one line (got {lines}); move the rest to the body", field="subject_line"
            )
        draft = replace(latest.draft, subject_line=subject_line, body=body)
        if draft == latest.draft:
            return self
        changed = changed_share(self.versions[0].draft.text, draft.text)
        version = DraftVersion(latest.number + 1, draft, _named(author), as_utc(clock()), changed)
        return DraftHistory((*self.versions, version))


def changed_share(before: str, after: str) -> float:
    """The share of words, 0..1, that two texts do not have in common in the same order."""
    first, second = before.split(), after.split()
    if not first and not second:
        return 0.0
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return 1.0 - sum(block.size for block in blocks) / max(len(first), len(second))


def _named(author: str) -> str:
    if not author.strip():
        raise InvalidInputError("'author' must be a name (got ''); say who wrote it", field="author")
    return author
