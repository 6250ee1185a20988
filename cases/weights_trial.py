"""Weights that somebody proposes, their replay against today's, and their adoption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class TrialState(StrEnum):
    """How far the replay of proposed weights is.

    running ──► done      played to its end
       ├──────► failed    it could not be played, or took too long
       └──────► lost      whoever played it is gone
    """

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class WeightsTrial:
    """A file of weights that was proposed.

    Attributes:
        seq: Rising.
        sha256: Of the file's bytes.
        text: The file.
        against: What tells apart the weights that it is held against.
        proposed_by: Who.
        proposed_at: When, aware UTC.
        state: How far it is.
        progress: In a few words, or why it failed.
        finished_at: When it ended; None before.
        outcome: What came of it, as `evaluation.replay.trial` writes it; None before, and where nothing did.
    """

    seq: int
    sha256: str
    text: str
    against: str
    proposed_by: str
    proposed_at: datetime
    state: TrialState
    progress: str
    finished_at: datetime | None
    outcome: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AdoptedWeights:
    """Weights that were adopted; the last ones count.

    Attributes:
        seq: Rising.
        sha256: Of the file's bytes.
        text: The file.
        in_place_of: What tells apart the weights of the file on disk at that time: once that file holds others, it
            counts again.
        adopted_at: When, aware UTC.
        adopted_by: Who.
    """

    seq: int
    sha256: str
    text: str
    in_place_of: str
    adopted_at: datetime
    adopted_by: str
