"""Weights: files that were proposed and replayed, one at a time, and those that were adopted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from cases.errors import ConflictError
from cases.store.database import Database
from cases.store.rows import AnyRow
from cases.store.storable import storable_name, storable_text
from cases.store.tables import adopted_weights, weight_trials
from cases.weights_trial import AdoptedWeights, TrialState, WeightsTrial

# Whoever plays a trial beats every few seconds; after this they are gone.
LOST_AFTER = timedelta(seconds=60)
_SLOT = 1
_MOST_PROGRESS = 255


def sha256_of(text: str) -> str:
    """What a file of weights is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


class Weighing:
    """The part of the store that keeps weights."""

    _db: Database

    def begin_weights_trial(self, text: str, against: str, *, by: str) -> WeightsTrial:
        """Begin a trial, if none is being played.

        Args:
            text: The proposed file, which the caller has found to be valid.
            against: What tells today's weights apart, 16 hexadecimal digits.
            by: Who proposes it.

        Raises:
            ConflictError: One is being played.
            StoreUnavailableError: The database does not answer.
        """
        proposed_by, kept = storable_name(by, field="by"), storable_text(text, field="weights")

        def work(connection: Connection) -> WeightsTrial:
            now = self._db.now(connection)
            gone = (weight_trials.c.slot == _SLOT) & (weight_trials.c.beat_at < now - LOST_AFTER)
            lost = {"state": TrialState.LOST.value, "slot": None, "finished_at": self._db.clock()}
            connection.execute(update(weight_trials).where(gone).values(lost))
            done = connection.execute(
                insert(weight_trials).values(
                    sha256=sha256_of(kept),
                    text=kept,
                    against=against,
                    proposed_by=proposed_by,
                    proposed_at=self._db.clock(),
                    state=TrialState.RUNNING.value,
                    progress="",
                    beat_at=now,
                    slot=_SLOT,
                )
            )
            is_new = weight_trials.c.seq == done.inserted_primary_key[0]  # type: ignore[index]  # it made a row
            return _trial(connection.execute(select(weight_trials).where(is_new)).one())

        try:
            return self._db.write(work)
        except IntegrityError as error:
            raise ConflictError(
                "'weights' must wait for the replay that is under way (got another); try again when it is done"
            ) from error

    def beat_weights_trial(self, seq: int, progress: str) -> bool:
        """Say that a trial is being played still, and how far it is; answers False where it is no longer.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> bool:
            values = {"progress": progress[:_MOST_PROGRESS], "beat_at": self._db.now(connection)}
            return _change(connection, seq, values)

        return self._db.write(work)

    def end_weights_trial(self, seq: int, outcome: Mapping[str, Any] | None, *, progress: str = "") -> bool:
        """End a trial that is being played: done with an outcome, failed without; answers False where it was not.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        state = TrialState.FAILED if outcome is None else TrialState.DONE
        values = {"state": state.value, "progress": progress[:_MOST_PROGRESS], "outcome": outcome, "slot": None}

        def work(connection: Connection) -> bool:
            return _change(connection, seq, {**values, "finished_at": self._db.clock()})

        return self._db.write(work)

    def latest_weights_trial(self) -> WeightsTrial | None:
        """The trial begun last; one whose player is gone is told as lost. None where there was none.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(weight_trials).order_by(weight_trials.c.seq.desc()).limit(1)

        def work(connection: Connection) -> WeightsTrial | None:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            lost = row.slot is not None and row.beat_at < self._db.now(connection) - LOST_AFTER
            return _trial(row, TrialState.LOST if lost else None)

        return self._db.read(work)

    def adopt_weights(self, seq: int, sha256: str, against: str, in_place_of: str, *, by: str) -> AdoptedWeights:
        """Adopt the weights of a trial that was played to its end against the weights that count today.

        Args:
            seq: The trial's.
            sha256: Of the file that whoever adopts has looked at.
            against: What tells apart the weights that count today.
            in_place_of: What tells apart the weights of the file on disk.
            by: Who adopts.

        Raises:
            ConflictError: It is of another file, was not played to its end, or was held against other weights.
            StoreUnavailableError: The database does not answer.
        """
        adopted_by = storable_name(by, field="by")

        def work(connection: Connection) -> AdoptedWeights:
            row = connection.execute(
                select(weight_trials).where(weight_trials.c.seq == seq).with_for_update()
            ).one_or_none()
            if row is None or (row.sha256, row.against, row.state) != (sha256, against, TrialState.DONE.value):
                raise ConflictError(
                    "'weights' must be the file whose replay against today's weights has finished (got another, or "
                    "today's have changed since); replay it again"
                )
            done = connection.execute(
                insert(adopted_weights).values(
                    sha256=sha256,
                    text=row.text,
                    in_place_of=in_place_of,
                    adopted_at=self._db.clock(),
                    adopted_by=adopted_by,
                )
            )
            is_new = adopted_weights.c.seq == done.inserted_primary_key[0]  # type: ignore[index]  # it made a row
            return _adopted(connection.execute(select(adopted_weights).where(is_new)).one())

        return self._db.write(work)

    def adopted_weights(self) -> AdoptedWeights | None:
        """The weights adopted last; None where none were.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = select(adopted_weights).order_by(adopted_weights.c.seq.desc()).limit(1)

        def work(connection: Connection) -> AdoptedWeights | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else _adopted(row)

        return self._db.read(work)


def _change(connection: Connection, seq: int, values: Mapping[str, Any]) -> bool:
    running = (weight_trials.c.seq == seq) & (weight_trials.c.slot == _SLOT)
    return bool(connection.execute(update(weight_trials).where(running).values(dict(values))).rowcount)


def _trial(row: AnyRow, state: TrialState | None = None) -> WeightsTrial:
    return WeightsTrial(
        row.seq,
        row.sha256,
        row.text,
        row.against,
        row.proposed_by,
        row.proposed_at,
        state or TrialState(row.state),
        row.progress,
        row.finished_at,
        row.outcome,
    )


def _adopted(row: AnyRow) -> AdoptedWeights:
    return AdoptedWeights(row.seq, row.sha256, row.text, row.in_place_of, row.adopted_at, row.adopted_by)
