"""A counted share as the figures have it."""

from __future__ import annotations

from dataclasses import asdict

from evaluation.wilson import wilson


def share(hits: int, n: int) -> dict[str, float] | None:
    """The share hits / n as {"value", "low", "high"}, with Wilson's 95 % interval; None where nothing was counted."""
    found = wilson(hits, n)
    return None if found is None else asdict(found)
