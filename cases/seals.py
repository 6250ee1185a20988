"""Seals: each closes a batch of events, and with its head the seal before, so that nothing can change behind them.

    head  =  SHA-256 or HMAC-SHA-256 (the encoding of the seal, which holds the head before)

A seal's encoding is a JSON array, written as `cases.event_digest` says:

    ["caseload.seal/1",seq,first_event,last_event,events,gaps,late,digest,marks,previous_head,algorithm,key_id,
     sealed_at]

Numbers of events are given out before their transactions commit, so a lower one may appear later. A seal names the
numbers in its range that were not there, its **gaps**; a later seal takes in those that appeared, as its **late**
events. That ends with a gap's time: it is looked at again up to the first seal after `GAPS_OPEN`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from cases.event_digest import canonical, moment
from cases.number_ranges import Range, complement, written

SEAL = "caseload.seal/1"

# A seal's number and its head: what tells whether it is still the same one.
Link = tuple[int, str]

# What the first seal has for the head before.
NO_HEAD = "0" * 64

PLAIN, KEYED = "sha256", "hmac-sha256"

# For how long after its seal a gap may fill: far longer than any transaction of ours runs.
GAPS_OPEN = timedelta(days=1)

MOST_EVENTS = 10_000

KEY_BYTES = 32
# Of 32 bytes drawn at random fewer than this many different ones come once in 10^12 times.
_DIFFERENT_BYTES = 16
_KEY_ID = b"caseload.audit-key/1"


@dataclass(frozen=True, slots=True)
class SealKey:
    """What seals are made with, so that nobody who can write to the database alone can make them.

    Attributes:
        secret: At least 32 bytes from a random source.
    """

    secret: bytes = field(repr=False)

    @classmethod
    def of_text(cls, text: str) -> SealKey | None:
        """The key that base64 spells, standard alphabet; None where there is no text.

        Raises:
            ValueError: It is not base64 of at least 32 bytes with at least 16 different ones among them. The message
                does not repeat it.
        """
        if not text:
            return None
        try:
            secret = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) < KEY_BYTES or len(set(secret)) < _DIFFERENT_BYTES:
            raise ValueError(
                f"it must be base64 of at least {KEY_BYTES} random bytes (got {len(secret)}, "
                f"{len(set(secret))} of them different), as `openssl rand -base64 32` makes it"
            )
        return cls(secret)

    @property
    def id(self) -> str:
        """What tells keys apart without telling them: 16 hexadecimal digits."""
        return hmac.new(self.secret, _KEY_ID, hashlib.sha256).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain.

    Attributes:
        seq: 1, 2, 3 and so on, without a break.
        first_event: One above the last event of the seal before; 1 of the first.
        last_event: The last number that it covers; below `first_event` where it only has late events, or none.
        events: How many it seals, late ones too, 0 to `MOST_EVENTS`.
        gaps: The numbers of its range that were not there.
        late: Numbers of earlier seals' gaps that are there now, sealed here.
        digest: Of its events, 64 hexadecimal digits, as the heads.
        marks: Of its events, eight hexadecimal digits each: they tell which one was changed.
        previous_head: Of the seal before; `NO_HEAD` of the first.
        algorithm: `PLAIN` or `KEYED`.
        key_id: Of the key; "" where it has none.
        sealed_at: Business time, never before that of the seal before.
        head: What the next seal takes up.
    """

    seq: int
    first_event: int
    last_event: int
    events: int
    gaps: tuple[Range, ...]
    late: tuple[Range, ...]
    digest: str
    marks: str
    previous_head: str
    algorithm: str
    key_id: str
    sealed_at: datetime
    head: str = ""

    def head_by(self, key: SealKey | None) -> str:
        """The head that the other fields make, 64 hexadecimal digits.

        Args:
            key: Of a `KEYED` seal; one that is `PLAIN` takes none.
        """
        told = canonical([
            SEAL, self.seq, self.first_event, self.last_event, self.events, written(self.gaps), written(self.late),
            self.digest, self.marks, self.previous_head, self.algorithm, self.key_id, moment(self.sealed_at),
        ])  # fmt: skip
        if self.algorithm == KEYED and key is not None:
            return hmac.new(key.secret, told, hashlib.sha256).hexdigest()
        return hashlib.sha256(told).hexdigest()

    def with_head(self, key: SealKey | None) -> Seal:
        """The seal with its head."""
        return dataclasses.replace(self, head=self.head_by(key))

    @property
    def link(self) -> Link:
        """What tells whether it is still the same."""
        return self.seq, self.head

    @property
    def covered(self) -> tuple[Range, ...]:
        """The numbers that it seals, ascending: the late ones, and those of its range that are no gaps."""
        return (*self.late, *complement(self.first_event, self.last_event, self.gaps))


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the chain ends, for safe keeping elsewhere.

    Attributes:
        seal: The last seal's number; 0 before the first.
        head: Its head; `NO_HEAD` before the first.
        events: How many events are sealed up to there.
        sealed_at: When it was made; None before the first.
    """

    seal: int = 0
    head: str = NO_HEAD
    events: int = 0
    sealed_at: datetime | None = None

    @property
    def link(self) -> Link:
        """What tells whether the chain still holds it."""
        return self.seal, self.head


class Wrong(StrEnum):
    """What can be wrong with the chain or with what it seals."""

    EVENT_CHANGED = "event_changed"
    EVENT_REMOVED = "event_removed"
    EVENT_INSERTED = "event_inserted"
    SEAL_CHANGED = "seal_changed"
    SEAL_REMOVED = "seal_removed"
    CUT_OFF = "cut_off"
    REWRITTEN = "rewritten"
    WRONG_KEY = "wrong_key"
    NOT_KEYED = "not_keyed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong.

    Attributes:
        what: Its kind.
        says: It in words: numbers only.
        seal: The seal where it was found, if it was at one.
        event: The event, where it is known which.
    """

    what: Wrong
    says: str
    seal: int | None = None
    event: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found.

    Attributes:
        seals: How many hold; those before the first thing that is wrong.
        sealed: How many events they seal.
        unsealed: Events that no seal has taken in yet; None where something is wrong.
        unkeyed: How many of the seals were made without a key.
        head: The last seal that holds.
        wrong: The first thing that is wrong; None: nothing is.
    """

    seals: int
    sealed: int
    unsealed: int | None
    unkeyed: int
    head: ChainHead
    wrong: Finding | None = None


class OpenGaps:
    """The numbers that may still appear, in ascending order, with when their gaps were sealed."""

    def __init__(self) -> None:
        self._open: list[tuple[int, int, datetime]] = []

    def add(self, gaps: Iterable[Range], sealed_at: datetime) -> None:
        """Those of the next seal."""
        self._open += [(low, high, sealed_at) for low, high in gaps]

    def expire(self, last_sealed_at: datetime) -> list[Range]:
        """Close those that the seal after one of `last_sealed_at` no longer looks at; answers which."""
        # They are in order of time too.
        still = next(
            (at for at, gap in enumerate(self._open) if last_sealed_at - gap[2] <= GAPS_OPEN), len(self._open)
        )
        closed, self._open = self._open[:still], self._open[still:]
        return [(low, high) for low, high, _ in closed]

    def take(self, late: Iterable[Range]) -> bool:
        """Fill these; answers whether all of them were open. Those that are not are passed over."""
        all_open = True
        for low, high in late:
            at = bisect_right(self._open, low, key=lambda gap: gap[0]) - 1
            if at < 0 or high > self._open[at][1]:
                all_open = False
                continue
            first, last, sealed_at = self._open[at]
            left = [(first, low - 1, sealed_at), (high + 1, last, sealed_at)]
            self._open[at : at + 1] = [gap for gap in left if gap[0] <= gap[1]]
        return all_open

    @property
    def ranges(self) -> list[Range]:
        """The numbers that are open."""
        return [(low, high) for low, high, _ in self._open]

    @property
    def dated(self) -> list[tuple[int, int, datetime]]:
        """The same, each range with when it was seen to be missing."""
        return list(self._open)
