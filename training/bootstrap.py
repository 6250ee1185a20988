"""A first model before anything has been decided: from the policy's definitions alone.

It needs no tracker and no cases. It ranks categories by how near a case is to what the policy says of them, knows no
severity and promises nothing, so every case is a suggestion at most; `caseload train` replaces it as soon as there
are decisions.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cases.record import Champion
from cases.settings import Settings
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from models.artifact import save_artifact, verify_artifact
from models.category import CategoryClassifier
from models.definitions import definition_vectors
from models.judge import Judge
from training.train import open_encoder

NAME = "policy-definitions"


def bootstrap(settings: Settings, store: CaseStore, taxonomy: Taxonomy, *, by: str) -> Champion:
    """Make the model of the policy's definitions, and have it serve.

    Args:
        settings: Where models are kept.
        store: The record, which remembers who served when.
        taxonomy: The policy.
        by: Who wants it.

    Raises:
        InvalidInputError: The settings name no encoder that is here.
        StoreUnavailableError: The database does not answer.
    """
    encoder, folder = open_encoder(settings)
    labels = taxonomy.category_ids
    head = CategoryClassifier.from_definitions(labels, definition_vectors(taxonomy, labels, encoder))
    judge = Judge(head, None, encoder, taxonomy)
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.models_dir, prefix=".arriving-") as arriving:
        made = Path(arriving) / "artifact"
        sha256 = save_artifact(judge, made, name=NAME, encoder_dir=folder)
        place = settings.models_dir / sha256
        if not place.exists():
            os.rename(made, place)  # noqa: PTH104  whole or not at all
    verify_artifact(place, sha256)
    return store.promote_champion(NAME, str(taxonomy.version), sha256, by=by)
