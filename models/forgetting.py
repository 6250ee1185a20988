"""Erasing beyond the record's rows: the cache of embeddings, exports in Caseload's folder, promoted models.

The cache comes first and by the texts themselves, which are gone afterwards. All else goes by the ids of the cases,
which the record of the erasure keeps until every place was reached. MLflow's part is `training.forgetting`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cases.erasure import RETENTION, Counts, Erasure, ErasureKind, ErasurePlan, ErasureRequest, Place
from cases.errors import ArtifactError
from cases.export.removing import exports_holding
from cases.ids import CaseId
from cases.settings import Settings
from cases.store import CaseStore
from cases.store.erasing_case import Extent
from features.assemble import assemble
from features.embedding_cache import erase as erase_embeddings
from models.artifact import MANIFEST, erase_precedents

# Each time the files of the cache are read through, for so many cases.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would erase.

    Attributes:
        counts: How many of each, by name.
        exports: The files of exports that would go, too.
    """

    counts: Counts
    exports: tuple[Path, ...]


def preview(settings: Settings, store: CaseStore, request: ErasureRequest) -> Preview:
    """What `erase` would erase, as far as it can be counted beforehand; nothing changes.

    Raises:
        InvalidInputError, NotFoundError: As `CaseStore.plan_erasure`.
    """
    plan = store.plan_erasure(request)
    counts = store.count_erasure(plan)
    touched = plan.case_ids if counts else ()
    return Preview(counts, tuple(_exports(settings, touched)))


def erase(settings: Settings, store: CaseStore, request: ErasureRequest, *, by: str) -> Erasure | None:
    """Erase from the cache and from the record's rows; `reach` does the other places.

    Raises:
        InvalidInputError, NotFoundError: As `CaseStore.plan_erasure`.

    Returns:
        Its record; None where nothing was there to erase.
    """
    plan = store.plan_erasure(request)
    if not store.count_erasure(plan):
        return None
    begun = store.begin_erasure(request.kind, by=by, case_ids=plan.case_ids)
    counts = _erase(settings, store, plan, begun, Extent())
    if plan.subject_id is not None:
        counts["subjects"] += store.forget_subject(plan.subject_id)
    return store.reached(begun.id, counts)


def reach(settings: Settings, store: CaseStore, erasures: Sequence[Erasure], places: Sequence[Place]) -> None:
    """Let erasures reach those of `places` that they have yet to: exports, models, the database's free space.

    Each place is done with before the next begins, so that what was interrupted goes on where it was.

    Raises:
        ArtifactError: A model's precedents cannot be erased, and were left; the other places were reached.
        StoreUnavailableError: The database does not answer, or its journal is being read.
    """
    left: ArtifactError | None = None
    for place in places:
        waiting = [erasure for erasure in erasures if place in erasure.pending]
        if not waiting:
            continue
        # All at once: a model's files are rewritten once, not once for each.
        case_ids = sorted({case_id for erasure in waiting for case_id in erasure.case_ids})
        try:
            counts = _REACHED[place](settings, store, case_ids)
        except ArtifactError as error:
            left = error
            continue
        for erasure in waiting:
            store.reached(erasure.id, counts, [place])
            counts = Counts()  # counted once
    if left is not None:
        raise left


def retain(settings: Settings, store: CaseStore, now: datetime, after: str = "") -> tuple[Counts, str]:
    """Erase what is due of one page of texts and one of identities, from where the last call ended.

    Args:
        settings: For how many days; 0 keeps.
        store: The record.
        now: Business time.
        after: What the last call answered; "" begins a pass.

    Returns:
        How much was erased, and where the page ended: "" at the end of a pass.
    """
    counts, ends = Counts(), []
    texts_after, _, names_after = after.partition("/")
    for days, due_of, kind, extent, place in (
        (settings.retain_days_text, store.texts_due, ErasureKind.TEXT, _TEXTS, texts_after),
        (settings.retain_days_identity, store.identities_due, ErasureKind.IDENTITY, _IDENTITIES, names_after),
    ):
        # "-" : this pass has seen all of these.
        if not days or place == "-":
            ends.append("-")
            continue
        due = due_of(now - timedelta(days=days), place)
        ends.append(due.last or "-")
        if due.plan.case_ids:
            begun = store.begin_erasure(kind, by=RETENTION, case_ids=due.plan.case_ids)
            found = _erase(settings, store, due.plan, begun, extent)
            # Who reported stands in no file.
            store.reached(begun.id, found, [*Place] if kind is ErasureKind.IDENTITY else [])
            counts += found
    return counts, "" if ends == ["-", "-"] else "/".join(ends)


def retain_all(settings: Settings, store: CaseStore, now: datetime) -> Counts:
    """A whole pass of `retain`."""
    counts, after = retain(settings, store, now)
    while after:
        more, after = retain(settings, store, now, after)
        counts += more
    return counts


def due(settings: Settings, store: CaseStore, now: datetime) -> Counts:
    """What a whole pass would erase of the record; nothing changes."""
    counts = Counts()
    for days, due_of, extent in (
        (settings.retain_days_text, store.texts_due, _TEXTS),
        (settings.retain_days_identity, store.identities_due, _IDENTITIES),
    ):
        after = ""
        while days:
            page = due_of(now - timedelta(days=days), after)
            counts += store.count_erasure(page.plan, extent)
            after = page.last
            if not after:
                break
    return counts


_TEXTS = Extent(identities=False, refs=False, cause=RETENTION)
_IDENTITIES = Extent(texts=False, refs=False, cause=RETENTION)


def _erase(settings: Settings, store: CaseStore, plan: ErasurePlan, begun: Erasure, extent: Extent) -> Counts:
    counts = Counts()
    for start in range(0, len(plan.case_ids), _AT_ONCE):
        some = plan.case_ids[start : start + _AT_ONCE]
        if extent.texts:
            texts = {assemble(title, description).text for title, description in store.texts_to_erase(some)}
            counts["embeddings"] += erase_embeddings(settings.cache_dir, texts)
        counts += store.erase_cases(plan, some, begun, extent)
    return counts


def _exports(settings: Settings, case_ids: Sequence[CaseId]) -> list[Path]:
    # Those of before, too, where the settings put them elsewhere since: what lies there is no export.
    beside = [settings.home / name for name in ("models", "cache", "mlartifacts")]
    beside += [settings.models_dir, settings.cache_dir]
    if "://" not in settings.artifact_root:
        beside.append(Path(settings.artifact_root))
    return list(exports_holding(settings.home, case_ids, beside))


def _remove_exports(settings: Settings, _store: CaseStore, case_ids: Sequence[CaseId]) -> Counts:
    found = _exports(settings, case_ids)
    for path in found:
        path.unlink(missing_ok=True)
    return Counts(exports=len(found))


def _erase_from_models(settings: Settings, _store: CaseStore, case_ids: Sequence[CaseId]) -> Counts:
    counts, left = Counts(), None
    for manifest in sorted(settings.models_dir.glob(f"*/{MANIFEST}")):
        try:
            counts["precedents"] += erase_precedents(manifest.parent, case_ids)
        except ArtifactError as error:
            left = error
    if left is not None:
        raise left
    return counts


def _scrub(_settings: Settings, store: CaseStore, _case_ids: Sequence[CaseId]) -> Counts:
    store.scrub()
    return Counts()


_REACHED = {Place.EXPORTS: _remove_exports, Place.MODELS: _erase_from_models, Place.DATABASE: _scrub}
