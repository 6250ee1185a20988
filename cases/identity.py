"""Who may act: systems with a key, people whom a trusted proxy signs in, and the roles of both.

What a role may do stands in one table, `serving/access/permissions.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the service; one may be several."""

    TOOLING = "tooling"
    ASSOCIATE = "associate"
    LEAD = "lead"
    POLICY_OWNER = "policy_owner"
    DATA_SCIENTIST = "data_scientist"
    ADMIN = "admin"


class IdentityKind(StrEnum):
    """How it is known who asks."""

    CALLER = "caller"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks.

    Attributes:
        name: As events show it.
        kind: A caller vouches for the people whom it names; a person acts as themselves alone.
        roles: What they are; without one they may do nothing.
        queues: The queues whose cases they see and work; None for all.
    """

    name: str
    kind: IdentityKind
    roles: frozenset[Role]
    queues: frozenset[str] | None = None

    def sees(self, queue: str) -> bool:
        """Whether cases in `queue` are theirs to see."""
        return self.queues is None or queue in self.queues


@dataclass(frozen=True, slots=True)
class Caller:
    """A system that may call the service, or once might; its keys are kept as hashes only and not among these.

    Attributes:
        name: As events show it.
        roles: What it is.
        queues: The queues that it is kept to, sorted; None for all.
        created_at: When its key was made; a rotation leaves it.
        expires_at: When its key ends; None for never.
        revoked_at: When it was let in no more; None where it still is.
        old_expires_at: Until when its key from before a rotation is let in too; None where there is none.
    """

    name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    old_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a trusted proxy signs in, or once did.

    Attributes:
        name: As the proxy names them, and as events show them.
        roles: What they are.
        queues: The queues that they are kept to, sorted; None for all.
        created_at: When they were let in.
        removed_at: When they were let in no more; None where they still are.
    """

    name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...] | None
    created_at: datetime
    removed_at: datetime | None = None
