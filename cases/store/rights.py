"""Roles and queues as callers' and people's rows hold them."""

from __future__ import annotations

from collections.abc import Iterable

from cases.errors import InvalidInputError
from cases.identity import Identity, IdentityKind, Role
from cases.store.rows import AnyRow
from cases.store.storable import storable_code


def rights_values(roles: Iterable[str], queues: Iterable[str] | None) -> dict[str, list[str] | None]:
    """The columns `roles` and `queues`, each in order and once.

    Raises:
        InvalidInputError: No role, or one that there is not; no queue where some are given, or a blank one.
    """
    given = set(roles)
    known = [role.value for role in Role if role in given]
    strange = sorted(given - set(known))
    if strange or not known:
        raise InvalidInputError(
            f"'role' must be at least one of {', '.join(Role)} (got {', '.join(strange)[:100] or 'none'}); "
            "name what they are to do",
            field="role",
        )
    if queues is None:
        return {"roles": known, "queues": None}
    named = sorted({storable_code(queue, field="queue") for queue in queues})
    if not named:
        raise InvalidInputError(
            "'queue' must be at least one (got none); leave it out to let them see every queue", field="queue"
        )
    return {"roles": known, "queues": named}


def roles_of(row: AnyRow) -> tuple[Role, ...]:
    """The roles of a row; what is no role of this version's allows nothing and is left out."""
    return tuple(role for role in Role if role in row.roles)


def queues_of(row: AnyRow) -> tuple[str, ...] | None:
    """The queues of a row; None for all."""
    return None if row.queues is None else tuple(row.queues)


def identity_of(row: AnyRow, kind: IdentityKind) -> Identity:
    """Whoever the row is of."""
    queues = queues_of(row)
    return Identity(row.name, kind, frozenset(roles_of(row)), None if queues is None else frozenset(queues))
