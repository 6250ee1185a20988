"""Pages that answers lead to: for each kind of problem what to do, and for what is deprecated what to use instead.

docs/api.md has the same words on problems; a test holds the two together. The pages say nothing of any request and
need no key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from cases.errors import NotFoundError
from serving.api.deprecations import DEPRECATIONS
from serving.api.problems import CODES, Kind

router = APIRouter()

ADVICE: Mapping[str, str] = {
    "invalid_body": "the body is not JSON in UTF-8",
    "unauthorized": (
        "no key, or one that is unknown, revoked or ended; or headers about a person that are not to be believed"
    ),
    "not_signed": "a signed report without a signature that holds, or not signed within five minutes",
    "unknown_person": "a trusted proxy signed somebody in who is not let in: `caseload person add`",
    "forbidden": "no role of the key has the permission, which `detail` names",
    "other_queue": "the case, or the queue asked for, is not one that whoever asks is kept to",
    "not_yourself": "a person named another in `holder` or `by`",
    "no_such_route": "there is nothing at this path",
    "not_found": "there is no such case, report, bulk, receiver or delivery",
    "method_not_allowed": "the path has other methods; `Allow` names them",
    "conflict": (
        "the case is not as it must be: decided, on hold, assigned or held by another, an appeal against the "
        "holder's own decision, too old to be undone; or the delivery is pending already; `detail` says which, and "
        "what to do"
    ),
    "stale_lease": "the lease ran out, was released or was replaced; claim the case again",
    "idempotency_in_flight": (
        "a request with this `Idempotency-Key` is still being answered; send it again after `Retry-After`"
    ),
    "precondition_failed": (
        "something happened to the case since the `If-Match` that was sent; look at it again and decide anew"
    ),
    "body_too_large": "above 8 MiB; send fewer cases at a time",
    "unsupported_media_type": "say `Content-Type: application/json`",
    "invalid_input": "`field` is not as it must be",
    "unknown_policy": (
        "the taxonomy has no such category, sub-policy, severity, action, reason, team or queue; `detail` lists "
        "those it has"
    ),
    "idempotency_key_reused": (
        "the `Idempotency-Key` stood on a request with another path, body or `If-Match`; make a new one for each "
        "thing that is to be done"
    ),
    "precondition_required": (
        "what overrides others must say which version was seen: send the case's `ETag` in `If-Match`, or `*`"
    ),
    "busy": "more waits to be scored than the service takes on; try again after `Retry-After`",
    "rate_limited": (
        "the key or person sends more than `CASELOAD_REQUESTS_PER_SECOND`, or has more than "
        "`CASELOAD_REQUESTS_AT_ONCE` requests waiting, or too many sign-ins failed from the same address; try again "
        "after `Retry-After`"
    ),
    "internal_error": "a fault of ours; the log says where",
    "model_loading": "the model is being loaded; seconds",
    "model_missing": "nothing has been promoted, or its files are gone: `caseload promote`",
    "model_slow": (
        "only ever as the reason in `unscored`: the model has been at one batch for longer than "
        "`CASELOAD_MODEL_SECONDS`; the case ranks by the rules and is scored when it answers"
    ),
    "model_damaged": (
        "the model's files are not what they must be, or it does not fit the policy: promote again, or roll back"
    ),
    "not_migrated": "the database is not at this version's schema: `caseload db upgrade`",
    "store_unavailable": "the database does not answer; nothing was stored",
    "tracker_unavailable": "MLflow does not answer",
    "unavailable": "the service cannot answer now",
}

_CODE = re.compile(r"`([^`]+)`")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


@router.get("/problems", include_in_schema=False)
def list_problems() -> HTMLResponse:
    """All kinds of problems."""
    rows = "".join(
        f'<li><a href="/problems/{code}">{code}</a> ({kind.status}): {escape(kind.title)}</li>'
        for code, kind in sorted(CODES.items())
    )
    return _page("Problems", f"<ul>{rows}</ul>")


@router.get("/problems/{code}", include_in_schema=False)
def show_problem(code: str) -> HTMLResponse:
    """One kind of problem."""
    kind = CODES.get(code)
    if kind is None:
        raise NotFoundError(
            f"'code' must be a problem's (got {len(code)} characters); /problems lists those that there are"
        )
    return _page(kind.title, _told(kind))


@router.get("/deprecations/{what}", include_in_schema=False)
def show_deprecation(what: str) -> HTMLResponse:
    """What is deprecated, from when, and what to use."""
    told = DEPRECATIONS.get(what)
    if told is None:
        raise NotFoundError(
            f"'what' must be something deprecated (got {len(what)} characters); the headers of an answer name it"
        )
    return _page(
        "Deprecated",
        f"<p>{_marked(told.says)}</p><p>Deprecated since {told.since:%d %B %Y}; it stays until at least "
        f"{told.until:%d %B %Y}.</p>",
    )


def _told(kind: Kind) -> str:
    again = "The same request may succeed later." if kind.retry else "The same request will not succeed later."
    return (
        f"<p>Code <code>{kind.code}</code>, status {kind.status}.</p>"
        f"<p>When, and what to do: {_marked(ADVICE[kind.code])}.</p><p>{again}</p>"
        '<p><a href="/problems">All problems</a></p>'
    )


def _marked(words: str) -> str:
    """Words as HTML: what stands between backticks as code. They are escaped first, so none of them is markup."""
    return _CODE.sub(r"<code>\1</code>", escape(words))


def _page(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(title=escape(title), body=body))
