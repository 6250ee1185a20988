"""Which route of ours a path is of, as method and template: what metrics, logs and spans may name a request by.

A path as it was sent might hold anything, and each would be a label for ever. The table of permissions has every
route that there is, so its templates are all the names; whatever is not one of these is `OTHER`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cases.ids import is_id
from serving.access.pages import PAGES
from serving.access.permissions import NATIVE, ROUTES, Route

OTHER: Final = "other"

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Matched:
    """A route of ours, or none.

    Attributes:
        method: As the table of permissions has it; `OTHER` where the request is for no route of ours.
        template: Likewise.
        ids: By name, the path's parameters that are ids we gave; others are left out, since they may say anything.
    """

    method: str = OTHER
    template: str = OTHER
    ids: Mapping[str, str] = field(default_factory=dict)


_NOWHERE = Matched()


def _patterns() -> Sequence[tuple[str, re.Pattern[str], str]]:
    # A template with a parameter would also match what a literal path is for: /v1/cases/batch.
    found = [route for route in {**ROUTES, **PAGES, **NATIVE} if _PARAMETER.search(route[1])]
    return [(method, re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", template)), template) for method, template in found]


_LITERAL: Mapping[Route, Matched] = {
    route: Matched(*route) for route in {**ROUTES, **PAGES, **NATIVE} if not _PARAMETER.search(route[1])
}
_PATTERNS = _patterns()


def matched(method: str, path: str) -> Matched:
    """The route of a request for `path`."""
    literal = _LITERAL.get((method, path))
    if literal is not None:
        return literal
    for its_method, pattern, template in _PATTERNS:
        if its_method == method and (found := pattern.fullmatch(path)):
            ids = {name: value for name, value in found.groupdict().items() if is_id(value)}
            return Matched(method, template, ids)
    return _NOWHERE
