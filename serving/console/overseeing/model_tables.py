"""The tables of the model's page: blind decisions by category, challengers, drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from cases.record import Challenger
from cases.store import Blind
from evaluation.drift import Drift, drifts
from serving.console.overseeing.shares import Share, share_of
from serving.console.tables import Column, Table
from serving.services import Services

# What is compared with is so many times as long as what is compared.
TIMES = 3
# The figures of a challenger that the page shows, as training names them.
FIGURES = ("accuracy", "macro_f1", "ece", "severity_accuracy")


def blind_slice(parts: Services, limit: int, days: int, _: int) -> Table[tuple[Blind, Share | None]]:
    """How often the first suggestion was right where it was hidden, by category."""
    return Table(
        "/model/blind",
        "Blind decisions by category",
        {
            "category": ("text", lambda each: each[0].category),
            "decided_blind": ("whole", lambda each: each[0].decided),
            "first_right": ("whole", lambda each: each[0].first),
            "among_right": ("whole", lambda each: each[0].among),
            "first_right_share": ("number", lambda each: each[1] and each[1].interval.value),
            "share_low": ("number", lambda each: each[1] and each[1].interval.low),
            "share_high": ("number", lambda each: each[1] and each[1].interval.high),
        },
        [(each, share_of(each.first, each.decided)) for each in parts.store().blind_slice(timedelta(days=days))],
        limit,
        {"days": days},
    )


def challengers(parts: Services, limit: int, _: int, __: int) -> Table[Challenger]:
    """The models that were trained from this record, the newest first."""
    columns: dict[str, Column[Challenger]] = {
        "name": ("text", lambda each: each.name),
        "version": ("text", lambda each: each.version),
        "sha256": ("text", lambda each: each.sha256),
        "registered_at": ("time", lambda each: each.registered_at),
        "held_out": ("whole", lambda each: each.held_out),
    }
    for name in FIGURES:
        for part, said in (("value", name), ("low", f"{name}_low"), ("high", f"{name}_high")):
            columns[said] = ("number", _figure(name, part))
    return Table("/model/challengers", "Models that were registered", columns, parts.store().challengers(), limit)


def _figure(name: str, part: str) -> Callable[[Challenger], float | None]:
    def told(each: Challenger) -> float | None:
        return getattr(each.figures.get(name), part, None)

    return told


def drift(parts: Services, limit: int, _: int, recent: int) -> Table[Drift]:
    """What has changed in what comes in, by feature."""
    now, store, length = parts.clock(), parts.store(), timedelta(days=recent)
    since = now - length
    found = drifts(store.scored_cases(since - TIMES * length, since), store.scored_cases(since, now))
    return Table(
        "/model/drift",
        "Drift by feature",
        {
            "feature": ("text", lambda each: each.feature),
            "cases_before": ("whole", lambda each: each.before),
            "cases_now": ("whole", lambda each: each.now),
            "psi": ("number", lambda each: each.psi),
            "psi_by_chance_up_to": ("number", lambda each: each.bound),
            "reading": ("text", lambda each: each.reading.value),
        },
        found,
        limit,
        {"recent": recent},
    )


TABLES: Mapping[str, Callable[[Services, int, int, int], Table[Any]]] = {
    "blind": blind_slice, "challengers": challengers, "drift": drift,
}  # fmt: skip
