"""Golden sets: decided cases whose answer is settled, kept with that answer and why it is right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.ids import CaseId, ContentId, GoldenCaseId, GoldenSetId, new_id
from cases.quality import Answer, GoldenCase, GoldenSet, Settled, SettledBy
from cases.record import CaseStatus
from cases.store.quality.sampled_rows import SAMPLED, WHOLE_TEXT, SampledRows, answer_values, sampled_from
from cases.store.rows import AnyRow, chunks, of_queues, read_contents
from cases.store.storable import storable_name, storable_text
from cases.store.tables import cases, contents, decisions, golden_cases, golden_sets, qa_sampled

MOST_GOLDEN = 50

_SETS = select(golden_sets).order_by(golden_sets.c.id)
_CASES = (
    select(golden_cases, cases.c.queue)
    .join(cases, cases.c.id == golden_cases.c.case_id)
    .order_by(golden_cases.c.set_id, golden_cases.c.place)
)


class Golden(SampledRows):
    """The part of the store that keeps golden sets."""

    def settled(self, case_ids: Collection[CaseId], queues: Collection[str] | None = None) -> tuple[Settled, ...]:
        """Of these cases those that are decided, seen and whole, each with the answer that holds, in the order given.

        That is what was settled, or agreed, about the decision that stands; else the decision itself.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        return self._db.read(lambda connection: _settled(connection, case_ids, queues))

    def make_golden_set(
        self,
        title: str,
        entries: Sequence[tuple[CaseId, Answer, str]],
        *,
        by: str,
        queues: Collection[str] | None = None,
    ) -> GoldenSet:
        """Keep cases with the answer that holds, which stays what it is whatever becomes of the case later.

        Args:
            title: What it is called.
            entries: 1 to 50 cases, each once, with the answer as whoever chose it saw it, and why that is right.
            by: Who makes it.
            queues: Those whose cases they see; None for all.

        Raises:
            InvalidInputError: There are none, too many or the same twice, or something is blank or cannot be stored.
            ConflictError: A case is not decided, seen and whole, or another answer holds by now.
            StoreUnavailableError: The database does not answer; nothing was kept.
        """
        called, maker = storable_name(title, field="title"), storable_name(by, field="by")
        rows = _checked(entries)

        def work(connection: Connection) -> GoldenSet:
            known = {one.case_id: one for one in _settled(connection, [case_id for case_id, _, _ in entries], queues)}
            if any(case_id not in known or known[case_id].answer != answer for case_id, answer, _ in entries):
                raise ConflictError(
                    "'cases' must be decided and as they were shown (got one that was opened, settled or erased in "
                    "between); look at them again"
                )
            set_id = GoldenSetId(new_id())
            made_at = self._db.clock()
            connection.execute(insert(golden_sets).values(id=set_id, title=called, made_by=maker, made_at=made_at))
            more = {case_id: {"set_id": set_id, "content_id": one.content_id} for case_id, one in known.items()}
            connection.execute(insert(golden_cases), [row | more[row["case_id"]] for row in rows])
            return _sets(connection, _SETS.where(golden_sets.c.id == set_id))[0]

        return self._db.write(work)

    def golden_sets(self) -> tuple[GoldenSet, ...]:
        """All of them, in the order made.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        return self._db.read(lambda connection: _sets(connection, _SETS))

    def golden_set(self, set_id: GoldenSetId) -> GoldenSet:
        """One of them.

        Raises:
            NotFoundError: There is none of that id.
            StoreUnavailableError: The database does not answer.
        """
        found = self._db.read(lambda connection: _sets(connection, _SETS.where(golden_sets.c.id == set_id)))
        if not found:
            raise NotFoundError("'set_id' must name a golden set (got another id); take it from the list")
        return found[0]


def _settled(
    connection: Connection, case_ids: Iterable[CaseId], queues: Collection[str] | None
) -> tuple[Settled, ...]:
    wanted = list(dict.fromkeys(case_ids))
    rows: dict[str, AnyRow] = {}
    checked: dict[str, tuple[Answer, SettledBy]] = {}
    for some in chunks(wanted):
        rows |= {row.case_id: row for row in connection.execute(_standing(some, queues))}
        for row in connection.execute(SAMPLED.where(qa_sampled.c.case_id.in_(some))):
            one = sampled_from(row)
            if one.settled is not None:
                by = SettledBy.AGREED if one.adjudication is None else SettledBy.ADJUDICATED
                checked[one.decision_id] = (one.settled, by)
    titles = read_contents(connection, {row.case_id: row.version for row in rows.values()})
    found = []
    for case_id in wanted:
        if case_id in rows and case_id in titles:
            row = rows[case_id]
            plain = (Answer(row.category, row.severity, row.action), SettledBy.DECIDED)
            answer, by = checked.get(row.id, plain)
            found.append(Settled(case_id, ContentId(row.content_id), titles[case_id].title, answer, by))
    return tuple(found)


def _standing(case_ids: Sequence[CaseId], queues: Collection[str] | None) -> Select[Any]:
    columns = (decisions.c[name] for name in ("id", "case_id", "content_id", "category", "severity", "action"))
    return (
        select(*columns, contents.c.version)
        .join(cases, cases.c.decision_id == decisions.c.id)
        .join(contents, contents.c.id == decisions.c.content_id)
        .where(cases.c.id.in_(case_ids), cases.c.status == CaseStatus.DECIDED.value, WHOLE_TEXT, *of_queues(queues))
    )


def _checked(entries: Sequence[tuple[CaseId, Answer, str]]) -> list[dict[str, Any]]:
    if not 1 <= len({case_id for case_id, _, _ in entries}) == len(entries) <= MOST_GOLDEN:
        raise InvalidInputError(
            f"'cases' must be 1..{MOST_GOLDEN}, each once (got {len(entries)}); choose others", field="cases"
        )
    for _, _, explanation in entries:
        if not explanation.strip():
            raise InvalidInputError(
                "'explanation' must say why the answer is right (got nothing for a case); write a sentence for each",
                field="explanation",
            )
    return [
        {
            "id": GoldenCaseId(new_id()),
            "case_id": case_id,
            "place": place,
            "explanation": storable_text(explanation, field="explanation"),
            **answer_values(answer),
        }
        for place, (case_id, answer, explanation) in enumerate(entries)
    ]


def _sets(connection: Connection, query: Select[Any]) -> tuple[GoldenSet, ...]:
    rows = connection.execute(query).all()
    held: dict[str, list[GoldenCase]] = defaultdict(list)
    for some in chunks([row.id for row in rows]):
        for row in connection.execute(_CASES.where(golden_cases.c.set_id.in_(some))):
            held[row.set_id].append(_golden_case(row))
    return tuple(
        GoldenSet(GoldenSetId(row.id), row.title, row.made_by, row.made_at, tuple(held[row.id])) for row in rows
    )


def _golden_case(row: AnyRow) -> GoldenCase:
    return GoldenCase(
        GoldenCaseId(row.id),
        CaseId(row.case_id),
        ContentId(row.content_id),
        row.queue,
        Answer(row.category, row.severity, row.action),
        row.explanation,
        bool(row.erased),
    )
