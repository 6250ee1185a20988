"""Pages, one after another by their cursors."""

from __future__ import annotations

from caseload_client.errors import UnreadableAnswerError

MOST_ROWS = 200
MOST_EVENTS = 1_000


def page_params(limit: int, cursor: str | None, *, most: int = MOST_ROWS) -> dict[str, object]:
    """What asks for a page.

    Raises:
        ValueError: `limit` is not 1 to `most`.
    """
    if not 1 <= limit <= most:
        raise ValueError(f"a page must hold 1 to {most} rows (got {limit}); ask for more pages instead")
    return {"limit": limit, "cursor": cursor}


def next_cursor(asked: str | None, told: str | None) -> str | None:
    """Where the next page begins; None: there is none.

    Raises:
        UnreadableAnswerError: It begins where this one did, which would never end.
    """
    if told is not None and told == asked:
        raise UnreadableAnswerError(
            "'next_cursor' must move on (got the cursor that was asked for); nothing would end"
        )
    return told
