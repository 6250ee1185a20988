"""Drawing decisions that are to be read a second time.

Every decision that may be drawn is as likely to be as any other; nothing is stratified, so a share among those drawn
is an estimate of the same share among all. The lot is a digest of seed and id: whoever has both can draw again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from cases.errors import ConflictError, InvalidInputError
from cases.event import EventKind
from cases.ids import CaseId, SampledId, SampleId, new_id
from cases.quality import Sample, Sampled, SampledState
from cases.record import CaseStatus
from cases.store.living import Steps, locked_states
from cases.store.quality.sampled_rows import IN_STATE, SAMPLED, WHOLE_TEXT, SampledRows, sampled_from, second
from cases.store.rows import AnyRow, of_queues
from cases.store.storable import storable_name
from cases.store.tables import cases, decisions, qa_sampled, qa_samples, withdrawn_decisions

MOST_SAMPLED = 500
MOST_DAYS = 90
# Of a seed, so that every database and spreadsheet holds it whole.
MOST_SEED = 2**53 - 1

_COLUMNS = ("id", "drawn_by", "drawn_at", "days", "asked", "seed", "among")


class Sampling(SampledRows):
    """The part of the store that draws decisions."""

    def draw_sample(
        self, *, by: str, count: int, days: int, seed: int, queues: Collection[str] | None = None
    ) -> Sample:
        """Draw up to `count` decisions at random that stand on decided cases and were taken within the last `days`.

        Left out are decisions that were imported, those drawn before, and those of whose text something was erased.
        What was undone or opened again does not stand. Decisions in bulk are among them.

        Args:
            by: Who draws.
            count: 1 to 500; fewer are drawn where there are no more.
            days: 1 to 90.
            seed: 0 to 2**53 - 1; the same draws the same from the same decisions.
            queues: Those to draw from; None for all.

        Raises:
            InvalidInputError: A number is outside its range, or `by` is empty.
            ConflictError: There is nothing to draw.
            StoreUnavailableError: The database does not answer; nothing was drawn.
        """
        for name, value, least, most in (
            ("count", count, 1, MOST_SAMPLED),
            ("days", days, 1, MOST_DAYS),
            ("seed", seed, 0, MOST_SEED),
        ):
            if not least <= value <= most:
                raise InvalidInputError(f"{name!r} must be {least}..{most} (got {value}); choose another", field=name)
        actor = storable_name(by, field="by")

        def work(connection: Connection) -> Sample:
            at = self._db.clock()
            found = connection.execute(_drawable(at - timedelta(days=days), queues)).all()
            chosen = sorted(found, key=lambda row: _lot(seed, row.id))[:count]
            steps = Steps(at, locked_states(connection, [CaseId(row.case_id) for row in chosen]))
            # Opened again, or decided anew, before its lock was ours.
            chosen = [row for row in chosen if _still_stands(row, steps)]
            if not chosen:
                raise ConflictError(
                    f"'days' must reach a decision that can be drawn (got {days} d without one); look further back, "
                    "or draw again when more is decided"
                )
            sample = Sample(
                SampleId(new_id()), actor, at, days, count, seed, len(found), {SampledState.WAITING: len(chosen)}
            )
            _write(connection, steps, sample, chosen, queues)
            return sample

        return self._db.write(work, retry_duplicates=True)

    def samples(self, limit: int, queues: Collection[str] | None = None) -> tuple[Sample, ...]:
        """The samples that were drawn last, the newest first, with where their decisions in these queues stand.

        Raises:
            StoreUnavailableError: The database does not answer.
        """

        def work(connection: Connection) -> tuple[Sample, ...]:
            rows = connection.execute(select(qa_samples).order_by(qa_samples.c.id.desc()).limit(limit)).all()
            drawn = SAMPLED.where(qa_sampled.c.sample_id.in_([row.id for row in rows]), *of_queues(queues))
            states: dict[str, Counter[SampledState]] = defaultdict(Counter)
            for row in connection.execute(drawn):
                states[row.sample_id][sampled_from(row).state] += 1
            return tuple(
                Sample(
                    SampleId(row.id), row.drawn_by, row.drawn_at, row.days, row.asked, row.seed, row.among,
                    dict(states[row.id]),
                )
                for row in rows
            )  # fmt: skip

        return self._db.read(work)

    def sampled_in(
        self, state: SampledState, queues: Collection[str] | None = None, *, not_decided_by: str | None = None
    ) -> tuple[Sampled, ...]:
        """The sampled decisions that somebody is waited for with, in the order drawn.

        Args:
            state: Waiting, or differs.
            queues: Those whose cases are shown; None for all.
            not_decided_by: Leave out cases that they ever decided.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        query = SAMPLED.where(IN_STATE[state], *of_queues(queues)).order_by(qa_sampled.c.id)
        if not_decided_by is not None:
            theirs = decisions.alias("theirs")
            query = query.where(
                ~select(theirs.c.id)
                .where(theirs.c.case_id == qa_sampled.c.case_id, theirs.c.decided_by == not_decided_by)
                .exists()
            )
        return self._db.read(lambda connection: tuple(map(sampled_from, connection.execute(query))))

    def read_twice(self, window: timedelta, queues: Collection[str] | None = None) -> tuple[Sampled, ...]:
        """The sampled decisions with a second reading within the `window` that ends now, in the order read.

        Those whose text was erased since are among them, those that were taken back are not.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        recent = (second.c.at > self._db.clock() - window, withdrawn_decisions.c.decision_id.is_(None))
        query = SAMPLED.where(*recent, *of_queues(queues)).order_by(second.c.id)
        return self._db.read(lambda connection: tuple(map(sampled_from, connection.execute(query))))


def _drawable(since: datetime, queues: Collection[str] | None) -> Select[Any]:
    drawn = select(qa_sampled.c.id).where(qa_sampled.c.decision_id == decisions.c.id).exists()
    return (
        select(decisions.c.id, decisions.c.case_id)
        .join(cases, cases.c.decision_id == decisions.c.id)
        .where(
            cases.c.status == CaseStatus.DECIDED.value,
            decisions.c.decided_at > since,
            # An imported decision is nobody's here.
            decisions.c.lease_token.is_not(None),
            ~drawn,
            WHOLE_TEXT,
            *of_queues(queues),
        )
    )


def _lot(seed: int, decision_id: str) -> bytes:
    return blake2b(f"{seed}:{decision_id}".encode("ascii"), digest_size=16, person=b"qa-sample").digest()


def _still_stands(row: AnyRow, steps: Steps) -> bool:
    state = steps.states[CaseId(row.case_id)]
    return state.status is CaseStatus.DECIDED and state.decision_id == row.id


def _write(
    connection: Connection, steps: Steps, sample: Sample, chosen: Sequence[AnyRow], queues: Collection[str] | None
) -> None:
    drawn = [
        {"id": SampledId(new_id()), "sample_id": sample.id, "case_id": row.case_id, "decision_id": row.id}
        for row in chosen
    ]
    values = {name: getattr(sample, name) for name in _COLUMNS}
    connection.execute(insert(qa_samples).values(**values, queues=None if queues is None else sorted(queues)))
    connection.execute(insert(qa_sampled), drawn)
    for one in drawn:
        steps.add(
            CaseId(one["case_id"]), EventKind.SAMPLED, sample.drawn_by,
            sample_id=sample.id, sampled_id=one["id"], decision_id=one["decision_id"],
        )  # fmt: skip
    steps.write(connection)
