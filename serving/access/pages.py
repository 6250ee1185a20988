"""Which pages there are, and which permission each needs: the console's half of `permissions.ROUTES`.

They are apart from the API's table because they are no contract: a page may change with each version. A person alone
sees them, signed in by a trusted proxy or by a session; the key of a system opens none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from serving.access.permissions import OPEN, Needed, Permission, Route

PAGES: Mapping[Route, Needed] = {
    ("GET", "/sign-in"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("POST", "/sign-out"): OPEN,
    ("GET", "/static/{name}"): OPEN,
    ("GET", "/"): Permission.QUEUE,
    ("GET", "/queue-list"): Permission.QUEUE,
    ("GET", "/queue.{kind}"): Permission.QUEUE,
    ("GET", "/mine"): Permission.QUEUE,
    ("GET", "/mine/{table}.{kind}"): Permission.QUEUE,
    ("GET", "/fires"): Permission.QUEUE,
    ("GET", "/fires/all.{kind}"): Permission.QUEUE,
    ("POST", "/fires/{fire_id}/acknowledge"): Permission.LEAD,
    ("GET", "/team"): Permission.LEAD,
    ("GET", "/team/{table}.{kind}"): Permission.LEAD,
    ("GET", "/policy"): Permission.QUEUE,
    ("GET", "/policy/{table}.{kind}"): Permission.QUEUE,
    ("GET", "/weights"): Permission.WEIGH,
    ("GET", "/weights/progress"): Permission.WEIGH,
    ("POST", "/weights/replay"): Permission.WEIGH,
    ("POST", "/weights/adopt"): Permission.WEIGH,
    ("GET", "/model"): Permission.MODEL,
    ("GET", "/model/{table}.{kind}"): Permission.MODEL,
    ("GET", "/upload"): Permission.WORK,
    ("POST", "/upload"): Permission.WORK,
    ("POST", "/upload/decide"): Permission.WORK,
    ("POST", "/upload/undo"): Permission.WORK,
    ("GET", "/choices"): Permission.QUEUE,
    ("POST", "/choices"): Permission.QUEUE,
    ("POST", "/views"): Permission.QUEUE,
    ("POST", "/views/remove"): Permission.QUEUE,
    ("GET", "/cases/{case_id}"): Permission.READ,
    ("GET", "/cases/{case_id}/why"): Permission.READ,
    ("GET", "/cases/{case_id}/precedents.{kind}"): Permission.READ,
    ("GET", "/cases/{case_id}/{table}.{kind}"): Permission.READ,
    ("GET", "/cases/{case_id}/words"): Permission.WORK,
    ("POST", "/cases/{case_id}/words/{audience}"): Permission.WORK,
    ("POST", "/cases/{case_id}/reopen"): Permission.LEAD,
    ("GET", "/quality"): Permission.LEAD,
    ("GET", "/quality/{table}.{kind}"): Permission.LEAD,
    ("POST", "/quality/samples"): Permission.LEAD,
    ("GET", "/quality/sampled/{sampled_id}"): Permission.LEAD,
    ("POST", "/quality/sampled/{sampled_id}"): Permission.LEAD,
    ("GET", "/quality/golden"): Permission.LEAD,
    ("POST", "/quality/golden"): Permission.LEAD,
    ("GET", "/readings"): Permission.WORK,
    ("GET", "/readings/{sampled_id}"): Permission.WORK,
    ("POST", "/readings/{sampled_id}"): Permission.WORK,
    ("GET", "/exercises"): Permission.READ,
    ("POST", "/exercises/{set_id}"): Permission.READ,
    ("GET", "/exercises/attempts/{attempt_id}"): Permission.READ,
    ("GET", "/exercises/attempts/{attempt_id}/{golden_id}"): Permission.READ,
    ("POST", "/exercises/attempts/{attempt_id}/{golden_id}"): Permission.READ,
    ("POST", "/claim"): Permission.WORK,
    ("POST", "/cases/{case_id}/claim"): Permission.WORK,
    ("POST", "/cases/{case_id}/renew"): Permission.WORK,
    ("POST", "/cases/{case_id}/release"): Permission.WORK,
    ("POST", "/cases/{case_id}/decide"): Permission.WORK,
    ("POST", "/cases/{case_id}/skip"): Permission.WORK,
    ("POST", "/cases/{case_id}/hold"): Permission.WORK,
    ("POST", "/cases/{case_id}/resume"): Permission.WORK,
    ("POST", "/cases/{case_id}/escalate"): Permission.WORK,
    ("POST", "/cases/{case_id}/undo"): Permission.WORK,
}

_PATHS = re.compile(
    "|".join(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path)) for path in sorted({path for _, path in PAGES}))
)


def is_page(path: str) -> bool:
    """Whether a page, and not the API, is asked for."""
    return _PATHS.fullmatch(path) is not None
