"""Each record is cut in two by time: the older half teaches how long cases take, the newer one is replayed.

What a record does not tell is drawn from the same half of the seed half-year, which uses the words of the packaged
policy. So under another policy the half that is replayed must tell everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from cases.clock import as_utc
from cases.errors import InvalidInputError
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Arrivals, Pool, Recorded
from evaluation.replay.seed_year import seed_year
from models.priority import HandlingTimes

# Of the categories that a policy lacks so many are named.
_NAMED = 3


def halves(rows: Sequence[Recorded]) -> tuple[tuple[Recorded, ...], tuple[Recorded, ...]]:
    """The older and the newer half, by time of receipt.

    Raises:
        InvalidInputError: There are fewer than two rows.
    """
    if len(rows) < 2:
        raise InvalidInputError(
            f"'arrivals' must hold two cases or more (got {len(rows)}); choose a record that has been worked on",
            field="arrivals",
        )
    ordered = sorted(rows, key=lambda row: as_utc(row.received_at, field="received_at"))
    middle = len(ordered) // 2
    return tuple(ordered[:middle]), tuple(ordered[middle:])


def seed_by_time(policy: Taxonomy) -> tuple[Arrivals, Arrivals]:
    """The two halves of the seed half-year.

    Raises:
        InvalidInputError: The policy has not the levels and categories of the written cases.
    """
    _check_words(policy)
    return split_by_time("seed", seed_year(), policy)


def split_by_time(name: str, rows: Sequence[Recorded], policy: Taxonomy) -> tuple[Arrivals, Arrivals]:
    """The two halves of a record, each to be replayed; both reckon with the handling times of the older one.

    Args:
        name: Of the record.
        rows: Its cases, in the words of the policy.
        policy: Under which they are replayed.

    Raises:
        InvalidInputError: There are fewer than two, or what those of the newer half do not tell cannot be drawn under
            this policy.
    """
    older, newer = halves(rows)
    taught = _taught(older)
    if taught is None or any(row.prediction is None or row.minutes is None for row in newer):
        _check_words(policy)
    seed_older, seed_newer = (older, newer) if _other_words(policy) else halves(seed_year())
    taught = taught or _taught(seed_older)
    if taught is None:
        raise AssertionError(name)  # the written cases have handling times
    return (
        Arrivals(f"{name}, older half", older, Pool.of(seed_older), taught),
        Arrivals(f"{name}, newer half", newer, Pool.of(seed_newer), taught),
    )


def _taught(rows: Sequence[Recorded]) -> HandlingTimes | None:
    return HandlingTimes.fit((row.category, row.minutes * 60) for row in rows if row.category and row.minutes)


def _check_words(policy: Taxonomy) -> None:
    if got := _other_words(policy):
        raise InvalidInputError(
            "'taxonomy' must have the packaged policy's levels and categories where cases, or what a record does not "
            f"tell of them, come from the written half-year (got {'; '.join(got)}); choose --arrivals with answers, "
            "categories and handling times of your own for every case, or unset CASELOAD_TAXONOMY",
            field="taxonomy",
        )


def _other_words(policy: Taxonomy) -> list[str]:
    """Why the written cases mean nothing under a policy; nothing where they do, as under one with more categories."""
    packaged = load_taxonomy()
    found = [] if policy.levels == packaged.levels else [f"levels {', '.join(map(str, policy.levels))}"]
    lacking = [name for name in packaged.category_ids if name not in policy.category_ids]
    if lacking:
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        found.append(f"without {', '.join(lacking[:_NAMED])}{more}")
    return found
