"""What MLflow keeps of a case, erased: its row in ledgers, its id in reports and suspects, its precedent in models.

A ledger's row is an id, labels and a digest of the text, which one who guesses the text can tell. Files are rewritten
through MLflow's own client, wherever they lie; logged models where they lie on this machine.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse
from urllib.request import url2pathname

import pandas as pd

from cases.erasure import Counts, Erasure, Place
from cases.errors import ArtifactError
from cases.ids import CaseId
from cases.settings import Settings
from cases.store import CaseStore
from models.artifact import MANIFEST, erase_precedents
from models.forgetting import reach
from training.run_record import SUSPECTS
from training.tracking import EXPERIMENT, LEDGER, answering, connect, has_tracker

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

# Files of a run that name cases by their ids.
_NAMING = ("report.html", "report.json", "model_card.md")
_ERASED_ID = "(erased)"
_PAGE = 100


def finish(settings: Settings, store: CaseStore) -> list[Erasure]:
    """Let all erasures reach every place that they have yet to; answers what they say then.

    Raises:
        TrackerUnavailableError: MLflow does not answer; the other places were reached.
        StoreUnavailableError: The database does not answer, or its journal is being read.
        ArtifactError: A model from before precedents could be erased holds some; the other places were reached.
    """
    unfinished = store.unfinished_erasures()
    left: ArtifactError | None = None
    try:
        reach(settings, store, unfinished, [place for place in Place if place is not Place.TRACKER])
    except ArtifactError as error:
        left = error
    waiting = [erasure for erasure in unfinished if Place.TRACKER in erasure.pending]
    if waiting:
        case_ids = sorted({case_id for erasure in waiting for case_id in erasure.case_ids})
        counts = erase_tracked(settings, case_ids)
        for erasure in waiting:
            store.reached(erasure.id, counts, [Place.TRACKER])
            counts = Counts()  # counted once
    if left is not None:
        raise left
    return [store.erasure(erasure.id) for erasure in unfinished]


def erase_tracked(settings: Settings, case_ids: Sequence[CaseId]) -> Counts:
    """Erase from MLflow's runs and logged models; answers how many files were rewritten.

    Raises:
        TrackerUnavailableError: MLflow does not answer.
    """
    counts = Counts()
    if not case_ids or not has_tracker(settings):
        return counts
    client = connect(settings)
    wanted = frozenset(case_ids)
    with answering(settings):
        for run_id in _runs(client):
            counts["tracked"] += _erase_from_run(client, run_id, wanted)
        for folder in _logged_models(client):
            counts["precedents"] += _erase_from_model(folder, wanted)
    return counts


def _runs(client: MlflowClient) -> Iterator[str]:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    token: str | None = None
    while experiment is not None:
        page = client.search_runs([experiment.experiment_id], max_results=_PAGE, page_token=token)
        yield from (run.info.run_id for run in page)
        token = page.token
        if not token:
            return


def _erase_from_run(client: MlflowClient, run_id: str, case_ids: Collection[str]) -> int:
    there = {file.path for file in client.list_artifacts(run_id)}
    ledger = Path(LEDGER)
    rewritten = 0
    with tempfile.TemporaryDirectory(prefix="caseload-") as folder:
        if ledger.parent.name in there:
            path = Path(client.download_artifacts(run_id, LEDGER, folder))
            rows = pd.read_parquet(path)
            kept = rows[~rows["case_id"].isin(list(case_ids))]
            if len(kept) < len(rows):
                kept.to_parquet(path, index=False)
                client.log_artifact(run_id, str(path), str(ledger.parent))
                rewritten += 1
        for name in sorted(there & {SUSPECTS, *_NAMING}):
            path = Path(client.download_artifacts(run_id, name, folder))
            if _rewrite(path, case_ids):
                client.log_artifact(run_id, str(path))
                rewritten += 1
    return rewritten


def _rewrite(path: Path, case_ids: Collection[str]) -> bool:
    """Take the cases out of a file that names them; answers whether it did."""
    before = after = path.read_text(encoding="utf-8")
    if path.name == SUSPECTS:
        table: dict[str, Any] = json.loads(before)
        kept = [row for row in table["suspects"] if row["case_id"] not in case_ids]
        if len(kept) < len(table["suspects"]):
            after = json.dumps({**table, "suspects": kept})
    else:
        for case_id in case_ids:
            after = after.replace(case_id, _ERASED_ID)
    if after == before:
        return False
    path.write_text(after, encoding="utf-8")
    return True


def _logged_models(client: MlflowClient) -> Iterator[Path]:
    """The artifacts of logged models that lie on this machine."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    token: str | None = None
    while experiment is not None:
        page = client.search_logged_models([experiment.experiment_id], max_results=50, page_token=token)
        for model in page:
            where = urlparse(model.artifact_location)
            if where.scheme not in ("", "file"):
                logger.warning(
                    "a logged model does not lie on this machine: delete versions that should be forgotten"
                )
                continue
            folder = Path(url2pathname(where.path) if where.scheme else model.artifact_location)
            yield from (manifest.parent for manifest in sorted(folder.glob(f"data/*/{MANIFEST}")))
        token = page.token
        if not token:
            return


def _erase_from_model(folder: Path, case_ids: Collection[str]) -> int:
    try:
        return erase_precedents(folder, case_ids)
    except ArtifactError as error:
        logger.warning("a logged model keeps its precedents: %s", error)
        return 0
