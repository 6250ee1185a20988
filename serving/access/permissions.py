"""Who may do what: each role's permissions, and the permission that each route needs. What is not listed is refused.

docs/api.md shows the same table; tests hold both to the routes that there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cases.identity import Identity, Role
from serving.api.problems import ForbiddenError


class Permission(StrEnum):
    """Something that one may be allowed."""

    FILE = "cases:file"
    APPEAL = "cases:appeal"
    SCORE = "cases:score"
    READ = "cases:read"
    QUEUE = "queue:read"
    WORK = "queue:work"
    LEAD = "queue:lead"
    WEIGH = "weights:adopt"
    MODEL = "model:read"
    DESCRIBE = "api:read"
    METRICS = "metrics:read"
    WEBHOOKS = "webhooks:manage"
    ERASE = "privacy:erase"


# Of a route that needs no key.
OPEN: Final = "open"
# Of one that needs none either, since it asks itself who signed the request (`serving.hooks.signed`).
SIGNED: Final = "signed"

_ASSOCIATE = {
    Permission.READ, Permission.QUEUE, Permission.WORK, Permission.SCORE, Permission.MODEL, Permission.DESCRIBE,
}  # fmt: skip

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.TOOLING: frozenset(
        {
            Permission.FILE, Permission.APPEAL, Permission.SCORE, Permission.READ, Permission.MODEL,
            Permission.DESCRIBE, Permission.METRICS,
        }
    ),
    Role.ASSOCIATE: frozenset(_ASSOCIATE),
    Role.LEAD: frozenset(_ASSOCIATE | {Permission.LEAD, Permission.APPEAL}),
    Role.POLICY_OWNER: frozenset(
        {
            Permission.READ, Permission.QUEUE, Permission.SCORE, Permission.WEIGH, Permission.MODEL,
            Permission.DESCRIBE,
        }
    ),
    Role.DATA_SCIENTIST: frozenset({Permission.READ, Permission.SCORE, Permission.MODEL, Permission.DESCRIBE}),
    # Looks after the service and its keys, and has no need to see a case; not to erase one, either.
    Role.ADMIN: frozenset(
        {
            Permission.MODEL, Permission.DESCRIBE, Permission.METRICS, Permission.WEBHOOKS, Permission.ERASE,
        }
    ),
}  # fmt: skip

Needed = Permission | str  # a permission, OPEN or SIGNED
Route = tuple[str, str]  # method and path template

ROUTES: Mapping[Route, Needed] = {
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/problems"): OPEN,
    ("GET", "/problems/{code}"): OPEN,
    ("GET", "/deprecations/{what}"): OPEN,
    ("GET", "/openapi.json"): Permission.DESCRIBE,
    ("GET", "/v1/model"): Permission.MODEL,
    ("POST", "/v1/score"): Permission.SCORE,
    ("POST", "/v1/cases"): Permission.FILE,
    ("POST", "/v1/cases/batch"): Permission.FILE,
    ("GET", "/v1/cases"): Permission.READ,
    ("GET", "/v1/cases/{case_id}"): Permission.READ,
    ("GET", "/v1/cases/{case_id}/events"): Permission.READ,
    ("POST", "/v1/cases/{case_id}/appeal"): Permission.APPEAL,
    ("GET", "/v1/queue"): Permission.QUEUE,
    ("POST", "/v1/queue/claim"): Permission.WORK,
    ("GET", "/v1/fires"): Permission.QUEUE,
    ("POST", "/v1/cases/{case_id}/decision"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/lease/renew"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/lease/release"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/skip"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/hold"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/resume"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/escalate"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/undo"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/merge"): Permission.WORK,
    ("POST", "/v1/reports/{report_id}/split"): Permission.WORK,
    ("POST", "/v1/bulk/preview"): Permission.WORK,
    ("POST", "/v1/bulk/decide"): Permission.WORK,
    ("POST", "/v1/bulk/{bulk_id}/undo"): Permission.WORK,
    ("POST", "/v1/cases/{case_id}/assign"): Permission.LEAD,
    ("POST", "/v1/cases/{case_id}/unassign"): Permission.LEAD,
    ("POST", "/v1/cases/{case_id}/move"): Permission.LEAD,
    ("POST", "/v1/cases/{case_id}/reopen"): Permission.LEAD,
    ("POST", "/v1/cases/{case_id}/severity"): Permission.LEAD,
    ("POST", "/v1/cases/{case_id}/priority"): Permission.LEAD,
    ("POST", "/v1/inbound/zendesk/{source}"): SIGNED,
    ("POST", "/v1/inbound/generic/{source}"): SIGNED,
    ("GET", "/v1/webhooks"): Permission.WEBHOOKS,
    ("GET", "/v1/webhooks/deliveries"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/deliveries/{delivery_id}/replay"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/{webhook_id}/replay"): Permission.WEBHOOKS,
    ("POST", "/v1/erasures"): Permission.ERASE,
    ("GET", "/v1/erasures/{erasure_id}"): Permission.ERASE,
}

# BentoML's own, which stand before the API's and ask no dependency: the guard looks here.
NATIVE: Mapping[Route, Needed] = {
    ("GET", "/livez"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/metrics"): Permission.METRICS,
    ("GET", "/schema.json"): Permission.DESCRIBE,
    ("POST", "/score"): Permission.SCORE,
}
_NATIVE_PATHS = frozenset(path for _, path in NATIVE)
# A parameter is one part of a path, as the router reads it.
_KEYLESS_PATHS = re.compile(
    "|".join(
        re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path))
        for (_, path), needed in {**ROUTES, **NATIVE}.items()
        if needed in (OPEN, SIGNED)
    )
)


def needs_no_key(path: str) -> bool:
    """Whether nobody need say who they are to ask for this path."""
    return _KEYLESS_PATHS.fullmatch(path) is not None


def refuse_unless_allowed(who: Identity, needed: Needed | None, route: str) -> None:
    """Let through whom one of their roles allows it.

    Args:
        who: Who asks.
        needed: What the route needs; None where the table does not have it, which nobody has.
        route: Method and path template, for the refusal.

    Raises:
        ForbiddenError: None of their roles has the permission, which it names.
    """
    if needed is not None and any(needed in ROLES[role] for role in who.roles):
        return
    roles = ", ".join(sorted(who.roles)) or "none"
    raise ForbiddenError(
        f"'permission' must include {needed or 'one that no role has'} for {route} (got the roles: {roles}); "
        "ask whoever gives out keys for a role that has it"
    )


def is_native(path: str) -> bool:
    """Whether it is one of BentoML's own routes."""
    return path in _NATIVE_PATHS


def refuse_native(who: Identity, method: str, path: str) -> None:
    """Let through what is none of BentoML's own routes, and whoever may call one of those.

    Raises:
        ForbiddenError: They may not.
    """
    if path in _NATIVE_PATHS:
        method = "GET" if method == "HEAD" else method
        refuse_unless_allowed(who, NATIVE.get((method, path)), f"{method} {path}")
