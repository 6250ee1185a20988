"""Weights in words, each with its unit; `models/priority/weights.yaml` says the same to whoever edits the file."""

from __future__ import annotations

from dataclasses import dataclass

from models.priority import Weights


@dataclass(frozen=True, slots=True)
class InWords:
    """One weight.

    Attributes:
        field: As the file names it.
        means: What it does.
        value: With its unit.
    """

    field: str
    means: str
    value: str


def in_words(weights: Weights) -> list[InWords]:
    """All of them, in the file's order."""
    w = weights
    harm = ", ".join(f"{value:g} of severity {level}" for level, value in sorted(w.harm_per_hour.items()))
    by_hand = ", ".join(f"{name} {doublings:,.10g}" for name, doublings in w.by_hand.items())
    return [
        InWords(
            "harm_per_hour", "Harm that an undecided case does in an hour of waiting; only the ratios count", harm
        ),
        InWords(
            "severity_1_at_least",
            "Goes before all others: what is severity 1 with at least this probability",
            _share(w.severity_1_at_least),
        ),
        InWords("doubt", "How far doubt about severity raises a case; 1 not at all, smaller more", f"{w.doubt:g}"),
        InWords(
            "least_violation", "The probability of a violation counts as at least this", _share(w.least_violation)
        ),
        InWords("exposure.reach_unit", "People reached that double the harm", f"{w.reach_unit:,.0f} people"),
        InWords("exposure.minor_involved", "Where a minor is involved, harm times", f"{w.minor_involved:g}"),
        InWords("exposure.imminent", "Where it is happening now, harm times", f"{w.imminent:g}"),
        InWords("exposure.deadline", "Once a deadline is near, harm times", f"{w.deadline:g}"),
        InWords("exposure.deadline_hours", "A deadline is near from", f"{w.deadline_hours:g} hours before it"),
        InWords(
            "sla.factor",
            "Urgency of an untouched case, when its time to first touch runs out, times",
            f"{w.sla_factor:g}",
        ),
        InWords("sla.share", "That time runs out from this share of it on", _share(w.sla_share)),
        InWords("doubling_hours", "So long a wait weighs as much as twice the harm", f"{w.doubling_hours:g} hours"),
        InWords("handling.minutes", "What a case takes where its category has taught nothing", f"{w.minutes:g} min"),
        InWords("handling.least_minutes", "Nothing counts as quicker than", f"{w.least_minutes:g} min"),
        InWords("random_lane", "Cases that rank by lot", _share(w.random_lane)),
        InWords("by_hand", "Names under which people rank cases by hand, in doublings of harm an hour", by_hand),
    ]


def _share(value: float) -> str:
    return f"{100 * value:g} %"
